//! `unbroken access sensitive` and `access attest`: what the owner has to allow before anything of it is written.

use clap::Args;
use serde_json::json;

use super::super::access::CaseFolder;
use super::super::flow::{custodians, meaning, opening};
use super::super::output::Output;
use crate::domain::case::{AccessCommand, CaseCommand};
use crate::domain::event::{Sensitive, SensitiveFacts};
use crate::error::{Error, Result};

/// Name a site or person whose data is sensitive: nothing of it is written before its owner attests.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access sensitive --case acme --custodian https://acme.example/sites/board \\
    --reason 'minutes of the board'")]
pub(crate) struct NameSensitive {
    #[command(flatten)]
    folder: CaseFolder,
    /// The custodian: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO")]
    custodian: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Record that the owner of sensitive data attested: who may see it was looked at, and it may be restored.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access attest --case acme --custodian https://acme.example/sites/board \\
    --owner 'Kim, secretary to the board' --reason 'letter of 4 May, file 12'")]
pub(crate) struct Attest {
    #[command(flatten)]
    folder: CaseFolder,
    /// The custodian: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO")]
    custodian: String,
    /// The owner who attests.
    #[arg(long, value_name = "WHO")]
    owner: String,
    /// What was attested, and where that lies.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

fn text(text: String, what: &str) -> Result<Option<String>> {
    if text.trim().is_empty() || text.len() > 4096 {
        return Err(Error::failed(format!("{what} has 1 to 4096 bytes")));
    }
    Ok(Some(text))
}

/// Does what was asked.
pub(super) async fn name(named: NameSensitive, output: &Output) -> Result<()> {
    let facts = SensitiveFacts {
        owner: None,
        reason: text(named.reason, "a reason")?,
    };
    let make = AccessCommand::NameSensitive;
    record(
        &named.folder,
        &named.custodian,
        facts,
        make,
        output,
        "sensitive",
    )
    .await
}

/// Does what was asked.
pub(super) async fn attest(attest: Attest, output: &Output) -> Result<()> {
    let facts = SensitiveFacts {
        owner: text(attest.owner, "an owner")?,
        reason: text(attest.reason, "a reason")?,
    };
    let make = AccessCommand::Attest;
    record(
        &attest.folder,
        &attest.custodian,
        facts,
        make,
        output,
        "attested",
    )
    .await
}

async fn record(
    folder: &CaseFolder,
    custodian: &str,
    facts: SensitiveFacts,
    command: fn(Sensitive, SensitiveFacts) -> AccessCommand,
    output: &Output,
    word: &str,
) -> Result<()> {
    let journal = opening::open_folder(folder)?;
    let case = journal.case().map_err(meaning)?;
    let custodian = custodians::find(&case, custodian)?;
    let data = Sensitive {
        custodian: custodian.clone(),
    };
    let command = CaseCommand::Access(command(data, facts));
    journal.command(command).await.map_err(meaning)?;
    let value = json!({ "custodian": custodian.as_str(), "state": word });
    output.answer(&value, &format!("custodian {custodian}: {word}"));
    Ok(())
}
