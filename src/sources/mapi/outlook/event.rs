//! Appointments and meetings as calendar events ([MS-OXOCAL]).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::recur::{self, Exception, Rule};
use super::{Shared, files, of_all, shared, zone};
use crate::domain::calendar_event::{
    Attendee, CalendarEvent, EventFacts, EventTime, Sensitivity, Series, ShowAs,
};
use crate::domain::message::Delta;
use crate::sources::mapi::address::{self, Headers};
use crate::sources::mapi::bytes::hex;
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
    let known = zone(&object.properties, &ZONES);
    let rule = object.properties.bytes(&RULE).map(recur::read);
    let mut facts = facts(&object, &shared, known);
    let (exceptions, attached): (Vec<Attached>, Vec<Attached>) = object
        .attachments
        .drain(..)
        .partition(|one| one.properties.time(&REPLACES).is_some() && one.embedded.is_some());
    let mut series = None;
    match rule {
        Some(Some(rule)) => {
            if known.is_none() {
                shared.deltas.push(Delta {
                    property: "time zone",
                    reason: "the file names none that is known; its clock times stand in UTC",
                });
            }
            series = Some(of_rule(
                rule,
                &mut facts,
                known.unwrap_or(Tz::UTC),
                exceptions,
            ));
        }
        Some(None) => shared.deltas.push(Delta {
            property: "recurrence",
            reason: "not one that the target has; the first occurrence alone is restored",
        }),
        None => {}
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

fn facts(object: &Object, shared: &Shared, zone: Option<Tz>) -> EventFacts {
    let properties = &object.properties;
    let is_all_day = properties.flag(&ALL_DAY).unwrap_or(false);
    let start = properties
        .time(&START)
        .or_else(|| properties.time(&of_all(0x8516)));
    let end = properties
        .time(&END)
        .or_else(|| properties.time(&of_all(0x8517)));
    let start = start.unwrap_or_default();
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
        // Without a zone: the midnight that is nearest, since no zone is further than half a day.
        let day = local.unwrap_or_else(|| (instant + TimeDelta::hours(12)).naive_utc());
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
