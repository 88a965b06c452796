// The strict rule for signatures of section 3. WebCrypto decides the equation; what it is laxer about is refused here: S that
// is not reduced, points in a second spelling, points of small order. A probe sees whether its equation is the right one.

import { fromHex, hex, utf8 } from "./bytes.mjs";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

// RFC 8032 section 5.1 with x = 0, and the other points whose order divides 8, in their canonical spelling.
const SMALL_ORDER = new Set([
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]);

function mod(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base, exponent) {
  let result = 1n;
  let square = mod(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

function littleEndian(bytes) {
  let text = "0x";
  for (let at = bytes.length - 1; at >= 0; at -= 1) text += (bytes[at] + 256).toString(16).slice(1);
  return BigInt(text);
}

/** The canonical encoding of a point of the curve that is not of small order. */
export function isStrongPoint(bytes) {
  if (bytes.length !== 32 || SMALL_ORDER.has(hex(bytes))) return false;
  const whole = littleEndian(bytes);
  const y = whole & (2n ** 255n - 1n);
  if (y >= P) return false;
  const square = mod(y * y);
  // x^2 = (y^2 - 1) / (d y^2 + 1); the denominator is never 0.
  const xx = mod((square - 1n) * power(D * square + 1n, P - 2n));
  // x = 0 has small order, and its second spelling is none.
  return xx !== 0n && power(xx, (P - 1n) / 2n) === 1n;
}

/** R as far as the equation does not already pin it: below p, and not of small order. */
function isStrongCommitment(signature) {
  let high = (signature[31] & 0x7f) === 0x7f;
  for (let at = 30; high && at > 0; at -= 1) high = signature[at] === 0xff;
  if (high && signature[0] >= 0xed) return false;
  const mayBeSmall = [0x01, 0xec, 0x00, 0x26, 0xc7].includes(signature[0]);
  return !(mayBeSmall && SMALL_ORDER.has(hex(signature.subarray(0, 32))));
}

function isReduced(signature) {
  // Almost every S has a smaller last byte than L.
  return signature[63] < 0x10 || littleEndian(signature.subarray(32)) < L;
}

/** Makes public keys usable; gives `null` for bytes that WebCrypto takes for no key. */
export async function imported(subtle, bytes) {
  try {
    return await subtle.importKey("raw", bytes, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
}

/** Whether the signature holds under a key whose point was found strong. */
export async function signatureHolds(subtle, key, signature, message) {
  if (key === null || signature.length !== 64) return false;
  if (!isReduced(signature) || !isStrongCommitment(signature)) return false;
  return subtle.verify({ name: "Ed25519" }, key, signature, message);
}

// RFC 8032 section 7.1, test 2: holds everywhere.
const SOUND = {
  key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
  signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  message: Uint8Array.of(0x72),
};

// A published vector that holds in the equation with the cofactor and not in the one of section 3.
const LAX = {
  key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
  signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
    + "c02e2b9e63e385c058bf62b14b3a2b29ccefe8e38ddb536bc3f9865320a3d801",
  message: utf8("ed25519vectors 10"),
};

/** `null` when this WebCrypto decides the equation of section 3; otherwise why it cannot be used. */
export async function unusable(subtle) {
  const judged = async (probe) => {
    const key = await imported(subtle, fromHex(probe.key));
    return key !== null && signatureHolds(subtle, key, fromHex(probe.signature), probe.message);
  };
  if (!(await judged(SOUND))) return "it does not know Ed25519 signatures";
  if (await judged(LAX)) return "its Ed25519 accepts signatures that the record's rule refuses";
  return null;
}
