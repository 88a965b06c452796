//! `unbroken erase`: a custodian's key, facts and plans are destroyed, after approval and while no legal hold stands.

use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::TimeDelta;
use clap::Args;
use serde_json::json;

use super::access::CaseFolder;
use super::approve;
use super::exchange;
use super::flow::copies::{self, Copies};
use super::flow::{custodians, erasing, meaning, opening, planning};
use super::keyring;
use super::keys::expect_yes;
use super::open;
use super::output::Output;
use crate::clock::{Clock, SystemClock};
use crate::error::Result;

/// Erase what the record says of a custodian. It cannot be undone; every proof stays valid.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken erase --case acme --custodian jane@acme.example --propose --request erase.request
  unbroken erase --case acme --custodian jane@acme.example --approve --keys /media/stick
  unbroken erase --case acme --custodian jane@acme.example
  unbroken erase --case acme --finish

Approvers elsewhere decide on the request: `unbroken approve`, then `unbroken case import`.

It destroys the custodian's key, salts, facts and parts of plans below ledger/ of the case. It
does not touch the backup, the clean tenant, bundles and reports that were handed out, copies of
the vault, or what a person put into the case's folder: it says which of those there name the
custodian. A copy of the vault that is put back is refused when the case is opened.")]
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
    /// Sign without asking.
    #[arg(long, requires = "approve")]
    yes: bool,
    /// Destroy what an old copy of the vault brought back of custodians who are erased already.
    #[arg(long, group = "step", conflicts_with = "custodian")]
    finish: bool,
    /// Leave the request for the approvers here; in the folder requests/ of the case when not given.
    #[arg(long, value_name = "FILE", requires = "propose")]
    request: Option<PathBuf>,
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
    let place = exchange::request_place(wanted.request.as_deref(), &wanted.folder.case)?;
    let proposals = erasing::propose(&journal, &custodian, SystemClock.now(), expires_in)?;
    let mut files = place.files("erase");
    let (mut text, mut asked) = (String::new(), Vec::new());
    for (subject, proposal) in &proposals {
        let request = erasing::request(&journal, proposal, subject)?;
        let path = files.next_of(&proposal.to_string());
        exchange::write_new(&path, &request.to_bytes())?;
        let path = path.display().to_string();
        let what = if *subject == custodian {
            "custodian"
        } else {
            "identity"
        };
        let _ = writeln!(
            text,
            "proposal {proposal}\nto erase {what} {subject}\nrequest  {path}"
        );
        asked.push(json!({
            "proposal": proposal.to_string(), what: subject.as_str(), "request": path,
        }));
    }
    let mut value = asked.remove(0);
    value["approvals_needed"] = needed.into();
    if !asked.is_empty() {
        value["identities"] = asked.into();
    }
    output.answer(&value, &format!("{text}{}", erasing::others(needed)));
    Ok(())
}

fn run_approve(wanted: &Erase, custodian: &str, output: &Output) -> Result<()> {
    let approver = wanted.folder.ring().key(keyring::APPROVER)?;
    let journal = opening::open_folder(&wanted.folder)?;
    let case = journal.case().map_err(meaning)?;
    let custodian = custodians::find(&case, custodian)?;
    let proposal = erasing::proposal_of(&journal, &custodian)?;
    let mut asked = Vec::new();
    for subject in erasing::subjects(&journal, &custodian)? {
        let proposal = erasing::proposal_of(&journal, &subject)?;
        let request = erasing::request(&journal, &proposal, &subject)?;
        output.note(approve::summary(&request)?.trim_end());
        asked.push(proposal);
    }
    expect_yes(wanted.yes, "Approve this?")?;
    // Those that were shown, and none that somebody proposes meanwhile.
    for proposal in &asked {
        planning::approve(&journal, proposal, &*approver)?;
    }
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
    // The names are those from before: nothing knows them any more.
    let known = case.custodians.get(&custodian);
    let copies = known.map(|known| copies::naming(known, &wanted.folder.case));
    let copies = copies.unwrap_or_default();
    output.answer(
        &json!({
            "custodian": custodian.as_str(),
            "index": index,
            "objects": objects,
            "still_named_in": copies.places,
            "searched_all": copies.is_whole,
        }),
        &format!(
            "custodian {custodian}: erased, see entry {index}\n\
             destroyed: the key, the facts and salts, parts of plans: {objects}\n\
             NOT erased: the backup, the clean tenant, bundles and reports that were handed out,\n\
             copies of the vault, and whatever else lies outside {}\n{}",
            open::ledger_folder(&wanted.folder.case).display(),
            still_named(&copies)
        ),
    );
    Ok(())
}

/// Where the person still stands in the case's folder: only a person can say what may go.
fn still_named(copies: &Copies) -> String {
    let places = copies.places.iter().map(|(place, files)| match files {
        1 => format!("{place} (1 file)"),
        files => format!("{place} ({files} files)"),
    });
    let places: Vec<String> = places.collect();
    let mut said = if places.is_empty() {
        "no other file in the case's folder names the custodian in plain text".to_owned()
    } else {
        format!("still named in the case's folder: {}", places.join(", "))
    };
    said.push_str("\ncompressed and encoded text (PDF, archives) was not looked into");
    if !copies.is_whole {
        said.push_str("; not every file was read to its end");
    }
    said
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
