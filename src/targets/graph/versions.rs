//! Versions of a file: listed, written one over the other, downloaded again. Graph has no call that makes an older version:
//! each upload to the same item makes the next one, dated now and written by us (graph.md 1.5).
//! <https://learn.microsoft.com/graph/api/driveitem-list-versions>

use std::io::Read;

use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::call::{Call, Goal, Payload, Session};
use super::download::{self, Portions};
use super::drive::{dates, hashed, item, send, set_dates};
use super::{failure, segment};
use crate::domain::file::BytesReadBack;
use crate::targets::{
    FileToWrite, FoundHistory, FoundVersion, TargetError, TargetId, TargetUser, Written,
};

/// SharePoint keeps at most 50,000 versions; a page has 200 or more.
const PAGES_MAX: usize = 300;

/// The file over which a version is written.
#[derive(Clone, Copy)]
pub(super) struct Over<'a> {
    pub(super) user: &'a TargetUser,
    pub(super) id: &'a TargetId,
    pub(super) e_tag: &'a str,
}

pub(super) async fn list(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
) -> Result<FoundHistory, TargetError> {
    // The tag first: whatever is written after it makes the next write fail.
    let operation = "GET /users/{id}/drive/items/{id}";
    let path = format!("{}?$select=id,eTag", item(user, id));
    let found = session.json(Call::get(operation, path)).await?.body;
    let e_tag = found["eTag"].as_str().map(str::to_owned);
    let e_tag = e_tag.ok_or_else(|| failure::contract(operation, "a file without an eTag"))?;
    let operation = "GET /users/{id}/drive/items/{id}/versions";
    let mut versions = Vec::new();
    let mut path = format!("{}/versions?$select=id,size", item(user, id));
    for _ in 0..PAGES_MAX {
        let page = session.json(Call::get(operation, path)).await?.body;
        let values = page["value"].as_array();
        let values = values.ok_or_else(|| failure::contract(operation, "no list of versions"))?;
        for value in values {
            versions.push(version(operation, value)?);
        }
        let Some(next) = page["@odata.nextLink"].as_str() else {
            return Ok(FoundHistory {
                e_tag,
                versions: oldest_first(versions),
            });
        };
        let next = next.strip_prefix(&session.base);
        path = next
            .map(|path| path.trim_start_matches('/').to_owned())
            .ok_or_else(|| failure::contract(operation, "the next page lies elsewhere"))?;
    }
    Err(failure::contract(operation, "more versions than there are"))
}

fn version(operation: &'static str, value: &Value) -> Result<FoundVersion, TargetError> {
    match (value["id"].as_str(), value["size"].as_u64()) {
        (Some(id), Some(size_bytes)) => Ok(FoundVersion {
            id: id.to_owned(),
            size_bytes,
        }),
        _ => Err(failure::contract(operation, "a version without id or size")),
    }
}

/// The service lists the newest first; where the ids are numbers, those decide.
fn oldest_first(mut versions: Vec<FoundVersion>) -> Vec<FoundVersion> {
    versions.reverse();
    let number = |version: &FoundVersion| -> Option<(u32, u32)> {
        let (major, minor) = version.id.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    if versions.iter().all(|version| number(version).is_some()) {
        versions.sort_by_key(number);
    }
    versions
}

pub(super) async fn write(
    session: &Session,
    over: Over<'_>,
    file: &FileToWrite,
    content: Box<dyn Read + Send>,
) -> Result<Written, TargetError> {
    let Over { user, id, e_tag } = over;
    let goal = |path: String| Goal::GraphIfMatch {
        path,
        e_tag: e_tag.to_owned(),
    };
    if file.size_bytes == 0 {
        let call = Call {
            operation: "PUT /users/{id}/drive/items/{id}/content",
            method: Method::PUT,
            goal: goal(format!("{}/content", item(user, id))),
            body: Payload::Bytes {
                content: Vec::new(),
                range: None,
            },
        };
        let mut request_ids: Vec<String> =
            session.json(call).await?.request_id.into_iter().collect();
        request_ids.extend(set_dates(session, user, id, file).await?);
        return Ok(Written {
            request_ids,
            ..Written::default()
        });
    }
    let mut info = json!({
        "@microsoft.graph.conflictBehavior": "replace",
        "fileSize": file.size_bytes,
    });
    let dates = dates(file);
    if !dates.is_empty() {
        info["fileSystemInfo"] = Value::Object(dates);
    }
    let body = json!({"item": info, "deferCommit": false});
    let open = Call {
        operation: "POST /users/{id}/drive/items/{id}/createUploadSession",
        method: Method::POST,
        goal: goal(format!("{}/createUploadSession", item(user, id))),
        body: Payload::Json(body.to_string().into_bytes()),
    };
    let (_, request_ids) = send(session, open, file, content).await?;
    Ok(Written {
        request_ids,
        ..Written::default()
    })
}

pub(super) async fn read(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
    version: &str,
) -> Result<BytesReadBack, TargetError> {
    let url = location(session, user, id, Some(version)).await?;
    hashed(session, download::call(url)).await
}

pub(super) async fn content(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
    version: Option<&str>,
    most: u64,
) -> Result<Option<Vec<u8>>, TargetError> {
    let call = download::call(location(session, user, id, version).await?);
    let mut portions = Portions::begin(session, call).await?;
    let mut bytes = Vec::new();
    while let Some(portion) = portions.next().await? {
        let portion = portion.as_ref();
        if (bytes.len() + portion.len()) as u64 > most {
            return Ok(None);
        }
        bytes.extend_from_slice(portion);
    }
    Ok(Some(bytes))
}

/// The current version is had from the item: SharePoint refuses it among the versions.
async fn location(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
    version: Option<&str>,
) -> Result<SecretString, TargetError> {
    let item = item(user, id);
    let call = match version {
        Some(version) => Call::get(
            "GET /users/{id}/drive/items/{id}/versions/{id}/content",
            format!("{item}/versions/{}/content", segment(version)),
        ),
        None => Call::get(
            "GET /users/{id}/drive/items/{id}/content",
            format!("{item}/content"),
        ),
    };
    session.location(call).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_put_in_the_order_in_which_they_were_written() {
        let ids = |listed: &[&str]| -> Vec<String> {
            let listed = listed.iter().map(|id| FoundVersion {
                id: (*id).to_owned(),
                size_bytes: 1,
            });
            let sorted = oldest_first(listed.collect());
            sorted.into_iter().map(|version| version.id).collect()
        };
        assert_eq!(ids(&["10.0", "9.0", "2.0"]), ["2.0", "9.0", "10.0"]);
        assert_eq!(ids(&["b", "a"]), ["a", "b"], "the newest is listed first");
    }
}
