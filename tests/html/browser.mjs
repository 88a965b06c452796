// A headless Chromium, driven over its debugging pipe: no package beside Node. Pages are opened from the disk, as readers do.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const PATIENCE_MS = 240_000;

export class Browser {
  static async start() {
    for (const name of NAMES) {
      const browser = new Browser(name);
      if (await browser.answers()) return browser;
      await browser.stop();
    }
    return null;
  }

  constructor(name) {
    this.profile = mkdtempSync(join(tmpdir(), "page-"));
    this.next = 0;
    this.waiting = new Map();
    this.listeners = new Set();
    this.rest = "";
    this.process = spawn(name, ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
      "--hide-scrollbars", "--disable-background-networking", "--disable-component-update", `--user-data-dir=${this.profile}`,
      "--remote-debugging-pipe", "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.process.on("error", () => this.fail());
    this.process.on("exit", () => this.fail());
    this.process.stdio[3].on("error", () => this.fail());
    this.process.stdio[4].setEncoding("utf8");
    this.process.stdio[4].on("data", (text) => this.take(text));
  }

  fail() {
    for (const { reject } of this.waiting.values()) reject(new Error("the browser ended"));
    this.waiting.clear();
    this.ended = true;
  }

  take(text) {
    const parts = (this.rest + text).split("\0");
    this.rest = parts.pop();
    for (const part of parts) {
      const message = JSON.parse(part);
      const waiting = this.waiting.get(message.id);
      if (waiting === undefined) this.listeners.forEach((listener) => listener(message));
      else if (message.error) waiting.reject(new Error(message.error.message));
      else waiting.resolve(message.result);
      this.waiting.delete(message.id);
    }
  }

  send(method, params = {}, sessionId = undefined) {
    if (this.ended) return Promise.reject(new Error("the browser ended"));
    this.next += 1;
    const id = this.next;
    const answer = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return answer;
  }

  async answers() {
    try {
      this.version = (await this.send("Browser.getVersion")).product;
      return true;
    } catch {
      return false;
    }
  }

  /** Opens a page; `size` is its width and height in pixels. */
  async open(url, size = { width: 1280, height: 900 }, features = []) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, targetId, sessionId);
    await page.send("Page.enable");
    await page.send("Network.enable");
    await page.send("Runtime.enable");
    await page.send("Log.enable");
    await page.send("Emulation.setDeviceMetricsOverride", { ...size, deviceScaleFactor: 1, mobile: size.width < 500 });
    await page.send("Emulation.setEmulatedMedia", { features });
    await page.send("Page.navigate", { url });
    return page;
  }

  /** Its processes end one after the other; the folder goes when the last is gone. */
  async stop() {
    const gone = new Promise((resolve) => this.process.once("close", resolve));
    await this.send("Browser.close").catch(() => this.process.kill("SIGKILL"));
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 5000))]);
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  }
}

class Page {
  constructor(browser, targetId, sessionId) {
    Object.assign(this, { browser, targetId, sessionId, requests: [], complaints: [] });
    browser.listeners.add((message) => {
      if (message.sessionId !== sessionId) return;
      if (message.method === "Network.requestWillBeSent") this.requests.push(message.params);
      // What the page's own policy stops never leaves the browser.
      if (message.method === "Network.loadingFailed" && message.params.blockedReason === "csp") {
        this.requests = this.requests.filter((one) => one.requestId !== message.params.requestId);
      }
      if (message.method === "Log.entryAdded") this.complaints.push(message.params.entry.text);
      if (message.method === "Runtime.exceptionThrown") this.complaints.push(message.params.exceptionDetails.text);
    });
  }

  get addresses() {
    return this.requests.map((one) => one.request.url);
  }

  send(method, params) {
    return this.browser.send(method, params, this.sessionId);
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }

  /** Waits until the check has ended; gives its state. */
  async ended() {
    const until = Date.now() + PATIENCE_MS;
    while (Date.now() < until) {
      const { state, shown } = await this.evaluate("({ ...document.documentElement.dataset })").catch(() => ({}));
      if (state === "could-not-check" || shown === "yes") return state;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("the check did not end");
  }

  async picture(whole) {
    const { data } = await this.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: whole });
    return Buffer.from(data, "base64");
  }

  /** The whole page as one picture, however long. */
  async wholePicture() {
    const { cssContentSize } = await this.send("Page.getLayoutMetrics");
    const clip = { x: 0, y: 0, width: cssContentSize.width, height: Math.min(cssContentSize.height, 15000), scale: 1 };
    const { data } = await this.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, clip });
    return Buffer.from(data, "base64");
  }

  async pdf() {
    const { data } = await this.send("Page.printToPDF", { preferCSSPageSize: true, paperWidth: 8.27, paperHeight: 11.69 });
    return Buffer.from(data, "base64");
  }

  close() {
    return this.browser.send("Target.closeTarget", { targetId: this.targetId });
  }
}
