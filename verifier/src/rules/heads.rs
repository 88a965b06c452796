//! Section 10: the root over the heads of all streams as of an earlier size.

use std::collections::BTreeMap;

use super::ledger_types::{data, hash};
use crate::broken::{Checked, ensure};
use crate::bytes::{Hash, hex};
use crate::event::Event;
use crate::state::State;
use crate::tree::{Roots, leaf};

/// A stream's line.
pub(crate) fn line(stream: &str, next: u64, link: &Hash) -> String {
    format!("{stream}\n{next}\n{}\n", hex(link))
}

/// Whether `StreamHeads` says what the entries before its `seen.size` add up to.
pub(crate) fn check(state: &State, event: &Event) -> Checked {
    let known_from = state
        .changes
        .front()
        .map_or(state.size, |change| change.index);
    let all_known = known_from == 0 || event.seen_size >= known_from;
    ensure(
        all_known,
        "heads/root",
        "its seen.size is more than 4,096 entries before it",
    )?;
    // The oldest change after that size says what the head was at that size.
    let mut then: BTreeMap<&str, (u64, Hash)> = BTreeMap::new();
    for change in state
        .changes
        .iter()
        .filter(|change| change.index >= event.seen_size)
    {
        then.entry(&change.stream)
            .or_insert((change.next, change.link));
    }
    let mut roots = Roots::default();
    let mut streams: Vec<_> = state.streams.iter().collect();
    streams.sort_unstable_by_key(|(name, _)| *name);
    for (name, stream) in streams {
        let (next, link) = then
            .get(&**name)
            .copied()
            .unwrap_or((stream.next, stream.link));
        if next > 0 {
            roots.push(leaf(line(name, next, &link).as_bytes()));
        }
    }
    let [count, root] = data(event, ["count", "root"])?;
    let holds = count.count() == Some(roots.size()) && hash(&root)? == roots.root();
    ensure(
        holds,
        "heads/root",
        "not the heads of the streams at its seen.size",
    )
}
