//! Folds of the ledger that drive the workers and the views; each can be deleted and rebuilt.

pub mod coverage;
pub mod custody;
pub mod reading;
pub mod results;
#[cfg(test)]
pub(crate) mod scripted;
pub mod signers;
pub mod timeline;
pub mod work;
