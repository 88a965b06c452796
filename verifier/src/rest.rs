//! What else lies in a bundle (11.2): files that the bag's manifest alone covers, who signed that, and of them the report, which
//! an entry may name by its digests.

use std::collections::BTreeMap;
use std::path::Path;

use crate::broken::Broken;
use crate::bytes::{Hash, parse_hex};
use crate::event::Entry;
use crate::files::{VerifyError, bag, names, signed, small};
use crate::json::Value;
use crate::state::State;
use crate::verdict::{Finding, Verdict};

/// What 11.2 names in `data/`, each checked in its place.
const CHECKED: [&str; 8] = [
    "bundle.json",
    "checkpoint",
    "disclosures",
    "entries",
    "heads",
    "objects",
    "tile",
    "timestamps",
];
const SALT_BYTES_MAX: u64 = 64;
/// A verdict stays short, whatever somebody put into the bag.
const NAMES_MAX: usize = 16;

#[derive(Debug)]
pub(crate) struct Rest {
    names: Vec<String>,
    /// The files below `data/report`, each with the SHA-256 of the salt and its bytes.
    report: BTreeMap<String, Hash>,
    /// The newest entry that names exactly these.
    issued: Option<u64>,
    /// The newest entry that issued any report.
    newest: Option<u64>,
}

impl Rest {
    pub(crate) fn read(root: &Path) -> Result<Self, VerifyError> {
        let mut names = names(&root.join("data"))?;
        names.retain(|name| !CHECKED.contains(&&**name));
        let folder = root.join("data/report");
        // A salt that cannot be one leaves digests that no entry names.
        let salt = small(&folder.join("salt"), SALT_BYTES_MAX);
        let salt = salt.ok().flatten().unwrap_or_default();
        let mut report = BTreeMap::new();
        hash_below(&folder, "", &salt, &mut report)?;
        report.remove("salt");
        Ok(Self {
            names,
            report,
            issued: None,
            newest: None,
        })
    }

    pub(crate) fn see(&mut self, entry: &Entry<'_>) {
        if entry.event.kind != "ReportIssued/1" {
            return;
        }
        self.newest = Some(entry.index);
        if self.report.is_empty() {
            return;
        }
        let files = entry.event.data.field("files").and_then(Value::fields);
        let is_this = files.is_some_and(|files| {
            files.len() == self.report.len()
                && files.iter().all(|(name, digest)| {
                    let digest = digest.text().and_then(|text| parse_hex(text).ok());
                    digest.is_some() && self.report.get(&**name) == digest.as_ref()
                })
        });
        if is_this {
            self.issued = Some(entry.index);
        }
    }

    pub(crate) fn say(
        mut self,
        root: &Path,
        state: &State,
        verdict: &mut Verdict,
    ) -> Result<(), VerifyError> {
        let signed = manifest(root, state, verdict)?;
        if let Some(entry) = self.issued {
            let holds = format!("data/report: it is the one that entry {entry} issued");
            verdict.holds.push(holds);
            self.names.retain(|name| name != "report");
        }
        if let Some(entry) = self.newest.filter(|_| self.report.is_empty()) {
            let missing = format!("not here: the report that entry {entry} issued");
            verdict.not_checked.push(missing);
        }
        if self.names.is_empty() {
            return Ok(());
        }
        let clean = |name: &String| format!("data/{}", name.replace(char::is_control, "\u{fffd}"));
        let mut listed: Vec<String> = self.names.iter().take(NAMES_MAX).map(clean).collect();
        let more = self.names.len().saturating_sub(NAMES_MAX);
        if more > 0 {
            listed.push(format!("{more} more"));
        }
        let listed = listed.join(", ");
        verdict.not_checked.push(match signed {
            Signed::Holds => format!(
                "what these say; the service key vouches that they are as exported, no entry does: \
                 {listed}"
            ),
            // Whoever changes one of these makes the manifest anew.
            Signed::NotThere | Signed::Broken => format!(
                "whether these are as they were exported; the bag's manifest alone covers them, \
                 which anybody can make anew: {listed}"
            ),
        });
        Ok(())
    }
}

/// What became of the signature over the manifest.
enum Signed {
    Holds,
    NotThere,
    Broken,
}

/// Who made the manifest: the service key in force at the bundle's size, where its signature is there.
fn manifest(root: &Path, state: &State, verdict: &mut Verdict) -> Result<Signed, VerifyError> {
    let not_checked = |verdict: &mut Verdict, why: &str| {
        let text = format!("who made the bag's manifest: {why}");
        verdict.not_checked.push(text);
        Ok(Signed::NotThere)
    };
    let Some(key) = state.active(&state.service) else {
        return not_checked(verdict, "no service key is in force at this size");
    };
    match signed::check(root, &key.public)? {
        Ok(true) => {
            let holds = "the bag's manifest: the service key signed it".to_owned();
            verdict.holds.push(holds);
            Ok(Signed::Holds)
        }
        Ok(false) => not_checked(verdict, &format!("there is no {}", signed::SIGNATURE)),
        Err(Broken { rule, why }) => {
            verdict.broken.push(Finding {
                entry: None,
                file: Some(signed::SIGNATURE.to_owned()),
                rule: rule.to_owned(),
                why,
            });
            Ok(Signed::Broken)
        }
    }
}

fn hash_below(
    folder: &Path,
    below: &str,
    salt: &[u8],
    found: &mut BTreeMap<String, Hash>,
) -> Result<(), VerifyError> {
    if !folder.is_dir() || folder.is_symlink() {
        return Ok(());
    }
    for name in names(folder)? {
        let path = folder.join(&name);
        let name = format!("{below}{name}");
        if path.is_symlink() {
            // A finding of the bag already.
        } else if path.is_dir() {
            hash_below(&path, &format!("{name}/"), salt, found)?;
        } else if path.is_file() {
            found.insert(name, bag::digest(&path, salt)?);
        }
    }
    Ok(())
}
