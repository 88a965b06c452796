//! `unbroken target`: what the clean tenant really does, seen before anything depends on it.

mod personal;
mod site;

use std::io::Cursor;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::access::TargetAccess;
use super::flow::{target_meaning, tenant};
use super::output::Output;
use crate::clock::{Clock, SystemClock};
use crate::domain::folder::{FolderPath, WellKnownFolder};
use crate::domain::item::{Digest, ItemKey};
use crate::domain::message::{Address, Attachment, Body, BodyKind, Message};
use crate::error::{Error, ErrorKind, Result};
use crate::targets::{FileToWrite, Target, TargetUser};

/// Look at the clean tenant.
#[derive(Debug, Subcommand)]
pub(crate) enum TargetCommand {
    Probe(Box<Probe>),
    Site(Box<site::Site>),
}

/// Write one canary of each workload, read it back, remove it, and say what the tenant did.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken target probe --user canary@acme-clean.example --tenant acme-clean.onmicrosoft.com \\
    --client-id 6731de76-14a6-49ae-97bc-6eba6914391e --certificate app.pem --private-key app.key

No invitation and no mail is sent: a message is placed, not delivered.")]
pub(crate) struct Probe {
    /// The user whose mailbox and drive take the canaries.
    #[arg(long, value_name = "UPN")]
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) target: TargetAccess,
}

/// One thing that a restore relies on, and what the tenant did.
struct Seen {
    what: &'static str,
    holds: bool,
}

/// Does what was asked.
pub(crate) async fn run(command: TargetCommand, output: &Output) -> Result<()> {
    let probe = match command {
        TargetCommand::Probe(probe) => probe,
        TargetCommand::Site(wanted) => return site::run(&wanted, output).await,
    };
    let target = tenant::open(&probe.target)?;
    let user = target.user(&probe.user).await.map_err(target_meaning)?;
    let user = user.ok_or_else(|| {
        Error::failed(format!(
            "{}: there is no such user in the clean tenant",
            probe.user
        ))
    })?;
    let mut seen = mail(&target, &user).await?;
    seen.extend(files(&target, &user).await?);
    seen.extend(personal::probe(&target, &user).await?);
    let listed: Vec<_> = seen
        .iter()
        .map(|seen| json!({"what": seen.what, "holds": seen.holds}))
        .collect();
    let lines: Vec<String> = seen
        .iter()
        .map(|seen| {
            format!(
                "{}  {}",
                if seen.holds { "holds" } else { "FAILS" },
                seen.what
            )
        })
        .collect();
    output.answer(
        &json!({ "user": probe.user, "seen": listed }),
        &lines.join("\n"),
    );
    if seen.iter().all(|seen| seen.holds) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Failed,
        "the tenant does not do what a restore relies on",
    )
    .hint("do not open a wave before each line above holds"))
}

fn key() -> Result<ItemKey> {
    unbroken_ledger::random::array()
        .map(ItemKey)
        .map_err(Error::failed)
}

/// A year ago, to the second: the tenant must not replace it by now.
fn past() -> DateTime<Utc> {
    let now = SystemClock.now() - TimeDelta::days(365);
    DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now)
}

fn canary(user: &TargetUser) -> Message {
    let address = Address {
        name: String::new(),
        address: user.user_principal_name.clone(),
    };
    Message {
        subject: "unbroken: canary, safe to delete".to_owned(),
        from: Some(address.clone()),
        to: vec![address],
        sent: Some(past()),
        received: Some(past()),
        body: Body {
            kind: BodyKind::Text,
            content: "A probe of this mailbox.".to_owned(),
        },
        is_read: true,
        attachments: vec![Attachment {
            name: "canary.bin".to_owned(),
            content_type: "application/octet-stream".to_owned(),
            content_id: None,
            is_inline: false,
            content: (0..=255).collect(),
        }],
        ..Message::default()
    }
}

async fn mail<T: Target>(target: &T, user: &TargetUser) -> Result<Vec<Seen>> {
    let (key, message) = (key()?, canary(user));
    let inbox = FolderPath::Mail {
        root: WellKnownFolder::Inbox,
        below: Vec::new(),
    };
    let folder = target
        .mail_folder(user, &inbox)
        .await
        .map_err(target_meaning)?;
    let made = target.create_message(user, &folder, &message, &key).await;
    let (id, _) = made.map_err(target_meaning)?;
    let found = target.find_messages(user, &key).await;
    // A draft or a message that lost its key is refused while it is read.
    let back = target.read_message(user, &id).await;
    let removed = target.delete_message(user, &id).await;
    let gone = target.find_messages(user, &key).await;
    let back = back.ok();
    let holds = |check: fn(&Message, &Message) -> bool| {
        back.as_ref().is_some_and(|back| check(back, &message))
    };
    Ok(vec![
        Seen {
            what: "mail: read back, not a draft, with its key",
            holds: back.is_some(),
        },
        Seen {
            what: "mail: sent and received dates",
            holds: holds(same_dates),
        },
        Seen {
            what: "mail: read flag",
            holds: holds(|back, sent| back.is_read == sent.is_read),
        },
        Seen {
            what: "mail: attachment by SHA-256",
            holds: holds(same_attachments),
        },
        Seen {
            what: "mail: found by its key, once",
            holds: found.is_ok_and(|found| found.len() == 1 && found[0].id == id),
        },
        Seen {
            what: "mail: removed for good",
            holds: removed.is_ok() && gone.is_ok_and(|gone| gone.is_empty()),
        },
    ])
}

fn same_dates(back: &Message, sent: &Message) -> bool {
    back.sent == sent.sent && back.received == sent.received
}

fn same_attachments(back: &Message, sent: &Message) -> bool {
    let contents = |message: &Message| -> Vec<Vec<u8>> {
        message
            .attachments
            .iter()
            .map(|file| Sha256::digest(&file.content).to_vec())
            .collect()
    };
    contents(back) == contents(sent)
}

async fn files<T: Target>(target: &T, user: &TargetUser) -> Result<Vec<Seen>> {
    let content: Vec<u8> = (0..=255).cycle().take(400_000).collect();
    let file = FileToWrite {
        name: format!("unbroken-canary-{}.bin", &key()?.to_string()[..16]),
        size_bytes: content.len() as u64,
        created: Some(past()),
        modified: Some(past()),
    };
    let root = FolderPath::Drive(Vec::new());
    let folder = target
        .drive_folder(user, &root)
        .await
        .map_err(target_meaning)?;
    let written = target.write_file(user, &folder, &file, Box::new(Cursor::new(content.clone())));
    let (id, _) = written.await.map_err(target_meaning)?;
    let found = target.find_file(user, &folder, &file.name).await;
    let back = target.read_file(user, &id).await;
    let removed = target.delete_file(user, &id).await;
    let gone = target.find_file(user, &folder, &file.name).await;
    let digest = Digest(Sha256::digest(&content).into());
    let back = back.ok();
    Ok(vec![
        Seen {
            what: "files: bytes by SHA-256, and QuickXorHash as Graph names it",
            holds: back.as_ref().is_some_and(|back| {
                back.digest == digest && back.service_quick_xor == Some(back.quick_xor)
            }),
        },
        Seen {
            what: "files: created and modified dates",
            holds: back
                .as_ref()
                .is_some_and(|back| back.created == file.created && back.modified == file.modified),
        },
        Seen {
            what: "files: found by name",
            holds: found.is_ok_and(|found| found.is_some_and(|found| found.id == id)),
        },
        Seen {
            what: "files: removed",
            holds: removed.is_ok() && gone.is_ok_and(|gone| gone.is_none()),
        },
    ])
}
