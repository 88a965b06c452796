//! Messages: imported with author and time, found by their time, read back with their images.
//! <https://learn.microsoft.com/graph/api/channel-post-messages>

use base64ct::{Base64, Encoding};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::next_of;
use crate::domain::teams::{Hosted, Post};
use crate::targets::graph::call::{Call, Session};
use crate::targets::graph::{failure, id_of, segment};
use crate::targets::teams::{FoundPost, PostPlace};
use crate::targets::{TargetError, TargetId, Written};

/// Pages of 50 that are looked through where messages are not named by their time.
const PAGES_MAX: usize = 400;

fn base(place: &PostPlace) -> String {
    let conversation = &place.conversation.0;
    match &place.parent {
        None => format!("{conversation}/messages"),
        Some(parent) => format!("{conversation}/messages/{}/replies", segment(&parent.0)),
    }
}

/// The call by its template, with what follows.
fn operation(
    place: &PostPlace,
    of_channel: [&'static str; 2],
    of_chat: &'static str,
) -> &'static str {
    match (&place.parent, place.conversation.0.starts_with("chats/")) {
        (_, true) => of_chat,
        (None, false) => of_channel[0],
        (Some(_), false) => of_channel[1],
    }
}

pub(in crate::targets::graph) async fn import(
    session: &Session,
    place: &PostPlace,
    post: &Post,
) -> Result<(TargetId, Written), TargetError> {
    let operation = operation(
        place,
        [
            "POST /teams/{id}/channels/{id}/messages",
            "POST /teams/{id}/channels/{id}/messages/{id}/replies",
        ],
        "POST /chats/{id}/messages",
    );
    let mut user = json!({
        "@odata.type": "#microsoft.graph.teamworkUserIdentity",
        "id": post.author,
        "userIdentityType": "aadUser",
    });
    if !post.author_name.is_empty() {
        user["displayName"] = post.author_name.clone().into();
    }
    let kind = if post.is_html { "html" } else { "text" };
    let mut body = json!({
        "createdDateTime": post.at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "from": {"user": user},
        "body": {"contentType": kind, "content": post.content},
    });
    if !post.subject.is_empty() {
        body["subject"] = post.subject.clone().into();
    }
    if !post.importance.is_empty() {
        body["importance"] = post.importance.clone().into();
    }
    if !post.hosted.is_empty() {
        let hosted = post.hosted.iter().map(|one| {
            json!({
                "@microsoft.graph.temporaryId": one.id,
                "contentBytes": Base64::encode_string(&one.content),
                "contentType": one.content_type,
            })
        });
        body["hostedContents"] = hosted.collect();
    }
    let answer = session
        .json(Call::post(operation, base(place), &body))
        .await?;
    let id = id_of(operation, &answer.body).map_err(|error| TargetError {
        outcome_unknown: true,
        ..error
    })?;
    let written = Written {
        request_ids: answer.request_id.into_iter().collect(),
        ..Written::default()
    };
    Ok((id, written))
}

/// The message of that millisecond. Messages are named by their time; where they are not, the list is looked through.
pub(in crate::targets::graph) async fn find(
    session: &Session,
    place: &PostPlace,
    at: DateTime<Utc>,
) -> Result<Option<FoundPost>, TargetError> {
    let id = TargetId(at.timestamp_millis().to_string());
    match read(session, place, &id).await {
        Ok(post) if post.at == at => return Ok(Some(FoundPost { id, post })),
        Ok(_) => {}
        Err(error) if error.status == 404 => {}
        Err(error) => return Err(error),
    }
    let operation = operation(
        place,
        [
            "GET /teams/{id}/channels/{id}/messages",
            "GET /teams/{id}/channels/{id}/messages/{id}/replies",
        ],
        "GET /chats/{id}/messages",
    );
    let mut next = Some(format!("{}?$top=50", base(place)));
    for _ in 0..PAGES_MAX {
        let Some(path) = next.take() else {
            return Ok(None);
        };
        let answer = match session.json(Call::get(operation, path)).await {
            Ok(answer) => answer,
            Err(error) if error.status == 404 => return Ok(None),
            Err(error) => return Err(error),
        };
        next = next_of(session, operation, &answer)?;
        let rows = answer.body["value"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let mut all_by_time = !rows.is_empty();
        for row in rows {
            let id = id_of(operation, row)?;
            let created = time(row);
            all_by_time &= created.is_some_and(|ms| ms.timestamp_millis().to_string() == id.0);
            if created == Some(at) {
                let post = read(session, place, &id).await?;
                return Ok(Some(FoundPost { id, post }));
            }
        }
        if all_by_time {
            // Every message here is named by its time, and none has this name.
            return Ok(None);
        }
    }
    Err(failure::contract(operation, "a list without an end"))
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(value["createdDateTime"].as_str()?).ok()?;
    DateTime::from_timestamp_millis(time.timestamp_millis())
}

pub(in crate::targets::graph) async fn read(
    session: &Session,
    place: &PostPlace,
    id: &TargetId,
) -> Result<Post, TargetError> {
    let operation = operation(
        place,
        [
            "GET /teams/{id}/channels/{id}/messages/{id}",
            "GET /teams/{id}/channels/{id}/messages/{id}/replies/{id}",
        ],
        "GET /chats/{id}/messages/{id}",
    );
    let path = format!("{}/{}", base(place), segment(&id.0));
    let found = session.json(Call::get(operation, path.clone())).await?.body;
    let at = time(&found);
    let at = at.ok_or_else(|| failure::contract(operation, "a message without a time"))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let content = text(&found["body"]["content"]);
    let hosted = if content.contains("/hostedContents/") {
        hosted(session, &path).await?
    } else {
        Vec::new()
    };
    let importance = text(&found["importance"]);
    Ok(Post {
        at,
        author: text(&found["from"]["user"]["id"]),
        author_name: text(&found["from"]["user"]["displayName"]),
        subject: text(&found["subject"]),
        importance: if importance == "normal" {
            String::new()
        } else {
            importance
        },
        is_html: found["body"]["contentType"] == "html",
        content,
        hosted,
    })
}

async fn hosted(session: &Session, message: &str) -> Result<Vec<Hosted>, TargetError> {
    let operation = "GET /…/messages/{id}/hostedContents";
    let listed = super::all(session, operation, format!("{message}/hostedContents")).await?;
    let mut all = Vec::new();
    for one in listed {
        let id = id_of(operation, &one)?;
        let path = format!("{message}/hostedContents/{}/$value", segment(&id.0));
        let content = session
            .bytes(Call::get("GET /…/hostedContents/{id}/$value", path))
            .await?;
        all.push(Hosted {
            id: id.0,
            content_type: one["contentType"].as_str().unwrap_or_default().to_owned(),
            content,
        });
    }
    Ok(all)
}
