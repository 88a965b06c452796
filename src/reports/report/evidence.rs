//! Section I: the head of the record, and what witnesses and time-stamping authorities said of it.

use unbroken_ledger::Value;

use super::super::document::{Block, Section, Table};
use super::Gathered;
use crate::projections::reading::Written;

/// What others said, in the order of the record.
#[derive(Clone, Debug, Default)]
pub(super) struct Anchors {
    rows: Vec<Vec<String>>,
}

impl Anchors {
    pub(super) fn take(&mut self, written: &Written) {
        let (what, object) = match &*written.signed.kind {
            "WitnessReceived" => ("cosigned by witnesses", "note"),
            "TimestampReceived" => ("time-stamped (RFC 3161)", "token"),
            _ => return,
        };
        let data = &written.signed.data;
        let size = data
            .field("size")
            .and_then(Value::as_size)
            .unwrap_or_default();
        let object = data
            .field(object)
            .and_then(Value::as_str)
            .unwrap_or_default();
        self.rows.push(vec![
            written.index.to_string(),
            written.received.to_string(),
            what.to_owned(),
            format!("0 to {}", size.saturating_sub(1)),
            object.to_owned(),
        ]);
    }
}

/// How many entries are SUSPECT, and which; the verifier names the first of many.
fn suspect(gathered: &Gathered) -> String {
    let checked = &gathered.issue.checked;
    if checked.suspect == 0 {
        return "none".to_owned();
    }
    let first: Vec<String> = checked.suspect_first.iter().map(u64::to_string).collect();
    let all = if first.len() as u64 == checked.suspect {
        "entries"
    } else {
        "the first are entries"
    };
    format!("{}: {all} {}", checked.suspect, first.join(", "))
}

/// Section I.
pub(super) fn integrity(gathered: &Gathered) -> Section {
    let issue = gathered.issue;
    let covered = |count: u64| match count {
        0 => "none".to_owned(),
        some => format!("0 to {}", some.min(issue.size).saturating_sub(1)),
    };
    let rule = issue
        .checked
        .rule
        .clone()
        .unwrap_or_else(|| "none".to_owned());
    let facts = [
        ("Ledger", issue.origin.clone()),
        ("Entries", issue.size.to_string()),
        ("Root hash (RFC 6962)", issue.root.clone()),
        ("Verdict of unbroken-verify", issue.checked.verdict.clone()),
        ("Rule that is broken", rule),
        ("SUSPECT entries", suspect(gathered)),
        (
            "Entries that a quorum of witnesses has seen",
            covered(issue.checked.witnessed),
        ),
        (
            "Entries that an outside time stamp covers",
            covered(issue.checked.timestamped),
        ),
    ];
    let facts = facts.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Section::new('I', "Integrity")
        .with(Block::Facts(facts))
        .says(
            "The signed checkpoint, the witnesses' lines and the time-stamp tokens themselves are \
             in the bundle. None of the time stamps is called qualified here: whether an \
             authority is on a trusted list was not checked.",
        )
        .with(Block::Table(Table {
            id: "anchors",
            caption: "What outsiders said of the record".to_owned(),
            columns: vec![
                "Entry",
                "Received (UTC)",
                "What",
                "Entries covered",
                "Object (SHA-256)",
            ],
            rows: gathered.anchors.rows.clone(),
        }))
}
