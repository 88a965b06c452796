//! The simulator's own truth of calendars, contacts and tasks, for tests: what is stored, and changes behind everybody's back.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::inspect::Inspect;
use crate::server::lock;
use crate::tenant::User;

/// An event, a contact or a task as it is stored.
#[derive(Clone, Debug, Serialize)]
pub struct StoredItem {
    /// `event`, `contact` or `task`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// The name of its calendar, folder or list; empty for a mailbox's own contacts.
    pub folder: String,
    /// As Graph gives it, times as they were given.
    pub json: Value,
    /// Extended properties.
    pub properties: BTreeMap<String, String>,
    /// Days on which a series does not take place.
    pub cancelled: Vec<String>,
    /// Days on which it differs, and in what.
    pub exceptions: BTreeMap<String, Value>,
    /// Names of attachments, titles of checklist lines, `photo`.
    pub parts: Vec<String>,
}

impl Inspect {
    /// Every event, contact and task of a mailbox, by kind and id.
    pub fn items(&self, user: &str) -> Vec<StoredItem> {
        let tenant = lock(&self.0.tenant);
        let user = tenant.user_index(user).map(|place| &tenant.users[place]);
        user.map(|user| {
            let mut all = events(user);
            all.extend(contacts(user));
            all.extend(tasks(user));
            all
        })
        .unwrap_or_default()
    }

    /// How many mails would have gone out to attendees, over all mailboxes.
    pub fn invitations(&self) -> u64 {
        let tenant = lock(&self.0.tenant);
        tenant
            .users
            .iter()
            .map(|user| user.calendar.invitations)
            .sum()
    }

    /// Changes a stored event, contact or task behind everybody's back.
    pub fn change_item(
        &self,
        user: &str,
        id: &str,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let Some(place) = tenant.user_index(user) else {
            return false;
        };
        let user = &mut tenant.users[place];
        let json = if let Some(event) = user.calendar.events.get_mut(id) {
            &mut event.json
        } else if let Some(contact) = user.contacts.contacts.get_mut(id) {
            &mut contact.json
        } else if let Some(task) = user.todo.tasks.get_mut(id) {
            &mut task.json
        } else {
            return false;
        };
        change(json);
        true
    }

    /// The same with the extended properties of an event or a contact.
    pub fn change_item_properties(
        &self,
        user: &str,
        id: &str,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let Some(place) = tenant.user_index(user) else {
            return false;
        };
        let user = &mut tenant.users[place];
        let event = user.calendar.events.get_mut(id);
        let event = event.map(|event| &mut event.properties);
        let contact = user.contacts.contacts.get_mut(id);
        let found = event.or(contact.map(|contact| &mut contact.properties));
        found.map(change).is_some()
    }

    /// Takes parts of a stored item away: occurrences that differ, attachments, the photo, the checklist.
    pub fn strip_item(&self, user: &str, id: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let Some(place) = tenant.user_index(user) else {
            return false;
        };
        let user = &mut tenant.users[place];
        if let Some(event) = user.calendar.events.get_mut(id) {
            event.cancelled.clear();
            event.exceptions.clear();
            event.attachments.clear();
        } else if let Some(contact) = user.contacts.contacts.get_mut(id) {
            contact.photo = None;
        } else if let Some(task) = user.todo.tasks.get_mut(id) {
            task.checklist.clear();
        } else {
            return false;
        }
        true
    }
}

fn events(user: &User) -> Vec<StoredItem> {
    let events = user.calendar.events.values().map(|event| StoredItem {
        kind: "event",
        id: event.id.clone(),
        folder: {
            let mut names = user.calendar.names.iter();
            let found = names.find(|(id, _)| *id == event.calendar);
            found.map(|(_, name)| name.clone()).unwrap_or_default()
        },
        json: Value::Object(event.json.clone()),
        properties: event.properties.clone(),
        cancelled: event.cancelled.iter().map(ToString::to_string).collect(),
        exceptions: event
            .exceptions
            .iter()
            .map(|(day, facts)| (day.to_string(), Value::Object(facts.clone())))
            .collect(),
        parts: event
            .attachments
            .iter()
            .map(|file| file.name.clone())
            .collect(),
    });
    events.collect()
}

fn contacts(user: &User) -> Vec<StoredItem> {
    let contacts = user.contacts.contacts.iter().map(|(id, contact)| {
        let mut folders = user.contacts.folders.iter();
        let folder = folders.find(|(id, ..)| *id == contact.folder);
        StoredItem {
            kind: "contact",
            id: id.clone(),
            folder: folder.map(|(_, name, _)| name.clone()).unwrap_or_default(),
            json: Value::Object(contact.json.clone()),
            properties: contact.properties.clone(),
            cancelled: Vec::new(),
            exceptions: BTreeMap::new(),
            parts: contact.photo.iter().map(|_| "photo".to_owned()).collect(),
        }
    });
    contacts.collect()
}

fn tasks(user: &User) -> Vec<StoredItem> {
    let tasks = user.todo.tasks.iter().map(|(id, task)| {
        let list = user.todo.lists.iter().find(|(id, ..)| *id == task.list);
        let mut json = Value::Object(task.json.clone());
        json["linkedResources"] = Value::Array(task.links.clone());
        let lines = task.checklist.iter();
        StoredItem {
            kind: "task",
            id: id.clone(),
            folder: list.map(|(_, name, _)| name.clone()).unwrap_or_default(),
            json,
            properties: BTreeMap::new(),
            cancelled: Vec::new(),
            exceptions: BTreeMap::new(),
            parts: lines
                .map(|line| line["displayName"].as_str().unwrap_or_default().to_owned())
                .collect(),
        }
    });
    tasks.collect()
}
