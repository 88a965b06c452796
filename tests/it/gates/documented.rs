//! Responses as the documentation prints them, in the place of the simulator's: the checks find the same in both.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use unbroken::domain::finding::{Finding, Verdict};

use crate::left_out::left_out;

use super::world::{World, clean, names};

/// The GET examples with a response, by page; the first of each.
fn examples() -> Option<BTreeMap<String, Value>> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/vectors/graph_documented_examples.jsonl"
    );
    let Ok(text) = fs::read_to_string(path) else {
        left_out("../shared/vectors/graph_documented_examples.jsonl is not here");
        return None;
    };
    let mut examples = BTreeMap::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).expect("a row of JSON");
        let page = row["page"].as_str().unwrap_or_default();
        let page = page
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .trim_end_matches(".md");
        let has_body = row["response"].is_object() && row["request"]["method"] == "GET";
        if has_body && !examples.contains_key(page) {
            examples.insert(page.to_owned(), row["response"].clone());
        }
    }
    Some(examples)
}

const RULES: &str = "/users/u5e00000-0000-4000-8000-000000000001/mailFolders/inbox/messageRules";
const ASSIGNED: &str = "/servicePrincipals/51710020-0000-4000-8000-000000000065/appRoleAssignedTo";
const TABS: &str =
    "/teams/51710060-0000-4000-8000-000000000001/channels/19:general@thread.tacv2/tabs";
const SITE: &str = "/sites/new.sharepoint.com,1,1/permissions";
const MEMBERS: &str = "/teams/51710060-0000-4000-8000-000000000001/members";
const ITEM: &str = "/drives/b!drive-1/items/item-shared/permissions";
const ROOTS: &str =
    "/organization/22222222-bbbb-4bbb-8bbb-222222222222/certificateBasedAuthConfiguration";

/// Page, path, check, verdict, and the object that the finding names.
const CASES: [(&str, &str, &str, Verdict, &str); 17] = [
    (
        "mailfolder-list-messagerules",
        RULES,
        "S14",
        Verdict::Fail,
        "rule From partner",
    ),
    (
        "mailfolder-list-messagerules",
        RULES,
        "C22",
        Verdict::Fail,
        "rule From partner",
    ),
    (
        "serviceprincipal-list-approleassignedto",
        ASSIGNED,
        "S2",
        Verdict::Fail,
        "MOD Administrator",
    ),
    (
        "serviceprincipal-list-approleassignedto",
        ASSIGNED,
        "C13",
        Verdict::Fail,
        "MOD Administrator",
    ),
    ("channel-list-tabs", TABS, "S20", Verdict::Fail, "Board"),
    ("site-list-permissions", SITE, "S19", Verdict::Fail, "Board"),
    (
        "subscription-list",
        "/subscriptions",
        "S21",
        Verdict::Fail,
        "0fc0d6db",
    ),
    (
        "team-list-members",
        MEMBERS,
        "S20",
        Verdict::NeedsEvidence,
        "Board",
    ),
    (
        "driveitem-list-permissions",
        ITEM,
        "S18",
        Verdict::NeedsEvidence,
        "budget.xlsx",
    ),
    (
        "conditionalaccessroot-list-policies",
        "/identity/conditionalAccess/policies",
        "C6",
        Verdict::Fail,
        "block legacy authentication",
    ),
    (
        "conditionalaccessroot-list-policies",
        "/identity/conditionalAccess/policies",
        "C7",
        Verdict::Fail,
        "block users at high risk",
    ),
    (
        "oauth2permissiongrant-list",
        "/oauth2PermissionGrants",
        "C13",
        Verdict::Fail,
        "clientId-value",
    ),
    (
        "organization-list",
        "/organization",
        "C20",
        Verdict::NeedsEvidence,
        "/organization",
    ),
    (
        "domain-list",
        "/domains",
        "C16",
        Verdict::NeedsEvidence,
        "contoso.com",
    ),
    (
        "application-list",
        "/applications",
        "C12",
        Verdict::NeedsEvidence,
        "My app",
    ),
    (
        "serviceprincipal-list",
        "/servicePrincipals",
        "C21",
        Verdict::NeedsEvidence,
        "amasf",
    ),
    (
        "certificatebasedauthconfiguration-list",
        ROOTS,
        "S12",
        Verdict::Pass,
        "",
    ),
];

/// The documentation's own company stands for the compromised one.
fn contoso() -> World {
    let mut world = clean();
    world.expected.old.domains.push("contoso.com".to_owned());
    world
}

#[test]
fn the_checks_read_what_the_documentation_prints() {
    let Some(examples) = examples() else {
        return;
    };
    for (page, path, check, verdict, object) in CASES {
        let body = examples
            .get(page)
            .unwrap_or_else(|| panic!("{page} has an example"));
        let mut world = contoso();
        world
            .directory
            .answers
            .insert(path.to_owned(), body.clone());
        let finding = world.finding(check);
        assert_eq!(
            finding.verdict, verdict,
            "{page}: {check}: {}",
            finding.found
        );
        assert!(
            object.is_empty() || names(&finding, object),
            "{page}: {finding:?}"
        );
    }
}

type Plant = fn(&mut World);

fn push(world: &mut World, path: &str, row: Value) {
    let rows = world.directory.answers.get_mut(path).expect("a collection");
    rows["value"].as_array_mut().expect("rows").push(row);
}

fn rule(world: &mut World) {
    let to = json!([{ "emailAddress": { "address": "AlexW@contoso.onmicrosoft.com" } }]);
    push(
        world,
        RULES,
        json!({ "displayName": "From partner", "actions": { "forwardTo": to } }),
    );
}

fn holder(world: &mut World) {
    let row = json!({
        "principalId": "x",
        "principalDisplayName": "MOD Administrator",
        "appRoleId": "00000000-0000-0000-0000-000000000000",
    });
    let answers = &mut world.directory.answers;
    answers.insert(ASSIGNED.to_owned(), json!({ "value": [row] }));
}

fn webhook(world: &mut World) {
    let row = json!({
        "id": "0fc0d6db-0073-42e5-a186-853da75fb308",
        "applicationId": "24d3b144-21ae-4080-943f-7067b395b913",
        "notificationUrl": "https://webhookappexample.azurewebsites.net/api/notifications",
    });
    push(world, "/subscriptions", row);
}

/// The same facts, once as the simulator writes them and once in the documented response: the same findings.
#[test]
fn the_simulator_and_the_documentation_lead_to_the_same_findings() {
    let Some(examples) = examples() else {
        return;
    };
    let graft = |page: &str, path: &str, check: &str| -> Finding {
        let mut world = contoso();
        world
            .directory
            .answers
            .insert(path.to_owned(), examples[page].clone());
        world.finding(check)
    };
    let simulated = |plant: fn(&mut World), check: &str| -> Finding {
        let mut world = contoso();
        plant(&mut world);
        world.finding(check)
    };
    let pairs: [(&str, &str, &str, Plant); 3] = [
        ("mailfolder-list-messagerules", RULES, "S14", rule),
        (
            "serviceprincipal-list-approleassignedto",
            ASSIGNED,
            "S2",
            holder,
        ),
        ("subscription-list", "/subscriptions", "S21", webhook),
    ];
    for (page, path, check, plant) in pairs {
        let (documented, ours) = (graft(page, path, check), simulated(plant, check));
        assert_eq!(documented.verdict, ours.verdict, "{page}");
        assert_eq!(documented.failed, ours.failed, "{page}");
    }
    // And a difference is seen: one more row, one more finding.
    let mut more = contoso();
    rule(&mut more);
    push(
        &mut more,
        RULES,
        json!({ "displayName": "second", "actions": { "delete": true } }),
    );
    assert_eq!(more.finding("S14").failed.len(), 2);
}
