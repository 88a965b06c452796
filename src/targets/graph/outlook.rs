//! Events, contacts and tasks: which calls each kind takes; their JSON and their parts are below.

mod contact;
mod event;
pub(super) mod folder;
mod occurrences;
mod recurrence;
mod task;

use reqwest::Method;

use super::call::{Call, Session};
use super::{failure, json, segment};
use crate::domain::folder::FolderPath;
use crate::domain::item::{ItemKey, Workload};
use crate::domain::outlook::OutlookItem;
use crate::targets::{TargetError, TargetId, TargetUser, Written};

/// What the item was known by in the old tenant: iCalendar's and vCard's UID.
const UID_PROPERTY: &str = "String {6d8b6f5a-0d3c-4f6e-9a43-0f6b3b1f7a11} Name UnbrokenOriginalUid";
/// The folder that a mailbox has from the start: Graph reaches its contacts without an id.
const DEFAULT_CONTACTS: &str = "";
/// An event was sent under that transaction before, and is another or is gone.
const DUPLICATE_TRANSACTION: &str = "ErrorDuplicateTransactionId";
/// A key that stands on more items than this is not one of ours.
const COPIES_MAX: usize = 1000;

/// Our key, and the UID where there is one, as extended properties.
fn keyed(key: &ItemKey, uid: &str) -> serde_json::Value {
    let mut properties = vec![serde_json::json!({
        "id": json::KEY_PROPERTY, "value": key.to_string()
    })];
    if !uid.is_empty() {
        properties.push(serde_json::json!({"id": UID_PROPERTY, "value": uid}));
    }
    serde_json::Value::Array(properties)
}

pub(super) async fn folder(
    session: &Session,
    user: &TargetUser,
    path: &FolderPath,
) -> Result<TargetId, TargetError> {
    match path {
        FolderPath::Calendar(name) => folder::calendar(session, user, name.as_deref()).await,
        FolderPath::Contacts(names) => folder::contacts(session, user, names).await,
        FolderPath::Tasks(name) => folder::tasks(session, user, name.as_deref()).await,
        FolderPath::Drive(_)
        | FolderPath::List(_)
        | FolderPath::Mail { .. }
        | FolderPath::Teams(_) => Err(failure::unsendable(
            "GET /users/{id}/calendar",
            "neither a calendar, nor a contact folder, nor a task list",
        )),
    }
}

pub(super) async fn find(
    session: &Session,
    user: &TargetUser,
    workload: Workload,
    folder: &TargetId,
    key: &ItemKey,
) -> Result<Vec<TargetId>, TargetError> {
    let (operation, path) = match workload {
        Workload::Tasks => return task::find(session, user, folder, key).await,
        Workload::Contacts => (
            "GET /users/{id}/contactFolders/{id}/contacts?$filter=key",
            contact::collection(user, folder),
        ),
        _ => (
            "GET /users/{id}/calendars/{id}/events?$filter=key",
            event::collection(user, folder),
        ),
    };
    let filter = segment(&json::filter(key));
    let path = format!("{path}?$filter={filter}&$select=id&$top={COPIES_MAX}");
    let answer = session.json(Call::get(operation, path)).await?;
    let listed = answer.body["value"].as_array();
    let listed = listed.ok_or_else(|| failure::contract(operation, "no list"))?;
    listed
        .iter()
        .map(|one| super::id_of(operation, one))
        .collect()
}

pub(super) async fn create(
    session: &Session,
    user: &TargetUser,
    folder: &TargetId,
    item: &OutlookItem,
    key: &ItemKey,
) -> Result<(TargetId, Written), TargetError> {
    let (operation, path, body) = match item {
        OutlookItem::Contact(contact) => (
            "POST /users/{id}/contactFolders/{id}/contacts",
            contact::collection(user, folder),
            contact::json(contact, key),
        ),
        OutlookItem::Event(event) => (
            "POST /users/{id}/calendars/{id}/events",
            event::collection(user, folder),
            event::json(event, key),
        ),
        OutlookItem::Task(task) => (
            "POST /users/{id}/todo/lists/{id}/tasks",
            task::collection(user, folder),
            task::json(task, key),
        ),
    };
    let answer = session
        .json(Call::post(operation, path.clone(), &body))
        .await;
    let answer = match answer {
        // The event of that transaction is gone, or the service made it late. Whoever tries once more has looked for it before, and
        // looks for a second one afterwards.
        Err(error) if error.code == DUPLICATE_TRANSACTION => {
            let mut body = body;
            body["transactionId"] = serde_json::Value::Null;
            session.json(Call::post(operation, path, &body)).await?
        }
        answer => answer?,
    };
    let id = super::id_of(operation, &answer.body).map_err(|error| TargetError {
        outcome_unknown: true,
        ..error
    })?;
    let written = Written {
        request_ids: answer.request_id.into_iter().collect(),
        ..Written::default()
    };
    Ok((id, written))
}

pub(super) async fn complete(
    session: &Session,
    user: &TargetUser,
    folder: &TargetId,
    id: &TargetId,
    item: &OutlookItem,
) -> Result<Written, TargetError> {
    match item {
        OutlookItem::Contact(contact) => {
            contact::complete(session, user, folder, id, contact).await
        }
        OutlookItem::Event(event) => event::complete(session, user, id, event).await,
        OutlookItem::Task(task) => task::complete(session, user, folder, id, task).await,
    }
}

pub(super) async fn read(
    session: &Session,
    user: &TargetUser,
    workload: Workload,
    folder: &TargetId,
    id: &TargetId,
) -> Result<OutlookItem, TargetError> {
    match workload {
        Workload::Contacts => {
            let contact = contact::read(session, user, folder, id).await?;
            Ok(OutlookItem::Contact(Box::new(contact)))
        }
        Workload::Tasks => {
            let task = task::read(session, user, folder, id).await?;
            Ok(OutlookItem::Task(Box::new(task)))
        }
        _ => {
            let event = event::read(session, user, id).await?;
            Ok(OutlookItem::Event(Box::new(event)))
        }
    }
}

/// For good: what we take back must not linger in the recoverable items of a clean tenant. Tasks know no such call.
pub(super) async fn delete(
    session: &Session,
    user: &TargetUser,
    workload: Workload,
    folder: &TargetId,
    id: &TargetId,
) -> Result<(), TargetError> {
    let id = segment(&id.0);
    let call = match workload {
        Workload::Tasks => Call::bare(
            "DELETE /users/{id}/todo/lists/{id}/tasks/{id}",
            Method::DELETE,
            format!("{}/{id}", task::collection(user, folder)),
        ),
        Workload::Contacts => Call::bare(
            "POST /users/{id}/contacts/{id}/permanentDelete",
            Method::POST,
            format!("{}/{id}/permanentDelete", contact::collection(user, folder)),
        ),
        _ => Call::bare(
            "POST /users/{id}/events/{id}/permanentDelete",
            Method::POST,
            format!("users/{}/events/{id}/permanentDelete", segment(&user.id)),
        ),
    };
    session.json(call).await.map(drop)
}

#[cfg(test)]
mod tests;
