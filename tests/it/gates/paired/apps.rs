//! Pairs of apps, their credentials and their rights.

use serde_json::{Value, json};

use super::super::documented::ASSIGNED;
use super::super::world::{World, clean};
use super::{Pair, empty, more, pair, planted, shaped};

const PRINCIPALS: &str = "/servicePrincipals";
const APPS: &str = "/applications";
const GRANTS: &str = "/oauth2PermissionGrants";
const CONSENT: &str = "/policies/adminConsentRequestPolicy";
const PROVIDERS: &str = "/identity/identityProviders";
/// Ids that the examples name.
const OWNER: &str = "65415bb1-9267-4313-bbf5-ae259732ee12";
const KEY: &str = "f0b0b335-1d71-4883-8f98-567911bfdca6";

/// The id of a permission of Graph by its name, as the tenant's own service principal has it.
fn role(name: &str) -> Value {
    let world = clean();
    let principals = world.directory.answers[PRINCIPALS]["value"].as_array();
    let all = principals.into_iter().flatten();
    let mut roles = all.flat_map(|one| one["appRoles"].as_array().into_iter().flatten());
    let found = roles.find(|one| one["value"] == name);
    found.expect("a permission")["id"].clone()
}

fn consent(world: &mut World, is_enabled: bool) {
    let policy = world.directory.answers.get_mut(CONSENT);
    policy.expect("an answer")["isEnabled"] = json!(is_enabled);
}

/// The documented principal as the simulator writes one.
fn instance(world: &mut World, owner: &str, keys: &Value) {
    let row = json!({
        "id": "00af5dfb-85da-4b41-a677-0c6b86dd34f8",
        "appId": "appId-value",
        "displayName": "My app instance in tenant",
        "appOwnerOrganizationId": owner,
        "passwordCredentials": keys,
    });
    more(world, PRINCIPALS, &row);
}

fn registered(world: &mut World, changes: &Value) {
    let row = json!({
        "id": "03ef14b0-ca33-4840-8f4f-d6e91916010e",
        "appId": "631a96bc-a705-4eda-9f99-fdaf9f54f6a2",
        "displayName": "Display name",
        "keyCredentials": [],
        "passwordCredentials": [],
    });
    let row = shaped(row, changes);
    more(world, APPS, &row);
}

fn with_key(row: &mut Value) {
    row["passwordCredentials"] = json!([{ "keyId": KEY }]);
}

fn homed(world: &mut World) {
    OWNER.clone_into(&mut world.expected.old.tenant_id);
}

fn grant(world: &mut World, kind: &str) {
    let row = json!({ "clientId": "clientId-value", "consentType": kind, "scope": "scope-value" });
    planted(world, "grant_to_send", GRANTS, &row);
}

fn assigned(world: &mut World, principal: &str, role: &Value) {
    let row = json!({
        "principalId": principal,
        "principalDisplayName": "MOD Administrator",
        "appRoleId": role,
    });
    planted(world, "reader_writes", ASSIGNED, &row);
}

const NO_ROLE: &str = "00000000-0000-0000-0000-000000000000";
const SOMEBODY: &str = "cdb555e3-b33e-4fd5-a427-17fadacbdfa7";
const DATA_APP: &str = "51710020-0000-4000-8000-000000000002";
const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

pub(super) const OF_APPS: [Pair; 13] = [
    pair("C10", ("adminconsentrequestpolicy-get", 0), CONSENT).like(|world| consent(world, true)),
    pair("C10", ("adminconsentrequestpolicy-get", 0), CONSENT)
        .changed("isEnabled is false", |row| row["isEnabled"] = json!(false))
        .like(|world| consent(world, false))
        .fails("adminConsentRequestPolicy"),
    pair("C11", ("serviceprincipal-get", 0), PRINCIPALS)
        .changed(
            "Microsoft's, with the secret of serviceprincipal-addpassword",
            |row| {
                row["appOwnerOrganizationId"] = json!(MICROSOFT);
                with_key(row);
            },
        )
        .like(|world| instance(world, MICROSOFT, &json!([{ "keyId": KEY }])))
        .fails("My app instance in tenant"),
    pair("C12", ("application-get", 0), APPS)
        .changed("with the secret of application-addpassword", with_key)
        .like(|world| registered(world, &json!({ "passwordCredentials": [{ "keyId": KEY }] })))
        .fails("Display name"),
    pair("C13", ("oauth2permissiongrant-list", 0), GRANTS)
        .like(|world| grant(world, "consentType-value"))
        .fails("clientId-value"),
    pair(
        "C14",
        ("serviceprincipal-list-approleassignedto", 0),
        ASSIGNED,
    )
    .changed("the role is full_access_as_app", |row| {
        row["appRoleId"] = role("full_access_as_app");
    })
    .like(|world| assigned(world, SOMEBODY, &role("full_access_as_app")))
    .fails("MOD Administrator"),
    pair(
        "C15",
        ("serviceprincipal-list-approleassignedto", 0),
        ASSIGNED,
    )
    .changed("one of our apps holds a role that writes roles", |row| {
        row["principalId"] = json!(DATA_APP);
        row["appRoleId"] = role("RoleManagement.ReadWrite.Directory");
    })
    .like(|world| assigned(world, DATA_APP, &role("RoleManagement.ReadWrite.Directory")))
    .fails("MOD Administrator"),
    pair("C21", ("serviceprincipal-get", 0), PRINCIPALS)
        .around(homed)
        .like(|world| instance(world, OWNER, &json!([])))
        .fails("My app instance in tenant"),
    pair("S1", ("serviceprincipal-get", 0), PRINCIPALS)
        .around(homed)
        .like(|world| instance(world, OWNER, &json!([])))
        .fails("My app instance in tenant"),
    pair(
        "S2",
        ("serviceprincipal-list-approleassignedto", 0),
        ASSIGNED,
    )
    .like(|world| assigned(world, SOMEBODY, &json!(NO_ROLE)))
    .fails("MOD Administrator"),
    pair("S3", ("oauth2permissiongrant-list", 0), GRANTS)
        .changed("for all principals", |row| {
            row["consentType"] = json!("AllPrincipals");
        })
        .like(|world| grant(world, "AllPrincipals"))
        .fails("clientId-value"),
    pair("S4", ("application-get", 0), APPS)
        .around(|world| {
            let id = "03ef14b0-ca33-4840-8f4f-d6e91916010e";
            empty(world, format!("{APPS}/{id}/federatedIdentityCredentials"));
        })
        .like(|world| {
            let audience = json!({ "signInAudience": "AzureADandPersonalMicrosoftAccount" });
            registered(world, &audience);
        })
        .fails("Display name"),
    pair("S11", ("identityprovider-list", 0), PROVIDERS)
        .around(|world| {
            let id = "56433757-cadd-4135-8431-2c9e3fd68ae8";
            world.expected.old.app_ids.push(id.to_owned());
        })
        .like(|world| {
            let row = json!({
                "displayName": "Login with Amazon",
                "clientId": "56433757-cadd-4135-8431-2c9e3fd68ae8",
            });
            planted(world, "identity_provider_of_old", PROVIDERS, &row);
        })
        .fails("Login with Amazon"),
];
