//! Microsoft To Do: lists, tasks, their checklists and the resources that they are linked to.
//! <https://learn.microsoft.com/graph/api/resources/todo-overview>

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::answer::{Answer, empty, json_answer, page, refuse};
use crate::mail::unknown_property;
use crate::request::Request;
use crate::tenant::Tenant;

const READ: [&str; 2] = ["Tasks.Read.All", "Tasks.ReadWrite.All"];
const WRITE: [&str; 1] = ["Tasks.ReadWrite.All"];
/// A list that somebody else shared with every person of this tenant.
const COLLEAGUES: &str = "AAMkListOfAColleague";
const KNOWN: [&str; 13] = [
    "body",
    "categories",
    "completedDateTime",
    "dueDateTime",
    "importance",
    "isReminderOn",
    "linkedResources",
    "recurrence",
    "reminderDateTime",
    "startDateTime",
    "status",
    "title",
    "checklistItems",
];

/// A mailbox's lists and tasks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Todo {
    /// Id, name and well-known name.
    pub(crate) lists: Vec<(String, String, &'static str)>,
    pub(crate) tasks: BTreeMap<String, Task>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) list: String,
    pub(crate) json: Map<String, Value>,
    pub(crate) checklist: Vec<Value>,
    pub(crate) links: Vec<Value>,
}

impl Todo {
    pub(crate) fn new(own: String, flagged: String) -> Self {
        Self {
            lists: vec![
                (
                    flagged,
                    "Gekennzeichnete E-Mails".to_owned(),
                    "flaggedEmails",
                ),
                (own, "Aufgaben".to_owned(), "defaultList"),
            ],
            tasks: BTreeMap::new(),
        }
    }
}

fn not_found() -> Answer {
    refuse(404, "invalidRequest", "Invalid request")
}

fn method() -> Answer {
    refuse(405, "UnknownError", "The method is not allowed.")
}

pub(crate) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    rest: &[&str],
) -> Result<Answer, Answer> {
    request.needs(if request.is_write() { &WRITE } else { &READ })?;
    match rest {
        ["lists"] => lists(tenant, request, user),
        ["lists", list, rest @ ..] => {
            let known = &tenant.users[user].todo.lists;
            let is_own = known.iter().any(|(id, ..)| id == list);
            if !is_own && *list != COLLEAGUES {
                return Err(not_found());
            }
            let is_flagged = known
                .iter()
                .any(|(id, _, kind)| id == list && *kind == "flaggedEmails");
            if is_flagged && request.method == "POST" && rest.len() == 1 {
                return Err(refuse(
                    400,
                    "invalidRequest",
                    "The list holds flagged mail alone.",
                ));
            }
            match rest {
                ["tasks"] => tasks(tenant, request, user, list),
                ["tasks", id, rest @ ..] => task(tenant, request, user, list, id, rest),
                _ => Err(method()),
            }
        }
        _ => Err(method()),
    }
}

fn lists(tenant: &mut Tenant, request: &Request, user: usize) -> Result<Answer, Answer> {
    let shown = |(id, name, known): &(String, String, &'static str)| {
        json!({
            "id": id, "displayName": name, "isOwner": true, "isShared": false,
            "wellknownListName": known,
        })
    };
    let of_a_colleague = json!({
        "id": COLLEAGUES, "displayName": "Colleague", "isOwner": false, "isShared": true,
        "wellknownListName": "none",
    });
    match &*request.method {
        "GET" => {
            request.only(&["$top", "$skip", "$skiptoken"])?;
            let own = tenant.users[user].todo.lists.iter().map(shown);
            let all = std::iter::once(of_a_colleague).chain(own);
            page(all.collect(), request, &tenant.base, 10)
        }
        "POST" => {
            let body = request.json()?;
            if let Some(key) = body.keys().find(|key| *key != "displayName") {
                return Err(unknown_property(key));
            }
            let name = body
                .get("displayName")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if name.is_empty() {
                return Err(refuse(400, "invalidRequest", "displayName is required."));
            }
            // To Do takes a second list of the same name.
            let made = (tenant.opaque("AAMkList"), name.to_owned(), "none");
            let answer = json_answer(201, shown(&made));
            tenant.users[user].todo.lists.push(made);
            Ok(answer)
        }
        _ => Err(method()),
    }
}

fn shown(task: &Task, request: &Request) -> Result<Value, Answer> {
    let mut value = Value::Object(task.json.clone());
    match request.query.get("$expand").map(String::as_str) {
        None => {}
        Some("linkedResources") => value["linkedResources"] = json!(task.links),
        Some("checklistItems") => value["checklistItems"] = json!(task.checklist),
        Some(other) => {
            return Err(refuse(
                400,
                "BadRequest",
                &format!("Cannot expand '{other}'."),
            ));
        }
    }
    Ok(value)
}

fn tasks(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    list: &str,
) -> Result<Answer, Answer> {
    match &*request.method {
        "GET" => {
            request.only(&["$expand", "$top", "$skip", "$skiptoken"])?;
            let all = tenant.users[user].todo.tasks.values();
            let inside = all.into_iter().filter(|task| task.list == list);
            let shown = inside
                .map(|task| shown(task, request))
                .collect::<Result<_, _>>()?;
            page(shown, request, &tenant.base, 10)
        }
        "POST" => create(tenant, request, user, list),
        _ => Err(method()),
    }
}

fn create(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    list: &str,
) -> Result<Answer, Answer> {
    let mut body = request.json()?;
    check(&body)?;
    let id = tenant.opaque("AAMkTask");
    let now = tenant.clock.text();
    let mut named = |value: Option<Value>, prefix: &str| -> Vec<Value> {
        let listed = value
            .and_then(|value| value.as_array().cloned())
            .unwrap_or_default();
        let mut all = Vec::new();
        for mut one in listed {
            one["id"] = tenant.opaque(prefix).into();
            all.push(one);
        }
        all
    };
    let links = named(body.remove("linkedResources"), "link");
    let checklist = named(body.remove("checklistItems"), "line");
    let mut json = Map::new();
    let defaults = json!({
        "id": id, "title": "", "body": {"content": "", "contentType": "text"}, "categories": [],
        "importance": "normal", "status": "notStarted", "isReminderOn": false,
        "createdDateTime": now, "lastModifiedDateTime": now, "hasAttachments": false,
    });
    json.extend(defaults.as_object().cloned().unwrap_or_default());
    json.extend(body);
    if let Some(given) = json.get("body") {
        let kept = crate::mail::create::body(Some(given))?;
        json.insert("body".to_owned(), kept);
    }
    if json["status"] == "completed" && !json.contains_key("completedDateTime") {
        let midnight = format!("{}T00:00:00.0000000", &now[..10]);
        json.insert(
            "completedDateTime".to_owned(),
            json!({"dateTime": midnight, "timeZone": "UTC"}),
        );
    }
    let known = &mut tenant.users[user];
    for link in &links {
        if let Some(key) = link["externalId"].as_str() {
            *known.created_by_key.entry(key.to_owned()).or_default() += 1;
        }
    }
    let task = Task {
        list: list.to_owned(),
        json: json.clone(),
        checklist,
        links,
    };
    known.todo.tasks.insert(id, task);
    Ok(json_answer(201, Value::Object(json)))
}

fn check(body: &Map<String, Value>) -> Result<(), Answer> {
    if let Some(key) = body.keys().find(|key| !KNOWN.contains(&&***key)) {
        return Err(unknown_property(key));
    }
    let bad = |message: &str| refuse(400, "invalidRequest", message);
    if body
        .get("title")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty)
    {
        return Err(bad("title is required."));
    }
    let statuses = [
        "notStarted",
        "inProgress",
        "completed",
        "waitingOnOthers",
        "deferred",
    ];
    let status = body.get("status").and_then(Value::as_str);
    if status.is_some_and(|status| !statuses.contains(&status)) {
        return Err(bad("status has no such value."));
    }
    if body.get("recurrence").is_some_and(Value::is_object) && !body.contains_key("dueDateTime") {
        return Err(bad("A task that recurs is due."));
    }
    for name in [
        "startDateTime",
        "dueDateTime",
        "completedDateTime",
        "reminderDateTime",
    ] {
        let Some(time) = body.get(name) else { continue };
        let text = time["dateTime"].as_str().unwrap_or_default();
        if text.parse::<chrono::NaiveDateTime>().is_err() {
            return Err(bad(&format!("{name} is no time.")));
        }
    }
    Ok(())
}

fn task(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    list: &str,
    id: &str,
    rest: &[&str],
) -> Result<Answer, Answer> {
    let found = tenant.users[user].todo.tasks.get(id);
    let found = found
        .filter(|task| task.list == list)
        .ok_or_else(not_found)?;
    match (&*request.method, rest) {
        ("GET", []) => Ok(json_answer(200, shown(found, request)?)),
        ("DELETE", []) => {
            tenant.users[user].todo.tasks.remove(id);
            Ok(empty(204))
        }
        ("GET", ["checklistItems"]) => Ok(json_answer(200, json!({"value": found.checklist}))),
        ("GET", ["linkedResources"]) => Ok(json_answer(200, json!({"value": found.links}))),
        ("POST", ["checklistItems"]) => {
            let mut body = request.json()?;
            let known = ["displayName", "isChecked"];
            if let Some(key) = body.keys().find(|key| !known.contains(&&***key)) {
                return Err(unknown_property(key));
            }
            body.insert("id".to_owned(), tenant.opaque("line").into());
            let made = Value::Object(body);
            if let Some(task) = tenant.users[user].todo.tasks.get_mut(id) {
                task.checklist.push(made.clone());
            }
            Ok(json_answer(201, made))
        }
        _ => Err(method()),
    }
}
