//! The RFC 6962 tree: leaves, roots from a stack that grows with the logarithm, inclusion proofs.

use sha2::{Digest, Sha256};

use crate::bytes::{Hash, sha256};

pub(crate) fn leaf(bytes: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(bytes);
    hasher.finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// The perfect subtrees of a tree that only grows, largest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots {
    subtrees: Vec<Hash>,
    size: u64,
}

impl Roots {
    pub(crate) fn push(&mut self, leaf: Hash) {
        let mut at = leaf;
        // Each trailing one of the old size is a subtree as large as what we carry.
        for _ in 0..self.size.trailing_ones() {
            let left = self.subtrees.pop().expect("one a set bit of the size");
            at = node(&left, &at);
        }
        self.subtrees.push(at);
        self.size += 1;
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn root(&self) -> Hash {
        let mut from_right = self.subtrees.iter().rev();
        let Some(last) = from_right.next() else {
            return sha256(b"");
        };
        from_right.fold(*last, |right, left| node(left, &right))
    }
}

/// RFC 9162 2.1.3.2, the same proofs as RFC 6962 2.1.1.
pub(crate) fn proves_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut at) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            at = node(sibling, &at);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            at = node(&at, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && at == *root
}

/// RFC 9162 2.1.4.2: whether the tree of `new` entries extends that of `old`.
pub(crate) fn proves_consistency(
    old: u64,
    new: u64,
    proof: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> bool {
    if old == 0 || old >= new {
        // The empty tree is extended by every tree, and a tree by itself: neither needs a proof.
        let extends = old <= new && (old != new || old_root == new_root);
        return proof.is_empty() && extends && (old != 0 || *old_root == sha256(b""));
    }
    let mut hashes = proof.iter();
    let start = if old.is_power_of_two() {
        Some(old_root)
    } else {
        hashes.next()
    };
    let Some(start) = start else {
        return false;
    };
    let shared = (old - 1).trailing_ones();
    let (mut place, mut last) = ((old - 1) >> shared, (new - 1) >> shared);
    let (mut from_old, mut from_new) = (*start, *start);
    for hash in hashes {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            from_old = node(hash, &from_old);
            from_new = node(hash, &from_new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node(&from_new, hash);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && from_old == *old_root && from_new == *new_root
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962 2.1, word for word.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(b""),
            [one] => *one,
            _ => {
                let split = (leaves.len() / 2 + leaves.len() % 2).next_power_of_two();
                node(
                    &by_definition(&leaves[..split]),
                    &by_definition(&leaves[split..]),
                )
            }
        }
    }

    fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() <= 1 {
            return Vec::new();
        }
        let split = (leaves.len() / 2 + leaves.len() % 2).next_power_of_two();
        let (left, right) = leaves.split_at(split);
        let (mut proof, other) = if index < split {
            (path(index, left), by_definition(right))
        } else {
            (path(index - split, right), by_definition(left))
        };
        proof.push(other);
        proof
    }

    #[test]
    fn roots_and_proofs_follow_the_definition() {
        let leaves: Vec<Hash> = (0..70_u8).map(|n| leaf(&[n])).collect();
        let mut roots = Roots::default();
        for size in 0..=leaves.len() {
            let root = by_definition(&leaves[..size]);
            assert_eq!(roots.root(), root, "size {size}");
            for index in 0..size {
                let proof = path(index, &leaves[..size]);
                let proves = |leaf, index, proof: &[Hash]| {
                    proves_inclusion(leaf, index as u64, size as u64, proof, &root)
                };
                assert!(proves(leaves[index], index, &proof), "{index} of {size}");
                assert!(!proves(leaves[index], index + 1, &proof));
                assert!(!proves(sha256(b"other"), index, &proof));
                if let [_, shorter @ ..] = &proof[..] {
                    assert!(!proves(leaves[index], index, shorter));
                }
            }
            if size < leaves.len() {
                roots.push(leaves[size]);
            }
        }
    }
}
