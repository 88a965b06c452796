//! Mbox files as they come: quoting, From_ lines in bodies, line endings, identical messages.
#![allow(clippy::disallowed_methods, reason = "tests plant files")]

use super::*;
use crate::sources::reader::Tree;

fn opened(files: &[(&str, &str)]) -> (tempfile::TempDir, Mboxes) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    let tree = Tree::at(folder.path()).expect("opened");
    let source = Mboxes::from_pinned(Pinned::take(tree).expect("read"));
    (folder, source)
}

fn items(source: &Mboxes) -> Vec<Result<SourceItem, BadItem>> {
    let point = &source.description().points[0].id;
    let custodian = &source.description().custodians[0];
    let items = source.items(point, custodian).expect("listed");
    items.collect()
}

const FIRST: &str =
    "From a@b Tue Sep  1 10:00:00 2026\nSubject: one\n\n>From here\n>>From there\nx\n\n";

#[test]
fn messages_quoting_and_ordinals() {
    let text = format!("{FIRST}From - \nSubject: two\n\nFrom me to you\nbye\n");
    let (_folder, source) = opened(&[("Inbox.mbox", &text)]);
    let found = items(&source);
    let [Ok(one), Ok(two)] = &*found else {
        panic!("two messages: {found:?}");
    };
    assert_eq!((&*one.locator, &*one.name), ("Inbox.mbox#1", "one"));
    assert_eq!((&*two.locator, &*two.name), ("Inbox.mbox#2", "two"));
    let message = source.message(one).expect("read");
    assert_eq!(message.body.content, "From here\n>From there\nx\n");
    assert_eq!(message.transforms, [UNQUOTED]);
    let message = source.message(two).expect("read");
    assert_eq!(message.body.content, "From me to you\nbye\n");
    assert_eq!(message.transforms, []);
}

#[test]
fn from_lines_in_bodies_stay_there() {
    let text = format!("{FIRST}From the start\nthis is text\n\nFrom now at 10:30 on\nmore\n");
    let (_folder, source) = opened(&[("a.mbox", &text)]);
    assert_eq!(items(&source).len(), 1);
}

#[test]
fn identical_messages_stay_separate_and_keep_their_ids() {
    let two = [FIRST, FIRST].concat();
    let four = format!("From - \nSubject: new\n\ny\n\n{FIRST}{FIRST}{FIRST}");
    let ids = |text: &str| -> Vec<String> {
        let (_folder, source) = opened(&[("a.mbox", text)]);
        items(&source)
            .into_iter()
            .map(|item| item.expect("readable").stable_id)
            .collect()
    };
    let (before, after) = (ids(&two), ids(&four));
    assert_ne!(before[0], before[1]);
    assert_eq!(after[1..3], before);
}

#[test]
fn each_line_ending_is_understood() {
    for ending in ["\n", "\r\n", "\r"] {
        let text = [FIRST, FIRST].concat().replace('\n', ending);
        let (_folder, source) = opened(&[("a.mbox", &text)]);
        let found = items(&source);
        assert_eq!(found.len(), 2, "{ending:?}");
        let first = found[0].as_ref().expect("readable");
        let message = source.message(first).expect("read");
        assert!(message.body.content.starts_with("From here"), "{ending:?}");
    }
}

#[test]
fn what_is_no_message_is_named() {
    let (_folder, source) = opened(&[
        ("a.mbox", "leading text\nFrom - \nSubject: x\n\ny\n"),
        ("b.txt", "no mbox\n"),
    ]);
    let found = items(&source);
    let classes: Vec<&str> = found
        .iter()
        .filter_map(|item| item.as_ref().err().map(|bad| bad.class))
        .collect();
    assert_eq!(classes, ["outside-messages", "not-mail"]);
    assert_eq!(found.len(), 3);
}

#[test]
fn a_changed_file_is_refused() {
    let (folder, source) = opened(&[("a.mbox", FIRST)]);
    let item = items(&source).remove(0).expect("readable");
    std::fs::write(folder.path().join("a.mbox"), FIRST.replace('x', "y")).expect("written");
    let refused = source.message(&item).expect_err("changed");
    assert!(matches!(refused, SourceError::Changed { .. }), "{refused}");
    assert!(matches!(&*items(&source), [Err(bad)] if bad.class == "changed"));
}
