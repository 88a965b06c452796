//! Small scenes for the tests of this folder: a directory and a tree, built in words.

use std::collections::{HashMap, HashSet};

use super::*;

/// A source that is being built.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    pub(super) directory: Directory,
    pub(super) tree: TreeBuilder,
}

/// An item and what a principal has there.
pub(super) type At = (ItemId, Box<dyn Fn(PrincipalId) -> Level>);

impl Scene {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn principal(&mut self, key: &str, kind: PrincipalKind) -> PrincipalId {
        self.directory.add(key, kind).expect("a new principal")
    }

    pub(super) fn users<const N: usize>(&mut self, names: [&str; N]) -> [PrincipalId; N] {
        names.map(|name| self.principal(name, PrincipalKind::User))
    }

    pub(super) fn group(&mut self, key: &str, members: &[PrincipalId]) -> PrincipalId {
        let group = self.principal(key, PrincipalKind::Group);
        self.directory.set_members(group, members.to_vec());
        group
    }

    fn add(&mut self, parent: Option<ItemId>, kind: ItemKind, how: (bool, bool)) -> ItemId {
        let item = Item {
            key: kind.name().into(),
            parent,
            kind,
            inherits: how.0,
            is_known: how.1,
            custodians: Vec::new(),
        };
        self.tree.item(item).expect("a good item")
    }

    pub(super) fn root(&mut self, kind: ItemKind, custodian: PrincipalId) -> ItemId {
        let item = Item {
            key: kind.name().into(),
            parent: None,
            kind,
            inherits: false,
            is_known: true,
            custodians: vec![custodian],
        };
        self.tree.item(item).expect("a good item")
    }

    pub(super) fn below(&mut self, parent: ItemId, kind: ItemKind) -> ItemId {
        self.add(Some(parent), kind, (true, true))
    }

    pub(super) fn broken(&mut self, parent: ItemId, kind: ItemKind) -> ItemId {
        self.add(Some(parent), kind, (false, true))
    }

    pub(super) fn unknown(&mut self, parent: ItemId, kind: ItemKind) -> ItemId {
        self.add(Some(parent), kind, (true, false))
    }

    fn grant(&mut self, item: ItemId, principal: PrincipalId, level: Level, effect: Effect) {
        self.tree.grant(Grant {
            item,
            principal,
            level,
            effect,
            kind: GrantKind::Direct,
            expires: false,
        });
    }

    pub(super) fn allow(&mut self, item: ItemId, principal: PrincipalId, level: Level) {
        self.grant(item, principal, level, Effect::Allow);
    }

    pub(super) fn deny(&mut self, item: ItemId, principal: PrincipalId, level: Level) {
        self.grant(item, principal, level, Effect::Deny);
    }

    /// By item.
    pub(super) fn effective(&self, links: Links) -> Vec<At> {
        let tree = self.tree.clone().build();
        let membership = Membership::of(&self.directory);
        let mut walker = Walker::new(&tree, &self.directory, &membership, links);
        let mut found: Vec<At> = Vec::new();
        while let Some((item, _)) = walker.step() {
            let (effective, membership) = (walker.effective().clone(), membership.clone());
            let level = move |who| {
                membership
                    .person(who)
                    .map_or(Level::None, |n| effective.level(n))
            };
            found.push((item, Box::new(level)));
        }
        found.sort_by_key(|(item, _)| *item);
        found
    }

    /// Each user `x` is `x@new`, each group `g` is `g@new`.
    pub(super) fn whole_map(&self) -> IdentityMap {
        let rows = self.directory.iter().filter_map(|(_, principal)| {
            let kind = match principal.kind {
                PrincipalKind::Guest | PrincipalKind::User => principal.kind,
                PrincipalKind::Group | PrincipalKind::DynamicGroup => PrincipalKind::Group,
                _ => return None,
            };
            let fate = Fate::Mapped {
                target: format!("{}@new", principal.key),
                kind,
                is_approved_external: kind == PrincipalKind::Guest,
            };
            Some(IdentityRow::new(&principal.key, fate))
        });
        IdentityMap::new(rows.collect()).expect("each key once")
    }
}

/// Plans a scene by a map, and looks at both.
pub(super) fn planned(
    scene: &Scene,
    map: &IdentityMap,
    look: impl FnOnce(&PlanInput<'_>, &AccessPlan),
) {
    planned_within(scene, map, Limits::ADVISED, look);
}

/// The same with other limits.
pub(super) fn planned_within(
    scene: &Scene,
    map: &IdentityMap,
    limits: Limits,
    look: impl FnOnce(&PlanInput<'_>, &AccessPlan),
) {
    let source = scene.tree.clone().build();
    let membership = Membership::of(&scene.directory);
    let mapping = Mapping::new(&scene.directory, &membership, map);
    let target_membership = Membership::of(mapping.target());
    let input = PlanInput {
        source: &source,
        directory: &scene.directory,
        membership: &membership,
        mapping: &mapping,
        target_membership: &target_membership,
        limits,
        open: &HashSet::new(),
        standing: &HashMap::new(),
    };
    let planned = plan(&input);
    assert_eq!(prove(&input, &planned), Ok(()), "every plan is proven");
    look(&input, &planned);
}
