//! A task as we restore it and as we read it back: Microsoft To Do keeps days for it, hours only for the reminder.

use chrono::NaiveDate;

use super::calendar_event::EventTime;
use super::message::{Body, Delta, Importance, Transform};
use super::recurrence::Recurrence;

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskStatus {
    /// `completed`
    Completed,
    /// `deferred`
    Deferred,
    /// `inProgress`
    InProgress,
    /// `notStarted`
    #[default]
    NotStarted,
    /// `waitingOnOthers`
    WaitingOnOthers,
}

/// A line of its checklist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChecklistItem {
    /// What is to be done.
    pub title: String,
    /// Whether it is.
    pub is_checked: bool,
}

/// A task: everything that is restored and compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// What calendars know it by: iCalendar's UID.
    pub uid: String,
    /// The title.
    pub title: String,
    /// The body.
    pub body: Body,
    /// The day on which it can be begun.
    pub start: Option<NaiveDate>,
    /// The day on which it is due.
    pub due: Option<NaiveDate>,
    /// The day on which it was done.
    pub completed: Option<NaiveDate>,
    /// How far it is.
    pub status: TaskStatus,
    /// How urgent it is.
    pub importance: Importance,
    /// When somebody is reminded.
    pub reminder: Option<EventTime>,
    /// When it comes up again.
    pub recurrence: Option<Recurrence>,
    /// Its checklist, in order.
    pub checklist: Vec<ChecklistItem>,
    /// Category names.
    pub categories: Vec<String>,
    /// What reading the original already changed.
    pub transforms: Vec<Transform>,
    /// What the target cannot hold of it.
    pub deltas: Vec<Delta>,
}
