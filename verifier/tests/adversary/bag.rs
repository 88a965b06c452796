//! The files of a bundle around its entries (section 11.2): manifests, tiles, the index, objects. Where an attack is not on
//! the manifests themselves, they are made again and right.

use super::{Attack, Forged, Shape, at, holds, within};
use crate::forge::chain::Chain;
use crate::forge::place::{Files, full};
use crate::forge::sound::{origin, sound};
use crate::forge::{hex, sha256};

const INDEX: &str = "data/bundle.json";
const ENTRIES: &str = "data/entries/000000000000";
const TILE: &str = "data/tile/0/000.p/10";
const OBJECT: &[u8] = b"a token";

/// A full bundle of the sound ledger with an object and a report, changed before its manifests are made.
fn made(edit: impl Fn(&mut Files)) -> Forged {
    let chain = Chain::of(&origin(), &sound());
    let mut files = full(&chain, chain.note().as_bytes(), &[]);
    files.insert(object(OBJECT), OBJECT.to_vec());
    files.insert("data/reports/custody.csv".to_owned(), b"1,2\n".to_vec());
    edit(&mut files);
    let mut forged = Forged::of(chain).only(Shape::Bundle);
    forged.payload = Some(files);
    forged
}

/// The same, changed behind its manifests.
fn bagged(edit: fn(&mut Files)) -> Forged {
    let mut forged = made(|_| {});
    forged.edit = edit;
    forged
}

fn object(bytes: &[u8]) -> String {
    format!("data/objects/{}", hex(&sha256(bytes)))
}

fn index(piece: &'static str, by: &'static str) -> Forged {
    made(|files| changed(files, INDEX, piece, by))
}

fn changed(files: &mut Files, path: &str, piece: &str, by: &str) {
    let text = String::from_utf8(files[path].clone()).expect("text");
    assert!(text.contains(piece), "{piece} is in {path}");
    files.insert(path.to_owned(), text.replacen(piece, by, 1).into_bytes());
}

pub(crate) const ATTACKS: [Attack; 28] = [
    holds("bag: as it is", || made(|_| {})),
    within(
        "bag: a report changed",
        "bundle/manifest",
        "custody.csv",
        || bagged(|files| changed(files, "data/reports/custody.csv", "1", "2")),
    ),
    within(
        "bag: a report taken away",
        "bundle/manifest",
        "custody.csv",
        || bagged(|files| drop(files.remove("data/reports/custody.csv"))),
    ),
    within(
        "bag: a report put in",
        "bundle/manifest",
        "extra.csv",
        || bagged(|files| drop(files.insert("data/reports/extra.csv".to_owned(), Vec::new()))),
    ),
    within(
        "bag: a report changed, and the manifest",
        "bundle/manifest",
        "manifest-sha256.txt",
        || {
            bagged(|files| {
                let (old, new) = (hex(&sha256(b"1,2\n")), hex(&sha256(b"2,2\n")));
                changed(files, "data/reports/custody.csv", "1", "2");
                changed(files, "manifest-sha256.txt", &old, &new);
            })
        },
    ),
    within(
        "bag: a line of the manifest taken away",
        "bundle/manifest",
        "custody.csv",
        || {
            bagged(|files| {
                let line = format!("{}  data/reports/custody.csv\n", hex(&sha256(b"1,2\n")));
                changed(files, "manifest-sha256.txt", &line, "");
            })
        },
    ),
    within(
        "bag: a line of the manifest twice",
        "bundle/form",
        "manifest-sha256.txt",
        || {
            bagged(|files| {
                let line = format!("{}  data/reports/custody.csv\n", hex(&sha256(b"1,2\n")));
                changed(files, "manifest-sha256.txt", &line, &line.repeat(2));
            })
        },
    ),
    within(
        "bag: digests in capitals",
        "bundle/form",
        "manifest-sha256.txt",
        || {
            bagged(|files| {
                let digest = hex(&sha256(b"1,2\n"));
                changed(
                    files,
                    "manifest-sha256.txt",
                    &digest,
                    &digest.to_uppercase(),
                );
            })
        },
    ),
    within(
        "bag: no manifest",
        "bundle/form",
        "manifest-sha256.txt",
        || bagged(|files| drop(files.remove("manifest-sha256.txt"))),
    ),
    within(
        "bag: no manifest of the tags",
        "bundle/form",
        "tagmanifest-sha256.txt",
        || bagged(|files| drop(files.remove("tagmanifest-sha256.txt"))),
    ),
    within("bag: another version", "bundle/form", "bagit.txt", || {
        bagged(|files| changed(files, "bagit.txt", "1.0", "0.97"))
    }),
    within(
        "bag: something to fetch",
        "bundle/form",
        "fetch.txt",
        || bagged(|files| drop(files.insert("fetch.txt".to_owned(), Vec::new()))),
    ),
    within(
        "bag: an object under another name",
        "bundle/form",
        "data/objects",
        || {
            made(|files| {
                files.insert(object(OBJECT), b"another token".to_vec());
            })
        },
    ),
    within(
        "bag: an object under no digest",
        "bundle/form",
        "data/objects",
        || made(|files| drop(files.insert("data/objects/token".to_owned(), OBJECT.to_vec()))),
    ),
    at("bag: a tile with another leaf", "bundle/form", 7, || {
        made(|files| files.get_mut(TILE).expect("there")[7 * 32 + 3] ^= 1)
    }),
    within(
        "bag: a tile that is cut",
        "bundle/form",
        "data/tile",
        || made(|files| files.get_mut(TILE).expect("there").truncate(9 * 32)),
    ),
    within("bag: no tile", "bundle/form", "data/tile", || {
        made(|files| drop(files.remove(TILE)))
    }),
    within("bag: no index", "bundle/form", "bundle.json", || {
        made(|files| drop(files.remove(INDEX)))
    }),
    within(
        "bag: an index of another version",
        "bundle/form",
        "bundle.json",
        || index("\"v\":1", "\"v\":2"),
    ),
    within(
        "bag: an index of another kind",
        "bundle/form",
        "bundle.json",
        || index("\"full\"", "\"whole\""),
    ),
    within(
        "bag: an index of another origin",
        "bundle/form",
        "bundle.json",
        || index("example.org/faults", "example.org/other"),
    ),
    within(
        "bag: a full bundle with streams",
        "bundle/form",
        "bundle.json",
        || index("\"streams\":[]", "\"streams\":[\"custodian/c1\"]"),
    ),
    within(
        "bag: a full bundle with heads",
        "bundle/form",
        "bundle.json",
        || index("\"heads\":0", "\"heads\":4"),
    ),
    within(
        "bag: an index with spaces",
        "canonical/whitespace",
        "bundle.json",
        || index("\"v\":1", "\"v\": 1"),
    ),
    within(
        "bag: an index with a field more",
        "canonical/fields",
        "bundle.json",
        || index("\"v\":1", "\"v\":1,\"w\":1"),
    ),
    at("bag: the last entry is cut", "bundle/form", 9, || {
        made(|files| {
            files.get_mut(ENTRIES).expect("there").pop();
        })
    }),
    at(
        "bag: a byte behind the last entry",
        "bundle/form",
        10,
        || made(|files| files.get_mut(ENTRIES).expect("there").push(0)),
    ),
    at(
        "bag: entries in a file of another index",
        "bundle/form",
        0,
        || {
            made(|files| {
                let entries = files.remove(ENTRIES).expect("there");
                files.insert("data/entries/000000000001".to_owned(), entries);
            })
        },
    ),
];
