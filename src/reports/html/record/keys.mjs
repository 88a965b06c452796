// Which keys are known, to whom they belong, what they may and until when (sections 3, 7 and 8). Signatures are made with them in
// ed25519.mjs; what an event must look like to change them is in key_types.mjs.

import { Fields } from "./canonical.mjs";
import { fromHex, hex, isHex } from "./bytes.mjs";
import { hold } from "./broken.mjs";
import { isStrongPoint } from "./ed25519.mjs";
import { sha256 } from "./sha256.mjs";

const ALONE = ["root", "log", "service"];
const PERSONS = ["root", "operator", "approver", "certifier", "auditor"];
export const ROLES = new Set(["root", "log", "service", "worker", "operator", "approver", "certifier", "auditor"]);

export function isPerson(text) {
  return typeof text === "string" && /^[a-z0-9-]{1,64}$/.test(text);
}

export function keyidOf(publicHex) {
  return hex(sha256(fromHex(publicHex)));
}

/** Section 3: which roles go together, and who has a person. */
export function holdRolesAndPerson(roles, person) {
  const alone = ALONE.find((role) => roles.includes(role));
  hold(alone === undefined || roles.length === 1, "key/roles", `${alone} stands alone`);
  const needed = roles.some((role) => PERSONS.includes(role));
  const right = needed ? isPerson(person) : person === "";
  hold(right, "key/person", needed ? "a person's key without its person" : "a person at a key that is nobody's");
}

/** The public keys that an event brings in, as far as they can be read. */
function broughtIn(event) {
  if (!(event.data instanceof Fields)) return [];
  if (event.type === "KeyEnrolled") return [event.data.get("key")];
  if (event.type === "KeyRotated") return [event.data.get("new")];
  if (event.type !== "Opened") return [];
  const keys = event.data.get("keys");
  const roots = keys instanceof Fields ? keys.get("roots") : null;
  const found = Array.isArray(roots) ? roots.map((root) => (root instanceof Fields ? root.get("key") : null)) : [];
  return keys instanceof Fields ? [...found, keys.get("log"), keys.get("service")] : found;
}

export class Keys {
  constructor() {
    this.known = new Map();
    this.assigned = new Map();
    this.threshold = 0;
    // Section 6: the log key in force from a size on.
    this.logKeys = [];
    this.revocations = [];
  }

  get(keyid) {
    return this.known.get(keyid);
  }

  isActive(keyid) {
    return this.known.get(keyid)?.active === true;
  }

  active(role) {
    return [...this.known.values()].filter((key) => key.active && key.roles.includes(role));
  }

  /** Rules `key/unknown`, `key/weak` and `key/inactive`; the public key of each signer, in order. */
  signers(event) {
    const brought = new Map();
    for (const publicHex of broughtIn(event).filter((text) => isHex(text, 64))) {
      brought.set(keyidOf(publicHex), publicHex);
      hold(isStrongPoint(fromHex(publicHex)), "key/weak", `the key ${publicHex} is no strong point`);
    }
    const keys = event.by.map((keyid) => {
      const publicHex = this.known.get(keyid)?.publicHex ?? brought.get(keyid);
      hold(publicHex !== undefined, "key/unknown", `the key ${keyid} is not known here`);
      return publicHex;
    });
    for (const keyid of event.by) {
      const ended = this.known.has(keyid) && !this.isActive(keyid);
      hold(!ended, "key/inactive", `the key ${keyid} was revoked or rotated away`);
    }
    return keys;
  }

  /** `follows` is the key whose place it takes, in a rotation. */
  enrol(publicHex, roles, person, index, follows = null) {
    const keyid = keyidOf(publicHex);
    const since = { active: true, enrolledAt: index, endedAt: null, revokedAt: null };
    this.known.set(keyid, { keyid, publicHex, roles, person, follows, ...since });
    if (roles[0] === "log") this.logKeys.push({ from: index + 1, publicHex });
    return keyid;
  }

  end(keyid, index) {
    const key = this.known.get(keyid);
    key.active = false;
    key.endedAt ??= index;
  }

  /** A key that was rotated away ended before; it is revoked for what it signed until then. */
  revoke(keyid, from, index) {
    this.end(keyid, index);
    this.known.get(keyid).revokedAt = index;
    this.revocations.push({ keyid, from, index });
  }

  /** The log key after entries 0 to size-1. */
  logKeyAt(size) {
    return this.logKeys.findLast((key) => key.from <= size)?.publicHex ?? null;
  }

  /** Section 7.1: whether the key may emit in the stream. */
  mayEmit(keyid, stream) {
    if (stream === "keys") return this.isActive(keyid) && this.known.get(keyid).roles.includes("root");
    if (stream === "ledger") return this.isActive(keyid) && this.known.get(keyid).roles.includes("service");
    if (/^(approval|case)\//.test(stream)) return stream.endsWith(`/${keyid}`);
    return this.assigned.get(stream) === keyid;
  }
}
