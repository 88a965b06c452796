//! `unbroken erase`: a custodian's key, facts and plans are destroyed, after approval and while no legal hold stands.

use chrono::TimeDelta;
use clap::Args;
use serde_json::json;

use super::access::CaseFolder;
use super::flow::{custodians, erasing, meaning, opening};
use super::keyring;
use super::open;
use super::output::Output;
use crate::clock::{Clock, SystemClock};
use crate::error::Result;

/// Erase what the record says of a custodian. It cannot be undone; every proof stays valid.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken erase --case acme --custodian jane@acme.example --propose
  unbroken erase --case acme --custodian jane@acme.example --approve --keys /media/stick
  unbroken erase --case acme --custodian jane@acme.example
  unbroken erase --case acme --finish

It destroys the custodian's key, salts, facts and parts of plans in this case folder. It does not
touch the backup, the clean tenant, bundles that were handed out, or copies of the vault: those
are yours to find. A copy of the vault that is put back is refused when the case is opened.")]
pub(crate) struct Erase {
    #[command(flatten)]
    folder: CaseFolder,
    /// The custodian: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO", required_unless_present = "finish")]
    custodian: Option<String>,
    /// Ask for approval, and erase nothing yet.
    #[arg(long, group = "step")]
    propose: bool,
    /// Approve the newest proposal; with the key of somebody who did not propose it.
    #[arg(long, group = "step")]
    approve: bool,
    /// Destroy what an old copy of the vault brought back of custodians who are erased already.
    #[arg(long, group = "step", conflicts_with = "custodian")]
    finish: bool,
    /// How long the approval may take.
    #[arg(long, value_name = "HOURS", default_value_t = 24, requires = "propose",
          value_parser = clap::value_parser!(u32).range(1..=720))]
    expires_in_hours: u32,
}

/// Does what was asked.
pub(crate) fn run(wanted: &Erase, output: &Output) -> Result<()> {
    match &wanted.custodian {
        None => run_finish(wanted, output),
        Some(custodian) if wanted.propose => run_propose(wanted, custodian, output),
        Some(custodian) if wanted.approve => run_approve(wanted, custodian, output),
        Some(custodian) => run_erase(wanted, custodian, output),
    }
}

fn run_propose(wanted: &Erase, custodian: &str, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let case = journal.case().map_err(meaning)?;
    let custodian = custodians::find(&case, custodian)?;
    let expires_in = TimeDelta::hours(i64::from(wanted.expires_in_hours));
    let needed = erasing::approvals_needed(&journal)?;
    let proposal = erasing::propose(&journal, &custodian, SystemClock.now(), expires_in)?;
    output.answer(
        &json!({
            "proposal": proposal.to_string(),
            "custodian": custodian.as_str(),
            "approvals_needed": needed,
        }),
        &format!(
            "proposal {proposal}\nto erase custodian {custodian}\n\
             {needed} other(s) than the one who asked approve it now"
        ),
    );
    Ok(())
}

fn run_approve(wanted: &Erase, custodian: &str, output: &Output) -> Result<()> {
    let approver = wanted.folder.ring().key(keyring::APPROVER)?;
    let journal = opening::open_folder(&wanted.folder)?;
    let case = journal.case().map_err(meaning)?;
    let custodian = custodians::find(&case, custodian)?;
    let proposal = erasing::approve(&journal, &custodian, &*approver)?;
    output.answer(
        &json!({
            "proposal": proposal.to_string(),
            "custodian": custodian.as_str(),
            "approved": true,
        }),
        &format!("approved: to erase custodian {custodian}"),
    );
    Ok(())
}

fn run_erase(wanted: &Erase, custodian: &str, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let case = journal.case().map_err(meaning)?;
    let custodian = custodians::find(&case, custodian)?;
    let (receipt, destroyed) = erasing::erase(&journal, &custodian)?;
    let (index, objects) = (receipt.index, destroyed.objects);
    output.answer(
        &json!({ "custodian": custodian.as_str(), "index": index, "objects": objects }),
        &format!(
            "custodian {custodian}: erased, see entry {index}\n\
             destroyed: the key, the facts and salts, {objects} parts of plans\n\
             not touched: the backup, the clean tenant, what was handed out, copies of the vault"
        ),
    );
    Ok(())
}

fn run_finish(wanted: &Erase, output: &Output) -> Result<()> {
    let destroyed = open::destroying_what_was_put_back(&wanted.folder)?;
    let (subjects, objects) = (destroyed.subjects, destroyed.objects);
    output.answer(
        &json!({ "custodians": subjects, "objects": objects }),
        &format!(
            "destroyed what was put back of {subjects} custodians who are erased, \
             {objects} parts of plans"
        ),
    );
    Ok(())
}
