//! A small ledger, exported whole and in part; that a verifier agrees is shown in tests/it.

use std::fs;
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use unbroken_ledger::{
    Disclosure, Draft, FilePlace, Hash, Opening, Policy, PrivateKey, Role, Root, Signature, Signer,
    SystemClock, Value, VaultKey,
};

use super::*;

const STREAMS: [&str; 2] = ["custodian/one", "custodian/two"];

/// Two custodians' streams with three events each; each event discloses a name.
fn ledger(folder: &Path) -> Ledger {
    let root = PrivateKey::from_seed(&[1; 32]);
    let worker = PrivateKey::from_seed(&[2; 32]);
    let mut policy = Policy::default();
    policy
        .types
        .insert("ItemRestored/1".to_owned(), vec![Role::Worker]);
    let opening = Opening {
        name: "example.org/bundle".to_owned(),
        simulated: true,
        roots: vec![Root {
            signer: &root,
            person: "root-1".to_owned(),
        }],
        threshold: 1,
        policy,
        log: Arc::new(PrivateKey::from_seed(&[3; 32])),
        service: Arc::new(PrivateKey::from_seed(&[4; 32])),
    };
    let place = Box::new(FilePlace::new(folder.join("place")));
    let vault = VaultKey::from_bytes([5; 32]);
    let ledger = Ledger::create(
        &folder.join("ledger"),
        place,
        vault,
        &opening,
        Arc::new(SystemClock),
    )
    .expect("made");
    ledger
        .enrol(&worker, "", &[Role::Worker], &[&root])
        .expect("enrolled");
    ledger
        .hand(&STREAMS.map(str::to_owned), worker.key_id())
        .expect("handed");
    for number in 0..3 {
        for stream in STREAMS {
            let subject = stream.replace("custodian/", "");
            let fact = Disclosure::new("name", Value::text("secret name")).expect("made");
            let data = Value::object([("number", unbroken_ledger::event::integer(number))]);
            let mut draft = Draft::new(stream, "ItemRestored/1", data);
            draft.digests = vec![fact.digest()];
            ledger.vault().keep(&subject, &[fact]).expect("kept");
            ledger.emit(&draft, &[&worker]).expect("emitted");
        }
    }
    ledger
}

fn lines(folder: &Path, name: &str) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(folder.join(name)).expect("read");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}

/// The indexes of the entries in a bundle's only file of them.
fn indexes(folder: &Path) -> Vec<u64> {
    let bytes = fs::read(folder.join("data/entries/000000000000")).expect("read");
    let mut rest = &bytes[..];
    let mut indexes = Vec::new();
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let (entry, tail) = tail.split_at(usize::from(u16::from_be_bytes(*length)));
        indexes.push(
            unbroken_ledger::Entry::parse(entry)
                .expect("an entry")
                .index,
        );
        rest = tail;
    }
    indexes
}

#[test]
fn all_of_it_holds_every_entry_and_the_facts_that_were_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(folder.path());
    let checkpoint = ledger.checkpoint_now().expect("signed");
    let target = folder.path().join("bundle");
    let one = Disclosed::Subjects(BTreeSet::from(["one".to_owned()]));
    let exported = export(&ledger, &checkpoint, &[], &[], &one, &target).expect("exported");
    assert_eq!(
        exported,
        Exported {
            size: 9,
            entries: 9,
            disclosures: 3,
            heads: 0
        }
    );
    assert_eq!(indexes(&target), (0..9).collect::<Vec<_>>());
    let index = &lines(&target, "data/bundle.json")[0];
    assert_eq!(
        (index["kind"].as_str(), index["size"].as_u64()),
        (Some("full"), Some(9))
    );
    assert!(target.join("data/tile/0/000.p/9").exists());
    let page = fs::read_to_string(target.join("data/verify.html")).expect("a page");
    for name in [
        "checkpoint",
        "entries/000000000000",
        "disclosures/000000000003",
    ] {
        assert!(page.contains(&format!("data-file=\"{name}\"")), "{name}");
    }
    let shown = lines(&target, "data/disclosures/000000000003");
    assert!(
        shown.iter().all(|line| line["subject"] == "one"),
        "{shown:?}"
    );
    assert!(
        fs::read_to_string(target.join("VERIFY.txt"))
            .expect("read")
            .contains("openssl")
    );
}

#[test]
fn a_part_holds_its_streams_and_their_proofs_and_nobody_elses() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(folder.path());
    let asked = ["custodian/two".to_owned()];
    let target = folder.path().join("bundle");
    let none = ledger.checkpoint_now().expect("signed");
    let early = export(&ledger, &none, &[], &asked, &Disclosed::Nobody, &target);
    assert!(matches!(early, Err(BundleError::NoHeads)), "{early:?}");
    ledger.record_heads().expect("recorded");
    let checkpoint = ledger.checkpoint_now().expect("signed");
    let unknown = ["custodian/three".to_owned()];
    let unknown = export(
        &ledger,
        &checkpoint,
        &[],
        &unknown,
        &Disclosed::Nobody,
        &target,
    );
    assert!(
        matches!(unknown, Err(BundleError::UnknownStream { .. })),
        "{unknown:?}"
    );
    assert!(!target.exists());
    let exported = export(
        &ledger,
        &checkpoint,
        &[],
        &asked,
        &Disclosed::Everybody,
        &target,
    );
    assert_eq!(
        exported.expect("exported"),
        Exported {
            size: 10,
            entries: 7,
            disclosures: 3,
            heads: 9
        }
    );
    assert_eq!(indexes(&target), [0, 1, 2, 4, 6, 8, 9]);
    let heads = lines(&target, "data/heads/000000000000");
    let names: Vec<&str> = heads
        .iter()
        .filter_map(|head| head["stream"].as_str())
        .collect();
    assert_eq!(names, ["custodian/two", "keys", "ledger"]);
}

#[test]
fn the_same_ledger_gives_the_same_bundle() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(folder.path());
    let checkpoint = ledger.checkpoint_now().expect("signed");
    let tags = ["one", "two"].map(|name| {
        let target = folder.path().join(name);
        export(
            &ledger,
            &checkpoint,
            &[],
            &[],
            &Disclosed::Everybody,
            &target,
        )
        .expect("exported");
        fs::read(target.join("tagmanifest-sha256.txt")).expect("read")
    });
    assert_eq!(tags[0], tags[1]);
}

#[test]
fn the_service_key_signs_no_event_for_anybody() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(folder.path());
    assert!(ledger.attest(b"SSHSIG").is_ok());
    let event = unbroken_ledger::dsse::pae(b"{\"v\":1}");
    let refused = ledger.attest(&event).expect_err("an event");
    assert!(refused.to_string().contains("event"), "{refused}");
}

#[test]
fn the_head_names_the_manifest_and_the_root() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(folder.path());
    let checkpoint = ledger.checkpoint_now().expect("signed");
    let target = folder.path().join("bundle");
    export(&ledger, &checkpoint, &[], &[], &Disclosed::Nobody, &target).expect("exported");
    let envelope = &lines(&target, "head.dsse.json")[0];
    let payload = envelope["payload"].as_str().expect("a payload");
    let payload = Base64::decode_vec(payload).expect("base64");
    let kind = envelope["payloadType"].as_str().expect("a type");
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
    let signature = envelope["signatures"][0]["sig"]
        .as_str()
        .expect("a signature");
    let signature = Base64::decode_vec(signature).expect("base64");
    let signature = Signature(signature.try_into().expect("64 bytes"));
    let message = [head.as_bytes(), &payload].concat();
    assert!(ledger.service_key().verifies(&message, &signature));
    let statement: serde_json::Value = serde_json::from_slice(&payload).expect("JSON");
    let manifest = fs::read(target.join("manifest-sha256.txt")).expect("read");
    let digest = Hash::of(&manifest).to_string();
    assert_eq!(statement["subject"][0]["digest"]["sha256"], digest);
    assert_eq!(
        statement["predicate"]["root"],
        checkpoint.checkpoint.root.to_string()
    );
    assert_eq!(statement["predicate"]["edition"], "redacted");
    let keys = fs::read_to_string(target.join("data/keys/index.txt")).expect("read");
    assert_eq!(
        keys.lines()
            .filter(|line| line.contains("  active "))
            .count(),
        4
    );
}
