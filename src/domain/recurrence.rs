//! A recurrence as Outlook knows it, and the days on which it falls; rules that Outlook does not know are refused on reading.
//! <https://learn.microsoft.com/graph/api/resources/recurrencepattern>

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// A rule that yields fewer days than this in so many steps yields none any more.
const STEPS_MAX: usize = 20_000;

/// Which of the days of a month that carry a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WeekIndex {
    /// `first`
    First,
    /// `second`
    Second,
    /// `third`
    Third,
    /// `fourth`
    Fourth,
    /// `last`
    Last,
}

impl WeekIndex {
    /// 1 to 4, or -1 for the last, as RFC 5545 counts.
    pub fn parse(number: i32) -> Option<Self> {
        Some(match number {
            -1 => Self::Last,
            1 => Self::First,
            2 => Self::Second,
            3 => Self::Third,
            4 => Self::Fourth,
            _ => return None,
        })
    }
}

/// How often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Every so many months on that day; on the last one of a shorter month ([MS-OXOCAL] 2.2.1.44.1).
    AbsoluteMonthly {
        /// 1 to 31.
        day: u32,
    },
    /// Every so many years.
    AbsoluteYearly {
        /// 1 to 12.
        month: u32,
        /// 1 to 31.
        day: u32,
    },
    /// Every so many days.
    Daily,
    /// Every so many months on the nth of these days.
    RelativeMonthly {
        /// Any of them counts.
        days: Vec<Weekday>,
        /// Which.
        index: WeekIndex,
    },
    /// Every so many years on the nth of these days in a month.
    RelativeYearly {
        /// 1 to 12.
        month: u32,
        /// Any of them counts.
        days: Vec<Weekday>,
        /// Which.
        index: WeekIndex,
    },
    /// Every so many weeks on these days.
    Weekly {
        /// At least one.
        days: Vec<Weekday>,
    },
}

/// Until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeEnd {
    /// So many times.
    After(u32),
    /// For ever.
    Never,
    /// Up to that day, inclusive.
    On(NaiveDate),
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// How often.
    pub pattern: Pattern,
    /// Every so many of them; at least 1.
    pub interval: u32,
    /// Where a week begins; it matters for every other week.
    pub first_day_of_week: Weekday,
    /// The first day, in the zone of the event's start.
    pub start: NaiveDate,
    /// Until when.
    pub end: RangeEnd,
}

impl Recurrence {
    /// The days on which it falls, ascending; as many as anybody asks for.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        let most = match self.end {
            RangeEnd::After(count) => count as usize,
            RangeEnd::Never | RangeEnd::On(_) => usize::MAX,
        };
        (0..STEPS_MAX)
            .map_while(|step| self.step(step))
            .flatten()
            .filter(|day| *day >= self.start)
            .take_while(|day| !matches!(self.end, RangeEnd::On(last) if *day > last))
            .take(most)
    }

    /// Whether it falls on that day.
    pub fn falls_on(&self, wanted: NaiveDate) -> bool {
        self.days()
            .take_while(|day| *day <= wanted)
            .any(|day| day == wanted)
    }

    /// The last day; `None` when there is none.
    pub fn last(&self) -> Option<NaiveDate> {
        match self.end {
            RangeEnd::Never => None,
            RangeEnd::After(_) | RangeEnd::On(_) => self.days().last(),
        }
    }

    /// The days of one turn of the rule, sorted; `None` beyond the calendar.
    fn step(&self, step: usize) -> Option<Vec<NaiveDate>> {
        let turns = u32::try_from(step)
            .ok()?
            .checked_mul(self.interval.max(1))?;
        let month = |months: u32| {
            let first = self.start.with_day(1)?;
            first.checked_add_months(Months::new(months))
        };
        let year = |wanted: u32| {
            let year = self.start.year().checked_add(i32::try_from(turns).ok()?)?;
            NaiveDate::from_ymd_opt(year, wanted, 1)
        };
        Some(match &self.pattern {
            Pattern::Daily => vec![self.start.checked_add_days(Days::new(turns.into()))?],
            Pattern::Weekly { days } => {
                let week = self
                    .start
                    .week(self.first_day_of_week)
                    .checked_first_day()?;
                let week = week.checked_add_days(Days::new(u64::from(turns) * 7))?;
                let days = week
                    .iter_days()
                    .take(7)
                    .filter(|day| days.contains(&day.weekday()));
                days.collect()
            }
            Pattern::AbsoluteMonthly { day } => vec![clamped(month(turns)?, *day)?],
            Pattern::AbsoluteYearly { month, day } => vec![clamped(year(*month)?, *day)?],
            Pattern::RelativeMonthly { days, index } => {
                nth(month(turns)?, days, *index).into_iter().collect()
            }
            Pattern::RelativeYearly { month, days, index } => {
                nth(year(*month)?, days, *index).into_iter().collect()
            }
        })
    }
}

/// That day of the month, or its last one.
fn clamped(first: NaiveDate, day: u32) -> Option<NaiveDate> {
    let days = u32::from(first.num_days_in_month());
    first.with_day(day.clamp(1, days))
}

fn nth(first: NaiveDate, days: &[Weekday], index: WeekIndex) -> Option<NaiveDate> {
    let mut fitting = first
        .iter_days()
        .take(first.num_days_in_month().into())
        .filter(|day| days.contains(&day.weekday()));
    match index {
        WeekIndex::First => fitting.next(),
        WeekIndex::Second => fitting.nth(1),
        WeekIndex::Third => fitting.nth(2),
        WeekIndex::Fourth => fitting.nth(3),
        // From the back `iter_days` goes into the past.
        WeekIndex::Last => fitting.reduce(|_, later| later),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(pattern: Pattern, interval: u32, start: &str, end: RangeEnd) -> Recurrence {
        Recurrence {
            pattern,
            interval,
            first_day_of_week: Weekday::Mon,
            start: start.parse().expect("a day"),
            end,
        }
    }

    fn days(rule: &Recurrence) -> Vec<String> {
        rule.days().take(4).map(|day| day.to_string()).collect()
    }

    #[test]
    fn each_pattern_falls_on_its_days() {
        let never = RangeEnd::Never;
        let weekly = Pattern::Weekly {
            days: vec![Weekday::Mon, Weekday::Fri],
        };
        let shown = days(&rule(weekly, 2, "2026-01-07", never));
        assert_eq!(
            shown,
            ["2026-01-09", "2026-01-19", "2026-01-23", "2026-02-02"]
        );
        let month_end = Pattern::AbsoluteMonthly { day: 31 };
        let shown = days(&rule(month_end, 1, "2026-01-31", never));
        assert_eq!(
            shown,
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
        );
        let last_workday = Pattern::RelativeMonthly {
            days: vec![
                Weekday::Mon,
                Weekday::Tue,
                Weekday::Wed,
                Weekday::Thu,
                Weekday::Fri,
            ],
            index: WeekIndex::Last,
        };
        let shown = days(&rule(last_workday, 1, "2026-01-01", never));
        assert_eq!(
            shown,
            ["2026-01-30", "2026-02-27", "2026-03-31", "2026-04-30"]
        );
        let thanks = Pattern::RelativeYearly {
            month: 11,
            days: vec![Weekday::Thu],
            index: WeekIndex::Fourth,
        };
        let shown = days(&rule(thanks, 1, "2026-01-01", RangeEnd::After(2)));
        assert_eq!(shown, ["2026-11-26", "2027-11-25"]);
        let leap = Pattern::AbsoluteYearly { month: 2, day: 29 };
        let until = RangeEnd::On("2026-12-31".parse().expect("a day"));
        let shown = days(&rule(leap, 1, "2024-02-29", until));
        assert_eq!(shown, ["2024-02-29", "2025-02-28", "2026-02-28"]);
        let daily = rule(Pattern::Daily, 3, "2026-01-01", RangeEnd::After(3));
        assert_eq!(days(&daily), ["2026-01-01", "2026-01-04", "2026-01-07"]);
        assert_eq!(daily.last(), "2026-01-07".parse().ok());
        assert!(daily.falls_on("2026-01-04".parse().expect("a day")));
        assert!(!daily.falls_on("2026-01-10".parse().expect("a day")));
    }
}
