//! S14 to S17: mailboxes and calendars. What Graph does not show comes from an evidence file.

use super::super::baseline::{
    forwarded_by_smtp, forwarding_rules, own_mailboxes, owned_domains, unreviewed,
};
use super::super::finding::Look;

/// S14.
pub(super) fn rules(look: &mut Look<'_>) {
    for (rule, why) in forwarding_rules(look) {
        look.fail(rule, why);
    }
}

/// S15.
pub(super) fn smtp_forwarding(look: &mut Look<'_>) {
    for (mailbox, why) in forwarded_by_smtp(look) {
        look.fail(mailbox, why);
    }
}

/// S16. Full access inside of the tenant is how shared mailboxes work; a trustee whom the tenant does not know is a path.
pub(super) fn transport_and_full_access(look: &mut Look<'_>) {
    for (rule, why) in unreviewed(look) {
        look.fail(rule, why);
    }
    for noun in ["InboundConnector", "OutboundConnector"] {
        for row in look.section(noun) {
            for token in super::search::tokens_in(row.value(), &look.expected().old) {
                look.fail(row.name(), format!("{} is {}", token.place, token.text));
            }
        }
    }
    for row in look.section("RemoteDomain") {
        let domain = row.text("DomainName").unwrap_or_default();
        let trusted = row.flag("TrustedMailInboundEnabled") == Some(true);
        if look.expected().old.owns(domain.trim_start_matches("*.")) && domain != "*" {
            look.fail(row.name(), format!("a remote domain for {domain}"));
        } else if trusted {
            look.fail(row.name(), "mail from there is trusted");
        }
    }
    let own = owned_domains(look);
    for (noun, trustee) in [
        ("MailboxPermission", "User"),
        ("RecipientPermission", "Trustee"),
    ] {
        for row in look.section(noun) {
            let who = row.text(trustee).unwrap_or("(nobody named)");
            let is_self = who.eq_ignore_ascii_case("NT AUTHORITY\\SELF");
            let is_denied = row.flag("Deny") == Some(true);
            if !is_self && !is_denied && !own.owns(who) {
                let rights = row.texts("AccessRights").join(", ");
                look.fail(row.name(), format!("{who} has {rights}"));
            }
        }
    }
}

/// S17.
pub(super) fn calendar_delegates(look: &mut Look<'_>) {
    for (id, name) in own_mailboxes(look) {
        for row in look.list(&format!("/users/{id}/calendar/calendarPermissions")) {
            let who = row
                .text("emailAddress.address")
                .or(row.text("emailAddress.name"));
            let role = row.text("role").unwrap_or("(no role)");
            let is_none = ["none", "freeBusyRead"].contains(&role);
            if row.flag("isInsideOrganization") == Some(false) && !is_none {
                look.fail(
                    name.clone(),
                    format!("{} has {role} on the calendar", who.unwrap_or("somebody")),
                );
            }
        }
    }
}
