//! A report as JSON, for programs: the same sections, blocks and rows as every other rendering; nothing is decided here.

use serde_json::{Value, json};

use super::document::{Block, Document, Tone};

/// The version of this shape; a reader refuses one that it does not know.
pub const VERSION: u64 = 1;

/// The whole report.
pub fn value(document: &Document) -> Value {
    let sections = document.sections.iter().map(|section| {
        json!({
            "letter": section.letter.to_string(),
            "title": section.title,
            "blocks": section.blocks.iter().map(block).collect::<Vec<_>>(),
        })
    });
    json!({
        "v": VERSION,
        "title": document.title,
        "subtitle": document.subtitle,
        "sections": sections.collect::<Vec<_>>(),
    })
}

/// The bytes of `report.json`; the same report gives the same bytes.
pub fn render(document: &Document) -> Vec<u8> {
    let mut text = format!("{:#}", value(document));
    text.push('\n');
    text.into_bytes()
}

fn block(block: &Block) -> Value {
    match block {
        Block::Verdict(tone, text) => {
            json!({ "kind": "verdict", "tone": tone_name(*tone), "text": text })
        }
        Block::Heading(text) => json!({ "kind": "heading", "text": text }),
        Block::Paragraph(text) => json!({ "kind": "paragraph", "text": text }),
        Block::Code(text) => json!({ "kind": "code", "text": text }),
        Block::List(points) => json!({ "kind": "list", "points": points }),
        Block::Blanks(blanks) => json!({ "kind": "blanks", "blanks": blanks }),
        Block::Facts(facts) => {
            let facts = facts
                .iter()
                .map(|(name, value)| json!({ "name": name, "value": value }));
            json!({ "kind": "facts", "facts": facts.collect::<Vec<_>>() })
        }
        Block::Table(table) => json!({
            "kind": "table",
            "id": table.id,
            "caption": table.caption,
            "columns": table.columns,
            "rows": table.rows,
        }),
    }
}

fn tone_name(tone: Tone) -> &'static str {
    match tone {
        Tone::Bad => "failed",
        Tone::Mixed => "exceptions",
        Tone::Good => "passed",
    }
}
