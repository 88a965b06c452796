//! Sections D and G: what happened when, against the clocks of the law; and every hand-over, hold and erasure on the way.

use chrono::{DateTime, Utc};

use super::super::document::{Block, Section, Table};
use super::cover::fact;
use super::{Edition, Gathered, clocks};
use crate::projections::signers::SignedBy;
use crate::projections::timeline::{Milestone, RECORDED};

/// Steps by which the data or the power over them change hands, or are kept from doing so.
const CUSTODY: [&str; 12] = [
    "SourceRegistered/1",
    "TargetConnected/1",
    "CustodianMapped/1",
    "MappingWithdrawn/1",
    "PlanAdopted/1",
    "WaveOpened/1",
    "WaveClosed/1",
    "ItemsReleased/1",
    "CaseFinished/1",
    "ReportIssued/1",
    "Erased",
    "Sealed",
];

/// Whose key signed: the person where the roots named one, else the role, else the key.
pub(super) fn signers(by: &[SignedBy]) -> String {
    let name = |signer: &SignedBy| {
        if signer.person.is_empty() {
            let key: String = signer.key.to_string().chars().take(8).collect();
            format!("{} {key}", signer.roles.join("+"))
        } else {
            format!("{} ({})", signer.person, signer.roles.join(", "))
        }
    };
    by.iter().map(name).collect::<Vec<_>>().join("; ")
}

fn entries(step: &Milestone) -> String {
    if step.count > 1 {
        format!("{} to {}", step.index, step.last_index)
    } else {
        step.index.to_string()
    }
}

/// As many as a cell names one by one.
const NAMED_MAX: usize = 8;

/// What the entries of a row are about: each of them in the order of the entries, or the first and how many others.
fn about(step: &Milestone) -> String {
    let others = &step.about_others;
    if others.len() >= NAMED_MAX {
        return format!("{} and {} others", step.about, others.len());
    }
    let all = std::iter::once(&step.about).chain(others);
    all.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn received(step: &Milestone) -> String {
    if step.last_received == step.received {
        return step.received.to_string();
    }
    format!("{} to {}", step.received, step.last_received)
}

fn row(step: &Milestone) -> Vec<String> {
    let what = match step.count {
        1 => step.words.to_owned(),
        count => format!("{} ({count} times)", step.words),
    };
    let what = if what == RECORDED {
        step.kind.clone()
    } else {
        what
    };
    vec![
        entries(step),
        received(step),
        what,
        about(step),
        signers(&step.by),
    ]
}

const COLUMNS: [&str; 5] = ["Entry", "Received (UTC)", "What", "About", "Signed by"];

/// Section D.
pub(super) fn timeline(gathered: &Gathered) -> Section {
    let facts = gathered
        .case
        .declared
        .as_ref()
        .map(|(_, facts)| facts.clone());
    let aware = facts.unwrap_or_default().aware_at;
    let said = (
        "The organisation became aware at".to_owned(),
        fact(gathered, aware.as_ref()),
    );
    let aware = aware.and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
    Section::new('D', "Timeline")
        .says(
            "The time of each entry is that of the machine that keeps the ledger; it never runs \
             backwards. Section I says which entries an outside clock has covered.",
        )
        .with(Block::Table(Table {
            id: "timeline",
            caption: "Steps of the case, in the order of the record".to_owned(),
            columns: COLUMNS.to_vec(),
            rows: gathered.milestones.iter().map(row).collect(),
        }))
        .with(Block::Heading("Clocks of the law".to_owned()))
        .with(Block::Facts(vec![said]))
        .says(
            "Each notice by its last possible moment, counted from when the organisation said that \
             it became aware. Whether a rule applies is for a lawyer to say; whether a notice was \
             sent is not in this record.",
        )
        .with(Block::Table(Table {
            id: "clocks",
            caption: "By when which notice is due".to_owned(),
            columns: vec!["Rule", "What", "At the latest"],
            rows: clocks::rows(aware.map(|aware| aware.with_timezone(&Utc))),
        }))
}

/// Section G.
pub(super) fn custody(gathered: &Gathered) -> Section {
    let steps = gathered.milestones.iter();
    let steps = steps
        .filter(|step| CUSTODY.contains(&step.kind.as_str()) || step.kind.starts_with("LegalHold"));
    let section = Section::new('G', "Custody")
        .says(
            "Who handed what to whom. The backup was only read. Items went from it into the clean \
             tenant by the worker's key; the custody of one item, with its proofs, is shown by \
             `unbroken provenance` and in verify.html.",
        )
        .with(Block::Table(Table {
            id: "custody",
            caption: "Hand-overs, holds, erasures and seals".to_owned(),
            columns: COLUMNS.to_vec(),
            rows: steps.map(row).collect(),
        }));
    section
        .with(Block::Heading("Legal holds in force".to_owned()))
        .with(holds(gathered))
        .with(Block::Heading("Erasures".to_owned()))
        .with(erasures(gathered))
}

fn or_none(points: Vec<String>, none: &str) -> Block {
    if points.is_empty() {
        Block::Paragraph(none.to_owned())
    } else {
        Block::List(points)
    }
}

fn holds(gathered: &Gathered) -> Block {
    let holds = &gathered.case.holds;
    let of = |custodian| {
        let held = gathered.custodian(custodian);
        holds.of(custodian).map(move |(hold, reason)| {
            let reason = reason.map_or_else(|| "not shown".to_owned(), str::to_owned);
            format!("{held}: hold {hold}, reason: {reason}")
        })
    };
    let points = holds.custodians().flat_map(of).collect();
    let none = match gathered.issue.edition {
        Edition::Custodian(_) => "This custodian stands under none.",
        _ => "Nobody stands under a legal hold.",
    };
    or_none(points, none)
}

fn erasures(gathered: &Gathered) -> Block {
    let erased = gathered.erased_shown().map(|(subject, entry)| {
        format!(
            "{subject}: personal facts erased, see entry {entry}. The proofs of what happened \
             stay valid."
        )
    });
    or_none(erased.collect(), "No custodian's facts were erased.")
}
