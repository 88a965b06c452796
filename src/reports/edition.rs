//! The files of one report, each written where the caller says; what stands in them is decided in `report`, how it looks in the
//! renderings.

use std::io::{self, Write};

use chrono::DateTime;

use super::document::Document;
use super::pdf::{self, PdfError};
use super::report::{Issue, report, write_access, write_items};
use super::{csv, json, printing};
use crate::projections::reading::Reading;

/// The name of the file that every other rendering is made from.
pub const REPORT_JSON: &str = "report.json";
/// The name of the file that people print.
pub const REPORT_PDF: &str = "report.pdf";

/// Where files go; a name may have folders in it, divided by `/`.
pub trait Files {
    /// Writes a file that is not there yet.
    fn file(
        &mut self,
        name: &str,
        fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()>;
}

/// Puts the seal on a finished PDF, or leaves it as it is.
pub type Sealing<'a> = dyn FnMut(Vec<u8>) -> Sealed + 'a;

/// The PDF with its seal.
pub type Sealed = Result<Vec<u8>, Failure>;

/// Why a seal was not put on.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Why a report cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum EditionError<E: std::error::Error + 'static> {
    /// The record cannot be read.
    #[error("the record cannot be read")]
    Record(#[source] E),
    /// The time of the issue is none.
    #[error("{0:?} is not when a report can be made; RFC 3339 is asked for")]
    Made(String),
    /// It cannot be sealed.
    #[error("the PDF cannot be sealed")]
    Seal(#[source] Failure),
    /// It cannot be laid out.
    #[error("the PDF cannot be made")]
    Pdf(#[from] PdfError),
    /// A file cannot be written.
    #[error("a file of the report cannot be written")]
    Write(#[from] io::Error),
}

/// Makes the report and writes its files. The same record, facts, issue and seal give the same bytes.
pub fn write<R>(
    record: &R,
    issue: &Issue,
    sealing: &mut Sealing,
    files: &mut dyn Files,
) -> Result<Document, EditionError<R::Error>>
where
    R: Reading,
    R::Error: std::error::Error + Send + Sync + 'static,
{
    let document = report(record, issue).map_err(EditionError::Record)?;
    let bytes = json::render(&document);
    files.file(REPORT_JSON, &mut |file| file.write_all(&bytes))?;
    for table in document.tables() {
        let name = format!("tables/{}.csv", table.id);
        let bytes = csv::render(table);
        files.file(&name, &mut |file| file.write_all(&bytes))?;
    }
    let made = DateTime::parse_from_rfc3339(&issue.made);
    let made = made.map_err(|_| EditionError::Made(issue.made.clone()))?;
    let pdf = pdf::render(&printing::paper(&document, issue), made.to_utc())?;
    let pdf = sealing(pdf).map_err(EditionError::Seal)?;
    files.file(REPORT_PDF, &mut |file| file.write_all(&pdf))?;
    files.file("tables/items.csv", &mut |file| {
        write_items(record, issue, file)
    })?;
    files.file("tables/access.csv", &mut |file| {
        write_access(record, issue, file)
    })?;
    Ok(document)
}
