//! Sections E, F and O: how every item ended, which ones are not identical and why, and each custodian's part.

use std::collections::BTreeMap;

use super::super::document::{Block, Section, Table};
use super::cover::{NOT_SHOWN, fact};
use super::{Edition, Gathered};
use crate::domain::event::{EndedFacts, Event};
use crate::domain::pseudonym::Pseudonym;
use crate::projections::reading::Placed;
use crate::projections::results::Counts;

/// An item that is not identical.
#[derive(Clone, Debug)]
pub(super) struct Row {
    index: u64,
    custodian: Pseudonym,
    item: Pseudonym,
    workload: String,
    outcome: &'static str,
    reason: String,
    locator: Option<String>,
    detail: Option<String>,
}

/// Every item that is not identical, in the order of the record.
#[derive(Clone, Debug, Default)]
pub(super) struct Exceptions {
    pub(super) rows: Vec<Row>,
}

impl Exceptions {
    pub(super) fn take(&mut self, placed: &Placed) {
        let Some(custodian) = &placed.custodian else {
            return;
        };
        let ended =
            |item: &Pseudonym, workload: &str, outcome, reason: &str, facts: &EndedFacts| Row {
                index: placed.index,
                custodian: custodian.clone(),
                item: item.clone(),
                workload: workload.to_owned(),
                outcome,
                reason: reason.to_owned(),
                locator: facts.locator.clone(),
                detail: facts.detail.clone(),
            };
        let row = match &placed.event {
            Event::ItemRestored(data, facts) if data.class != "identical" => {
                let reasons = data.deltas.iter().chain(&data.transforms);
                let reasons: Vec<&str> = reasons.map(String::as_str).collect();
                Row {
                    index: placed.index,
                    custodian: custodian.clone(),
                    item: data.item.clone(),
                    workload: data.workload.clone(),
                    outcome: "as declared",
                    reason: reasons.join("; "),
                    locator: facts.locator.clone(),
                    detail: None,
                }
            }
            Event::ItemHeld(data, facts) => {
                ended(&data.item, &data.workload, "held", &data.reason, facts)
            }
            Event::ItemSkipped(data, facts) => {
                ended(&data.item, &data.workload, "skipped", &data.reason, facts)
            }
            Event::ItemFailed(data, facts) => {
                ended(&data.item, &data.workload, "failed", &data.reason, facts)
            }
            _ => return,
        };
        self.rows.push(row);
    }

    /// How often each outcome has each reason.
    pub(super) fn reasons(&self) -> BTreeMap<(&'static str, &str), u64> {
        let mut reasons = BTreeMap::new();
        for row in &self.rows {
            *reasons
                .entry((row.outcome, row.reason.as_str()))
                .or_default() += 1;
        }
        reasons
    }
}

const COUNTS: [&str; 9] = [
    "In the backup",
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
    let rows = gathered.exceptions.reasons();
    let rows = rows.into_iter().map(|((outcome, reason), count)| {
        vec![outcome.to_owned(), reason.to_owned(), count.to_string()]
    });
    let reasons = Table {
        id: "reasons",
        caption: "Why items are not identical, and how often".to_owned(),
        columns: vec!["Outcome", "Reason", "Items"],
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
        .with(Block::Table(reasons))
}

/// Section F.
pub(super) fn exceptions(gathered: &Gathered) -> Section {
    let owner = gathered.plan_owner();
    let shown = |value: &Option<String>| match gathered.issue.edition {
        Edition::Redacted => NOT_SHOWN.to_owned(),
        _ => value.clone().unwrap_or_default(),
    };
    let rows = gathered.exceptions.rows.iter().map(|row| {
        vec![
            row.index.to_string(),
            gathered.custodian(&row.custodian),
            row.item.to_string(),
            row.workload.clone(),
            row.outcome.to_owned(),
            row.reason.clone(),
            shown(&row.locator),
            shown(&row.detail),
            owner.clone(),
        ]
    });
    Section::new('F', "Exceptions")
        .says(
            "Every item that did not arrive identical. The owner is the person who has to decide \
             or explain: whoever put the plan in force.",
        )
        .with(Block::Table(Table {
            id: "exceptions",
            caption: "Items that are not identical".to_owned(),
            columns: vec![
                "Entry",
                "Custodian",
                "Item",
                "Kind",
                "Outcome",
                "Reason",
                "Where in the backup",
                "What a person should know",
                "Owner",
            ],
            rows: rows.collect(),
        }))
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
            ("Items in the backup", counts.enumerated.to_string()),
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
