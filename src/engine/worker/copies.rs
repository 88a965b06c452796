//! Copies of an event, a contact, a task or an item of a site in the target: which one of several is kept, and what is said of it.
//! The calls themselves lie in outlook.rs and site.rs; of mail and files other things are known (mail.rs, file.rs).

use super::Trouble;
use super::mail::{class_of, sorted, surplus};
use crate::domain::message::{Delta, Transform};
use crate::engine::compare::Compared;
use crate::engine::record::{Restored, Work, Wrote};
use crate::targets::{TargetId, Written};

/// A copy in the target, read back.
pub(super) struct Copy {
    pub(super) id: TargetId,
    pub(super) wrote: Wrote,
    pub(super) written: Written,
    pub(super) compared: Compared,
}

/// The calls for one item in its place.
pub(super) trait Place: Sync {
    /// Everything there with the item's key.
    fn find(&self) -> impl Future<Output = Result<Vec<TargetId>, Trouble>> + Send;
    /// Reads a copy back and compares it.
    fn compare(&self, id: &TargetId) -> impl Future<Output = Result<Compared, Trouble>> + Send;
    /// Adds what a copy lacks; that it was a part is recorded before.
    fn complete_part(&self, id: &TargetId)
    -> impl Future<Output = Result<Written, Trouble>> + Send;
    /// Deletes a copy; that it was a part is recorded before.
    fn delete_part(&self, id: &TargetId) -> impl Future<Output = Result<(), Trouble>> + Send;
}

/// What earlier tries left under the item's key: one copy, completed where it is a part. Others are deleted, and so is one that
/// cannot be completed.
pub(super) async fn earlier<P: Place>(place: &P) -> Result<Option<Copy>, Trouble> {
    let mut kept = None;
    let mut parts = Vec::new();
    for id in place.find().await? {
        let compared = place.compare(&id).await?;
        if compared.differing.is_empty() && kept.is_none() {
            kept = Some(Copy {
                id,
                wrote: Wrote::Found,
                written: Written::default(),
                compared,
            });
        } else {
            parts.push(id);
        }
    }
    if kept.is_none()
        && let Some(id) = parts.pop()
    {
        let written = place.complete_part(&id).await?;
        let compared = place.compare(&id).await?;
        if compared.differing.is_empty() {
            kept = Some(Copy {
                id,
                wrote: Wrote::Completed,
                written,
                compared,
            });
        } else {
            parts.push(id);
        }
    }
    for id in parts {
        place.delete_part(&id).await?;
    }
    Ok(kept)
}

/// A create whose answer was lost may be carried out after somebody looked for it: what it left beside the copy that is kept goes.
pub(super) async fn delete_late<P: Place>(place: &P, kept: &TargetId) -> Result<(), Trouble> {
    let found = place.find().await?;
    for late in surplus(found.iter(), kept) {
        place.delete_part(&late).await?;
    }
    Ok(())
}

pub(super) fn append(written: &mut Written, rest: Written) {
    written.request_ids.extend(rest.request_ids);
    written.transforms.extend(rest.transforms);
    written.deltas.extend(rest.deltas);
}

/// What is recorded of a copy that came back as it should be.
pub(super) fn restored(
    work: &Work,
    (transforms, deltas): (&[Transform], &[Delta]),
    copy: Copy,
) -> Result<Restored, Trouble> {
    if !copy.compared.differing.is_empty() {
        return Err(Trouble::Differs(copy.compared.differing));
    }
    let transforms = sorted([transforms, &copy.written.transforms, &work.transforms].concat());
    let deltas = sorted([deltas, &copy.written.deltas].concat());
    Ok(Restored {
        class: class_of(&transforms, &deltas),
        wrote: copy.wrote,
        transforms,
        deltas,
        compared: copy.compared.equal,
        source_digest: copy.compared.source_digest,
        readback_digest: copy.compared.found_digest,
        target_id: copy.id,
        target_name: work.target_name.clone(),
        request_ids: copy.written.request_ids,
        links: crate::domain::teams::links::FoundLinks::default(),
        versions: Vec::new(),
    })
}
