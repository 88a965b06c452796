//! The content gate in section C: by which policy content was looked into, who looked, what was held, what was released by whom.

use unbroken_ledger::Hash;

use super::super::document::{Block, Table};
use super::Gathered;
use super::cover::fact;
use crate::domain::content::Class;
use crate::projections::content::{ContentView, Verdicts};

/// What page 1 says, in every edition: whether anybody looked.
pub(super) fn statement(gathered: &Gathered) -> String {
    let total = gathered.content.total();
    match gathered.case.gate_in_force() {
        None if gathered.content.gates.is_empty() => {
            "Content was not scanned for anything harmful: no content gate was set.".to_owned()
        }
        None => {
            "Content was not scanned for anything harmful: the plan in force has no content gate."
                .to_owned()
        }
        Some(gate) if !gate.has_scanner() => format!(
            "No scanner looked into content: the content gate holds by kind and by digest alone. \
             It let {} items pass and held {}.",
            total.passed, total.held
        ),
        Some(_) => format!(
            "Content was scanned before it was written: {} items passed, {} were held, {} could \
             not be scanned and were held for that (section C).",
            total.passed, total.held, total.not_scanned
        ),
    }
}

/// Section C's part.
pub(super) fn blocks(gathered: &Gathered) -> Vec<Block> {
    let mut blocks = vec![
        Block::Heading("Content gate".to_owned()),
        Block::Paragraph(statement(gathered)),
    ];
    let view = &gathered.content;
    if view.gates.is_empty() {
        return blocks;
    }
    let gates = view.gates.iter();
    let gates = gates.map(|(index, gate)| format!("Set in entry {index}: {}.", gate.words()));
    blocks.push(Block::List(gates.collect()));
    blocks.push(Block::Paragraph(
        "A verdict says what the scanner knew with the signatures of that day. What it did not \
         know, it did not find."
            .to_owned(),
    ));
    blocks.push(Block::Table(scanners(view)));
    blocks.push(Block::Table(custodians(gathered)));
    blocks.push(Block::Table(releases(gathered)));
    blocks
}

fn scanners(view: &ContentView) -> Table {
    let rows = view.scanners.iter().map(|(scanner, seen)| {
        vec![
            scanner.name.clone(),
            scanner.version.clone(),
            scanner.database.clone(),
            seen.verdicts.to_string(),
            format!("{} to {}", seen.first, seen.last),
        ]
    });
    Table {
        id: "content-scanners",
        caption: "Who looked into content, with which signatures".to_owned(),
        columns: vec!["Scanner", "Version", "Signatures", "Verdicts", "Entries"],
        rows: rows.collect(),
    }
}

fn custodians(gathered: &Gathered) -> Table {
    let cells = |verdicts: &Verdicts| {
        let found = |(class, count): (&Class, &u64)| format!("{} {count}", class.word());
        let found: Vec<String> = verdicts.classes.iter().map(found).collect();
        vec![
            verdicts.passed.to_string(),
            verdicts.let_pass.to_string(),
            verdicts.held.to_string(),
            verdicts.not_scanned.to_string(),
            found.join(", "),
        ]
    };
    let rows = gathered.content.verdicts.iter();
    let rows =
        rows.map(|(name, verdicts)| [vec![gathered.custodian(name)], cells(verdicts)].concat());
    Table {
        id: "content-verdicts",
        caption: "Verdicts by custodian; an item that was looked into twice counts twice"
            .to_owned(),
        columns: vec![
            "Custodian",
            "Passed",
            "On a release",
            "Held",
            "Not scanned",
            "Found",
        ],
        rows: rows.collect(),
    }
}

/// Who asked and who approved are persons that the roots named with their keys.
fn releases(gathered: &Gathered) -> Table {
    let rows = gathered.content.releases.iter().map(|release| {
        let name = Hash::parse(&release.proposal);
        let proposal = name.and_then(|name| gathered.approvals.proposals.get(&name));
        let asked = proposal
            .map(|known| known.requester.clone())
            .unwrap_or_default();
        let approved = proposal.map(|known| known.approved.iter().cloned().collect::<Vec<_>>());
        let received = gathered
            .milestones
            .iter()
            .find(|step| step.index == release.index);
        vec![
            release.index.to_string(),
            received
                .map(|step| step.received.to_string())
                .unwrap_or_default(),
            gathered.custodian(&release.custodian),
            release.items.len().to_string(),
            release.reasons.join(", "),
            asked,
            approved.unwrap_or_default().join(", "),
            fact(gathered, release.why.as_ref()),
        ]
    });
    Table {
        id: "releases",
        caption: "Held items that were released".to_owned(),
        columns: vec![
            "Entry",
            "Received (UTC)",
            "Custodian",
            "Items",
            "Let pass",
            "Asked by",
            "Approved by",
            "Why",
        ],
        rows: rows.collect(),
    }
}
