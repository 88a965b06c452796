//! Folds of the ledger that drive the workers and the views; each can be deleted and rebuilt.

pub mod access;
pub mod approvals;
pub mod as_of;
pub mod content;
pub mod coverage;
pub mod custody;
pub mod digests;
pub mod exceptions;
pub mod pace;
pub mod reading;
pub mod reconciliation;
pub mod results;
pub mod sampling;
#[cfg(test)]
pub(crate) mod scripted;
pub mod signers;
pub mod state;
pub mod superseded;
pub mod timeline;
pub mod waiting;
pub mod work;
