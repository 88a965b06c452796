//! Why somebody may do something with an item, or may not: the chain of grants and groups that gives one answer.

use std::collections::{HashMap, VecDeque};

use super::directory::{Directory, PrincipalId};
use super::effective::{Links, Walker};
use super::level::Level;
use super::membership::Membership;
use super::tree::{Effect, ItemId, Tree};

/// One grant that concerns somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it stands: the item, or one that it inherits from.
    pub item: ItemId,
    /// Its number; `None` for a custodian.
    pub grant: Option<usize>,
    /// Gives or takes.
    pub effect: Effect,
    /// What.
    pub level: Level,
    /// From the principal that it names to the person, through the groups between.
    pub path: Vec<PrincipalId>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the person has in the end.
    pub level: Level,
    /// The source does not say who had access.
    pub is_unknown: bool,
    /// Every grant that concerns the person, the nearest first.
    pub links: Vec<Link>,
}

/// Explains one answer. A principal that is not single has none: ask for its members.
pub fn why(
    tree: &Tree,
    directory: &Directory,
    membership: &Membership,
    who: PrincipalId,
    item: ItemId,
) -> Option<Answer> {
    let person = membership.person(who)?;
    if item.0 as usize >= tree.len() {
        return None;
    }
    let mut walker = Walker::new(tree, directory, membership, Links::All);
    let (level, is_unknown) = loop {
        let (at, _) = walker.step()?;
        if at == item {
            let effective = walker.effective();
            break (effective.level(person), effective.is_unknown());
        }
    };
    let mut links = Vec::new();
    for place in tree.chain(item) {
        if is_unknown {
            break;
        }
        for number in tree.own_grants(place) {
            let grant = &tree.grants()[number];
            if membership.contains(grant.principal, person) {
                links.push(Link {
                    item: place,
                    grant: Some(number),
                    effect: grant.effect,
                    level: grant.level,
                    path: path(directory, grant.principal, who),
                });
            }
        }
    }
    let mut at = Some(item);
    while let Some(place) = at {
        if tree.item(place).custodians.contains(&who) {
            links.push(Link {
                item: place,
                grant: None,
                effect: Effect::Allow,
                level: Level::Full,
                path: vec![who],
            });
        }
        at = tree.item(place).parent;
    }
    Some(Answer {
        level,
        is_unknown,
        links,
    })
}

/// The shortest way from a principal to somebody in it.
fn path(directory: &Directory, from: PrincipalId, to: PrincipalId) -> Vec<PrincipalId> {
    let mut came: HashMap<PrincipalId, PrincipalId> = HashMap::new();
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        if at == to {
            break;
        }
        for member in &directory.principal(at).members {
            if *member != from && !came.contains_key(member) {
                came.insert(*member, at);
                open.push_back(*member);
            }
        }
    }
    let mut path = vec![to];
    let mut at = to;
    while at != from {
        // Everybody in the organisation is in it without a membership.
        at = came.get(&at).copied().unwrap_or(from);
        path.push(at);
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::super::cases::Scene;
    use super::*;
    use crate::domain::access::{ItemKind, PrincipalKind};

    #[test]
    fn an_answer_names_its_grants_and_groups() {
        let mut scene = Scene::new();
        let [ann, bob] = scene.users(["ann", "bob"]);
        let inner = scene.group("inner", &[bob]);
        let outer = scene.group("outer", &[inner]);
        let everybody = scene.principal("everybody", PrincipalKind::Organisation);
        let drive = scene.root(ItemKind::Library, ann);
        scene.allow(drive, outer, Level::Write);
        let file = scene.below(drive, ItemKind::File);
        scene.allow(file, everybody, Level::Read);
        scene.deny(file, bob, Level::Write);
        let tree = scene.tree.build();
        let membership = Membership::of(&scene.directory);
        let ask = |who| why(&tree, &scene.directory, &membership, who, file);
        let answer = ask(bob).expect("a person");
        let paths: Vec<_> = answer.links.iter().map(|link| link.path.clone()).collect();
        assert_eq!(answer.level, Level::Read);
        let expected = [vec![everybody, bob], vec![bob], vec![outer, inner, bob]];
        assert_eq!(paths, expected);
        assert_eq!(answer.links[1].effect, Effect::Deny);
        let owner = ask(ann).expect("a person");
        assert_eq!(
            (owner.level, owner.links.last().and_then(|link| link.grant)),
            (Level::Full, None)
        );
        assert_eq!(ask(inner), None, "a group is asked for by its members");
    }
}
