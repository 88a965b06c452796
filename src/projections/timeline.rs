//! The milestones of a case in the order of the ledger: what, when it was received, who signed; items and their tries are not here.

mod course;

use unbroken_ledger::{Timestamp, Value};

use super::reading::{Reading, Written};
use super::signers::{SignedBy, Signers};
use crate::domain::event::Event;

/// One step of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// The entry; the first one, where several alike stand together.
    pub index: u64,
    /// When the ledger received it.
    pub received: Timestamp,
    /// The event's type, as it stands in the record.
    pub kind: String,
    /// What happened, in plain words.
    pub words: &'static str,
    /// What it is about, in the record's own names: a plan, a proposal, a key, a custodian; may be empty.
    pub about: String,
    /// What the others of these entries are about, in their order, where it is not what the one before is about.
    pub about_others: Vec<String>,
    /// Who signed, in the order of the signatures.
    pub by: Vec<SignedBy>,
    /// How many entries alike, by the same signers, stand together here: 1, or more where custodians are mapped, keys are
    /// enrolled or anchors come in.
    pub count: u64,
    /// The last of them.
    pub last_index: u64,
    /// When the ledger received the last of them.
    pub last_received: Timestamp,
}

/// What a step is called that has no words of its own; its type is shown then.
pub const RECORDED: &str = "recorded";

/// All of them.
pub fn timeline<R: Reading>(record: &R) -> Result<Vec<Milestone>, R::Error> {
    let mut signers = Signers::default();
    let mut milestones: Vec<Milestone> = Vec::new();
    record.entries(u64::MAX, &mut |written| {
        signers.take(&written);
        let Some(words) = words(&written.signed.kind, &written.signed.stream) else {
            return;
        };
        let by = signers.of(&written);
        if let Some(last) = milestones.last_mut()
            && comes_in_numbers(&written.signed.kind)
            && last.kind == written.signed.kind
            && last.by == by
        {
            last.count += 1;
            let about = about(&written);
            if last.about_others.last().unwrap_or(&last.about) != &about {
                last.about_others.push(about);
            }
            last.last_index = written.index;
            last.last_received = written.received;
            return;
        }
        milestones.push(Milestone {
            index: written.index,
            received: written.received,
            kind: written.signed.kind.clone(),
            words,
            about: about(&written),
            about_others: Vec::new(),
            by,
            count: 1,
            last_index: written.index,
            last_received: written.received,
        });
    })?;
    Ok(milestones)
}

/// Steps that a large case has thousands of, or that come in again and again.
fn comes_in_numbers(kind: &str) -> bool {
    let kinds = [
        "AddressSwapAttempted/1",
        "AddressSwapped/1",
        "CustodianMapped/1",
        "IdentityAttempted/1",
        "IdentityConfirmed/1",
        "IdentityMade/1",
        "ExceptionAssigned/1",
        "NoticeAttempted/1",
        "NoticeEnded/1",
        "ProjectionsDigested/1",
        "TimestampReceived",
        "WitnessReceived",
    ];
    kinds.contains(&kind)
}

/// What a milestone is called; `None` for what is none.
fn words(kind: &str, stream: &str) -> Option<&'static str> {
    if let Some(words) = course::words(kind) {
        return Some(words);
    }
    Some(match kind {
        "Opened" => "ledger opened",
        "KeyEnrolled" => "key enrolled",
        "KeyRotated" => "key replaced",
        "KeyRevoked" => "key revoked",
        "PolicyChanged" => "policy changed",
        "CaseDeclared/1" => "source tenant declared compromised",
        "SourceRegistered/1" => "backup registered",
        "TargetConnected/1" => "clean tenant connected",
        "CustodianMapped/1" => "custodian mapped",
        "MappingWithdrawn/1" => "mapping of a custodian taken back",
        "PersonNamed/1" => "name of a person said",
        "PlanMade/1" => "plan made",
        "Proposed" => "approval asked for",
        "Approved" => "approved",
        "Rejected" => "rejected",
        "PlanAdopted/1" => "plan put in force",
        "WaveOpened/1" => "wave opened",
        "WaveClosed/1" => "wave closed",
        "SensitiveNamed/1" => "named sensitive",
        "OwnerAttested/1" => "owner attested",
        "MappingAccepted/1" => "suggested mapping accepted",
        "IdentityAttempted/1" => "identity to be made",
        "IdentityMade/1" => "identity made",
        "IdentityHeld/1" => "identity left to people",
        "IdentityFailed/1" => "identity could not be made",
        "IdentityProofed/1" => "somebody made sure who a user is",
        "PassAttempted/1" => "one-use pass asked for",
        "PassIssued/1" => "one-use pass handed out",
        "IdentityConfirmed/1" => "seen to be there",
        "AccessPlanMade/1" => "access plan made",
        "AccessAdopted/1" => "access plan put in force",
        "ReleaseAsked/1" => "release of held access asked for",
        "GrantReleased/1" => "held access released",
        "WaveEstimated/1" => "estimate of a wave noted",
        "WavePaced/1" => "pace of a run noted",
        "SiteAttempted/1" => "site to be made",
        "SiteReady/1" => "site there and read back",
        "AccessPlanned/1" => "files to be opened to others",
        "AccessApplied/1" => "files opened to others",
        "AccessCompared/1" => "access read back and compared",
        "LegalHoldPlaced/1" => "legal hold placed",
        "LegalHoldReleased/1" => "legal hold released",
        "SourcePinned/1" => "compromised tenant pinned",
        "WindowSet/1" => "breach window declared",
        "CleanTenantDecided/1" => "decided for a clean tenant",
        "EvidenceSaved/1" => "evidence of the compromised tenant saved",
        "BaselineChecked/1" => "baseline of the clean tenant checked",
        "SeparationAudited/1" => "separation audited",
        "FindingWaived/1" => "finding waived for a time",
        "Certified/1" => "certificate issued",
        "CertificateRevoked/1" => "certificate revoked",
        "TeamAttempted/1" => "members of a team or chat to be let in",
        "TeamCompleted/1" => "what became of the members of a team or chat",
        "CaseFinished/1" => "case finished",
        "ExceptionAssigned/1" => "owner named for an item",
        "ProjectionsDigested/1" => "state of the case noted, to compare later",
        "ReportIssued/1" => "report issued",
        "SealKeyBound/1" => "seal key bound to the ledger",
        "Erased" => "personal facts erased",
        "TimestampReceived" => "time-stamped",
        "WitnessReceived" => "witnessed",
        "TailRepaired" => "torn tail set aside",
        "Sealed" => "ledger sealed",
        // A later step of the operator's is a milestone too, whether or not it has words of its own here.
        _ if stream.starts_with("case/") => RECORDED,
        _ => return None,
    })
}

/// What a step about access or identities is about; `None` for every other.
fn about_access(event: &Event) -> Option<String> {
    Some(match event {
        Event::AccessPlanMade(data, _) => data.plan.clone(),
        Event::AccessAdopted(data, _) => data.plan.clone(),
        Event::ReleaseAsked(data, _) => format!("release {} of {}", data.number, data.custodian),
        Event::GrantReleased(data, _) => format!("release {} of {}", data.number, data.custodian),
        Event::AccessPlanned(data, _) => data.custodian.to_string(),
        Event::AccessApplied(data, _) => data.custodian.to_string(),
        Event::AccessCompared(data, _) => format!(
            "{}: {} gained, {} lost",
            data.custodian, data.gained, data.lost
        ),
        Event::TeamAttempted(data, _) => {
            format!("{} planned, {} left out", data.members, data.left_out)
        }
        Event::TeamCompleted(data, _) => format!(
            "{} kept, {} lost, {} gained, {} steps failed",
            data.kept, data.lost, data.gained, data.failed
        ),
        Event::SensitiveNamed(data, _) | Event::OwnerAttested(data, _) => {
            data.custodian.to_string()
        }
        Event::IdentityAttempted(data, _) => data.identity.to_string(),
        Event::IdentityMade(data, _) => format!("{}: {}", data.identity, data.how),
        Event::IdentityHeld(data, _) | Event::IdentityFailed(data, _) => {
            format!("{}: {}", data.identity, data.reason)
        }
        Event::IdentityProofed(data, _) => format!("{}: {}", data.identity, data.method),
        Event::PassAttempted(data, _) | Event::PassIssued(data, _) => {
            format!("pass {} of {}", data.number, data.identity)
        }
        Event::IdentityConfirmed(data, _) => {
            let word = if data.there { "there" } else { "not there" };
            format!("{}: {} {word}", data.identity, data.what)
        }
        _ => return None,
    })
}

fn about(written: &Written) -> String {
    let data = &written.signed.data;
    let text = |name: &str| {
        let value = data.field(name).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let event = written.placed.as_ref().map(|placed| &placed.event);
    if let Some(about) = event.and_then(about_access) {
        return about;
    }
    match event {
        Some(Event::CaseDeclared(data, _)) => data.case.to_string(),
        Some(Event::SourceRegistered(data, _)) => format!("source {}", data.source),
        Some(Event::CustodianMapped(data, _)) => data.custodian.to_string(),
        Some(Event::MappingWithdrawn(data, _)) => data.custodian.to_string(),
        Some(Event::LegalHoldPlaced(data, _) | Event::LegalHoldReleased(data, _)) => {
            data.custodian.to_string()
        }
        Some(Event::PersonNamed(data, _)) => data.person.to_string(),
        Some(Event::PlanMade(data, _)) => data.plan.clone(),
        Some(Event::PlanAdopted(data, _)) => data.plan.clone(),
        Some(Event::WaveEstimated(data, _)) => format!("wave {} of {}", data.wave, data.plan),
        Some(Event::WavePaced(data, _)) => format!("wave {} of {}", data.wave, data.plan),
        Some(Event::ExceptionAssigned(data, _)) => format!("item {} to {}", data.item, data.person),
        Some(Event::ReportIssued(data, _)) => {
            format!("report {}, {} edition", data.number, data.edition)
        }
        Some(Event::BaselineChecked(data, _) | Event::SeparationAudited(data, _)) => {
            let open = data.verdicts.values().filter(|verdict| !verdict.opens());
            format!(
                "look {}: {} of {} open",
                data.number,
                open.count(),
                data.verdicts.len()
            )
        }
        Some(Event::Certified(data, _)) => {
            format!(
                "{} {} until {}",
                data.certificate.name(),
                data.number,
                data.until
            )
        }
        Some(Event::CertificateRevoked(data, _)) => {
            format!("certificate {}: {}", data.number, data.cause)
        }
        Some(Event::ContentGateSet(data, _)) => format!("number {}", data.number),
        Some(Event::ItemsReleased(data, _)) => {
            let (items, reasons) = (data.items.len(), data.reasons.join(", "));
            format!("{items} items of {}: {reasons}", data.custodian)
        }
        Some(Event::LeftoversCounted(data, _)) => {
            format!("{} of {} items name it", data.items, data.searched)
        }
        Some(Event::FindingWaived(data, _)) => format!("{} until {}", data.check, data.until),
        Some(Event::SealKeyBound(data, _)) => format!("certificate {}", data.certificate),
        Some(event) => course::about(event).unwrap_or_default(),
        None => match &*written.signed.kind {
            "Proposed" => text("digest"),
            "Approved" | "Rejected" => text("proposal"),
            "KeyEnrolled" | "KeyRevoked" => text("key"),
            "KeyRotated" => text("new"),
            "Erased" => text("subject"),
            "TimestampReceived" | "WitnessReceived" => {
                let size = data.field("size").and_then(Value::as_size);
                format!("{} entries", size.unwrap_or_default())
            }
            _ => String::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use unbroken_ledger::{KeyId, PrivateKey, Signer};

    use super::super::scripted::{Script, held, key};
    use super::*;
    use crate::domain::event::{CustodianMapped, NoFacts, Wave};

    fn public(seed: u8) -> (String, KeyId) {
        let key = PrivateKey::from_seed(&[seed; 32]).public();
        let hex = key.as_bytes().iter().map(|byte| format!("{byte:02x}"));
        (hex.collect(), key.id())
    }

    fn opened(script: &mut Script) -> KeyId {
        let (root, root_id) = public(1);
        let root = Value::object([
            ("key", Value::text(root)),
            ("person", Value::text("root-1")),
        ]);
        let keys = Value::object([
            ("log", Value::text(public(2).0)),
            ("roots", Value::Array(vec![root])),
            ("service", Value::text(public(3).0)),
        ]);
        script.own("Opened", &[root_id], Value::object([("keys", keys)]));
        root_id
    }

    fn enrolled(script: &mut Script, root: KeyId, seed: u8, person: &str, role: &str) -> KeyId {
        let (new, id) = public(seed);
        let data = Value::object([
            ("key", Value::text(new)),
            ("person", Value::text(person)),
            ("roles", Value::Array(vec![Value::text(role)])),
        ]);
        script.own("KeyEnrolled", &[root, id], data);
        id
    }

    fn mapped(custodian: &str) -> Event {
        let data = CustodianMapped {
            custodian: super::super::scripted::name(custodian),
            mapped: true,
        };
        Event::CustodianMapped(Box::new(data), Box::default())
    }

    #[test]
    fn each_step_stands_with_its_entry_and_who_signed_it() {
        let mut script = Script::default();
        let root = opened(&mut script);
        let approver = enrolled(&mut script, root, 9, "approver-1", "approver");
        for custodian in ["ann", "bob", "cid"] {
            script.case(mapped(custodian));
        }
        let proposal = Value::object([("proposal", Value::text("ab"))]);
        script.own("Approved", &[approver], proposal);
        script.item("ann", held("a1", "mail"));
        let wave = Wave {
            plan: "p".to_owned(),
            wave: 1,
        };
        script.case(Event::WaveClosed(Box::new(wave), Box::new(NoFacts {})));
        let milestones = timeline(&script).expect("nothing can go wrong");
        let said: Vec<_> = milestones
            .iter()
            .map(|step| (step.index, step.words, &*step.about, step.count))
            .collect();
        let new_key = public(9).0;
        assert_eq!(
            said,
            [
                (0, "ledger opened", "", 1),
                (1, "key enrolled", &*new_key, 1),
                (2, "custodian mapped", "ann", 3),
                (5, "approved", "ab", 1),
                (7, "wave closed", "wave 1 of p", 1),
            ]
        );
        assert_eq!(milestones[2].last_index, 4);
        assert_eq!(milestones[2].about_others, ["bob", "cid"]);
        let by = &milestones[3].by[0];
        assert_eq!(
            (&*by.person, &by.roles[..]),
            ("approver-1", &["approver".to_owned()][..])
        );
        assert_eq!(milestones[0].by[0].person, "root-1");
        // Whoever the ledger does not know is no person.
        assert_eq!(milestones[4].by[0].key, key(7));
        assert_eq!(milestones[4].by[0].person, "");
    }

    /// No reader meets a type's name: an event of the case has words, or is one of an item's.
    #[test]
    fn every_type_of_the_case_has_words() {
        let of_items = [
            "ContentScanned",
            "Folder",
            "Item",
            "Attempt",
            "PartialFound",
        ];
        let of_the_case = Event::KINDS.iter();
        let of_the_case =
            of_the_case.filter(|kind| !of_items.iter().any(|of| kind.starts_with(of)));
        let nameless: Vec<&&str> = of_the_case
            .filter(|kind| words(kind, "case/x") == Some(RECORDED))
            .collect();
        assert_eq!(nameless, Vec::<&&str>::new());
    }

    #[test]
    fn a_replaced_key_keeps_its_person() {
        let mut script = Script::default();
        let root = opened(&mut script);
        let old = enrolled(&mut script, root, 9, "approver-1", "approver");
        let (new, new_id) = public(10);
        let data = Value::object([
            ("new", Value::text(new)),
            ("old", Value::text(old.to_string())),
        ]);
        script.own("KeyRotated", &[root, new_id], data);
        let proposal = Value::object([("proposal", Value::text("ab"))]);
        script.own("Rejected", &[new_id], proposal);
        let milestones = timeline(&script).expect("nothing can go wrong");
        let last = milestones.last().expect("the rejection");
        assert_eq!(
            (last.words, &*last.by[0].person),
            ("rejected", "approver-1")
        );
    }
}
