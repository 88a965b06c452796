//! Tasks as Microsoft To Do's JSON and back. To Do has no extended properties: our key is the `externalId` of a linked resource.
//! <https://learn.microsoft.com/graph/api/resources/todotask>

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::super::call::{Call, Session};
use super::super::json as shape;
use super::super::{failure, id_of, segment};
use super::event::read_time;
use super::recurrence;
use crate::domain::calendar_event::EventTime;
use crate::domain::item::ItemKey;
use crate::domain::task::{ChecklistItem, Task, TaskStatus};
use crate::targets::{TargetError, TargetId, TargetUser, Written};

/// Whose link it is.
const APPLICATION: &str = "unbroken";
const PAGE: usize = 100;
/// A list that goes on for ever is not followed.
const PAGES_MAX: usize = 10_000;
const STATUSES: [(TaskStatus, &str); 5] = [
    (TaskStatus::NotStarted, "notStarted"),
    (TaskStatus::InProgress, "inProgress"),
    (TaskStatus::Completed, "completed"),
    (TaskStatus::WaitingOnOthers, "waitingOnOthers"),
    (TaskStatus::Deferred, "deferred"),
];

pub(super) fn collection(user: &TargetUser, list: &TargetId) -> String {
    format!(
        "users/{}/todo/lists/{}/tasks",
        segment(&user.id),
        segment(&list.0)
    )
}

pub(super) fn json(task: &Task, key: &ItemKey) -> Value {
    let status = STATUSES.iter().find(|(known, _)| *known == task.status);
    let day =
        |day: NaiveDate| json!({"dateTime": format!("{day}T00:00:00.0000000"), "timeZone": "UTC"});
    let mut object = Map::new();
    let mut set = |name: &str, value: Value| object.insert(name.to_owned(), value);
    set("title", task.title.as_str().into());
    set("body", shape::body(&task.body));
    set(
        "status",
        status.map_or("notStarted", |(_, name)| name).into(),
    );
    set("importance", shape::importance(task.importance).into());
    set("categories", json!(task.categories));
    for (name, at) in [
        ("startDateTime", task.start),
        ("dueDateTime", task.due),
        ("completedDateTime", task.completed),
    ] {
        if let Some(at) = at {
            set(name, day(at));
        }
    }
    set("isReminderOn", task.reminder.is_some().into());
    if let Some(at) = task.reminder {
        let text = at.instant().format("%Y-%m-%dT%H:%M:%S.0000000").to_string();
        set(
            "reminderDateTime",
            json!({"dateTime": text, "timeZone": "UTC"}),
        );
    }
    if let Some(rule) = &task.recurrence {
        set("recurrence", recurrence::json(rule, "UTC"));
    }
    set(
        "linkedResources",
        json!([{
            "applicationName": APPLICATION,
            "displayName": "restored from a backup",
            "externalId": key.to_string(),
        }]),
    );
    Value::Object(object)
}

fn is_linked(links: &Value, key: Option<&ItemKey>) -> bool {
    let links = links.as_array().into_iter().flatten();
    let key = key.map(ToString::to_string);
    links.into_iter().any(|link| {
        link["applicationName"] == APPLICATION
            && key
                .as_ref()
                .is_none_or(|key| link["externalId"] == key.as_str())
    })
}

/// To Do finds no task by its links: the list is read through.
pub(super) async fn find(
    session: &Session,
    user: &TargetUser,
    list: &TargetId,
    key: &ItemKey,
) -> Result<Vec<TargetId>, TargetError> {
    let operation = "GET /users/{id}/todo/lists/{id}/tasks";
    let mut found = Vec::new();
    for page in 0..PAGES_MAX {
        let path = format!(
            "{}?$expand=linkedResources&$top={PAGE}&$skip={}",
            collection(user, list),
            page * PAGE
        );
        let answer = session.json(Call::get(operation, path)).await?;
        let listed = answer.body["value"].as_array();
        let listed = listed.ok_or_else(|| failure::contract(operation, "no list"))?;
        for task in listed {
            if is_linked(&task["linkedResources"], Some(key)) {
                found.push(id_of(operation, task)?);
            }
        }
        if answer.body.get("@odata.nextLink").is_none() || listed.is_empty() {
            return Ok(found);
        }
    }
    Err(failure::contract(operation, "the list does not end"))
}

fn path(user: &TargetUser, list: &TargetId, id: &TargetId) -> String {
    format!("{}/{}", collection(user, list), segment(&id.0))
}

async fn checklist(session: &Session, path: &str) -> Result<Vec<ChecklistItem>, TargetError> {
    let operation = "GET /users/{id}/todo/lists/{id}/tasks/{id}/checklistItems";
    let call = Call::get(operation, format!("{path}/checklistItems"));
    let answer = session.json(call).await?;
    let listed = answer.body["value"].as_array();
    let listed = listed.ok_or_else(|| failure::contract(operation, "no list"))?;
    let lines = listed.iter().map(|line| ChecklistItem {
        title: line["displayName"].as_str().unwrap_or_default().to_owned(),
        is_checked: line["isChecked"] == true,
    });
    Ok(lines.collect())
}

/// Adds the lines of the checklist that are missing.
pub(super) async fn complete(
    session: &Session,
    user: &TargetUser,
    list: &TargetId,
    id: &TargetId,
    task: &Task,
) -> Result<Written, TargetError> {
    let mut written = Written::default();
    if task.checklist.is_empty() {
        return Ok(written);
    }
    let path = path(user, list, id);
    let mut there = checklist(session, &path).await?;
    for line in &task.checklist {
        if let Some(at) = there.iter().position(|known| known == line) {
            there.swap_remove(at);
            continue;
        }
        let operation = "POST /users/{id}/todo/lists/{id}/tasks/{id}/checklistItems";
        let body = json!({"displayName": line.title, "isChecked": line.is_checked});
        let call = Call::post(operation, format!("{path}/checklistItems"), &body);
        written
            .request_ids
            .extend(session.json(call).await?.request_id);
    }
    Ok(written)
}

pub(super) async fn read(
    session: &Session,
    user: &TargetUser,
    list: &TargetId,
    id: &TargetId,
) -> Result<Task, TargetError> {
    let operation = "GET /users/{id}/todo/lists/{id}/tasks/{id}";
    let path = path(user, list, id);
    let call = Call::get(operation, format!("{path}?$expand=linkedResources"));
    let value = session.json(call).await?.body;
    if !is_linked(&value["linkedResources"], None) {
        return Err(failure::contract(operation, "the task lost its item key"));
    }
    let recurrence = match &value["recurrence"] {
        Value::Null => None,
        rule => Some(recurrence::read(rule).ok_or_else(|| {
            failure::contract(operation, "a recurrence in a form that is not documented")
        })?),
    };
    let day = |name: &str| read_time(&value[name]).map(|at| at.date_naive());
    let reminder = read_time(&value["reminderDateTime"]).map(EventTime::utc);
    Ok(Task {
        uid: String::new(),
        title: value["title"].as_str().unwrap_or_default().to_owned(),
        body: shape::read_body(&value["body"]),
        start: day("startDateTime"),
        due: day("dueDateTime"),
        completed: day("completedDateTime"),
        status: STATUSES
            .iter()
            .find(|(_, name)| value["status"] == *name)
            .map_or(TaskStatus::NotStarted, |(known, _)| *known),
        importance: shape::read_importance(&value["importance"]),
        reminder: reminder.filter(|_| value["isReminderOn"] == true),
        recurrence,
        checklist: checklist(session, &path).await?,
        categories: shape::read_texts(&value["categories"]),
        transforms: Vec::new(),
        deltas: Vec::new(),
    })
}
