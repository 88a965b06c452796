//! A subject's records one at a time: whoever shows the facts of a large case reads them without holding them all.

use std::io::{BufReader, Read};
use std::ops::ControlFlow;

use zeroize::Zeroizing;

use super::{KeptDisclosure, Plain, Vault, VaultError, io};
use crate::canonical::parse;
use crate::disclosure::Disclosure;

/// A sealed record is smaller: an event has at most 45,000 bytes, and so its facts' digests are few.
const RECORD_BYTES_MAX: usize = 64 << 20;

/// What became of a record, and whether the next one is wanted.
type Told = Result<ControlFlow<()>, VaultError>;

impl Vault {
    /// Reads a subject's records in the order in which they were kept, one at a time: each with the place where
    /// [`Vault::record_at`] finds it again.
    pub fn each_record(
        &self,
        subject: &str,
        each: &mut dyn FnMut(u64, Vec<KeptDisclosure>),
    ) -> Result<(), VaultError> {
        self.records_from(subject, 0, &mut |at, facts| {
            each(at, facts);
            ControlFlow::Continue(())
        })?;
        Ok(())
    }

    /// As [`Vault::each_record`], from a place on that was given before, or the start; until it is told to stop. Gives the
    /// place behind the last one that it read.
    pub fn records_from(
        &self,
        subject: &str,
        place: u64,
        each: &mut dyn FnMut(u64, Vec<KeptDisclosure>) -> ControlFlow<()>,
    ) -> Result<u64, VaultError> {
        let key = self.subject_key(subject, false)?;
        self.opened_from(subject, &key, place, &mut |at, plain| {
            Ok(each(at, self.opened(subject, plain)?))
        })
    }

    /// Where the last whole record ends: nothing but one record is in memory at a time.
    pub(super) fn end_of_records(&self, subject: &str, key: &[u8; 32]) -> Result<u64, VaultError> {
        self.opened_from(subject, key, 0, &mut |_, _| Ok(ControlFlow::Continue(())))
    }

    fn opened_from(
        &self,
        subject: &str,
        key: &[u8; 32],
        place: u64,
        each: &mut dyn FnMut(u64, &Plain) -> Told,
    ) -> Result<u64, VaultError> {
        let path = self.dir.join("disclosures").join(subject);
        let file = match self.disk.read_from(&path, place) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(place),
            Err(error) => return Err(io(&path, error)),
        };
        let mut file = BufReader::with_capacity(1 << 16, file);
        let mut at = place;
        while let Some(sealed) = sealed(&mut file).map_err(|error| io(&path, error))? {
            let Ok(plain) = self.unseal(key, &sealed, subject, "disclosures") else {
                // Torn, or damaged: the reader of the whole file tells them apart.
                let (_, end) = self.records(subject, key)?;
                return Ok(end.max(at));
            };
            let told = each(at, &plain)?;
            at += 4 + sealed.len() as u64;
            if told.is_break() {
                break;
            }
        }
        Ok(at)
    }

    /// The facts of the record at a place that [`Vault::each_record`] gave.
    pub fn record_at(&self, subject: &str, at: u64) -> Result<Vec<KeptDisclosure>, VaultError> {
        let key = self.subject_key(subject, false)?;
        let path = self.dir.join("disclosures").join(subject);
        let file = self.disk.read_from(&path, at);
        let sealed = file.and_then(|mut file| sealed(&mut file));
        let sealed = sealed.map_err(|error| io(&path, error))?;
        let sealed = sealed.ok_or_else(|| self.does_not_open(&path))?;
        let plain = self.unseal(&key, &sealed, subject, "disclosures")?;
        self.opened(subject, &plain)
    }

    /// The facts in an opened record.
    pub(super) fn opened(
        &self,
        subject: &str,
        plain: &Plain,
    ) -> Result<Vec<KeptDisclosure>, VaultError> {
        let opened = parse(plain).ok().map(Zeroizing::new);
        let texts = opened.as_ref().and_then(|texts| texts.as_array());
        let read = texts.unwrap_or_default().iter().map(|text| {
            let read = text.as_str().map(Disclosure::parse).and_then(Result::ok);
            let path = self.dir.join("disclosures").join(subject);
            let disclosure = read.ok_or_else(|| self.does_not_open(&path))?;
            Ok(KeptDisclosure {
                subject: subject.to_owned(),
                disclosure,
            })
        });
        read.collect()
    }
}

/// The next `[length][sealed]`; `None` at the end, or where the last one is torn.
fn sealed(file: &mut impl Read) -> std::io::Result<Option<Vec<u8>>> {
    let mut head = [0; 4];
    if !fills(file, &mut head)? {
        return Ok(None);
    }
    let length = u32::from_be_bytes(head) as usize;
    if length > RECORD_BYTES_MAX {
        // No record of ours; to be looked at as one that does not open.
        return Ok(Some(Vec::new()));
    }
    let mut sealed = vec![0; length];
    Ok(fills(file, &mut sealed)?.then_some(sealed))
}

/// Whether there was enough to fill it.
fn fills(file: &mut impl Read, bytes: &mut [u8]) -> std::io::Result<bool> {
    match file.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::path::Path;

    use super::*;
    use crate::canonical::Value;
    use crate::durable::SystemDisk;
    use crate::vault::VaultKey;

    type Read = Result<Vec<(u64, Vec<KeptDisclosure>)>, VaultError>;

    fn vault(folder: &Path) -> Vault {
        let key = VaultKey::from_bytes([9; 32]);
        Vault::open(SystemDisk::shared(), folder, "example.org/o", key).expect("opened")
    }

    fn kept(folder: &Path) -> Vault {
        let vault = vault(folder);
        for number in 0..3 {
            let fact = |name: &str| Disclosure::new(name, Value::text(format!("{number}")));
            let facts = ["subject", "path"].map(|name| fact(name).expect("a fact"));
            vault.keep("ann", &facts).expect("kept");
        }
        vault
    }

    fn put(path: &Path, bytes: &[u8]) {
        let mut file = std::fs::File::create(path).expect("made");
        file.write_all(bytes).expect("written");
    }

    fn each(vault: &Vault) -> Read {
        let mut found = Vec::new();
        vault.each_record("ann", &mut |at, facts| found.push((at, facts)))?;
        Ok(found)
    }

    #[test]
    fn the_records_one_by_one_are_those_of_the_whole_and_are_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = kept(folder.path());
        let found = each(&vault).expect("read");
        assert_eq!(found.len(), 3);
        let flat: Vec<_> = found.iter().flat_map(|(_, facts)| facts.clone()).collect();
        assert_eq!(flat, vault.facts("ann").expect("read"));
        for (at, facts) in found {
            assert_eq!(vault.record_at("ann", at).expect("read"), facts);
            assert!(
                vault.record_at("ann", at + 1).is_err(),
                "no record begins there"
            );
        }
    }

    #[test]
    fn whoever_has_found_what_they_look_for_goes_on_from_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = kept(folder.path());
        let whole = each(&vault).expect("read");
        let mut seen = Vec::new();
        let mut stop = |at: u64, _| {
            seen.push(at);
            ControlFlow::Break(())
        };
        let next = vault.records_from("ann", 0, &mut stop).expect("read");
        let end = vault.records_from("ann", next, &mut stop).expect("read");
        assert_eq!(seen, [whole[0].0, whole[1].0]);
        assert_eq!((next, end), (whole[1].0, whole[2].0));
        let path = folder.path().join("vault/disclosures/ann");
        let length = std::fs::metadata(path).expect("there").len();
        let key = vault.subject_key("ann", false).expect("a key");
        assert_eq!(vault.end_of_records("ann", &key).expect("read"), length);
    }

    #[test]
    fn a_torn_last_record_is_left_out_and_a_damaged_one_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(kept(folder.path()));
        let path = folder.path().join("vault/disclosures/ann");
        let whole = std::fs::read(&path).expect("read");
        put(&path, &whole[..whole.len() - 1]);
        assert_eq!(each(&vault(folder.path())).expect("read").len(), 2);
        let mut damaged = whole;
        damaged[40] ^= 1;
        put(&path, &damaged);
        let refused = each(&vault(folder.path()));
        assert!(
            matches!(refused, Err(VaultError::DoesNotOpen { .. })),
            "{refused:?}"
        );
    }
}
