//! One event, contact or task: found by its key or created, completed, read back whole and compared.

use std::sync::Arc;

use super::copies::{self, Copy, Place, append};
use super::mail::{gone, just_created, partial};
use super::{Tries, Trouble};
use crate::domain::outlook::OutlookItem;
use crate::engine::compare::{self, Compared};
use crate::engine::cost;
use crate::engine::record::{PartialAction, Record, Restored, Work, Wrote};
use crate::engine::shop::{Shop, Time};
use crate::targets::{Target, TargetId, Written};

/// The item's folder.
struct InFolder<'a, R, T: Target, C: Time> {
    shop: &'a Arc<Shop<R, T, C>>,
    work: &'a Work,
    folder: TargetId,
    item: &'a Arc<OutlookItem>,
    tries: &'a Tries,
}

/// Writes the item and reads it back.
pub(super) async fn write<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    item: &Arc<OutlookItem>,
    tries: &Tries,
) -> Result<Restored, Trouble> {
    let place = InFolder {
        shop,
        work,
        folder: shop.folder(work).await?,
        item,
        tries,
    };
    let declared = (item.transforms(), item.deltas());
    if tries.look_first
        && let Some(copy) = copies::earlier(&place).await?
    {
        return copies::restored(work, declared, copy);
    }
    let copy = place.create().await?;
    let id = copy.id.clone();
    let restored = copies::restored(work, declared, copy)?;
    if tries.look_first {
        copies::delete_late(&place, &id).await?;
    }
    Ok(restored)
}

impl<R: Record, T: Target + 'static, C: Time> InFolder<'_, R, T, C> {
    async fn create(&self) -> Result<Copy, Trouble> {
        let call = self.shop.target.create_outlook_item(
            &self.work.user,
            &self.folder,
            self.item,
            &self.work.key,
        );
        let cost = cost::create_outlook_item(self.item);
        let (id, mut written) = self.shop.call(self.work, cost, call).await?;
        append(&mut written, self.complete(&id).await?);
        let compared = self.compare(&id).await?;
        Ok(Copy {
            id,
            wrote: Wrote::New,
            written,
            compared,
        })
    }

    async fn complete(&self, id: &TargetId) -> Result<Written, Trouble> {
        let call =
            self.shop
                .target
                .complete_outlook_item(&self.work.user, &self.folder, id, self.item);
        let cost = cost::complete_outlook_item(self.item);
        let completed = self.shop.call(self.work, cost, call).await;
        completed.map_err(just_created)
    }
}

impl<R: Record, T: Target + 'static, C: Time> Place for InFolder<'_, R, T, C> {
    async fn find(&self) -> Result<Vec<TargetId>, Trouble> {
        find(self.shop, self.work, &self.folder).await
    }

    async fn compare(&self, id: &TargetId) -> Result<Compared, Trouble> {
        compare(self.shop, self.work, &self.folder, self.item, id).await
    }

    async fn complete_part(&self, id: &TargetId) -> Result<Written, Trouble> {
        partial(self.shop, self.work, self.tries, PartialAction::Complete).await?;
        self.complete(id).await
    }

    async fn delete_part(&self, id: &TargetId) -> Result<(), Trouble> {
        partial(self.shop, self.work, self.tries, PartialAction::Delete).await?;
        let workload = self.work.source.workload;
        let call =
            self.shop
                .target
                .delete_outlook_item(&self.work.user, workload, &self.folder, id);
        gone(self.shop.call(self.work, cost::small(), call).await)
    }
}

/// Everything in the folder with the item's key.
pub(crate) async fn find<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    folder: &TargetId,
) -> Result<Vec<TargetId>, Trouble> {
    let workload = work.source.workload;
    let call = shop
        .target
        .find_outlook_items(&work.user, workload, folder, &work.key);
    shop.call(work, cost::small(), call).await
}

/// Reads a copy back and compares it.
pub(crate) async fn compare<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    folder: &TargetId,
    item: &Arc<OutlookItem>,
    id: &TargetId,
) -> Result<Compared, Trouble> {
    let call = shop
        .target
        .read_outlook_item(&work.user, item.workload(), folder, id);
    let found = shop
        .call(work, cost::read_outlook_item(item), call)
        .await
        .map_err(just_created)?;
    Ok(compare::outlook_items(item, found).await)
}
