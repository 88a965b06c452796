//! Text into lines of a given width. What becomes of the lines is decided elsewhere.

use krilla::text::KrillaGlyph;

use super::document::{Text, Weight};
use super::typeface::{Face, Typefaces};

/// How a paragraph is set; lengths in points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) plain: Face,
    pub(super) strong: Face,
    pub(super) size: f32,
    pub(super) leading: f32,
    pub(super) ink: Ink,
}

/// What text is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Black,
    Grey,
    Green,
    Amber,
    Red,
    Hairline,
    Shade,
}

/// Code looks larger than the text around it at the same size.
const CODE_SCALE: f32 = 0.9;

/// Letters of one face in one line.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    pub(super) face: Face,
    pub(super) size: f32,
    pub(super) text: String,
    pub(super) glyphs: Vec<KrillaGlyph>,
    /// In points.
    pub(super) width: f32,
}

/// A line; its width leaves out the space at its end, which stays in the text for readers by ear.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) strips: Vec<Strip>,
    pub(super) width: f32,
}

impl Line {
    fn push(&mut self, faces: &mut Typefaces, piece: &Piece) {
        let word = faces.word(piece.face, &piece.text);
        let width = word.width * piece.size;
        let follows =
            |strip: &&mut Strip| strip.face == piece.face && sizes_match(strip.size, piece.size);
        if let Some(strip) = self.strips.last_mut().filter(follows) {
            let offset = strip.text.len();
            strip.text.push_str(&word.text);
            strip.width += width;
            strip
                .glyphs
                .extend(word.glyphs.iter().cloned().map(|mut glyph| {
                    glyph.text_range =
                        glyph.text_range.start + offset..glyph.text_range.end + offset;
                    glyph
                }));
        } else {
            self.strips.push(Strip {
                face: piece.face,
                size: piece.size,
                text: word.text.clone(),
                glyphs: word.glyphs.clone(),
                width,
            });
        }
    }
}

fn sizes_match(one: f32, other: f32) -> bool {
    (one - other).abs() < f32::EPSILON
}

/// A part of a word that one face draws.
#[derive(Clone, Debug)]
struct Piece {
    face: Face,
    size: f32,
    text: String,
    width: f32,
}

/// What no line may break, and whether a space follows.
#[derive(Default)]
struct Unit {
    pieces: Vec<Piece>,
    width: f32,
    space: Option<Piece>,
}

/// The lines of the text, at least one. Longer words than the width break where they may, else anywhere.
pub(super) fn lines(faces: &mut Typefaces, text: &Text, style: &Style, width: f32) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Line::default();
    let mut end = 0.0;
    for unit in units(faces, text, style) {
        for unit in fitting(faces, unit, width) {
            if !line.strips.is_empty() && end + unit.width > width + 0.01 {
                lines.push(std::mem::take(&mut line));
                end = 0.0;
            }
            for piece in &unit.pieces {
                line.push(faces, piece);
            }
            line.width = end + unit.width;
            end = line.width;
            if let Some(space) = &unit.space {
                line.push(faces, space);
                end += space.width;
            }
        }
    }
    lines.push(line);
    lines
}

/// One line of commands or data, every space kept; broken after a space where it is too long.
pub(super) fn verbatim(faces: &mut Typefaces, text: &str, style: &Style, width: f32) -> Vec<Line> {
    let mut all = Vec::new();
    let mut line = Line::default();
    for word in text.split_inclusive(' ') {
        let mut pieces = Vec::new();
        for (face, text) in faces.drawable(style.plain, word) {
            pieces.push(piece(faces, face, style.size, text));
        }
        let whole: f32 = pieces.iter().map(|piece| piece.width).sum();
        if !line.strips.is_empty() && line.width + whole > width {
            all.push(std::mem::take(&mut line));
        }
        let whole = Unit {
            pieces,
            width: whole,
            space: None,
        };
        for part in fitting(faces, whole, width) {
            if !line.strips.is_empty() && line.width + part.width > width {
                all.push(std::mem::take(&mut line));
            }
            for piece in &part.pieces {
                line.push(faces, piece);
            }
            line.width += part.width;
        }
    }
    all.push(line);
    all
}

/// The text's width on one endless line, and that of its widest word.
pub(super) fn extent(faces: &mut Typefaces, text: &Text, style: &Style) -> (f32, f32) {
    let (mut all, mut widest) = (0.0_f32, 0.0_f32);
    let mut pending = 0.0;
    for unit in units(faces, text, style) {
        all += pending + unit.width;
        widest = widest.max(unit.width);
        pending = unit.space.as_ref().map_or(0.0, |space| space.width);
    }
    (all, widest)
}

fn units(faces: &mut Typefaces, text: &Text, style: &Style) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut open = Unit::default();
    for run in &text.0 {
        let (face, size) = match run.weight {
            Weight::Plain => (style.plain, style.size),
            Weight::Strong => (style.strong, style.size),
            Weight::Code => (Face::Mono, style.size * CODE_SCALE),
        };
        let mut rest = run.text.as_str();
        while !rest.is_empty() {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            for (face, text) in faces.drawable(face, &rest[..end]) {
                let piece = piece(faces, face, size, text);
                open.width += piece.width;
                open.pieces.push(piece);
            }
            rest = &rest[end..];
            let after = rest.trim_start();
            if after.len() < rest.len() {
                if open.pieces.is_empty() {
                    // A space at the begin of a run belongs to the word before it.
                    if let Some(last) = units.last_mut().filter(|last| last.space.is_none()) {
                        last.space = Some(piece(faces, face, size, " ".to_owned()));
                    }
                } else {
                    open.space = Some(piece(faces, face, size, " ".to_owned()));
                    units.push(std::mem::take(&mut open));
                }
                rest = after;
            }
        }
    }
    if !open.pieces.is_empty() {
        units.push(open);
    }
    units
}

fn piece(faces: &mut Typefaces, face: Face, size: f32, text: String) -> Piece {
    let width = faces.word(face, &text).width * size;
    Piece {
        face,
        size,
        text,
        width,
    }
}

/// The unit as it is, or in parts that each fit: paths and addresses break after their marks, the rest between letters.
fn fitting(faces: &mut Typefaces, unit: Unit, width: f32) -> Vec<Unit> {
    if unit.width <= width {
        return vec![unit];
    }
    let mut parts = vec![Unit::default()];
    for whole in &unit.pieces {
        for token in tokens(&whole.text) {
            let token = piece(faces, whole.face, whole.size, token.to_owned());
            if token.width <= width {
                add(&mut parts, token, width);
                continue;
            }
            for letter in token.text.chars() {
                let letter = piece(faces, token.face, token.size, letter.to_string());
                add(&mut parts, letter, width);
            }
        }
    }
    if let Some(last) = parts.last_mut() {
        last.space = unit.space;
    }
    parts
}

fn add(parts: &mut Vec<Unit>, piece: Piece, width: f32) {
    let full = parts
        .last()
        .is_none_or(|last| !last.pieces.is_empty() && last.width + piece.width > width);
    if full {
        parts.push(Unit::default());
    }
    if let Some(last) = parts.last_mut() {
        last.width += piece.width;
        last.pieces.push(piece);
    }
}

/// Pieces of a long word, each of which ends with a mark after which a line may break.
fn tokens(word: &str) -> impl Iterator<Item = &str> {
    word.split_inclusive([
        '/', '\\', '-', '_', '.', ':', ',', ';', '@', '=', '&', '?', ']',
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style {
        plain: Face::Serif,
        strong: Face::SerifBold,
        size: 10.0,
        leading: 14.0,
        ink: Ink::Black,
    };

    fn broken(text: &Text, width: f32) -> Vec<String> {
        let mut faces = Typefaces::load().expect("the faces load");
        let lines = lines(&mut faces, text, &STYLE, width);
        for line in &lines {
            assert!(line.width <= width, "{} > {width}", line.width);
        }
        lines
            .iter()
            .map(|line| {
                line.strips
                    .iter()
                    .map(|strip| strip.text.as_str())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn lines_break_at_spaces_and_keep_every_letter() {
        let text = Text::from("The quick brown fox jumps over ")
            .strong("the lazy")
            .plain(" dog");
        let found = broken(&text, 80.0);
        assert!(found.len() > 2);
        assert_eq!(
            found.concat(),
            "The quick brown fox jumps over the lazy dog"
        );
        assert!(
            found[..found.len() - 1]
                .iter()
                .all(|line| line.ends_with(' '))
        );
    }

    #[test]
    fn a_word_too_long_for_the_line_is_broken_and_whole() {
        let digest = "0123456789abcdef".repeat(4);
        let found = broken(&Text::default().code(digest.clone()), 90.0);
        assert!(found.len() > 1);
        assert_eq!(found.concat(), digest);
        let path = broken(
            &Text::from("/sites/Finance/Shared/Quarter/Report-final.xlsx"),
            90.0,
        );
        assert!(path[0].ends_with('/'), "{path:?}");
    }

    #[test]
    fn nothing_is_one_empty_line() {
        assert_eq!(broken(&Text::default(), 50.0), [""]);
    }
}
