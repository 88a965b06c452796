//! How things are planted: rows added where Graph or an export would show them.

use serde_json::{Value, json};

use super::apps::{GRANTS, PARTNERS, PRINCIPALS, owners, principal, principal_id};
use super::groups::drive;
use super::people::user;
use super::{Directory, id};

/// Adds to a list inside of a row.
pub(super) fn push(row: &mut Value, pointer: &str, value: Value) {
    match row.pointer_mut(pointer) {
        Some(Value::Array(list)) => list.push(value),
        _ => panic!("{pointer} is a list of the clean tenant"),
    }
}

/// A service principal of somebody else; it synchronises nothing.
pub(super) fn foreign(directory: &mut Directory, name: &str, app: &str, owner: &str) {
    let id = principal_id(200);
    let row = principal(&id, app, name, owner);
    directory.rows(PRINCIPALS).push(row);
    directory.say_rows(owners(PRINCIPALS, &id), Vec::new());
    directory.say_rows(
        format!("{PRINCIPALS}/{id}/synchronization/jobs"),
        Vec::new(),
    );
}

pub(super) fn grant(directory: &mut Directory, consent: &str, scope: &str) {
    directory.rows(GRANTS).push(json!({
        "id": "grant-1",
        "clientId": principal_id(200),
        "consentType": consent,
        "resourceId": principal_id(101),
        "scope": scope,
    }));
}

pub(super) fn federate(directory: &mut Directory, issuer: &str, certificate: &str) {
    directory.rows("/domains").push(json!({
        "id": "sso.new.example",
        "authenticationType": "Federated",
        "isVerified": true,
    }));
    directory.say_rows(
        "/domains/sso.new.example/federationConfiguration",
        vec![json!({
            "id": "1",
            "issuerUri": issuer,
            "passiveSignInUri": issuer,
            "signingCertificate": certificate,
            "federatedIdpMfaBehavior": "acceptIfMfaDoneByFederatedIdp",
        })],
    );
}

pub(super) fn partner(directory: &mut Directory, tenant: &str, change: impl Fn(&mut Value)) {
    let mut row = json!({
        "tenantId": tenant,
        "isServiceProvider": false,
        "isInMultiTenantOrganization": false,
        "inboundTrust": null,
        "automaticUserConsentSettings": { "inboundAllowed": false },
    });
    change(&mut row);
    directory.rows(PARTNERS).push(row);
    let path = format!("{PARTNERS}/{tenant}/identitySynchronization");
    directory.say(
        path,
        json!({ "userSyncInbound": { "isSyncAllowed": false } }),
    );
}

pub(super) fn guest(directory: &mut Directory, upn: &str, mail: &str, kind: &str) {
    let mut row = user(directory, &id(2, 2), upn);
    row["userType"] = json!(kind);
    row["mail"] = json!(mail);
    row["proxyAddresses"] = json!([]);
    row["imAddresses"] = json!([]);
    row["accountEnabled"] = json!(kind != "Member");
    directory.rows("/users").push(row);
    if kind == "Member" {
        let base = format!("/users/{}", id(2, 2));
        directory.say_rows(format!("{base}/mailFolders/inbox/messageRules"), Vec::new());
        directory.say_rows(format!("{base}/drives"), Vec::new());
        directory.say_rows(format!("{base}/calendar/calendarPermissions"), Vec::new());
        directory.export("Mailbox").push(json!({
            "PrimarySmtpAddress": mail,
            "ForwardingSmtpAddress": null,
            "ForwardingAddress": null,
        }));
    }
}

pub(super) fn rule(directory: &mut Directory, actions: Value, conditions: Value) {
    let path = format!(
        "/users/{}/mailFolders/inbox/messageRules",
        directory.names.users[0].0
    );
    let mut row = json!({ "id": "rule-1", "displayName": ".", "isEnabled": true });
    row["conditions"] = conditions;
    row["actions"] = actions;
    directory.rows(&path).push(row);
}

pub(super) fn transport(directory: &mut Directory, changes: Value) {
    let mut row = json!({
        "Name": "legal copy",
        "State": "Enabled",
        "RedirectMessageTo": null,
        "BlindCopyTo": null,
        "CopyTo": null,
        "AddToRecipients": null,
        "RouteMessageOutboundConnector": null,
        "DeleteMessage": false,
        "SetSCL": null,
    });
    if let (Some(row), Value::Object(changes)) = (row.as_object_mut(), changes) {
        row.extend(changes);
    }
    directory.export("TransportRule").push(row);
}

/// The drive whose items are shared.
pub(super) fn delta() -> String {
    format!("/drives/{}/root/delta", drive())
}
