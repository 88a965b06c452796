// The rules of section 8 for the ledger's other types: their data, their signers, and what they change.

import { Fields, ascend, isCount, isTime } from "./canonical.mjs";
import { hex, utf8 } from "./bytes.mjs";
import { hold } from "./broken.mjs";
import { isMisnamed, isStream } from "./entry.mjs";
import { isPerson } from "./keys.mjs";
import { KEY_TYPES, dataOf, holdData, holdHexData } from "./key_types.mjs";
import { SCOPE } from "./policy.mjs";
import { sha256 } from "./sha256.mjs";

const HANDED_ROLES = ["worker", "operator", "certifier", "service"];

/** Types whose data is digests and counts that nothing else depends on. */
function plainType(names, counts) {
  return {
    stream: "ledger",
    check(state, { event }) {
      dataOf(event.data, names).forEach((value, at) => {
        if (counts.includes(names[at])) holdData(isCount(value), `${names[at]} is no integer from 0 on`);
        else holdHexData(value, names[at]);
      });
    },
  };
}

function voice(type) {
  return {
    stream: "approval/",
    check(state, { event }) {
      const [proposal] = dataOf(event.data, ["proposal"]);
      holdHexData(proposal, "proposal");
    },
    apply(state, { event, index }) {
      const proposal = state.approvals.proposals.get(event.data.get("proposal"));
      const { person } = state.keys.get(event.by[0]);
      if (type === "Rejected") proposal.rejected = true;
      else proposal.approved.push({ person, index });
    },
  };
}

function isImplicit(stream) {
  return stream === "keys" || stream === "ledger" || /^(approval|case)\//.test(stream);
}

const OTHER_TYPES = {
  StreamHanded: {
    stream: "ledger",
    check(state, { event }) {
      const [streams, to] = dataOf(event.data, ["streams", "to"]);
      const right = Array.isArray(streams) && streams.length > 0 && streams.every(isStream) && ascend(streams);
      holdData(right, "streams is not ascending names");
      holdData(!streams.some((name) => isImplicit(name) || isMisnamed(name)), "a stream that nobody can hand over");
      holdHexData(to, "to");
      const roles = state.keys.isActive(to) ? state.keys.get(to).roles : [];
      holdData(roles.some((role) => HANDED_ROLES.includes(role)), "to a key that may not write");
      return { streams, to };
    },
    apply(state, entry, { streams, to }) {
      for (const stream of streams) state.keys.assigned.set(stream, to);
    },
  },
  Proposed: {
    stream: "case/",
    check(state, { event }) {
      const [digest, expires, scope] = dataOf(event.data, ["digest", "expires", "scope"]);
      holdHexData(digest, "digest");
      holdData(isTime(expires), "expires is no time");
      holdData(typeof scope === "string" && SCOPE.test(scope), "a scope that is none");
      return { digest, expires, scope };
    },
    apply(state, { event, index, leaf }, proposal) {
      const { person } = state.keys.get(event.by[0]);
      state.approvals.propose(hex(leaf), { ...proposal, person, index });
    },
  },
  Approved: voice("Approved"),
  Rejected: voice("Rejected"),
  StreamHeads: {
    stream: "ledger",
    check(state, { event, index }) {
      const [count, root] = dataOf(event.data, ["count", "root"]);
      holdData(isCount(count), "count is no integer from 0 on");
      holdHexData(root, "root");
      state.holdHeads(event, index, { count, root });
    },
  },
  TimestampReceived: plainType(["imprint", "size", "token"], ["size"]),
  WitnessReceived: plainType(["note", "size"], ["size"]),
  TailRepaired: plainType(["discarded", "from_index", "length"], ["from_index", "length"]),
  Heartbeat: plainType(["size"], ["size"]),
  Erased: {
    stream: "ledger",
    check(state, { event }) {
      const [digest, proposal, subject] = dataOf(event.data, ["digest", "proposal", "subject"]);
      holdHexData(digest, "digest");
      holdHexData(proposal, "proposal");
      holdData(isPerson(subject), "a subject that is no pseudonym");
      const named = hex(sha256(utf8(`unbroken/erase/v1\n${state.origin}\n${subject}\n`)));
      holdData(digest === named, "the digest is not that of the subject");
      return subject;
    },
    apply(state, { index }, subject) {
      if (!state.erased.has(subject)) state.erased.set(subject, index);
    },
  },
  Sealed: {
    stream: "ledger",
    check(state, { event, index }) {
      const [entries, types] = dataOf(event.data, ["entries", "types"]);
      const form = isCount(entries) && types instanceof Fields && types.values.every(isCount);
      hold(form, "sealed/counts", "not counts");
      hold(entries === index, "sealed/counts", `it counts ${entries} entries before it`);
      if (state.isPartial) return;
      const counted = types.keys.length === state.counts.size
        && types.keys.every((type, at) => state.counts.get(type) === types.values[at]);
      hold(counted, "sealed/counts", "its counts of types are not those of the record");
    },
    apply(state) {
      state.isSealed = true;
    },
  },
};

export const TYPES = { ...KEY_TYPES, ...OTHER_TYPES };

/** The role of the one signer, by the stream of the type; `keys` has rules of its own. */
const SIGNER_ROLES = { ledger: "service", "case/": "operator", "approval/": "approver" };

/** The type's own rules: stream, number of signers, data; gives what `apply` then needs. */
export function holdType(state, entry) {
  const { event } = entry;
  const type = TYPES[event.type];
  const { stream } = type;
  const placed = stream.endsWith("/") ? event.stream.startsWith(stream) : event.stream === stream;
  hold(placed, "type/stream", "not in the stream of its type");
  if (stream !== "keys") {
    hold(event.by.length === 1, "type/signers", "more than one signer");
    const role = SIGNER_ROLES[stream];
    const may = state.keys.get(event.by[0]).roles.includes(role);
    hold(may, "type/signers", `the signer has not the role ${role}`);
  }
  return type.check(state, entry);
}

/** After this an entry of another type is refused. */
export const AFTER_SEALED = ["TimestampReceived", "WitnessReceived", "Erased"];
