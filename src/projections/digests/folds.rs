//! The digested folds, each with its version: what goes into its lines is fixed by docs/projections.md. Whoever changes a line
//! gives the fold another version.

use std::collections::{BTreeMap, HashMap};

use unbroken_ledger::Value;

use super::Fold;
use crate::domain::case::Case;
use crate::domain::content::Class;
use crate::domain::event::Event;
use crate::domain::hold::Holds;
use crate::domain::pseudonym::Pseudonym;
use crate::projections::approvals::Approvals;
use crate::projections::custody::item_of;
use crate::projections::reading::Written;
use crate::projections::results::{Outcome, ended, lifted};

fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).expect("counts stay below 2^53"))
}

fn line<const N: usize>(fields: [Value; N]) -> Value {
    Value::Array(fields.into())
}

fn event(written: &Written) -> Option<&Event> {
    written.placed.as_ref().map(|placed| &placed.event)
}

/// `approvals/1`: the proposals.
#[derive(Default)]
pub(super) struct ApprovalsFold(Approvals);

impl Fold for ApprovalsFold {
    fn name(&self) -> &'static str {
        "approvals/1"
    }

    fn take(&mut self, written: &Written) {
        self.0.take(written);
    }

    fn lines(&self, each: &mut dyn FnMut(&Value)) {
        for (name, proposal) in &self.0.proposals {
            let texts = |persons: &std::collections::BTreeSet<String>| {
                Value::Array(persons.iter().map(Value::text).collect())
            };
            let used_by = proposal.used_by.map(number);
            each(&line([
                Value::text(name.to_string()),
                number(proposal.index),
                Value::text(&proposal.digest),
                Value::text(&proposal.scope),
                Value::text(&proposal.expires),
                Value::text(&proposal.requester),
                texts(&proposal.approved),
                texts(&proposal.rejected),
                Value::Array(used_by.into_iter().collect()),
            ]));
        }
    }
}

/// `case/1`: the case, without its facts.
#[derive(Default)]
pub(super) struct CaseFold(Case);

impl Fold for CaseFold {
    fn name(&self) -> &'static str {
        "case/1"
    }

    fn take(&mut self, written: &Written) {
        if let Some(event) = event(written) {
            self.0.evolve(event);
        }
    }

    fn lines(&self, each: &mut dyn FnMut(&Value)) {
        let word = |word: &str| Value::text(word);
        if let Some((data, _)) = &self.0.declared {
            let case = Value::text(data.case.to_string());
            each(&line([word("declared"), case, Value::Bool(data.simulated)]));
        }
        for (data, _) in &self.0.sources {
            let (custodians, points) = (number(data.custodians), number(data.points));
            let source = number(data.source);
            let kind = Value::text(&data.kind);
            each(&line([word("source"), source, kind, custodians, points]));
        }
        if let Some((data, _)) = &self.0.target {
            each(&line([word("target"), Value::Bool(data.simulated)]));
        }
        for (custodian, known) in &self.0.custodians {
            let custodian = Value::text(custodian.to_string());
            each(&line([
                word("custodian"),
                custodian,
                Value::Bool(known.is_mapped),
            ]));
        }
        for (plan, data) in &self.0.plans {
            let counts = data.counts;
            each(&line([
                word("plan"),
                Value::text(plan),
                number(data.as_of),
                number(data.parts),
                number(counts.hold),
                number(counts.restore),
                number(counts.skip),
                number(counts.unreadable),
            ]));
        }
        for plan in &self.0.adopted {
            each(&line([word("adopted"), Value::text(plan)]));
        }
        for (plan, wave) in &self.0.open_waves {
            let wave = number(u64::from(*wave));
            each(&line([word("open-wave"), Value::text(plan), wave]));
        }
        if let Some(counts) = &self.0.finished {
            each(&line([
                word("finished"),
                number(counts.enumerated),
                number(counts.identical),
                number(counts.as_declared),
                number(counts.held),
                number(counts.skipped),
                number(counts.failed),
            ]));
        }
        for (item, person) in &self.0.owners {
            let (item, person) = (item.to_string(), person.to_string());
            each(&line([
                word("owner"),
                Value::text(item),
                Value::text(person),
            ]));
        }
    }
}

/// `coverage/1`: how many items ended in which way.
#[derive(Default)]
pub(super) struct CoverageFold {
    counts: BTreeMap<Cell, u64>,
    /// What is held, so that a hold that is taken back can be.
    left: HashMap<Pseudonym, Cell>,
}

type Cell = (Pseudonym, String, &'static str, String);

impl Fold for CoverageFold {
    fn name(&self) -> &'static str {
        "coverage/1"
    }

    fn take(&mut self, written: &Written) {
        let Some(placed) = &written.placed else {
            return;
        };
        if let Some(lifted) = lifted(&placed.event) {
            for item in lifted.items {
                let is_it =
                    |cell: &&Cell| cell.2 == lifted.outcome.name() && lifted.covers(&cell.3);
                if let Some(cell) = self.left.get(item).filter(is_it).cloned() {
                    self.left.remove(item);
                    let count = self.counts.entry(cell.clone()).or_default();
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        self.counts.remove(&cell);
                    }
                }
            }
        }
        let Some(custodian) = &placed.custodian else {
            return;
        };
        if let Some((item, ended)) = ended(placed.index, custodian, &placed.event) {
            let outcome = ended.outcome.name();
            let cell = (ended.custodian, ended.workload, outcome, ended.reason);
            if matches!(ended.outcome, Outcome::Held | Outcome::Failed) {
                self.left.insert(item, cell.clone());
            }
            *self.counts.entry(cell).or_default() += 1;
        }
    }

    fn lines(&self, each: &mut dyn FnMut(&Value)) {
        for ((custodian, workload, outcome, reason), count) in &self.counts {
            each(&line([
                Value::text(custodian.to_string()),
                Value::text(workload),
                Value::text(*outcome),
                Value::text(reason),
                number(*count),
            ]));
        }
    }
}

#[derive(Clone, Copy)]
struct Held {
    entries: u64,
    attempts: u32,
    first: u64,
    last: u64,
    outcome: Option<Outcome>,
    /// Held for no other reason than that no scanner answered.
    is_unscanned: bool,
}

/// `custody/1`: how far each item is, and which entries say so.
#[derive(Default)]
pub(super) struct CustodyFold {
    items: BTreeMap<Pseudonym, (Pseudonym, Held)>,
}

impl Fold for CustodyFold {
    fn name(&self) -> &'static str {
        "custody/1"
    }

    fn take(&mut self, written: &Written) {
        let Some(placed) = &written.placed else {
            return;
        };
        if let Some(lifted) = lifted(&placed.event) {
            for item in lifted.items {
                if let Some((_, held)) = self.items.get_mut(item)
                    && held.outcome == Some(lifted.outcome)
                    && (lifted.covers("") || held.is_unscanned)
                {
                    held.outcome = None;
                }
            }
        }
        let (Some(custodian), Some(item)) = (&placed.custodian, item_of(&placed.event)) else {
            return;
        };
        let new = Held {
            entries: 0,
            attempts: 0,
            first: placed.index,
            last: placed.index,
            outcome: None,
            is_unscanned: false,
        };
        let known = self.items.entry(item.clone());
        let (_, held) = known.or_insert_with(|| (custodian.clone(), new));
        held.entries += 1;
        held.last = placed.index;
        if let Event::ItemAttempted(data, _) = &placed.event {
            held.attempts = data.attempt;
        }
        if let Some((_, ended)) = ended(placed.index, custodian, &placed.event) {
            held.outcome = Some(ended.outcome);
            held.is_unscanned = ended.reason == Class::NotScanned.reason();
        }
    }

    fn lines(&self, each: &mut dyn FnMut(&Value)) {
        for (item, (custodian, held)) in &self.items {
            each(&line([
                Value::text(item.to_string()),
                Value::text(custodian.to_string()),
                Value::text(held.outcome.map_or("open", Outcome::name)),
                number(u64::from(held.attempts)),
                number(held.entries),
                number(held.first),
                number(held.last),
            ]));
        }
    }
}

/// `holds/1`: who may not be erased, and who was.
#[derive(Default)]
pub(super) struct HoldsFold {
    holds: Holds,
    erased: BTreeMap<String, u64>,
}

impl Fold for HoldsFold {
    fn name(&self) -> &'static str {
        "holds/1"
    }

    fn take(&mut self, written: &Written) {
        if let Some(event) = event(written) {
            self.holds.evolve(event);
        }
        let subject = written.signed.data.field("subject").and_then(Value::as_str);
        if let Some(subject) = subject.filter(|_| written.signed.kind == "Erased") {
            let first = self.erased.entry(subject.to_owned());
            first.or_insert(written.index);
        }
    }

    fn lines(&self, each: &mut dyn FnMut(&Value)) {
        for custodian in self.holds.custodians() {
            for (hold, _) in self.holds.of(custodian) {
                let custodian = Value::text(custodian.to_string());
                let hold = Value::text(hold.to_string());
                each(&line([Value::text("hold"), custodian, hold]));
            }
        }
        for (subject, index) in &self.erased {
            let subject = Value::text(subject);
            each(&line([Value::text("erased"), subject, number(*index)]));
        }
    }
}
