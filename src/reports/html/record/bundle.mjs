// The files of a bundle (section 11.2) without their entries' meaning: the index, the frames of entries, tiles, lines of heads
// and of disclosures. A record is a list of names and a way to read one; where it lies is not known here.

import { ascend, fieldsOf, isCount, read } from "./canonical.mjs";
import { fromHex, isHex, textOf } from "./bytes.mjs";
import { hold, within } from "./broken.mjs";
import { isStream } from "./entry.mjs";
import { Tree } from "./tree.mjs";

const RECORDS_MAX = 4096;
const TILE_WIDTH = 256;
const RULE = "bundle/form";
const ORIGIN_NAME = /^[a-z0-9][a-z0-9.-]*(\/[a-z0-9][a-z0-9._-]*)*$/;

export function isOrigin(text) {
  const parts = /^(.+)\/[0-9a-f]{64}(\/simulated)?$/.exec(text);
  return parts !== null && parts[1].length <= 120 && ORIGIN_NAME.test(parts[1]);
}

/** `bundle.json`; it may end in one newline. */
export function readIndex(bytes) {
  const ends = bytes.length > 0 && bytes[bytes.length - 1] === 0x0a;
  const value = read(ends ? bytes.subarray(0, -1) : bytes);
  const [v, origin, kind, size, heads, streams] = fieldsOf(value, ["v", "origin", "kind", "size", "heads", "streams"]);
  hold(v === 1, RULE, "another version than 1");
  hold(typeof origin === "string" && isOrigin(origin), RULE, "an origin that is none");
  hold(kind === "full" || kind === "partial", RULE, "neither full nor partial");
  hold(isCount(size) && isCount(heads), RULE, "size or heads is no integer from 0 on");
  hold(Array.isArray(streams) && streams.every(isStream) && ascend(streams), RULE, "streams is not ascending names");
  hold(!streams.includes("keys") && !streams.includes("ledger"), RULE, "keys and ledger are not named again");
  const isFull = kind === "full";
  hold(!isFull || (heads === 0 && streams.length === 0), RULE, "a full bundle with heads or streams");
  return { origin, isFull, size, heads, streams };
}

function numbered(record, folder) {
  const names = record.names.filter((name) => name.startsWith(`${folder}/`)).sort();
  return names.map((name) => {
    const digits = name.slice(folder.length + 1);
    within(name, () => hold(/^[0-9]{12}$/.test(digits), RULE, "not named by 12 digits"));
    return { name, number: Number(digits) };
  });
}

/** Every framed entry, in the order of the files: its bytes and where they lie. */
export async function* framedEntries(record) {
  for (const { name, number } of numbered(record, "entries")) {
    const file = await record.read(name);
    let at = 0;
    for (let place = 0; at < file.length; place += 1) {
      const length = at + 2 <= file.length ? file[at] * 256 + file[at + 1] : Infinity;
      const isWhole = at + 2 + length <= file.length;
      const first = place === 0 ? number : null;
      const isTooMany = place >= RECORDS_MAX;
      const bytes = isWhole ? file.subarray(at + 2, at + 2 + length) : null;
      yield { name, first, isTooMany, bytes, offset: at + 2 };
      at += 2 + length;
    }
  }
}

/** C2SP tlog-tiles: groups of three digits, all but the last behind an x. */
function tileName(number, width) {
  let path = String(number % 1000).padStart(3, "0");
  for (let rest = Math.floor(number / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, "0")}/${path}`;
  }
  return `tile/0/${path}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** The leaf hashes that the level-0 tiles give; exactly those of that size. */
export async function readTiles(record, size) {
  const tree = new Tree(size);
  const expected = new Set();
  for (let from = 0; from < size; from += TILE_WIDTH) {
    const width = Math.min(TILE_WIDTH, size - from);
    const name = tileName(from / TILE_WIDTH, width);
    expected.add(name);
    const isThere = record.names.includes(name);
    within(isThere ? name : "tile", () => hold(isThere, RULE, `the tile ${name} is missing`));
    const tile = await record.read(name);
    within(name, () => hold(tile.length === 32 * width, RULE, `a tile of ${tile.length} bytes`));
    for (let at = 0; at < tile.length; at += 32) tree.push(tile.subarray(at, at + 32));
  }
  for (const name of record.names.filter((other) => other.startsWith("tile/"))) {
    within(name, () => hold(expected.has(name), RULE, "a tile that belongs to another size"));
  }
  return tree;
}

/** The lines of the numbered files of a folder; `firstOf` gives the number that a file must bear. */
export async function* numberedLines(record, folder, names, firstOf) {
  let position = 0;
  for (const { name, number } of numbered(record, folder)) {
    const text = textOf(await record.read(name));
    within(name, () => hold(text !== null, "canonical/utf8", "bytes that are no UTF-8"));
    within(name, () => hold(text.endsWith("\n"), RULE, "its last line has no end"));
    const lines = text.slice(0, -1).split("\n");
    within(name, () => hold(lines.length <= RECORDS_MAX, RULE, `${lines.length} lines`));
    let isFirst = true;
    for (const line of lines) {
      const values = within(name, () => fieldsOf(read(new TextEncoder().encode(line)), names));
      const right = !isFirst || firstOf(values, position) === number;
      within(name, () => hold(right, RULE, "named by another number"));
      isFirst = false;
      yield { name, values };
    }
    position += 1;
  }
}

/** The proven head of each stream of a partial bundle. */
export async function readHeads(record) {
  const heads = [];
  const names = ["stream", "next", "last", "leaf", "proof"];
  for await (const { name, values } of numberedLines(record, "heads", names, (_, position) => position)) {
    const [stream, next, last, leaf, proof] = values;
    const right = isStream(stream) && isCount(next) && isHex(last, 64) && isCount(leaf)
      && Array.isArray(proof) && proof.every((hash) => isHex(hash, 64));
    within(name, () => hold(right, RULE, "a line that proves no head"));
    heads.push({ stream, next, last, leaf, proof: proof.map(fromHex) });
  }
  return heads;
}
