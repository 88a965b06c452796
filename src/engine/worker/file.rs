//! One file: written beside what is there, never over it, read back whole and compared by bytes and dates.

use std::sync::Arc;

use super::mail::{class_of, partial, sorted};
use super::{Tries, Trouble, bytes, history};
use crate::domain::file::FileReadBack;
use crate::domain::item::SourceItem;
use crate::domain::message::Transform;
use crate::engine::compare::{self, Bytes};
use crate::engine::cost;
use crate::engine::record::{PartialAction, Record, Restored, RestoredVersion, Work, Wrote};
use crate::engine::shop::{NameTaken, Shop, Time};
use crate::targets::{FileToWrite, FoundFile, Retry, Target, TargetError, TargetId, Written};

/// The file got a name beside one that was there.
const BESIDE: Transform = Transform("name-beside-existing/1");

/// What one name turned out to hold.
pub(super) enum Under {
    Other,
    Ours(Box<Restored>),
}

/// Writes the file and reads it back.
pub(super) async fn write<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
) -> Result<Restored, Trouble> {
    let folder = shop.folder(work).await?;
    if let Under::Ours(restored) = under(shop, work, tries, &folder, &work.target_name).await? {
        return Ok(*restored);
    }
    if shop.name_taken == NameTaken::Fail {
        return Err(Trouble::NameTaken);
    }
    let beside = name_beside(work);
    match under(shop, work, tries, &folder, &beside).await? {
        Under::Ours(restored) => {
            let mut restored = *restored;
            restored.transforms = sorted([&restored.transforms[..], &[BESIDE]].concat());
            restored.class = class_of(&restored.transforms, &restored.deltas);
            Ok(restored)
        }
        Under::Other => Err(Trouble::NameTaken),
    }
}

/// Writes under that name unless something is there; says whose it is then.
async fn under<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    folder: &TargetId,
    name: &str,
) -> Result<Under, Trouble> {
    if tries.look_first
        && let Some(found) = find(shop, work, folder, name).await?
        && let Some(under) = judge(shop, work, tries, &found).await?
    {
        return Ok(under);
    }
    match create(shop, work, folder, name).await {
        Ok((id, written)) => {
            let there = There {
                id,
                wrote: Wrote::New,
                written,
            };
            finish(shop, work, tries, there, 1).await
        }
        Err(Trouble::Target(failure)) if failure.status == 409 && is_name_taken(&failure) => {
            // Gone again between two calls: the next attempt looks once more.
            let Some(found) = find(shop, work, folder, name).await? else {
                return Err(Trouble::Target(TargetError {
                    retry: Retry::Soon,
                    ..failure
                }));
            };
            match judge(shop, work, tries, &found).await? {
                Some(under) => Ok(under),
                None => Err(Trouble::Target(TargetError {
                    retry: Retry::Soon,
                    ..failure
                })),
            }
        }
        Err(trouble) => Err(trouble),
    }
}

/// A file of ours in the target, and how it came there.
pub(super) struct There {
    pub(super) id: TargetId,
    pub(super) wrote: Wrote,
    pub(super) written: Written,
}

/// Writes the versions from number `have` on, and reads all of it back.
async fn finish<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    mut there: There,
    have: usize,
) -> Result<Under, Trouble> {
    let versions = history::write(shop, work, tries, &mut there, have)
        .await
        .map_err(not_there_yet)?;
    let restored = read_back(shop, work, there, versions)
        .await
        .map_err(not_there_yet)?;
    Ok(Under::Ours(Box::new(restored)))
}

/// Whose the file is that has the name: ours when its bytes and dates are; `None` when it was a part of ours and is gone.
async fn judge<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    found: &FoundFile,
) -> Result<Option<Under>, Trouble> {
    let all = work.history.len() + 1;
    let have = match history::count(shop, work, tries, found).await? {
        Some(have) if have == all || tries.look_first => have,
        // Nothing of ours was begun: what resembles a part of it is somebody else's.
        _ => return Ok(Some(Under::Other)),
    };
    let mut there = There {
        id: found.id.clone(),
        wrote: Wrote::Found,
        written: Written::default(),
    };
    if have < all {
        partial(shop, work, tries, PartialAction::Complete).await?;
        there.wrote = Wrote::Completed;
        return finish(shop, work, tries, there, have).await.map(Some);
    }
    let versions = history::read_back(shop, work, tries, &there.id).await?;
    match read_back(shop, work, there, versions).await {
        Ok(ours) => Ok(Some(Under::Ours(Box::new(ours)))),
        // The bytes are ours and an earlier try of ours may have died before it set the dates.
        Err(Trouble::Differs(fields)) if tries.look_first && !fields.contains(&"bytes") => {
            partial(shop, work, tries, PartialAction::Delete).await?;
            let call = shop.target.delete_file(&work.user, &found.id);
            shop.call(work, cost::small(), call).await?;
            Ok(None)
        }
        Err(Trouble::Differs(_)) => Ok(Some(Under::Other)),
        Err(trouble) => Err(trouble),
    }
}

pub(crate) async fn find<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    folder: &TargetId,
    name: &str,
) -> Result<Option<FoundFile>, Trouble> {
    let call = shop.target.find_file(&work.user, folder, name);
    shop.call(work, cost::small(), call).await
}

/// The first version: the oldest where there are several.
async fn create<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    folder: &TargetId,
    name: &str,
) -> Result<(TargetId, Written), Trouble> {
    let planned = history::planned(work, 0);
    let (content, changed) = bytes::open(shop, &planned).await?;
    let file = to_write(work, &planned, name, 0);
    let call = shop.target.write_file(&work.user, folder, &file, content);
    let result = shop
        .call(work, cost::write_file(file.size_bytes), call)
        .await;
    changed.check(&planned)?;
    result
}

/// Only the last version can carry dates: those of the others are dated by the service.
pub(super) fn to_write(
    work: &Work,
    planned: &SourceItem,
    name: &str,
    number: usize,
) -> FileToWrite {
    let is_last = number == work.history.len();
    FileToWrite {
        name: name.to_owned(),
        size_bytes: planned.size_bytes,
        created: planned.created.filter(|_| is_last),
        modified: planned.modified.filter(|_| is_last),
    }
}

pub(super) async fn read<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    id: &TargetId,
) -> Result<(FileReadBack, Bytes), Trouble> {
    let call = shop.target.read_file(&work.user, id);
    let found = shop
        .call(work, cost::read_file(work.source.size_bytes), call)
        .await?;
    let read = bytes::Read {
        size_bytes: found.size_bytes,
        digest: found.digest,
        version: None,
    };
    let bytes = bytes::judge(shop, work, &work.source, id, read).await?;
    Ok((found, bytes))
}

async fn read_back<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    there: There,
    versions: history::ReadBack,
) -> Result<Restored, Trouble> {
    let (found, bytes) = read(shop, work, &there.id).await?;
    let mut compared = compare::files(&work.source, &found, &bytes);
    if !compared.differing.is_empty() {
        return Err(Trouble::Differs(compared.differing));
    }
    let mut deltas = [&there.written.deltas[..], bytes.deltas(), &versions.deltas].concat();
    deltas.extend(history::deltas(work));
    let restored: Vec<RestoredVersion> = versions.versions;
    if !restored.is_empty() {
        compared.equal.push("versions");
    }
    let transforms = sorted([&there.written.transforms[..], &work.transforms].concat());
    let deltas = sorted(deltas);
    Ok(Restored {
        class: class_of(&transforms, &deltas),
        wrote: there.wrote,
        transforms,
        deltas,
        compared: compared.equal,
        source_digest: compared.source_digest,
        readback_digest: found.digest,
        target_id: there.id,
        target_name: found.name.clone(),
        request_ids: there.written.request_ids,
        links: crate::domain::teams::links::FoundLinks::default(),
        versions: restored,
    })
}

/// Where its own name is taken.
pub(crate) fn name_beside(work: &Work) -> String {
    crate::domain::file::name_beside(&work.target_name, &work.key.to_string())
}

fn is_name_taken(failure: &TargetError) -> bool {
    failure.code.eq_ignore_ascii_case("nameAlreadyExists")
}

fn not_there_yet(trouble: Trouble) -> Trouble {
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
