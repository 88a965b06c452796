//! A node as an object: its properties, its table of recipients, its attachments, and the objects within those.

use super::error::PstError;
use super::names::Names;
use super::node::Node;
use super::{property, table};
use crate::sources::mapi::{Attached, Object, Properties, Value, ids};

/// [MS-PST] 2.4.6.2 and 2.4.6.1: under these ids, among an item's own nodes.
const RECIPIENTS: u32 = 0x692;
const ATTACHMENTS: u32 = 0x671;

/// Reads an object. How deep objects may lie in one another is bounded where the node was loaded.
pub(super) fn read(node: &Node, names: &Names) -> Result<Object, PstError> {
    let read = property::read(node, names)?;
    let (mut properties, mut properties_lost) = (read.properties, read.lost);
    let page = properties
        .said_code_page()
        .unwrap_or_else(|| properties.code_page());
    properties.set_code_page(page);
    let with_page = |mut one: Properties| {
        one.set_code_page(page);
        one
    };
    let recipients = match node.below.get(&RECIPIENTS) {
        Some(below) => table::read(below, names)?,
        None => Vec::new(),
    };
    properties_lost += recipients.iter().map(|row| row.lost).sum::<usize>();
    let mut object = Object {
        properties,
        properties_lost,
        recipients: recipients
            .into_iter()
            .map(|row| with_page(row.properties))
            .collect(),
        is_altered: node.is_altered,
        ..Object::default()
    };
    let rows = match node.below.get(&ATTACHMENTS) {
        Some(below) => table::read(below, names)?,
        None => Vec::new(),
    };
    for row in rows {
        object.properties_lost += row.lost;
        match attached(node, row.id, &with_page(row.properties), names) {
            Some((attached, lost)) => {
                object.attachments.push(attached);
                object.properties_lost += lost;
            }
            None => object.attachments_lost += 1,
        }
    }
    Ok(object)
}

/// An attachment, with what its row says where the attachment itself does not: Outlook writes the method to the row alone. Beside
/// it, how many of its own properties cannot be read.
fn attached(node: &Node, id: u32, row: &Properties, names: &Names) -> Option<(Attached, usize)> {
    let own = node.below.get(&id)?;
    let read = property::read(own, names).ok()?;
    let mut properties = read.properties;
    properties.set_code_page(row.code_page());
    for key in row.keys() {
        if let Some(value) = row.value(key) {
            properties.set_if_missing(key.clone(), value.clone());
        }
    }
    let mut embedded = None;
    if let Some(within) = read.object.and_then(|id| own.below.get(&id)) {
        match self::read(within, names) {
            Ok(object) => embedded = Some(Box::new(object)),
            // No object but a storage of another program: its bytes are all that there is.
            Err(_) => properties.set(ids::ATTACH_DATA, Value::Bytes(within.whole())),
        }
    } else if read.object.is_some() {
        return None;
    }
    let attached = Attached {
        properties,
        embedded,
    };
    Some((attached, read.lost))
}
