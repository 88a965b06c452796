//! What a mailbox can hold of an event, a contact or a task: it is made to fit before it is written, and each thing that does not
//! fit is named. What has no place of its own goes into the body or the notes, as data.

mod contact;
mod event;
mod task;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::choices::Attendees;
use super::message::{Body, Delta, Transform};
use super::outlook::OutlookItem;

/// Control characters that JSON and MAPI strings do not take.
const CONTROL_REMOVED: Transform = Transform("control-characters-removed/1");
/// PidTagSubject and its like hold 255 characters.
const TITLE_CHARS_MAX: usize = 255;
/// The request has 4 MB for everything.
const BODY_BYTES_MAX: usize = 2 << 20;

/// Fits an item; what it says of itself afterwards is what will be written. `now` decides which reminders are over.
pub fn fit(item: OutlookItem, now: DateTime<Utc>) -> OutlookItem {
    fit_as_chosen(item, now, Attendees::IntoBody)
}

/// The same, with the people of an event where the operator wants them.
pub fn fit_as_chosen(item: OutlookItem, now: DateTime<Utc>, attendees: Attendees) -> OutlookItem {
    match item {
        OutlookItem::Contact(contact) => OutlookItem::Contact(Box::new(contact::fit(*contact))),
        OutlookItem::Event(event) => {
            OutlookItem::Event(Box::new(event::fit(*event, now, attendees)))
        }
        OutlookItem::Task(task) => OutlookItem::Task(Box::new(task::fit(*task, now))),
    }
}

/// Each text once, where it stood first.
pub(super) fn once(texts: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    texts.retain(|text| seen.insert(text.clone()));
}

/// What was changed on the way, each thing once.
#[derive(Default)]
struct Changes {
    transforms: Vec<Transform>,
    deltas: Vec<Delta>,
}

impl Changes {
    fn of(transforms: Vec<Transform>, deltas: Vec<Delta>) -> Self {
        Self { transforms, deltas }
    }

    fn transform(&mut self, transform: Transform) {
        self.transforms.push(transform);
    }

    fn delta(&mut self, property: &'static str, reason: &'static str) {
        self.deltas.push(Delta { property, reason });
    }

    fn sorted(mut self) -> (Vec<Transform>, Vec<Delta>) {
        self.transforms.sort();
        self.transforms.dedup();
        self.deltas.sort();
        self.deltas.dedup();
        (self.transforms, self.deltas)
    }

    /// Takes out what strings cannot hold; line ends and tabs may stay.
    fn clean(&mut self, text: &mut String) {
        let is_refused = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if text.contains(is_refused) {
            text.retain(|c| !is_refused(c));
            self.transform(CONTROL_REMOVED);
        }
    }

    /// A service that keeps a set gives each back once.
    fn categories(&mut self, categories: &mut Vec<String>) {
        for category in &mut *categories {
            self.clean(category);
        }
        once(categories);
    }

    /// A title that is too long for its place stands whole at the top of the body.
    fn title(&mut self, title: &mut String, body: &mut Body) {
        self.clean(title);
        if title.chars().count() > TITLE_CHARS_MAX {
            body.add_lines(&[format!("Title: {title}")]);
            *title = title.chars().take(TITLE_CHARS_MAX).collect();
            self.delta("title", "longer than 255 characters; whole in the body");
        }
    }

    fn body(&mut self, body: &mut Body) {
        self.clean(&mut body.content);
        if body.content.len() > BODY_BYTES_MAX {
            let mut end = BODY_BYTES_MAX;
            while !body.content.is_char_boundary(end) {
                end -= 1;
            }
            body.content.truncate(end);
            self.delta("body", "longer than 2 MiB: cut off");
        }
    }
}

#[cfg(test)]
mod tests;
