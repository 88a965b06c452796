//! A custodian's items as of a restore point, in portions: a plan is made of a backup of any size without holding it.
//!
//! One case needs more: where a breach window was declared and older restore points were taken before it, what stood in
//! those is held whole, custodian by custodian, to be compared with.

use crate::domain::item::{CustodianName, RestorePointId};
use crate::domain::plan::{BreachWindow, Snapshot, Unreadable};
use crate::error::{Error, Result};
use crate::sources::{BadItem, Items, RestorePoint, Source};

/// Items of one portion: some parts of a plan.
const PORTION: usize = 2_048;

/// The restore point that is read, and those that it is compared with.
pub(super) struct Reading<'a> {
    /// The older ones; the last one of these is filled anew for each portion.
    snapshots: Vec<Snapshot>,
    unreadable: Vec<Unreadable>,
    items: Items<'a>,
    /// With something to compare, all in one: what is compared is prepared once.
    at_once: usize,
    is_first: bool,
}

impl<'a> Reading<'a> {
    /// Reads what is compared with; `points` ends with the one that is restored as of.
    pub(super) fn begin(
        source: &'a dyn Source,
        points: &'a [RestorePoint],
        custodian: &CustodianName,
        window: Option<BreachWindow>,
    ) -> Result<Self> {
        let (last, earlier) = points
            .split_last()
            .ok_or_else(|| Error::failed("the source has no restore point"))?;
        let mut snapshots = Vec::new();
        for point in earlier
            .iter()
            .filter(|point| is_compared(point, last, window))
        {
            let items = items_of(source, &point.id, custodian)?;
            snapshots.push(Snapshot {
                taken: point.taken,
                items: items.filter_map(std::result::Result::ok).collect(),
            });
        }
        let at_once = if snapshots.is_empty() {
            PORTION
        } else {
            usize::MAX
        };
        snapshots.push(Snapshot {
            taken: last.taken,
            items: Vec::new(),
        });
        Ok(Self {
            snapshots,
            unreadable: Vec::new(),
            items: items_of(source, &last.id, custodian)?,
            at_once,
            is_first: true,
        })
    }

    /// The next portion: the snapshots with its items in the last one, and what could not be read. There is at least one,
    /// so that a custodian without items is in the plan too.
    pub(super) fn next(&mut self) -> Option<(&[Snapshot], &[Unreadable])> {
        let last = self.snapshots.last_mut()?;
        last.items.clear();
        self.unreadable.clear();
        while last.items.len() + self.unreadable.len() < self.at_once {
            match self.items.next() {
                Some(Ok(item)) => last.items.push(item),
                Some(Err(bad)) => self.unreadable.push(unreadable(bad)),
                None => break,
            }
        }
        let is_empty = last.items.is_empty() && self.unreadable.is_empty();
        if is_empty && !std::mem::take(&mut self.is_first) {
            return None;
        }
        self.is_first = false;
        Some((&self.snapshots, &self.unreadable))
    }
}

/// Only what was taken before the window can show that an item stood there before, and only where the last one was not.
fn is_compared(point: &RestorePoint, last: &RestorePoint, window: Option<BreachWindow>) -> bool {
    let is_before = |point: &RestorePoint, window: BreachWindow| {
        point.taken.is_some_and(|taken| taken < window.from)
    };
    window.is_some_and(|window| is_before(point, window) && !is_before(last, window))
}

fn unreadable(bad: BadItem) -> Unreadable {
    Unreadable {
        locator: bad.locator,
        class: bad.class.to_owned(),
        size_bytes: bad.size_bytes,
        digest: bad.digest,
    }
}

fn items_of<'a>(
    source: &'a dyn Source,
    point: &RestorePointId,
    custodian: &CustodianName,
) -> Result<Items<'a>> {
    source.items(point, custodian).map_err(Error::failed)
}
