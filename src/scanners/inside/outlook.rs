//! What an Outlook message file or TNEF holds: every text, every body and every attachment, at any depth, shown as what it is.

use super::{DEPTH_MAX, look, look_into_text};
use crate::domain::content::Class;
use crate::scanners::Screening;
use crate::sources::mapi::properties::Key;
use crate::sources::mapi::{Attached, Object, Properties, Value, ids, msg, rtf, tnef};

/// Shorter binary properties are ids and flags; the file as a whole was shown before.
const BINARY_BYTES_MIN: usize = 64;
/// `PidTagAttachMethod` ([MS-OXCMSG] 2.2.2.9): an object of another program.
const OLE: i32 = 6;

pub(super) fn look_into_message_file(
    screening: &mut Screening<'_>,
    place: &str,
    bytes: &[u8],
    depth: u32,
) -> Option<()> {
    look_into_object(screening, place, &msg::read(bytes).ok()?, depth)
}

pub(super) fn look_into_tnef(
    screening: &mut Screening<'_>,
    place: &str,
    bytes: &[u8],
    depth: u32,
) -> Option<()> {
    look_into_object(screening, place, &tnef::read(bytes).ok()?, depth)
}

fn look_into_object(
    screening: &mut Screening<'_>,
    place: &str,
    object: &Object,
    depth: u32,
) -> Option<()> {
    if object.attachments_lost > 0 || depth > DEPTH_MAX {
        return None;
    }
    look_into_properties(screening, place, &object.properties, depth)?;
    for recipient in &object.recipients {
        look_into_properties(screening, place, recipient, depth)?;
    }
    for (number, attached) in (1_u32..).zip(&object.attachments) {
        look_into_attached(screening, place, number, attached, depth)?;
    }
    Some(())
}

fn look_into_attached(
    screening: &mut Screening<'_>,
    place: &str,
    number: u32,
    attached: &Attached,
    depth: u32,
) -> Option<()> {
    let properties = &attached.properties;
    let text = |key| properties.text(&key);
    let name = text(ids::ATTACH_LONG_FILENAME).or_else(|| text(ids::ATTACH_FILENAME));
    let name = name.unwrap_or_default();
    let below = format!("{place}/{number} {name}");
    look_into_properties(screening, &below, properties, depth)?;
    let data = properties.bytes(&ids::ATTACH_DATA);
    if let Some(data) = data {
        screening.budget.count(data.len())?;
        look(screening, &below, &name, data, depth);
    }
    match &attached.embedded {
        Some(object) => look_into_object(screening, &below, object, depth + 1),
        None if data.is_none() && properties.number(&ids::ATTACH_METHOD) == Some(OLE) => {
            screening.find_kind(Class::Archive, &below, "an object of another program");
            Some(())
        }
        None => Some(()),
    }
}

/// Texts as one part; bodies and whatever else is long as parts of their own.
fn look_into_properties(
    screening: &mut Screening<'_>,
    place: &str,
    properties: &Properties,
    depth: u32,
) -> Option<()> {
    let mut texts = String::new();
    for key in properties.keys().filter(|key| **key != ids::ATTACH_DATA) {
        match properties.value(key) {
            Some(Value::Text(_) | Value::Narrow(_)) => {
                texts.extend(properties.text(key));
                texts.push('\n');
            }
            Some(Value::Bytes(bytes)) => look_into_bytes(screening, place, key, bytes, depth)?,
            Some(Value::Many(values)) => {
                texts += &properties.texts(key).join("\n");
                texts.push('\n');
                for value in values {
                    if let Value::Bytes(bytes) = value {
                        look_into_bytes(screening, place, key, bytes, depth)?;
                    }
                }
            }
            _ => {}
        }
    }
    if !texts.trim().is_empty() {
        screening.budget.count(texts.len())?;
        look_into_text(screening, &format!("{place}/properties"), &texts);
    }
    Some(())
}

fn look_into_bytes(
    screening: &mut Screening<'_>,
    place: &str,
    key: &Key,
    bytes: &[u8],
    depth: u32,
) -> Option<()> {
    if *key == ids::RTF_COMPRESSED {
        let body = rtf::decompress(bytes)?;
        screening.budget.count(body.len())?;
        let below = format!("{place}/body.rtf");
        look(screening, &below, "body.rtf", &body, depth);
    } else if *key == ids::HTML || bytes.len() >= BINARY_BYTES_MIN {
        screening.budget.count(bytes.len())?;
        let below = format!("{place}/property");
        look(screening, &below, "property", bytes, depth);
    }
    Some(())
}
