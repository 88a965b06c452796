//! Files in a user's drive: found by name, written with their dates, downloaded again and hashed.
//! <https://learn.microsoft.com/graph/api/driveitem-createuploadsession>

use std::io::Read;

use base64ct::{Base64, Encoding};
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::call::{Call, Goal, Payload, Session};
use super::download::{self, Portions};
use super::sites::drive_of;
use super::upload::{self, Kind};
use super::{failure, id_of, quick_xor, segment};
use crate::domain::file::{BytesReadBack, FileReadBack, QuickXor};
use crate::domain::item::Digest;
use crate::targets::{FileToWrite, FoundFile, TargetError, TargetId, TargetUser, Written};

pub(super) fn item(user: &TargetUser, id: &TargetId) -> String {
    format!("{}/items/{}", drive_of(user), segment(&id.0))
}

fn named(user: &TargetUser, folder: &TargetId, name: &str) -> String {
    format!("{}:/{}:", item(user, folder), segment(name))
}

pub(super) async fn find(
    session: &Session,
    user: &TargetUser,
    folder: &TargetId,
    name: &str,
) -> Result<Option<FoundFile>, TargetError> {
    let operation = "GET /users/{id}/drive/items/{id}:/{name}:";
    let path = format!("{}?$select=id,size,file,folder", named(user, folder, name));
    match session.json(Call::get(operation, path)).await {
        Ok(answer) if answer.body.get("file").is_some() => Ok(Some(FoundFile {
            id: id_of(operation, &answer.body)?,
            size_bytes: answer.body["size"].as_u64().unwrap_or(0),
            quick_xor: hash_of(&answer.body),
        })),
        // A folder has the name: writing will say so.
        Ok(_) => Ok(None),
        Err(error) if error.status == 404 && error.code == "itemNotFound" => Ok(None),
        Err(error) => Err(error),
    }
}

fn hash_of(item: &Value) -> Option<QuickXor> {
    let text = item["file"]["hashes"]["quickXorHash"].as_str()?;
    Base64::decode_vec(text).ok()?.try_into().ok().map(QuickXor)
}

pub(super) async fn write(
    session: &Session,
    user: &TargetUser,
    folder: &TargetId,
    file: &FileToWrite,
    content: Box<dyn Read + Send>,
) -> Result<(TargetId, Written), TargetError> {
    if file.size_bytes == 0 {
        return write_empty(session, user, folder, file).await;
    }
    let operation = "POST /users/{id}/drive/items/{id}:/{name}:/createUploadSession";
    let mut info = json!({
        "@microsoft.graph.conflictBehavior": "fail",
        "name": file.name,
        "fileSize": file.size_bytes,
    });
    let dates = dates(file);
    if !dates.is_empty() {
        info["fileSystemInfo"] = Value::Object(dates);
    }
    let body = json!({"item": info, "deferCommit": false});
    let path = format!("{}/createUploadSession", named(user, folder, &file.name));
    let (id, request_ids) =
        send(session, Call::post(operation, path, &body), file, content).await?;
    Ok((
        id,
        Written {
            request_ids,
            ..Written::default()
        },
    ))
}

/// Opens the session and sends all of it through.
pub(super) async fn send(
    session: &Session,
    open: Call,
    file: &FileToWrite,
    content: Box<dyn Read + Send>,
) -> Result<(TargetId, Vec<String>), TargetError> {
    let operation = open.operation;
    let answer = session.json(open).await?;
    let url = answer.body["uploadUrl"]
        .as_str()
        .map(|url| SecretString::from(url.to_owned()));
    let url = url.ok_or_else(|| failure::contract(operation, "no uploadUrl"))?;
    let made = match upload::send(session, Kind::File, &url, content, file.size_bytes).await {
        Ok(made) => made,
        Err(error) => {
            if !error.outcome_unknown {
                abandon(session, &url).await;
            }
            return Err(error);
        }
    };
    let id = id_of(operation, &made).map_err(|error| TargetError {
        outcome_unknown: true,
        ..error
    })?;
    Ok((id, answer.request_id.into_iter().collect()))
}

/// A session that will not be finished holds the name for days; if this fails it runs out by itself.
async fn abandon(session: &Session, url: &SecretString) {
    let call = Call {
        operation: "DELETE {file upload session}",
        method: Method::DELETE,
        goal: Goal::PreAuthenticated(url.clone()),
        body: Payload::None,
    };
    let _expires_by_itself = session.json(call).await;
}

/// A session takes no empty file: one PUT, then the dates.
async fn write_empty(
    session: &Session,
    user: &TargetUser,
    folder: &TargetId,
    file: &FileToWrite,
) -> Result<(TargetId, Written), TargetError> {
    let operation = "PUT /users/{id}/drive/items/{id}:/{name}:/content";
    let path = format!(
        "{}/content?@microsoft.graph.conflictBehavior=fail",
        named(user, folder, &file.name)
    );
    let call = Call {
        operation,
        method: Method::PUT,
        goal: Goal::Graph(path),
        body: Payload::Bytes {
            content: Vec::new(),
            range: None,
        },
    };
    let answer = session.json(call).await?;
    let id = id_of(operation, &answer.body)?;
    let mut request_ids: Vec<String> = answer.request_id.into_iter().collect();
    request_ids.extend(set_dates(session, user, &id, file).await?);
    Ok((
        id,
        Written {
            request_ids,
            ..Written::default()
        },
    ))
}

/// The dates of a file that is there; no request where there are none.
pub(super) async fn set_dates(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
    file: &FileToWrite,
) -> Result<Option<String>, TargetError> {
    let dates = dates(file);
    if dates.is_empty() {
        return Ok(None);
    }
    let operation = "PATCH /users/{id}/drive/items/{id}";
    let body = json!({"fileSystemInfo": dates});
    let call = Call::json(operation, Method::PATCH, item(user, id), &body);
    let answer = session.json(call).await.map_err(|error| TargetError {
        // The file is there without its dates.
        outcome_unknown: true,
        ..error
    })?;
    Ok(answer.request_id)
}

pub(super) fn dates(file: &FileToWrite) -> Map<String, Value> {
    let mut dates = Map::new();
    for (name, date) in [
        ("createdDateTime", file.created),
        ("lastModifiedDateTime", file.modified),
    ] {
        if let Some(date) = date {
            let text = date.to_rfc3339_opts(SecondsFormat::Secs, true);
            dates.insert(name.to_owned(), text.into());
        }
    }
    dates
}

pub(super) async fn read(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
) -> Result<FileReadBack, TargetError> {
    let operation = "GET /users/{id}/drive/items/{id}";
    let found = session
        .json(Call::get(operation, item(user, id)))
        .await?
        .body;
    let url = found["@microsoft.graph.downloadUrl"].as_str();
    let url = url.ok_or_else(|| failure::contract(operation, "no download URL"))?;
    let call = download::call(SecretString::from(url.to_owned()));
    let bytes = hashed(session, call).await?;
    let date = |name: &str| -> Option<DateTime<Utc>> {
        let text = found["fileSystemInfo"][name].as_str()?;
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|date| date.with_timezone(&Utc))
    };
    Ok(FileReadBack {
        name: found["name"].as_str().unwrap_or_default().to_owned(),
        size_bytes: bytes.size_bytes,
        digest: bytes.digest,
        quick_xor: bytes.quick_xor,
        service_quick_xor: hash_of(&found),
        created: date("createdDateTime"),
        modified: date("lastModifiedDateTime"),
    })
}

/// Downloads and hashes, in portions.
pub(super) async fn hashed(session: &Session, call: Call) -> Result<BytesReadBack, TargetError> {
    let mut portions = Portions::begin(session, call).await?;
    let (mut sha, mut ring, mut size_bytes) = (Sha256::new(), quick_xor::Hasher::default(), 0_u64);
    while let Some(portion) = portions.next().await? {
        let portion = portion.as_ref();
        sha.update(portion);
        ring.update(portion);
        size_bytes += portion.len() as u64;
    }
    Ok(BytesReadBack {
        size_bytes,
        digest: Digest(sha.finalize().into()),
        quick_xor: ring.finish(),
    })
}

pub(super) async fn delete(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
) -> Result<(), TargetError> {
    let call = Call {
        operation: "DELETE /users/{id}/drive/items/{id}",
        method: Method::DELETE,
        goal: Goal::Graph(item(user, id)),
        body: Payload::None,
    };
    session.json(call).await.map(drop)
}
