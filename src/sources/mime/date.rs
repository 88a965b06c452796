//! Dates in mail headers: RFC 5322 section 3.3 and what else is found, with the leniency of Python's `email.utils.parsedate_tz`.

use chrono::{DateTime, Duration, NaiveDate, Utc};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MONTHS: [(&str, &str); 12] = [
    ("jan", "january"),
    ("feb", "february"),
    ("mar", "march"),
    ("apr", "april"),
    ("may", "may"),
    ("jun", "june"),
    ("jul", "july"),
    ("aug", "august"),
    ("sep", "september"),
    ("oct", "october"),
    ("nov", "november"),
    ("dec", "december"),
];
/// RFC 5322 section 4.3, in hundredths of hours.
const ZONES: [(&str, i64); 14] = [
    ("UT", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("AST", -400),
    ("ADT", -300),
    ("EST", -500),
    ("EDT", -400),
    ("CST", -600),
    ("CDT", -500),
    ("MST", -700),
    ("MDT", -600),
    ("PST", -800),
    ("PDT", -700),
];

/// Reads a date; a zone that is unknown counts as UTC.
pub(super) fn read(value: &str) -> Option<DateTime<Utc>> {
    let words = words_of(value)?;
    let [day, month, year, time, zone] = <[String; 5]>::try_from(words).ok()?;
    let (day, month) = match month_number(&month) {
        Some(number) => (day, number),
        None => (month, month_number(&day)?),
    };
    let (mut year, mut time, mut zone) = (year, time, zone);
    if year.find(':').is_some_and(|at| at > 0) {
        std::mem::swap(&mut year, &mut time);
    }
    let year_text = year.strip_suffix(',').unwrap_or(&year).to_owned();
    year = year_text;
    if !year.chars().next()?.is_numeric() {
        std::mem::swap(&mut year, &mut zone);
    }
    let year = match number(&year)? {
        short @ 69..=99 => short + 1900,
        short @ 0..=68 => short + 2000,
        long => long,
    };
    let day = number(day.strip_suffix(',').unwrap_or(&day))?;
    let (hour, minute, second) = clock(time.strip_suffix(',').unwrap_or(&time))?;
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(year).ok().filter(|year| *year <= 9999)?,
        month,
        u32::try_from(day).ok()?,
    )?;
    let local = date.and_hms_opt(hour, minute, second)?.and_utc();
    let offset = offset_seconds(&zone);
    if offset.abs() >= 86_400 {
        return None;
    }
    local.checked_sub_signed(Duration::seconds(offset))
}

/// The five words: day, month, year, time, zone. The day of the week is dropped.
fn words_of(value: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = value
        .split_whitespace()
        .take(64)
        .map(str::to_owned)
        .collect();
    let first = words.first_mut()?;
    if first.ends_with(',') || DAYS.contains(&first.to_lowercase().as_str()) {
        words.remove(0);
    } else if let Some(comma) = first.rfind(',') {
        first.drain(..=comma);
    }
    if words.len() == 3 {
        // RFC 850: 01-Jan-70.
        let parts: Vec<String> = words[0].split('-').map(str::to_owned).collect();
        if parts.len() == 3 {
            words.splice(..1, parts);
        }
    }
    if words.len() == 4 {
        let sign = words[3].find('+').or_else(|| words[3].find('-'));
        let zone = match sign {
            Some(at) if at > 0 => words[3].split_off(at),
            _ => String::new(),
        };
        words.push(zone);
    }
    words.truncate(5);
    let whole = words.len() == 5 && words[..3].iter().all(|word| !word.is_empty());
    whole.then_some(words)
}

fn month_number(word: &str) -> Option<u32> {
    let lower = word.to_lowercase();
    (1..)
        .zip(MONTHS)
        .find(|(_, (short, long))| lower == *short || lower == *long)
        .map(|(number, _)| number)
}

fn number(word: &str) -> Option<i64> {
    let word = word.trim();
    (word.len() <= 9).then(|| word.parse().ok())?
}

/// `h:m`, `h:m:s`, and the same with dots.
fn clock(word: &str) -> Option<(u32, u32, u32)> {
    let separator = if word.contains(':') { ':' } else { '.' };
    let parts: Vec<i64> = word.split(separator).map(number).collect::<Option<_>>()?;
    let [hour, minute, second] = match *parts {
        [hour, minute] => [hour, minute, 0],
        [hour, minute, second] => [hour, minute, second],
        _ => return None,
    };
    Some((
        u32::try_from(hour).ok()?,
        u32::try_from(minute).ok()?,
        u32::try_from(second).ok()?,
    ))
}

fn offset_seconds(zone: &str) -> i64 {
    let upper = zone.to_uppercase();
    let named = ZONES.iter().find(|(name, _)| *name == upper);
    let hundredths = named.map_or_else(|| number(&upper).unwrap_or(0), |(_, offset)| *offset);
    let sign = hundredths.signum();
    let size = hundredths.abs();
    sign * (size / 100 * 3600 + size % 100 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_they_come() {
        for (value, expected) in [
            ("Tue, 1 Sep 2026 10:00:00 +0200", "2026-09-01T08:00:00Z"),
            ("1 Sep 2026 10:00 -0000", "2026-09-01T10:00:00Z"),
            (
                "Tue,1 Sep 2026 10:00:00 EST (comment)",
                "2026-09-01T15:00:00Z",
            ),
            ("Tue, 1 Sep 26 10.00.05 GMT", "2026-09-01T10:00:05Z"),
            ("Sep 1, 2026 10:00:00 +0530", "2026-09-01T04:30:00Z"),
            ("Tue Sep  1 10:00:00 2026", "2026-09-01T10:00:00Z"),
            ("Tue, 01-Sep-26 10:00:00 GMT", "2026-09-01T10:00:00Z"),
            ("1 September 2026 10:00:00+0100", "2026-09-01T09:00:00Z"),
            ("Fri, 1 Jan 99 00:00:00 nonsense", "1999-01-01T00:00:00Z"),
        ] {
            let found = read(value).map(|date| date.format("%FT%TZ").to_string());
            assert_eq!(found.as_deref(), Some(expected), "{value}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for value in [
            "",
            " ",
            "yesterday",
            "1 Foo 2026 10:00:00 +0000",
            "31 Feb 2026 10:00:00 +0000",
            "1 Sep 2026 25:00:00 +0000",
            "1 Sep 2026 10:00:60 +0000",
            "1 Sep 99999 10:00:00 +0000",
            "1 Sep 2026 10:00:00 +9999999",
            ", , , , ,",
        ] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
