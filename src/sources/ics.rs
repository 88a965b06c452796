//! iCalendar objects (RFC 5545) as items: which components make one item, and the item read whole; reading files is done elsewhere.
//!
//! Components are ours rather than a crate's: an item needs the place of its bytes, for its digest, and a broken component must not
//! end the ones beside it (docs/adr/0007-calendars-and-cards.md).

mod alarm;
mod event;
mod further;
mod rule;
pub(super) mod stamp;
mod task;
mod zones;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{DateTime, Utc};

use super::content_lines::{self, Component, Line};
use super::pinned::Problem;
use crate::domain::item::Workload;
use crate::domain::outlook::OutlookItem;
use zones::Zones;

/// A file with more items than this is none that a person has.
const ITEMS_MAX: usize = 1_000_000;

/// One item of a calendar file: a series with its changed occurrences is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// What it is; `None` for a kind of component that a mailbox has no place for.
    pub(super) workload: Option<Workload>,
    /// The component's name.
    pub(super) component: String,
    /// Its UID; empty where it has none.
    pub(super) uid: String,
    /// Where its bytes stand, in their order: its components, the time zones that they name, and what its calendar says of all
    /// clock times where one of its own has no zone.
    pub(super) ranges: Vec<Range<usize>>,
}

/// What a list of items needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outline {
    pub(super) title: String,
    pub(super) created: Option<DateTime<Utc>>,
    pub(super) modified: Option<DateTime<Utc>>,
}

/// A group while its file is gone through.
struct Gathered {
    group: Group,
    /// Which occurrences it has.
    occurrences: BTreeSet<String>,
    /// Where its bytes begin, and end: nothing is taken twice, however many components name it.
    places: BTreeMap<usize, usize>,
}

/// The items of a file, in the order of their first components.
pub(super) fn groups(bytes: &[u8]) -> Vec<Group> {
    let (top, _) = content_lines::parse(bytes);
    let mut gathered: Vec<Gathered> = Vec::new();
    let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
    for calendar in &top {
        let alone = std::slice::from_ref(calendar);
        let inside = if calendar.name == "VCALENDAR" {
            &calendar.children[..]
        } else {
            alone
        };
        let beside = Beside::of(calendar, inside);
        for component in inside {
            if component.name == "VTIMEZONE" || gathered.len() >= ITEMS_MAX {
                continue;
            }
            let uid = component.text("UID").trim().to_owned();
            let occurrence = component.text("RECURRENCE-ID");
            let key = (component.name.clone(), uid.clone());
            let place = known.get(&key).and_then(|at| gathered.get_mut(*at));
            // The same occurrence again is another item: nothing says which of the two is right.
            let same =
                place.filter(|one| !uid.is_empty() && !one.occurrences.contains(&occurrence));
            if let Some(one) = same {
                one.occurrences.insert(occurrence);
                beside.add(component, &mut one.places);
                continue;
            }
            known.insert(key, gathered.len());
            let mut places = BTreeMap::new();
            beside.add(component, &mut places);
            let group = Group {
                workload: workload_of(&component.name),
                component: component.name.clone(),
                uid,
                ranges: Vec::new(),
            };
            gathered.push(Gathered {
                group,
                occurrences: BTreeSet::from([occurrence]),
                places,
            });
        }
    }
    let groups = gathered.into_iter().map(|one| Group {
        ranges: one.places.into_iter().map(|(from, to)| from..to).collect(),
        ..one.group
    });
    groups.collect()
}

/// What a calendar says for all of its components.
struct Beside<'a> {
    /// Time zones by name. An item takes those that it names: one that took them all would make a file of many events and many
    /// zones as large as their product.
    zones: BTreeMap<String, &'a Range<usize>>,
    /// `BEGIN:VCALENDAR`, and the zone of clock times that name none.
    default_zone: Option<[&'a Range<usize>; 2]>,
}

impl<'a> Beside<'a> {
    fn of(calendar: &'a Component, inside: &'a [Component]) -> Self {
        let zones = inside.iter().filter(|one| one.name == "VTIMEZONE");
        let named = zones.map(|zone| (zone.text("TZID").trim().to_owned(), &zone.range));
        let default = calendar
            .line("X-WR-TIMEZONE")
            .filter(|_| calendar.name == "VCALENDAR");
        Self {
            zones: named.collect(),
            default_zone: default.map(|line| [&calendar.opening, &line.range]),
        }
    }

    /// Adds where a component's bytes stand, and those of what it rests on.
    fn add(&self, component: &Component, places: &mut BTreeMap<usize, usize>) {
        places.insert(component.range.start, component.range.end);
        let inside = component.lines.iter();
        for line in inside.chain(component.children.iter().flat_map(|one| &one.lines)) {
            match line.param("TZID").map(str::trim) {
                Some(name) if !name.is_empty() => {
                    if let Some(zone) = self.zones.get(name) {
                        places.insert(zone.start, zone.end);
                    }
                }
                _ if has_clock_time(line) => {
                    let both = self.default_zone.iter().flatten();
                    places.extend(both.map(|range| (range.start, range.end)));
                }
                _ => {}
            }
        }
    }
}

/// A time of the day in no zone.
fn has_clock_time(line: &Line) -> bool {
    const TIMES: [&str; 6] = [
        "DTSTART",
        "DTEND",
        "DUE",
        "RECURRENCE-ID",
        "EXDATE",
        "RDATE",
    ];
    let is_clock = |text: &[u8]| text.contains(&b'T') && !text.ends_with(b"Z");
    TIMES.contains(&&*line.name)
        && line
            .value
            .split(|byte| *byte == b',')
            .any(|one| is_clock(one.trim_ascii()))
}

fn workload_of(component: &str) -> Option<Workload> {
    match component {
        "VEVENT" => Some(Workload::Calendar),
        "VTODO" => Some(Workload::Tasks),
        _ => None,
    }
}

/// Reads an item from its bytes: the components of one group, in a calendar or bare.
pub(super) fn read(bytes: &[u8]) -> Result<OutlookItem, Problem> {
    let (top, _) = content_lines::parse(bytes);
    let mut components = Vec::new();
    let mut default_zone = None;
    for component in top {
        if component.name == "VCALENDAR" {
            let named = component.text("X-WR-TIMEZONE");
            default_zone = default_zone.or_else(|| zones::by_name(&named));
            components.extend(component.children);
        } else {
            components.push(component);
        }
    }
    let zones = Zones::of(&components, default_zone);
    let named = |name: &str| -> Vec<&Component> {
        components.iter().filter(|one| one.name == name).collect()
    };
    let (events, tasks) = (named("VEVENT"), named("VTODO"));
    if !events.is_empty() {
        return event::read(&events, &zones).map(|event| OutlookItem::Event(Box::new(event)));
    }
    if !tasks.is_empty() {
        return task::read(&tasks, &zones).map(|task| OutlookItem::Task(Box::new(task)));
    }
    Err(Problem::new(
        "no-component",
        "holds neither an event nor a task",
    ))
}

/// What its list shows of it; whether it can be read is found out by reading it.
pub(super) fn outline(bytes: &[u8]) -> Result<Outline, Problem> {
    let item = read(bytes)?;
    let (top, _) = content_lines::parse(bytes);
    let of = |name: &str| {
        let components = top.iter().flat_map(|one| one.children.iter().chain([one]));
        let mut lines = components.filter_map(|component| component.line(name));
        lines.find_map(|line| stamp::instant(&line.text()))
    };
    Ok(Outline {
        title: item.title().to_owned(),
        created: of("CREATED"),
        modified: of("LAST-MODIFIED"),
    })
}

#[cfg(test)]
mod tests;
