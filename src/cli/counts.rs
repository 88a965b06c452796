//! The counts of items as commands print them: as JSON, as a row of a table, as a line of CSV.

use serde_json::{Value, json};

use crate::projections::results::Counts;

/// The columns, in their order.
pub(crate) const COLUMNS: [&str; 8] = [
    "enumerated",
    "identical",
    "as_declared",
    "held",
    "skipped",
    "failed",
    "erased",
    "open",
];

/// The numbers under [`COLUMNS`].
pub(crate) fn numbers(counts: &Counts) -> [u64; 8] {
    [
        counts.enumerated,
        counts.identical,
        counts.as_declared,
        counts.held,
        counts.skipped,
        counts.failed,
        counts.erased,
        counts.open,
    ]
}

/// One object.
pub(crate) fn to_json(counts: &Counts) -> Value {
    let mut value = json!({
        "restored": counts.restored(),
        "adds_up": counts.adds_up(),
        "bytes": counts.bytes,
        "sized": counts.sized,
    });
    for (column, number) in COLUMNS.into_iter().zip(numbers(counts)) {
        value[column] = number.into();
    }
    value
}

/// One row, without the name in front of it.
pub(crate) fn row(counts: &Counts) -> String {
    let numbers = numbers(counts).into_iter();
    numbers.fold(String::new(), |row, number| row + &format!(" {number:>11}"))
}

/// The row of the columns' names.
pub(crate) fn heading() -> String {
    let columns = COLUMNS.into_iter();
    columns.fold(String::new(), |row, column| row + &format!(" {column:>11}"))
}

/// A field of CSV (RFC 4180): quoted where it must be. What a spreadsheet would take for a formula is quoted with an
/// apostrophe in front: a name from the compromised tenant must not run anything.
pub(crate) fn csv(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if formula {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if field.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", field.replace('"', "\"\""));
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_a_spreadsheet_would_run_is_text() {
        assert_eq!(csv("plain"), "plain");
        assert_eq!(csv("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(csv("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(csv("@sum"), "'@sum");
    }

    #[test]
    fn a_row_has_a_number_under_each_heading() {
        let counts = Counts {
            enumerated: 3,
            failed: 2,
            open: 1,
            ..Counts::default()
        };
        assert_eq!(heading().len(), row(&counts).len());
        assert_eq!(to_json(&counts)["adds_up"], true);
    }
}
