//! Writes a large ledger directory from docs/ledger-format.md, to measure memory and speed with tests/bench/verifier.sh and
//! the ledger's benches: `large_ledger DIR ENTRIES STREAMS [FACTS]`. With FACTS, each item discloses so many facts, and the file
//! DIR.facts holds them for the vault: a line for each event, its subject and the encoded disclosures.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

type Hash = [u8; 32];

const KIND: &str = "application/vnd.unbroken.event.v1+json";
/// Where a segment file ends and the next begins, as the ledger itself makes them.
const SEGMENT_BYTES: usize = 16 << 20;
/// Streams that one `StreamHanded` of at most 45,000 bytes names.
const PER_HANDING: usize = 1500;

fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn public(key: &SigningKey) -> String {
    hex(key.verifying_key().as_bytes())
}

fn id(key: &SigningKey) -> Hash {
    sha256(key.verifying_key().as_bytes())
}

/// The root, from the perfect subtrees so far.
#[derive(Default)]
struct Tree {
    subtrees: Vec<Hash>,
    size: u64,
}

impl Tree {
    fn push(&mut self, mut at: Hash) {
        for _ in 0..self.size.trailing_ones() {
            let left = self.subtrees.pop().expect("one a set bit");
            at = sha256(&[&[1][..], &left, &at].concat());
        }
        self.subtrees.push(at);
        self.size += 1;
    }

    fn root(&self) -> Hash {
        let joined = self.subtrees.iter().rev().copied();
        joined
            .reduce(|right, left| sha256(&[&[1][..], &left, &right].concat()))
            .unwrap_or([0; 32])
    }
}

struct Writer {
    segments: PathBuf,
    file: Option<BufWriter<File>>,
    /// Bytes in the segment file so far.
    filled: usize,
    tree: Tree,
    last: Hash,
    origin: String,
    streams: HashMap<String, (u64, Hash)>,
    /// The digests of the next event's facts.
    digests: Vec<String>,
}

impl Writer {
    /// A frame, in a new segment file where the last is full.
    fn write(&mut self, frame: &[u8]) {
        // The last 8 bytes stay free, for the length 0 that ends the frames.
        if self.file.is_none() || self.filled + frame.len() + 8 > SEGMENT_BYTES {
            self.end_segment();
            let first = self.tree.size;
            let path = self.segments.join(format!("{first:020}.seg"));
            let mut file = BufWriter::new(File::create(path).expect("a file"));
            let head = [&b"unbroken-seg-v1\n"[..], &first.to_be_bytes(), &[0; 8]].concat();
            file.write_all(&head).expect("written");
            (self.file, self.filled) = (Some(file), head.len());
        }
        let file = self.file.as_mut().expect("opened above");
        file.write_all(frame).expect("written");
        self.filled += frame.len();
    }

    fn end_segment(&mut self) {
        if let Some(mut file) = self.file.take() {
            file.flush().expect("written");
        }
    }

    fn add(&mut self, stream: &str, kind: &str, data: &str, by: &[&SigningKey]) {
        let index = self.tree.size;
        let (seq, link) = self.streams.get(stream).copied().unwrap_or_default();
        let (prev, origin) = (hex(&self.last), &self.origin);
        let ids: Vec<String> = by
            .iter()
            .map(|key| format!("\"{}\"", hex(&id(key))))
            .collect();
        let payload = format!(
            "{{\"v\":1,\"id\":\"019aaaaa-0000-7000-8000-{index:012x}\",\"origin\":\"{origin}\",\
             \"stream\":\"{stream}\",\"seq\":{seq},\"link\":\"{}\",\
             \"seen\":{{\"size\":{index},\"leaf\":\"{prev}\"}},\"type\":\"{kind}\",\
             \"at\":\"2026-11-23T20:00:00.000000Z\",\"by\":[{}],\"data\":{data},\"sd\":[{}]}}",
            hex(&link),
            ids.join(","),
            std::mem::take(&mut self.digests).join(","),
        );
        let pae = format!("DSSEv1 {} {KIND} {} {payload}", KIND.len(), payload.len());
        let signatures: Vec<String> = by
            .iter()
            .zip(&ids)
            .map(|(key, id)| {
                let signature = Base64::encode_string(&key.sign(pae.as_bytes()).to_bytes());
                format!("{{\"keyid\":{id},\"sig\":\"{signature}\"}}")
            })
            .collect();
        let entry = format!(
            "{{\"index\":{index},\"prev\":\"{prev}\",\"received\":\"2026-11-23T20:00:00.000000Z\",\
             \"event\":{{\"payloadType\":\"{KIND}\",\"payload\":\"{}\",\"signatures\":[{}]}}}}",
            Base64::encode_string(payload.as_bytes()),
            signatures.join(","),
        );
        let length = u32::try_from(entry.len()).expect("short").to_le_bytes();
        let crc = crc32c::crc32c(entry.as_bytes()).to_le_bytes();
        let frame = [&length[..], &crc, entry.as_bytes()].concat();
        self.write(&frame);
        self.last = sha256(&[&[0], entry.as_bytes()].concat());
        self.tree.push(self.last);
        self.streams
            .insert(stream.to_owned(), (seq + 1, sha256(payload.as_bytes())));
    }
}

/// The facts of one event as (digest, encoded), ascending by digest, the digest with its quotes.
fn disclosed(event: usize, facts: usize) -> Vec<(String, String)> {
    let fact = |number: usize| {
        let salt = &sha256(format!("{event} {number}").as_bytes())[..16];
        let salt = Base64UrlUnpadded::encode_string(salt);
        let text = format!(
            "[\"{salt}\",\"fact_{number}\",\"inbox/2026/{event}/a subject of some length.eml\"]"
        );
        let encoded = Base64UrlUnpadded::encode_string(text.as_bytes());
        let digest = Base64UrlUnpadded::encode_string(&sha256(encoded.as_bytes()));
        (format!("\"{digest}\""), encoded)
    };
    let mut all: Vec<_> = (0..facts).map(fact).collect();
    all.sort();
    all
}

/// Keys, and who emits in which stream.
fn found(writer: &mut Writer, names: &[String]) {
    let (root, log, service, worker) = (key(1), key(4), key(5), key(8));
    let opened = format!(
        "{{\"keys\":{{\"log\":\"{}\",\"roots\":[{{\"key\":\"{}\",\"person\":\"root\"}}],\
         \"service\":\"{}\"}},\"policy\":{{\"approvals\":{{}},\"gates\":{{}},\
         \"types\":{{\"ItemRestored/1\":[\"worker\"]}}}},\"threshold\":1}}",
        public(&log),
        public(&root),
        public(&service)
    );
    writer.add("keys", "Opened", &opened, &[&root]);
    let enrolled = format!(
        "{{\"key\":\"{}\",\"person\":\"\",\"roles\":[\"worker\"]}}",
        public(&worker)
    );
    writer.add("keys", "KeyEnrolled", &enrolled, &[&root, &worker]);
    for group in names.chunks(PER_HANDING) {
        let list = group.join("\",\"");
        let data = format!(
            "{{\"streams\":[\"{list}\"],\"to\":\"{}\"}}",
            hex(&id(&worker))
        );
        writer.add("ledger", "StreamHanded", &data, &[&service]);
    }
}

/// The checkpoint over everything.
fn close(writer: &Writer, folder: &Path) {
    let log = key(4);
    let root = Base64::encode_string(&writer.tree.root());
    let text = format!("{}\n{}\n{root}\n", writer.origin, writer.tree.size);
    let named = [
        writer.origin.as_bytes(),
        b"\n\x01",
        log.verifying_key().as_bytes(),
    ]
    .concat();
    let line = [
        &sha256(&named)[..4],
        &log.sign(text.as_bytes()).to_bytes()[..],
    ]
    .concat();
    let note = format!(
        "{text}\n\u{2014} {} {}\n",
        writer.origin,
        Base64::encode_string(&line)
    );
    let put = |name: &str, text: &str| {
        let mut file = File::create(folder.join(name)).expect("a file");
        file.write_all(text.as_bytes()).expect("written");
    };
    put("checkpoint", &note);
    put("format", "unbroken-ledger/1\n");
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("DIR"));
    let mut number = || {
        arguments
            .next()
            .expect("a number")
            .parse::<usize>()
            .expect("a number")
    };
    let (entries, streams) = (number(), number());
    let facts = arguments.next().map_or(0, |n| n.parse().expect("a number"));
    let (root, worker) = (key(1), key(8));
    let segments = folder.join("segments");
    fs::create_dir_all(&segments).expect("a folder");
    let mut writer = Writer {
        segments,
        file: None,
        filled: 0,
        tree: Tree::default(),
        last: [0; 32],
        origin: format!("example.org/large/{}/simulated", hex(&id(&root))),
        streams: HashMap::new(),
        digests: Vec::new(),
    };
    let names: Vec<String> = (0..streams).map(|n| format!("custodian/{n:08}")).collect();
    found(&mut writer, &names);
    let mut kept = (facts > 0).then(|| {
        let path = folder.with_extension("facts");
        BufWriter::new(File::create(path).expect("a file"))
    });
    for number in usize::try_from(writer.tree.size).expect("small")..entries {
        // Neighbours lie in far streams, so that no cache of the reader helps.
        let name = &names[number.wrapping_mul(7919) % streams];
        if let Some(file) = &mut kept {
            let shown = disclosed(number, facts);
            let texts: Vec<&str> = shown.iter().map(|(_, text)| &**text).collect();
            let subject = name.trim_start_matches("custodian/");
            writeln!(file, "{subject} {}", texts.join(" ")).expect("written");
            writer.digests = shown.into_iter().map(|(digest, _)| digest).collect();
        }
        writer.add(
            name,
            "ItemRestored/1",
            "{\"class\":\"identical\"}",
            &[&worker],
        );
    }
    if let Some(mut file) = kept {
        file.flush().expect("written");
    }
    writer.end_segment();
    close(&writer, &folder);
}
