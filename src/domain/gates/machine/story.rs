//! What happened in a sequence, told a second time: who asked, who approved, what was looked at, what was issued.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::PEOPLE;
use crate::domain::approval::Approval;

/// What was asked for, and who said what: kept by the test, apart from the case.
#[derive(Clone, Default)]
pub(super) struct Asked {
    pub(super) digest: String,
    pub(super) requester: String,
    pub(super) approved: BTreeSet<String>,
    pub(super) rejected: BTreeSet<String>,
    pub(super) expires: DateTime<Utc>,
    pub(super) is_used: bool,
}

impl Asked {
    /// Counted here in another way than the domain does: by walking the people, not by filtering the approvals.
    pub(super) fn others(&self) -> usize {
        let mut count = 0;
        for number in 0..PEOPLE {
            let person = format!("p{number}");
            if person != self.requester && self.approved.contains(&person) {
                count += 1;
            }
        }
        count
    }

    pub(super) fn as_given(&self, number: usize) -> Approval {
        Approval {
            proposal: number.to_string(),
            digest: self.digest.clone(),
            requester: self.requester.clone(),
            approved: self.approved.clone(),
            rejected: self.rejected.clone(),
            expires: self.expires,
            is_used: self.is_used,
        }
    }
}

/// A baseline by the second account.
#[derive(Clone, Default)]
pub(super) struct Looked {
    pub(super) at: DateTime<Utc>,
    pub(super) is_good: bool,
    /// Ends of the waivers that it rests on.
    pub(super) waivers: Vec<DateTime<Utc>>,
}

impl Looked {
    pub(super) fn holds(&self, now: DateTime<Utc>) -> bool {
        self.is_good && self.waivers.iter().all(|end| now < *end)
    }
}

/// The readiness certificate by the second account.
#[derive(Clone)]
pub(super) struct Issued {
    pub(super) number: u64,
    pub(super) from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
    pub(super) signers: usize,
    pub(super) rests_on: Looked,
}

impl Issued {
    /// Counted here from the look on, not back from the certificate.
    fn was_seen_in_time(&self) -> bool {
        self.rests_on.at <= self.from && self.from <= self.rests_on.at + TimeDelta::days(1)
    }
}

/// What happened, told a second time and without the domain.
#[derive(Default)]
pub(super) struct Story {
    pub(super) looks: Vec<Looked>,
    pub(super) certificate: Option<Issued>,
    pub(super) issued: u64,
    pub(super) plan_signers: Option<usize>,
    pub(super) is_open: bool,
    pub(super) is_pinned: bool,
    pub(super) is_connected: bool,
    pub(super) is_mapped: bool,
    pub(super) waivers: Vec<(DateTime<Utc>, usize)>,
    pub(super) release_signers: Option<usize>,
    pub(super) has_licences: bool,
    pub(super) opened_with_licences: bool,
    pub(super) is_paused: bool,
    pub(super) is_held: bool,
    pub(super) is_hold_shown: bool,
    pub(super) audits: Vec<Looked>,
    pub(super) trust: Option<Issued>,
    pub(super) is_closed: bool,
}

impl Story {
    /// Why no domain must move now; none when it may.
    pub(super) fn objection_to_move(&self, now: DateTime<Utc>) -> Option<&'static str> {
        let Some(trust) = &self.trust else {
            return Some("a domain moved without trust");
        };
        let checks = [
            (now < trust.until, "the trust certificate is over"),
            (trust.signers >= 2, "trust was not signed by two others"),
            (trust.rests_on.holds(now), "trust rests on an open audit"),
            (trust.was_seen_in_time(), "trust rests on an old audit"),
            (
                self.audits.last().is_some_and(|newest| newest.holds(now)),
                "the newest audit does not hold",
            ),
        ];
        let failed = checks.into_iter().find(|(holds, _)| !holds);
        failed.map(|(_, why)| why)
    }

    /// Why a worker must not act now; none when it may.
    pub(super) fn objection(&self, now: DateTime<Utc>) -> Option<&'static str> {
        let Some(certificate) = &self.certificate else {
            return Some("no readiness");
        };
        let newest = self.looks.last()?;
        let checks = [
            (
                self.is_connected && self.is_mapped,
                "no target or nobody mapped",
            ),
            (newest.holds(now), "the newest baseline does not hold"),
            (now < certificate.until, "the certificate is over"),
            (
                certificate.signers >= 2,
                "the certificate was not signed by two others",
            ),
            (
                certificate.rests_on.holds(now),
                "it rests on findings that are open, or on a waiver that ended",
            ),
            (
                certificate.was_seen_in_time(),
                "it rests on a look that was old when it was issued",
            ),
            (
                self.waivers.iter().all(|(_, signers)| *signers >= 2),
                "a waiver was not signed by two others",
            ),
            (
                self.plan_signers.is_some_and(|count| count >= 1),
                "the plan was not approved by another",
            ),
            (self.is_open, "the wave is not open"),
            (
                self.release_signers.is_some_and(|count| count >= 1),
                "the wave was not released by another",
            ),
            (
                self.opened_with_licences,
                "the wave opened without the licences that it takes",
            ),
            (!self.is_paused, "the wave is paused"),
            (
                !self.is_held || self.is_hold_shown,
                "a held custodian is not on hold in the clean tenant",
            ),
            (!self.is_closed, "the case is closed"),
        ];
        checks
            .into_iter()
            .find(|(holds, _)| !holds)
            .map(|(_, why)| why)
    }
}
