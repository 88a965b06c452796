//! Suggestions of who might be whom as steps: shown to people, and on the record where a person accepts one. Nothing reads them
//! but people.

use std::path::Path;

use super::patience::patiently;
use super::{meaning, target_meaning};
use crate::clock::{Clock, SystemClock};
use crate::domain::case::{CaseCommand, IdentityCommand};
use crate::domain::event::{AcceptedFacts, MappingAccepted};
use crate::domain::identity::{Likeness, Named, Suggestion, parse_people, suggestions};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::graph::Graph;

const FILE_BYTES_MAX: usize = 64 << 20;

/// Reads who was there in the source: `key,display_name`.
pub(crate) fn read(path: &Path) -> Result<Vec<Named>> {
    let bytes = super::super::exchange::read(path, FILE_BYTES_MAX)?;
    let place = || path.display().to_string();
    let text = String::from_utf8(bytes).map_err(|e| Error::failed(e).while_doing(place()))?;
    parse_people(&text).map_err(|error| Error::failed(error).while_doing(place()))
}

/// Who might be whom.
pub(crate) async fn suggest(target: &Graph, people: &[Named]) -> Result<Vec<Suggestion>> {
    let there = patiently(|| target.everybody()).await;
    Ok(suggestions(people, &there.map_err(target_meaning)?))
}

/// Records that a person accepts one of the suggestions, and why they are sure.
pub(crate) async fn accept(
    journal: &Journal,
    found: &[Suggestion],
    (source, target): (&str, &str),
    reason: &str,
) -> Result<Likeness> {
    let wanted = found.iter().find(|one| {
        one.source.eq_ignore_ascii_case(source) && one.target.eq_ignore_ascii_case(target)
    });
    let refuse = |text: String| Error::new(ErrorKind::GateRefused, text);
    let one = wanted.ok_or_else(|| {
        refuse(format!("{source}: nobody suggests {target}"))
            .hint("a mapping that no suggestion names is a row that you write yourself")
    })?;
    if one.likeness == Likeness::LooksAlike {
        let text = format!("{target}: looks like {source} and is spelled with other letters");
        return Err(refuse(text).hint("take it for an attack until shown otherwise"));
    }
    if reason.trim().is_empty() || reason.len() > 4096 {
        return Err(Error::failed("a reason has 1 to 4096 bytes"));
    }
    let case = journal.case().map_err(meaning)?;
    let data = MappingAccepted {
        likeness: one.likeness.name().to_owned(),
        number: case.identities.accepted.len() as u64 + 1,
    };
    let facts = AcceptedFacts {
        reason: Some(reason.to_owned()),
        source: Some(one.source.clone()),
        target: Some(one.target.clone()),
    };
    let command = IdentityCommand::Accept(data, facts);
    let command = CaseCommand::Identity(Box::new(command), SystemClock.now());
    journal.command(command).await.map_err(meaning)?;
    Ok(one.likeness)
}
