//! Mails and mailboxes: how they are known, and each part of them shown. A file that readers divide differently
//! was not looked into whole.

use mail_parser::{MessageParser, MessagePart, MimeHeaders as _, PartType};

use super::look;
use crate::domain::content::Class;
use crate::scanners::Screening;

/// Headers by which a mail is known, in any case.
const MAIL_HEADERS: [&str; 11] = [
    "content-disposition:",
    "content-transfer-encoding:",
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
/// What opens each mail of a mailbox file (RFC 4155).
const FROM: &[u8] = b"From ";

/// A mailbox file begins with the line that opens its first mail. That one may have no header of a mail's: whoever hides the
/// second behind it gains nothing, and neither does who gives none of them one: the line itself is dated then.
pub(super) fn is_mbox(bytes: &[u8]) -> bool {
    let head = without_mark(bytes);
    let is_end = |at: &usize| ENDS.contains(&head[*at]);
    let mut behind = (0..head.len())
        .filter(is_end)
        .map(|at| after_end(&head[at..]));
    if !head.starts_with(FROM) {
        return false;
    }
    let first = head.split(|byte| ENDS.contains(byte)).next();
    first.is_some_and(is_dated)
        || behind.next().is_some_and(is_mail)
        || behind.any(|rest| {
            let line = rest.iter().position(|byte| ENDS.contains(byte));
            rest.starts_with(FROM) && line.is_some_and(|at| is_mail(after_end(&rest[at..])))
        })
}

/// A line that opens a mail ends with `Mon Jan  5 10:00:00 2026` (RFC 4155); many programs write a zone behind or before the year.
fn is_dated(line: &[u8]) -> bool {
    let words = line.split(u8::is_ascii_whitespace);
    let words: Vec<&[u8]> = words.filter(|word| !word.is_empty()).collect();
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    let is_time = |word: &[u8]| {
        let parts: Vec<&[u8]> = word.split(|byte| *byte == b':').collect();
        let are_two = parts.iter().all(|two| two.len() == 2 && digits(two));
        (2..=3).contains(&parts.len()) && are_two
    };
    let time = words.iter().position(|word| is_time(word));
    let year = |at: usize| {
        let mut behind = words[at..].iter().take(3);
        behind.any(|word| word.len() == 4 && digits(word))
    };
    line.starts_with(FROM) && time.is_some_and(|at| at >= 3 && year(at))
}

const ENDS: [u8; 2] = [b'\n', b'\r'];

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Behind the end of a line.
fn after_end(bytes: &[u8]) -> &[u8] {
    let rest = bytes.strip_prefix(b"\r").unwrap_or(bytes);
    rest.strip_prefix(b"\n").unwrap_or(rest)
}

/// Each mail on its own, and the whole once more as the first of them: a reader that believes a length in a header sees that.
pub(super) fn look_into_mbox(
    screening: &mut Screening<'_>,
    place: &str,
    bytes: &[u8],
    depth: u32,
) -> Option<()> {
    let bytes = without_mark(bytes);
    let ending = if bytes.contains(&b'\n') { b'\n' } else { b'\r' };
    let mut opened: Option<usize> = None;
    let mut starts = Vec::new();
    let (mut at, mut is_blank) = (0, true);
    for line in bytes.split_inclusive(|byte| *byte == ending) {
        let next = at + line.len();
        // A line within a mail may begin so, unquoted; only what is followed by headers opens one. Others divide at each line
        // that is dated as such a line is.
        let opens = line.starts_with(FROM) && (at == 0 || is_mail(&bytes[next..]));
        if (opens && !is_blank) || (!opens && is_dated(line)) {
            let why = "a mailbox that readers divide differently";
            screening.find(Class::NotWhole, place, why);
        }
        if opens {
            starts.extend(opened.map(|start| start..at));
            opened = Some(next);
        }
        is_blank = line.trim_ascii().is_empty();
        at = next;
    }
    starts.extend(opened.map(|start| start..at));
    for (number, range) in (1..).zip(&starts) {
        let mail = &bytes[range.clone()];
        screening.budget.count(mail.len())?;
        let below = format!("{place}/{number} mail.eml");
        look(screening, &below, "mail.eml", mail, depth);
    }
    match &starts[..] {
        [first, _, ..] if has_length(&bytes[first.clone()]) => {
            let whole = &bytes[first.start..];
            screening.budget.count(whole.len())?;
            look_into_mail(screening, place, whole, depth)
        }
        _ => Some(()),
    }
}

fn has_length(mail: &[u8]) -> bool {
    let lines = mail.split(|byte| ENDS.contains(byte));
    let mut lines = lines.take(1_000);
    lines.any(|line| line.to_ascii_lowercase().starts_with(b"content-length"))
}

/// A mail begins with headers, one of them at least one that mails have: behind however many others it stands.
pub(super) fn is_mail(bytes: &[u8]) -> bool {
    for line in without_mark(bytes)
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
        if MAIL_HEADERS.iter().any(|header| begins(line, header)) {
            return true;
        }
    }
    false
}

fn begins(line: &[u8], header: &str) -> bool {
    let begin = line.get(..header.len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(header.as_bytes()))
}

/// Whether a head that was cut off may be that of a mail: nothing but headers as far as it goes.
pub(super) fn may_be_mail(head: &[u8]) -> bool {
    let mut lines = without_mark(head).split(|byte| *byte == b'\n');
    let is_header = |line: &[u8]| {
        let colon = line.iter().position(|byte| *byte == b':');
        let name = colon.map(|at| line[..at].trim_ascii_end());
        name.is_some_and(|name| !name.is_empty() && name.iter().all(u8::is_ascii_graphic))
    };
    // The last line is cut, wherever it ends.
    lines.next_back();
    let mut any = false;
    lines.all(|line| {
        any = true;
        line.starts_with(b" ") || line.starts_with(b"\t") || is_header(line)
    }) && any
}

/// A file that is a mailbox by its name.
pub(super) fn is_mbox_by_name(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".mbox")
}

pub(super) fn is_mail_by_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".emlx", ".eml", ".mht", ".mhtml"]
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

pub(super) fn look_into_mail(
    screening: &mut Screening<'_>,
    place: &str,
    bytes: &[u8],
    depth: u32,
) -> Option<()> {
    let message = MessageParser::default().parse(bytes)?;
    for (number, part) in message.parts.iter().enumerate() {
        let is_mail = matches!(part.body, PartType::Message(_));
        if matches!(part.body, PartType::Multipart(_)) {
            let kind = part.content_type().and_then(|kind| kind.subtype());
            if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("encrypted")) {
                let below = format!("{place}/{number}");
                screening.find_kind(Class::Encrypted, &below, "multipart/encrypted");
            }
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
