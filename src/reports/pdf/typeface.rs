//! The embedded faces: which letters they have, and how words of them are shaped. Where lines break is decided elsewhere.

use std::collections::HashMap;
use std::rc::Rc;

use harfrust::{FontRef, ShapeOptions, ShaperData, UnicodeBuffer};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::MetadataProvider as _;
use skrifa::charmap::Charmap;

use super::PdfError;

/// One of the faces that come with the program; `fonts/README.md` says where from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Face {
    Serif,
    SerifBold,
    Sans,
    SansBold,
    Mono,
}

const FACES: [(Face, &[u8]); 5] = [
    (Face::Serif, include_bytes!("fonts/NotoSerif-Regular.ttf")),
    (Face::SerifBold, include_bytes!("fonts/NotoSerif-Bold.ttf")),
    (Face::Sans, include_bytes!("fonts/NotoSans-Regular.ttf")),
    (Face::SansBold, include_bytes!("fonts/NotoSans-Bold.ttf")),
    (Face::Mono, include_bytes!("fonts/NotoSansMono-Regular.ttf")),
];

/// Shaped words that are kept. A table of digests would fill the memory with words that never come again.
const WORDS_KEPT: usize = 20_000;

struct Loaded {
    source: FontRef<'static>,
    letters: Charmap<'static>,
    shaper: ShaperData,
    units_per_em: f32,
    font: Font,
}

/// A word as glyphs of one face; lengths in ems.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) glyphs: Vec<KrillaGlyph>,
    pub(super) width: f32,
}

/// All faces, with what was shaped before.
pub(super) struct Typefaces {
    faces: Vec<Loaded>,
    words: HashMap<(Face, String), Rc<Word>>,
    buffer: Option<UnicodeBuffer>,
}

impl Typefaces {
    pub(super) fn load() -> Result<Self, PdfError> {
        let mut faces = Vec::new();
        for (face, bytes) in FACES {
            let broken = || PdfError::Face(format!("{face:?}"));
            let source = FontRef::new(bytes).map_err(|_| broken())?;
            let shaper = ShaperData::new(&source);
            let font = Font::new(bytes.into(), 0).ok_or_else(broken)?;
            faces.push(Loaded {
                units_per_em: font.units_per_em(),
                letters: source.charmap(),
                source,
                shaper,
                font,
            });
        }
        Ok(Self {
            faces,
            words: HashMap::new(),
            buffer: Some(UnicodeBuffer::new()),
        })
    }

    fn loaded(&self, face: Face) -> &Loaded {
        &self.faces[face as usize]
    }

    pub(super) fn font(&self, face: Face) -> Font {
        self.loaded(face).font.clone()
    }

    /// Whether the face draws this letter. Controls and marks that steer the direction of text are in no
    /// face of ours, and the soft hyphen is refused: a name may not look other than it is.
    fn draws(&self, face: Face, letter: char) -> bool {
        letter != '\u{ad}' && self.loaded(face).letters.map(letter).is_some()
    }

    /// The words in pieces that can be drawn. What no face draws is spelt out as `[U+XXXX]`: PDF/A forbids
    /// empty boxes, and leaving a letter out would change a name.
    pub(super) fn drawable(&self, face: Face, words: &str) -> Vec<(Face, String)> {
        let mut pieces: Vec<(Face, String)> = Vec::new();
        for letter in words.chars() {
            let sans = if matches!(face, Face::SerifBold | Face::SansBold) {
                Face::SansBold
            } else {
                Face::Sans
            };
            let (by, text) = if self.draws(face, letter) {
                (face, letter.to_string())
            } else if self.draws(sans, letter) {
                (sans, letter.to_string())
            } else {
                (face, format!("[U+{:04X}]", u32::from(letter)))
            };
            match pieces.last_mut() {
                Some((last, piece)) if *last == by => piece.push_str(&text),
                _ => pieces.push((by, text)),
            }
        }
        pieces
    }

    /// Shapes a word, all letters of which the face draws.
    pub(super) fn word(&mut self, face: Face, text: &str) -> Rc<Word> {
        let key = (face, text.to_owned());
        if let Some(word) = self.words.get(&key) {
            return Rc::clone(word);
        }
        let word = Rc::new(self.shape(face, text));
        if self.words.len() >= WORDS_KEPT {
            self.words.clear();
        }
        self.words.insert(key, Rc::clone(&word));
        word
    }

    fn shape(&mut self, face: Face, text: &str) -> Word {
        let mut buffer = self.buffer.take().unwrap_or_default();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        // A face of ours has no letters that are written from the right; marks between Latin letters do not turn it.
        buffer.set_direction(harfrust::Direction::LeftToRight);
        let loaded = self.loaded(face);
        let shaper = loaded.shaper.shaper(&loaded.source).build();
        let shaped = shaper.shape(buffer, ShapeOptions::new());
        let em = loaded.units_per_em;
        let starts: Vec<usize> = shaped
            .glyph_infos()
            .iter()
            .map(|info| info.cluster as usize)
            .collect();
        let mut glyphs = Vec::with_capacity(starts.len());
        let mut width = 0.0;
        let places = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
        for (index, (info, place)) in places.enumerate() {
            let start = starts[index];
            let end = starts[index..]
                .iter()
                .copied()
                .find(|next| *next > start)
                .unwrap_or(text.len());
            let advance = units(place.x_advance) / em;
            width += advance;
            glyphs.push(KrillaGlyph {
                glyph_id: GlyphId::new(info.glyph_id),
                text_range: start..end,
                x_advance: advance,
                x_offset: units(place.x_offset) / em,
                y_offset: units(place.y_offset) / em,
                y_advance: units(place.y_advance) / em,
                location: None,
            });
        }
        self.buffer = Some(shaped.clear());
        Word {
            text: text.to_owned(),
            glyphs,
            width,
        }
    }
}

/// Font units are small whole numbers.
#[expect(
    clippy::cast_precision_loss,
    reason = "a font unit is far below 2^24, where f32 is exact"
)]
fn units(value: i32) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &str) -> String {
        let faces = Typefaces::load().expect("the faces load");
        let pieces = faces.drawable(Face::Serif, words);
        pieces.into_iter().map(|(_, piece)| piece).collect()
    }

    #[test]
    fn names_of_europe_are_drawn_as_they_are() {
        for name in [
            "Zoë Łukasiewicz",
            "Ευαγγελία Παπαδοπούλου",
            "Юлія Їжакевич",
            "Nguyễn Thị Ánh",
        ] {
            assert_eq!(shown(name), name);
        }
    }

    #[test]
    fn what_no_face_draws_is_spelt_out_and_never_dropped() {
        assert_eq!(shown("李"), "[U+674E]");
        assert_eq!(shown("a\u{202e}txt.exe"), "a[U+202E]txt.exe");
        assert_eq!(shown("pay\u{200b}pal"), "pay[U+200B]pal");
        assert_eq!(shown("soft\u{ad}hyphen"), "soft[U+00AD]hyphen");
        assert_eq!(shown("\u{7}\u{e000}😀"), "[U+0007][U+E000][U+1F600]");
    }

    #[test]
    fn letters_that_a_face_draws_have_a_glyph_alone_and_together() {
        let mut faces = Typefaces::load().expect("the faces load");
        for (face, _) in FACES {
            let letters: Vec<char> = (0x20_u32..0x2_0000)
                .filter_map(char::from_u32)
                .filter(|letter| faces.draws(face, *letter))
                .collect();
            assert!(letters.len() > 180, "{face:?}: {}", letters.len());
            for letter in letters {
                for text in [letter.to_string(), format!("a{letter}a")] {
                    let word = faces.word(face, &text);
                    assert!(
                        word.glyphs.iter().all(|glyph| glyph.glyph_id.to_u32() != 0),
                        "{face:?} {letter:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn pairs_are_kerned() {
        let mut faces = Typefaces::load().expect("the faces load");
        let apart = faces.word(Face::Serif, "A").width + faces.word(Face::Serif, "V").width;
        assert!(faces.word(Face::Serif, "AV").width < apart);
    }
}
