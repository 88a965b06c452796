//! The rows of the tables of properties in docs/fidelity.md, as values by which tests assert what becomes of a property: a row
//! that no test asserts fails, and so does an assertion of a row that the page has not.

mod kinds;
mod mail;
mod outlook;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use crate::tidy::{rust_files, top};

/// What becomes of a property, in the words of the page.
const OUTCOMES: [&str; 4] = ["kept", "as declared", "held", "lost"];
const HEADER: &str = "| property | outcome | how it is restored | what to know |";

/// Table and property, and what a test says of it.
type Asserted = ((String, String), &'static str);

/// A property of a table. Whoever has one asserts by it: only so does the row count as held by a test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    table: &'static str,
    property: &'static str,
}

impl Row {
    /// It stands in the target as it stood in the source.
    #[track_caller]
    #[must_use]
    pub(crate) fn kept(table: &'static str, property: &'static str) -> Self {
        Self::of(table, property, "kept")
    }

    /// It stands there in another form, and the record or the page says so.
    #[track_caller]
    #[must_use]
    pub(crate) fn declared(table: &'static str, property: &'static str) -> Self {
        Self::of(table, property, "as declared")
    }

    /// It waits for people.
    #[track_caller]
    #[must_use]
    pub(crate) fn held(table: &'static str, property: &'static str) -> Self {
        Self::of(table, property, "held")
    }

    /// It is not there.
    #[track_caller]
    #[must_use]
    pub(crate) fn lost(table: &'static str, property: &'static str) -> Self {
        Self::of(table, property, "lost")
    }

    #[track_caller]
    fn of(table: &'static str, property: &'static str, outcome: &str) -> Self {
        let rows = rows(&page());
        let found = rows.get(&(table.to_owned(), property.to_owned()));
        let found = found.map(String::as_str);
        assert_eq!(
            found,
            Some(outcome),
            "docs/fidelity.md: {table}: {property}"
        );
        Self { table, property }
    }

    /// Asserts that something is so; `found` is shown where it is not.
    #[track_caller]
    pub(crate) fn holds(self, is_so: bool, found: &dyn Debug) {
        let Self { table, property } = self;
        assert!(is_so, "{table}: {property}: {found:?}");
    }

    /// Asserts that two are equal.
    #[track_caller]
    pub(crate) fn is<Found, Wanted>(self, found: &Found, wanted: &Wanted)
    where
        Found: PartialEq<Wanted> + Debug + ?Sized,
        Wanted: Debug + ?Sized,
    {
        self.holds(found == wanted, &(found, wanted));
    }

    /// Asserts that a text stands within another.
    #[track_caller]
    pub(crate) fn stands_in(self, text: &str, wanted: &str) {
        self.holds(text.contains(wanted), &(text, wanted));
    }
}

fn page() -> String {
    let path = top().join("docs/fidelity.md");
    std::fs::read_to_string(path).expect("the page")
}

/// By table and property, what becomes of it. A cell may name several, with commas between them.
fn rows(page: &str) -> BTreeMap<(String, String), String> {
    let mut rows = BTreeMap::new();
    let (mut table, mut is_inside) = (String::new(), false);
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            // `Outlook data files (PST)` goes by what stands before the bracket.
            let short = title.split(" (").next().unwrap_or_default();
            short.clone_into(&mut table);
        }
        is_inside = line == HEADER || (is_inside && line.starts_with('|'));
        if !is_inside || line == HEADER || line.starts_with("| ---") {
            continue;
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, properties, outcome, _, _, _] = cells[..] else {
            panic!("four cells a row: {line}")
        };
        assert!(OUTCOMES.contains(&outcome), "{outcome}: {line}");
        for property in properties.split(", ") {
            let key = (table.clone(), property.to_owned());
            let before = rows.insert(key, outcome.to_owned());
            assert_eq!(before, None, "{table}: {property} stands there twice");
        }
    }
    rows
}

/// The rows that a source file asserts: `Row::kept("Messages", "subject")`.
fn asserted(source: &str) -> Vec<Asserted> {
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let code: Vec<&str> = source.lines().filter(is_code).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for call in code.split("Row::").skip(1) {
        let calls = ["kept(", "declared(", "held(", "lost("];
        let known = calls.iter().zip(OUTCOMES);
        let outcome = known.filter_map(|(name, outcome)| {
            let words = call.strip_prefix(name)?;
            let mut words = words.split('"').skip(1).step_by(2);
            let key = (words.next()?.to_owned(), words.next()?.to_owned());
            Some((key, outcome))
        });
        found.extend(outcome);
    }
    found
}

/// All that the tests assert; this file names rows only to speak of them.
fn asserted_anywhere() -> Vec<Asserted> {
    let all = rust_files("tests/it");
    let others = all
        .iter()
        .filter(|file| file.path != "tests/it/fidelity.rs");
    others.flat_map(|file| asserted(&file.text)).collect()
}

#[test]
fn each_property_of_the_page_is_held_by_a_test_and_each_test_by_the_page() {
    let rows = rows(&page());
    let asserted = asserted_anywhere();
    let mut wrong = Vec::new();
    for ((table, property), outcome) in &rows {
        let key = (table.clone(), property.clone());
        if !asserted
            .iter()
            .any(|(known, said)| *known == key && said == outcome)
        {
            wrong.push(format!("no test asserts {table}: {property}: {outcome}"));
        }
    }
    for ((table, property), outcome) in &asserted {
        let key = (table.clone(), property.clone());
        if rows.get(&key).map(String::as_str) != Some(*outcome) {
            wrong.push(format!("the page has no {table}: {property}: {outcome}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows.len() > 150, "only {} properties", rows.len());
    let tables: BTreeSet<&String> = rows.keys().map(|(table, _)| table).collect();
    assert_eq!(tables.len(), 8, "{tables:?}");
}

#[test]
fn a_comment_asserts_nothing_and_a_call_over_two_lines_does() {
    let call = "Row::kept";
    let source = format!("// {call}(\"A\", \"b\")\n{call}(\n    \"A\",\n    \"c\",\n)\n");
    let key = ("A".to_owned(), "c".to_owned());
    assert_eq!(asserted(&source), [(key, "kept")]);
}
