// The streams of a record: how far each is, what its last event was, and what lies behind a place in those that gates name
// (sections 7 and 10). Who may write in one is in keys.mjs.

import { compareTexts, hex, utf8 } from "./bytes.mjs";
import { hold } from "./broken.mjs";
import { matches } from "./policy.mjs";
import { leafHash, rootOf } from "./tree.mjs";
import { sha256 } from "./sha256.mjs";

export const ZEROS = "0".repeat(64);
const HEADS_REACH = 4096;

export function headLeaf(stream, next, last) {
  return leafHash(utf8(`${stream}\n${next}\n${last}\n`));
}

export class Streams {
  constructor() {
    this.heads = new Map();
    // What each of the last entries changed, so that StreamHeads can be judged as of what it had seen.
    this.changes = [];
    this.patterns = new Map();
  }

  head(stream) {
    return this.heads.get(stream) ?? { next: 0, last: ZEROS, seenSize: 0, index: -1 };
  }

  holdFollows(event) {
    const head = this.head(event.stream);
    hold(event.seq === head.next, "stream/seq", `seq ${event.seq} where ${head.next} comes next in ${event.stream}`);
    hold(event.link === head.last, "stream/link", `not linked to the last event of ${event.stream}`);
  }

  push(index, event, payload) {
    const before = this.heads.get(event.stream);
    const last = hex(sha256(payload));
    this.heads.set(event.stream, { next: event.seq + 1, last, seenSize: event.seenSize, index });
    this.changes.push({ stream: event.stream, before });
    if (this.changes.length > 2 * HEADS_REACH) this.changes.splice(0, HEADS_REACH - 1);
    for (const [pattern, newest] of this.patterns) {
      if (matches(pattern, event.stream)) this.patterns.set(pattern, later(newest, event.stream, index));
    }
  }

  /** Follows these patterns from now on, knowing what lies before. */
  watch(gates) {
    const patterns = new Set([...gates.values()].flat());
    this.patterns = new Map([...patterns].map((pattern) => [pattern, []]));
    const heads = [...this.heads].sort(([, one], [, other]) => one.index - other.index);
    for (const [stream, head] of heads) {
      for (const [pattern, newest] of this.patterns) {
        if (matches(pattern, stream)) this.patterns.set(pattern, later(newest, stream, head.index));
      }
    }
  }

  /** Section 7.3. */
  holdGates(event, patterns) {
    for (const pattern of patterns) {
      const unseen = (this.patterns.get(pattern) ?? []).find(
        ({ stream, index }) => stream !== event.stream && index >= event.seenSize,
      );
      const found = `entry ${unseen?.index} in ${unseen?.stream} came in between, unseen`;
      hold(unseen === undefined, "gate/stale", found);
    }
  }

  /** Section 10, as of a size that lies at most 4,096 before the next entry. */
  rootAsOf(size, index) {
    hold(index - size <= HEADS_REACH, "heads/root", `seen.size lies more than ${HEADS_REACH} entries back`);
    const heads = new Map(this.heads);
    for (const { stream, before } of this.changes.slice(this.changes.length - (index - size)).reverse()) {
      if (before === undefined) heads.delete(stream);
      else heads.set(stream, before);
    }
    const names = [...heads.keys()].sort(compareTexts);
    const leaves = names.map((name) => headLeaf(name, heads.get(name).next, heads.get(name).last));
    return { count: names.length, root: hex(rootOf(leaves)) };
  }
}

/** The newest entry of each of the two streams that were written last: an event's own stream does not count for it. */
function later(newest, stream, index) {
  return [{ stream, index }, ...newest.filter((one) => one.stream !== stream)].slice(0, 2);
}
