//! `RecurrencePattern` and `AppointmentRecurrencePattern` ([MS-OXOCAL] 2.2.1.44): the rule, what was taken out, what was changed.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

use crate::domain::recurrence::{Pattern, RangeEnd, Recurrence, WeekIndex};
use crate::sources::mapi::bytes::{slice_at, u16_at, u32_at};
use crate::sources::mapi::value;

const WEEKDAYS: [Weekday; 7] = [
    Weekday::Sun,
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
    Weekday::Sat,
];

/// A rule as it stands in a property.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) recurrence: Recurrence,
    /// Days on which the rule falls and the series does not.
    pub(super) deleted: BTreeSet<NaiveDate>,
    /// The time of day at which an occurrence begins and ends, in minutes; of an appointment alone.
    pub(super) times: Option<(u32, u32)>,
    pub(super) exceptions: Vec<Exception>,
}

/// A changed occurrence.
#[derive(Debug, Default)]
pub(super) struct Exception {
    /// The day on which the rule has it.
    pub(super) day: NaiveDate,
    pub(super) start: NaiveDateTime,
    pub(super) end: NaiveDateTime,
    pub(super) subject: Option<String>,
    pub(super) location: Option<String>,
    pub(super) reminder_minutes: Option<u32>,
    pub(super) is_reminder_on: Option<bool>,
    pub(super) busy: Option<i32>,
    pub(super) is_all_day: Option<bool>,
}

/// Reads on, bounded.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn short(&mut self) -> Option<u16> {
        let found = u16_at(self.bytes, self.at)?;
        self.at += 2;
        Some(found)
    }

    fn long(&mut self) -> Option<u32> {
        let found = u32_at(self.bytes, self.at)?;
        self.at += 4;
        Some(found)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let found = slice_at(self.bytes, self.at, length)?;
        self.at += length;
        Some(found)
    }

    fn skip_block(&mut self) -> Option<()> {
        let length = usize::try_from(self.long()?).ok()?;
        self.take(length).map(drop)
    }

    /// A count and as many days; the count is believed as far as there are bytes.
    fn days(&mut self) -> Option<Vec<NaiveDate>> {
        let count = self.long()?;
        let mut days = Vec::new();
        for _ in 0..count {
            days.push(moment(self.long()?)?.date());
        }
        Some(days)
    }
}

/// Minutes since 1601, in the zone of the event.
fn moment(minutes: u32) -> Option<NaiveDateTime> {
    let first = NaiveDate::from_ymd_opt(1601, 1, 1)?.and_hms_opt(0, 0, 0)?;
    first.checked_add_signed(TimeDelta::minutes(i64::from(minutes)))
}

/// Reads a rule; `None` where it is not one that Graph has, such as one of another calendar.
pub(super) fn read(bytes: &[u8]) -> Option<Rule> {
    let mut cursor = Cursor { bytes, at: 4 };
    let (frequency, kind) = (cursor.short()?, cursor.short()?);
    let _calendar = cursor.short()?;
    let _first = cursor.long()?;
    let period = cursor.long()?;
    let _sliding = cursor.long()?;
    let specific = match kind {
        0 => (0, 0),
        1 | 2 | 4 => (cursor.long()?, 0),
        3 => (cursor.long()?, cursor.long()?),
        _ => return None,
    };
    let end_kind = cursor.long()?;
    let count = cursor.long()?;
    let first_day = cursor.long()?;
    let deleted = cursor.days()?;
    let modified = cursor.days()?;
    let start = moment(cursor.long()?)?.date();
    let end = cursor.long()?;
    let (pattern, interval) = pattern(frequency, kind, period, specific, start)?;
    let recurrence = Recurrence {
        pattern,
        interval,
        first_day_of_week: WEEKDAYS[usize::try_from(first_day % 7).ok()?],
        start,
        end: match end_kind {
            0x2021 => RangeEnd::On(moment(end)?.date()),
            0x2022 if count == 0 => return None,
            0x2022 => RangeEnd::After(count),
            _ => RangeEnd::Never,
        },
    };
    let modified: BTreeSet<NaiveDate> = modified.into_iter().collect();
    let mut rule = Rule {
        recurrence,
        deleted: deleted.into_iter().collect(),
        times: None,
        exceptions: Vec::new(),
    };
    // Of a task the pattern is all there is.
    if let Some(exceptions) = appointment(&mut cursor, &mut rule.times) {
        let days: BTreeSet<NaiveDate> = exceptions.iter().map(|one| one.day).collect();
        rule.deleted.retain(|day| !days.contains(day));
        rule.exceptions = exceptions;
    } else if !modified.is_empty() {
        return None;
    }
    Some(rule)
}

fn pattern(
    frequency: u16,
    kind: u16,
    period: u32,
    specific: (u32, u32),
    start: NaiveDate,
) -> Option<(Pattern, u32)> {
    use chrono::Datelike;
    let is_yearly = frequency == 0x200D;
    let month = start.month();
    let days = |mask: u32| -> Vec<Weekday> {
        let days = WEEKDAYS.iter().enumerate();
        days.filter(|(bit, _)| mask & (1 << bit) != 0)
            .map(|(_, day)| *day)
            .collect()
    };
    let months = if is_yearly { period / 12 } else { period };
    let (pattern, interval) = match kind {
        0 => (Pattern::Daily, period / 1440),
        1 => (
            Pattern::Weekly {
                days: days(specific.0),
            },
            period,
        ),
        2 | 4 => {
            let day = if kind == 4 { 31 } else { specific.0 };
            if !(1..=31).contains(&day) {
                return None;
            }
            let pattern = if is_yearly {
                Pattern::AbsoluteYearly { month, day }
            } else {
                Pattern::AbsoluteMonthly { day }
            };
            (pattern, months)
        }
        _ => {
            let days = days(specific.0);
            let index = match specific.1 {
                5 => WeekIndex::Last,
                number => WeekIndex::parse(i32::try_from(number).ok()?)?,
            };
            let pattern = if is_yearly {
                Pattern::RelativeYearly { month, days, index }
            } else {
                Pattern::RelativeMonthly { days, index }
            };
            (pattern, months)
        }
    };
    let has_days = match &pattern {
        Pattern::Weekly { days }
        | Pattern::RelativeMonthly { days, .. }
        | Pattern::RelativeYearly { days, .. } => !days.is_empty(),
        _ => true,
    };
    has_days.then_some((pattern, interval.max(1)))
}

/// What an appointment has behind the pattern; `None` where it ends before.
fn appointment(cursor: &mut Cursor<'_>, times: &mut Option<(u32, u32)>) -> Option<Vec<Exception>> {
    let _reader = cursor.long()?;
    let writer = cursor.long()?;
    *times = Some((cursor.long()?, cursor.long()?));
    let count = cursor.short()?;
    let mut found = Vec::new();
    let mut flags = Vec::new();
    for _ in 0..count {
        let (exception, overrides) = exception(cursor)?;
        found.push(exception);
        flags.push(overrides);
    }
    // The same texts again as UTF-16: where they are cut off, the narrow ones stay.
    let _cut = wide_texts(cursor, writer, &flags, &mut found);
    Some(found)
}

/// `ExceptionInfo`
fn exception(cursor: &mut Cursor<'_>) -> Option<(Exception, u16)> {
    let start = moment(cursor.long()?)?;
    let end = moment(cursor.long()?)?;
    let day = moment(cursor.long()?)?.date();
    let flags = cursor.short()?;
    let has = |bit: u16| flags & bit != 0;
    let mut one = Exception {
        day,
        start,
        end,
        ..Exception::default()
    };
    let narrow = |cursor: &mut Cursor<'_>| -> Option<String> {
        let _with_zero = cursor.short()?;
        let length = usize::from(cursor.short()?);
        Some(String::from_utf8_lossy(cursor.take(length)?).into_owned())
    };
    if has(0x01) {
        one.subject = Some(narrow(cursor)?);
    }
    if has(0x02) {
        cursor.long()?;
    }
    if has(0x04) {
        one.reminder_minutes = Some(cursor.long()?);
    }
    if has(0x08) {
        one.is_reminder_on = Some(cursor.long()? != 0);
    }
    if has(0x10) {
        one.location = Some(narrow(cursor)?);
    }
    if has(0x20) {
        one.busy = Some(cursor.long()?.cast_signed());
    }
    if has(0x40) {
        cursor.long()?;
    }
    if has(0x80) {
        one.is_all_day = Some(cursor.long()? != 0);
    }
    if has(0x100) {
        cursor.long()?;
    }
    Some((one, flags))
}

/// `ExtendedException`, one for each.
fn wide_texts(
    cursor: &mut Cursor<'_>,
    writer: u32,
    flags: &[u16],
    exceptions: &mut [Exception],
) -> Option<()> {
    cursor.skip_block()?;
    for (one, flags) in exceptions.iter_mut().zip(flags) {
        if writer >= 0x3009 {
            cursor.skip_block()?;
        }
        cursor.skip_block()?;
        if flags & 0x11 == 0 {
            continue;
        }
        cursor.take(12)?;
        let wide = |cursor: &mut Cursor<'_>| -> Option<String> {
            let letters = usize::from(cursor.short()?);
            Some(value::wide(cursor.take(letters * 2)?))
        };
        if flags & 0x01 != 0 {
            one.subject = Some(wide(cursor)?);
        }
        if flags & 0x10 != 0 {
            one.location = Some(wide(cursor)?);
        }
        cursor.skip_block()?;
    }
    Some(())
}

/// The day after.
pub(super) fn next(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every second week on Monday and Wednesday, five times, one taken out and one moved and renamed.
    fn weekly() -> Vec<u8> {
        let minutes = |day: &str| {
            let day: NaiveDate = day.parse().expect("a day");
            let first: NaiveDate = "1601-01-01".parse().expect("a day");
            u32::try_from((day - first).num_minutes()).expect("this age")
        };
        let mut bytes = Vec::new();
        for short in [0x3004_u16, 0x3004, 0x200B, 1, 0] {
            bytes.extend(short.to_le_bytes());
        }
        let longs = [
            0,
            2,
            0,
            0b1010,
            0x2022,
            5,
            1,
            2,
            minutes("2026-01-07"),
            minutes("2026-01-19"),
            1,
            minutes("2026-01-19"),
            minutes("2026-01-05"),
            minutes("2026-02-02"),
            0x3006,
            0x3009,
            600,
            660,
        ];
        for long in longs {
            bytes.extend(u32::to_le_bytes(long));
        }
        bytes.extend(1_u16.to_le_bytes());
        let moved = minutes("2026-01-20");
        for long in [moved + 840, moved + 870, minutes("2026-01-19")] {
            bytes.extend(long.to_le_bytes());
        }
        bytes.extend(1_u16.to_le_bytes());
        bytes.extend(4_u16.to_le_bytes());
        bytes.extend(3_u16.to_le_bytes());
        bytes.extend(b"new");
        for long in [0_u32, 0, 0, moved + 840, moved + 870, minutes("2026-01-19")] {
            bytes.extend(long.to_le_bytes());
        }
        bytes.extend(3_u16.to_le_bytes());
        bytes.extend("nëw".encode_utf16().flat_map(u16::to_le_bytes));
        bytes.extend(0_u32.to_le_bytes());
        bytes
    }

    #[test]
    fn a_series_with_what_was_taken_out_and_what_was_changed() {
        let rule = read(&weekly()).expect("a rule");
        let days: Vec<String> = rule.recurrence.days().map(|day| day.to_string()).collect();
        assert_eq!(
            days,
            [
                "2026-01-05",
                "2026-01-07",
                "2026-01-19",
                "2026-01-21",
                "2026-02-02"
            ]
        );
        let deleted: Vec<String> = rule.deleted.iter().map(ToString::to_string).collect();
        assert_eq!(deleted, ["2026-01-07"]);
        assert_eq!(rule.times, Some((600, 660)));
        let [one] = rule.exceptions.as_slice() else {
            panic!("one was changed");
        };
        assert_eq!(one.subject.as_deref(), Some("nëw"));
        assert_eq!(one.start.to_string(), "2026-01-20 14:00:00");
        assert_eq!(one.day.to_string(), "2026-01-19");
    }

    #[test]
    fn a_rule_that_is_cut_off_anywhere_ends() {
        let whole = weekly();
        let mut readable = (0..whole.len()).filter(|end| read(&whole[..*end]).is_some());
        // Only what lies behind the changed occurrence, its texts as UTF-16, may be missing.
        assert_eq!(readable.next(), Some(105));
    }
}
