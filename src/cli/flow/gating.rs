//! The gates as steps: the compromised tenant is pinned, the clean one is looked at, people certify it. Verdicts are the domain's.

mod keeping;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use unbroken_ledger::{ApprovalRequest, Hash};

use super::{meaning, planning};
use crate::clock::{Clock, SystemClock};
use crate::domain::approval::Approval;
use crate::domain::case::CaseCommand;
use crate::domain::certificate;
use crate::domain::declaration::Due;
use crate::domain::event::{
    Audited, CertificateKind, CertificateRevoked, Certified, EvidenceSaved, PinnedFacts,
    SourcePinned, WindowFacts, WindowSet,
};
use crate::domain::evidence::exchange::{self, BYTES_MAX};
use crate::domain::evidence::{Attestation, Certification, Evidence, Expected, ExpectedApp, scuba};
use crate::domain::finding::{Check, Finding, unread};
use crate::domain::gates::GateCommand;
use crate::domain::refusal::Refusal;
use crate::domain::{baseline, declaration, separation, waiver};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::projections::approvals::Approvals;
use crate::targets::graph::Graph;
use keeping::Pages;

/// What is certified, waived or decided on the approval of others, and under which heading that is asked for.
pub(super) const APPROVED: [(&str, &str); 5] = [
    ("Certified/1", SCOPE),
    ("CleanTenantDecided/1", super::asking::DECISION),
    ("FindingWaived/1", super::waiving::SCOPE),
    ("GrantReleased/1", super::sharing::queue::SCOPE),
    ("ItemsReleased/1", super::releasing::SCOPE),
];
/// The heading of certificates.
pub(crate) const SCOPE: &str = "certificate";
/// How often what was read leads to further reads: an item of a drive of a tenant is the deepest.
const ROUNDS_MAX: usize = 8;

/// Which family of checks is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// C1 to C32.
    Baseline,
    /// S1 to S24.
    Separation,
}

impl Family {
    fn checks(self) -> &'static [Check] {
        match self {
            Self::Baseline => &baseline::CHECKS,
            Self::Separation => &separation::CHECKS,
        }
    }

    fn findings(self, evidence: &Evidence) -> Vec<Finding> {
        match self {
            Self::Baseline => baseline::findings(evidence),
            Self::Separation => separation::findings(evidence),
        }
    }

    /// The certificate that rests on it.
    pub(crate) fn certificate(self) -> CertificateKind {
        match self {
            Self::Baseline => CertificateKind::Readiness,
            Self::Separation => CertificateKind::Trust,
        }
    }
}

/// What was declared of the clean tenant, as a person writes it down.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct ExpectedFile {
    admins: Vec<String>,
    break_glass: Vec<String>,
    apps: Vec<AppFile>,
    reviewed: Vec<String>,
    certifiers: Vec<String>,
    needed: u32,
    hours: u32,
    attested: BTreeMap<String, AttestedFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AppFile {
    app_id: String,
    #[serde(default)]
    ours: bool,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AttestedFile {
    by: String,
    #[serde(default)]
    at: Option<DateTime<Utc>>,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    denies: bool,
}

/// Pins the compromised tenant.
pub(crate) async fn pin(journal: &Journal, facts: PinnedFacts) -> Result<()> {
    let count = |list: &Option<Vec<String>>| list.as_ref().map_or(0, Vec::len) as u64;
    let data = SourcePinned {
        apps: count(&facts.app_ids),
        domains: count(&facts.domains),
        thumbprints: count(&facts.thumbprints),
    };
    command(journal, GateCommand::Pin(data, facts)).await
}

pub(super) async fn command(journal: &Journal, command: GateCommand) -> Result<()> {
    let command = CaseCommand::Gate(Box::new(command), SystemClock.now());
    journal.command(command).await.map_err(refused)?;
    Ok(())
}

fn refused(error: crate::journal::JournalError) -> Error {
    let hint = match &error {
        crate::journal::JournalError::Refused(Refusal::NotPinned) => {
            Some("`unbroken case pin` says which tenant is kept out")
        }
        crate::journal::JournalError::Refused(Refusal::TooFewApprovals { .. }) => {
            Some("`unbroken certify approve`, or `unbroken approve` and `case import`")
        }
        crate::journal::JournalError::Refused(Refusal::TooFewCertifiers { .. }) => Some(
            "`keys list` shows each approver's pseudonym; where others are to certify, name them \
             in expected.json and look again",
        ),
        crate::journal::JournalError::Refused(Refusal::OutlivesDeclared(_)) => {
            Some("`hours` of expected.json, as the newest look found it; --hours asks for less")
        }
        _ => None,
    };
    let error = meaning(error);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Declares a breach window, of the tenant or of one custodian.
pub(crate) async fn set_window(
    journal: &Journal,
    custodian: Option<&str>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<()> {
    let case = journal.case().map_err(meaning)?;
    let custodian = custodian
        .map(|name| super::custodians::find(&case, name))
        .transpose()?;
    let facts = WindowFacts {
        from: Some(from),
        to: Some(to),
    };
    command(
        journal,
        GateCommand::SetWindow(WindowSet { custodian }, facts),
    )
    .await
}

/// Keeps evidence that was saved, and records its digest.
pub(crate) async fn save_evidence(journal: &Journal, kind: &str, file: &Path) -> Result<String> {
    let taken = super::evidence::keep(journal, None, file)?;
    let data = EvidenceSaved {
        kind: kind.to_owned(),
        object: Some(taken.object),
    };
    command(journal, GateCommand::SaveEvidence(data, taken.facts)).await?;
    Ok(taken.digest)
}

/// What decays, by when, and what became of it.
pub(crate) fn checklist(journal: &Journal) -> Result<Vec<(Due, &'static str)>> {
    let case = journal.case().map_err(meaning)?;
    let now = SystemClock.now();
    let declared = declared_at(journal)?.unwrap_or(now);
    let due = declaration::checklist(declared, &case.gates.saved, now);
    let what = declaration::DECAYS.iter().map(|(_, _, what)| *what);
    Ok(due.into_iter().zip(what).collect())
}

/// What a look needs beside the tenant.
pub(crate) struct Brought<'a> {
    /// The file with what was declared of the clean tenant.
    pub(crate) expected: &'a Path,
    /// Evidence files.
    pub(crate) files: &'a [std::path::PathBuf],
}

/// What a look came to.
pub(crate) struct Look {
    /// In the order of their checks.
    pub(crate) findings: Vec<Finding>,
    /// The certificate that stood on an earlier look and does not any more.
    pub(crate) revoked: Option<u64>,
}

/// Looks at the tenant and records what was found.
pub(crate) async fn look(
    journal: &Journal,
    family: Family,
    graph: &Graph,
    brought: &Brought<'_>,
) -> Result<Look> {
    let case = journal.case().map_err(meaning)?;
    let pinned = case.gates.pinned.as_ref();
    let pinned = pinned.ok_or_else(|| refused(Refusal::NotPinned.into()))?;
    let target = case
        .target
        .as_ref()
        .and_then(|(_, facts)| facts.tenant_id.clone());
    let target = target.ok_or_else(|| refused(Refusal::NoTarget.into()))?;
    let (mut evidence, declared) = evidence(brought)?;
    evidence.expected.tenant_id = target;
    let arrived: Vec<&str> = case.moves.arrived().collect();
    evidence.expected.old = declaration::old_tenant(pinned, &arrived);
    evidence.expected.declared_at = declared_at(journal)?;
    evidence.waivers = super::waiving::recorded(journal)?;
    evidence.now = SystemClock.now();
    let mut pages = Pages::new();
    for _ in 0..ROUNDS_MAX {
        let paths = unread(family.checks(), &evidence);
        if paths.is_empty() {
            break;
        }
        for path in paths {
            let (answer, raw) = graph.read_raw(&path).await;
            pages.insert(path.clone(), raw);
            evidence.graph.insert(path, answer);
        }
    }
    let findings = family.findings(&evidence);
    let last = match family {
        Family::Baseline => case.gates.baseline.as_ref(),
        Family::Separation => case.gates.audit.as_ref(),
    };
    let kept = super::evidence::keep_brought(journal, last, &evidence, brought.files)?;
    let seen = (&evidence, &pages, &kept[..]);
    let text = keeping::account(journal, seen, &declared, &findings)?;
    let revoked = record(journal, family, &evidence, &text, &findings).await?;
    Ok(Look { findings, revoked })
}

/// When the case was declared, as the ledger received it.
fn declared_at(journal: &Journal) -> Result<Option<DateTime<Utc>>> {
    received_at(journal, "CaseDeclared/1")
}

/// When the ledger received the first event of a type.
pub(crate) fn received_at(journal: &Journal, kind: &str) -> Result<Option<DateTime<Utc>>> {
    for read in journal.ledger().entries(0).map_err(super::open::meaning)? {
        let (_, entry) = read.map_err(super::open::meaning)?;
        if entry.event.kind == kind {
            return Ok(DateTime::from_timestamp_micros(entry.received.micros()));
        }
    }
    Ok(None)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let size = std::fs::metadata(path).map(|data| data.len());
    let failed =
        |error| Error::failed(error).while_doing(format!("{}: cannot be read", path.display()));
    if size.map_err(failed)? > BYTES_MAX as u64 {
        return Err(Error::failed(format!(
            "{}: more than {BYTES_MAX} bytes",
            path.display()
        )));
    }
    std::fs::read(path).map_err(failed)
}

/// What was brought, and the digest of what was declared.
fn evidence(brought: &Brought<'_>) -> Result<(Evidence, Hash)> {
    let bytes = read(brought.expected)?;
    let digest = Hash::of(&bytes);
    let declared: ExpectedFile = serde_json::from_slice(&bytes).map_err(|error| {
        Error::failed(error).while_doing(format!(
            "{}: not what was expected",
            brought.expected.display()
        ))
    })?;
    let mut evidence = Evidence {
        expected: Expected {
            admins: declared.admins,
            break_glass: declared.break_glass,
            apps: declared.apps.into_iter().map(expected_app).collect(),
            reviewed: declared.reviewed,
            certification: Certification {
                certifiers: declared.certifiers,
                needed: declared.needed,
                hours: declared.hours,
            },
            ..Expected::default()
        },
        ..Evidence::default()
    };
    for (name, said) in declared.attested {
        if said.by.trim().is_empty() {
            let text = format!("attested, {name}: nobody is named who vouches for it");
            return Err(Error::failed(text).hint("`by` names the person"));
        }
        let attestation = Attestation {
            by: said.by,
            at: said.at,
            digest: said.digest,
            denies: said.denies,
        };
        evidence.attested.insert(name, attestation);
    }
    for path in brought.files {
        add_file(&mut evidence, path)?;
    }
    Ok((evidence, digest))
}

/// The app ids that the file declares as ours.
pub(crate) fn our_apps(expected: &Path) -> Result<Vec<String>> {
    let brought = Brought {
        expected,
        files: &[],
    };
    let apps = evidence(&brought)?.0.expected.apps;
    let ours = apps.into_iter().filter(|app| app.is_ours);
    Ok(ours.map(|app| app.app_id).collect())
}

fn expected_app(app: AppFile) -> ExpectedApp {
    ExpectedApp {
        app_id: app.app_id,
        is_ours: app.ours,
        roles: app.roles,
        keys: app.keys,
    }
}

/// A file is what its content says, whatever its name ends in.
fn add_file(evidence: &mut Evidence, path: &Path) -> Result<()> {
    let bytes = read(path)?;
    let digest = Hash::of(&bytes).to_string();
    let named = |error: exchange::EvidenceRefusal| {
        Error::failed(error).while_doing(format!("{}: no evidence", path.display()))
    };
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut brought = if text.starts_with(b"#") {
        exchange::parse_csv(&bytes).map_err(named)?
    } else if bytes
        .windows(11)
        .take(4096)
        .any(|word| word == b"\"MetaData\":")
    {
        let run = scuba::parse(&bytes, &digest).map_err(named)?;
        evidence.scuba = Some(run.report);
        run.brought
    } else {
        exchange::parse_json(&bytes).map_err(named)?
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    brought.file.name = name.into_owned();
    brought.file.digest = digest;
    evidence.add_file(brought.file, brought.sections);
    Ok(())
}

/// Puts the look on the record. One that does not open ends a certificate that rests on the same checks.
async fn record(
    journal: &Journal,
    family: Family,
    evidence: &Evidence,
    text: &str,
    findings: &[Finding],
) -> Result<Option<u64>> {
    let case = journal.case().map_err(meaning)?;
    let (last, stands) = match family {
        Family::Baseline => (&case.gates.baseline, CertificateKind::Readiness),
        Family::Separation => (&case.gates.audit, CertificateKind::Trust),
    };
    let data = Audited {
        at: Some(evidence.now),
        certifiers: evidence.expected.certification.to_record(),
        findings: journal.keep_text(text.as_bytes()).map_err(meaning)?,
        number: last.as_ref().map_or(1, |last| last.number + 1),
        until: waiver::until_of(findings, &evidence.waivers, evidence.now),
        verdicts: findings
            .iter()
            .map(|one| (one.id.clone(), one.verdict))
            .collect(),
    };
    let opens = data.opens(evidence.now);
    command(
        journal,
        match family {
            Family::Baseline => GateCommand::CheckBaseline(data),
            Family::Separation => GateCommand::AuditSeparation(data),
        },
    )
    .await?;
    let certificate = case.gates.certificates.get(&stands);
    if let Some(certificate) = certificate.filter(|one| !opens && one.revoked.is_none()) {
        let revoked = CertificateRevoked {
            cause: "drift".to_owned(),
            number: certificate.said.number,
        };
        let number = revoked.number;
        command(journal, GateCommand::Revoke(revoked)).await?;
        return Ok(Some(number));
    }
    Ok(None)
}

/// The newest look that a certificate of a kind would rest on.
fn newest_look(journal: &Journal, kind: CertificateKind) -> Result<Audited> {
    let case = journal.case().map_err(meaning)?;
    let found = match kind {
        CertificateKind::Readiness => case.gates.baseline,
        CertificateKind::Trust => case.gates.audit,
    };
    found.ok_or_else(|| refused(Refusal::NothingToCertify(kind.name()).into()))
}

fn digest_of(kind: CertificateKind, rests_on: u64, until: DateTime<Utc>) -> Hash {
    Hash::of(certificate::words(kind, rests_on, until).as_bytes())
}

/// Asks for a certificate on the newest look; it ends when the proposal does.
pub(crate) fn propose(journal: &Journal, kind: CertificateKind, hours: i64) -> Result<Hash> {
    let now = SystemClock.now();
    let gates = journal.case().map_err(meaning)?.gates;
    let look = gates
        .look_to_certify(kind, now)
        .map_err(|refusal| refused(refusal.into()))?;
    gates
        .check_hours(look, TimeDelta::hours(hours))
        .map_err(|refusal| refused(refusal.into()))?;
    let until = now + TimeDelta::hours(hours);
    let digest = digest_of(kind, look.number, until);
    let expires = planning::expiry(now, TimeDelta::hours(hours))?;
    let receipt = journal.propose(&digest, SCOPE, expires).map_err(meaning)?;
    Ok(receipt.leaf)
}

/// The newest proposal of a certificate of a kind: its name, its approvals, and the look that it rests on.
pub(crate) fn proposal_of(
    journal: &Journal,
    kind: CertificateKind,
) -> Result<(Hash, Approval, u64)> {
    let look = newest_look(journal, kind)?;
    let digest = |until| digest_of(kind, look.number, until).to_string();
    let (name, approval) = newest_of(journal, SCOPE, digest)?.ok_or_else(|| {
        let (kind, number) = (kind.name(), look.number);
        let text = format!("nobody proposed a {kind} certificate on look {number}");
        Error::new(ErrorKind::GateRefused, text).hint("`unbroken certify propose`")
    })?;
    Ok((name, approval, look.number))
}

/// The newest proposal under a heading whose digest is that of the words that end when it does.
pub(crate) fn newest_of(
    journal: &Journal,
    scope: &str,
    digest: impl Fn(DateTime<Utc>) -> String,
) -> Result<Option<(Hash, Approval)>> {
    let asked = Approvals::load(journal).map_err(meaning)?;
    let mut newest: Option<(u64, Hash, Approval)> = None;
    for (name, proposal) in asked.proposals {
        let Ok(expires) = proposal.expires.parse::<DateTime<Utc>>() else {
            continue;
        };
        let is_it = proposal.scope == scope && digest(expires) == proposal.digest;
        let is_newer = newest
            .as_ref()
            .is_none_or(|(index, ..)| *index < proposal.index);
        if is_it && is_newer {
            let approval = Approval {
                proposal: name.to_string(),
                digest: proposal.digest,
                requester: proposal.requester,
                approved: proposal.approved,
                rejected: proposal.rejected,
                expires,
                is_used: proposal.used_by.is_some(),
            };
            newest = Some((proposal.index, name, approval));
        }
    }
    Ok(newest.map(|(_, name, approval)| (name, approval)))
}

/// What an approver elsewhere needs: the look that the certificate rests on, beside the proposal.
pub(crate) fn request(
    journal: &Journal,
    proposal: &Hash,
    kind: CertificateKind,
) -> Result<ApprovalRequest> {
    let wanted = kind_of_look(kind);
    planning::request_about(journal, proposal, |entry| entry.event.kind == wanted)
}

/// The event that a certificate rests on.
pub(crate) fn kind_of_look(kind: CertificateKind) -> &'static str {
    match kind {
        CertificateKind::Readiness => "BaselineChecked/1",
        CertificateKind::Trust => "SeparationAudited/1",
    }
}

/// Ends the newest certificate of a kind by hand; its number.
pub(crate) async fn revoke(journal: &Journal, kind: CertificateKind) -> Result<u64> {
    let case = journal.case().map_err(meaning)?;
    let known = case.gates.certificates.get(&kind);
    let known = known.filter(|one| one.revoked.is_none());
    let number = known.map(|one| one.said.number).ok_or_else(|| {
        let text = format!(
            "there is no {} certificate that could be revoked",
            kind.name()
        );
        Error::new(ErrorKind::GateRefused, text)
    })?;
    let revoked = CertificateRevoked {
        cause: "by-hand".to_owned(),
        number,
    };
    command(journal, GateCommand::Revoke(revoked)).await?;
    Ok(number)
}

/// Issues the certificate that enough people approved.
pub(crate) async fn issue(journal: &Journal, kind: CertificateKind) -> Result<Certified> {
    let (_, approval, rests_on) = proposal_of(journal, kind)?;
    let case = journal.case().map_err(meaning)?;
    let said = Certified {
        certificate: kind,
        digest: approval.digest.clone(),
        from: SystemClock.now(),
        number: case.gates.issued + 1,
        proposal: approval.proposal.clone(),
        rests_on,
        until: approval.expires,
    };
    command(journal, GateCommand::Certify(said.clone(), approval)).await?;
    Ok(said)
}
