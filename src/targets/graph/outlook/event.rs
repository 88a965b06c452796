//! Events as Graph's JSON and back. Attendees are never sent: Graph would send each of them an invitation (graph.md 1.3).
//! <https://learn.microsoft.com/graph/api/resources/event>

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::super::attachments::{self, Of};
use super::super::call::{Call, Session};
use super::super::json as shape;
use super::super::{failure, segment};
use super::{UID_PROPERTY, keyed, occurrences, recurrence};
use crate::domain::calendar_event::{
    CalendarEvent, EventFacts, EventTime, Sensitivity, Series, ShowAs,
};
use crate::domain::item::{Digest, ItemKey};
use crate::domain::message::Address;
use crate::domain::time_zone;
use crate::targets::{TargetError, TargetId, TargetUser, Written};

const SENSITIVITIES: [(Sensitivity, &str); 4] = [
    (Sensitivity::Normal, "normal"),
    (Sensitivity::Personal, "personal"),
    (Sensitivity::Private, "private"),
    (Sensitivity::Confidential, "confidential"),
];
const SHOW_AS: [(ShowAs, &str); 5] = [
    (ShowAs::Busy, "busy"),
    (ShowAs::Free, "free"),
    (ShowAs::OutOfOffice, "oof"),
    (ShowAs::Tentative, "tentative"),
    (ShowAs::WorkingElsewhere, "workingElsewhere"),
];
/// The properties that are read back.
const SELECTED: &str = "id,subject,body,start,end,isAllDay,location,isReminderOn,\
                        reminderMinutesBeforeStart,sensitivity,showAs,importance,categories,\
                        attendees,recurrence,originalStartTimeZone,originalEndTimeZone,\
                        cancelledOccurrences,type";

pub(super) fn collection(user: &TargetUser, calendar: &TargetId) -> String {
    format!(
        "users/{}/calendars/{}/events",
        segment(&user.id),
        segment(&calendar.0)
    )
}

/// What the creating request holds: all but the exceptions and the attachments.
pub(super) fn json(event: &CalendarEvent, key: &ItemKey) -> Value {
    let mut object = facts(&event.facts, event.series.is_some());
    let mut set = |name: &str, value: Value| object.insert(name.to_owned(), value);
    if let Some(series) = &event.series {
        let zone = zone_name(event.facts.start.zone);
        set("recurrence", recurrence::json(&series.recurrence, zone));
    }
    set("singleValueExtendedProperties", keyed(key, &event.uid));
    // "To avoid creating duplicate events": a create that is sent again makes no second one. Another content is another
    // transaction: under one id Exchange takes the same event alone.
    let content = Digest(Sha256::digest(json!(object).to_string()).into());
    object.insert("transactionId".to_owned(), content.to_string().into());
    Value::Object(object)
}

/// What an event and a changed occurrence have in common.
pub(super) fn facts(facts: &EventFacts, in_its_zone: bool) -> Map<String, Value> {
    let name = |list: &[(Sensitivity, &'static str)]| {
        list.iter()
            .find(|(known, _)| *known == facts.sensitivity)
            .map_or("normal", |(_, name)| name)
    };
    let show_as = SHOW_AS.iter().find(|(known, _)| *known == facts.show_as);
    let mut object = Map::new();
    let mut set = |name: &str, value: Value| object.insert(name.to_owned(), value);
    set("subject", facts.subject.as_str().into());
    set("body", shape::body(&facts.body));
    set("start", time(&facts.start, in_its_zone));
    set("end", time(&facts.end, in_its_zone));
    set("isAllDay", facts.is_all_day.into());
    set("location", json!({"displayName": facts.location}));
    set("isReminderOn", facts.is_reminder_on.into());
    set("reminderMinutesBeforeStart", facts.reminder_minutes.into());
    set("sensitivity", name(&SENSITIVITIES).into());
    set("showAs", show_as.map_or("busy", |(_, name)| name).into());
    set("importance", shape::importance(facts.importance).into());
    set("categories", json!(facts.categories));
    object
}

/// Windows' name where there is one: Exchange knows those for certain.
fn zone_name(zone: Tz) -> &'static str {
    time_zone::windows_name(zone).unwrap_or_else(|| zone.name())
}

/// A clock time that is there once and has a zone that Exchange knows goes as it is; any other as the instant that it is.
fn time(time: &EventTime, in_its_zone: bool) -> Value {
    let is_plain = time
        .zone
        .from_local_datetime(&time.local)
        .single()
        .is_some()
        && time_zone::windows_name(time.zone).is_some();
    let (local, zone) = if in_its_zone || is_plain {
        (time.local, zone_name(time.zone))
    } else {
        (time.instant().naive_utc(), "UTC")
    };
    let text = local.format("%Y-%m-%dT%H:%M:%S.0000000").to_string();
    json!({"dateTime": text, "timeZone": zone})
}

fn path(user: &TargetUser, id: &TargetId) -> String {
    format!("users/{}/events/{}", segment(&user.id), segment(&id.0))
}

/// The event with its changed and cancelled occurrences, as it came back.
pub(super) async fn fetch(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
) -> Result<Value, TargetError> {
    let operation = "GET /users/{id}/events/{id}";
    let ids = [shape::KEY_PROPERTY, UID_PROPERTY];
    let expand = format!("exceptionOccurrences,{}", shape::expanded_ids(&ids));
    let path = format!(
        "{}?$select={SELECTED}&$expand={}",
        path(user, id),
        segment(&expand)
    );
    let call = Call::get(operation, path).unfiltered();
    Ok(session.json(call).await?.body)
}

pub(super) async fn complete(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
    event: &CalendarEvent,
) -> Result<Written, TargetError> {
    let mut written = Written::default();
    if let Some(series) = &event.series {
        written = occurrences::complete(session, user, id, &event.facts, series).await?;
    }
    if !event.attachments.is_empty() {
        let files = &event.attachments;
        let rest = attachments::complete(session, Of::Event, user, id, files).await?;
        written.request_ids.extend(rest.request_ids);
    }
    Ok(written)
}

pub(super) async fn read(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
) -> Result<CalendarEvent, TargetError> {
    let operation = "GET /users/{id}/events/{id}";
    let refuse = |rule| failure::contract(operation, rule);
    let value = fetch(session, user, id).await?;
    if shape::property(&value, shape::KEY_PROPERTY).is_none() {
        return Err(refuse("the event lost its item key"));
    }
    let facts = read_facts(&value).ok_or_else(|| refuse("an event without its times"))?;
    let series = match &value["recurrence"] {
        Value::Null => None,
        rule => {
            let recurrence = recurrence::read(rule)
                .ok_or_else(|| refuse("a recurrence in a form that is not documented"))?;
            let (cancelled, changed) = occurrences::read(&value, &facts)
                .ok_or_else(|| refuse("an occurrence without its original start"))?;
            Some(Series {
                recurrence,
                cancelled,
                changed,
            })
        }
    };
    Ok(CalendarEvent {
        uid: shape::property(&value, UID_PROPERTY).unwrap_or_default(),
        facts,
        series,
        attachments: attachments::read(session, Of::Event, user, id).await?,
        transforms: Vec::new(),
        deltas: Vec::new(),
    })
}

pub(super) fn read_facts(value: &Value) -> Option<EventFacts> {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let is_all_day = value["isAllDay"] == true;
    let zone = |name: &str| {
        let zone = value[name].as_str().and_then(time_zone::parse);
        zone.filter(|_| !is_all_day).unwrap_or(Tz::UTC)
    };
    let at = |name: &str, zone: Tz| {
        let instant = read_time(&value[name])?;
        Some(EventTime {
            local: instant.with_timezone(&zone).naive_local(),
            zone,
        })
    };
    let attendees = value["attendees"].as_array().into_iter().flatten();
    Some(EventFacts {
        subject: text("subject"),
        body: shape::read_body(&value["body"]),
        start: at("start", zone("originalStartTimeZone"))?,
        end: at("end", zone("originalEndTimeZone"))?,
        is_all_day,
        location: value["location"]["displayName"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        is_reminder_on: value["isReminderOn"] == true,
        reminder_minutes: value["reminderMinutesBeforeStart"]
            .as_i64()
            .and_then(|minutes| i32::try_from(minutes).ok())
            .unwrap_or(0),
        sensitivity: SENSITIVITIES
            .iter()
            .find(|(_, name)| value["sensitivity"] == *name)
            .map_or(Sensitivity::Normal, |(known, _)| *known),
        show_as: SHOW_AS
            .iter()
            .find(|(_, name)| value["showAs"] == *name)
            .map_or(ShowAs::Busy, |(known, _)| *known),
        importance: shape::read_importance(&value["importance"]),
        categories: shape::read_texts(&value["categories"]),
        organizer: None,
        attendees: attendees.map(attendee).collect(),
    })
}

fn attendee(value: &Value) -> crate::domain::calendar_event::Attendee {
    let text = |name: &str| {
        value["emailAddress"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    crate::domain::calendar_event::Attendee {
        who: Address {
            name: text("name"),
            address: text("address"),
        },
        ..Default::default()
    }
}

/// `dateTimeTimeZone`: in UTC unless somebody asked otherwise.
pub(super) fn read_time(value: &Value) -> Option<DateTime<Utc>> {
    let text = value["dateTime"].as_str()?.trim_end_matches('Z');
    let local: NaiveDateTime = text.parse().ok()?;
    let zone = value["timeZone"].as_str().unwrap_or("UTC");
    let time = EventTime {
        local,
        zone: time_zone::parse(zone)?,
    };
    Some(time.instant())
}
