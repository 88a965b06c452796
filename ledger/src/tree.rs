//! The RFC 6962 Merkle tree: hashes, roots, proofs and their checks over leaf hashes; no storage, no signatures.

use crate::hash::Hash;

/// `SHA-256(0x00 || entry)`, RFC 6962 section 2.1.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash::of_parts(&[&[0], entry])
}

/// `SHA-256(0x01 || left || right)`, RFC 6962 section 2.1.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::of_parts(&[&[1], &left.0, &right.0])
}

/// A tree that grows and remembers only the roots of its perfect subtrees, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompactTree {
    size: u64,
    peaks: Vec<Hash>,
}

impl CompactTree {
    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends one leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_showing(leaf, |_, _| {});
    }

    /// As [`CompactTree::push`], showing each perfect subtree that this leaf completes, with its height.
    pub(crate) fn push_showing(&mut self, leaf: Hash, mut show: impl FnMut(u32, Hash)) {
        let mut node = leaf;
        let mut size = self.size;
        let mut height = 0;
        while size & 1 == 1 {
            let left = self
                .peaks
                .pop()
                .expect("one peak for each set bit of the size");
            node = node_hash(&left, &node);
            size >>= 1;
            height += 1;
            show(height, node);
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root; SHA-256 of nothing for the empty tree.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return Hash::of(b"");
        };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The root over leaf hashes.
pub fn root_of(leaves: &[Hash]) -> Hash {
    let mut tree = CompactTree::default();
    for leaf in leaves {
        tree.push(*leaf);
    }
    tree.root()
}

/// Where the proofs read leaf hashes and perfect subtrees from.
pub trait SubtreeReader {
    /// Why a subtree could not be had.
    type Error;

    /// The hash of the perfect subtree of `1 << level` leaves that begins at leaf `number << level`.
    fn subtree(&self, level: u32, number: u64) -> Result<Hash, Self::Error>;
}

impl SubtreeReader for [Hash] {
    type Error = std::convert::Infallible;

    fn subtree(&self, level: u32, number: u64) -> Result<Hash, Self::Error> {
        let start = usize::try_from(number << level).expect("inside the slice");
        Ok(root_of(&self[start..start + (1_usize << level)]))
    }
}

/// The inclusion proof of RFC 6962 section 2.1.1 for leaf `index` in the tree of `size` leaves, leaf's sibling first.
pub fn inclusion_proof<R: SubtreeReader + ?Sized>(
    reader: &R,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, R::Error> {
    assert!(
        index < size,
        "a proof is asked for a leaf that is in the tree"
    );
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let half = start + split(end - start);
        if index < half {
            proof.push(range_hash(reader, half, end)?);
            end = half;
        } else {
            proof.push(range_hash(reader, start, half)?);
            start = half;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The consistency proof of RFC 6962 section 2.1.2 between the trees of `old` and `new` leaves.
pub fn consistency_proof<R: SubtreeReader + ?Sized>(
    reader: &R,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, R::Error> {
    assert!(old <= new, "the older tree is the smaller one");
    let mut proof = Vec::new();
    if old == 0 || old == new {
        return Ok(proof);
    }
    let (mut start, mut end, mut whole) = (0, new, true);
    while old != end {
        let half = start + split(end - start);
        if old <= half {
            proof.push(range_hash(reader, half, end)?);
            end = half;
        } else {
            proof.push(range_hash(reader, start, half)?);
            start = half;
            whole = false;
        }
    }
    if !whole {
        proof.push(range_hash(reader, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The largest power of two smaller than `count`.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

fn range_hash<R: SubtreeReader + ?Sized>(
    reader: &R,
    start: u64,
    end: u64,
) -> Result<Hash, R::Error> {
    let count = end - start;
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        return reader.subtree(level, start >> level);
    }
    let half = start + split(count);
    let left = range_hash(reader, start, half)?;
    let right = range_hash(reader, half, end)?;
    Ok(node_hash(&left, &right))
}

/// Whether the proof shows `leaf` at `index` in the tree of `size` leaves with `root` (RFC 9162 section 2.1.3.2).
pub fn check_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether the proof shows that the tree of `new` leaves extends that of `old` leaves (RFC 9162 section 2.1.4.2).
pub fn check_consistency(
    old: u64,
    new: u64,
    proof: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> bool {
    if old > new {
        return false;
    }
    if old == 0 {
        // Every tree extends the empty one, but only the root of nothing is its root.
        let is_empty = *old_root == Hash::of(b"") && (new > 0 || new_root == old_root);
        return proof.is_empty() && is_empty;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    let mut rest = proof.iter();
    let first = if old.is_power_of_two() {
        Some(old_root)
    } else {
        rest.next()
    };
    let Some(first) = first else { return false };
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}
