//! A plain tree of files: each is an item under the name that it has; who may read it and since when is not evidenced.

use std::io::Read;

use super::pinned::{self, Pinned};
use super::{Fidelity, Items, Source, SourceDescription, SourceError, strays};
use crate::domain::item::{CustodianName, RestorePointId, SourceItem, Workload};
use crate::domain::message::Message;

/// The custodian of a tree whose top folders name nobody.
const CUSTODIAN: &str = "drive";

/// A tree of files.
pub(super) struct Files {
    pinned: Pinned,
    description: SourceDescription,
}

impl Files {
    pub(super) fn from_pinned(pinned: Pinned) -> Self {
        let custodians = pinned.custodians(CUSTODIAN);
        let description = pinned.description("files", Fidelity::OriginalBytes, custodians);
        Self {
            pinned,
            description,
        }
    }
}

impl Source for Files {
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
            .empty_folders(&self.description, &custodian, Some(Workload::Files));
        let items = self.pinned.files.iter().filter_map(move |file| {
            let skipped = pinned::names_of_owner(&self.description, &custodian, file)?;
            let read = file.drive_item(skipped, &point, &custodian);
            Some(read.map_err(|problem| file.bad_of(Workload::Files, &custodian, problem)))
        });
        Ok(Box::new(items.chain(empty.into_iter().map(Err))))
    }

    fn message(&self, item: &SourceItem) -> Result<Message, SourceError> {
        Err(SourceError::Invalid {
            path: item.locator.clone(),
            place: "item".to_owned(),
            rule: "a file is not read as a message".to_owned(),
        })
    }

    fn file(&self, item: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(self.pinned.open(item)?))
    }
}
