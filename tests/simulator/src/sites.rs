//! Sites: found by their address; their default library is a drive.
//! <https://learn.microsoft.com/graph/api/site-getbypath>

mod fields;
mod lists;
pub(crate) mod rest;
pub(crate) mod stored;

use serde_json::json;

use crate::answer::{Answer, json_answer, refuse, select};
use crate::config::UserSpec;
use crate::drive;
use crate::request::Request;
use crate::tenant::{Tenant, User};

pub(crate) use lists::Lists;

const READ: [&str; 2] = ["Sites.Read.All", "Sites.ReadWrite.All"];

fn not_found() -> Answer {
    refuse(404, "itemNotFound", "Requested site could not be found")
}

/// `clean.example` has its sites at `clean.sharepoint.com`.
fn host(tenant: &Tenant) -> String {
    let label = tenant.domain.split('.').next().unwrap_or_default();
    format!("{label}.sharepoint.com")
}

fn id(tenant: &Tenant, site: &User) -> String {
    format!("{},{},{}", host(tenant), site.id, tenant.id)
}

/// A site at that path, as `/sites/quay`.
pub(crate) fn add(tenant: &mut Tenant, path: &str, name: &str) -> String {
    let spec = UserSpec {
        user_principal_name: String::new(),
        display_name: name.to_owned(),
    };
    let now = tenant.clock.now();
    let owner = tenant.add_user(&spec, now);
    if let Some(site) = tenant.users.iter_mut().find(|user| user.id == owner) {
        site.site = Some(path.to_owned());
    }
    owner
}

pub(crate) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    address: &str,
    rest: &[&str],
) -> Result<Answer, Answer> {
    let named = match address.split_once(":/") {
        Some((host_of, path)) if host_of.eq_ignore_ascii_case(&host(tenant)) => {
            let path = format!("/{}", path.trim_end_matches(':'));
            let is_it = |user: &User| {
                let site = user.site.as_ref();
                site.is_some_and(|site| site.eq_ignore_ascii_case(&path))
            };
            tenant.users.iter().position(is_it)
        }
        Some(_) => None,
        None => {
            let is_it = |user: &User| user.site.is_some() && id(tenant, user) == address;
            tenant.users.iter().position(is_it)
        }
    };
    let place = named.ok_or_else(not_found)?;
    match rest {
        ["drive", rest @ ..] => drive::handle(tenant, request, place, rest),
        ["lists", rest @ ..] => lists::handle(tenant, request, place, rest),
        [] if request.method == "GET" => {
            request.needs(&READ)?;
            request.only(&["$select"])?;
            let site = &tenant.users[place];
            let path = site.site.as_deref().unwrap_or_default();
            let shown = json!({
                "id": id(tenant, site),
                "name": path.rsplit('/').next(),
                "displayName": site.display_name,
                "webUrl": format!("https://{}{path}", host(tenant)),
            });
            Ok(json_answer(
                200,
                select(shown, request.query.get("$select")),
            ))
        }
        _ => Err(not_found()),
    }
}
