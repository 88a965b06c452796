//! Times of events: `dateTimeTimeZone` in the zones that Exchange knows.
//! <https://learn.microsoft.com/graph/api/resources/datetimetimezone>

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::windows_zones::ZONES;
use crate::answer::{Answer, refuse};

/// The zone of a name, Windows' or IANA's.
pub(super) fn named(name: &str) -> Option<Tz> {
    let windows = ZONES
        .iter()
        .find(|(windows, _)| windows.eq_ignore_ascii_case(name));
    windows.map_or(name, |(_, place)| place).parse().ok()
}

/// The wall clock and where it hangs.
pub(super) fn read(value: &Value) -> Result<(NaiveDateTime, Tz), Answer> {
    let text = value
        .get("dateTime")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let zone = value
        .get("timeZone")
        .and_then(Value::as_str)
        .unwrap_or("UTC");
    let zone = named(zone).ok_or_else(|| {
        let message = format!("The time zone '{zone}' is not supported.");
        refuse(400, "TimeZoneNotSupportedException", &message)
    })?;
    let bad = || {
        refuse(
            400,
            "ErrorInvalidRequest",
            "dateTime is not a date and time.",
        )
    };
    let local = text.trim_end_matches('Z').parse().map_err(|_| bad())?;
    Ok((local, zone))
}

/// A wall clock that is skipped is read with the offset from before the gap.
pub(super) fn instant(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        chrono::LocalResult::Single(at) | chrono::LocalResult::Ambiguous(at, _) => at.to_utc(),
        chrono::LocalResult::None => {
            let day_before = local - chrono::TimeDelta::days(1);
            let offset = zone.offset_from_utc_datetime(&day_before).fix();
            (local - offset).and_utc()
        }
    }
}

fn shown(at: NaiveDateTime) -> Value {
    json!({"dateTime": at.format("%Y-%m-%dT%H:%M:%S.0000000").to_string(), "timeZone": "UTC"})
}

/// The event with its times in UTC; days stay the days that they are.
pub(super) fn in_utc(event: &Map<String, Value>) -> Map<String, Value> {
    let mut event = event.clone();
    for name in ["start", "end"] {
        let Some(Ok((local, zone))) = event.get(name).map(read) else {
            continue;
        };
        let at = if event.get("isAllDay") == Some(&Value::Bool(true)) {
            local
        } else {
            instant(local, zone).naive_utc()
        };
        event.insert(name.to_owned(), shown(at));
    }
    event
}
