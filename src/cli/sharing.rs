//! `unbroken access`: who may do what with restored files: planned, opened, read back, explained.

mod approving;
mod attesting;
mod queue;
mod unlisted;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::access::{CaseFolder, TargetAccess};
use super::flow::sharing::located::{Located, locate};
use super::flow::sharing::readback::{Compared, Objects, compare, record};
use super::flow::sharing::{
    Prepared, approval, opening as sharing_opening, prepare, queue as release_queue, read_sidecar,
};
use super::flow::{custodians, meaning, opening, tenant};
use super::output::Output;
use super::pace;
use crate::domain::access::{DifferenceClass, Effect, Membership, why};
use crate::engine::governor::Quotas;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::graph::Graph;

/// Give back access to restored files, never more than there was; and see who has it.
#[derive(Debug, Subcommand)]
pub(crate) enum AccessCommand {
    Adopt(approving::Adopt),
    Apply(Apply),
    Approve(approving::Approve),
    Attest(attesting::Attest),
    Diff(Diff),
    Held(queue::HeldList),
    Plan(Plan),
    Propose(approving::Propose),
    #[command(subcommand)]
    Release(queue::ReleaseCommand),
    Sensitive(attesting::NameSensitive),
    Why(Why),
}

/// What says who had access, and who is whom.
#[derive(Args, Clone, Debug)]
pub(crate) struct Said {
    /// The access sidecar: who had access to what (JSON or CSV).
    #[arg(long, value_name = "FILE")]
    sidecar: PathBuf,
    /// The map of principals: users, guests and groups (CSV, ours or Microsoft's six columns).
    #[arg(long, value_name = "FILE")]
    map: PathBuf,
}

/// Show what would come along and what not, with the reason of each; nothing is written.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access plan --sidecar access.csv --map principals.csv")]
pub(crate) struct Plan {
    #[command(flatten)]
    said: Said,
}

/// Open restored files to those whom the source let in: closes first, lets in last, reads back.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access apply --case acme --sidecar access.csv --map principals.csv \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key

Restore everything first: files that are restored later below what is open by then are held.
Nobody is let in without an approved plan: `access propose`, `access approve`, `access adopt`.")]
pub(crate) struct Apply {
    #[command(flatten)]
    folder: CaseFolder,
    #[command(flatten)]
    said: Said,
    /// One custodian only: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO")]
    custodian: Option<String>,
    /// Somebody who sees it by office, an administrator whom the plan in force declares; again for several. Listed as declared.
    #[arg(long, value_name = "USER")]
    declared: Vec<String>,
    #[command(flatten)]
    target: TargetAccess,
    /// Keep no quota but what the tenant answers; for a simulated tenant only.
    #[arg(long)]
    without_quotas: bool,
}

/// Read access back and compare it with the source's: lost, kept and gained, by item and person.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access diff --case acme --sidecar access.csv --map principals.csv \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key

Without --sidecar and --map it reads back the drive of one --custodian and every file restored into
it: no list says who had access, so whoever is in beside the owner is gained.

Ends with exit code 3 where anybody has more than the source gave.")]
pub(crate) struct Diff {
    #[command(flatten)]
    folder: CaseFolder,
    /// The access sidecar: who had access to what (JSON or CSV).
    #[arg(long, value_name = "FILE", requires = "map")]
    sidecar: Option<PathBuf>,
    /// The map of principals: users, guests and groups (CSV, ours or Microsoft's six columns).
    #[arg(long, value_name = "FILE", requires = "sidecar")]
    map: Option<PathBuf>,
    /// One custodian only: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO")]
    custodian: Option<String>,
    /// Somebody who sees it by office, an administrator whom the plan in force declares; again for several. Listed as declared.
    #[arg(long, value_name = "USER")]
    declared: Vec<String>,
    #[command(flatten)]
    target: TargetAccess,
    /// Keep no quota but what the tenant answers; for a simulated tenant only.
    #[arg(long)]
    without_quotas: bool,
}

/// Explain one answer by its chain of grants and groups, as the source has it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access why jane@acme.example 'ann@acme.example:Contracts/2026/draft.docx' \\
    --sidecar access.csv")]
pub(crate) struct Why {
    /// The person, by key in the source.
    principal: String,
    /// The item: its custodian, a colon, and the path; nothing behind the colon for all of it.
    item: String,
    /// The access sidecar (JSON or CSV).
    #[arg(long, value_name = "FILE")]
    sidecar: PathBuf,
}

/// Does what was asked.
pub(crate) async fn run(command: AccessCommand, output: &Output) -> Result<()> {
    match command {
        AccessCommand::Adopt(adopt) => approving::adopt(&adopt, output).await,
        AccessCommand::Apply(apply) => run_apply(&apply, output).await,
        AccessCommand::Approve(approve) => approving::approve(&approve, output),
        AccessCommand::Attest(attest) => attesting::attest(attest, output).await,
        AccessCommand::Diff(diff) => run_diff(&diff, output).await,
        AccessCommand::Held(list) => queue::held(&list, output),
        AccessCommand::Plan(plan) => run_plan(&plan, output),
        AccessCommand::Propose(propose) => approving::propose(&propose, output).await,
        AccessCommand::Release(command) => queue::release(&command, output).await,
        AccessCommand::Sensitive(named) => attesting::name(named, output).await,
        AccessCommand::Why(wanted) => run_why(&wanted, output),
    }
}

fn run_plan(plan: &Plan, output: &Output) -> Result<()> {
    let prepared = prepare(&plan.said.sidecar, &plan.said.map)?;
    let tally = prepared.tally(None);
    let mut text = String::new();
    for row in prepared.rows(None) {
        let word = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        if row["becomes"] != "kept" {
            let _ = writeln!(
                text,
                "{:5} {} ({}) on {}:{}: {}",
                word("becomes"),
                word("principal"),
                word("source_level"),
                word("custodian"),
                word("path"),
                word("why"),
            );
        }
        output.line(&row);
    }
    for (group, member, why) in prepared.left_out() {
        let _ = writeln!(text, "lost  {member} in group {group}: {why}");
        output.line(&json!({ "group": group, "member": member, "becomes": "lost", "why": why }));
    }
    let scopes = prepared.plan.scopes();
    let _ = write!(
        text,
        "{} grants kept, {} held, {} lost; {scopes} items get a scope of their own",
        tally.kept, tally.held, tally.lost
    );
    let value = json!({
        "kept": tally.kept, "held": tally.held, "lost": tally.lost, "scopes": scopes,
        "map": prepared.map_digest.to_string(),
    });
    output.answer(&value, &text);
    Ok(())
}

/// The custodians that are meant, found in the tenant.
async fn find(
    journal: &Journal,
    target: &Graph,
    prepared: &Prepared,
    custodian: Option<&str>,
) -> Result<Vec<Located>> {
    let case = journal.case().map_err(meaning)?;
    let only = custodian
        .map(|name| custodians::find(&case, name))
        .transpose()?;
    let found = locate(journal, target, prepared, only.as_ref()).await?;
    if found.is_empty() {
        return Err(
            Error::failed("the sidecar names no custodian whose files are in this case")
                .hint("they are named as the source names them"),
        );
    }
    Ok(found)
}

/// The plan's principals in the tenant, and who sees items by office: administrators as named, and this program's application.
async fn objects(
    target: &Graph,
    prepared: &Prepared,
    declared: &[String],
    access: &TargetAccess,
) -> Result<Objects> {
    let mut objects = Objects::load(target, prepared).await?;
    objects.declare(target, declared, &access.client_id).await?;
    Ok(objects)
}

async fn connect(journal: &Journal, access: &TargetAccess, without_quotas: bool) -> Result<Graph> {
    if !without_quotas {
        return tenant::of_case(journal, access).await;
    }
    pace::expect_simulated(journal)?;
    let way = tenant::of_case_under(journal, access, Quotas::unpaced()).await?;
    Ok(way.graph)
}

async fn run_apply(apply: &Apply, output: &Output) -> Result<()> {
    let planned = prepare(&apply.said.sidecar, &apply.said.map)?;
    let journal = opening::open_folder(&apply.folder)?;
    let plan = approval::in_force(&journal, &planned)?;
    let target = connect(&journal, &apply.target, apply.without_quotas).await?;
    let found = find(&journal, &target, &planned, apply.custodian.as_deref()).await?;
    for located in &found {
        let whose = (located.root, &located.custodian);
        approval::expect_approved(&journal, &plan, &planned, whose)?;
    }
    approval::expect_declared(&journal, &apply.declared)?;
    let prepared = release_queue::after_releases(&journal, planned)?;
    let found = find(&journal, &target, &prepared, apply.custodian.as_deref()).await?;
    let objects = objects(&target, &prepared, &apply.declared, &apply.target).await?;
    let (mut failed, mut gained) = (0, 0);
    for located in &found {
        let approved = (&objects, &*plan);
        let opened = sharing_opening::open(&journal, &target, &prepared, located, approved).await?;
        let compared = compare(&target, &prepared, located, &objects).await?;
        record(&journal, located, &compared, &objects).await?;
        failed += opened.failed;
        gained += compared.count(DifferenceClass::Gained);
        let text = format!(
            "custodian {}: {} items closed, {} calls made, {} failed, {} items not there; {}",
            located.custodian,
            opened.scopes,
            opened.made,
            opened.failed,
            located.absent,
            counted(&compared),
        );
        let mut value = counts(&compared);
        value["custodian"] = located.custodian.as_str().into();
        value["made"] = opened.made.into();
        value["failed"] = opened.failed.into();
        value["absent"] = located.absent.into();
        output.answer(&value, &text);
    }
    expect_good(failed, gained)
}

async fn run_diff(diff: &Diff, output: &Output) -> Result<()> {
    let (Some(sidecar), Some(map)) = (&diff.sidecar, &diff.map) else {
        return unlisted::diff(diff, output).await;
    };
    let planned = prepare(sidecar, map)?;
    let journal = opening::open_folder(&diff.folder)?;
    approval::expect_declared(&journal, &diff.declared)?;
    let prepared = release_queue::after_releases(&journal, planned)?;
    let target = connect(&journal, &diff.target, diff.without_quotas).await?;
    let found = find(&journal, &target, &prepared, diff.custodian.as_deref()).await?;
    let objects = objects(&target, &prepared, &diff.declared, &diff.target).await?;
    let mut gained = 0;
    for located in &found {
        let compared = compare(&target, &prepared, located, &objects).await?;
        let digest = record(&journal, located, &compared, &objects).await?;
        gained += compared.count(DifferenceClass::Gained);
        let mut text = String::new();
        for row in &compared.rows {
            if row["class"] == "gained" || row["class"] == "lost" {
                let _ = writeln!(text, "{}", said(row));
            }
            output.line(row);
        }
        let _ = write!(
            text,
            "custodian {}: {}",
            located.custodian,
            counted(&compared)
        );
        let mut value = counts(&compared);
        value["custodian"] = located.custodian.as_str().into();
        value["digest"] = digest.to_string().into();
        output.answer(&value, &text);
    }
    expect_good(0, gained)
}

fn said(row: &Value) -> String {
    let word = |name: &str| row[name].as_str().unwrap_or("nobody").to_owned();
    format!(
        "{:6} {} on {}:{}: {} in the source, {} now",
        word("class"),
        row["target"]
            .as_str()
            .map_or_else(|| word("source"), str::to_owned),
        word("custodian"),
        word("path"),
        word("source_level"),
        word("target_level"),
    )
}

fn counts(compared: &Compared) -> Value {
    let count = |class| compared.count(class);
    json!({
        "gained": count(DifferenceClass::Gained),
        "kept": count(DifferenceClass::Kept),
        "lost": count(DifferenceClass::Lost),
        "declared": count(DifferenceClass::Declared),
    })
}

fn counted(compared: &Compared) -> String {
    let count = |class| compared.count(class);
    let mut text = format!(
        "{} gained, {} lost, {} kept",
        count(DifferenceClass::Gained),
        count(DifferenceClass::Lost),
        count(DifferenceClass::Kept)
    );
    let declared = count(DifferenceClass::Declared);
    if declared > 0 {
        let _ = write!(text, ", {declared} by office");
    }
    text
}

fn expect_good(failed: u64, gained: u64) -> Result<()> {
    if gained > 0 {
        let text = format!("in {gained} places somebody has more than the source gave");
        return Err(Error::new(ErrorKind::Incomplete, text).hint(
            "`unbroken access diff` names each; take it away in the tenant and compare again",
        ));
    }
    if failed > 0 {
        let text = format!("{failed} calls failed: somebody has less than the source gave");
        return Err(
            Error::new(ErrorKind::Incomplete, text).hint("start again with the same command")
        );
    }
    Ok(())
}

fn run_why(wanted: &Why, output: &Output) -> Result<()> {
    let (sidecar, _) = read_sidecar(&wanted.sidecar)?;
    let unknown = |what: &str| Error::failed(format!("{what}: the sidecar does not name it"));
    let (custodian, path) = wanted
        .item
        .split_once(':')
        .ok_or_else(|| Error::failed(format!("{}: an item is CUSTODIAN:PATH", wanted.item)))?;
    let place = (custodian.to_owned(), path.trim_matches('/').to_owned());
    let item = sidecar.places.get(&place).copied();
    let item = item.ok_or_else(|| unknown(&wanted.item))?;
    let who = sidecar.directory.find(&wanted.principal);
    let who = who.ok_or_else(|| unknown(&wanted.principal))?;
    let membership = Membership::of(&sidecar.directory);
    let answer = why(&sidecar.tree, &sidecar.directory, &membership, who, item);
    let answer = answer.ok_or_else(|| {
        Error::failed(format!(
            "{}: a group is asked for by its members",
            wanted.principal
        ))
    })?;
    let key = |id| sidecar.directory.principal(id).key.as_str();
    let path_of = |id| {
        let place = sidecar.places.iter().find(|(_, known)| **known == id);
        place.map_or(String::new(), |((custodian, path), _)| {
            format!("{custodian}:{path}")
        })
    };
    let mut text = format!(
        "{}: {} on {}\n",
        wanted.principal,
        answer.level.name(),
        wanted.item
    );
    if answer.is_unknown {
        text.push_str("the source does not say who had access: nobody else is let in\n");
    }
    let links: Vec<Value> = answer
        .links
        .iter()
        .map(|link| {
            let effect = if link.effect == Effect::Deny {
                "denied"
            } else {
                "allowed"
            };
            let through: Vec<&str> = link.path.iter().map(|id| key(*id)).collect();
            let how = if link.grant.is_none() {
                "as custodian"
            } else {
                "through"
            };
            let _ = writeln!(
                text,
                "  {effect} {} on {} {how} {}",
                link.level.name(),
                path_of(link.item),
                through.join(" > "),
            );
            json!({
                "item": path_of(link.item), "effect": effect, "level": link.level.name(),
                "custodian": link.grant.is_none(), "through": through,
            })
        })
        .collect();
    let value = json!({
        "principal": wanted.principal, "item": wanted.item, "level": answer.level.name(),
        "unknown": answer.is_unknown, "links": links,
    });
    output.answer(&value, &text);
    Ok(())
}
