//! A bag that is cut, changed, added to or led astray is refused with the file named; garbage never panics.
#![allow(clippy::disallowed_methods, reason = "tests damage files")]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::index::{CustodianTag, EvidenceTag, FidelityName, PointTag};
use super::writer::ArchiveWriter;
use super::*;

const MAIL: &[u8] = b"Subject: kept\r\nDate: Tue, 1 Sep 2026 10:00:00 +0000\r\n\r\nbody\r\n";

fn tag() -> Tag {
    Tag::new(
        FidelityName::OriginalBytes,
        EvidenceTag::default(),
        vec![PointTag {
            id: "p1".to_owned(),
            taken: chrono::DateTime::UNIX_EPOCH,
        }],
        vec![CustodianTag {
            name: "a@old.example".to_owned(),
            id: "1".to_owned(),
            index: "c1".to_owned(),
        }],
    )
}

fn mail_line(id: &str, object: &Object) -> Entry {
    let line = serde_json::json!({
        "workload": "mail", "id": id, "object": object, "isRead": true,
        "parentFolder": {"wellKnownName": "inbox", "path": ["a"]},
        "receivedDateTime": "2026-09-01T11:00:00Z", "categories": ["red"],
    });
    serde_json::from_value(line).expect("an entry")
}

fn written() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bag");
    let mut writer = ArchiveWriter::create(&path, tag()).expect("created");
    let object = writer.object(MAIL).expect("stored");
    let bad = writer.object(b"\r\n").expect("stored");
    let entries = [
        mail_line("1", &object),
        mail_line("2", &object),
        mail_line("3", &bad),
    ];
    let (point, custodian) = names();
    writer.index(&point, &custodian, &entries).expect("written");
    writer.finish().expect("finished");
    (folder, path)
}

fn names() -> (RestorePointId, CustodianName) {
    (
        RestorePointId("p1".to_owned()),
        CustodianName("a@old.example".to_owned()),
    )
}

fn opened(path: &Path) -> Result<Archive, SourceError> {
    Archive::open(Tree::at(path)?)
}

fn refusal(path: &Path) -> String {
    match opened(path) {
        Ok(_) => panic!("not refused"),
        Err(error) => error.to_string(),
    }
}

/// Lists every file anew, as somebody would who changed a bag and wanted nobody to see it.
fn remake_manifests(path: &Path) {
    for name in [
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
        "bag-info.txt",
    ] {
        fs::remove_file(path.join(name)).expect("removed");
    }
    let tree = Tree::at(path).expect("opened");
    let mut lists = [String::new(), String::new()];
    for found in tree.walk().expect("walked") {
        let shown = found.path.display().to_string();
        let digest = tree.digest(&found.path).expect("read").0;
        let list = &mut lists[usize::from(shown.starts_with("data/"))];
        writeln!(list, "{digest}  {shown}").expect("written");
    }
    fs::write(path.join("manifest-sha256.txt"), &lists[1]).expect("written");
    let digest = digest_of(lists[1].as_bytes());
    writeln!(lists[0], "{digest}  manifest-sha256.txt").expect("written");
    fs::write(path.join("tagmanifest-sha256.txt"), &lists[0]).expect("written");
}

fn object_path(path: &Path) -> PathBuf {
    path.join(Object::path_of(&digest_of(MAIL)))
}

#[test]
fn what_is_written_is_read_with_its_properties() {
    let (_folder, path) = written();
    let archive = opened(&path).expect("valid");
    let (point, custodian) = names();
    let items: Vec<_> = archive.items(&point, &custodian).expect("listed").collect();
    let [Ok(one), Ok(two), Err(bad)] = &*items else {
        panic!("two mails and one that is none: {items:?}");
    };
    assert_eq!(one.digest, two.digest);
    assert_ne!(one.stable_id, two.stable_id);
    assert_eq!((&*one.name, bad.class), ("kept", "no-headers-no-body"));
    let message = archive.message(one).expect("read");
    assert!(message.is_read);
    assert_eq!(message.categories, ["red"]);
    assert_eq!(message.received, one.modified);
    assert!(message.sent < message.received);
}

#[test]
fn damage_is_refused_with_the_file_named() {
    type Damage = (&'static str, fn(&Path), &'static [&'static str]);
    let damages: [Damage; 9] = [
        (
            "a cut object",
            |bag| fs::write(object_path(bag), &MAIL[..20]).expect("written"),
            &["data/objects/", "by the manifest"],
        ),
        (
            "a changed object",
            |bag| fs::write(object_path(bag), [b'x'; MAIL.len()]).expect("written"),
            &["data/objects/", "by the manifest"],
        ),
        (
            "a missing object",
            |bag| fs::remove_file(object_path(bag)).expect("removed"),
            &["data/objects/", "missing"],
        ),
        (
            "an extra file",
            |bag| fs::write(bag.join("data/extra"), b"x").expect("written"),
            &["data/extra", "extra file"],
        ),
        (
            "an extra tag file",
            |bag| fs::write(bag.join("extra.txt"), b"x").expect("written"),
            &["extra.txt", "extra file"],
        ),
        (
            "a cut manifest",
            |bag| {
                let manifest = bag.join("manifest-sha256.txt");
                let bytes = fs::read(&manifest).expect("read");
                fs::write(manifest, &bytes[..bytes.len() - 30]).expect("written");
            },
            &["manifest-sha256.txt", "by the manifest"],
        ),
        (
            "a cut tag manifest",
            |bag| {
                let manifest = bag.join("tagmanifest-sha256.txt");
                let bytes = fs::read(&manifest).expect("read");
                fs::write(manifest, &bytes[..bytes.len() - 3]).expect("written");
            },
            &["tagmanifest-sha256.txt", "cut off"],
        ),
        (
            "no manifest",
            |bag| fs::remove_file(bag.join("manifest-sha256.txt")).expect("removed"),
            &["manifest-sha256.txt"],
        ),
        (
            "something to fetch",
            |bag| fs::write(bag.join("fetch.txt"), b"").expect("written"),
            &["fetch.txt"],
        ),
    ];
    for (what, damage, names) in damages {
        let (_folder, path) = written();
        damage(&path);
        let said = refusal(&path);
        for name in names {
            assert!(said.contains(name), "{what}: {said}");
        }
    }
}

#[test]
fn a_bag_that_is_consistent_but_wrong_is_refused() {
    type Damage = (fn(&Path), &'static str);
    const INDEX: &str = "data/points/p1/c1.jsonl";
    fn edit(bag: &Path, name: &str, change: impl Fn(String) -> String) {
        let text = fs::read_to_string(bag.join(name)).expect("read");
        fs::write(bag.join(name), change(text)).expect("written");
    }
    let damages: [Damage; 7] = [
        (
            |bag| edit(bag, INDEX, |text| text.replace("\"2\"", "\"1\"")),
            "line 2: the id 1",
        ),
        (
            |bag| edit(bag, INDEX, |text| text.replace("\"inbox\"", "\"nowhere\"")),
            "line 1: parentFolder",
        ),
        (
            |bag| {
                edit(bag, INDEX, |text| {
                    text.replacen("\"size\":", "\"size\":1", 1)
                });
            },
            "line 1: object",
        ),
        (
            |bag| edit(bag, INDEX, |text| text.trim_end().to_owned()),
            "cut off",
        ),
        (
            |bag| edit(bag, TAG_FILE, |text| text.replace("\"p1\"", "\"../p1\"")),
            "letters, digits",
        ),
        (
            |bag| edit(bag, TAG_FILE, |text| text.replace("\"1\"", "\"2\"")),
            "in version 1",
        ),
        (
            |bag| fs::write(bag.join("data/stray"), b"x").expect("written"),
            "data/stray: name: neither an object",
        ),
    ];
    for (damage, rule) in damages {
        let (_folder, path) = written();
        damage(&path);
        remake_manifests(&path);
        let said = refusal(&path);
        assert!(said.contains(rule), "{rule}: {said}");
    }
}

#[test]
fn paths_that_leave_the_bag_are_refused() {
    for stray in ["data/../../secret", "/etc/hosts", "data//x/../y"] {
        let (_folder, path) = written();
        let manifest = path.join("manifest-sha256.txt");
        let text = fs::read_to_string(&manifest).expect("read");
        fs::write(&manifest, format!("{text}{}  {stray}\n", digest_of(b""))).expect("written");
        let tags = path.join("tagmanifest-sha256.txt");
        let digest = digest_of(&fs::read(&manifest).expect("read"));
        fs::write(&tags, format!("{digest}  manifest-sha256.txt\n")).expect("written");
        let said = refusal(&path);
        assert!(said.contains("a path stays below data/"), "{stray}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_in_a_bag_is_refused() {
    let (_folder, path) = written();
    let object = object_path(&path);
    let elsewhere = path.with_file_name("elsewhere");
    fs::rename(&object, &elsewhere).expect("moved");
    std::os::unix::fs::symlink(&elsewhere, &object).expect("set");
    let said = refusal(&path);
    assert!(said.contains("no links"), "{said}");
}

#[test]
fn an_object_that_changes_later_is_refused() {
    let (_folder, path) = written();
    let archive = opened(&path).expect("valid");
    let (point, custodian) = names();
    let first = archive.items(&point, &custodian).expect("listed").next();
    let item = first.expect("one").expect("readable");
    fs::write(object_path(&path), [b'x'; MAIL.len()]).expect("written");
    assert!(matches!(
        archive.message(&item),
        Err(SourceError::Changed { .. })
    ));
    let again = archive.items(&point, &custodian).expect("listed").next();
    assert!(matches!(again, Some(Err(bad)) if bad.class == "changed"));
}

#[test]
fn an_archive_is_written_once() {
    let (_folder, path) = written();
    let refused = ArchiveWriter::create(&path, tag()).expect_err("refused");
    assert!(refused.to_string().contains("written once"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_in_any_file_is_refused(
        which in 0_usize..6, at in 0.0..1.0_f64, byte: u8, cut: bool,
    ) {
        let (_folder, path) = written();
        let tree = Tree::at(&path).expect("opened");
        let found = tree.walk().expect("walked");
        let name = path.join(&found[which % found.len()].path);
        let mut bytes = fs::read(&name).expect("read");
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation,
            clippy::cast_sign_loss, reason = "a place in a small file")]
        let place = (bytes.len() as f64 * at) as usize;
        prop_assume!(cut || bytes[place] != byte);
        if cut {
            bytes.truncate(place);
        } else {
            bytes[place] = byte;
        }
        fs::write(&name, bytes).expect("written");
        // The tag manifest is the root of trust: another digest in it is another bag, refused by its files, but blanks may differ.
        match opened(&path) {
            Err(_) => {}
            Ok(_) => prop_assert!(name.ends_with("tagmanifest-sha256.txt")
                || name.ends_with("bagit.txt")),
        }
    }

    #[test]
    fn garbage_lines_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _refused_or_not = index::parse_lines(&bytes);
        let _refused_or_not = Tag::parse(&bytes);
    }
}

#[test]
fn a_list_that_is_too_large_is_the_trouble_of_its_own_items() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bag");
    let mut writer = ArchiveWriter::create(&path, tag()).expect("created");
    let mail = writer.object(MAIL).expect("stored");
    let item = writer
        .object(b"{\"id\":\"1\",\"fields\":{}}")
        .expect("stored");
    let list = |choices: usize| {
        let choices: Vec<String> = (0..choices).map(|number| format!("{number:016}")).collect();
        let list = serde_json::json!({
            "id": "l", "displayName": "Cranes", "list": {"template": "genericList"},
            "columns": [{"name": "State", "displayName": "State",
                         "choice": {"choices": choices, "displayAs": "dropDownMenu"}}],
        });
        list.to_string().into_bytes()
    };
    let mut line = |id: &str, bytes: &[u8]| {
        let line = serde_json::json!({
            "workload": "lists", "id": id, "name": id, "parentReference": {"path": ["Cranes"]},
            "object": item, "list": writer.object(bytes).expect("stored"),
        });
        serde_json::from_value::<Entry>(line).expect("an entry")
    };
    let large = list(1_000_000);
    assert!(large.len() as u64 > LIST_BYTES_MAX);
    let entries = [
        mail_line("1", &mail),
        line("l/1", &large),
        line("l/2", &list(2)),
        line("l/3", b"no list"),
    ];
    let (point, custodian) = names();
    writer.index(&point, &custodian, &entries).expect("written");
    writer.finish().expect("finished");
    let archive = opened(&path).expect("all else is read");
    let listed = archive.items(&point, &custodian).expect("listed");
    let ended: Vec<String> = listed
        .map(|one| one.map_or_else(|bad| bad.class.to_owned(), |item| item.name))
        .collect();
    assert_eq!(ended, ["kept", "list-item", "l/2", "list-item"]);
}

/// An event, a card, a task with a checklist, and a task that is none.
fn personal() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bag");
    let mut writer = ArchiveWriter::create(&path, tag()).expect("created");
    let event = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Talk\r\nDTSTART:20270101T100000Z\r\n\
                  END:VEVENT\r\nEND:VCALENDAR\r\n";
    let card = b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ben\r\nEND:VCARD\r\n";
    let task = b"BEGIN:VTODO\r\nSUMMARY:Paint\r\nEND:VTODO\r\n";
    let lines = serde_json::json!([{"displayName": "ask", "isChecked": true}]);
    let line = |workload: &str, id: &str, object: Object, more: &str, value: serde_json::Value| {
        let mut line = serde_json::json!({"workload": workload, "id": id, "object": object});
        line[more] = value;
        serde_json::from_value::<Entry>(line).expect("an entry")
    };
    let team = || serde_json::json!(["Team"]);
    let entries = [
        line(
            "calendar",
            "1",
            writer.object(event).expect("stored"),
            "path",
            team(),
        ),
        line(
            "contacts",
            "2",
            writer.object(card).expect("stored"),
            "path",
            team(),
        ),
        line(
            "tasks",
            "3",
            writer.object(task).expect("stored"),
            "checklistItems",
            lines,
        ),
        line(
            "tasks",
            "4",
            writer.object(b"x").expect("stored"),
            "path",
            team(),
        ),
    ];
    let (point, custodian) = names();
    writer.index(&point, &custodian, &entries).expect("written");
    writer.finish().expect("finished");
    (folder, path)
}

#[test]
fn events_contacts_and_tasks_are_listed_and_read_with_what_the_line_adds() {
    let (_folder, path) = personal();
    let (point, custodian) = names();
    let archive = Archive::open(Tree::at(&path).expect("opened")).expect("valid");
    let listed: Vec<_> = archive.items(&point, &custodian).expect("listed").collect();
    let [event, card, task, bad] = &listed[..] else {
        panic!("{listed:?}")
    };
    let title = |item: &Result<SourceItem, BadItem>| {
        let item = item.as_ref().expect("readable");
        let read = archive.outlook_item(item).expect("read");
        assert_eq!(read.workload(), item.workload);
        (item.folder.clone(), item.name.clone(), read)
    };
    let (folder, name, _) = title(event);
    assert_eq!(
        (folder, &*name),
        (FolderPath::Calendar(Some("Team".to_owned())), "Talk")
    );
    let (folder, name, _) = title(card);
    assert_eq!(
        (folder, &*name),
        (FolderPath::Contacts(vec!["Team".to_owned()]), "Ben")
    );
    let (folder, name, read) = title(task);
    assert_eq!((folder, &*name), (FolderPath::Tasks(None), "Paint"));
    let OutlookItem::Task(read) = read else {
        panic!("{read:?}")
    };
    assert_eq!(
        (&*read.checklist[0].title, read.checklist[0].is_checked),
        ("ask", true)
    );
    assert_eq!(bad.as_ref().map_err(|bad| bad.class), Err("no-component"));
}
