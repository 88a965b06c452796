//! A domain moves into the clean tenant, step by step and back; the case is closed when our own way in is gone.

use std::time::Duration;

use m365_simulator::{FaultKind, OneShot};
use serde_json::{Value, json};
use unbroken_verify::VerdictKind;

use super::road::{LOOK, certified, export, refused, released, second_approver};
use super::waves::{adopted, planned, two_people};
use super::world::app;
use crate::case::Case;
use crate::tampering::forge::put;

const ZONE: &str = "old.example. 3600 IN MX 0 old-example.mail.protection.outlook.com.\n\
    old.example. 3600 IN TXT \"v=spf1 include:spf.protection.outlook.com -all\"\n\
    autodiscover.old.example. 3600 IN CNAME autodiscover.outlook.com.\n\
    selector1._domainkey.old.example. 3600 IN CNAME s1._domainkey.clean.example.\n\
    selector2._domainkey.old.example. 3600 IN CNAME s2._domainkey.clean.example.\n";
const DOMAIN: &str = "CASE --domain old.example";

/// Restored and ready; trust is not certified yet.
fn restored() -> Case {
    let case = two_people();
    // By its name alone: discovery says whose domain it is.
    let pin = format!(
        "case pin CASE --domain old.example --login-base {}",
        case.running.base_url
    );
    assert!(
        case.done(&pin)
            .contains("99999999-aaaa-4aaa-8aaa-999999999999")
    );
    planned(&case, "");
    adopted(&case);
    second_approver(&case);
    case.done(&format!("baseline CASE {LOOK}"));
    certified(&case, "readiness");
    released(&case, 1);
    assert!(case.restore().status.success());
    put(&case.path("zone.txt"), ZONE.as_bytes());
    put(&case.path("gone.json"), b"{\"value\": []}");
    case
}

fn trusted(case: &Case) {
    case.done(&format!("separation CASE {LOOK}"));
    certified(case, "trust");
}

fn step(case: &Case, name: &str) -> String {
    case.done(&format!("domain step {DOMAIN} --step {name} PROVISION"))
}

fn state(case: &Case, name: &str) -> String {
    let said = case.done(&format!("domain status {DOMAIN} --json"));
    let said: Value = serde_json::from_str(&said).expect("JSON");
    let steps = said["steps"].as_array().expect("steps");
    let found = steps.iter().find(|step| step["step"] == name);
    found.expect("a step")["state"]
        .as_str()
        .expect("a state")
        .to_owned()
}

/// Up to the domain verified and published.
fn published(case: &Case) {
    case.done(&format!("domain plan {DOMAIN}"));
    case.done(&format!(
        "domain evidence {DOMAIN} --step release --file @gone.json"
    ));
    step(case, "add");
    case.inspect().set_domain("old.example", false, true);
    step(case, "verify");
    case.done(&format!(
        "domain step {DOMAIN} --step publish --evidence @zone.txt PROVISION"
    ));
}

#[test]
fn a_domain_moves_by_steps_that_need_trust_and_the_tenant_is_separate_afterwards() {
    let case = restored();
    let other = "domain plan CASE --domain other.example".to_owned();
    refused(&case.run(&other), &["no domain of the pinned tenant"]);
    case.done(&format!("domain plan {DOMAIN}"));
    case.done(&format!(
        "domain evidence {DOMAIN} --step hold-mail --file @zone.txt"
    ));
    let release = format!("domain evidence {DOMAIN} --step release --file @gone.json");
    refused(&case.run(&release), &["no trust certificate"]);
    trusted(&case);
    refused(
        &case.run(&format!("domain step {DOMAIN} --step add PROVISION")),
        &["step add is not due"],
    );
    case.done(&release);
    let said = step(&case, "add");
    assert!(
        said.contains("publish  TXT") && said.contains("MS=ms"),
        "{said}"
    );
    // A domain that is not verified is a finding, and the record in DNS alone is not enough.
    for (elsewhere, in_dns) in [(false, false), (true, true)] {
        case.inspect().set_domain("old.example", elsewhere, in_dns);
        let early = case.run(&format!("domain step {DOMAIN} --step verify PROVISION"));
        assert_eq!(early.status.code(), Some(3));
    }
    assert_eq!(state(&case, "verify"), "due");
    case.inspect().set_domain("old.example", false, true);
    let said = step(&case, "verify");
    assert!(
        said.contains("publish  MX") && said.contains("mail.protection"),
        "{said}"
    );
    let bad = ZONE
        .replace("MX 0 old-example", "MX 0 relay")
        .replace("selector2", "selector9");
    put(&case.path("bad.txt"), bad.as_bytes());
    let early = format!("domain step {DOMAIN} --step publish --evidence @bad.txt PROVISION");
    refused(&case.run(&early), &["MX old.example", "DKIM"]);
    case.done(&early.replace("@bad", "@zone"));
    step(&case, "swap");
    assert!(
        case.inspect()
            .user_names()
            .contains(&"ada@old.example".to_owned())
    );

    // Back, from the end; and forth again.
    let back = |name: &str| format!("domain rollback {DOMAIN} --step {name} PROVISION");
    refused(&case.run(&back("add")), &["not due to be rolled back"]);
    case.done(&back("swap"));
    assert!(
        case.inspect()
            .user_names()
            .contains(&"ada@clean.example".to_owned())
    );
    step(&case, "swap");

    // The domain is at home now: no look takes its users for the compromised tenant's.
    export(&case);
    for look in ["baseline", "separation"] {
        case.done(&format!("{look} CASE {LOOK}"));
    }
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
    let events = case.events("bundle");
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(of("AddressSwapAttempted/1"), 6);
    assert_eq!(of("AddressSwapped/1"), 6);
    assert_eq!(of("DomainStepAttempted/1"), of("DomainStepEnded/1"));
    let public = serde_json::to_string(&events).expect("JSON");
    assert!(
        !public.contains("old.example\""),
        "a domain stands in public data"
    );
}

#[test]
fn a_step_that_was_killed_is_read_back() {
    let case = restored();
    trusted(&case);
    case.done(&format!("domain plan {DOMAIN}"));
    case.done(&format!(
        "domain evidence {DOMAIN} --step release --file @gone.json"
    ));
    killed(&case, "POST", "/domains", "add");
    assert_eq!(state(&case, "add"), "under way");
    refused(
        &case.run(&format!("domain step {DOMAIN} --step add PROVISION")),
        &["no outcome yet", "domain check"],
    );
    let said = case.done(&format!("domain check {DOMAIN} PROVISION"));
    assert!(said.contains("add: done"), "{said}");
    case.inspect().set_domain("old.example", false, true);
    step(&case, "verify");
    case.done(&format!(
        "domain step {DOMAIN} --step publish --evidence @zone.txt PROVISION"
    ));
    // One user has the address, the other was not begun: the step is not done, and goes on where it was.
    killed(&case, "PATCH", "/users", "swap");
    let checked = case.run(&format!("domain check {DOMAIN} PROVISION"));
    assert_eq!(checked.status.code(), Some(3));
    step(&case, "swap");
    let names = case.inspect().user_names();
    for name in ["ada@old.example", "ben@old.example"] {
        assert!(names.contains(&name.to_owned()), "{name}");
    }
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

fn killed(case: &Case, method: &str, path: &str, name: &str) {
    case.inspect().arm(OneShot {
        kind: FaultKind::Hold,
        method: method.to_owned(),
        path: path.to_owned(),
        skip: 0,
    });
    let mut child = case.start(&format!("domain step {DOMAIN} --step {name} PROVISION"));
    while case.inspect().held() == 0 {
        let ended = child.try_wait().expect("asked");
        assert!(ended.is_none(), "it ended before the call: {ended:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    while case.inspect().held() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    case.inspect().disarm();
}

#[test]
fn a_case_is_closed_when_our_own_way_in_is_gone_and_then_nothing_happens_in_it() {
    let case = restored();
    trusted(&case);
    published(&case);
    put(&case.path("removed.png"), b"a picture");
    let close = "case close CASE --attested-by admin --evidence @removed.png";
    refused(&case.run(close), &["not finished"]);
    // Nothing takes a seal back: not while something is open, and not without a yes.
    refused(&case.run("ledger seal CASE --yes"), &["not finished"]);
    case.done("case finish CASE");
    let unasked = case.run("ledger seal CASE");
    assert_eq!(unasked.status.code(), Some(2), "{unasked:?}");
    refused(&case.run(close), &["nobody looked in the last day"]);
    let gone = "case apps-gone CASE --expected @expected.json VERIFY";
    let left = case.run(gone);
    refused(&left, &["unbroken data", "unbroken provision"]);
    refused(&case.run(close), &["still in the clean tenant"]);
    case.inspect().change_directory(|directory| {
        for path in ["/applications", "/servicePrincipals"] {
            let rows = directory.answers.get_mut(path).expect("a collection");
            let rows = rows["value"].as_array_mut().expect("rows");
            rows.retain(|row| (1..=3).all(|number| row["appId"] != json!(app(number))));
        }
    });
    // Whoever may not look does not see that something is gone.
    let blind = case.run("case apps-gone CASE --expected @expected.json TARGET");
    refused(&blind, &["cannot be told"]);
    case.done(gone);
    let said = case.done(close);
    assert!(said.contains("separation audit 1"), "{said}");
    for late in [
        "case window CASE --from 2026-03-20T00:00:00Z --to 2026-04-09T00:00:00Z",
        "case finish CASE",
        close,
        gone,
        "wave pause CASE --wave 1 --reason r",
    ] {
        refused(&case.run(late), &["closed"]);
    }
    refused(
        &case.run(&format!("domain step {DOMAIN} --step swap PROVISION")),
        &["closed"],
    );
    case.done("report issue CASE --edition full --out @report");
    let report = std::fs::read_to_string(case.path("report/report.json")).expect("a report");
    for words in ["The case is closed, on separation audit 1", "Domain"] {
        assert!(report.contains(words), "{words}");
    }
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
    case.done("ledger seal CASE --yes");
}
