//! An object as an event, a contact or a task: what Outlook keeps beside mail. Each kind has a file below.

mod contact;
mod event;
mod recur;
mod task;
mod zone;

use sha2::{Digest as _, Sha256};

use super::properties::Key;
use super::{Object, attachment, body, bytes, damage, ids};
use crate::domain::item::Workload;
use crate::domain::message::{Attachment, Body, Delta, Importance, Message, Transform};
use crate::domain::outlook::OutlookItem;
use crate::sources::pinned::Problem;

/// Refuses an appointment that does not say when it is: a calendar would show it on a day that nobody meant.
pub(in crate::sources) fn placed(object: &Object) -> Result<(), Problem> {
    if event::has_start(&object.properties) {
        return Ok(());
    }
    Err(Problem::new("no-start", "an appointment without a start"))
}

/// Makes an item of an object; `None` where the workload is none of these, or an event has no start.
pub fn item(object: Object, workload: Workload) -> Option<OutlookItem> {
    Some(match workload {
        Workload::Calendar if !event::has_start(&object.properties) => return None,
        Workload::Calendar => OutlookItem::Event(Box::new(event::event(object))),
        Workload::Contacts => OutlookItem::Contact(Box::new(contact::contact(object))),
        Workload::Tasks => OutlookItem::Task(Box::new(task::task(&object))),
        _ => return None,
    })
}

pub(super) use contact::exchange_names;

/// What all of them have.
struct Shared {
    subject: String,
    body: Body,
    importance: Importance,
    categories: Vec<String>,
    transforms: Vec<Transform>,
    deltas: Vec<Delta>,
}

fn shared(object: &Object) -> Shared {
    let properties = &object.properties;
    let read = body::read(object);
    let mut deltas = read.deltas;
    damage::declare(object, &mut deltas);
    Shared {
        subject: super::message::subject(properties),
        body: read.body,
        importance: super::message::importance(properties),
        categories: super::message::categories(properties),
        transforms: read.transforms,
        deltas,
    }
}

/// The files of an object, read as those of a message are.
fn files(attached: Vec<super::Attached>, shared: &mut Shared) -> Vec<Attachment> {
    let mut message = Message::default();
    for one in attached {
        attachment::add(&mut message, one);
    }
    shared.transforms.extend(message.transforms);
    shared.deltas.extend(message.deltas);
    message.attachments
}

/// For kinds that hold no files in the target: Graph has none for a contact, and takes those of a task from a signed-in user
/// alone. Which they were stands in the text, so that whoever has the backup can find them.
fn no_files(object: &Object, shared: &mut Shared) {
    if object.attachments.is_empty() {
        return;
    }
    let lines: Vec<String> = object.attachments.iter().map(file_line).collect();
    shared.body.add_lines(&lines);
    shared.deltas.push(Delta {
        property: "attachments",
        reason: "the target holds no files with an item of this kind: \
                 their names and digests stand in its text",
    });
}

fn file_line(one: &super::Attached) -> String {
    let name = attachment::file_name(one).unwrap_or_else(|| "without a name".to_owned());
    match one.properties.bytes(&ids::ATTACH_DATA) {
        Some(content) => {
            let digest = bytes::hex(&Sha256::digest(content));
            let size = content.len();
            format!("Attachment left in the backup: {name} ({size} bytes, SHA-256 {digest})")
        }
        None => format!("Attachment left in the backup: {name}"),
    }
}

fn of_all(id: u32) -> Key {
    Key::Number(ids::COMMON, id)
}
