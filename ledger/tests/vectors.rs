//! Published vectors and an independent tree: what others say of RFC 6962 and of Ed25519's edges, this crate says too.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use serde_json::Value;
use sha2::Sha256;
use unbroken_ledger::tree::{
    check_consistency, check_inclusion, consistency_proof, inclusion_proof, leaf_hash, root_of,
};
use unbroken_ledger::{Hash, PublicKey, Signature};

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
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            found.push(path);
        }
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON")
}

/// Base64 of 32 bytes; anything else is no hash, and no proof holds with it.
fn hash(value: &Value) -> Option<Hash> {
    use base64ct::{Base64, Encoding};
    let bytes = Base64::decode_vec(value.as_str()?).ok()?;
    <[u8; 32]>::try_from(bytes).ok().map(Hash)
}

fn proof(value: &Value) -> Option<Vec<Hash>> {
    value
        .as_array()
        .map_or_else(|| Some(Vec::new()), |list| list.iter().map(hash).collect())
}

#[test]
fn published_proofs_hold_or_not_as_published() {
    let Some(folder) = vectors("merkle") else {
        left_out("../shared/vectors/merkle is not there");
        return;
    };
    let mut files = Vec::new();
    json_files(&folder, &mut files);
    assert_eq!(files.len(), 196, "every published vector");
    let (mut wrong, mut held, mut refused) = (Vec::new(), 0, 0);
    for path in files {
        let vector = read(&path);
        let bad = vector["wantErr"].as_bool().expect("what is expected");
        let number = |name: &str| vector[name].as_u64();
        let holds = if vector.get("leafIdx").is_some() {
            (|| {
                let (leaf, root) = (hash(&vector["leafHash"])?, hash(&vector["root"])?);
                let (index, size) = (number("leafIdx")?, number("treeSize")?);
                Some(check_inclusion(
                    &leaf,
                    index,
                    size,
                    &proof(&vector["proof"])?,
                    &root,
                ))
            })()
        } else {
            (|| {
                let (old, new) = (hash(&vector["root1"])?, hash(&vector["root2"])?);
                let (from, to) = (number("size1")?, number("size2")?);
                Some(check_consistency(
                    from,
                    to,
                    &proof(&vector["proof"])?,
                    &old,
                    &new,
                ))
            })()
        };
        // Its equal roots are words, not 32 bytes: a hash of ours cannot be that, and so nothing can be asked.
        if path.ends_with("additional/sizes-are-equal-one-and-proof-is-empty.json") {
            assert_eq!(holds, None);
            continue;
        }
        if holds.unwrap_or(false) == bad {
            wrong.push(format!("{}: {holds:?}, {}", path.display(), vector["desc"]));
        }
        held += u32::from(!bad);
        refused += u32::from(bad);
    }
    println!("{held} published proofs hold, {refused} are refused");
    assert_eq!((held, refused), (11, 184), "all but that one");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
    let bytes = |text: &Value| {
        let text = text.as_str().expect("hex");
        let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
        (0..text.len()).step_by(2).map(byte).collect::<Vec<u8>>()
    };
    let (mut accepted, mut judged) = (0, 0);
    for vector in read(&path).as_array().expect("a list") {
        let flags = vector["flags"].as_array().cloned().unwrap_or_default();
        let flagged = flags
            .iter()
            .any(|flag| refused.contains(&flag.as_str().unwrap_or("")));
        let key = <[u8; 32]>::try_from(bytes(&vector["key"])).expect("32 bytes");
        let signature = <[u8; 64]>::try_from(bytes(&vector["sig"])).expect("64 bytes");
        let message = vector["msg"].as_str().expect("a message").as_bytes();
        let holds = PublicKey::from_bytes(&key)
            .is_some_and(|key| key.verifies(message, &Signature(signature)));
        assert_eq!(holds, !flagged, "vector {}", vector["number"]);
        accepted += u32::from(holds);
        judged += 1;
    }
    println!("{accepted} of {judged} signatures accepted");
    assert_eq!((judged, accepted), JUDGED_AND_ACCEPTED);
}

#[test]
fn every_root_and_proof_up_to_256_leaves_is_that_of_an_independent_tree() {
    let mut theirs: MemoryBackedTree<Sha256, Vec<u8>> = MemoryBackedTree::new();
    let mut leaves: Vec<Hash> = Vec::new();
    let mut roots = vec![root_of(&[])];
    for size in 1..=256_u64 {
        let entry = format!("entry {size}").into_bytes();
        leaves.push(leaf_hash(&entry));
        theirs.push(entry);
        let root = root_of(&leaves);
        assert_eq!(root.0[..], theirs.root().as_bytes()[..], "root of {size}");
        roots.push(root);
        for index in 0..size {
            let ours = inclusion_proof(&leaves[..], index, size).expect("leaves are there");
            let place = usize::try_from(index).expect("small");
            let flat: Vec<u8> = ours.iter().flat_map(|hash| hash.0).collect();
            assert_eq!(
                flat,
                theirs.prove_inclusion(place).as_bytes(),
                "{index} of {size}"
            );
            assert!(check_inclusion(&leaves[place], index, size, &ours, &root));
        }
        // n = m and m = 0: nothing is to prove, and only nothing proves it.
        for (old, then) in [(size, &root), (0, &roots[0])] {
            assert_eq!(consistency_proof(&leaves[..], old, size), Ok(Vec::new()));
            assert!(
                check_consistency(old, size, &[], then, &root),
                "{old}, {size}"
            );
            assert!(!check_consistency(old, size, &[root], then, &root));
            assert!(!check_consistency(old, size, &[], &Hash([7; 32]), &root));
        }
        for old in 1..size {
            let ours = consistency_proof(&leaves[..], old, size).expect("leaves are there");
            let added = usize::try_from(size - old).expect("small");
            let flat: Vec<u8> = ours.iter().flat_map(|hash| hash.0).collect();
            assert_eq!(
                flat,
                theirs.prove_consistency(added).as_bytes(),
                "{old} to {size}"
            );
            let old_root = &roots[usize::try_from(old).expect("small")];
            assert!(check_consistency(old, size, &ours, old_root, &root));
            assert!(!check_consistency(old, size, &ours, &root, old_root));
        }
    }
}
