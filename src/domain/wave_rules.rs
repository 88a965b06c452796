//! Who is in which wave, as a person writes it down: named people, departments, patterns, and the long tail behind all. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::identity::fields;
use super::wave::WAVES_MAX;

/// Why a file is refused; nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {rule}")]
pub struct WaveFileError {
    /// The line, from 1.
    pub line: usize,
    /// The rule that it breaks.
    pub rule: &'static str,
}

const HEADER: [&str; 3] = ["custodian", "department", "wave"];
const ROWS_MAX: usize = 1_000_000;

/// The rules of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaveRules {
    people: BTreeMap<String, u32>,
    departments: BTreeMap<String, u32>,
    of: BTreeMap<String, String>,
    /// What stands before and behind the star, in the order of the file.
    patterns: Vec<(String, String, u32)>,
    last: u32,
}

impl WaveRules {
    /// Reads a file: the header `custodian,department,wave`, and rows of which two or three fields are filled. A custodian and
    /// a wave name a person, or with one `*` a pattern; a custodian and a department say where somebody works; a department and
    /// a wave are a rule.
    pub fn parse(text: &str) -> Result<Self, WaveFileError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.trim().is_empty());
        let refuse = |line, rule| WaveFileError { line, rule };
        let (first, header) = lines.next().ok_or_else(|| refuse(1, "the file is empty"))?;
        if fields(header).is_none_or(|found| found != HEADER) {
            return Err(refuse(first, "the header is `custodian,department,wave`"));
        }
        let mut rules = Self::default();
        for (number, (line, text)) in lines.enumerate() {
            if number == ROWS_MAX {
                return Err(refuse(line, "more than 1,000,000 rows"));
            }
            rules.row(text).map_err(|rule| refuse(line, rule))?;
        }
        if rules.last == 0 {
            return Err(refuse(first, "no row names a wave"));
        }
        let has_rule = |department: &String| rules.departments.contains_key(department);
        if !rules.of.values().all(has_rule) {
            return Err(refuse(
                first,
                "somebody works in a department that no row gives a wave",
            ));
        }
        Ok(rules)
    }

    fn row(&mut self, text: &str) -> Result<(), &'static str> {
        let found = fields(text).and_then(|found| <[String; 3]>::try_from(found).ok());
        let [custodian, department, wave] = found.ok_or("a row has three fields")?;
        let (custodian, department) = (custodian.to_lowercase(), department.to_lowercase());
        let number = match &*wave {
            "" => None,
            wave => Some(number_of(wave).ok_or("a wave is a number from 1 to 200")?),
        };
        self.last = self.last.max(number.unwrap_or_default());
        let again = "the same person or department a second time";
        let is_new = match (&*custodian, &*department, number) {
            ("", "", _) | (_, "", None) | ("", _, None) => {
                return Err("a row fills at least two fields");
            }
            ("", _, Some(wave)) => self.departments.insert(department, wave).is_none(),
            (_, _, Some(wave)) => {
                if !department.is_empty() {
                    self.departments.entry(department).or_insert(wave);
                }
                match custodian.split_once('*') {
                    Some((_, behind)) if behind.contains('*') => return Err("one `*` at most"),
                    Some((before, behind)) => {
                        let rule = (before.to_owned(), behind.to_owned(), wave);
                        self.patterns.push(rule);
                        true
                    }
                    None => self.people.insert(custodian, wave).is_none(),
                }
            }
            (_, _, None) => self.of.insert(custodian, department).is_none(),
        };
        if is_new { Ok(()) } else { Err(again) }
    }

    /// The wave of a custodian, as the source names it; whoever no row names is in the one behind all that are named.
    pub fn wave_of(&self, custodian: &str) -> u32 {
        let name = custodian.to_lowercase();
        if let Some(wave) = self.people.get(&name) {
            return *wave;
        }
        let of_department = self.of.get(&name).and_then(|of| self.departments.get(of));
        if let Some(wave) = of_department {
            return *wave;
        }
        let fits = |(before, behind, _): &&(String, String, u32)| {
            let rest = name.strip_prefix(&**before);
            rest.is_some_and(|rest| rest.ends_with(&**behind))
        };
        let found = self.patterns.iter().find(fits);
        found.map_or(self.last + 1, |(_, _, wave)| *wave)
    }

    /// The people whom rows name: a name that is nobody's is a mistake that nobody would notice.
    pub fn named(&self) -> BTreeSet<&str> {
        let named = self.people.keys().chain(self.of.keys());
        named.map(String::as_str).collect()
    }
}

fn number_of(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    // Each may become two: what is recent, and the rest.
    let most = u32::try_from(WAVES_MAX / 2).unwrap_or(u32::MAX);
    (1..=most).contains(&number).then_some(number)
}

/// The number of a wave when what is recent goes before the rest of the same people.
pub fn split(wave: u32, is_recent: bool) -> u32 {
    wave * 2 - u32::from(is_recent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "custodian,department,wave\nceo@old.example,,1\nann@old.example,Legal,\n\
                        ,legal,2\n*@plant.old.example,,3\n\"bo, b@old.example\",,2\n";

    #[test]
    fn people_departments_patterns_and_the_tail() {
        let rules = WaveRules::parse(FILE).expect("a good file");
        for (who, wave) in [
            ("CEO@old.example", 1),
            ("ann@old.example", 2),
            ("x@plant.old.example", 3),
            ("bo, b@old.example", 2),
            ("somebody@old.example", 4),
        ] {
            assert_eq!(rules.wave_of(who), wave, "{who}");
        }
        assert_eq!(rules.named().len(), 3);
        assert_eq!((split(1, true), split(1, false), split(2, true)), (1, 2, 3));
    }

    #[test]
    fn a_bad_file_is_refused_with_its_line() {
        let line = |text: &str| WaveRules::parse(text).expect_err(text).line;
        let with = |row: &str| format!("custodian,department,wave\na,,1\n{row}\n");
        assert_eq!(line(""), 1);
        assert_eq!(line("custodian,wave\na,1\n"), 1);
        for row in [
            "b,,0", "b,,201", "b,,x", "b,,", ",d,", "a,,2", "*b*,,1", "b,1",
        ] {
            assert_eq!(line(&with(row)), 3, "{row}");
        }
        let homeless = WaveRules::parse(&with("b,sales,")).expect_err("no rule");
        assert!(homeless.rule.contains("department"), "{homeless}");
    }
}
