//! C10 to C15: apps, their credentials and their rights.

use std::collections::BTreeMap;

use super::super::evidence::object::Object;
use super::super::finding::Look;
use super::known::{app_roles, declared, is_microsoft, is_write};
use super::needed::beyond;

/// C10 (MS.AAD.5.1 to 5.3, 5.5).
pub(super) fn consent(look: &mut Look<'_>) {
    const POLICY: &str = "/policies/authorizationPolicy";
    const PATH: &str = "defaultUserRolePermissions.allowedToCreateApps";
    const ASSIGNED: &str = "defaultUserRolePermissions.permissionGrantPoliciesAssigned";
    const WORKFLOW: &str = "/policies/adminConsentRequestPolicy";
    const APPS: &str = "/policies/defaultAppManagementPolicy";
    if let Some(policy) = look.one(POLICY) {
        if look.flag(policy, POLICY, PATH) == Some(true) {
            look.fail("allowedToCreateApps", "any user may register an app");
        }
        if !policy.has(ASSIGNED) {
            look.missing(POLICY, format!("{ASSIGNED} is not in the answer"));
        }
        for grant in policy.texts(ASSIGNED) {
            if grant.starts_with("ManagePermissionGrantsForSelf.") {
                look.fail(grant, "users may consent for themselves");
            }
        }
    }
    if let Some(policy) = look.one(WORKFLOW)
        && look.flag(policy, WORKFLOW, "isEnabled") == Some(false)
    {
        look.fail(
            "adminConsentRequestPolicy",
            "there is no admin consent workflow",
        );
    }
    if let Some(policy) = look.one(APPS) {
        if look.flag(policy, APPS, "isEnabled") == Some(false) {
            look.fail("defaultAppManagementPolicy", "is not enabled");
        }
        let restricted = policy
            .objects("applicationRestrictions.passwordCredentials")
            .iter()
            .any(|one| {
                one.text("restrictionType") == Some("passwordAddition")
                    && one.text("state") != Some("disabled")
            });
        if !restricted {
            look.fail("passwordAddition", "apps may be given secrets");
        }
    }
}

/// The credentials of an app or a service principal: id, or the name where there is none.
fn credentials_of<'a>(look: &mut Look<'a>, object: Object<'a>) -> Vec<&'a str> {
    let mut ids = Vec::new();
    for list in ["keyCredentials", "passwordCredentials"] {
        if !object.has(list) {
            look.missing(object.name(), format!("{list} is not in the answer"));
        }
        for key in object.objects(list) {
            ids.push(key.text("keyId").unwrap_or("(without an id)"));
        }
    }
    ids
}

fn is_first_party(principal: Object<'_>) -> bool {
    principal
        .text("appOwnerOrganizationId")
        .is_some_and(is_microsoft)
}

/// C11.
pub(super) fn first_party_credentials(look: &mut Look<'_>) {
    for principal in look.list("/servicePrincipals") {
        if !is_first_party(principal) {
            continue;
        }
        for key in credentials_of(look, principal) {
            look.fail(
                principal.name(),
                format!("has credential {key} that Microsoft did not put there"),
            );
        }
    }
}

/// C12.
pub(super) fn credentials(look: &mut Look<'_>) {
    let expected = look.expected();
    let principals = look.list("/servicePrincipals");
    let apps = look.list("/applications");
    let ours = principals.into_iter().filter(|one| !is_first_party(*one));
    for object in ours.chain(apps) {
        let known = declared(&expected.apps, object.text("appId"));
        for key in credentials_of(look, object) {
            let is_known =
                known.is_some_and(|app| app.keys.iter().any(|one| one.eq_ignore_ascii_case(key)));
            if !is_known {
                look.fail(
                    object.name(),
                    format!("has credential {key} that nobody declared"),
                );
            }
        }
    }
    for (app, why) in undeclared_federation(look) {
        look.fail(app, why);
    }
    for (app, why) in strange_owners(look) {
        look.fail(app, why);
    }
}

/// Owners that are none of the named administrators: whoever owns an application or its principal, Microsoft's too, gives it a
/// secret of their own whenever they like, and holds its rights from then on.
pub(crate) fn strange_owners(look: &mut Look<'_>) -> Vec<(String, String)> {
    let expected = look.expected();
    let mut found = Vec::new();
    for path in ["/applications", "/servicePrincipals"] {
        for app in look.list(path) {
            let Some(id) = app.text("id") else {
                look.missing(app.name(), "id is not in the answer");
                continue;
            };
            for owner in look.list(&format!("{path}/{id}/owners")) {
                let upn = owner.text("userPrincipalName").unwrap_or_default();
                if !expected
                    .admins
                    .iter()
                    .any(|one| one.eq_ignore_ascii_case(upn))
                {
                    let why = format!(
                        "is owned by {}, no named administrator, who may give it a secret",
                        owner.name()
                    );
                    found.push((app.name(), why));
                }
            }
        }
    }
    found
}

/// Federated credentials that nobody declared: whom each app takes tokens of, and why that is wrong. They are declared as
/// `ISSUER SUBJECT`: the id of one stays as it is when whoever may change the app sets another subject.
pub(crate) fn undeclared_federation(look: &mut Look<'_>) -> Vec<(String, String)> {
    let expected = look.expected();
    let mut found = Vec::new();
    for app in look.list("/applications") {
        let Some(id) = app.text("id") else {
            look.missing(app.name(), "id is not in the answer");
            continue;
        };
        let known = declared(&expected.apps, app.text("appId"));
        for credential in look.list(&format!("/applications/{id}/federatedIdentityCredentials")) {
            let issuer = credential.text("issuer").unwrap_or("(no issuer)");
            let subject = credential.text("subject").unwrap_or("(no subject)");
            let whom = format!("{issuer} {subject}");
            if !known.is_some_and(|app| app.keys.contains(&whom)) {
                let why = format!("takes tokens of {whom}, which nobody declared");
                found.push((app.name(), why));
            }
        }
    }
    found
}

/// C13.
pub(super) fn grants(look: &mut Look<'_>) {
    let expected = look.expected();
    let principals = look.list("/servicePrincipals");
    let apps: BTreeMap<&str, &str> = principals
        .iter()
        .filter_map(|one| Some((one.text("id")?, one.text("appId")?)))
        .collect();
    let names: BTreeMap<&str, String> = principals
        .iter()
        .filter_map(|one| Some((one.text("id")?, one.name())))
        .collect();
    for grant in look.list("/oauth2PermissionGrants") {
        let client = grant.text("clientId").unwrap_or_default();
        let name = names
            .get(client)
            .cloned()
            .unwrap_or_else(|| client.to_owned());
        let scopes = grant.text("scope").unwrap_or_default();
        let Some(app) = declared(&expected.apps, apps.get(client).copied()) else {
            look.fail(
                name,
                format!("was granted {} and is not declared", scopes.trim()),
            );
            continue;
        };
        for scope in scopes.split_whitespace() {
            if is_write(scope) && !app.roles.iter().any(|role| role == scope) {
                look.fail(
                    name.clone(),
                    format!("was granted {scope}, which nobody declared"),
                );
            }
        }
    }
    for right in app_roles(look) {
        if declared(&expected.apps, right.app).is_none() {
            look.fail(
                right.name,
                format!("holds {} and is not declared", right.role),
            );
        }
    }
}

/// C14. The built-in assignments that let roles be delegated give nobody the right itself.
pub(super) fn impersonation(look: &mut Look<'_>) {
    for row in look.section("ManagementRoleAssignment") {
        let role = row.text("Role").unwrap_or_default();
        let delegates = row
            .text("RoleAssignmentDelegationType")
            .is_some_and(|kind| kind.starts_with("Delegating"));
        if role.eq_ignore_ascii_case("ApplicationImpersonation") && !delegates {
            let who = row.text("RoleAssigneeName").or(row.text("RoleAssignee"));
            look.fail(
                who.unwrap_or("(nobody named)"),
                "holds ApplicationImpersonation",
            );
        }
    }
    for right in app_roles(look) {
        if right.role == "full_access_as_app" {
            look.fail(right.name, "holds full_access_as_app on Exchange");
        }
    }
}

/// C15.
pub(super) fn writers(look: &mut Look<'_>) {
    let expected = look.expected();
    let mut ours: BTreeMap<&str, (String, Vec<String>)> = BTreeMap::new();
    for right in app_roles(look) {
        let Some(app) = declared(&expected.apps, right.app) else {
            // Who is not declared at all is C13's.
            continue;
        };
        // What Exchange calls full access is C14's.
        let is_counted = app.is_ours && right.role != "full_access_as_app";
        let writes = is_write(&right.role);
        if writes && !app.is_ours {
            look.fail(
                right.name,
                format!("holds {} and is none of our apps", right.role),
            );
        } else if is_counted && !app.roles.contains(&right.role) {
            look.fail(
                right.name,
                format!("holds {}, more than it declared", right.role),
            );
        } else if is_counted {
            let held = ours.entry(&app.app_id).or_default();
            held.0 = right.name;
            held.1.push(right.role);
        }
    }
    // What somebody declared is no reason: the declaration may be the intruder's.
    for (name, held) in ours.into_values() {
        let roles: Vec<&str> = held.iter().map(String::as_str).collect();
        for (role, why) in beyond(&roles) {
            look.fail(name.clone(), format!("holds {role}, {why}"));
        }
    }
}
