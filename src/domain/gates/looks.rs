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
