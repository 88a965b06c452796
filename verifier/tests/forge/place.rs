//! Ledger directories and bags (section 11) as plain maps of paths to bytes, put on the disk at the end; what stands in the
//! entries is `chain.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::chain::Chain;
use super::{Hash, hex, inclusion, leaf, sha256};

/// A folder's files by path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// 11.1: a ledger directory with one segment.
pub(crate) fn directory(chain: &Chain, note: &[u8]) -> Files {
    let mut segment = b"unbroken-seg-v1\n".to_vec();
    segment.extend([0; 16]);
    for entry in &chain.entries {
        segment.extend(u32::try_from(entry.len()).expect("short").to_le_bytes());
        segment.extend(crc32c::crc32c(entry).to_le_bytes());
        segment.extend(entry);
    }
    Files::from([
        ("format".to_owned(), b"unbroken-ledger/1\n".to_vec()),
        ("segments/00000000000000000000.seg".to_owned(), segment),
        ("checkpoint".to_owned(), note.to_vec()),
    ])
}

fn framed<'a>(entries: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    for entry in entries {
        let length =
            u16::try_from(entry.len()).expect("an entry of a bundle has 16 bits of length");
        file.extend(length.to_be_bytes());
        file.extend(entry);
    }
    file
}

/// 11.2: a full bundle, without its manifests; disclosures are whole lines.
pub(crate) fn full(chain: &Chain, note: &[u8], disclosures: &[String]) -> Files {
    let index = format!(
        "{{\"v\":1,\"origin\":\"{}\",\"kind\":\"full\",\"size\":{},\"heads\":0,\"streams\":[]}}\n",
        chain.origin,
        chain.entries.len()
    );
    let mut files = Files::from([
        ("data/bundle.json".to_owned(), index.into_bytes()),
        ("data/checkpoint".to_owned(), note.to_vec()),
        (
            "data/entries/000000000000".to_owned(),
            framed(&chain.entries),
        ),
    ]);
    files.extend(tile(&chain.leaves));
    if !disclosures.is_empty() {
        let lines = disclosures.join("\n") + "\n";
        let name = format!("data/disclosures/{:0>12}", first_index(&lines));
        files.insert(name, lines.into_bytes());
    }
    files
}

/// The digits behind the first `"index":`, by which a file of disclosures is named.
fn first_index(lines: &str) -> &str {
    let at = lines.find("\"index\":").expect("an index") + 8;
    let rest = &lines[at..];
    let end = rest.find(|digit: char| !digit.is_ascii_digit());
    &rest[..end.expect("a comma behind it")]
}

/// One level-0 tile: fewer than 256 entries.
fn tile(leaves: &[Hash]) -> Option<(String, Vec<u8>)> {
    let width = leaves.len();
    assert!(width < 256, "one partial tile");
    (width > 0).then(|| (format!("data/tile/0/000.p/{width}"), leaves.concat()))
}

/// Section 10: the lines of all streams as of that size, ascending.
pub(crate) fn head_lines(chain: &Chain, size: usize) -> Vec<(String, String)> {
    let before = Chain::sequenced(&chain.origin, &chain.envelopes[..size]);
    let line = |(stream, (next, last)): (String, (u64, String))| {
        let line = format!("{stream}\n{next}\n{last}\n");
        (stream, line)
    };
    before.streams.into_iter().map(line).collect()
}

/// A partial bundle of those entries, with the heads of the entry at `heads`, which saw everything before it.
pub(crate) fn partial(
    chain: &Chain,
    note: &[u8],
    heads: usize,
    streams: &[&str],
    shown: &[usize],
) -> Files {
    let lines = head_lines(chain, heads);
    partial_with(chain, note, (heads, &lines), streams, shown)
}

/// The same with heads over these lines.
pub(crate) fn partial_with(
    chain: &Chain,
    note: &[u8],
    (heads, lines): (usize, &[(String, String)]),
    streams: &[&str],
    shown: &[usize],
) -> Files {
    let leaves: Vec<Hash> = lines
        .iter()
        .map(|(_, line)| leaf(line.as_bytes()))
        .collect();
    let mut text = String::new();
    for (at, (stream, line)) in lines.iter().enumerate() {
        if stream != "keys" && stream != "ledger" && !streams.contains(&stream.as_str()) {
            continue;
        }
        let mut parts = line.lines().skip(1);
        let (next, last) = (parts.next().expect("next"), parts.next().expect("last"));
        let proof: Vec<String> = inclusion(&leaves, at)
            .iter()
            .map(|hash| format!("\"{}\"", hex(hash)))
            .collect();
        let _ = writeln!(
            text,
            "{{\"stream\":\"{stream}\",\"next\":{next},\"last\":\"{last}\",\"leaf\":{at},\
             \"proof\":[{}]}}",
            proof.join(",")
        );
    }
    let streams: Vec<String> = streams.iter().map(|name| format!("\"{name}\"")).collect();
    let index = format!(
        "{{\"v\":1,\"origin\":\"{}\",\"kind\":\"partial\",\"size\":{},\"heads\":{heads},\
         \"streams\":[{}]}}\n",
        chain.origin,
        chain.entries.len(),
        streams.join(",")
    );
    let mut files = Files::from([
        ("data/bundle.json".to_owned(), index.into_bytes()),
        ("data/checkpoint".to_owned(), note.to_vec()),
        (
            "data/entries/000000000000".to_owned(),
            framed(shown.iter().map(|at| &chain.entries[*at])),
        ),
        ("data/heads/000000000000".to_owned(), text.into_bytes()),
    ]);
    files.extend(tile(&chain.leaves));
    files
}

/// The bag around a payload: every digest right, whatever the payload says.
pub(crate) fn bagged(mut files: Files) -> Files {
    let listed = |files: &Files, is_payload: bool| -> String {
        let wanted = files
            .iter()
            .filter(|(path, _)| path.starts_with("data/") == is_payload);
        wanted.fold(String::new(), |text, (path, bytes)| {
            text + &format!("{}  {path}\n", hex(&sha256(bytes)))
        })
    };
    let declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
    files.insert("bagit.txt".to_owned(), declaration.into());
    let manifest = listed(&files, true).into_bytes();
    files.insert("manifest-sha256.txt".to_owned(), manifest);
    let tags = listed(&files, false).into_bytes();
    files.insert("tagmanifest-sha256.txt".to_owned(), tags);
    files
}

#[allow(
    clippy::disallowed_methods,
    reason = "tests plant files that nobody needs to keep"
)]
pub(crate) fn put(folder: &Path, files: &Files) {
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }
}
