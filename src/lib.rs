//! unbroken: restores Microsoft 365 backups into a clean tenant under an unbroken chain of custody.
//!
//! The modules stand in the order in which data flows; `docs/ARCHITECTURE.md` draws it, and
//! `tests/it/imports.rs` holds who may import whom.

pub mod domain;
pub mod journal;
pub mod projections;

pub mod scanners;
pub mod sources;
pub mod targets;

pub mod engine;

pub mod reports;

pub mod anchors;
pub mod cli;
pub mod notices;

pub mod clock;
pub mod config;
pub mod durable;
pub mod error;
