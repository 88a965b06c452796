//! The load files of an export package (Microsoft Purview eDiscovery): a table with a row an item, and where each item lies. Every
//! row is found among the files, or named.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::sources::pinned::{MESSAGE_BYTES_MAX, Pinned, PinnedFile};

/// How load files and the reports beside them are called; all lower case, without the ending.
const LOAD_FILES: [&str; 3] = ["export_load_file", "export load file", "results"];
const REPORTS: [&str; 6] = [
    "errors and warnings",
    "export summary",
    "manifest",
    "summary",
    "trace",
    "warnings and errors",
];
/// The columns that say where an item lies, in the order in which they are asked; lower case, letters and digits alone.
const PATHS: [&str; 6] = [
    "exportnativepath",
    "nativepath",
    "nativefile",
    "targetpath",
    "filepath",
    "originalpath",
];
const CUSTODIANS: [&str; 2] = ["custodian", "locationname"];

/// What the load files of a package say.
#[derive(Debug, Default)]
pub(super) struct Package {
    /// Whose a file is, by its path in lower case.
    owners: BTreeMap<String, String>,
    /// Rows whose item is not among the files: the load file's place, its row, whose it is.
    pub(super) missing: Vec<Missing>,
    /// Rows that were found.
    pub(super) found: u64,
    load_files: BTreeSet<String>,
}

/// A row without its file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) locator: String,
    pub(super) owner: Option<String>,
    pub(super) path: String,
}

/// Whether a file is a load file, by its name.
pub(in crate::sources) fn is_load_file(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    match extension.to_str() {
        Some("dat") => stem != "winmail",
        Some("csv") => LOAD_FILES.iter().any(|known| stem.starts_with(known)),
        _ => false,
    }
}

/// Whether a file is a load file or a report of the export rather than data.
pub(super) fn is_report(file: &PinnedFile) -> bool {
    let stem = file
        .path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let is_table = ["csv", "xml", "log", "txt"]
        .iter()
        .any(|one| file.has_extension(one));
    is_load_file(&file.path) || (is_table && REPORTS.iter().any(|known| stem.starts_with(known)))
}

impl Package {
    /// Reads every load file of a tree.
    pub(super) fn read(pinned: &Pinned) -> Self {
        let files: BTreeMap<String, String> = pinned
            .files
            .iter()
            .map(|file| (file.locator.to_lowercase(), file.locator.clone()))
            .collect();
        let mut package = Self::default();
        for file in pinned.files.iter().filter(|file| is_load_file(&file.path)) {
            package.load_files.insert(file.locator.clone());
            let Ok(bytes) = pinned.read(file, MESSAGE_BYTES_MAX) else {
                continue;
            };
            package.take(file, &decoded(&bytes), &files);
        }
        package
    }

    /// Whose a file is, where a row says so.
    pub(super) fn owner(&self, file: &PinnedFile) -> Option<&str> {
        self.owners
            .get(&file.locator.to_lowercase())
            .map(String::as_str)
    }

    fn take(&mut self, file: &PinnedFile, text: &str, files: &BTreeMap<String, String>) {
        let mut rows = rows(text).into_iter();
        let heads: Vec<String> = rows
            .next()
            .unwrap_or_default()
            .iter()
            .map(|head| {
                let letters = head.chars().filter(char::is_ascii_alphanumeric);
                letters.collect::<String>().to_lowercase()
            })
            .collect();
        let columns = |wanted: &[&str]| -> Vec<usize> {
            let places = wanted
                .iter()
                .filter_map(|name| heads.iter().position(|head| head == name));
            places.collect()
        };
        let (paths, custodians) = (columns(&PATHS), columns(&CUSTODIANS));
        // Paths are told from the folder of the load file, or from the top.
        let folder = file.names[..file.names.len() - 1].join("/");
        for (number, row) in (2_u64..).zip(rows) {
            let cell = |places: &[usize]| {
                let cells = places.iter().filter_map(|place| row.get(*place));
                cells.map(|cell| cell.trim()).find(|cell| !cell.is_empty())
            };
            let owner = cell(&custodians).filter(|owner| owner.contains('@'));
            let lies_at = paths
                .iter()
                .filter_map(|place| row.get(*place))
                .find_map(|path| {
                    let path = plain(path);
                    let below = plain(&format!("{folder}/{path}"));
                    place_among(files, &below).or_else(|| place_among(files, &path))
                });
            match lies_at {
                Some(path) => {
                    self.found += 1;
                    if let Some(owner) = owner {
                        self.owners.insert(path.to_lowercase(), owner.to_owned());
                    }
                }
                None => self.missing.push(Missing {
                    locator: format!("{}#{number}", file.locator),
                    owner: owner.map(str::to_owned),
                    path: cell(&paths).unwrap_or_default().to_owned(),
                }),
            }
        }
    }
}

/// The file of a path, or the data file that the path goes on within.
fn place_among<'a>(files: &'a BTreeMap<String, String>, path: &str) -> Option<&'a str> {
    if path.is_empty() {
        return None;
    }
    if let Some(found) = files.get(path) {
        return Some(found);
    }
    let end = path.find(".pst/")? + ".pst".len();
    files.get(&path[..end]).map(String::as_str)
}

/// The rows of a load file, whatever it is written in.
pub(in crate::sources) fn rows_of(bytes: &[u8]) -> Vec<Vec<String>> {
    rows(&decoded(bytes))
}

fn plain(path: &str) -> String {
    let path = path.replace('\\', "/").to_lowercase();
    path.trim_matches('/').to_owned()
}

fn decoded(bytes: &[u8]) -> String {
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return crate::sources::mapi::value::wide(rest);
    }
    let rest = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    String::from_utf8_lossy(rest).into_owned()
}

/// Rows of CSV (RFC 4180), or of Concordance, whose marks are U+0014 and U+00FE.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (comma, quote) = if text.contains('\u{14}') {
        ('\u{14}', '\u{fe}')
    } else {
        (',', '"')
    };
    let mut rows = vec![Vec::new()];
    let mut field = String::new();
    let mut is_quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == quote {
            if is_quoted && letters.peek() == Some(&quote) {
                letters.next();
                field.push(quote);
            } else {
                is_quoted = !is_quoted;
            }
        } else if !is_quoted && letter == comma {
            let row: &mut Vec<String> = rows.last_mut().expect("there is always one");
            row.push(std::mem::take(&mut field));
        } else if !is_quoted && letter == '\n' {
            let row = rows.last_mut().expect("there is always one");
            row.push(std::mem::take(&mut field));
            rows.push(Vec::new());
        } else if is_quoted || letter != '\r' {
            field.push(letter);
        }
    }
    if let Some(last) = rows.last_mut() {
        last.push(field);
    }
    rows.retain(|row| row.iter().any(|field| !field.is_empty()));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_both_kinds() {
        let csv = rows("a,\"b, \"\"c\"\"\r\nd\"\r\n\r\n1,2\r\n");
        assert_eq!(csv, [vec!["a", "b, \"c\"\r\nd"], vec!["1", "2"]]);
        let concordance =
            rows("\u{fe}a\u{fe}\u{14}\u{fe}b\u{fe}\r\n\u{fe}1\u{fe}\u{14}\u{fe}\u{fe}\r\n");
        assert_eq!(concordance, [vec!["a", "b"], vec!["1", ""]]);
    }
}
