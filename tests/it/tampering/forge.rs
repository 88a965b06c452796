//! A dishonest host's workbench: takes a bundle apart, puts it together again with manifests, tiles and even signatures
//! re-made, so that only the record itself can give the change away. Written from docs/ledger-format.md; nothing of ours.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write;
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

pub(crate) fn leaf_hash(entry: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update([0])
        .chain_update(entry)
        .finalize()
        .into()
}

/// RFC 6962 section 2.1, recursive and naive on purpose.
pub(crate) fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => sha256(b""),
        [one] => *one,
        _ => {
            let half = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(half);
            Sha256::new()
                .chain_update([1])
                .chain_update(root(left))
                .chain_update(root(right))
                .finalize()
                .into()
        }
    }
}

/// A bundle in memory: every file by its path below the bag.
#[derive(Clone)]
pub(crate) struct Bundle {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// The signature over the manifest stays although it is over another one.
    pub(crate) keeps_signature: bool,
}

impl Bundle {
    pub(crate) fn read(dir: &Path) -> Self {
        let mut files = BTreeMap::new();
        collect(dir, dir, &mut files);
        Self {
            files,
            keeps_signature: false,
        }
    }

    /// Writes the bag with Payload-Oxum, manifest and tag manifest made anew: BagIt itself sees nothing.
    pub(crate) fn write(&self, dir: &Path) {
        let _ = fs::remove_dir_all(dir);
        let mut files = self.files.clone();
        let payload: Vec<_> = files
            .iter()
            .filter(|(path, _)| path.starts_with("data/"))
            .collect();
        let octets: usize = payload.iter().map(|(_, bytes)| bytes.len()).sum();
        let oxum = format!("Payload-Oxum: {octets}.{}", payload.len());
        let manifest = lines(payload.into_iter());
        let info = String::from_utf8(files["bag-info.txt"].clone()).expect("bag-info is text");
        let info: Vec<String> = info
            .lines()
            .map(|line| {
                if line.starts_with("Payload-Oxum") {
                    oxum.clone()
                } else {
                    line.to_owned()
                }
            })
            .collect();
        files.insert("bag-info.txt".into(), (info.join("\n") + "\n").into_bytes());
        let manifest = manifest.into_bytes();
        // Whoever has no service key leaves out what would give away that the list is another one.
        if !self.keeps_signature && files.get("manifest-sha256.txt") != Some(&manifest) {
            files.remove("manifest-sha256.txt.sig");
        }
        files.insert("manifest-sha256.txt".into(), manifest);
        let tags =
            lines(files.iter().filter(|(path, _)| {
                !path.starts_with("data/") && !path.starts_with("tagmanifest")
            }));
        files.insert("tagmanifest-sha256.txt".into(), tags.into_bytes());
        for (path, bytes) in files {
            let path = dir.join(path);
            fs::create_dir_all(path.parent().expect("inside the bag")).expect("folder");
            put(&path, &bytes);
        }
    }

    pub(crate) fn entries(&self) -> Vec<Vec<u8>> {
        let mut entries = Vec::new();
        for (_, bytes) in self
            .files
            .range("data/entries/".to_owned().."data/entries0".to_owned())
        {
            let mut rest = &bytes[..];
            while let [high, low, tail @ ..] = rest {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                entries.push(tail[..length].to_vec());
                rest = &tail[length..];
            }
        }
        entries
    }

    /// Puts other entries in place, with tiles, `bundle.json` and disclosures cut to fit; the checkpoint stays.
    pub(crate) fn set_entries(&mut self, entries: &[Vec<u8>]) {
        self.files.retain(|path, _| {
            !path.starts_with("data/entries/") && !path.starts_with("data/tile/")
        });
        for (group, chunk) in entries.chunks(4096).enumerate() {
            let mut bytes = Vec::new();
            for entry in chunk {
                let length = u16::try_from(entry.len()).expect("an entry is short");
                bytes.extend(length.to_be_bytes());
                bytes.extend(entry);
            }
            self.files
                .insert(format!("data/entries/{:012}", group * 4096), bytes);
        }
        let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        for (number, chunk) in leaves.chunks(256).enumerate() {
            let partial = match chunk.len() {
                256 => String::new(),
                width => format!(".p/{width}"),
            };
            assert!(number < 1000, "the demo is small");
            self.files
                .insert(format!("data/tile/0/{number:03}{partial}"), chunk.concat());
        }
        let about = String::from_utf8(self.files["data/bundle.json"].clone()).expect("text");
        let start = about.find("\"size\":").expect("bundle.json has a size") + 7;
        let end = start + about[start..].find(',').expect("more follows");
        let about = format!("{}{}{}", &about[..start], entries.len(), &about[end..]);
        self.files
            .insert("data/bundle.json".into(), about.into_bytes());
        self.keep_disclosures_below(entries.len());
    }

    fn keep_disclosures_below(&mut self, size: usize) {
        for (path, bytes) in &mut self.files {
            if path.starts_with("data/disclosures/") {
                let text = String::from_utf8(bytes.clone()).expect("text");
                let kept = text.lines().filter(|line| {
                    let digits: String = line["{\"index\":".len()..]
                        .chars()
                        .take_while(char::is_ascii_digit)
                        .collect();
                    digits.parse::<usize>().expect("an index") < size
                });
                *bytes = kept.fold(Vec::new(), |mut all, line| {
                    all.extend_from_slice(line.as_bytes());
                    all.push(b'\n');
                    all
                });
            }
        }
        self.files
            .retain(|path, bytes| !path.starts_with("data/disclosures/") || !bytes.is_empty());
    }

    pub(crate) fn origin(&self) -> String {
        let note = String::from_utf8(self.files["data/checkpoint"].clone()).expect("text");
        note.lines().next().expect("a first line").to_owned()
    }

    /// Signs a checkpoint over these entries, as a host that holds the log key can.
    pub(crate) fn sign_checkpoint(&mut self, entries: &[Vec<u8>], origin: &str, log: &SigningKey) {
        let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let text = format!(
            "{origin}\n{}\n{}\n",
            entries.len(),
            Base64::encode_string(&root(&leaves))
        );
        let mut id = origin.as_bytes().to_vec();
        id.extend([0x0a, 0x01]);
        id.extend(log.verifying_key().as_bytes());
        let mut line = sha256(&id)[..4].to_vec();
        line.extend(log.sign(text.as_bytes()).to_bytes());
        let note = format!(
            "{text}\n\u{2014} {origin} {}\n",
            Base64::encode_string(&line)
        );
        self.files
            .insert("data/checkpoint".into(), note.into_bytes());
    }
}

/// Lines of a BagIt manifest.
fn lines<'a>(files: impl Iterator<Item = (&'a String, &'a Vec<u8>)>) -> String {
    files.fold(String::new(), |mut text, (path, bytes)| {
        text += &hex(&sha256(bytes));
        text += "  ";
        text += path;
        text.push('\n');
        text
    })
}

fn collect(top: &Path, dir: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for item in fs::read_dir(dir).expect("a folder") {
        let path = item.expect("readable").path();
        if path.is_dir() {
            collect(top, &path, files);
        } else {
            let name = path
                .strip_prefix(top)
                .expect("below")
                .to_str()
                .expect("ASCII")
                .to_owned();
            files.insert(name, fs::read(&path).expect("readable"));
        }
    }
}

/// Writes a file of a test's own folder; durability is of no interest here.
pub(crate) fn put(path: &Path, bytes: &[u8]) {
    use std::io::Write;
    fs::File::create(path)
        .and_then(|mut file| file.write_all(bytes))
        .expect("writable");
}

/// The private keys that a demo leaves behind, by keyid.
pub(crate) fn demo_keys(out: &Path) -> BTreeMap<String, (PathBuf, SigningKey)> {
    fs::read_dir(out.join("keys"))
        .expect("the demo leaves its keys")
        .map(|item| item.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pem"))
        .map(|path| {
            let pem = fs::read_to_string(&path).expect("readable");
            let key = SigningKey::from_pkcs8_pem(&pem).expect("PKCS#8");
            (hex(&sha256(key.verifying_key().as_bytes())), (path, key))
        })
        .collect()
}

pub(crate) fn key_named<'a>(
    keys: &'a BTreeMap<String, (PathBuf, SigningKey)>,
    name: &str,
) -> &'a SigningKey {
    let found = keys
        .values()
        .find(|(path, _)| path.file_stem().is_some_and(|stem| stem == name));
    &found
        .unwrap_or_else(|| panic!("the demo leaves keys/{name}.pem"))
        .1
}

/// Makes the whole ledger again: every payload through `change`, chain, links, `seen` and signatures redone.
pub(crate) fn remake(
    entries: &[Vec<u8>],
    keys: &BTreeMap<String, (PathBuf, SigningKey)>,
    change: impl Fn(&str) -> String,
) -> Vec<Vec<u8>> {
    let mut made: Vec<Vec<u8>> = Vec::new();
    let mut leaves: Vec<[u8; 32]> = Vec::new();
    let mut replaced: BTreeMap<String, String> = BTreeMap::new();
    let mut links: BTreeMap<String, String> = BTreeMap::new();
    for entry in entries {
        let text = std::str::from_utf8(entry).expect("UTF-8");
        let payload = Base64::decode_vec(between(text, "\"payload\":\"", "\"")).expect("base64");
        let payload = String::from_utf8(payload).expect("UTF-8");
        let stream = between(&payload, "\"stream\":\"", "\"").to_owned();
        let mut payload = change(&payload);
        // References by leaf hash (prev, seen, proposals) follow the entries that they name.
        for (old, new) in &replaced {
            payload = payload.replace(old, new);
        }
        let link = links
            .get(&stream)
            .cloned()
            .unwrap_or_else(|| "0".repeat(64));
        let old_link = between(&payload, "\"link\":\"", "\"").to_owned();
        payload = payload.replacen(&old_link, &link, 1);
        links.insert(stream, hex(&sha256(payload.as_bytes())));
        let by: Vec<String> = between(&payload, "\"by\":[", "]")
            .split(',')
            .map(|id| id.trim_matches('"').to_owned())
            .collect();
        let kind = "application/vnd.unbroken.event.v1+json";
        let pae = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
        let signatures: Vec<String> = by
            .iter()
            .map(|id| {
                let signature = keys[id].1.sign(pae.as_bytes()).to_bytes();
                format!(
                    "{{\"keyid\":\"{id}\",\"sig\":\"{}\"}}",
                    Base64::encode_string(&signature)
                )
            })
            .collect();
        let prev = leaves
            .last()
            .map_or_else(|| "0".repeat(64), |leaf| hex(leaf));
        let again = format!(
            "{{\"index\":{},\"prev\":\"{prev}\",\"received\":\"{}\",\"event\":{{\
             \"payloadType\":\"{kind}\",\"payload\":\"{}\",\"signatures\":[{}]}}}}",
            made.len(),
            between(text, "\"received\":\"", "\""),
            Base64::encode_string(payload.as_bytes()),
            signatures.join(","),
        );
        let leaf = leaf_hash(again.as_bytes());
        replaced.insert(hex(&leaf_hash(entry)), hex(&leaf));
        leaves.push(leaf);
        made.push(again.into_bytes());
    }
    made
}

pub(crate) fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).expect("the field is there") + from.len();
    &text[start..start + text[start..].find(to).expect("the field ends")]
}
