//! A folder tree of `.eml` files: each file is a message, each folder a mail folder. Top folders are custodians when all of them
//! are named like addresses; else there is one custodian, `mailbox`.

use std::io::{Cursor, Read};

use super::folders::mail_folder;
use super::mapi::winmail;
use super::mime::{self, Unreadable};
use super::pinned::{self, MESSAGE_BYTES_MAX, Pinned, PinnedFile, Problem};
use super::{Fidelity, Items, Source, SourceDescription, SourceError, strays};
use crate::domain::item::{CustodianName, Digest, RestorePointId, SourceItem, Workload};
use crate::domain::message::Message;

const CUSTODIAN: &str = "mailbox";

/// A tree of messages.
pub(super) struct EmlTree {
    pinned: Pinned,
    description: SourceDescription,
}

impl EmlTree {
    pub(super) fn from_pinned(pinned: Pinned) -> Self {
        let custodians = pinned.custodians(CUSTODIAN);
        let description = pinned.description("eml", Fidelity::OriginalBytes, custodians);
        Self {
            pinned,
            description,
        }
    }
}

impl Source for EmlTree {
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
        let items = self.pinned.files.iter().filter_map(move |file| {
            let skipped = pinned::names_of_owner(&self.description, &custodian, file)?;
            let read = item_of(&self.pinned, file, skipped, &point, &custodian);
            Some(read.map_err(|problem| file.bad_of(Workload::Mail, &custodian, problem)))
        });
        Ok(Box::new(items.chain(empty.into_iter().map(Err))))
    }

    fn message(&self, item: &SourceItem) -> Result<Message, SourceError> {
        read_message(&item.locator, &self.pinned.item_bytes(item)?)
    }

    fn has_mime(&self, item: &SourceItem) -> bool {
        item.workload == Workload::Mail
    }

    fn file(&self, item: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(Cursor::new(self.pinned.item_bytes(item)?)))
    }
}

/// Bytes that were listed as a message.
pub(super) fn read_message(locator: &str, bytes: &[u8]) -> Result<Message, SourceError> {
    let read = mime::parse(bytes).map_err(|error| SourceError::Invalid {
        path: locator.to_owned(),
        place: Unreadable::CLASS.to_owned(),
        rule: error.to_string(),
    });
    read.map(|mut message| {
        winmail::unpack(&mut message);
        mime::keep_original(&mut message, bytes);
        message
    })
}

/// One `.eml` file as an item; `skipped` leading names say whose it is.
pub(super) fn item_of(
    pinned: &Pinned,
    file: &PinnedFile,
    skipped: usize,
    point: &RestorePointId,
    custodian: &CustodianName,
) -> Result<SourceItem, Problem> {
    let digest: Digest = file.content.clone()?;
    if !file.has_extension("eml") {
        return Err(Problem::new("not-mail", "not an .eml file"));
    }
    let bytes = pinned.read(file, MESSAGE_BYTES_MAX)?;
    let outline = mime::outline(&bytes)
        .map_err(|error| Problem::new(Unreadable::CLASS, error.to_string()))?;
    let folders = &file.names[skipped..file.names.len() - 1];
    Ok(SourceItem {
        custodian: custodian.clone(),
        workload: Workload::Mail,
        stable_id: file.locator.clone(),
        version: String::new(),
        locator: file.locator.clone(),
        point: point.clone(),
        folder: mail_folder(folders),
        name: outline.subject,
        size_bytes: file.size_bytes,
        digest,
        created: outline.sent,
        modified: outline.received,
    })
}
