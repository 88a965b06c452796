//! A torn tail: set aside, cut, logged, in that order and each step again after a crash. What counts as torn is
//! decided in `store/segments.rs`.

use std::path::{Path, PathBuf};

use super::{Ledger, LedgerError, io};
use crate::canonical::{Value, parse};
use crate::disk::{self, Disk};
use crate::event::integer;
use crate::objects::Objects;
use crate::store::segments::{SegmentStore, TornTail};

const PENDING_BYTES_MAX: u64 = 4096;

/// What is written down between setting the bytes aside and logging it: a crash in between must not lose the fact.
fn pending(dir: &Path) -> PathBuf {
    dir.join("repair")
}

/// Sets the torn bytes aside and cuts them off.
pub(super) fn set_aside(
    on: &dyn Disk,
    dir: &Path,
    objects: &Objects,
    store: &mut SegmentStore,
    torn: &TornTail,
) -> Result<(), LedgerError> {
    let kept = objects.put(&torn.discarded);
    let discarded = kept.map_err(|error| LedgerError::Io {
        path: error.to_string(),
        source: std::io::Error::other("the discarded bytes could not be kept"),
    })?;
    let data = Value::object([
        ("discarded", Value::text(discarded.to_string())),
        ("from_index", integer(torn.from_index)),
        ("length", integer(torn.discarded.len() as u64)),
    ]);
    let path = pending(dir);
    disk::replace(on, &path, &data.to_bytes()).map_err(|source| io(&path, source))?;
    Ok(store.cut_tail()?)
}

impl Ledger {
    /// Logs a repair that was begun, once.
    pub(super) fn log_repair(&self) -> Result<(), LedgerError> {
        let path = pending(&self.dir);
        let read = disk::read_bounded(&*self.disk, &path, PENDING_BYTES_MAX);
        let Some(bytes) = read.map_err(|source| io(&path, source))? else {
            return Ok(());
        };
        let Ok(data) = parse(&bytes) else {
            let source = std::io::Error::other("not what a repair writes down");
            return Err(io(&path, source));
        };
        if !self.is_repair_logged(&data)? {
            self.book_entry("TailRepaired", data)?;
        }
        let removed = self.disk.remove(&path);
        removed
            .and_then(|()| self.disk.sync_dir(&self.dir))
            .map_err(|source| io(&path, source))
    }

    fn is_repair_logged(&self, data: &Value) -> Result<bool, LedgerError> {
        let from = data.field("from_index").and_then(Value::as_size);
        for read in self.entries(from.unwrap_or(0).min(self.size()))? {
            let (_, entry) = read?;
            if entry.event.kind == "TailRepaired" && entry.event.data == *data {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
