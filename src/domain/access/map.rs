//! From the principals of the source to those of the target by explicit rows; who is left out and why. Groups are made anew.
//!
//! Nothing is guessed: a key without a row is unmapped. Where two of the source become one in the target, that one gets only
//! what both had.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sha2::{Digest as _, Sha256};

use super::directory::{Directory, PrincipalId, PrincipalKind, folded};
use super::membership::Membership;
use super::plan::Reason;
use crate::domain::item::Digest;

/// What becomes of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nobody: the person left.
    Departed,
    /// Somebody in the target.
    Mapped {
        /// The key there.
        target: String,
        /// What it is there: a user, a guest, a group.
        kind: PrincipalKind,
        /// Two people said that somebody from outside may come in.
        is_approved_external: bool,
    },
    /// Nobody: an account of a program of the old tenant.
    ServiceAccount,
}

/// One row of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRow {
    /// The key in the source.
    pub source: String,
    /// What becomes of it.
    pub fate: Fate,
}

impl IdentityRow {
    /// A row.
    pub fn new(source: &str, fate: Fate) -> Self {
        Self {
            source: source.to_owned(),
            fate,
        }
    }

    /// The bytes that a digest takes: each field with its length before it, so that no two rows share them.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let (word, target, kind, approved) = match &self.fate {
            Fate::Departed => ("departed", "", "", ""),
            Fate::Mapped {
                target,
                kind,
                is_approved_external,
            } => {
                let approved = if *is_approved_external {
                    "approved"
                } else {
                    ""
                };
                ("mapped", &**target, kind.name(), approved)
            }
            Fate::ServiceAccount => ("service-account", "", "", ""),
        };
        let mut bytes = Vec::new();
        for field in [&folded(&self.source), word, target, kind, approved] {
            bytes.extend((field.len() as u64).to_be_bytes());
            bytes.extend(field.as_bytes());
        }
        bytes
    }
}

/// A version of the identity map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityMap {
    rows: BTreeMap<String, IdentityRow>,
}

impl IdentityMap {
    /// Takes rows in. `Err` holds the key that stands twice.
    pub fn new(rows: Vec<IdentityRow>) -> Result<Self, String> {
        let mut map = BTreeMap::new();
        for row in rows {
            if let Some(row) = map.insert(folded(&row.source), row) {
                return Err(row.source);
            }
        }
        Ok(Self { rows: map })
    }

    /// What becomes of a key; `None` where no row says it.
    pub fn fate(&self, key: &str) -> Option<&Fate> {
        self.rows.get(&folded(key)).map(|row| &row.fate)
    }

    /// Every row, by key.
    pub fn rows(&self) -> impl Iterator<Item = &IdentityRow> {
        self.rows.values()
    }

    /// SHA-256 that names this version: of the rows by key.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        for row in self.rows.values() {
            hash.update(row.bytes());
        }
        Digest(hash.finalize().into())
    }
}

/// A member that the group in the target does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MembershipRow {
    /// The group in the source.
    pub group: PrincipalId,
    /// Its member in the source.
    pub member: PrincipalId,
    /// Why.
    pub reason: Reason,
}

/// A cycle of more groups than this is nobody's intent.
const CYCLE_GROUPS_MAX: u32 = 1_000;

/// Who is whom.
#[derive(Clone, Debug)]
pub struct Mapping {
    target: Directory,
    target_of: Vec<Result<PrincipalId, Reason>>,
    sources_of: Vec<Vec<PrincipalId>>,
    left_out: Vec<MembershipRow>,
    cut: HashSet<(PrincipalId, PrincipalId)>,
}

impl Mapping {
    /// Applies a map to the principals of a source.
    pub fn new(source: &Directory, membership: &Membership, map: &IdentityMap) -> Self {
        let kinds = kinds_by_target(source, map);
        let mut mapping = Self {
            target: Directory::default(),
            target_of: Vec::with_capacity(source.len()),
            sources_of: Vec::new(),
            left_out: Vec::new(),
            cut: HashSet::new(),
        };
        for (id, principal) in source.iter() {
            let wanted = wanted(&principal.key, principal.kind, map, &kinds);
            let wanted = wanted.and_then(|wanted| match membership.cycle_groups(id) {
                _ if !principal.members_known => Err(Reason::MembersUnknown),
                groups if groups > CYCLE_GROUPS_MAX => Err(Reason::GroupCycle),
                _ => Ok(wanted),
            });
            let target = wanted.and_then(|(key, kind)| {
                let added = mapping.target.add(&key, kind);
                added.map_err(|_| Reason::KindConflict)
            });
            if let Ok(target) = target {
                let place = target.0 as usize;
                let length = mapping.sources_of.len().max(place + 1);
                mapping.sources_of.resize(length, Vec::new());
                mapping.sources_of[place].push(id);
            }
            mapping.target_of.push(target);
        }
        mapping.part_groups(source, membership);
        mapping.fill_groups(source, membership);
        mapping
    }

    /// Two groups become one only where the same people are in both.
    fn part_groups(&mut self, source: &Directory, membership: &Membership) {
        for sources in &mut self.sources_of {
            let [first, others @ ..] = &sources[..] else {
                continue;
            };
            let is_group = source.principal(*first).kind.is_group();
            let people = membership.people(*first);
            if is_group
                && others
                    .iter()
                    .any(|other| membership.people(*other) != people)
            {
                for group in sources.drain(..) {
                    self.target_of[group.0 as usize] = Err(Reason::TwoToOne);
                }
            }
        }
    }

    fn fill_groups(&mut self, source: &Directory, membership: &Membership) {
        let groups: Vec<(PrincipalId, Vec<PrincipalId>)> = (0..)
            .map(PrincipalId)
            .zip(self.sources_of.clone())
            .filter(|(target, _)| self.target.principal(*target).kind.is_group())
            .collect();
        for (target, sources) in groups {
            let Some(first) = sources.first() else {
                continue;
            };
            let is_flat = sources.len() > 1 || membership.cycle_groups(*first) > 0;
            let mut members = Vec::new();
            if is_flat {
                // A cycle cannot be made again, and need not: everybody is in each of its groups.
                for group in &sources {
                    for person in self.reachable(source, *group) {
                        self.join(membership, *group, person, &mut members);
                    }
                    self.cut_unmapped(source, *group);
                }
            } else {
                for member in &source.principal(*first).members {
                    self.join(membership, *first, *member, &mut members);
                }
            }
            self.target.set_members(target, members);
        }
    }

    /// In a flat group too, what lies in a group that is not mapped is left out, and named.
    fn cut_unmapped(&mut self, source: &Directory, group: PrincipalId) {
        for member in &source.principal(group).members {
            let is_group = !source.principal(*member).kind.is_single();
            if let (true, Err(reason)) = (is_group, self.target_of(*member)) {
                self.cut.insert((group, *member));
                self.left_out.push(MembershipRow {
                    group,
                    member: *member,
                    reason,
                });
            }
        }
    }

    fn join(
        &mut self,
        membership: &Membership,
        group: PrincipalId,
        member: PrincipalId,
        members: &mut Vec<PrincipalId>,
    ) {
        let joined = self.target_of(member).and_then(|target| {
            let all = self.sources_of(target).iter().all(|one| {
                membership
                    .person(*one)
                    .is_none_or(|person| membership.contains(group, person))
            });
            if all {
                Ok(target)
            } else {
                Err(Reason::TwoToOne)
            }
        });
        match joined {
            Ok(target) => members.push(target),
            Err(reason) => {
                self.cut.insert((group, member));
                self.left_out.push(MembershipRow {
                    group,
                    member,
                    reason,
                });
            }
        }
    }

    /// The single ones in a group, through groups that are mapped themselves: what lies in an unmapped one gets nothing by it.
    pub(super) fn reachable(&self, source: &Directory, group: PrincipalId) -> Vec<PrincipalId> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::from([group]);
        let mut open = vec![group];
        while let Some(group) = open.pop() {
            for member in &source.principal(group).members {
                let kind = source.principal(*member).kind;
                if kind.is_single() {
                    found.insert(*member);
                } else if self.target_of(*member).is_ok() && seen.insert(*member) {
                    open.push(*member);
                }
            }
        }
        found.into_iter().collect()
    }

    /// The principals of the target, groups with the members that they will have.
    pub fn target(&self) -> &Directory {
        &self.target
    }

    /// Who somebody is in the target, or why nobody.
    pub fn target_of(&self, source: PrincipalId) -> Result<PrincipalId, Reason> {
        self.target_of[source.0 as usize]
    }

    /// Who somebody in the target was in the source: one, more, or nobody.
    pub fn sources_of(&self, target: PrincipalId) -> &[PrincipalId] {
        self.sources_of
            .get(target.0 as usize)
            .map_or(&[], Vec::as_slice)
    }

    /// Every member that a group does not have in the target.
    pub fn left_out(&self) -> &[MembershipRow] {
        &self.left_out
    }

    /// Whether a member of a group was left out of it.
    pub(super) fn is_cut(&self, group: PrincipalId, member: PrincipalId) -> bool {
        self.cut.contains(&(group, member))
    }
}

/// One key of the target cannot be two kinds of principal.
fn kinds_by_target(
    source: &Directory,
    map: &IdentityMap,
) -> HashMap<String, BTreeSet<PrincipalKind>> {
    let mut kinds: HashMap<String, BTreeSet<PrincipalKind>> = HashMap::new();
    for (_, principal) in source.iter() {
        if let Some(Fate::Mapped { target, kind, .. }) = map.fate(&principal.key) {
            kinds.entry(folded(target)).or_default().insert(*kind);
        }
    }
    kinds
}

fn wanted(
    key: &str,
    kind: PrincipalKind,
    map: &IdentityMap,
    kinds: &HashMap<String, BTreeSet<PrincipalKind>>,
) -> Result<(String, PrincipalKind), Reason> {
    match kind {
        PrincipalKind::Anyone => return Err(Reason::Anyone),
        PrincipalKind::App => return Err(Reason::App),
        PrincipalKind::Organisation => return Err(Reason::Organisation),
        // A site's groups belong to the site: they are made with it, and no row of the map names them.
        PrincipalKind::SiteGroup => return Ok((format!("site-group {key}"), kind)),
        _ => {}
    }
    let (target, becomes, approved) = match map.fate(key).ok_or(Reason::Unmapped)? {
        Fate::Departed => return Err(Reason::Departed),
        Fate::ServiceAccount => return Err(Reason::ServiceAccount),
        Fate::Mapped {
            target,
            kind,
            is_approved_external,
        } => (target, *kind, *is_approved_external),
    };
    let is_group = matches!(kind, PrincipalKind::Group | PrincipalKind::DynamicGroup);
    let fits = match becomes {
        PrincipalKind::Group => is_group,
        PrincipalKind::Guest | PrincipalKind::User => !is_group,
        _ => false,
    };
    let is_one_kind = kinds
        .get(&folded(target))
        .is_none_or(|kinds| kinds.len() == 1);
    if !fits || !is_one_kind || target.trim().is_empty() {
        return Err(Reason::KindConflict);
    }
    let is_external = [kind, becomes].contains(&PrincipalKind::Guest);
    if is_external && !approved {
        return Err(Reason::ExternalNotApproved);
    }
    Ok((target.clone(), becomes))
}

#[cfg(test)]
mod tests {
    use super::super::cases::Scene;
    use super::*;

    fn mapped(source: &str, target: &str, kind: PrincipalKind) -> IdentityRow {
        let fate = Fate::Mapped {
            target: target.to_owned(),
            kind,
            is_approved_external: false,
        };
        IdentityRow::new(source, fate)
    }

    fn mapping(scene: &Scene, rows: Vec<IdentityRow>) -> Mapping {
        let map = IdentityMap::new(rows).expect("each once");
        Mapping::new(&scene.directory, &Membership::of(&scene.directory), &map)
    }

    #[test]
    fn without_a_row_there_is_nobody_however_alike_the_name() {
        let mut scene = Scene::new();
        let [ann, twin, look] = scene.users(["ann@old", "ann.smith@old", "\u{430}nn@old"]);
        let mapping = mapping(
            &scene,
            vec![mapped("ANN@old", "ann@new", PrincipalKind::User)],
        );
        assert!(mapping.target_of(ann).is_ok());
        assert_eq!(mapping.target_of(twin), Err(Reason::Unmapped));
        assert_eq!(mapping.target_of(look), Err(Reason::Unmapped));
    }

    #[test]
    fn each_fate_has_its_reason() {
        let mut scene = Scene::new();
        let [gone, robot] = scene.users(["gone", "robot"]);
        let app = scene.principal("app", PrincipalKind::App);
        let guest = scene.principal("guest", PrincipalKind::Guest);
        let dynamic = scene.principal("dynamic", PrincipalKind::DynamicGroup);
        let group = scene.group("group", &[]);
        let mapping = mapping(
            &scene,
            vec![
                IdentityRow::new("gone", Fate::Departed),
                IdentityRow::new("robot", Fate::ServiceAccount),
                mapped("guest", "guest@new", PrincipalKind::Guest),
                mapped("app", "app@new", PrincipalKind::User),
                mapped("dynamic", "dynamic@new", PrincipalKind::Group),
                mapped("group", "group@new", PrincipalKind::User),
            ],
        );
        for (id, reason) in [
            (gone, Reason::Departed),
            (robot, Reason::ServiceAccount),
            (app, Reason::App),
            (guest, Reason::ExternalNotApproved),
            (dynamic, Reason::MembersUnknown),
            (group, Reason::KindConflict),
        ] {
            assert_eq!(mapping.target_of(id), Err(reason), "{id:?}");
        }
    }

    #[test]
    fn one_of_two_is_in_a_group_only_where_both_were() {
        let mut scene = Scene::new();
        let [ann, bob, eve] = scene.users(["ann", "bob", "eve"]);
        let both = scene.group("both", &[ann, bob]);
        let one = scene.group("one", &[ann, eve]);
        let user = PrincipalKind::User;
        let group = PrincipalKind::Group;
        let mapping = mapping(
            &scene,
            vec![
                mapped("ann", "x@new", user),
                mapped("bob", "X@new", user),
                mapped("eve", "eve@new", user),
                mapped("both", "both@new", group),
                mapped("one", "one@new", group),
            ],
        );
        let members = |id| {
            let target = mapping.target_of(id).expect("mapped");
            mapping.target().principal(target).members.len()
        };
        assert_eq!((members(both), members(one)), (1, 1));
        let row = MembershipRow {
            group: one,
            member: ann,
            reason: Reason::TwoToOne,
        };
        assert_eq!(mapping.left_out(), [row]);
    }

    #[test]
    fn two_groups_become_one_only_with_the_same_people() {
        let mut scene = Scene::new();
        let [ann, bob] = scene.users(["ann", "bob"]);
        let a = scene.group("a", &[ann, bob]);
        let b = scene.group("b", &[ann]);
        let rows = |target: &str| {
            vec![
                mapped("ann", "ann@new", PrincipalKind::User),
                mapped("bob", "bob@new", PrincipalKind::User),
                mapped("a", "g@new", PrincipalKind::Group),
                mapped("b", target, PrincipalKind::Group),
            ]
        };
        let together = mapping(&scene, rows("g@new"));
        assert_eq!(together.target_of(a), Err(Reason::TwoToOne));
        assert_eq!(together.target_of(b), Err(Reason::TwoToOne));
        assert!(mapping(&scene, rows("h@new")).target_of(b).is_ok());
    }

    #[test]
    fn a_cycle_becomes_flat_groups_with_the_same_people() {
        let mut scene = Scene::new();
        let [ann, bob] = scene.users(["ann", "bob"]);
        let a = scene.group("a", &[ann]);
        let b = scene.group("b", &[bob, a]);
        scene.directory.add_member(a, b).expect("a group");
        let map = scene.whole_map();
        let mapping = Mapping::new(&scene.directory, &Membership::of(&scene.directory), &map);
        for group in [a, b] {
            let target = mapping.target_of(group).expect("mapped");
            let members = &mapping.target().principal(target).members;
            let kinds = members
                .iter()
                .map(|id| mapping.target().principal(*id).kind);
            assert!(kinds.eq([PrincipalKind::User, PrincipalKind::User]));
        }
    }
}
