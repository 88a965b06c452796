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

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, Utc};

use super::content_lines::{self, Component};
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
    /// Where its bytes stand: the time zones of its calendar first, then its components.
    pub(super) ranges: Vec<Range<usize>>,
}

/// What a list of items needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outline {
    pub(super) title: String,
    pub(super) created: Option<DateTime<Utc>>,
    pub(super) modified: Option<DateTime<Utc>>,
}

/// The items of a file, in the order of their first components.
pub(super) fn groups(bytes: &[u8]) -> Vec<Group> {
    let (top, _) = content_lines::parse(bytes);
    let mut groups: Vec<Group> = Vec::new();
    let mut known: BTreeMap<(String, String), (usize, Vec<String>)> = BTreeMap::new();
    for calendar in &top {
        let alone = std::slice::from_ref(calendar);
        let inside = if calendar.name == "VCALENDAR" {
            &calendar.children[..]
        } else {
            alone
        };
        for component in inside {
            if component.name == "VTIMEZONE" || groups.len() >= ITEMS_MAX {
                continue;
            }
            let uid = component.text("UID").trim().to_owned();
            let occurrence = component.text("RECURRENCE-ID");
            let place = known.get_mut(&(component.name.clone(), uid.clone()));
            // The same occurrence again is another item: nothing says which of the two is right.
            let same = place.filter(|(_, seen)| !uid.is_empty() && !seen.contains(&occurrence));
            if let Some((at, seen)) = same {
                seen.push(occurrence);
                groups[*at].ranges.push(component.range.clone());
                continue;
            }
            let key = (component.name.clone(), uid.clone());
            known.insert(key, (groups.len(), vec![occurrence]));
            let zones = inside.iter().filter(|one| one.name == "VTIMEZONE");
            let mut ranges: Vec<Range<usize>> = zones.map(|zone| zone.range.clone()).collect();
            ranges.push(component.range.clone());
            groups.push(Group {
                workload: workload_of(&component.name),
                component: component.name.clone(),
                uid,
                ranges,
            });
        }
    }
    groups
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
