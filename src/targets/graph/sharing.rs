//! Permissions of files in a user's drive: closed while nobody sees them, opened by name without a mail, read back.
//! <https://learn.microsoft.com/graph/api/driveitem-invite>

use serde_json::{Value, json};

use super::call::Call;
use super::sites::drive_of;
use super::{Graph, failure, id_of, segment};
use crate::targets::{TargetError, TargetId, TargetUser};

/// Whom a permission lets in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LetIn {
    /// Whoever has the link.
    Anyone,
    /// A group of the directory, by object id.
    Group(String),
    /// Everybody in the organisation.
    Organisation,
    /// This program's own application, as a site shows it.
    OwnApplication,
    /// Somebody whom this program cannot name: a group of the site, an application, an address without an account.
    Other(String),
    /// A user or guest, by object id.
    User(String),
}

/// One permission of an item, its own or taken over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// Whom.
    pub who: LetIn,
    /// `read`, `write`, `owner`, or what Graph calls it.
    pub role: String,
}

/// A list that does not end is no list.
const PAGES_MAX: usize = 50;

pub(super) fn path_of(user: &TargetUser, item: &TargetId) -> String {
    format!("{}/items/{}", drive_of(user), segment(&item.0))
}

impl Graph {
    /// The item at a path below the drive's root; the root itself for an empty one.
    pub async fn drive_item(
        &self,
        user: &TargetUser,
        names: &[String],
    ) -> Result<Option<TargetId>, TargetError> {
        let operation = "GET /users/{id}/drive/root:/{path}";
        let below: Vec<String> = names.iter().map(|name| segment(name)).collect();
        let root = format!("{}/root", drive_of(user));
        let path = if below.is_empty() {
            format!("{root}?$select=id")
        } else {
            format!("{root}:/{}?$select=id", below.join("/"))
        };
        match self.session.json(Call::get(operation, path)).await {
            Ok(answer) => id_of(operation, &answer.body).map(Some),
            Err(error) if error.status == 404 && error.code == "itemNotFound" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether an item of that id is in the drive.
    pub async fn has_drive_item(
        &self,
        user: &TargetUser,
        item: &TargetId,
    ) -> Result<bool, TargetError> {
        let operation = "GET /users/{id}/drive/items/{id}";
        let path = format!("{}?$select=id", path_of(user, item));
        match self.session.json(Call::get(operation, path)).await {
            Ok(_) => Ok(true),
            Err(error) if error.status == 404 && error.code == "itemNotFound" => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives an item a scope of its own in which nobody is but the drive's owner. Doing it again changes nothing: what is
    /// retained is asked only when an item is shared for the first time.
    pub async fn close_item(&self, owner: &TargetUser, item: &TargetId) -> Result<(), TargetError> {
        self.invite(owner, item, &owner.id, ("write", false)).await
    }

    /// Lets somebody in, by object id; no mail is sent, and what the item takes over stays.
    pub async fn open_item(
        &self,
        owner: &TargetUser,
        item: &TargetId,
        who: &str,
        role: &str,
    ) -> Result<(), TargetError> {
        self.invite(owner, item, who, (role, true)).await
    }

    async fn invite(
        &self,
        owner: &TargetUser,
        item: &TargetId,
        who: &str,
        (role, retain): (&str, bool),
    ) -> Result<(), TargetError> {
        let body = json!({
            "recipients": [{"objectId": who}],
            "roles": [role],
            "requireSignIn": true,
            "sendInvitation": false,
            "retainInheritedPermissions": retain,
        });
        let operation = "POST /users/{id}/drive/items/{id}/invite";
        let path = format!("{}/invite", path_of(owner, item));
        self.session
            .json(Call::post(operation, path, &body))
            .await?;
        Ok(())
    }

    /// Every permission of an item, those that it takes over among them.
    pub async fn permissions(
        &self,
        owner: &TargetUser,
        item: &TargetId,
    ) -> Result<Vec<Permission>, TargetError> {
        let operation = "GET /users/{id}/drive/items/{id}/permissions";
        let found = self
            .list(operation, format!("{}/permissions", path_of(owner, item)))
            .await?;
        let mut permissions = Vec::new();
        for one in &found {
            let role = highest_role(one);
            let everybody = match one["link"]["scope"].as_str() {
                Some("anonymous") => Some(LetIn::Anyone),
                Some("organization") => Some(LetIn::Organisation),
                _ => None,
            };
            let listed = one["grantedToIdentitiesV2"]
                .as_array()
                .into_iter()
                .flatten();
            let single = [&one["grantedToV2"]];
            let named = single
                .into_iter()
                .chain(listed)
                .filter(|who| !who.is_null());
            let who: Vec<LetIn> = match everybody {
                Some(everybody) => vec![everybody],
                None => named.map(let_in).collect(),
            };
            // Somebody whom nothing names is somebody all the same.
            let who = if who.is_empty() {
                vec![LetIn::Other("unnamed".to_owned())]
            } else {
                who
            };
            permissions.extend(who.into_iter().map(|who| Permission {
                who,
                role: role.clone(),
            }));
        }
        Ok(permissions)
    }

    /// Object ids of the direct members of a group, and whether each is a group; `None` where there is no such group.
    pub async fn group_members(
        &self,
        group: &str,
    ) -> Result<Option<Vec<(String, bool)>>, TargetError> {
        let operation = "GET /groups/{id}/members";
        let path = format!("groups/{}/members?$select=id", segment(group));
        let found = match self.list(operation, path).await {
            Ok(found) => found,
            Err(error) if error.status == 404 => return Ok(None),
            Err(error) => return Err(error),
        };
        let members = found.iter().map(|member| {
            let id = id_of(operation, member)?;
            let kind = member["@odata.type"].as_str().unwrap_or_default();
            Ok((id.0, kind == "#microsoft.graph.group"))
        });
        members.collect::<Result<_, _>>().map(Some)
    }

    pub(super) async fn list(
        &self,
        operation: &'static str,
        path: String,
    ) -> Result<Vec<Value>, TargetError> {
        let mut found = Vec::new();
        let mut next = path;
        for _ in 0..PAGES_MAX {
            let answer = self.session.json(Call::get(operation, next)).await?;
            let page = answer.body["value"].as_array();
            let page = page.ok_or_else(|| failure::contract(operation, "no value"))?;
            found.extend(page.iter().cloned());
            let Some(link) = answer.body["@odata.nextLink"].as_str() else {
                return Ok(found);
            };
            // A link that leads elsewhere would carry the token there.
            let below = link.strip_prefix(&self.session.base);
            let below = below.and_then(|below| below.strip_prefix('/'));
            let elsewhere = || failure::contract(operation, "the next page is elsewhere");
            next = String::from(below.ok_or_else(elsewhere)?);
        }
        Err(failure::contract(operation, "the list does not end"))
    }
}

/// A permission has several roles, in no order: what is none of the two that are known counts for the most.
fn highest_role(permission: &Value) -> String {
    let roles = permission["roles"].as_array().into_iter().flatten();
    let roles = roles.map(|role| role.as_str().unwrap_or_default());
    let rank = |role: &str| match role {
        "read" => 0,
        "write" => 1,
        _ => 2,
    };
    let highest = roles.max_by_key(|role| rank(role));
    highest.unwrap_or_default().to_owned()
}

fn let_in(identity: &Value) -> LetIn {
    let id = |kind: &str| identity[kind]["id"].as_str().map(str::to_owned);
    if let Some(user) = id("user") {
        return LetIn::User(user);
    }
    if let Some(group) = id("group") {
        return LetIn::Group(group);
    }
    let kinds = ["siteGroup", "siteUser", "application", "device"];
    let other = kinds
        .iter()
        .find_map(|kind| Some(format!("{kind} {}", id(kind)?)));
    LetIn::Other(other.unwrap_or_else(|| "unnamed".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_roles_the_highest_counts() {
        for (roles, found) in [
            (json!(["read", "write"]), "write"),
            (json!(["write", "read"]), "write"),
            (json!(["read"]), "read"),
            (json!(["read", "owner", "write"]), "owner"),
            (json!([]), ""),
        ] {
            assert_eq!(highest_role(&json!({ "roles": roles })), found);
        }
    }
}
