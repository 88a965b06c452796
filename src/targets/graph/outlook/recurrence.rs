//! A recurrence as Graph's `patternedRecurrence` and back.
//! <https://learn.microsoft.com/graph/api/resources/patternedrecurrence>

use chrono::{NaiveDate, Weekday};
use serde_json::{Value, json};

use crate::domain::recurrence::{Pattern, RangeEnd, Recurrence, WeekIndex};

const DAYS: [(Weekday, &str); 7] = [
    (Weekday::Mon, "monday"),
    (Weekday::Tue, "tuesday"),
    (Weekday::Wed, "wednesday"),
    (Weekday::Thu, "thursday"),
    (Weekday::Fri, "friday"),
    (Weekday::Sat, "saturday"),
    (Weekday::Sun, "sunday"),
];
const INDEXES: [(WeekIndex, &str); 5] = [
    (WeekIndex::First, "first"),
    (WeekIndex::Second, "second"),
    (WeekIndex::Third, "third"),
    (WeekIndex::Fourth, "fourth"),
    (WeekIndex::Last, "last"),
];

fn day(day: Weekday) -> &'static str {
    DAYS[day.num_days_from_monday() as usize].1
}

fn index(index: WeekIndex) -> &'static str {
    INDEXES[index as usize].1
}

/// `zone` is where the days are counted.
pub(super) fn json(rule: &Recurrence, zone: &str) -> Value {
    let named = |days: &[Weekday]| -> Vec<&str> { days.iter().map(|one| day(*one)).collect() };
    let interval = rule.interval;
    let pattern = match &rule.pattern {
        Pattern::AbsoluteMonthly { day } => {
            json!({"type": "absoluteMonthly", "interval": interval, "dayOfMonth": day})
        }
        Pattern::AbsoluteYearly { month, day } => json!({
            "type": "absoluteYearly", "interval": interval, "dayOfMonth": day, "month": month
        }),
        Pattern::Daily => json!({"type": "daily", "interval": interval}),
        Pattern::RelativeMonthly { days, index: at } => json!({
            "type": "relativeMonthly", "interval": interval, "daysOfWeek": named(days),
            "index": index(*at)
        }),
        Pattern::RelativeYearly {
            month,
            days,
            index: at,
        } => json!({
            "type": "relativeYearly", "interval": interval, "daysOfWeek": named(days),
            "index": index(*at), "month": month
        }),
        Pattern::Weekly { days } => json!({
            "type": "weekly", "interval": interval, "daysOfWeek": named(days),
            "firstDayOfWeek": day(rule.first_day_of_week)
        }),
    };
    let start = rule.start.to_string();
    let mut range = match rule.end {
        RangeEnd::After(count) => {
            json!({"type": "numbered", "startDate": start, "numberOfOccurrences": count})
        }
        RangeEnd::Never => json!({"type": "noEnd", "startDate": start}),
        RangeEnd::On(last) => {
            json!({"type": "endDate", "startDate": start, "endDate": last.to_string()})
        }
    };
    range["recurrenceTimeZone"] = zone.into();
    json!({"pattern": pattern, "range": range})
}

/// A rule as it came back; `None` where it has a form that we never write.
pub(super) fn read(value: &Value) -> Option<Recurrence> {
    let (pattern, range) = (&value["pattern"], &value["range"]);
    let number = |from: &Value, name: &str| u32::try_from(from[name].as_u64()?).ok();
    let date = |name: &str| range[name].as_str()?.parse::<NaiveDate>().ok();
    let read_day = |name: &Value| {
        let name = name.as_str()?;
        DAYS.iter()
            .find(|(_, known)| *known == name)
            .map(|(day, _)| *day)
    };
    let days = || -> Option<Vec<Weekday>> {
        pattern["daysOfWeek"]
            .as_array()?
            .iter()
            .map(read_day)
            .collect()
    };
    let index = || {
        let name = pattern["index"].as_str()?;
        INDEXES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(index, _)| *index)
    };
    let (month, day_of_month) = (number(pattern, "month"), number(pattern, "dayOfMonth"));
    Some(Recurrence {
        pattern: match pattern["type"].as_str()? {
            "absoluteMonthly" => Pattern::AbsoluteMonthly { day: day_of_month? },
            "absoluteYearly" => Pattern::AbsoluteYearly {
                month: month?,
                day: day_of_month?,
            },
            "daily" => Pattern::Daily,
            "relativeMonthly" => Pattern::RelativeMonthly {
                days: days()?,
                index: index()?,
            },
            "relativeYearly" => Pattern::RelativeYearly {
                month: month?,
                days: days()?,
                index: index()?,
            },
            "weekly" => Pattern::Weekly { days: days()? },
            _ => return None,
        },
        interval: number(pattern, "interval")?,
        first_day_of_week: read_day(&pattern["firstDayOfWeek"]).unwrap_or(Weekday::Sun),
        start: date("startDate")?,
        end: match range["type"].as_str()? {
            "numbered" => RangeEnd::After(number(range, "numberOfOccurrences")?),
            "noEnd" => RangeEnd::Never,
            "endDate" => RangeEnd::On(date("endDate")?),
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_comes_back_as_it_went() {
        let days = vec![Weekday::Tue, Weekday::Thu];
        let index = WeekIndex::Last;
        let start: NaiveDate = "2026-01-06".parse().expect("a day");
        for pattern in [
            Pattern::AbsoluteMonthly { day: 31 },
            Pattern::AbsoluteYearly { month: 2, day: 29 },
            Pattern::Daily,
            Pattern::RelativeMonthly {
                days: days.clone(),
                index,
            },
            Pattern::RelativeYearly {
                month: 11,
                days: days.clone(),
                index,
            },
            Pattern::Weekly { days },
        ] {
            for end in [RangeEnd::After(3), RangeEnd::Never, RangeEnd::On(start)] {
                let rule = Recurrence {
                    pattern: pattern.clone(),
                    interval: 2,
                    first_day_of_week: Weekday::Sun,
                    start,
                    end,
                };
                assert_eq!(read(&json(&rule, "UTC")), Some(rule));
            }
        }
    }
}
