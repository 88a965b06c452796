// Personal facts shown beside the entries that name their digests (section 9). Walks along with the entries, so that a record of
// any length is judged without being held whole.

import { fromBase64Url, toBase64Url, utf8 } from "./bytes.mjs";
import { Broken, hold, within } from "./broken.mjs";
import { holdAscending, isCount, plain, read } from "./canonical.mjs";
import { isPerson } from "./keys.mjs";
import { numberedLines } from "./bundle.mjs";
import { sha256 } from "./sha256.mjs";

const NAME = /^[a-z][a-z0-9_]{0,63}$/;
const SALT_BYTES_MIN = 16;
const RULE = "disclosure/form";

/** The name and the value of an encoded disclosure. */
export function readDisclosure(encoded) {
  const bytes = typeof encoded === "string" ? fromBase64Url(encoded) : null;
  hold(bytes !== null, RULE, "no canonical base64url");
  const value = formed(bytes);
  hold(Array.isArray(value) && value.length === 3, RULE, "not salt, name and value");
  const [salt, name, fact] = value;
  const salted = typeof salt === "string" ? fromBase64Url(salt) : null;
  hold(salted !== null && salted.length >= SALT_BYTES_MIN, RULE, "a salt of fewer than 16 bytes");
  hold(typeof name === "string" && NAME.test(name), RULE, "a name that no fact has");
  return { name, value: plain(fact) };
}

function formed(bytes) {
  try {
    const value = read(bytes);
    holdAscending(value);
    return value;
  } catch (error) {
    // Section 9: what is wrong inside of the array is the disclosure's form.
    if (error instanceof Broken) error.rule = RULE;
    throw error;
  }
}

export function digestOf(encoded) {
  return toBase64Url(sha256(utf8(encoded)));
}

/** Takes the lines of each entry as the entries go by. */
export class Disclosures {
  constructor(record) {
    const names = ["index", "subject", "disclosure"];
    this.lines = numberedLines(record, "disclosures", names, (values) => values[0]);
    this.line = undefined;
    this.last = 0;
    this.shown = 0;
    // Whom the facts are said to concern, and the first entry of each.
    this.subjects = new Map();
    // Entries are judged first, wherever the fact stands that does not hold.
    this.broken = null;
  }

  async next() {
    const { done, value } = await this.lines.next();
    this.line = done ? null : value;
    if (done) return;
    const [index] = value.values;
    hold(isCount(index), "canonical/number", "index is no integer from 0 on");
    hold(index >= this.last, "bundle/form", "lines that do not ascend by index");
    this.last = index;
  }

  /** Judges what is shown of an entry; gives the facts. `sd` is `null` behind the last entry. */
  async take(entryIndex, sd) {
    if (this.line === null || this.broken !== null) return [];
    const facts = [];
    try {
      if (this.line === undefined) await this.next();
      const taken = new Set();
      while (this.line !== null && this.line.values[0] <= entryIndex) {
        facts.push(this.judged(entryIndex, sd, taken));
        await this.next();
      }
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.broken = error.in(this.line?.name ?? "disclosures");
    }
    return facts;
  }

  /** Nobody is shown whom the record says to be erased. */
  holdNoneErased(erased) {
    for (const [subject, index] of this.subjects) {
      const why = `a fact of entry ${index} about ${subject}, whom entry ${erased.get(subject)} erased`;
      within("disclosures", () => hold(!erased.has(subject), "disclosure/erased", why));
    }
  }

  judged(entryIndex, sd, taken) {
    const [index, subject, encoded] = this.line.values;
    hold(isPerson(subject), RULE, "a subject that is no pseudonym");
    const fact = readDisclosure(encoded);
    const digest = digestOf(encoded);
    const named = index === entryIndex && sd.includes(digest);
    hold(named, "disclosure/digest", `entry ${index} does not name this fact`);
    hold(!taken.has(digest), "bundle/form", "the same fact twice");
    taken.add(digest);
    this.shown += 1;
    if (!this.subjects.has(subject)) this.subjects.set(subject, index);
    return { ...fact, subject };
  }
}
