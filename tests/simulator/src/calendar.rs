//! Calendars and their events: series with instances, exceptions and cancellations, and the invitations that would have gone out.
//! <https://learn.microsoft.com/graph/api/resources/event>

mod create;
mod instances;
mod others;
mod rule;
mod windows_zones;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, empty, json_answer, page, refuse, select};
use crate::mail::properties;
use crate::request::Request;
use crate::tenant::{Attachment, Tenant, User};

const READ: [&str; 3] = [
    "Calendars.Read",
    "Calendars.ReadBasic.All",
    "Calendars.ReadWrite",
];
const WRITE: [&str; 1] = ["Calendars.ReadWrite"];

/// A mailbox's calendars.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendars {
    /// Names by id; the first is the mailbox's own.
    pub(crate) names: Vec<(String, String)>,
    /// What is listed beside them and is not the person's to write into, or not theirs alone.
    pub(crate) others: Vec<others::Other>,
    /// What was sent under each transaction id, also of events that are gone.
    pub(crate) transactions: BTreeMap<String, Map<String, Value>>,
    pub(crate) events: BTreeMap<String, Event>,
    /// Mails that would have gone out to attendees.
    pub(crate) invitations: u64,
}

/// An event or a series.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) calendar: String,
    /// As Graph would give it, times as they were given, without attachments and extended properties.
    pub(crate) json: Map<String, Value>,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) cancelled: BTreeSet<NaiveDate>,
    /// What differs from the series, by the day of the rule.
    pub(crate) exceptions: BTreeMap<NaiveDate, Map<String, Value>>,
}

impl Calendars {
    pub(crate) fn new(id: String) -> Self {
        let others = others::of(&id);
        // Not an English name: nobody may find it by that.
        let own = (id, "Kalender".to_owned());
        Self {
            names: vec![own],
            others,
            ..Self::default()
        }
    }
}

fn not_found() -> Answer {
    crate::mail::item_not_found()
}

fn method() -> Answer {
    refuse(
        405,
        "ErrorMethodNotAllowed",
        "The OData request is not supported.",
    )
}

pub(crate) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    rest: &[&str],
) -> Result<Answer, Answer> {
    request.needs(if request.is_write() { &WRITE } else { &READ })?;
    let own = tenant.users[user].calendar.names[0].0.clone();
    match rest {
        ["calendar"] if request.method == "GET" => {
            request.only(&["$select"])?;
            let shown = shown_calendar(&tenant.users[user], 0);
            Ok(json_answer(
                200,
                select(shown, request.query.get("$select")),
            ))
        }
        ["calendars"] => calendars(tenant, request, user),
        ["calendar", "events"] | ["events"] => events(tenant, request, user, &own),
        ["calendars", id, "events"] => {
            let calendars = &tenant.users[user].calendar;
            let is_own = calendars.names.iter().any(|(known, _)| known == id);
            let other = calendars.others.iter().find(|one| one.id == *id);
            match other {
                Some(other) if request.is_write() && !other.can_edit => Err(others::refusal()),
                None if !is_own => Err(not_found()),
                _ => events(tenant, request, user, id),
            }
        }
        ["calendar", "events", rest @ ..] | ["calendars", _, "events", rest @ ..] => {
            let rest = [&["events"][..], rest].concat();
            handle(tenant, request, user, &rest)
        }
        ["events", id, "instances"] if request.method == "GET" => {
            instances::list(tenant, request, user, id)
        }
        ["events", id, "permanentDelete"] if request.method == "POST" => remove(tenant, user, id),
        ["events", id, "attachments", rest @ ..] => {
            crate::mail::attachments::handle(tenant, request, user, id, rest)
        }
        ["events", id] => event(tenant, request, user, id),
        _ => Err(method()),
    }
}

fn shown_calendar(user: &User, number: usize) -> Value {
    let (id, name) = &user.calendar.names[number];
    json!({
        "id": id,
        "name": name,
        "color": "auto",
        "isDefaultCalendar": number == 0,
        "canEdit": true,
        "canShare": true,
        "isRemovable": number > 0,
        "owner": {"name": user.display_name, "address": user.upn},
    })
}

fn calendars(tenant: &mut Tenant, request: &Request, user: usize) -> Result<Answer, Answer> {
    match &*request.method {
        "GET" => {
            request.only(&["$select", "$top", "$skip", "$skiptoken", "$count"])?;
            let known = &tenant.users[user];
            // What is not one's own stands first: nobody may rely on the order.
            let others = known.calendar.others.iter().map(|one| one.shown(known));
            let own = (0..known.calendar.names.len()).map(|number| shown_calendar(known, number));
            let all = others.chain(own);
            let all = all.map(|one| select(one, request.query.get("$select")));
            page(all.collect(), request, &tenant.base, 10)
        }
        "POST" => {
            let body = request.json()?;
            if let Some(key) = body
                .keys()
                .find(|key| !["name", "color"].contains(&&***key))
            {
                return Err(crate::mail::unknown_property(key));
            }
            let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
            if name.is_empty() || name.len() > 255 {
                return Err(refuse(400, "ErrorInvalidRequest", "name is not valid."));
            }
            let known = &tenant.users[user].calendar;
            let own = known.names.iter().map(|(_, taken)| taken);
            let mut taken = own.chain(known.others.iter().map(|one| &one.name));
            if taken.any(|taken| taken.to_lowercase() == name.to_lowercase()) {
                let message = "A folder with the specified name already exists.";
                return Err(refuse(409, "ErrorFolderExists", message));
            }
            let id = tenant.opaque("AAMkCal");
            let known = &mut tenant.users[user];
            known.calendar.names.push((id, name.to_owned()));
            let last = known.calendar.names.len() - 1;
            Ok(json_answer(201, shown_calendar(known, last)))
        }
        _ => Err(method()),
    }
}

fn events(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    calendar: &str,
) -> Result<Answer, Answer> {
    match &*request.method {
        "POST" => create::event(tenant, request, user, calendar),
        "GET" => {
            request.only(&[
                "$select",
                "$expand",
                "$filter",
                "$top",
                "$skip",
                "$skiptoken",
                "$count",
                "$orderby",
            ])?;
            let filter = request
                .query
                .get("$filter")
                .map(|text| properties::filter(text));
            let filter = filter.transpose()?;
            let known = &tenant.users[user].calendar;
            let inside = known.events.values().filter(|event| {
                event.calendar == calendar
                    && filter
                        .as_ref()
                        .is_none_or(|filter| filter.fits(&event.json, &event.properties))
            });
            let all = inside
                .map(|event| shown(event, request))
                .collect::<Result<_, _>>()?;
            page(all, request, &tenant.base, 10)
        }
        _ => Err(method()),
    }
}

/// An event as it is given back: in UTC, since nobody asks for another zone here.
fn shown(event: &Event, request: &Request) -> Result<Value, Answer> {
    let wanted = request.query.get("$select");
    let is_asked =
        |name: &str| wanted.is_some_and(|names| names.split(',').any(|one| one.trim() == name));
    let mut value = Value::Object(create::as_read(zone::in_utc(&event.json), request));
    if is_asked("cancelledOccurrences") {
        let ids = event
            .cancelled
            .iter()
            .map(|day| format!("OID.{}.{day}", event.id));
        value["cancelledOccurrences"] = ids.map(Value::from).collect();
    }
    value = select(value, wanted);
    for part in properties::split_expand(request.query.get("$expand"))? {
        if part == "exceptionOccurrences" {
            let all = event.exceptions.keys();
            let all = all.map(|day| instances::shown(event, *day, request));
            value["exceptionOccurrences"] = all.collect();
        } else if let Some(filter) = part.strip_prefix("singleValueExtendedProperties(") {
            let found = properties::expand(&event.properties, filter.trim_end_matches(')'))?;
            if found.as_array().is_some_and(|found| !found.is_empty()) {
                value["singleValueExtendedProperties"] = found;
            }
        } else {
            return Err(refuse(
                400,
                "BadRequest",
                &format!("Cannot expand '{part}'."),
            ));
        }
    }
    Ok(value)
}

fn event(tenant: &mut Tenant, request: &Request, user: usize, id: &str) -> Result<Answer, Answer> {
    let known = &mut tenant.users[user].calendar;
    if let Some((master, day)) = instances::place(known, id) {
        return match &*request.method {
            "GET" => Ok(json_answer(
                200,
                instances::shown(&known.events[&master], day, request),
            )),
            "PATCH" => instances::change(known, &master, day, request),
            "DELETE" => instances::cancel(known, &master, day),
            _ => Err(method()),
        };
    }
    match &*request.method {
        "GET" => {
            request.only(&["$select", "$expand"])?;
            let found = known.events.get(id).ok_or_else(not_found)?;
            Ok(json_answer(200, shown(found, request)?))
        }
        "PATCH" => {
            let body = request.json()?;
            known.invitations += create::invited(&body);
            let found = known.events.get_mut(id).ok_or_else(not_found)?;
            create::checked(&body, &found.json)?;
            found.json.extend(create::rewritten(body)?);
            Ok(json_answer(200, Value::Object(zone::in_utc(&found.json))))
        }
        "DELETE" => remove(tenant, user, id),
        _ => Err(method()),
    }
}

fn remove(tenant: &mut Tenant, user: usize, id: &str) -> Result<Answer, Answer> {
    let known = &mut tenant.users[user].calendar;
    if let Some((master, day)) = instances::place(known, id) {
        return instances::cancel(known, &master, day);
    }
    known
        .events
        .remove(id)
        .map(|_| empty(204))
        .ok_or_else(not_found)
}

#[cfg(test)]
mod tests;
