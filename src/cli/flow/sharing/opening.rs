//! Opens one custodian's files: everything that must be closed is closed first, and only then is anybody let in.

use serde_json::json;

use super::super::patience::patiently;
use super::super::{meaning, target_meaning};
use super::located::Located;
use super::on_site::{Doors, Place};
use super::readback::{Objects, compare};
use super::{Prepared, lines};
use crate::domain::access::{Grant, ItemId, PrincipalKind};
use crate::domain::case::{AccessCommand, CaseCommand};
use crate::domain::event::{AccessApplied, AccessPlanned, AccessPlannedFacts};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::graph::Graph;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) scopes: u64,
    pub(crate) made: u64,
    pub(crate) failed: u64,
}

/// Closes and opens. The intent is on disk before the first call, the outcome after the last; both calls may be made again
/// without harm, so an intent without an outcome is carried out once more.
pub(crate) async fn open(
    journal: &Journal,
    target: &Graph,
    prepared: &Prepared,
    located: &Located,
    (objects, approved): (&Objects, &str),
) -> Result<Opened> {
    check_nobody_is_in(target, prepared, located, objects).await?;
    let tree = &prepared.plan.target;
    let scopes = located.scopes(prepared);
    let grants: Vec<Grant> = tree
        .grants()
        .iter()
        .filter(|grant| located.ids.contains_key(&grant.item))
        .copied()
        .collect();
    super::groups::check(target, prepared, objects, &grants).await?;
    let object = plan(journal, prepared, located, (&scopes, &grants, approved)).await?;
    let mut opened = Opened {
        scopes: scopes.len() as u64,
        ..Opened::default()
    };
    let closed = close(target, located, &scopes, &mut opened).await;
    if closed.is_ok() {
        let mut doors = Doors::of(target, &located.owner);
        for grant in &grants {
            let who = &objects.id[&grant.principal];
            let is_in = match &located.ids[&grant.item] {
                Place::Drive(id) => {
                    let role = grant.level.name();
                    let again = || target.open_item(&located.owner, id, who, role);
                    patiently(again).await.is_ok()
                }
                Place::Site(securable, _) => {
                    let principal = prepared.mapping.target().principal(grant.principal);
                    let whom = (&**who, principal.kind == PrincipalKind::Group);
                    doors.let_in(securable, whom, grant.level).await.is_ok()
                }
            };
            if is_in {
                opened.made += 1;
            } else {
                opened.failed += 1;
            }
        }
    }
    let data = AccessApplied {
        absent: located.absent,
        custodian: located.custodian.clone(),
        failed: opened.failed,
        made: opened.made,
        object,
    };
    let command = CaseCommand::Access(AccessCommand::Apply(data));
    journal.command(command).await.map_err(meaning)?;
    closed?;
    Ok(opened)
}

/// Whoever is let in already and should not be is found before anything is opened.
async fn check_nobody_is_in(
    target: &Graph,
    prepared: &Prepared,
    located: &Located,
    objects: &Objects,
) -> Result<()> {
    let before = compare(target, prepared, located, objects).await?;
    let Some(item) = before.gained.first() else {
        return Ok(());
    };
    let (_, path) = prepared.place(*item);
    let text = format!(
        "{} items let in somebody already whom the source did not, the first is {path:?}",
        before.gained.len()
    );
    let hint = if prepared.plan.is_site(located.root) {
        "`unbroken access diff` names them; who administers the site sees all of it: \
         `access propose --declared USER`; nothing was opened"
    } else {
        "`unbroken access diff` names them; nothing was opened"
    };
    Err(Error::new(ErrorKind::GateRefused, text).hint(hint))
}

async fn plan(
    journal: &Journal,
    prepared: &Prepared,
    located: &Located,
    (scopes, grants, approved): (&[(ItemId, Place)], &[Grant], &str),
) -> Result<String> {
    let mut rows = prepared.rows(Some(located.root));
    rows.extend(scopes.iter().map(|(item, _)| {
        let (custodian, path) = prepared.place(*item);
        json!({ "step": "close", "custodian": custodian, "path": path })
    }));
    rows.extend(grants.iter().map(|grant| {
        let (custodian, path) = prepared.place(grant.item);
        let who = &prepared.mapping.target().principal(grant.principal).key;
        let level = grant.level.name();
        json!({
            "step": "grant", "custodian": custodian, "path": path, "who": who, "level": level,
        })
    }));
    let object = journal
        .keep_access(&located.custodian, &lines(&rows))
        .map_err(meaning)?;
    let tally = prepared.tally(Some(located.root));
    let data = AccessPlanned {
        custodian: located.custodian.clone(),
        held: tally.held,
        kept: tally.kept,
        lost: tally.lost,
        object: object.clone(),
        plan: Some(approved.to_owned()),
        reasons: prepared.reasons(located.root),
        released: prepared.released_below(located.root),
        scopes: scopes.len() as u64,
        steps: (scopes.len() + grants.len()) as u64,
    };
    let facts = AccessPlannedFacts {
        map: Some(prepared.map_digest.to_string()),
        sidecar: Some(prepared.sidecar_digest.to_string()),
    };
    let command = CaseCommand::Access(AccessCommand::Plan(data, facts));
    journal.command(command).await.map_err(meaning)?;
    Ok(object)
}

/// One scope that stays open is enough to stop: the folder above it is not opened then.
async fn close(
    target: &Graph,
    located: &Located,
    scopes: &[(ItemId, Place)],
    opened: &mut Opened,
) -> Result<()> {
    let owner = &located.owner;
    for (_, place) in scopes {
        let closed = match place {
            Place::Drive(id) => patiently(|| target.close_item(owner, id)).await,
            Place::Site(securable, _) => {
                patiently(|| target.close_securable(owner, securable)).await
            }
        };
        if let Err(error) = closed {
            opened.failed += 1;
            return Err(target_meaning(error)
                .while_doing("an item could not be closed, so nobody was let in")
                .hint("start again with the same command: what is done already stays as it is"));
        }
        opened.made += 1;
    }
    Ok(())
}
