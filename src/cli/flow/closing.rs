//! The end of a case as steps: our own applications are looked for, and the case is closed.

use std::path::Path;

use serde_json::json;
use unbroken_ledger::Hash;

use super::super::exchange;
use super::{gating, meaning};
use crate::clock::{Clock, SystemClock};
use crate::domain::case::CaseCommand;
use crate::domain::closing::{ClosingCommand, LEFT_PATHS, Ours, left};
use crate::domain::event::{CaseClosed, ClosedFacts, OurAppsChecked};
use crate::domain::evidence::Answer;
use crate::domain::refusal::Refusal;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{Journal, JournalError};
use crate::targets::graph::Graph;

/// What an administrator exported.
const FILE_BYTES_MAX: usize = 64 << 20;

fn refused(error: JournalError) -> Error {
    let hint = match &error {
        JournalError::Refused(Refusal::AuditNotClean) => "`unbroken separation`",
        JournalError::Refused(Refusal::OurAppsNotChecked) => "`unbroken case apps-gone`",
        JournalError::Refused(Refusal::OurAppsLeft(_)) => {
            "an administrator removes them; then `unbroken case apps-gone` looks again"
        }
        JournalError::Refused(Refusal::NotFinished) => "`unbroken case finish`",
        _ => return meaning(error),
    };
    meaning(error).hint(hint)
}

/// Looks whether our own applications are gone, as the application that looks; the result names what is left.
pub(crate) async fn check_apps(
    journal: &Journal,
    graph: &Graph,
    (expected, looks): (&Path, &str),
) -> Result<Vec<String>> {
    let mut apps = gating::our_apps(expected)?;
    apps.retain(|app| !app.eq_ignore_ascii_case(looks));
    if apps.is_empty() {
        return Err(Error::failed(format!(
            "{}: declares no application of ours beside the one that looks",
            expected.display()
        ))
        .hint("`\"ours\": true` marks those that restored, and made users"));
    }
    let mut answers = serde_json::Map::new();
    for path in LEFT_PATHS {
        match graph.read(path).await {
            Answer::Said { digest, body } => {
                answers.insert(path.to_owned(), json!({ "digest": digest, "body": body }));
            }
            Answer::Nothing => {
                answers.insert(path.to_owned(), json!({ "body": { "value": [] } }));
            }
            // What could not be read is not gone.
            Answer::NotHad(why) => {
                return Err(Error::new(ErrorKind::GateRefused, format!("{path}: {why}"))
                    .while_doing("whether our own applications are gone cannot be told"));
            }
        }
    }
    let found = left(&Ours { apps: &apps }, &answers).map_err(|why| {
        Error::new(ErrorKind::GateRefused, why)
            .while_doing("whether our own applications are gone cannot be told")
    })?;
    let text = json!({ "left": found, "answers": answers }).to_string();
    let data = OurAppsChecked {
        apps: apps.len() as u64,
        at: SystemClock.now(),
        left: found.len() as u64,
        object: journal.keep_text(text.as_bytes()).map_err(meaning)?,
    };
    let command = CaseCommand::Close(ClosingCommand::CheckApps(data), SystemClock.now());
    journal.command(command).await.map_err(refused)?;
    Ok(found)
}

/// Closes the case on the newest separation audit.
pub(crate) async fn close(journal: &Journal, by: &str, evidence: &Path) -> Result<u64> {
    let digest = Hash::of(&exchange::read(evidence, FILE_BYTES_MAX)?).to_string();
    let case = journal.case().map_err(meaning)?;
    let audit = case.gates.audit.map_or(0, |look| look.number);
    let facts = ClosedFacts {
        attested_by: Some(by.to_owned()),
        digest: Some(digest),
    };
    let command = ClosingCommand::Close(CaseClosed { audit }, facts);
    let command = CaseCommand::Close(command, SystemClock.now());
    journal.command(command).await.map_err(refused)?;
    super::digesting::record(journal)?;
    Ok(audit)
}
