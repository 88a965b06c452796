//! What lies beside data files: native files of an export package, mail in files of its own, and the package's own tables.

use super::package::{self, Missing};
use crate::domain::item::{CustodianName, RestorePointId, SourceItem};
use crate::domain::message::Message;
use crate::sources::mapi::{Object, message};
use crate::sources::pinned::{Pinned, PinnedFile, Problem};
use crate::sources::{BadItem, SourceError, eml, msg};

/// A file as an item: mail where its name says so, else a file of a drive.
pub(super) fn item_of(
    pinned: &Pinned,
    file: &PinnedFile,
    point: &RestorePointId,
    custodian: &CustodianName,
) -> Result<SourceItem, Problem> {
    if package::is_report(file) {
        let reason = "a table or a report of the export, not data of a person";
        return Err(Problem::new("load-file", reason));
    }
    if file.has_extension("eml") {
        return eml::item_of(pinned, file, file.names.len() - 1, point, custodian);
    }
    if msg::is_named_so(&file.path) {
        return msg::item_of(pinned, file, file.names.len() - 1, point, custodian);
    }
    file.drive_item(0, point, custodian)
}

/// Mail in a file of its own.
pub(super) fn message(
    pinned: &Pinned,
    file: &PinnedFile,
    item: &SourceItem,
) -> Result<Message, SourceError> {
    if file.has_extension("eml") {
        return eml::read_message(&item.locator, &pinned.item_bytes(item)?);
    }
    Ok(message::message(object(pinned, file, item)?))
}

/// A message file or a TNEF stream.
pub(super) fn object(
    pinned: &Pinned,
    file: &PinnedFile,
    item: &SourceItem,
) -> Result<Object, SourceError> {
    msg::object(file, item, &pinned.item_bytes(item)?)
}

/// A row of a load file whose item nobody delivered.
pub(super) fn bad_row(row: &Missing, custodian: &CustodianName) -> BadItem {
    BadItem {
        custodian: custodian.clone(),
        workload: None,
        locator: row.locator.clone(),
        digest: None,
        size_bytes: 0,
        class: "load-file-row-without-file",
        reason: format!(
            "the load file names {:?}, which is not in the package",
            row.path
        ),
    }
}
