//! The two certificates: readiness, without which no worker starts, and trust, which lets users in. Pure; time is given in.

use chrono::{DateTime, TimeDelta, Utc};

use super::event::{CertificateKind, Certified};
use super::refusal::Refusal;

/// Longest time that a certificate may hold, in hours: a week.
pub const HOURS_MAX: i64 = 7 * 24;
/// The fewest people who certify.
pub const SIGNERS_MIN: usize = super::approval::TWO_PEOPLE;

/// A certificate in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// What it says.
    pub said: Certified,
    /// Why it holds no longer, where it was revoked.
    pub revoked: Option<String>,
}

impl Certificate {
    /// Whether it holds at an instant.
    pub fn check_at(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let kind = self.said.certificate.name();
        let number = self.said.number;
        if let Some(cause) = &self.revoked {
            return Err(Refusal::CertificateRevoked {
                kind,
                number,
                cause: cause.clone(),
            });
        }
        if now < self.said.from || now >= self.said.until {
            return Err(Refusal::CertificateExpired { kind, number });
        }
        Ok(())
    }
}

/// Whether the time of a certificate is one: begun, not over, at most a week.
pub(super) fn check_time(said: &Certified, now: DateTime<Utc>) -> Result<(), Refusal> {
    let is_week = said.until - said.from <= TimeDelta::hours(HOURS_MAX);
    if said.from > now || said.until <= now || !is_week {
        return Err(Refusal::CertificateTime);
    }
    Ok(())
}

/// What a certificate's signers approve: the digest of exactly these words. It ends when the proposal does.
pub fn words(kind: CertificateKind, rests_on: u64, until: DateTime<Utc>) -> String {
    let what = match kind {
        CertificateKind::Readiness => "the clean tenant is ready: baseline",
        CertificateKind::Trust => "the clean tenant is separate: audit",
    };
    let until = until.timestamp_micros();
    format!("certificate: {what} {rests_on}, until {until}\n")
}
