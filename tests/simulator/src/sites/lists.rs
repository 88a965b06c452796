//! Lists of a site, their columns and items, with the rules that Graph keeps.
//! <https://learn.microsoft.com/graph/api/resources/list>

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::fields;
use crate::answer::{Answer, empty, json_answer, page, refuse, select};
use crate::mail::unknown_property;
use crate::request::Request;
use crate::tenant::Tenant;

const READ: [&str; 3] = ["Sites.Read.All", "Sites.ReadWrite.All", "Sites.Manage.All"];
const WRITE: [&str; 2] = ["Sites.ReadWrite.All", "Sites.Manage.All"];
/// What a column is described by beside its one facet.
const SETTINGS: [&str; 10] = [
    "columnGroup",
    "defaultValue",
    "description",
    "displayName",
    "enforceUniqueValues",
    "hidden",
    "indexed",
    "name",
    "required",
    "validation",
];

/// A site's lists, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists(
    pub(crate) Vec<List>,
    pub(crate) Settings,
    /// Its pages, by id.
    pub(crate) BTreeMap<String, Value>,
);

/// What a site is beside its lists.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    /// Members share with people outside by e-mail.
    pub(crate) shares: bool,
    /// How often somebody has to ask before it is there.
    pub(crate) asks_left: u32,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) template: String,
    pub(crate) columns: Vec<Value>,
    pub(crate) items: BTreeMap<u32, Item>,
    next: u32,
}

/// An item: its fields as Graph gives them, and its files.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) fields: Map<String, Value>,
    pub(crate) attachments: Vec<(String, Vec<u8>)>,
    made: String,
}

impl List {
    pub(crate) fn column(&self, name: &str) -> Option<&Value> {
        self.columns.iter().find(|column| column["name"] == name)
    }
}

fn not_found() -> Answer {
    refuse(404, "itemNotFound", "The specified list was not found")
}

fn bad(message: &str) -> Answer {
    refuse(400, "invalidRequest", message)
}

fn method() -> Answer {
    refuse(405, "notSupported", "The method is not allowed.")
}

/// The columns that every list has.
fn own_columns(tenant: &mut Tenant) -> Vec<Value> {
    let own = json!([
        {"name": "Title", "displayName": "Title", "readOnly": false, "text": {"maxLength": 255}},
        {"name": "Attachments", "displayName": "Attachments", "readOnly": false, "boolean": {}},
        {"name": "Modified", "displayName": "Modified", "readOnly": true, "dateTime": {}},
        {"name": "Author", "displayName": "Created By", "readOnly": true, "personOrGroup": {}},
    ]);
    let mut columns = own.as_array().cloned().unwrap_or_default();
    for column in &mut columns {
        column["id"] = tenant.seeded.guid().into();
    }
    columns
}

pub(crate) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    site: usize,
    rest: &[&str],
) -> Result<Answer, Answer> {
    request.needs(if request.is_write() { &WRITE } else { &READ })?;
    let Some((id, rest)) = rest.split_first() else {
        return collection(tenant, request, site);
    };
    let lists = &tenant.users[site].lists.0;
    let place = lists.iter().position(|list| list.id == *id);
    let place = place.ok_or_else(not_found)?;
    match (&*request.method, rest) {
        ("GET", []) => {
            request.only(&["$select"])?;
            let list = shown(&lists[place]);
            Ok(json_answer(200, select(list, request.query.get("$select"))))
        }
        ("PATCH", []) => {
            let body = request.json()?;
            if let Some(key) = body.keys().find(|key| *key != "description") {
                return Err(unknown_property(key));
            }
            let list = &mut tenant.users[site].lists.0[place];
            let text = body.get("description").and_then(Value::as_str);
            text.unwrap_or_default().clone_into(&mut list.description);
            Ok(json_answer(200, shown(list)))
        }
        ("GET", ["columns"]) => {
            request.only(&["$skiptoken", "$top"])?;
            page(lists[place].columns.clone(), request, &tenant.base, 100)
        }
        ("POST", ["columns"]) => {
            let column = column(tenant, site, &request.json()?)?;
            let list = &mut tenant.users[site].lists.0[place];
            let name = column["name"].as_str().unwrap_or_default();
            if list.column(name).is_some() {
                return Err(refuse(409, "nameAlreadyExists", "Name already exists."));
            }
            list.columns.push(column.clone());
            Ok(json_answer(201, column))
        }
        ("GET", ["items"]) => items(tenant, request, site, place),
        ("POST", ["items"]) => create(tenant, request, site, place),
        (_, ["items", number, rest @ ..]) => {
            let number = number.parse().map_err(|_| bad("Invalid item id."))?;
            let at = At {
                site,
                list: place,
                number,
            };
            one(tenant, request, at, rest)
        }
        _ => Err(method()),
    }
}

fn shown(list: &List) -> Value {
    json!({
        "id": list.id, "name": list.name, "displayName": list.name,
        "description": list.description,
        "list": {"template": list.template, "hidden": false, "contentTypesEnabled": false},
    })
}

fn collection(tenant: &mut Tenant, request: &Request, site: usize) -> Result<Answer, Answer> {
    match &*request.method {
        "GET" => {
            request.only(&["$select", "$skiptoken", "$top"])?;
            let wanted = request.query.get("$select");
            let lists = tenant.users[site].lists.0.iter();
            let all = lists.map(|list| select(shown(list), wanted));
            page(all.collect(), request, &tenant.base, 100)
        }
        "POST" => make(tenant, request, site),
        _ => Err(method()),
    }
}

fn make(tenant: &mut Tenant, request: &Request, site: usize) -> Result<Answer, Answer> {
    let body = request.json()?;
    let known = ["columns", "description", "displayName", "list"];
    if let Some(key) = body.keys().find(|key| !known.contains(&&***key)) {
        return Err(unknown_property(key));
    }
    let body = Value::Object(body);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (name, template) = (text(&body["displayName"]), text(&body["list"]["template"]));
    if name.is_empty() || !["genericList", "documentLibrary"].contains(&&*template) {
        return Err(bad("displayName and a template are required."));
    }
    let mut lists = tenant.users[site].lists.0.iter();
    if lists.any(|list| list.name.to_lowercase() == name.to_lowercase()) {
        return Err(refuse(409, "nameAlreadyExists", "Name already exists."));
    }
    let mut columns = own_columns(tenant);
    for one in body["columns"].as_array().into_iter().flatten() {
        let one = one.as_object().cloned().unwrap_or_default();
        columns.push(column(tenant, site, &one)?);
    }
    let list = List {
        id: tenant.seeded.guid(),
        name,
        description: text(&body["description"]),
        template,
        columns,
        items: BTreeMap::new(),
        next: 1,
    };
    let answer = json_answer(201, shown(&list));
    if list.template == "documentLibrary" {
        let path = tenant.users[site].site.clone().unwrap_or_default();
        super::add(tenant, &format!("{}{path}", super::LIBRARY), &list.name);
    }
    tenant.users[site].lists.0.push(list);
    Ok(answer)
}

/// A column as it is kept. Whatever is no letter and no digit in its name is encoded, as SharePoint does.
fn column(tenant: &mut Tenant, site: usize, body: &Map<String, Value>) -> Result<Value, Answer> {
    let is_facet = |key: &&String| !SETTINGS.contains(&&***key);
    let facets: Vec<&String> = body.keys().filter(is_facet).collect();
    let [facet] = facets[..] else {
        return Err(bad("General exception while processing"));
    };
    if !fields::FACETS.contains(&&**facet) || !body[facet].is_object() {
        return Err(unknown_property(facet));
    }
    if facet == "lookup" {
        let of = body[facet]["listId"].as_str().unwrap_or_default();
        let list = tenant.users[site].lists.0.iter().find(|list| list.id == of);
        let list = list.ok_or_else(|| bad("The list that is looked up does not exist."))?;
        let shows = body[facet]["columnName"].as_str().unwrap_or_default();
        if list.column(shows).is_none() {
            return Err(bad("The column that is shown does not exist."));
        }
    }
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() || name.len() > 32 {
        return Err(bad("The name of the column is missing or too long."));
    }
    let encoded = name.chars().map(|c| {
        if c.is_ascii_alphanumeric() {
            c.to_string()
        } else {
            format!("_x{:04x}_", u32::from(c))
        }
    });
    let encoded: String = encoded.collect();
    let mut kept = json!({
        "displayName": name, "hidden": false, "indexed": false, "readOnly": false,
        "required": false, "enforceUniqueValues": false,
    });
    for (key, value) in body {
        kept[key] = value.clone();
    }
    kept["name"] = encoded.into();
    kept["id"] = tenant.seeded.guid().into();
    Ok(kept)
}

/// Where an item stands.
#[derive(Clone, Copy)]
struct At {
    site: usize,
    list: usize,
    number: u32,
}

/// `fields` or `fields($select=a,b)`.
fn expanded(request: &Request) -> Result<Option<Vec<String>>, Answer> {
    let Some(text) = request.query.get("$expand") else {
        return Ok(None);
    };
    let inside = text.strip_prefix("fields");
    let inside = inside.ok_or_else(|| bad("Cannot expand that."))?;
    if inside.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let names = inside.strip_prefix("($select=");
    let names = names.and_then(|rest| rest.strip_suffix(')'));
    let names = names.ok_or_else(|| bad("Cannot read the expansion."))?;
    Ok(Some(names.split(',').map(str::to_owned).collect()))
}

fn shown_item(number: u32, item: &Item, expand: Option<&Vec<String>>) -> Value {
    let mut shown = json!({
        "id": number.to_string(),
        "createdDateTime": item.made,
        "lastModifiedDateTime": item.made,
        "contentType": {"id": "0x0100", "name": "Item"},
    });
    if let Some(names) = expand {
        let mut fields = item.fields.clone();
        fields.insert("id".to_owned(), number.to_string().into());
        let has_files = !item.attachments.is_empty();
        fields.insert("Attachments".to_owned(), has_files.into());
        fields.retain(|name, value| !value.is_null() && (names.is_empty() || names.contains(name)));
        shown["fields"] = Value::Object(fields);
    }
    shown
}

fn items(tenant: &Tenant, request: &Request, site: usize, list: usize) -> Result<Answer, Answer> {
    request.only(&["$expand", "$filter", "$skiptoken", "$top"])?;
    let expand = expanded(request)?;
    let list = &tenant.users[site].lists.0[list];
    let is_it: fields::Chooser = match request.query.get("$filter") {
        None => Box::new(|_| true),
        Some(filter) => fields::filter(list, filter)?,
    };
    let found = list.items.iter().filter(|(_, item)| is_it(item));
    let shown = found.map(|(number, item)| shown_item(*number, item, expand.as_ref()));
    page(shown.collect(), request, &tenant.base, 200)
}

fn create(
    tenant: &mut Tenant,
    request: &Request,
    site: usize,
    list: usize,
) -> Result<Answer, Answer> {
    let body = request.json()?;
    if let Some(key) = body.keys().find(|key| *key != "fields") {
        return Err(unknown_property(key));
    }
    let given = body.get("fields").and_then(Value::as_object).cloned();
    let fields = fields::checked(tenant, site, list, &given.unwrap_or_default())?;
    let made = tenant.clock.text();
    let user = &mut tenant.users[site];
    let kept = &mut user.lists.0[list];
    // What is hidden and indexed is what somebody finds their own items by.
    for column in kept.columns.iter().filter(|one| one["hidden"] == true) {
        let value = column["name"].as_str().and_then(|name| fields.get(name));
        if let Some(Value::String(key)) = value {
            *user.created_by_key.entry(key.clone()).or_default() += 1;
        }
    }
    let number = kept.next;
    kept.next += 1;
    let item = Item {
        fields,
        attachments: Vec::new(),
        made,
    };
    let answer = json_answer(201, shown_item(number, &item, Some(&Vec::new())));
    kept.items.insert(number, item);
    Ok(answer)
}

fn one(tenant: &mut Tenant, request: &Request, at: At, rest: &[&str]) -> Result<Answer, Answer> {
    let items = &tenant.users[at.site].lists.0[at.list].items;
    let missing = || refuse(404, "itemNotFound", "The specified item was not found");
    let item = items.get(&at.number).ok_or_else(missing)?;
    match (&*request.method, rest) {
        ("GET", []) => {
            request.only(&["$expand"])?;
            let expand = expanded(request)?;
            let shown = shown_item(at.number, item, expand.as_ref());
            Ok(json_answer(200, shown))
        }
        ("DELETE", []) => {
            let list = &mut tenant.users[at.site].lists.0[at.list];
            list.items.remove(&at.number);
            Ok(empty(204))
        }
        ("PATCH", ["fields"]) => {
            let fields = fields::checked(tenant, at.site, at.list, &request.json()?)?;
            let list = &mut tenant.users[at.site].lists.0[at.list];
            let item = list.items.get_mut(&at.number).ok_or_else(missing)?;
            item.fields.extend(fields);
            Ok(json_answer(200, Value::Object(item.fields.clone())))
        }
        _ => Err(method()),
    }
}
