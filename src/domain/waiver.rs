//! Waivers: one object of one check is let pass, by people, until an instant. Time is given in.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::finding::{Finding, Named, Verdict};

/// Longest time that a waiver may hold, in days: what is to be let pass for longer is a decision to be made again.
pub const DAYS_MAX: i64 = 90;

/// One object of one check is let pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The check.
    pub check: String,
    /// The object that the finding names, whole. There is no waiver for a check as such.
    pub object: String,
    /// Why.
    pub reason: String,
    /// Who asked for it, by pseudonym.
    pub requester: String,
    /// Who signed, by pseudonym.
    pub signers: Vec<String>,
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when, exclusive.
    pub until: DateTime<Utc>,
}

/// Why a waiver does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaiverRefusal {
    /// It has no scope.
    #[error("it names no check and object")]
    Unscoped,
    /// Nobody but its requester signed.
    #[error("fewer than two other people than the requester signed it")]
    Unsigned,
    /// Its time.
    #[error("it ends before it begins, or holds for more than {DAYS_MAX} days")]
    TooLong,
    /// Over, or not begun.
    #[error("it does not hold at this instant")]
    NotNow,
}

impl Waiver {
    /// Whether it holds at an instant.
    pub fn check_at(&self, now: DateTime<Utc>) -> Result<(), WaiverRefusal> {
        self.check_form()?;
        if now < self.from || now >= self.until {
            return Err(WaiverRefusal::NotNow);
        }
        Ok(())
    }

    /// Whether it is a waiver at all.
    pub fn check_form(&self) -> Result<(), WaiverRefusal> {
        if self.check.is_empty() || self.object.trim().is_empty() || self.object == "*" {
            return Err(WaiverRefusal::Unscoped);
        }
        // Two people, neither of them the one who asks: nobody waives for themselves.
        let mut others: Vec<&String> = self.signers.iter().collect();
        others.retain(|signer| **signer != self.requester);
        others.sort();
        others.dedup();
        if others.len() < 2 {
            return Err(WaiverRefusal::Unsigned);
        }
        let days = (self.until - self.from).num_days();
        if self.until <= self.from || days > DAYS_MAX {
            return Err(WaiverRefusal::TooLong);
        }
        Ok(())
    }

    fn covers(&self, finding: &Finding, named: &Named) -> bool {
        self.check == finding.id && self.object == named.object
    }
}

/// What a waiver's signers approve: the digest of exactly these words. Lengths stand before texts, so that no text can pass for
/// another. It ends when the proposal does.
pub fn words(check: &str, object: &str, reason: &str, until: DateTime<Utc>) -> String {
    let until = until.timestamp_micros();
    let (objects, reasons) = (object.len(), reason.len());
    format!("waiver: {check}, {objects} bytes {object}, {reasons} bytes {reason}, until {until}\n")
}

/// Lets a finding pass when every object that it names is waived at this instant.
#[must_use]
pub fn apply(mut finding: Finding, waivers: &[Waiver], now: DateTime<Utc>) -> Finding {
    if finding.verdict.opens() {
        return finding;
    }
    let is_waived = |named: &Named| {
        let mut covering = waivers
            .iter()
            .filter(|waiver| waiver.covers(&finding, named));
        covering.any(|waiver| waiver.check_at(now).is_ok())
    };
    let mut all = finding.failed.iter().chain(&finding.missing);
    if all.all(is_waived) {
        finding.verdict = Verdict::Waived;
    }
    finding
}

/// Until when findings open that waivers let pass: the least over the objects waived, of several waivers for one object the latest.
/// What is over, or let another object pass, has no say: waivers stay on the record for good, and one that ended once would
/// otherwise close its check for ever.
pub fn until_of(
    findings: &[Finding],
    waivers: &[Waiver],
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let waived = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Waived);
    let ends = waived.flat_map(|finding| {
        let named = finding.failed.iter().chain(&finding.missing);
        named.filter_map(|named| {
            let covering = waivers
                .iter()
                .filter(|waiver| waiver.covers(finding, named) && waiver.check_at(now).is_ok());
            covering.map(|waiver| waiver.until).max()
        })
    });
    ends.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn waiver() -> Waiver {
        Waiver {
            check: "C16".to_owned(),
            object: "new.example".to_owned(),
            reason: "federated until Friday".to_owned(),
            requester: "p1".to_owned(),
            signers: vec!["p2".to_owned(), "p3".to_owned()],
            from: at("2026-11-01T00:00:00Z"),
            until: at("2026-11-08T00:00:00Z"),
        }
    }

    fn finding(objects: &[&str]) -> Finding {
        let named = |object: &&str| Named {
            object: (*object).to_owned(),
            why: "federated".to_owned(),
        };
        Finding {
            id: "C16".to_owned(),
            requirement: String::new(),
            verdict: Verdict::Fail,
            found: String::new(),
            failed: objects.iter().map(named).collect(),
            missing: Vec::new(),
            rests_on: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn no_waiver_outlives_its_date() {
        let one = [waiver()];
        let verdict = |now: &str| apply(finding(&["new.example"]), &one, at(now)).verdict;
        assert_eq!(verdict("2026-10-31T23:59:59Z"), Verdict::Fail);
        assert_eq!(verdict("2026-11-01T00:00:00Z"), Verdict::Waived);
        assert_eq!(verdict("2026-11-07T23:59:59Z"), Verdict::Waived);
        assert_eq!(verdict("2026-11-08T00:00:00Z"), Verdict::Fail);
    }

    #[test]
    fn it_covers_one_object_and_every_object_needs_its_own() {
        let now = at("2026-11-02T00:00:00Z");
        let both = apply(finding(&["new.example", "other.example"]), &[waiver()], now);
        assert_eq!(both.verdict, Verdict::Fail);
        let mut other = waiver();
        other.check = "C17".to_owned();
        let missed = apply(finding(&["new.example"]), &[other], now);
        assert_eq!(missed.verdict, Verdict::Fail);
    }

    #[test]
    fn what_is_unsigned_unscoped_or_too_long_is_none() {
        let now = at("2026-11-02T00:00:00Z");
        let with = |change: fn(&mut Waiver)| {
            let mut waiver = waiver();
            change(&mut waiver);
            waiver.check_at(now)
        };
        assert_eq!(with(|_| ()), Ok(()));
        assert_eq!(
            with(|w| w.object = "*".to_owned()),
            Err(WaiverRefusal::Unscoped)
        );
        let own = with(|w| w.signers = vec!["p1".to_owned(), "p2".to_owned()]);
        assert_eq!(own, Err(WaiverRefusal::Unsigned));
        let twice = with(|w| w.signers = vec!["p2".to_owned(), "p2".to_owned()]);
        assert_eq!(twice, Err(WaiverRefusal::Unsigned));
        let long = with(|w| w.until = at("2027-11-08T00:00:00Z"));
        assert_eq!(long, Err(WaiverRefusal::TooLong));
    }

    #[test]
    fn a_look_opens_until_the_first_waiver_in_force_ends() {
        let now = at("2026-11-10T00:00:00Z");
        let of = |object: &str, until: &str| Waiver {
            object: object.to_owned(),
            until: at(until),
            ..waiver()
        };
        let until = |objects: &[&str], waivers: &[Waiver]| {
            let finding = apply(finding(objects), waivers, now);
            assert_eq!(finding.verdict, Verdict::Waived);
            until_of(&[finding], waivers, now)
        };
        let ended = of("a", "2026-11-08T00:00:00Z");
        let current = of("a", "2026-11-20T00:00:00Z");
        let longer = of("a", "2026-11-25T00:00:00Z");
        let other = of("b", "2026-11-12T00:00:00Z");
        let current_end = Some(current.until);
        assert_eq!(
            until(&["a"], &[ended.clone(), current.clone()]),
            current_end
        );
        assert_eq!(
            until(&["a"], &[current.clone(), other.clone()]),
            current_end
        );
        let both = [ended, current.clone(), longer.clone()];
        assert_eq!(until(&["a"], &both), Some(longer.until));
        assert_eq!(
            until(&["a", "b"], &[longer, other.clone()]),
            Some(other.until)
        );
        assert_eq!(until_of(&[finding(&["a"])], &[current], now), None);
    }
}
