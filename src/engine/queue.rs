//! What to start next: (what is left, what runs, which quotas are used up, now) -> items, fair between custodians, early
//! waves first. Pure: no clock, no tasks, no target.
//!
//! Whose turn it is goes by tickets: whoever starts something draws a new one and so stands behind the others. Turns that
//! share a quota form a group; a group whose quota is used up is shut as a whole until it opens, so that nobody waits for a
//! quota with a place among those that run.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use chrono::{DateTime, Utc};

/// An item's place in the caller's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place(pub usize);

/// Items that take turns with others: a custodian's mailbox, a custodian's drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Turn(pub usize);

/// Turns that draw on one quota: one mailbox, all drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group(pub usize);

/// What the queue has to know of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where the item stands in the caller's list.
    pub place: Place,
    /// With whom it takes turns.
    pub turn: Turn,
    /// How many items of its turn may run at the same time.
    pub at_once: usize,
    /// The quota that its turn draws on.
    pub group: Group,
    /// Its wave; smaller ones go first.
    pub wave: u32,
    /// It fills a good part of the memory that we allow ourselves.
    pub heavy: bool,
    /// Not before this instant.
    pub not_before: Option<DateTime<Utc>>,
}

/// How much may run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Over all.
    pub overall: usize,
    /// Heavy items, over all.
    pub heavy: usize,
}

/// What is left to do and what runs.
#[derive(Clone, Debug)]
pub struct Queue {
    limits: Limits,
    waves: BTreeMap<u32, Wave>,
    delayed: BinaryHeap<Reverse<Delayed>>,
    shut: BTreeMap<Group, DateTime<Utc>>,
    opens: BTreeSet<(DateTime<Utc>, Group)>,
    running: HashMap<Place, Entry>,
    turns: HashMap<Turn, TurnState>,
    running_heavy: usize,
    next_ticket: u64,
    waiting: usize,
}

/// What is known of a turn, over all waves.
#[derive(Clone, Copy, Debug)]
struct TurnState {
    at_once: usize,
    group: Group,
    running: usize,
    waiting: usize,
}

/// The ready items of a wave. `groups` holds the turns that may start something, by ticket; `fronts` the first ticket of
/// each group that is open.
#[derive(Clone, Debug, Default)]
struct Wave {
    lines: HashMap<Turn, Line>,
    groups: HashMap<Group, BTreeMap<u64, Turn>>,
    fronts: BTreeMap<u64, Group>,
    /// Turns with heavy items: they may start something when a heavy one ends.
    with_heavy: BTreeSet<Turn>,
}

/// One turn's ready items, in the order of their places.
#[derive(Clone, Debug, Default)]
struct Line {
    ticket: u64,
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
    /// Nothing in it.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            waves: BTreeMap::new(),
            delayed: BinaryHeap::new(),
            shut: BTreeMap::new(),
            opens: BTreeSet::new(),
            running: HashMap::new(),
            turns: HashMap::new(),
            running_heavy: 0,
            next_ticket: 0,
            waiting: 0,
        }
    }

    /// Puts an item in.
    pub fn put(&mut self, entry: Entry) {
        let turn = self.turns.entry(entry.turn).or_insert(TurnState {
            at_once: entry.at_once.max(1),
            group: entry.group,
            running: 0,
            waiting: 0,
        });
        turn.waiting += 1;
        self.waiting += 1;
        if let Some(until) = entry.not_before {
            self.delayed.push(Reverse(Delayed { until, entry }));
        } else {
            self.line_up(entry);
        }
    }

    /// Whose turn it is: the group that draws on a quota, and an item that would start. Ask before [`Queue::take`].
    pub fn first(&mut self, now: DateTime<Utc>) -> Option<(Group, Place)> {
        self.wake(now);
        if self.running.len() >= self.limits.overall {
            return None;
        }
        let heavy_allowed = self.running_heavy < self.limits.heavy;
        self.waves.values().find_map(|wave| {
            let (ticket, group) = wave.fronts.first_key_value()?;
            let turn = wave.groups.get(group)?.get(ticket)?;
            let (place, _) = wave.lines.get(turn)?.next(heavy_allowed)?;
            Some((*group, place))
        })
    }

    /// Takes the next item to start, if one may start now.
    pub fn take(&mut self, now: DateTime<Utc>) -> Option<Place> {
        self.wake(now);
        if self.running.len() >= self.limits.overall {
            return None;
        }
        let heavy_allowed = self.running_heavy < self.limits.heavy;
        let (number, turn) = self.waves.iter().find_map(|(number, wave)| {
            let (ticket, group) = wave.fronts.first_key_value()?;
            Some((*number, *wave.groups.get(group)?.get(ticket)?))
        })?;
        let wave = self.waves.get_mut(&number)?;
        let line = wave.lines.get_mut(&turn)?;
        let (place, heavy) = line.next(heavy_allowed)?;
        line.remove(place, heavy);
        let old_ticket = line.ticket;
        line.ticket = self.next_ticket;
        self.next_ticket += 1;
        let state = self.turns.get_mut(&turn)?;
        wave.strike_out(
            state.group,
            old_ticket,
            self.shut.contains_key(&state.group),
        );
        state.running += 1;
        state.waiting -= 1;
        self.waiting -= 1;
        self.running_heavy += usize::from(heavy);
        let entry = Entry {
            place,
            turn,
            at_once: state.at_once,
            group: state.group,
            wave: number,
            heavy,
            not_before: None,
        };
        self.running.insert(place, entry);
        self.settle(number, turn);
        if heavy && self.running_heavy == self.limits.heavy {
            self.settle_heavy();
        }
        Some(place)
    }

    /// The quota of a group is used up until then.
    pub fn shut(&mut self, group: Group, until: DateTime<Utc>) {
        if let Some(before) = self.shut.insert(group, until) {
            self.opens.remove(&(before, group));
        }
        self.opens.insert((until, group));
        for wave in self.waves.values_mut() {
            wave.show(group, true);
        }
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

    /// When something that waits may become ready: a delayed item, or a quota.
    pub fn next_wake(&self) -> Option<DateTime<Utc>> {
        let delayed = self.delayed.peek().map(|Reverse(delayed)| delayed.until);
        let opens = self.opens.first().map(|(at, _)| *at);
        match (delayed, opens) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// Nothing is left and nothing runs.
    pub fn is_done(&self) -> bool {
        self.running.is_empty() && self.waiting == 0
    }

    /// How many run.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// How many do not run yet.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many of a turn do not run yet.
    pub fn waiting_of(&self, turn: Turn) -> usize {
        self.turns.get(&turn).map_or(0, |state| state.waiting)
    }

    fn line_up(&mut self, entry: Entry) {
        let wave = self.waves.entry(entry.wave).or_default();
        let next = &mut self.next_ticket;
        let line = wave.lines.entry(entry.turn).or_insert_with(|| {
            *next += 1;
            Line {
                ticket: *next - 1,
                ..Line::default()
            }
        });
        if entry.heavy {
            line.heavy.insert(entry.place);
            wave.with_heavy.insert(entry.turn);
        } else {
            line.light.insert(entry.place);
        }
        self.settle(entry.wave, entry.turn);
    }

    fn wake(&mut self, now: DateTime<Utc>) {
        while let Some((at, group)) = self.opens.first().copied()
            && at <= now
        {
            self.opens.pop_first();
            self.shut.remove(&group);
            for wave in self.waves.values_mut() {
                wave.show(group, false);
            }
        }
        while let Some(Reverse(delayed)) = self.delayed.peek()
            && delayed.until <= now
        {
            let Some(Reverse(delayed)) = self.delayed.pop() else {
                break;
            };
            self.line_up(Entry {
                not_before: None,
                ..delayed.entry
            });
        }
    }

    /// Lists a turn of a wave where it may start something, strikes it out where it may not, forgets it when it is empty.
    fn settle(&mut self, number: u32, turn: Turn) {
        let heavy_allowed = self.running_heavy < self.limits.heavy;
        let (Some(state), Some(wave)) = (self.turns.get(&turn), self.waves.get_mut(&number)) else {
            return;
        };
        let is_shut = self.shut.contains_key(&state.group);
        let Some(line) = wave.lines.get(&turn) else {
            return;
        };
        let ticket = line.ticket;
        let may = state.running < state.at_once && line.next(heavy_allowed).is_some();
        if line.heavy.is_empty() {
            wave.with_heavy.remove(&turn);
            if line.light.is_empty() {
                wave.lines.remove(&turn);
            }
        }
        if may {
            let group = wave.groups.entry(state.group).or_default();
            let front = group.keys().next().copied();
            if let Some(front) = front {
                wave.fronts.remove(&front);
            }
            group.insert(ticket, turn);
            wave.show(state.group, is_shut);
        } else {
            wave.strike_out(state.group, ticket, is_shut);
        }
        if wave.lines.is_empty() {
            self.waves.remove(&number);
        }
    }

    fn settle_heavy(&mut self) {
        let turns: Vec<(u32, Turn)> = self
            .waves
            .iter()
            .flat_map(|(number, wave)| wave.with_heavy.iter().map(|turn| (*number, *turn)))
            .collect();
        for (number, turn) in turns {
            self.settle(number, turn);
        }
    }

    fn release(&mut self, place: Place) -> Option<Entry> {
        let entry = self.running.remove(&place)?;
        if let Some(state) = self.turns.get_mut(&entry.turn) {
            state.running -= 1;
            if state.running == 0 && state.waiting == 0 {
                self.turns.remove(&entry.turn);
            }
        }
        let numbers: Vec<u32> = self.waves.keys().copied().collect();
        for number in numbers {
            self.settle(number, entry.turn);
        }
        if entry.heavy {
            let was_full = self.running_heavy == self.limits.heavy;
            self.running_heavy -= 1;
            if was_full {
                self.settle_heavy();
            }
        }
        Some(entry)
    }
}

impl Wave {
    /// Shows the first ticket of an open group among the fronts, hides that of a shut one.
    fn show(&mut self, group: Group, is_shut: bool) {
        let front = self
            .groups
            .get(&group)
            .and_then(|turns| turns.keys().next());
        if let Some(front) = front {
            if is_shut {
                self.fronts.remove(front);
            } else {
                self.fronts.insert(*front, group);
            }
        }
    }

    fn strike_out(&mut self, group: Group, ticket: u64, is_shut: bool) {
        if let Some(turns) = self.groups.get_mut(&group) {
            turns.remove(&ticket);
            self.fronts.remove(&ticket);
            if turns.is_empty() {
                self.groups.remove(&group);
            }
        }
        self.show(group, is_shut);
    }
}

impl Line {
    /// The earliest place that may go; heavy ones only where there is room for one.
    fn next(&self, heavy_allowed: bool) -> Option<(Place, bool)> {
        let heavy = self.heavy.first().filter(|_| heavy_allowed);
        match (self.light.first(), heavy) {
            (Some(light), Some(heavy)) if heavy < light => Some((*heavy, true)),
            (None, Some(heavy)) => Some((*heavy, true)),
            (Some(light), _) => Some((*light, false)),
            (None, None) => None,
        }
    }

    fn remove(&mut self, place: Place, heavy: bool) {
        if heavy {
            self.heavy.remove(&place);
        } else {
            self.light.remove(&place);
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

    /// Every item in a queue, `each` of a turn at the same time.
    fn queue(
        overall: usize,
        heavy: usize,
        each: usize,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Queue {
        let mut queue = Queue::new(Limits { overall, heavy });
        for entry in entries {
            queue.put(Entry {
                at_once: each,
                ..entry
            });
        }
        queue
    }

    fn entry(place: usize, turn: usize, wave: u32) -> Entry {
        Entry {
            place: Place(place),
            turn: Turn(turn),
            at_once: 1,
            group: Group(turn),
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
        let mut queue = queue(100, 1, 9, entries);
        assert_eq!(take_all(&mut queue), [0, 3, 6, 1, 4, 7, 2, 5, 8]);
    }

    #[test]
    fn a_mailbox_runs_four_at_a_time() {
        let mut queue = queue(100, 1, 4, (0..9).map(|place| entry(place, 0, 1)));
        assert_eq!(take_all(&mut queue), [0, 1, 2, 3]);
        queue.finish(Place(2));
        assert_eq!(take_all(&mut queue), [4]);
    }

    #[test]
    fn the_early_wave_goes_first_and_the_late_one_fills_the_gaps() {
        let entries = [entry(0, 0, 2), entry(1, 1, 1), entry(2, 1, 1)];
        let mut queue = queue(2, 1, 1, entries);
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
        let mut queue = queue(100, 1, 9, entries);
        assert_eq!(take_all(&mut queue), [0, 2]);
        queue.finish(Place(0));
        assert_eq!(take_all(&mut queue), [3]);
        queue.finish(Place(3));
        assert_eq!(take_all(&mut queue), [1]);
    }

    #[test]
    fn a_delayed_item_comes_back_when_its_time_is_there() {
        let later = now() + TimeDelta::seconds(5);
        let mut queue = queue(1, 1, 1, [entry(0, 0, 1)]);
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
        let mut queue = queue(8, 2, 2, entries);
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

    #[test]
    fn a_shut_group_waits_as_a_whole_and_keeps_its_order() {
        let shared = |place, turn| Entry {
            group: Group(7),
            ..entry(place, turn, 1)
        };
        let entries = [shared(0, 0), shared(1, 1), entry(2, 2, 1), shared(3, 0)];
        let mut queue = queue(100, 1, 9, entries);
        let later = now() + TimeDelta::seconds(5);
        assert_eq!(queue.first(now()), Some((Group(7), Place(0))));
        queue.shut(Group(7), later);
        queue.shut(Group(7), later + TimeDelta::seconds(1));
        assert_eq!(take_all(&mut queue), [2]);
        assert_eq!(queue.first(now()), None);
        let opens = queue.next_wake().expect("it opens");
        assert_eq!(opens, later + TimeDelta::seconds(1));
        let taken: Vec<_> = std::iter::from_fn(|| queue.take(opens)).collect();
        assert_eq!(taken, [Place(0), Place(1), Place(3)]);
    }
}
