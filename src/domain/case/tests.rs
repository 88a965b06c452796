//! The case: commands in their order, and what a worker may do. Others build their cases with what stands here.

use super::*;
use crate::domain::event::PauseFacts;

pub(super) fn given(commands: Vec<CaseCommand>) -> Case {
    let mut case = Case::default();
    for command in commands {
        let event = case.decide(command).expect("given is allowed");
        case.evolve(&event);
    }
    case
}

pub(super) fn name(text: &str) -> Pseudonym {
    Pseudonym::parse(text).expect("a pseudonym")
}

pub(super) fn declare() -> CaseCommand {
    let data = CaseDeclared {
        case: name("c"),
        secret: String::new(),
        simulated: true,
    };
    let source_tenant = Some("11111111-aaaa-4aaa-8aaa-111111111111".to_owned());
    CaseCommand::Declare(
        data,
        CaseFacts {
            source_tenant,
            ..CaseFacts::default()
        },
    )
}

pub(super) fn connect(tenant: &str, simulated: bool) -> CaseCommand {
    let facts = TargetFacts {
        tenant_id: Some(tenant.to_owned()),
        ..TargetFacts::default()
    };
    CaseCommand::ConnectTarget(TargetConnected { simulated }, facts)
}

pub(super) fn register() -> CaseCommand {
    let evidence = SourceEvidence {
        access: false,
        dates: false,
        digests: true,
        immutability: false,
    };
    let data = SourceRegistered {
        custodians: 1,
        evidence,
        fidelity: "original-bytes".to_owned(),
        format: "1".to_owned(),
        kind: "archive".to_owned(),
        points: 1,
        source: 0,
    };
    CaseCommand::RegisterSource(data, SourceFacts::default())
}

use super::super::event::{PlanCounts, SourceEvidence};

pub(super) fn map(custodian: &str, mapped: bool) -> CaseCommand {
    let data = CustodianMapped {
        custodian: name(custodian),
        mapped,
    };
    CaseCommand::MapCustodian(data, CustodianFacts::default())
}

pub(super) fn plan(plan: &str) -> CaseCommand {
    CaseCommand::MakePlan(PlanMade {
        as_of: 0,
        choices: None,
        counts: PlanCounts::default(),
        gate: None,
        inside: None,
        parts: 1,
        plan: plan.to_owned(),
        points: None,
        source: None,
        unproven: None,
        window: None,
        workloads: None,
    })
}

pub(super) fn adopt(plan: &str) -> CaseCommand {
    CaseCommand::AdoptPlan(PlanAdopted {
        digest: plan.to_owned(),
        plan: plan.to_owned(),
        proposal: String::new(),
    })
}

fn wave() -> Wave {
    Wave {
        plan: "p".to_owned(),
        wave: 0,
    }
}

#[test]
fn never_into_the_compromised_tenant() {
    let case = given(vec![declare()]);
    let same = connect("11111111-AAAA-4aaa-8aaa-111111111111", true);
    assert_eq!(case.decide(same), Err(Refusal::TargetIsSource));
    let real = connect("22222222-bbbb-4bbb-8bbb-222222222222", false);
    assert_eq!(case.decide(real), Err(Refusal::SimulationMismatch));
}

#[test]
fn a_worker_acts_only_behind_every_gate() {
    let everything = vec![
        declare(),
        connect("t", true),
        register(),
        map("alice", true),
        map("bob", false),
        plan("p"),
        adopt("p"),
        CaseCommand::OpenWave(wave()),
    ];
    let case = given(everything.clone());
    assert_eq!(case.check_work(&name("alice"), "p", 0), Ok(()));
    assert_eq!(
        case.check_work(&name("bob"), "p", 0),
        Err(Refusal::NotMapped("bob".to_owned()))
    );
    assert!(case.check_work(&name("alice"), "p", 1).is_err());
    assert!(case.check_work(&name("alice"), "q", 0).is_err());
    let mut closed = everything.clone();
    closed.push(CaseCommand::CloseWave(wave()));
    assert!(given(closed).check_work(&name("alice"), "p", 0).is_err());
    let mut finished = everything;
    finished.push(CaseCommand::Finish(CaseFinished::default()));
    assert_eq!(
        given(finished).check_work(&name("alice"), "p", 0),
        Err(Refusal::CaseFinished)
    );
}

#[test]
fn a_paused_wave_lets_nobody_in_and_is_not_closed() {
    let mut case = given(vec![
        declare(),
        connect("t", true),
        register(),
        map("alice", true),
        plan("p"),
        adopt("p"),
        CaseCommand::OpenWave(wave()),
    ]);
    assert_eq!(case.check_lets_in(&name("alice"), "p"), Ok(()));
    assert!(case.check_lets_in(&name("alice"), "q").is_err());
    let pause = WaveCommand::Pause(wave(), PauseFacts::default());
    let pause = CaseCommand::Waves(Box::new(pause), DateTime::UNIX_EPOCH);
    let event = case.decide(pause).expect("a wave of the plan");
    case.evolve(&event);
    let paused = Err(Refusal::WavePaused(0));
    assert_eq!(case.check_lets_in(&name("alice"), "p"), paused);
    let close = case.decide(CaseCommand::CloseWave(wave()));
    assert_eq!(close.map(drop), paused);
}

#[test]
fn commands_out_of_order_are_refused_by_their_rule() {
    let empty = Case::default();
    assert_eq!(empty.decide(register()), Err(Refusal::CaseNotDeclared));
    let declared = given(vec![declare()]);
    assert_eq!(
        declared.decide(declare()),
        Err(Refusal::CaseAlreadyDeclared)
    );
    assert_eq!(declared.decide(map("a", true)), Err(Refusal::NoTarget));
    assert_eq!(declared.decide(plan("p")), Err(Refusal::NoSource));
    let sourced = given(vec![
        declare(),
        register(),
        connect("t", true),
        map("a", false),
    ]);
    assert_eq!(sourced.decide(plan("p")), Err(Refusal::NobodyMapped));
    assert_eq!(
        sourced.decide(adopt("p")),
        Err(Refusal::UnknownPlan("p".to_owned()))
    );
    let planned = given(vec![
        declare(),
        register(),
        connect("t", true),
        map("a", true),
        plan("p"),
    ]);
    assert_eq!(
        planned.decide(CaseCommand::OpenWave(wave())),
        Err(Refusal::PlanNotAdopted("p".to_owned()))
    );
}

#[test]
fn an_exception_passes_from_person_to_person_and_to_nobody_twice() {
    let assign = |person: &str| {
        CaseCommand::AssignException(ExceptionAssigned {
            item: name("i1"),
            person: name(person),
        })
    };
    assert_eq!(
        Case::default().decide(assign("operator-1")),
        Err(Refusal::CaseNotDeclared)
    );
    let finish = CaseCommand::Finish(CaseFinished::default());
    let mut case = given(vec![declare(), assign("operator-1"), finish]);
    assert_eq!(case.owners[&name("i1")], name("operator-1"));
    assert!(matches!(
        case.decide(assign("operator-1")),
        Err(Refusal::AlreadyAssigned { .. })
    ));
    let event = case.decide(assign("approver-1")).expect("another person");
    case.evolve(&event);
    assert_eq!(case.owners[&name("i1")], name("approver-1"));
}
