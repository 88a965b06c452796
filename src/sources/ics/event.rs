//! `VEVENT` (RFC 5545, 3.6.1): one event, or a series with the occurrences that differ from it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::stamp::{self, Stamp};
use super::zones::Zones;
use super::{alarm, further, rule};
use crate::domain::calendar_event::{
    Attendee, CalendarEvent, EventFacts, EventTime, Sensitivity, Series, ShowAs,
};
use crate::domain::message::{Address, Delta, Importance, Transform};
use crate::sources::content_lines::{Component, Line};
use crate::sources::pinned::Problem;

/// A day as Outlook counts it.
const DAY: TimeDelta = TimeDelta::days(1);

/// What reading changed, and what has no place.
#[derive(Default)]
struct Notes {
    transforms: Vec<Transform>,
    deltas: Vec<Delta>,
    lines: Vec<String>,
}

impl Notes {
    fn delta(&mut self, property: &'static str, reason: &'static str) {
        self.deltas.push(Delta { property, reason });
    }
}

/// Reads the components of one UID; the first without a `RECURRENCE-ID` is the event, the others are occurrences of it.
pub(super) fn read(components: &[&Component], zones: &Zones) -> Result<CalendarEvent, Problem> {
    let is_master = |one: &&&Component| one.line("RECURRENCE-ID").is_none();
    let master = components.iter().find(is_master).or(components.first());
    let master = *master.ok_or_else(|| Problem::new("no-component", "no event"))?;
    let mut notes = Notes::default();
    let mut facts = facts(master, zones, &mut notes)?;
    let (attachments, links) =
        further::attachments(master, &mut notes.transforms, &mut notes.deltas);
    notes.lines.extend(links);
    let others = components.iter().filter(|one| !std::ptr::eq(**one, master));
    let series = series(master, &mut facts, others.copied(), zones, &mut notes);
    if master.line("RECURRENCE-ID").is_some() {
        notes.delta(
            "recurrence",
            "the series that it belongs to is not in the backup: an event of its own",
        );
    }
    facts.body.add_lines(&notes.lines);
    Ok(CalendarEvent {
        uid: master.text("UID").trim().to_owned(),
        facts,
        series,
        attachments,
        transforms: notes.transforms,
        deltas: notes.deltas,
    })
}

fn facts(component: &Component, zones: &Zones, notes: &mut Notes) -> Result<EventFacts, Problem> {
    let (start, end, is_all_day) = times(component, zones, notes)?;
    let body = further::body(component, &mut notes.transforms);
    let found = further::lines(component, &mut notes.transforms, &mut notes.deltas);
    notes.lines.extend(found);
    let minutes =
        alarm::minutes_before(component, start.instant(), end.instant(), &mut notes.deltas);
    let categories = component
        .lines_of("CATEGORIES")
        .flat_map(|line| line.list(','));
    let mut categories: Vec<String> = categories
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    categories.dedup();
    let facts = EventFacts {
        subject: component.text("SUMMARY"),
        body,
        start,
        end,
        is_all_day,
        location: component.text("LOCATION"),
        is_reminder_on: minutes.is_some(),
        reminder_minutes: minutes.unwrap_or(0),
        sensitivity: match &*component.text("CLASS").trim().to_ascii_uppercase() {
            "PRIVATE" => Sensitivity::Private,
            "CONFIDENTIAL" => Sensitivity::Confidential,
            _ => Sensitivity::Normal,
        },
        show_as: show_as(component, notes),
        importance: importance(component, notes),
        categories,
        organizer: component.line("ORGANIZER").map(who),
        attendees: component.lines_of("ATTENDEE").map(attendee).collect(),
    };
    Ok(facts)
}

fn times(
    component: &Component,
    zones: &Zones,
    notes: &mut Notes,
) -> Result<(EventTime, EventTime, bool), Problem> {
    let no_start = || {
        Problem::new(
            "no-start",
            "no date that a calendar has says when it begins",
        )
    };
    let (line, start) = start_line(component, notes).ok_or_else(no_start)?;
    let end = component.line("DTEND");
    let end = end.and_then(|line| Some((line, stamp::parse(line.text().trim())?)));
    let length = stamp::duration(&component.text("DURATION"));
    if end.is_none() && length.is_none() && component.line("DTEND").is_some() {
        notes.delta("end", "DTEND is no date: the event has no length");
    }
    let at = |day: NaiveDate| EventTime {
        local: day.and_time(NaiveTime::MIN),
        zone: Tz::UTC,
    };
    match start {
        Stamp::Day(day) => {
            let end = match end {
                Some((_, Stamp::Day(end))) => end,
                Some((_, Stamp::Time { local, .. })) => local.date(),
                None => length
                    .and_then(|length| day.checked_add_signed(length))
                    .unwrap_or(day),
            };
            // A day lasts a day at least (RFC 5545, 3.6.1).
            let end = end.max(day.checked_add_signed(DAY).ok_or_else(no_start)?);
            Ok((at(day), at(end), true))
        }
        Stamp::Time { local, is_utc } => {
            let (start, placed) = zones.place(line, local, is_utc);
            notes.transforms.extend(placed.transform);
            notes.deltas.extend(placed.delta);
            let end = match end {
                Some((line, Stamp::Time { local, is_utc })) => zones.place(line, local, is_utc).0,
                Some((_, Stamp::Day(day))) => EventTime {
                    local: day.and_time(NaiveTime::MIN),
                    zone: start.zone,
                },
                None => EventTime {
                    local: (start.local)
                        .checked_add_signed(length.unwrap_or_default())
                        .ok_or_else(no_start)?,
                    zone: start.zone,
                },
            };
            let marked = component.text("X-MICROSOFT-CDO-ALLDAYEVENT");
            let midnight = |time: &EventTime| time.local.time() == NaiveTime::MIN;
            if marked.eq_ignore_ascii_case("TRUE")
                && midnight(&start)
                && midnight(&end)
                && end.local > start.local
            {
                return Ok((at(start.local.date()), at(end.local.date()), true));
            }
            Ok((start, end, false))
        }
    }
}

/// Where it begins. An event may have no start of its own (a reply, a cancellation, RFC 5546): then it stands where the next best
/// date says, and says so.
fn start_line<'a>(component: &'a Component, notes: &mut Notes) -> Option<(&'a Line, Stamp)> {
    let first_of = |name| {
        let line = component.line(name)?;
        let text = line.text();
        // Of a list the first; of a period its beginning.
        let first = text.split([',', '/']).next()?;
        Some((line, stamp::parse(first.trim())?))
    };
    if let Some(found) = first_of("DTSTART") {
        return Some(found);
    }
    let others = [
        "RECURRENCE-ID",
        "RDATE",
        "DTEND",
        "DTSTAMP",
        "CREATED",
        "LAST-MODIFIED",
    ];
    let found = others.into_iter().find_map(first_of)?;
    notes.delta(
        "start",
        "the original has none that can be read: the next best date stands for it",
    );
    Some(found)
}

fn show_as(component: &Component, notes: &mut Notes) -> ShowAs {
    let status = component.text("STATUS").trim().to_ascii_uppercase();
    if status == "CANCELLED" {
        notes.lines.push("Status: cancelled".to_owned());
        notes.delta(
            "status",
            "Graph cannot mark an event as cancelled: it is shown as free and says so",
        );
        return ShowAs::Free;
    }
    let transparent = component
        .text("TRANSP")
        .trim()
        .eq_ignore_ascii_case("TRANSPARENT");
    match &*component
        .text("X-MICROSOFT-CDO-BUSYSTATUS")
        .trim()
        .to_ascii_uppercase()
    {
        "FREE" => ShowAs::Free,
        "TENTATIVE" => ShowAs::Tentative,
        "OOF" => ShowAs::OutOfOffice,
        "WORKINGELSEWHERE" => ShowAs::WorkingElsewhere,
        "BUSY" => ShowAs::Busy,
        _ if transparent => ShowAs::Free,
        _ if status == "TENTATIVE" => ShowAs::Tentative,
        _ => ShowAs::Busy,
    }
}

/// Nine steps become three (RFC 5545, 3.8.1.9).
fn importance(component: &Component, notes: &mut Notes) -> Importance {
    let vendor = component.text("X-MICROSOFT-CDO-IMPORTANCE");
    let number = component.text("PRIORITY").trim().parse::<u32>().ok();
    match (vendor.trim(), number) {
        ("2", _) => return Importance::High,
        ("1", _) => return Importance::Normal,
        ("0", _) => return Importance::Low,
        _ => {}
    }
    if number.is_some_and(|number| !matches!(number, 0 | 1 | 5 | 9)) {
        notes.delta("importance", "the original has nine steps, Outlook three");
    }
    match number {
        Some(1..=4) => Importance::High,
        Some(6..=9) => Importance::Low,
        _ => Importance::Normal,
    }
}

fn who(line: &Line) -> Address {
    let text = line.text();
    let text = text.trim();
    let is_mail = text
        .get(..7)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let given = if is_mail { &text[7..] } else { text };
    let address = line.param("EMAIL").filter(|_| !is_mail).unwrap_or(given);
    Address {
        name: line.param("CN").unwrap_or_default().to_owned(),
        address: address.to_owned(),
    }
}

fn attendee(line: &Line) -> Attendee {
    let kind = line
        .param("CUTYPE")
        .unwrap_or_default()
        .to_ascii_uppercase();
    let role = match (
        &*kind,
        &*line.param("ROLE").unwrap_or_default().to_ascii_uppercase(),
    ) {
        ("RESOURCE" | "ROOM", _) => "resource",
        (_, "CHAIR") => "chair",
        (_, "OPT-PARTICIPANT") => "optional",
        (_, "NON-PARTICIPANT") => "informed",
        (_, "REQ-PARTICIPANT") => "required",
        _ => "",
    };
    Attendee {
        who: who(line),
        role: role.to_owned(),
        answer: line
            .param("PARTSTAT")
            .unwrap_or_default()
            .to_ascii_lowercase(),
    }
}

/// The rule, what was taken out of it and what was changed.
fn series<'a>(
    master: &Component,
    facts: &mut EventFacts,
    others: impl Iterator<Item = &'a Component>,
    zones: &Zones,
    notes: &mut Notes,
) -> Option<Series> {
    let rules: Vec<&Line> = master.lines_of("RRULE").collect();
    let further_dates = master
        .lines_of("RDATE")
        .map(|line| format!("Also on: {}", line.raw().0));
    let further_dates: Vec<String> = further_dates.collect();
    if !further_dates.is_empty() {
        notes.lines.extend(further_dates);
        notes.delta(
            "recurrence",
            "dates beside the rule (RDATE) stand in the body",
        );
    }
    let read = match rules[..] {
        [only] if master.line("EXRULE").is_none() => rule::parse(&only.text(), &facts.start).ok(),
        _ => None,
    };
    let Some(read) = read else {
        if !rules.is_empty() || master.line("EXRULE").is_some() {
            let names = ["RRULE", "EXRULE", "EXDATE"];
            let said = names.iter().flat_map(|name| master.lines_of(name));
            notes
                .lines
                .extend(said.map(|line| format!("{}: {}", line.name, line.raw().0)));
            notes.delta(
                "recurrence",
                "Outlook has no form for it: the first occurrence is written, the rule told",
            );
        }
        for other in others {
            tell(other, notes);
        }
        return None;
    };
    notes.deltas.extend(read.deltas);
    if read.recurrence.start != facts.start.local.date() {
        notes.lines.push(format!("Also on: {}", facts.start.local));
        let moved = read.recurrence.start - facts.start.local.date();
        facts.start.local += moved;
        facts.end.local += moved;
    }
    let mut cancelled: BTreeSet<NaiveDate> = master
        .lines_of("EXDATE")
        .flat_map(|line| line.list(',').into_iter().map(move |text| (line, text)))
        .filter_map(|(line, text)| day_of(line, &text, facts, zones))
        .collect();
    let mut changed = BTreeMap::new();
    for other in others {
        occurrence(other, facts, zones, notes, &mut cancelled, &mut changed);
    }
    Some(Series {
        recurrence: read.recurrence,
        cancelled,
        changed,
    })
}

/// An occurrence that cannot stand on its own is told in the body.
fn tell(other: &Component, notes: &mut Notes) {
    notes.lines.push(format!(
        "Occurrence of {}: {} {}",
        other.text("RECURRENCE-ID"),
        other.text("DTSTART"),
        other.text("SUMMARY")
    ));
    notes.delta(
        "exceptions",
        "a changed occurrence that Outlook does not take stands in the body",
    );
}

fn occurrence(
    other: &Component,
    master: &EventFacts,
    zones: &Zones,
    notes: &mut Notes,
    cancelled: &mut BTreeSet<NaiveDate>,
    changed: &mut BTreeMap<NaiveDate, EventFacts>,
) {
    let line = other.line("RECURRENCE-ID");
    let day = line.and_then(|line| day_of(line, &line.text(), master, zones));
    let Some(day) = day else {
        tell(other, notes);
        return;
    };
    if line.is_some_and(|line| line.param("RANGE").is_some()) {
        notes.delta(
            "exceptions",
            "a change of all that follow is kept for the first of them alone",
        );
    }
    if other
        .text("STATUS")
        .trim()
        .eq_ignore_ascii_case("CANCELLED")
    {
        cancelled.insert(day);
        return;
    }
    let mut own = Notes::default();
    let Ok(mut facts) = facts(other, zones, &mut own) else {
        tell(other, notes);
        return;
    };
    let (files, links) = further::attachments(other, &mut own.transforms, &mut own.deltas);
    if !files.is_empty() {
        own.delta("attachments", "files of a changed occurrence are left out");
    }
    own.lines.extend(links);
    facts.body.add_lines(&own.lines);
    notes.transforms.extend(own.transforms);
    notes.deltas.extend(own.deltas);
    if facts.is_all_day != master.is_all_day {
        notes.delta(
            "exceptions",
            "a changed occurrence with hours where the series has days, or without",
        );
    }
    changed.insert(day, facts);
}

/// The day on which the rule has an occurrence, in the zone of the series.
fn day_of(line: &Line, text: &str, master: &EventFacts, zones: &Zones) -> Option<NaiveDate> {
    match stamp::parse(text.trim())? {
        Stamp::Day(day) => Some(day),
        Stamp::Time { local, .. } if master.is_all_day => Some(local.date()),
        Stamp::Time {
            local,
            is_utc: false,
        } if line.param("TZID").is_none() => Some(local.date()),
        Stamp::Time { .. } => {
            let (time, _) = zones.time(line, text.trim())?;
            let there = time.instant().with_timezone(&master.start.zone);
            Some(there.date_naive())
        }
    }
}
