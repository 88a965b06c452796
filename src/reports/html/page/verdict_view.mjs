// The panel that says how the check stands: in words first, with a sign and a colour beside them. NOT CHECKED until a check has
// run to its end, whatever happens.

import { byId, element, replace } from "./dom.mjs";
import { count, counted, ruleWords } from "./words.mjs";

const SIGNS = {
  "not-checked": "?", "checking": "…", "verified": "✓", "exceptions": "!", "not-anchored": "!", "failed": "✗", "could-not-check": "?",
};

export function say(state, word, sentence, ...more) {
  document.documentElement.dataset.state = state;
  document.title = `${word} – custody record`;
  document.querySelector("#verdict .sign").textContent = SIGNS[state];
  byId("verdict-word").textContent = word;
  replace(byId("verdict-says"), sentence);
  replace(byId("verdict-more"), ...more);
  byId("progress").hidden = state !== "checking";
}

export function sayProgress(done, size) {
  const bar = byId("progress");
  bar.max = size;
  bar.value = done;
  byId("verdict-more").textContent = `${count(done)} of ${count(size)} entries`;
}

export function sayCouldNot(reason) {
  say("could-not-check", "COULD NOT CHECK",
    `This page was not able to check itself: ${reason}.`,
    "Save the file to a disk and open it from there in a current browser (Chrome or Edge 137, Firefox 129, Safari 17 or later), or check the ",
    "bundle with unbroken-verify. Until then, treat everything here as unchecked.");
}

/** Where it failed, as a place that people find. */
export function placeOf(broken) {
  if (broken.entry !== null) return `entry ${count(broken.entry)}`;
  return broken.file;
}

// Whoever reads "verified" must not take it for more: tokens need X.509 chains, which WebCrypto does not judge.
const STAMPS = " Time stamps of outside authorities are not checked by this page; unbroken-verify and openssl check them.";

export function sayVerdict(verdict, story) {
  const { code, broken, entries, suspects } = verdict;
  const read = `${counted(entries, "entry", "entries")}, ${counted(verdict.signatures, "signature")} and `
    + `${counted(verdict.disclosures, "shown fact")}`;
  const exceptions = story.exceptions().length;
  const about = exceptions === 0 ? "" : ` ${counted(exceptions, "item is", "items are")} listed as exceptions below.`;
  if (code === 20) {
    const place = placeOf(broken);
    say("failed", broken.entry === null ? `FAILED in ${place}` : `FAILED at ${place}`,
      `${ruleWords(broken.rule)} Do not rely on this record until that is explained.`,
      element("span", {}, "Rule ", element("code", {}, broken.rule), `, ${place}: ${broken.message}.`));
  } else if (code === 21) {
    const marked = suspects.size === 0 ? "" : ` ${counted(suspects.size, "entry is", "entries are")} marked SUSPECT.`;
    say("not-anchored", "CONSISTENT, NOT ANCHORED",
      "All checks inside of this file passed. Whose record it is, and whether it is the whole of it, is not checked yet.",
      `${read} hold together.${marked}${about} Give the trust file below to go on.${STAMPS}`);
  } else if (code === 3) {
    say("exceptions", "VERIFIED, WITH A RESERVATION",
      `Checks passed, but for ${counted(suspects.size, "entry", "entries")} marked SUSPECT: signed by a key that was later revoked, or resting `
        + "on one.",
      `${read} hold, under the log that the trust file names.${about}${STAMPS}`);
  } else {
    const { isFull, size } = verdict.index;
    say("verified", "VERIFIED",
      isFull ? "All checks passed. No entry was changed, removed or put in another order since the checkpoint was signed."
        : `All checks passed for the part that is here. ${counted(size - entries, "entry", "entries")} of the record `
          + "are not in this page and were not checked.",
      `${read} hold, under the log that the trust file names.${about}${STAMPS}`);
  }
}
