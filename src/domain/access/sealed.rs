//! An access plan as it is kept and approved: a list of parts by subject, each encrypted for its subject. Its hash is its name.

use std::fmt::Write as _;

use crate::domain::item::Digest;

/// What one subject's part of an access plan is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessPart {
    /// The custodian's pseudonym, or `case`.
    pub subject: String,
    /// The encrypted object.
    pub object: String,
    /// How many lines it has.
    pub rows: u64,
}

/// The plan that another one takes the place of, and the rows of the map that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amends {
    /// Its name.
    pub plan: String,
    /// The rows, by subject; the first of the case holds both versions of the map and the amendment's digest.
    pub changed: Vec<AccessPart>,
}

/// An access plan that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedAccess {
    /// What it was made from, encrypted for the case.
    pub said: String,
    /// Grants that are kept, that wait, that are lost.
    pub grants: [u64; 3],
    /// By custodian, what becomes of each grant, and each call.
    pub parts: Vec<AccessPart>,
    /// What it takes the place of.
    pub amends: Option<Amends>,
}

const HEAD: &str = "unbroken access plan v1";

impl SealedAccess {
    /// The bytes that are hashed.
    pub fn text(&self) -> String {
        let [kept, held, lost] = self.grants;
        let mut text = format!("{HEAD}\nsaid {}\ngrants {kept} {held} {lost}\n", self.said);
        let mut list = |word: &str, parts: &[AccessPart]| {
            let mut parts = parts.to_vec();
            parts.sort();
            for part in parts {
                let _ = writeln!(
                    text,
                    "{word} {} {} {}",
                    part.subject, part.object, part.rows
                );
            }
        };
        list("part", &self.parts);
        if let Some(amends) = &self.amends {
            list("changed", &amends.changed);
            let _ = writeln!(text, "amends {}", amends.plan);
        }
        text
    }

    /// Reads what [`SealedAccess::text`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        if lines.next()? != HEAD {
            return None;
        }
        let mut sealed = Self::default();
        let mut changed = Vec::new();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["said", object] => object.clone_into(&mut sealed.said),
                ["grants", kept, held, lost] => {
                    sealed.grants = [kept.parse().ok()?, held.parse().ok()?, lost.parse().ok()?];
                }
                ["part", subject, object, rows] => sealed.parts.push(part(subject, object, rows)?),
                ["changed", subject, object, rows] => changed.push(part(subject, object, rows)?),
                ["amends", plan] => {
                    Digest::parse(plan)?;
                    sealed.amends = Some(Amends {
                        plan: plan.to_owned(),
                        changed: std::mem::take(&mut changed),
                    });
                }
                _ => return None,
            }
        }
        // One spelling only: two texts of one plan would have two names.
        (sealed.text() == text).then_some(sealed)
    }
}

fn part(subject: &str, object: &str, rows: &str) -> Option<AccessPart> {
    Digest::parse(object)?;
    Some(AccessPart {
        subject: subject.to_owned(),
        object: object.to_owned(),
        rows: rows.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(subject: &str, digit: &str) -> AccessPart {
        AccessPart {
            subject: subject.to_owned(),
            object: digit.repeat(64),
            rows: 3,
        }
    }

    fn sealed() -> SealedAccess {
        SealedAccess {
            said: "a".repeat(64),
            grants: [1, 2, 3],
            parts: vec![of("ann", "b"), of("bob", "c")],
            amends: Some(Amends {
                plan: "d".repeat(64),
                changed: vec![of("case", "e")],
            }),
        }
    }

    #[test]
    fn a_plan_is_read_as_it_was_written_and_in_one_spelling_only() {
        let text = sealed().text();
        assert_eq!(SealedAccess::parse(&text), Some(sealed()));
        let first = SealedAccess {
            amends: None,
            ..sealed()
        };
        assert_eq!(SealedAccess::parse(&first.text()), Some(first));
        for other in [
            text.replace("grants 1", "grants 01"),
            text.replace("v1", "v2"),
            text.trim_end().to_owned(),
            text.clone() + "\n",
            text.replace(&"d".repeat(64), "d"),
            text.replace("part ann", "part  ann"),
        ] {
            assert_eq!(SealedAccess::parse(&other), None, "{other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_read_is_written_the_same(text in "(?s).{0,200}") {
            let text = format!("{HEAD}\n{text}");
            if let Some(sealed) = SealedAccess::parse(&text) {
                proptest::prop_assert_eq!(sealed.text(), text);
            }
        }
    }

    #[test]
    fn another_part_or_another_row_is_another_plan() {
        let mut other = sealed();
        other.parts[0].rows = 4;
        assert_ne!(other.text(), sealed().text());
    }
}
