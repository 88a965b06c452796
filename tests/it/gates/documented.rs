//! Responses as the documentation prints them, in the place of the simulator's: the checks find the same in both.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use unbroken::domain::finding::Verdict;

use crate::left_out::left_out;

use super::world::{World, clean, names};

/// A request with its response, as a page of the documentation has them.
pub(super) struct Documented {
    pub(super) page: String,
    is_get: bool,
    pub(super) url: String,
    /// The response, where the page prints one.
    pub(super) body: Option<Value>,
}

/// Every example.
pub(super) fn documented() -> Option<Vec<Documented>> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/vectors/graph_documented_examples.jsonl"
    );
    let Ok(text) = fs::read_to_string(path) else {
        left_out("../shared/vectors/graph_documented_examples.jsonl is not here");
        return None;
    };
    let read = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("a row of JSON");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let page = text(&row["page"]);
        let page = page.rsplit('/').next().unwrap_or_default();
        Documented {
            page: page.trim_end_matches(".md").to_owned(),
            is_get: row["request"]["method"] == "GET",
            url: text(&row["request"]["url"]),
            body: Some(row["response"].clone()).filter(Value::is_object),
        }
    };
    Some(text.lines().map(read).collect())
}

/// The GET examples with a response, by page; the first of each.
fn examples() -> Option<BTreeMap<String, Value>> {
    let mut examples = BTreeMap::new();
    for one in documented()?.into_iter().filter(|one| one.is_get) {
        if let Some(body) = one.body {
            examples.entry(one.page).or_insert(body);
        }
    }
    Some(examples)
}

pub(super) const RULES: &str =
    "/users/u5e00000-0000-4000-8000-000000000001/mailFolders/inbox/messageRules";
pub(super) const ASSIGNED: &str =
    "/servicePrincipals/51710020-0000-4000-8000-000000000065/appRoleAssignedTo";
pub(super) const TABS: &str =
    "/teams/51710060-0000-4000-8000-000000000001/channels/19:general@thread.tacv2/tabs";
pub(super) const SITE: &str = "/sites/new.sharepoint.com,1,1/permissions";
pub(super) const MEMBERS: &str = "/teams/51710060-0000-4000-8000-000000000001/members";
pub(super) const ITEM: &str = "/drives/b!drive-1/items/item-shared/permissions";
pub(super) const ROOTS: &str =
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
pub(super) fn contoso() -> World {
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

pub(super) fn push(world: &mut World, path: &str, row: Value) {
    let rows = world.directory.answers.get_mut(path).expect("a collection");
    rows["value"].as_array_mut().expect("rows").push(row);
}
