//! One item of a site: its people and lookups resolved, found by its key or created, completed, read back whole and compared.
//! An item that points to one which is not there yet is written without it and completed by a later attempt, so that no order
//! and no circle of lists leaves a gap.

use std::sync::{Arc, PoisonError};

use chrono::TimeDelta;

use super::copies::{self, Copy, Place, append};
use super::mail::{gone, just_created, partial};
use super::{Tries, Trouble, gave_up};
use crate::domain::list_item::{ListItem, Numbered, Person};
use crate::domain::site_item::SiteItem;
use crate::domain::site_list::ColumnKind;
use crate::engine::compare::{self, Compared};
use crate::engine::cost;
use crate::engine::record::{Found, PartialAction, Record, Restored, Work, Wrote};
use crate::engine::retry;
use crate::engine::shop::{Shop, Time};
use crate::sources::SourceError;
use crate::targets::{PAGES, Retry, Target, TargetError, TargetId, Written};

/// So often an item looks for what it points to, at least; a list answers late for what was just written.
const LOOKUP_TRIES: u32 = 5;
/// So often at most, while others are still to come: hours, and before the item would be given up.
const LOOKUP_TRIES_MAX: u32 = retry::ATTEMPTS_MAX * 3 / 4;
/// So long a site may take to learn of a new user; "No instant access after creation" gives 15 minutes.
/// <https://learn.microsoft.com/graph/known-issues>
const NEW_USER_WAIT: TimeDelta = TimeDelta::minutes(15);

/// Reads the item from the source, on a thread of its own.
pub(super) async fn read<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
) -> Result<SiteItem, SourceError> {
    let source = Arc::clone(&shop.source);
    let item = work.source.clone();
    let read = tokio::task::spawn_blocking(move || source.site_item(&item)).await;
    read.unwrap_or_else(|panic| Err(gave_up(work, &panic)))
}

/// The item's list.
struct InList<'a, R, T: Target, C: Time> {
    shop: &'a Arc<Shop<R, T, C>>,
    work: &'a Work,
    list: TargetId,
    item: &'a SiteItem,
    tries: &'a Tries,
}

/// Writes the item and reads it back.
pub(super) async fn write<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    item: &SiteItem,
    tries: &mut Tries,
) -> Result<Restored, Trouble> {
    let list = list(shop, work, item).await?;
    let (item, waits) = resolve(shop, work, item, tries).await?;
    let place = InList {
        shop,
        work,
        list,
        item: &item,
        tries,
    };
    let earlier = if tries.look_first {
        copies::earlier(&place).await?
    } else {
        None
    };
    let copy = if let Some(copy) = earlier {
        copy
    } else {
        let copy = place.create().await?;
        if tries.look_first {
            copies::delete_late(&place, &copy.id).await?;
        }
        copy
    };
    if waits {
        tries.stands = true;
        return Err(Trouble::Target(not_there_yet()));
    }
    copies::restored(work, (item.transforms(), item.deltas()), copy)
}

impl<R: Record, T: Target + 'static, C: Time> InList<'_, R, T, C> {
    async fn create(&self) -> Result<Copy, Trouble> {
        let call = self.shop.target.create_site_item(
            &self.work.user,
            &self.list,
            self.item,
            &self.work.key,
        );
        let cost = cost::create_site_item(self.item);
        let (id, mut written) = self.shop.call(self.work, cost, call).await?;
        if !self.item.attachments().is_empty() {
            append(&mut written, self.complete(&id).await?);
        }
        let compared = self.compare(&id).await?;
        Ok(Copy {
            id,
            wrote: Wrote::New,
            written,
            compared,
        })
    }

    async fn complete(&self, id: &TargetId) -> Result<Written, Trouble> {
        let call = self
            .shop
            .target
            .complete_site_item(&self.work.user, &self.list, id, self.item);
        let cost = cost::complete_site_item(self.item);
        let completed = self.shop.call(self.work, cost, call).await;
        completed.map_err(just_created)
    }
}

impl<R: Record, T: Target + 'static, C: Time> Place for InList<'_, R, T, C> {
    async fn find(&self) -> Result<Vec<TargetId>, Trouble> {
        find(self.shop, self.work, &self.list).await
    }

    async fn compare(&self, id: &TargetId) -> Result<Compared, Trouble> {
        compare(self.shop, self.work, &self.list, self.item, id).await
    }

    async fn complete_part(&self, id: &TargetId) -> Result<Written, Trouble> {
        partial(self.shop, self.work, self.tries, PartialAction::Complete).await?;
        self.complete(id).await
    }

    async fn delete_part(&self, id: &TargetId) -> Result<(), Trouble> {
        partial(self.shop, self.work, self.tries, PartialAction::Delete).await?;
        let call = self
            .shop
            .target
            .delete_site_item(&self.work.user, &self.list, id);
        gone(self.shop.call(self.work, cost::small(), call).await)
    }
}

/// After a crash: what is there under the item's key.
pub(crate) async fn look<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
) -> Result<Found, Trouble> {
    let item = read(shop, work).await?;
    let list = list(shop, work, &item).await?;
    let copies = find(shop, work, &list).await?;
    if copies.is_empty() {
        return Ok(Found::Nothing);
    }
    let (item, waits) = resolve(shop, work, &item, tries).await?;
    for id in copies {
        let compared = compare(shop, work, &list, &item, &id).await?;
        if compared.differing.is_empty() && !waits {
            return Ok(Found::Whole);
        }
    }
    Ok(Found::Partial)
}

async fn list<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    item: &SiteItem,
) -> Result<TargetId, Trouble> {
    match item {
        SiteItem::ListItem(item) => shop.folder_or_list(work, Some(&item.list)).await,
        // Every site has its pages; nothing is made for them.
        SiteItem::Page(_) => Ok(TargetId(PAGES.to_owned())),
    }
}

/// The item with numbers of the target's site in place of people and lookups, and whether something that it points to is still
/// to come.
async fn resolve<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    item: &SiteItem,
    tries: &Tries,
) -> Result<(SiteItem, bool), Trouble> {
    let mut item = match item {
        SiteItem::ListItem(item) => ListItem::clone(item),
        SiteItem::Page(_) => return Ok((item.clone(), false)),
    };
    for (column, people) in item.people.clone() {
        let mut resolved = Vec::new();
        for person in people {
            let number = number_of(shop, work, tries, &person).await?;
            resolved.push((person, number));
        }
        item.resolve_people(&column, &resolved);
    }
    let mut waits = false;
    // Asked before anything is looked for: whatever stands by now is found.
    let is_over = shop.to_come.is_nothing(&work.user.id) && tries.attempt >= LOOKUP_TRIES
        || tries.attempt >= LOOKUP_TRIES_MAX;
    for (column, numbers) in item.lookups.clone() {
        let Some(ColumnKind::Lookup { list, .. }) = item.kind(&column).cloned() else {
            continue;
        };
        let mut found = Vec::new();
        let list = list_named(shop, work, &list).await?;
        for number in numbers {
            let Some(list) = &list else {
                found.push(None);
                continue;
            };
            let call = shop.target.items_numbered(&work.user, list, number);
            let there = shop.call(work, cost::small(), call).await?;
            // Of two that had the number nobody can tell which is meant.
            found.push(<[u32; 1]>::try_from(there).ok().map(|[id]| id));
        }
        if found.iter().all(Option::is_some) || is_over {
            item.resolve_lookups(&column, &found);
        } else {
            waits = true;
        }
    }
    Ok((SiteItem::ListItem(Box::new(item)), waits))
}

/// A list by its name; kept once it is there.
async fn list_named<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    name: &str,
) -> Result<Option<TargetId>, Trouble> {
    let place = (work.user.id.clone(), name.to_owned());
    let lists = || shop.lists.lock().unwrap_or_else(PoisonError::into_inner);
    let known = lists().get(&place).cloned();
    if known.is_some() {
        return Ok(known);
    }
    let call = shop.target.list_named(&work.user, name);
    let found = shop.call(work, cost::small(), call).await?;
    if let Some(list) = &found {
        lists().insert(place, list.clone());
    }
    Ok(found)
}

/// Somebody's number in the site. It is waited for where the site does not know the mapped user yet.
async fn number_of<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    person: &Person,
) -> Result<Numbered, Trouble> {
    let Some(principal) = shop.people.principal(&person.address) else {
        return Ok(Numbered::NobodyMapped);
    };
    let place = (work.user.id.clone(), principal.to_owned());
    let numbers = || shop.numbers.lock().unwrap_or_else(PoisonError::into_inner);
    let known = numbers().get(&place).copied();
    if let Some(number) = known {
        return Ok(Numbered::Known(number));
    }
    let call = shop.target.person_number(&work.user, principal);
    let number = shop.call(work, cost::small(), call).await?;
    if let Some(number) = number {
        numbers().insert(place, number);
        return Ok(Numbered::Known(number));
    }
    let since = tries.refused_since;
    if since.is_some_and(|since| shop.time.now() - since >= NEW_USER_WAIT) {
        return Ok(Numbered::UnknownToSite);
    }
    Err(Trouble::Target(unknown_to_site()))
}

async fn find<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    list: &TargetId,
) -> Result<Vec<TargetId>, Trouble> {
    let call = shop.target.find_site_items(&work.user, list, &work.key);
    shop.call(work, cost::small(), call).await
}

async fn compare<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    list: &TargetId,
    item: &SiteItem,
    id: &TargetId,
) -> Result<Compared, Trouble> {
    let call = shop.target.read_site_item(&work.user, list, id, item);
    let found = shop
        .call(work, cost::read_site_item(item), call)
        .await
        .map_err(just_created)?;
    Ok(compare::site_items(item, &found))
}

/// Another item has to be there first; nothing is wrong with this one.
fn not_there_yet() -> TargetError {
    TargetError {
        operation: "waiting for the item that a lookup points to",
        status: 0,
        code: retry::WAITS_FOR_ANOTHER.to_owned(),
        message: "the item that it points to is not in the target yet".to_owned(),
        request_id: None,
        retry: Retry::Soon,
        outcome_unknown: false,
    }
}

/// A new user is known to a site some time after the directory knows them.
fn unknown_to_site() -> TargetError {
    TargetError {
        operation: "POST {site}/_api/web/ensureuser",
        status: 404,
        code: retry::UNKNOWN_TO_SITE.to_owned(),
        message: "the site does not know the mapped user yet".to_owned(),
        request_id: None,
        retry: Retry::Soon,
        outcome_unknown: false,
    }
}
