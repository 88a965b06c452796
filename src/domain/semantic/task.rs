//! The fields of a task that are compared.

use super::event::recurrence;
use super::{Field, body_words, importance_word};
use crate::domain::html_text::words_of_text;
use crate::domain::task::{Task, TaskStatus};

pub(super) fn fields(task: &Task) -> Vec<Field> {
    let mut categories = task.categories.clone();
    categories.sort();
    let status = match task.status {
        TaskStatus::Completed => "completed",
        TaskStatus::Deferred => "deferred",
        TaskStatus::InProgress => "inProgress",
        TaskStatus::NotStarted => "notStarted",
        TaskStatus::WaitingOnOthers => "waitingOnOthers",
    };
    // The service keeps no order of its own that we could rely on.
    let mut checklist: Vec<String> = task
        .checklist
        .iter()
        .map(|line| format!("{} {}\n", line.is_checked, words_of_text(&line.title)))
        .collect();
    checklist.sort();
    let day = |day: Option<chrono::NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
    let reminder = task.reminder.map(|at| at.instant().timestamp().to_string());
    let rule = task.recurrence.as_ref().map(recurrence);
    let mut fields = vec![
        ("body", body_words(&task.body)),
        ("categories", categories.join("\n")),
        ("checklist", checklist.concat()),
        ("due", day(task.due)),
        ("importance", importance_word(task.importance).to_owned()),
        ("recurrence", rule.unwrap_or_default()),
        ("reminder", reminder.unwrap_or_default()),
        ("start", day(task.start)),
        ("status", status.to_owned()),
        ("title", words_of_text(&task.title)),
    ];
    // The service dates a task that is done where the original does not say when.
    if task.completed.is_some() {
        fields.push(("completed", day(task.completed)));
    }
    fields
}
