//! The directory over HTTP: which permission a path needs, `$select`, pages; what stands in the answers is `directory.rs`.

use serde_json::Value;

use crate::answer::{Answer, json_answer, page, refuse, select};
use crate::directory::Directory;
use crate::directory::people::RESET;
use crate::request::Request;

const CHANGED: &str = "lastPasswordChangeDateTime";

/// The least application permissions by how a path begins, as the permissions reference lists them; `Directory.Read.All` does for
/// directory objects, and no other permission stands in for the rest.
const NEEDED: [(&str, &[&str]); 24] = [
    ("/users/", &["MailboxSettings.Read", "Calendars.Read"]),
    ("/users", &["User.Read.All", "Directory.Read.All"]),
    (
        "/groups",
        &[
            "GroupMember.Read.All",
            "Group.Read.All",
            "Directory.Read.All",
        ],
    ),
    (
        "/roleManagement",
        &["RoleManagement.Read.Directory", "RoleManagement.Read.All"],
    ),
    (
        "/policies/roleManagementPolicyAssignments",
        &[
            "RoleManagementPolicy.Read.Directory",
            "RoleManagement.Read.Directory",
        ],
    ),
    ("/policies", &["Policy.Read.All"]),
    (
        "/identity/conditionalAccess",
        &["Policy.Read.All", "Policy.Read.ConditionalAccess"],
    ),
    (
        "/identity/identityProviders",
        &["IdentityProvider.Read.All"],
    ),
    ("/identity/b2xUserFlows", &["IdentityUserFlow.Read.All"]),
    (
        "/directory/federationConfigurations",
        &["IdentityProvider.Read.All", "Domain.Read.All"],
    ),
    ("/domains", &["Domain.Read.All", "Directory.Read.All"]),
    (
        "/organization",
        &["Organization.Read.All", "Directory.Read.All"],
    ),
    (
        "/servicePrincipals",
        &["Application.Read.All", "Directory.Read.All"],
    ),
    (
        "/applications",
        &["Application.Read.All", "Directory.Read.All"],
    ),
    ("/oauth2PermissionGrants", &["Directory.Read.All"]),
    ("/reports/authenticationMethods", &["AuditLog.Read.All"]),
    ("/admin/sharepoint", &["SharePointTenantSettings.Read.All"]),
    ("/sites", &["Sites.FullControl.All"]),
    ("/drives", &["Files.Read.All", "Sites.Read.All"]),
    ("/teams", &["TeamSettings.Read.All", "Directory.Read.All"]),
    (
        "/subscriptions",
        &["Subscription.Read.All", "Directory.Read.All"],
    ),
    ("/external", &["ExternalConnection.Read.All"]),
    ("/devices", &["Device.Read.All", "Directory.Read.All"]),
    (
        "/tenantRelationships",
        &["MultiTenantOrganization.Read.All"],
    ),
];

/// The answer, when the path is one of the directory's.
pub(crate) fn answer(
    directory: &Directory,
    request: &Request,
    base: &str,
    now: &str,
) -> Option<Result<Answer, Answer>> {
    let path = crate::request::decode(request.path.strip_prefix("/v1.0")?, false)?;
    if request.method != "GET" || !is_of_directory(directory, request, &path) {
        return None;
    }
    Some(read(directory, request, &path, (base, now)))
}

/// `/users` without a word of who may sign in is the list by which people are mapped, and with a filter it is one of them: those
/// are answered elsewhere.
fn is_of_directory(directory: &Directory, request: &Request, path: &str) -> bool {
    let select = request.query.get("$select");
    match path {
        "/users" => {
            let is_one = request.query.contains_key("$filter");
            !is_one && select.is_some_and(|fields| fields.contains("userType"))
        }
        "/organization" => select.is_some_and(|fields| fields.contains("onPremisesSyncEnabled")),
        _ if directory.answers.contains_key(path) => true,
        _ => [
            "/tenantRelationships",
            "/policies",
            "/directory",
            "/identity",
        ]
        .iter()
        .any(|start| path.starts_with(start)),
    }
}

fn read(
    directory: &Directory,
    request: &Request,
    path: &str,
    (base, now): (&str, &str),
) -> Result<Answer, Answer> {
    // Drives of a person are files, whatever they lie below.
    let of = if path.ends_with("/drives") {
        "/drives"
    } else {
        path
    };
    let needed = NEEDED.iter().find(|(start, _)| of.starts_with(start));
    request.needs(needed.map_or(&[][..], |(_, roles)| roles))?;
    request.only(&[
        "$select",
        "$expand",
        "$filter",
        "$top",
        "$count",
        "$skiptoken",
    ])?;
    let Some(body) = directory.answers.get(path) else {
        return Err(refuse(
            404,
            "Request_ResourceNotFound",
            "Resource does not exist.",
        ));
    };
    match body.get("value") {
        Some(Value::Array(rows)) => {
            let fields = request.query.get("$select");
            let shown = |row: &Value| {
                let mut row = select(row.clone(), fields);
                if row.get(CHANGED).and_then(Value::as_str) == Some(RESET) {
                    row[CHANGED] = now.into();
                }
                row
            };
            let rows = rows.iter().map(shown).collect();
            page(rows, request, base, 100)
        }
        _ => Ok(json_answer(200, body.clone())),
    }
}
