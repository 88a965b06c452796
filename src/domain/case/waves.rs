//! What the case itself adds to waves: which plan they are of, when one may open, and when its workers stop. Pure.

use chrono::{DateTime, Utc};

use super::Case;
use crate::domain::event::Event;
use crate::domain::gates::{Guard, stands};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;
use crate::domain::wave::{SIGNERS_MIN, WaveCommand};

impl Case {
    pub(super) fn decide_wave(
        &self,
        command: WaveCommand,
        now: DateTime<Utc>,
    ) -> Result<Event, Refusal> {
        match command {
            WaveCommand::Plan(data, facts) => {
                // Before the plan itself: a kill in between leaves waves of no plan, and never a plan that is taken for one
                // without waves, which its own approval would release. Older ledgers have them the other way round.
                self.check_may_plan()?;
                if self.adopted.contains(&data.plan) {
                    return Err(Refusal::PlanAlreadyAdopted(data.plan));
                }
                self.waves.check_planned(&data)?;
                Ok(Event::WavesPlanned(Box::new(data), Box::new(facts)))
            }
            WaveCommand::Release(data, approval) => {
                self.check_wave_of(&data.plan, data.wave)?;
                // One whose approval does not count any more is released again.
                let is_released = self.waves.is_released(&data.plan, data.wave);
                if is_released && self.check_release_counts(&data.plan, data.wave).is_ok() {
                    return Err(Refusal::WaveReleasedAlready(data.wave));
                }
                let others = approval.check(&data.digest, SIGNERS_MIN, now);
                if !stands(Guard::Others, others.is_ok()) {
                    others?;
                }
                Ok(Event::WaveReleased(Box::new(data), Box::default()))
            }
            WaveCommand::Reorder(data, approval) => {
                self.check_adopted(&data.plan)?;
                self.waves.check_reorder(&data)?;
                approval.check(&data.digest, SIGNERS_MIN, now)?;
                Ok(Event::WavesReordered(Box::new(data), Box::default()))
            }
            WaveCommand::Pause(data, facts) => {
                self.check_wave_of(&data.plan, data.wave)?;
                if self.waves.is_paused(&data.plan, data.wave) {
                    return Err(Refusal::WavePaused(data.wave));
                }
                Ok(Event::WavePaused(Box::new(data), Box::new(facts)))
            }
            WaveCommand::Resume(data, facts) => {
                if !self.waves.is_paused(&data.plan, data.wave) {
                    return Err(Refusal::WaveNotPaused(data.wave));
                }
                Ok(Event::WaveResumed(Box::new(data), Box::new(facts)))
            }
            WaveCommand::CountLicences(data) => {
                self.check_wave_of(&data.plan, data.wave)?;
                Ok(Event::LicencesCounted(Box::new(data), Box::default()))
            }
            WaveCommand::EvidenceHold(data, facts) => {
                self.check_known(&data.custodian)?;
                Ok(Event::TargetHoldEvidenced(Box::new(data), Box::new(facts)))
            }
            WaveCommand::EvidenceDevices(data, facts) => {
                self.check_wave_of(&data.plan, data.wave)?;
                Ok(Event::DevicesEvidenced(Box::new(data), Box::new(facts)))
            }
        }
    }

    fn check_wave_of(&self, plan: &str, wave: u32) -> Result<(), Refusal> {
        self.check_adopted(plan)?;
        self.waves.check_known(plan, wave)
    }

    /// Whether a wave of an adopted plan may open now. A case without gates asks nobody.
    pub(super) fn check_may_open(&self, plan: &str, wave: u32) -> Result<(), Refusal> {
        self.waves.check_order(plan, wave)?;
        self.check_not_paused(plan, wave)?;
        if self.gates.pinned.is_none() {
            return Ok(());
        }
        self.waves.check_separated(plan, wave)?;
        self.check_released(plan, wave)?;
        let enough = self.waves.check_licences(plan, wave);
        if stands(Guard::Licences, enough.is_ok()) {
            return Ok(());
        }
        enough
    }

    /// Whether the workers of an open wave go on with a custodian.
    pub(super) fn check_goes_on(
        &self,
        custodian: &Pseudonym,
        plan: &str,
        wave: u32,
    ) -> Result<(), Refusal> {
        self.check_not_paused(plan, wave)?;
        self.check_not_open_since(custodian, plan)?;
        if self.gates.pinned.is_none() {
            return Ok(());
        }
        self.check_released(plan, wave)?;
        self.check_hold_stands(custodian)
    }

    /// Whoever is under legal hold is on hold in the clean tenant before anything of theirs lies there: else a user could
    /// delete there what may not be deleted.
    pub fn check_hold_stands(&self, custodian: &Pseudonym) -> Result<(), Refusal> {
        if self.gates.pinned.is_none() {
            return Ok(());
        }
        let is_held = self.holds.of(custodian).next().is_some();
        let holds = !is_held || self.waves.is_on_hold(custodian);
        if stands(Guard::Hold, holds) {
            return Ok(());
        }
        Err(Refusal::HoldNotEvidenced(custodian.to_string()))
    }

    /// Of the plan in force. An earlier one's waves are opened by nobody any more; whether the rows of theirs have an outcome is
    /// asked where the rows are.
    pub fn check_no_wave_left(&self) -> Result<(), Refusal> {
        let in_force = self.adopted.last();
        match in_force.and_then(|plan| self.waves.left_of(plan)) {
            Some(wave) => Err(Refusal::WavesLeft(wave)),
            None => Ok(()),
        }
    }

    fn check_released(&self, plan: &str, wave: u32) -> Result<(), Refusal> {
        // The approval of a plan without waves is the release of all that it holds.
        let is_released = !self.waves.is_in_waves(plan) || self.waves.is_released(plan, wave);
        if stands(Guard::Release, is_released) {
            return self.check_release_counts(plan, wave);
        }
        Err(Refusal::WaveNotReleased(wave))
    }

    fn check_release_counts(&self, plan: &str, wave: u32) -> Result<(), Refusal> {
        let proposal = self.waves.released_by(plan, wave);
        proposal.map_or(Ok(()), |proposal| self.gates.struck.check(proposal))
    }

    /// Whether the members of a team or chat may be let in: its plan is in force, and none of its open waves stands still.
    pub fn check_lets_in(&self, custodian: &Pseudonym, plan: &str) -> Result<(), Refusal> {
        self.check_may_write(custodian)?;
        self.check_adopted(plan)?;
        let open = self.open_waves.iter().filter(|(of, _)| of == plan);
        for (_, wave) in open {
            self.check_goes_on(custodian, plan, *wave)?;
        }
        Ok(())
    }

    pub(super) fn check_not_paused(&self, plan: &str, wave: u32) -> Result<(), Refusal> {
        if stands(Guard::Pause, !self.waves.is_paused(plan, wave)) {
            return Ok(());
        }
        Err(Refusal::WavePaused(wave))
    }
}
