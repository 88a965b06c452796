//! Mbox files: one file is a mail folder, one From_ line opens a message; finding the messages is done below.
//!
//! An item's digest is that of the bytes as they stand in the file after the From_ line and before the blank line that ends the
//! message: what Python's `mailbox.mbox` hands out. Its stable id names that digest and which occurrence of it this is, so that a
//! message that went from the top of the file does not rename all that follow. `>From ` is read as mboxrd has it: one `>` less.

mod scan;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use super::folders::mail_folder;
use super::mime::{self, Unreadable};
use super::pinned::{self, MESSAGE_BYTES_MAX, Pinned, PinnedFile, Problem};
use super::{BadItem, Fidelity, Items, Source, SourceDescription, SourceError, strays};
use crate::domain::item::{CustodianName, Digest, RestorePointId, SourceItem, Workload};
use crate::domain::message::{Message, Transform};
use scan::{Piece, scan};

const CUSTODIAN: &str = "mailbox";
/// Lines that the mbox had quoted were unquoted.
const UNQUOTED: Transform = Transform("mbox-unquoted/1");

/// Mbox files.
pub(super) struct Mboxes {
    pinned: Pinned,
    pieces: Vec<(usize, Result<Vec<Piece>, Problem>)>,
    by_locator: BTreeMap<String, (usize, usize)>,
    description: SourceDescription,
}

impl Mboxes {
    pub(super) fn from_pinned(pinned: Pinned) -> Self {
        let mut pieces = Vec::new();
        let mut by_locator = BTreeMap::new();
        for (index, file) in pinned.files.iter().enumerate() {
            let found = pieces_of(&pinned, file);
            for (place, piece) in found.iter().flatten().enumerate() {
                by_locator.insert(locator(file, piece), (pieces.len(), place));
            }
            pieces.push((index, found));
        }
        let custodians = pinned.custodians(CUSTODIAN);
        let description = pinned.description("mbox", Fidelity::OriginalBytes, custodians);
        Self {
            pinned,
            pieces,
            by_locator,
            description,
        }
    }

    fn bytes(&self, item: &SourceItem) -> Result<Vec<u8>, SourceError> {
        let (file, piece) = match self.by_locator.get(&item.locator) {
            Some((at, place)) => match &self.pieces[*at] {
                (index, Ok(pieces)) => (&self.pinned.files[*index], &pieces[*place]),
                (_, Err(problem)) => return Err(refused(item, &problem.reason)),
            },
            None => return Err(refused(item, "an item of this source")),
        };
        let bytes = scan::read(self.pinned.tree(), &file.path, piece)?;
        pinned::unchanged(item, super::reader::digest_of(&bytes))?;
        Ok(bytes)
    }

    #[expect(
        clippy::result_large_err,
        reason = "the Items of a source are made of these"
    )]
    fn items_of<'a>(
        &'a self,
        file: &'a PinnedFile,
        skipped: usize,
        found: &'a Result<Vec<Piece>, Problem>,
        point: &'a RestorePointId,
        custodian: &'a CustodianName,
    ) -> Vec<Result<SourceItem, BadItem>> {
        let pieces = match found {
            Ok(pieces) => pieces,
            Err(problem) => {
                return vec![Err(file.bad_of(Workload::Mail, custodian, problem.clone()))];
            }
        };
        let mut seen: BTreeMap<Digest, u64> = BTreeMap::new();
        pieces
            .iter()
            .map(|piece| {
                let occurrence = seen.entry(piece.digest).or_default();
                *occurrence += 1;
                let item = SourceItem {
                    custodian: custodian.clone(),
                    workload: Workload::Mail,
                    stable_id: format!("{}#{}.{occurrence}", file.locator, piece.digest),
                    version: String::new(),
                    locator: locator(file, piece),
                    point: point.clone(),
                    folder: mail_folder(&folder_names(&file.names[skipped..])),
                    name: String::new(),
                    size_bytes: piece.size_bytes,
                    digest: piece.digest,
                    created: None,
                    modified: None,
                };
                self.described(item, piece)
            })
            .collect()
    }

    #[expect(
        clippy::result_large_err,
        reason = "the Items of a source are made of these"
    )]
    fn described(&self, mut item: SourceItem, piece: &Piece) -> Result<SourceItem, BadItem> {
        let problem = if piece.ordinal == 0 {
            Problem::new("outside-messages", "text before the first message")
        } else if piece.size_bytes > MESSAGE_BYTES_MAX {
            Problem::new("too-large", format!("over {MESSAGE_BYTES_MAX} bytes"))
        } else {
            match self.bytes(&item) {
                Err(SourceError::Changed { .. }) => {
                    Problem::new("changed", "changed while the source was being read")
                }
                Err(error) => Problem::new("unreadable", error.to_string()),
                Ok(bytes) => match mime::outline(&bytes) {
                    Ok(outline) => {
                        item.name = outline.subject;
                        item.created = outline.sent;
                        item.modified = outline.received;
                        return Ok(item);
                    }
                    Err(error) => Problem::new(Unreadable::CLASS, error.to_string()),
                },
            }
        };
        Err(BadItem {
            custodian: item.custodian,
            workload: Some(item.workload),
            locator: item.locator,
            digest: Some(item.digest),
            size_bytes: item.size_bytes,
            class: problem.class,
            reason: problem.reason,
        })
    }
}

impl Source for Mboxes {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn files_by_kind(&self) -> strays::Kinds {
        strays::kinds(&self.pinned.files)
    }

    fn items(
        &self,
        point: &RestorePointId,
        custodian: &CustodianName,
    ) -> Result<Items<'_>, SourceError> {
        pinned::known(&self.description, point, custodian)?;
        let custodian = custodian.clone();
        let point = point.clone();
        let empty = self
            .pinned
            .empty_folders(&self.description, &custodian, Some(Workload::Mail));
        let items = self
            .pieces
            .iter()
            .map(|(index, found)| (&self.pinned.files[*index], found))
            .flat_map(move |(file, found)| {
                pinned::names_of_owner(&self.description, &custodian, file)
                    .map_or_else(Vec::new, |skipped| {
                        self.items_of(file, skipped, found, &point, &custodian)
                    })
            });
        Ok(Box::new(items.chain(empty.into_iter().map(Err))))
    }

    fn message(&self, item: &SourceItem) -> Result<Message, SourceError> {
        let bytes = self.bytes(item)?;
        let plain = unquoted(&bytes);
        let was_quoted = matches!(plain, Cow::Owned(_));
        let mut message = super::eml::read_message(&item.locator, &plain)?;
        if was_quoted {
            message.transforms.push(UNQUOTED);
        }
        Ok(message)
    }

    fn has_mime(&self, item: &SourceItem) -> bool {
        item.workload == Workload::Mail
    }

    fn file(&self, item: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(Cursor::new(self.bytes(item)?)))
    }
}

fn pieces_of(pinned: &Pinned, file: &PinnedFile) -> Result<Vec<Piece>, Problem> {
    file.content.clone()?;
    let pieces = pinned
        .tree()
        .open(&file.path)
        .and_then(|opened| scan(opened).map_err(|error| pinned.tree().io_error(&file.path, error)))
        .map_err(|error| Problem::new("unreadable", error.to_string()))?;
    if pieces.iter().all(|piece| piece.ordinal == 0) {
        return Err(Problem::new("not-mail", "not an mbox: no From_ line"));
    }
    Ok(pieces)
}

fn refused(item: &SourceItem, rule: &str) -> SourceError {
    SourceError::Invalid {
        path: item.locator.clone(),
        place: "item".to_owned(),
        rule: rule.to_owned(),
    }
}

fn locator(file: &PinnedFile, piece: &Piece) -> String {
    format!("{}#{}", file.locator, piece.ordinal)
}

/// The file is the folder; its extension is not part of the name.
fn folder_names(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    if let Some(last) = names.last_mut() {
        for extension in [".mbox", ".mbx"] {
            if last.len() > extension.len() && last.to_lowercase().ends_with(extension) {
                let end = last.len() - extension.len();
                if last.is_char_boundary(end) {
                    last.truncate(end);
                }
            }
        }
    }
    names
}

/// Takes one `>` from each line that is `>From `, `>>From ` and so on.
fn unquoted(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_quoted = |line: &[u8]| {
        let marks = line.iter().take_while(|byte| **byte == b'>').count();
        marks > 0 && line[marks..].starts_with(b"From ")
    };
    let ending = scan::ending_of(bytes);
    if !bytes.split(|byte| *byte == ending).any(is_quoted) {
        return Cow::Borrowed(bytes);
    }
    let mut plain = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == ending) {
        plain.extend_from_slice(if is_quoted(line) { &line[1..] } else { line });
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests;
