//! Accesses that somebody opens in the tenant after everything is given back: `access diff` shows each as gained, and nothing
//! else, as the simulator's own effective access has it.

use std::collections::{BTreeMap, BTreeSet};

use m365_simulator::Planted;
use unbroken::domain::access::{ItemId, Level, PrincipalId, PrincipalKind};

use super::batch::{Batch, Drive, OFFICE, place};
use super::program::{SAID, json_lines};
use super::tenants::MapKind;
use super::truth::{Count, chain, level, people, rank};
use super::{Planned, Seen, rank_of_role};

/// How a tenant is opened behind everybody's back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Widening {
    /// Somebody by name.
    Grant,
    /// Somebody into a group that is let in.
    Member,
    /// Somebody who may read, to writing.
    Raised,
    /// A link for everybody in the organisation.
    OrganisationLink,
    /// A link for whoever has it.
    AnyoneLink,
}

const KINDS: [Widening; 5] = [
    Widening::Grant,
    Widening::Member,
    Widening::Raised,
    Widening::OrganisationLink,
    Widening::AnyoneLink,
];

/// A custodian and a path.
type Place = (String, String);

impl Planned {
    /// Whether nothing that was for everybody counts on an item: what such a grant was worth to somebody, the program's
    /// comparison and the slow second opinion judge apart.
    fn is_plain(&self, item: usize) -> bool {
        let Some(chain) = chain(&self.tenant, item) else {
            return true;
        };
        let grants = self.tenant.grants.iter();
        let mut grants = grants.filter(|grant| chain.contains(&grant.item));
        grants.all(|grant| {
            let whom = |count| people(&self.tenant, grant.principal, count);
            whom(Count::All) == whom(Count::Expressible)
        })
    }

    /// Whether somebody of the target might write it in the source: by what is held, too.
    fn may_write(&self, who: PrincipalId, item: ItemId) -> bool {
        let sources = self.mapping.sources_of(who).iter();
        let level = |source: &PrincipalId| {
            let person = source.0 as usize;
            level(&self.tenant, person, item.0 as usize, Count::All)
        };
        sources.map(level).min() >= Some(rank(Level::Write))
    }

    /// The items of the sidecar on which somebody has more than the source gave.
    fn widened(&self, seen: &Seen) -> BTreeSet<Place> {
        let sources = self.sources(seen);
        let mut found = BTreeSet::new();
        for ((owner, path), people) in &seen.ends {
            let item = seen.place[&(owner.clone(), path.clone())].0 as usize;
            let is_wider = people
                .iter()
                .any(|(name, role)| rank_of_role(role) > self.most(&sources, name, item));
            let place = place(&self.tenant, item);
            // What the sidecar does not name lies under a name of its own.
            let is_named = path.trim_start_matches('/') == place.1;
            if is_wider && is_named && self.is_plain(item) {
                found.insert(place);
            }
        }
        found
    }
}

impl Batch {
    /// Somebody whom nobody in another tenant of the batch knows.
    fn stranger(&self, tenant: usize) -> String {
        let (_, other) = &self.tenants[(tenant + 1) % self.tenants.len()];
        let mut people = other.mapping.target().iter();
        let user = people.find(|(_, who)| who.kind == PrincipalKind::User);
        user.expect("a user").1.key.clone()
    }

    /// Opens one item of a drive; which.
    fn plant(&self, drive: &Drive, kind: Widening) -> Option<Place> {
        let planned = &self.tenants[drive.tenant].1;
        let stranger = self.stranger(drive.tenant);
        let mut below = drive.place.iter().filter(|(path, item)| {
            let own = place(&planned.tenant, item.0 as usize).1;
            !own.is_empty() && path[1..] == own && planned.is_plain(item.0 as usize)
        });
        let target = planned.mapping.target();
        // Whom the plan lets into an item, of one kind.
        let let_in = |item: ItemId, kind: PrincipalKind| {
            let mut grants = planned.plan.target.own_grants(item);
            grants.find_map(|grant| {
                let to = planned.plan.target.grants()[grant].principal;
                let is_it = target.principal(to).kind == kind;
                (is_it && !(kind == PrincipalKind::User && planned.may_write(to, item)))
                    .then(|| target.principal(to).key.clone())
            })
        };
        let whom = match kind {
            Widening::Grant => Planted::Person(stranger),
            Widening::OrganisationLink => Planted::Organization,
            Widening::AnyoneLink => Planted::Anyone,
            Widening::Member => {
                let group = |item| let_in(item, PrincipalKind::Group);
                let (item, group) = below.find_map(|(_, item)| Some((*item, group(*item)?)))?;
                assert!(self.case.inspect().add_member(&group, &stranger));
                return Some(place(&planned.tenant, item.0 as usize));
            }
            Widening::Raised => {
                let reader = |item| let_in(item, PrincipalKind::User);
                let found = below.find_map(|(path, item)| Some((path, *item, reader(*item)?)))?;
                let (path, item, reader) = found;
                let reader = Planted::Person(reader);
                assert!(
                    self.case
                        .inspect()
                        .let_in(&drive.owner, path, &reader, true)
                );
                return Some(place(&planned.tenant, item.0 as usize));
            }
        };
        let (path, item) = below.next()?;
        let done = self.case.inspect().let_in(&drive.owner, path, &whom, false);
        assert!(done, "{path}");
        Some(place(&planned.tenant, item.0 as usize))
    }

    fn plain(&self, places: BTreeSet<Place>) -> BTreeSet<Place> {
        let is_plain = |place: &Place| {
            let drive = self.drives.iter().find(|drive| drive.source == place.0);
            let drive = drive.expect("a drive of the batch");
            let path = if place.1.is_empty() {
                String::new()
            } else {
                format!("/{}", place.1)
            };
            let item = drive.place[&path].0 as usize;
            self.tenants[drive.tenant].1.is_plain(item)
        };
        places.into_iter().filter(is_plain).collect()
    }
}

#[test]
fn whatever_opens_access_in_the_tenant_shows_as_gained_and_nothing_else_does() {
    let batch = Batch::new(60_000, 25, MapKind::Whole);
    // Nothing is gained before: it says so of each custodian.
    batch.run();
    let mut planted: BTreeMap<Widening, Vec<Place>> = BTreeMap::new();
    for drive in &batch.drives {
        // Whatever was planted least so far, where the drive has an item for it.
        let mut kinds = KINDS;
        kinds.sort_by_key(|kind| planted.get(kind).map_or(0, Vec::len));
        let found = kinds
            .iter()
            .find_map(|kind| Some((*kind, batch.plant(drive, *kind)?)));
        if let Some((kind, place)) = found {
            planted.entry(kind).or_default().push(place);
        }
    }
    let diff = batch.case.run(&format!(
        "access diff CASE {SAID} TARGET --declared {OFFICE} --without-quotas --json"
    ));
    assert_eq!(diff.status.code(), Some(3));
    let printed = String::from_utf8(diff.stdout).expect("UTF-8");
    let gained = json_lines(&printed).filter(|row| row["class"] == "gained");
    let gained: BTreeSet<Place> = gained
        .map(|row| {
            let word = |name: &str| row[name].as_str().expect("a word").to_owned();
            (word("custodian"), word("path"))
        })
        .collect();
    for kind in KINDS {
        let places = &planted[&kind];
        assert!(places.len() > 2, "{kind:?}: {planted:?}");
        for place in places {
            assert!(gained.contains(place), "{kind:?} on {place:?} is not seen");
        }
    }
    let seen = batch.seen();
    let tenants = batch.tenants.iter().zip(&seen);
    let wider = tenants.flat_map(|((_, planned), seen)| planned.widened(seen));
    assert_eq!(batch.plain(gained), wider.collect());
}
