//! Mailboxes: folders and messages as Exchange keeps them behind Graph; attachments and rewriting are below.
//! <https://learn.microsoft.com/graph/api/resources/message>

pub(crate) mod attachments;
pub(crate) mod create;
mod exchange;
pub(crate) mod properties;

use serde_json::{Value, json};

use crate::answer::{Answer, bytes, empty, json_answer, page, refuse, select};
use crate::request::Request;
use crate::tenant::{MailFolder, Message, Tenant, User};

pub(crate) use create::REQUEST_BYTES_MAX;

/// Folders that every mailbox has beside those of mail.
const NOT_OF_MAIL: [&str; 5] = ["Aufgaben", "Journal", "Kalender", "Kontakte", "Notizen"];
const READ: [&str; 3] = ["Mail.Read", "Mail.ReadBasic.All", "Mail.ReadWrite"];
const WRITE: [&str; 1] = ["Mail.ReadWrite"];

pub(crate) fn item_not_found() -> Answer {
    refuse(
        404,
        "ErrorItemNotFound",
        "The specified object was not found in the store.",
    )
}

fn method() -> Answer {
    refuse(
        405,
        "ErrorMethodNotAllowed",
        "The OData request is not supported.",
    )
}

pub(crate) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    rest: &[&str],
) -> Result<Answer, Answer> {
    request.needs(if request.is_write() { &WRITE } else { &READ })?;
    match rest {
        ["mailFolders"] => folders(tenant, request, user, None),
        ["mailFolders", id] if request.method == "GET" => one_folder(tenant, request, user, id),
        ["mailFolders", id, "childFolders"] => folders(tenant, request, user, Some(id)),
        ["mailFolders", id, "messages"] => {
            let folder = folder_id(&tenant.users[user], id)?;
            match &*request.method {
                "GET" => list(tenant, request, user, Some(&folder)),
                "POST" => create::json(tenant, request, user, &folder),
                _ => Err(method()),
            }
        }
        ["messages"] => match &*request.method {
            "GET" => list(tenant, request, user, None),
            "POST" => create::into_drafts(tenant, request, user),
            _ => Err(method()),
        },
        ["messages", id] => message(tenant, request, user, id),
        ["messages", id, "permanentDelete"] if request.method == "POST" => remove(tenant, user, id),
        ["messages", id, "$value"] if request.method == "GET" => {
            let found = tenant.users[user]
                .messages
                .get(*id)
                .ok_or_else(item_not_found)?;
            Ok(bytes("text/plain", exchange::rebuild_mime(found)))
        }
        ["messages", id, "attachments", rest @ ..] => {
            attachments::handle(tenant, request, user, id, rest)
        }
        ["mailFolders", folder, "messages", rest @ ..] if !rest.is_empty() => {
            folder_id(&tenant.users[user], folder)?;
            let rest = [&["messages"][..], rest].concat();
            handle(tenant, request, user, &rest)
        }
        _ => Err(method()),
    }
}

fn folder_id(user: &User, name: &str) -> Result<String, Answer> {
    let found = user.folder(name).map(|folder| folder.id.clone());
    found.ok_or_else(|| {
        refuse(
            404,
            "ErrorItemNotFound",
            "The specified folder could not be found in the store.",
        )
    })
}

fn shown_folder(user: &User, folder: &MailFolder) -> Value {
    let inside = user
        .messages
        .values()
        .filter(|message| message.folder == folder.id);
    let unread = inside
        .clone()
        .filter(|message| message.json["isRead"] == false)
        .count();
    let children = user
        .folders
        .values()
        .filter(|child| child.parent == folder.id)
        .count();
    json!({
        "id": folder.id,
        "displayName": folder.name,
        "parentFolderId": folder.parent,
        "childFolderCount": children,
        "unreadItemCount": unread,
        "totalItemCount": inside.count(),
        "isHidden": false,
    })
}

fn one_folder(tenant: &Tenant, request: &Request, user: usize, id: &str) -> Result<Answer, Answer> {
    request.only(&["$select", "includeHiddenFolders"])?;
    let user = &tenant.users[user];
    let folder = user
        .folder(&folder_id(user, id)?)
        .ok_or_else(item_not_found)?;
    Ok(json_answer(
        200,
        select(shown_folder(user, folder), request.query.get("$select")),
    ))
}

fn folders(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    parent: Option<&str>,
) -> Result<Answer, Answer> {
    let parent = folder_id(&tenant.users[user], parent.unwrap_or("msgfolderroot"))?;
    match &*request.method {
        "GET" => {
            let options = [
                "$select",
                "$top",
                "$skip",
                "$skiptoken",
                "$filter",
                "$count",
                "includeHiddenFolders",
            ];
            request.only(&options)?;
            let wanted = match request.query.get("$filter") {
                Some(filter) => Some(crate::users::equals(filter, &["displayName"])?.1),
                None => None,
            };
            let known = &tenant.users[user];
            let inside = known.folders.values().filter(|folder| {
                folder.parent == parent
                    && wanted
                        .as_ref()
                        .is_none_or(|name| folder.name.eq_ignore_ascii_case(name))
            });
            let shown = inside
                .map(|folder| select(shown_folder(known, folder), request.query.get("$select")))
                .collect();
            page(shown, request, &tenant.base, 10)
        }
        "POST" => {
            let body = request.json()?;
            let known = ["displayName", "isHidden"];
            if let Some(key) = body.keys().find(|key| !known.contains(&&***key)) {
                return Err(unknown_property(key));
            }
            let name = body
                .get("displayName")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if name.is_empty() || name.len() > 255 {
                return Err(refuse(
                    400,
                    "ErrorInvalidRequest",
                    "displayName is not valid.",
                ));
            }
            if is_taken(&tenant.users[user], &parent, name) {
                let message = "A folder with the specified name already exists.";
                return Err(refuse(409, "ErrorFolderExists", message));
            }
            let id = tenant.opaque("AQ");
            let folder = MailFolder {
                id: id.clone(),
                name: name.to_owned(),
                parent,
                well_known: None,
            };
            let known = &mut tenant.users[user];
            known.folders.insert(id, folder.clone());
            Ok(json_answer(201, shown_folder(known, &folder)))
        }
        _ => Err(method()),
    }
}

/// Exchange compares folder names without regard to case, and with folders that hold no mail and are not listed here.
fn is_taken(user: &User, parent: &str, name: &str) -> bool {
    let is_top = user
        .folder("msgfolderroot")
        .is_some_and(|top| top.id == parent);
    let mut others = NOT_OF_MAIL.iter();
    let mut folders = user.folders.values();
    (is_top && others.any(|taken| taken.eq_ignore_ascii_case(name)))
        || folders.any(|one| one.parent == parent && one.name.to_lowercase() == name.to_lowercase())
}

pub(crate) fn unknown_property(name: &str) -> Answer {
    let message = format!("The property '{name}' does not exist on this type.");
    refuse(400, "RequestBodyRead", &message)
}

fn list(
    tenant: &Tenant,
    request: &Request,
    user: usize,
    folder: Option<&str>,
) -> Result<Answer, Answer> {
    request.only(&[
        "$select",
        "$expand",
        "$filter",
        "$top",
        "$skip",
        "$skiptoken",
        "$count",
        "$orderby",
    ])?;
    let filter = request
        .query
        .get("$filter")
        .map(|text| properties::filter(text))
        .transpose()?;
    let inside = tenant.users[user].messages.values().filter(|message| {
        folder.is_none_or(|folder| message.folder == folder)
            && filter
                .as_ref()
                .is_none_or(|filter| filter.fits(&message.json, &message.properties))
    });
    let shown = inside
        .map(|message| shown(message, request))
        .collect::<Result<_, _>>()?;
    page(shown, request, &tenant.base, 10)
}

fn shown(message: &Message, request: &Request) -> Result<Value, Answer> {
    let mut value = Value::Object(message.json.clone());
    value["body"] = create::as_read(&value["body"], request);
    value = select(value, request.query.get("$select"));
    let wants = request
        .query
        .get("$select")
        .is_some_and(|s| s.contains("internetMessageHeaders"));
    if wants {
        value["internetMessageHeaders"] = exchange::headers(message);
    }
    for part in properties::split_expand(request.query.get("$expand"))? {
        if part == "attachments" || part.starts_with("attachments(") {
            let all = message
                .attachments
                .iter()
                .map(|a| attachments::shown(a, true));
            value["attachments"] = all.collect();
        } else if let Some(filter) = part.strip_prefix("singleValueExtendedProperties(") {
            let found = properties::expand(&message.properties, filter.trim_end_matches(')'))?;
            if found.as_array().is_some_and(|found| !found.is_empty()) {
                value["singleValueExtendedProperties"] = found;
            }
        } else {
            return Err(refuse(
                400,
                "BadRequest",
                &format!("Cannot expand '{part}'."),
            ));
        }
    }
    Ok(value)
}

fn message(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    id: &str,
) -> Result<Answer, Answer> {
    match &*request.method {
        "GET" => {
            request.only(&["$select", "$expand"])?;
            let found = tenant.users[user]
                .messages
                .get(id)
                .ok_or_else(item_not_found)?;
            Ok(json_answer(200, shown(found, request)?))
        }
        "DELETE" => remove(tenant, user, id),
        "PATCH" => {
            let body = request.json()?;
            let found = tenant.users[user]
                .messages
                .get_mut(id)
                .ok_or_else(item_not_found)?;
            let always = [
                "isRead",
                "categories",
                "flag",
                "importance",
                "inferenceClassification",
            ];
            let is_draft = found.json["isDraft"] == true;
            for (name, value) in body {
                if !always.contains(&&*name) && !is_draft {
                    let message = "Updating a sent message needs Mail-Advanced.ReadWrite.All.";
                    return Err(refuse(403, "ErrorAccessDenied", message));
                }
                if !found.json.contains_key(&name) {
                    return Err(unknown_property(&name));
                }
                found.json.insert(name, value);
            }
            Ok(json_answer(200, Value::Object(found.json.clone())))
        }
        _ => Err(method()),
    }
}

fn remove(tenant: &mut Tenant, user: usize, id: &str) -> Result<Answer, Answer> {
    tenant.users[user]
        .messages
        .remove(id)
        .map(|_| empty(204))
        .ok_or_else(item_not_found)
}
