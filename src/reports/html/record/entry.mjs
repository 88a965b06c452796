// The forms of an entry and of its event (sections 4 and 5), each field with the rule that it breaks. Whether they fit where
// they stand is in state.mjs.

import { isHex, utf8 } from "./bytes.mjs";
import { hold } from "./broken.mjs";
import {
  Fields, ascend, fieldsOf, heldBase64, holdAscending, holdCount, holdHex, holdTime, isCount, plain, read,
} from "./canonical.mjs";

const ENTRY_BYTES_MAX = 65535;
const EVENT_BYTES_MAX = 45000;
const PAYLOAD_TYPE = "application/vnd.unbroken.event.v1+json";
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const STREAM = /^[a-z0-9/-]{1,200}$/;
const OWN_STREAM = /^(case\/[0-9a-f]{64}|approval\/[0-9a-f]{64}\/[0-9a-f]{64})$/;
const VERSIONED_TYPE = /^[A-Z][A-Za-z0-9]{0,63}\/[1-9][0-9]{0,3}$/;
// 32 bytes in base64url without padding: the last of 43 letters has two bits to spare, which are zero.
const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const SIGNERS_MAX = 16;

/** Section 8: the closed list. */
export const LEDGER_TYPES = new Set([
  "Opened", "KeyEnrolled", "KeyRotated", "KeyRevoked", "PolicyChanged", "StreamHanded", "Proposed", "Approved",
  "Rejected", "StreamHeads", "TimestampReceived", "WitnessReceived", "TailRepaired", "Heartbeat", "Erased", "Sealed",
]);

export function isVersionedType(name) {
  return VERSIONED_TYPE.test(name);
}

export function isStream(name) {
  return typeof name === "string" && STREAM.test(name);
}

/** Section 7.1: no stream but those of a key begins so. */
export function isMisnamed(stream) {
  return /^(approval|case)\//.test(stream) && !OWN_STREAM.test(stream);
}

function readEnvelope(value) {
  const [payloadType, encoded, signatures] = fieldsOf(value, ["payloadType", "payload", "signatures"]);
  hold(payloadType === PAYLOAD_TYPE, "entry/payload-type", "the payload type of something else");
  const payload = heldBase64(encoded, "payload");
  const rule = "event/signatures";
  hold(Array.isArray(signatures), rule, "signatures is no array");
  return { payload, signatures };
}

/** The signatures of the envelope: exactly one for each of `by`, in that order. */
function readSignatures(signatures, by) {
  const rule = "event/signatures";
  hold(signatures.length === by.length, rule, "not one signature for each signer");
  return signatures.map((signature, at) => {
    const [keyid, sig] = fieldsOf(signature, ["keyid", "sig"]);
    holdHex(keyid, "keyid");
    const bytes = heldBase64(sig, "sig");
    hold(keyid === by[at], rule, "a signature of another key than by says");
    hold(bytes.length === 64, rule, "a signature that is not 64 bytes");
    return bytes;
  });
}

export function readEvent(payload) {
  hold(payload.length <= EVENT_BYTES_MAX, "event/size", `an event of ${payload.length} bytes`);
  const [v, id, origin, stream, seq, link, seen, type, at, by, data, sd] = fieldsOf(read(payload), [
    "v", "id", "origin", "stream", "seq", "link", "seen", "type", "at", "by", "data", "sd",
  ]);
  hold(v === 1, "event/version", "another version than 1");
  hold(typeof id === "string" && UUID_V7.test(id), "event/id", "an id that is no UUID version 7");
  hold(typeof origin === "string", "event/origin", "an origin that is no string");
  hold(isStream(stream) && !isMisnamed(stream), "event/stream", "a name that no stream may have");
  holdCount(seq, "seq");
  holdHex(link, "link");
  const [seenSize, seenLeaf] = fieldsOf(seen, ["size", "leaf"]);
  holdCount(seenSize, "seen.size");
  holdHex(seenLeaf, "seen.leaf");
  const known = typeof type === "string" && (LEDGER_TYPES.has(type) || isVersionedType(type));
  hold(known, "event/type", "a name that no type has");
  holdTime(at, "at");
  holdSigners(by);
  hold(data instanceof Fields, "canonical/fields", "data is no object");
  holdAscending(data);
  holdDigests(sd);
  return { id, origin, stream, seq, link, seenSize, seenLeaf, type, at, by, data, sd };
}

function holdSigners(by) {
  const right = Array.isArray(by) && by.length > 0 && by.length <= SIGNERS_MAX
    && by.every((keyid) => isHex(keyid, 64)) && new Set(by).size === by.length;
  hold(right, "event/by", "by is not 1 to 16 different keyids");
}

function holdDigests(sd) {
  const isDigest = (text) => typeof text === "string" && DIGEST.test(text);
  hold(Array.isArray(sd) && sd.every(isDigest) && ascend(sd), "event/sd", "sd is not ascending digests");
}

/** Reads an entry whole: its own fields, its event, its signatures. */
export function readEntry(bytes) {
  hold(bytes.length <= ENTRY_BYTES_MAX, "entry/size", `an entry of ${bytes.length} bytes`);
  const [index, prev, received, envelope] = fieldsOf(read(bytes), ["index", "prev", "received", "event"]);
  hold(isCount(index), "canonical/number", "index is no integer from 0 on");
  holdHex(prev, "prev");
  holdTime(received, "received");
  const { payload, signatures } = readEnvelope(envelope);
  const event = readEvent(payload);
  return { index, prev, received, payload, event, signatures: readSignatures(signatures, event.by) };
}

/** The bytes that a signature covers: DSSE's pre-authentication encoding. */
export function signedBytes(payload) {
  const head = utf8(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `);
  const bytes = new Uint8Array(head.length + payload.length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}

/** An entry for people to look at, after it was checked. */
export function shown(bytes) {
  const entry = readEntry(bytes);
  return { ...entry, event: { ...entry.event, data: plain(entry.event.data) } };
}
