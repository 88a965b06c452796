//! Sites: found by their address; their default library is a drive.
//! <https://learn.microsoft.com/graph/api/site-getbypath>

mod fields;
mod lists;
mod pages;
pub(crate) mod rest;
pub(crate) mod stored;

use serde_json::json;

use crate::access::site_roles;
use crate::answer::{Answer, json_answer, refuse, select};
use crate::config::UserSpec;
use crate::drive;
use crate::request::Request;
use crate::tenant::{Tenant, User};

pub(crate) use lists::Lists;

/// Before the path of the site that a library belongs to: no address of a site begins so.
pub(crate) const LIBRARY: &str = "library:";
/// The site of a group is asked for so often before it is there.
const ASKED_FIRST: u32 = 2;
const READ: [&str; 2] = ["Sites.Read.All", "Sites.ReadWrite.All"];

fn not_found() -> Answer {
    refuse(404, "itemNotFound", "Requested site could not be found")
}

/// `clean.example` has its sites at `clean.sharepoint.com`.
pub(crate) fn host(tenant: &Tenant) -> String {
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
    if !path.starts_with(LIBRARY) {
        site_roles::furnish(tenant, &owner);
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
                let is_there = user.lists.1.asks_left == 0;
                is_there && site.is_some_and(|site| site.eq_ignore_ascii_case(&path))
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
        ["drives"] if request.method == "GET" => {
            request.needs(&READ)?;
            request.only(&["$select", "$skiptoken"])?;
            let wanted = request.query.get("$select");
            let all = drives(tenant, place).into_iter();
            let all = all.map(|drive| select(drive, wanted)).collect();
            crate::answer::page(all, request, &tenant.base, 100)
        }
        ["lists", rest @ ..] => lists::handle(tenant, request, place, rest),
        ["pages", rest @ ..] => pages::handle(tenant, request, place, rest),
        [] if request.method == "GET" => {
            request.needs(&READ)?;
            request.only(&["$select"])?;
            let shown = shown(tenant, &tenant.users[place]);
            Ok(json_answer(
                200,
                select(shown, request.query.get("$select")),
            ))
        }
        _ => Err(not_found()),
    }
}

/// `GET /groups/{id}/sites/root`: SharePoint makes the site of a group some time after the group. Sharing by e-mail is on in it:
/// whoever makes a group has no say in that.
pub(crate) fn of_group(
    tenant: &mut Tenant,
    request: &Request,
    (group, nickname, name): (&str, &str, &str),
) -> Result<Answer, Answer> {
    request.needs(&READ)?;
    request.only(&["$select"])?;
    let path = format!("/sites/{nickname}");
    let of_path = |user: &User| user.site.as_deref() == Some(&*path);
    if !tenant.users.iter().any(of_path) {
        let asked = tenant.accounts.asked_for_site.entry(group.to_owned());
        let asked = asked.or_default();
        *asked += 1;
        if *asked <= ASKED_FIRST {
            return Err(not_found());
        }
        add(tenant, &path, name);
        let made = tenant.users.iter_mut().find(|user| of_path(user));
        if let Some(made) = made {
            made.lists.1.shares = true;
        }
    }
    let site = tenant.users.iter().find(|user| of_path(user));
    let shown = shown(tenant, site.ok_or_else(not_found)?);
    Ok(json_answer(
        200,
        select(shown, request.query.get("$select")),
    ))
}

fn shown(tenant: &Tenant, site: &User) -> serde_json::Value {
    let path = site.site.as_deref().unwrap_or_default();
    json!({
        "id": id(tenant, site),
        "name": path.rsplit('/').next(),
        "displayName": site.display_name,
        "webUrl": format!("https://{}{path}", host(tenant)),
    })
}

/// The libraries of a site: its own, and those that were made.
fn drives(tenant: &Tenant, site: usize) -> Vec<serde_json::Value> {
    let path = tenant.users[site].site.clone().unwrap_or_default();
    let host = host(tenant);
    let shown = |drive: &str, name: &str, below: &str| {
        json!({
            "id": drive, "name": name, "driveType": "documentLibrary",
            "webUrl": format!("https://{host}{path}/{below}"),
        })
    };
    let own = &tenant.users[site].drive;
    let mut all = vec![shown(own, "Documents", "Shared%20Documents")];
    let of_site = format!("{LIBRARY}{path}");
    let libraries = tenant.users.iter();
    let libraries = libraries.filter(|user| user.site.as_deref() == Some(&*of_site));
    all.extend(libraries.map(|user| shown(&user.drive, &user.display_name, &user.display_name)));
    all
}
