//! The case: what was declared, connected, mapped, planned and opened; decides the operator's commands. Pure.

mod access;
mod closing;
mod content;
mod erasing;
mod gating;
mod granting;
mod identities;
mod mapping;
mod moving;
mod one_mailbox;
mod seal_keys;
mod sites;
mod waves;
mod withdrawing;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

pub use access::{AccessCommand, OpenAccess};
pub use content::{Content, ContentCommand};
pub use granting::{Grants, release_words};
pub use identities::{Identities, Identity, IdentityCommand};
pub use sites::{INSIDE_MAX, SeenSite, SiteCommand, Sites, is_site};

use super::closing::{Closing, ClosingCommand};
use super::domain_move::{MoveCommand, Moves};
use super::event::{
    CaseDeclared, CaseFacts, CaseFinished, CustodianFacts, CustodianMapped, Event,
    ExceptionAssigned, IssuerFacts, ItemsTakenUp, MappingWithdrawn, NoFacts, PersonFacts,
    PersonNamed, PlanAdopted, PlanMade, ReportIssued, SourceFacts, SourceRegistered, TAKEN_UP_MAX,
    TargetConnected, TargetFacts, Wave,
};
use super::gates::{GateCommand, Gates, Guard, stands};
use super::hold::{HoldFacts, Holds, LegalHold};
use super::notice::NoticeCommand;
use super::pseudonym::Pseudonym;
use super::refusal::Refusal;
use super::seal_key::SealKeyBound;
use super::wave::{WaveCommand, Waves};

/// What the operator wants.
#[derive(Clone, Debug, PartialEq)]
pub enum CaseCommand {
    /// Open a custodian's files to those whom the source let in.
    Access(AccessCommand),
    /// Put an approved plan into force.
    AdoptPlan(PlanAdopted),
    /// Say who looks after an item that is not identical.
    AssignException(ExceptionAssigned),
    /// Look whether our own applications are gone; close the case.
    Close(ClosingCommand, DateTime<Utc>),
    /// Something about the content gate, at an instant.
    Content(Box<ContentCommand>, DateTime<Utc>),
    /// End a wave.
    CloseWave(Wave),
    /// Connect the clean tenant.
    ConnectTarget(TargetConnected, TargetFacts),
    /// Declare the source tenant compromised.
    Declare(CaseDeclared, CaseFacts),
    /// Bind the key that seals reports to the key that signs.
    BindSealKey(SealKeyBound),
    /// Something about the gates, at an instant.
    Gate(Box<GateCommand>, DateTime<Utc>),
    /// End the case.
    Finish(CaseFinished),
    /// Something about identities in the clean tenant, at an instant.
    Identity(Box<IdentityCommand>, DateTime<Utc>),
    /// Hand out a report.
    IssueReport(ReportIssued, IssuerFacts),
    /// Say which user a custodian is, or that nobody is.
    MapCustodian(CustodianMapped, CustodianFacts),
    /// Say who a person is.
    NamePerson(PersonNamed, PersonFacts),
    /// Freeze a plan.
    MakePlan(PlanMade),
    /// Something about a domain that moves, at an instant.
    Move(Box<MoveCommand>, DateTime<Utc>),
    /// Forbid to erase a custodian.
    PlaceHold(LegalHold, HoldFacts),
    /// End a legal hold.
    ReleaseHold(LegalHold, HoldFacts),
    /// Something about a notice of what waits.
    Notice(NoticeCommand),
    /// Let the workers run.
    OpenWave(Wave),
    /// Add a backup.
    RegisterSource(SourceRegistered, SourceFacts),
    /// Make a site in the target.
    Site(SiteCommand),
    /// Try once more what failed.
    TakeUp(ItemsTakenUp),
    /// Something about waves, at an instant.
    Waves(Box<WaveCommand>, DateTime<Utc>),
    /// Take a mapping back, on which nothing rests in the plans that were looked through.
    WithdrawMapping(MappingWithdrawn, BTreeSet<String>),
}

/// A mapped custodian.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownCustodian {
    /// Whether somebody in the target gets its items.
    pub is_mapped: bool,
    /// Who it is, where the facts could be had.
    pub facts: CustodianFacts,
}

/// What the record says of the case so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    /// Whose files are open to others.
    pub access: OpenAccess,
    /// Identities in the clean tenant.
    pub identities: Identities,
    /// The access plan in force, and what was released of what it holds.
    pub grants: Grants,
    /// The declaration.
    pub declared: Option<(CaseDeclared, CaseFacts)>,
    /// The sources, by number.
    pub sources: Vec<(SourceRegistered, SourceFacts)>,
    /// The target.
    pub target: Option<(TargetConnected, TargetFacts)>,
    /// The custodians.
    pub custodians: BTreeMap<Pseudonym, KnownCustodian>,
    /// The plans, by hash.
    pub plans: BTreeMap<String, PlanMade>,
    /// Those in force, in the order of their adoption.
    pub adopted: Vec<String>,
    /// By which proposal each of them was approved last.
    pub approved_by: BTreeMap<String, String>,
    /// Open waves: plan and number.
    pub open_waves: BTreeSet<(String, u32)>,
    /// The legal holds that stand.
    pub holds: Holds,
    /// Custodians who were erased, with the entry that says so.
    pub erased: BTreeMap<Pseudonym, u64>,
    /// The end.
    pub finished: Option<CaseFinished>,
    /// The reports that were handed out, by number from 1.
    pub reports: Vec<(ReportIssued, IssuerFacts)>,
    /// Who looks after an item that is not identical, where somebody was named.
    pub owners: BTreeMap<Pseudonym, Pseudonym>,
    /// Who people are whom the roots named with a key, where somebody said it.
    pub people: BTreeMap<Pseudonym, String>,
    /// The keys that seal reports, in the order in which they were bound.
    pub seal_keys: Vec<SealKeyBound>,
    /// The content gate, and what was released.
    pub content: Content,
    /// The gates.
    pub gates: Gates,
    /// The waves of its plans.
    pub waves: Waves,
    /// The sites that were looked at, and who was in them.
    pub sites: Sites,
    /// The domains that move.
    pub moves: Moves,
    /// How it ends.
    pub closing: Closing,
}

impl Case {
    /// Decides a command.
    pub fn decide(&self, command: CaseCommand) -> Result<Event, Refusal> {
        if let CaseCommand::Declare(data, facts) = command {
            return match self.declared {
                None => Ok(Event::CaseDeclared(Box::new(data), Box::new(facts))),
                Some(_) => Err(Refusal::CaseAlreadyDeclared),
            };
        }
        let (declared, case_facts) = self.declared.as_ref().ok_or(Refusal::CaseNotDeclared)?;
        // Reports are asked for and matters arise when they do, most often after the case is over.
        let at_any_time = matches!(
            command,
            CaseCommand::Access(..)
                | CaseCommand::AssignException(..)
                | CaseCommand::BindSealKey(..)
                | CaseCommand::IssueReport(..)
                | CaseCommand::NamePerson(..)
                | CaseCommand::PlaceHold(..)
                | CaseCommand::ReleaseHold(..)
                | CaseCommand::Site(..)
        );
        self.check_not_closed(&command)?;
        if at_any_time {
            return self.decide_at_any_time(command);
        }
        // What is restored may be over long before its tenant is separate and its domains have moved.
        match command {
            CaseCommand::Close(command, now) => return self.decide_close(command, now),
            CaseCommand::Gate(command, now) => return self.decide_gate(*command, now),
            CaseCommand::Move(command, now) => return self.decide_move(*command, now),
            _ if self.finished.is_some() => return Err(Refusal::CaseFinished),
            _ => {}
        }
        let no_facts = || Box::new(NoFacts {});
        match command {
            CaseCommand::RegisterSource(data, facts) => {
                Ok(Event::SourceRegistered(Box::new(data), Box::new(facts)))
            }
            CaseCommand::ConnectTarget(data, facts) => {
                self.check_target(declared, case_facts, &data, &facts)?;
                Ok(Event::TargetConnected(Box::new(data), Box::new(facts)))
            }
            CaseCommand::MapCustodian(data, facts) => {
                self.check_mapping(&data, &facts)?;
                self.check_one_mailbox(&data.custodian, &facts)?;
                Ok(Event::CustodianMapped(Box::new(data), Box::new(facts)))
            }
            CaseCommand::MakePlan(data) => {
                self.check_plan(&data)?;
                Ok(Event::PlanMade(Box::new(data), no_facts()))
            }
            CaseCommand::AdoptPlan(data) => self.adopt(data),
            CaseCommand::OpenWave(data) => self.open_wave(data),
            CaseCommand::CloseWave(data) => {
                self.check_open(&data.plan, data.wave)?;
                self.check_not_paused(&data.plan, data.wave)?;
                Ok(Event::WaveClosed(Box::new(data), no_facts()))
            }
            CaseCommand::TakeUp(data) => self.take_up(data),
            CaseCommand::WithdrawMapping(data, looked) => self.withdraw(data, &looked),
            CaseCommand::Identity(command, now) => self.decide_identity(*command, now),
            CaseCommand::Waves(command, now) => self.decide_wave(*command, now),
            CaseCommand::Content(command, now) => self.decide_content(*command, now),
            CaseCommand::Notice(command) => Ok(command.event()),
            CaseCommand::Finish(data) => {
                self.check_no_wave_left()?;
                Ok(Event::CaseFinished(Box::new(data), no_facts()))
            }
            other => self.decide_at_any_time(other),
        }
    }

    fn open_wave(&self, data: Wave) -> Result<Event, Refusal> {
        self.check_adopted(&data.plan)?;
        if self.open_waves.contains(&(data.plan.clone(), data.wave)) {
            return Err(Refusal::WaveAlreadyOpen(data.wave));
        }
        self.check_may_open(&data.plan, data.wave)?;
        Ok(Event::WaveOpened(Box::new(data), Box::new(NoFacts {})))
    }

    fn adopt(&self, data: PlanAdopted) -> Result<Event, Refusal> {
        self.known_plan(&data.plan)?;
        self.check_not_before_access(&data.plan)?;
        // One whose approval does not count any more is approved again.
        if self.adopted.contains(&data.plan) && self.check_approved(&data.plan).is_ok() {
            return Err(Refusal::PlanAlreadyAdopted(data.plan));
        }
        Ok(Event::PlanAdopted(Box::new(data), Box::default()))
    }

    /// What a plan in force named and what failed since: no approval is missing. Below what is open to others nothing more is
    /// written, so nothing of it is taken up.
    fn take_up(&self, data: ItemsTakenUp) -> Result<Event, Refusal> {
        self.check_known(&data.custodian)?;
        self.check_adopted(&data.plan)?;
        self.check_not_open_since(&data.custodian, &data.plan)?;
        let is_list = (1..=TAKEN_UP_MAX).contains(&data.items.len());
        if !is_list || !data.items.is_sorted_by(|one, next| one < next) {
            return Err(Refusal::TakenUpForm);
        }
        Ok(Event::ItemsTakenUp(Box::new(data), Box::new(NoFacts {})))
    }

    /// Decides what neither begins nor goes on with a restore.
    fn decide_at_any_time(&self, command: CaseCommand) -> Result<Event, Refusal> {
        match command {
            CaseCommand::Access(command) => self.decide_access(command),
            CaseCommand::Site(command) => self.decide_site(command),
            CaseCommand::AssignException(data) => self.assign(data),
            CaseCommand::BindSealKey(data) => self.bind_seal_key(data),
            CaseCommand::IssueReport(data, facts) => {
                let next = self.reports.len() as u64 + 1;
                if data.number != next {
                    return Err(Refusal::NotTheNextReport(next));
                }
                Ok(Event::ReportIssued(Box::new(data), Box::new(facts)))
            }
            CaseCommand::NamePerson(data, facts) => {
                if facts.name == self.people.get(&data.person).cloned() {
                    return Err(Refusal::AlreadyNamed(data.person.to_string()));
                }
                Ok(Event::PersonNamed(Box::new(data), Box::new(facts)))
            }
            CaseCommand::PlaceHold(data, facts) => {
                self.check_known(&data.custodian)?;
                self.holds.check_place(&data)?;
                Ok(Event::LegalHoldPlaced(Box::new(data), Box::new(facts)))
            }
            CaseCommand::ReleaseHold(data, facts) => {
                self.holds.check_release(&data)?;
                Ok(Event::LegalHoldReleased(Box::new(data), Box::new(facts)))
            }
            _ => Err(Refusal::CaseAlreadyDeclared),
        }
    }

    /// Exceptions are looked after when the case is finished too: that is when most of them are.
    fn assign(&self, data: ExceptionAssigned) -> Result<Event, Refusal> {
        if self.owners.get(&data.item) == Some(&data.person) {
            return Err(Refusal::AlreadyAssigned {
                item: data.item.to_string(),
                person: data.person.to_string(),
            });
        }
        Ok(Event::ExceptionAssigned(
            Box::new(data),
            Box::new(NoFacts {}),
        ))
    }

    fn check_plan(&self, data: &PlanMade) -> Result<(), Refusal> {
        self.check_may_plan()?;
        self.check_gate_of(data)?;
        if self.plans.contains_key(&data.plan) {
            return Err(Refusal::PlanAlreadyMade(data.plan.clone()));
        }
        Ok(())
    }

    fn known_plan(&self, plan: &str) -> Result<&PlanMade, Refusal> {
        self.plans
            .get(plan)
            .ok_or_else(|| Refusal::UnknownPlan(plan.to_owned()))
    }

    fn check_adopted(&self, plan: &str) -> Result<(), Refusal> {
        self.known_plan(plan)?;
        let is_adopted = self.adopted.iter().any(|adopted| adopted == plan);
        if stands(Guard::Plan, is_adopted) {
            return self.check_approved(plan);
        }
        Err(Refusal::PlanNotAdopted(plan.to_owned()))
    }

    fn check_approved(&self, plan: &str) -> Result<(), Refusal> {
        let proposal = self.approved_by.get(plan);
        proposal.map_or(Ok(()), |proposal| self.gates.struck.check(proposal))
    }

    fn check_open(&self, plan: &str, wave: u32) -> Result<(), Refusal> {
        self.check_adopted(plan)?;
        let is_open = self.open_waves.contains(&(plan.to_owned(), wave));
        if stands(Guard::Wave, is_open) {
            return Ok(());
        }
        Err(Refusal::WaveNotOpen {
            plan: plan.to_owned(),
            wave,
        })
    }

    /// Whether a worker may act for a custodian in a wave of a plan.
    pub fn check_work(&self, custodian: &Pseudonym, plan: &str, wave: u32) -> Result<(), Refusal> {
        self.check_may_write(custodian)?;
        self.check_open(plan, wave)?;
        self.check_goes_on(custodian, plan, wave)
    }

    /// Whether anything may be written for a custodian at all.
    pub fn check_may_write(&self, custodian: &Pseudonym) -> Result<(), Refusal> {
        self.declared.as_ref().ok_or(Refusal::CaseNotDeclared)?;
        if self.finished.is_some() {
            return Err(Refusal::CaseFinished);
        }
        self.target.as_ref().ok_or(Refusal::NoTarget)?;
        if self.erased.contains_key(custodian) {
            return self.check_known(custodian);
        }
        if !self
            .custodians
            .get(custodian)
            .is_some_and(|known| known.is_mapped)
        {
            return Err(Refusal::NotMapped(custodian.to_string()));
        }
        self.grants.check_attested(custodian)?;
        self.check_place(custodian)?;
        if !stands(Guard::Wave, !self.open_waves.is_empty()) {
            return Err(Refusal::WaveNotOpen {
                plan: "any".to_owned(),
                wave: 0,
            });
        }
        Ok(())
    }

    /// Takes an event in; those of workers change nothing here.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::CaseDeclared(data, facts) => {
                self.declared = Some(((**data).clone(), (**facts).clone()));
            }
            Event::SourceRegistered(data, facts) => {
                self.sources.push(((**data).clone(), (**facts).clone()));
            }
            Event::TargetConnected(data, facts) => {
                self.target = Some(((**data).clone(), (**facts).clone()));
            }
            Event::CustodianMapped(data, facts) => {
                let known = KnownCustodian {
                    is_mapped: data.mapped,
                    facts: (**facts).clone(),
                };
                self.custodians.insert(data.custodian.clone(), known);
            }
            Event::MappingWithdrawn(data, _) => self.forget_mapping(&data.custodian),
            Event::PlanMade(data, _) => {
                self.sites.freeze(&data.plan);
                self.plans.insert(data.plan.clone(), (**data).clone());
            }
            Event::PersonNamed(data, facts) => {
                let name = facts.name.iter().cloned();
                let named = name.map(|name| (data.person.clone(), name));
                self.people.extend(named);
            }
            Event::SealKeyBound(data, _) => self.seal_keys.push((**data).clone()),
            Event::PlanAdopted(data, _) => {
                if !self.adopted.contains(&data.plan) {
                    self.adopted.push(data.plan.clone());
                }
                let (plan, proposal) = (data.plan.clone(), data.proposal.clone());
                self.approved_by.insert(plan, proposal);
            }
            Event::WaveOpened(data, _) => {
                self.open_waves.insert((data.plan.clone(), data.wave));
                self.waves.evolve(event);
            }
            Event::WaveClosed(data, _) => {
                self.open_waves.remove(&(data.plan.clone(), data.wave));
                self.gates.evolve(event);
                self.waves.evolve(event);
            }
            Event::LegalHoldPlaced(data, facts) => self.holds.place(data, facts),
            Event::LegalHoldReleased(data, _) => self.holds.release(data),
            Event::CaseFinished(data, _) => self.finished = Some(**data),
            Event::ExceptionAssigned(data, _) => {
                self.owners.insert(data.item.clone(), data.person.clone());
            }
            Event::ReportIssued(data, facts) => {
                self.reports.push(((**data).clone(), (**facts).clone()));
            }
            _ => {
                let plans = self.plans.keys();
                let plans = plans.map(|plan| (plan.clone(), self.adopted.contains(plan)));
                self.access.evolve(event, plans);
                self.grants.evolve(event);
                self.identities.evolve(event);
                self.content.evolve(event);
                self.gates.evolve(event);
                self.waves.evolve(event);
                self.sites.evolve(event);
                self.moves.evolve(event);
                self.closing.evolve(event);
            }
        }
    }
}

#[cfg(test)]
mod tests;
