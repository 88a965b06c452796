//! A small ledger, written from docs/ledger-format.md alone, and one fault after the other: each is cited by its rule, at its
//! entry. Nothing of the ledger's code is used here.

#![allow(
    clippy::assigning_clones,
    reason = "a table of faults reads better with plain assignments"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use unbroken_verify::{Options, Verdict, VerdictKind, verify};

type Hash = [u8; 32];

const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const PAYLOAD_TYPE: &str = "application/vnd.unbroken.event.v1+json";

fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

fn leaf(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry].concat())
}

fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(b""),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            sha256(&[&[1][..], &root(left), &root(right)].concat())
        }
    }
}

/// Keys by number: 1 to 3 the roots, 4 log, 5 service, 6 operator, 7 approver, 8 worker, 9 nobody's.
fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn public(number: u8) -> String {
    hex(key(number).verifying_key().as_bytes())
}

fn id(number: u8) -> String {
    hex(&sha256(key(number).verifying_key().as_bytes()))
}

/// Key numbers, ascending by keyid.
fn by_id(mut numbers: Vec<u8>) -> Vec<u8> {
    numbers.sort_by_key(|number| id(*number));
    numbers
}

fn roots() -> Vec<u8> {
    let mut roots = vec![1, 2, 3];
    roots.sort_by_key(|number| public(*number));
    roots
}

fn origin() -> String {
    let keys: Vec<u8> = roots()
        .iter()
        .flat_map(|number| key(*number).verifying_key().to_bytes())
        .collect();
    format!("example.org/faults/{}/simulated", hex(&sha256(&keys)))
}

/// An event before it is spelled; `None` is what is right.
#[derive(Clone)]
struct Event {
    stream: String,
    kind: &'static str,
    data: String,
    by: Vec<u8>,
    signed_by: Option<Vec<u8>>,
    origin: Option<String>,
    seq: Option<u64>,
    link: Option<String>,
    seen_size: Option<u64>,
    seen_leaf: Option<String>,
    sd: String,
    received: &'static str,
    payload: fn(String) -> String,
    entry: fn(String) -> String,
}

fn event(stream: &str, kind: &'static str, data: &str, by: &[u8]) -> Event {
    Event {
        stream: stream.to_owned(),
        kind,
        data: data.to_owned(),
        by: by.to_vec(),
        signed_by: None,
        origin: None,
        seq: None,
        link: None,
        seen_size: None,
        seen_leaf: None,
        sd: String::new(),
        received: "2026-11-23T20:00:00.000000Z",
        payload: |text| text,
        entry: |text| text,
    }
}

#[derive(Default)]
struct Written {
    entries: Vec<Vec<u8>>,
    leaves: Vec<Hash>,
    streams: BTreeMap<String, (u64, String)>,
}

impl Written {
    fn add(&mut self, event: &Event) {
        let index = self.entries.len();
        let (next, link) = self
            .streams
            .get(&event.stream)
            .cloned()
            .unwrap_or((0, ZEROS.to_owned()));
        let leaf_before = |size: usize| match size {
            0 => ZEROS.to_owned(),
            size => self
                .leaves
                .get(size - 1)
                .map_or_else(|| "f".repeat(64), |leaf| hex(leaf)),
        };
        let seen = event.seen_size.unwrap_or(index as u64);
        let at = usize::try_from(seen).expect("small");
        let list = |ids: Vec<String>| format!("\"{}\"", ids.join("\",\""));
        let payload = format!(
            "{{\"v\":1,\"id\":\"019aaaaa-0000-7000-8000-{index:012x}\",\"origin\":\"{}\",\
             \"stream\":\"{}\",\"seq\":{},\"link\":\"{}\",\
             \"seen\":{{\"size\":{seen},\"leaf\":\"{}\"}},\"type\":\"{}\",\
             \"at\":\"2026-11-23T20:00:00.000000Z\",\"by\":[{}],\"data\":{},\"sd\":[{}]}}",
            event.origin.clone().unwrap_or_else(origin),
            event.stream,
            event.seq.unwrap_or(next),
            event.link.clone().unwrap_or(link),
            event.seen_leaf.clone().unwrap_or_else(|| leaf_before(at)),
            event.kind,
            list(event.by.iter().map(|number| id(*number)).collect()),
            event.data.replace("PROPOSAL", &self.proposal()),
            event.sd,
        );
        let payload = (event.payload)(payload);
        let pae = format!(
            "DSSEv1 {} {PAYLOAD_TYPE} {} {payload}",
            PAYLOAD_TYPE.len(),
            payload.len()
        );
        let signatures: Vec<String> = event
            .signed_by
            .as_ref()
            .unwrap_or(&event.by)
            .iter()
            .zip(&event.by)
            .map(|(signer, named)| {
                let signature = key(*signer).sign(pae.as_bytes()).to_bytes();
                let signature = Base64::encode_string(&signature);
                format!("{{\"keyid\":\"{}\",\"sig\":\"{signature}\"}}", id(*named))
            })
            .collect();
        let entry = format!(
            "{{\"index\":{index},\"prev\":\"{}\",\"received\":\"{}\",\"event\":{{\"payloadType\":\
             \"{PAYLOAD_TYPE}\",\"payload\":\"{}\",\"signatures\":[{}]}}}}",
            leaf_before(index),
            event.received,
            Base64::encode_string(payload.as_bytes()),
            signatures.join(","),
        );
        let entry = (event.entry)(entry).into_bytes();
        self.streams.insert(
            event.stream.clone(),
            (next + 1, hex(&sha256(payload.as_bytes()))),
        );
        self.leaves.push(leaf(&entry));
        self.entries.push(entry);
    }

    /// The leaf hash of the entry that asked for approval.
    fn proposal(&self) -> String {
        self.leaves
            .get(PROPOSED)
            .map_or_else(|| ZEROS.to_owned(), |leaf| hex(leaf))
    }

    fn write(&self, dir: &Path) {
        fs::create_dir_all(dir.join("segments")).expect("a folder");
        put(&dir.join("format"), b"unbroken-ledger/1\n");
        let mut segment = b"unbroken-seg-v1\n".to_vec();
        segment.extend([0; 16]);
        for entry in &self.entries {
            segment.extend(u32::try_from(entry.len()).expect("short").to_le_bytes());
            segment.extend(crc32c::crc32c(entry).to_le_bytes());
            segment.extend(entry);
        }
        put(&dir.join("segments/00000000000000000000.seg"), &segment);
        let root = Base64::encode_string(&root(&self.leaves));
        let text = format!("{}\n{}\n{root}\n", origin(), self.entries.len());
        let log = key(4);
        let public = log.verifying_key();
        let name = [origin().as_bytes(), b"\n\x01", public.as_bytes()].concat();
        let line = [
            &sha256(&name)[..4],
            &log.sign(text.as_bytes()).to_bytes()[..],
        ]
        .concat();
        let line = Base64::encode_string(&line);
        let note = format!("{text}\n\u{2014} {} {line}\n", origin());
        put(&dir.join("checkpoint"), note.as_bytes());
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "tests plant files that nobody needs to keep"
)]
fn put(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("written");
}

const ENROLLED: usize = 1;
const HANDED: usize = 4;
const PROPOSED: usize = 5;
const APPROVED: usize = 6;
const ADOPTED: usize = 7;
const ATTEMPTED: usize = 8;
const RESTORED: usize = 9;

/// A ledger in which every rule holds.
fn sound() -> Vec<Event> {
    let listed: Vec<String> = roots()
        .iter()
        .map(|number| {
            format!(
                "{{\"key\":\"{}\",\"person\":\"root-{number}\"}}",
                public(*number)
            )
        })
        .collect();
    let policy = "{\"approvals\":{\"PlanAdopted/1\":{\"m\":1,\"scope\":\"plan\"}},\
        \"gates\":{\"ItemAttempted/1\":[\"approval/\",\"case/\",\"keys\"]},\
        \"types\":{\"ItemAttempted/1\":[\"worker\"],\"ItemRestored/1\":[\"worker\"],\
        \"PlanAdopted/1\":[\"operator\"]}}";
    let opened = format!(
        "{{\"keys\":{{\"log\":\"{}\",\"roots\":[{}],\"service\":\"{}\"}},\"policy\":{policy},\
         \"threshold\":2}}",
        public(4),
        listed.join(","),
        public(5)
    );
    let enrol = |number: u8, person: &str, role: &str| {
        let data = format!(
            "{{\"key\":\"{}\",\"person\":\"{person}\",\"roles\":[\"{role}\"]}}",
            public(number)
        );
        let mut by = by_id(vec![1, 2]);
        by.push(number);
        event("keys", "KeyEnrolled", &data, &by)
    };
    let handed = format!("{{\"streams\":[\"custodian/c1\"],\"to\":\"{}\"}}", id(8));
    let digest = "ab".repeat(32);
    let proposed = format!(
        "{{\"digest\":\"{digest}\",\"expires\":\"2026-12-01T00:00:00.000000Z\",\"scope\":\"plan\"}}"
    );
    let adopted = format!("{{\"digest\":\"{digest}\",\"proposal\":\"PROPOSAL\"}}");
    let case = format!("case/{}", id(6));
    vec![
        event("keys", "Opened", &opened, &by_id(roots())),
        enrol(6, "olga", "operator"),
        enrol(7, "anna", "approver"),
        enrol(8, "", "worker"),
        event("ledger", "StreamHanded", &handed, &[5]),
        event(&case, "Proposed", &proposed, &[6]),
        event(
            "approval/PROPOSAL",
            "Approved",
            "{\"proposal\":\"PROPOSAL\"}",
            &[7],
        ),
        event(&case, "PlanAdopted/1", &adopted, &[6]),
        event("custodian/c1", "ItemAttempted/1", "{\"attempt\":1}", &[8]),
        event("custodian/c1", "ItemRestored/1", "{\"attempt\":1}", &[8]),
    ]
}

fn write(events: &[Event], dir: &Path) {
    let mut written = Written::default();
    for event in events {
        let mut event = event.clone();
        if event.stream == "approval/PROPOSAL" {
            event.stream = format!("approval/{}/{}", written.proposal(), id(event.by[0]));
        }
        written.add(&event);
    }
    written.write(dir);
}

fn judge(events: &[Event]) -> Verdict {
    let folder = tempfile::tempdir().expect("a folder");
    write(events, folder.path());
    verify(folder.path(), &Options::default()).expect("it can be read")
}

#[test]
fn the_sound_ledger_holds() {
    let verdict = judge(&sound());
    assert_eq!(
        verdict.kind,
        VerdictKind::NotAnchored,
        "{}",
        verdict.to_text()
    );
    assert_eq!(verdict.entries, 10);
}

/// Another hex digit right behind a piece of text.
fn other_digit_after(text: &str, piece: &str) -> String {
    let at = text.find(piece).expect("it is there") + piece.len();
    let digit = if text[at..].starts_with('0') {
        "1"
    } else {
        "0"
    };
    format!("{}{digit}{}", &text[..at], &text[at + 1..])
}

type Fault = fn(&mut Vec<Event>);

/// Rule, entry, and what is done to the sound ledger.
const FAULTS: [(&str, usize, Fault); 46] = [
    ("entry/index", RESTORED, |e| {
        e[RESTORED].entry = |t| t.replacen("\"index\":9", "\"index\":8", 1);
    }),
    ("entry/prev", RESTORED, |e| {
        e[RESTORED].entry = |t| other_digit_after(&t, "\"prev\":\"");
    }),
    ("entry/received", RESTORED, |e| {
        e[RESTORED].received = "2026-11-23T19:59:59.999999Z";
    }),
    ("entry/payload-type", RESTORED, |e| {
        e[RESTORED].entry = |t| t.replacen("event.v1", "event.v2", 1);
    }),
    ("canonical/fields", RESTORED, |e| {
        e[RESTORED].entry = |t| t.replacen("{\"index\"", "{\"x\":1,\"index\"", 1);
    }),
    ("canonical/whitespace", RESTORED, |e| {
        e[RESTORED].entry = |t| t + "\n";
    }),
    ("canonical/time", RESTORED, |e| {
        e[RESTORED].received = "2026-11-23T20:00:00Z";
    }),
    ("canonical/base64", RESTORED, |e| {
        e[RESTORED].entry = |t| t.replacen("\"payload\":\"", "\"payload\":\"=", 1);
    }),
    ("canonical/keys", RESTORED, |e| {
        e[RESTORED].data = "{\"b\":1,\"a\":2}".to_owned();
    }),
    ("canonical/number", RESTORED, |e| {
        e[RESTORED].data = "{\"attempt\":1.0}".to_owned();
    }),
    ("canonical/null", RESTORED, |e| {
        e[RESTORED].data = "{\"attempt\":null}".to_owned();
    }),
    ("canonical/string", RESTORED, |e| {
        e[RESTORED].data = "{\"a\":\"\\/\"}".to_owned();
    }),
    ("event/version", RESTORED, |e| {
        e[RESTORED].payload = |t| t.replacen("\"v\":1", "\"v\":2", 1);
    }),
    ("event/id", RESTORED, |e| {
        e[RESTORED].payload = |t| t.replacen("-7000-", "-4000-", 1);
    }),
    ("event/origin", RESTORED, |e| {
        e[RESTORED].origin = Some("example.org/other".to_owned());
    }),
    ("event/stream", RESTORED, |e| {
        e[RESTORED].stream = "Custodian".to_owned();
    }),
    ("event/type", RESTORED, |e| {
        e[RESTORED].kind = "ItemRestored";
    }),
    ("event/by", RESTORED, |e| e[RESTORED].by = vec![8, 8]),
    ("event/sd", RESTORED, |e| {
        e[RESTORED].sd = "\"short\"".to_owned();
    }),
    ("event/signatures", RESTORED, |e| {
        e[RESTORED].entry = |t| other_digit_after(&t, "\"keyid\":\"");
    }),
    ("opened/first", RESTORED, |e| {
        let again = e[0].clone();
        e[RESTORED] = again;
    }),
    ("key/unknown", RESTORED, |e| e[RESTORED].by = vec![9]),
    ("key/inactive", RESTORED + 1, |e| {
        let data = format!(
            "{{\"from_index\":9,\"key\":\"{}\",\"reason\":\"lost\"}}",
            id(8)
        );
        e.insert(
            RESTORED,
            event("keys", "KeyRevoked", &data, &by_id(vec![1, 2])),
        );
        e.swap_remove(RESTORED + 1);
        e.push(event("custodian/c1", "ItemRestored/1", "{}", &[8]));
    }),
    ("signature/strict", RESTORED, |e| {
        e[RESTORED].signed_by = Some(vec![9]);
    }),
    ("stream/seq", RESTORED, |e| e[RESTORED].seq = Some(2)),
    ("stream/link", RESTORED, |e| {
        e[RESTORED].link = Some("ab".repeat(32));
    }),
    ("stream/emitter", RESTORED, |e| {
        e[RESTORED] = event("custodian/c2", "ItemRestored/1", "{}", &[8]);
    }),
    ("seen/size", RESTORED, |e| e[RESTORED].seen_size = Some(10)),
    ("seen/size", RESTORED, |e| e[RESTORED].seen_size = Some(3)),
    ("seen/leaf", RESTORED, |e| {
        e[RESTORED].seen_leaf = Some("ab".repeat(32));
    }),
    ("role/type", RESTORED, |e| e[RESTORED].kind = "ItemHeld/1"),
    ("role/type", RESTORED, |e| {
        e[RESTORED].kind = "PlanAdopted/1";
    }),
    ("gate/stale", ATTEMPTED, |e| {
        e[ATTEMPTED].seen_size = Some(7);
    }),
    ("approval/missing", ADOPTED, |e| {
        e[ADOPTED].data = format!("{{\"proposal\":\"{}\"}}", "cd".repeat(32));
    }),
    ("approval/scope", ADOPTED, |e| {
        e[PROPOSED].data = e[PROPOSED].data.replace("\"plan\"", "\"erase\"");
    }),
    ("approval/digest", ADOPTED, |e| {
        e[ADOPTED].data = e[ADOPTED].data.replace("abab", "acab");
    }),
    ("approval/expired", ADOPTED, |e| {
        e[PROPOSED].data = e[PROPOSED].data.replace("2026-12", "2026-10");
    }),
    ("approval/consumed", ATTEMPTED, |e| {
        e[ATTEMPTED] = e[ADOPTED].clone();
    }),
    ("approval/rejected", ADOPTED, |e| {
        e[APPROVED].kind = "Rejected";
    }),
    ("approval/count", APPROVED, |e| {
        e.remove(APPROVED);
    }),
    ("type/signers", ENROLLED, |e| {
        e[ENROLLED].by = vec![1, 6];
    }),
    ("type/stream", HANDED + 1, |e| {
        let handed = format!("{{\"streams\":[\"custodian/c2\"],\"to\":\"{}\"}}", id(5));
        e.insert(HANDED, event("ledger", "StreamHanded", &handed, &[5]));
        let again = handed.replace("c2", "c3");
        e.insert(
            HANDED + 1,
            event("custodian/c2", "StreamHanded", &again, &[5]),
        );
    }),
    ("type/data", HANDED, |e| {
        e[HANDED].data = e[HANDED].data.replace("custodian/c1", "keys");
    }),
    ("key/again", 3, |e| {
        let again = e[2].clone();
        e[3] = again;
    }),
    ("key/person", 2, |e| {
        e[2].data = e[2].data.replace("anna", "");
    }),
    ("origin/roots", 0, |e| {
        e[0].origin = Some(format!("example.org/faults/{}", "ab".repeat(32)));
    }),
];

#[test]
fn each_fault_is_cited_by_its_rule_at_its_entry() {
    let mut wrong = Vec::new();
    for (number, (rule, entry, fault)) in FAULTS.iter().enumerate() {
        let mut events = sound();
        fault(&mut events);
        let verdict = judge(&events);
        let first = verdict.broken.first();
        let found = first.map(|found| (found.rule.as_str(), found.entry));
        if found != Some((*rule, Some(*entry as u64))) {
            wrong.push(format!(
                "{number} {rule} at {entry}: {found:?} {:?}",
                first.map(|f| &f.why)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Section 13 of the page, made from the sound ledger: the last of its entries, and what follows from all of them.
fn worked_example() -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let events = sound();
    let mut written = Written::default();
    for event in &events {
        let mut event = event.clone();
        if event.stream == "approval/PROPOSAL" {
            event.stream = format!("approval/{}/{}", written.proposal(), id(event.by[0]));
        }
        written.add(&event);
    }
    written.write(folder.path());
    let entry = String::from_utf8(written.entries[RESTORED].clone()).expect("UTF-8");
    let start = entry.find("\"payload\":\"").expect("a payload") + 11;
    let end = start + entry[start..].find('"').expect("its end");
    let payload = Base64::decode_vec(&entry[start..end]).expect("base64");
    let note = fs::read_to_string(folder.path().join("checkpoint")).expect("written");
    format!(
        "event bytes of entry 9 (`custodian/c1`, seq 1):\n```\n{}\n```\n\
         the signed bytes begin with `DSSEv1 {} {PAYLOAD_TYPE} {} ` \
         and go on with the event bytes; entry bytes:\n```\n{entry}\n```\n\
         leaf hashes of entries 0 to 9:\n```\n{}\n```\n\
         root of all ten: `{}`; the checkpoint:\n```\n{note}```\n",
        String::from_utf8(payload.clone()).expect("UTF-8"),
        PAYLOAD_TYPE.len(),
        payload.len(),
        written
            .leaves
            .iter()
            .map(|leaf| hex(leaf))
            .collect::<Vec<_>>()
            .join("\n"),
        hex(&root(&written.leaves)),
    )
}

#[test]
fn the_worked_example_of_the_page_is_what_its_rules_give() {
    let page = include_str!("../../docs/ledger-format.md");
    let example = worked_example();
    assert!(
        page.contains(&example),
        "section 13 has to hold:\n{example}"
    );
}
