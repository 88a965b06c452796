//! Tables: the widths of columns, rows over pages with their headings repeated, and names with what they stand for.

use super::PdfError;
use super::document::{Column, Table, Text};
use super::flow::{FULL, Flow, short_length};
use super::paragraph::{Ink, Line, Style, extent, lines};
use super::sheet::{BOTTOM, LEFT, Owner, TOP};
use super::structure::{ElementId, Role};
use super::typeface::Face;

/// What a table may print; what is longer stands in an attachment, whole.
pub(super) const ROWS_MAX: usize = 5_000;
/// More columns than fit across A4.
const COLUMNS_MAX: usize = 12;

const CELL: Style = Style {
    plain: Face::Sans,
    strong: Face::SansBold,
    size: 8.2,
    leading: 11.2,
    ink: Ink::Black,
};
const HEAD: Style = Style {
    plain: Face::SansBold,
    ..CELL
};
const CAPTION: Style = Style {
    plain: Face::SansBold,
    ink: Ink::Grey,
    ..CELL
};
/// Between two columns.
const GAP: f32 = 9.0;
const PAD_Y: f32 = 2.8;
const MARGIN_BELOW: f32 = 11.0;
/// How much of the width the names of a key-value list take.
const NAMES: f32 = 0.27;

/// A column as it stands on the page.
#[derive(Clone, Copy)]
struct Slot {
    x: f32,
    width: f32,
    numeric: bool,
}

/// A cell in lines, and what it is.
struct Cell {
    lines: Vec<Line>,
    ink: Ink,
    role: Role,
}

impl Flow<'_> {
    pub(super) fn table(&mut self, parent: ElementId, table: &Table) -> Result<(), PdfError> {
        check(table)?;
        let printed = table.rows.len().min(ROWS_MAX);
        let rows = &table.rows[..printed];
        let slots = self.slots(&table.columns, rows);
        self.need(CELL.leading * 6.0)?;
        let element = self
            .structure
            .element(Some(parent), Role::Table(table.caption.clone()));
        self.caption(element, &table.caption)?;
        self.headings(Some(element), table, &slots)?;
        let body = self.structure.element(Some(element), Role::Rows);
        for row in rows {
            let cells = (0..table.columns.len())
                .map(|index| self.cell(row.get(index), &CELL, slots[index], index == 0))
                .collect();
            self.row(Some(body), cells, &slots, Some(table))?;
        }
        if printed == 0 {
            let cells = (0..table.columns.len())
                .map(|index| {
                    let none = (index == 0).then(|| Text::from("none"));
                    self.cell(none.as_ref(), &CELL, slots[index], index == 0)
                })
                .collect();
            self.row(Some(body), cells, &slots, Some(table))?;
        }
        self.edge(0.8, Ink::Black);
        self.y += MARGIN_BELOW / 2.0;
        if let (true, Some(file)) = (printed < table.rows.len(), &table.whole_in) {
            let text = Text::from(format!("{printed} of {} rows; ", table.rows.len()))
                .plain("all of them stand in the attached file ")
                .code(file.clone())
                .plain(".");
            self.small(parent, &text)?;
        }
        self.y += MARGIN_BELOW / 2.0;
        Ok(())
    }

    pub(super) fn key_values(
        &mut self,
        parent: ElementId,
        pairs: &[(String, Text)],
    ) -> Result<(), PdfError> {
        if pairs.is_empty() {
            return Ok(());
        }
        let names = FULL.width * NAMES;
        let slots = [
            Slot {
                x: LEFT,
                width: names - GAP,
                numeric: false,
            },
            Slot {
                x: LEFT + names,
                width: FULL.width - names,
                numeric: false,
            },
        ];
        let about = "Names and what they stand for".to_owned();
        let element = self.structure.element(Some(parent), Role::Table(about));
        let body = self.structure.element(Some(element), Role::Rows);
        for (name, value) in pairs {
            let name = Text::from(name.as_str());
            let cells = vec![
                self.cell(Some(&name), &CAPTION, slots[0], true),
                self.cell(Some(value), &CELL, slots[1], false),
            ];
            self.row(Some(body), cells, &slots, None)?;
        }
        self.y += MARGIN_BELOW;
        Ok(())
    }

    fn caption(&mut self, table: ElementId, caption: &str) -> Result<(), PdfError> {
        if caption.is_empty() {
            return Ok(());
        }
        let element = self.structure.element(Some(table), Role::Caption);
        let owner = Owner::Leaf(self.structure.leaf(element));
        for line in lines(self.faces, &caption.into(), &CAPTION, FULL.width) {
            self.need(CAPTION.leading)?;
            let baseline = self.y + CAPTION.size;
            self.sheet().line(owner, LEFT, baseline, CAPTION.ink, line);
            self.y += CAPTION.leading;
        }
        self.y += 3.0;
        Ok(())
    }

    fn small(&mut self, parent: ElementId, text: &Text) -> Result<(), PdfError> {
        let element = self.structure.element(Some(parent), Role::Paragraph);
        let set = lines(self.faces, text, &CELL, FULL.width);
        self.need(short_length(set.len()) * CELL.leading)?;
        let owner = Owner::Leaf(self.structure.leaf(element));
        for line in set {
            let baseline = self.y + CELL.size;
            self.sheet().line(owner, LEFT, baseline, Ink::Grey, line);
            self.y += CELL.leading;
        }
        Ok(())
    }

    /// The row of headings; without a table to belong to it is a repetition, which nobody reads out.
    fn headings(
        &mut self,
        of: Option<ElementId>,
        table: &Table,
        slots: &[Slot],
    ) -> Result<(), PdfError> {
        let cells = table
            .columns
            .iter()
            .zip(slots)
            .map(|(column, slot)| {
                let text = Text::from(column.heading.as_str());
                let mut cell = self.cell(Some(&text), &HEAD, *slot, false);
                cell.role = Role::ColumnHeading;
                cell
            })
            .collect();
        self.edge(0.8, Ink::Black);
        let head = of.map(|table| self.structure.element(Some(table), Role::Head));
        self.row(head, cells, slots, None)?;
        self.edge(0.5, Ink::Black);
        Ok(())
    }

    fn edge(&mut self, height: f32, ink: Ink) {
        let y = self.y;
        self.sheet().bar(LEFT, y, FULL.width, height, ink);
        self.y += height;
    }

    /// A cell in lines. Nothing is shown as a dash: a blank could be taken for a fault of the printer.
    fn cell(&mut self, text: Option<&Text>, style: &Style, slot: Slot, leads: bool) -> Cell {
        let dash = Text::from("–");
        let text = text.filter(|text| !text.is_blank()).unwrap_or(&dash);
        let role = if leads { Role::RowHeading } else { Role::Cell };
        Cell {
            lines: lines(self.faces, text, style, slot.width),
            ink: style.ink,
            role,
        }
    }

    /// Sets a row. One that is taller than what is left begins a page, unless no page could hold it.
    fn row(
        &mut self,
        body: Option<ElementId>,
        cells: Vec<Cell>,
        slots: &[Slot],
        repeats: Option<&Table>,
    ) -> Result<(), PdfError> {
        let tallest = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(1);
        let height = short_length(tallest) * CELL.leading + 2.0 * PAD_Y;
        let page = BOTTOM - TOP - 4.0 * CELL.leading;
        if self.y + height.min(page) > BOTTOM {
            self.turn(repeats, slots)?;
        }
        let element = body.map(|body| self.structure.element(Some(body), Role::Row));
        let (mut columns, mut elements) = (Vec::new(), Vec::new());
        for cell in cells {
            elements.push(element.map(|row| self.structure.element(Some(row), cell.role)));
            columns.push((cell.lines.into_iter(), cell.ink));
        }
        let mut left = tallest;
        while left > 0 {
            let room = (BOTTOM - self.y - 2.0 * PAD_Y) / CELL.leading;
            let fits = whole_lines(room).clamp(1, left);
            let top = self.y + PAD_Y;
            for (index, ((lines, ink), slot)) in columns.iter_mut().zip(slots).enumerate() {
                let lines: Vec<Line> = lines.take(fits).collect();
                self.cell_lines(elements[index], lines, *slot, top, *ink);
            }
            self.y = top + short_length(fits) * CELL.leading + PAD_Y;
            left -= fits;
            if left > 0 {
                self.turn(repeats, slots)?;
            }
        }
        if body.is_some() {
            self.edge(0.35, Ink::Hairline);
        }
        Ok(())
    }

    fn turn(&mut self, repeats: Option<&Table>, slots: &[Slot]) -> Result<(), PdfError> {
        self.begin_sheet()?;
        match repeats {
            Some(table) => self.headings(None, table, slots),
            None => Ok(()),
        }
    }

    fn cell_lines(
        &mut self,
        of: Option<ElementId>,
        lines: Vec<Line>,
        slot: Slot,
        top: f32,
        ink: Ink,
    ) {
        if lines.is_empty() {
            return;
        }
        let owner = match of {
            Some(element) => Owner::Leaf(self.structure.leaf(element)),
            None => Owner::Layout,
        };
        let mut baseline = top + CELL.leading * 0.5 + CELL.size * 0.36;
        for line in lines {
            let x = if slot.numeric {
                slot.x + slot.width - line.width
            } else {
                slot.x
            };
            self.sheet().line(owner, x, baseline, ink, line);
            baseline += CELL.leading;
        }
    }

    /// The columns side by side, as [`widths`] shares out what is left beside the gaps.
    fn slots(&mut self, columns: &[Column], rows: &[Vec<Text>]) -> Vec<Slot> {
        let room = FULL.width - GAP * short_length(columns.len() - 1);
        let most = room / short_length(columns.len()) * 1.6;
        let mut natural = Vec::new();
        let mut least = Vec::new();
        for (index, column) in columns.iter().enumerate() {
            let heading = Text::from(column.heading.as_str());
            let (mut all, mut word) = extent(self.faces, &heading, &HEAD);
            for text in rows.iter().filter_map(|row| row.get(index)) {
                let (cell, widest) = extent(self.faces, text, &CELL);
                all = all.max(cell);
                word = word.max(widest);
            }
            natural.push(all + 0.5);
            least.push(word.min(most) + 0.5);
        }
        let mut x = LEFT;
        widths(&natural, &least, room)
            .into_iter()
            .zip(columns)
            .map(|(width, column)| {
                let slot = Slot {
                    x,
                    width,
                    numeric: column.numeric,
                };
                x += width + GAP;
                slot
            })
            .collect()
    }
}

/// Each column as wide as its text where all fit. Else those that ask for less than an even share get what they
/// ask for; the others no less than their widest word, and what is left by what they hold.
fn widths(natural: &[f32], least: &[f32], room: f32) -> Vec<f32> {
    let wanted: f32 = natural.iter().sum();
    if wanted <= room {
        let spare = (room - wanted) / short_length(natural.len().max(1));
        return natural.iter().map(|width| width + spare).collect();
    }
    let mut given: Vec<Option<f32>> = vec![None; natural.len()];
    loop {
        let open = given.iter().filter(|width| width.is_none()).count();
        let taken: f32 = given.iter().flatten().sum();
        let even = (room - taken) / short_length(open.max(1));
        let next = (0..natural.len()).find(|i| given[*i].is_none() && natural[*i] <= even);
        match next {
            Some(index) => given[index] = Some(natural[index]),
            None => break,
        }
    }
    let of_open = |lengths: &[f32]| -> f32 {
        let open = lengths
            .iter()
            .zip(&given)
            .filter(|(_, given)| given.is_none());
        open.map(|(length, _)| length).sum()
    };
    let left = room - given.iter().flatten().sum::<f32>();
    let (wanted, needed) = (of_open(natural), of_open(least));
    let share = (left - needed) / (wanted - needed).max(0.1);
    let roots: Vec<f32> = natural.iter().map(|length| length.sqrt()).collect();
    let roots = of_open(&roots);
    let width = |index: usize| match given[index] {
        Some(width) => width,
        // Not even the words fit: by the root of the length, which keeps the tallest cell of a row low.
        None if needed >= left => natural[index].sqrt() * left / roots,
        None => least[index] + (natural[index] - least[index]) * share,
    };
    (0..natural.len()).map(width).collect()
}

fn check(table: &Table) -> Result<(), PdfError> {
    let caption = || table.caption.clone();
    if table.columns.is_empty() || table.columns.len() > COLUMNS_MAX {
        return Err(PdfError::Columns {
            caption: caption(),
            found: table.columns.len(),
            most: COLUMNS_MAX,
        });
    }
    let wide = |row: &&Vec<Text>| row.len() > table.columns.len();
    if let Some(row) = table.rows.iter().find(wide) {
        return Err(PdfError::Columns {
            caption: caption(),
            found: row.len(),
            most: table.columns.len(),
        });
    }
    if table.rows.len() > ROWS_MAX && table.whole_in.is_none() {
        return Err(PdfError::Rows {
            caption: caption(),
            found: table.rows.len(),
            most: ROWS_MAX,
        });
    }
    Ok(())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a page holds some seventy lines; a negative room is none"
)]
fn whole_lines(room: f32) -> usize {
    room.max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_width_and_never_more() {
        for (natural, least) in [
            (vec![50.0, 60.0], vec![20.0, 30.0]),
            (vec![900.0, 60.0, 10.0], vec![80.0, 30.0, 10.0]),
            (vec![900.0, 800.0], vec![700.0, 300.0]),
        ] {
            let found = widths(&natural, &least, 467.0);
            let sum: f32 = found.iter().sum();
            assert!((sum - 467.0).abs() < 0.01, "{natural:?}: {found:?}");
            assert!(found.iter().all(|width| *width > 9.0), "{found:?}");
        }
    }

    #[test]
    fn a_table_that_would_lose_something_is_refused() {
        let column = || Column::default();
        let row = |cells: usize| vec![Text::from("x"); cells];
        let wide = Table {
            columns: vec![column()],
            rows: vec![row(2)],
            ..Table::default()
        };
        assert!(matches!(
            check(&wide),
            Err(PdfError::Columns { found: 2, .. })
        ));
        let mut long = Table {
            columns: vec![column()],
            rows: vec![row(1); ROWS_MAX + 1],
            ..Table::default()
        };
        assert!(matches!(check(&long), Err(PdfError::Rows { .. })));
        long.whole_in = Some("annex.csv".to_owned());
        assert!(check(&long).is_ok());
    }
}
