//! Groups that are let in have only the members that the plan knows of: asked in the tenant before the first call.

use std::collections::BTreeSet;

use super::Prepared;
use super::readback::{Found, Objects};
use crate::domain::access::{Directory, Grant, Membership, PrincipalId};
use crate::error::{Error, ErrorKind, Result};
use crate::targets::graph::Graph;

fn people(directory: &Directory, group: PrincipalId) -> BTreeSet<PrincipalId> {
    let membership = Membership::of(directory);
    let people = membership.numbers(group).into_iter();
    people.map(|person| membership.principal(person)).collect()
}

/// Whoever somebody put into a group meanwhile would get in with it, and nothing of the source says that they may.
pub(super) async fn check(
    target: &Graph,
    prepared: &Prepared,
    objects: &Objects,
    grants: &[Grant],
) -> Result<()> {
    let planned = prepared.mapping.target();
    let groups: BTreeSet<PrincipalId> = grants
        .iter()
        .map(|grant| grant.principal)
        .filter(|id| planned.principal(*id).kind.is_group())
        .collect();
    let mut found = Found::new(target, prepared, objects);
    for group in groups {
        let id = found.group(&objects.id[&group]).await?;
        let known = people(planned, group);
        let real = people(found.directory(), id);
        if let Some(more) = real.difference(&known).next() {
            let (group, more) = (
                &planned.principal(group).key,
                &found.directory().principal(*more).key,
            );
            let text = format!("group {group} holds somebody whom the source's does not: {more}");
            return Err(Error::new(ErrorKind::GateRefused, text)
                .hint("take them out of the group, or map them; nothing was opened"));
        }
    }
    Ok(())
}
