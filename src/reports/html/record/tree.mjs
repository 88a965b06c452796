// The tree of RFC 6962 section 2.1 over leaf hashes that lie one behind the other: roots, inclusion proofs, and whether one
// holds. Who signs a root is in note.mjs.

import { sha256 } from "./sha256.mjs";
import { sameBytes } from "./bytes.mjs";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(entry) {
  return sha256(LEAF, entry);
}

function nodeHash(left, right) {
  return sha256(NODE, left, right);
}

/** The hashes of a growing tree: `level 0` its leaves, above them every complete pair. */
export class Tree {
  constructor(leaves) {
    this.levels = [{ bytes: new Uint8Array(32 * Math.max(leaves, 1)), count: 0 }];
  }

  get size() {
    return this.levels[0].count;
  }

  push(leaf) {
    let hash = leaf;
    for (let level = 0; ; level += 1) {
      if (level === this.levels.length) this.levels.push({ bytes: new Uint8Array(1024), count: 0 });
      const row = this.levels[level];
      if (32 * (row.count + 1) > row.bytes.length) {
        const grown = new Uint8Array(2 * row.bytes.length);
        grown.set(row.bytes);
        row.bytes = grown;
      }
      row.bytes.set(hash, 32 * row.count);
      row.count += 1;
      if (row.count % 2 === 1) return;
      hash = nodeHash(this.at(level, row.count - 2), this.at(level, row.count - 1));
    }
  }

  at(level, place) {
    return this.levels[level].bytes.subarray(32 * place, 32 * place + 32);
  }

  leaf(index) {
    return this.at(0, index);
  }

  /** The root of the leaves in [from, to), where `from` is a multiple of the span that holds them. */
  subtree(from, to) {
    const count = to - from;
    if (count === 0) return sha256();
    const level = Math.log2(count);
    if (Number.isInteger(level)) return this.at(level, from / count);
    const middle = from + 2 ** Math.floor(level);
    return nodeHash(this.subtree(from, middle), this.subtree(middle, to));
  }

  root(size) {
    return this.subtree(0, size);
  }

  /** RFC 6962 section 2.1.1: the hashes beside the way from the leaf to the root of that size, the lowest first. */
  inclusion(index, size) {
    let from = 0;
    let to = size;
    const proof = [];
    while (to - from > 1) {
      const half = 2 ** Math.ceil(Math.log2(to - from) - 1);
      const middle = from + half;
      if (index < middle) {
        proof.push(this.subtree(middle, to));
        to = middle;
      } else {
        proof.push(this.subtree(from, middle));
        from = middle;
      }
    }
    return proof.reverse();
  }
}

/** The root that an inclusion proof leads to; `null` when it has not the length that place and size ask for. */
export function rootOfProof(leaf, index, size, proof) {
  if (!(index >= 0 && index < size)) return null;
  let place = index;
  let last = size - 1;
  let hash = leaf;
  let at = 0;
  while (last > 0) {
    if (place % 2 === 1 || place < last) {
      if (at === proof.length) return null;
      hash = place % 2 === 1 ? nodeHash(proof[at], hash) : nodeHash(hash, proof[at]);
      at += 1;
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return at === proof.length ? hash : null;
}

export function inclusionHolds(leaf, index, size, proof, root) {
  const reached = rootOfProof(leaf, index, size, proof);
  return reached !== null && sameBytes(reached, root);
}

export function rootOf(leaves) {
  const tree = new Tree(leaves.length);
  for (const leaf of leaves) tree.push(leaf);
  return tree.root(leaves.length);
}
