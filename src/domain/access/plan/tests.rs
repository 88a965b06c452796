//! Decisions of a plan, one rule a test; the whole is held against a simulated tenant elsewhere.

use super::super::cases::{Scene, planned, planned_within};
use super::*;
use crate::domain::access::{
    Effect, Fate, Grant, GrantKind, IdentityMap, IdentityRow, ItemKind, Limits, PrincipalKind,
};

/// A drive of Ann's with a folder, and Bob and Eve.
fn drive() -> (Scene, [ItemId; 2], [PrincipalId; 3]) {
    let mut scene = Scene::new();
    let people = scene.users(["ann", "bob", "eve"]);
    let drive = scene.root(ItemKind::Library, people[0]);
    let folder = scene.below(drive, ItemKind::Folder);
    (scene, [drive, folder], people)
}

fn without(scene: &Scene, key: &str) -> IdentityMap {
    let rows = scene.whole_map();
    let rows = rows.rows().filter(|row| row.source != key).cloned();
    IdentityMap::new(rows.collect()).expect("each once")
}

fn with(scene: &Scene, key: &str, fate: Fate) -> IdentityMap {
    let rows = without(scene, key);
    let mut rows: Vec<IdentityRow> = rows.rows().cloned().collect();
    rows.push(IdentityRow::new(key, fate));
    IdentityMap::new(rows).expect("each once")
}

#[test]
fn whoever_is_not_mapped_gets_nothing_and_is_in_the_queue() {
    let (mut scene, [_, folder], [_, bob, eve]) = drive();
    scene.allow(folder, bob, Level::Write);
    scene.allow(folder, eve, Level::Read);
    planned(&scene, &without(&scene, "bob"), |_, plan| {
        assert_eq!(plan.outcomes[0], Outcome::Out(Reason::Unmapped));
        assert_eq!(plan.outcomes[1], Outcome::Kept(Kept::Granted, Level::Read));
        assert_eq!(plan.target.grants().len(), 1);
    });
}

#[test]
fn links_for_anybody_and_for_the_organisation_are_lost() {
    let (mut scene, [_, folder], _) = drive();
    let anyone = scene.principal("anyone", PrincipalKind::Anyone);
    let organisation = scene.principal("organisation", PrincipalKind::Organisation);
    for principal in [anyone, organisation] {
        scene.tree.grant(Grant {
            item: folder,
            principal,
            level: Level::Read,
            effect: Effect::Allow,
            kind: GrantKind::Link,
            expires: false,
        });
    }
    scene.allow(folder, organisation, Level::Read);
    planned(&scene, &scene.whole_map(), |_, plan| {
        let reasons = [
            Reason::Anyone,
            Reason::OrganisationLink,
            Reason::Organisation,
        ];
        assert!(plan.outcomes.iter().copied().eq(reasons.map(Outcome::Out)));
        assert_eq!(reasons.map(Reason::is_held), [false, false, true]);
        assert!(plan.target.grants().is_empty());
    });
}

#[test]
fn a_folder_that_was_narrower_stays_a_scope_even_if_nobody_is_let_in_yet() {
    let (mut scene, [drive, folder], [_, bob, _]) = drive();
    let team = scene.group("team", &[bob]);
    scene.allow(drive, team, Level::Read);
    let shut = scene.broken(folder, ItemKind::Folder);
    planned(&scene, &without(&scene, "team"), |_, plan| {
        assert!(plan.target.grants().is_empty());
        assert!(
            !plan.target.item(shut).inherits,
            "a release above would open it"
        );
        assert!(plan.target.item(folder).inherits);
    });
}

#[test]
fn people_who_are_the_group_above_need_no_scope() {
    let (mut scene, [drive, folder], [_, bob, eve]) = drive();
    let team = scene.group("team", &[bob, eve]);
    scene.allow(drive, team, Level::Read);
    let same = scene.broken(folder, ItemKind::Folder);
    scene.allow(same, bob, Level::Read);
    scene.allow(same, eve, Level::Read);
    planned(&scene, &scene.whole_map(), |_, plan| {
        assert_eq!(plan.scopes(), 0);
        assert_eq!(
            plan.outcomes[1],
            Outcome::Kept(Kept::Inherited, Level::Read)
        );
    });
}

#[test]
fn a_person_whom_a_group_covers_costs_no_call() {
    let (mut scene, [_, folder], [_, bob, _]) = drive();
    let team = scene.group("team", &[bob]);
    scene.allow(folder, team, Level::Write);
    scene.allow(folder, bob, Level::Read);
    planned(&scene, &scene.whole_map(), |_, plan| {
        assert_eq!(plan.outcomes[1], Outcome::Kept(Kept::Covered, Level::Read));
        assert_eq!(plan.target.grants().len(), 1);
    });
}

#[test]
fn a_deny_through_a_group_makes_people_of_it_or_holds_the_item() {
    let (mut scene, [drive, folder], [_, bob, eve]) = drive();
    let team = scene.group("team", &[bob, eve]);
    scene.allow(drive, team, Level::Write);
    scene.deny(folder, eve, Level::Write);
    planned(&scene, &scene.whole_map(), |_, plan| {
        let grants = plan.target.grants();
        let levels: Vec<_> = grants.iter().map(|g| (g.item, g.level)).collect();
        let expected = [
            (drive, Level::Write),
            (folder, Level::Write),
            (folder, Level::Read),
        ];
        assert_eq!(levels, expected);
    });
    let small = Limits {
        people_for_group_max: 1,
        ..Limits::ADVISED
    };
    planned_within(&scene, &scene.whole_map(), small, |_, plan| {
        assert_eq!(plan.held_items[&folder], Reason::NestedDeny);
        assert_eq!(plan.target.grants().len(), 1);
        assert!(!plan.target.item(folder).inherits);
    });
}

#[test]
fn a_deny_to_nobody_knows_whom_holds_the_item() {
    let (mut scene, [_, folder], [_, bob, _]) = drive();
    let dynamic = scene.principal("dynamic", PrincipalKind::DynamicGroup);
    let outer = scene.group("outer", &[dynamic]);
    scene.allow(folder, bob, Level::Write);
    scene.deny(folder, outer, Level::Read);
    planned(&scene, &scene.whole_map(), |_, plan| {
        assert_eq!(plan.held_items[&folder], Reason::NestedDeny);
        assert!(plan.target.grants().is_empty());
    });
}

#[test]
fn two_who_become_one_get_what_both_had() {
    let (mut scene, [_, folder], [_, bob, eve]) = drive();
    let file = scene.below(folder, ItemKind::File);
    scene.allow(folder, bob, Level::Read);
    scene.allow(folder, eve, Level::Read);
    scene.allow(file, eve, Level::Write);
    let fate = Fate::Mapped {
        target: "eve@new".to_owned(),
        kind: PrincipalKind::User,
        is_approved_external: false,
    };
    planned(&scene, &with(&scene, "bob", fate), |_, plan| {
        let kept = Outcome::Kept(Kept::Granted, Level::Read);
        assert_eq!(plan.outcomes[..2], [kept, kept]);
        assert_eq!(plan.outcomes[2], Outcome::Out(Reason::TwoToOne));
        assert_eq!(plan.target.grants().len(), 1);
    });
}

#[test]
fn a_custodian_who_would_be_somebody_else_as_well_gets_no_drive() {
    let (scene, [drive, folder], _) = drive();
    let fate = Fate::Mapped {
        target: "ann@new".to_owned(),
        kind: PrincipalKind::User,
        is_approved_external: false,
    };
    for map in [with(&scene, "bob", fate), without(&scene, "ann")] {
        planned(&scene, &map, |_, plan| {
            assert_eq!(plan.held_items[&drive], Reason::CustodianUnmapped);
            assert!(!plan.is_written(folder));
        });
    }
}

#[test]
fn more_scopes_than_the_library_bears_are_not_written() {
    let (mut scene, [_, folder], [_, bob, _]) = drive();
    let files: Vec<ItemId> = (0..4)
        .map(|_| scene.below(folder, ItemKind::File))
        .collect();
    for file in &files {
        scene.allow(*file, bob, Level::Read);
    }
    let limits = Limits::ADVISED.with_scopes(3);
    planned_within(&scene, &scene.whole_map(), limits, |_, plan| {
        assert_eq!(plan.scopes(), 3);
        assert_eq!(plan.held_items[&files[3]], Reason::ScopeLimit);
        assert!(!plan.is_written(files[3]));
        assert_eq!(plan.outcomes[3], Outcome::Out(Reason::ScopeLimit));
    });
}

#[test]
fn a_mailbox_waits_for_exchange_and_a_calendar_takes_its_own_levels() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.users(["ann", "bob"]);
    let mailbox = scene.root(ItemKind::Mailbox, ann);
    scene.allow(mailbox, bob, Level::Full);
    let calendar = scene.below(mailbox, ItemKind::Calendar);
    scene.allow(calendar, bob, Level::Limited);
    planned(&scene, &scene.whole_map(), |_, plan| {
        assert_eq!(plan.outcomes[0], Outcome::Out(Reason::NeedsExchange));
        assert_eq!(
            plan.outcomes[1],
            Outcome::Kept(Kept::Granted, Level::Limited)
        );
    });
}

#[test]
fn what_is_unknown_lets_in_nobody_but_the_custodian() {
    let (mut scene, [drive, _], [_, bob, _]) = drive();
    scene.allow(drive, bob, Level::Read);
    let unknown = scene.unknown(drive, ItemKind::Folder);
    scene.allow(unknown, bob, Level::Read);
    planned(&scene, &scene.whole_map(), |_, plan| {
        assert_eq!(plan.held_items[&unknown], Reason::AccessUnknown);
        assert_eq!(plan.outcomes[1], Outcome::Out(Reason::AccessUnknown));
        assert!(!plan.target.item(unknown).inherits);
    });
}

#[test]
fn where_the_target_takes_no_full_control_it_is_write_and_a_row_says_so() {
    let (mut scene, [_, folder], [_, bob, _]) = drive();
    scene.allow(folder, bob, Level::Full);
    planned_within(
        &scene,
        &scene.whole_map(),
        Limits::GRAPH_ALONE,
        |_, plan| {
            assert_eq!(plan.outcomes[0], Outcome::Kept(Kept::Granted, Level::Write));
        },
    );
}

#[test]
fn nothing_narrow_is_put_below_what_is_open_already_or_crowded() {
    let (mut scene, [_, folder], [_, bob, _]) = drive();
    scene.allow(folder, bob, Level::Read);
    let late = scene.broken(folder, ItemKind::File);
    let source = scene.tree.clone().build();
    let membership = Membership::of(&scene.directory);
    let mapping = Mapping::new(&scene.directory, &membership, &scene.whole_map());
    let target_membership = Membership::of(mapping.target());
    let mut input = PlanInput {
        source: &source,
        directory: &scene.directory,
        membership: &membership,
        mapping: &mapping,
        target_membership: &target_membership,
        limits: Limits::ADVISED,
        open: &HashSet::from([folder]),
        standing: &HashMap::new(),
    };
    let made = plan(&input);
    assert_eq!(made.held_items[&late], Reason::ParentOpen);
    assert!(!made.is_written(late));
    let standing = HashMap::from([(folder, 100_001)]);
    let none = HashSet::new();
    (input.open, input.standing) = (&none, &standing);
    assert_eq!(plan(&input).held_items[&folder], Reason::Crowded);
}

#[test]
fn what_invite_cannot_make_waits_for_sharepoint() {
    let (mut scene, [drive, folder], [_, bob, _]) = drive();
    let site = scene.principal("Members", PrincipalKind::SiteGroup);
    scene.directory.set_members(site, vec![bob]);
    scene.allow(drive, bob, Level::Read);
    scene.allow(folder, site, Level::Read);
    planned_within(
        &scene,
        &scene.whole_map(),
        Limits::GRAPH_ALONE,
        |_, plan| {
            let out = Outcome::Out(Reason::NeedsSharePoint);
            assert_eq!(plan.outcomes, [out, out]);
        },
    );
}

#[test]
fn on_a_site_roots_lists_and_groups_of_the_site_are_granted_too() {
    let mut scene = Scene::new();
    let [site, bob, eve] = scene.users(["https://old/sites/quay", "bob", "eve"]);
    let team = scene.group("team", &[bob]);
    let members = scene.principal("Members", PrincipalKind::SiteGroup);
    scene.directory.set_members(members, vec![team, eve]);
    let root = scene.root(ItemKind::Site, site);
    let list = scene.below(root, ItemKind::List);
    let item = scene.below(list, ItemKind::ListItem);
    let closed = scene.broken(list, ItemKind::ListItem);
    let folder = scene.below(root, ItemKind::Folder);
    scene.allow(root, members, Level::Write);
    scene.allow(folder, bob, Level::Full);
    let map = scene.whole_map();
    planned_within(&scene, &map, Limits::GRAPH_ALONE, |input, plan| {
        let kept = |how, level| Outcome::Kept(how, level);
        let expected = [
            kept(Kept::People, Level::Write),
            kept(Kept::Granted, Level::Full),
        ];
        assert_eq!(plan.outcomes, expected);
        let own = |id| !plan.target.item(id).inherits;
        let broken = [root, list, item, closed, folder].map(own);
        assert_eq!(broken, [true, true, false, true, true]);
        let let_in = |id| {
            let grants = plan.target.own_grants(id);
            let all = grants.map(|number| plan.target.grants()[number]);
            all.map(|one| (one.principal, one.level))
                .collect::<Vec<_>>()
        };
        let who = |id| input.mapping.target_of(id).expect("mapped");
        let both = [(who(eve), Level::Write), (who(team), Level::Write)];
        assert_eq!((let_in(root), let_in(list)), (both.to_vec(), both.to_vec()));
        assert_eq!(let_in(closed), []);
        assert!(plan.is_site(root));
        assert_eq!(plan.scopes(), 4, "the library as well");
    });
    // A drive is none, whatever is in it.
    let (mut scene, [drive, _], [_, bob, _]) = drive();
    scene.allow(drive, bob, Level::Read);
    planned_within(
        &scene,
        &scene.whole_map(),
        Limits::GRAPH_ALONE,
        |_, plan| {
            assert!(!plan.is_site(drive));
            assert_eq!(plan.outcomes[0], Outcome::Out(Reason::NeedsSharePoint));
        },
    );
}

#[test]
fn the_page_on_fidelity_has_each_reason_as_the_report_says_it() {
    let page = include_str!("../../../../docs/fidelity.md");
    let section = page.split("\n## Access\n").nth(1).expect("a section");
    for reason in Reason::ALL {
        let becomes = if reason.is_held() { "held" } else { "lost" };
        let row = format!(
            "| `{}` | {becomes} | {} |\n",
            reason.name(),
            reason.sentence()
        );
        assert!(section.contains(&row), "{row}");
        assert_eq!(Reason::parse(reason.name()), Some(reason));
    }
}
