//! `unbroken case`: declaring a case, connecting its clean tenant, saying who is who, and its state.

mod close;
mod cost;
mod decide;
mod declaration;
mod declared;
mod import;
mod kept;
mod name;
mod pin;
mod unmap;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use serde_json::json;

use super::access::{CaseFolder, TargetAccess, instant};
use super::flow::opening::{self, Circumstances, Declaration};
use super::flow::{self, mapping, restoring, tenant};
use super::next;
use super::output::Output;
use super::summary::Summary;
use crate::clock::{Clock, SystemClock};
use crate::error::Result;
use crate::targets::Target as _;

/// Declare a case, connect its clean tenant, map its people, see where it stands.
#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    AppsGone(close::AppsGone),
    Checklist(declaration::Checklist),
    Close(close::Close),
    Connect(Connect),
    Cost(cost::Cost),
    Decide(decide::Decide),
    Declare(Declare),
    Evidence(declaration::EvidenceFile),
    Finish(Finish),
    Import(import::Import),
    Kept(kept::Kept),
    Map(Map),
    Name(name::Name),
    Pin(pin::Pin),
    Status(Status),
    Unmap(unmap::Unmap),
    Window(declaration::Window),
}

/// Open the ledger of a new case and declare it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case declare --case acme --name acme.example/2026-04 --title 'Acme, April 2026' \\
    --source-tenant acme.onmicrosoft.com --declared-by 'J. Doe' \\
    --window-from 2026-04-01T00:00:00Z --window-to 2026-04-09T00:00:00Z")]
pub(crate) struct Declare {
    #[command(flatten)]
    folder: CaseFolder,
    /// The ledger's name, as the start of its origin: lowercase, without scheme.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What people call the case.
    #[arg(long)]
    pub(crate) title: String,
    /// The compromised tenant.
    #[arg(long, value_name = "TENANT")]
    pub(crate) source_tenant: String,
    /// Who declares it.
    #[arg(long, value_name = "PERSON")]
    pub(crate) declared_by: String,
    /// Who holds the operator's key: full reports name them. `case name` says it later, and of others.
    #[arg(long, value_name = "PERSON")]
    operator: Option<String>,
    /// Who holds the approver's key.
    #[arg(long, value_name = "PERSON")]
    approver: Option<String>,
    /// The first instant at which the intruder may have been in.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) window_from: DateTime<Utc>,
    /// The last instant at which the intruder may have been in.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) window_to: DateTime<Utc>,
    #[command(flatten)]
    circumstances: Circumstances,
    /// A rehearsal: the origin ends in /simulated and can never be shown as evidence.
    #[arg(long)]
    pub(crate) simulated: bool,
    /// How many people, other than the one who asks, must approve an erasure. The roots can change
    /// it later; a new set of keys has one approver.
    #[arg(long, value_name = "M", default_value_t = 1,
          value_parser = clap::value_parser!(u64).range(1..=16))]
    pub(crate) erase_approvals: u64,
}

/// Ask the clean tenant who it is, and record the answer.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case connect --case acme --tenant acme-clean.onmicrosoft.com \\
    --client-id 6731de76-14a6-49ae-97bc-6eba6914391e --certificate app.pem --private-key app.key")]
pub(crate) struct Connect {
    #[command(flatten)]
    folder: CaseFolder,
    #[command(flatten)]
    pub(crate) target: TargetAccess,
}

/// Say who becomes whom, from a CSV file with the header `source,target`.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case map --case acme --csv people.csv --tenant acme-clean.onmicrosoft.com \\
    --client-id 6731de76-14a6-49ae-97bc-6eba6914391e --certificate app.pem --private-key app.key

people.csv:
  source,target
  jane@acme.example,jane@acme-clean.example

The first column names a custodian as `source inspect` lists them, letter by letter.")]
pub(crate) struct Map {
    #[command(flatten)]
    folder: CaseFolder,
    /// The mapping file.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: PathBuf,
    /// Take names too that no registered backup has: of people whom lists and teams name alone, or whose backup comes later.
    #[arg(long)]
    pub(crate) not_in_a_backup: bool,
    #[command(flatten)]
    pub(crate) target: TargetAccess,
}

/// Where the case stands: what is planned, restored, held, skipped, failed.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case status --case acme")]
pub(crate) struct Status {
    #[command(flatten)]
    folder: CaseFolder,
}

/// End the case: every item has its outcome, and nothing more will be restored in it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case finish --case acme")]
pub(crate) struct Finish {
    #[command(flatten)]
    folder: CaseFolder,
}

/// Does what was asked.
pub(crate) async fn run(command: CaseCommand, output: &Output) -> Result<()> {
    match command {
        CaseCommand::AppsGone(wanted) => close::run_apps_gone(&wanted, output).await,
        CaseCommand::Cost(wanted) => cost::run(&wanted, output),
        CaseCommand::Close(wanted) => close::run_close(&wanted, output).await,
        CaseCommand::Checklist(wanted) => declaration::run_checklist(&wanted, output),
        CaseCommand::Kept(wanted) => kept::run(&wanted, output),
        CaseCommand::Connect(connect) => run_connect(&connect, output).await,
        CaseCommand::Decide(wanted) => decide::run(&wanted, output).await,
        CaseCommand::Declare(declare) => run_declare(declare, output),
        CaseCommand::Evidence(wanted) => declaration::run_evidence(&wanted, output).await,
        CaseCommand::Finish(finish) => run_finish(&finish, output).await,
        CaseCommand::Import(import) => import::run(&import, output),
        CaseCommand::Map(map) => run_map(&map, output).await,
        CaseCommand::Name(wanted) => name::run(&wanted, output),
        CaseCommand::Pin(pin) => pin::run(&pin, output).await,
        CaseCommand::Status(status) => run_status(&status, output),
        CaseCommand::Unmap(unmap) => unmap::run(&unmap, output).await,
        CaseCommand::Window(window) => declaration::run_window(&window, output).await,
    }
}

async fn run_connect(connect: &Connect, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&connect.folder)?;
    let target = tenant::open(&connect.target)?;
    let answered = target.organization().await;
    let answered = answered.map_err(|error| tenant::unreached(&connect.target, error))?;
    let simulated = connect.target.is_simulated();
    let tenant = mapping::connect_to(&journal, answered, simulated).await?;
    output.answer(
        &json!({ "tenant": tenant.tenant_id, "name": tenant.display_name }),
        &format!("connected: {} ({})", tenant.display_name, tenant.tenant_id),
    );
    next::before_plans(&journal, output)
}

fn run_declare(declare: Declare, output: &Output) -> Result<()> {
    declared::check(&declare, SystemClock.now())?;
    let people = [
        ("operator-1", declare.operator.clone()),
        ("approver-1", declare.approver.clone()),
    ];
    let named = |(person, name): (&'static str, Option<String>)| Some((person, name?));
    let people: Vec<_> = people.into_iter().filter_map(named).collect();
    for (_, name) in &people {
        name::check(name)?;
    }
    let keys = declare.folder.ring();
    let declared = Declaration {
        name: declare.name,
        title: declare.title,
        source_tenant: declare.source_tenant,
        declared_by: declare.declared_by,
        window: Some((declare.window_from, declare.window_to)),
        circumstances: declare.circumstances,
        simulated: declare.simulated,
        erase_approvals: declare.erase_approvals,
    };
    let journal = opening::declare(&declare.folder.case, &keys, &declared)?;
    for (person, name) in &people {
        name::record(&journal, person, name)?;
    }
    let origin = journal.ledger().origin();
    output.answer(
        &json!({ "origin": origin }),
        &format!("declared; the ledger is {origin}"),
    );
    next::before_plans(&journal, output)
}

async fn run_finish(finish: &Finish, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&finish.folder)?;
    restoring::finish(&journal).await?;
    let summary = Summary::load(&journal)?;
    output.answer(&summary.to_json(), &summary.to_text());
    output.next(next::step(&journal)?);
    Ok(())
}

async fn run_map(map: &Map, output: &Output) -> Result<()> {
    let rows = mapping::read(&map.csv)?;
    let journal = opening::open_folder(&map.folder)?;
    let target = tenant::of_case(&journal, &map.target).await?;
    let names = if map.not_in_a_backup {
        for near in mapping::near_misses(&journal, &rows)? {
            output.note(&format!("warning: {near}"));
        }
        mapping::Names::Believed
    } else {
        mapping::Names::InBackups
    };
    let mapped = mapping::map(&journal, &target, (&rows, names), &map.csv).await?;
    let before = rows.len() - mapped;
    output.answer(
        &json!({ "mapped": mapped, "already": before }),
        &format!("{mapped} custodians mapped, {before} were already"),
    );
    next::before_plans(&journal, output)
}

fn run_status(status: &Status, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&status.folder)?;
    let case = journal.case().map_err(flow::meaning)?;
    let summary = Summary::load(&journal)?;
    let mapped = case
        .custodians
        .values()
        .filter(|known| known.is_mapped)
        .count();
    let open = restoring::items_without_outcome(&journal)?;
    let mut value = summary.to_json();
    value["custodians"] = case.custodians.len().into();
    value["mapped"] = mapped.into();
    value["plans_adopted"] = case.adopted.len().into();
    value["open_items"] = open.into();
    value["finished"] = case.finished.is_some().into();
    let next = next::step(&journal)?;
    value["next"] = next.into();
    let text = format!(
        "{} custodians, {mapped} mapped; {} plans in force; {open} items waiting{}\n\n{}\n\
         next: {next}",
        case.custodians.len(),
        case.adopted.len(),
        if case.finished.is_some() {
            "; finished"
        } else {
            ""
        },
        summary.to_text(),
    );
    output.answer(&value, &text);
    Ok(())
}
