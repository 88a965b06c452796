//! `access apply` on a site killed at each request that changes something, before the tenant carries it out and after, unheard: at
//! no moment of the whole history has anybody more than the old site gave, and the same command ends it.

use std::collections::BTreeMap;

use m365_simulator::{FaultKind, Faults};
use unbroken_verify::{Options, VerdictKind, verify};

use super::crashed::{Instant, kill_at, methods};
use super::rank_of_role;
use super::site::{NEW, People, SAID, allowed, approved, found, restored};
use crate::case::Case;
use crate::tampering::forge::put;

/// Nobody had more at any moment, and in the end it is all there.
fn judge(case: &Case, allowed: &BTreeMap<String, People>, at: &str) {
    let history = case.inspect().access_history().into_iter();
    for change in history.filter(|change| change.owner == NEW) {
        for (name, role) in &change.people {
            let most = allowed
                .get(&change.path)
                .and_then(|people| people.get(name));
            let fits = most.is_some_and(|most| rank_of_role(role) <= rank_of_role(most));
            assert!(fits, "{at}: {name} in {change:?}");
        }
    }
    assert_eq!(found(case), *allowed, "{at}");
    let options = Options {
        trust: Some(case.path("trust")),
        ..Options::default()
    };
    let verdict = verify(&case.path("case/ledger"), &options).expect("it can be read");
    let said = verdict.to_text();
    assert_eq!(verdict.kind, VerdictKind::Valid, "{at}: {said}");
}

#[test]
fn killed_at_each_request_on_a_site_that_changes_something_nobody_ever_had_more() {
    let case = Case::without_quotas(Faults::none());
    let site = restored(&case);
    let allowed = allowed(&case, &site);
    approved(&case);
    let trust = case.done("ledger trust CASE");
    put(&case.path("trust"), trust.as_bytes());
    case.inspect().record_access();
    let start = Instant::of(&case, "start");
    let apply = format!("access apply CASE {SAID} SITES --without-quotas");
    let methods = methods(&case, &apply);
    judge(&case, &allowed, "uninterrupted");
    let mut kills = 0;
    for (request, _) in methods.iter().enumerate().filter(|(_, one)| **one != "GET") {
        for side in [FaultKind::HoldBefore, FaultKind::Hold] {
            start.go_back(&case);
            kill_at(&case, &apply, side, request);
            case.done(&apply);
            judge(&case, &allowed, &format!("{side:?} {request}"));
            kills += 1;
        }
    }
    println!("{kills} kills at {} requests", methods.len());
    // Six are closed, eight let in, three made known to the site.
    assert_eq!(kills, 2 * 17);
}
