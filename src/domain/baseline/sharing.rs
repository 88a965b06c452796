//! C24 and C25: SharePoint, OneDrive and Teams towards the outside.

use super::super::evidence::object::Object;
use super::super::finding::Look;

/// C24 (MS.SHAREPOINT.1.1, 1.2, 2.1, 2.2). An Anyone link cannot be made where sharing ends at existing guests.
pub(super) fn sites(look: &mut Look<'_>) {
    const SETTINGS: &str = "/admin/sharepoint/settings";
    if let Some(settings) = look.one(SETTINGS) {
        if let Some(sharing) = look.text(settings, SETTINGS, "sharingCapability")
            && !["disabled", "existingExternalUserSharingOnly"].contains(&sharing)
        {
            look.fail("sharingCapability", format!("is {sharing}"));
        }
        if look.flag(settings, SETTINGS, "isLegacyAuthProtocolsEnabled") == Some(true) {
            look.fail(
                "isLegacyAuthProtocolsEnabled",
                "SharePoint takes legacy authentication",
            );
        }
    }
    if let Some(tenant) = look.setting("SPOTenant") {
        for (name, allowed) in [
            (
                "ODBSharingCapability",
                &["0", "3", "Disabled", "ExistingExternalUserSharingOnly"][..],
            ),
            ("DefaultSharingLinkType", &["1", "Direct"]),
            ("DefaultLinkPermission", &["1", "View"]),
        ] {
            is_one_of(look, tenant, name, allowed);
        }
    }
}

/// A setting as a number or by name, as the exporting tool has it.
fn is_one_of(look: &mut Look<'_>, tenant: Object<'_>, name: &str, allowed: &[&str]) {
    let number = tenant.number(name).map(|number| number.to_string());
    match number.or(tenant.text(name).map(str::to_owned)) {
        Some(value) if allowed.contains(&&*value) => {}
        Some(other) => look.fail(name, format!("is {other}")),
        None => look.missing("Get-SPOTenant", format!("{name} is not in the file")),
    }
}

/// C25 (MS.TEAMS.2.1 to 2.3, 4.1, 5.1 to 5.3).
pub(super) fn teams(look: &mut Look<'_>) {
    if let Some(federation) = look.setting("CsTenantFederationConfiguration") {
        const GET: &str = "Get-CsTenantFederationConfiguration";
        let is_on = look.flag(federation, GET, "AllowFederatedUsers");
        let named = federation
            .object("AllowedDomains")
            .is_some_and(|domains| domains.is_filled("AllowedDomain"))
            || federation
                .texts("AllowedDomains")
                .iter()
                .any(|text| *text != "AllowAllKnownDomains");
        if is_on == Some(true) && !named {
            look.fail("AllowFederatedUsers", "Teams talks to every domain");
        }
        let unmanaged = look.flag(federation, GET, "AllowTeamsConsumer");
        let inbound = look.flag(federation, GET, "AllowTeamsConsumerInbound");
        if unmanaged == Some(true) {
            look.fail(
                "AllowTeamsConsumer",
                "users may write to accounts that no organisation manages",
            );
            // Without the former nobody of them gets through, whatever stands here.
            if inbound == Some(true) {
                look.fail(
                    "AllowTeamsConsumerInbound",
                    "accounts that no organisation manages may write first",
                );
            }
        }
    }
    if let Some(client) = look.setting("CsTeamsClientConfiguration")
        && look.flag(
            client,
            "Get-CsTeamsClientConfiguration",
            "AllowEmailIntoChannel",
        ) == Some(true)
    {
        look.fail("AllowEmailIntoChannel", "channels take e-mail");
    }
    let settings = look.section("TeamsTenantAppSetting");
    let read = look.evidence().section("TeamsTenantAppSetting").is_ok();
    for name in ["GlobalApp", "PrivateApp"] {
        let is_it = |row: &&Object<'_>| row.text("SettingName") == Some(name);
        match settings
            .iter()
            .find(is_it)
            .and_then(|row| row.text("SettingValue"))
        {
            Some("None") => {}
            Some(value) => look.fail(name, format!("{value} apps may be installed")),
            None if read => look.missing(
                "TeamsTenantAppSetting",
                format!("{name} is not in the file"),
            ),
            None => {}
        }
    }
}
