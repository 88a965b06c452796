//! A small ledger, written from docs/ledger-format.md alone, and one fault after the other: each is cited by its rule, at its
//! entry. Nothing of the ledger's code is used here.

#![allow(
    clippy::assigning_clones,
    reason = "a table of faults reads better with plain assignments"
)]

#[path = "forge/forge.rs"]
mod forge;

use base64ct::{Base64, Encoding};
use unbroken_verify::{Options, Verdict, VerdictKind, verify};

use forge::chain::{Chain, Event, event};
use forge::place::{directory, put};
use forge::sound::{
    ADOPTED, APPROVED, ATTEMPTED, ENROLLED, HANDED, PROPOSED, RESTORED, origin, sound,
};
use forge::{PAYLOAD_TYPE, by_id, hex, id, root};

fn judge(events: &[Event]) -> Verdict {
    let folder = tempfile::tempdir().expect("a folder");
    let chain = Chain::of(&origin(), events);
    put(folder.path(), &directory(&chain, chain.note().as_bytes()));
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
        e[RESTORED].entry(|t| t.replacen("\"index\":9", "\"index\":8", 1));
    }),
    ("entry/prev", RESTORED, |e| {
        e[RESTORED].entry(|t| other_digit_after(&t, "\"prev\":\""));
    }),
    ("entry/received", RESTORED, |e| {
        e[RESTORED].received = "2026-11-23T19:59:59.999999Z";
    }),
    ("entry/payload-type", RESTORED, |e| {
        e[RESTORED].entry(|t| t.replacen("event.v1", "event.v2", 1));
    }),
    ("canonical/fields", RESTORED, |e| {
        e[RESTORED].entry(|t| t.replacen("{\"index\"", "{\"x\":1,\"index\"", 1));
    }),
    ("canonical/whitespace", RESTORED, |e| {
        e[RESTORED].entry(|t| t + "\n");
    }),
    ("canonical/time", RESTORED, |e| {
        e[RESTORED].received = "2026-11-23T20:00:00Z";
    }),
    ("canonical/base64", RESTORED, |e| {
        e[RESTORED].entry(|t| t.replacen("\"payload\":\"", "\"payload\":\"=", 1));
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
        e[RESTORED].payload(|t| t.replacen("\"v\":1", "\"v\":2", 1));
    }),
    ("event/id", RESTORED, |e| {
        e[RESTORED].payload(|t| t.replacen("-7000-", "-4000-", 1));
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
        e[RESTORED].entry(|t| other_digit_after(&t, "\"keyid\":\""));
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
    let written = Chain::of(&origin(), &sound());
    let entry = String::from_utf8(written.entries[RESTORED].clone()).expect("UTF-8");
    let start = entry.find("\"payload\":\"").expect("a payload") + 11;
    let end = start + entry[start..].find('"').expect("its end");
    let payload = Base64::decode_vec(&entry[start..end]).expect("base64");
    let note = written.note();
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
