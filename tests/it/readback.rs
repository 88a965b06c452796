//! What the tenant holds is read back and compared: identical mails stay apart, a second plan doubles nothing, faults are on
//! the record, and a change that is planted inside the tenant is seen.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use m365_simulator::{Faults, StoredMessage};
use unbroken::clock::{Clock, SystemClock};
use unbroken::domain::calendar_event::Sensitivity;
use unbroken::domain::folder::{FolderPath, WellKnownFolder};
use unbroken::domain::item::ItemKey;
use unbroken::domain::message::{
    Address, Attachment, Body, BodyKind, FollowUp, Importance, Message,
};
use unbroken::domain::semantic::compare;
use unbroken::targets::graph::{Credential, Graph, Settings};
use unbroken::targets::turns::{Asked, Turns, Waiting};
use unbroken::targets::{QuotaHint, Target, TargetError, TargetId, TargetUser};
use unbroken_verify::VerdictKind;

use crate::case::{Case, mail};
use crate::fidelity::Row;
use crate::tampering::forge::Bundle;

const ADA: &str = "ada@clean.example";

#[test]
fn three_identical_mails_become_three() {
    let case = Case::new(Faults::none());
    for name in ["a.eml", "b.eml", "c.eml"] {
        case.plant(name, &mail(1, 10));
    }
    case.prepare("mailbox");
    let ended = case.restore();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert_eq!(case.inspect().messages(ADA).len(), 3);
}

#[test]
fn a_second_plan_after_half_a_restore_doubles_nothing() {
    let case = Case::new(Faults::none());
    for number in 0..4 {
        case.plant(&format!("{number}.eml"), &mail(number, 0));
    }
    case.prepare("mailbox");
    assert!(case.restore().status.success());
    for number in 4..8 {
        case.plant(&format!("{number}.eml"), &mail(number, 0));
    }
    case.done("source register CASE SOURCE");
    case.plan();
    let ended = case.restore();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let stored = case.inspect().messages(ADA);
    assert_eq!(stored.len(), 8);
    let created = case.inspect().created_by_key(ADA);
    assert!(
        created.len() == 8 && created.values().all(|count| *count == 1),
        "{created:?}"
    );
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn with_a_fifth_of_all_requests_failing_everything_arrives_and_each_retry_is_an_event() {
    let mut faults = Faults::rate(0.2);
    faults.retry_after_s = 0;
    let case = Case::new(Faults::none());
    for number in 0..20 {
        case.plant(
            &format!("{number}.eml"),
            &mail(number, if number % 5 == 0 { 3_200_000 } else { 9 }),
        );
    }
    case.prepare("mailbox");
    case.inspect().set_faults(faults);
    let ended = case.restore();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert_eq!(case.inspect().messages(ADA).len(), 20);
    let injected = case.inspect().faults();
    let events = case.events("bundle-of-retries");
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    let (tries, restored) = (count("ItemAttempted/1"), count("ItemRestored/1"));
    let failed = count("AttemptFailed/1");
    assert_eq!(restored, 20);
    assert_eq!(
        tries,
        restored + failed,
        "each try that was followed by another failed by event"
    );
    assert!(
        failed > 0 && injected > 0,
        "{failed} failed tries, {injected} faults"
    );
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn odd_names_are_restored_under_names_that_are_taken_and_the_original_is_a_disclosure() {
    let case = Case::new(Faults::none());
    case.plant("a:b?.txt", b"colon");
    case.plant("con.txt", b"device");
    case.plant("plain.txt", b"plain");
    case.prepare("drive");
    assert!(case.restore().status.success());
    let paths: Vec<String> = case
        .inspect()
        .files(ADA)
        .into_iter()
        .map(|file| file.path)
        .collect();
    assert_eq!(paths.len(), 3);
    let plain = paths.contains(&"/plain.txt".to_owned());
    Row::kept("Files", "name").holds(plain, &paths);
    assert!(
        paths.iter().all(|path| !path.contains([':', '?'])),
        "{paths:?}"
    );
    let events = case.events("bundle-of-names");
    let declared = events
        .iter()
        .filter(|event| event["data"]["class"] == "as_declared")
        .count();
    assert_eq!(declared, 2);
    let found = Bundle::read(&case.path("bundle-of-names"))
        .files
        .range("data/disclosures/".to_owned()..)
        .take_while(|(path, _)| path.starts_with("data/disclosures/"))
        .any(|(_, lines)| {
            let lines = std::str::from_utf8(lines).expect("UTF-8");
            lines
                .lines()
                .any(|line| disclosed(line).contains("a:b?.txt"))
        });
    assert!(found, "the original name is no disclosure");
}

fn disclosed(line: &str) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let row: serde_json::Value = serde_json::from_str(line).expect("a line");
    let encoded = row["disclosure"].as_str().expect("a disclosure");
    let bytes = Base64UrlUnpadded::decode_vec(encoded).expect("base64url");
    String::from_utf8(bytes).expect("UTF-8")
}

/// No quota is kept: what a test asks is little.
pub(crate) struct AtOnce;

impl Turns for AtOnce {
    fn turn<'a>(&'a self, _asked: Asked<'a>) -> Waiting<'a> {
        Box::pin(async { SystemClock.now() })
    }

    fn heard(
        &self,
        _asked: Asked<'_>,
        _sent: DateTime<Utc>,
        _failure: Option<&TargetError>,
        _hint: Option<QuotaHint>,
    ) {
    }
}

pub(crate) fn graph(case: &Case) -> Graph {
    let base = &case.running.base_url;
    let settings = Settings {
        graph_base: format!("{base}/v1.0"),
        login_base: base.clone(),
        tenant: "11111111-2222-3333-4444-555555555555".to_owned(),
        client_id: "00000000-0000-0000-0000-00000000a001".to_owned(),
        credential: Credential::Secret("a-secret-of-a-test".to_owned().into()),
        extra_roots_pem: None,
    };
    let graph = Graph::new(settings, Arc::new(SystemClock), Arc::new(AtOnce));
    graph.expect("settings that work")
}

fn whole() -> Message {
    let address = |name: &str, address: &str| Address {
        name: name.to_owned(),
        address: address.to_owned(),
    };
    Message {
        subject: "Board meeting".to_owned(),
        from: Some(address("Ben", "ben@old.example")),
        sender: Some(address("Office", "office@old.example")),
        to: vec![address("Ada", "ada@old.example")],
        cc: vec![address("", "cleo@old.example")],
        bcc: vec![address("", "dan@old.example")],
        reply_to: vec![address("", "reply@old.example")],
        sent: chrono::DateTime::from_timestamp(1_700_000_000, 0),
        received: chrono::DateTime::from_timestamp(1_700_000_060, 0),
        internet_message_id: Some("<1@old.example>".to_owned()),
        in_reply_to: Some("<0@old.example>".to_owned()),
        references: Some("<0@old.example>".to_owned()),
        transport_headers: "Subject: Board meeting\r\n".to_owned(),
        body: Body {
            kind: BodyKind::Html,
            content: "<p>We buy <b>it</b>.</p>".to_owned(),
        },
        is_read: true,
        importance: Importance::High,
        categories: vec!["Board".to_owned()],
        follow_up: FollowUp::Flagged,
        sensitivity: Sensitivity::Private,
        attachments: vec![Attachment {
            name: "offer.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            content_id: None,
            is_inline: false,
            content: b"offer".to_vec(),
        }],
        ..Message::default()
    }
}

async fn stored(case: &Case, graph: &Graph) -> (TargetUser, TargetId) {
    let user = graph.user(ADA).await.expect("asked").expect("there");
    let inbox = FolderPath::Mail {
        root: WellKnownFolder::Inbox,
        below: Vec::new(),
    };
    let folder = graph.mail_folder(&user, &inbox).await.expect("there");
    let key = ItemKey([7; 32]);
    let (id, _) = graph
        .create_message(&user, &folder, &whole(), &key)
        .await
        .expect("created");
    assert_eq!(case.inspect().messages(ADA).len(), 1);
    (user, id)
}

type Plant = fn(&mut serde_json::Map<String, serde_json::Value>);

fn planted() -> [(&'static str, Row, Plant); 15] {
    [
        ("subject", Row::kept("Messages", "subject"), |m| {
            m["subject"] = "Board Meeting!".into();
        }),
        ("from", Row::kept("Messages", "from"), |m| {
            m["from"]["emailAddress"]["address"] = "eve@old.example".into();
        }),
        ("sender", Row::kept("Messages", "sender"), |m| {
            m["sender"]["emailAddress"]["name"] = "Eve".into();
        }),
        ("to", Row::kept("Messages", "to"), |m| {
            m["toRecipients"][0]["emailAddress"]["address"] = "x@old.example".into();
        }),
        ("cc", Row::kept("Messages", "cc"), |m| {
            m["ccRecipients"] = serde_json::json!([]);
        }),
        ("bcc", Row::kept("Messages", "bcc"), |m| {
            m["bccRecipients"] = serde_json::json!([]);
        }),
        ("reply-to", Row::kept("Messages", "reply-to"), |m| {
            m["replyTo"][0]["emailAddress"]["address"] = "x@evil.example".into();
        }),
        ("sent", Row::kept("Messages", "sent date"), |m| {
            m["sentDateTime"] = "2023-11-14T22:13:21Z".into();
        }),
        ("received", Row::kept("Messages", "received date"), |m| {
            m["receivedDateTime"] = "2023-11-14T22:14:21Z".into();
        }),
        ("message-id", Row::kept("Messages", "message id"), |m| {
            m["internetMessageId"] = "<2@old.example>".into();
        }),
        ("body", Row::kept("Messages", "body"), |m| {
            m["body"]["content"] = "<p>We sell <b>it</b>.</p>".into();
        }),
        ("read", Row::kept("Messages", "read flag"), |m| {
            m["isRead"] = false.into();
        }),
        ("importance", Row::kept("Messages", "importance"), |m| {
            m["importance"] = "low".into();
        }),
        ("categories", Row::kept("Messages", "categories"), |m| {
            m["categories"] = serde_json::json!(["Board", "x"]);
        }),
        ("flag", Row::kept("Messages", "follow-up flag"), |m| {
            m["flag"]["flagStatus"] = "complete".into();
        }),
    ]
}

#[test]
fn a_change_planted_inside_the_tenant_is_seen_in_each_covered_field() {
    for (field, row, plant) in planted() {
        expect_seen(field, row, |case, message| {
            assert!(case.inspect().change_message(ADA, &message.id, plant));
        });
    }
    for (field, row, name) in [
        (
            "in-reply-to",
            Row::kept("Messages", "in-reply-to"),
            "string 0x1042",
        ),
        (
            "references",
            Row::kept("Messages", "references"),
            "string 0x1039",
        ),
        (
            "sensitivity",
            Row::kept("Messages", "sensitivity"),
            "integer 0x36",
        ),
    ] {
        expect_seen(field, row, |case, message| {
            let changed = Some("<9@old.example>").filter(|_| field != "sensitivity");
            assert!(
                case.inspect()
                    .change_property(ADA, &message.id, name, changed)
            );
        });
    }
    expect_seen(
        "attachments",
        Row::kept("Messages", "attachments"),
        |case, message| {
            let changed = case
                .inspect()
                .change_attachment(ADA, &message.id, 0, |_, content| content[0] ^= 1);
            assert!(changed);
        },
    );
}

/// Writes the message, reads it back equal, plants the change, and reads it back different in that field alone.
fn expect_seen(field: &str, row: Row, plant: impl Fn(&Case, &StoredMessage)) {
    let case = Case::new(Faults::none());
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let graph = graph(&case);
        let (user, id) = stored(&case, &graph).await;
        let before = compare(
            &whole(),
            &graph.read_message(&user, &id).await.expect("read"),
        );
        assert_eq!(before.differing, Vec::<&str>::new());
        assert_eq!(before.written, before.found);
        let message = &case.inspect().messages(ADA)[0];
        let block = message.properties.get("string 0x7d").cloned();
        let headers = Row::kept("Messages", "header block");
        headers.is(&block.as_deref(), &Some("Subject: Board meeting\r\n"));
        Row::lost("Messages", "draft state").is(&message.json["isDraft"], &false);
        plant(&case, &case.inspect().messages(ADA)[0]);
        let after = compare(
            &whole(),
            &graph.read_message(&user, &id).await.expect("read"),
        );
        row.is(&after.differing, &[field]);
        assert_ne!(after.written, after.found, "{field}");
    });
}
