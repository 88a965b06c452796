//! Groups of the directory: made, filled, nested. Microsoft 365 groups hold people only.
//! <https://learn.microsoft.com/graph/api/group-post-groups>

use serde_json::{Value, json};

use crate::access::Group;
use crate::answer::{Answer, empty, json_answer, page, refuse, select};
use crate::request::Request;
use crate::tenant::Tenant;
use crate::{sites, users};

const READ: [&str; 4] = [
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const WRITE: [&str; 2] = ["Group.ReadWrite.All", "Directory.ReadWrite.All"];
const BIND_MAX: usize = 20;
const NICKNAME_MAX: usize = 64;

fn bad(message: &str) -> Answer {
    refuse(400, "Request_BadRequest", message)
}

fn method() -> Answer {
    refuse(
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed.",
    )
}

fn shown(group: &Group) -> Value {
    let kinds: &[&str] = if group.is_unified { &["Unified"] } else { &[] };
    json!({
        "id": group.id,
        "displayName": group.name,
        "mailNickname": group.nickname,
        "mailEnabled": group.is_unified,
        "securityEnabled": !group.is_unified,
        "groupTypes": kinds,
        "visibility": group.visibility,
        "createdDateTime": group.created.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    })
}

/// `/groups`.
pub(crate) fn collection(tenant: &mut Tenant, request: &Request) -> Result<Answer, Answer> {
    match &*request.method {
        "GET" => {
            request.needs(&READ)?;
            request.only(&["$select", "$filter", "$top", "$count", "$skiptoken"])?;
            let wanted = match request.query.get("$filter") {
                Some(filter) => Some(users::equals(filter, &["displayName", "mailNickname"])?.1),
                None => None,
            };
            let fits = |group: &&Group| {
                let wanted = wanted.as_deref();
                wanted.is_none_or(|name| group.name == name || group.nickname == name)
            };
            let groups = tenant.access.groups.iter().filter(fits);
            let groups: Vec<(&Group, bool)> = groups
                .filter_map(|group| {
                    let is_known = tenant.teams.listed(&group.id)?;
                    Some((group, is_known))
                })
                .collect();
            let chosen = request.query.get("$select");
            let groups = groups.into_iter().map(|(group, is_known)| {
                let mut value = shown(group);
                let options: &[&str] = if is_known && tenant.teams.is_team(&group.id) {
                    &["Team"]
                } else {
                    &[]
                };
                value["resourceProvisioningOptions"] = json!(options);
                select(value, chosen)
            });
            let groups = groups.collect();
            page(groups, request, &tenant.base, 100)
        }
        "POST" => create(tenant, request),
        _ => Err(method()),
    }
}

fn create(tenant: &mut Tenant, request: &Request) -> Result<Answer, Answer> {
    request.needs(&[
        "Group.Create",
        "Group.ReadWrite.All",
        "Directory.ReadWrite.All",
    ])?;
    let body = request.json()?;
    for name in [
        "displayName",
        "mailEnabled",
        "mailNickname",
        "securityEnabled",
    ] {
        if !body.contains_key(name) {
            let message = format!("A value is required for property '{name}' of resource 'Group'.");
            return Err(bad(&message));
        }
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let nickname = text("mailNickname").to_owned();
    let refused = |letter: char| "@()\\[]\";:.<>, ".contains(letter) || !letter.is_ascii();
    if nickname.is_empty() || nickname.len() > NICKNAME_MAX || nickname.contains(refused) {
        return Err(bad(
            "Invalid value specified for property 'mailNickname' of resource 'Group'.",
        ));
    }
    let kinds = body.get("groupTypes").and_then(Value::as_array);
    let is_unified = kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "Unified"));
    if is_unified && body.get("mailEnabled") != Some(&Value::Bool(true)) {
        return Err(bad("A Microsoft 365 group is mail-enabled."));
    }
    let taken = |group: &Group| group.is_unified && group.nickname == nickname;
    if is_unified && tenant.access.groups.iter().any(taken) {
        return Err(bad(
            "Another object with the same value for property mailNickname exists.",
        ));
    }
    let mut group = Group {
        id: tenant.seeded.guid(),
        name: text("displayName").to_owned(),
        nickname,
        is_unified,
        visibility: match text("visibility") {
            "" => "Public".to_owned(),
            other => other.to_owned(),
        },
        members: Vec::new(),
        owners: bound(tenant, &body, "owners@odata.bind")?,
        created: tenant.clock.now(),
    };
    for member in bound(tenant, &body, "members@odata.bind")? {
        check_member(tenant, &group, &member)?;
        group.members.push(member);
    }
    tenant.access.groups.push(group.clone());
    Ok(json_answer(201, shown(&group)))
}

/// `/groups(uniqueName='…')`: looked up by a name that the tenant takes once, or made under it.
/// <https://learn.microsoft.com/graph/api/group-upsert>
pub(crate) fn by_name(
    tenant: &mut Tenant,
    request: &Request,
    segment: &str,
) -> Result<Answer, Answer> {
    let name = segment
        .strip_prefix("groups(uniqueName='")
        .and_then(|rest| rest.strip_suffix("')"))
        .filter(|name| !name.is_empty() && name.len() <= 128)
        .ok_or_else(|| bad("The key is malformed."))?;
    let known = tenant.accounts.unique.get(name).cloned();
    let group = known.and_then(|id| tenant.access.group(&id).cloned());
    match (&*request.method, group) {
        ("GET", Some(group)) => {
            request.needs(&READ)?;
            let chosen = request.query.get("$select");
            Ok(json_answer(200, select(shown(&group), chosen)))
        }
        ("GET", None) => Err(users::unknown()),
        ("PATCH", Some(_)) => {
            request.needs(&WRITE)?;
            Ok(empty(204))
        }
        ("PATCH", None) => {
            let prefers = request.header("prefer").unwrap_or_default();
            let makes = prefers.contains("create-if-missing");
            if !makes {
                return Err(users::unknown());
            }
            let made = create(tenant, request)?;
            let id = tenant.access.groups.last().map(|group| group.id.clone());
            let id = id.ok_or_else(users::unknown)?;
            let young = tenant.accounts.young_requests;
            tenant.accounts.young.insert(id.clone(), young);
            tenant.accounts.unique.insert(name.to_owned(), id);
            Ok(made)
        }
        _ => Err(method()),
    }
}

/// The object ids of `…@odata.bind`.
fn bound(
    tenant: &Tenant,
    body: &serde_json::Map<String, Value>,
    name: &str,
) -> Result<Vec<String>, Answer> {
    let Some(list) = body.get(name) else {
        return Ok(Vec::new());
    };
    let list = list
        .as_array()
        .ok_or_else(|| bad("A collection is expected."))?;
    if list.len() > BIND_MAX {
        return Err(bad("At most 20 references can be bound in one request."));
    }
    list.iter().map(|one| object(tenant, one)).collect()
}

/// The directory object that a URL names.
fn object(tenant: &Tenant, reference: &Value) -> Result<String, Answer> {
    let url = reference.as_str().unwrap_or_default();
    let id = url.rsplit('/').next().unwrap_or_default();
    let is_user = tenant.users.iter().any(|user| user.id == id);
    if is_user || tenant.access.group(id).is_some() {
        return Ok(id.to_owned());
    }
    Err(users::unknown())
}

fn check_member(tenant: &Tenant, group: &Group, member: &str) -> Result<(), Answer> {
    let Some(inner) = tenant.access.group(member) else {
        return Ok(());
    };
    if group.is_unified || inner.is_unified {
        return Err(bad("Microsoft 365 groups cannot be nested."));
    }
    // The directory takes no cycle.
    let mut open = vec![inner.id.clone()];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(at) = open.pop() {
        if at == group.id {
            return Err(bad("A group cannot be a member of itself."));
        }
        if seen.insert(at.clone()) {
            let members = tenant.access.group(&at).map(|group| group.members.clone());
            open.extend(members.unwrap_or_default());
        }
    }
    Ok(())
}

/// `/groups/{id}/…`.
pub(crate) fn one(
    tenant: &mut Tenant,
    request: &Request,
    id: &str,
    rest: &[&str],
) -> Result<Answer, Answer> {
    request.needs(if request.is_write() { &WRITE } else { &READ })?;
    let place = tenant.access.groups.iter().position(|group| group.id == id);
    let place = place.ok_or_else(users::unknown)?;
    // Not every server knows of a new group at once.
    if tenant.accounts.is_young(id) {
        return Err(users::unknown());
    }
    match (&*request.method, rest) {
        ("GET", []) => {
            let group = shown(&tenant.access.groups[place]);
            Ok(json_answer(
                200,
                select(group, request.query.get("$select")),
            ))
        }
        ("GET", ["sites", "root"]) => {
            let group = &tenant.access.groups[place];
            let named = group
                .is_unified
                .then(|| (group.nickname.clone(), group.name.clone()));
            let named = named.ok_or_else(users::unknown)?;
            sites::of_group(tenant, request, (id, &named.0, &named.1))
        }
        ("GET", [list @ ("members" | "owners")]) => {
            let group = &tenant.access.groups[place];
            let ids = if *list == "members" {
                &group.members
            } else {
                &group.owners
            };
            let shown = ids.iter().map(|id| reference(tenant, id)).collect();
            page(shown, request, &tenant.base, 100)
        }
        ("POST", ["members", "$ref"]) => {
            let body = request.json()?;
            let member = object(tenant, body.get("@odata.id").unwrap_or(&Value::Null))?;
            let group = &tenant.access.groups[place];
            if group.members.contains(&member) {
                let message = "One or more added object references already exist for the \
                               following modified properties: 'members'.";
                return Err(bad(message));
            }
            check_member(tenant, group, &member)?;
            tenant.access.groups[place].members.push(member);
            Ok(empty(204))
        }
        ("POST", ["owners", "$ref"]) => {
            let body = request.json()?;
            let owner = object(tenant, body.get("@odata.id").unwrap_or(&Value::Null))?;
            let owners = &mut tenant.access.groups[place].owners;
            if owners.contains(&owner) {
                let message = "One or more added object references already exist for the \
                               following modified properties: 'owners'.";
                return Err(bad(message));
            }
            owners.push(owner);
            Ok(empty(204))
        }
        ("DELETE", ["members", member, "$ref"]) => {
            let members = &mut tenant.access.groups[place].members;
            let before = members.len();
            members.retain(|known| known != member);
            let is_gone = members.len() < before;
            is_gone.then(|| empty(204)).ok_or_else(users::unknown)
        }
        _ => Err(method()),
    }
}

fn reference(tenant: &Tenant, id: &str) -> Value {
    if let Some(group) = tenant.access.group(id) {
        let mut value = shown(group);
        value["@odata.type"] = "#microsoft.graph.group".into();
        return value;
    }
    let user = tenant.users.iter().find(|user| user.id == id);
    json!({
        "@odata.type": "#microsoft.graph.user",
        "id": id,
        "userPrincipalName": user.map(|user| &user.upn),
        "displayName": user.map(|user| &user.display_name),
    })
}
