//! Rows of Outlook data files: objects as [MS-OXPROPS] has them, and the messages that are made of them.

use unbroken::domain::calendar_event::Sensitivity;
use unbroken::domain::message::{FollowUp, Importance, Message, Smime};
use unbroken::sources::mapi::{Attached, Key, Object, Properties, Value, ids, message};
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
