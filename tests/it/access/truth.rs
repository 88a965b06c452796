//! What the source allows, found the slow way from the plain lists: a second opinion that the domain's model does not see.

use std::collections::BTreeSet;

use unbroken::domain::access::{ItemKind, Level, PrincipalKind};

use super::tenants::ATenant;

/// 0 for nothing, then the five levels.
pub(crate) fn rank(level: Level) -> usize {
    [
        Level::None,
        Level::FreeBusy,
        Level::Limited,
        Level::Read,
        Level::Write,
        Level::Full,
    ]
    .iter()
    .position(|known| *known == level)
    .expect("a level")
}

/// Which grants count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// All.
    All,
    /// Those that can be made again with a whole map.
    Expressible,
    /// Those of them that Graph's `invite` can make: none on a root, none to a group of a site, at most writing.
    ByGraphAlone,
}

/// Everybody in a principal. Where the whole organisation does not count, it does not count as a member either.
pub(crate) fn people(tenant: &ATenant, principal: usize, count: Count) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![principal];
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        match tenant.principals[at].kind {
            PrincipalKind::User | PrincipalKind::Guest => {
                found.insert(at);
            }
            PrincipalKind::Organisation if count == Count::All => {
                found.extend(tenant.of_kind(PrincipalKind::User));
            }
            PrincipalKind::Anyone if count == Count::All => {
                found.extend(tenant.of_kind(PrincipalKind::User));
                found.extend(tenant.of_kind(PrincipalKind::Guest));
            }
            _ => open.extend(&tenant.principals[at].members),
        }
    }
    found
}

fn stands_alone(kind: ItemKind) -> bool {
    [
        ItemKind::PrivateChannel,
        ItemKind::SharedChannel,
        ItemKind::Calendar,
    ]
    .contains(&kind)
}

/// The items whose grants count on one; `None` where the source does not say.
pub(crate) fn chain(tenant: &ATenant, item: usize) -> Option<Vec<usize>> {
    let mut chain = Vec::new();
    let mut at = item;
    loop {
        let found = &tenant.items[at];
        if !found.is_known {
            return None;
        }
        chain.push(at);
        match found.parent {
            Some(parent) if found.inherits && !stands_alone(found.kind) => at = parent,
            _ => return Some(chain),
        }
    }
}

/// What one person may do with one item.
pub(crate) fn level(tenant: &ATenant, person: usize, item: usize, count: Count) -> usize {
    let mut at = Some(item);
    while let Some(place) = at {
        if tenant.items[place].custodian == Some(person) {
            return rank(Level::Full);
        }
        at = tenant.items[place].parent;
    }
    let Some(chain) = chain(tenant, item) else {
        return 0;
    };
    let (mut allowed, mut denied_from) = (0, usize::MAX);
    for grant in tenant
        .grants
        .iter()
        .filter(|grant| chain.contains(&grant.item))
    {
        if grant.is_deny {
            if people(tenant, grant.principal, Count::All).contains(&person) {
                denied_from = denied_from.min(rank(grant.level));
            }
            continue;
        }
        let mut can = count == Count::All || !grant.expires;
        let mut given = rank(grant.level);
        if count == Count::ByGraphAlone {
            let is_site = tenant.principals[grant.principal].kind == PrincipalKind::SiteGroup;
            can &= !is_site && tenant.items[grant.item].parent.is_some();
            given = given.min(rank(Level::Write));
        }
        if can && people(tenant, grant.principal, count).contains(&person) {
            allowed = allowed.max(given);
        }
    }
    let level = allowed.min(denied_from - 1);
    let is_calendar = tenant.items[item].kind == ItemKind::Calendar;
    match level {
        // Files know nothing below reading, calendars nothing above writing.
        1 | 2 if !is_calendar => 0,
        5 if is_calendar => 4,
        other => other,
    }
}
