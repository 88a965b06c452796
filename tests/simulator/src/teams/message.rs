//! Messages: imported while a thread is migrated into, one in a millisecond; read back by anybody who may.
//! <https://learn.microsoft.com/graph/api/channel-post-messages>

use base64ct::{Base64, Encoding};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::thread::{Message, Thread};
use super::{bad, method, millis, time};
use crate::answer::{Answer, bytes, json_answer, page, refuse};
use crate::request::Request;
use crate::tenant::Tenant;

const READ: [&str; 4] = [
    "ChannelMessage.Read.All",
    "Chat.Read.All",
    "Chat.ReadWrite.All",
    "Group.Read.All",
];
const KNOWN: [&str; 8] = [
    "attachments",
    "body",
    "createdDateTime",
    "from",
    "hostedContents",
    "importance",
    "mentions",
    "subject",
];
/// A message and what is hosted in it: <https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/15334>
const REQUEST_BYTES_MAX: usize = 4 << 20;
/// About 28 KB, with what belongs to it.
const BODY_BYTES_MAX: usize = 28 << 10;

/// Where a thread lies.
pub(super) enum Place<'a> {
    Channel { team: &'a str, channel: &'a str },
    Chat { chat: &'a str },
}

impl Place<'_> {
    fn url(&self, base: &str) -> String {
        match self {
            Self::Channel { team, channel } => {
                format!("{base}/v1.0/teams/{team}/channels/{channel}/messages")
            }
            Self::Chat { chat } => format!("{base}/v1.0/chats/{chat}/messages"),
        }
    }
}

fn not_found() -> Answer {
    refuse(404, "NotFound", "The message was not found.")
}

pub(super) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    place: &Place<'_>,
    thread: &mut Thread,
    rest: &[&str],
) -> Result<Answer, Answer> {
    if request.method == "GET" {
        request.needs(&READ)?;
        return look(tenant, request, thread, rest);
    }
    if request.method != "POST" {
        return Err(method());
    }
    if request.body.len() > REQUEST_BYTES_MAX {
        return Err(refuse(
            413,
            "RequestEntityTooLarge",
            "While posting the maximum size is 4 MBs.",
        ));
    }
    match (place, rest) {
        (_, []) => import(tenant, request, place, thread, None),
        (Place::Channel { .. }, [parent, "replies"]) => {
            let parent = number(parent)?;
            // A reply stands below a message, never below another reply.
            let above = thread.messages.get(&parent).ok_or_else(not_found)?;
            if above.reply_to.is_some() {
                return Err(bad("A reply cannot be replied to."));
            }
            import(tenant, request, place, thread, Some(parent))
        }
        _ => Err(method()),
    }
}

fn number(id: &str) -> Result<i64, Answer> {
    id.parse().map_err(|_| not_found())
}

fn look(
    tenant: &Tenant,
    request: &Request,
    thread: &Thread,
    rest: &[&str],
) -> Result<Answer, Answer> {
    let number_of = |name: &str| request.query.get(name).and_then(|text| text.parse().ok());
    let from: usize = number_of("$skiptoken").unwrap_or(0);
    // Only what is shown is written out: a thread may hold very much.
    let listed = |reply_to: Option<i64>| {
        let of = thread.messages.values().rev();
        let of = of.filter(|one| one.reply_to == reply_to).enumerate();
        of.map(|(place, one)| {
            if (from..from + 50).contains(&place) {
                Value::Object(one.json.clone())
            } else {
                Value::Null
            }
        })
        .collect()
    };
    let one = |id: &str, parent: Option<&str>| {
        let found = thread.messages.get(&number(id)?);
        let parent = parent.map(number).transpose()?;
        let found = found.filter(|one| one.reply_to == parent);
        found.ok_or_else(not_found)
    };
    match rest {
        [] => {
            if request
                .query
                .get("$top")
                .is_some_and(|top| top.parse().unwrap_or(51) > 50)
            {
                return Err(bad("$top is at most 50."));
            }
            page(listed(None), request, &tenant.base, 20)
        }
        [id] => Ok(json_answer(200, Value::Object(one(id, None)?.json.clone()))),
        [id, "replies"] => page(listed(Some(number(id)?)), request, &tenant.base, 20),
        [id, "replies", reply] => {
            let found = one(reply, Some(id))?;
            Ok(json_answer(200, Value::Object(found.json.clone())))
        }
        [id, "hostedContents", rest @ ..] => hosted(tenant, request, one(id, None)?, rest),
        [id, "replies", reply, "hostedContents", rest @ ..] => {
            hosted(tenant, request, one(reply, Some(id))?, rest)
        }
        _ => Err(method()),
    }
}

fn hosted(
    tenant: &Tenant,
    request: &Request,
    message: &Message,
    rest: &[&str],
) -> Result<Answer, Answer> {
    match rest {
        [] => {
            let all = message.hosted.iter();
            let all =
                all.map(|(id, ..)| json!({"id": id, "contentBytes": null, "contentType": null}));
            page(all.collect(), request, &tenant.base, 100)
        }
        [id, "$value"] => {
            let found = message.hosted.iter().find(|(known, ..)| known == id);
            let (_, kind, content) = found.ok_or_else(not_found)?;
            let kind = if kind == "image/png" {
                "image/png"
            } else {
                "application/octet-stream"
            };
            Ok(bytes(kind, content.clone()))
        }
        _ => Err(method()),
    }
}

fn import(
    tenant: &mut Tenant,
    request: &Request,
    place: &Place<'_>,
    thread: &mut Thread,
    reply_to: Option<i64>,
) -> Result<Answer, Answer> {
    let body = request.json()?;
    if let Some(key) = body.keys().find(|key| !KNOWN.contains(&&***key)) {
        return Err(bad(&format!("The property '{key}' does not exist.")));
    }
    if !thread.is_migrating() {
        return Err(refuse(
            403,
            "Forbidden",
            "Message POST is allowed in application-only context only for import purposes.",
        ));
    }
    request.needs(&["Teamwork.Migrate.All"])?;
    thread.check_app(request)?;
    let created = body.get("createdDateTime").and_then(time);
    let created = created.ok_or_else(|| bad("createdDateTime is required in migration mode."))?;
    check_time(thread, created, tenant.clock.now())?;
    let from = author(tenant, &body)?;
    let (kind, mut content) = content(&body)?;
    let ms = created.timestamp_millis();
    if thread.messages.contains_key(&ms) {
        return Err(refuse(
            409,
            "Conflict",
            "A message with that createdDateTime exists in the thread.",
        ));
    }
    let above = reply_to.map_or(String::new(), |parent| format!("/{parent}/replies"));
    let url = format!("{}{above}/{ms}/hostedContents", place.url(&tenant.base));
    let hosted = take_hosted(tenant, &body, &url, &mut content)?;
    let mut json = message_json(created, reply_to, &from, &body);
    json["body"] = json!({"contentType": kind, "content": content});
    match place {
        Place::Channel { team, channel } => {
            json["channelIdentity"] = json!({"teamId": team, "channelId": channel});
        }
        Place::Chat { chat } => json["chatId"] = (*chat).into(),
    }
    let Value::Object(json) = json else {
        return Err(method());
    };
    let answer = json_answer(201, Value::Object(json.clone()));
    let message = Message {
        json,
        reply_to,
        hosted,
    };
    thread.messages.insert(ms, message);
    thread.imported += 1;
    Ok(answer)
}

fn message_json(
    created: DateTime<Utc>,
    reply_to: Option<i64>,
    from: &Value,
    body: &Map<String, Value>,
) -> Value {
    let id = created.timestamp_millis().to_string();
    json!({
        "id": id,
        "replyToId": reply_to.map(|parent| parent.to_string()),
        "etag": id,
        "messageType": "message",
        "createdDateTime": millis(created),
        "lastModifiedDateTime": null,
        "deletedDateTime": null,
        "subject": body.get("subject").cloned().unwrap_or(Value::Null),
        "summary": null,
        "importance": body.get("importance").cloned().unwrap_or_else(|| "normal".into()),
        "locale": "en-us",
        "policyViolation": null,
        "from": from,
        "attachments": body.get("attachments").cloned().unwrap_or_else(|| json!([])),
        "mentions": body.get("mentions").cloned().unwrap_or_else(|| json!([])),
        "reactions": [],
    })
}

fn check_time(thread: &Thread, created: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Answer> {
    if created > now {
        return Err(bad("createdDateTime is in the future."));
    }
    if created <= thread.created {
        return Err(bad("createdDateTime is later than the thread's."));
    }
    Ok(())
}

/// The author is a user of this tenant.
fn author(tenant: &Tenant, body: &Map<String, Value>) -> Result<Value, Answer> {
    let user = &body.get("from").ok_or_else(|| bad("from is required."))?["user"];
    let known = tenant
        .users
        .iter()
        .find(|known| known.site.is_none() && user["id"].as_str() == Some(&*known.id));
    let known = known.ok_or_else(|| bad("The author was not found in the tenant."))?;
    Ok(json!({
        "application": null,
        "device": null,
        "user": {
            "@odata.type": "#microsoft.graph.teamworkUserIdentity",
            "id": known.id,
            "displayName": known.display_name,
            "userIdentityType": "aadUser",
        },
    }))
}

fn content(body: &Map<String, Value>) -> Result<(&str, String), Answer> {
    let given = body.get("body").ok_or_else(|| bad("body is required."))?;
    let content = given["content"]
        .as_str()
        .ok_or_else(|| bad("content is required."))?;
    let kind = match given["contentType"].as_str() {
        None | Some("text") => "text",
        Some("html") => "html",
        Some(_) => return Err(bad("contentType is text or html.")),
    };
    if content.len() > BODY_BYTES_MAX {
        return Err(refuse(
            413,
            "RequestEntityTooLarge",
            "The message is too large.",
        ));
    }
    Ok((kind, content.to_owned()))
}

/// Inline images: the temporary names in the text give way to where the service keeps them.
fn take_hosted(
    tenant: &mut Tenant,
    body: &Map<String, Value>,
    url: &str,
    content: &mut String,
) -> Result<Vec<(String, String, Vec<u8>)>, Answer> {
    let given = body
        .get("hostedContents")
        .and_then(Value::as_array)
        .cloned();
    let mut kept = Vec::new();
    for one in given.unwrap_or_default() {
        let temporary = one["@microsoft.graph.temporaryId"].as_str();
        let temporary = temporary.ok_or_else(|| bad("temporaryId is required."))?;
        let bytes = one["contentBytes"].as_str().unwrap_or_default();
        let bytes = Base64::decode_vec(bytes).map_err(|_| bad("contentBytes is no base64."))?;
        let kind = one["contentType"].as_str().unwrap_or_default();
        if !kind.starts_with("image/") {
            return Err(bad("Only images can be hosted."));
        }
        let name = format!("../hostedContents/{temporary}/$value");
        if !content.contains(&name) {
            return Err(bad("The hosted content is not in the text."));
        }
        let id = tenant.opaque("aWQ9");
        *content = content.replace(&name, &format!("{url}/{id}/$value"));
        kept.push((id, kind.to_owned(), bytes));
    }
    Ok(kept)
}
