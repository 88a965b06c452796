//! Creating events: what is checked, what the service fills in, and who would be invited.
//! <https://learn.microsoft.com/graph/api/user-post-events>

use chrono::NaiveTime;
use serde_json::{Map, Value, json};

use super::rule::Rule;
use super::{Event, zone};
use crate::answer::{Answer, json_answer, refuse};
use crate::mail::{create as mail, properties, unknown_property};
use crate::request::Request;
use crate::tenant::Tenant;

const KNOWN: [&str; 22] = [
    "allowNewTimeProposals",
    "attendees",
    "body",
    "categories",
    "end",
    "hideAttendees",
    "importance",
    "isAllDay",
    "isOnlineMeeting",
    "isReminderOn",
    "location",
    "locations",
    "onlineMeetingProvider",
    "recurrence",
    "reminderMinutesBeforeStart",
    "responseRequested",
    "sensitivity",
    "showAs",
    "singleValueExtendedProperties",
    "start",
    "subject",
    "transactionId",
];

/// "The server sends invitations to all the attendees."
pub(super) fn invited(body: &Map<String, Value>) -> u64 {
    body.get("attendees")
        .and_then(Value::as_array)
        .map_or(0, |all| all.len() as u64)
}

pub(super) fn event(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    calendar: &str,
) -> Result<Answer, Answer> {
    if request.body.len() > mail::REQUEST_BYTES_MAX {
        return Err(refuse(
            413,
            "RequestEntityTooLarge",
            "The maximum request length supported is 4MB.",
        ));
    }
    let mut body = request.json()?;
    if let Some(key) = body.keys().find(|key| !KNOWN.contains(&&***key)) {
        return Err(unknown_property(key));
    }
    checked(&body, &Map::new())?;
    let found = properties::given(
        &body
            .remove("singleValueExtendedProperties")
            .unwrap_or_default(),
    )?;
    if let Some(transaction) = body.get("transactionId").and_then(Value::as_str)
        && let Some(answer) = sent_again(&tenant.users[user].calendar, transaction, &body)
    {
        return answer;
    }
    let id = tenant.opaque("AAMkEvt");
    let mut json = defaults(tenant, user, &id, &body);
    json.extend(rewritten(body.clone())?);
    let known = &mut tenant.users[user];
    for (name, value) in &found {
        if name.ends_with("Name UnbrokenItemKey") {
            *known.created_by_key.entry(value.clone()).or_default() += 1;
        }
    }
    known.calendar.invitations += invited(&body);
    if let Some(transaction) = body.get("transactionId").and_then(Value::as_str) {
        let transactions = &mut known.calendar.transactions;
        transactions.insert(transaction.to_owned(), body.clone());
    }
    let event = Event {
        id: id.clone(),
        calendar: calendar.to_owned(),
        json,
        properties: found,
        attachments: Vec::new(),
        cancelled: std::collections::BTreeSet::new(),
        exceptions: std::collections::BTreeMap::new(),
    };
    let answer = json_answer(201, Value::Object(zone::in_utc(&event.json)));
    known.calendar.events.insert(id, event);
    Ok(answer)
}

/// "To avoid redundant POST operations in case of client retries to create the same event." One under which another event was sent,
/// or whose event is gone, is refused.
fn sent_again(
    calendars: &super::Calendars,
    transaction: &str,
    body: &Map<String, Value>,
) -> Option<Result<Answer, Answer>> {
    let before = calendars.transactions.get(transaction)?;
    let known = calendars.events.values();
    let same = known
        .into_iter()
        .find(|event| event.json.get("transactionId") == body.get("transactionId"));
    Some(match same {
        Some(same) if before == body => {
            Ok(json_answer(201, Value::Object(zone::in_utc(&same.json))))
        }
        _ => Err(refuse(
            409,
            "ErrorDuplicateTransactionId",
            "Your request can't be completed. The TransactionId specified in the request has \
             already been used to create a different event.",
        )),
    })
}

/// An event as it is read: its body is HTML whatever it was created with.
/// <https://github.com/microsoftgraph/microsoft-graph-docs/issues/8215>
pub(super) fn as_read(mut event: Map<String, Value>, request: &Request) -> Map<String, Value> {
    if let Some(body) = event.get("body") {
        let body = mail::as_html(body);
        event.insert("body".to_owned(), mail::as_read(&body, request));
    }
    event
}

/// What the service says of an event where nobody else does.
fn defaults(
    tenant: &mut Tenant,
    user: usize,
    id: &str,
    body: &Map<String, Value>,
) -> Map<String, Value> {
    let owner = &tenant.users[user];
    let organizer = json!({"emailAddress": {"name": owner.display_name, "address": owner.upn}});
    let now = tenant.clock.text();
    let zone_of = |name: &str| {
        body.get(name)
            .and_then(|time| time["timeZone"].as_str())
            .unwrap_or("UTC")
            .to_owned()
    };
    let is_series = body.get("recurrence").is_some_and(Value::is_object);
    let value = json!({
        "id": id,
        "createdDateTime": now,
        "lastModifiedDateTime": now,
        "iCalUId": format!("040000008200E00074C5B7101A82E008{:016X}", tenant.seeded.next()),
        "subject": "",
        "body": {"contentType": "text", "content": ""},
        "categories": [],
        "hasAttachments": false,
        "importance": "normal",
        "isAllDay": false,
        "isCancelled": false,
        "isDraft": false,
        "isOnlineMeeting": false,
        "isOrganizer": true,
        "isReminderOn": true,
        "reminderMinutesBeforeStart": 15,
        "location": {"displayName": "", "locationType": "default"},
        "organizer": organizer,
        "attendees": [],
        "originalStartTimeZone": zone_of("start"),
        "originalEndTimeZone": zone_of("end"),
        "recurrence": Value::Null,
        "responseRequested": true,
        "sensitivity": "normal",
        "showAs": "busy",
        "transactionId": Value::Null,
        "type": if is_series { "seriesMaster" } else { "singleInstance" },
    });
    value.as_object().cloned().unwrap_or_default()
}

/// What Exchange makes of what it is given.
pub(super) fn rewritten(mut body: Map<String, Value>) -> Result<Map<String, Value>, Answer> {
    if let Some(given) = body.get("body") {
        let kept = mail::body(Some(given))?;
        body.insert("body".to_owned(), kept);
    }
    if let Some(subject) = body.get("subject").and_then(Value::as_str) {
        let kept: String = subject.chars().take(255).collect();
        body.insert("subject".to_owned(), kept.into());
    }
    if let Some(location) = body.get_mut("location").and_then(Value::as_object_mut) {
        location.insert("locationType".to_owned(), "default".into());
    }
    Ok(body)
}

/// The rules on times, enumerations and recurrences. `known` is what the event already is.
pub(super) fn checked(body: &Map<String, Value>, known: &Map<String, Value>) -> Result<(), Answer> {
    let bad = |message: &str| refuse(400, "ErrorPropertyValidationFailure", message);
    let field = |name: &str| body.get(name).or_else(|| known.get(name));
    for (name, words) in [
        (
            "sensitivity",
            &["normal", "personal", "private", "confidential"][..],
        ),
        (
            "showAs",
            &[
                "unknown",
                "free",
                "tentative",
                "busy",
                "oof",
                "workingElsewhere",
            ],
        ),
        ("importance", &["low", "normal", "high"]),
    ] {
        let given = body.get(name).and_then(Value::as_str);
        if given.is_some_and(|given| !words.contains(&given)) {
            return Err(refuse(
                400,
                "RequestBodyRead",
                &format!("{name} has no such value."),
            ));
        }
    }
    let missing = || bad("An event has a start and an end.");
    let (start, start_zone) = zone::read(field("start").ok_or_else(missing)?)?;
    let (end, end_zone) = zone::read(field("end").ok_or_else(missing)?)?;
    if zone::instant(end, end_zone) < zone::instant(start, start_zone) {
        return Err(bad("The end of an event is not before its start."));
    }
    if field("isAllDay") == Some(&Value::Bool(true)) {
        let midnight = start.time() == NaiveTime::MIN && end.time() == NaiveTime::MIN;
        if !midnight || start_zone != end_zone || end <= start {
            return Err(bad(
                "The Event.Start property for an all-day event needs to be set to midnight.",
            ));
        }
    }
    if let Some(rule) = body.get("recurrence").filter(|rule| rule.is_object())
        && Rule::read(rule)?.start() != start.date()
    {
        return Err(bad(
            "The range of a recurrence starts on the day of the event.",
        ));
    }
    if let Some(zone) = body
        .get("recurrence")
        .and_then(|rule| rule["range"]["recurrenceTimeZone"].as_str())
        && zone::named(zone).is_none()
    {
        return Err(refuse(
            400,
            "TimeZoneNotSupportedException",
            "recurrenceTimeZone is not supported.",
        ));
    }
    Ok(())
}
