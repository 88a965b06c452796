//! What an administrator would export from Exchange, SharePoint and Teams: Graph does not show it.

use serde_json::{Value, json};

use super::Directory;

pub(super) fn add(directory: &mut Directory) {
    let mailboxes: Vec<Value> = directory
        .names
        .users
        .iter()
        .map(|(_, upn)| {
            json!({
                "PrimarySmtpAddress": upn,
                "ForwardingSmtpAddress": null,
                "ForwardingAddress": null,
                "DeliverToMailboxAndForward": false,
            })
        })
        .collect();
    let own: Vec<Value> = directory
        .names
        .users
        .iter()
        .map(|(_, upn)| {
            json!({
                "Identity": upn,
                "User": "NT AUTHORITY\\SELF",
                "AccessRights": ["FullAccess"],
                "Deny": false,
            })
        })
        .collect();
    directory.exports.insert("Mailbox".to_owned(), mailboxes);
    directory
        .exports
        .insert("MailboxPermission".to_owned(), own);
    add_mail_flow(directory);
    add_settings(directory);
}

fn add_mail_flow(directory: &mut Directory) {
    let domain = directory.names.domain.clone();
    let mut export = |noun: &str, rows: Vec<Value>| {
        directory.exports.insert(noun.to_owned(), rows);
    };
    export("RecipientPermission", Vec::new());
    export(
        "MailboxFolderPermission",
        vec![
            json!({ "Identity": "inbox", "User": "Default", "AccessRights": ["None"] }),
            json!({ "Identity": "inbox", "User": "Anonymous", "AccessRights": ["None"] }),
        ],
    );
    export("TransportRule", Vec::new());
    export("InboundConnector", Vec::new());
    export("OutboundConnector", Vec::new());
    export(
        "RemoteDomain",
        vec![json!({ "Name": "Default", "DomainName": "*", "AutoForwardEnabled": false })],
    );
    export("OrganizationRelationship", Vec::new());
    export("MigrationEndpoint", Vec::new());
    export(
        "TransportConfig",
        vec![json!({ "SmtpClientAuthenticationDisabled": true })],
    );
    export(
        "AdminAuditLogConfig",
        vec![json!({ "UnifiedAuditLogIngestionEnabled": true })],
    );
    export(
        "OrganizationConfig",
        vec![json!({ "AuditDisabled": false })],
    );
    export("ManagementRoleAssignment", Vec::new());
    export(
        "DomainRecord",
        vec![json!({
            "Domain": domain,
            "Spf": "v=spf1 include:spf.protection.outlook.com -all",
            "Dmarc": "v=DMARC1; p=reject; rua=mailto:dmarc@new.example",
            "Dkim": true,
        })],
    );
}

fn add_settings(directory: &mut Directory) {
    let mut export = |noun: &str, rows: Vec<Value>| {
        directory.exports.insert(noun.to_owned(), rows);
    };
    export(
        "SPOTenant",
        vec![json!({
            "ODBSharingCapability": "Disabled",
            "DefaultSharingLinkType": "Direct",
            "DefaultLinkPermission": "View",
        })],
    );
    export(
        "CsTenantFederationConfiguration",
        vec![json!({
            "AllowFederatedUsers": false,
            "AllowedDomains": null,
            "AllowTeamsConsumer": false,
            "AllowTeamsConsumerInbound": false,
        })],
    );
    export(
        "CsTeamsClientConfiguration",
        vec![json!({ "AllowEmailIntoChannel": false })],
    );
    export(
        "TeamsTenantAppSetting",
        vec![
            json!({ "SettingName": "GlobalApp", "SettingValue": "None" }),
            json!({ "SettingName": "PrivateApp", "SettingValue": "None" }),
        ],
    );
    for noun in ["EOPProtectionPolicyRule", "ATPProtectionPolicyRule"] {
        export(
            noun,
            vec![
                preset("Standard Preset Security Policy"),
                preset("Strict Preset Security Policy"),
            ],
        );
    }
}

/// A preset that covers everybody, as `Get-EOPProtectionPolicyRule` shows it.
fn preset(name: &str) -> Value {
    json!({
        "Identity": name,
        "State": "Enabled",
        "SentTo": null,
        "SentToMemberOf": null,
        "RecipientDomainIs": null,
        "ExceptIfSentTo": null,
        "ExceptIfSentToMemberOf": null,
        "ExceptIfRecipientDomainIs": null,
    })
}
