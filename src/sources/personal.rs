//! A folder tree of calendars (`.ics`) and address books (`.vcf`): each event with its series, each task and each card is an item.
//! Top folders are custodians when all of them are named like addresses; else there is one custodian, `mailbox`. Folders below are
//! calendars, task lists and contact folders; files directly with a custodian belong to the mailbox's own.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::ops::Range;

use super::pinned::{self, MESSAGE_BYTES_MAX, Pinned, PinnedFile, Problem};
use super::reader::digest_of;
use super::{BadItem, Fidelity, Items, Source, SourceDescription, SourceError, strays};
use super::{ics, vcf};
use crate::domain::folder::FolderPath;
use crate::domain::item::{CustodianName, Digest, RestorePointId, SourceItem, Workload};
use crate::domain::message::Message;
use crate::domain::outlook::OutlookItem;

const CUSTODIAN: &str = "mailbox";
/// An item with its attachments: what Exchange takes, in base64.
const ITEM_BYTES_MAX: u64 = MESSAGE_BYTES_MAX;
/// All items of a file with the time zones that they name: a large one that each of very many events names would be read and
/// hashed for days.
const ITEMS_BYTES_MAX: u64 = 4 << 30;

/// One item of a file.
struct Piece {
    /// `None` for what a mailbox has no place for.
    workload: Option<Workload>,
    component: String,
    stable_id: String,
    locator: String,
    ranges: Vec<Range<usize>>,
    digest: Digest,
    size_bytes: u64,
}

/// Calendars and address books.
pub(super) struct Personal {
    pinned: Pinned,
    pieces: Vec<Result<Vec<Piece>, Problem>>,
    by_locator: BTreeMap<String, (usize, usize)>,
    description: SourceDescription,
}

impl Personal {
    /// Reads every file once, to know where its items stand.
    pub(super) fn from_pinned(pinned: Pinned) -> Self {
        let mut pieces = Vec::new();
        let mut by_locator = BTreeMap::new();
        let mut kinds = (false, false);
        for (index, file) in pinned.files.iter().enumerate() {
            kinds.0 |= is_calendar(file);
            kinds.1 |= is_cards(file);
            let found = pieces_of(&pinned, file);
            for (place, piece) in found.iter().flatten().enumerate() {
                by_locator.insert(piece.locator.clone(), (index, place));
            }
            pieces.push(found);
        }
        let kind = match kinds {
            (true, true) => "ics+vcf",
            (false, true) => "vcf",
            _ => "ics",
        };
        let custodians = pinned.custodians(CUSTODIAN);
        // An export: the tenant held properties, not these bytes.
        let description = pinned.description(kind, Fidelity::VendorDerivative, custodians);
        Self {
            pinned,
            pieces,
            by_locator,
            description,
        }
    }

    fn bytes(&self, item: &SourceItem) -> Result<Vec<u8>, SourceError> {
        let refused = || SourceError::Invalid {
            path: item.locator.clone(),
            place: "item".to_owned(),
            rule: "an item of this source".to_owned(),
        };
        let (file, place) = self.by_locator.get(&item.locator).ok_or_else(refused)?;
        let Ok(pieces) = &self.pieces[*file] else {
            return Err(refused());
        };
        let file = &self.pinned.files[*file];
        let io = |error| self.pinned.tree().io_error(&file.path, error);
        let mut opened = self.pinned.tree().open(&file.path)?;
        let mut bytes = Vec::new();
        for range in &pieces[*place].ranges {
            opened
                .seek(SeekFrom::Start(range.start as u64))
                .map_err(io)?;
            let length = (range.end - range.start) as u64;
            (&mut opened)
                .take(length)
                .read_to_end(&mut bytes)
                .map_err(io)?;
        }
        pinned::unchanged(item, digest_of(&bytes))?;
        Ok(bytes)
    }

    #[expect(
        clippy::result_large_err,
        reason = "the Items of a source are made of these"
    )]
    fn described(
        &self,
        file: &PinnedFile,
        piece: &Piece,
        skipped: usize,
        point: &RestorePointId,
        custodian: &CustodianName,
    ) -> Result<SourceItem, BadItem> {
        let bad = |problem: Problem| BadItem {
            custodian: custodian.clone(),
            workload: piece.workload,
            locator: piece.locator.clone(),
            digest: Some(piece.digest),
            size_bytes: piece.size_bytes,
            class: problem.class,
            reason: problem.reason,
        };
        let Some(workload) = piece.workload else {
            let reason = format!("Outlook has no place for a {}", piece.component);
            return Err(bad(Problem::new("no-place-in-outlook", reason)));
        };
        let mut item = SourceItem {
            custodian: custodian.clone(),
            workload,
            stable_id: piece.stable_id.clone(),
            version: String::new(),
            locator: piece.locator.clone(),
            point: point.clone(),
            folder: folder(workload, &file.names[skipped..file.names.len() - 1]),
            name: String::new(),
            size_bytes: piece.size_bytes,
            digest: piece.digest,
            created: None,
            modified: None,
        };
        if piece.size_bytes > ITEM_BYTES_MAX {
            return Err(bad(Problem::new(
                "too-large",
                format!("over {ITEM_BYTES_MAX} bytes"),
            )));
        }
        let bytes = match self.bytes(&item) {
            Ok(bytes) => bytes,
            Err(SourceError::Changed { .. }) => {
                let reason = "changed while the source was being read";
                return Err(bad(Problem::new("changed", reason)));
            }
            Err(error) => return Err(bad(Problem::new("unreadable", error.to_string()))),
        };
        let outline = outline(workload, &bytes).map_err(bad)?;
        item.name = outline.title;
        item.created = outline.created;
        item.modified = outline.modified;
        Ok(item)
    }
}

fn is_calendar(file: &PinnedFile) -> bool {
    ["ics", "ical", "ifb", "icalendar"]
        .iter()
        .any(|ending| file.has_extension(ending))
}

fn is_cards(file: &PinnedFile) -> bool {
    file.has_extension("vcf") || file.has_extension("vcard")
}

/// Whether a tree of such names is a source of this kind.
pub(super) fn is_name(path: &std::path::Path) -> bool {
    path.extension().is_some_and(|found| {
        ["ics", "ical", "icalendar", "vcf", "vcard"]
            .iter()
            .any(|ending| found.eq_ignore_ascii_case(ending))
    })
}

fn pieces_of(pinned: &Pinned, file: &PinnedFile) -> Result<Vec<Piece>, Problem> {
    if !is_calendar(file) && !is_cards(file) {
        return Err(Problem::new(
            "not-a-calendar-or-card",
            "neither an .ics nor a .vcf file",
        ));
    }
    let bytes = pinned.read(file, MESSAGE_BYTES_MAX)?;
    let found: Vec<ics::Group> = if is_cards(file) {
        let cards = vcf::cards(&bytes).into_iter();
        cards
            .map(|card| ics::Group {
                workload: Some(Workload::Contacts),
                component: "VCARD".to_owned(),
                uid: card.uid,
                ranges: vec![card.range],
            })
            .collect()
    } else {
        ics::groups(&bytes)
    };
    if found.is_empty() {
        return Err(Problem::new("no-items", "holds no event, task or card"));
    }
    let length = |range: &Range<usize>| (range.end - range.start) as u64;
    let all: u64 = found.iter().flat_map(|one| &one.ranges).map(length).sum();
    if all > ITEMS_BYTES_MAX {
        let reason = format!("its items with their time zones are over {ITEMS_BYTES_MAX} bytes");
        return Err(Problem::new("too-large", reason));
    }
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let pieces = found.into_iter().enumerate();
    Ok(pieces
        .map(|(number, group)| {
            let ics::Group {
                workload,
                component,
                uid,
                ranges,
            } = group;
            let bytes: Vec<u8> = ranges
                .iter()
                .flat_map(|range| &bytes[range.clone()])
                .copied()
                .collect();
            let digest = digest_of(&bytes);
            let name = if uid.is_empty() {
                digest.to_string()
            } else {
                uid
            };
            let occurrence = seen.entry(name.clone()).or_default();
            *occurrence += 1;
            Piece {
                workload,
                component,
                stable_id: format!("{}#{name}.{occurrence}", file.locator),
                locator: format!("{}#{}", file.locator, number + 1),
                ranges,
                digest,
                size_bytes: bytes.len() as u64,
            }
        })
        .collect())
}

/// Calendars and lists do not nest: what lies deeper carries all names.
fn folder(workload: Workload, names: &[String]) -> FolderPath {
    let one = (!names.is_empty()).then(|| names.join(" / "));
    match workload {
        Workload::Contacts => FolderPath::Contacts(names.to_vec()),
        Workload::Tasks => FolderPath::Tasks(one),
        _ => FolderPath::Calendar(one),
    }
}

#[expect(
    clippy::result_large_err,
    reason = "the Items of a source are made of these"
)]
impl Source for Personal {
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
        let (point, custodian) = (point.clone(), custodian.clone());
        let empty = self
            .pinned
            .empty_folders(&self.description, &custodian, None);
        let files = self.pinned.files.iter().zip(&self.pieces);
        let items = files.flat_map(move |(file, found)| {
            let Some(skipped) = pinned::names_of_owner(&self.description, &custodian, file) else {
                return Vec::new();
            };
            match found {
                Err(problem) => vec![Err(file.bad(&custodian, problem.clone()))],
                Ok(pieces) => pieces
                    .iter()
                    .map(|piece| self.described(file, piece, skipped, &point, &custodian))
                    .collect(),
            }
        });
        Ok(Box::new(items.chain(empty.into_iter().map(Err))))
    }

    fn message(&self, item: &SourceItem) -> Result<Message, SourceError> {
        Err(SourceError::Invalid {
            path: item.locator.clone(),
            place: "item".to_owned(),
            rule: "events, contacts and tasks are no messages".to_owned(),
        })
    }

    fn outlook_item(&self, item: &SourceItem) -> Result<OutlookItem, SourceError> {
        read_item(item, &self.bytes(item)?)
    }

    fn file(&self, item: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(Cursor::new(self.bytes(item)?)))
    }
}

/// What a list shows of the bytes of an event, a task or a card.
pub(super) fn outline(workload: Workload, bytes: &[u8]) -> Result<ics::Outline, Problem> {
    if workload != Workload::Contacts {
        return ics::outline(bytes);
    }
    Ok(ics::Outline {
        title: vcf::read(bytes)?.display_name,
        created: None,
        modified: None,
    })
}

/// Bytes that were listed as an event, a task or a card.
pub(super) fn read_item(item: &SourceItem, bytes: &[u8]) -> Result<OutlookItem, SourceError> {
    let read = if item.workload == Workload::Contacts {
        vcf::read(bytes).map(|contact| OutlookItem::Contact(Box::new(contact)))
    } else {
        ics::read(bytes)
    };
    read.map_err(|problem| SourceError::Invalid {
        path: item.locator.clone(),
        place: problem.class.to_owned(),
        rule: problem.reason,
    })
}

#[cfg(test)]
mod tests;
