//! Contacts: what a mailbox has no place for, the members of a list and a fourth address among it, stands in the notes.

use super::Changes;
use crate::domain::contact::{Contact, PostalAddress};
use crate::domain::message::Address;

/// Outlook has three places for mail addresses, and two for telephones at work and at home each.
const ADDRESSES_MAX: usize = 3;
const PHONES_MAX: usize = 2;

pub(super) fn fit(mut contact: Contact) -> Contact {
    let mut changes = Changes::of(
        std::mem::take(&mut contact.transforms),
        std::mem::take(&mut contact.deltas),
    );
    clean(&mut contact, &mut changes);
    let mut notes = Vec::new();
    let in_notes = "more than Outlook has places for: the rest stands in the notes";
    if contact.email_addresses.len() > ADDRESSES_MAX {
        let rest = contact.email_addresses.split_off(ADDRESSES_MAX);
        notes.extend(rest.iter().map(|one| format!("E-mail: {}", shown(one))));
        changes.delta("email-addresses", in_notes);
    }
    for (property, what, phones) in [
        (
            "business-phones",
            "Business telephone",
            &mut contact.business_phones,
        ),
        ("home-phones", "Home telephone", &mut contact.home_phones),
    ] {
        if phones.len() > PHONES_MAX {
            let rest = phones.split_off(PHONES_MAX);
            notes.extend(rest.iter().map(|one| format!("{what}: {one}")));
            changes.delta(property, in_notes);
        }
    }
    if contact.is_list {
        notes.extend(
            contact
                .members
                .iter()
                .map(|one| format!("Member: {}", shown(one))),
        );
        contact.members.clear();
        contact.is_list = false;
        changes.delta(
            "members",
            "Graph makes no distribution list: a contact holds its members in the notes",
        );
    }
    if !notes.is_empty() {
        if !contact.personal_notes.is_empty() {
            contact.personal_notes.push_str("\n\n");
        }
        contact.personal_notes.push_str(&notes.join("\n"));
    }
    if contact.display_name.trim().is_empty() {
        contact.display_name = made_up_name(&contact);
        changes.delta(
            "display-name",
            "the original has none: made from what it has",
        );
    }
    (contact.transforms, contact.deltas) = changes.sorted();
    contact
}

/// Outlook shows a contact by its name: one without any gets the first thing that it has.
fn made_up_name(contact: &Contact) -> String {
    let names = [&contact.given_name, &contact.surname];
    let names: Vec<&str> = names
        .into_iter()
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .collect();
    if !names.is_empty() {
        return names.join(" ");
    }
    let address = contact.email_addresses.first();
    let address = address.map_or("", |one| one.address.as_str());
    let others = [contact.company_name.as_str(), address, "(no name)"];
    let first = others.into_iter().find(|text| !text.is_empty());
    first.unwrap_or_default().to_owned()
}

fn shown(who: &Address) -> String {
    match (who.name.trim(), who.address.trim()) {
        ("", address) => address.to_owned(),
        (name, "") => name.to_owned(),
        (name, address) => format!("{name} <{address}>"),
    }
}

fn clean(contact: &mut Contact, changes: &mut Changes) {
    let texts = [
        &mut contact.assistant_name,
        &mut contact.business_home_page,
        &mut contact.company_name,
        &mut contact.department,
        &mut contact.display_name,
        &mut contact.file_as,
        &mut contact.generation,
        &mut contact.given_name,
        &mut contact.initials,
        &mut contact.job_title,
        &mut contact.manager,
        &mut contact.middle_name,
        &mut contact.mobile_phone,
        &mut contact.nick_name,
        &mut contact.office_location,
        &mut contact.personal_notes,
        &mut contact.profession,
        &mut contact.spouse_name,
        &mut contact.surname,
        &mut contact.title,
        &mut contact.uid,
        &mut contact.yomi_company_name,
        &mut contact.yomi_given_name,
        &mut contact.yomi_surname,
    ];
    let lists = [
        &mut contact.business_phones,
        &mut contact.children,
        &mut contact.home_phones,
        &mut contact.im_addresses,
    ];
    changes.categories(&mut contact.categories);
    for text in texts.into_iter().chain(lists.into_iter().flatten()) {
        changes.clean(text);
    }
    for who in contact
        .email_addresses
        .iter_mut()
        .chain(&mut contact.members)
    {
        changes.clean(&mut who.name);
        changes.clean(&mut who.address);
    }
    let places = [
        &mut contact.business_address,
        &mut contact.home_address,
        &mut contact.other_address,
    ];
    for place in places {
        let PostalAddress {
            street,
            city,
            state,
            postal_code,
            country,
        } = place;
        for text in [street, city, state, postal_code, country] {
            changes.clean(text);
        }
    }
}
