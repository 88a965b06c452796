//! Files in a case's folder, outside its ledger, that still name somebody: copies that an erasure does not reach. They are
//! found for a person to decide on; nothing here is removed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::domain::case::KnownCustodian;

/// What an erasure answers for itself, and what never holds a name.
const OWN: [&str; 3] = ["checkpoint-place", "keys", "ledger"];
/// Shorter names stand in any file by chance.
const NAME_BYTES_MIN: usize = 4;
/// A backup may lie in the case's folder: it is enough to see that it names somebody.
const FILES_MAX: usize = 10_000;
const BYTES_MAX: u64 = 1 << 30;
const CHUNK_BYTES: usize = 1 << 16;

/// What a search came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Copies {
    /// Files and folders at the top of the case's folder, with how many files in them name the person.
    pub(crate) places: BTreeMap<String, u64>,
    /// Whether every file was read to its end.
    pub(crate) is_whole: bool,
}

/// Looks for the names of a custodian, as plain text in any case of letters, in files and in their paths. What is compressed
/// (a PDF, an archive) or encoded is not looked into.
pub(crate) fn naming(known: &KnownCustodian, case: &Path) -> Copies {
    let facts = &known.facts;
    let names = [&facts.source_name, &facts.target_upn, &facts.target_user_id];
    let names: Vec<Vec<u8>> = names
        .into_iter()
        .flatten()
        .filter(|name| name.len() >= NAME_BYTES_MIN)
        .map(|name| name.to_ascii_lowercase().into_bytes())
        .collect();
    let mut search = Search {
        names,
        files: FILES_MAX,
        bytes: BYTES_MAX,
        is_whole: true,
    };
    let mut places = BTreeMap::new();
    for (name, path) in search.listed(case) {
        if !OWN.contains(&&*name) {
            let count = search.below(&path, &name);
            if count > 0 {
                places.insert(name, count);
            }
        }
    }
    Copies {
        places,
        is_whole: search.is_whole,
    }
}

struct Search {
    names: Vec<Vec<u8>>,
    /// How many more may be read.
    files: usize,
    bytes: u64,
    is_whole: bool,
}

impl Search {
    /// How many files name the person, below `start`; `shown` is its path from the case's folder.
    fn below(&mut self, start: &Path, shown: &str) -> u64 {
        let mut found = 0;
        let mut open = vec![(shown.to_owned(), start.to_owned())];
        while let Some((shown, path)) = open.pop() {
            // Links lead elsewhere, or in a circle.
            let Ok(kind) = fs::symlink_metadata(&path).map(|about| about.file_type()) else {
                self.is_whole = false;
                continue;
            };
            if kind.is_dir() {
                let inside = self.listed(&path).into_iter();
                open.extend(inside.map(|(name, path)| (format!("{shown}/{name}"), path)));
            } else if kind.is_file() {
                let is_named = self.is_in(shown.as_bytes()) || self.is_in_file(&path);
                found += u64::from(is_named);
            }
        }
        found
    }

    fn listed(&mut self, folder: &Path) -> Vec<(String, PathBuf)> {
        let Ok(read) = fs::read_dir(folder) else {
            self.is_whole = false;
            return Vec::new();
        };
        let mut items = Vec::new();
        for item in read {
            match item {
                Ok(item) => {
                    let name = item.file_name().to_string_lossy().into_owned();
                    items.push((name, item.path()));
                }
                Err(_) => self.is_whole = false,
            }
        }
        items
    }

    fn is_in_file(&mut self, path: &Path) -> bool {
        if self.files == 0 {
            self.is_whole = false;
            return false;
        }
        self.files -= 1;
        self.read_through(path).unwrap_or_else(|_| {
            self.is_whole = false;
            false
        })
    }

    fn read_through(&mut self, path: &Path) -> io::Result<bool> {
        let mut file = File::open(path)?;
        let overlap = self.names.iter().map(Vec::len).max().unwrap_or(1) - 1;
        let mut bytes = vec![0; overlap + CHUNK_BYTES];
        let mut kept = 0;
        loop {
            let read = file.read(&mut bytes[kept..])?;
            if read == 0 {
                return Ok(false);
            }
            let end = kept + read;
            if self.is_in(&bytes[..end]) {
                return Ok(true);
            }
            self.bytes = self.bytes.saturating_sub(read as u64);
            if self.bytes == 0 {
                self.is_whole = false;
                return Ok(false);
            }
            // A name may stand across two chunks.
            let from = end.saturating_sub(overlap);
            bytes.copy_within(from..end, 0);
            kept = end - from;
        }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        let bytes = bytes.to_ascii_lowercase();
        let mut names = self.names.iter();
        names.any(|name| bytes.windows(name.len()).any(|piece| piece == &name[..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::CustodianFacts;
    use crate::durable;

    fn jane() -> KnownCustodian {
        KnownCustodian {
            is_mapped: true,
            facts: CustodianFacts {
                source_name: Some("Jane@old.example".to_owned()),
                target_upn: Some("jd".to_owned()),
                target_user_id: None,
            },
        }
    }

    fn put(case: &Path, name: &str, bytes: &[u8]) {
        let path = case.join(name);
        fs::create_dir_all(path.parent().expect("inside")).expect("made");
        durable::write_whole(&path, bytes).expect("written");
    }

    #[test]
    fn every_place_is_named_and_nobody_elses() {
        let folder = tempfile::tempdir().expect("a folder");
        let case = folder.path();
        put(case, "people.csv", b"source\nJANE@old.example\n");
        put(case, "backup/jane@OLD.example/1", b"");
        put(case, "backup/john@old.example/1", b"nobody, jd");
        let across = [&vec![b' '; CHUNK_BYTES - 3][..], b"jane@old.example"].concat();
        put(case, "reports/1/a", &across);
        put(case, "ledger/x", b"jane@old.example");
        std::os::unix::fs::symlink(case, case.join("circle")).expect("linked");
        let places = ["backup", "people.csv", "reports"].map(|place| (place.to_owned(), 1));
        let expected = Copies {
            places: places.into(),
            is_whole: true,
        };
        assert_eq!(naming(&jane(), case), expected);
    }

    #[test]
    fn what_was_not_read_is_said() {
        let gone = naming(&jane(), Path::new("/nowhere/at/all"));
        assert_eq!(gone, Copies::default());
    }
}
