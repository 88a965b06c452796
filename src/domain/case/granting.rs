//! The access plan in force, its amendments, and the queue of what it holds: what may be put in force, asked for, released. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::Case;
use crate::domain::approval::Approval;
use crate::domain::event::{
    AccessAdopted, AccessAdoptedFacts, AccessPlanMade, Event, GrantReleased, NoFacts, ReleaseAsked,
    ReleaseFacts, Sensitive, SensitiveFacts,
};
use crate::domain::item::Digest;
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;

/// What the record says of access that was approved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// The access plans that were made, by hash.
    pub made: BTreeMap<String, AccessPlanMade>,
    /// The access plan in force, and what it was made from.
    pub in_force: Option<(AccessAdopted, AccessAdoptedFacts)>,
    /// How many amendments there were.
    pub amendments: u64,
    /// What was asked to be released, by number.
    pub asked: BTreeMap<u64, (ReleaseAsked, ReleaseFacts)>,
    /// Custodians whose data is sensitive, and whether their owners attested.
    pub sensitive: BTreeMap<Pseudonym, bool>,
    /// Which of it two others released, by which proposal.
    pub released: BTreeMap<u64, String>,
}

/// What two people approve when they release: this very object of this custodian, held by this plan.
pub fn release_words(asked: &ReleaseAsked) -> Digest {
    let (plan, custodian) = (&asked.plan, &asked.custodian);
    let (number, object) = (asked.number, &asked.object);
    let words = format!("unbroken grant release v1\n{plan}\n{custodian}\n{number}\n{object}\n");
    Digest(Sha256::digest(words).into())
}

impl Grants {
    /// Nothing of a sensitive custodian is written before the owner says that it may.
    pub fn check_attested(&self, custodian: &Pseudonym) -> Result<(), Refusal> {
        if self.sensitive.get(custodian) == Some(&false) {
            return Err(Refusal::NotAttested(custodian.to_string()));
        }
        Ok(())
    }

    /// Nobody is let in but by the plan that others approved.
    pub(super) fn check_follows(&self, plan: Option<&str>) -> Result<(), Refusal> {
        let (in_force, _) = self.in_force.as_ref().ok_or(Refusal::AccessNotApproved)?;
        if plan == Some(&in_force.plan) {
            return Ok(());
        }
        Err(Refusal::AnotherAccessPlan(in_force.plan.clone()))
    }

    pub(super) fn evolve(&mut self, event: &Event) {
        match event {
            Event::AccessPlanMade(data, _) => {
                self.made.insert(data.plan.clone(), (**data).clone());
            }
            Event::AccessAdopted(data, facts) => {
                self.amendments += u64::from(data.amends.is_some());
                self.in_force = Some(((**data).clone(), (**facts).clone()));
            }
            Event::ReleaseAsked(data, facts) => {
                let asked = ((**data).clone(), (**facts).clone());
                self.asked.insert(data.number, asked);
            }
            Event::GrantReleased(data, _) => {
                self.released.insert(data.number, data.proposal.clone());
            }
            Event::SensitiveNamed(data, _) => {
                self.sensitive.insert(data.custodian.clone(), false);
            }
            Event::OwnerAttested(data, _) => {
                self.sensitive.insert(data.custodian.clone(), true);
            }
            _ => {}
        }
    }
}

impl Case {
    /// Whether two others released what was asked for under a number, with keys that nobody else had.
    pub fn is_released(&self, number: u64) -> bool {
        let proposal = self.grants.released.get(&number);
        proposal.is_some_and(|proposal| !self.gates.struck.has(proposal))
    }

    /// What was released, in the order of the numbers.
    pub fn releases(&self) -> impl Iterator<Item = &ReleaseAsked> {
        let asked = self.grants.asked.iter();
        let released = asked.filter(|(number, _)| self.is_released(**number));
        released.map(|(_, (asked, _))| asked)
    }

    /// The access plan by which people are let in, as long as its approval counts.
    pub fn access_in_force(&self) -> Result<&(AccessAdopted, AccessAdoptedFacts), Refusal> {
        let in_force = self.grants.in_force.as_ref();
        let in_force = in_force.ok_or(Refusal::AccessNotApproved)?;
        self.gates.struck.check(&in_force.0.proposal)?;
        Ok(in_force)
    }

    /// Naming it again asks for another attestation.
    pub(super) fn decide_sensitive(
        &self,
        data: Sensitive,
        facts: SensitiveFacts,
    ) -> Result<Event, Refusal> {
        if self.finished.is_some() {
            return Err(Refusal::CaseFinished);
        }
        Ok(Event::SensitiveNamed(Box::new(data), Box::new(facts)))
    }

    /// Only what was named sensitive is attested, once.
    pub(super) fn decide_attestation(
        &self,
        data: Sensitive,
        facts: SensitiveFacts,
    ) -> Result<Event, Refusal> {
        if self.grants.sensitive.get(&data.custodian) != Some(&false) {
            return Err(Refusal::NothingToAttest(data.custodian.to_string()));
        }
        Ok(Event::OwnerAttested(Box::new(data), Box::new(facts)))
    }

    /// The first plan is made freely; every other one would take the place of the one in force, and says so.
    pub(super) fn decide_access_plan(&self, data: AccessPlanMade) -> Result<Event, Refusal> {
        if self.finished.is_some() {
            return Err(Refusal::CaseFinished);
        }
        self.target.as_ref().ok_or(Refusal::NoTarget)?;
        self.check_amends(&data)?;
        Ok(Event::AccessPlanMade(Box::new(data), Box::new(NoFacts {})))
    }

    fn check_amends(&self, data: &AccessPlanMade) -> Result<(), Refusal> {
        let Some((in_force, _)) = &self.grants.in_force else {
            return data
                .amends
                .as_ref()
                .map_or(Ok(()), |_| Err(Refusal::AccessNotApproved));
        };
        if in_force.plan == data.plan {
            return Err(Refusal::AccessPlanInForce(data.plan.clone()));
        }
        if data.amends.as_ref() != Some(&in_force.plan) {
            return Err(Refusal::NotAnAmendment(in_force.plan.clone()));
        }
        Ok(())
    }

    /// In force is what was made and approved, with the very counts that the approvers were shown.
    pub(super) fn decide_adoption(
        &self,
        (data, facts, approval): (AccessAdopted, AccessAdoptedFacts, Approval),
        now: DateTime<Utc>,
    ) -> Result<Event, Refusal> {
        if self.finished.is_some() {
            return Err(Refusal::CaseFinished);
        }
        let made = self.grants.made.get(&data.plan);
        let made = made.ok_or_else(|| Refusal::UnknownAccessPlan(data.plan.clone()))?;
        // One whose approval does not count any more is approved again.
        let is_again = self.access_in_force().is_err()
            && self
                .grants
                .in_force
                .as_ref()
                .is_some_and(|(known, _)| known.plan == data.plan);
        if !is_again {
            self.check_amends(made)?;
        }
        let same = (&made.amends, made.changed, made.held, made.kept, made.lost)
            == (&data.amends, data.changed, data.held, data.kept, data.lost);
        if data.digest != data.plan || !same {
            return Err(Refusal::ApprovedSomethingElse(data.proposal));
        }
        approval.check(&data.plan, 1, now)?;
        Ok(Event::AccessAdopted(Box::new(data), Box::new(facts)))
    }

    /// What is asked for is held by the plan in force.
    pub(super) fn decide_ask(
        &self,
        data: ReleaseAsked,
        facts: ReleaseFacts,
    ) -> Result<Event, Refusal> {
        if self.finished.is_some() {
            return Err(Refusal::CaseFinished);
        }
        self.access_in_force()?;
        self.grants.check_follows(Some(&data.plan))?;
        let next = self.grants.asked.len() as u64 + 1;
        if data.number != next {
            return Err(Refusal::NotTheNextRelease(next));
        }
        Ok(Event::ReleaseAsked(Box::new(data), Box::new(facts)))
    }

    /// Released is what was asked for, once, by two others.
    pub(super) fn decide_release(
        &self,
        (data, approval): (GrantReleased, Approval),
        now: DateTime<Utc>,
    ) -> Result<Event, Refusal> {
        if self.finished.is_some() {
            return Err(Refusal::CaseFinished);
        }
        let asked = self.grants.asked.get(&data.number);
        let asked = asked.filter(|(asked, _)| asked.custodian == data.custodian);
        let (asked, _) = asked.ok_or(Refusal::NoSuchRelease(data.number))?;
        if self.is_released(data.number) {
            return Err(Refusal::AlreadyReleased(data.number));
        }
        let digest = release_words(asked).to_string();
        if data.digest != digest || data.grants != asked.grants {
            return Err(Refusal::ApprovedSomethingElse(data.proposal));
        }
        approval.check_two(&digest, now)?;
        Ok(Event::GrantReleased(Box::new(data), Box::new(NoFacts {})))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{connect, declare, given, map, name, register};
    use super::super::{AccessCommand, CaseCommand};
    use super::*;
    use crate::domain::case::Case;

    fn approval(digest: &str, approved: &[&str]) -> Approval {
        Approval {
            proposal: "q".to_owned(),
            digest: digest.to_owned(),
            requester: "operator-1".to_owned(),
            approved: approved.iter().map(|one| (*one).to_owned()).collect(),
            expires: DateTime::<Utc>::MAX_UTC,
            ..Approval::default()
        }
    }

    pub(in super::super) fn adopt_access(plan: &str, amends: Option<&str>) -> CaseCommand {
        adopt_by(plan, amends, &approval(plan, &["approver-1"]))
    }

    fn adopt_by(plan: &str, amends: Option<&str>, approval: &Approval) -> CaseCommand {
        let data = AccessAdopted {
            amends: amends.map(str::to_owned),
            changed: u64::from(amends.is_some()),
            digest: plan.to_owned(),
            held: 1,
            kept: 1,
            lost: 0,
            plan: plan.to_owned(),
            proposal: "q".to_owned(),
        };
        let adopted = (data, AccessAdoptedFacts::default(), approval.clone());
        CaseCommand::Access(AccessCommand::Adopt(
            Box::new(adopted),
            DateTime::UNIX_EPOCH,
        ))
    }

    pub(in super::super) fn make_access(plan: &str, amends: Option<&str>) -> CaseCommand {
        CaseCommand::Access(AccessCommand::Make(AccessPlanMade {
            amends: amends.map(str::to_owned),
            changed: u64::from(amends.is_some()),
            custodians: 1,
            declared: None,
            held: 1,
            kept: 1,
            lost: 0,
            plan: plan.to_owned(),
        }))
    }

    fn asked(number: u64, plan: &str) -> ReleaseAsked {
        ReleaseAsked {
            custodian: name("ann"),
            grants: 2,
            number,
            object: "o".to_owned(),
            plan: plan.to_owned(),
        }
    }

    fn ask(number: u64, plan: &str) -> CaseCommand {
        let facts = ReleaseFacts::default();
        CaseCommand::Access(AccessCommand::AskRelease(asked(number, plan), facts))
    }

    fn release(of: &ReleaseAsked, approval: Approval) -> CaseCommand {
        let data = GrantReleased {
            custodian: of.custodian.clone(),
            digest: release_words(of).to_string(),
            grants: of.grants,
            number: of.number,
            proposal: "q".to_owned(),
        };
        let released = Box::new((data, approval));
        CaseCommand::Access(AccessCommand::Release(released, DateTime::UNIX_EPOCH))
    }

    fn case(more: Vec<CaseCommand>) -> Case {
        let start = vec![
            declare(),
            register(),
            connect("t", true),
            map("ann", true),
            map("bob", true),
        ];
        given(start.into_iter().chain(more).collect())
    }

    #[test]
    fn a_plan_is_put_in_force_by_others_and_replaced_by_an_amendment_only() {
        let none = case(vec![]);
        let unknown = Err(Refusal::UnknownAccessPlan("a".to_owned()));
        assert_eq!(none.decide(adopt_access("a", None)), unknown);
        let amends_nothing = none.decide(make_access("b", Some("a")));
        assert_eq!(amends_nothing, Err(Refusal::AccessNotApproved));
        let made = case(vec![make_access("a", None)]);
        let own = adopt_by("a", None, &approval("a", &["operator-1"]));
        let few = Refusal::TooFewApprovals {
            found: 0,
            needed: 1,
        };
        assert_eq!(made.decide(own), Err(few));
        let other = adopt_by("a", None, &approval("b", &["approver-1"]));
        assert!(made.decide(other).is_err(), "another digest was approved");
        let other = adopt_by("a", Some("z"), &approval("a", &["approver-1"]));
        assert!(made.decide(other).is_err(), "other words than were shown");
        let in_force = case(vec![
            make_access("a", None),
            make_access("b", None),
            adopt_access("a", None),
        ]);
        let not = Err(Refusal::NotAnAmendment("a".to_owned()));
        assert_eq!(in_force.decide(adopt_access("b", None)), not, "made before");
        assert_eq!(in_force.decide(make_access("c", None)), not);
        assert_eq!(in_force.decide(make_access("c", Some("z"))), not);
        let same = Err(Refusal::AccessPlanInForce("a".to_owned()));
        assert_eq!(in_force.decide(make_access("a", Some("a"))), same);
        let after = case(vec![
            make_access("a", None),
            adopt_access("a", None),
            make_access("b", Some("a")),
            adopt_access("b", Some("a")),
        ]);
        assert_eq!(after.grants.amendments, 1);
        assert_eq!(after.grants.check_follows(Some("b")), Ok(()));
        assert!(after.grants.check_follows(Some("a")).is_err());
        assert!(after.grants.check_follows(None).is_err());
    }

    #[test]
    fn nothing_of_a_sensitive_custodian_is_written_before_its_owner_attests() {
        let of = |custodian: &str| Sensitive {
            custodian: name(custodian),
        };
        let facts = SensitiveFacts::default;
        let named = |who: &str| CaseCommand::Access(AccessCommand::NameSensitive(of(who), facts()));
        let attest = |who: &str| CaseCommand::Access(AccessCommand::Attest(of(who), facts()));
        let case = case(vec![named("ann")]);
        let not = Err(Refusal::NotAttested("ann".to_owned()));
        assert_eq!(case.check_may_write(&name("ann")), not);
        assert_ne!(case.check_may_write(&name("bob")), not, "ann's alone");
        let nothing = Err(Refusal::NothingToAttest("bob".to_owned()));
        assert_eq!(case.decide(attest("bob")), nothing);
        let mut case = case;
        let event = case.decide(attest("ann")).expect("attested");
        case.evolve(&event);
        assert_eq!(case.grants.check_attested(&name("ann")), Ok(()));
        assert!(case.decide(attest("ann")).is_err(), "twice");
        let event = case.decide(named("ann")).expect("named again");
        case.evolve(&event);
        assert_eq!(case.check_may_write(&name("ann")), not);
    }

    #[test]
    fn a_release_needs_two_others_who_approved_that_very_object() {
        let of = asked(1, "a");
        let digest = release_words(&of).to_string();
        let case = case(vec![
            make_access("a", None),
            adopt_access("a", None),
            ask(1, "a"),
        ]);
        let two = approval(&digest, &["approver-1", "approver-2"]);
        for few in [
            &["approver-1"][..],
            &["approver-1", "operator-1"],
            &["operator-1"],
        ] {
            let found = few.len().min(1) - usize::from(few == ["operator-1"]);
            let refused = Err(Refusal::TooFewApprovals { found, needed: 2 });
            assert_eq!(case.decide(release(&of, approval(&digest, few))), refused);
        }
        let rejected = Approval {
            rejected: ["approver-3".to_owned()].into(),
            ..two.clone()
        };
        assert!(case.decide(release(&of, rejected)).is_err());
        let other = ReleaseAsked {
            object: "p".to_owned(),
            ..of.clone()
        };
        let theirs = approval(
            &release_words(&other).to_string(),
            &["approver-1", "approver-2"],
        );
        assert!(
            case.decide(release(&other, theirs)).is_err(),
            "another object"
        );
        let bobs = ReleaseAsked {
            custodian: name("bob"),
            ..of.clone()
        };
        let refused = Err(Refusal::NoSuchRelease(1));
        assert_eq!(case.decide(release(&bobs, two.clone())), refused);
        let mut case = case;
        let event = case.decide(release(&of, two.clone())).expect("released");
        case.evolve(&event);
        assert_eq!(case.releases().collect::<Vec<_>>(), [&of]);
        let again = Err(Refusal::AlreadyReleased(1));
        assert_eq!(case.decide(release(&of, two)), again);
    }

    #[test]
    fn what_is_asked_for_is_held_by_the_plan_in_force_and_numbered() {
        assert_eq!(
            case(vec![]).decide(ask(1, "a")),
            Err(Refusal::AccessNotApproved)
        );
        let case = case(vec![
            make_access("a", None),
            adopt_access("a", None),
            ask(1, "a"),
        ]);
        assert_eq!(case.decide(ask(1, "a")), Err(Refusal::NotTheNextRelease(2)));
        let other = Err(Refusal::AnotherAccessPlan("a".to_owned()));
        assert_eq!(case.decide(ask(2, "b")), other);
        assert!(case.decide(ask(2, "a")).is_ok());
    }
}
