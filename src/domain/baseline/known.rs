//! Ids that Microsoft publishes, and questions that several checks ask. No check.

use std::collections::BTreeMap;

use super::super::evidence::object::Object;
use super::super::evidence::{ExpectedApp, OldTenant};
use super::super::finding::Look;

pub(super) const GLOBAL_ADMIN: &str = "62e90394-69f5-4237-9190-012177145e10";

/// The roles that the SCuBA baseline calls highly privileged.
pub(super) const HIGHLY_PRIVILEGED: [&str; 8] = [
    GLOBAL_ADMIN,
    "e8611ab8-c189-46e8-94e1-60213ab1f814", // Privileged Role Administrator
    "fe930be7-5e62-47db-91af-98c3a49a38b1", // User Administrator
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c", // SharePoint Administrator
    "29232cdf-9323-42fd-ade2-1d097af3e4de", // Exchange Administrator
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", // Hybrid Identity Administrator
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
];

/// The roles for which Microsoft asks for MFA first (its template "Require multifactor authentication for admins").
pub(super) const ADMIN_ROLES: [&str; 14] = [
    GLOBAL_ADMIN,
    "194ae4cb-b126-40b2-bd5b-6091b380977d", // Security
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c", // SharePoint
    "29232cdf-9323-42fd-ade2-1d097af3e4de", // Exchange
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", // Conditional Access
    "729827e3-9c14-49f7-bb1b-9608f156bbb8", // Helpdesk
    "b0f54661-2d74-4c50-afa3-1ec803f12efe", // Billing
    "fe930be7-5e62-47db-91af-98c3a49a38b1", // User
    "c4e39bd9-1100-46d3-8c65-fb160da0071f", // Authentication
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application
    "966707d0-3269-4727-9be2-8c3a10f19b9d", // Password
    "158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13", // Privileged Authentication
    "e8611ab8-c189-46e8-94e1-60213ab1f814", // Privileged Role
];

/// Tenants that own Microsoft's first-party apps.
const MICROSOFT: [&str; 2] = [
    "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
    "72f988bf-86f1-41af-91ab-2d7cd011db47",
];

/// App ids of the resources whose roles reach mail, files and the directory.
pub(super) const RESOURCES: [(&str, &str); 3] = [
    ("00000003-0000-0000-c000-000000000000", "Microsoft Graph"),
    ("00000003-0000-0ff1-ce00-000000000000", "SharePoint"),
    ("00000002-0000-0ff1-ce00-000000000000", "Exchange"),
];

/// Whether a tenant is one of Microsoft's that own first-party apps.
pub(crate) fn is_microsoft(tenant: &str) -> bool {
    MICROSOFT
        .iter()
        .any(|known| known.eq_ignore_ascii_case(tenant))
}

/// Whether a permission changes something. A name that nobody can place counts as one that does.
pub(crate) fn is_write(role: &str) -> bool {
    let lower = role.to_ascii_lowercase();
    let harmless = ["openid", "profile", "email", "offline_access"].contains(&&*lower);
    // `User.Read`, `Policy.Read.All`, `Mail.ReadBasic.All`: the verb is a part of its own and only reads.
    let only_reads = lower
        .split('.')
        .skip(1)
        .any(|part| part == "read" || part.starts_with("readbasic"));
    !harmless && !only_reads
}

/// A principal in a role.
#[derive(Clone, Debug)]
pub(super) struct Holder<'a> {
    pub(super) role: &'a str,
    pub(super) principal: &'a str,
    pub(super) name: String,
    pub(super) is_user: bool,
}

fn holder(row: Object<'_>) -> Option<Holder<'_>> {
    let principal = row.text("principalId")?;
    let kind = row
        .object("principal")
        .and_then(|who| who.text("@odata.type"));
    let name = row.object("principal").map(Object::name);
    Some(Holder {
        role: row.text("roleDefinitionId")?,
        principal,
        name: name.unwrap_or_else(|| principal.to_owned()),
        // Whoever is of no stated kind counts as a user: a user too many fails, a user too few would pass.
        is_user: kind.is_none_or(|kind| kind == "#microsoft.graph.user"),
    })
}

/// Who holds or may activate which role; members of groups that hold one are asked for.
pub(super) fn holders<'a>(look: &mut Look<'a>) -> Vec<Holder<'a>> {
    let mut all = Vec::new();
    for path in [ASSIGNMENTS, ELIGIBLE] {
        for row in look.list(path) {
            let Some(holder) = holder(row) else {
                look.missing(path, "a row names no principal and role");
                continue;
            };
            let is_group = row
                .object("principal")
                .and_then(|who| who.text("@odata.type"))
                .is_some_and(|kind| kind == "#microsoft.graph.group");
            if is_group {
                for member in look.list(&format!("/groups/{}/members", holder.principal)) {
                    all.push(Holder {
                        role: holder.role,
                        principal: member.text("id").unwrap_or_default(),
                        name: member.name(),
                        is_user: true,
                    });
                }
            } else {
                all.push(holder);
            }
        }
    }
    all
}

pub(super) const ASSIGNMENTS: &str = "/roleManagement/directory/roleAssignments";
pub(super) const ACTIVE: &str = "/roleManagement/directory/roleAssignmentScheduleInstances";
pub(super) const ELIGIBLE: &str = "/roleManagement/directory/roleEligibilityScheduleInstances";

/// Ids of the break-glass accounts, by their declared UPN.
pub(super) fn break_glass_ids<'a>(look: &mut Look<'a>) -> Vec<&'a str> {
    let expected = look.expected();
    let users = look.list("/users");
    let named = |user: &Object<'a>| {
        user.text("userPrincipalName").is_some_and(|upn| {
            expected
                .break_glass
                .iter()
                .any(|one| one.eq_ignore_ascii_case(upn))
        })
    };
    let ids = users.into_iter().filter(named);
    ids.filter_map(|user| user.text("id")).collect()
}

/// A right that an app holds.
pub(super) struct Right<'a> {
    /// App id of who holds it; none when the service principal is not in the tenant's list.
    pub(super) app: Option<&'a str>,
    /// What a person would call them.
    pub(super) name: String,
    /// The permission by name, or its id when the resource does not name it.
    pub(super) role: String,
}

/// Every app role on Graph, SharePoint and Exchange.
pub(super) fn app_roles<'a>(look: &mut Look<'a>) -> Vec<Right<'a>> {
    let principals = look.list("/servicePrincipals");
    let apps: BTreeMap<&str, &str> = principals
        .iter()
        .filter_map(|one| Some((one.text("id")?, one.text("appId")?)))
        .collect();
    let mut rights = Vec::new();
    for (app_id, name) in RESOURCES {
        let is_it = |one: &&Object<'a>| one.text("appId").is_some_and(|id| id == app_id);
        let Some(resource) = principals.iter().find(is_it) else {
            // A tenant without a licence has no such resource, and nobody holds a role of it.
            look.note(format!("{name} has no service principal"));
            continue;
        };
        let roles: BTreeMap<&str, &str> = resource
            .objects("appRoles")
            .into_iter()
            .filter_map(|role| Some((role.text("id")?, role.text("value")?)))
            .collect();
        let id = resource.text("id").unwrap_or_default();
        for row in look.list(&format!("/servicePrincipals/{id}/appRoleAssignedTo")) {
            let role = row.text("appRoleId").unwrap_or_default();
            let principal = row.text("principalId").unwrap_or_default();
            rights.push(Right {
                app: apps.get(principal).copied(),
                name: row.name(),
                role: roles.get(role).map_or(role, |value| value).to_owned(),
            });
        }
    }
    rights
}

/// Who holds which app role, and whether they were declared.
pub(crate) fn rights(look: &mut Look<'_>) -> Vec<(String, String, bool)> {
    let expected = look.expected();
    let all = app_roles(look).into_iter();
    all.map(|right| {
        let is_known = declared(&expected.apps, right.app).is_some();
        (right.name, right.role, is_known)
    })
    .collect()
}

/// The declared app of an app id.
pub(super) fn declared<'e>(apps: &'e [ExpectedApp], id: Option<&str>) -> Option<&'e ExpectedApp> {
    let id = id?;
    apps.iter().find(|app| app.app_id.eq_ignore_ascii_case(id))
}

/// The tenant's own domains: what stays inside.
pub(crate) fn owned_domains(look: &mut Look<'_>) -> OldTenant {
    let domains = look.list("/domains");
    let verified = domains
        .iter()
        .filter(|domain| domain.flag("isVerified") == Some(true));
    OldTenant {
        domains: verified
            .filter_map(|domain| domain.text("id"))
            .map(str::to_owned)
            .collect(),
        ..OldTenant::default()
    }
}

/// Users of the tenant itself who have a mailbox: id and name.
pub(crate) fn own_mailboxes<'a>(look: &mut Look<'a>) -> Vec<(&'a str, String)> {
    let users = look.list("/users");
    let has_mail =
        |user: &Object<'a>| user.text("userType") != Some("Guest") && user.text("mail").is_some();
    let with_id = |user: Object<'a>| Some((user.text("id")?, user.name()));
    users
        .into_iter()
        .filter(has_mail)
        .filter_map(with_id)
        .collect()
}

/// Ids of the users of the tenant itself, with a mailbox or without: whoever never had one may have a drive.
pub(crate) fn own_users<'a>(look: &mut Look<'a>) -> Vec<&'a str> {
    let users = look.list("/users").into_iter();
    users
        .filter(|user| user.text("userType") != Some("Guest"))
        .filter_map(|user| user.text("id"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_write;

    #[test]
    fn a_permission_that_nobody_can_place_writes() {
        for reads in [
            "User.Read",
            "Policy.Read.All",
            "Mail.ReadBasic.All",
            "Domain.Read.All",
            "openid",
        ] {
            assert!(!is_write(reads), "{reads}");
        }
        for writes in [
            "Mail.ReadWrite",
            "Mail.Send",
            "full_access_as_app",
            "Sites.FullControl.All",
            "AppRoleAssignment.ReadWrite.All",
            "dc890d15-9560-4a4c-9b7f-a736ec74ec40",
            "user_impersonation",
        ] {
            assert!(is_write(writes), "{writes}");
        }
    }
}
