//! Appointments and meetings as calendar events ([MS-OXOCAL]).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use super::recur::{self, Exception, Rule};
use super::{Shared, files, of_all, shared, zone};
use crate::domain::calendar_event::{
    Attendee, CalendarEvent, EventFacts, EventTime, Sensitivity, Series, ShowAs,
};
use crate::domain::message::Delta;
use crate::sources::mapi::address::{self, Headers};
use crate::sources::mapi::bytes::hex;
use crate::sources::mapi::damage;
use crate::sources::mapi::properties::{Guid, Key, Properties};
use crate::sources::mapi::{Attached, Object, ids, message};

const fn appointment(id: u32) -> Key {
    Key::Number(ids::APPOINTMENT, id)
}

const BUSY: Key = appointment(0x8205);
const LOCATION: Key = appointment(0x8208);
const START: Key = appointment(0x820D);
const END: Key = appointment(0x820E);
const ALL_DAY: Key = appointment(0x8215);
const RULE: Key = appointment(0x8216);
const ZONES: [Key; 3] = [
    appointment(0x8260),
    appointment(0x825E),
    appointment(0x825F),
];
/// `PidLidTimeZoneStruct`
const ZONE_RULES: Key = appointment(0x8233);
/// What to say of a series that hangs in no zone that is known.
const NO_ZONE: Delta = Delta {
    property: "time zone",
    reason: "the file names none that is known; its clock times stand in UTC",
};
const OFFSET_OF_FIRST: Delta = Delta {
    property: "time zone",
    reason: "the file names none that is known; the offset of its first occurrence is kept",
};
/// Midnight of New Zealand, Tonga and Samoa on one day is that of the islands beyond the date line on the next.
const TWO_DAYS: Delta = Delta {
    property: "start",
    reason: "an all-day event without a time zone whose hour fits two days: one of them is taken",
};
/// `PSETID_Meeting`
const MEETING: Guid = Guid([
    0x90, 0xDA, 0xD8, 0x6E, 0x0B, 0x45, 0x1B, 0x10, 0x98, 0xDA, 0x00, 0xAA, 0x00, 0x3F, 0x13, 0x05,
]);
/// `PidLidCleanGlobalObjectId`, `PidLidGlobalObjectId`
const GLOBAL_IDS: [Key; 2] = [Key::Number(MEETING, 0x23), Key::Number(MEETING, 0x03)];
/// `PidTagExceptionReplaceTime`: which occurrence an attachment is the changed form of.
const REPLACES: Key = Key::Tag(0x7FF9);
/// `PidTagRecipientTrackStatus` and `PidTagRecipientFlags`
const ANSWER: Key = Key::Tag(0x5FFF);
const RECIPIENT_FLAGS: Key = Key::Tag(0x5FFD);
const IS_ORGANIZER: i32 = 2;

pub(super) fn event(mut object: Object) -> CalendarEvent {
    let mut shared = shared(&object);
    let rule = object.properties.bytes(&RULE).map(recur::read);
    let known = known_zone(
        &object.properties,
        matches!(rule, Some(Some(_))),
        &mut shared,
    );
    let mut facts = facts(&object, &shared, known);
    let (exceptions, attached): (Vec<Attached>, Vec<Attached>) = object
        .attachments
        .drain(..)
        .partition(|one| one.properties.time(&REPLACES).is_some() && one.embedded.is_some());
    for form in exceptions.iter().filter_map(|one| one.embedded.as_deref()) {
        damage::declare(form, &mut shared.deltas);
    }
    let mut series = None;
    match rule {
        Some(Some(rule)) => {
            let zone = known.unwrap_or_else(|| {
                let shown = offset_shown(&rule, start(&object.properties));
                let (zone, delta) = shown.map_or((Tz::UTC, NO_ZONE), |z| (z, OFFSET_OF_FIRST));
                shared.deltas.push(delta);
                zone
            });
            series = Some(of_rule(rule, &mut facts, zone, exceptions));
        }
        Some(None) => shared.deltas.push(Delta {
            property: "recurrence",
            reason: "not one that the target has; the first occurrence alone is restored",
        }),
        None => {}
    }
    let hour = start(&object.properties).map_or(0, |at| at.hour());
    if series.is_none() && facts.is_all_day && known.is_none() && (10..=12).contains(&hour) {
        shared.deltas.push(TWO_DAYS);
    }
    let attachments = files(attached, &mut shared);
    CalendarEvent {
        uid: uid(&object.properties),
        facts,
        series,
        attachments,
        transforms: shared.transforms,
        deltas: shared.deltas,
    }
}

fn start(properties: &Properties) -> Option<DateTime<Utc>> {
    let common = || properties.time(&of_all(0x8516));
    properties.time(&START).or_else(common)
}

/// Whether it says when it is: by itself, or by the rule of its series.
pub(super) fn has_start(properties: &Properties) -> bool {
    let by_rule = || {
        let rule = properties.bytes(&RULE).and_then(recur::read);
        rule.is_some_and(|rule| rule.times.is_some())
    };
    start(properties).is_some() || by_rule()
}

/// The zone of the event. Its rules are asked only where clock times or days hang on it: an hour of its own is an instant.
fn known_zone(properties: &Properties, is_series: bool, shared: &mut Shared) -> Option<Tz> {
    if let Some(zone) = zone::by_name(properties, &ZONES) {
        return Some(zone);
    }
    if !is_series && properties.flag(&ALL_DAY) != Some(true) {
        return None;
    }
    let year = start(properties).map_or(2020, |at| at.year());
    let zone = zone::by_rules(properties.bytes(&ZONE_RULES)?, year)?;
    shared.transforms.push(zone::BY_ITS_RULES);
    Some(zone)
}

/// The rule has the clock time of the first occurrence, the event its instant: the offset lies between them.
fn offset_shown(rule: &Rule, start: Option<DateTime<Utc>>) -> Option<Tz> {
    let (minutes, _) = rule.times?;
    let start = start?.time().num_seconds_from_midnight() / 60;
    let ahead = (i64::from(minutes) - i64::from(start)).rem_euclid(24 * 60);
    // No zone is further ahead than fourteen hours: what is more lies behind.
    zone::by_offset(if ahead > 14 * 60 {
        ahead - 24 * 60
    } else {
        ahead
    })
}

fn facts(object: &Object, shared: &Shared, zone: Option<Tz>) -> EventFacts {
    let properties = &object.properties;
    let is_all_day = properties.flag(&ALL_DAY).unwrap_or(false);
    let end = properties
        .time(&END)
        .or_else(|| properties.time(&of_all(0x8517)));
    let start = start(properties).unwrap_or_default();
    let end = end.unwrap_or(start);
    let (organizer, attendees) = people(object);
    EventFacts {
        subject: shared.subject.clone(),
        body: shared.body.clone(),
        start: at(start, zone, is_all_day),
        end: at(end, zone, is_all_day),
        is_all_day,
        location: properties.text(&LOCATION).unwrap_or_default(),
        is_reminder_on: properties.flag(&of_all(0x8503)).unwrap_or(false),
        reminder_minutes: properties.number(&of_all(0x8501)).unwrap_or(0),
        sensitivity: sensitivity(properties),
        show_as: show_as(properties.number(&BUSY)),
        importance: shared.importance,
        categories: shared.categories.clone(),
        organizer,
        attendees,
    }
}

fn at(instant: DateTime<Utc>, zone: Option<Tz>, is_all_day: bool) -> EventTime {
    let local = zone.map(|zone| instant.with_timezone(&zone).naive_local());
    if is_all_day {
        // Without a zone: the midnight of whichever zone from Hawaii to Samoa has it at this hour.
        let day = local.unwrap_or_else(|| (instant + TimeDelta::hours(13)).naive_utc());
        return EventTime {
            local: day.date().and_time(NaiveTime::MIN),
            zone: Tz::UTC,
        };
    }
    match (local, zone) {
        (Some(local), Some(zone)) => EventTime { local, zone },
        _ => EventTime::utc(instant),
    }
}

fn of_rule(rule: Rule, facts: &mut EventFacts, zone: Tz, exceptions: Vec<Attached>) -> Series {
    let zone = if facts.is_all_day { Tz::UTC } else { zone };
    let length = facts.end.instant() - facts.start.instant();
    if let Some((start, end)) = rule.times {
        let minutes = |minutes: u32| TimeDelta::minutes(i64::from(minutes));
        let midnight = rule.recurrence.start.and_time(NaiveTime::MIN);
        let local = midnight
            .checked_add_signed(minutes(start))
            .unwrap_or(midnight);
        facts.start = EventTime { local, zone };
        let length = if end > start {
            minutes(end - start)
        } else {
            length
        };
        facts.end = EventTime {
            local: local.checked_add_signed(length).unwrap_or(local),
            zone,
        };
    }
    let mut forms: BTreeMap<NaiveDate, Object> = BTreeMap::new();
    for one in exceptions {
        if let (Some(at), Some(object)) = (one.properties.time(&REPLACES), one.embedded) {
            let day = at.with_timezone(&zone).date_naive();
            forms.insert(day, *object);
        }
    }
    let changed = rule
        .exceptions
        .into_iter()
        .map(|one| (one.day, changed(facts, &one, zone, forms.get(&one.day))))
        .collect();
    let cancelled: BTreeSet<NaiveDate> = rule.deleted;
    Series {
        recurrence: rule.recurrence,
        cancelled,
        changed,
    }
}

/// What the series says, but for what the occurrence says itself; its body stands in an object of its own.
fn changed(series: &EventFacts, one: &Exception, zone: Tz, form: Option<&Object>) -> EventFacts {
    let mut facts = series.clone();
    let is_all_day = one.is_all_day.unwrap_or(series.is_all_day);
    let time = |local: NaiveDateTime| EventTime {
        local: if is_all_day {
            local.date().and_time(NaiveTime::MIN)
        } else {
            local
        },
        zone: if is_all_day { Tz::UTC } else { zone },
    };
    facts.is_all_day = is_all_day;
    facts.start = time(one.start);
    facts.end = time(one.end);
    if is_all_day && facts.end.local == facts.start.local {
        facts.end.local = recur::next(one.start.date()).and_time(NaiveTime::MIN);
    }
    if let Some(form) = form {
        let own = shared(form);
        if !own.body.content.trim().is_empty() {
            facts.body = own.body;
        }
        if !own.subject.is_empty() {
            facts.subject = own.subject;
        }
        let (_, attendees) = people(form);
        if !attendees.is_empty() {
            facts.attendees = attendees;
        }
    }
    if let Some(subject) = &one.subject {
        facts.subject.clone_from(subject);
    }
    if let Some(location) = &one.location {
        facts.location.clone_from(location);
    }
    if let Some(minutes) = one.reminder_minutes {
        facts.reminder_minutes = i32::try_from(minutes).unwrap_or(0);
    }
    facts.is_reminder_on = one.is_reminder_on.unwrap_or(facts.is_reminder_on);
    if one.busy.is_some() {
        facts.show_as = show_as(one.busy);
    }
    facts
}

fn people(object: &Object) -> (Option<crate::domain::message::Address>, Vec<Attendee>) {
    let headers = Headers::default();
    let mut attendees = Vec::new();
    for recipient in &object.recipients {
        let flags = recipient.number(&RECIPIENT_FLAGS).unwrap_or(0);
        let kind = recipient.number(&ids::RECIPIENT_TYPE).unwrap_or(1) & 0xF;
        let Some((who, _)) = address::read(recipient, &address::RECIPIENT, &headers) else {
            continue;
        };
        if flags & IS_ORGANIZER != 0 || kind == 0 {
            continue;
        }
        let role = match kind {
            2 => "optional",
            3 => "resource",
            _ => "required",
        };
        let answer = match recipient.number(&ANSWER) {
            Some(2) => "tentative",
            Some(3) => "accepted",
            Some(4) => "declined",
            _ => "",
        };
        attendees.push(Attendee {
            who,
            role: role.to_owned(),
            answer: answer.to_owned(),
        });
    }
    // Whoever has an appointment with nobody has not called a meeting.
    let organizer = (!attendees.is_empty())
        .then(|| address::read(&object.properties, &address::FROM, &headers))
        .flatten()
        .map(|(who, _)| who);
    (organizer, attendees)
}

fn sensitivity(properties: &Properties) -> Sensitivity {
    match properties.number(&message::SENSITIVITY) {
        Some(1) => Sensitivity::Personal,
        Some(2) => Sensitivity::Private,
        Some(3) => Sensitivity::Confidential,
        _ => Sensitivity::Normal,
    }
}

fn show_as(busy: Option<i32>) -> ShowAs {
    match busy {
        Some(0) => ShowAs::Free,
        Some(1) => ShowAs::Tentative,
        Some(3) => ShowAs::OutOfOffice,
        Some(4) => ShowAs::WorkingElsewhere,
        _ => ShowAs::Busy,
    }
}

/// [MS-OXCICAL] 2.1.3.1.1.20.26: an iCalendar UID stands behind a sign of its own; else the id itself, in hex.
fn uid(properties: &Properties) -> String {
    const SIGN: &[u8] = b"vCal-Uid\x01\0\0\0";
    let Some(id) = GLOBAL_IDS.iter().find_map(|key| properties.bytes(key)) else {
        return String::new();
    };
    if let Some(uid) = id.get(40..).and_then(|data| data.strip_prefix(SIGN)) {
        let uid = String::from_utf8_lossy(uid);
        return uid.trim_end_matches('\0').to_owned();
    }
    hex(id).to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::mapi::Value;

    fn ticks(text: &str) -> Value {
        let at: DateTime<Utc> = text.parse().expect("a time");
        let since = u64::try_from(at.timestamp()).expect("after 1970") + 11_644_473_600;
        Value::Time(since * 10_000_000)
    }

    fn object(values: &[(Key, Value)]) -> Object {
        let mut object = Object::default();
        for (key, value) in values {
            object.properties.set(key.clone(), value.clone());
        }
        object
    }

    /// Every week on Monday from 5 January 2004, nine to ten ([MS-OXOCAL] 2.2.1.44): minutes since 1601.
    fn weekly() -> Value {
        let monday = NaiveDate::from_ymd_opt(2004, 1, 5).expect("a day");
        let first = NaiveDate::from_ymd_opt(1601, 1, 1).expect("a day");
        let start = u32::try_from((monday - first).num_minutes()).expect("small");
        let mut bytes = Vec::new();
        for short in [0x3004_u16, 0x3004, 0x200B, 1, 0] {
            bytes.extend(short.to_le_bytes());
        }
        for long in [
            0,
            1,
            0,
            2,
            0x2023,
            10,
            0,
            0,
            0,
            start,
            0x5AE9_80DF,
            0x3006,
            0x3009,
            540,
            600,
        ] {
            bytes.extend(u32::to_le_bytes(long));
        }
        bytes.extend([0; 10]);
        Value::Bytes(bytes)
    }

    /// As Outlook 2003 wrote it: the rules of the zone and no name.
    #[test]
    fn a_series_of_older_outlook_stays_at_its_hour() {
        let mut rules = vec![0xC4, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xC4, 0xFF, 0xFF, 0xFF];
        for short in [0_u16, 0, 10, 0, 5, 3, 0, 0, 0, 0, 0, 3, 0, 5, 2, 0, 0, 0] {
            rules.extend(short.to_le_bytes());
        }
        let read = event(object(&[
            (RULE, weekly()),
            (START, ticks("2004-01-05T08:00:00Z")),
            (END, ticks("2004-01-05T09:00:00Z")),
            (ZONE_RULES, Value::Bytes(rules)),
        ]));
        let start = read.facts.start;
        assert_eq!(start.instant().to_rfc3339(), "2004-01-05T08:00:00+00:00");
        assert_eq!(start.local.to_string(), "2004-01-05 09:00:00");
        assert_eq!(
            (&*read.transforms, &*read.deltas),
            (&[zone::BY_ITS_RULES][..], &[][..])
        );
    }

    #[test]
    fn a_series_without_any_zone_keeps_the_offset_that_its_start_shows() {
        let read = event(object(&[
            (RULE, weekly()),
            (START, ticks("2004-01-05T00:00:00Z")),
        ]));
        let start = read.facts.start;
        assert_eq!(start.instant().to_rfc3339(), "2004-01-05T00:00:00+00:00");
        assert_eq!(start.local.to_string(), "2004-01-05 09:00:00");
        assert_eq!(read.deltas, [OFFSET_OF_FIRST]);
        let nowhere = event(object(&[(RULE, weekly())]));
        assert_eq!(
            (nowhere.facts.start.zone, &*nowhere.deltas),
            (Tz::UTC, &[NO_ZONE][..])
        );
    }

    #[test]
    fn an_all_day_event_of_auckland_stays_on_its_day_and_what_fits_two_is_said() {
        let day = |start: &str| {
            let read = event(object(&[
                (START, ticks(start)),
                (ALL_DAY, Value::Boolean(true)),
            ]));
            (read.facts.start.local.date().to_string(), read.deltas)
        };
        let on = |day: &str, deltas: &[Delta]| (day.to_owned(), deltas.to_vec());
        assert_eq!(day("2026-01-25T11:00:00Z"), on("2026-01-26", &[TWO_DAYS]));
        assert_eq!(day("2026-01-25T23:00:00Z"), on("2026-01-26", &[]));
        assert_eq!(day("2026-01-26T08:00:00Z"), on("2026-01-26", &[]));
    }

    #[test]
    fn an_appointment_without_a_start_is_none() {
        assert!(!has_start(
            &object(&[(END, ticks("2026-01-25T11:00:00Z"))]).properties
        ));
        assert!(has_start(&object(&[(RULE, weekly())]).properties));
        assert!(has_start(
            &object(&[(of_all(0x8516), ticks("2026-01-25T11:00:00Z"))]).properties
        ));
    }
}
