//! Messages as Microsoft's documentation and recordings of its service show them: each is restored or named, of what is a message
//! nearly all, in order, with author and time as in the source but for what the record declares.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use m365_simulator::StoredPost;
use serde_json::{Value, json};
use unbroken::sources::archive::index::{ChannelReference, Entry, TeamsEntry, TeamsKind};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use super::world::{ADA, TEAM, at, fresh, member, plain_entry, planned, reasons, write_archive};
use crate::case::Case;
use crate::left_out::left_out;
use crate::shares::{declares, restored};
use crate::tidy::top;

/// Wrote most of them. Stands here for Ada, who is mapped; all others are written for by another.
const WRITER: &str = "8ea0e38b-efb3-4757-924a-5f94061cf8c2";
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

fn is_mapped(message: &Value) -> bool {
    message["from"]["user"]["id"] == WRITER
}

/// What the service says by itself, and the pattern of a message that says nothing, are none.
fn is_said(message: &Value) -> bool {
    message["messageType"] == "message" && message["createdDateTime"] != "string (timestamp)"
}

fn entry(writer: &mut ArchiveWriter, number: usize, name: &str, message: &Value) -> Entry {
    let created = message["createdDateTime"]
        .as_str()
        .and_then(|text| text.parse().ok());
    // One channel holds them all: they come from many tenants.
    let mut message = message.clone();
    message["channelIdentity"] = json!({"channelId": "19:all"});
    if is_mapped(&message) {
        message["from"]["user"]["id"] = json!(ADA);
    }
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
            "members": [member(ADA, &["owner"]), member(NOBODY, &[])],
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
    expect_outcomes(&case, &all, &String::from_utf8_lossy(&ended.stderr));
    expect_said(&case, &all);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[allow(clippy::print_stdout, reason = "the counts are what the test is for")]
fn expect_outcomes(case: &Case, all: &[(String, Value)], stderr: &str) {
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
    let rows = all.iter().filter(|(_, message)| !is_said(message)).count();
    assert_eq!(named.get("ItemSkipped/1 team-event"), Some(&rows));
}

/// Of what is a message 98% at least is in the target, each as its source has it but for what its event declares.
#[allow(clippy::print_stdout, reason = "the counts are what the test is for")]
fn expect_said(case: &Case, all: &[(String, Value)]) {
    let threads = case.inspect().threads();
    let channel = threads.iter().find(|one| one.name == "All");
    let mut posts: BTreeMap<i64, &StoredPost> = BTreeMap::new();
    for post in &channel.expect("a channel").posts {
        let before = posts.insert(at(&post.created).timestamp_millis(), post);
        assert_eq!(before, None, "two in a millisecond");
    }
    let record = restored(case, "bundle-of-said");
    // By the time in the target: the time in the source.
    let mut order: BTreeMap<i64, DateTime<Utc>> = BTreeMap::new();
    let (mut moved, mut as_they_were) = (0, 0);
    for (number, (name, message)) in all.iter().enumerate() {
        let end = format!("#{name}#{number}");
        let found = record.iter().find(|(place, _)| place.ends_with(&end));
        let Some((_, (data, id))) = found else {
            continue;
        };
        let created: DateTime<Utc> = at(message["createdDateTime"].as_str().expect("a time"));
        let millis = id.rsplit('/').next().and_then(|id| id.parse().ok());
        let millis: i64 = millis.unwrap_or_else(|| panic!("{id} is no message of Teams"));
        let post = posts.remove(&millis).expect("it is in the target, once");
        let later = at(&post.created) - created;
        // A few files show the same message: those behind it are moved by as many milliseconds.
        let most = TimeDelta::milliseconds(20);
        assert!(
            later >= TimeDelta::zero() && later <= most,
            "{end}: {later}"
        );
        let is_moved = declares(data, "chat-time-moved/1");
        assert_eq!(is_moved, !later.is_zero(), "{end}: {later}");
        expect_author(post, message, declares(data, "chat-author-stand-in/1"));
        moved += usize::from(is_moved);
        as_they_were += usize::from(is_mapped(message));
        order.insert(millis, created);
    }
    assert!(posts.is_empty(), "nothing else is there: {posts:?}");
    assert!(order.values().is_sorted(), "the order: {order:?}");
    let said = all.iter().filter(|(_, message)| is_said(message)).count();
    println!(
        "corpus/teams: {} of {said} in order, {as_they_were} by their author, {moved} moved, \
         each by a declared offset",
        order.len()
    );
    assert!(order.len() * 100 >= said * 98, "{} of {said}", order.len());
}

fn expect_author(post: &StoredPost, message: &Value, stands_in: bool) {
    assert_eq!(stands_in, !is_mapped(message), "{message}");
    if !stands_in {
        assert_eq!(post.author, "ada@clean.example");
        return;
    }
    assert_eq!(post.author, "archive@clean.example");
    let name = message["from"]["user"]["displayName"].as_str();
    let line = format!("<p><strong>{}</strong>:</p>", name.unwrap_or("?"));
    assert!(post.content.starts_with(&line), "{}", post.content);
}
