//! The record as it stood at an earlier size: the same folds read it, and see entries `0..size` alone.
//!
//! What was erased since is gone from every instant: its facts are missing, its public data, counts and proofs are not.

use unbroken_ledger::Timestamp;

use super::reading::{Reading, Stamp, Written};
use crate::domain::case::Case;
use crate::domain::plan::{PlanPart, PlanRow};
use crate::domain::pseudonym::Pseudonym;

/// An earlier size of a record.
#[derive(Clone, Copy, Debug)]
pub struct AsOf<'a, R> {
    record: &'a R,
    size: u64,
}

impl<'a, R: Reading> AsOf<'a, R> {
    /// As of the size that it had: entries `0..size`.
    pub fn new(record: &'a R, size: u64) -> Self {
        Self { record, size }
    }

    /// How many entries it has.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// How many entries had been received by an instant, the instant itself included.
pub fn size_at<R: Reading>(record: &R, instant: Timestamp) -> Result<u64, R::Error> {
    let mut size = 0;
    // `received` never falls (entry/received).
    record.entries(u64::MAX, &mut |written| {
        if written.received <= instant {
            size = written.index + 1;
        }
    })?;
    Ok(size)
}

impl<R: Reading> Reading for AsOf<'_, R> {
    type Error = R::Error;

    fn entries(&self, size: u64, each: &mut dyn FnMut(Written)) -> Result<(), Self::Error> {
        self.record.entries(size.min(self.size), each)
    }

    fn case_now(&self) -> Result<Case, Self::Error> {
        let mut case = Case::default();
        self.events(&mut |placed| case.evolve(&placed.event))?;
        // Which approvals somebody else gave was true at every instant, whenever it was found out.
        case.gates.struck = self.record.case_now()?.gates.struck;
        Ok(case)
    }

    fn is_erased(&self, subject: &Pseudonym) -> Result<bool, Self::Error> {
        self.record.is_erased(subject)
    }

    fn object(&self, name: &str) -> Result<Option<Vec<u8>>, Self::Error> {
        self.record.object(name)
    }

    fn personal(&self, subject: &Pseudonym, object: &str) -> Result<Option<Vec<u8>>, Self::Error> {
        self.record.personal(subject, object)
    }

    fn stamp(&self, token: &[u8], stamped: &[u8]) -> Option<Stamp> {
        self.record.stamp(token, stamped)
    }

    fn parts_of(&self, plan: &str) -> Result<Vec<PlanPart>, Self::Error> {
        self.record.parts_of(plan)
    }

    fn rows_of(&self, plan: &str, part: &PlanPart) -> Result<Vec<PlanRow>, Self::Error> {
        self.record.rows_of(plan, part)
    }
}

#[cfg(test)]
mod tests {
    use unbroken_ledger::Value;

    use super::super::results::{Results, WORKLOAD_NOT_KNOWN};
    use super::super::scripted::{Script, held, key, name, restored, row};
    use super::*;
    use crate::domain::plan::Decision;

    #[test]
    fn an_earlier_size_shows_what_was_seen_then() {
        let mut script = Script::default();
        let rows = vec![
            row("a1", "mail", Decision::Restore),
            row("a2", "mail", Decision::Hold),
        ];
        script.plan("p", vec![("ann", rows)]);
        let mut seen = Vec::new();
        let mut look = |script: &Script| {
            let size = script.entries.len() as u64;
            seen.push((size, Results::load(script).expect("read")));
        };
        look(&script);
        script.item("ann", restored("a1", "mail", "identical", Some(1)));
        look(&script);
        script.item("ann", held("a2", "mail"));
        look(&script);
        for (size, then) in &seen {
            let again = Results::load(&AsOf::new(&script, *size)).expect("read");
            assert_eq!(again, *then, "at {size}");
        }
        assert_ne!(seen[0].1, seen[1].1);
        let second = Timestamp::from_micros(1_500_000).expect("a time");
        assert_eq!(size_at(&script, second), Ok(2));
    }

    #[test]
    fn what_was_erased_since_stays_open_then_although_nobody_knows_what_it_was() {
        let mut script = Script::default();
        script.plan(
            "p",
            vec![("ann", vec![row("a1", "mail", Decision::Restore)])],
        );
        let before = script.entries.len() as u64;
        let subject = Value::object([("subject", Value::text("ann"))]);
        script.own("Erased", &[key(1)], subject);
        let cell = (name("ann"), WORKLOAD_NOT_KNOWN.to_owned());
        let then = Results::load(&AsOf::new(&script, before)).expect("read");
        assert_eq!((then.cells[&cell].open, then.cells[&cell].erased), (1, 0));
        let now = Results::load(&script).expect("read");
        assert_eq!((now.cells[&cell].open, now.cells[&cell].erased), (0, 1));
    }
}
