// Measures that run inside of the page, as text: contrast of every text against what lies behind it (WCAG 2.2, 1.4.3), the
// longest time that the page let a timer wait, and what a signature costs by itself.

export const CONTRASTS = `(() => {
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.a > 0) return color;
    }
    return { r: 255, g: 255, b: 255 };
  };
  const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = ({ r, g, b }) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const low = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (walk.currentNode.textContent.trim() === "" || !element.checkVisibility() || element.closest("button:disabled, script")) continue;
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) low.add(element.tagName + "." + element.className + " " + ratio.toFixed(2));
  }
  return [...low];
})()`;

export const LONGEST_WAIT = `globalThis.longestWait = 0;
let before = performance.now();
setInterval(() => {
  const now = performance.now();
  globalThis.longestWait = Math.max(globalThis.longestWait, now - before - 10);
  before = now;
}, 10);`;

/** Milliseconds for one signature where a thousand of the same are under way. */
export const BARE_SIGNATURES = `(async () => {
  const { subtle } = globalThis.crypto;
  const { privateKey, publicKey } = await subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  const message = new Uint8Array(650);
  const signature = await subtle.sign({ name: "Ed25519" }, privateKey, message);
  const began = performance.now();
  for (let batch = 0; batch < 3; batch += 1) {
    await Promise.all(Array.from({ length: 1000 }, () => subtle.verify({ name: "Ed25519" }, publicKey, signature, message)));
  }
  return (performance.now() - began) / 3000;
})()`;
