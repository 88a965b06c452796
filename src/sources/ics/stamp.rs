//! Dates, times and durations as text (RFC 5545, 3.3.4 to 3.3.6), with what real writers made of them.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// What Outlook's calendar reaches over.
const YEARS: std::ops::RangeInclusive<i32> = 1601..=4500;

/// A value of `DTSTART` and its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sources) enum Stamp {
    /// A day.
    Day(NaiveDate),
    /// A clock time; in UTC where it says so.
    Time { local: NaiveDateTime, is_utc: bool },
}

/// Reads a date or a date with a time.
pub(in crate::sources) fn parse(text: &str) -> Option<Stamp> {
    let text: String = text
        .chars()
        .filter(|letter| !matches!(letter, '-' | ':' | ' '))
        .collect();
    let text = text.to_ascii_uppercase();
    let digits = |range: std::ops::Range<usize>| -> Option<u32> {
        let part = text.get(range)?;
        let plain = part.bytes().all(|byte| byte.is_ascii_digit());
        if plain { part.parse().ok() } else { None }
    };
    let year = i32::try_from(digits(0..4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, digits(4..6)?, digits(6..8)?)?;
    if !YEARS.contains(&day.year()) {
        return None;
    }
    let Some(rest) = text.get(8..).filter(|rest| !rest.is_empty()) else {
        return Some(Stamp::Day(day));
    };
    let clock = rest.strip_prefix('T')?;
    let is_utc = clock.ends_with('Z');
    let clock = clock.trim_end_matches('Z');
    if !matches!(clock.len(), 4 | 6) {
        return None;
    }
    // A leap second is the one before it (3.3.12).
    let second = if clock.len() == 6 {
        digits(13..15)?.min(59)
    } else {
        0
    };
    let local = day.and_hms_opt(digits(9..11)?, digits(11..13)?, second)?;
    Some(Stamp::Time { local, is_utc })
}

/// An instant in UTC.
pub(in crate::sources) fn instant(text: &str) -> Option<DateTime<Utc>> {
    match parse(text.trim())? {
        Stamp::Time { local, .. } => Some(local.and_utc()),
        Stamp::Day(_) => None,
    }
}

/// `-P1DT2H`, `PT15M`, `P2W`.
pub(in crate::sources) fn duration(text: &str) -> Option<TimeDelta> {
    let text = text.trim().to_ascii_uppercase();
    let (sign, rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) if text.starts_with('-') => (-1, rest),
        Some(rest) => (1, rest),
        None => (1, &*text),
    };
    let rest = rest.strip_prefix('P')?;
    let (mut seconds, mut number, mut is_time, mut any) = (0_i64, None::<i64>, false, false);
    for letter in rest.chars() {
        if let Some(digit) = letter.to_digit(10) {
            let before = number.unwrap_or(0).checked_mul(10)?;
            number = Some(before.checked_add(i64::from(digit))?);
            continue;
        }
        let unit = match (letter, is_time) {
            ('T', false) => {
                is_time = true;
                continue;
            }
            ('W', false) => 604_800,
            ('D', false) => 86_400,
            ('H', true) => 3_600,
            ('M', true) => 60,
            ('S', true) => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.take()?.checked_mul(unit)?)?;
        any = true;
    }
    let is_whole = any && number.is_none();
    is_whole.then(|| TimeDelta::try_seconds(sign * seconds))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_as_they_come() {
        let time = |text| match parse(text) {
            Some(Stamp::Time { local, is_utc }) => format!("{local} {is_utc}"),
            other => format!("{other:?}"),
        };
        assert_eq!(time("19970714T133000"), "1997-07-14 13:30:00 false");
        assert_eq!(time("1997-07-14T13:30:60Z"), "1997-07-14 13:30:59 true");
        assert_eq!(time("19970714"), "Some(Day(1997-07-14))");
        for text in [
            "",
            "1997",
            "19971301",
            "19970714T25",
            "00010101",
            "x",
            "19970714T1é000",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_as_they_come() {
        let minutes = |text| duration(text).map(|found| found.num_minutes());
        assert_eq!(minutes("-PT15M"), Some(-15));
        assert_eq!(minutes("P1DT2H"), Some(26 * 60));
        assert_eq!(minutes("P2W"), Some(2 * 7 * 24 * 60));
        for text in ["P", "PT", "15M", "P1H", "PT5", "P99999999999999999999D"] {
            assert_eq!(minutes(text), None, "{text}");
        }
    }
}
