//! Everybody who is in a group, through all groups that are in it; cycles are one set. From a directory, once.

use super::directory::{Directory, PrincipalId, PrincipalKind};
use super::people::{People, words};

const NOBODY: u32 = u32::MAX;

/// Who is in what, in the end.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The number of each principal among the single ones.
    person: Vec<u32>,
    /// The principal of each single one.
    principal: Vec<PrincipalId>,
    /// Everybody whom a principal stands for.
    people: Vec<People>,
    /// How many groups a cycle has that the group is in; 0 where it is in none.
    cycle: Vec<u32>,
    /// The members are listed, and those of all groups in it.
    is_known: Vec<bool>,
    words: usize,
}

impl Membership {
    /// Closes the membership of a directory.
    pub fn of(directory: &Directory) -> Self {
        let mut person = vec![NOBODY; directory.len()];
        let mut principal = Vec::new();
        for (id, found) in directory.iter() {
            if found.kind.is_single() {
                person[id.0 as usize] = u32::try_from(principal.len()).unwrap_or(NOBODY);
                principal.push(id);
            }
        }
        let words = words(principal.len());
        let mut membership = Self {
            people: vec![People::Few(Vec::new()); person.len()],
            cycle: vec![0; person.len()],
            is_known: directory.iter().map(|(_, one)| one.members_known).collect(),
            person,
            principal,
            words,
        };
        membership.fill_leaves(directory);
        for group in components(directory) {
            membership.fill(directory, &group);
        }
        membership
    }

    fn fill_leaves(&mut self, directory: &Directory) {
        let mut everybody = vec![0; self.words];
        let mut own = vec![0; self.words];
        for (number, id) in (0_u32..).zip(&self.principal) {
            let one = People::Few(vec![number]);
            one.join(&mut everybody);
            if directory.principal(*id).kind == PrincipalKind::User {
                one.join(&mut own);
            }
            self.people[id.0 as usize] = one;
        }
        for (id, principal) in directory.iter() {
            match principal.kind {
                PrincipalKind::Anyone => {
                    self.people[id.0 as usize] = People::of_bits(&everybody);
                }
                PrincipalKind::Organisation => self.people[id.0 as usize] = People::of_bits(&own),
                _ => {}
            }
        }
    }

    /// The groups of one component have the same people: each is in each.
    fn fill(&mut self, directory: &Directory, component: &[u32]) {
        let mut bits = vec![0; self.words];
        for group in component {
            for member in &directory.principal(PrincipalId(*group)).members {
                self.people[member.0 as usize].join(&mut bits);
            }
        }
        let people = People::of_bits(&bits);
        let is_known = component.iter().all(|group| {
            let group = directory.principal(PrincipalId(*group));
            let members = group.members.iter();
            group.members_known && members.into_iter().all(|member| self.is_known(*member))
        });
        for group in component {
            self.people[*group as usize] = people.clone();
            self.is_known[*group as usize] = is_known;
            let own = PrincipalId(*group);
            let is_own_member = directory.principal(own).members.contains(&own);
            if component.len() > 1 || is_own_member {
                self.cycle[*group as usize] = u32::try_from(component.len()).unwrap_or(NOBODY);
            }
        }
    }

    /// How many single principals there are.
    pub fn count(&self) -> usize {
        self.principal.len()
    }

    /// The number of a single principal.
    pub fn person(&self, id: PrincipalId) -> Option<u32> {
        self.person
            .get(id.0 as usize)
            .copied()
            .filter(|number| *number != NOBODY)
    }

    /// The principal of a number.
    pub fn principal(&self, person: u32) -> PrincipalId {
        self.principal[person as usize]
    }

    /// Whether the principal is that person, or the person is in it.
    pub fn contains(&self, principal: PrincipalId, person: u32) -> bool {
        self.people[principal.0 as usize].contains(person)
    }

    /// How many groups the cycle has that the group is in; 0 where it is in none.
    pub fn cycle_groups(&self, group: PrincipalId) -> u32 {
        self.cycle[group.0 as usize]
    }

    /// Whether everybody in it is listed, through all groups in it.
    pub fn is_known(&self, principal: PrincipalId) -> bool {
        self.is_known[principal.0 as usize]
    }

    /// Everybody in it, ascending by number.
    pub fn numbers(&self, principal: PrincipalId) -> Vec<u32> {
        self.people[principal.0 as usize].numbers()
    }

    pub(super) fn people(&self, principal: PrincipalId) -> &People {
        &self.people[principal.0 as usize]
    }

    pub(super) fn words(&self) -> usize {
        self.words
    }
}

/// The strongly connected components of the groups, members first (Tarjan). Without recursion: a chain of a million nested
/// groups must not end the program.
fn components(directory: &Directory) -> Vec<Vec<u32>> {
    let mut search = Search {
        directory,
        index: vec![NOBODY; directory.len()],
        low: vec![0; directory.len()],
        on_stack: vec![false; directory.len()],
        stack: Vec::new(),
        next: 0,
        found: Vec::new(),
    };
    for (id, principal) in directory.iter() {
        if principal.kind.is_group() && search.index[id.0 as usize] == NOBODY {
            search.run(id.0);
        }
    }
    search.found
}

struct Search<'a> {
    directory: &'a Directory,
    index: Vec<u32>,
    low: Vec<u32>,
    on_stack: Vec<bool>,
    stack: Vec<u32>,
    next: u32,
    found: Vec<Vec<u32>>,
}

impl Search<'_> {
    fn enter(&mut self, group: u32) {
        self.index[group as usize] = self.next;
        self.low[group as usize] = self.next;
        self.next += 1;
        self.stack.push(group);
        self.on_stack[group as usize] = true;
    }

    fn run(&mut self, start: u32) {
        let mut calls = vec![(start, 0_usize)];
        self.enter(start);
        while let Some((group, place)) = calls.last_mut() {
            let at = *group as usize;
            let members = &self.directory.principal(PrincipalId(*group)).members;
            if let Some(member) = members.get(*place).map(|member| member.0) {
                *place += 1;
                let kind = self.directory.principal(PrincipalId(member)).kind;
                if !kind.is_group() {
                    continue;
                }
                if self.index[member as usize] == NOBODY {
                    self.enter(member);
                    calls.push((member, 0));
                } else if self.on_stack[member as usize] {
                    self.low[at] = self.low[at].min(self.index[member as usize]);
                }
                continue;
            }
            calls.pop();
            if let Some((above, _)) = calls.last() {
                let above = *above as usize;
                self.low[above] = self.low[above].min(self.low[at]);
            }
            if self.low[at] == self.index[at] {
                self.take(at);
            }
        }
    }

    fn take(&mut self, root: usize) {
        let mut component = Vec::new();
        while let Some(group) = self.stack.pop() {
            self.on_stack[group as usize] = false;
            component.push(group);
            if group as usize == root {
                break;
            }
        }
        self.found.push(component);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(users: u32, groups: u32) -> (Directory, Vec<PrincipalId>, Vec<PrincipalId>) {
        let mut directory = Directory::default();
        let mut add = |name: &str, kind, count| -> Vec<PrincipalId> {
            (0..count)
                .map(|n| directory.add(&format!("{name}{n}"), kind).expect("new"))
                .collect()
        };
        let users = add("u", PrincipalKind::User, users);
        let groups = add("g", PrincipalKind::Group, groups);
        (directory, users, groups)
    }

    #[test]
    fn nested_groups_and_cycles_are_closed() {
        let (mut directory, u, g) = directory(4, 4);
        for (group, member) in [
            (g[0], u[0]),
            (g[0], g[1]),
            (g[1], u[1]),
            (g[1], g[2]),
            (g[2], g[0]),
            (g[3], g[2]),
            (g[3], u[3]),
        ] {
            directory.add_member(group, member).expect("a group");
        }
        let membership = Membership::of(&directory);
        assert_eq!(membership.numbers(g[2]), [0, 1]);
        assert_eq!(membership.numbers(g[3]), [0, 1, 3]);
        assert_eq!(
            [g[1], g[3]].map(|group| membership.cycle_groups(group)),
            [3, 0]
        );
    }

    #[test]
    fn a_long_chain_of_groups_needs_no_deep_stack() {
        let (mut directory, u, g) = directory(1, 200_000);
        for pair in g.windows(2) {
            directory.set_members(pair[0], vec![pair[1]]);
        }
        directory.set_members(g[g.len() - 1], vec![u[0]]);
        assert_eq!(Membership::of(&directory).numbers(g[0]), [0]);
    }
}
