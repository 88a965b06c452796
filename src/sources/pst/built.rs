//! A small data file made by code, for tests and as a seed for fuzzing: one folder, one message with an attachment and a recipient.
//! No file of anybody is needed to test the reader.

use super::crc::crc;
use crate::sources::mapi::value::{BINARY, STRING};

const FIRST_BLOCK_AT: usize = 1024;
const PAGE_BYTES: usize = 512;

/// A block that is to be written: id and bytes.
struct Block(u64, Vec<u8>);

/// What is to be written, with the two pages at its end.
pub(super) struct Built {
    pub(super) bytes: Vec<u8>,
    /// Where the pages of the two trees lie.
    pub(super) pages: [usize; 2],
    /// Where each block's data lies, by id.
    pub(super) blocks: Vec<(u64, usize)>,
}

impl Built {
    /// Makes the checksums of the pages right again after a change.
    pub(super) fn seal_pages(&mut self) {
        for at in self.pages {
            let sum = crc(&self.bytes[at..at + 496]).to_le_bytes();
            self.bytes[at + 500..at + 504].copy_from_slice(&sum);
        }
    }

    /// Where a block's data lies.
    pub(super) fn block_at(&self, id: u64) -> usize {
        let found = self.blocks.iter().find(|(known, _)| *known == id);
        found.expect("it was written").1
    }
}

pub(super) const MESSAGE: u32 = 0x0020_0024;
/// An item that the folder hides from people.
pub(super) const HIDDEN: u32 = 0x0020_0048;
/// The block of subnodes of the message.
pub(super) const SUBNODES: u64 = 0x22;
/// The block of the message's table of recipients.
pub(super) const RECIPIENTS: u64 = 0x28;
/// The block of the message's own properties.
pub(super) const PROPERTIES: u64 = 0x18;

/// The file.
pub(super) fn file() -> Built {
    let (blocks, nodes) = parts();
    written(blocks, &nodes)
}

/// The same, and hidden in its folder a rule with these actions.
pub(super) fn file_with_rule(actions: Vec<u8>) -> Built {
    let (mut blocks, mut nodes) = parts();
    let class = "IPM.Rule.Version2.Message";
    let text = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let rule = [
        (0x001A, STRING, Value::Behind(text(class))),
        (0x65EC, STRING, Value::Behind(text("Ads"))),
        (0x65EF, BINARY, Value::Behind(actions)),
    ];
    blocks.push(Block(0x2C, table(&[(HIDDEN, class)])));
    blocks.push(Block(0x30, properties(&rule)));
    nodes.push((0x802F, 0x2C, 0, 0));
    nodes.push((HIDDEN, 0x30, 0, 0x8022));
    nodes.sort_unstable();
    written(blocks, &nodes)
}

/// A node: its id, its data, its subnodes, its parent.
type Node = (u32, u64, u64, u32);

fn parts() -> (Vec<Block>, Vec<Node>) {
    let text = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let mut entry_id = vec![0; 20];
    entry_id.extend(0x8022_u32.to_le_bytes());
    let mut many = 2_u32.to_le_bytes().to_vec();
    for at in [12_u32, 14] {
        many.extend(at.to_le_bytes());
    }
    many.extend(text("AB"));
    let message: [(u16, u16, Value); 8] = [
        (0x001A, STRING, Value::Behind(text("IPM.Note"))),
        (0x0037, STRING, Value::Behind(text("subject"))),
        (0x0E07, 0x0003, Value::Inside(1)),
        (
            0x0E06,
            0x0040,
            Value::Behind(0x01D9_0000_0000_0000_u64.to_le_bytes().to_vec()),
        ),
        (0x1000, STRING, Value::Behind(text("body"))),
        (0x0036, 0x0003, Value::Inside(0)),
        (0x0070, 0x101F, Value::Behind(many)),
        (0x300B, BINARY, Value::Behind(vec![7; 16])),
    ];
    let attachment = [
        (0x3701, BINARY, Value::Behind(b"content".to_vec())),
        (0x3707, STRING, Value::Behind(text("a.txt"))),
        (0x3705, 0x0003, Value::Inside(1)),
    ];
    let names = (0x3001, STRING, Value::Behind(text("Top")));
    let blocks = vec![
        Block(
            0x04,
            properties(&[(0x35E0, BINARY, Value::Behind(entry_id))]),
        ),
        Block(
            0x08,
            properties(&[(0x3001, STRING, Value::Behind(Vec::new()))]),
        ),
        Block(0x0C, table(&[(0x8022, "")])),
        Block(0x10, properties(&[names])),
        Block(0x14, table(&[(MESSAGE, "IPM.Note")])),
        Block(PROPERTIES, properties(&message)),
        Block(0x1C, table(&[(0x8025, "")])),
        Block(0x24, properties(&attachment)),
        Block(RECIPIENTS, table(&[(1, "Ben")])),
        Block(
            SUBNODES,
            subnodes(&[(0x671, 0x1C), (0x692, 0x28), (0x8025, 0x24)]),
        ),
    ];
    let nodes = vec![
        (0x21, 0x04, 0, 0),
        (0x122, 0x08, 0, 0x122),
        (0x12D, 0x0C, 0, 0),
        (0x8022, 0x10, 0, 0x122),
        (0x802E, 0x14, 0, 0),
        (MESSAGE, PROPERTIES, SUBNODES, 0x8022),
    ];
    (blocks, nodes)
}

enum Value {
    Inside(u32),
    Behind(Vec<u8>),
}

fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).expect("short").to_le_bytes()
}

/// A heap of pieces; the first is the one that it is for.
fn heap(kind: u8, pieces: &[Vec<u8>]) -> Vec<u8> {
    let mut block = vec![0, 0, 0xEC, kind, 0x20, 0, 0, 0, 0, 0, 0, 0];
    let mut starts = Vec::new();
    for piece in pieces {
        starts.push(block.len());
        block.extend(piece);
    }
    starts.push(block.len());
    let map = block.len();
    block[..2].copy_from_slice(&short(map));
    block.extend(short(pieces.len()));
    block.extend([0, 0]);
    for start in starts {
        block.extend(short(start));
    }
    block
}

/// The id of a piece, from 1.
fn id(number: usize) -> u32 {
    u32::try_from(number << 5).expect("few")
}

fn properties(list: &[(u16, u16, Value)]) -> Vec<u8> {
    let mut pieces = vec![vec![0xB5, 2, 6, 0], Vec::new()];
    pieces[0].extend(id(2).to_le_bytes());
    for (tag, kind, value) in list {
        let inside = match value {
            Value::Inside(number) => *number,
            Value::Behind(bytes) if bytes.is_empty() => 0,
            Value::Behind(bytes) => {
                pieces.push(bytes.clone());
                id(pieces.len())
            }
        };
        let record = [
            &tag.to_le_bytes()[..],
            &kind.to_le_bytes(),
            &inside.to_le_bytes(),
        ]
        .concat();
        pieces[1].extend(record);
    }
    heap(0xBC, &pieces)
}

/// Rows of an id, a kind (1: whom a message is to), and a text that is a class, a name and a file name.
fn table(rows: &[(u32, &str)]) -> Vec<u8> {
    let columns: [(u16, u16, u16, u8); 4] = [
        (0x0003, 0x67F2, 0, 4),
        (0x0003, 0x0C15, 4, 4),
        (STRING, 0x001A, 8, 4),
        (STRING, 0x3001, 12, 4),
    ];
    let mut head = vec![0x7C, 4];
    head.extend([16_u16, 16, 16, 17].into_iter().flat_map(u16::to_le_bytes));
    head.extend([id(2), id(4), 0].into_iter().flat_map(u32::to_le_bytes));
    for (bit, (kind, tag, at, size)) in columns.into_iter().enumerate() {
        head.extend([kind, tag, at].into_iter().flat_map(u16::to_le_bytes));
        head.extend([size, u8::try_from(bit).expect("four")]);
    }
    let mut index = vec![0xB5, 4, 4, 0];
    index.extend(id(3).to_le_bytes());
    let mut pieces = vec![head, index, Vec::new(), Vec::new()];
    for (place, (row, text)) in rows.iter().enumerate() {
        let place = u32::try_from(place).expect("few");
        pieces[2].extend([*row, place].into_iter().flat_map(u32::to_le_bytes));
        pieces.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        let text = id(pieces.len());
        pieces[3].extend([*row, 1, text, text].into_iter().flat_map(u32::to_le_bytes));
        pieces[3].push(0xF0);
    }
    heap(0x7C, &pieces)
}

fn subnodes(list: &[(u64, u64)]) -> Vec<u8> {
    let mut block = vec![2, 0];
    block.extend(short(list.len()));
    block.extend([0; 4]);
    for (node, data) in list {
        block.extend([*node, *data, 0].into_iter().flat_map(u64::to_le_bytes));
    }
    block
}

fn page(kind: u8, size: u8, entries: &[Vec<u8>]) -> Vec<u8> {
    let mut page = entries.concat();
    page.resize(488, 0);
    let count = u8::try_from(entries.len()).expect("few");
    page.extend([count, 15, size, 0, 0, 0, 0, 0, kind, kind, 0, 0]);
    let sum = crc(&page[..496]);
    page.extend(sum.to_le_bytes());
    page.extend([0; 8]);
    page
}

fn written(mut blocks: Vec<Block>, nodes: &[Node]) -> Built {
    let mut bytes = vec![0_u8; FIRST_BLOCK_AT];
    let mut places = Vec::new();
    let mut entries = Vec::new();
    blocks.sort_by_key(|Block(id, _)| *id);
    for Block(id, data) in blocks {
        let at = bytes.len();
        let room = (data.len() + 16).next_multiple_of(64);
        bytes.extend(&data);
        bytes.resize(at + room - 16, 0);
        bytes.extend(short(data.len()));
        bytes.extend([0, 0]);
        bytes.extend(crc(&data).to_le_bytes());
        bytes.extend(id.to_le_bytes());
        places.push((id, at));
        let mut entry = [id, at as u64]
            .into_iter()
            .flat_map(u64::to_le_bytes)
            .collect::<Vec<_>>();
        entry.extend(short(data.len()));
        entry.extend([2, 0, 0, 0, 0, 0]);
        entries.push(entry);
    }
    bytes.resize(bytes.len().next_multiple_of(PAGE_BYTES), 0);
    let blocks_at = bytes.len();
    bytes.extend(page(0x80, 24, &entries));
    let nodes_at = bytes.len();
    let nodes: Vec<Vec<u8>> = nodes
        .iter()
        .map(|(node, data, subnodes, parent)| {
            let wide = [u64::from(*node), *data, *subnodes, u64::from(*parent)];
            wide.into_iter().flat_map(u64::to_le_bytes).collect()
        })
        .collect();
    bytes.extend(page(0x81, 32, &nodes));
    bytes[..4].copy_from_slice(b"!BDN");
    bytes[8..12].copy_from_slice(&[b'S', b'M', 23, 0]);
    bytes[224..232].copy_from_slice(&(nodes_at as u64).to_le_bytes());
    bytes[240..248].copy_from_slice(&(blocks_at as u64).to_le_bytes());
    Built {
        bytes,
        pages: [blocks_at, nodes_at],
        blocks: places,
    }
}
