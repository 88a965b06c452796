// The page as a file: taking its embedded files out, putting changed ones in. Nothing here checks anything.

import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";

const FILE = /<script type="text\/plain" data-file="([^"]*)">([^<]*)<\/script>\n/g;

export class PageFile {
  constructor(path) {
    const html = readFileSync(path, "utf8");
    const first = html.search(FILE);
    this.head = html.slice(0, first);
    this.tail = html.slice(html.lastIndexOf("</script>\n") + "</script>\n".length);
    this.files = new Map();
    for (const [, name, packed] of html.matchAll(FILE)) this.files.set(name, gunzipSync(Buffer.from(packed, "base64")));
  }

  /** The page with these files in the place of its own. */
  *with(files) {
    yield this.head;
    for (const [name, bytes] of files) {
      const packed = gzipSync(bytes, { level: 1 }).toString("base64");
      yield `<script type="text/plain" data-file="${name}">${packed}</script>\n`;
    }
    yield this.tail;
  }
}

/** The entries of a file of frames. */
export function entriesOf(file) {
  const entries = [];
  for (let at = 0; at < file.length;) {
    const length = file.readUInt16BE(at);
    entries.push(Buffer.from(file.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  return entries;
}

export function framed(entries) {
  return Buffer.concat(entries.flatMap((entry) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(entry.length);
    return [length, entry];
  }));
}
