//! A table: rows of properties ([MS-PST] 2.3.4): the folders of a folder, the items of a folder, recipients, attachments.

use super::error::{PstError, damaged};
use super::heap::{self, Heap};
use super::names::Names;
use super::node::Node;
use super::property;
use crate::sources::mapi::bytes::{slice_at, u16_at, u32_at};
use crate::sources::mapi::{Properties, value};

/// A row and the id under which it stands: that of a folder, an item, an attachment.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: u32,
    pub(super) properties: Properties,
    /// Cells that are filled and cannot be read.
    pub(super) lost: usize,
}

struct Column {
    id: u16,
    kind: u16,
    at: usize,
    size: usize,
    bit: usize,
}

struct Shape {
    columns: Vec<Column>,
    /// Where the bits that say which cells are filled begin.
    bits_at: usize,
    row_size: usize,
}

/// Reads every row that the table's index names, in the order of the rows.
pub(super) fn read(node: &Node, names: &Names) -> Result<Vec<Row>, PstError> {
    let heap = Heap::open(node, heap::TABLE)?;
    let head = heap.piece(heap.root)?;
    let shape = shape(head)?;
    let (Some(index), Some(rows)) = (u32_at(head, 10), u32_at(head, 14)) else {
        return damaged("table", "its head is cut off");
    };
    let mut places: Vec<(u32, u32)> = heap
        .records(index, 4, &[2, 4])?
        .into_iter()
        .filter_map(|record| {
            let id = u32_at(record, 0)?;
            let place = u32_at(record, 4).or_else(|| u16_at(record, 4).map(u32::from))?;
            Some((place, id))
        })
        .collect();
    places.sort_unstable();
    places.dedup_by_key(|(place, _)| *place);
    let blocks: Vec<&[u8]> = match rows {
        0 => Vec::new(),
        _ if heap::is_piece(rows) => vec![heap.piece(rows)?],
        _ => match heap.node().below.get(&rows) {
            Some(below) => below.blocks.iter().map(Vec::as_slice).collect(),
            None => return damaged("table", "its rows are not there"),
        },
    };
    let mut found = Vec::new();
    for (place, id) in places {
        match row_at(&blocks, shape.row_size, place) {
            Some(row) => {
                let (properties, lost) = cells(&heap, &shape, row, names);
                found.push(Row {
                    id,
                    properties,
                    lost,
                });
            }
            None => return damaged("table", "its index names a row that is not there"),
        }
    }
    Ok(found)
}

fn shape(head: &[u8]) -> Result<Shape, PstError> {
    let (Some([heap::TABLE, count]), Some(bits_at), Some(row_size)) =
        (head.get(..2), u16_at(head, 6), u16_at(head, 8))
    else {
        return damaged("table", "its head is not one");
    };
    let mut columns = Vec::new();
    for number in 0..usize::from(*count) {
        let Some(column) = slice_at(head, 22 + 8 * number, 8) else {
            return damaged("table", "more columns than its head has room for");
        };
        let (Some(kind), Some(id), Some(at)) =
            (u16_at(column, 0), u16_at(column, 2), u16_at(column, 4))
        else {
            return damaged("table", "a column is cut off");
        };
        columns.push(Column {
            id,
            kind,
            at: usize::from(at),
            size: usize::from(column[6]),
            bit: usize::from(column[7]),
        });
    }
    if row_size == 0 {
        return damaged("table", "rows of no length");
    }
    Ok(Shape {
        columns,
        bits_at: usize::from(bits_at),
        row_size: usize::from(row_size),
    })
}

/// Rows do not reach from one block into the next ([MS-PST] 2.3.4.4).
fn row_at<'a>(blocks: &[&'a [u8]], size: usize, place: u32) -> Option<&'a [u8]> {
    let in_block = blocks.first()?.len() / size;
    let place = usize::try_from(place).ok()?;
    let block = blocks.get(place.checked_div(in_block)?)?;
    slice_at(block, (place % in_block) * size, size)
}

fn cells(heap: &Heap<'_>, shape: &Shape, row: &[u8], names: &Names) -> (Properties, usize) {
    let mut properties = Properties::default();
    let mut lost = 0;
    for column in &shape.columns {
        let bits = row.get(shape.bits_at + column.bit / 8).copied();
        let is_filled = bits.is_some_and(|bits| bits & (0x80 >> (column.bit % 8)) != 0);
        let Some(cell) = slice_at(row, column.at, column.size).filter(|_| is_filled) else {
            continue;
        };
        let value = match value::fixed_size(column.kind) {
            // A GUID stands behind its id, everything else of a fixed length in the row.
            Some(size) if size <= column.size => value::single(column.kind, cell),
            Some(_) => u32_at(cell, 0)
                .and_then(|id| heap.piece(id).ok())
                .and_then(|bytes| value::single(column.kind, bytes)),
            None => u32_at(cell, 0).and_then(|id| property::behind(heap, column.kind, id)),
        };
        match value {
            Some(value) => properties.set(names.key(column.id), value),
            // Nothing stands behind 0: the cell is empty.
            None if u32_at(cell, 0) == Some(0) => {}
            None => lost += 1,
        }
    }
    (properties, lost)
}
