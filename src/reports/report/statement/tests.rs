//! Page 1 of scripted cases: what a lawyer signs is what the record shows, no more and no less.

use crate::domain::event::{CheckedAs, CustodianMapped, Event, ItemAttempted, NoFacts};
use crate::domain::plan::{Decision, PlanRow};
use crate::projections::scripted::{Script, failed, held, name, restored, row};
use crate::reports::document::{Block, Document, Tone};
use crate::reports::report::{Edition, Issue, report};

fn made(script: &Script) -> Document {
    let issue = Issue {
        number: 1,
        edition: Edition::Full,
        origin: "example.org/o".to_owned(),
        size: script.entries.len() as u64,
        root: "ab".to_owned(),
        checked: CheckedAs {
            verdict: "valid".to_owned(),
            ..CheckedAs::default()
        },
        made: "2026-01-02T03:04:05Z".to_owned(),
        issuer: None,
        software: "unbroken".to_owned(),
        seal_certificate: None,
        verify_text: "",
    };
    report(script, &issue).expect("nothing can go wrong")
}

fn verdicts(document: &Document) -> Vec<(Tone, &str)> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    let verdicts = blocks.filter_map(|block| match block {
        Block::Verdict(tone, text) => Some((*tone, text.as_str())),
        _ => None,
    });
    verdicts.collect()
}

fn page(document: &Document) -> String {
    let statement = document.sections.iter();
    let mut statement = statement.filter(|section| section.letter == 'B');
    let blocks = &statement.next().expect("section B").blocks;
    let texts = blocks.iter().filter_map(|block| match block {
        Block::Paragraph(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn rows(document: &Document, id: &str) -> Vec<Vec<String>> {
    let mut tables = document.tables().filter(|table| table.id == id);
    tables.next().expect("the table").rows.clone()
}

/// One plan of ann's, whose mails a1 to a3 are to be restored.
fn planned() -> Script {
    let mut script = Script::default();
    let items = ["a1", "a2", "a3"];
    let mails = items.map(|item| row(item, "mail", Decision::Restore));
    script.plan("p", vec![("ann", mails.to_vec())]);
    script
}

fn found(item: &str, attempt: u32) -> Event {
    let Event::ItemRestored(mut data, facts) = restored(item, "mail", "identical", None) else {
        unreachable!("a restored item");
    };
    "found".clone_into(&mut data.wrote);
    data.attempt = attempt;
    Event::ItemRestored(data, facts)
}

fn attempted(item: &str) -> Event {
    let data = ItemAttempted {
        attempt: 1,
        item: name(item),
        plan: "p".to_owned(),
        release: None,
        wave: 1,
    };
    Event::ItemAttempted(Box::new(data), Box::new(NoFacts {}))
}

#[test]
fn what_was_there_already_is_not_said_to_be_written() {
    let mut script = planned();
    for item in ["a1", "a2"] {
        script.item("ann", found(item, 1));
    }
    script.item("ann", found("a3", 2));
    let document = made(&script);
    let page = page(&document);
    assert!(
        page.contains("3 stand in the new tenant, read back and compared"),
        "{page}"
    );
    assert!(!page.contains("were written into"), "{page}");
    let how = "How they came there: 0 written by this restore; 2 found there already, before it \
               first tried; 1 found there when it tried again, so that they can be its own.";
    assert!(page.contains(how), "{page}");
    assert_eq!(rows(&document, "arrivals"), [["mail", "0", "0", "2", "1"]]);
    let mut wrote = planned();
    wrote.item("ann", restored("a1", "mail", "identical", None));
    let page = self::page(&made(&wrote));
    assert!(
        page.contains("1 were written into the new tenant"),
        "{page}"
    );
    assert!(!page.contains("How they came there"), "{page}");
}

#[test]
fn a_record_that_holds_is_told_apart_from_a_restore_that_failed() {
    let mut script = planned();
    for item in ["a1", "a2", "a3"] {
        script.item("ann", failed(item, "mail"));
    }
    let document = made(&script);
    assert_eq!(
        verdicts(&document),
        [
            (Tone::Good, "The record holds"),
            (Tone::Bad, "Of 3 items none is restored, 3 FAILED")
        ]
    );
    let mut declared = planned();
    declared.item("ann", restored("a1", "mail", "as_declared", None));
    declared.item("ann", restored("a2", "mail", "identical", None));
    let half = made(&declared);
    let second = (
        Tone::Mixed,
        "Of 3 items 2 are restored, 1 without an outcome",
    );
    assert_eq!(verdicts(&half)[1], second);
    declared.item("ann", restored("a3", "mail", "as_declared", None));
    let all = (Tone::Good, "All 3 items are restored");
    assert_eq!(verdicts(&made(&declared))[1], all);
    let none = (Tone::Mixed, "Nothing was restored: no plan is in force");
    assert_eq!(verdicts(&made(&Script::default()))[1], none);
}

#[test]
fn only_what_was_tried_can_be_in_the_tenant() {
    let mut script = planned();
    let untried = page(&made(&script));
    assert!(
        untried.contains("3 that nobody tried to restore so far"),
        "{untried}"
    );
    assert!(!untried.contains("may be in the tenant"), "{untried}");
    script.item("ann", attempted("a2"));
    let tried = page(&made(&script));
    let both = "2 that nobody tried to restore so far, 1 tried without an outcome so far, which \
                may be in the tenant";
    assert!(tried.contains(both), "{tried}");
}

/// Before the first outside checkpoint the host can leave out the newest or build the record anew: nothing of that can be said.
#[test]
fn what_was_before_the_checkpoint_is_not_vouched_for() {
    let page = page(&made(&planned()));
    assert!(!page.contains("before that"), "{page}");
    assert!(
        page.contains("after that none can be changed, removed"),
        "{page}"
    );
    assert!(page.contains("without it showing"), "{page}");
}

#[test]
fn what_was_held_first_and_restored_by_a_later_plan_counts_once() {
    let mut script = Script::default();
    let keyed = |item: &str, decision| PlanRow {
        key: format!("key of {}", &item[1..]),
        ..row(item, "mail", decision)
    };
    let first = ["a1", "a2"].map(|item| keyed(item, Decision::Hold));
    script.plan("p", vec![("ann", first.to_vec())]);
    script.item("ann", held("a1", "mail"));
    script.item("ann", held("a2", "mail"));
    let later = ["b1", "b2"].map(|item| keyed(item, Decision::Restore));
    script.plan("q", vec![("ann", later.to_vec())]);
    script.item("ann", restored("b1", "mail", "identical", None));
    script.item("ann", restored("b2", "mail", "identical", None));
    let document = made(&script);
    let page = page(&document);
    assert_eq!(
        verdicts(&document)[1],
        (Tone::Good, "All 2 items are restored")
    );
    let counts = rows(&document, "counts");
    assert_eq!(counts[0], ["Named by the plans in force", "2"]);
    assert!(counts.contains(&vec![
        "Held for a person to decide".to_owned(),
        "0".to_owned()
    ]));
    assert!(
        page.contains("Nothing is missing of what the plans name."),
        "{page}"
    );
    assert!(
        page.contains("An earlier plan named some of them first (2 held)"),
        "{page}"
    );
    assert!(!page.contains("counted twice"), "{page}");
    let exceptions = rows(&document, "exceptions");
    assert_eq!(exceptions, Vec::<Vec<String>>::new());
    assert_eq!(rows(&document, "disagreements"), Vec::<Vec<String>>::new());
}

#[test]
fn no_mapping_is_booked_under_another_custodian() {
    let mut script = planned();
    for custodian in ["ann", "bob"] {
        let data = CustodianMapped {
            custodian: name(custodian),
            mapped: true,
        };
        script.case(Event::CustodianMapped(Box::new(data), Box::default()));
    }
    let document = made(&script);
    for table in ["timeline", "custody"] {
        let rows = rows(&document, table);
        let mut mapped = rows
            .iter()
            .filter(|row| row[2].starts_with("custodian mapped"));
        let row = mapped.next().expect("the mappings");
        assert_eq!(row[3], "ann, bob", "{table}");
        let (from, to) = row[1].split_once(" to ").expect("both times");
        assert!(from < to, "{row:?}");
    }
}
