//! Lists of a site: found by name or made, and given every column that is missing. A column that is there is never changed.
//! <https://learn.microsoft.com/graph/api/list-create>

use reqwest::Method;
use serde_json::{Value, json};

use super::super::call::{Call, Session};
use super::super::{failure, id_of, segment};
use super::fields;
use super::path_of;
use crate::domain::site_list::{Column, ColumnKind, SiteList};
use crate::targets::{TargetError, TargetId, TargetUser};

const LISTS: &str = "GET /sites/{id}/lists";
const MAKE: &str = "POST /sites/{id}/lists";
const COLUMNS: &str = "GET /sites/{id}/lists/{id}/columns";
const ADD: &str = "POST /sites/{id}/lists/{id}/columns";
/// A list that does not end is no list.
const PAGES_MAX: usize = 1_000;

/// The path of a list, below which its columns and items stand.
pub(super) fn path(site: &TargetUser, list: &TargetId) -> Result<String, TargetError> {
    let site = path_of(site).ok_or_else(|| failure::unsendable(LISTS, "only a site has lists"))?;
    Ok(format!("{site}/lists/{}", segment(&list.0)))
}

/// The list of that name; a library is not one.
pub(in super::super) async fn named(
    session: &Session,
    site: &TargetUser,
    name: &str,
) -> Result<Option<TargetId>, TargetError> {
    let site = path_of(site).ok_or_else(|| failure::unsendable(LISTS, "only a site has lists"))?;
    let path = format!("{site}/lists?$select=id,displayName,list&$top=200");
    let all = pages(session, LISTS, path).await?;
    // SharePoint compares titles without regard to case.
    let is_it = |list: &&Value| {
        let shown = list["displayName"].as_str().unwrap_or_default();
        shown.to_lowercase() == name.to_lowercase()
    };
    let Some(found) = all.iter().find(is_it) else {
        return Ok(None);
    };
    let template = found["list"]["template"].as_str().unwrap_or_default();
    if template.to_lowercase().contains("library") {
        return Err(failure::unsendable(
            LISTS,
            "a library has the name of the list",
        ));
    }
    id_of(LISTS, found).map(Some)
}

/// Finds or makes the list with all of its columns and ours.
pub(in super::super) async fn ensure(
    session: &Session,
    site: &TargetUser,
    list: &SiteList,
) -> Result<TargetId, TargetError> {
    let id = find_or_make(session, site, &list.name).await?;
    describe(session, site, &id, &list.description).await?;
    let columns_path = format!("{}/columns", path(site, &id)?);
    let there = columns(session, &columns_path).await?;
    for column in fields::all_columns(list) {
        if let Some(known) = there.iter().find(|known| known["name"] == *column.name) {
            if !fields::is_of_kind(&column, known) {
                let rule = "a column of the list has that name and holds something else";
                return Err(failure::unsendable(ADD, rule));
            }
            continue;
        }
        let of = looked_up(session, site, &column).await?;
        let body = fields::column(&column, of.as_ref().map(|id| id.0.as_str()));
        add(session, &columns_path, &body).await?;
    }
    Ok(id)
}

async fn looked_up(
    session: &Session,
    site: &TargetUser,
    column: &Column,
) -> Result<Option<TargetId>, TargetError> {
    let ColumnKind::Lookup { list, .. } = &column.kind else {
        return Ok(None);
    };
    // Its own columns come with its own items: lists that look each other up have to begin somewhere.
    find_or_make(session, site, list).await.map(Some)
}

/// Gives a list its description, where it has none: whoever looked it up may have made it before its own items came.
async fn describe(
    session: &Session,
    site: &TargetUser,
    id: &TargetId,
    description: &str,
) -> Result<(), TargetError> {
    if description.is_empty() {
        return Ok(());
    }
    let operation = "PATCH /sites/{id}/lists/{id}";
    let path = path(site, id)?;
    let call = Call::get("GET /sites/{id}/lists/{id}", path.clone());
    let there = session.json(call).await?.body;
    let is_described = there["description"]
        .as_str()
        .is_some_and(|text| !text.is_empty());
    if is_described {
        return Ok(());
    }
    let body = json!({"description": description});
    let call = Call::json(operation, Method::PATCH, path, &body);
    session.json(call).await.map(drop)
}

async fn find_or_make(
    session: &Session,
    site: &TargetUser,
    name: &str,
) -> Result<TargetId, TargetError> {
    let id = match named(session, site, name).await? {
        Some(id) => id,
        None => match make(session, site, name).await {
            // Made in the meantime, by another worker or by a try whose answer was lost.
            Err(error) if error.status == 409 => named(session, site, name).await?.ok_or(error)?,
            made => made?,
        },
    };
    // Whoever made it may have been killed before it had both, or it was there before us.
    let columns_path = format!("{}/columns", path(site, &id)?);
    let there = columns(session, &columns_path).await?;
    for hidden in fields::hidden() {
        if !there.iter().any(|known| known["name"] == hidden["name"]) {
            add(session, &columns_path, &hidden).await?;
        }
    }
    Ok(id)
}

async fn make(session: &Session, site: &TargetUser, name: &str) -> Result<TargetId, TargetError> {
    let site = path_of(site).ok_or_else(|| failure::unsendable(MAKE, "only a site has lists"))?;
    let body = json!({
        "displayName": name,
        "list": {"template": "genericList"},
        "columns": fields::hidden(),
    });
    let call = Call::post(MAKE, format!("{site}/lists"), &body);
    let answer = session.json(call).await?;
    id_of(MAKE, &answer.body)
}

async fn add(session: &Session, path: &str, body: &Value) -> Result<(), TargetError> {
    let call = Call::post(ADD, path.to_owned(), body);
    match session.json(call).await {
        Ok(answer) if answer.body["name"] == body["name"] => Ok(()),
        // A column under another name would take none of our values.
        Ok(_) => Err(failure::contract(ADD, "the column got another name")),
        Err(error) if error.status == 409 => Ok(()),
        Err(error) => Err(error),
    }
}

async fn columns(session: &Session, path: &str) -> Result<Vec<Value>, TargetError> {
    pages(session, COLUMNS, path.to_owned()).await
}

/// Every page of a collection.
pub(super) async fn pages(
    session: &Session,
    operation: &'static str,
    path: String,
) -> Result<Vec<Value>, TargetError> {
    let (mut found, mut next) = (Vec::new(), path);
    for _ in 0..PAGES_MAX {
        let answer = session.json(Call::get(operation, next)).await?.body;
        let page = answer["value"].as_array();
        let page = page.ok_or_else(|| failure::contract(operation, "no list"))?;
        found.extend(page.iter().cloned());
        let Some(link) = answer["@odata.nextLink"].as_str() else {
            return Ok(found);
        };
        // A link that leads elsewhere would carry the token there.
        let below = link.strip_prefix(&session.base);
        let below = below.and_then(|below| below.strip_prefix('/'));
        let elsewhere = || failure::contract(operation, "the next page lies elsewhere");
        next = String::from(below.ok_or_else(elsewhere)?);
    }
    Err(failure::contract(operation, "the list does not end"))
}
