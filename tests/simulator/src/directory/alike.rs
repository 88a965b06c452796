//! Look-alikes: what resembles a backdoor and is none. A clean tenant may have each of them, and all together.

use serde_json::{Value, json};

use super::apps::{GRANTS, PARTNERS, PRINCIPALS, owners, principal, principal_id};
use super::groups::{channel, item_permissions, team};
use super::people::{ACTIVE, EXCHANGE, in_role, user};
use super::planting::{delta, guest, partner, transport};
use super::policies::{CONDITIONAL, policy};
use super::{Directory, id};

type Plant = (&'static str, fn(&mut Directory));

/// A tenant of a friend, and a domain that only ends like the compromised one.
const FRIEND: &str = "f41e0000-0000-4000-8000-000000000001";

pub(super) const LOOK_ALIKES: &[Plant] = &[
    ("alike_guest_of_a_friend", |d| {
        let host = format!("b{}", d.names.old_domain);
        let upn = format!("carol_{host}#EXT#@newtenant.onmicrosoft.com");
        guest(d, &upn, &format!("carol@{host}"), "Guest");
    }),
    ("alike_vendor_app", |d| {
        let one = principal(&principal_id(201), &id(0x10, 80), "Signature Maker", FRIEND);
        d.rows(PRINCIPALS).push(one);
        let path = format!("{PRINCIPALS}/{}/synchronization/jobs", principal_id(201));
        d.say_rows(path, Vec::new());
        d.say_rows(owners(PRINCIPALS, &principal_id(201)), Vec::new());
    }),
    ("alike_app_owned_by_an_administrator", |d| {
        let upn = d.upn("adm-global-1").to_uppercase();
        d.rows(&owners("/applications", &id(0x40, 2)))
            .push(json!({ "id": id(1, 1), "userPrincipalName": upn }));
    }),
    ("alike_app_of_microsoft", |d| {
        let owner = "72f988bf-86f1-41af-91ab-2d7cd011db47";
        let one = principal(&principal_id(202), &id(0x10, 81), "Graph Explorer", owner);
        d.rows(PRINCIPALS).push(one);
        d.say_rows(owners(PRINCIPALS, &principal_id(202)), Vec::new());
    }),
    ("alike_rule_to_a_colleague", |d| {
        let (id, _) = d.names.users[0].clone();
        let to = d.names.users[1].1.clone();
        let actions = json!({ "forwardTo": [{ "emailAddress": { "address": to } }] });
        let path = format!("/users/{id}/mailFolders/inbox/messageRules");
        d.rows(&path)
            .push(json!({ "displayName": "to my deputy", "actions": actions }));
    }),
    ("alike_rule_for_newsletters", |d| {
        let path = format!(
            "/users/{}/mailFolders/inbox/messageRules",
            d.names.users[0].0
        );
        d.rows(&path).push(json!({
            "displayName": "newsletters",
            "conditions": { "senderContains": ["newsletter"] },
            "actions": { "delete": true, "stopProcessingRules": true },
        }));
    }),
    ("alike_shared_mailbox", |d| {
        let who = d.names.users[1].1.clone();
        let row = json!({
            "Identity": "office",
            "User": who,
            "AccessRights": ["FullAccess"],
            "Deny": false,
        });
        d.export("MailboxPermission").push(row);
    }),
    ("alike_denied", |d| {
        let row = json!({
            "Identity": "office",
            "User": "x@mail.invalid",
            "AccessRights": ["FullAccess"],
            "Deny": true,
        });
        d.export("MailboxPermission").push(row);
    }),
    ("alike_disabled_transport_rule", |d| {
        transport(
            d,
            json!({ "Name": "old copies", "State": "Disabled", "BlindCopyTo": ["x@mail.invalid"] }),
        );
    }),
    ("alike_external_banner", |d| {
        transport(
            d,
            json!({ "Name": "banner", "PrependSubject": "[External]" }),
        );
    }),
    ("alike_delegating_role", |d| {
        d.export("ManagementRoleAssignment").push(json!({
            "Role": "ApplicationImpersonation",
            "RoleAssigneeName": "Organization Management",
            "RoleAssignmentDelegationType": "DelegatingOrgWide",
        }));
    }),
    ("alike_description", |d| {
        let text = format!("moved here from {}", d.names.old_domain);
        d.row("/groups", "displayName", "Board")["description"] = json!(text);
    }),
    ("alike_job_title", |d| {
        let text = format!("formerly {}", d.names.old_domain);
        let (_, upn) = d.names.users[1].clone();
        d.row("/users", "userPrincipalName", &upn)["jobTitle"] = json!(text);
    }),
    ("alike_policy_on_trial", |d| {
        let mut one = policy("trial", &["block"]);
        one["state"] = json!("enabledForReportingButNotEnforced");
        one["conditions"]["users"]["excludeUsers"] = json!([]);
        d.rows(CONDITIONAL).push(one);
    }),
    ("alike_policy_for_some", |d| {
        let (id, _) = d.names.users[0].clone();
        let mut one = policy("terms of use", &["compliantDevice"]);
        one["conditions"]["users"]["includeUsers"] = json!([id]);
        d.rows(CONDITIONAL).push(one);
    }),
    ("alike_partner_without_trust", |d| {
        partner(d, FRIEND, |_| ());
    }),
    ("alike_grant_to_a_known_app", |d| {
        d.rows(GRANTS).push(json!({
            "id": "grant-2",
            "clientId": principal_id(4),
            "consentType": "Principal",
            "scope": "User.Read openid profile",
        }));
    }),
    ("alike_domain", |d| {
        let name = format!("b{}", d.names.old_domain);
        let row = json!({ "id": name, "authenticationType": "Managed", "isVerified": true });
        d.rows("/domains").push(row);
    }),
    ("alike_link_inside", |d| {
        let row = json!({ "id": "9", "link": { "scope": "organization", "type": "view" } });
        d.rows(&item_permissions()).push(row);
        let item = json!({ "id": "item-named", "name": format!("{}.docx", d.names.old_domain) });
        d.rows(&delta()).push(item);
    }),
    ("alike_store_app", |d| {
        let app = json!({ "displayName": "Polls", "distributionMethod": "store" });
        let path = format!("/teams/{}/installedApps", team());
        d.rows(&path).push(json!({ "id": "3", "teamsApp": app }));
    }),
    ("alike_tab", |d| {
        let url = format!("https://b{}/board", d.names.old_domain);
        let path = format!("/teams/{}/channels/{}/tabs", team(), channel());
        d.rows(&path)
            .push(json!({ "displayName": "Wiki", "configuration": { "websiteUrl": url } }));
    }),
    ("alike_device", |d| {
        let row = json!({
            "id": id(0x70, 9),
            "displayName": "OLD-EXAMPLE-PC",
            "trustType": "AzureAd",
            "onPremisesSyncEnabled": false,
        });
        d.rows("/devices").push(row);
    }),
    ("alike_leaver", |d| {
        let upn = d.upn("leaver");
        let mut one = user(d, &id(3, 1), &upn);
        one["accountEnabled"] = json!(false);
        one["mail"] = Value::Null;
        d.rows("/users").push(one);
        d.say_rows(format!("/users/{}/drives", id(3, 1)), Vec::new());
    }),
    ("alike_activation", |d| {
        let upn = d.upn("adm-exchange");
        let mut row = in_role(&id(1, 3), &upn, EXCHANGE);
        row["assignmentType"] = json!("Activated");
        row["startDateTime"] = json!("2026-11-28T08:00:00Z");
        row["endDateTime"] = json!("2026-11-28T12:00:00Z");
        d.rows(ACTIVE).push(row);
    }),
    ("alike_calendar_of_everybody", |d| {
        let path = format!("/users/{}/calendar/calendarPermissions", d.names.users[0].0);
        d.rows(&path).push(json!({
            "isInsideOrganization": false,
            "role": "freeBusyRead",
            "emailAddress": { "name": "Anyone" },
        }));
    }),
    ("alike_partner_row", |d| {
        let rows = d.rows(PARTNERS);
        if let Some(row) = rows.first_mut() {
            row["inboundTrust"] = json!({ "isMfaAccepted": false });
        }
    }),
];
