//! Each layout is recognised, an unknown one refused by name; what is common to all kinds holds for each.

use std::collections::BTreeSet;

use super::*;
use crate::domain::folder::{FolderPath, WellKnownFolder};
use crate::domain::item::SourceItem;
use crate::sources::{BadItem, Fidelity};

fn planted(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }
    folder
}

fn all_items(source: &dyn Source) -> Vec<Result<SourceItem, BadItem>> {
    let description = source.description();
    let mut all = Vec::new();
    for custodian in &description.custodians {
        let items = source.items(&description.points[0].id, custodian);
        all.extend(items.expect("listed"));
    }
    all
}

const MAIL: &[u8] = b"Subject: x\n\nbody\n";

#[test]
fn each_layout_is_recognised() {
    for (files, kind) in [
        (&[("a/b.eml", MAIL), ("readme.txt", b"x")][..], "eml"),
        (&[("inbox.mbox", b"From - \nSubject: x\n\ny\n")], "mbox"),
        (&[("a.txt", b"x"), ("b/c.eml", MAIL), ("d", b"")], "files"),
    ] {
        let folder = planted(files);
        let source = open(folder.path()).expect(kind);
        assert_eq!(source.description().kind, kind);
        assert_eq!(source.description().fidelity, Fidelity::OriginalBytes);
        assert_eq!(all_items(&*source).len(), files.len());
    }
}

#[test]
fn a_single_file_is_a_source() {
    let folder = planted(&[("a.eml", MAIL), ("b", b"From - \nSubject: x\n\ny\n")]);
    for (name, kind) in [("a.eml", "eml"), ("b", "mbox")] {
        let source = open(&folder.path().join(name)).expect(kind);
        assert_eq!(source.description().kind, kind);
        assert_eq!(all_items(&*source).len(), 1, "{name}");
    }
}

#[test]
fn an_unknown_layout_is_refused_by_name() {
    for (files, reason) in [
        (&[("bagit.txt", &b"BagIt-Version: 1.0\n"[..])][..], "BagIt"),
        (
            &[("x.vbk", b"x"), ("a.txt", b"x")],
            "x.vbk is a Veeam backup",
        ),
        (&[("kopia.repository.f", b"x")], "kopia"),
    ] {
        let folder = planted(files);
        let Err(SourceError::UnknownLayout { path, reason: said }) = open(folder.path()) else {
            panic!("{reason}: not refused");
        };
        assert_eq!(path, folder.path().display().to_string());
        assert!(said.contains(reason), "{said}");
    }
    let folder = planted(&[("a.pst", b"!BDN"), ("b.bin", b"x")]);
    std::fs::create_dir(folder.path().join("empty")).expect("made");
    for name in ["a.pst", "b.bin", "empty"] {
        let refused = open(&folder.path().join(name));
        assert!(
            matches!(refused, Err(SourceError::UnknownLayout { .. })),
            "{name}"
        );
    }
    assert!(matches!(
        open(&folder.path().join("missing")),
        Err(SourceError::Io { .. })
    ));
}

#[test]
fn identical_files_are_separate_items() {
    let folder = planted(&[
        ("Inbox/1.eml", MAIL),
        ("Inbox/2.eml", MAIL),
        ("Inbox/3.eml", MAIL),
    ]);
    let source = open(folder.path()).expect("opened");
    let items: Vec<_> = all_items(&*source)
        .into_iter()
        .map(|item| item.expect("readable"))
        .collect();
    let ids: BTreeSet<_> = items.iter().map(|item| &item.stable_id).collect();
    let digests: BTreeSet<_> = items.iter().map(|item| item.digest).collect();
    assert_eq!((ids.len(), digests.len()), (3, 1));
    let inbox = FolderPath::Mail {
        root: WellKnownFolder::Inbox,
        below: Vec::new(),
    };
    assert!(items.iter().all(|item| item.folder == inbox));
}

#[test]
fn top_folders_named_like_addresses_are_custodians() {
    let folder = planted(&[
        ("a@old.example/Inbox/1.eml", MAIL),
        ("b@old.example/x/1.eml", MAIL),
    ]);
    let source = open(folder.path()).expect("opened");
    let names: Vec<_> = source
        .description()
        .custodians
        .iter()
        .map(|one| &*one.0)
        .collect();
    assert_eq!(names, ["a@old.example", "b@old.example"]);
    let items = all_items(&*source);
    let second = items[1].as_ref().expect("readable");
    assert_eq!(second.custodian.0, "b@old.example");
    assert_eq!(
        second.folder,
        FolderPath::Mail {
            root: WellKnownFolder::MessageFolderRoot,
            below: vec!["x".to_owned()]
        }
    );
}

#[test]
fn a_bad_item_is_named_and_the_others_go_on() {
    let folder = planted(&[
        ("a.eml", b""),
        ("b.eml", MAIL),
        ("c.txt", b"x"),
        ("d.eml", MAIL),
    ]);
    let source = open(folder.path()).expect("opened");
    let classes: Vec<_> = all_items(&*source)
        .iter()
        .map(|item| item.as_ref().map_or_else(|bad| bad.class, |_| "ok"))
        .collect();
    assert_eq!(classes, ["no-headers-no-body", "ok", "not-mail", "ok"]);
}

#[test]
fn a_source_that_changes_under_us_is_refused() {
    let folder = planted(&[("a.eml", MAIL), ("b.eml", MAIL)]);
    let source = open(folder.path()).expect("opened");
    let item = all_items(&*source).remove(0).expect("readable");
    std::fs::write(folder.path().join("a.eml"), b"Subject: y\n\nbody\n").expect("written");
    assert!(matches!(
        source.message(&item),
        Err(SourceError::Changed { .. })
    ));
    assert!(matches!(&all_items(&*source)[0], Err(bad) if bad.class == "changed"));
    let again = open(folder.path()).expect("opened");
    assert_ne!(again.description().digest, source.description().digest);
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_named_never_read() {
    let folder = planted(&[("a.eml", MAIL), ("b.eml", MAIL)]);
    std::os::unix::fs::symlink("/etc/hosts", folder.path().join("c.eml")).expect("set");
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).expect("set");
    std::os::unix::net::UnixListener::bind(folder.path().join("e.eml")).expect("bound");
    let source = open(folder.path()).expect("opened");
    let classes: Vec<_> = all_items(&*source)
        .iter()
        .map(|item| item.as_ref().map_or_else(|bad| bad.class, |_| "ok"))
        .collect();
    assert_eq!(classes, ["ok", "ok", "link", "special", "link"]);
}
