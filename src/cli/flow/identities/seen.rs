//! What was made is looked at again: whose drives were made, which mailboxes an administrator has converted, which guests came in.
//! Each answer that is new goes on the record.

use super::super::patience::patiently;
use super::super::{meaning, target_meaning};
use super::command;
use crate::domain::case::{Identity, IdentityCommand};
use crate::domain::event::{CAME_IN, IdentityConfirmed, SHARED};
use crate::domain::identity::GUEST;
use crate::domain::pseudonym::Pseudonym;
use crate::error::Result;
use crate::journal::Journal;
use crate::targets::graph::Graph;

/// What a shared mailbox is seen to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mailbox {
    /// An administrator has converted it.
    Converted,
    /// It is for this still, as Graph says it: `user` before the conversion.
    For(String),
    /// There is none yet.
    None,
    /// The application may not look.
    NotSeen,
}

/// What was seen, by name.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Users whose drives are there, and those whose are not.
    pub(crate) drives: (Vec<String>, Vec<String>),
    pub(crate) mailboxes: Vec<(String, Mailbox)>,
    /// Guests, and whether they came in.
    pub(crate) guests: Vec<(String, bool)>,
}

/// Looks at everything that this case made.
pub(crate) async fn look(journal: &Journal, target: &Graph) -> Result<Seen> {
    let case = journal.case().map_err(meaning)?;
    let mut seen = Seen::default();
    for (identity, one) in &case.identities.known {
        let (Some(name), Some(object)) = (&one.facts.name, &one.facts.object) else {
            continue;
        };
        if one.made.is_none() {
            continue;
        }
        match &*one.kind {
            "user" => {
                let found = patiently(|| target.has_drive(object)).await;
                let found = found.map_err(target_meaning)?;
                let (there, missing) = &mut seen.drives;
                let list = if found { there } else { missing };
                list.push(name.clone());
                confirm(journal, (identity, one), "drive", found).await?;
            }
            "shared-mailbox" => {
                let mailbox = mailbox(target, object).await?;
                if mailbox != Mailbox::NotSeen {
                    let is_converted = mailbox == Mailbox::Converted;
                    confirm(journal, (identity, one), SHARED, is_converted).await?;
                }
                seen.mailboxes.push((name.clone(), mailbox));
            }
            GUEST => {
                let found = patiently(|| target.guest(name)).await;
                let found = found.map_err(target_meaning)?;
                let came_in = found.is_some_and(|found| found.id == *object && found.came_in);
                confirm(journal, (identity, one), CAME_IN, came_in).await?;
                seen.guests.push((name.clone(), came_in));
            }
            _ => {}
        }
    }
    Ok(seen)
}

async fn mailbox(target: &Graph, object: &str) -> Result<Mailbox> {
    match patiently(|| target.mailbox_purpose(object)).await {
        Ok(Some(purpose)) if purpose == "shared" => Ok(Mailbox::Converted),
        Ok(Some(purpose)) => Ok(Mailbox::For(purpose)),
        Ok(None) => Ok(Mailbox::None),
        // To look at drives alone is allowed: one missing permission hides this answer and no other.
        Err(error) if error.status == 403 => Ok(Mailbox::NotSeen),
        Err(error) => Err(target_meaning(error)),
    }
}

/// Only what is new: looking often leaves one event for each change.
async fn confirm(
    journal: &Journal,
    (identity, one): (&Pseudonym, &Identity),
    what: &str,
    there: bool,
) -> Result<()> {
    if one.confirmed.get(what) == Some(&there) {
        return Ok(());
    }
    let data = IdentityConfirmed {
        identity: identity.clone(),
        there,
        what: what.to_owned(),
    };
    command(journal, IdentityCommand::Confirm(data)).await
}
