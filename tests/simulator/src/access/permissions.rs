//! Permissions of drive items through Graph: listed with what they come from, invited, linked, changed, removed.
//! <https://learn.microsoft.com/graph/api/driveitem-invite>

use serde_json::{Value, json};

use crate::access::{Entry, ROLES, Who, site_roles};
use crate::answer::{Answer, empty, json_answer, refuse};
use crate::request::Request;
use crate::tenant::Tenant;

fn invalid(message: &str) -> Answer {
    refuse(400, "invalidRequest", message)
}

fn method() -> Answer {
    refuse(
        405,
        "invalidRequest",
        "The HTTP method is not allowed here.",
    )
}

/// `…/items/{id}/permissions`, `…/invite`, `…/createLink`.
pub(crate) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    id: &str,
    rest: &[&str],
) -> Result<Answer, Answer> {
    match (&*request.method, rest) {
        ("GET", ["permissions"]) => Ok(json_answer(200, json!({"value": list(tenant, user, id)}))),
        ("POST", ["invite"]) => invite(tenant, request, user, id),
        ("POST", ["createLink"]) => create_link(tenant, request, user, id),
        ("PATCH", ["permissions", entry]) => {
            let body = request.json()?;
            let role = role(body.get("roles"))?;
            let found = own(tenant, id, entry)?;
            found.role = role;
            let shown = shown(found, None);
            Ok(json_answer(200, shown))
        }
        ("DELETE", ["permissions", entry]) => {
            own(tenant, id, entry)?;
            if let Some(entries) = tenant.access.scopes.get_mut(id) {
                entries.retain(|known| known.id != *entry);
            }
            Ok(empty(204))
        }
        _ => Err(method()),
    }
}

/// Permissions that the item itself has; those of an item above cannot be changed here.
fn own<'a>(tenant: &'a mut Tenant, id: &str, entry: &str) -> Result<&'a mut Entry, Answer> {
    let scope = tenant.access.scopes.get_mut(id);
    let found = scope.and_then(|entries| entries.iter_mut().find(|known| known.id == entry));
    found.ok_or_else(|| refuse(404, "itemNotFound", "The permission is not on this item."))
}

fn role(roles: Option<&Value>) -> Result<usize, Answer> {
    let roles = roles.and_then(Value::as_array);
    let one = roles
        .and_then(|roles| roles.first())
        .and_then(Value::as_str);
    // Owner cannot be given through Graph.
    ["read", "write"]
        .iter()
        .position(|known| Some(*known) == one)
        .ok_or_else(|| invalid("roles must be read or write."))
}

/// The item whose scope counts for one, which may be itself.
pub(crate) fn scope_of(tenant: &Tenant, user: usize, id: &str) -> String {
    let items = &tenant.users[user].items;
    let mut at = id;
    loop {
        if tenant.access.scopes.contains_key(at) {
            return at.to_owned();
        }
        let Some(parent) = items.get(at).and_then(|item| item.parent.as_deref()) else {
            let web = site_roles::web_of(tenant, user);
            return web.map_or(at, |web| &tenant.users[web].id).to_owned();
        };
        at = parent;
    }
}

fn list(tenant: &Tenant, user: usize, id: &str) -> Vec<Value> {
    let owner = &tenant.users[user];
    let identity = json!({"user": {"id": owner.id, "displayName": owner.display_name}});
    let mut found = vec![json!({"id": "owner", "roles": ["owner"], "grantedToV2": identity})];
    let scope = scope_of(tenant, user, id);
    let from = (scope != id).then_some(&*scope);
    let entries = tenant.access.scopes.get(&scope).into_iter().flatten();
    found.extend(entries.map(|entry| {
        let mut value = shown(entry, from);
        if let Who::SiteGroup(number) = entry.who {
            let groups = tenant.access.site_groups.get(&owner.id);
            let group = groups.and_then(|groups| groups.get(number as usize - 1));
            let title = group.map(|group| group.title.clone());
            value["grantedToV2"]["siteGroup"]["displayName"] = title.into();
        }
        value
    }));
    found
}

fn shown(entry: &Entry, from: Option<&str>) -> Value {
    let mut value = json!({"id": entry.id, "roles": [ROLES[entry.role]]});
    let identity = match &entry.who {
        Who::Anyone | Who::Organization => Value::Null,
        Who::App => json!({"application": {"id": "00000003-0000-0ff1-ce00-000000000000"}}),
        Who::Group(id) => json!({"group": {"id": id}}),
        Who::SiteGroup(number) => json!({"siteGroup": {"id": number.to_string()}}),
        Who::User(id) => json!({"user": {"id": id}}),
    };
    match &entry.link {
        Some((kind, scope)) => {
            value["link"] = json!({"type": kind, "scope": scope});
            if !identity.is_null() {
                value["grantedToIdentitiesV2"] = json!([identity]);
            }
        }
        None => value["grantedToV2"] = identity,
    }
    if let Some(from) = from {
        value["inheritedFrom"] = json!({"id": from});
    }
    value
}

/// Gives the item a scope of its own the first time that it is shared: with what it had, unless that is not retained.
fn share(tenant: &mut Tenant, user: usize, id: &str, retain: bool) {
    if tenant.access.scopes.contains_key(id) {
        return;
    }
    let scope = scope_of(tenant, user, id);
    let entries = if retain {
        tenant.access.scopes.get(&scope).cloned()
    } else {
        None
    };
    tenant
        .access
        .scopes
        .insert(id.to_owned(), entries.unwrap_or_default());
}

/// Lets somebody in behind everybody's back, links for whom only a link reaches; what the item takes over stays.
pub(crate) fn plant(tenant: &mut Tenant, user: usize, id: &str, who: Who, role: usize) {
    share(tenant, user, id, true);
    plant_on(tenant, id, who, role);
}

/// The same where what is opened has a scope of its own.
pub(crate) fn plant_on(tenant: &mut Tenant, id: &str, who: Who, role: usize) {
    let scope = match who {
        Who::Anyone => "anonymous",
        Who::Organization => "organization",
        _ => {
            add(tenant, id, who, role);
            return;
        }
    };
    let kind = ["view", "edit"][role.min(1)];
    let entry = Entry {
        id: tenant.opaque("bGlu"),
        who,
        role,
        link: Some((kind.to_owned(), scope.to_owned())),
    };
    let scope = tenant.access.scopes.entry(id.to_owned());
    scope.or_default().push(entry);
}

pub(crate) fn add(tenant: &mut Tenant, id: &str, who: Who, role: usize) -> Entry {
    let entry_id = tenant.opaque("aTow");
    let entries = tenant.access.scopes.entry(id.to_owned()).or_default();
    let same = |known: &&mut Entry| known.who == who && known.link.is_none();
    if let Some(known) = entries.iter_mut().find(same) {
        known.role = known.role.max(role);
        return known.clone();
    }
    let entry = Entry {
        id: entry_id,
        who,
        role,
        link: None,
    };
    entries.push(entry.clone());
    entry
}

/// Whom `objectId` or `email` names.
fn recipient(tenant: &Tenant, value: &Value) -> Option<Who> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    if let Some(id) = text("objectId") {
        if tenant.access.group(id).is_some() {
            return Some(Who::Group(id.to_owned()));
        }
        let user = tenant.users.iter().find(|user| user.id == id);
        return user.map(|user| Who::User(user.id.clone()));
    }
    let place = tenant.user_index(text("email")?)?;
    Some(Who::User(tenant.users[place].id.clone()))
}

fn invite(tenant: &mut Tenant, request: &Request, user: usize, id: &str) -> Result<Answer, Answer> {
    let body = request.json()?;
    if tenant.users[user].root == id {
        return Err(invalid("The root of a drive cannot be shared."));
    }
    let role = role(body.get("roles"))?;
    // The default sends mail to everybody: no restore may rely on it.
    if body.get("sendInvitation") != Some(&Value::Bool(false)) {
        return Err(invalid(
            "This tenant sends no invitations: sendInvitation must be false.",
        ));
    }
    let recipients = body.get("recipients").and_then(Value::as_array);
    let recipients = recipients.ok_or_else(|| invalid("recipients is missing."))?;
    let found: Option<Vec<Who>> = recipients
        .iter()
        .map(|one| recipient(tenant, one))
        .collect();
    let found = found.ok_or_else(|| {
        let message = "One or more users could not be resolved";
        refuse(400, "noResolvedUsers", message)
    })?;
    let retain = body.get("retainInheritedPermissions") != Some(&Value::Bool(false));
    share(tenant, user, id, retain);
    let added: Vec<Value> = found
        .into_iter()
        .map(|who| shown(&add(tenant, id, who, role), None))
        .collect();
    Ok(json_answer(200, json!({"value": added})))
}

/// <https://learn.microsoft.com/graph/api/driveitem-createlink>
fn create_link(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    id: &str,
) -> Result<Answer, Answer> {
    let body = request.json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = text("type").to_owned();
    let role = ["view", "edit"].iter().position(|known| *known == kind);
    let role = role.ok_or_else(|| invalid("type is view or edit."))?;
    let scope = text("scope").to_owned();
    let whom: Vec<Who> = match &*scope {
        "anonymous" => vec![Who::Anyone],
        "organization" => vec![Who::Organization],
        "users" => {
            let recipients = body.get("recipients").and_then(Value::as_array);
            let recipients = recipients.into_iter().flatten();
            recipients
                .filter_map(|one| recipient(tenant, one))
                .collect()
        }
        _ => return Err(invalid("scope is anonymous, organization or users.")),
    };
    let retain = body.get("retainInheritedPermissions") != Some(&Value::Bool(false));
    share(tenant, user, id, retain);
    let mut last = json!({"roles": [ROLES[role]], "link": {"type": kind, "scope": scope}});
    for who in whom {
        let entry = Entry {
            id: tenant.opaque("bGlu"),
            who,
            role,
            link: Some((kind.clone(), scope.clone())),
        };
        last = shown(&entry, None);
        tenant
            .access
            .scopes
            .entry(id.to_owned())
            .or_default()
            .push(entry);
    }
    Ok(json_answer(201, last))
}
