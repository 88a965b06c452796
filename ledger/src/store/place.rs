//! Checkpoint places: a file (the default), or memory for tests.

use std::path::PathBuf;

use super::{CheckpointPlace, PlaceError};
use crate::disk::{self, SharedDisk};
use crate::durable::SystemDisk;
use crate::note::SignedCheckpoint;

const MAX_NOTE_BYTES: u64 = 1 << 20;

/// A file that holds the newest checkpoint; it should lie on another disk than the ledger.
#[derive(Debug)]
pub struct FilePlace {
    disk: SharedDisk,
    path: PathBuf,
}

impl FilePlace {
    /// A place at this path; its folder is made when it is first used.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self::on(SystemDisk::shared(), path)
    }

    /// As [`FilePlace::new`], on a disk of the caller's choice.
    pub fn on(disk: SharedDisk, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { disk, path }
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }
}

impl CheckpointPlace for FilePlace {
    fn load(&self) -> Result<Option<SignedCheckpoint>, PlaceError> {
        let bytes =
            disk::read_bounded(&*self.disk, &self.path, MAX_NOTE_BYTES).map_err(|source| {
                PlaceError::Io {
                    path: self.shown(),
                    source,
                }
            })?;
        let Some(bytes) = bytes else { return Ok(None) };
        SignedCheckpoint::parse(&String::from_utf8_lossy(&bytes))
            .map(Some)
            .map_err(|source| PlaceError::NotACheckpoint {
                path: self.shown(),
                source,
            })
    }

    fn swap(
        &mut self,
        expected: Option<&SignedCheckpoint>,
        new: &SignedCheckpoint,
    ) -> Result<(), PlaceError> {
        let lies_there = self.load()?;
        // The new one lies there already when an earlier try was cut off behind the rename.
        if lies_there.as_ref() != expected && lies_there.as_ref() != Some(new) {
            return Err(PlaceError::Conflict { path: self.shown() });
        }
        disk::replace(&*self.disk, &self.path, new.to_note().as_bytes()).map_err(|source| {
            PlaceError::Io {
                path: self.shown(),
                source,
            }
        })
    }
}

/// A place in memory.
#[derive(Debug, Default)]
pub struct MemoryPlace(Option<SignedCheckpoint>);

impl CheckpointPlace for MemoryPlace {
    fn load(&self) -> Result<Option<SignedCheckpoint>, PlaceError> {
        Ok(self.0.clone())
    }

    fn swap(
        &mut self,
        expected: Option<&SignedCheckpoint>,
        new: &SignedCheckpoint,
    ) -> Result<(), PlaceError> {
        if self.0.as_ref() != expected && self.0.as_ref() != Some(new) {
            return Err(PlaceError::Conflict {
                path: "memory".to_owned(),
            });
        }
        self.0 = Some(new.clone());
        Ok(())
    }
}
