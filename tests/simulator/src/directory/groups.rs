//! Groups, teams, sites, drives and what hangs on them.

use serde_json::json;

use super::{Directory, id};

/// The type of a person in a team.
pub(super) const MEMBER: &str = "#microsoft.graph.aadUserConversationMember";

pub(super) fn team() -> String {
    id(0x60, 1)
}

pub(super) fn channel() -> String {
    "19:general@thread.tacv2".to_owned()
}

pub(super) fn drive() -> String {
    "b!drive-1".to_owned()
}

pub(super) fn site() -> String {
    "new.sharepoint.com,1,1".to_owned()
}

pub(super) fn item_permissions() -> String {
    format!("/drives/{}/items/item-shared/permissions", drive())
}

pub(super) fn add(directory: &mut Directory) {
    let team_id = team();
    let address = directory.upn("board");
    let members: Vec<_> = directory
        .names
        .users
        .iter()
        .map(|(id, upn)| {
            json!({
                "@odata.type": "#microsoft.graph.user",
                "id": id,
                "displayName": upn,
                "userPrincipalName": upn,
                "mail": upn,
            })
        })
        .collect();
    directory.say_rows(
        "/groups",
        vec![json!({
            "id": team_id,
            "displayName": "Board",
            "description": "The board",
            "mail": address,
            "mailEnabled": true,
            "groupTypes": ["Unified"],
            "proxyAddresses": [format!("SMTP:{address}")],
            "resourceProvisioningOptions": ["Team"],
        })],
    );
    directory.say_rows(format!("/groups/{team_id}/members"), members.clone());
    directory.say_rows(
        format!("/groups/{team_id}/owners"),
        members.into_iter().take(1).collect(),
    );
    let tenant = directory.names.tenant_id.clone();
    let people = directory.names.users.clone();
    let people = people.iter().map(|(id, upn)| {
        json!({
            "@odata.type": MEMBER,
            "userId": id,
            "displayName": upn,
            "email": upn,
            "tenantId": tenant,
            "roles": [],
        })
    });
    let people = people.collect();
    let team = format!("/teams/{team_id}");
    directory.say_rows(format!("{team}/members"), people);
    directory.say_rows(
        format!("{team}/installedApps"),
        vec![json!({
            "id": "1",
            "teamsApp": { "displayName": "Planner", "distributionMethod": "store" },
        })],
    );
    directory.say_rows(format!("{team}/permissionGrants"), Vec::new());
    directory.say_rows(
        format!("{team}/channels"),
        vec![json!({ "id": channel(), "displayName": "General", "membershipType": "standard" })],
    );
    directory.say_rows(format!("{team}/channels/{}/tabs", channel()), Vec::new());
    add_files(directory);
}

fn add_files(directory: &mut Directory) {
    directory.say_rows(
        "/sites/getAllSites",
        vec![json!({ "id": site(), "displayName": "Board" })],
    );
    directory.say_rows(format!("/sites/{}/permissions", site()), Vec::new());
    directory.say_rows(
        format!("/sites/{}/drives", site()),
        vec![json!({ "id": drive(), "name": "Documents" })],
    );
    for (number, (user, _)) in (1..).zip(directory.names.users.clone()) {
        let own = format!("b!user-{number}");
        directory.say_rows(
            format!("/users/{user}/drives"),
            vec![json!({ "id": own, "name": "OneDrive" })],
        );
        directory.say_rows(format!("/drives/{own}/root/delta"), Vec::new());
    }
    directory.say_rows(
        format!("/drives/{}/root/delta", drive()),
        vec![
            json!({ "id": "item-plain", "name": "minutes.docx" }),
            json!({ "id": "item-shared", "name": "budget.xlsx", "shared": { "scope": "users" } }),
        ],
    );
    let reader = format!("i:0#.f|membership|{}", directory.upn("board"));
    directory.say_rows(
        item_permissions(),
        vec![json!({
            "id": "1",
            "roles": ["read"],
            "grantedToV2": { "siteUser": { "displayName": "Board", "loginName": reader } },
        })],
    );
    directory.say_rows("/external/connections", Vec::new());
    directory.say_rows(
        "/devices",
        vec![json!({
            "id": id(0x70, 1),
            "displayName": "NEW-LAPTOP-1",
            "trustType": "AzureAd",
            "onPremisesSyncEnabled": null,
        })],
    );
}
