//! The one file that checks itself: the bundle's own files embedded in a page with a verifier in it, written as a stream. What the
//! verifier does is JavaScript, in `html/`; nothing is decided about the record here.

mod script;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::thread::{self, ScopedJoinHandle};

use base64ct::{Base64, Encoding};
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

/// More entries than a browser shows in one file with good grace; for them a page for a custodian is made instead.
pub const ENTRIES_MAX: u64 = 250_000;

const TEMPLATE: &str = include_str!("html/page/page.html");
const STYLE: &str = include_str!("html/page/page.css");

/// Whether a file of the payload belongs into the page. `is_full`: every entry is there, and gives what the tiles would.
pub fn embeds(name: &str, is_full: bool) -> bool {
    let folder = name.split('/').next().unwrap_or_default();
    match folder {
        "bundle.json" | "checkpoint" => name == folder,
        "entries" | "disclosures" => true,
        "tile" | "heads" => !is_full,
        _ => false,
    }
}

/// Writes the page: those files of the payload in `folder`, read one at a time, and the report as `report.json` has it, if
/// there is one. The same files give the same bytes.
pub fn write_page(
    out: &mut dyn Write,
    folder: &Path,
    names: &[String],
    report: Option<&str>,
) -> io::Result<()> {
    let script = script::script();
    let policy = policy(&script, STYLE);
    for piece in pieces(TEMPLATE) {
        match piece {
            Piece::Text(text) => out.write_all(text.as_bytes())?,
            Piece::Slot("POLICY") => out.write_all(policy.as_bytes())?,
            Piece::Slot("STYLE") => out.write_all(STYLE.as_bytes())?,
            Piece::Slot("SCRIPT") => out.write_all(script.as_bytes())?,
            Piece::Slot("REPORT") => write_report(out, report)?,
            Piece::Slot(name) => {
                debug_assert_eq!(name, "FILES");
                write_files(out, folder, names)?;
            }
        }
    }
    Ok(())
}

/// What runs and what it looks like is named by its hash, and nothing may be fetched: text of the record that reads like
/// markup or a script finds no way to act even where an escape is missing.
fn policy(script: &str, style: &str) -> String {
    let hash = |text: &str| Base64::encode_string(&Sha256::digest(text));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        hash(script),
        hash(style)
    )
}

enum Piece<'a> {
    Text(&'a str),
    Slot(&'a str),
}

/// The template, cut at its `{{SLOTS}}`.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((text, behind)) = rest.split_once("{{") {
        let (slot, behind) = behind.split_once("}}").expect("a slot of ours is closed");
        pieces.extend([Piece::Text(text), Piece::Slot(slot)]);
        rest = behind;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// JSON in which no character can end the element that it stands in, or begin another.
fn write_report(out: &mut dyn Write, report: Option<&str>) -> io::Result<()> {
    let Some(report) = report else { return Ok(()) };
    let escaped = report
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026");
    write!(
        out,
        "<script type=\"application/json\" id=\"report-value\">{escaped}</script>"
    )
}

/// The files in their order; as many are packed at once as there are cores.
fn write_files(out: &mut dyn Write, folder: &Path, names: &[String]) -> io::Result<()> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    for some in names.chunks(cores) {
        let packed: Vec<io::Result<String>> = thread::scope(|scope| {
            let packing: Vec<_> = some
                .iter()
                .map(|name| scope.spawn(move || packed(name, &fs::read(folder.join(name))?)))
                .collect();
            let joined = packing.into_iter().map(ScopedJoinHandle::join);
            joined
                .map(|joined| joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        for element in packed {
            out.write_all(element?.as_bytes())?;
        }
    }
    Ok(())
}

/// One file as gzip in base64: `base64 -d | gunzip` gives its bytes back. Its name is one of ours and holds no markup.
fn packed(name: &str, bytes: &[u8]) -> io::Result<String> {
    let mut packing = GzBuilder::new().write(Vec::new(), Compression::default());
    packing.write_all(bytes)?;
    let packed = Base64::encode_string(&packing.finish()?);
    Ok(format!(
        "<script type=\"text/plain\" data-file=\"{name}\">{packed}</script>\n"
    ))
}

#[cfg(test)]
mod tests;
