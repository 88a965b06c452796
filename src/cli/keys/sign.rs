//! `unbroken keys sign`: one signature under a request, on the signer's own machine; no ledger is needed there.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use unbroken_ledger::OfflineEvent;
use unbroken_ledger::offline::FILE_BYTES_MAX;

use super::super::exchange;
use super::super::key_file::Passphrases;
use super::super::output::{self, Output};
use super::summary;
use crate::error::{Error, ErrorKind, Result};

/// Add a signature to a request, on the signer's own machine. What is signed is shown first.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken keys sign --request enrol.request --key /media/stick/root-2.pem

The file then goes on to the next signer, or back: `unbroken case import enrol.request`. Copies
may be signed at the same time; `case import` puts their signatures together.")]
pub(crate) struct Sign {
    /// The request.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// The signer's key file.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Write the signed request here; in the place of the request when not given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A file with the key's passphrase.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Sign without asking.
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(wanted: &Sign, output: &Output) -> Result<()> {
    let mut file = read(&wanted.request)?;
    output.note(summary::of(&file)?.trim_end());
    expect_yes(wanted.yes, "Sign this?")?;
    let key = Passphrases::new(wanted.passphrase_file.as_deref()).signer(&wanted.key)?;
    file.sign(&*key).map_err(Error::failed)?;
    match &wanted.out {
        Some(out) => exchange::write_new(out, &file.to_bytes())?,
        None => exchange::replace(&wanted.request, &file.to_bytes())?,
    }
    let out = wanted.out.as_ref().unwrap_or(&wanted.request);
    let missing: Vec<String> = file.missing().iter().map(ToString::to_string).collect();
    let rest = if missing.is_empty() {
        "everybody has signed: `unbroken case import` takes it".to_owned()
    } else {
        format!("not signed yet by {}", missing.join(", "))
    };
    let (by, out) = (key.key_id().to_string(), out.display().to_string());
    output.answer(
        &json!({ "file": out, "by": by, "missing": missing }),
        &format!("{out}: signed by {by}\n{rest}"),
    );
    Ok(())
}

/// Reads a request or a signed event.
pub(in super::super) fn read(path: &std::path::Path) -> Result<OfflineEvent> {
    let bytes = exchange::read(path, FILE_BYTES_MAX)?;
    OfflineEvent::parse(&bytes).map_err(|refusal| {
        Error::failed(refusal).while_doing(format!(
            "{}: not an event to sign or to take in",
            path.display()
        ))
    })
}

/// Nobody signs by accident: a person says yes, or the command line did.
pub(in super::super) fn expect_yes(said: bool, question: &str) -> Result<()> {
    if said {
        return Ok(());
    }
    let answer = output::ask_yes(question).ok_or_else(|| {
        Error::new(
            ErrorKind::Usage,
            "nobody is there to be asked, and nothing was signed",
        )
        .hint("read what is shown above, then start again with --yes")
    })??;
    if answer {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::GateRefused,
        "not signed: the answer was not yes",
    ))
}
