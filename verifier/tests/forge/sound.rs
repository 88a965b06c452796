//! The events of a small rehearsal in which every rule holds, and the makers of more of them; how they are spelled is in
//! `chain.rs`.

use super::chain::{Event, event};
use super::{by_id, id, origin_of, public};

pub(crate) const NAME: &str = "example.org/faults";
pub(crate) const ROOTS: [u8; 3] = [1, 2, 3];
pub(crate) const ENROLLED: usize = 1;
pub(crate) const HANDED: usize = 4;
pub(crate) const PROPOSED: usize = 5;
pub(crate) const APPROVED: usize = 6;
pub(crate) const ADOPTED: usize = 7;
pub(crate) const ATTEMPTED: usize = 8;
pub(crate) const RESTORED: usize = 9;
pub(crate) const STREAM: &str = "custodian/c1";

pub(crate) fn origin() -> String {
    origin_of(NAME, &ROOTS)
}

/// A policy; `approvals` is the inside of its object.
pub(crate) fn policy(approvals: &str) -> String {
    format!(
        "{{\"approvals\":{{{approvals}}},\
         \"gates\":{{\"ItemAttempted/1\":[\"approval/\",\"case/\",\"keys\"]}},\
         \"types\":{{\"ItemAttempted/1\":[\"worker\"],\"ItemRestored/1\":[\"worker\"],\
         \"PlanAdopted/1\":[\"operator\"]}}}}"
    )
}

/// What the sound ledger asks for.
pub(crate) const ONE_APPROVAL: &str = "\"PlanAdopted/1\":{\"m\":1,\"scope\":\"plan\"}";
/// The same with two persons.
pub(crate) const TWO_APPROVALS: &str = "\"PlanAdopted/1\":{\"m\":2,\"scope\":\"plan\"}";

pub(crate) fn opened_by(roots: &[u8], log: u8, service: u8, policy: &str) -> Event {
    let mut listed = roots.to_vec();
    listed.sort_by_key(|number| public(*number));
    let listed: Vec<String> = listed
        .iter()
        .map(|number| {
            let public = public(*number);
            format!("{{\"key\":\"{public}\",\"person\":\"root-{number}\"}}")
        })
        .collect();
    let data = format!(
        "{{\"keys\":{{\"log\":\"{}\",\"roots\":[{}],\"service\":\"{}\"}},\"policy\":{policy},\
         \"threshold\":2}}",
        public(log),
        listed.join(","),
        public(service)
    );
    event("keys", "Opened", &data, &by_id(roots.to_vec()))
}

pub(crate) fn opened(policy: &str) -> Event {
    opened_by(&ROOTS, 4, 5, policy)
}

/// Roots 1 and 2, and the new key itself.
pub(crate) fn enrolled(number: u8, person: &str, roles: &str) -> Event {
    let data = format!(
        "{{\"key\":\"{}\",\"person\":\"{person}\",\"roles\":[\"{}\"]}}",
        public(number),
        roles.replace(' ', "\",\"")
    );
    let mut by = by_id(vec![1, 2]);
    by.push(number);
    event("keys", "KeyEnrolled", &data, &by)
}

pub(crate) fn rotated(old: u8, new: u8, new_signs: bool) -> Event {
    let data = format!("{{\"new\":\"{}\",\"old\":\"{}\"}}", public(new), id(old));
    let mut by = by_id(vec![1, 2]);
    by.extend(Some(new).filter(|_| new_signs));
    event("keys", "KeyRotated", &data, &by)
}

pub(crate) fn revoked(number: u8, from: usize, by: &[u8]) -> Event {
    let data = format!(
        "{{\"from_index\":{from},\"key\":\"{}\",\"reason\":\"compromised\"}}",
        id(number)
    );
    event("keys", "KeyRevoked", &data, &by_id(by.to_vec()))
}

pub(crate) fn policy_changed(approvals: &str) -> Event {
    let data = format!("{{\"policy\":{},\"threshold\":2}}", policy(approvals));
    event("keys", "PolicyChanged", &data, &by_id(vec![1, 2]))
}

pub(crate) fn handed(stream: &str, to: u8) -> Event {
    let data = format!("{{\"streams\":[\"{stream}\"],\"to\":\"{}\"}}", id(to));
    event("ledger", "StreamHanded", &data, &[5])
}

/// A proposal of a plan; its label names it in what follows.
pub(crate) fn proposed(label: &'static str, by: u8) -> Event {
    let data = format!(
        "{{\"digest\":\"{}\",\"expires\":\"2026-12-01T00:00:00.000000Z\",\"scope\":\"plan\"}}",
        "ab".repeat(32)
    );
    let mut proposed = event(&format!("case/{}", id(by)), "Proposed", &data, &[by]);
    proposed.label = Some(label);
    proposed
}

/// `Approved` or `Rejected`.
pub(crate) fn voice(kind: &'static str, label: &str, by: u8) -> Event {
    let stream = format!("approval/{label}/{}", id(by));
    event(
        &stream,
        kind,
        &format!("{{\"proposal\":\"{label}\"}}"),
        &[by],
    )
}

pub(crate) fn adopted(label: &str, by: u8) -> Event {
    let digest = "ab".repeat(32);
    let data = format!("{{\"digest\":\"{digest}\",\"proposal\":\"{label}\"}}");
    event(&format!("case/{}", id(by)), "PlanAdopted/1", &data, &[by])
}

pub(crate) fn attempted(by: u8) -> Event {
    event(STREAM, "ItemAttempted/1", "{\"attempt\":1}", &[by])
}

pub(crate) fn restored(by: u8) -> Event {
    event(STREAM, "ItemRestored/1", "{\"attempt\":1}", &[by])
}

/// Up to and with `StreamHanded`: the keys are there, nothing is proposed.
pub(crate) fn staffed(policy: &str) -> Vec<Event> {
    vec![
        opened(policy),
        enrolled(6, "olga", "operator"),
        enrolled(7, "anna", "approver"),
        enrolled(8, "", "worker"),
        handed(STREAM, 8),
    ]
}

/// A ledger in which every rule holds.
pub(crate) fn sound() -> Vec<Event> {
    let mut events = staffed(&policy(ONE_APPROVAL));
    events.extend([
        proposed("PROPOSAL", 6),
        voice("Approved", "PROPOSAL", 7),
        adopted("PROPOSAL", 6),
        attempted(8),
        restored(8),
    ]);
    events
}
