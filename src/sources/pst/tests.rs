//! The reader over a file that code has made, whole and with every kind of harm done to it: it ends, says what is wrong, and never
//! takes more than an item may.

use std::collections::BTreeSet;

use super::built::{self, Built, MESSAGE};
use super::error::PstError;
use super::store::PstFile;
use crate::domain::folder::WellKnownFolder;
use crate::domain::item::Workload;
use crate::domain::message::Message;
use crate::sources::mapi::{message, outlook};

fn opened(built: &Built) -> Result<PstFile, PstError> {
    PstFile::open(Box::new(built.bytes.clone()))
}

fn read(built: &Built) -> Result<Message, PstError> {
    Ok(message::message(opened(built)?.item(MESSAGE)?.object))
}

/// Everything that a plan and a restore read.
fn walk(built: &Built) -> usize {
    let Ok(file) = opened(built) else {
        return 0;
    };
    let mut listed = BTreeSet::new();
    let mut found = 0;
    for folder in file.folders().unwrap_or_default() {
        for node in folder.items {
            listed.insert(node);
            if let Ok(item) = file.item(node) {
                assert_eq!(
                    file.stored(node)
                        .map(|stored| crate::sources::reader::digest_of(&stored))
                        .ok(),
                    Some(item.digest)
                );
                let again = item.object.clone();
                let _event = outlook::item(item.object.clone(), Workload::Calendar);
                let _contact = outlook::item(item.object.clone(), Workload::Contacts);
                let _task = outlook::item(item.object, Workload::Tasks);
                found += message::message(again).attachments.len() + 1;
            }
        }
    }
    let _orphans = file.orphans(&listed);
    found
}

#[test]
fn a_whole_file_is_read_whole() {
    let built = built::file();
    let file = opened(&built).expect("opened");
    let folders = file.folders().expect("folders");
    let [folder] = folders.as_slice() else {
        panic!("one folder");
    };
    assert_eq!(folder.names, ["Top"]);
    let place = (WellKnownFolder::MessageFolderRoot, Vec::new());
    assert_eq!(folder.place, Some(place));
    let message = read(&built).expect("read");
    assert_eq!(
        (&*message.subject, &*message.body.content),
        ("subject", "body")
    );
    assert_eq!(message.attachments[0].content, b"content");
    assert_eq!(message.to[0].name, "Ben");
    assert!(
        message.is_read && message.deltas.is_empty(),
        "{:?}",
        message.deltas
    );
    assert_eq!(walk(&built), 2);
}

#[test]
fn bytes_that_changed_are_named() {
    let mut built = built::file();
    let at = built.block_at(built::PROPERTIES);
    let place = built.bytes[at..]
        .windows(2)
        .position(|two| two == [b'b', 0]);
    built.bytes[at + place.expect("the body")] = b'B';
    let message = read(&built).expect("read");
    let named: Vec<&str> = message.deltas.iter().map(|delta| delta.property).collect();
    assert!(named.contains(&"checksum"), "{named:?}");
}

#[test]
fn a_property_that_cannot_be_read_is_named() {
    let named = |block: u64, found: &[u8], put: u32| {
        let mut built = built::file();
        let at = built.block_at(block);
        let place = built.bytes[at..]
            .windows(found.len())
            .position(|some| some == found);
        let at = at + place.expect("the record") + found.len();
        built.bytes[at..at + 4].copy_from_slice(&put.to_le_bytes());
        let deltas = read(&built).expect("read").deltas;
        deltas.iter().any(|delta| delta.property == "properties")
    };
    // The body, behind an id of the heap and behind a node below that are not there.
    let body = [0x00, 0x10, 0x1F, 0x00];
    assert!(named(built::PROPERTIES, &body, 0x7FE0));
    assert!(named(built::PROPERTIES, &body, 0x0001_013F));
    assert!(!named(built::PROPERTIES, &body, 0), "it is empty");
    // The first text of the recipient's row.
    let row = [1, 0, 0, 0, 1, 0, 0, 0];
    assert!(named(built::RECIPIENTS, &row, 0x7FE0));
}

#[test]
fn a_count_that_is_made_up_reserves_nothing() {
    let mut built = built::file();
    let at = built.block_at(built::PROPERTIES);
    let many = [2, 0, 0, 0, 12, 0, 0, 0];
    let place = built.bytes[at..].windows(8).position(|eight| eight == many);
    let at = at + place.expect("the texts");
    built.bytes[at..at + 4].fill(0xFF);
    assert_eq!(read(&built).expect("read").subject, "subject");
}

#[test]
fn nodes_within_themselves_end_in_an_error() {
    let mut built = built::file();
    let at = built.block_at(built::SUBNODES);
    // The first subnode has the whole list as its own subnodes.
    built.bytes[at + 24..at + 32].copy_from_slice(&built::SUBNODES.to_le_bytes());
    let failed = read(&built).expect_err("no end");
    assert!(
        matches!(failed, PstError::Damaged { .. } | PstError::TooLarge),
        "{failed}"
    );
}

#[test]
fn a_folder_within_itself_is_listed_once() {
    let mut built = built::file();
    // The folder's own hierarchy is that of the root, which lists the folder.
    let page = built.pages[1];
    let entry = built.bytes[page + 64..page + 96].to_vec();
    assert_eq!(entry[..2], [0x2D, 1]);
    built.bytes[page + 128..page + 132].copy_from_slice(&0x802D_u32.to_le_bytes());
    built.bytes[page + 136..page + 144].copy_from_slice(&entry[8..16]);
    built.seal_pages();
    let folders = opened(&built)
        .and_then(|file| file.folders())
        .expect("folders");
    assert_eq!(folders.len(), 1);
}

#[test]
fn whatever_is_changed_or_cut_the_reader_ends() {
    let whole = built::file();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("below a length")
    };
    let mut still_read = 0;
    for _ in 0..6_000 {
        let mut harmed = built::file();
        for _ in 0..=next(4) {
            let at = next(harmed.bytes.len());
            harmed.bytes[at] = match next(4) {
                0 => 0,
                1 => 0xFF,
                2 => harmed.bytes[at] ^ (1 << next(8)),
                _ => u8::try_from(next(256)).expect("a byte"),
            };
        }
        harmed.seal_pages();
        still_read += usize::from(walk(&harmed) > 0);
    }
    // Most changes hit what nobody needs: the harm is not all the same.
    assert!((1_000..6_000).contains(&still_read), "{still_read}");
    for end in (0..whole.bytes.len()).step_by(97) {
        let mut cut = built::file();
        cut.bytes.truncate(end);
        let _ends = walk(&cut);
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "tests plant files")]
fn an_export_package_is_accounted_for_to_the_last_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let plant = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        std::fs::write(path, bytes).expect("written");
    };
    plant("Exchange/ada@old.example.pst", &built::file().bytes);
    plant("NativeFiles/1.docx", b"a document");
    plant("NativeFiles/2.xlsx", b"a sheet");
    plant("NativeFiles/3.txt", b"nobody's");
    plant("manifest.xml", b"<x/>");
    plant(
        "Export_load_file_1 of 1.csv",
        b"Custodian,Export native path,Target Path\r\n\
        ben@old.example,NativeFiles\\1.docx,\r\n\
        ben@old.example,NativeFiles\\2.xlsx,\r\n\
        ada@old.example,,Exchange\\ada@old.example.pst\\Top\\subject\r\n\
        ben@old.example,NativeFiles\\4.pptx,\r\n",
    );
    let source = crate::sources::open(folder.path()).expect("a source");
    let description = source.description();
    assert_eq!(description.kind, "purview");
    let mut lines = Vec::new();
    for custodian in &description.custodians {
        let items = source.items(&description.points[0].id, custodian);
        for item in items.expect("listed") {
            let (locator, what) = match item {
                Ok(item) => {
                    if item.workload == Workload::Mail {
                        assert_eq!(source.message(&item).expect("read").subject, "subject");
                    } else {
                        assert!(source.file(&item).is_ok());
                    }
                    (item.locator, item.workload.name())
                }
                Err(bad) => (bad.locator, bad.class),
            };
            lines.push(format!("{} {locator} {what}", custodian.0));
        }
    }
    assert_eq!(
        lines,
        [
            "ada@old.example Exchange/ada@old.example.pst#Top/200024 mail",
            "ben@old.example NativeFiles/1.docx files",
            "ben@old.example NativeFiles/2.xlsx files",
            "ben@old.example Export_load_file_1 of 1.csv#5 load-file-row-without-file",
            "unassigned Export_load_file_1 of 1.csv load-file",
            "unassigned NativeFiles/3.txt files",
            "unassigned manifest.xml load-file",
        ]
    );
}

#[test]
#[allow(clippy::disallowed_methods, reason = "tests plant files")]
fn a_file_that_ends_its_trial_costs_one_error_and_the_others_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a@x.example.pst", "b@x.example.pst"] {
        std::fs::write(folder.path().join(name), &built::file().bytes).expect("written");
    }
    let trial: super::Trial = std::sync::Arc::new(|path: &std::path::Path| {
        let is_hostile = path.ends_with("b@x.example.pst");
        if is_hostile {
            Err("killed".to_owned())
        } else {
            Ok(())
        }
    });
    let source = crate::sources::open_on_trial(folder.path(), Some(trial)).expect("a source");
    let description = source.description();
    let mut ended = Vec::new();
    for custodian in &description.custodians {
        let items = source.items(&description.points[0].id, custodian);
        ended.extend(
            items
                .expect("listed")
                .map(|item| item.map_err(|bad| bad.class).err()),
        );
    }
    assert_eq!(ended, [None, Some("reader-ended")]);
}

/// A rule is held, and whoever decides about it reads what it does.
#[test]
#[allow(clippy::disallowed_methods, reason = "tests plant files")]
fn a_rule_that_is_hidden_in_a_folder_is_held_with_what_it_does() {
    // One action: forward, to one recipient, who is named by an SMTP address of eight bits.
    let address = b"eve@evil.example\0";
    let length = u32::try_from(9 + 4 + 1 + 4 + 4 + address.len()).expect("short");
    let mut actions = vec![0, 0, 1, 0, 0, 0, 1, 0, 0, 0];
    actions.extend(length.to_le_bytes());
    actions.extend([7, 0, 0, 0, 0, 0, 0, 0, 0]);
    actions.extend([1, 0, 0, 0, 1, 1, 0, 0, 0, 0x1E, 0, 0xFE, 0x39]);
    actions.extend(address);
    let half = actions[..actions.len() - 1].to_vec();
    for (actions, does) in [
        (actions, "which forwards to eve@evil.example"),
        (half, "and what it does cannot be read"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let built = built::file_with_rule(actions);
        std::fs::write(folder.path().join("ada@old.example.pst"), &built.bytes).expect("written");
        let source = crate::sources::open(folder.path()).expect("a source");
        let description = source.description();
        let items = source.items(&description.points[0].id, &description.custodians[0]);
        let bad = items.expect("listed").filter_map(Result::err);
        let said: Vec<_> = bad.map(|bad| (bad.class, bad.reason)).collect();
        let hidden = "hidden from people (IPM.Rule.Version2.Message)";
        let reason = format!("{hidden}: the rule \"Ads\", {does}; never restored");
        assert_eq!(said, [("inbox-rule", reason)]);
    }
}
