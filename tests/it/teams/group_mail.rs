//! What was said in the mailbox of a group: mail, in the mailbox that the map names; never a part of the team.

use serde_json::{Value, json};
use unbroken::sources::archive::index::{Entry, MailEntry, MailFolder, TeamsKind};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use super::world::{
    ADA, TEAM, channel, fresh, mapped, member, message_entry, plain_entry, reasons, said, thread,
    troubles, write_archives,
};
use crate::case::mail;

const MAILBOX: &str = "quay7-group@old.example";
const DESK: &str = "desk@clean.example";

fn conversation(writer: &mut ArchiveWriter, number: usize) -> Entry {
    Entry::Mail(MailEntry {
        id: format!("post-{number}"),
        object: writer.object(&mail(number, 0)).expect("kept"),
        parent_folder: MailFolder {
            well_known_name: "inbox".to_owned(),
            path: Vec::new(),
        },
        sent_date_time: None,
        received_date_time: None,
        is_read: true,
        importance: None,
        categories: Vec::new(),
        flag: None,
    })
}

#[test]
fn conversations_of_a_group_go_where_the_map_says_and_nowhere_else() {
    let case = fresh();
    write_archives(&case, &[TEAM, MAILBOX], |writer, owner| {
        if owner == 1 {
            return vec![conversation(writer, 1), conversation(writer, 2)];
        }
        let general = channel("General", "standard", &json!([]));
        let team = json!({
            "id": "old-team", "displayName": "Quay 7", "description": "",
            "visibility": "private", "internalId": general["id"],
            "members": [member(ADA, &["owner"])], "channels": [general],
            "createdDateTime": "2022-01-01T00:00:00Z",
        });
        // A backup that keeps the group's mail under the team itself.
        let entries = [said("General", "1", "2023-05-01T08:00:00Z", "in the team")];
        let mut entries: Vec<Entry> = entries
            .iter()
            .map(|one| message_entry(writer, one))
            .collect();
        entries.push(conversation(writer, 3));
        entries.push(plain_entry(writer, TeamsKind::Team, "team", &team));
        entries
    });
    assert!(case.inspect().add_user(DESK, "Desk"));
    mapped(&case, &format!("{TEAM},team:Quay 7\n{MAILBOX},{DESK}\n"));
    case.plan();
    assert_eq!(case.restore().status.code(), Some(3));
    let events = case.events("bundle");
    let held = reasons(&events, "ItemHeld/1");
    assert_eq!(held, ["target-of-another-kind"], "{:#?}", troubles(&events));
    let subjects = |user: &str| {
        let messages = case.inspect().messages(user);
        let subject = |json: &Value| json["subject"].as_str().expect("a text").to_owned();
        let mut subjects: Vec<String> = messages.iter().map(|one| subject(&one.json)).collect();
        subjects.sort();
        subjects
    };
    assert_eq!(subjects(DESK), ["mail 1", "mail 2"]);
    assert_eq!(subjects("ada@clean.example"), [""; 0]);
    assert_eq!(thread(&case, "General").posts.len(), 1);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}
