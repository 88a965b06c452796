//! The scheduling core: (queue, governor, now) -> the next action. Pure: what drives it in a run is the engine, in tests a
//! clock of their own.

use chrono::{DateTime, Utc};

use super::governor::{Cost, Governor, Lane};
use super::queue::{Group, Place, Queue};

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing is left and nothing runs.
    Done,
    /// Start this item.
    Start(Place),
    /// Nothing can start before something that runs ends.
    WaitForEnd,
    /// Nothing can start before then, or before something that runs ends.
    WaitUntil(DateTime<Utc>),
}

/// The next action. `of` says where an item's calls count and what the whole item costs: it starts only when all of it fits,
/// so that no place is held by an item that waits for its quota half-way.
pub fn next(
    queue: &mut Queue,
    governor: &mut Governor,
    now: DateTime<Utc>,
    of: impl Fn(Group, Place) -> (Lane, Cost),
) -> Action {
    while let Some((group, place)) = queue.first(now) {
        let (lane, cost) = of(group, place);
        let Some(at) = governor.opens(now, &lane, cost) else {
            match queue.take(now) {
                Some(place) => return Action::Start(place),
                None => break,
            }
        };
        queue.shut(group, at);
    }
    if queue.is_done() {
        return Action::Done;
    }
    match queue.next_wake() {
        Some(at) => Action::WaitUntil(at),
        None => Action::WaitForEnd,
    }
}
