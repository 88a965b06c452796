//! Pairs of who administers, and of how people sign in.

use serde_json::{Value, json};

use super::super::documented::push;
use super::super::world::{World, clean};
use super::{ASSIGNMENTS, GRADY, Pair, USERS, empty, grady, last, more, pair, rows, shaped};

const CONDITIONAL: &str = "/identity/conditionalAccess/policies";
const DEFAULTS: &str = "/policies/identitySecurityDefaultsEnforcementPolicy";
const METHODS: &str = "/policies/authenticationMethodsPolicy#authenticationMethodConfigurations";
/// A group that holds a role, and where its members are asked for.
const HOLDERS: &str = "6e0f0000-0000-4000-8000-000000000001";
const HOLDER_MEMBERS: &str = "/groups/6e0f0000-0000-4000-8000-000000000001/members";
const GLOBAL: &str = "62e90394-69f5-4237-9190-012177145e10";
const EXCHANGE: &str = "29232cdf-9323-42fd-ade2-1d097af3e4de";
const ELIGIBLE: &str = "/roleManagement/directory/roleEligibilityScheduleInstances";

/// Takes a policy of the clean tenant away, so that the documented one stands in for it.
fn without_policy(world: &mut World, name: &str) {
    let policies = rows(world, CONDITIONAL);
    let before = policies.len();
    policies.retain(|one| one["displayName"] != name);
    assert_eq!(policies.len() + 1, before, "{name}");
}

/// Makes a documented policy one in force for all users and apps; the simulator's are so from the beginning.
fn in_force(policy: &mut Value) {
    policy["state"] = json!("enabled");
    policy["conditions"]["users"]["includeUsers"] = json!(["All"]);
    policy["conditions"]["applications"]["includeApplications"] = json!(["All"]);
    let glass = last(&clean(), CONDITIONAL)["conditions"]["users"]["excludeUsers"].clone();
    policy["conditions"]["users"]["excludeUsers"] = glass;
}

/// A policy of the simulator by its name.
fn policy(name: &str, changes: &Value) -> Value {
    let mut world = clean();
    let found = rows(&mut world, CONDITIONAL).iter();
    let mut found = found.filter(|one| one["displayName"] == name).cloned();
    shaped(found.next().expect("a policy"), changes)
}

fn role_holder(world: &mut World) {
    let kind = json!({ "@odata.type": "#microsoft.graph.group", "id": HOLDERS });
    let changes = json!({ "principalId": HOLDERS, "roleDefinitionId": GLOBAL, "principal": kind });
    more(world, ASSIGNMENTS, &changes);
    empty(world, HOLDER_MEMBERS.to_owned());
}

fn holder(world: &mut World) {
    let own = "/groups/51710060-0000-4000-8000-000000000001/members";
    let upn = "user1@contoso.com";
    let id = "11111111-2222-3333-4444-555555555555";
    let row = json!({ "id": id, "userPrincipalName": upn, "displayName": "user1", "mail": upn });
    let row = shaped(last(world, own), &row);
    push(world, HOLDER_MEMBERS, row);
}

fn named_member(row: &mut Value) {
    row["userPrincipalName"] = json!("user1@contoso.com");
}

fn administers(world: &mut World) {
    let principal = json!({
        "@odata.type": "#microsoft.graph.user",
        "id": GRADY,
        "userPrincipalName": "GradyA@contoso.com",
    });
    let row = json!({ "principalId": GRADY, "roleDefinitionId": EXCHANGE, "principal": principal });
    more(world, ELIGIBLE, &row);
}

pub(super) const ADMINS: [Pair; 5] = [
    pair("C1", ("group-list-members", 0), HOLDER_MEMBERS)
        .changed("the member has a principal name", named_member)
        .around(role_holder)
        .like(holder)
        .fails("user1@contoso.com"),
    pair("C2", ("group-list-members", 0), HOLDER_MEMBERS)
        .changed("the member has a principal name", named_member)
        .around(|world| {
            role_holder(world);
            rows(world, ELIGIBLE).retain(|row| row["roleDefinitionId"] != EXCHANGE);
        })
        .like(holder)
        .fails("Global Administrator"),
    pair("C3", ("user-list", 2), USERS)
        .around(administers)
        .like(|world| {
            let gone = json!({ "onPremisesSyncEnabled": null, "onPremisesImmutableId": null });
            grady(world, &gone);
        })
        .lacks("GradyA@contoso.com"),
    pair("C3", ("user-list", 2), USERS)
        .changed("onPremisesSyncEnabled is there, and true", |row| {
            row["onPremisesSyncEnabled"] = json!(true);
        })
        .around(administers)
        .like(|world| grady(world, &json!({ "onPremisesSyncEnabled": true })))
        .fails("GradyA@contoso.com"),
    pair("C9", ("user-list", 2), USERS)
        .like(|world| grady(world, &json!({})))
        .lacks("GradyA@contoso.com"),
];

pub(super) const SIGN_IN: [Pair; 8] = [
    pair(
        "C5",
        ("identitysecuritydefaultsenforcementpolicy-get", 0),
        DEFAULTS,
    )
    .around(|world| without_policy(world, "MFA for all"))
    .like(|world| {
        let defaults = world.directory.answers.get_mut(DEFAULTS);
        defaults.expect("an answer")["isEnabled"] = json!(true);
    }),
    pair(
        "C5",
        ("emailauthenticationmethodconfiguration-get", 0),
        METHODS,
    )
    .around(|world| rows(world, METHODS).retain(|one| one["id"] != "Email"))
    .like(|world| rows(world, METHODS).push(json!({ "id": "Email", "state": "enabled" })))
    .fails("authentication method Email"),
    pair(
        "C5",
        ("fido2authenticationmethodconfiguration-get", 0),
        METHODS,
    )
    .around(|world| rows(world, METHODS).retain(|one| one["id"] != "Fido2"))
    .like(|world| rows(world, METHODS).push(json!({ "id": "Fido2", "state": "enabled" }))),
    pair(
        "C5",
        ("conditionalaccessroot-list-policies", 0),
        CONDITIONAL,
    )
    .around(|world| without_policy(world, "MFA for all"))
    .like(|world| {
        let off = policy("MFA for all", &json!({ "state": "disabled" }));
        push(world, CONDITIONAL, off);
    })
    .fails("MFA for all users")
    .for_nothing(),
    pair(
        "C5",
        ("conditionalaccessroot-list-policies", 0),
        CONDITIONAL,
    )
    .changed(
        "in force, for all users and apps but those behind glass",
        in_force,
    )
    .around(|world| without_policy(world, "MFA for all"))
    .like(|world| push(world, CONDITIONAL, policy("MFA for all", &json!({})))),
    pair(
        "C6",
        ("conditionalaccessroot-list-policies", 0),
        CONDITIONAL,
    )
    .changed("in force, for all, and for old clients", |row| {
        in_force(row);
        row["conditions"]["clientAppTypes"] = json!(["exchangeActiveSync", "other"]);
    })
    .around(|world| without_policy(world, "block legacy"))
    .like(|world| push(world, CONDITIONAL, policy("block legacy", &json!({})))),
    pair(
        "C7",
        ("conditionalaccessroot-list-policies", 0),
        CONDITIONAL,
    )
    .around(|world| without_policy(world, "block users at risk"))
    .like(|world| {
        let off = policy("block users at risk", &json!({ "state": "disabled" }));
        push(world, CONDITIONAL, off);
    })
    .fails("block users at high risk")
    .for_nothing(),
    pair(
        "C8",
        ("conditionalaccessroot-list-policies", 0),
        CONDITIONAL,
    )
    .changed("in force, for all users without exception", |row| {
        in_force(row);
        row["conditions"]["users"]["excludeUsers"] = json!([]);
    })
    .like(|world| {
        let mut all = policy("block legacy", &json!({ "displayName": "SimplePolicy1" }));
        all["conditions"]["users"]["excludeUsers"] = json!([]);
        push(world, CONDITIONAL, all);
    })
    .fails("glass-1@new.example"),
];
