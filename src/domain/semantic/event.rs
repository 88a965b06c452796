//! The fields of an event that are compared. Attendees are among them: whoever came back as one would have been invited.

use std::fmt::Write as _;

use super::{Field, addresses, attachments_of, body_words, importance_word};
use crate::domain::calendar_event::{CalendarEvent, EventFacts, EventTime, Sensitivity, ShowAs};
use crate::domain::html_text::words_of_text;
use crate::domain::message::Address;
use crate::domain::recurrence::{Pattern, RangeEnd, Recurrence, WeekIndex};
use crate::domain::time_zone;

pub(super) fn fields(event: &CalendarEvent) -> Vec<Field> {
    let mut fields = facts(&event.facts);
    fields.push(("attachments", attachments_of(&event.attachments)));
    if !event.uid.is_empty() {
        fields.push(("uid", words_of_text(&event.uid)));
    }
    let series = event.series.as_ref();
    fields.push((
        "recurrence",
        series.map_or_else(String::new, |one| recurrence(&one.recurrence)),
    ));
    if let Some(series) = series {
        // A series without hours hangs in no zone.
        if !event.facts.is_all_day {
            fields.push(("time-zone", zone(&event.facts.start)));
        }
        let cancelled = series.cancelled.iter().map(|day| format!("{day}\n"));
        fields.push(("cancellations", cancelled.collect()));
        let mut changed = String::new();
        for (day, occurrence) in &series.changed {
            let _ = writeln!(changed, "{day}");
            for (name, value) in facts(occurrence) {
                let _ = writeln!(changed, "{name}\t{value}");
            }
        }
        fields.push(("exceptions", changed));
    }
    fields
}

pub(super) fn sensitivity_word(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Confidential => "confidential",
        Sensitivity::Normal => "normal",
        Sensitivity::Personal => "personal",
        Sensitivity::Private => "private",
    }
}

fn facts(event: &EventFacts) -> Vec<Field> {
    let mut categories = event.categories.clone();
    categories.sort();
    let sensitivity = sensitivity_word(event.sensitivity);
    let show_as = match event.show_as {
        ShowAs::Busy => "busy",
        ShowAs::Free => "free",
        ShowAs::OutOfOffice => "oof",
        ShowAs::Tentative => "tentative",
        ShowAs::WorkingElsewhere => "workingElsewhere",
    };
    let reminder = if event.is_reminder_on {
        event.reminder_minutes.to_string()
    } else {
        String::new()
    };
    let invited: Vec<Address> = event.attendees.iter().map(|one| one.who.clone()).collect();
    vec![
        ("all-day", event.is_all_day.to_string()),
        ("attendees", addresses(&invited)),
        ("body", body_words(&event.body)),
        ("categories", categories.join("\n")),
        ("end", instant(&event.end, event.is_all_day)),
        ("importance", importance_word(event.importance).to_owned()),
        ("location", words_of_text(&event.location)),
        ("reminder", reminder),
        ("sensitivity", sensitivity.to_owned()),
        ("show-as", show_as.to_owned()),
        ("start", instant(&event.start, event.is_all_day)),
        ("subject", words_of_text(&event.subject)),
    ]
}

/// Days are the same everywhere; hours are an instant.
fn instant(time: &EventTime, is_all_day: bool) -> String {
    if is_all_day {
        time.local.date().to_string()
    } else {
        time.instant().timestamp().to_string()
    }
}

/// By the name that Exchange has for it: Vienna comes back as Berlin.
fn zone(time: &EventTime) -> String {
    time_zone::windows_name(time.zone)
        .unwrap_or_else(|| time.zone.name())
        .to_owned()
}

pub(super) fn recurrence(rule: &Recurrence) -> String {
    let mut text = format!("{} {}", rule.start, rule.interval);
    let index = |index: WeekIndex| match index {
        WeekIndex::First => "first",
        WeekIndex::Second => "second",
        WeekIndex::Third => "third",
        WeekIndex::Fourth => "fourth",
        WeekIndex::Last => "last",
    };
    let days = |days: &[chrono::Weekday]| {
        let mut numbers: Vec<u32> = days
            .iter()
            .map(chrono::Weekday::number_from_monday)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        format!("{numbers:?}")
    };
    let pattern = match &rule.pattern {
        Pattern::AbsoluteMonthly { day } => format!("monthly {day}"),
        Pattern::AbsoluteYearly { month, day } => format!("yearly {month} {day}"),
        Pattern::Daily => "daily".to_owned(),
        Pattern::RelativeMonthly {
            days: on,
            index: at,
        } => {
            format!("monthly {} {}", index(*at), days(on))
        }
        Pattern::RelativeYearly {
            month,
            days: on,
            index: at,
        } => format!("yearly {month} {} {}", index(*at), days(on)),
        // Where a week begins matters only to every other week.
        Pattern::Weekly { days: on } if rule.interval > 1 => {
            format!("weekly {} from {}", days(on), rule.first_day_of_week)
        }
        Pattern::Weekly { days: on } => format!("weekly {}", days(on)),
    };
    let end = match rule.end {
        RangeEnd::After(count) => format!("{count} times"),
        RangeEnd::Never => "for ever".to_owned(),
        RangeEnd::On(day) => format!("until {day}"),
    };
    let _ = write!(text, " {pattern} {end}");
    text
}
