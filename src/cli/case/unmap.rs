//! `unbroken case unmap`: taking back a mapping that was a slip, before anything rests on it.

use clap::Args;
use serde_json::json;

use super::super::access::CaseFolder;
use super::super::flow::{custodians, meaning, opening, withdrawing};
use super::super::output::Output;
use crate::error::Result;

/// Take a mapping back that was a slip, as long as no plan writes anything for the custodian.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case unmap --case acme --custodian jnae@acme.example

The record keeps both: that they were mapped, and that it was taken back. The user is free for
another custodian, and the custodian can be mapped again. Plans are looked through first: what is
planned or restored for somebody is never turned to another user.")]
pub(crate) struct Unmap {
    #[command(flatten)]
    folder: CaseFolder,
    /// The custodian: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO")]
    custodian: String,
}

/// Does what was asked.
pub(super) async fn run(unmap: &Unmap, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&unmap.folder)?;
    let case = journal.case().map_err(meaning)?;
    let custodian = custodians::find(&case, &unmap.custodian)?;
    withdrawing::withdraw(&journal, &custodian).await?;
    let known = case.custodians.get(&custodian).map(|known| &known.facts);
    let name = known.and_then(|facts| facts.source_name.as_deref());
    let user = known.and_then(|facts| facts.target_upn.as_deref());
    let text = format!(
        "{} is mapped to nobody again; {} is free",
        name.unwrap_or(custodian.as_str()),
        user.unwrap_or("the user"),
    );
    output.answer(&json!({ "custodian": custodian.as_str() }), &text);
    Ok(())
}
