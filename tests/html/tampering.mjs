// Twelve ways to change a page's record, each with the rule and the place that the page must name. Who changes it has the file
// and no key; what needs no key he makes again.

import { createHash } from "node:crypto";

import { entriesOf, framed } from "./page_file.mjs";

const ENTRIES = "entries/000000000000";
const AT = 60;

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

function changed(files, name, change) {
  const all = new Map(files);
  all.set(name, Buffer.from(change(Buffer.from(all.get(name)))));
  return all;
}

function entries(change) {
  return (files) => changed(files, ENTRIES, (file) => {
    const list = entriesOf(file);
    return framed(change(list) ?? list);
  });
}

function text(name, change) {
  return (files) => changed(files, name, (file) => {
    const before = file.toString();
    const after = change(before);
    if (after === before) throw new Error(`${name}: nothing was changed`);
    return after;
  });
}

function within(entry, change) {
  const after = change(entry.toString());
  if (after === entry.toString()) throw new Error("nothing was changed");
  return Buffer.from(after);
}

/** The event of an entry, changed and put back; its signature stays as it was. */
function withEvent(entry, change) {
  return within(entry, (text) => text.replace(/"payload":"([^"]*)"/, (_, payload) => {
    const event = change(Buffer.from(payload, "base64").toString());
    return `"payload":"${Buffer.from(event).toString("base64")}"`;
  }));
}

/** Makes every `prev` after a change again, as somebody with the file can. */
function chained(list) {
  for (let at = 1; at < list.length; at += 1) {
    const prev = sha256(Buffer.of(0), list[at - 1]).toString("hex");
    list[at] = Buffer.from(list[at].toString().replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`));
  }
  return list;
}

function flipped(letter) {
  return letter === "A" ? "B" : "A";
}

export const TAMPERINGS = [
  { name: "an event's words are changed", rule: "signature/strict", entry: AT, make: entries((list) => {
    list[AT] = withEvent(list[AT], (event) => event.replace(/"at":"2/, '"at":"3'));
  }) },
  { name: "the same, and the chain is made again", rule: "signature/strict", entry: AT, make: entries((list) => {
    list[AT] = withEvent(list[AT], (event) => event.replace(/"at":"2/, '"at":"3'));
    return chained(list);
  }) },
  { name: "a signature is changed", rule: "signature/strict", entry: AT, make: entries((list) => {
    list[AT] = within(list[AT], (entry) => entry.replace(/"sig":"(.)/, (_, letter) => `"sig":"${flipped(letter)}`));
  }) },
  { name: "an entry is taken out", rule: "entry/index", entry: AT, make: entries((list) => {
    list.splice(AT, 1);
  }) },
  { name: "two entries are exchanged", rule: "entry/index", entry: AT, make: entries((list) => {
    [list[AT], list[AT + 1]] = [list[AT + 1], list[AT]];
  }) },
  { name: "an entry is put in twice", rule: "entry/index", entry: AT + 1, make: entries((list) => {
    list.splice(AT, 0, list[AT]);
  }) },
  { name: "the end is cut", rule: "bundle/form", entry: -1, make: entries((list) => {
    list.pop();
  }) },
  { name: "a time of the ledger's clock is changed", rule: "entry/prev", entry: AT + 1, make: entries((list) => {
    list[AT] = within(list[AT], (entry) => entry.replace(/(\d)Z","event"/, (_, digit) => `${digit === "9" ? 8 : 9}Z","event"`));
  }) },
  { name: "the link between two entries is changed", rule: "entry/prev", entry: AT, make: entries((list) => {
    list[AT] = within(list[AT], (entry) => entry.replace(/"prev":"(.)/, (_, digit) => `"prev":"${digit === "0" ? 1 : 0}`));
  }) },
  { name: "the first entry asks for fewer roots", rule: "signature/strict", entry: 0, make: entries((list) => {
    list[0] = withEvent(list[0], (event) => event.replace(/"threshold":\d+/, '"threshold":1'));
  }) },
  { name: "the checkpoint's root is changed", rule: "checkpoint/root", file: "checkpoint", make: text("checkpoint", (note) => {
    const lines = note.split("\n");
    lines[2] = `${flipped(lines[2][0])}${lines[2].slice(1)}`;
    return lines.join("\n");
  }) },
  { name: "a personal fact is changed", rule: "disclosure/digest", file: "disclosures/", make: (files) => {
    const name = [...files.keys()].find((file) => file.startsWith("disclosures/"));
    return text(name, (lines) => lines.replace(/"disclosure":"([^"]*)"/, (_, encoded) => {
      const fact = Buffer.from(encoded, "base64url").toString().replace(/"[^"]*"\]$/, '"somebody else"]');
      return `"disclosure":"${Buffer.from(fact).toString("base64url")}"`;
    }))(files);
  } },
];
