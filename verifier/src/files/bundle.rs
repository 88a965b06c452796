//! The payload of a bundle (11.2): its index, entries, tiles, heads and disclosures, streamed in order.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::segments::Take;
use super::{VerifyError, io_error, names, open, small};
use crate::broken::{Checked, broken, ensure};
use crate::bytes::{Hash, parse_hex};
use crate::json::{Value, parse};
use crate::policy::texts;

const INDEX_BYTES_MAX: u64 = 64 << 20;
const LINE_BYTES_MAX: u64 = 1 << 20;
const PER_FILE: u64 = 4096;
const TILE_WIDTH: u64 = 256;

/// `data/bundle.json`.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub(crate) origin: String,
    pub(crate) is_full: bool,
    pub(crate) size: u64,
    pub(crate) heads: u64,
    pub(crate) streams: Vec<String>,
}

/// A stream's line of a partial bundle.
#[derive(Clone, Debug)]
pub(crate) struct HeadLine {
    pub(crate) stream: String,
    pub(crate) next: u64,
    pub(crate) last: Hash,
    pub(crate) leaf: u64,
    pub(crate) proof: Vec<Hash>,
}

/// A shown disclosure.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) index: u64,
    pub(crate) subject: String,
    pub(crate) encoded: String,
}

/// Where in the bundle something is wrong.
pub(crate) type InFile<T = ()> = Result<Checked<T>, VerifyError>;

pub(crate) fn index(root: &Path) -> InFile<Index> {
    let path = root.join("data/bundle.json");
    let Some(bytes) = small(&path, INDEX_BYTES_MAX)? else {
        return Ok(broken("bundle/form", "there is no data/bundle.json"));
    };
    Ok(read_index(&bytes))
}

pub(crate) fn read_index(bytes: &[u8]) -> Checked<Index> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let [v, origin, kind, size, heads, streams] =
        parse(bytes)?.listed(["v", "origin", "kind", "size", "heads", "streams"])?;
    let kind = kind.text().unwrap_or_default();
    let is_full = kind == "full";
    ensure(
        v == Value::Int(1) && (is_full || kind == "partial"),
        "bundle/form",
        "v or kind",
    )?;
    let Ok(streams) = texts(&streams) else {
        return broken("bundle/form", "the streams do not ascend");
    };
    let again = streams
        .iter()
        .any(|stream| stream == "keys" || stream == "ledger");
    let (Some(origin), Some(size), Some(heads)) = (origin.text(), size.count(), heads.count())
    else {
        return broken("bundle/form", "origin, size or heads");
    };
    let fits = !again && (!is_full || (heads == 0 && streams.is_empty()));
    ensure(fits, "bundle/form", "heads or streams do not fit the kind")?;
    Ok(Index {
        origin: origin.to_owned(),
        is_full,
        size,
        heads,
        streams,
    })
}

/// Every entry, in ascending order of the files; the reader judges the indexes themselves.
pub(crate) fn entries(root: &Path, take: Take<'_>) -> InFile {
    let folder = root.join("data/entries");
    let mut least = 0;
    for name in names(&folder)? {
        let first = match number(&name, 12) {
            Some(first) if first >= least => first,
            _ => {
                return Ok(broken(
                    "bundle/form",
                    format!("entries/{name}: out of order"),
                ));
            }
        };
        let path = folder.join(&name);
        let mut file = open(&path)?;
        let mut count = 0;
        while let Some(length) = length(&mut file, &path)? {
            let Ok(length) = length else {
                return Ok(broken(
                    "bundle/form",
                    format!("entries/{name}: a length is cut"),
                ));
            };
            let mut entry = Vec::with_capacity(length);
            let read = file
                .by_ref()
                .take(length as u64)
                .read_to_end(&mut entry)
                .map_err(io_error(&path))?;
            count += 1;
            if read < length || count > PER_FILE {
                let why = format!("entries/{name}: an entry is cut, or there are more than 4,096");
                return Ok(broken("bundle/form", why));
            }
            if !take(first, &entry) {
                return Ok(Ok(()));
            }
        }
        least = first + 1;
    }
    Ok(Ok(()))
}

/// The u16 before an entry; nothing at the end of the file.
fn length(file: &mut impl Read, path: &Path) -> Result<Option<Result<usize, ()>>, VerifyError> {
    let mut bytes = Vec::with_capacity(2);
    file.take(2)
        .read_to_end(&mut bytes)
        .map_err(io_error(path))?;
    match bytes[..] {
        [] => Ok(None),
        [high, low] => Ok(Some(Ok(usize::from(u16::from_be_bytes([high, low]))))),
        _ => Ok(Some(Err(()))),
    }
}

fn number(name: &str, digits: usize) -> Option<u64> {
    let plain = name.len() == digits && name.bytes().all(|b| b.is_ascii_digit());
    if plain { name.parse().ok() } else { None }
}

/// The path of a level-0 tile: C2SP tlog-tiles, three digits a level of folders.
fn tile_path(number: u64, width: u64) -> String {
    let mut path = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    let partial = if width < TILE_WIDTH {
        format!(".p/{width}")
    } else {
        String::new()
    };
    format!("data/tile/0/{path}{partial}")
}

/// All leaf hashes of the checkpoint's tree.
pub(crate) fn leaves(root: &Path, size: u64) -> InFile<Vec<Hash>> {
    let mut leaves = Vec::new();
    for tile in 0..size.div_ceil(TILE_WIDTH) {
        let width = (size - tile * TILE_WIDTH).min(TILE_WIDTH);
        let path = tile_path(tile, width);
        let Some(bytes) = small(&root.join(&path), TILE_WIDTH * 32)? else {
            return Ok(broken("bundle/form", format!("{path} is missing")));
        };
        if bytes.len() as u64 != width * 32 {
            return Ok(broken(
                "bundle/form",
                format!("{path} does not hold {width} hashes"),
            ));
        }
        leaves.extend(
            bytes
                .chunks_exact(32)
                .map(|hash| -> Hash { hash.try_into().expect("chunks of 32") }),
        );
    }
    Ok(Ok(leaves))
}

/// Files of lines in a folder, in order of their numbers. What is taken says by which number its line would name the
/// `n`-th file if it were the first in it.
fn lines(root: &Path, folder: &str, mut take: impl FnMut(u64, &[u8]) -> Checked<u64>) -> InFile {
    let folder = root.join(folder);
    for (n, name) in (0..).zip(names(&folder)?) {
        let Some(named) = number(&name, 12) else {
            return Ok(broken("bundle/form", format!("{name}: not twelve digits")));
        };
        let path: PathBuf = folder.join(&name);
        let mut file: BufReader<_> = open(&path)?;
        let mut count = 0;
        loop {
            let mut line = Vec::new();
            let read = file
                .by_ref()
                .take(LINE_BYTES_MAX)
                .read_until(b'\n', &mut line);
            if read.map_err(io_error(&path))? == 0 {
                break;
            }
            count += 1;
            let ended = line.pop() == Some(b'\n');
            let held = ensure(
                ended && count <= PER_FILE,
                "bundle/form",
                format!("{name}: a line does not end, or there are more than 4,096"),
            )
            .and_then(|()| take(n, &line))
            .and_then(|first| {
                let why = format_args!("{name}: its first line asks for the name {first:012}");
                ensure(count > 1 || first == named, "bundle/form", why)
            });
            if held.is_err() {
                return Ok(held);
            }
        }
    }
    Ok(Ok(()))
}

pub(crate) fn heads(root: &Path, mut take: impl FnMut(HeadLine) -> Checked) -> InFile {
    lines(root, "data/heads", |n, line| {
        take(read_head(line)?).map(|()| n)
    })
}

pub(crate) fn read_head(line: &[u8]) -> Checked<HeadLine> {
    let [stream, next, last, leaf, proof] =
        parse(line)?.listed(["stream", "next", "last", "leaf", "proof"])?;
    let proof: Option<Vec<Hash>> = proof.list().and_then(|proof| {
        proof
            .iter()
            .map(|hash| parse_hex(hash.text()?).ok())
            .collect()
    });
    let last = last.text().and_then(|text| parse_hex(text).ok());
    match (stream.text(), next.count(), last, leaf.count(), proof) {
        (Some(stream), Some(next), Some(last), Some(leaf), Some(proof)) => Ok(HeadLine {
            stream: stream.to_owned(),
            next,
            last,
            leaf,
            proof,
        }),
        _ => broken("bundle/form", "a line of data/heads"),
    }
}

pub(crate) fn disclosures(root: &Path, mut take: impl FnMut(Shown) -> Checked) -> InFile {
    lines(root, "data/disclosures", |_, line| {
        let shown = read_shown(line)?;
        let index = shown.index;
        take(shown).map(|()| index)
    })
}

pub(crate) fn read_shown(line: &[u8]) -> Checked<Shown> {
    let [index, subject, encoded] = parse(line)?.listed(["index", "subject", "disclosure"])?;
    match (index.count(), subject.text(), encoded.text()) {
        (Some(index), Some(subject), Some(encoded)) => Ok(Shown {
            index,
            subject: subject.to_owned(),
            encoded: encoded.to_owned(),
        }),
        _ => broken("bundle/form", "a line of data/disclosures"),
    }
}

/// Whether an object's name is its digest.
pub(crate) fn objects(root: &Path) -> InFile {
    let folder = root.join("data/objects");
    for name in names(&folder)? {
        let Some(bytes) = small(&folder.join(&name), INDEX_BYTES_MAX)? else {
            continue;
        };
        let named = parse_hex::<32>(&name).is_ok_and(|hash| hash == crate::bytes::sha256(&bytes));
        if !named {
            return Ok(broken(
                "bundle/form",
                format!("objects/{name}: not its SHA-256"),
            ));
        }
    }
    Ok(Ok(()))
}
