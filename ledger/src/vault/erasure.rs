//! Erasing a subject: its key, its facts and the objects sealed for it, so that a crash at any step is finished at the next
//! opening. Whether somebody may be erased is decided by admission; the order of decision and destruction is
//! `ledger/erasure.rs`.
//!
//! `vault/erasing/<subject>` stands from before the decision until everything is destroyed. It tells a crash in between,
//! which is finished silently, from an old copy of the vault that was put back, which is refused. It names the objects,
//! because nothing can find them once the key is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::{Vault, VaultError, io, is_subject};
use crate::disk;
use crate::hash::Hash;
use crate::objects::Objects;
use crate::sequencer::lock;

pub(super) const MARKERS: &str = "erasing";
/// One line of 65 bytes for each object of the subject.
const MARKER_BYTES_MAX: u64 = 64 << 20;

/// What to do with keys and facts of erased subjects that are found without an erasure under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutBack {
    /// Refuse to open: a person has to hear that a copy exists.
    Refused,
    /// Destroy them: a person has heard it.
    Destroyed,
}

/// What was destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Destroyed {
    /// Subjects whose key or facts were there.
    pub subjects: u64,
    /// Objects that were sealed for them.
    pub objects: u64,
}

impl Vault {
    /// The entry that erased a subject, where one did.
    pub fn erased_at(&self, subject: &str) -> Option<u64> {
        lock(&self.erased).get(subject).copied().flatten()
    }

    /// Nothing is kept about the erased, and an erasure happens once.
    pub(crate) fn refuse_erased(&self, subject: &str) -> Result<(), VaultError> {
        match lock(&self.erased).get(subject) {
            None => Ok(()),
            Some(entry) => Err(VaultError::Erased {
                subject: subject.to_owned(),
                entry: *entry,
            }),
        }
    }

    /// Every object that opens under the subject's key, those that no entry names among them.
    pub fn objects_of(
        &self,
        subject: &str,
        objects: &Objects,
    ) -> Result<BTreeSet<Hash>, VaultError> {
        let mut found = BTreeSet::new();
        let key = match self.subject_key(subject, false) {
            Ok(key) => key,
            // A key that is damaged, or of another vault key, opens nothing and is destroyed all the same.
            Err(VaultError::NoKey { .. } | VaultError::DoesNotOpen { .. }) => return Ok(found),
            Err(error) => return Err(error),
        };
        for name in objects.names()? {
            // What is damaged opens under no key.
            let Ok(sealed) = objects.read(&name) else {
                continue;
            };
            if self.unseal(&key, &sealed, subject, "object").is_ok() {
                found.insert(name);
            }
        }
        Ok(found)
    }

    /// Notes what is about to be erased, durable; from here on nothing more is kept about the subject.
    pub(crate) fn begin_erasure(&self, subject: &str, objects: &Objects) -> Result<(), VaultError> {
        if !is_subject(subject) {
            return Err(VaultError::NotASubject);
        }
        let end = Arc::clone(lock(&self.ends).entry(subject.to_owned()).or_default());
        let _no_fact_meanwhile = lock(&end);
        let found = self.objects_of(subject, objects)?;
        let lines: Vec<String> = found.iter().map(Hash::to_string).collect();
        let path = self.marker(subject);
        disk::replace(&*self.disk, &path, lines.join("\n").as_bytes())
            .map_err(|error| io(&path, error))?;
        lock(&self.erased).entry(subject.to_owned()).or_insert(None);
        Ok(())
    }

    /// The decision did not come to stand: the subject is as it was.
    pub(crate) fn abandon_erasure(&self, subject: &str) -> Result<(), VaultError> {
        self.remove_marker(subject)?;
        lock(&self.erased).retain(|name, entry| name != subject || entry.is_some());
        Ok(())
    }

    /// Destroys everything of a subject whose erasure stands in `entry`. It may be called again after any interruption.
    pub(crate) fn finish_erasure(
        &self,
        subject: &str,
        entry: u64,
        objects: &Objects,
    ) -> Result<Destroyed, VaultError> {
        let end = Arc::clone(lock(&self.ends).entry(subject.to_owned()).or_default());
        let mut end = lock(&end);
        let named = self.marked_objects(subject)?;
        lock(&self.erased).insert(subject.to_owned(), Some(entry));
        lock(&self.open).remove(subject);
        // The key first: with it gone, nothing that a crash leaves can be read.
        let there = self.destroy_file("keys", subject)?;
        self.destroy_staged_keys(subject)?;
        let facts = self.destroy_file("disclosures", subject)?;
        let mut destroyed = Destroyed {
            subjects: u64::from(there || facts),
            objects: 0,
        };
        for name in named {
            destroyed.objects += u64::from(objects.destroy(&name)?);
        }
        self.remove_marker(subject)?;
        *end = None;
        Ok(destroyed)
    }

    /// On opening: erasures that are not decided are forgotten. What is back without having been under way is refused,
    /// or noted to be destroyed.
    pub(crate) fn expect_erased(
        &self,
        erased: &BTreeMap<String, u64>,
        objects: &Objects,
        put_back: PutBack,
    ) -> Result<(), VaultError> {
        for subject in self.marked()? {
            if !erased.contains_key(&subject) {
                self.abandon_erasure(&subject)?;
            }
        }
        for (subject, entry) in erased {
            if !self.disk.exists(&self.marker(subject)) {
                let parts = [("keys", "the key"), ("disclosures", "facts")];
                let mut back = parts.into_iter().filter(|(part, _)| {
                    let path = self.dir.join(part).join(subject);
                    self.disk.exists(&path)
                });
                match (back.next(), put_back) {
                    (None, _) => {}
                    (Some(_), PutBack::Destroyed) => self.begin_erasure(subject, objects)?,
                    (Some((_, what)), PutBack::Refused) => {
                        return Err(VaultError::PutBack {
                            subject: subject.clone(),
                            entry: *entry,
                            what,
                        });
                    }
                }
            }
            lock(&self.erased).insert(subject.clone(), Some(*entry));
        }
        Ok(())
    }

    /// Finishes every erasure that is under way and stands in the ledger.
    pub(crate) fn finish_erasures(&self, objects: &Objects) -> Result<Destroyed, VaultError> {
        let mut all = Destroyed::default();
        for subject in self.marked()? {
            if let Some(entry) = self.erased_at(&subject) {
                let destroyed = self.finish_erasure(&subject, entry, objects)?;
                all.subjects += destroyed.subjects;
                all.objects += destroyed.objects;
            }
        }
        Ok(all)
    }

    fn marker(&self, subject: &str) -> PathBuf {
        self.dir.join(MARKERS).join(subject)
    }

    fn marked(&self) -> Result<Vec<String>, VaultError> {
        let path = self.dir.join(MARKERS);
        let names = self.disk.list(&path).map_err(|source| io(&path, source))?;
        Ok(names.into_iter().filter(|name| is_subject(name)).collect())
    }

    fn marked_objects(&self, subject: &str) -> Result<Vec<Hash>, VaultError> {
        let path = self.marker(subject);
        let read = disk::read_bounded(&*self.disk, &path, MARKER_BYTES_MAX);
        let bytes = read
            .map_err(|source| io(&path, source))?
            .unwrap_or_default();
        let text = std::str::from_utf8(&bytes).map_err(|_| self.does_not_open(&path))?;
        text.lines()
            .map(|line| Hash::parse(line).ok_or_else(|| self.does_not_open(&path)))
            .collect()
    }

    fn remove_marker(&self, subject: &str) -> Result<(), VaultError> {
        let path = self.marker(subject);
        if !self.disk.exists(&path) {
            return Ok(());
        }
        self.disk
            .remove(&path)
            .and_then(|()| self.disk.sync_dir(&self.dir.join(MARKERS)))
            .map_err(|source| io(&path, source))
    }

    fn destroy_file(&self, part: &str, name: &str) -> Result<bool, VaultError> {
        let path = self.dir.join(part).join(name);
        if !self.disk.exists(&path) {
            return Ok(false);
        }
        disk::destroy(&*self.disk, &path).map_err(|source| io(&path, source))?;
        Ok(true)
    }

    /// A crash can leave a wrapped key under the name that it had before it was put in place.
    fn destroy_staged_keys(&self, subject: &str) -> Result<(), VaultError> {
        let path = self.dir.join("keys");
        let names = self.disk.list(&path).map_err(|source| io(&path, source))?;
        let staged = |name: &String| {
            let rest = name.strip_prefix(subject);
            rest.is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".staged"))
        };
        for name in names.iter().filter(|name| staged(name)) {
            self.destroy_file("keys", name)?;
        }
        Ok(())
    }
}
