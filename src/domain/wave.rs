//! Waves of a plan: their order, their releases by others, pauses, licences, and holds that must stand in the target. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::approval::Approval;
use super::event::{
    DevicesEvidenced, Event, EvidenceFacts, LicencesCounted, PauseFacts, TargetHoldEvidenced, Wave,
    WaveReleased, WavesFacts, WavesPlanned, WavesReordered,
};
use super::pseudonym::Pseudonym;
use super::refusal::Refusal;

/// How many others must approve a release or another order.
pub const SIGNERS_MIN: usize = 1;
/// The most waves of a plan: each is released by people.
pub const WAVES_MAX: usize = 400;

/// What is asked of waves.
#[derive(Clone, Debug, PartialEq)]
pub enum WaveCommand {
    /// Say which waves a plan has.
    Plan(WavesPlanned, WavesFacts),
    /// Let a wave open, on the approval of others.
    Release(WaveReleased, Approval),
    /// Change the order, on the approval of others.
    Reorder(WavesReordered, Approval),
    /// Stop the workers of a wave, or keep it from opening.
    Pause(Wave, PauseFacts),
    /// Let it go on.
    Resume(Wave, PauseFacts),
    /// Say what licences it takes and what there are.
    CountLicences(LicencesCounted),
    /// Say that a held custodian is on hold in the clean tenant.
    EvidenceHold(TargetHoldEvidenced, EvidenceFacts),
    /// Say what became of the devices of a wave's people.
    EvidenceDevices(DevicesEvidenced, EvidenceFacts),
}

impl WaveCommand {
    /// Whom the facts of its event concern, where that is a custodian.
    pub fn custodian(&self) -> Option<&Pseudonym> {
        match self {
            Self::EvidenceHold(data, _) => Some(&data.custodian),
            _ => None,
        }
    }
}

/// The waves of one plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanWaves {
    /// In the order in which they open; empty where the plan has one wave.
    pub order: Vec<u32>,
    /// Those that others released.
    pub released: BTreeSet<u32>,
    /// By which proposal each of them was released last.
    pub released_by: BTreeMap<u32, String>,
    /// Those that stand still.
    pub paused: BTreeSet<u32>,
    /// Those of which every item has its outcome.
    pub closed: BTreeSet<u32>,
    /// Those whose people's devices are evidenced.
    pub devices: BTreeSet<u32>,
    /// Licences, as they were counted last.
    pub licences: BTreeMap<u32, LicencesCounted>,
}

/// The waves of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waves {
    plans: BTreeMap<String, PlanWaves>,
    on_hold: BTreeSet<Pseudonym>,
    /// Worked to their end since the last separation audit.
    unaudited: BTreeSet<(String, u32)>,
}

impl Waves {
    /// The waves of a plan.
    pub fn of(&self, plan: &str) -> PlanWaves {
        self.plans.get(plan).cloned().unwrap_or_default()
    }

    /// All of them, by plan.
    pub fn all(&self) -> impl Iterator<Item = (&String, &PlanWaves)> {
        self.plans.iter()
    }

    /// Whether there is evidence that a custodian's user is on hold in the clean tenant.
    pub fn is_on_hold(&self, custodian: &Pseudonym) -> bool {
        self.on_hold.contains(custodian)
    }

    /// Whether a plan was made in waves: each of those needs a release of its own.
    pub fn is_in_waves(&self, plan: &str) -> bool {
        let of = self.plans.get(plan);
        of.is_some_and(|of| !of.order.is_empty())
    }

    /// Whether a wave was released.
    pub fn is_released(&self, plan: &str, wave: u32) -> bool {
        let of = self.plans.get(plan);
        of.is_some_and(|of| of.released.contains(&wave))
    }

    /// By which proposal a wave was released.
    pub fn released_by(&self, plan: &str, wave: u32) -> Option<&String> {
        self.plans.get(plan)?.released_by.get(&wave)
    }

    /// Whether a wave stands still.
    pub fn is_paused(&self, plan: &str, wave: u32) -> bool {
        let of = self.plans.get(plan);
        of.is_some_and(|of| of.paused.contains(&wave))
    }

    pub(super) fn check_order(&self, plan: &str, wave: u32) -> Result<(), Refusal> {
        let Some(of) = self.plans.get(plan) else {
            return Ok(());
        };
        if of.order.is_empty() {
            return Ok(());
        }
        let place = of.order.iter().position(|one| *one == wave);
        let before = &of.order[..place.ok_or(Refusal::NoSuchWave(wave))?];
        match before.iter().find(|earlier| !of.closed.contains(earlier)) {
            Some(earlier) => Err(Refusal::WaveBefore {
                wave,
                earlier: *earlier,
            }),
            None => Ok(()),
        }
    }

    /// The wave, beside this one, after which nobody looked for access paths yet.
    pub fn not_audited(&self, plan: &str, wave: u32) -> Option<u32> {
        let others = self.unaudited.iter();
        let mut others = others.filter(|(of, one)| of != plan || *one != wave);
        others.next().map(|(_, one)| *one)
    }

    /// The wave of a plan, beside this one, that ended without evidence of its people's devices.
    pub fn without_devices(&self, plan: &str, wave: u32) -> Option<u32> {
        let of = self.plans.get(plan)?;
        let mut ended = of.closed.difference(&of.devices);
        ended.find(|one| **one != wave).copied()
    }

    /// After each wave somebody looks for access paths and says what became of its devices, before the next one opens: what a
    /// wave brought with it is found while the others are not there yet.
    pub(super) fn check_separated(&self, plan: &str, wave: u32) -> Result<(), Refusal> {
        if !self.is_in_waves(plan) {
            return Ok(());
        }
        if let Some(earlier) = self.not_audited(plan, wave) {
            return Err(Refusal::WaveNotAudited(earlier));
        }
        match self.without_devices(plan, wave) {
            Some(earlier) => Err(Refusal::DevicesNotEvidenced(earlier)),
            None => Ok(()),
        }
    }

    /// Nobody gets items whose mailbox nobody pays for: it would answer 404 for each of them.
    pub(super) fn check_licences(&self, plan: &str, wave: u32) -> Result<(), Refusal> {
        let of = self.plans.get(plan);
        let counted = of.and_then(|of| of.licences.get(&wave));
        let Some(counted) = counted else {
            return if self.is_in_waves(plan) {
                Err(Refusal::LicencesNotCounted(wave))
            } else {
                Ok(())
            };
        };
        if counted.without > counted.free {
            return Err(Refusal::LicencesMissing {
                wave,
                missing: counted.without - counted.free,
            });
        }
        Ok(())
    }

    pub(super) fn check_planned(&self, data: &WavesPlanned) -> Result<(), Refusal> {
        let distinct: BTreeSet<u32> = data.order.iter().copied().collect();
        let is_list = !data.order.is_empty() && data.order.len() <= WAVES_MAX;
        if !is_list || distinct.len() != data.order.len() {
            return Err(Refusal::WaveOrder);
        }
        match self.plans.get(&data.plan) {
            Some(of) if !of.order.is_empty() => Err(Refusal::WaveOrder),
            _ => Ok(()),
        }
    }

    pub(super) fn check_reorder(&self, data: &WavesReordered) -> Result<(), Refusal> {
        let of = self.of(&data.plan);
        let sorted = |order: &[u32]| {
            let mut order = order.to_vec();
            order.sort_unstable();
            order
        };
        if of.order.is_empty() || sorted(&of.order) != sorted(&data.order) || of.order == data.order
        {
            return Err(Refusal::WaveOrder);
        }
        Ok(())
    }

    pub(super) fn check_known(&self, plan: &str, wave: u32) -> Result<(), Refusal> {
        let of = self.plans.get(plan);
        let is_known = of.is_none_or(|of| of.order.is_empty() || of.order.contains(&wave));
        if is_known {
            return Ok(());
        }
        Err(Refusal::NoSuchWave(wave))
    }

    /// A wave of a plan that was never worked to its end.
    pub(super) fn left_of(&self, plan: &str) -> Option<u32> {
        let of = self.plans.get(plan)?;
        let mut left = of.order.iter().filter(|wave| !of.closed.contains(wave));
        left.next().copied()
    }

    fn at(&mut self, plan: &str) -> &mut PlanWaves {
        self.plans.entry(plan.to_owned()).or_default()
    }

    /// Takes an event in.
    pub(super) fn evolve(&mut self, event: &Event) {
        match event {
            Event::WavesPlanned(data, _) => {
                self.at(&data.plan).order.clone_from(&data.order);
            }
            Event::WavesReordered(data, _) => {
                self.at(&data.plan).order.clone_from(&data.order);
            }
            Event::WaveReleased(data, _) => {
                let of = self.at(&data.plan);
                of.released.insert(data.wave);
                of.released_by.insert(data.wave, data.proposal.clone());
            }
            Event::WavePaused(data, _) => {
                self.at(&data.plan).paused.insert(data.wave);
            }
            Event::WaveResumed(data, _) => {
                self.at(&data.plan).paused.remove(&data.wave);
            }
            Event::WaveOpened(data, _) => {
                self.at(&data.plan).closed.remove(&data.wave);
            }
            Event::WaveClosed(data, _) => {
                self.at(&data.plan).closed.insert(data.wave);
                self.unaudited.insert((data.plan.clone(), data.wave));
            }
            Event::SeparationAudited(..) => self.unaudited.clear(),
            Event::DevicesEvidenced(data, _) => {
                self.at(&data.plan).devices.insert(data.wave);
            }
            Event::LicencesCounted(data, _) => {
                let counted = (**data).clone();
                self.at(&data.plan).licences.insert(data.wave, counted);
            }
            Event::TargetHoldEvidenced(data, _) => {
                self.on_hold.insert(data.custodian.clone());
            }
            _ => {}
        }
    }
}

/// What a release's signers approve: the digest of exactly these words. It ends when the proposal does.
pub fn release_words(plan: &str, wave: u32, until: chrono::DateTime<chrono::Utc>) -> String {
    let until = until.timestamp_micros();
    format!("release: wave {wave} of plan {plan}, until {until}\n")
}

/// What the signers of another order approve.
pub fn order_words(plan: &str, order: &[u32], until: chrono::DateTime<chrono::Utc>) -> String {
    let order: Vec<String> = order.iter().map(ToString::to_string).collect();
    let until = until.timestamp_micros();
    format!(
        "order: waves of plan {plan} open as {}, until {until}\n",
        order.join(" ")
    )
}
