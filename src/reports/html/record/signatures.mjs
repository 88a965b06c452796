// The signatures of a record, checked while the next entries are read: WebCrypto works beside the page. The lowest entry whose
// signature fails is the one that counts.

import { fromHex } from "./bytes.mjs";
import { Broken } from "./broken.mjs";
import { imported, signatureHolds } from "./ed25519.mjs";
import { signedBytes } from "./entry.mjs";

const IN_FLIGHT_MAX = 2000;

export class Signatures {
  constructor(subtle) {
    this.subtle = subtle;
    this.keys = new Map();
    this.inFlight = new Set();
    this.failed = Infinity;
    this.count = 0;
    this.fault = null;
  }

  key(publicHex) {
    if (!this.keys.has(publicHex)) this.keys.set(publicHex, imported(this.subtle, fromHex(publicHex)));
    return this.keys.get(publicHex);
  }

  /** Begins to check the signatures of an entry. */
  add(index, entry, signers) {
    const message = signedBytes(entry.payload);
    signers.forEach((publicHex, at) => this.begin(index, publicHex, entry.signatures[at], message));
  }

  begin(index, publicHex, signature, message) {
    this.count += 1;
    const known = this.key(publicHex);
    const check = Promise.resolve(known)
      .then((key) => signatureHolds(this.subtle, key, signature, message))
      .then((holds) => {
        if (!holds) this.failed = Math.min(this.failed, index);
      }, (error) => {
        this.fault = error;
      })
      .finally(() => this.inFlight.delete(check));
    this.inFlight.add(check);
  }

  /** Waits while too many are under way, or until all are done. */
  async settled(all) {
    while (this.inFlight.size > (all ? 0 : IN_FLIGHT_MAX)) {
      await (all ? Promise.all(this.inFlight) : Promise.race(this.inFlight));
    }
    if (this.fault !== null) throw this.fault;
  }

  holdSoFar() {
    if (this.failed === Infinity) return;
    throw new Broken("signature/strict", "a signature of the entry does not hold").at(this.failed);
  }
}
