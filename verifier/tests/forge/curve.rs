//! Points and signatures of edwards25519 that nobody makes by accident: small order, second spellings, a torsion point in A
//! or R. They hold under laxer rules than that of section 3; which rule refuses them is asserted elsewhere.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::{EdwardsPoint, Scalar};
use sha2::{Digest, Sha512};

use super::{key, public_bytes};

/// 200 to 207: the 8 torsion points, canonical.
pub(crate) const TORSION: [u8; 8] = [200, 201, 202, 203, 204, 205, 206, 207];
/// 208 to 213: the second spellings of torsion points that RFC 8032's decoding refuses and lax ones take.
pub(crate) const SECOND_SPELLINGS: [u8; 6] = [208, 209, 210, 211, 212, 213];
/// A point of large order whose y is not below p.
pub(crate) const NOT_CANONICAL: u8 = 214;
/// An honest key plus a point of order 8: of large order, canonical, not in the prime-order group.
pub(crate) const MIXED: u8 = 215;

/// L, little-endian.
const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Little-endian bytes of a y, all ones between the first byte and the last.
fn high_y(first: u8, last: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    (bytes[0], bytes[31]) = (first, last);
    bytes
}

/// The public key of an odd number.
pub(crate) fn odd_key(number: u8) -> Option<[u8; 32]> {
    let mut minus_zero = [0; 32];
    (minus_zero[0], minus_zero[31]) = (1, 0x80);
    Some(match number {
        200..=207 => EIGHT_TORSION[usize::from(number - 200)]
            .compress()
            .to_bytes(),
        // y = 1 and y = -1 with the sign bit of x = 0; y = p and y = p + 1, each with both signs.
        208 => minus_zero,
        209 => high_y(0xec, 0xff),
        210 => high_y(0xed, 0x7f),
        211 => high_y(0xed, 0xff),
        212 => high_y(0xee, 0x7f),
        213 => high_y(0xee, 0xff),
        NOT_CANONICAL => (0xef..=0xff)
            .map(|first| high_y(first, 0x7f))
            .find(|bytes| CompressedEdwardsY(*bytes).decompress().is_some())
            .expect("some y from p + 2 to p + 18 is on the curve"),
        MIXED => (EdwardsPoint::mul_base(&secret(MIXED)) + EIGHT_TORSION[1])
            .compress()
            .to_bytes(),
        _ => return None,
    })
}

fn secret(number: u8) -> Scalar {
    key(number).to_scalar()
}

fn nonce(number: u8, message: &[u8], turn: u32) -> Scalar {
    let hash = Sha512::new()
        .chain_update([number])
        .chain_update(turn.to_le_bytes())
        .chain_update(message);
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

fn challenge(r: &[u8; 32], a: &[u8; 32], message: &[u8]) -> [u8; 64] {
    let hash = Sha512::new().chain_update(r).chain_update(a);
    hash.chain_update(message).finalize().into()
}

fn joined(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(&s);
    signature
}

/// How an odd key signs: so that the laxest reader agrees.
pub(crate) fn odd_signature(number: u8, message: &[u8]) -> Option<[u8; 64]> {
    match number {
        // A is of small order: [S]B = R + [k]A holds for R = [r]B and S = r where [k]A is the identity.
        200..=213 => (0..).find_map(|turn| {
            let r = nonce(number, message, turn);
            let point = EdwardsPoint::mul_base(&r).compress().to_bytes();
            let k = challenge(&point, &public_bytes(number), message);
            let is_multiple = Scalar::from_bytes_mod_order_wide(&k).to_bytes()[0].is_multiple_of(8);
            is_multiple.then(|| joined(point, r.to_bytes()))
        }),
        NOT_CANONICAL => Some([7; 64]),
        MIXED => Some(mixed(message, true)),
        _ => None,
    }
}

/// A signature of the mixed key. Where 8 divides the challenge, the torsion part of A is gone and the strict equation
/// holds; where it does not, only the equation with the cofactor holds.
pub(crate) fn mixed(message: &[u8], strict: bool) -> [u8; 64] {
    let a = public_bytes(MIXED);
    let signature = (0..).find_map(|turn| {
        let r = nonce(MIXED, message, turn);
        let point = EdwardsPoint::mul_base(&r).compress().to_bytes();
        let k = Scalar::from_bytes_mod_order_wide(&challenge(&point, &a, message));
        let s = r + k * secret(MIXED);
        (k.to_bytes()[0].is_multiple_of(8) == strict).then(|| joined(point, s.to_bytes()))
    });
    signature.expect("one turn in eight")
}

/// R is R0 plus a point of order 8: the equation with the cofactor holds, the one without does not.
pub(crate) fn torsion_in_r(number: u8, message: &[u8]) -> [u8; 64] {
    let r = nonce(number, message, 0);
    let point = (EdwardsPoint::mul_base(&r) + EIGHT_TORSION[1])
        .compress()
        .to_bytes();
    let a = public_bytes(number);
    let k = Scalar::from_bytes_mod_order_wide(&challenge(&point, &a, message));
    let signature = joined(point, (r + k * secret(number)).to_bytes());
    assert!(
        holds_with_cofactor(&a, message, &signature),
        "a lax reader takes it"
    );
    signature
}

/// R is the identity: the cofactorless equation holds, and R has small order.
pub(crate) fn identity_as_r(number: u8, message: &[u8]) -> [u8; 64] {
    signed_with_r(number, message, public_bytes(200))
}

/// R is the identity in its second spelling.
pub(crate) fn second_spelling_as_r(number: u8, message: &[u8]) -> [u8; 64] {
    signed_with_r(number, message, public_bytes(212))
}

fn signed_with_r(number: u8, message: &[u8], r: [u8; 32]) -> [u8; 64] {
    let a = public_bytes(number);
    let k = Scalar::from_bytes_mod_order_wide(&challenge(&r, &a, message));
    let signature = joined(r, (k * secret(number)).to_bytes());
    assert!(
        holds_with_cofactor(&a, message, &signature),
        "a lax reader takes it"
    );
    signature
}

/// S + L: the same signature to whoever reduces S.
pub(crate) fn s_plus_l(number: u8, message: &[u8]) -> [u8; 64] {
    let mut signature = super::sign(number, message);
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(GROUP_ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0, "S + L fits 32 bytes");
    signature
}

/// [8][S]B = [8]R + [8][k]A: what batch verification and ZIP 215 ask.
pub(crate) fn holds_with_cofactor(a: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let (r, s) = signature.split_at(32);
    let (r, s) = (r.try_into().expect("32"), s.try_into().expect("32"));
    let k = Scalar::from_bytes_mod_order_wide(&challenge(&r, a, message));
    let point = |bytes: &[u8; 32]| CompressedEdwardsY(*bytes).decompress().expect("a point");
    let left = EdwardsPoint::mul_base(&Scalar::from_bytes_mod_order(s));
    let right = point(&r) + k * point(a);
    (left - right).mul_by_cofactor() == EdwardsPoint::default()
}
