//! `unbroken case import`: what was signed elsewhere comes back: approvals, rejections, changes of keys.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};
use unbroken_ledger::{
    Clock as _, Hash, Ledger, LedgerError, OfflineError, OfflineEvent, Receipt, Refusal,
    SubmitError, SystemClock, Value,
};

use super::super::access::CaseFolder;
use super::super::keyring::KeyRing;
use super::super::output::Output;
use super::super::{keys, open};
use crate::error::{Error, ErrorKind, Result};

/// Take in what was signed on other machines: approvals, rejections, changes of keys and policy.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case import --case acme plan.approved
  unbroken case import --case acme from-root-1.request from-root-2.request

Files under the same event are put together. Each file is held against the ledger's rules before
it is written; one that is refused does not stop the others. The same file again changes nothing.")]
pub(crate) struct Import {
    #[command(flatten)]
    folder: CaseFolder,
    /// The files that came back.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The file of a new log or service key, where one of these puts it in place.
    #[arg(long, value_name = "FILE")]
    new: Option<PathBuf>,
}

pub(super) fn run(import: &Import, output: &Output) -> Result<()> {
    let events = collect(&import.files, output)?;
    let ring = import.folder.ring();
    let ledger = open::ledger_with(&import.folder.case, &ring)?;
    let mut answers = Vec::new();
    let mut text = String::new();
    let mut first_refusal = None;
    for (path, event) in &events {
        let path = path.display().to_string();
        let taken = take_in(&ledger, &ring, event, import)
            .map_err(|error| error.while_doing(format!("{path}: not taken")));
        match taken {
            Ok((receipt, said)) => {
                let (index, kind) = (receipt.index, &event.event().kind);
                let _ = writeln!(text, "{path}: entry {index}, {kind}{said}");
                answers.push(json!({ "file": path, "index": index, "type": kind }));
            }
            Err(error) if events.len() == 1 => return Err(error),
            Err(error) => {
                output.failure(&error);
                answers.push(json!({ "file": path, "index": null, "error": error.lines() }));
                first_refusal.get_or_insert(error.kind());
            }
        }
    }
    ledger.checkpoint_now().map_err(open::meaning)?;
    output.answer(&Json::Array(answers), &text);
    match first_refusal {
        None => Ok(()),
        Some(kind) => Err(Error::new(kind, "not every file was taken")),
    }
}

/// Reads all files first, and puts those under the same event together.
fn collect(files: &[PathBuf], output: &Output) -> Result<Vec<(PathBuf, OfflineEvent)>> {
    let mut events: Vec<(PathBuf, OfflineEvent)> = Vec::new();
    let mut unread = None;
    for path in files {
        let file = match keys::read(path) {
            Ok(file) => file,
            Err(error) if files.len() == 1 => return Err(error),
            Err(error) => {
                output.failure(&error);
                unread = Some(error);
                continue;
            }
        };
        let mut known = events.iter_mut().map(|(_, known)| known);
        let merged = known.any(|known| known.merge(&file).is_ok());
        if !merged {
            events.push((path.clone(), file));
        }
    }
    match unread {
        Some(error) if events.is_empty() => Err(error),
        _ => Ok(events),
    }
}

fn take_in(
    ledger: &Ledger,
    ring: &KeyRing,
    file: &OfflineEvent,
    import: &Import,
) -> Result<(Receipt, String)> {
    let event = file.event();
    if event.origin != ledger.origin() {
        return Err(Error::failed(format!(
            "it is for another ledger, {}",
            super::super::exchange::shown(&event.origin)
        ))
        .hint(format!("this case's is {}", ledger.origin())));
    }
    let envelope = file.clone().into_envelope().map_err(|error| match error {
        OfflineError::Incomplete { .. } => Error::new(ErrorKind::GateRefused, error)
            .hint("`unbroken keys sign` adds a signature; files can be imported together"),
        error => Error::failed(error),
    })?;
    match &*event.kind {
        "KeyEnrolled" | "KeyRotated" | "KeyRevoked" | "PolicyChanged" => {
            let receipt = keys::take_in(ledger, ring, file, envelope, import.new.as_deref())
                .map_err(|error| {
                    let stale = ["stream/seq", "stream/link"];
                    let is_stale = stale.iter().any(|rule| error.to_string().starts_with(rule));
                    if is_stale {
                        return error.hint("keys went on since: make the request again");
                    }
                    error
                })?;
            Ok((receipt, String::new()))
        }
        "Approved" | "Rejected" => {
            let proposal = event.data.field("proposal").and_then(Value::as_str);
            let proposal = proposal.and_then(Hash::parse);
            expect_in_time(ledger, proposal.as_ref(), &event.kind)?;
            let receipt = ledger.submit(envelope).map_err(decision_refused)?;
            Ok((receipt, count(ledger, proposal.as_ref())))
        }
        other => Err(Error::failed(format!(
            "{other} is not taken from a file: only what approvers and roots sign is"
        ))),
    }
}

/// A second decision of a key breaks the order of its stream before it breaks the rule that a person would look for.
fn decision_refused(error: SubmitError) -> Error {
    match error {
        SubmitError::Refused(refusal) if refusal.rule == "stream/seq" => {
            open::meaning(Refusal::new("approval/twice", "this key decided before").into())
        }
        error => open::meaning(LedgerError::Submit(error)),
    }
}

/// An approval after the expiry would stand in the record and never count: whoever sent it should hear of it now.
fn expect_in_time(ledger: &Ledger, proposal: Option<&Hash>, kind: &str) -> Result<()> {
    let expires = ledger.with_state(|state| Some(state.proposal(proposal?)?.expires));
    match expires.filter(|expires| SystemClock.now() >= *expires && kind == "Approved") {
        None => Ok(()),
        Some(expires) => Err(Error::new(
            ErrorKind::GateRefused,
            format!("approval/expired: the proposal expired at {expires}"),
        )
        .hint("propose it again: `unbroken plan propose`")),
    }
}

/// How many persons have approved, of how many that the policy asks for.
fn count(ledger: &Ledger, proposal: Option<&Hash>) -> String {
    let said = ledger.with_state(|state| {
        let found = state.proposal(proposal?)?;
        if found.is_rejected {
            return Some("; the proposal is rejected".to_owned());
        }
        let rules = state.policy().approvals.values();
        let m = rules
            .filter(|rule| rule.scope == found.scope)
            .map(|rule| rule.m)
            .max()?;
        Some(format!("; {} of {m} approvals", found.approvers.len()))
    });
    said.unwrap_or_default()
}
