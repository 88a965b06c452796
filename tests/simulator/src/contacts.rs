//! Contacts, their folders and their photos.
//! <https://learn.microsoft.com/graph/api/resources/contact>

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::answer::{Answer, bytes, empty, json_answer, page, refuse, select};
use crate::mail::{properties, unknown_property};
use crate::request::Request;
use crate::tenant::Tenant;

const READ: [&str; 2] = ["Contacts.Read", "Contacts.ReadWrite"];
const WRITE: [&str; 1] = ["Contacts.ReadWrite"];
/// The folder that every mailbox has.
const DEFAULT: &str = "";
const PHOTO_BYTES_MAX: usize = 4 << 20;

const TEXTS: [&str; 24] = [
    "assistantName",
    "birthday",
    "businessHomePage",
    "companyName",
    "department",
    "displayName",
    "fileAs",
    "generation",
    "givenName",
    "initials",
    "jobTitle",
    "manager",
    "middleName",
    "mobilePhone",
    "nickName",
    "officeLocation",
    "personalNotes",
    "profession",
    "spouseName",
    "surname",
    "title",
    "yomiCompanyName",
    "yomiGivenName",
    "yomiSurname",
];
/// Lists and how many places they have.
const LISTS: [(&str, usize); 6] = [
    ("businessPhones", 2),
    ("categories", usize::MAX),
    ("children", usize::MAX),
    ("emailAddresses", 3),
    ("homePhones", 2),
    ("imAddresses", usize::MAX),
];
const PLACES: [&str; 3] = ["businessAddress", "homeAddress", "otherAddress"];

/// A mailbox's contacts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contacts {
    /// Id, name and parent of each folder but the one that is always there.
    pub(crate) folders: Vec<(String, String, String)>,
    pub(crate) contacts: BTreeMap<String, Contact>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) folder: String,
    pub(crate) json: Map<String, Value>,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) photo: Option<Vec<u8>>,
}

fn not_found() -> Answer {
    crate::mail::item_not_found()
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
        ["contactFolders"] => folders(tenant, request, user, DEFAULT),
        ["contactFolders", id, "childFolders"] => folders(tenant, request, user, id),
        ["contactFolders", id, "contacts"] => {
            let known = &tenant.users[user].contacts.folders;
            if !known.iter().any(|(known, ..)| known == id) {
                return Err(not_found());
            }
            collection(tenant, request, user, id)
        }
        ["contacts"] => collection(tenant, request, user, DEFAULT),
        ["contactFolders", folder, "contacts", id, rest @ ..] => {
            contact(tenant, request, user, Some(folder), id, rest)
        }
        ["contacts", id, rest @ ..] => contact(tenant, request, user, None, id, rest),
        _ => Err(method()),
    }
}

fn folders(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    parent: &str,
) -> Result<Answer, Answer> {
    let shown = |(id, name, parent): &(String, String, String)| {
        let (id, name, parent) = (id.as_str(), name.as_str(), parent.as_str());
        json!({"id": id, "displayName": name, "parentFolderId": parent})
    };
    match &*request.method {
        "GET" => {
            request.only(&["$select", "$top", "$skip", "$skiptoken", "$count"])?;
            let known = tenant.users[user].contacts.folders.iter();
            let inside = known.filter(|(_, _, of)| of == parent);
            page(inside.map(shown).collect(), request, &tenant.base, 10)
        }
        "POST" => {
            let body = request.json()?;
            if let Some(key) = body.keys().find(|key| *key != "displayName") {
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
            let known = &tenant.users[user].contacts.folders;
            let same = |(_, taken, of): &(String, String, String)| {
                of == parent && taken.to_lowercase() == name.to_lowercase()
            };
            if known.iter().any(same) {
                let message = "A folder with the specified name already exists.";
                return Err(refuse(409, "ErrorFolderExists", message));
            }
            let made = (tenant.opaque("AAMkFld"), name.to_owned(), parent.to_owned());
            let answer = json_answer(201, shown(&made));
            tenant.users[user].contacts.folders.push(made);
            Ok(answer)
        }
        _ => Err(method()),
    }
}

fn collection(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    folder: &str,
) -> Result<Answer, Answer> {
    match &*request.method {
        "GET" => {
            request.only(&[
                "$select",
                "$expand",
                "$filter",
                "$top",
                "$skip",
                "$skiptoken",
                "$count",
            ])?;
            let filter = request
                .query
                .get("$filter")
                .map(|text| properties::filter(text));
            let filter = filter.transpose()?;
            let inside = tenant.users[user].contacts.contacts.values().filter(|one| {
                one.folder == folder
                    && filter
                        .as_ref()
                        .is_none_or(|filter| filter.fits(&one.json, &one.properties))
            });
            let all = inside
                .map(|one| shown(one, request))
                .collect::<Result<_, _>>()?;
            page(all, request, &tenant.base, 10)
        }
        "POST" => create(tenant, request, user, folder),
        _ => Err(method()),
    }
}

fn create(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    folder: &str,
) -> Result<Answer, Answer> {
    let mut body = request.json()?;
    let found = properties::given(
        &body
            .remove("singleValueExtendedProperties")
            .unwrap_or_default(),
    )?;
    check(&body)?;
    let id = tenant.opaque("AAMkCon");
    let mut json = Map::new();
    for name in TEXTS {
        json.insert(name.to_owned(), Value::Null);
    }
    for (name, _) in LISTS {
        json.insert(name.to_owned(), json!([]));
    }
    for name in PLACES {
        json.insert(name.to_owned(), json!({}));
    }
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (given, family) = (text("givenName"), text("surname"));
    // Outlook sorts by "family name, given name" unless it is told otherwise.
    let file_as = format!("{family}, {given}");
    json.insert("fileAs".to_owned(), file_as.trim_matches([',', ' ']).into());
    json.extend(body);
    if let Some(day) = json["birthday"].as_str().and_then(|text| text.get(..10)) {
        let kept = format!("{day}T11:59:00Z");
        json.insert("birthday".to_owned(), kept.into());
    }
    json.insert("id".to_owned(), id.clone().into());
    json.insert("parentFolderId".to_owned(), folder.into());
    let known = &mut tenant.users[user];
    for (name, value) in &found {
        if name.ends_with("Name UnbrokenItemKey") {
            *known.created_by_key.entry(value.clone()).or_default() += 1;
        }
    }
    let contact = Contact {
        folder: folder.to_owned(),
        json: json.clone(),
        properties: found,
        photo: None,
    };
    known.contacts.contacts.insert(id, contact);
    Ok(json_answer(201, Value::Object(json)))
}

fn check(body: &Map<String, Value>) -> Result<(), Answer> {
    for (name, value) in body {
        let list = LISTS.iter().find(|(known, _)| known == name);
        if let Some((_, most)) = list {
            if value.as_array().is_none_or(|list| list.len() > *most) {
                let message = format!("{name} has at most {most} entries.");
                return Err(refuse(400, "ErrorInvalidRequest", &message));
            }
        } else if PLACES.contains(&&**name) {
            let parts = ["city", "countryOrRegion", "postalCode", "state", "street"];
            let place = value.as_object().into_iter().flatten();
            if let Some((key, _)) = place.into_iter().find(|(key, _)| !parts.contains(&&***key)) {
                return Err(unknown_property(key));
            }
        } else if !TEXTS.contains(&&**name) {
            return Err(unknown_property(name));
        }
    }
    Ok(())
}

fn shown(contact: &Contact, request: &Request) -> Result<Value, Answer> {
    let mut value = select(
        Value::Object(contact.json.clone()),
        request.query.get("$select"),
    );
    for part in properties::split_expand(request.query.get("$expand"))? {
        let filter = part.strip_prefix("singleValueExtendedProperties(");
        let filter =
            filter.ok_or_else(|| refuse(400, "BadRequest", &format!("Cannot expand '{part}'.")))?;
        let found = properties::expand(&contact.properties, filter.trim_end_matches(')'))?;
        if found.as_array().is_some_and(|found| !found.is_empty()) {
            value["singleValueExtendedProperties"] = found;
        }
    }
    Ok(value)
}

fn contact(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    folder: Option<&str>,
    id: &str,
    rest: &[&str],
) -> Result<Answer, Answer> {
    let known = &mut tenant.users[user].contacts.contacts;
    let found = known.get_mut(id).ok_or_else(not_found)?;
    if folder.is_some_and(|folder| folder != found.folder) {
        return Err(not_found());
    }
    match (&*request.method, rest) {
        ("GET", []) => {
            request.only(&["$select", "$expand"])?;
            Ok(json_answer(200, shown(found, request)?))
        }
        ("DELETE", []) | ("POST", ["permanentDelete"]) => {
            known.remove(id);
            Ok(empty(204))
        }
        ("GET", ["photo", "$value"]) => match &found.photo {
            Some(photo) => Ok(bytes("image/jpeg", photo.clone())),
            None => Err(refuse(404, "ErrorItemNotFound", "The photo wasn't found.")),
        },
        ("PUT", ["photo", "$value"]) => {
            let kind = request.header("content-type").unwrap_or_default();
            if !kind.starts_with("image/") {
                return Err(refuse(
                    415,
                    "UnsupportedMediaType",
                    "Content-Type is that of an image.",
                ));
            }
            if request.body.len() > PHOTO_BYTES_MAX {
                return Err(refuse(
                    413,
                    "RequestEntityTooLarge",
                    "A photo is at most 4 MB.",
                ));
            }
            found.photo = Some(request.body.clone());
            Ok(empty(200))
        }
        _ => Err(method()),
    }
}
