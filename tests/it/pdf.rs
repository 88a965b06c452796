//! The PDF as bytes: reproducible, whole, tagged, and refused where it would lose something. Readers of other people judge it
//! in `tests/clients/pdf.sh`, on the files that these tests leave in the build's folder for temporary files.

mod parse;
mod sample;
mod seal;

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use unbroken::reports::pdf::document::{Attachment, Block, Document, Relationship, Text};
use unbroken::reports::pdf::{PdfError, render};

use parse::Pdf;

pub(crate) fn when() -> DateTime<Utc> {
    DateTime::from_timestamp(1_794_000_000, 0).expect("a time")
}

/// Where files for other people's tools are left.
pub(crate) fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pdf");
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let first = render(&sample::report(), when()).expect("rendered");
    let second = render(&sample::report(), when()).expect("rendered");
    assert!(first == second, "two renderings differ");
    let later = render(&sample::report(), when() + chrono::Duration::seconds(1)).expect("rendered");
    assert!(first != later, "the date is in it");
    fs::write(folder().join("report.pdf"), first).expect("written");
}

#[test]
fn it_says_what_it_is_and_every_object_is_where_the_table_says() {
    let bytes = render(&sample::report(), when()).expect("rendered");
    let pdf = Pdf::read(&bytes);
    let catalog = pdf.catalog();
    for part in [
        "/Lang(en-GB)",
        "/StructTreeRoot ",
        "/MarkInfo<</Marked true",
        "/DisplayDocTitle true",
        "/AF[",
    ] {
        assert!(catalog.contains(part), "{part}: {catalog}");
    }
    let text = String::from_utf8_lossy(&bytes);
    for part in [
        "<pdfaid:part>3<",
        "<pdfaid:conformance>A<",
        "<pdfuaid:part>1<",
        "Report on the recovery of contoso",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn the_structure_has_every_heading_row_and_point_once() {
    let document = sample::report();
    let bytes = render(&document, when()).expect("rendered");
    let pdf = Pdf::read(&bytes);
    let (mut subheadings, mut rows, mut tables, mut points) = (0, document.facts.len(), 1, 0);
    for block in document.sections.iter().flat_map(|section| &section.blocks) {
        match block {
            Block::Heading(_) => subheadings += 1,
            Block::Table(table) => {
                tables += 1;
                rows += table.rows.len() + 1;
            }
            Block::KeyValues(pairs) => {
                tables += 1;
                rows += pairs.len();
            }
            Block::List { items, .. } => points += items.len(),
            Block::Figures(figures) => points += figures.len(),
            _ => {}
        }
    }
    for (role, expected) in [
        ("H1", 1),
        ("H2", document.sections.len()),
        ("H3", subheadings),
        ("Table", tables),
        ("TR", rows),
        ("LI", points),
    ] {
        assert_eq!(pdf.elements(role), expected, "{role}");
    }
    assert_eq!(document.sections.len(), 15);
    assert!(pdf.pages() >= 4);
}

#[test]
fn files_inside_come_out_as_they_went_in() {
    let document = sample::report();
    let bytes = render(&document, when()).expect("rendered");
    let pdf = Pdf::read(&bytes);
    let files = pdf.files();
    assert_eq!(files.len(), document.attachments.len());
    for attachment in &document.attachments {
        let (relationship, bytes) = &files[&attachment.name];
        assert_eq!(bytes, &attachment.bytes, "{}", attachment.name);
        let expected = match attachment.relationship {
            Relationship::Source => "Source",
            Relationship::Data => "Data",
            Relationship::Alternative => "Alternative",
            Relationship::Supplement => "Supplement",
        };
        assert_eq!(relationship, expected);
    }
}

#[test]
fn five_thousand_rows_are_printed_and_more_are_named() {
    let bytes = render(&sample::long(5_001), when()).expect("rendered");
    let pdf = Pdf::read(&bytes);
    let short = render(&sample::long(1), when()).expect("rendered");
    let short = Pdf::read(&short);
    // A row is a row; the repeated headings of each page are none.
    assert_eq!(pdf.elements("TR"), short.elements("TR") + 4_999);
    // The sentence that says how many there are, and where.
    assert_eq!(pdf.elements("P"), short.elements("P") + 1);
    fs::write(folder().join("long.pdf"), &bytes).expect("written");
}

#[test]
fn what_would_be_lost_or_mislead_is_refused() {
    let attachment = |name: &str| Attachment {
        name: name.to_owned(),
        description: "a file".to_owned(),
        media_type: "text/plain".to_owned(),
        relationship: Relationship::Data,
        bytes: Vec::new(),
    };
    for name in [
        "",
        "../up",
        "a/b",
        ".hidden",
        "naïve",
        "a\u{202e}b",
        &"x".repeat(121),
    ] {
        let document = Document {
            attachments: vec![attachment(name)],
            ..sample::report()
        };
        let refused = render(&document, when());
        assert!(
            matches!(refused, Err(PdfError::Attachment { .. })),
            "{name:?}"
        );
    }
    let twice = Document {
        attachments: vec![attachment("one.txt"), attachment("ONE.txt")],
        ..sample::report()
    };
    assert!(matches!(
        render(&twice, when()),
        Err(PdfError::Attachment { .. })
    ));
    let mut absent = sample::long(1);
    absent.attachments.clear();
    assert!(matches!(
        render(&absent, when()),
        Err(PdfError::NotAttached { .. })
    ));
    let nameless = Document {
        title: String::new(),
        ..sample::report()
    };
    assert!(matches!(
        render(&nameless, when()),
        Err(PdfError::Refused(_))
    ));
}

#[test]
fn hostile_text_gives_a_document_and_keeps_its_place() {
    let mut document = sample::report();
    let long = "x".repeat(20_000);
    for words in [
        "",
        " ",
        "\u{0}\u{feff}\u{fffe}\u{ffff}",
        "\u{301}\u{301}",
        "\r\n\t",
        "a\u{10ffff}",
        &long,
    ] {
        document.sections[1]
            .blocks
            .push(Block::Paragraph(Text::from(words)));
        document.sections[1]
            .blocks
            .push(Block::Verbatim(words.to_owned()));
        document.sections[1].heading = format!("C {words}").chars().take(60).collect();
        document.sections[1].blocks.push(Block::KeyValues(vec![(
            words.to_owned(),
            Text::from(words),
        )]));
        let bytes = render(&document, when()).expect("rendered");
        assert_eq!(
            Pdf::read(&bytes).elements("H2"),
            15,
            "{:?}",
            words.chars().take(9)
        );
    }
    fs::write(
        folder().join("hostile.pdf"),
        render(&document, when()).expect("rendered"),
    )
    .expect("written");
}
