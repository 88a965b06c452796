//! A custodian's items as of a restore point, in portions: a plan is made of a backup of any size without holding it.
//!
//! One case needs more: where a breach window was declared and older restore points were taken before it, what stood in
//! those is held whole, custodian by custodian, to be compared with.

use std::collections::HashMap;

use crate::domain::item::{CustodianName, RestorePointId, SourceItem};
use crate::domain::plan::{BreachWindow, Snapshot, Unreadable};
use crate::error::{Error, Result};
use crate::sources::{BadItem, Items, RestorePoint, Source};

/// Items of one portion: some parts of a plan.
const PORTION: usize = 2_048;

/// The restore point that is read, and those that it is compared with.
pub(super) struct Reading<'a> {
    source: &'a dyn Source,
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
            let mut snapshot = empty(point);
            for item in items_of(source, &point.id, custodian)?.flatten() {
                keep(source, &mut snapshot, item)?;
            }
            snapshots.push(snapshot);
        }
        let at_once = if snapshots.is_empty() {
            PORTION
        } else {
            usize::MAX
        };
        snapshots.push(empty(last));
        Ok(Self {
            source,
            snapshots,
            unreadable: Vec::new(),
            items: items_of(source, &last.id, custodian)?,
            at_once,
            is_first: true,
        })
    }

    /// The next portion: the snapshots with its items in the last one, and what could not be read. There is at least one,
    /// so that a custodian without items is in the plan too.
    pub(super) fn next(&mut self) -> Result<Option<(&[Snapshot], &[Unreadable])>> {
        let Some(last) = self.snapshots.last_mut() else {
            return Ok(None);
        };
        last.items.clear();
        last.histories.clear();
        self.unreadable.clear();
        while last.items.len() + self.unreadable.len() < self.at_once {
            match self.items.next() {
                Some(Ok(item)) => keep(self.source, last, item)?,
                Some(Err(bad)) => self.unreadable.push(unreadable(bad)),
                None => break,
            }
        }
        let is_empty = last.items.is_empty() && self.unreadable.is_empty();
        if is_empty && !std::mem::take(&mut self.is_first) {
            return Ok(None);
        }
        self.is_first = false;
        Ok(Some((&self.snapshots, &self.unreadable)))
    }
}

fn empty(point: &RestorePoint) -> Snapshot {
    Snapshot {
        taken: point.taken,
        items: Vec::new(),
        histories: HashMap::new(),
    }
}

/// An item, and what it was before.
fn keep(source: &dyn Source, snapshot: &mut Snapshot, item: SourceItem) -> Result<()> {
    let versions = source.versions(&item).map_err(Error::failed)?;
    if !versions.is_empty() {
        snapshot.histories.insert(item.stable_id.clone(), versions);
    }
    snapshot.items.push(item);
    Ok(())
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
        workload: bad.workload,
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
