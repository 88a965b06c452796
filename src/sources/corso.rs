//! What `corso export` leaves: mail as `.eml`, which corso wrote from Graph's JSON and so is not what the
//! tenant held, and files as they were.
//!
//! An export names no owner. One export is one custodian, `export`; folders of exports, one a person, are that
//! many custodians under the folders' names. Files of a drive, which corso writes without any folder of their
//! own, belong in a folder `OneDrive` beside `Emails`.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;

use super::eml;
use super::pinned::{self, Pinned, PinnedFile, Problem};
use super::reader::Found;
use super::{Fidelity, Items, Source, SourceDescription, SourceError};
use crate::domain::item::{CustodianName, RestorePointId, SourceItem, Workload};
use crate::domain::message::Message;

const CUSTODIAN: &str = "export";
/// The folders of an export that tell it from any other tree.
const TELLING: [&str; 2] = ["Emails", "Libraries"];
/// All folders of an export, with what is done with them.
const FOLDERS: [(&str, Content); 8] = [
    ("Contacts", Content::NotYet("contacts")),
    ("Emails", Content::Mail),
    ("Events", Content::NotYet("calendar events")),
    ("Libraries", Content::Files),
    ("Lists", Content::NotYet("lists")),
    ("Messages", Content::NotYet("channel messages")),
    ("OneDrive", Content::Files),
    ("Posts", Content::NotYet("group posts")),
];

#[derive(Clone, Copy)]
enum Content {
    Mail,
    Files,
    NotYet(&'static str),
}

/// Whether a tree is an export, or a folder of exports; `Some` says how many leading names are owners.
pub(super) fn recognise(found: &[Found]) -> Option<usize> {
    [0, 1].into_iter().find(|owners| {
        let name_at = |path: &Path| {
            let name = path.iter().nth(*owners)?.to_str()?;
            // A file is not a folder of an export.
            path.iter().nth(owners + 1).map(|_| name.to_owned())
        };
        let names: Option<Vec<String>> = found.iter().map(|one| name_at(&one.path)).collect();
        names.is_some_and(|names| {
            let is_known = |name: &String| FOLDERS.iter().any(|(known, _)| known == name);
            names.iter().all(is_known) && names.iter().any(|name| TELLING.contains(&&**name))
        })
    })
}

/// An export, or several.
pub(super) struct CorsoExport {
    pinned: Pinned,
    owners: usize,
    /// How often each mail's id stands in a custodian's export: only one that stands once identifies.
    ids: BTreeMap<(String, String), usize>,
    description: SourceDescription,
}

impl CorsoExport {
    pub(super) fn from_pinned(pinned: Pinned, owners: usize) -> Self {
        let mut custodians: Vec<CustodianName> = pinned
            .files
            .iter()
            .map(|file| CustodianName(owner_of(file, owners).to_owned()))
            .collect();
        custodians.sort();
        custodians.dedup();
        let mut ids = BTreeMap::new();
        for file in &pinned.files {
            if let Some(id) = graph_id(file) {
                let key = (owner_of(file, owners).to_owned(), id);
                *ids.entry(key).or_default() += 1;
            }
        }
        let description = pinned.description("corso", Fidelity::VendorDerivative, custodians);
        Self {
            pinned,
            owners,
            ids,
            description,
        }
    }

    fn item(
        &self,
        file: &PinnedFile,
        point: &RestorePointId,
        custodian: &CustodianName,
    ) -> Result<SourceItem, Problem> {
        file.content.as_ref().map_err(Problem::clone)?;
        let top = &file.names[self.owners];
        let content = FOLDERS.iter().find(|(name, _)| name == top);
        match content.map(|(_, content)| *content) {
            Some(Content::Mail) => {
                let skipped = self.owners + 1;
                let mut item = eml::item_of(&self.pinned, file, skipped, point, custodian)?;
                if let Some(id) = graph_id(file)
                    && self.ids.get(&(custodian.0.clone(), id.clone())) == Some(&1)
                {
                    item.stable_id = id;
                }
                Ok(item)
            }
            Some(Content::Files) => file.drive_item(self.owners + 1, point, custodian),
            Some(Content::NotYet(what)) => Err(Problem::new(
                "workload-not-restored",
                format!("{what} are not restored yet"),
            )),
            None => Err(Problem::new(
                "outside-layout",
                "not in a folder of an export",
            )),
        }
    }
}

#[expect(
    clippy::result_large_err,
    reason = "the Items of a source are made of these"
)]
impl Source for CorsoExport {
    fn description(&self) -> &SourceDescription {
        &self.description
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
        let files = self.pinned.files.iter();
        let owner = custodian.0.clone();
        let own = files.filter(move |file| owner_of(file, self.owners) == owner);
        let items = own.map(move |file| {
            let read = self.item(file, &point, &custodian);
            read.map_err(|problem| file.bad(&custodian, problem))
        });
        Ok(Box::new(items.chain(empty.into_iter().map(Err))))
    }

    fn message(&self, item: &SourceItem) -> Result<Message, SourceError> {
        eml::read_message(&item.locator, &self.pinned.item_bytes(item)?)
    }

    fn has_mime(&self, item: &SourceItem) -> bool {
        item.workload == Workload::Mail
    }

    fn file(&self, item: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError> {
        if item.workload == Workload::Mail {
            return Ok(Box::new(Cursor::new(self.pinned.item_bytes(item)?)));
        }
        Ok(Box::new(self.pinned.open(item)?))
    }
}

fn owner_of(file: &PinnedFile, owners: usize) -> &str {
    match owners {
        0 => CUSTODIAN,
        _ => &file.names[0],
    }
}

/// The name of an exported mail is the id that Graph gave it.
fn graph_id(file: &PinnedFile) -> Option<String> {
    let name = file.names.last()?;
    let id = name.strip_suffix(".eml")?;
    (!id.is_empty()).then(|| id.to_owned())
}

#[cfg(test)]
mod tests;
