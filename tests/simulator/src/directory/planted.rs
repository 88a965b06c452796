//! Faults and backdoors that can be planted into a clean tenant, by name.

use serde_json::{Value, json};

use super::apps::{PARTNERS, PRINCIPALS, app_id, held, owners, principal_id, role_row};
use super::groups::{MEMBER, channel, item_permissions, site, team};
use super::people::{
    ACTIVE, ASSIGNMENTS, DIRECTORY_READERS, ELIGIBLE, EXCHANGE, GLOBAL, REGISTERED, assignment,
    in_role,
};
use super::policies::CONDITIONAL;
use super::{Directory, id};

use super::planting::{federate, foreign, grant, guest, partner, push, rule, transport};

type Plant = (&'static str, fn(&mut Directory));

/// Some tenant that is neither this one nor the compromised one.
const OTHER: &str = "07e50000-0000-4000-8000-000000000001";
/// The type of a person in a group.
const USER: &str = "#microsoft.graph.user";
const DEFAULT: &str = "/policies/crossTenantAccessPolicy/default";

pub(super) const PLANTS: &[Plant] = &[
    // Administrators and sign-in.
    ("unnamed_global_admin", |d| {
        let (id, upn) = d.names.users[0].clone();
        let row = in_role(&id, &upn, GLOBAL);
        d.rows(ELIGIBLE).push(row);
    }),
    ("global_admin_app", |d| {
        let mut row = in_role(&principal_id(4), "mail archive viewer", GLOBAL);
        row["principal"] = json!({
            "@odata.type": "#microsoft.graph.servicePrincipal",
            "id": principal_id(4),
            "displayName": "mail archive viewer",
        });
        let row = assignment(d, row);
        d.rows(ASSIGNMENTS).push(row);
    }),
    ("finer_roles_gone", |d| {
        d.rows(ELIGIBLE)
            .retain(|row| row["roleDefinitionId"] == GLOBAL);
    }),
    ("synced_admin", |d| {
        let upn = d.upn("adm-exchange");
        d.row("/users", "userPrincipalName", &upn)["onPremisesSyncEnabled"] = json!(true);
    }),
    ("permanent_admin", |d| {
        let upn = d.upn("adm-exchange");
        let mut row = in_role(&id(1, 3), &upn, EXCHANGE);
        row["assignmentType"] = json!("Assigned");
        row["startDateTime"] = json!("2026-11-21T00:00:00Z");
        row["endDateTime"] = Value::Null;
        d.rows(ACTIVE).push(row);
    }),
    ("mfa_with_a_hole", |d| {
        let (id, _) = d.names.users[0].clone();
        let policy = d.row(CONDITIONAL, "displayName", "MFA for all");
        push(policy, "/conditions/users/excludeUsers", json!(id));
    }),
    ("mfa_or_device", |d| {
        let policy = d.row(CONDITIONAL, "displayName", "MFA for all");
        push(
            policy,
            "/grantControls/builtInControls",
            json!("compliantDevice"),
        );
    }),
    ("mfa_or_terms", |d| {
        let policy = d.row(CONDITIONAL, "displayName", "MFA for all");
        policy["grantControls"]["termsOfUse"] = json!(["the-terms"]);
    }),
    ("mfa_or_another_factor", |d| {
        let policy = d.row(CONDITIONAL, "displayName", "MFA for all");
        policy["grantControls"]["customAuthenticationFactors"] = json!(["another vendor's"]);
    }),
    ("admins_by_any_mfa", |d| {
        let policy = d.row(
            CONDITIONAL,
            "displayName",
            "phishing resistant MFA for admins",
        );
        push(policy, "/grantControls/builtInControls", json!("mfa"));
    }),
    ("legacy_by_device_code", |d| {
        // A policy with both conditions blocks only what meets both: nothing.
        for name in ["block legacy", "block device code"] {
            let conditions = &mut d.row(CONDITIONAL, "displayName", name)["conditions"];
            conditions["clientAppTypes"] = json!(["exchangeActiveSync", "other"]);
            conditions["authenticationFlows"] = json!({ "transferMethods": "deviceCodeFlow" });
        }
    }),
    ("legacy_at_risk_only", |d| {
        let policy = d.row(CONDITIONAL, "displayName", "block legacy");
        policy["conditions"]["signInRiskLevels"] = json!(["high"]);
    }),
    ("device_code_of_some_clients", |d| {
        let policy = d.row(CONDITIONAL, "displayName", "block device code");
        policy["conditions"]["clientAppTypes"] = json!(["browser"]);
    }),
    ("risk_of_legacy_only", |d| {
        let policy = d.row(CONDITIONAL, "displayName", "block users at risk");
        policy["conditions"]["clientAppTypes"] = json!(["other"]);
    }),
    ("device_code_open", |d| {
        d.row(CONDITIONAL, "displayName", "block device code")["state"] = json!("disabled");
    }),
    ("legacy_reports_only", |d| {
        let policy = d.row(CONDITIONAL, "displayName", "block legacy");
        policy["state"] = json!("enabledForReportingButNotEnforced");
    }),
    ("risk_open", |d| {
        d.row(CONDITIONAL, "displayName", "block users at risk")["state"] = json!("disabled");
    }),
    ("glass_locked_out", |d| {
        let policy = d.row(CONDITIONAL, "displayName", "block device code");
        policy["conditions"]["users"]["excludeUsers"] = json!([id(1, 9)]);
    }),
    ("unregistered_user", |d| {
        let (_, upn) = d.names.users[0].clone();
        d.row(REGISTERED, "userPrincipalName", &upn)["isMfaRegistered"] = json!(false);
    }),
    ("users_register_apps", |d| {
        let policy = d.one("/policies/authorizationPolicy");
        policy["defaultUserRolePermissions"]["allowedToCreateApps"] = json!(true);
    }),
    ("users_consent", |d| {
        let policy = d.one("/policies/authorizationPolicy");
        policy["defaultUserRolePermissions"]["permissionGrantPoliciesAssigned"] =
            json!(["ManagePermissionGrantsForSelf.microsoft-user-default-legacy"]);
    }),
    // Apps.
    ("app_homed_in_old", |d| {
        let old = d.names.old_tenant_id.clone();
        foreign(d, "Backup Sync", &app_id(66), &old);
    }),
    ("app_id_of_old", |d| {
        foreign(d, "Payroll", "99999999-0000-4000-8000-000000000001", OTHER);
    }),
    ("key_on_first_party", |d| {
        let graph = d.row(PRINCIPALS, "displayName", "Microsoft Graph");
        push(graph, "/keyCredentials", json!({ "keyId": id(0x50, 90) }));
    }),
    ("secret_on_first_party", |d| {
        let exchange = d.row(PRINCIPALS, "displayName", "Office 365 Exchange Online");
        push(
            exchange,
            "/passwordCredentials",
            json!({ "keyId": id(0x50, 91) }),
        );
    }),
    ("secret_on_our_app", |d| {
        let data = d.row(PRINCIPALS, "displayName", "unbroken data");
        push(
            data,
            "/passwordCredentials",
            json!({ "keyId": id(0x50, 92) }),
        );
    }),
    ("key_of_old", |d| {
        let data = d.row("/applications", "displayName", "unbroken data");
        let key = json!({ "keyId": id(0x50, 93), "customKeyIdentifier": "0LDC0FFEE" });
        push(data, "/keyCredentials", key);
    }),
    ("federated_credential_of_old", |d| {
        let issuer = format!(
            "https://login.microsoftonline.com/{}/v2.0",
            d.names.old_tenant_id
        );
        let path = format!("/applications/{}/federatedIdentityCredentials", id(0x40, 2));
        d.rows(&path)
            .push(json!({ "name": "ci", "issuer": issuer, "subject": "x" }));
    }),
    ("federated_credential", |d| {
        let path = format!("/applications/{}/federatedIdentityCredentials", id(0x40, 2));
        d.rows(&path).push(json!({
            "id": id(0x41, 1),
            "name": "deploy",
            "issuer": "https://token.actions.githubusercontent.com",
            "subject": "repo:somebody/something:ref:refs/heads/main",
            "audiences": ["api://AzureADTokenExchange"],
        }));
    }),
    ("app_owned_by_a_user", |d| {
        let (id, upn) = d.names.users[0].clone();
        let owner = json!({ "@odata.type": USER, "id": id, "userPrincipalName": upn });
        d.rows(&owners("/applications", &super::id(0x40, 2)))
            .push(owner);
    }),
    ("first_party_owned_by_an_app", |d| {
        let owner = json!({
            "@odata.type": "#microsoft.graph.servicePrincipal",
            "id": principal_id(4),
            "displayName": "mail archive viewer",
        });
        d.rows(&owners(PRINCIPALS, &principal_id(103))).push(owner);
    }),
    ("multi_tenant_audience", |d| {
        let app = d.row("/applications", "displayName", "unbroken data");
        app["signInAudience"] = json!("AzureADMultipleOrgs");
    }),
    ("unknown_app_with_role", |d| {
        foreign(d, "Directory Helper", &app_id(67), OTHER);
        let row = role_row(&principal_id(200), "Directory Helper", "Directory.Read.All");
        d.rows(&held(101)).push(row);
    }),
    ("grant_for_everybody", |d| {
        foreign(d, "Mail Cleaner", &app_id(68), OTHER);
        grant(d, "AllPrincipals", "User.Read Mail.Read");
    }),
    ("grant_to_send", |d| {
        foreign(d, "Mail Cleaner", &app_id(68), OTHER);
        grant(d, "Principal", "Mail.Send");
    }),
    ("reader_writes", |d| {
        let row = role_row(&principal_id(4), "mail archive viewer", "Mail.ReadWrite");
        d.rows(&held(101)).push(row);
    }),
    ("our_app_holds_more", |d| {
        let row = role_row(
            &principal_id(2),
            "unbroken data",
            "RoleManagement.ReadWrite.Directory",
        );
        d.rows(&held(101)).push(row);
    }),
    ("full_access_as_app", |d| {
        let row = role_row(&principal_id(2), "unbroken data", "full_access_as_app");
        d.rows(&held(103)).push(row);
    }),
    ("impersonation", |d| {
        d.export("ManagementRoleAssignment").push(json!({
            "Role": "ApplicationImpersonation",
            "RoleAssigneeName": "svc-archive",
            "RoleAssignmentDelegationType": "Regular",
        }));
    }),
    // Trust.
    ("federated_domain", |d| {
        federate(d, "https://sso.other.example/adfs", "MIIC0THER");
    }),
    ("any_sts", |d| federate(d, "urn:any.sts", "MIIC0THER")),
    ("federation_of_old", |d| {
        let issuer = format!("http://sts.{}/adfs/services/trust", d.names.old_domain);
        federate(d, &issuer, "0LDC0FFEE");
    }),
    ("unverified_domain", |d| {
        d.rows("/domains").push(json!({
            "id": "pending.example",
            "authenticationType": "Managed",
            "isVerified": false,
        }));
    }),
    ("service_provider", |d| {
        partner(d, OTHER, |row| row["isServiceProvider"] = json!(true));
    }),
    ("role_from_outside", |d| {
        let mut row = in_role(&id(2, 1), "foreign admin", DIRECTORY_READERS);
        row["principalOrganizationId"] = json!(OTHER);
        row["principal"]["userPrincipalName"] = Value::Null;
        d.rows(ASSIGNMENTS).push(row);
    }),
    ("partner_is_old", |d| {
        let old = d.names.old_tenant_id.clone();
        partner(d, &old, |_| ());
    }),
    ("partner_syncs_users", |d| {
        partner(d, OTHER, |_| ());
        let path = format!("{PARTNERS}/{OTHER}/identitySynchronization");
        d.say(
            path,
            json!({ "userSyncInbound": { "isSyncAllowed": true } }),
        );
    }),
    ("partner_mfa_trusted", |d| {
        partner(d, OTHER, |row| {
            row["inboundTrust"] = json!({ "isMfaAccepted": true });
        });
    }),
    ("default_trusts_mfa", |d| {
        d.one(DEFAULT)["inboundTrust"]["isMfaAccepted"] = json!(true);
    }),
    ("default_direct_connect", |d| {
        d.one(DEFAULT)["b2bDirectConnectInbound"]["usersAndGroups"]["accessType"] =
            json!("allowed");
    }),
    ("default_consents", |d| {
        d.one(DEFAULT)["automaticUserConsentSettings"]["inboundAllowed"] = json!(true);
    }),
    ("organization_relationship", |d| {
        let old = d.names.old_domain.clone();
        let row = json!({ "Name": "legacy", "DomainNames": [old], "Enabled": true });
        d.export("OrganizationRelationship").push(row);
    }),
    ("migration_endpoint", |d| {
        let server = format!("mail.{}", d.names.old_domain);
        let row = json!({ "Identity": "mrs", "RemoteServer": server });
        d.export("MigrationEndpoint").push(row);
    }),
    ("connector_of_old", |d| {
        let senders = format!("smtp:*.{};1", d.names.old_domain);
        let row = json!({ "Name": "from old", "Enabled": true, "SenderDomains": [senders] });
        d.export("InboundConnector").push(row);
    }),
    ("guest_of_old", |d| {
        let upn = format!(
            "mallory_{}#EXT#@newtenant.onmicrosoft.com",
            d.names.old_domain
        );
        let mail = format!("mallory@{}", d.names.old_domain);
        guest(d, &upn, &mail, "Guest");
    }),
    ("guest_by_address", |d| {
        let mail = format!("mallory@mail.{}", d.names.old_domain);
        guest(
            d,
            "mallory_gmail.com#EXT#@newtenant.onmicrosoft.com",
            &mail,
            "Guest",
        );
    }),
    ("guest_as_member", |d| {
        guest(
            d,
            "eve_other.example#EXT#@newtenant.onmicrosoft.com",
            "eve@other.example",
            "Member",
        );
    }),
    ("identity_of_old", |d| {
        let old = d.names.old_domain.clone();
        let (_, upn) = d.names.users[0].clone();
        let one = d.row("/users", "userPrincipalName", &upn);
        push(
            one,
            "/identities",
            json!({ "signInType": "federated", "issuer": old }),
        );
    }),
    ("synced_directory", |d| {
        let tenant = d.names.tenant_id.clone();
        d.row("/organization", "id", &tenant)["onPremisesSyncEnabled"] = json!(true);
    }),
    ("multi_tenant_organization", |d| {
        const PATH: &str = "/tenantRelationships/multiTenantOrganization";
        let old = d.names.old_tenant_id.clone();
        d.say(PATH, json!({ "displayName": "Both", "state": "active" }));
        d.say_rows(format!("{PATH}/tenants"), vec![json!({ "tenantId": old })]);
    }),
    ("sync_job", |d| {
        let path = format!("{PRINCIPALS}/{}/synchronization/jobs", principal_id(4));
        d.rows(&path)
            .push(json!({ "id": "Azure2Azure.1", "templateId": "Azure2Azure" }));
    }),
    ("identity_provider_of_old", |d| {
        d.rows("/identity/identityProviders").push(json!({
            "@odata.type": "#microsoft.graph.socialIdentityProvider",
            "id": "Google-OAUTH",
            "displayName": "Old sign-in",
            "identityProviderType": "Google",
            "clientId": "99999999-0000-4000-8000-000000000001",
        }));
    }),
    ("saml_federation_of_old", |d| {
        let issuer = format!("https://sts.{}", d.names.old_domain);
        let path = "/directory/federationConfigurations/graph.samlOrWsFedExternalDomainFederation";
        d.rows(path)
            .push(json!({ "id": "1", "displayName": "SSO", "issuerUri": issuer }));
    }),
    ("root_of_old", |d| {
        let path = format!(
            "/organization/{}/certificateBasedAuthConfiguration",
            d.names.tenant_id
        );
        let authority =
            json!({ "isRootAuthority": true, "issuer": "CN=Corp Root", "issuerSki": "0LDC0FFEE" });
        d.rows(&path)
            .push(json!({ "id": "1", "certificateAuthorities": [authority] }));
    }),
    // Mail.
    ("rule_forwards_to_old", |d| {
        let to = format!("copy@{}", d.names.old_domain);
        rule(
            d,
            json!({ "forwardTo": [{ "emailAddress": { "address": to } }] }),
            Value::Null,
        );
    }),
    ("rule_redirects_outside", |d| {
        let to = json!([{ "emailAddress": { "address": "x@mail.invalid" } }]);
        rule(
            d,
            json!({ "redirectTo": to }),
            json!({ "subjectContains": ["invoice"] }),
        );
    }),
    ("rule_deletes_everything", |d| {
        rule(d, json!({ "delete": true }), Value::Null);
    }),
    ("smtp_forwarding", |d| {
        let to = format!("smtp:copy@{}", d.names.old_domain);
        d.export("Mailbox")[0]["ForwardingSmtpAddress"] = json!(to);
    }),
    ("auto_forward_allowed", |d| {
        d.export("RemoteDomain")[0]["AutoForwardEnabled"] = json!(true);
    }),
    ("inbox_for_everybody", |d| {
        d.export("MailboxFolderPermission")[0]["AccessRights"] = json!(["Reviewer"]);
    }),
    ("blind_copies", |d| {
        transport(d, json!({ "BlindCopyTo": ["x@mail.invalid"] }));
    }),
    ("past_the_filters", |d| {
        transport(d, json!({ "SetSCL": -1 }));
    }),
    ("connector_nobody_knows", |d| {
        let row = json!({
            "Name": "relay",
            "Enabled": true,
            "RecipientDomains": ["*"],
            "SmartHosts": ["198.51.100.7"],
        });
        d.export("OutboundConnector").push(row);
    }),
    ("full_access_from_outside", |d| {
        let row = json!({
            "Identity": "boss",
            "User": "x@mail.invalid",
            "AccessRights": ["FullAccess"],
            "Deny": false,
        });
        d.export("MailboxPermission").push(row);
    }),
    ("send_as_from_outside", |d| {
        let row =
            json!({ "Identity": "boss", "Trustee": "x@mail.invalid", "AccessRights": ["SendAs"] });
        d.export("RecipientPermission").push(row);
    }),
    ("trusted_remote_domain", |d| {
        let row = json!({
            "Name": "partner",
            "DomainName": "other.example",
            "AutoForwardEnabled": false,
            "TrustedMailInboundEnabled": true,
        });
        d.export("RemoteDomain").push(row);
    }),
    ("calendar_delegate", |d| {
        let path = format!("/users/{}/calendar/calendarPermissions", d.names.users[0].0);
        d.rows(&path).push(json!({
            "isInsideOrganization": false,
            "role": "delegateWithPrivateEventAccess",
            "emailAddress": { "address": "x@mail.invalid" },
        }));
    }),
    // Collaboration.
    ("anonymous_link", |d| {
        let link = json!({ "scope": "anonymous", "type": "edit" });
        d.rows(&item_permissions())
            .push(json!({ "id": "2", "link": link }));
    }),
    ("shared_with_old", |d| {
        let login = format!("i:0#.f|membership|mallory@{}", d.names.old_domain);
        let user = json!({ "siteUser": { "displayName": "Mallory", "loginName": login } });
        d.rows(&item_permissions())
            .push(json!({ "id": "3", "grantedToV2": user }));
    }),
    ("site_grant", |d| {
        let app = json!({ "application": { "id": app_id(69), "displayName": "Site Robot" } });
        let path = format!("/sites/{}/permissions", site());
        d.rows(&path)
            .push(json!({ "id": "1", "roles": ["write"], "grantedToIdentitiesV2": [app] }));
    }),
    ("team_app", |d| {
        let app = json!({ "displayName": "Sideloaded", "distributionMethod": "sideloaded" });
        let path = format!("/teams/{}/installedApps", team());
        d.rows(&path).push(json!({ "id": "2", "teamsApp": app }));
    }),
    ("team_grant", |d| {
        let path = format!("/teams/{}/permissionGrants", team());
        let permission = "ChannelMessage.Read.Group";
        d.rows(&path)
            .push(json!({ "clientAppId": app_id(70), "permission": permission }));
    }),
    ("team_tab_of_old", |d| {
        let url = format!("https://intranet.{}/board", d.names.old_domain);
        let path = format!("/teams/{}/channels/{}/tabs", team(), channel());
        d.rows(&path)
            .push(json!({ "displayName": "Intranet", "configuration": { "websiteUrl": url } }));
    }),
    ("team_member_of_old", |d| {
        let old = d.names.old_tenant_id.clone();
        let path = format!("/teams/{}/members", team());
        d.rows(&path)
            .push(json!({ "@odata.type": MEMBER, "displayName": "Mallory", "tenantId": old }));
    }),
    ("channel_shared_with_old", |d| {
        let old = d.names.old_tenant_id.clone();
        let base = format!("/teams/{}/channels", team());
        let row = json!({ "id": "19:shared", "displayName": "Deal", "membershipType": "shared" });
        d.rows(&base).push(row);
        d.say_rows(format!("{base}/19:shared/tabs"), Vec::new());
        d.say_rows(
            format!("{base}/19:shared/sharedWithTeams"),
            vec![json!({ "tenantId": old })],
        );
    }),
    ("webhook_to_old", |d| {
        let url = format!("https://hook.{}/x", d.names.old_domain);
        let row = json!({ "id": "hook-1", "notificationUrl": url, "applicationId": app_id(2) });
        d.rows("/subscriptions").push(row);
    }),
    ("webhook_of_nobody", |d| {
        let row = json!({ "id": "hook-2", "notificationUrl": "https://hook.example/x", "applicationId": app_id(71) });
        d.rows("/subscriptions").push(row);
    }),
    ("graph_connector", |d| {
        d.rows("/external/connections")
            .push(json!({ "id": "legacy", "name": "Legacy files" }));
    }),
    ("hybrid_device", |d| {
        let row = json!({
            "id": id(0x70, 2),
            "displayName": "OLD-PC",
            "trustType": "ServerAd",
            "onPremisesSyncEnabled": true,
        });
        d.rows("/devices").push(row);
    }),
    ("address_of_old", |d| {
        let address = format!("smtp:alice@{}", d.names.old_domain);
        let (_, upn) = d.names.users[0].clone();
        push(
            d.row("/users", "userPrincipalName", &upn),
            "/proxyAddresses",
            json!(address),
        );
    }),
    ("group_member_of_old", |d| {
        let mail = format!("mallory@{}", d.names.old_domain);
        let path = format!("/groups/{}/members", team());
        d.rows(&path).push(
            json!({ "@odata.type": USER, "id": id(2, 3), "displayName": "Mallory", "mail": mail }),
        );
    }),
    // Settings.
    ("sharing_open", |d| {
        let settings = d.one("/admin/sharepoint/settings");
        settings["sharingCapability"] = json!("externalUserAndGuestSharing");
    }),
    ("mail_into_channels", |d| {
        d.export("CsTeamsClientConfiguration")[0]["AllowEmailIntoChannel"] = json!(true);
    }),
    ("audit_off", |d| {
        d.export("AdminAuditLogConfig")[0]["UnifiedAuditLogIngestionEnabled"] = json!(false);
    }),
    ("strict_preset_off", |d| {
        d.export("EOPProtectionPolicyRule")[1]["State"] = json!("Disabled");
    }),
];
