//! Who might be whom: suggestions for a person to look at. Nothing reads them but people; what is accepted becomes a row.

use std::collections::BTreeMap;

use super::{MappingError, fields};

/// Somebody as a directory names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The key: a principal name or object id.
    pub key: String,
    /// The name that people see.
    pub display_name: String,
}

/// Why somebody is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The same before the `@`.
    SameAlias,
    /// The same display name, and nobody else has it on either side.
    SameName,
    /// A display name that several have: any of them could be meant.
    Twins,
    /// Letters that only look the same: take it for an attack until shown otherwise.
    LooksAlike,
}

impl Likeness {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LooksAlike => "looks-alike",
            Self::SameAlias => "same-alias",
            Self::SameName => "same-name",
            Self::Twins => "twins",
        }
    }
}

/// Somebody of the source and somebody of the target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suggestion {
    /// The key in the source.
    pub source: String,
    /// The key in the target.
    pub target: String,
    /// Why.
    pub likeness: Likeness,
}

/// Letters of other alphabets that are drawn like Latin ones: a part of Unicode's confusables (UTS 39) that names are made of.
const LOOKS_LIKE: &[(char, char)] = &[
    ('\u{430}', 'a'),
    ('\u{435}', 'e'),
    ('\u{43e}', 'o'),
    ('\u{440}', 'p'),
    ('\u{441}', 'c'),
    ('\u{443}', 'y'),
    ('\u{445}', 'x'),
    ('\u{456}', 'i'),
    ('\u{458}', 'j'),
    ('\u{455}', 's'),
    ('\u{501}', 'd'),
    ('\u{51b}', 'q'),
    ('\u{51d}', 'w'),
    ('\u{4bb}', 'h'),
    ('\u{4cf}', 'l'),
    ('\u{3b1}', 'a'),
    ('\u{3bf}', 'o'),
    ('\u{3c1}', 'p'),
    ('\u{3bd}', 'v'),
    ('\u{3b9}', 'i'),
    ('\u{3ba}', 'k'),
    ('\u{3c5}', 'u'),
    ('\u{3c7}', 'x'),
    ('\u{131}', 'i'),
    ('\u{261}', 'g'),
    ('0', 'o'),
    ('1', 'l'),
];

/// What a name looks like, whatever letters it is made of.
fn skeleton(text: &str) -> String {
    let lower = text.to_lowercase();
    let letters = lower.chars().filter(|letter| !letter.is_whitespace());
    letters
        .map(|letter| {
            let alike = LOOKS_LIKE.iter().find(|(drawn, _)| *drawn == letter);
            alike.map_or(letter, |(_, latin)| *latin)
        })
        .collect()
}

fn alias(key: &str) -> Option<String> {
    let (alias, _) = key.split_once('@')?;
    (!alias.is_empty()).then(|| alias.to_ascii_lowercase())
}

/// Reads who is to be looked for: a header `key,display_name`, then one a line.
pub fn parse_people(text: &str) -> Result<Vec<Named>, MappingError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let refuse = |line, rule: &str| MappingError {
        line,
        rule: rule.to_owned(),
    };
    let mut lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    let (first, header) = lines.next().ok_or_else(|| refuse(1, "the file is empty"))?;
    if fields(header).is_none_or(|header| header != ["key", "display_name"]) {
        return Err(refuse(first, "the header is `key,display_name`"));
    }
    lines
        .map(|(line, row)| {
            let row = fields(row).and_then(|row| <[String; 2]>::try_from(row).ok());
            let [key, display_name] = row.ok_or_else(|| refuse(line, "a row has two fields"))?;
            if key.is_empty() {
                return Err(refuse(line, "the key is not empty"));
            }
            Ok(Named { key, display_name })
        })
        .collect()
}

/// Suggests, sorted by source and target.
pub fn suggestions(source: &[Named], target: &[Named]) -> Vec<Suggestion> {
    let mut by_look: BTreeMap<String, Vec<&Named>> = BTreeMap::new();
    let mut by_alias: BTreeMap<String, Vec<&Named>> = BTreeMap::new();
    for named in target {
        by_look
            .entry(skeleton(&named.display_name))
            .or_default()
            .push(named);
        if let Some(alias) = alias(&named.key) {
            by_alias.entry(skeleton(&alias)).or_default().push(named);
        }
    }
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for named in source {
        *names.entry(skeleton(&named.display_name)).or_default() += 1;
    }
    let mut found = Vec::new();
    for named in source {
        let look = skeleton(&named.display_name);
        let with_name = by_look.get(&look).map_or(&[][..], Vec::as_slice);
        let alias = alias(&named.key);
        let with_alias = alias
            .as_ref()
            .and_then(|alias| by_alias.get(&skeleton(alias)));
        let with_alias = with_alias.map_or(&[][..], Vec::as_slice);
        let mut candidates: BTreeMap<&str, Likeness> = BTreeMap::new();
        let mut add = |key, likeness| {
            let known = candidates.entry(key).or_insert(likeness);
            *known = (*known).max(likeness);
        };
        for other in with_name.iter().filter(|_| !look.is_empty()) {
            let same = other.display_name.trim() == named.display_name.trim();
            let likeness = match (same, with_name.len() + names[&look]) {
                (false, _) if is_drawn(&named.display_name, &other.display_name) => {
                    Likeness::LooksAlike
                }
                (_, 2) => Likeness::SameName,
                _ => Likeness::Twins,
            };
            add(&other.key, likeness);
        }
        for other in with_alias {
            let own = alias.as_deref().unwrap_or_default();
            let theirs = other.key.split('@').next().unwrap_or_default();
            let same = own == theirs.to_ascii_lowercase();
            add(
                &other.key,
                if same {
                    Likeness::SameAlias
                } else {
                    Likeness::LooksAlike
                },
            );
        }
        found.extend(candidates.into_iter().map(|(key, likeness)| Suggestion {
            source: named.key.clone(),
            target: key.to_owned(),
            likeness,
        }));
    }
    found.sort();
    found
}

/// Whether two names look the same and are not, whatever their case.
fn is_drawn(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() != b.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(key: &str, display_name: &str) -> Named {
        Named {
            key: key.to_owned(),
            display_name: display_name.to_owned(),
        }
    }

    fn of(source: &[Named], target: &[Named]) -> Vec<(String, Likeness)> {
        let found = suggestions(source, target).into_iter();
        found.map(|one| (one.target, one.likeness)).collect()
    }

    #[test]
    fn one_name_on_each_side_is_suggested_and_twins_are_called_so() {
        let ann = named("ann@old", "Ann Smith");
        let one = [named("a.smith@new", "Ann Smith")];
        assert_eq!(
            of(std::slice::from_ref(&ann), &one),
            [("a.smith@new".to_owned(), Likeness::SameName)]
        );
        let two = [
            named("a.smith@new", "Ann Smith"),
            named("ann.s@new", "ann smith"),
        ];
        let found = of(&[ann], &two);
        assert!(found.len() == 2 && found.iter().all(|(_, why)| *why == Likeness::Twins));
    }

    #[test]
    fn letters_that_only_look_the_same_are_called_so_even_with_the_same_alias() {
        let ann = named("ann@old", "Ann Smith");
        let drawn = [named("ann@new", "\u{410}nn Smith")];
        let found = of(std::slice::from_ref(&ann), &drawn);
        assert_eq!(found, [("ann@new".to_owned(), Likeness::LooksAlike)]);
        let drawn = [named("\u{430}nn@new", "Somebody Else")];
        assert_eq!(of(&[ann], &drawn)[0].1, Likeness::LooksAlike);
    }

    #[test]
    fn people_are_read_with_their_lines() {
        let people = parse_people("key,display_name\nann@old,\"Smith, Ann\"\n").expect("good");
        assert_eq!(people, [named("ann@old", "Smith, Ann")]);
        for (text, line) in [("", 1), ("a,b\n", 1), ("key,display_name\n,Ann\n", 2)] {
            assert_eq!(parse_people(text).expect_err(text).line, line);
        }
    }

    #[test]
    fn who_shares_nothing_is_not_suggested() {
        assert_eq!(of(&[named("ann@old", "")], &[named("bob@new", "")]), []);
    }
}
