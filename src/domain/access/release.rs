//! What two people released of what access holds: the source and the map as they are read then. Pure; a plan is made from them
//! and proven as any other.
//!
//! A grant that is released is given to a principal of its own beside the one that is held, so that nothing else of that
//! principal comes along: neither its other grants nor its groups. What is denied to the one is denied to the other.

use std::collections::{BTreeMap, BTreeSet};

use super::directory::{Directory, PrincipalId, PrincipalKind};
use super::level::Level;
use super::map::{Fate, IdentityMap, IdentityRow};
use super::membership::Membership;
use super::plan::Reason;
use super::tree::{Effect, Grant, GrantKind, ItemId, Tree, TreeBuilder};

/// One grant of the source that two people released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// On what.
    pub item: ItemId,
    /// To whom, in the source.
    pub principal: PrincipalId,
    /// What.
    pub level: Level,
    /// Who that is in the target, where the map does not say it: a principal name.
    pub to: Option<String>,
}

/// Why something is not released in this way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReleasable {
    /// The source has no such grant.
    #[error("{0}: the source has no such grant")]
    NoGrant(String),
    /// It is held for another reason than a decision.
    #[error("{principal}: {}, which no approval changes: {}", .reason.name(), way_out(*.reason))]
    NoDecision {
        /// To whom.
        principal: String,
        /// Why it is held.
        reason: Reason,
    },
    /// The source has a principal of the name that a released one gets: its grants would come along.
    #[error("{0}: the source names a principal so, who is not the one that is released")]
    NameInUse(String),
    /// Only single people are let in by a release.
    #[error("{0}: a group is mapped by the map of principals, not released")]
    Group(String),
    /// Nobody said who it is.
    #[error("{0}: nothing says who that is in the clean tenant; name the user with --to")]
    Nobody(String),
    /// Released as somebody before.
    #[error("{principal}: was released as another user before, not as {to}")]
    TwoUsers {
        /// To whom, in the source.
        principal: String,
        /// The user of the later release.
        to: String,
    },
    /// Somebody else is that user.
    #[error("{to}: is somebody else's user in the map, who would get what {principal} had")]
    Taken {
        /// To whom, in the source.
        principal: String,
        /// The user.
        to: String,
    },
}

/// What is to be done about a grant that no approval releases.
pub fn way_out(reason: Reason) -> &'static str {
    match reason {
        Reason::ExternalNotApproved | Reason::Unmapped | Reason::Expires => {
            "two people release it: `unbroken access release ask`"
        }
        Reason::AccessUnknown => "say in the access sidecar who had access",
        Reason::MembersUnknown => "list the members in the access sidecar",
        Reason::KindConflict | Reason::TwoToOne | Reason::CustodianUnmapped => {
            "correct the map and amend the access plan"
        }
        Reason::NeedsExchange => "Exchange PowerShell grants it; then compare again",
        Reason::NeedsSharePoint => "SharePoint grants it; then compare again",
        Reason::NeedsCalendar => {
            "the owner shares the calendar again, or Exchange PowerShell does, without a mail"
        }
        Reason::NeedsMembership => "put the person into the team or channel",
        _ => "the tenant cannot express it",
    }
}

/// Whether an approval is what a held grant waits for.
pub fn is_releasable(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::ExternalNotApproved | Reason::Unmapped | Reason::Expires
    )
}

/// The source as a plan reads it after releases.
#[derive(Clone, Debug)]
pub struct AfterRelease {
    /// The principals, with one more for each who was let in.
    pub directory: Directory,
    /// The same items, with the grants of those.
    pub tree: Tree,
    /// The map, with a row for each.
    pub map: IdentityMap,
}

struct Names<'a> {
    directory: &'a Directory,
    map: &'a IdentityMap,
    taken: BTreeSet<String>,
}

impl<'a> Names<'a> {
    fn new(directory: &'a Directory, map: &'a IdentityMap) -> Self {
        let approved = |fate: &Fate| match fate {
            Fate::Mapped {
                target,
                kind,
                is_approved_external,
            } if *kind != PrincipalKind::Guest || *is_approved_external => {
                Some(super::directory::folded(target))
            }
            _ => None,
        };
        let known = directory.iter().filter_map(|(_, one)| {
            let fate = map.fate(&one.key)?;
            let is_guest = one.kind == PrincipalKind::Guest;
            let lets_in = !is_guest
                || matches!(
                    fate,
                    Fate::Mapped {
                        is_approved_external: true,
                        ..
                    }
                );
            lets_in.then(|| approved(fate))?
        });
        Self {
            directory,
            map,
            taken: known.collect(),
        }
    }

    /// Why the grant of a principal is held by what the map says, and who the principal is where it is let in nevertheless.
    fn let_in(
        &self,
        released: &Released,
    ) -> Result<Option<(String, PrincipalKind)>, NotReleasable> {
        let principal = self.directory.principal(released.principal);
        let key = &principal.key;
        if !matches!(principal.kind, PrincipalKind::Guest | PrincipalKind::User) {
            return Err(NotReleasable::Group(key.clone()));
        }
        let (to, kind) = match (self.map.fate(key), &released.to) {
            (Some(Fate::Departed), _) => return Err(over(key, Reason::Departed)),
            (Some(Fate::ServiceAccount), _) => return Err(over(key, Reason::ServiceAccount)),
            (
                Some(Fate::Mapped {
                    target,
                    kind,
                    is_approved_external,
                }),
                _,
            ) => {
                let is_external = [principal.kind, *kind].contains(&PrincipalKind::Guest);
                if !is_external || *is_approved_external {
                    // The map lets the person in; the grant waits for another reason, its end.
                    return Ok(None);
                }
                (target.clone(), *kind)
            }
            (None, Some(to)) => (to.clone(), principal.kind),
            (None, None) => return Err(NotReleasable::Nobody(key.clone())),
        };
        if self.taken.contains(&super::directory::folded(&to)) {
            let principal = key.clone();
            return Err(NotReleasable::Taken { principal, to });
        }
        Ok(Some((to, kind)))
    }
}

fn over(key: &str, reason: Reason) -> NotReleasable {
    NotReleasable::NoDecision {
        principal: key.to_owned(),
        reason,
    }
}

/// Reads the source anew with what was released. Whatever is not as it was when two people approved it is refused.
pub fn release(
    (directory, tree): (&Directory, &Tree),
    map: &IdentityMap,
    released: &[Released],
) -> Result<AfterRelease, NotReleasable> {
    let names = Names::new(directory, map);
    let mut after = directory.clone();
    let mut rows: Vec<IdentityRow> = map.rows().cloned().collect();
    // Of each principal who is let in: who that is beside the one that is held.
    let mut beside: BTreeMap<PrincipalId, PrincipalId> = BTreeMap::new();
    let mut users: BTreeMap<PrincipalId, String> = BTreeMap::new();
    let mut grants = tree.grants().to_vec();
    for one in released {
        let key = directory.principal(one.principal).key.clone();
        let found = grants.iter_mut().find(|grant| {
            grant.item == one.item
                && grant.principal == one.principal
                && grant.level == one.level
                && grant.effect == Effect::Allow
        });
        let grant = found.ok_or_else(|| NotReleasable::NoGrant(key.clone()))?;
        // Two people looked at it, and at its end.
        grant.expires = false;
        let Some((target, kind)) = names.let_in(one)? else {
            continue;
        };
        // What came by a link comes by name now.
        grant.kind = GrantKind::Direct;
        // One person of the source is one user: a second name would let the first one into what was released for the second.
        let user = users.entry(one.principal);
        let user = user.or_insert_with(|| super::directory::folded(&target));
        if *user != super::directory::folded(&target) {
            let principal = key;
            return Err(NotReleasable::TwoUsers {
                principal,
                to: target,
            });
        }
        if let Some(known) = beside.get(&one.principal) {
            grant.principal = *known;
            continue;
        }
        let key = format!("{key} (released)");
        // A list that names somebody so would have more let in than two people looked at.
        if directory.find(&key).is_some() || map.fate(&key).is_some() {
            return Err(NotReleasable::NameInUse(key));
        }
        let own = after.add(&key, directory.principal(one.principal).kind);
        let own = own.map_err(|error| NotReleasable::NoGrant(error.to_string()))?;
        let fate = Fate::Mapped {
            target,
            kind,
            is_approved_external: true,
        };
        rows.push(IdentityRow::new(&key, fate));
        beside.insert(one.principal, own);
        grant.principal = own;
    }
    grants.extend(denied(directory, tree, &beside));
    let mut built = TreeBuilder::default();
    for id in tree.ids() {
        let added = built.item(tree.item(id).clone());
        added.expect("the source has the same items");
    }
    for grant in grants {
        built.grant(grant);
    }
    Ok(AfterRelease {
        directory: after,
        tree: built.build(),
        map: IdentityMap::new(rows).map_err(NotReleasable::NoGrant)?,
    })
}

/// What is taken from somebody is taken from the one beside them as well, whichever group says it.
fn denied(
    directory: &Directory,
    tree: &Tree,
    beside: &BTreeMap<PrincipalId, PrincipalId>,
) -> Vec<Grant> {
    let membership = Membership::of(directory);
    let mut found = Vec::new();
    let denies = tree
        .grants()
        .iter()
        .filter(|one| one.effect == Effect::Deny);
    for deny in denies {
        for (principal, own) in beside {
            let person = membership.person(*principal);
            let is_meant = deny.principal == *principal
                || person.is_none_or(|person| membership.contains(deny.principal, person))
                // Whom it takes something from is not known.
                || !membership.is_known(deny.principal);
            if is_meant {
                found.push(Grant {
                    principal: *own,
                    ..*deny
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
