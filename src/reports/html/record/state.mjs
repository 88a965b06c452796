// The state after the entries so far, and whether the next one is admitted: the table of section 7, in its order. Forms are
// judged before, in entry.mjs; hashes and signatures are computed by verify.mjs.

import { hold, Broken } from "./broken.mjs";
import { hex } from "./bytes.mjs";
import { Approvals } from "./approvals.mjs";
import { Keys } from "./keys.mjs";
import { LEDGER_TYPES } from "./entry.mjs";
import { AFTER_SEALED, TYPES, holdType } from "./ledger_types.mjs";
import { Streams, ZEROS } from "./streams.mjs";

export class State {
  /** `complete`: the streams that a partial bundle holds whole; `null` for a full one. */
  constructor(origin, tree, complete) {
    this.origin = origin;
    this.tree = tree;
    this.complete = complete;
    this.keys = new Keys();
    this.streams = new Streams();
    this.approvals = new Approvals();
    this.policy = null;
    this.policies = [];
    this.counts = new Map();
    this.isSealed = false;
    // Whom an entry erased, and which.
    this.erased = new Map();
    this.received = "";
    // What 7.5 asks about afterwards: who signed what, and what rests on an approval.
    this.admitted = [];
    // For a partial bundle: each StreamHeads, and how far each stream was shown when an entry came by.
    this.headsAt = new Map();
    this.shown = new Map();
  }

  get isPartial() {
    return this.complete !== null;
  }

  setPolicy(policy, index) {
    this.policy = policy;
    this.policies.push(index);
    this.streams.watch(policy.gates);
  }

  leafBefore(size) {
    return size === 0 ? ZEROS : hex(this.tree.leaf(size - 1));
  }

  /** Its place: index, chain, clock, ledger; entry 0. */
  holdPlace(entry, index) {
    const { event } = entry;
    hold(entry.index === index, "entry/index", `it says that it is entry ${entry.index}`);
    hold(entry.prev === this.leafBefore(index), "entry/prev", "prev is not the hash of the entry before it");
    hold(entry.received >= this.received, "entry/received", "received before the entry before it");
    hold(event.origin === this.origin, "event/origin", `an event of ${event.origin}`);
    const isFirst = event.type === "Opened" && event.stream === "keys" && event.seq === 0;
    hold(index === 0 ? isFirst : event.type !== "Opened", "opened/first", "Opened is entry 0 and no other");
  }

  /** Admits an entry; gives the public keys under which its signatures must hold. */
  admit(entry, index) {
    this.holdPlace(entry, index);
    const signers = this.keys.signers(entry.event);
    try {
      this.holdStream(entry, index);
      this.holdRoles(entry.event);
      this.streams.holdGates(entry.event, this.policy?.gates.get(entry.event.type) ?? []);
      const approval = this.holdApprovals(entry);
      const allowed = !this.isSealed || AFTER_SEALED.includes(entry.event.type);
      hold(allowed, "sealed/over", "the ledger was sealed before");
      const isLedgerType = LEDGER_TYPES.has(entry.event.type);
      const meaning = isLedgerType ? holdType(this, entry) : null;
      this.apply(entry, meaning, approval);
    } catch (error) {
      if (error instanceof Broken) {
        error.afterSignatures = true;
        error.signers = signers;
      }
      throw error;
    }
    return signers;
  }

  holdStream(entry, index) {
    const { event } = entry;
    // One event shown for another's sake stands in a stream that is not here.
    if (!this.isPartial || this.complete.has(event.stream)) this.streams.holdFollows(event);
    // Entry 0 is written by a key that it brings in itself.
    const may = index === 0 || this.keys.mayEmit(event.by[0], event.stream);
    hold(may, "stream/emitter", `the first signer may not write in ${event.stream}`);
    const { seenSize } = this.streams.head(event.stream);
    const forward = event.seenSize <= index && event.seenSize >= seenSize;
    hold(forward, "seen/size", `seen.size ${event.seenSize} in entry ${index}, ${seenSize} before it in the stream`);
    const leaf = this.leafBefore(event.seenSize);
    hold(event.seenLeaf === leaf, "seen/leaf", "what it had seen is not what stands here");
  }

  /** Of the types with a number; who signs the ledger's own is among their own rules. */
  holdRoles(event) {
    if (LEDGER_TYPES.has(event.type)) return;
    const roles = this.policy.types.get(event.type);
    hold(roles !== undefined, "role/type", `the policy knows no ${event.type}`);
    for (const keyid of event.by) {
      const may = this.keys.get(keyid).roles.some((role) => roles.includes(role));
      hold(may, "role/type", `a signer has no role that may sign ${event.type}`);
    }
  }

  holdApprovals(entry) {
    const { event } = entry;
    if (event.type === "Approved" || event.type === "Rejected") {
      this.approvals.holdVoice(entry, this.keys.get(event.by[0]).person);
      return null;
    }
    const asked = this.policy?.approvals.get(event.type);
    hold(asked !== undefined || event.type !== "Erased", "approval/erased", "the policy lets nobody approve it");
    if (asked === undefined) return null;
    return { proposal: this.approvals.holdApproved(entry, asked), m: asked.m };
  }

  holdHeads(event, index, { count, root }) {
    if (this.isPartial) {
      this.headsAt.set(index, { size: event.seenSize, count, root });
      hold(index - event.seenSize <= 4096, "heads/root", "seen.size lies more than 4096 entries back");
      return;
    }
    const found = this.streams.rootAsOf(event.seenSize, index);
    const same = found.count === count && found.root === root;
    hold(same, "heads/root", "the heads are not those of the streams");
  }

  remember(index, stream) {
    const { next, last } = this.streams.head(stream);
    if (!this.shown.has(stream)) this.shown.set(stream, []);
    this.shown.get(stream).push({ index, next, last });
  }

  /** How many events of a stream are shown before a place, and the last of them. */
  shownBefore(stream, size) {
    const before = (this.shown.get(stream) ?? []).findLast((one) => one.index < size);
    return before ?? { next: 0, last: ZEROS };
  }

  apply(entry, meaning, approval) {
    const { event, index } = entry;
    TYPES[event.type]?.apply?.(this, entry, meaning);
    if (approval !== null) approval.proposal.consumed = true;
    this.streams.push(index, event, entry.payload);
    if (this.isPartial) this.remember(index, event.stream);
    this.received = entry.received;
    this.counts.set(event.type, (this.counts.get(event.type) ?? 0) + 1);
    this.admitted.push({ index, by: event.by, type: event.type, approval });
  }
}
