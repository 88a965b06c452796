//! Our applications' permissions held against Graph's own reference: each is the least of something that the application calls.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use unbroken::domain::baseline::OUR_APPS;

use super::paired::asked;
use super::world::checks;
use crate::left_out::left_out;
use crate::tidy::{rust_files, top};

type Operation = (String, String);

/// Files of the client whose calls the application makes that provisions; the others' are those of the one that writes content.
const PROVISION: [&str; 3] = ["domains.rs", "guests.rs", "identities.rs"];
/// The file whose calls are what the checks ask for.
const VERIFY: &str = "directory.rs";

/// What is read by its path alone: whom a policy keeps out, before an account is made.
const BY_PATH: [(&str, &str); 1] = [("provision", "GET /identity/conditionalAccess/policies")];

/// Permissions that the reference calls the least of nothing that is called: application, permission, call, why it is asked for.
const OTHERWISE: [(&str, &str, &str, &str); 13] = [
    (
        "provision",
        "Organization.Read.All",
        "GET /organization",
        "the reference's least is a right over devices and their configuration",
    ),
    (
        "data",
        "ChannelMember.ReadWrite.All",
        "POST /teams/{id}/channels/{id}/members",
        "the least is consent within a team, which a team made a moment ago has not given",
    ),
    (
        "data",
        "ChannelMessage.Read.All",
        "GET /teams/{id}/channels/{id}/messages",
        "the least is consent within a team, which a team made a moment ago has not given",
    ),
    (
        "data",
        "Chat.Read.All",
        "GET /chats/{id}/messages",
        "not in the reference's cut; the page of the call names it as the least",
    ),
    (
        "data",
        "Organization.Read.All",
        "GET /organization",
        "the reference's least is a right over devices and their configuration",
    ),
    (
        "data",
        "Sites.FullControl.All",
        "POST /sites/{id}/lists/{id}/items",
        "SharePoint's own interface, for people and attached files: Graph has no call for them",
    ),
    (
        "data",
        "Sites.Selected",
        "POST /sites/{id}/lists/{id}/items",
        "SharePoint's own interface on the sites of the case alone, in place of the one before",
    ),
    (
        "data",
        "User.Read.All",
        "GET /users",
        "licences, which the basic profile does not hold: does the wave have a mailbox each?",
    ),
    (
        "verify",
        "Calendars.Read",
        "GET /users/{id}/calendar/calendarPermissions",
        "not in the reference's cut; the page of the call names it as the least",
    ),
    (
        "verify",
        "ExternalConnection.Read.All",
        "GET /external/connections",
        "the least would write, and shows only what the application made itself",
    ),
    (
        "verify",
        "MailboxSettings.Read",
        "GET /users/{id}/mailFolders/{id}/messageRules",
        "the reference names none; the page of the call has it as the least",
    ),
    (
        "verify",
        "RoleManagementPolicy.Read.Directory",
        "GET /policies/roleManagementPolicyAssignments",
        "the reference's least reads every kind of role; the page of the call names this one",
    ),
    (
        "verify",
        "User.Read.All",
        "GET /users",
        "addresses, the age of a password, where an account comes from: not in the basic profile",
    ),
];

/// What the reference calls the least for each operation.
fn reference() -> Option<BTreeMap<Operation, BTreeSet<String>>> {
    let path = top().join("../shared/reference/graph/ops-permissions.txt");
    let Ok(text) = fs::read_to_string(path) else {
        left_out("../shared/reference/graph/ops-permissions.txt is not here");
        return None;
    };
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        if let (Some(method), Some(path), Some(least)) = (words.next(), words.next(), words.next())
        {
            let least = least.split('|').map(str::to_owned).collect();
            rows.insert((method.to_owned(), path.to_owned()), least);
        }
    }
    Some(rows)
}

/// An operation as the client names it, in the reference's words.
fn in_its_words(operation: &str) -> Option<Operation> {
    let (method, path) = operation.split_once(' ')?;
    let path = path.split('?').next()?;
    let path = path
        .replace("/users/{id}/drive/items", "/drives/{id}/items")
        .replace("/users/{id}/drive/root:/{path}", "/drives/{id}/items/{id}")
        .replace("/users/{id}/drive/root", "/drives/{id}/root")
        .replace("(uniqueName='{name}')", "/{id}")
        .replace("{principal}", "{id}")
        .replace("{instance}", "{id}");
    Some((method.to_owned(), path))
}

/// The operations that a text of the client names.
fn named(text: &str) -> impl Iterator<Item = Operation> {
    let quoted = text.split('"').skip(1).step_by(2);
    let is_one = |text: &&str| {
        let methods = ["GET /", "POST /", "PUT /", "PATCH /", "DELETE /"];
        methods.iter().any(|method| text.starts_with(method))
    };
    quoted.filter(is_one).filter_map(in_its_words)
}

/// What each of our applications calls.
fn called(
    known: &BTreeMap<Operation, BTreeSet<String>>,
) -> BTreeMap<&'static str, BTreeSet<Operation>> {
    let mut called: BTreeMap<&str, BTreeSet<Operation>> = BTreeMap::new();
    for file in rust_files("src/targets/graph") {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if name == VERIFY {
            continue;
        }
        let is_provision = PROVISION.contains(&name);
        let app = if is_provision { "provision" } else { "data" };
        for (_, line) in file.production() {
            called.entry(app).or_default().extend(named(line));
        }
    }
    for (app, call) in BY_PATH {
        called.entry(app).or_default().extend(in_its_words(call));
    }
    for check in checks() {
        for path in asked(check.id) {
            let fitting = known.keys().filter(|(method, _)| method == "GET");
            let fitting = fitting
                .filter(|(_, template)| fits(template, &path))
                .cloned();
            called.entry("verify").or_default().extend(fitting);
        }
    }
    called
}

fn fits(template: &str, path: &str) -> bool {
    let (left, right): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), path.split('/').collect());
    let same = |(left, right): (&&str, &&str)| left == right || left.starts_with('{');
    left.len() == right.len() && left.iter().zip(&right).all(same)
}

#[test]
fn each_right_of_our_applications_is_the_least_of_what_it_calls() {
    let Some(known) = reference() else {
        return;
    };
    let called = called(&known);
    for (app, rights) in OUR_APPS {
        let calls = &called[app];
        assert!(calls.len() > 8, "{app}: {calls:?}");
        for right in rights {
            let is_least =
                |call: &&Operation| known.get(*call).is_some_and(|row| row.contains(*right));
            let found = calls.iter().find(is_least);
            let said = OTHERWISE.iter().find(|one| (one.0, one.1) == (app, right));
            // Each exception is needed, and nothing else is let pass.
            assert_eq!(found.is_none(), said.is_some(), "{app}: {right}: {found:?}");
        }
        // In the order of the alphabet, none twice.
        assert!(rights.is_sorted_by(|left, right| left < right), "{app}");
    }
    for (app, right, call, why) in OTHERWISE {
        let rights = OUR_APPS
            .iter()
            .find(|one| one.0 == app)
            .expect("an application")
            .1;
        assert!(rights.contains(&right) && !why.is_empty(), "{app}: {right}");
        let call = in_its_words(call).expect("a call");
        let least = known.get(&call);
        assert!(
            least.is_none_or(|row| !row.contains(right)),
            "{right}: {call:?}"
        );
    }
}

/// What the pages ask an administrator to grant, and what the simulated tenant of the rehearsal grants, is what C15 lets pass.
#[test]
fn the_pages_ask_for_no_right_that_is_a_finding() {
    let page = |name: &str| fs::read_to_string(top().join(name)).expect("a page");
    let operating = page("docs/operating.md");
    let asks = [
        (
            "data",
            "The application needs these application permissions of Microsoft Graph",
        ),
        ("data", "The application needs `Teamwork.Migrate.All`"),
        (
            "provision",
            "Users and groups are made anew, by an application of their own",
        ),
    ];
    let rights = |app: &str| OUR_APPS.iter().find(|one| one.0 == app).expect("one").1;
    let mut seen = 0;
    for (app, start) in asks {
        let at = operating.find(start).expect(start);
        let paragraph = operating[at..].split("\n\n").next().unwrap_or_default();
        for right in in_code(paragraph) {
            assert!(rights(app).contains(&right), "{app}: {right}");
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
    let gates = page("docs/gates.md");
    let at = gates
        .find("whose permissions are the least for that")
        .expect("it");
    let paragraph = gates[at..].split("\n\n").next().unwrap_or_default();
    let named: BTreeSet<&str> = in_code(paragraph).collect();
    let own: BTreeSet<&str> = rights("verify").iter().copied().collect();
    assert_eq!(named, own);
}

/// Permissions among what a text sets in code.
fn in_code(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|word| {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ".-".contains(letter);
        let first = word
            .chars()
            .next()
            .is_some_and(|letter| letter.is_ascii_uppercase());
        first && word.contains('.') && word.chars().all(is_plain)
    })
}
