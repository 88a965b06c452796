//! Attachments: small ones by POST, large ones by upload session; what is stored is what is given back.
//! <https://learn.microsoft.com/graph/outlook-large-attachments>

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use super::item_not_found;
use crate::answer::{Answer, bytes, empty, json_answer, page, refuse};
use crate::request::Request;
use crate::tenant::{Attachment, Tenant, Upload, UploadGoal, User};

const SMALL_MAX: usize = 3 << 20;
const SESSION_MIN: u64 = 3_000_000;
const SESSION_MAX: u64 = 150 << 20;

pub(super) fn shown(attachment: &Attachment, with_content: bool) -> Value {
    let mut value = json!({
        "@odata.type": "#microsoft.graph.fileAttachment",
        "id": attachment.id,
        "name": attachment.name,
        "contentType": attachment.content_type,
        "contentId": attachment.content_id,
        "isInline": attachment.is_inline,
        "size": attachment.content.len(),
    });
    if with_content {
        value["contentBytes"] = Base64::encode_string(&attachment.content).into();
    }
    value
}

pub(super) fn read(tenant: &mut Tenant, given: &Value) -> Result<Attachment, Answer> {
    let text = |name: &str| given.get(name).and_then(Value::as_str).map(str::to_owned);
    if text("@odata.type").as_deref() != Some("#microsoft.graph.fileAttachment") {
        return Err(refuse(
            400,
            "RequestBodyRead",
            "@odata.type is a fileAttachment here.",
        ));
    }
    let known = [
        "@odata.type",
        "name",
        "contentType",
        "contentBytes",
        "contentId",
        "isInline",
    ];
    if let Some(key) = given
        .as_object()
        .into_iter()
        .flatten()
        .map(|(k, _)| k)
        .find(|k| !known.contains(&&***k))
    {
        return Err(super::unknown_property(key));
    }
    let name = text("name").filter(|name| !name.is_empty());
    let name =
        name.ok_or_else(|| refuse(400, "ErrorInvalidRequest", "An attachment has a name."))?;
    let content = text("contentBytes").and_then(|text| Base64::decode_vec(&text).ok());
    let content =
        content.ok_or_else(|| refuse(400, "RequestBodyRead", "contentBytes is base64."))?;
    if content.len() >= SMALL_MAX {
        let message = "An attachment of 3 MB or more is uploaded by a session.";
        return Err(refuse(413, "RequestEntityTooLarge", message));
    }
    Ok(Attachment {
        id: tenant.opaque("AAMkAtt"),
        name,
        content_type: text("contentType").unwrap_or_else(|| "application/octet-stream".to_owned()),
        content_id: text("contentId"),
        is_inline: given
            .get("isInline")
            .and_then(Value::as_bool)
            .unwrap_or(false),
        content,
    })
}

pub(crate) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    message: &str,
    rest: &[&str],
) -> Result<Answer, Answer> {
    let found = attached(&tenant.users[user], message).ok_or_else(item_not_found)?;
    match (&*request.method, rest) {
        ("GET", []) => {
            request.only(&["$select", "$top", "$skip", "$skiptoken", "$count"])?;
            let with_content = request
                .query
                .get("$select")
                .is_none_or(|s| s.contains("contentBytes"));
            let all = found.iter().map(|a| shown(a, with_content)).collect();
            page(all, request, &tenant.base, 10)
        }
        ("POST", []) => {
            if request.body.len() > super::REQUEST_BYTES_MAX {
                return Err(refuse(413, "RequestEntityTooLarge", "At most 4MB."));
            }
            let attachment = read(tenant, &Value::Object(request.json()?))?;
            let answer = json_answer(201, shown(&attachment, false));
            add(tenant, user, message, attachment);
            Ok(answer)
        }
        ("POST", ["createUploadSession"]) => create_session(tenant, request, user, message),
        ("GET", [id]) => one(found, id).map(|a| json_answer(200, shown(a, true))),
        ("GET", [id, "$value"]) => {
            one(found, id).map(|a| bytes("application/octet-stream", a.content.clone()))
        }
        ("DELETE", [id]) => {
            one(found, id)?;
            let found = attached_mut(&mut tenant.users[user], message);
            let found = found.ok_or_else(item_not_found)?;
            found.retain(|attachment| attachment.id != *id);
            Ok(empty(204))
        }
        _ => Err(refuse(
            405,
            "ErrorMethodNotAllowed",
            "The OData request is not supported.",
        )),
    }
}

/// The attachments of a message or an event.
pub(crate) fn attached<'a>(user: &'a User, id: &str) -> Option<&'a Vec<Attachment>> {
    let message = user.messages.get(id).map(|message| &message.attachments);
    message.or_else(|| user.calendar.events.get(id).map(|event| &event.attachments))
}

fn attached_mut<'a>(user: &'a mut User, id: &str) -> Option<&'a mut Vec<Attachment>> {
    if let Some(message) = user.messages.get_mut(id) {
        return Some(&mut message.attachments);
    }
    let event = user.calendar.events.get_mut(id);
    event.map(|event| &mut event.attachments)
}

fn one<'a>(attached: &'a [Attachment], id: &str) -> Result<&'a Attachment, Answer> {
    attached
        .iter()
        .find(|a| a.id == id)
        .ok_or_else(item_not_found)
}

pub(crate) fn add(tenant: &mut Tenant, user: usize, message: &str, attachment: Attachment) {
    let known = &mut tenant.users[user];
    let json = if let Some(found) = known.messages.get_mut(message) {
        Some(&mut found.json)
    } else {
        let event = known.calendar.events.get_mut(message);
        event.map(|event| &mut event.json)
    };
    if let Some(json) = json
        && !attachment.is_inline
    {
        json.insert("hasAttachments".to_owned(), true.into());
    }
    if let Some(attached) = attached_mut(known, message) {
        attached.push(attachment);
    }
}

fn create_session(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    message: &str,
) -> Result<Answer, Answer> {
    let body = request.json()?;
    let item = body.get("AttachmentItem").cloned().unwrap_or_default();
    let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let size = item.get("size").and_then(Value::as_u64);
    let fits = text("attachmentType").as_deref() == Some("file");
    let (Some(name), Some(size), true) = (text("name"), size, fits) else {
        let message = "AttachmentItem is {attachmentType: file, name, size}.";
        return Err(refuse(400, "ErrorInvalidRequest", message));
    };
    if size > SESSION_MAX {
        return Err(refuse(
            413,
            "ErrorAttachmentSizeLimitExceeded",
            "At most 150 MB.",
        ));
    }
    if size < SESSION_MIN {
        let message = "The attachment is smaller than 3 MB; post it.";
        return Err(refuse(400, "ErrorInvalidAttachmentSize", message));
    }
    let goal = UploadGoal::Attachment {
        message: message.to_owned(),
        name,
        content_type: text("contentType").unwrap_or_else(|| "application/octet-stream".to_owned()),
        content_id: text("contentId"),
        is_inline: item
            .get("isInline")
            .and_then(Value::as_bool)
            .unwrap_or(false),
    };
    let user = tenant.users[user].id.clone();
    let expires = tenant.clock.after(60);
    let upload = Upload {
        user,
        goal,
        size,
        received: Vec::new(),
        large: None,
        expires,
    };
    Ok(crate::drive::upload::open(tenant, upload, 201))
}
