//! TNEF ([MS-OXTNEF]), the `winmail.dat` of Outlook: an object's properties as a sequence of attributes. Read over bytes at hand;
//! every length is bounded by what is left of them.

use super::bytes::{slice_at, u16_at, u32_at};
use super::properties::{Guid, Key, Properties};
use super::value::{self, BINARY, MANY, OBJECT, STRING, STRING8, Value};
use super::{Attached, Object, ids};

const SIGNATURE: u32 = 0x223E_9F78;
/// Objects within objects.
const LEVELS_MAX: usize = 20;
/// `IID_IMessage`, before an object that is a message.
const MESSAGE: [u8; 16] = [
    0x07, 0x03, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46,
];

mod attribute {
    pub(super) const SUBJECT: u32 = 0x0001_8004;
    pub(super) const BODY: u32 = 0x0002_800C;
    pub(super) const MESSAGE_CLASS: u32 = 0x0007_8008;
    pub(super) const ATTACH_DATA: u32 = 0x0006_800F;
    pub(super) const ATTACH_TITLE: u32 = 0x0001_8010;
    pub(super) const ATTACH_RENDERING: u32 = 0x0006_9002;
    pub(super) const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
    pub(super) const RECIPIENTS: u32 = 0x0006_9004;
    pub(super) const ATTACH_PROPERTIES: u32 = 0x0006_9005;
    pub(super) const CODE_PAGE: u32 = 0x0006_9007;
}

/// Classes under the names that Microsoft Mail had for them ([MS-OXTNEF] 2.1.3.3.2).
const OLD_CLASSES: [(&str, &str); 8] = [
    ("IPM.Microsoft Mail.Non-Delivery", "REPORT.IPM.Note.NDR"),
    ("IPM.Microsoft Mail.Note", "IPM.Note"),
    ("IPM.Microsoft Mail.Read Receipt", "REPORT.IPM.Note.IPNRN"),
    (
        "IPM.Microsoft Schedule.MtgCncl",
        "IPM.Schedule.Meeting.Canceled",
    ),
    (
        "IPM.Microsoft Schedule.MtgReq",
        "IPM.Schedule.Meeting.Request",
    ),
    (
        "IPM.Microsoft Schedule.MtgRespA",
        "IPM.Schedule.Meeting.Resp.Tent",
    ),
    (
        "IPM.Microsoft Schedule.MtgRespN",
        "IPM.Schedule.Meeting.Resp.Neg",
    ),
    (
        "IPM.Microsoft Schedule.MtgRespP",
        "IPM.Schedule.Meeting.Resp.Pos",
    ),
];

/// Bytes that are no TNEF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTnef {
    /// It does not begin as one.
    #[error("it does not begin with the signature of TNEF")]
    Signature,
    /// An attribute goes on beyond the end, or holds what is none of its kind.
    #[error("an attribute is cut off")]
    Cut,
}

/// An object, and whether the stream is sound.
#[derive(Debug)]
pub struct Stream {
    /// What was read.
    pub object: Object,
    /// Every byte belongs to an attribute, and each of those has the sum that stands behind it: nothing was passed over.
    pub is_whole: bool,
}

/// Reads a TNEF stream. What comes after the last whole attribute is passed over, as Outlook does.
pub fn read(bytes: &[u8]) -> Result<Object, NoTnef> {
    stream(bytes).map(|stream| stream.object)
}

/// The same, and whether anything was passed over.
pub fn stream(bytes: &[u8]) -> Result<Stream, NoTnef> {
    read_at(bytes, 0)
}

fn read_at(bytes: &[u8], level: usize) -> Result<Stream, NoTnef> {
    if u32_at(bytes, 0) != Some(SIGNATURE) {
        return Err(NoTnef::Signature);
    }
    let mut object = Object::default();
    let mut at = 6;
    let (mut read_any, mut is_whole) = (false, true);
    while let Some((id, content, next)) = attribute_at(bytes, at) {
        is_whole &= has_its_sum(bytes, content, next);
        at = next;
        read_any = true;
        is_whole &= apply(&mut object, id, content, level)?;
    }
    if !read_any {
        return Err(NoTnef::Cut);
    }
    // Writers fill up with zeros, and mail ends its lines.
    let rest = bytes.get(at..).unwrap_or_default();
    is_whole &= rest.iter().all(|byte| matches!(byte, 0 | b'\r' | b'\n'));
    let page = object.properties.code_page();
    for recipient in &mut object.recipients {
        recipient.set_code_page(page);
    }
    for attached in &mut object.attachments {
        attached.properties.set_code_page(page);
    }
    Ok(Stream { object, is_whole })
}

/// [MS-OXTNEF] 2.1.3.2: behind each attribute stands the sum of its bytes, of which 16 bits count.
fn has_its_sum(bytes: &[u8], content: &[u8], next: usize) -> bool {
    let sum = content
        .iter()
        .fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    next.checked_sub(2).and_then(|at| u16_at(bytes, at)) == Some(sum)
}

/// Level, id, length, content, sum.
fn attribute_at(bytes: &[u8], at: usize) -> Option<(u32, &[u8], usize)> {
    let level = *bytes.get(at)?;
    if !matches!(level, 1 | 2) {
        return None;
    }
    let id = u32_at(bytes, at + 1)?;
    let length = usize::try_from(u32_at(bytes, at + 5)?).ok()?;
    let content = slice_at(bytes, at + 9, length)?;
    Some((id, content, at + 9 + length + 2))
}

/// Whether all that lies within it was whole.
fn apply(object: &mut Object, id: u32, content: &[u8], level: usize) -> Result<bool, NoTnef> {
    let mut is_whole = true;
    let narrow = || Value::Narrow(content.to_vec());
    match id {
        attribute::CODE_PAGE => {
            if let Some(page) = u32_at(content, 0).filter(|page| *page != 0) {
                object.properties.set_code_page(page);
            }
        }
        attribute::SUBJECT => object.properties.set_if_missing(ids::SUBJECT, narrow()),
        attribute::BODY => object.properties.set_if_missing(ids::BODY, narrow()),
        attribute::MESSAGE_CLASS => {
            let class = String::from_utf8_lossy(content);
            let class = class.trim_end_matches('\0');
            let known = OLD_CLASSES.iter().find(|(old, _)| *old == class);
            let class = known.map_or(class, |(_, new)| new);
            let class = Value::Text(class.to_owned());
            object.properties.set_if_missing(ids::MESSAGE_CLASS, class);
        }
        attribute::MESSAGE_PROPERTIES => {
            let (read, _) = properties(content, 0, level)?;
            for (key, value) in read.properties {
                object.properties.set(key, value);
            }
        }
        attribute::RECIPIENTS => {
            let rows = u32_at(content, 0).ok_or(NoTnef::Cut)?;
            let mut at = 4;
            for _ in 0..rows {
                let (read, next) = properties(content, at, level)?;
                at = next;
                object.recipients.push(bag(read.properties));
            }
        }
        attribute::ATTACH_RENDERING => object.attachments.push(Attached::default()),
        attribute::ATTACH_DATA | attribute::ATTACH_TITLE => {
            let Some(last) = object.attachments.last_mut() else {
                return Ok(false);
            };
            if id == attribute::ATTACH_DATA {
                let data = Value::Bytes(content.to_vec());
                last.properties.set_if_missing(ids::ATTACH_DATA, data);
            } else {
                last.properties
                    .set_if_missing(ids::ATTACH_FILENAME, narrow());
            }
        }
        attribute::ATTACH_PROPERTIES => {
            let (read, _) = properties(content, 0, level)?;
            let Some(last) = object.attachments.last_mut() else {
                return Ok(false);
            };
            is_whole = !read.is_cut;
            last.embedded = read.embedded.map(Box::new);
            for (key, value) in read.properties {
                last.properties.set(key, value);
            }
        }
        _ => {}
    }
    Ok(is_whole)
}

fn bag(read: Vec<(Key, Value)>) -> Properties {
    let mut properties = Properties::default();
    for (key, value) in read {
        properties.set(key, value);
    }
    properties
}

#[derive(Default)]
struct Read {
    properties: Vec<(Key, Value)>,
    embedded: Option<Object>,
    /// Of the object within, something could not be read.
    is_cut: bool,
}

/// `MsgPropertyList`: a count, then type, id, name and value of each. Gives back where it ends.
fn properties(bytes: &[u8], at: usize, level: usize) -> Result<(Read, usize), NoTnef> {
    let count = u32_at(bytes, at).ok_or(NoTnef::Cut)?;
    let mut list = List { bytes, at: at + 4 };
    let mut read = Read::default();
    for _ in 0..count {
        let (kind, id) = (list.short()?, list.short()?);
        let key = if id >= 0x8000 {
            list.name()?
        } else {
            Key::Tag(id)
        };
        let many = kind & MANY != 0;
        let kind = kind & !MANY;
        let is_sized = matches!(kind, STRING | STRING8 | BINARY | OBJECT);
        let values = if many || is_sized { list.long()? } else { 1 };
        let mut found = Vec::new();
        for _ in 0..values {
            let content = list.content(kind, is_sized)?;
            if kind == OBJECT && content.starts_with(&MESSAGE) && level < LEVELS_MAX {
                let within = read_at(&content[16..], level + 1).ok();
                read.is_cut |= within.as_ref().is_none_or(|stream| !stream.is_whole);
                read.embedded = within.map(|stream| stream.object);
            } else if kind == OBJECT {
                found.extend(content.get(16..).map(|bytes| Value::Bytes(bytes.to_vec())));
            } else {
                found.extend(value::single(kind, content));
            }
        }
        if many {
            read.properties.push((key, Value::Many(found)));
        } else if let Some(value) = found.pop() {
            read.properties.push((key, value));
        }
    }
    Ok((read, list.at))
}

struct List<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> List<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], NoTnef> {
        let found = slice_at(self.bytes, self.at, length).ok_or(NoTnef::Cut)?;
        self.at += length;
        Ok(found)
    }

    fn short(&mut self) -> Result<u16, NoTnef> {
        u16_at(self.take(2)?, 0).ok_or(NoTnef::Cut)
    }

    fn long(&mut self) -> Result<u32, NoTnef> {
        u32_at(self.take(4)?, 0).ok_or(NoTnef::Cut)
    }

    /// A length, so many bytes, and what fills up to four.
    fn padded(&mut self) -> Result<&'a [u8], NoTnef> {
        let length = usize::try_from(self.long()?).map_err(|_| NoTnef::Cut)?;
        let found = self.take(length)?;
        // The last of all may go without.
        let fill = (4 - length % 4) % 4;
        self.at = (self.at + fill).min(self.bytes.len());
        Ok(found)
    }

    fn name(&mut self) -> Result<Key, NoTnef> {
        let set = Guid(self.take(16)?.try_into().map_err(|_| NoTnef::Cut)?);
        if self.long()? == 0 {
            return Ok(Key::Number(set, self.long()?));
        }
        let name = value::wide(self.padded()?);
        Ok(Key::Name(set, name.trim_end_matches('\0').to_owned()))
    }

    fn content(&mut self, kind: u16, is_sized: bool) -> Result<&'a [u8], NoTnef> {
        if is_sized {
            return self.padded();
        }
        let size = value::fixed_size(kind).ok_or(NoTnef::Cut)?;
        // What is shorter takes four bytes all the same.
        self.take(size.max(4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::{Attachment, Body, BodyKind, Message};
    use crate::sources::mapi::winmail;

    fn attribute(level: u8, id: u32, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).expect("short");
        let sum = content
            .iter()
            .fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        let mut out = vec![level];
        out.extend(id.to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend(content);
        out.extend(sum.to_le_bytes());
        out
    }

    /// A subject by MAPI property, a category by name, a file.
    fn winmail_dat() -> Vec<u8> {
        let mut properties = 2_u32.to_le_bytes().to_vec();
        properties.extend([0x1E, 0x00, 0x37, 0x00]);
        properties.extend([1, 0, 0, 0, 3, 0, 0, 0, b'h', b'i', 0, 0]);
        properties.extend([0x1F, 0x10, 0x01, 0x80]);
        properties.extend(ids::PUBLIC_STRINGS.0);
        properties.extend([1, 0, 0, 0, 18, 0, 0, 0]);
        properties.extend("Keywords\0".encode_utf16().flat_map(u16::to_le_bytes));
        properties.extend([0, 0, 1, 0, 0, 0, 4, 0, 0, 0, b'A', 0, 0, 0]);
        [
            SIGNATURE.to_le_bytes().to_vec(),
            vec![1, 0],
            attribute(1, attribute::MESSAGE_CLASS, b"IPM.Microsoft Mail.Note\0"),
            attribute(1, attribute::BODY, b"inside\0"),
            attribute(1, attribute::MESSAGE_PROPERTIES, &properties),
            attribute(2, attribute::ATTACH_RENDERING, &[0; 14]),
            attribute(2, attribute::ATTACH_TITLE, b"a.txt\0"),
            attribute(2, attribute::ATTACH_DATA, b"bytes"),
        ]
        .concat()
    }

    #[test]
    fn a_winmail_dat_gives_up_what_it_holds() {
        let mut message = Message {
            attachments: vec![Attachment {
                name: "winmail.dat".to_owned(),
                content_type: "application/octet-stream".to_owned(),
                content_id: None,
                is_inline: false,
                content: winmail_dat(),
            }],
            ..Message::default()
        };
        winmail::unpack(&mut message);
        let [file] = message.attachments.as_slice() else {
            panic!("one file");
        };
        assert_eq!((&*file.name, &*file.content), ("a.txt", &b"bytes"[..]));
        let body = Body {
            kind: BodyKind::Text,
            content: "inside".to_owned(),
        };
        assert_eq!(
            (message.body, message.categories),
            (body, vec!["A".to_owned()])
        );
        assert_eq!(message.transforms, [winmail::UNPACKED]);
        assert_eq!(message.deltas, []);
    }

    #[test]
    fn a_damaged_winmail_dat_stays_beside_what_could_be_read() {
        let second = [
            attribute(2, attribute::ATTACH_RENDERING, &[0; 14]),
            attribute(2, attribute::ATTACH_DATA, b"second"),
        ]
        .concat();
        let whole = [winmail_dat(), second.clone()].concat();
        let level = whole.len() - second.len();
        let unpacked = |bytes: &[u8]| {
            let mut message = Message {
                attachments: vec![Attachment {
                    name: "winmail.dat".to_owned(),
                    content_type: "application/ms-tnef".to_owned(),
                    content_id: None,
                    is_inline: false,
                    content: bytes.to_vec(),
                }],
                ..Message::default()
            };
            winmail::unpack(&mut message);
            let files = message.attachments.iter().map(|file| file.content.clone());
            (files.collect::<Vec<_>>(), message.deltas.len())
        };
        let files = |files: &[&[u8]]| files.iter().map(|file| file.to_vec()).collect::<Vec<_>>();
        assert_eq!(unpacked(&whole), (files(&[b"bytes", b"second"]), 0));
        let padded = [&whole[..], b"\0\0\r\n"].concat();
        assert_eq!(unpacked(&padded), (files(&[b"bytes", b"second"]), 0));
        // The level of an attribute: what follows it cannot be told any more.
        let mut flipped = whole.clone();
        flipped[level] = 9;
        assert_eq!(unpacked(&flipped), (files(&[b"bytes", &flipped]), 1));
        // A byte of a file: its sum does not match.
        let mut altered = whole.clone();
        let last = altered.len() - 3;
        altered[last] = b'x';
        assert_eq!(
            unpacked(&altered),
            (files(&[b"bytes", b"seconx", &altered]), 1)
        );
        let cut = &whole[..whole.len() - 4];
        assert_eq!(unpacked(cut).0.last().map(Vec::as_slice), Some(cut));
    }

    #[test]
    fn one_that_is_cut_off_or_lies_is_refused_or_read_in_part() {
        let whole = winmail_dat();
        for end in 0..whole.len() {
            let read = read(&whole[..end]);
            assert!(end > 6 || read.is_err(), "{end}");
        }
        let mut lies = whole.clone();
        // The first attribute says that it has four thousand million bytes.
        lies[11..15].fill(0xFF);
        assert_eq!(read(&lies), Err(NoTnef::Cut));
        let object = read(&[&whole[..], b"garbage"].concat()).expect("read");
        assert_eq!(object.properties.text(&ids::SUBJECT).as_deref(), Some("hi"));
    }
}
