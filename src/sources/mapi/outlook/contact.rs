//! Contacts and distribution lists ([MS-OXOCNTC]).

use chrono::{NaiveDate, NaiveTime};

use super::{no_files, shared};
use crate::domain::alias::Named;
use crate::domain::contact::{Contact, Photo, PostalAddress};
use crate::domain::html_text::words_of_html;
use crate::domain::message::{Address, Body, BodyKind, Delta, Transform};
use crate::sources::mapi::address::of_entry_id;
use crate::sources::mapi::message::SENSITIVITY;
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
/// Address, name and original name of the three e-mail addresses. For somebody out of the address book the first is an Exchange
/// address, and the last holds the SMTP one ([MS-OXOCNTC] 2.2.1.2.4).
const EMAILS: [[Key; 3]; 3] = [
    [named(0x8083), named(0x8080), named(0x8084)],
    [named(0x8093), named(0x8090), named(0x8094)],
    [named(0x80A3), named(0x80A0), named(0x80A4)],
];
/// What is said of an address of the old Exchange that nothing resolves.
const UNRESOLVED: Delta = Delta {
    property: "e-mail addresses",
    reason: "an Exchange address (X500) that nothing resolves; to be added as an alias",
};
/// `PidLidDistributionListOneOffMembers`, `PidLidDistributionListMembers`
const MEMBERS: [Key; 2] = [named(0x8054), named(0x8055)];
/// What the target has no place for, in the words that Outlook shows.
const OTHERS: [(&str, Key); 28] = [
    ("Account", Key::Tag(0x3A00)),
    ("Assistant's phone", Key::Tag(0x3A2E)),
    ("Business fax", Key::Tag(0x3A24)),
    ("Callback", Key::Tag(0x3A02)),
    ("Car phone", Key::Tag(0x3A1E)),
    ("Company main phone", Key::Tag(0x3A57)),
    ("Computer network name", Key::Tag(0x3A49)),
    ("Customer id", Key::Tag(0x3A4A)),
    ("FTP site", Key::Tag(0x3A4C)),
    ("Government id", Key::Tag(0x3A07)),
    ("Hobbies", Key::Tag(0x3A43)),
    ("Home fax", Key::Tag(0x3A25)),
    ("ISDN", Key::Tag(0x3A2D)),
    ("Language", Key::Tag(0x3A0C)),
    ("Organizational id", Key::Tag(0x3A10)),
    ("Other phone", Key::Tag(0x3A1F)),
    ("Pager", Key::Tag(0x3A21)),
    ("Personal home page", Key::Tag(0x3A50)),
    ("Primary phone", Key::Tag(0x3A1A)),
    ("Radio phone", Key::Tag(0x3A1D)),
    ("Referred by", Key::Tag(0x3A47)),
    ("Telex", Key::Tag(0x3A2C)),
    ("TTY/TDD phone", Key::Tag(0x3A4B)),
    ("User field 1", named(0x804F)),
    ("User field 2", named(0x8050)),
    ("User field 3", named(0x8051)),
    ("User field 4", named(0x8052)),
    ("Web page", WEB_PAGE),
];
/// `PidTagBusinessHomePage`, and `PidLidHtml`, which Outlook itself writes.
const BUSINESS_PAGE: Key = Key::Tag(0x3A51);
const WEB_PAGE: Key = named(0x802B);
/// As the local day and as an instant: `PidLidBirthdayLocal` and `PidTagBirthday`, `PidLidWeddingAnniversaryLocal` and
/// `PidTagWeddingAnniversary`.
const BIRTHDAY: (Key, Key) = (named(0x80DE), Key::Tag(0x3A42));
const ANNIVERSARY: (Key, Key) = (named(0x80DF), Key::Tag(0x3A41));

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
        email_addresses: emails(properties, &mut shared.deltas),
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
        business_home_page: home_page(properties),
        birthday: day(properties, &BIRTHDAY),
        personal_notes: notes,
        categories: shared.categories,
        photo,
        is_list,
        members: if is_list {
            members(properties, &mut shared.deltas)
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

fn home_page(properties: &Properties) -> String {
    let own = || properties.text(&WEB_PAGE);
    let page = properties.text(&BUSINESS_PAGE).or_else(own);
    page.unwrap_or_default()
}

/// The day that was meant. As an instant it is the midnight of whoever wrote it, or, since Outlook 2010, a minute before noon: what
/// lies behind noon belongs to the next day, east of Greenwich.
fn day(properties: &Properties, (local, instant): &(Key, Key)) -> Option<NaiveDate> {
    if let Some(at) = properties.time(local) {
        return Some(at.date_naive());
    }
    let at = properties.time(instant)?;
    let noon = NaiveTime::from_hms_opt(12, 0, 0)?;
    let day = at.date_naive();
    if at.time() > noon {
        day.succ_opt()
    } else {
        Some(day)
    }
}

fn emails(properties: &Properties, deltas: &mut Vec<Delta>) -> Vec<Address> {
    let one = |[address, name, original]: &[Key; 3]| {
        let mut address = properties.text(address)?;
        if address.starts_with('/') {
            let smtp = properties.text(original);
            match smtp.filter(|smtp| smtp.contains('@') && !smtp.contains(' ')) {
                Some(smtp) => address = smtp,
                None => deltas.push(UNRESOLVED),
            }
        }
        Some(Address {
            address,
            name: properties.text(name).unwrap_or_default(),
        })
    };
    EMAILS.iter().filter_map(one).collect()
}

/// Whom a contact or a list names by an Exchange address: to be added as aliases.
pub(in crate::sources::mapi) fn exchange_names(properties: &Properties) -> Vec<Named> {
    let mut named = Vec::new();
    for [address, name, original] in &EMAILS {
        let Some(exchange) = properties
            .text(address)
            .filter(|text| text.starts_with('/'))
        else {
            continue;
        };
        let smtp = properties.text(original);
        named.push(Named {
            exchange,
            name: properties.text(name).unwrap_or_default(),
            smtp: smtp.filter(|smtp| smtp.contains('@') && !smtp.contains(' ')),
        });
    }
    let listed = members(properties, &mut Vec::new()).into_iter();
    let listed = listed.filter(|one| one.address.starts_with('/'));
    named.extend(listed.map(|one| Named {
        exchange: one.address,
        name: one.name,
        smtp: None,
    }));
    named
}

/// Members that are given by name and address; those that another contact stands for are named by the list of one-offs too.
fn members(properties: &Properties, deltas: &mut Vec<Delta>) -> Vec<Address> {
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
    let entries = entries.into_iter().flatten();
    let found: Vec<Address> = entries.filter_map(entry).collect();
    if found.iter().any(|one| one.address.starts_with('/')) {
        deltas.push(UNRESOLVED);
    }
    found
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
    let own = lines.len();
    // It has a place where nothing else took it.
    let is_placed =
        |key: &Key| *key == WEB_PAGE && home_page(properties) == text_of(properties, key);
    for (label, key) in OTHERS.iter().filter(|(_, key)| !is_placed(key)) {
        if let Some(text) = properties.text(key) {
            lines.push(format!("{label}: {text}"));
        }
    }
    if let Some(day) = day(properties, &ANNIVERSARY) {
        lines.push(format!("Anniversary: {day}"));
    }
    if let Some(word) = sensitivity(properties) {
        lines.push(format!("Sensitivity: {word}"));
    }
    if lines.len() > own {
        transforms.push(INTO_NOTES);
    }
    lines.join("\r\n")
}

fn text_of(properties: &Properties, key: &Key) -> String {
    properties.text(key).unwrap_or_default()
}

/// Graph has none for a contact.
fn sensitivity(properties: &Properties) -> Option<&'static str> {
    match properties.number(&SENSITIVITY) {
        Some(1) => Some("personal"),
        Some(2) => Some("private"),
        Some(3) => Some("confidential"),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(Key, Value)]) -> (Contact, Vec<Named>) {
        let mut object = Object::default();
        for (key, value) in values {
            object.properties.set(key.clone(), value.clone());
        }
        let named = exchange_names(&object.properties);
        (contact(object), named)
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    /// 100 ns since 1601, of a day after 1970 and an hour of it.
    fn at(day: (i32, u32, u32), hour: u32) -> Value {
        let day = NaiveDate::from_ymd_opt(day.0, day.1, day.2).expect("a day");
        let at = day.and_hms_opt(hour, 0, 0).expect("an hour").and_utc();
        let since = u64::try_from(at.timestamp()).expect("after 1970") + 11_644_473_600;
        Value::Time(since * 10_000_000)
    }

    #[test]
    fn somebody_out_of_the_address_book_has_an_address_or_is_named() {
        let x500 = "/o=ExchangeLabs/cn=Recipients/cn=ben";
        let [address, _, original] = EMAILS[0].clone();
        let (known, named) = read(&[
            (address.clone(), text(x500)),
            (original, text("ben@old.example")),
        ]);
        assert_eq!(known.email_addresses[0].address, "ben@old.example");
        assert_eq!(
            (known.deltas.len(), named[0].smtp.as_deref()),
            (0, Some("ben@old.example"))
        );
        let (unknown, named) = read(&[(address, text(x500))]);
        assert_eq!(unknown.email_addresses[0].address, x500);
        assert_eq!((&*unknown.deltas, named.len()), (&[UNRESOLVED][..], 1));
    }

    #[test]
    fn days_are_those_that_were_meant() {
        let birthday = |values: &[(Key, Value)]| {
            let day = read(values).0.birthday.expect("a day");
            day.to_string()
        };
        let (local, instant) = BIRTHDAY;
        // Midnight of Berlin and of New York, a minute before noon, and what the local one says.
        assert_eq!(
            birthday(&[(instant.clone(), at((1980, 5, 3), 23))]),
            "1980-05-04"
        );
        assert_eq!(
            birthday(&[(instant.clone(), at((1980, 5, 4), 5))]),
            "1980-05-04"
        );
        assert_eq!(
            birthday(&[(instant.clone(), at((1980, 5, 4), 11))]),
            "1980-05-04"
        );
        let both = [
            (instant, at((1980, 5, 4), 11)),
            (local, at((1980, 5, 5), 0)),
        ];
        assert_eq!(birthday(&both), "1980-05-05");
    }

    #[test]
    fn what_has_no_place_stands_in_the_notes() {
        let (made, _) = read(&[
            (ANNIVERSARY.1, at((2010, 6, 1), 22)),
            (named(0x804F), text("north gate")),
            (Key::Tag(0x3A07), text("123")),
            (SENSITIVITY, Value::Integer32(2)),
            (WEB_PAGE, text("https://ben.example")),
        ]);
        let notes = "Government id: 123\r\nUser field 1: north gate\r\n\
                     Anniversary: 2010-06-02\r\nSensitivity: private";
        assert_eq!(made.personal_notes, notes);
        assert_eq!(made.business_home_page, "https://ben.example");
        assert_eq!(made.transforms, [INTO_NOTES]);
        let (two, _) = read(&[
            (WEB_PAGE, text("https://a.example")),
            (BUSINESS_PAGE, text("b")),
        ]);
        assert_eq!(
            (&*two.business_home_page, &*two.personal_notes),
            ("b", "Web page: https://a.example")
        );
    }
}
