// The bundle's files as they lie in this page: gzip in base64, one element a file, taken out of the document when they are read.
// Any tool gets a file back with `base64 -d | gunzip`.

import { fromBase64, textOf } from "./bytes.mjs";
import { Broken } from "./broken.mjs";

async function inflated(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The files as the record that the verifier reads. */
export function embeddedRecord() {
  const elements = new Map();
  for (const found of document.querySelectorAll('script[type="text/plain"][data-file]')) {
    elements.set(found.dataset.file, found);
  }
  const kept = new Map();
  return {
    names: [...elements.keys()],
    async read(name) {
      if (!kept.has(name)) kept.set(name, unpacked(name, elements.get(name)));
      return kept.get(name);
    },
  };
}

async function unpacked(name, found) {
  const packed = fromBase64(found.textContent.trim());
  found.remove();
  try {
    if (packed === null) throw new Error("no base64");
    return await inflated(packed);
  } catch {
    throw new Broken("bundle/form", "this part of the page cannot be unpacked").in(name);
  }
}

/** The report that the maker put in, or `null`. */
export function embeddedReport() {
  const found = document.getElementById("report-value");
  return found === null ? null : JSON.parse(found.textContent);
}

/** The facts that are shown of an entry, read again from the disclosure files. */
export async function factsOf(record, index) {
  const files = record.names.filter((name) => name.startsWith("disclosures/")).sort();
  const file = files.findLast((name) => Number(name.slice("disclosures/".length)) <= index);
  if (file === undefined) return [];
  const lines = textOf(await record.read(file))?.split("\n") ?? [];
  const start = `{"index":${index},`;
  return lines.filter((line) => line.startsWith(start)).map((line) => JSON.parse(line));
}
