//! Versions of a file: a list, newest first, and the bytes of the older ones.
//! <https://learn.microsoft.com/graph/api/driveitem-list-versions>

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::{child, download_url, method, not_found};
use crate::answer::{Answer, empty, page, refuse, select};
use crate::request::Request;
use crate::stored::Stored;
use crate::tenant::{DriveItem, Tenant, User};

pub(super) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    id: &str,
    rest: &[&str],
) -> Result<Answer, Answer> {
    match rest {
        [] => {
            request.only(&["$select", "$top", "$skiptoken"])?;
            let item = tenant.users[user].items.get(id).ok_or_else(not_found)?;
            let wanted = request.query.get("$select");
            let shown = shown(item)?.into_iter();
            let shown = shown.map(|version| select(version, wanted)).collect();
            page(shown, request, &tenant.base, 200)
        }
        [version, "content"] => {
            let number = version.strip_suffix(".0").and_then(|n| n.parse().ok());
            let number: u32 = number.ok_or_else(not_found)?;
            let item = tenant.users[user].items.get(id).ok_or_else(not_found)?;
            if number == item.version {
                let message = "You cannot get the content of the current version.";
                return Err(refuse(400, "invalidRequest", message));
            }
            content(item, number).ok_or_else(not_found)?;
            let location = download_url(tenant, user, id, Some(number))?;
            Ok(empty(302).with("Location", location))
        }
        _ => Err(method()),
    }
}

/// `If-Match`: 412 when the item is no longer the one of that eTag.
pub(super) fn check_match(
    user: &User,
    request: &Request,
    parent: &str,
    name: &str,
) -> Result<(), Answer> {
    let wanted = request.header("if-match");
    let tag = child(user, parent, name).map(DriveItem::e_tag);
    if wanted.is_none_or(|wanted| wanted == "*" || tag.as_deref() == Some(wanted)) {
        return Ok(());
    }
    Err(refuse(
        412,
        "preconditionFailed",
        "ETag does not match current item's value",
    ))
}

/// The bytes of an older version.
pub(super) fn content(item: &DriveItem, number: u32) -> Option<&Stored> {
    let mut older = item.older.iter();
    older
        .find(|version| version.number == number)
        .map(|version| &version.content)
}

fn shown(item: &DriveItem) -> Result<Vec<Value>, Answer> {
    let current = item.content.as_ref();
    let current =
        current.ok_or_else(|| refuse(400, "invalidRequest", "A folder does not have versions."))?;
    let older = item.older.iter().rev();
    let older = older.map(|version| (version.number, version.content.len(), version.made));
    let all = [(item.version, current.len(), item.made)]
        .into_iter()
        .chain(older);
    // Nobody can set the date or the author of a version.
    let shown = all.map(|(number, size, made)| {
        json!({
            "id": format!("{number}.0"),
            "lastModifiedDateTime": made.to_rfc3339_opts(SecondsFormat::Secs, true),
            "lastModifiedBy": {"application": {"displayName": "restore"}},
            "size": size,
        })
    });
    Ok(shown.collect())
}
