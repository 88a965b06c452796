//! A calendar event or series as we restore it and as we read it back: one shape for both sides, so that they can be compared.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

use super::message::{Address, Attachment, Body, Delta, Importance, Transform};
use super::recurrence::Recurrence;

/// An instant as a person wrote it: the wall clock and the zone that it hangs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventTime {
    /// The wall clock.
    pub local: NaiveDateTime,
    /// Where that clock hangs.
    pub zone: Tz,
}

impl EventTime {
    /// An instant without a place.
    pub fn utc(at: DateTime<Utc>) -> Self {
        Self {
            local: at.naive_utc(),
            zone: Tz::UTC,
        }
    }

    /// The instant. Of a clock time that occurs twice the first; one that is skipped counts on from before the gap
    /// (RFC 5545, 3.3.5).
    pub fn instant(&self) -> DateTime<Utc> {
        if let Some(found) = self.zone.from_local_datetime(&self.local).earliest() {
            return found.with_timezone(&Utc);
        }
        let before = self.local - Duration::hours(6);
        let offset = self.zone.offset_from_utc_datetime(&before).fix();
        (self.local - offset).and_utc()
    }
}

impl Default for EventTime {
    fn default() -> Self {
        Self::utc(DateTime::UNIX_EPOCH)
    }
}

/// Who may see what it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sensitivity {
    /// `confidential`
    Confidential,
    /// `normal`
    #[default]
    Normal,
    /// `personal`
    Personal,
    /// `private`
    Private,
}

/// How others see that time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShowAs {
    /// `busy`
    #[default]
    Busy,
    /// `free`
    Free,
    /// `oof`
    OutOfOffice,
    /// `tentative`
    Tentative,
    /// `workingElsewhere`
    WorkingElsewhere,
}

/// Somebody who was asked to come. Only ever data: whoever stands in Graph's own list would be sent an invitation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attendee {
    /// Who.
    pub who: Address,
    /// `required`, `optional`, `resource`, `chair`; empty where nobody said.
    pub role: String,
    /// `accepted`, `declined`, `tentative`, …; empty where nobody said.
    pub answer: String,
}

/// What one event says; each changed occurrence of a series says it anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFacts {
    /// The subject.
    pub subject: String,
    /// The body.
    pub body: Body,
    /// When it begins; midnight in UTC for an event of whole days.
    pub start: EventTime,
    /// When it ends, exclusive.
    pub end: EventTime,
    /// It has days and no hours.
    pub is_all_day: bool,
    /// Where, in words.
    pub location: String,
    /// Somebody is reminded.
    pub is_reminder_on: bool,
    /// How long before the start; negative for after it.
    pub reminder_minutes: i32,
    /// Who may see what it is about.
    pub sensitivity: Sensitivity,
    /// How others see that time.
    pub show_as: ShowAs,
    /// How urgent it is.
    pub importance: Importance,
    /// Category names.
    pub categories: Vec<String>,
    /// Who called it.
    pub organizer: Option<Address>,
    /// Who was asked to come.
    pub attendees: Vec<Attendee>,
}

/// What makes a series of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The rule.
    pub recurrence: Recurrence,
    /// Occurrences that do not take place, by the day on which the rule has them, in the zone of the start.
    pub cancelled: BTreeSet<NaiveDate>,
    /// Occurrences that differ from the rule, by the same day.
    pub changed: BTreeMap<NaiveDate, EventFacts>,
}

/// An event: everything that is restored and compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarEvent {
    /// What calendars know it by: iCalendar's UID. Graph gives out its own; this one is kept beside it.
    pub uid: String,
    /// What it says.
    pub facts: EventFacts,
    /// When it repeats.
    pub series: Option<Series>,
    /// The attachments, in order.
    pub attachments: Vec<Attachment>,
    /// What reading the original already changed.
    pub transforms: Vec<Transform>,
    /// What the target cannot hold of it.
    pub deltas: Vec<Delta>,
}

impl CalendarEvent {
    /// The end of its last occurrence; `None` where there is none.
    pub fn ends(&self) -> Option<DateTime<Utc>> {
        let Some(series) = &self.series else {
            return Some(self.facts.end.instant());
        };
        let last = series.recurrence.last()?;
        let length = self.facts.end.instant() - self.facts.start.instant();
        let start = EventTime {
            local: last.and_time(self.facts.start.local.time()),
            zone: self.facts.start.zone,
        };
        let changed = series.changed.values().map(|facts| facts.end.instant());
        Some(
            changed
                .chain([start.instant() + length])
                .max()
                .unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_jump_have_one_meaning() {
        let at = |text: &str| {
            let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").expect("a time");
            let zone = Tz::Europe__Berlin;
            EventTime { local, zone }.instant().to_rfc3339()
        };
        assert_eq!(at("2026-07-01T12:00"), "2026-07-01T10:00:00+00:00");
        // Twice: the first, in summer time. Never: on from before the gap.
        assert_eq!(at("2026-10-25T02:30"), "2026-10-25T00:30:00+00:00");
        assert_eq!(at("2026-03-29T02:30"), "2026-03-29T01:30:00+00:00");
    }
}
