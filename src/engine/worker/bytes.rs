//! A file's bytes: opened in the source under guard, and judged when they came back otherwise than they went.

use std::io;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::Trouble;
use crate::domain::item::{Digest, SourceItem};
use crate::engine::compare::{Bytes, rewritten};
use crate::engine::cost;
use crate::engine::record::{Record, Work};
use crate::engine::shop::{Shop, Time};
use crate::engine::verified::{Changed, Verified};
use crate::sources::SourceError;
use crate::targets::{Target, TargetId};

/// Whether the source turned out to hold other bytes than planned.
pub(super) struct Guard(Changed);

impl Guard {
    pub(super) fn check(&self, planned: &SourceItem) -> Result<(), Trouble> {
        if self.0.seen() {
            return Err(Trouble::Source(SourceError::Invalid {
                path: planned.locator.clone(),
                place: "bytes".to_owned(),
                rule: "the source holds other bytes than planned; nothing of it was committed"
                    .to_owned(),
            }));
        }
        Ok(())
    }
}

type Content = Box<dyn io::Read + Send>;

/// Opens what is planned; its last bytes come only when all of them are the planned ones.
pub(super) async fn open<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    planned: &SourceItem,
) -> Result<(Content, Guard), Trouble> {
    let source = Arc::clone(&shop.source);
    let item = planned.clone();
    let opened = tokio::task::spawn_blocking(move || source.file(&item)).await;
    let content = opened.unwrap_or_else(|panic| Err(gave_up(planned, &panic)))?;
    let (content, changed) = Verified::new(content, planned.size_bytes, planned.digest);
    Ok((Box::new(content), Guard(changed)))
}

fn gave_up(planned: &SourceItem, panic: &dyn std::fmt::Display) -> SourceError {
    SourceError::Invalid {
        path: planned.locator.clone(),
        place: "whole file".to_owned(),
        rule: format!("the reader gave up: {panic}"),
    }
}

/// What came back, and of which version; `None` for the current one.
#[derive(Clone, Copy)]
pub(super) struct Read<'a> {
    pub(super) size_bytes: u64,
    pub(super) digest: Digest,
    pub(super) version: Option<&'a str>,
}

/// Whether what came back is what was planned; where SharePoint rewrites such files both sides are held against each other,
/// part by part.
pub(super) async fn judge<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    planned: &SourceItem,
    id: &TargetId,
    read: Read<'_>,
) -> Result<Bytes, Trouble> {
    if read.size_bytes == planned.size_bytes && read.digest == planned.digest {
        return Ok(Bytes::Same);
    }
    let most = rewritten::BYTES_MAX;
    let is_small = planned.size_bytes.max(read.size_bytes) <= most;
    if !rewritten::is_rewritten(&planned.name) || !is_small {
        return Ok(Bytes::Other);
    }
    let _turn = shop.parts.acquire().await;
    let call = shop.target.content(&work.user, id, read.version, most);
    let found = shop
        .call(work, cost::read_file(planned.size_bytes), call)
        .await?;
    // What is compared is what was hashed before: it must not change in between.
    let Some(found) = found.filter(|found| Digest(Sha256::digest(found).into()) == read.digest)
    else {
        return Ok(Bytes::Other);
    };
    let (mut content, changed) = open(shop, planned).await?;
    let name = planned.name.clone();
    let compared = tokio::task::spawn_blocking(move || {
        let mut source = Vec::new();
        io::Read::read_to_end(&mut content, &mut source)?;
        io::Result::Ok(rewritten::compare(&name, &source, &found))
    });
    let compared = compared.await;
    changed.check(planned)?;
    match compared {
        Ok(Ok(Some(deltas))) => Ok(Bytes::Rewritten(deltas)),
        Ok(Ok(None)) => Ok(Bytes::Other),
        Ok(Err(source)) => Err(Trouble::Source(SourceError::Io {
            path: planned.locator.clone(),
            source,
        })),
        Err(panic) => Err(Trouble::Source(gave_up(planned, &panic))),
    }
}
