//! Whether the counts of the case agree with each other wherever the record states them: plans, parts, rows, outcomes, the end.

use std::collections::HashMap;

use super::reading::Reading;
use super::results::{Counts, Outcome, Results};
use crate::domain::case::Case;
use crate::domain::event::{CaseFinished, PlanCounts};
use crate::domain::plan::{Decision, PlanRow, count};
use crate::domain::pseudonym::Pseudonym;

/// Two places of the record that disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The rule.
    pub rule: &'static str,
    /// Where: a plan, a part, a custodian and workload, an item with its entry.
    pub place: String,
    /// What was required there.
    pub required: String,
    /// What was found.
    pub found: String,
}

/// The counts, what disagrees, and what could not be compared.
#[derive(Clone, Debug, Default)]
pub struct Reconciliation {
    /// The counts by custodian and workload.
    pub results: Results,
    /// Empty where all agrees.
    pub disagreements: Vec<Disagreement>,
    /// Custodians whose rows are erased: only their number could be compared.
    pub not_compared: Vec<Pseudonym>,
}

/// What the rows of the plans in force say of one item.
struct Planned {
    workload: String,
    /// Whether a row of a plan in force says that it is restored, or people released what that row holds.
    is_to_be_restored: bool,
}

impl Reconciliation {
    /// Folds the record and reads every plan in force.
    pub fn load<R: Reading>(record: &R) -> Result<Self, R::Error> {
        let mut reconciliation = Self {
            results: Results::load(record)?,
            ..Self::default()
        };
        let planned = reconciliation.compare_plans(record)?;
        reconciliation.compare_outcomes(&planned);
        reconciliation.compare_repeats(record)?;
        reconciliation.compare_cells();
        if let Some(finished) = record.case_now()?.finished {
            reconciliation.compare_end(finished);
        }
        Ok(reconciliation)
    }

    fn expect(&mut self, rule: &'static str, place: String, required: String, found: String) {
        if required != found {
            self.disagreements.push(Disagreement {
                rule,
                place,
                required,
                found,
            });
        }
    }

    /// What a plan says of itself against its parts, and the parts against their rows.
    fn compare_plans<R: Reading>(
        &mut self,
        record: &R,
    ) -> Result<HashMap<Pseudonym, Planned>, R::Error> {
        let mut planned = HashMap::new();
        let case = record.case_now()?;
        for plan in &case.adopted {
            let parts = record.parts_of(plan)?;
            let made = case.plans.get(plan).map(|made| made.counts);
            let made = made.unwrap_or_default();
            let sum: u64 = parts.iter().map(|part| part.rows).sum();
            let rule = "a plan counts the rows of its parts";
            self.expect(rule, format!("plan {plan}"), rows_in(&made), said(sum));
            let mut rows_of_plan = PlanCounts::default();
            let mut is_whole = true;
            for part in &parts {
                if record.is_erased(&part.custodian)? {
                    is_whole = false;
                    if !self.not_compared.contains(&part.custodian) {
                        self.not_compared.push(part.custodian.clone());
                    }
                    continue;
                }
                let rows = record.rows_of(plan, part)?;
                let place = format!("plan {plan}, part of {}", part.custodian);
                let rule = "a part has as many rows as the plan says";
                self.expect(rule, place, said(part.rows), said(rows.len() as u64));
                add(&mut rows_of_plan, &count(rows.iter()));
                take_rows(&mut planned, rows, &case);
            }
            if is_whole {
                let rule = "a plan counts its rows by decision";
                let place = format!("plan {plan}");
                self.expect(rule, place, by_decision(&made), by_decision(&rows_of_plan));
            }
        }
        Ok(planned)
    }

    /// Each outcome against the rows that asked for it.
    fn compare_outcomes(&mut self, planned: &HashMap<Pseudonym, Planned>) {
        let mut found = Vec::new();
        for (item, ended) in &self.results.ended {
            if self.not_compared.contains(&ended.custodian) {
                continue;
            }
            let place = format!("item {item}, entry {}", ended.index);
            let Some(row) = planned.get(item) else {
                let rule = "an outcome belongs to a plan in force";
                found.push((rule, place, "a row".to_owned(), "none".to_owned()));
                continue;
            };
            let rule = "an outcome is of the workload of its row";
            let (required, workload) = (row.workload.clone(), ended.workload.clone());
            found.push((rule, place.clone(), required, workload));
            let is_restored = ended.outcome.is_restored();
            if is_restored && !row.is_to_be_restored {
                let rule = "what is restored was to be restored";
                found.push((
                    rule,
                    place,
                    "a row that says so".to_owned(),
                    "none".to_owned(),
                ));
            }
        }
        found.sort();
        for (rule, place, required, found) in found {
            self.expect(rule, place, required, found);
        }
    }

    /// The journal refuses a second outcome; whoever has the worker's key can write one without it.
    fn compare_repeats<R: Reading>(&mut self, record: &R) -> Result<(), R::Error> {
        let mut ended: HashMap<Pseudonym, (Outcome, String)> = HashMap::new();
        let mut again = Vec::new();
        record.events(&mut |placed| {
            if let Some(lifted) = super::results::lifted(&placed.event) {
                for item in lifted.items {
                    let end = ended.get(item);
                    if end.is_some_and(|(outcome, reason)| lifted.takes_back(*outcome, reason)) {
                        ended.remove(item);
                    }
                }
            }
            let Some(custodian) = &placed.custodian else {
                return;
            };
            let outcome = super::results::ended(placed.index, custodian, &placed.event);
            if let Some((item, found)) = outcome {
                let end = (found.outcome, found.reason);
                if ended.insert(item.clone(), end).is_some() {
                    again.push(format!("item {item}, entry {}", placed.index));
                }
            }
        })?;
        for place in again {
            let (one, two) = ("one outcome".to_owned(), "another one".to_owned());
            self.expect("an item ends once", place, one, two);
        }
        Ok(())
    }

    fn compare_cells(&mut self) {
        let cells = self.results.cells.clone();
        for ((custodian, workload), counts) in cells {
            let rule = "enumerated = restored + held + skipped + failed + erased + open";
            let place = format!("{workload} of {custodian}");
            let (required, found) = (said(counts.enumerated), said(counts.accounted()));
            self.expect(rule, place, required, found);
        }
    }

    /// The end states the counts once more.
    fn compare_end(&mut self, finished: CaseFinished) {
        let total = self.results.of_all_names();
        let rule = "the end of the case states the counts of the outcomes";
        let place = "CaseFinished/1".to_owned();
        self.expect(rule, place, of_end(&finished), of_outcomes(&total));
    }
}

fn take_rows(planned: &mut HashMap<Pseudonym, Planned>, rows: Vec<PlanRow>, case: &Case) {
    for row in rows {
        let release = case.release_of(&row.item);
        let is_to_be_restored = match row.decision {
            Decision::Restore => true,
            Decision::Hold => release
                .is_some_and(|release| release.lets_write(&row.reason, row.sight().as_deref())),
            Decision::Skip | Decision::Unreadable => false,
        };
        let known = planned.entry(row.item).or_insert(Planned {
            workload: row.workload,
            is_to_be_restored: false,
        });
        known.is_to_be_restored |= is_to_be_restored;
    }
}

fn add(sum: &mut PlanCounts, counts: &PlanCounts) {
    sum.hold += counts.hold;
    sum.restore += counts.restore;
    sum.skip += counts.skip;
    sum.unreadable += counts.unreadable;
}

fn said(number: u64) -> String {
    number.to_string()
}

fn rows_in(counts: &PlanCounts) -> String {
    said(counts.hold + counts.restore + counts.skip + counts.unreadable)
}

fn by_decision(counts: &PlanCounts) -> String {
    let PlanCounts {
        hold,
        restore,
        skip,
        unreadable,
    } = counts;
    format!("{restore} restore, {hold} hold, {skip} skip, {unreadable} unreadable")
}

fn of_end(end: &CaseFinished) -> String {
    format!(
        "{} identical, {} as declared, {} held, {} skipped, {} failed",
        end.identical, end.as_declared, end.held, end.skipped, end.failed
    )
}

fn of_outcomes(counts: &Counts) -> String {
    of_end(&CaseFinished {
        as_declared: counts.as_declared,
        enumerated: counts.enumerated,
        failed: counts.failed,
        held: counts.held,
        identical: counts.identical,
        skipped: counts.skipped,
    })
}

#[cfg(test)]
mod tests {
    use unbroken_ledger::Value;

    use super::super::scripted::{Script, failed, held, key, name, restored, row};
    use super::*;
    use crate::domain::content::release::{ItemsReleased, PLANNED};
    use crate::domain::event::{Event, NoFacts};

    fn script() -> Script {
        let mut script = Script::default();
        let ann = vec![
            row("a1", "mail", Decision::Restore),
            row("a2", "files", Decision::Hold),
        ];
        script.plan("p", vec![("ann", ann)]);
        script.item("ann", restored("a1", "mail", "identical", None));
        script
    }

    fn rules(script: &Script) -> Vec<(&'static str, String)> {
        let found = Reconciliation::load(script).expect("read").disagreements;
        let places = found.into_iter().map(|found| (found.rule, found.place));
        places.collect()
    }

    #[test]
    fn a_record_that_agrees_with_itself_has_nothing_to_say() {
        let mut script = script();
        assert_eq!(rules(&script), []);
        script.item("ann", held("a2", "files"));
        assert_eq!(rules(&script), []);
    }

    #[test]
    fn each_disagreement_is_named_where_it_is() {
        let mut stray = script();
        stray.item("ann", failed("a9", "mail"));
        let place = "item a9, entry 3".to_owned();
        let sum = "enumerated = restored + held + skipped + failed + erased + open";
        assert_eq!(
            rules(&stray),
            [
                ("an outcome belongs to a plan in force", place),
                (sum, "mail of ann".to_owned())
            ]
        );
        let mut unasked = script();
        unasked.item("ann", restored("a2", "files", "identical", None));
        let place = "item a2, entry 3".to_owned();
        assert_eq!(
            rules(&unasked),
            [("what is restored was to be restored", place)]
        );
        let mut twice = script();
        twice.item("ann", failed("a1", "mail"));
        let place = "item a1, entry 3".to_owned();
        assert_eq!(rules(&twice), [("an item ends once", place)]);
        let mut moved = script();
        moved.item("ann", held("a2", "mail"));
        assert_eq!(
            rules(&moved)[0].0,
            "an outcome is of the workload of its row"
        );
    }

    #[test]
    fn what_two_people_released_was_to_be_restored_with_that_content_and_no_other() {
        let released = |sight: String| {
            let mut script = Script::default();
            let mut own = row("a2", "files", Decision::Hold);
            (own.key, own.digest) = ("ab".repeat(32), "cd".repeat(32));
            "added-in-breach-window".clone_into(&mut own.reason);
            script.plan("p", vec![("ann", vec![own])]);
            let data = ItemsReleased {
                custodian: name("ann"),
                digest: String::new(),
                items: vec![name("a2")],
                proposal: "q".to_owned(),
                reasons: vec!["added-in-breach-window".to_owned()],
                sights: vec![sight],
            };
            script.case(Event::ItemsReleased(Box::new(data), Box::default()));
            script.item("ann", restored("a2", "files", "identical", None));
            rules(&script)
        };
        let mut own = row("a2", "files", Decision::Hold);
        (own.key, own.digest) = ("ab".repeat(32), "cd".repeat(32));
        let sight = own.sight().expect("it has content");
        assert_eq!(released(format!("{PLANNED}{sight}")), []);
        for other in [sight, format!("{PLANNED}other"), String::new()] {
            let found = released(other);
            assert_eq!(found[0].0, "what is restored was to be restored");
        }
    }

    #[test]
    fn the_plan_and_the_end_are_held_against_the_rows_and_the_outcomes() {
        let mut short = script();
        short.lose_a_row("p");
        let said: Vec<&str> = rules(&short).into_iter().map(|(rule, _)| rule).collect();
        assert!(
            said.contains(&"a part has as many rows as the plan says"),
            "{said:?}"
        );
        assert!(said.contains(&"a plan counts its rows by decision"));
        let mut ended = script();
        ended.item("ann", held("a2", "files"));
        let end = CaseFinished {
            enumerated: 2,
            identical: 2,
            ..CaseFinished::default()
        };
        ended.case(Event::CaseFinished(Box::new(end), Box::new(NoFacts {})));
        let found = Reconciliation::load(&ended).expect("read").disagreements;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place, "CaseFinished/1");
        assert!(found[0].required.starts_with("2 identical"));
        assert!(
            found[0]
                .found
                .starts_with("1 identical, 0 as declared, 1 held")
        );
    }

    #[test]
    fn an_erased_custodian_is_said_not_to_be_compared() {
        let mut script = script();
        let subject = Value::object([("subject", Value::text("ann"))]);
        script.own("Erased", &[key(1)], subject);
        let found = Reconciliation::load(&script).expect("read");
        assert_eq!(found.not_compared, [name("ann")]);
        assert_eq!(found.disagreements, []);
        assert_eq!(found.results.total().erased, 1);
    }
}
