//! The workers: what to do next, doing it, recording it; they never decide what may be done.

pub mod governor;
pub mod queue;
pub mod retry;
pub mod verified;
