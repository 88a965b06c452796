//! The editions of one case: they verify to one head, they are the same byte for byte when they are made again, and the
//! redacted one gives nobody away in any encoding.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use unbroken_ledger::{FilePlace, Ledger, PrivateKey, SystemClock, Value, VaultKey};
use unbroken_verify::{Options, VerdictKind, verify};

/// A demo that ran, and what it was made of.
struct Demo {
    folder: tempfile::TempDir,
}

impl Demo {
    fn new() -> Self {
        let demo = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        let out = demo.path("demo").display().to_string();
        run(&["demo", "--out", &out]);
        demo
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn export(&self, name: &str, words: &[&str]) -> PathBuf {
        self.export_of("demo", name, words)
    }

    fn export_of(&self, case: &str, name: &str, words: &[&str]) -> PathBuf {
        let (case, out) = (self.path(case), self.path(name));
        let (case, place) = (case.display().to_string(), out.display().to_string());
        run(&[
            &["bundle", "export", "--case", &case, "--out", &place][..],
            words,
        ]
        .concat());
        out
    }

    /// The root that the verifier finds valid.
    fn root(&self, bundle: &Path) -> String {
        let options = Options {
            trust: Some(self.path("demo/trust")),
            ..Options::default()
        };
        let verdict = verify(bundle, &options).expect("readable");
        assert_eq!(verdict.kind, VerdictKind::Valid, "{}", verdict.to_text());
        let note = fs::read_to_string(bundle.join("data/checkpoint")).expect("read");
        note.lines().nth(2).expect("a root").to_owned()
    }

    fn open(&self) -> Ledger {
        let keys = self.path("demo/keys");
        let key = |name: &str| {
            let pem = fs::read_to_string(keys.join(name)).expect("a key");
            Arc::new(PrivateKey::from_pem(&pem, None).expect("a key"))
        };
        let vault = fs::read(keys.join("vault.key")).expect("a key");
        Ledger::open(
            &self.path("demo/ledger"),
            Box::new(FilePlace::new(
                self.path("demo/checkpoint-place/checkpoint"),
            )),
            VaultKey::from_bytes(vault.try_into().expect("32 bytes")),
            key("log.pem"),
            key("service.pem"),
            Arc::new(SystemClock),
        )
        .expect("opened")
    }

    /// A custodian's pseudonym.
    fn custodian(&self) -> String {
        let ledger = self.open();
        let streams = ledger.with_state(|state| {
            let names = state.streams().map(|(name, _)| name.to_owned());
            names.collect::<BTreeSet<_>>()
        });
        let found = streams
            .iter()
            .find_map(|name| name.strip_prefix("custodian/"));
        found.expect("a custodian").to_owned()
    }
}

fn run(words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unbroken"));
    let ran = command
        .args(words)
        .env("NO_COLOR", "1")
        .output()
        .expect("started");
    let complaint = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{words:?}: {complaint}");
    String::from_utf8(ran.stdout).expect("UTF-8")
}

/// Every file below a folder, by its path.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(&below).expect("listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .expect("below")
                    .display()
                    .to_string();
                files.insert(name, fs::read(&path).expect("read"));
            }
        }
    }
    files
}

fn copy(from: &Path, to: &Path) {
    for (name, bytes) in tree(from) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }
}

/// What the envelope's payload says.
fn statement(bundle: &Path) -> serde_json::Value {
    let text = fs::read_to_string(bundle.join("head.dsse.json")).expect("read");
    let envelope: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let payload = envelope["payload"].as_str().expect("a payload");
    serde_json::from_slice(&Base64::decode_vec(payload).expect("base64")).expect("JSON")
}

#[test]
fn the_editions_of_a_case_verify_to_one_head_and_again_to_the_byte() {
    let demo = Demo::new();
    let one = demo.custodian();
    let full = demo.export("full", &["--edition", "full"]);
    let redacted = demo.export("redacted", &["--edition", "redacted"]);
    let custodian = demo.export("custodian", &["--custodian", &one]);
    let root = demo.root(&full);
    assert_eq!(demo.root(&redacted), root);
    assert_eq!(demo.root(&custodian), root);
    let said: Vec<_> = [&full, &redacted, &custodian]
        .map(|bundle| statement(bundle)["predicate"].clone())
        .into();
    let names: Vec<_> = said.iter().map(|head| head["edition"].as_str()).collect();
    assert_eq!(names, [Some("full"), Some("redacted"), Some("custodian")]);
    assert!(said.iter().all(|head| head["root"] == said[0]["root"]));
    let shown: Vec<_> = said
        .iter()
        .map(|head| head["counts"]["disclosures"].as_u64().expect("a count"))
        .collect();
    assert!(
        shown[0] > shown[2] && shown[2] > 0 && shown[1] == 0,
        "{shown:?}"
    );

    copy(&demo.path("demo"), &demo.path("copied"));
    for (first, words) in [
        (&full, &["--edition", "full"][..]),
        (&redacted, &[]),
        (&custodian, &["--custodian", &one]),
    ] {
        let again = demo.export("again", words);
        assert!(
            tree(first) == tree(&again),
            "{words:?}: another bundle the second time"
        );
        fs::remove_dir_all(&again).expect("removed");
        let elsewhere = demo.export_of("copied", "elsewhere", words);
        assert!(
            tree(first) == tree(&elsewhere),
            "{words:?}: another bundle from a copy"
        );
        fs::remove_dir_all(&elsewhere).expect("removed");
    }
}

/// Every text of a fact, whole and in its parts: the lines, the steps of a path, the two sides of an address.
fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            // An answer of the tenant is kept byte for byte: what stands in it counts, not its commas.
            if let Ok(inside @ serde_json::Value::Object(_)) = serde_json::from_str(text) {
                return strings(&inside, found);
            }
            found.insert(text.clone());
            let parts = text.split(['/', '\\', '@', '#', '\n', '"', ' ']);
            found.extend(parts.map(str::to_owned));
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.iter().for_each(|(_, item)| texts(item, found)),
        Value::Integer(number) => {
            found.insert(number.to_string());
        }
        Value::Bool(_) => {}
    }
}

/// Fields of a plan's row that stand in events too: a pseudonym, and classes.
const CLASSES: [&str; 5] = ["decision", "item", "pre_breach", "reason", "workload"];

/// What nobody may find: every fact of the vault, and what the sealed parts of the plans say.
fn secrets(demo: &Demo) -> BTreeSet<String> {
    let ledger = demo.open();
    let mut found = BTreeSet::new();
    let subjects = ledger.vault().subjects().expect("listed");
    assert!(subjects.len() > 2, "{subjects:?}");
    for subject in &subjects {
        for fact in ledger.vault().facts(subject).expect("opened") {
            texts(fact.disclosure.value(), &mut found);
        }
    }
    let mut sealed = 0;
    for (_, bytes) in tree(&demo.path("demo/ledger/objects")) {
        for subject in &subjects {
            let Ok(plain) = ledger.vault().open_object(subject, &bytes) else {
                continue;
            };
            sealed += 1;
            for row in serde_json::Deserializer::from_slice(&plain).into_iter() {
                let Ok(serde_json::Value::Object(row)) = row else {
                    break;
                };
                let personal = row
                    .iter()
                    .filter(|(name, _)| !CLASSES.contains(&name.as_str()));
                personal.for_each(|(_, field)| strings(field, &mut found));
            }
        }
    }
    assert!(sealed > 1, "the plan's parts and the case's secret");
    found
}

fn strings(value: &serde_json::Value, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::String(text) => texts(&Value::text(text), found),
        serde_json::Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        serde_json::Value::Object(fields) => {
            fields.values().for_each(|item| strings(item, found));
        }
        _ => {}
    }
}

/// What the format itself says, so that finding it gives nobody away.
fn is_public(text: &str, public: &str) -> bool {
    let short = text.len() < 6;
    let number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    // Each event says when it was; so does a tenant of a password.
    let number = number || chrono::DateTime::parse_from_rfc3339(text).is_ok();
    short || number || public.contains(text)
}

/// The text in every encoding in which it could stand in a file. Base64 has three, by the bytes before it; the digits that
/// mix with the neighbours are cut off.
fn encodings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = text.as_bytes();
    let mut hex = String::new();
    for byte in bytes {
        write!(hex, "{byte:02x}").expect("a string");
    }
    let wide = |little: bool| -> Vec<u8> {
        let units = text.encode_utf16();
        units
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    };
    let json = serde_json::to_string(text).expect("JSON");
    let mut ascii = String::new();
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => ascii.push(char::from(byte)),
            _ => write!(ascii, "\\u{unit:04x}").expect("a string"),
        }
    }
    let mut percent = String::new();
    for byte in bytes {
        write!(percent, "%{byte:02X}").expect("a string");
    }
    let mut all = vec![
        ("raw", bytes.to_vec()),
        ("upper hex", hex.to_uppercase().into_bytes()),
        ("hex", hex.into_bytes()),
        ("UTF-16LE", wide(true)),
        ("UTF-16BE", wide(false)),
        ("JSON", json.as_bytes()[1..json.len() - 1].to_vec()),
        ("JSON in ASCII", ascii.into_bytes()),
        ("percent", percent.into_bytes()),
    ];
    for before in 0..3 {
        let padded = [&vec![0; before][..], bytes].concat();
        let (start, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        let cut = |text: String| text.as_bytes()[start..end].to_vec();
        all.push(("base64", cut(Base64::encode_string(&padded))));
        all.push(("base64url", cut(Base64UrlUnpadded::encode_string(&padded))));
    }
    all
}

/// A file, and what stands in it behind base64: the events of the entries and the statement.
fn layers(name: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut layers = vec![(name.to_owned(), bytes.to_vec())];
    let text = String::from_utf8_lossy(bytes);
    for piece in text.split("\"payload\":\"").skip(1) {
        let digits = piece.split('"').next().unwrap_or_default();
        // The format's own page has examples that are cut.
        if let Ok(inner) = Base64::decode_vec(digits) {
            layers.push((format!("{name}, a payload"), inner));
        }
    }
    layers
}

/// Which of the texts stand where.
fn leaks(bundle: &Path, wanted: &BTreeSet<String>) -> Vec<String> {
    let mut needles = BTreeMap::new();
    for text in wanted {
        for (encoding, bytes) in encodings(text) {
            needles
                .entry(bytes)
                .or_insert_with(|| (text.clone(), encoding));
        }
    }
    // By their first four bytes, so that one walk over a file finds them all.
    let mut starts: BTreeMap<[u8; 4], Vec<&Vec<u8>>> = BTreeMap::new();
    for bytes in needles.keys() {
        let start = *bytes.first_chunk::<4>().expect("at least six letters");
        starts.entry(start).or_default().push(bytes);
    }
    let mut found = Vec::new();
    for (name, bytes) in tree(bundle) {
        assert!(
            !wanted.iter().any(|text| name.contains(text.as_str())),
            "{name}"
        );
        for (place, bytes) in layers(&name, &bytes) {
            for at in 0..bytes.len().saturating_sub(3) {
                let start = *bytes[at..].first_chunk::<4>().expect("four bytes");
                for needle in starts.get(&start).into_iter().flatten() {
                    if bytes[at..].starts_with(needle) {
                        let (text, encoding) = &needles[*needle];
                        found.push(format!("{place}: {text:?} in {encoding}"));
                    }
                }
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_redacted_edition_gives_nobody_away_in_any_encoding() {
    let demo = Demo::new();
    let redacted = demo.export("redacted", &["--edition", "redacted"]);
    // What everybody may know: the format, our own words, and the names of the record's types, classes and reasons.
    let public = [
        include_str!("../../docs/ledger-format.md"),
        include_str!("../../docs/fidelity.md"),
        include_str!("../../docs/gates.md"),
        include_str!("../../docs/threat-model.md"),
        include_str!("../../src/reports/verify.txt"),
        include_str!("../../src/domain/event.rs"),
    ]
    .concat();
    // And the program of the page that checks itself.
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reports/html");
    let public = ["page", "record"].iter().fold(public, |text, folder| {
        let files = tree(&page.join(folder))
            .into_values()
            .flatten()
            .collect::<Vec<_>>();
        text + &String::from_utf8_lossy(&files)
    });
    let all = secrets(&demo);
    let wanted: BTreeSet<String> = all
        .iter()
        .filter(|text| !is_public(text, &public))
        .cloned()
        .collect();
    assert!(wanted.len() > 100, "{} of {}", wanted.len(), all.len());
    let people = wanted.iter().filter(|text| text.contains('@')).count();
    assert!(people > 0, "no address among them");
    let found = leaks(&redacted, &wanted);
    assert!(
        found.is_empty(),
        "{} leaks:\n{}",
        found.len(),
        found.join("\n")
    );
    // The search finds what is there: the full edition shows them, behind base64url.
    let full = demo.export("full", &["--edition", "full"]);
    let found = leaks(&full, &wanted);
    assert!(found.len() > 100, "{}", found.join("\n"));
}

#[test]
fn every_encoding_is_found_where_it_is_planted() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = "Größe der Kräne.xlsx";
    let wanted = BTreeSet::from([secret.to_owned()]);
    for (number, (encoding, bytes)) in encodings(secret).into_iter().enumerate() {
        let bundle = folder.path().join(number.to_string());
        fs::create_dir(&bundle).expect("made");
        fs::write(
            bundle.join("file"),
            [b"before ", &bytes[..], b" behind"].concat(),
        )
        .expect("written");
        assert_eq!(leaks(&bundle, &wanted).len(), 1, "{encoding}");
    }
    for before in 0..3 {
        let bundle = folder.path().join(format!("inside-{before}"));
        fs::create_dir(&bundle).expect("made");
        let inside = [&vec![b'x'; before][..], secret.as_bytes(), b"yz"].concat();
        fs::write(bundle.join("file"), Base64::encode_string(&inside)).expect("written");
        assert_eq!(leaks(&bundle, &wanted).len(), 1, "behind {before} bytes");
    }
}
