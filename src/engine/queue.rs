//! What to start next: (what is left, what runs, now) -> items, fair between custodians, early waves first. Pure: no
//! clock, no tasks, no target.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use chrono::{DateTime, Utc};

/// An item's place in the caller's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place(pub usize);

/// Items that share a quota take turns within it: a custodian's mailbox, a custodian's drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Turn(pub usize);

/// What the queue has to know of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where the item stands in the caller's list.
    pub place: Place,
    /// With whom it takes turns.
    pub turn: Turn,
    /// Its wave; smaller ones go first.
    pub wave: u32,
    /// It fills a good part of the memory that we allow ourselves.
    pub heavy: bool,
    /// Not before this instant.
    pub not_before: Option<DateTime<Utc>>,
}

/// How much may run at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Over all.
    pub overall: usize,
    /// Heavy items, over all.
    pub heavy: usize,
    /// By turn.
    pub by_turn: BTreeMap<Turn, usize>,
}

/// What is left to do and what runs.
#[derive(Clone, Debug)]
pub struct Queue {
    limits: Limits,
    ready: BTreeMap<u32, Wave>,
    delayed: BinaryHeap<Reverse<Delayed>>,
    running: BTreeMap<Place, Entry>,
    running_by_turn: BTreeMap<Turn, usize>,
    running_heavy: usize,
}

/// The ready items of a wave; `order` holds each turn that has some, whose turn it is first.
#[derive(Clone, Debug, Default)]
struct Wave {
    order: VecDeque<Turn>,
    lines: BTreeMap<Turn, Line>,
}

/// One turn's ready items, in the order of their places.
#[derive(Clone, Debug, Default)]
struct Line {
    light: BTreeSet<Place>,
    heavy: BTreeSet<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Delayed {
    until: DateTime<Utc>,
    entry: Entry,
}

impl Ord for Delayed {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.until, self.entry.place).cmp(&(other.until, other.entry.place))
    }
}

impl PartialOrd for Delayed {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Queue {
    /// Everything that is left, nothing running.
    pub fn new(limits: Limits, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut queue = Self {
            limits,
            ready: BTreeMap::new(),
            delayed: BinaryHeap::new(),
            running: BTreeMap::new(),
            running_by_turn: BTreeMap::new(),
            running_heavy: 0,
        };
        for entry in entries {
            queue.put(entry);
        }
        queue
    }

    /// Takes the next item to start, if one may start now.
    pub fn take(&mut self, now: DateTime<Utc>) -> Option<Place> {
        self.wake(now);
        if self.running.len() >= self.limits.overall {
            return None;
        }
        let heavy_allowed = self.running_heavy < self.limits.heavy;
        let waves: Vec<u32> = self.ready.keys().copied().collect();
        for wave in waves {
            let Some(entry) = self.take_from(wave, heavy_allowed) else {
                continue;
            };
            *self.running_by_turn.entry(entry.turn).or_default() += 1;
            self.running_heavy += usize::from(entry.heavy);
            self.running.insert(entry.place, entry);
            return Some(entry.place);
        }
        None
    }

    /// The item has its outcome.
    pub fn finish(&mut self, place: Place) {
        self.release(place);
    }

    /// The item is tried again, not before `until`.
    pub fn again(&mut self, place: Place, until: DateTime<Utc>) {
        if let Some(entry) = self.release(place) {
            self.put(Entry {
                not_before: Some(until),
                ..entry
            });
        }
    }

    /// When the next delayed item becomes ready.
    pub fn next_wake(&self) -> Option<DateTime<Utc>> {
        self.delayed.peek().map(|Reverse(delayed)| delayed.until)
    }

    /// Nothing is left and nothing runs.
    pub fn is_done(&self) -> bool {
        self.running.is_empty() && self.delayed.is_empty() && self.ready.is_empty()
    }

    /// How many run.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    fn put(&mut self, entry: Entry) {
        if let Some(until) = entry.not_before {
            self.delayed.push(Reverse(Delayed { until, entry }));
            return;
        }
        let wave = self.ready.entry(entry.wave).or_default();
        if !wave.lines.contains_key(&entry.turn) {
            wave.order.push_back(entry.turn);
        }
        let line = wave.lines.entry(entry.turn).or_default();
        if entry.heavy {
            line.heavy.insert(entry.place);
        } else {
            line.light.insert(entry.place);
        }
    }

    fn wake(&mut self, now: DateTime<Utc>) {
        while let Some(Reverse(delayed)) = self.delayed.peek()
            && delayed.until <= now
        {
            let Some(Reverse(delayed)) = self.delayed.pop() else {
                break;
            };
            self.put(Entry {
                not_before: None,
                ..delayed.entry
            });
        }
    }

    /// The first turn in line that may start something; it then stands behind the others.
    fn take_from(&mut self, number: u32, heavy_allowed: bool) -> Option<Entry> {
        let wave = self.ready.get_mut(&number)?;
        for position in 0..wave.order.len() {
            let turn = wave.order[position];
            let limit = self.limits.by_turn.get(&turn).copied().unwrap_or(1);
            if self.running_by_turn.get(&turn).copied().unwrap_or(0) >= limit {
                continue;
            }
            let line = wave.lines.get_mut(&turn)?;
            let Some((place, heavy)) = line.pop(heavy_allowed) else {
                continue;
            };
            wave.order.remove(position);
            if line.light.is_empty() && line.heavy.is_empty() {
                wave.lines.remove(&turn);
            } else {
                wave.order.push_back(turn);
            }
            if wave.lines.is_empty() {
                self.ready.remove(&number);
            }
            return Some(Entry {
                place,
                turn,
                wave: number,
                heavy,
                not_before: None,
            });
        }
        None
    }

    fn release(&mut self, place: Place) -> Option<Entry> {
        let entry = self.running.remove(&place)?;
        if let Some(count) = self.running_by_turn.get_mut(&entry.turn) {
            *count -= 1;
        }
        self.running_heavy -= usize::from(entry.heavy);
        Some(entry)
    }
}

impl Line {
    /// The earliest place that may go; heavy ones only where there is room for one.
    fn pop(&mut self, heavy_allowed: bool) -> Option<(Place, bool)> {
        let heavy = self.heavy.first().filter(|_| heavy_allowed);
        match (self.light.first(), heavy) {
            (Some(light), Some(heavy)) if heavy < light => {
                self.heavy.pop_first().map(|place| (place, true))
            }
            (None, Some(_)) => self.heavy.pop_first().map(|place| (place, true)),
            (Some(_), _) => self.light.pop_first().map(|place| (place, false)),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).expect("a valid time")
    }

    fn limits(overall: usize, heavy: usize, turns: usize, each: usize) -> Limits {
        Limits {
            overall,
            heavy,
            by_turn: (0..turns).map(|turn| (Turn(turn), each)).collect(),
        }
    }

    fn entry(place: usize, turn: usize, wave: u32) -> Entry {
        Entry {
            place: Place(place),
            turn: Turn(turn),
            wave,
            heavy: false,
            not_before: None,
        }
    }

    fn take_all(queue: &mut Queue) -> Vec<usize> {
        std::iter::from_fn(|| queue.take(now()))
            .map(|place| place.0)
            .collect()
    }

    #[test]
    fn custodians_take_turns_and_each_keeps_its_order() {
        let entries = (0..9).map(|place| entry(place, place / 3, 1));
        let mut queue = Queue::new(limits(100, 1, 3, 9), entries);
        assert_eq!(take_all(&mut queue), [0, 3, 6, 1, 4, 7, 2, 5, 8]);
    }

    #[test]
    fn a_mailbox_runs_four_at_a_time() {
        let mut queue = Queue::new(limits(100, 1, 1, 4), (0..9).map(|place| entry(place, 0, 1)));
        assert_eq!(take_all(&mut queue), [0, 1, 2, 3]);
        queue.finish(Place(2));
        assert_eq!(take_all(&mut queue), [4]);
    }

    #[test]
    fn the_early_wave_goes_first_and_the_late_one_fills_the_gaps() {
        let entries = [entry(0, 0, 2), entry(1, 1, 1), entry(2, 1, 1)];
        let mut queue = Queue::new(limits(2, 1, 2, 1), entries);
        assert_eq!(take_all(&mut queue), [1, 0]);
        queue.finish(Place(0));
        assert_eq!(take_all(&mut queue), [0_usize; 0]);
        queue.finish(Place(1));
        assert_eq!(take_all(&mut queue), [2]);
    }

    #[test]
    fn heavy_items_wait_for_room_and_hold_nobody_up() {
        let heavy = |place, turn| Entry {
            heavy: true,
            ..entry(place, turn, 1)
        };
        let entries = [heavy(0, 0), heavy(1, 0), entry(2, 0, 1), heavy(3, 1)];
        let mut queue = Queue::new(limits(100, 1, 2, 9), entries);
        assert_eq!(take_all(&mut queue), [0, 2]);
        queue.finish(Place(0));
        assert_eq!(take_all(&mut queue), [3]);
        queue.finish(Place(3));
        assert_eq!(take_all(&mut queue), [1]);
    }

    #[test]
    fn a_delayed_item_comes_back_when_its_time_is_there() {
        let later = now() + TimeDelta::seconds(5);
        let mut queue = Queue::new(limits(1, 1, 1, 1), [entry(0, 0, 1)]);
        assert_eq!(queue.take(now()), Some(Place(0)));
        queue.again(Place(0), later);
        assert_eq!((queue.running(), queue.is_done()), (0, false));
        assert_eq!(queue.take(now()), None);
        assert_eq!(queue.next_wake(), Some(later));
        assert_eq!(queue.take(later), Some(Place(0)));
        queue.finish(Place(0));
        assert!(queue.is_done());
    }

    #[test]
    fn everything_is_taken_once() {
        let entries = (0..1_000).map(|place| Entry {
            heavy: place % 7 == 0,
            ..entry(place, place % 13, u32::try_from(place % 3).expect("small"))
        });
        let mut queue = Queue::new(limits(8, 2, 13, 2), entries);
        let mut taken = Vec::new();
        while !queue.is_done() {
            let batch = take_all(&mut queue);
            assert!(!batch.is_empty() && batch.len() <= 8);
            for place in &batch {
                queue.finish(Place(*place));
            }
            taken.extend(batch);
        }
        taken.sort_unstable();
        assert_eq!(taken, (0..1_000).collect::<Vec<_>>());
    }
}
