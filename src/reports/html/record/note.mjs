// Signed notes, checkpoints and cosignatures (section 6) and the trust file (11.3), as text and as signatures over text. Which
// key is the log's is known to the state, not here.

import { fromBase64, sameBytes, textOf, toBase64, utf8, joined } from "./bytes.mjs";
import { Broken, hold } from "./broken.mjs";
import { sha256 } from "./sha256.mjs";
import { imported, isStrongPoint, signatureHolds } from "./ed25519.mjs";

const NOTE_BYTES_MAX = 65536;
const SIGNATURES_MAX = 64;
const SIZE = /^(0|[1-9][0-9]{0,15})$/;
const NAME = /^[^\s+\u0085]+$/u;

export const LOG_KEY = 1;
export const COSIGNATURE_KEY = 4;

const RULE = "checkpoint/form";

function signatureLine(line) {
  const [dash, name, encoded, ...rest] = line.split(" ");
  const body = encoded === undefined ? null : fromBase64(encoded);
  const right = dash === "\u2014" && rest.length === 0 && NAME.test(name ?? "") && body !== null && body.length > 4;
  hold(right, RULE, "a line that is no signature line");
  return { name, hint: body.subarray(0, 4), signature: body.subarray(4) };
}

/** Reads a checkpoint: what it says, the text that is signed, and its signature lines. */
export function readCheckpoint(bytes) {
  hold(bytes.length <= NOTE_BYTES_MAX, RULE, `more than ${NOTE_BYTES_MAX} bytes`);
  const note = textOf(bytes);
  hold(note !== null, RULE, "bytes that are no UTF-8");
  const end = note.indexOf("\n\n");
  hold(end >= 0 && note.endsWith("\n"), RULE, "no empty line between text and signatures");
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2).split("\n").slice(0, -1);
  const [origin, size, encoded, ...rest] = text.split("\n").slice(0, -1);
  hold(rest.length === 0 && encoded !== undefined, RULE, "its text is not three lines");
  hold(NAME.test(origin), RULE, "an origin with white space or +");
  hold(SIZE.test(size) && Number.isSafeInteger(Number(size)), RULE, "a size that is no canonical number");
  const root = fromBase64(encoded);
  hold(root !== null && root.length === 32, RULE, "a root that is not 32 bytes of base64");
  const count = lines.length;
  hold(count > 0 && count <= SIGNATURES_MAX, RULE, `${count} signature lines`);
  return { origin, size: Number(size), root, text, signatures: lines.map(signatureLine) };
}

export function keyHint(name, kind, publicKey) {
  return sha256(utf8(name), Uint8Array.of(0x0a, kind), publicKey).subarray(0, 4);
}

/** Whether the log key signed it: at least one line is its, and every line that is its holds. */
export async function signedByLog(subtle, checkpoint, publicKey) {
  const hint = keyHint(checkpoint.origin, LOG_KEY, publicKey);
  const own = checkpoint.signatures.filter(
    (line) => line.name === checkpoint.origin && sameBytes(line.hint, hint),
  );
  const key = isStrongPoint(publicKey) ? await imported(subtle, publicKey) : null;
  const message = utf8(checkpoint.text);
  const held = await Promise.all(own.map((line) => signatureHolds(subtle, key, line.signature, message)));
  return held.length > 0 && held.every(Boolean);
}

/** tlog-cosignature: 8 bytes of time, then a signature over the time and the checkpoint's text. */
async function cosigned(subtle, checkpoint, vkey) {
  const key = isStrongPoint(vkey.publicKey) ? await imported(subtle, vkey.publicKey) : null;
  for (const line of checkpoint.signatures) {
    if (line.name !== vkey.name || !sameBytes(line.hint, vkey.hint)) continue;
    if (line.signature.length !== 72) return false;
    const time = line.signature.subarray(0, 8).reduce((sum, byte) => sum * 256 + byte, 0);
    const message = utf8(`cosignature/v1\ntime ${time}\n${checkpoint.text}`);
    return signatureHolds(subtle, key, line.signature.subarray(8), message);
  }
  return false;
}

/** A trust file that cannot be read is no finding about the record; it stops the check all the same. */
function unreadable(found) {
  return new Broken("trust/form", found).in("trust file");
}

function readVkey(text, kind) {
  const [name, hint, ...rest] = (text ?? "").split("+");
  const body = fromBase64(rest.join("+"));
  const right = NAME.test(name) && body !== null && body.length === 33 && body[0] === kind;
  if (!right) throw unreadable(`${text} is no key of the kind that belongs there`);
  const key = { name, hint: keyHint(name, kind, body.subarray(1)), publicKey: body.subarray(1) };
  if (hint !== [...key.hint].map((byte) => byte.toString(16).padStart(2, "0")).join("")) {
    throw unreadable(`${name}: its short id is not that of its key`);
  }
  return key;
}

/** Reads a C2SP tlog-policy with exactly one log and one quorum. */
export function readTrust(text) {
  const trust = { log: null, witnesses: new Map(), groups: new Map(), quorum: null, keys: new Set(), grouped: new Set() };
  for (const line of text.split("\n")) {
    const words = line.trim().split(/[ \t]+/);
    if (words[0] === "" || words[0].startsWith("#")) continue;
    readTrustLine(trust, words);
  }
  if (trust.log === null || trust.quorum === null) throw unreadable("it needs one log line and one quorum line");
  return trust;
}

function readTrustLine(trust, [kind, ...words]) {
  const isKnown = (name) => trust.witnesses.has(name) || trust.groups.has(name);
  if (kind === "log" && trust.log === null && words.length > 0) {
    trust.log = readVkey(words[0], LOG_KEY);
  } else if (kind === "witness" && words.length > 1 && !isKnown(words[0]) && words[0] !== "none") {
    const vkey = readVkey(words[1], COSIGNATURE_KEY);
    readOnce(trust.keys, vkey.publicKey.join(), `the key of the witness ${words[0]}`);
    trust.witnesses.set(words[0], vkey);
  } else if (kind === "group" && words.length > 2 && !isKnown(words[0]) && words[0] !== "none") {
    const [name, asked, ...members] = words;
    const number = /^[0-9]+$/.test(asked) ? Number(asked) : 0;
    const need = asked === "any" ? 1 : asked === "all" ? members.length : number;
    const right = need > 0 && need <= members.length && members.every(isKnown);
    if (!right) throw unreadable(`the group ${name} cannot be met`);
    for (const member of members) readOnce(trust.grouped, member, `the member ${member}`);
    trust.groups.set(name, { need, members });
  } else if (kind === "quorum" && trust.quorum === null && words.length === 1
    && (words[0] === "none" || isKnown(words[0]))) {
    [trust.quorum] = words;
  } else {
    throw unreadable(`the line ${[kind, ...words].join(" ")} has no place in it`);
  }
}

/** One witness must not count as two: under a second name, or by way of two groups. */
function readOnce(seen, what, spoken) {
  if (seen.has(what)) throw unreadable(`${spoken} stands in it twice`);
  seen.add(what);
}

/** Whether enough witnesses cosigned the checkpoint for the quorum. */
export async function quorumMet(subtle, checkpoint, trust) {
  const met = new Map();
  for (const [name, vkey] of trust.witnesses) met.set(name, await cosigned(subtle, checkpoint, vkey));
  // A group names only what stands above it.
  for (const [name, group] of trust.groups) {
    met.set(name, group.members.filter((member) => met.get(member)).length >= group.need);
  }
  return trust.quorum === "none" || met.get(trust.quorum) === true;
}

export function vkeyText(name, publicKey) {
  const hint = [...keyHint(name, LOG_KEY, publicKey)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${name}+${hint}+${toBase64(joined(Uint8Array.of(LOG_KEY), publicKey))}`;
}
