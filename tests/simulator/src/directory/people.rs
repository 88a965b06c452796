//! Users, administrators, accounts behind glass, their roles and methods.

use serde_json::{Value, json};

use super::{Directory, id};

pub(super) const GLOBAL: &str = "62e90394-69f5-4237-9190-012177145e10";
pub(super) const EXCHANGE: &str = "29232cdf-9323-42fd-ade2-1d097af3e4de";
pub(super) const USERS: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
pub(super) const SHAREPOINT: &str = "f28a1f50-f6e7-4571-818b-6a12f2af6b6c";
pub(super) const DIRECTORY_READERS: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";
pub(super) const ASSIGNMENTS: &str = "/roleManagement/directory/roleAssignments";
pub(super) const ACTIVE: &str = "/roleManagement/directory/roleAssignmentScheduleInstances";
pub(super) const ELIGIBLE: &str = "/roleManagement/directory/roleEligibilityScheduleInstances";
pub(super) const REGISTERED: &str = "/reports/authenticationMethods/userRegistrationDetails";

/// When every password was set; over HTTP that is always just now.
pub(crate) const RESET: &str = "2026-11-20T08:00:00Z";

/// Accounts beside the tenant's own users: name and number.
const ADMINS: [(&str, u16); 7] = [
    ("adm-global-1", 1),
    ("adm-global-2", 2),
    ("adm-exchange", 3),
    ("adm-users", 4),
    ("adm-sharepoint", 5),
    ("glass-1", 8),
    ("glass-2", 9),
];

pub(super) fn user(directory: &Directory, id: &str, upn: &str) -> Value {
    json!({
        "id": id,
        "userPrincipalName": upn,
        "displayName": upn.split('@').next(),
        "mail": upn,
        "userType": "Member",
        "accountEnabled": true,
        "onPremisesSyncEnabled": null,
        "onPremisesImmutableId": null,
        "lastPasswordChangeDateTime": RESET,
        "proxyAddresses": [format!("SMTP:{upn}")],
        "otherMails": [],
        "imAddresses": [upn],
        "creationType": null,
        "externalUserState": null,
        "identities": [{
            "signInType": "userPrincipalName",
            "issuer": directory.names.domain,
            "issuerAssignedId": upn,
        }],
    })
}

pub(super) fn registered(id: &str, upn: &str, is_admin: bool) -> Value {
    json!({
        "id": id,
        "userPrincipalName": upn,
        "isAdmin": is_admin,
        "isMfaRegistered": true,
        "isMfaCapable": true,
        "methodsRegistered": ["fido2SecurityKey", "microsoftAuthenticatorPush"],
    })
}

pub(super) fn in_role(id: &str, upn: &str, role: &str) -> Value {
    json!({
        "id": format!("{role}-{id}"),
        "principalId": id,
        "roleDefinitionId": role,
        "directoryScopeId": "/",
        "principal": {
            "@odata.type": "#microsoft.graph.user",
            "id": id,
            "displayName": upn.split('@').next(),
            "userPrincipalName": upn,
        },
    })
}

/// As the list of assignments has it: it alone says where a principal comes from.
pub(super) fn assignment(directory: &Directory, mut row: Value) -> Value {
    row["principalOrganizationId"] = directory.names.tenant_id.clone().into();
    row
}

pub(super) fn add(directory: &mut Directory) {
    let mut users = Vec::new();
    let mut methods = Vec::new();
    for (id, upn) in &directory.names.users {
        users.push(user(directory, id, upn));
        methods.push(registered(id, upn, false));
    }
    let mut assigned = Vec::new();
    let mut eligible = Vec::new();
    let mut active = Vec::new();
    for (name, number) in ADMINS {
        let (id, upn) = (id(1, number), directory.upn(name));
        let mut account = user(directory, &id, &upn);
        // An administrator's account has no mailbox.
        account["mail"] = Value::Null;
        users.push(account);
        directory.say_rows(format!("/users/{id}/drives"), Vec::new());
        methods.push(registered(&id, &upn, true));
        let role = match name {
            "adm-exchange" => EXCHANGE,
            "adm-users" => USERS,
            "adm-sharepoint" => SHAREPOINT,
            _ => GLOBAL,
        };
        let row = in_role(&id, &upn, role);
        if name.starts_with("glass") {
            let mut instance = row.clone();
            instance["assignmentType"] = json!("Assigned");
            instance["startDateTime"] = Value::Null;
            instance["endDateTime"] = Value::Null;
            active.push(instance);
            assigned.push(assignment(directory, row));
        } else {
            eligible.push(row);
        }
    }
    let mailboxes: Vec<String> = directory
        .names
        .users
        .iter()
        .map(|(id, _)| id.clone())
        .collect();
    directory.say_rows("/users", users);
    directory.say_rows(REGISTERED, methods);
    directory.say_rows(ASSIGNMENTS, assigned);
    directory.say_rows(ELIGIBLE, eligible);
    directory.say_rows(ACTIVE, active);
    for id in mailboxes {
        directory.say_rows(
            format!("/users/{id}/mailFolders/inbox/messageRules"),
            Vec::new(),
        );
        let own = json!({
            "id": "default",
            "isInsideOrganization": true,
            "isRemovable": false,
            "role": "freeBusyRead",
            "emailAddress": { "name": "My Organization" },
        });
        directory.say_rows(
            format!("/users/{id}/calendar/calendarPermissions"),
            vec![own],
        );
    }
}
