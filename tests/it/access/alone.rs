//! The same random tenants under the limits that the program plans with: what Graph's calls alone can make is there exactly, the
//! rest waits with a reason.

use std::collections::BTreeMap;

use unbroken::domain::access::{ItemKind, Limits, Outcome, PrincipalKind, Reason};

use super::carried::Carried;
use super::tenants::MapKind;
use super::truth::{Count, chain, level};
use super::{Planned, Seen, planned_within};

/// How many tenants of each kind of map.
const TENANTS: u64 = 250;

fn planned(seed: u64, kind: MapKind) -> Planned {
    planned_within(seed, kind, false, Limits::GRAPH_ALONE)
}

impl Planned {
    fn is_in_a_team(&self, item: usize) -> bool {
        let mut at = item;
        while let Some(parent) = self.tenant.items[at].parent {
            at = parent;
        }
        self.tenant.items[at].kind == ItemKind::Team
    }

    /// What `invite` cannot make is out with a reason; how many for each.
    pub(super) fn check_out(&self, seed: u64) -> BTreeMap<&'static str, usize> {
        let mut grants: Vec<_> = self.tenant.grants.iter().collect();
        // The tree numbers them by item, in the order in which they came.
        grants.sort_by_key(|grant| grant.item);
        let mut reasons = BTreeMap::new();
        for (grant, outcome) in grants.into_iter().zip(&self.plan.outcomes) {
            let is_root = self.tenant.items[grant.item].parent.is_none();
            let to = self.tenant.principals[grant.principal].kind;
            let by_invite = !is_root && to != PrincipalKind::SiteGroup;
            let is_out = matches!(outcome, Outcome::Out(_));
            assert!(
                by_invite || grant.is_deny || is_out,
                "seed {seed}: {grant:?} {outcome:?}"
            );
            if let Outcome::Out(reason) = outcome {
                let waits = [Reason::NeedsSharePoint, Reason::NeedsMembership].contains(reason);
                assert!(!waits || reason.is_held(), "seed {seed}: {reason:?}");
                *reasons.entry(reason.name()).or_default() += 1;
            }
        }
        reasons
    }

    /// With a whole map: files and lists to the letter; teams have no grants of their own, so there the bound alone is judged.
    pub(super) fn check_exact(&self, seen: &Seen, seed: u64) -> (usize, usize) {
        let (mut checked, mut let_in) = (0, 0);
        for ((person, item), found) in self.ends(seen) {
            let is_cut = chain(&self.tenant, item).is_none() || self.is_held(item);
            if is_cut || self.is_in_a_team(item) {
                continue;
            }
            let wanted = level(&self.tenant, person, item, Count::ByGraphAlone);
            assert_eq!(found, wanted, "seed {seed}: person {person} on item {item}");
            checked += 1;
            let_in += usize::from((1..=4).contains(&found));
        }
        (checked, let_in)
    }
}

#[test]
fn by_graph_alone_what_can_be_made_is_exact_the_rest_is_held_and_no_request_is_wider() {
    let (mut checked, mut let_in) = (0, 0);
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..TENANTS {
        let planned = planned(seed, MapKind::Whole);
        let mut carried = Carried::new(&planned.plan, &planned.mapping, seed);
        carried.run_by_graph_alone();
        let seen = carried.seen();
        planned.check_never_wider(&seen, seed);
        planned.check_explained(&seen, seed);
        let (all, some) = planned.check_exact(&seen, seed);
        (checked, let_in) = (checked + all, let_in + some);
        for (reason, count) in planned.check_out(seed) {
            *reasons.entry(reason).or_default() += count;
        }
    }
    assert!(checked > 5_000 && let_in > 500, "{checked} {let_in}");
    for reason in [Reason::NeedsSharePoint, Reason::NeedsMembership] {
        let count = reasons.get(reason.name()).copied().unwrap_or_default();
        assert!(count > 50, "{reasons:?}");
    }
}

#[test]
fn by_graph_alone_hostile_maps_and_missing_rows_widen_nothing_and_lose_nothing_in_silence() {
    for (kind, first) in [
        (MapKind::Unmapped(5), TENANTS),
        (MapKind::Unmapped(50), 2 * TENANTS),
        (MapKind::Hostile, 3 * TENANTS),
    ] {
        let mut narrower = 0;
        for seed in first..first + TENANTS {
            let planned = planned(seed, kind);
            let mut carried = Carried::new(&planned.plan, &planned.mapping, seed);
            carried.run_by_graph_alone();
            let seen = carried.seen();
            planned.check_never_wider(&seen, seed);
            planned.check_out(seed);
            narrower += planned.check_explained(&seen, seed);
        }
        assert!(narrower > 100, "{kind:?}: {narrower}");
    }
}
