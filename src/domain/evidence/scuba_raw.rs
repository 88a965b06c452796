//! The `Raw` part of a ScubaGear report in the shapes that the checks read: PowerShell's spelling turned into Graph's.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::exchange::checked;
use super::object::Object;
use super::{Answer, Readings};

/// Which key of `Raw` is which cmdlet's noun.
const SECTIONS: [(&str, &str); 15] = [
    ("admin_audit_log_config", "AdminAuditLogConfig"),
    ("atp_policy_rules", "ATPProtectionPolicyRule"),
    ("client_configuration", "CsTeamsClientConfiguration"),
    (
        "federation_configuration",
        "CsTenantFederationConfiguration",
    ),
    ("inbound_connectors", "InboundConnector"),
    ("org_config", "OrganizationConfig"),
    ("org_relationships", "OrganizationRelationship"),
    ("outbound_connectors", "OutboundConnector"),
    ("protection_policy_rules", "EOPProtectionPolicyRule"),
    ("remote_domains", "RemoteDomain"),
    ("SPO_tenant", "SPOTenant"),
    ("tenant_app_settings", "TeamsTenantAppSetting"),
    ("transport_config", "TransportConfig"),
    ("transport_rule", "TransportRule"),
    ("mailboxes", "Mailbox"),
];

/// A list, however PowerShell wrote it: of one as its only member, of none as a list of null.
fn rows(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list.iter().filter(|row| !row.is_null()).cloned().collect(),
        Value::Object(_) => vec![value.clone()],
        _ => Vec::new(),
    }
}

/// Sections whose rows have every column that a rule looks at; the others are not evidenced.
pub(super) fn sections(raw: &Value) -> BTreeMap<String, Vec<Value>> {
    let mut all = BTreeMap::new();
    for (key, noun) in SECTIONS {
        if let Some(value) = raw.get(key)
            && let Ok(rows) = checked(noun, key, rows(value))
        {
            all.insert(noun.to_owned(), rows);
        }
    }
    if let Some(records) = domain_records(raw) {
        all.insert("DomainRecord".to_owned(), records);
    }
    all
}

/// SPF and DMARC as the DNS has them, DKIM as Exchange has it, one row a domain.
fn domain_records(raw: &Value) -> Option<Vec<Value>> {
    let of = |key: &str| raw.get(key).map(rows);
    let (spf, dmarc, dkim) = (of("spf_records")?, of("dmarc_records")?, of("dkim_config")?);
    let texts = |list: &[Value], domain: &str| -> Vec<String> {
        let is_it = |row: &&Value| Object::new(row).text("domain") == Some(domain);
        let row = list.iter().find(is_it).map(Object::new);
        let texts = row.map(|row| row.texts("rdata")).unwrap_or_default();
        texts.into_iter().map(str::to_owned).collect()
    };
    let records = spf.iter().filter_map(|row| {
        let domain = Object::new(row).text("domain")?;
        let is_it = |row: &&Value| Object::new(row).text("Domain") == Some(domain);
        let signs = dkim
            .iter()
            .find(is_it)
            .and_then(|row| Object::new(row).flag("Enabled"));
        Some(json!({
            "Domain": domain,
            "Spf": texts(&spf, domain),
            "Dmarc": texts(&dmarc, domain),
            "Dkim": signs,
        }))
    });
    Some(records.collect())
}

/// `DisplayName` becomes `displayName`, at every depth; names that begin with `@` stay.
fn camel(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(camel).collect(),
        Value::Object(fields) => {
            let renamed = fields.iter().map(|(name, value)| {
                let mut letters = name.chars();
                let first = letters.next().map(|letter| letter.to_ascii_lowercase());
                (first.into_iter().chain(letters).collect(), camel(value))
            });
            Value::Object(renamed.collect::<Map<String, Value>>())
        }
        other => other.clone(),
    }
}

/// What stands in for answers of Graph.
pub(super) fn readings(raw: &Value, digest: &str) -> Readings {
    let mut readings = Readings::default();
    let mut say = |path: &str, body: Option<Value>| {
        if let Some(body) = body {
            let digest = digest.to_owned();
            readings.insert(path, Answer::Said { digest, body });
        }
    };
    let list = |key: &str| {
        let value = raw.get(key)?;
        Some(json!({ "value": rows(value).iter().map(camel).collect::<Vec<_>>() }))
    };
    say(
        "/identity/conditionalAccess/policies",
        list("conditional_access_policies"),
    );
    say("/domains", list("domain_settings"));
    say("/policies/authorizationPolicy", authorization(raw));
    say("/policies/adminConsentRequestPolicy", consent_workflow(raw));
    say(
        "/policies/authenticationMethodsPolicy",
        authentication_methods(raw),
    );
    say("/admin/sharepoint/settings", sharepoint(raw));
    say(
        "/users",
        privileged(raw).map(|(users, _)| json!({ "value": users })),
    );
    say(
        "/roleManagement/directory/roleAssignments",
        privileged(raw).map(|(_, roles)| json!({ "value": roles })),
    );
    // The tool's list of privileged users holds the eligible ones already.
    let has_users = raw.get("privileged_users").is_some();
    say(
        "/roleManagement/directory/roleEligibilityScheduleInstances",
        has_users.then(|| json!({ "value": [] })),
    );
    say(
        "/roleManagement/directory/roleAssignmentScheduleInstances",
        active(raw),
    );
    say(
        "/policies/roleManagementPolicyAssignments",
        role_policies(raw),
    );
    readings
}

fn first(raw: &Value, key: &str) -> Option<Value> {
    rows(raw.get(key)?).first().map(camel)
}

/// In beta the grant policies stand beside the role's permissions, in v1.0 among them.
fn authorization(raw: &Value) -> Option<Value> {
    let mut policy = first(raw, "authorization_policies")?;
    let grants = policy
        .get("permissionGrantPolicyIdsAssignedToDefaultUserRole")?
        .clone();
    let permissions = policy
        .get_mut("defaultUserRolePermissions")?
        .as_object_mut()?;
    permissions.insert("permissionGrantPoliciesAssigned".to_owned(), grants);
    Some(policy)
}

fn consent_workflow(raw: &Value) -> Option<Value> {
    let settings = rows(raw.get("directory_settings")?);
    let values = settings
        .iter()
        .flat_map(|one| Object::new(one).objects("Values"));
    let mut values =
        values.filter(|value| value.text("Name") == Some("EnableAdminConsentRequests"));
    let is_enabled = values.next()?.flag("Value")?;
    Some(json!({ "isEnabled": is_enabled }))
}

fn authentication_methods(raw: &Value) -> Option<Value> {
    let all = first(raw, "authentication_method")?;
    let mut policy = all.get("authentication_method_policy")?.clone();
    let methods = all.get("authentication_method_feature_settings")?.clone();
    policy
        .as_object_mut()?
        .insert("authenticationMethodConfigurations".to_owned(), methods);
    Some(policy)
}

fn sharepoint(raw: &Value) -> Option<Value> {
    let tenant = first(raw, "SPO_tenant")?;
    let tenant = Object::new(&tenant);
    let capability = match tenant.number("sharingCapability")? {
        0 => "disabled",
        1 => "externalUserSharingOnly",
        2 => "externalUserAndGuestSharing",
        3 => "existingExternalUserSharingOnly",
        _ => return None,
    };
    Some(json!({
        "sharingCapability": capability,
        "isLegacyAuthProtocolsEnabled": tenant.flag("legacyAuthProtocolsEnabled")?,
    }))
}

/// Privileged users with their roles, which the tool gives by name.
fn privileged(raw: &Value) -> Option<(Vec<Value>, Vec<Value>)> {
    let roles = rows(raw.get("privileged_roles")?);
    let id_of = |name: &str| {
        let is_it = |role: &&Value| Object::new(role).text("DisplayName") == Some(name);
        let role = roles.iter().find(is_it).map(Object::new)?;
        role.text("RoleTemplateId").map(str::to_owned)
    };
    let mut users = Vec::new();
    let mut assignments = Vec::new();
    for (key, kind) in [
        ("privileged_users", "user"),
        ("privileged_service_principals", "servicePrincipal"),
    ] {
        for (id, one) in raw.get(key)?.as_object()? {
            let principal = Object::new(one);
            let name = principal.text("DisplayName");
            if kind == "user" {
                users.push(json!({
                    "id": id,
                    "displayName": name,
                    "onPremisesImmutableId": principal.text("OnPremisesImmutableId"),
                }));
            }
            for role in principal.texts("roles") {
                assignments.push(json!({
                    "principalId": id,
                    "roleDefinitionId": id_of(role),
                    "principal": {
                        "@odata.type": format!("#microsoft.graph.{kind}"),
                        "displayName": name,
                    },
                }));
            }
        }
    }
    Some((users, assignments))
}

fn active(raw: &Value) -> Option<Value> {
    let roles = rows(raw.get("privileged_roles")?);
    let all: Vec<Value> = roles
        .iter()
        .flat_map(|role| Object::new(role).objects("Assignments"))
        .map(|row| camel(row.value()))
        .collect();
    Some(json!({ "value": all }))
}

fn role_policies(raw: &Value) -> Option<Value> {
    let roles = rows(raw.get("privileged_roles")?);
    let policies: Vec<Value> = roles
        .iter()
        .map(|role| {
            let role = Object::new(role);
            // Rules of a group stand beside those of the role itself.
            let of_role = |rule: &Object<'_>| rule.text("RuleSourceType") != Some("PIM Group");
            let rules = role.objects("Rules").into_iter().filter(of_role);
            let rules: Vec<Value> = rules.map(|rule| camel(rule.value())).collect();
            json!({ "roleDefinitionId": role.text("RoleTemplateId"), "policy": { "rules": rules } })
        })
        .collect();
    Some(json!({ "value": policies }))
}
