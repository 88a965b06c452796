// A bundle's folder as the record that the page's verifier reads.

import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

export function recordOf(folder) {
  const payload = join(folder, "data");
  const found = readdirSync(payload, { recursive: true, withFileTypes: true });
  const files = found.filter((file) => file.isFile());
  const names = files.map((file) => relative(payload, join(file.parentPath ?? file.path, file.name)));
  return { names, read: async (name) => new Uint8Array(readFileSync(join(payload, name))) };
}
