//! Message files ([MS-OXMSG]): an object in a compound file, properties in streams that are named after them. What is read is
//! bounded, because many names may stand for the same bytes.

use std::collections::BTreeSet;

use super::bytes::{u16_at, u32_at};
use super::compound::{Compound, Place, ROOT};
use super::names::Names;
use super::properties::Properties;
use super::value::{self, BINARY, MANY, OBJECT, STRING, STRING8, Value};
use super::{Attached, Object};

/// What may be read out of one file, however often its streams name the same bytes.
const BYTES_MAX: u64 = 256 << 20;
/// Messages within messages.
const LEVELS_MAX: usize = 50;
const STREAMS_MAX: usize = 100_000;

/// The head of the stream of properties: of the file, of a message within, of a recipient or an attachment.
const TOP: usize = 32;
const WITHIN: usize = 24;
const PART: usize = 8;

/// Bytes that are no message file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMessage {
    /// It is no compound file.
    #[error("not a compound file")]
    NoCompoundFile,
    /// It has no properties of a message.
    #[error("a compound file without a message in it")]
    NoProperties,
    /// It wants more memory than a message may have.
    #[error("larger than any message may be")]
    TooLarge,
}

struct Reader<'a> {
    file: Compound<'a>,
    names: Names,
    bytes_left: u64,
    streams_left: usize,
    /// A stream ended before its length.
    is_cut: bool,
    /// Properties that are listed and are not there, or hold no value of their type.
    properties_lost: usize,
}

/// Reads a message file.
pub fn read(bytes: &[u8]) -> Result<Object, NoMessage> {
    let mut reader = Reader {
        file: Compound::open(bytes).ok_or(NoMessage::NoCompoundFile)?,
        names: Names::default(),
        bytes_left: BYTES_MAX,
        streams_left: STREAMS_MAX,
        is_cut: false,
        properties_lost: 0,
    };
    if let Some(storage) = reader.file.find(ROOT, "__nameid_version1.0") {
        let mut list = |number: u16| {
            let found = reader.named(storage, &format!("__substg1.0_{number:04X}0102"));
            found.map(Option::unwrap_or_default)
        };
        let (guids, entries, texts) = (list(2)?, list(3)?, list(4)?);
        reader.names = Names::read(&guids, &entries, &texts);
    }
    let mut object = reader.object(ROOT, TOP, 0)?;
    object.is_cut = reader.is_cut || reader.file.is_cut();
    object.properties_lost = reader.properties_lost;
    Ok(object)
}

impl Reader<'_> {
    fn stream(&mut self, place: Place) -> Result<Vec<u8>, NoMessage> {
        let streams = self.streams_left.checked_sub(1);
        let bytes = self.bytes_left.checked_sub(self.file.size_bytes(place));
        self.streams_left = streams.ok_or(NoMessage::TooLarge)?;
        self.bytes_left = bytes.ok_or(NoMessage::TooLarge)?;
        let found = self.file.stream(place);
        self.is_cut |= !self.file.is_whole(place, found.len());
        Ok(found)
    }

    /// A stream by its name; `None` where there is none.
    fn named(&mut self, storage: Place, name: &str) -> Result<Option<Vec<u8>>, NoMessage> {
        match self.file.find(storage, name) {
            Some(place) if self.file.is_stream(place) => self.stream(place).map(Some),
            _ => Ok(None),
        }
    }

    fn object(&mut self, storage: Place, head: usize, level: usize) -> Result<Object, NoMessage> {
        let mut properties = self.properties(storage, head)?;
        let page = properties.said_code_page();
        properties.set_code_page(page.unwrap_or_else(|| properties.code_page()));
        let page = properties.code_page();
        let mut object = Object {
            properties,
            ..Object::default()
        };
        if object.properties.keys().next().is_none() {
            return Err(NoMessage::NoProperties);
        }
        for (name, place) in self.file.inside(storage) {
            if self.file.is_stream(place) {
                continue;
            }
            if name.starts_with("__recip_version1.0_") {
                let mut recipient = self.properties(place, PART)?;
                recipient.set_code_page(page);
                object.recipients.push(recipient);
            } else if name.starts_with("__attach_version1.0_") {
                let attached = self.attached(place, page, level)?;
                object.attachments.push(attached);
            }
        }
        Ok(object)
    }

    fn attached(&mut self, storage: Place, page: u32, level: usize) -> Result<Attached, NoMessage> {
        let mut properties = self.properties(storage, PART)?;
        properties.set_code_page(page);
        let mut embedded = None;
        let within = self.file.find(storage, "__substg1.0_3701000D");
        if let Some(within) = within.filter(|place| !self.file.is_stream(*place))
            && level < LEVELS_MAX
        {
            match self.object(within, WITHIN, level + 1) {
                Ok(object) => embedded = Some(Box::new(object)),
                // A storage of another program.
                Err(NoMessage::NoProperties) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Attached {
            properties,
            embedded,
        })
    }

    fn properties(&mut self, storage: Place, head: usize) -> Result<Properties, NoMessage> {
        let mut properties = Properties::default();
        let fixed = self
            .named(storage, "__properties_version1.0")?
            .unwrap_or_default();
        let inside = self.file.inside(storage);
        let streams: BTreeSet<(u16, u16)> =
            inside.iter().filter_map(|(name, _)| tag_of(name)).collect();
        for entry in fixed.get(head..).unwrap_or_default().chunks_exact(16) {
            let (Some(kind), Some(id)) = (u16_at(entry, 0), u16_at(entry, 2)) else {
                continue;
            };
            // [MS-OXMSG] 2.4.2.2: the value of any other stands in a stream. Two bytes are the end of an empty text, which
            // some writers leave out.
            let is_empty = u32_at(entry, 8).is_none_or(|size| size <= 2);
            if is_in_stream(kind) && !is_empty && !streams.contains(&(id, kind)) {
                self.properties_lost += 1;
            }
            if let Some(size) = value::fixed_size(kind).filter(|size| *size <= 8)
                && let Some(value) = value::single(kind, &entry[8..8 + size])
            {
                properties.set(self.names.key(id), value);
            }
        }
        for (name, place) in inside {
            let Some((id, kind)) = tag_of(&name).filter(|_| self.file.is_stream(place)) else {
                continue;
            };
            let bytes = self.stream(place)?;
            match self.value(storage, &name, kind, bytes)? {
                Some(value) => properties.set(self.names.key(id), value),
                None => self.properties_lost += usize::from(is_in_stream(kind)),
            }
        }
        Ok(properties)
    }

    fn value(
        &mut self,
        storage: Place,
        name: &str,
        kind: u16,
        bytes: Vec<u8>,
    ) -> Result<Option<Value>, NoMessage> {
        if kind == BINARY {
            return Ok(Some(Value::Bytes(bytes)));
        }
        if kind & MANY == 0 {
            return Ok(match kind {
                OBJECT => None,
                STRING | STRING8 | 0x0048 => value::single(kind, &bytes),
                _ => None,
            });
        }
        if value::fixed_size(kind & !MANY).is_some() {
            return Ok(value::many_fixed(kind, &bytes));
        }
        // One stream a value; the first holds their lengths, of four bytes each or, for bytes, of eight.
        let size = if kind & !MANY == BINARY { 8 } else { 4 };
        let mut values = Vec::new();
        for number in 0..bytes.len() / size {
            let Some(one) = self.named(storage, &format!("{name}-{number:08X}"))? else {
                self.properties_lost += 1;
                break;
            };
            values.extend(value::single(kind & !MANY, &one));
        }
        Ok(Some(Value::Many(values)))
    }
}

/// Whether a value of a type stands in a stream of its own; what an object is stands in a storage.
fn is_in_stream(kind: u16) -> bool {
    kind > 1 && kind != OBJECT && value::fixed_size(kind).is_none_or(|size| size > 8)
}

/// `__substg1.0_` and eight digits: id and type.
fn tag_of(name: &str) -> Option<(u16, u16)> {
    let digits = name
        .strip_prefix("__substg1.0_")
        .filter(|digits| digits.len() == 8)?;
    let tag = u32::from_str_radix(digits, 16).ok()?.to_le_bytes();
    Some((u16_at(&tag, 2)?, u16_at(&tag, 0)?))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests read a seed")]
mod tests {
    use std::path::Path;

    use super::*;

    fn seed(name: &str) -> Vec<u8> {
        let top = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = top.join("tests/fuzz/seeds/message_file").join(name);
        std::fs::read(path).expect("a message file")
    }

    /// A copy that broke off: what it no longer holds is never passed over in silence.
    #[test]
    fn a_file_that_is_cut_anywhere_is_refused_or_says_so() {
        for name in ["mail.msg", "series.msg"] {
            let bytes = seed(name);
            let whole = read(&bytes).expect("it is whole");
            assert!(!whole.is_cut && whole.properties_lost == 0, "{name}");
            let mut said = 0;
            for end in (0..bytes.len()).step_by(64) {
                match read(&bytes[..end]) {
                    Ok(object) if object.is_cut || object.properties_lost > 0 => said += 1,
                    Ok(object) => assert_eq!(object, whole, "{name}: {end}"),
                    Err(_) => {}
                }
            }
            assert!(said > 0, "{name}: no cut leaves anything");
        }
    }
}
