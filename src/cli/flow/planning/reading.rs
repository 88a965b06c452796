//! A custodian's items as of a restore point, in portions: a plan is made of a backup of any size without holding it.
//!
//! Where a breach window was declared and older restore points were taken before it, what stood in those is compared with. It
//! is held as far as it is little. Of what is more, each pass holds one slice, and reads all of it again: an item and its past
//! have one stable id, by which they come to lie in the same slice. A team or chat and its messages are never parted: the plan
//! gives each its time by those before it, so they come in one pass, in the source's own order.

use std::collections::{HashMap, HashSet};

use sha2::{Digest as _, Sha256};

use crate::domain::item::{CustodianName, RestorePointId, SourceItem, Workload};
use crate::domain::plan::{BreachWindow, Snapshot, Unreadable};
use crate::error::{Error, Result};
use crate::sources::{BadItem, Items, RestorePoint, Source};

/// Items of one portion: some parts of a plan.
const PORTION: usize = 2_048;
/// The same with something to compare: that is prepared anew for each portion.
const COMPARED_PORTION: usize = 16_384;
/// Older items that are held at a time, of all restore points together: about half a kilobyte each.
const SLICE_ITEMS: usize = 100_000;

/// The restore point that is read, and those that it is compared with.
pub(super) struct Reading<'a> {
    source: &'a dyn Source,
    custodian: &'a CustodianName,
    compared: Vec<&'a RestorePoint>,
    last: &'a RestorePoint,
    /// The older ones; the last one of these is filled anew for each portion.
    snapshots: Vec<Snapshot>,
    unreadable: Vec<Unreadable>,
    items: Items<'a>,
    at_once: usize,
    slices: Slices,
    is_first: bool,
}

/// Which part of the items is looked at.
#[derive(Clone, Copy)]
struct Slices {
    number: u64,
    of: u64,
}

impl Slices {
    fn holds(self, item: &SourceItem) -> bool {
        // A message that came without its team, or an answer without what it answers, would be planned as one that lost it.
        if self.of == 1 || is_conversation(item) {
            return self.number == 0;
        }
        let digest: [u8; 32] = Sha256::digest(&item.stable_id).into();
        let first: &[u8; 8] = digest.first_chunk().expect("a digest is longer");
        u64::from_be_bytes(*first) % self.of == self.number
    }

    fn is_last(self) -> bool {
        self.number + 1 == self.of
    }
}

impl<'a> Reading<'a> {
    /// Reads what is compared with; `points` ends with the one that is restored as of.
    pub(super) fn begin(
        source: &'a dyn Source,
        points: &'a [RestorePoint],
        custodian: &'a CustodianName,
        window: Option<BreachWindow>,
    ) -> Result<Self> {
        Self::begin_in_slices(source, points, custodian, window, SLICE_ITEMS)
    }

    fn begin_in_slices(
        source: &'a dyn Source,
        points: &'a [RestorePoint],
        custodian: &'a CustodianName,
        window: Option<BreachWindow>,
        slice_items: usize,
    ) -> Result<Self> {
        let (last, earlier) = points
            .split_last()
            .ok_or_else(|| Error::failed("the source has no restore point"))?;
        let is_compared = |point: &&RestorePoint| is_compared(point, last, window);
        let compared: Vec<&RestorePoint> = earlier.iter().filter(is_compared).collect();
        let mut reading = Self {
            source,
            custodian,
            last,
            snapshots: Vec::new(),
            unreadable: Vec::new(),
            items: items_of(source, &last.id, custodian)?,
            at_once: if compared.is_empty() {
                PORTION
            } else {
                COMPARED_PORTION
            },
            compared,
            slices: Slices { number: 0, of: 1 },
            is_first: true,
        };
        let all = reading.hold(slice_items)?;
        if all > slice_items {
            reading.slices.of = all.div_ceil(slice_items) as u64;
            reading.hold(usize::MAX)?;
        }
        Ok(reading)
    }

    /// Holds what this slice is compared with, where it is no more than `most` beside teams and messages; how much that is.
    fn hold(&mut self, most: usize) -> Result<usize> {
        self.snapshots = self.compared.iter().map(|point| empty(point)).collect();
        let mut count = 0;
        let mut said = HashSet::new();
        // The newest first: what stands in all of them alike in a team is held once, where it stood last.
        for (place, point) in self.compared.iter().enumerate().rev() {
            for item in items_of(self.source, &point.id, self.custodian)?.flatten() {
                if !self.slices.holds(&item) {
                    continue;
                }
                if is_conversation(&item) {
                    if !said.insert(same(&item)) {
                        continue;
                    }
                } else {
                    count += 1;
                }
                if count <= most {
                    keep(self.source, &mut self.snapshots[place], item)?;
                } else {
                    self.snapshots.iter_mut().for_each(clear);
                }
            }
        }
        self.snapshots.push(empty(self.last));
        Ok(count)
    }

    /// The next portion: the snapshots with its items in the last one, and what could not be read. There is at least one,
    /// so that a custodian without items is in the plan too.
    pub(super) fn next(&mut self) -> Result<Option<(&[Snapshot], &[Unreadable])>> {
        while !self.fill()? {
            if !self.slices.is_last() {
                self.slices.number += 1;
                self.hold(usize::MAX)?;
                self.items = items_of(self.source, &self.last.id, self.custodian)?;
            } else if self.is_first {
                break;
            } else {
                return Ok(None);
            }
        }
        self.is_first = false;
        Ok(Some((&self.snapshots, &self.unreadable)))
    }

    /// Fills the last snapshot anew; whether there was something.
    fn fill(&mut self) -> Result<bool> {
        let Some(last) = self.snapshots.last_mut() else {
            return Ok(false);
        };
        clear(last);
        self.unreadable.clear();
        while last.items.len() + self.unreadable.len() < self.at_once {
            match self.items.next() {
                Some(Ok(item)) if self.slices.holds(&item) => {
                    keep(self.source, last, item)?;
                }
                // What cannot be read is named in the first pass.
                Some(Err(bad)) if self.slices.number == 0 => self.unreadable.push(unreadable(bad)),
                Some(_) => {}
                None => break,
            }
        }
        Ok(!last.items.is_empty() || !self.unreadable.is_empty())
    }
}

fn empty(point: &RestorePoint) -> Snapshot {
    Snapshot {
        taken: point.taken,
        items: Vec::new(),
        histories: HashMap::new(),
    }
}

fn clear(snapshot: &mut Snapshot) {
    snapshot.items.clear();
    snapshot.histories.clear();
}

/// A team, a chat or a message: each needs those before it.
fn is_conversation(item: &SourceItem) -> bool {
    item.workload == Workload::Teams
}

/// Equal where two restore points say the same of an item.
fn same(item: &SourceItem) -> [u8; 32] {
    let id = Sha256::digest(&item.stable_id);
    Sha256::new_with_prefix(id)
        .chain_update(item.digest.0)
        .finalize()
        .into()
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

#[cfg(test)]
mod tests;
