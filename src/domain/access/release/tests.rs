//! Releases over small scenes: what is released is let in and nothing else, and what is no decision is refused.

use super::super::cases::Scene;
use super::super::{ItemKind, Limits, Mapping, Outcome, PlanInput, plan, prove};
use super::*;
use std::collections::{HashMap, HashSet};

/// Who has what on which item in the target, by keys, after releases.
fn ends(scene: &Scene, map: &IdentityMap, released: &[Released]) -> BTreeSet<(u32, String, Level)> {
    let tree = scene.tree.clone().build();
    let after = release((&scene.directory, &tree), map, released).expect("releasable");
    let membership = Membership::of(&after.directory);
    let mapping = Mapping::new(&after.directory, &membership, &after.map);
    let target_membership = Membership::of(mapping.target());
    let input = PlanInput {
        source: &after.tree,
        directory: &after.directory,
        membership: &membership,
        mapping: &mapping,
        target_membership: &target_membership,
        limits: Limits::ADVISED,
        open: &HashSet::new(),
        standing: &HashMap::new(),
    };
    let made = plan(&input);
    assert_eq!(
        prove(&input, &made),
        Ok(()),
        "a release is proven as any plan"
    );
    let target = &made.target;
    let mut found = BTreeSet::new();
    for id in target.ids() {
        // A scope that inherits has what the one above it has.
        let mut at = id;
        while target.item(at).inherits {
            at = target.item(at).parent.expect("a root does not inherit");
        }
        for grant in target.own_grants(at) {
            let grant = &target.grants()[grant];
            let key = mapping.target().principal(grant.principal).key.clone();
            found.insert((id.0, key, grant.level));
        }
    }
    found
}

fn row(source: &str, target: &str, kind: PrincipalKind) -> IdentityRow {
    let fate = Fate::Mapped {
        target: target.to_owned(),
        kind,
        is_approved_external: false,
    };
    IdentityRow::new(source, fate)
}

fn released(item: ItemId, principal: PrincipalId, to: Option<&str>) -> Released {
    Released {
        item,
        principal,
        level: Level::Read,
        to: to.map(str::to_owned),
    }
}

/// A drive of ann's with a folder that a guest reads, and a file below it that the guest does not.
fn scene() -> (Scene, [ItemId; 3], [PrincipalId; 3]) {
    let mut scene = Scene::new();
    let [ann, bob] = scene.users(["ann", "bob"]);
    let guest = scene.principal("guest", PrincipalKind::Guest);
    let drive = scene.root(ItemKind::Library, ann);
    let folder = scene.below(drive, ItemKind::Folder);
    let file = scene.broken(folder, ItemKind::File);
    scene.allow(folder, bob, Level::Read);
    scene.allow(folder, guest, Level::Read);
    scene.allow(file, bob, Level::Read);
    (scene, [drive, folder, file], [ann, bob, guest])
}

fn map() -> IdentityMap {
    IdentityMap::new(vec![
        row("ann", "ann@new", PrincipalKind::User),
        row("bob", "bob@new", PrincipalKind::User),
        row("guest", "guest@new", PrincipalKind::Guest),
    ])
    .expect("each once")
}

#[test]
fn what_is_released_is_let_in_there_and_nowhere_below_a_break() {
    let (scene, [_, folder, file], [_, _, guest]) = scene();
    let before = ends(&scene, &map(), &[]);
    let after = ends(&scene, &map(), &[released(folder, guest, None)]);
    let more: Vec<_> = after.difference(&before).cloned().collect();
    assert_eq!(more, [(folder.0, "guest@new".to_owned(), Level::Read)]);
    assert!(before.is_subset(&after), "nobody loses anything");
    assert!(after.contains(&(file.0, "bob@new".to_owned(), Level::Read)));
}

#[test]
fn what_was_denied_stays_denied_whoever_says_it() {
    let (mut scene, [_, folder, _], [_, bob, guest]) = scene();
    let team = scene.group("team", &[guest]);
    let [direct, by_group, open] = [(); 3].map(|()| scene.below(folder, ItemKind::File));
    scene.deny(direct, guest, Level::Read);
    scene.deny(by_group, team, Level::Read);
    scene.allow(open, bob, Level::Write);
    let after = ends(&scene, &map(), &[released(folder, guest, None)]);
    let items: Vec<u32> = after
        .iter()
        .filter(|(_, key, _)| key == "guest@new")
        .map(|(item, ..)| *item)
        .collect();
    assert_eq!(items, [folder.0, open.0]);
}

#[test]
fn an_unmapped_one_comes_in_as_whom_the_release_names_and_only_there() {
    let (mut scene, [_, folder, file], _) = scene();
    let eve = scene.principal("eve", PrincipalKind::User);
    scene.allow(folder, eve, Level::Read);
    scene.allow(file, eve, Level::Read);
    let after = ends(&scene, &map(), &[released(file, eve, Some("eve@new"))]);
    let of_eve: Vec<_> = after
        .iter()
        .filter(|(_, key, _)| key == "eve@new")
        .collect();
    assert_eq!(of_eve, [&(file.0, "eve@new".to_owned(), Level::Read)]);
}

#[test]
fn a_grant_that_would_have_ended_stays_the_same_persons() {
    let (mut scene, [_, folder, file], [_, bob, _]) = scene();
    let tree = &mut scene.tree;
    tree.grant(Grant {
        item: folder,
        principal: bob,
        level: Level::Write,
        effect: Effect::Allow,
        kind: GrantKind::Direct,
        expires: true,
    });
    let release = Released {
        level: Level::Write,
        ..released(folder, bob, None)
    };
    let after = ends(&scene, &map(), &[release]);
    assert!(after.contains(&(folder.0, "bob@new".to_owned(), Level::Write)));
    assert!(after.contains(&(file.0, "bob@new".to_owned(), Level::Read)));
    assert!(!after.contains(&(file.0, "bob@new".to_owned(), Level::Write)));
}

#[test]
fn what_no_approval_changes_is_refused_by_its_rule() {
    let (mut scene, [_, folder, file], [_, bob, guest]) = scene();
    let [gone, eve] = scene.users(["gone", "eve"]);
    let team = scene.group("team", &[bob]);
    for who in [gone, eve, team] {
        scene.allow(folder, who, Level::Read);
    }
    let rows = map().rows().cloned().collect::<Vec<_>>();
    let departed = IdentityRow::new("gone", Fate::Departed);
    let map = IdentityMap::new([rows, vec![departed]].concat()).expect("each once");
    let tree = scene.tree.clone().build();
    let refused = |one| {
        let refused = release((&scene.directory, &tree), &map, &[one]);
        refused.expect_err("no release").to_string()
    };
    for (one, rule) in [
        (released(file, guest, None), "no such grant"),
        (released(folder, team, Some("x@new")), "a group"),
        (released(folder, gone, Some("x@new")), "departed"),
        (released(folder, eve, None), "--to"),
        (released(folder, eve, Some("BOB@new")), "somebody else's"),
    ] {
        let said = refused(one.clone());
        assert!(said.contains(rule), "{rule}: {said}");
    }
}

#[test]
fn only_decisions_wait_for_people() {
    let (scene, ..) = scene();
    let tree = scene.tree.clone().build();
    let membership = Membership::of(&scene.directory);
    let mapping = Mapping::new(&scene.directory, &membership, &map());
    let target_membership = Membership::of(mapping.target());
    let input = PlanInput {
        source: &tree,
        directory: &scene.directory,
        membership: &membership,
        mapping: &mapping,
        target_membership: &target_membership,
        limits: Limits::ADVISED,
        open: &HashSet::new(),
        standing: &HashMap::new(),
    };
    let held = plan(&input)
        .outcomes
        .into_iter()
        .filter_map(|one| match one {
            Outcome::Out(reason) => Some(reason),
            Outcome::Kept(..) => None,
        });
    let held: Vec<Reason> = held.collect();
    assert_eq!(held, [Reason::ExternalNotApproved]);
    assert!(is_releasable(held[0]) && !is_releasable(Reason::NestedDeny));
}

#[test]
fn a_name_that_a_released_one_would_get_is_not_somebody_elses() {
    let (mut scene, [drive, folder, _], [_, _, guest]) = scene();
    let trap = scene.principal("guest (released)", PrincipalKind::Guest);
    scene.allow(drive, trap, Level::Write);
    let tree = scene.tree.clone().build();
    let one = [released(folder, guest, None)];
    let refused = release((&scene.directory, &tree), &map(), &one);
    let name = "guest (released)".to_owned();
    assert_eq!(refused.err(), Some(NotReleasable::NameInUse(name)));
}
