//! On which days a `patternedRecurrence` falls: asked of each day in turn, slow and plain.
//! <https://learn.microsoft.com/graph/api/resources/recurrencepattern>

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use serde_json::Value;

use crate::answer::{Answer, refuse};

/// No series is walked further.
const DAYS_MAX: usize = 400 * 366;

/// A recurrence whose fields were checked.
pub(super) struct Rule {
    kind: String,
    interval: i64,
    days: Vec<Weekday>,
    day_of_month: u32,
    month: u32,
    index: String,
    week_start: Weekday,
    start: NaiveDate,
    end: Option<NaiveDate>,
    count: Option<usize>,
}

fn bad(what: &str) -> Answer {
    let message = format!("The recurrence is not valid: {what}");
    refuse(400, "ErrorPropertyValidationFailure", &message)
}

fn weekday(value: &Value) -> Option<Weekday> {
    let name = value.as_str()?;
    [
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ]
    .contains(&name)
    .then(|| name.parse().ok())?
}

impl Rule {
    pub(super) fn read(value: &Value) -> Result<Self, Answer> {
        let (pattern, range) = (&value["pattern"], &value["range"]);
        let kind = pattern["type"].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| pattern[name].as_i64().unwrap_or(0);
        let small = |name: &str| u32::try_from(number(name)).unwrap_or(0);
        let date = |name: &str| {
            range[name]
                .as_str()
                .and_then(|text| text.parse::<NaiveDate>().ok())
        };
        let named = pattern["daysOfWeek"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let days: Option<Vec<Weekday>> = named.iter().map(weekday).collect();
        let days = days.ok_or_else(|| bad("daysOfWeek"))?;
        let rule = Self {
            interval: number("interval"),
            day_of_month: small("dayOfMonth"),
            month: small("month"),
            index: pattern["index"].as_str().unwrap_or("first").to_owned(),
            week_start: weekday(&pattern["firstDayOfWeek"]).unwrap_or(Weekday::Sun),
            start: date("startDate").ok_or_else(|| bad("startDate"))?,
            end: match range["type"].as_str() {
                Some("endDate") => Some(date("endDate").ok_or_else(|| bad("endDate"))?),
                _ => None,
            },
            count: match range["type"].as_str() {
                Some("numbered") => {
                    let count = range["numberOfOccurrences"]
                        .as_u64()
                        .filter(|count| *count > 0);
                    Some(
                        usize::try_from(count.ok_or_else(|| bad("numberOfOccurrences"))?)
                            .unwrap_or(usize::MAX),
                    )
                }
                Some("endDate" | "noEnd") => None,
                _ => return Err(bad("range type")),
            },
            kind,
            days,
        };
        rule.check()
    }

    fn check(self) -> Result<Self, Answer> {
        let needs_days = ["weekly", "relativeMonthly", "relativeYearly"].contains(&&*self.kind);
        let needs_date = ["absoluteMonthly", "absoluteYearly"].contains(&&*self.kind);
        let needs_month = ["absoluteYearly", "relativeYearly"].contains(&&*self.kind);
        if self.interval < 1 {
            return Err(bad("interval"));
        }
        if !(needs_days || needs_date || self.kind == "daily") {
            return Err(bad("type"));
        }
        if needs_days && self.days.is_empty() {
            return Err(bad("daysOfWeek"));
        }
        if needs_date && !(1..=31).contains(&self.day_of_month) {
            return Err(bad("dayOfMonth"));
        }
        if needs_month && !(1..=12).contains(&self.month) {
            return Err(bad("month"));
        }
        if !["first", "second", "third", "fourth", "last"].contains(&&*self.index) {
            return Err(bad("index"));
        }
        if self.end.is_some_and(|end| end < self.start) {
            return Err(bad("endDate before startDate"));
        }
        Ok(self)
    }

    pub(super) fn start(&self) -> NaiveDate {
        self.start
    }

    /// Every day up to `last` on which it falls.
    pub(super) fn days_up_to(&self, last: NaiveDate) -> impl Iterator<Item = NaiveDate> + '_ {
        let last = self.end.map_or(last, |end| end.min(last));
        self.start
            .iter_days()
            .take(DAYS_MAX)
            .take_while(move |day| *day <= last)
            .filter(|day| self.falls(*day))
            .take(self.count.unwrap_or(usize::MAX))
    }

    fn falls(&self, day: NaiveDate) -> bool {
        let months = i64::from(day.year() - self.start.year()) * 12 + i64::from(day.month())
            - i64::from(self.start.month());
        let years = i64::from(day.year() - self.start.year());
        let turns = |number: i64| number % self.interval == 0;
        match &*self.kind {
            "daily" => turns((day - self.start).num_days()),
            "weekly" => {
                let back = |day: NaiveDate| i64::from(day.weekday().days_since(self.week_start));
                let week = |day: NaiveDate| day - TimeDelta::days(back(day));
                turns((week(day) - week(self.start)).num_days() / 7)
                    && self.days.contains(&day.weekday())
            }
            "absoluteMonthly" => turns(months) && self.is_date(day),
            "absoluteYearly" => turns(years) && day.month() == self.month && self.is_date(day),
            "relativeMonthly" => turns(months) && self.is_nth(day),
            "relativeYearly" => turns(years) && day.month() == self.month && self.is_nth(day),
            _ => false,
        }
    }

    /// "If greater than the number of days in the month, the last day" ([MS-OXOCAL] 2.2.1.44.1.3).
    fn is_date(&self, day: NaiveDate) -> bool {
        day.day() == self.day_of_month.min(u32::from(day.num_days_in_month()))
    }

    fn is_nth(&self, day: NaiveDate) -> bool {
        if !self.days.contains(&day.weekday()) {
            return false;
        }
        let fits = |number: &u32| {
            let other = day.with_day(*number);
            other.is_some_and(|other| self.days.contains(&other.weekday()))
        };
        let before = (1..day.day()).filter(fits).count();
        let after = (day.day() + 1..=u32::from(day.num_days_in_month()))
            .filter(fits)
            .count();
        match &*self.index {
            "last" => after == 0,
            "first" => before == 0,
            "second" => before == 1,
            "third" => before == 2,
            _ => before == 3,
        }
    }
}
