// The adversary suite of the independent verifier, judged by the page's verifier: each forged bundle must get the same verdict,
// rule and place. The bundles are written by `cargo run -p unbroken-verify --example forged_bundles -- DIR`.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { verify } from "../../src/reports/html/record/verify.mjs";
import { recordOf } from "./bundle_folder.mjs";

const folder = process.env.FORGED_BUNDLES ?? "";

/** Rules on the bag around the payload: a page has no bag. */
function isAboutTheBag({ rule, file }) {
  return rule === "bundle/manifest" || rule === "bundle/signature" || /manifest-sha256\.txt$|^bagit\.txt$|^fetch\.txt$/.test(file ?? "");
}

function placed(expected, broken) {
  if (broken === null) return expected.entry === null && expected.file === null;
  if (expected.entry !== null) return broken.entry === expected.entry;
  // The verifier names a folder where it means any file of it.
  const file = expected.file.replace(/^data\//, "");
  return broken.file !== null && (broken.file.endsWith(file) || broken.file.startsWith(`${file}/`));
}

function read(path) {
  return existsSync(path) ? new Uint8Array(readFileSync(path)) : null;
}

async function wrong(expected) {
  const place = join(folder, expected.folder);
  const trust = read(join(place, "trust"));
  const verdict = await verify(recordOf(join(place, "record")), {
    subtle: webcrypto.subtle,
    trust: trust === null ? null : new TextDecoder().decode(trust),
    atLeast: read(join(place, "earlier")),
    wholeBag: true,
  });
  const { code, broken, suspects } = verdict;
  const same = code === expected.code && (broken?.rule ?? "") === expected.rule
    && [...suspects.keys()].join() === expected.suspects.join() && placed(expected, broken);
  const said = `${code} ${broken?.rule} ${broken?.entry ?? broken?.file} suspects [${[...suspects.keys()].join()}], ${broken?.message}`;
  return same ? null : `${expected.folder} ${expected.name}: expected ${JSON.stringify(expected)}\n    ${said}`;
}

test("every forged bundle gets its verdict, its rule and its place", async (context) => {
  if (folder === "") {
    context.skip("FORGED_BUNDLES names no folder");
    return;
  }
  const all = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
  const judged = all.filter((expected) => !isAboutTheBag(expected));
  const found = [];
  for (const expected of judged) {
    try {
      found.push(await wrong(expected));
    } catch (error) {
      found.push(`${expected.folder} ${expected.name}: ${error.stack}`);
    }
  }
  const differing = found.filter((line) => line !== null);
  context.diagnostic(`${judged.length} forged bundles judged, ${all.length - judged.length} on the bag left out`);
  assert.ok(judged.length > 500, `${judged.length} bundles`);
  assert.equal(differing.length, 0, `${differing.length}:\n${differing.join("\n")}`);
});
