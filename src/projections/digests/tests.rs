//! A fold that behaves otherwise is found, with the entry, the projection and its version; and what cannot be compared is said.

use super::super::scripted::{Script, failed, held, key, name, restored, row};
use super::*;
use crate::domain::event::NoFacts;
use crate::domain::plan::Decision;

fn log(script: &mut Script, data: ProjectionsDigested) {
    script.case(Event::ProjectionsDigested(
        Box::new(data),
        Box::new(NoFacts {}),
    ));
}

/// Two digests: one in the middle, one at the end.
fn script() -> Script {
    let mut script = Script::default();
    let rows = vec![
        row("a1", "mail", Decision::Restore),
        row("a2", "mail", Decision::Hold),
    ];
    script.plan("p", vec![("ann", rows)]);
    script.item("ann", restored("a1", "mail", "as_declared", None));
    for _ in 0..2 {
        let data = due(&script).expect("read").expect("new");
        log(&mut script, data);
        script.item("ann", held("a2", "mail"));
    }
    script.entries.pop();
    script
}

#[test]
fn every_logged_digest_is_met() {
    let script = script();
    let replayed = replay(&script, current()).expect("read");
    assert_eq!((replayed.entries, replayed.met), (2, 10), "{replayed:?}");
    assert!(replayed.mismatches.is_empty() && replayed.unknown.is_empty());
}

#[test]
fn a_digest_never_calls_for_another() {
    let mut script = script();
    assert_eq!(due(&script).expect("read"), None);
    script.item("ann", failed("a3", "mail"));
    assert!(due(&script).expect("read").is_some());
}

/// A fold as a careless change would leave it: what was restored with differences counts as identical.
struct Careless(Box<dyn Fold>);

impl Fold for Careless {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn take(&mut self, written: &Written) {
        let mut written = written.clone();
        if let Some(placed) = &mut written.placed
            && let Event::ItemRestored(data, _) = &mut placed.event
        {
            "identical".clone_into(&mut data.class);
        }
        self.0.take(&written);
    }

    fn lines(&self, each: &mut dyn FnMut(&Value)) {
        self.0.lines(each);
    }
}

#[test]
fn a_fold_that_behaves_otherwise_is_found_by_entry_projection_and_version() {
    let script = script();
    let folds = current().into_iter().map(|fold| -> Box<dyn Fold> {
        match fold.name() {
            "coverage/1" => Box::new(Careless(fold)),
            _ => fold,
        }
    });
    let replayed = replay(&script, folds.collect()).expect("read");
    let found: Vec<(u64, u64, &str)> = replayed
        .mismatches
        .iter()
        .map(|found| (found.index, found.size, &*found.projection))
        .collect();
    assert_eq!(found, [(3, 3, "coverage/1"), (5, 5, "coverage/1")]);
    assert_eq!(replayed.met, 8);
    assert_ne!(
        replayed.mismatches[0].logged,
        replayed.mismatches[0].replayed
    );
}

#[test]
fn a_digest_of_another_version_is_passed_over_and_said() {
    let mut script = script();
    let projections = [("coverage/2".to_owned(), "00".repeat(32))];
    let size = script.entries.len() as u64;
    log(
        &mut script,
        ProjectionsDigested {
            projections: projections.into(),
            size,
        },
    );
    let replayed = replay(&script, current()).expect("read");
    assert_eq!(replayed.unknown, [("coverage/2".to_owned(), 1)].into());
    assert!(replayed.mismatches.is_empty());
}

#[test]
fn a_digest_of_entries_that_came_later_is_no_digest() {
    let mut script = script();
    let mut data = {
        script.item("ann", failed("a4", "mail"));
        due(&script).expect("read").expect("new")
    };
    for size in [script.entries.len() as u64 + 1, 1_000_000] {
        data.size = size;
        log(&mut script, data.clone());
    }
    let replayed = replay(&script, current()).expect("read");
    assert_eq!(replayed.mismatches.len(), 10, "{replayed:?}");
    assert!(
        replayed
            .mismatches
            .iter()
            .all(|found| found.replayed.is_empty())
    );
}

#[test]
fn a_hold_and_an_erasure_are_digested() {
    let mut script = script();
    let before = due(&script).expect("read");
    assert_eq!(before, None);
    let data = crate::domain::hold::LegalHold {
        custodian: name("ann"),
        hold: name("matter-7"),
    };
    script.case(Event::LegalHoldPlaced(
        Box::new(data.clone()),
        Box::default(),
    ));
    let placed = due(&script).expect("read").expect("new");
    script.case(Event::LegalHoldReleased(Box::new(data), Box::default()));
    assert_eq!(due(&script).expect("read"), None, "as if it never stood");
    let subject = Value::object([("subject", Value::text("ann"))]);
    script.own("Erased", &[key(1)], subject);
    let erased = due(&script).expect("read").expect("new");
    assert_ne!(placed.projections["holds/1"], erased.projections["holds/1"]);
    assert_eq!(placed.projections["case/1"], erased.projections["case/1"]);
}

/// The lines of a projection, as docs/projections.md shows them.
#[test]
fn the_lines_are_those_of_the_docs() {
    let script = script();
    let mut folds = current();
    script
        .entries(u64::MAX, &mut |written| {
            for fold in &mut folds {
                fold.take(&written);
            }
        })
        .expect("read");
    let mut text = String::new();
    for fold in &folds {
        fold.lines(&mut |line| {
            text += &String::from_utf8(line.to_bytes()).expect("UTF-8");
            text.push('\n');
        });
    }
    assert_eq!(
        text,
        "[\"plan\",\"p\",0,1,1,1,0,0]\n[\"adopted\",\"p\"]\n\
         [\"ann\",\"mail\",\"as_declared\",\"\",1]\n\
         [\"ann\",\"mail\",\"held\",\"custodian-not-mapped\",1]\n\
         [\"a1\",\"ann\",\"as_declared\",0,1,2,2]\n[\"a2\",\"ann\",\"held\",0,1,4,4]\n"
    );
    let docs = include_str!("../../../docs/projections.md");
    for line in text.lines().filter(|line| line.starts_with("[\"a")) {
        assert!(
            docs.contains(line),
            "docs/projections.md does not show {line}"
        );
    }
}
