//! Finding traces of bytes in files, in every spelling in which a program may have left them; no check lives here.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};

/// Shorter ones stand everywhere by chance.
const BYTES_MIN: usize = 8;

/// What is looked for: each spelling by its first bytes, with the name of what it is a trace of.
#[derive(Default)]
pub(crate) struct Traces(HashMap<[u8; BYTES_MIN], BTreeSet<(Vec<u8>, String)>>);

impl Traces {
    /// Bytes: raw, hex in both cases, base64 and base64url at each of three alignments.
    pub(crate) fn bytes(&mut self, name: &str, bytes: &[u8]) {
        self.spelling(name, bytes.to_vec());
        let hex = hex_of(bytes);
        self.spelling(name, hex.to_uppercase().into_bytes());
        self.spelling(name, hex.into_bytes());
        for shift in 0..3 {
            let shifted = [&vec![0; shift][..], bytes].concat();
            // Digits that other bytes have a share in say nothing.
            let (from, to) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
            let url = Base64UrlUnpadded::encode_string(&shifted);
            let plain = Base64Unpadded::encode_string(&shifted);
            self.spelling(name, plain.as_bytes()[from..to].to_vec());
            self.spelling(name, url.as_bytes()[from..to].to_vec());
        }
    }

    /// Text: its bytes, and UTF-16 in both orders, each in all spellings.
    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text, text.as_bytes());
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        self.bytes(text, &little);
        self.bytes(text, &big);
    }

    fn spelling(&mut self, name: &str, bytes: Vec<u8>) {
        if let Some(first) = bytes.first_chunk() {
            let alike = self.0.entry(*first).or_default();
            alike.insert((bytes, name.to_owned()));
        }
    }

    /// Every trace in these bytes.
    pub(crate) fn within(&self, bytes: &[u8]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for at in 0..bytes.len() {
            let Some(alike) = bytes[at..]
                .first_chunk()
                .and_then(|first| self.0.get(first))
            else {
                continue;
            };
            let here = alike
                .iter()
                .filter(|(whole, _)| bytes[at..].starts_with(whole));
            found.extend(here.map(|(_, name)| name.clone()));
        }
        found
    }

    /// Every trace in the files below these folders, and in their names.
    pub(crate) fn below(&self, folders: &[PathBuf]) -> Vec<String> {
        let mut found = Vec::new();
        for path in folders.iter().flat_map(|folder| files(folder)) {
            let bytes = std::fs::read(&path).expect("readable");
            let name = path.display().to_string();
            for trace in self.within(&bytes).union(&self.within(name.as_bytes())) {
                found.push(format!("{name}: {trace}"));
            }
        }
        found
    }
}

fn hex_of(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    if folder.is_file() {
        return vec![folder.to_owned()];
    }
    let read = std::fs::read_dir(folder).expect("a folder");
    read.flat_map(|item| files(&item.expect("readable").path()))
        .collect()
}

#[test]
fn each_spelling_is_found_wherever_it_stands() {
    let mut traces = Traces::default();
    traces.text("jane@old.example");
    let text = "jane@old.example";
    let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex = hex_of(text.as_bytes()).to_uppercase();
    let mut planted = vec![text.as_bytes().to_vec(), utf_16.clone(), hex.into_bytes()];
    for before in ["", "x", "xy", "xyz"] {
        for inner in [text.as_bytes(), &utf_16] {
            let bytes = [before.as_bytes(), inner, b"behind"].concat();
            planted.push(Base64UrlUnpadded::encode_string(&bytes).into_bytes());
        }
    }
    for bytes in planted {
        assert_eq!(traces.within(&[b"..", &bytes[..]].concat()).len(), 1);
    }
    assert!(traces.within(b"jane@old.exampl_ somewhere").is_empty());
}
