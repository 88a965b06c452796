//! The search of restored content for what is left of the compromised tenant. It reads the backup, whose items were compared with
//! what was read back: so nobody needs a right to read everybody's mail in the clean tenant.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::ops::AddAssign as _;
use std::sync::Arc;

use super::meaning;
use super::restoring::rows::links;
use crate::clock::{Clock, SystemClock};
use crate::domain::case::{CaseCommand, ContentCommand};
use crate::domain::custodian::Ended;
use crate::domain::evidence::OldTenant;
use crate::domain::item::{SourceItem, Workload};
use crate::domain::leftovers::urls::{host, urls};
use crate::domain::leftovers::{LeftoverFacts, LeftoversCounted};
use crate::domain::list_item::FieldValue;
use crate::domain::message::Attachment;
use crate::domain::notice::kept_out;
use crate::domain::outlook::OutlookItem;
use crate::domain::pseudonym::Pseudonym;
use crate::domain::separation::search::{ContentHits, content_hits};
use crate::domain::site_item::SiteItem;
use crate::domain::teams::TeamsItem;
use crate::domain::teams::links::{Link, Links};
use crate::error::{Error, Result};
use crate::journal::Journal;
use crate::scanners::texts;
use crate::sources::{Source, SourceError};

/// Larger files are not searched: they are pictures, films and archives.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Flagged items that are named; all are counted.
const FLAGGED_MAX: usize = 500;
/// Links that are listed, some hundred bytes each; the others are counted.
const LINKS_MAX: usize = 1_000_000;

/// What was counted, and which items are flagged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// The counts, as the record has them.
    pub(crate) counted: LeftoversCounted,
    /// The flagged items; the first of many.
    pub(crate) flagged: Vec<Pseudonym>,
    /// Links into the old tenant, where they were asked for.
    pub(crate) links: Vec<OldLink>,
    /// Links beyond [`LINKS_MAX`].
    pub(crate) links_left_out: u64,
}

/// A link into the old tenant that stands in a restored item.
#[derive(Clone, Debug)]
pub(crate) struct OldLink {
    /// Whose the item is.
    pub(crate) custodian: String,
    /// The item.
    pub(crate) item: Pseudonym,
    /// Its service.
    pub(crate) workload: &'static str,
    /// Its name.
    pub(crate) name: String,
    /// As it stands there.
    pub(crate) old: String,
    /// Where the same thing lies now; empty where that is not known.
    pub(crate) new: String,
}

/// Searches what was restored, and records the counts. `with_links` lists the links into the old tenant as well.
pub(crate) async fn count(
    journal: &Journal,
    source: Arc<dyn Source>,
    with_links: bool,
) -> Result<Found> {
    let searching = journal.clone();
    let found = tokio::task::spawn_blocking(move || search(&searching, &*source, with_links)).await;
    let found = found.map_err(Error::failed)??;
    let facts = LeftoverFacts {
        flagged: Some(found.flagged.clone()).filter(|flagged| !flagged.is_empty()),
    };
    let command = ContentCommand::CountLeftovers(found.counted, facts);
    let command = CaseCommand::Content(Box::new(command), SystemClock.now());
    journal.command(command).await.map_err(meaning)?;
    Ok(found)
}

fn search(journal: &Journal, source: &dyn Source, with_links: bool) -> Result<Found> {
    let case = journal.case().map_err(meaning)?;
    let old = kept_out(&case);
    let known = links(&case);
    let mut found = Found::default();
    let mut seen = std::collections::HashSet::new();
    for plan in &case.adopted {
        for part in journal.plan_parts(plan).map_err(meaning)? {
            let rows = journal.part_rows(plan, &part).map_err(meaning)?;
            let items = rows.iter().map(|row| &row.item);
            let progress = journal.progress(&part.custodian, items).map_err(meaning)?;
            for (row, progress) in rows.into_iter().zip(progress) {
                let is_restored = progress.ended == Some(Ended::Restored);
                if !is_restored || !seen.insert(row.item.clone()) {
                    continue;
                }
                let item = row.source_item();
                let mut leading = BTreeSet::new();
                let mut look = |text: &str| {
                    if with_links {
                        leading.extend(urls(text));
                    }
                };
                let hits = item
                    .as_ref()
                    .map(|item| hits_in(source, item, &old, &mut look));
                if let Some(item) = &item {
                    found.list(&row.item, item, &leading, (&known, &old));
                }
                match hits {
                    Some(Ok(Some(hits))) => {
                        if found.counted.take(hits) && found.flagged.len() < FLAGGED_MAX {
                            found.flagged.push(row.item);
                        }
                    }
                    // What cannot be read any more is said by its number; it never stops the others.
                    Some(Ok(None) | Err(_)) | None => found.counted.not_searched += 1,
                }
            }
        }
    }
    Ok(found)
}

impl Found {
    /// Those of the addresses that lead into the old tenant.
    fn list(
        &mut self,
        pseudonym: &Pseudonym,
        item: &SourceItem,
        addresses: &BTreeSet<String>,
        (known, tenant): (&Links, &OldTenant),
    ) {
        for old in addresses {
            let new = match known.look(old) {
                Link::Elsewhere if !tenant.owns(host(old)) => continue,
                Link::Elsewhere | Link::Left => String::new(),
                Link::Moved(new) => new,
            };
            if self.links.len() == LINKS_MAX {
                self.links_left_out += 1;
                continue;
            }
            self.links.push(OldLink {
                custodian: item.custodian.0.clone(),
                item: pseudonym.clone(),
                workload: item.workload.name(),
                name: item.name.clone(),
                old: old.clone(),
                new,
            });
        }
    }
}

/// What the texts of an item hold; nothing where it holds no text.
fn hits_in(
    source: &dyn Source,
    item: &SourceItem,
    old: &OldTenant,
    look: &mut dyn FnMut(&str),
) -> std::result::Result<Option<ContentHits>, SourceError> {
    let mut hits = ContentHits::default();
    let mut text = |text: &str| {
        hits.add_assign(content_hits(text, old));
        look(text);
    };
    match item.workload {
        Workload::Mail => {
            let message = source.message(item)?;
            text(&message.subject);
            text(&message.transport_headers);
            text(&message.body.content);
            in_files(&message.attachments, &mut text);
        }
        Workload::Calendar | Workload::Contacts | Workload::Tasks => {
            let read = source.outlook_item(item)?;
            text(read.title());
            match &read {
                OutlookItem::Contact(contact) => {
                    text(&contact.personal_notes);
                    contact
                        .email_addresses
                        .iter()
                        .for_each(|one| text(&one.address));
                    contact.im_addresses.iter().for_each(|one| text(one));
                }
                OutlookItem::Event(event) => {
                    text(&event.facts.location);
                    text(&event.facts.body.content);
                }
                OutlookItem::Task(task) => text(&task.body.content),
            }
            in_files(read.attachments(), &mut text);
        }
        Workload::Files => {
            if item.size_bytes > FILE_BYTES_MAX {
                return Ok(None);
            }
            let mut bytes = Vec::new();
            let content = source.file(item)?;
            content
                .take(item.size_bytes)
                .read_to_end(&mut bytes)
                .map_err(|source| SourceError::Io {
                    path: item.locator.clone(),
                    source,
                })?;
            if !texts(&bytes, &mut text) {
                return Ok(None);
            }
        }
        Workload::Lists | Workload::Pages => in_site_item(&source.site_item(item)?, &mut text),
        Workload::Teams => match source.teams_without_images(item)? {
            TeamsItem::Message(message) => {
                text(&message.subject);
                text(&message.content);
            }
            TeamsItem::Team(team) => text(&team.description),
        },
    }
    Ok(Some(hits))
}

fn in_site_item(item: &SiteItem, text: &mut impl FnMut(&str)) {
    match item {
        SiteItem::ListItem(read) => {
            for value in read.fields.values() {
                match value {
                    FieldValue::Text(one) => text(one),
                    FieldValue::Texts(all) => all.iter().for_each(|one| text(one)),
                    FieldValue::Boolean(_)
                    | FieldValue::Ids(_)
                    | FieldValue::Number(_)
                    | FieldValue::Time(_) => {}
                }
            }
        }
        SiteItem::Page(page) => {
            text(&page.title);
            page.texts().for_each(&mut *text);
        }
    }
    in_files(item.attachments(), text);
}

fn in_files(files: &[Attachment], text: &mut impl FnMut(&str)) {
    for file in files {
        texts(&file.content, text);
    }
}
