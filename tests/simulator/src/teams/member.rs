//! Members of teams, channels and chats. Nobody comes or goes while a team is migrated into.
//! <https://learn.microsoft.com/graph/api/team-post-members>

use serde_json::{Value, json};

use super::{Team, bad, method, no_team};
use crate::answer::{Answer, json_answer, page, refuse};
use crate::request::Request;
use crate::tenant::Tenant;

const READ: [&str; 4] = [
    "TeamMember.Read.All",
    "TeamMember.ReadWrite.All",
    "ChannelMember.Read.All",
    "ChannelMember.ReadWrite.All",
];

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) id: String,
    /// The object id.
    pub(super) user: String,
    pub(super) is_owner: bool,
}

impl Member {
    pub(super) fn new(tenant: &Tenant, user: &str, is_owner: bool) -> Self {
        // Opaque, and the same for the same user: base64 of both ids, in Teams.
        let id = format!("MCMj{}{user}", tenant.id.replace('-', ""));
        Self {
            id,
            user: user.to_owned(),
            is_owner,
        }
    }

    pub(super) fn shown(&self, tenant: &Tenant) -> Value {
        let known = tenant.users.iter().find(|user| user.id == self.user);
        let roles: &[&str] = if self.is_owner { &["owner"] } else { &[] };
        json!({
            "@odata.type": "#microsoft.graph.aadUserConversationMember",
            "id": self.id,
            "roles": roles,
            "displayName": known.map(|user| &user.display_name),
            "userId": self.user,
            "email": known.map(|user| &user.upn),
            "tenantId": tenant.id,
        })
    }
}

/// A member as a request names one; whoever is not in the directory is refused.
pub(super) fn read(tenant: &Tenant, value: &Value) -> Result<Member, Answer> {
    if value["@odata.type"] != "#microsoft.graph.aadUserConversationMember" {
        return Err(bad("The member's @odata.type is missing."));
    }
    let url = value["user@odata.bind"].as_str().unwrap_or_default();
    let id = url
        .split_once("/users('")
        .and_then(|(_, rest)| rest.strip_suffix("')"))
        .ok_or_else(|| bad("user@odata.bind names no user."))?;
    let user = tenant
        .users
        .iter()
        .find(|user| user.id == id && user.site.is_none());
    let user = user.ok_or_else(|| refuse(404, "NotFound", "The user was not found."))?;
    let roles = value["roles"].as_array();
    let roles = roles.ok_or_else(|| bad("roles is required."))?;
    let is_owner = roles.iter().any(|role| role == "owner");
    if roles.iter().any(|role| role != "owner" && role != "guest") {
        return Err(bad("The role is not known."));
    }
    Ok(Member::new(tenant, &user.id.clone(), is_owner))
}

/// `/teams/{id}/members`.
pub(super) fn of_team(
    tenant: &mut Tenant,
    request: &Request,
    id: &str,
    rest: &[&str],
) -> Result<Answer, Answer> {
    match (&*request.method, rest) {
        ("GET", []) => {
            request.needs(&READ)?;
            let members = &tenant.teams.known(id)?.members;
            let is_hidden = |one: &&Member| tenant.teams.hidden.as_ref() == Some(&one.user);
            let listed = members.iter().filter(|one| !is_hidden(one));
            let shown: Vec<Value> = listed.map(|one| one.shown(tenant)).collect();
            if shown.len() < members.len() {
                tenant.teams.hidden = None;
            }
            page(shown, request, &tenant.base, 100)
        }
        ("POST", []) => {
            request.needs(&["TeamMember.ReadWrite.All"])?;
            let member = read(tenant, &Value::Object(request.json()?))?;
            let known = tenant.teams.all.iter_mut().find(|team| team.id == id);
            let team = known.ok_or_else(no_team)?;
            check_open(team)?;
            put(&mut team.members, member.clone())?;
            let group = tenant.access.groups.iter_mut().find(|group| group.id == id);
            if let Some(group) = group {
                if !group.members.contains(&member.user) {
                    group.members.push(member.user.clone());
                }
                if member.is_owner && !group.owners.contains(&member.user) {
                    group.owners.push(member.user.clone());
                }
            }
            Ok(json_answer(201, member.shown(tenant)))
        }
        _ => Err(method()),
    }
}

pub(super) fn check_open(team: &Team) -> Result<(), Answer> {
    if team.is_closed() {
        return Err(refuse(
            403,
            "Forbidden",
            "Members cannot be changed while the team is in migration mode.",
        ));
    }
    Ok(())
}

/// `/teams/{id}/channels/{id}/members`, of a channel that has its own.
pub(super) fn of_channel(
    tenant: &mut Tenant,
    request: &Request,
    (id, channel): (&str, &str),
) -> Result<Answer, Answer> {
    match &*request.method {
        "GET" => {
            request.needs(&READ)?;
            let team = tenant.teams.known(id)?;
            let found = team.known_channel(channel)?;
            let is_standard = found.membership == "standard";
            let members = if is_standard {
                &team.members
            } else {
                &found.members
            };
            let shown = members.iter().map(|one| one.shown(tenant)).collect();
            page(shown, request, &tenant.base, 100)
        }
        "POST" => {
            request.needs(&["ChannelMember.ReadWrite.All"])?;
            let member = read(tenant, &Value::Object(request.json()?))?;
            let team = tenant.teams.team(id)?;
            let is_in_team = team.members.iter().any(|one| one.user == member.user);
            let found = team.channel(channel)?;
            match &*found.membership {
                "standard" => return Err(bad("A standard channel has its team's members.")),
                "private" if !is_in_team => {
                    return Err(bad("Members of a private channel are members of its team."));
                }
                _ => {}
            }
            if found.thread.is_migrating() {
                return Err(refuse(
                    403,
                    "Forbidden",
                    "Members cannot be changed while the channel is in migration mode.",
                ));
            }
            put(&mut found.members, member.clone())?;
            Ok(json_answer(201, member.shown(tenant)))
        }
        _ => Err(method()),
    }
}

fn put(members: &mut Vec<Member>, member: Member) -> Result<(), Answer> {
    match members.iter_mut().find(|known| known.user == member.user) {
        None => members.push(member),
        Some(known) if !known.is_owner && member.is_owner => known.is_owner = true,
        Some(_) => return Err(bad("The user is a member already.")),
    }
    Ok(())
}
