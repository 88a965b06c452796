//! Chats: found or made with exactly those who are mapped, then put into migration mode. A chat of two is there once.
//! <https://learn.microsoft.com/graph/api/chat-post>

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{all, channels, members};
use crate::domain::teams::PlannedTeam;
use crate::targets::graph::call::{Call, Session};
use crate::targets::graph::{id_of, segment};
use crate::targets::{TargetError, TargetId};

pub(super) async fn make(session: &Session, chat: &PlannedTeam) -> Result<TargetId, TargetError> {
    let known = if chat.kind == "group" {
        find(session, chat).await?
    } else {
        None
    };
    let found = match known {
        Some(found) => found,
        None => begin(session, chat).await?,
    };
    let id = id_of("POST /chats", &found)?;
    let path = format!("chats/{}", segment(&id.0));
    // What the list and the making say of it may be older than it is.
    let now = session
        .json(Call::get("GET /chats/{id}", path.clone()))
        .await?;
    channels::start(session, &path, &now.body, &chat.created).await?;
    Ok(TargetId(path))
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

/// A group chat that an earlier try made: the same topic and exactly the same people.
async fn find(session: &Session, chat: &PlannedTeam) -> Result<Option<Value>, TargetError> {
    let Some(member) = chat.members.first() else {
        return Ok(None);
    };
    let path = format!("users/{}/chats", segment(&member.user));
    let wanted: BTreeSet<String> = chat
        .members
        .iter()
        .map(|one| one.user.to_lowercase())
        .collect();
    for found in all(session, "GET /users/{id}/chats", path).await? {
        let topic = found["topic"].as_str().unwrap_or_default();
        if found["chatType"] != "group" || topic != chat.name {
            continue;
        }
        let id = id_of("GET /users/{id}/chats", &found)?;
        let path = TargetId(format!("chats/{}", segment(&id.0)));
        let people = members::listed(session, &path).await?;
        let people: BTreeSet<String> = people
            .into_iter()
            .map(|one| one.user.to_lowercase())
            .collect();
        if people == wanted {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
