//! `unbroken certify`: readiness and trust, asked for by one and approved by two others.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::access::CaseFolder;
use super::flow::{gating, opening, planning};
use super::keys::expect_yes;
use super::output::Output;
use super::{approve, exchange, keyring, stopping};
use crate::domain::event::CertificateKind;
use crate::error::Result;

/// Certify the clean tenant: readiness before workers start, trust before users come in.
#[derive(Debug, Subcommand)]
pub(crate) enum CertifyCommand {
    Approve(Approve),
    Issue(Issue),
    Propose(Propose),
    Revoke(Revoke),
}

/// Which certificate.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Workers may start; rests on the newest baseline.
    Readiness,
    /// Users may come in; rests on the newest separation audit.
    Trust,
}

impl From<Kind> for CertificateKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Readiness => Self::Readiness,
            Kind::Trust => Self::Trust,
        }
    }
}

/// Ask for a certificate on the newest look, and leave a request file for the approvers.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken certify propose --case acme --certificate readiness --hours 72")]
pub(crate) struct Propose {
    #[command(flatten)]
    folder: CaseFolder,
    /// Which certificate.
    #[arg(long, value_enum)]
    certificate: Kind,
    /// For how long it holds, from now: a week at most. It must be approved and issued in that time.
    #[arg(long, value_name = "HOURS", default_value_t = 72,
          value_parser = clap::value_parser!(u32).range(1..=168))]
    hours: u32,
    /// Leave the request here; in the folder requests/ of the case when not given.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
}

/// Approve the newest proposal of a certificate; with the key of somebody who did not propose it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken certify approve --case acme --certificate readiness --keys /media/stick")]
pub(crate) struct Approve {
    #[command(flatten)]
    folder: CaseFolder,
    /// Which certificate.
    #[arg(long, value_enum)]
    certificate: Kind,
    /// Sign without asking.
    #[arg(long)]
    yes: bool,
}

/// Issue the certificate that two others approved.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken certify issue --case acme --certificate readiness")]
pub(crate) struct Issue {
    #[command(flatten)]
    folder: CaseFolder,
    /// Which certificate.
    #[arg(long, value_enum)]
    certificate: Kind,
}

/// End a certificate before its date: nothing that needs it goes on, and nobody has to agree.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken certify revoke --case acme --certificate trust

A restore that runs is asked to end first, and waited for: nothing is written behind the entry.")]
pub(crate) struct Revoke {
    #[command(flatten)]
    folder: CaseFolder,
    /// Which certificate.
    #[arg(long, value_enum)]
    certificate: Kind,
}

/// Does what was asked.
pub(crate) async fn run(command: CertifyCommand, output: &Output) -> Result<()> {
    match command {
        CertifyCommand::Approve(approve) => run_approve(&approve, output),
        CertifyCommand::Issue(issue) => run_issue(&issue, output).await,
        CertifyCommand::Propose(propose) => run_propose(&propose, output),
        CertifyCommand::Revoke(revoke) => run_revoke(&revoke, output).await,
    }
}

fn run_propose(wanted: &Propose, output: &Output) -> Result<()> {
    let kind = CertificateKind::from(wanted.certificate);
    let journal = opening::open_folder(&wanted.folder)?;
    let place = exchange::request_place(wanted.request.as_deref(), &wanted.folder.case)?;
    let proposal = gating::propose(&journal, kind, i64::from(wanted.hours))?;
    let request = gating::request(&journal, &proposal, kind)?;
    let path = place.file("certificate", &proposal.to_string());
    exchange::write_new(&path, &request.to_bytes())?;
    let path = path.display().to_string();
    output.answer(
        &json!({ "proposal": proposal.to_string(), "certificate": kind.name(), "request": path }),
        &format!(
            "proposal {proposal}\nof a {} certificate\nrequest  {path}\ntwo others approve it now",
            kind.name()
        ),
    );
    Ok(())
}

fn run_approve(wanted: &Approve, output: &Output) -> Result<()> {
    let kind = CertificateKind::from(wanted.certificate);
    let approver = wanted.folder.ring().key(keyring::APPROVER)?;
    let journal = opening::open_folder(&wanted.folder)?;
    let (proposal, ..) = gating::proposal_of(&journal, kind)?;
    let request = gating::request(&journal, &proposal, kind)?;
    output.note(approve::summary(&request)?.trim_end());
    expect_yes(wanted.yes, "Approve this?")?;
    planning::approve(&journal, &proposal, &*approver)?;
    output.answer(
        &json!({ "proposal": proposal.to_string(), "approved": true }),
        &format!("approved: {} certificate", kind.name()),
    );
    Ok(())
}

async fn run_revoke(wanted: &Revoke, output: &Output) -> Result<()> {
    let kind = CertificateKind::from(wanted.certificate);
    let _wish = stopping::end_restore(&wanted.folder.case, output).await?;
    let journal = opening::open_folder(&wanted.folder)?;
    let number = gating::revoke(&journal, kind).await?;
    output.answer(
        &json!({ "certificate": kind.name(), "number": number, "revoked": true }),
        &format!("certificate {number}: {}, revoked", kind.name()),
    );
    Ok(())
}

async fn run_issue(wanted: &Issue, output: &Output) -> Result<()> {
    let kind = CertificateKind::from(wanted.certificate);
    let journal = opening::open_folder(&wanted.folder)?;
    let said = gating::issue(&journal, kind).await?;
    output.answer(
        &json!({
            "certificate": kind.name(),
            "number": said.number,
            "rests_on": said.rests_on,
            "until": said.until,
        }),
        &format!(
            "certificate {}: {}, on look {}, until {}",
            said.number,
            kind.name(),
            said.rests_on,
            said.until
        ),
    );
    Ok(())
}
