//! C22 and C23: where mail goes on its own.

use super::super::evidence::object::Object;
use super::super::finding::Look;
use super::known::{own_mailboxes, owned_domains};
use super::trust_edges::names_old;

/// C22 (MS.EXO.1.1).
pub(super) fn forwarding(look: &mut Look<'_>) {
    for domain in look.section("RemoteDomain") {
        let name = domain.name();
        if look.flag(
            domain,
            &format!("Get-RemoteDomain: {name}"),
            "AutoForwardEnabled",
        ) == Some(true)
        {
            look.fail(name, "lets mail be forwarded automatically");
        }
    }
    for (mailbox, why) in forwarded_by_smtp(look) {
        look.fail(mailbox, why);
    }
    for (rule, why) in forwarding_rules(look) {
        look.fail(rule, why);
    }
    for row in look.section("MailboxFolderPermission") {
        let user = row.text("User").unwrap_or_default();
        let rights = row.texts("AccessRights");
        let is_open = rights
            .iter()
            .any(|right| !["None", "AvailabilityOnly"].contains(right));
        if ["Default", "Anonymous"].contains(&user) && is_open {
            look.fail(row.name(), format!("{user} has {}", rights.join(", ")));
        }
    }
}

/// Mailboxes that forward without a rule: Graph does not show it.
pub(crate) fn forwarded_by_smtp(look: &mut Look<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let rows = look.section("Mailbox");
    if look.evidence().section("Mailbox").is_ok() {
        // A mailbox that was left out of the export forwards unseen.
        for (address, name) in addresses(look) {
            let is_it = |row: &Object<'_>| {
                row.text("PrimarySmtpAddress")
                    .is_some_and(|one| one.eq_ignore_ascii_case(address))
            };
            if !rows.iter().any(is_it) {
                look.missing(
                    format!("Get-Mailbox: {name}"),
                    "the mailbox is not in the file",
                );
            }
        }
    }
    for mailbox in rows {
        for field in ["ForwardingSmtpAddress", "ForwardingAddress"] {
            if mailbox.is_filled(field) {
                let to = mailbox.text(field).unwrap_or("somebody");
                found.push((mailbox.name(), format!("{field} is {to}")));
            }
        }
    }
    found
}

fn addresses<'a>(look: &mut Look<'a>) -> Vec<(&'a str, String)> {
    let ids = own_mailboxes(look);
    let users = look.list("/users").into_iter();
    let own = users.filter(|user| ids.iter().any(|(id, _)| user.text("id") == Some(id)));
    own.filter_map(|user| Some((user.text("mail")?, user.name())))
        .collect()
}

/// Inbox rules that send mail out of the tenant, or make it vanish.
pub(crate) fn forwarding_rules(look: &mut Look<'_>) -> Vec<(String, String)> {
    let own = owned_domains(look);
    let mut found = Vec::new();
    for (id, name) in own_mailboxes(look) {
        for rule in look.list(&format!("/users/{id}/mailFolders/inbox/messageRules")) {
            let title = format!("{name}: rule {}", rule.name());
            for action in ["forwardTo", "redirectTo", "forwardAsAttachmentTo"] {
                for recipient in rule.objects(&format!("actions.{action}")) {
                    let address = recipient
                        .text("emailAddress.address")
                        .unwrap_or("(no address)");
                    if !own.owns(address) {
                        found.push((title.clone(), format!("{action} {address}")));
                    }
                }
            }
            if rule.flag("actions.permanentDelete") == Some(true) || hides(rule) {
                found.push((title, "makes mail vanish".to_owned()));
            }
        }
    }
    found
}

/// A rule that deletes everything that comes in: the owner would never see it. One with a condition is the owner's tidiness.
fn hides(rule: Object<'_>) -> bool {
    let deletes = rule.flag("actions.delete") == Some(true);
    let narrowed = rule.object("conditions").is_some_and(|conditions| {
        let fields = conditions.value().as_object();
        fields.is_some_and(|fields| fields.keys().any(|name| conditions.is_filled(name)))
    });
    deletes && !narrowed
}

/// C23 (MS.EXO.2 to 4).
pub(super) fn transport(look: &mut Look<'_>) {
    for (rule, why) in unreviewed(look) {
        look.fail(rule, why);
    }
    for row in look.section("DomainRecord") {
        let name = row.text("Domain").unwrap_or("(without a name)").to_owned();
        let records = |field: &str| row.texts(field);
        if !records("Spf")
            .iter()
            .any(|one| one.starts_with("v=spf1") && one.contains("-all"))
        {
            look.fail(name.clone(), "no SPF record that fails everybody else");
        }
        let rejects = |one: &&str| {
            let mut tags = one.split(';').map(|tag| tag.replace(' ', ""));
            one.starts_with("v=DMARC1") && tags.any(|tag| tag == "p=reject")
        };
        let dmarc = records("Dmarc");
        if !dmarc.iter().any(|one| one.starts_with("v=DMARC1")) {
            look.fail(name.clone(), "no DMARC record");
        } else if !dmarc.iter().any(rejects) {
            look.fail(name.clone(), "its DMARC record does not reject");
        }
        match row.flag("Dkim") {
            Some(true) => {}
            Some(false) => look.fail(name, "DKIM is off"),
            None => look.missing(name, "whether DKIM is on could not be had"),
        }
    }
}

/// Transport rules and connectors that nobody reviewed and that send mail elsewhere or past the filters.
pub(crate) fn unreviewed(look: &mut Look<'_>) -> Vec<(String, String)> {
    const ELSEWHERE: [&str; 8] = [
        "RedirectMessageTo",
        "BlindCopyTo",
        "CopyTo",
        "AddToRecipients",
        "AddManagerAsRecipientType",
        "RouteMessageOutboundConnector",
        "GenerateIncidentReport",
        "DeleteMessage",
    ];
    let mut found = Vec::new();
    for rule in look.section("TransportRule") {
        let is_on = rule.text("State") != Some("Disabled");
        if !is_on || is_reviewed(look, rule) {
            continue;
        }
        for action in ELSEWHERE.iter().filter(|action| rule.is_filled(action)) {
            found.push((rule.name(), format!("{action}, and nobody reviewed it")));
        }
        // Spam confidence -1 lets mail past every filter.
        if rule.number("SetSCL") == Some(-1) {
            found.push((rule.name(), "SetSCL -1, and nobody reviewed it".to_owned()));
        }
    }
    for noun in ["InboundConnector", "OutboundConnector"] {
        for connector in look.section(noun) {
            let is_on = connector.flag("Enabled") != Some(false);
            let fields = [
                "SenderDomains",
                "RecipientDomains",
                "SmartHosts",
                "TlsSenderCertificateName",
                "TlsDomain",
            ];
            let texts: Vec<&str> = fields
                .iter()
                .flat_map(|field| connector.texts(field))
                .collect();
            // One that names the compromised tenant is C18's.
            let is_old = texts.iter().any(|text| names_old(look, text));
            if is_on && !is_old && !is_reviewed(look, connector) {
                found.push((connector.name(), format!("Get-{noun}: nobody reviewed it")));
            }
        }
    }
    found
}

fn is_reviewed(look: &Look<'_>, row: Object<'_>) -> bool {
    look.expected().reviewed.contains(&row.name())
}
