//! The report: what the record says of a case as of a checkpoint, for one edition's readers, in sections A to Q. It is a pure
//! function of the record, the vault and the issue; renderings are made from the resulting document elsewhere.

mod access;
mod certification;
mod clocks;
mod content;
mod course;
mod cover;
mod evidence;
mod gates;
mod identities;
mod items;
mod keys;
mod limits;
mod outcome;
mod pace;
mod reasons;
mod reference;
mod scope;
mod statement;
mod story;
mod view;

use std::collections::BTreeMap;

use unbroken_ledger::Timestamp;

use super::document::Document;
use crate::domain::case::Case;
use crate::domain::event::CheckedAs;
use crate::domain::pseudonym::Pseudonym;
use crate::projections::access::Access;
use crate::projections::approvals::Approvals;
use crate::projections::content::ContentView;
use crate::projections::exceptions::{Exception, exceptions};
use crate::projections::pace::{WavePace, waves};
use crate::projections::reading::{Reading, Written};
use crate::projections::reconciliation::{Disagreement, Reconciliation};
use crate::projections::results::Results;
use crate::projections::timeline::{Milestone, timeline};
pub use access::write_access;
pub use items::write_items;
use keys::Keys;
use view::View;

/// What a report's readers may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edition {
    /// Everything that is disclosed.
    Full,
    /// Pseudonyms, classes and counts only.
    #[default]
    Redacted,
    /// One custodian's part.
    Custodian(Pseudonym),
}

impl Edition {
    /// The word in the record.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Redacted => "redacted",
            Self::Custodian(_) => "custodian",
        }
    }

    /// The custodian of an edition for one.
    pub fn custodian(&self) -> Option<&Pseudonym> {
        match self {
            Self::Custodian(only) => Some(only),
            _ => None,
        }
    }
}

/// What a report is made of beside the record: all of it stands in the event that issues it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Its number in the case.
    pub number: u64,
    /// For whom.
    pub edition: Edition,
    /// The ledger's name.
    pub origin: String,
    /// The checkpoint's size.
    pub size: u64,
    /// The checkpoint's root, hex.
    pub root: String,
    /// What the independent verifier found.
    pub checked: CheckedAs,
    /// When it is made, RFC 3339.
    pub made: String,
    /// The person who hands it out.
    pub issuer: Option<String>,
    /// The program and its version.
    pub software: String,
    /// SHA-256 of the certificate that the PDF is sealed with, where it is sealed.
    pub seal_certificate: Option<String>,
    /// How to check the bundle without us.
    pub verify_text: &'static str,
}

/// Everything that the sections draw on.
struct Gathered<'a> {
    issue: &'a Issue,
    access: Access,
    case: Case,
    results: Results,
    exceptions: Vec<Exception>,
    content: ContentView,
    keys: Keys,
    pinned: gates::Pinned,
    anchors: evidence::Anchors,
    milestones: Vec<Milestone>,
    approvals: Approvals,
    waves: BTreeMap<(String, u32), WavePace>,
    disagreements: Vec<Disagreement>,
    erased: BTreeMap<String, u64>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// Makes the report. Reads the record a fixed number of times, whatever its size, and keeps one row for each exception.
pub fn report<R: Reading>(record: &R, issue: &Issue) -> Result<Document, R::Error> {
    let view = View::new(record, &issue.edition, issue.size);
    let mut gathered = Gathered {
        issue,
        access: Access::load(&view)?,
        case: view.case_now()?,
        results: Results::load(&view)?,
        exceptions: exceptions(&view)?,
        content: ContentView::load(&view)?,
        keys: Keys::default(),
        pinned: gates::Pinned::default(),
        anchors: evidence::Anchors::default(),
        milestones: timeline(&view)?,
        approvals: Approvals::load(&view)?,
        waves: waves(&view)?,
        disagreements: match issue.edition {
            // What others' rows and counts say is not shown there, so that nothing could agree.
            Edition::Custodian(_) => Vec::new(),
            _ => Reconciliation::load(&view)?.disagreements,
        },
        erased: BTreeMap::new(),
        first: None,
        last: None,
    };
    view.entries(issue.size, &mut |written| gathered.take(&written))?;
    gathered.anchors.read(&view)?;
    gathered.keys.check(&view, &issue.origin)?;
    Ok(gathered.document())
}

impl Gathered<'_> {
    fn take(&mut self, written: &Written) {
        self.first.get_or_insert(written.received);
        self.last = Some(written.received);
        self.keys.take(written);
        self.pinned.take(written);
        self.anchors.take(written);
        if written.signed.kind == "Erased" {
            let subject = written.signed.data.field("subject");
            if let Some(subject) = subject.and_then(|subject| subject.as_str()) {
                self.erased.insert(subject.to_owned(), written.index);
            }
        }
    }

    /// What the edition calls a custodian: the name in the source where it is disclosed, else the pseudonym; an erased one by
    /// the entry that says so.
    fn custodian(&self, name: &Pseudonym) -> String {
        if let Some(entry) = self.erased.get(name.as_str()) {
            return format!("{name} (erased, see entry {entry})");
        }
        let known = self.case.custodians.get(name);
        known
            .and_then(|known| known.facts.source_name.clone())
            .unwrap_or_else(|| name.to_string())
    }

    /// A person as the keys name them, with what people call them where the edition shows it.
    fn person(&self, person: &str) -> String {
        let mut named = self.case.people.iter();
        let named = named.find(|(known, _)| known.as_str() == person);
        match named.filter(|_| self.issue.edition == Edition::Full) {
            Some((_, name)) => format!("{name} ({person})"),
            None => person.to_owned(),
        }
    }

    /// The erasures that the edition's readers may know of.
    fn erased_shown(&self) -> impl Iterator<Item = (&String, &u64)> {
        let only = self.issue.edition.custodian();
        let shown = move |subject: &str| only.is_none_or(|only| only.as_str() == subject);
        self.erased
            .iter()
            .filter(move |(subject, _)| shown(subject))
    }

    fn document(&self) -> Document {
        let issue = self.issue;
        let named = certification::Named {
            origin: &issue.origin,
            size: issue.size,
            root: &issue.root,
            software: &issue.software,
        };
        Document {
            title: "Report on a restore".to_owned(),
            subtitle: cover::subtitle(self),
            sections: vec![
                cover::section(self),
                statement::section(self),
                scope::section(self),
                story::timeline(self),
                pace::with_waves(self, outcome::results(self)),
                outcome::exceptions(self),
                story::custody(self),
                reference::method(&issue.software),
                evidence::integrity(self),
                keys::section(self),
                reference::limits(&limits::further(self)),
                reference::checking(issue.verify_text),
                certification::section(&named),
                reference::glossary(),
                outcome::annexes(self),
                reference::cross_reference(),
                access::section(self),
            ],
        }
    }
}
