//! A plan carried out on the simulated tenant, call by call in the order that the plan gives, and read back by its calls.

use std::collections::BTreeMap;

use m365_simulator::{Desk, TenantSpec, UserSpec};
use serde_json::{Value, json};
use unbroken::domain::access::{
    AccessPlan, Directory, Effect, Grant, GrantKind, Item, ItemId, Level, Mapping, PrincipalId,
    PrincipalKind, Step, Tree, TreeBuilder, steps,
};

use super::Seen;

/// A tenant in which a plan is carried out.
pub(crate) struct Carried<'a> {
    desk: Desk,
    plan: &'a AccessPlan,
    mapping: &'a Mapping,
    /// Object ids of users, guests and groups.
    object: BTreeMap<PrincipalId, String>,
    /// Principal names of users and guests.
    upn: BTreeMap<String, PrincipalId>,
    /// Numbers of a site's groups, by the root and the group.
    site_group: BTreeMap<(ItemId, PrincipalId), u64>,
    /// Drive and item id.
    item: BTreeMap<ItemId, (String, String)>,
    /// By owner and path.
    pub(crate) place: BTreeMap<(String, String), ItemId>,
}

fn must(answer: (u16, Value)) -> Value {
    assert!((200..300).contains(&answer.0), "{answer:?}");
    answer.1
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

impl<'a> Carried<'a> {
    /// The clean tenant with its people, and nothing restored.
    pub(crate) fn new(plan: &'a AccessPlan, mapping: &'a Mapping, seed: u64) -> Self {
        let kind = |wanted| {
            let all = mapping.target().iter();
            all.filter(move |(_, principal)| principal.kind == wanted)
        };
        let users = kind(PrincipalKind::User).map(|(_, user)| UserSpec {
            user_principal_name: user.key.clone(),
            display_name: "The same name".to_owned(),
        });
        let desk = Desk::new(
            TenantSpec {
                tenant_id: "t".to_owned(),
                display_name: "Clean".to_owned(),
                domain: "clean.example".to_owned(),
                users: users.collect(),
                apps: Vec::new(),
                static_token: None,
            },
            seed,
        );
        let mut carried = Self {
            desk,
            plan,
            mapping,
            object: BTreeMap::new(),
            upn: BTreeMap::new(),
            site_group: BTreeMap::new(),
            item: BTreeMap::new(),
            place: BTreeMap::new(),
        };
        for (id, user) in kind(PrincipalKind::User) {
            let url = format!("/v1.0/users/{}", user.key);
            let found = must(carried.desk.ask("GET", &url, &Value::Null));
            carried.object.insert(id, text(&found, "id"));
            carried.upn.insert(text(&found, "userPrincipalName"), id);
        }
        for (id, guest) in kind(PrincipalKind::Guest) {
            let body = json!({
                "invitedUserEmailAddress": guest.key,
                "inviteRedirectUrl": "https://clean.example",
                "sendInvitationMessage": false,
            });
            let made = must(carried.desk.ask("POST", "/v1.0/invitations", &body));
            let object = text(&made["invitedUser"], "id");
            let url = format!("/v1.0/users/{object}");
            let found = must(carried.desk.ask("GET", &url, &Value::Null));
            carried.upn.insert(text(&found, "userPrincipalName"), id);
            carried.object.insert(id, object);
        }
        carried.find_roots();
        carried
    }

    /// What the tenant allowed so far.
    pub(crate) fn seen(&self) -> Seen {
        Seen {
            history: self.desk.access_history().to_vec(),
            ends: self.desk.effective_access(),
            place: self.place.clone(),
            upn: self.upn.clone(),
        }
    }

    fn roots(&self) -> Vec<(ItemId, PrincipalId)> {
        let target = &self.plan.target;
        let written = target
            .roots()
            .iter()
            .filter(|id| self.plan.is_written(**id));
        let with = |id: &ItemId| Some((*id, *target.item(*id).custodians.first()?));
        written.filter_map(with).collect()
    }

    fn find_roots(&mut self) {
        for (root, custodian) in self.roots() {
            let user = &self.object[&custodian];
            let drive = must(self.desk.ask(
                "GET",
                &format!("/v1.0/users/{user}/drive"),
                &Value::Null,
            ));
            let url = format!("/v1.0/users/{user}/drive/root");
            let top = must(self.desk.ask("GET", &url, &Value::Null));
            self.item
                .insert(root, (text(&drive, "id"), text(&top, "id")));
            let upn = self.mapping.target().principal(custodian).key.clone();
            self.place.insert((upn, String::new()), root);
        }
    }

    /// Carries everything out.
    pub(crate) fn run(&mut self) {
        for step in steps(self.plan, self.mapping) {
            self.step(step);
        }
    }

    /// Carries everything out as `access apply` does, with Graph's calls alone: groups and files are there and private, then
    /// all that must be closed is closed, then people are let in.
    pub(crate) fn run_by_graph_alone(&mut self) {
        let is_site =
            |mapping: &Mapping, id| mapping.target().principal(id).kind == PrincipalKind::SiteGroup;
        let all = steps(self.plan, self.mapping);
        let stage = |step: &Step| match step {
            Step::MakeGroup(_) => 0,
            Step::Join { .. } => 1,
            Step::Make(_) => 2,
            Step::Break(_) => 3,
            Step::Grant { .. } => 4,
        };
        for wanted in 0..=4 {
            for step in all.iter().filter(|step| stage(step) == wanted) {
                match *step {
                    // Graph knows no group of a site.
                    Step::MakeGroup(group) | Step::Join { group, .. }
                        if is_site(self.mapping, group) => {}
                    Step::Break(item) => {
                        let root = self.plan.target.root_of(item);
                        let custodian = self.plan.target.item(root).custodians[0];
                        self.invite(item, custodian, "write", false);
                    }
                    Step::Grant {
                        item,
                        principal,
                        level,
                    } => {
                        let is_root = self.plan.target.item(item).parent.is_none();
                        let is_plain = !is_root && !is_site(self.mapping, principal);
                        assert!(is_plain && level < Level::Full, "not by Graph: {step:?}");
                        self.invite(item, principal, level.name(), true);
                    }
                    other => self.step(other),
                }
            }
        }
    }

    fn invite(&mut self, item: ItemId, principal: PrincipalId, role: &str, retain: bool) {
        let (drive, id) = &self.item[&item];
        let url = format!("/v1.0/drives/{drive}/items/{id}/invite");
        let body = json!({
            "recipients": [{"objectId": self.object[&principal]}],
            "roles": [role],
            "requireSignIn": true,
            "sendInvitation": false,
            "retainInheritedPermissions": retain,
        });
        must(self.desk.ask("POST", &url, &body));
    }

    pub(crate) fn step(&mut self, step: Step) {
        match step {
            Step::MakeGroup(group) => self.make_group(group),
            Step::Make(item) => self.make(item),
            Step::Break(item) => {
                let call = "breakroleinheritance(copyRoleAssignments=false,clearSubscopes=false)";
                self.on_list(item, call);
            }
            Step::Join { group, member } => self.join(group, member),
            Step::Grant {
                item,
                principal,
                level,
            } => self.grant(item, principal, level),
        }
    }

    fn make_group(&mut self, group: PrincipalId) {
        let principal = self.mapping.target().principal(group);
        if principal.kind == PrincipalKind::SiteGroup {
            for (root, custodian) in self.roots() {
                let url = format!("/personal/{}/_api/web/sitegroups", self.object[&custodian]);
                let made = must(
                    self.desk
                        .ask("POST", &url, &json!({"Title": principal.key})),
                );
                let number = made["Id"].as_u64().expect("a number");
                self.site_group.insert((root, group), number);
            }
            return;
        }
        let body = json!({
            "displayName": "The same name",
            "mailEnabled": false,
            "mailNickname": format!("n{}", group.0),
            "securityEnabled": true,
            "visibility": "Private",
        });
        let made = must(self.desk.ask("POST", "/v1.0/groups", &body));
        self.object.insert(group, text(&made, "id"));
    }

    fn make(&mut self, item: ItemId) {
        let found = self.plan.target.item(item);
        let parent = found.parent.expect("roots are there");
        let (drive, above) = self.item[&parent].clone();
        let name = format!("i{}", item.0);
        let url = format!("/v1.0/drives/{drive}/items/{above}");
        let made = if found.kind.is_container() {
            let body = json!({"name": name, "folder": {}});
            self.desk.ask("POST", &format!("{url}/children"), &body)
        } else {
            let url = format!("{url}:/{name}:/content");
            self.desk.put(&url, b"bytes".to_vec())
        };
        let id = text(&must(made), "id");
        self.item.insert(item, (drive, id));
        let above = self.place.iter().find(|(_, known)| **known == parent);
        let (owner, path) = above.expect("known").0.clone();
        self.place.insert((owner, format!("{path}/{name}")), item);
    }

    fn site(&self, item: ItemId) -> String {
        let root = self.plan.target.root_of(item);
        let custodian = self.plan.target.item(root).custodians[0];
        format!("/personal/{}/_api/web", self.object[&custodian])
    }

    fn on_list(&mut self, item: ItemId, call: &str) {
        let (drive, id) = self.item[&item].clone();
        let site = self.site(item);
        let url = if self.plan.target.item(item).parent.is_none() {
            format!("{site}/lists(guid'{drive}')/{call}")
        } else {
            let url = format!("/v1.0/drives/{drive}/items/{id}?$select=sharepointIds");
            let ids = must(self.desk.ask("GET", &url, &Value::Null));
            let ids = &ids["sharepointIds"];
            let (list, number) = (text(ids, "listId"), text(ids, "listItemId"));
            format!("{site}/lists(guid'{list}')/items({number})/{call}")
        };
        must(self.desk.ask("POST", &url, &json!({})));
    }

    fn claim(&self, principal: PrincipalId) -> String {
        let object = &self.object[&principal];
        let kind = self.mapping.target().principal(principal).kind;
        if kind == PrincipalKind::Group {
            return format!("c:0t.c|tenant|{object}");
        }
        let upn = self.upn.iter().find(|(_, known)| **known == principal);
        format!("i:0#.f|membership|{}", upn.expect("a person").0)
    }

    fn join(&mut self, group: PrincipalId, member: PrincipalId) {
        if self.mapping.target().principal(group).kind == PrincipalKind::SiteGroup {
            let claim = self.claim(member);
            for (root, _) in self.roots() {
                let number = self.site_group[&(root, group)];
                let url = format!("{}/sitegroups({number})/users", self.site(root));
                must(self.desk.ask("POST", &url, &json!({"LoginName": claim})));
            }
            return;
        }
        let url = format!("/v1.0/groups/{}/members/$ref", self.object[&group]);
        let member = format!(
            "https://graph/v1.0/directoryObjects/{}",
            self.object[&member]
        );
        must(self.desk.ask("POST", &url, &json!({"@odata.id": member})));
    }

    /// Through Graph where it can, else through SharePoint.
    fn grant(&mut self, item: ItemId, principal: PrincipalId, level: Level) {
        let is_root = self.plan.target.item(item).parent.is_none();
        let is_site = self.mapping.target().principal(principal).kind == PrincipalKind::SiteGroup;
        if !is_root && !is_site && level < Level::Full {
            let (drive, id) = &self.item[&item];
            let url = format!("/v1.0/drives/{drive}/items/{id}/invite");
            let body = json!({
                "recipients": [{"objectId": self.object[&principal]}],
                "roles": [level.name()],
                "requireSignIn": true,
                "sendInvitation": false,
            });
            must(self.desk.ask("POST", &url, &body));
            return;
        }
        let number = if is_site {
            let root = self.plan.target.root_of(item);
            self.site_group[&(root, principal)]
        } else {
            let url = format!("{}/ensureuser", self.site(item));
            let body = json!({"logonName": self.claim(principal)});
            let found = must(self.desk.ask("POST", &url, &body));
            found["Id"].as_u64().expect("a number")
        };
        let role = match level {
            Level::Full => 1_073_741_829_u32,
            Level::Write => 1_073_741_827,
            _ => 1_073_741_826,
        };
        let call = format!("addroleassignment(principalid={number},roledefid={role})");
        self.on_list(item, &format!("roleassignments/{call}"));
    }

    /// Somebody outside of the product opens an item.
    pub(crate) fn plant(&mut self, item: ItemId, link: &Value) {
        let (drive, id) = &self.item[&item];
        let url = format!("/v1.0/drives/{drive}/items/{id}/createLink");
        must(self.desk.ask("POST", &url, link));
    }

    /// Reads every permission back through Graph. Items that are not there have nobody.
    pub(crate) fn read_back(&mut self) -> (Directory, Tree) {
        let mut directory = self.mapping.target().clone();
        let anyone = directory.add("anyone", PrincipalKind::Anyone).expect("new");
        let everybody = directory
            .add("organization", PrincipalKind::Organisation)
            .expect("new");
        let by_object: BTreeMap<String, PrincipalId> = self
            .object
            .iter()
            .map(|(id, object)| (object.clone(), *id))
            .collect();
        let mut tree = TreeBuilder::default();
        for id in self.plan.target.ids() {
            let item = self.plan.target.item(id).clone();
            // Each list of permissions is whole: what it takes over is in it.
            let item = Item {
                inherits: false,
                ..item
            };
            tree.item(item).expect("the same item");
        }
        for id in self.plan.target.ids() {
            let Some((drive, item)) = self.item.get(&id).cloned() else {
                continue;
            };
            let url = format!("/v1.0/drives/{drive}/items/{item}/permissions");
            let found = must(self.desk.ask("GET", &url, &Value::Null));
            let root = self.plan.target.root_of(id);
            for entry in found["value"].as_array().into_iter().flatten() {
                let to = &entry["grantedToV2"];
                let site_group = to["siteGroup"]["id"].as_str().map(|number| {
                    let number: u64 = number.parse().expect("a number");
                    let is = |known: &(ItemId, PrincipalId)| {
                        known.0 == root && self.site_group[known] == number
                    };
                    let found = self.site_group.keys().find(|known| is(known));
                    found.expect("one that was made").1
                });
                let object = to["group"]["id"].as_str().or(to["user"]["id"].as_str());
                let named = site_group.or(object.map(|object| by_object[object]));
                let principal = match entry["link"]["scope"].as_str() {
                    Some("anonymous") => anyone,
                    Some("organization") => everybody,
                    _ => named.expect("somebody"),
                };
                let level = entry["roles"][0].as_str().and_then(Level::parse);
                tree.grant(Grant {
                    item: id,
                    principal,
                    level: level.expect("a role"),
                    effect: Effect::Allow,
                    kind: GrantKind::Direct,
                    expires: false,
                });
            }
        }
        (directory, tree.build())
    }
}
