// How the items ended, the exceptions, the steps of the case and the keys: what a reader without cryptography asks first. All of
// it is counted from the entries that were checked.

import { element, exact, section, table } from "./dom.mjs";
import { ENDS, count, counted, endWords, moment, plainWords, typeWords } from "./words.mjs";

const EXCEPTIONS_SHOWN = 500;

const NOT_PROVEN = [
  "That what was recorded is true, or that the source's data was unaltered before it was read.",
  "That nothing existed outside of what was enumerated.",
  "Which human used a key, beyond who held it.",
  "The exact time of an action: times are what the ledger's clock said; an outside time stamp shows only “not later than”.",
  "The state of the new tenant after the last reading back.",
  "Anything done outside of this tool: compare with the tenant's own audit log.",
  "Anything after the checkpoint.",
  "That a court admits it.",
];

/**
 * What the entries show of all that was planned. A plan's items that nobody has attempted have no entry of their own: without the
 * plan's count beside it, a count of entries says nothing about the whole.
 */
export function wholeWords(story, isWhole) {
  const planned = story.planned();
  const { ended, identical } = story.outcomes();
  const have = (number) => (number === 1 ? "has" : "have");
  if (!isWhole) return `Only a part of the record is here: ${counted(ended, "item")} in it ${have(ended)} an outcome.`;
  if (story.adopted.size === 0) {
    return ended === 0 ? "No plan is in force; nothing was restored." : `No plan is in force, yet ${counted(ended, "item")} ${have(ended)} an outcome.`;
  }
  if (planned === null) {
    const why = story.adopted.size > 1 ? `${count(story.adopted.size)} plans are in force, which may name the same items` : "The plan's counts are not here";
    return `${why}: ${counted(ended, "item")} ${have(ended)} an outcome; how many were planned in all is not counted by this page.`;
  }
  const said = `${counted(planned, "item")} planned, ${count(ended)} ${have(ended)} an outcome`;
  // Another number of items than was planned is never “all”, be it more or fewer.
  const isAll = planned > 0 && planned === ended && planned === identical && planned === story.items.size;
  return isAll ? `${said}. Every item was restored and read back identical.` : `${said}.`;
}

export function resultsSection(story, isWhole) {
  const whole = element("p", {}, wholeWords(story, isWhole));
  if (story.items.size === 0) {
    return section("results", "Results", whole, element("p", {}, "The entries in this page tell of no item."));
  }
  const columns = (first) => [{ label: first }, ...ENDS.map(({ label }) => ({ label, number: true })), { label: "All", number: true }];
  const row = (name, counts) => {
    const all = ENDS.reduce((sum, { id }) => sum + counts[id], 0);
    return [name, ...ENDS.map(({ id }) => count(counts[id])), count(all)];
  };
  const rows = ({ groups, total }) => [...[...groups].sort().map(([name, counts]) => row(name, counts)), row("All", total)];
  const byCustodian = story.countBy((item) => story.nameOf(item.stream));
  const byWorkload = story.countBy((item) => item.workload || "not said");
  return section("results", "Results", whole,
    element("p", {}, "Counted by this page from the entries that it checked; each item counts once, by its first outcome, which stands."),
    table("Items by custodian", columns("Custodian"), rows(byCustodian), { className: "totals" }),
    table("Items by workload", columns("Workload"), rows(byWorkload), { className: "totals" }));
}

function exceptionRow(story, item, open) {
  const index = item.rows.at(-1);
  const name = item.label ?? item.id;
  const link = element("button", { type: "button", className: "link", on: { click: () => open(index) } }, name);
  return [link, story.nameOf(item.stream), endWords(item.end), plainWords(item.reason) || "not said", `entry ${count(index)}`];
}

/** In the order of ENDS, the worst last in it first here. */
function byWeight(items) {
  const weight = (item) => -ENDS.findIndex(({ id }) => id === item.end);
  return items.sort((one, other) => weight(one) - weight(other) || one.rows[0] - other.rows[0]);
}

export function exceptionsSection(story, verdict, isWhole, open) {
  const items = byWeight(story.exceptions());
  const columns = ["Item", "Custodian", "How it ended", "Reason", "Where"].map((label) => ({ label }));
  const rows = items.slice(0, EXCEPTIONS_SHOWN).map((item) => exceptionRow(story, item, open));
  const more = items.length - rows.length;
  return section("exceptions", "Exceptions",
    element("p", {}, items.length === 0 ? "No exception stands in the entries of this page."
      : `${counted(items.length, "item")} did not come back exactly as before, or not at all.`),
    element("p", {}, wholeWords(story, isWhole)),
    rows.length === 0 ? null : table("Items that are not identical", columns, rows),
    more > 0 ? element("p", { className: "quiet" }, `And ${count(more)} more: search below.`) : null,
    suspectList(verdict, open));
}

function suspectList({ suspects }, open) {
  if (suspects.size === 0) return null;
  const rows = [...suspects].slice(0, EXCEPTIONS_SHOWN).map(([index, reason]) => [
    element("button", { type: "button", className: "link", on: { click: () => open(index) } }, `Entry ${count(index)}`), reason,
  ]);
  return table(`${counted(suspects.size, "entry is", "entries are")} SUSPECT`, [{ label: "Entry" }, { label: "Why" }], rows);
}

const STEPS_SHOWN = 400;

export function timelineSection(story, open) {
  const steps = story.milestones.slice(0, STEPS_SHOWN);
  const step = (row) => element("li", {},
    element("time", { dateTime: row.received }, moment(row.received)),
    element("button", { type: "button", className: "link", on: { click: () => open(row.index) } }, typeWords(row.type)),
    element("span", { className: "quiet" }, row.label === null ? `entry ${count(row.index)}` : `${row.label}, entry ${count(row.index)}`));
  const more = story.milestones.length - steps.length;
  return section("timeline", "Timeline",
    element("p", {}, "The steps of the case, by the ledger's clock. Single items are found by the search."),
    element("ol", { className: "timeline" }, steps.map(step)),
    more > 0 ? element("p", { className: "quiet" }, `And ${count(more)} more: search below.`) : null);
}

function standing({ active, endedAt, revokedAt }) {
  if (active) return "in force";
  const ended = revokedAt === endedAt ? "revoked" : "replaced";
  const later = revokedAt === null || revokedAt === endedAt ? "" : `; revoked in entry ${count(revokedAt)}`;
  return `${ended} in entry ${count(endedAt)}${later}`;
}

export function keysSection(verdict) {
  const keys = [...verdict.state.keys.known.values()];
  const columns = ["Role", "Person", "Key id", "Since", "State"].map((label) => ({ label }));
  const rows = keys.map((key) => [
    key.roles.join(", "), key.person || "a machine", exact(key.keyid), `entry ${count(key.enrolledAt)}`,
    standing(key),
  ]);
  return section("keys", "Keys", element("p", {}, "Who could sign, by the record. A person is a pseudonym that the root keys assert."),
    table("Keys of this ledger", columns, rows));
}

export function limitsSection(verdict) {
  const list = (points) => element("ul", {}, points.map((point) => element("li", {}, point)));
  return section("limits", "What this does not prove",
    list(NOT_PROVEN),
    element("h3", {}, "Not checked here"),
    list(verdict.notChecked.length > 0 ? verdict.notChecked : ["Nothing was checked."]),
    element("h3", {}, "Check it without this page"),
    element("p", {}, "This page is one of three programs that read the record; the other two share no code with it. ",
      element("code", {}, "unbroken-verify BUNDLE --trust TRUST"), " gives the verdict with an exit code; VERIFY.txt in the bundle has commands for "
        + "openssl, sha256sum and BagIt tools; format/ledger-format.md is enough to write a fourth."));
}
