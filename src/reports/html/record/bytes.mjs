// Bytes and the spellings of bytes: hex, base64, base64url, UTF-8. Each reader refuses every spelling but the canonical one
// (section 2 of docs/ledger-format.md) with `null`. No rule of the record lives here.

const HEX = [];
for (let byte = 0; byte < 256; byte += 1) HEX.push((byte < 16 ? "0" : "") + byte.toString(16));

const STANDARD = table("+/");
const URL_SAFE = table("-_");

const encoder = new TextEncoder();
// Strict: refuses overlong forms and surrogates. The byte order mark is kept, so that it can be refused.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function table(last) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last;
  const values = new Int16Array(128).fill(-1);
  for (let at = 0; at < 64; at += 1) values[alphabet.charCodeAt(at)] = at;
  return values;
}

export function hex(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 1) text += HEX[bytes[at]];
  return text;
}

export function isHex(text, digits) {
  if (typeof text !== "string" || text.length !== digits) return false;
  for (let at = 0; at < digits; at += 1) {
    const code = text.charCodeAt(at);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}

export function fromHex(text) {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

export function utf8(text) {
  return encoder.encode(text);
}

/** The text, or `null` when the bytes are not well-formed UTF-8. */
export function textOf(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function unpadded(text, length, values) {
  const rest = length % 4;
  if (rest === 1) return null;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let held = 0;
  let bits = 0;
  let out = 0;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    const value = code < 128 ? values[code] : -1;
    if (value < 0) return null;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[out] = (held >> bits) & 0xff;
      out += 1;
    }
  }
  // Unused trailing bits are zero, or two spellings would mean the same bytes.
  return (held & ((1 << bits) - 1)) === 0 ? bytes : null;
}

export function fromBase64(text) {
  if (text.length % 4 !== 0) return null;
  let length = text.length;
  if (text.endsWith("==")) length -= 2;
  else if (text.endsWith("=")) length -= 1;
  return unpadded(text, length, STANDARD);
}

export function fromBase64Url(text) {
  return unpadded(text, text.length, URL_SAFE);
}

export function toBase64Url(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function toBase64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function sameBytes(left, right) {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at += 1) if (left[at] !== right[at]) return false;
  return true;
}

export function joined(...parts) {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Orders texts as their UTF-8 bytes are ordered; JavaScript's own `<` orders UTF-16 units. */
export function compareTexts(left, right) {
  const shorter = Math.min(left.length, right.length);
  for (let at = 0; at < shorter; at += 1) {
    let one = left.charCodeAt(at);
    let other = right.charCodeAt(at);
    if (one !== other) {
      // Surrogates stand for code points above all that one unit can hold.
      if (one >= 0xd800 && one < 0xe000) one += 0x10000;
      if (other >= 0xd800 && other < 0xe000) other += 0x10000;
      return one - other;
    }
  }
  return left.length - right.length;
}
