//! Draws the sheets with krilla: letters, bars, bookmarks, running heads and feet, each under its tag. No layout is decided here.

use krilla::Document as Canvas;
use krilla::color::rgb;
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};

use super::PdfError;
use super::document::{Document, Text};
use super::flow::Bookmark;
use super::paragraph::{Ink, Style, lines};
use super::sheet::{BOTTOM, HEIGHT, LEFT, Mark, Owner, RIGHT, Shape, Sheet, TOP, WIDTH};
use super::typeface::{Face, Typefaces};

const MARGINAL: Style = Style {
    plain: Face::Sans,
    strong: Face::SansBold,
    size: 7.2,
    leading: 9.5,
    ink: Ink::Grey,
};

fn color(ink: Ink) -> rgb::Color {
    // Each ink for letters stands at 4.5:1 or more against white (WCAG 2.2, 1.4.3).
    let (red, green, blue) = match ink {
        Ink::Black => (0x1a, 0x1a, 0x1a),
        Ink::Grey => (0x55, 0x5b, 0x61),
        Ink::Green => (0x1d, 0x5c, 0x3a),
        Ink::Amber => (0x80, 0x4d, 0x00),
        Ink::Red => (0xa3, 0x1b, 0x1b),
        Ink::Hairline => (0xc4, 0xc8, 0xcc),
        Ink::Shade => (0xf3, 0xf4, 0xf5),
    };
    rgb::Color::new(red, green, blue)
}

/// Draws all sheets; the identifiers by number of leaf.
pub(super) fn sheets(
    canvas: &mut Canvas,
    faces: &mut Typefaces,
    document: &Document,
    sheets: Vec<Sheet>,
    leaves: usize,
) -> Result<Vec<Option<Identifier>>, PdfError> {
    let mut drawn = vec![None; leaves];
    let count = sheets.len();
    let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(PdfError::Internal("a page size"))?;
    for (number, sheet) in (1..).zip(sheets) {
        let mut page = canvas.start_page_with(size.clone());
        let mut surface = page.surface();
        let mut painter = Painter {
            surface: &mut surface,
            faces,
        };
        if number > 1 {
            painter.running_head(document);
        }
        painter.foot(document, number, count);
        painter.marks(&sheet.marks, &mut drawn)?;
        surface.finish();
        page.finish();
    }
    Ok(drawn)
}

struct Painter<'a, 'b> {
    surface: &'a mut Surface<'b>,
    faces: &'a mut Typefaces,
}

impl Painter<'_, '_> {
    /// Each run of marks of one owner becomes one piece of tagged content.
    fn marks(&mut self, marks: &[Mark], drawn: &mut [Option<Identifier>]) -> Result<(), PdfError> {
        for run in marks.chunk_by(|one, next| one.owner == next.owner) {
            match run[0].owner {
                Owner::Layout => {
                    self.artifact(ArtifactType::Layout, |painter| painter.shapes(run));
                }
                Owner::Leaf(leaf) => {
                    let tag = ContentTag::Span(SpanTag::empty());
                    let identifier = self.surface.start_tagged(tag);
                    self.shapes(run);
                    self.surface.end_tagged();
                    // A piece that was drawn twice would be read out once only.
                    if drawn[leaf.0].replace(identifier).is_some() {
                        return Err(PdfError::Internal(
                            "a piece of text was drawn in two places",
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    fn artifact(&mut self, kind: ArtifactType, draw: impl FnOnce(&mut Self)) {
        let artifact = Artifact::with_kind(kind);
        self.surface.start_tagged(ContentTag::Artifact(artifact));
        draw(self);
        self.surface.end_tagged();
    }

    fn shapes(&mut self, marks: &[Mark]) {
        for mark in marks {
            match &mark.shape {
                Shape::Letters { x, y, ink, strip } => {
                    self.ink(*ink);
                    self.surface.draw_glyphs(
                        Point::from_xy(*x, *y),
                        &strip.glyphs,
                        self.faces.font(strip.face),
                        &strip.text,
                        strip.size,
                        false,
                    );
                }
                Shape::Bar {
                    x,
                    y,
                    width,
                    height,
                    ink,
                } => self.bar(*x, *y, *width, *height, *ink),
            }
        }
    }

    fn ink(&mut self, ink: Ink) {
        self.surface.set_fill(Some(Fill {
            paint: color(ink).into(),
            opacity: NormalizedF32::ONE,
            rule: FillRule::default(),
        }));
    }

    fn bar(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink) {
        let mut path = PathBuilder::new();
        if let Some(rect) = Rect::from_xywh(x, y, width, height) {
            path.push_rect(rect);
        }
        self.ink(ink);
        if let Some(path) = path.finish() {
            self.surface.draw_path(&path);
        }
    }

    fn running_head(&mut self, document: &Document) {
        let y = TOP - 26.0;
        let marking = document.marking.clone().unwrap_or_default();
        self.artifact(ArtifactType::Header, |painter| {
            painter.marginal(&document.title, LEFT, y, MARGINAL.ink);
            painter.marginal_at_right(&marking, y, Ink::Red);
            painter.bar(LEFT, y + 6.0, RIGHT - LEFT, 0.4, Ink::Hairline);
        });
    }

    fn foot(&mut self, document: &Document, number: usize, count: usize) {
        let y = BOTTOM + 32.0;
        self.artifact(ArtifactType::Footer, |painter| {
            painter.bar(LEFT, y - 12.0, RIGHT - LEFT, 0.4, Ink::Hairline);
            painter.marginal(&document.identifier, LEFT, y, MARGINAL.ink);
            painter.marginal_at_right(&format!("page {number} of {count}"), y, MARGINAL.ink);
        });
    }

    /// One line in the margin; what does not fit beside the other side's words is left out, for it stands in the text.
    fn marginal(&mut self, text: &str, x: f32, y: f32, ink: Ink) {
        let width = (RIGHT - LEFT) * 0.7;
        let line = lines(self.faces, &Text::from(text), &MARGINAL, width);
        self.strips(line.into_iter().next(), x, y, ink);
    }

    fn marginal_at_right(&mut self, text: &str, y: f32, ink: Ink) {
        let width = (RIGHT - LEFT) * 0.28;
        let line = lines(self.faces, &Text::from(text), &MARGINAL, width);
        let line = line.into_iter().next();
        let x = RIGHT - line.as_ref().map_or(0.0, |line| line.width);
        self.strips(line, x, y, ink);
    }

    fn strips(&mut self, line: Option<super::paragraph::Line>, x: f32, y: f32, ink: Ink) {
        let mut sheet = Sheet::default();
        sheet.line(Owner::Layout, x, y, ink, line.unwrap_or_default());
        self.shapes(&sheet.marks);
    }
}

/// The bookmarks: sections at the top, headings inside them below.
pub(super) fn outline(bookmarks: &[Bookmark]) -> Outline {
    let mut outline = Outline::new();
    let mut open: Option<OutlineNode> = None;
    for bookmark in bookmarks {
        let place = Point::from_xy(LEFT, (bookmark.y - 8.0).max(0.0));
        let destination = XyzDestination::new(bookmark.page, place);
        let node = OutlineNode::new(bookmark.text.clone(), destination);
        match &mut open {
            Some(section) if bookmark.level > 2 => section.push_child(node),
            _ => {
                if let Some(section) = open.replace(node) {
                    outline.push_child(section);
                }
            }
        }
    }
    if let Some(section) = open {
        outline.push_child(section);
    }
    outline
}
