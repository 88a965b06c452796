//! Rights within a site as SharePoint's own calls change and show them: the site itself, its libraries and lists, folders, files
//! and items; each takes over what lies above until it is broken.
//! <https://learn.microsoft.com/sharepoint/dev/sp-add-ins/set-custom-permissions-on-a-list-by-using-the-rest-interface>

use serde_json::{Value, json};

use super::rest::{ROLE_DEFINITIONS, argument, bad, done, inside, principal_of};
use super::{Entry, SiteGroup, Who, permissions};
use crate::answer::{Answer, json_answer, refuse};
use crate::request::{Request, decode};
use crate::sites::{LIBRARY, host};
use crate::tenant::{Tenant, User};

/// `RoleTypeKind` of [`ROLE_DEFINITIONS`].
const KINDS: [u32; 3] = [2, 3, 5];
/// The role of the group that a site calls its members: Edit.
const EDIT: (u32, u32) = (1_073_741_830, 6);
/// A place in [`super::ROLES`].
const OWNER: usize = 2;

/// The site whose rights a site or a library of one takes over.
pub(crate) fn web_of(tenant: &Tenant, user: usize) -> Option<usize> {
    let path = tenant.users.get(user)?.site.as_deref()?;
    match path.strip_prefix(LIBRARY) {
        None => Some(user),
        Some(of) => {
            let mut users = tenant.users.iter();
            users.position(|user| user.site.as_deref() == Some(of))
        }
    }
}

/// The address of a site, or of a library of one.
pub(super) fn address(tenant: &Tenant, user: usize) -> Option<String> {
    let user = tenant.users.get(user)?;
    let path = user.site.as_deref()?;
    let host = host(tenant);
    Some(match path.strip_prefix(LIBRARY) {
        None => format!("https://{host}{path}"),
        Some(of) => format!("https://{host}{of}/{}", user.display_name),
    })
}

/// A new site has three groups, in which nobody is.
pub(crate) fn furnish(tenant: &mut Tenant, site: &str) {
    let groups = ["Owners", "Members", "Visitors"].map(|title| SiteGroup {
        title: title.to_owned(),
        members: Vec::new(),
    });
    let entries = [(1, OWNER), (2, 1), (3, 0)].map(|(group, role)| Entry {
        id: format!("{group}"),
        who: Who::SiteGroup(group),
        role,
        link: None,
    });
    let access = &mut tenant.access;
    access.site_groups.insert(site.to_owned(), groups.to_vec());
    access.scopes.insert(site.to_owned(), entries.to_vec());
}

/// What is asked about: where it has its rights, and where it takes them from.
struct Thing {
    /// Under which name its scope is kept.
    key: String,
    /// Whose scope counts for it now.
    scope: String,
}

fn item_key(list: &str, number: u32) -> String {
    format!("{list}/{number}")
}

/// Whose scope counts for a list, or an item of it.
fn scope_of_list(tenant: &Tenant, web: &str, list: &str, number: Option<u32>) -> String {
    let item = number.map(|number| item_key(list, number));
    let own = item.into_iter().chain([list.to_owned()]);
    let mut own = own.filter(|key| tenant.access.scopes.contains_key(key));
    own.next().unwrap_or_else(|| web.to_owned())
}

/// Every list of a site and every item of one: its path, and whose scope counts for it.
pub(super) fn lists<'a>(
    tenant: &'a Tenant,
    site: &'a User,
    web: &'a str,
) -> impl Iterator<Item = (String, String)> + 'a {
    site.lists.0.iter().flat_map(move |list| {
        let scope = move |number| scope_of_list(tenant, web, &list.id, number);
        let whole = (format!("/Lists/{}", list.name), scope(None));
        let items = list.items.keys().map(move |number| {
            let path = format!("/Lists/{}/{number}", list.name);
            (path, scope(Some(*number)))
        });
        [whole].into_iter().chain(items)
    })
}

/// Lets somebody into a list or an item behind everybody's back; what it takes over stays.
pub(crate) fn plant(
    tenant: &mut Tenant,
    site: usize,
    (list, number): (&str, Option<u32>),
    who: Who,
    role: usize,
) {
    let web = tenant.users[site].id.clone();
    let key = number.map_or_else(|| list.to_owned(), |number| item_key(list, number));
    let scope = scope_of_list(tenant, &web, list, number);
    if scope != key {
        let above = tenant.access.scopes.get(&scope).cloned();
        let above = above.unwrap_or_default();
        tenant.access.scopes.insert(key.clone(), above);
    }
    permissions::plant_on(tenant, &key, who, role);
}

/// Answers what stands behind `_api/web/` of a site, where it is about rights.
pub(crate) fn answer(
    tenant: &mut Tenant,
    request: &Request,
    site: usize,
    call: &str,
) -> Option<Result<Answer, Answer>> {
    let call = decode(call, false)?;
    let parts: Vec<&str> = call.split('/').collect();
    let asks = request.method == "GET";
    match parts[..] {
        ["roledefinitions"] if asks => Some(Ok(definitions())),
        ["siteusers"] if asks => Some(administrators(tenant, request, site)),
        [group, "users"] if asks && group.starts_with("sitegroups(") => {
            Some(members(tenant, site, inside(group)))
        }
        [list, ref rest @ ..] if list.starts_with("lists(guid'") => {
            let (number, rest) = match rest {
                [item, rest @ ..] if item.starts_with("items(") => {
                    (Some(inside(item)?.parse().ok()?), rest)
                }
                rest => (None, rest),
            };
            let is_about_rights = match rest {
                [] => asks && request.query.contains_key("$select"),
                [call] => call.starts_with("breakroleinheritance(") || *call == "roleassignments",
                ["roleassignments", _] => true,
                _ => false,
            };
            let list = inside(list)?.trim_start_matches("guid").trim_matches('\'');
            is_about_rights.then(|| {
                let thing = thing(tenant, site, list, number)?;
                on(tenant, request, site, (&thing, rest))
            })
        }
        _ => None,
    }
}

fn missing() -> Answer {
    refuse(404, "-2130575322", "List or item does not exist.")
}

fn thing(tenant: &Tenant, site: usize, list: &str, number: Option<u32>) -> Result<Thing, Answer> {
    let of_site = |user: &usize| web_of(tenant, *user) == Some(site);
    let mut drives = (0..tenant.users.len()).filter(of_site);
    if let Some(user) = drives.find(|user| tenant.users[*user].drive == list) {
        let key = match number {
            None => tenant.users[user].root.clone(),
            Some(number) => {
                let place = number.checked_sub(1).ok_or_else(missing)? as usize;
                let item = tenant.access.list_items.get(place).ok_or_else(missing)?;
                let is_there = tenant.users[user].items.contains_key(item);
                is_there.then(|| item.clone()).ok_or_else(missing)?
            }
        };
        let scope = permissions::scope_of(tenant, user, &key);
        return Ok(Thing { key, scope });
    }
    let owner = &tenant.users[site];
    let known = owner.lists.0.iter().find(|known| known.id == list);
    let known = known.ok_or_else(missing)?;
    if number.is_some_and(|number| !known.items.contains_key(&number)) {
        return Err(missing());
    }
    let key = number.map_or_else(|| list.to_owned(), |number| item_key(list, number));
    let scope = scope_of_list(tenant, &owner.id, list, number);
    Ok(Thing { key, scope })
}

fn on(
    tenant: &mut Tenant,
    request: &Request,
    site: usize,
    (thing, rest): (&Thing, &[&str]),
) -> Result<Answer, Answer> {
    let is_own = thing.scope == thing.key;
    match (&*request.method, rest) {
        ("GET", []) => {
            let shown = json!({"HasUniqueRoleAssignments": is_own});
            Ok(json_answer(200, shown))
        }
        ("GET", ["roleassignments"]) => {
            let entries = tenant.access.scopes.get(&thing.scope).cloned();
            let entries = entries.unwrap_or_default();
            let shown: Vec<Value> = entries
                .iter()
                .map(|entry| assignment(tenant, entry))
                .collect();
            Ok(json_answer(200, json!({ "value": shown })))
        }
        ("POST", [call]) if call.starts_with("breakroleinheritance(") => {
            if argument(call, "clearSubscopes").as_deref() == Some("true") {
                return Err(bad("This tenant keeps the rights of what lies below."));
            }
            if !is_own {
                let copies = argument(call, "copyRoleAssignments").as_deref() == Some("true");
                break_off(tenant, thing, copies);
            }
            Ok(done())
        }
        ("POST", ["roleassignments", call]) => assign(tenant, site, thing, call),
        _ => Err(bad("Cannot find resource for the request.")),
    }
}

/// Without what lies above, whoever breaks it is alone in it.
fn break_off(tenant: &mut Tenant, thing: &Thing, copies: bool) {
    let entries = if copies {
        let above = tenant.access.scopes.get(&thing.scope).cloned();
        above.unwrap_or_default()
    } else {
        let id = tenant.opaque("aTow");
        vec![Entry {
            id,
            who: Who::App,
            role: OWNER,
            link: None,
        }]
    };
    tenant.access.scopes.insert(thing.key.clone(), entries);
}

fn assign(tenant: &mut Tenant, site: usize, thing: &Thing, call: &str) -> Result<Answer, Answer> {
    let number = |name: &str| argument(call, name).and_then(|text| text.parse::<u32>().ok());
    let (principal, definition) = (number("principalid"), number("roledefid"));
    let mut known = ROLE_DEFINITIONS.iter();
    let role = known.position(|known| Some(*known) == definition);
    let role = role.ok_or_else(|| bad("The role definition is not there."))?;
    let who = principal.and_then(|number| principal_of(tenant, site, number));
    let who = who.ok_or_else(|| refuse(404, "-2146232832", "Can not find the principal."))?;
    if thing.scope != thing.key {
        let message = "The item inherits its permissions: break the inheritance first.";
        return Err(bad(message));
    }
    if call.split('(').next() != Some("addroleassignment") {
        return Err(bad("Cannot find resource for the request."));
    }
    permissions::add(tenant, &thing.key, who, role);
    Ok(done())
}

fn definitions() -> Answer {
    let known = ROLE_DEFINITIONS.into_iter().zip(KINDS);
    // Limited access, and the role of members.
    let all = known.chain([(1_073_741_825, 1), EDIT]);
    let all = all.map(|(id, kind)| json!({"Id": id, "RoleTypeKind": kind}));
    json_answer(200, json!({"value": all.collect::<Vec<_>>()}))
}

fn administrators(tenant: &Tenant, request: &Request, site: usize) -> Result<Answer, Answer> {
    let filter = request.query.get("$filter").map(String::as_str);
    if filter != Some("IsSiteAdmin eq true") {
        return Err(bad("The filter is not known here."));
    }
    let admins = tenant.access.site_admins.get(&tenant.users[site].id);
    let admins = admins.into_iter().flatten();
    let shown = admins.map(|id| member(tenant, &Who::User(id.clone())));
    Ok(json_answer(
        200,
        json!({"value": shown.collect::<Vec<_>>()}),
    ))
}

fn members(tenant: &Tenant, site: usize, number: Option<&str>) -> Result<Answer, Answer> {
    let number: Option<usize> = number.and_then(|text| text.parse().ok());
    let groups = tenant.access.site_groups.get(&tenant.users[site].id);
    let group = groups.and_then(|groups| groups.get(number?.checked_sub(1)?));
    let group = group.ok_or_else(|| refuse(404, "-2146232832", "Group cannot be found."))?;
    let shown = group.members.iter().map(|who| member(tenant, who));
    Ok(json_answer(
        200,
        json!({"value": shown.collect::<Vec<_>>()}),
    ))
}

fn assignment(tenant: &Tenant, entry: &Entry) -> Value {
    let shown = match &entry.link {
        // A link stands as a group of its own.
        Some((kind, scope)) => {
            let scope = match &**scope {
                "anonymous" => "Anonymous",
                "organization" => "Organization",
                _ => "Flexible",
            };
            let kind = if kind == "edit" { "Edit" } else { "View" };
            let kind = if scope == "Flexible" { "" } else { kind };
            let name = format!("SharingLinks.{0}.{scope}{kind}.{0}", entry.id);
            json!({"Id": 9_000, "PrincipalType": 8, "LoginName": name, "Title": name})
        }
        None => member(tenant, &entry.who),
    };
    let members = Who::SiteGroup(2);
    let of_site = entry.who == members && entry.id == "2";
    let (id, kind) = if of_site {
        EDIT
    } else {
        (ROLE_DEFINITIONS[entry.role], KINDS[entry.role])
    };
    json!({
        "PrincipalId": shown["Id"],
        "Member": shown,
        "RoleDefinitionBindings": [{"Id": id, "RoleTypeKind": kind}],
    })
}

/// A user or group as a site shows it.
fn member(tenant: &Tenant, who: &Who) -> Value {
    let (kind, name) = match who {
        Who::Anyone => (4, "c:0(.s|true".to_owned()),
        Who::App => {
            let name = "i:0i.t|00000003-0000-0ff1-ce00-000000000000|app@sharepoint";
            (1, name.to_owned())
        }
        Who::Organization => {
            let name = format!("c:0-.f|rolemanager|spo-grid-all-users/{}", tenant.id);
            (4, name)
        }
        Who::Group(id) => {
            let is_unified = tenant
                .access
                .group(id)
                .is_some_and(|group| group.is_unified);
            let of = if is_unified {
                "c:0o.c|federateddirectoryclaimprovider|"
            } else {
                "c:0t.c|tenant|"
            };
            (4, format!("{of}{id}"))
        }
        Who::SiteGroup(number) => {
            let shown = json!({"Id": number, "PrincipalType": 8, "LoginName": "A group"});
            return shown;
        }
        Who::User(id) => {
            let upn = tenant.upn(id).unwrap_or_default();
            (1, format!("i:0#.f|membership|{upn}"))
        }
    };
    json!({"Id": 1_000, "PrincipalType": kind, "LoginName": name})
}
