//! `unbroken wave`: which wave is due, who released it, what it takes; paused, resumed, put into another order.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::access::{CaseFolder, TargetAccess};
use super::asked::Steps;
use super::flow::{meaning, opening, tenant, waving};
use super::output::Output;
use crate::domain::case::Case;
use crate::domain::wave::SIGNERS_MIN;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;

/// The waves of the plan in force: released by others, one after the other.
#[derive(Debug, Subcommand)]
pub(crate) enum WaveCommand {
    Devices(Devices),
    Hold(Hold),
    Licences(Licences),
    List(List),
    Order(Order),
    Pause(Pause),
    Release(Release),
    Resume(Resume),
}

/// Which wave is due, and how far each of them is.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken wave list --case acme")]
pub(crate) struct List {
    #[command(flatten)]
    folder: CaseFolder,
}

/// Let a wave open: asked for by one, approved by another.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken wave release --case acme --wave 1 --propose
  unbroken wave release --case acme --wave 1 --approve --keys /media/stick
  unbroken wave release --case acme --wave 1

Where the compromised tenant is pinned, no wave of a plan that was made in waves opens without.")]
pub(crate) struct Release {
    #[command(flatten)]
    folder: CaseFolder,
    #[command(flatten)]
    wave: WaveNumber,
    #[command(flatten)]
    steps: Steps,
}

/// Put the waves into another order: asked for by one, approved by another.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken wave order --case acme --order 1,3,2 --propose")]
pub(crate) struct Order {
    #[command(flatten)]
    folder: CaseFolder,
    /// Every wave of the plan, in the new order.
    #[arg(
        long = "order",
        value_name = "N,N,…",
        value_delimiter = ',',
        required = true
    )]
    waves: Vec<u32>,
    #[command(flatten)]
    steps: Steps,
}

/// Let a wave stand still: its workers stop at the next item, and it does not open.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken wave pause --case acme --wave 2 --reason 'the finance department closes its books'

A `restore` that runs holds the ledger: end it with Ctrl-C first. Nothing is lost by that.")]
pub(crate) struct Pause {
    #[command(flatten)]
    folder: CaseFolder,
    #[command(flatten)]
    wave: WaveNumber,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Let a paused wave go on.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken wave resume --case acme --wave 2 --reason 'books are closed'")]
pub(crate) struct Resume {
    #[command(flatten)]
    folder: CaseFolder,
    #[command(flatten)]
    wave: WaveNumber,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Count the licences that a wave takes, and those that the clean tenant has free.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken wave licences --case acme --wave 1 --tenant acme-clean.onmicrosoft.com \\
    --client-id 6731de76-14a6-49ae-97bc-6eba6914391e --certificate app.pem --private-key app.key

It only reads the tenant. Exit code 12 where licences are missing.")]
pub(crate) struct Licences {
    #[command(flatten)]
    folder: CaseFolder,
    #[command(flatten)]
    wave: WaveNumber,
    #[command(flatten)]
    target: TargetAccess,
}

/// Say what became of the devices of a wave's people that were enrolled in the compromised tenant.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken wave devices --case acme --wave 1 --file devices.csv

The file is what shows it, for example the list of devices that were wiped and enrolled anew. It is
kept with the case, encrypted; its digest goes on the record. The next wave opens after that.")]
pub(crate) struct Devices {
    #[command(flatten)]
    folder: CaseFolder,
    #[command(flatten)]
    wave: WaveNumber,
    /// What shows it.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

/// Say that a custodian under legal hold is on hold in the clean tenant too.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken wave hold --case acme --custodian jane@acme.example --file holds.csv

The file is what an administrator exported, for example the LitigationHoldEnabled of Get-Mailbox.
It is kept with the case, encrypted for the custodian; its digest goes on the record.")]
pub(crate) struct Hold {
    #[command(flatten)]
    folder: CaseFolder,
    /// The custodian: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO")]
    custodian: String,
    /// What shows it.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

#[derive(Args, Debug)]
struct WaveNumber {
    /// The wave, as `plan show` and `wave list` number them.
    #[arg(long, value_name = "N")]
    wave: u32,
}

/// Does what was asked.
pub(crate) async fn run(command: WaveCommand, output: &Output) -> Result<()> {
    match command {
        WaveCommand::Devices(wanted) => run_devices(&wanted, output).await,
        WaveCommand::Hold(wanted) => run_hold(&wanted, output).await,
        WaveCommand::Licences(wanted) => run_licences(&wanted, output).await,
        WaveCommand::List(wanted) => run_list(&wanted, output),
        WaveCommand::Order(wanted) => run_order(&wanted, output).await,
        WaveCommand::Pause(wanted) => {
            let told = ("paused", true);
            pause(
                (&wanted.folder, wanted.wave.wave),
                told,
                &wanted.reason,
                output,
            )
            .await
        }
        WaveCommand::Release(wanted) => run_release(&wanted, output).await,
        WaveCommand::Resume(wanted) => {
            let told = ("resumed", false);
            pause(
                (&wanted.folder, wanted.wave.wave),
                told,
                &wanted.reason,
                output,
            )
            .await
        }
    }
}

fn open(folder: &CaseFolder) -> Result<(Journal, Case, String)> {
    let journal = opening::open_folder(folder)?;
    let case = journal.case().map_err(meaning)?;
    let plan = waving::plan_in_force(&case)?;
    Ok((journal, case, plan))
}

fn run_list(wanted: &List, output: &Output) -> Result<()> {
    let (journal, case, plan) = open(&wanted.folder)?;
    let (of, sums) = (case.waves.of(&plan), waving::sums(&journal, &plan)?);
    let due = waving::due(&case, &plan);
    let mut text = format!("plan {plan}\n");
    let mut rows = Vec::new();
    for wave in waving::order_of(&case, &plan) {
        let is_open = case.open_waves.contains(&(plan.clone(), wave));
        let state = match () {
            () if of.paused.contains(&wave) => "paused",
            () if is_open => "open",
            () if of.closed.contains(&wave) => "closed",
            () if of.released.contains(&wave) => "released",
            () => "waits",
        };
        let (items, people) = sums
            .get(&wave)
            .map_or((0, 0), |(items, of)| (*items, of.len()));
        let mark = if wave == due && state != "closed" {
            ", due"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "wave {wave}: {people} custodians, {items} items: {state}{mark}"
        );
        rows.push(json!({
            "wave": wave, "custodians": people, "items": items, "state": state, "due": wave == due,
        }));
    }
    let (unaudited, bare) = match case.gates.pinned {
        Some(_) => (
            case.waves.not_audited(&plan, due),
            case.waves.without_devices(&plan, due),
        ),
        None => (None, None),
    };
    if let Some(wave) = unaudited {
        let _ = writeln!(text, "no separation audit since wave {wave} ended");
    }
    if let Some(wave) = bare {
        let _ = writeln!(
            text,
            "nothing shows what became of the devices of wave {wave}"
        );
    }
    let answer = json!({
        "plan": plan, "waves": rows, "not_audited": unaudited, "without_devices": bare,
    });
    output.answer(&answer, &text);
    Ok(())
}

async fn run_release(wanted: &Release, output: &Output) -> Result<()> {
    let (journal, _, plan) = open(&wanted.folder)?;
    let wave = wanted.wave.wave;
    let with = (&wanted.folder, &journal);
    let was_asked = waving::release_question(&plan, wave, |question| {
        wanted.steps.ask(with, question, SIGNERS_MIN, output)
    })?;
    if was_asked {
        return Ok(());
    }
    waving::release(&journal, &plan, wave).await?;
    output.answer(
        &json!({ "plan": plan, "wave": wave, "released": true }),
        &format!("released: wave {wave}"),
    );
    Ok(())
}

async fn run_order(wanted: &Order, output: &Output) -> Result<()> {
    let (journal, _, plan) = open(&wanted.folder)?;
    let with = (&wanted.folder, &journal);
    let was_asked = waving::order_question(&plan, &wanted.waves, |question| {
        wanted.steps.ask(with, question, SIGNERS_MIN, output)
    })?;
    if was_asked {
        return Ok(());
    }
    waving::reorder(&journal, &plan, &wanted.waves).await?;
    let order: Vec<String> = wanted.waves.iter().map(ToString::to_string).collect();
    output.answer(
        &json!({ "plan": plan, "order": wanted.waves }),
        &format!("waves open as {}", order.join(", ")),
    );
    Ok(())
}

async fn pause(
    (folder, wave): (&CaseFolder, u32),
    (word, stops): (&str, bool),
    reason: &str,
    output: &Output,
) -> Result<()> {
    let (journal, _, plan) = open(folder)?;
    waving::pause(&journal, (&plan, wave), stops, reason).await?;
    output.answer(
        &json!({ "plan": plan, "wave": wave, "paused": stops }),
        &format!("{word}: wave {wave}"),
    );
    Ok(())
}

async fn run_licences(wanted: &Licences, output: &Output) -> Result<()> {
    let (journal, _, plan) = open(&wanted.folder)?;
    let graph = tenant::of_case(&journal, &wanted.target).await?;
    let counted = waving::count_licences(&journal, &graph, &plan, wanted.wave.wave).await?;
    output.answer(
        &json!({
            "plan": plan, "wave": counted.wave, "users": counted.users,
            "without": counted.without, "free": counted.free,
        }),
        &format!(
            "wave {}: {} users, {} of them without a licence; the tenant has {} free",
            counted.wave, counted.users, counted.without, counted.free
        ),
    );
    if counted.without <= counted.free {
        return Ok(());
    }
    let missing = counted.without - counted.free;
    Err(Error::new(
        ErrorKind::GateRefused,
        format!("{missing} licences are missing for wave {}", counted.wave),
    )
    .hint("buy or free them, or assign them to the users of the wave; then count again"))
}

async fn run_devices(wanted: &Devices, output: &Output) -> Result<()> {
    let (journal, _, plan) = open(&wanted.folder)?;
    let wave = wanted.wave.wave;
    let digest = waving::evidence_devices(&journal, &plan, wave, &wanted.file).await?;
    output.answer(
        &json!({ "plan": plan, "wave": wave, "digest": digest }),
        &format!("devices of wave {wave}: {digest}"),
    );
    Ok(())
}

async fn run_hold(wanted: &Hold, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let digest = waving::evidence_hold(&journal, &wanted.custodian, &wanted.file).await?;
    output.answer(
        &json!({ "custodian": wanted.custodian, "digest": digest }),
        &format!(
            "on hold in the clean tenant: {}, by {digest}",
            wanted.custodian
        ),
    );
    Ok(())
}
