//! Folders in mailboxes and drives: found or made, level by level.

use serde_json::json;

use super::call::{Call, Session};
use super::outlook::folder::{BESIDE, is_beside, name_beside, remember};
use super::sites::drive_of;
use super::{failure, id_of, segment};
use crate::domain::folder::FolderPath;
use crate::targets::{TargetError, TargetId, TargetUser};

/// By well-known id at the top, by name below: display names are localised only at the top.
pub(super) async fn mail(
    session: &Session,
    user: &TargetUser,
    path: &FolderPath,
) -> Result<TargetId, TargetError> {
    let FolderPath::Mail { root, below } = path else {
        return Err(failure::unsendable(
            "GET /users/{id}/mailFolders/{id}",
            "not a mail folder",
        ));
    };
    let operation = "GET /users/{id}/mailFolders/{id}";
    let base = format!("users/{}/mailFolders", segment(&user.id));
    let root = root.graph_name();
    let call = Call::get(operation, format!("{base}/{root}?$select=id"));
    let mut at = id_of(operation, &session.json(call).await?.body)?;
    for name in below {
        let above = at;
        at = match child(session, &base, &above, name).await? {
            Some(id) => id,
            None => make_child(session, &base, &above, name).await?,
        };
        if is_beside(session, &above) {
            remember(session, &at);
        }
    }
    Ok(at)
}

async fn child(
    session: &Session,
    base: &str,
    parent: &TargetId,
    name: &str,
) -> Result<Option<TargetId>, TargetError> {
    let operation = "GET /users/{id}/mailFolders/{id}/childFolders";
    let filter = segment(&format!("displayName eq '{}'", name.replace('\'', "''")));
    let path = format!(
        "{base}/{}/childFolders?$filter={filter}\
         &$select=id,displayName&$top=10&includeHiddenFolders=true",
        segment(&parent.0)
    );
    let answer = session.json(Call::get(operation, path)).await?;
    let has_name = |one: &&serde_json::Value| {
        let found = one["displayName"].as_str().unwrap_or_default();
        found.to_lowercase() == name.to_lowercase()
    };
    let mut listed = answer.body["value"].as_array().into_iter().flatten();
    match listed.find(has_name) {
        Some(found) => id_of(operation, found).map(Some),
        None => Ok(None),
    }
}

async fn make_child(
    session: &Session,
    base: &str,
    parent: &TargetId,
    name: &str,
) -> Result<TargetId, TargetError> {
    let operation = "POST /users/{id}/mailFolders/{id}/childFolders";
    let path = format!("{base}/{}/childFolders", segment(&parent.0));
    let body = json!({"displayName": name, "isHidden": false});
    match session.json(Call::post(operation, path, &body)).await {
        Ok(answer) => id_of(operation, &answer.body),
        // Made in the meantime, by an earlier try whose answer was lost.
        Err(error) if error.status == 409 => match child(session, base, parent, name).await? {
            Some(id) => Ok(id),
            None if name.ends_with(BESIDE) => Err(error),
            None => beside(session, base, parent, name).await,
        },
        Err(error) => Err(error),
    }
}

/// The name is that of a folder which holds no mail: of calendars, contacts, notes. No mail goes into that.
async fn beside(
    session: &Session,
    base: &str,
    parent: &TargetId,
    name: &str,
) -> Result<TargetId, TargetError> {
    let name = name_beside(name);
    let found = match child(session, base, parent, &name).await? {
        Some(id) => id,
        None => Box::pin(make_child(session, base, parent, &name)).await?,
    };
    remember(session, &found);
    Ok(found)
}

/// For folders `replace` gives back the one that is there (graph.md 1.5): the call can be made again.
pub(super) async fn drive(
    session: &Session,
    user: &TargetUser,
    path: &FolderPath,
) -> Result<TargetId, TargetError> {
    let FolderPath::Drive(names) = path else {
        return Err(failure::unsendable(
            "GET /users/{id}/drive/root",
            "not a folder of a drive",
        ));
    };
    let operation = "GET /users/{id}/drive/root";
    let base = drive_of(user);
    let call = Call::get(operation, format!("{base}/root?$select=id"));
    let mut at = id_of(operation, &session.json(call).await?.body)?;
    for name in names {
        let operation = "POST /users/{id}/drive/items/{id}/children";
        let path = format!(
            "{base}/items/{}/children?@microsoft.graph.conflictBehavior=replace",
            segment(&at.0)
        );
        let body = json!({"name": name, "folder": {}});
        let answer = session.json(Call::post(operation, path, &body)).await?;
        at = id_of(operation, &answer.body)?;
    }
    Ok(at)
}
