//! Who may do what in a site, by SharePoint's own calls: inheritance broken without members, role assignments made and read.
//! Whom they let in, and why, is not known here.
//! <https://learn.microsoft.com/sharepoint/dev/sp-add-ins/set-custom-permissions-on-a-list-by-using-the-rest-interface>

use reqwest::Method;
use serde_json::{Value, json};

use super::super::call::{Call, Payload};
use super::super::sharing::path_of as path_of_file;
use super::super::{Graph, failure, segment};
use super::{DRIVE, rest};
use crate::targets::{TargetError, TargetId, TargetUser};

/// What can have rights of its own in a site: a library or list, or an item of one by its number there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Securable {
    /// The id of the library or list.
    pub list: String,
    /// The number of the item; none for the whole.
    pub number: Option<u32>,
}

/// Whom a role assignment names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// Whoever has a link, or anybody at all.
    Anyone,
    /// An application, by its claim.
    App(String),
    /// A group of the directory, by object id.
    Group(String),
    /// Everybody in the organisation.
    Organisation,
    /// Somebody whom nothing here names.
    Other(String),
    /// A group of the site, by its number.
    SiteGroup(u32),
    /// A user or guest, by principal name.
    User(String),
}

/// One role assignment, its own or taken over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// Whom.
    pub holder: Holder,
    /// `read`, `write` or `owner`.
    pub role: &'static str,
}

/// The numbers of a site's roles, by what they allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleNumbers {
    /// Read.
    pub read: u32,
    /// Contribute.
    pub write: u32,
    /// Full control.
    pub full: u32,
}

/// `RoleTypeKind`: <https://learn.microsoft.com/dotnet/api/microsoft.sharepoint.client.roletype>.
const LIMITED: u64 = 1;
const READER: u64 = 2;
const CONTRIBUTOR: u64 = 3;
const ADMINISTRATOR: u64 = 5;
const EDITOR: u64 = 6;
/// `PrincipalType`: <https://learn.microsoft.com/dotnet/api/microsoft.sharepoint.client.utilities.principaltype>.
const SHAREPOINT_GROUP: u64 = 8;

const USER: &str = "i:0#.f|membership|";
const SECURITY_GROUP: &str = "c:0t.c|tenant|";
const UNIFIED_GROUP: &str = "c:0o.c|federateddirectoryclaimprovider|";

impl Securable {
    fn path(&self) -> String {
        match self.number {
            Some(number) => rest::item_path(&self.list, &number.to_string()),
            None => rest::list_path(&self.list),
        }
    }
}

/// The site that an owner of files is, or that its library lies in.
fn site_of(owner: &TargetUser) -> TargetUser {
    let address = owner.user_principal_name.trim_end_matches('/');
    let above = address.rsplit_once('/').map_or(address, |(above, _)| above);
    let is_library = owner.id.starts_with(DRIVE);
    TargetUser {
        id: owner.id.clone(),
        user_principal_name: if is_library { above } else { address }.to_owned(),
    }
}

impl Graph {
    /// Whether SharePoint's own interface takes this application: one that proves itself by a certificate.
    pub fn takes_sharepoint(&self) -> bool {
        self.session.takes_rest
    }

    async fn role_call(
        &self,
        owner: &TargetUser,
        operation: &'static str,
        (method, path): (Method, &str),
        body: Payload,
    ) -> Result<Value, TargetError> {
        let site = site_of(owner);
        let call = rest::call(&self.session, &site, operation, method, path, body)?;
        Ok(self.session.json(call).await?.body)
    }

    async fn look(
        &self,
        owner: &TargetUser,
        operation: &'static str,
        path: &str,
    ) -> Result<Value, TargetError> {
        let get = (Method::GET, path);
        self.role_call(owner, operation, get, Payload::None).await
    }

    /// Where a file or folder of a library has its rights; the library itself for its root.
    pub async fn securable(
        &self,
        owner: &TargetUser,
        item: &TargetId,
        is_root: bool,
    ) -> Result<Securable, TargetError> {
        let operation = "GET /drives/{id}/items/{id}?$select=sharepointIds";
        let path = format!("{}?$select=sharepointIds", path_of_file(owner, item));
        let found = self.session.json(Call::get(operation, path)).await?.body;
        let ids = &found["sharepointIds"];
        let number = ids["listItemId"]
            .as_str()
            .and_then(|text| text.parse().ok());
        match (ids["listId"].as_str(), number) {
            (Some(list), _) if is_root => Ok(Securable {
                list: list.to_owned(),
                number: None,
            }),
            (Some(list), Some(number)) => Ok(Securable {
                list: list.to_owned(),
                number: Some(number),
            }),
            _ => Err(failure::contract(operation, "an item without its number")),
        }
    }

    async fn has_own_roles(
        &self,
        owner: &TargetUser,
        securable: &Securable,
    ) -> Result<bool, TargetError> {
        let operation = "GET {site}/_api/web/lists({id})?$select=HasUniqueRoleAssignments";
        let path = format!("{}?$select=HasUniqueRoleAssignments", securable.path());
        let found = self.look(owner, operation, &path).await?;
        let own = found["HasUniqueRoleAssignments"].as_bool();
        own.ok_or_else(|| failure::contract(operation, "it does not say"))
    }

    /// Gives it a scope of its own in which nobody is. What has one keeps it as it is, however often this is asked, and so does
    /// what lies below and has its own: "If the securable object already has unique role assignments, the server must not alter
    /// any role assignments."
    /// <https://learn.microsoft.com/previous-versions/office/sharepoint-visio/jj245497(v=office.15)>
    pub async fn close_securable(
        &self,
        owner: &TargetUser,
        securable: &Securable,
    ) -> Result<(), TargetError> {
        if self.has_own_roles(owner, securable).await? {
            return Ok(());
        }
        let operation = "POST {site}/_api/web/lists({id})/breakroleinheritance";
        let call = "breakroleinheritance(copyRoleAssignments=false,clearSubscopes=false)";
        let path = format!("{}/{call}", securable.path());
        let post = (Method::POST, &*path);
        self.role_call(owner, operation, post, Payload::None)
            .await?;
        // Whoever is let in above it would see it: that it is closed is seen before anybody is.
        if self.has_own_roles(owner, securable).await? {
            return Ok(());
        }
        let rule = "it still takes over what lies above";
        Err(failure::contract(operation, rule))
    }

    /// Everybody whom it lets in, taken over or not. Limited access is left out: it lets nobody see anything.
    pub async fn role_assignments(
        &self,
        owner: &TargetUser,
        securable: &Securable,
    ) -> Result<Vec<Held>, TargetError> {
        let operation = "GET {site}/_api/web/lists({id})/roleassignments";
        let expand = "$expand=Member,RoleDefinitionBindings";
        let path = format!("{}/roleassignments?{expand}", securable.path());
        let found = self.look(owner, operation, &path).await?;
        let listed = whole_list(operation, &found)?.iter();
        let held = listed.filter_map(|one| {
            let role = role(&one["RoleDefinitionBindings"])?;
            let holder = holder(&one["Member"]);
            Some(Held { holder, role })
        });
        Ok(held.collect())
    }

    /// Who is in a group of the site; `None` where it cannot be listed.
    pub async fn in_site_group(
        &self,
        owner: &TargetUser,
        group: u32,
    ) -> Result<Option<Vec<Holder>>, TargetError> {
        let operation = "GET {site}/_api/web/sitegroups({n})/users";
        let path = format!("web/sitegroups({group})/users");
        match self.look(owner, operation, &path).await {
            Ok(found) => {
                let listed = whole_list(operation, &found)?;
                Ok(Some(listed.iter().map(holder).collect()))
            }
            Err(error) if [403, 404].contains(&error.status) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The administrators of the site, who see everything in it through any break.
    pub async fn site_administrators(
        &self,
        owner: &TargetUser,
    ) -> Result<Vec<Holder>, TargetError> {
        let operation = "GET {site}/_api/web/siteusers?$filter=IsSiteAdmin";
        let path = "web/siteusers?$filter=IsSiteAdmin%20eq%20true";
        let found = self.look(owner, operation, path).await?;
        Ok(whole_list(operation, &found)?.iter().map(holder).collect())
    }

    /// The roles of the site: their numbers are asked for, and never guessed.
    pub async fn role_numbers(&self, owner: &TargetUser) -> Result<RoleNumbers, TargetError> {
        let operation = "GET {site}/_api/web/roledefinitions";
        let path = "web/roledefinitions?$select=Id,RoleTypeKind";
        let found = self.look(owner, operation, path).await?;
        let listed = whole_list(operation, &found)?;
        let number = |kind: u64| {
            let mut of_kind = listed.iter().filter(|one| one["RoleTypeKind"] == kind);
            let number = of_kind.next().and_then(|one| one["Id"].as_u64());
            let number = number.and_then(|number| u32::try_from(number).ok());
            number.ok_or_else(|| failure::contract(operation, "a role is missing"))
        };
        Ok(RoleNumbers {
            read: number(READER)?,
            write: number(CONTRIBUTOR)?,
            full: number(ADMINISTRATOR)?,
        })
    }

    /// The number in the site of a user, by principal name. Being known to a site lets nobody in.
    pub async fn number_of_user(
        &self,
        owner: &TargetUser,
        principal: &str,
    ) -> Result<Option<u32>, TargetError> {
        let claim = format!("{USER}{principal}");
        rest::numbered(&self.session, &site_of(owner), &claim).await
    }

    /// The number in the site of a group of the directory, by object id.
    pub async fn number_of_group(
        &self,
        owner: &TargetUser,
        group: &str,
    ) -> Result<Option<u32>, TargetError> {
        let operation = "GET /groups/{id}?$select=groupTypes";
        let path = format!("groups/{}?$select=id,groupTypes", segment(group));
        let found = self.session.json(Call::get(operation, path)).await?.body;
        let mut kinds = found["groupTypes"].as_array().into_iter().flatten();
        let is_unified = kinds.any(|kind| kind == "Unified");
        let of = if is_unified {
            UNIFIED_GROUP
        } else {
            SECURITY_GROUP
        };
        rest::numbered(&self.session, &site_of(owner), &format!("{of}{group}")).await
    }

    /// Lets somebody in, by the numbers of principal and role in the site. Whoever is in already stays so.
    pub async fn assign_role(
        &self,
        owner: &TargetUser,
        securable: &Securable,
        (principal, role): (u32, u32),
    ) -> Result<(), TargetError> {
        let operation = "POST {site}/_api/web/lists({id})/roleassignments/addroleassignment";
        let call = format!("addroleassignment(principalid={principal},roledefid={role})");
        let path = format!("{}/roleassignments/{call}", securable.path());
        let post = (Method::POST, &*path);
        let empty = Payload::Json(json!({}).to_string().into_bytes());
        self.role_call(owner, operation, post, empty)
            .await
            .map(drop)
    }
}

/// A list that goes on elsewhere is not whole: whoever stands there would be overlooked.
fn whole_list<'a>(operation: &'static str, found: &'a Value) -> Result<&'a [Value], TargetError> {
    let goes_on = ["odata.nextLink", "@odata.nextLink"];
    if goes_on.iter().any(|link| !found[link].is_null()) {
        return Err(failure::contract(operation, "the list is cut off"));
    }
    let listed = found["value"].as_array();
    let listed = listed.ok_or_else(|| failure::contract(operation, "no list"))?;
    Ok(listed)
}

/// The most that several roles allow; what is none of those that are known counts for the most.
fn role(bindings: &Value) -> Option<&'static str> {
    let Some(bindings) = bindings.as_array() else {
        return Some("owner");
    };
    let rank = |binding: &Value| match binding["RoleTypeKind"].as_u64() {
        Some(LIMITED) => 0,
        Some(READER) => 1,
        Some(CONTRIBUTOR | EDITOR) => 2,
        _ => 3,
    };
    [None, Some("read"), Some("write"), Some("owner")][bindings.iter().map(rank).max()?]
}

/// Whom a member of a site is, by its claim.
/// <https://learn.microsoft.com/sharepoint/dev/general-development/claims-provider-in-sharepoint>
fn holder(member: &Value) -> Holder {
    let name = member["LoginName"].as_str().unwrap_or_default();
    let number = member["Id"].as_u64().and_then(|id| u32::try_from(id).ok());
    if member["PrincipalType"] == SHAREPOINT_GROUP {
        // A link stands as a group of its own name: `SharingLinks.{item}.AnonymousView.{link}`.
        let link = name.strip_prefix("SharingLinks.").unwrap_or_default();
        return match (number, link.split('.').nth(1).unwrap_or_default()) {
            (_, kind) if kind.starts_with("Anonymous") => Holder::Anyone,
            (_, kind) if kind.starts_with("Organization") => Holder::Organisation,
            (Some(number), _) => Holder::SiteGroup(number),
            (None, _) => Holder::Other(name.to_owned()),
        };
    }
    let group = |prefix| name.strip_prefix(prefix).filter(|id| !id.contains('_'));
    if let Some(user) = name.strip_prefix(USER) {
        return Holder::User(user.to_owned());
    }
    // `…_o` are the owners of the group, whom nothing here lists.
    if let Some(id) = group(SECURITY_GROUP).or_else(|| group(UNIFIED_GROUP)) {
        return Holder::Group(id.to_owned());
    }
    match name {
        "c:0(.s|true" => Holder::Anyone,
        name if name.starts_with("c:0-.f|rolemanager|spo-grid-all-users") => Holder::Organisation,
        name if name.starts_with("i:0i.t|") => Holder::App(name.to_owned()),
        name => Holder::Other(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_stands_in_a_site_is_named_or_counts_as_somebody_else() {
        let of = |kind: u32, name: &str| {
            holder(&json!({"Id": 7, "PrincipalType": kind, "LoginName": name}))
        };
        let id = "6731de76-14a6-49ae-97bc-6eba6914391e";
        let user = Holder::User("ann@clean.example".to_owned());
        assert_eq!(of(1, "i:0#.f|membership|ann@clean.example"), user);
        for prefix in [SECURITY_GROUP, UNIFIED_GROUP] {
            assert_eq!(
                of(4, &format!("{prefix}{id}")),
                Holder::Group(id.to_owned())
            );
            let owners = of(4, &format!("{prefix}{id}_o"));
            assert!(matches!(owners, Holder::Other(_)), "{owners:?}");
        }
        assert_eq!(of(8, "Members of the quay"), Holder::SiteGroup(7));
        for (name, found) in [
            ("SharingLinks.1.AnonymousEdit.2", Holder::Anyone),
            ("SharingLinks.1.OrganizationView.2", Holder::Organisation),
            ("SharingLinks.1.Flexible.2", Holder::SiteGroup(7)),
        ] {
            assert_eq!(of(8, name), found);
        }
        assert_eq!(of(4, "c:0(.s|true"), Holder::Anyone);
        let everybody = "c:0-.f|rolemanager|spo-grid-all-users/1";
        assert_eq!(of(4, everybody), Holder::Organisation);
        assert!(matches!(of(1, "i:0i.t|x|app@sharepoint"), Holder::App(_)));
        assert!(matches!(of(1, "something else"), Holder::Other(_)));
    }

    #[test]
    fn of_several_roles_the_highest_counts_and_an_unknown_one_is_the_most() {
        let of = |kinds: &[u32]| {
            let kinds = kinds.iter().map(|kind| json!({"RoleTypeKind": kind}));
            role(&Value::Array(kinds.collect()))
        };
        assert_eq!(of(&[1]), None);
        assert_eq!(of(&[1, 2]), Some("read"));
        assert_eq!(of(&[3, 2]), Some("write"));
        assert_eq!(of(&[6]), Some("write"));
        for most in [0, 4, 5, 255] {
            assert_eq!(of(&[2, most]), Some("owner"));
        }
        assert_eq!(role(&Value::Null), Some("owner"), "nothing says what it is");
    }

    #[test]
    fn a_list_that_goes_on_elsewhere_is_refused() {
        assert!(whole_list("x", &json!({"value": []})).is_ok());
        for cut in [
            json!({"value": [], "odata.nextLink": "https://x"}),
            json!({"error": 1}),
        ] {
            assert!(whole_list("x", &cut).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_library_lies_in_the_site_above_it() {
        let owner = |id: &str, address: &str| TargetUser {
            id: id.to_owned(),
            user_principal_name: address.to_owned(),
        };
        let quay = "https://a.sharepoint.com/sites/quay";
        let of_site = site_of(&owner("site:1", quay));
        let of_library = site_of(&owner("drive:1", &format!("{quay}/Plans")));
        for found in [of_site, of_library] {
            assert_eq!(found.user_principal_name, quay);
        }
    }
}
