//! The time zone of an appointment: by the name in its definition, else by the rules that older Outlook keeps, else by the offset
//! that its own start shows. Which instant a clock time is stands in the event.

use chrono::{
    Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Weekday,
};
use chrono_tz::Tz;

use crate::domain::message::Transform;
use crate::domain::time_zone;
use crate::sources::mapi::bytes::{slice_at, u16_at, u32_at};
use crate::sources::mapi::properties::{Key, Properties};
use crate::sources::mapi::value;

/// The zone's name said nothing; a zone with the same rules stands for it.
pub(super) const BY_ITS_RULES: Transform = Transform("time-zone-by-its-rules/1");

/// `PidLidAppointmentTimeZoneDefinitionStartDisplay` and its kin ([MS-OXOCAL] 2.2.1.41): the name that Windows gives the zone.
pub(super) fn by_name(properties: &Properties, keys: &[Key]) -> Option<Tz> {
    keys.iter().find_map(|key| {
        let bytes = properties.bytes(key)?;
        let letters = usize::from(u16_at(bytes, 6)?);
        time_zone::parse(&value::wide(slice_at(bytes, 8, letters * 2)?))
    })
}

/// `PidLidTimeZoneStruct` ([MS-OXOCAL] 2.2.1.39): Outlook before 2007 wrote this alone. The zone that has these rules in the year
/// of the event, or in one after the rules of America changed.
pub(super) fn by_rules(bytes: &[u8], year: i32) -> Option<Tz> {
    let rules = Rules::read(bytes)?;
    [year, 2008, 2020]
        .into_iter()
        .find_map(|year| rules.zone(year))
}

/// A zone that has one offset all the year.
pub(super) fn by_offset(minutes: i64) -> Option<Tz> {
    let rules = Rules {
        standard_s: i32::try_from(minutes.checked_mul(60)?).ok()?,
        daylight: None,
    };
    rules.zone(2020)
}

struct Rules {
    standard_s: i32,
    daylight: Option<Daylight>,
}

struct Daylight {
    offset_s: i32,
    begins: Change,
    ends: Change,
}

/// The nth such day of a month, and when; 5 is the last.
struct Change {
    month: u32,
    weekday: Weekday,
    number: u8,
    at: NaiveTime,
}

impl Rules {
    fn read(bytes: &[u8]) -> Option<Self> {
        // Minutes that are added to the local time to get UTC.
        let bias = |at: usize| Some(u32_at(bytes, at)?.cast_signed());
        let (both, standard, daylight) = (bias(0)?, bias(4)?, bias(8)?);
        let offset_s = |more: i32| both.checked_add(more)?.checked_mul(-60);
        let daylight = match (change(bytes, 14)?, change(bytes, 32)?) {
            (Turn::At(ends), Turn::At(begins)) => Some(Daylight {
                offset_s: offset_s(daylight)?,
                begins,
                ends,
            }),
            _ => None,
        };
        Some(Self {
            standard_s: offset_s(standard)?,
            daylight,
        })
    }

    fn offset_at(&self, local: NaiveDateTime) -> Option<i32> {
        let Some(daylight) = &self.daylight else {
            return Some(self.standard_s);
        };
        let begins = daylight.begins.in_year(local.year())?;
        let ends = daylight.ends.in_year(local.year())?;
        // South of the equator it is summer when the year ends.
        let is_daylight = if begins < ends {
            begins <= local && local < ends
        } else {
            !(ends <= local && local < begins)
        };
        Some(if is_daylight {
            daylight.offset_s
        } else {
            self.standard_s
        })
    }

    /// Windows' main zones, in their order: the first with the same offset at noon of each day of a year.
    fn zone(&self, year: i32) -> Option<Tz> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1)?.and_hms_opt(12, 0, 0)?;
        let mut noons = Vec::new();
        for day in 0..365 {
            let noon = first.checked_add_days(Days::new(day))?;
            noons.push((noon, self.offset_at(noon)?));
        }
        time_zone::main_zones().find(|zone| {
            noons.iter().all(|(local, offset_s)| {
                let utc = local.checked_sub_signed(TimeDelta::seconds((*offset_s).into()));
                let offset = utc.map(|utc| zone.offset_from_utc_datetime(&utc).fix());
                offset.is_some_and(|offset| offset.local_minus_utc() == *offset_s)
            })
        })
    }
}

/// When a zone changes its offset.
enum Turn {
    At(Change),
    Never,
}

/// A `SYSTEMTIME`. One of a single year is none that a zone has.
fn change(bytes: &[u8], at: usize) -> Option<Turn> {
    let part = |number: usize| u16_at(bytes, at + 2 * number);
    let (year, month, weekday, number) = (part(0)?, part(1)?, part(2)?, part(3)?);
    if month == 0 {
        return Some(Turn::Never);
    }
    let weekday = Weekday::try_from(u8::try_from((weekday + 6) % 7).ok()?).ok()?;
    let at = NaiveTime::from_hms_opt(part(4)?.into(), part(5)?.into(), 0)?;
    let is_yearly = year == 0 && (1..=5).contains(&number);
    is_yearly.then_some(Turn::At(Change {
        month: month.into(),
        weekday,
        number: u8::try_from(number).ok()?,
        at,
    }))
}

impl Change {
    fn in_year(&self, year: i32) -> Option<NaiveDateTime> {
        let nth =
            |number| NaiveDate::from_weekday_of_month_opt(year, self.month, self.weekday, number);
        let last = || nth(4).filter(|_| self.number == 5);
        Some(nth(self.number).or_else(last)?.and_time(self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bias, then month, weekday (0 is Sunday), number and hour of the end and of the beginning of summer time.
    fn stored(bias: i32, ends: [u16; 4], begins: [u16; 4]) -> Vec<u8> {
        let mut bytes: Vec<u8> = [bias, 0, -60]
            .into_iter()
            .flat_map(i32::to_le_bytes)
            .collect();
        for [month, weekday, number, hour] in [ends, begins] {
            let parts = [0, 0, month, weekday, number, hour, 0, 0, 0];
            bytes.extend(parts.into_iter().flat_map(u16::to_le_bytes));
        }
        bytes
    }

    #[test]
    fn a_zone_is_found_by_its_rules_on_both_halves_of_the_earth() {
        let windows = |bytes: &[u8], year| by_rules(bytes, year).and_then(time_zone::windows_name);
        let europe = stored(-60, [10, 0, 5, 3], [3, 0, 5, 2]);
        assert_eq!(windows(&europe, 2004), Some("Central Europe Standard Time"));
        let auckland = stored(-720, [4, 0, 1, 3], [9, 0, 5, 2]);
        assert_eq!(windows(&auckland, 2015), Some("New Zealand Standard Time"));
        // America as it was until 2006, and as it is: the same zone.
        let before = stored(300, [10, 0, 5, 2], [4, 0, 1, 2]);
        let since = stored(300, [11, 0, 1, 2], [3, 0, 2, 2]);
        assert_eq!(windows(&before, 2004), windows(&since, 2004));
        assert_eq!(windows(&since, 2004), Some("Eastern Standard Time"));
        let never = stored(-330, [0; 4], [0; 4]);
        assert_eq!(windows(&never, 2015), Some("India Standard Time"));
        assert_eq!(
            by_offset(330).and_then(time_zone::windows_name),
            Some("India Standard Time")
        );
    }

    #[test]
    fn what_is_cut_off_or_on_no_earth_is_no_zone() {
        let whole = stored(-60, [10, 0, 5, 3], [3, 0, 5, 2]);
        for end in 0..whole.len() - 4 {
            assert_eq!(by_rules(&whole[..end], 2004), None, "{end}");
        }
        assert_eq!(
            by_rules(&stored(i32::MIN, [10, 0, 5, 3], [3, 0, 5, 2]), 2004),
            None
        );
        assert_eq!(
            by_rules(&stored(-60, [13, 0, 5, 3], [3, 9, 0, 99]), 2004),
            None
        );
        assert_eq!(by_offset(17), None);
    }
}
