//! Cards as they come, of all three versions.

use super::*;

fn card(inside: &str) -> Contact {
    let text = format!("BEGIN:VCARD\n{inside}\nEND:VCARD\n").replace('\n', "\r\n");
    read(text.as_bytes()).expect("a card")
}

fn named(contact: &Contact) -> Vec<&str> {
    contact.deltas.iter().map(|delta| delta.property).collect()
}

#[test]
fn version_three_is_read_with_all_that_outlook_has_places_for() {
    let contact = card(
        "VERSION:3.0\nUID:u\nFN:Dr. Ada Byron\nN:Byron;Ada;Augusta;Dr.;III\nNICKNAME:Ada\n\
         ORG:Analytical;Engines;Notes\nTITLE:Analyst\nROLE:Mathematician\nBDAY:1815-12-10\n\
         TEL;TYPE=CELL:1\nTEL;TYPE=HOME,VOICE:2\nTEL;TYPE=WORK:3\nTEL;TYPE=WORK,FAX:4\n\
         EMAIL;TYPE=INTERNET:ada@x\nEMAIL:ada@y\nADR;TYPE=HOME:;;1 Street;Town;State;Code;Land\n\
         URL:https://x\nNOTE:line\\nnext\nCATEGORIES:a,b\nX-JABBER:ada@im\nX-MS-MANAGER:Charles\n\
         PHOTO;ENCODING=b;TYPE=JPEG:/9j/\nX-FOO:bar\nGEO:1;2",
    );
    assert_eq!(
        (&*contact.display_name, &*contact.title),
        ("Dr. Ada Byron", "Dr.")
    );
    assert_eq!(
        (&*contact.given_name, &*contact.middle_name),
        ("Ada", "Augusta")
    );
    assert_eq!((&*contact.surname, &*contact.generation), ("Byron", "III"));
    assert_eq!(
        (&*contact.company_name, &*contact.department),
        ("Analytical", "Engines, Notes")
    );
    assert_eq!(
        (&*contact.job_title, &*contact.profession),
        ("Analyst", "Mathematician")
    );
    assert_eq!(contact.birthday, "1815-12-10".parse().ok());
    assert_eq!(
        (&*contact.mobile_phone, &contact.home_phones[..]),
        ("1", &["2".to_owned()][..])
    );
    assert_eq!(contact.business_phones, ["3"]);
    assert_eq!(contact.email_addresses.len(), 2);
    assert_eq!(
        (&*contact.home_address.city, &*contact.home_address.country),
        ("Town", "Land")
    );
    assert_eq!(
        (&*contact.manager, &contact.im_addresses[..]),
        ("Charles", &["ada@im".to_owned()][..])
    );
    assert_eq!(
        contact.photo.as_ref().map(|photo| &*photo.content_type),
        Some("image/jpeg")
    );
    assert_eq!(
        contact.personal_notes,
        "line\nnext\n\nTEL (work, fax): 4\nGEO: 1;2"
    );
    assert_eq!(named(&contact), ["vendor-properties"]);
}

#[test]
fn version_two_has_its_own_ways() {
    let contact = card(
        "VERSION:2.1\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg\n\
         TEL;WORK;VOICE:5\nTEL:6\nADR;WORK;ENCODING=QUOTED-PRINTABLE:;;A=0D=0AB;C;;;\n\
         PHOTO;GIF;BASE64:\n R0lGODlh\n\n",
    );
    assert_eq!(contact.display_name, "J\u{f6}rg M\u{fc}ller");
    assert_eq!(contact.business_phones, ["5", "6"]);
    assert_eq!(contact.business_address.street, "A\r\nB");
    assert_eq!(
        contact.photo.map(|photo| photo.content_type).as_deref(),
        Some("image/gif")
    );
    assert!(contact.transforms.contains(&KIND_ASSUMED));
}

#[test]
fn version_four_has_lists_and_urls() {
    let list = card(
        "VERSION:4.0\nKIND:group\nFN:Crew\nMEMBER:mailto:ben@x\nMEMBER:urn:uuid:1\n\
         PHOTO:data:image/png;base64,iVBORw0KGgo=\nTEL;VALUE=uri;TYPE=\"cell,voice\":tel:+1-2\n\
         RELATED;TYPE=spouse;VALUE=text:Eve\nBDAY:--0412",
    );
    assert!(list.is_list);
    let members: Vec<&str> = list.members.iter().map(|one| &*one.address).collect();
    assert_eq!(members, ["ben@x", "urn:uuid:1"]);
    assert_eq!((&*list.mobile_phone, &*list.spouse_name), ("+1-2", "Eve"));
    assert_eq!(
        list.photo.map(|photo| photo.content_type).as_deref(),
        Some("image/png")
    );
    assert_eq!(list.birthday, "1604-04-12".parse().ok());
}

#[test]
fn a_card_that_says_nothing_is_none() {
    let empty = b"BEGIN:VCARD\nVERSION:3.0\nUID:1\nEND:VCARD";
    assert_eq!(
        read(empty).map_err(|problem| problem.class),
        Err("empty-card")
    );
    assert_eq!(read(b"x").map_err(|problem| problem.class), Err("no-card"));
    let two = cards(
        b"BEGIN:VCARD\nFN:a\nAGENT:\nBEGIN:VCARD\nFN:b\nEND:VCARD\nEND:VCARD\nBEGIN:VCARD\nFN:c",
    );
    assert_eq!(two.len(), 2);
}
