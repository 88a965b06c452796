//! A disk that holds one segment file in memory, for opening a store over any bytes; nothing is ever written to it.

use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use unbroken_ledger::disk::{Disk, DiskFile, DiskLock};

const NAME: &str = "00000000000000000000.seg";

/// The file's bytes.
#[derive(Debug)]
pub struct OneFile(pub Arc<Vec<u8>>);

struct ReadOnly(u64);

fn refuse<T>() -> io::Result<T> {
    Err(io::ErrorKind::ReadOnlyFilesystem.into())
}

impl DiskFile for ReadOnly {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0)
    }
    fn write_at(&mut self, _: u64, _: &[u8]) -> io::Result<()> {
        refuse()
    }
    fn set_length(&mut self, _: u64) -> io::Result<()> {
        refuse()
    }
    // A store that is opened makes what it read durable first: there is nothing to make.
    fn sync_data(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn sync_all(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Disk for OneFile {
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
    fn is_dir(&self, _: &Path) -> bool {
        true
    }
    fn exists(&self, path: &Path) -> bool {
        path.ends_with(NAME)
    }
    fn list(&self, _: &Path) -> io::Result<Vec<String>> {
        Ok(vec![NAME.to_owned()])
    }
    fn read_from_start(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        if !path.ends_with(NAME) {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(Box::new(Cursor::new(self.0.to_vec())))
    }
    fn create(&self, _: &Path) -> io::Result<Box<dyn DiskFile>> {
        refuse()
    }
    fn open_in_place(&self, _: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(ReadOnly(self.0.len() as u64)))
    }
    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        refuse()
    }
    fn remove(&self, _: &Path) -> io::Result<()> {
        refuse()
    }
    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
    fn lock(&self, _: &Path) -> io::Result<Option<DiskLock>> {
        Ok(Some(Box::new(())))
    }
}
