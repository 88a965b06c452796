//! Section A: which report this is, of which case, by whom, and the two values that a reader compares with another copy.

use super::super::document::{Block, Section};
use super::{Edition, Gathered};

/// What is printed where the record holds nothing, or the edition may not show it.
pub(super) const NOT_RECORDED: &str = "not recorded";
pub(super) const NOT_SHOWN: &str = "not shown in this edition";

/// The line below the title.
pub(super) fn subtitle(gathered: &Gathered) -> String {
    let issue = gathered.issue;
    let edition = match &issue.edition {
        Edition::Full => "full edition".to_owned(),
        Edition::Redacted => "redacted edition".to_owned(),
        Edition::Custodian(only) => format!("edition for {}", gathered.custodian(only)),
    };
    let declared = gathered.case.declared.as_ref();
    let case = declared.and_then(|(_, facts)| facts.title.clone());
    let case = case.map_or_else(String::new, |title| format!("{title}. "));
    format!(
        "{case}Report {}, {edition}, {} entries",
        issue.number, issue.size
    )
}

/// A disclosed fact; where it is missing, whether that is the edition's doing or the record's.
pub(super) fn fact(gathered: &Gathered, fact: Option<&String>) -> String {
    let missing = match gathered.issue.edition {
        Edition::Full => NOT_RECORDED,
        _ => NOT_SHOWN,
    };
    fact.filter(|text| !text.is_empty())
        .cloned()
        .unwrap_or_else(|| missing.to_owned())
}

fn seal(certificate: Option<&String>) -> String {
    certificate.map_or_else(
        || "none".to_owned(),
        |digest| format!("by the certificate with SHA-256 {digest}"),
    )
}

/// Section A.
pub(super) fn section(gathered: &Gathered) -> Section {
    let issue = gathered.issue;
    let facts = gathered
        .case
        .declared
        .as_ref()
        .map(|(_, facts)| facts.clone());
    let facts = facts.unwrap_or_default();
    let shown = |value: &Option<String>| fact(gathered, value.as_ref());
    let mut rows = vec![
        ("Case", shown(&facts.title)),
        ("Incident", shown(&facts.incident)),
        ("Issued by", shown(&issue.issuer)),
        ("Answers for the restore", shown(&facts.responsible)),
        ("Made", issue.made.clone()),
        ("Edition", issue.edition.name().to_owned()),
        ("Report number", issue.number.to_string()),
        ("Ledger", issue.origin.clone()),
        ("Entries", issue.size.to_string()),
        ("Root hash", issue.root.clone()),
        ("Program", issue.software.clone()),
        ("Seal of the PDF", seal(issue.seal_certificate.as_ref())),
    ];
    if issue.origin.ends_with("/simulated") {
        let rehearsal = "This is a rehearsal. Nothing in it happened to a real tenant.";
        rows.insert(0, ("Rehearsal", rehearsal.to_owned()));
    }
    let rows = rows
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Section::new('A', "Cover").with(Block::Facts(rows.collect())).says(
        "Compare the ledger's name and the root hash with a copy that reached you by another way. \
         The seal of this PDF, where it has one, covers the whole file.",
    )
}
