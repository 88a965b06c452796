//! Rows of Outlook data files: objects as [MS-OXPROPS] has them, and the messages that are made of them.

use unbroken::domain::calendar_event::Sensitivity;
use unbroken::domain::contact::Contact;
use unbroken::domain::item::Workload;
use unbroken::domain::message::{FollowUp, Importance, Message, Smime};
use unbroken::domain::outlook::OutlookItem;
use unbroken::sources::mapi::{
    Attached, Key, Object, Properties, Value, ids, message, msg, outlook,
};
use unbroken::sources::open;

use super::Row;
use crate::tidy::top;

/// `PidTagSensitivity`
const SENSITIVITY: Key = Key::Tag(0x0036);

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn bag(values: &[(Key, Value)]) -> Properties {
    let mut bag = Properties::default();
    for (key, value) in values {
        bag.set(key.clone(), value.clone());
    }
    bag
}

fn object(values: &[(Key, Value)]) -> Object {
    let mut properties = bag(&[
        (ids::MESSAGE_CLASS, text("IPM.Note")),
        (ids::SUBJECT, text("The crane")),
        (ids::BODY, text("It stands.")),
    ]);
    for (key, value) in values {
        properties.set(key.clone(), value.clone());
    }
    Object {
        properties,
        ..Object::default()
    }
}

fn attached(values: &[(Key, Value)]) -> Attached {
    Attached {
        properties: bag(values),
        embedded: None,
    }
}

fn said(message: &Message) -> String {
    format!("{:?} {:?}", message.transforms, message.deltas)
}

#[test]
fn a_message_keeps_its_state_and_a_draft_is_none() {
    let read = message::message(object(&[
        (ids::MESSAGE_FLAGS, Value::Integer32(1)),
        (ids::FLAG_STATUS, Value::Integer32(2)),
        (ids::IMPORTANCE, Value::Integer32(2)),
        (SENSITIVITY, Value::Integer32(2)),
        (ids::keywords(), Value::Many(vec![text("Board")])),
    ]));
    let whole = (&*read.subject, &*read.body.content, read.deltas.len());
    Row::kept("Outlook data files", "message").is(&whole, &("The crane", "It stands.", 0));
    Row::kept("Outlook data files", "read flag").is(&read.is_read, &true);
    Row::kept("Outlook data files", "follow-up flag").is(&read.follow_up, &FollowUp::Flagged);
    Row::kept("Outlook data files", "importance").is(&read.importance, &Importance::High);
    Row::kept("Outlook data files", "sensitivity").is(&read.sensitivity, &Sensitivity::Private);
    Row::kept("Outlook data files", "categories").is(&read.categories, &["Board"]);
    let draft = message::message(object(&[(ids::MESSAGE_FLAGS, Value::Integer32(8))]));
    let lost = Row::lost("Outlook data files", "draft state");
    lost.stands_in(
        &said(&draft),
        "was never sent; restored as a message that can be read",
    );
}

#[test]
fn other_classes_become_messages_and_say_so() {
    for (row, class) in [
        (Row::declared("Outlook data files", "post"), "IPM.Post"),
        (
            Row::declared("Outlook data files", "report"),
            "REPORT.IPM.Note.NDR",
        ),
        (
            Row::declared("Outlook data files", "meeting request"),
            "IPM.Schedule.Meeting.Request",
        ),
        (
            Row::declared("Outlook data files", "sticky note"),
            "IPM.StickyNote",
        ),
    ] {
        let read = message::message(object(&[(ids::MESSAGE_CLASS, text(class))]));
        row.is(&*read.body.content, "It stands.");
        row.stands_in(&said(&read), "restored as a plain message");
    }
}

#[test]
fn addresses_come_from_properties_from_headers_or_are_named() {
    let sender = [
        (ids::SENT_REPRESENTING_NAME, text("Ben")),
        (ids::SENT_REPRESENTING_ADDRESS_TYPE, text("EX")),
        (ids::SENT_REPRESENTING_EMAIL_ADDRESS, text("/o=old/cn=ben")),
    ];
    let address = |more: &[(Key, Value)]| {
        let read = message::message(object(&[&sender[..], more].concat()));
        let from = read.from.clone().expect("somebody").address;
        (from, said(&read))
    };
    let smtp = Row::kept("Outlook data files", "SMTP addresses");
    let known = address(&[(ids::SENT_REPRESENTING_SMTP_ADDRESS, text("ben@old.example"))]);
    smtp.is(&*known.0, "ben@old.example");
    let headers = text("From: Ben <ben@old.example>\r\n\r\n");
    let by_header = address(&[(ids::TRANSPORT_MESSAGE_HEADERS, headers)]);
    smtp.is(&*by_header.0, "ben@old.example");
    smtp.stands_in(&by_header.1, "exchange-address-resolved-by-header/1");
    let unresolved = address(&[]);
    let exchange = Row::declared("Outlook data files", "Exchange addresses");
    exchange.is(&*unresolved.0, "/o=old/cn=ben");
    exchange.stands_in(&unresolved.1, "to be added as an alias");
}

#[test]
fn the_richer_body_is_kept_and_formatting_of_rtf_is_named() {
    let html = object(&[(
        ids::HTML,
        Value::Bytes(b"<p>It <b>stands</b>.</p>".to_vec()),
    )]);
    let read = message::message(html);
    let body = Row::kept("Outlook data files", "body");
    body.is(&*read.body.content, "<p>It <b>stands</b>.</p>");
    // [MS-OXRTFCP] 2.1.3.1: `MELA` says that it is not compressed; the checksum is zero then.
    let rtf = b"{\\rtf1\\ansi{\\b It} stands.}";
    let raw = u32::try_from(rtf.len()).expect("small");
    let head = [raw + 12, raw, u32::from_le_bytes(*b"MELA"), 0].map(u32::to_le_bytes);
    let stored = [&head.concat()[..], rtf].concat();
    let read = message::message(object(&[(ids::RTF_COMPRESSED, Value::Bytes(stored))]));
    let formatted = Row::declared("Outlook data files", "body written as RTF");
    formatted.is(&*read.body.content, "It stands.");
    formatted.stands_in(&said(&read), "its text is kept, its formatting is not");
}

#[test]
fn what_is_attached_is_a_file_whatever_it_was() {
    let inner = object(&[(ids::SUBJECT, text("Within"))]);
    let mut outer = object(&[]);
    outer.attachments = vec![
        attached(&[
            (ids::ATTACH_DATA, Value::Bytes(b"offer".to_vec())),
            (ids::ATTACH_LONG_FILENAME, text("offer.pdf")),
        ]),
        attached(&[
            (ids::ATTACH_METHOD, Value::Integer32(7)),
            (ids::ATTACH_LONG_PATHNAME, text("https://old.example/plan")),
            (ids::ATTACH_LONG_FILENAME, text("plan")),
        ]),
        attached(&[
            (ids::ATTACH_METHOD, Value::Integer32(6)),
            (ids::ATTACH_DATA, Value::Bytes(b"ole".to_vec())),
        ]),
        Attached {
            properties: Properties::default(),
            embedded: Some(Box::new(inner)),
        },
    ];
    let read = message::message(outer);
    let [file, link, ole, within] = &read.attachments[..] else {
        panic!("{}", read.attachments.len())
    };
    let said = said(&read);
    Row::kept("Outlook data files", "attachments").is(&*file.content, &b"offer"[..]);
    let linked = Row::declared("Outlook data files", "link to a file elsewhere");
    linked.is(&*link.content, &b"https://old.example/plan"[..]);
    linked.stands_in(&said, "linked-file-as-text/1");
    let object = Row::declared("Outlook data files", "OLE object");
    object.is(&*ole.content, &b"ole"[..]);
    object.stands_in(&said, "ole-object-as-file/1");
    let message = Row::declared("Outlook data files", "message within a message");
    message.stands_in(&String::from_utf8_lossy(&within.content), "Subject: Within");
    message.stands_in(&said, "embedded-message-written-out/1");
}

#[test]
fn a_signed_piece_stays_under_its_class_and_a_wrong_checksum_is_named() {
    let mut signed = object(&[(ids::MESSAGE_CLASS, text("IPM.Note.SMIME"))]);
    let piece = (ids::ATTACH_DATA, Value::Bytes(b"\x30\x80".to_vec()));
    signed.attachments = vec![attached(&[piece])];
    let read = message::message(signed);
    let kept = (read.smime, &*read.attachments[0].content);
    let smime = Row::kept("Outlook data files", "S/MIME");
    smime.is(&kept, &(Some(Smime::Opaque), &b"\x30\x80"[..]));
    assert_eq!(read.deltas, []);

    let seed = top().join("tests/fuzz/seeds/pst_file/small.pst");
    let mut bytes = std::fs::read(seed).expect("a data file");
    let body: Vec<u8> = "body".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = bytes.windows(body.len()).position(|found| found == body);
    bytes[at.expect("its text")] = b'B';
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("ada@old.example.pst"), bytes).expect("written");
    let source = open(folder.path()).expect("a source");
    let said_of = &source.description().points[0];
    let owner = &source.description().custodians[0];
    let items = source.items(&said_of.id, owner).expect("listed");
    let item = items.flatten().next().expect("one message");
    let read = source.message(&item).expect("read");
    let altered = Row::declared("Outlook data files", "item whose checksum does not match");
    altered.is(&*read.body.content, "Body");
    altered.stands_in(
        &said(&read),
        "a checksum of the data file does not match these bytes",
    );
}

#[test]
fn what_its_file_no_longer_holds_is_named() {
    let mut lost = object(&[]);
    lost.properties_lost = 1;
    let row = Row::declared(
        "Outlook data files",
        "item of which a property cannot be read",
    );
    let read = message::message(lost);
    row.is(&*read.body.content, "It stands.");
    row.stands_in(
        &said(&read),
        "one or more that the file lists cannot be read",
    );

    let seed = top().join("tests/fuzz/seeds/message_file/mail.msg");
    let bytes = std::fs::read(seed).expect("a message file");
    let row = Row::declared(
        "Outlook data files",
        "item whose file breaks off before it ends",
    );
    let cut = msg::read(&bytes[..bytes.len() - 2_048]).expect("it begins");
    row.stands_in(
        &said(&message::message(cut)),
        "it breaks off before the item ends",
    );

    let dateless = object(&[(
        ids::LAST_MODIFICATION_TIME,
        Value::Time(133_000_000_000_000_000),
    )]);
    let read = message::message(dateless);
    let row = Row::declared("Outlook data files", "message without any date");
    row.holds(read.sent.is_some(), &read.sent);
    row.stands_in(&said(&read), "sent-from-last-change/1");
}

fn contact(values: &[(Key, Value)]) -> Contact {
    match outlook::item(object(values), Workload::Contacts) {
        Some(OutlookItem::Contact(contact)) => *contact,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_outlook_alone_keeps_of_a_contact_stands_in_its_notes() {
    let named = |id: u32| Key::Number(ids::ADDRESS, id);
    let made = contact(&[
        (Key::Tag(0x3A41), Value::Time(129_198_456_000_000_000)),
        (named(0x804F), text("north gate")),
        (Key::Tag(0x3A47), text("Eve")),
        (named(0x8083), text("/o=ExchangeLabs/cn=ben")),
        (named(0x8084), text("ben@old.example")),
    ]);
    let notes = &*made.personal_notes;
    Row::declared("Outlook data files", "anniversary").stands_in(notes, "Anniversary: 2010-");
    Row::declared("Outlook data files", "user fields").stands_in(notes, "User field 1: north gate");
    let further = Row::declared("Outlook data files", "further properties of a contact");
    further.stands_in(notes, "Referred by: Eve");
    further.stands_in(
        &format!("{:?}", made.transforms),
        "contact-properties-into-notes/1",
    );
    let book = Row::kept(
        "Outlook data files",
        "somebody out of the address book in a contact",
    );
    book.is(&*made.email_addresses[0].address, "ben@old.example");
}

#[test]
fn an_all_day_event_of_older_outlook_stays_on_its_day_by_the_rules_of_its_zone() {
    let named = |id: u32| Key::Number(ids::APPOINTMENT, id);
    // New Zealand: twelve hours ahead, thirteen from the last Sunday of September to the first of April.
    let mut rules: Vec<u8> = [-720, 0, -60]
        .into_iter()
        .flat_map(i32::to_le_bytes)
        .collect();
    for short in [0_u16, 0, 4, 0, 1, 3, 0, 0, 0, 0, 0, 9, 0, 5, 2, 0, 0, 0] {
        rules.extend(short.to_le_bytes());
    }
    // 25 January 2026, 11:00 in UTC.
    let start = Value::Time(134_138_124_000_000_000);
    let item = outlook::item(
        object(&[
            (named(0x820D), start),
            (named(0x8215), Value::Boolean(true)),
            (named(0x8233), Value::Bytes(rules)),
        ]),
        Workload::Calendar,
    );
    let Some(OutlookItem::Event(event)) = item else {
        panic!("{item:?}")
    };
    let row = Row::declared("Outlook data files", "time zone of older Outlook");
    row.is(&event.facts.start.local.to_string(), "2026-01-26 00:00:00");
    row.stands_in(
        &format!("{:?}", event.transforms),
        "time-zone-by-its-rules/1",
    );
}
