//! Writes an archive: objects as they come, an index per point and custodian, the manifests last; whole under
//! its name or not at all.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::TAG_FILE;
use super::index::{self, Entry, Object, Tag};
use crate::domain::item::{CustodianName, Digest, RestorePointId};
use crate::durable;
use crate::sources::SourceError;
use crate::sources::reader::{digest_of, io_error};

/// An archive in the making, beside the place where it will stand.
#[derive(Debug)]
pub struct ArchiveWriter {
    target: PathBuf,
    building: PathBuf,
    tag: Tag,
    listed: BTreeMap<String, (Digest, u64)>,
}

impl ArchiveWriter {
    /// Starts an archive that will stand at `target`, which must not exist yet.
    pub fn create(target: &Path, tag: Tag) -> Result<Self, SourceError> {
        tag.check()
            .map_err(|rule| invalid(target, TAG_FILE, &rule))?;
        if fs::symlink_metadata(target).is_ok() {
            return Err(invalid(
                target,
                "path",
                "an archive is written once; this exists",
            ));
        }
        let building = durable::sibling_of(target);
        if fs::symlink_metadata(&building).is_ok() {
            let rule = "left by a writer that was stopped; remove it";
            return Err(invalid(&building, "path", rule));
        }
        let writer = Self {
            target: target.to_owned(),
            building,
            tag,
            listed: BTreeMap::new(),
        };
        writer.make_folder(Path::new("data"))?;
        Ok(writer)
    }

    /// Stores content; the same bytes again cost nothing.
    pub fn object(&mut self, bytes: &[u8]) -> Result<Object, SourceError> {
        let object = Object {
            sha256: digest_of(bytes),
            size: bytes.len() as u64,
        };
        if !self.listed.contains_key(&object.path()) {
            self.write(&object.path(), bytes)?;
        }
        Ok(object)
    }

    /// Writes what a custodian had as of a restore point.
    pub fn index(
        &mut self,
        point: &RestorePointId,
        custodian: &CustodianName,
        entries: &[Entry],
    ) -> Result<(), SourceError> {
        let path = self.tag.index_path(point, custodian);
        if !self.tag.names_index(&path) || self.listed.contains_key(&path) {
            let rule = "one index for each restore point and custodian of the tag file";
            return Err(invalid(&self.target, &path, rule));
        }
        for entry in entries {
            let is_stored = |object: &Object| self.listed.contains_key(&object.path());
            if !entry.objects().all(is_stored) {
                let rule = format!("{}: its object is stored first", entry.id());
                return Err(invalid(&self.target, &path, &rule));
            }
        }
        let text =
            index::write_lines(entries).map_err(|rule| invalid(&self.target, &path, &rule))?;
        self.write(&path, text.as_bytes())
    }

    /// Writes tag files and manifests and gives the archive its name. Returns the digest that pins it.
    pub fn finish(mut self) -> Result<Digest, SourceError> {
        let size: u64 = self.listed.values().map(|(_, size)| size).sum();
        let info = format!(
            "Bag-Software-Agent: unbroken\nPayload-Oxum: {size}.{}\n",
            self.listed.len()
        );
        let manifest = manifest_of(&std::mem::take(&mut self.listed));
        let mut tag = serde_json::to_string_pretty(&self.tag)
            .map_err(|error| invalid(&self.target, TAG_FILE, &error.to_string()))?;
        tag.push('\n');
        let declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
        for (name, text) in [
            ("bag-info.txt", &info),
            ("bagit.txt", &declaration.to_owned()),
            ("manifest-sha256.txt", &manifest),
            (TAG_FILE, &tag),
        ] {
            self.write(name, text.as_bytes())?;
        }
        let tag_manifest = manifest_of(&std::mem::take(&mut self.listed));
        self.write("tagmanifest-sha256.txt", tag_manifest.as_bytes())?;
        durable::sync_folder(&self.building)
            .and_then(|()| durable::rename(&self.building, &self.target))
            .map_err(|source| io_error(&self.target, source))?;
        Ok(digest_of(tag_manifest.as_bytes()))
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), SourceError> {
        if let Some(folder) = Path::new(path).parent() {
            self.make_folder(folder)?;
        }
        let whole = self.building.join(path);
        let written = || -> io::Result<()> {
            let mut file = durable::create_new(&whole)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        written().map_err(|source| io_error(&whole, source))?;
        let entry = (digest_of(bytes), bytes.len() as u64);
        self.listed.insert(path.to_owned(), entry);
        Ok(())
    }

    fn make_folder(&self, folder: &Path) -> Result<(), SourceError> {
        let whole = self.building.join(folder);
        fs::create_dir_all(&whole).map_err(|source| io_error(&whole, source))
    }
}

fn manifest_of(listed: &BTreeMap<String, (Digest, u64)>) -> String {
    let mut text = String::new();
    for (path, (digest, _)) in listed {
        writeln!(text, "{digest}  {path}").expect("a String takes any text");
    }
    text
}

fn invalid(path: &Path, place: &str, rule: &str) -> SourceError {
    SourceError::Invalid {
        path: path.display().to_string(),
        place: place.to_owned(),
        rule: rule.to_owned(),
    }
}
