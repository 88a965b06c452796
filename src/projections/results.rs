//! How the items ended, by custodian and workload: what the plans in force enumerate on one side, what became of it on the other.
//!
//! The two sides are counted apart, from different places of the record: `enumerated` from the rows of the plans, the
//! outcomes from the events. So [`Counts::adds_up`] can fail, and says something when it does not.

mod counts;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::reading::{Reading, Written};
use super::superseded::{EarlierName, Names};
use crate::domain::content::{Class, Verdict};
use crate::domain::event::Event;
use crate::domain::plan::EARLIER_VERSION;
use crate::domain::pseudonym::Pseudonym;
pub use counts::{Arrival, Counts};

/// The workload of planned items whose rows were erased before they had an outcome.
pub const WORKLOAD_NOT_KNOWN: &str = "not-known";

/// How one item ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Restored without any difference.
    Identical,
    /// Restored, with differences that were declared.
    AsDeclared,
    /// Not written, waits for a person.
    Held,
    /// Not written, need not be.
    Skipped,
    /// Could not be written.
    Failed,
}

impl Outcome {
    /// Whether it was written and read back.
    pub fn is_restored(self) -> bool {
        matches!(self, Self::Identical | Self::AsDeclared)
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::AsDeclared => "as_declared",
            Self::Held => "held",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// An item that has its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The entry that records it.
    pub index: u64,
    /// Whose it is.
    pub custodian: Pseudonym,
    /// `mail` or `files`.
    pub workload: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The class of the reason; empty for what was restored.
    pub reason: String,
    /// Its exact size in bytes, where that is disclosed; for what was restored only.
    pub bytes: Option<u64>,
    /// How it came to be in the target; for what was restored only.
    pub arrival: Option<Arrival>,
}

/// The counts, and what they are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// By custodian and workload.
    pub cells: BTreeMap<(Pseudonym, String), Counts>,
    /// Every item that has its outcome.
    pub ended: HashMap<Pseudonym, Ended>,
    /// Custodians whose facts were erased: their rows cannot be read any more.
    pub erased: BTreeSet<Pseudonym>,
    /// Users and groups of the clean tenant, who are no custodians.
    identities: BTreeSet<Pseudonym>,
    /// Items that are the version from before the breach of another item, which is held: both are counted.
    pub earlier: u64,
    /// Items under the names that a later plan in force has replaced: they are counted where that plan leaves them, and stand in
    /// no other count. What became of them under the earlier name.
    pub superseded: Counts,
    /// Those names.
    pub replaced: HashSet<Pseudonym>,
}

impl Results {
    /// Folds the record and reads the plans in force.
    pub fn load<R: Reading>(record: &R) -> Result<Self, R::Error> {
        let mut results = Self::default();
        record.entries(u64::MAX, &mut |written| results.take(&written))?;
        for ended in results.ended.values() {
            let cell = (ended.custodian.clone(), ended.workload.clone());
            results.cells.entry(cell).or_default().take(ended);
        }
        results.enumerate(record)?;
        Ok(results)
    }

    /// Over all.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for counts in self.cells.values() {
            total += counts;
        }
        total
    }

    /// Over all, an item of several names once for each: what the outcomes of the record add up to.
    pub fn of_all_names(&self) -> Counts {
        let mut total = self.total();
        total += &self.superseded;
        total
    }

    /// By custodian.
    pub fn by_custodian(&self) -> BTreeMap<&Pseudonym, Counts> {
        let mut sums: BTreeMap<&Pseudonym, Counts> = BTreeMap::new();
        for ((custodian, _), counts) in &self.cells {
            *sums.entry(custodian).or_default() += counts;
        }
        sums
    }

    /// By workload.
    pub fn by_workload(&self) -> BTreeMap<&str, Counts> {
        let mut sums: BTreeMap<&str, Counts> = BTreeMap::new();
        for ((_, workload), counts) in &self.cells {
            *sums.entry(workload).or_default() += counts;
        }
        sums
    }

    fn take(&mut self, written: &Written) {
        match written.placed.as_ref().map(|placed| &placed.event) {
            Some(Event::IdentityAttempted(data, _)) => {
                self.identities.insert(data.identity.clone());
            }
            Some(Event::IdentityHeld(data, _)) => {
                self.identities.insert(data.identity.clone());
            }
            _ => {}
        }
        if written.signed.kind == "Erased" {
            let subject = written.signed.data.field("subject");
            let subject = subject.and_then(|subject| subject.as_str());
            let subject = subject.and_then(Pseudonym::parse);
            // What named a user of the clean tenant has a key of its own; such a one is no custodian.
            self.erased
                .extend(subject.filter(|subject| !self.identities.contains(subject)));
        }
        if let Some(lifted) = written
            .placed
            .as_ref()
            .and_then(|placed| lifted(&placed.event))
        {
            for item in lifted.items {
                let ended = self.ended.get(item);
                if ended.is_some_and(|ended| lifted.takes_back(ended.outcome, &ended.reason)) {
                    self.ended.remove(item);
                }
            }
        }
        let Some((placed, custodian)) = written
            .placed
            .as_ref()
            .and_then(|placed| Some((placed, placed.custodian.as_ref()?)))
        else {
            return;
        };
        if let Some((item, ended)) = ended(placed.index, custodian, &placed.event) {
            // An item ends once, but for a hold that was taken back; were a second outcome there, the first would stand and the
            // journal be to blame.
            self.ended.entry(item).or_insert(ended);
        }
    }

    /// Counts what the plans in force name, an item of several plans once.
    fn enumerate<R: Reading>(&mut self, record: &R) -> Result<(), R::Error> {
        let mut named: HashSet<Pseudonym> = HashSet::new();
        // Of erased rows only their number is left: that of the largest plan, and the sum of all.
        let mut numbers: BTreeMap<Pseudonym, (u64, u64)> = BTreeMap::new();
        let adopted = record.case_now()?.adopted;
        let mut names = Names::of(adopted.len());
        for plan in &adopted {
            names.next_plan();
            let mut of_plan: BTreeMap<Pseudonym, u64> = BTreeMap::new();
            for part in record.parts_of(plan)? {
                if record.is_erased(&part.custodian)? {
                    *of_plan.entry(part.custodian).or_default() += part.rows;
                    continue;
                }
                for row in record.rows_of(plan, &part)? {
                    if !named.insert(row.item.clone()) {
                        continue;
                    }
                    if let Some(before) = names.earlier(&part.custodian, &row) {
                        self.supersede(before, &row.item);
                    }
                    self.earlier += u64::from(row.reason == EARLIER_VERSION);
                    let cell = (part.custodian.clone(), row.workload);
                    let counts = self.cells.entry(cell).or_default();
                    counts.enumerated += 1;
                    counts.open += u64::from(!self.ended.contains_key(&row.item));
                }
            }
            for (custodian, rows) in of_plan {
                let (most, sum) = numbers.entry(custodian).or_default();
                *most = (*most).max(rows);
                *sum += rows;
            }
        }
        for (custodian, (most, sum)) in numbers {
            self.enumerate_erased(custodian, most, sum);
        }
        Ok(())
    }

    /// Counts an item under its later name alone, unless it was restored under the earlier one.
    fn supersede(&mut self, before: EarlierName, later: &Pseudonym) {
        let outcome = self.ended.get(&before.item).map(|ended| ended.outcome);
        if outcome.is_some_and(Outcome::is_restored) {
            return;
        }
        let cell = (before.custodian, before.workload);
        self.cells.entry(cell).or_default().leave_out(outcome);
        self.superseded.take_in(outcome);
        self.replaced.insert(before.item);
        self.earlier -= u64::from(before.is_earlier_version);
        // A try under the earlier name can have written it.
        let may_be_ours = !matches!(outcome, Some(Outcome::Held | Outcome::Skipped));
        let later = self.ended.get_mut(later).filter(|_| may_be_ours);
        if let Some(later) = later.filter(|later| later.arrival == Some(Arrival::Found)) {
            later.arrival = Some(Arrival::FoundAgain);
            let cell = (later.custodian.clone(), later.workload.clone());
            let counts = self.cells.entry(cell).or_default();
            counts.found = counts.found.saturating_sub(1);
            counts.found_again += 1;
        }
    }

    /// With one plan the numbers are exact; with several, which name items again, `erased` is the least it can be.
    fn enumerate_erased(&mut self, custodian: Pseudonym, most: u64, sum: u64) {
        let mut ended = 0;
        for ((of, _), counts) in &mut self.cells {
            if *of == custodian {
                counts.enumerated = counts.accounted();
                ended += counts.enumerated;
            }
        }
        let enumerated = most.max(ended.min(sum));
        let is_erased = self.erased.contains(&custodian);
        let rest = self
            .cells
            .entry((custodian, WORKLOAD_NOT_KNOWN.to_owned()))
            .or_default();
        rest.enumerated = enumerated.saturating_sub(ended);
        // Read as of an instant before the erasure they were open; what they were is not known any more all the same.
        if is_erased {
            rest.erased = rest.enumerated;
        } else {
            rest.open = rest.enumerated;
        }
    }
}

/// Ends that an event takes back: the items go on from there, and end once more.
#[derive(Clone, Copy, Debug)]
pub struct Lifted<'e> {
    /// The items.
    pub items: &'e [Pseudonym],
    /// Which outcome is taken back: that they are held, or that they failed.
    pub outcome: Outcome,
    /// Only holds for this reason; all when none is named.
    reason: Option<&'static str>,
}

impl Lifted<'_> {
    /// Whether an end for that reason is taken back.
    pub fn covers(&self, reason: &str) -> bool {
        self.reason.is_none_or(|only| only == reason)
    }

    /// Whether this end is taken back.
    pub fn takes_back(&self, outcome: Outcome, reason: &str) -> bool {
        outcome == self.outcome && self.covers(reason)
    }
}

/// Which ends an event takes back: people released the items, a scanner looked into one that none had looked into, or what
/// failed is tried once more.
pub fn lifted(event: &Event) -> Option<Lifted<'_>> {
    match event {
        Event::ItemsReleased(data, _) => Some(Lifted {
            items: &data.items,
            outcome: Outcome::Held,
            reason: None,
        }),
        Event::ItemsTakenUp(data, _) => Some(Lifted {
            items: &data.items,
            outcome: Outcome::Failed,
            reason: None,
        }),
        Event::ContentScanned(data, _) if data.verdict != Verdict::NotScanned => Some(Lifted {
            items: std::slice::from_ref(&data.item),
            outcome: Outcome::Held,
            reason: Some(Class::NotScanned.reason()),
        }),
        _ => None,
    }
}

/// What an outcome says of its item.
pub fn ended(index: u64, custodian: &Pseudonym, event: &Event) -> Option<(Pseudonym, Ended)> {
    let mut arrival = None;
    let (item, workload, outcome, reason, bytes) = match event {
        Event::ItemRestored(data, facts) => {
            let outcome = match &*data.class {
                "identical" => Outcome::Identical,
                _ => Outcome::AsDeclared,
            };
            arrival = Some(Arrival::of(&data.wrote, data.attempt));
            (&data.item, &data.workload, outcome, "", facts.size)
        }
        Event::ItemHeld(data, _) => {
            let reason = data.reason.as_str();
            (&data.item, &data.workload, Outcome::Held, reason, None)
        }
        Event::ItemSkipped(data, _) => {
            let reason = data.reason.as_str();
            (&data.item, &data.workload, Outcome::Skipped, reason, None)
        }
        Event::ItemFailed(data, _) => {
            let reason = data.reason.as_str();
            (&data.item, &data.workload, Outcome::Failed, reason, None)
        }
        _ => return None,
    };
    let ended = Ended {
        index,
        custodian: custodian.clone(),
        workload: workload.clone(),
        outcome,
        reason: reason.to_owned(),
        bytes,
        arrival,
    };
    Some((item.clone(), ended))
}

#[cfg(test)]
mod tests {
    use unbroken_ledger::Value;

    use super::super::scripted::{Script, failed, held, key, name, restored, row};
    use super::*;
    use crate::domain::plan::{Decision, PlanRow};

    /// Ann has two mails and a file, bob a mail; everything but one of ann's mails has ended.
    fn script() -> Script {
        let mut script = Script::default();
        let ann = vec![
            row("a1", "mail", Decision::Restore),
            row("a2", "mail", Decision::Restore),
            row("a3", "files", Decision::Restore),
        ];
        let bob = vec![row("b1", "mail", Decision::Hold)];
        script.plan("p", vec![("ann", ann), ("bob", bob)]);
        script.item("ann", restored("a1", "mail", "identical", Some(700)));
        script.item("ann", restored("a3", "files", "as_declared", None));
        script.item("bob", held("b1", "mail"));
        script
    }

    fn load(script: &Script) -> Results {
        Results::load(script).expect("nothing can go wrong")
    }

    #[test]
    fn each_item_is_counted_once_where_it_belongs() {
        let results = load(&script());
        let total = results.total();
        assert!(total.adds_up(), "{total:?}");
        assert_eq!(
            (total.enumerated, total.restored(), total.held, total.open),
            (4, 2, 1, 1)
        );
        let mail = results.by_workload()["mail"];
        assert_eq!((mail.enumerated, mail.identical, mail.open), (3, 1, 1));
        let ann = results.by_custodian()[&name("ann")];
        assert_eq!((ann.enumerated, ann.as_declared, ann.held), (3, 1, 0));
        assert_eq!((ann.bytes, ann.sized), (700, 1));
    }

    #[test]
    fn a_second_plan_that_names_the_items_again_counts_none_twice() {
        let mut script = script();
        let again = vec![
            row("a1", "mail", Decision::Skip),
            row("a4", "mail", Decision::Restore),
        ];
        script.plan("q", vec![("ann", again)]);
        let total = load(&script).total();
        assert_eq!((total.enumerated, total.open), (5, 2));
        assert!(total.adds_up());
    }

    #[test]
    fn what_stands_twice_in_the_counts_is_counted_apart() {
        let mut script = Script::default();
        let keyed = |item: &str, key: &str, decision, reason: &str| PlanRow {
            key: key.to_owned(),
            reason: reason.to_owned(),
            ..row(item, "files", decision)
        };
        let first = vec![
            keyed("a1", "k1", Decision::Hold, "changed-in-breach-window"),
            keyed("a2", "k2", Decision::Restore, EARLIER_VERSION),
            keyed("a3", "k3", Decision::Hold, "custodian-not-mapped"),
        ];
        script.plan("p", vec![("ann", first)]);
        let later = vec![keyed("a4", "k3", Decision::Restore, "")];
        script.plan("q", vec![("ann", later)]);
        let results = load(&script);
        assert_eq!(results.earlier, 1);
        let (total, before) = (results.total(), results.superseded);
        assert_eq!((total.enumerated, total.open), (3, 3));
        assert_eq!((before.enumerated, before.open), (1, 1));
    }

    /// Held while nobody was mapped, restored by a later plan: one item, and nobody has to decide anything.
    #[test]
    fn an_item_of_two_plans_is_counted_where_the_later_one_leaves_it() {
        let mut script = Script::default();
        let keyed = |item: &str, key: &str, decision| PlanRow {
            key: key.to_owned(),
            ..row(item, "mail", decision)
        };
        let first = ["a1", "a2", "a3"].map(|item| keyed(item, &item[1..], Decision::Hold));
        script.plan("p", vec![("ann", first.to_vec())]);
        script.item("ann", held("a1", "mail"));
        script.item("ann", failed("a2", "mail"));
        script.item("ann", restored("a3", "mail", "identical", None));
        let later = ["b1", "b2", "b3"].map(|item| keyed(item, &item[1..], Decision::Restore));
        script.plan("q", vec![("ann", later.to_vec())]);
        for item in ["b1", "b2"] {
            let Event::ItemRestored(mut data, facts) = restored(item, "mail", "identical", None)
            else {
                unreachable!("a restored item");
            };
            "found".clone_into(&mut data.wrote);
            script.item("ann", Event::ItemRestored(data, facts));
        }
        let results = load(&script);
        let total = results.total();
        assert!(total.adds_up(), "{total:?}");
        // What was restored under its earlier name stays there, and the later name has no outcome yet.
        assert_eq!(
            (total.enumerated, total.restored(), total.held, total.failed),
            (4, 3, 0, 0)
        );
        let before = results.superseded;
        assert_eq!(
            (before.enumerated, before.held, before.failed, before.open),
            (2, 1, 1, 0)
        );
        assert_eq!(results.of_all_names().enumerated, 6);
        // What failed under one name and was found under the other can be ours; what was held is not.
        assert_eq!((total.found, total.found_again, total.written()), (1, 1, 1));
    }

    #[test]
    fn what_a_first_attempt_finds_is_not_ours() {
        let arrivals = [("new", 1), ("found", 1), ("found", 2), ("completed", 1)];
        let arrivals = arrivals.map(|(wrote, attempt)| Arrival::of(wrote, attempt));
        assert_eq!(
            arrivals,
            [
                Arrival::Written,
                Arrival::Found,
                Arrival::FoundAgain,
                Arrival::Completed
            ]
        );
    }

    #[test]
    fn an_outcome_that_no_plan_asked_for_does_not_add_up() {
        let mut script = script();
        script.item("ann", failed("stray", "mail"));
        let results = load(&script);
        assert!(!results.total().adds_up());
        assert!(!results.cells[&(name("ann"), "mail".to_owned())].adds_up());
        assert!(results.by_custodian()[&name("bob")].adds_up());
    }

    #[test]
    fn what_was_erased_before_it_ended_is_counted_without_being_known() {
        let mut script = script();
        let subject = Value::object([("subject", Value::text("ann"))]);
        script.own("Erased", &[key(1)], subject);
        let results = load(&script);
        let rest = results.cells[&(name("ann"), WORKLOAD_NOT_KNOWN.to_owned())];
        assert_eq!((rest.erased, rest.enumerated), (1, 1));
        let ann = results.by_custodian()[&name("ann")];
        assert_eq!((ann.enumerated, ann.restored(), ann.open), (3, 2, 0));
        assert!(results.total().adds_up());
    }
}
