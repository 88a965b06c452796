//! Who says when a request may go to the tenant, as its client sees it: asked before each, told after each. What a quota
//! is, and how it is kept, is not known here.

use std::future::Future;
use std::pin::Pin;

use chrono::{DateTime, Utc};

use super::{QuotaHint, TargetError};

/// A request that is about to go out, as far as quotas are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Below the service's root, with its ids and without a slash at the beginning; empty for an address that is a secret.
    pub path: &'a str,
    /// It changes something.
    pub writes: bool,
    /// Bytes of its body.
    pub upload_bytes: u64,
}

/// A future that a trait object gives.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = DateTime<Utc>> + Send + 'a>>;

/// Keeps the quotas of a tenant for everybody who calls it.
pub trait Turns: Send + Sync {
    /// Ends when the request may go, with the instant; it has been counted.
    fn turn<'a>(&'a self, asked: Asked<'a>) -> Waiting<'a>;

    /// What came of a request that went at `sent`, and what the answer said of quotas.
    fn heard(
        &self,
        asked: Asked<'_>,
        sent: DateTime<Utc>,
        failure: Option<&TargetError>,
        hint: Option<QuotaHint>,
    );
}
