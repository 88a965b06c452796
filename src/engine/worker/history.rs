//! The versions of a file, oldest first: how many of them are there already, the next one written over the last, all of
//! them read back. Which is which is told by bytes: the service dates every version with now and names us as its author.

use std::sync::Arc;

use super::file::{There, read as read_current, to_write};
use super::{Tries, Trouble, bytes};
use crate::domain::file::BytesReadBack;
use crate::domain::item::SourceItem;
use crate::domain::message::Delta;
use crate::engine::compare::{Bytes, rewritten};
use crate::engine::cost;
use crate::engine::record::{Record, RestoredVersion, Work};
use crate::engine::shop::{Shop, Time};
use crate::targets::{FoundFile, FoundHistory, FoundVersion, Target, TargetId};

/// What was read back of the older versions.
#[derive(Default)]
pub(super) struct ReadBack {
    pub(super) versions: Vec<RestoredVersion>,
    pub(super) deltas: Vec<Delta>,
}

/// What the target cannot hold of a history, whatever it is.
pub(super) fn deltas(work: &Work) -> Vec<Delta> {
    let mut deltas = Vec::new();
    if !work.history.is_empty() {
        deltas.push(Delta {
            property: "version-authors",
            reason: "the service names the restoring application as the author of each version",
        });
        deltas.push(Delta {
            property: "version-dates",
            reason: "the service dates each older version with the day of the restore",
        });
    }
    if work.history_left_out > 0 {
        deltas.push(Delta {
            property: "versions",
            reason: "versions that no restore point from before the breach window holds \
                     were left out",
        });
    }
    deltas
}

/// The planned content of a version by its number, from 0; the last is the current one.
pub(super) fn planned(work: &Work, number: usize) -> SourceItem {
    match work.history.get(number) {
        Some(version) => SourceItem {
            version: version.id.clone(),
            size_bytes: version.size_bytes,
            digest: version.digest,
            ..work.source.clone()
        },
        None => work.source.clone(),
    }
}

/// The numbers of those that count. The service may keep an empty version twice (its dates are set by a second request),
/// and two empty ones in a row say nothing that one does not.
fn counted(sizes: impl Iterator<Item = u64>) -> Vec<usize> {
    let sizes: Vec<u64> = sizes.collect();
    let again = |at: usize| sizes[at] == 0 && sizes.get(at + 1) == Some(&0);
    (0..sizes.len()).filter(|at| !again(*at)).collect()
}

fn counted_of(work: &Work) -> Vec<usize> {
    let older = work.history.iter().map(|version| version.size_bytes);
    counted(older.chain([work.source.size_bytes]))
}

/// How many of the planned versions the file consists of, from the oldest on; `None` when it is another file.
pub(crate) async fn count<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    found: &FoundFile,
) -> Result<Option<usize>, Trouble> {
    if work.history.is_empty() {
        let may_be = found.size_bytes == work.source.size_bytes
            || rewritten::is_rewritten(&work.source.name);
        if !may_be {
            return Ok(None);
        }
        let (_, bytes) = read_current(shop, work, &found.id).await?;
        return Ok((bytes != Bytes::Other).then_some(1));
    }
    let wanted = counted_of(work);
    let there = list(shop, work, &found.id).await?;
    let have = counted(there.versions.iter().map(|version| version.size_bytes));
    if have.is_empty() || have.len() > wanted.len() {
        return Ok(None);
    }
    for (number, place) in wanted.iter().zip(&have) {
        let (planned, version) = (planned(work, *number), &there.versions[*place]);
        let may_be =
            version.size_bytes == planned.size_bytes || rewritten::is_rewritten(&planned.name);
        if !may_be {
            return Ok(None);
        }
        let bytes = if place + 1 == there.versions.len() {
            let call = shop.target.read_file(&work.user, &found.id);
            let read = shop
                .call(work, cost::read_file(planned.size_bytes), call)
                .await?;
            let read = bytes::Read {
                size_bytes: read.size_bytes,
                digest: read.digest,
                version: None,
            };
            bytes::judge(shop, work, &planned, &found.id, read).await?
        } else {
            older(shop, work, tries, &planned, &found.id, version)
                .await?
                .1
        };
        if bytes == Bytes::Other {
            return Ok(None);
        }
    }
    Ok(Some(wanted[have.len() - 1] + 1))
}

async fn list<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    id: &TargetId,
) -> Result<FoundHistory, Trouble> {
    let call = shop.target.file_history(&work.user, id);
    shop.call(work, cost::versions(work.history.len() + 1), call)
        .await
}

/// Reads an older version back. Nobody can change one, so what was read of it in this run still holds: else each lost answer
/// would cost all of them again.
async fn older<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    planned: &SourceItem,
    id: &TargetId,
    version: &FoundVersion,
) -> Result<(BytesReadBack, Bytes), Trouble> {
    if let Some(known) = tries.known_version(id, &version.id) {
        return Ok(known);
    }
    let call = shop.target.read_version(&work.user, id, &version.id);
    let read = shop
        .call(work, cost::read_file(planned.size_bytes), call)
        .await?;
    let judged = bytes::Read {
        size_bytes: read.size_bytes,
        digest: read.digest,
        version: Some(&version.id),
    };
    let bytes = bytes::judge(shop, work, planned, id, judged).await?;
    tries.keep_version(id, &version.id, (read, bytes.clone()));
    Ok((read, bytes))
}

/// Writes the versions from number `have` on, each over the one before it, and reads the older ones back.
pub(super) async fn write<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    there: &mut There,
    have: usize,
) -> Result<ReadBack, Trouble> {
    for number in have..=work.history.len() {
        let planned = planned(work, number);
        let found = list(shop, work, &there.id).await?;
        let file = to_write(work, &planned, &work.target_name, number);
        let (content, changed) = bytes::open(shop, &planned).await?;
        let call = shop
            .target
            .write_version(&work.user, &there.id, &found.e_tag, &file, content);
        let written = shop
            .call(work, cost::write_file(file.size_bytes), call)
            .await;
        changed.check(&planned)?;
        there.written.request_ids.extend(written?.request_ids);
    }
    read_back(shop, work, tries, &there.id).await
}

/// Reads every older version back; one that is not as planned, missing or too many is a difference.
pub(super) async fn read_back<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    id: &TargetId,
) -> Result<ReadBack, Trouble> {
    let mut all = ReadBack::default();
    if work.history.is_empty() {
        return Ok(all);
    }
    let (wanted, there) = (counted_of(work), list(shop, work, id).await?);
    let have = counted(there.versions.iter().map(|version| version.size_bytes));
    if have.len() != wanted.len() {
        return Err(Trouble::Differs(vec!["versions"]));
    }
    for (number, place) in wanted.iter().zip(&have) {
        let (Some(source), version) = (work.history.get(*number), &there.versions[*place]) else {
            continue;
        };
        let planned = planned(work, *number);
        let (read, bytes) = older(shop, work, tries, &planned, id, version).await?;
        if bytes == Bytes::Other {
            return Err(Trouble::Differs(vec!["bytes", "versions"]));
        }
        all.deltas.extend_from_slice(bytes.deltas());
        all.versions.push(RestoredVersion {
            source: source.clone(),
            readback_digest: read.digest,
            target_version: version.id.clone(),
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_versions_in_a_row_count_once_and_others_each() {
        let of = |sizes: &[u64]| counted(sizes.iter().copied());
        assert_eq!(of(&[1, 1, 1]), [0, 1, 2]);
        assert_eq!(of(&[0, 0, 1, 0]), [1, 2, 3]);
        assert_eq!(of(&[0, 0]), [1]);
        assert_eq!(of(&[]), Vec::<usize>::new());
    }
}
