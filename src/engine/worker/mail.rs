//! One message: found by its key or created, completed, read back whole and compared. Nothing is decided from a guess.

use std::sync::Arc;

use super::{Tries, Trouble};
use crate::domain::message::{Delta, Message, Smime, Transform};
use crate::engine::compare;
use crate::engine::cost;
use crate::engine::record::{Class, Outcome, PartialAction, Record, Restored, Work, Wrote};
use crate::engine::shop::{Shop, Time};
use crate::targets::{FoundMessage, Retry, Target, TargetError, TargetId, Written};

/// What lies in the target, and how it came there.
struct Copy {
    id: TargetId,
    wrote: Wrote,
    written: Written,
}

/// Writes the message and reads it back.
pub(super) async fn write<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    message: &Arc<Message>,
    tries: &Tries,
) -> Result<Restored, Trouble> {
    let earlier = if tries.look_first {
        earlier_copy(shop, work, message, tries).await?
    } else {
        None
    };
    if let Some(copy) = earlier {
        match read_back(shop, work, message, &copy).await {
            // What an earlier try left is not what it should be: it goes, by event, and is written anew.
            Err(Trouble::Differs(_)) => {
                delete(shop, work, tries, &copy.id).await?;
            }
            result => return result,
        }
    }
    let copy = create(shop, work, message).await?;
    let restored = read_back(shop, work, message, &copy).await?;
    if tries.look_first {
        delete_late(shop, work, tries, &copy.id).await?;
    }
    Ok(restored)
}

/// A create whose answer was lost may be carried out after somebody looked for it: what it left lies beside the copy that was read
/// back, under the same key.
async fn delete_late<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    kept: &TargetId,
) -> Result<(), Trouble> {
    let found = find(shop, work).await?;
    for late in surplus(found.iter().map(|found| &found.id), kept) {
        delete(shop, work, tries, &late).await?;
    }
    Ok(())
}

/// What was found beside the copy that is kept. Where that one is not among it, nothing is: a service that lists it under another
/// id must not make us delete it.
pub(super) fn surplus<'a>(
    found: impl Iterator<Item = &'a TargetId>,
    kept: &TargetId,
) -> Vec<TargetId> {
    let (same, others): (Vec<&TargetId>, Vec<&TargetId>) = found.partition(|id| *id == kept);
    if same.is_empty() {
        return Vec::new();
    }
    others.into_iter().cloned().collect()
}

/// What earlier tries left under the item's key: one copy, completed where it is a part. Others are deleted.
async fn earlier_copy<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    message: &Message,
    tries: &Tries,
) -> Result<Option<Copy>, Trouble> {
    let mut found = find(shop, work).await?;
    found.sort_by_key(|copy| !is_whole(copy, message));
    let mut found = found.into_iter();
    let Some(first) = found.next() else {
        return Ok(None);
    };
    for surplus in found {
        delete(shop, work, tries, &surplus.id).await?;
    }
    if is_whole(&first, message) {
        return Ok(Some(Copy {
            id: first.id,
            wrote: Wrote::Found,
            written: Written::default(),
        }));
    }
    partial(shop, work, tries, PartialAction::Complete).await?;
    let call = shop.target.complete_message(&work.user, &first.id, message);
    let written = shop
        .call(work, cost::complete_message(message), call)
        .await?;
    Ok(Some(Copy {
        id: first.id,
        wrote: Wrote::Completed,
        written,
    }))
}

/// Every message with the item's key.
pub(crate) async fn find<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
) -> Result<Vec<FoundMessage>, Trouble> {
    let call = shop.target.find_messages(&work.user, &work.key);
    shop.call(work, cost::small(), call).await
}

/// As far as the list of attachments tells; reading back decides.
pub(crate) fn is_whole(found: &FoundMessage, message: &Message) -> bool {
    found.attachments.len() >= message.attachments.len()
}

async fn create<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    message: &Message,
) -> Result<Copy, Trouble> {
    let folder = shop.folder(work).await?;
    let call = shop
        .target
        .create_message(&work.user, &folder, message, &work.key);
    let (id, mut written) = shop.call(work, cost::create_message(message), call).await?;
    if !message.attachments.is_empty() {
        let call = shop.target.complete_message(&work.user, &id, message);
        let rest = shop
            .call(work, cost::complete_message(message), call)
            .await
            .map_err(just_created)?;
        written.request_ids.extend(rest.request_ids);
        written.transforms.extend(rest.transforms);
        written.deltas.extend(rest.deltas);
    }
    Ok(Copy {
        id,
        wrote: Wrote::New,
        written,
    })
}

async fn read_back<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    message: &Arc<Message>,
    copy: &Copy,
) -> Result<Restored, Trouble> {
    let call = shop.target.read_message(&work.user, &copy.id);
    let found = shop
        .call(work, cost::read_message(message), call)
        .await
        .map_err(just_created)?;
    let smime = found.smime;
    let compared = compare::messages(message, found).await;
    if !compared.differing.is_empty() {
        return Err(Trouble::Differs(compared.differing));
    }
    let transforms = sorted(
        [
            &message.transforms[..],
            &copy.written.transforms,
            &work.transforms,
        ]
        .concat(),
    );
    // The piece is there byte for byte; whether the service takes the class it alone can tell.
    let lost: &[Delta] = if message.smime == smime {
        &[]
    } else {
        &Smime::LOST
    };
    let deltas: Vec<Delta> = sorted([&message.deltas[..], &copy.written.deltas, lost].concat());
    Ok(Restored {
        class: class_of(&transforms, &deltas),
        wrote: copy.wrote,
        transforms,
        deltas,
        compared: compared.equal,
        source_digest: compared.source_digest,
        readback_digest: compared.found_digest,
        target_id: copy.id.clone(),
        target_name: work.target_name.clone(),
        request_ids: copy.written.request_ids.clone(),
        links: crate::domain::teams::links::FoundLinks::default(),
        versions: Vec::new(),
    })
}

async fn delete<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    id: &TargetId,
) -> Result<(), Trouble> {
    partial(shop, work, tries, PartialAction::Delete).await?;
    let call = shop.target.delete_message(&work.user, id);
    gone(shop.call(work, cost::small(), call).await)
}

/// What was deleted is gone, also where the answer that said so was lost.
pub(super) fn gone(deleted: Result<(), Trouble>) -> Result<(), Trouble> {
    match deleted {
        Err(Trouble::Target(failure)) if failure.status == 404 => Ok(()),
        result => result,
    }
}

pub(super) async fn partial<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    action: PartialAction,
) -> Result<(), Trouble> {
    let outcome = Outcome::PartialFound {
        item: work.item.clone(),
        attempt: tries.attempt,
        action,
    };
    Ok(shop.record.record(work, outcome).await?)
}

/// Right after a create the service may not know the id yet (graph.md 1.2): that passes.
pub(super) fn just_created(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Target(failure) if failure.status == 404 && failure.retry == Retry::Never => {
            Trouble::Target(TargetError {
                retry: Retry::Soon,
                ..failure
            })
        }
        other => other,
    }
}

pub(super) fn class_of(transforms: &[Transform], deltas: &[Delta]) -> Class {
    if transforms.is_empty() && deltas.is_empty() {
        Class::Identical
    } else {
        Class::AsDeclared
    }
}

pub(super) fn sorted<V: Ord>(mut values: Vec<V>) -> Vec<V> {
    values.sort();
    values.dedup();
    values
}
