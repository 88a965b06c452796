//! The incremental update (ISO 32000-1, 7.5.6) that carries a seal: the objects it adds, the two that it changes, and the room
//! for the signature. Reads only PDFs as [`super::super::render`] writes them.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::SealError;

/// Where a PDF says that its last table begins.
const TAIL: usize = 64;

/// A PDF with room for a signature.
pub(super) struct Room {
    bytes: Vec<u8>,
    /// Of `<` and of what follows `>`.
    hole: (usize, usize),
}

/// What the seal says beside the signature.
pub(super) struct Terms<'a> {
    pub(super) name: &'a str,
    pub(super) reason: &'a str,
    pub(super) when: DateTime<Utc>,
}

impl Room {
    /// Adds a seal without its signature, with room for so many bytes of it.
    pub(super) fn make(pdf: &[u8], terms: &Terms<'_>, signature: usize) -> Result<Self, SealError> {
        let original = Original::read(pdf).ok_or(SealError::NotOurs)?;
        let catalog = original
            .dictionary(original.root)
            .ok_or(SealError::NotOurs)?;
        if catalog.contains("/AcroForm") || catalog.contains("/Perms") {
            return Err(SealError::Sealed);
        }
        let page_id = original.first_page(catalog).ok_or(SealError::NotOurs)?;
        let page = original.dictionary(page_id).ok_or(SealError::NotOurs)?;
        if page.contains("/Annots") {
            return Err(SealError::NotOurs);
        }
        let (value, field) = (original.size, original.size + 1);
        let mut bytes = pdf.to_vec();
        // Without this end of line the update would begin inside the comment that `%%EOF` is (veraPDF 6.1.9).
        if bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        let mut offsets = Vec::new();
        let mut object = |bytes: &mut Vec<u8>, id: usize, body: &str| {
            offsets.push((id, bytes.len()));
            bytes.extend_from_slice(format!("{id} 0 obj\n{body}\nendobj\n").as_bytes());
        };
        let form =
            format!("/AcroForm<</Fields[{field} 0 R]/SigFlags 3>>/Perms<</DocMDP {value} 0 R>>");
        object(&mut bytes, original.root, &with(catalog, &form));
        object(
            &mut bytes,
            page_id,
            &with(page, &format!("/Annots[{field} 0 R]")),
        );
        let widget = format!(
            "<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal)/TU{}/Rect[0 0 0 0]/F 132\
             /P {page_id} 0 R/V {value} 0 R>>",
            text(&format!("Seal of {}", terms.name))
        );
        object(&mut bytes, field, &widget);
        let (before, after) = seal_dictionary(terms);
        let start = bytes.len();
        let empty = format!("{before}<{}>{after}", "0".repeat(signature * 2));
        object(&mut bytes, value, &empty);
        let hole = start + format!("{value} 0 obj\n{before}").len();
        let hole = (hole, hole + signature * 2 + 2);
        offsets.sort_unstable();
        original.end(&mut bytes, &offsets, field + 1);
        let mut room = Self { bytes, hole };
        room.say_what_is_signed()?;
        Ok(room)
    }

    fn say_what_is_signed(&mut self) -> Result<(), SealError> {
        let (begin, end) = self.hole;
        let range = format!("0 {begin} {end} {}", self.bytes.len() - end);
        let at = self.bytes[..begin]
            .windows(BLANK.len())
            .rposition(|window| window == BLANK.as_bytes())
            .filter(|_| range.len() <= BLANK.len())
            .ok_or(SealError::NotOurs)?;
        let range = format!("{range:<width$}", width = BLANK.len());
        self.bytes[at..at + BLANK.len()].copy_from_slice(range.as_bytes());
        Ok(())
    }

    /// SHA-256 of everything but the room.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(&self.bytes[..self.hole.0]);
        hash.update(&self.bytes[self.hole.1..]);
        hash.finalize().into()
    }

    /// Puts the signature into the room; what it leaves stays zeros.
    pub(super) fn fill(mut self, signature: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut digits = String::with_capacity(signature.len() * 2);
        for byte in signature {
            let _ = write!(digits, "{byte:02x}");
        }
        let begin = self.hole.0 + 1;
        let room = self.hole.1 - 1 - begin;
        if digits.len() > room {
            return Err(SealError::TooLong {
                found: digits.len() / 2,
                most: room / 2,
            });
        }
        self.bytes[begin..begin + digits.len()].copy_from_slice(digits.as_bytes());
        Ok(self.bytes)
    }
}

/// Four numbers of ten digits.
const BLANK: &str = "                                           ";

/// The signature dictionary around `/Contents` (ISO 32000-1, 12.8.1): no change is permitted after it.
fn seal_dictionary(terms: &Terms<'_>) -> (String, String) {
    let before = format!(
        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Name{}/Reason{}/M(D:{}Z)\
         /Reference[<</Type/SigRef/TransformMethod/DocMDP\
         /TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]/ByteRange[{BLANK}]/Contents",
        text(terms.name),
        text(terms.reason),
        terms.when.format("%Y%m%d%H%M%S"),
    );
    (before, ">>".to_owned())
}

/// A text string in UTF-16, as hex digits: nothing in it can end the string.
fn text(words: &str) -> String {
    let mut digits = "<feff".to_owned();
    for unit in words.encode_utf16().take(500) {
        let _ = write!(digits, "{unit:04x}");
    }
    digits.push('>');
    digits
}

fn with(dictionary: &str, more: &str) -> String {
    let inner = dictionary
        .trim_end()
        .strip_suffix(">>")
        .unwrap_or(dictionary);
    format!("{inner}{more}>>")
}

/// A PDF that was read as far as a seal needs it.
struct Original<'a> {
    bytes: &'a [u8],
    offsets: Vec<usize>,
    start: usize,
    size: usize,
    root: usize,
    /// `/Info` and `/ID` as they stand in the trailer.
    rest: String,
}

impl<'a> Original<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let tail = std::str::from_utf8(&bytes[bytes.len().saturating_sub(TAIL)..]).ok()?;
        let start = number(&tail[tail.find("startxref")? + 9..])?;
        let table = std::str::from_utf8(bytes.get(start..)?).ok()?;
        let mut lines = table.strip_prefix("xref\n")?.lines();
        let (first, count) = lines.next()?.split_once(' ')?;
        if number(first)? != 0 {
            return None;
        }
        let count = number(count)?;
        let mut offsets = Vec::new();
        for line in lines.by_ref().take(count) {
            offsets.push(number(line)?);
        }
        let trailer = table.get(table.find("trailer")? + 7..)?;
        let trailer = trailer.get(..trailer.find("startxref")?)?.trim();
        if trailer.contains("/Prev") || trailer.contains("/Encrypt") {
            return None;
        }
        let value = |key: &str| number(&trailer[trailer.find(key)? + key.len()..]);
        let kept = &trailer[trailer.find("/Info")?..];
        (offsets.len() == count && value("/Size")? == count).then_some(())?;
        Some(Self {
            bytes,
            start,
            size: count,
            root: value("/Root")?,
            rest: kept.strip_suffix(">>")?.to_owned(),
            offsets,
        })
    }

    /// The text of an object that is a dictionary.
    fn dictionary(&self, id: usize) -> Option<&'a str> {
        let object = self.bytes.get(*self.offsets.get(id)?..self.start)?;
        let end = object.windows(6).position(|window| window == b"endobj")?;
        let text = std::str::from_utf8(&object[..end]).ok()?;
        let text = text.strip_prefix(&format!("{id} 0 obj"))?.trim();
        (text.starts_with("<<") && text.ends_with(">>")).then_some(text)
    }

    /// Down the left side of the page tree.
    fn first_page(&self, catalog: &str) -> Option<usize> {
        let mut id = number(&catalog[catalog.find("/Pages ")? + 7..])?;
        for _ in 0..16 {
            let node = self.dictionary(id)?;
            let Some(kids) = node.find("/Kids[") else {
                return node.contains("/Type/Page/").then_some(id);
            };
            id = number(&node[kids + 6..])?;
        }
        None
    }

    /// The table of what the update holds, and the trailer, which keeps `/Info` and `/ID`: PDF/A asks for them.
    fn end(&self, bytes: &mut Vec<u8>, offsets: &[(usize, usize)], size: usize) {
        let start = bytes.len();
        let mut table = "xref\n".to_owned();
        for run in offsets.chunk_by(|one, next| one.0 + 1 == next.0) {
            let _ = writeln!(table, "{} {}", run[0].0, run.len());
            for (_, offset) in run {
                let _ = write!(table, "{offset:010} 00000 n\r\n");
            }
        }
        let _ = write!(
            table,
            "trailer\n<</Size {size}/Root {} 0 R/Prev {}{}>>\nstartxref\n{start}\n%%EOF\n",
            self.root, self.start, self.rest
        );
        bytes.extend_from_slice(table.as_bytes());
    }
}

fn number(text: &str) -> Option<usize> {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().ok()
}
