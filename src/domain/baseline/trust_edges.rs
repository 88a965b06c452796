//! C16 to C21: whom the clean tenant trusts.

use super::super::evidence::object::Object;
use super::super::finding::Look;

/// C16. In a fresh tenant any federation is a finding: one that must be is waived, object by object, with an end.
pub(super) fn domains(look: &mut Look<'_>) {
    for domain in look.list("/domains") {
        let name = domain.text("id").unwrap_or("(without a name)");
        match domain.text("authenticationType") {
            Some("Managed") => {}
            Some("Federated") => federated(look, name),
            other => look.missing(
                name,
                format!(
                    "authenticationType is {}",
                    other.unwrap_or("not in the answer")
                ),
            ),
        }
        if look.flag(domain, name, "isVerified") == Some(false) {
            look.fail(name, "is not verified");
        }
    }
}

fn federated(look: &mut Look<'_>, domain: &str) {
    let path = format!("/domains/{domain}/federationConfiguration");
    let rows = look.list(&path);
    look.fail(domain, "is federated");
    for row in rows {
        let issuer = row.text("issuerUri").unwrap_or("(no issuer)");
        look.fail(domain, format!("trusts the issuer {issuer}"));
        // The key that a forged token of the old tenant would carry.
        if issuer.contains("any.sts") {
            look.fail(domain, "takes tokens of any issuer (any.sts)");
        }
        if row.text("federatedIdpMfaBehavior") == Some("acceptIfMfaDoneByFederatedIdp") {
            look.fail(domain, "takes the issuer's word for MFA");
        }
    }
}

pub(super) const PARTNERS: &str = "/policies/crossTenantAccessPolicy/partners";

/// C17. Graph shows a partner tenant its customers, not a customer its partners: somebody looks in the admin centre.
pub(super) fn partners(look: &mut Look<'_>) {
    for partner in look.list(PARTNERS) {
        if partner.flag("isServiceProvider") == Some(true) {
            look.fail(partner.name(), "is a service provider of this tenant");
        }
    }
    let own = &look.expected().tenant_id;
    for row in look.list(super::known::ASSIGNMENTS) {
        let home = row.text("principalOrganizationId");
        if home.is_some_and(|home| !home.eq_ignore_ascii_case(own)) {
            let who = row.object("principal").map(Object::name);
            let who = who.or(row.text("principalId").map(str::to_owned));
            look.fail(
                who.unwrap_or_default(),
                format!("holds a role from tenant {}", home.unwrap_or_default()),
            );
        }
    }
    look.attested("partner-relationships");
}

/// C18.
pub(super) fn old_tenant(look: &mut Look<'_>) {
    const DEFAULT: &str = "/policies/crossTenantAccessPolicy/default";
    let old = &look.expected().old;
    for partner in look.list(PARTNERS) {
        if partner.text("tenantId").is_some_and(|id| old.is_id(id)) {
            look.fail(
                partner.name(),
                "the compromised tenant has a cross-tenant access setting of its own",
            );
        }
    }
    if let Some(default) = look.one(DEFAULT) {
        for (object, path) in open_by_default(default) {
            look.fail(
                object,
                format!("{path}: holds for every tenant, the compromised one too"),
            );
        }
        if !default.has("inboundTrust") {
            look.missing(DEFAULT, "inboundTrust is not in the answer");
        }
    }
    for (noun, fields) in [
        (
            "OrganizationRelationship",
            &["DomainNames", "TargetApplicationUri", "OAuthApplicationId"][..],
        ),
        (
            "MigrationEndpoint",
            &["RemoteServer", "RemoteTenant", "ApplicationId"][..],
        ),
        (
            "InboundConnector",
            &["SenderDomains", "TlsSenderCertificateName"][..],
        ),
        (
            "OutboundConnector",
            &["RecipientDomains", "SmartHosts", "TlsDomain"][..],
        ),
    ] {
        for row in look.section(noun) {
            for text in fields.iter().flat_map(|field| row.texts(field)) {
                if names_old(look, text) {
                    look.fail(row.name(), format!("Get-{noun} names {text}"));
                }
            }
        }
    }
}

/// What the default setting lets in from every tenant.
pub(crate) fn open_by_default(default: Object<'_>) -> Vec<(&'static str, &'static str)> {
    const DIRECT: &str = "b2bDirectConnectInbound.usersAndGroups.accessType";
    let mut open = Vec::new();
    for path in [
        "inboundTrust.isMfaAccepted",
        "inboundTrust.isCompliantDeviceAccepted",
        "inboundTrust.isHybridAzureADJoinedDeviceAccepted",
        "automaticUserConsentSettings.inboundAllowed",
    ] {
        if default.flag(path) == Some(true) {
            open.push(("crossTenantAccessPolicy/default", path));
        }
    }
    if default.text(DIRECT) == Some("allowed") {
        open.push(("crossTenantAccessPolicy/default", DIRECT));
    }
    open
}

/// Whether a text of a setting names the compromised tenant. Exchange writes `smtp:old.example;1` and `*.old.example`.
pub(crate) fn names_old(look: &Look<'_>, text: &str) -> bool {
    let old = &look.expected().old;
    let cut = |letter: char| ";,/ <>\"'".contains(letter);
    text.split(cut).any(|part| {
        let part = part.trim_start_matches("*.");
        let host = part.rsplit(':').next().unwrap_or(part);
        old.owns(host) || old.is_id(host) || old.has_app(host)
    })
}

/// C19 (MS.AAD.8.1 to 8.3).
pub(super) fn guests(look: &mut Look<'_>) {
    const RESTRICTED: [&str; 2] = [
        "2af84b1e-32c8-42b7-82bc-daa82404023b",
        "10dae51f-b6af-4016-8d66-8c2a99b929b3",
    ];
    const POLICY: &str = "/policies/authorizationPolicy";
    if let Some(policy) = look.one(POLICY) {
        if let Some(role) = look.text(policy, POLICY, "guestUserRoleId")
            && !RESTRICTED.contains(&role)
        {
            look.fail(
                "guestUserRoleId",
                format!("guests may read the directory as {role}"),
            );
        }
        if let Some(from) = look.text(policy, POLICY, "allowInvitesFrom")
            && !["adminsAndGuestInviters", "none"].contains(&from)
        {
            look.fail("allowInvitesFrom", format!("{from} may invite guests"));
        }
    }
    for (who, why) in guests_of_old(look) {
        look.fail(who, why);
    }
}

/// Users who came from the compromised tenant, guests or not.
pub(crate) fn guests_of_old(look: &mut Look<'_>) -> Vec<(String, String)> {
    let old = &look.expected().old;
    let mut found = Vec::new();
    for user in look.list("/users") {
        let upn = user.text("userPrincipalName").unwrap_or_default();
        let is_guest =
            user.text("userType") == Some("Guest") || upn.to_ascii_lowercase().contains("#ext#");
        if old.invited(upn) {
            found.push((
                user.name(),
                "was invited from the compromised tenant".to_owned(),
            ));
        } else if is_guest && user.text("mail").is_some_and(|mail| old.owns(mail)) {
            found.push((
                user.name(),
                "is a guest with an address of the compromised tenant".to_owned(),
            ));
        }
        for identity in user.objects("identities") {
            let issuer = identity.text("issuer").unwrap_or_default();
            if old.owns(issuer) {
                found.push((user.name(), format!("signs in through {issuer}")));
            }
        }
    }
    found
}

/// C20.
pub(super) fn hybrid(look: &mut Look<'_>) {
    for organization in look.list("/organization") {
        let name = organization.name();
        if !organization.has("onPremisesSyncEnabled") {
            look.missing(
                "/organization",
                "onPremisesSyncEnabled is not in the answer",
            );
        }
        if organization.flag("onPremisesSyncEnabled") == Some(true) {
            look.fail(name, "is synchronised from a directory on premises");
        }
    }
}

/// C21.
pub(super) fn foreign_apps(look: &mut Look<'_>) {
    for (app, why) in apps_of_old(look) {
        look.fail(app, why);
    }
}

/// Service principals that belong to the compromised tenant.
pub(crate) fn apps_of_old(look: &mut Look<'_>) -> Vec<(String, String)> {
    let old = &look.expected().old;
    let mut found = Vec::new();
    for principal in look.list("/servicePrincipals") {
        if !principal.has("appOwnerOrganizationId") {
            look.missing(
                principal.name(),
                "appOwnerOrganizationId is not in the answer",
            );
        }
        if principal
            .text("appOwnerOrganizationId")
            .is_some_and(|id| old.is_id(id))
        {
            found.push((
                principal.name(),
                "is homed in the compromised tenant".to_owned(),
            ));
        } else if principal.text("appId").is_some_and(|id| old.has_app(id)) {
            found.push((
                principal.name(),
                "has an app id of the compromised tenant".to_owned(),
            ));
        }
    }
    found
}
