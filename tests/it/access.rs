//! Access never widens: random tenants planned by the product, carried out on the simulated tenant request by request, and
//! judged by the simulator's own effective access and by a slow second opinion on the source.

mod alone;
mod batch;
mod carried;
mod crashed;
pub(crate) mod journey;
mod program;
mod released;
mod site;
mod site_batch;
mod site_crashed;
mod tenants;
mod truth;
mod unlisted;
mod widened;

use std::collections::{BTreeMap, HashMap, HashSet};

use carried::Carried;
use m365_simulator::AccessChange;
use serde_json::json;
use tenants::{ATenant, MapKind, item_id};
use truth::{Count, chain, level, people, rank};
use unbroken::domain::access::{
    AccessPlan, Before, DifferenceClass, Fate, IdentityMap, ItemId, Level, Limits, Mapping,
    Membership, Outcome, PlanInput, PrincipalId, PrincipalKind, Standing, differences, plan, prove,
};

/// How many tenants of each kind of map.
const TENANTS: u64 = 1_000;

/// A tenant, its map, and what the product makes of both.
struct Planned {
    tenant: ATenant,
    map: IdentityMap,
    mapping: Mapping,
    plan: AccessPlan,
    limits: Limits,
}

fn planned(seed: u64, kind: MapKind, has_calendars: bool) -> Planned {
    planned_within(seed, kind, has_calendars, Limits::ADVISED)
}

fn planned_within(seed: u64, kind: MapKind, has_calendars: bool, limits: Limits) -> Planned {
    let tenant = ATenant::random(seed, has_calendars);
    let map = tenant.map(kind, seed);
    Planned::new(tenant, map, limits, &format!("seed {seed}, {kind:?}"))
}

/// What a tenant allowed, as the simulator saw it.
struct Seen {
    /// After each request, oldest first.
    history: Vec<AccessChange>,
    /// In the end, by the drive's owner and the path.
    ends: BTreeMap<(String, String), BTreeMap<String, String>>,
    /// What lies at an owner's path.
    place: BTreeMap<(String, String), ItemId>,
    /// Principal names of users and guests.
    upn: BTreeMap<String, PrincipalId>,
}

/// A role of the tenant beside [`rank`]s of the source.
fn rank_of_role(role: &str) -> usize {
    match role {
        "read" => rank(Level::Read),
        "write" => rank(Level::Write),
        _ => rank(Level::Full),
    }
}

/// By principal name in the target, everybody in the source who is that one.
type Sources = BTreeMap<String, Vec<usize>>;

impl Planned {
    fn new(tenant: ATenant, map: IdentityMap, limits: Limits, name: &str) -> Self {
        let (directory, source) = (tenant.directory(), tenant.tree());
        let membership = Membership::of(&directory);
        let mapping = Mapping::new(&directory, &membership, &map);
        let target_membership = Membership::of(mapping.target());
        let input = PlanInput {
            source: &source,
            directory: &directory,
            membership: &membership,
            mapping: &mapping,
            target_membership: &target_membership,
            limits,
            open: &HashSet::new(),
            standing: &HashMap::new(),
        };
        let plan = plan(&input);
        assert_eq!(prove(&input, &plan), Ok(()), "{name}");
        Self {
            tenant,
            map,
            mapping,
            plan,
            limits,
        }
    }

    /// By the rows alone.
    fn sources(&self, seen: &Seen) -> Sources {
        let mut found = Sources::new();
        for (place, principal) in self.tenant.principals.iter().enumerate() {
            let Some(Fate::Mapped { target, kind, .. }) = self.map.fate(&principal.key) else {
                continue;
            };
            let is_person = |kind| matches!(kind, PrincipalKind::User | PrincipalKind::Guest);
            if !is_person(principal.kind) || !is_person(*kind) {
                continue;
            }
            let target = self.mapping.target().find(target);
            let upn = seen.upn.iter().find(|(_, id)| Some(**id) == target);
            if let Some((upn, _)) = upn {
                found.entry(upn.clone()).or_default().push(place);
            }
        }
        found
    }

    /// The most that somebody of the target may do with an item: the least of those who are that one.
    fn most(&self, sources: &Sources, name: &str, item: usize) -> usize {
        let all = sources.get(name).into_iter().flatten();
        let levels = all.map(|person| level(&self.tenant, *person, item, Count::All));
        levels.min().unwrap_or(0)
    }

    /// Every state that the tenant was in, not only the last.
    fn check_never_wider(&self, seen: &Seen, seed: u64) {
        let sources = self.sources(seen);
        let mut known: HashMap<(&str, usize), usize> = HashMap::new();
        for change in &seen.history {
            let place = (change.owner.clone(), change.path.clone());
            let Some(item) = seen.place.get(&place) else {
                // The drive of somebody to whom nothing is restored.
                assert_eq!((change.people.len(), &*change.path), (1, ""), "{change:?}");
                continue;
            };
            let item = item.0 as usize;
            for (name, role) in &change.people {
                let most = known.entry((name, item));
                let most = *most.or_insert_with(|| self.most(&sources, name, item));
                assert!(
                    rank_of_role(role) <= most,
                    "seed {seed}: {most} at most: {name} in {change:?}"
                );
            }
        }
    }

    /// What each person may do in the end, at each place.
    fn ends(&self, seen: &Seen) -> Vec<((usize, usize), usize)> {
        let sources = self.sources(seen);
        let mut ends = Vec::new();
        for (place, people) in &seen.ends {
            let Some(item) = seen.place.get(place) else {
                continue;
            };
            for (name, all) in &sources {
                let role = people.get(name).map_or(0, |role| rank_of_role(role));
                ends.extend(all.iter().map(|person| ((*person, item.0 as usize), role)));
            }
        }
        ends
    }

    fn is_held(&self, item: usize) -> bool {
        let chain = chain(&self.tenant, item);
        chain.is_none_or(|chain| {
            let held = |at: &usize| self.plan.held_items.contains_key(&item_id(*at));
            chain.iter().any(held)
        })
    }

    /// With a whole map all that can be expressed is there, exactly.
    fn check_whole(&self, seen: &Seen, seed: u64) -> usize {
        let mut checked = 0;
        for ((person, item), found) in self.ends(seen) {
            if !self.is_held(item) {
                let wanted = level(&self.tenant, person, item, Count::Expressible);
                assert_eq!(found, wanted, "seed {seed}: person {person} on item {item}");
                checked += 1;
            }
        }
        checked
    }

    /// Who has less is in a row that says why.
    fn check_explained(&self, seen: &Seen, seed: u64) -> usize {
        let mut narrower = 0;
        for ((person, item), found) in self.ends(seen) {
            let wanted = level(&self.tenant, person, item, Count::All);
            if found >= wanted || self.is_held(item) {
                continue;
            }
            narrower += 1;
            let chain = chain(&self.tenant, item).expect("known");
            let mut grants: Vec<_> = self.tenant.grants.iter().collect();
            // The tree numbers them by item, in the order in which they came.
            grants.sort_by_key(|grant| grant.item);
            let out = grants
                .iter()
                .zip(&self.plan.outcomes)
                .any(|(grant, outcome)| {
                    let concerns = chain.contains(&grant.item)
                        && people(&self.tenant, grant.principal, Count::All).contains(&person);
                    let is_narrowed = self.limits.graph_alone
                        && (grant.level, grant.is_deny) == (Level::Full, false)
                        && matches!(outcome, Outcome::Kept(_, Level::Write))
                        && found == rank(Level::Write);
                    concerns && (is_narrowed || matches!(outcome, Outcome::Out(_)))
                });
            let left_out = self.mapping.left_out().iter().any(|row| {
                people(&self.tenant, row.member.0 as usize, Count::All).contains(&person)
            });
            let is_out = |(_, who, _): &(_, PrincipalId, _)| who.0 as usize == person;
            let people_out = self.plan.people_out.iter().any(is_out);
            assert!(
                out || left_out || people_out,
                "seed {seed}: person {person} lost item {item} in silence"
            );
        }
        narrower
    }
}

#[test]
fn with_a_whole_map_all_that_can_be_expressed_is_kept_and_nothing_is_wider_at_any_request() {
    let (mut checked, mut granted) = (0, 0);
    for seed in 0..TENANTS {
        let planned = planned(seed, MapKind::Whole, false);
        let mut carried = Carried::new(&planned.plan, &planned.mapping, seed);
        carried.run();
        let seen = carried.seen();
        planned.check_never_wider(&seen, seed);
        checked += planned.check_whole(&seen, seed);
        planned.check_explained(&seen, seed);
        granted += planned.plan.target.grants().len();
    }
    assert!(checked > 50_000 && granted > 3_000, "{checked} {granted}");
}

#[test]
fn with_people_unmapped_and_hostile_maps_nothing_is_wider_and_nothing_is_lost_in_silence() {
    for (kind, seeds) in [
        (MapKind::Unmapped(5), 0..TENANTS),
        (MapKind::Unmapped(50), TENANTS..2 * TENANTS),
        (MapKind::Hostile, 2 * TENANTS..3 * TENANTS),
    ] {
        let mut narrower = 0;
        for seed in seeds {
            let planned = planned(seed, kind, false);
            let mut carried = Carried::new(&planned.plan, &planned.mapping, seed);
            carried.run();
            let seen = carried.seen();
            planned.check_never_wider(&seen, seed);
            narrower += planned.check_explained(&seen, seed);
        }
        assert!(narrower > 500, "{kind:?}: {narrower}");
    }
}

#[test]
fn plans_with_mailboxes_and_calendars_are_proven() {
    let mut grants = 0;
    for seed in 0..TENANTS {
        for kind in [MapKind::Whole, MapKind::Unmapped(50), MapKind::Hostile] {
            grants += planned(seed, kind, true).plan.target.grants().len();
        }
    }
    assert!(grants > 3_000, "{grants}");
}

#[test]
fn a_widening_planted_in_the_tenant_shows_as_gained_and_nothing_else_does() {
    let mut planted = 0;
    for seed in 0..200 {
        let planned = planned(seed, MapKind::Whole, false);
        let mut carried = Carried::new(&planned.plan, &planned.mapping, seed);
        carried.run();
        let gained = |carried: &mut Carried<'_>| {
            let (directory, tree) = carried.read_back();
            let membership = Membership::of(&directory);
            let (own, source) = (planned.tenant.directory(), planned.tenant.tree());
            let before = Before {
                tree: &source,
                directory: &own,
                membership: &Membership::of(&own),
                mapping: &planned.mapping,
            };
            let standing = Standing {
                tree: &tree,
                directory: &directory,
                membership: &membership,
                declared: &HashSet::new(),
            };
            let found = differences(&before, &standing).expect("one shape");
            let gained = found
                .iter()
                .filter(|one| one.class == DifferenceClass::Gained);
            gained.map(|one| one.item).collect::<HashSet<_>>()
        };
        assert_eq!(gained(&mut carried), HashSet::new(), "seed {seed}");
        let places: Vec<_> = carried.place.values().copied().collect();
        let inner = places
            .iter()
            .find(|id| planned.plan.target.item(**id).parent.is_some());
        let Some(item) = inner.copied() else {
            continue;
        };
        // Whoever was let in by name has it already; the others gain.
        carried.plant(item, &json!({"type": "edit", "scope": "anonymous"}));
        let found = gained(&mut carried);
        let named = |person: &usize| {
            level(
                &planned.tenant,
                *person,
                item.0 as usize,
                Count::Expressible,
            )
        };
        let everybody = planned.tenant.of_kind(PrincipalKind::User);
        if everybody
            .iter()
            .map(named)
            .min()
            .is_some_and(|least| least < 4)
        {
            assert!(found.contains(&item), "seed {seed}: the link is not seen");
            planted += 1;
        }
    }
    assert!(planted > 100, "{planted}");
}
