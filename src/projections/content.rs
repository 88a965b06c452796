//! What the content gate saw: verdicts by custodian and by scanner, what is held, what was released on whose approval.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::reading::{Placed, Reading};
use super::results::{Outcome, lifted};
use crate::domain::content::release::{PLANNED, RELEASABLE};
use crate::domain::content::{
    Class, ContentGate, ContentScanned, Found, ScannedFacts, ScannerSeen, Verdict,
};
use crate::domain::event::{EndedFacts, Event, ItemEnded};
use crate::domain::pseudonym::Pseudonym;

/// An item that is held, for whatever reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldItem {
    /// The item.
    pub item: Pseudonym,
    /// Whose it is.
    pub custodian: Pseudonym,
    /// The entry that holds it.
    pub index: u64,
    /// Its service.
    pub workload: String,
    /// The reason of the hold.
    pub reason: String,
    /// All that a release would have to let pass, sorted.
    pub reasons: Vec<String>,
    /// Where what was found, where that may be shown.
    pub found: Vec<Found>,
    /// What was looked at and found last, or the content that a plan holds; a release is for this and for nothing else.
    pub sight: Option<String>,
    /// Its name, where that may be shown.
    pub name: Option<String>,
    /// Where it lies in the source, where that may be shown.
    pub locator: Option<String>,
}

impl HeldItem {
    /// Whether two people may let it pass.
    pub fn is_releasable(&self) -> bool {
        self.reasons
            .iter()
            .all(|reason| RELEASABLE.contains(&&**reason))
    }
}

/// How often which verdict was given; an item that was looked into twice counts twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Looked into and let pass.
    pub passed: u64,
    /// Of these, on a release.
    pub let_pass: u64,
    /// Held.
    pub held: u64,
    /// Not looked into: a scanner did not answer.
    pub not_scanned: u64,
    /// By class, what was found.
    pub classes: BTreeMap<Class, u64>,
}

/// A scanner in one state, and the entries with its verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How many verdicts.
    pub verdicts: u64,
    /// The first entry.
    pub first: u64,
    /// The last one.
    pub last: u64,
}

/// A release, as the record has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The entry.
    pub index: u64,
    /// Whose.
    pub custodian: Pseudonym,
    /// The items.
    pub items: Vec<Pseudonym>,
    /// What is let pass.
    pub reasons: Vec<String>,
    /// The proposal that it rests on.
    pub proposal: String,
    /// Why, where that may be shown.
    pub why: Option<String>,
}

/// Classes, places and the sight of a verdict that did not pass.
type LastSeen = (Vec<Class>, Vec<Found>, Option<String>);

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct ContentView {
    /// The policies, by number, with their entries.
    pub gates: Vec<(u64, ContentGate)>,
    /// Verdicts by custodian.
    pub verdicts: BTreeMap<Pseudonym, Verdicts>,
    /// Who looked.
    pub scanners: BTreeMap<ScannerSeen, Seen>,
    /// What is held now, by item.
    pub held: BTreeMap<Pseudonym, HeldItem>,
    /// The releases, in the order of the record.
    pub releases: Vec<Released>,
    /// What was found last, of items that are or were held.
    found: HashMap<Pseudonym, LastSeen>,
}

impl ContentView {
    /// Folds the record.
    pub fn load<R: Reading>(record: &R) -> Result<Self, R::Error> {
        let mut view = Self::default();
        record.events(&mut |placed| view.take(&placed))?;
        Ok(view)
    }

    /// Takes an event in.
    pub fn take(&mut self, placed: &Placed) {
        if let Some(lifted) = lifted(&placed.event) {
            for item in lifted.items {
                if self
                    .held
                    .get(item)
                    .is_some_and(|held| lifted.takes_back(Outcome::Held, &held.reason))
                {
                    self.held.remove(item);
                }
            }
        }
        match (&placed.event, &placed.custodian) {
            (Event::ContentGateSet(data, _), _) => {
                self.gates.push((placed.index, (**data).clone()));
            }
            (Event::ItemsReleased(data, facts), _) => self.releases.push(Released {
                index: placed.index,
                custodian: data.custodian.clone(),
                items: data.items.clone(),
                reasons: data.reasons.clone(),
                proposal: data.proposal.clone(),
                why: facts.why.clone(),
            }),
            (Event::ContentScanned(data, facts), Some(custodian)) => {
                self.take_scanned(placed.index, custodian, data, facts);
            }
            (Event::ItemHeld(data, facts), Some(custodian)) => {
                self.take_held(placed.index, custodian, data, facts);
            }
            _ => {}
        }
    }

    fn take_scanned(
        &mut self,
        index: u64,
        custodian: &Pseudonym,
        data: &ContentScanned,
        facts: &ScannedFacts,
    ) {
        let verdicts = self.verdicts.entry(custodian.clone()).or_default();
        match data.verdict {
            Verdict::Held => verdicts.held += 1,
            Verdict::NotScanned => verdicts.not_scanned += 1,
            Verdict::Passed => verdicts.passed += 1,
        }
        let on_release = data.verdict == Verdict::Passed && !data.let_pass.is_empty();
        verdicts.let_pass += u64::from(on_release);
        for class in &data.classes {
            *verdicts.classes.entry(*class).or_default() += 1;
        }
        for scanner in &data.scanners {
            let new = Seen {
                verdicts: 0,
                first: index,
                last: index,
            };
            let seen = self.scanners.entry(scanner.clone()).or_insert(new);
            seen.verdicts += 1;
            seen.last = index;
        }
        if data.verdict == Verdict::Passed {
            self.found.remove(&data.item);
        } else {
            let classes = data.classes.clone();
            let found = facts.found.clone().unwrap_or_default();
            let last = (classes, found, data.sight.clone());
            self.found.insert(data.item.clone(), last);
        }
    }

    fn take_held(
        &mut self,
        index: u64,
        custodian: &Pseudonym,
        data: &ItemEnded,
        facts: &EndedFacts,
    ) {
        let (classes, found, sight) = self.found.get(&data.item).cloned().unwrap_or_default();
        let mut reasons: BTreeSet<String> = classes
            .iter()
            .map(|class| class.reason().to_owned())
            .collect();
        reasons.insert(data.reason.clone());
        let sight = match &data.sight {
            None => sight,
            // What the gate found in it earlier it finds again, once this is released.
            Some(planned) => {
                reasons = BTreeSet::from([data.reason.clone()]);
                Some(format!("{PLANNED}{planned}"))
            }
        };
        let held = HeldItem {
            item: data.item.clone(),
            custodian: custodian.clone(),
            index,
            workload: data.workload.clone(),
            reason: data.reason.clone(),
            reasons: reasons.into_iter().collect(),
            found,
            sight,
            name: facts.name.clone(),
            locator: facts.locator.clone(),
        };
        self.held.insert(data.item.clone(), held);
    }

    /// Verdicts over all.
    pub fn total(&self) -> Verdicts {
        let mut total = Verdicts::default();
        for verdicts in self.verdicts.values() {
            total.passed += verdicts.passed;
            total.let_pass += verdicts.let_pass;
            total.held += verdicts.held;
            total.not_scanned += verdicts.not_scanned;
            for (class, count) in &verdicts.classes {
                *total.classes.entry(*class).or_default() += count;
            }
        }
        total
    }
}
