// The canonical JSON of section 2: a reader that takes one spelling and names the rule that any other breaks. Objects come back
// as `Fields`, with their keys in the order in which they stand. What the fields mean is elsewhere.

import { compareTexts, fromBase64, isHex, textOf } from "./bytes.mjs";
import { Broken, hold } from "./broken.mjs";

const DEPTH_MAX = 16;
const NAMED_ESCAPES = { '"': '"', "\\": "\\", b: "\b", t: "\t", n: "\n", f: "\f", r: "\r" };
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /[-+.0-9][0-9.eE+-]*/y;
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.\d{6}Z$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** An object as it stands: its keys and its values, side by side. */
export class Fields {
  constructor(keys, values) {
    this.keys = keys;
    this.values = values;
  }

  get(key) {
    const at = this.keys.indexOf(key);
    return at < 0 ? undefined : this.values[at];
  }
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  fail(rule, found) {
    throw new Broken(rule, `${found} (character ${this.at + 1})`);
  }

  /** The next character, which no whitespace may come before. */
  next() {
    const character = this.text[this.at];
    if (character === " " || character === "\t" || character === "\n" || character === "\r") {
      this.fail("canonical/whitespace", "white space outside a string");
    }
    return character;
  }

  value(depth) {
    const character = this.next();
    if (character === '"') return this.string();
    if (character === "{" || character === "[") {
      if (depth > DEPTH_MAX) this.fail("canonical/depth", `deeper than ${DEPTH_MAX}`);
      this.at += 1;
      return character === "{" ? this.object(depth) : this.array(depth);
    }
    if (character !== undefined && /[-+.0-9]/.test(character)) return this.number();
    if (this.text.startsWith("true", this.at)) return this.word("true", true);
    if (this.text.startsWith("false", this.at)) return this.word("false", false);
    if (this.text.startsWith("null", this.at)) this.fail("canonical/null", "null");
    return this.fail("canonical/json", "no JSON value");
  }

  word(word, value) {
    this.at += word.length;
    return value;
  }

  string() {
    this.at += 1;
    let text = "";
    for (;;) {
      PLAIN.lastIndex = this.at;
      PLAIN.test(this.text);
      const plain = this.text.slice(this.at, PLAIN.lastIndex);
      this.at = PLAIN.lastIndex;
      text = text === "" ? plain : text + plain;
      const character = this.text[this.at];
      if (character === undefined) this.fail("canonical/json", "a string without an end");
      if (character === '"') {
        this.at += 1;
        return text;
      }
      if (character !== "\\") this.fail("canonical/string", "a control character in a string");
      text += this.escape();
    }
  }

  escape() {
    const letter = this.text[this.at + 1];
    const named = Object.hasOwn(NAMED_ESCAPES, letter ?? "") ? NAMED_ESCAPES[letter] : null;
    if (named !== null) {
      this.at += 2;
      return named;
    }
    const four = this.text.slice(this.at + 2, this.at + 6);
    const code = isHex(four, 4) && letter === "u" ? parseInt(four, 16) : 0x20;
    if (code >= 0x20 || "\b\t\n\f\r".includes(String.fromCharCode(code))) {
      this.fail("canonical/string", "an escape that is not the canonical one");
    }
    this.at += 6;
    return String.fromCharCode(code);
  }

  number() {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    const digits = found === null ? "" : found[0];
    const value = Number(digits);
    if (!/^(0|-?[1-9][0-9]*)$/.test(digits) || !Number.isSafeInteger(value)) {
      this.fail("canonical/number", "a number that is no canonical integer");
    }
    this.at += digits.length;
    return value;
  }

  array(depth) {
    const items = [];
    if (this.next() === "]") {
      this.at += 1;
      return items;
    }
    for (;;) {
      items.push(this.value(depth + 1));
      if (this.ended("]")) return items;
    }
  }

  object(depth) {
    const keys = [];
    const values = [];
    if (this.next() === "}") {
      this.at += 1;
      return new Fields(keys, values);
    }
    for (;;) {
      if (this.next() !== '"') this.fail("canonical/json", "no key of an object");
      keys.push(this.string());
      if (this.next() !== ":") this.fail("canonical/json", "no colon behind a key");
      this.at += 1;
      values.push(this.value(depth + 1));
      if (this.ended("}")) return new Fields(keys, values);
    }
  }

  ended(close) {
    const character = this.next();
    if (character !== close && character !== ",") {
      this.fail("canonical/json", `neither a comma nor ${close}`);
    }
    this.at += 1;
    return character === close;
  }
}

/** Reads one value; `text` is a canonical value and nothing else. */
export function readText(text) {
  hold(!text.startsWith("\ufeff"), "canonical/utf8", "a byte order mark");
  const reader = new Reader(text);
  const value = reader.value(1);
  hold(reader.at === text.length, "canonical/whitespace", "something behind the value");
  return value;
}

export function read(bytes) {
  const text = textOf(bytes);
  hold(text !== null, "canonical/utf8", "bytes that are no UTF-8");
  return readText(text);
}

/** The values of an object whose fields the format lists: exactly these, in this order. */
export function fieldsOf(value, names) {
  const isObject = value instanceof Fields;
  const right = isObject && value.keys.length === names.length
    && names.every((name, at) => value.keys[at] === name);
  hold(right, "canonical/fields", `not an object of exactly ${names.join(", ")}`);
  return value.values;
}

/** Every object in it, at any depth, has ascending keys. */
export function holdAscending(value) {
  if (Array.isArray(value)) {
    value.forEach(holdAscending);
  } else if (value instanceof Fields) {
    for (let at = 1; at < value.keys.length; at += 1) {
      const ascends = compareTexts(value.keys[at - 1], value.keys[at]) < 0;
      hold(ascends, "canonical/keys", `the key ${value.keys[at]} stands out of order or twice`);
    }
    value.values.forEach(holdAscending);
  }
}

export function ascend(texts) {
  return texts.every((text, at) => at === 0 || compareTexts(texts[at - 1], text) < 0);
}

export function isCount(value) {
  return typeof value === "number" && value >= 0;
}

export function isTime(value) {
  const parts = typeof value === "string" ? TIME.exec(value) : null;
  if (parts === null) return false;
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 && leap ? 29 : DAYS[month - 1];
  return year > 0 && day > 0 && day <= (days ?? 0) && hour < 24 && minute < 60 && second < 60;
}

export function holdCount(value, name) {
  hold(isCount(value), "canonical/number", `${name} is no integer from 0 on`);
}

export function holdHex(value, name) {
  hold(isHex(value, 64), "canonical/hex", `${name} is not 64 lowercase hex digits`);
}

export function holdTime(value, name) {
  hold(isTime(value), "canonical/time", `${name} is no canonical time`);
}

export function heldBase64(value, name) {
  const bytes = typeof value === "string" ? fromBase64(value) : null;
  hold(bytes !== null, "canonical/base64", `${name} is no canonical base64`);
  return bytes;
}

/** The value as other code can use it: objects become maps, in their order. */
export function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Fields) return new Map(value.keys.map((key, at) => [key, plain(value.values[at])]));
  return value;
}
