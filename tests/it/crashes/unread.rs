//! Killed in the middle of a write, and the backup cannot be read when it goes on: the record says that nothing was compared,
//! or that nobody looked, and never what may lie there.

use std::path::Path;
use std::process::Child;
use std::time::Duration;

use m365_simulator::{FaultKind, Faults, OneShot};
use unbroken_verify::VerdictKind;

use crate::case::Case;
use crate::sites::listed;

/// Starts it, up to a request that the tenant has carried out and holds the answer of.
fn started(case: &Case, command: &str, (method, path): (&str, &str)) -> Child {
    case.inspect().arm(OneShot {
        kind: FaultKind::Hold,
        method: method.to_owned(),
        path: path.to_owned(),
        skip: 0,
    });
    let mut child = case.start(command);
    while case.inspect().held() == 0 {
        assert!(child.try_wait().expect("asked").is_none(), "{path}");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

/// Kills it behind its first write, and goes on with a backup that becomes unreadable once it was opened and checked.
fn killed_and_unread(case: &Case, command: &str, write: &str) {
    let mut child = started(case, command, ("POST", write));
    child.kill().expect("killed");
    child.wait().expect("gone");
    case.inspect().disarm();
    case.inspect().let_go();
    while case.inspect().held() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut child = started(case, command, ("GET", "/organization"));
    spoil_contents(&case.source().join("data/objects"));
    case.inspect().let_go();
    child.wait().expect("ended");
}

/// Spoils what every item consists of; the list of them is still there.
fn spoil_contents(folder: &Path) {
    for file in files_below(folder) {
        let size = std::fs::metadata(&file).expect("there").len();
        let zeros = vec![0; usize::try_from(size).expect("small")];
        std::fs::write(file, zeros).expect("written");
    }
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(files_below(&path));
        } else {
            all.push(path);
        }
    }
    all
}

/// What the record says was found, of every attempt without an outcome.
fn found(case: &Case) -> Vec<String> {
    let events = case.events("bundle-of-interrupted").into_iter();
    let interrupted = events.filter(|event| event["type"] == "AttemptInterrupted/1");
    let found = interrupted.map(|event| event["data"]["found"].as_str().map(str::to_owned));
    found.map(|found| found.expect("a word")).collect()
}

#[test]
fn a_mail_that_stands_is_not_called_a_part_where_the_backup_cannot_be_read() {
    let case = Case::without_quotas(Faults::none());
    let facts = unbroken::sources::sample::write_sample(&case.source()).expect("written");
    case.prepare(&facts.custodians[0].0);
    let restore = "restore CASE --source SOURCE TARGET --workers 1";
    killed_and_unread(&case, restore, "/messages");
    assert_eq!(found(&case), ["not-compared"]);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn an_item_of_a_list_is_not_called_a_part_where_nobody_looked() {
    let case = Case::new(Faults::none());
    listed(&case);
    let restore = "restore CASE --source SOURCE SITES --workers 1";
    killed_and_unread(&case, restore, "/items");
    assert_eq!(found(&case), ["not-looked"]);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}
