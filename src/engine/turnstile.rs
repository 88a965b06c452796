//! The governor for calls that no worker makes: identities, access, the gates' looks, domains, waves. Each request waits
//! here for its turn; what a request costs is said elsewhere.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::Time;
use super::governor::{Answer, Governor, routes};
use super::shop;
use crate::targets::turns::{Asked, Turns, Waiting};
use crate::targets::{QuotaHint, TargetError};

/// One count of a tenant's quotas, for all who call it in a process.
pub type SharedGovernor = Arc<Mutex<Governor>>;

/// Lets requests through as the quotas allow.
#[derive(Debug)]
pub struct Turnstile<C> {
    governor: SharedGovernor,
    time: C,
}

impl<C: Time> Turnstile<C> {
    /// Over a count that others may share.
    pub fn new(governor: SharedGovernor, time: C) -> Self {
        Self { governor, time }
    }

    fn governor(&self) -> MutexGuard<'_, Governor> {
        // Nothing that holds the lock can panic half-way through a count.
        self.governor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Time> Turns for Turnstile<C> {
    fn turn<'a>(&'a self, asked: Asked<'a>) -> Waiting<'a> {
        Box::pin(async move {
            let (lane, cost) = routes::of_request(&asked);
            loop {
                let now = self.time.now();
                let answer = self.governor().ask(now, &lane, cost);
                let Answer::WaitUntil(at) = answer else {
                    return now;
                };
                self.time.wait_until(at).await;
            }
        })
    }

    fn heard(
        &self,
        asked: Asked<'_>,
        sent: DateTime<Utc>,
        failure: Option<&TargetError>,
        hint: Option<QuotaHint>,
    ) {
        let (lane, _) = routes::of_request(&asked);
        let now = self.time.now();
        let mut governor = self.governor();
        if let Some(heard) = shop::heard(failure) {
            governor.heard(now, &lane, sent, heard);
        }
        if let Some(hint) = hint {
            governor.hint(now, &shop::lane_of_hint(hint), hint.into());
        }
    }
}
