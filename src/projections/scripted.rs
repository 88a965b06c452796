//! A record in memory for the tests of the folds: events as a test says them, plans as it lists their rows.

use std::collections::BTreeMap;

use unbroken_ledger::{Event as Signed, Hash, KeyId, Seen, Timestamp, Value};

use super::reading::{Placed, Reading, Stamp, Written};
use crate::domain::case::Case;
use crate::domain::event::{
    Event, ItemEnded, ItemFailed, ItemRestored, NoFacts, PlanAdopted, PlanCounts, PlanMade,
    RestoredFacts,
};
use crate::domain::plan::{Decision, PlanPart, PlanRow, PlannedFolder};
use crate::domain::pseudonym::Pseudonym;

/// The record.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) entries: Vec<Written>,
    /// Who signs what is of the case.
    pub(crate) operator: KeyId,
    pub(crate) plans: BTreeMap<String, Vec<(PlanPart, Vec<PlanRow>)>>,
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
}

pub(crate) fn name(text: &str) -> Pseudonym {
    Pseudonym::parse(text).expect("a pseudonym")
}

pub(crate) fn key(number: u8) -> KeyId {
    KeyId(Hash([number; 32]))
}

impl Default for Script {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            operator: key(7),
            plans: BTreeMap::new(),
            objects: BTreeMap::new(),
        }
    }
}

impl Script {
    /// Takes the last row out of a plan's first part, as a damaged object would.
    pub(crate) fn lose_a_row(&mut self, plan: &str) {
        let parts = self.plans.get_mut(plan).expect("a plan");
        parts[0].1.pop();
    }

    /// A signed event of the ledger's own types.
    pub(crate) fn own(&mut self, kind: &str, by: &[KeyId], data: Value) {
        self.push("ledger", kind, by, data, None);
    }

    /// An event of the case, by its operator.
    pub(crate) fn case(&mut self, event: Event) {
        self.push_event("case", None, event);
    }

    /// An event of a custodian's items, by the worker.
    pub(crate) fn item(&mut self, custodian: &str, event: Event) {
        let stream = format!("custodian/{custodian}");
        self.push_event(&stream, Some(name(custodian)), event);
    }

    /// A plan that is made and in force, of parts by custodian.
    pub(crate) fn plan(&mut self, plan: &str, parts: Vec<(&str, Vec<PlanRow>)>) {
        let counts = crate::domain::plan::count(parts.iter().flat_map(|(_, rows)| rows));
        self.made(plan, counts, parts.len() as u64);
        let sealed = parts.into_iter().map(|(custodian, rows)| {
            let part = PlanPart {
                custodian: name(custodian),
                object: String::new(),
                rows: rows.len() as u64,
            };
            (part, rows)
        });
        self.plans.insert(plan.to_owned(), sealed.collect());
        self.case(Event::PlanAdopted(
            Box::new(PlanAdopted {
                digest: plan.to_owned(),
                plan: plan.to_owned(),
                proposal: String::new(),
            }),
            Box::new(NoFacts {}),
        ));
    }

    fn made(&mut self, plan: &str, counts: PlanCounts, parts: u64) {
        let data = PlanMade {
            as_of: 0,
            gate: None,
            inside: None,
            counts,
            parts,
            plan: plan.to_owned(),
            points: None,
            unproven: None,
            choices: None,
            source: None,
            window: None,
            workloads: None,
        };
        self.case(Event::PlanMade(Box::new(data), Box::new(NoFacts {})));
    }

    fn push_event(&mut self, stream: &str, custodian: Option<Pseudonym>, event: Event) {
        let placed = Placed {
            index: self.entries.len() as u64,
            leaf: Hash::default(),
            received: self.now(),
            custodian,
            event,
        };
        let (kind, by) = (placed.event.kind(), [self.operator]);
        self.push(stream, kind, &by, Value::object([]), Some(placed));
    }

    fn now(&self) -> Timestamp {
        let second = i64::try_from(self.entries.len()).expect("few entries");
        Timestamp::from_micros(second * 1_000_000).expect("a time")
    }

    fn push(
        &mut self,
        stream: &str,
        kind: &str,
        by: &[KeyId],
        data: Value,
        placed: Option<Placed>,
    ) {
        let signed = Signed {
            id: String::new(),
            origin: String::new(),
            stream: stream.to_owned(),
            seq: 0,
            link: Hash::default(),
            seen: Seen {
                size: 0,
                leaf: Hash::default(),
            },
            kind: kind.to_owned(),
            at: self.now(),
            by: by.to_vec(),
            data,
            sd: Vec::new(),
        };
        self.entries.push(Written {
            index: self.entries.len() as u64,
            leaf: Hash::default(),
            received: self.now(),
            signed,
            placed,
        });
    }
}

impl Reading for Script {
    type Error = std::convert::Infallible;

    fn entries(&self, size: u64, each: &mut dyn FnMut(Written)) -> Result<(), Self::Error> {
        let wanted = self.entries.iter().filter(|written| written.index < size);
        wanted.cloned().for_each(each);
        Ok(())
    }

    fn case_now(&self) -> Result<Case, Self::Error> {
        let mut case = Case::default();
        self.events(&mut |placed| case.evolve(&placed.event))?;
        Ok(case)
    }

    fn is_erased(&self, subject: &Pseudonym) -> Result<bool, Self::Error> {
        Ok(self.entries.iter().any(|written| {
            let of = written.signed.data.field("subject").and_then(Value::as_str);
            written.signed.kind == "Erased" && of == Some(subject.as_str())
        }))
    }

    fn object(&self, name: &str) -> Result<Option<Vec<u8>>, Self::Error> {
        Ok(self.objects.get(name).cloned())
    }

    fn personal(&self, subject: &Pseudonym, object: &str) -> Result<Option<Vec<u8>>, Self::Error> {
        if self.is_erased(subject)? {
            return Ok(None);
        }
        self.object(object)
    }

    /// A token of a script is four words.
    fn stamp(&self, token: &[u8], _: &[u8]) -> Option<Stamp> {
        let text = std::str::from_utf8(token).ok()?;
        let words: Vec<&str> = text.split(' ').collect();
        let [authority, policy, serial, time] = words[..] else {
            return None;
        };
        Some(Stamp {
            authority: authority.to_owned(),
            policy: policy.to_owned(),
            serial: serial.to_owned(),
            time: time.to_owned(),
        })
    }

    fn parts_of(&self, plan: &str) -> Result<Vec<PlanPart>, Self::Error> {
        let parts = self.plans.get(plan).into_iter().flatten();
        Ok(parts.map(|(part, _)| part.clone()).collect())
    }

    fn rows_of(&self, plan: &str, part: &PlanPart) -> Result<Vec<PlanRow>, Self::Error> {
        let parts = self.plans.get(plan).into_iter().flatten();
        let mut rows = parts.filter(|(known, _)| known.custodian == part.custodian);
        Ok(rows
            .next()
            .map(|(_, rows)| rows.clone())
            .unwrap_or_default())
    }
}

pub(crate) fn row(item: &str, workload: &str, decision: Decision) -> PlanRow {
    PlanRow {
        item: name(item),
        key: String::new(),
        workload: workload.to_owned(),
        stable_id: String::new(),
        version: String::new(),
        locator: format!("at/{item}"),
        point: String::new(),
        custodian: String::new(),
        folder: PlannedFolder {
            root: "drive".to_owned(),
            below: Vec::new(),
        },
        name: String::new(),
        target_name: String::new(),
        target_folder: None,
        size: 10,
        digest: String::new(),
        created: String::new(),
        modified: String::new(),
        decision,
        reason: String::new(),
        pre_breach: String::new(),
        wave: 1,
        history: Vec::new(),
        history_left_out: 0,
        choices: Vec::new(),
        team: None,
        post: None,
    }
}

pub(crate) fn restored(item: &str, workload: &str, class: &str, size: Option<u64>) -> Event {
    let data = ItemRestored {
        attempt: 1,
        class: class.to_owned(),
        compared: Vec::new(),
        deltas: Vec::new(),
        item: name(item),
        links_left: None,
        links_moved: None,
        transforms: Vec::new(),
        workload: workload.to_owned(),
        wrote: "new".to_owned(),
    };
    let facts = RestoredFacts {
        size,
        ..RestoredFacts::default()
    };
    Event::ItemRestored(Box::new(data), Box::new(facts))
}

pub(crate) fn held(item: &str, workload: &str) -> Event {
    let data = ItemEnded {
        item: name(item),
        reason: "custodian-not-mapped".to_owned(),
        sight: None,
        workload: workload.to_owned(),
    };
    Event::ItemHeld(Box::new(data), Box::default())
}

pub(crate) fn failed(item: &str, workload: &str) -> Event {
    let data = ItemFailed {
        attempts: 3,
        code: "unreadable".to_owned(),
        item: name(item),
        reason: "truncated".to_owned(),
        workload: workload.to_owned(),
    };
    Event::ItemFailed(Box::new(data), Box::default())
}
