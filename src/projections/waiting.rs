//! What waits on a person at an instant: approvals, held items, drift, certificates near their end. Names and counts, no facts.

use chrono::{DateTime, TimeDelta, Utc};

use super::approvals::Approvals;
use super::content::ContentView;
use super::reading::Reading;
use crate::domain::certificate::SIGNERS_MIN;

/// A certificate that ends within so many hours is near its end: three people have to look and sign for the next one.
pub const NEAR_HOURS: i64 = 24;

/// Why a person is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Somebody asked, and others have to decide.
    Approval,
    /// A certificate ends soon, or has ended.
    Certificate,
    /// The last look at the clean tenant is not what a certificate could rest on.
    Drift,
    /// Held items could be released.
    Release,
}

impl Kind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Certificate => "certificate",
            Self::Drift => "drift",
            Self::Release => "release",
        }
    }
}

/// One thing that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Why.
    pub kind: Kind,
    /// In a sentence, by the record's own names.
    pub words: String,
    /// Until when it can wait, where there is an end.
    pub until: Option<DateTime<Utc>>,
}

/// All that waits, most urgent kinds together.
pub fn waiting<R: Reading>(record: &R, now: DateTime<Utc>) -> Result<Vec<Waiting>, R::Error> {
    let case = record.case_now()?;
    if case.finished.is_some() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for (name, proposal) in Approvals::load(record)?.proposals {
        let expires = proposal.expires.parse::<DateTime<Utc>>().ok();
        let is_open = proposal.used_by.is_none() && proposal.rejected.is_empty();
        if is_open && expires.is_some_and(|expires| now < expires) {
            let (scope, said) = (&proposal.scope, proposal.approved.len());
            all.push(Waiting {
                kind: Kind::Approval,
                words: format!("proposal {name} ({scope}) has {said} approvals and is not used"),
                until: expires,
            });
        }
    }
    let held = ContentView::load(record)?.held;
    let releasable = held.values().filter(|held| held.is_releasable()).count();
    if releasable > 0 {
        all.push(Waiting {
            kind: Kind::Release,
            words: format!("{releasable} held items may be released by {SIGNERS_MIN} others"),
            until: None,
        });
    }
    for (what, look) in [
        ("baseline", &case.gates.baseline),
        ("separation", &case.gates.audit),
    ] {
        if let Some(look) = look.as_ref().filter(|look| !look.opens(now)) {
            let open = look
                .verdicts
                .values()
                .filter(|verdict| !verdict.opens())
                .count();
            all.push(Waiting {
                kind: Kind::Drift,
                words: format!("look {} ({what}) has {open} open checks", look.number),
                until: None,
            });
        }
    }
    for certificate in case.gates.certificates.values() {
        let said = &certificate.said;
        let (kind, number) = (said.certificate.name(), said.number);
        let state = if certificate.revoked.is_some() {
            "is revoked"
        } else if case.gates.struck.has(&said.proposal) {
            "carries nothing: a key that approved it was revoked"
        } else if said.until <= now {
            "has ended"
        } else if said.until - now <= TimeDelta::hours(NEAR_HOURS) {
            "ends soon"
        } else {
            continue;
        };
        all.push(Waiting {
            kind: Kind::Certificate,
            words: format!("{kind} certificate {number} {state}"),
            until: Some(said.until),
        });
    }
    all.sort_by(|a, b| (a.kind, a.until, &a.words).cmp(&(b.kind, b.until, &b.words)));
    Ok(all)
}
