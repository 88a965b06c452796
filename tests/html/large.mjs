// A record of any length for the page, written from docs/ledger-format.md: a case whose items are each attempted and restored,
// in entries as large as those of the demo. Its keys are those of the worked example.

import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";

import { framed } from "./page_file.mjs";

const ZEROS = "0".repeat(64);
const TYPE = "application/vnd.unbroken.event.v1+json";
const PER_FILE = 4096;
const CUSTODIANS = 40;

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

function key(byte) {
  const head = Buffer.from("302e020100300506032b657004220420", "hex");
  const secret = createPrivateKey({ key: Buffer.concat([head, Buffer.alloc(32, byte)]), format: "der", type: "pkcs8" });
  const raw = createPublicKey(secret).export({ format: "der", type: "spki" }).subarray(-32);
  return { secret, hex: raw.toString("hex"), raw, id: sha256(raw).toString("hex") };
}

const KEYS = Array.from({ length: 9 }, (_, byte) => (byte === 0 ? null : key(byte)));
const ROOTS = [1, 2, 3].sort((one, other) => (KEYS[one].id < KEYS[other].id ? -1 : 1));

function time(micros) {
  const whole = new Date(Date.UTC(2026, 10, 23, 20) + Math.floor(micros / 1000)).toISOString();
  return `${whole.slice(0, -1)}${String(micros % 1000).padStart(3, "0")}Z`;
}

export class LargeRecord {
  /**
   * `planned` are plans in force, each with how many items it is to restore; `again` has the last item fail after it was restored;
   * `items` is how many are attempted where that is less than the entries give room for.
   */
  constructor(entries, { planned = [], items = Infinity, again = false } = {}) {
    Object.assign(this, { planned, wantedItems: items, again });
    const roots = [1, 2, 3].map((byte) => KEYS[byte].raw).sort(Buffer.compare);
    this.origin = `example.org/large/${sha256(...roots).toString("hex")}/simulated`;
    this.wanted = entries;
    this.index = 0;
    this.prev = ZEROS;
    this.streams = new Map();
    this.leaves = [];
  }

  entry(stream, type, data, signers, sd = []) {
    const head = this.streams.get(stream) ?? { next: 0, last: ZEROS };
    const at = time(this.index * 700);
    const id = `019aaaaa-0000-7000-8000-${String(this.index).padStart(12, "0")}`;
    const event = JSON.stringify({ v: 1, id, origin: this.origin, stream, seq: head.next, link: head.last,
      seen: { size: this.index, leaf: this.prev }, type, at, by: signers.map((byte) => KEYS[byte].id), data, sd });
    const payload = Buffer.from(event);
    const signed = Buffer.concat([Buffer.from(`DSSEv1 ${TYPE.length} ${TYPE} ${payload.length} `), payload]);
    const signatures = signers.map((byte) => ({ keyid: KEYS[byte].id, sig: sign(null, signed, KEYS[byte].secret).toString("base64") }));
    const bytes = Buffer.from(JSON.stringify({ index: this.index, prev: this.prev, received: at,
      event: { payloadType: TYPE, payload: payload.toString("base64"), signatures } }));
    const leaf = sha256(Buffer.of(0), bytes);
    this.streams.set(stream, { next: head.next + 1, last: sha256(payload).toString("hex") });
    this.prev = leaf.toString("hex");
    this.leaves.push(leaf);
    this.index += 1;
    return bytes;
  }

  *opening() {
    const roots = [1, 2, 3].map((byte) => ({ key: KEYS[byte].hex, person: `root-${byte}` }));
    roots.sort((one, other) => (one.key < other.key ? -1 : 1));
    const policy = { approvals: {}, gates: { "ItemAttempted/1": ["case/", "keys"] },
      types: { "ItemAttempted/1": ["worker"], "ItemFailed/1": ["worker"], "ItemRestored/1": ["worker"], "PlanAdopted/1": ["operator"],
        "PlanMade/1": ["operator"] } };
    yield this.entry("keys", "Opened", { keys: { log: KEYS[4].hex, roots, service: KEYS[5].hex }, policy, threshold: 2 }, ROOTS);
    yield this.entry("keys", "KeyEnrolled", { key: KEYS[8].hex, person: "", roles: ["worker"] }, [...ROOTS, 8]);
    const streams = Array.from({ length: CUSTODIANS }, (_, at) => `custodian/c${String(at).padStart(3, "0")}`);
    yield this.entry("ledger", "StreamHanded", { streams, to: KEYS[8].id }, [5]);
    if (this.planned.length > 0) yield* this.plans();
  }

  *plans() {
    yield this.entry("keys", "KeyEnrolled", { key: KEYS[6].hex, person: "operator-1", roles: ["operator"] }, [...ROOTS, 6]);
    for (const [number, restore] of this.planned.entries()) {
      const plan = sha256(`plan ${number}`).toString("hex");
      const stream = `case/${KEYS[6].id}`;
      const counts = { hold: 0, restore, skip: 0, unreadable: 0 };
      yield this.entry(stream, "PlanMade/1", { as_of: 0, counts, parts: CUSTODIANS, plan }, [6]);
      yield this.entry(stream, "PlanAdopted/1", { digest: plan, plan, proposal: ZEROS }, [6]);
    }
  }

  *items() {
    for (let item = 0; item < this.wantedItems; item += 1) {
      const stream = `custodian/c${String(item % CUSTODIANS).padStart(3, "0")}`;
      const name = sha256(`item ${item}`).toString("hex").slice(0, 32);
      yield this.entry(stream, "ItemAttempted/1", { attempt: 1, item: name, plan: ZEROS, wave: 1 }, [8]);
      const sd = Array.from({ length: 10 }, (_, at) => sha256(`fact ${item} ${at}`).toString("base64url")).sort();
      yield this.entry(stream, "ItemRestored/1", { attempt: 1, class: item % 7 === 6 ? "as_declared" : "identical",
        compared: ["bytes", "created"], deltas: [], item: name, transforms: [], workload: "files", wrote: "new" }, [8], sd);
      if (this.again && item + 1 === this.wantedItems) {
        yield this.entry(stream, "ItemFailed/1", { item: name, reason: "came-later", workload: "files" }, [8]);
      }
    }
  }

  *entries() {
    yield* this.opening();
    for (const entry of this.items()) {
      yield entry;
      if (this.index >= this.wanted) return;
    }
  }

  /** The files of a full bundle, one after the other. */
  *files() {
    let held = [];
    let first = 0;
    for (const entry of this.entries()) {
      held.push(entry);
      if (held.length === PER_FILE) {
        yield [`entries/${String(first).padStart(12, "0")}`, framed(held)];
        held = [];
        first = this.index;
      }
    }
    if (held.length > 0) yield [`entries/${String(first).padStart(12, "0")}`, framed(held)];
    yield ["bundle.json", Buffer.from(`{"v":1,"origin":"${this.origin}","kind":"full","size":${this.index},"heads":0,"streams":[]}`)];
    yield ["checkpoint", this.checkpoint()];
  }

  checkpoint() {
    const text = `${this.origin}\n${this.index}\n${root(this.leaves).toString("base64")}\n`;
    const signature = sign(null, Buffer.from(text), KEYS[4].secret);
    const body = Buffer.concat([this.hint(), signature]).toString("base64");
    return Buffer.from(`${text}\n\u2014 ${this.origin} ${body}\n`);
  }

  hint() {
    return sha256(this.origin, Buffer.of(0x0a, 1), KEYS[4].raw).subarray(0, 4);
  }

  trust() {
    const vkey = Buffer.concat([Buffer.of(1), KEYS[4].raw]).toString("base64");
    return `log ${this.origin}+${this.hint().toString("hex")}+${vkey}\nquorum none\n`;
  }
}

function root(leaves) {
  let row = leaves;
  while (row.length > 1) {
    const above = [];
    for (let at = 0; at < row.length; at += 2) {
      above.push(at + 1 < row.length ? sha256(Buffer.of(1), row[at], row[at + 1]) : row[at]);
    }
    row = above;
  }
  return row[0];
}
