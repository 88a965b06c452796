//! A folder tree of message files (`.msg`) and TNEF streams, `.eml` files among them: each file is an item, each folder a folder,
//! as in a tree of `.eml` files alone.

use std::io::{Cursor, Read};

use super::folders::mail_folder;
use super::mapi::class::{self, Kind};
use super::mapi::{self, Object, ids, message, msg, tnef};
use super::pinned::{self, MESSAGE_BYTES_MAX, Pinned, PinnedFile, Problem};
use super::{Fidelity, Items, Source, SourceDescription, SourceError, eml, strays};
use crate::domain::alias::Named;
use crate::domain::folder::FolderPath;
use crate::domain::item::{CustodianName, RestorePointId, SourceItem, Workload};
use crate::domain::message::Message;
use crate::domain::outlook::OutlookItem;

const CUSTODIAN: &str = "mailbox";

/// A tree of message files.
pub(super) struct MsgTree {
    pinned: Pinned,
    description: SourceDescription,
}

impl MsgTree {
    pub(super) fn from_pinned(pinned: Pinned) -> Self {
        let custodians = pinned.custodians(CUSTODIAN);
        let description = pinned.description("msg", Fidelity::Reconstructed, custodians);
        Self {
            pinned,
            description,
        }
    }

    fn object(&self, item: &SourceItem) -> Result<Object, SourceError> {
        let file = self.pinned.find(&item.locator)?;
        object(file, item, &self.pinned.item_bytes(item)?)
    }
}

/// The bytes of an item as an object.
pub(super) fn object(
    file: &PinnedFile,
    item: &SourceItem,
    bytes: &[u8],
) -> Result<Object, SourceError> {
    read(file, bytes).map_err(|problem| SourceError::Invalid {
        path: item.locator.clone(),
        place: problem.class.to_owned(),
        rule: problem.reason,
    })
}

impl Source for MsgTree {
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
            .empty_folders(&self.description, &custodian, None);
        let items = self.pinned.files.iter().filter_map(move |file| {
            let skipped = pinned::names_of_owner(&self.description, &custodian, file)?;
            let read = if file.has_extension("eml") {
                eml::item_of(&self.pinned, file, skipped, &point, &custodian)
            } else {
                item_of(&self.pinned, file, skipped, &point, &custodian)
            };
            Some(read.map_err(|problem| file.bad(&custodian, problem)))
        });
        Ok(Box::new(items.chain(empty.into_iter().map(Err))))
    }

    fn message(&self, item: &SourceItem) -> Result<Message, SourceError> {
        if self.pinned.find(&item.locator)?.has_extension("eml") {
            return eml::read_message(&item.locator, &self.pinned.item_bytes(item)?);
        }
        Ok(message::message(self.object(item)?))
    }

    fn outlook_item(&self, item: &SourceItem) -> Result<OutlookItem, SourceError> {
        let object = self.object(item)?;
        mapi::outlook::item(object, item.workload).ok_or_else(|| SourceError::Invalid {
            path: item.locator.clone(),
            place: "item".to_owned(),
            rule: "not an event, a contact or a task".to_owned(),
        })
    }

    fn exchange_names(&self, item: &SourceItem) -> Result<Vec<Named>, SourceError> {
        if self.pinned.find(&item.locator)?.has_extension("eml") {
            return Ok(Vec::new());
        }
        Ok(mapi::address::exchange_names(&self.object(item)?))
    }

    fn has_mime(&self, item: &SourceItem) -> bool {
        let found = self.pinned.find(&item.locator);
        item.workload == Workload::Mail && found.is_ok_and(|file| file.has_extension("eml"))
    }

    fn file(&self, item: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(Cursor::new(self.pinned.item_bytes(item)?)))
    }
}

/// Whether a file is one of these, by its name.
pub(super) fn is_named_so(path: &std::path::Path) -> bool {
    let is = |wanted: &str| {
        path.extension()
            .is_some_and(|found| found.eq_ignore_ascii_case(wanted))
    };
    let is_winmail = path
        .file_name()
        .is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"));
    is("msg") || is("tnef") || is_winmail
}

fn read(file: &PinnedFile, bytes: &[u8]) -> Result<Object, Problem> {
    if file.has_extension("msg") {
        return msg::read(bytes)
            .map_err(|error| Problem::new("not-a-message-file", error.to_string()));
    }
    if is_named_so(&file.path) {
        return tnef::read(bytes).map_err(|error| Problem::new("not-tnef", error.to_string()));
    }
    Err(Problem::new("not-mail", "neither a message file nor TNEF"))
}

/// One file as an item; `skipped` leading names say whose it is.
pub(super) fn item_of(
    pinned: &Pinned,
    file: &PinnedFile,
    skipped: usize,
    point: &RestorePointId,
    custodian: &CustodianName,
) -> Result<SourceItem, Problem> {
    let digest = file.content.clone()?;
    let bytes = pinned.read(file, MESSAGE_BYTES_MAX)?;
    let object = read(file, &bytes)?;
    let properties = &object.properties;
    let class = properties.text(&ids::MESSAGE_CLASS).unwrap_or_default();
    let folders = &file.names[skipped..file.names.len() - 1];
    let joined = || (!folders.is_empty()).then(|| folders.join(" - "));
    let (workload, folder) = match class::kind(&class) {
        Kind::Mail | Kind::Note => (Workload::Mail, mail_folder(folders)),
        Kind::Appointment => {
            mapi::outlook::placed(&object)?;
            (Workload::Calendar, FolderPath::Calendar(joined()))
        }
        Kind::Contact | Kind::DistributionList => {
            (Workload::Contacts, FolderPath::Contacts(folders.to_vec()))
        }
        Kind::Task => (Workload::Tasks, FolderPath::Tasks(joined())),
        Kind::Left(left) => {
            let reason = format!("an object of the class {class:?} is not restored");
            return Err(Problem {
                class: left,
                reason,
            });
        }
    };
    Ok(SourceItem {
        custodian: custodian.clone(),
        workload,
        stable_id: file.locator.clone(),
        version: String::new(),
        locator: file.locator.clone(),
        point: point.clone(),
        folder,
        name: message::name_of(properties),
        size_bytes: file.size_bytes,
        digest,
        created: properties.time(&ids::CLIENT_SUBMIT_TIME),
        modified: properties.time(&ids::MESSAGE_DELIVERY_TIME),
    })
}
