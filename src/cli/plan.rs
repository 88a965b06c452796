//! `unbroken plan`: exactly what will be written where; asked for, approved and adopted.

mod diff;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};

use serde_json::json;

use super::access::{CaseFolder, instant};
use super::aliases::{self, ListAliases};
use super::choices::ChoiceArgs;
use super::flow::planning::narrow::Narrow;
use super::flow::waving::Waving;
use super::flow::{self, opening, places, planning, sharing, sources};
use super::keys::expect_yes;
use super::output::Output;
use super::pace::Pace;
use super::{approve, estimate, exchange, keyring, next};
use crate::clock::{Clock, SystemClock};
use crate::domain::event::PlanMade;
use crate::error::Result;
use crate::journal::Journal;

/// Make a plan, show it, have it approved by somebody else, adopt it.
#[derive(Debug, Subcommand)]
pub(crate) enum PlanCommand {
    Adopt(Adopt),
    Aliases(ListAliases),
    Approve(Approve),
    Diff(diff::Diff),
    Estimate(Estimate),
    Make(Make),
    Propose(Propose),
    Show(Show),
}

/// Read the source as of an instant and plan each item of each mapped person.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan make --case acme --source backups/mail --as-of 2026-03-31T22:00:00Z")]
pub(crate) struct Make {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    /// The backup that was registered.
    #[arg(long, value_name = "PATH")]
    pub(crate) source: PathBuf,
    /// The newest instant that may be restored; the newest restore point when not given.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// Who is in which wave: CSV with the header `custodian,department,wave`.
    #[arg(long, value_name = "FILE")]
    pub(crate) waves: Option<PathBuf>,
    /// What is newer than so many days before the restore point goes in a wave before the rest.
    #[arg(long, value_name = "DAYS")]
    pub(crate) recent_days: Option<u16>,
    /// Who had access to what (as of `access plan`): what was narrower than a site with several people in it, or than a team,
    /// is held.
    #[arg(long, value_name = "FILE")]
    pub(crate) sidecar: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) choices: ChoiceArgs,
    #[command(flatten)]
    pub(crate) pace: Pace,
}

/// Which plan.
#[derive(Args, Debug)]
pub(crate) struct Chosen {
    /// The plan, by its name or eight of its first digits; the newest when not given.
    #[arg(long, value_name = "PLAN")]
    plan: Option<String>,
}

impl Chosen {
    fn find(&self, journal: &Journal) -> Result<PlanMade> {
        planning::chosen(journal, self.plan.as_deref())
    }
}

/// What the newest plan would do, or the one that is named.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan show --case acme")]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
}

/// When each wave of the newest plan ends, and what binds it: from the documented quotas, nothing is measured.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan estimate --case acme
  unbroken plan estimate --case acme --licences 5000 --workers 64

The early end supposes that requests cost what the documents say and that nobody else draws on
the quotas; the late end that they cost half as much again and that others use a fifth. Neither
knows your line, your disk or a bad day of the service.")]
pub(crate) struct Estimate {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    #[command(flatten)]
    pub(crate) pace: Pace,
}

/// Ask for the approval of the newest plan, and leave a request file for the approvers.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan propose --case acme --expires-in-hours 24
  unbroken plan propose --case acme --request /media/stick/plan.request

The file is all that an approver needs: `unbroken approve` decides on it without ledger and
network. It holds counts and hashes, nothing personal.")]
pub(crate) struct Propose {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// How long the approval may take.
    #[arg(long, value_name = "HOURS", default_value_t = 24,
          value_parser = clap::value_parser!(u32).range(1..=720))]
    pub(crate) expires_in_hours: u32,
    /// Leave the request here; in the folder requests/ of the case when not given.
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
}

/// Approve the newest proposal; with the key of somebody who did not propose it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan approve --case acme --keys /media/stick

What is approved is shown first, and a yes is asked for.")]
pub(crate) struct Approve {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// Sign without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Make the approved plan the one that workers follow.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan adopt --case acme")]
pub(crate) struct Adopt {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
}

/// Does what was asked.
pub(crate) async fn run(command: PlanCommand, output: &Output) -> Result<()> {
    match command {
        PlanCommand::Adopt(adopt) => run_adopt(&adopt, output).await,
        PlanCommand::Aliases(wanted) => aliases::run(&wanted, output),
        PlanCommand::Approve(approve) => run_approve(&approve, output),
        PlanCommand::Diff(diff) => diff::run(&diff, output),
        PlanCommand::Estimate(estimate) => run_estimate(&estimate, output),
        PlanCommand::Make(make) => run_make(&make, output).await,
        PlanCommand::Propose(propose) => run_propose(&propose, output),
        PlanCommand::Show(show) => run_show(&show, output),
    }
}

async fn run_make(make: &Make, output: &Output) -> Result<()> {
    let choices = make.choices.choices();
    let source = sources::open(&make.source)?;
    let journal = opening::open_folder(&make.folder)?;
    sources::expect_registered(&journal, &*source, &make.source)?;
    let waving = Waving::read(make.waves.as_deref(), make.recent_days)?;
    let narrow = match &make.sidecar {
        None => Narrow::default(),
        Some(path) => Narrow::of(&sharing::read_sidecar(path)?.0),
    };
    let how = (&choices, &waving, narrow);
    let planned = planning::make_in_waves(&journal, &*source, make.as_of, how).await?;
    let mut value = as_json(&planned.made);
    value["choices"] = json!(choices.words());
    value["point"] = planned.point.clone().into();
    let mut text = format!(
        "restore point {}\n{}",
        planned.point,
        as_text(&planned.made)
    );
    warn(&journal, &planned.plan, &mut value, &mut text)?;
    let estimate = estimate::of_plan(&journal, &planned.plan, make.pace)?;
    value["estimate"] = estimate::as_json(&estimate);
    text += &estimate::as_text(&estimate);
    output.answer(&value, &text);
    output.next(next::PLAN_MADE);
    Ok(())
}

fn run_estimate(wanted: &Estimate, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let plan = wanted.chosen.find(&journal)?.plan;
    let estimate = estimate::of_plan(&journal, &plan, wanted.pace)?;
    let value = json!({ "plan": plan, "estimate": estimate::as_json(&estimate) });
    let text = format!("plan {plan}\n{}", estimate::as_text(&estimate));
    output.answer(&value, &text);
    Ok(())
}

fn run_show(show: &Show, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&show.folder)?;
    let made = show.chosen.find(&journal)?;
    let reasons = planning::reasons(&journal, &made.plan)?;
    let mut value = as_json(&made);
    let mut text = as_text(&made);
    for (what, word) in made.choices.iter().flatten() {
        let _ = writeln!(text, "{what:>20}: {word}");
    }
    value["choices"] = json!(made.choices);
    for ((decision, reason), count) in &reasons {
        let _ = writeln!(text, "{count:>9} {decision}: {reason}");
    }
    value["reasons"] = reasons
        .iter()
        .map(|((decision, reason), count)| {
            json!({ "decision": decision, "reason": reason, "items": count })
        })
        .collect();
    warn(&journal, &made.plan, &mut value, &mut text)?;
    output.answer(&value, &text);
    Ok(())
}

fn warn(
    journal: &Journal,
    plan: &str,
    value: &mut serde_json::Value,
    text: &mut String,
) -> Result<()> {
    let warning = planning::warning(journal, plan)?;
    if let Some(warning) = &warning {
        let _ = writeln!(text, "warning: {warning}");
    }
    value["warning"] = warning.into();
    let case = journal.case().map_err(flow::meaning)?;
    let places = places::warnings(&case, plan);
    for place in &places {
        let _ = writeln!(text, "warning: {place}");
    }
    value["places"] = json!(places);
    Ok(())
}

fn run_propose(propose: &Propose, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&propose.folder)?;
    let place = exchange::request_place(propose.request.as_deref(), &propose.folder.case)?;
    let plan = propose.chosen.find(&journal)?.plan;
    planning::expect_own(&journal, &plan)?;
    let expires_in = TimeDelta::hours(i64::from(propose.expires_in_hours));
    let proposal = planning::propose(&journal, &plan, SystemClock.now(), expires_in)?;
    let request = planning::request(&journal, &proposal, &plan)?;
    let path = place.file("plan", &proposal.to_string());
    exchange::write_new(&path, &request.to_bytes())?;
    let (proposal, path) = (proposal.to_string(), path.display().to_string());
    let text = format!(
        "proposal {proposal}\nof plan  {plan}\nrequest  {path}\nsomebody else approves it now"
    );
    output.answer(
        &json!({ "proposal": proposal, "plan": plan, "request": path }),
        &text,
    );
    output.next(next::PLAN_ASKED);
    Ok(())
}

fn run_approve(approve: &Approve, output: &Output) -> Result<()> {
    let approver = approve.folder.ring().key(keyring::APPROVER)?;
    let journal = opening::open_folder(&approve.folder)?;
    let plan = approve.chosen.find(&journal)?.plan;
    let proposal = planning::proposal_of(&journal, &plan)?;
    let request = planning::request(&journal, &proposal, &plan)?;
    output.note(approve::summary(&request)?.trim_end());
    output.note(breach(&journal)?.trim_end());
    let case = journal.case().map_err(flow::meaning)?;
    for place in places::warnings(&case, &plan) {
        output.note(&format!("{:<12} {place}", "in a site"));
    }
    expect_yes(approve.yes, "Approve this?")?;
    planning::approve(&journal, &proposal, &*approver)?;
    output.answer(
        &json!({ "plan": plan, "approved": true }),
        &format!("approved: plan {plan}"),
    );
    Ok(())
}

/// The declared window, which only the case's own folder tells.
fn breach(journal: &Journal) -> Result<String> {
    let case = journal.case().map_err(flow::meaning)?;
    let facts = case.declared.map(|(_, facts)| facts).unwrap_or_default();
    let or_open = |time: Option<String>| time.unwrap_or_else(|| "not declared".to_owned());
    let (from, to) = (or_open(facts.window_from), or_open(facts.window_to));
    Ok(format!("{:<12} from {from} until {to}", "window"))
}

async fn run_adopt(adopt: &Adopt, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&adopt.folder)?;
    let plan = adopt.chosen.find(&journal)?.plan;
    let proposal = planning::proposal_of(&journal, &plan)?;
    planning::adopt(&journal, &plan, &proposal).await?;
    output.answer(
        &json!({ "plan": plan, "adopted": true }),
        &format!("in force: plan {plan}"),
    );
    output.next(next::PLAN_IN_FORCE);
    Ok(())
}

fn as_json(made: &PlanMade) -> serde_json::Value {
    json!({
        "plan": made.plan,
        "restore": made.counts.restore,
        "hold": made.counts.hold,
        "skip": made.counts.skip,
        "unreadable": made.counts.unreadable,
        "workloads": made.workloads,
    })
}

/// So many of each, as a person reads them.
pub(super) fn by_workload(workloads: &BTreeMap<String, u64>) -> String {
    let word = |(workload, count): (&String, &u64)| format!("{workload} {count}");
    let words: Vec<String> = workloads.iter().map(word).collect();
    words.join(", ")
}

fn as_text(made: &PlanMade) -> String {
    let workloads = made.workloads.as_ref().filter(|all| !all.is_empty());
    let workloads = workloads.map_or_else(String::new, |all| format!(": {}", by_workload(all)));
    let counts = made.counts;
    format!(
        "plan {}\n{:>9} items to restore{workloads}\n{:>9} to hold\n{:>9} to skip\n\
         {:>9} that cannot be read\n",
        made.plan, counts.restore, counts.hold, counts.skip, counts.unreadable
    )
}
