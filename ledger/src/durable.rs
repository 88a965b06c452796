//! The only file of this crate that writes files: every write is on disk, its name included, before it returns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes a folder and its parents, and makes their names durable.
pub fn create_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_dir(parent)?;
    }
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }?;
    parent.map_or(Ok(()), sync_dir)
}

/// Makes the names in a folder durable.
pub fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Puts a whole file in place: a crash leaves the old one or the new one, never a part.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let parent = path.parent().expect("a file has a folder");
    create_dir(parent)?;
    let staged = staged_apart(path);
    let mut file = File::create(&staged)?;
    let filled = file.write_all(bytes).and_then(|()| file.sync_all());
    drop(file);
    filled.inspect_err(|_| forget(&staged))?;
    put_in_place(&staged, path)
}

fn put_in_place(staged: &Path, path: &Path) -> io::Result<()> {
    #[allow(clippy::disallowed_methods, reason = "the durable rename itself")]
    fs::rename(staged, path)?;
    sync_dir(path.parent().expect("a file has a folder"))
}

/// Takes a file away that was never used; what matters is the error that is on its way.
fn forget(staged: &Path) {
    let _ = fs::remove_file(staged);
}

/// As [`replace`], but without waiting for the disk: for what can be made again (tiles).
pub fn replace_disposable(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let parent = path.parent().expect("a file has a folder");
    fs::create_dir_all(parent)?;
    let staged = staged_name(path);
    File::create(&staged)?.write_all(bytes)?;
    #[allow(
        clippy::disallowed_methods,
        reason = "atomic, durability is not needed here"
    )]
    fs::rename(&staged, path)
}

fn staged_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().expect("a file has a name").to_owned();
    name.push(".staged");
    path.with_file_name(name)
}

/// A name of its own for each write: two threads may put the same object at once.
fn staged_apart(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let staged = staged_name(path);
    staged.with_extension(format!("{number}.staged"))
}

/// Puts a file of `length` bytes in place: `head`, then zeros that are really on the disk, so that later writes into it
/// find their space and need no new metadata. It is whole or not there, after a crash and on a full disk alike.
pub fn preallocate(path: &Path, head: &[u8], length: usize) -> io::Result<File> {
    let staged = staged_name(path);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    let mut file = options.open(&staged)?;
    write_zeros(&mut file, head, length)
        .and_then(|()| file.sync_all())
        .inspect_err(|_| forget(&staged))?;
    put_in_place(&staged, path)?;
    Ok(file)
}

fn write_zeros(file: &mut File, head: &[u8], length: usize) -> io::Result<()> {
    file.write_all(head)?;
    let zeros = vec![0_u8; 1 << 20];
    let mut left = length.saturating_sub(head.len());
    while left > 0 {
        let part = left.min(zeros.len());
        file.write_all(&zeros[..part])?;
        left -= part;
    }
    Ok(())
}

/// Opens a lock file, made where it is missing; its content does not matter.
pub fn lock_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

/// Opens an existing file for writing in place.
pub fn open_in_place(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// Writes behind the first `end` bytes of a file, made if it is not there, cuts off whatever else stood there, and waits
/// for the disk.
pub fn append_at(path: &Path, end: u64, bytes: &[u8]) -> io::Result<()> {
    let is_new = !path.exists();
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    if file.metadata()?.len() > end {
        file.set_len(end)?;
    }
    file.seek(SeekFrom::Start(end))?;
    file.write_all(bytes)?;
    file.sync_data()?;
    if is_new {
        sync_dir(path.parent().expect("a file has a folder"))
    } else {
        Ok(())
    }
}

/// Overwrites a file with zeros, then removes it: for keys that are to be destroyed. What the disk itself keeps
/// underneath is beyond us, which is why the facts were encrypted from the start.
pub fn destroy(path: &Path) -> io::Result<()> {
    let length = fs::metadata(path)?.len();
    let mut file = open_in_place(path)?;
    write_zeros(
        &mut file,
        &[],
        usize::try_from(length).unwrap_or(usize::MAX),
    )?;
    file.sync_all()?;
    drop(file);
    fs::remove_file(path)?;
    sync_dir(path.parent().expect("a file has a folder"))
}

/// Reads a file of at most `limit` bytes; `None` when there is none.
pub fn read_bounded(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than it can be",
        ));
    }
    Ok(Some(bytes))
}
