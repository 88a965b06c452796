// Finding entries: words, kind and series, twenty-five to a page, so that two hundred thousand are no heavier to look at than those.
// What an entry says is in entry_view.mjs.

import { byId, element, replace, section, table } from "./dom.mjs";
import { textOf } from "./bytes.mjs";
import { factsOf } from "./embedded.mjs";
import { readDisclosure } from "./disclosures.mjs";
import { readEntry } from "./entry.mjs";
import { count, counted, moment, shownValue, typeWords } from "./words.mjs";

const PER_PAGE = 25;
const DEEP_FROM = 3;

export class Finder {
  constructor(record, story, open, pause) {
    this.record = record;
    this.story = story;
    this.open = open;
    this.pause = pause;
    this.found = story.rows;
    this.page = 0;
    this.search = 0;
  }

  section() {
    const options = (values, all, words) => [element("option", { value: "" }, all),
      ...values.map((value) => element("option", { value }, words(value)))];
    const types = [...this.story.types].sort();
    const streams = [...this.story.streams].sort();
    const again = () => this.run();
    const form = element("form", { className: "finder no-print", role: "search", on: {
      submit: (event) => {
        event.preventDefault();
        this.run();
      },
    } },
    element("div", {}, element("label", { htmlFor: "find" }, "Words, a name, an identifier or an entry's number"),
      element("input", { id: "find", type: "search", autocomplete: "off", spellcheck: false })),
    element("div", {}, element("label", { htmlFor: "find-type" }, "Kind"),
      element("select", { id: "find-type", on: { change: again } }, options(types, "Every kind", typeWords))),
    element("div", {}, element("label", { htmlFor: "find-stream" }, "Series"),
      element("select", { id: "find-stream", on: { change: again } },
        options(streams, "Every series", (stream) => this.story.nameOf(stream)))),
    element("button", { type: "submit" }, "Search"));
    return section("entries", "Entries and items", form,
      element("p", { id: "found", role: "status" }), element("div", { id: "found-list" }), element("div", { id: "entry" }));
  }

  async run() {
    this.search += 1;
    const mine = this.search;
    const wanted = byId("find").value.trim().toLowerCase();
    const [type, stream] = [byId("find-type").value, byId("find-stream").value];
    const rows = this.story.rows.filter((row) => (type === "" || row.type === type) && (stream === "" || row.stream === stream));
    this.page = 0;
    this.found = wanted === "" ? rows : [];
    if (wanted !== "") {
      for (const row of rows) {
        if (await this.meets(row, wanted)) this.found.push(row);
        const waiting = this.pause();
        if (waiting !== undefined) {
          byId("found").textContent = `Searching… ${counted(this.found.length, "entry", "entries")} so far`;
          await waiting;
          if (this.search !== mine) return;
        }
      }
    }
    this.show();
  }

  /** By what the list shows; then by everything that the entry says and that is shown of it. */
  async meets(row, wanted) {
    const number = wanted.replace(/^entry\s+/, "");
    if (/^\d+$/.test(number)) return String(row.index) === number;
    const texts = [row.label ?? "", typeWords(row.type), row.type, row.item ?? "", row.stream, this.story.nameOf(row.stream)];
    if (texts.some((text) => text.toLowerCase().includes(wanted))) return true;
    if (wanted.length < DEEP_FROM) return false;
    const { payload } = readEntry(await bytesOf(this.record, row));
    if (textOf(payload).toLowerCase().includes(wanted)) return true;
    if (row.facts === 0) return false;
    const facts = await factsOf(this.record, row.index);
    return facts.some(({ disclosure }) => shownValue(readDisclosure(disclosure).value).toLowerCase().includes(wanted));
  }

  show() {
    const pages = Math.max(1, Math.ceil(this.found.length / PER_PAGE));
    const from = this.page * PER_PAGE;
    const rows = this.found.slice(from, from + PER_PAGE);
    byId("found").textContent = rows.length === 0 ? "Nothing found."
      : `${counted(this.found.length, "entry", "entries")}; ${count(from + 1)} to ${count(from + rows.length)} are shown`;
    const columns = [{ label: "Entry", number: true }, { label: "Time" }, { label: "What" }, { label: "About" }, { label: "Series" }];
    const cells = (row) => [count(row.index), element("span", { className: "still" }, moment(row.received)), element("button", { type: "button", className: "link",
      on: { click: () => this.open(row.index) } }, typeWords(row.type)), row.label ?? this.story.itemOf(row)?.label ?? row.item ?? "",
    element("span", { className: "breaks" }, this.story.nameOf(row.stream))];
    replace(byId("found-list"), rows.length === 0 ? null : table("Entries", columns, rows.map(cells), { className: "listed" }), this.pager(pages));
  }

  pager(pages) {
    if (pages === 1) return null;
    const to = (page, words) => element("button", { type: "button", disabled: page < 0 || page >= pages || page === this.page,
      on: { click: () => {
        this.page = page;
        this.show();
        byId("found").scrollIntoView({ block: "nearest" });
      } } }, words);
    return element("nav", { className: "pager no-print", "aria-label": "Pages of the list" },
      to(0, "First"), to(this.page - 1, "Earlier"), element("span", {}, `Page ${count(this.page + 1)} of ${count(pages)}`),
      to(this.page + 1, "Later"), to(pages - 1, "Last"));
  }
}

export async function bytesOf(record, row) {
  const file = await record.read(row.file);
  return file.subarray(row.offset, row.offset + row.length);
}
