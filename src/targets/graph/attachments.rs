//! Attachments of a message or an event that is there: listed, added one by one, read back whole.
//! <https://learn.microsoft.com/graph/outlook-large-attachments>

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::json;

use super::call::{Call, Session};
use super::upload::{self, Kind};
use super::{failure, json as shape, segment};
use crate::domain::message::Attachment;
use crate::targets::{TargetError, TargetId, TargetUser, Written};

/// From 3 MB on an attachment goes by upload session.
const SMALL_BYTES_MAX: usize = 3_000_000;
/// More than any message has; a list that goes on for ever is not followed.
const PAGES_MAX: usize = 1000;

/// What they hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Event,
    Message,
}

impl Of {
    fn collection(self) -> &'static str {
        match self {
            Self::Event => "events",
            Self::Message => "messages",
        }
    }

    fn operation(self, step: Step) -> &'static str {
        match (self, step) {
            (Self::Event, Step::Add) => "POST /users/{id}/events/{id}/attachments",
            (Self::Event, Step::List) => "GET /users/{id}/events/{id}/attachments",
            (Self::Event, Step::Read) => "GET /users/{id}/events/{id}/attachments/{id}/$value",
            (Self::Event, Step::Session) => {
                "POST /users/{id}/events/{id}/attachments/createUploadSession"
            }
            (Self::Message, Step::Add) => "POST /users/{id}/messages/{id}/attachments",
            (Self::Message, Step::List) => "GET /users/{id}/messages/{id}/attachments",
            (Self::Message, Step::Read) => "GET /users/{id}/messages/{id}/attachments/{id}/$value",
            (Self::Message, Step::Session) => {
                "POST /users/{id}/messages/{id}/attachments/createUploadSession"
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Step {
    Add,
    List,
    Read,
    Session,
}

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

fn path(of: Of, user: &TargetUser, id: &TargetId) -> String {
    format!(
        "users/{}/{}/{}/attachments",
        segment(&user.id),
        of.collection(),
        segment(&id.0)
    )
}

pub(super) async fn list(
    session: &Session,
    of: Of,
    user: &TargetUser,
    id: &TargetId,
) -> Result<Vec<Listed>, TargetError> {
    let operation = of.operation(Step::List);
    let fields = "id,name,size,contentType,isInline,microsoft.graph.fileAttachment/contentId";
    let mut found = Vec::new();
    for page in 0..PAGES_MAX {
        // Counted by ourselves: a link in an answer would be one more URL to trust.
        let path = format!(
            "{}?$select={fields}&$top=100&$skip={}",
            path(of, user, id),
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
    of: Of,
    user: &TargetUser,
    id: &TargetId,
    attachments: &[Attachment],
) -> Result<Written, TargetError> {
    let mut there: BTreeMap<String, usize> = BTreeMap::new();
    for listed in list(session, of, user, id).await? {
        *there.entry(listed.name).or_default() += 1;
    }
    let mut written = Written::default();
    for attachment in attachments {
        if let Some(count) = there.get_mut(&attachment.name).filter(|count| **count > 0) {
            *count -= 1;
            continue;
        }
        let request_id = if is_small(attachment) {
            post(session, of, user, id, attachment).await?
        } else {
            upload(session, of, user, id, attachment).await?
        };
        written.request_ids.extend(request_id);
    }
    Ok(written)
}

async fn post(
    session: &Session,
    of: Of,
    user: &TargetUser,
    id: &TargetId,
    attachment: &Attachment,
) -> Result<Option<String>, TargetError> {
    let operation = of.operation(Step::Add);
    let call = Call::post(
        operation,
        path(of, user, id),
        &shape::attachment(attachment),
    );
    Ok(session.json(call).await?.request_id)
}

async fn upload(
    session: &Session,
    of: Of,
    user: &TargetUser,
    id: &TargetId,
    attachment: &Attachment,
) -> Result<Option<String>, TargetError> {
    let operation = of.operation(Step::Session);
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
    let path = format!("{}/createUploadSession", path(of, user, id));
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
    of: Of,
    user: &TargetUser,
    id: &TargetId,
) -> Result<Vec<Attachment>, TargetError> {
    let operation = of.operation(Step::Read);
    let mut attachments = Vec::new();
    for listed in list(session, of, user, id).await? {
        let path = format!("{}/{}/$value", path(of, user, id), segment(&listed.id));
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
