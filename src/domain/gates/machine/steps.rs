//! The commands of a case that have one form only.

use chrono::{DateTime, Utc};

use super::name;
use crate::domain::case::CaseCommand;
use crate::domain::event::{
    CaseDeclared, CaseFacts, PinnedFacts, SourceEvidence, SourceFacts, SourcePinned,
    SourceRegistered,
};
use crate::domain::gates::GateCommand;

pub(super) fn declare() -> CaseCommand {
    let data = CaseDeclared {
        case: name("c"),
        secret: String::new(),
        simulated: true,
    };
    CaseCommand::Declare(data, CaseFacts::default())
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

pub(super) fn pin(now: DateTime<Utc>) -> CaseCommand {
    let data = SourcePinned {
        apps: 0,
        domains: 1,
        thumbprints: 0,
    };
    let facts = PinnedFacts {
        tenant_id: Some("11111111-aaaa-4aaa-8aaa-111111111111".to_owned()),
        domains: Some(vec!["old.example".to_owned()]),
        ..PinnedFacts::default()
    };
    CaseCommand::Gate(Box::new(GateCommand::Pin(data, facts)), now)
}
