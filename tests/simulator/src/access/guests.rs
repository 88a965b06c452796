//! Guests of the directory: invited by address, with a mail only where one is asked for; redeemed by nobody here.
//! <https://learn.microsoft.com/graph/api/invitation-post>

use serde_json::{Map, Value, json};

use super::Guest;
use crate::answer::{Answer, json_answer, refuse};
use crate::config::UserSpec;
use crate::request::Request;
use crate::tenant::{Tenant, User};

fn bad(message: &str) -> Answer {
    refuse(400, "BadRequest", message)
}

/// `POST /invitations`. Whoever was invited before is invited again under the same account.
pub(crate) fn invite(tenant: &mut Tenant, request: &Request) -> Result<Answer, Answer> {
    request.needs(&[
        "User.Invite.All",
        "User.ReadWrite.All",
        "Directory.ReadWrite.All",
    ])?;
    if request.method != "POST" {
        let message = "Specified HTTP method is not allowed.";
        return Err(refuse(405, "Request_BadRequest", message));
    }
    let body = request.json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (address, redirect) = (text("invitedUserEmailAddress"), text("inviteRedirectUrl"));
    if !address.contains('@') || redirect.is_empty() {
        return Err(bad(
            "invitedUserEmailAddress and inviteRedirectUrl are required.",
        ));
    }
    if tenant.user_index(address).is_some() {
        return Err(bad(
            "The invited user already exists in the directory as a member.",
        ));
    }
    let is_told = body.get("sendInvitationMessage") == Some(&Value::Bool(true));
    tenant.access.invitations.0 += 1;
    tenant.access.invitations.1 += u32::from(is_told);
    let id = match of_address(tenant, address) {
        Some(id) => id,
        None => add(tenant, address),
    };
    let kind = match text("invitedUserType") {
        "" => "Guest",
        other => other,
    };
    Ok(json_answer(
        201,
        json!({
            "id": tenant.seeded.guid(),
            "inviteRedeemUrl": format!("https://login.microsoftonline.com/redeem?rd={}",
                                       tenant.seeded.next()),
            "invitedUserDisplayName": null,
            "invitedUserEmailAddress": address,
            "invitedUserType": kind,
            "inviteRedirectUrl": redirect,
            "resetRedemption": false,
            "sendInvitationMessage": is_told,
            "status": "PendingAcceptance",
            "invitedUser": {"id": id},
        }),
    ))
}

fn of_address(tenant: &Tenant, address: &str) -> Option<String> {
    let mut guests = tenant.access.guests.iter();
    let found = guests.find(|(_, guest)| guest.address.eq_ignore_ascii_case(address));
    found.map(|(id, _)| id.clone())
}

fn add(tenant: &mut Tenant, address: &str) -> String {
    let spec = UserSpec {
        user_principal_name: format!("{}#EXT#@{}", address.replace('@', "_"), tenant.domain),
        display_name: address.to_owned(),
    };
    let now = tenant.clock.now();
    let id = tenant.add_user(&spec, now);
    let guest = Guest {
        address: address.to_owned(),
        came_in: false,
    };
    tenant.access.guests.insert(id.clone(), guest);
    id
}

/// Where a user's mail goes.
pub(crate) fn mail<'a>(tenant: &'a Tenant, user: &'a User) -> &'a str {
    let guest = tenant.access.guests.get(&user.id);
    guest.map_or(&user.upn, |guest| &guest.address)
}

/// What is shown of whether somebody is a guest, where it is selected.
pub(crate) fn shown(tenant: &Tenant, user: &User) -> Map<String, Value> {
    let guest = tenant.access.guests.get(&user.id);
    let state = guest.map(|guest| {
        if guest.came_in {
            "Accepted"
        } else {
            "PendingAcceptance"
        }
    });
    let kind = if guest.is_some() { "Guest" } else { "Member" };
    Map::from_iter([
        ("userType".to_owned(), kind.into()),
        ("externalUserState".to_owned(), state.into()),
    ])
}
