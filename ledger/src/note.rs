//! C2SP signed notes and the checkpoints in them (tlog-checkpoint); bytes in, values out, no files.

use base64ct::{Base64, Encoding};

use crate::hash::{Hash, encode_hex};
use crate::key::{PublicKey, Signature, Signer, SignerError};

/// Ed25519 over the note's text (C2SP signed-note, signature type).
pub const TYPE_ED25519: u8 = 0x01;
const MAX_NOTE_BYTES: usize = 64 << 10;
const MAX_SIGNATURES: usize = 64;

/// Why a note is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It breaks signed-note or tlog-checkpoint.
    #[error("checkpoint/form: {0}")]
    Form(&'static str),
    /// No signature of the wanted key, or one that does not hold.
    #[error("checkpoint/signature: {0}")]
    Signature(&'static str),
}

/// What a checkpoint states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ledger.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The RFC 6962 root over them.
    pub root: Hash,
}

/// One signature line of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The key's hint.
    pub key_id: [u8; 4],
    /// Everything behind the hint.
    pub bytes: Vec<u8>,
}

/// A checkpoint in its signed note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it states.
    pub checkpoint: Checkpoint,
    /// The signatures, in order.
    pub signatures: Vec<NoteSignature>,
}

/// The key hint of C2SP signed-note.
pub fn key_hint(name: &str, kind: u8, key: &[u8]) -> [u8; 4] {
    let hash = Hash::of_parts(&[name.as_bytes(), &[0x0a, kind], key]);
    [hash.0[0], hash.0[1], hash.0[2], hash.0[3]]
}

/// The vkey of an Ed25519 key: `<name>+<hint>+<base64>`.
pub fn vkey(name: &str, key: &PublicKey) -> String {
    let hint = encode_hex(&key_hint(name, TYPE_ED25519, key.as_bytes()));
    let body = [&[TYPE_ED25519][..], key.as_bytes()].concat();
    format!("{name}+{hint}+{}", Base64::encode_string(&body))
}

impl Checkpoint {
    /// The note's text, which the log signs.
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            Base64::encode_string(&self.root.0)
        )
    }

    /// Signs it; the key's name is the origin. A signature that does not hold (a module that went wrong) is refused here:
    /// in the checkpoint's place it would be the newest, and no start would get past it.
    pub fn sign(self, log: &dyn Signer) -> Result<SignedCheckpoint, SignerError> {
        let text = self.text();
        let signature = log.sign(text.as_bytes())?;
        if !log.public().verifies(text.as_bytes(), &signature) {
            return Err(SignerError {
                key: log.key_id(),
                reason: "its signature does not hold".to_owned(),
            });
        }
        let name = self.origin.clone();
        let key_id = key_hint(&name, TYPE_ED25519, log.public().as_bytes());
        let line = NoteSignature {
            name,
            key_id,
            bytes: signature.0.to_vec(),
        };
        Ok(SignedCheckpoint {
            checkpoint: self,
            signatures: vec![line],
        })
    }
}

impl SignedCheckpoint {
    /// The note's bytes.
    pub fn to_note(&self) -> String {
        let mut note = self.checkpoint.text();
        note.push('\n');
        for line in &self.signatures {
            let body = [&line.key_id[..], &line.bytes].concat();
            note += "\u{2014} ";
            note += &line.name;
            note.push(' ');
            note += &Base64::encode_string(&body);
            note.push('\n');
        }
        note
    }

    /// Reads a note; no signature is checked here.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Form("more than 65,536 bytes"));
        }
        if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return Err(NoteError::Form("a control character"));
        }
        let end = note
            .rfind("\n\n")
            .ok_or(NoteError::Form("no empty line before signatures"))?;
        let (text, lines) = (&note[..=end], &note[end + 2..]);
        let checkpoint = parse_text(text)?;
        let lines = lines
            .strip_suffix('\n')
            .ok_or(NoteError::Form("no newline at the end"))?;
        let signatures: Vec<_> = lines
            .split('\n')
            .map(parse_line)
            .collect::<Result<_, NoteError>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::Form("more than 64 signatures"));
        }
        Ok(Self {
            checkpoint,
            signatures,
        })
    }

    /// Whether the log key signed it under the origin's name.
    pub fn verify(&self, log: &PublicKey) -> Result<(), NoteError> {
        let name = &self.checkpoint.origin;
        let hint = key_hint(name, TYPE_ED25519, log.as_bytes());
        let text = self.checkpoint.text();
        let mut found = false;
        for line in self
            .signatures
            .iter()
            .filter(|l| l.name == *name && l.key_id == hint)
        {
            let bytes = <[u8; 64]>::try_from(&line.bytes[..])
                .map_err(|_| NoteError::Signature("the log's signature has a wrong length"))?;
            if !log.verifies(text.as_bytes(), &Signature(bytes)) {
                return Err(NoteError::Signature("the log's signature does not hold"));
            }
            found = true;
        }
        if found {
            Ok(())
        } else {
            Err(NoteError::Signature("no signature of the log key"))
        }
    }
}

fn parse_text(text: &str) -> Result<Checkpoint, NoteError> {
    let body = text
        .strip_suffix('\n')
        .ok_or(NoteError::Form("no newline after the text"))?;
    let [origin, size, root] = body.split('\n').collect::<Vec<_>>()[..] else {
        return Err(NoteError::Form(
            "not exactly three lines; extension lines are not used",
        ));
    };
    let digits = size.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || size.is_empty() || (size.len() > 1 && size.starts_with('0')) {
        return Err(NoteError::Form(
            "the size is not a decimal number without leading zeros",
        ));
    }
    let size = size
        .parse()
        .map_err(|_| NoteError::Form("the size is too large"))?;
    let root = Base64::decode_vec(root)
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .ok_or(NoteError::Form("the root is not base64 of 32 bytes"))?;
    if !is_key_name(origin) {
        return Err(NoteError::Form("the origin is no name of a key"));
    }
    Ok(Checkpoint {
        origin: origin.to_owned(),
        size,
        root: Hash(root),
    })
}

/// What signed-note allows: neither empty, nor with a space of any script or a plus in it.
fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('+') && !name.contains(char::is_whitespace)
}

pub(crate) fn parse_line(line: &str) -> Result<NoteSignature, NoteError> {
    let refusal = NoteError::Form("a signature line is not `— name base64`");
    let (name, body) = line
        .strip_prefix("\u{2014} ")
        .and_then(|rest| rest.split_once(' '))
        .ok_or(refusal)?;
    let body = Base64::decode_vec(body).map_err(|_| refusal)?;
    let (key_id, bytes) = body.split_first_chunk::<4>().ok_or(refusal)?;
    if !is_key_name(name) || bytes.is_empty() {
        return Err(refusal);
    }
    Ok(NoteSignature {
        name: name.to_owned(),
        key_id: *key_id,
        bytes: bytes.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::PrivateKey;

    fn signed() -> (SignedCheckpoint, PrivateKey) {
        let log = PrivateKey::from_seed(&[1; 32]);
        let origin = "example.com/log".to_owned();
        let checkpoint = Checkpoint {
            origin,
            size: 5,
            root: Hash::of(b"root"),
        };
        (checkpoint.sign(&log).expect("signed"), log)
    }

    #[test]
    fn a_note_is_read_as_it_was_written_and_only_its_key_signed_it() {
        let (note, log) = signed();
        let again = SignedCheckpoint::parse(&note.to_note()).expect("read");
        assert_eq!(again, note);
        again.verify(&log.public()).expect("signed by the log");
        let other = PrivateKey::from_seed(&[2; 32]);
        assert!(matches!(
            again.verify(&other.public()),
            Err(NoteError::Signature(_))
        ));
        let mut changed = again;
        changed.checkpoint.size = 6;
        assert!(matches!(
            changed.verify(&log.public()),
            Err(NoteError::Signature(_))
        ));
    }

    #[test]
    fn malformed_notes() {
        let (note, _) = signed();
        let note = note.to_note();
        for bad in [
            note.replace("\n5\n", "\n05\n"),
            note.replace("\n5\n", "\n5\nextension\n"),
            note.replace("\n\n", "\n"),
            note.trim_end().to_owned(),
            note.replace('\u{2014}', "-"),
            note.replace("example.com/log\n", "example com\n"),
        ] {
            assert!(SignedCheckpoint::parse(&bad).is_err(), "{bad}");
        }
    }
}
