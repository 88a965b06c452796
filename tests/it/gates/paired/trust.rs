//! Pairs of domains, guests, the organisation, and who vouches for whom.

use serde_json::{Value, json};

use super::super::documented::ROOTS;
use super::super::world::World;
use super::{Pair, USERS, bare, empty, grady, more, pair, planted, shaped};

fn domain(world: &mut World, changes: &Value) {
    let row = shaped(json!({ "id": "contoso.com" }), changes);
    more(world, "/domains", &row);
}

fn invited(world: &mut World) {
    let row = json!({
        "userPrincipalName": "contoso1_gmail.com#EXT#@microsoft.onmicrosoft.com",
        "mail": "contoso1@gmail.com",
        "displayName": "contoso1",
    });
    planted(world, "guest_of_old", USERS, &row);
}

fn from_gmail(world: &mut World) {
    world.expected.old.domains.push("gmail.com".to_owned());
}

fn company(world: &mut World, is_synced: &Value) {
    let row = json!({ "displayName": "Contoso", "onPremisesSyncEnabled": is_synced });
    more(world, "/organization", &row);
}

fn synced(row: &mut Value) {
    row["onPremisesSyncEnabled"] = json!(true);
}

pub(super) const TRUST: [Pair; 11] = [
    pair("C16", ("domain-list", 0), "/domains")
        .like(|world| {
            domain(
                world,
                &json!({ "authenticationType": "authenticationType-value" }),
            );
            bare(world, "/domains", "isVerified");
        })
        .lacks("contoso.com"),
    pair("C16", ("domain-list", 0), "/domains")
        .changed("managed, and not verified", |row| {
            row["authenticationType"] = json!("Managed");
            row["isVerified"] = json!(false);
        })
        .like(|world| domain(world, &json!({ "isVerified": false })))
        .fails("contoso.com"),
    pair("S10", ("domain-list", 0), "/domains")
        .changed("federated", |row| {
            row["authenticationType"] = json!("Federated");
        })
        .around(|world| {
            empty(
                world,
                "/domains/contoso.com/federationConfiguration".to_owned(),
            );
        })
        .like(|world| domain(world, &json!({ "authenticationType": "Federated" })))
        .fails("contoso.com"),
    pair("S16", ("domain-list", 0), "/domains")
        .changed("verified", |row| row["isVerified"] = json!(true))
        .around(|world| {
            let row = json!({
                "Identity": "boss",
                "User": "user1@contoso.com",
                "AccessRights": ["FullAccess"],
                "Deny": false,
            });
            let rights = world.directory.exports.get_mut("MailboxPermission");
            rights.expect("a section").push(row);
        })
        .like(|world| domain(world, &json!({}))),
    pair("C19", ("user-list", 0), USERS)
        .around(from_gmail)
        .like(invited)
        .fails("contoso1_gmail.com#EXT#"),
    pair("S5", ("user-list", 0), USERS)
        .around(from_gmail)
        .like(invited)
        .fails("contoso1_gmail.com#EXT#"),
    pair("C20", ("organization-list", 0), "/organization")
        .like(|world| {
            company(world, &json!(false));
            bare(world, "/organization", "onPremisesSyncEnabled");
        })
        .lacks("/organization"),
    pair("C20", ("organization-list", 0), "/organization")
        .changed("onPremisesSyncEnabled is there, and true", synced)
        .like(|world| company(world, &json!(true)))
        .fails("Contoso"),
    pair("S13", ("organization-list", 0), "/organization")
        .changed("onPremisesSyncEnabled is there, and true", synced)
        .like(|world| company(world, &json!(true)))
        .fails("Contoso"),
    pair("S12", ("certificatebasedauthconfiguration-list", 0), ROOTS)
        .around(|world| {
            world
                .expected
                .old
                .thumbprints
                .push("issuerSki-value".to_owned());
        })
        .like(|world| {
            let authority = json!({
                "isRootAuthority": true,
                "issuer": "issuer-value",
                "issuerSki": "issuerSki-value",
            });
            let row = json!({ "certificateAuthorities": [authority] });
            planted(world, "root_of_old", ROOTS, &row);
        })
        .fails("issuer-value"),
    pair("S15", ("user-list", 2), USERS)
        .like(|world| grady(world, &json!({})))
        .lacks("Get-Mailbox: GradyA@contoso.com"),
];
