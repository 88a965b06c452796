//! Pages of a site, as drafts, with the web parts that Graph takes.
//! <https://learn.microsoft.com/graph/api/resources/sitepage>

use serde_json::{Value, json};

use crate::answer::{Answer, empty, json_answer, page, refuse, select};
use crate::mail::unknown_property;
use crate::request::Request;
use crate::tenant::Tenant;

const READ: [&str; 2] = ["Sites.Read.All", "Sites.ReadWrite.All"];
const WRITE: [&str; 1] = ["Sites.ReadWrite.All"];
/// Web parts that are taken beside text: a divider, a spacer, a picture.
const STANDARD: [&str; 3] = [
    "2161a1c6-db61-4731-b97c-3cdb303f7cbb",
    "8654b779-4886-46d4-8ffb-b5ed960ee986",
    "d1d91016-032f-456d-98a4-721247c305e8",
];
const WIDTHS: [(&str, &[u64]); 6] = [
    ("fullWidth", &[0]),
    ("oneColumn", &[12]),
    ("oneThirdLeftColumn", &[4, 8]),
    ("oneThirdRightColumn", &[8, 4]),
    ("threeColumns", &[4, 4, 4]),
    ("twoColumns", &[6, 6]),
];

fn bad(message: &str) -> Answer {
    refuse(400, "invalidRequest", message)
}

pub(crate) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    site: usize,
    rest: &[&str],
) -> Result<Answer, Answer> {
    request.needs(if request.is_write() { &WRITE } else { &READ })?;
    let missing = || refuse(404, "itemNotFound", "The page was not found");
    match (&*request.method, rest) {
        ("GET", []) => {
            request.only(&["$select", "$skiptoken", "$top"])?;
            let wanted = request.query.get("$select");
            let all = tenant.users[site].lists.2.values().cloned();
            let all = all.map(|one| select(bare(one), wanted)).collect();
            page(all, request, &tenant.base, 20)
        }
        ("POST", []) => create(tenant, request, site),
        ("GET", [id, "microsoft.graph.sitePage"]) => {
            request.only(&["$expand"])?;
            let found = tenant.users[site].lists.2.get(*id).cloned();
            let found = found.ok_or_else(missing)?;
            let is_whole = request.query.get("$expand").map(String::as_str);
            let shown = if is_whole == Some("canvasLayout") {
                found
            } else {
                bare(found)
            };
            Ok(json_answer(200, shown))
        }
        ("DELETE", [id]) => {
            let gone = tenant.users[site].lists.2.remove(*id);
            gone.map(|_| empty(204)).ok_or_else(missing)
        }
        _ => Err(refuse(405, "notSupported", "The method is not allowed.")),
    }
}

fn bare(mut page: Value) -> Value {
    if let Some(page) = page.as_object_mut() {
        page.remove("canvasLayout");
    }
    page
}

fn create(tenant: &mut Tenant, request: &Request, site: usize) -> Result<Answer, Answer> {
    let mut body = request.json()?;
    let known = ["@odata.type", "canvasLayout", "name", "pageLayout", "title"];
    if let Some(key) = body.keys().find(|key| !known.contains(&&***key)) {
        return Err(unknown_property(key));
    }
    let name = body
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let is_page = body
        .get("@odata.type")
        .is_some_and(|kind| kind == "#microsoft.graph.sitePage");
    if !is_page || !name.to_lowercase().ends_with(".aspx") || !body.contains_key("title") {
        return Err(bad("@odata.type, name and title are required."));
    }
    let user = &tenant.users[site];
    if user.lists.2.values().any(|page| page["name"] == *name) {
        return Err(refuse(409, "nameAlreadyExists", "Name already exists."));
    }
    let layout = body
        .entry("canvasLayout")
        .or_insert(json!({"horizontalSections": []}));
    check(layout)?;
    let id = tenant.seeded.guid();
    let now = tenant.clock.text();
    body.insert("id".to_owned(), id.clone().into());
    body.insert("createdDateTime".to_owned(), now.into());
    body.insert(
        "publishingState".to_owned(),
        json!({"level": "draft", "versionId": "0.1"}),
    );
    let made = Value::Object(body);
    let user = &mut tenant.users[site];
    *user.created_by_key.entry(name).or_default() += 1;
    user.lists.2.insert(id, made.clone());
    Ok(json_answer(201, bare(made)))
}

fn check(layout: &Value) -> Result<(), Answer> {
    let none = Vec::new();
    for section in layout["horizontalSections"].as_array().unwrap_or(&none) {
        let columns = section["columns"].as_array().unwrap_or(&none);
        let widths: Vec<u64> = columns
            .iter()
            .filter_map(|one| one["width"].as_u64())
            .collect();
        let known = WIDTHS.iter().find(|(name, _)| section["layout"] == *name);
        if known.is_none_or(|(_, known)| *known != widths) {
            return Err(bad(
                "The layout of a section does not exist or has other columns.",
            ));
        }
        for part in columns
            .iter()
            .flat_map(|one| one["webparts"].as_array().unwrap_or(&none))
        {
            let is_taken = match part["@odata.type"].as_str() {
                Some("#microsoft.graph.textWebPart") => part["innerHtml"].is_string(),
                Some("#microsoft.graph.standardWebPart") => {
                    let kind = part["webPartType"].as_str().unwrap_or_default();
                    STANDARD.contains(&kind) && part["data"].is_object()
                }
                _ => false,
            };
            if !is_taken {
                return Err(bad("The web part is not supported."));
            }
        }
    }
    Ok(())
}
