//! The rules of series, without a socket: expansion against the days that the documentation names, neighbours, invitations.

use serde_json::{Value, json};

use super::rule::Rule;
use crate::tests::{ask, tenant};

fn days(pattern: &Value, range: &Value, last: &str) -> String {
    let rule = Rule::read(&json!({"pattern": pattern, "range": range})).expect("a rule");
    let days: Vec<String> = rule
        .days_up_to(last.parse().expect("a day"))
        .map(|day| day.to_string())
        .collect();
    days.join(" ")
}

#[test]
fn rules_fall_on_their_days() {
    let never = |start: &str| json!({"type": "noEnd", "startDate": start});
    let weekly = json!({
        "type": "weekly", "interval": 2, "daysOfWeek": ["monday", "friday"],
        "firstDayOfWeek": "monday"
    });
    assert_eq!(
        days(&weekly, &never("2026-01-09"), "2026-01-26"),
        "2026-01-09 2026-01-19 2026-01-23"
    );
    let last_day = json!({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31});
    assert_eq!(
        days(&last_day, &never("2026-01-31"), "2026-03-31"),
        "2026-01-31 2026-02-28 2026-03-31"
    );
    let second_tuesday = json!({
        "type": "relativeMonthly", "interval": 1, "daysOfWeek": ["tuesday"], "index": "second"
    });
    let twice = json!({"type": "numbered", "startDate": "2026-01-13", "numberOfOccurrences": 2});
    assert_eq!(
        days(&second_tuesday, &twice, "2027-01-01"),
        "2026-01-13 2026-02-10"
    );
    let last_workday = json!({
        "type": "relativeYearly", "interval": 1, "month": 12, "index": "last",
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"]
    });
    let until = json!({"type": "endDate", "startDate": "2026-12-31", "endDate": "2028-01-01"});
    assert_eq!(
        days(&last_workday, &until, "2030-01-01"),
        "2026-12-31 2027-12-31"
    );
}

#[test]
fn rules_that_are_none_are_refused() {
    let range = json!({"type": "noEnd", "startDate": "2026-01-01"});
    for pattern in [
        json!({"type": "daily", "interval": 0}),
        json!({"type": "weekly", "interval": 1}),
        json!({"type": "weekly", "interval": 1, "daysOfWeek": ["mon"]}),
        json!({"type": "absoluteMonthly", "interval": 1}),
        json!({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 1}),
        json!({"type": "hourly", "interval": 1}),
    ] {
        let rule = json!({"pattern": pattern, "range": range});
        assert!(Rule::read(&rule).is_err(), "{pattern}");
    }
}

fn weekly() -> Value {
    let zone = "W. Europe Standard Time";
    let at =
        |hour: u32| json!({"dateTime": format!("2026-03-23T{hour:02}:00:00"), "timeZone": zone});
    json!({
        "subject": "Weekly", "start": at(9), "end": at(10), "transactionId": "t-1",
        "recurrence": {
            "pattern": {
                "type": "weekly", "interval": 1, "daysOfWeek": ["monday"],
                "firstDayOfWeek": "monday",
            },
            "range": {"type": "numbered", "startDate": "2026-03-23", "numberOfOccurrences": 4},
        },
    })
}

#[test]
fn whoever_is_an_attendee_is_invited_and_counted() {
    let (mut tenant, _) = tenant();
    let events = "users/ada@clean.example/calendar/events";
    let mut event = weekly();
    event["attendees"] = json!([{"emailAddress": {"address": "eve@evil.example"}}]);
    let (status, made) = ask(&mut tenant, "POST", events, &event);
    assert_eq!(status, 201, "{made}");
    assert_eq!(tenant.users[0].calendar.invitations, 1);
    let one = format!(
        "users/ada@clean.example/events/{}",
        made["id"].as_str().expect("an id")
    );
    let guest = |address: &str| json!({"emailAddress": {"address": address}});
    let more = json!({"attendees": [guest("a@x"), guest("b@x")]});
    assert_eq!(ask(&mut tenant, "PATCH", &one, &more).0, 200);
    assert_eq!(tenant.users[0].calendar.invitations, 3);
}

#[test]
fn a_series_keeps_graphs_rules() {
    let (mut tenant, _) = tenant();
    let events = "users/ada@clean.example/events";
    let (status, made) = ask(&mut tenant, "POST", events, &weekly());
    assert_eq!(
        (status, &made["type"]),
        (201, &json!("seriesMaster")),
        "{made}"
    );
    // In UTC, and an hour earlier from the day on which the clocks change.
    assert_eq!(made["start"]["dateTime"], "2026-03-23T08:00:00.0000000");
    let (_, again) = ask(&mut tenant, "POST", events, &weekly());
    assert_eq!(
        again["id"], made["id"],
        "the same transactionId makes no second one"
    );
    let one = format!("{events}/{}", made["id"].as_str().expect("an id"));
    let range = "startDateTime=2026-03-29T00:00:00Z&endDateTime=2026-04-07T00:00:00Z";
    let (_, listed) = ask(
        &mut tenant,
        "GET",
        &format!("{one}/instances?{range}"),
        &Value::Null,
    );
    let starts: Vec<&str> = listed["value"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["start"]["dateTime"].as_str())
        .collect();
    assert_eq!(
        starts,
        ["2026-03-30T07:00:00.0000000", "2026-04-06T07:00:00.0000000"]
    );
    let instance = format!(
        "{events}/{}",
        listed["value"][0]["id"].as_str().expect("an id")
    );
    let moved = |day: &str| {
        let at =
            |hour: u32| json!({"dateTime": format!("{day}T{hour:02}:00:00"), "timeZone": "UTC"});
        json!({"start": at(7), "end": at(8)})
    };
    let (status, refused) = ask(&mut tenant, "PATCH", &instance, &moved("2026-04-06"));
    assert_eq!(
        (status, &refused["error"]["code"]),
        (400, &json!("ErrorOccurrenceCrossingBoundary"))
    );
    assert_eq!(
        ask(&mut tenant, "PATCH", &instance, &moved("2026-03-31")).0,
        200
    );
    assert_eq!(ask(&mut tenant, "DELETE", &instance, &Value::Null).0, 204);
    let select = format!("{one}?$select=cancelledOccurrences&$expand=exceptionOccurrences");
    let (_, read) = ask(&mut tenant, "GET", &select, &Value::Null);
    let day = read["cancelledOccurrences"][0].as_str().expect("an id");
    assert!(day.ends_with(".2026-03-30"), "{day}");
    assert_eq!(read["exceptionOccurrences"], json!([]));
}

#[test]
fn times_that_are_none_are_refused() {
    let (mut tenant, _) = tenant();
    let changes: [(&str, Value); 5] = [
        (
            "end",
            json!({"dateTime": "2026-03-23T08:00:00", "timeZone": "W. Europe Standard Time"}),
        ),
        ("isAllDay", json!(true)),
        (
            "start",
            json!({"dateTime": "2026-03-22T09:00:00", "timeZone": "UTC"}),
        ),
        (
            "start",
            json!({"dateTime": "2026-03-23T09:00:00", "timeZone": "Mars"}),
        ),
        ("colour", json!("red")),
    ];
    for (name, value) in changes {
        let mut event = weekly();
        event[name] = value;
        let (status, answer) = ask(
            &mut tenant,
            "POST",
            "users/ada@clean.example/events",
            &event,
        );
        assert_eq!(status, 400, "{name}: {answer}");
    }
    let (status, _) = ask(
        &mut tenant,
        "POST",
        "users/ada@clean.example/events",
        &json!({"subject": "x"}),
    );
    assert_eq!(status, 400, "an event without times");
}
