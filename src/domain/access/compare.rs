//! The access diff: what was read back from the target beside the mapped source, as lost, kept, gained and declared.

use std::collections::HashSet;

use super::check::{bound, has_shape};
use super::directory::{Directory, PrincipalId};
use super::effective::{Effective, Links, Walker};
use super::level::Level;
use super::map::Mapping;
use super::membership::Membership;
use super::tree::{ItemId, Tree};

/// What was read back from the target, in the shape of the source's tree.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The items with their scopes and grants as they stand.
    pub tree: &'a Tree,
    /// The principals of the mapping, and behind them whoever else was found.
    pub directory: &'a Directory,
    /// Who is in what.
    pub membership: &'a Membership,
    /// Administrators, creators and our own programs: their access is declared, not compared.
    pub declared: &'a HashSet<PrincipalId>,
}

/// How somebody's access stands to that of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DifferenceClass {
    /// More than the mapped source says: a leak.
    Gained,
    /// Less than the source says.
    Lost,
    /// The same.
    Kept,
    /// Said beforehand.
    Declared,
}

impl DifferenceClass {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Gained => "gained",
            Self::Kept => "kept",
            Self::Lost => "lost",
        }
    }
}

/// One person on one item, and on all below it that say nothing of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The item.
    pub item: ItemId,
    /// For how many items it holds, that one among them.
    pub items: u64,
    /// How it stands.
    pub class: DifferenceClass,
    /// Who it is in the source, where there is one.
    pub source: Option<PrincipalId>,
    /// Who it is in the target, where there is one.
    pub target: Option<PrincipalId>,
    /// What the source says.
    pub before: Level,
    /// What the target says.
    pub after: Level,
}

/// The source's side of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// The items and grants of the source.
    pub tree: &'a Tree,
    /// Its principals.
    pub directory: &'a Directory,
    /// Who is in what there.
    pub membership: &'a Membership,
    /// Who is whom.
    pub mapping: &'a Mapping,
}

/// Compares. `None` when what was read back does not have the shape of the source.
pub fn differences(before: &Before<'_>, standing: &Standing<'_>) -> Option<Vec<Difference>> {
    if !has_shape(before.tree, standing.tree) {
        return None;
    }
    let walker = |links| Walker::new(before.tree, before.directory, before.membership, links);
    let (mut named, mut whole) = (walker(Links::Named), walker(Links::All));
    let mut after = Walker::new(
        standing.tree,
        standing.directory,
        standing.membership,
        Links::All,
    );
    let mut found: Vec<Difference> = Vec::new();
    // By depth, which of the found are of the item that those below share.
    let mut shared: Vec<std::ops::Range<usize>> = Vec::new();
    while let Some((item, a)) = named.step() {
        let (_, b) = whole.step()?;
        let (_, c) = after.step()?;
        let depth = before.tree.depth(item);
        shared.truncate(depth);
        if !(a || b || c) {
            let range = shared[depth - 1].clone();
            for difference in &mut found[range.clone()] {
                difference.items += 1;
            }
            shared.push(range);
            continue;
        }
        let from = found.len();
        let view = View {
            before,
            standing,
            item,
        };
        view.in_the_target(named.effective(), after.effective(), &mut found);
        view.in_the_source(whole.effective(), after.effective(), &mut found);
        shared.push(from..found.len());
    }
    Some(found)
}

struct View<'a> {
    before: &'a Before<'a>,
    standing: &'a Standing<'a>,
    item: ItemId,
}

impl View<'_> {
    fn difference(&self, class: DifferenceClass, before: Level, after: Level) -> Difference {
        Difference {
            item: self.item,
            items: 1,
            class,
            source: None,
            target: None,
            before,
            after,
        }
    }

    /// Everybody who gets in: declared, gained or kept.
    fn in_the_target(&self, named: &Effective, after: &Effective, found: &mut Vec<Difference>) {
        let mapping = self.before.mapping;
        for person in after.anybody() {
            let who = self.standing.membership.principal(person);
            let level = after.level(person);
            let most = bound(mapping, self.before.membership, who, named);
            let class = if self.standing.declared.contains(&who) {
                DifferenceClass::Declared
            } else if level > most {
                DifferenceClass::Gained
            } else {
                DifferenceClass::Kept
            };
            found.push(Difference {
                source: mapping.sources_of(who).first().copied(),
                target: Some(who),
                ..self.difference(class, most, level)
            });
        }
    }

    /// Everybody who got in and does not, or not so far.
    fn in_the_source(&self, whole: &Effective, after: &Effective, found: &mut Vec<Difference>) {
        let kind = self.before.tree.item(self.item).kind;
        for person in whole.anybody() {
            let who = self.before.membership.principal(person);
            let target = self.before.mapping.target_of(who).ok();
            let had = kind.clamp(whole.level(person));
            let has = target
                .and_then(|target| self.standing.membership.person(target))
                .map_or(Level::None, |person| after.level(person));
            if has < had {
                found.push(Difference {
                    source: Some(who),
                    target,
                    ..self.difference(DifferenceClass::Lost, had, has)
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::{Scene, planned};
    use super::*;
    use crate::domain::access::{Effect, Grant, GrantKind, ItemKind, PrincipalKind, TreeBuilder};

    #[test]
    fn lost_kept_gained_and_declared_are_told_apart() {
        let mut scene = Scene::new();
        let [ann, bob] = scene.users(["ann", "bob"]);
        let drive = scene.root(ItemKind::Library, ann);
        let folder = scene.below(drive, ItemKind::Folder);
        let file = scene.below(folder, ItemKind::File);
        scene.allow(folder, bob, Level::Write);
        planned(&scene, &scene.whole_map(), |input, plan| {
            let mut directory = input.mapping.target().clone();
            let eve = directory
                .add("eve@elsewhere", PrincipalKind::Guest)
                .expect("new");
            let admin = directory
                .add("admin@new", PrincipalKind::User)
                .expect("new");
            let mut tree = TreeBuilder::default();
            for id in plan.target.ids() {
                tree.item(plan.target.item(id).clone()).expect("the same");
            }
            let bob_new = input.mapping.target_of(bob).expect("mapped");
            for (item, principal, level) in [
                (folder, bob_new, Level::Read),
                (folder, admin, Level::Full),
                (file, eve, Level::Read),
            ] {
                tree.grant(Grant {
                    item,
                    principal,
                    level,
                    effect: Effect::Allow,
                    kind: GrantKind::Direct,
                    expires: false,
                });
            }
            let tree = tree.build();
            let membership = Membership::of(&directory);
            let declared = HashSet::from([admin]);
            let before = Before {
                tree: input.source,
                directory: input.directory,
                membership: input.membership,
                mapping: input.mapping,
            };
            let standing = Standing {
                tree: &tree,
                directory: &directory,
                membership: &membership,
                declared: &declared,
            };
            let found = differences(&before, &standing).expect("one shape");
            let count = |class| found.iter().filter(|one| one.class == class).count();
            let gained: Vec<_> = found
                .iter()
                .filter(|one| one.class == DifferenceClass::Gained)
                .map(|one| (one.item, one.target, one.after))
                .collect();
            assert_eq!(gained, [(file, Some(eve), Level::Read)]);
            assert_eq!(count(DifferenceClass::Lost), 2, "bob on folder and file");
            assert_eq!(count(DifferenceClass::Declared), 2);
            let small = TreeBuilder::default().build();
            let other = Standing {
                tree: &small,
                ..standing
            };
            assert_eq!(differences(&before, &other), None, "another shape");
        });
    }
}
