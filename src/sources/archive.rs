//! Our own archive: a BagIt bag with several restore points over one set of objects, as docs/archive-format.md
//! has it. Validated whole before anything of it is used; the bag, the index lines and the writer live below.

mod bag;
pub mod index;
pub(super) mod mailbox;
mod site;
mod teams;
pub mod writer;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;

use super::mime::{self, Unreadable};
use super::personal;
use super::pinned::{self, MESSAGE_BYTES_MAX};
use super::reader::{Tree, digest_of};
use super::{BadItem, Items, RestorePoint, Source, SourceDescription, SourceError, site_json};
use crate::domain::file::FileVersion;
use crate::domain::folder::FolderPath;
use crate::domain::item::{CustodianName, RestorePointId, SourceItem, Workload};
use crate::domain::list_item::ListItem;
use crate::domain::message::{Attachment, Message};
use crate::domain::outlook::OutlookItem;
use crate::domain::site_item::SiteItem;
use crate::domain::task::ChecklistItem;
use crate::domain::teams::TeamsItem;
use bag::Bag;
use index::{Entry, FileEntry, Line, MailEntry, Object, SiteEntry, Tag};

/// The tag file that makes a bag an archive of ours.
pub(super) const TAG_FILE: &str = "unbroken-archive.json";
const TAG_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A list has at most a few hundred columns.
const LIST_BYTES_MAX: u64 = 16 * 1024 * 1024;
const INDEX_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// An opened archive.
pub(super) struct Archive {
    bag: Bag,
    tag: Tag,
    description: SourceDescription,
    /// The sidecar facts of every mail, by point and id: what the MIME bytes do not hold.
    mail: BTreeMap<ItemPlace, MailEntry>,
    /// The checklists of tasks.
    checklists: BTreeMap<ItemPlace, Vec<ChecklistItem>>,
    /// Items of lists: their columns, files and people.
    sites: BTreeMap<ItemPlace, SiteEntry>,
    lists: site::Lists,
    /// The older versions of every file that has some.
    versions: BTreeMap<ItemPlace, Vec<FileVersion>>,
    /// What the lines of teams and chats say.
    teams: teams::Kept,
}

/// An item by point, custodian and id.
type ItemPlace = (RestorePointId, CustodianName, String);

impl Archive {
    /// Validates the bag, then every index line.
    pub(super) fn open(tree: Tree) -> Result<Self, SourceError> {
        let bag = Bag::open(tree)?;
        let tag = Tag::parse(&bag.read_tag(TAG_FILE, TAG_BYTES_MAX)?)
            .map_err(|rule| bag.invalid(TAG_FILE, "content", &rule))?;
        let mut archive = Self {
            description: described(&bag, &tag),
            bag,
            tag,
            mail: BTreeMap::new(),
            checklists: BTreeMap::new(),
            sites: BTreeMap::new(),
            lists: site::Lists::default(),
            versions: BTreeMap::new(),
            teams: teams::Kept::default(),
        };
        archive.check_layout()?;
        for point in archive.description.points.clone() {
            for custodian in archive.description.custodians.clone() {
                for (number, line) in archive.lines(&point.id, &custodian)? {
                    let path = archive.tag.index_path(&point.id, &custodian);
                    for object in line.entry.objects() {
                        archive.check_object(&path, number, object)?;
                    }
                    let id = line.entry.id().to_owned();
                    archive.keep((point.id.clone(), custodian.clone(), id), line.entry);
                }
            }
        }
        archive.lists = archive.read_lists();
        Ok(archive)
    }

    /// Every list once, whichever items name it. One that is too large or cannot be read is its items' trouble: all else of the
    /// archive is read.
    fn read_lists(&self) -> site::Lists {
        let mut objects = BTreeMap::new();
        for list in self.sites.values().filter_map(|entry| entry.list.as_ref()) {
            if objects.contains_key(&list.sha256) {
                continue;
            }
            let bytes = self.bytes_of(list, LIST_BYTES_MAX);
            objects.insert(list.sha256, bytes.map_err(|error| error.to_string()));
        }
        site::Lists::read(&objects)
    }

    /// An object that an index names, whole.
    fn bytes_of(&self, object: &Object, most: u64) -> Result<Vec<u8>, SourceError> {
        let path = object.path();
        let limit = object.size.min(most);
        let bytes = self.bag.tree().read(Path::new(&path), limit)?;
        let bytes = bytes.ok_or_else(|| {
            let rule = format!("at most {most} bytes, and as many as the index says");
            self.bag.invalid(&path, "size", &rule)
        })?;
        let found = digest_of(&bytes);
        if found == object.sha256 {
            return Ok(bytes);
        }
        Err(SourceError::Changed {
            locator: path,
            planned: object.sha256,
            found,
        })
    }

    /// What cannot be had from an item's bytes later.
    fn keep(&mut self, place: ItemPlace, entry: Entry) {
        match entry {
            Entry::Mail(entry) => {
                self.mail.insert(place, entry);
            }
            Entry::Files(entry) if !entry.versions.is_empty() => {
                let versions = entry.versions.into_iter().map(Into::into).collect();
                self.versions.insert(place, versions);
            }
            Entry::Tasks(entry) if !entry.checklist_items.is_empty() => {
                let lines = entry.checklist_items.into_iter().map(|line| ChecklistItem {
                    title: line.display_name,
                    is_checked: line.is_checked,
                });
                self.checklists.insert(place, lines.collect());
            }
            Entry::Lists(entry) if entry.list.is_some() => {
                self.sites.insert(place, entry);
            }
            Entry::Teams(entry) => self.teams.keep(place, entry),
            Entry::Calendar(_)
            | Entry::Contacts(_)
            | Entry::Files(_)
            | Entry::Lists(_)
            | Entry::Mailbox(_)
            | Entry::Pages(_)
            | Entry::Tasks(_) => {}
        }
    }

    /// Nothing lies in the payload but objects under their own digest and the indexes that the tag file names.
    fn check_layout(&self) -> Result<(), SourceError> {
        for (path, file) in self.bag.payload() {
            let is_object = *path == Object::path_of(&file.digest);
            if !is_object && !self.tag.names_index(path) {
                let rule = "neither an object under its digest nor an index that is declared";
                return Err(self.bag.invalid(path, "name", rule));
            }
        }
        Ok(())
    }

    fn check_object(&self, path: &str, number: usize, object: &Object) -> Result<(), SourceError> {
        let stored = self.bag.payload().get(&object.path());
        if stored.is_none_or(|stored| stored.size_bytes != object.size) {
            let rule = format!("object {} is in the bag with that size", object.sha256);
            return Err(self.bag.invalid(path, &format!("line {number}"), &rule));
        }
        Ok(())
    }

    /// The lines of one index, with their numbers. An index that is not there is empty: nothing was kept for that custodian then.
    fn lines(
        &self,
        point: &RestorePointId,
        custodian: &CustodianName,
    ) -> Result<Vec<(usize, Line)>, SourceError> {
        let path = self.tag.index_path(point, custodian);
        if !self.bag.payload().contains_key(&path) {
            return Ok(Vec::new());
        }
        let bytes = self.bag.read(&path, INDEX_BYTES_MAX)?;
        index::parse_lines(&bytes)
            .map_err(|(line, rule)| self.bag.invalid(&path, &format!("line {line}"), &rule))
    }

    fn item(&self, point: &RestorePointId, custodian: &CustodianName, line: Line) -> SourceItem {
        let object = line.entry.object();
        let mut item = SourceItem {
            custodian: custodian.clone(),
            workload: Workload::Mail,
            stable_id: line.entry.id().to_owned(),
            version: String::new(),
            locator: self.locator(point, custodian, line.entry.id()),
            point: point.clone(),
            folder: FolderPath::Drive(Vec::new()),
            name: String::new(),
            size_bytes: object.size,
            digest: object.sha256,
            created: None,
            modified: None,
        };
        match line.entry {
            Entry::Calendar(mut entry) => {
                item.workload = Workload::Calendar;
                item.folder = FolderPath::Calendar(entry.path.pop());
            }
            Entry::Contacts(entry) => {
                item.workload = Workload::Contacts;
                item.folder = FolderPath::Contacts(entry.path);
            }
            Entry::Tasks(mut entry) => {
                item.workload = Workload::Tasks;
                item.folder = FolderPath::Tasks(entry.path.pop());
            }
            Entry::Lists(entry) => {
                item.workload = Workload::Lists;
                if let Some(Ok(list)) = self.lists.of(&entry) {
                    item.folder = FolderPath::List(list.name.clone());
                    item.digest = site::digest(&entry, list);
                    item.size_bytes = site::size(&entry);
                }
                item.name = entry.name;
            }
            Entry::Pages(entry) => {
                item.workload = Workload::Pages;
                item.folder = FolderPath::List("Site Pages".to_owned());
                item.name = entry.name;
            }
            Entry::Teams(entry) => {
                item.workload = Workload::Teams;
                item.folder = FolderPath::Teams(entry.channel.map(|one| one.display_name));
                item.created = entry.created_date_time;
            }
            // It is named by itself, and no item is made of it.
            Entry::Mailbox(_) => {}
            Entry::Mail(entry) => {
                item.folder = entry.folder();
                item.created = entry.sent_date_time;
                item.modified = entry.received_date_time;
            }
            Entry::Files(FileEntry {
                name,
                parent_reference,
                file_system_info,
                ..
            }) => {
                item.workload = Workload::Files;
                item.folder = FolderPath::Drive(parent_reference.path);
                item.name = name;
                item.created = file_system_info.created_date_time;
                item.modified = file_system_info.last_modified_date_time;
            }
        }
        item
    }

    fn locator(&self, point: &RestorePointId, custodian: &CustodianName, id: &str) -> String {
        format!("{}#{id}", self.tag.index_path(point, custodian))
    }

    /// Fills in what the MIME bytes say of a mail, so that a list of items can show it.
    #[expect(
        clippy::result_large_err,
        reason = "the Items of a source are made of these"
    )]
    fn described_mail(&self, mut item: SourceItem) -> Result<SourceItem, BadItem> {
        let bytes = match self.item_bytes(&item) {
            Ok(bytes) => bytes,
            Err((class, reason)) => return Err(refuse(item, class, reason)),
        };
        match mime::outline(&bytes) {
            Ok(outline) => {
                item.name = outline.subject;
                item.created = item.created.or(outline.sent);
                item.modified = item.modified.or(outline.received);
                Ok(item)
            }
            Err(error) => Err(refuse(item, Unreadable::CLASS, error.to_string())),
        }
    }

    /// The same of an event, a contact or a task.
    #[expect(
        clippy::result_large_err,
        reason = "the Items of a source are made of these"
    )]
    fn described_personal(&self, mut item: SourceItem) -> Result<SourceItem, BadItem> {
        let bytes = match self.item_bytes(&item) {
            Ok(bytes) => bytes,
            Err((class, reason)) => return Err(refuse(item, class, reason)),
        };
        match personal::outline(item.workload, &bytes) {
            Ok(outline) => {
                item.name = outline.title;
                item.created = outline.created;
                item.modified = outline.modified;
                Ok(item)
            }
            Err(problem) => Err(refuse(item, problem.class, problem.reason)),
        }
    }

    /// The dates of an item of a list, and whether it can be read.
    #[expect(
        clippy::result_large_err,
        reason = "the Items of a source are made of these"
    )]
    fn described_list_item(&self, mut item: SourceItem) -> Result<SourceItem, BadItem> {
        if item.size_bytes > MESSAGE_BYTES_MAX {
            let reason = format!("over {MESSAGE_BYTES_MAX} bytes with its files");
            return Err(refuse(item, "too-large", reason));
        }
        match self.list_item(&item, false) {
            Ok((_, dates)) => {
                [item.created, item.modified] = dates;
                Ok(item)
            }
            Err(error) => Err(refuse(item, "unreadable", error.to_string())),
        }
    }

    /// The same of a page; one that is not made of sections waits for a person.
    #[expect(
        clippy::result_large_err,
        reason = "the Items of a source are made of these"
    )]
    fn described_page(&self, mut item: SourceItem) -> Result<SourceItem, BadItem> {
        let bytes = match self.item_bytes(&item) {
            Ok(bytes) => bytes,
            Err((class, reason)) => return Err(refuse(item, class, reason)),
        };
        if let Err(rule) = site_json::page(&bytes) {
            return Err(left_of(item, "page", &format!("a page of a site: {rule}")));
        }
        [item.created, item.modified] = site_json::dates(&bytes).unwrap_or_default();
        Ok(item)
    }

    fn list_item(
        &self,
        item: &SourceItem,
        with_files: bool,
    ) -> Result<(ListItem, site_json::Dates), SourceError> {
        let invalid = |rule: String| self.bag.invalid(&item.locator, "item", &rule);
        let entry = self.sites.get(&place_of(item));
        let entry = entry.ok_or_else(|| invalid("an item with its list".to_owned()))?;
        let list = self.lists.of(entry);
        let list = list.ok_or_else(|| invalid("an item with its list".to_owned()))?;
        let list = list.as_ref().map_err(|rule| invalid(rule.clone()))?;
        let bytes = self.bytes_of(&entry.object, MESSAGE_BYTES_MAX)?;
        let people = site::people(entry);
        let beside = site_json::Beside {
            list,
            people: &people,
        };
        let mut read = site_json::item(&bytes, &beside).map_err(invalid)?;
        let dates = site_json::dates(&bytes).map_err(invalid)?;
        if with_files {
            for file in &entry.attachments {
                read.attachments.push(Attachment {
                    name: file.name.clone(),
                    content_type: "application/octet-stream".to_owned(),
                    content_id: None,
                    is_inline: false,
                    content: self.bytes_of(&file.object, MESSAGE_BYTES_MAX)?,
                });
            }
        }
        pinned::unchanged(item, site::digest(entry, list))?;
        Ok((read, dates))
    }

    fn item_bytes(&self, item: &SourceItem) -> Result<Vec<u8>, (&'static str, String)> {
        if item.size_bytes > MESSAGE_BYTES_MAX {
            return Err(("too-large", format!("over {MESSAGE_BYTES_MAX} bytes")));
        }
        self.object(item).map_err(|error| match error {
            SourceError::Changed { .. } => {
                let reason = "changed while the source was being read";
                ("changed", reason.to_owned())
            }
            error => ("unreadable", error.to_string()),
        })
    }

    fn object(&self, item: &SourceItem) -> Result<Vec<u8>, SourceError> {
        let path = Object::path_of(&item.digest);
        let limit = item.size_bytes.min(MESSAGE_BYTES_MAX);
        let bytes = self.bag.tree().read(Path::new(&path), limit)?;
        let bytes = bytes.ok_or_else(|| self.bag.invalid(&path, "size", "as the index says"))?;
        pinned::unchanged(item, digest_of(&bytes))?;
        Ok(bytes)
    }
}

/// What is kept and not restored: a person decides.
fn left_of(item: SourceItem, class: &'static str, what: &str) -> BadItem {
    BadItem {
        custodian: item.custodian,
        workload: Some(item.workload)
            .filter(|known| matches!(known, Workload::Lists | Workload::Pages)),
        reason: format!("{:?} is {what}; it is not restored", item.name),
        locator: item.locator,
        digest: Some(item.digest),
        size_bytes: item.size_bytes,
        class,
    }
}

fn place_of(item: &SourceItem) -> ItemPlace {
    (
        item.point.clone(),
        item.custodian.clone(),
        item.stable_id.clone(),
    )
}

fn refuse(item: SourceItem, class: &'static str, reason: String) -> BadItem {
    BadItem {
        custodian: item.custodian,
        workload: Some(item.workload),
        locator: item.locator,
        digest: Some(item.digest),
        size_bytes: item.size_bytes,
        class,
        reason,
    }
}

fn described(bag: &Bag, tag: &Tag) -> SourceDescription {
    let mut points: Vec<RestorePoint> = tag
        .points
        .iter()
        .map(|point| RestorePoint {
            id: RestorePointId(point.id.clone()),
            taken: Some(point.taken),
        })
        .collect();
    points.sort_by(|left, right| (left.taken, &left.id).cmp(&(right.taken, &right.id)));
    let mut custodians: Vec<CustodianName> = tag
        .custodians
        .iter()
        .map(|custodian| CustodianName(custodian.name.clone()))
        .collect();
    custodians.sort();
    SourceDescription {
        kind: "archive",
        format: index::FORMAT_VERSION,
        fidelity: tag.fidelity.into(),
        evidence: super::Evidence {
            access: tag.evidence.access,
            immutability: tag.evidence.immutability,
            dates: tag.evidence.dates,
            digests: true,
        },
        points,
        custodians,
        digest: bag.digest(),
    }
}

#[expect(
    clippy::result_large_err,
    reason = "the Items of a source are made of these"
)]
impl Source for Archive {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn held_bytes(&self, item: &SourceItem) -> u64 {
        self.bytes_with_images(item)
    }

    fn items(
        &self,
        point: &RestorePointId,
        custodian: &CustodianName,
    ) -> Result<Items<'_>, SourceError> {
        pinned::known(&self.description, point, custodian)?;
        let mut lines = self.lines(point, custodian)?;
        // A stable sort: whatever does not look anything up stays where it is.
        lines.sort_by_key(|(_, line)| match &line.entry {
            Entry::Lists(entry) => self.lists.depth(entry),
            _ => 0,
        });
        index::in_order(&mut lines, |(_, line)| &line.entry);
        let (point, custodian) = (point.clone(), custodian.clone());
        Ok(Box::new(lines.into_iter().map(move |(_, line)| {
            let left = match &line.entry {
                Entry::Lists(entry) => match self.lists.of(entry) {
                    None => Some((
                        "list-item",
                        "an item of a list whose columns are not kept".to_owned(),
                    )),
                    Some(Err(rule)) => {
                        Some(("list-item", format!("not an item of a list: {rule}")))
                    }
                    Some(Ok(_)) => None,
                },
                _ => None,
            };
            if let Entry::Mailbox(entry) = &line.entry {
                return Err(self.setting(&point, &custodian, entry));
            }
            let item = self.item(&point, &custodian, line);
            if let Some((class, what)) = left {
                return Err(left_of(item, class, &what));
            }
            match item.workload {
                Workload::Mail => self.described_mail(item),
                Workload::Calendar | Workload::Contacts | Workload::Tasks => {
                    self.described_personal(item)
                }
                Workload::Lists => self.described_list_item(item),
                Workload::Pages => self.described_page(item),
                Workload::Files => Ok(item),
                Workload::Teams => self.described_teams(item),
            }
        })))
    }

    fn message(&self, item: &SourceItem) -> Result<Message, SourceError> {
        let mut message = super::eml::read_message(&item.locator, &self.object(item)?)?;
        if let Some(entry) = self.mail.get(&place_of(item)) {
            entry.describe(&mut message);
        }
        Ok(message)
    }

    fn outlook_item(&self, item: &SourceItem) -> Result<OutlookItem, SourceError> {
        let mut read = personal::read_item(item, &self.object(item)?)?;
        let checklist = self.checklists.get(&place_of(item));
        if let (OutlookItem::Task(task), Some(lines)) = (&mut read, checklist) {
            task.checklist.clone_from(lines);
        }
        Ok(read)
    }

    fn site_item(&self, item: &SourceItem) -> Result<SiteItem, SourceError> {
        if item.workload == Workload::Pages {
            let page = site_json::page(&self.object(item)?);
            let page = page.map_err(|rule| self.bag.invalid(&item.locator, "page", &rule))?;
            return Ok(SiteItem::Page(Box::new(page)));
        }
        let (read, _) = self.list_item(item, true)?;
        Ok(SiteItem::ListItem(Box::new(read)))
    }

    fn teams_item(&self, item: &SourceItem) -> Result<TeamsItem, SourceError> {
        self.read_teams_item(item, true)
    }

    fn teams_without_images(&self, item: &SourceItem) -> Result<TeamsItem, SourceError> {
        self.read_teams_item(item, false)
    }

    fn versions(&self, item: &SourceItem) -> Result<Vec<FileVersion>, SourceError> {
        let place = place_of(item);
        Ok(self.versions.get(&place).cloned().unwrap_or_default())
    }

    fn has_mime(&self, item: &SourceItem) -> bool {
        item.workload == Workload::Mail
    }

    fn file(&self, item: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError> {
        if item.size_bytes == 0 {
            return Ok(Box::new(Cursor::new(Vec::new())));
        }
        let path = Object::path_of(&item.digest);
        Ok(Box::new(self.bag.tree().open(Path::new(&path))?))
    }
}

#[cfg(test)]
mod tests;
