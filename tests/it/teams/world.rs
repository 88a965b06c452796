//! A backup of teams and chats, made from code, and what the tests look at afterwards.

use chrono::{DateTime, Utc};
use m365_simulator::{FaultKind, Faults, OneShot, StoredThread};
use serde_json::{Value, json};
use unbroken::domain::item::{CustodianName, RestorePointId};
use unbroken::sources::archive::index::{
    ChannelReference, CustodianTag, Entry, EvidenceTag, FidelityName, FileEntry, FileSystemInfo,
    HostedEntry, ParentReference, PointTag, Tag, TeamsEntry, TeamsKind,
};
use unbroken::sources::archive::writer::ArchiveWriter;

use crate::case::Case;
use crate::tampering::forge::put;

pub(super) const TEAM: &str = "quay7@old.example";
pub(super) const OLD_TENANT: &str = "0ld0ld0l-d0ld-0ld0-ld0l-d0ld0ld0ld0l";
pub(super) const ADA: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub(super) const BEN: &str = "aaaaaaaa-0000-4000-8000-000000000002";
pub(super) const EVE: &str = "aaaaaaaa-0000-4000-8000-000000000003";
pub(super) const FILES: &str = "https://old.sharepoint.com/sites/Quay7/Shared Documents";

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// A message of a source.
#[derive(Clone)]
pub(super) struct Said {
    pub(super) channel: &'static str,
    pub(super) id: String,
    pub(super) author: &'static str,
    pub(super) at: String,
    pub(super) reply_to: Option<String>,
    pub(super) content: String,
    pub(super) more: Value,
    pub(super) images: Vec<(&'static str, Vec<u8>)>,
}

pub(super) fn said(channel: &'static str, id: &str, at: &str, content: &str) -> Said {
    Said {
        channel,
        id: id.to_owned(),
        author: ADA,
        at: at.to_owned(),
        reply_to: None,
        content: content.to_owned(),
        more: json!({}),
        images: Vec::new(),
    }
}

pub(super) fn channel_id(name: &str) -> String {
    format!("19:{}@thread.tacv2", name.to_lowercase())
}

pub(super) fn member(id: &str, roles: &[&str]) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.aadUserConversationMember",
        "userId": id, "displayName": "Somebody", "roles": roles, "tenantId": OLD_TENANT,
    })
}

pub(super) fn channel(name: &str, membership: &str, members: &Value) -> Value {
    json!({
        "id": channel_id(name), "displayName": name, "membershipType": membership,
        "createdDateTime": "2022-01-01T00:00:00Z", "members": members,
        "filesFolder": {"webUrl": format!("{FILES}/{name}")},
    })
}

pub(super) fn team(channels: &Value) -> Value {
    json!({
        "id": "old-team", "displayName": "Quay 7", "description": "All about the quay",
        "visibility": "public", "createdDateTime": "2022-01-01T00:00:00Z",
        "tenantId": OLD_TENANT, "internalId": channel_id("General"),
        "members": [member(ADA, &["owner"]), member(BEN, &[]), member(EVE, &["owner"])],
        "channels": channels,
    })
}

pub(super) fn message_entry(writer: &mut ArchiveWriter, said: &Said) -> Entry {
    let mut json = json!({
        "id": said.id, "replyToId": said.reply_to, "messageType": "message",
        "createdDateTime": said.at, "importance": "normal", "subject": null,
        "from": {"user": {"id": said.author, "displayName": name_of(said.author)}},
        "body": {"contentType": "html", "content": said.content},
        "attachments": [], "mentions": [], "reactions": [],
    });
    if !said.channel.is_empty() {
        json["channelIdentity"] =
            json!({"teamId": "old-team", "channelId": channel_id(said.channel)});
    }
    for (name, value) in said.more.as_object().expect("an object") {
        json[name] = value.clone();
    }
    let images = said.images.iter().map(|(id, bytes)| HostedEntry {
        id: (*id).to_owned(),
        content_type: "image/png".to_owned(),
        object: writer.object(bytes).expect("kept"),
    });
    let hosted_contents = images.collect();
    let channel = ChannelReference {
        id: channel_id(said.channel),
        display_name: said.channel.to_owned(),
    };
    Entry::Teams(TeamsEntry {
        kind: TeamsKind::Message,
        id: format!("{}/{}", said.channel, said.id),
        object: writer.object(json.to_string().as_bytes()).expect("kept"),
        channel: (!said.channel.is_empty()).then_some(channel),
        created_date_time: Some(at(&said.at)),
        reply_to_id: said.reply_to.clone(),
        hosted_contents,
    })
}

pub(super) fn name_of(id: &str) -> &'static str {
    match id {
        ADA => "Ada Old",
        BEN => "Ben Old",
        _ => "Eve <Gone>",
    }
}

pub(super) fn plain_entry(
    writer: &mut ArchiveWriter,
    kind: TeamsKind,
    id: &str,
    json: &Value,
) -> Entry {
    Entry::Teams(TeamsEntry {
        kind,
        id: id.to_owned(),
        object: writer.object(json.to_string().as_bytes()).expect("kept"),
        channel: None,
        created_date_time: None,
        reply_to_id: None,
        hosted_contents: Vec::new(),
    })
}

pub(super) fn file_entry(writer: &mut ArchiveWriter, folder: &str, name: &str) -> Entry {
    Entry::Files(FileEntry {
        id: format!("{folder}/{name}"),
        name: name.to_owned(),
        parent_reference: ParentReference {
            path: vec![folder.to_owned()],
        },
        object: writer.object(name.as_bytes()).expect("kept"),
        file_system_info: FileSystemInfo::default(),
        permissions: Vec::new(),
        versions: Vec::new(),
    })
}

/// When the one restore point of an archive was taken.
const TAKEN: &str = "2026-01-01T00:00:00Z";

/// Writes an archive of one custodian beside two people.
pub(super) fn write_archive(
    case: &Case,
    owner: &str,
    entries: impl FnOnce(&mut ArchiveWriter) -> Vec<Entry>,
) {
    let mut entries = Some(entries);
    write_archives(case, &[owner], |writer, _| {
        entries.take().expect("one custodian")(writer)
    });
}

/// The same as of several instants, oldest first; `entries` is told which.
pub(super) fn write_points(
    case: &Case,
    owner: &str,
    taken: &[&str],
    mut entries: impl FnMut(&mut ArchiveWriter, usize) -> Vec<Entry>,
) {
    write(case, &[owner], taken, |writer, point, _| {
        entries(writer, point)
    });
}

/// The same of several.
pub(super) fn write_archives(
    case: &Case,
    owners: &[&str],
    mut entries: impl FnMut(&mut ArchiveWriter, usize) -> Vec<Entry>,
) {
    write(case, owners, &[TAKEN], |writer, _, owner| {
        entries(writer, owner)
    });
}

fn write(
    case: &Case,
    owners: &[&str],
    taken: &[&str],
    mut entries: impl FnMut(&mut ArchiveWriter, usize, usize) -> Vec<Entry>,
) {
    let people = [("ada@old.example", ADA), ("ben@old.example", BEN)];
    let people = people.map(|(name, id)| (name.to_owned(), id.to_owned()));
    let all = owners.iter().zip(1..);
    let all = all.map(|(owner, number)| ((*owner).to_owned(), format!("old-team-{number}")));
    let custodians = people.into_iter().chain(all).zip(1..);
    let custodians = custodians.map(|((name, id), number)| CustodianTag {
        name,
        id,
        index: format!("c{number}"),
    });
    let points = taken.iter().zip(1..).map(|(taken, number)| PointTag {
        id: format!("p{number}"),
        taken: at(taken),
    });
    let tag = Tag::new(
        FidelityName::OriginalBytes,
        EvidenceTag::default(),
        points.collect(),
        custodians.collect(),
    );
    let mut writer = ArchiveWriter::create(&case.source(), tag).expect("begun");
    for place in 0..taken.len() {
        let point = RestorePointId(format!("p{}", place + 1));
        for (number, owner) in owners.iter().enumerate() {
            let entries = entries(&mut writer, place, number);
            let owner = CustodianName((*owner).to_owned());
            writer.index(&point, &owner, &entries).expect("written");
        }
    }
    writer.finish().expect("finished");
}

/// A case with its people mapped; `rows` are more rows of the map.
pub(super) fn mapped(case: &Case, rows: &str) {
    case.connect("");
    let map = format!(
        "source,target\nada@old.example,ada@clean.example\n\
         ben@old.example,ben@clean.example\n{rows}"
    );
    put(&case.path("map.csv"), map.as_bytes());
    case.done("case map CASE --csv MAP --not-in-a-backup TARGET");
}

/// The same with a plan in force.
pub(super) fn planned(case: &Case, rows: &str) {
    mapped(case, rows);
    case.plan();
}

pub(super) fn fresh() -> Case {
    Case::without_quotas(Faults::none())
}

pub(super) fn thread(case: &Case, name: &str) -> StoredThread {
    let mut named = case
        .inspect()
        .threads()
        .into_iter()
        .filter(|one| one.name == name);
    let found = named.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(named.next().is_none(), "{name} twice");
    found
}

/// The reasons of what was held, sorted.
pub(super) fn reasons(events: &[Value], kind: &str) -> Vec<String> {
    let of = events.iter().filter(|event| event["type"] == kind);
    let mut reasons: Vec<String> = of
        .map(|event| {
            event["data"]["reason"]
                .as_str()
                .expect("a reason")
                .to_owned()
        })
        .collect();
    reasons.sort();
    reasons
}

/// What went wrong, for a test that fails.
pub(super) fn troubles(events: &[Value]) -> Vec<String> {
    let of = events
        .iter()
        .filter(|event| event["type"] == "AttemptFailed/1" || event["type"] == "ItemFailed/1");
    of.map(|event| event["data"].to_string()).collect()
}

pub(super) fn shot(method: &str, path: &str, kind: FaultKind) -> OneShot {
    OneShot {
        kind,
        method: method.to_owned(),
        path: path.to_owned(),
        skip: 0,
    }
}
