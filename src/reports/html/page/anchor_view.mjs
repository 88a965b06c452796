// What the reader compares with another channel, and where the trust file goes in. Nothing in the page counts as trusted: whoever
// can change the file can change key, entries and script.

import { element, exact, facts, section } from "./dom.mjs";
import { hex, fromHex } from "./bytes.mjs";
import { vkeyText } from "./note.mjs";
import { count, moment } from "./words.mjs";

export function anchorSection(verdict, story, onGiven) {
  const { index, checkpoint, state } = verdict;
  const logKey = state.keys.logKeyAt(index.size);
  const first = story.rows[0];
  const last = story.rows.at(-1);
  const rows = [
    ["Ledger", exact(index.origin)],
    ["Entries", `${count(index.size)}${index.isFull ? "" : `, of which ${count(verdict.entries)} are in this page`}`],
    ["Root hash", exact(hex(checkpoint.root))],
    ["Log key", exact(logKey === null ? "unknown" : vkeyText(index.origin, fromHex(logKey)))],
    ["First entry", first === undefined ? "none" : moment(first.received)],
    ["Last entry", last === undefined ? "none" : moment(last.received)],
  ];
  return section("compare", "Compare this with what reached you another way",
    element("p", {}, "Whoever can edit this file can edit its entries, its keys and its script, and it would still call itself consistent. So compare "
      + "these lines, letter by letter, with a copy that came by another way: the sealed report, a letter, a time stamp, the trust file."),
    facts(rows, { className: "facts wide" }),
    giveForm(onGiven));
}

function giveForm(onGiven) {
  const said = element("p", { id: "given-says", role: "status" });
  const area = element("textarea", { id: "given", rows: 4, spellcheck: false, autocomplete: "off",
    "aria-describedby": "given-hint" });
  const take = async (text) => {
    area.value = text;
    said.textContent = await onGiven(text);
  };
  const file = element("input", { type: "file", id: "given-file",
    on: { change: async (event) => take(await event.target.files[0].text()) } });
  const form = element("form", { className: "give no-print", noValidate: true, on: {
    submit: (event) => {
      event.preventDefault();
      take(area.value);
    },
    dragover: (event) => event.preventDefault(),
    drop: async (event) => {
      event.preventDefault();
      const dropped = event.dataTransfer.files[0];
      if (dropped !== undefined) take(await dropped.text());
    },
  } },
  element("label", { htmlFor: "given" }, "Trust file, or a checkpoint that you kept from earlier"),
  element("p", { id: "given-hint", className: "quiet" }, "Paste it, drop the file here or choose it. The trust file says whose record this is; "
    + "an earlier checkpoint shows that nothing was cut off since. Neither leaves this page."),
  area,
  element("div", { className: "row" }, element("button", { type: "submit" }, "Check with this"),
    element("label", { htmlFor: "given-file", className: "quiet" }, "or choose a file "), file),
  said);
  return form;
}

export function isCheckpoint(text) {
  return text.includes("\n\n\u2014 ");
}
