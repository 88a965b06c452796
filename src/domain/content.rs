//! The content gate: by which policy items are looked into before they are written, what is held for it, and what of that people
//! may let pass. Pure; whoever looks into bytes is elsewhere.

pub mod archive;
pub mod cms;
pub mod executable;
pub mod macros;
pub mod release;
pub mod sealed;

use serde::{Deserialize, Serialize};

use super::pseudonym::Pseudonym;
use super::refusal::Refusal;

/// Why the gate holds an item. The order is that of gravity: the first of several is the reason of the hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Its digest is on the list of known-bad ones.
    KnownBad,
    /// A scanner or a rule names it.
    Malware,
    /// It can be run.
    Executable,
    /// A document with macros.
    Macro,
    /// Under a password: nobody can look into it.
    Encrypted,
    /// An archive of a kind that the gate does not open.
    Archive,
    /// Larger or deeper than what is looked into.
    NotWhole,
    /// The scanner did not answer.
    NotScanned,
}

impl Class {
    /// All of them, gravest first.
    pub const ALL: [Self; 8] = [
        Self::KnownBad,
        Self::Malware,
        Self::Executable,
        Self::Macro,
        Self::Encrypted,
        Self::Archive,
        Self::NotWhole,
        Self::NotScanned,
    ];
    /// Those that a policy may name: kinds of content that are held for what they are.
    pub const BY_POLICY: [Self; 4] = [
        Self::Executable,
        Self::Macro,
        Self::Encrypted,
        Self::Archive,
    ];

    /// The reason of the hold, in the record.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Archive => "content-archive",
            Self::Encrypted => "content-encrypted",
            Self::Executable => "content-executable",
            Self::KnownBad => "content-known-bad",
            Self::Macro => "content-macro",
            Self::Malware => "content-malware",
            Self::NotScanned => "content-not-scanned",
            Self::NotWhole => "content-not-whole",
        }
    }

    /// Reads what [`Class::reason`] wrote.
    pub fn of_reason(reason: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.reason() == reason)
    }

    /// The word in the policy and in verdicts.
    pub fn word(self) -> &'static str {
        self.reason().trim_start_matches("content-")
    }
}

/// What becomes of the run when a scanner does not answer; the item is held either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unscanned {
    /// The run goes on; the next one looks at the item again.
    #[default]
    Hold,
    /// The run stops.
    Stop,
}

/// The policy of the gate: public data of `ContentGateSet/1`, and frozen in each plan that is made under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentGate {
    /// The object with the SHA-256 of what is known to be bad, encrypted for subject `case`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bad: Option<String>,
    /// Whether clamd is asked.
    pub clamd: bool,
    /// Kinds of content that are held for what they are, in the order of [`Class`].
    pub hold: Vec<Class>,
    /// Its number in the case, from 1.
    pub number: u64,
    /// The most bytes of one part that clamd is given; clamd's own `StreamMaxLength` must be no smaller.
    pub part_bytes_max: u64,
    /// When a scanner does not answer.
    pub unscanned: Unscanned,
    /// The object with the YARA rules, encrypted for subject `case`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yara: Option<String>,
}

impl ContentGate {
    /// Whether the policy is one: something is looked for, and nothing that no policy may name.
    pub(super) fn check(&self, last: u64) -> Result<(), Refusal> {
        if self.number != last + 1 {
            return Err(Refusal::NotTheNextGate(last + 1));
        }
        let is_sorted = self.hold.windows(2).all(|two| two[0] < two[1]);
        let may_be_named = self
            .hold
            .iter()
            .all(|class| Class::BY_POLICY.contains(class));
        let looks = self.clamd || self.bad.is_some() || self.yara.is_some();
        if (looks || !self.hold.is_empty()) && is_sorted && may_be_named && self.part_bytes_max > 0
        {
            return Ok(());
        }
        Err(Refusal::GateForm)
    }

    /// Whether anything but clamd looks, so that containers are opened here.
    pub fn looks_inside(&self) -> bool {
        self.bad.is_some() || self.yara.is_some() || !self.hold.is_empty()
    }

    /// Whether a scanner in the narrow sense looks: one that knows harmful content by its signature.
    pub fn has_scanner(&self) -> bool {
        self.clamd || self.yara.is_some()
    }

    /// In words, for whoever approves a plan and for the report.
    pub fn words(&self) -> String {
        let mut by = Vec::new();
        if self.clamd {
            by.push("clamd".to_owned());
        }
        if self.yara.is_some() {
            by.push("YARA rules".to_owned());
        }
        if self.bad.is_some() {
            by.push("a list of known-bad digests".to_owned());
        }
        let hold: Vec<&str> = self.hold.iter().map(|class| class.word()).collect();
        let scanners = if by.is_empty() {
            "no scanner".to_owned()
        } else {
            by.join(", ")
        };
        let hold = if hold.is_empty() {
            "nothing".to_owned()
        } else {
            hold.join(", ")
        };
        let unscanned = match self.unscanned {
            Unscanned::Hold => "the run goes on",
            Unscanned::Stop => "the run stops",
        };
        format!(
            "number {}: {scanners}; held for what it is: {hold}; when a scanner does not answer \
             the item is held and {unscanned}",
            self.number
        )
    }
}

/// Facts of `ContentGateSet/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateFacts {
    /// SHA-256 of the list of known-bad digests, as it was brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bad_digest: Option<String>,
    /// SHA-256 of the YARA rules, as they were brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yara_digest: Option<String>,
}

/// How a look into an item's content ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The item is held.
    Held,
    /// A scanner did not answer: the item is held until one does.
    NotScanned,
    /// Nothing that the policy holds, or all of it released.
    Passed,
}

/// Who looked, in which state: what was true then is in the record, whatever the signatures say later.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannerSeen {
    /// The signatures that it had: clamd's own number and date, or the object with the rules or the list.
    pub database: String,
    /// `clamd`, `yara`, `known-bad`, `kinds`.
    pub name: String,
    /// Its version, as it names itself.
    pub version: String,
}

/// Public data of `ContentScanned/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentScanned {
    /// What was found, gravest first.
    pub classes: Vec<Class>,
    /// The number of the policy.
    pub gate: u64,
    /// The item.
    pub item: Pseudonym,
    /// Of what was found, what a release lets pass.
    pub let_pass: Vec<Class>,
    /// How many parts were looked into: bodies, attachments, files, members of archives.
    pub parts: u64,
    /// Who looked, sorted.
    pub scanners: Vec<ScannerSeen>,
    /// Where something was found: what was looked at and what was found, under the item's key ([`release::sight`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sight: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
}

/// A part in which something was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// What it is.
    pub class: Class,
    /// The scanner's name for it, or what the gate saw.
    pub name: String,
    /// Where: the attachment, the version, the path in an archive.
    pub part: String,
}

/// Facts of `ContentScanned/1`; they concern the custodian.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannedFacts {
    /// What was found where; the first of many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Vec<Found>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> ContentGate {
        ContentGate {
            bad: None,
            clamd: true,
            hold: vec![Class::Executable, Class::Macro],
            number: 1,
            part_bytes_max: 1,
            unscanned: Unscanned::Hold,
            yara: None,
        }
    }

    #[test]
    fn a_policy_looks_for_something_and_names_only_kinds() {
        assert_eq!(gate().check(0), Ok(()));
        assert_eq!(gate().check(1), Err(Refusal::NotTheNextGate(2)));
        let bad = [
            ContentGate {
                clamd: false,
                hold: Vec::new(),
                ..gate()
            },
            ContentGate {
                hold: vec![Class::NotScanned],
                ..gate()
            },
            ContentGate {
                hold: vec![Class::Macro, Class::Executable],
                ..gate()
            },
            ContentGate {
                part_bytes_max: 0,
                ..gate()
            },
        ];
        for bad in bad {
            assert_eq!(bad.check(0), Err(Refusal::GateForm), "{bad:?}");
        }
        assert!(gate().has_scanner() && gate().looks_inside());
    }

    #[test]
    fn each_class_has_a_reason_of_its_own() {
        for class in Class::ALL {
            assert_eq!(Class::of_reason(class.reason()), Some(class));
        }
        let mut sorted = Class::ALL;
        sorted.sort();
        assert_eq!(sorted, Class::ALL);
    }
}
