// One entry, opened: what it says, what is shown of its facts, the custody of the item that it is about, and the proof that it
// stands in the ledger, computed again on the spot.

import { byId, element, exact, facts, replace, table } from "./dom.mjs";
import { hex, sameBytes, textOf } from "./bytes.mjs";
import { factsOf } from "./embedded.mjs";
import { bytesOf } from "./list_view.mjs";
import { readDisclosure } from "./disclosures.mjs";
import { shown } from "./entry.mjs";
import { rootOfProof } from "./tree.mjs";
import { count, counted, endWords, moment, plainWords, shownValue, typeWords } from "./words.mjs";

export class EntryView {
  constructor(record, story, verdict) {
    this.record = record;
    this.story = story;
    this.verdict = verdict;
  }

  async open(index) {
    const row = this.story.row(index);
    const place = byId("entry");
    if (row === undefined) {
      replace(place, element("p", { className: "note" }, `Entry ${count(index)} is not in this page, or was not reached.`));
      return;
    }
    const bytes = await bytesOf(this.record, row);
    const entry = shown(bytes);
    const known = await factsOf(this.record, index);
    const heading = element("h3", { id: "entry-title", tabIndex: -1 }, `Entry ${count(index)}: ${typeWords(row.type)}`);
    replace(place, element("article", { className: "entry", "aria-labelledby": "entry-title" },
      heading, this.suspect(index), this.said(entry), this.known(known), this.custody(row), this.proof(row, entry), exactBytes(bytes, entry)));
    heading.focus();
    heading.scrollIntoView({ block: "start" });
  }

  suspect(index) {
    const reason = this.verdict.suspects.get(index);
    return reason === undefined ? null : element("p", { className: "note" }, `SUSPECT: ${reason}.`);
  }

  said({ event, received }) {
    const signers = event.by.map((keyid) => {
      const key = this.verdict.state.keys.get(keyid);
      return `${key.person || "a machine"} (${key.roles.join(", ")}), key ${keyid.slice(0, 8)}…`;
    });
    return facts([
      ["Received", `${moment(received)}, by the ledger's clock`],
      ["Signed", `${moment(event.at)}, by the signer's own clock`],
      ["Signed by", signers.join("; ")],
      ["Series", element("span", { className: "breaks" }, `${this.story.nameOf(event.stream)}, number ${count(event.seq)}`)],
      ...[...event.data].map(([name, value]) => [plainWords(name), element("span", { className: "breaks" }, shownValue(value))]),
    ]);
  }

  known(lines) {
    if (lines.length === 0) return null;
    const rows = lines.map(({ disclosure, subject }) => {
      const { name, value } = readDisclosure(disclosure);
      return [plainWords(name), element("span", { className: "breaks" }, shownValue(value)), this.story.nameOf(`custodian/${subject}`)
        .replace(/^custodian\//, "")];
    });
    const columns = [{ label: "Fact" }, { label: "Value" }, { label: "About whom, as the ledger's host says" }];
    return table("Facts that are shown, each met by its digest in the signed entry", columns, rows);
  }

  /** All that happened to the item, in order. */
  custody(row) {
    const item = this.story.itemOf(row);
    if (item === null) return null;
    const steps = item.rows.map((index) => {
      const step = this.story.row(index);
      const words = typeWords(step.type);
      const link = element("button", { type: "button", className: "link", on: { click: () => this.open(index) } }, words);
      return element("li", {}, element("time", { dateTime: step.received }, moment(step.received)),
        index === row.index ? element("strong", {}, words) : link, element("span", { className: "quiet" }, `entry ${count(index)}`));
    });
    const name = item.label ?? `item ${item.id}`;
    return element("section", { "aria-label": "Custody of the item" },
      element("h4", {}, `Custody of “${name}”`),
      element("p", {}, `${endWords(item.end)}${item.reason === "" ? "" : `: ${plainWords(item.reason)}`}.`),
      element("ol", { className: "timeline" }, steps));
  }

  proof(row, entry) {
    const { tree, index, checkpoint, broken } = this.verdict;
    if (tree.size < index.size) {
      return element("p", { className: "note" }, "The check stopped before the end: there is no proof for this entry.");
    }
    const leaf = tree.leaf(row.index);
    const path = tree.inclusion(row.index, index.size);
    const root = rootOfProof(leaf, row.index, index.size, path);
    const holds = root !== null && sameBytes(root, checkpoint.root) && broken === null;
    const rows = [
      ["Leaf hash", exact(hex(leaf))],
      ["Hashes beside the way up", element("ol", { className: "path" }, path.map((hash) => element("li", {}, exact(hex(hash)))))],
      ["Root reached", exact(root === null ? "none" : hex(root))],
    ];
    const words = holds ? `Computed again just now: entry ${count(entry.index)} of ${count(index.size)} leads to the checkpoint's root.`
      : "The entry does not lead to a checkpoint that holds.";
    return element("details", {}, element("summary", {}, `Proof that the entry stands in the ledger (${counted(path.length, "hash", "hashes")})`),
      element("p", {}, words), facts(rows, { className: "facts wide" }));
  }
}

function exactBytes(bytes, entry) {
  return element("details", {}, element("summary", {}, "The exact bytes"),
    element("p", { className: "quiet" }, "The event, as it was signed:"), element("pre", {}, textOf(entry.payload)),
    element("p", { className: "quiet" }, "The entry, as it is hashed:"), element("pre", {}, textOf(bytes)));
}
