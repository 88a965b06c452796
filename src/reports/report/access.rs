//! Section Q: who was let into what beside the custodians, what waits, what was released, and what was read back.

use std::io::{self, Write};

use serde_json::Value;

use super::super::csv;
use super::super::document::{Block, Section, Table};
use super::cover::{NOT_SHOWN, fact};
use super::view::View;
use super::{Edition, Gathered, Issue};
use crate::domain::case::is_site;
use crate::domain::pseudonym::Pseudonym;
use crate::projections::access::{Access, OfCustodian};
use crate::projections::reading::Reading;

mod places;
mod teams;

/// Section Q.
pub(super) fn section(gathered: &Gathered) -> Section {
    let access = &gathered.access;
    let mut section = Section::new('Q', "Access")
        .says(
            "A restore alone lets people into teams and chats, and into nothing else. Into those \
             comes whoever was in them in the source and is named in the map of people: into a \
             chat, and into a team with a private or shared channel, when it is made, into any \
             other team when its conversations are whole. The table of teams and chats counts \
             them.",
        )
        .says(
            "Everywhere else a restore lets nobody in. Where the backup does not say who had \
             access and nobody brought a list, that stays so; such access is called unknown. \
             Somebody's mailbox or drive is seen by whoever is in it already. That was not read \
             back. A site is seen by whoever is in the site. The tables of sites count them, as \
             they were before the plan was approved, and name whoever was found in one later. \
             Where there is a list, a plan of it was approved by somebody else first. The plan \
             lets in nobody who is not named in the map of people, and nobody further than the \
             list does.",
        )
        .with(Block::Table(by_custodian(gathered)))
        .with(Block::Table(teams::counted(gathered)))
        .with(Block::Table(teams::gained(gathered)))
        .with(Block::Table(reasons(access)))
        .with(Block::Table(releases(gathered)));
    let is_whole = !matches!(gathered.issue.edition, Edition::Custodian(_));
    if is_whole {
        // Others' numbers are in these sums: one custodian is not given them.
        section = section
            .with(Block::Table(plans(access)))
            .with(Block::Table(places::looked_at(gathered)))
            .with(Block::Table(places::of_waves(gathered)));
    }
    let section = super::identities::blocks(gathered)
        .into_iter()
        .fold(section, Section::with);
    section
        .with(Block::Heading("Declared access".to_owned()))
        .says(
            "Administrators of the tenant, and the application that restores, can see everything \
             by their office. That is declared here and not counted as gained.",
        )
        .with(Block::Table(declared(gathered)))
        .with(Block::Heading("What was read back".to_owned()))
        .says(
            "After the last call the permissions of the items that the list names were read back \
             and compared with it, person by person and item by item. Items that it does not name \
             were not read: nothing is said of them here. Where no list was brought, somebody's \
             drive and each file restored into it can be read back: everybody beside the owner \
             counts as gained then. Gained means more than the list gives: \
             that is a leak until somebody explains it. The file tables/access.csv holds each \
             line of the newest comparison. An edition that shows no names holds the name of the \
             encrypted list instead.",
        )
        .with(Block::Table(compared(gathered)))
}

/// Everybody who has something in the target, and whoever access was planned for.
fn custodians<'a>(gathered: &'a Gathered) -> Vec<(&'a Pseudonym, OfCustodian)> {
    let known = gathered.case.custodians.iter();
    let mapped = known.filter(|(_, known)| known.is_mapped);
    let names = mapped
        .map(|(name, _)| name)
        .chain(gathered.access.custodians.keys());
    let mut names: Vec<&Pseudonym> = names.collect();
    names.sort();
    names.dedup();
    let of = |name| gathered.access.custodians.get(name).cloned();
    names
        .into_iter()
        .map(|name| (name, of(name).unwrap_or_default()))
        .collect()
}

fn by_custodian(gathered: &Gathered) -> Table {
    let rows = custodians(gathered).into_iter().map(|(of_whom, of)| {
        let name = gathered.custodian(of_whom);
        let Some(planned) = of.planned else {
            let known = gathered.case.custodians.get(of_whom);
            let only = if gathered.access.teams.contains_key(of_whom) {
                "unknown: only its members"
            } else if known.is_some_and(|known| is_site(&known.facts)) {
                "unknown: whoever is in the site"
            } else {
                "unknown: nobody let in"
            };
            let mut row = vec![name, only.to_owned()];
            row.resize(9, "none".to_owned());
            return row;
        };
        let calls = of.applied.map_or_else(
            || {
                [
                    "not known".to_owned(),
                    "not known".to_owned(),
                    "not known".to_owned(),
                ]
            },
            |done| [done.made, done.failed, done.absent].map(|count| count.to_string()),
        );
        let counts = [planned.kept, planned.held, planned.lost, planned.released];
        let counts = counts.map(|count| count.to_string());
        [
            vec![name, "as a list said".to_owned()],
            counts.to_vec(),
            calls.to_vec(),
        ]
        .concat()
    });
    Table {
        id: "access-by-custodian",
        caption: "What became of each grant of the backup; an outcome that is not known was \
                  interrupted"
            .to_owned(),
        columns: vec![
            "Custodian",
            "Access",
            "Kept",
            "Held",
            "Lost",
            "Released",
            "Calls made",
            "Calls failed",
            "Items not there",
        ],
        rows: rows.collect(),
    }
}

fn reasons(access: &Access) -> Table {
    let mut sums = std::collections::BTreeMap::<&str, u64>::new();
    for planned in access
        .custodians
        .values()
        .filter_map(|of| of.planned.as_ref())
    {
        for (reason, count) in &planned.reasons {
            *sums.entry(reason).or_default() += count;
        }
    }
    let rows = sums.into_iter().map(|(reason, count)| {
        let (kind, sentence) = crate::domain::access::Reason::parse(reason)
            .map_or(("", ""), |one| {
                (if one.is_held() { "held" } else { "lost" }, one.sentence())
            });
        vec![
            reason.to_owned(),
            kind.to_owned(),
            sentence.to_owned(),
            count.to_string(),
        ]
    });
    Table {
        id: "access-reasons",
        caption: "Why grants wait or never come along".to_owned(),
        columns: vec!["Reason", "Held or lost", "What it means", "Grants"],
        rows: rows.collect(),
    }
}

fn releases(gathered: &Gathered) -> Table {
    let rows = gathered.access.releases.iter().map(|(number, release)| {
        let state = match (release.granted, release.applied) {
            (None, _) => "asked for".to_owned(),
            (Some(entry), None) => format!("released by entry {entry}, not granted yet"),
            (Some(entry), Some(applied)) => {
                format!("released by entry {entry}, granted by entry {applied}")
            }
        };
        vec![
            number.to_string(),
            gathered.custodian(&release.asked.custodian),
            release.asked.grants.to_string(),
            release.index.to_string(),
            state,
            fact(gathered, release.facts.reason.as_ref()),
        ]
    });
    Table {
        id: "access-releases",
        caption: "What was held and somebody asked to release; two others decide".to_owned(),
        columns: vec![
            "Release",
            "Custodian",
            "Grants",
            "Asked by entry",
            "State",
            "Why",
        ],
        rows: rows.collect(),
    }
}

fn plans(access: &Access) -> Table {
    let rows = access.adopted.iter().map(|(index, data)| {
        let amends = data.amends.as_ref().map_or_else(
            || "the first".to_owned(),
            |before| {
                format!(
                    "in place of {before}; {} rows of the map changed",
                    data.changed
                )
            },
        );
        let counts = [data.kept, data.held, data.lost].map(|count| count.to_string());
        [
            vec![index.to_string(), data.plan.clone(), amends],
            counts.to_vec(),
        ]
        .concat()
    });
    Table {
        id: "access-plans",
        caption: "Access plans that others approved".to_owned(),
        columns: vec![
            "Entry",
            "Plan",
            "Takes the place of",
            "Kept",
            "Held",
            "Lost",
        ],
        rows: rows.collect(),
    }
}

fn declared(gathered: &Gathered) -> Table {
    let rows = custodians(gathered).into_iter().filter_map(|(name, of)| {
        let (_, _, facts) = of.compared?;
        let named = facts.declared.map(|names| names.join("; "));
        Some(vec![
            gathered.custodian(name),
            fact(gathered, named.as_ref()),
        ])
    });
    Table {
        id: "access-declared",
        caption: "Who sees items by office, as of the newest comparison".to_owned(),
        columns: vec!["Custodian", "Administrators and applications"],
        rows: rows.collect(),
    }
}

fn compared(gathered: &Gathered) -> Table {
    let rows = custodians(gathered).into_iter().map(|(name, of)| {
        let mut row = vec![gathered.custodian(name)];
        match of.compared {
            None => row.resize(8, "not compared".to_owned()),
            Some((index, data, facts)) => {
                let counts = [data.gained, data.lost, data.kept, data.declared];
                row.extend(counts.map(|count| count.to_string()));
                row.extend([
                    index.to_string(),
                    data.object,
                    fact(gathered, facts.digest.as_ref()),
                ]);
            }
        }
        row
    });
    Table {
        id: "access-compared",
        caption: "The newest comparison for each custodian: people on items".to_owned(),
        columns: vec![
            "Custodian",
            "Gained",
            "Lost",
            "Kept",
            "Declared",
            "Entry",
            "Encrypted list",
            "SHA-256 of the list",
        ],
        rows: rows.collect(),
    }
}

const COLUMNS: [&str; 8] = [
    "Custodian",
    "Becomes",
    "Path",
    "In the backup",
    "In the new tenant",
    "Level in the backup",
    "Level now",
    "Entry",
];

/// Writes each line of the newest comparisons, as far as the edition shows them.
pub fn write_access<R>(record: &R, issue: &Issue, out: &mut dyn Write) -> io::Result<()>
where
    R: Reading,
    R::Error: std::error::Error + Send + Sync + 'static,
{
    let view = View::new(record, &issue.edition, issue.size);
    out.write_all(&csv::line(COLUMNS.into_iter()))?;
    let access = Access::load(&view).map_err(io::Error::other)?;
    for (custodian, of) in &access.custodians {
        let Some((index, data, _)) = &of.compared else {
            continue;
        };
        let lines = view
            .personal(custodian, &data.object)
            .map_err(io::Error::other)?;
        let Some(lines) = lines else {
            let hidden = NOT_SHOWN.to_owned();
            let cells = [custodian.to_string(), hidden, data.object.clone()];
            let rest = ["", "", "", "", &index.to_string()].map(str::to_owned);
            out.write_all(&csv::line(cells.iter().chain(&rest).map(String::as_str)))?;
            continue;
        };
        for row in serde_json::Deserializer::from_slice(&lines).into_iter::<Value>() {
            let row = row.map_err(io::Error::other)?;
            let word = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let cells = [
                custodian.to_string(),
                word("class"),
                word("path"),
                word("source"),
                word("target"),
                word("source_level"),
                word("target_level"),
                index.to_string(),
            ];
            out.write_all(&csv::line(cells.iter().map(String::as_str)))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::report;
    use super::*;
    use crate::domain::event::{CheckedAs, CustodianFacts, CustodianMapped, Event};
    use crate::projections::access::tests::{applied, asked, compared, granted, planned};
    use crate::projections::scripted::{Script, name};
    use crate::reports::document::Document;

    pub(super) fn script() -> Script {
        let mut script = Script::default();
        for custodian in ["ann", "bob"] {
            let data = CustodianMapped {
                custodian: name(custodian),
                mapped: true,
            };
            let facts = CustodianFacts {
                source_name: Some(format!("{custodian} of old")),
                ..CustodianFacts::default()
            };
            script.case(Event::CustodianMapped(Box::new(data), Box::new(facts)));
        }
        script.case(planned("ann"));
        script.case(applied("ann", 0));
        script.case(asked("ann", 1));
        script.case(granted("ann", 1));
        script.case(compared("ann", 1, "lines"));
        let line = r#"{"class":"gained","path":"Contracts/secret.txt","target":"eve@new",
            "source":null,"source_level":"none","target_level":"read"}"#;
        script
            .objects
            .insert("lines".to_owned(), line.as_bytes().to_vec());
        script
    }

    pub(super) fn issue(edition: Edition, size: usize) -> Issue {
        Issue {
            number: 1,
            edition,
            origin: "example.org/o".to_owned(),
            size: size as u64,
            root: "ab".to_owned(),
            checked: CheckedAs::default(),
            made: "2026-01-02T03:04:05Z".to_owned(),
            issuer: None,
            software: "unbroken".to_owned(),
            seal_certificate: None,
            verify_text: "",
        }
    }

    pub(super) fn rows(document: &Document, id: &str) -> Vec<Vec<String>> {
        let table = document.tables().find(|table| table.id == id);
        table
            .unwrap_or_else(|| panic!("no table {id}"))
            .rows
            .clone()
    }

    fn csv_of(script: &Script, edition: Edition) -> String {
        let mut out = Vec::new();
        let issue = issue(edition, script.entries.len());
        write_access(script, &issue, &mut out).expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn each_custodian_has_a_row_and_who_is_unknown_is_called_so() {
        let script = script();
        let made = report(&script, &issue(Edition::Full, script.entries.len()));
        let made = made.expect("nothing can go wrong");
        let found = rows(&made, "access-by-custodian");
        assert_eq!(
            found[0][..6],
            ["ann of old", "as a list said", "3", "2", "1", "0"]
        );
        assert_eq!(found[1][..2], ["bob of old", "unknown: nobody let in"]);
        let back = rows(&made, "access-compared");
        assert_eq!(back[0][1..6], ["1", "2", "5", "1", "6"]);
        assert_eq!(back[1][1], "not compared");
        let declared = rows(&made, "access-declared");
        assert_eq!(declared, [["ann of old", "admin@new"]]);
        let releases = rows(&made, "access-releases");
        assert_eq!(
            releases[0][4..],
            ["released by entry 5, not granted yet", "the auditors"]
        );
        let csv = csv_of(&script, Edition::Full);
        assert!(
            csv.contains("gained") && csv.contains("Contracts/secret.txt"),
            "{csv}"
        );
    }

    #[test]
    fn a_redacted_edition_counts_and_names_nobody() {
        let script = script();
        let made = report(&script, &issue(Edition::Redacted, script.entries.len()));
        let made = made.expect("nothing can go wrong");
        let texts = made.texts().join("\n") + &csv_of(&script, Edition::Redacted);
        for personal in ["of old", "admin@new", "auditors", "secret.txt", "eve@new"] {
            assert!(!texts.contains(personal), "{personal}");
        }
        let found = rows(&made, "access-reasons");
        let of = |row: &Vec<String>| (row[0].clone(), row[1].clone(), row[3].clone());
        let found: Vec<_> = found.iter().map(of).collect();
        let row = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(
            found,
            [
                row("anyone-link", "lost", "1"),
                row("unmapped", "held", "2")
            ]
        );
    }

    #[test]
    fn an_edition_for_one_shows_nothing_of_anothers_access() {
        let script = script();
        let of_bob = Edition::Custodian(name("bob"));
        let made = report(&script, &issue(of_bob.clone(), script.entries.len()));
        let made = made.expect("nothing can go wrong");
        assert_eq!(rows(&made, "access-by-custodian").len(), 1);
        assert!(rows(&made, "access-reasons").is_empty());
        assert!(rows(&made, "access-releases").is_empty());
        assert_eq!(csv_of(&script, of_bob).lines().count(), 1, "its head alone");
        let of_ann = csv_of(&script, Edition::Custodian(name("ann")));
        assert!(of_ann.contains("eve@new"), "{of_ann}");
    }
}
