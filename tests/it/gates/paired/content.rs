//! Pairs of mailboxes, calendars, groups, files, sites, teams, webhooks and devices.

use serde_json::{Value, json};

use super::super::documented::{ITEM, MEMBERS, RULES, SITE, TABS};
use super::super::world::{World, app};
use super::{Pair, bare, empty, more, pair, planted};

const CALENDAR: &str = "/users/u5e00000-0000-4000-8000-000000000001/calendar/calendarPermissions";
const TEAM_APPS: &str = "/teams/51710060-0000-4000-8000-000000000001/installedApps";
const TEAM_GRANTS: &str = "/teams/51710060-0000-4000-8000-000000000001/permissionGrants";

fn forwards(world: &mut World) {
    let to = json!([{ "emailAddress": { "address": "AlexW@contoso.onmicrosoft.com" } }]);
    let row = json!({ "displayName": "From partner", "actions": { "forwardTo": to } });
    planted(world, "rule_forwards_to_old", RULES, &row);
}

/// The documented groups, as the simulator writes one; whoever is in them is asked for too.
fn golfers(world: &mut World) {
    for (id, name, address, proxies) in GOLFERS {
        let row = json!({
            "id": id,
            "displayName": name,
            "mail": address,
            "proxyAddresses": proxies,
            "resourceProvisioningOptions": [],
        });
        more(world, "/groups", &row);
    }
}

type Golfer = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const GOLFERS: [Golfer; 2] = [
    (
        "45b7d2e7-b882-4a80-ba97-10b7a63b8fa4",
        "Golf Assist",
        "golfassist@contoso.com",
        &[
            "smtp:golfassist@contoso.onmicrosoft.com",
            "SMTP:golfassist@contoso.com",
        ],
    ),
    (
        "d7797254-3084-44d0-99c9-a3b5ab149538",
        "Golf Discussion",
        "golftalk@contoso.com",
        &[
            "smtp:golftalk@contoso.onmicrosoft.com",
            "SMTP:golftalk@contoso.com",
        ],
    ),
];

fn nobody_in_them(world: &mut World) {
    for (id, ..) in GOLFERS {
        empty(world, format!("/groups/{id}/members"));
        empty(world, format!("/groups/{id}/owners"));
    }
}

fn delegate(world: &mut World, is_inside: bool) {
    let row = json!({
        "isInsideOrganization": is_inside,
        "role": "write",
        "emailAddress": { "name": "Adele Vance", "address": "AdeleV@contoso.OnMicrosoft.com" },
    });
    planted(world, "calendar_delegate", CALENDAR, &row);
}

fn anybody(row: &mut Value) {
    if row["link"].is_object() {
        row["link"]["scope"] = json!("anonymous");
    }
}

pub(super) const CONTENT: [Pair; 14] = [
    pair("C22", ("mailfolder-list-messagerules", 0), RULES)
        .like(forwards)
        .fails("rule From partner"),
    pair("S14", ("mailfolder-list-messagerules", 0), RULES)
        .like(forwards)
        .fails("rule From partner"),
    pair("S17", ("calendarpermission-update", 0), CALENDAR).like(|world| delegate(world, true)),
    pair("S17", ("calendarpermission-update", 0), CALENDAR)
        .changed("of somebody outside", |row| {
            row["isInsideOrganization"] = json!(false);
        })
        .like(|world| delegate(world, false))
        .fails("alice@new.example"),
    pair("C28", ("group-list", 0), "/groups")
        .around(nobody_in_them)
        .like(golfers)
        .fails("Golf Assist"),
    pair("S24", ("group-list", 0), "/groups")
        .around(nobody_in_them)
        .like(golfers)
        .fails("Golf Discussion"),
    pair("S18", ("driveitem-list-permissions", 0), ITEM)
        .like(|world| {
            let link = json!({ "link": { "type": "edit" } });
            planted(world, "anonymous_link", ITEM, &link);
        })
        .lacks("budget.xlsx"),
    pair("S18", ("driveitem-list-permissions", 0), ITEM)
        .changed("its links are for anybody", anybody)
        .like(|world| planted(world, "anonymous_link", ITEM, &json!({})))
        .fails("budget.xlsx"),
    pair("S19", ("site-list-permissions", 0), SITE)
        .like(|world| {
            for (name, role) in [
                ("Contoso Time Manager App", "read"),
                ("Fabrikam Dashboard App", "write"),
            ] {
                let grantee = json!({ "application": { "id": app(69), "displayName": name } });
                let row = json!({ "roles": [role], "grantedToIdentitiesV2": [grantee] });
                planted(world, "site_grant", SITE, &row);
            }
        })
        .fails("Board"),
    pair("S20", ("channel-list-tabs", 0), TABS)
        .like(|world| {
            let url = "https://www.contoso.com/Orders/2DCA2E6C7A10415CAF6B8AB6661B3154";
            let configuration = json!({
                "websiteUrl": url,
                "contentUrl": format!("{url}/tabView"),
                "removeUrl": format!("{url}/uninstallTab"),
            });
            let name = "My Contoso Tab - updated";
            let row = json!({ "displayName": name, "configuration": configuration });
            planted(world, "team_tab_of_old", TABS, &row);
        })
        .fails("Board"),
    pair("S20", ("team-list-members", 0), MEMBERS)
        .like(|world| {
            for name in ["Adele Vance", "MOD Administrator", "Harry Johnson"] {
                let row = json!({ "displayName": name });
                planted(world, "team_member_of_old", MEMBERS, &row);
                bare(world, MEMBERS, "tenantId");
            }
        })
        .lacks("Board"),
    pair("S20", ("team-list-installedapps", 2), TEAM_APPS)
        .like(|world| {
            let app = json!({ "displayName": "YPA", "distributionMethod": "sideloaded" });
            planted(world, "team_app", TEAM_APPS, &json!({ "teamsApp": app }));
        })
        .fails("Board"),
    pair("S21", ("subscription-list", 0), "/subscriptions")
        .like(|world| {
            let row = json!({
                "id": "0fc0d6db-0073-42e5-a186-853da75fb308",
                "applicationId": "24d3b144-21ae-4080-943f-7067b395b913",
                "notificationUrl": "https://webhookappexample.azurewebsites.net/api/notifications",
            });
            planted(world, "webhook_of_nobody", "/subscriptions", &row);
        })
        .fails("0fc0d6db"),
    pair("S23", ("user-list-registereddevices", 0), "/devices")
        .changed("joined to a directory on premises", |row| {
            row["trustType"] = json!("ServerAd");
        })
        .like(|world| {
            let row = json!({ "id": "id-value", "displayName": null, "trustType": "ServerAd" });
            more(world, "/devices", &row);
        })
        .fails("id-value"),
];

pub(super) const CONSENTED: [Pair; 1] =
    [pair("S20", ("group-list-permissiongrants", 0), TEAM_GRANTS)
        .like(|world| {
            for (client, permission) in [
                (
                    "fdebf36e-8b3a-4b00-99fb-2e4d1da706d6",
                    "TeamMember.Read.Group",
                ),
                (
                    "fdebf36e-8b3a-4b00-99fb-2e4d1da706d6",
                    "TeamsTab.Create.Group",
                ),
                (
                    "69024002-35ae-4574-a219-f261183580b4",
                    "TeamMember.Read.Group",
                ),
            ] {
                let row = json!({ "clientAppId": client, "permission": permission });
                planted(world, "team_grant", TEAM_GRANTS, &row);
            }
        })
        .fails("Board")];
