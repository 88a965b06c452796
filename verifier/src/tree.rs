//! The RFC 6962 tree: leaves, roots from a stack that grows with the logarithm, inclusion and consistency proofs.

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

/// Whether the tree of `new` entries extends that of `old`: RFC 6962 2.1.2, read backwards from its definition, so that what
/// SUBPROOF put last is taken off first.
pub(crate) fn proves_consistency(
    old: u64,
    new: u64,
    proof: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> bool {
    match (old, new) {
        (0, 0) => proof.is_empty() && *old_root == sha256(b"") && old_root == new_root,
        (0, _) => proof.is_empty() && *old_root == sha256(b""),
        _ if old > new => false,
        _ => subproof(old, new, true, proof, old_root) == Some((*old_root, *new_root)),
    }
}

/// The roots of the first `old` and of all `new` leaves, as the proof makes them; `is_whole` while the old tree began where
/// this one does, so that its root is known already.
fn subproof(
    old: u64,
    new: u64,
    is_whole: bool,
    proof: &[Hash],
    old_root: &Hash,
) -> Option<(Hash, Hash)> {
    if old == new {
        return match proof {
            [] if is_whole => Some((*old_root, *old_root)),
            [root] if !is_whole => Some((*root, *root)),
            _ => None,
        };
    }
    let (last, rest) = proof.split_last()?;
    let left = 1 << (new - 1).ilog2();
    if old <= left {
        let (then, now) = subproof(old, left, is_whole, rest, old_root)?;
        Some((then, node(&now, last)))
    } else {
        let (then, now) = subproof(old - left, new - left, false, rest, old_root)?;
        Some((node(last, &then), node(last, &now)))
    }
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
