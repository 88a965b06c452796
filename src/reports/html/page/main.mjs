// The page's course: read what is embedded, check it while saying how far, then show what it holds. Before the check has ended
// nothing of the record is shown.

import { byId, element, replace, section } from "./dom.mjs";
import { anchorSection, isCheckpoint } from "./anchor_view.mjs";
import { embeddedRecord, embeddedReport } from "./embedded.mjs";
import { EntryView } from "./entry_view.mjs";
import { Finder } from "./list_view.mjs";
import { exceptionsSection, keysSection, limitsSection, resultsSection, timelineSection } from "./results_view.mjs";
import { reportSection } from "./report_view.mjs";
import { say, sayCouldNot, sayProgress, sayVerdict } from "./verdict_view.mjs";
import { Story } from "./story.mjs";
import { unusable } from "./ed25519.mjs";
import { utf8 } from "./bytes.mjs";
import { verify } from "./verify.mjs";
import { counted } from "./words.mjs";

// Long enough to get on, short enough that nobody feels a key or a scroll wait.
const SLICE_MS = 12;

/** Lets the page breathe: a promise when it is time to, else nothing. */
function breather() {
  const channel = new MessageChannel();
  let waiting = null;
  let began = performance.now();
  channel.port1.onmessage = () => {
    began = performance.now();
    waiting();
  };
  return () => {
    if (performance.now() - began < SLICE_MS) return undefined;
    return new Promise((resolve) => {
      waiting = resolve;
      channel.port2.postMessage(null);
    });
  };
}

class Page {
  constructor() {
    this.record = embeddedRecord();
    this.story = new Story();
    this.brought = { trust: null, atLeast: null };
    this.verdict = null;
  }

  async check() {
    const pause = breather();
    let told = 0;
    this.verdict = await verify(this.record, {
      subtle: globalThis.crypto.subtle,
      pause,
      seen: (entry, place, facts) => this.story.take(entry, place, facts),
      progress: (done, size) => {
        if (performance.now() - told < 100) return;
        told = performance.now();
        sayProgress(done, size);
      },
    });
  }

  /** What the reader gives is judged against the record as it was read; the entries need no second reading. */
  async given(text) {
    if (text.trim() === "") return "Nothing was given.";
    const isNote = isCheckpoint(text);
    const brought = { ...this.brought, [isNote ? "atLeast" : "trust"]: isNote ? utf8(text) : text };
    const anchored = await this.verdict.anchor(brought);
    if (anchored.broken?.rule === "trust/form") {
      // The reader's mistake, not the record's: the verdict stays what it was (11.3).
      return `This is no trust file, so nothing is said of the record: ${anchored.broken.message}.`;
    }
    this.brought = brought;
    Object.assign(this.verdict, anchored);
    sayVerdict(this.verdict, this.story);
    byId("verdict").focus();
    const { broken } = this.verdict;
    if (broken !== null) return `It does not fit: ${broken.message}.`;
    return isNote ? "The earlier checkpoint is a part of this record." : "The trust file names this record.";
  }

  async show() {
    const { verdict, story, record } = this;
    sayVerdict(verdict, story);
    if (verdict.index === null || verdict.state === null) return;
    const pause = breather();
    const view = new EntryView(record, story, verdict);
    const open = (index) => view.open(index);
    const finder = new Finder(record, story, open, breather());
    const isRehearsal = verdict.index.origin.endsWith("/simulated");
    if (story.title !== null) byId("title").textContent = story.title;
    byId("subtitle").textContent = `${verdict.index.isFull ? "The whole record" : "A part of the record"}, `
      + `${counted(verdict.index.size, "entry", "entries")}${isRehearsal ? ". A rehearsal against a simulated tenant" : ""}`;
    // Where the check broke off, what comes after it was not read.
    const isWhole = verdict.index.isFull && verdict.broken === null;
    const report = reportSection(embeddedReport(), document.getElementById("report-value")?.textContent ?? "");
    const parts = [
      () => anchorSection(verdict, story, (text) => this.given(text)), () => report, () => resultsSection(story, isWhole),
      () => exceptionsSection(story, verdict, isWhole, open), () => timelineSection(story, open), () => finder.section(),
      () => keysSection(verdict), () => limitsSection(verdict),
    ];
    const sections = [];
    for (const part of parts) {
      const made = part();
      if (made !== null) sections.push(made);
      await pause();
    }
    replace(byId("content"), verdict.broken === null ? null : warning(), ...sections);
    contents(sections);
    finder.show();
  }
}

function warning() {
  return section("warning", "Read this first", element("p", { className: "note" },
    "The record does not hold. What follows is what could be read up to the place where it fails; none of it is proven."));
}

function contents(sections) {
  const place = byId("sections");
  const short = { compare: "Compare", entries: "Search", limits: "Limits" };
  const link = (part) => element("a", { href: `#${part.id}` }, short[part.id] ?? part.querySelector("h2").textContent);
  replace(place, element("ul", {}, sections.map((part) => element("li", {}, link(part)))));
  place.hidden = false;
}

async function run() {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined || typeof DecompressionStream === "undefined") {
    sayCouldNot("it needs the browser's own cryptography, which is not there for a page that came over plain http, out of a data: address "
      + "or into an old browser");
    return;
  }
  const reason = await unusable(subtle);
  if (reason !== null) {
    sayCouldNot(`this browser's cryptography is not enough: ${reason}`);
    return;
  }
  say("checking", "CHECKING", "The page reads every entry, its signatures and its place in the chain.");
  const page = new Page();
  const began = performance.now();
  await page.check();
  document.documentElement.dataset.milliseconds = String(Math.round(performance.now() - began));
  await page.show();
  document.documentElement.dataset.shown = "yes";
}

document.addEventListener("DOMContentLoaded", () => {
  run().catch((error) => {
    sayCouldNot(`something in it went wrong (${error.message})`);
  });
});
