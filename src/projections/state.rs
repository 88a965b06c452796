//! The whole case as the record shows it: what was declared, who is who, plans, approvals, waves, counts, what is open. As of an
//! earlier size it is read through [`super::as_of::AsOf`].

use std::collections::{BTreeMap, HashMap};

use unbroken_ledger::{Hash, Timestamp};

use super::approvals::{Approvals, Proposal};
use super::custody::item_of;
use super::reading::{Reading, Written};
use super::results::Results;
use crate::domain::case::Case;
use crate::domain::event::Event;
use crate::domain::pseudonym::Pseudonym;

/// A wave that was opened at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaveState {
    /// The entry that opened it last.
    pub opened: u64,
    /// The entry that closed it since, where one did.
    pub closed: Option<u64>,
}

/// An intent that has no outcome yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// The entry of the intent.
    pub index: u64,
    /// Whose item it is.
    pub custodian: Pseudonym,
    /// Which try.
    pub attempt: u32,
}

/// The case at a size.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CaseState {
    /// How many entries it is the fold of.
    pub size: u64,
    /// When the last of them was received.
    pub received: Option<Timestamp>,
    /// Declaration, sources, target, custodians, plans.
    pub case: Case,
    /// By proposal.
    pub proposals: BTreeMap<Hash, Proposal>,
    /// By plan and number.
    pub waves: BTreeMap<(String, u32), WaveState>,
    /// How the items ended, and the counts.
    pub results: Results,
    /// Items with an intent and no outcome.
    pub under_way: BTreeMap<Pseudonym, UnderWay>,
}

impl CaseState {
    /// Folds the record.
    pub fn load<R: Reading>(record: &R) -> Result<Self, R::Error> {
        let mut state = Self::default();
        let mut approvals = Approvals::default();
        let mut under_way = HashMap::new();
        record.entries(u64::MAX, &mut |written| {
            state.size = written.index + 1;
            state.received = Some(written.received);
            approvals.take(&written);
            state.take(&written, &mut under_way);
        })?;
        state.proposals = approvals.proposals;
        state.under_way = under_way.into_iter().collect();
        state.case = record.case_now()?;
        state.results = Results::load(record)?;
        Ok(state)
    }

    fn take(&mut self, written: &Written, under_way: &mut HashMap<Pseudonym, UnderWay>) {
        let Some(placed) = &written.placed else {
            return;
        };
        match &placed.event {
            Event::WaveOpened(data, _) => {
                let wave = WaveState {
                    opened: written.index,
                    closed: None,
                };
                self.waves.insert((data.plan.clone(), data.wave), wave);
            }
            Event::WaveClosed(data, _) => {
                if let Some(wave) = self.waves.get_mut(&(data.plan.clone(), data.wave)) {
                    wave.closed = Some(written.index);
                }
            }
            Event::ItemAttempted(data, _) => {
                if let Some(custodian) = &placed.custodian {
                    let intent = UnderWay {
                        index: written.index,
                        custodian: custodian.clone(),
                        attempt: data.attempt,
                    };
                    under_way.insert(data.item.clone(), intent);
                }
            }
            // A part that was found is dealt with under the same intent.
            Event::PartialFound(..) => {}
            event => {
                if let Some(item) = item_of(event) {
                    under_way.remove(item);
                }
            }
        }
    }
}
