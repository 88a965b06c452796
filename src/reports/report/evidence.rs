//! Section I: the head of the record, and what witnesses and time-stamping authorities said of it.

use chrono::{DateTime, SecondsFormat, Utc};
use unbroken_ledger::note::NoteSignature;
use unbroken_ledger::{SignedCheckpoint, Value};

use super::super::document::{Block, Section, Table};
use super::Gathered;
use crate::projections::reading::{Reading, Written};

/// A tlog-cosignature of type 0x04 behind its hint: the time in seconds, 8 bytes, and an Ed25519 signature.
const COSIGNATURE_BYTES: usize = 8 + 64;
const NOT_THERE: &str = "missing or damaged in the case's folder";

/// One answer of somebody outside, as its entry names it.
#[derive(Clone, Debug)]
struct Anchor {
    index: u64,
    received: String,
    covered: String,
    /// The cosigned note, or the note that was stamped.
    note: String,
    /// The token; none of a witness.
    token: Option<String>,
}

/// What others said, in the order of the record.
#[derive(Clone, Debug, Default)]
pub(super) struct Anchors {
    found: Vec<Anchor>,
    witnesses: Vec<Vec<String>>,
    stamps: Vec<Vec<String>>,
}

impl Anchors {
    pub(super) fn take(&mut self, written: &Written) {
        let data = &written.signed.data;
        let text = |name: &str| data.field(name).and_then(Value::as_str).map(str::to_owned);
        let (note, token) = match &*written.signed.kind {
            "WitnessReceived" => (text("note"), None),
            "TimestampReceived" => (text("imprint"), Some(text("token").unwrap_or_default())),
            _ => return,
        };
        let size = data
            .field("size")
            .and_then(Value::as_size)
            .unwrap_or_default();
        self.found.push(Anchor {
            index: written.index,
            received: written.received.to_string(),
            covered: format!("0 to {}", size.saturating_sub(1)),
            note: note.unwrap_or_default(),
            token,
        });
    }

    /// Reads the notes and tokens that the entries name.
    pub(super) fn read<R: Reading>(&mut self, record: &R) -> Result<(), R::Error> {
        for anchor in std::mem::take(&mut self.found) {
            let note = record.object(&anchor.note)?;
            let start = [
                anchor.index.to_string(),
                anchor.received.clone(),
                anchor.covered.clone(),
            ];
            if let Some(name) = &anchor.token {
                let token = record.object(name)?;
                let said = token
                    .zip(note)
                    .map(|(token, note)| record.stamp(&token, &note));
                let cells = match said {
                    Some(Some(said)) => [said.authority, said.time, said.serial, said.policy],
                    Some(None) => ["does not hold"; 4].map(str::to_owned),
                    None => [NOT_THERE; 4].map(str::to_owned),
                };
                let end = ["not checked".to_owned(), name.clone()];
                let row = start.into_iter().chain(cells).chain(end);
                self.stamps.push(row.collect());
            } else {
                let end = [cosigners(note.as_deref()), anchor.note.clone()];
                self.witnesses.push(start.into_iter().chain(end).collect());
            }
        }
        Ok(())
    }
}

/// The witnesses of a note with their own times; the ledger logs none whose line does not hold.
fn cosigners(note: Option<&[u8]>) -> String {
    let Some(note) = note else {
        return NOT_THERE.to_owned();
    };
    let note = std::str::from_utf8(note).ok().map(SignedCheckpoint::parse);
    let Some(Ok(note)) = note else {
        return "cannot be read".to_owned();
    };
    let names: Vec<String> = note.signatures.iter().filter_map(cosigner).collect();
    names.join("; ")
}

fn cosigner(line: &NoteSignature) -> Option<String> {
    if line.bytes.len() != COSIGNATURE_BYTES {
        return None;
    }
    let seconds = u64::from_be_bytes(line.bytes[..8].try_into().ok()?);
    let at = DateTime::<Utc>::from_timestamp(i64::try_from(seconds).ok()?, 0)?;
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    Some(format!("{} at {at}", line.name))
}

/// How many entries are SUSPECT, and which; the verifier names the first of many.
fn suspect(gathered: &Gathered) -> String {
    let checked = &gathered.issue.checked;
    if checked.suspect == 0 {
        return "none".to_owned();
    }
    let first: Vec<String> = checked.suspect_first.iter().map(u64::to_string).collect();
    let all = if first.len() as u64 == checked.suspect {
        "entries"
    } else {
        "the first are entries"
    };
    format!("{}: {all} {}", checked.suspect, first.join(", "))
}

/// The verifier's word for entries that rest on a revoked key is not what this report calls an exception.
fn verdict(own: &str) -> String {
    match own {
        "valid with exceptions" => format!(
            "{own}: it means the SUSPECT entries below, which this report calls a reservation"
        ),
        _ => own.to_owned(),
    }
}

/// Section I.
pub(super) fn integrity(gathered: &Gathered) -> Section {
    let issue = gathered.issue;
    let covered = |count: u64| match count {
        0 => "none".to_owned(),
        some => format!("0 to {}", some.min(issue.size).saturating_sub(1)),
    };
    let rule = issue
        .checked
        .rule
        .clone()
        .unwrap_or_else(|| "none".to_owned());
    let facts = [
        ("Ledger", issue.origin.clone()),
        ("Entries", issue.size.to_string()),
        ("Root hash (RFC 6962)", issue.root.clone()),
        (
            "Verdict of unbroken-verify, in its own words",
            verdict(&issue.checked.verdict),
        ),
        ("Rule that is broken", rule),
        ("SUSPECT entries", suspect(gathered)),
        (
            "Entries that a quorum of witnesses has seen",
            covered(issue.checked.witnessed),
        ),
        (
            "Entries that an outside time stamp covers",
            covered(issue.checked.timestamped),
        ),
    ];
    let facts = facts.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Section::new('I', "Integrity")
        .with(Block::Facts(facts))
        .says(
            "The signed checkpoint, the witnesses' lines and the time-stamp tokens themselves are \
             in the bundle. None of the time stamps is called qualified here: whether an \
             authority is on a trusted list was not checked.",
        )
        .with(Block::Table(Table {
            id: "witnesses",
            caption: "Outside witnesses, by name and by their own clocks".to_owned(),
            columns: vec![
                "Entry",
                "Received (UTC)",
                "Entries covered",
                "Witnesses",
                "Note (SHA-256)",
            ],
            rows: gathered.anchors.witnesses.clone(),
        }))
        .with(Block::Table(Table {
            id: "time-stamps",
            caption: "Time stamps (RFC 3161), as their authorities state them".to_owned(),
            columns: vec![
                "Entry",
                "Received (UTC)",
                "Entries covered",
                "Authority",
                "Stamped at",
                "Serial",
                "Policy",
                "Qualified",
                "Token (SHA-256)",
            ],
            rows: gathered.anchors.stamps.clone(),
        }))
}

#[cfg(test)]
mod tests {
    use unbroken_ledger::{Checkpoint, Hash, PrivateKey};

    use super::*;
    use crate::projections::scripted::{Script, key};

    fn said(script: &Script) -> Anchors {
        let mut anchors = Anchors::default();
        let read = script.entries(u64::MAX, &mut |written| anchors.take(&written));
        read.expect("nothing can go wrong");
        anchors.read(script).expect("read");
        anchors
    }

    fn data<const N: usize>(fields: [(&'static str, &str); N]) -> Value {
        Value::object(fields.map(|(name, text)| (name, Value::text(text))))
    }

    /// A note with the log's own line and one of a witness, as far as its form goes.
    fn note() -> Vec<u8> {
        let checkpoint = Checkpoint {
            origin: "example.org/o".to_owned(),
            size: 3,
            root: Hash([7; 32]),
        };
        let log = PrivateKey::from_seed(&[1; 32]);
        let mut note = checkpoint.sign(&log).expect("signed");
        let time = 1_700_000_000_u64.to_be_bytes();
        note.signatures.push(NoteSignature {
            name: "witness.example/w1".to_owned(),
            key_id: [1; 4],
            bytes: [&time[..], &[9; 64]].concat(),
        });
        note.to_note().into_bytes()
    }

    #[test]
    fn witnesses_and_authorities_stand_by_name_with_their_own_times() {
        let mut script = Script::default();
        script.objects.insert("n".to_owned(), note());
        let token = b"tsa.example 1.3.6.1 2a 2026-01-02T03:04:05Z";
        script.objects.insert("t".to_owned(), token.to_vec());
        script.objects.insert("x".to_owned(), b"none".to_vec());
        let by = [key(1)];
        script.own("WitnessReceived", &by, data([("note", "n")]));
        for token in ["t", "x", "lost"] {
            let names = data([("imprint", "n"), ("token", token)]);
            script.own("TimestampReceived", &by, names);
        }
        let said = said(&script);
        let witness = "witness.example/w1 at 2023-11-14T22:13:20Z";
        assert_eq!(said.witnesses[0][3], witness);
        let cells: Vec<&[String]> = said.stamps.iter().map(|row| &row[3..7]).collect();
        assert_eq!(
            cells[0],
            ["tsa.example", "2026-01-02T03:04:05Z", "2a", "1.3.6.1"]
        );
        assert_eq!(cells[1], ["does not hold"; 4]);
        assert_eq!(cells[2], [NOT_THERE; 4]);
    }
}
