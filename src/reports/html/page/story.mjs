// What the record tells, gathered while it is checked: a row for each entry, the items and how they ended, the people, the keys.
// It holds what the page needs to list and count; an entry's own bytes are read again when somebody opens it.

import { Fields } from "../record/canonical.mjs";
import { ENDS } from "./words.mjs";

const ENDED_BY = { "ItemHeld/1": "held", "ItemSkipped/1": "skipped", "ItemFailed/1": "failed" };
const QUIET = new Set(["Heartbeat", "StreamHeads", "TimestampReceived", "WitnessReceived"]);

export class Story {
  constructor() {
    this.rows = [];
    this.rowAt = new Map();
    this.items = new Map();
    this.plans = new Map();
    this.adopted = new Set();
    this.custodians = new Map();
    this.milestones = [];
    this.erased = new Map();
    this.title = null;
    this.finished = null;
    this.names = new Map();
    this.types = new Set();
    this.streams = new Set();
  }

  /** The same text once, however many entries have it. */
  once(text) {
    if (!this.names.has(text)) this.names.set(text, text);
    return this.names.get(text);
  }

  take(entry, place, facts) {
    const { event, index } = entry;
    const known = new Map(facts.map((fact) => [fact.name, fact.value]));
    const item = event.data.get("item") ?? null;
    const row = {
      index,
      type: this.once(event.type),
      stream: this.once(event.stream),
      received: entry.received,
      by: this.once(event.by[0]),
      item: typeof item === "string" ? item : null,
      label: labelOf(known),
      file: place.name,
      offset: place.offset,
      length: place.length,
      facts: facts.length,
    };
    this.types.add(row.type);
    this.streams.add(row.stream);
    this.rowAt.set(index, this.rows.length);
    this.rows.push(row);
    if (row.item !== null) this.takeItem(row, event, known);
    else this.takeStep(row, event, known);
  }

  takeItem(row, event, known) {
    // Held apart by series: two custodians may be given the same number.
    const id = `${row.stream} ${row.item}`;
    if (!this.items.has(id)) {
      this.items.set(id, { id: row.item, stream: row.stream, end: "open", rows: [], label: null, reason: "", workload: "" });
    }
    const item = this.items.get(id);
    item.rows.push(row.index);
    item.label = row.label ?? item.label;
    const text = (name) => (typeof event.data.get(name) === "string" ? event.data.get(name) : "");
    // An item ends once: a later outcome does not undo the first one, whoever wrote it.
    if (item.end !== "open") return;
    item.workload = this.once(text("workload")) || item.workload;
    if (event.type === "ItemRestored/1") {
      item.end = text("class") === "identical" ? "identical" : "as_declared";
      const listed = (name) => {
        const value = event.data.get(name);
        return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
      };
      const changed = listed("transforms").map((name) => `changed on purpose: ${name.replace(/\/\d+$/, "")}`);
      item.reason = this.once([...listed("deltas"), ...changed].join("; "));
    } else if (Object.hasOwn(ENDED_BY, event.type)) {
      item.end = ENDED_BY[event.type];
      item.reason = this.once(text("reason"));
      item.detail = known.get("detail") ?? null;
    }
  }

  takeStep(row, event, known) {
    const { type } = event;
    if (type === "CaseDeclared/1") this.title = known.get("title") ?? null;
    if (type === "CaseFinished/1") this.finished = row.index;
    if (type === "CustodianMapped/1") {
      this.custodians.set(`custodian/${event.data.get("custodian")}`, known.get("source_name") ?? null);
    }
    if (type === "PlanMade/1") this.plans.set(event.data.get("plan"), plannedBy(event.data.get("counts")));
    if (type === "PlanAdopted/1") this.adopted.add(event.data.get("plan"));
    if (type === "Erased") this.erased.set(event.data.get("subject"), row.index);
    const isStep = !row.stream.startsWith("custodian/") && !QUIET.has(type);
    if (isStep) this.milestones.push(row);
  }

  row(index) {
    return this.rows[this.rowAt.get(index)];
  }

  itemOf(row) {
    return row.item === null ? null : this.items.get(`${row.stream} ${row.item}`);
  }

  /** What people call a series. */
  nameOf(stream) {
    const subject = stream.replace(/^custodian\//, "");
    const erased = this.erased.get(subject);
    if (erased !== undefined) return `${subject} (erased, see entry ${erased})`;
    const own = /^(case|approval)\/(?:[0-9a-f]{64}\/)?([0-9a-f]{64})$/.exec(stream);
    if (own !== null) return `${own[1]}, by key ${own[2].slice(0, 8)}…`;
    return this.custodians.get(stream) ?? stream;
  }

  /** How many items ended how: for each of these groups, and in all. */
  countBy(groupOf) {
    const groups = new Map();
    const empty = () => Object.fromEntries(ENDS.map(({ id }) => [id, 0]));
    const total = empty();
    for (const item of this.items.values()) {
      const group = groupOf(item);
      if (!groups.has(group)) groups.set(group, empty());
      groups.get(group)[item.end] += 1;
      total[item.end] += 1;
    }
    return { groups, total };
  }

  exceptions() {
    return [...this.items.values()].filter((item) => item.end !== "identical");
  }

  /**
   * How many items the plan in force names, as a number; null where that cannot be told from the entries: where several plans are
   * in force, which may name the same items, or where the plan's own entry is not here.
   */
  planned() {
    if (this.adopted.size !== 1) return null;
    return this.plans.get([...this.adopted][0]) ?? null;
  }

  /** How many items have an outcome, and how many of these came back identical. */
  outcomes() {
    const ended = [...this.items.values()].filter((item) => item.end !== "open");
    return { ended: ended.length, identical: ended.filter((item) => item.end === "identical").length };
  }
}

/** The sum of a plan's counts; null where they are not the four whole numbers that they must be. */
function plannedBy(counts) {
  if (!(counts instanceof Fields)) return null;
  const numbers = ["hold", "restore", "skip", "unreadable"].map((name) => counts.get(name));
  return numbers.every((number) => Number.isSafeInteger(number) && number >= 0) ? numbers.reduce((sum, number) => sum + number, 0) : null;
}

function labelOf(known) {
  for (const name of ["name", "source_name", "title", "display_name"]) {
    if (typeof known.get(name) === "string") return known.get(name);
  }
  return null;
}
