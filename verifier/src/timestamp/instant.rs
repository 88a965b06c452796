//! Times of X.509 and RFC 3161 as seconds since 1970; nothing here reads a clock.

use super::der::{Element, GENERALIZED_TIME, UTC_TIME};
use crate::broken::{Checked, broken};

/// UTCTime or GeneralizedTime in the forms of RFC 5280 4.1.2.5; fractions of a second (RFC 3161 genTime) are cut off.
pub(super) fn seconds(element: &Element<'_>) -> Checked<i64> {
    let bad = || broken("timestamp/form", "a time that is none");
    // Cut by bytes below: in anything but ASCII a cut could fall inside of a letter.
    let text = std::str::from_utf8(element.content).ok();
    let text = text.filter(|text| text.is_ascii());
    let Some(text) = text.and_then(|text| text.strip_suffix('Z')) else {
        return bad();
    };
    let (year, rest) = match element.tag {
        UTC_TIME if text.len() == 12 => {
            let Some(year) = number(&text[..2]) else {
                return bad();
            };
            (
                if year < 50 { 2000 + year } else { 1900 + year },
                &text[2..],
            )
        }
        GENERALIZED_TIME if text.len() >= 14 => {
            let Some(year) = number(&text[..4]) else {
                return bad();
            };
            let whole = &text[4..14];
            let fraction = &text[14..];
            let is_fraction = fraction.is_empty()
                || fraction.strip_prefix('.').is_some_and(|digits| {
                    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
                });
            if !is_fraction {
                return bad();
            }
            (year, whole)
        }
        _ => return bad(),
    };
    let parts: Option<Vec<i64>> = (0..5)
        .map(|n| number(rest.get(2 * n..2 * n + 2)?))
        .collect();
    match parts.as_deref() {
        Some(&[month, day, hour, minute, second])
            if (1..=12).contains(&month)
                && (1..=31).contains(&day)
                && hour < 24
                && minute < 60
                && second < 60 =>
        {
            Ok(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
        }
        _ => bad(),
    }
}

fn number(text: &str) -> Option<i64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// Days since 1970-01-01 of the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Seconds since 1970 as RFC 3339.
pub(super) fn rfc_3339(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest % 3600 / 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: u8, text: &str) -> Option<String> {
        let content = text.as_bytes();
        let all = content;
        seconds(&Element { tag, content, all }).ok().map(rfc_3339)
    }

    #[test]
    fn times_of_both_kinds() {
        let cases = [
            (UTC_TIME, "700101000000Z", "1970-01-01T00:00:00Z"),
            (UTC_TIME, "491231235959Z", "2049-12-31T23:59:59Z"),
            (GENERALIZED_TIME, "20240229120000Z", "2024-02-29T12:00:00Z"),
            (
                GENERALIZED_TIME,
                "20261124015512.123Z",
                "2026-11-24T01:55:12Z",
            ),
        ];
        for (tag, text, expected) in cases {
            assert_eq!(read(tag, text).as_deref(), Some(expected), "{text}");
        }
        for (tag, text) in [
            (UTC_TIME, "20240229120000Z"),
            // Twelve bytes, and a letter across the second and third.
            (UTC_TIME, "3\u{2014} 4190101Z"),
            (GENERALIZED_TIME, "202\u{2014}229120000Z"),
            (GENERALIZED_TIME, "20240229120000"),
            (GENERALIZED_TIME, "20240229120000.Z"),
            (GENERALIZED_TIME, "20241329120000Z"),
            (GENERALIZED_TIME, "2024022912000+Z"),
        ] {
            assert_eq!(read(tag, text), None, "{text}");
        }
    }
}
