//! A table on the disk for what a fold remembers of millions of things: it takes the same memory whatever it holds, and is
//! gone with the process. Nothing durable lives here, and nothing personal: keys are digests or random names.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::durable::nameless;
use crate::random;
use crate::sequencer::lock;

/// Up to so many stay in memory: most cases never need the file.
const FEW: usize = 1 << 16;
const PAGE_BYTES: usize = 4_096;
const KEY_BYTES: usize = 16;
/// CRC-32C of the rest, then how many records follow.
const HEAD_BYTES: usize = 6;
/// More pages than any disk has: a table whose keys are not spread evenly ends here rather than nowhere.
const BITS_MAX: u32 = 30;

/// Spread evenly over all of its first bits: a digest, or random.
pub type Key = [u8; KEY_BYTES];

/// What is known by a key, `V` bytes each. After a write that failed nothing of it is answered any more: whoever asked on would
/// take an item that was seen for a new one, and write it twice.
pub struct Table<const V: usize> {
    folder: PathBuf,
    few: HashMap<Key, [u8; V]>,
    /// Once there are more than a few.
    pages: Option<Mutex<Pages<V>>>,
    count: u64,
    is_broken: bool,
}

/// Pages in the order of their keys: a key's first bits say in which it lies.
struct Pages<const V: usize> {
    file: File,
    bits: u32,
}

impl<const V: usize> Table<V> {
    /// Empty; below `folder` is room for more than a few.
    pub fn new(folder: &Path) -> Self {
        assert!(V + KEY_BYTES <= 512, "a page holds some records");
        Self {
            folder: folder.to_owned(),
            few: HashMap::new(),
            pages: None,
            count: 0,
            is_broken: false,
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Nothing is known.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What is known by a key. The error is the file's, or says that an earlier write failed.
    pub fn find(&self, key: &Key) -> io::Result<Option<[u8; V]>> {
        self.expect_whole()?;
        let Some(pages) = &self.pages else {
            return Ok(self.few.get(key).copied());
        };
        let mut pages = lock(pages);
        let place = pages.place_of(key);
        let page = pages.read(place)?;
        let found = page.iter().find(|(known, _)| known == key);
        Ok(found.map(|(_, value)| *value))
    }

    /// Sets what is known by a key. The error is the file's; a full disk is one. The table is of no use after that.
    pub fn put(&mut self, key: Key, value: [u8; V]) -> io::Result<()> {
        self.expect_whole()?;
        // A page may be half written, or the few half moved: only a put that ends well takes the mark away.
        self.is_broken = true;
        self.set(key, value)?;
        self.is_broken = false;
        Ok(())
    }

    fn expect_whole(&self) -> io::Result<()> {
        if self.is_broken {
            return Err(damaged("an earlier write failed"));
        }
        Ok(())
    }

    fn set(&mut self, key: Key, value: [u8; V]) -> io::Result<()> {
        let is_new = match &self.pages {
            Some(pages) => lock(pages).put(key, value)?,
            None => self.few.insert(key, value).is_none(),
        };
        self.count += u64::from(is_new);
        if self.few.len() > FEW {
            let mut pages = Pages::create(&self.folder)?;
            for (key, value) in self.few.drain() {
                pages.put(key, value)?;
            }
            self.few.shrink_to_fit();
            self.pages = Some(Mutex::new(pages));
        }
        Ok(())
    }

    /// Everything, by ascending key.
    pub fn each(&self, each: &mut dyn FnMut(&Key, &[u8; V])) -> io::Result<()> {
        self.expect_whole()?;
        let Some(pages) = &self.pages else {
            let mut all: Vec<_> = self.few.iter().collect();
            all.sort_unstable();
            for (key, value) in all {
                each(key, value);
            }
            return Ok(());
        };
        let mut pages = lock(pages);
        for place in 0..1 << pages.bits {
            let mut page = pages.read(place)?;
            page.sort_unstable();
            for (key, value) in &page {
                each(key, value);
            }
        }
        Ok(())
    }
}

impl<const V: usize> Pages<V> {
    const RECORDS: usize = (PAGE_BYTES - HEAD_BYTES) / (KEY_BYTES + V);

    fn create(folder: &Path) -> io::Result<Self> {
        let mut pages = Self {
            file: nameless(&folder.join(name()?))?,
            // A third full when the few are in it.
            bits: (3 * FEW / Self::RECORDS).next_power_of_two().ilog2(),
        };
        for place in 0..1 << pages.bits {
            pages.write(place, &[])?;
        }
        Ok(pages)
    }

    fn place_of(&self, key: &Key) -> u64 {
        let (first, _) = key.split_first_chunk().expect("a key has 16 bytes");
        u64::from_be_bytes(*first) >> (64 - self.bits)
    }

    /// Whether it was not there.
    fn put(&mut self, key: Key, value: [u8; V]) -> io::Result<bool> {
        loop {
            let place = self.place_of(&key);
            let mut page = self.read(place)?;
            if let Some((_, known)) = page.iter_mut().find(|(known, _)| *known == key) {
                *known = value;
                return self.write(place, &page).map(|()| false);
            }
            if page.len() < Self::RECORDS {
                page.push((key, value));
                return self.write(place, &page).map(|()| true);
            }
            self.grow()?;
        }
    }

    /// Twice as many pages: each becomes two neighbours. From the last on, so that none is overwritten before it was read.
    fn grow(&mut self) -> io::Result<()> {
        if self.bits == BITS_MAX {
            return Err(damaged("its keys are not spread evenly"));
        }
        let bits = self.bits + 1;
        for place in (0..1_u64 << self.bits).rev() {
            let page = self.read(place)?;
            self.bits = bits;
            let is_right = |(key, _): &(Key, [u8; V])| self.place_of(key) & 1 == 1;
            let (right, left): (Vec<_>, Vec<_>) = page.into_iter().partition(is_right);
            self.write(2 * place + 1, &right)?;
            self.write(2 * place, &left)?;
            self.bits = bits - 1;
        }
        self.bits = bits;
        Ok(())
    }

    fn read(&mut self, place: u64) -> io::Result<Vec<(Key, [u8; V])>> {
        let mut bytes = [0; PAGE_BYTES];
        self.file.seek(SeekFrom::Start(place * PAGE_BYTES as u64))?;
        self.file.read_exact(&mut bytes)?;
        let (sum, rest) = bytes.split_first_chunk::<4>().expect("a page is longer");
        // Disks and what lies on top of them were seen to give flipped bits in silence.
        if u32::from_be_bytes(*sum) != crc32c::crc32c(rest) {
            return Err(damaged("a page is not what was written"));
        }
        let (count, rest) = rest.split_first_chunk::<2>().expect("a page is longer");
        let records = rest.chunks_exact(KEY_BYTES + V);
        let read = records.take(usize::from(u16::from_be_bytes(*count)));
        let read = read.map(|record| {
            let (key, value) = record.split_first_chunk().expect("a key and a value");
            (*key, value.try_into().expect("what is left has V bytes"))
        });
        Ok(read.collect())
    }

    fn write(&mut self, place: u64, page: &[(Key, [u8; V])]) -> io::Result<()> {
        let mut bytes = vec![0; 4];
        let count = u16::try_from(page.len()).expect("a page is small");
        bytes.extend(count.to_be_bytes());
        for (key, value) in page {
            bytes.extend(key);
            bytes.extend(value);
        }
        bytes.resize(PAGE_BYTES, 0);
        let sum = crc32c::crc32c(&bytes[4..]);
        bytes[..4].copy_from_slice(&sum.to_be_bytes());
        self.file.seek(SeekFrom::Start(place * PAGE_BYTES as u64))?;
        self.file.write_all(&bytes)
    }
}

/// Random: two processes in containers of their own have the same number, and never share a file.
fn name() -> io::Result<String> {
    let chance: [u8; 16] = random::array().map_err(io::Error::other)?;
    Ok(format!(".scratch-{:032x}", u128::from_be_bytes(chance)))
}

fn damaged(what: &str) -> io::Error {
    let text = format!("a table for this run only cannot be used: {what}; run it again");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn key(number: u32) -> Key {
        let digest: [u8; 32] = Sha256::digest(number.to_be_bytes()).into();
        *digest.first_chunk().expect("32 bytes")
    }

    fn filled(folder: &Path, count: u32) -> Table<5> {
        let mut table = Table::new(folder);
        for number in 0..count {
            let [a, b, c, d] = number.to_be_bytes();
            table.put(key(number), [a, b, c, d, 1]).expect("put");
        }
        table
    }

    #[test]
    fn what_was_put_is_found_before_and_after_it_went_to_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        for count in [10, 65_537, 400_000] {
            let mut table = filled(folder.path(), count);
            assert_eq!((table.len(), table.is_empty()), (u64::from(count), false));
            for number in (0..count).step_by(7) {
                let found = table.find(&key(number)).expect("read").expect("there");
                assert_eq!(found[..4], number.to_be_bytes());
            }
            assert_eq!(table.find(&key(count)).expect("read"), None);
            table.put(key(3), [9; 5]).expect("put again");
            assert_eq!(table.find(&key(3)).expect("read"), Some([9; 5]));
            assert_eq!(table.len(), u64::from(count));
            let (mut seen, mut last) = (0, None);
            let mut each = |key: &Key, _: &[u8; 5]| {
                assert!(last < Some(*key), "by ascending key, each once");
                last = Some(*key);
                seen += 1;
            };
            table.each(&mut each).expect("read");
            assert_eq!(seen, count);
        }
        let left = std::fs::read_dir(folder.path()).expect("listed");
        assert_eq!(left.count(), 0, "no file has a name");
    }

    #[test]
    fn a_flipped_bit_is_an_error_and_no_answer() {
        let folder = tempfile::tempdir().expect("a folder");
        let table = filled(folder.path(), 70_000);
        {
            let mut pages = lock(table.pages.as_ref().expect("on the disk"));
            let place = pages.place_of(&key(1));
            let at = SeekFrom::Start(place * PAGE_BYTES as u64 + 9);
            pages.file.seek(at).expect("there");
            let mut byte = [0];
            pages.file.read_exact(&mut byte).expect("read");
            pages.file.seek(at).expect("there");
            pages.file.write_all(&[byte[0] ^ 4]).expect("flipped");
        }
        let found = table.find(&key(1)).expect_err("told");
        assert_eq!(found.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn nothing_is_answered_after_a_write_that_failed() {
        let folder = tempfile::tempdir().expect("a folder");
        let gone = folder.path().join("gone");
        let mut table = filled(&gone, 65_536);
        // No room for the pages: the few cannot move out of memory.
        assert!(table.put(key(65_536), [0; 5]).is_err());
        std::fs::create_dir(&gone).expect("made");
        for answer in [
            table.find(&key(1)).map(drop),
            table.find(&key(65_536)).map(drop),
            table.put(key(1), [1; 5]),
            table.each(&mut |_, _| ()),
        ] {
            let error = answer.expect_err("refused");
            assert!(error.to_string().contains("an earlier write failed"));
        }

        let mut table = filled(folder.path(), 70_000);
        let place = table
            .pages
            .as_ref()
            .map(|pages| lock(pages).place_of(&key(1)));
        if let Some(pages) = &table.pages {
            let at = SeekFrom::Start(place.expect("one") * PAGE_BYTES as u64);
            lock(pages).file.seek(at).expect("there");
            lock(pages).file.write_all(&[0xff; 9]).expect("flipped");
        }
        assert!(table.put(key(1), [1; 5]).is_err());
        // Another page is whole, and all the same it is not known what the failed write left.
        assert!(table.find(&key(2)).is_err());
    }

    #[test]
    fn no_two_files_have_one_name() {
        let names = (0..64).map(|_| name().expect("random"));
        let names: std::collections::BTreeSet<String> = names.collect();
        assert_eq!(names.len(), 64);
        let id = format!("-{}-", std::process::id());
        assert!(names.iter().all(|name| !name.contains(&id)));
    }

    #[test]
    fn keys_that_all_begin_alike_end_in_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut pages: Pages<5> = Pages::create(folder.path()).expect("made");
        pages.bits = BITS_MAX;
        let full = vec![([0; 16], [0; 5]); Pages::<5>::RECORDS];
        pages.write(0, &full).expect("written");
        let mut alike = [0; 16];
        alike[15] = 1;
        assert!(pages.put(alike, [0; 5]).is_err());
    }
}
