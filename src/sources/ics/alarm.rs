//! `VALARM` (RFC 5545, 3.6.6): Outlook has one reminder, before the start; the rest is said.

use chrono::{DateTime, Duration, Utc};

use super::stamp::{self, Stamp};
use crate::domain::message::Delta;
use crate::sources::content_lines::Component;

/// The reminder of a component: how long before the start, in whole minutes.
pub(super) fn minutes_before(
    component: &Component,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    deltas: &mut Vec<Delta>,
) -> Option<i32> {
    let alarms: Vec<&Component> = alarms(component).collect();
    if alarms.len() > 1 {
        deltas.push(Delta {
            property: "reminder",
            reason: "Outlook has one: the first is kept",
        });
    }
    let before = start - instant(alarms.first()?, start, end)?;
    let minutes = before.num_minutes();
    // A round hour before is as good as a round hour and some seconds.
    if before != Duration::minutes(minutes) {
        deltas.push(Delta {
            property: "reminder",
            reason: "Outlook keeps whole minutes",
        });
    }
    i32::try_from(minutes).ok()
}

/// When the first alarm goes off.
pub(super) fn first(
    component: &Component,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    instant(alarms(component).next()?, start, end)
}

fn alarms(component: &Component) -> impl Iterator<Item = &Component> {
    // Apple's programs write an alarm that does nothing, to say that there is none.
    let is_one = |one: &&Component| {
        one.name == "VALARM" && !one.text("ACTION").trim().eq_ignore_ascii_case("NONE")
    };
    component.children.iter().filter(is_one)
}

fn instant(alarm: &Component, start: DateTime<Utc>, end: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let trigger = alarm.line("TRIGGER")?;
    let text = trigger.text();
    if let Some(Stamp::Time { local, .. }) = stamp::parse(text.trim()) {
        return Some(local.and_utc());
    }
    let from_end = trigger
        .param("RELATED")
        .is_some_and(|word| word.eq_ignore_ascii_case("END"));
    let from = if from_end { end } else { start };
    from.checked_add_signed(stamp::duration(&text)?)
}
