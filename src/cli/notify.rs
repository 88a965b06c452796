//! `unbroken notify`: what waits on a person, told to whoever looks after it, and never to the compromised tenant.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::access::CaseFolder;
use super::exchange::read_secret;
use super::flow::{notifying, opening};
use super::output::Output;
use crate::error::{Error, ErrorKind, Result};
use crate::notices::Webhook;

/// An address and a key.
const WEBHOOK_BYTES_MAX: u64 = 4_096;

/// Tell people what waits on them: approvals, releases, drift, certificates near their end.
#[derive(Debug, Subcommand)]
pub(crate) enum NotifyCommand {
    Send(Send),
    Text(Text),
}

/// Send what waits to a webhook; nothing is sent where nothing waits.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken notify send --case acme --webhook-file webhook

The file's first line is the address (https), a secret like any other: it is kept out of arguments,
logs, errors and the record. Its second line, where there is one, is a key (whsec_…): what is sent
is then signed as Standard Webhooks has it. Run it from a timer. An address that names the
compromised tenant is refused.")]
pub(crate) struct Send {
    #[command(flatten)]
    folder: CaseFolder,
    /// The file with the address and, in its second line, the key.
    #[arg(long, value_name = "FILE")]
    webhook_file: PathBuf,
}

/// Print what waits, as a mail that a mailer takes on stdin.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken notify text --case acme --to lead@other.example > notice.eml

An address in the compromised tenant or its domains is refused.")]
pub(crate) struct Text {
    #[command(flatten)]
    folder: CaseFolder,
    /// To whom; may be given again.
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
}

/// Does what was asked.
pub(crate) async fn run(command: NotifyCommand, output: &Output) -> Result<()> {
    match command {
        NotifyCommand::Send(wanted) => run_send(&wanted, output).await,
        NotifyCommand::Text(wanted) => run_text(&wanted, output),
    }
}

fn run_text(wanted: &Text, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    notifying::expect_addresses(&journal, &wanted.to)?;
    let waiting = notifying::waiting(&journal)?;
    let rows: Vec<serde_json::Value> = waiting.iter().map(notifying::row).collect();
    let mut text = String::new();
    if waiting.is_empty() {
        // A mailer that is given nothing sends nothing.
        output.note("nothing waits on a person");
    } else {
        let _ = write!(
            text,
            "{}",
            notifying::mail(&journal, &wanted.to, &waiting).trim_end()
        );
    }
    output.answer(&json!({ "waiting": rows }), &text);
    Ok(())
}

async fn run_send(wanted: &Send, output: &Output) -> Result<()> {
    let bytes = read_secret(&wanted.webhook_file, WEBHOOK_BYTES_MAX)?;
    let at = |error: Error| {
        error.while_doing(format!(
            "{}: names no webhook",
            wanted.webhook_file.display()
        ))
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| at(Error::failed("it is not UTF-8")))?;
    let webhook = Webhook::parse(text).map_err(|error| at(Error::failed(error)))?;
    let journal = opening::open_folder(&wanted.folder)?;
    if !webhook.is_signed() {
        output.note("the webhook's file has no key: whoever listens cannot tell who sends");
    }
    let Some(sent) = notifying::send(&journal, &webhook).await? else {
        output.answer(
            &json!({ "sent": false, "waiting": 0 }),
            "nothing waits on a person",
        );
        return Ok(());
    };
    let status = sent.status;
    if !sent.delivered {
        let text = match status {
            0 => format!("the webhook did not answer, {} tries", sent.tries),
            status => format!("the webhook answered {status}, {} tries", sent.tries),
        };
        return Err(Error::new(ErrorKind::Failed, text)
            .hint("the record says so too; tell people by another way, and run it again"));
    }
    output.answer(
        &json!({ "sent": true, "status": status, "tries": sent.tries }),
        &format!("sent: {status}, {} tries", sent.tries),
    );
    Ok(())
}
