//! Who gets at a person's drive where no list of access was brought: the drive and every file that was restored into it are read
//! back. There the source let in nobody that anybody knows of, so whoever is in beside the owner is gained.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Value, json};

use super::super::patience::patiently;
use super::super::{meaning, target_meaning};
use super::known::{Places, each_row};
use super::readback::keep;
use crate::domain::case::Case;
use crate::domain::event::AccessCompared;
use crate::domain::item::{Digest, Workload};
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::graph::{Graph, LetIn, Permission};
use crate::targets::{Target, TargetId, TargetUser};

/// What was read back of one drive.
#[derive(Debug, Default)]
pub(crate) struct Alone {
    /// A line for everybody on everything who is not the owner.
    pub(crate) rows: Vec<Value>,
    pub(crate) gained: u64,
    pub(crate) declared: u64,
    /// Files that the record has as restored, and the drive does not.
    pub(crate) absent: u64,
    /// Files that were read, and the drive itself.
    pub(crate) read: u64,
}

/// Who sees items by office, by object id and by name.
#[derive(Debug, Default)]
pub(crate) struct Office {
    ids: BTreeSet<String>,
    names: Vec<String>,
}

impl Office {
    /// Looks up who is declared; this program's own application is.
    pub(crate) async fn load(target: &Graph, users: &[String], client_id: &str) -> Result<Self> {
        let mut office = Self::default();
        for name in users {
            let user = target.user(name).await.map_err(target_meaning)?;
            let user = user.ok_or_else(|| {
                let text = format!("{name}: there is nobody of that name in the clean tenant");
                Error::new(ErrorKind::GateRefused, text).hint("--declared names users that exist")
            })?;
            office.ids.insert(user.id.to_ascii_lowercase());
            office.names.push(user.user_principal_name);
        }
        office.names.push(format!("application {client_id}"));
        Ok(office)
    }
}

/// The owner of the drive; of anything else the permissions are read in another way.
fn owner(case: &Case, custodian: &Pseudonym) -> Result<TargetUser> {
    let known = case.custodians.get(custodian);
    let facts = known.map(|known| &known.facts);
    let id = facts.and_then(|facts| facts.target_user_id.clone());
    let name = facts.and_then(|facts| facts.target_upn.clone());
    let (Some(id), Some(user_principal_name)) = (id, name) else {
        let text = format!("custodian {custodian}: is mapped to nobody");
        return Err(Error::new(ErrorKind::GateRefused, text).hint("`unbroken case map`"));
    };
    if ["https://", "team:", "chat:"]
        .iter()
        .any(|kind| user_principal_name.starts_with(kind))
    {
        let text = format!("custodian {custodian}: is no person with a drive of their own");
        return Err(Error::new(ErrorKind::GateRefused, text).hint(
            "who is in a site stands in the record by `target site` and `restore`, who is in a \
             team by `restore`: section Q of the report; --sidecar and --map compare with a list",
        ));
    }
    Ok(TargetUser {
        id,
        user_principal_name,
    })
}

/// The restored files of a custodian, by item, with their paths in the source.
fn restored(
    journal: &Journal,
    case: &Case,
    custodian: &Pseudonym,
) -> Result<BTreeMap<Pseudonym, String>> {
    let mut files = BTreeMap::new();
    each_row(journal, case, custodian, |row, is_restored| {
        if is_restored && row.workload == Workload::Files.name() {
            let path = [&row.folder.below[..], std::slice::from_ref(&row.name)].concat();
            files.insert(row.item.clone(), path.join("/"));
        }
    })?;
    Ok(files)
}

/// Reads the drive and each restored file of a custodian.
pub(crate) async fn read(
    journal: &Journal,
    target: &Graph,
    custodian: &Pseudonym,
    office: &Office,
) -> Result<Alone> {
    let case = journal.case().map_err(meaning)?;
    let owner = owner(&case, custodian)?;
    let name = case.custodians[custodian].facts.source_name.clone();
    let name = name.unwrap_or_default();
    let files = restored(journal, &case, custodian)?;
    let wanted: HashSet<_> = files
        .keys()
        .map(|item| (custodian.clone(), item.clone()))
        .collect();
    let places = Places::load(journal, &wanted)?;
    let mut alone = Alone::default();
    let root = patiently(|| target.drive_item(&owner, &[])).await;
    match root.map_err(target_meaning)? {
        None => alone.absent += 1,
        Some(id) => look(target, &owner, (&id, &name, ""), office, &mut alone).await?,
    }
    for (item, path) in &files {
        let id = places.of(custodian, item)?;
        let is_there = patiently(|| target.has_drive_item(&owner, &id)).await;
        if !is_there.map_err(target_meaning)? {
            alone.absent += 1;
            continue;
        }
        look(target, &owner, (&id, &name, path), office, &mut alone).await?;
    }
    Ok(alone)
}

async fn look(
    target: &Graph,
    owner: &TargetUser,
    (id, custodian, path): (&TargetId, &str, &str),
    office: &Office,
    alone: &mut Alone,
) -> Result<()> {
    let listed = patiently(|| target.permissions(owner, id)).await;
    alone.read += 1;
    for permission in listed.map_err(target_meaning)? {
        let Some(is_declared) = judged(&permission, owner, office) else {
            continue;
        };
        let class = if is_declared { "declared" } else { "gained" };
        if is_declared {
            alone.declared += 1;
        } else {
            alone.gained += 1;
        }
        alone.rows.push(json!({
            "class": class,
            "custodian": custodian,
            "path": path,
            "source": null,
            "target": named(&permission.who),
            "source_level": "none",
            "target_level": level(&permission.role),
        }));
    }
    Ok(())
}

/// Nothing for the owner; else whether it is somebody by office.
fn judged(permission: &Permission, owner: &TargetUser, office: &Office) -> Option<bool> {
    let LetIn::User(object) = &permission.who else {
        return Some(false);
    };
    let object = object.to_ascii_lowercase();
    (object != owner.id.to_ascii_lowercase()).then(|| office.ids.contains(&object))
}

fn named(who: &LetIn) -> String {
    match who {
        LetIn::Anyone => "anyone".to_owned(),
        LetIn::Organisation => "organisation".to_owned(),
        LetIn::Group(object) => format!("group {object}"),
        LetIn::User(object) => format!("object {object}"),
        other => format!("other {other:?}"),
    }
}

/// A role that is not known is taken for the most that it could be.
fn level(role: &str) -> &'static str {
    match role {
        "read" => "read",
        "write" => "write",
        _ => "full",
    }
}

/// Records it as a comparison: its lines as an object of the custodian, its counts for everybody.
pub(crate) async fn record(
    journal: &Journal,
    custodian: &Pseudonym,
    alone: &Alone,
    office: &Office,
) -> Result<Digest> {
    let counts = AccessCompared {
        absent: alone.absent,
        custodian: custodian.clone(),
        declared: alone.declared,
        gained: alone.gained,
        kept: 0,
        lost: 0,
        object: String::new(),
    };
    keep(journal, &alone.rows, counts, &office.names).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_but_the_owner_is_gained_unless_an_office_is_approved() {
        let owner = TargetUser {
            id: "ADA".to_owned(),
            user_principal_name: "ada@clean.example".to_owned(),
        };
        let office = Office {
            ids: BTreeSet::from(["root".to_owned()]),
            names: Vec::new(),
        };
        let of = |who| {
            let role = "read".to_owned();
            judged(&Permission { who, role }, &owner, &office)
        };
        assert_eq!(of(LetIn::User("ada".to_owned())), None);
        assert_eq!(of(LetIn::User("Root".to_owned())), Some(true));
        for more in [
            LetIn::User("eve".to_owned()),
            LetIn::Group("root".to_owned()),
            LetIn::Anyone,
            LetIn::Organisation,
            LetIn::Other("root".to_owned()),
        ] {
            assert_eq!(of(more.clone()), Some(false), "{more:?}");
        }
        assert_eq!(
            ["read", "write", "owner", "x"].map(level),
            ["read", "write", "full", "full"]
        );
    }
}
