//! Which named property an id above 0x8000 means in one file: three lists, the same in a data file ([MS-PST] 2.4.7) and in a
//! message file ([MS-OXMSG] 2.2.3).

use std::collections::HashMap;

use super::bytes::{slice_at, u16_at, u32_at};
use super::properties::{Guid, Key};
use super::{ids, value};

const FIRST_ID: u32 = 0x8000;

/// The names of one file.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<u16, Key>);

impl Names {
    /// Reads the three lists: sets, entries of eight bytes, and texts with their length before them.
    pub(crate) fn read(guids: &[u8], entries: &[u8], texts: &[u8]) -> Self {
        let mut names = HashMap::new();
        for entry in entries.chunks_exact(8) {
            let (Some(what), Some(kind), Some(place)) =
                (u32_at(entry, 0), u16_at(entry, 4), u16_at(entry, 6))
            else {
                continue;
            };
            let key = set_of(kind >> 1, guids).and_then(|set| match kind & 1 {
                0 => Some(Key::Number(set, what)),
                _ => text_at(texts, what).map(|text| Key::Name(set, text)),
            });
            let id = u16::try_from(FIRST_ID + u32::from(place));
            if let (Ok(id), Some(key)) = (id, key) {
                names.insert(id, key);
            }
        }
        Self(names)
    }

    /// What an id means.
    pub(crate) fn key(&self, id: u16) -> Key {
        self.0.get(&id).cloned().unwrap_or(Key::Tag(id))
    }
}

/// [MS-PST] 2.4.7.1: 1 and 2 are fixed, from 3 on they stand in the list.
fn set_of(number: u16, guids: &[u8]) -> Option<Guid> {
    match number {
        1 => Some(ids::MAPI),
        2 => Some(ids::PUBLIC_STRINGS),
        0 => None,
        _ => {
            let bytes = slice_at(guids, 16 * usize::from(number - 3), 16)?;
            Some(Guid(bytes.try_into().ok()?))
        }
    }
}

fn text_at(texts: &[u8], at: u32) -> Option<String> {
    let at = usize::try_from(at).ok()?;
    let length = usize::try_from(u32_at(texts, at)?).ok()?;
    Some(value::wide(slice_at(texts, at.checked_add(4)?, length)?))
}
