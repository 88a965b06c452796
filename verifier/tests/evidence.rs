//! Evidence files (section 11.4) that show something, and forged ones that show nothing.

#![allow(dead_code, reason = "other suites use the rest of the forge")]

#[path = "forge/forge.rs"]
mod forge;

use base64ct::{Base64, Encoding};
use forge::chain::Chain;
use forge::place::{Files, put};
use forge::sound::{origin, sound};
use forge::{Hash, hex, root};
use unbroken_verify::{Options, verify};

/// What was signed is the first eight entries.
const KEPT: usize = 8;

fn chain() -> Chain {
    Chain::of(&origin(), &sound())
}

/// Another history from the third entry on.
fn fork() -> Chain {
    let mut events = sound();
    events[3].received = "2026-11-23T20:00:00.000001Z";
    for event in &mut events[4..] {
        event.received = "2026-11-23T20:00:00.000001Z";
    }
    Chain::of(&origin(), &events)
}

/// The rule that an evidence file of `rolled-back` comes to.
fn judge(size: usize, root: &Hash, root_at_kept: &Hash, proof: &[Hash]) -> String {
    let kept = chain().note_at(KEPT).replace('\n', "\\n");
    let opened = Base64::encode_string(&chain().entries[0]);
    let proof: Vec<String> = proof.iter().map(|h| format!("\"{}\"", hex(h))).collect();
    let text = format!(
        "{{\"v\":1,\"evidence\":\"rolled-back\",\"origin\":\"{}\",\"opened\":\"{opened}\",\
         \"kept\":\"{kept}\",\"size\":{size},\"root\":\"{}\",\"found\":\"\",\
         \"root_at_kept\":\"{}\",\"proof\":[{}]}}",
        origin(),
        hex(root),
        hex(root_at_kept),
        proof.join(",")
    );
    let folder = tempfile::tempdir().expect("a folder");
    let name = "evidence.json";
    put(
        folder.path(),
        &Files::from([(name.to_owned(), text.into())]),
    );
    let verdict = verify(&folder.path().join(name), &Options::default()).expect("readable");
    verdict.broken[0].rule.clone()
}

#[test]
fn what_is_shorter_or_other_is_rolled_back() {
    let (ours, other) = (chain().leaves, fork().leaves);
    let shown = "evidence/rolled-back";
    assert_eq!(judge(7, &root(&ours[..7]), &[0; 32], &[]), shown);
    assert_eq!(judge(8, &root(&other[..8]), &[0; 32], &[]), shown);
    // From eight entries to nine, the proof is the ninth's leaf.
    let (then, now) = (root(&other[..8]), root(&other[..9]));
    assert_eq!(judge(9, &now, &then, &[other[8]]), shown);
}

#[test]
fn what_extends_it_or_may_is_no_evidence() {
    let (ours, other) = (chain().leaves, fork().leaves);
    let (kept, now) = (root(&ours[..8]), root(&ours[..9]));
    let nothing = "evidence/form";
    assert_eq!(judge(8, &kept, &[0; 32], &[]), nothing);
    assert_eq!(judge(9, &now, &kept, &[ours[8]]), nothing);
    assert_eq!(judge(9, &now, &kept, &[]), nothing);
    assert_eq!(judge(9, &now, &[0; 32], &[]), nothing);
    assert_eq!(judge(9, &now, &[7; 32], &[]), nothing);
    assert_eq!(judge(9, &now, &root(&other[..8]), &[ours[8]]), nothing);
    assert_eq!(judge(9, &now, &root(&other[..8]), &[other[8]]), nothing);
}
