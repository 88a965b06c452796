//! Asking others to witness and to time-stamp the ledger's checkpoint: one round over what is due, each answer verified before
//! it is logged. Nobody's answer is waited for by a restore; what an answer must be is the ledger's and the verifier's.

pub mod authority;
pub mod configuration;
mod http;
pub mod witness;

use unbroken_ledger::{AnchorKind, Ledger, LedgerError, SignedCheckpoint};

use crate::clock::Clock;
pub use authority::AuthorityAt;
pub use configuration::{Configuration, ConfigurationError};
pub use http::HttpError;
pub use witness::WitnessAt;

/// A token whose certificate ends within this time is renewed: a new one over a checkpoint that covers the old one's entry.
const RENEW_BEFORE_SECONDS: i64 = 90 * 86_400;

/// Why a party's answer does not count. It is asked again in the next round.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// It could not be reached, or did not answer as it should.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// It answered, but the answer does not hold.
    #[error("its answer does not hold: {0}")]
    Answer(String),
    /// It refuses this log or this checkpoint.
    #[error("it refuses: {0}")]
    Refused(String),
    /// It has seen more entries, or others, than this ledger has: the ledger was rolled back or forked.
    #[error("it has seen another history of this ledger: {found}{}", evidence.as_ref()
        .map(|path| format!("; evidence lies in {path}")).unwrap_or_default())]
    OtherHistory {
        /// What it has seen.
        found: String,
        /// The file that shows it, where the witness's own copy could be had.
        evidence: Option<String>,
    },
    /// Its answer could not be logged.
    #[error("its answer could not be logged")]
    Ledger(#[from] LedgerError),
}

/// What one party came to.
#[derive(Debug)]
pub struct Asked {
    /// The party's name.
    pub name: String,
    /// `witness` or `authority`.
    pub kind: &'static str,
    /// When it says that it saw it, in its own words.
    pub outcome: Result<String, AnchorError>,
}

/// What a round came to.
#[derive(Debug, Default)]
pub struct Round {
    /// The size of the checkpoint that was shown.
    pub size: u64,
    /// Everybody who was asked; empty when nothing was due.
    pub asked: Vec<Asked>,
}

impl Round {
    /// Whether everybody who was asked answered well.
    pub fn is_complete(&self) -> bool {
        self.asked.iter().all(|asked| asked.outcome.is_ok())
    }
}

/// Asks everybody for whom something is due.
pub async fn round(
    ledger: &Ledger,
    configuration: &Configuration,
    clock: &dyn Clock,
) -> Result<Round, LedgerError> {
    let witnesses: Vec<&WitnessAt> = configuration
        .witnesses
        .iter()
        .filter(|witness| witness_seen(ledger, witness) < ledger.facts_size())
        .collect();
    let now = clock.now().timestamp();
    let is_due = |authority: &AuthorityAt| {
        let (covers, expires) = stamped(ledger, authority);
        covers < ledger.facts_size() || expires - now < RENEW_BEFORE_SECONDS
    };
    let authorities: Vec<&AuthorityAt> = configuration
        .authorities
        .iter()
        .filter(|authority| is_due(authority))
        .collect();
    if witnesses.is_empty() && authorities.is_empty() {
        return Ok(Round::default());
    }
    let mut note = ledger.checkpoint_now()?;
    let mut round = Round {
        size: note.checkpoint.size,
        asked: Vec::new(),
    };
    let plain = note.clone();
    for witness in witnesses {
        let seen = witness_seen(ledger, witness);
        let cosigned = witness.cosign(ledger, &plain, seen).await;
        let outcome = cosigned.map(|(lines, at)| {
            note.signatures.extend(lines);
            at
        });
        round.asked.push(Asked {
            name: witness.name.clone(),
            kind: "witness",
            outcome,
        });
    }
    if note != plain {
        ledger.record_witness(&note)?;
    }
    for authority in authorities {
        let outcome = stamp(ledger, authority, &note).await;
        round.asked.push(Asked {
            name: authority.name.clone(),
            kind: "authority",
            outcome,
        });
    }
    Ok(round)
}

async fn stamp(
    ledger: &Ledger,
    authority: &AuthorityAt,
    note: &SignedCheckpoint,
) -> Result<String, AnchorError> {
    let (token, stamp) = authority.stamp(note.to_note().as_bytes()).await?;
    ledger.record_timestamp(note, &token)?;
    Ok(stamp.time)
}

/// The largest size that this witness has cosigned for us, as far as the ledger knows.
fn witness_seen(ledger: &Ledger, witness: &WitnessAt) -> u64 {
    let anchors = ledger.anchors();
    let cosigned = anchors
        .iter()
        .rev()
        .filter(|anchor| anchor.kind == AnchorKind::Witness);
    for anchor in cosigned {
        let note = ledger.anchored_note(anchor);
        if note.is_some_and(|note| witness.key.has_cosigned(&note)) {
            return anchor.size;
        }
    }
    0
}

/// How far this authority's newest token reaches, and when its certificate ends.
fn stamped(ledger: &Ledger, authority: &AuthorityAt) -> (u64, i64) {
    let anchors = ledger.anchors();
    for anchor in anchors.iter().rev() {
        let AnchorKind::Timestamp(token) = anchor.kind else {
            continue;
        };
        let objects = ledger.objects();
        let read = objects
            .read(&token)
            .and_then(|token| Ok((token, objects.read(&anchor.note)?)));
        let Ok((token, note)) = read else {
            continue;
        };
        if let Some(expires) = authority.expires(&token, &note) {
            return (anchor.size, expires);
        }
    }
    (0, i64::MAX)
}
