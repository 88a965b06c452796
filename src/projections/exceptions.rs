//! Every item that did not arrive identical: how it ended, why, which entry says so, and who looks after it.
//!
//! The owner is the person that `ExceptionAssigned/1` names; else the person whose key put in force the first plan that names
//! the item. Nothing is nobody's while a plan is in force.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::reading::{Reading, Written};
use super::results::{Results, ended, lifted};
use super::signers::Signers;
use super::superseded::Names;
use crate::domain::event::Event;
use crate::domain::pseudonym::Pseudonym;

/// The outcome of an item that has none yet.
pub const OPEN: &str = "open";
/// The outcome of an item that was restored with differences.
const AS_DECLARED: &str = "as_declared";

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The item.
    pub item: Pseudonym,
    /// Whose it is.
    pub custodian: Pseudonym,
    /// `mail` or `files`.
    pub workload: String,
    /// `as_declared`, `held`, `skipped`, `failed` or `open`.
    pub outcome: &'static str,
    /// Why: a class, or what was changed and what the target cannot hold.
    pub reason: String,
    /// The same, one by one.
    pub reasons: Vec<String>,
    /// The entry that says so; for an open item its last intent, where there is one.
    pub index: Option<u64>,
    /// Who looks after it.
    pub owner: String,
    /// Whether somebody was named; else the rule gave it to whoever put the plan in force.
    pub is_assigned: bool,
    /// The name of a file or the subject of a message, where that may be shown.
    pub name: Option<String>,
    /// Where it lies in the source, where that may be shown.
    pub locator: Option<String>,
    /// What a person should know, where that may be shown.
    pub detail: Option<String>,
}

/// What the pass over the entries keeps.
#[derive(Default)]
struct Pass {
    signers: Signers,
    listed: HashMap<Pseudonym, Exception>,
    identical: BTreeSet<Pseudonym>,
    intents: HashMap<Pseudonym, u64>,
    /// Who put a plan in force.
    adopters: HashMap<String, String>,
    /// The plan that an intent named.
    plans: HashMap<Pseudonym, String>,
    /// Names that a later plan has replaced.
    superseded: HashSet<Pseudonym>,
}

/// All of them, in the order of their entries, the open ones last.
pub fn exceptions<R: Reading>(record: &R) -> Result<Vec<Exception>, R::Error> {
    let mut pass = Pass::default();
    record.entries(u64::MAX, &mut |written| pass.take(&written))?;
    let case = record.case_now()?;
    let mut by_custodian: HashMap<Pseudonym, String> = HashMap::new();
    let mut names = Names::of(case.adopted.len());
    for plan in &case.adopted {
        names.next_plan();
        for part in record.parts_of(plan)? {
            let first = by_custodian.entry(part.custodian.clone());
            first.or_insert_with(|| plan.clone());
            if record.is_erased(&part.custodian)? {
                continue;
            }
            for row in record.rows_of(plan, &part)? {
                if let Some(before) = names.earlier(&part.custodian, &row) {
                    pass.supersede(before.item);
                }
                pass.plans.entry(row.item.clone()).or_insert(plan.clone());
                if pass.is_new(&row.item) {
                    let index = pass.intents.get(&row.item).copied();
                    let open = Exception {
                        item: row.item.clone(),
                        custodian: part.custodian.clone(),
                        workload: row.workload,
                        outcome: OPEN,
                        reason: String::new(),
                        reasons: Vec::new(),
                        index,
                        owner: String::new(),
                        is_assigned: false,
                        name: Some(row.name),
                        locator: Some(row.locator),
                        detail: None,
                    };
                    pass.listed.insert(row.item, open);
                }
            }
        }
    }
    let mut listed: Vec<Exception> = std::mem::take(&mut pass.listed).into_values().collect();
    for exception in &mut listed {
        if let Some(person) = case.owners.get(&exception.item) {
            exception.owner = person.to_string();
            exception.is_assigned = true;
            continue;
        }
        let plan = pass.plans.get(&exception.item);
        let plan = plan.or_else(|| by_custodian.get(&exception.custodian));
        let adopter = plan.and_then(|plan| pass.adopters.get(plan));
        exception.owner = adopter.cloned().unwrap_or_default();
    }
    listed.sort_by(|a, b| {
        let place = |e: &Exception| (e.outcome == OPEN, e.index, e.item.clone());
        place(a).cmp(&place(b))
    });
    Ok(listed)
}

/// How many items nobody can list any more: erased before they had an outcome.
pub fn unlisted(results: &Results) -> u64 {
    results.total().erased
}

impl Pass {
    /// Whether an item of a plan stands nowhere yet.
    fn is_new(&self, item: &Pseudonym) -> bool {
        let is_known = self.identical.contains(item) || self.superseded.contains(item);
        !is_known && !self.listed.contains_key(item)
    }

    /// An item that a later plan names anew stands in the list under its later name alone, unless it was restored before.
    fn supersede(&mut self, item: Pseudonym) {
        let is_restored = |listed: &Exception| listed.outcome == AS_DECLARED;
        if !self.listed.get(&item).is_some_and(is_restored) {
            self.listed.remove(&item);
            self.superseded.insert(item);
        }
    }

    fn take(&mut self, written: &Written) {
        self.signers.take(written);
        let Some(placed) = &written.placed else {
            return;
        };
        if let Event::PlanAdopted(data, _) = &placed.event {
            let signers = self.signers.of(written).into_iter();
            let person = signers.map(|signer| signer.person).next();
            let first = self.adopters.entry(data.plan.clone());
            first.or_insert(person.unwrap_or_default());
        }
        if let Event::ItemAttempted(data, _) = &placed.event {
            self.intents.insert(data.item.clone(), placed.index);
            let plan = self.plans.entry(data.item.clone());
            plan.or_insert_with(|| data.plan.clone());
        }
        if let Some(lifted) = lifted(&placed.event) {
            for item in lifted.items {
                let listed = self.listed.get(item);
                if listed.is_some_and(|one| {
                    one.outcome == lifted.outcome.name() && lifted.covers(&one.reason)
                }) {
                    self.listed.remove(item);
                }
            }
        }
        let Some(custodian) = &placed.custodian else {
            return;
        };
        let Some((item, ended)) = ended(placed.index, custodian, &placed.event) else {
            return;
        };
        if ended.outcome == super::results::Outcome::Identical {
            self.identical.insert(item);
            return;
        }
        let [name, locator, detail] = shown(&placed.event);
        let reasons = reasons(&placed.event, ended.reason);
        let exception = Exception {
            item: item.clone(),
            custodian: ended.custodian,
            workload: ended.workload,
            outcome: ended.outcome.name(),
            reason: reasons.join("; "),
            reasons,
            index: Some(placed.index),
            owner: String::new(),
            is_assigned: false,
            name,
            locator,
            detail,
        };
        self.listed.entry(item).or_insert(exception);
    }
}

/// For what was restored: what was changed on purpose, and what the target cannot hold.
fn reasons(event: &Event, class: String) -> Vec<String> {
    match event {
        Event::ItemRestored(data, _) => {
            let both = data.transforms.iter().chain(&data.deltas);
            both.cloned().collect()
        }
        _ => vec![class],
    }
}

/// Name, place and detail.
fn shown(event: &Event) -> [Option<String>; 3] {
    match event {
        Event::ItemRestored(_, facts) => [facts.name.clone(), facts.locator.clone(), None],
        Event::ItemHeld(_, facts) | Event::ItemSkipped(_, facts) | Event::ItemFailed(_, facts) => {
            let facts = facts.clone();
            [facts.name, facts.locator, facts.detail]
        }
        _ => [None, None, None],
    }
}

#[cfg(test)]
mod tests {
    use unbroken_ledger::{PrivateKey, Signer, Value};

    use super::super::scripted::{Script, failed, held, name, restored, row};
    use super::*;
    use crate::domain::event::ExceptionAssigned;
    use crate::domain::plan::Decision;

    fn script() -> Script {
        let mut script = Script::default();
        let operator = PrivateKey::from_seed(&[7; 32]);
        let data = Value::object([
            ("key", Value::text(operator.public().to_string())),
            ("person", Value::text("operator-1")),
            ("roles", Value::Array(vec![Value::text("operator")])),
        ]);
        script.own("KeyEnrolled", &[operator.key_id()], data);
        script.operator = operator.key_id();
        let rows = ["a1", "a2", "a3", "a4", "a5"].map(|item| row(item, "mail", Decision::Restore));
        script.plan("p", vec![("ann", rows.to_vec())]);
        script.item("ann", restored("a1", "mail", "identical", None));
        let mut changed = restored("a2", "mail", "as_declared", None);
        if let Event::ItemRestored(data, _) = &mut changed {
            data.transforms = vec!["links-removed/1".to_owned()];
            data.deltas = vec!["importance: not kept".to_owned()];
        }
        script.item("ann", changed);
        script.item("ann", held("a3", "mail"));
        script.item("ann", failed("a4", "mail"));
        script
    }

    #[test]
    fn every_item_that_is_not_identical_is_listed_with_an_owner() {
        let mut script = script();
        let data = ExceptionAssigned {
            item: name("a4"),
            person: name("lawyer-1"),
        };
        script.case(Event::ExceptionAssigned(Box::new(data), Box::default()));
        let listed = exceptions(&script).expect("read");
        let said: Vec<_> = listed
            .iter()
            .map(|e| (e.item.as_str(), e.outcome, &*e.reason, e.index, &*e.owner))
            .collect();
        assert_eq!(
            said,
            [
                (
                    "a2",
                    "as_declared",
                    "links-removed/1; importance: not kept",
                    Some(4),
                    "operator-1"
                ),
                ("a3", "held", "custodian-not-mapped", Some(5), "operator-1"),
                ("a4", "failed", "truncated", Some(6), "lawyer-1"),
                ("a5", "open", "", None, "operator-1"),
            ]
        );
        assert!(listed[2].is_assigned && !listed[1].is_assigned);
    }

    #[test]
    fn an_owner_is_found_for_an_erased_custodian_too() {
        let mut script = script();
        let subject = Value::object([("subject", Value::text("ann"))]);
        script.own("Erased", &[script.operator], subject);
        let listed = exceptions(&script).expect("read");
        assert_eq!(listed.len(), 3);
        assert!(listed.iter().all(|e| e.owner == "operator-1"), "{listed:?}");
        assert_eq!(unlisted(&Results::load(&script).expect("read")), 1);
    }
}
