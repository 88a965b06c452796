//! Messages as Microsoft's documentation and recordings of its service show them: each is restored or named.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use unbroken::sources::archive::index::{ChannelReference, Entry, TeamsEntry, TeamsKind};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use super::world::{TEAM, fresh, member, plain_entry, planned, reasons, write_archive};
use crate::left_out::left_out;
use crate::tidy::top;

const NOBODY: &str = "aaaaaaaa-0000-4000-8000-00000000000f";

/// Every `chatMessage` in a file, however deep.
fn messages(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("messageType") && fields.contains_key("body") {
                found.push(value.clone());
            }
            fields.values().for_each(|inner| messages(inner, found));
        }
        Value::Array(list) => list.iter().for_each(|inner| messages(inner, found)),
        _ => {}
    }
}

/// By channel: a message that two files show differently stands there twice, under the files' names.
fn corpus() -> Option<Vec<(String, Value)>> {
    let folder = top().join("../shared/corpus/teams");
    if !folder.exists() {
        left_out("no ../shared/corpus/teams here");
        return None;
    }
    let mut all = Vec::new();
    let mut folders: Vec<_> = std::fs::read_dir(&folder)
        .expect("listed")
        .flatten()
        .collect();
    folders.sort_by_key(std::fs::DirEntry::path);
    for inner in folders {
        let mut files: Vec<_> = std::fs::read_dir(inner.path())
            .expect("listed")
            .flatten()
            .collect();
        files.sort_by_key(std::fs::DirEntry::path);
        for file in files {
            let name = file.file_name().to_string_lossy().into_owned();
            let bytes = std::fs::read(file.path()).expect("read");
            let Ok(value) = serde_json::from_slice::<Value>(&bytes) else {
                continue;
            };
            let mut found = Vec::new();
            messages(&value, &mut found);
            all.extend(found.into_iter().map(|message| (name.clone(), message)));
        }
    }
    Some(all)
}

fn entry(writer: &mut ArchiveWriter, number: usize, name: &str, message: &Value) -> Entry {
    let created = message["createdDateTime"]
        .as_str()
        .and_then(|text| text.parse().ok());
    // One channel holds them all: they come from many tenants.
    let mut message = message.clone();
    message["channelIdentity"] = json!({"channelId": "19:all"});
    Entry::Teams(TeamsEntry {
        kind: TeamsKind::Message,
        id: format!("{name}#{number}"),
        object: writer.object(message.to_string().as_bytes()).expect("kept"),
        channel: Some(ChannelReference {
            id: "19:all".to_owned(),
            display_name: "All".to_owned(),
        }),
        created_date_time: created,
        reply_to_id: message["replyToId"].as_str().map(str::to_owned),
        hosted_contents: Vec::new(),
    })
}

#[test]
#[allow(clippy::print_stdout, reason = "the counts are what the test is for")]
fn every_recorded_and_documented_message_is_restored_or_named() {
    let Some(all) = corpus() else {
        return;
    };
    assert!(all.len() >= 40, "the corpus lost messages: {}", all.len());
    let case = fresh();
    write_archive(&case, TEAM, |writer| {
        let mut entries: Vec<Entry> = all
            .iter()
            .enumerate()
            .map(|(number, (name, message))| entry(writer, number, name, message))
            .collect();
        let general =
            json!({"id": "19:general", "displayName": "General", "membershipType": "standard"});
        let channel = json!({"id": "19:all", "displayName": "All", "membershipType": "standard"});
        let team = json!({
            "displayName": "Corpus", "visibility": "private", "internalId": "19:general",
            "members": [member(super::world::ADA, &["owner"]), member(NOBODY, &[])],
            "channels": [general, channel],
        });
        entries.push(plain_entry(writer, TeamsKind::Team, "team", &team));
        entries
    });
    assert!(case.inspect().add_user("archive@clean.example", "archive"));
    planned(
        &case,
        &format!("{TEAM},team:Corpus\nteams:stand-in,archive@clean.example\n"),
    );
    let ended = case.restore();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    let events = case.events("bundle-of-corpus");
    let restored = events
        .iter()
        .filter(|event| event["type"] == "ItemRestored/1")
        .count();
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    for kind in ["ItemHeld/1", "ItemSkipped/1", "ItemFailed/1"] {
        for reason in reasons(&events, kind) {
            *named.entry(format!("{kind} {reason}")).or_default() += 1;
        }
    }
    println!(
        "corpus/teams: {} messages, {} restored, {named:?}",
        all.len(),
        restored - 1
    );
    assert_eq!(
        restored - 1 + named.values().sum::<usize>(),
        all.len(),
        "{stderr}"
    );
    assert!(
        named.keys().all(|name| !name.contains("readback-differs")),
        "{named:?}"
    );
    let threads = case.inspect().threads();
    let channel = threads
        .iter()
        .find(|one| one.name == "All")
        .expect("a channel");
    assert_eq!(channel.posts.len(), restored - 1);
    assert!(
        channel
            .posts
            .iter()
            .all(|post| !post.content.contains("<at"))
    );
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}
