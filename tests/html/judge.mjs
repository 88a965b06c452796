// Judges a bundle's folder as the page would, and says how long it took: node judge.mjs BUNDLE [TRUST].

import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";

import { verify } from "../../src/reports/html/record/verify.mjs";
import { recordOf } from "./bundle_folder.mjs";

const [bundle, trust] = process.argv.slice(2);
const began = performance.now();
const verdict = await verify(recordOf(bundle), {
  subtle: webcrypto.subtle,
  trust: trust === undefined ? null : readFileSync(trust, "utf8"),
});
const { code, broken, entries, disclosures, suspects, notChecked } = verdict;
const place = broken === null ? null : broken.entry ?? broken.file;
console.log(JSON.stringify({
  code,
  rule: broken?.rule ?? null,
  found: broken?.message ?? null,
  place,
  entries,
  disclosures,
  suspects: suspects.size,
  notChecked,
  milliseconds: Math.round(performance.now() - began),
}, null, 1));
process.exitCode = code;
