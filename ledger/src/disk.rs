//! What a ledger asks of a disk, and the durable writes made of it; the operating system's disk is `durable.rs`.
//!
//! Everything that a ledger keeps goes through [`Disk`], so that the crash tests can run it on a disk that loses, tears and
//! reorders whatever was not synced.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that is written in place. Nothing is durable before it is synced.
pub trait DiskFile: Send {
    /// Its length in bytes.
    fn length(&self) -> io::Result<u64>;

    /// Writes all of `bytes` at `offset`.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts it, or fills it up with zeros.
    fn set_length(&mut self, length: u64) -> io::Result<()>;

    /// Waits until what was written is on the disk (fdatasync). After an error nothing is known about what was written
    /// before, and trying again proves nothing: the page cache may have dropped it.
    fn sync_data(&mut self) -> io::Result<()>;

    /// As [`DiskFile::sync_data`], with all of its metadata (fsync).
    fn sync_all(&mut self) -> io::Result<()>;
}

/// Keeps a lock until it is dropped.
pub type DiskLock = Box<dyn Send>;

/// The few things that a ledger does with files.
pub trait Disk: Send + Sync + std::fmt::Debug {
    /// Makes one folder; fine when it is there.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Whether there is a folder.
    fn is_dir(&self, path: &Path) -> bool;

    /// Whether there is anything of this name.
    fn exists(&self, path: &Path) -> bool;

    /// The names in a folder, ascending.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;

    /// Reads from the start of a file.
    fn read_from_start(&self, path: &Path) -> io::Result<Box<dyn Read + Send>>;

    /// Reads a file from `offset` on; a disk that can seek does not read what lies before.
    fn read_from(&self, path: &Path, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let mut file = self.read_from_start(path)?;
        io::copy(&mut (&mut file).take(offset), &mut io::sink())?;
        Ok(file)
    }

    /// Makes an empty file, or empties the one that is there.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file for writing in place, made where it is missing.
    fn open_in_place(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name in place of whatever had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// How many bytes a segment file takes from the start, so that later appends find their space.
    fn segment_bytes(&self) -> usize {
        crate::store::segments::SEGMENT_BYTES
    }

    /// Takes the lock of this name; `None` when another process has it.
    fn lock(&self, path: &Path) -> io::Result<Option<DiskLock>>;
}

/// A disk that many share.
pub type SharedDisk = Arc<dyn Disk>;

/// Whether there was no space: nothing is lost, and it goes on when space was made.
pub fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

fn folder_of(path: &Path) -> &Path {
    path.parent().expect("a file has a folder")
}

/// Makes a folder and its parents, and makes their names durable.
pub fn create_dirs(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || disk.is_dir(path) {
        return Ok(());
    }
    let parent = path.parent();
    if let Some(parent) = parent {
        create_dirs(disk, parent)?;
    }
    disk.create_dir(path)?;
    match parent.filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => disk.sync_dir(parent),
        None => Ok(()),
    }
}

/// Puts a whole file in place: a crash leaves the old one or the new one, never a part.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    create_dirs(disk, folder_of(path))?;
    let staged = staged(path);
    let mut file = disk.create(&staged)?;
    let filled = file.write_at(0, bytes).and_then(|()| file.sync_all());
    drop(file);
    filled.inspect_err(|_| forget(disk, &staged))?;
    put_in_place(disk, &staged, path)
}

/// As [`replace`], but without waiting for the disk: for what can be made again (tiles).
pub fn replace_disposable(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    create_dirs(disk, folder_of(path))?;
    let staged = staged(path);
    let filled = disk.create(&staged)?.write_at(0, bytes);
    filled.inspect_err(|_| forget(disk, &staged))?;
    disk.rename(&staged, path)
}

/// Puts a file of `length` bytes in place: `head`, then zeros that are really on the disk, so that later writes into it
/// find their space and need no new metadata. It is whole or not there, after a crash and on a full disk alike.
pub fn preallocate(
    disk: &dyn Disk,
    path: &Path,
    head: &[u8],
    length: u64,
) -> io::Result<Box<dyn DiskFile>> {
    let staged = staged(path);
    let mut file = disk.create(&staged)?;
    file.write_at(0, head)
        .and_then(|()| write_zeros(&mut *file, head.len() as u64, length))
        .and_then(|()| file.sync_all())
        .inspect_err(|_| forget(disk, &staged))?;
    put_in_place(disk, &staged, path)?;
    Ok(file)
}

fn put_in_place(disk: &dyn Disk, staged: &Path, path: &Path) -> io::Result<()> {
    disk.rename(staged, path)
        .inspect_err(|_| forget(disk, staged))?;
    disk.sync_dir(folder_of(path))
}

/// Takes a file away that was never used; what matters is the error that is on its way.
fn forget(disk: &dyn Disk, staged: &Path) {
    let _ = disk.remove(staged);
}

/// A name of its own for each write: two threads may put the same object at once.
fn staged(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().expect("a file has a name").to_owned();
    name.push(format!(".{number}.staged"));
    path.with_file_name(name)
}

/// Overwrites `from..to` with zeros.
pub fn write_zeros(file: &mut dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0_u8; 1 << 20];
    let mut at = from;
    while at < to {
        let part = usize::try_from(to - at).map_or(zeros.len(), |left| left.min(zeros.len()));
        file.write_at(at, &zeros[..part])?;
        at += part as u64;
    }
    Ok(())
}

/// Writes behind the first `end` bytes of a file, made if it is not there, cuts off whatever else stood there, and waits
/// for the disk.
pub fn append_at(disk: &dyn Disk, path: &Path, end: u64, bytes: &[u8]) -> io::Result<()> {
    let is_new = !disk.exists(path);
    let mut file = disk.open_in_place(path)?;
    if file.length()? > end {
        file.set_length(end)?;
    }
    file.write_at(end, bytes)?;
    file.sync_data()?;
    if is_new {
        disk.sync_dir(folder_of(path))
    } else {
        Ok(())
    }
}

/// Overwrites a file with zeros, then removes it: for keys that are to be destroyed. What the disk itself keeps
/// underneath is beyond us, which is why the facts were encrypted from the start.
pub fn destroy(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    let mut file = disk.open_in_place(path)?;
    let length = file.length()?;
    write_zeros(&mut *file, 0, length)?;
    file.sync_all()?;
    drop(file);
    disk.remove(path)?;
    disk.sync_dir(folder_of(path))
}

/// Reads a file of at most `limit` bytes; `None` when there is none.
pub fn read_bounded(disk: &dyn Disk, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match disk.read_from_start(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let too_large = io::ErrorKind::FileTooLarge;
        return Err(io::Error::new(too_large, "larger than it can be"));
    }
    Ok(Some(bytes))
}
