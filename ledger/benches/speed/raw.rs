//! The raw limits: what the signatures and the disk of this machine give at most, with nothing of the ledger around them.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::number;

/// A message as it was signed.
pub(crate) struct Signed {
    pub(crate) key: VerifyingKey,
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Signature,
}

/// How many messages a second all threads check together, each by `verify_strict`.
pub(crate) fn verify(sample: &[Signed], lasting: Duration) -> f64 {
    let (rate, _) = together(sample, cores(), lasting, |signed| {
        let checked = signed.key.verify_strict(&signed.message, &signed.signature);
        checked.expect("it holds");
    });
    rate
}

/// As many threads as there are cores.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// How many messages a second so many threads sign and check together, and how many they did. Where others compute too, the
/// machine shares itself out by threads: the raw limit has as many as what is measured beside it.
pub(crate) fn sign_and_verify(
    key: &SigningKey,
    messages: &[Vec<u8>],
    threads: usize,
    lasting: Duration,
) -> (f64, usize) {
    let public = key.verifying_key();
    together(messages, threads, lasting, |message| {
        let signature = key.sign(message);
        public.verify_strict(message, &signature).expect("it holds");
    })
}

/// How many pieces of a sample a second so many threads get through, each from its own place, and how many they did.
pub(crate) fn together<T: Sync>(
    sample: &[T],
    threads: usize,
    lasting: Duration,
    each: impl Fn(&T) + Sync,
) -> (f64, usize) {
    let start = Instant::now();
    let done: usize = thread::scope(|scope| {
        let each = &each;
        let threads: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let own = sample.iter().cycle().skip(thread * sample.len() / threads);
                    let mut done = 0;
                    for piece in own {
                        each(piece);
                        done += 1;
                        if start.elapsed() >= lasting {
                            break;
                        }
                    }
                    done
                })
            })
            .collect();
        let joined = threads.into_iter().map(ScopedJoinHandle::join);
        joined.map(|done| done.expect("no thread panicked")).sum()
    });
    (number(done) / start.elapsed().as_secs_f64(), done)
}

/// A file whose space is on the disk already, as a log that means to be fast makes it; written from front to back, again
/// and again.
pub(crate) struct Preallocated {
    file: File,
    length: usize,
    at: usize,
}

impl Preallocated {
    pub(crate) fn make(path: &Path, length: usize) -> Self {
        let mut file = File::create(path).expect("a file");
        file.write_all(&vec![0; length]).expect("space");
        file.sync_all().expect("on the disk");
        Self {
            file,
            length,
            at: 0,
        }
    }

    /// Writes behind what was written last and waits for the disk (fdatasync).
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        if self.at + bytes.len() > self.length {
            self.at = 0;
        }
        let at = SeekFrom::Start(self.at as u64);
        self.file.seek(at).expect("a place in the file");
        self.file.write_all(bytes).expect("written");
        self.file.sync_data().expect("on the disk");
        self.at += bytes.len();
    }
}

/// A frame of docs/ledger-format.md 11.1: the bytes that the ledger itself writes for an entry.
pub(crate) fn frame(entry: &[u8]) -> Vec<u8> {
    let length = u32::try_from(entry.len()).expect("an entry is short");
    let crc = crc32c::crc32c(entry);
    [&length.to_le_bytes()[..], &crc.to_le_bytes(), entry].concat()
}
