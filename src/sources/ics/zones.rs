//! The time zones of a calendar: by their names, else by their own rules, else unknown; each kind is told apart.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

use super::rule;
use super::stamp::{self, Stamp};
use crate::domain::calendar_event::EventTime;
use crate::domain::message::{Delta, Transform};
use crate::domain::recurrence::{Pattern, Recurrence};
use crate::domain::time_zone;
use crate::sources::content_lines::{Component, Line};

/// The zone's name said nothing; a zone with the same rules stands for it.
const BY_ITS_RULES: Transform = Transform("time-zone-by-its-rules/1");

/// No zone has had more stretches of time than this, or more single days on which one began.
const OBSERVANCES_MAX: usize = 100;
const ONSETS_MAX: usize = 2_000;

/// The zones that a calendar defines.
pub(super) struct Zones {
    own: BTreeMap<String, Own>,
    default: Option<Tz>,
}

/// One that it defines.
struct Own {
    observances: Vec<Observance>,
    /// A zone that we know: by its location, or with the same rules.
    known: Option<Tz>,
    by_rules: bool,
}

/// A stretch of time with one offset, and when it begins.
struct Observance {
    to_s: i32,
    from_s: i32,
    start: NaiveDateTime,
    rule: Option<Recurrence>,
    further: Vec<NaiveDateTime>,
}

/// What had to be done to place a clock time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) transform: Option<Transform>,
    pub(super) delta: Option<Delta>,
}

/// Names that mean one thing though no list has them.
pub(super) fn by_name(name: &str) -> Option<Tz> {
    let name = name.trim().trim_matches('"');
    if name.is_empty() {
        return None;
    }
    // `/mozilla.org/20070129_1/America/New_York`, `custom_America/New_York`
    let parts: Vec<&str> = name.split('/').collect();
    let tails = (0..parts.len().min(6)).map(|skipped| parts[skipped..].join("/"));
    tails.into_iter().find_map(|tail| time_zone::parse(&tail))
}

impl Zones {
    pub(super) fn of(components: &[Component], default: Option<Tz>) -> Self {
        let zones = components.iter().filter(|one| one.name == "VTIMEZONE");
        let own = zones
            .map(|zone| (zone.text("TZID").trim().to_owned(), own(zone)))
            .collect();
        Self { own, default }
    }

    /// A line's time in its zone, with what had to be done for it.
    pub(super) fn place(
        &self,
        line: &Line,
        local: NaiveDateTime,
        is_utc: bool,
    ) -> (EventTime, Placed) {
        let at = |zone| EventTime { local, zone };
        if is_utc {
            return (at(Tz::UTC), Placed::default());
        }
        let Some(name) = line
            .param("TZID")
            .map(str::trim)
            .filter(|name| !name.is_empty())
        else {
            let Some(zone) = self.default else {
                let delta = Delta {
                    property: "time-zone",
                    reason: "the original names none: read as UTC",
                };
                let placed = Placed {
                    delta: Some(delta),
                    ..Placed::default()
                };
                return (at(Tz::UTC), placed);
            };
            return (at(zone), Placed::default());
        };
        let own = self.own.get(name);
        if let Some(zone) = by_name(name).or_else(|| own?.known) {
            let transform = own.filter(|own| own.by_rules && by_name(name).is_none());
            let placed = Placed {
                transform: transform.map(|_| BY_ITS_RULES),
                ..Placed::default()
            };
            return (at(zone), placed);
        }
        let (time, reason) = match own.and_then(|own| own.offset_at(local)) {
            Some(offset_s) => {
                let instant = local - Duration::seconds(offset_s.into());
                (
                    EventTime::utc(instant.and_utc()),
                    "no zone has its rules: written in UTC",
                )
            }
            None => (
                at(Tz::UTC),
                "its name means nothing and it has no rules: read as UTC",
            ),
        };
        let delta = Some(Delta {
            property: "time-zone",
            reason,
        });
        (
            time,
            Placed {
                delta,
                ..Placed::default()
            },
        )
    }

    /// The same of a text, for those that read no day.
    pub(super) fn time(&self, line: &Line, text: &str) -> Option<(EventTime, Placed)> {
        match stamp::parse(text)? {
            Stamp::Day(_) => None,
            Stamp::Time { local, is_utc } => Some(self.place(line, local, is_utc)),
        }
    }
}

fn own(zone: &Component) -> Own {
    let located = by_name(&zone.text("X-LIC-LOCATION"));
    let observances: Vec<Observance> = zone
        .children
        .iter()
        .filter(|one| matches!(&*one.name, "STANDARD" | "DAYLIGHT"))
        .take(OBSERVANCES_MAX + 1)
        .filter_map(observance)
        .collect();
    // Its rules are gone through for each time that it places: one that no zone has could keep a processor busy for hours.
    let onsets: usize = observances.iter().map(|one| one.further.len()).sum();
    let is_a_zones = observances.len() <= OBSERVANCES_MAX
        && onsets <= ONSETS_MAX
        && observances.iter().all(Observance::is_yearly);
    let observances = if is_a_zones { observances } else { Vec::new() };
    let mut own = Own {
        observances,
        known: located,
        by_rules: false,
    };
    if own.known.is_none() {
        own.known = own.same_rules();
        own.by_rules = own.known.is_some();
    }
    own
}

fn observance(component: &Component) -> Option<Observance> {
    let local = |text: &str| match stamp::parse(text)? {
        Stamp::Time { local, .. } => Some(local),
        Stamp::Day(day) => day.and_hms_opt(0, 0, 0),
    };
    // Years before Outlook's are the beginning of time here.
    let start = local(&component.text("DTSTART"))
        .or_else(|| NaiveDate::from_ymd_opt(1601, 1, 1)?.and_hms_opt(0, 0, 0))?;
    let rule = component.line("RRULE").and_then(|line| {
        let time = EventTime {
            local: start,
            zone: Tz::UTC,
        };
        rule::parse(&line.text(), &time)
            .ok()
            .map(|read| read.recurrence)
    });
    let further = component
        .lines_of("RDATE")
        .flat_map(|line| line.list(','))
        .filter_map(|text| local(&text));
    Some(Observance {
        to_s: offset(&component.text("TZOFFSETTO"))?,
        from_s: offset(&component.text("TZOFFSETFROM")).unwrap_or(0),
        start,
        rule,
        further: further.collect(),
    })
}

/// `+0130`, `-05:00`, `+013015`
fn offset(text: &str) -> Option<i32> {
    let text = text.trim().replace(':', "");
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.trim_start_matches(['+', '-']);
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |at: usize| {
        digits
            .get(at..at + 2)
            .map_or(Some(0), |part| part.parse::<i32>().ok())
    };
    let seconds = part(0)? * 3_600 + part(2)? * 60 + part(4)?;
    (seconds < 86_400).then_some(sign * seconds)
}

impl Own {
    fn offset_at(&self, local: NaiveDateTime) -> Option<i32> {
        let latest = self
            .observances
            .iter()
            .filter_map(|one| one.onset_before(local).map(|onset| (onset, one.to_s)));
        let found = latest
            .max_by_key(|(onset, _)| *onset)
            .map(|(_, offset_s)| offset_s);
        let first = || self.observances.iter().min_by_key(|one| one.start);
        found.or_else(|| first().map(|one| one.from_s))
    }

    /// A zone that has the same offset in the middle of each month of two years; Windows' main zones, in their order.
    fn same_rules(&self) -> Option<Tz> {
        if self.observances.is_empty() {
            return None;
        }
        let last = self.observances.iter().map(|one| one.start.year()).max()?;
        let year = last.max(2020);
        let samples: Vec<(NaiveDateTime, i32)> = (0..24)
            .filter_map(|month| {
                let day = NaiveDate::from_ymd_opt(
                    year + month / 12,
                    u32::try_from(month % 12 + 1).ok()?,
                    15,
                )?;
                let noon = day.and_hms_opt(12, 0, 0)?;
                Some((noon, self.offset_at(noon)?))
            })
            .collect();
        if samples.len() < 24 {
            return None;
        }
        time_zone::main_zones().find(|zone| {
            samples.iter().all(|(local, offset_s)| {
                let utc: DateTime<Utc> = (*local - Duration::seconds((*offset_s).into())).and_utc();
                zone.offset_from_utc_datetime(&utc.naive_utc())
                    .fix()
                    .local_minus_utc()
                    == *offset_s
            })
        })
    }
}

impl Observance {
    fn is_yearly(&self) -> bool {
        let is_yearly = |rule: &Recurrence| {
            matches!(
                rule.pattern,
                Pattern::AbsoluteYearly { .. } | Pattern::RelativeYearly { .. }
            )
        };
        self.rule.as_ref().is_none_or(is_yearly)
    }

    fn onset_before(&self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        let ruled = self.rule.as_ref().and_then(|rule| {
            let days = rule.days().take_while(|day| *day <= local.date());
            days.map(|day| day.and_time(self.start.time()))
                .filter(|at| *at <= local)
                .last()
        });
        let single = self.further.iter().copied().chain([self.start]);
        single.filter(|at| *at <= local).chain(ruled).max()
    }
}
