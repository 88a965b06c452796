//! The evidence file of section 11.4: whether it shows, by itself, that a log did not keep its word.

use crate::broken::{Checked, broken, ensure};
use crate::bytes::{Hash, ZEROS, hex, parse_base64, parse_hex};
use crate::event::Envelope;
use crate::json::{Value, parse};
use crate::note::Note;
use crate::rules::ledger_types::founding;
use crate::signature::PublicKey;
use crate::tree::proves_consistency;
use crate::trust::Trust;
use crate::verdict::{Finding, Verdict, VerdictKind};

/// How an evidence file begins: its one spelling.
pub(crate) const START: &[u8] = b"{\"v\":1,\"evidence\":\"";

pub(crate) struct Evidence {
    kind: String,
    origin: String,
    opened: Vec<u8>,
    kept: Note,
    size: u64,
    root: Hash,
    found: Option<Note>,
    root_at_kept: Hash,
    proof: Vec<Hash>,
}

/// What the file comes to. It is a verdict on the ledger that it speaks of: evidence that holds makes that one invalid.
pub(crate) fn check(bytes: &[u8], trust: Option<&Trust>, verdict: &mut Verdict) {
    "evidence file".clone_into(&mut verdict.what);
    verdict.kind = VerdictKind::Invalid;
    let (rule, why) = match read(bytes).and_then(|evidence| judge(&evidence, trust, verdict)) {
        Ok(shown) => shown,
        Err(broken) => (broken.rule, broken.why),
    };
    verdict.broken.push(Finding {
        entry: None,
        file: None,
        rule: rule.to_owned(),
        why,
    });
}

pub(crate) fn read(bytes: &[u8]) -> Checked<Evidence> {
    let [
        _,
        kind,
        origin,
        opened,
        kept,
        size,
        root,
        found,
        root_at_kept,
        proof,
    ] = parse(bytes)?.listed([
        "v",
        "evidence",
        "origin",
        "opened",
        "kept",
        "size",
        "root",
        "found",
        "root_at_kept",
        "proof",
    ])?;
    let text = |value: &Value| value.text().unwrap_or_default().to_owned();
    let found = text(&found);
    let proof = proof.list().unwrap_or_default().iter();
    Ok(Evidence {
        kind: text(&kind),
        origin: text(&origin),
        opened: parse_base64(&text(&opened))?,
        kept: Note::parse(text(&kept).as_bytes())?,
        size: size.count().unwrap_or_default(),
        root: parse_hex(&text(&root))?,
        found: match found.as_str() {
            "" => None,
            note => Some(Note::parse(note.as_bytes())?),
        },
        root_at_kept: parse_hex(&text(&root_at_kept))?,
        proof: proof
            .map(|hash| parse_hex(&text(hash)))
            .collect::<Checked<_>>()?,
    })
}

/// Which key signed: that of the trust file, else that of `Opened`, whose roots the origin pins.
fn log_key(evidence: &Evidence, trust: Option<&Trust>) -> Checked<PublicKey> {
    if let Some(trust) = trust {
        let same = trust.log.name == evidence.origin;
        ensure(
            same,
            "trust/origin",
            "the evidence speaks of another ledger",
        )?;
        return Ok(trust.log.key.clone());
    }
    let envelope = Envelope::parse(&evidence.opened)?;
    let opened = envelope.entry()?;
    let founding = founding(&opened.event)?;
    let same = opened.event.origin == evidence.origin;
    ensure(same, "evidence/form", "entry 0 is of another ledger")?;
    Ok(founding.log)
}

fn judge(
    evidence: &Evidence,
    trust: Option<&Trust>,
    verdict: &mut Verdict,
) -> Checked<(&'static str, String)> {
    let key = log_key(evidence, trust)?;
    verdict.origin.clone_from(&evidence.origin);
    verdict.size = evidence.kept.size;
    verdict.root = hex(&evidence.kept.root);
    evidence.kept.check_log(&evidence.origin, &key)?;
    verdict.holds.push(format!(
        "the log signed a tree of {} entries",
        evidence.kept.size
    ));
    if trust.is_none() {
        verdict.not_checked.push(
            "whose ledger it is: there is no trust file, the key is that of entry 0".to_owned(),
        );
    }
    match evidence.kind.as_str() {
        "equivocation" => equivocation(evidence, &key, verdict),
        "rolled-back" => rolled_back(evidence, verdict),
        _ => broken("evidence/form", "neither equivocation nor rolled-back"),
    }
}

/// What was found is its finder's word; that it does not extend what was signed must still be shown.
fn rolled_back(evidence: &Evidence, verdict: &mut Verdict) -> Checked<(&'static str, String)> {
    let kept = &evidence.kept;
    let found = (evidence.size, &evidence.root);
    let other = evidence.size == kept.size && evidence.root != kept.root;
    if evidence.size < kept.size || other || forks(evidence, found) {
        let not_checked = "what was found: whoever found it says so".to_owned();
        verdict.not_checked.push(not_checked);
        let why = format!(
            "the log signed {} entries; {} were found, with root {}",
            kept.size,
            evidence.size,
            hex(&evidence.root)
        );
        Ok(("evidence/rolled-back", why))
    } else {
        broken("evidence/form", "what was found may extend what was signed")
    }
}

/// Whether a larger tree is shown to begin with other entries than those that `kept` covers.
fn forks(evidence: &Evidence, (size, root): (u64, &Hash)) -> bool {
    let (kept, then) = (&evidence.kept, &evidence.root_at_kept);
    size > kept.size
        && *then != ZEROS
        && *then != kept.root
        && proves_consistency(kept.size, size, &evidence.proof, then, root)
}

fn equivocation(
    evidence: &Evidence,
    key: &PublicKey,
    verdict: &mut Verdict,
) -> Checked<(&'static str, String)> {
    let (kept, Some(found)) = (&evidence.kept, &evidence.found) else {
        return broken("evidence/form", "an equivocation takes two checkpoints");
    };
    found.check_log(&evidence.origin, key)?;
    verdict
        .holds
        .push(format!("it also signed a tree of {} entries", found.size));
    let same_size = found.size == kept.size && found.root != kept.root;
    let not_extended = forks(evidence, (found.size, &found.root));
    let why = format!(
        "the log signed two trees, of {} and of {} entries, and neither extends the other",
        kept.size, found.size
    );
    if same_size || not_extended {
        Ok(("evidence/equivocation", why))
    } else {
        broken(
            "evidence/form",
            "the two checkpoints do not contradict each other",
        )
    }
}
