// The page in a headless Chromium, opened from the disk: what it says of a record that holds, of twelve that do not, of what it
// cannot check; that it is readable, asks nobody for anything, and lets nothing of the record act. Pictures go to PAGE_PICTURES.

import assert from "node:assert/strict";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";

import { Browser } from "./browser.mjs";
import { LargeRecord } from "./large.mjs";
import { PageFile } from "./page_file.mjs";
import { TAMPERINGS } from "./tampering.mjs";
import { BARE_SIGNATURES, CONTRASTS, LONGEST_WAIT } from "./in_page.mjs";

const demo = process.env.DEMO ?? "";
const hostile = process.env.HOSTILE ?? "";
const partial = process.env.PARTIAL ?? "";
const skip = demo === "" ? "DEMO names no folder" : false;
const path = join(demo, "bundle/data/verify.html");
const trust = skip ? "" : readFileSync(join(demo, "trust"), "utf8");

let browser = null;
let folder = null;

before(async () => {
  if (skip) return;
  folder = mkdtempSync(join(tmpdir(), "pages-"));
  browser = await Browser.start();
  assert.ok(browser !== null, "a Chromium that starts");
});

after(async () => {
  await browser?.stop();
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
});

async function opened(file, size, features) {
  const page = await browser.open(pathToFileURL(file).href, size, features);
  return { page, state: await page.ended() };
}

async function give(page, text) {
  await page.evaluate(`document.getElementById("given").value = ${JSON.stringify(text)}`);
  await page.evaluate('document.querySelector(".give").requestSubmit()');
  await page.evaluate("new Promise((resolve) => setTimeout(resolve, 200))");
}

const words = (page, id) => page.evaluate(`document.getElementById("${id}").textContent`);

async function written(name, chunks) {
  const place = join(folder, name);
  const out = createWriteStream(place);
  for (const chunk of chunks) if (!out.write(chunk)) await new Promise((resolve) => out.once("drain", resolve));
  await new Promise((resolve) => out.end(resolve));
  return place;
}

test("the demo's page: consistent, then verified with the trust file", { skip }, async () => {
  const { page, state } = await opened(path);
  assert.equal(state, "not-anchored");
  assert.equal(await words(page, "verdict-word"), "CONSISTENT, NOT ANCHORED");
  await give(page, trust);
  assert.equal(await words(page, "verdict-word"), "VERIFIED");
  assert.match(await words(page, "verdict-more"), /Time stamps of outside authorities are not checked by this page/);
  assert.equal(await page.evaluate("document.activeElement.id"), "verdict");
  const summary = JSON.parse(readFileSync(join(demo, "summary.json"), "utf8"));
  const total = await page.evaluate('[...document.querySelectorAll("#results .totals")][0].querySelector("tbody tr:last-child").innerText');
  const { identical, as_declared: declared, held, skipped, failed } = summary.counts ?? summary;
  assert.deepEqual(total.split(/\s+/).slice(1, 6).map(Number), [identical, declared, held, skipped, failed]);
  assert.deepEqual(page.addresses, [pathToFileURL(path).href], "nothing but the file is asked for");
  assert.deepEqual(page.complaints, []);
  await page.close();
});

test("a trust file or an earlier checkpoint of another record is refused", { skip }, async () => {
  const { page } = await opened(path);
  await give(page, new LargeRecord(3).trust());
  assert.equal(await words(page, "verdict-word"), "FAILED in trust file");
  assert.match(await words(page, "verdict-more"), /trust\/origin/);
  await give(page, trust);
  assert.equal(await words(page, "verdict-word"), "VERIFIED");
  const note = readFileSync(join(demo, "bundle/data/checkpoint"), "utf8");
  await give(page, note);
  assert.equal(await words(page, "verdict-word"), "VERIFIED");
  await give(page, note.replace(/\n(\d+)\n/, (_, size) => `\n${Number(size) + 1}\n`));
  assert.match(await words(page, "verdict-more"), /at-least\/smaller/);
  await page.close();
});

test("what is no trust file changes no verdict", { skip }, async () => {
  const { page } = await opened(path);
  await give(page, "secret");
  assert.equal(await words(page, "verdict-word"), "CONSISTENT, NOT ANCHORED");
  assert.match(await words(page, "given-says"), /no trust file, so nothing is said of the record/);
  await give(page, `\ufeff${trust}`);
  assert.equal(await words(page, "verdict-word"), "VERIFIED");
  await give(page, "secret");
  assert.equal(await words(page, "verdict-word"), "VERIFIED");
  await page.close();
});

test("each of twelve tamperings is located", { skip }, async (context) => {
  const file = new PageFile(path);
  const size = JSON.parse(file.files.get("bundle.json").toString()).size;
  assert.equal(TAMPERINGS.length, 12);
  for (const { name, rule, entry, file: inFile, make } of TAMPERINGS) {
    const place = await written("tampered.html", file.with(make(file.files)));
    const { page, state } = await opened(place);
    assert.equal(state, "failed", name);
    const said = await words(page, "verdict-word");
    const expected = entry === undefined ? `FAILED in ${inFile}` : `FAILED at entry ${entry < 0 ? size + entry : entry}`;
    assert.ok(said.startsWith(expected), `${name}: ${said}, expected ${expected}`);
    const more = await words(page, "verdict-more");
    assert.ok(more.includes(rule), `${name}: ${more}, expected ${rule}`);
    context.diagnostic(`${name}: ${said}, ${rule}`);
    // The trust file does not heal it.
    await give(page, trust);
    assert.equal(await page.evaluate("document.documentElement.dataset.state"), "failed", name);
    await page.close();
  }
});

test("where it cannot check it says so, and without a script it stays unchecked", { skip }, async () => {
  const html = readFileSync(path);
  const inData = await browser.open(`data:text/html;base64,${html.toString("base64")}`);
  assert.equal(await inData.ended(), "could-not-check");
  assert.equal(await words(inData, "verdict-word"), "COULD NOT CHECK");
  await inData.close();
  const silent = await browser.open("about:blank");
  await silent.send("Emulation.setScriptExecutionDisabled", { value: true });
  await silent.send("Page.navigate", { url: pathToFileURL(path).href });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(await words(silent, "verdict-word"), "NOT CHECKED");
  assert.equal(await words(silent, "content"), "");
  await silent.close();
});

test("an entry is found, with the custody of its item and its proof", { skip }, async () => {
  const { page } = await opened(path);
  await give(page, trust);
  await page.evaluate('document.getElementById("find-type").value = "ItemRestored/1"');
  await page.evaluate('document.getElementById("find-type").dispatchEvent(new Event("change"))');
  await page.evaluate("new Promise((resolve) => setTimeout(resolve, 100))");
  await page.evaluate('document.querySelector("#found-list .link").click()');
  await page.evaluate("new Promise((resolve) => setTimeout(resolve, 200))");
  assert.equal(await page.evaluate("document.activeElement.id"), "entry-title");
  const entry = await words(page, "entry");
  assert.match(entry, /Custody of “/);
  assert.match(entry, /about to be written.*restored and read back/s);
  assert.match(entry, /leads to the checkpoint's root/);
  // A digest that stands in a disclosure alone is found too.
  const digest = await page.evaluate(`[...document.querySelectorAll("#entry td")].map((cell) => cell.textContent)
    .find((text) => /^[0-9a-f]{64}$/.test(text))`);
  await page.evaluate(`document.getElementById("find").value = ${JSON.stringify(digest)}`);
  await page.evaluate('document.querySelector(".finder").requestSubmit()');
  await page.evaluate("new Promise((resolve) => setTimeout(resolve, 800))");
  assert.match(await words(page, "found"), /^[1-9]\d* entr/);
  await page.close();
});

test("a part of the record says what it does not show", { skip: skip || (partial === "" && "PARTIAL names no folder") }, async () => {
  const { page, state } = await opened(join(partial, "data/verify.html"));
  assert.equal(state, "not-anchored");
  await give(page, trust);
  assert.equal(await words(page, "verdict-word"), "VERIFIED");
  assert.match(await words(page, "verdict-says"), /for the part that is here/);
  assert.match(await words(page, "limits"), /entries that are not in this page/);
  assert.match(await words(page, "exceptions"), /Only a part of the record is here/);
  assert.doesNotMatch(await words(page, "exceptions"), ALL);
  await page.close();
});

test("what the record says is text and nothing else", { skip: skip || (hostile === "" && "HOSTILE names no folder") }, async () => {
  const { page, state } = await opened(join(hostile, "bundle/data/verify.html"));
  assert.equal(state, "not-anchored");
  await page.evaluate('[...document.querySelectorAll("#found-list .link")].at(-1).click()');
  await page.evaluate("new Promise((resolve) => setTimeout(resolve, 300))");
  const text = await page.evaluate("document.body.innerText");
  assert.ok(text.includes("</script><img src=x onerror="), "the hostile subject is shown as it is");
  assert.equal(await page.evaluate('document.querySelectorAll("img, b, iframe, object, embed").length'), 0);
  assert.doesNotMatch(await page.evaluate("document.title"), /owned/);
  // Even markup that somebody gets in finds that nothing may run or be fetched.
  await page.evaluate(`document.getElementById("content").insertAdjacentHTML("beforeend",
    "<img src='https://example.org/x.png' onerror='document.title=1'><script>document.title=2</script>")`);
  await page.evaluate("new Promise((resolve) => setTimeout(resolve, 300))");
  assert.doesNotMatch(await page.evaluate("document.title"), /^[12]$/);
  assert.deepEqual(page.addresses, [pathToFileURL(join(hostile, "bundle/data/verify.html")).href]);
  assert.match(page.complaints.join("\n"), /Content Security Policy/);
  await page.close();
});

test("a report in the page is shown as text, every kind of block", { skip }, async () => {
  const hostile = "</script><img src=x onerror=document.title=1>";
  const report = { v: 1, title: `Report ${hostile}`, subtitle: "full edition", sections: [{ letter: "B", title: "Statement", blocks: [
    { kind: "verdict", tone: "exceptions", text: `Checks passed with 31 listed exceptions ${hostile}` }, { kind: "heading", text: "a heading" },
    { kind: "paragraph", text: "a paragraph" }, { kind: "code", text: "a line to type" }, { kind: "list", points: ["a point"] },
    { kind: "blanks", blanks: ["a blank"] }, { kind: "facts", facts: [{ name: "a name", value: "a value" }] },
    { kind: "table", id: "t", caption: "a caption", columns: ["a column"], rows: [["a cell"]] }, { kind: "later", text: "a kind to come" },
  ] }] };
  const escaped = JSON.stringify(report).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026");
  const file = new PageFile(path);
  // In the place of the demo's own.
  const own = /<script type="application\/json" id="report-value">[^]*?<\/script>/;
  assert.ok(own.test(file.head) || own.test(file.tail), "the demo's page has a report");
  file.head = file.head.replace(own, "") + `<script type="application/json" id="report-value">${escaped}</script>`;
  file.tail = file.tail.replace(own, "");
  const { page, state } = await opened(await written("report.html", file.with(file.files)));
  assert.equal(state, "not-anchored");
  const said = await words(page, "report");
  for (const text of [hostile, "a heading", "a paragraph", "a line to type", "a point", "a blank", "a name", "a value", "a caption", "a column",
    "a cell", "a kind to come", "full edition", "the maker's words"]) {
    assert.ok(said.includes(text), text);
  }
  assert.equal(await page.evaluate('document.querySelectorAll("img").length'), 0);
  assert.deepEqual(page.complaints, []);
  await page.close();
});

test("it is readable: width, names, contrast, in light and in dark", { skip }, async () => {
  const dark = [{ name: "prefers-color-scheme", value: "dark" }];
  for (const [size, features] of [[{ width: 1280, height: 900 }, []], [{ width: 390, height: 844 }, []], [{ width: 390, height: 844 }, dark],
    [{ width: 1280, height: 900 }, dark]]) {
    const { page } = await opened(path, size, features);
    await page.evaluate('document.querySelector("#exceptions .link").click()');
    await page.evaluate("new Promise((resolve) => setTimeout(resolve, 200))");
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), size.width, "nothing to scroll sideways");
    const unnamed = await page.evaluate(`[...document.querySelectorAll("input, textarea, select, button, summary, progress")]
      .filter((one) => !(one.labels?.length || one.textContent.trim() || one.getAttribute("aria-label"))).map((one) => one.outerHTML)`);
    assert.deepEqual(unnamed, []);
    for (const state of ["not-checked", "verified", "exceptions", "failed", "could-not-check"]) {
      await page.evaluate(`document.documentElement.dataset.state = "${state}"`);
      assert.deepEqual(await page.evaluate(CONTRASTS), [], `${state} at ${size.width}, ${features.length > 0 ? "dark" : "light"}`);
    }
    await page.close();
  }
});

test("the keyboard reaches everything, the first stop skips to the verdict", { skip }, async () => {
  const { page } = await opened(path);
  const stops = [];
  for (let at = 0; at < 14; at += 1) {
    await page.send("Input.dispatchKeyEvent", { type: "keyDown", key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 });
    await page.send("Input.dispatchKeyEvent", { type: "keyUp", key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 });
    stops.push(await page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"));
  }
  assert.equal(stops[0], "Skip to the verdict");
  assert.ok(stops.includes("given") && stops.includes("Check with this") && stops.includes("given-file"), stops.join(", "));
  const landmarks = await page.evaluate('["header", "nav", "main", "footer", "[role=search]", "[aria-live]"].filter((one) => !document.querySelector(one))');
  assert.deepEqual(landmarks, []);
  const levels = await page.evaluate('[...document.querySelectorAll("h1, h2, h3, h4")].map((one) => Number(one.tagName[1]))');
  assert.ok(levels.every((level, at) => at === 0 ? level === 1 : level <= levels[at - 1] + 1), levels.join());
  await page.close();
});

const ALL = /Every item was restored and read back identical/;

for (const { name, options, says, isAll = false } of [
  { name: "no plan", options: { items: 0 }, says: "No plan is in force; nothing was restored." },
  { name: "no plan, an item", options: { items: 1 }, says: "No plan is in force, yet 1 item has an outcome." },
  { name: "60 planned, none attempted", options: { planned: [60], items: 0 }, says: "60 items planned, 0 have an outcome." },
  { name: "60 planned, 5 restored", options: { planned: [60], items: 5 }, says: "60 items planned, 5 have an outcome." },
  { name: "fewer planned than restored", options: { planned: [4], items: 5 }, says: "4 items planned, 5 have an outcome." },
  { name: "one of them differs", options: { planned: [7], items: 7 }, says: "7 items planned, 7 have an outcome." },
  { name: "a plan of nothing", options: { planned: [0], items: 0 }, says: "0 items planned, 0 have an outcome." },
  { name: "two plans", options: { planned: [5, 5], items: 5 }, says: "2 plans are in force, which may name the same items: 5 items have" },
  { name: "all", options: { planned: [5], items: 5 }, says: "5 items planned, 5 have an outcome.", isAll: true },
  { name: "all, and an outcome after the first", options: { planned: [5], items: 5, again: true },
    says: "5 items planned, 5 have an outcome.", isAll: true },
]) {
  test(`what is said of all items: ${name}`, { skip }, async () => {
    const record = new LargeRecord(1000, options);
    const { page, state } = await opened(await written("planned.html", new PageFile(path).with(record.files())));
    assert.equal(state, "not-anchored");
    for (const part of ["results", "exceptions"]) {
      const said = await words(page, part);
      assert.ok(said.includes(says), `${part}: ${said}`);
      assert.equal(ALL.test(said), isAll, said);
    }
    assert.doesNotMatch(await words(page, "exceptions"), /came later/, "the first outcome stands");
    await page.close();
  });
}

for (const size of [10_000, 200_000]) {
  test(`${size} entries`, { skip, timeout: 600_000 }, async (context) => {
    const record = new LargeRecord(size);
    const place = await written("large.html", new PageFile(path).with(record.files()));
    const began = Date.now();
    const page = await browser.open("about:blank");
    await page.send("Page.addScriptToEvaluateOnNewDocument", { source: LONGEST_WAIT });
    await page.send("Page.navigate", { url: pathToFileURL(place).href });
    assert.equal(await page.ended(), "not-anchored");
    const whole = Date.now() - began;
    const checked = await page.evaluate("Number(document.documentElement.dataset.milliseconds)");
    await give(page, record.trust());
    assert.equal(await words(page, "verdict-word"), "VERIFIED");
    const wait = await page.evaluate("Math.round(globalThis.longestWait)");
    await page.close();
    // What the same machine needs for as many signatures alone, and how long it lets a page wait that does nothing.
    const idle = await browser.open("about:blank");
    await idle.evaluate(LONGEST_WAIT);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const idleWait = await idle.evaluate("Math.round(globalThis.longestWait)");
    await idle.close();
    const bare = (await (await opened(path)).page.evaluate(BARE_SIGNATURES)) * size;
    const megabytes = statSync(place).size / 1e6;
    context.diagnostic(`${size} entries in ${megabytes.toFixed(1)} MB: checked in ${checked} ms, ${(checked / bare).toFixed(2)} times the `
      + `${Math.round(bare)} ms of their signatures alone; ${whole} ms from opening; a timer waited ${wait} ms at most, ${idleWait} ms in a page `
      + "that does nothing");
  });
}

test("pictures of it", { skip: skip || (!process.env.PAGE_PICTURES && "PAGE_PICTURES names no folder") }, async () => {
  const pictures = process.env.PAGE_PICTURES;
  assert.ok(existsSync(pictures));
  for (const [name, width, height, features] of [["page-wide", 1280, 900, []], ["page-narrow", 390, 844, []],
    ["page-dark", 1280, 900, [{ name: "prefers-color-scheme", value: "dark" }]]]) {
    const { page } = await opened(path, { width, height }, features);
    await give(page, trust);
    await page.evaluate("document.activeElement.blur(), scrollTo(0, 0)");
    writeFileSync(join(pictures, `${name}.png`), await page.picture());
    if (name === "page-wide") writeFileSync(join(pictures, "page-paper.pdf"), await page.pdf());
    await page.close();
  }
});
