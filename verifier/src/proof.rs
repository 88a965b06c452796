//! A `.tlog-proof` file and the entry that it speaks of: one inclusion, checked offline. <https://c2sp.org/tlog-proof>

use crate::broken::{Checked, broken, ensure};
use crate::bytes::{Hash, hex, parse_base64};
use crate::event::Envelope;
use crate::note::Note;
use crate::tree::proves_inclusion;
use crate::trust::Trust;
use crate::verdict::{Finding, Verdict, VerdictKind};

/// How a proof file begins.
pub(crate) const START: &[u8] = b"c2sp.org/tlog-proof@v1\n";
const HASHES_MAX: usize = 63;

pub(crate) struct Proof {
    pub(crate) index: u64,
    pub(crate) hashes: Vec<Hash>,
    pub(crate) note: Note,
}

impl Proof {
    pub(crate) fn parse(bytes: &[u8]) -> Checked<Self> {
        let bad = |why: &str| broken("proof/form", why.to_owned());
        let Some(rest) = bytes.strip_prefix(START) else {
            return bad("it does not begin as a tlog-proof");
        };
        let Ok(rest) = std::str::from_utf8(rest) else {
            return bad("not UTF-8");
        };
        let Some((head, note)) = rest.split_once("\n\n") else {
            return bad("no empty line before the checkpoint");
        };
        let mut lines = head.split('\n').peekable();
        if let Some(extra) = lines.next_if(|line| line.starts_with("extra ")) {
            // Nothing in it is authenticated: only its form is looked at.
            parse_base64(&extra["extra ".len()..])?;
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let Some(digits) = index else {
            return bad("no index line");
        };
        let is_plain = digits.bytes().all(|b| b.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'));
        let (Ok(index), true) = (digits.parse(), is_plain) else {
            return bad("the index is not a decimal number");
        };
        let mut hashes = Vec::new();
        for line in lines {
            let hash = parse_base64(line)?;
            let Ok(hash) = Hash::try_from(hash) else {
                return bad("a hash has 32 bytes");
            };
            hashes.push(hash);
            if hashes.len() > HASHES_MAX {
                return bad("more than 63 hashes");
            }
        }
        Ok(Self {
            index,
            hashes,
            note: Note::parse(note.as_bytes())?,
        })
    }
}

/// Checks the proof against the entry's bytes.
pub(crate) fn check(
    bytes: &[u8],
    entry: Option<&[u8]>,
    trust: Option<&Trust>,
    verdict: &mut Verdict,
) {
    "inclusion proof".clone_into(&mut verdict.what);
    verdict.kind = match judge(bytes, entry, trust, verdict) {
        Ok(()) if trust.is_some() => VerdictKind::Valid,
        Ok(()) => VerdictKind::NotAnchored,
        Err(broken) => {
            verdict.broken.push(Finding {
                entry: None,
                file: None,
                rule: broken.rule.to_owned(),
                why: broken.why,
            });
            VerdictKind::Invalid
        }
    };
}

fn judge(
    bytes: &[u8],
    entry: Option<&[u8]>,
    trust: Option<&Trust>,
    verdict: &mut Verdict,
) -> Checked {
    let proof = Proof::parse(bytes)?;
    let note = &proof.note;
    verdict.origin.clone_from(&note.origin);
    verdict.size = note.size;
    verdict.root = hex(&note.root);
    let Some(entry) = entry else {
        return broken("proof/form", "give the entry's bytes with --entry FILE");
    };
    let envelope = Envelope::parse(entry)?;
    let parsed = envelope.entry()?;
    let place = format!("the entry says index {}", parsed.index);
    ensure(parsed.index == proof.index, "entry/index", place)?;
    let same = parsed.event.origin == note.origin;
    ensure(same, "event/origin", "the entry is of another ledger")?;
    let included = proves_inclusion(
        parsed.leaf,
        proof.index,
        note.size,
        &proof.hashes,
        &note.root,
    );
    ensure(
        included,
        "proof/inclusion",
        "the hashes do not lead to the root",
    )?;
    verdict.entries = 1;
    verdict.holds.push(format!(
        "entry {} stands in the tree of {} entries",
        proof.index, note.size
    ));
    verdict
        .not_checked
        .push("who signed the event: the keys stand in the stream keys".to_owned());
    let Some(trust) = trust else {
        verdict
            .not_checked
            .push("who signed the checkpoint: there is no trust file".to_owned());
        return Ok(());
    };
    let same = trust.log.name == note.origin;
    ensure(same, "trust/origin", "the trust file names another ledger")?;
    note.check_log(&note.origin, &trust.log.key)?;
    trust.check_quorum(note)?;
    verdict
        .holds
        .push("the trust file: origin, log key, and the witnesses that it asks for".to_owned());
    Ok(())
}
