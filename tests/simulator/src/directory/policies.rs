//! Conditional Access, authentication methods, consent, PIM rules.

use serde_json::{Value, json};

use super::people::GLOBAL;
use super::{Directory, id};

pub(super) const CONDITIONAL: &str = "/identity/conditionalAccess/policies";
pub(super) const ROLE_POLICIES: &str = "/policies/roleManagementPolicyAssignments";

const ADMIN_ROLES: [&str; 14] = [
    GLOBAL,
    "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
    "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "b0f54661-2d74-4c50-afa3-1ec803f12efe",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "c4e39bd9-1100-46d3-8c65-fb160da0071f",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "966707d0-3269-4727-9be2-8c3a10f19b9d",
    "158c047a-c907-4556-b7ef-446551a6b5f7",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "e8611ab8-c189-46e8-94e1-60213ab1f814",
];

/// What owners of a team may consent to for it: Microsoft's default.
const OWNED: &str = "ManagePermissionGrantsForOwnedResource.\
    microsoft-dynamically-managed-permissions-for-team";

/// The roles whose PIM rules are read.
const PIM_ROLES: [&str; 8] = [
    GLOBAL,
    "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
    "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "158c047a-c907-4556-b7ef-446551a6b5f7",
];

/// A policy for everybody and everything but the accounts behind glass.
pub(super) fn policy(name: &str, controls: &[&str]) -> Value {
    json!({
        "id": name.replace(' ', "-"),
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "platforms": null,
            "locations": null,
            "devices": null,
            "clientApplications": null,
            "userRiskLevels": [],
            "signInRiskLevels": [],
            "applications": {
                "includeApplications": ["All"],
                "excludeApplications": [],
                "includeUserActions": [],
                "applicationFilter": null,
            },
            "users": {
                "includeUsers": ["All"],
                "excludeUsers": [id(1, 8), id(1, 9)],
                "includeGroups": [],
                "excludeGroups": [],
                "includeRoles": [],
                "excludeRoles": [],
                "excludeGuestsOrExternalUsers": null,
            },
        },
        "grantControls": {
            "operator": "OR",
            "builtInControls": controls,
            "authenticationStrength": null,
        },
    })
}

pub(super) fn add(directory: &mut Directory) {
    let mut admins = policy("phishing resistant MFA for admins", &[]);
    admins["conditions"]["users"]["includeUsers"] = json!([]);
    admins["conditions"]["users"]["includeRoles"] = json!(ADMIN_ROLES);
    admins["grantControls"]["authenticationStrength"] = json!({
        "id": "00000000-0000-0000-0000-000000000004",
        "displayName": "Phishing-resistant MFA",
        "requirementsSatisfied": "mfa",
        "allowedCombinations": ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"],
    });
    let mut legacy = policy("block legacy", &["block"]);
    legacy["conditions"]["clientAppTypes"] = json!(["exchangeActiveSync", "other"]);
    let mut device_code = policy("block device code", &["block"]);
    device_code["conditions"]["authenticationFlows"] =
        json!({ "transferMethods": "deviceCodeFlow" });
    let mut users_at_risk = policy("block users at risk", &["block"]);
    users_at_risk["conditions"]["userRiskLevels"] = json!(["high"]);
    let mut sign_ins_at_risk = policy("block sign-ins at risk", &["block"]);
    sign_ins_at_risk["conditions"]["signInRiskLevels"] = json!(["high"]);
    let mfa = policy("MFA for all", &["mfa"]);
    directory.say_rows(
        CONDITIONAL,
        vec![
            mfa,
            admins,
            legacy,
            device_code,
            users_at_risk,
            sign_ins_at_risk,
        ],
    );
    add_settings(directory);
    let rules = PIM_ROLES.iter().map(|role| pim(directory, role)).collect();
    directory.say_rows(ROLE_POLICIES, rules);
}

fn add_settings(directory: &mut Directory) {
    directory.say(
        "/policies/identitySecurityDefaultsEnforcementPolicy",
        json!({ "id": "00000000-0000-0000-0000-000000000005", "isEnabled": false }),
    );
    let method = |id: &str, state: &str| json!({ "id": id, "state": state });
    directory.say(
        "/policies/authenticationMethodsPolicy",
        json!({
            "id": "authenticationMethodsPolicy",
            "policyMigrationState": "migrationComplete",
            "authenticationMethodConfigurations": [
                method("Fido2", "enabled"),
                method("MicrosoftAuthenticator", "enabled"),
                method("Sms", "disabled"),
                method("Voice", "disabled"),
                method("Email", "disabled"),
                method("TemporaryAccessPass", "enabled"),
            ],
        }),
    );
    directory.say(
        "/policies/authorizationPolicy",
        json!({
            "id": "authorizationPolicy",
            "allowInvitesFrom": "adminsAndGuestInviters",
            "guestUserRoleId": "2af84b1e-32c8-42b7-82bc-daa82404023b",
            "defaultUserRolePermissions": {
                "allowedToCreateApps": false,
                "permissionGrantPoliciesAssigned": [OWNED],
            },
        }),
    );
    directory.say(
        "/policies/adminConsentRequestPolicy",
        json!({ "isEnabled": true }),
    );
    let no_secrets = json!([{ "restrictionType": "passwordAddition", "state": "enabled" }]);
    directory.say(
        "/policies/defaultAppManagementPolicy",
        json!({
            "isEnabled": true,
            "applicationRestrictions": { "passwordCredentials": no_secrets },
            "servicePrincipalRestrictions": { "passwordCredentials": no_secrets },
        }),
    );
}

fn pim(directory: &Directory, role: &str) -> Value {
    let alert = |id: &str| json!({ "id": id, "notificationRecipients": [directory.upn("soc")] });
    json!({
        "id": format!("Directory_{role}"),
        "scopeId": "/",
        "scopeType": "DirectoryRole",
        "roleDefinitionId": role,
        "policy": { "rules": [
            alert("Notification_Admin_Admin_Eligibility"),
            alert("Notification_Admin_Admin_Assignment"),
            alert("Notification_Admin_EndUser_Assignment"),
            { "id": "Approval_EndUser_Assignment", "setting": { "isApprovalRequired": true } },
        ]},
    })
}
