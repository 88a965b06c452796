//! `unbroken verify`: hands the files to the independent verifier and prints what it says.

use std::path::{Path, PathBuf};

use clap::Args;
use unbroken_verify::{Options, Verdict, VerdictKind};

use super::open::ledger_folder;
use super::output::Output;
use crate::error::{Error, ErrorKind, Result};

/// Check a bundle or a ledger directory with the independent verifier.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken verify demo-out/bundle --trust demo-out/trust

The same as `unbroken-verify`. Exit codes: 0 valid, 3 valid with exceptions, 20 invalid,
21 consistent but not anchored (no trust file).")]
pub(crate) struct Verify {
    /// A bundle or a ledger directory.
    pub(crate) path: PathBuf,
    /// Whom to trust: a C2SP tlog-policy that names the origin, received apart from the bundle.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// An earlier checkpoint of the same ledger; a ledger that does not extend it is invalid.
    #[arg(long, value_name = "NOTE")]
    pub(crate) at_least: Option<PathBuf>,
}

/// Does what was asked.
pub(crate) fn run(wanted: &Verify, output: &Output) -> Result<()> {
    let verdict = check(
        &wanted.path,
        wanted.trust.as_deref(),
        wanted.at_least.as_deref(),
    )?;
    let json: serde_json::Value = serde_json::from_str(&verdict.to_json())
        .map_err(|error| Error::failed(error).while_doing("the verifier's answer is not JSON"))?;
    output.answer(&json, &verdict.to_text());
    expect(&verdict)
}

/// Hands files to the verifier.
pub(crate) fn check(path: &Path, trust: Option<&Path>, at_least: Option<&Path>) -> Result<Verdict> {
    let options = Options {
        trust: trust.map(Path::to_owned),
        at_least: at_least.map(Path::to_owned),
        ..Options::default()
    };
    unbroken_verify::verify(path, &options).map_err(|error| {
        let kind = if error.exit_code() == ErrorKind::NoLedger.exit_code() {
            ErrorKind::NoLedger
        } else {
            ErrorKind::Failed
        };
        let is_case = ledger_folder(path).join("format").exists();
        let error = Error::new(kind, error);
        if is_case {
            let ledger = ledger_folder(path);
            return error.hint(format!(
                "this is a case; its ledger is {}",
                ledger.display()
            ));
        }
        error
    })
}

/// Whether the list of files alone is broken, and nothing that a file says.
fn is_of_the_bag(verdict: &Verdict) -> bool {
    let mut broken = verdict.broken.iter();
    broken.all(|finding| finding.rule == "bundle/manifest")
}

/// What a verdict means as an exit code.
pub(crate) fn expect(verdict: &Verdict) -> Result<()> {
    let error = match verdict.kind {
        VerdictKind::Valid => return Ok(()),
        VerdictKind::ValidWithExceptions => {
            Error::new(ErrorKind::Incomplete, "the record is valid with exceptions")
        }
        VerdictKind::NotAnchored => Error::new(
            ErrorKind::NotAnchored,
            "the record is consistent, but nobody says whose it is",
        )
        .hint("--trust names the trust file, which comes by another way than the bundle"),
        VerdictKind::Invalid if is_of_the_bag(verdict) => Error::new(
            ErrorKind::VerificationFailed,
            "the bundle is not as it was packed; nothing else was found to be broken",
        )
        .hint("the findings above name each file that is changed, missing or too many")
        .hint("a system's own file (.DS_Store, Thumbs.db) can be taken out again"),
        VerdictKind::Invalid => Error::new(ErrorKind::VerificationFailed, "the record is invalid")
            .hint("keep the files as they are; the findings above name the place and the rule"),
    };
    Err(error)
}
