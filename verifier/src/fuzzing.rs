//! What the fuzz targets and the published vectors ask of this crate, over bytes. Not an interface: it may change with any
//! commit, and nothing here is needed to verify a record.

use std::path::Path;

use crate::broken::{Broken, Checked};
use crate::bytes::{Hash, base64url, hex};
use crate::disclosures;
use crate::event::{Envelope, Event};
use crate::evidence;
use crate::files::bundle::{self, Shown};
use crate::files::{bag, segments};
use crate::json::{self, Value};
use crate::note::Note;
use crate::policy::Policy;
use crate::proof::Proof;
use crate::signature::PublicKey;
use crate::tree;
use crate::trust::Trust;

/// The rule id that is broken, or what was read.
pub type Read<T = ()> = Result<T, &'static str>;

/// What was read, field by field, in words that two implementations can compare.
pub type Fields = Vec<(&'static str, String)>;

fn rule<T>(checked: Checked<T>) -> Read<T> {
    checked.map_err(|broken: Broken| broken.rule)
}

/// A value in canonical spelling, spelled again from what was understood.
pub fn value(bytes: &[u8]) -> Read<Vec<u8>> {
    let mut again = Vec::new();
    spell(&rule(json::parse(bytes))?, &mut again);
    Ok(again)
}

/// As [`value`], where keys have to ascend.
pub fn sorted_value(bytes: &[u8]) -> Read {
    rule(json::parse(bytes).and_then(|value| value.ascends()))
}

fn spell(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Bool(flag) => out.extend(flag.to_string().bytes()),
        Value::Int(number) => out.extend(number.to_string().bytes()),
        Value::Text(text) => spell_text(text, out),
        Value::List(items) => {
            out.push(b'[');
            for item in items {
                spell(item, out);
                out.push(b',');
            }
            end(b']', out);
        }
        Value::Object(fields) => {
            out.push(b'{');
            for (name, value) in fields {
                spell_text(name, out);
                out.push(b':');
                spell(value, out);
                out.push(b',');
            }
            end(b'}', out);
        }
    }
}

fn end(bracket: u8, out: &mut Vec<u8>) {
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(bracket);
}

fn spell_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for letter in text.chars() {
        let short = match letter {
            '"' | '\\' => Some(letter),
            '\u{8}' => Some('b'),
            '\t' => Some('t'),
            '\n' => Some('n'),
            '\u{c}' => Some('f'),
            '\r' => Some('r'),
            _ => None,
        };
        match short {
            Some(short) => out.extend(format!("\\{short}").bytes()),
            None if letter < ' ' => out.extend(format!("\\u{:04x}", u32::from(letter)).bytes()),
            None => out.extend(letter.to_string().bytes()),
        }
    }
    out.push(b'"');
}

/// An event's bytes.
pub fn event(payload: &[u8]) -> Read<Fields> {
    rule(Event::parse(payload)).map(|event| event_fields(&event))
}

fn event_fields(event: &Event) -> Fields {
    let by: Vec<String> = event.by.iter().map(|id| hex(id)).collect();
    vec![
        ("origin", String::from(&*event.origin)),
        ("stream", String::from(&*event.stream)),
        ("seq", event.seq.to_string()),
        ("link", hex(&event.link)),
        ("seen size", event.seen_size.to_string()),
        ("seen leaf", hex(&event.seen_leaf)),
        ("type", String::from(&*event.kind)),
        ("by", by.join(" ")),
        ("sd", event.sd.join(" ")),
    ]
}

/// An entry's bytes.
pub fn entry(bytes: &[u8]) -> Read<Fields> {
    let envelope = rule(Envelope::parse(bytes))?;
    let entry = rule(envelope.entry())?;
    let mut fields = vec![
        ("index", entry.index.to_string()),
        ("prev", hex(&entry.prev)),
        ("received", String::from(entry.received)),
        ("payload", hex(&entry.payload_hash)),
    ];
    fields.extend(event_fields(&entry.event));
    Ok(fields)
}

/// A checkpoint's note: origin, size, root.
pub fn note(bytes: &[u8]) -> Read<Fields> {
    let note = rule(Note::parse(bytes))?;
    Ok(vec![
        ("origin", note.origin.clone()),
        ("size", note.size.to_string()),
        ("root", hex(&note.root)),
    ])
}

/// Whether the log key signed the note under its origin's name.
pub fn note_is_signed(bytes: &[u8], key: [u8; 32]) -> bool {
    match (Note::parse(bytes), PublicKey::new(key)) {
        (Ok(note), Ok(key)) => note.check_log(&note.origin, &key).is_ok(),
        _ => false,
    }
}

/// Whether the signature holds by section 3.
pub fn signature_holds(key: [u8; 32], message: &[u8], signature: &[u8]) -> bool {
    PublicKey::new(key).is_ok_and(|key| key.check(message, signature).is_ok())
}

/// The hash of a leaf.
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    tree::leaf(bytes)
}

/// The root over leaf hashes.
pub fn root(leaves: &[Hash]) -> Hash {
    let mut roots = tree::Roots::default();
    for leaf in leaves {
        roots.push(*leaf);
    }
    roots.root()
}

/// Whether the proof shows the leaf at its index.
pub fn inclusion_holds(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    tree::proves_inclusion(leaf, index, size, proof, root)
}

/// Whether the proof shows that the new tree extends the old one.
pub fn consistency_holds(
    old: u64,
    new: u64,
    proof: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> bool {
    tree::proves_consistency(old, new, proof, old_root, new_root)
}

/// A policy as an event's data holds it.
pub fn policy(bytes: &[u8]) -> Read {
    let value = rule(json::parse(bytes))?;
    rule(value.ascends().and_then(|()| Policy::parse(&value))).map(drop)
}

/// A trust file.
pub fn trust(bytes: &[u8]) -> Read {
    rule(Trust::parse(bytes)).map(drop)
}

/// A `.tlog-proof` file: its index and how many hashes it has.
pub fn proof_file(bytes: &[u8]) -> Read<(u64, usize)> {
    rule(Proof::parse(bytes)).map(|proof| (proof.index, proof.hashes.len()))
}

/// An evidence file, before it is judged.
pub fn evidence_file(bytes: &[u8]) -> Read {
    rule(evidence::read(bytes)).map(drop)
}

/// The bytes of `data/bundle.json`.
pub fn bundle_index(bytes: &[u8]) -> Read {
    rule(bundle::read_index(bytes)).map(drop)
}

/// A line of `data/heads`.
pub fn head_line(line: &[u8]) -> Read {
    rule(bundle::read_head(line)).map(drop)
}

/// A line of `data/disclosures`, and the disclosure in it.
pub fn disclosure_line(line: &[u8]) -> Read {
    rule(bundle::read_shown(line).and_then(|shown| disclosures::check_form(&shown)))
}

/// A disclosure on its own.
pub fn disclosure(encoded: &str) -> Read {
    rule(disclosures::check_form(&Shown {
        index: 0,
        subject: "c1".to_owned(),
        encoded: encoded.to_owned(),
    }))
}

/// Base64url without padding.
pub fn encoded(bytes: &[u8]) -> String {
    base64url(bytes)
}

/// A manifest: how many files it lists, and how many lines are none of it.
pub fn manifest(text: &str) -> (usize, usize) {
    let (listed, unread) = bag::read_lines(text);
    (listed.len(), unread)
}

/// How the frames of a segment file end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frames {
    /// As they should.
    Whole,
    /// With a frame that was never acknowledged.
    Torn,
    /// With damage.
    Damaged,
}

/// The frames of the first and only segment file of a ledger whose checkpoint covers `covered` entries.
pub fn segment(mut bytes: &[u8], covered: u64) -> (Vec<Vec<u8>>, Frames) {
    let path = Path::new("00000000000000000000.seg");
    let mut entries = Vec::new();
    let head = segments::head(&mut bytes, "00000000000000000000.seg", 0, path);
    if !matches!(head, Ok(Ok(()))) {
        return (entries, Frames::Damaged);
    }
    let mut index = 0;
    let read = segments::frames(&mut bytes, path, &mut index, &mut |_, entry| {
        entries.push(entry.to_vec());
        true
    });
    let ended = match read {
        Ok(Ok(_)) => Frames::Whole,
        Ok(Err(bad)) if bad.is_torn && index >= covered => Frames::Torn,
        _ => Frames::Damaged,
    };
    (entries, ended)
}
