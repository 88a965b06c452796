//! Attachments of a message that is there: listed, added one by one, read back whole.
//! <https://learn.microsoft.com/graph/outlook-large-attachments>

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::json;

use super::call::{Call, Session};
use super::upload::{self, Kind};
use super::{failure, json as shape, segment};
use crate::domain::message::{Attachment, Message};
use crate::targets::{TargetError, TargetId, TargetUser, Written};

/// From 3 MB on an attachment goes by upload session.
const SMALL_BYTES_MAX: usize = 3_000_000;
/// More than any message has; a list that goes on for ever is not followed.
const PAGES_MAX: usize = 1000;

pub(super) fn is_small(attachment: &Attachment) -> bool {
    attachment.content.len() < SMALL_BYTES_MAX
}

/// One attachment as the list names it.
pub(super) struct Listed {
    id: String,
    pub(super) name: String,
    pub(super) size: u64,
    content_type: String,
    content_id: Option<String>,
    is_inline: bool,
}

fn path(user: &TargetUser, message: &TargetId) -> String {
    format!(
        "users/{}/messages/{}/attachments",
        segment(&user.id),
        segment(&message.0)
    )
}

pub(super) async fn list(
    session: &Session,
    user: &TargetUser,
    message: &TargetId,
) -> Result<Vec<Listed>, TargetError> {
    let operation = "GET /users/{id}/messages/{id}/attachments";
    let fields = "id,name,size,contentType,isInline,microsoft.graph.fileAttachment/contentId";
    let mut found = Vec::new();
    for page in 0..PAGES_MAX {
        // Counted by ourselves: a link in an answer would be one more URL to trust.
        let path = format!(
            "{}?$select={fields}&$top=100&$skip={}",
            path(user, message),
            page * 100
        );
        let answer = session.json(Call::get(operation, path)).await?;
        let listed = answer.body["value"].as_array();
        let listed = listed.ok_or_else(|| failure::contract(operation, "no list"))?;
        for one in listed {
            let text = |name: &str| one[name].as_str().map(str::to_owned);
            let id = text("id").ok_or_else(|| failure::contract(operation, "one has no id"))?;
            found.push(Listed {
                id,
                name: text("name").unwrap_or_default(),
                size: one["size"].as_u64().unwrap_or(0),
                content_type: text("contentType").unwrap_or_default(),
                content_id: text("contentId"),
                is_inline: one["isInline"] == true,
            });
        }
        if answer.body.get("@odata.nextLink").is_none() || listed.is_empty() {
            return Ok(found);
        }
    }
    Err(failure::contract(operation, "the list does not end"))
}

/// Adds what is missing, by name and in order: sizes are not comparable, since Exchange counts its own overhead.
pub(super) async fn complete(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
    message: &Message,
) -> Result<Written, TargetError> {
    let mut there: BTreeMap<String, usize> = BTreeMap::new();
    for listed in list(session, user, id).await? {
        *there.entry(listed.name).or_default() += 1;
    }
    let mut written = Written::default();
    for attachment in &message.attachments {
        if let Some(count) = there.get_mut(&attachment.name).filter(|count| **count > 0) {
            *count -= 1;
            continue;
        }
        let request_id = if is_small(attachment) {
            post(session, user, id, attachment).await?
        } else {
            upload(session, user, id, attachment).await?
        };
        written.request_ids.extend(request_id);
    }
    Ok(written)
}

async fn post(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
    attachment: &Attachment,
) -> Result<Option<String>, TargetError> {
    let operation = "POST /users/{id}/messages/{id}/attachments";
    let call = Call::post(operation, path(user, id), &shape::attachment(attachment));
    Ok(session.json(call).await?.request_id)
}

async fn upload(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
    attachment: &Attachment,
) -> Result<Option<String>, TargetError> {
    let operation = "POST /users/{id}/messages/{id}/attachments/createUploadSession";
    let mut item = json!({
        "attachmentType": "file",
        "name": attachment.name,
        "size": attachment.content.len(),
        "contentType": attachment.content_type,
        "isInline": attachment.is_inline,
    });
    if let Some(content_id) = &attachment.content_id {
        item["contentId"] = content_id.as_str().into();
    }
    let path = format!("{}/createUploadSession", path(user, id));
    let answer = session
        .json(Call::post(
            operation,
            path,
            &json!({"AttachmentItem": item}),
        ))
        .await?;
    let url = answer.body["uploadUrl"]
        .as_str()
        .map(|url| SecretString::from(url.to_owned()));
    let url = url.ok_or_else(|| failure::contract(operation, "no uploadUrl"))?;
    let content = std::io::Cursor::new(attachment.content.clone());
    let size = attachment.content.len() as u64;
    upload::send(session, Kind::Attachment, &url, Box::new(content), size).await?;
    Ok(answer.request_id)
}

pub(super) async fn read(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
) -> Result<Vec<Attachment>, TargetError> {
    let operation = "GET /users/{id}/messages/{id}/attachments/{id}/$value";
    let mut attachments = Vec::new();
    for listed in list(session, user, id).await? {
        let path = format!("{}/{}/$value", path(user, id), segment(&listed.id));
        let content = session.bytes(Call::get(operation, path)).await?;
        attachments.push(Attachment {
            name: listed.name,
            content_type: listed.content_type,
            content_id: listed.content_id,
            is_inline: listed.is_inline,
            content,
        });
    }
    Ok(attachments)
}
