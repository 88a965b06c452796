//! Ledgers made from docs/ledger-format.md alone, so that they can be made wrong: hashes, keys and notes. Entries are in
//! `chain.rs`, events of a sound ledger in `sound.rs`, folders and bags in `place.rs`, odd points in `curve.rs`. Nothing
//! of the ledger's code is used here, and the ledger's own tests read the same forgeries.

#![allow(
    dead_code,
    reason = "each test crate uses the part of it that it needs"
)]

pub(crate) mod chain;
pub(crate) mod curve;
pub(crate) mod place;
pub(crate) mod sound;

use std::sync::OnceLock;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

pub(crate) type Hash = [u8; 32];

pub(crate) const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.unbroken.event.v1+json";

pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

pub(crate) fn leaf(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry].concat())
}

/// RFC 6962 section 2.1.
pub(crate) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(b""),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            sha256(&[&[1][..], &root(left), &root(right)].concat())
        }
    }
}

/// RFC 6962 section 2.1.1.
pub(crate) fn inclusion(leaves: &[Hash], at: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let middle = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(middle);
    let (mut proof, other) = if at < middle {
        (inclusion(left, at), root(right))
    } else {
        (inclusion(right, at - middle), root(left))
    };
    proof.push(other);
    proof
}

/// Keys by number: 1 to 3 the roots, 4 log, 5 service, 6 operator, 7 approver, 8 worker; others as a forgery needs them,
/// from 200 on the odd ones of `curve.rs`.
pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

pub(crate) fn public_bytes(number: u8) -> [u8; 32] {
    // Every forgery names the same few keys hundreds of times.
    static MADE: [OnceLock<[u8; 32]>; 256] = [const { OnceLock::new() }; 256];
    let ordinary = || key(number).verifying_key().to_bytes();
    *MADE[usize::from(number)].get_or_init(|| curve::odd_key(number).unwrap_or_else(ordinary))
}

pub(crate) fn public(number: u8) -> String {
    hex(&public_bytes(number))
}

pub(crate) fn id(number: u8) -> String {
    hex(&sha256(&public_bytes(number)))
}

/// As RFC 8032 has it, or as `curve.rs` has it for an odd key.
pub(crate) fn sign(number: u8, message: &[u8]) -> [u8; 64] {
    curve::odd_signature(number, message).unwrap_or_else(|| key(number).sign(message).to_bytes())
}

/// Key numbers, ascending by keyid.
pub(crate) fn by_id(mut numbers: Vec<u8>) -> Vec<u8> {
    numbers.sort_by_key(|number| id(*number));
    numbers
}

/// The origin of section 6: the name, and the roots that it pins.
pub(crate) fn origin_of(name: &str, roots: &[u8]) -> String {
    let mut keys: Vec<[u8; 32]> = roots.iter().map(|number| public_bytes(*number)).collect();
    keys.sort_unstable();
    format!("{name}/{}/simulated", hex(&sha256(&keys.concat())))
}

/// What a checkpoint's signatures cover.
pub(crate) fn note_text(origin: &str, size: usize, root: &Hash) -> String {
    format!("{origin}\n{size}\n{}\n", Base64::encode_string(root))
}

fn key_id(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let hash = sha256(&[name.as_bytes(), b"\n\x01", public].concat());
    *hash.first_chunk().expect("32 bytes")
}

/// A signature line under a note, with its newline; `signed` is what was signed, right or wrong.
pub(crate) fn note_line(name: &str, number: u8, signed: &str) -> String {
    let hint = key_id(name, &public_bytes(number));
    let body = [&hint[..], &sign(number, signed.as_bytes())].concat();
    format!("\u{2014} {name} {}\n", Base64::encode_string(&body))
}

/// A checkpoint signed by that key.
pub(crate) fn note(origin: &str, size: usize, root: &Hash, number: u8) -> String {
    let text = note_text(origin, size, root);
    format!("{text}\n{}", note_line(origin, number, &text))
}

/// A trust file that asks for no witness (11.3).
pub(crate) fn trust_file(origin: &str, number: u8) -> String {
    let public = public_bytes(number);
    let body = [&[1][..], &public].concat();
    format!(
        "log {origin}+{}+{}\nquorum none\n",
        hex(&key_id(origin, &public)),
        Base64::encode_string(&body)
    )
}
