//! Calendars, contact folders and task lists: found by name or made. None of these has a filter by name that we would rely on.

use serde_json::{Value, json};

use super::super::call::{Call, Session};
use super::super::{failure, id_of, segment};
use super::DEFAULT_CONTACTS;
use crate::targets::{TargetError, TargetId, TargetUser};

/// More than any mailbox has; a list that goes on for ever is not followed.
const PAGES_MAX: usize = 100;
const PAGE: usize = 100;

/// What a list's call is, and what in it says the name.
struct Shelf {
    list: &'static str,
    make: &'static str,
    name: &'static str,
}

const CALENDARS: Shelf = Shelf {
    list: "GET /users/{id}/calendars",
    make: "POST /users/{id}/calendars",
    name: "name",
};
const CONTACT_FOLDERS: Shelf = Shelf {
    list: "GET /users/{id}/contactFolders",
    make: "POST /users/{id}/contactFolders",
    name: "displayName",
};
const TASK_LISTS: Shelf = Shelf {
    list: "GET /users/{id}/todo/lists",
    make: "POST /users/{id}/todo/lists",
    name: "displayName",
};

pub(super) async fn calendar(
    session: &Session,
    user: &TargetUser,
    name: Option<&str>,
) -> Result<TargetId, TargetError> {
    let base = format!("users/{}", segment(&user.id));
    let Some(name) = name else {
        let operation = "GET /users/{id}/calendar";
        let call = Call::get(operation, format!("{base}/calendar?$select=id"));
        return id_of(operation, &session.json(call).await?.body);
    };
    find_or_make(session, &CALENDARS, &format!("{base}/calendars"), name).await
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
        at = find_or_make(session, &CONTACT_FOLDERS, &path, name).await?;
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
    find_or_make(session, &TASK_LISTS, &path, name).await
}

async fn find_or_make(
    session: &Session,
    shelf: &Shelf,
    path: &str,
    name: &str,
) -> Result<TargetId, TargetError> {
    // Exchange compares names without regard to case.
    let is_it = |one: &Value| {
        one[shelf.name]
            .as_str()
            .is_some_and(|found| found.to_lowercase() == name.to_lowercase())
    };
    if let Some(id) = find(session, shelf, path, is_it).await? {
        return Ok(id);
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
