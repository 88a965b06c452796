//! A report's tables as CSV (RFC 4180), one file a table, for spreadsheets; a cell that a spreadsheet would run is made text.

use super::document::Table;

/// The bytes of `tables/<id>.csv`, UTF-8, lines ended by CRLF.
pub fn render(table: &Table) -> Vec<u8> {
    let mut bytes = line(table.columns.iter().copied());
    for row in &table.rows {
        bytes.extend(line(row.iter().map(String::as_str)));
    }
    bytes
}

/// One line of cells.
pub(super) fn line<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut text = String::new();
    for (number, cell) in cells.enumerate() {
        if number > 0 {
            text.push(',');
        }
        push(&mut text, cell);
    }
    text.push_str("\r\n");
    text.into_bytes()
}

fn push(text: &mut String, cell: &str) {
    // A subject that an attacker wrote must not become a formula on the reader's machine.
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let is_number = cell.parse::<i64>().is_ok();
    let is_quoted = cell.contains(['"', ',', '\r', '\n']);
    if is_quoted {
        text.push('"');
    }
    if is_formula && !is_number {
        text.push('\'');
    }
    for letter in cell.chars() {
        if letter == '"' {
            text.push('"');
        }
        text.push(letter);
    }
    if is_quoted {
        text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_run() {
        let cells = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let table = Table {
            id: "t",
            caption: String::new(),
            columns: vec!["a", "b"],
            rows: vec![
                cells(&["plain", "with, comma"]),
                cells(&["a \"quote\"", "two\nlines"]),
                cells(&["=HYPERLINK(\"x\")", "-12"]),
                cells(&["@SUM(A1)", "-x"]),
            ],
        };
        let text = String::from_utf8(render(&table)).expect("text");
        assert_eq!(
            text,
            "a,b\r\nplain,\"with, comma\"\r\n\"a \"\"quote\"\"\",\"two\nlines\"\r\n\
             \"'=HYPERLINK(\"\"x\"\")\",-12\r\n'@SUM(A1),'-x\r\n"
        );
    }
}
