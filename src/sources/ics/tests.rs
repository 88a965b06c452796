//! Calendars as they come: zones, series, exceptions, alarms, attachments.

use chrono::NaiveDate;

use super::*;
use crate::domain::calendar_event::{CalendarEvent, Sensitivity, ShowAs};
use crate::domain::message::Importance;
use crate::domain::recurrence::{Pattern, RangeEnd};
use crate::domain::task::{Task, TaskStatus};

fn calendar(inside: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\n{}\r\nEND:VCALENDAR\r\n",
        inside.replace('\n', "\r\n")
    )
}

fn event(inside: &str) -> CalendarEvent {
    match read(calendar(inside).as_bytes()) {
        Ok(OutlookItem::Event(event)) => *event,
        other => panic!("{other:?}"),
    }
}

fn task(inside: &str) -> Task {
    match read(calendar(inside).as_bytes()) {
        Ok(OutlookItem::Task(task)) => *task,
        other => panic!("{other:?}"),
    }
}

fn named(event: &CalendarEvent) -> Vec<&str> {
    event.deltas.iter().map(|delta| delta.property).collect()
}

#[test]
fn an_event_is_read_with_all_that_outlook_has_places_for() {
    let event = event(
        "BEGIN:VEVENT\nUID:1@x\nSUMMARY:Caf\u{e9}\\, noon\nDESCRIPTION:plain\n\
         X-ALT-DESC;FMTTYPE=text/html:<p>rich</p>\nDTSTART;TZID=Europe/Vienna:20260701T120000\n\
         DURATION:PT90M\nLOCATION:Quay\nCLASS:PRIVATE\nTRANSP:TRANSPARENT\nPRIORITY:1\n\
         CATEGORIES:a,b\nORGANIZER;CN=Ada:mailto:ada@x\n\
         ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=DECLINED:MAILTO:ben@x\nURL:https://x/y\n\
         ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;FILENAME=a.txt:YQo=\n\
         BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM\nEND:VEVENT",
    );
    let facts = &event.facts;
    assert_eq!((&*event.uid, &*facts.subject), ("1@x", "Caf\u{e9}, noon"));
    assert!(facts.body.content.starts_with("<p>rich</p>"));
    assert!(facts.body.content.contains("Url: https://x/y"));
    assert_eq!(
        facts.start.instant().to_rfc3339(),
        "2026-07-01T10:00:00+00:00"
    );
    assert_eq!(
        (facts.end.instant() - facts.start.instant()).num_minutes(),
        90
    );
    assert_eq!(
        (facts.sensitivity, facts.show_as),
        (Sensitivity::Private, ShowAs::Free)
    );
    assert_eq!(
        (facts.importance, facts.reminder_minutes),
        (Importance::High, 15)
    );
    assert_eq!(facts.categories, ["a", "b"]);
    assert_eq!(
        facts.organizer.as_ref().map(|who| &*who.address),
        Some("ada@x")
    );
    assert_eq!(
        (&*facts.attendees[0].role, &*facts.attendees[0].answer),
        ("optional", "declined")
    );
    assert_eq!(
        (
            &*event.attachments[0].name,
            &event.attachments[0].content[..]
        ),
        ("a.txt", &b"a\n"[..])
    );
    assert_eq!(named(&event), Vec::<&str>::new());
}

#[test]
fn days_last_a_day_at_least_and_hours_may_last_none() {
    let all_day = event("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260701\nEND:VEVENT");
    assert!(all_day.facts.is_all_day);
    assert_eq!(
        (all_day.facts.end.local - all_day.facts.start.local).num_days(),
        1
    );
    let instant = event("BEGIN:VEVENT\nDTSTART:20260701T120000Z\nEND:VEVENT");
    assert_eq!(instant.facts.end, instant.facts.start);
    let outlook = event(
        "BEGIN:VEVENT\nDTSTART:20260701T000000\nDTEND:20260703T000000\n\
         X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\nEND:VEVENT",
    );
    assert!(outlook.facts.is_all_day);
}

#[test]
fn zones_are_known_by_name_by_rules_or_not_at_all() {
    let of = |zone: &str, inside: &str| {
        event(&format!(
            "{inside}\nBEGIN:VEVENT\nDTSTART;TZID={zone}:20260701T120000\nEND:VEVENT"
        ))
    };
    let by_name = of("\"W. Europe Standard Time\"", "");
    assert_eq!(by_name.facts.start.zone.name(), "Europe/Berlin");
    let prefixed = of("/mozilla.org/2007_1/America/New_York", "");
    assert_eq!(prefixed.facts.start.zone.name(), "America/New_York");
    let rules = "BEGIN:VTIMEZONE\nTZID:Eastern\nBEGIN:STANDARD\nDTSTART:20071104T020000\n\
                 RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\n\
                 END:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:20070311T020000\n\
                 RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\n\
                 END:DAYLIGHT\nEND:VTIMEZONE";
    let by_rules = of("Eastern", rules);
    assert_eq!(
        by_rules.facts.start.instant().to_rfc3339(),
        "2026-07-01T16:00:00+00:00"
    );
    assert_eq!(by_rules.transforms[0].0, "time-zone-by-its-rules/1");
    // An offset that no zone has: the instant is right, the zone is declared.
    let odd = of(
        "Odd",
        &rules.replace("Eastern", "Odd").replace("-0400", "-0417"),
    );
    assert_eq!(
        odd.facts.start.instant().to_rfc3339(),
        "2026-07-01T16:17:00+00:00"
    );
    assert_eq!(named(&odd), ["time-zone"]);
    // Rules that no zone has are none: each time that they place would be a walk through all of their days.
    let daily = rules
        .replace("Eastern", "Daily")
        .replace("FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", "FREQ=DAILY");
    assert_eq!(named(&of("Daily", &daily)), ["time-zone"]);
    assert_eq!(of("Daily", &daily).facts.start.zone.name(), "UTC");
    assert_eq!(named(&of("Nowhere", "")), ["time-zone"]);
    let floating = event("BEGIN:VEVENT\nDTSTART:20260701T120000\nEND:VEVENT");
    assert_eq!(named(&floating), ["time-zone"]);
}

#[test]
fn a_series_has_its_cancellations_and_changes() {
    let event = event(
        "BEGIN:VEVENT\nUID:s\nSUMMARY:Late\nRECURRENCE-ID;TZID=America/New_York:20260112T090000\n\
         DTSTART;TZID=America/New_York:20260112T110000\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:s\nSUMMARY:Weekly\nDTSTART;TZID=America/New_York:20260105T090000\n\
         RRULE:FREQ=WEEKLY;UNTIL=20260202T140000Z\nEXDATE:20260119T140000Z\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:s\nSTATUS:CANCELLED\nRECURRENCE-ID:20260126T140000Z\n\
         DTSTART:20260126T140000Z\nEND:VEVENT",
    );
    assert_eq!(event.facts.subject, "Weekly");
    let series = event.series.expect("a series");
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    assert_eq!(series.recurrence.end, RangeEnd::On(day("2026-02-02")));
    assert_eq!(
        series.cancelled.into_iter().collect::<Vec<_>>(),
        [day("2026-01-19"), day("2026-01-26")]
    );
    let late = &series.changed[&day("2026-01-12")];
    assert_eq!(
        (&*late.subject, late.start.instant().to_rfc3339().as_str()),
        ("Late", "2026-01-12T16:00:00+00:00")
    );
}

#[test]
fn a_rule_without_a_form_stands_in_the_body() {
    let event = event("BEGIN:VEVENT\nDTSTART:20260701T120000Z\nRRULE:FREQ=HOURLY\nEND:VEVENT");
    assert_eq!(event.series, None);
    assert_eq!(event.facts.body.content, "RRULE: FREQ=HOURLY");
    assert_eq!(named(&event), ["recurrence"]);
}

#[test]
fn tasks_keep_days() {
    let task = task(
        "BEGIN:VTODO\nUID:t\nSUMMARY:Paint\nDTSTART;VALUE=DATE:20260701\nDUE:20260703T120000Z\n\
         STATUS:IN-PROCESS\nPERCENT-COMPLETE:40\nRRULE:FREQ=MONTHLY\nATTENDEE:mailto:ben@x\n\
         BEGIN:VALARM\nTRIGGER;VALUE=DATE-TIME:20260702T080000Z\nEND:VALARM\nEND:VTODO",
    );
    assert_eq!(
        (&*task.title, task.status),
        ("Paint", TaskStatus::InProgress)
    );
    assert_eq!(task.due, "2026-07-03".parse().ok());
    let rule = task.recurrence.expect("a rule");
    assert_eq!(rule.pattern, Pattern::AbsoluteMonthly { day: 3 });
    let named: Vec<&str> = task.deltas.iter().map(|delta| delta.property).collect();
    assert_eq!(named, ["due", "percent-complete", "attendees"]);
    assert!(task.body.content.contains("Percent complete: 40"));
}

#[test]
fn one_uid_is_one_item_and_the_same_twice_is_two() {
    let inside = "BEGIN:VTIMEZONE\nTZID:Z\nEND:VTIMEZONE\n\
                  BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Z:20260101T100000\nEND:VEVENT\n\
                  BEGIN:VTODO\nUID:a\nDUE;TZID=\"Z\":20260101T100000\nEND:VTODO\n\
                  BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;TZID=Z:20260101T100000\nEND:VEVENT\n\
                  BEGIN:VEVENT\nUID:a\nEND:VEVENT\n\
                  BEGIN:VEVENT\nEND:VEVENT\nBEGIN:VEVENT\nEND:VEVENT\n\
                  BEGIN:VJOURNAL\nEND:VJOURNAL";
    let found = groups(calendar(inside).as_bytes());
    let shown: Vec<(&str, usize)> = found
        .iter()
        .map(|one| (&*one.component, one.ranges.len()))
        .collect();
    assert_eq!(
        shown,
        [
            ("VEVENT", 3),
            ("VTODO", 2),
            ("VEVENT", 1),
            ("VEVENT", 1),
            ("VEVENT", 1),
            ("VJOURNAL", 1)
        ]
    );
    assert_eq!(found[5].workload, None);
}

#[test]
fn zones_and_events_without_end_are_no_product_of_both() {
    let zone = |number: usize| format!("BEGIN:VTIMEZONE\nTZID:{number}\nEND:VTIMEZONE\n");
    let zones: String = (0..3_000).map(zone).collect();
    let bare = "BEGIN:VTIMEZONE\nEND:VTIMEZONE\n".repeat(3_000);
    let ranges = |events: &str| -> usize {
        let found = groups(calendar(&format!("{zones}{bare}{events}")).as_bytes());
        assert_eq!(found.len(), 3_000);
        found.iter().map(|one| one.ranges.len()).sum()
    };
    assert_eq!(ranges(&"BEGIN:VEVENT\nEND:VEVENT\n".repeat(3_000)), 3_000);
    let named = "BEGIN:VEVENT\nDTSTART;TZID=7:20260101T100000\n\
                 DTEND;TZID=8:20260101T100000\nEND:VEVENT\n";
    assert_eq!(ranges(&named.repeat(3_000)), 9_000);
}

#[test]
fn an_item_of_a_file_knows_the_zone_of_its_whole_calendar() {
    let text = "BEGIN:VCALENDAR\nVERSION:2.0\n\
                BEGIN:VEVENT\nUID:a\nDTSTART:20260105T090000\nEND:VEVENT\n\
                BEGIN:VEVENT\nUID:b\nDTSTART:20260105T090000Z\nEND:VEVENT\n\
                X-WR-TIMEZONE:Europe/Berlin\nEND:VCALENDAR\n";
    let starts: Vec<(String, usize)> = groups(text.as_bytes())
        .iter()
        .map(|group| {
            let ranges = group.ranges.iter().cloned();
            let bytes: Vec<u8> = ranges
                .flat_map(|range| text.as_bytes()[range].to_vec())
                .collect();
            let Ok(OutlookItem::Event(event)) = read(&bytes) else {
                panic!("{bytes:?}")
            };
            assert_eq!(named(&event), Vec::<&str>::new());
            (event.facts.start.instant().to_rfc3339(), group.ranges.len())
        })
        .collect();
    let wanted = [
        ("2026-01-05T08:00:00+00:00", 3),
        ("2026-01-05T09:00:00+00:00", 1),
    ];
    assert_eq!(
        starts,
        wanted.map(|(start, ranges)| (start.to_owned(), ranges))
    );
}

#[test]
fn what_has_no_start_is_named() {
    let moved = event("BEGIN:VEVENT\nDTSTAMP:20260701T120000Z\nEND:VEVENT");
    assert_eq!(named(&moved), ["start"]);
    for start in ["", "DTSTART:x\n", "DTSTART:99991301T000000Z\n"] {
        let text = calendar(&format!("BEGIN:VEVENT\n{start}END:VEVENT"));
        assert_eq!(
            read(text.as_bytes()).map_err(|problem| problem.class),
            Err("no-start")
        );
    }
}
