//! A bag of properties by id or by name, and reading one as what it should be; a value of another type is as good as none.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::value::{self, Value};
use super::{codepage, ids};

/// A property set's GUID, as its 16 bytes stand in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// One of those that end in `C000-000000000046`, as all of MAPI's own do.
    pub const fn of(first: u32, second: u16, third: u16) -> Self {
        let a = first.to_le_bytes();
        let b = second.to_le_bytes();
        let c = third.to_le_bytes();
        Self([
            a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], 0xC0, 0, 0, 0, 0, 0, 0, 0x46,
        ])
    }
}

/// Which property.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// By id, below 0x8000 or not resolved.
    Tag(u16),
    /// Named by a number in a set.
    Number(Guid, u32),
    /// Named by a text in a set.
    Name(Guid, String),
}

/// A bag of properties.
#[derive(Clone, Debug, PartialEq)]
pub struct Properties {
    values: BTreeMap<Key, Value>,
    /// The code page of narrow texts.
    code_page: u32,
}

impl Default for Properties {
    fn default() -> Self {
        Self {
            values: BTreeMap::new(),
            code_page: codepage::WESTERN,
        }
    }
}

impl Properties {
    /// Puts a value in; a later one under the same key counts.
    pub fn set(&mut self, key: Key, value: Value) {
        self.values.insert(key, value);
    }

    /// Puts a value in where there is none.
    pub fn set_if_missing(&mut self, key: Key, value: Value) {
        self.values.entry(key).or_insert(value);
    }

    /// Whatever stands under a key.
    pub fn value(&self, key: &Key) -> Option<&Value> {
        self.values.get(key)
    }

    /// Every key.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.values.keys()
    }

    /// Which code page narrow texts are in.
    pub fn code_page(&self) -> u32 {
        self.code_page
    }

    /// The code page that the bag itself names.
    pub fn said_code_page(&self) -> Option<u32> {
        let said = |key: &Key| u32::try_from(self.number(key)?).ok();
        let locale = || codepage::of_locale(said(&ids::MESSAGE_LOCALE_ID)?);
        said(&ids::MESSAGE_CODEPAGE)
            .or_else(locale)
            .or_else(|| said(&ids::INTERNET_CODEPAGE))
    }

    /// Says in which code page narrow texts are.
    pub fn set_code_page(&mut self, code_page: u32) {
        self.code_page = code_page;
    }

    /// A text, without the zero that may end it; `None` where it is empty.
    pub fn text(&self, key: &Key) -> Option<String> {
        let text = match self.values.get(key)? {
            Value::Text(text) => text.clone(),
            Value::Narrow(bytes) => codepage::decode(self.code_page, bytes).0,
            _ => return None,
        };
        let text = text.trim_end_matches('\0');
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Whether any narrow text is in a code page that it cannot be in, or that nobody knows.
    pub fn have_guessed_texts(&self) -> bool {
        let mut narrow = self.values.values();
        narrow.any(|value| {
            matches!(value, Value::Narrow(bytes) if codepage::decode(self.code_page, bytes).1)
        })
    }

    /// Several texts.
    pub fn texts(&self, key: &Key) -> Vec<String> {
        let one = |value: &Value| match value {
            Value::Text(text) => Some(text.trim_end_matches('\0').to_owned()),
            Value::Narrow(bytes) => Some(
                codepage::decode(self.code_page, bytes)
                    .0
                    .trim_end_matches('\0')
                    .to_owned(),
            ),
            _ => None,
        };
        match self.values.get(key) {
            Some(Value::Many(values)) => values.iter().filter_map(one).collect(),
            Some(value) => one(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// A number of 16 or 32 bits.
    pub fn number(&self, key: &Key) -> Option<i32> {
        match self.values.get(key)? {
            Value::Integer16(number) => Some(i32::from(*number)),
            Value::Integer32(number) => Some(*number),
            _ => None,
        }
    }

    /// A yes or no.
    pub fn flag(&self, key: &Key) -> Option<bool> {
        match self.values.get(key)? {
            Value::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A floating number.
    pub fn float(&self, key: &Key) -> Option<f64> {
        match self.values.get(key)? {
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// An instant; Outlook's "none" (the year 4501) and 0 are none.
    pub fn time(&self, key: &Key) -> Option<DateTime<Utc>> {
        match self.values.get(key)? {
            Value::Time(ticks) => value::instant(*ticks),
            _ => None,
        }
    }

    /// Bytes.
    pub fn bytes(&self, key: &Key) -> Option<&[u8]> {
        match self.values.get(key)? {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Takes the bytes out, so that a large one is not held twice.
    pub fn take_bytes(&mut self, key: &Key) -> Option<Vec<u8>> {
        match self.values.remove(key)? {
            Value::Bytes(bytes) => Some(bytes),
            other => {
                self.values.insert(key.clone(), other);
                None
            }
        }
    }
}
