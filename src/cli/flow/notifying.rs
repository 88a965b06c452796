//! Notices as steps: what waits on a person, as a mail text or over a webhook; nothing of it reaches the compromised tenant.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::ExposeSecret;
use serde_json::json;

use super::{meaning, new_pseudonym};
use crate::clock::{Clock, SystemClock};
use crate::domain::case::CaseCommand;
use crate::domain::notice::{
    NotThere, NoticeAttempted, NoticeCommand, NoticeEnded, check_address, check_webhook, kept_out,
};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::notices::{Sent, Webhook};
use crate::projections::waiting::{self, Waiting};

/// What waits now.
pub(crate) fn waiting(journal: &Journal) -> Result<Vec<Waiting>> {
    waiting::waiting(journal, SystemClock.now()).map_err(meaning)
}

fn refused(why: NotThere) -> Error {
    Error::new(ErrorKind::GateRefused, why)
        .hint("name somebody whom the attacker cannot read: another tenant, another provider")
}

/// Whether a mail may go to everybody who is named; nothing is sent here.
pub(crate) fn expect_addresses(journal: &Journal, addresses: &[String]) -> Result<()> {
    let old = kept_out(&journal.case().map_err(meaning)?);
    for address in addresses {
        check_address(address, &old).map_err(refused)?;
    }
    Ok(())
}

/// What waits as a mail, ready to be handed to a mailer.
pub(crate) fn mail(journal: &Journal, addresses: &[String], waiting: &[Waiting]) -> String {
    let origin = journal.ledger().origin().to_string();
    let mut text = String::new();
    if !addresses.is_empty() {
        let _ = writeln!(text, "To: {}", addresses.join(", "));
    }
    let _ = writeln!(
        text,
        "Subject: {} things wait on a person in {origin}\n",
        waiting.len()
    );
    for one in waiting {
        let _ = writeln!(text, "{}: {}{}", one.kind.name(), one.words, until(one));
    }
    text += "\nNames and facts are not sent. Look at the case where it is kept, and act on \
             nothing that this mail alone says.\n";
    text
}

fn until(one: &Waiting) -> String {
    one.until
        .map_or_else(String::new, |until| format!(", until {}", time(until)))
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Sends what waits, with an event before and one after it; nothing is sent where nothing waits.
pub(crate) async fn send(journal: &Journal, webhook: &Webhook) -> Result<Option<Sent>> {
    let old = kept_out(&journal.case().map_err(meaning)?);
    check_webhook(webhook.address().expose_secret(), &old).map_err(refused)?;
    let waiting = waiting(journal)?;
    if waiting.is_empty() {
        return Ok(None);
    }
    let (notice, now) = (new_pseudonym()?, SystemClock.now());
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for one in &waiting {
        *counts.entry(one.kind.name().to_owned()).or_default() += 1;
    }
    let attempted = NoticeAttempted {
        notice: notice.clone(),
        waiting: counts,
    };
    record(journal, NoticeCommand::Attempt(attempted)).await?;
    let body = json!({
        "type": "unbroken.waiting",
        "timestamp": time(now),
        "data": {
            "case": journal.ledger().origin().to_string(),
            "waiting": waiting.iter().map(row).collect::<Vec<_>>(),
        },
    });
    let sent = webhook
        .send(notice.as_str(), now.timestamp(), &body.to_string())
        .await;
    let ended = NoticeEnded {
        delivered: sent.delivered,
        notice,
        status: sent.status,
        tries: sent.tries,
    };
    record(journal, NoticeCommand::End(ended)).await?;
    Ok(Some(sent))
}

/// As programs read it.
pub(crate) fn row(one: &Waiting) -> serde_json::Value {
    json!({ "kind": one.kind.name(), "words": one.words, "until": one.until.map(time) })
}

async fn record(journal: &Journal, command: NoticeCommand) -> Result<()> {
    let command = CaseCommand::Notice(command);
    journal.command(command).await.map_err(meaning)?;
    Ok(())
}
