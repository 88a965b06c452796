//! Fonts of an RTF as far as they tell in which code page the text in them is.

use std::collections::HashMap;

/// Code pages by font number.
#[derive(Debug, Default)]
pub(super) struct Fonts {
    pages: HashMap<i32, u32>,
    current: Option<i32>,
}

impl Fonts {
    /// A control word within the table of fonts.
    pub(super) fn control(&mut self, word: &str, number: Option<i32>) {
        match (word, number) {
            ("f", Some(font)) => self.current = Some(font),
            ("fcharset", Some(charset)) => {
                if let (Some(font), Some(page)) = (self.current, of_charset(charset)) {
                    self.pages.insert(font, page);
                }
            }
            ("cpg", Some(page)) => {
                if let (Some(font), Ok(page)) = (self.current, u32::try_from(page)) {
                    self.pages.insert(font, page);
                }
            }
            _ => {}
        }
    }

    /// The code page of a font.
    pub(super) fn page(&self, font: i32) -> Option<u32> {
        self.pages.get(&font).copied()
    }
}

/// RTF 1.9.1, "Font Table": `\fcharsetN`. 0 and 1 leave it to the document.
fn of_charset(charset: i32) -> Option<u32> {
    Some(match charset {
        77 => 10_000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}
