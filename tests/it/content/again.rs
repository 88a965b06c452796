//! What is taken up again after its wave had ended: an item that two others released, one that no scanner had looked into; and what
//! becomes of a plan when another one is made or adopted.

use std::time::Duration;

use m365_simulator::{FaultKind, Faults, OneShot};
use serde_json::Value;

use super::clamd::{FakeClamd, Mood};
use super::planted::{carrying, macro_document};
use super::{held, release_all, restore, says, two_approvers};
use crate::case::{Case, mail};
use crate::tampering::forge::put;

const WAVES: &[u8] = b"custodian,department,wave\nada@old.example,,1\nben@old.example,,2\n";

/// Ada is in the first wave, ben in the second; the gate asks clamd and holds macros.
fn two_waves(ada: &[Vec<u8>], ben: &[Vec<u8>]) -> Case {
    let case = Case::without_quotas(Faults::none());
    for (who, mails) in [("ada", ada), ("ben", ben)] {
        for (number, bytes) in mails.iter().enumerate() {
            case.plant(&format!("{who}@old.example/Inbox/{number}.eml"), bytes);
        }
    }
    case.connect("");
    let map =
        "source,target\nada@old.example,ada@clean.example\nben@old.example,ben@clean.example\n";
    put(&case.path("map.csv"), map.as_bytes());
    put(&case.path("waves.csv"), WAVES);
    case.done("case map CASE --csv MAP --not-in-a-backup TARGET");
    case
}

fn in_force(case: &Case, more: &str) {
    case.done(&format!("plan make CASE --source SOURCE {more}"));
    case.done("plan propose CASE");
    case.done("plan approve CASE --yes");
    case.done("plan adopt CASE");
}

fn written(case: &Case, who: &str) -> usize {
    case.inspect()
        .messages(&format!("{who}@clean.example"))
        .len()
}

fn enumerated(case: &Case) -> (u64, u64) {
    let said = case.run("case status CASE --json");
    let said: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    let number = |name: &str| said[name].as_u64().expect("a number");
    (number("enumerated"), number("open_items"))
}

#[test]
fn what_is_released_after_its_wave_had_ended_is_written_and_counted_until_then() {
    let case = two_waves(
        &[carrying(1, "report.docx", &macro_document()), mail(2, 0)],
        &[mail(3, 0)],
    );
    case.done("content set CASE --clamd --hold macro");
    in_force(&case, "--waves @waves.csv");
    two_approvers(&case);
    let clamd = FakeClamd::start(Mood::Looks);
    says(&restore(&case, &clamd), 3, &[]);
    assert_eq!((written(&case, "ada"), written(&case, "ben")), (1, 1));
    assert_eq!(enumerated(&case), (3, 0));
    release_all(&case, "@r.request");
    // It has no outcome any more: it is not forgotten, and the case does not end over it.
    assert_eq!(enumerated(&case), (3, 1));
    let early = case.run("case finish CASE");
    says(
        &early,
        3,
        &["1 items have no outcome yet", "unbroken restore"],
    );
    says(&restore(&case, &clamd), 0, &[]);
    assert_eq!((written(&case, "ada"), written(&case, "ben")), (2, 1));
    assert_eq!(enumerated(&case), (3, 0));
    case.done("case finish CASE");
    case.done("reconcile CASE");
}

#[test]
fn what_no_scanner_saw_in_an_earlier_wave_is_looked_at_by_the_next_restore() {
    let case = two_waves(&[mail(1, 0)], &[mail(2, 0), mail(3, 0)]);
    case.done("content set CASE --clamd");
    in_force(&case, "--waves @waves.csv");
    let silent = FakeClamd::start(Mood::Hangs);
    says(&restore(&case, &silent), 3, &[]);
    assert_eq!((written(&case, "ada"), written(&case, "ben")), (0, 0));
    assert_eq!(held(&case).len(), 3);
    let alive = FakeClamd::start(Mood::Looks);
    says(&restore(&case, &alive), 0, &[]);
    assert_eq!((written(&case, "ada"), written(&case, "ben")), (1, 2));
    case.done("case finish CASE");
}

/// One bad item never stops the others: held because nobody looked, it is now not even to be read.
#[test]
fn what_no_scanner_saw_and_nobody_can_read_any_more_stops_nothing() {
    let case = two_waves(&[mail(1, 0), mail(2, 0), mail(3, 0)], &[]);
    case.done("content set CASE --clamd");
    in_force(&case, "");
    let silent = FakeClamd::start(Mood::Hangs);
    says(&restore(&case, &silent), 3, &[]);
    assert_eq!(held(&case).len(), 3);
    case.inspect().arm(OneShot {
        kind: FaultKind::Hold,
        method: "POST".to_owned(),
        path: "/messages".to_owned(),
        skip: 0,
    });
    let alive = FakeClamd::start(Mood::Looks);
    let one_by_one = format!(
        "restore CASE --source SOURCE TARGET --workers 1 --clamd {}",
        alive.address
    );
    let mut running = case.command(&one_by_one).spawn().expect("started");
    while case.inspect().held() == 0 {
        let ended = running.try_wait().expect("asked");
        assert!(ended.is_none(), "it ended before the first: {ended:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    let folder = case.source().join("ada@old.example/Inbox");
    let files = [0, 1, 2].map(|number| folder.join(format!("{number}.eml")));
    let kept = files.clone().map(|file| std::fs::read(file).expect("read"));
    for file in &files {
        std::fs::write(file, b"other bytes").expect("written");
    }
    case.inspect().let_go();
    says(&running.wait_with_output().expect("ended"), 3, &[]);
    assert_eq!(written(&case, "ada"), 1);
    let unseen = ("content-not-scanned".to_owned(), false);
    assert_eq!(held(&case), [unseen.clone(), unseen]);
    // They are back: nothing stands in their way.
    for (file, kept) in files.iter().zip(kept) {
        std::fs::write(file, kept).expect("written");
    }
    says(&restore(&case, &alive), 0, &[]);
    assert_eq!(written(&case, "ada"), 3);
    case.done("case finish CASE");
}

#[test]
fn a_plan_that_nobody_adopted_stops_nothing_and_one_that_is_adopted_ends_the_waves_before_it() {
    let case = two_waves(&[mail(1, 0)], &[mail(2, 0)]);
    in_force(&case, "--waves @waves.csv");
    // Made to be looked at, and rejected by whoever did.
    case.done("plan make CASE --source SOURCE");
    let running = || {
        assert_eq!(case.inspect().messages("ada@clean.example").len(), 1);
        assert_eq!(case.inspect().messages("ben@clean.example").len(), 1);
    };
    says(&case.restore(), 0, &[]);
    running();
    case.plant("ben@old.example/Inbox/9.eml", &mail(9, 0));
    case.done("source register CASE SOURCE");
    in_force(&case, "");
    says(&case.restore(), 0, &[]);
    assert_eq!(written(&case, "ben"), 2);
    case.done("case finish CASE");
}

#[test]
fn waves_of_an_earlier_plan_that_were_never_opened_are_not_forgotten_and_do_not_stand_in_the_way() {
    let case = two_waves(&[mail(1, 0)], &[mail(2, 0)]);
    in_force(&case, "--waves @waves.csv");
    case.done("wave pause CASE --wave 1 --reason looked-at");
    // Another plan of everything, without waves.
    in_force(&case, "");
    says(&case.restore(), 0, &[]);
    assert_eq!((written(&case, "ada"), written(&case, "ben")), (1, 1));
    case.done("case finish CASE");
}
