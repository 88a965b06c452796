//! Who has which level on an item in the end: a walk over the tree that keeps one set of people a level and a depth.

use super::directory::{Directory, PrincipalId, PrincipalKind};
use super::level::Level;
use super::membership::Membership;
use super::people::{has, ones};
use super::tree::{Effect, Grant, ItemId, Tree};

/// Which grants count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// All.
    All,
    /// Those to named principals: what anybody or the whole organisation may do is left out. It bounds what may come
    /// along, since such access is never made again.
    Named,
}

const PLANES: usize = Level::ALL.len();

/// The people of one item, by level.
#[derive(Clone, Debug, Default)]
pub struct Effective {
    words: usize,
    /// Of each level, those who are given it or more.
    allow: Vec<u64>,
    /// Of each level, those from whom it is taken; empty where nothing is.
    deny: Vec<u64>,
    /// Who has everything whatever is said.
    custodians: Vec<u64>,
    /// The source does not say who had access.
    is_unknown: bool,
}

fn plane(level: Level) -> Option<usize> {
    (level as usize).checked_sub(1)
}

impl Effective {
    fn new(words: usize) -> Self {
        Self {
            words,
            allow: vec![0; words * PLANES],
            deny: Vec::new(),
            custodians: vec![0; words],
            is_unknown: false,
        }
    }

    fn clear(&mut self) {
        self.allow.fill(0);
        self.deny.clear();
        self.is_unknown = false;
    }

    fn take_over(&mut self, above: &Self) {
        self.allow.copy_from_slice(&above.allow);
        self.deny.clone_from(&above.deny);
        self.custodians.copy_from_slice(&above.custodians);
        self.is_unknown = above.is_unknown;
    }

    fn apply(&mut self, grant: &Grant, membership: &Membership) {
        let Some(top) = plane(grant.level) else {
            return;
        };
        match grant.effect {
            Effect::Allow => self.give(grant.principal, grant.level, membership),
            Effect::Deny => {
                let (words, people) = (self.words, membership.people(grant.principal));
                self.deny.resize(words * PLANES, 0);
                for at in top..PLANES {
                    people.join(&mut self.deny[at * words..(at + 1) * words]);
                }
            }
        }
    }

    /// The source does not say who had access: only the custodians are in it.
    pub fn is_unknown(&self) -> bool {
        self.is_unknown
    }

    /// One word of the people who have a level or more.
    fn word(&self, plane: usize, word: usize) -> u64 {
        let at = plane * self.words + word;
        let denied = self.deny.get(at).copied().unwrap_or_default();
        self.allow[at] & !denied | self.custodians[word]
    }

    /// Everybody who has a level or more, by number.
    pub fn people(&self, level: Level) -> Vec<u32> {
        let Some(plane) = plane(level) else {
            return Vec::new();
        };
        let bits: Vec<u64> = (0..self.words).map(|word| self.word(plane, word)).collect();
        ones(&bits).collect()
    }

    /// How many have a level or more.
    pub fn count(&self, level: Level) -> usize {
        let Some(plane) = plane(level) else {
            return 0;
        };
        (0..self.words)
            .map(|word| self.word(plane, word).count_ones() as usize)
            .sum()
    }

    /// What one person has.
    pub fn level(&self, person: u32) -> Level {
        if has(&self.custodians, person) {
            return Level::Full;
        }
        let has_plane = |level: &Level| {
            plane(*level).is_some_and(|plane| {
                let bits = &self.allow[plane * self.words..(plane + 1) * self.words];
                let denied = self.deny.get(plane * self.words..(plane + 1) * self.words);
                has(bits, person) && !denied.is_some_and(|denied| has(denied, person))
            })
        };
        let mut levels = Level::ALL.into_iter().rev();
        levels.find(has_plane).unwrap_or_default()
    }

    /// Everybody who has anything, by number.
    pub fn anybody(&self) -> Vec<u32> {
        self.people(Level::FreeBusy)
    }

    /// Both give the same to everybody.
    pub fn is_same(&self, other: &Self) -> bool {
        self.gives_no_less(other) && other.gives_no_less(self)
    }

    /// Nobody has less than in the other.
    pub fn gives_no_less(&self, other: &Self) -> bool {
        (0..PLANES).all(|plane| {
            let mut words = 0..self.words;
            words.all(|word| other.word(plane, word) & !self.word(plane, word) == 0)
        })
    }

    /// What a list of principals with their levels comes to.
    pub(super) fn of_access(access: &[(PrincipalId, Level)], membership: &Membership) -> Self {
        let mut effective = Self::new(membership.words());
        for (principal, level) in access {
            effective.give(*principal, *level, membership);
        }
        effective
    }

    fn give(&mut self, principal: PrincipalId, level: Level, membership: &Membership) {
        let people = membership.people(principal);
        for at in 0..plane(level).map_or(0, |top| top + 1) {
            people.join(&mut self.allow[at * self.words..(at + 1) * self.words]);
        }
    }
}

/// Walks a tree from its roots down, children in their order, and holds the effective access of the item where it is.
#[derive(Debug)]
pub struct Walker<'a> {
    tree: &'a Tree,
    membership: &'a Membership,
    /// What is given to these principals does not count.
    left_out: Vec<bool>,
    open: Vec<ItemId>,
    pool: Vec<Effective>,
    /// Which of the pool holds the item of a depth; those that say nothing new share that of the item above.
    slot: Vec<usize>,
    depth: usize,
}

impl<'a> Walker<'a> {
    /// Begins before the first root.
    pub fn new(
        tree: &'a Tree,
        directory: &Directory,
        membership: &'a Membership,
        links: Links,
    ) -> Self {
        let wide = [PrincipalKind::Anyone, PrincipalKind::Organisation];
        let left_out = directory
            .iter()
            .map(|(_, principal)| links == Links::Named && wide.contains(&principal.kind))
            .collect();
        let mut open = tree.roots().to_vec();
        open.reverse();
        Self {
            tree,
            membership,
            left_out,
            open,
            pool: Vec::new(),
            slot: Vec::new(),
            depth: 0,
        }
    }

    /// Steps to the next item. The second is false where it says the same as the item above.
    pub fn step(&mut self) -> Option<(ItemId, bool)> {
        let id = self.open.pop()?;
        let is_root = self.tree.item(id).parent.is_none();
        if !is_root && let Some(next) = self.tree.next_sibling(id) {
            self.open.push(next);
        }
        if let Some(child) = self.tree.first_child(id) {
            self.open.push(child);
        }
        let depth = self.tree.depth(id);
        self.depth = depth;
        self.slot.truncate(depth);
        let own = self.tree.own_grants(id);
        let item = self.tree.item(id);
        let says_nothing = own.is_empty() && item.inherits && item.is_known && depth > 0;
        if says_nothing {
            self.slot.push(self.slot[depth - 1]);
            return Some((id, false));
        }
        while self.pool.len() <= depth {
            self.pool.push(Effective::new(self.membership.words()));
        }
        self.fill(id, depth);
        self.slot.push(depth);
        Some((id, true))
    }

    fn fill(&mut self, id: ItemId, depth: usize) {
        let item = self.tree.item(id);
        let (above, from) = self.pool.split_at_mut(depth);
        let effective = &mut from[0];
        match depth.checked_sub(1).map(|at| &above[self.slot[at]]) {
            Some(above) if item.inherits => effective.take_over(above),
            Some(above) => {
                effective.clear();
                effective.custodians.copy_from_slice(&above.custodians);
            }
            None => {
                effective.clear();
                effective.custodians.fill(0);
            }
        }
        for custodian in &item.custodians {
            let people = self.membership.people(*custodian);
            people.join(&mut effective.custodians);
        }
        if !item.is_known {
            effective.clear();
            effective.is_unknown = true;
        }
        // Below what is unknown nothing is said either, until a break says something again.
        if effective.is_unknown {
            return;
        }
        for grant in &self.tree.grants()[self.tree.own_grants(id)] {
            // What is taken from everybody is taken from each.
            if grant.effect == Effect::Deny || !self.left_out[grant.principal.0 as usize] {
                effective.apply(grant, self.membership);
            }
        }
    }

    /// The effective access of the item above the one that the last step came to.
    pub fn above(&self) -> Option<&Effective> {
        let above = self.depth.checked_sub(1)?;
        Some(&self.pool[self.slot[above]])
    }

    /// The effective access of the item that the last step came to.
    pub fn effective(&self) -> &Effective {
        &self.pool[self.slot[self.depth]]
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::Scene;
    use super::*;
    use crate::domain::access::{ItemKind, Level};

    #[test]
    fn inheritance_breaks_denies_and_custodians() {
        let mut scene = Scene::new();
        let [ann, bob, eve] = scene.users(["ann", "bob", "eve"]);
        let team = scene.group("team", &[bob, eve]);
        let drive = scene.root(ItemKind::Library, ann);
        let folder = scene.below(drive, ItemKind::Folder);
        scene.allow(folder, team, Level::Write);
        let open = scene.below(folder, ItemKind::File);
        scene.allow(open, eve, Level::Full);
        let shut = scene.broken(folder, ItemKind::File);
        let denied = scene.below(folder, ItemKind::File);
        scene.deny(denied, eve, Level::Write);
        scene.deny(denied, ann, Level::Read);
        let effective = scene.effective(Links::All);
        let level = |item: ItemId, who| effective[item.0 as usize].1(who);
        assert_eq!(level(open, bob), Level::Write);
        assert_eq!(level(open, eve), Level::Full);
        assert_eq!(level(shut, bob), Level::None);
        assert_eq!(level(shut, ann), Level::Full);
        assert_eq!(level(denied, bob), Level::Write);
        assert_eq!(level(denied, eve), Level::Read);
        assert_eq!(
            level(denied, ann),
            Level::Full,
            "who owns the drive owns it"
        );
        assert_eq!(level(drive, bob), Level::None);
        assert_eq!(effective[drive.0 as usize].0, drive);
    }

    #[test]
    fn what_is_unknown_lets_the_custodian_in_alone_until_something_is_said() {
        let mut scene = Scene::new();
        let [ann, bob] = scene.users(["ann", "bob"]);
        let drive = scene.root(ItemKind::Library, ann);
        scene.allow(drive, bob, Level::Write);
        let unknown = scene.unknown(drive, ItemKind::Folder);
        scene.allow(unknown, bob, Level::Read);
        let below = scene.below(unknown, ItemKind::File);
        scene.allow(below, bob, Level::Read);
        let said = scene.broken(unknown, ItemKind::File);
        scene.allow(said, bob, Level::Read);
        let effective = scene.effective(Links::All);
        let level = |item: ItemId, who| effective[item.0 as usize].1(who);
        assert_eq!(level(drive, bob), Level::Write);
        assert_eq!(level(unknown, bob), Level::None);
        assert_eq!(level(below, bob), Level::None);
        assert_eq!(level(below, ann), Level::Full);
        assert_eq!(level(said, bob), Level::Read);
    }

    #[test]
    fn links_for_everybody_do_not_bound_what_comes_along() {
        let mut scene = Scene::new();
        let [ann, bob] = scene.users(["ann", "bob"]);
        let drive = scene.root(ItemKind::Library, ann);
        let everybody = scene.principal("everybody", PrincipalKind::Organisation);
        scene.allow(drive, everybody, Level::Read);
        for (links, level) in [(Links::All, Level::Read), (Links::Named, Level::None)] {
            assert_eq!(scene.effective(links)[0].1(bob), level);
        }
    }
}
