//! Calendar events, contacts and tasks under one name: what a mailbox keeps beside mail; each kind has a file of its own.

use super::calendar_event::CalendarEvent;
use super::contact::Contact;
use super::item::Workload;
use super::message::{Attachment, Delta, Transform};
use super::task::Task;

/// An item of a mailbox that is not a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutlookItem {
    /// A person, an organisation or a distribution list.
    Contact(Box<Contact>),
    /// An event or a series of events.
    Event(Box<CalendarEvent>),
    /// A task.
    Task(Box<Task>),
}

impl OutlookItem {
    /// The service that it belongs to.
    pub fn workload(&self) -> Workload {
        match self {
            Self::Contact(_) => Workload::Contacts,
            Self::Event(_) => Workload::Calendar,
            Self::Task(_) => Workload::Tasks,
        }
    }

    /// What a list shows of it.
    pub fn title(&self) -> &str {
        match self {
            Self::Contact(contact) => &contact.display_name,
            Self::Event(event) => &event.facts.subject,
            Self::Task(task) => &task.title,
        }
    }

    /// What was changed on purpose so far.
    pub fn transforms(&self) -> &[Transform] {
        match self {
            Self::Contact(contact) => &contact.transforms,
            Self::Event(event) => &event.transforms,
            Self::Task(task) => &task.transforms,
        }
    }

    /// What the target cannot hold.
    pub fn deltas(&self) -> &[Delta] {
        match self {
            Self::Contact(contact) => &contact.deltas,
            Self::Event(event) => &event.deltas,
            Self::Task(task) => &task.deltas,
        }
    }

    /// The files that come with it; a contact's photo is not one.
    pub fn attachments(&self) -> &[Attachment] {
        match self {
            Self::Event(event) => &event.attachments,
            Self::Contact(_) | Self::Task(_) => &[],
        }
    }
}
