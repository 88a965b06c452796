//! Upload sessions, of files and of attachments: their rules on ranges, order and conflicts.
//! <https://learn.microsoft.com/graph/api/driveitem-createuploadsession>

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::{QUOTA, check_name, child, file_system_info, name_taken, shown, store};
use crate::answer::{Answer, empty, json_answer, refuse};
use crate::mail::attachments;
use crate::request::Request;
use crate::stored::{Arriving, LARGE_BYTES};
use crate::tenant::{Attachment, Tenant, Upload, UploadGoal};

const FILE_STEP: u64 = 327_680;
const FILE_PUT_MAX: u64 = 60 << 20;
const ATTACHMENT_PUT_MAX: u64 = 4 << 20;

fn gone() -> Answer {
    refuse(404, "itemNotFound", "The upload session was not found.")
}

fn changed() -> Answer {
    refuse(
        412,
        "preconditionFailed",
        "ETag does not match current item's value",
    )
}

/// `createUploadSession` of a drive.
pub(super) fn create(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    parent: &str,
    name: Option<&str>,
) -> Result<Answer, Answer> {
    // The documentation lists only this one as the least application permission.
    request.needs(&["Sites.ReadWrite.All"])?;
    let body = request.json()?;
    if let Some(key) = body
        .keys()
        .find(|key| !["item", "deferCommit"].contains(&&***key))
    {
        return Err(refuse(
            400,
            "invalidRequest",
            &format!("{key} is not known here."),
        ));
    }
    let item = body.get("item").cloned().unwrap_or_else(|| json!({}));
    let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = name.map(str::to_owned).or_else(|| text("name"));
    let name = name.ok_or_else(|| refuse(400, "invalidRequest", "The item has no name."))?;
    check_name(&tenant.users[user], parent, &name)?;
    let size = item.get("fileSize").and_then(Value::as_u64);
    if size.is_some_and(|size| size > QUOTA) {
        return Err(refuse(
            507,
            "quotaLimitReached",
            "Insufficient space available.",
        ));
    }
    let conflict = text("@microsoft.graph.conflictBehavior").unwrap_or_else(|| "fail".to_owned());
    if !["fail", "replace", "rename"].contains(&&*conflict) {
        return Err(refuse(
            400,
            "invalidRequest",
            "conflictBehavior is fail, replace or rename.",
        ));
    }
    let if_match = request.header("if-match").map(str::to_owned);
    if let Some(taken) = child(&tenant.users[user], parent, &name)
        && if_match.as_ref().is_some_and(|tag| *tag != taken.e_tag())
    {
        return Err(changed());
    }
    let dates = item.get("fileSystemInfo").cloned().unwrap_or_default();
    let (created, modified) = file_system_info(&dates)?;
    let goal = UploadGoal::File {
        parent: parent.to_owned(),
        name,
        conflict,
        if_match,
        created,
        modified,
    };
    let user = tenant.users[user].id.clone();
    let expires = tenant.clock.after(15 * 24 * 60);
    // The total of the first Content-Range decides where fileSize was not said.
    let upload = Upload {
        user,
        goal,
        size: size.unwrap_or(u64::MAX),
        received: Vec::new(),
        large: None,
        expires,
    };
    Ok(open(tenant, upload, 200))
}

pub(crate) fn open(tenant: &mut Tenant, upload: Upload, status: u16) -> Answer {
    let token = tenant.opaque("up");
    let expires = upload.expires.to_rfc3339_opts(SecondsFormat::Secs, true);
    let url = format!("{}/_upload/{token}", tenant.base);
    tenant.uploads.insert(token, upload);
    json_answer(
        status,
        json!({"uploadUrl": url, "expirationDateTime": expires, "nextExpectedRanges": ["0-"]}),
    )
}

/// A call to the pre-authenticated URL.
pub(crate) fn receive(
    tenant: &mut Tenant,
    request: &Request,
    token: &str,
) -> Result<Answer, Answer> {
    if request.header("authorization").is_some() {
        return Err(refuse(
            401,
            "unauthenticated",
            "This URL takes no Authorization header.",
        ));
    }
    let now = tenant.clock.now();
    let upload = tenant
        .uploads
        .get(token)
        .filter(|upload| upload.expires > now);
    let upload = upload.ok_or_else(gone)?;
    match &*request.method {
        "GET" => Ok(json_answer(200, progress(upload))),
        "DELETE" => {
            tenant.uploads.remove(token);
            Ok(empty(204))
        }
        "PUT" => take(tenant, request, token),
        _ => Err(refuse(
            405,
            "invalidRequest",
            "The HTTP method is not allowed here.",
        )),
    }
}

fn progress(upload: &Upload) -> Value {
    json!({
        "expirationDateTime": upload.expires.to_rfc3339_opts(SecondsFormat::Secs, true),
        "nextExpectedRanges": [format!("{}-", upload.received_bytes())],
    })
}

/// `bytes a-b/total`.
fn content_range(request: &Request) -> Option<(u64, u64, u64)> {
    let (range, total) = request
        .header("content-range")?
        .strip_prefix("bytes ")?
        .split_once('/')?;
    let (from, to) = range.split_once('-')?;
    Some((from.parse().ok()?, to.parse().ok()?, total.parse().ok()?))
}

fn take(tenant: &mut Tenant, request: &Request, token: &str) -> Result<Answer, Answer> {
    let bad = |message: &str| refuse(400, "invalidRequest", message);
    let (from, to, total) =
        content_range(request).ok_or_else(|| bad("Content-Range is bytes a-b/total."))?;
    let length = request.body.len() as u64;
    let upload = tenant.uploads.get_mut(token).ok_or_else(gone)?;
    if upload.size == u64::MAX {
        upload.size = total;
    }
    if from > to || to >= total || to - from + 1 != length || total != upload.size {
        return Err(bad(
            "Content-Range, the body and the declared size disagree.",
        ));
    }
    if from != upload.received_bytes() {
        let message = "The uploaded fragment overlaps with data that has already been received.";
        return Err(refuse(416, "invalidRange", message));
    }
    let is_last = to + 1 == total;
    match upload.goal {
        UploadGoal::Attachment { .. } if length > ATTACHMENT_PUT_MAX => {
            return Err(bad("A fragment of an attachment has at most 4 MB."));
        }
        UploadGoal::File { .. } if length >= FILE_PUT_MAX => {
            return Err(refuse(
                413,
                "requestEntityTooLarge",
                "A fragment is below 60 MiB.",
            ));
        }
        UploadGoal::File { .. } if !is_last && !length.is_multiple_of(FILE_STEP) => {
            return Err(bad(
                "A fragment but the last is a multiple of 327,680 bytes.",
            ));
        }
        _ => {}
    }
    take_in(upload, &request.body).map_err(|_| no_space())?;
    if !is_last {
        let status = if matches!(upload.goal, UploadGoal::File { .. }) {
            202
        } else {
            200
        };
        return Ok(json_answer(status, progress(upload)));
    }
    let upload = upload.clone();
    let answer = finish(tenant, &upload);
    if answer.is_ok() {
        tenant.uploads.remove(token);
    } else if let Some(kept) = tenant.uploads.get_mut(token) {
        // The session survives a name clash; its last fragment is asked for again.
        kept.received.truncate(usize::try_from(from).unwrap_or(0));
        let taken_back = kept.large.as_mut().map_or(Ok(()), Arriving::take_back);
        taken_back.map_err(|_| no_space())?;
    }
    answer
}

/// A large file goes to the disk of whoever runs the simulator.
fn take_in(upload: &mut Upload, bytes: &[u8]) -> std::io::Result<()> {
    let is_file = matches!(upload.goal, UploadGoal::File { .. });
    if upload.large.is_none() && is_file && upload.size >= LARGE_BYTES {
        upload.large = Some(Arriving::begin()?);
    }
    if let Some(large) = &mut upload.large {
        return large.take(bytes);
    }
    upload.received.extend_from_slice(bytes);
    Ok(())
}

fn no_space() -> Answer {
    refuse(
        507,
        "insufficientStorage",
        "The disk of the simulator has no room.",
    )
}

fn finish(tenant: &mut Tenant, upload: &Upload) -> Result<Answer, Answer> {
    let user = tenant.user_index(&upload.user).ok_or_else(gone)?;
    match &upload.goal {
        UploadGoal::Attachment {
            message,
            name,
            content_type,
            content_id,
            is_inline,
        } => {
            if attachments::attached(&tenant.users[user], message).is_none() {
                return Err(crate::mail::item_not_found());
            }
            let attachment = Attachment {
                id: tenant.opaque("AAMkAtt"),
                name: name.clone(),
                content_type: content_type.clone(),
                content_id: content_id.clone(),
                is_inline: *is_inline,
                content: upload.received.clone(),
            };
            let id = attachment.id.clone();
            attachments::add(tenant, user, message, attachment);
            let base = &tenant.base;
            let location = format!("{base}/v1.0/messages/{message}/attachments('{id}')");
            Ok(empty(201).with("Location", location))
        }
        UploadGoal::File {
            parent,
            name,
            conflict,
            if_match,
            created,
            modified,
        } => {
            if !tenant.users[user].items.contains_key(parent) {
                return Err(gone());
            }
            let taken = child(&tenant.users[user], parent, name);
            // The session began over one version and ends over another.
            if let (Some(taken), Some(tag)) = (taken, if_match)
                && *tag != taken.e_tag()
            {
                return Err(changed());
            }
            let taken = taken.is_some();
            let name = match (taken, &**conflict) {
                (false, _) | (true, "replace") => name.clone(),
                (true, "rename") => free_name(tenant, user, parent, name),
                _ => return Err(name_taken()),
            };
            let now = tenant.clock.now();
            let dates = (created.unwrap_or(now), modified.unwrap_or(now));
            let id = store(
                tenant,
                user,
                parent,
                &name,
                Some(match &upload.large {
                    Some(large) => large.stored(),
                    None => upload.received.clone().into(),
                }),
                dates,
            );
            let status = if taken && conflict == "replace" {
                200
            } else {
                201
            };
            shown(tenant, user, &id).map(|shown| json_answer(status, shown))
        }
    }
}

/// `name 1.ext`, as OneDrive counts.
fn free_name(tenant: &Tenant, user: usize, parent: &str, name: &str) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let dot = if extension.is_empty() { "" } else { "." };
    (1_u32..10_000)
        .map(|number| format!("{stem} {number}{dot}{extension}"))
        .find(|name| child(&tenant.users[user], parent, name).is_none())
        .unwrap_or_else(|| name.to_owned())
}
