//! How old a look may be that a certificate rests on, and what may lie between the two.

use chrono::TimeDelta;

use super::*;
use crate::domain::event::Wave;
use crate::domain::finding::Verdict;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a time")
}

fn look(number: u64, at: Option<DateTime<Utc>>) -> Audited {
    Audited {
        certifiers: None,
        at,
        findings: String::new(),
        number,
        until: None,
        verdicts: BTreeMap::from([("C1".to_owned(), Verdict::Pass)]),
    }
}

fn certified(kind: CertificateKind) -> Certified {
    Certified {
        certificate: kind,
        digest: "d".to_owned(),
        from: now(),
        number: 1,
        proposal: "p".to_owned(),
        rests_on: 1,
        until: now() + TimeDelta::hours(24),
    }
}

fn signed() -> Approval {
    Approval {
        proposal: "p".to_owned(),
        digest: "d".to_owned(),
        requester: "p1".to_owned(),
        approved: ["p2", "p3"].map(str::to_owned).into(),
        rejected: std::collections::BTreeSet::new(),
        expires: now() + TimeDelta::hours(24),
        is_used: false,
    }
}

/// Gates with a baseline of some hours ago; none when the record does not say when it was.
fn looked(hours_ago: Option<i64>) -> Gates {
    let facts = PinnedFacts {
        tenant_id: Some("99999999-aaaa-4aaa-8aaa-999999999999".to_owned()),
        domains: Some(vec!["old.example".to_owned()]),
        ..PinnedFacts::default()
    };
    let mut gates = Gates {
        pinned: Some(facts),
        ..Gates::default()
    };
    let at = hours_ago.map(|hours| now() - TimeDelta::hours(hours));
    let event = gates.decide(GateCommand::CheckBaseline(look(1, at)), now());
    gates.evolve(&event.expect("the first look"));
    gates
}

#[test]
fn readiness_rests_on_a_look_of_the_last_day() {
    let ask = |gates: &Gates| {
        let said = certified(CertificateKind::Readiness);
        gates.decide(GateCommand::Certify(said, signed()), now())
    };
    assert!(ask(&looked(Some(24))).is_ok());
    // One look would do for ever otherwise; one of the future, or of no time at all, is none.
    for other in [Some(48), Some(-1), None] {
        assert_eq!(
            ask(&looked(other)),
            Err(Refusal::LookTooOld("readiness")),
            "{other:?}"
        );
    }
}

#[test]
fn trust_rests_on_an_audit_of_all_that_was_restored() {
    let mut gates = looked(Some(1));
    let said = certified(CertificateKind::Readiness);
    let ready = gates.decide(GateCommand::Certify(said, signed()), now());
    gates.evolve(&ready.expect("ready"));
    let audit = |gates: &mut Gates, number: u64| {
        let command = GateCommand::AuditSeparation(look(number, Some(now())));
        let event = gates.decide(command, now()).expect("an audit");
        gates.evolve(&event);
    };
    let ask = |gates: &Gates, rests_on: u64| {
        let said = Certified {
            number: 2,
            rests_on,
            ..certified(CertificateKind::Trust)
        };
        gates.decide(GateCommand::Certify(said, signed()), now())
    };
    audit(&mut gates, 1);
    assert!(ask(&gates, 1).is_ok());
    let wave = Wave {
        plan: "p".to_owned(),
        wave: 1,
    };
    gates.evolve(&Event::WaveClosed(Box::new(wave), Box::new(NoFacts {})));
    assert_eq!(ask(&gates, 1), Err(Refusal::AuditBeforeWave));
    audit(&mut gates, 2);
    assert!(ask(&gates, 2).is_ok());
}

/// Two approved; whether they are those who were declared to, and for how long, is asked as well.
#[test]
fn a_certificate_is_signed_by_those_who_were_declared_and_holds_no_longer_than_that() {
    let declared = |people: &[&str], needed: u32, hours: u32| {
        let mut gates = looked(Some(1));
        let baseline = gates.baseline.as_mut().expect("looked");
        baseline.certifiers = Some(Certifiers {
            hours,
            needed,
            people: people.iter().map(|name| (*name).to_owned()).collect(),
        });
        gates
    };
    let ask =
        |gates: &Gates, kind| gates.decide(GateCommand::Certify(certified(kind), signed()), now());
    let ready = CertificateKind::Readiness;
    assert!(ask(&declared(&["p2", "p3"], 2, 24), ready).is_ok());
    let too_few = |found, needed, people: &str| {
        let people = people.to_owned();
        Err(Refusal::TooFewCertifiers {
            found,
            needed,
            people,
        })
    };
    let other = declared(&["p2", "p4"], 2, 24);
    assert_eq!(ask(&other, ready), too_few(1, 2, "p2, p4"));
    let three = declared(&["p2", "p3", "p4"], 3, 24);
    assert_eq!(ask(&three, ready), too_few(2, 3, "p2, p3, p4"));
    // Two are the least, whatever was declared; and whoever asked is none of them.
    let one = declared(&["p1", "p2"], 1, 24);
    assert_eq!(ask(&one, ready), too_few(1, 2, "p1, p2"));
    let short = declared(&["p2", "p3"], 2, 23);
    assert_eq!(ask(&short, ready), Err(Refusal::OutlivesDeclared(23)));
    // Trust goes by the baseline's declaration where its own look names nobody.
    let mut gates = declared(&["p2", "p3"], 2, 24);
    let event = ask(&gates, ready).expect("ready");
    gates.evolve(&event);
    let audit = GateCommand::AuditSeparation(look(1, Some(now())));
    let audit = gates.decide(audit, now()).expect("an audit");
    gates.evolve(&audit);
    let baseline = gates
        .baseline
        .as_mut()
        .and_then(|one| one.certifiers.as_mut());
    baseline.expect("declared").people = vec!["p2".to_owned(), "p4".to_owned()];
    let mut said = certified(CertificateKind::Trust);
    said.number = 2;
    let trust = gates.decide(GateCommand::Certify(said, signed()), now());
    assert_eq!(trust, too_few(1, 2, "p2, p4"));
}
