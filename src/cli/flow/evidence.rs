//! Evidence files that are kept with the case: taken in, read back, and held against the digests of the record.

use std::path::Path;

use serde_json::Value;
use unbroken_ledger::Hash;

use super::meaning;
use crate::cli::exchange;
use crate::domain::event::{Audited, Event, EvidenceFacts};
use crate::domain::evidence::exchange::BYTES_MAX;
use crate::domain::evidence::{Evidence, EvidenceFile};
use crate::domain::pseudonym::Pseudonym;
use crate::durable;
use crate::error::{Error, Result};
use crate::journal::Journal;

/// A file that was taken in.
pub(super) struct Taken {
    /// The object that holds it.
    pub(super) object: String,
    /// Its SHA-256.
    pub(super) digest: String,
    /// What the event says of it.
    pub(super) facts: EvidenceFacts,
}

/// Keeps a file, encrypted for whom it concerns. It is durable before the event that names it.
pub(super) fn keep(journal: &Journal, custodian: Option<&Pseudonym>, file: &Path) -> Result<Taken> {
    let bytes = exchange::read(file, BYTES_MAX)?;
    let digest = Hash::of(&bytes).to_string();
    let object = journal.keep_access_of(custodian, &bytes);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Ok(Taken {
        object: object.map_err(meaning)?,
        facts: EvidenceFacts {
            digest: Some(digest.clone()),
            name: Some(name.into_owned()),
        },
        digest,
    })
}

/// Keeps the files that a look rests on; one that the look before rests on too is kept already.
pub(super) fn keep_brought(
    journal: &Journal,
    last: Option<&Audited>,
    evidence: &Evidence,
    files: &[std::path::PathBuf],
) -> Result<Vec<String>> {
    let before = match last {
        Some(last) => files_of(journal, &last.findings).unwrap_or_default(),
        None => Vec::new(),
    };
    let keep_one = |(said, path): (&EvidenceFile, &std::path::PathBuf)| {
        let known = before
            .iter()
            .find(|one| one.digest.as_ref() == Some(&said.digest));
        if let Some(object) = known.and_then(|one| one.object.clone()) {
            return Ok(object);
        }
        let taken = keep(journal, None, path)?;
        if taken.digest != said.digest {
            let text = format!("{}: another file than was looked at", path.display());
            return Err(Error::failed(text).hint("look again once nobody writes to it"));
        }
        Ok(taken.object)
    };
    evidence.files.iter().zip(files).map(keep_one).collect()
}

/// What became of a kept file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is what was taken in.
    Whole,
    /// Only its digest is known: an earlier version of the program kept no more.
    DigestOnly,
    /// The key that it was encrypted with is destroyed.
    Erased,
    /// It is gone, or not what was taken in.
    Changed,
}

impl Standing {
    /// As it is printed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::DigestOnly => "digest only",
            Self::Erased => "erased",
            Self::Changed => "changed",
        }
    }
}

/// An evidence file, as the record names it.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The entry that names it.
    pub(crate) entry: u64,
    /// What it is.
    pub(crate) what: String,
    /// Its name when it was taken in.
    pub(crate) name: Option<String>,
    /// Its SHA-256.
    pub(crate) digest: Option<String>,
    /// What became of it.
    pub(crate) standing: Standing,
}

/// Where a file lies, and what it must be.
struct Named {
    entry: u64,
    what: String,
    custodian: Option<Pseudonym>,
    name: Option<String>,
    digest: Option<String>,
    object: Option<String>,
}

impl Named {
    fn new(entry: u64, what: String, object: Option<String>, facts: EvidenceFacts) -> Self {
        Self {
            entry,
            what,
            custodian: None,
            name: facts.name,
            digest: facts.digest,
            object,
        }
    }
}

/// Every evidence file that the record names, held against its digest; `to` gets those that are whole, each under its SHA-256.
pub(crate) fn kept(journal: &Journal, to: Option<&Path>) -> Result<Vec<Kept>> {
    if let Some(folder) = to {
        let made = durable::create_private_folder(folder);
        made.map_err(|error| {
            Error::failed(error)
                .while_doing(format!("{}: cannot be made", folder.display()))
                .hint("name a folder that is not there yet")
        })?;
    }
    let mut all = Vec::new();
    for named in named(journal)? {
        let (standing, bytes) = standing(journal, &named);
        if let (Some(folder), Some(digest), Some(bytes)) = (to, &named.digest, bytes) {
            let path = folder.join(digest);
            durable::write_whole(&path, &bytes).map_err(|error| {
                Error::failed(error).while_doing(format!("{}: cannot be written", path.display()))
            })?;
        }
        all.push(Kept {
            entry: named.entry,
            what: named.what,
            name: named.name,
            digest: named.digest,
            standing,
        });
    }
    Ok(all)
}

fn standing(journal: &Journal, named: &Named) -> (Standing, Option<Vec<u8>>) {
    let Some(object) = &named.object else {
        return (Standing::DigestOnly, None);
    };
    match journal.kept_access(named.custodian.as_ref(), object) {
        Ok(None) => (Standing::Erased, None),
        Ok(Some(bytes)) if named.digest == Some(Hash::of(&bytes).to_string()) => {
            (Standing::Whole, Some(bytes))
        }
        // An object whose bytes are not those of its name, or that no key opens, is not what was taken in.
        Ok(Some(_)) | Err(_) => (Standing::Changed, None),
    }
}

fn named(journal: &Journal) -> Result<Vec<Named>> {
    let mut found = Vec::new();
    let mut looks = Vec::new();
    let replayed = journal.replay(|recorded| {
        let entry = recorded.index;
        match recorded.event {
            Event::EvidenceSaved(data, facts) => {
                found.push(Named::new(entry, data.kind, data.object, *facts));
            }
            Event::TargetHoldEvidenced(data, facts) => {
                let what = format!("hold of {}", data.custodian);
                let mut named = Named::new(entry, what, data.object, *facts);
                named.custodian = Some(data.custodian);
                found.push(named);
            }
            Event::DevicesEvidenced(data, facts) => {
                let what = format!("devices of wave {}", data.wave);
                found.push(Named::new(entry, what, Some(data.object), *facts));
            }
            Event::BaselineChecked(data, _) => looks.push((entry, "baseline", *data)),
            Event::SeparationAudited(data, _) => looks.push((entry, "separation", *data)),
            _ => {}
        }
        Ok(())
    });
    replayed.map_err(meaning)?;
    for (entry, family, look) in looks {
        let what = format!("{family}, look {}", look.number);
        match files_of(journal, &look.findings) {
            Some(files) => found.extend(files.into_iter().map(|file| Named {
                entry,
                what: what.clone(),
                ..file
            })),
            // The account itself is gone: which files it named, nobody knows any more.
            None => found.push(Named::new(
                entry,
                format!("{what}: its account"),
                Some(look.findings),
                EvidenceFacts::default(),
            )),
        }
    }
    found.sort_by_key(|named| named.entry);
    Ok(found)
}

/// The files that the account of a look names; none where the account cannot be read.
fn files_of(journal: &Journal, account: &str) -> Option<Vec<Named>> {
    let Ok(Some(bytes)) = journal.kept_access(None, account) else {
        return None;
    };
    let account: Value = serde_json::from_slice(&bytes).ok()?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let file = |file: &Value| {
        let facts = EvidenceFacts {
            digest: text(&file["digest"]),
            name: text(&file["name"]),
        };
        Named::new(0, String::new(), text(&file["object"]), facts)
    };
    Some(account["files"].as_array()?.iter().map(file).collect())
}
