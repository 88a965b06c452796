//! Rules, forwarding and permissions of a mailbox through a whole restore: each is held with its reason, stands in the report, and
//! nothing of it is ever written to the tenant.

use std::collections::BTreeMap;

use m365_simulator::Faults;
use serde_json::{Value, json};
use unbroken::domain::item::{CustodianName, RestorePointId};
use unbroken::sources::archive::index::{
    CustodianTag, Entry, EvidenceTag, FidelityName, MailEntry, MailFolder, MailboxEntry,
    MailboxKind, PointTag, RuleFolder, Tag,
};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use crate::case::{Case, mail};
use crate::fidelity::Row;

const OWNER: &str = "ada@old.example";
const EVIL: &str = "collector@evil.example";

fn folder(root: &str, below: &[&str]) -> MailFolder {
    MailFolder {
        well_known_name: root.to_owned(),
        path: below.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// What each is held for, what it is, and its JSON.
fn settings() -> [(&'static str, MailboxKind, Value); 10] {
    use MailboxKind::{Forwarding, Permission, Rule};
    let to = |address: &str| json!([{"emailAddress": {"name": "Ada", "address": address}}]);
    let rule = |name: &str, actions: Value| {
        let when = json!({"subjectContains": ["invoice"]});
        json!({"displayName": name, "isEnabled": true, "sequence": 1, "conditions": when,
               "actions": actions})
    };
    let read = json!(["FullAccess"]);
    [
        (
            "rule-sends-mail-outside",
            Rule,
            rule("Copy", json!({"redirectTo": to(EVIL)})),
        ),
        (
            "rule-deletes-mail",
            Rule,
            rule("Spam", json!({"permanentDelete": true})),
        ),
        (
            "rule-hides-mail",
            Rule,
            rule("..", json!({"moveToFolder": "AAMk-rss"})),
        ),
        (
            "rule-sends-mail-on",
            Rule,
            rule("Desk", json!({"forwardTo": to("ben@old.example")})),
        ),
        (
            "rule-not-known",
            Rule,
            rule("New", json!({"replyWith": "x"})),
        ),
        (
            "rule-sorts-mail",
            Rule,
            rule("Sort", json!({"moveToFolder": "AAMk-own"})),
        ),
        (
            "forwarding-outside",
            Forwarding,
            json!({"ForwardingSmtpAddress": format!("smtp:{EVIL}")}),
        ),
        (
            "forwarding-on",
            Forwarding,
            json!({"ForwardingAddress": "ben@old.example"}),
        ),
        (
            "mailbox-open-to-outside",
            Permission,
            json!({"User": EVIL, "AccessRights": read}),
        ),
        (
            "mailbox-open-to-others",
            Permission,
            json!({"User": "ben@old.example"}),
        ),
    ]
}

fn write(case: &Case) {
    let custodian = CustodianTag {
        name: OWNER.to_owned(),
        id: "1".to_owned(),
        index: "c1".to_owned(),
    };
    let point = PointTag {
        id: "p".to_owned(),
        taken: "2026-01-01T00:00:00Z".parse().expect("a time"),
    };
    let (evidence, points) = (EvidenceTag::default(), vec![point]);
    let fidelity = FidelityName::OriginalBytes;
    let tag = Tag::new(fidelity, evidence, points, vec![custodian]);
    let mut writer = ArchiveWriter::create(&case.source(), tag).expect("begun");
    let named = |id: &str, folder: MailFolder| RuleFolder {
        id: id.to_owned(),
        folder,
    };
    let folders = [
        named("AAMk-rss", folder("msgfolderroot", &["RSS Feeds"])),
        named("AAMk-own", folder("msgfolderroot", &["Projects"])),
    ];
    let mut entries = vec![Entry::Mail(MailEntry {
        id: "mail".to_owned(),
        object: writer.object(&mail(1, 0)).expect("stored"),
        parent_folder: folder("inbox", &[]),
        sent_date_time: None,
        received_date_time: None,
        is_read: false,
        importance: None,
        categories: Vec::new(),
        flag: None,
    })];
    for (id, kind, json) in settings() {
        let is_rule = kind == MailboxKind::Rule;
        entries.push(Entry::Mailbox(MailboxEntry {
            kind,
            id: id.to_owned(),
            object: writer.object(json.to_string().as_bytes()).expect("stored"),
            folders: folders.iter().filter(|_| is_rule).cloned().collect(),
        }));
    }
    let (point, owner) = (
        RestorePointId("p".to_owned()),
        CustodianName(OWNER.to_owned()),
    );
    writer.index(&point, &owner, &entries).expect("written");
    writer.finish().expect("finished");
}

/// By reason, how many the record says were held.
fn held(events: &[Value]) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] == "ItemHeld/1") {
        let reason = event["data"]["reason"].as_str().expect("a reason");
        *reasons.entry(reason.to_owned()).or_default() += 1;
    }
    reasons
}

#[test]
fn what_sends_hides_or_opens_mail_is_held_with_its_reason_and_never_written() {
    let case = Case::new(Faults::none());
    write(&case);
    case.prepare(OWNER);
    let ended = case.restore();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "ten are held: {said}");
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 1);
    let events = case.events("bundle-of-settings");
    let expected = settings().map(|(reason, ..)| (reason.to_owned(), 1));
    for row in [
        Row::held("Messages", "rules"),
        Row::held("Messages", "delegates"),
        Row::held("Messages", "forwarding"),
        Row::held("Messages", "permissions of a mailbox"),
    ] {
        row.is(&held(&events), &expected.clone().into());
    }
    // Whom mail would have gone to stands neither in a request nor in the public part of the record.
    let asked = case.inspect().requests();
    for door in [
        "messagerules",
        "mailboxsettings",
        "calendarpermissions",
        "delegates",
    ] {
        let knocked = asked
            .iter()
            .find(|one| one.path.to_lowercase().contains(door));
        assert!(knocked.is_none(), "{knocked:?}");
    }
    let public = serde_json::to_string(&events).expect("JSON");
    assert!(!public.contains("evil.example"), "{public}");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
    expect_reported(&case);
}

/// Each reason in a sentence of the report; and nobody can release one of them.
fn expect_reported(case: &Case) {
    case.done("report issue CASE --edition full --out @report");
    let report = std::fs::read_to_string(case.path("report/report.json")).expect("a report");
    for words in [
        "sends mail to somebody outside",
        "deletes mail",
        "puts mail where its owner hardly looks",
        "sends mail on",
        "does something that is not known",
        "sorts or marks mail",
        "All mail was sent on to somebody outside",
        "All mail was sent on within",
        "Somebody from outside",
        "Somebody else of the old organisation",
    ] {
        assert!(report.contains(words), "{words}");
    }
    for (reason, ..) in settings() {
        let asked = "release propose CASE --why checked --request @asked.request --reason";
        let refused = case.run(&format!("{asked} {reason}"));
        assert!(!refused.status.success(), "{reason}");
    }
}
