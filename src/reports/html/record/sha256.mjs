// SHA-256 (FIPS 180-4) without waiting. A record has several small messages an entry, and asking WebCrypto for each costs more
// than the hashing itself; tests hold this against WebCrypto.

const ROUND = new Int32Array(64);
const START = new Int32Array(8);
const schedule = new Int32Array(64);
let room = new Uint8Array(4096);

// The constants are the first 32 bits of the fractions of roots of primes; computed, not copied.
(function constants() {
  const primes = [];
  for (let number = 2; primes.length < 64; number += 1) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  const fraction = (root) => ((root - Math.floor(root)) * 0x100000000) | 0;
  primes.forEach((prime, at) => {
    ROUND[at] = fraction(Math.cbrt(prime));
    if (at < 8) START[at] = fraction(Math.sqrt(prime));
  });
})();

function compress(state, bytes, from) {
  const w = schedule;
  for (let at = 0, byte = from; at < 16; at += 1, byte += 4) {
    w[at] = (bytes[byte] << 24) | (bytes[byte + 1] << 16) | (bytes[byte + 2] << 8) | bytes[byte + 3];
  }
  for (let at = 16; at < 64; at += 1) {
    const x = w[at - 15];
    const y = w[at - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[at] = (w[at - 16] + s0 + w[at - 7] + s1) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let at = 0; at < 64; at += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[at] + w[at]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0;
    d = c; c = b; b = a; a = (one + two) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

/** SHA-256 of the parts, one behind the other. */
export function sha256(...parts) {
  let length = 0;
  for (const part of parts) length += part.length;
  const padded = (length + 72) & ~63;
  if (room.length < padded) room = new Uint8Array(2 * padded);
  let at = 0;
  for (const part of parts) {
    room.set(part, at);
    at += part.length;
  }
  room[at] = 0x80;
  room.fill(0, at + 1, padded);
  const bits = length * 8;
  for (let byte = 0; byte < 7; byte += 1) {
    room[padded - 1 - byte] = Math.floor(bits / 2 ** (8 * byte)) & 0xff;
  }
  const state = START.slice();
  for (let block = 0; block < padded; block += 64) compress(state, room, block);
  const digest = new Uint8Array(32);
  for (let word = 0; word < 8; word += 1) {
    digest[4 * word] = state[word] >>> 24;
    digest[4 * word + 1] = state[word] >>> 16;
    digest[4 * word + 2] = state[word] >>> 8;
    digest[4 * word + 3] = state[word];
  }
  return digest;
}
