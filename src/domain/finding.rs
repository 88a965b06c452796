//! A finding: what was required, what was found, where; and the look at the evidence that makes one. It judges no rule of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evidence::object::Object;
use super::evidence::{Answer, Evidence, Expected, Missing, NOT_READ, check_age};

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Held, on evidence.
    Pass,
    /// Does not hold, but every object that it names is waived.
    Waived,
    /// The answer could not be had. Never a pass.
    NeedsEvidence,
    /// Does not hold.
    Fail,
}

impl Verdict {
    /// As people read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Waived => "waived",
            Self::NeedsEvidence => "needs evidence",
            Self::Fail => "fail",
        }
    }

    /// Whether a gate may open over it.
    pub fn opens(self) -> bool {
        matches!(self, Self::Pass | Self::Waived)
    }
}

/// Something that a finding names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The object, the call or the section.
    pub object: String,
    /// What is wrong with it.
    pub why: String,
}

/// What a check saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Of the check.
    pub id: String,
    /// What it asks for.
    pub requirement: String,
    /// What it came to.
    pub verdict: Verdict,
    /// One line for a person.
    pub found: String,
    /// What does not hold, object by object.
    pub failed: Vec<Named>,
    /// What could not be had.
    pub missing: Vec<Named>,
    /// What it rests on: SHA-256 by call or file.
    pub rests_on: BTreeMap<String, String>,
}

/// One rule.
#[derive(Clone, Copy)]
pub struct Check {
    /// `C1` to `C32`, `S1` to `S24`.
    pub id: &'static str,
    /// What it asks for, in one sentence.
    pub requirement: &'static str,
    /// Looks.
    pub look: fn(&mut Look<'_>),
}

impl Check {
    /// Looks at the evidence and says what it found.
    pub fn run(&self, evidence: &Evidence) -> Finding {
        let mut look = Look {
            evidence,
            failed: Vec::new(),
            missing: Vec::new(),
            notes: Vec::new(),
            rests_on: BTreeMap::new(),
        };
        (self.look)(&mut look);
        look.finish(self)
    }
}

/// The paths that checks would still look at: what they ask for depends on what was read before.
pub fn unread(checks: &[Check], evidence: &Evidence) -> Vec<String> {
    let mut paths: Vec<String> = checks
        .iter()
        .flat_map(|check| check.run(evidence).missing)
        .filter(|named| named.why == NOT_READ && named.object.starts_with('/'))
        .map(|named| named.object)
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

/// A check at work: it can only reach evidence through this, so that whatever is missing is noticed.
pub struct Look<'a> {
    evidence: &'a Evidence,
    failed: Vec<Named>,
    missing: Vec<Named>,
    notes: Vec<String>,
    rests_on: BTreeMap<String, String>,
}

impl<'a> Look<'a> {
    /// All that there is, for what was declared.
    pub fn evidence(&self) -> &'a Evidence {
        self.evidence
    }

    /// What was declared.
    pub fn expected(&self) -> &'a Expected {
        &self.evidence.expected
    }

    /// Something does not hold.
    pub fn fail(&mut self, object: impl Into<String>, why: impl Into<String>) {
        let named = Named {
            object: object.into(),
            why: why.into(),
        };
        if !self.failed.contains(&named) {
            self.failed.push(named);
        }
    }

    /// Something could not be had.
    pub fn missing(&mut self, what: impl Into<String>, why: impl Into<String>) {
        let named = Named {
            object: what.into(),
            why: why.into(),
        };
        if !self.missing.contains(&named) {
            self.missing.push(named);
        }
    }

    /// Worth saying, and no fault.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    fn without(&mut self, missing: Missing) {
        self.missing(missing.what, missing.why);
    }

    fn answer(&mut self, path: &str) -> Option<Object<'a>> {
        match self.evidence.graph.answer(path) {
            Ok(Answer::Said { digest, body }) => {
                self.rests_on.insert(path.to_owned(), digest.clone());
                Some(Object::new(body))
            }
            Ok(_) => None,
            Err(missing) => {
                self.without(missing);
                None
            }
        }
    }

    /// One object; where there is none of it, that is missing.
    pub fn one(&mut self, path: &str) -> Option<Object<'a>> {
        let object = self.answer(path);
        if matches!(self.evidence.graph.answer(path), Ok(Answer::Nothing)) {
            self.missing(path, "the tenant has none");
        }
        object
    }

    /// One object that a tenant need not have.
    pub fn maybe(&mut self, path: &str) -> Option<Object<'a>> {
        self.answer(path)
    }

    /// The rows of a collection. An answer that is none is missing: an empty one is not.
    pub fn list(&mut self, path: &str) -> Vec<Object<'a>> {
        let Some(answer) = self.answer(path) else {
            return Vec::new();
        };
        if !answer
            .value()
            .get("value")
            .is_some_and(serde_json::Value::is_array)
        {
            self.missing(path, "the answer is no collection");
        }
        answer.objects("value")
    }

    /// A flag of an object; where it does not stand there, that is missing.
    pub fn flag(&mut self, object: Object<'a>, of: &str, path: &str) -> Option<bool> {
        let flag = object.flag(path);
        if flag.is_none() {
            self.missing(of, format!("{path} is not in the answer"));
        }
        flag
    }

    /// A text of an object; where it does not stand there, that is missing.
    pub fn text(&mut self, object: Object<'a>, of: &str, path: &str) -> Option<&'a str> {
        let text = object.text(path);
        if text.is_none() {
            self.missing(of, format!("{path} is not in the answer"));
        }
        text
    }

    /// The rows of an evidence file's section.
    pub fn section(&mut self, noun: &str) -> Vec<Object<'a>> {
        match self.evidence.section(noun) {
            Ok((file, rows)) => {
                self.rests_on.insert(file.name.clone(), file.digest.clone());
                rows
            }
            Err(missing) => {
                self.without(missing);
                Vec::new()
            }
        }
    }

    /// The only row of a section that a tenant has one of.
    pub fn setting(&mut self, noun: &str) -> Option<Object<'a>> {
        let rows = self.section(noun);
        let has_it = self.evidence.section(noun).is_ok();
        if has_it && rows.is_empty() {
            self.missing(format!("Get-{noun}"), "the section has no row");
        }
        rows.first().copied()
    }

    /// Whether somebody vouches for something, by name, and looked of late: what they saw before the last wave is not what is.
    pub fn attested(&mut self, name: &str) {
        match self.evidence.attested.get(name) {
            Some(attestation) if attestation.by.trim().is_empty() => {
                self.missing(format!("attestation {name}"), "it does not say whose it is");
            }
            Some(attestation) => {
                if let Err(why) = check_age(attestation.at, self.evidence.now) {
                    self.missing(format!("attestation {name}"), why);
                    return;
                }
                let digest = attestation.digest.clone();
                self.rests_on.insert(format!("attested: {name}"), digest);
                if attestation.denies {
                    self.fail(
                        name,
                        format!("{} looked, and it does not hold", attestation.by),
                    );
                } else {
                    self.note(format!("{} vouches for {name}", attestation.by));
                }
            }
            None => self.missing(format!("attestation {name}"), "nobody vouches for it"),
        }
    }

    fn finish(self, check: &Check) -> Finding {
        let verdict = if !self.failed.is_empty() {
            Verdict::Fail
        } else if !self.missing.is_empty() {
            Verdict::NeedsEvidence
        } else {
            Verdict::Pass
        };
        let first = |list: &[Named]| {
            list.first()
                .map(|named| format!("{}: {}", named.object, named.why))
                .unwrap_or_default()
        };
        let more = |count: usize| match count {
            0 | 1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let found = match verdict {
            Verdict::Fail => first(&self.failed) + &more(self.failed.len()),
            Verdict::NeedsEvidence => first(&self.missing) + &more(self.missing.len()),
            _ if self.notes.is_empty() => "as required".to_owned(),
            _ => self.notes.join("; "),
        };
        Finding {
            id: check.id.to_owned(),
            requirement: check.requirement.to_owned(),
            verdict,
            found,
            failed: self.failed,
            missing: self.missing,
            rests_on: self.rests_on,
        }
    }
}
