//! The proof: what the target will allow is compared with the mapped source, item by item, before a plan is frozen.
//!
//! It knows nothing of how a plan is made: it walks both trees and compares people.

use std::collections::HashSet;

use super::directory::{Directory, PrincipalId};
use super::effective::{Effective, Links, Walker};
use super::level::Level;
use super::map::Mapping;
use super::membership::Membership;
use super::plan::{AccessPlan, Outcome, PlanInput};
use super::tree::{Effect, Grant, ItemId, Tree};

/// One person on one item who would have another level than is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The item.
    pub item: ItemId,
    /// Who: in the target for a widening, in the source for a narrowing.
    pub who: PrincipalId,
    /// What the source says, mapped.
    pub source: Level,
    /// What the target would say.
    pub target: Level,
}

/// A plan that is not to be frozen.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error(
    "the access planned is wider than the source's in {} places, narrower without reason in {}",
    widened.len(), unexplained.len()
)]
pub struct Violations {
    /// More than the mapped source says.
    pub widened: Vec<Finding>,
    /// Less, and no row says why.
    pub unexplained: Vec<Finding>,
}

/// More findings than a person would read say nothing more.
const FINDINGS_MAX: usize = 1_000;

/// Checks that a plan widens nothing, and narrows nothing in silence.
pub fn prove(input: &PlanInput<'_>, plan: &AccessPlan) -> Result<(), Violations> {
    let mut violations = Violations::default();
    let out: HashSet<(ItemId, PrincipalId)> = plan
        .people_out
        .iter()
        .map(|(item, who, _)| (*item, *who))
        .collect();
    let target = input.mapping.target();
    let mut bound = Walker::new(
        input.source,
        input.directory,
        input.membership,
        Links::Named,
    );
    let mut whole = Walker::new(input.source, input.directory, input.membership, Links::All);
    let mut after = Walker::new(&plan.target, target, input.target_membership, Links::All);
    while let Some((item, a)) = bound.step() {
        let (also, b) = whole.step().unwrap_or((item, true));
        let (again, c) = after.step().unwrap_or((item, true));
        assert!(also == item && again == item, "the trees have one shape");
        if !(a || b || c) || violations.is_full() {
            continue;
        }
        let widened = widened(input, item, bound.effective(), after.effective());
        violations.widened.extend(widened);
        let view = View {
            input,
            plan,
            out: &out,
        };
        let less = view.unexplained(item, whole.effective(), after.effective());
        violations.unexplained.extend(less);
    }
    let is_good = violations.widened.is_empty() && violations.unexplained.is_empty();
    if is_good { Ok(()) } else { Err(violations) }
}

impl Violations {
    fn is_full(&self) -> bool {
        self.widened.len() + self.unexplained.len() >= FINDINGS_MAX
    }
}

/// The most that somebody in the target may have: the least of what those had who are that one.
pub(super) fn bound(
    mapping: &Mapping,
    source: &Membership,
    who: PrincipalId,
    effective: &Effective,
) -> Level {
    let sources = mapping.sources_of(who).iter();
    let levels = sources.map(|one| {
        let person = source.person(*one);
        person.map_or(Level::None, |person| effective.level(person))
    });
    levels.min().unwrap_or_default()
}

fn widened(
    input: &PlanInput<'_>,
    item: ItemId,
    before: &Effective,
    after: &Effective,
) -> Vec<Finding> {
    let everybody = after.anybody().into_iter();
    let found = everybody.filter_map(|person| {
        let who = input.target_membership.principal(person);
        let source = bound(input.mapping, input.membership, who, before);
        let target = after.level(person);
        (target > source).then_some(Finding {
            item,
            who,
            source,
            target,
        })
    });
    found.collect()
}

struct View<'a> {
    input: &'a PlanInput<'a>,
    plan: &'a AccessPlan,
    out: &'a HashSet<(ItemId, PrincipalId)>,
}

impl View<'_> {
    fn unexplained(&self, item: ItemId, before: &Effective, after: &Effective) -> Vec<Finding> {
        let input = self.input;
        if !self.plan.is_written(item) {
            return Vec::new();
        }
        let chain = input.source.chain(item);
        if chain.iter().any(|id| self.plan.held_items.contains_key(id)) {
            return Vec::new();
        }
        let kind = input.source.item(item).kind;
        let people = before.anybody().into_iter();
        let found = people.filter_map(|person| {
            let who = input.membership.principal(person);
            let target = input.mapping.target_of(who).ok()?;
            let found = input
                .target_membership
                .person(target)
                .map_or(Level::None, |person| after.level(person));
            let wanted = kind.clamp(before.level(person));
            let is_less = found < wanted && !self.is_explained(&chain, who, found);
            is_less.then_some(Finding {
                item,
                who,
                source: wanted,
                target: found,
            })
        });
        found.collect()
    }

    /// Each grant that gives more than the target does is out by a row, or cut by one.
    fn is_explained(&self, chain: &[ItemId], who: PrincipalId, found: Level) -> bool {
        let source = self.input.source;
        let item = chain[0];
        if self.out.contains(&(item, who)) || self.is_custodian_out(item, who) {
            return true;
        }
        let Some(person) = self.input.membership.person(who) else {
            return false;
        };
        let kind = source.item(item).kind;
        let gives_more = |grant: &Grant| {
            grant.effect == Effect::Allow
                && kind.clamp(grant.level) > found
                && self.input.membership.contains(grant.principal, person)
        };
        let mut explained = false;
        for place in chain {
            for number in source.own_grants(*place) {
                let grant = &source.grants()[number];
                if !gives_more(grant) {
                    continue;
                }
                let is_out = match self.plan.outcomes[number] {
                    Outcome::Out(_) => true,
                    Outcome::Kept(_, level) => {
                        level < kind.clamp(grant.level) || !self.is_reached(grant.principal, who)
                    }
                };
                if !is_out {
                    return false;
                }
                explained = true;
            }
        }
        explained
    }

    fn is_custodian_out(&self, item: ItemId, who: PrincipalId) -> bool {
        let source = self.input.source;
        let mut at = Some(item);
        while let Some(place) = at {
            let above = source.item(place);
            if above.custodians.contains(&who) && self.out.contains(&(place, who)) {
                return true;
            }
            at = above.parent;
        }
        false
    }

    /// Whether somebody is in a group by a path on which no membership was left out.
    fn is_reached(&self, principal: PrincipalId, who: PrincipalId) -> bool {
        let (directory, mapping): (&Directory, &Mapping) =
            (self.input.directory, self.input.mapping);
        let mut seen = HashSet::from([principal]);
        let mut open = vec![principal];
        while let Some(at) = open.pop() {
            if at == who {
                return true;
            }
            for member in &directory.principal(at).members {
                if !mapping.is_cut(at, *member) && seen.insert(*member) {
                    open.push(*member);
                }
            }
        }
        false
    }
}

/// The trees of a plan have the shape of the source's; what was read back is put into it.
pub(super) fn has_shape(source: &Tree, other: &Tree) -> bool {
    source.len() == other.len()
        && source
            .ids()
            .all(|id| source.item(id).parent == other.item(id).parent)
}

#[cfg(test)]
mod tests {
    use super::super::cases::Scene;
    use super::super::cases::planned;
    use super::super::plan::plan;
    use super::*;
    use crate::domain::access::{GrantKind, ItemKind, TreeBuilder};

    fn scene() -> (Scene, ItemId, [PrincipalId; 3]) {
        let mut scene = Scene::new();
        let people = scene.users(["ann", "bob", "eve"]);
        let drive = scene.root(ItemKind::Library, people[0]);
        let folder = scene.below(drive, ItemKind::Folder);
        scene.allow(folder, people[1], Level::Read);
        (scene, folder, people)
    }

    /// The same target with one grant more, or with none.
    fn changed(tree: &Tree, more: Option<Grant>) -> Tree {
        let mut other = TreeBuilder::default();
        for id in tree.ids() {
            other.item(tree.item(id).clone()).expect("the same item");
        }
        let kept = if more.is_some() { tree.grants() } else { &[] };
        kept.iter()
            .copied()
            .chain(more)
            .for_each(|g| other.grant(g));
        other.build()
    }

    #[test]
    fn a_grant_too_many_and_a_grant_too_few_are_found() {
        let (scene, folder, [_, bob, eve]) = scene();
        planned(&scene, &scene.whole_map(), |input, good| {
            assert_eq!(prove(input, good), Ok(()));
            for (who, level) in [(eve, Level::Read), (bob, Level::Write)] {
                let who = input.mapping.target_of(who).expect("mapped");
                let more = Grant {
                    item: folder,
                    principal: who,
                    level,
                    effect: Effect::Allow,
                    kind: GrantKind::Direct,
                    expires: false,
                };
                let mut wider = plan(input);
                wider.target = changed(&good.target, Some(more));
                let found = prove(input, &wider).expect_err("wider");
                assert_eq!((found.widened[0].item, found.widened[0].who), (folder, who));
            }
            let mut narrower = plan(input);
            narrower.target = changed(&good.target, None);
            let found = prove(input, &narrower).expect_err("narrower in silence");
            assert_eq!((found.widened.len(), found.unexplained[0].who), (0, bob));
        });
    }
}
