//! Blocks onto pages, from top to bottom; tables are set in `table`.

use super::PdfError;
use super::document::{Block, Document, Figure, Text, Tone};
use super::paragraph::{Ink, Line, Style, lines, verbatim};
use super::sheet::{BOTTOM, LEFT, Owner, RIGHT, Sheet, TOP};
use super::structure::{ElementId, Role, Structure};
use super::typeface::{Face, Typefaces};

/// More pages than a person will ever turn; what is longer belongs into an attachment.
pub(super) const PAGES_MAX: usize = 1_500;

pub(super) const BODY: Style = Style {
    plain: Face::Serif,
    strong: Face::SerifBold,
    size: 9.6,
    leading: 13.6,
    ink: Ink::Black,
};
const TITLE: Style = heading_style(21.0, 26.0);
const HEADING: Style = heading_style(13.5, 18.0);
const SUBHEADING: Style = heading_style(10.4, 14.5);
const FIGURE: Style = heading_style(17.0, 20.0);
const HEADLINE: Style = heading_style(11.6, 16.0);
const SMALL: Style = Style {
    plain: Face::Sans,
    strong: Face::SansBold,
    size: 8.2,
    leading: 11.4,
    ink: Ink::Black,
};
const CODE: Style = Style {
    plain: Face::Mono,
    strong: Face::Mono,
    size: 7.6,
    leading: 11.0,
    ink: Ink::Black,
};

const fn heading_style(size: f32, leading: f32) -> Style {
    Style {
        plain: Face::SerifBold,
        strong: Face::SerifBold,
        size,
        leading,
        ink: Ink::Black,
    }
}

/// A heading and where it stands.
pub(super) struct Bookmark {
    pub(super) level: u16,
    pub(super) text: String,
    pub(super) page: usize,
    pub(super) y: f32,
}

/// The pages so far, and how far down the last one is full.
pub(super) struct Flow<'a> {
    pub(super) faces: &'a mut Typefaces,
    pub(super) structure: Structure,
    pub(super) sheets: Vec<Sheet>,
    pub(super) bookmarks: Vec<Bookmark>,
    pub(super) y: f32,
}

/// A column of text on the page.
#[derive(Clone, Copy)]
pub(super) struct Measure {
    pub(super) x: f32,
    pub(super) width: f32,
}

pub(super) const FULL: Measure = Measure {
    x: LEFT,
    width: RIGHT - LEFT,
};

impl<'a> Flow<'a> {
    pub(super) fn new(faces: &'a mut Typefaces) -> Self {
        Self {
            faces,
            structure: Structure::default(),
            sheets: vec![Sheet::default()],
            bookmarks: Vec::new(),
            y: TOP,
        }
    }

    pub(super) fn document(&mut self, document: &Document) -> Result<(), PdfError> {
        self.opening(document)?;
        for section in &document.sections {
            if section.on_new_page {
                self.begin_sheet()?;
            }
            let element = self.structure.element(None, Role::Section);
            self.heading(element, 2, &section.heading)?;
            for block in &section.blocks {
                self.block(element, block)?;
            }
            self.y += 6.0;
        }
        Ok(())
    }

    fn opening(&mut self, document: &Document) -> Result<(), PdfError> {
        let element = self.structure.element(None, Role::Section);
        if let Some(marking) = &document.marking {
            let style = Style {
                ink: Ink::Red,
                plain: Face::SansBold,
                ..SMALL
            };
            let text = Text::from(marking.to_uppercase());
            self.paragraph(element, Role::Paragraph, &text, &style, FULL)?;
            self.y += 4.0;
        }
        self.heading(element, 1, &document.title)?;
        if !document.subtitle.is_empty() {
            let style = Style {
                size: 11.0,
                leading: 15.0,
                ink: Ink::Grey,
                ..BODY
            };
            let text = Text::from(document.subtitle.as_str());
            self.paragraph(element, Role::Paragraph, &text, &style, FULL)?;
        }
        self.y += 7.0;
        self.rule(0.9, Ink::Black);
        self.y += 7.0;
        if !document.facts.is_empty() {
            self.key_values(element, &document.facts)?;
        }
        Ok(())
    }

    fn block(&mut self, parent: ElementId, block: &Block) -> Result<(), PdfError> {
        match block {
            Block::Heading(text) => self.heading(parent, 3, text),
            Block::Paragraph(text) => self.spaced(parent, text, FULL),
            Block::Verdict {
                tone,
                headline,
                text,
            } => self.verdict(parent, *tone, headline, text),
            Block::Figures(figures) => self.figures(parent, figures),
            Block::Note { label, text } => self.note(parent, label, text),
            Block::List { numbered, items } => self.list(parent, *numbered, items),
            Block::KeyValues(pairs) => self.key_values(parent, pairs),
            Block::Table(table) => self.table(parent, table),
            Block::Verbatim(text) => self.verbatim(parent, text),
            Block::SignatureLines(labels) => self.signature_lines(parent, labels),
            Block::PageBreak => self.begin_sheet(),
        }
    }

    /// The page in work.
    pub(super) fn sheet(&mut self) -> &mut Sheet {
        let last = self.sheets.len() - 1;
        &mut self.sheets[last]
    }

    pub(super) fn begin_sheet(&mut self) -> Result<(), PdfError> {
        if self.sheets.len() >= PAGES_MAX {
            return Err(PdfError::TooManyPages { most: PAGES_MAX });
        }
        self.sheets.push(Sheet::default());
        self.y = TOP;
        Ok(())
    }

    /// Begins a page unless so much room is left on this one.
    pub(super) fn need(&mut self, height: f32) -> Result<(), PdfError> {
        if self.y + height > BOTTOM && self.y > TOP {
            self.begin_sheet()?;
        }
        Ok(())
    }

    fn rule(&mut self, height: f32, ink: Ink) {
        let y = self.y;
        self.sheet().bar(LEFT, y, FULL.width, height, ink);
        self.y += height;
    }

    fn heading(&mut self, parent: ElementId, level: u16, text: &str) -> Result<(), PdfError> {
        let (style, before, after) = match level {
            1 => (TITLE, 0.0, 2.0),
            2 => (HEADING, 12.0, 5.0),
            _ => (SUBHEADING, 7.0, 3.0),
        };
        // A heading never stands alone at the foot of a page.
        self.need(before + style.leading + after + 84.0)?;
        if self.y > TOP {
            self.y += before;
        }
        self.bookmarks.push(Bookmark {
            level,
            text: text.to_owned(),
            page: self.sheets.len() - 1,
            y: self.y,
        });
        let role = Role::Heading(level, text.to_owned());
        self.paragraph(parent, role, &Text::from(text), &style, FULL)?;
        self.y += after;
        Ok(())
    }

    fn spaced(&mut self, parent: ElementId, text: &Text, at: Measure) -> Result<(), PdfError> {
        self.paragraph(parent, Role::Paragraph, text, &BODY, at)?;
        self.y += 5.5;
        Ok(())
    }

    fn paragraph(
        &mut self,
        parent: ElementId,
        role: Role,
        text: &Text,
        style: &Style,
        at: Measure,
    ) -> Result<(), PdfError> {
        if text.is_blank() {
            return Ok(());
        }
        let element = self.structure.element(Some(parent), role);
        let set = lines(self.faces, text, style, at.width);
        self.set(element, set, style, at)
    }

    /// Sets lines, onto the next page where they do not fit; no line stands alone on either side of a break.
    fn set(
        &mut self,
        element: ElementId,
        lines: Vec<Line>,
        style: &Style,
        at: Measure,
    ) -> Result<(), PdfError> {
        let mut leaf = None;
        let count = lines.len();
        for (index, line) in lines.into_iter().enumerate() {
            let together = if count == 1 || index + 1 == count {
                1.0
            } else if index == 0 || index + 2 == count {
                2.0
            } else {
                1.0
            };
            let sheets = self.sheets.len();
            self.need(style.leading * together)?;
            if leaf.is_none() || sheets != self.sheets.len() {
                leaf = Some(self.structure.leaf(element));
            }
            if let Some(leaf) = leaf {
                let baseline = self.y + style.leading * 0.5 + style.size * 0.36;
                self.sheet()
                    .line(Owner::Leaf(leaf), at.x, baseline, style.ink, line);
            }
            self.y += style.leading;
        }
        Ok(())
    }

    fn verdict(
        &mut self,
        parent: ElementId,
        tone: Tone,
        headline: &str,
        text: &Text,
    ) -> Result<(), PdfError> {
        let ink = match tone {
            Tone::Passed => Ink::Green,
            Tone::Exceptions => Ink::Amber,
            Tone::Failed => Ink::Red,
        };
        let at = Measure {
            x: LEFT + 14.0,
            width: FULL.width - 28.0,
        };
        let style = Style { ink, ..HEADLINE };
        let head = lines(self.faces, &Text::from(headline), &style, at.width);
        let body = if text.is_blank() {
            Vec::new()
        } else {
            lines(self.faces, text, &BODY, at.width)
        };
        let rows = |lines: &[Line], leading: f32| short_length(lines.len()) * leading;
        let height = rows(&head, style.leading) + rows(&body, BODY.leading) + 23.0;
        let framed = height < (BOTTOM - TOP) / 2.0;
        if framed {
            self.need(height)?;
            let y = self.y;
            let sheet = self.sheet();
            sheet.bar(LEFT, y, FULL.width, height, Ink::Shade);
            sheet.bar(LEFT, y, 3.5, height, ink);
        }
        self.y += 9.0;
        let element = self.structure.element(Some(parent), Role::Paragraph);
        self.set(element, head, &style, at)?;
        if !body.is_empty() {
            self.y += 3.0;
            let element = self.structure.element(Some(parent), Role::Paragraph);
            self.set(element, body, &BODY, at)?;
        }
        self.y += 19.0;
        Ok(())
    }

    fn figures(&mut self, parent: ElementId, figures: &[Figure]) -> Result<(), PdfError> {
        if figures.is_empty() {
            return Ok(());
        }
        let width = FULL.width / short_length(figures.len());
        let small = Style {
            ink: Ink::Grey,
            ..SMALL
        };
        let labels: Vec<Vec<Line>> = figures
            .iter()
            .map(|figure| {
                lines(
                    self.faces,
                    &figure.label.as_str().into(),
                    &small,
                    width - 10.0,
                )
            })
            .collect();
        let tallest = labels.iter().map(Vec::len).max().unwrap_or(0);
        let height = FIGURE.leading + short_length(tallest) * small.leading;
        self.need(height)?;
        let list = self
            .structure
            .element(Some(parent), Role::List { numbered: false });
        let (top, mut x) = (self.y, LEFT);
        for (figure, label) in figures.iter().zip(labels) {
            let item = self.structure.element(Some(list), Role::Item);
            let body = self.structure.element(Some(item), Role::Body);
            let owner = Owner::Leaf(self.structure.leaf(body));
            let value = Text::from(format!("{} ", figure.value));
            for line in lines(self.faces, &value, &FIGURE, width) {
                self.sheet()
                    .line(owner, x, top + FIGURE.size, FIGURE.ink, line);
            }
            let mut baseline = top + FIGURE.leading + small.size;
            for line in label {
                self.sheet().line(owner, x, baseline, small.ink, line);
                baseline += small.leading;
            }
            x += width;
        }
        self.y += height + 9.0;
        Ok(())
    }

    fn note(&mut self, parent: ElementId, label: &str, text: &Text) -> Result<(), PdfError> {
        let mut words = Text::default().strong(format!("{label}. "));
        words.0.extend(text.0.iter().cloned());
        let at = Measure {
            x: LEFT + 14.0,
            width: FULL.width - 28.0,
        };
        let set = lines(self.faces, &words, &BODY, at.width);
        let height = short_length(set.len()) * BODY.leading;
        if height < (BOTTOM - TOP) / 2.0 {
            self.need(height)?;
            let y = self.y;
            self.sheet().bar(LEFT, y + 1.0, 2.0, height, Ink::Hairline);
        }
        let element = self.structure.element(Some(parent), Role::Paragraph);
        self.set(element, set, &BODY, at)?;
        self.y += 6.5;
        Ok(())
    }

    fn list(&mut self, parent: ElementId, numbered: bool, items: &[Text]) -> Result<(), PdfError> {
        let list = self
            .structure
            .element(Some(parent), Role::List { numbered });
        let at = Measure {
            x: LEFT + 18.0,
            width: FULL.width - 18.0,
        };
        for (number, text) in (1..).zip(items) {
            let item = self.structure.element(Some(list), Role::Item);
            let label = self.structure.element(Some(item), Role::Label);
            let body = self.structure.element(Some(item), Role::Body);
            let set = lines(self.faces, text, &BODY, at.width);
            self.need(BODY.leading * if set.len() > 1 { 2.0 } else { 1.0 })?;
            let mark = if numbered {
                format!("{number}.")
            } else {
                "•".to_owned()
            };
            let owner = Owner::Leaf(self.structure.leaf(label));
            let baseline = self.y + BODY.leading * 0.5 + BODY.size * 0.36;
            for line in lines(self.faces, &Text::from(mark), &BODY, 18.0) {
                self.sheet()
                    .line(owner, LEFT + 3.0, baseline, BODY.ink, line);
            }
            self.set(body, set, &BODY, at)?;
            self.y += 2.2;
        }
        self.y += 4.0;
        Ok(())
    }

    fn verbatim(&mut self, parent: ElementId, text: &str) -> Result<(), PdfError> {
        let element = self.structure.element(Some(parent), Role::Paragraph);
        let at = Measure {
            x: LEFT + 8.0,
            width: FULL.width - 16.0,
        };
        let mut leaf = None;
        for line in text.lines() {
            for line in verbatim(self.faces, line, &CODE, at.width) {
                let sheets = self.sheets.len();
                self.need(CODE.leading)?;
                if sheets != self.sheets.len() {
                    leaf = None;
                }
                let y = self.y;
                self.sheet()
                    .bar(LEFT, y, FULL.width, CODE.leading, Ink::Shade);
                // The shade ends what came before it, so each line is a piece of its own.
                let owner = *leaf.insert(Owner::Leaf(self.structure.leaf(element)));
                let baseline = y + CODE.leading * 0.5 + CODE.size * 0.36;
                self.sheet().line(owner, at.x, baseline, CODE.ink, line);
                self.y += CODE.leading;
            }
        }
        self.y += 7.0;
        Ok(())
    }

    fn signature_lines(&mut self, parent: ElementId, labels: &[String]) -> Result<(), PdfError> {
        for label in labels {
            self.need(30.0)?;
            self.y += 15.0;
            let at = Measure {
                x: LEFT,
                width: 130.0,
            };
            let top = self.y;
            self.paragraph(parent, Role::Paragraph, &label.as_str().into(), &SMALL, at)?;
            let y = top + SMALL.leading;
            let x = LEFT + 138.0;
            self.sheet().bar(x, y, RIGHT - x, 0.5, Ink::Black);
        }
        self.y += 10.0;
        Ok(())
    }
}

/// Counts of lines and columns are small.
#[expect(
    clippy::cast_precision_loss,
    reason = "lines on a page are far below 2^24, where f32 is exact"
)]
pub(super) fn short_length(count: usize) -> f32 {
    count as f32
}
