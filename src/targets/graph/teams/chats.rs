//! Chats: made with exactly those who are mapped, then put into migration mode, or found again. A chat of two is there once.
//! <https://learn.microsoft.com/graph/api/chat-post>

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{CLOCKS_APART, all, channels, is_time, members};
use crate::domain::teams::{PlannedMember, PlannedTeam};
use crate::targets::graph::call::{Call, Session};
use crate::targets::graph::{id_of, segment};
use crate::targets::teams::Begun;
use crate::targets::{TargetError, TargetId};

pub(super) async fn make(
    session: &Session,
    chat: &PlannedTeam,
    known: Option<&TargetId>,
) -> Result<TargetId, TargetError> {
    let path = match known {
        Some(path) => path.clone(),
        None => path_of(&begin(session, chat).await?)?,
    };
    // What the list and the making say of it may be older than it is.
    let now = look(session, &path).await?;
    channels::start(session, &path.0, &now, &chat.created).await?;
    Ok(path)
}

fn path_of(chat: &Value) -> Result<TargetId, TargetError> {
    let id = id_of("POST /chats", chat)?;
    Ok(TargetId(format!("chats/{}", segment(&id.0))))
}

async fn look(session: &Session, path: &TargetId) -> Result<Value, TargetError> {
    let call = Call::get("GET /chats/{id}", path.0.clone());
    Ok(session.json(call).await?.body)
}

async fn begin(session: &Session, chat: &PlannedTeam) -> Result<Value, TargetError> {
    let owners = chat.members.iter().map(|one| {
        let mut member = members::json(session, one);
        // Graph asks that of whoever is in a chat.
        member["roles"] = json!(["owner"]);
        member
    });
    let mut body = json!({"chatType": chat.kind, "members": owners.collect::<Vec<_>>()});
    if chat.kind == "group" && !chat.name.is_empty() {
        body["topic"] = chat.name.clone().into();
    }
    let call = Call::post("POST /chats", "chats".to_owned(), &body);
    Ok(session.json(call).await?.body)
}

/// The group chat that an earlier try made. The same people have many chats, some of one topic or of none: ours says that it was
/// made in the millisecond that the plan gave to no other. Where that try ended before it could say so, a bare one is taken that
/// came after it, and says so from then on: who then finds that it says another time leaves it to the other.
pub(super) async fn find(
    session: &Session,
    chat: &PlannedTeam,
    begun: Begun,
) -> Result<Option<TargetId>, TargetError> {
    let Some(member) = chat.members.first() else {
        return Ok(None);
    };
    let path = format!("users/{}/chats", segment(&member.user));
    let mut bare = Vec::new();
    for found in all(session, "GET /users/{id}/chats", path).await? {
        let topic = found["topic"].as_str().unwrap_or_default();
        if found["chatType"] != "group" || topic != chat.name {
            continue;
        }
        let path = path_of(&found)?;
        let now = look(session, &path).await?;
        if is_time(&now["createdDateTime"], &chat.created) {
            return Ok(Some(path));
        }
        let created = now["createdDateTime"].as_str();
        let created = created.and_then(|text| text.parse::<DateTime<Utc>>().ok());
        let is_since = created.is_some_and(|created| created >= begun.first - CLOCKS_APART);
        if is_since && now["migrationMode"].is_null() && is_of(session, &path, chat).await? {
            bare.push((path, now));
        }
    }
    for (path, now) in bare {
        // Two that look for theirs may start the same one: the service lets one of them.
        match channels::start(session, &path.0, &now, &chat.created).await {
            Ok(()) => {}
            Err(error) if error.status == 400 => {}
            Err(error) => return Err(error),
        }
        let now = look(session, &path).await?;
        if is_time(&now["createdDateTime"], &chat.created) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Whether exactly those are in it who are planned.
async fn is_of(
    session: &Session,
    path: &TargetId,
    chat: &PlannedTeam,
) -> Result<bool, TargetError> {
    let users = |all: &[PlannedMember]| -> BTreeSet<String> {
        all.iter().map(|one| one.user.to_lowercase()).collect()
    };
    let people = members::listed(session, path).await?;
    Ok(users(&people) == users(&chat.members))
}
