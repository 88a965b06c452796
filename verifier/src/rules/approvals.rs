//! Section 7.4: what needs whose approval, and what approving itself needs.

use crate::broken::{Checked, broken, ensure};
use crate::bytes::{Hash, hex, parse_hex};
use crate::event::{Entry, Event};
use crate::json::Value;
use crate::state::{Proposal, State};

pub(super) fn check(state: &State, entry: &Entry<'_>) -> Checked {
    let event = &entry.event;
    match &*event.kind {
        "Approved" | "Rejected" => check_voice(state, event),
        "Erased" if !state.policy.approvals.contains_key("Erased") => broken(
            "approval/erased",
            "the policy does not say whose approval Erased needs",
        ),
        kind => match state.policy.approvals.get(kind) {
            Some((m, scope)) => check_approved(state, entry, *m, scope),
            None => Ok(()),
        },
    }
}

/// The proposal that an event's data names.
pub(super) fn named<'a>(state: &'a State, event: &Event<'_>) -> Checked<(Hash, &'a Proposal)> {
    let text = event
        .data
        .field("proposal")
        .and_then(Value::text)
        .unwrap_or_default();
    let leaf = parse_hex::<32>(text).ok();
    match leaf.and_then(|leaf| Some((leaf, state.proposals.get(&leaf)?))) {
        Some(found) => Ok(found),
        None => broken(
            "approval/missing",
            "data.proposal names no earlier Proposed",
        ),
    }
}

fn check_voice(state: &State, event: &Event<'_>) -> Checked {
    let (leaf, proposal) = named(state, event)?;
    let stream = format!("approval/{}/{}", hex(&leaf), hex(&event.by[0]));
    ensure(
        event.stream == stream,
        "event/stream",
        "not approval/<proposal>/<keyid> of its signer",
    )?;
    ensure(
        event.seq == 0,
        "approval/twice",
        "a second voice of the same key",
    )?;
    let person = state.keys.get(&event.by[0]).map(|key| key.person.as_str());
    let other = person.is_some_and(|person| person != proposal.requester);
    ensure(other, "approval/requester", "the requester cannot decide")
}

fn check_approved(state: &State, entry: &Entry<'_>, m: u64, scope: &str) -> Checked {
    let (_, proposal) = named(state, &entry.event)?;
    ensure(
        proposal.scope == scope,
        "approval/scope",
        "a proposal of another scope",
    )?;
    let digest = entry.event.data.field("digest").and_then(Value::text);
    let same = digest == Some(&proposal.digest);
    ensure(same, "approval/digest", "not what was approved")?;
    let in_time = *entry.received < *proposal.expires;
    ensure(in_time, "approval/expired", "the proposal had expired")?;
    ensure(
        !proposal.is_consumed,
        "approval/consumed",
        "the proposal was consumed before",
    )?;
    ensure(
        !proposal.is_rejected,
        "approval/rejected",
        "the proposal was rejected",
    )?;
    let enough = proposal.approved.len() as u64 >= m;
    ensure(
        enough,
        "approval/count",
        format_args!("{} of {m} persons", proposal.approved.len()),
    )
}
