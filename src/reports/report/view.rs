//! The record as an edition of a report may see it: up to a checkpoint, and without what is not disclosed to its reader. What is
//! left out here cannot reach any section, whoever writes it.

use super::Edition;
use crate::domain::case::Case;
use crate::domain::event::Event;
use crate::domain::plan::{PlanPart, PlanRow};
use crate::domain::pseudonym::Pseudonym;
use crate::projections::as_of::AsOf;
use crate::projections::reading::{Reading, Stamp, Written};

/// A record, as far as an edition goes.
pub(super) struct View<'a, R> {
    record: AsOf<'a, R>,
    edition: &'a Edition,
}

impl<'a, R: Reading> View<'a, R> {
    /// The first `size` entries for readers of `edition`.
    pub(super) fn new(record: &'a R, edition: &'a Edition, size: u64) -> Self {
        let record = AsOf::new(record, size);
        Self { record, edition }
    }
}

/// An entry as a place and a time, and nothing of what stands in it: neither that it happened nor whom it is about.
fn withheld(written: Written) -> Written {
    Written {
        signed: unbroken_ledger::Event {
            id: String::new(),
            stream: String::new(),
            kind: String::new(),
            by: Vec::new(),
            data: unbroken_ledger::Value::object([]),
            sd: Vec::new(),
            ..written.signed
        },
        placed: None,
        ..written
    }
}

/// Whether an entry of the ledger's own types names a custodian other than this one.
fn names_another(written: &Written, only: &Pseudonym) -> bool {
    let subject = written.signed.data.field("subject");
    let subject = subject.and_then(unbroken_ledger::Value::as_str);
    written.signed.kind == "Erased" && subject != Some(only.as_str())
}

/// What an edition shows of an entry.
fn shown(edition: &Edition, mut written: Written) -> Written {
    if let Edition::Custodian(only) = edition {
        let placed = written.placed.as_ref();
        let about = placed.and_then(|p| p.custodian.as_ref().or(p.event.concerns()));
        if about.is_some_and(|about| about != only) || names_another(&written, only) {
            return withheld(written);
        }
        if placed.is_some_and(|p| matches!(p.event, Event::ExceptionAssigned(..))) {
            // Whose the item is does not stand in the event: the list of exceptions names its owner, the timeline none.
            let placed = written.placed.clone();
            return Written {
                placed,
                ..withheld(written)
            };
        }
    }
    written.placed = written.placed.take().map(|mut placed| {
        let about = placed.custodian.as_ref().or(placed.event.concerns());
        match (edition, about) {
            (Edition::Full, _) | (Edition::Custodian(_), Some(_)) => return placed,
            (Edition::Custodian(_), None) | (Edition::Redacted, _) => {}
        }
        placed.event = placed.event.without_facts();
        placed
    });
    written
}

/// A row without what a pseudonym stands for; what is counted stays.
fn redacted(row: PlanRow) -> PlanRow {
    let nothing = String::new;
    PlanRow {
        stable_id: nothing(),
        version: nothing(),
        locator: nothing(),
        custodian: nothing(),
        folder: crate::domain::plan::PlannedFolder {
            root: nothing(),
            below: Vec::new(),
        },
        name: nothing(),
        target_name: nothing(),
        target_folder: None,
        size: 0,
        digest: nothing(),
        created: nothing(),
        modified: nothing(),
        history: Vec::new(),
        history_left_out: 0,
        ..row
    }
}

impl<R: Reading> Reading for View<'_, R> {
    type Error = R::Error;

    fn entries(&self, size: u64, each: &mut dyn FnMut(Written)) -> Result<(), R::Error> {
        self.record
            .entries(size, &mut |written| each(shown(self.edition, written)))
    }

    fn case_now(&self) -> Result<Case, R::Error> {
        let mut case = Case::default();
        self.events(&mut |placed| case.evolve(&placed.event))?;
        case.gates.struck = self.record.case_now()?.gates.struck;
        Ok(case)
    }

    fn is_erased(&self, subject: &Pseudonym) -> Result<bool, R::Error> {
        self.record.is_erased(subject)
    }

    fn object(&self, name: &str) -> Result<Option<Vec<u8>>, R::Error> {
        self.record.object(name)
    }

    fn personal(&self, subject: &Pseudonym, object: &str) -> Result<Option<Vec<u8>>, R::Error> {
        let is_shown = match self.edition {
            Edition::Full => true,
            Edition::Redacted => false,
            Edition::Custodian(only) => only == subject,
        };
        if is_shown {
            return self.record.personal(subject, object);
        }
        Ok(None)
    }

    fn stamp(&self, token: &[u8], stamped: &[u8]) -> Option<Stamp> {
        self.record.stamp(token, stamped)
    }

    fn parts_of(&self, plan: &str) -> Result<Vec<PlanPart>, R::Error> {
        let mut parts = self.record.parts_of(plan)?;
        if let Some(only) = self.edition.custodian() {
            parts.retain(|part| part.custodian == *only);
        }
        Ok(parts)
    }

    fn rows_of(&self, plan: &str, part: &PlanPart) -> Result<Vec<PlanRow>, R::Error> {
        let rows = self.record.rows_of(plan, part)?;
        Ok(match self.edition {
            Edition::Redacted => rows.into_iter().map(redacted).collect(),
            _ => rows,
        })
    }
}

#[cfg(test)]
mod tests {
    use unbroken_ledger::Value;

    use super::super::{Issue, report};
    use super::*;
    use crate::domain::event::{
        CheckedAs, CustodianMapped, ExceptionAssigned, ReportIssued, SourceEvidence,
        SourceRegistered,
    };
    use crate::domain::hold::LegalHold;
    use crate::domain::plan::Decision;
    use crate::projections::scripted::{Script, held, key, name, restored, row};
    use crate::reports::document::Document;

    fn issue(script: &Script, edition: Edition) -> Issue {
        Issue {
            number: 1,
            edition,
            origin: "example.org/o".to_owned(),
            size: script.entries.len() as u64,
            root: "ab".to_owned(),
            checked: CheckedAs {
                verdict: "valid".to_owned(),
                ..CheckedAs::default()
            },
            made: "2026-01-02T03:04:05Z".to_owned(),
            issuer: None,
            software: "unbroken".to_owned(),
            seal_certificate: None,
            verify_text: "",
        }
    }

    fn mapped(custodian: &str) -> Event {
        let data = CustodianMapped {
            custodian: name(custodian),
            mapped: true,
        };
        Event::CustodianMapped(Box::new(data), Box::default())
    }

    fn report_for(custodian: &str) -> Event {
        let data = ReportIssued {
            custodian: Some(name(custodian)),
            edition: "custodian".to_owned(),
            number: 1,
            ..ReportIssued::default()
        };
        Event::ReportIssued(Box::new(data), Box::default())
    }

    /// A case of ann's in which something else happens to somebody else, in as many entries.
    fn script(others: u64, of_others: [Event; 4], erased: &str) -> Script {
        let mut script = Script::default();
        let source = SourceRegistered {
            custodians: others + 1,
            evidence: SourceEvidence {
                access: false,
                dates: false,
                digests: true,
                immutability: false,
            },
            fidelity: "original-bytes".to_owned(),
            format: String::new(),
            kind: "archive".to_owned(),
            points: 2,
            source: 0,
        };
        script.case(Event::SourceRegistered(Box::new(source), Box::default()));
        script.case(mapped("ann"));
        let [first, second, third, fourth] = of_others;
        script.case(first);
        let rows = vec![
            row("a1", "mail", Decision::Restore),
            row("a2", "mail", Decision::Hold),
        ];
        let theirs = (0..others).map(|n| row(&format!("b{n}"), "mail", Decision::Hold));
        script.plan("p", vec![("ann", rows), ("bob", theirs.collect())]);
        script.item("ann", restored("a1", "mail", "identical", None));
        script.item("ann", held("a2", "mail"));
        script.item("bob", second);
        script.case(third);
        script.case(fourth);
        let subject = Value::object([("subject", Value::text(erased))]);
        script.own("Erased", &[key(1)], subject);
        script
    }

    fn two_cases() -> [Script; 2] {
        let hold = LegalHold {
            custodian: name("bob"),
            hold: name("h1"),
        };
        let owner = ExceptionAssigned {
            item: name("b0"),
            person: name("lawyer-1"),
        };
        let one = [
            mapped("bob"),
            held("b0", "mail"),
            Event::LegalHoldPlaced(Box::new(hold), Box::default()),
            Event::ExceptionAssigned(Box::new(owner), Box::default()),
        ];
        let other = [
            report_for("cid"),
            restored("c1", "files", "as_declared", Some(7)),
            mapped("cid"),
            report_for("dan"),
        ];
        [script(1, one, "bob"), script(5, other, "cid")]
    }

    fn made(script: &Script, edition: Edition) -> Document {
        report(script, &issue(script, edition)).expect("nothing can go wrong")
    }

    /// Whatever happens to others, one custodian's edition is the same, to the letter.
    #[test]
    fn an_edition_for_one_does_not_depend_on_what_happened_to_others() {
        let [one, other] = two_cases();
        let full = |script: &Script| made(script, Edition::Full);
        assert_ne!(full(&one), full(&other), "the two cases are the same");
        let for_ann = |script: &Script| made(script, Edition::Custodian(name("ann")));
        let (one, other) = (for_ann(&one), for_ann(&other));
        let differ: Vec<_> = one
            .texts()
            .into_iter()
            .zip(other.texts())
            .filter(|(one, other)| one != other)
            .collect();
        assert_eq!(differ, []);
        assert_eq!(one, other);
        let texts = one.texts().join(" ");
        assert!(
            texts.contains("ann") && !texts.contains("lawyer-1"),
            "{texts}"
        );
    }
}
