//! The order in which a plan is carried out: groups without members, scopes broken while they are empty, bytes, then members
//! and grants last. Cut off at any place, nobody has more than in the end.

use super::directory::PrincipalId;
use super::level::Level;
use super::map::Mapping;
use super::plan::AccessPlan;
use super::tree::ItemId;

/// One effect on the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A group is made, private and without members.
    MakeGroup(PrincipalId),
    /// An item is made: a container empty, a file with its bytes. A root is there already.
    Make(ItemId),
    /// The item no longer takes over what lies above, and nobody is let in.
    Break(ItemId),
    /// Somebody joins a group.
    Join {
        /// The group.
        group: PrincipalId,
        /// The member.
        member: PrincipalId,
    },
    /// Somebody is let in.
    Grant {
        /// The item, which is a root or broken.
        item: ItemId,
        /// Who.
        principal: PrincipalId,
        /// What.
        level: Level,
    },
}

/// Every step of a plan in its order.
///
/// A file is made in a folder that nobody but the custodian sees yet, so it may be broken right after it is there.
pub fn steps(plan: &AccessPlan, mapping: &Mapping) -> Vec<Step> {
    let target = mapping.target();
    let groups = || {
        target
            .iter()
            .filter(|(_, principal)| principal.kind.is_group())
    };
    let mut steps: Vec<Step> = groups().map(|(id, _)| Step::MakeGroup(id)).collect();
    // The source's order has each item behind the one that it lies in.
    for id in plan.target.ids().filter(|id| plan.is_written(*id)) {
        let item = plan.target.item(id);
        if item.parent.is_none() {
            continue;
        }
        steps.push(Step::Make(id));
        if !item.inherits {
            steps.push(Step::Break(id));
        }
    }
    for (group, principal) in groups() {
        let members = principal.members.iter();
        steps.extend(members.map(|member| Step::Join {
            group,
            member: *member,
        }));
    }
    steps.extend(plan.target.grants().iter().map(|grant| Step::Grant {
        item: grant.item,
        principal: grant.principal,
        level: grant.level,
    }));
    steps
}

#[cfg(test)]
mod tests {
    use super::super::cases::{Scene, planned};
    use super::*;
    use crate::domain::access::{ItemKind, Level};

    #[test]
    fn what_opens_comes_after_all_that_closes() {
        let mut scene = Scene::new();
        let [ann, bob] = scene.users(["ann", "bob"]);
        let team = scene.group("team", &[bob]);
        let drive = scene.root(ItemKind::Library, ann);
        scene.allow(drive, team, Level::Read);
        let folder = scene.broken(drive, ItemKind::Folder);
        let file = scene.below(folder, ItemKind::File);
        scene.allow(file, bob, Level::Write);
        planned(&scene, &scene.whole_map(), |input, plan| {
            let steps = steps(plan, input.mapping);
            let opens = |step: &Step| matches!(step, Step::Grant { .. } | Step::Join { .. });
            let first = steps.iter().position(opens).expect("something opens");
            assert!(steps[first..].iter().all(opens));
            assert!(matches!(steps[0], Step::MakeGroup(_)));
            let place = |wanted| steps.iter().position(|step| *step == wanted);
            let (make, break_) = (place(Step::Make(folder)), place(Step::Break(folder)));
            assert!(make < break_ && break_ < place(Step::Make(file)));
            assert_eq!(steps.len(), 1 + 4 + 1 + 2);
        });
    }
}
