//! Sites as owners of files: found by their address; their default library stands where a user's drive does.
//! <https://learn.microsoft.com/graph/api/site-getbypath>

mod fields;
mod inside;
pub(super) mod items;
pub(super) mod lists;
pub(super) mod making;
pub(super) mod pages;
pub(super) mod rest;
pub(super) mod roles;

use super::call::{Call, Session};
use super::{failure, segment};
use crate::targets::{TargetError, TargetUser};

/// Before the id of an owner that is a site. No user's id has it: those are GUIDs.
const SITE: &str = "site:";
/// Before the id of an owner that is a library of a site.
const DRIVE: &str = "drive:";

/// Where an owner's files lie: a user's drive, or a site's default library.
pub(super) fn drive_of(owner: &TargetUser) -> String {
    if let Some(team) = owner.id.strip_prefix(super::teams::TEAM) {
        return format!("groups/{}/drive", segment(team));
    }
    if let Some(drive) = owner.id.strip_prefix(DRIVE) {
        return format!("drives/{}", segment(drive));
    }
    match owner.id.strip_prefix(SITE) {
        Some(site) => format!("sites/{}/drive", segment(site)),
        None => format!("users/{}/drive", segment(&owner.id)),
    }
}

/// The site's path in Graph; `None` for a user, who has no lists.
fn path_of(owner: &TargetUser) -> Option<String> {
    let id = owner.id.strip_prefix(SITE)?;
    Some(format!("sites/{}", segment(id)))
}

/// A site by its address; `None` when there is none.
pub(super) async fn find(
    session: &Session,
    address: &str,
) -> Result<Option<TargetUser>, TargetError> {
    let operation = "GET /sites/{host}:/{path}";
    let Some(place) = place(address) else {
        return Err(failure::unsendable(operation, "not the address of a site"));
    };
    let path = format!("sites/{place}?$select=id,webUrl");
    match session.json(Call::get(operation, path)).await {
        Ok(answer) => {
            let id = answer.body["id"].as_str();
            let id = id.ok_or_else(|| failure::contract(operation, "a site without an id"))?;
            let shown = answer.body["webUrl"].as_str().unwrap_or(address);
            Ok(Some(TargetUser {
                id: format!("{SITE}{id}"),
                user_principal_name: shown.to_owned(),
            }))
        }
        Err(error) if error.status == 404 => library(session, address).await,
        Err(error) => Err(error),
    }
}

/// The library of a site by an address below the site's: `https://host/sites/quay/Plans`.
async fn library(session: &Session, address: &str) -> Result<Option<TargetUser>, TargetError> {
    let (above, name) = address
        .trim_end_matches('/')
        .rsplit_once('/')
        .unwrap_or_default();
    // Below the host, the managed path and the site's own name.
    if above.split('/').count() < 5 || name.is_empty() {
        return Ok(None);
    }
    match Box::pin(find(session, above)).await? {
        Some(site) if site.id.starts_with(SITE) => {
            making::library_named(session, &site, name).await
        }
        _ => Ok(None),
    }
}

/// `host:/path:`, or the host alone for the site at the top; nothing else of an address names a site.
fn place(address: &str) -> Option<String> {
    let rest = address.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_host = !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    if !is_host || path.contains(['?', '#']) {
        return None;
    }
    let names: Vec<String> = path
        .split('/')
        .filter(|name| !name.is_empty())
        .map(segment)
        .collect();
    if names
        .iter()
        .any(|name| [".", ".."].contains(&name.as_str()))
    {
        return None;
    }
    if names.is_empty() {
        return Some(host.to_owned());
    }
    Some(format!("{host}:/{}:", names.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_site_and_nothing_beside_it() {
        let of = |address: &str| place(address);
        assert_eq!(
            of("https://clean.sharepoint.com/sites/Quay 7/").as_deref(),
            Some("clean.sharepoint.com:/sites/Quay%207:")
        );
        assert_eq!(
            of("https://clean.sharepoint.com").as_deref(),
            Some("clean.sharepoint.com")
        );
        for bad in [
            "https:///sites/x",
            "https://a@b/sites/x",
            "https://a/sites/../x",
            "https://a/sites/x?y",
            "http://a/sites/x",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_owner_is_a_user_or_a_site() {
        let owner = |id: &str| {
            drive_of(&TargetUser {
                id: id.to_owned(),
                user_principal_name: String::new(),
            })
        };
        assert_eq!(owner("1-2"), "users/1-2/drive");
        assert_eq!(owner("site:h,1,2"), "sites/h%2C1%2C2/drive");
        assert_eq!(owner("drive:b!1"), "drives/b%211");
    }
}
