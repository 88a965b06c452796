//! The only file of this crate that writes files: every write is on disk, its name included, before it returns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

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
    let staged = staged_name(path);
    let mut file = File::create(&staged)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    #[allow(clippy::disallowed_methods, reason = "the durable rename itself")]
    fs::rename(&staged, path)?;
    sync_dir(parent)
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

/// Makes a file of `length` bytes: `head`, then zeros that are really on the disk, so that later writes into it find
/// their space and need no new metadata. A full disk leaves no file behind.
pub fn preallocate(path: &Path, head: &[u8], length: usize) -> io::Result<File> {
    let made = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path);
    let mut file = made?;
    let filled = write_zeros(&mut file, head, length).and_then(|()| file.sync_all());
    if let Err(error) = filled {
        drop(file);
        // The file was never used; what matters is the error that is on its way.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    sync_dir(path.parent().expect("a file has a folder"))?;
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

/// Appends to a file, made if it is not there, and waits for the disk.
pub fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let is_new = !path.exists();
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
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
