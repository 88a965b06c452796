//! Section 7, in its order: whether an entry may stand where it stands. What it changes is in `apply.rs`.

pub(crate) mod apply;
mod approvals;
pub(crate) mod heads;
pub(crate) mod ledger_types;
mod signers;

pub(crate) use signers::implicit;

use crate::broken::{Checked, ensure};
use crate::bytes::{Hash, Hex, ZEROS};
use crate::event::Entry;
use crate::state::{State, Stream};

/// What lies before the entry in the tree, and what of the streams is in view.
pub(crate) struct Before<'a> {
    /// The leaf hash of an earlier entry, where it can be known.
    pub(crate) leaf_of: &'a dyn Fn(u64) -> Option<Hash>,
    /// Whether every event of a stream is in view; in a partial bundle most are not.
    pub(crate) is_whole: &'a dyn Fn(&str) -> bool,
}

/// Checks the entry at `index` against everything before it.
pub(crate) fn check(state: &State, index: u64, entry: &Entry<'_>, before: &Before<'_>) -> Checked {
    ensure(
        entry.index == index,
        "entry/index",
        format_args!("it says {}", entry.index),
    )?;
    let prev = match index {
        0 => Some(ZEROS),
        _ => (before.leaf_of)(index - 1),
    };
    ensure(
        prev == Some(entry.prev),
        "entry/prev",
        "not the leaf hash of the entry before",
    )?;
    let holds = *state.last_received <= *entry.received;
    ensure(
        holds,
        "entry/received",
        "received before the entry before it",
    )?;
    let event = &entry.event;
    if index > 0 {
        ensure(
            event.origin == state.origin,
            "event/origin",
            "another ledger's origin",
        )?;
    }
    ensure(
        (index == 0) == (event.kind == "Opened"),
        "opened/first",
        "Opened is entry 0 alone",
    )?;
    if index == 0 {
        let placed = event.stream == "keys" && event.seq == 0;
        ensure(placed, "opened/first", "Opened is seq 0 of the stream keys")?;
    }
    let brought = signers::brought(event)?;
    let keys = signers::known(state, event, &brought)?;
    entry.check_signatures(&keys)?;
    let stream = state.streams.get(&*event.stream);
    check_stream(state, index, entry, stream, before)?;
    check_seen(index, entry, stream, before)?;
    signers::check_roles(state, event)?;
    check_gates(state, index, entry)?;
    approvals::check(state, entry)?;
    check_seal(state, &event.kind)?;
    ledger_types::check(state, index, entry)
}

fn check_stream(
    state: &State,
    index: u64,
    entry: &Entry<'_>,
    known: Option<&Stream>,
    before: &Before<'_>,
) -> Checked {
    let event = &entry.event;
    if (before.is_whole)(&event.stream) {
        let (next, link) = known.map_or((0, ZEROS), |stream| (stream.next, stream.link));
        ensure(
            event.seq == next,
            "stream/seq",
            format_args!("seq {}, expected {next}", event.seq),
        )?;
        ensure(
            event.link == link,
            "stream/link",
            "not the hash of the stream's last payload",
        )?;
    }
    signers::check_emitter(state, index, event, known)
}

fn check_seen(
    index: u64,
    entry: &Entry<'_>,
    known: Option<&Stream>,
    before: &Before<'_>,
) -> Checked {
    let event = &entry.event;
    ensure(
        event.seen_size <= index,
        "seen/size",
        "it has seen entries that did not exist",
    )?;
    if let Some(stream) = known {
        let grows = event.seen_size >= stream.seen_size;
        ensure(
            grows,
            "seen/size",
            "it has seen less than the event before it in its stream",
        )?;
    }
    let leaf = match event.seen_size {
        0 => Some(ZEROS),
        size => (before.leaf_of)(size - 1),
    };
    let rule = "seen/leaf";
    ensure(
        leaf == Some(event.seen_leaf),
        rule,
        format_args!("not that of size {}", event.seen_size),
    )
}

fn check_gates(state: &State, index: u64, entry: &Entry<'_>) -> Checked {
    let event = &entry.event;
    for pattern in state.policy.gates.get(&*event.kind).into_iter().flatten() {
        let newest = state
            .watched
            .get(pattern)
            .and_then(|w| w.newest_but(&event.stream));
        let stale = newest.is_some_and(|newest| newest >= event.seen_size && newest < index);
        ensure(
            !stale,
            "gate/stale",
            format_args!("it had not read what {pattern} said before"),
        )?;
    }
    Ok(())
}

fn check_seal(state: &State, kind: &str) -> Checked {
    let may_follow = ["Erased", "TimestampReceived", "WitnessReceived"].contains(&kind);
    let holds = state.sealed_at.is_none() || may_follow;
    ensure(holds, "sealed/over", "it follows Sealed")
}

/// A keyid as messages show it.
pub(crate) fn short(id: &Hash) -> Hex<'_> {
    Hex(&id[..8])
}
