//! What Outlook and Exchange keep: objects of numbered properties ([MS-OXPROPS]), whatever file they came in, and what we make of
//! them. Pure: the files themselves are read by `pst`, `msg` and `tnef`.

pub mod address;
mod attachment;
pub mod body;
pub(crate) mod bytes;
pub mod class;
mod codepage;
pub(crate) mod compound;
mod damage;
pub mod ids;
pub mod message;
pub mod msg;
pub(crate) mod names;
pub mod outlook;
pub mod properties;
mod render;
pub mod rtf;
pub mod rule;
pub mod tnef;
pub mod value;
pub mod winmail;

pub use properties::{Key, Properties};
pub use value::Value;

/// A message, an appointment, a contact: its own properties, its recipients, its attachments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// Its own properties.
    pub properties: Properties,
    /// One a recipient, in the order of the file.
    pub recipients: Vec<Properties>,
    /// In the order of the file.
    pub attachments: Vec<Attached>,
    /// Attachments that the file lists and that cannot be read.
    pub attachments_lost: usize,
    /// Properties that the file lists and that cannot be read: its own, its recipients', its attachments'.
    pub properties_lost: usize,
    /// A checksum of the file does not match the bytes of this object.
    pub is_altered: bool,
    /// The file ends, or breaks off, before the object does.
    pub is_cut: bool,
}

/// An attachment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attached {
    /// Its properties; the bytes of a file stand under [`ids::ATTACH_DATA`].
    pub properties: Properties,
    /// The object within, where it is one.
    pub embedded: Option<Box<Object>>,
}

impl Object {
    /// How many messages lie within, at any depth.
    pub fn embedded_count(&self) -> usize {
        let within = self
            .attachments
            .iter()
            .filter_map(|one| one.embedded.as_deref());
        within.map(|object| 1 + object.embedded_count()).sum()
    }
}
