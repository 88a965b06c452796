//! A bundle is changed by somebody who re-makes manifests, tiles and lengths after each change: the record itself must give
//! it away, with the place. The bundle is a real one, of a demo.

pub(crate) mod forge;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use unbroken_verify::{Options, Verdict, VerdictKind, verify};

use forge::{Bundle, between, demo_keys, key_named, put, remake};

/// A demo's folder, made once for all tests of this file.
fn demo() -> &'static Path {
    static DEMO: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_kept, out) = DEMO.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("demo");
        run_demo(&out);
        (folder, out)
    });
    out
}

fn run_demo(out: &Path) {
    let ran = Command::new(env!("CARGO_BIN_EXE_unbroken"))
        .args(["demo", "--out"])
        .arg(out)
        .output()
        .expect("the program can be started");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

fn trusted(at_least: Option<PathBuf>) -> Options {
    Options {
        trust: Some(demo().join("trust")),
        at_least,
        ..Options::default()
    }
}

fn judge(bundle: &Bundle, options: &Options) -> Verdict {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("bundle");
    bundle.write(&place);
    verify(&place, options).expect("it can be read")
}

fn bundle() -> Bundle {
    Bundle::read(&demo().join("bundle"))
}

#[track_caller]
fn expect_invalid(verdict: &Verdict, rules: &[&str], what: &str) {
    assert_eq!(
        verdict.kind,
        VerdictKind::Invalid,
        "{what}: {}",
        verdict.to_text()
    );
    assert_eq!(verdict.exit_code(), 20);
    let first = &verdict.broken[0];
    let named = rules.is_empty() || rules.contains(&first.rule.as_str());
    assert!(
        named,
        "{what}: expected one of {rules:?}: {}",
        verdict.to_text()
    );
    assert!(
        first.entry.is_some() || first.file.is_some(),
        "{what}: no place"
    );
}

#[test]
fn the_bundle_as_it_is_holds() {
    let whole = judge(&bundle(), &trusted(None));
    assert_eq!(whole.kind, VerdictKind::Valid, "{}", whole.to_text());
    let nobody = judge(&bundle(), &Options::default());
    assert_eq!(
        (nobody.kind, nobody.exit_code()),
        (VerdictKind::NotAnchored, 21)
    );
    let directory = verify(&demo().join("ledger"), &trusted(None)).expect("read");
    assert_eq!(
        directory.kind,
        VerdictKind::Valid,
        "{}",
        directory.to_text()
    );
}

#[test]
fn a_changed_byte_of_any_record_is_found_at_its_entry() {
    let whole = bundle();
    let entries = whole.entries();
    for number in 0..entries.len() {
        let mut changed = entries.clone();
        // Another place in each entry, over all of its length.
        let at = number * 7919 % changed[number].len();
        changed[number][at] ^= 1;
        let mut forged = whole.clone();
        forged.set_entries(&changed);
        let verdict = judge(&forged, &trusted(None));
        expect_invalid(&verdict, &[], &format!("entry {number}, byte {at}"));
        let entry = verdict.broken[0].entry;
        let (here, next) = (Some(number as u64), Some(number as u64 + 1));
        let named = entry == here || entry == next || verdict.broken[0].rule == "checkpoint/root";
        assert!(named, "entry {number}, byte {at}: {}", verdict.to_text());
    }
}

#[test]
fn a_changed_byte_of_the_checkpoint_is_found() {
    let whole = bundle();
    for at in 0..whole.files["data/checkpoint"].len() {
        let mut forged = whole.clone();
        forged.files.get_mut("data/checkpoint").expect("there")[at] ^= 1;
        expect_invalid(
            &judge(&forged, &trusted(None)),
            &[],
            &format!("checkpoint, byte {at}"),
        );
    }
}

#[test]
fn a_changed_byte_of_any_disclosure_is_found() {
    let whole = bundle();
    let path = whole
        .files
        .keys()
        .find(|path| path.starts_with("data/disclosures/"));
    let path = path.expect("the demo shows them").clone();
    let text = String::from_utf8(whole.files[&path].clone()).expect("text");
    let mut start = 0;
    for (number, line) in text.lines().enumerate() {
        // The subject says whose key encrypts the fact; nothing signed names it, so it is left out here.
        let inside = start + line.find("\"disclosure\":\"").expect("a disclosure") + 14;
        let at = inside + number * 31 % (start + line.len() - 2 - inside);
        let mut forged = whole.clone();
        forged.files.get_mut(&path).expect("there")[at] ^= 1;
        let rules = [
            "disclosure/digest",
            "disclosure/form",
            "canonical/base64",
            "bundle/form",
        ];
        let rules: Vec<&str> = rules
            .into_iter()
            .chain(["canonical/string", "canonical/keys", "canonical/json"])
            .collect();
        expect_invalid(
            &judge(&forged, &trusted(None)),
            &rules,
            &format!("disclosure {number}"),
        );
        start += line.len() + 1;
    }
}

#[test]
fn removed_swapped_and_cut_entries_are_found() {
    let whole = bundle();
    let entries = whole.entries();
    for number in 0..entries.len() - 1 {
        let mut without = entries.clone();
        without.remove(number);
        let mut swapped = entries.clone();
        swapped.swap(number, number + 1);
        for (what, changed) in [("removed", without), ("swapped", swapped)] {
            let mut forged = whole.clone();
            forged.set_entries(&changed);
            let verdict = judge(&forged, &trusted(None));
            expect_invalid(&verdict, &[], &format!("{what} {number}"));
        }
    }
    for left in [1, entries.len() / 2, entries.len() - 1] {
        let mut forged = whole.clone();
        forged.set_entries(&entries[..left]);
        expect_invalid(
            &judge(&forged, &trusted(None)),
            &[],
            &format!("cut to {left}"),
        );
    }
}

/// No entry speaks of these files. Whoever has no service key leaves the signature, and it does not hold; or takes it out, and that
/// is said.
#[test]
fn a_file_beside_the_record_is_held_by_the_signature_over_the_manifest() {
    let whole = bundle();
    let says = |verdict: &Verdict, words: &str| verdict.to_text().contains(words);
    let signed = "holds        the bag's manifest: the service key signed it\n";
    assert!(says(&judge(&whole, &trusted(None)), signed));
    for path in [
        "data/docs/threat-model.md",
        "data/case.jsonld",
        "data/verify.html",
        "data/keys/index.txt",
    ] {
        let mut forged = whole.clone();
        forged.files.get_mut(path).expect("there").push(b' ');
        let without = judge(&forged, &trusted(None));
        assert_eq!(without.kind, VerdictKind::Valid, "{path}");
        assert!(!says(&without, signed), "{path}");
        for words in ["there is no manifest-sha256.txt.sig", "can make anew: "] {
            assert!(says(&without, words), "{path}: {}", without.to_text());
        }
        forged.keeps_signature = true;
        let verdict = judge(&forged, &trusted(None));
        expect_invalid(&verdict, &["bundle/signature"], path);
    }
    // Another key, another purpose, a cut: each is another text of the signature.
    let signature = whole.files["manifest-sha256.txt.sig"].clone();
    for at in (0..signature.len()).step_by(11) {
        let mut forged = whole.clone();
        let text = forged.files.get_mut("manifest-sha256.txt.sig");
        let text = text.expect("there");
        text[at] = if text[at] == b'B' { b'A' } else { b'B' };
        let what = format!("byte {at} of the signature");
        expect_invalid(
            &judge(&forged, &trusted(None)),
            &["bundle/signature"],
            &what,
        );
    }
    let mut long = whole.clone();
    let text = long.files.get_mut("manifest-sha256.txt.sig");
    text.expect("there").resize(5000, b'\n');
    expect_invalid(
        &judge(&long, &trusted(None)),
        &["bundle/signature"],
        "too long to be one",
    );
}

/// The host has the log key: it can sign a shorter ledger. Only somebody who kept an earlier checkpoint can tell.
#[test]
fn a_roll_back_is_found_by_whoever_kept_a_checkpoint() {
    let whole = bundle();
    let entries = whole.entries();
    let keys = demo_keys(demo());
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("kept");
    put(&kept, &whole.files["data/checkpoint"]);
    let holds = judge(&whole, &trusted(Some(kept.clone())));
    assert_eq!(holds.kind, VerdictKind::Valid, "{}", holds.to_text());
    let mut shorter = whole.clone();
    shorter.set_entries(&entries[..entries.len() - 2]);
    shorter.sign_checkpoint(
        &entries[..entries.len() - 2],
        &whole.origin(),
        key_named(&keys, "log"),
    );
    let alone = judge(&shorter, &trusted(None));
    assert_eq!(
        alone.kind,
        VerdictKind::Valid,
        "nothing shows it: {}",
        alone.to_text()
    );
    let verdict = judge(&shorter, &trusted(Some(kept)));
    expect_invalid(&verdict, &["at-least/smaller"], "rolled back");
}

/// Whoever holds every key can tell another story from the start; not to somebody who kept a checkpoint.
#[test]
fn a_ledger_made_again_with_all_its_keys_is_found_by_whoever_kept_a_checkpoint() {
    let whole = bundle();
    let keys = demo_keys(demo());
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("kept");
    put(&kept, &whole.files["data/checkpoint"]);
    let made = remake(&whole.entries(), &keys, |payload| {
        payload.replacen("\"class\":\"as_declared\"", "\"class\":\"identical\"", 1)
    });
    assert_ne!(made, whole.entries());
    let mut forged = whole.clone();
    forged.set_entries(&made);
    forged.sign_checkpoint(&made, &whole.origin(), key_named(&keys, "log"));
    let verdict = judge(&forged, &trusted(Some(kept)));
    // The heads that the ledger recorded of its own streams tell first; whoever makes those again meets the kept root.
    expect_invalid(&verdict, &["heads/root", "at-least/root"], "made again");
}

#[test]
fn a_ledger_made_again_with_fresh_keys_under_the_same_origin_is_found() {
    let whole = bundle();
    let keys = demo_keys(demo());
    let fresh: Vec<(String, String, SigningKey)> = keys
        .values()
        .enumerate()
        .map(|(number, (_, old))| {
            let new = SigningKey::from_bytes(&[u8::try_from(number + 1).expect("few"); 32]);
            (hex_of(old), hex_of(&new), new)
        })
        .collect();
    let by_id = fresh
        .iter()
        .map(|(_, _, new)| (id_of(new), (PathBuf::new(), new.clone())))
        .collect();
    let made = remake(&whole.entries(), &by_id, |payload| {
        fresh.iter().zip(keys.values()).fold(
            payload.to_owned(),
            |text, ((old, new, key), (_, was))| {
                text.replace(old, new).replace(&id_of(was), &id_of(key))
            },
        )
    });
    let log = fresh
        .iter()
        .find(|(old, _, _)| *old == hex_of(key_named(&keys, "log")))
        .map(|(_, _, new)| new)
        .expect("the log key");
    let mut forged = whole.clone();
    forged.set_entries(&made);
    forged.sign_checkpoint(&made, &whole.origin(), log);
    let verdict = judge(&forged, &trusted(None));
    expect_invalid(
        &verdict,
        &[
            "origin/roots",
            "type/data",
            "type/signers",
            "event/signatures",
        ],
        "fresh keys",
    );
    assert_eq!(verdict.broken[0].entry, Some(0));
}

fn hex_of(key: &SigningKey) -> String {
    forge::hex(key.verifying_key().as_bytes())
}

fn id_of(key: &SigningKey) -> String {
    forge::hex(&forge::sha256(key.verifying_key().as_bytes()))
}

#[test]
fn another_ledger_in_its_place_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = folder.path().join("other");
    run_demo(&other);
    let verdict = judge(&Bundle::read(&other.join("bundle")), &trusted(None));
    expect_invalid(&verdict, &["trust/origin"], "another ledger");
}

#[test]
fn a_partial_bundle_proves_its_streams_and_a_changed_proof_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("part");
    let stream = bundle()
        .entries()
        .iter()
        .find_map(|entry| stream_of(std::str::from_utf8(entry).expect("UTF-8")));
    let stream = stream.expect("a custodian has a stream");
    let ran = Command::new(env!("CARGO_BIN_EXE_unbroken"))
        .args(["bundle", "export", "--stream", &stream, "--case"])
        .arg(demo())
        .arg("--out")
        .arg(&place)
        .output()
        .expect("the program can be started");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let whole = Bundle::read(&place);
    let verdict = judge(&whole, &trusted(None));
    assert_eq!(verdict.kind, VerdictKind::Valid, "{}", verdict.to_text());
    assert!(!verdict.not_checked.is_empty());
    let (path, lines) = whole
        .files
        .iter()
        .find(|(path, _)| path.starts_with("data/heads/"))
        .expect("heads");
    for at in (0..lines.len()).step_by(7).filter(|at| lines[*at] != b'\n') {
        let mut forged = whole.clone();
        forged.files.get_mut(path).expect("there")[at] ^= 1;
        expect_invalid(
            &judge(&forged, &trusted(None)),
            &[],
            &format!("heads, byte {at}"),
        );
    }
}

fn stream_of(entry: &str) -> Option<String> {
    use base64ct::{Base64, Encoding};
    let payload = Base64::decode_vec(between(entry, "\"payload\":\"", "\"")).expect("base64");
    let payload = String::from_utf8(payload).expect("UTF-8");
    let stream = between(&payload, "\"stream\":\"", "\"");
    stream.starts_with("custodian/").then(|| stream.to_owned())
}

/// Reports and the format's text are covered by the bag's manifest only, which whoever tampers makes again (11.2).
fn is_covered(path: &str) -> bool {
    let covered = [
        "data/bundle.json",
        "data/checkpoint",
        "data/entries",
        "data/tile",
        "data/objects",
    ];
    covered.iter().any(|start| path.starts_with(start))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_changed_byte_that_the_record_covers_is_found(
        file in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let whole = bundle();
        let covered: Vec<&String> = whole.files.keys().filter(|path| is_covered(path)).collect();
        let path = file.get(&covered).as_str();
        let mut forged = whole.clone();
        let bytes = forged.files.get_mut(path).expect("there");
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let verdict = judge(&forged, &trusted(None));
        let text = verdict.to_text();
        prop_assert_eq!(verdict.kind, VerdictKind::Invalid, "{} byte {}: {}", path, at, text);
    }
}
