//! Files that SharePoint rewrites when they are uploaded: what it may have added, and that all else is as it was. Pure.
//!
//! SharePoint writes the columns of a library into Office files and pages ("property promotion"): their size and hash
//! differ at once, although nobody changed them (graph.md 1.5). So Office files are compared part by part and pages
//! around the block that is written into their head. Both sides are untrusted: what cannot be read is a difference.

mod package;
mod page;

use crate::domain::message::Delta;

/// The largest file that is compared in this way: both sides are held in memory.
pub(crate) const BYTES_MAX: u64 = 64 << 20;

const PACKAGES: [&str; 17] = [
    "docm", "docx", "dotm", "dotx", "potm", "potx", "ppsm", "ppsx", "pptm", "pptx", "vsdm", "vsdx",
    "xlsb", "xlsm", "xlsx", "xltm", "xltx",
];
const PAGES: [&str; 3] = ["aspx", "htm", "html"];

/// Whether SharePoint rewrites files of that name.
pub(crate) fn is_rewritten(name: &str) -> bool {
    kind(name).is_some()
}

enum Kind {
    Package,
    Page,
}

fn kind(name: &str) -> Option<Kind> {
    let extension = name.rsplit_once('.')?.1.to_ascii_lowercase();
    if PACKAGES.contains(&extension.as_str()) {
        Some(Kind::Package)
    } else if PAGES.contains(&extension.as_str()) {
        Some(Kind::Page)
    } else {
        None
    }
}

/// What was rewritten; `None` when anything else differs.
pub(crate) fn compare(name: &str, source: &[u8], found: &[u8]) -> Option<Vec<Delta>> {
    match kind(name)? {
        Kind::Package => package::compare(source, found),
        Kind::Page => page::compare(source, found),
    }
}
