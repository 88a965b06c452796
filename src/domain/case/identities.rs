//! Identities in the clean tenant: which were accepted, made, held; who was proofed and let in. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Case;
use crate::domain::event::{
    AcceptedFacts, CAME_IN, Event, IdentityAttempted, IdentityConfirmed, IdentityEnded,
    IdentityFacts, IdentityMade, IdentityProofed, MADE, MappingAccepted, NoFacts, Pass,
    ProofedFacts, SHARED,
};
use crate::domain::identity::GUEST;
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;

/// What the operator wants of identities.
#[derive(Clone, Debug, PartialEq)]
pub enum IdentityCommand {
    /// Accept a suggested mapping.
    Accept(MappingAccepted, AcceptedFacts),
    /// Say that an identity will be made.
    Attempt(IdentityAttempted, IdentityFacts),
    /// Say that it is there.
    Make(IdentityMade, IdentityFacts),
    /// Say that it is left to people.
    Hold(IdentityEnded, IdentityFacts),
    /// Say that it could not be made.
    Fail(IdentityEnded),
    /// Say that somebody made sure who the user is.
    Proof(IdentityProofed, ProofedFacts),
    /// Say that a pass will be asked for.
    AskPass(Pass),
    /// Say that it was handed out.
    IssuePass(Pass),
    /// Say what was seen to be there.
    Confirm(IdentityConfirmed),
}

impl IdentityCommand {
    /// Whom it is about: the subject of its facts, so that somebody's facts can be erased alone.
    pub fn identity(&self) -> Option<&Pseudonym> {
        match self {
            Self::Accept(..) => None,
            Self::Attempt(data, _) => Some(&data.identity),
            Self::Make(data, _) => Some(&data.identity),
            Self::Hold(data, _) | Self::Fail(data) => Some(&data.identity),
            Self::Proof(data, _) => Some(&data.identity),
            Self::AskPass(data) | Self::IssuePass(data) => Some(&data.identity),
            Self::Confirm(data) => Some(&data.identity),
        }
    }
}

/// One identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// What it is.
    pub kind: String,
    /// Its name and object id, where the facts could be had.
    pub facts: IdentityFacts,
    /// An attempt has no outcome yet.
    pub is_open: bool,
    /// The outcome, once it is there.
    pub made: Option<IdentityMade>,
    /// Why it is left to people, where it is.
    pub held: Option<String>,
    /// Why the last attempt failed, where it did.
    pub failed: Option<String>,
    /// How many times somebody made sure who it is.
    pub proofs: u64,
    /// How many passes were asked for.
    pub passes_asked: u64,
    /// How many were handed out.
    pub passes: u64,
    /// What was seen to be there, and whether.
    pub confirmed: BTreeMap<String, bool>,
}

/// What the record says of identities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identities {
    /// By pseudonym.
    pub known: BTreeMap<Pseudonym, Identity>,
    /// Mappings that people accepted, in order.
    pub accepted: Vec<(MappingAccepted, AcceptedFacts)>,
}

impl Identities {
    /// The identity of a name.
    pub fn find(&self, name: &str) -> Option<(&Pseudonym, &Identity)> {
        self.known.iter().find(|(_, one)| {
            let known = one.facts.name.as_deref();
            known.is_some_and(|known| known.eq_ignore_ascii_case(name))
        })
    }

    fn made(&self, identity: &Pseudonym) -> Result<&Identity, Refusal> {
        let known = self.known.get(identity).filter(|one| one.made.is_some());
        known.ok_or_else(|| Refusal::IdentityNotMade(identity.to_string()))
    }

    /// Users say what they see themselves; of a shared mailbox and a guest the tenant answers one question each.
    fn confirmable(&self, data: &IdentityConfirmed) -> Result<(), Refusal> {
        let made = self.made(&data.identity)?;
        let fits = match &*made.kind {
            "user" => true,
            "shared-mailbox" => data.what == SHARED,
            GUEST => data.what == CAME_IN,
            _ => false,
        };
        if fits {
            return Ok(());
        }
        Err(Refusal::IdentityNotMade(data.identity.to_string()))
    }

    fn user(&self, identity: &Pseudonym) -> Result<&Identity, Refusal> {
        let made = self.made(identity)?;
        if made.kind == "user" {
            return Ok(made);
        }
        Err(Refusal::IdentityNotMade(identity.to_string()))
    }

    pub(super) fn evolve(&mut self, event: &Event) {
        match event {
            Event::MappingAccepted(data, facts) => {
                self.accepted.push(((**data).clone(), (**facts).clone()));
            }
            Event::IdentityAttempted(data, facts) => {
                let one = self.known.entry(data.identity.clone()).or_default();
                one.kind.clone_from(&data.kind);
                one.facts = (**facts).clone();
                one.is_open = true;
                (one.held, one.failed) = (None, None);
            }
            Event::IdentityMade(data, facts) => {
                let one = self.known.entry(data.identity.clone()).or_default();
                one.is_open = false;
                one.facts = (**facts).clone();
                one.made = Some((**data).clone());
            }
            Event::IdentityHeld(data, facts) => {
                let one = self.known.entry(data.identity.clone()).or_default();
                one.kind.clone_from(&data.kind);
                one.facts = (**facts).clone();
                (one.held, one.failed) = (Some(data.reason.clone()), None);
                one.is_open = false;
            }
            Event::IdentityFailed(data, _) => {
                self.change(&data.identity, |one| {
                    one.is_open = false;
                    one.failed = Some(data.reason.clone());
                });
            }
            Event::IdentityProofed(data, _) => self.change(&data.identity, |one| one.proofs += 1),
            Event::PassAttempted(data, _) => {
                self.change(&data.identity, |one| one.passes_asked = data.number);
            }
            Event::PassIssued(data, _) => {
                self.change(&data.identity, |one| one.passes = data.number);
            }
            Event::IdentityConfirmed(data, _) => self.change(&data.identity, |one| {
                one.confirmed.insert(data.what.clone(), data.there);
            }),
            _ => {}
        }
    }

    fn change(&mut self, identity: &Pseudonym, change: impl FnOnce(&mut Identity)) {
        if let Some(one) = self.known.get_mut(identity) {
            change(one);
        }
    }
}

impl Case {
    /// Decides a command about identities at an instant.
    pub(super) fn decide_identity(
        &self,
        command: IdentityCommand,
        now: DateTime<Utc>,
    ) -> Result<Event, Refusal> {
        self.target.as_ref().ok_or(Refusal::NoTarget)?;
        let no_facts = || Box::new(NoFacts {});
        let identities = &self.identities;
        match command {
            IdentityCommand::Accept(data, facts) => {
                let next = identities.accepted.len() as u64 + 1;
                if data.number != next {
                    return Err(Refusal::NotTheNextMapping(next));
                }
                Ok(Event::MappingAccepted(Box::new(data), Box::new(facts)))
            }
            IdentityCommand::Attempt(data, facts) => {
                self.gates.check_worker(now)?;
                self.check_unmade(&data.identity, &facts)?;
                Ok(Event::IdentityAttempted(Box::new(data), Box::new(facts)))
            }
            IdentityCommand::Make(data, facts) => {
                let known = identities.known.get(&data.identity);
                if !known.is_some_and(|one| one.is_open) {
                    return Err(Refusal::IdentityNotAttempted(data.identity.to_string()));
                }
                if data.how != MADE {
                    return Err(Refusal::IdentityThereBefore(data.identity.to_string()));
                }
                Ok(Event::IdentityMade(Box::new(data), Box::new(facts)))
            }
            IdentityCommand::Hold(data, facts) => {
                self.check_unmade(&data.identity, &facts)?;
                Ok(Event::IdentityHeld(Box::new(data), Box::new(facts)))
            }
            IdentityCommand::Fail(data) => {
                let known = identities.known.get(&data.identity);
                if !known.is_some_and(|one| one.is_open) {
                    return Err(Refusal::IdentityNotAttempted(data.identity.to_string()));
                }
                Ok(Event::IdentityFailed(Box::new(data), no_facts()))
            }
            IdentityCommand::Proof(data, facts) => {
                identities.user(&data.identity)?;
                Ok(Event::IdentityProofed(Box::new(data), Box::new(facts)))
            }
            IdentityCommand::AskPass(data) => {
                self.check_pass(&data, now)?;
                Ok(Event::PassAttempted(Box::new(data), no_facts()))
            }
            IdentityCommand::IssuePass(data) => {
                let user = identities.user(&data.identity)?;
                if user.passes_asked != data.number || user.passes == data.number {
                    return Err(Refusal::PassNotAsked(data.identity.to_string()));
                }
                Ok(Event::PassIssued(Box::new(data), no_facts()))
            }
            IdentityCommand::Confirm(data) => {
                identities.confirmable(&data)?;
                Ok(Event::IdentityConfirmed(Box::new(data), no_facts()))
            }
        }
    }

    /// One name is one identity, and what is made is not made again.
    fn check_unmade(&self, identity: &Pseudonym, facts: &IdentityFacts) -> Result<(), Refusal> {
        let known = self.identities.known.get(identity);
        if known.is_some_and(|one| one.made.is_some()) {
            return Err(Refusal::IdentityAlreadyMade(identity.to_string()));
        }
        let name = facts.name.as_deref().unwrap_or_default();
        match self.identities.find(name) {
            Some((other, _)) if other != identity => {
                Err(Refusal::IdentityAlreadyMade(other.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// Nobody comes in before trust is certified, and each pass needs somebody who made sure who gets it.
    fn check_pass(&self, data: &Pass, now: DateTime<Utc>) -> Result<(), Refusal> {
        let user = self.identities.user(&data.identity)?;
        // An account that was there before may be an administrator's or one behind glass: a pass for it would be a way in that
        // nobody approved.
        if user.made.as_ref().is_none_or(|made| made.how != MADE) {
            return Err(Refusal::IdentityNotMade(data.identity.to_string()));
        }
        // A certificate stands until somebody revokes it; the audit under it may have found a way in, or its waiver may be over.
        self.gates.check_trust(now)?;
        if user.proofs <= user.passes {
            return Err(Refusal::NotProofed(data.identity.to_string()));
        }
        if data.number != user.passes_asked + 1 {
            return Err(Refusal::NotTheNextPass(user.passes_asked + 1));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{connect, declare, given, name};
    use super::super::{Case, CaseCommand};
    use super::*;
    use crate::domain::certificate::Certificate;
    use crate::domain::event::{Audited, CertificateKind, Certified};
    use crate::domain::finding::Verdict;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + minutes * 60, 0).expect("a time")
    }

    fn command(command: IdentityCommand) -> CaseCommand {
        CaseCommand::Identity(Box::new(command), at(0))
    }

    fn facts(upn: &str) -> IdentityFacts {
        IdentityFacts {
            name: Some(upn.to_owned()),
            object: None,
        }
    }

    fn attempt(identity: &str, upn: &str) -> CaseCommand {
        let data = IdentityAttempted {
            identity: name(identity),
            kind: "user".to_owned(),
        };
        command(IdentityCommand::Attempt(data, facts(upn)))
    }

    fn made(identity: &str, upn: &str) -> CaseCommand {
        let data = IdentityMade {
            how: "made".to_owned(),
            identity: name(identity),
            licences: 1,
            members: 0,
            owners: 0,
        };
        command(IdentityCommand::Make(data, facts(upn)))
    }

    fn proof(identity: &str) -> CaseCommand {
        let data = IdentityProofed {
            identity: name(identity),
            method: "in-person".to_owned(),
        };
        command(IdentityCommand::Proof(data, ProofedFacts::default()))
    }

    fn pass(number: u64) -> Pass {
        Pass {
            identity: name("i1"),
            minutes: 60,
            number,
        }
    }

    fn trusted(mut case: Case, until: DateTime<Utc>) -> Case {
        let said = Certified {
            certificate: CertificateKind::Trust,
            digest: String::new(),
            from: at(-1),
            number: 1,
            proposal: String::new(),
            rests_on: 1,
            until,
        };
        let certificate = Certificate {
            said,
            revoked: None,
        };
        case.gates
            .certificates
            .insert(CertificateKind::Trust, certificate);
        case.gates.audit = Some(audit(Verdict::Pass, None));
        case
    }

    fn audit(verdict: Verdict, until: Option<DateTime<Utc>>) -> Audited {
        Audited {
            certifiers: None,
            at: Some(at(-2)),
            findings: String::new(),
            number: 1,
            until,
            verdicts: [("S1".to_owned(), verdict)].into(),
        }
    }

    #[test]
    fn an_identity_is_made_once_and_answers_an_intent() {
        let start = vec![declare(), connect("t", true)];
        let case = given(start.clone());
        let not = Err(Refusal::IdentityNotAttempted("i1".to_owned()));
        assert_eq!(case.decide(made("i1", "ann@new")), not);
        let more = vec![attempt("i1", "ann@new"), made("i1", "ann@new")];
        let case = given([start, more].concat());
        let already = Err(Refusal::IdentityAlreadyMade("i1".to_owned()));
        assert_eq!(case.decide(attempt("i1", "ann@new")), already);
        assert_eq!(
            case.decide(attempt("i2", "ANN@new")),
            already,
            "the name is taken"
        );
        assert_eq!(case.decide(made("i1", "ann@new")), not, "twice");
        let found = IdentityMade {
            how: "found".to_owned(),
            identity: name("i2"),
            licences: 0,
            members: 0,
            owners: 0,
        };
        let found = command(IdentityCommand::Make(found, facts("bob@new")));
        let open = given(vec![
            declare(),
            connect("t", true),
            attempt("i2", "bob@new"),
        ]);
        assert_eq!(
            open.decide(found),
            Err(Refusal::IdentityThereBefore("i2".to_owned())),
            "nobody approved an account that was there before"
        );
        assert!(case.decide(attempt("i2", "bob@new")).is_ok());
    }

    #[test]
    fn a_pass_needs_trust_and_a_proof_of_its_own() {
        let start = vec![
            declare(),
            connect("t", true),
            attempt("i1", "ann@new"),
            made("i1", "ann@new"),
        ];
        let ask = |number| command(IdentityCommand::AskPass(pass(number)));
        let issue = |number| command(IdentityCommand::IssuePass(pass(number)));
        let proofed = given([start.clone(), vec![proof("i1")]].concat());
        assert_eq!(proofed.decide(ask(1)), Err(Refusal::NotTrusted));
        let over = trusted(proofed.clone(), at(0));
        assert!(over.decide(ask(1)).is_err(), "trust has ended");
        for later in [
            audit(Verdict::Fail, None),
            audit(Verdict::NeedsEvidence, None),
            audit(Verdict::Waived, Some(at(0))),
        ] {
            let mut open = trusted(proofed.clone(), at(9));
            open.gates.audit = Some(later);
            let open = open.decide(ask(1));
            assert_eq!(
                open,
                Err(Refusal::FindingsOpen("trust")),
                "its audit does not hold"
            );
        }
        let unproofed = trusted(given(start), at(9));
        let not = Err(Refusal::NotProofed("i1".to_owned()));
        assert_eq!(unproofed.decide(ask(1)), not);
        let mut case = trusted(proofed, at(9));
        assert_eq!(case.decide(ask(2)), Err(Refusal::NotTheNextPass(1)));
        assert!(case.decide(issue(1)).is_err(), "nobody asked");
        for command in [ask(1), issue(1)] {
            let event = case.decide(command).expect("allowed");
            case.evolve(&event);
        }
        assert!(case.decide(issue(1)).is_err(), "twice");
        assert_eq!(case.decide(ask(2)), not, "the proof was for the first");
        let event = case.decide(proof("i1")).expect("again");
        case.evolve(&event);
        assert!(case.decide(ask(2)).is_ok());
    }

    #[test]
    fn groups_get_no_pass_and_nobody_is_proofed_who_is_not_there() {
        let case = trusted(given(vec![declare(), connect("t", true)]), at(9));
        let not = Err(Refusal::IdentityNotMade("i1".to_owned()));
        assert_eq!(case.decide(proof("i1")), not);
        let data = IdentityAttempted {
            identity: name("i1"),
            kind: "security-group".to_owned(),
        };
        let group = command(IdentityCommand::Attempt(data, facts("team")));
        let case = given(vec![
            declare(),
            connect("t", true),
            group,
            made("i1", "team"),
        ]);
        assert_eq!(case.decide(proof("i1")), not);
    }
}
