//! Finds the messages of an mbox file without holding it; knows nothing of what a message is.
//!
//! A line `From ` opens a message when the line after it looks like a header, and when a blank line or the
//! file's start stands before it, or the line itself looks like an envelope (`From - `, or one with a time). So
//! an unquoted `From here on …` stays in its body.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::domain::item::Digest;
use crate::sources::SourceError;
use crate::sources::reader::Tree;

/// Of a longer line only this much is looked at; it is counted and hashed whole.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// A message, or with ordinal 0 what stands before the first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) ordinal: u64,
    pub(super) start: u64,
    pub(super) size_bytes: u64,
    pub(super) digest: Digest,
}

/// The byte that ends lines: LF, or CR in a file that has no LF.
pub(super) fn ending_of(bytes: &[u8]) -> u8 {
    if !bytes.contains(&b'\n') && bytes.contains(&b'\r') {
        b'\r'
    } else {
        b'\n'
    }
}

/// The bytes of a message.
pub(super) fn read(tree: &Tree, path: &Path, piece: &Piece) -> Result<Vec<u8>, SourceError> {
    let mut bytes = Vec::new();
    let mut file = tree.open(path)?;
    file.seek(SeekFrom::Start(piece.start))
        .and_then(|_| file.take(piece.size_bytes).read_to_end(&mut bytes))
        .map_err(|error| tree.io_error(path, error))?;
    Ok(bytes)
}

/// The pieces of a file, in order.
pub(super) fn scan(file: File) -> io::Result<Vec<Piece>> {
    let mut reader = BufReader::with_capacity(256 * 1024, file);
    // The first block decides: a file with CR alone has no LF in it.
    let ending = ending_of(reader.fill_buf()?);
    let mut scanner = Scanner::new();
    let mut line = Vec::new();
    let mut cut = false;
    loop {
        line.clear();
        let read = (&mut reader)
            .take(LINE_BYTES_MAX as u64)
            .read_until(ending, &mut line)?;
        if read == 0 {
            return Ok(scanner.finish());
        }
        if cut {
            scanner.continues(&line);
        } else {
            scanner.line(&line);
        }
        cut = line.last() != Some(&ending);
    }
}

struct Scanner {
    pieces: Vec<Piece>,
    ordinal: u64,
    at: u64,
    start: u64,
    hash: Sha256,
    size_bytes: u64,
    /// Lines that may still turn out not to belong to the piece: a blank one, then a From_ line.
    blank: Vec<u8>,
    from: Vec<u8>,
    /// Whether nothing but the file's start or a blank line stands before the line to come.
    fresh: bool,
}

impl Scanner {
    fn new() -> Self {
        Self {
            pieces: Vec::new(),
            ordinal: 0,
            at: 0,
            start: 0,
            hash: Sha256::new(),
            size_bytes: 0,
            blank: Vec::new(),
            from: Vec::new(),
            fresh: true,
        }
    }

    fn line(&mut self, line: &[u8]) {
        if !self.from.is_empty() {
            self.settle(line);
        }
        self.at += line.len() as u64;
        if line.starts_with(b"From ") && (self.fresh || is_envelope(line)) {
            self.from = line.to_vec();
        } else if matches!(line, b"\n" | b"\r\n" | b"\r") {
            self.flush_blank();
            self.blank = line.to_vec();
            self.fresh = true;
        } else {
            self.flush_blank();
            self.push(line);
            self.fresh = false;
        }
    }

    /// The rest of a line that was too long to hold.
    fn continues(&mut self, more: &[u8]) {
        self.at += more.len() as u64;
        if self.from.is_empty() {
            self.push(more);
        } else {
            // No envelope is that long.
            let from = std::mem::take(&mut self.from);
            self.flush_blank();
            self.push(&from);
            self.push(more);
            self.fresh = false;
        }
    }

    /// Decides, by the line after it, whether the From_ line opens a message.
    fn settle(&mut self, next: &[u8]) {
        let from = std::mem::take(&mut self.from);
        if looks_like_header(next) || next.starts_with(b">From ") {
            self.blank.clear();
            self.close();
            self.ordinal += 1;
            self.start = self.at;
        } else {
            self.flush_blank();
            self.push(&from);
            self.fresh = false;
        }
    }

    fn flush_blank(&mut self) {
        let blank = std::mem::take(&mut self.blank);
        self.push(&blank);
    }

    fn push(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.size_bytes += bytes.len() as u64;
    }

    fn close(&mut self) {
        let hash = std::mem::take(&mut self.hash);
        let size_bytes = std::mem::take(&mut self.size_bytes);
        if self.ordinal > 0 || size_bytes > 0 {
            self.pieces.push(Piece {
                ordinal: self.ordinal,
                start: self.start,
                size_bytes,
                digest: Digest(hash.finalize().into()),
            });
        }
    }

    fn finish(mut self) -> Vec<Piece> {
        if !self.from.is_empty() {
            // An envelope with nothing after it: a message that was cut off, or the last line of a body.
            let from = std::mem::take(&mut self.from);
            if is_envelope(&from) && (self.fresh || self.ordinal == 0) {
                self.blank.clear();
                self.close();
                self.ordinal += 1;
                self.start = self.at;
            } else {
                self.flush_blank();
                self.push(&from);
            }
        }
        self.close();
        self.pieces
    }
}

/// `From - …` as Mozilla writes it, or anything with a time of day.
fn is_envelope(line: &[u8]) -> bool {
    let rest = line["From ".len()..].trim_ascii();
    rest == b"-"
        || rest.starts_with(b"- ")
        || rest
            .windows(5)
            .any(|five| five[2] == b':' && [0, 1, 3, 4].iter().all(|at| five[*at].is_ascii_digit()))
}

fn looks_like_header(line: &[u8]) -> bool {
    line.iter()
        .position(|byte| *byte == b':')
        .is_some_and(|colon| {
            colon > 0 && line[..colon].iter().all(|byte| matches!(byte, 0x21..=0x7e))
        })
}
