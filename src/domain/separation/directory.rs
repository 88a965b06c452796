//! S1 to S13 and S22: the directory.

use std::collections::BTreeMap;

use super::super::baseline::{
    apps_of_old, guests_of_old, is_microsoft, is_write, open_by_default, rights, strange_owners,
    undeclared_federation,
};
use super::super::evidence::object::Object;
use super::super::finding::Look;

/// S1. Owners that are neither this tenant nor Microsoft are listed: they are no path from the compromised one by themselves.
pub(super) fn homed_apps(look: &mut Look<'_>) {
    for (app, why) in apps_of_old(look) {
        look.fail(app, why);
    }
    let own = &look.expected().tenant_id;
    for principal in look.list("/servicePrincipals") {
        if let Some(owner) = principal.text("appOwnerOrganizationId")
            && !owner.eq_ignore_ascii_case(own)
            && !is_microsoft(owner)
        {
            look.note(format!("{} is homed in {owner}", principal.name()));
        }
    }
}

/// S2.
pub(super) fn app_roles_held(look: &mut Look<'_>) {
    for (name, role, is_known) in rights(look) {
        if !is_known {
            look.fail(name, format!("holds {role} and is not declared"));
        }
    }
}

/// S3.
pub(super) fn delegated(look: &mut Look<'_>) {
    let expected = look.expected();
    let principals = look.list("/servicePrincipals");
    let by_id: BTreeMap<&str, Object<'_>> = principals
        .iter()
        .filter_map(|one| Some((one.text("id")?, *one)))
        .collect();
    for grant in look.list("/oauth2PermissionGrants") {
        let client = grant.text("clientId").unwrap_or_default();
        let principal = by_id.get(client);
        let app = principal.and_then(|one| one.text("appId"));
        let is_known = app.is_some_and(|id| {
            expected
                .apps
                .iter()
                .any(|app| app.app_id.eq_ignore_ascii_case(id))
        });
        let scope = grant.text("scope").unwrap_or_default().trim();
        let for_all = grant.text("consentType") == Some("AllPrincipals");
        let is_risky = scope.split_whitespace().any(is_write);
        if is_known || !(for_all || is_risky) {
            continue;
        }
        let name = principal.map_or_else(|| client.to_owned(), |one| one.name());
        let whom = if for_all { "everybody" } else { "somebody" };
        look.fail(name, format!("an unknown client has {scope} for {whom}"));
    }
}

/// S4. A thumbprint is compared in both of its forms: hex, and base64 as Graph writes `customKeyIdentifier`.
pub(super) fn app_keys(look: &mut Look<'_>) {
    let old = &look.expected().old;
    for path in ["/applications", "/servicePrincipals"] {
        for app in look.list(path) {
            let keys = app.objects("keyCredentials").into_iter();
            for key in keys.chain(app.objects("passwordCredentials")) {
                let ids = ["keyId", "customKeyIdentifier"];
                for id in ids.iter().filter_map(|field| key.text(field)) {
                    if old.has_key(id) {
                        look.fail(
                            app.name(),
                            format!("has the key {id} of the compromised tenant"),
                        );
                    }
                }
            }
        }
    }
    for app in look.list("/applications") {
        if let Some(audience) = app.text("signInAudience")
            && audience != "AzureADMyOrg"
        {
            look.fail(app.name(), format!("lets in other tenants: {audience}"));
        }
        let id = app.text("id").unwrap_or_default();
        for credential in look.list(&format!("/applications/{id}/federatedIdentityCredentials")) {
            for field in ["issuer", "subject"] {
                let text = credential.text(field).unwrap_or_default();
                if super::search::names(text, old) {
                    look.fail(app.name(), format!("takes tokens with {field} {text}"));
                }
            }
        }
    }
    // Who made the issuer and the subject is not to be seen in them: whatever nobody declared may be an intruder's.
    for (app, why) in undeclared_federation(look) {
        look.fail(app, why);
    }
    for (app, why) in strange_owners(look) {
        look.fail(app, why);
    }
}

/// S5.
pub(super) fn guests(look: &mut Look<'_>) {
    for (who, why) in guests_of_old(look) {
        look.fail(who, why);
    }
    for user in look.list("/users") {
        let upn = user.text("userPrincipalName").unwrap_or_default();
        if user.text("userType") == Some("Member") && upn.to_ascii_uppercase().contains("#EXT#") {
            look.fail(user.name(), "came from outside and is called a member");
        }
    }
}

/// S6.
pub(super) fn foreign_roles(look: &mut Look<'_>) {
    let own = &look.expected().tenant_id;
    for row in look.list("/roleManagement/directory/roleAssignments") {
        if let Some(home) = row.text("principalOrganizationId")
            && !home.eq_ignore_ascii_case(own)
        {
            let who = row.object("principal").map(Object::name);
            let who = who.or(row.text("principalId").map(str::to_owned));
            look.fail(
                who.unwrap_or_default(),
                format!("holds a role from tenant {home}"),
            );
        }
    }
}

const PARTNERS: &str = "/policies/crossTenantAccessPolicy/partners";

/// S7.
pub(super) fn cross_tenant(look: &mut Look<'_>) {
    const DEFAULT: &str = "/policies/crossTenantAccessPolicy/default";
    let old = &look.expected().old;
    for partner in look.list(PARTNERS) {
        let id = partner.text("tenantId").unwrap_or_default();
        if old.is_id(id) {
            look.fail(id, "the compromised tenant has a setting of its own");
        }
        for path in [
            "inboundTrust.isMfaAccepted",
            "automaticUserConsentSettings.inboundAllowed",
        ] {
            if partner.flag(path) == Some(true) {
                look.fail(id, format!("{path} is on for this tenant"));
            }
        }
        let sync = look.maybe(&format!("{PARTNERS}/{id}/identitySynchronization"));
        if sync.is_some_and(|sync| sync.flag("userSyncInbound.isSyncAllowed") == Some(true)) {
            look.fail(id, "may synchronise users into this tenant");
        }
        if partner.flag("isInMultiTenantOrganization") == Some(true) {
            look.fail(id, "is in a multi-tenant organisation with this tenant");
        }
    }
    if let Some(default) = look.one(DEFAULT) {
        for (object, path) in open_by_default(default) {
            look.fail(object, format!("{path}: holds for every tenant"));
        }
    }
}

/// S8.
pub(super) fn multi_tenant(look: &mut Look<'_>) {
    const PATH: &str = "/tenantRelationships/multiTenantOrganization";
    let Some(organization) = look.maybe(PATH) else {
        return;
    };
    if organization.text("state") != Some("active") {
        return;
    }
    let old = &look.expected().old;
    for tenant in look.list(&format!("{PATH}/tenants")) {
        if tenant.text("tenantId").is_some_and(|id| old.is_id(id)) {
            look.fail(organization.name(), "the compromised tenant is a member");
        }
    }
}

/// S9.
pub(super) fn sync_jobs(look: &mut Look<'_>) {
    for principal in look.list("/servicePrincipals") {
        // Microsoft's own apps synchronise nothing into a directory.
        if principal
            .text("appOwnerOrganizationId")
            .is_some_and(is_microsoft)
        {
            continue;
        }
        let id = principal.text("id").unwrap_or_default();
        for job in look.list(&format!("/servicePrincipals/{id}/synchronization/jobs")) {
            let template = job.text("templateId").unwrap_or_default();
            if template.starts_with("Azure2Azure") {
                look.fail(
                    principal.name(),
                    format!("job {} synchronises from another tenant", job.name()),
                );
            }
        }
    }
}

/// S10.
pub(super) fn federated(look: &mut Look<'_>) {
    let old = &look.expected().old;
    for domain in look.list("/domains") {
        let name = domain.text("id").unwrap_or("(without a name)");
        if look.text(domain, name, "authenticationType") != Some("Federated") {
            continue;
        }
        look.fail(name, "is federated");
        for row in look.list(&format!("/domains/{name}/federationConfiguration")) {
            for field in ["signingCertificate", "nextSigningCertificate"] {
                if row
                    .text(field)
                    .is_some_and(|certificate| old.has_key(certificate))
                {
                    look.fail(name, format!("{field} is one of the compromised tenant"));
                }
            }
            for field in ["issuerUri", "passiveSignInUri"] {
                let text = row.text(field).unwrap_or_default();
                if super::search::names(text, old) {
                    look.fail(name, format!("{field} is {text}"));
                }
            }
        }
    }
}

/// S11.
pub(super) fn identity_providers(look: &mut Look<'_>) {
    let old = &look.expected().old;
    for path in [
        "/identity/identityProviders",
        "/directory/federationConfigurations/graph.samlOrWsFedExternalDomainFederation",
        "/identity/b2xUserFlows",
    ] {
        for row in look.list(path) {
            for token in super::search::tokens_in(row.value(), old) {
                look.fail(row.name(), format!("{} is {}", token.place, token.text));
            }
        }
    }
}

/// S12. An authority that is not the old tenant's is for C16's likes to judge; in a fresh tenant there is none at all.
pub(super) fn certificate_roots(look: &mut Look<'_>) {
    let old = &look.expected().old;
    for organization in look.list("/organization") {
        let id = organization.text("id").unwrap_or_default();
        let path = format!("/organization/{id}/certificateBasedAuthConfiguration");
        for configuration in look.list(&path) {
            for authority in configuration.objects("certificateAuthorities") {
                let name = authority.text("issuer").or(authority.text("issuerSki"));
                let is_old = ["issuerSki", "certificate"]
                    .iter()
                    .filter_map(|field| authority.text(field))
                    .any(|key| old.has_key(key))
                    || !super::search::tokens_in(authority.value(), old).is_empty();
                if is_old {
                    look.fail(
                        name.unwrap_or("(no issuer)"),
                        "is an authority of the compromised tenant",
                    );
                }
            }
        }
    }
}

/// S13.
pub(super) fn directory_sync(look: &mut Look<'_>) {
    for organization in look.list("/organization") {
        if !organization.has("onPremisesSyncEnabled") {
            look.missing(
                "/organization",
                "onPremisesSyncEnabled is not in the answer",
            );
        }
        if organization.flag("onPremisesSyncEnabled") == Some(true) {
            look.fail(
                organization.name(),
                "is synchronised from a directory on premises",
            );
        }
    }
}

/// S22.
pub(super) fn partners(look: &mut Look<'_>) {
    for partner in look.list(PARTNERS) {
        if partner.flag("isServiceProvider") == Some(true) {
            look.fail(partner.name(), "is a service provider of this tenant");
        }
    }
    look.attested("partner-relationships");
}
