//! SharePoint's own calls below `/_api/web`: inheritance broken without members, role assignments, groups of the site.
//! <https://learn.microsoft.com/sharepoint/dev/sp-add-ins/set-custom-permissions-on-a-list-by-using-the-rest-interface>

use serde_json::{Value, json};

use crate::access::permissions::{add, scope_of};
use crate::access::{SiteGroup, Who};
use crate::answer::{Answer, json_answer, refuse};
use crate::request::{Request, decode};
use crate::tenant::Tenant;

/// Read, Contribute, Full Control: the ids are the same on every site.
pub(super) const ROLE_DEFINITIONS: [u32; 3] = [1_073_741_826, 1_073_741_827, 1_073_741_829];
/// The first number of a principal of a site that is no group of it.
pub(crate) const SITE_USERS_FROM: u32 = 1_000;

pub(super) fn bad(message: &str) -> Answer {
    refuse(
        400,
        "-1, Microsoft.SharePoint.Client.InvalidClientQueryException",
        message,
    )
}

pub(super) fn done() -> Answer {
    json_answer(200, json!({"odata.null": true}))
}

/// The site's owner and what stands behind `/_api/web/`.
pub(crate) fn split(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/personal/")?;
    let (site, call) = rest.split_once("/_api/web/")?;
    Some((site, call))
}

/// The number of an item in its list: what `sharepointIds` gives and the calls here take.
pub(crate) fn list_item_number(tenant: &mut Tenant, id: &str) -> u32 {
    let items = &mut tenant.access.list_items;
    let place = items.iter().position(|known| known == id);
    let place = place.unwrap_or_else(|| {
        items.push(id.to_owned());
        items.len() - 1
    });
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

/// Answers a call of a site.
pub(crate) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    site: &str,
    call: &str,
) -> Result<Answer, Answer> {
    request.needs(&["Sites.FullControl.All"])?;
    if request.method != "POST" {
        return Err(refuse(405, "-1", "The HTTP method is not allowed here."));
    }
    let user = tenant
        .user_index(site)
        .ok_or_else(|| refuse(404, "-1", "No site."))?;
    let call = decode(call, false).ok_or_else(|| bad("The URL is malformed."))?;
    let parts: Vec<&str> = call.split('/').collect();
    match parts[..] {
        ["ensureuser"] => ensure_user(tenant, request, user),
        ["sitegroups"] => make_group(tenant, request, user),
        [group, "users"] if group.starts_with("sitegroups(") => {
            let number = inside(group).and_then(|text| text.parse().ok());
            add_to_group(tenant, request, user, number.unwrap_or(0))
        }
        [list, ref rest @ ..] if list.starts_with("lists(guid'") => {
            let drive = &tenant.users[user].drive;
            if inside(list).map(|id| id.trim_start_matches("guid").trim_matches('\''))
                != Some(drive)
            {
                return Err(refuse(404, "-2130575322", "List does not exist."));
            }
            let root = tenant.users[user].root.clone();
            on_list(tenant, user, root, rest)
        }
        _ => Err(bad("Cannot find resource for the request.")),
    }
}

/// `name(inside)`.
pub(super) fn inside(part: &str) -> Option<&str> {
    part.split_once('(')?.1.strip_suffix(')')
}

/// `a=1,b=2`, names without regard to case.
pub(super) fn argument(part: &str, name: &str) -> Option<String> {
    inside(part)?.split(',').find_map(|pair| {
        let (found, value) = pair.split_once('=')?;
        found
            .trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    })
}

fn on_list(
    tenant: &mut Tenant,
    user: usize,
    root: String,
    rest: &[&str],
) -> Result<Answer, Answer> {
    let (item, rest) = match rest {
        [items, rest @ ..] if items.starts_with("items(") => {
            let number: Option<usize> = inside(items).and_then(|text| text.parse().ok());
            let number = number.and_then(|number| number.checked_sub(1));
            let known = number.and_then(|place| tenant.access.list_items.get(place));
            let known = known.filter(|id| tenant.users[user].items.contains_key(*id));
            let id = known.cloned();
            (
                id.ok_or_else(|| refuse(404, "-2130575338", "Item does not exist."))?,
                rest,
            )
        }
        rest => (root, rest),
    };
    match rest {
        [call]
            if call
                .to_ascii_lowercase()
                .starts_with("breakroleinheritance(") =>
        {
            let copies = argument(call, "copyRoleAssignments").as_deref() == Some("true");
            let scope = scope_of(tenant, user, &item);
            if scope != item || !tenant.access.scopes.contains_key(&item) {
                let above = tenant.access.scopes.get(&scope).cloned();
                let entries = if copies {
                    above.unwrap_or_default()
                } else {
                    Vec::new()
                };
                tenant.access.scopes.insert(item, entries);
            }
            Ok(done())
        }
        [call] if call.eq_ignore_ascii_case("resetroleinheritance") => {
            tenant.access.scopes.remove(&item);
            Ok(done())
        }
        ["roleassignments", call] => assign(tenant, user, &item, call),
        _ => Err(bad("Cannot find resource for the request.")),
    }
}

fn assign(tenant: &mut Tenant, user: usize, item: &str, call: &str) -> Result<Answer, Answer> {
    let number = |name: &str| argument(call, name).and_then(|text| text.parse::<u32>().ok());
    let (principal, definition) = (number("principalid"), number("roledefid"));
    let role = ROLE_DEFINITIONS
        .iter()
        .position(|known| Some(*known) == definition);
    let role = role.ok_or_else(|| bad("The role definition is not there."))?;
    let who = principal.and_then(|number| principal_of(tenant, user, number));
    let who = who.ok_or_else(|| refuse(404, "-2146232832", "Can not find the principal."))?;
    let is_root = item == tenant.users[user].root;
    if !is_root && !tenant.access.scopes.contains_key(item) {
        return Err(bad(
            "The item inherits its permissions: break the inheritance first.",
        ));
    }
    match call.split('(').next().unwrap_or_default() {
        "addroleassignment" => drop(add(tenant, item, who, role)),
        "removeroleassignment" => {
            if let Some(entries) = tenant.access.scopes.get_mut(item) {
                entries.retain(|entry| !(entry.who == who && entry.role == role));
            }
        }
        _ => return Err(bad("Cannot find resource for the request.")),
    }
    Ok(done())
}

pub(super) fn principal_of(tenant: &Tenant, user: usize, number: u32) -> Option<Who> {
    let site = &tenant.users[user].id;
    if number < SITE_USERS_FROM {
        let groups = tenant.access.site_groups.get(site)?;
        let is_there = number >= 1 && groups.len() >= number as usize;
        return is_there.then_some(Who::SiteGroup(number));
    }
    let known = tenant
        .access
        .site_users
        .get((number - SITE_USERS_FROM) as usize)?;
    (known.0 == *site).then(|| known.1.clone())
}

/// The claims that name a user or a group of the directory.
fn claim(tenant: &Tenant, name: &str) -> Option<Who> {
    if let Some(upn) = name.strip_prefix("i:0#.f|membership|") {
        let place = tenant.user_index(upn)?;
        return Some(Who::User(tenant.users[place].id.clone()));
    }
    let group = name
        .strip_prefix("c:0t.c|tenant|")
        .or_else(|| name.strip_prefix("c:0o.c|federateddirectoryclaimprovider|"))?;
    tenant
        .access
        .group(group)
        .map(|group| Who::Group(group.id.clone()))
}

pub(crate) fn ensure_user(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
) -> Result<Answer, Answer> {
    let body = request.json()?;
    let name = body
        .get("logonName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let unknown = || bad("The specified user could not be found.");
    let who = claim(tenant, name).ok_or_else(unknown)?;
    if tenant.access.sites_learn_late > 0 {
        tenant.access.sites_learn_late -= 1;
        return Err(unknown());
    }
    let site = tenant.users[user].id.clone();
    let users = &mut tenant.access.site_users;
    let place = users
        .iter()
        .position(|known| *known == (site.clone(), who.clone()));
    let place = place.unwrap_or_else(|| {
        users.push((site, who));
        users.len() - 1
    });
    let number = SITE_USERS_FROM + u32::try_from(place).unwrap_or(0);
    Ok(json_answer(200, json!({"Id": number, "LoginName": name})))
}

fn make_group(tenant: &mut Tenant, request: &Request, user: usize) -> Result<Answer, Answer> {
    let body = request.json()?;
    let title = body
        .get("Title")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let groups = tenant
        .access
        .site_groups
        .entry(tenant.users[user].id.clone())
        .or_default();
    if title.is_empty() || groups.iter().any(|group| group.title == title) {
        return Err(bad("The specified name is already in use or empty."));
    }
    groups.push(SiteGroup {
        title: title.to_owned(),
        members: Vec::new(),
    });
    Ok(json_answer(
        201,
        json!({"Id": groups.len(), "Title": title}),
    ))
}

fn add_to_group(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    number: usize,
) -> Result<Answer, Answer> {
    let body = request.json()?;
    let name = body
        .get("LoginName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let who = claim(tenant, name).ok_or_else(|| bad("The specified user could not be found."))?;
    let groups = tenant.access.site_groups.get_mut(&tenant.users[user].id);
    let group = groups.and_then(|groups| groups.get_mut(number.checked_sub(1)?));
    let group = group.ok_or_else(|| refuse(404, "-2146232832", "Group cannot be found."))?;
    if !group.members.contains(&who) {
        group.members.push(who);
    }
    Ok(json_answer(201, json!({"LoginName": name})))
}
