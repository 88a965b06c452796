//! Access on a site: whom its role assignments let in, and letting somebody in by the numbers that the site gives. What is
//! closed and opened, and in which order, is decided elsewhere.

use std::collections::BTreeMap;

use super::super::patience::{patiently, until_there};
use super::super::target_meaning;
use crate::domain::access::Level;
use crate::error::{Error, Result};
use crate::targets::graph::{Graph, Held, Holder, LetIn, Permission, RoleNumbers, Securable};
use crate::targets::{Target, TargetId, TargetUser};

/// In whose name SharePoint runs whatever an application does.
const SHAREPOINT_APP: &str = "|app@sharepoint";

/// Where an item of a custodian has its rights.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// In a person's drive.
    Drive(TargetId),
    /// In a site; a file or folder of its library is in the library's drive as well.
    Site(Securable, Option<TargetId>),
}

/// Lets people into one site.
pub(super) struct Doors<'a> {
    target: &'a Graph,
    owner: &'a TargetUser,
    roles: Option<RoleNumbers>,
    numbers: BTreeMap<String, u32>,
}

impl<'a> Doors<'a> {
    pub(super) fn of(target: &'a Graph, owner: &'a TargetUser) -> Self {
        Self {
            target,
            owner,
            roles: None,
            numbers: BTreeMap::new(),
        }
    }

    /// Lets a user or group in, by object id.
    pub(super) async fn let_in(
        &mut self,
        securable: &Securable,
        (object, is_group): (&str, bool),
        level: Level,
    ) -> Result<()> {
        let roles = self.roles().await?;
        let role = match level {
            Level::Full => roles.full,
            Level::Write => roles.write,
            _ => roles.read,
        };
        let number = self.number(object, is_group).await?;
        let again = || {
            self.target
                .assign_role(self.owner, securable, (number, role))
        };
        patiently(again).await.map_err(target_meaning)
    }

    async fn roles(&mut self) -> Result<RoleNumbers> {
        if let Some(roles) = self.roles {
            return Ok(roles);
        }
        let roles = patiently(|| self.target.role_numbers(self.owner)).await;
        let roles = roles.map_err(target_meaning)?;
        self.roles = Some(roles);
        Ok(roles)
    }

    async fn number(&mut self, object: &str, is_group: bool) -> Result<u32> {
        if let Some(number) = self.numbers.get(object) {
            return Ok(*number);
        }
        let (target, owner) = (self.target, self.owner);
        // A site learns of somebody new some time after the directory.
        let found = if is_group {
            until_there(|| target.number_of_group(owner, object)).await
        } else {
            let user = patiently(|| target.user(object)).await;
            let user = user
                .map_err(target_meaning)?
                .ok_or_else(|| unknown(object))?;
            let name = &user.user_principal_name;
            until_there(|| target.number_of_user(owner, name)).await
        };
        let number = found.map_err(target_meaning)?;
        let number = number.ok_or_else(|| unknown(object))?;
        self.numbers.insert(object.to_owned(), number);
        Ok(number)
    }
}

fn unknown(object: &str) -> Error {
    Error::failed(format!("{object}: the site does not know them"))
}

/// Reads who is let in on one site. What it asked once it does not ask again.
pub(super) struct Eyes<'a> {
    target: &'a Graph,
    owner: &'a TargetUser,
    /// Of this program.
    client_id: &'a str,
    administrators: Option<Vec<Holder>>,
    groups: BTreeMap<u32, Option<Vec<Holder>>>,
    objects: BTreeMap<String, Option<String>>,
}

impl<'a> Eyes<'a> {
    pub(super) fn of(target: &'a Graph, owner: &'a TargetUser, client_id: &'a str) -> Self {
        Self {
            target,
            owner,
            client_id,
            administrators: None,
            groups: BTreeMap::new(),
            objects: BTreeMap::new(),
        }
    }

    /// Everybody who gets at something: by its roles, by a link, or because they administer the site.
    pub(super) async fn permissions(
        &mut self,
        securable: &Securable,
        in_drive: Option<&TargetId>,
    ) -> Result<Vec<Permission>> {
        let held = patiently(|| self.target.role_assignments(self.owner, securable)).await;
        let mut held = held.map_err(target_meaning)?;
        for holder in self.administrators().await? {
            held.push(Held {
                holder,
                role: "owner",
            });
        }
        let mut found = Vec::new();
        for one in held {
            for holder in self.expanded(one.holder).await? {
                found.push(Permission {
                    who: self.let_in(holder).await?,
                    role: one.role.to_owned(),
                });
            }
        }
        if let Some(id) = in_drive {
            // Links are seen by both: whichever of them misses one does not hide it.
            let listed = patiently(|| self.target.permissions(self.owner, id)).await;
            let listed = listed.map_err(target_meaning)?.into_iter();
            found.extend(
                listed.filter(|one| matches!(one.who, LetIn::Anyone | LetIn::Organisation)),
            );
        }
        Ok(found)
    }

    async fn administrators(&mut self) -> Result<Vec<Holder>> {
        if let Some(known) = &self.administrators {
            return Ok(known.clone());
        }
        let found = patiently(|| self.target.site_administrators(self.owner)).await;
        let found = found.map_err(target_meaning)?;
        self.administrators = Some(found.clone());
        Ok(found)
    }

    /// Whoever is in a group of the site; a group that cannot be listed is somebody whom nobody knows.
    async fn expanded(&mut self, holder: Holder) -> Result<Vec<Holder>> {
        let Holder::SiteGroup(number) = holder else {
            return Ok(vec![holder]);
        };
        if !self.groups.contains_key(&number) {
            let found = patiently(|| self.target.in_site_group(self.owner, number)).await;
            let found = found.map_err(target_meaning)?;
            self.groups.insert(number, found);
        }
        let inside = self.groups.get(&number).cloned().flatten();
        let nobody_knows = || vec![Holder::Other(format!("group {number} of the site"))];
        Ok(inside.unwrap_or_else(nobody_knows))
    }

    async fn let_in(&mut self, holder: Holder) -> Result<LetIn> {
        Ok(match holder {
            Holder::Anyone => LetIn::Anyone,
            Holder::Organisation => LetIn::Organisation,
            Holder::Group(id) => LetIn::Group(id),
            Holder::App(claim) if self.is_ours(&claim) => LetIn::OwnApplication,
            Holder::App(claim) => LetIn::Other(claim),
            Holder::Other(name) => LetIn::Other(name),
            Holder::SiteGroup(number) => LetIn::Other(format!("group {number} of the site")),
            Holder::User(name) => match self.object(&name).await? {
                Some(object) => LetIn::User(object),
                None => LetIn::Other(name),
            },
        })
    }

    fn is_ours(&self, claim: &str) -> bool {
        let own = format!("|{}@", self.client_id.to_ascii_lowercase());
        let claim = claim.to_ascii_lowercase();
        claim.ends_with(SHAREPOINT_APP) || claim.contains(&own)
    }

    async fn object(&mut self, name: &str) -> Result<Option<String>> {
        if let Some(known) = self.objects.get(name) {
            return Ok(known.clone());
        }
        let user = patiently(|| self.target.user(name)).await;
        let object = user.map_err(target_meaning)?.map(|user| user.id);
        self.objects.insert(name.to_owned(), object.clone());
        Ok(object)
    }
}
