//! SharePoint's own interface of a site: numbers of people, files of items of lists.
//! <https://learn.microsoft.com/sharepoint/dev/sp-add-ins/working-with-lists-and-list-items-with-rest>

use serde_json::{Value, json};

use crate::access::{rest as users, site_roles};
use crate::answer::{Answer, Body, bytes, json_answer};
use crate::request::{Request, decode};
use crate::tenant::Tenant;

/// In place of the host of a real tenant.
pub(crate) const PREFIX: &str = "/_sharepoint/";
/// The largest file of an item.
const FILE_BYTES_MAX: usize = 250 << 20;

/// SharePoint's error body.
pub(crate) fn refuse(status: u16, code: &str, message: &str) -> Answer {
    let message = json!({"lang": "en-US", "value": message});
    let body = json!({"odata.error": {"code": code, "message": message}});
    json_answer(status, body)
}

fn bad(message: &str) -> Answer {
    let code = "-1, Microsoft.SharePoint.Client.InvalidClientQueryException";
    refuse(400, code, message)
}

fn nowhere() -> Answer {
    bad("Cannot find resource for the request.")
}

fn missing(number: &str, message: &str) -> Answer {
    refuse(404, &format!("{number}, System.ArgumentException"), message)
}

/// Answers what stands behind [`PREFIX`].
pub(crate) fn handle(tenant: &mut Tenant, request: &Request, rest: &str) -> Result<Answer, Answer> {
    let forbidden = |_| {
        let code = "-2147024891, System.UnauthorizedAccessException";
        refuse(403, code, "Access denied.")
    };
    request
        .needs(&["Sites.FullControl.All"])
        .map_err(forbidden)?;
    let (path, call) = rest.split_once("_api/").ok_or_else(nowhere)?;
    let path = decode(path, false).ok_or_else(|| bad("The URL is malformed."))?;
    let path = format!("/{}", path.trim_end_matches('/'));
    if let Some(call) = call.strip_prefix("SPSiteManager/") {
        return making(tenant, request, call);
    }
    let site = tenant.users.iter().position(|user| {
        let known = user.site.as_deref();
        known.is_some_and(|known| known.eq_ignore_ascii_case(&path))
    });
    let site = site.ok_or_else(|| missing("-1", "404 FILE NOT FOUND"))?;
    if call == "site" && request.method == "GET" {
        let shares = tenant.users[site].lists.1.shares;
        return Ok(json_answer(200, json!({"ShareByEmailEnabled": shares})));
    }
    let call = call.strip_prefix("web/").ok_or_else(nowhere)?;
    if call == "ensureuser" && request.method == "POST" {
        return users::ensure_user(tenant, request, site).map_err(as_of_sharepoint);
    }
    if let Some(answer) = site_roles::answer(tenant, request, site, call) {
        return answer.map_err(as_of_sharepoint);
    }
    let (list, call) = call.split_once('/').ok_or_else(nowhere)?;
    let id = list.strip_prefix("lists(guid'");
    let id = id.and_then(|rest| rest.strip_suffix("')"));
    let mut lists = tenant.users[site].lists.0.iter_mut();
    let list = lists.find(|list| Some(&*list.id) == id);
    let list = list.ok_or_else(|| missing("-2130575322", "List does not exist."))?;
    let (item, call) = call.split_once('/').ok_or_else(nowhere)?;
    let number = item.strip_prefix("items(");
    let number = number.and_then(|rest| rest.strip_suffix(')')?.parse().ok());
    let item = list.items.get_mut(&number.unwrap_or(0));
    let item = item.ok_or_else(|| missing("-2130575338", "Item does not exist."))?;
    files(&mut item.attachments, request, call)
}

fn as_of_sharepoint(answer: Answer) -> Answer {
    let Body::Json(value) = &answer.body else {
        return answer;
    };
    let message = value["error"]["message"].as_str().unwrap_or_default();
    if message.contains("could not be found") {
        let code = "-2146232832, Microsoft.SharePoint.SPException";
        return refuse(404, code, message);
    }
    refuse(
        answer.status,
        "-1, Microsoft.SharePoint.SPException",
        message,
    )
}

/// `'it''s a name'`, encoded.
fn quoted(text: &str) -> Option<String> {
    let text = text.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(decode(text, false)?.replace("''", "'"))
}

fn files(
    files: &mut Vec<(String, Vec<u8>)>,
    request: &Request,
    call: &str,
) -> Result<Answer, Answer> {
    match (&*request.method, call) {
        ("GET", "AttachmentFiles") => {
            let all = files.iter().map(|(name, _)| json!({"FileName": name}));
            let all: Vec<Value> = all.collect();
            Ok(json_answer(200, json!({"value": all})))
        }
        ("POST", call) => {
            let name = call.strip_prefix("AttachmentFiles/add(FileName=");
            let name = name.and_then(|rest| quoted(rest.strip_suffix(')')?));
            add(files, &name.ok_or_else(nowhere)?, &request.body)
        }
        ("GET", call) => {
            let name = call.strip_prefix("AttachmentFiles(");
            let name = name.and_then(|rest| quoted(rest.strip_suffix(")/$value")?));
            let file = files.iter().find(|(known, _)| Some(known) == name.as_ref());
            let (_, content) = file.ok_or_else(|| missing("-2147024894", "File Not Found."))?;
            Ok(bytes("application/octet-stream", content.clone()))
        }
        _ => Err(nowhere()),
    }
}

fn add(files: &mut Vec<(String, Vec<u8>)>, name: &str, content: &[u8]) -> Result<Answer, Answer> {
    if name.is_empty() || name.contains(['"', '*', ':', '<', '>', '?', '/', '\\', '|']) {
        return Err(bad("The file name is invalid."));
    }
    if content.len() > FILE_BYTES_MAX {
        return Err(bad("The file is too large."));
    }
    let is_it = |(known, _): &(String, Vec<u8>)| known.to_lowercase() == name.to_lowercase();
    if files.iter().any(is_it) {
        let code = "-2130575257, Microsoft.SharePoint.SPException";
        return Err(refuse(409, code, "The specified name is already in use."));
    }
    files.push((name.to_owned(), content.to_vec()));
    Ok(json_answer(200, json!({"FileName": name})))
}

/// Sites are made here, and asked about until they are there.
/// <https://learn.microsoft.com/sharepoint/dev/apis/site-creation-rest>
fn making(tenant: &mut Tenant, request: &Request, call: &str) -> Result<Answer, Answer> {
    let host = format!("https://{}", super::host(tenant));
    let place = |tenant: &Tenant, address: &str| {
        let path = address.strip_prefix(&host)?.to_owned();
        let mut users = tenant.users.iter();
        let place = users.position(|user| user.site.as_deref() == Some(&*path));
        Some((path, place))
    };
    let answer = |address: &str, status: u32| {
        let body = json!({"SiteId": "", "SiteStatus": status, "SiteUrl": address});
        Ok(json_answer(200, body))
    };
    match (&*request.method, call) {
        ("POST", "create") => {
            let wanted = Value::Object(request.json()?)["request"].take();
            let text = |name: &str| wanted[name].as_str().unwrap_or_default();
            let address = text("Url");
            let (path, there) = place(tenant, address).ok_or_else(|| bad("The Url is invalid."))?;
            if there.is_some() {
                return answer(address, 4);
            }
            let is_whole = !text("Title").is_empty() && path.starts_with("/sites/");
            if !is_whole || !["STS#3", "SITEPAGEPUBLISHING#0"].contains(&text("WebTemplate")) {
                return Err(bad("Title, Url and WebTemplate are required."));
            }
            // An application has no site of its own: somebody must own it.
            if tenant.user_index(text("Owner")).is_none() || text("Owner").is_empty() {
                return answer(address, 3);
            }
            let site = super::add(tenant, &path, text("Title"));
            let admin = tenant.user_index(text("Owner"));
            let admin = admin.map(|place| tenant.users[place].id.clone());
            let admins = tenant.access.site_admins.entry(site.clone()).or_default();
            admins.extend(admin);
            let made = tenant.users.iter_mut().find(|user| user.id == site);
            if let Some(made) = made {
                // Sharing by e-mail is on where nobody says that it is not.
                made.lists.1.shares = wanted["ShareByEmailEnabled"] != false;
                made.lists.1.asks_left = 1;
            }
            answer(address, 1)
        }
        ("GET", "status") => {
            let address = request.query.get("url").map(String::as_str);
            let address = address.unwrap_or_default().trim_matches('\'').to_owned();
            let Some((_, Some(there))) = place(tenant, &address) else {
                return answer(&address, 0);
            };
            let left = &mut tenant.users[there].lists.1.asks_left;
            *left = left.saturating_sub(1);
            answer(&address, if *left == 0 { 2 } else { 1 })
        }
        _ => Err(nowhere()),
    }
}
