//! Each thing that a rule can do, and who is outside.

use super::*;
use crate::domain::folder::WellKnownFolder;

fn inside() -> Inside {
    Inside::new([
        "ada@old.example",
        "Old.Example",
        "ben@branch.example",
        "quay7",
    ])
}

fn rule(name: &str, actions: &[Action]) -> Setting {
    Setting::Rule(Rule {
        name: name.to_owned(),
        actions: actions.to_vec(),
    })
}

fn moved(root: WellKnownFolder, below: &[&str]) -> Action {
    let below = below.iter().map(|name| (*name).to_owned()).collect();
    Action::File {
        to: Folder::Known(root, below),
        is_move: true,
    }
}

fn sent(to: &[&str]) -> Action {
    Action::Send {
        to: to.iter().map(|address| (*address).to_owned()).collect(),
    }
}

#[test]
fn each_rule_is_held_for_the_worst_that_it_does() {
    use WellKnownFolder::{DeletedItems, Inbox, JunkEmail, MessageFolderRoot};
    let own = || moved(MessageFolderRoot, &["Projects"]);
    let cases = [
        (Hazard::RuleSendsOutside, vec![sent(&["x@evil.example"])]),
        (
            Hazard::RuleSendsOutside,
            vec![own(), sent(&["ada@old.example", "x@evil.example"])],
        ),
        (
            Hazard::RuleSendsOutside,
            vec![Action::Delete, sent(&["nobody"])],
        ),
        (
            Hazard::RuleSendsOn,
            vec![sent(&["ben@old.example"]), Action::Mark],
        ),
        (Hazard::RuleDeletes, vec![Action::Mark, Action::Delete]),
        (Hazard::RuleHides, vec![moved(DeletedItems, &[])]),
        (Hazard::RuleHides, vec![moved(JunkEmail, &[])]),
        (
            Hazard::RuleHides,
            vec![moved(MessageFolderRoot, &["RSS Feeds"])],
        ),
        (
            Hazard::RuleHides,
            vec![moved(MessageFolderRoot, &["..", "x"])],
        ),
        (Hazard::RuleHides, vec![moved(MessageFolderRoot, &[])]),
        (Hazard::RuleHides, vec![own(), Action::MarkRead]),
        (
            Hazard::RuleHides,
            vec![Action::File {
                to: Folder::Unknown,
                is_move: true,
            }],
        ),
        (Hazard::RuleUnknown, vec![Action::Mark, Action::Unknown]),
        (Hazard::RuleUnknown, vec![]),
        (Hazard::RuleSorts, vec![own(), Action::Mark]),
        (Hazard::RuleSorts, vec![moved(Inbox, &["Ads"])]),
        (Hazard::RuleSorts, vec![Action::MarkRead]),
        (
            Hazard::RuleSorts,
            vec![Action::File {
                to: Folder::Unknown,
                is_move: false,
            }],
        ),
    ];
    for (expected, actions) in cases {
        assert_eq!(
            hazard(&rule("Ads", &actions), &inside()),
            expected,
            "{actions:?}"
        );
    }
    assert_eq!(hazard(&rule("..", &[own()]), &inside()), Hazard::RuleHides);
}

#[test]
fn outside_is_whatever_is_not_letter_by_letter_inside() {
    for (address, is_inside) in [
        ("ada@old.example", true),
        ("SMTP:ADA@OLD.EXAMPLE", true),
        ("eve@branch.example", true),
        ("ada@mail.old.example", false),
        ("ada@0ld.example", false),
        ("ada@old.example.evil.example", false),
        ("@old.example", false),
        ("old.example", false),
        ("/o=old/cn=ada", false),
        ("quay7", false),
        ("", false),
    ] {
        assert_eq!(inside().holds(address), is_inside, "{address}");
    }
    assert!(!Inside::new([]).holds("ada@old.example"));
}

#[test]
fn forwarding_and_grants_are_told_by_who_gets_them() {
    let forwarding = |to: &[&str]| Setting::Forwarding {
        to: to.iter().map(|address| (*address).to_owned()).collect(),
    };
    let grant = |who: &str| Setting::Grant {
        who: who.to_owned(),
    };
    for (expected, setting) in [
        (Hazard::ForwardsOn, forwarding(&["smtp:ben@old.example"])),
        (
            Hazard::ForwardsOutside,
            forwarding(&["ben@old.example", "x@evil.example"]),
        ),
        (Hazard::ForwardsOutside, forwarding(&[])),
        (Hazard::OpenToOthers, grant("ben@old.example")),
        (Hazard::OpenToOutside, grant("x@evil.example")),
        (Hazard::OpenToOutside, grant("Anonymous")),
    ] {
        assert_eq!(hazard(&setting, &inside()), expected, "{setting:?}");
    }
}

#[test]
fn each_hazard_has_a_reason_of_its_own() {
    let reasons = Hazard::ALL.map(Hazard::reason);
    let different: std::collections::BTreeSet<_> = reasons.into_iter().collect();
    assert_eq!(different.len(), reasons.len());
}
