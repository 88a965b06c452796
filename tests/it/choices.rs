//! What the operator chooses at `plan make`: named in the plan's event, shown to approvers, carried out, and said in the outcome.

use m365_simulator::Faults;

use crate::case::{Case, mail};
use crate::fidelity::Row;
use crate::shares::hex;
use crate::tidy::top;

const ADA: &str = "ada@clean.example";
const MEETING: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:one\r\nSUMMARY:One\r\n\
    DTSTART:20270201T100000Z\r\nDURATION:PT30M\r\nATTENDEE:mailto:eve@old.example\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

/// Makes, proposes, approves and adopts a plan with more words, which may hold blanks between quotes no shell sees.
fn planned(case: &Case, more: &[&str]) -> String {
    let mut make = case.command("plan make CASE --source SOURCE");
    let made = make.args(more).output().expect("started");
    let stderr = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(made.status.success(), "{stderr}");
    case.done("plan propose CASE");
    let approved = case.run("plan approve CASE --yes");
    assert!(approved.status.success());
    case.done("plan adopt CASE");
    String::from_utf8_lossy(&approved.stderr).into_owned()
}

fn ended(case: &Case, bundle: &str) -> Vec<String> {
    let events = case.events(bundle);
    let kinds = ["ItemHeld/1", "ItemRestored/1", "ItemSkipped/1"];
    let outcomes = events
        .iter()
        .filter(|event| kinds.contains(&event["type"].as_str().unwrap_or_default()));
    let mut lines: Vec<String> = outcomes
        .map(|event| {
            let data = &event["data"];
            let said = data["transforms"].as_array().map_or_else(
                || data["reason"].as_str().unwrap_or_default().to_owned(),
                |names| {
                    let names = names.iter().filter_map(|name| name.as_str());
                    names.collect::<Vec<_>>().join(" ")
                },
            );
            let kind = event["type"].as_str().unwrap_or_default();
            let workload = data["workload"].as_str().unwrap_or_default();
            format!("{kind} {workload} {said}").trim().to_owned()
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn recoverable_items_are_held_by_name_until_a_folder_is_named_for_them() {
    let case = Case::new(Faults::none());
    case.plant("Inbox/a.eml", &mail(1, 0));
    case.plant("Recoverable Items/Purges/b.eml", &mail(2, 0));
    case.plant("Online Archive - Ada/Inbox/c.eml", &mail(3, 0));
    case.prepare("mailbox");
    case.restore();
    assert_eq!(
        ended(&case, "bundle-held"),
        [
            "ItemHeld/1 mail in-place-archive",
            "ItemHeld/1 mail recoverable-items",
            "ItemRestored/1 mail",
        ]
    );
    let stored = case.inspect().messages(ADA);
    assert_eq!(stored.len(), 1);
    let bytes = (&stored[0].attachments[..], case.inspect().files(ADA).len());
    Row::lost("Messages", "original MIME bytes").is(&bytes, &(&[][..], 0));
    let approved = planned(&case, &["--recoverable-items", "Found again"]);
    assert!(approved.contains("into-named-folder"), "{approved}");
    assert!(
        !approved.contains("Found again"),
        "a name is nobody's business there"
    );
    case.restore();
    let stored = case.inspect().messages(ADA);
    assert_eq!(stored.len(), 2);
    let folder = "Found again/Recoverable Items/Purges";
    let found = stored.iter().any(|one| one.folder.ends_with(folder));
    assert!(
        found,
        "{:?}",
        stored.iter().map(|one| &one.folder).collect::<Vec<_>>()
    );
    let lines = ended(&case, "bundle-found");
    assert!(
        lines.contains(&"ItemRestored/1 mail into-named-folder/1".to_owned()),
        "{lines:?}"
    );
    let created = case.inspect().created_by_key(ADA);
    assert!(created.len() == 2 && created.values().all(|count| *count == 1));
}

#[test]
fn a_copy_of_the_bytes_is_attached_or_lies_beside() {
    let bytes = mail(1, 10);
    for (choice, expected) in [
        ("attach", vec!["ItemRestored/1 mail raw-copy-attached/1"]),
        (
            "beside",
            vec!["ItemRestored/1 files", "ItemRestored/1 mail"],
        ),
    ] {
        let case = Case::new(Faults::none());
        case.plant("Inbox/a.eml", &bytes);
        case.prepare_people("mailbox");
        let approved = planned(&case, &["--raw-copy", choice]);
        assert!(approved.contains("raw copy"), "{approved}");
        assert!(case.restore().status.success());
        assert_eq!(ended(&case, "bundle-of-copies"), expected);
        let stored = case.inspect().messages(ADA);
        let files = case.inspect().files(ADA);
        let copies: Vec<String> = if choice == "attach" {
            let named = stored[0].attachments.iter();
            let named = named.filter(|(name, ..)| name == "original-message.eml");
            named.map(|(_, _, digest)| digest.clone()).collect()
        } else {
            assert!(
                files[0].path.starts_with("/Original messages/inbox/"),
                "{}",
                files[0].path
            );
            let content = case.inspect().content(ADA, &files[0].id).expect("stored");
            vec![hex(&content)]
        };
        Row::kept("Messages", "copy of the MIME bytes").is(&copies, &[hex(&bytes)]);
        // A second plan of the same choice doubles neither.
        planned(&case, &["--raw-copy", choice]);
        case.restore();
        assert_eq!(case.inspect().messages(ADA).len(), 1);
        assert_eq!(
            case.inspect().files(ADA).len(),
            usize::from(choice == "beside")
        );
    }
}

#[test]
fn people_of_an_event_are_left_out_where_that_is_chosen_and_never_invited() {
    let case = Case::new(Faults::none());
    case.plant("one.ics", MEETING.as_bytes());
    case.prepare_people("mailbox");
    let refused = case.run("plan make CASE --source SOURCE --attendees keep");
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{why}");
    assert!(why.contains("invitation"), "{why}");
    planned(&case, &["--attendees", "drop"]);
    assert!(case.restore().status.success());
    assert_eq!(
        ended(&case, "bundle-of-people"),
        ["ItemRestored/1 calendar attendees-left-out/1"]
    );
    let items = case.inspect().items(ADA);
    let body = items[0].json["body"]["content"].as_str().expect("a body");
    assert!(!body.contains("eve@old.example"), "{body}");
    assert_eq!(case.inspect().invitations(), 0);
}

#[test]
fn aliases_are_listed_for_the_mailbox_that_the_mail_names() {
    let case = Case::new(Faults::none());
    let seed = top().join("tests/fuzz/seeds/message_file/mail.msg");
    let bytes = std::fs::read(seed).expect("a message file");
    case.plant("ada@old.example/Inbox/a.msg", &bytes);
    case.prepare_people("ada@old.example");
    let csv = case.done("plan aliases CASE --source SOURCE");
    assert_eq!(
        csv.trim_end(),
        "mailbox,alias,why,names,seen\n\
         ada@clean.example,X500:/o=old/cn=ada,smtp-beside-it,Ada,1\n\
         ada@clean.example,smtp:ada@old.example,old-address,,0"
    );
    let json = case.done("plan aliases CASE --source SOURCE --json");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (&json["with_mailbox"], &json["without_mailbox"]),
        (&2.into(), &0.into())
    );
}
