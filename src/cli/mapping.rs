//! Reads the mapping file: CSV, `source,target`, one row a custodian; whether a user exists is asked
//! elsewhere.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::domain::item::CustodianName;

/// Larger than any directory that a person could have looked through.
const BYTES_MAX: u64 = 32 << 20;

/// One row: who becomes whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line of the file, from 1.
    pub(crate) line: usize,
    /// The custodian as the source names it.
    pub(crate) source: CustodianName,
    /// The user principal name in the clean tenant.
    pub(crate) target: String,
}

/// Why a mapping file was refused; nothing has been written then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MappingError {
    /// The operating system refused, or the bytes are not UTF-8.
    #[error("{}: cannot be read", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line breaks a rule.
    #[error("{}: line {line}: {rule}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The rule that it breaks.
        rule: String,
    },
    /// The clean tenant has no such user.
    #[error("{}: line {line}: there is no user {user} in the clean tenant", path.display())]
    UnknownUser {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The user principal name that was looked up.
        user: String,
    },
}

/// Reads the file whole and checks each row's form.
pub(crate) fn read(path: &Path) -> Result<Vec<Row>, MappingError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(BYTES_MAX + 1).read_to_string(&mut text))
        .map_err(|source| MappingError::Io {
            path: path.to_owned(),
            source,
        })?;
    if text.len() as u64 > BYTES_MAX {
        let rule = format!("the file has more than {BYTES_MAX} bytes");
        return Err(MappingError::Line {
            path: path.to_owned(),
            line: 1,
            rule,
        });
    }
    parse(&text).map_err(|(line, rule)| MappingError::Line {
        path: path.to_owned(),
        line,
        rule,
    })
}

fn parse(text: &str) -> Result<Vec<Row>, (usize, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = (1..).zip(text.lines());
    match lines.next().map(|(_, line)| fields(line)) {
        Some(Ok(header)) if header == ["source", "target"] => {}
        _ => return Err((1, "the first line is `source,target`".to_owned())),
    }
    let mut rows: Vec<Row> = Vec::new();
    let mut seen: BTreeMap<CustodianName, usize> = BTreeMap::new();
    for (line, text) in lines {
        if text.trim().is_empty() {
            continue;
        }
        let fields = fields(text).map_err(|rule| (line, rule.to_owned()))?;
        let [source, target] = fields.as_slice() else {
            return Err((
                line,
                format!("a row has two fields, this one has {}", fields.len()),
            ));
        };
        if source.is_empty() || target.is_empty() {
            return Err((line, "both fields must say something".to_owned()));
        }
        let source = CustodianName(source.clone());
        if let Some(first) = seen.insert(source.clone(), line) {
            return Err((
                line,
                format!("{} is mapped in line {first} already", source.0),
            ));
        }
        rows.push(Row {
            line,
            source,
            target: target.clone(),
        });
    }
    if rows.is_empty() {
        return Err((1, "there is no row".to_owned()));
    }
    Ok(rows)
}

/// The fields of one line after RFC 4180; a field does not span lines.
fn fields(line: &str) -> Result<Vec<String>, &'static str> {
    let mut fields = Vec::new();
    let mut letters = line.chars().peekable();
    loop {
        while letters.next_if_eq(&' ').is_some() {}
        let mut field = String::new();
        if letters.next_if_eq(&'"').is_some() {
            loop {
                match letters.next() {
                    None => return Err("a quoted field does not end"),
                    Some('"') if letters.next_if_eq(&'"').is_some() => field.push('"'),
                    Some('"') => break,
                    Some(letter) => field.push(letter),
                }
            }
            while letters.next_if_eq(&' ').is_some() {}
        } else {
            while let Some(letter) = letters.next_if(|letter| *letter != ',') {
                if letter == '"' {
                    return Err("a quote in the middle of a field that is not quoted");
                }
                field.push(letter);
            }
            field.truncate(field.trim_end().len());
        }
        fields.push(field);
        match letters.next() {
            None => return Ok(fields),
            Some(',') => {}
            Some(_) => return Err("text behind a quoted field"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_line_and_their_quotes() {
        let rows =
            parse("\u{feff}source,target\r\n\n\"Doe, \"\"J\"\"\" , j@x.example\r\n").expect("rows");
        assert_eq!(
            rows,
            [Row {
                line: 3,
                source: CustodianName("Doe, \"J\"".to_owned()),
                target: "j@x.example".to_owned()
            }]
        );
    }

    #[test]
    fn what_breaks_a_rule_is_named_with_its_line() {
        for (text, line) in [
            ("", 1),
            ("from,to\na,b\n", 1),
            ("source,target\n", 1),
            ("source,target\na\n", 2),
            ("source,target\na,b,c\n", 2),
            ("source,target\na,\n", 2),
            ("source,target\na,b\na,c\n", 3),
            ("source,target\n\"a,b\n", 2),
            ("source,target\n\"a\"x,b\n", 2),
            ("source,target\na\"b,c\n", 2),
        ] {
            let found = parse(text).map_err(|(line, _)| line);
            assert_eq!(found, Err(line), "{text:?}");
        }
    }
}
