//! Connecting the clean tenant, and saying which custodian is which of its users.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use unbroken_ledger::Role;

use super::{meaning, new_pseudonym, sources, target_meaning};
use crate::domain::case::{Case, CaseCommand};
use crate::domain::event::{CustodianFacts, CustodianMapped, TargetConnected, TargetFacts};
use crate::domain::identity::{MappingError, MappingRow, did_you_mean, nearest, parse_map};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{Journal, custodian_stream};
use crate::targets::{Organization, Target, TargetUser};

/// Larger than any directory that a person could have looked through.
const MAP_BYTES_MAX: u64 = 64 << 20;

/// Asks the tenant who it is and records the answer.
pub(crate) async fn connect<T: Target>(
    journal: &Journal,
    target: &T,
    simulated: bool,
) -> Result<Organization> {
    let tenant = target.organization().await.map_err(target_meaning)?;
    connect_to(journal, tenant, simulated).await
}

/// The same, of an answer that was had.
pub(crate) async fn connect_to(
    journal: &Journal,
    tenant: Organization,
    simulated: bool,
) -> Result<Organization> {
    let facts = TargetFacts {
        display_name: Some(tenant.display_name.clone()),
        domains: Some(tenant.domains.clone()),
        tenant_id: Some(tenant.tenant_id.clone()),
    };
    let command = CaseCommand::ConnectTarget(TargetConnected { simulated }, facts);
    journal.command(command).await.map_err(meaning)?;
    Ok(tenant)
}

/// Why a mapping file was refused; nothing of it was recorded then.
#[derive(Debug, thiserror::Error)]
enum MapFileError {
    #[error("{}: cannot be read", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}: says not who becomes whom", path.display())]
    Row { path: PathBuf, source: MappingError },
    #[error("{}: line {line}: there is no user or site {user} in the clean tenant", path.display())]
    NoUser {
        path: PathBuf,
        line: usize,
        user: String,
    },
}

/// Reads a mapping file.
pub(crate) fn read(path: &Path) -> Result<Vec<MappingRow>> {
    let io = |source| {
        let path = path.to_owned();
        Error::failed(MapFileError::Io { path, source })
            .hint("--csv names a file with the header `source,target` and a row for each custodian")
    };
    let mut text = String::new();
    let read = File::open(path)
        .and_then(|file| file.take(MAP_BYTES_MAX + 1).read_to_string(&mut text))
        .map_err(io)?;
    if read as u64 > MAP_BYTES_MAX {
        return Err(io(io::Error::other(format!(
            "more than {MAP_BYTES_MAX} bytes"
        ))));
    }
    parse_map(&text).map_err(|source| {
        let path = path.to_owned();
        Error::failed(MapFileError::Row { path, source })
            .hint("`unbroken case map --help` shows such a file; nothing was recorded")
    })
}

/// What a mapping file is held against besides the clean tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// A registered backup has each of them.
    InBackups,
    /// They were read from the backup itself, or it comes later.
    Believed,
}

/// Looks up every user and has every row decided, then records them: a user that does not exist or a row that is refused
/// stops it before anything is recorded. Rows that stand in the record already are passed over.
pub(crate) async fn map<T: Target>(
    journal: &Journal,
    target: &T,
    (rows, names): (&[MappingRow], Names),
    path: &Path,
) -> Result<usize> {
    let mut users = Vec::new();
    for row in rows {
        let user = target.user(&row.target).await.map_err(target_meaning)?;
        let user = user.ok_or_else(|| {
            let (path, line) = (path.to_owned(), row.line);
            let error = MapFileError::NoUser {
                path,
                line,
                user: row.target.clone(),
            };
            Error::failed(error)
                .hint("make the user or the site in the clean tenant, or correct the row")
        })?;
        users.push(user);
    }
    let mut case = journal.case().map_err(meaning)?;
    if names == Names::InBackups {
        expect_in_backups(&case, rows, path)?;
    }
    let mut commands = Vec::new();
    for (row, user) in rows.iter().zip(users) {
        let same = |facts: &CustodianFacts| {
            facts.source_name.as_deref() == Some(&row.source)
                && facts.target_user_id.as_deref() == Some(&user.id)
        };
        if case.custodians.values().any(|known| same(&known.facts)) {
            continue;
        }
        let before = case
            .custodians
            .iter()
            .find(|(_, known)| known.facts.source_name.as_deref() == Some(&row.source));
        let custodian = match before {
            // Whoever was unmapped keeps the name; who is mapped to another is refused by the domain, which says why.
            Some((custodian, _)) => custodian.clone(),
            None => new_pseudonym()?,
        };
        let command = command(custodian, &row.source, Some(&user));
        let event = case
            .decide(command.clone())
            .map_err(|refusal| refused(&case, refusal, row, path))?;
        case.evolve(&event);
        commands.push(command);
    }
    let mapped = commands.len();
    for command in commands {
        journal.command(command).await.map_err(meaning)?;
    }
    hand_over(journal)?;
    Ok(mapped)
}

/// A name that no backup has takes a user from whoever has it, and is seen only when that person's items are held: it is
/// refused while the row can still be corrected.
fn expect_in_backups(case: &Case, rows: &[MappingRow], path: &Path) -> Result<()> {
    let rows = not_mapped(case, rows);
    if rows.is_empty() {
        return Ok(());
    }
    let (there, away) = names_in_backups(case);
    let Some(row) = rows.into_iter().find(|row| !there.contains(&row.source)) else {
        return Ok(());
    };
    let (path, line, name) = (path.display(), row.line, &row.source);
    let near = did_you_mean(name, there.iter().map(String::as_str));
    let text = format!("{path}: line {line}: no registered backup has a custodian {name}{near}");
    let error = Error::new(ErrorKind::GateRefused, text).hint(
        "correct the row, or register the backup first; people whom lists and teams name alone are \
         taken with `--not-in-a-backup`. Nothing of the file was recorded",
    );
    Err(away.into_iter().fold(error, |error, place| {
        error.hint(format!(
            "the backup {place} is not at hand: its names are not known here"
        ))
    }))
}

/// Rows of people whom no backup has and who are nearly called like a custodian whom nobody has mapped: most likely that one is
/// meant.
pub(crate) fn near_misses(journal: &Journal, rows: &[MappingRow]) -> Result<Vec<String>> {
    let case = journal.case().map_err(meaning)?;
    let (mut there, _) = names_in_backups(&case);
    let new = not_mapped(&case, rows);
    let strangers: Vec<&MappingRow> = new
        .into_iter()
        .filter(|row| !there.contains(&row.source))
        .collect();
    // Whoever is mapped already, or is in the file, was not meant.
    let meant: BTreeSet<&str> = rows.iter().map(|row| &*row.source).collect();
    let mapped = mapped_names(&case);
    there.retain(|name| !mapped.contains(&**name) && !meant.contains(&**name));
    let near = strangers.into_iter().filter_map(|row| {
        let near = nearest(&row.source, there.iter().map(String::as_str))?;
        let (line, name) = (row.line, &row.source);
        Some(format!(
            "line {line}: no registered backup has a custodian {name}; did you mean {near}?"
        ))
    });
    Ok(near.collect())
}

fn mapped_names(case: &Case) -> BTreeSet<&str> {
    let mapped = case.custodians.values().filter(|known| known.is_mapped);
    mapped
        .filter_map(|known| known.facts.source_name.as_deref())
        .collect()
}

fn not_mapped<'r>(case: &Case, rows: &'r [MappingRow]) -> Vec<&'r MappingRow> {
    let mapped = mapped_names(case);
    let new = rows.iter().filter(|row| !mapped.contains(&*row.source));
    new.collect()
}

/// Whoever is in the backups that lie where they lay, and the places of those that do not.
fn names_in_backups(case: &Case) -> (BTreeSet<String>, BTreeSet<&str>) {
    let places = case.sources.iter();
    let places: BTreeSet<&str> = places
        .filter_map(|(_, facts)| facts.path.as_deref())
        .collect();
    let (mut there, mut away) = (BTreeSet::new(), BTreeSet::new());
    for place in places {
        match sources::open(Path::new(place)) {
            Ok(source) => {
                let names = source.description().custodians.iter();
                there.extend(names.map(|name| name.0.clone()));
            }
            Err(_) => {
                away.insert(place);
            }
        }
    }
    (there, away)
}

/// A row that the case refuses: whom it meets is named as people know them, which the record does not.
fn refused(case: &Case, refusal: Refusal, row: &MappingRow, path: &Path) -> Error {
    let met = match &refusal {
        Refusal::AlreadyMapped(other) | Refusal::UserTaken(other) => other.clone(),
        _ => String::new(),
    };
    let error = Error::new(ErrorKind::GateRefused, refusal)
        .while_doing(format!("{}: line {}", path.display(), row.line))
        .hint("nothing of the file was recorded; correct the row where it is wrong");
    let met = Pseudonym::parse(&met).and_then(|met| case.custodians.get(&met));
    let Some(facts) = met.map(|known| &known.facts) else {
        return error;
    };
    let (Some(name), Some(user)) = (&facts.source_name, &facts.target_upn) else {
        return error;
    };
    error.hint(format!(
        "the custodian is {name} in the backup and became {user}; where that was a slip, \
         `unbroken case unmap --custodian {name}` takes it back, as long as no plan writes \
         anything for them"
    ))
}

fn facts(source_name: &str, user: Option<&TargetUser>) -> CustodianFacts {
    CustodianFacts {
        source_name: Some(source_name.to_owned()),
        target_upn: user.map(|user| user.user_principal_name.clone()),
        target_user_id: user.map(|user| user.id.clone()),
    }
}

/// Gives a pseudonym to each custodian of the source that nobody mapped: their items are held.
pub(crate) async fn name_the_others(journal: &Journal, source_names: &[String]) -> Result<()> {
    let known = journal.case().map_err(meaning)?.custodians;
    let known: std::collections::HashSet<&str> = known
        .values()
        .filter_map(|known| known.facts.source_name.as_deref())
        .collect();
    for name in source_names {
        if !known.contains(name.as_str()) {
            let command = command(new_pseudonym()?, name, None);
            journal.command(command).await.map_err(meaning)?;
        }
    }
    hand_over(journal)
}

fn command(custodian: Pseudonym, source_name: &str, user: Option<&TargetUser>) -> CaseCommand {
    let data = CustodianMapped {
        custodian,
        mapped: user.is_some(),
    };
    CaseCommand::MapCustodian(data, facts(source_name, user))
}

/// Hands every custodian's stream that nobody has to the worker: to the one whose key is at hand, where it counts.
fn hand_over(journal: &Journal) -> Result<()> {
    let case = journal.case().map_err(meaning)?;
    let own = journal.worker();
    let (worker, free) = journal.ledger().with_state(|state| {
        let workers = state
            .keys()
            .filter(|(_, key)| key.is_active && key.roles.contains(&Role::Worker))
            .map(|(id, _)| *id);
        let workers: Vec<_> = workers.collect();
        let own = own.filter(|own| workers.contains(own));
        let worker = own.or_else(|| workers.first().copied());
        let free: Vec<Pseudonym> = case
            .custodians
            .keys()
            .filter(|custodian| state.stream(&custodian_stream(custodian)).emitter.is_none())
            .cloned()
            .collect();
        (worker, free)
    });
    let worker = worker.ok_or_else(|| Error::failed("the ledger knows no worker key"))?;
    if !free.is_empty() {
        journal.hand_over(&free, worker).map_err(meaning)?;
    }
    Ok(())
}
