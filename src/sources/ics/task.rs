//! `VTODO` (RFC 5545, 3.6.2): Microsoft To Do keeps days where iCalendar keeps hours, and says so.

use chrono::NaiveDate;

use super::stamp::{self, Stamp};
use super::zones::Zones;
use super::{alarm, further, rule};
use crate::domain::calendar_event::EventTime;
use crate::domain::message::{Delta, Importance, Transform};
use crate::domain::task::{Task, TaskStatus};
use crate::sources::content_lines::Component;
use crate::sources::pinned::Problem;

/// The day of a property, and its time where it has one.
type Dated = Option<(NaiveDate, Option<EventTime>)>;

/// Reads the components of one UID: the first is the task.
pub(super) fn read(components: &[&Component], zones: &Zones) -> Result<Task, Problem> {
    let [first, others @ ..] = components else {
        return Err(Problem::new("no-component", "no task"));
    };
    let (start, due) = span(first, zones);
    let mut task = Task {
        uid: first.text("UID").trim().to_owned(),
        title: first.text("SUMMARY"),
        start: start.map(|(day, _)| day),
        due: due.map(|(day, _)| day),
        ..Task::default()
    };
    let mut say = |property, reason| task.deltas.push(Delta { property, reason });
    if !others.is_empty() {
        say(
            "exceptions",
            "To Do knows no changed occurrence: they are left out",
        );
    }
    for (property, found) in [("start", start), ("due", due)] {
        if found.is_some_and(|(_, time)| time.is_some()) {
            say(property, "To Do keeps the day, not the hour");
        }
    }
    task.status = status(first, &mut say);
    task.importance = importance(first, &mut say);
    task.completed = time(first, "COMPLETED", zones)
        .map(|(day, _)| day)
        .filter(|_| task.status == TaskStatus::Completed);
    let anchor = |found: Dated| found.and_then(|one| one.1);
    let from = anchor(start).or(anchor(due)).map(|time| time.instant());
    let to = anchor(due).or(anchor(start)).map(|time| time.instant());
    let reminder = alarm::first(first, from.unwrap_or_default(), to.unwrap_or_default());
    task.reminder = reminder.filter(|_| from.is_some()).map(EventTime::utc);
    let categories = first.lines_of("CATEGORIES").flat_map(|line| line.list(','));
    task.categories = categories
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    task.body = further::body(first, &mut task.transforms);
    let mut lines = told(first, &mut task);
    task.recurrence = recurrence(first, start, due, &mut lines, &mut task.deltas);
    task.body.add_lines(&lines);
    Ok(task)
}

fn span(task: &Component, zones: &Zones) -> (Dated, Dated) {
    let start = time(task, "DTSTART", zones);
    let due = time(task, "DUE", zones).or_else(|| {
        let length = stamp::duration(&task.text("DURATION"))?;
        let begins = start?.1?;
        let local = begins.local.checked_add_signed(length)?;
        Some((local.date(), Some(EventTime { local, ..begins })))
    });
    (start, due)
}

/// What has no place in To Do, as lines of the body.
fn told(component: &Component, task: &mut Task) -> Vec<String> {
    let mut lines = further::lines(component, &mut task.transforms, &mut task.deltas);
    let percent = component
        .text("PERCENT-COMPLETE")
        .trim()
        .parse::<u32>()
        .ok();
    if let Some(percent) = percent.filter(|percent| (1..100).contains(percent)) {
        lines.push(format!("Percent complete: {percent}"));
        task.deltas.push(Delta {
            property: "percent-complete",
            reason: "To Do has no place for it: it stands in the body",
        });
    }
    let location = component.text("LOCATION");
    if !location.trim().is_empty() {
        lines.push(format!("Location: {location}"));
        task.transforms
            .push(Transform("further-properties-into-body/1"));
    }
    people(component, &mut lines, &mut task.deltas);
    let (transforms, deltas) = (&mut task.transforms, &mut task.deltas);
    let (files, links) = further::attachments(component, transforms, deltas);
    lines.extend(links);
    if !files.is_empty() {
        deltas.push(Delta {
            property: "attachments",
            reason: "files of tasks are not restored",
        });
    }
    lines
}

/// The day, and the time where there is one.
fn time(component: &Component, name: &str, zones: &Zones) -> Dated {
    let line = component.line(name)?;
    match stamp::parse(line.text().trim())? {
        Stamp::Day(day) => Some((day, None)),
        Stamp::Time { local, is_utc } => {
            let (time, _) = zones.place(line, local, is_utc);
            Some((local.date(), Some(time)))
        }
    }
}

fn status(component: &Component, say: &mut impl FnMut(&'static str, &'static str)) -> TaskStatus {
    match &*component.text("STATUS").trim().to_ascii_uppercase() {
        "COMPLETED" => TaskStatus::Completed,
        "IN-PROCESS" => TaskStatus::InProgress,
        "CANCELLED" => {
            say("status", "To Do knows no cancelled task: it is deferred");
            TaskStatus::Deferred
        }
        _ if component.line("COMPLETED").is_some() => TaskStatus::Completed,
        _ if component.text("PERCENT-COMPLETE").trim() == "100" => TaskStatus::Completed,
        _ => TaskStatus::NotStarted,
    }
}

fn importance(
    component: &Component,
    say: &mut impl FnMut(&'static str, &'static str),
) -> Importance {
    let number = component.text("PRIORITY").trim().parse::<u32>().ok();
    if number.is_some_and(|number| !matches!(number, 0 | 1 | 5 | 9)) {
        say("importance", "the original has nine steps, To Do three");
    }
    match number {
        Some(1..=4) => Importance::High,
        Some(6..=9) => Importance::Low,
        _ => Importance::Normal,
    }
}

fn people(component: &Component, lines: &mut Vec<String>, deltas: &mut Vec<Delta>) {
    for name in ["ORGANIZER", "ATTENDEE"] {
        for line in component.lines_of(name) {
            let shown = line.param("CN").unwrap_or_default();
            let what = if name == "ORGANIZER" {
                "Organizer"
            } else {
                "Attendee"
            };
            lines.push(format!("{what}: {shown} {}", line.text().trim()));
            deltas.push(Delta {
                property: "attendees",
                reason: "To Do has no place for people: they stand in the body",
            });
        }
    }
}

fn recurrence(
    component: &Component,
    start: Dated,
    due: Dated,
    lines: &mut Vec<String>,
    deltas: &mut Vec<Delta>,
) -> Option<crate::domain::recurrence::Recurrence> {
    let line = component.line("RRULE")?;
    let anchor = due.or(start).map(|(day, time)| {
        let midnight = || EventTime {
            local: day.and_time(chrono::NaiveTime::MIN),
            zone: chrono_tz::Tz::UTC,
        };
        time.unwrap_or_else(midnight)
    });
    let read = anchor.and_then(|anchor| rule::parse(&line.text(), &anchor).ok());
    let Some(read) = read else {
        lines.push(format!("RRULE: {}", line.raw().0));
        deltas.push(Delta {
            property: "recurrence",
            reason: "To Do has no form for the rule: it stands in the body",
        });
        return None;
    };
    deltas.extend(read.deltas);
    if component
        .lines_of("EXDATE")
        .chain(component.lines_of("RDATE"))
        .next()
        .is_some()
    {
        deltas.push(Delta {
            property: "cancellations",
            reason: "To Do knows no exceptions: dates beside the rule are left out",
        });
    }
    Some(read.recurrence)
}
