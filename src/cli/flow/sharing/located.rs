//! Where the items of a sidecar lie in the tenant: by the record of what was restored, never by a name alone.

use std::collections::{BTreeMap, HashSet};

use super::super::patience::patiently;
use super::super::{meaning, target_meaning};
use super::Prepared;
use super::known::{Known, KnownFiles, Places};
use super::listed::Listed;
use super::on_site::Place;
use crate::domain::access::{ItemId, ItemKind};
use crate::domain::case::{Case, KnownCustodian};
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::graph::Graph;
use crate::targets::{TargetId, TargetUser};

/// One custodian's items.
pub(crate) struct Located {
    pub(crate) custodian: Pseudonym,
    pub(crate) owner: TargetUser,
    /// The item of the sidecar that is the whole drive, or the library of the site.
    pub(crate) root: ItemId,
    /// It is a site, or a library of one.
    is_site: bool,
    /// Those that were restored and are in the tenant.
    pub(crate) ids: BTreeMap<ItemId, Place>,
    /// What else lies where an item must be closed: a copy that a failed attempt left, a file that has its name, a file that was
    /// moved out of it. It is closed and compared with that item, and nobody is let in.
    pub(crate) also: Vec<(ItemId, Place)>,
    /// How many are not.
    pub(crate) absent: u64,
}

/// Finds the items of every custodian who is mapped, or of one. A map that says something else than the case is refused.
pub(crate) async fn locate(
    journal: &Journal,
    target: &Graph,
    prepared: &Prepared,
    only: Option<&Pseudonym>,
) -> Result<Vec<Located>> {
    let case = journal.case().map_err(meaning)?;
    let places = &prepared.sidecar.places;
    let mut open = Vec::new();
    for root in prepared.sidecar.tree.roots() {
        let (name, _) = prepared.place(*root);
        let Some((custodian, known)) = custodian_of(&case, name)? else {
            continue;
        };
        let is_wanted = known.is_mapped && only.is_none_or(|only| only == custodian);
        if !is_wanted || !prepared.plan.is_written(*root) {
            continue;
        }
        let facts = &known.facts;
        let (Some(id), Some(upn)) = (&facts.target_user_id, &facts.target_upn) else {
            continue;
        };
        check_agrees(prepared, name, upn)?;
        let is_site = upn.starts_with("https://");
        if is_site && !target.takes_sharepoint() {
            return Err(needs_certificate(name));
        }
        let owner = TargetUser {
            id: id.clone(),
            user_principal_name: upn.clone(),
        };
        let is_named = |path: &str| places.contains_key(&(name.to_owned(), path.to_owned()));
        let files = KnownFiles::load(journal, &case, custodian, &is_named)?;
        let located = Located {
            custodian: custodian.clone(),
            owner,
            root: *root,
            is_site,
            ids: BTreeMap::new(),
            also: Vec::new(),
            absent: 0,
        };
        open.push((located, files));
    }
    let wanted: HashSet<_> = open
        .iter()
        .flat_map(|(located, files)| {
            let of = |item: &Pseudonym| (located.custodian.clone(), item.clone());
            files.restored().map(of)
        })
        .collect();
    let places = Places::load(journal, &wanted)?;
    let mut found = Vec::new();
    for (mut located, files) in open {
        located.find(target, prepared, (&files, &places)).await?;
        found.push(located);
    }
    Ok(found)
}

/// The custodian of the case whom a sidecar names. One that differs in case only would be passed over, and what must be closed
/// there would stay open.
pub(super) fn custodian_of<'a>(
    case: &'a Case,
    name: &str,
) -> Result<Option<(&'a Pseudonym, &'a KnownCustodian)>> {
    let spelled = |known: &'a KnownCustodian| known.facts.source_name.as_deref().unwrap_or("");
    let mut alike = case
        .custodians
        .iter()
        .filter(|(_, known)| spelled(known).eq_ignore_ascii_case(name));
    let Some((_, first)) = alike.clone().next() else {
        return Ok(None);
    };
    let exact = alike.find(|(_, known)| spelled(known) == name);
    exact.map(Some).ok_or_else(|| {
        let text = format!(
            "{name}: the case has this custodian as {:?}",
            spelled(first)
        );
        Error::new(ErrorKind::GateRefused, text)
            .hint("the sidecar spells a custodian as the backup does; nothing was opened")
    })
}

/// Files lie in the drive of whom the case says; a map with another opinion of it would judge the wrong person.
fn check_agrees(prepared: &Prepared, name: &str, upn: &str) -> Result<()> {
    let source = prepared.sidecar.directory.find(name);
    let mapped = source.and_then(|source| prepared.mapping.target_of(source).ok());
    let key = mapped.map(|id| &prepared.mapping.target().principal(id).key);
    if key.is_some_and(|key| key.eq_ignore_ascii_case(upn)) {
        return Ok(());
    }
    let text = format!("{name}: the case has mapped this custodian to {upn}, the map has not");
    Err(Error::new(ErrorKind::GateRefused, text)
        .hint("the map of principals holds a row for each custodian, as `case map` has it"))
}

/// Without it not one call of SharePoint's own would be answered: said before anything is done.
fn needs_certificate(name: &str) -> Error {
    let text = format!(
        "{name}: is a site, and SharePoint changes its access only for an application with a \
         certificate"
    );
    Error::new(ErrorKind::GateRefused, text).hint(
        "--certificate and --private-key in place of the secret; or --custodian for one whose \
         files lie in a drive; nothing was opened",
    )
}

/// A path that is spelled in another way than the backup's would leave the item open to whoever sees the folder above it.
pub(super) fn no_row(path: &str) -> Error {
    let text = format!("{path}: must be closed, and no plan of the case has such an item");
    Error::new(ErrorKind::GateRefused, text).hint(
        "spell it as the backup does (an item of a list by its number in the old list), or leave \
         it out where it was not backed up",
    )
}

fn not_found(path: &str) -> Error {
    // Opened folders above it would show it, wherever it is.
    let text = format!("{path}: recorded as restored, and not found in the tenant");
    Error::new(ErrorKind::GateRefused, text)
        .hint("nothing was opened; `unbroken sample` reads restored items again")
}

impl Located {
    /// What must have a scope of its own, in the order in which it is closed.
    pub(crate) fn scopes(&self, prepared: &Prepared) -> Vec<(ItemId, Place)> {
        let tree = &prepared.plan.target;
        let ids = self.ids.iter();
        // A person's drive has a scope of its own; the library of a site takes over what the site has.
        let has_own = |item: ItemId| item != self.root || self.is_site;
        let ids = ids.filter(|(item, _)| !tree.item(**item).inherits && has_own(**item));
        let ids = ids.map(|(item, place)| (*item, place.clone()));
        ids.chain(self.also.iter().cloned()).collect()
    }

    async fn find(
        &mut self,
        target: &Graph,
        prepared: &Prepared,
        (files, places): (&KnownFiles, &Places),
    ) -> Result<()> {
        let tree = &prepared.sidecar.tree;
        let mut beside = Vec::new();
        let root = self.root;
        for item in tree.ids().filter(|item| tree.root_of(*item) == root) {
            let (_, path) = prepared.place(item);
            let must_be_closed = !prepared.plan.target.item(item).inherits;
            if path.is_empty() {
                let root = self.named(target, &[]).await?;
                let root = self.place(target, root.ok_or_else(|| not_found(path))?, true);
                self.ids.insert(item, root.await?);
                continue;
            }
            let kind = tree.item(item).kind;
            if self.is_site && matches!(kind, ItemKind::List | ItemKind::ListItem) {
                let more = self.listed(target, (item, kind, path), must_be_closed, files);
                beside.extend(more.await?);
                continue;
            }
            let Some(known) = files.of(path) else {
                if must_be_closed {
                    return Err(no_row(path));
                }
                self.absent += 1;
                continue;
            };
            let mut there = self.restored(target, path, known, places).await?;
            match there.pop() {
                Some(id) => {
                    let place = self.place(target, id, false).await?;
                    self.ids.insert(item, place);
                }
                None => self.absent += 1,
            }
            if must_be_closed {
                // A failed or a later held attempt leaves what it wrote, and whatever has the name is seen under it.
                for names in &known.names {
                    there.extend(self.named(target, names).await?);
                }
                for id in there {
                    beside.push((item, self.place(target, id, false).await?));
                }
            }
        }
        let known: HashSet<&Place> = self.ids.values().collect();
        beside.retain(|(_, place)| !known.contains(place));
        for (item, id) in self.moved(target, prepared, (files, places)).await? {
            beside.push((item, self.place(target, id, false).await?));
        }
        let mut seen = HashSet::new();
        beside.retain(|(_, place)| seen.insert(place.clone()));
        self.also = beside;
        Ok(())
    }

    /// A list or an item of one. A list that is not known is not opened, and so needs no closing; an item would be seen by
    /// whoever its list lets in.
    async fn listed(
        &mut self,
        target: &Graph,
        (item, kind, path): (ItemId, ItemKind, &str),
        must_be_closed: bool,
        files: &KnownFiles,
    ) -> Result<Vec<(ItemId, Place)>> {
        let found = match kind {
            ItemKind::List => files.lists.list(target, &self.owner, path).await?,
            _ => files.lists.item(target, &self.owner, path).await?,
        };
        match found {
            Listed::Unknown if kind == ItemKind::ListItem && must_be_closed => Err(no_row(path)),
            Listed::Gone => Err(not_found(path)),
            Listed::Unknown => {
                self.absent += 1;
                Ok(Vec::new())
            }
            Listed::There { restored, beside } => {
                match restored {
                    Some(place) => drop(self.ids.insert(item, place)),
                    None => self.absent += 1,
                }
                let beside = beside.into_iter().filter(|_| must_be_closed);
                Ok(beside.map(|place| (item, place)).collect())
            }
        }
    }

    /// Where what lies in the drive or library has its rights.
    async fn place(&self, target: &Graph, id: TargetId, is_root: bool) -> Result<Place> {
        if !self.is_site {
            return Ok(Place::Drive(id));
        }
        let found = patiently(|| target.securable(&self.owner, &id, is_root)).await;
        Ok(Place::Site(found.map_err(target_meaning)?, Some(id)))
    }

    /// What was restored of a path, by the ids of the record; a folder has none there and is found by its path.
    async fn restored(
        &self,
        target: &Graph,
        path: &str,
        known: &Known,
        places: &Places,
    ) -> Result<Vec<TargetId>> {
        let mut there = Vec::new();
        if let Some(names) = &known.folder {
            let folder = self.named(target, names).await?;
            there.push(folder.ok_or_else(|| not_found(path))?);
        }
        for item in &known.restored {
            let id = places.of(&self.custodian, item)?;
            let is_there = patiently(|| target.has_drive_item(&self.owner, &id)).await;
            if !is_there.map_err(target_meaning)? {
                return Err(not_found(path));
            }
            there.push(id);
        }
        Ok(there)
    }

    async fn named(&self, target: &Graph, names: &[String]) -> Result<Option<TargetId>> {
        let found = patiently(|| target.drive_item(&self.owner, names)).await;
        found.map_err(target_meaning)
    }

    /// A file whose path was too long lies outside of the folder that closed it: it is closed by itself.
    async fn moved(
        &self,
        target: &Graph,
        prepared: &Prepared,
        (files, places): (&KnownFiles, &Places),
    ) -> Result<Vec<(ItemId, TargetId)>> {
        let tree = &prepared.plan.target;
        let (custodian, _) = prepared.place(self.root);
        let named = |path: &str| {
            let place = (custodian.to_owned(), path.to_owned());
            prepared.sidecar.places.get(&place).copied()
        };
        let mut found = Vec::new();
        for (path, item) in &files.moved {
            let above = path.match_indices('/').map(|(at, _)| &path[..at]);
            let mut closed = above
                .filter_map(named)
                .filter(|id| !tree.item(*id).inherits);
            let (Some(closed), own) = (closed.next_back(), named(path)) else {
                continue;
            };
            if own.is_some_and(|own| !tree.item(own).inherits) {
                continue;
            }
            let id = places.of(&self.custodian, item)?;
            let is_there = patiently(|| target.has_drive_item(&self.owner, &id)).await;
            if !is_there.map_err(target_meaning)? {
                return Err(not_found(path));
            }
            found.push((own.unwrap_or(closed), id));
        }
        Ok(found)
    }
}
