//! Items of lists: created with our key and their old number in hidden columns, completed, read back, found by either.
//! <https://learn.microsoft.com/graph/api/listitem-create>

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::super::call::{Call, Session};
use super::super::{failure, id_of, segment};
use super::{fields, lists, rest};
use crate::domain::item::ItemKey;
use crate::domain::list_item::ListItem;
use crate::domain::message::Attachment;
use crate::domain::site_list::SiteList;
use crate::targets::{TargetError, TargetId, TargetUser, Written};

/// A key that stands on more items than this is not one of ours.
const COPIES_MAX: usize = 100;

pub(in super::super) async fn find(
    session: &Session,
    site: &TargetUser,
    list: &TargetId,
    key: &ItemKey,
) -> Result<Vec<TargetId>, TargetError> {
    let operation = "GET /sites/{id}/lists/{id}/items?$filter=key";
    let filter = format!("fields/{} eq '{key}'", fields::KEY);
    let found = filtered(session, operation, &lists::path(site, list)?, &filter).await?;
    let ours = found
        .iter()
        .filter(|item| item["fields"][fields::KEY] == *key.to_string());
    ours.map(|item| id_of(operation, item)).collect()
}

pub(in super::super) async fn numbered(
    session: &Session,
    site: &TargetUser,
    list: &TargetId,
    number: u32,
) -> Result<Vec<u32>, TargetError> {
    let operation = "GET /sites/{id}/lists/{id}/items?$filter=number";
    let filter = format!("fields/{} eq {number}", fields::NUMBER);
    let found = filtered(session, operation, &lists::path(site, list)?, &filter).await?;
    let of = found
        .iter()
        .filter(|item| fields::number(&item["fields"][fields::NUMBER]) == Some(number));
    let ids = of.map(|item| fields::number(&item["id"]));
    let ids: Option<Vec<u32>> = ids.collect();
    ids.ok_or_else(|| failure::contract(operation, "an item whose id is no number"))
}

async fn filtered(
    session: &Session,
    operation: &'static str,
    list: &str,
    filter: &str,
) -> Result<Vec<Value>, TargetError> {
    let (key, number) = (fields::KEY, fields::NUMBER);
    let path = format!(
        "{list}/items?$expand=fields($select={key},{number})&$filter={}&$top={COPIES_MAX}",
        segment(filter)
    );
    lists::pages(session, operation, path).await
}

pub(in super::super) async fn create(
    session: &Session,
    site: &TargetUser,
    list: &TargetId,
    item: &ListItem,
    key: &ItemKey,
) -> Result<(TargetId, Written), TargetError> {
    let operation = "POST /sites/{id}/lists/{id}/items";
    let mut values = fields::json(&item.list, &item.fields);
    values.insert(fields::KEY.to_owned(), key.to_string().into());
    values.insert(fields::NUMBER.to_owned(), item.number.into());
    let path = format!("{}/items", lists::path(site, list)?);
    let call = Call::post(operation, path, &json!({"fields": values}));
    let answer = session.json(call).await?;
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

fn path(site: &TargetUser, list: &TargetId, id: &TargetId) -> Result<String, TargetError> {
    Ok(format!(
        "{}/items/{}",
        lists::path(site, list)?,
        segment(&id.0)
    ))
}

/// Writes every field once more where one differs, and adds the files that are missing or are others.
pub(in super::super) async fn complete(
    session: &Session,
    site: &TargetUser,
    list: &TargetId,
    id: &TargetId,
    item: &ListItem,
) -> Result<Written, TargetError> {
    let operation = "PATCH /sites/{id}/lists/{id}/items/{id}/fields";
    let mut written = Written::default();
    let (there, _) = values(session, site, list, id, &item.list).await?;
    if there.fields != item.fields {
        let body = Value::Object(fields::json(&item.list, &item.fields));
        let path = format!("{}/fields", path(site, list, id)?);
        let call = Call::json(operation, Method::PATCH, path, &body);
        let answer = session.json(call).await?;
        written.request_ids.extend(answer.request_id);
    }
    if item.attachments.is_empty() {
        return Ok(written);
    }
    let place = rest::item_path(&list.0, &id.0);
    let names = rest::attachments(session, site, &place).await?;
    for file in &item.attachments {
        if names
            .iter()
            .any(|name| name.to_lowercase() == file.name.to_lowercase())
        {
            continue;
        }
        let sent = rest::attach(session, site, &place, &file.name, &file.content).await?;
        written.request_ids.extend(sent);
    }
    Ok(written)
}

/// The item without its files, and whether it has some.
async fn values(
    session: &Session,
    site: &TargetUser,
    list: &TargetId,
    id: &TargetId,
    form: &Arc<SiteList>,
) -> Result<(ListItem, bool), TargetError> {
    let operation = "GET /sites/{id}/lists/{id}/items/{id}";
    let selected = fields::selected(form);
    let path = format!(
        "{}?$expand=fields($select={selected})",
        path(site, list, id)?
    );
    let answer = session.json(Call::get(operation, path)).await?.body;
    let found = &answer["fields"];
    if !found[fields::KEY].is_string() {
        return Err(failure::contract(operation, "the item lost its item key"));
    }
    let values = fields::read(form, found)
        .ok_or_else(|| failure::contract(operation, "a field in a form that is not documented"))?;
    let item = ListItem {
        list: Arc::clone(form),
        number: fields::number(&found[fields::NUMBER]).unwrap_or(0),
        fields: values,
        ..ListItem::default()
    };
    Ok((item, found["Attachments"] == true))
}

/// The item with its files, read back whole.
pub(in super::super) async fn read(
    session: &Session,
    site: &TargetUser,
    list: &TargetId,
    id: &TargetId,
    like: &ListItem,
) -> Result<ListItem, TargetError> {
    let (mut found, has_files) = values(session, site, list, id, &like.list).await?;
    if like.attachments.is_empty() && !has_files {
        return Ok(found);
    }
    let place = rest::item_path(&list.0, &id.0);
    for name in rest::attachments(session, site, &place).await? {
        let content = rest::attached(session, site, &place, &name).await?;
        found.attachments.push(Attachment {
            name,
            content_type: "application/octet-stream".to_owned(),
            content_id: None,
            is_inline: false,
            content,
        });
    }
    Ok(found)
}

pub(in super::super) async fn delete(
    session: &Session,
    site: &TargetUser,
    list: &TargetId,
    id: &TargetId,
) -> Result<(), TargetError> {
    let operation = "DELETE /sites/{id}/lists/{id}/items/{id}";
    let call = Call::bare(operation, Method::DELETE, path(site, list, id)?);
    session.send(call).await.map(drop)
}
