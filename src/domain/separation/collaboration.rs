//! S18 to S21 and S23: files, sites, teams, webhooks, connectors and devices.

use super::super::baseline::own_users;
use super::super::evidence::object::Object;
use super::super::finding::Look;

/// S18. Only items with the `shared` facet are asked for their permissions: five resource units each.
pub(super) fn sharing(look: &mut Look<'_>) {
    let mut drives = Vec::new();
    for id in own_users(look) {
        drives.extend(look.list(&format!("/users/{id}/drives")));
    }
    for site in look.list("/sites/getAllSites") {
        let id = site.text("id").unwrap_or_default();
        drives.extend(look.list(&format!("/sites/{id}/drives")));
    }
    for drive in drives {
        let id = drive.text("id").unwrap_or_default();
        for item in look.list(&format!("/drives/{id}/root/delta")) {
            if item.object("shared").is_none() {
                continue;
            }
            let item_id = item.text("id").unwrap_or_default();
            let name = item.name();
            for permission in look.list(&format!("/drives/{id}/items/{item_id}/permissions")) {
                check_permission(look, &name, permission);
            }
        }
    }
}

fn check_permission(look: &mut Look<'_>, item: &str, permission: Object<'_>) {
    match (permission.object("link"), permission.text("link.scope")) {
        (_, Some("anonymous")) => look.fail(item, "anybody with the link gets in"),
        (Some(_), None) => look.missing(item, "whom a link lets in is not in the answer"),
        _ => {}
    }
    for token in super::search::tokens_in(permission.value(), &look.expected().old) {
        look.fail(item, format!("{} is {}", token.place, token.text));
    }
}

/// S19.
pub(super) fn site_grants(look: &mut Look<'_>) {
    let expected = look.expected();
    for site in look.list("/sites/getAllSites") {
        let id = site.text("id").unwrap_or_default();
        for row in look.list(&format!("/sites/{id}/permissions")) {
            let grantees = row.objects("grantedToIdentitiesV2").into_iter();
            for grantee in grantees.chain(row.objects("grantedToIdentities")) {
                let Some(app) = grantee.object("application") else {
                    continue;
                };
                let app_id = app.text("id").unwrap_or_default();
                let is_known = expected
                    .apps
                    .iter()
                    .any(|one| one.app_id.eq_ignore_ascii_case(app_id));
                if !is_known {
                    look.fail(
                        site.name(),
                        format!(
                            "the unknown app {} has {}",
                            app.name(),
                            row.texts("roles").join(", ")
                        ),
                    );
                }
            }
        }
    }
}

/// S20.
pub(super) fn teams(look: &mut Look<'_>) {
    let groups = look.list("/groups");
    let is_team =
        |group: &&Object<'_>| group.texts("resourceProvisioningOptions").contains(&"Team");
    for group in groups.iter().filter(is_team) {
        let id = group.text("id").unwrap_or_default();
        let name = group.name();
        let team = format!("/teams/{id}");
        for app in look.list(&format!("{team}/installedApps")) {
            // `organization` and `sideloaded` apps are ones that somebody brought.
            let title = app
                .text("teamsApp.displayName")
                .unwrap_or("(an app without a name)");
            match app.text("teamsApp.distributionMethod") {
                Some("store") => {}
                Some(method) => look.fail(name.clone(), format!("app {title} is {method}")),
                None => look.missing(
                    name.clone(),
                    format!("where app {title} comes from is not in the answer"),
                ),
            }
        }
        for grant in look.list(&format!("{team}/permissionGrants")) {
            let client = grant
                .text("clientAppId")
                .or(grant.text("clientId"))
                .unwrap_or_default();
            let is_known = look
                .expected()
                .apps
                .iter()
                .any(|one| one.app_id.eq_ignore_ascii_case(client));
            if !is_known {
                let what = grant.text("permission").unwrap_or("a permission");
                look.fail(name.clone(), format!("the unknown app {client} has {what}"));
            }
        }
        for member in look.list(&format!("{team}/members")) {
            let old = &look.expected().old;
            let is_old = member.text("tenantId").is_some_and(|home| old.is_id(home))
                || member.text("email").is_some_and(|email| old.owns(email));
            if is_old {
                look.fail(
                    name.clone(),
                    format!("{} is a member from the compromised tenant", member.name()),
                );
            } else if member.text("tenantId").is_none() {
                look.missing(
                    name.clone(),
                    format!(
                        "the tenant of member {} is not in the answer",
                        member.name()
                    ),
                );
            }
        }
        channels(look, &team, &name);
    }
}

fn channels(look: &mut Look<'_>, team: &str, name: &str) {
    for channel in look.list(&format!("{team}/channels")) {
        let id = channel.text("id").unwrap_or_default();
        for tab in look.list(&format!("{team}/channels/{id}/tabs")) {
            for field in [
                "configuration.websiteUrl",
                "configuration.contentUrl",
                "configuration.removeUrl",
            ] {
                if let Some(url) = tab.text(field)
                    && super::search::names(url, &look.expected().old)
                {
                    look.fail(name, format!("tab {} shows {url}", tab.name()));
                }
            }
        }
        if channel.text("membershipType") != Some("shared") {
            continue;
        }
        for with in look.list(&format!("{team}/channels/{id}/sharedWithTeams")) {
            if with
                .text("tenantId")
                .is_some_and(|home| look.expected().old.is_id(home))
            {
                look.fail(
                    name,
                    format!(
                        "channel {} is shared with the compromised tenant",
                        channel.name()
                    ),
                );
            }
        }
    }
}

/// S21. An app sees only its own subscriptions: a person with the right looks at all of them and vouches.
pub(super) fn webhooks(look: &mut Look<'_>) {
    let expected = look.expected();
    for row in look.list("/subscriptions") {
        let url = row.text("notificationUrl").unwrap_or_default();
        let app = row.text("applicationId").unwrap_or_default();
        if super::search::names(url, &expected.old) {
            look.fail(row.name(), format!("reports to {url}"));
        } else if !expected
            .apps
            .iter()
            .any(|one| one.app_id.eq_ignore_ascii_case(app))
        {
            look.fail(row.name(), format!("belongs to the unknown app {app}"));
        }
    }
    look.attested("all-subscriptions");
}

/// S23. That devices were wiped and enrolled anew is vouched for, wave by wave; what can be read is read too.
pub(super) fn connectors_and_devices(look: &mut Look<'_>) {
    for row in look.list("/external/connections") {
        look.fail(row.name(), "is a connector in a tenant that needs none");
    }
    for device in look.list("/devices") {
        let from_forest = device.text("trustType") == Some("ServerAd");
        let synced = device.flag("onPremisesSyncEnabled") == Some(true);
        if from_forest || synced {
            look.fail(device.name(), "is joined to a directory on premises");
        }
        let old = &look.expected().old;
        for field in [
            "domainName",
            "hostnames",
            "physicalIds",
            "enrollmentProfileName",
        ] {
            for text in device.texts(field) {
                if super::search::names(text, old) {
                    look.fail(device.name(), format!("{field} is {text}"));
                }
            }
        }
    }
    look.attested("devices");
}
