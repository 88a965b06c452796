//! The properties of a card that a contact has places for.

use chrono::{Datelike, NaiveDate};

use super::further::Further;
use super::{KIND_ASSUMED, Labels, Line, photo, stamp};
use crate::domain::contact::{Contact, PostalAddress};
use crate::domain::message::Address;

/// A birthday without its year (RFC 6350, 4.3.1: `--0412`) is kept in the year that Outlook takes for it.
const YEAR_UNKNOWN: i32 = 1604;
/// Values of one kind; what is beyond stands in the notes. Each new one is compared with those that there are.
const VALUES_MAX: usize = 1_000;

/// Takes what a line says into its place; `false` where the contact has none for it.
pub(super) fn take(
    contact: &mut Contact,
    labels: &Labels,
    line: &Line,
    further: &mut Further,
) -> bool {
    let text = || line.text().trim().to_owned();
    match &*line.name {
        "FN" => first(&mut contact.display_name, text()),
        "N" => name(contact, line),
        "NICKNAME" => first(
            &mut contact.nick_name,
            line.list(',').join(", ").trim().to_owned(),
        ),
        "SORT-STRING" => first(&mut contact.file_as, text()),
        "ORG" => organisation(contact, line),
        "TITLE" => first(&mut contact.job_title, text()),
        "ROLE" => first(&mut contact.profession, text()),
        "NOTE" => {
            let notes = &mut contact.personal_notes;
            if !notes.is_empty() {
                notes.push_str("\n\n");
            }
            notes.push_str(line.text().trim());
            true
        }
        "EMAIL" => email(contact, labels, line),
        "TEL" => telephone(contact, line),
        "ADR" => address(contact, line),
        "IMPP" | "X-AIM" | "X-ICQ" | "X-JABBER" | "X-MSN" | "X-YAHOO" | "X-GTALK" | "X-QQ"
        | "X-SKYPE" | "X-SKYPE-USERNAME" | "X-MS-IMADDRESS" | "X-GOOGLE-TALK" => {
            push(&mut contact.im_addresses, text())
        }
        "URL" => first(&mut contact.business_home_page, text()),
        "BDAY" => birthday(contact, line, further),
        "CATEGORIES" => {
            let mut names = line.list(',').into_iter();
            // Where there is no room for one there is none for those behind it.
            names.all(|name| push(&mut contact.categories, name.trim().to_owned()))
        }
        "UID" => first(&mut contact.uid, text()),
        "PHOTO" => {
            let found = photo(line).filter(|_| contact.photo.is_none());
            let is_found = found.is_some();
            contact.photo = contact.photo.take().or(found);
            is_found
        }
        "KIND" | "X-ADDRESSBOOKSERVER-KIND" => {
            let is_group = text().eq_ignore_ascii_case("group");
            contact.is_list |= is_group;
            is_group || text().eq_ignore_ascii_case("individual")
        }
        "MEMBER" | "X-ADDRESSBOOKSERVER-MEMBER" => {
            contact.is_list = true;
            let member = text();
            let is_mail = member
                .get(..7)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
            contact.members.push(Address {
                name: line.param("CN").unwrap_or_default().to_owned(),
                address: if is_mail {
                    member[7..].to_owned()
                } else {
                    member
                },
            });
            true
        }
        _ => related(contact, labels, line),
    }
}

/// The first of its kind has the place.
fn first(place: &mut String, text: String) -> bool {
    if text.is_empty() || *place == text {
        return true;
    }
    if place.is_empty() {
        *place = text;
        return true;
    }
    false
}

fn push(list: &mut Vec<String>, text: String) -> bool {
    if text.is_empty() {
        return true;
    }
    if list.len() >= VALUES_MAX {
        return false;
    }
    if !list.contains(&text) {
        list.push(text);
    }
    true
}

fn name(contact: &mut Contact, line: &Line) -> bool {
    let parts = super::content_lines::split_at(&line.raw().0, ';');
    let part = |at: usize| -> String {
        let text = parts.get(at).map(String::as_str).unwrap_or_default();
        let words = super::content_lines::split_at(text, ',');
        let words = words
            .iter()
            .map(|word| super::content_lines::unescaped(word).trim().to_owned());
        words
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    if !contact.surname.is_empty() || !contact.given_name.is_empty() {
        return false;
    }
    contact.surname = part(0);
    contact.given_name = part(1);
    contact.middle_name = part(2);
    contact.title = part(3);
    contact.generation = part(4);
    true
}

fn organisation(contact: &mut Contact, line: &Line) -> bool {
    let parts: Vec<String> = line
        .list(';')
        .iter()
        .map(|part| part.trim().to_owned())
        .collect();
    let [company, departments @ ..] = &parts[..] else {
        return true;
    };
    if !contact.company_name.is_empty() {
        return false;
    }
    contact.company_name.clone_from(company);
    let departments: Vec<&str> = departments
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    contact.department = departments.join(", ");
    true
}

fn email(contact: &mut Contact, labels: &Labels, line: &Line) -> bool {
    let address = line.text().trim().trim_start_matches("mailto:").to_owned();
    if contact.email_addresses.len() >= VALUES_MAX {
        return false;
    }
    if address.is_empty()
        || contact
            .email_addresses
            .iter()
            .any(|one| one.address == address)
    {
        return true;
    }
    contact.email_addresses.push(Address {
        name: String::new(),
        address,
    });
    // What it is called goes with it into no place of its own.
    let label = labels.label(line);
    label.is_none_or(|label| label.text().starts_with("_$!<"))
}

fn telephone(contact: &mut Contact, line: &Line) -> bool {
    let text = line.text();
    let text = text.trim();
    let number = text.strip_prefix("tel:").unwrap_or(text).to_owned();
    if number.is_empty() {
        return true;
    }
    let is = |kind: &str| line.has_type(kind);
    if [
        "fax",
        "pager",
        "modem",
        "bbs",
        "car",
        "isdn",
        "video",
        "textphone",
    ]
    .iter()
    .any(|kind| is(kind))
    {
        return false;
    }
    if is("cell") || is("iphone") || is("mobile") {
        return first(&mut contact.mobile_phone, number);
    }
    if is("home") {
        return push(&mut contact.home_phones, number);
    }
    if !is("work") {
        contact.transforms.push(KIND_ASSUMED);
    }
    push(&mut contact.business_phones, number)
}

fn address(contact: &mut Contact, line: &Line) -> bool {
    let parts = super::content_lines::split_at(&line.raw().0, ';');
    let part = |at: usize| -> String {
        let text = parts.get(at).map(String::as_str).unwrap_or_default();
        let lines = super::content_lines::split_at(text, ',');
        let lines = lines
            .iter()
            .map(|one| super::content_lines::unescaped(one).trim().to_owned());
        lines
            .filter(|one| !one.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    };
    // The post box and the extension are lines of the street for Outlook.
    let street: Vec<String> = [part(2), part(1), part(0)]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    let found = PostalAddress {
        street: street.join("\n"),
        city: part(3),
        state: part(4),
        postal_code: part(5),
        country: part(6),
    };
    let place = if line.has_type("home") {
        &mut contact.home_address
    } else if line.has_type("work") {
        &mut contact.business_address
    } else {
        &mut contact.other_address
    };
    if found == PostalAddress::default() || *place == found {
        return true;
    }
    if *place == PostalAddress::default() {
        *place = found;
        return true;
    }
    let others = [
        &mut contact.other_address,
        &mut contact.business_address,
        &mut contact.home_address,
    ];
    match others
        .into_iter()
        .find(|other| **other == PostalAddress::default())
    {
        Some(other) if !line.has_type("home") && !line.has_type("work") => {
            *other = found;
            true
        }
        _ => false,
    }
}

fn birthday(contact: &mut Contact, line: &Line, further: &mut Further) -> bool {
    let text = line.text();
    let text = text.trim();
    if contact.birthday.is_some() {
        return false;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).take(8).collect();
    if text.starts_with("--") && digits.len() >= 4 {
        let month = digits[..2].parse().ok();
        let day = digits[2..4].parse().ok();
        let found = month
            .zip(day)
            .and_then(|(month, day)| NaiveDate::from_ymd_opt(YEAR_UNKNOWN, month, day));
        if found.is_some() {
            further.say(
                "birthday",
                "the original has no year: kept in 1604, as Outlook does",
            );
        }
        contact.birthday = found;
        return found.is_some();
    }
    contact.birthday = match stamp::parse(text) {
        Some(stamp::Stamp::Day(day)) => Some(day),
        Some(stamp::Stamp::Time { local, .. }) => Some(local.date()),
        // `1996-04-15T00:00:00-05:00` and its like: the day is what counts.
        None => text.get(..10).and_then(|day| day.parse().ok()),
    };
    contact.birthday.is_some_and(|day| day.year() > 0)
}

/// Names of others, as vendors and RFC 6350 write them.
fn related(contact: &mut Contact, labels: &Labels, line: &Line) -> bool {
    let text = line.text().trim().to_owned();
    let kind = match &*line.name {
        "X-MS-MANAGER" | "X-EVOLUTION-MANAGER" => "manager".to_owned(),
        "X-MS-ASSISTANT" | "X-EVOLUTION-ASSISTANT" => "assistant".to_owned(),
        "X-MS-SPOUSE" | "X-SPOUSE" | "X-EVOLUTION-SPOUSE" => "spouse".to_owned(),
        "X-PHONETIC-FIRST-NAME" => "yomi-first".to_owned(),
        "X-PHONETIC-LAST-NAME" => "yomi-last".to_owned(),
        "X-PHONETIC-ORG" => "yomi-org".to_owned(),
        "X-ABRELATEDNAMES" => {
            let label = labels.label(line).map(Line::text).unwrap_or_default();
            label
                .trim_matches(['_', '$', '!', '<', '>'])
                .to_ascii_lowercase()
        }
        "RELATED" if !text.contains(':') => ["spouse", "child", "agent"]
            .into_iter()
            .find(|kind| line.has_type(kind))
            .unwrap_or_default()
            .to_owned(),
        "X-MS-CHILD" | "X-CHILDREN" => "child".to_owned(),
        _ => return false,
    };
    match &*kind {
        "manager" => first(&mut contact.manager, text),
        "assistant" | "agent" => first(&mut contact.assistant_name, text),
        "spouse" | "partner" => first(&mut contact.spouse_name, text),
        "child" => push(&mut contact.children, text),
        "yomi-first" => first(&mut contact.yomi_given_name, text),
        "yomi-last" => first(&mut contact.yomi_surname, text),
        "yomi-org" => first(&mut contact.yomi_company_name, text),
        _ => false,
    }
}
