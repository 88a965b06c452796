//! Which sites have items of lists that are still to come in this run, so that what points to one of them waits as long as it can
//! come and no longer. Counts only; what is done about it is the workers'.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Items of lists that do not stand in the target yet.
#[derive(Debug, Default)]
pub(crate) struct ToCome {
    of_site: Mutex<HashMap<String, usize>>,
    are_all_read: AtomicBool,
}

impl ToCome {
    /// One more was read from the plan.
    pub(crate) fn expect(&self, site: &str) {
        *self.of_site().entry(site.to_owned()).or_default() += 1;
    }

    /// One of them stands in the target, or will not come: it failed or is held.
    pub(crate) fn is_decided(&self, site: &str) {
        let mut of_site = self.of_site();
        if let Some(count) = of_site.get_mut(site) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                of_site.remove(site);
            }
        }
    }

    /// Nothing is left in the plan that was not read.
    pub(crate) fn all_are_read(&self) {
        self.are_all_read.store(true, Ordering::Release);
    }

    /// Whatever this run brings to the site stands there.
    pub(crate) fn is_nothing(&self, site: &str) -> bool {
        self.are_all_read.load(Ordering::Acquire) && !self.of_site().contains_key(site)
    }

    fn of_site(&self) -> std::sync::MutexGuard<'_, HashMap<String, usize>> {
        self.of_site.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_complete_when_the_plan_is_read_and_each_of_its_items_is_decided() {
        let to_come = ToCome::default();
        to_come.expect("a");
        to_come.expect("a");
        to_come.expect("b");
        to_come.is_decided("a");
        to_come.all_are_read();
        assert!(!to_come.is_nothing("a"));
        to_come.is_decided("a");
        assert!(to_come.is_nothing("a") && !to_come.is_nothing("b"));
    }

    #[test]
    fn while_the_plan_is_being_read_anything_may_come() {
        let to_come = ToCome::default();
        assert!(!to_come.is_nothing("a"));
        to_come.all_are_read();
        assert!(to_come.is_nothing("a"));
    }
}
