//! One event, contact or task: found by its key or created, completed, read back whole and compared.

use std::sync::Arc;

use super::mail::{class_of, just_created, partial, sorted, surplus};
use super::{Tries, Trouble};
use crate::domain::outlook::OutlookItem;
use crate::engine::compare::{self, Compared};
use crate::engine::cost;
use crate::engine::record::{PartialAction, Record, Restored, Work, Wrote};
use crate::engine::shop::{Shop, Time};
use crate::targets::{Target, TargetId, Written};

/// Writes the item and reads it back.
pub(super) async fn write<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    item: &OutlookItem,
    tries: &Tries,
) -> Result<Restored, Trouble> {
    let folder = shop.folder(work).await?;
    if tries.look_first
        && let Some(restored) = earlier_copy(shop, work, &folder, item, tries).await?
    {
        return Ok(restored);
    }
    let call = shop
        .target
        .create_outlook_item(&work.user, &folder, item, &work.key);
    let (id, mut written) = shop
        .call(work, cost::create_outlook_item(item), call)
        .await?;
    append(
        &mut written,
        complete(shop, work, &folder, &id, item).await?,
    );
    let compared = compare(shop, work, &folder, item, &id).await?;
    let restored = restored(work, item, id.clone(), Wrote::New, written, compared)?;
    if tries.look_first {
        // A create whose answer was lost may be carried out after somebody looked for it.
        let found = find(shop, work, &folder).await?;
        for late in surplus(found.iter(), &id) {
            delete(shop, work, &folder, tries, &late).await?;
        }
    }
    Ok(restored)
}

/// What earlier tries left under the item's key: one copy, completed where it is a part. Others are deleted, and so is one that
/// cannot be completed.
async fn earlier_copy<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    folder: &TargetId,
    item: &OutlookItem,
    tries: &Tries,
) -> Result<Option<Restored>, Trouble> {
    let mut whole = None;
    let mut parts = Vec::new();
    for id in find(shop, work, folder).await? {
        let compared = compare(shop, work, folder, item, &id).await?;
        if compared.differing.is_empty() && whole.is_none() {
            whole = Some((id, compared));
        } else {
            parts.push(id);
        }
    }
    let mut kept = None;
    if whole.is_none()
        && let Some(id) = parts.pop()
    {
        partial(shop, work, tries, PartialAction::Complete).await?;
        let written = complete(shop, work, folder, &id, item).await?;
        let compared = compare(shop, work, folder, item, &id).await?;
        if compared.differing.is_empty() {
            kept = Some(restored(
                work,
                item,
                id,
                Wrote::Completed,
                written,
                compared,
            )?);
        } else {
            parts.push(id);
        }
    }
    for id in parts {
        delete(shop, work, folder, tries, &id).await?;
    }
    match whole {
        Some((id, compared)) => {
            let written = Written::default();
            restored(work, item, id, Wrote::Found, written, compared).map(Some)
        }
        None => Ok(kept),
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
    item: &OutlookItem,
    id: &TargetId,
) -> Result<Compared, Trouble> {
    let call = shop
        .target
        .read_outlook_item(&work.user, item.workload(), folder, id);
    let found = shop
        .call(work, cost::read_outlook_item(item), call)
        .await
        .map_err(just_created)?;
    Ok(compare::outlook_items(item, &found))
}

async fn complete<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    folder: &TargetId,
    id: &TargetId,
    item: &OutlookItem,
) -> Result<Written, Trouble> {
    let call = shop
        .target
        .complete_outlook_item(&work.user, folder, id, item);
    shop.call(work, cost::complete_outlook_item(item), call)
        .await
        .map_err(just_created)
}

async fn delete<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    folder: &TargetId,
    tries: &Tries,
    id: &TargetId,
) -> Result<(), Trouble> {
    partial(shop, work, tries, PartialAction::Delete).await?;
    let workload = work.source.workload;
    let call = shop
        .target
        .delete_outlook_item(&work.user, workload, folder, id);
    match shop.call(work, cost::small(), call).await {
        // An earlier answer was lost: it is gone already.
        Err(Trouble::Target(failure)) if failure.status == 404 => Ok(()),
        result => result,
    }
}

fn append(written: &mut Written, rest: Written) {
    written.request_ids.extend(rest.request_ids);
    written.transforms.extend(rest.transforms);
    written.deltas.extend(rest.deltas);
}

fn restored(
    work: &Work,
    item: &OutlookItem,
    id: TargetId,
    wrote: Wrote,
    written: Written,
    compared: Compared,
) -> Result<Restored, Trouble> {
    if !compared.differing.is_empty() {
        return Err(Trouble::Differs(compared.differing));
    }
    let transforms = [item.transforms(), &written.transforms, &work.transforms].concat();
    let transforms = sorted(transforms);
    let deltas = sorted([item.deltas(), &written.deltas].concat());
    Ok(Restored {
        class: class_of(&transforms, &deltas),
        wrote,
        transforms,
        deltas,
        compared: compared.equal,
        source_digest: compared.source_digest,
        readback_digest: compared.found_digest,
        target_id: id,
        target_name: work.target_name.clone(),
        request_ids: written.request_ids,
        links: crate::domain::teams::links::FoundLinks::default(),
        versions: Vec::new(),
    })
}
