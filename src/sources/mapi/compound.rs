//! Compound files ([MS-CFB]): storages and streams over bytes at hand. What is damaged ends where the damage is, and the rest is
//! read: a chain that leaves the file or comes round again stops, an entry that two storages claim belongs to the first.

use std::collections::BTreeMap;

use super::bytes::{slice_at, u16_at, u32_at, u64_at};
use super::value;

const ENTRY_BYTES: usize = 128;
/// `ENDOFCHAIN` and what lies above it: no sector.
const LAST_SECTOR: u32 = 0xFFFF_FFF9;
const NOBODY: u32 = 0xFFFF_FFFF;
const MINI_BYTES: usize = 64;

/// A stream or a storage, by its place in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(usize);

/// The outermost storage.
pub(crate) const ROOT: Place = Place(0);

#[derive(Debug)]
struct Entry {
    is_stream: bool,
    start: u32,
    size: u64,
    /// What lies in it, by name.
    inside: BTreeMap<String, Place>,
}

/// An open compound file.
pub(crate) struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    table: Vec<u32>,
    mini_table: Vec<u32>,
    mini: Vec<u8>,
    cutoff: u64,
    entries: Vec<Entry>,
    is_cut: bool,
}

/// Whether bytes begin as a compound file does ([MS-CFB] 2.2).
pub(crate) fn is_compound(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1])
}

impl<'a> Compound<'a> {
    /// Opens a compound file; `None` where it has no directory.
    pub(crate) fn open(bytes: &'a [u8]) -> Option<Self> {
        if !is_compound(bytes) {
            return None;
        }
        let sector = match u16_at(bytes, 30)? {
            9 => 512,
            12 => 4096,
            _ => return None,
        };
        let mut file = Self {
            bytes,
            sector,
            table: Vec::new(),
            mini_table: Vec::new(),
            mini: Vec::new(),
            cutoff: u64::from(u32_at(bytes, 56)?),
            entries: Vec::new(),
            is_cut: false,
        };
        file.read_table()?;
        let mini_table = file.chain(u32_at(bytes, 60)?);
        file.mini_table = mini_table
            .iter()
            .flat_map(|sector| numbers(file.sector(*sector)))
            .collect();
        let directory = file.whole(u32_at(bytes, 48)?, u64::MAX);
        file.read_directory(&directory)?;
        let root = file.entries.first()?;
        file.mini = file.whole(root.start, root.size);
        Some(file)
    }

    /// What lies in a storage: names, ascending.
    pub(crate) fn inside(&self, storage: Place) -> Vec<(String, Place)> {
        let inside = self.entries[storage.0].inside.iter();
        inside.map(|(name, place)| (name.clone(), *place)).collect()
    }

    /// What lies in a storage under a name.
    pub(crate) fn find(&self, storage: Place, name: &str) -> Option<Place> {
        self.entries[storage.0].inside.get(name).copied()
    }

    /// Whether it is a stream rather than a storage.
    pub(crate) fn is_stream(&self, place: Place) -> bool {
        self.entries[place.0].is_stream
    }

    /// How many bytes a stream says that it has, at most as many as the file has.
    pub(crate) fn size_bytes(&self, place: Place) -> u64 {
        self.entries[place.0].size.min(self.bytes.len() as u64)
    }

    /// Whether the directory names entries that are not there: nobody knows what they held.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether a stream of so many bytes is all that the directory says it has.
    pub(crate) fn is_whole(&self, place: Place, length: usize) -> bool {
        self.entries[place.0].size == length as u64
    }

    /// A stream whole; shorter than it says where its sectors end before.
    pub(crate) fn stream(&self, place: Place) -> Vec<u8> {
        let entry = &self.entries[place.0];
        if entry.size >= self.cutoff {
            return self.whole(entry.start, entry.size);
        }
        let size = usize::try_from(entry.size).unwrap_or(usize::MAX);
        let mut out = Vec::new();
        for sector in follow(&self.mini_table, entry.start) {
            let at = usize::try_from(sector)
                .unwrap_or(usize::MAX)
                .saturating_mul(MINI_BYTES);
            let Some(rest) = self.mini.get(at..) else {
                break;
            };
            out.extend_from_slice(&rest[..rest.len().min(MINI_BYTES)]);
            if out.len() >= size {
                break;
            }
        }
        out.truncate(size);
        out
    }

    /// Sector 0 lies behind the header, which takes one sector; the last may be cut off.
    fn sector(&self, number: u32) -> &'a [u8] {
        let at = usize::try_from(number)
            .ok()
            .and_then(|number| number.checked_add(1)?.checked_mul(self.sector));
        let rest = at.and_then(|at| self.bytes.get(at..)).unwrap_or_default();
        &rest[..rest.len().min(self.sector)]
    }

    /// The table of sectors: 109 places of it stand in the header, the others in a chain of their own.
    fn read_table(&mut self) -> Option<()> {
        let mut places: Vec<u32> = numbers(slice_at(self.bytes, 76, 436)?).collect();
        let sectors = self.bytes.len() / self.sector;
        let mut next = u32_at(self.bytes, 68)?;
        for _ in 0..sectors {
            if next > LAST_SECTOR {
                break;
            }
            let mut inside: Vec<u32> = numbers(self.sector(next)).collect();
            next = inside.pop().unwrap_or(NOBODY);
            places.append(&mut inside);
        }
        for place in places.into_iter().take(sectors) {
            if place <= LAST_SECTOR {
                let found = numbers(self.sector(place));
                self.table.extend(found);
            }
        }
        Some(())
    }

    fn chain(&self, start: u32) -> Vec<u32> {
        let most = self.bytes.len() / self.sector + 1;
        follow(&self.table, start).take(most).collect()
    }

    fn whole(&self, start: u32, size: u64) -> Vec<u8> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut out = Vec::new();
        for sector in self.chain(start) {
            let found = self.sector(sector);
            if found.is_empty() || out.len() >= size {
                break;
            }
            out.extend_from_slice(found);
        }
        out.truncate(size);
        out
    }

    fn read_directory(&mut self, directory: &[u8]) -> Option<()> {
        let raw: Vec<&[u8]> = directory.chunks_exact(ENTRY_BYTES).collect();
        let mut names = Vec::new();
        let is_old = self.sector == 512;
        for entry in &raw {
            // The length is that of the bytes with the zero at the end; a wrong one is passed over.
            let name = value::wide(&entry[..64]);
            names.push(name.split('\0').next().unwrap_or_default().to_owned());
            let size = u64_at(entry, 120)?;
            self.entries.push(Entry {
                is_stream: entry[66] == 2,
                start: u32_at(entry, 116)?,
                // [MS-CFB] 2.6.3: in files with short sectors the upper half may be anything.
                size: if is_old { size & 0xFFFF_FFFF } else { size },
                inside: BTreeMap::new(),
            });
        }
        let mut is_taken = vec![false; raw.len()];
        *is_taken.first_mut()? = true;
        let mut storages = vec![ROOT.0];
        while let Some(storage) = storages.pop() {
            let mut open = vec![u32_at(raw[storage], 76)?];
            while let Some(number) = open.pop() {
                let place = usize::try_from(number).unwrap_or(usize::MAX);
                match is_taken.get_mut(place) {
                    Some(taken) if !*taken => *taken = true,
                    Some(_) => continue,
                    None => {
                        self.is_cut |= number != NOBODY;
                        continue;
                    }
                }
                let entry = raw[place];
                open.extend([u32_at(entry, 68)?, u32_at(entry, 72)?]);
                match entry[66] {
                    1 => storages.push(place),
                    2 => {}
                    _ => continue,
                }
                let inside = &mut self.entries[storage].inside;
                inside.entry(names[place].clone()).or_insert(Place(place));
            }
        }
        Some(())
    }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

/// A chain of sectors, at most as long as its table.
fn follow(table: &[u32], start: u32) -> impl Iterator<Item = u32> + '_ {
    let mut next = start;
    let mut left = table.len();
    std::iter::from_fn(move || {
        let here = next;
        if here > LAST_SECTOR || left == 0 {
            return None;
        }
        left -= 1;
        next = usize::try_from(here)
            .ok()
            .and_then(|here| table.get(here).copied())
            .unwrap_or(NOBODY);
        Some(here)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header, one sector of table, one of directory with one stream, two of content.
    fn small() -> Vec<u8> {
        let mut file = vec![0_u8; 512 * 5];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]);
        put(30, &9_u16.to_le_bytes());
        for (at, number) in [(48, 1), (56, 512), (60, NOBODY), (68, NOBODY)] {
            put(at, &u32::to_le_bytes(number));
        }
        put(76, &[0xFF; 436]);
        put(76, &0_u32.to_le_bytes());
        let ends = 0xFFFF_FFFE_u32;
        for (place, next) in [NOBODY, ends, 3, ends].into_iter().enumerate() {
            put(512 + 4 * place, &next.to_le_bytes());
        }
        let name =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        for (at, text, kind, child, start, size) in [
            (1024, "Root Entry", 5_u8, 1_u32, ends, 0_u32),
            (1152, "stream", 2, NOBODY, 2, 600),
        ] {
            put(at, &name(text));
            put(at + 66, &[kind]);
            put(at + 68, &[0xFF; 8]);
            put(at + 76, &child.to_le_bytes());
            put(at + 116, &start.to_le_bytes());
            put(at + 120, &size.to_le_bytes());
        }
        put(1536, &[7; 600]);
        file
    }

    fn stream(bytes: &[u8]) -> Option<usize> {
        let file = Compound::open(bytes)?;
        let place = file.find(ROOT, "stream")?;
        Some(file.stream(place).len())
    }

    #[test]
    fn a_stream_is_read_by_its_chain_and_what_is_cut_ends_where_it_is_cut() {
        let whole = small();
        assert_eq!(stream(&whole), Some(600));
        assert_eq!(stream(&whole[..2100]), Some(564));
        let is_whole = |bytes: &[u8]| {
            let file = Compound::open(bytes).expect("it has a directory");
            let place = file.find(ROOT, "stream").expect("its entry is there");
            file.is_whole(place, file.stream(place).len())
        };
        assert!(is_whole(&whole) && !is_whole(&whole[..2100]));
        for end in 0..whole.len() {
            let _ends = stream(&whole[..end]);
        }
    }

    #[test]
    fn an_entry_that_is_gone_is_noticed() {
        let mut file = small();
        assert!(!Compound::open(&file).expect("a directory").is_cut());
        // The stream has a neighbour in a part of the directory that is not there.
        file[1152 + 68..1152 + 72].copy_from_slice(&9_u32.to_le_bytes());
        assert!(Compound::open(&file).expect("a directory").is_cut());
    }

    #[test]
    fn chains_and_trees_that_come_round_end() {
        let mut chain = small();
        // Sector 3 is followed by sector 2 again: the size bounds it.
        chain[512 + 12..512 + 16].copy_from_slice(&2_u32.to_le_bytes());
        assert_eq!(stream(&chain), Some(600));
        let mut tree = small();
        // The entry is its own neighbour and child.
        tree[1152 + 68..1152 + 80].copy_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(stream(&tree), Some(600));
    }
}
