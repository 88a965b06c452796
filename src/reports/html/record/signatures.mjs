// The signatures of a record, checked while the next entries are read: WebCrypto works beside the page. The lowest entry whose
// signature fails is the one that counts.

import { fromHex } from "./bytes.mjs";
import { Broken } from "./broken.mjs";
import { imported, signatureHolds } from "./ed25519.mjs";
import { signedBytes } from "./entry.mjs";

// So many wait for WebCrypto at most; reading goes on when half of them are done.
const WAITING_MAX = 1024;

export class Signatures {
  constructor(subtle) {
    this.subtle = subtle;
    this.keys = new Map();
    this.waiting = 0;
    this.failed = Infinity;
    this.count = 0;
    this.fault = null;
    this.enough = 0;
    this.goOn = null;
  }

  key(publicHex) {
    if (!this.keys.has(publicHex)) this.keys.set(publicHex, imported(this.subtle, fromHex(publicHex)));
    return this.keys.get(publicHex);
  }

  /** Begins to check the signatures of an entry. */
  add(index, entry, signers) {
    const message = signedBytes(entry.payload);
    signers.forEach((publicHex, at) => this.check(index, publicHex, entry.signatures[at], message));
  }

  async check(index, publicHex, signature, message) {
    this.count += 1;
    this.waiting += 1;
    try {
      const holds = await signatureHolds(this.subtle, await this.key(publicHex), signature, message);
      if (!holds) this.failed = Math.min(this.failed, index);
    } catch (error) {
      this.fault = error;
    }
    this.waiting -= 1;
    if (this.goOn !== null && this.waiting <= this.enough) {
      this.goOn();
      this.goOn = null;
    }
  }

  get areTooMany() {
    return this.waiting > WAITING_MAX;
  }

  /** Waits until no more than so many are under way. */
  async settled(enough) {
    if (this.waiting > enough) {
      this.enough = enough;
      await new Promise((resolve) => {
        this.goOn = resolve;
      });
    }
    if (this.fault !== null) throw this.fault;
  }

  someSettled() {
    return this.settled(WAITING_MAX / 2);
  }

  holdSoFar() {
    if (this.failed === Infinity) return;
    throw new Broken("signature/strict", "a signature of the entry does not hold").at(this.failed);
  }
}
