//! What the gates judge: raw answers of Graph, sections of evidence files, attestations, and what was declared. It judges nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

pub mod exchange;
pub mod object;
pub mod scuba;
mod scuba_raw;

use super::event::Certifiers;
use super::pseudonym::Pseudonym;
use object::Object;

/// Rows that one reading or section may have. A tenant with more users than that is not judged by a truncated list.
pub const ROWS_MAX: usize = 500_000;

/// Evidence older than that says nothing of today, in hours.
const HOURS_MAX: i64 = 7 * 24;

/// Clocks of two machines differ by that much, in minutes.
const MINUTES_AHEAD_MAX: i64 = 5;

/// Why an answer is missing that nobody has asked for yet: the one reason that a further read can change.
pub const NOT_READ: &str = "it was not read";

/// One answer of Graph, all pages of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What it said, with the SHA-256 of the raw bytes, hex.
    Said {
        /// SHA-256 of the raw bytes as they came, hex.
        digest: String,
        /// The JSON.
        body: Value,
    },
    /// The documentation has 404 mean that there is none of it.
    Nothing,
    /// It could not be had. Never a pass.
    NotHad(String),
}

/// The answers, by the path that was asked for, without the query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Readings(BTreeMap<String, Answer>);

impl Readings {
    /// Takes an answer in.
    pub fn insert(&mut self, path: impl Into<String>, answer: Answer) {
        self.0.insert(path.into(), answer);
    }

    /// The answer for a path; one that was never asked for could not be had either.
    pub fn answer(&self, path: &str) -> Result<&Answer, Missing> {
        match self.0.get(path) {
            Some(Answer::NotHad(why)) => Err(Missing::new(path, why.clone())),
            Some(answer) => Ok(answer),
            None => Err(Missing::new(path, NOT_READ)),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Answer)> {
        self.0.iter().map(|(path, answer)| (path.as_str(), answer))
    }
}

/// What could not be had, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The call, the section or the attestation.
    pub what: String,
    /// Why.
    pub why: String,
}

impl Missing {
    /// Names it.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
        }
    }
}

/// Rows that an administrator exported, under the noun of their cmdlet (`Get-Mailbox`: `Mailbox`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Number of the file in [`Evidence::files`].
    pub file: usize,
    /// The rows, as exported.
    pub rows: Vec<Value>,
}

/// A file that somebody brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvidenceFile {
    /// Its name, without a folder.
    pub name: String,
    /// SHA-256 of its bytes, hex.
    pub digest: String,
    /// What made it.
    pub tool: String,
    /// Which version of that.
    pub version: String,
    /// The tenant that it speaks of.
    pub tenant_id: String,
    /// When it was taken.
    pub taken_at: Option<DateTime<Utc>>,
}

/// Whether what was taken at an instant may speak of today; the reason where it may not.
pub(super) fn check_age(taken: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), String> {
    match taken {
        None => Err("does not say when it was taken".to_owned()),
        Some(taken) if taken > now + TimeDelta::minutes(MINUTES_AHEAD_MAX) => {
            Err("was taken in the future".to_owned())
        }
        Some(taken) if now - taken > TimeDelta::hours(HOURS_MAX) => {
            Err(format!("was taken at {taken}, more than a week ago"))
        }
        Some(_) => Ok(()),
    }
}

/// What a person vouches for under a name, with the file that they rest on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attestation {
    /// Who.
    pub by: String,
    /// SHA-256 of what they rest on, hex; empty when it is their word alone.
    pub digest: String,
    /// When they looked.
    pub at: Option<DateTime<Utc>>,
    /// They looked, and it does not hold.
    pub denies: bool,
}

/// The compromised tenant, as the declaration pins it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OldTenant {
    /// Its GUID.
    pub tenant_id: String,
    /// Its domains, the initial one too.
    pub domains: Vec<String>,
    /// Domains that were its own and are the clean tenant's now: addresses in them are at home, guests from them are not.
    pub moved: Vec<String>,
    /// App ids that were homed in it.
    pub app_ids: Vec<String>,
    /// Thumbprints of its certificates, and ids of its keys.
    pub thumbprints: Vec<String>,
}

fn lies_in(domains: &[String], host: &str) -> bool {
    domains.iter().any(|domain| {
        let domain = domain.to_ascii_lowercase();
        host.strip_suffix(&domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

impl OldTenant {
    /// Whether an address, a host or an UPN lies in one of its domains. Labels are compared whole: `notold.example` is not
    /// `old.example`.
    pub fn owns(&self, host_or_address: &str) -> bool {
        let text = host_or_address.trim().to_ascii_lowercase();
        let text = text.rsplit('@').next().unwrap_or(&text);
        lies_in(&self.domains, text)
    }

    /// Whether a guest's UPN was made from an address in it: `alice_old.example#EXT#@new.example`.
    pub fn invited(&self, upn: &str) -> bool {
        let lower = upn.to_ascii_lowercase();
        let Some((from, _)) = lower.split_once("#ext#") else {
            return false;
        };
        from.rsplit_once('_')
            .is_some_and(|(_, host)| self.owns(host) || lies_in(&self.moved, host))
    }

    /// Whether an id is the tenant's.
    pub fn is_id(&self, id: &str) -> bool {
        !self.tenant_id.is_empty() && self.tenant_id.eq_ignore_ascii_case(id)
    }

    /// Whether an app id was homed in it.
    pub fn has_app(&self, id: &str) -> bool {
        self.app_ids.iter().any(|app| app.eq_ignore_ascii_case(id))
    }

    /// Whether a thumbprint or a key's id is one of its own.
    pub fn has_key(&self, id: &str) -> bool {
        let same = |known: &String| known.eq_ignore_ascii_case(id);
        self.thumbprints.iter().any(same)
    }
}

/// An app that may hold rights in the clean tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedApp {
    /// Its app id.
    pub app_id: String,
    /// Ours: it may write. Another one may only read.
    pub is_ours: bool,
    /// The permissions that it may hold, application and delegated.
    pub roles: Vec<String>,
    /// Credentials that it may have: a `keyId`, or `ISSUER SUBJECT` for a federated one.
    pub keys: Vec<String>,
}

/// A named person who would sign a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certification {
    /// The persons, by pseudonym.
    pub certifiers: Vec<String>,
    /// How many of them must sign.
    pub needed: u32,
    /// For how many hours a certificate holds.
    pub hours: u32,
}

impl Certification {
    /// What a certificate is held to; nothing where a name is no pseudonym: it would stand in the record for good.
    pub fn to_record(&self) -> Option<Certifiers> {
        let mut people = self.certifiers.clone();
        people.sort();
        people.dedup();
        let are_names = people.iter().all(|name| Pseudonym::parse(name).is_some());
        (are_names && !people.is_empty()).then_some(Certifiers {
            hours: self.hours,
            needed: self.needed,
            people,
        })
    }
}

/// What was declared of the clean tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Its GUID.
    pub tenant_id: String,
    /// The compromised one.
    pub old: OldTenant,
    /// When the case was declared: what is to be fresh is newer than that.
    pub declared_at: Option<DateTime<Utc>>,
    /// UPNs of those who may be Global Administrator.
    pub admins: Vec<String>,
    /// UPNs of the accounts behind glass.
    pub break_glass: Vec<String>,
    /// Apps that may hold rights.
    pub apps: Vec<ExpectedApp>,
    /// Names of transport rules and connectors that were reviewed.
    pub reviewed: Vec<String>,
    /// Who certifies.
    pub certification: Certification,
}

/// Everything that a gate looks at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Answers of Graph.
    pub graph: Readings,
    /// Sections of evidence files, by noun.
    pub sections: BTreeMap<String, Section>,
    /// Verdicts of ScubaGear, where a report was brought.
    pub scuba: Option<scuba::Report>,
    /// What people vouch for, by name.
    pub attested: BTreeMap<String, Attestation>,
    /// The files.
    pub files: Vec<EvidenceFile>,
    /// Waivers that were asked for.
    pub waivers: Vec<super::waiver::Waiver>,
    /// What was declared.
    pub expected: Expected,
    /// The instant that is judged; the domain has no clock.
    pub now: DateTime<Utc>,
}

impl Evidence {
    /// Adds a file with its sections; a later file replaces the sections that it brings again.
    pub fn add_file(&mut self, file: EvidenceFile, sections: BTreeMap<String, Vec<Value>>) {
        let number = self.files.len();
        self.files.push(file);
        for (noun, rows) in sections {
            let section = Section { file: number, rows };
            self.sections.insert(noun, section);
        }
    }

    /// The rows of a section. What speaks of another tenant is no evidence for this one, and what is old none for today: a rule
    /// that was set since is not in it.
    pub fn section(&self, noun: &str) -> Result<(&EvidenceFile, Vec<Object<'_>>), Missing> {
        let what = || format!("Get-{noun}");
        let section = self
            .sections
            .get(noun)
            .ok_or_else(|| Missing::new(what(), "no evidence file holds it"))?;
        let file = self
            .files
            .get(section.file)
            .ok_or_else(|| Missing::new(what(), "its file is not known"))?;
        if !file
            .tenant_id
            .eq_ignore_ascii_case(&self.expected.tenant_id)
        {
            let why = format!("{} speaks of tenant {}", file.name, file.tenant_id);
            return Err(Missing::new(what(), why));
        }
        if let Err(why) = check_age(file.taken_at, self.now) {
            return Err(Missing::new(what(), format!("{} {why}", file.name)));
        }
        Ok((file, section.rows.iter().map(Object::new).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_compared_label_by_label() {
        let old = OldTenant {
            domains: vec!["Old.example".to_owned()],
            ..OldTenant::default()
        };
        for inside in ["a@old.example", "old.example", "x@mail.OLD.example"] {
            assert!(old.owns(inside), "{inside}");
        }
        for outside in ["a@notold.example", "old.example.net", "a@cold.example", ""] {
            assert!(!old.owns(outside), "{outside}");
        }
        assert!(old.invited("mallory_old.example#EXT#@new.onmicrosoft.com"));
        assert!(!old.invited("mallory_bold.example#EXT#@new.onmicrosoft.com"));
        assert!(!old.invited("mallory_old.example@new.onmicrosoft.com"));
        // Once the domain has moved, addresses in it are at home; whoever was invited from it is a stranger still.
        let moved = OldTenant {
            moved: old.domains.clone(),
            ..OldTenant::default()
        };
        assert!(!moved.owns("a@old.example"));
        assert!(moved.invited("mallory_old.example#EXT#@new.onmicrosoft.com"));
    }
}
