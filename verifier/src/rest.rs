//! What else lies in a bundle (11.2): files that the bag's manifest alone covers, and of them the report, which an entry may
//! name by its digests.

use std::collections::BTreeMap;
use std::path::Path;

use crate::bytes::{Hash, parse_hex};
use crate::event::Entry;
use crate::files::{VerifyError, bag, names, small};
use crate::json::Value;
use crate::verdict::Verdict;

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

    pub(crate) fn say(mut self, verdict: &mut Verdict) {
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
            return;
        }
        let clean = |name: &String| format!("data/{}", name.replace(char::is_control, "\u{fffd}"));
        let mut listed: Vec<String> = self.names.iter().take(NAMES_MAX).map(clean).collect();
        let more = self.names.len().saturating_sub(NAMES_MAX);
        if more > 0 {
            listed.push(format!("{more} more"));
        }
        let listed = listed.join(", ");
        // Whoever changes one of these makes the manifest anew; its signature is for other tools (3 in VERIFY.txt).
        let not_checked = format!(
            "whether these are as they were exported; the bag's manifest alone covers them, which \
             anybody can make anew, and who signed it is not checked here (VERIFY.txt, 3): {listed}"
        );
        verdict.not_checked.push(not_checked);
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
