// The report that the maker of the bundle put in: the sections of report.json, version 1, as text. They are the maker's words;
// what this page checks is the record.

import { element, facts, section, table } from "./dom.mjs";
import { hex, utf8 } from "./bytes.mjs";
import { sha256 } from "./sha256.mjs";

const KINDS = {
  verdict: ({ tone, text }) => element("p", { className: `said ${["passed", "exceptions", "failed"].includes(tone) ? tone : ""}` },
    element("strong", {}, text)),
  heading: ({ text }) => element("h3", {}, text),
  paragraph: ({ text }) => element("p", {}, text),
  code: ({ text }) => element("pre", {}, text),
  list: ({ points }) => element("ul", {}, points.map((point) => element("li", {}, point))),
  blanks: ({ blanks }) => element("ul", { className: "blanks" }, blanks.map((blank) => element("li", {}, blank))),
  facts: (block) => facts(block.facts.map(({ name, value }) => [name, value])),
  table: ({ caption, columns, rows }) => table(caption, columns.map((label) => ({ label })), rows),
};

const OPEN_LETTERS = "AB";

export function reportSection(report, bytes) {
  if (report === null) return null;
  if (report.v !== 1 || !Array.isArray(report.sections)) {
    return section("report", "Report", element("p", {}, "The report in this page has a form that the page does not know."));
  }
  const parts = report.sections.map(({ letter, title, blocks }) => {
    const content = blocks.map((block) => (Object.hasOwn(KINDS, block.kind) ? KINDS[block.kind](block) : element("p", {}, block.text ?? "")));
    return element("details", { open: OPEN_LETTERS.includes(letter) }, element("summary", {}, `${letter} ${title}`), ...content);
  });
  return section("report", report.title ?? "Report",
    element("p", { className: "quiet" }, report.subtitle ?? ""),
    element("p", { className: "note" }, "These sections are the maker's words. This page checks the record above and below, not these sentences. "
      + `SHA-256 of the report's bytes: ${hex(sha256(utf8(bytes)))}.`),
    ...parts);
}
