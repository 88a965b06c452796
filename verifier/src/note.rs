//! Checkpoints as C2SP signed notes, and verifier keys; which key counts is decided elsewhere.
//! <https://c2sp.org/signed-note>, <https://c2sp.org/tlog-checkpoint>, <https://c2sp.org/tlog-cosignature>

use crate::broken::{Checked, broken, ensure};
use crate::bytes::{Hash, base64, parse_base64, sha256};
use crate::signature::PublicKey;

pub(crate) const NOTE_BYTES_MAX: u64 = 64 << 10;
const SIGNATURES_MAX: usize = 64;
const ED25519: u8 = 0x01;
const COSIGNATURE: u8 = 0x04;

/// A checkpoint and the signature lines under it, not checked yet.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    text: String,
    pub(crate) origin: String,
    pub(crate) size: u64,
    pub(crate) root: Hash,
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    name: String,
    key_id: [u8; 4],
    signature: Vec<u8>,
}

impl Note {
    pub(crate) fn parse(bytes: &[u8]) -> Checked<Self> {
        let bad = |why: &str| broken("checkpoint/form", why.to_owned());
        let Ok(all) = std::str::from_utf8(bytes) else {
            return bad("not UTF-8");
        };
        if bytes.len() as u64 > NOTE_BYTES_MAX || all.bytes().any(|b| b < b' ' && b != b'\n') {
            return bad("more than 65,536 bytes, or a control character");
        }
        let Some((text, signatures)) = all.split_once("\n\n") else {
            return bad("no empty line before the signatures");
        };
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return bad("the text is not origin, size, root");
        };
        if !is_key_name(origin) {
            return bad("the origin is no name of a key");
        }
        let is_plain =
            size.bytes().all(|b| b.is_ascii_digit()) && (size == "0" || !size.starts_with('0'));
        let (Ok(number), true) = (size.parse::<u64>(), is_plain) else {
            return bad("the size is not a decimal number");
        };
        let root = parse_base64(root)
            .ok()
            .and_then(|root| Hash::try_from(root).ok());
        let Some(root) = root else {
            return bad("the root is not base64 of 32 bytes");
        };
        let Some(signatures) = signatures.strip_suffix('\n') else {
            return bad("the last line does not end");
        };
        let lines = signatures
            .split('\n')
            .map(line)
            .collect::<Checked<Vec<_>>>()?;
        if lines.len() > SIGNATURES_MAX {
            return bad("more than 64 signature lines");
        }
        Ok(Self {
            text: format!("{text}\n"),
            origin: origin.to_owned(),
            size: number,
            root,
            lines,
        })
    }

    /// The log's own signature.
    pub(crate) fn check_log(&self, origin: &str, key: &PublicKey) -> Checked {
        let id = key_id(origin, ED25519, key);
        let mut lines = self
            .lines
            .iter()
            .filter(|line| line.name == origin && line.key_id == id)
            .peekable();
        ensure(
            lines.peek().is_some(),
            "checkpoint/signature",
            "no signature by the log key in force",
        )?;
        // Every line of it: one that does not hold would be the reader's choice of what to believe.
        let holds = lines.all(|line| key.check(self.text.as_bytes(), &line.signature).is_ok());
        ensure(
            holds,
            "checkpoint/signature",
            "the log key's signature does not hold",
        )
    }

    /// Whether a witness cosigned: `cosignature/v1`, with its time.
    pub(crate) fn is_cosigned(&self, witness: &Vkey) -> bool {
        let id = key_id(&witness.name, COSIGNATURE, &witness.key);
        self.lines
            .iter()
            .filter(|line| line.name == witness.name && line.key_id == id)
            .any(|line| {
                let Some((time, signature)) = line.signature.split_first_chunk::<8>() else {
                    return false;
                };
                let time = u64::from_be_bytes(*time);
                let message = format!("cosignature/v1\ntime {time}\n{}", self.text);
                witness.key.check(message.as_bytes(), signature).is_ok()
            })
    }
}

fn line(text: &str) -> Checked<Line> {
    let bad = || broken("checkpoint/form", "a signature line is not `— name base64`");
    let Some((name, body)) = text
        .strip_prefix("\u{2014} ")
        .and_then(|t| t.split_once(' '))
    else {
        return bad();
    };
    let Ok(body) = parse_base64(body) else {
        return bad();
    };
    match body.split_first_chunk::<4>() {
        Some((key_id, signature)) if is_key_name(name) && !signature.is_empty() => Ok(Line {
            name: name.to_owned(),
            key_id: *key_id,
            signature: signature.to_vec(),
        }),
        _ => bad(),
    }
}

/// What signed-note allows: neither empty, nor with a space of any script or a plus in it.
fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c == '+' || c.is_whitespace())
}

fn key_id(name: &str, kind: u8, key: &PublicKey) -> [u8; 4] {
    let hash = sha256(&[name.as_bytes(), b"\n", &[kind], key.bytes()].concat());
    *hash.first_chunk().expect("32 bytes")
}

/// A verifier key: `name+hash+base64(type || key)`.
#[derive(Clone, Debug)]
pub(crate) struct Vkey {
    pub(crate) name: String,
    pub(crate) key: PublicKey,
}

impl Vkey {
    /// `rule` is what a malformed one breaks.
    pub(crate) fn parse(text: &str, rule: &'static str) -> Checked<Self> {
        let bad = |why: &str| broken(rule, format!("a verifier key: {why}"));
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(body)) = (parts.next(), parts.next(), parts.next())
        else {
            return bad("it is not name+hash+key");
        };
        if !is_key_name(name) {
            return bad("its name");
        }
        let Ok(body) = parse_base64(body) else {
            return bad("its key is not base64");
        };
        let (kind, bytes) = match body.split_first() {
            Some((kind @ (&ED25519 | &COSIGNATURE), bytes)) => (*kind, bytes),
            _ => return bad("it is of a type that is not known here"),
        };
        let Ok(bytes) = <[u8; 32]>::try_from(bytes) else {
            return bad("a key has 32 bytes");
        };
        let key = PublicKey::new(bytes)?;
        let expected = key_id(name, kind, &key);
        ensure(
            hash == crate::bytes::hex(&expected),
            rule,
            "a verifier key with another hash",
        )?;
        Ok(Self {
            name: name.to_owned(),
            key,
        })
    }

    /// The text again, for messages.
    pub(crate) fn short(&self) -> String {
        format!("{} ({}…)", self.name, &base64(self.key.bytes())[..8])
    }
}
