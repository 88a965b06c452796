//! Inclusion and consistency proofs: any bytes at all, then the right proof of a tree, then that proof with one bit changed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_ledger::Hash;
use unbroken_ledger::tree::{
    check_consistency, check_inclusion, consistency_proof, inclusion_proof, leaf_hash, root_of,
};
use unbroken_verify::fuzzing;

const LEAVES_MAX: u64 = 300;

/// What both say of it.
fn inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> bool {
    let ledger = check_inclusion(&leaf, index, size, proof, &root);
    let proof: Vec<[u8; 32]> = proof.iter().map(|hash| hash.0).collect();
    let verifier = fuzzing::inclusion_holds(leaf.0, index, size, &proof, &root.0);
    assert_eq!(
        ledger,
        verifier,
        "leaf {index} of {size}, {} hashes",
        proof.len()
    );
    ledger
}

fn consistency(old: u64, new: u64, proof: &[Hash], old_root: Hash, new_root: Hash) -> bool {
    let ledger = check_consistency(old, new, proof, &old_root, &new_root);
    let proof: Vec<[u8; 32]> = proof.iter().map(|hash| hash.0).collect();
    let verifier = fuzzing::consistency_holds(old, new, &proof, &old_root.0, &new_root.0);
    assert_eq!(ledger, verifier, "{old} to {new}, {} hashes", proof.len());
    ledger
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fuzz_target!(|bytes: &[u8]| {
    let Some((head, rest)) = bytes.split_at_checked(24) else {
        return;
    };
    let (first, second) = (number(&head[..8]), number(&head[8..16]));
    let hashes: Vec<Hash> = rest
        .chunks_exact(32)
        .map(|chunk| Hash(chunk.try_into().expect("chunks of 32")))
        .collect();
    let (leaf, root, proof) = match &hashes[..] {
        [leaf, root, proof @ ..] => (*leaf, *root, proof),
        _ => (leaf_hash(rest), leaf_hash(head), &[][..]),
    };
    inclusion(leaf, first, second, proof, root);
    consistency(first, second, proof, leaf, root);

    let size = second % LEAVES_MAX + 1;
    let index = first % size;
    let leaves: Vec<Hash> = (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    let root = root_of(&leaves);
    let plain: Vec<[u8; 32]> = leaves.iter().map(|hash| hash.0).collect();
    assert_eq!(root.0, fuzzing::root(&plain));
    let at = |index: u64| usize::try_from(index).expect("small");
    let old_root = root_of(&leaves[..at(index)]);
    let mut shown = inclusion_proof(&leaves[..], index, size).expect("infallible");
    let mut grown = consistency_proof(&leaves[..], index, size).expect("infallible");
    assert!(inclusion(leaves[at(index)], index, size, &shown, root));
    assert!(consistency(index, size, &grown, old_root, root));
    let flip = number(&head[16..]);
    for proof in [&mut shown, &mut grown] {
        if let Some(count) = u64::try_from(proof.len()).ok().filter(|count| *count > 0) {
            let byte = &mut proof[at(flip % count)].0[at(flip / count % 32)];
            *byte ^= 1 << (flip >> 32 & 7);
        }
    }
    assert!(shown.is_empty() || !inclusion(leaves[at(index)], index, size, &shown, root));
    assert!(grown.is_empty() || !consistency(index, size, &grown, old_root, root));
});
