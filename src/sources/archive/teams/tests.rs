//! A message with more images than are held is named and left out; a plan needs none of them, and no team is read past its limit.
#![allow(clippy::disallowed_methods, reason = "tests damage files")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::index::{CustodianTag, Entry, EvidenceTag, FidelityName, PointTag, Tag};
use super::super::writer::ArchiveWriter;
use super::*;
use crate::sources::Source;
use crate::sources::reader::Tree;

const TEAM: &str = "quay@old.example";
const GENERAL: &str = "19:general@thread.tacv2";

fn team() -> Value {
    json!({
        "id": "old-team", "displayName": "Quay", "visibility": "private", "internalId": GENERAL,
        "members": [{
            "@odata.type": "#microsoft.graph.aadUserConversationMember",
            "userId": "ada-id", "displayName": "Ada", "email": "ada@old.example",
            "roles": ["owner"],
        }],
        "channels": [{"id": GENERAL, "displayName": "General", "membershipType": "standard"}],
    })
}

fn message(id: &str) -> Value {
    json!({
        "id": id, "messageType": "message", "createdDateTime": "2024-02-01T00:00:00Z",
        "from": {"user": {"id": "ada-id", "displayName": "Ada"}},
        "body": {"contentType": "text", "content": "Well"},
        "channelIdentity": {"teamId": "old-team", "channelId": GENERAL},
    })
}

fn entry(writer: &mut ArchiveWriter, id: &str, json: &Value, images: Vec<HostedEntry>) -> Entry {
    let kind = if id == "team" {
        TeamsKind::Team
    } else {
        TeamsKind::Message
    };
    let channel = (kind == TeamsKind::Message).then(|| super::super::index::ChannelReference {
        id: GENERAL.to_owned(),
        display_name: "General".to_owned(),
    });
    Entry::Teams(TeamsEntry {
        kind,
        id: id.to_owned(),
        object: writer.object(json.to_string().as_bytes()).expect("kept"),
        channel,
        created_date_time: None,
        reply_to_id: None,
        hosted_contents: images,
    })
}

/// A team with a message that has the image so many times, and one that has none.
fn written(image: &[u8], times: usize) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bag");
    let tag = Tag::new(
        FidelityName::OriginalBytes,
        EvidenceTag::default(),
        vec![PointTag {
            id: "p1".to_owned(),
            taken: DateTime::UNIX_EPOCH,
        }],
        vec![CustodianTag {
            name: TEAM.to_owned(),
            id: "1".to_owned(),
            index: "c1".to_owned(),
        }],
    );
    let mut writer = ArchiveWriter::create(&path, tag).expect("begun");
    let object = writer.object(image).expect("kept");
    let images = (0..times).map(|number| HostedEntry {
        id: number.to_string(),
        content_type: "image/png".to_owned(),
        object,
    });
    let images = images.collect();
    let entries = [
        entry(&mut writer, "team", &team(), Vec::new()),
        entry(&mut writer, "1", &message("1"), images),
        entry(&mut writer, "2", &message("2"), Vec::new()),
    ];
    let (point, custodian) = names();
    writer.index(&point, &custodian, &entries).expect("written");
    writer.finish().expect("finished");
    (folder, path)
}

fn names() -> (RestorePointId, CustodianName) {
    let point = RestorePointId("p1".to_owned());
    (point, CustodianName(TEAM.to_owned()))
}

fn opened(path: &Path) -> Archive {
    Archive::open(Tree::at(path).expect("a folder")).expect("valid")
}

#[test]
fn one_image_that_is_named_too_often_leaves_its_message_out_and_no_other() {
    let image = vec![7; 2 << 20];
    let at_most = usize::try_from(MESSAGE_BYTES_MAX).expect("it fits") / image.len();
    for (times, is_too_large) in [(at_most - 1, false), (at_most, true)] {
        let (_folder, path) = written(&image, times);
        let archive = opened(&path);
        let (point, custodian) = names();
        let items: Vec<_> = archive.items(&point, &custodian).expect("listed").collect();
        let [Ok(_), first, Ok(second)] = &*items else {
            panic!("a team and two messages: {items:?}");
        };
        assert_eq!(second.stable_id, "2");
        match first {
            Ok(item) => {
                assert!(!is_too_large, "{times} images: {item:?}");
                // What its workers have to find room for is not its JSON alone.
                let images = (times * image.len()) as u64;
                assert_eq!(archive.held_bytes(item), item.size_bytes + images);
                assert_eq!(archive.held_bytes(second), second.size_bytes);
            }
            Err(bad) => {
                assert!(is_too_large, "{times} images: {bad:?}");
                assert_eq!(bad.class, "too-large");
                // Nor does whoever planned it elsewhere get it into memory.
                let planned = SourceItem {
                    stable_id: "1".to_owned(),
                    digest: bad.digest.expect("a digest"),
                    size_bytes: bad.size_bytes,
                    ..second.clone()
                };
                let read = archive.teams_item(&planned);
                assert!(matches!(read, Err(SourceError::Invalid { .. })), "{read:?}");
            }
        }
    }
}

#[test]
fn what_the_plan_needs_of_a_message_is_there_when_an_image_of_it_is_cut() {
    let (_folder, path) = written(b"an image", 1);
    let archive = opened(&path);
    let (point, custodian) = names();
    let items = archive.items(&point, &custodian).expect("listed");
    let item = items.flatten().find(|item| item.stable_id == "1");
    let item = item.expect("the message");
    let whole = archive.teams_item(&item).expect("read");
    let image = path.join(Object::path_of(&digest_of(b"an image")));
    fs::write(image, b"an").expect("cut");
    assert!(archive.teams_item(&item).is_err());
    let read = archive.teams_without_images(&item).expect("read");
    let (TeamsItem::Message(whole), TeamsItem::Message(read)) = (whole, read) else {
        panic!("messages");
    };
    assert_eq!((whole.hosted.len(), read.hosted.len()), (1, 0));
    assert_eq!(whole.outline, read.outline);
    assert_eq!(read.outline.author.address, "ada@old.example");
}

#[test]
fn a_team_that_is_larger_than_what_is_read_names_nobody() {
    let (_folder, path) = written(b"an image", 1);
    let mut archive = opened(&path);
    assert_eq!(archive.addresses().len(), 2);
    archive.teams.teams[0].size = MESSAGE_BYTES_MAX + 1;
    let known = archive.addresses();
    assert_eq!(known.len(), 1, "nobody but the custodian: {known:?}");
}
