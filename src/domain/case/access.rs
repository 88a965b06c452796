//! Opening a custodian's files to others: when it may begin, and what may not be restored below them any more. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use chrono::{DateTime, Utc};

use crate::domain::approval::Approval;
use crate::domain::event::{
    AccessAdopted, AccessAdoptedFacts, AccessApplied, AccessCompared, AccessComparedFacts,
    AccessPlanMade, AccessPlanned, AccessPlannedFacts, Event, GrantReleased, NoFacts, ReleaseAsked,
    ReleaseFacts, Sensitive, SensitiveFacts,
};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;

/// What the operator wants of access.
#[derive(Clone, Debug, PartialEq)]
pub enum AccessCommand {
    /// Put an approved access plan into force, at an instant.
    Adopt(
        Box<(AccessAdopted, AccessAdoptedFacts, Approval)>,
        DateTime<Utc>,
    ),
    /// Say that a custodian's data is sensitive.
    NameSensitive(Sensitive, SensitiveFacts),
    /// Say that its owner attested.
    Attest(Sensitive, SensitiveFacts),
    /// Freeze an access plan.
    Make(AccessPlanMade),
    /// Ask that held grants be released.
    AskRelease(ReleaseAsked, ReleaseFacts),
    /// Release them, on the approval of two others, at an instant.
    Release(Box<(GrantReleased, Approval)>, DateTime<Utc>),
    /// Say what was made.
    Apply(AccessApplied),
    /// Say what was read back.
    Compare(AccessCompared, AccessComparedFacts),
    /// Say what will be made.
    Plan(AccessPlanned, AccessPlannedFacts),
}

impl AccessCommand {
    /// Whom it is about; nobody in particular, where it is about all.
    pub fn custodian(&self) -> Option<&Pseudonym> {
        match self {
            Self::Adopt(..) | Self::Make(_) => None,
            Self::Apply(data) => Some(&data.custodian),
            Self::AskRelease(data, _) => Some(&data.custodian),
            Self::NameSensitive(data, _) | Self::Attest(data, _) => Some(&data.custodian),
            Self::Compare(data, _) => Some(&data.custodian),
            Self::Plan(data, _) => Some(&data.custodian),
            Self::Release(data, _) => Some(&data.0.custodian),
        }
    }
}

/// Whose files are open to others, and which plans were made before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenAccess {
    custodians: BTreeSet<Pseudonym>,
    /// Those of them whose newest plan was carried out, each call of it.
    applied: BTreeSet<Pseudonym>,
    objects: BTreeSet<String>,
    plans_before: BTreeSet<String>,
    /// Of each custodian whose files are open, the plans that were made before, in force or not.
    older: BTreeMap<Pseudonym, BTreeSet<String>>,
}

impl OpenAccess {
    /// Whether a custodian's files may be seen by others: whatever were restored below them would be open before it is closed.
    pub fn is_open(&self, custodian: &Pseudonym) -> bool {
        self.custodians.contains(custodian)
    }

    /// Whether what had to be closed is closed, and whoever was to be let in is: no call of the newest plan failed.
    pub fn is_applied(&self, custodian: &Pseudonym) -> bool {
        self.applied.contains(custodian)
    }

    /// `plans` are all that were made so far, and whether each is in force.
    pub(super) fn evolve(&mut self, event: &Event, plans: impl Iterator<Item = (String, bool)>) {
        if let Event::AccessApplied(data, _) = event
            && data.failed == 0
        {
            self.applied.insert(data.custodian.clone());
        }
        if let Event::AccessPlanned(data, _) = event {
            self.applied.remove(&data.custodian);
            let is_new = self.custodians.insert(data.custodian.clone());
            self.objects.insert(data.object.clone());
            let older = self.older.entry(data.custodian.clone()).or_default();
            for (plan, is_adopted) in plans {
                if is_new {
                    older.insert(plan.clone());
                }
                if !is_adopted {
                    self.plans_before.insert(plan);
                }
            }
        }
    }
}

impl Case {
    /// Access is opened when no wave is: what is restored at the same time could be seen by those who are let in.
    pub(super) fn decide_access(&self, command: AccessCommand) -> Result<Event, Refusal> {
        if let Some(custodian) = command.custodian() {
            self.check_known(custodian)?;
        }
        match command {
            AccessCommand::Adopt(adopted, now) => self.decide_adoption(*adopted, now),
            AccessCommand::NameSensitive(data, facts) => self.decide_sensitive(data, facts),
            AccessCommand::Attest(data, facts) => self.decide_attestation(data, facts),
            AccessCommand::Make(data) => self.decide_access_plan(data),
            AccessCommand::AskRelease(data, facts) => self.decide_ask(data, facts),
            AccessCommand::Release(released, now) => self.decide_release(*released, now),
            AccessCommand::Plan(data, facts) => {
                let custodian = &data.custodian;
                if self.finished.is_some() {
                    return Err(Refusal::CaseFinished);
                }
                self.target.as_ref().ok_or(Refusal::NoTarget)?;
                if !self
                    .custodians
                    .get(custodian)
                    .is_some_and(|known| known.is_mapped)
                {
                    return Err(Refusal::NotMapped(custodian.to_string()));
                }
                if let Some((_, wave)) = self.open_waves.first() {
                    return Err(Refusal::WaveOpen(*wave));
                }
                self.grants.check_attested(custodian)?;
                self.access_in_force()?;
                self.grants.check_follows(data.plan.as_deref())?;
                Ok(Event::AccessPlanned(Box::new(data), Box::new(facts)))
            }
            AccessCommand::Apply(data) => {
                if !self.access.objects.contains(&data.object) {
                    return Err(Refusal::AccessNotPlanned(data.custodian.to_string()));
                }
                Ok(Event::AccessApplied(Box::new(data), Box::new(NoFacts {})))
            }
            AccessCommand::Compare(data, facts) => {
                Ok(Event::AccessCompared(Box::new(data), Box::new(facts)))
            }
        }
    }

    /// A plan that was made before files were opened does not know that they are.
    pub(super) fn check_not_before_access(&self, plan: &str) -> Result<(), Refusal> {
        if self.access.plans_before.contains(plan) {
            return Err(Refusal::PlanBeforeAccess(plan.to_owned()));
        }
        Ok(())
    }

    /// The same of one that is in force: what it still brings to somebody whose files are open could be seen before it is closed.
    pub(super) fn check_not_open_since(
        &self,
        custodian: &Pseudonym,
        plan: &str,
    ) -> Result<(), Refusal> {
        let older = self.access.older.get(custodian);
        if older.is_some_and(|plans| plans.contains(plan)) {
            return Err(Refusal::PlanBeforeAccess(plan.to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::granting::tests::{adopt_access, make_access};
    use super::super::tests::{adopt, connect, declare, given, map, name, plan, register};
    use super::super::{Case, CaseCommand};
    use super::*;
    use crate::domain::event::Wave;

    fn access(custodian: &str) -> CaseCommand {
        let data = AccessPlanned {
            custodian: name(custodian),
            held: 0,
            kept: 1,
            lost: 0,
            object: "o".to_owned(),
            plan: Some("a".to_owned()),
            reasons: std::collections::BTreeMap::new(),
            released: 0,
            scopes: 1,
            steps: 2,
        };
        let facts = AccessPlannedFacts::default();
        CaseCommand::Access(AccessCommand::Plan(data, facts))
    }

    fn case(more: Vec<CaseCommand>) -> Case {
        let start = vec![
            declare(),
            register(),
            connect("t", true),
            map("ann", true),
            map("bob", false),
            make_access("a", None),
            adopt_access("a", None),
        ];
        given(start.into_iter().chain(more).collect())
    }

    #[test]
    fn files_are_opened_to_others_when_no_wave_is_open_and_for_mapped_custodians() {
        let open = CaseCommand::OpenWave(Wave {
            plan: "p".to_owned(),
            wave: 1,
        });
        let busy = case(vec![plan("p"), adopt("p"), open]);
        assert_eq!(busy.decide(access("ann")), Err(Refusal::WaveOpen(1)));
        let still = case(vec![plan("p"), adopt("p")]);
        assert!(still.decide(access("ann")).is_ok());
        assert_eq!(
            still.decide(access("bob")),
            Err(Refusal::NotMapped("bob".to_owned()))
        );
        assert!(still.decide(access("eve")).is_err(), "unknown");
    }

    #[test]
    fn a_plan_that_does_not_know_of_it_is_not_adopted_afterwards() {
        let after = case(vec![plan("old"), access("ann"), plan("new")]);
        assert!(after.access.is_open(&name("ann")) && !after.access.is_open(&name("bob")));
        let refused = Err(Refusal::PlanBeforeAccess("old".to_owned()));
        assert_eq!(after.decide(adopt("old")), refused);
        assert!(after.decide(adopt("new")).is_ok());
    }

    #[test]
    fn a_plan_in_force_brings_nothing_more_to_whom_was_opened_since() {
        let after = case(vec![plan("old"), adopt("old"), access("ann"), plan("new")]);
        let refused = Err(Refusal::PlanBeforeAccess("old".to_owned()));
        assert_eq!(after.check_goes_on(&name("ann"), "old", 1), refused);
        assert!(after.check_goes_on(&name("ann"), "new", 1).is_ok());
        assert!(after.check_goes_on(&name("bob"), "old", 1).is_ok());
    }

    #[test]
    fn an_outcome_answers_an_intent() {
        let applied = |object: &str| {
            CaseCommand::Access(AccessCommand::Apply(AccessApplied {
                absent: 0,
                custodian: name("ann"),
                failed: 0,
                made: 1,
                object: object.to_owned(),
            }))
        };
        let case = case(vec![access("ann")]);
        assert!(case.decide(applied("o")).is_ok());
        let refused = Err(Refusal::AccessNotPlanned("ann".to_owned()));
        assert_eq!(case.decide(applied("other")), refused);
    }
}
