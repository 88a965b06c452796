//! Every file of a tree with its digest, taken once when the source is opened: what pins a source that has no manifest.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::reader::{Kind, Tree, digest_of};
use super::{BadItem, Evidence, Fidelity, RestorePoint, SourceDescription, SourceError};
use crate::domain::folder::FolderPath;
use crate::domain::item::{CustodianName, Digest, RestorePointId, SourceItem, Workload};

/// The restore point of a source that knows only one state.
const ONLY_POINT: &str = "as-found";
/// Exchange Online takes 150 MB a message; what is larger than this is no message.
/// <https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits>
pub(super) const MESSAGE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Why a file cannot be an item: a class for the record and a sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) class: &'static str,
    pub(super) reason: String,
}

impl Problem {
    pub(super) fn new(class: &'static str, reason: impl Into<String>) -> Self {
        Self {
            class,
            reason: reason.into(),
        }
    }
}

/// A file as it was when the source was opened.
#[derive(Clone, Debug)]
pub(super) struct PinnedFile {
    pub(super) path: PathBuf,
    /// One text a level; what is not UTF-8 is percent-escaped.
    pub(super) names: Vec<String>,
    pub(super) locator: String,
    pub(super) size_bytes: u64,
    pub(super) modified: Option<DateTime<Utc>>,
    pub(super) content: Result<Digest, Problem>,
}

impl PinnedFile {
    /// The file as one that cannot be read, of a source that holds one workload alone.
    pub(super) fn bad_of(
        &self,
        workload: Workload,
        custodian: &CustodianName,
        problem: Problem,
    ) -> BadItem {
        BadItem {
            workload: Some(workload),
            ..self.bad(custodian, problem)
        }
    }

    /// The file as one that cannot be read, where nobody can tell what it was.
    pub(super) fn bad(&self, custodian: &CustodianName, problem: Problem) -> BadItem {
        BadItem {
            custodian: custodian.clone(),
            workload: None,
            locator: self.locator.clone(),
            digest: self.content.as_ref().ok().copied(),
            size_bytes: self.size_bytes,
            class: problem.class,
            reason: problem.reason,
        }
    }

    /// The file as one of a drive, in the folders that it lies in but for the first `skipped`.
    pub(super) fn drive_item(
        &self,
        skipped: usize,
        point: &RestorePointId,
        custodian: &CustodianName,
    ) -> Result<SourceItem, Problem> {
        let digest = self.content.clone()?;
        let inside = self.names.get(skipped..).and_then(<[String]>::split_last);
        let (name, folders) =
            inside.ok_or_else(|| Problem::new("outside-layout", "a file without a name"))?;
        Ok(SourceItem {
            custodian: custodian.clone(),
            workload: Workload::Files,
            stable_id: self.locator.clone(),
            version: String::new(),
            locator: self.locator.clone(),
            point: point.clone(),
            folder: FolderPath::Drive(folders.to_vec()),
            name: name.clone(),
            size_bytes: self.size_bytes,
            digest,
            created: None,
            modified: self.modified,
        })
    }

    /// Whether the name ends so, in any case.
    pub(super) fn has_extension(&self, extension: &str) -> bool {
        self.path
            .extension()
            .is_some_and(|found| found.eq_ignore_ascii_case(extension))
    }
}

/// The pinned files of a tree.
#[derive(Debug)]
pub(super) struct Pinned {
    tree: Tree,
    pub(super) files: Vec<PinnedFile>,
    /// Folders that hold nothing: no items, and yet somebody made them.
    empty: Vec<PinnedFile>,
    by_locator: BTreeMap<String, usize>,
    pub(super) digest: Digest,
}

impl Pinned {
    /// Reads every file once. One that cannot be read is kept as such and does not stop the others.
    pub(super) fn take(tree: Tree) -> Result<Self, SourceError> {
        let mut files: Vec<PinnedFile> = Vec::new();
        let mut empty: Vec<PinnedFile> = Vec::new();
        let mut by_locator = BTreeMap::new();
        for found in tree.walk()? {
            let content = match found.kind {
                Kind::Link => Err(Problem::new("link", "a link; links are not followed")),
                Kind::Special => Err(Problem::new("special", "not a plain file")),
                Kind::EmptyFolder => Err(empty_folder()),
                Kind::File => tree
                    .digest(&found.path)
                    .map_err(|error| Problem::new("unreadable", error.to_string())),
            };
            let names = names_of(&found.path);
            let locator = free_locator(&by_locator, names.join("/"));
            let pinned = PinnedFile {
                size_bytes: content.as_ref().map_or(found.size_bytes, |(_, size)| *size),
                content: content.map(|(digest, _)| digest),
                path: found.path,
                modified: found.modified,
                names,
                locator,
            };
            if found.kind == Kind::EmptyFolder {
                empty.push(pinned);
            } else {
                by_locator.insert(pinned.locator.clone(), files.len());
                files.push(pinned);
            }
        }
        let digest = pin_of(files.iter().chain(&empty));
        Ok(Self {
            tree,
            files,
            empty,
            by_locator,
            digest,
        })
    }

    /// The folders of a custodian that hold nothing, as what is not restored: none is lost without a word. In a tree of several
    /// custodians the first answers for what is nobody's.
    pub(super) fn empty_folders(
        &self,
        description: &SourceDescription,
        custodian: &CustodianName,
        workload: Option<Workload>,
    ) -> Vec<BadItem> {
        let is_known = |owner: &String| description.custodians.iter().any(|one| one.0 == *owner);
        let is_first = description.custodians.first() == Some(custodian);
        let own = self.empty.iter().filter(|folder| {
            let owner = folder.names.first().filter(|owner| is_known(owner));
            owner.map_or(is_first, |owner| *owner == custodian.0)
        });
        own.map(|folder| BadItem {
            workload,
            ..folder.bad(custodian, empty_folder())
        })
        .collect()
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The file that an item was made from.
    pub(super) fn find(&self, locator: &str) -> Result<&PinnedFile, SourceError> {
        match self.by_locator.get(locator) {
            Some(index) => Ok(&self.files[*index]),
            None => Err(SourceError::Invalid {
                path: self.tree.root().display().to_string(),
                place: locator.to_owned(),
                rule: "an item of this source".to_owned(),
            }),
        }
    }

    /// The place of the file that a locator names.
    pub(super) fn index_of(&self, locator: &str) -> Option<usize> {
        self.by_locator.get(locator).copied()
    }

    /// Reads a file again; refuses it when it is not what was pinned.
    pub(super) fn read(&self, file: &PinnedFile, limit: u64) -> Result<Vec<u8>, Problem> {
        let planned = file.content.clone()?;
        if file.size_bytes > limit {
            return Err(Problem::new("too-large", format!("over {limit} bytes")));
        }
        let changed = || Problem::new("changed", "changed while the source was being read");
        match self.tree.read(&file.path, limit) {
            Ok(Some(bytes)) if digest_of(&bytes) == planned => Ok(bytes),
            Ok(_) => Err(changed()),
            Err(error) => Err(Problem::new("unreadable", error.to_string())),
        }
    }

    /// The bytes of an item that is one whole file; `Changed` when they are no longer those of its digest.
    pub(super) fn item_bytes(&self, item: &SourceItem) -> Result<Vec<u8>, SourceError> {
        let file = self.find(&item.locator)?;
        let bytes = self.tree.read(&file.path, MESSAGE_BYTES_MAX)?;
        let bytes = bytes.ok_or_else(|| SourceError::Invalid {
            path: self.tree.shown(&file.path),
            place: "size".to_owned(),
            rule: format!("at most {MESSAGE_BYTES_MAX} bytes"),
        })?;
        unchanged(item, digest_of(&bytes))?;
        Ok(bytes)
    }

    /// Opens the bytes of an item that is one whole file.
    pub(super) fn open(&self, item: &SourceItem) -> Result<File, SourceError> {
        self.tree.open(&self.find(&item.locator)?.path)
    }

    /// What is said of a source that is a bare tree: one state, nothing evidenced but what we hashed ourselves.
    pub(super) fn description(
        &self,
        kind: &'static str,
        fidelity: Fidelity,
        custodians: Vec<CustodianName>,
    ) -> SourceDescription {
        SourceDescription {
            kind,
            format: "",
            fidelity,
            evidence: Evidence {
                access: false,
                immutability: false,
                dates: false,
                digests: false,
            },
            points: vec![RestorePoint {
                id: only_point(),
                taken: None,
            }],
            custodians,
            digest: self.digest,
        }
    }

    /// Top folders are custodians when every file lies in one and all are named like addresses; else there is
    /// one, called `otherwise`.
    pub(super) fn custodians(&self, otherwise: &str) -> Vec<CustodianName> {
        let mut tops = Vec::new();
        for file in &self.files {
            match &*file.names {
                [top, _, ..] if top.contains('@') => tops.push(CustodianName(top.clone())),
                _ => return vec![CustodianName(otherwise.to_owned())],
            }
        }
        tops.dedup();
        tops.sort();
        tops.dedup();
        tops
    }
}

/// How many leading names of a custodian's file say whose it is: 1 where top folders are custodians. `None` for somebody
/// else's file.
pub(super) fn names_of_owner(
    description: &SourceDescription,
    custodian: &CustodianName,
    file: &PinnedFile,
) -> Option<usize> {
    let owner = file.names.first().filter(|_| file.names.len() > 1);
    let mut custodians = description.custodians.iter();
    match owner.filter(|owner| custodians.any(|one| one.0 == **owner)) {
        None => Some(0),
        Some(owner) => (*owner == custodian.0).then_some(1),
    }
}

/// Refuses an item whose bytes are no longer those that were planned.
pub(super) fn unchanged(item: &SourceItem, found: Digest) -> Result<(), SourceError> {
    if found == item.digest {
        return Ok(());
    }
    Err(SourceError::Changed {
        locator: item.locator.clone(),
        planned: item.digest,
        found,
    })
}

/// The only restore point of a source without history.
pub(super) fn only_point() -> RestorePointId {
    RestorePointId(ONLY_POINT.to_owned())
}

/// Refuses a restore point or a custodian that the source does not have.
pub(super) fn known(
    description: &SourceDescription,
    point: &RestorePointId,
    custodian: &CustodianName,
) -> Result<(), SourceError> {
    let refuse = |place: &str, rule: String| SourceError::Invalid {
        path: description.kind.to_owned(),
        place: place.to_owned(),
        rule,
    };
    if !description.points.iter().any(|known| known.id == *point) {
        return Err(refuse("restore point", format!("{} is not in it", point.0)));
    }
    if !description.custodians.contains(custodian) {
        return Err(refuse("custodian", format!("{} is not in it", custodian.0)));
    }
    Ok(())
}

/// `digest  locator` of every file, sorted by path: what `sha256sum` prints for a tree of plain names.
fn pin_of<'a>(files: impl Iterator<Item = &'a PinnedFile>) -> Digest {
    let mut hash = Sha256::new();
    let mut line = String::new();
    for file in files {
        line.clear();
        let written = match &file.content {
            Ok(digest) => writeln!(line, "{digest}  {}", file.locator),
            Err(problem) => writeln!(line, "{}  {}", problem.class, file.locator),
        };
        written.expect("a String takes any text");
        hash.update(line.as_bytes());
    }
    Digest(hash.finalize().into())
}

fn empty_folder() -> Problem {
    Problem::new("empty-folder", "a folder without a file")
}

/// The parts of a path as text. Bytes that are not UTF-8 become `%XX`, and then `%` itself too, so that the
/// escaped name can be read back.
fn names_of(path: &Path) -> Vec<String> {
    path.iter()
        .map(|part| match part.to_str() {
            Some(text) => text.to_owned(),
            None => escaped(part.as_encoded_bytes()),
        })
        .collect()
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            write!(text, "%{byte:02X}").expect("a String takes any text");
        }
    }
    text
}

/// An escaped name may meet one that is written so; the later one by path gets a number.
fn free_locator(taken: &BTreeMap<String, usize>, wanted: String) -> String {
    if !taken.contains_key(&wanted) {
        return wanted;
    }
    (2..taken.len() + 3)
        .map(|number| format!("{wanted}~{number}"))
        .find(|name| !taken.contains_key(name))
        .expect("there are more numbers than files")
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "tests plant files")]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn a_name_that_is_not_utf8_is_escaped_and_stays_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in [&b"a\xff%"[..], b"a%FF%25", b"plain%20"] {
            let path = folder.path().join(OsStr::from_bytes(name));
            std::fs::write(path, name).expect("written");
        }
        let pinned = Pinned::take(Tree::at(folder.path()).expect("opened")).expect("read");
        let locators: Vec<&str> = pinned.files.iter().map(|file| &*file.locator).collect();
        assert_eq!(locators, ["a%FF%25", "a%FF%25~2", "plain%20"]);
        for file in &pinned.files {
            let bytes = pinned.read(file, 100).expect("read");
            assert_eq!(bytes, file.path.as_os_str().as_bytes());
        }
    }

    #[test]
    fn a_folder_that_holds_nothing_is_named_once_and_changes_the_pin() {
        let folder = tempfile::tempdir().expect("a folder");
        let take = || Pinned::take(Tree::at(folder.path()).expect("opened")).expect("read");
        let tree = ["ada@a.example/Inbox", "ben@a.example/Inbox"];
        for inbox in tree {
            std::fs::create_dir_all(folder.path().join(inbox)).expect("made");
            std::fs::write(folder.path().join(inbox).join("1.eml"), b"1").expect("written");
        }
        let before = take();
        for empty in ["ada@a.example/Plans/2019", "Nobody's"] {
            std::fs::create_dir_all(folder.path().join(empty)).expect("made");
        }
        let pinned = take();
        assert_ne!(before.digest, pinned.digest);
        let custodians = pinned.custodians("mailbox");
        assert_eq!(custodians.len(), 2, "an empty folder hides no custodian");
        let description = pinned.description("eml", Fidelity::OriginalBytes, custodians);
        let of = |who: &str| -> Vec<String> {
            let who = CustodianName(who.to_owned());
            let bad = pinned.empty_folders(&description, &who, Some(Workload::Mail));
            bad.into_iter().map(|one| one.locator).collect()
        };
        assert_eq!(
            of("ada@a.example"),
            ["Nobody's", "ada@a.example/Plans/2019"]
        );
        assert_eq!(of("ben@a.example"), [""; 0]);
    }

    #[test]
    fn the_pin_changes_with_every_byte_and_every_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let pin = || {
            Pinned::take(Tree::at(folder.path()).expect("opened"))
                .expect("read")
                .digest
        };
        std::fs::write(folder.path().join("a"), b"1").expect("written");
        let first = pin();
        assert_eq!(first, pin());
        std::fs::write(folder.path().join("a"), b"2").expect("written");
        let second = pin();
        std::fs::rename(folder.path().join("a"), folder.path().join("b")).expect("renamed");
        assert_ne!(first, second);
        assert_ne!(second, pin());
    }
}
