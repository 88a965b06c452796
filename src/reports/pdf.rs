//! The report as a PDF that archives keep and readers by ear can follow: PDF/A-3a and PDF/UA-1 at once, byte for byte the
//! same for the same document and time. What it says is decided by whoever makes the [`Document`]; the seal is put on afterwards.

pub mod document;
mod flow;
mod paint;
mod paragraph;
pub mod seal;
mod sheet;
mod structure;
mod table;
mod typeface;

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use krilla::SerializeSettings;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::error::KrillaError;
use krilla::metadata::{DateTime as PdfDateTime, Metadata};

use document::{Attachment, Block, Document, Relationship};
use flow::Flow;
use typeface::Typefaces;

/// What one file inside a PDF may hold: its length is written as 32 bits.
const ATTACHMENT_MAX: usize = 1 << 30;
const NAME_MAX: usize = 120;

/// Why no PDF was made.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// A face inside the program cannot be read.
    #[error("the face {0} inside the program cannot be read; the program was built wrongly")]
    Face(String),
    /// A file cannot ride along.
    #[error("attachment {name:?}: {reason}")]
    Attachment {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A table names an attachment that is not there.
    #[error("table {caption:?} says that all its rows stand in {name:?}, which is not attached")]
    NotAttached {
        /// The table.
        caption: String,
        /// The attachment.
        name: String,
    },
    /// A table or a row is wider than it may be.
    #[error("table {caption:?}: {found} columns, 1 to {most} are allowed")]
    Columns {
        /// The table.
        caption: String,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// A table is longer than a PDF prints, and nobody says where the rest stands.
    #[error(
        "table {caption:?}: {found} rows, {most} can be printed; attach them and name the file"
    )]
    Rows {
        /// The table.
        caption: String,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// Longer than anybody reads.
    #[error("the document has more than {most} pages; move tables into attachments")]
    TooManyPages {
        /// How many there may be.
        most: usize,
    },
    /// What PDF/A-3a or PDF/UA-1 forbids.
    #[error("the standards for archives and accessibility refuse the document: {0}")]
    Refused(String),
    /// A bug of ours.
    #[error("{0} came out wrong; this is a fault of the program")]
    Internal(&'static str),
}

/// Lays the document out and writes it as PDF. `when` is its date and that of the files inside it.
///
/// The result depends on the arguments alone. It bears no seal.
pub fn render(document: &Document, when: DateTime<Utc>) -> Result<Vec<u8>, PdfError> {
    check(document)?;
    let mut faces = Typefaces::load()?;
    let mut flow = Flow::new(&mut faces);
    flow.document(document)?;
    let Flow {
        structure,
        sheets,
        bookmarks,
        ..
    } = flow;
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| PdfError::Internal("the choice of standards"))?;
    let mut canvas = krilla::Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let leaves = structure.leaves();
    let drawn = paint::sheets(&mut canvas, &mut faces, document, sheets, leaves)?;
    canvas.set_tag_tree(structure.into_tree(&drawn));
    canvas.set_outline(paint::outline(&bookmarks));
    canvas.set_metadata(metadata(document, when));
    for attachment in &document.attachments {
        embed(&mut canvas, attachment, when)?;
    }
    canvas.finish().map_err(|error| refused(&error))
}

fn refused(error: &KrillaError) -> PdfError {
    let why = match error {
        KrillaError::Validation(errors) => format!("{:?}", errors.first()),
        other => other.to_string(),
    };
    PdfError::Refused(why)
}

fn check(document: &Document) -> Result<(), PdfError> {
    let mut names = BTreeSet::new();
    for attachment in &document.attachments {
        let refuse = |reason| {
            Err(PdfError::Attachment {
                name: attachment.name.clone(),
                reason,
            })
        };
        // The name goes into a field without an encoding of its own, and from there onto a reader's disk.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let name = attachment.name.as_bytes();
        if name.is_empty() || name.len() > NAME_MAX || name[0] == b'.' {
            return refuse("a name has 1 to 120 bytes and begins with no dot");
        }
        if !name.iter().copied().all(plain) {
            return refuse("a name has letters and digits of ASCII, `.`, `-` and `_`");
        }
        if attachment.bytes.len() > ATTACHMENT_MAX {
            return refuse("it is larger than 1 GiB; leave it beside the PDF");
        }
        if attachment.description.trim().is_empty() {
            return refuse("it has no description");
        }
        if !names.insert(attachment.name.to_ascii_lowercase()) {
            return refuse("another attachment has this name");
        }
    }
    for section in &document.sections {
        for block in &section.blocks {
            if let Block::Table(table) = block
                && let Some(name) = &table.whole_in
                && !document.attachments.iter().any(|file| file.name == *name)
            {
                return Err(PdfError::NotAttached {
                    caption: table.caption.clone(),
                    name: name.clone(),
                });
            }
        }
    }
    Ok(())
}

fn metadata(document: &Document, when: DateTime<Utc>) -> Metadata {
    Metadata::new()
        .title(document.title.clone())
        .description(document.description.clone())
        .authors(vec![document.issuer.clone()])
        .creator(concat!("unbroken ", env!("CARGO_PKG_VERSION")).to_owned())
        .producer(concat!("unbroken ", env!("CARGO_PKG_VERSION")).to_owned())
        .document_id(document.identifier.clone())
        .language(document.language.clone())
        .creation_date(date(when))
}

fn embed(
    canvas: &mut krilla::Document,
    attachment: &Attachment,
    when: DateTime<Utc>,
) -> Result<(), PdfError> {
    let refuse = |reason| PdfError::Attachment {
        name: attachment.name.clone(),
        reason,
    };
    let media_type =
        MimeType::new(&attachment.media_type).ok_or_else(|| refuse("its media type is none"))?;
    let file = EmbeddedFile {
        path: attachment.name.clone(),
        mime_type: Some(media_type),
        description: Some(attachment.description.clone()),
        association_kind: match attachment.relationship {
            Relationship::Source => AssociationKind::Source,
            Relationship::Data => AssociationKind::Data,
            Relationship::Alternative => AssociationKind::Alternative,
            Relationship::Supplement => AssociationKind::Supplement,
        },
        data: attachment.bytes.clone().into(),
        modification_date: Some(date(when)),
        compress: Some(true),
        location: None,
    };
    canvas
        .embed_file(file)
        .ok_or_else(|| refuse("another attachment has this name"))
}

fn date(when: DateTime<Utc>) -> PdfDateTime {
    let small = |number: u32| u8::try_from(number).unwrap_or(0);
    PdfDateTime::new(u16::try_from(when.year()).unwrap_or(0))
        .month(small(when.month()))
        .day(small(when.day()))
        .hour(small(when.hour()))
        .minute(small(when.minute()))
        .second(small(when.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
