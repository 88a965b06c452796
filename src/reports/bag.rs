//! A BagIt bag (RFC 8493, SHA-256) written as a stream, by several threads if need be, under a temporary name until it
//! is whole; what goes into it is decided elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use sha2::{Digest as _, Sha256};

use crate::durable;

/// Why a bag was not written; nothing stands under its name then.
#[derive(Debug, thiserror::Error)]
pub enum BagError {
    /// Something stands where the bag should go.
    #[error("{}: exists already; name a place that does not", path.display())]
    Exists {
        /// The place.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{}: cannot be written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A file of so many bytes is made durable while others are still being written: the system begins to write by itself only when
/// much has come together, and the disk would stand idle until then.
const SYNC_AT_ONCE_BYTES: u64 = 256 << 10;

/// Threads that wait for the disk at the end. A file system writes one journal for all who wait at once: one by one,
/// some thousand small files take ten times as long.
const SYNCING: usize = 8;
const EARLY_SYNCING: usize = 2;

type Files = Mutex<BTreeMap<String, Hashed>>;

/// A bag in the making. Many threads may write files into it at once; their order does not show in it.
pub struct Bag {
    target: PathBuf,
    temporary: PathBuf,
    payload: Files,
    tags: Files,
    early: Option<EarlySync>,
    finished: bool,
}

/// Threads that make large files durable as soon as they are written.
struct EarlySync {
    paths: Sender<PathBuf>,
    threads: Vec<JoinHandle<Result<(), BagError>>>,
}

impl EarlySync {
    fn start() -> Self {
        let (paths, waiting) = channel::<PathBuf>();
        let waiting = Arc::new(Mutex::new(waiting));
        let threads = (0..EARLY_SYNCING).map(|_| {
            let waiting = Arc::clone(&waiting);
            thread::spawn(move || {
                let next = || {
                    let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                    waiting.recv()
                };
                while let Ok(path) = next() {
                    let synced = durable::sync_file(&path);
                    synced.map_err(|source| BagError::Io { path, source })?;
                }
                Ok(())
            })
        });
        Self {
            paths,
            threads: threads.collect(),
        }
    }

    /// Waits for all of them.
    fn end(self) -> Result<(), BagError> {
        drop(self.paths);
        let joined = self.threads.into_iter().map(|thread| {
            let joined = thread.join();
            joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        // Every thread is waited for, whatever the first of them says.
        let ended: Vec<Result<(), BagError>> = joined.collect();
        ended.into_iter().collect()
    }
}

#[derive(Clone, Copy)]
struct Hashed {
    digest: [u8; 32],
    length: u64,
}

impl Bag {
    /// Begins a bag that will stand at `target`. What an interrupted try left is removed.
    pub fn begin(target: &Path) -> Result<Self, BagError> {
        if target.symlink_metadata().is_ok() {
            return Err(BagError::Exists {
                path: target.to_owned(),
            });
        }
        let temporary = durable::sibling_of(target);
        let refused = |source| BagError::Io {
            path: temporary.clone(),
            source,
        };
        if temporary.symlink_metadata().is_ok() {
            fs::remove_dir_all(&temporary).map_err(refused)?;
        }
        if let Some(above) = target.parent() {
            fs::create_dir_all(above).map_err(refused)?;
        }
        durable::create_private_folder(&temporary).map_err(refused)?;
        Ok(Self {
            target: target.to_owned(),
            temporary,
            payload: Files::default(),
            tags: Files::default(),
            early: Some(EarlySync::start()),
            finished: false,
        })
    }

    /// Writes the payload file `data/<path>`.
    pub fn payload(
        &self,
        path: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), BagError> {
        let path = format!("data/{path}");
        let hashed = self.write(&path, write)?;
        lock(&self.payload).insert(path, hashed);
        Ok(())
    }

    /// Writes the payload file `data/<path>` from what stands in the payload so far: its folder, and its paths in it, ascending.
    pub fn from_payload(
        &self,
        path: &str,
        write: impl FnOnce(&mut dyn Write, &Path, &[String]) -> io::Result<()>,
    ) -> Result<(), BagError> {
        let folder = self.temporary.join("data");
        let payload = lock(&self.payload);
        let paths: Vec<String> = payload
            .keys()
            .filter_map(|path| path.strip_prefix("data/").map(str::to_owned))
            .collect();
        drop(payload);
        self.payload(path, |file| write(file, &folder, &paths))
    }

    /// Writes a file beside the payload, such as a note for the reader.
    pub fn tag_file(&self, path: &str, bytes: &[u8]) -> Result<(), BagError> {
        let hashed = self.write(path, |file| file.write_all(bytes))?;
        lock(&self.tags).insert(path.to_owned(), hashed);
        Ok(())
    }

    /// Ends the payload: writes `bag-info.txt` from these lines, and the payload's manifest, whose bytes come back so that
    /// somebody may sign them. Nothing in a bag depends on when or where it was written.
    pub fn close_payload(&self, info: &[(&str, &str)]) -> Result<Vec<u8>, BagError> {
        self.tag_file(
            "bagit.txt",
            b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        )?;
        let (octets, files, payload) = {
            let payload = lock(&self.payload);
            let octets: u64 = payload.values().map(|file| file.length).sum();
            (octets, payload.len(), manifest(&payload))
        };
        let mut lines = String::new();
        for (name, value) in info {
            let _ = writeln!(lines, "{name}: {value}");
        }
        let _ = writeln!(lines, "Payload-Oxum: {octets}.{files}");
        self.tag_file("bag-info.txt", lines.as_bytes())?;
        self.tag_file("manifest-sha256.txt", payload.as_bytes())?;
        Ok(payload.into_bytes())
    }

    /// Writes the manifest of the tag files, makes all of it durable and gives the bag its name.
    pub fn finish(mut self) -> Result<(), BagError> {
        let tags = manifest(&lock(&self.tags));
        self.write("tagmanifest-sha256.txt", |file| {
            file.write_all(tags.as_bytes())
        })?;
        if let Some(early) = self.early.take() {
            early.end()?;
        }
        self.sync_files()?;
        self.sync(&self.temporary.clone())?;
        durable::rename(&self.temporary, &self.target).map_err(|source| self.io(source))?;
        self.finished = true;
        Ok(())
    }

    fn write(
        &self,
        path: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Hashed, BagError> {
        let place = self.temporary.join(path);
        let outcome = (|| {
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            let file = durable::create_new(&place)?;
            let mut hashing = Hashing {
                file,
                digest: Sha256::new(),
                length: 0,
            };
            let mut buffered = BufWriter::with_capacity(1 << 16, &mut hashing);
            write(&mut buffered)?;
            buffered.flush()?;
            drop(buffered);
            if let Some(early) = self.early.as_ref()
                && hashing.length >= SYNC_AT_ONCE_BYTES
            {
                // Nobody receives after a failure, which is told at the end.
                let _ended = early.paths.send(place.clone());
            }
            Ok(Hashed {
                digest: hashing.digest.finalize().into(),
                length: hashing.length,
            })
        })();
        outcome.map_err(|source| BagError::Io {
            path: place,
            source,
        })
    }

    /// Makes the small files durable.
    fn sync_files(&self) -> Result<(), BagError> {
        let mut paths = vec![self.temporary.join("tagmanifest-sha256.txt")];
        // The large ones are synced already.
        for files in [&self.payload, &self.tags] {
            let files = lock(files);
            let later = files
                .iter()
                .filter(|(_, file)| file.length < SYNC_AT_ONCE_BYTES);
            paths.extend(later.map(|(path, _)| self.temporary.join(path)));
        }
        let next = AtomicUsize::new(0);
        let wait = || {
            while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                durable::sync_file(path).map_err(|source| BagError::Io {
                    path: path.clone(),
                    source,
                })?;
            }
            Ok(())
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..SYNCING).map(|_| scope.spawn(wait)).collect();
            threads.into_iter().try_for_each(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })
    }

    /// Syncs the folders, the deepest first; the files are synced already.
    fn sync(&self, folder: &Path) -> Result<(), BagError> {
        let walk = |folder: &Path| -> io::Result<Vec<PathBuf>> {
            let mut folders = Vec::new();
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                }
            }
            Ok(folders)
        };
        for below in walk(folder).map_err(|source| self.io(source))? {
            self.sync(&below)?;
        }
        durable::sync_folder(folder).map_err(|source| self.io(source))
    }

    fn io(&self, source: io::Error) -> BagError {
        BagError::Io {
            path: self.target.clone(),
            source,
        }
    }
}

impl Drop for Bag {
    fn drop(&mut self) {
        if let Some(early) = self.early.take() {
            // The bag is not whole: why is told elsewhere, and what was written is removed.
            let _ended = early.end();
        }
        if !self.finished {
            // What stays behind has a name that nobody takes for a bag; the next try removes it.
            let _stays = fs::remove_dir_all(&self.temporary);
        }
    }
}

fn manifest(files: &BTreeMap<String, Hashed>) -> String {
    let mut text = String::new();
    for (path, file) in files {
        for byte in file.digest {
            let _ = write!(text, "{byte:02x}");
        }
        // RFC 8493 2.1.3: these three are percent-encoded, and nothing else.
        let path = path
            .replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A");
        let _ = writeln!(text, "  {path}");
    }
    text
}

/// Hashes what goes through it; stands behind the buffer, so that it hashes long stretches.
struct Hashing {
    file: File,
    digest: Sha256,
    length: u64,
}

fn lock<T>(files: &Mutex<T>) -> MutexGuard<'_, T> {
    files.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bag(place: &Path) -> Result<(), BagError> {
        let bag = Bag::begin(place)?;
        bag.payload("b/two", |file| file.write_all(b"2"))?;
        bag.payload("a one", |file| file.write_all(b"abc"))?;
        bag.tag_file("VERIFY.txt", b"how\n")?;
        let manifest = bag.close_payload(&[("Bagging-Date", "2026-01-02")])?;
        assert!(manifest.ends_with(b"  data/b/two\n"));
        bag.finish()
    }

    #[test]
    fn a_bag_has_the_files_of_rfc_8493() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("bag");
        bag(&place).expect("written");
        let read = |name: &str| fs::read_to_string(place.join(name)).expect(name);
        assert_eq!(
            read("manifest-sha256.txt"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  data/a one\n\
             d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35  data/b/two\n"
        );
        assert_eq!(
            read("bag-info.txt"),
            "Bagging-Date: 2026-01-02\nPayload-Oxum: 4.2\n"
        );
        let tags = read("tagmanifest-sha256.txt");
        let names: Vec<&str> = tags.lines().filter_map(|line| line.get(66..)).collect();
        assert_eq!(
            names,
            [
                "VERIFY.txt",
                "bag-info.txt",
                "bagit.txt",
                "manifest-sha256.txt"
            ]
        );
    }

    #[test]
    fn two_bags_of_the_same_are_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let tags = ["one", "two"].map(|name| {
            let place = folder.path().join(name);
            bag(&place).expect("written");
            fs::read(place.join("tagmanifest-sha256.txt")).expect("read")
        });
        assert_eq!(tags[0], tags[1]);
    }

    #[test]
    fn a_failed_bag_leaves_nothing_and_an_old_one_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("bag");
        let begun = Bag::begin(&place).expect("begun");
        let full = begun.payload("x", |_| Err(io::Error::from(io::ErrorKind::StorageFull)));
        assert!(matches!(full, Err(BagError::Io { .. })));
        drop(begun);
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
        bag(&place).expect("written");
        assert!(matches!(Bag::begin(&place), Err(BagError::Exists { .. })));
    }

    /// Facts and a report about people may lie in it.
    #[test]
    #[cfg(unix)]
    fn other_users_of_the_machine_do_not_read_a_bag() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("above/bag");
        bag(&place).expect("written");
        let mode = fs::metadata(&place).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
