//! Who is in a team, a channel or a chat, and who comes in; the end of a migration.
//! <https://learn.microsoft.com/graph/api/team-post-members>

use reqwest::Method;
use serde_json::{Value, json as value};

use super::{all, channels, not_ready};
use crate::domain::teams::PlannedMember;
use crate::targets::graph::call::{Call, Session};
use crate::targets::graph::{failure, id_of, segment};
use crate::targets::teams::Completion;
use crate::targets::{TargetError, TargetId};

pub(super) fn json(session: &Session, member: &PlannedMember) -> Value {
    let roles: &[&str] = if member.owner { &["owner"] } else { &[] };
    value!({
        "@odata.type": "#microsoft.graph.aadUserConversationMember",
        "roles": roles,
        "user@odata.bind": format!("{}/users('{}')", session.base, segment(&member.user)),
    })
}

/// Everybody who is in it.
pub(in crate::targets::graph) async fn listed(
    session: &Session,
    place: &TargetId,
) -> Result<Vec<PlannedMember>, TargetError> {
    let operation = if place.0.starts_with("chats/") {
        "GET /chats/{id}/members"
    } else if place.0.contains("/channels/") {
        "GET /teams/{id}/channels/{id}/members"
    } else {
        "GET /teams/{id}/members"
    };
    let found = all(session, operation, format!("{}/members", place.0)).await;
    let found = found.map_err(not_ready)?;
    let members = found.iter().map(|one| {
        let roles = one["roles"].as_array().map_or(&[][..], Vec::as_slice);
        PlannedMember {
            user: one["userId"].as_str().unwrap_or_default().to_owned(),
            owner: roles.iter().any(|role| role == "owner"),
        }
    });
    Ok(members.collect())
}

/// Adds whoever is planned and not in yet.
pub(super) async fn add_missing(
    session: &Session,
    place: &TargetId,
    planned: &[PlannedMember],
) -> Result<(), TargetError> {
    let known = listed(session, place).await?;
    for member in planned {
        let is_in = |one: &&PlannedMember| one.user.eq_ignore_ascii_case(&member.user);
        let found = known.iter().find(is_in);
        if found.is_none_or(|found| member.owner && !found.owner) {
            add(session, place, member).await?;
        }
    }
    Ok(())
}

/// Refuses a place that somebody is in who is not planned.
pub(super) async fn check_nobody_else(
    session: &Session,
    place: &TargetId,
    planned: &[PlannedMember],
) -> Result<(), TargetError> {
    let known = listed(session, place).await?;
    let is_planned = |one: &PlannedMember| {
        planned
            .iter()
            .any(|own| own.user.eq_ignore_ascii_case(&one.user))
    };
    if known.iter().all(is_planned) {
        return Ok(());
    }
    let rule = "somebody is in it whom the source did not let in";
    Err(failure::unsendable("GET /teams/{id}/members", rule))
}

async fn add(
    session: &Session,
    place: &TargetId,
    member: &PlannedMember,
) -> Result<(), TargetError> {
    let operation = if place.0.contains("/channels/") {
        "POST /teams/{id}/channels/{id}/members"
    } else {
        "POST /teams/{id}/members"
    };
    let path = format!("{}/members", place.0);
    let call = Call::post(operation, path, &json(session, member));
    session.json(call).await.map(drop)
}

/// One step that completes a team or chat. Each may be made again: what is done already is Ok.
pub(in crate::targets::graph) async fn complete(
    session: &Session,
    step: &Completion,
) -> Result<(), TargetError> {
    match step {
        Completion::Member(place, member) => {
            add_missing(session, place, std::slice::from_ref(member)).await
        }
        Completion::Migration(place) => {
            let is_team = !place.0.contains("/channels/") && place.0.starts_with("teams/");
            let (look, operation) = if is_team {
                ("GET /teams/{id}", "POST /teams/{id}/completeMigration")
            } else if place.0.starts_with("chats/") {
                ("GET /chats/{id}", "POST /chats/{id}/completeMigration")
            } else {
                (
                    "GET /teams/{id}/channels/{id}",
                    "POST /teams/{id}/channels/{id}/completeMigration",
                )
            };
            if is_team {
                // What an earlier run opened and nobody wrote down is completed too, General last.
                let mut open = channels::all(session, place).await?;
                open.retain(|channel| channel["migrationMode"] == "inProgress");
                open.sort_by_key(|channel| channel["displayName"] == "General");
                for channel in open {
                    let id = id_of("GET /teams/{id}/channels", &channel)?;
                    let path = format!("{}/channels/{}/completeMigration", place.0, segment(&id.0));
                    let operation = "POST /teams/{id}/channels/{id}/completeMigration";
                    session
                        .json(Call::bare(operation, Method::POST, path))
                        .await?;
                }
            } else {
                let found = session.json(Call::get(look, place.0.clone())).await?;
                if found.body["migrationMode"] != "inProgress" {
                    return Ok(());
                }
            }
            let path = format!("{}/completeMigration", place.0);
            match session
                .json(Call::bare(operation, Method::POST, path))
                .await
            {
                Ok(_) => Ok(()),
                // A team says of itself nowhere whether it is in migration mode: an earlier try completed it.
                Err(error) if is_team && error.status == 400 => Ok(()),
                Err(error) => Err(error),
            }
        }
    }
}
