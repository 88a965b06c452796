//! `unbroken case name`: who a person is whom the roots named with a key.

use clap::Args;
use serde_json::json;

use super::super::access::CaseFolder;
use super::super::exceptions;
use super::super::flow::{meaning, opening};
use super::super::output::Output;
use crate::domain::case::CaseCommand;
use crate::domain::event::{PersonFacts, PersonNamed};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;

const NAME_CHARS_MAX: usize = 200;

/// Say who a person is whom the roots named with a key: full reports then name them beside the pseudonym.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case name --case acme --person approver-1 --name 'K. Roe'

`unbroken keys list` shows the persons. The name is a personal fact, kept encrypted: it stands in
full reports, in no redacted one. Said again with another name, the newest counts.")]
pub(crate) struct Name {
    #[command(flatten)]
    folder: CaseFolder,
    /// The person, as the keys name them.
    #[arg(long, value_name = "PERSON")]
    person: String,
    /// What people call them.
    #[arg(long = "name", value_name = "NAME")]
    called: String,
}

/// Does what was asked.
pub(super) fn run(wanted: &Name, output: &Output) -> Result<()> {
    check(&wanted.called)?;
    let journal = opening::open_folder(&wanted.folder)?;
    record(&journal, &wanted.person, &wanted.called)?;
    let (person, name) = (&wanted.person, &wanted.called);
    output.answer(
        &json!({ "person": person, "name": name }),
        &format!("{person} is {name}"),
    );
    Ok(())
}

/// Refuses a name that is none, before anything is written.
pub(super) fn check(name: &str) -> Result<()> {
    let length = name.trim().chars().count();
    if (1..=NAME_CHARS_MAX).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let why = format!("a person's name has 1 to {NAME_CHARS_MAX} characters, in one line");
    Err(Error::new(ErrorKind::Usage, why))
}

/// Records it.
pub(super) fn record(journal: &Journal, person: &str, name: &str) -> Result<()> {
    let data = PersonNamed {
        person: exceptions::person(journal, person)?,
    };
    let facts = PersonFacts {
        name: Some(name.trim().to_owned()),
    };
    let command = CaseCommand::NamePerson(data, facts);
    journal.command_now(&command).map_err(meaning)?;
    Ok(())
}
