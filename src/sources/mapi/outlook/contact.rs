//! Contacts and distribution lists ([MS-OXOCNTC]).

use super::{no_files, shared};
use crate::domain::contact::{Contact, Photo, PostalAddress};
use crate::domain::html_text::words_of_html;
use crate::domain::message::{Address, Body, BodyKind, Transform};
use crate::sources::mapi::address::of_entry_id;
use crate::sources::mapi::properties::{Key, Properties};
use crate::sources::mapi::{Object, Value, class, ids};

/// What a contact of the target has no place for went into its notes.
const INTO_NOTES: Transform = Transform("contact-properties-into-notes/1");
/// The form that a mailbox cannot show: notes are plain text.
const NOTES_AS_TEXT: Transform = Transform("notes-as-text/1");

const fn named(id: u32) -> Key {
    Key::Number(ids::ADDRESS, id)
}

/// `PidTagAttachmentContactPhoto`
const IS_PHOTO: Key = Key::Tag(0x7FFF);
/// Address and name of the three e-mail addresses.
const EMAILS: [(Key, Key); 3] = [
    (named(0x8083), named(0x8080)),
    (named(0x8093), named(0x8090)),
    (named(0x80A3), named(0x80A0)),
];
/// `PidLidDistributionListOneOffMembers`, `PidLidDistributionListMembers`
const MEMBERS: [Key; 2] = [named(0x8054), named(0x8055)];
/// What the target has no place for, in the words that Outlook shows.
const OTHERS: [(&str, Key); 15] = [
    ("Assistant's phone", Key::Tag(0x3A2E)),
    ("Business fax", Key::Tag(0x3A24)),
    ("Callback", Key::Tag(0x3A02)),
    ("Car phone", Key::Tag(0x3A1E)),
    ("Company main phone", Key::Tag(0x3A57)),
    ("Hobbies", Key::Tag(0x3A43)),
    ("Home fax", Key::Tag(0x3A25)),
    ("ISDN", Key::Tag(0x3A2D)),
    ("Other phone", Key::Tag(0x3A1F)),
    ("Pager", Key::Tag(0x3A21)),
    ("Personal home page", Key::Tag(0x3A50)),
    ("Primary phone", Key::Tag(0x3A1A)),
    ("Radio phone", Key::Tag(0x3A1D)),
    ("Telex", Key::Tag(0x3A2C)),
    ("TTY/TDD phone", Key::Tag(0x3A4B)),
];

pub(super) fn contact(mut object: Object) -> Contact {
    let mut shared = shared(&object);
    let photo = photo(&mut object);
    no_files(&object, &mut shared);
    let properties = &object.properties;
    let tag = |id: u16| properties.text(&Key::Tag(id)).unwrap_or_default();
    let by_name = |id: u32| properties.text(&named(id)).unwrap_or_default();
    let several = |ids: [u16; 2]| -> Vec<String> {
        ids.iter()
            .map(|id| tag(*id))
            .filter(|text| !text.is_empty())
            .collect()
    };
    let is_list = class::kind(&tag(0x001A)) == class::Kind::DistributionList;
    let notes = notes(properties, &shared.body, &mut shared.transforms);
    let display_name = Some(tag(0x3001)).filter(|name| !name.is_empty());
    Contact {
        display_name: display_name.unwrap_or_else(|| shared.subject.clone()),
        file_as: by_name(0x8005),
        email_addresses: emails(properties),
        im_addresses: Some(by_name(0x8062))
            .filter(|im| !im.is_empty())
            .into_iter()
            .collect(),
        business_phones: several([0x3A08, 0x3A1B]),
        home_phones: several([0x3A09, 0x3A2F]),
        mobile_phone: tag(0x3A1C),
        business_address: PostalAddress {
            street: by_name(0x8045),
            city: by_name(0x8046),
            state: by_name(0x8047),
            postal_code: by_name(0x8048),
            country: by_name(0x8049),
        },
        home_address: postal(properties, [0x3A5D, 0x3A59, 0x3A5C, 0x3A5B, 0x3A5A]),
        other_address: postal(properties, [0x3A63, 0x3A5F, 0x3A62, 0x3A61, 0x3A60]),
        business_home_page: tag(0x3A51),
        birthday: properties.time(&Key::Tag(0x3A42)).map(|at| at.date_naive()),
        personal_notes: notes,
        categories: shared.categories,
        photo,
        is_list,
        members: if is_list {
            members(properties)
        } else {
            Vec::new()
        },
        transforms: shared.transforms,
        deltas: shared.deltas,
        ..of_texts(properties)
    }
}

/// What is one text each.
fn of_texts(properties: &Properties) -> Contact {
    let tag = |id: u16| properties.text(&Key::Tag(id)).unwrap_or_default();
    let by_name = |id: u32| properties.text(&named(id)).unwrap_or_default();
    Contact {
        title: tag(0x3A45),
        given_name: tag(0x3A06),
        middle_name: tag(0x3A44),
        surname: tag(0x3A11),
        generation: tag(0x3A05),
        initials: tag(0x3A0A),
        nick_name: tag(0x3A4F),
        yomi_given_name: by_name(0x802C),
        yomi_surname: by_name(0x802D),
        yomi_company_name: by_name(0x802E),
        company_name: tag(0x3A16),
        department: tag(0x3A18),
        office_location: tag(0x3A19),
        job_title: tag(0x3A17),
        profession: tag(0x3A46),
        manager: tag(0x3A4E),
        assistant_name: tag(0x3A30),
        spouse_name: tag(0x3A48),
        children: properties.texts(&Key::Tag(0x3A58)),
        ..Contact::default()
    }
}

fn postal(properties: &Properties, ids: [u16; 5]) -> PostalAddress {
    let [street, city, state, postal_code, country] =
        ids.map(|id| properties.text(&Key::Tag(id)).unwrap_or_default());
    PostalAddress {
        street,
        city,
        state,
        postal_code,
        country,
    }
}

fn emails(properties: &Properties) -> Vec<Address> {
    let one = |(address, name): &(Key, Key)| {
        Some(Address {
            address: properties.text(address)?,
            name: properties.text(name).unwrap_or_default(),
        })
    };
    EMAILS.iter().filter_map(one).collect()
}

/// Members that are given by name and address; those that another contact stands for are named by the list of one-offs too.
fn members(properties: &Properties) -> Vec<Address> {
    let entries = MEMBERS.iter().find_map(|key| match properties.value(key) {
        Some(Value::Many(values)) if !values.is_empty() => Some(values),
        _ => None,
    });
    let entry = |value: &Value| match value {
        Value::Bytes(bytes) => of_entry_id(bytes).map(|entry| Address {
            name: entry.name,
            address: entry.address,
        }),
        _ => None,
    };
    entries.into_iter().flatten().filter_map(entry).collect()
}

/// The body, and what has no place of its own.
fn notes(properties: &Properties, body: &Body, transforms: &mut Vec<Transform>) -> String {
    let mut lines = Vec::new();
    match body.kind {
        BodyKind::Text => lines.push(body.content.trim_end().to_owned()),
        BodyKind::Html => {
            transforms.push(NOTES_AS_TEXT);
            lines.push(words_of_html(&body.content));
        }
    }
    lines.retain(|line| !line.is_empty());
    for (label, key) in &OTHERS {
        if let Some(text) = properties.text(key) {
            lines.push(format!("{label}: {text}"));
            if !transforms.contains(&INTO_NOTES) {
                transforms.push(INTO_NOTES);
            }
        }
    }
    lines.join("\r\n")
}

/// The attachment that is marked as the picture, or has the name that Outlook gives it.
fn photo(object: &mut Object) -> Option<Photo> {
    let place = object.attachments.iter().position(|one| {
        let name = one.properties.text(&ids::ATTACH_LONG_FILENAME);
        let name = name.or_else(|| one.properties.text(&ids::ATTACH_FILENAME));
        one.properties.flag(&IS_PHOTO) == Some(true)
            || name.is_some_and(|name| name.eq_ignore_ascii_case("ContactPicture.jpg"))
    })?;
    let content = object.attachments[place]
        .properties
        .take_bytes(&ids::ATTACH_DATA)?;
    object.attachments.remove(place);
    let content_type = if content.starts_with(b"\x89PNG") {
        "image/png"
    } else {
        "image/jpeg"
    };
    Some(Photo {
        content_type: content_type.to_owned(),
        content,
    })
}
