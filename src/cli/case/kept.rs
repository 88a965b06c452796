//! `unbroken case kept`: the evidence files that lie with the case, each held against the digest on the record.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::access::CaseFolder;
use super::super::flow::evidence::{self, Standing};
use super::super::flow::opening;
use super::super::output::Output;
use crate::error::{Error, ErrorKind, Result};

/// The evidence files that are kept with the case, each held against its digest on the record.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case kept --case acme --to evidence

Each file is written under its SHA-256. The exit code is 20 where one is gone or not what was taken
in.")]
pub(crate) struct Kept {
    #[command(flatten)]
    folder: CaseFolder,
    /// A folder to write the files to; it must not be there yet.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// Does what was asked.
pub(super) fn run(wanted: &Kept, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let files = evidence::kept(&journal, wanted.to.as_deref())?;
    let mut text = String::new();
    let mut rows = Vec::new();
    for file in &files {
        let digest = file.digest.as_deref().unwrap_or("-");
        let name = file.name.as_deref().unwrap_or("-");
        let (standing, what) = (file.standing.name(), &file.what);
        let _ = writeln!(text, "{standing:<11} {digest:<64} {what}: {name}");
        rows.push(json!({
            "entry": file.entry,
            "what": what,
            "name": file.name,
            "digest": file.digest,
            "standing": standing,
        }));
    }
    if files.is_empty() {
        text.push_str("no evidence file is on the record");
    }
    output.answer(&json!({ "files": rows }), text.trim_end());
    let is_bad = |file: &&evidence::Kept| file.standing == Standing::Changed;
    match files.iter().filter(is_bad).count() {
        0 => Ok(()),
        count => Err(Error::new(
            ErrorKind::VerificationFailed,
            format!(
                "{count} of {} files gone, or not what was taken in",
                files.len()
            ),
        )
        .hint("bring the file from where it was saved: its SHA-256 tells whether it is the one")),
    }
}
