//! C2SP tlog-witness and tlog-cosignature, bytes only: what a log sends to a witness and what of its answer counts. Who sends
//! it over the network is not decided here. <https://c2sp.org/tlog-witness>, <https://c2sp.org/tlog-cosignature>

use base64ct::{Base64, Encoding};

use crate::hash::{Hash, encode_hex};
use crate::key::{PublicKey, Signature};
use crate::note::{NoteError, NoteSignature, SignedCheckpoint, key_hint, parse_line};

/// A timestamped Ed25519 cosignature.
pub const TYPE_COSIGNATURE: u8 = 0x04;
/// What a witness sends with a 409: its size, in decimal.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";
const LINES_MAX: usize = 16;

/// A witness's verifier key: its name, and the Ed25519 key that cosigns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessKey {
    /// The key's name.
    pub name: String,
    key: PublicKey,
    hint: [u8; 4],
}

impl WitnessKey {
    /// Reads `name+hint+base64(0x04 || key)`.
    pub fn parse(vkey: &str) -> Result<Self, NoteError> {
        let refusal = NoteError::Form("a witness's key is name+hash+base64 of type 0x04");
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(hint), Some(body)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(refusal);
        };
        let body = Base64::decode_vec(body).map_err(|_| refusal)?;
        let Some((&TYPE_COSIGNATURE, key)) = body.split_first() else {
            return Err(refusal);
        };
        let key = <[u8; 32]>::try_from(key).map_err(|_| refusal)?;
        let key = PublicKey::from_bytes(&key).ok_or(refusal)?;
        let expected = key_hint(name, TYPE_COSIGNATURE, key.as_bytes());
        if name.is_empty() || encode_hex(&expected) != hint {
            return Err(refusal);
        }
        Ok(Self {
            name: name.to_owned(),
            key,
            hint: expected,
        })
    }

    /// The key as it stands in a policy.
    pub fn vkey(&self) -> String {
        let body = [&[TYPE_COSIGNATURE][..], self.key.as_bytes()].concat();
        let hint = encode_hex(&self.hint);
        format!("{}+{hint}+{}", self.name, Base64::encode_string(&body))
    }

    /// When this witness cosigned, in seconds since 1970, where the line is its own and holds over this checkpoint.
    pub fn cosigned_at(&self, line: &NoteSignature, note: &SignedCheckpoint) -> Option<u64> {
        if line.name != self.name || line.key_id != self.hint {
            return None;
        }
        let (time, signature) = line.bytes.split_first_chunk::<8>()?;
        let signature = Signature(<[u8; 64]>::try_from(signature).ok()?);
        let time = u64::from_be_bytes(*time);
        let message = format!("cosignature/v1\ntime {time}\n{}", note.checkpoint.text());
        self.key
            .verifies(message.as_bytes(), &signature)
            .then_some(time)
    }

    /// Whether one of the note's lines is this witness's and holds.
    pub fn has_cosigned(&self, note: &SignedCheckpoint) -> bool {
        note.signatures
            .iter()
            .any(|line| self.cosigned_at(line, note).is_some())
    }
}

/// The body of `add-checkpoint`: what the witness saw last, the proof from there, the checkpoint.
pub fn add_checkpoint(old: u64, proof: &[Hash], note: &SignedCheckpoint) -> String {
    let mut body = format!("old {old}\n");
    for hash in proof {
        body += &Base64::encode_string(&hash.0);
        body.push('\n');
    }
    body.push('\n');
    // A witness knows the log by its own signature; other witnesses' lines are none of its business.
    let of_the_log = SignedCheckpoint {
        checkpoint: note.checkpoint.clone(),
        signatures: note.signatures.iter().take(1).cloned().collect(),
    };
    body + &of_the_log.to_note()
}

/// The lines of a 200 that are this witness's and hold. Unverified lines are never kept: a reader must not meet them.
pub fn cosignatures(
    body: &str,
    witness: &WitnessKey,
    note: &SignedCheckpoint,
) -> Result<Vec<NoteSignature>, NoteError> {
    let mut kept = Vec::new();
    for line in body.lines().filter(|line| !line.is_empty()).take(LINES_MAX) {
        let line = parse_line(line)?;
        if witness.cosigned_at(&line, note).is_some() {
            kept.push(line);
        }
    }
    if kept.is_empty() {
        return Err(NoteError::Signature(
            "none of the lines is the witness's own and holds",
        ));
    }
    Ok(kept)
}

/// The size of a 409.
pub fn size_seen(body: &str) -> Option<u64> {
    let digits = body.strip_suffix('\n').unwrap_or(body);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let shortest = digits == "0" || !digits.starts_with('0');
    (plain && shortest).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{PrivateKey, Signer};
    use crate::note::Checkpoint;

    fn note() -> SignedCheckpoint {
        let checkpoint = Checkpoint {
            origin: "example.org/log".to_owned(),
            size: 7,
            root: Hash::of(b"root"),
        };
        checkpoint
            .sign(&PrivateKey::from_seed(&[1; 32]))
            .expect("signed")
    }

    fn witness(seed: u8) -> (WitnessKey, PrivateKey) {
        let private = PrivateKey::from_seed(&[seed; 32]);
        let body = [&[TYPE_COSIGNATURE][..], private.public().as_bytes()].concat();
        let hint = key_hint("w.example", TYPE_COSIGNATURE, private.public().as_bytes());
        let vkey = format!(
            "w.example+{}+{}",
            encode_hex(&hint),
            Base64::encode_string(&body)
        );
        (WitnessKey::parse(&vkey).expect("a key"), private)
    }

    fn cosign(key: &WitnessKey, private: &PrivateKey, note: &SignedCheckpoint) -> String {
        let message = format!(
            "cosignature/v1\ntime 1700000000\n{}",
            note.checkpoint.text()
        );
        let signature = private.sign(message.as_bytes()).expect("signed");
        let body = [
            &key.hint[..],
            &1_700_000_000_u64.to_be_bytes(),
            &signature.0,
        ]
        .concat();
        format!("\u{2014} {} {}\n", key.name, Base64::encode_string(&body))
    }

    #[test]
    fn only_lines_that_hold_are_kept() {
        let note = note();
        let (key, private) = witness(2);
        let good = cosign(&key, &private, &note);
        assert_eq!(WitnessKey::parse(&key.vkey()), Ok(key.clone()));
        assert_eq!(cosignatures(&good, &key, &note).expect("holds").len(), 1);
        let mut other = note.clone();
        other.checkpoint.size = 8;
        assert!(cosignatures(&good, &key, &other).is_err());
        let (stranger, _) = witness(3);
        assert!(cosignatures(&good, &stranger, &note).is_err());
        let both = format!("{good}\u{2014} x.example AAAAAAECAwQ=\n");
        assert_eq!(cosignatures(&both, &key, &note).expect("holds").len(), 1);
        assert!(cosignatures("hello\n", &key, &note).is_err());
    }

    #[test]
    fn the_size_of_a_conflict_is_plain_decimal() {
        assert_eq!(size_seen("12\n"), Some(12));
        assert_eq!(size_seen("0"), Some(0));
        for bad in ["", "012\n", "-1\n", "12 \n", "99999999999999999999\n"] {
            assert_eq!(size_seen(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_body_is_that_of_the_specification() {
        let body = add_checkpoint(3, &[Hash::of(b"a")], &note());
        let hash = Base64::encode_string(&Hash::of(b"a").0);
        assert!(
            body.starts_with(&format!("old 3\n{hash}\n\nexample.org/log\n7\n")),
            "{body}"
        );
    }
}
