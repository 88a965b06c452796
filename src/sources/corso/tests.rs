//! An export of one person and of several; what is not restored is named.
#![allow(clippy::disallowed_methods, reason = "tests plant files")]

use crate::domain::folder::{FolderPath, WellKnownFolder};
use crate::domain::item::{SourceItem, Workload};
use crate::sources::{BadItem, Fidelity, Source, open};

const MAIL: &[u8] = b"Subject: x\n\nbody\n";

fn planted(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, MAIL).expect("written");
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

#[test]
fn one_export() {
    let folder = planted(&[
        "Contacts/c.vcf",
        "Emails/Inbox/AAMk1.eml",
        "Emails/Inbox/Projects/AAMk2.eml",
        "Emails/Sent Items/AAMk2.eml",
        "Libraries/Documents/a/b.txt",
    ]);
    let source = open(folder.path()).expect("opened");
    let description = source.description();
    assert_eq!(description.kind, "corso");
    assert_eq!(description.fidelity, Fidelity::VendorDerivative);
    assert!(!description.evidence.access);
    assert_eq!(description.custodians[0].0, "export");
    let items = all_items(&*source);
    let [Err(contact), Ok(first), Ok(second), Ok(third), Ok(file)] = &*items else {
        panic!("five: {items:?}");
    };
    assert_eq!(contact.class, "workload-not-restored");
    assert_eq!(first.stable_id, "AAMk1");
    // An id that stands twice does not identify.
    assert_eq!(second.stable_id, "Emails/Inbox/Projects/AAMk2.eml");
    assert_eq!(third.stable_id, "Emails/Sent Items/AAMk2.eml");
    let projects = FolderPath::Mail {
        root: WellKnownFolder::Inbox,
        below: vec!["Projects".to_owned()],
    };
    assert_eq!(second.folder, projects);
    assert_eq!(source.message(third).expect("read").subject, "x");
    assert_eq!(file.workload, Workload::Files);
    let drive = ["Documents", "a"].map(str::to_owned).to_vec();
    assert_eq!(file.folder, FolderPath::Drive(drive));
}

#[test]
fn an_export_for_each_person() {
    let folder = planted(&["alice/Emails/Inbox/1.eml", "bob/OneDrive/a.txt"]);
    let source = open(folder.path()).expect("opened");
    let names: Vec<&str> = source
        .description()
        .custodians
        .iter()
        .map(|custodian| &*custodian.0)
        .collect();
    assert_eq!(names, ["alice", "bob"]);
    let items = all_items(&*source);
    assert!(
        matches!(&*items, [Ok(mail), Ok(file)] if mail.stable_id == "1" && file.name == "a.txt")
    );
}

#[test]
fn a_tree_with_anything_else_is_no_export() {
    for files in [
        &["Emails/Inbox/1.eml", "Notes/2.eml"][..],
        &["Emails/Inbox/1.eml", "2.eml"],
        &["OneDrive/1.eml"],
        &["alice/Emails/1.eml", "bob/Notes/2.eml"],
    ] {
        let folder = planted(files);
        let source = open(folder.path()).expect("opened");
        assert_eq!(source.description().kind, "eml", "{files:?}");
    }
}
