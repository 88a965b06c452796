//! Drives: items by id and by path, folders, whole-file PUT, download; upload sessions are below.
//! <https://learn.microsoft.com/graph/api/resources/driveitem>

mod rewrite;
pub(crate) mod upload;
mod versions;

use base64ct::{Base64, Encoding};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::access::{permissions, rest as sharepoint};
use crate::answer::{Answer, empty, json_answer, page, refuse, select};
use crate::request::Request;
use crate::stored::Stored;
use crate::tenant::{Download, DriveItem, Tenant, User};

const READ: [&str; 4] = [
    "Files.Read.All",
    "Files.ReadWrite.All",
    "Sites.Read.All",
    "Sites.ReadWrite.All",
];
const WRITE: [&str; 2] = ["Files.ReadWrite.All", "Sites.ReadWrite.All"];
const PUT_MAX: usize = 250 << 20;
const PATH_CHARS_MAX: usize = 400;

/// What an address names.
enum Place {
    Item(String),
    /// Nothing yet; the parent is there.
    Free {
        parent: String,
        name: String,
    },
}

fn not_found() -> Answer {
    refuse(404, "itemNotFound", "The resource could not be found.")
}

fn method() -> Answer {
    refuse(
        405,
        "invalidRequest",
        "The HTTP method is not allowed here.",
    )
}

pub(crate) fn name_taken() -> Answer {
    refuse(
        409,
        "nameAlreadyExists",
        "An item with the same name already exists under the parent.",
    )
}

pub(crate) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    rest: &[&str],
) -> Result<Answer, Answer> {
    request.needs(if request.is_write() { &WRITE } else { &READ })?;
    let (address, rest) = match rest {
        [] => return drive(tenant, request, user),
        ["root", rest @ ..] => (Place::Item(tenant.users[user].root.clone()), rest),
        [root, rest @ ..] if root.starts_with("root:") => {
            let path = root["root:".len()..].trim_end_matches(':');
            let known = &tenant.users[user];
            (by_path(known, &known.root, path)?, rest)
        }
        ["items", id, rest @ ..] => {
            let (id, path) = id.split_once(':').unwrap_or((id, ""));
            let known = &tenant.users[user];
            let id = if id == "root" {
                known.root.clone()
            } else {
                id.to_owned()
            };
            if !known.items.contains_key(&id) {
                return Err(not_found());
            }
            (by_path(known, &id, path.trim_end_matches(':'))?, rest)
        }
        _ => return Err(not_found()),
    };
    match (&*request.method, rest) {
        ("POST", ["createUploadSession"]) => {
            let (parent, name) = goal(&tenant.users[user], address)?;
            upload::create(tenant, request, user, &parent, name.as_deref())
        }
        ("PUT", ["content"]) => {
            let (parent, name) = match address {
                Place::Free { parent, name } => (parent, name),
                Place::Item(id) => place_of(&tenant.users[user], &id)?,
            };
            versions::check_match(&tenant.users[user], request, &parent, &name)?;
            put(tenant, request, user, &parent, &name)
        }
        (_, rest) => {
            let Place::Item(id) = address else {
                return Err(not_found());
            };
            item(tenant, request, user, &id, rest)
        }
    }
}

fn item(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    id: &str,
    rest: &[&str],
) -> Result<Answer, Answer> {
    match (&*request.method, rest) {
        ("GET", []) => {
            request.only(&["$select", "$expand"])?;
            let mut shown = shown(tenant, user, id)?;
            let wanted = request.query.get("$select");
            // Given only to who asks for it.
            if wanted.is_some_and(|wanted| wanted.contains("sharepointIds")) {
                let number = sharepoint::list_item_number(tenant, id).to_string();
                let owner = &tenant.users[user];
                let site = format!("{}/personal/{}", tenant.base, owner.id);
                shown["sharepointIds"] =
                    json!({"listId": owner.drive, "listItemId": number, "siteUrl": site});
            }
            Ok(json_answer(200, select(shown, wanted)))
        }
        ("PATCH", []) => patch(tenant, request, user, id),
        ("DELETE", []) => {
            if *id == tenant.users[user].root {
                return Err(refuse(403, "accessDenied", "The root stays."));
            }
            remove(&mut tenant.users[user], id)
        }
        ("GET", ["content"]) => {
            let location = download_url(tenant, user, id, None)?;
            Ok(empty(302).with("Location", location))
        }
        ("GET", ["versions", rest @ ..]) => versions::handle(tenant, request, user, id, rest),
        ("GET", ["children"]) => {
            let options = [
                "$select",
                "$top",
                "$skiptoken",
                "$count",
                "$expand",
                "$orderby",
            ];
            request.only(&options)?;
            let known = &tenant.users[user];
            let inside = known
                .items
                .values()
                .filter(|item| item.parent.as_deref() == Some(id));
            let ids: Vec<String> = inside.map(|item| item.id.clone()).collect();
            let wanted = request.query.get("$select");
            let all: Result<Vec<Value>, Answer> = ids
                .iter()
                .map(|id| shown(tenant, user, id).map(|item| select(item, wanted)))
                .collect();
            page(all?, request, &tenant.base, 200)
        }
        ("POST", ["children"]) => make_folder(tenant, request, user, id),
        (_, ["permissions", ..] | ["invite" | "createLink"]) => {
            permissions::handle(tenant, request, user, id, rest)
        }
        _ => Err(method()),
    }
}

fn drive(tenant: &Tenant, request: &Request, user: usize) -> Result<Answer, Answer> {
    if request.method != "GET" {
        return Err(method());
    }
    request.only(&["$select"])?;
    let owner = &tenant.users[user];
    let used: usize = owner
        .items
        .values()
        .map(|item| item.content.as_ref().map_or(0, Stored::len))
        .sum();
    let shown = json!({
        "id": owner.drive,
        "name": "OneDrive",
        "driveType": "business",
        "owner": {"user": {"id": owner.id, "displayName": owner.display_name}},
        "quota": {
            "state": "normal",
            "total": QUOTA,
            "used": used,
            "remaining": QUOTA - used as u64,
        },
        "webUrl": format!("{}/personal/{}", tenant.base, owner.id),
    });
    Ok(json_answer(
        200,
        select(shown, request.query.get("$select")),
    ))
}

pub(crate) const QUOTA: u64 = 1 << 40;

/// Follows a path below an item; the last segment may be missing.
fn by_path(user: &User, from: &str, path: &str) -> Result<Place, Answer> {
    let mut at = from.to_owned();
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    for (place, name) in names.iter().enumerate() {
        match child(user, &at, name) {
            Some(item) => at.clone_from(&item.id),
            None if place + 1 == names.len() => {
                return Ok(Place::Free {
                    parent: at,
                    name: (*name).to_owned(),
                });
            }
            None => return Err(not_found()),
        }
    }
    Ok(Place::Item(at))
}

/// SharePoint compares names without regard to case.
pub(crate) fn child<'a>(user: &'a User, parent: &str, name: &str) -> Option<&'a DriveItem> {
    let name = name.to_lowercase();
    let mut inside = user.items.values();
    inside.find(|item| item.parent.as_deref() == Some(parent) && item.name.to_lowercase() == name)
}

fn place_of(user: &User, id: &str) -> Result<(String, String), Answer> {
    let item = user.items.get(id).ok_or_else(not_found)?;
    let parent = item
        .parent
        .clone()
        .ok_or_else(|| refuse(400, "invalidRequest", "The root."))?;
    Ok((parent, item.name.clone()))
}

/// Where a new file goes: a free name, an item that has it, or a folder whose body names it.
fn goal(user: &User, place: Place) -> Result<(String, Option<String>), Answer> {
    match place {
        Place::Free { parent, name } => Ok((parent, Some(name))),
        Place::Item(id) if user.items[&id].content.is_none() => Ok((id, None)),
        Place::Item(id) => place_of(user, &id).map(|(parent, name)| (parent, Some(name))),
    }
}

/// <https://support.microsoft.com/office/64883a5d-228e-48f5-b3d2-eb39e07630fa>
pub(crate) fn check_name(user: &User, parent: &str, name: &str) -> Result<(), Answer> {
    let stem = name.split('.').next().unwrap_or_default().to_uppercase();
    let device = matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL")
        || (stem.len() == 4
            && (stem.starts_with("COM") || stem.starts_with("LPT"))
            && stem.ends_with(|last: char| last.is_ascii_digit()));
    let lower = name.to_lowercase();
    let refused = name.is_empty()
        || name
            .chars()
            .any(|c| "\"*:<>?/\\|".contains(c) || c.is_control())
        || name.starts_with([' '])
        || name.ends_with([' ', '.'])
        || name.starts_with("~$")
        || lower == ".lock"
        || lower == "desktop.ini"
        || lower.contains("_vti_")
        || device
        || name.chars().count() > 255
        || (lower == "forms" && parent == user.root);
    let path = path(user, parent).chars().count() + 1 + name.chars().count();
    if refused || path > PATH_CHARS_MAX {
        return Err(refuse(
            400,
            "invalidRequest",
            "The provided name cannot contain this.",
        ));
    }
    Ok(())
}

/// The path of an item below the root: `/a/b`.
pub(crate) fn path(user: &User, id: &str) -> String {
    let mut names = Vec::new();
    let mut at = user.items.get(id);
    while let Some(item) = at {
        let Some(parent) = &item.parent else { break };
        names.push(item.name.as_str());
        at = user.items.get(parent);
    }
    names
        .iter()
        .rev()
        .fold(String::new(), |path, name| path + "/" + name)
}

pub(crate) fn shown(tenant: &mut Tenant, user: usize, id: &str) -> Result<Value, Answer> {
    let url = download_url(tenant, user, id, None).ok();
    let known = &tenant.users[user];
    let item = known.items.get(id).ok_or_else(not_found)?;
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut value = json!({
        "id": item.id,
        "name": item.name,
        "size": item.content.as_ref().map_or(0, Stored::len),
        "eTag": item.e_tag(),
        "cTag": format!("\"c:{{{}}},{}\"", item.id, item.version),
        "createdDateTime": time(item.older.first().map_or(item.made, |first| first.made)),
        "lastModifiedDateTime": time(item.made),
        "webUrl": format!("{}/personal/{}{}", tenant.base, known.id, path(known, id)),
        "createdBy": {"application": {"displayName": "restore"}},
        "fileSystemInfo": {
            "createdDateTime": time(item.created),
            "lastModifiedDateTime": time(item.modified),
        },
    });
    match (&item.content, &item.parent) {
        (_, None) => value["root"] = json!({}),
        (_, Some(parent)) => {
            value["parentReference"] = json!({
                "driveType": "business",
                "driveId": known.drive,
                "id": parent,
                "path": format!("/drives/{}/root:{}", known.drive, path(known, parent)),
            });
        }
    }
    if let Some(content) = &item.content {
        let mut hash = content.quick_xor();
        hash[0] ^= u8::from(tenant.names_wrong_hash);
        let hash = Base64::encode_string(&hash);
        value["file"] = json!({
            "mimeType": "application/octet-stream",
            "hashes": {"quickXorHash": hash},
        });
        value["@microsoft.graph.downloadUrl"] = url.into();
    } else {
        let children = known.items.values();
        let count = children
            .filter(|child| child.parent.as_deref() == Some(id))
            .count();
        value["folder"] = json!({"childCount": count});
    }
    Ok(value)
}

fn download_url(
    tenant: &mut Tenant,
    user: usize,
    id: &str,
    version: Option<u32>,
) -> Result<String, Answer> {
    let known = &tenant.users[user];
    let item = known.items.get(id).ok_or_else(not_found)?;
    if item.content.is_none() {
        return Err(refuse(
            400,
            "notSupported",
            "You cannot get content for a folder.",
        ));
    }
    let owner = known.id.clone();
    let token = tenant.opaque("dl");
    let download = Download {
        user: owner,
        item: id.to_owned(),
        version,
    };
    tenant.downloads.insert(token.clone(), download);
    Ok(format!("{}/_download/{token}", tenant.base))
}

/// The pre-authenticated URL. A token is not asked for; one that comes along by a redirect within this host does no harm.
pub(crate) fn download(
    tenant: &mut Tenant,
    request: &Request,
    token: &str,
) -> Result<Answer, Answer> {
    let wanted = tenant.downloads.get(token).cloned().ok_or_else(not_found)?;
    let place = tenant.user_index(&wanted.user).ok_or_else(not_found)?;
    let item = tenant.users[place].items.get(&wanted.item);
    let item = item.ok_or_else(not_found)?;
    let content = match wanted.version {
        None => item.content.clone(),
        Some(number) => versions::content(item, number).cloned(),
    };
    let content = content.ok_or_else(not_found)?;
    let total = content.len();
    let Some(range) = request.header("range") else {
        return Ok(content.answer(0..total));
    };
    let parsed = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'));
    let parsed = parsed.and_then(|(from, to)| {
        let from = from.parse::<usize>().ok()?;
        let to = if to.is_empty() {
            total.checked_sub(1)?
        } else {
            to.parse().ok()?
        };
        (from <= to && from < total).then_some((from, to.min(total - 1)))
    });
    let Some((from, to)) = parsed else {
        return Err(refuse(416, "invalidRange", "The range is not satisfiable."));
    };
    let mut answer = content.answer(from..to + 1);
    answer.status = 206;
    Ok(answer.with("Content-Range", format!("bytes {from}-{to}/{total}")))
}

fn conflict(request: &Request, body: &Map<String, Value>) -> String {
    let name = "@microsoft.graph.conflictBehavior";
    let inside = body.get(name).and_then(Value::as_str);
    let outside = request.query.get(name).map(String::as_str);
    outside.or(inside).unwrap_or("fail").to_owned()
}

fn make_folder(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    parent: &str,
) -> Result<Answer, Answer> {
    let body = request.json()?;
    let name = body
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    if !body.get("folder").is_some_and(Value::is_object) {
        return Err(refuse(400, "invalidRequest", "Only folders are made here."));
    }
    check_name(&tenant.users[user], parent, &name)?;
    if tenant.users[user].items[parent].content.is_some() {
        return Err(refuse(400, "invalidRequest", "The parent is a file."));
    }
    let behavior = conflict(request, &body);
    if let Some(found) = child(&tenant.users[user], parent, &name) {
        // For folders "replace" gives back the folder that is there.
        if behavior != "replace" || found.content.is_some() {
            return Err(name_taken());
        }
        let id = found.id.clone();
        return shown(tenant, user, &id).map(|shown| json_answer(200, shown));
    }
    let now = tenant.clock.now();
    let id = store(tenant, user, parent, &name, None, (now, now));
    shown(tenant, user, &id).map(|shown| json_answer(201, shown))
}

/// Makes an item, or a new version of the file that has the name.
pub(crate) fn store(
    tenant: &mut Tenant,
    user: usize,
    parent: &str,
    name: &str,
    content: Option<Stored>,
    (created, modified): (DateTime<Utc>, DateTime<Utc>),
) -> String {
    let now = tenant.clock.now();
    let content = match content {
        Some(file) if tenant.rewrites => Some(file.changed(|bytes| rewrite::promoted(name, bytes))),
        other => other,
    };
    let content = match tenant.damage {
        Some(damage) => content.map(|file| file.changed(|bytes| damage(name, bytes))),
        None => content,
    };
    if let Some(found) = child(&tenant.users[user], parent, name) {
        let id = found.id.clone();
        if let Some(item) = tenant.users[user].items.get_mut(&id) {
            item.set_aside(now);
            item.content = content;
            item.created = created;
            item.modified = modified;
        }
        return id;
    }
    let id = format!(
        "01{:014X}{:016X}",
        tenant.seeded.next() >> 8,
        tenant.seeded.next()
    );
    let item = DriveItem {
        id: id.clone(),
        name: name.to_owned(),
        parent: Some(parent.to_owned()),
        content,
        created,
        modified,
        made: now,
        version: 1,
        older: Vec::new(),
    };
    tenant.users[user].items.insert(id.clone(), item);
    id
}

fn put(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    parent: &str,
    name: &str,
) -> Result<Answer, Answer> {
    if request.body.len() > PUT_MAX {
        return Err(refuse(
            413,
            "requestEntityTooLarge",
            "At most 250 MB in one PUT.",
        ));
    }
    check_name(&tenant.users[user], parent, name)?;
    let taken = child(&tenant.users[user], parent, name).is_some();
    let behavior = request
        .query
        .get("@microsoft.graph.conflictBehavior")
        .map(String::as_str);
    if taken && behavior == Some("fail") {
        return Err(name_taken());
    }
    let now = tenant.clock.now();
    let id = store(
        tenant,
        user,
        parent,
        name,
        Some(request.body.clone().into()),
        (now, now),
    );
    let status = if taken { 200 } else { 201 };
    shown(tenant, user, &id).map(|shown| json_answer(status, shown))
}

fn patch(tenant: &mut Tenant, request: &Request, user: usize, id: &str) -> Result<Answer, Answer> {
    let body = request.json()?;
    if let Some(key) = body
        .keys()
        .find(|key| !["fileSystemInfo", "name"].contains(&&***key))
    {
        return Err(refuse(
            400,
            "invalidRequest",
            &format!("{key} cannot be changed here."),
        ));
    }
    let dates = body.get("fileSystemInfo").cloned().unwrap_or_default();
    let (created, modified) = file_system_info(&dates)?;
    if let Some(name) = body.get("name").and_then(Value::as_str) {
        let (parent, _) = place_of(&tenant.users[user], id)?;
        check_name(&tenant.users[user], &parent, name)?;
        if child(&tenant.users[user], &parent, name).is_some_and(|found| found.id != id) {
            return Err(name_taken());
        }
    }
    let now = tenant.clock.now();
    let item = tenant.users[user].items.get_mut(id).ok_or_else(not_found)?;
    if let Some(name) = body.get("name").and_then(Value::as_str) {
        name.clone_into(&mut item.name);
    }
    item.created = created.unwrap_or(item.created);
    item.modified = modified.unwrap_or(item.modified);
    // Business drives count a change of dates as another version.
    item.set_aside(now);
    shown(tenant, user, id).map(|shown| json_answer(200, shown))
}

type Dates = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// Client dates, kept to the second.
pub(crate) fn file_system_info(given: &Value) -> Result<Dates, Answer> {
    let read = |name: &str| match given.get(name).and_then(Value::as_str) {
        Some(text) => DateTime::parse_from_rfc3339(text)
            .map(|time| DateTime::from_timestamp(time.timestamp(), 0))
            .map_err(|_| refuse(400, "invalidRequest", &format!("{name} is not a date."))),
        None => Ok(None),
    };
    Ok((read("createdDateTime")?, read("lastModifiedDateTime")?))
}

fn remove(user: &mut User, id: &str) -> Result<Answer, Answer> {
    user.items.remove(id).ok_or_else(not_found)?;
    // What lies in a deleted folder goes with it.
    loop {
        let orphan = user.items.values().find(|item| {
            item.parent
                .as_ref()
                .is_some_and(|parent| !user.items.contains_key(parent))
        });
        let Some(orphan) = orphan.map(|item| item.id.clone()) else {
            return Ok(empty(204));
        };
        user.items.remove(&orphan);
    }
}
