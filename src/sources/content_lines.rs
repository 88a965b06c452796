//! Content lines and the components that they form, as iCalendar (RFC 5545, 3.1) and vCard (RFC 6350, 3.2; vCard 2.1) share them:
//! unfolded, named, with their parameters; what a property means stands elsewhere. Takes what real writers got wrong.

use std::ops::Range;

use super::mime;

/// How deep components may nest; what is deeper belongs to the deepest one.
const DEPTH_MAX: usize = 8;
/// More lines than this are no card and no calendar.
const LINES_MAX: usize = 4_000_000;

/// One property.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// What groups it with others, in lower case: `item1` in `item1.TEL`.
    pub(super) group: String,
    /// The name, in upper case.
    pub(super) name: String,
    /// The parameters: names in upper case, values as they stand without quotes. A value without a name has an empty one.
    pub(super) params: Vec<(String, String)>,
    /// What follows the colon.
    pub(super) value: Vec<u8>,
    /// Where it stands in the bytes, with its line ends.
    pub(super) range: Range<usize>,
}

/// A component and what lies in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Component {
    /// The name, in upper case: `VEVENT`.
    pub(super) name: String,
    /// Its properties, in order.
    pub(super) lines: Vec<Line>,
    /// The components in it, in order.
    pub(super) children: Vec<Component>,
    /// Where it stands in the bytes, from `BEGIN` to the end of its `END` line.
    pub(super) range: Range<usize>,
    /// Where its `BEGIN` line stands.
    pub(super) opening: Range<usize>,
    /// Its `END` is there.
    pub(super) is_ended: bool,
}

impl Line {
    /// The values of a parameter, lists taken apart.
    pub(super) fn params_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.params
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first value of a parameter.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a parameter's list, or a bare word, holds it.
    pub(super) fn has_type(&self, wanted: &str) -> bool {
        self.params
            .iter()
            .filter(|(name, _)| name.is_empty() || name == "TYPE")
            .any(|(_, value)| {
                value
                    .split(',')
                    .any(|one| one.trim().eq_ignore_ascii_case(wanted))
            })
    }

    fn encoding(&self) -> String {
        let named = self.param("ENCODING").map(str::to_ascii_uppercase);
        // vCard 2.1 may leave the name of the parameter out.
        let bare = || {
            let bare = self.params_of("").map(str::to_ascii_uppercase);
            let mut known = bare.filter(|word| ["BASE64", "QUOTED-PRINTABLE"].contains(&&**word));
            known.next().unwrap_or_default()
        };
        named.unwrap_or_else(bare)
    }

    /// Whether the value is bytes in base64.
    pub(super) fn is_binary(&self) -> bool {
        matches!(&*self.encoding(), "B" | "BASE64")
    }

    /// The bytes, decoded.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match &*self.encoding() {
            "B" | "BASE64" => mime::base64(&self.value),
            "QUOTED-PRINTABLE" => mime::quoted_printable(&self.value),
            _ => self.value.clone(),
        }
    }

    /// The value as text, escapes still in it, and whether its charset had to be guessed.
    pub(super) fn raw(&self) -> (String, bool) {
        mime::decoded_as(self.param("CHARSET").unwrap_or_default(), &self.bytes())
    }

    /// The value as one text.
    pub(super) fn text(&self) -> String {
        unescaped(&self.raw().0)
    }

    /// The value as a list of texts.
    pub(super) fn list(&self, separator: char) -> Vec<String> {
        split_at(&self.raw().0, separator)
            .iter()
            .map(|part| unescaped(part))
            .collect()
    }
}

impl Component {
    /// The first property of that name.
    pub(super) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == name)
    }

    /// Every property of that name.
    pub(super) fn lines_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.name == name)
    }

    /// The text of the first property of that name; empty where there is none.
    pub(super) fn text(&self, name: &str) -> String {
        self.line(name).map(Line::text).unwrap_or_default()
    }
}

/// Splits where the separator is not escaped.
pub(super) fn split_at(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == separator {
            parts.push(String::new());
            continue;
        }
        let last = parts.last_mut().expect("never empty");
        last.push(letter);
        if letter == '\\' {
            last.extend(letters.next());
        }
    }
    parts
}

/// Takes the escapes of RFC 5545, 3.3.11 out.
pub(super) fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n' | 'N') => out.push('\n'),
            Some(known @ (',' | ';' | ':' | '\\' | '"')) => out.push(known),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// The components at the top, in order, and how many lines stand outside of all of them or are no property.
pub(super) fn parse(bytes: &[u8]) -> (Vec<Component>, usize) {
    let mut reader = Reader::default();
    for (range, line) in physical(bytes).take(LINES_MAX) {
        reader.take(range, line);
    }
    reader.end(bytes.len());
    (reader.done, reader.stray)
}

/// Lines as they stand, by any of the line ends that there are, with their place.
fn physical(bytes: &[u8]) -> impl Iterator<Item = (Range<usize>, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        let start = at;
        let length = bytes[start..]
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'));
        let end = length.map_or(bytes.len(), |length| start + length);
        at = match (bytes.get(end), bytes.get(end + 1)) {
            (Some(b'\r'), Some(b'\n')) => end + 2,
            _ => (end + 1).min(bytes.len()),
        };
        Some((start..at, &bytes[start..end]))
    })
}

/// Puts physical lines together and components around them.
#[derive(Default)]
struct Reader {
    open: Vec<Component>,
    done: Vec<Component>,
    /// The line that may still go on, and where it began and ends.
    line: Vec<u8>,
    range: Range<usize>,
    head: Head,
    stray: usize,
}

/// What stands before the colon of the line that may still go on. A line is looked at once however often it goes on: one of many
/// thousand pieces without a colon would cost its length again at each of them.
#[derive(Default)]
struct Head {
    /// How much of the line has been looked at.
    seen: usize,
    /// How many bytes were looked at in all, of every line.
    looked_at: usize,
    is_over: bool,
    is_quoted_printable: bool,
    is_base64: bool,
}

impl Head {
    fn look(&mut self, line: &[u8]) {
        // The sign of a soft break is taken off again.
        self.seen = self.seen.min(line.len());
        if self.is_over {
            return;
        }
        let new = &line[self.seen..];
        let colon = new.iter().position(|byte| *byte == b':');
        let end = self.seen + colon.unwrap_or(new.len());
        // A word may have begun in the piece before.
        let part = line[self.seen.saturating_sub(15)..end].to_ascii_uppercase();
        self.looked_at += new.len() + part.len();
        let has = |word: &[u8]| part.windows(word.len()).any(|found| found == word);
        self.is_quoted_printable |= has(b"QUOTED-PRINTABLE");
        self.is_base64 |= has(b"BASE64") || has(b"ENCODING=B");
        self.is_over = colon.is_some();
        self.seen = end;
    }

    fn forget(&mut self) {
        *self = Self {
            looked_at: self.looked_at,
            ..Self::default()
        };
    }
}

impl Reader {
    fn take(&mut self, range: Range<usize>, line: &[u8]) {
        let goes_on = !self.line.is_empty();
        if goes_on && self.is_soft_broken() {
            // Quoted-printable goes on over lines of its own, without a blank before them.
            self.line.pop();
            self.line.extend_from_slice(line);
            self.range.end = range.end;
            return;
        }
        if goes_on && let [b' ' | b'\t', rest @ ..] = line {
            self.line.extend_from_slice(rest);
            self.range.end = range.end;
            return;
        }
        if goes_on && self.is_open_base64(line) {
            self.line.extend_from_slice(line);
            self.range.end = range.end;
            return;
        }
        self.flush();
        self.line = line.to_vec();
        self.range = range;
    }

    fn is_soft_broken(&mut self) -> bool {
        if !self.line.ends_with(b"=") {
            return false;
        }
        self.head.look(&self.line);
        self.head.is_quoted_printable
    }

    /// vCard 2.1: base64 may go on without a blank, up to an empty line.
    fn is_open_base64(&mut self, line: &[u8]) -> bool {
        self.head.look(&self.line);
        self.head.is_base64
            && !line.is_empty()
            && line
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"+/= \t".contains(b))
    }

    fn flush(&mut self) {
        let line = std::mem::take(&mut self.line);
        let range = self.range.clone();
        self.head.forget();
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let Some(mut line) = property(&line) else {
            self.stray += 1;
            return;
        };
        line.range = range.clone();
        match &*line.name {
            "BEGIN" => self.begin(&line, range),
            "END" => self.close(&line, range.end),
            _ => match self.open.last_mut() {
                Some(component) => component.lines.push(line),
                None => self.stray += 1,
            },
        }
    }

    fn begin(&mut self, line: &Line, range: Range<usize>) {
        let name = line.text().trim().to_ascii_uppercase();
        // A card or an event within itself: the one before lacks its end.
        if ["VCARD", "VCALENDAR", "VEVENT", "VTODO", "VJOURNAL"].contains(&&*name)
            && let Some(place) = self.open.iter().rposition(|one| one.name == name)
            && name != "VCARD"
        {
            self.close_down_to(place, range.start);
        }
        if self.open.len() >= DEPTH_MAX {
            return;
        }
        self.open.push(Component {
            name,
            opening: range.clone(),
            range,
            ..Component::default()
        });
    }

    fn close(&mut self, line: &Line, end: usize) {
        let name = line.text().trim().to_ascii_uppercase();
        // An end without a beginning closes nothing.
        let Some(place) = self.open.iter().rposition(|one| one.name == name) else {
            self.stray += 1;
            return;
        };
        if let Some(component) = self.open.get_mut(place) {
            component.is_ended = true;
        }
        self.close_down_to(place, end);
    }

    fn close_down_to(&mut self, place: usize, end: usize) {
        while self.open.len() > place {
            let Some(mut component) = self.open.pop() else {
                return;
            };
            component.range.end = end;
            match self.open.last_mut() {
                Some(parent) => parent.children.push(component),
                None => self.done.push(component),
            }
        }
    }

    fn end(&mut self, end: usize) {
        self.flush();
        self.close_down_to(0, end);
    }
}

/// `group.NAME;PARAM=value;"BARE":value`; `None` where there is no colon or no name.
fn property(line: &[u8]) -> Option<Line> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let mut quoted = false;
    let mut cuts = Vec::new();
    let mut colon = None;
    for (at, byte) in line.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b';' if !quoted => cuts.push(at),
            b':' if !quoted => {
                colon = Some(at);
                break;
            }
            _ => {}
        }
    }
    // A quote that never ends: the first colon will do.
    let colon = colon.or_else(|| line.iter().position(|byte| *byte == b':'))?;
    cuts.retain(|at| *at < colon);
    cuts.push(colon);
    let name = mime::text(&line[..cuts[0]]).0;
    let name = name.trim();
    let (group, name) = name.rsplit_once('.').unwrap_or(("", name));
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let mut params = Vec::new();
    for pair in cuts.windows(2) {
        let text = mime::text(&line[pair[0] + 1..pair[1]]).0;
        let (key, value) = text.split_once('=').unwrap_or(("", &text));
        // RFC 6868: `^n`, `^^` and `^'`.
        let value = value
            .trim()
            .trim_matches('"')
            .replace("^n", "\n")
            .replace("^'", "\"");
        params.push((key.trim().to_ascii_uppercase(), value.replace("^^", "^")));
    }
    Some(Line {
        group: group.to_ascii_lowercase(),
        name: name.to_ascii_uppercase(),
        params,
        value: line[colon + 1..].to_vec(),
        range: Range::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Line {
        let text = format!("BEGIN:X\r\n{text}\r\nEND:X\r\n");
        let (components, _) = parse(text.as_bytes());
        components[0].lines[0].clone()
    }

    #[test]
    fn lines_are_unfolded_and_taken_apart() {
        let line = one("item1.TEL;TYPE=\"work,voice\";PREF:+1\r\n 23\\, 45");
        assert_eq!((&*line.group, &*line.name), ("item1", "TEL"));
        assert!(line.has_type("voice") && line.has_type("pref"));
        assert_eq!(line.text(), "+123, 45");
        let line = one("ATTENDEE;CN=\"Doe: John; jr\":mailto:j@x");
        assert_eq!(line.param("CN"), Some("Doe: John; jr"));
        assert_eq!(line.text(), "mailto:j@x");
        assert_eq!(one("N:a\\;b;c").list(';'), ["a;b", "c"]);
    }

    #[test]
    fn old_encodings_are_read() {
        let line = one("NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:gr=FC=\r\n=DFe=0D=0Ax");
        assert_eq!(line.text(), "gr\u{fc}\u{df}e\r\nx");
        let line = one("NOTE;QUOTED-PRINTABLE:a=3Db");
        assert_eq!(line.text(), "a=b");
        let line = one("PHOTO;ENCODING=BASE64;TYPE=GIF:\r\nAQID\r\nBAUG\r\n");
        assert!(line.is_binary());
        assert_eq!(line.bytes(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_line_that_goes_on_is_looked_at_once() {
        for (first, further) in [("A", " ="), ("PHOTO;BASE64", "QUJD"), ("A:x", " =")] {
            let text = format!("{first}\n{}", format!("{further}\n").repeat(120_000));
            let mut reader = Reader::default();
            for (range, line) in physical(text.as_bytes()) {
                reader.take(range, line);
            }
            let looked_at = reader.head.looked_at;
            // Each piece again with what may have begun before it, for each of the two questions.
            assert!(looked_at < 40 * text.len(), "{first}: {looked_at}");
        }
    }

    #[test]
    fn an_encoding_that_is_named_over_two_lines_counts() {
        let line = one("NOTE;ENCODING=QUOTED-PRIN\r\n TABLE:a=\r\nb=3D");
        assert_eq!(line.text(), "ab=");
        let line = one("PHOTO;ENCODING=BA\r\n SE64:AQID\r\nBAUG\r\n");
        assert_eq!(line.bytes(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_broken_component_does_not_take_the_next_one_along() {
        let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:a\nEND:VTODO\nno colon\nBEGIN:VEVENT\n\
                    SUMMARY:b\nEND:VEVENT\nEND:VCALENDAR\nBEGIN:VCARD\nFN:c";
        let (found, stray) = parse(text.as_bytes());
        assert_eq!(stray, 2);
        let events: Vec<_> = found[0]
            .children
            .iter()
            .map(|one| (one.text("SUMMARY"), one.is_ended))
            .collect();
        assert_eq!(events, [("a".to_owned(), false), ("b".to_owned(), true)]);
        assert_eq!(
            (found[1].text("FN"), found[1].is_ended),
            ("c".to_owned(), false)
        );
        assert_eq!(
            &text[found[0].children[1].range.clone()],
            "BEGIN:VEVENT\nSUMMARY:b\nEND:VEVENT\n"
        );
    }
}
