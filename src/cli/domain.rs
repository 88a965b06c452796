//! `unbroken domain`: a domain's way from the compromised tenant into the clean one, step by step, and back.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::access::{CaseFolder, TargetAccess};
use super::flow::moving::{self, Came, Shown, Wanted};
use super::flow::{meaning, opening, tenant};
use super::output::Output;
use crate::domain::domain_move::{STEPS, Step};
use crate::error::{Error, ErrorKind, Result};

/// Move a domain: release it, add, verify, publish, swap addresses; each step can be rolled back.
#[derive(Debug, Subcommand)]
pub(crate) enum DomainCommand {
    Check(Check),
    Evidence(Evidence),
    Plan(Plan),
    Rollback(Rollback),
    Status(Status),
    Step(Take),
}

#[derive(Args, Debug)]
struct Which {
    #[command(flatten)]
    folder: CaseFolder,
    /// The domain, as it was pinned.
    #[arg(long, value_name = "DOMAIN")]
    domain: String,
}

/// Begin the move of a domain of the compromised tenant, and say what its steps are.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken domain plan --case acme --domain acme.example")]
pub(crate) struct Plan {
    #[command(flatten)]
    which: Which,
}

/// Where the move stands.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken domain status --case acme --domain acme.example")]
pub(crate) struct Status {
    #[command(flatten)]
    which: Which,
}

/// A step that somebody shows: mail is held, or the compromised tenant let go of the domain.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken domain evidence --case acme --domain acme.example --step hold-mail --file zone.txt
  unbroken domain evidence --case acme --domain acme.example --step release --file domains.json

To hold mail may follow the readiness certificate: until MX moves, the attacker gets the mail.
All else needs trust.")]
pub(crate) struct Evidence {
    #[command(flatten)]
    which: Which,
    /// The step.
    #[arg(long, value_enum)]
    step: Brought,
    /// What shows it.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// It was rolled back.
    #[arg(long)]
    undo: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Brought {
    /// MX points to a relay that holds mail.
    HoldMail,
    /// The compromised tenant does not have the domain any more.
    Release,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Taken {
    /// The clean tenant knows the domain, and says which record verifies it.
    Add,
    /// The clean tenant verifies it, and says which records its services need.
    Verify,
    /// The zone holds those records: needs --evidence.
    Publish,
    /// Users get their addresses in it.
    Swap,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Back {
    /// The domain leaves the clean tenant again.
    Add,
    /// The zone is as it was: needs --evidence.
    Publish,
    /// Users get their addresses of before.
    Swap,
}

/// Take the step that is due in the clean tenant, and read back what became of it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken domain step --case acme --domain acme.example --step add \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key

The application needs Domain.ReadWrite.All, and User.ReadWrite.All to swap addresses.")]
pub(crate) struct Take {
    #[command(flatten)]
    which: Which,
    /// The step.
    #[arg(long, value_enum)]
    step: Taken,
    /// The zone as it is published: a zone file, or what `dig` answered from outside.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    #[command(flatten)]
    target: TargetAccess,
}

/// Roll a step back, the last one first. No certificate is needed for that.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken domain rollback --case acme --domain acme.example --step swap \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key")]
pub(crate) struct Rollback {
    #[command(flatten)]
    which: Which,
    /// The step.
    #[arg(long, value_enum)]
    step: Back,
    /// The zone as it is published.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    #[command(flatten)]
    target: TargetAccess,
}

/// Read back what became of a step that was interrupted.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken domain check --case acme --domain acme.example --tenant acme-clean.onmicrosoft.com \\
    --client-id 6731de76-14a6-49ae-97bc-6eba6914391e --certificate app.pem --private-key app.key")]
pub(crate) struct Check {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    target: TargetAccess,
}

/// Does what was asked.
pub(crate) async fn run(command: DomainCommand, output: &Output) -> Result<()> {
    match command {
        DomainCommand::Check(wanted) => run_check(&wanted, output).await,
        DomainCommand::Evidence(wanted) => run_evidence(&wanted, output).await,
        DomainCommand::Plan(wanted) => run_plan(&wanted.which, output).await,
        DomainCommand::Status(wanted) => run_status(&wanted.which, output),
        DomainCommand::Rollback(wanted) => {
            let step = match wanted.step {
                Back::Add => Step::Add,
                Back::Publish => Step::Publish,
                Back::Swap => Step::Swap,
            };
            let by = (&wanted.target, wanted.evidence.as_ref());
            take(&wanted.which, (step, true), by, output).await
        }
        DomainCommand::Step(wanted) => {
            let step = match wanted.step {
                Taken::Add => Step::Add,
                Taken::Verify => Step::Verify,
                Taken::Publish => Step::Publish,
                Taken::Swap => Step::Swap,
            };
            let by = (&wanted.target, wanted.evidence.as_ref());
            take(&wanted.which, (step, false), by, output).await
        }
    }
}

async fn run_plan(which: &Which, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&which.folder)?;
    moving::begin(&journal, &which.domain).await?;
    status(&journal, &which.domain, output)
}

fn run_status(which: &Which, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&which.folder)?;
    status(&journal, &which.domain, output)
}

/// What each step does, and how it is undone.
fn says(step: Step) -> (&'static str, &'static str) {
    match step {
        Step::HoldMail => ("MX points to a relay that holds mail", "MX as before"),
        Step::Release => ("the compromised tenant lets go of it", "it takes it back"),
        Step::Add => ("the clean tenant knows it", "it leaves the clean tenant"),
        Step::Verify => ("the clean tenant verifies it", "goes with add"),
        Step::Publish => (
            "MX, SPF, DKIM, autodiscover stand in DNS",
            "the zone as before",
        ),
        Step::Swap => (
            "users have their addresses in it",
            "their addresses of before",
        ),
    }
}

fn status(journal: &crate::journal::Journal, domain: &str, output: &Output) -> Result<()> {
    let case = journal.case().map_err(meaning)?;
    let (name, of) = moving::find(&case, domain)?;
    let mut text = format!("{domain}\n");
    let mut rows = Vec::new();
    for step in STEPS {
        let state = match of.under_way {
            Some((open, false)) if open == step => "under way",
            Some((open, true)) if open == step => "being rolled back",
            _ if of.done.contains(&step) => "done",
            _ if of.next() == Some(step) => "due",
            _ if step == Step::HoldMail => "at any time",
            _ => "waits",
        };
        let (does, back) = says(step);
        let step = step.name();
        let _ = writeln!(text, "{step:<10} {state:<18} {does}; back: {back}");
        rows.push(json!({ "step": step, "state": state }));
    }
    let users = of.swapped.len();
    let _ = write!(text, "{users} users have their address in it");
    let value = json!({ "domain": domain, "name": name, "steps": rows, "users": users });
    output.answer(&value, &text);
    Ok(())
}

async fn run_evidence(wanted: &Evidence, output: &Output) -> Result<()> {
    let shown = Shown::read(&wanted.file)?;
    let journal = opening::open_folder(&wanted.which.folder)?;
    let step = Wanted {
        domain: wanted.which.domain.to_lowercase(),
        step: match wanted.step {
            Brought::HoldMail => Step::HoldMail,
            Brought::Release => Step::Release,
        },
        undo: wanted.undo,
    };
    moving::by_evidence(&journal, &step, &shown).await?;
    let came = Came {
        done: true,
        records: Vec::new(),
        why: None,
    };
    say(&step, &came, output)
}

async fn take(
    which: &Which,
    (step, undo): (Step, bool),
    (target, evidence): (&TargetAccess, Option<&PathBuf>),
    output: &Output,
) -> Result<()> {
    let shown = evidence.map(|path| Shown::read(path)).transpose()?;
    let journal = opening::open_folder(&which.folder)?;
    let graph = tenant::of_case(&journal, target).await?;
    let wanted = Wanted {
        domain: which.domain.to_lowercase(),
        step,
        undo,
    };
    let came = moving::by_graph(&journal, &graph, &wanted, shown.as_ref()).await?;
    say(&wanted, &came, output)
}

async fn run_check(wanted: &Check, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.which.folder)?;
    let graph = tenant::of_case(&journal, &wanted.target).await?;
    let found = moving::check(&journal, &graph, &wanted.which.domain).await?;
    if let Some((step, came)) = found {
        return say(&step, &came, output);
    }
    let text = "nothing is under way";
    output.answer(&json!({ "under_way": Value::Null }), text);
    Ok(())
}

fn say(wanted: &Wanted, came: &Came, output: &Output) -> Result<()> {
    let (step, back) = (
        wanted.step.name(),
        if wanted.undo { ", rolled back" } else { "" },
    );
    if !came.done {
        let why = came
            .why
            .clone()
            .unwrap_or_else(|| "the tenant says otherwise".to_owned());
        return Err(Error::new(ErrorKind::Incomplete, why)
            .while_doing(format!("{step}{back} of {}: not done", wanted.domain))
            .hint("`unbroken domain status` says where it stands; the step can be taken again"));
    }
    let mut text = format!("{step}{back}: done");
    for record in &came.records {
        let _ = write!(
            text,
            "\npublish  {:<5} {}  {}",
            record.kind, record.label, record.value
        );
    }
    let value = json!({
        "domain": wanted.domain, "step": step, "undo": wanted.undo, "records": came.records,
    });
    output.answer(&value, &text);
    Ok(())
}
