//! RTF as the text or the HTML that it says ([MS-OXRTFEX]): one pass, one state a group, no recursion. What RTF itself draws
//! (tables, pictures, fonts) is not kept.

use super::font::Fonts;
use crate::sources::mapi::codepage;

/// Groups within groups; deeper ones are an attack on memory, and their text is left out.
const GROUPS_MAX: usize = 10_000;

/// What an RTF says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// It was made of this HTML.
    Html(String),
    /// It was made of this plain text.
    Text(String),
    /// It was written as RTF; this is its text alone.
    TextOfRtf(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Html,
    Text,
    Rtf,
}

#[derive(Clone, Copy)]
struct Group {
    /// The group is of no interest: a table, a picture, a destination that is not known.
    is_ignored: bool,
    /// `{\*\htmltag`: what stands in it is HTML.
    is_tag: bool,
    /// `\htmlrtf`: what stands here is for readers of RTF alone.
    is_for_rtf: bool,
    is_font_table: bool,
    font: Option<i32>,
    /// How many characters stand in for one of Unicode.
    skip: usize,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    group: Group,
    outer: Vec<Group>,
    /// Groups beyond those that are kept.
    too_deep: usize,
    fonts: Fonts,
    code_page: u32,
    source: Source,
    out: String,
    /// Bytes of a code page that are not decoded yet: a character may take two.
    narrow: Vec<u8>,
    /// Characters to pass over after `\u`.
    to_skip: usize,
    /// `\*` was read: a destination that is not known is to be passed over.
    is_star: bool,
    high: Option<u16>,
}

/// Reads an RTF; `None` where it is none.
pub fn read(bytes: &[u8]) -> Option<Content> {
    let bytes = bytes.trim_ascii_start();
    if !bytes.starts_with(b"{\\rtf") {
        return None;
    }
    let mut reader = Reader {
        bytes,
        at: 0,
        group: Group {
            is_ignored: false,
            is_tag: false,
            is_for_rtf: false,
            is_font_table: false,
            font: None,
            skip: 1,
        },
        outer: Vec::new(),
        too_deep: 0,
        fonts: Fonts::default(),
        code_page: codepage::WESTERN,
        source: Source::Rtf,
        out: String::new(),
        narrow: Vec::new(),
        to_skip: 0,
        is_star: false,
        high: None,
    };
    reader.run();
    let out = reader.out;
    Some(match reader.source {
        Source::Html => Content::Html(out),
        Source::Text => Content::Text(out),
        Source::Rtf => Content::TextOfRtf(out),
    })
}

impl Reader<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.next() {
            match byte {
                b'{' => self.open(),
                b'}' if self.too_deep > 0 => self.too_deep -= 1,
                b'}' => {
                    self.flush();
                    match self.outer.pop() {
                        Some(outer) => self.group = outer,
                        None => break,
                    }
                    if self.outer.is_empty() {
                        break;
                    }
                }
                b'\\' => self.control(),
                b'\r' | b'\n' => {}
                _ => self.byte(byte),
            }
        }
        self.flush();
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    fn open(&mut self) {
        self.flush();
        self.to_skip = 0;
        self.is_star = false;
        if self.outer.len() < GROUPS_MAX {
            self.outer.push(self.group);
        } else {
            self.too_deep += 1;
        }
    }

    fn control(&mut self) {
        let Some(first) = self.next() else {
            return;
        };
        if first.is_ascii_alphabetic() {
            let (word, number) = self.word();
            self.word_means(&word, number);
            return;
        }
        match first {
            b'\'' => {
                let digits = self.bytes.get(self.at..self.at + 2);
                let byte = digits
                    .and_then(|digits| std::str::from_utf8(digits).ok())
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                if let Some(byte) = byte {
                    self.at += 2;
                    self.byte(byte);
                }
            }
            b'*' => self.is_star = true,
            b'{' | b'}' | b'\\' => self.byte(first),
            b'~' => self.text(if self.source == Source::Html {
                "&nbsp;"
            } else {
                "\u{a0}"
            }),
            b'_' => self.text(if self.source == Source::Html {
                "&shy;"
            } else {
                "\u{ad}"
            }),
            b'\r' | b'\n' => self.text("\r\n"),
            _ => {}
        }
    }

    fn word(&mut self) -> (String, Option<i32>) {
        let from = self.at - 1;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic) {
            self.at += 1;
        }
        let word = String::from_utf8_lossy(&self.bytes[from..self.at]).into_owned();
        let digits_from = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        let digits = std::str::from_utf8(&self.bytes[digits_from..self.at]);
        let number = digits.ok().and_then(|digits| digits.parse().ok());
        if self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        (word, number)
    }

    fn word_means(&mut self, word: &str, number: Option<i32>) {
        let is_star = std::mem::take(&mut self.is_star);
        if self.group.is_font_table {
            self.fonts.control(word, number);
        }
        match word {
            "fromhtml" if self.outer.len() == 1 => self.source = Source::Html,
            "fromtext" if self.outer.len() == 1 => self.source = Source::Text,
            "ansicpg" => {
                let page = number.and_then(|page| page.try_into().ok());
                self.code_page = page.unwrap_or(codepage::WESTERN);
            }
            "htmltag" => {
                self.flush();
                self.group.is_tag = true;
            }
            "htmlrtf" => {
                self.flush();
                self.group.is_for_rtf = number != Some(0);
            }
            "f" => {
                self.flush();
                self.group.font = number;
            }
            "uc" => self.group.skip = number.and_then(|skip| skip.try_into().ok()).unwrap_or(1),
            "u" => self.unicode(number),
            "bin" => {
                let length = number.and_then(|length| usize::try_from(length).ok());
                self.at = self
                    .at
                    .saturating_add(length.unwrap_or(0))
                    .min(self.bytes.len());
            }
            "fonttbl" => {
                self.group.is_ignored = true;
                self.group.is_font_table = true;
            }
            "colortbl" | "stylesheet" | "info" | "pict" | "object" | "header" | "footer"
            | "pntext" | "listtable" | "listoverridetable" | "generator" | "mhtmltag" => {
                self.group.is_ignored = true;
            }
            _ if is_star => self.group.is_ignored = true,
            _ => self.sign(word),
        }
    }

    /// Words that stand for a character.
    fn sign(&mut self, word: &str) {
        let (plain, html) = match word {
            "par" | "line" | "row" => ("\r\n", "\r\n"),
            "tab" | "cell" => ("\t", "\t"),
            "lquote" => ("\u{2018}", "&lsquo;"),
            "rquote" => ("\u{2019}", "&rsquo;"),
            "ldblquote" => ("\u{201c}", "&ldquo;"),
            "rdblquote" => ("\u{201d}", "&rdquo;"),
            "bullet" => ("\u{2022}", "&bull;"),
            "endash" => ("\u{2013}", "&ndash;"),
            "emdash" => ("\u{2014}", "&mdash;"),
            _ => return,
        };
        self.text(if self.source == Source::Html {
            html
        } else {
            plain
        });
    }

    fn is_shown(&self) -> bool {
        let is_tag_of_html = self.source == Source::Html || !self.group.is_tag;
        self.too_deep == 0 && !self.group.is_ignored && !self.group.is_for_rtf && is_tag_of_html
    }

    fn text(&mut self, text: &str) {
        self.flush();
        self.high = None;
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else if self.is_shown() {
            self.out.push_str(text);
        }
    }

    fn byte(&mut self, byte: u8) {
        self.is_star = false;
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else if self.is_shown() {
            self.high = None;
            self.narrow.push(byte);
        }
    }

    /// `\uN`: a UTF-16 unit, negative above 32,767; then as many characters as `\uc` says stand in for it.
    fn unicode(&mut self, number: Option<i32>) {
        self.flush();
        self.to_skip = self.group.skip;
        let Some(unit) = number.and_then(|number| u16::try_from(number & 0xFFFF).ok()) else {
            return;
        };
        if !self.is_shown() {
            return;
        }
        let units = match self.high.take() {
            Some(high) => vec![high, unit],
            None if (0xD800..0xDC00).contains(&unit) => {
                self.high = Some(unit);
                return;
            }
            None => vec![unit],
        };
        self.out.push_str(&String::from_utf16_lossy(&units));
    }

    fn flush(&mut self) {
        if self.narrow.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.narrow);
        let font = self.group.font.and_then(|font| self.fonts.page(font));
        let page = font.unwrap_or(self.code_page);
        self.out.push_str(&codepage::decode(page, &bytes).0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_within_rtf_comes_out_as_it_was() {
        let rtf = br"{\rtf1\ansi\ansicpg1251\fromhtml1 \deff0{\fonttbl{\f0\fcharset204 Arial;}}
{\*\htmltag64 <p>}\htmlrtf {\pard \htmlrtf0 a &amp; \'cf\'f0\u8364?{\*\htmltag72 </p>}
\htmlrtf\par}\htmlrtf0
{\*\htmltag244 <o:p>}{\*\mhtmltag244 x}\tab b}";
        assert_eq!(
            read(rtf),
            Some(Content::Html("<p>a &amp; Пр€</p><o:p>\tb".to_owned()))
        );
    }

    #[test]
    fn text_within_rtf_and_text_of_rtf() {
        let text = br"{\rtf1\ansi\fromtext {\fonttbl{\f0 x;}}a\par b\{c\}\ldblquote}";
        let expected = "a\r\nb{c}\u{201c}".to_owned();
        assert_eq!(read(text), Some(Content::Text(expected)));
        let rtf = br"{\rtf1\ansi{\*\generator y;}\b bold\b0  and \u-10179?\u-8704? more}";
        let expected = "bold and \u{1f600} more".to_owned();
        assert_eq!(read(rtf), Some(Content::TextOfRtf(expected)));
        assert_eq!(read(b"no"), None);
    }

    #[test]
    fn groups_without_end_end() {
        let deep = [b"{\\rtf1 ".to_vec(), b"{".repeat(1_000_000), b"x".to_vec()].concat();
        assert_eq!(read(&deep), Some(Content::TextOfRtf(String::new())));
    }
}
