//! The occurrences of a series that differ from it: first the cancelled, then the changed, which may not cross a neighbour.
//! <https://learn.microsoft.com/graph/api/event-list-instances>

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, SecondsFormat, Utc};
use reqwest::Method;
use serde_json::Value;

use super::super::call::{Call, Session};
use super::super::{failure, segment};
use super::event::{facts, fetch, read_facts};
use crate::domain::calendar_event::{EventFacts, EventTime, Series};
use crate::targets::{TargetError, TargetId, TargetUser, Written};

/// What differs: the days that are cancelled, and the facts of those that are changed.
type Differing = (BTreeSet<NaiveDate>, BTreeMap<NaiveDate, EventFacts>);

/// What differs, as the series came back.
pub(super) fn read(value: &Value, master: &EventFacts) -> Option<Differing> {
    let cancelled = value["cancelledOccurrences"]
        .as_array()
        .into_iter()
        .flatten();
    // "OID.<id of the series>.2026-01-19"
    let cancelled = cancelled
        .map(|id| id.as_str()?.rsplit('.').next()?.parse().ok())
        .collect::<Option<_>>()?;
    let mut changed = BTreeMap::new();
    for occurrence in value["exceptionOccurrences"]
        .as_array()
        .into_iter()
        .flatten()
    {
        changed.insert(original_day(occurrence, master)?, read_facts(occurrence)?);
    }
    Some((cancelled, changed))
}

/// The day on which the rule has it, in the zone of the series.
fn original_day(occurrence: &Value, master: &EventFacts) -> Option<NaiveDate> {
    let text = occurrence["originalStart"].as_str()?;
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(at.with_timezone(&master.start.zone).date_naive())
}

pub(super) async fn complete(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
    master: &EventFacts,
    series: &Series,
) -> Result<Written, TargetError> {
    let mut written = Written::default();
    if series.cancelled.is_empty() && series.changed.is_empty() {
        return Ok(written);
    }
    let value = fetch(session, user, id).await?;
    let (cancelled, _) = read(&value, master).unwrap_or_default();
    for day in series.cancelled.difference(&cancelled) {
        let Some(found) = instance(session, user, id, master, *day).await? else {
            continue;
        };
        let operation = "DELETE /users/{id}/events/{instance}";
        let call = Call::bare(operation, Method::DELETE, path(user, &found));
        written
            .request_ids
            .extend(session.json(call).await?.request_id);
    }
    let known = value["exceptionOccurrences"]
        .as_array()
        .into_iter()
        .flatten();
    let known: BTreeMap<NaiveDate, TargetId> = known
        .filter_map(|one| {
            let id = one["id"].as_str()?.to_owned();
            Some((original_day(one, master)?, TargetId(id)))
        })
        .collect();
    for (day, changed) in &series.changed {
        let found = match known.get(day) {
            Some(found) => Some(found.clone()),
            None => instance(session, user, id, master, *day).await?,
        };
        let operation = "PATCH /users/{id}/events/{instance}";
        let found = found.ok_or_else(|| {
            failure::contract(
                operation,
                "the series has no occurrence where its rule has one",
            )
        })?;
        let body = Value::Object(facts(changed, true));
        let call = Call::json(operation, Method::PATCH, path(user, &found), &body);
        written
            .request_ids
            .extend(session.json(call).await?.request_id);
    }
    Ok(written)
}

fn path(user: &TargetUser, id: &TargetId) -> String {
    format!("users/{}/events/{}", segment(&user.id), segment(&id.0))
}

/// The occurrence of that day; `None` where there is none any more.
async fn instance(
    session: &Session,
    user: &TargetUser,
    id: &TargetId,
    master: &EventFacts,
    day: NaiveDate,
) -> Result<Option<TargetId>, TargetError> {
    let operation = "GET /users/{id}/events/{id}/instances";
    let at = EventTime {
        local: day.and_time(master.start.local.time()),
        zone: master.start.zone,
    };
    // A day around it: of a rule that falls on each day at most once, no more than its neighbours come along.
    let around = |at: Option<DateTime<Utc>>| {
        let at = at.ok_or_else(|| failure::unsendable(operation, "a day beyond the calendar"))?;
        Ok::<_, TargetError>(at.to_rfc3339_opts(SecondsFormat::Secs, true))
    };
    let start = around(at.instant().checked_sub_days(Days::new(1)))?;
    let end = around(at.instant().checked_add_days(Days::new(2)))?;
    let path = format!(
        "{}/instances?startDateTime={}&endDateTime={}&$select=id,originalStart,type&$top=100",
        path(user, id),
        segment(&start),
        segment(&end)
    );
    let answer = session.json(Call::get(operation, path)).await?;
    let listed = answer.body["value"].as_array();
    let listed = listed.ok_or_else(|| failure::contract(operation, "no list of instances"))?;
    let found = listed
        .iter()
        .find(|one| original_day(one, master) == Some(day));
    Ok(found.and_then(|one| Some(TargetId(one["id"].as_str()?.to_owned()))))
}
