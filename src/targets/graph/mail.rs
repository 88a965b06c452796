//! Messages: found by key, created whole as far as one request holds, read back, deleted for good.

use base64ct::{Base64, Encoding};
use reqwest::Method;
use serde_json::Value;

use super::attachments::Of;
use super::call::{Call, Goal, Payload, Session};
use super::{attachments, failure, id_of, json, segment};
use crate::domain::item::ItemKey;
use crate::domain::message::{Attachment, Message};
use crate::targets::{FoundMessage, TargetError, TargetId, TargetUser, Written};

/// "The maximum request length supported is 4MB" (graph.md 1.2), with room for what we do not count.
const REQUEST_BYTES_MAX: usize = (4 << 20) - (16 << 10);
/// A key that stands on more messages than this is not one of ours.
const COPIES_MAX: usize = 1000;

pub(super) async fn find(
    session: &Session,
    user: &TargetUser,
    key: &ItemKey,
) -> Result<Vec<FoundMessage>, TargetError> {
    let operation = "GET /users/{id}/messages?$filter=key";
    let path = format!(
        "users/{}/messages?$filter={}&$select=id&$top={COPIES_MAX}",
        segment(&user.id),
        segment(&json::filter(key))
    );
    let answer = session.json(Call::get(operation, path)).await?;
    let listed = answer.body["value"].as_array();
    let listed = listed.ok_or_else(|| failure::contract(operation, "no list of messages"))?;
    let mut found = Vec::new();
    for message in listed {
        let id = id_of(operation, message)?;
        let attached = attachments::list(session, Of::Message, user, &id).await?;
        let attachments = attached
            .into_iter()
            .map(|one| (one.name, one.size))
            .collect();
        found.push(FoundMessage { id, attachments });
    }
    Ok(found)
}

pub(super) async fn create(
    session: &Session,
    user: &TargetUser,
    folder: &TargetId,
    message: &Message,
    key: &ItemKey,
) -> Result<(TargetId, Written), TargetError> {
    let operation = "POST /users/{id}/mailFolders/{id}/messages";
    let mut body = json::message(message, key);
    let mut room = REQUEST_BYTES_MAX
        .checked_sub(Value::Object(body.clone()).to_string().len())
        .ok_or_else(|| failure::unsendable(operation, "the text is larger than a 4 MB request"))?;
    let mut inside = Vec::new();
    for attachment in &message.attachments {
        let size = posted_bytes(attachment);
        if attachments::is_small(attachment) && size <= room {
            room -= size;
            inside.push(json::attachment(attachment));
        }
    }
    if !inside.is_empty() {
        body.insert("attachments".to_owned(), Value::Array(inside));
    }
    let path = format!(
        "users/{}/mailFolders/{}/messages",
        segment(&user.id),
        segment(&folder.0)
    );
    let answer = session
        .json(Call::post(operation, path, &Value::Object(body)))
        .await?;
    let id = id_of(operation, &answer.body).map_err(|error| TargetError {
        outcome_unknown: true,
        ..error
    })?;
    let request_ids = answer.request_id.into_iter().collect();
    Ok((
        id,
        Written {
            request_ids,
            ..Written::default()
        },
    ))
}

/// What an attachment takes of a request.
fn posted_bytes(attachment: &Attachment) -> usize {
    let names = attachment.name.len()
        + attachment.content_type.len()
        + attachment.content_id.as_ref().map_or(0, String::len);
    // Names may need escapes; the words around them are below 256 bytes.
    Base64::encoded_len(&attachment.content) + 6 * names + 256
}

pub(super) async fn read(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
) -> Result<Message, TargetError> {
    let operation = "GET /users/{id}/messages/{id}";
    let path = format!(
        "users/{}/messages/{}?$select={}&$expand={}",
        segment(&user.id),
        segment(&id.0),
        json::selected(),
        segment(&json::expanded())
    );
    let call = Call::get(operation, path).unfiltered();
    let answer = session.json(call).await?;
    if answer.body["isDraft"] != false {
        return Err(failure::contract(
            operation,
            "the message came back as a draft",
        ));
    }
    let mut message = json::read(&answer.body)
        .ok_or_else(|| failure::contract(operation, "the message lost its item key"))?;
    message.attachments = attachments::read(session, Of::Message, user, id).await?;
    Ok(message)
}

/// For good: what we take back must not linger in the recoverable items of a clean tenant.
pub(super) async fn delete(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
) -> Result<(), TargetError> {
    let call = Call {
        operation: "POST /users/{id}/messages/{id}/permanentDelete",
        method: Method::POST,
        goal: Goal::Graph(format!(
            "users/{}/messages/{}/permanentDelete",
            segment(&user.id),
            segment(&id.0)
        )),
        body: Payload::None,
    };
    session.json(call).await.map(drop)
}
