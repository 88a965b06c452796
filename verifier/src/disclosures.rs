//! Section 9: disclosures that a bundle shows, each held against the digests of its entry.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::broken::{Checked, broken, ensure};
use crate::bytes::{base64url, parse_base64url, sha256};
use crate::files::bundle::{self, InFile, Shown};
use crate::json::{Value, parse};
use crate::policy::is_person;

/// Digests that entries name, by index: only those of entries that a disclosure names are kept.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// (index, digest) pairs that disclosures claim, sorted; crossed out as entries show them.
    claimed: BTreeSet<(u64, String)>,
    pub(crate) shown: u64,
    /// Whom they are said to concern, and the first entry of each.
    subjects: BTreeMap<String, u64>,
}

/// Reads every shown disclosure: its form, and which digest its entry must have.
pub(crate) fn read(root: &Path) -> InFile<Wanted> {
    let mut wanted = Wanted::default();
    let mut last = 0;
    let read = bundle::disclosures(root, |shown| {
        ensure(
            shown.index >= last,
            "bundle/form",
            "disclosures do not ascend by index",
        )?;
        last = shown.index;
        check_form(&shown)?;
        let digest = base64url(&sha256(shown.encoded.as_bytes()));
        let is_new = wanted.claimed.insert((shown.index, digest));
        ensure(
            is_new,
            "bundle/form",
            format!("a disclosure of entry {} twice", shown.index),
        )?;
        wanted.shown += 1;
        wanted.subjects.entry(shown.subject).or_insert(shown.index);
        Ok(())
    })?;
    Ok(read.map(|()| wanted))
}

pub(crate) fn check_form(shown: &Shown) -> Checked {
    let bad = |why: &str| {
        broken(
            "disclosure/form",
            format!("a disclosure of entry {}: {why}", shown.index),
        )
    };
    if !is_person(&shown.subject) {
        return bad("its subject is no pseudonym");
    }
    let Ok(bytes) = parse_base64url(&shown.encoded) else {
        return bad("not base64url");
    };
    let Ok(Value::List(parts)) = parse(&bytes) else {
        return bad("not a canonical array");
    };
    let [salt, name, value] = &parts[..] else {
        return bad("not salt, name, value");
    };
    let salted = salt.text().and_then(|salt| parse_base64url(salt).ok());
    if salted.is_none_or(|salt| salt.len() < 16) {
        return bad("a salt of fewer than 16 bytes");
    }
    let named = name.text().is_some_and(|name| {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        (1..=64).contains(&name.len())
            && name.as_bytes()[0].is_ascii_lowercase()
            && name.bytes().all(fits)
    });
    if !named {
        return bad("its name is not in form");
    }
    match value.ascends() {
        Ok(()) => Ok(()),
        Err(_) => bad("keys of its value do not ascend"),
    }
}

impl Wanted {
    /// Crosses out what this entry names.
    pub(crate) fn see(&mut self, index: u64, sd: &[Cow<'_, str>]) {
        if self.claimed.is_empty() {
            return;
        }
        for digest in sd {
            self.claimed.remove(&(index, digest.clone().into_owned()));
        }
    }

    /// Nobody is shown whom the record says to be erased: the host kept what it claims to have destroyed.
    pub(crate) fn none_erased(&self, erased: &BTreeMap<String, u64>) -> Checked {
        let shown = |(subject, index): (&String, &u64)| {
            let entry = erased.get(subject)?;
            Some(format!(
                "a disclosure of entry {index} concerns {subject}, whom entry {entry} erased"
            ))
        };
        match self.subjects.iter().find_map(shown) {
            None => Ok(()),
            Some(why) => broken("disclosure/erased", why),
        }
    }

    /// What is left is in no entry.
    pub(crate) fn end(&self) -> Checked {
        match self.claimed.first() {
            None => Ok(()),
            Some((index, _)) => broken(
                "disclosure/digest",
                format!("entry {index} does not name the digest of a disclosure shown for it"),
            ),
        }
    }
}
