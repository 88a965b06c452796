//! What does not fit is named, and nothing of it is gone.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, Weekday};
use chrono_tz::Tz;

use super::*;
use crate::domain::calendar_event::{Attendee, CalendarEvent, EventFacts, EventTime, Series};
use crate::domain::contact::Contact;
use crate::domain::message::Address;
use crate::domain::recurrence::{Pattern, RangeEnd, Recurrence};
use crate::domain::task::Task;

fn at(text: &str) -> EventTime {
    EventTime {
        local: text.parse().expect("a time"),
        zone: Tz::Europe__Berlin,
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn who(name: &str, address: &str) -> Address {
    Address {
        name: name.to_owned(),
        address: address.to_owned(),
    }
}

fn meeting() -> CalendarEvent {
    CalendarEvent {
        facts: EventFacts {
            subject: "Weekly".to_owned(),
            start: at("2026-01-05T09:00:00"),
            end: at("2026-01-05T10:00:00"),
            organizer: Some(who("Ada", "ada@old.example")),
            attendees: vec![Attendee {
                who: who("", "ben@old.example"),
                role: "optional".to_owned(),
                answer: "declined".to_owned(),
            }],
            is_reminder_on: true,
            reminder_minutes: 15,
            ..EventFacts::default()
        },
        ..CalendarEvent::default()
    }
}

fn fitted(event: CalendarEvent) -> CalendarEvent {
    let now = "2026-06-01T00:00:00Z".parse().expect("an instant");
    match fit(OutlookItem::Event(Box::new(event)), now) {
        OutlookItem::Event(event) => *event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nobody_is_invited_and_everybody_stands_in_the_body() {
    let event = fitted(meeting());
    assert_eq!(
        (event.facts.organizer, event.facts.attendees),
        (None, vec![])
    );
    assert_eq!(
        event.facts.body.content,
        "Organizer: Ada <ada@old.example>\nAttendee: ben@old.example (optional, declined)"
    );
    assert_eq!(event.deltas[0].property, "attendees");
}

#[test]
fn the_past_reminds_nobody_and_the_future_does() {
    let past = fitted(meeting());
    assert!(!past.facts.is_reminder_on);
    assert!(
        past.transforms
            .contains(&Transform("past-reminder-turned-off/1"))
    );
    let mut later = meeting();
    later.facts.start = at("2026-07-05T09:00:00");
    later.facts.end = at("2026-07-05T10:00:00");
    assert!(fitted(later).facts.is_reminder_on);
}

#[test]
fn a_series_keeps_to_what_outlook_takes() {
    let mut event = meeting();
    let moved = |to: &str| EventFacts {
        subject: "Moved".to_owned(),
        start: at(to),
        end: at(to),
        ..EventFacts::default()
    };
    event.series = Some(Series {
        recurrence: Recurrence {
            pattern: Pattern::Weekly {
                days: vec![Weekday::Mon],
            },
            interval: 1,
            first_day_of_week: Weekday::Mon,
            start: day("2026-01-05"),
            end: RangeEnd::Never,
        },
        cancelled: BTreeSet::from([day("2026-01-12"), day("2026-01-13")]),
        changed: BTreeMap::from([
            (day("2026-01-19"), moved("2026-01-20T09:00:00")),
            // To the day of the next one, and one that there is not.
            (day("2026-02-02"), moved("2026-02-09T09:00:00")),
            (day("2026-02-10"), moved("2026-02-10T09:00:00")),
        ]),
    });
    let event = fitted(event);
    let series = event.series.expect("a series");
    let cancelled: Vec<NaiveDate> = series.cancelled.into_iter().collect();
    assert_eq!(cancelled, [day("2026-01-12"), day("2026-02-02")]);
    let changed: Vec<NaiveDate> = series.changed.into_keys().collect();
    assert_eq!(changed, [day("2026-01-19")]);
    for lost in [
        "Occurrence of 2026-02-02: Moved",
        "Occurrence of 2026-02-10: Moved",
    ] {
        assert!(event.facts.body.content.contains(lost), "{lost}");
    }
    assert!(
        event
            .deltas
            .iter()
            .any(|delta| delta.property == "exceptions")
    );
}

#[test]
fn what_a_contact_has_no_place_for_stands_in_its_notes() {
    let contact = Contact {
        email_addresses: (1..=4).map(|n| who("", &format!("{n}@x"))).collect(),
        business_phones: ["1", "2", "3"].map(str::to_owned).to_vec(),
        is_list: true,
        members: vec![who("Ben", "ben@x")],
        ..Contact::default()
    };
    let now = DateTime::UNIX_EPOCH;
    let OutlookItem::Contact(contact) = fit(OutlookItem::Contact(Box::new(contact)), now) else {
        panic!("a contact");
    };
    assert_eq!(
        contact.personal_notes,
        "E-mail: 4@x\nBusiness telephone: 3\nMember: Ben <ben@x>"
    );
    assert_eq!(contact.display_name, "1@x");
    let named: Vec<&str> = contact.deltas.iter().map(|delta| delta.property).collect();
    let expected = [
        "business-phones",
        "display-name",
        "email-addresses",
        "members",
    ];
    assert_eq!(named, expected);
}

#[test]
fn a_title_of_nothing_but_control_characters_is_none() {
    let task = Task {
        title: "\u{1}\u{2}".to_owned(),
        ..Task::default()
    };
    let item = OutlookItem::Task(Box::new(task));
    let fitted = fit(item, DateTime::UNIX_EPOCH);
    assert_eq!(fitted.title(), "(no title)");
    assert_eq!(fitted.transforms(), [CONTROL_REMOVED]);
}

#[test]
fn a_day_has_a_length_and_a_category_stands_once() {
    let start = EventTime {
        local: "2026-07-01T00:00:00".parse().expect("a time"),
        zone: Tz::UTC,
    };
    let made = fitted(CalendarEvent {
        facts: EventFacts {
            is_all_day: true,
            start,
            end: start,
            categories: ["B", "A", "B"].map(str::to_owned).to_vec(),
            ..EventFacts::default()
        },
        ..CalendarEvent::default()
    });
    assert_eq!(made.facts.end.local.to_string(), "2026-07-02 00:00:00");
    assert_eq!(made.facts.categories, ["B", "A"]);
    assert_eq!(made.deltas, []);
}
