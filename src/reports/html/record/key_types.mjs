// The rules of section 8 for the types that say which keys count: their data, their signers, and what they change.

import { Fields, ascend, isCount } from "./canonical.mjs";
import { fromHex, hex, isHex, joined } from "./bytes.mjs";
import { hold } from "./broken.mjs";
import { ROLES, holdRolesAndPerson, isPerson, keyidOf } from "./keys.mjs";
import { readPolicy } from "./policy.mjs";
import { sha256 } from "./sha256.mjs";

const ROOTS_MAX = 15;
const REASONS = ["compromised", "lost", "retired", "superseded"];

export function holdData(condition, found) {
  hold(condition, "type/data", found);
}

/** The values of an event's data, which has exactly these fields. */
export function dataOf(value, names) {
  const right = value instanceof Fields && value.keys.length === names.length
    && names.every((name, at) => value.keys[at] === name);
  hold(right, "canonical/fields", `its data is not exactly ${names.join(", ")}`);
  return value.values;
}

export function holdHexData(value, name) {
  holdData(isHex(value, 64), `${name} is not 64 lowercase hex digits`);
}

function holdSigners(condition, found) {
  hold(condition, "type/signers", found);
}

/** At least t roots, keyids ascending; behind them the new key itself, where there is one. */
function holdRoots(state, by, own) {
  const roots = own === null ? by : by.slice(0, -1);
  holdSigners(own === null || by.at(-1) === own, "the new key did not sign last");
  const areRoots = roots.every((keyid) => state.keys.get(keyid)?.roles.includes("root"));
  holdSigners(areRoots, "somebody signed who is no root");
  holdSigners(ascend(roots), "the roots do not stand in order");
  const needed = state.keys.threshold;
  holdSigners(roots.length >= needed, `${roots.length} roots signed where ${needed} are needed`);
}

function readRoots(value) {
  holdData(Array.isArray(value) && value.length > 0 && value.length <= ROOTS_MAX, "roots is not 1 to 15 keys");
  const roots = value.map((root) => {
    const [key, person] = dataOf(root, ["key", "person"]);
    holdHexData(key, "a root's key");
    hold(isPerson(person), "key/person", "a root without a person");
    return { key, person };
  });
  holdData(ascend(roots.map((root) => root.key)), "the roots do not ascend by key");
  return roots;
}

export const KEY_TYPES = {
  Opened: {
    stream: "keys",
    check(state, { event }) {
      const [keys, policy, threshold] = dataOf(event.data, ["keys", "policy", "threshold"]);
      const [log, rootList, service] = dataOf(keys, ["log", "roots", "service"]);
      const roots = readRoots(rootList);
      [log, service].forEach((key) => holdHexData(key, "a key"));
      const all = [log, service, ...roots.map((root) => root.key)];
      holdData(new Set(all).size === all.length, "two of its keys are the same");
      holdData(isCount(threshold) && threshold >= 1 && threshold <= roots.length, "a threshold that cannot be met");
      const ids = roots.map((root) => keyidOf(root.key)).sort();
      holdSigners(ids.join() === event.by.join(), "not signed by every root in order");
      const pinned = hex(sha256(joined(...roots.map((root) => fromHex(root.key)))));
      const named = state.origin.split("/").filter((part) => part !== "simulated").at(-1);
      hold(pinned === named, "origin/roots", "the origin names other roots");
      return { log, roots, service, policy: readPolicy(policy), threshold };
    },
    apply(state, entry, { log, roots, service, policy, threshold }) {
      for (const { key, person } of roots) state.keys.enrol(key, ["root"], person, entry.index);
      state.keys.enrol(log, ["log"], "", entry.index);
      state.keys.enrol(service, ["service"], "", entry.index);
      state.keys.threshold = threshold;
      state.setPolicy(policy, entry.index);
    },
  },
  KeyEnrolled: {
    stream: "keys",
    check(state, { event }) {
      const [key, person, roles] = dataOf(event.data, ["key", "person", "roles"]);
      holdHexData(key, "key");
      const known = Array.isArray(roles) && roles.length > 0 && roles.every((role) => ROLES.has(role));
      hold(known && ascend(roles), "key/roles", "not ascending roles");
      hold(!state.keys.known.has(keyidOf(key)), "key/again", "the key was known before");
      holdRolesAndPerson(roles, person);
      holdData(!roles.includes("log"), "a log key is rotated, not enrolled");
      const second = roles.includes("service") && state.keys.active("service").length > 0;
      holdData(!second, "there is a service key already");
      holdRoots(state, event.by, keyidOf(key));
      return { key, roles, person };
    },
    apply(state, entry, { key, roles, person }) {
      state.keys.enrol(key, roles, person, entry.index);
    },
  },
  KeyRotated: {
    stream: "keys",
    check(state, { event }) {
      const [key, old] = dataOf(event.data, ["new", "old"]);
      holdHexData(key, "new");
      holdHexData(old, "old");
      hold(!state.keys.known.has(keyidOf(key)), "key/again", "the new key was known before");
      holdData(state.keys.isActive(old), "the old key is not active");
      const isLog = state.keys.get(old).roles[0] === "log";
      holdRoots(state, event.by, isLog ? null : keyidOf(key));
      return { key, old };
    },
    apply(state, entry, { key, old }) {
      const { roles, person } = state.keys.get(old);
      state.keys.end(old, entry.index);
      const keyid = state.keys.enrol(key, roles, person, entry.index, old);
      for (const [stream, owner] of state.keys.assigned) {
        if (owner === old) state.keys.assigned.set(stream, keyid);
      }
    },
  },
  KeyRevoked: {
    stream: "keys",
    check(state, { event, index }) {
      const [from, key, reason] = dataOf(event.data, ["from_index", "key", "reason"]);
      holdData(isCount(from) && from <= index, "from_index lies behind the entry itself");
      holdHexData(key, "key");
      holdData(REASONS.includes(reason), "a reason that is none of the four");
      const known = state.keys.get(key);
      holdData(known !== undefined, "no such key");
      holdData(known.revokedAt === null, "the key was revoked before");
      const { roles } = known;
      holdData(roles[0] !== "log", "the log key is rotated, not revoked");
      holdSigners(!event.by.includes(key), "signed by the key that it revokes");
      holdRoots(state, event.by, null);
      const left = state.keys.active("root").filter((root) => root.keyid !== key).length;
      holdData(left >= state.keys.threshold, "too few roots would stay");
      return { from, key };
    },
    apply(state, entry, { from, key }) {
      state.keys.revoke(key, from, entry.index);
    },
  },
  PolicyChanged: {
    stream: "keys",
    check(state, { event }) {
      const [policy, threshold] = dataOf(event.data, ["policy", "threshold"]);
      const roots = state.keys.active("root").length;
      holdData(isCount(threshold) && threshold >= 1 && threshold <= roots, "a threshold that cannot be met");
      holdRoots(state, event.by, null);
      return { policy: readPolicy(policy), threshold };
    },
    apply(state, entry, { policy, threshold }) {
      state.keys.threshold = threshold;
      state.setPolicy(policy, entry.index);
    },
  },
};
