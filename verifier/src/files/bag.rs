//! The BagIt bag around a bundle (RFC 8493): every file listed, nothing else there, every digest right.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{VerifyError, io_error, names, open, small};
use crate::bytes::{Hash, parse_hex};
use crate::verdict::Finding;

const MANIFEST_BYTES_MAX: u64 = 256 << 20;
const DECLARATION: &[u8] = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
const FINDINGS_MAX: usize = 20;

fn finding(rule: &str, file: &str, why: &str) -> Finding {
    Finding {
        entry: None,
        file: Some(file.to_owned()),
        rule: rule.to_owned(),
        why: why.to_owned(),
    }
}

/// What is wrong with the bag; empty when it is whole.
pub(crate) fn check(root: &Path) -> Result<Vec<Finding>, VerifyError> {
    let mut findings = Vec::new();
    if small(&root.join("bagit.txt"), 1024)?.as_deref() != Some(DECLARATION) {
        findings.push(finding(
            "bundle/form",
            "bagit.txt",
            "not BagIt 1.0 in UTF-8",
        ));
    }
    if root.join("fetch.txt").exists() {
        findings.push(finding(
            "bundle/form",
            "fetch.txt",
            "a bundle fetches nothing",
        ));
    }
    let mut there = BTreeSet::new();
    list(root, "", &mut there, &mut findings)?;
    let payload: BTreeSet<String> = there
        .iter()
        .filter(|path| path.starts_with("data/"))
        .cloned()
        .collect();
    let tags: BTreeSet<String> = there
        .difference(&payload)
        .filter(|path| !path.starts_with("tagmanifest-"))
        .cloned()
        .collect();
    hold(root, "manifest-sha256.txt", &payload, &mut findings)?;
    hold(root, "tagmanifest-sha256.txt", &tags, &mut findings)?;
    findings.truncate(FINDINGS_MAX);
    Ok(findings)
}

fn list(
    root: &Path,
    below: &str,
    there: &mut BTreeSet<String>,
    findings: &mut Vec<Finding>,
) -> Result<(), VerifyError> {
    let folder = root.join(below);
    for name in names(&folder)? {
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        let full = root.join(&path);
        let found = std::fs::symlink_metadata(&full).map_err(io_error(&full))?;
        if found.is_dir() {
            // A bundle's folders are three deep; a file system's own depth bounds the rest.
            list(root, &path, there, findings)?;
        } else if found.is_file() {
            there.insert(path);
        } else {
            findings.push(finding("bundle/form", &path, "neither a file nor a folder"));
        }
    }
    Ok(())
}

fn hold(
    root: &Path,
    manifest: &str,
    there: &BTreeSet<String>,
    findings: &mut Vec<Finding>,
) -> Result<(), VerifyError> {
    let rule = "bundle/manifest";
    let Some(listed) = read_manifest(root, manifest, findings)? else {
        return Ok(());
    };
    for path in there.iter().filter(|path| !listed.contains_key(*path)) {
        findings.push(finding(rule, path, &format!("not listed in {manifest}")));
    }
    for (path, expected) in &listed {
        if !there.contains(path) {
            findings.push(finding(
                rule,
                path,
                &format!("listed in {manifest}, but not there"),
            ));
        } else if digest(&root.join(path), b"")? != *expected {
            findings.push(finding(
                rule,
                path,
                "its SHA-256 is not that of the manifest",
            ));
        }
    }
    Ok(())
}

fn read_manifest(
    root: &Path,
    manifest: &str,
    findings: &mut Vec<Finding>,
) -> Result<Option<BTreeMap<String, Hash>>, VerifyError> {
    let text = small(&root.join(manifest), MANIFEST_BYTES_MAX)?;
    let Some(text) = text.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        findings.push(finding("bundle/form", manifest, "missing, or not UTF-8"));
        return Ok(None);
    };
    let (listed, unread) = read_lines(&text);
    for _ in 0..unread {
        findings.push(finding(
            "bundle/form",
            manifest,
            "a line that is no entry of it",
        ));
    }
    Ok(Some(listed))
}

/// The files of a manifest with their digests, and how many lines are no entry of it.
pub(crate) fn read_lines(text: &str) -> (BTreeMap<String, Hash>, usize) {
    let (mut listed, mut unread) = (BTreeMap::new(), 0);
    for line in text.lines() {
        let read = line.split_once("  ").and_then(|(digest, path)| {
            let path = path
                .replace("%0A", "\n")
                .replace("%0D", "\r")
                .replace("%25", "%");
            Some((path, parse_hex(digest).ok()?))
        });
        match read {
            Some((path, digest)) if !listed.contains_key(&path) => {
                listed.insert(path, digest);
            }
            _ => unread += 1,
        }
    }
    (listed, unread)
}

/// SHA-256 of these bytes and the file's.
pub(crate) fn digest(path: &Path, before: &[u8]) -> Result<Hash, VerifyError> {
    let mut file = open(path)?;
    let mut hasher = Sha256::new_with_prefix(before);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(io_error(path))? {
            0 => return Ok(hasher.finalize().into()),
            read => hasher.update(&buffer[..read]),
        }
    }
}
