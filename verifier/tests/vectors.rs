//! Published vectors and an independent tree: what others say of RFC 6962 and of Ed25519's edges, the verifier says too.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use serde_json::Value;
use sha2::Sha256;
use unbroken_verify::fuzzing::{
    consistency_holds, inclusion_holds, leaf_hash, root, signature_holds,
};

type Hash = [u8; 32];

/// To the standard error itself: what `println!` prints is shown only of a test that fails.
fn left_out(what: &str) {
    writeln!(std::io::stderr(), "left out: {what}").expect("stderr can be written");
}

/// The folder with published vectors; `None` where they do not lie beside the repository.
fn vectors(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/vectors")
        .join(name);
    path.exists().then_some(path)
}

fn json_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            json_files(&path, found);
        } else {
            assert_eq!(
                path.extension().and_then(|name| name.to_str()),
                Some("json")
            );
            found.push(path);
        }
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON")
}

/// Base64 of 32 bytes; anything else is no hash, and no proof holds with it.
fn hash(value: &Value) -> Option<Hash> {
    Base64::decode_vec(value.as_str()?).ok()?.try_into().ok()
}

fn proof(vector: &Value) -> Option<Vec<Hash>> {
    match &vector["proof"] {
        Value::Null => Some(Vec::new()),
        list => list.as_array().expect("a list").iter().map(hash).collect(),
    }
}

/// Whether the proof holds; `None` when something in the vector is no hash or no size.
fn judge(vector: &Value) -> Option<bool> {
    let number = |name: &str| vector[name].as_u64();
    if vector.get("leafIdx").is_some() {
        let (leaf, root) = (hash(&vector["leafHash"])?, hash(&vector["root"])?);
        let (index, size) = (number("leafIdx")?, number("treeSize")?);
        Some(inclusion_holds(leaf, index, size, &proof(vector)?, &root))
    } else {
        let (old, new) = (hash(&vector["root1"])?, hash(&vector["root2"])?);
        let (from, to) = (number("size1")?, number("size2")?);
        Some(consistency_holds(from, to, &proof(vector)?, &old, &new))
    }
}

#[test]
fn published_proofs_hold_or_not_as_published() {
    let Some(folder) = vectors("merkle") else {
        left_out("../shared/vectors/merkle is not there");
        return;
    };
    let mut files = Vec::new();
    json_files(&folder, &mut files);
    let (mut wrong, mut verdicts) = (Vec::new(), BTreeMap::new());
    for path in &files {
        let vector = read(path);
        let holds = judge(&vector);
        let refused = vector["wantErr"].as_bool().expect("what is expected");
        // Its equal roots are words, not 32 bytes: a hash of ours cannot be that, and so nothing can be asked.
        if path.ends_with("additional/sizes-are-equal-one-and-proof-is-empty.json") {
            assert_eq!((holds, refused), (None, false));
            continue;
        }
        *verdicts.entry((holds, refused)).or_insert(0) += 1;
        if holds.unwrap_or(false) == refused {
            wrong.push(format!("{}: {holds:?}, {}", path.display(), vector["desc"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let judged = verdicts.get(&(Some(false), true)).copied().unwrap_or(0);
    let held = verdicts.get(&(Some(true), false)).copied().unwrap_or(0);
    let asked: u32 = verdicts.values().sum();
    println!("{asked} of {} published proofs: {verdicts:?}", files.len());
    assert_eq!((files.len(), asked), (196, 195), "every file, but that one");
    assert_eq!(held, 11, "{verdicts:?}");
    assert!(judged > 100, "{verdicts:?}");
}

/// All that the file holds, and those without a flag that section 3 of the format refuses.
const JUDGED_AND_ACCEPTED: (u32, u32) = (914, 43);

#[test]
fn the_edges_of_ed25519_are_judged_strictly() {
    let Some(path) = vectors("ed25519.json") else {
        left_out("../shared/vectors/ed25519.json is not there");
        return;
    };
    // What section 3 of the format refuses; a component of low order alone is no ground where the equation holds.
    let refused = [
        "low_order_A",
        "low_order_R",
        "low_order_residue",
        "non_canonical_A",
        "non_canonical_R",
        "reencoded_k",
    ];
    let bytes = |text: &Value| -> Vec<u8> {
        let text = text.as_str().expect("hex");
        let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
        (0..text.len()).step_by(2).map(byte).collect()
    };
    let (mut accepted, mut judged) = (0, 0);
    for vector in read(&path).as_array().expect("a list") {
        let flags = vector["flags"].as_array().cloned().unwrap_or_default();
        let flagged = flags
            .iter()
            .any(|flag| refused.contains(&flag.as_str().unwrap_or("")));
        let key = <[u8; 32]>::try_from(bytes(&vector["key"])).expect("32 bytes");
        let message = vector["msg"].as_str().expect("a message").as_bytes();
        let holds = signature_holds(key, message, &bytes(&vector["sig"]));
        assert_eq!(holds, !flagged, "vector {}", vector["number"]);
        accepted += u32::from(holds);
        judged += 1;
    }
    println!("{accepted} of {judged} signatures accepted");
    assert_eq!((judged, accepted), JUDGED_AND_ACCEPTED);
}

fn hashes(flat: &[u8]) -> Vec<Hash> {
    let chunks = flat.chunks_exact(32);
    chunks
        .map(|hash| hash.try_into().expect("32 bytes"))
        .collect()
}

#[test]
fn every_proof_of_an_independent_tree_up_to_256_leaves_holds_and_none_for_a_neighbour() {
    let mut theirs: MemoryBackedTree<Sha256, Vec<u8>> = MemoryBackedTree::new();
    let mut leaves: Vec<Hash> = Vec::new();
    let mut roots = vec![root(&[])];
    for size in 1..=256_u64 {
        let entry = format!("entry {size}").into_bytes();
        leaves.push(leaf_hash(&entry));
        theirs.push(entry);
        let top = root(&leaves);
        assert_eq!(top[..], theirs.root().as_bytes()[..], "root of {size}");
        roots.push(top);
        for (index, place) in (0..size).zip(0..) {
            let proof = hashes(theirs.prove_inclusion(place).as_bytes());
            let leaf = leaves[place];
            assert!(
                inclusion_holds(leaf, index, size, &proof, &top),
                "{index} of {size}"
            );
            assert!(!inclusion_holds(leaf, index + 1, size, &proof, &top));
            if let [shorter @ .., _] = &proof[..] {
                assert!(!inclusion_holds(leaf, index, size, shorter, &top));
            }
        }
        // n = m and m = 0: nothing is to prove, and only nothing proves it.
        for (old, then) in [(size, &top), (0, &roots[0])] {
            assert!(
                consistency_holds(old, size, &[], then, &top),
                "{old}, {size}"
            );
            assert!(!consistency_holds(old, size, &[top], then, &top));
            assert!(!consistency_holds(old, size, &[], &[7; 32], &top));
        }
        for (old, place) in (1..size).zip(1_usize..) {
            let added = usize::try_from(size).expect("small") - place;
            let proof = hashes(theirs.prove_consistency(added).as_bytes());
            let then = roots[place];
            assert!(
                consistency_holds(old, size, &proof, &then, &top),
                "{old} to {size}"
            );
            assert!(!consistency_holds(
                old,
                size,
                &proof,
                &roots[place - 1],
                &top
            ));
            assert!(!consistency_holds(old, size, &proof, &then, &then));
            let longer = [&proof[..], &[top]].concat();
            assert!(!consistency_holds(old, size, &longer, &then, &top));
        }
    }
}
