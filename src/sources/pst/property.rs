//! A node's properties ([MS-PST] 2.3.3): a B-tree on the node's heap, and values in it or in the nodes below.

use super::error::PstError;
use super::heap::{self, Heap};
use super::names::Names;
use super::node::Node;
use crate::sources::mapi::Properties;
use crate::sources::mapi::bytes::{u16_at, u32_at};
use crate::sources::mapi::value::{self, BINARY, MANY, OBJECT, STRING, STRING8, Value};

/// `PtypUnspecified` and `PtypNull`: no value, so none can be lost.
const NOTHING: u16 = 1;

/// A node's properties, and the nodes that its object properties refer to.
pub(super) struct Read {
    pub(super) properties: Properties,
    /// Values that could not be read: their type is not known, or what they refer to is not there.
    pub(super) lost: usize,
    /// `PidTagAttachDataObject` refers to this node.
    pub(super) object: Option<u32>,
}

/// Reads the properties that a node's data is.
pub(super) fn read(node: &Node, names: &Names) -> Result<Read, PstError> {
    let heap = Heap::open(node, heap::PROPERTIES)?;
    let mut read = Read {
        properties: Properties::default(),
        lost: 0,
        object: None,
    };
    for record in heap.records(heap.root, 2, &[6])? {
        let (Some(id), Some(kind), Some(inside)) =
            (u16_at(record, 0), u16_at(record, 2), u32_at(record, 4))
        else {
            continue;
        };
        if kind == OBJECT {
            read.object = object(&heap, inside).or(read.object);
            continue;
        }
        match one(&heap, kind, inside) {
            Some(value) => read.properties.set(names.key(id), value),
            None if inside == 0 || kind <= NOTHING => {}
            None => read.lost += 1,
        }
    }
    Ok(read)
}

/// [MS-PST] 2.3.3.5: the node, then its size.
fn object(heap: &Heap<'_>, inside: u32) -> Option<u32> {
    u32_at(heap.piece(inside).ok()?, 0)
}

/// A value that stands in the record itself where it has four bytes or fewer, else behind its id.
fn one(heap: &Heap<'_>, kind: u16, inside: u32) -> Option<Value> {
    match value::fixed_size(kind) {
        Some(..=4) => value::single(kind, &inside.to_le_bytes()),
        Some(_) => value::single(kind, heap.piece(inside).ok()?),
        None => behind(heap, kind, inside),
    }
}

/// A value of no fixed length.
pub(super) fn behind(heap: &Heap<'_>, kind: u16, id: u32) -> Option<Value> {
    let bytes = heap.referred(id).ok()?;
    match kind {
        BINARY => Some(Value::Bytes(bytes)),
        STRING | STRING8 => value::single(kind, &bytes),
        _ if kind & MANY == 0 => None,
        _ if value::fixed_size(kind & !MANY).is_some() => value::many_fixed(kind, &bytes),
        _ => value::many_variable(kind, &bytes),
    }
}
