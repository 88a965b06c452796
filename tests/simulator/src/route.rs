//! Which handler answers a path; what is not listed here does not exist in this tenant.

use crate::access::{groups, guests, rest as sharepoint};
use crate::answer::{Answer, refuse};
use crate::quotas::Lane;
use crate::request::{Request, decode};
use crate::tenant::Tenant;
use crate::{
    accounts, batch, calendar, contacts, directory_answers, domains, drive, licences, mail, sites,
    teams, todo, users,
};

/// Answers one Graph request (below `/v1.0`) or one pre-authenticated one (`/_upload`, `/_download`).
pub(crate) fn answer(tenant: &mut Tenant, request: &Request) -> Answer {
    let answer = handle(tenant, request).unwrap_or_else(|refusal| refusal);
    tenant.record_access(request);
    teams::people::record(tenant, request);
    answer
}

fn handle(tenant: &mut Tenant, request: &Request) -> Result<Answer, Answer> {
    if let Some(id) = request.path.strip_prefix("/_upload/") {
        return drive::upload::receive(tenant, request, id);
    }
    if let Some(id) = request.path.strip_prefix("/_download/") {
        return drive::download(tenant, request, id);
    }
    if let Some(rest) = request.path.strip_prefix(sites::rest::PREFIX) {
        return sites::rest::handle(tenant, request, rest);
    }
    if let Some((site, call)) = sharepoint::split(&request.path) {
        return sharepoint::handle(tenant, request, site, call);
    }
    if let Some(directory) = &tenant.directory
        && let Some(answer) =
            directory_answers::answer(directory, request, &tenant.base, &tenant.clock.text())
    {
        return answer;
    }
    let path = request.path.strip_prefix("/v1.0/").ok_or_else(not_found)?;
    let parts = segments(path)?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let upns = |tenant: &Tenant, name: &str| tenant.user_index(name).ok_or_else(users::unknown);
    if let Some(answer) = teams::route(tenant, request, &parts) {
        return answer;
    }
    match &parts[..] {
        ["$batch"] => batch::run(tenant, request),
        ["domains"] => domains::collection(tenant, request),
        ["domains", name, rest @ ..] => domains::one(tenant, request, name, rest),
        ["groups"] => groups::collection(tenant, request),
        [named] if named.starts_with("groups(uniqueName='") => {
            groups::by_name(tenant, request, named)
        }
        ["groups", id, rest @ ..] => groups::one(tenant, request, id, rest),
        ["invitations"] => guests::invite(tenant, request),
        ["organization"] => users::organization(tenant, request),
        ["sites", address, rest @ ..] => sites::handle(tenant, request, address, rest),
        ["subscribedSkus"] => licences::subscribed(tenant, request),
        ["users"] => users::collection(tenant, request),
        ["users", name] if request.method == "PATCH" => domains::rename(tenant, request, name),
        ["users", name] => users::one(tenant, request, name),
        ["users", name, "assignLicense" | "authentication", ..] => {
            let user = upns(tenant, name)?;
            accounts::handle(tenant, request, user, &parts[2..])
        }
        ["drives", id, rest @ ..] => {
            let place = tenant.users.iter().position(|user| user.drive == *id);
            let user =
                place.ok_or_else(|| refuse(404, "itemNotFound", "The drive is not there."))?;
            drive::handle(tenant, request, user, rest)
        }
        ["users", name, rest @ ..] => {
            let user = upns(tenant, name)?;
            users::check_ready(tenant, request, user)?;
            match rest {
                ["drive", rest @ ..] => drive::handle(tenant, request, user, rest),
                ["calendar" | "calendars" | "events", ..] => {
                    calendar::handle(tenant, request, user, rest)
                }
                ["contacts" | "contactFolders", ..] => {
                    contacts::handle(tenant, request, user, rest)
                }
                ["todo", rest @ ..] => todo::handle(tenant, request, user, rest),
                ["mailFolders" | "messages", ..] => mail::handle(tenant, request, user, rest),
                ["mailboxSettings"] => accounts::mailbox_settings(tenant, request, user),
                _ => Err(not_found()),
            }
        }
        _ => Err(not_found()),
    }
}

fn not_found() -> Answer {
    refuse(400, "BadRequest", "Resource not found for the segment.")
}

/// Segments, decoded. `root:/a/b:` and `id:/a b:` are one segment each: `root:/a/b:`.
pub(crate) fn segments(path: &str) -> Result<Vec<String>, Answer> {
    let bad = || refuse(400, "BadRequest", "The URL is malformed.");
    let mut parts: Vec<String> = Vec::new();
    let mut inside = false;
    for raw in path.split('/') {
        let text = decode(raw, false).ok_or_else(bad)?;
        if inside {
            let last = parts.last_mut().ok_or_else(bad)?;
            last.push('/');
            last.push_str(&text);
            inside = !raw.ends_with(':');
        } else {
            inside = raw.ends_with(':') && raw.len() > 1;
            parts.push(text);
        }
    }
    Ok(parts)
}

/// What a request counts against.
pub(crate) fn lane(request: &Request) -> Lane {
    if request.path.starts_with(sites::rest::PREFIX) {
        let units = if request.is_write() { 2 } else { 1 };
        let app = request.app.clone();
        return Lane::SharePoint {
            app,
            units,
            shares: false,
        };
    }
    let Some(path) = request.path.strip_prefix("/v1.0/") else {
        return Lane::None;
    };
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        [
            "users",
            user,
            "calendar" | "calendars" | "contactFolders" | "contacts" | "events" | "mailFolders"
            | "mailboxSettings" | "messages" | "todo",
            ..,
        ] => {
            let upload_bytes = if request.is_write() {
                request.body.len() as u64
            } else {
                0
            };
            let key = format!("{}/{}", request.app, user.to_ascii_lowercase());
            Lane::Mailbox { key, upload_bytes }
        }
        ["teams", team, "channels", thread, "messages", ..] if request.is_write() => Lane::Thread {
            thread: thread.to_owned(),
            team: Some(format!("{}/{team}", request.app)),
        },
        ["chats", thread, "messages", ..] if request.is_write() => Lane::Thread {
            thread: thread.to_owned(),
            team: None,
        },
        ["teams", team, ..] => Lane::Team(format!("{}/{team}", request.app)),
        ["drives" | "sites", ..] | ["users" | "groups", _, "drive", ..] => {
            of_sharepoint(request, path)
        }
        ["identity", "conditionalAccess", ..] => Lane::ConditionalAccess,
        ["$batch" | "chats" | "me", ..] => Lane::None,
        _ => Lane::Directory {
            app: request.app.clone(),
            writes: request.is_write(),
            units: directory_units(&parts, request.is_write()),
        },
    }
}

fn of_sharepoint(request: &Request, path: &str) -> Lane {
    let permissions = path.contains("/permissions") || path.ends_with("/invite");
    let lists = ["/children", "/columns", "/items", "/lists", "/pages"];
    let list = lists.iter().any(|end| path.ends_with(end));
    let units = if permissions {
        5
    } else if request.is_write() || list {
        2
    } else {
        1
    };
    Lane::SharePoint {
        app: request.app.clone(),
        units,
        shares: permissions && request.is_write(),
    }
}

/// The directory's costs, from the table of base request costs.
/// <https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits>
fn directory_units(parts: &[&str], writes: bool) -> u64 {
    match parts {
        _ if writes => 1,
        ["groups", _, "members"] | ["subscribedSkus"] => 3,
        ["groups", _, "transitiveMembers"] => 5,
        ["users" | "applications"] => 2,
        _ => 1,
    }
}
