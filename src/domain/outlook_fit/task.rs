//! Tasks: Microsoft To Do repeats only what is due, and reminds of what is still to be done.

use chrono::{DateTime, Utc};

use super::Changes;
use crate::domain::message::{BodyKind, Transform};
use crate::domain::task::{Task, TaskStatus};

/// The task is done, or the instant is over.
const REMINDER_OFF: Transform = Transform("past-reminder-turned-off/1");
/// A task has a day to repeat from: the first of its recurrence.
const DUE_FROM_RECURRENCE: Transform = Transform("due-from-recurrence/1");

pub(super) fn fit(mut task: Task, now: DateTime<Utc>) -> Task {
    let mut changes = Changes::of(
        std::mem::take(&mut task.transforms),
        std::mem::take(&mut task.deltas),
    );
    changes.clean(&mut task.uid);
    // First of all: what is left of a title of nothing but control characters is no title.
    changes.clean(&mut task.title);
    if task.title.trim().is_empty() {
        "(no title)".clone_into(&mut task.title);
        changes.delta("title", "the original has none; To Do asks for one");
    }
    changes.title(&mut task.title, &mut task.body);
    changes.body(&mut task.body);
    changes.categories(&mut task.categories);
    for line in &mut task.checklist {
        changes.clean(&mut line.title);
    }
    if task.body.kind == BodyKind::Text && task.body.content.trim().is_empty() {
        task.body.content.clear();
    }
    if let (Some(rule), None) = (&task.recurrence, task.due) {
        task.due = Some(rule.start);
        changes.transform(DUE_FROM_RECURRENCE);
    }
    if let (Some(start), Some(due)) = (task.start, task.due)
        && due < start
    {
        task.body.add_lines(&[format!("Start: {start}")]);
        task.start = None;
        changes.delta(
            "start",
            "after the day on which it is due: it stands in the body",
        );
    }
    let is_over = |at: DateTime<Utc>| at < now || task.status == TaskStatus::Completed;
    if task.reminder.is_some_and(|at| is_over(at.instant())) {
        task.reminder = None;
        changes.transform(REMINDER_OFF);
    }
    (task.transforms, task.deltas) = changes.sorted();
    task
}
