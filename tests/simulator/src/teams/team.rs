//! Teams themselves: made in migration mode or as others, asynchronously; completed when all channels are.
//! <https://learn.microsoft.com/graph/api/team-post>

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::member::{self, Member};
use super::thread::Thread;
use super::{Channel, Team, bad, method, millis, no_team, text, time};
use crate::access::Group;
use crate::answer::{Answer, empty, json_answer, refuse, select};
use crate::request::Request;
use crate::sites;
use crate::tenant::Tenant;

/// An operation is asked after so often before it has succeeded.
const ASKED_FIRST: u32 = 3;
const CREATE: [&str; 4] = [
    "Team.Create",
    "Teamwork.Migrate.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const READ: [&str; 5] = [
    "Team.ReadBasic.All",
    "TeamSettings.Read.All",
    "TeamSettings.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
];
const KNOWN: [&str; 9] = [
    "@microsoft.graph.teamCreationMode",
    "createdDateTime",
    "description",
    "displayName",
    "group@odata.bind",
    "memberSettings",
    "members",
    "template@odata.bind",
    "visibility",
];

pub(super) fn make(tenant: &mut Tenant, request: &Request) -> Result<Answer, Answer> {
    if request.method != "POST" {
        return Err(method());
    }
    request.needs(&CREATE)?;
    let body = request.json()?;
    if let Some(key) = body.keys().find(|key| !KNOWN.contains(&&***key)) {
        return Err(bad(&format!("The property '{key}' does not exist.")));
    }
    if !text(&body, "template@odata.bind").ends_with("teamsTemplates('standard')") {
        return Err(bad("The template is not known."));
    }
    if text(&body, "displayName").is_empty() {
        return Err(bad("displayName is required."));
    }
    let now = tenant.clock.now();
    let given = body.get("createdDateTime");
    let is_migration = match (body.get("@microsoft.graph.teamCreationMode"), given) {
        (Some(mode), _) if mode == "migration" => true,
        (None, None) => false,
        _ => return Err(bad("createdDateTime goes with teamCreationMode migration.")),
    };
    let created = match given {
        Some(value) => time(value).ok_or_else(|| bad("A time is expected."))?,
        None => now,
    };
    if created > now {
        return Err(bad("createdDateTime is in the future."));
    }
    let members = members_of(tenant, &body, is_migration)?;
    let nickname = format!("msteams_{:06x}", tenant.seeded.next() & 0xff_ffff);
    let visibility = match text(&body, "visibility") {
        "" => "Public".to_owned(),
        other => other.to_owned(),
    };
    let group = Group {
        id: tenant.seeded.guid(),
        name: text(&body, "displayName").to_owned(),
        nickname,
        is_unified: true,
        visibility,
        members: members.iter().map(|one| one.user.clone()).collect(),
        owners: owners(&members),
        created: now,
    };
    let id = group.id.clone();
    tenant.teams.lag_behind(&id);
    tenant.access.groups.push(group.clone());
    let description = text(&body, "description").to_owned();
    let by = is_migration.then(|| request.app.clone());
    begin(tenant, &group, description, (created, by), members);
    let operation = tenant.seeded.guid();
    let made = (id.clone(), ASKED_FIRST);
    tenant.teams.operations.insert(operation.clone(), made);
    Ok(empty(202)
        .with(
            "Location",
            format!("/teams('{id}')/operations('{operation}')"),
        )
        .with("Content-Location", format!("/teams('{id}')")))
}

/// A team that an app makes has one owner from the start, unless it is made to be migrated into: then it has nobody.
fn members_of(
    tenant: &Tenant,
    body: &Map<String, Value>,
    is_migration: bool,
) -> Result<Vec<Member>, Answer> {
    let given = body.get("members").and_then(Value::as_array);
    let given = given.map_or(&[][..], Vec::as_slice);
    let members = given
        .iter()
        .map(|one| member::read(tenant, one))
        .collect::<Result<Vec<_>, _>>()?;
    match (is_migration, &members[..]) {
        (true, []) => Ok(members),
        (true, _) => Err(bad("A team in migration mode has no members yet.")),
        (false, [owner]) if owner.is_owner => Ok(members),
        (false, _) => Err(bad(
            "A team owner must be provided when creating a team in application context.",
        )),
    }
}

fn owners(members: &[Member]) -> Vec<String> {
    let owners = members.iter().filter(|one| one.is_owner);
    owners.map(|one| one.user.clone()).collect()
}

/// The team of a group, its site and its channel General.
fn begin(
    tenant: &mut Tenant,
    group: &Group,
    description: String,
    (created, by): (DateTime<Utc>, Option<String>),
    members: Vec<Member>,
) {
    if site_of(tenant, &group.id).is_none() {
        sites::add(tenant, &format!("/sites/{}", group.nickname), &group.name);
    }
    let thread = format!("19:{:032x}@thread.tacv2", tenant.seeded.next());
    let general = Channel {
        name: "General".to_owned(),
        description: String::new(),
        membership: "standard".to_owned(),
        members: Vec::new(),
        site: None,
        thread: Thread::new(thread, created, by.clone()),
    };
    tenant.teams.all.push(Team {
        id: group.id.clone(),
        name: group.name.clone(),
        description,
        created,
        is_migrating: by.is_some(),
        members,
        channels: vec![general],
    });
    let settle = tenant.teams.settle;
    tenant.teams.settling.insert(group.id.clone(), settle);
}

/// A Microsoft 365 group becomes a team; for a while after it was made Teams does not know it.
/// <https://learn.microsoft.com/graph/api/team-put-teams>
pub(super) fn of_group(tenant: &mut Tenant, request: &Request, id: &str) -> Result<Answer, Answer> {
    request.needs(&CREATE)?;
    let group = tenant.access.groups.iter().find(|group| group.id == id);
    let group = group.filter(|group| group.is_unified).ok_or_else(no_team)?;
    let group = group.clone();
    let settle = tenant.teams.settle;
    let left = tenant.teams.settling.entry(id.to_owned()).or_insert(settle);
    if *left > 0 {
        *left -= 1;
        return Err(refuse(
            404,
            "NotFound",
            "Failed to execute Templates backend request GetGroupFromIdS2SRequest.",
        ));
    }
    if tenant.teams.all.iter().any(|team| team.id == id) {
        return Err(refuse(409, "Conflict", "Team already exists."));
    }
    if group.owners.is_empty() {
        return Err(bad("The group must have an owner."));
    }
    let body = request.json()?;
    let known = [
        "memberSettings",
        "messagingSettings",
        "funSettings",
        "guestSettings",
    ];
    if let Some(key) = body.keys().find(|key| !known.contains(&&***key)) {
        return Err(bad(&format!("The property '{key}' does not exist.")));
    }
    let mut members: Vec<Member> = Vec::new();
    for (list, is_owner) in [(&group.owners, true), (&group.members, false)] {
        for user in list {
            if !members.iter().any(|known| known.user == *user) {
                members.push(Member::new(tenant, user, is_owner));
            }
        }
    }
    let now = tenant.clock.now();
    begin(tenant, &group, String::new(), (now, None), members);
    tenant.teams.settling.insert(id.to_owned(), 0);
    let team = tenant.teams.known(id)?;
    Ok(json_answer(201, shown(tenant, team)))
}

/// A team that people made.
pub(super) fn plant(tenant: &mut Tenant, name: &str, owners: &[String]) -> String {
    let group = Group {
        id: tenant.seeded.guid(),
        name: name.to_owned(),
        nickname: format!("planted_{:06x}", tenant.seeded.next() & 0xff_ffff),
        is_unified: true,
        visibility: "Private".to_owned(),
        members: owners.to_vec(),
        owners: owners.to_vec(),
        created: tenant.clock.now(),
    };
    tenant.access.groups.push(group.clone());
    let members = owners.iter().map(|user| Member::new(tenant, user, true));
    let members = members.collect();
    let now = tenant.clock.now();
    begin(tenant, &group, String::new(), (now, None), members);
    group.id
}

fn shown(tenant: &Tenant, team: &Team) -> Value {
    let group = tenant
        .access
        .groups
        .iter()
        .find(|group| group.id == team.id);
    let visibility = group.map(|group| group.visibility.to_lowercase());
    json!({
        "id": team.id,
        "displayName": team.name,
        "description": team.description,
        "visibility": visibility,
        "createdDateTime": millis(team.created),
        "isArchived": false,
    })
}

pub(super) fn one(tenant: &mut Tenant, request: &Request, id: &str) -> Result<Answer, Answer> {
    match &*request.method {
        "GET" => {
            request.needs(&READ)?;
            let pending = tenant.teams.operations.values_mut();
            for (team, left) in pending {
                if team == id && *left > 0 {
                    // It goes on whether or not anybody asks after it.
                    *left -= 1;
                    return Err(no_team());
                }
            }
            let shown = shown(tenant, tenant.teams.known(id)?);
            Ok(json_answer(
                200,
                select(shown, request.query.get("$select")),
            ))
        }
        "PATCH" => {
            request.needs(&["TeamSettings.ReadWrite.All", "Group.ReadWrite.All"])?;
            let body = request.json()?;
            let team = tenant.teams.team(id)?;
            for (key, value) in &body {
                match (&**key, value.as_str()) {
                    ("description", Some(value)) => value.clone_into(&mut team.description),
                    ("displayName", Some(value)) => value.clone_into(&mut team.name),
                    _ => return Err(bad(&format!("The property '{key}' is not written."))),
                }
            }
            Ok(empty(204))
        }
        _ => Err(method()),
    }
}

pub(super) fn operation(
    tenant: &mut Tenant,
    request: &Request,
    team: &str,
    id: &str,
) -> Result<Answer, Answer> {
    request.needs(&CREATE)?;
    let known = tenant.teams.operations.get_mut(id);
    let (of, left) = known.filter(|(of, _)| of == team).ok_or_else(no_team)?;
    *left = left.saturating_sub(1);
    let status = if *left > 0 { "inProgress" } else { "succeeded" };
    let shown = json!({
        "id": id,
        "operationType": "createTeam",
        "status": status,
        "attemptsCount": 1,
        "targetResourceId": of,
        "targetResourceLocation": format!("/teams('{of}')"),
        "error": Value::Null,
    });
    Ok(json_answer(200, shown))
}

pub(super) fn complete(tenant: &mut Tenant, request: &Request, id: &str) -> Result<Answer, Answer> {
    if request.method != "POST" {
        return Err(method());
    }
    request.needs(&["Teamwork.Migrate.All"])?;
    let team = tenant.teams.team(id)?;
    if !team.is_migrating {
        return Err(bad("Team is not in migration mode."));
    }
    if team.channels.iter().any(|one| one.thread.is_migrating()) {
        return Err(bad("A channel of the team is still in migration mode."));
    }
    team.is_migrating = false;
    Ok(empty(204))
}

pub(super) fn site_of(tenant: &Tenant, group: &str) -> Option<usize> {
    let known = tenant
        .access
        .groups
        .iter()
        .find(|known| known.id == group)?;
    let path = format!("/sites/{}", known.nickname);
    let site = |user: &crate::tenant::User| user.site.as_deref() == Some(&*path);
    tenant.users.iter().position(site)
}
