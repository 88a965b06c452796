// The parts of the page's verifier against what others published: FIPS 180-4 through WebCrypto, the edges of Ed25519, proofs of
// RFC 6962, and the worked example of docs/ledger-format.md.

import assert from "node:assert/strict";
import { createHash, createPrivateKey, createPublicKey, webcrypto } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { fromBase64, fromHex, hex, sameBytes, utf8, compareTexts, fromBase64Url } from "../../src/reports/html/record/bytes.mjs";
import { read } from "../../src/reports/html/record/canonical.mjs";
import { imported, isStrongPoint, signatureHolds, unusable } from "../../src/reports/html/record/ed25519.mjs";
import { readEntry, signedBytes } from "../../src/reports/html/record/entry.mjs";
import { readCheckpoint, readTrust, signedByLog, vkeyText } from "../../src/reports/html/record/note.mjs";
import { sha256 } from "../../src/reports/html/record/sha256.mjs";
import { Tree, inclusionHolds, leafHash, rootOf } from "../../src/reports/html/record/tree.mjs";

const { subtle } = webcrypto;
const top = new URL("../..", import.meta.url).pathname;
const published = join(top, "../shared/vectors");

/** The public key of the secret that is 32 times the same byte. */
function publicKey(byte) {
  const head = Buffer.from("302e020100300506032b657004220420", "hex");
  const key = createPrivateKey({ key: Buffer.concat([head, Buffer.alloc(32, byte)]), format: "der", type: "pkcs8" });
  return new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));
}

async function strictly(key, signature, message) {
  return isStrongPoint(key) && signatureHolds(subtle, await imported(subtle, key), signature, message);
}

test("SHA-256 is WebCrypto's, for every length around the blocks", async () => {
  for (let length = 0; length < 300; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff);
    const expected = new Uint8Array(await subtle.digest("SHA-256", bytes));
    assert.deepEqual(sha256(bytes), expected, `${length} bytes`);
    assert.deepEqual(sha256(bytes.subarray(0, length >> 1), bytes.subarray(length >> 1)), expected);
  }
  const long = new Uint8Array(70000).fill(7);
  assert.deepEqual(sha256(long), new Uint8Array(await subtle.digest("SHA-256", long)));
});

test("the edges of Ed25519 are judged strictly", async (context) => {
  const path = join(published, "ed25519.json");
  if (!existsSync(path)) {
    context.skip("../shared/vectors/ed25519.json is not there");
    return;
  }
  // What section 3 refuses; a component of low order alone is no ground where the equation holds.
  const refused = ["low_order_A", "low_order_R", "low_order_residue", "non_canonical_A", "non_canonical_R", "reencoded_k"];
  const vectors = JSON.parse(readFileSync(path, "utf8"));
  const found = { true: 0, false: 0 };
  for (const { number, key, sig, msg, flags } of vectors) {
    const expected = !(flags ?? []).some((flag) => refused.includes(flag));
    const held = await strictly(fromHex(key), fromHex(sig), utf8(msg));
    assert.equal(held, expected, `vector ${number}: ${flags}`);
    found[held] += 1;
  }
  context.diagnostic(`${found.true} held, ${found.false} refused`);
  assert.ok(found.true > 40 && found.false > 500, JSON.stringify(found));
});

test("a WebCrypto that is laxer is told from one that is not", async () => {
  assert.equal(await unusable(subtle), null);
  const lax = { importKey: async () => ({}), verify: async () => true };
  assert.match(await unusable(lax), /accepts/);
  const none = { importKey: async () => { throw new Error("no such algorithm"); } };
  assert.match(await unusable(none), /does not know/);
});

test("S that is not reduced is refused", async () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const key = fromHex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const signature = fromHex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  assert.equal(await strictly(key, signature, Uint8Array.of(0x72)), true);
  let s = BigInt(`0x${hex(signature.slice(32).reverse())}`) + order;
  for (let at = 32; at < 64; at += 1, s >>= 8n) signature[at] = Number(s & 255n);
  assert.equal(await strictly(key, signature, Uint8Array.of(0x72)), false);
});

test("published inclusion proofs hold or not as published", (context) => {
  const folder = join(published, "merkle/inclusion");
  if (!existsSync(folder)) {
    context.skip("../shared/vectors/merkle is not there");
    return;
  }
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".json"));
  const counts = { held: 0, refused: 0 };
  for (const name of files) {
    const vector = JSON.parse(readFileSync(join(folder, name), "utf8"));
    const bytes = (text) => {
      const found = typeof text === "string" ? fromBase64(text) : null;
      return found !== null && found.length === 32 ? found : null;
    };
    const parts = [vector.leafHash, vector.root, ...(vector.proof ?? [])].map(bytes);
    const [leaf, root, ...proof] = parts;
    const whole = parts.every((part) => part !== null);
    const holds = whole && inclusionHolds(leaf, vector.leafIdx, vector.treeSize, proof, root);
    assert.equal(holds, !vector.wantErr, `${name}: ${vector.desc}`);
    counts[holds ? "held" : "refused"] += 1;
  }
  context.diagnostic(JSON.stringify(counts));
  assert.ok(counts.held > 3 && counts.refused > 50, JSON.stringify(counts));
});

test("the proofs of a tree lead to its root, and to no other place", () => {
  for (let size = 1; size < 40; size += 1) {
    const leaves = Array.from({ length: size }, (_, at) => leafHash(utf8(`leaf ${at}`)));
    const tree = new Tree(0);
    leaves.forEach((leaf) => tree.push(leaf));
    const root = tree.root(size);
    assert.deepEqual(root, naiveRoot(leaves));
    for (let at = 0; at < size; at += 1) {
      const proof = tree.inclusion(at, size);
      assert.ok(inclusionHolds(leaves[at], at, size, proof, root));
      assert.ok(!inclusionHolds(leaves[at], (at + 1) % size, size, proof, root) || size === 1);
    }
  }
});

/** RFC 6962 section 2.1, as it is written there. */
function naiveRoot(leaves) {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0];
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return sha256(Uint8Array.of(1), naiveRoot(leaves.slice(0, half)), naiveRoot(leaves.slice(half)));
}

test("one spelling only", () => {
  const rules = [
    ['{"a":1}', null], ['"\\u001f\\n"', null], ["-1", null], ["[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", null],
    ["[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "canonical/depth"], ['{"a": 1}', "canonical/whitespace"],
    ["1 ", "canonical/whitespace"], ['"\\u000a"', "canonical/string"], ['"\\/"', "canonical/string"],
    ['"\t"', "canonical/string"], ["-0", "canonical/number"], ["1.5", "canonical/number"], ["01", "canonical/number"],
    ["1e3", "canonical/number"], ["9007199254740992", "canonical/number"], ["null", "canonical/null"],
    ["\ufeff1", "canonical/utf8"], ["{", "canonical/json"], ["[1 2]", "canonical/whitespace"], ["nul", "canonical/json"],
  ];
  for (const [text, rule] of rules) {
    let said = null;
    try {
      read(utf8(text));
    } catch (error) {
      said = error.rule;
    }
    assert.equal(said, rule, text);
  }
  assert.throws(() => read(Uint8Array.of(0x22, 0xc0, 0x80, 0x22)), { rule: "canonical/utf8" });
  assert.equal(fromBase64("AB=="), null);
  assert.deepEqual(fromBase64("AA=="), Uint8Array.of(0));
  assert.equal(fromBase64Url("AA=="), null);
  assert.ok(compareTexts("\uffff", "\u{10000}") < 0);
});

test("the worked example of the format holds", async () => {
  const text = readFileSync(join(top, "docs/ledger-format.md"), "utf8").split("## 13.")[1];
  const blocks = [...text.matchAll(/```\n([^`]*)```/g)].map((block) => block[1]);
  const [event, entry, leaves, note] = blocks;
  const read9 = readEntry(utf8(entry.trimEnd()));
  assert.equal(new TextDecoder().decode(read9.payload), event.trimEnd());
  assert.ok(text.includes(`DSSEv1 38 application/vnd.unbroken.event.v1+json ${read9.payload.length} `));
  assert.ok(await strictly(publicKey(8), read9.signatures[0], signedBytes(read9.payload)));
  const hashes = leaves.trimEnd().split("\n").map(fromHex);
  assert.deepEqual(leafHash(utf8(entry.trimEnd())), hashes[9]);
  const checkpoint = readCheckpoint(utf8(note));
  assert.equal(checkpoint.size, 10);
  assert.ok(sameBytes(rootOf(hashes), checkpoint.root));
  assert.ok(text.includes(hex(checkpoint.root)));
  assert.ok(await signedByLog(subtle, checkpoint, publicKey(4)));
  assert.ok(!(await signedByLog(subtle, checkpoint, publicKey(5))));
});

test("a trust file is read, and a broken one is refused", () => {
  const name = "example.org/log";
  const vkey = vkeyText(name, publicKey(4));
  assert.equal(readTrust(`# a comment\nlog ${vkey}\nquorum none\n`).log.name, name);
  for (const text of ["", `log ${vkey}\n`, `log ${vkey}\nlog ${vkey}\nquorum none\n`, `log ${vkey}\nquorum w\n`,
    `log ${vkey.replace(/\+[0-9a-f]{8}/, "+00000000")}\nquorum none\n`, `log ${vkey}\nquorum none\nsurprise\n`]) {
    assert.throws(() => readTrust(text), { rule: "trust/form" }, text);
  }
});

/** A witness's vkey: type 0x04. */
function witnessVkey(name, number) {
  const body = Buffer.concat([Buffer.from([4]), publicKey(number)]);
  const id = createHash("sha256").update(`${name}\n`).update(body).digest("hex").slice(0, 8);
  return `${name}+${id}+${body.toString("base64")}`;
}

test("no witness counts as two", () => {
  const log = `log ${vkeyText("example.org/log", publicKey(4))}\n`;
  const [a, b, c, aAgain, bAsA, bWithKey, none] = [["a", "a", 5], ["b", "b", 6], ["c", "c", 7], ["a", "b", 6], ["b", "a", 5],
    ["b", "b", 5], ["none", "a", 5]].map(([name, key, number]) => `witness ${name} ${witnessVkey(`${key}.example`, number)}\n`);
  for (const text of [`${a}${b}group g 2 a b\nquorum g`, `${a}${b}${c}group g any a b\ngroup h all g c\nquorum h`,
    `${a}quorum a`, "quorum none"]) {
    assert.equal(readTrust(`${log}${text}\n`).log.name, "example.org/log");
  }
  for (const text of [`${a}group g 2 a a\nquorum g`, `${a}${b}group g any a b\ngroup h 2 g a\nquorum h`,
    `${a}${b}${c}group g any a b\ngroup h any a c\ngroup i all g h\nquorum i`, `${a}${aAgain}group g any a\nquorum g`,
    `${a}${bAsA}group g 2 a b\nquorum g`, `${a}${bWithKey}group g 2 a b\nquorum g`, `${none}quorum none`,
    `${a}group none any a\nquorum none`, `${a}${b}group g +1 a b\nquorum g`, `${a}${b}group g 1e0 a b\nquorum g`,
    `${a}group g 1\nquorum g`, `${a}group g 0 a\nquorum g`, `${a}group g 2 a\nquorum g`, `${a}group g any g\nquorum g`]) {
    assert.throws(() => readTrust(`${log}${text}\n`), { rule: "trust/form" }, text);
  }
});
