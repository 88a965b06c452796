//! A file's bytes on their way to the target: hashed, and the last of them held back until all of them are the planned
//! ones, so that no upload of changed bytes can be committed.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest as _, Sha256};

use crate::domain::item::Digest;

/// Whether the source turned out to hold other bytes than planned; outlives the reader.
#[derive(Clone, Debug, Default)]
pub struct Changed(Arc<AtomicBool>);

impl Changed {
    /// It did.
    pub fn seen(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Reads exactly the planned bytes or fails before the last of them.
pub struct Verified<R> {
    inner: R,
    hasher: Sha256,
    left: u64,
    planned: Digest,
    changed: Changed,
    /// Read and hashed, not handed out yet: the end of the file.
    held: Option<(Vec<u8>, usize)>,
}

impl<R: Read> Verified<R> {
    /// Expects `size_bytes` bytes with that digest.
    pub fn new(inner: R, size_bytes: u64, planned: Digest) -> (Self, Changed) {
        let changed = Changed::default();
        let reader = Self {
            inner,
            hasher: Sha256::new(),
            left: size_bytes,
            planned,
            changed: changed.clone(),
            held: None,
        };
        (reader, changed)
    }

    fn refuse(&self) -> io::Error {
        self.changed.0.store(true, Ordering::Release);
        io::Error::new(io::ErrorKind::InvalidData, "changed since it was planned")
    }

    /// Reads the rest, compares, and only then lets it be handed out.
    fn read_end(&mut self, most: usize) -> io::Result<()> {
        let mut end = Vec::with_capacity(most);
        self.inner
            .by_ref()
            .take(self.left + 1)
            .read_to_end(&mut end)?;
        if end.len() as u64 != self.left {
            return Err(self.refuse());
        }
        self.hasher.update(&end);
        let found = Digest(self.hasher.clone().finalize().into());
        if found != self.planned {
            return Err(self.refuse());
        }
        self.left = 0;
        self.held = Some((end, 0));
        Ok(())
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.held.is_none() && self.left <= buffer.len() as u64 {
            self.read_end(buffer.len())?;
        }
        if let Some((end, position)) = &mut self.held {
            let count = buffer.len().min(end.len() - *position);
            buffer[..count].copy_from_slice(&end[*position..*position + count]);
            *position += count;
            return Ok(count);
        }
        let count = self.inner.read(buffer)?;
        if count == 0 {
            return Err(self.refuse());
        }
        self.hasher.update(&buffer[..count]);
        self.left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// What came through, in reads of `step` bytes, and whether the change was seen.
    fn through(bytes: &[u8], planned: &[u8], step: usize) -> (Vec<u8>, io::Result<()>, bool) {
        let size = planned.len() as u64;
        let (mut reader, changed) = Verified::new(bytes, size, digest(planned));
        let mut out = Vec::new();
        let mut buffer = vec![0; step];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return (out, Ok(()), changed.seen()),
                Ok(count) => out.extend_from_slice(&buffer[..count]),
                Err(error) => return (out, Err(error), changed.seen()),
            }
        }
    }

    #[test]
    fn the_planned_bytes_pass_in_any_portion() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        for step in [1, 7, 250, 999, 1_000, 5_000] {
            let (out, result, changed) = through(&bytes, &bytes, step);
            assert!(result.is_ok() && !changed && out == bytes, "step {step}");
        }
        let (out, result, _) = through(b"", b"", 4);
        assert!(result.is_ok() && out.is_empty());
    }

    #[test]
    fn other_bytes_never_come_through_whole() {
        let planned: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        let mut flipped = planned.clone();
        flipped[3] ^= 1;
        let mut longer = planned.clone();
        longer.push(0);
        for found in [&flipped[..], &longer, &planned[..999], b""] {
            for step in [1, 7, 250, 1_000, 5_000] {
                let (out, result, changed) = through(found, &planned, step);
                assert!(result.is_err() && changed, "step {step}");
                assert!(out.len() < planned.len(), "the end was held back");
            }
        }
    }
}
