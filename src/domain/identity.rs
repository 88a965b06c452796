//! The identity map: which custodian of the source is which user of the target. Reads CSV; who exists is asked elsewhere.

mod guests;
mod near;
mod rows;
mod suggest;
mod wanted;

pub use guests::{GUEST, GuestRefused, NOT_A_GUEST, approved_guests, is_guest_name};
pub use near::{did_you_mean, nearest};
pub use rows::parse_identities;
pub use suggest::{Likeness, Named, Suggestion, parse_people, suggestions};
pub use wanted::{
    Licence, THERE_BEFORE, Wanted, WantedKind, parse_group, parse_wanted, shortfall, way_out,
};

/// One row of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingRow {
    /// The line in the file, from 1.
    pub line: usize,
    /// The custodian, as the source names it.
    pub source: String,
    /// The user principal name in the target.
    pub target: String,
}

/// Why a map is refused; nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {rule}")]
pub struct MappingError {
    /// The line, from 1.
    pub line: usize,
    /// The rule that it breaks.
    pub rule: String,
}

const MAX_ROWS: usize = 1_000_000;

/// Reads a map: a header `source,target`, then one custodian a line; or Microsoft's six columns, of which the users count.
/// Fields may be quoted as RFC 4180 has it; blank lines are passed over. A custodian or a user that stands twice is refused:
/// two old users in one mailbox would widen who reads what.
pub fn parse_map(text: &str) -> Result<Vec<MappingRow>, MappingError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let rows = if rows::is_six_columns(text) {
        rows::custodians(text)?
    } else {
        two_columns(text)?
    };
    let mut sources = std::collections::BTreeSet::new();
    let mut targets = std::collections::BTreeSet::new();
    for row in &rows {
        let refuse = |rule: &str| MappingError {
            line: row.line,
            rule: rule.to_owned(),
        };
        if !sources.insert(&row.source) {
            return Err(refuse("the same custodian a second time"));
        }
        if !targets.insert(row.target.to_lowercase()) {
            return Err(refuse("the same user for a second custodian"));
        }
    }
    Ok(rows)
}

fn two_columns(text: &str) -> Result<Vec<MappingRow>, MappingError> {
    let mut lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    let refuse = |line, rule: &str| MappingError {
        line,
        rule: rule.to_owned(),
    };
    let (first, header) = lines.next().ok_or_else(|| refuse(1, "the file is empty"))?;
    if fields(header).as_deref() != Some(&["source".to_owned(), "target".to_owned()]) {
        return Err(refuse(first, "the header is `source,target`"));
    }
    let mut rows: Vec<MappingRow> = Vec::new();
    for (line, text) in lines {
        let Some([source, target]) = fields(text).and_then(|f| <[String; 2]>::try_from(f).ok())
        else {
            return Err(refuse(
                line,
                "a row has two fields: the custodian and the user",
            ));
        };
        let is_place = |start: &&str| target.starts_with(start) && target.len() > start.len();
        let is_place = ["https://", "team:", "chat:"].iter().any(is_place);
        if source.is_empty() || !(target.contains('@') || is_place) {
            return Err(refuse(
                line,
                "the target is a user principal name, the address of a site, `team:` or `chat:` \
                 with a name, and the source not empty",
            ));
        }
        if rows.len() == MAX_ROWS {
            return Err(refuse(line, "more than 1,000,000 rows"));
        }
        rows.push(MappingRow {
            line,
            source,
            target,
        });
    }
    Ok(rows)
}

/// The fields of one line of CSV, RFC 4180; `None` where a quote is not closed.
pub(super) fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line.trim_end_matches('\r');
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut field = String::new();
            let mut letters = quoted.char_indices().peekable();
            let end = loop {
                match letters.next()? {
                    (_, '"') if letters.peek().is_some_and(|(_, next)| *next == '"') => {
                        letters.next();
                        field.push('"');
                    }
                    (at, '"') => break at + 1,
                    (_, letter) => field.push(letter),
                }
            };
            fields.push(field);
            rest = &quoted[end..];
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None if rest.is_empty() => return Some(fields),
                None => return None,
            }
        } else if let Some((field, more)) = rest.split_once(',') {
            fields.push(field.trim().to_owned());
            rest = more;
        } else {
            fields.push(rest.trim().to_owned());
            return Some(fields);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_with_their_lines() {
        let rows = parse_map(
            "source,target\r\n\r\nalice@old.example,alice@new.example\n\
             \"Bob, \"\"B\"\"\",bob@new.example\n",
        );
        let rows = rows.expect("read");
        assert_eq!((rows[0].line, &*rows[0].source), (3, "alice@old.example"));
        assert_eq!((rows[1].line, &*rows[1].source), (4, "Bob, \"B\""));
    }

    #[test]
    fn each_rule_names_its_line() {
        for (text, line) in [
            ("", 1),
            ("from,to\n", 1),
            ("source,target\na\n", 2),
            ("source,target\na,not-a-user\n", 2),
            ("source,target\na,x@y\na,z@y\n", 3),
            ("source,target\na,x@y\nb,X@Y\n", 3),
            ("source,target\n\"a,x@y\n", 2),
        ] {
            assert_eq!(parse_map(text).expect_err(text).line, line, "{text}");
        }
    }
}
