//! What lies inside: zip members, gzip, mails and what they carry, signed pieces, Outlook's files, level by level. Sizes that a
//! container claims are not believed; what comes out is counted, and where a limit is met the item counts as not looked into whole.

mod mail;
mod office;
mod outlook;

use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use super::Screening;
use crate::domain::content::{Class, archive, cms, executable, macros, sealed};
use crate::domain::item::Digest;
use mail::{
    is_mail, is_mail_by_name, is_mbox, is_mbox_by_name, look_into_mail, look_into_mbox, may_be_mail,
};
use outlook::{look_into_message_file, look_into_tnef};

/// Containers within containers.
const DEPTH_MAX: u32 = 8;
/// How files are named that CMS wraps as one piece.
const SIGNED_END: &str = ".p7m";
/// The end of a zip's directory lies within so many last bytes (APPNOTE 4.3.16: 22 and a comment).
const ZIP_END_BYTES: usize = 22 + 65_535;
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

/// Whether it is opened here, by its first bytes alone; what may be one for all that these say counts as one.
pub(super) fn is_container(head: &[u8]) -> bool {
    head.starts_with(b"PK")
        || head.starts_with(b"\x1f\x8b")
        || macros::is_compound(head)
        || is_mail(head)
        || may_be_mail(head)
        || is_mbox(head)
        || archive::is_tnef(head)
        || cms::kind(head) == Some(cms::Kind::Signed)
        // Whether it is under a password stands at its end.
        || sealed::is_pdf(head)
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
    judge(screening, place, bytes);
    name_kinds(screening, place, name, bytes);
    open(screening, place, name, bytes, depth);
}

/// Looks into a text: it is neither run nor opened, whatever it begins with.
pub(super) fn look_into_text(screening: &mut Screening<'_>, place: &str, text: &str) {
    screening.parts += 1;
    judge(screening, place, text.as_bytes());
    if let Some(what) = sealed::armour(text.as_bytes()) {
        screening.find_kind(Class::Encrypted, place, what);
    }
}

/// Against the list and the rules.
fn judge(screening: &mut Screening<'_>, place: &str, bytes: &[u8]) {
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
}

/// What it is held for by its kind.
fn name_kinds(screening: &mut Screening<'_>, place: &str, name: &str, bytes: &[u8]) {
    if executable::is_executable(name, bytes) {
        screening.find_kind(Class::Executable, place, "by name or first bytes");
    }
    if macros::compound_has_macros(bytes) {
        screening.find_kind(Class::Macro, place, "VBA project");
    }
    if macros::compound_is_encrypted(bytes) || office::is_encrypted(bytes) {
        screening.find_kind(Class::Encrypted, place, "Office document");
    }
    if let Some((class, kind)) = sealed::kind(name, bytes) {
        screening.find_kind(class, place, kind);
    }
    if let Some(kind) = archive::unopened(bytes) {
        screening.find_kind(Class::Archive, place, kind);
    }
}

/// What it carries.
fn open(screening: &mut Screening<'_>, place: &str, name: &str, bytes: &[u8], depth: u32) {
    // One thing may be two at once: four bytes at a mail's end must not hide the mail behind a zip.
    if is_zip(bytes) {
        descend(screening, place, depth, bytes, look_into_zip);
    }
    if bytes.starts_with(b"\x1f\x8b") {
        descend(screening, place, depth, bytes, look_into_gzip);
    }
    if is_mbox(bytes) {
        descend(screening, place, depth, bytes, look_into_mbox);
    } else if is_mail(bytes) || is_mail_by_name(name) {
        descend(screening, place, depth, bytes, look_into_mail);
    } else if is_mbox_by_name(name) && !bytes.trim_ascii().is_empty() {
        let why = "no mailbox that can be read, whatever its name says";
        screening.find(Class::NotWhole, place, why);
    }
    if archive::is_outlook_message(bytes) {
        descend(screening, place, depth, bytes, look_into_message_file);
    }
    if archive::is_tnef(bytes) {
        descend(screening, place, depth, bytes, look_into_tnef);
    }
    match cms::kind(bytes) {
        Some(cms::Kind::Signed) => descend(screening, place, depth, bytes, look_into_signed),
        None if name.to_ascii_lowercase().ends_with(SIGNED_END) => {
            let why = "no CMS that can be read, whatever its name says";
            screening.find(Class::NotWhole, place, why);
        }
        Some(_) | None => {}
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

/// The content of what is signed as one piece, under the name that it had before: `letter.pdf.p7m` holds `letter.pdf`.
fn look_into_signed(
    screening: &mut Screening<'_>,
    place: &str,
    bytes: &[u8],
    depth: u32,
) -> Option<()> {
    let cms::Signed::Content(content) = cms::open(bytes)? else {
        return Some(());
    };
    screening.budget.count(content.len())?;
    let name = last_without(place, SIGNED_END);
    look(
        screening,
        &format!("{place}/{name}"),
        &name,
        &content,
        depth,
    );
    Some(())
}

/// The last name of a place, without an end.
fn last_without(place: &str, end: &str) -> String {
    let last = place.rsplit('/').next().unwrap_or(place);
    let cut = last.len().saturating_sub(end.len());
    match last.get(cut..) {
        Some(found) if found.eq_ignore_ascii_case(end) => last[..cut].to_owned(),
        _ => last.to_owned(),
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
        if office::says_encrypted(&name, &content) {
            screening.find_kind(Class::Encrypted, &below, "OpenDocument");
        }
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
    let name = last_without(place, ".gz");
    look(
        screening,
        &format!("{place}/{name}"),
        &name,
        &content,
        depth,
    );
    Some(())
}
