//! One file: written beside what is there, never over it, read back whole and compared by bytes and dates.

use std::sync::Arc;

use super::mail::{class_of, partial, sorted};
use super::{Tries, Trouble};
use crate::domain::file::FileReadBack;
use crate::domain::message::Transform;
use crate::engine::compare;
use crate::engine::cost;
use crate::engine::record::{PartialAction, Record, Restored, Work, Wrote};
use crate::engine::shop::{NameTaken, Shop, Time};
use crate::engine::verified::Verified;
use crate::sources::SourceError;
use crate::targets::{FileToWrite, FoundFile, Retry, Target, TargetError, TargetId, Written};

/// The file got a name beside one that was there.
const BESIDE: Transform = Transform("name-beside-existing/1");

/// What one name turned out to hold.
enum Under {
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
            let found = read_back(shop, work, &id).await.map_err(not_there_yet)?;
            restored(work, &found, id, Wrote::New, written).map(|ours| Under::Ours(Box::new(ours)))
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

/// Whose the file is that has the name: ours when its bytes and dates are; `None` when it was a part of ours and is gone.
async fn judge<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    found: &FoundFile,
) -> Result<Option<Under>, Trouble> {
    if found.size_bytes != work.source.size_bytes {
        return Ok(Some(Under::Other));
    }
    let read = read_back(shop, work, &found.id).await?;
    match restored(
        work,
        &read,
        found.id.clone(),
        Wrote::Found,
        Written::default(),
    ) {
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

async fn create<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    folder: &TargetId,
    name: &str,
) -> Result<(TargetId, Written), Trouble> {
    let source = Arc::clone(&shop.source);
    let item = work.source.clone();
    let opened = tokio::task::spawn_blocking(move || source.file(&item)).await;
    let content = opened.unwrap_or_else(|panic| {
        Err(SourceError::Invalid {
            path: work.source.locator.clone(),
            place: "whole file".to_owned(),
            rule: format!("the reader gave up: {panic}"),
        })
    })?;
    let (content, changed) = Verified::new(content, work.source.size_bytes, work.source.digest);
    let file = FileToWrite {
        name: name.to_owned(),
        size_bytes: work.source.size_bytes,
        created: work.source.created,
        modified: work.source.modified,
    };
    let call = shop
        .target
        .write_file(&work.user, folder, &file, Box::new(content));
    let result = shop
        .call(work, cost::write_file(file.size_bytes), call)
        .await;
    if changed.seen() {
        return Err(Trouble::Source(SourceError::Invalid {
            path: work.source.locator.clone(),
            place: "bytes".to_owned(),
            rule: "the source holds other bytes than planned; nothing of it was committed"
                .to_owned(),
        }));
    }
    result
}

pub(crate) async fn read_back<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    id: &TargetId,
) -> Result<FileReadBack, Trouble> {
    let call = shop.target.read_file(&work.user, id);
    shop.call(work, cost::read_file(work.source.size_bytes), call)
        .await
}

fn restored(
    work: &Work,
    found: &FileReadBack,
    id: TargetId,
    wrote: Wrote,
    written: Written,
) -> Result<Restored, Trouble> {
    let compared = compare::files(&work.source, found);
    if !compared.differing.is_empty() {
        return Err(Trouble::Differs(compared.differing));
    }
    let transforms = sorted([&written.transforms[..], &work.transforms].concat());
    let deltas = sorted(written.deltas);
    Ok(Restored {
        class: class_of(&transforms, &deltas),
        wrote,
        transforms,
        deltas,
        compared: compared.equal,
        source_digest: compared.source_digest,
        readback_digest: compared.found_digest,
        target_id: id,
        target_name: found.name.clone(),
        request_ids: written.request_ids,
    })
}

/// The same in every attempt, so that a later one finds what an earlier one wrote.
pub(crate) fn name_beside(work: &Work) -> String {
    let key = work.key.to_string();
    let name = &work.target_name;
    match name.rfind('.').filter(|dot| *dot > 0) {
        Some(dot) => format!("{} (restored {}){}", &name[..dot], &key[..8], &name[dot..]),
        None => format!("{name} (restored {})", &key[..8]),
    }
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
