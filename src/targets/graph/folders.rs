//! Folders in mailboxes and drives: found or made, level by level.

use serde_json::json;

use super::call::{Call, Session};
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
        at = match child(session, &base, &at, name).await? {
            Some(id) => id,
            None => make_child(session, &base, &at, name).await?,
        };
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
    match answer.body["value"]
        .as_array()
        .and_then(|found| found.first())
    {
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
            None => Err(error),
        },
        Err(error) => Err(error),
    }
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
