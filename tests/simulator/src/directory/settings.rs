//! The organisation, its domains, and SharePoint's settings.

use serde_json::json;

use super::Directory;

pub(super) fn add(directory: &mut Directory) {
    let domain = directory.names.domain.clone();
    let tenant = directory.names.tenant_id.clone();
    directory.say_rows(
        "/organization",
        vec![json!({
            "id": tenant,
            "displayName": "New",
            "onPremisesSyncEnabled": null,
            "verifiedDomains": [{ "name": domain }],
        })],
    );
    let managed = |name: &str, is_initial: bool| {
        json!({
            "id": name,
            "authenticationType": "Managed",
            "isVerified": true,
            "isInitial": is_initial,
            "isDefault": !is_initial,
        })
    };
    directory.say_rows(
        "/domains",
        vec![
            managed(&domain, false),
            managed("newtenant.onmicrosoft.com", true),
        ],
    );
    directory.say_rows(
        format!("/organization/{tenant}/certificateBasedAuthConfiguration"),
        Vec::new(),
    );
    directory.say(
        "/admin/sharepoint/settings",
        json!({ "sharingCapability": "disabled", "isLegacyAuthProtocolsEnabled": false }),
    );
}
