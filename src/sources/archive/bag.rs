//! A BagIt bag (RFC 8493), validated before use: complete, nothing extra, every digest right. Knows nothing of
//! what the files mean.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use crate::domain::item::Digest;
use crate::sources::SourceError;
use crate::sources::reader::{Kind, Tree, digest_of};

const MANIFEST: &str = "manifest-sha256.txt";
const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
const MANIFEST_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
const TAG_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A file of the payload, as the manifest names it and as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) digest: Digest,
    pub(super) size_bytes: u64,
}

/// A bag that holds what its manifests say.
#[derive(Debug)]
pub(super) struct Bag {
    tree: Tree,
    payload: BTreeMap<String, Listed>,
    tags: BTreeMap<String, Listed>,
    digest: Digest,
}

impl Bag {
    /// Validates all of it: RFC 8493 section 3, "complete" and "valid", and no file that a manifest does not name.
    pub(super) fn open(tree: Tree) -> Result<Self, SourceError> {
        let mut bag = Self {
            tree,
            payload: BTreeMap::new(),
            tags: BTreeMap::new(),
            digest: Digest([0; 32]),
        };
        bag.check_declaration()?;
        let tag_manifest = bag.read_raw(TAG_MANIFEST, MANIFEST_BYTES_MAX)?;
        bag.digest = digest_of(&tag_manifest);
        let tags = bag.parse_manifest(TAG_MANIFEST, &tag_manifest, false)?;
        if !tags.contains_key(MANIFEST) {
            return Err(bag.invalid(TAG_MANIFEST, MANIFEST, "the manifest is listed"));
        }
        // The manifest itself is checked before it is believed.
        let found = bag.tree.digest(Path::new(MANIFEST))?;
        bag.check_digest(MANIFEST, tags[MANIFEST], found.0)?;
        let manifest = bag.read_raw(MANIFEST, MANIFEST_BYTES_MAX)?;
        let payload = bag.parse_manifest(MANIFEST, &manifest, true)?;
        bag.check_files(tags, payload)?;
        bag.check_oxum()?;
        Ok(bag)
    }

    /// SHA-256 of the tag manifest, which pins every byte of the bag.
    pub(super) fn digest(&self) -> Digest {
        self.digest
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The payload by path.
    pub(super) fn payload(&self) -> &BTreeMap<String, Listed> {
        &self.payload
    }

    /// Reads a payload file; refused when it is no longer what was validated.
    pub(super) fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        let listed = self.payload.get(path);
        self.read_listed(path, listed, limit)
    }

    /// Reads a tag file.
    pub(super) fn read_tag(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.read_listed(path, self.tags.get(path), limit)
    }

    pub(super) fn invalid(&self, path: &str, place: &str, rule: &str) -> SourceError {
        SourceError::Invalid {
            path: self.tree.shown(Path::new(path)),
            place: place.to_owned(),
            rule: rule.to_owned(),
        }
    }

    fn read_listed(
        &self,
        path: &str,
        listed: Option<&Listed>,
        limit: u64,
    ) -> Result<Vec<u8>, SourceError> {
        let Some(listed) = listed else {
            return Err(self.invalid(path, "name", "listed in a manifest"));
        };
        let bytes = self.read_raw(path, limit)?;
        let found = digest_of(&bytes);
        if found != listed.digest {
            return Err(SourceError::Changed {
                locator: path.to_owned(),
                planned: listed.digest,
                found,
            });
        }
        Ok(bytes)
    }

    fn read_raw(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.tree
            .read(Path::new(path), limit)?
            .ok_or_else(|| self.invalid(path, "size", &format!("at most {limit} bytes")))
    }

    /// RFC 8493 section 2.1.1.
    fn check_declaration(&self) -> Result<(), SourceError> {
        let bytes = self.read_raw("bagit.txt", 1024)?;
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        match *lines {
            [
                "BagIt-Version: 1.0" | "BagIt-Version: 0.97",
                "Tag-File-Character-Encoding: UTF-8",
            ] => Ok(()),
            _ => Err(self.invalid("bagit.txt", "content", "BagIt 1.0 or 0.97, in UTF-8")),
        }
    }

    /// Lines of a digest, blanks and a path (section 2.1.3); the path percent-encodes CR, LF and `%`.
    fn parse_manifest(
        &self,
        name: &str,
        bytes: &[u8],
        is_payload: bool,
    ) -> Result<BTreeMap<String, Digest>, SourceError> {
        let refuse = |line: usize, rule: &str| self.invalid(name, &format!("line {line}"), rule);
        let text = std::str::from_utf8(bytes).map_err(|_| refuse(1, "UTF-8"))?;
        if !text.is_empty() && !text.ends_with('\n') {
            return Err(refuse(text.lines().count(), "each line ends; cut off?"));
        }
        let mut listed = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let (digest, path) = line
                .split_once([' ', '\t'])
                .and_then(|(digest, path)| Some((Digest::parse(digest)?, path)))
                .ok_or_else(|| refuse(number, "64 hex digits, two blanks and a path"))?;
            let path = path
                .trim_start_matches([' ', '\t', '*'])
                .replace("%0D", "\r")
                .replace("%0A", "\n")
                .replace("%25", "%");
            if !stays_inside(&path) || path.starts_with("data/") != is_payload {
                return Err(refuse(
                    number,
                    "a path stays below data/ (tag files: outside it) and is relative",
                ));
            }
            if listed.insert(path, digest).is_some() {
                return Err(refuse(number, "a file is listed once"));
            }
        }
        Ok(listed)
    }

    fn check_files(
        &mut self,
        mut tags: BTreeMap<String, Digest>,
        mut payload: BTreeMap<String, Digest>,
    ) -> Result<(), SourceError> {
        for found in self.tree.walk()? {
            let Some(path) = found.path.to_str() else {
                let shown = found.path.to_string_lossy();
                return Err(self.invalid(&shown, "name", "UTF-8"));
            };
            if found.kind == Kind::EmptyFolder {
                // No part of a bag: manifests list files alone (RFC 8493, 2.1.3).
                continue;
            }
            if found.kind != Kind::File {
                return Err(self.invalid(path, "kind", "a bag holds plain files, no links"));
            }
            if path == TAG_MANIFEST {
                continue;
            }
            if path == "fetch.txt" {
                return Err(self.invalid(path, "name", "the whole bag is here, nothing to fetch"));
            }
            let is_payload = path.starts_with("data/");
            let listed = if is_payload { &mut payload } else { &mut tags };
            let Some(planned) = listed.remove(path) else {
                return Err(self.invalid(path, "name", "an extra file: no manifest lists it"));
            };
            let (digest, size_bytes) = self.tree.digest(&found.path)?;
            self.check_digest(path, planned, digest)?;
            let listed = Listed { digest, size_bytes };
            if is_payload {
                self.payload.insert(path.to_owned(), listed);
            } else {
                self.tags.insert(path.to_owned(), listed);
            }
        }
        match payload.keys().chain(tags.keys()).next() {
            Some(missing) => Err(self.invalid(missing, "name", "missing: a manifest lists it")),
            None => Ok(()),
        }
    }

    fn check_digest(&self, path: &str, planned: Digest, found: Digest) -> Result<(), SourceError> {
        if planned == found {
            return Ok(());
        }
        let rule = format!("SHA-256 is {planned} by the manifest, {found} by its bytes");
        Err(self.invalid(path, "content", &rule))
    }

    /// Section 2.2.2: bytes and files of the payload, where bag-info.txt says them.
    fn check_oxum(&self) -> Result<(), SourceError> {
        const INFO: &str = "bag-info.txt";
        if !self.tags.contains_key(INFO) {
            return Ok(());
        }
        let bytes = self.read_tag(INFO, TAG_BYTES_MAX)?;
        let text = String::from_utf8_lossy(&bytes);
        let Some(said) = text
            .lines()
            .find_map(|line| line.strip_prefix("Payload-Oxum:"))
        else {
            return Ok(());
        };
        let size: u64 = self.payload.values().map(|file| file.size_bytes).sum();
        let found = format!("{size}.{}", self.payload.len());
        if said.trim() == found {
            return Ok(());
        }
        let rule = format!("the payload is {found}, not {}", said.trim());
        Err(self.invalid(INFO, "Payload-Oxum", &rule))
    }
}

fn stays_inside(path: &str) -> bool {
    !path.is_empty()
        && Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}
