//! Events: nobody is invited, nobody is reminded of the past, and a series keeps to what Outlook takes as one.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::Changes;
use crate::domain::calendar_event::{Attendee, CalendarEvent, EventFacts, Series};
use crate::domain::choices::{ATTENDEES_LEFT_OUT, Attendees};
use crate::domain::message::{Address, Transform};

/// Attendees and the organizer stand in the body: Graph sends an invitation to whoever stands in its own list.
const ATTENDEES: Transform = Transform("attendees-into-body/1");
/// The event is over: its reminder would only pop up in everybody's face.
const REMINDER_OFF: Transform = Transform("past-reminder-turned-off/1");
/// A day was taken out of the series on which it does not fall.
const CANCELLATION_OF_NOTHING: Transform = Transform("cancellation-of-nothing-left-out/1");

pub(super) fn fit(
    mut event: CalendarEvent,
    now: DateTime<Utc>,
    attendees: Attendees,
) -> CalendarEvent {
    let mut changes = Changes::of(
        std::mem::take(&mut event.transforms),
        std::mem::take(&mut event.deltas),
    );
    changes.clean(&mut event.uid);
    if let Some(series) = &mut event.series {
        let mut lost = Vec::new();
        fit_series(series, &mut lost, &mut changes);
        for facts in series.changed.values_mut() {
            fit_facts(facts, attendees, &mut changes);
        }
        event.facts.body.add_lines(&lost);
    }
    fit_facts(&mut event.facts, attendees, &mut changes);
    for file in &mut event.attachments {
        changes.clean(&mut file.name);
        if !file.content_type.contains('/') {
            "application/octet-stream".clone_into(&mut file.content_type);
        }
    }
    if event.ends().is_some_and(|end| end < now) {
        let series = event.series.iter_mut();
        let changed = series.flat_map(|series| series.changed.values_mut());
        for facts in changed.chain([&mut event.facts]) {
            if std::mem::take(&mut facts.is_reminder_on) {
                changes.transform(REMINDER_OFF);
            }
        }
    }
    (event.transforms, event.deltas) = changes.sorted();
    event
}

fn fit_facts(facts: &mut EventFacts, attendees: Attendees, changes: &mut Changes) {
    let mut people = Vec::new();
    if let Some(organizer) = facts.organizer.take() {
        people.push(format!("Organizer: {}", shown(&organizer)));
    }
    for attendee in facts.attendees.drain(..) {
        people.push(attendee_line(&attendee));
    }
    if !people.is_empty() && attendees == Attendees::LeftOut {
        changes.transform(ATTENDEES_LEFT_OUT);
        changes.delta("attendees", "left out, as the operator chose");
    } else if !people.is_empty() {
        changes.transform(ATTENDEES);
        changes.delta(
            "attendees",
            "an attendee would be sent an invitation: they stand in the body",
        );
        facts.body.add_lines(&people);
    }
    changes.title(&mut facts.subject, &mut facts.body);
    changes.clean(&mut facts.location);
    changes.body(&mut facts.body);
    changes.categories(&mut facts.categories);
    if facts.reminder_minutes < 0 {
        facts.reminder_minutes = 0;
        if facts.is_reminder_on {
            changes.delta("reminder", "after the start; Outlook reminds at the start");
        }
    }
    if facts.end.instant() < facts.start.instant() {
        facts.end = facts.start;
        changes.delta("end", "before the start; the event has no length");
    }
    // A day without length is none: Graph refuses it.
    if facts.is_all_day && facts.end.local.date() <= facts.start.local.date() {
        let next = facts.start.local.checked_add_days(Days::new(1));
        facts.end.local = next.unwrap_or(facts.start.local);
    }
}

fn attendee_line(attendee: &Attendee) -> String {
    let mut line = format!("Attendee: {}", shown(&attendee.who));
    let known = [&attendee.role, &attendee.answer];
    let known: Vec<&str> = known
        .into_iter()
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .collect();
    if !known.is_empty() {
        let known = known.join(", ");
        line = format!("{line} ({known})");
    }
    line
}

fn shown(who: &Address) -> String {
    match (who.name.trim(), who.address.trim()) {
        ("", address) => address.to_owned(),
        (name, "") => name.to_owned(),
        (name, address) => format!("{name} <{address}>"),
    }
}

/// Takes out what the series cannot hold; a changed occurrence that goes is told in `lost`.
fn fit_series(series: &mut Series, lost: &mut Vec<String>, changes: &mut Changes) {
    let rule = series.recurrence.clone();
    let before = series.cancelled.len();
    let known = on_days(&rule, series.cancelled.iter().copied());
    series.cancelled.retain(|day| known[day]);
    if series.cancelled.len() < before {
        changes.transform(CANCELLATION_OF_NOTHING);
    }
    // An occurrence that was changed takes place.
    series
        .cancelled
        .retain(|day| !series.changed.contains_key(day));
    let on = on_days(&rule, series.changed.keys().copied());
    let days: Vec<NaiveDate> = series.changed.keys().copied().collect();
    for day in days {
        let crosses = on[&day] && crosses_a_neighbour(series, day);
        if on[&day] && !crosses {
            continue;
        }
        let Some(facts) = series.changed.remove(&day) else {
            continue;
        };
        if crosses {
            series.cancelled.insert(day);
        }
        changes.delta(
            "exceptions",
            "a changed occurrence that Outlook does not take stands in the body",
        );
        lost.push(format!(
            "Occurrence of {day}: {} from {} to {} {}",
            facts.subject,
            facts.start.local,
            facts.end.local,
            facts.start.zone.name()
        ));
    }
}

/// Which of these days the rule has; one walk for all of them.
fn on_days(
    rule: &crate::domain::recurrence::Recurrence,
    wanted: impl Iterator<Item = NaiveDate>,
) -> BTreeMap<NaiveDate, bool> {
    let mut found: BTreeMap<NaiveDate, bool> = wanted.map(|day| (day, false)).collect();
    let Some(last) = found.keys().next_back().copied() else {
        return found;
    };
    for day in rule.days().take_while(|day| *day <= last) {
        if let Some(is_there) = found.get_mut(&day) {
            *is_there = true;
        }
    }
    found
}

/// Outlook refuses an occurrence that is moved to or past the day of one of its neighbours
/// (`ErrorOccurrenceCrossingBoundary`); a cancelled one is no neighbour any more, which only allows more.
fn crosses_a_neighbour(series: &Series, day: NaiveDate) -> bool {
    let Some(facts) = series.changed.get(&day) else {
        return false;
    };
    let moved = facts.start.local.date();
    if moved == day {
        return false;
    }
    let mut before = None;
    for known in series.recurrence.days() {
        if known < day {
            before = Some(known);
        } else if known > day {
            return before.is_some_and(|before| moved <= before) || moved >= known;
        }
    }
    before.is_some_and(|before| moved <= before)
}
