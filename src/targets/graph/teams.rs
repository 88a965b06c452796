//! Teams and chats: found or made, by the road that the plan names. Who is in them comes by `members`, messages by `posts`.
//! <https://learn.microsoft.com/graph/api/team-post>

mod channels;
mod chats;
mod members;
mod posts;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use reqwest::header::{CONTENT_LOCATION, LOCATION};
use serde_json::{Value, json};

pub(super) use channels::{conversation, files_url};
pub(super) use members::{complete, listed as members};
pub(super) use posts::{find as find_post, import, read as read_post};

use super::call::{Answer, Call, Session};
use super::{failure, segment};
use crate::domain::teams::{PlannedTeam, Road};
use crate::targets::teams::{Begun, TeamReadBack};
use crate::targets::{Retry, TargetError, TargetId, TargetUser};

/// Before the id of an owner that is a team of the clean tenant.
pub(super) const TEAM: &str = "team:";
/// Before the name of a team that the restore makes.
const NEW_TEAM: &str = "team-new:";
/// Before the name of a chat that the restore makes.
const NEW_CHAT: &str = "chat-new:";
/// In the map, before the name of a team or chat that is to be made, or a team's id.
const MAPPED_TEAM: &str = "team:";
const MAPPED_CHAT: &str = "chat:";
/// Pages of a list of groups, channels, members or chats; no team has more.
const PAGES_MAX: usize = 200;
/// The tenant's clock and ours may be so far apart.
const CLOCKS_APART: TimeDelta = TimeDelta::minutes(10);
/// How often an operation is asked after before the attempt ends; the next one finds what it made.
const ASKED_MAX: u32 = 20;
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Who a row of the map means by `team:…` or `chat:…`: a team that is there by its id, or one that will be made by its name.
pub(super) async fn owner(
    session: &Session,
    target: &str,
) -> Option<Result<Option<TargetUser>, TargetError>> {
    let new = |prefix: &str, name: &str| TargetUser {
        id: format!("{prefix}{name}"),
        user_principal_name: target.to_owned(),
    };
    if let Some(name) = target.strip_prefix(MAPPED_CHAT) {
        return Some(Ok((!name.is_empty()).then(|| new(NEW_CHAT, name))));
    }
    let name = target.strip_prefix(MAPPED_TEAM)?;
    if !is_guid(name) {
        return Some(Ok((!name.is_empty()).then(|| new(NEW_TEAM, name))));
    }
    let path = format!("teams/{}?$select=id,displayName", segment(name));
    let found = session.json(Call::get("GET /teams/{id}", path)).await;
    Some(match found {
        Ok(_) => Ok(Some(new(TEAM, name))),
        Err(error) if error.status == 404 => Ok(None),
        Err(error) => Err(error),
    })
}

fn is_guid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

/// Makes the team or chat, or goes on with the one whose id is known; what comes back is its path: `teams/{id}` or `chats/{id}`.
pub(super) async fn make(
    session: &Session,
    user: &TargetUser,
    team: &PlannedTeam,
    known: Option<&TargetId>,
) -> Result<TargetId, TargetError> {
    if !team.is_team() {
        return chats::make(session, team, known).await;
    }
    if let Some(id) = user.id.strip_prefix(TEAM) {
        let path = path_of(id);
        check_existing(session, &path, team).await?;
        return Ok(path);
    }
    match (team.road, known) {
        (Road::Creation, Some(path)) => {
            let call = Call::get("GET /teams/{id}", format!("{}?$select=id", path.0));
            session.json(call).await.map_err(not_ready)?;
            Ok(path.clone())
        }
        (Road::Creation, None) => by_creation(session, team).await,
        (Road::Start, _) => by_group(session, team, known).await,
    }
}

/// What an earlier try left, as far as it has come to light.
pub(super) async fn find(
    session: &Session,
    team: &PlannedTeam,
    begun: Begun,
) -> Result<Option<TargetId>, TargetError> {
    if team.is_team() {
        created(session, team, begun).await
    } else {
        chats::find(session, team, begun).await
    }
}

/// A team that was there before lets in nobody whom the source did not: else what is written into it would be read by others.
async fn check_existing(
    session: &Session,
    path: &TargetId,
    team: &PlannedTeam,
) -> Result<(), TargetError> {
    let operation = "GET /teams/{id}";
    if !read(session, path).await?.is_private {
        let rule = "the team is open to everybody in the tenant";
        return Err(failure::unsendable(operation, rule));
    }
    members::check_nobody_else(session, path, &team.members).await
}

fn path_of(id: &str) -> TargetId {
    TargetId(format!("teams/{}", segment(id)))
}

/// A new team is not known to every part of the service at once: that passes (graph.md 6.2).
fn not_ready(error: TargetError) -> TargetError {
    if error.status != 404 {
        return error;
    }
    TargetError {
        code: "TeamNotReady".to_owned(),
        retry: Retry::Soon,
        outcome_unknown: false,
        ..error
    }
}

/// The team that an earlier try began in migration mode: its name, and the millisecond that it says it was made in, which the plan
/// gave to no other. A group of that name that is no team yet may be on its way to be it, where it came after that try.
async fn created(
    session: &Session,
    team: &PlannedTeam,
    begun: Begun,
) -> Result<Option<TargetId>, TargetError> {
    let mut on_its_way = None;
    for group in groups(session, "displayName", &team.name).await? {
        if !group.is_team && !group.is_since(begun) {
            continue;
        }
        let path = format!(
            "teams/{}?$select=id,displayName,createdDateTime",
            segment(&group.id)
        );
        match session.json(Call::get("GET /teams/{id}", path)).await {
            Ok(answer) if is_time(&answer.body["createdDateTime"], &team.created) => {
                return Ok(Some(path_of(&group.id)));
            }
            Ok(_) => {}
            Err(error) if error.status == 404 && !group.is_since(begun) => {}
            Err(error) => on_its_way = Some(not_ready(error)),
        }
    }
    on_its_way.map_or(Ok(None), Err)
}

/// In migration mode: nobody is in it until all is there.
async fn by_creation(session: &Session, team: &PlannedTeam) -> Result<TargetId, TargetError> {
    let body = json!({
        "@microsoft.graph.teamCreationMode": "migration",
        "template@odata.bind": format!("{}/teamsTemplates('standard')", session.base),
        "displayName": team.name,
        "description": team.description,
        "visibility": "private",
        "createdDateTime": team.created,
    });
    let operation = "POST /teams";
    let call = Call::post(operation, "teams".to_owned(), &body);
    let response = session.send(call).await?;
    let header = |name| {
        let text = response.headers().get(name)?.to_str().ok()?;
        Some(text.trim_start_matches('/').to_owned())
    };
    let made = header(CONTENT_LOCATION).as_deref().and_then(named_team);
    let id = made.ok_or_else(|| TargetError {
        outcome_unknown: true,
        ..failure::contract(operation, "the answer does not say which team is made")
    })?;
    if let Some(at) = header(LOCATION) {
        // It was accepted: whatever fails now, the next try looks for it before it makes one.
        let unknown = |error| TargetError {
            outcome_unknown: true,
            ..error
        };
        wait_for(session, &at).await.map_err(unknown)?;
    }
    Ok(path_of(&id))
}

/// The id in `teams('id')…`.
fn named_team(location: &str) -> Option<String> {
    let (_, rest) = location.split_once("teams('")?;
    let (id, _) = rest.split_once('\'')?;
    is_guid(id).then(|| id.to_owned())
}

/// Asks after an operation until it has succeeded.
async fn wait_for(session: &Session, location: &str) -> Result<(), TargetError> {
    let operation = "GET /teams/{id}/operations/{id}";
    let unreadable = || failure::contract(operation, "an operation without an id");
    let team = named_team(location).ok_or_else(unreadable)?;
    let (_, rest) = location.split_once("operations('").ok_or_else(unreadable)?;
    let id = rest.strip_suffix("')").ok_or_else(unreadable)?;
    let path = format!("teams/{}/operations/{}", segment(&team), segment(id));
    let mut pause = PAUSE_FIRST;
    for _ in 0..ASKED_MAX {
        let answer = session.json(Call::get(operation, path.clone())).await;
        let answer = answer.map_err(not_ready)?;
        match answer.body["status"].as_str() {
            Some("succeeded") => return Ok(()),
            Some("failed" | "invalid") => {
                return Err(failure::contract(operation, "the team could not be made"));
            }
            _ => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
    Err(TargetError {
        code: "TeamNotReady".to_owned(),
        retry: Retry::Soon,
        ..failure::contract(operation, "the team is still being made")
    })
}

/// As teams are made otherwise: a private group under a nickname that is nobody else's, a team from it, and its members.
async fn by_group(
    session: &Session,
    team: &PlannedTeam,
    known: Option<&TargetId>,
) -> Result<TargetId, TargetError> {
    let known = known.and_then(|path| path.0.strip_prefix("teams/"));
    let id = match known {
        Some(id) => id.to_owned(),
        None => match groups(session, "mailNickname", &team.nickname).await?.pop() {
            Some(group) => group.id,
            None => make_group(session, team).await.map_err(there_already)?,
        },
    };
    let path = format!("teams/{}?$select=id", segment(&id));
    match session.json(Call::get("GET /teams/{id}", path)).await {
        Ok(_) => {}
        Err(error) if error.status == 404 => {
            let operation = "PUT /groups/{id}/team";
            let path = format!("groups/{}/team", segment(&id));
            let call = Call::json(operation, Method::PUT, path, &json!({}));
            match session.json(call).await {
                Ok(_) => {}
                Err(error) if error.status == 409 => {}
                Err(error) => return Err(not_ready(error)),
            }
        }
        Err(error) => return Err(error),
    }
    let path = path_of(&id);
    members::add_missing(session, &path, &team.members).await?;
    Ok(path)
}

/// The nickname is ours alone: where the tenant has it already, an earlier try made the group, and the lists do not show it yet.
fn there_already(error: TargetError) -> TargetError {
    if error.status != 400 || !error.message.contains("mailNickname exists") {
        return error;
    }
    TargetError {
        code: "TeamNotReady".to_owned(),
        retry: Retry::Soon,
        ..error
    }
}

async fn make_group(session: &Session, team: &PlannedTeam) -> Result<String, TargetError> {
    let url = |user: &str| format!("{}/users/{}", session.base, segment(user));
    let owners: Vec<String> = team
        .members
        .iter()
        .filter(|one| one.owner)
        .take(10)
        .map(|one| url(&one.user))
        .collect();
    let body = json!({
        "displayName": team.name,
        "description": team.description,
        "mailNickname": team.nickname,
        "mailEnabled": true,
        "securityEnabled": false,
        "groupTypes": ["Unified"],
        "visibility": "Private",
        // Nobody is written to because something was restored.
        "resourceBehaviorOptions": ["WelcomeEmailDisabled"],
        "owners@odata.bind": owners,
        "members@odata.bind": owners,
    });
    let operation = "POST /groups";
    let answer = session
        .json(Call::post(operation, "groups".to_owned(), &body))
        .await?;
    let id = super::id_of(operation, &answer.body)?;
    Ok(id.0)
}

/// A group of the directory.
struct Group {
    id: String,
    is_team: bool,
    created: Option<DateTime<Utc>>,
}

impl Group {
    /// Whether it came after somebody began to make ours; whatever does not say counts as such.
    fn is_since(&self, begun: Begun) -> bool {
        let since = begun.first - CLOCKS_APART;
        self.created.is_none_or(|created| created >= since)
    }
}

/// The groups with that name or nickname.
async fn groups(session: &Session, field: &str, value: &str) -> Result<Vec<Group>, TargetError> {
    let filter = format!("{field} eq '{}'", value.replace('\'', "''"));
    let path = format!(
        "groups?$filter={}&$select=id,createdDateTime,resourceProvisioningOptions",
        segment(&filter)
    );
    let found = all(session, "GET /groups?$filter", path).await?;
    let groups = found.iter().filter_map(|group| {
        let options = group["resourceProvisioningOptions"].as_array();
        let created = group["createdDateTime"].as_str();
        let created = created.and_then(|text| text.parse().ok());
        Some(Group {
            id: group["id"].as_str()?.to_owned(),
            is_team: options.is_some_and(|all| all.iter().any(|option| option == "Team")),
            created,
        })
    });
    Ok(groups.collect())
}

/// Every row of a list.
async fn all(
    session: &Session,
    operation: &'static str,
    path: String,
) -> Result<Vec<Value>, TargetError> {
    let mut rows = Vec::new();
    let mut next = Some(path);
    for _ in 0..PAGES_MAX {
        let Some(path) = next.take() else {
            return Ok(rows);
        };
        let answer = session.json(Call::get(operation, path)).await?;
        next = next_of(session, operation, &answer)?;
        match answer.body["value"].as_array() {
            Some(more) => rows.extend(more.iter().cloned()),
            None => return Err(failure::contract(operation, "no list")),
        }
    }
    Err(failure::contract(operation, "a list without an end"))
}

/// Where a list goes on: below the same service, for our token goes along.
fn next_of(
    session: &Session,
    operation: &'static str,
    answer: &Answer,
) -> Result<Option<String>, TargetError> {
    let Some(link) = answer.body["@odata.nextLink"].as_str() else {
        return Ok(None);
    };
    let rest = link.strip_prefix(&format!("{}/", session.base));
    let rest = rest.ok_or_else(|| failure::contract(operation, "the list goes on elsewhere"))?;
    Ok(Some(rest.to_owned()))
}

/// Whether a time in an answer is the planned one, to the millisecond.
fn is_time(value: &Value, planned: &str) -> bool {
    let ms = |text: &str| {
        let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
        Some(time.timestamp_millis())
    };
    let found = value.as_str().and_then(ms);
    found.is_some() && found == ms(planned)
}

/// Name, purpose, visibility and channels.
pub(super) async fn read(session: &Session, team: &TargetId) -> Result<TeamReadBack, TargetError> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if team.0.starts_with("chats/") {
        let call = Call::get("GET /chats/{id}", team.0.clone());
        let chat = session.json(call).await?.body;
        return Ok(TeamReadBack {
            name: text(&chat["topic"]),
            is_private: true,
            ..TeamReadBack::default()
        });
    }
    let path = format!("{}?$select=id,displayName,description,visibility", team.0);
    let found = session.json(Call::get("GET /teams/{id}", path)).await;
    let found = found.map_err(not_ready)?.body;
    let channels = channels::all(session, team).await?;
    Ok(TeamReadBack {
        name: text(&found["displayName"]),
        description: text(&found["description"]),
        // Whatever is not said counts as open.
        is_private: matches!(
            found["visibility"].as_str(),
            Some("private" | "hiddenMembership")
        ),
        channels: channels
            .iter()
            .map(|one| (text(&one["displayName"]), text(&one["membershipType"])))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_is_named_by_its_location() {
        let id = "11111111-2222-3333-4444-555555555555";
        let named = |text: &str| named_team(text);
        assert_eq!(named(&format!("teams('{id}')")).as_deref(), Some(id));
        assert_eq!(
            named(&format!("teams('{id}')/operations('x')")).as_deref(),
            Some(id)
        );
        assert_eq!(named("teams('../users')"), None);
        assert_eq!(named("https://elsewhere"), None);
    }

    #[test]
    fn times_are_the_same_to_the_millisecond() {
        let is = |one: &str, other: &str| is_time(&json!(one), other);
        assert!(is("2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.100Z"));
        assert!(!is("2024-01-01T00:00:00.101Z", "2024-01-01T00:00:00.100Z"));
        assert!(
            !is_time(&Value::Null, "nothing"),
            "two unreadable times are not the same"
        );
    }
}
