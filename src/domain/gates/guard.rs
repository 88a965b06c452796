//! The guards by name, so that a test can take one away and see that it would be missed. Outside of tests none can be.

#[cfg(test)]
use std::cell::Cell;

/// A rule that keeps a worker from acting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Guard {
    /// The findings that a certificate rests on.
    Findings,
    /// How old the look may be that a certificate rests on.
    LookAge,
    /// The certificate itself: there, in time, not revoked.
    Readiness,
    /// What was seen since.
    Drift,
    /// Other people than the one who asks.
    Others,
    /// No certificate outlives a waiver that it rests on.
    WaiverDate,
    /// The plan is in force.
    Plan,
    /// The wave is open.
    Wave,
    /// Others released the wave.
    Release,
    /// The wave does not stand still.
    Pause,
    /// What is under legal hold is on hold in the clean tenant too.
    Hold,
    /// The tenant has what the wave takes.
    Licences,
    /// The trust certificate, before a domain moves.
    Trust,
    /// A closed case stays closed.
    Closed,
}

#[cfg(test)]
thread_local! {
    /// The guard that this thread's test has taken away.
    pub(super) static REMOVED: Cell<Option<Guard>> = const { Cell::new(None) };
}

/// Whether a guard holds.
#[cfg(test)]
pub(in crate::domain) fn stands(guard: Guard, holds: bool) -> bool {
    holds || REMOVED.get() == Some(guard)
}

/// Whether a guard holds.
#[cfg(not(test))]
pub(in crate::domain) fn stands(_: Guard, holds: bool) -> bool {
    holds
}
