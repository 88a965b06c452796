//! What lies inside: zip members, gzip, mails and what they carry, level by level. Sizes that a container claims are not
//! believed; what comes out is counted, and where a limit is met the item counts as not looked into whole.

use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;
use mail_parser::{MessageParser, MessagePart, MimeHeaders as _, PartType};
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use super::Screening;
use crate::domain::content::{Class, archive, executable, macros};
use crate::domain::item::Digest;

/// Containers within containers.
const DEPTH_MAX: u32 = 8;
/// The end of a zip's directory lies within so many last bytes (APPNOTE 4.3.16: 22 and a comment).
const ZIP_END_BYTES: usize = 22 + 65_535;
/// Headers by which a mail is known, in any case.
const MAIL_HEADERS: [&str; 9] = [
    "content-type:",
    "date:",
    "delivered-to:",
    "from:",
    "message-id:",
    "mime-version:",
    "received:",
    "return-path:",
    "subject:",
];

/// Within so many first bytes one of them stands.
const MAIL_HEAD_BYTES: usize = 16 << 10;

/// What is left to be taken out of containers, over one item.
pub(super) struct Budget {
    bytes: u64,
    members: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            members: 20_000,
        }
    }
}

impl Budget {
    /// Reads all there is as long as it fits.
    fn read(&mut self, from: &mut dyn Read) -> Option<Vec<u8>> {
        self.members = self.members.checked_sub(1)?;
        let mut bytes = Vec::new();
        from.take(self.bytes + 1).read_to_end(&mut bytes).ok()?;
        self.bytes = self.bytes.checked_sub(bytes.len() as u64)?;
        Some(bytes)
    }

    fn count(&mut self, bytes: usize) -> Option<()> {
        self.members = self.members.checked_sub(1)?;
        self.bytes = self.bytes.checked_sub(bytes as u64)?;
        Some(())
    }
}

/// Whether it is opened here.
pub(super) fn is_container(head: &[u8]) -> bool {
    head.starts_with(b"PK")
        || head.starts_with(b"\x1f\x8b")
        || macros::is_compound(head)
        || is_mail(head)
}

/// Looks into one part and into all that it carries.
pub(super) fn look(
    screening: &mut Screening<'_>,
    place: &str,
    name: &str,
    bytes: &[u8],
    depth: u32,
) {
    screening.parts += 1;
    if screening.scanners.bad.is_some() {
        screening.digest(place, Digest(Sha256::digest(bytes).into()));
    }
    if let Some(yara) = &screening.scanners.yara {
        match yara.matches(bytes) {
            Ok(rules) => rules
                .iter()
                .for_each(|rule| screening.find(Class::Malware, place, rule)),
            Err(_) => screening.find(Class::NotWhole, place, "the rules did not come to an end"),
        }
    }
    if executable::is_executable(name, bytes) {
        screening.find_kind(Class::Executable, place, "by name or first bytes");
    }
    if macros::compound_has_macros(bytes) {
        screening.find_kind(Class::Macro, place, "VBA project");
    }
    if macros::compound_is_encrypted(bytes) {
        screening.find_kind(Class::Encrypted, place, "Office document");
    }
    if let Some(kind) = archive::unopened(bytes) {
        screening.find_kind(Class::Archive, place, kind);
    } else if archive::is_outlook_message(bytes) {
        screening.find_kind(Class::Archive, place, "Outlook message");
    }
    // One thing may be two at once: four bytes at a mail's end must not hide the mail behind a zip.
    if is_zip(bytes) {
        descend(screening, place, depth, bytes, look_into_zip);
    }
    if bytes.starts_with(b"\x1f\x8b") {
        descend(screening, place, depth, bytes, look_into_gzip);
    }
    if is_mail(bytes) || is_mail_by_name(name) {
        descend(screening, place, depth, bytes, look_into_mail);
    }
}

fn descend(
    screening: &mut Screening<'_>,
    place: &str,
    depth: u32,
    bytes: &[u8],
    into: fn(&mut Screening<'_>, &str, &[u8], u32) -> Option<()>,
) {
    let went = (depth < DEPTH_MAX)
        .then(|| into(screening, place, bytes, depth + 1))
        .flatten();
    if went.is_none() {
        screening.find(
            Class::NotWhole,
            place,
            "damaged, or larger or deeper than is looked into",
        );
    }
}

/// A zip is read from its end: programs and pictures may stand before it.
fn is_zip(bytes: &[u8]) -> bool {
    let end = &bytes[bytes.len().saturating_sub(ZIP_END_BYTES)..];
    bytes.starts_with(b"PK\x03\x04") || end.windows(4).any(|mark| mark == b"PK\x05\x06")
}

fn look_into_zip(
    screening: &mut Screening<'_>,
    place: &str,
    bytes: &[u8],
    depth: u32,
) -> Option<()> {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else {
        // Four bytes in the middle of something else make no zip; what begins as one does.
        return (!bytes.starts_with(b"PK\x03\x04")).then_some(());
    };
    // Of two members of one name this reader shows the last, others the first: the hidden one was not looked into.
    if archive.has_duplicate_names() {
        return None;
    }
    for number in 0..archive.len() {
        let (name, is_encrypted) = {
            let member = archive.by_index_raw(number).ok()?;
            (member.name().ok()?.into_owned(), member.encrypted())
        };
        let below = format!("{place}/{name}");
        if macros::is_macro_member(&name) {
            screening.find_kind(Class::Macro, &below, "a project or a macro sheet");
        }
        if is_encrypted {
            screening.find_kind(Class::Encrypted, &below, "a member under a password");
            // What it is called shows all the same.
            if executable::is_executable(&name, b"") {
                screening.find_kind(Class::Executable, &below, "by name");
            }
            screening.budget.count(0)?;
            continue;
        }
        let mut member = archive.by_index(number).ok()?;
        if member.is_dir() {
            screening.budget.count(0)?;
            continue;
        }
        let content = screening.budget.read(&mut member)?;
        drop(member);
        look(screening, &below, &name, &content, depth);
    }
    Some(())
}

fn look_into_gzip(
    screening: &mut Screening<'_>,
    place: &str,
    bytes: &[u8],
    depth: u32,
) -> Option<()> {
    let content = screening.budget.read(&mut MultiGzDecoder::new(bytes))?;
    let last = place.rsplit('/').next().unwrap_or(place);
    let name = last.strip_suffix(".gz").unwrap_or(last).to_owned();
    look(
        screening,
        &format!("{place}/{name}"),
        &name,
        &content,
        depth,
    );
    Some(())
}

/// A mail begins with headers, one of them at least one that mails have.
fn is_mail(bytes: &[u8]) -> bool {
    let head = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head = &head[..head.len().min(MAIL_HEAD_BYTES)];
    for line in head
        .split(|byte| *byte == b'\n')
        .take_while(|line| !line.trim_ascii().is_empty())
    {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return false;
        };
        // RFC 5322, 2.2: printable letters but the colon.
        if colon == 0
            || !line[..colon]
                .trim_ascii_end()
                .iter()
                .all(u8::is_ascii_graphic)
        {
            return false;
        }
        let line = line.to_ascii_lowercase();
        if MAIL_HEADERS
            .iter()
            .any(|header| line.starts_with(header.as_bytes()))
        {
            return true;
        }
    }
    false
}

fn is_mail_by_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".eml", ".mht", ".mhtml"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Whether the parser undoes the encoding that a part declares (RFC 2045, 6.1). Other readers undo more, `x-uuencode` among them.
fn is_decoded_as_declared(part: &MessagePart<'_>) -> bool {
    const UNDONE: [&str; 5] = ["7bit", "8bit", "base64", "binary", "quoted-printable"];
    part.content_transfer_encoding().is_none_or(|declared| {
        let declared = declared.trim().to_ascii_lowercase();
        UNDONE.contains(&&*declared)
    })
}

fn look_into_mail(
    screening: &mut Screening<'_>,
    place: &str,
    bytes: &[u8],
    depth: u32,
) -> Option<()> {
    let message = MessageParser::default().parse(bytes)?;
    for (number, part) in message.parts.iter().enumerate() {
        let is_mail = matches!(part.body, PartType::Message(_));
        if matches!(part.body, PartType::Multipart(_)) {
            continue;
        }
        let name = part
            .attachment_name()
            .unwrap_or(if is_mail { "mail.eml" } else { "" });
        let below = format!("{place}/{number} {name}");
        if part.is_encoding_problem || !is_decoded_as_declared(part) {
            screening.find(Class::NotWhole, &below, "its encoding was not undone");
        }
        let content = part.contents();
        screening.budget.count(content.len())?;
        look(screening, &below, name, content, depth);
    }
    Some(())
}
