//! Calendars, contact folders and task lists: found by name or made. None of these has a filter by name that we would rely on. What
//! somebody else shared, or Exchange keeps by itself, is never written into, whatever its name: a folder stands beside it.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::super::call::{Call, Session};
use super::super::{failure, id_of, segment};
use super::DEFAULT_CONTACTS;
use crate::targets::{TargetError, TargetId, TargetUser};

/// More than any mailbox has; a list that goes on for ever is not followed.
const PAGES_MAX: usize = 100;
const PAGE: usize = 100;

/// What a list's call is, what in it says the name, and which of it is the mailbox's own.
struct Shelf {
    list: &'static str,
    make: &'static str,
    name: &'static str,
    is_own: fn(&Value, &Value) -> bool,
}

const CALENDARS: Shelf = Shelf {
    list: "GET /users/{id}/calendars",
    make: "POST /users/{id}/calendars",
    name: "name",
    // "For a calendar shared with the user, the owner property is set to the person who shared that calendar."
    is_own: |one, default| {
        one["canEdit"] != false && one["owner"]["address"] == default["owner"]["address"]
    },
};
const CONTACT_FOLDERS: Shelf = Shelf {
    list: "GET /users/{id}/contactFolders",
    make: "POST /users/{id}/contactFolders",
    name: "displayName",
    // Those of others are in no list.
    is_own: |_, _| true,
};
const TASK_LISTS: Shelf = Shelf {
    list: "GET /users/{id}/todo/lists",
    make: "POST /users/{id}/todo/lists",
    name: "displayName",
    is_own: |one, _| {
        one["isOwner"] != false
            && one["isShared"] != true
            && one["wellknownListName"] != "flaggedEmails"
    },
};

pub(super) async fn calendar(
    session: &Session,
    user: &TargetUser,
    name: Option<&str>,
) -> Result<TargetId, TargetError> {
    let base = format!("users/{}", segment(&user.id));
    let operation = "GET /users/{id}/calendar";
    let call = Call::get(operation, format!("{base}/calendar?$select=id,owner"));
    let default = session.json(call).await?.body;
    let Some(name) = name else {
        return id_of(operation, &default);
    };
    let path = format!("{base}/calendars");
    find_or_make(session, &CALENDARS, &path, name, &default).await
}

pub(super) async fn contacts(
    session: &Session,
    user: &TargetUser,
    names: &[String],
) -> Result<TargetId, TargetError> {
    let base = format!("users/{}/contactFolders", segment(&user.id));
    let mut at = TargetId(DEFAULT_CONTACTS.to_owned());
    for name in names {
        let path = if at.0 == DEFAULT_CONTACTS {
            base.clone()
        } else {
            format!("{base}/{}/childFolders", segment(&at.0))
        };
        at = find_or_make(session, &CONTACT_FOLDERS, &path, name, &Value::Null).await?;
    }
    Ok(at)
}

pub(super) async fn tasks(
    session: &Session,
    user: &TargetUser,
    name: Option<&str>,
) -> Result<TargetId, TargetError> {
    let path = format!("users/{}/todo/lists", segment(&user.id));
    let Some(name) = name else {
        let is_default = |list: &Value| list["wellknownListName"] == "defaultList";
        let found = find(session, &TASK_LISTS, &path, is_default).await?;
        return found.ok_or_else(|| failure::contract(TASK_LISTS.list, "no default list"));
    };
    find_or_make(session, &TASK_LISTS, &path, name, &Value::Null).await
}

async fn find_or_make(
    session: &Session,
    shelf: &Shelf,
    path: &str,
    name: &str,
    default: &Value,
) -> Result<TargetId, TargetError> {
    // Exchange compares names without regard to case.
    let has_name = |one: &Value| {
        one[shelf.name]
            .as_str()
            .is_some_and(|found| found.to_lowercase() == name.to_lowercase())
    };
    let is_taken = AtomicBool::new(false);
    let is_it = |one: &Value| {
        let is_own = (shelf.is_own)(one, default);
        is_taken.fetch_or(has_name(one) && !is_own, Ordering::Relaxed);
        has_name(one) && is_own
    };
    if let Some(id) = find(session, shelf, path, is_it).await? {
        return Ok(id);
    }
    if is_taken.load(Ordering::Relaxed) && !name.ends_with(BESIDE) {
        let beside = name_beside(name);
        let made = Box::pin(find_or_make(session, shelf, path, &beside, default)).await?;
        remember(session, &made);
        return Ok(made);
    }
    let body = json!({shelf.name: name});
    match session
        .json(Call::post(shelf.make, path.to_owned(), &body))
        .await
    {
        Ok(answer) => id_of(shelf.make, &answer.body),
        // Made in the meantime, by an earlier try whose answer was lost.
        Err(error) if error.status == 409 => find(session, shelf, path, is_it).await?.ok_or(error),
        Err(error) => Err(error),
    }
}

/// What stands behind the name of a folder whose own name belongs to another.
pub(in super::super) const BESIDE: &str = " (restored)";

/// The name of a folder that stands beside another.
pub(in super::super) fn name_beside(name: &str) -> String {
    format!("{name}{BESIDE}")
}

/// So that each item that goes into it says so.
pub(in super::super) fn remember(session: &Session, folder: &TargetId) {
    let mut beside = session
        .beside
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    beside.insert(folder.clone());
}

async fn find(
    session: &Session,
    shelf: &Shelf,
    path: &str,
    is_it: impl Fn(&Value) -> bool,
) -> Result<Option<TargetId>, TargetError> {
    for page in 0..PAGES_MAX {
        let path = format!("{path}?$top={PAGE}&$skip={}", page * PAGE);
        let answer = session.json(Call::get(shelf.list, path)).await?;
        let listed = answer.body["value"].as_array();
        let listed = listed.ok_or_else(|| failure::contract(shelf.list, "no list"))?;
        if let Some(found) = listed.iter().find(|one| is_it(one)) {
            return id_of(shelf.list, found).map(Some);
        }
        if answer.body.get("@odata.nextLink").is_none() || listed.is_empty() {
            return Ok(None);
        }
    }
    Err(failure::contract(shelf.list, "the list does not end"))
}

/// Whether it, or what it lies in, stands beside another of its name.
pub(in super::super) fn is_beside(session: &Session, folder: &TargetId) -> bool {
    let beside = session
        .beside
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    beside.contains(folder)
}
