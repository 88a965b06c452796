//! Apps, service principals, grants, and what other tenants may do.

use serde_json::{Value, json};

use super::{Directory, id};

pub(super) const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
pub(super) const PRINCIPALS: &str = "/servicePrincipals";
pub(super) const GRANTS: &str = "/oauth2PermissionGrants";
pub(super) const PARTNERS: &str = "/policies/crossTenantAccessPolicy/partners";

/// Our apps and one that only reads: name, number, roles.
const APPS: [(&str, u16, &[&str]); 4] = [
    ("unbroken provision", 1, &["User.ReadWrite.All"]),
    (
        "unbroken data",
        2,
        &["Mail.ReadWrite", "Files.ReadWrite.All"],
    ),
    (
        "unbroken verify",
        3,
        &["Directory.Read.All", "Policy.Read.All"],
    ),
    ("mail archive viewer", 4, &["User.Read.All"]),
];

pub(super) fn app_id(number: u16) -> String {
    id(0x10, number)
}

pub(super) fn principal_id(number: u16) -> String {
    id(0x20, number)
}

/// The id of a role of Graph, by its name.
pub(super) fn role_id(name: &str) -> String {
    let number: u16 = name.bytes().map(u16::from).sum();
    id(0x30, number)
}

pub(super) fn principal(id: &str, app: &str, name: &str, owner: &str) -> Value {
    json!({
        "id": id,
        "appId": app,
        "displayName": name,
        "appOwnerOrganizationId": owner,
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
        "keyCredentials": [],
        "passwordCredentials": [],
        "appRoles": [],
    })
}

pub(super) fn role_row(principal: &str, name: &str, role: &str) -> Value {
    json!({
        "id": format!("{principal}-{role}"),
        "principalId": principal,
        "principalDisplayName": name,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": "Microsoft Graph",
        "appRoleId": role_id(role),
    })
}

/// Where the roles of Graph, SharePoint and Exchange are listed.
pub(super) fn held(resource: u16) -> String {
    format!("{PRINCIPALS}/{}/appRoleAssignedTo", principal_id(resource))
}

/// Where it is said who owns an application, or its principal.
pub(super) fn owners(of: &str, id: &str) -> String {
    format!("{of}/{id}/owners")
}

const NAMED: [&str; 11] = [
    "User.ReadWrite.All",
    "Mail.ReadWrite",
    "Files.ReadWrite.All",
    "Directory.Read.All",
    "Policy.Read.All",
    "User.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "Sites.FullControl.All",
    "full_access_as_app",
];

pub(super) fn add(directory: &mut Directory) {
    let own = directory.names.tenant_id.clone();
    let roles: Vec<Value> = NAMED
        .iter()
        .map(|name| json!({ "id": role_id(name), "value": name }))
        .collect();
    let mut principals = Vec::new();
    for (number, app, name) in [
        (
            101,
            "00000003-0000-0000-c000-000000000000",
            "Microsoft Graph",
        ),
        (
            102,
            "00000003-0000-0ff1-ce00-000000000000",
            "Office 365 SharePoint Online",
        ),
        (
            103,
            "00000002-0000-0ff1-ce00-000000000000",
            "Office 365 Exchange Online",
        ),
    ] {
        let mut one = principal(&principal_id(number), app, name, MICROSOFT);
        one["appRoles"] = json!(roles);
        principals.push(one);
        directory.say_rows(held(number), Vec::new());
        directory.say_rows(owners(PRINCIPALS, &principal_id(number)), Vec::new());
    }
    let mut applications = Vec::new();
    for (name, number, held_roles) in APPS {
        let (id, app) = (principal_id(number), app_id(number));
        // The viewer is a vendor's; the others are registered here, each with one certificate.
        let is_ours = number < 4;
        let owner = if is_ours {
            own.as_str()
        } else {
            "a5a50000-0000-4000-8000-000000000001"
        };
        principals.push(principal(&id, &app, name, owner));
        directory.say_rows(owners(PRINCIPALS, &id), Vec::new());
        directory.say_rows(
            format!("{PRINCIPALS}/{id}/synchronization/jobs"),
            Vec::new(),
        );
        for role in held_roles {
            directory.rows(&held(101)).push(role_row(&id, name, role));
        }
        if is_ours {
            let object = super::id(0x40, number);
            applications.push(json!({
                "id": object,
                "appId": app,
                "displayName": name,
                "signInAudience": "AzureADMyOrg",
                "keyCredentials": [{
                    "keyId": super::id(0x50, number),
                    "customKeyIdentifier": format!("C1EA0{number}"),
                }],
                "passwordCredentials": [],
                "requiredResourceAccess": [],
            }));
            let path = format!("/applications/{object}/federatedIdentityCredentials");
            directory.say_rows(path, Vec::new());
            directory.say_rows(owners("/applications", &object), Vec::new());
        }
    }
    directory.say_rows(PRINCIPALS, principals);
    directory.say_rows("/applications", applications);
    add_trust(directory);
}

fn add_trust(directory: &mut Directory) {
    directory.say_rows(GRANTS, Vec::new());
    directory.say_rows(PARTNERS, Vec::new());
    directory.say(
        "/policies/crossTenantAccessPolicy/default",
        json!({
            "isServiceDefault": true,
            "inboundTrust": {
                "isMfaAccepted": false,
                "isCompliantDeviceAccepted": false,
                "isHybridAzureADJoinedDeviceAccepted": false,
            },
            "automaticUserConsentSettings": { "inboundAllowed": null, "outboundAllowed": null },
            "b2bDirectConnectInbound": { "usersAndGroups": { "accessType": "blocked" } },
        }),
    );
    directory.say_rows("/identity/identityProviders", Vec::new());
    directory.say_rows(
        "/directory/federationConfigurations/graph.samlOrWsFedExternalDomainFederation",
        Vec::new(),
    );
    directory.say_rows("/identity/b2xUserFlows", Vec::new());
    directory.say_rows("/subscriptions", Vec::new());
}
