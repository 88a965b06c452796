//! What the tenant allows now, read through Graph and put into the shape of the source's tree; compared with the source.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::patience::patiently;
use super::super::{meaning, target_meaning};
use super::located::Located;
use super::on_site::{Eyes, Place};
use super::{Prepared, lines};
use crate::domain::access::{
    Before, Difference, DifferenceClass, Directory, Effect, Grant, GrantKind, Item, ItemId, Level,
    Membership, PrincipalId, PrincipalKind, Standing, Tree, TreeBuilder, differences,
};
use crate::domain::case::{AccessCommand, CaseCommand};
use crate::domain::event::{AccessCompared, AccessComparedFacts};
use crate::domain::identity::is_guest_name;
use crate::domain::item::Digest;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::Target;
use crate::targets::graph::{Graph, LetIn, Permission};

/// A group of groups of groups: more than this is a loop.
const GROUPS_MAX: usize = 10_000;

/// The principals of the plan as the tenant knows them.
pub(crate) struct Objects {
    /// Object ids.
    pub(crate) id: BTreeMap<PrincipalId, String>,
    by_id: BTreeMap<String, PrincipalId>,
    /// Who sees items by office: names as people read them.
    declared: Vec<String>,
    declared_ids: BTreeSet<String>,
    /// Of this program's own application.
    client_id: String,
}

impl Objects {
    /// Takes in who sees items by office: users by principal name, and this program's own application.
    pub(crate) async fn declare(
        &mut self,
        target: &Graph,
        users: &[String],
        client_id: &str,
    ) -> Result<()> {
        for name in users {
            let user = target.user(name).await.map_err(target_meaning)?;
            let user = user.ok_or_else(|| {
                let text = format!("{name}: there is nobody of that name in the clean tenant");
                Error::new(ErrorKind::GateRefused, text).hint("--declared names users that exist")
            })?;
            self.declared_ids.insert(user.id);
            self.declared.push(user.user_principal_name);
        }
        self.declared.push(format!("application {client_id}"));
        client_id.clone_into(&mut self.client_id);
        Ok(())
    }

    /// Asks for every user, and takes the key of a group for its object id. Whoever is not there is refused.
    pub(crate) async fn load(target: &Graph, prepared: &Prepared) -> Result<Self> {
        let mut id = BTreeMap::new();
        for (principal, known) in prepared.mapping.target().iter() {
            let object = match known.kind {
                PrincipalKind::Guest => guest(target, &known.key).await?,
                PrincipalKind::User => user(target, &known.key).await?,
                PrincipalKind::Group => {
                    let there = patiently(|| target.group_members(&known.key)).await;
                    there.map_err(target_meaning)?.map(|_| known.key.clone())
                }
                _ => continue,
            };
            let object = object.ok_or_else(|| {
                let text = format!(
                    "{}: there is nobody of that key in the clean tenant",
                    known.key
                );
                Error::new(ErrorKind::GateRefused, text).hint(
                    "users are named by principal name, groups by object id, guests by address; \
                     `unbroken identity guests` invites approved guests; nothing was opened",
                )
            })?;
            id.insert(principal, object);
        }
        let by_id = one_principal_each(prepared, &id)?;
        Ok(Self {
            id,
            by_id,
            declared: Vec::new(),
            declared_ids: BTreeSet::new(),
            client_id: String::new(),
        })
    }
}

async fn user(target: &Graph, name: &str) -> Result<Option<String>> {
    let user = patiently(|| target.user(name)).await;
    Ok(user.map_err(target_meaning)?.map(|user| user.id))
}

/// A guest by address, or whoever has exactly that principal name. A member whose mail goes to the address is somebody else than
/// whom the map approved.
async fn guest(target: &Graph, key: &str) -> Result<Option<String>> {
    if !is_guest_name(key) {
        let guest = patiently(|| target.guest(key)).await;
        let guest = guest.map_err(target_meaning)?;
        if let Some(guest) = guest.filter(|guest| guest.is_guest) {
            return Ok(Some(guest.id));
        }
    }
    user(target, key).await
}

/// Object ids do not tell upper from lower case.
fn folded(object: &str) -> String {
    object.to_ascii_lowercase()
}

/// Who is named twice, once by principal name and once by object id, would get what two people had in the source.
fn one_principal_each(
    prepared: &Prepared,
    id: &BTreeMap<PrincipalId, String>,
) -> Result<BTreeMap<String, PrincipalId>> {
    let key = |id| &*prepared.mapping.target().principal(id).key;
    let mut by_id = BTreeMap::new();
    for (principal, object) in id {
        if let Some(before) = by_id.insert(folded(object), *principal) {
            let text = format!(
                "{} and {}: are one and the same in the clean tenant",
                key(before),
                key(*principal)
            );
            return Err(Error::new(ErrorKind::GateRefused, text)
                .hint("the map names each target once, by one key; nothing was opened"));
        }
    }
    Ok(by_id)
}

/// The directory of the tenant as far as it matters here: the plan's principals, whoever else was found, real members.
pub(super) struct Found<'a> {
    target: &'a Graph,
    directory: Directory,
    by_id: BTreeMap<String, PrincipalId>,
    asked: BTreeSet<PrincipalId>,
    /// This program's own application, where it was found.
    own: Option<PrincipalId>,
}

fn add(directory: &mut Directory, key: &str, kind: PrincipalKind) -> Result<PrincipalId> {
    directory.add(key, kind).map_err(Error::failed)
}

impl<'a> Found<'a> {
    pub(super) fn new(target: &'a Graph, prepared: &Prepared, objects: &Objects) -> Self {
        Self {
            target,
            directory: prepared.mapping.target().clone(),
            by_id: objects.by_id.clone(),
            asked: BTreeSet::new(),
            own: None,
        }
    }

    /// Everybody as far as they were found.
    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }
    fn person(&mut self, object: &str) -> Result<PrincipalId> {
        if let Some(known) = self.by_id.get(&folded(object)) {
            return Ok(*known);
        }
        let key = format!("object {object}");
        let person = add(&mut self.directory, &key, PrincipalKind::User)?;
        self.by_id.insert(folded(object), person);
        Ok(person)
    }

    /// A group with the members that it really has, and those of the groups in it.
    pub(super) async fn group(&mut self, object: &str) -> Result<PrincipalId> {
        let id = self.group_id(object)?;
        let mut open = vec![(object.to_owned(), id)];
        while let Some((object, id)) = open.pop() {
            if !self.asked.insert(id) {
                continue;
            }
            if self.asked.len() > GROUPS_MAX {
                return Err(Error::failed("more than 10,000 groups in groups"));
            }
            let members = patiently(|| self.target.group_members(&object)).await;
            let mut inside = Vec::new();
            let members = members.map_err(target_meaning)?;
            if members.is_none() {
                // A group that cannot be listed is not empty: nobody knows who gets in with it.
                let nobody_knows = format!("whoever is in group {object}, which is not there");
                let unknown = add(&mut self.directory, &nobody_knows, PrincipalKind::User)?;
                inside.push(unknown);
            }
            for (member, is_group) in members.unwrap_or_default() {
                if is_group {
                    let group = self.group_id(&member)?;
                    open.push((member, group));
                    inside.push(group);
                } else {
                    inside.push(self.person(&member)?);
                }
            }
            self.directory.set_members(id, inside);
        }
        Ok(id)
    }

    fn group_id(&mut self, object: &str) -> Result<PrincipalId> {
        if let Some(known) = self.by_id.get(&folded(object)) {
            return Ok(*known);
        }
        let id = add(
            &mut self.directory,
            &format!("group {object}"),
            PrincipalKind::Group,
        )?;
        self.by_id.insert(folded(object), id);
        Ok(id)
    }

    async fn who(&mut self, permission: &Permission) -> Result<PrincipalId> {
        match &permission.who {
            LetIn::User(object) => self.person(object),
            LetIn::Group(object) => self.group(object).await,
            LetIn::Anyone => add(&mut self.directory, "anyone", PrincipalKind::Anyone),
            LetIn::Organisation => add(
                &mut self.directory,
                "organisation",
                PrincipalKind::Organisation,
            ),
            LetIn::OwnApplication => {
                let own = "the application of this program";
                let own = add(&mut self.directory, own, PrincipalKind::App)?;
                self.own = Some(own);
                Ok(own)
            }
            // Somebody is let in whom nothing says who it is: that is never what the source had.
            LetIn::Other(name) => add(
                &mut self.directory,
                &format!("other {name}"),
                PrincipalKind::User,
            ),
        }
    }
}

fn grant(item: ItemId, principal: PrincipalId, level: Level) -> Grant {
    Grant {
        item,
        principal,
        level,
        effect: Effect::Allow,
        kind: GrantKind::Direct,
        expires: false,
    }
}

/// Reads every permission of one custodian's items.
async fn standing(
    target: &Graph,
    prepared: &Prepared,
    located: &Located,
    objects: &Objects,
) -> Result<(Directory, Tree, HashSet<PrincipalId>)> {
    let mut found = Found::new(target, prepared, objects);
    let mut tree = TreeBuilder::default();
    for id in prepared.sidecar.tree.ids() {
        let item = prepared.sidecar.tree.item(id);
        // What is listed for an item is all of it, taken over or not.
        let item = Item {
            inherits: false,
            custodians: Vec::new(),
            is_known: true,
            ..item.clone()
        };
        tree.item(item).map_err(Error::failed)?;
    }
    let also = located.also.iter().map(|(item, place)| (item, place));
    let mut eyes = Eyes::of(target, &located.owner, &objects.client_id);
    for (item, place) in located.ids.iter().chain(also) {
        let listed = match place {
            Place::Drive(id) => {
                let listed = patiently(|| target.permissions(&located.owner, id)).await;
                listed.map_err(target_meaning)?
            }
            Place::Site(securable, in_drive) => {
                // A site is its own custodian, as a drive's owner is.
                let own = found.person(&located.owner.id)?;
                tree.grant(grant(*item, own, Level::Full));
                eyes.permissions(securable, in_drive.as_ref()).await?
            }
        };
        for permission in listed {
            let level = match &*permission.role {
                "read" => Level::Read,
                "write" => Level::Write,
                // A role that is not known is taken for the most that it could be.
                _ => Level::Full,
            };
            tree.grant(grant(*item, found.who(&permission).await?, level));
        }
    }
    let declared = objects.declared_ids.iter();
    let declared = declared.filter_map(|id| found.by_id.get(&folded(id)).copied());
    let declared = declared.chain(found.own);
    Ok((found.directory, tree.build(), declared.collect()))
}

/// How one custodian's access stands to that of the source.
pub(crate) struct Compared {
    pub(crate) counts: BTreeMap<DifferenceClass, u64>,
    /// A line each.
    pub(crate) rows: Vec<Value>,
    /// Items that let in more than the source did.
    pub(crate) gained: BTreeSet<ItemId>,
}

impl Compared {
    pub(crate) fn count(&self, class: DifferenceClass) -> u64 {
        self.counts.get(&class).copied().unwrap_or_default()
    }
}

/// Reads back and compares.
pub(crate) async fn compare(
    target: &Graph,
    prepared: &Prepared,
    located: &Located,
    objects: &Objects,
) -> Result<Compared> {
    let (directory, tree, declared) = standing(target, prepared, located, objects).await?;
    let membership = Membership::of(&directory);
    let before = Before {
        tree: &prepared.sidecar.tree,
        directory: &prepared.sidecar.directory,
        membership: &prepared.membership,
        mapping: &prepared.mapping,
    };
    let standing = Standing {
        tree: &tree,
        directory: &directory,
        membership: &membership,
        declared: &declared,
    };
    let all = differences(&before, &standing)
        .ok_or_else(|| Error::failed("what was read back has another shape than the source"))?;
    let mut compared = Compared {
        counts: BTreeMap::new(),
        rows: Vec::new(),
        gained: BTreeSet::new(),
    };
    // What lies beside an item can be open to somebody; it is nothing that anybody should have.
    let beside: BTreeSet<ItemId> = located.also.iter().map(|(item, _)| *item).collect();
    let is_there = |one: &&Difference| {
        let is_gained = one.class == DifferenceClass::Gained;
        located.ids.contains_key(&one.item) || is_gained && beside.contains(&one.item)
    };
    for one in all.iter().filter(is_there) {
        *compared.counts.entry(one.class).or_default() += 1;
        if one.class == DifferenceClass::Gained {
            compared.gained.insert(one.item);
        }
        compared.rows.push(row(prepared, &directory, one));
    }
    Ok(compared)
}

fn row(prepared: &Prepared, directory: &Directory, one: &Difference) -> Value {
    let (custodian, path) = prepared.place(one.item);
    let source = one
        .source
        .map(|id| &prepared.sidecar.directory.principal(id).key);
    let target = one.target.map(|id| &directory.principal(id).key);
    json!({
        "class": one.class.name(),
        "custodian": custodian,
        "path": path,
        "source": source,
        "target": target,
        "source_level": one.before.name(),
        "target_level": one.after.name(),
    })
}

/// Records a comparison: its lines as an object of the custodian, its counts for everybody.
pub(crate) async fn record(
    journal: &Journal,
    located: &Located,
    compared: &Compared,
    objects: &Objects,
) -> Result<Digest> {
    let counts = AccessCompared {
        absent: located.absent,
        custodian: located.custodian.clone(),
        declared: compared.count(DifferenceClass::Declared),
        gained: compared.count(DifferenceClass::Gained),
        kept: compared.count(DifferenceClass::Kept),
        lost: compared.count(DifferenceClass::Lost),
        object: String::new(),
    };
    keep(journal, &compared.rows, counts, &objects.declared).await
}

/// Keeps the lines, and records the counts with where they lie.
pub(super) async fn keep(
    journal: &Journal,
    rows: &[Value],
    counts: AccessCompared,
    declared: &[String],
) -> Result<Digest> {
    let text = lines(rows);
    let digest = Digest(Sha256::digest(&text).into());
    let object = journal
        .keep_access(&counts.custodian, &text)
        .map_err(meaning)?;
    let data = AccessCompared { object, ..counts };
    let facts = AccessComparedFacts {
        declared: Some(declared.to_vec()),
        digest: Some(digest.to_string()),
    };
    let command = CaseCommand::Access(AccessCommand::Compare(data, facts));
    journal.command(command).await.map_err(meaning)?;
    Ok(digest)
}
