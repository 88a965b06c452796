//! A list of a site as it is made in the target: its columns by kind, each with a name that SharePoint takes as it is. Items
//! stand in [`super::list_item`]; Graph's JSON is not known here.
//! <https://learn.microsoft.com/graph/api/resources/columndefinition>

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::item::Digest;
use super::message::{Delta, Transform};

/// A column's internal name was made of letters and digits; what people see of it is its title.
pub const COLUMN_NAME_PLAIN: Transform = Transform("column-name-plain/1");
/// The column that every list has; it is never made.
pub const TITLE: &str = "Title";
/// Names of ours and of SharePoint stay below this.
const NAME_CHARS_MAX: usize = 32;

/// A list, and what of it the target is not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteList {
    /// What people see.
    pub name: String,
    /// Its description.
    pub description: String,
    /// The columns beside [`TITLE`], in order.
    pub columns: Vec<Column>,
    /// What was changed on purpose.
    pub transforms: Vec<Transform>,
    /// What the target is not given.
    pub deltas: Vec<Delta>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the source.
    pub source_name: String,
    /// Its name in the target.
    pub name: String,
    /// What people see.
    pub title: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Yes or no.
    Boolean,
    /// One or several of some words.
    Choice {
        /// The words.
        choices: Vec<String>,
        /// Others may be written too.
        is_open: bool,
        /// Several at once.
        is_many: bool,
    },
    /// An amount; `locale` says of which money.
    Currency {
        /// Such as `en-us`; empty where the source does not say.
        locale: String,
    },
    /// A day, or an instant.
    DateTime {
        /// The hour is not shown.
        is_day: bool,
    },
    /// Items of another list.
    Lookup {
        /// That list, by name.
        list: String,
        /// Several at once.
        is_many: bool,
    },
    /// A number.
    Number,
    /// People of the site.
    Person {
        /// Several at once.
        is_many: bool,
    },
    /// Text.
    Text {
        /// More than one line.
        is_long: bool,
        /// HTML.
        is_rich: bool,
    },
}

impl ColumnKind {
    /// The word that comparisons and the record use.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Choice { .. } => "choice",
            Self::Currency { .. } => "currency",
            Self::DateTime { .. } => "date-time",
            Self::Lookup { .. } => "lookup",
            Self::Number => "number",
            Self::Person { .. } => "person",
            Self::Text { .. } => "text",
        }
    }
}

impl Column {
    /// The text column beside a column of people: names of those whom nobody in the target is mapped for.
    pub fn names_beside(&self) -> Option<Self> {
        matches!(self.kind, ColumnKind::Person { .. }).then(|| Self {
            source_name: String::new(),
            name: plain_name(&format!("{}Was", self.name)),
            title: format!("{} (as it was)", self.title),
            kind: ColumnKind::Text {
                is_long: true,
                is_rich: false,
            },
        })
    }
}

impl SiteList {
    /// The column of that name in the target.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// SHA-256 of all that an item's meaning rests on: name and columns. The service's own dates and ids are not in it.
    pub fn digest(&self) -> Digest {
        let mut text = String::from("unbroken/site-list/v1\n");
        let mut line = |name: &str, value: &str| {
            writeln!(text, "{name} {} {value}", value.len()).expect("a String takes any text");
        };
        line("name", &self.name);
        line("description", &self.description);
        for column in &self.columns {
            line("column", &column.source_name);
            line("title", &column.title);
            line("kind", &format!("{:?}", column.kind));
        }
        for delta in &self.deltas {
            line("without", delta.property);
        }
        Digest(Sha256::digest(text).into())
    }
}

/// A name that SharePoint neither refuses nor encodes: its own encoding (`_x0020_`) would be encoded once more. Where letters
/// are lost a part of the hash of the whole name tells two of them apart.
pub fn plain_name(source: &str) -> String {
    let is_plain = source.starts_with(|c: char| c.is_ascii_alphabetic())
        && source.len() <= NAME_CHARS_MAX
        && source.chars().all(|c| c.is_ascii_alphanumeric());
    if is_plain {
        return source.to_owned();
    }
    let hash = Digest(Sha256::digest(source).into()).to_string();
    let letters = source.chars().filter(char::is_ascii_alphanumeric);
    let letters = letters.skip_while(char::is_ascii_digit);
    let letters: String = letters.take(NAME_CHARS_MAX - 9).collect();
    format!("{letters}C{}", &hash[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_stays_and_no_two_others_meet() {
        assert_eq!(plain_name("Crane"), "Crane");
        for name in ["Due_x0020_Date", "DueDate_", "1st", "größe", ""] {
            let plain = plain_name(name);
            assert!(plain.len() <= NAME_CHARS_MAX, "{plain}");
            assert!(plain.chars().all(|c| c.is_ascii_alphanumeric()), "{plain}");
            assert!(plain.starts_with(|c: char| c.is_ascii_alphabetic()));
        }
        assert_ne!(plain_name("Due Date"), plain_name("DueDate_"));
        assert_ne!(plain_name(&"a".repeat(33)), plain_name(&"a".repeat(34)));
    }

    #[test]
    fn the_digest_sees_a_column_and_not_where_the_list_lies() {
        let column = |kind| Column {
            source_name: "Due".to_owned(),
            name: "Due".to_owned(),
            title: "Due".to_owned(),
            kind,
        };
        let list = |kind| SiteList {
            name: "Defects".to_owned(),
            columns: vec![column(kind)],
            ..SiteList::default()
        };
        let day = list(ColumnKind::DateTime { is_day: true });
        assert_eq!(day.digest(), day.clone().digest());
        let instant = list(ColumnKind::DateTime { is_day: false });
        assert_ne!(day.digest(), instant.digest());
    }
}
