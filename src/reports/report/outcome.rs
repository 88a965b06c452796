//! Sections E, F and O: how every item ended, which ones are not identical and why, and each custodian's part.

use std::collections::BTreeMap;

use super::super::document::{Block, Section, Table};
use super::cover::fact;
use super::{Edition, Gathered, reasons};
use crate::projections::results::Counts;

/// How often each outcome has each reason; an item that was changed in two ways counts for both.
pub(super) fn reasons<'a>(gathered: &'a Gathered) -> BTreeMap<(&'static str, &'a str), u64> {
    let mut reasons = BTreeMap::new();
    for row in &gathered.exceptions {
        let mut of_row: Vec<&str> = row.reasons.iter().map(String::as_str).collect();
        if of_row.is_empty() {
            of_row.push("");
        }
        for one in of_row {
            *reasons.entry((row.outcome, one)).or_default() += 1;
        }
    }
    reasons
}

fn words(outcome: &str) -> String {
    outcome.replace('_', " ")
}

const COUNTS: [&str; 9] = [
    "Planned",
    "Identical",
    "As declared",
    "Held",
    "Skipped",
    "Failed",
    "Erased",
    "Open",
    "Adds up",
];

fn cells(counts: &Counts) -> Vec<String> {
    let numbers = [
        counts.enumerated,
        counts.identical,
        counts.as_declared,
        counts.held,
        counts.skipped,
        counts.failed,
        counts.erased,
        counts.open,
    ];
    let mut cells: Vec<String> = numbers.iter().map(u64::to_string).collect();
    cells.push(if counts.adds_up() { "yes" } else { "NO" }.to_owned());
    cells
}

fn with_counts(heads: &[&'static str]) -> Vec<&'static str> {
    heads.iter().copied().chain(COUNTS).collect()
}

/// Section E.
pub(super) fn results(gathered: &Gathered) -> Section {
    let results = &gathered.results;
    let by_workload = results.by_workload();
    let rows = by_workload
        .iter()
        .map(|(workload, counts)| [vec![(*workload).to_owned()], cells(counts)].concat());
    let total = [vec!["all".to_owned()], cells(&results.total())].concat();
    let workloads = Table {
        id: "results-by-workload",
        caption: "Every item once, by kind of data".to_owned(),
        columns: with_counts(&["Kind of data"]),
        rows: rows.chain([total]).collect(),
    };
    let rows = results
        .by_custodian()
        .into_iter()
        .map(|(name, counts)| [vec![gathered.custodian(name)], cells(&counts)].concat());
    let custodians = Table {
        id: "results-by-custodian",
        caption: "Every item once, by custodian".to_owned(),
        columns: with_counts(&["Custodian"]),
        rows: rows.collect(),
    };
    let rows = self::reasons(gathered);
    let rows = rows.into_iter().map(|((outcome, reason), count)| {
        let cells = [words(outcome), reason.to_owned(), reasons::sentence(reason)];
        [&cells[..], &[count.to_string()]].concat()
    });
    let reasons = Table {
        id: "reasons",
        caption: "Why items are not identical, and how often; one with two reasons counts for both"
            .to_owned(),
        columns: vec!["Outcome", "Reason", "What it means", "Items"],
        rows: rows.collect(),
    };
    Section::new('E', "Results and reconciliation")
        .says(
            "The first number of each row was counted from the approved plans; all others from \
             what the record says of each item. A row adds up when the first number is the sum of \
             the others.",
        )
        .with(Block::Table(workloads))
        .with(Block::Table(custodians))
        .says(
            "What was found at the first try was in the new tenant before this restore wrote \
             anything of it. What was found at a later try can have been written by an earlier \
             one that was cut short. Both were read back and compared like what was written.",
        )
        .with(Block::Table(arrivals(&by_workload)))
        .with(Block::Table(reasons))
        .with(Block::Table(disagreements(gathered)))
}

fn arrivals(by_workload: &BTreeMap<&str, Counts>) -> Table {
    let rows = by_workload.iter().map(|(workload, counts)| {
        let numbers = [
            counts.written(),
            counts.completed,
            counts.found,
            counts.found_again,
        ];
        let numbers = numbers.map(|number| number.to_string());
        [&[(*workload).to_owned()][..], &numbers].concat()
    });
    Table {
        id: "arrivals",
        caption: "How the restored items came to be in the new tenant".to_owned(),
        columns: vec![
            "Kind of data",
            "Written",
            "Completed",
            "Found at the first try",
            "Found at a later try",
        ],
        rows: rows.collect(),
    }
}

/// Where plans, outcomes and the end of the case say different things.
fn disagreements(gathered: &Gathered) -> Table {
    let rows = gathered.disagreements.iter().map(|found| {
        vec![
            found.rule.to_owned(),
            found.place.clone(),
            found.required.clone(),
            found.found.clone(),
        ]
    });
    Table {
        id: "disagreements",
        caption: "Where the record disagrees with itself; empty where it does not".to_owned(),
        columns: vec!["Rule", "Where", "Required", "Found"],
        rows: rows.collect(),
    }
}

/// Section F.
pub(super) fn exceptions(gathered: &Gathered) -> Section {
    // A redacted edition has nothing to say in the columns of facts, so it does without them.
    let has_facts = gathered.issue.edition != Edition::Redacted;
    let fact = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut sorted: Vec<_> = gathered.exceptions.iter().collect();
    sorted.sort_by_key(|row| urgency(row.outcome));
    let rows = sorted.into_iter().map(|row| {
        let index = row.index.map(|index| index.to_string());
        let mut cells = vec![
            index.unwrap_or_else(|| "none".to_owned()),
            gathered.custodian(&row.custodian),
            row.item.to_string(),
            row.workload.clone(),
            words(row.outcome),
            row.reason.clone(),
        ];
        if has_facts {
            cells.extend([&row.name, &row.locator, &row.detail].map(fact));
        }
        cells.push(row.owner.clone());
        cells
    });
    let mut columns = vec!["Entry", "Custodian", "Item", "Kind", "Outcome", "Reason"];
    if has_facts {
        columns.extend([
            "Name or subject",
            "Where in the backup",
            "What a person should know",
        ]);
    }
    columns.push("Owner");
    Section::new('F', "Exceptions")
        .says(
            "Every item that did not arrive identical, what failed first; section E says what each \
             reason means. The owner is the person who has to decide or explain: whoever was named \
             for it, else whoever put the plan in force.",
        )
        .with(Block::Table(Table {
            id: "exceptions",
            caption: "Items that are not identical".to_owned(),
            columns,
            rows: rows.collect(),
        }))
}

/// What a reader looks for first.
fn urgency(outcome: &str) -> u8 {
    match outcome {
        "failed" => 0,
        "held" => 2,
        "skipped" => 3,
        "as_declared" => 4,
        // Without an outcome.
        _ => 1,
    }
}

/// Section O.
pub(super) fn annexes(gathered: &Gathered) -> Section {
    let mut section = Section::new('O', "Annex for each custodian").says(
        "The file tables/items.csv lists every item with its outcome, its entry and its digests; \
         the rows of one custodian are those with the custodian's name in the record. An edition \
         for one custodian shows that custodian's part and nothing of anybody else's.",
    );
    for (name, counts) in gathered.results.by_custodian() {
        let known = gathered.case.custodians.get(name);
        let facts = [
            ("In the record", name.to_string()),
            (
                "Restored for",
                fact(
                    gathered,
                    known.and_then(|known| known.facts.target_upn.as_ref()),
                ),
            ),
            ("Items planned", counts.enumerated.to_string()),
            ("Restored", counts.restored().to_string()),
            (
                "Held, skipped, failed",
                (counts.held + counts.skipped + counts.failed).to_string(),
            ),
            ("Erased, open", (counts.erased + counts.open).to_string()),
        ];
        let facts = facts.map(|(name, value)| (name.to_owned(), value)).to_vec();
        section = section
            .with(Block::Heading(gathered.custodian(name)))
            .with(Block::Facts(facts));
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_stands_first_and_what_is_as_declared_last() {
        let mut outcomes = ["as_declared", "skipped", "held", "open", "failed"];
        outcomes.sort_by_key(|outcome| urgency(outcome));
        let wanted = ["failed", "open", "held", "skipped", "as_declared"];
        assert_eq!(outcomes, wanted);
    }
}
