//! `unbroken content`: the policy of the content gate, for the plans that are made from now on.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::access::CaseFolder;
use super::flow::content::{self, Wanted};
use super::flow::{meaning, opening};
use super::output::Output;
use crate::domain::content::{Class, ContentGate, Unscanned};
use crate::error::Result;

/// Set what is looked for in content before it is written; the next plan is made and approved with it.
#[derive(Debug, Subcommand)]
pub(crate) enum ContentCommand {
    Set(Set),
    Show(Show),
}

/// Set the content gate: scanners, rules, known-bad digests, kinds of content to hold.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken content set --case acme --clamd --hold executable,macro,encrypted,archive
  unbroken content set --case acme --clamd --yara rules.yar --known-bad bad.sha256 --unscanned stop

Rules and list are kept with the case, encrypted. A plan that is made afterwards holds the policy,
and whoever approves the plan sees it; `restore --clamd ADDRESS` says where clamd listens.")]
pub(crate) struct Set {
    #[command(flatten)]
    folder: CaseFolder,
    /// Show everything to clamd.
    #[arg(long)]
    clamd: bool,
    /// A file with YARA rules; may be given again.
    #[arg(long, value_name = "FILE")]
    yara: Vec<PathBuf>,
    /// A list of SHA-256, as sha256sum writes them: what is on it is held and never released.
    #[arg(long, value_name = "FILE")]
    known_bad: Option<PathBuf>,
    /// Kinds of content that are held for what they are.
    #[arg(long, value_name = "KINDS", value_enum, value_delimiter = ',')]
    hold: Vec<Kind>,
    /// What becomes of the run when a scanner does not answer; the item is held either way.
    #[arg(long, value_enum, default_value = "hold")]
    unscanned: WhenSilent,
    /// The most bytes of one part that clamd is given; its StreamMaxLength must be no smaller.
    #[arg(long, value_name = "BYTES", default_value_t = 100_000_000,
          value_parser = clap::value_parser!(u64).range(1..))]
    part_bytes_max: u64,
}

/// Which gate the next plan is made with, and which one is in force.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken content show --case acme")]
pub(crate) struct Show {
    #[command(flatten)]
    folder: CaseFolder,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Archives of kinds that are not opened: 7z, RAR, cabinet, disk images, Outlook messages.
    Archive,
    /// Under a password: nobody can look into it.
    Encrypted,
    /// Programs, scripts, shortcuts, by content and by name.
    Executable,
    /// Documents with macros.
    Macro,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WhenSilent {
    /// It goes on; the next one looks at the item again.
    Hold,
    /// It stops.
    Stop,
}

impl From<Kind> for Class {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Archive => Self::Archive,
            Kind::Encrypted => Self::Encrypted,
            Kind::Executable => Self::Executable,
            Kind::Macro => Self::Macro,
        }
    }
}

/// Does what was asked.
pub(crate) async fn run(command: ContentCommand, output: &Output) -> Result<()> {
    match command {
        ContentCommand::Set(set) => run_set(set, output).await,
        ContentCommand::Show(show) => run_show(&show, output),
    }
}

async fn run_set(set: Set, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&set.folder)?;
    let wanted = Wanted {
        clamd: set.clamd,
        yara: set.yara,
        bad: set.known_bad,
        hold: set.hold.into_iter().map(Class::from).collect(),
        part_bytes_max: set.part_bytes_max,
        unscanned: match set.unscanned {
            WhenSilent::Hold => Unscanned::Hold,
            WhenSilent::Stop => Unscanned::Stop,
        },
    };
    let gate = content::set(&journal, &wanted).await?;
    output.answer(
        &json!({ "content_gate": gate }),
        &format!(
            "content gate {}\nit holds for plans that are made from now on",
            gate.words()
        ),
    );
    Ok(())
}

fn run_show(show: &Show, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&show.folder)?;
    let case = journal.case().map_err(meaning)?;
    let said = |gate: Option<&ContentGate>| {
        gate.map_or_else(
            || "none: content is not scanned".to_owned(),
            ContentGate::words,
        )
    };
    let (in_force, next) = (case.gate_in_force(), case.content.gate.as_ref());
    output.answer(
        &json!({ "in_force": in_force, "next_plan": next }),
        &format!("in force   {}\nnext plan  {}", said(in_force), said(next)),
    );
    Ok(())
}
