//! The fields of a contact that are compared; names that the service derives from others only where the original has them.

use sha2::{Digest as _, Sha256};

use super::{Field, addresses};
use crate::domain::contact::{Contact, PostalAddress};
use crate::domain::html_text::words_of_text;
use crate::domain::item::Digest;

pub(super) fn fields(contact: &Contact) -> Vec<Field> {
    let mut fields = lists(contact);
    let photo = contact
        .photo
        .as_ref()
        .map(|photo| Digest(Sha256::digest(&photo.content).into()).to_string());
    fields.push(("photo", photo.unwrap_or_default()));
    fields.push((
        "birthday",
        contact
            .birthday
            .map_or_else(String::new, |day| day.to_string()),
    ));
    let texts = [
        ("assistant-name", &contact.assistant_name),
        ("business-home-page", &contact.business_home_page),
        ("company-name", &contact.company_name),
        ("department", &contact.department),
        ("generation", &contact.generation),
        ("given-name", &contact.given_name),
        ("job-title", &contact.job_title),
        ("manager", &contact.manager),
        ("middle-name", &contact.middle_name),
        ("mobile-phone", &contact.mobile_phone),
        ("nick-name", &contact.nick_name),
        ("office-location", &contact.office_location),
        ("personal-notes", &contact.personal_notes),
        ("profession", &contact.profession),
        ("spouse-name", &contact.spouse_name),
        ("surname", &contact.surname),
        ("title", &contact.title),
        ("yomi-company-name", &contact.yomi_company_name),
        ("yomi-given-name", &contact.yomi_given_name),
        ("yomi-surname", &contact.yomi_surname),
    ];
    fields.extend(texts.map(|(name, text)| (name, words_of_text(text))));
    // Outlook makes these up from the others.
    let derived = [
        ("display-name", &contact.display_name),
        ("file-as", &contact.file_as),
        ("initials", &contact.initials),
        ("uid", &contact.uid),
    ];
    let derived = derived.into_iter().filter(|(_, text)| !text.is_empty());
    fields.extend(derived.map(|(name, text)| (name, words_of_text(text))));
    fields
}

fn lists(contact: &Contact) -> Vec<Field> {
    let mut categories = contact.categories.clone();
    categories.sort();
    vec![
        ("business-address", address(&contact.business_address)),
        ("business-phones", lines(&contact.business_phones)),
        ("categories", categories.join("\n")),
        ("children", lines(&contact.children)),
        ("email-addresses", addresses(&contact.email_addresses)),
        ("home-address", address(&contact.home_address)),
        ("home-phones", lines(&contact.home_phones)),
        ("im-addresses", lines(&contact.im_addresses)),
        ("other-address", address(&contact.other_address)),
    ]
}

fn lines(texts: &[String]) -> String {
    let words = texts.iter().map(|text| words_of_text(text) + "\n");
    words.collect()
}

fn address(address: &PostalAddress) -> String {
    let parts = [
        &address.street,
        &address.city,
        &address.state,
        &address.postal_code,
        &address.country,
    ];
    parts.map(|part| words_of_text(part)).join("\n")
}
