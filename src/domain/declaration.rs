//! The declaration: the pinned source tenant, breach windows, and evidence that decays. Pure; time is given in.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::event::{PinnedFacts, WindowFacts};
use super::evidence::OldTenant;
use super::pseudonym::Pseudonym;
use super::refusal::Refusal;

/// Evidence of the source tenant that goes away by itself, and after how many days from the declaration it may be gone. Microsoft's
/// shortest documented retention counts: who has a longer one loses nothing by being early.
pub const DECAYS: [(&str, i64, &str); 8] = [
    (
        "sign-ins",
        7,
        "sign-in log; 7 days without Entra P1, 30 with it",
    ),
    (
        "directory-audit",
        7,
        "directory audit log; 7 days without Entra P1, 30 with it",
    ),
    (
        "message-trace",
        10,
        "message trace; 10 days without a historical search",
    ),
    (
        "unified-audit",
        90,
        "unified audit log; 180 days, 90 in tenants set up before October 2023",
    ),
    (
        "consents",
        30,
        "consents and app role assignments; the attacker may remove them",
    ),
    ("roles", 30, "role assignments and their history"),
    (
        "service-principals",
        30,
        "service principals and their credentials; deleted ones go after 30 days",
    ),
    ("dns", 30, "DNS zones of the domains, as they are published"),
];

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// What of the source tenant.
    pub kind: &'static str,
    /// By when.
    pub by: DateTime<Utc>,
    /// Whether it was saved.
    pub is_saved: bool,
    /// Whether it is too late: what rests on it is not evidenced.
    pub is_lost: bool,
}

/// The checklist at an instant; `saved` are the kinds of the record.
pub fn checklist(
    declared: DateTime<Utc>,
    saved: &BTreeMap<String, u64>,
    now: DateTime<Utc>,
) -> Vec<Due> {
    let due = |(kind, days, _): &(&'static str, i64, &str)| {
        let by = declared + TimeDelta::days(*days);
        let is_saved = saved.contains_key(*kind);
        Due {
            kind,
            by,
            is_saved,
            is_lost: !is_saved && now >= by,
        }
    };
    DECAYS.iter().map(due).collect()
}

/// Whether a text is a GUID as Graph writes them.
pub fn is_guid(text: &str) -> bool {
    let sizes = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.len() == sizes.len()
        && parts
            .iter()
            .zip(sizes)
            .all(|(part, size)| part.len() == size && is_hex(part))
}

/// The source tenant is pinned by its GUID: domains move, and an attacker can rename a tenant.
pub(super) fn check_pin(facts: &PinnedFacts) -> Result<(), Refusal> {
    let id = facts.tenant_id.as_deref().unwrap_or_default();
    if !is_guid(id) {
        return Err(Refusal::NotAGuid(id.to_owned()));
    }
    if facts.domains.as_ref().is_none_or(Vec::is_empty) {
        return Err(Refusal::NoDomains);
    }
    Ok(())
}

/// The way that is always weighed: to stay, throw the intruder out and reset what there is.
pub const PURGE_AND_RESET: &str = "purge_and_reset";

/// A decision weighs at least two ways, each named once as a class, and staying is one of them.
pub(super) fn check_weighed(weighed: &[String]) -> Result<(), Refusal> {
    let is_class = |way: &String| {
        let letters = way.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        letters && (1..=40).contains(&way.len())
    };
    let distinct: std::collections::BTreeSet<&String> = weighed.iter().collect();
    let has_purge = weighed.iter().any(|way| way == PURGE_AND_RESET);
    if distinct.len() < 2 || distinct.len() != weighed.len() || !has_purge {
        return Err(Refusal::NothingWeighed);
    }
    if weighed.iter().all(is_class) {
        return Ok(());
    }
    Err(Refusal::NothingWeighed)
}

/// What those who decide for a clean tenant sign: the digest of exactly these words. It ends when the proposal does.
pub fn decision_words(weighed: &[String], reasons: &str, until: DateTime<Utc>) -> String {
    let (size, until) = (reasons.len(), until.timestamp_micros());
    let weighed = weighed.join(" ");
    format!("decision: a clean tenant, weighed {weighed}, {size} bytes {reasons}, until {until}\n")
}

/// As the checks take it; `arrived` are domains that are the clean tenant's by now.
pub fn old_tenant(facts: &PinnedFacts, arrived: &[&str]) -> OldTenant {
    let has_arrived = |domain: &String| arrived.iter().any(|one| one.eq_ignore_ascii_case(domain));
    let all = facts.domains.clone().unwrap_or_default();
    let (moved, domains) = all.into_iter().partition(has_arrived);
    OldTenant {
        tenant_id: facts.tenant_id.clone().unwrap_or_default(),
        domains,
        moved,
        app_ids: facts.app_ids.clone().unwrap_or_default(),
        thumbprints: facts.thumbprints.clone().unwrap_or_default(),
    }
}

/// The windows that were declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows {
    tenant: Option<(DateTime<Utc>, DateTime<Utc>)>,
    people: BTreeMap<Pseudonym, (DateTime<Utc>, DateTime<Utc>)>,
}

impl Windows {
    pub(super) fn check(facts: &WindowFacts) -> Result<(), Refusal> {
        match (facts.from, facts.to) {
            (Some(from), Some(to)) if from < to => Ok(()),
            _ => Err(Refusal::WindowForm),
        }
    }

    pub(super) fn set(&mut self, custodian: Option<&Pseudonym>, facts: &WindowFacts) {
        let Some(window) = facts.from.zip(facts.to) else {
            return;
        };
        match custodian {
            Some(person) => {
                self.people.insert(person.clone(), window);
            }
            None => self.tenant = Some(window),
        }
    }

    /// A custodian's window: the wider of their own and the tenant's. A narrower one of their own never releases anything.
    pub fn of(&self, custodian: &Pseudonym) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        match (self.people.get(custodian), self.tenant) {
            (Some(own), Some(all)) => Some((own.0.min(all.0), own.1.max(all.1))),
            (Some(own), None) => Some(*own),
            (None, all) => all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn a_window_of_ones_own_never_narrows_the_tenants() {
        let mut windows = Windows::default();
        let set = |windows: &mut Windows, who: Option<&Pseudonym>, from: &str, to: &str| {
            let facts = WindowFacts {
                from: Some(at(from)),
                to: Some(at(to)),
            };
            assert_eq!(Windows::check(&facts), Ok(()));
            windows.set(who, &facts);
        };
        let alice = Pseudonym::parse("alice").expect("a pseudonym");
        let bob = Pseudonym::parse("bob").expect("a pseudonym");
        assert_eq!(windows.of(&alice), None);
        set(
            &mut windows,
            None,
            "2026-04-03T00:00:00Z",
            "2026-04-09T00:00:00Z",
        );
        set(
            &mut windows,
            Some(&alice),
            "2026-04-01T00:00:00Z",
            "2026-04-05T00:00:00Z",
        );
        let widest = (at("2026-04-01T00:00:00Z"), at("2026-04-09T00:00:00Z"));
        assert_eq!(windows.of(&alice), Some(widest));
        assert_eq!(
            windows.of(&bob),
            Some((at("2026-04-03T00:00:00Z"), widest.1))
        );
        let backwards = WindowFacts {
            from: Some(widest.1),
            to: Some(widest.0),
        };
        assert_eq!(Windows::check(&backwards), Err(Refusal::WindowForm));
    }

    #[test]
    fn evidence_that_was_not_saved_in_time_is_lost() {
        let declared = at("2026-11-01T00:00:00Z");
        let saved = BTreeMap::from([("sign-ins".to_owned(), 7)]);
        let list = checklist(declared, &saved, at("2026-11-12T00:00:00Z"));
        let lost: Vec<&str> = list
            .iter()
            .filter(|due| due.is_lost)
            .map(|due| due.kind)
            .collect();
        assert_eq!(lost, ["directory-audit", "message-trace"]);
        assert!(list[0].is_saved && list[0].by == at("2026-11-08T00:00:00Z"));
    }

    #[test]
    fn a_tenant_is_pinned_by_its_guid() {
        let facts = |id: &str, domains: &[&str]| PinnedFacts {
            tenant_id: Some(id.to_owned()),
            domains: Some(domains.iter().map(|name| (*name).to_owned()).collect()),
            ..PinnedFacts::default()
        };
        let id = "11111111-aaaa-4aaa-8aaa-111111111111";
        assert_eq!(check_pin(&facts(id, &["old.example"])), Ok(()));
        assert_eq!(check_pin(&facts(id, &[])), Err(Refusal::NoDomains));
        let by_name = check_pin(&facts("old.example", &["old.example"]));
        assert_eq!(by_name, Err(Refusal::NotAGuid("old.example".to_owned())));
    }
}
