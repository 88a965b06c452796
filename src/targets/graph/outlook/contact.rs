//! Contacts as Graph's JSON and back; the photo is a call of its own.
//! <https://learn.microsoft.com/graph/api/resources/contact>

use chrono::{DateTime, NaiveDate};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::super::call::{Call, Goal, Payload, Session};
use super::super::json as shape;
use super::super::{failure, segment};
use super::{DEFAULT_CONTACTS, UID_PROPERTY, keyed};
use crate::domain::contact::{Contact, Photo, PostalAddress};
use crate::domain::item::ItemKey;
use crate::domain::message::Address;
use crate::targets::{TargetError, TargetId, TargetUser, Written};

/// A name of Graph's and the place that it means.
type Place<W, P> = (&'static str, fn(&mut W) -> &mut P);

/// Graph's names of the texts that a contact has, and where they stand.
const TEXTS: [Place<Contact, String>; 23] = [
    ("assistantName", |one| &mut one.assistant_name),
    ("businessHomePage", |one| &mut one.business_home_page),
    ("companyName", |one| &mut one.company_name),
    ("department", |one| &mut one.department),
    ("displayName", |one| &mut one.display_name),
    ("fileAs", |one| &mut one.file_as),
    ("generation", |one| &mut one.generation),
    ("givenName", |one| &mut one.given_name),
    ("initials", |one| &mut one.initials),
    ("jobTitle", |one| &mut one.job_title),
    ("manager", |one| &mut one.manager),
    ("middleName", |one| &mut one.middle_name),
    ("mobilePhone", |one| &mut one.mobile_phone),
    ("nickName", |one| &mut one.nick_name),
    ("officeLocation", |one| &mut one.office_location),
    ("personalNotes", |one| &mut one.personal_notes),
    ("profession", |one| &mut one.profession),
    ("spouseName", |one| &mut one.spouse_name),
    ("surname", |one| &mut one.surname),
    ("title", |one| &mut one.title),
    ("yomiCompanyName", |one| &mut one.yomi_company_name),
    ("yomiGivenName", |one| &mut one.yomi_given_name),
    ("yomiSurname", |one| &mut one.yomi_surname),
];
const LISTS: [Place<Contact, Vec<String>>; 5] = [
    ("businessPhones", |one| &mut one.business_phones),
    ("categories", |one| &mut one.categories),
    ("children", |one| &mut one.children),
    ("homePhones", |one| &mut one.home_phones),
    ("imAddresses", |one| &mut one.im_addresses),
];
const PLACES: [Place<Contact, PostalAddress>; 3] = [
    ("businessAddress", |one| &mut one.business_address),
    ("homeAddress", |one| &mut one.home_address),
    ("otherAddress", |one| &mut one.other_address),
];
const PLACE_PARTS: [Place<PostalAddress, String>; 5] = [
    ("city", |one| &mut one.city),
    ("countryOrRegion", |one| &mut one.country),
    ("postalCode", |one| &mut one.postal_code),
    ("state", |one| &mut one.state),
    ("street", |one| &mut one.street),
];

pub(super) fn collection(user: &TargetUser, folder: &TargetId) -> String {
    let base = format!("users/{}", segment(&user.id));
    if folder.0 == DEFAULT_CONTACTS {
        format!("{base}/contacts")
    } else {
        format!("{base}/contactFolders/{}/contacts", segment(&folder.0))
    }
}

pub(super) fn json(contact: &Contact, key: &ItemKey) -> Value {
    let mut contact = contact.clone();
    let mut object = Map::new();
    for (name, text) in TEXTS {
        let text = text(&mut contact);
        if !text.is_empty() {
            object.insert(name.to_owned(), text.as_str().into());
        }
    }
    for (name, list) in LISTS {
        object.insert(name.to_owned(), json!(list(&mut contact)));
    }
    for (name, place) in PLACES {
        let place = place(&mut contact);
        let parts =
            PLACE_PARTS.map(|(name, part)| (name.to_owned(), Value::from(part(place).as_str())));
        let parts = parts.into_iter().filter(|(_, text)| text != "");
        object.insert(name.to_owned(), Value::Object(parts.collect()));
    }
    let addresses = contact.email_addresses.iter().map(|one| {
        let name = if one.name.is_empty() {
            &one.address
        } else {
            &one.name
        };
        json!({"name": name, "address": one.address})
    });
    object.insert("emailAddresses".to_owned(), addresses.collect());
    if let Some(birthday) = contact.birthday {
        // A day without an hour: Outlook keeps it a minute before noon, so that no zone moves it.
        object.insert(
            "birthday".to_owned(),
            format!("{birthday}T11:59:00Z").into(),
        );
    }
    let properties = keyed(key, &contact.uid);
    object.insert("singleValueExtendedProperties".to_owned(), properties);
    Value::Object(object)
}

fn path(user: &TargetUser, folder: &TargetId, id: &TargetId) -> String {
    format!("{}/{}", collection(user, folder), segment(&id.0))
}

pub(super) async fn complete(
    session: &Session,
    user: &TargetUser,
    folder: &TargetId,
    id: &TargetId,
    contact: &Contact,
) -> Result<Written, TargetError> {
    let mut written = Written::default();
    if let Some(photo) = &contact.photo {
        let call = Call {
            operation: "PUT /users/{id}/contacts/{id}/photo/$value",
            method: Method::PUT,
            goal: Goal::Graph(format!("{}/photo/$value", path(user, folder, id))),
            body: Payload::Photo {
                content: photo.content.clone(),
                content_type: photo.content_type.clone(),
            },
        };
        written
            .request_ids
            .extend(session.json(call).await?.request_id);
    }
    Ok(written)
}

pub(super) async fn read(
    session: &Session,
    user: &TargetUser,
    folder: &TargetId,
    id: &TargetId,
) -> Result<Contact, TargetError> {
    let operation = "GET /users/{id}/contacts/{id}";
    let expand = shape::expanded_ids(&[shape::KEY_PROPERTY, UID_PROPERTY]);
    let path = path(user, folder, id);
    let call = Call::get(operation, format!("{path}?$expand={}", segment(&expand)));
    let value = session.json(call).await?.body;
    if shape::property(&value, shape::KEY_PROPERTY).is_none() {
        return Err(failure::contract(
            operation,
            "the contact lost its item key",
        ));
    }
    let mut contact = read_json(&value);
    let operation = "GET /users/{id}/contacts/{id}/photo/$value";
    let call = Call::get(operation, format!("{path}/photo/$value"));
    contact.photo = match session.bytes(call).await {
        Ok(content) => Some(Photo {
            content_type: String::new(),
            content,
        }),
        Err(error) if error.status == 404 => None,
        Err(error) => return Err(error),
    };
    Ok(contact)
}

fn read_json(value: &Value) -> Contact {
    let mut contact = Contact::default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for (name, place) in TEXTS {
        *place(&mut contact) = text(&value[name]);
    }
    for (name, place) in LISTS {
        *place(&mut contact) = shape::read_texts(&value[name]);
    }
    for (name, place) in PLACES {
        let place = place(&mut contact);
        for (part, at) in PLACE_PARTS {
            *at(place) = text(&value[name][part]);
        }
    }
    let addresses = value["emailAddresses"].as_array().into_iter().flatten();
    contact.email_addresses = addresses
        .map(|one| Address {
            name: text(&one["name"]),
            address: text(&one["address"]),
        })
        .collect();
    contact.birthday = value["birthday"].as_str().and_then(day);
    contact.uid = shape::property(value, UID_PROPERTY).unwrap_or_default();
    contact
}

fn day(text: &str) -> Option<NaiveDate> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|at| at.date_naive())
}
