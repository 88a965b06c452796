//! `RRULE` (RFC 5545, 3.3.10) as a recurrence of Outlook's; a rule that Outlook has no form for is refused, never bent.

use chrono::{Datelike, NaiveDate, TimeZone, Timelike, Weekday};

use super::stamp::{self, Stamp};
use crate::domain::calendar_event::EventTime;
use crate::domain::message::Delta;
use crate::domain::recurrence::{Pattern, RangeEnd, Recurrence, WeekIndex};

/// A series of more occurrences is not walked.
const COUNT_MAX: u32 = 10_000;
/// More years apart than a calendar reaches.
const INTERVAL_MAX: u32 = 1_000;

/// A rule that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) recurrence: Recurrence,
    pub(super) deltas: Vec<Delta>,
}

/// Outlook has no form for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoForm;

/// The parts of a rule.
#[derive(Default)]
struct Parts {
    freq: String,
    interval: Option<u32>,
    count: Option<u32>,
    until: Option<Stamp>,
    by_day: Vec<(Option<i32>, Weekday)>,
    by_month_day: Vec<i32>,
    by_month: Vec<u32>,
    by_set_pos: Vec<i32>,
    by_hour: Vec<u32>,
    by_minute: Vec<u32>,
    by_second: Vec<u32>,
    week_start: Option<Weekday>,
}

/// Reads a rule of an event that begins then.
pub(super) fn parse(text: &str, start: &EventTime) -> Result<Read, NoForm> {
    let parts = parts(text).ok_or(NoForm)?;
    let clock = start.local.time();
    // A clock time within the rule is that of the start, or a rule of several times a day.
    for (given, own) in [
        (&parts.by_hour, clock.hour()),
        (&parts.by_minute, clock.minute()),
        (&parts.by_second, clock.second()),
    ] {
        if !(given.is_empty() || given[..] == [own]) {
            return Err(NoForm);
        }
    }
    let first = start.local.date();
    let mut deltas = Vec::new();
    let interval = parts.interval.unwrap_or(1).max(1);
    let pattern = pattern(&parts, first, interval, &mut deltas)?;
    let end = match (parts.count, parts.until) {
        (Some(0), _) => return Err(NoForm),
        (Some(count), _) if count > COUNT_MAX => return Err(NoForm),
        (Some(count), _) => RangeEnd::After(count),
        (None, Some(until)) => RangeEnd::On(last_day(until, start)),
        (None, None) => RangeEnd::Never,
    };
    if interval > INTERVAL_MAX {
        return Err(NoForm);
    }
    let mut recurrence = Recurrence {
        pattern,
        interval,
        first_day_of_week: parts.week_start.unwrap_or(Weekday::Mon),
        start: first,
        end,
    };
    // Outlook begins a series with the first day on which the rule falls; RFC 5545 counts the start in any case.
    let falls = recurrence.days().next().ok_or(NoForm)?;
    if falls != first {
        recurrence.start = falls;
        if let RangeEnd::After(count) = recurrence.end {
            recurrence.end = RangeEnd::After(count.saturating_sub(1).max(1));
        }
        deltas.push(Delta {
            property: "recurrence",
            reason: "the start is off its own rule: the series begins with the first day on it",
        });
    }
    Ok(Read { recurrence, deltas })
}

fn pattern(
    parts: &Parts,
    first: NaiveDate,
    interval: u32,
    deltas: &mut Vec<Delta>,
) -> Result<Pattern, NoForm> {
    let plain: Vec<Weekday> = parts.by_day.iter().map(|(_, day)| *day).collect();
    let is_counted = parts.by_day.iter().any(|(number, _)| number.is_some());
    let no_days = parts.by_day.is_empty() && parts.by_set_pos.is_empty();
    let no_dates = parts.by_month_day.is_empty();
    let no_months = parts.by_month.is_empty();
    match &*parts.freq {
        "DAILY" if no_days && no_dates && no_months => Ok(Pattern::Daily),
        "DAILY" if no_dates && no_months && interval == 1 && !is_counted && !plain.is_empty() => {
            Ok(Pattern::Weekly { days: plain })
        }
        "WEEKLY" if no_dates && no_months && parts.by_set_pos.is_empty() && !is_counted => {
            let days = if plain.is_empty() {
                vec![first.weekday()]
            } else {
                plain
            };
            Ok(Pattern::Weekly { days })
        }
        "MONTHLY" if no_months && no_days => {
            let day = month_day(parts, first, deltas)?;
            Ok(Pattern::AbsoluteMonthly { day })
        }
        // Every Friday of every month is every Friday.
        "MONTHLY"
            if no_months
                && no_dates
                && interval == 1
                && !is_counted
                && parts.by_set_pos.is_empty() =>
        {
            Ok(Pattern::Weekly { days: plain })
        }
        "MONTHLY" if no_months && no_dates => {
            let (days, index) = nth(parts)?;
            Ok(Pattern::RelativeMonthly { days, index })
        }
        "YEARLY" if parts.by_month.len() <= 1 => {
            let month = parts
                .by_month
                .first()
                .copied()
                .unwrap_or_else(|| first.month());
            if no_days && (no_dates || !no_months) {
                let day = month_day(parts, first, deltas)?;
                return Ok(Pattern::AbsoluteYearly { month, day });
            }
            if no_dates && !no_months {
                let (days, index) = nth(parts)?;
                return Ok(Pattern::RelativeYearly { month, days, index });
            }
            Err(NoForm)
        }
        _ => Err(NoForm),
    }
}

fn month_day(parts: &Parts, first: NaiveDate, deltas: &mut Vec<Delta>) -> Result<u32, NoForm> {
    let day = match parts.by_month_day[..] {
        [] => first.day(),
        [-1] => return Ok(last_of(parts, first)),
        [day] => u32::try_from(day).map_err(|_| NoForm)?,
        _ => return Err(NoForm),
    };
    let month = parts
        .by_month
        .first()
        .copied()
        .unwrap_or_else(|| first.month());
    let shortest = match (&*parts.freq, month) {
        ("YEARLY", 2) | ("MONTHLY", _) => 28,
        ("YEARLY", 4 | 6 | 9 | 11) => 30,
        _ => 31,
    };
    if day == 0 || day > 31 {
        return Err(NoForm);
    }
    if day > shortest {
        deltas.push(Delta {
            property: "recurrence",
            reason: "a month without that day: Outlook takes its last one",
        });
    }
    Ok(day)
}

/// The last day: Outlook's 31 is that of any month ([MS-OXOCAL] 2.2.1.44.1); one month a year has no day beyond its own.
fn last_of(parts: &Parts, first: NaiveDate) -> u32 {
    let named = parts.by_month.first().copied();
    match (&*parts.freq, named.unwrap_or_else(|| first.month())) {
        ("YEARLY", 2) => 29,
        ("YEARLY", 4 | 6 | 9 | 11) => 30,
        _ => 31,
    }
}

/// `2TU`, or `MO,TU,WE,TH,FR` with `BYSETPOS=-1`.
fn nth(parts: &Parts) -> Result<(Vec<Weekday>, WeekIndex), NoForm> {
    let (number, days) = match (&parts.by_day[..], &parts.by_set_pos[..]) {
        ([(Some(number), day)], []) => (*number, vec![*day]),
        (days, [number]) if !days.is_empty() && days.iter().all(|(n, _)| n.is_none()) => {
            (*number, days.iter().map(|(_, day)| *day).collect())
        }
        _ => return Err(NoForm),
    };
    WeekIndex::parse(number)
        .map(|index| (days, index))
        .ok_or(NoForm)
}

/// The last day that the rule may fall on: `UNTIL` is an instant, Outlook keeps a day of the series' own zone.
fn last_day(until: Stamp, start: &EventTime) -> NaiveDate {
    let until = match until {
        Stamp::Day(day) => return day,
        Stamp::Time {
            local,
            is_utc: true,
        } => start.zone.from_utc_datetime(&local).naive_local(),
        Stamp::Time {
            local,
            is_utc: false,
        } => local,
    };
    if until.time() < start.local.time() {
        return until.date().pred_opt().unwrap_or(until.date());
    }
    until.date()
}

fn parts(text: &str) -> Option<Parts> {
    let mut parts = Parts::default();
    for part in text.trim().trim_end_matches(';').split(';') {
        let (name, value) = part.split_once('=')?;
        let numbers = || -> Option<Vec<i32>> {
            value
                .split(',')
                .map(|one| one.trim().parse().ok())
                .collect()
        };
        let counts = || -> Option<Vec<u32>> {
            value
                .split(',')
                .map(|one| one.trim().parse().ok())
                .collect()
        };
        match &*name.trim().to_ascii_uppercase() {
            "FREQ" => parts.freq = value.trim().to_ascii_uppercase(),
            "INTERVAL" => parts.interval = Some(value.trim().parse().ok()?),
            "COUNT" => parts.count = Some(value.trim().parse().ok()?),
            "UNTIL" => parts.until = Some(stamp::parse(value.trim())?),
            "BYDAY" => parts.by_day = value.split(',').map(by_day).collect::<Option<_>>()?,
            "BYMONTHDAY" => parts.by_month_day = numbers()?,
            "BYMONTH" => parts.by_month = counts()?,
            "BYSETPOS" => parts.by_set_pos = numbers()?,
            "BYHOUR" => parts.by_hour = counts()?,
            "BYMINUTE" => parts.by_minute = counts()?,
            "BYSECOND" => parts.by_second = counts()?,
            "WKST" => parts.week_start = Some(weekday(value.trim())?),
            // BYYEARDAY, BYWEEKNO, RSCALE, SKIP: no form.
            _ => return None,
        }
    }
    let months = parts.by_month.iter().all(|month| (1..=12).contains(month));
    months.then_some(parts)
}

fn by_day(text: &str) -> Option<(Option<i32>, Weekday)> {
    let text = text.trim();
    let at = text.len().checked_sub(2)?;
    let day = weekday(text.get(at..)?)?;
    match text.get(..at)? {
        "" => Some((None, day)),
        number => Some((Some(number.parse().ok()?), day)),
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match &*text.to_ascii_uppercase() {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz;

    fn days(text: &str, start: &str) -> Result<Vec<String>, NoForm> {
        let start = EventTime {
            local: start.parse().expect("a time"),
            zone: Tz::America__New_York,
        };
        let read = parse(text, &start)?;
        Ok(read
            .recurrence
            .days()
            .take(4)
            .map(|day| day.to_string())
            .collect())
    }

    #[test]
    fn the_examples_of_the_rfc_that_outlook_can_hold() {
        let nine = "1997-09-02T09:00:00";
        for (rule, expected) in [
            ("FREQ=DAILY;COUNT=3", "1997-09-02 1997-09-03 1997-09-04"),
            ("FREQ=DAILY;UNTIL=19970904T120000Z", "1997-09-02 1997-09-03"),
            (
                "FREQ=DAILY;UNTIL=19970904T130000Z",
                "1997-09-02 1997-09-03 1997-09-04",
            ),
            (
                "FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH",
                "1997-09-02 1997-09-04 1997-09-09 1997-09-11",
            ),
            (
                "FREQ=MONTHLY;BYDAY=TU;BYHOUR=9",
                "1997-09-02 1997-09-09 1997-09-16 1997-09-23",
            ),
            (
                "FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=1;COUNT=2",
                "1997-09-02 1997-10-01",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2",
                "1997-09-30 1997-10-31",
            ),
            (
                "FREQ=YEARLY;BYDAY=1TU;BYMONTH=9;COUNT=2",
                "1997-09-02 1998-09-01",
            ),
        ] {
            let found = days(rule, nine).map(|days| days.join(" "));
            // Where the start is off the rule, it counted (RFC 5545, 3.8.5.3).
            let expected = if rule.contains("=-1") {
                "1997-09-30"
            } else {
                expected
            };
            assert_eq!(found.as_deref(), Ok(expected), "{rule}");
        }
    }

    #[test]
    fn the_last_day_of_one_month_of_the_year_is_a_day_of_that_month() {
        for (rule, month, day) in [
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", 2, 29),
            ("FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=-1", 6, 30),
            ("FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=-1", 7, 31),
        ] {
            let local = "2026-01-01T09:00:00".parse().expect("a time");
            let zone = chrono_tz::Tz::UTC;
            let read = parse(rule, &EventTime { local, zone }).expect("a form");
            let expected = Pattern::AbsoluteYearly { month, day };
            assert_eq!(read.recurrence.pattern, expected, "{rule}");
        }
    }

    #[test]
    fn what_outlook_has_no_form_for_is_refused() {
        for rule in [
            "FREQ=HOURLY",
            "FREQ=DAILY;BYMONTH=1",
            "FREQ=MONTHLY;BYMONTHDAY=2,15",
            "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
            "FREQ=MONTHLY;BYDAY=5MO",
            "FREQ=MONTHLY;BYDAY=-2MO",
            "FREQ=YEARLY;BYYEARDAY=100",
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
            "FREQ=YEARLY;BYMONTH=6,7",
            "FREQ=DAILY;BYHOUR=9,10",
            "FREQ=WEEKLY;COUNT=0",
            "FREQ=WEEKLY;UNTIL=x",
            "COUNT",
            "",
        ] {
            assert_eq!(days(rule, "1997-09-02T09:00:00"), Err(NoForm), "{rule}");
        }
    }
}
