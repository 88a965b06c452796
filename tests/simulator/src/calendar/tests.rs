//! The rules of series, without a socket: expansion against the days that the documentation names, neighbours, invitations.

use serde_json::{Value, json};

use super::rule::Rule;

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
