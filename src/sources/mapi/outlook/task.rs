//! Tasks ([MS-OXOTASK]).

use chrono::NaiveDate;

use super::{no_files, of_all, recur, shared};
use crate::domain::calendar_event::EventTime;
use crate::domain::message::Delta;
use crate::domain::task::{Task, TaskStatus};
use crate::sources::mapi::properties::Key;
use crate::sources::mapi::{Object, ids};

const fn task_key(id: u32) -> Key {
    Key::Number(ids::TASK, id)
}

pub(super) fn task(object: &Object) -> Task {
    let mut shared = shared(object);
    no_files(object, &mut shared);
    let properties = &object.properties;
    // Days are kept as their midnight without a zone.
    let day = |id: u32| -> Option<NaiveDate> { Some(properties.time(&task_key(id))?.date_naive()) };
    let is_complete = properties.flag(&task_key(0x811C)).unwrap_or(false);
    let status = match properties.number(&task_key(0x8101)) {
        _ if is_complete => TaskStatus::Completed,
        Some(1) => TaskStatus::InProgress,
        Some(2) => TaskStatus::Completed,
        Some(3) => TaskStatus::WaitingOnOthers,
        Some(4) => TaskStatus::Deferred,
        _ => TaskStatus::NotStarted,
    };
    let recurrence = properties.bytes(&task_key(0x8116)).map(recur::read);
    if matches!(recurrence, Some(None)) {
        shared.deltas.push(Delta {
            property: "recurrence",
            reason: "not one that the target has",
        });
    }
    let is_reminded = properties.flag(&of_all(0x8503)).unwrap_or(false);
    let reminder = properties.time(&of_all(0x8502)).filter(|_| is_reminded);
    let percent = properties.float(&task_key(0x8102)).unwrap_or(0.0);
    if percent > 0.0 && percent < 1.0 {
        shared.deltas.push(Delta {
            property: "percent complete",
            reason: "Microsoft To Do has none; the status stays",
        });
    }
    Task {
        uid: String::new(),
        title: shared.subject,
        body: shared.body,
        start: day(0x8104),
        due: day(0x8105),
        completed: day(0x810F),
        status,
        importance: shared.importance,
        reminder: reminder.map(EventTime::utc),
        recurrence: recurrence.flatten().map(|rule| rule.recurrence),
        checklist: Vec::new(),
        categories: shared.categories,
        transforms: shared.transforms,
        deltas: shared.deltas,
    }
}
