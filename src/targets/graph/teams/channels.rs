//! Channels: found by name or made, and put into migration mode. A channel that others see than planned is never written into.
//! <https://learn.microsoft.com/graph/api/channel-startmigration>

use chrono::{DateTime, SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::{all as listed, members, not_ready};
use crate::domain::teams::{PlannedChannel, PlannedTeam, Road};
use crate::targets::graph::call::{Call, Session};
use crate::targets::graph::{failure, id_of, segment};
use crate::targets::{TargetError, TargetId};

pub(super) async fn all(session: &Session, team: &TargetId) -> Result<Vec<Value>, TargetError> {
    let select = "$select=id,displayName,membershipType,createdDateTime,migrationMode";
    let path = format!("{}/channels?{select}", team.0);
    let found = listed(session, "GET /teams/{id}/channels", path).await;
    found.map_err(not_ready)
}

/// Finds or makes a channel of a team and opens it for an import; what comes back is its path.
pub(in crate::targets::graph) async fn conversation(
    session: &Session,
    team: &TargetId,
    (planned, name): (&PlannedTeam, &str),
    on_record: Option<&TargetId>,
) -> Result<TargetId, TargetError> {
    let operation = "POST /teams/{id}/channels";
    let channel = planned.channel(name);
    let channel = channel
        .ok_or_else(|| failure::unsendable(operation, "a channel that is not in the plan"))?;
    let known = all(session, team).await?;
    let found = if channel.general {
        let path = format!("{}/primaryChannel", team.0);
        let call = Call::get("GET /teams/{id}/primaryChannel", path);
        session.json(call).await.map_err(not_ready)?.body
    } else {
        let is_it = |one: &&Value| {
            let found = one["displayName"].as_str().unwrap_or_default();
            found.to_lowercase() == channel.name.to_lowercase()
        };
        // Whoever is in the team already may have renamed it: it is ours by its id all the same.
        let is_on_record = |one: &&Value| {
            let id = one["id"].as_str().map(segment);
            id.is_some_and(|id| {
                let path = format!("{}/channels/{id}", team.0);
                on_record.is_some_and(|known| known.0 == path)
            })
        };
        let found = known.iter().find(is_on_record);
        match found.or_else(|| known.iter().find(is_it)) {
            Some(one) => one.clone(),
            None => make(session, team, planned, channel, &known).await?,
        }
    };
    // Private stays private: what others see is not written into, whoever made it.
    let membership = found["membershipType"].as_str().unwrap_or("standard");
    if membership != channel.membership {
        return Err(failure::unsendable(
            operation,
            "the channel of that name is seen by others than in the source",
        ));
    }
    let id = id_of(operation, &found)?;
    let path = format!("{}/channels/{}", team.0, segment(&id.0));
    if membership != "standard" {
        let place = TargetId(path.clone());
        members::check_nobody_else(session, &place, &channel.members).await?;
    }
    start(session, &path, &found, &channel.created).await?;
    Ok(TargetId(path))
}

/// Puts a conversation into migration mode where it is not; its time only moves into the past.
pub(super) async fn start(
    session: &Session,
    path: &str,
    found: &Value,
    planned: &str,
) -> Result<(), TargetError> {
    if found["migrationMode"] == "inProgress" {
        return Ok(());
    }
    let time = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    let current = found["createdDateTime"].as_str().and_then(time);
    let planned = time(planned);
    let older = current.map(|current| current - TimeDelta::milliseconds(1));
    let from = planned.into_iter().chain(older).min();
    let mut body = json!({});
    if let Some(from) = from {
        let text = from.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true);
        body["conversationCreationDateTime"] = text.into();
    }
    let operation = if path.starts_with("chats/") {
        "POST /chats/{id}/startMigration"
    } else {
        "POST /teams/{id}/channels/{id}/startMigration"
    };
    let call = Call::post(operation, format!("{path}/startMigration"), &body);
    session.json(call).await.map(drop).map_err(not_ready)
}

async fn make(
    session: &Session,
    team: &TargetId,
    planned: &PlannedTeam,
    channel: &PlannedChannel,
    known: &[Value],
) -> Result<Value, TargetError> {
    let operation = "POST /teams/{id}/channels";
    let mut body = json!({
        "displayName": channel.name,
        "description": channel.description,
        "membershipType": channel.membership,
    });
    let is_standard = channel.membership == "standard";
    // A team that was completed before takes channels as others do.
    let is_open = known.iter().any(|one| one["migrationMode"] == "inProgress");
    if planned.road == Road::Creation && is_standard && is_open {
        body["@microsoft.graph.channelCreationMode"] = "migration".into();
        body["createdDateTime"] = channel.created.clone().into();
    }
    if !is_standard {
        let members = channel.members.iter();
        let members = members.map(|one| members::json(session, one)).collect();
        body["members"] = Value::Array(members);
    }
    let call = Call::post(operation, format!("{}/channels", team.0), &body);
    let answer = session.json(call).await.map_err(not_ready)?;
    if answer.body["id"].is_string() {
        let mut made = answer.body;
        // An answer to an import says less of it than a look at it does.
        if made["membershipType"].is_null() {
            made["membershipType"] = channel.membership.clone().into();
        }
        if body["createdDateTime"].is_string() {
            made["migrationMode"] = "inProgress".into();
        }
        return Ok(made);
    }
    // A shared channel is made asynchronously.
    let found = all(session, team).await?;
    let is_it = |one: &Value| one["displayName"] == channel.name;
    let found = found.into_iter().find(is_it);
    found.ok_or_else(|| TargetError {
        status: 404,
        ..not_ready(TargetError {
            status: 404,
            ..failure::contract(operation, "the channel is still being made")
        })
    })
}

/// Where a channel's files lie; `None` for a chat, which has none.
pub(in crate::targets::graph) async fn files_url(
    session: &Session,
    conversation: &TargetId,
) -> Result<Option<String>, TargetError> {
    if conversation.0.starts_with("chats/") {
        return Ok(None);
    }
    let operation = "GET /teams/{id}/channels/{id}/filesFolder";
    let path = format!("{}/filesFolder", conversation.0);
    match session.json(Call::get(operation, path)).await {
        Ok(answer) => Ok(answer.body["webUrl"].as_str().map(str::to_owned)),
        // It is made when somebody first asks for it: links stay as they are meanwhile, and are listed.
        Err(error) if error.status == 404 => Ok(None),
        Err(error) => Err(error),
    }
}
