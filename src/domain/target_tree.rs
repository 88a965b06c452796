//! Where each file comes to lie in the target's drive: names that are taken, and no two that SharePoint takes for one.
//!
//! SharePoint compares names without regard to case, and what it does with two Unicode forms of one name is not
//! documented. So of names that differ in no more than that, the first that the source lists stays and each other has letters
//! escaped, as [`super::sharepoint_name`] escapes them: apart, and still readable. A source lists its files in a stable
//! order, so the same files get the same names in every run.

use std::collections::{HashMap, HashSet};

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use super::item::Digest;
use super::message::Transform;
use super::sharepoint_name::{NAME_CUT, NAME_ESCAPED, escaped_at, is_cut, original_name, units};

/// A name was escaped only to keep it apart from another that SharePoint would take for the same.
pub const NAME_APART: Transform = Transform("sharepoint-name-apart/1");
/// A path was too long: its folder lies under [`LONG_PATHS`], by a part of the path's hash.
pub const PATH_SHORTENED: Transform = Transform("sharepoint-path-shortened/1");
/// Where files lie whose path is too long; the whole path stands in the record.
pub const LONG_PATHS: &str = "Long paths";

/// The limit is 400 for the whole decoded path, the site's and the library's part included.
/// <https://learn.microsoft.com/sharepoint/dev/general-development/file-path-length-restriction>
const PATH_UNITS_MAX: usize = 330;
/// At the top of a library SharePoint keeps a folder of its own.
const RESERVED_AT_TOP: &str = "forms";

/// A file's place in the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The folder, one name a level.
    pub folder: Vec<String>,
    /// The name.
    pub name: String,
}

/// A path in the source: the folders, one name a level, and the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourcePath<'a> {
    /// The folders.
    pub folder: &'a [String],
    /// The name.
    pub name: &'a str,
}

/// What was changed to get from one path to the other.
pub fn transforms(source: SourcePath<'_>, placed: &Placed) -> Vec<Transform> {
    let mut found = Vec::new();
    let shortened = placed.folder.first().map(String::as_str) == Some(LONG_PATHS)
        && source.folder.first().map(String::as_str) != Some(LONG_PATHS);
    if shortened {
        found.push(PATH_SHORTENED);
    }
    let folders = if shortened { &[][..] } else { source.folder };
    let pairs = folders.iter().zip(&placed.folder);
    let pairs = pairs.map(|(from, to)| (from.as_str(), to.as_str()));
    let pairs = pairs.chain([(source.name, placed.name.as_str())]);
    for (level, (from, to)) in pairs.enumerate() {
        if from == to {
            continue;
        }
        found.push(if is_cut(to) {
            NAME_CUT
        } else if escaped_at(from, reserved(from, level == 0 && !shortened)) == to {
            NAME_ESCAPED
        } else {
            NAME_APART
        });
    }
    found.sort();
    found.dedup();
    found
}

/// The path that a place was made from; `None` where something was cut.
pub fn original_path(placed: &Placed) -> Option<(Vec<String>, String)> {
    if placed.folder.first().map(String::as_str) == Some(LONG_PATHS) {
        return None;
    }
    let folder = placed.folder.iter().map(|name| original_name(name));
    Some((folder.collect::<Option<_>>()?, original_name(&placed.name)?))
}

/// What of a name is escaped for its place alone.
fn reserved(name: &str, is_at_top: bool) -> &'static [usize] {
    if is_at_top && name.to_lowercase() == RESERVED_AT_TOP {
        &[0]
    } else {
        &[]
    }
}

/// What SharePoint takes for the same name.
fn folded(name: &str) -> String {
    let lower: String = name.nfc().collect::<String>().to_lowercase();
    lower.nfc().collect()
}

const TOP: u64 = 0;

/// What lies in a drive already, as far as a plan has come.
#[derive(Debug, Default)]
pub struct TargetTree {
    /// The folders below a folder, by the source's name: its number and its name in the target.
    folders: HashMap<(u64, String), (u64, String)>,
    /// A part of the hash of each folder and folded name that is taken: a plan may have ten million. Where two meet, one
    /// name is escaped that need not have been.
    taken: HashSet<u64>,
    next: u64,
}

/// The folder for a file whose own path is longer than a library takes.
fn elsewhere(folder: &[String], name: &str) -> Option<[String; 2]> {
    let folders = folder.iter().map(|name| units(&escaped_at(name, &[])) + 1);
    let whole: usize = folders.sum::<usize>() + units(&escaped_at(name, &[]));
    // Names that are kept apart grow by a few letters; the limit has room for them.
    if whole <= PATH_UNITS_MAX {
        return None;
    }
    let mut hash = Sha256::new();
    for name in folder {
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name.as_bytes());
    }
    let whole = Digest(hash.finalize().into()).to_string();
    Some([LONG_PATHS.to_owned(), whole[..32].to_owned()])
}

impl TargetTree {
    /// Places a file; `None` where no name is left for it.
    pub fn place(&mut self, folder: &[String], name: &str) -> Option<Placed> {
        match elsewhere(folder, name) {
            None => self.place_in(folder, name),
            Some(folder) => self.place_in(&folder, name),
        }
    }

    /// Where a file would stand that takes nobody's place: it may never be written, and whatever has its name goes before it.
    pub fn place_beside(&self, folder: &[String], name: &str) -> Placed {
        let elsewhere = elsewhere(folder, name);
        let folder = elsewhere.as_ref().map_or(folder, |folder| folder);
        let escaped = |name: &str, is_top| escaped_at(name, reserved(name, is_top));
        let (mut at, mut names) = (Some(TOP), Vec::with_capacity(folder.len()));
        for level in folder {
            let known = at.and_then(|at| self.folders.get(&(at, level.clone())));
            names.push(known.map_or_else(
                || escaped(level, at == Some(TOP)),
                |(_, target)| target.clone(),
            ));
            at = known.map(|(below, _)| *below);
        }
        Placed {
            name: escaped(name, at == Some(TOP)),
            folder: names,
        }
    }

    fn place_in(&mut self, folder: &[String], name: &str) -> Option<Placed> {
        let (mut at, mut names) = (TOP, Vec::with_capacity(folder.len()));
        for level in folder {
            let key = (at, level.clone());
            if !self.folders.contains_key(&key) {
                let target = self.take(at, level)?;
                self.next += 1;
                self.folders.insert(key.clone(), (self.next, target));
            }
            let (below, target) = &self.folders[&key];
            at = *below;
            names.push(target.clone());
        }
        let name = self.take(at, name)?;
        Some(Placed {
            folder: names,
            name,
        })
    }

    /// A name in that folder that nothing else has.
    fn take(&mut self, folder: u64, original: &str) -> Option<String> {
        let wanted = escaped_at(original, reserved(original, folder == TOP));
        if self.taken.insert(mark(folder, &wanted)) {
            return Some(wanted);
        }
        let letters = original.chars().enumerate();
        let (first, rest): (Vec<_>, Vec<_>) = letters.partition(|(_, c)| tells_apart(*c));
        let places: Vec<usize> = first.into_iter().chain(rest).map(|(at, _)| at).collect();
        (1..=places.len())
            .map(|count| escaped_at(original, &places[..count]))
            .find(|candidate| self.taken.insert(mark(folder, candidate)))
    }
}

/// What two names can differ in and still be taken for one.
fn tells_apart(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_alphabetic()
}

fn mark(folder: u64, name: &str) -> u64 {
    let hash = Sha256::new()
        .chain_update(folder.to_be_bytes())
        .chain_update(folded(name))
        .finalize();
    hash.iter()
        .take(8)
        .fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::super::sharepoint_name::tests::is_taken;
    use super::*;

    fn placed(paths: &[&str]) -> Vec<String> {
        let split: Vec<Vec<String>> = paths
            .iter()
            .map(|path| path.split('/').map(str::to_owned).collect())
            .collect();
        let mut tree = TargetTree::default();
        let placed = of(&split)
            .into_iter()
            .map(|path| tree.place(path.folder, path.name).expect("a name"));
        placed
            .map(|placed| [&placed.folder[..], &[placed.name]].concat().join("/"))
            .collect()
    }

    fn of(paths: &[Vec<String>]) -> Vec<SourcePath<'_>> {
        paths
            .iter()
            .map(|path| {
                let (name, folder) = path.split_last().expect("a name");
                SourcePath { folder, name }
            })
            .collect()
    }

    #[test]
    fn names_that_differ_by_case_or_form_alone_are_kept_apart_and_say_what_they_were() {
        assert_eq!(
            placed(&["Twin.txt", "twin.txt", "TWIN.txt", "TwiN.txt"]),
            ["Twin.txt", "%74win.txt", "%54WIN.txt", "%54%77iN.txt"]
        );
        let (nfc, nfd) = ("Caf\u{e9}", "Cafe\u{301}");
        assert_eq!(placed(&[nfc, nfd]), [nfc, "%43afe\u{301}"]);
        assert_eq!(
            placed(&["A/x", "a/x", "A/X", "forms/y", "b/forms"]),
            ["A/x", "%61/x", "A/%58", "%66orms/y", "b/forms"]
        );
    }

    #[test]
    fn a_path_that_is_too_long_lies_in_a_folder_of_its_own() {
        let deep = |first: &str| {
            let mut folder = vec![first.to_owned()];
            folder.extend(vec!["n".repeat(60); 6]);
            folder
        };
        let (one, other) = (deep("a"), deep("b"));
        let path = |folder| SourcePath {
            folder,
            name: "a.txt",
        };
        let mut tree = TargetTree::default();
        let first = &tree.place(&one, "a.txt").expect("a name");
        let second = &tree.place(&other, "a.txt").expect("a name");
        assert_eq!((first.folder.len(), &*first.folder[0]), (2, LONG_PATHS));
        assert_ne!(first.folder, second.folder);
        assert_eq!(transforms(path(&one[..]), first), [PATH_SHORTENED]);
        assert_eq!(original_path(first), None);
    }

    #[test]
    fn what_was_changed_is_named() {
        let folder = ["a:b".to_owned(), "Forms".to_owned()];
        let source = |name| SourcePath {
            folder: &folder,
            name,
        };
        let mut tree = TargetTree::default();
        let mut named = |name| {
            let placed = tree.place(&folder, name).expect("a name");
            transforms(source(name), &placed)
        };
        assert_eq!(named("X.txt"), [NAME_ESCAPED]);
        assert_eq!(named("x.txt"), [NAME_APART, NAME_ESCAPED]);
    }

    proptest! {
        #[test]
        fn two_paths_never_meet_and_each_can_be_read_back(
            paths in prop::collection::hash_set(
                prop::collection::vec("[aAbB:%6\u{e9}e\u{301}]{1,4}", 1..4), 1..20),
            deep in prop::collection::vec("[a-c]{40,90}", 5..8),
        ) {
            let mut paths: Vec<Vec<String>> = paths.into_iter().collect();
            paths.push(deep);
            // No file has the very name of a folder beside it: that cannot be in any source.
            for path in &mut paths {
                path.last_mut().expect("a name").push('!');
            }
            let sources = of(&paths);
            let mut tree = TargetTree::default();
            let mut met = HashSet::new();
            for source in &sources {
                let placed = &tree.place(source.folder, source.name).expect("there is a name");
                let name = std::slice::from_ref(&placed.name);
                let whole: Vec<String> = [&placed.folder[..], name].concat();
                prop_assert!(whole.iter().all(|name| is_taken(name)), "{whole:?}");
                prop_assert!(units(&whole.join("/")) <= 400, "{whole:?}");
                let folded: Vec<String> = whole.iter().map(|name| folded(name)).collect();
                prop_assert!(met.insert(folded), "{whole:?} twice in {paths:?}");
                if transforms(*source, placed).contains(&PATH_SHORTENED) {
                    continue;
                }
                let original = (source.folder.to_vec(), source.name.to_owned());
                prop_assert_eq!(original_path(placed), Some(original));
            }
        }
    }
}
