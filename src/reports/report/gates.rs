//! The gates of a case in section C: what was looked at, what was waived, what was certified, and what ended before its time.

use super::super::document::Block;
use super::cover::fact;
use super::{Edition, Gathered};
use crate::domain::event::{Audited, Event};
use crate::domain::finding::Verdict;
use crate::projections::reading::Written;

/// Where the gates begin, and what was done before there were any.
#[derive(Debug, Default)]
pub(super) struct Pinned {
    index: Option<u64>,
    attempts_before: u64,
}

impl Pinned {
    pub(super) fn take(&mut self, written: &Written) {
        match written.placed.as_ref().map(|placed| &placed.event) {
            Some(Event::SourcePinned(..)) => self.index = Some(written.index),
            Some(Event::ItemAttempted(..)) if self.index.is_none() => self.attempts_before += 1,
            _ => {}
        }
    }

    fn sentence(&self, edition: &Edition) -> String {
        let Some(index) = self.index else {
            return String::new();
        };
        // One custodian is not told what happened to others' items: of those nothing is said.
        let whose = match edition {
            Edition::Custodian(_) => " that this edition shows",
            _ => "",
        };
        let before = match self.attempts_before {
            0 => format!("no attempt at an item{whose} lies before it"),
            1 => format!("1 attempt at an item{whose} lies before it, under no gate"),
            count => format!("{count} attempts at items{whose} lie before it, under no gate"),
        };
        format!(
            "The compromised tenant is pinned by its GUID, by entry {index}. From that entry on \
             no worker acts without a readiness certificate that holds; {before}."
        )
    }
}

/// Nothing where the compromised tenant was never pinned: the case has no gates, and the report does not pretend.
pub(super) fn gates(gathered: &Gathered) -> Vec<Block> {
    let gates = &gathered.case.gates;
    if gates.pinned.is_none() {
        return Vec::new();
    }
    let mut points = vec![
        gathered.pinned.sentence(&gathered.issue.edition),
        looked("Baseline", gates.baseline.as_ref()),
        looked("Separation audit", gates.audit.as_ref()),
    ];
    points.push(match &gathered.case.content.leftovers {
        Some(counted) => format!("Restored content: {}.", counted.words()),
        None => "Restored content was not searched for the compromised tenant.".to_owned(),
    });
    points.splice(1..1, super::course::decision(gathered));
    for (waived, facts) in &gates.waivers {
        let object = fact(gathered, facts.object.as_ref());
        points.push(format!(
            "Waived in check {} from {} until {}: {object}.",
            waived.check, waived.from, waived.until
        ));
    }
    for certificate in gates.certificates.values() {
        let said = &certificate.said;
        let ended = match &certificate.revoked {
            Some(cause) => format!(" It was revoked: {cause}."),
            None if gates.struck.has(&said.proposal) => {
                " It carries nothing: too few approved it with a key that was not revoked.".into()
            }
            None => String::new(),
        };
        points.push(format!(
            "Certificate {}: {}, on look {}, from {} until {}.{ended}",
            said.number,
            said.certificate.name(),
            said.rests_on,
            said.from,
            said.until
        ));
    }
    points.extend(super::course::end(gathered));
    let mut blocks = vec![Block::Heading("Gates".to_owned()), Block::List(points)];
    blocks.extend(super::course::domains(gathered));
    blocks
}

fn looked(what: &str, look: Option<&Audited>) -> String {
    let Some(look) = look else {
        return format!("{what}: nobody looked.");
    };
    let of = |wanted: Verdict| {
        let all = look
            .verdicts
            .iter()
            .filter(|(_, verdict)| **verdict == wanted);
        let ids: Vec<&str> = all.map(|(id, _)| id.as_str()).collect();
        match ids.len() {
            0 => "none".to_owned(),
            count => format!("{count} ({})", ids.join(", ")),
        }
    };
    let passed = look
        .verdicts
        .values()
        .filter(|verdict| **verdict == Verdict::Pass)
        .count();
    format!(
        "{what}, look {}: {passed} of {} checks pass; fail: {}; not evidenced: {}; waived: {}.",
        look.number,
        look.verdicts.len(),
        of(Verdict::Fail),
        of(Verdict::NeedsEvidence),
        of(Verdict::Waived)
    )
}
