//! C24 and C25: SharePoint, OneDrive and Teams towards the outside.

use super::super::finding::Look;

/// C24 (MS.SHAREPOINT.1.1, 1.2, 2.1). An Anyone link cannot be made where sharing ends at existing guests.
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
        // As a number or by name, as the exporting tool has it.
        let sharing = tenant
            .number("ODBSharingCapability")
            .map(|number| number.to_string());
        let sharing = sharing.or(tenant.text("ODBSharingCapability").map(str::to_owned));
        match sharing.as_deref() {
            Some("0" | "3" | "Disabled" | "ExistingExternalUserSharingOnly") => {}
            Some(other) => look.fail("ODBSharingCapability", format!("is {other}")),
            None => look.missing("Get-SPOTenant", "ODBSharingCapability is not in the file"),
        }
        let link = tenant
            .number("DefaultSharingLinkType")
            .map(|number| number.to_string());
        let link = link.or(tenant.text("DefaultSharingLinkType").map(str::to_owned));
        match link.as_deref() {
            Some("1" | "Direct") => {}
            Some(other) => look.fail("DefaultSharingLinkType", format!("is {other}")),
            None => look.missing("Get-SPOTenant", "DefaultSharingLinkType is not in the file"),
        }
    }
}

/// C25 (MS.TEAMS.2.1, 4.1, 5.1 to 5.3).
pub(super) fn teams(look: &mut Look<'_>) {
    if let Some(federation) = look.setting("CsTenantFederationConfiguration") {
        let is_on = look.flag(
            federation,
            "Get-CsTenantFederationConfiguration",
            "AllowFederatedUsers",
        );
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
        let is_it = |row: &&super::super::evidence::object::Object<'_>| {
            row.text("SettingName") == Some(name)
        };
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
