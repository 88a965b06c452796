// The whole check of a record, in the order in which section 7 and 11.2 cite what is broken, and the verdict of section 12. What
// the verdict looks like on a page is not decided here.

import { Broken, hold, within } from "./broken.mjs";
import { fromHex, hex, sameBytes } from "./bytes.mjs";
import { framedEntries, readHeads, readIndex, readTiles } from "./bundle.mjs";
import { Disclosures } from "./disclosures.mjs";
import { readEntry } from "./entry.mjs";
import { quorumMet, readCheckpoint, readTrust, signedByLog } from "./note.mjs";
import { Signatures } from "./signatures.mjs";
import { State } from "./state.mjs";
import { headLeaf } from "./streams.mjs";
import { suspects } from "./suspect.mjs";
import { Tree, inclusionHolds, leafHash } from "./tree.mjs";
import { notCheckedOf } from "./not_checked.mjs";

const EARLIER = "earlier checkpoint";
const TRUST = "trust file";

/**
 * Checks a record. `record` has `names` and `read(name)`; `options` has `subtle`, what the reader brings (`trust` as text,
 * `atLeast` as bytes), and what it wants to be told: `progress(done, size)`, `seen(entry, place)`, and `pause()`, which is
 * awaited after every entry when it gives a promise.
 */
export async function verify(record, options) {
  const run = new Run(record, options);
  try {
    await run.everything();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    run.broken = error;
  }
  return run.verdict();
}

class Run {
  constructor(record, options) {
    this.record = record;
    this.options = options;
    this.index = null;
    this.checkpoint = null;
    this.state = null;
    this.tree = null;
    this.tiles = null;
    this.entries = 0;
    this.last = -1;
    this.broken = null;
    this.signatures = new Signatures(options.subtle);
    this.disclosures = new Disclosures(record);
    this.extras = [];
  }

  async everything() {
    await this.begin();
    await this.readEntries();
    this.holdRoot();
    if (!this.index.isFull) await this.holdHeads();
    await this.disclosures.take(Infinity, []);
    if (this.disclosures.broken !== null) throw this.disclosures.broken;
    this.disclosures.holdNoneErased(this.state.erased);
    await this.holdCheckpoint();
    await this.holdBrought();
  }

  async holdBrought() {
    await this.holdAtLeast();
    await this.holdTrust();
  }

  async file(name, check) {
    const isThere = this.record.names.includes(name);
    within(name, () => hold(isThere, "bundle/form", "it is missing"));
    const bytes = await this.record.read(name);
    return within(name, () => check(bytes));
  }

  async begin() {
    this.index = await this.file("bundle.json", readIndex);
    this.checkpoint = await this.file("checkpoint", readCheckpoint);
    const { origin, size, isFull, streams } = this.index;
    const same = origin === this.checkpoint.origin && size === this.checkpoint.size;
    within("bundle.json", () => hold(same, "bundle/form", "another origin or size than the checkpoint's"));
    await this.holdObjects();
    const hasTiles = this.record.names.some((name) => name.startsWith("tile/"));
    // A page leaves out the tiles of a full bundle: its entries give every leaf.
    if (!isFull || hasTiles || this.options.wholeBag) this.tiles = await readTiles(this.record, size);
    this.tree = isFull ? new Tree(size) : this.tiles;
    this.state = new State(origin, this.tree, isFull ? null : new Set(["keys", "ledger", ...streams]));
  }

  async holdObjects() {
    for (const name of this.record.names.filter((other) => other.startsWith("objects/"))) {
      const digest = new Uint8Array(await this.options.subtle.digest("SHA-256", await this.record.read(name)));
      const right = name === `objects/${hex(digest)}`;
      within(name, () => hold(right, "bundle/form", "an object under another name than its digest"));
    }
  }

  async readEntries() {
    try {
      for await (const frame of framedEntries(this.record)) {
        await this.takeFrame(frame);
        await this.options.pause?.();
      }
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      await this.judgeSignaturesBefore(error);
      throw error;
    }
    await this.signatures.settled(0);
    this.signatures.holdSoFar();
    const next = this.index.isFull ? this.last + 1 : this.index.size;
    if (next < this.index.size) throw new Broken("bundle/form", "the entry is missing").at(next);
  }

  /** A signature that fails counts before what comes behind it: in an earlier entry, or earlier in the table of section 7. */
  async judgeSignaturesBefore(error) {
    if (error.afterSignatures) this.signatures.add(error.entry, error.found, error.signers);
    await this.signatures.settled(0);
    this.signatures.holdSoFar();
  }

  async takeFrame({ name, first, isTooMany, bytes, offset }) {
    const { isFull, size } = this.index;
    const next = this.last + 1;
    let place = next;
    let entry = null;
    try {
      hold(bytes !== null && !isTooMany, "bundle/form", bytes === null ? "it is cut" : "more than 4,096 in a file");
      hold(!isFull || (next < size && (first === null || first === next)), "bundle/form", "an entry out of place");
      entry = readEntry(bytes);
      if (!isFull) place = this.placeOfShown(entry, first);
      entry.leaf = leafHash(bytes);
      this.holdLeaf(entry, place);
      const signers = this.state.admit(entry, place);
      if (isFull) this.tree.push(entry.leaf);
      this.signatures.add(place, entry, signers);
    } catch (error) {
      if (error instanceof Broken) error.found = entry;
      throw error instanceof Broken ? error.at(place) : error;
    }
    this.last = place;
    this.entries += 1;
    const facts = await this.disclosures.take(place, entry.event.sd);
    this.options.seen?.(entry, { name, offset, length: bytes.length }, facts);
    if (this.signatures.areTooMany) await this.signatures.someSettled();
    this.signatures.holdSoFar();
    this.options.progress?.(this.entries, isFull ? size : this.entries);
  }

  /** In a partial bundle an entry says itself where it stands; the tiles say whether that is so. */
  placeOfShown(entry, first) {
    const { index, event } = entry;
    const right = index > this.last && index < this.index.size && (first === null || first === index);
    if (!right) throw new Broken("bundle/form", "an entry out of place").at(index);
    if (!this.state.complete.has(event.stream)) {
      const mayStandAlone = ["Proposed", "Approved", "Rejected"].includes(event.type);
      if (!mayStandAlone) throw new Broken("bundle/form", `an entry of ${event.stream}, which is not shown`).at(index);
      this.extras.push(index);
    }
    return index;
  }

  holdLeaf(entry, place) {
    if (this.tiles === null) return;
    const same = sameBytes(this.tiles.leaf(place), entry.leaf);
    hold(same, this.index.isFull ? "bundle/form" : "checkpoint/root", "the tiles hold another entry here");
  }

  holdRoot() {
    const root = this.tree.root(this.index.size);
    const same = sameBytes(root, this.checkpoint.root);
    within("checkpoint", () => hold(same, "checkpoint/root", "the entries do not give the checkpoint's root"));
  }

  /** Section 10: the streams that are shown are shown whole, as of what the heads had seen. */
  async holdHeads() {
    const at = this.index.heads;
    const proven = await readHeads(this.record);
    const heads = this.state.headsAt.get(at);
    try {
      hold(heads !== undefined, "heads/stream", "the heads are not shown");
      for (const stream of this.state.complete) {
        const lines = proven.filter((line) => line.stream === stream);
        hold(lines.length === 1, "heads/stream", `not one line for ${stream}`);
        this.holdHead(lines[0], heads);
      }
      hold(proven.length === this.state.complete.size, "heads/stream", "a line for a stream that is not shown");
    } catch (error) {
      throw error instanceof Broken ? error.at(at) : error;
    }
  }

  holdHead({ stream, next, last, leaf, proof }, heads) {
    const line = headLeaf(stream, next, last);
    const holds = inclusionHolds(line, leaf, heads.count, proof, fromHex(heads.root));
    hold(holds, "heads/stream", `the head of ${stream} is not proven`);
    const shown = this.state.shownBefore(stream, heads.size);
    const whole = shown.next === next && (next === 0 || shown.last === last);
    hold(whole, "heads/stream", `${shown.next} of ${next} events of ${stream} are shown`);
  }

  async holdCheckpoint() {
    const key = this.state.keys.logKeyAt(this.index.size);
    const held = key !== null && (await signedByLog(this.options.subtle, this.checkpoint, fromHex(key)));
    within("checkpoint", () => hold(held, "checkpoint/signature", "not signed by the log key of its size"));
  }

  /** Section 12, `--at-least`: what the reader saw earlier is a part of this. */
  async holdAtLeast() {
    if (!this.options.atLeast) return;
    const earlier = within(EARLIER, () => readCheckpoint(this.options.atLeast));
    const same = earlier.origin === this.index.origin;
    within(EARLIER, () => hold(same, "checkpoint/form", "of another ledger"));
    const isSmaller = this.index.size < earlier.size;
    within(EARLIER, () => hold(!isSmaller, "at-least/smaller", `this record has fewer than ${earlier.size} entries`));
    const key = this.state.keys.logKeyAt(earlier.size);
    const held = key !== null && (await signedByLog(this.options.subtle, earlier, fromHex(key)));
    within(EARLIER, () => hold(held, "checkpoint/signature", "not signed by the log key of its size"));
    const extended = sameBytes(this.tree.root(earlier.size), earlier.root);
    within(EARLIER, () => hold(extended, "at-least/root", "this record tells another story up to there"));
  }

  async holdTrust() {
    if (!this.options.trust) return;
    const trust = readTrust(this.options.trust);
    const same = trust.log.name === this.index.origin;
    within(TRUST, () => hold(same, "trust/origin", `it is about ${trust.log.name}`));
    const key = hex(trust.log.publicKey);
    const isLogs = this.state.keys.logKeys.some((one) => one.publicHex === key);
    within(TRUST, () => hold(isLogs, "trust/log-key", "its key never was the log's"));
    const met = await quorumMet(this.options.subtle, this.checkpoint, trust);
    within(TRUST, () => hold(met, "trust/quorum", "fewer witnesses cosigned than it asks for"));
  }

  /** Judges the record again with what its reader brings now. A record that was found broken stays so. */
  async anchor({ trust, atLeast }) {
    if (this.isSound === undefined) this.isSound = this.broken === null;
    if (!this.isSound) return this.verdict();
    Object.assign(this.options, { trust, atLeast });
    this.broken = null;
    try {
      await this.holdBrought();
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.broken = error;
    }
    return this.verdict();
  }

  verdict() {
    // Of a record that breaks a rule nothing is believed: to mark a part of it would say that the rest is.
    const marked = this.state === null || this.broken !== null ? new Map() : suspects(this.state);
    let code = 21;
    if (this.broken !== null) code = 20;
    else if (this.options.trust) code = marked.size > 0 ? 3 : 0;
    return {
      code,
      anchor: (brought) => this.anchor(brought),
      broken: this.broken,
      suspects: marked,
      entries: this.entries,
      disclosures: this.disclosures.shown,
      signatures: this.signatures.count,
      index: this.index,
      checkpoint: this.checkpoint,
      state: this.state,
      tree: this.tree,
      notChecked: this.state === null ? [] : notCheckedOf(this.state, this.index),
    };
  }
}
