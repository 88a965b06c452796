//! A report as the PDF that people print: the same sections, blocks and rows, with the tables and what else belongs to the report
//! attached as files. How a page looks is the PDF's own.

use super::document::{Block, Document, Section, Table, Tone};
use super::pdf::document as paper;
use super::report::Issue;
use super::{csv, json};

/// Sections that begin a page: what a reader takes out and hands on by itself.
const ON_NEW_PAGE: [char; 4] = ['A', 'F', 'M', 'O'];
/// What stands above the statement on page 1; the rest of the cover follows behind it.
const ON_PAGE_ONE: [&str; 2] = ["Ledger", "Root hash"];

/// The document to lay out.
pub fn paper(document: &Document, issue: &Issue) -> paper::Document {
    let is_rehearsal = issue.origin.ends_with("/simulated");
    paper::Document {
        title: document.title.clone(),
        subtitle: document.subtitle.clone(),
        marking: is_rehearsal.then(|| "Rehearsal: not evidence".to_owned()),
        language: "en-GB".to_owned(),
        issuer: issue.issuer.clone().unwrap_or_default(),
        description: "What was restored from the backups of a compromised tenant into a clean one"
            .to_owned(),
        identifier: format!(
            "Report {}, {}, {} entries, root {:.16}",
            issue.number,
            issue.edition.name(),
            issue.size,
            issue.root
        ),
        facts: facts(document),
        sections: in_order_of_reading(document).map(section).collect(),
        attachments: attachments(document),
    }
}

/// The statement is what page 1 is for.
fn in_order_of_reading(document: &Document) -> impl Iterator<Item = &Section> {
    let mut sections: Vec<&Section> = document.sections.iter().collect();
    sections.sort_by_key(|section| section.letter != 'B');
    sections.into_iter()
}

fn facts(document: &Document) -> Vec<(String, paper::Text)> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    let facts = blocks.filter_map(|block| match block {
        Block::Facts(facts) => Some(facts),
        _ => None,
    });
    let cover = facts.take(1).flatten();
    let shown = cover.filter(|(name, _)| ON_PAGE_ONE.contains(&name.as_str()));
    shown
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

fn section(section: &Section) -> paper::Section {
    paper::Section {
        heading: format!("{}  {}", section.letter, section.title),
        blocks: blocks(&section.blocks),
        on_new_page: ON_NEW_PAGE.contains(&section.letter),
    }
}

/// A verdict takes the paragraph behind it into its frame: what it rests on.
fn blocks(blocks: &[Block]) -> Vec<paper::Block> {
    let mut printed = Vec::new();
    let mut rest = blocks.iter().peekable();
    while let Some(one) = rest.next() {
        let Block::Verdict(tone, headline) = one else {
            printed.extend(block(one));
            continue;
        };
        let rests_on = rest.next_if(|next| matches!(next, Block::Paragraph(_)));
        printed.push(paper::Block::Verdict {
            tone: match tone {
                Tone::Bad => paper::Tone::Failed,
                Tone::Mixed => paper::Tone::Exceptions,
                Tone::Good => paper::Tone::Passed,
            },
            headline: headline.clone(),
            text: match rests_on {
                Some(Block::Paragraph(words)) => text(words),
                _ => paper::Text::default(),
            },
        });
    }
    printed
}

fn block(block: &Block) -> Option<paper::Block> {
    Some(match block {
        Block::Verdict(..) => return None,
        Block::Heading(heading) => paper::Block::Heading(heading.clone()),
        Block::Paragraph(words) => paper::Block::Paragraph(text(words)),
        Block::List(points) => paper::Block::List {
            numbered: false,
            items: points.iter().map(|point| text(point)).collect(),
        },
        Block::Code(lines) => paper::Block::Verbatim(lines.clone()),
        Block::Facts(facts) => paper::Block::KeyValues(
            facts
                .iter()
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
        ),
        Block::Table(rows) => paper::Block::Table(table(rows)),
        Block::Blanks(lines) => paper::Block::SignatureLines(lines.clone()),
    })
}

/// Hashes are set so that they can be compared letter by letter.
fn text(words: &str) -> paper::Text {
    let is_hash = words.len() == 64 && words.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash {
        paper::Text::default().code(words)
    } else {
        paper::Text::from(words)
    }
}

fn table(table: &Table) -> paper::Table {
    let is_numeric = |column: usize| {
        let mut cells = table.rows.iter().filter_map(|row| row.get(column));
        !table.rows.is_empty() && cells.all(|cell| cell.parse::<u64>().is_ok())
    };
    // Paper is narrow: a column that says nothing in any row is in the attached file alone.
    let is_shown = |column: &usize| {
        table.rows.is_empty() || table.rows.iter().any(|row| !row[*column].is_empty())
    };
    let shown: Vec<usize> = (0..table.columns.len()).filter(is_shown).collect();
    let columns = shown.iter().map(|place| paper::Column {
        heading: table.columns[*place].to_owned(),
        numeric: is_numeric(*place),
    });
    let row = |row: &Vec<String>| shown.iter().map(|place| text(&row[*place])).collect();
    paper::Table {
        caption: table.caption.clone(),
        columns: columns.collect(),
        rows: table.rows.iter().map(row).collect(),
        whole_in: Some(file_name(table)),
    }
}

fn file_name(table: &Table) -> String {
    format!("{}.csv", table.id)
}

fn attachments(document: &Document) -> Vec<paper::Attachment> {
    let tables = document.tables().map(|table| paper::Attachment {
        name: file_name(table),
        description: table.caption.clone(),
        media_type: "text/csv".to_owned(),
        relationship: paper::Relationship::Data,
        bytes: csv::render(table),
    });
    let whole = paper::Attachment {
        name: "report.json".to_owned(),
        description: "The whole report, for programs".to_owned(),
        media_type: "application/json".to_owned(),
        relationship: paper::Relationship::Alternative,
        bytes: json::render(document),
    };
    tables.chain([whole]).collect()
}
