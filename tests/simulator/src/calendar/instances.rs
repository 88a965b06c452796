//! The instances of a series: listed over a range, changed into exceptions, cancelled.
//! <https://learn.microsoft.com/graph/api/event-list-instances>

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::rule::Rule;
use super::{Calendars, Event, create, not_found, zone};
use crate::answer::{Answer, empty, json_answer, page, refuse, select};
use crate::request::Request;
use crate::tenant::Tenant;

/// An instance's id: the series' and the day of the rule, as opaque as any to a client.
fn id(event: &Event, day: NaiveDate) -> String {
    format!("{}~{day}", event.id)
}

/// The series and the day that an instance's id names, while it takes place.
pub(super) fn place(known: &Calendars, id: &str) -> Option<(String, NaiveDate)> {
    let (master, day) = id.rsplit_once('~')?;
    let day: NaiveDate = day.parse().ok()?;
    let event = known.events.get(master)?;
    let there = days(event, day).any(|one| one == day) && !event.cancelled.contains(&day);
    there.then(|| (master.to_owned(), day))
}

fn rule(event: &Event) -> Option<Rule> {
    Rule::read(
        event
            .json
            .get("recurrence")
            .filter(|rule| rule.is_object())?,
    )
    .ok()
}

fn days(event: &Event, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let days = rule(event).map(|rule| rule.days_up_to(last).collect::<Vec<_>>());
    days.unwrap_or_default().into_iter()
}

/// When it begins by the rule, and how long it lasts.
fn times(event: &Event, day: NaiveDate) -> (NaiveDateTime, NaiveDateTime, Tz) {
    let read = |name: &str| event.json.get(name).map(zone::read).and_then(Result::ok);
    let (start, at) = read("start").unwrap_or_default();
    let (end, _) = read("end").unwrap_or_default();
    let begins = day.and_time(start.time());
    (begins, begins + (end - start), at)
}

fn original(event: &Event, day: NaiveDate) -> DateTime<Utc> {
    let (start, _, at) = times(event, day);
    if event.json.get("isAllDay") == Some(&Value::Bool(true)) {
        start.and_utc()
    } else {
        zone::instant(start, at)
    }
}

/// The instance as it is stored: the series' facts with what differs.
fn facts(event: &Event, day: NaiveDate) -> Map<String, Value> {
    let mut facts = event.json.clone();
    let (start, end, _) = times(event, day);
    for (name, at) in [("start", start), ("end", end)] {
        if let Some(time) = facts.get_mut(name) {
            time["dateTime"] = at.format("%Y-%m-%dT%H:%M:%S.0000000").to_string().into();
        }
    }
    facts.insert("recurrence".to_owned(), Value::Null);
    facts.insert("type".to_owned(), "occurrence".into());
    if let Some(changed) = event.exceptions.get(&day) {
        facts.extend(changed.clone());
        facts.insert("type".to_owned(), "exception".into());
    }
    facts
}

pub(super) fn shown(event: &Event, day: NaiveDate, request: &Request) -> Value {
    let mut facts = create::as_read(zone::in_utc(&facts(event, day)), request);
    let original = original(event, day).to_rfc3339_opts(SecondsFormat::Secs, true);
    facts.insert("id".to_owned(), id(event, day).into());
    facts.insert("seriesMasterId".to_owned(), event.id.clone().into());
    facts.insert("originalStart".to_owned(), original.into());
    facts.remove("transactionId");
    Value::Object(facts)
}

pub(super) fn list(
    tenant: &Tenant,
    request: &Request,
    user: usize,
    id: &str,
) -> Result<Answer, Answer> {
    request.only(&[
        "startDateTime",
        "endDateTime",
        "$select",
        "$top",
        "$skip",
        "$skiptoken",
    ])?;
    let bound = |name: &str| {
        let text = request
            .query
            .get(name)
            .map(String::as_str)
            .unwrap_or_default();
        let with_offset = DateTime::parse_from_rfc3339(text)
            .map(|at| at.to_utc())
            .ok();
        let plain = || text.parse::<NaiveDateTime>().ok().map(|at| at.and_utc());
        with_offset.or_else(plain).ok_or_else(|| {
            let message = "This request requires a time window specified by the query string \
                           parameters \
                           StartDateTime and EndDateTime.";
            refuse(400, "ErrorInvalidParameter", message)
        })
    };
    let (from, to) = (bound("startDateTime")?, bound("endDateTime")?);
    let event = tenant.users[user]
        .calendar
        .events
        .get(id)
        .ok_or_else(not_found)?;
    let last = to.date_naive() + Days::new(40);
    let inside = days(event, last)
        .filter(|day| !event.cancelled.contains(day))
        .filter(|day| {
            let facts = facts(event, *day);
            let at = |name: &str| {
                facts
                    .get(name)
                    .map(zone::read)
                    .and_then(Result::ok)
                    .unwrap_or_default()
            };
            let instant = |name: &str| {
                let (local, zone) = at(name);
                zone::instant(local, zone)
            };
            instant("start") < to && instant("end") >= from
        });
    let shown = inside.map(|day| shown(event, day, request));
    let shown = shown.map(|one| select(one, request.query.get("$select")));
    page(shown.collect(), request, &tenant.base, 10)
}

pub(super) fn change(
    known: &mut Calendars,
    master: &str,
    day: NaiveDate,
    request: &Request,
) -> Result<Answer, Answer> {
    let body = request.json()?;
    known.invitations += create::invited(&body);
    let event = known.events.get_mut(master).ok_or_else(not_found)?;
    create::checked(&body, &facts(event, day))?;
    if let Some(start) = body.get("start") {
        check_neighbours(event, day, zone::read(start)?.0.date())?;
    }
    let rewritten = create::rewritten(body)?;
    event.exceptions.entry(day).or_default().extend(rewritten);
    Ok(json_answer(200, shown(event, day, request)))
}

/// An occurrence stays between its neighbours.
fn check_neighbours(event: &Event, day: NaiveDate, moved: NaiveDate) -> Result<(), Answer> {
    let around: Vec<NaiveDate> = days(event, day + Days::new(366 * 5))
        .filter(|one| !event.cancelled.contains(one))
        .collect();
    let before = around.iter().rev().find(|one| **one < day);
    let after = around.iter().find(|one| **one > day);
    if before.is_some_and(|one| moved <= *one) || after.is_some_and(|one| moved >= *one) {
        let message = "Modified occurrence is crossing or overlapping adjacent occurrence.";
        return Err(refuse(400, "ErrorOccurrenceCrossingBoundary", message));
    }
    Ok(())
}

pub(super) fn cancel(
    known: &mut Calendars,
    master: &str,
    day: NaiveDate,
) -> Result<Answer, Answer> {
    let event = known.events.get_mut(master).ok_or_else(not_found)?;
    event.exceptions.remove(&day);
    event.cancelled.insert(day);
    Ok(empty(204))
}
