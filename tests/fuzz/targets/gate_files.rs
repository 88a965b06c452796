//! The files that a person brings before anything is written (who is whom, waves, prices, zones) and the two objects that are
//! approved: any text at all is read, and what was read keeps its promises.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use unbroken::domain::access::{
    Amendment, AmendmentRefused, IdentityMap, SealedAccess, check_amendment,
};
use unbroken::domain::identity::{parse_identities, parse_map, parse_people, parse_wanted};
use unbroken::domain::plan::{parse_plan_object, plan_object};
use unbroken::domain::wave_rules::WaveRules;
use unbroken::domain::{time_zone, two_tenants};

/// No old user twice, and no two of them in one mailbox.
fn custodians(text: &str) {
    let Ok(rows) = parse_map(text) else { return };
    let sources: BTreeSet<_> = rows.iter().map(|row| &row.source).collect();
    let targets: BTreeSet<_> = rows.iter().map(|row| row.target.to_lowercase()).collect();
    assert_eq!((sources.len(), targets.len()), (rows.len(), rows.len()));
}

/// A map that changed goes on with exactly its own amendment, approved, and with nothing less.
fn amended(planned: &IdentityMap, now: &IdentityMap) {
    assert_eq!(check_amendment(planned, planned, None, &[]), Ok(()));
    let whole = Amendment::between(planned, now);
    let check = |amendment: Option<&Amendment>, approved: &[_]| {
        check_amendment(planned, now, amendment, approved)
    };
    if whole.rows.is_empty() {
        assert_eq!(check(None, &[]), Ok(()), "the same rows, the same map");
        return;
    }
    let rows = whole.rows.len();
    assert_eq!(check(None, &[]), Err(AmendmentRefused::NotAmended { rows }));
    assert_eq!(check(Some(&whole), &[]), Err(AmendmentRefused::NotApproved));
    assert_eq!(check(Some(&whole), &[whole.digest()]), Ok(()));
    let mut fewer = whole.clone();
    fewer.rows.pop();
    assert!(check(Some(&fewer), &[fewer.digest(), whole.digest()]).is_err());
}

/// Everybody is in a wave, and whoever nobody names is in one at most behind the last.
fn waves(text: &str) {
    let Ok(rules) = WaveRules::parse(text) else {
        return;
    };
    for name in rules.named().into_iter().chain(["nobody@x.example"]) {
        assert!((1..=201).contains(&rules.wave_of(name)), "{name}");
    }
}

fn prices(text: &str) {
    for price in two_tenants::parse(text).unwrap_or_default() {
        // A century of them is a number too, and no less than a day.
        assert!(price.cost(36_500) >= price.cost(1));
        assert!(price.tenths(36_500) >= price.tenths(1));
    }
}

/// What Windows calls a zone is read as one that Windows calls the same.
fn zone(text: &str) {
    let Some(name) = time_zone::parse(text).and_then(time_zone::windows_name) else {
        return;
    };
    let again = time_zone::parse(name).and_then(time_zone::windows_name);
    assert_eq!(again, Some(name));
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    custodians(text);
    waves(text);
    prices(text);
    zone(text);
    if let Ok(people) = parse_people(text) {
        assert!(people.iter().all(|one| !one.key.is_empty()));
    }
    let _refused_or_not = parse_wanted(text);
    // Two versions of a map, one behind the other.
    let (before, now) = text.split_once('\u{c}').unwrap_or((text, text));
    if let (Ok(before), Ok(now)) = (parse_identities(before), parse_identities(now)) {
        amended(&before, &now);
    }
    // One spelling only: the SHA-256 of the text is what people approve.
    if let Some(sealed) = SealedAccess::parse(text) {
        assert_eq!(sealed.text(), text);
    }
    if let Some(parts) = parse_plan_object(text) {
        let sorted = plan_object(&parts);
        assert_eq!(
            parse_plan_object(&sorted).map(|parts| plan_object(&parts)),
            Some(sorted)
        );
    }
});
