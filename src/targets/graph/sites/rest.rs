//! SharePoint's own interface, for what Graph has none: somebody's number in a site, and files of items of lists. Its tokens
//! are for its own host and are given for a certificate alone.
//! <https://learn.microsoft.com/sharepoint/dev/sp-add-ins/working-with-lists-and-list-items-with-rest>

use reqwest::Method;
use serde_json::{Value, json};

use super::super::call::{Call, Goal, Payload, Session};
use super::super::{failure, segment};
use crate::targets::{TargetError, TargetUser};

/// Where Microsoft has sites; a token is sent nowhere else.
const HOSTS: [&str; 4] = [
    ".sharepoint.com",
    ".sharepoint.us",
    ".sharepoint-mil.us",
    ".sharepoint.cn",
];

/// A call below a site's `_api`.
pub(super) fn call(
    session: &Session,
    site: &TargetUser,
    operation: &'static str,
    method: Method,
    path: &str,
    body: Payload,
) -> Result<Call, TargetError> {
    let (base, scope) = place(session, &site.user_principal_name)
        .ok_or_else(|| failure::unsendable(operation, "not the address of a site of SharePoint"))?;
    if !session.takes_rest {
        let rule = "SharePoint takes an application that proves itself by a certificate alone";
        return Err(failure::unsendable(operation, rule));
    }
    Ok(Call {
        operation,
        method,
        goal: Goal::SharePoint {
            url: format!("{base}/_api/{path}"),
            scope: format!("{scope}/.default"),
        },
        body,
    })
}

/// Where a site answers, and whom its tokens are for.
fn place(session: &Session, address: &str) -> Option<(String, String)> {
    let rest = address.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_host = host
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    if !is_host || !HOSTS.iter().any(|known| host.ends_with(known)) {
        return None;
    }
    let names = path.split('/').filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(segment).collect();
    if names
        .iter()
        .any(|name| [".", ".."].contains(&name.as_str()))
    {
        return None;
    }
    let origin = match &session.rest_on_this_machine {
        Some(local) => local.clone(),
        None => format!("https://{host}"),
    };
    let below = names.iter().map(|name| format!("/{name}"));
    Some((format!("{origin}{}", below.collect::<String>()), origin))
}

/// A text in a call: quotes are doubled, and all that a URL does not take is encoded.
/// <https://learn.microsoft.com/sharepoint/dev/solution-guidance/supporting-and-in-file-and-folder-with-the-resourcepath-api>
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", segment(&text.replace('\'', "''")))
}

/// Somebody's number in the site, by principal name.
pub(in super::super) async fn person(
    session: &Session,
    site: &TargetUser,
    principal: &str,
) -> Result<Option<u32>, TargetError> {
    let claim = format!("i:0#.f|membership|{principal}");
    numbered(session, site, &claim).await
}

/// The number in the site of whoever has a claim. Being known to a site lets nobody in.
pub(super) async fn numbered(
    session: &Session,
    site: &TargetUser,
    claim: &str,
) -> Result<Option<u32>, TargetError> {
    let operation = "POST {site}/_api/web/ensureuser";
    let body = json!({ "logonName": claim });
    let body = Payload::Json(body.to_string().into_bytes());
    let call = call(
        session,
        site,
        operation,
        Method::POST,
        "web/ensureuser",
        body,
    )?;
    let answer = match session.json(call).await {
        Ok(answer) => answer.body,
        // "The specified user … could not be found."
        Err(error)
            if error.code == "SharePoint_2146232832" || error.code == "SharePoint_2130575276" =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let number = answer["Id"].as_u64().and_then(|id| u32::try_from(id).ok());
    number
        .map(Some)
        .ok_or_else(|| failure::contract(operation, "a user without a number"))
}

/// The files of an item: names alone.
pub(super) async fn attachments(
    session: &Session,
    site: &TargetUser,
    item: &str,
) -> Result<Vec<String>, TargetError> {
    let operation = "GET {site}/_api/web/lists({id})/items({n})/AttachmentFiles";
    let path = format!("{item}/AttachmentFiles");
    let call = call(session, site, operation, Method::GET, &path, Payload::None)?;
    let answer = session.json(call).await?.body;
    let listed = answer["value"].as_array();
    let listed = listed.ok_or_else(|| failure::contract(operation, "no list"))?;
    let name = |file: &Value| file["FileName"].as_str().map(str::to_owned);
    let names: Option<Vec<String>> = listed.iter().map(name).collect();
    names.ok_or_else(|| failure::contract(operation, "a file without a name"))
}

/// Adds a file; 409 where one of that name is there.
pub(super) async fn attach(
    session: &Session,
    site: &TargetUser,
    item: &str,
    name: &str,
    content: &[u8],
) -> Result<Option<String>, TargetError> {
    let operation = "POST {site}/_api/web/lists({id})/items({n})/AttachmentFiles/add";
    let path = format!("{item}/AttachmentFiles/add(FileName={})", quoted(name));
    let body = Payload::Bytes {
        content: content.to_vec(),
        range: None,
    };
    let call = call(session, site, operation, Method::POST, &path, body)?;
    Ok(session.json(call).await?.request_id)
}

/// The bytes of a file.
pub(super) async fn attached(
    session: &Session,
    site: &TargetUser,
    item: &str,
    name: &str,
) -> Result<Vec<u8>, TargetError> {
    let operation = "GET {site}/_api/web/lists({id})/items({n})/AttachmentFiles({name})/$value";
    let path = format!("{item}/AttachmentFiles({})/$value", quoted(name));
    let call = call(session, site, operation, Method::GET, &path, Payload::None)?;
    session.bytes(call).await
}

/// Where a list stands in SharePoint's own interface.
pub(super) fn list_path(list: &str) -> String {
    format!("web/lists(guid{})", quoted(list))
}

/// Where an item stands in SharePoint's own interface.
pub(super) fn item_path(list: &str, item: &str) -> String {
    format!("{}/items({})", list_path(list), segment(item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_cannot_leave_its_text() {
        assert_eq!(quoted("a'b c"), "'a%27%27b%20c'");
        assert_eq!(item_path("1-2", "7"), "web/lists(guid'1-2')/items(7)");
    }
}
