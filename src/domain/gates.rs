//! The gates of a case: what must stand in the record before a worker acts and before users come in. Pure; time is given in.
//!
//! They stand from the moment that the compromised tenant is pinned. A case that was never pinned has none of them: its
//! record says so by not holding `SourcePinned/1`.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::approval::{Approval, Struck};
use super::certificate::{Certificate, SIGNERS_MIN, check_time};
use super::closing::is_recent;
use super::declaration::{self, Windows};
use super::event::{
    Audited, CertificateKind, CertificateRevoked, Certified, Certifiers, CleanTenantDecided,
    DecisionFacts, Event, EvidenceFacts, EvidenceSaved, FindingWaived, NoFacts, PinnedFacts,
    SourcePinned, WaivedFacts, WindowFacts, WindowSet,
};
use super::finding::Verdict;
use super::refusal::Refusal;
use super::waiver::Waiver;

mod guard;
#[cfg(test)]
mod looks;
#[cfg(test)]
mod machine;

pub(in crate::domain) use guard::{Guard, stands};

/// What is asked of the gates.
#[derive(Clone, Debug, PartialEq)]
pub enum GateCommand {
    /// Say that the baseline was looked at, and what it came to.
    CheckBaseline(Audited),
    /// Say that the separation was audited.
    AuditSeparation(Audited),
    /// Certify, on the approval of others.
    Certify(Certified, Approval),
    /// Decide for a clean tenant, on the approval of others.
    Decide(CleanTenantDecided, DecisionFacts, Approval),
    /// Pin the compromised tenant.
    Pin(SourcePinned, PinnedFacts),
    /// End a certificate before its time.
    Revoke(CertificateRevoked),
    /// Say that evidence of the compromised tenant was saved.
    SaveEvidence(EvidenceSaved, EvidenceFacts),
    /// Declare a breach window.
    SetWindow(WindowSet, WindowFacts),
    /// Let an object pass for a time, on the approval of others.
    Waive(FindingWaived, WaivedFacts, Approval),
}

/// What the record says of the gates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gates {
    /// The compromised tenant, once it is pinned.
    pub pinned: Option<PinnedFacts>,
    /// The breach windows.
    pub windows: Windows,
    /// Why a clean tenant, once that is decided.
    pub decided: Option<CleanTenantDecided>,
    /// Evidence of the compromised tenant: how many files by kind.
    pub saved: BTreeMap<String, u64>,
    /// The newest baseline.
    pub baseline: Option<Audited>,
    /// The newest separation audit.
    pub audit: Option<Audited>,
    /// A wave was closed since the newest audit, which does not speak of what it wrote.
    pub is_audit_behind: bool,
    /// Waivers, those that ended too.
    pub waivers: Vec<(FindingWaived, WaivedFacts)>,
    /// The newest certificate of each kind.
    pub certificates: BTreeMap<CertificateKind, Certificate>,
    /// How many were ever issued.
    pub issued: u64,
    /// Approvals that do not count any more; what the whole case rests on among them.
    pub struck: Struck,
}

impl Gates {
    /// Decides a command at an instant.
    pub fn decide(&self, command: GateCommand, now: DateTime<Utc>) -> Result<Event, Refusal> {
        if let GateCommand::Pin(data, facts) = command {
            return self.pin(data, facts);
        }
        // Nothing of the gates means anything before it is known what they keep out.
        if self.pinned.is_none() {
            return Err(Refusal::NotPinned);
        }
        let no_facts = || Box::new(NoFacts {});
        match command {
            GateCommand::SetWindow(data, facts) => {
                Windows::check(&facts)?;
                Ok(Event::WindowSet(Box::new(data), Box::new(facts)))
            }
            GateCommand::SaveEvidence(data, facts) => {
                if !declaration::DECAYS
                    .iter()
                    .any(|(kind, ..)| *kind == data.kind)
                {
                    return Err(Refusal::UnknownEvidence(data.kind));
                }
                Ok(Event::EvidenceSaved(Box::new(data), Box::new(facts)))
            }
            GateCommand::Decide(data, facts, approval) => {
                check_others(&approval, &data.digest, now)?;
                declaration::check_weighed(&data.weighed)?;
                Ok(Event::CleanTenantDecided(Box::new(data), Box::new(facts)))
            }
            GateCommand::CheckBaseline(data) => {
                check_next(self.baseline.as_ref(), &data)?;
                Ok(Event::BaselineChecked(Box::new(data), no_facts()))
            }
            GateCommand::AuditSeparation(data) => {
                check_next(self.audit.as_ref(), &data)?;
                Ok(Event::SeparationAudited(Box::new(data), no_facts()))
            }
            GateCommand::Waive(data, facts, approval) => {
                check_waiver(&data, &facts, &approval, now)?;
                Ok(Event::FindingWaived(Box::new(data), Box::new(facts)))
            }
            GateCommand::Certify(data, approval) => {
                self.check_certificate(&data, &approval, now)?;
                Ok(Event::Certified(Box::new(data), no_facts()))
            }
            GateCommand::Revoke(data) => {
                let known = self
                    .certificates
                    .values()
                    .find(|one| one.said.number == data.number);
                let certificate = known.ok_or(Refusal::NoSuchCertificate(data.number))?;
                if certificate.revoked.is_some() {
                    return Err(Refusal::NoSuchCertificate(data.number));
                }
                Ok(Event::CertificateRevoked(Box::new(data), no_facts()))
            }
            GateCommand::Pin(..) => Err(Refusal::AlreadyPinned),
        }
    }

    fn pin(&self, data: SourcePinned, facts: PinnedFacts) -> Result<Event, Refusal> {
        if self.pinned.is_some() {
            return Err(Refusal::AlreadyPinned);
        }
        declaration::check_pin(&facts)?;
        Ok(Event::SourcePinned(Box::new(data), Box::new(facts)))
    }

    fn check_certificate(
        &self,
        said: &Certified,
        approval: &Approval,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        if said.certificate == CertificateKind::Trust {
            self.check_readiness(now)?;
        }
        if said.number != self.issued + 1 {
            return Err(Refusal::NotTheNextCertificate(self.issued + 1));
        }
        let looked = self.look_to_certify(said.certificate, now)?;
        if said.rests_on != looked.number {
            return Err(Refusal::FindingsOpen(said.certificate.name()));
        }
        // A certificate that outlives a waiver would carry on what the waiver let pass.
        let outlives = looked.until.is_some_and(|until| said.until > until);
        if !stands(Guard::WaiverDate, !outlives) {
            return Err(Refusal::OutlivesWaiver);
        }
        check_time(said, now)?;
        self.check_hours(looked, said.until - said.from)?;
        check_others(approval, &said.digest, now)?;
        self.certifiers(looked)
            .map_or(Ok(()), |declared| check_certifiers(declared, approval))
    }

    /// Who was declared to certify on a look. C31 is a check of the baseline: an audit whose file names nobody goes by that.
    fn certifiers<'a>(&'a self, looked: &'a Audited) -> Option<&'a Certifiers> {
        let of_baseline = || self.baseline.as_ref()?.certifiers.as_ref();
        looked.certifiers.as_ref().or_else(of_baseline)
    }

    /// Whether a certificate on a look may hold for that long, as it was declared.
    pub fn check_hours(&self, looked: &Audited, time: TimeDelta) -> Result<(), Refusal> {
        match self.certifiers(looked) {
            Some(declared) if time > TimeDelta::hours(declared.hours.into()) => {
                Err(Refusal::OutlivesDeclared(declared.hours))
            }
            _ => Ok(()),
        }
    }

    /// The look that a certificate of a kind may rest on at this instant: the newest, if it opens, is of the last day, and for
    /// trust if nothing was restored since. Without that one look would do for ever, certificate after certificate.
    pub fn look_to_certify(
        &self,
        kind: CertificateKind,
        now: DateTime<Utc>,
    ) -> Result<&Audited, Refusal> {
        let newest = match kind {
            CertificateKind::Readiness => self.baseline.as_ref(),
            CertificateKind::Trust => self.audit.as_ref(),
        };
        let newest = newest.ok_or(Refusal::NothingToCertify(kind.name()))?;
        if !stands(Guard::Findings, self.opens(newest, now)) {
            return Err(Refusal::FindingsOpen(kind.name()));
        }
        let is_of_today = newest.at.is_some_and(|at| is_recent(at, now));
        if !stands(Guard::LookAge, is_of_today) {
            return Err(Refusal::LookTooOld(kind.name()));
        }
        if kind == CertificateKind::Trust && self.is_audit_behind {
            return Err(Refusal::AuditBeforeWave);
        }
        Ok(newest)
    }

    /// Whether the readiness certificate holds, on a baseline that still does.
    pub fn check_readiness(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let found = self.certificates.get(&CertificateKind::Readiness);
        let holds = found.map_or(Err(Refusal::NotReady), |one| self.check_holds(one, now));
        if !stands(Guard::Readiness, holds.is_ok()) {
            return holds;
        }
        // Drift: what was seen last counts, not what the certificate was issued on.
        let baseline = self.baseline.as_ref().ok_or(Refusal::NotReady);
        let opens = baseline.is_ok_and(|baseline| self.opens(baseline, now));
        if stands(Guard::Drift, opens) {
            return Ok(());
        }
        Err(Refusal::FindingsOpen("readiness"))
    }

    /// Whether the trust certificate holds, on a separation audit that still does.
    pub fn check_trust(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let found = self.certificates.get(&CertificateKind::Trust);
        let holds = found.map_or(Err(Refusal::NotTrusted), |one| self.check_holds(one, now));
        let audit = self.audit.as_ref();
        let opens = audit.is_some_and(|audit| self.opens(audit, now));
        let holds = holds.and(if opens {
            Ok(())
        } else {
            Err(Refusal::FindingsOpen("trust"))
        });
        if stands(Guard::Trust, holds.is_ok()) {
            return Ok(());
        }
        holds
    }

    fn check_holds(&self, one: &Certificate, now: DateTime<Utc>) -> Result<(), Refusal> {
        one.check_at(now)?;
        self.struck.check(&one.said.proposal)
    }

    /// Whether a look opens, and no waiver that it may rest on was found since to be approved by a key that somebody else had.
    pub(super) fn opens(&self, looked: &Audited, now: DateTime<Utc>) -> bool {
        let is_waived = |check: &str| looked.verdicts.get(check) == Some(&Verdict::Waived);
        let mut waivers = self.waivers.iter();
        let rests_on_struck = self.struck.is_later_than(looked.at)
            && waivers.any(|(one, _)| is_waived(&one.check) && self.struck.has(&one.proposal));
        looked.opens(now) && !rests_on_struck
    }

    /// Whether a worker may act, as far as the gates go.
    pub fn check_worker(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        if self.pinned.is_none() {
            return Ok(());
        }
        self.check_readiness(now)
    }

    /// Takes an event in.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::SourcePinned(_, facts) => self.pinned = Some((**facts).clone()),
            Event::WindowSet(data, facts) => self.windows.set(data.custodian.as_ref(), facts),
            Event::CleanTenantDecided(data, _) => self.decided = Some((**data).clone()),
            Event::EvidenceSaved(data, _) => *self.saved.entry(data.kind.clone()).or_default() += 1,
            Event::BaselineChecked(data, _) => self.baseline = Some((**data).clone()),
            Event::SeparationAudited(data, _) => {
                self.audit = Some((**data).clone());
                self.is_audit_behind = false;
            }
            Event::WaveClosed(..) => self.is_audit_behind = true,
            Event::FindingWaived(data, facts) => {
                self.waivers.push(((**data).clone(), (**facts).clone()));
            }
            Event::Certified(data, _) => {
                self.issued = data.number;
                let said = (**data).clone();
                let kind = said.certificate;
                let certificate = Certificate {
                    said,
                    revoked: None,
                };
                self.certificates.insert(kind, certificate);
            }
            Event::CertificateRevoked(data, _) => {
                for certificate in self.certificates.values_mut() {
                    if certificate.said.number == data.number {
                        certificate.revoked = Some(data.cause.clone());
                    }
                }
            }
            _ => {}
        }
    }
}

fn check_others(approval: &Approval, digest: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
    let checked = approval.check(digest, SIGNERS_MIN, now);
    if stands(Guard::Others, checked.is_ok()) {
        return Ok(());
    }
    checked
}

/// Whether those certify who were declared to, before anybody asked for a certificate. Any two approvers would do otherwise,
/// whoever they are, and C31 would have been asked for nothing.
fn check_certifiers(declared: &Certifiers, approval: &Approval) -> Result<(), Refusal> {
    let others = approval.approved.iter();
    let others = others.filter(|person| **person != approval.requester);
    let found = others
        .filter(|person| declared.people.contains(person))
        .count();
    let needed = usize::try_from(declared.needed).unwrap_or(usize::MAX);
    let needed = needed.max(SIGNERS_MIN);
    if found < needed {
        let people = declared.people.join(", ");
        return Err(Refusal::TooFewCertifiers {
            found,
            needed,
            people,
        });
    }
    Ok(())
}

/// Looks are numbered, so that a certificate names exactly one.
fn check_next(last: Option<&Audited>, next: &Audited) -> Result<(), Refusal> {
    let wanted = last.map_or(1, |last| last.number + 1);
    if next.number == wanted {
        return Ok(());
    }
    Err(Refusal::NotTheNextLook(wanted))
}

fn check_waiver(
    data: &FindingWaived,
    facts: &WaivedFacts,
    approval: &Approval,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let waiver = Waiver {
        check: data.check.clone(),
        object: facts.object.clone().unwrap_or_default(),
        reason: facts.reason.clone().unwrap_or_default(),
        requester: approval.requester.clone(),
        signers: approval.approved.iter().cloned().collect(),
        from: data.from,
        until: data.until,
    };
    let checked = waiver.check_form();
    if !stands(Guard::Others, checked.is_ok()) {
        return checked.map_err(Refusal::Waiver);
    }
    if data.until <= now {
        return Err(Refusal::Waiver(super::waiver::WaiverRefusal::NotNow));
    }
    check_others(approval, &data.digest, now)
}
