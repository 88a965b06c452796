//! Section C: what was restored from where to where, under whose authority, and what was left out.

use super::super::document::{Block, Section, Table};
use super::cover::{NOT_SHOWN, fact};
use super::{Edition, Gathered};

/// Section C.
pub(super) fn section(gathered: &Gathered) -> Section {
    let case = &gathered.case;
    let facts = case
        .declared
        .as_ref()
        .map(|(_, facts)| facts.clone())
        .unwrap_or_default();
    let shown = |value: &Option<String>| fact(gathered, value.as_ref());
    let target = case
        .target
        .as_ref()
        .map(|(_, facts)| facts.clone())
        .unwrap_or_default();
    let rows = [
        ("Authority", shown(&facts.authority)),
        ("Declared by", shown(&facts.declared_by)),
        ("Compromised tenant", shown(&facts.source_tenant)),
        (
            "The intruder may have been in from",
            shown(&facts.window_from),
        ),
        (
            "The intruder may have been in until",
            shown(&facts.window_to),
        ),
        ("Clean tenant", shown(&target.display_name)),
        ("Clean tenant's id", shown(&target.tenant_id)),
    ];
    let rows = rows.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let section = Section::new('C', "Scope and authority")
        .with(Block::Facts(rows))
        .with(Block::Heading("Backups".to_owned()))
        .with(Block::Table(sources(gathered)))
        .with(Block::Heading("Custodians".to_owned()))
        .with(Block::Table(custodians(gathered)));
    let section = choices(gathered).into_iter().fold(section, Section::with);
    let section = super::course::waves(gathered)
        .into_iter()
        .chain(super::gates::gates(gathered))
        .chain(super::content::blocks(gathered))
        .fold(section, Section::with);
    let section = section.with(Block::Heading("Out of scope".to_owned()));
    section.says(out_of_scope(gathered))
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn sources(gathered: &Gathered) -> Table {
    let rows = gathered.case.sources.iter().map(|(data, facts)| {
        vec![
            format!("S{}", data.source),
            format!("{} ({})", data.kind, data.fidelity),
            data.points.to_string(),
            custodians_in(gathered, data.custodians),
            yes_no(data.evidence.digests),
            yes_no(data.evidence.immutability),
            yes_no(data.evidence.access),
            fact(gathered, facts.digest.as_ref()),
        ]
    });
    Table {
        id: "sources",
        caption: "The backups, and what each can show by itself".to_owned(),
        columns: vec![
            "Exhibit",
            "Kind",
            "Restore points",
            "Custodians",
            "Own digests",
            "Proven unchanged",
            "Who could read what",
            "SHA-256",
        ],
        rows: rows.collect(),
    }
}

/// How many there are besides is no business of the one for whom an edition is.
fn custodians_in(gathered: &Gathered, count: u64) -> String {
    match gathered.issue.edition {
        Edition::Custodian(_) => NOT_SHOWN.to_owned(),
        _ => count.to_string(),
    }
}

fn custodians(gathered: &Gathered) -> Table {
    let rows = gathered.case.custodians.iter().map(|(name, known)| {
        let into = match (&known.facts.target_upn, known.is_mapped) {
            (_, false) => "nobody: nothing was restored".to_owned(),
            (upn, true) => fact(gathered, upn.as_ref()),
        };
        vec![gathered.custodian(name), name.to_string(), into]
    });
    Table {
        id: "custodians",
        caption: "Whose data, and whose they became".to_owned(),
        columns: vec!["Custodian", "In the record", "Restored for"],
        rows: rows.collect(),
    }
}

/// What the operator chose for the plan that was put in force last; a plan of an earlier version does not say.
fn choices(gathered: &Gathered) -> Vec<Block> {
    let case = &gathered.case;
    let plan = case.adopted.last().and_then(|plan| case.plans.get(plan));
    let Some(chosen) = plan.and_then(|plan| plan.choices.as_ref()) else {
        return Vec::new();
    };
    let rows = chosen.iter().map(|(what, word)| {
        let name = match &**what {
            "attendees" => "People of an event",
            "in-place-archive" => "Items of an archive mailbox",
            "raw-copy" => "A copy of each mail's own bytes",
            "recoverable-items" => "Recoverable Items, with what a hold kept",
            other => other,
        };
        (name.to_owned(), in_words(word).to_owned())
    });
    vec![
        Block::Heading("What the operator chose, and the approvers approved".to_owned()),
        Block::Facts(rows.collect()),
    ]
}

fn in_words(word: &str) -> &str {
    match word {
        "attached" => "attached to the mail",
        "beside" => "beside it, as a file in the drive",
        "into-body" => "stand in its text",
        "into-named-folder" => "into a folder that the plan names",
        "left-out" => "left out",
        other => other,
    }
}

fn out_of_scope(gathered: &Gathered) -> String {
    let custodians = gathered.case.custodians.values();
    let unmapped = custodians.filter(|known| !known.is_mapped).count();
    let whose = match gathered.issue.edition {
        Edition::Custodian(_) => "This edition is about one custodian.".to_owned(),
        _ => format!(
            "Custodians that nobody in the clean tenant was named for: {unmapped}; nothing of \
             theirs was restored."
        ),
    };
    format!(
        "What the backups hold and this version does not restore stands among the items, with its \
         reason. {whose} What was in the old tenant and in none of the backups is not known here."
    )
}
