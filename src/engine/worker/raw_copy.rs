//! The copy of a message's own bytes that the operator asked for: attached, or said to be impossible.

use std::io::Read;

use sha2::{Digest as _, Sha256};

use crate::domain::choices::{COPY_ATTACHED, COPY_BESIDE};
use crate::domain::item::{Digest, SourceItem};
use crate::domain::message::{Attachment, Delta, Message, Transform};
use crate::sources::mime::ORIGINAL_ATTACHED;
use crate::sources::{Source, SourceError};

const NAME: &str = "original-message.eml";
/// Exchange takes 150 MB a message at most.
const BYTES_MAX: u64 = 150 << 20;

/// Adds the copy that is asked for; where the source holds no MIME bytes of the message, that is declared.
pub(super) fn add(
    source: &dyn Source,
    item: &SourceItem,
    choices: &[Transform],
    message: &mut Message,
) -> Result<(), SourceError> {
    let is_attached = choices.contains(&COPY_ATTACHED);
    if !is_attached && !choices.contains(&COPY_BESIDE) {
        return Ok(());
    }
    if !source.has_mime(item) {
        message.deltas.push(Delta {
            property: "raw copy",
            reason: "the backup holds no MIME bytes of the message: there is nothing to copy",
        });
        return Ok(());
    }
    if !is_attached {
        return Ok(());
    }
    message.transforms.push(COPY_ATTACHED);
    // What was signed in the open has its bytes beside it already.
    if message.transforms.contains(&ORIGINAL_ATTACHED) {
        return Ok(());
    }
    let content = bytes_of(source, item)?;
    message.attachments.push(Attachment {
        name: NAME.to_owned(),
        content_type: "message/rfc822".to_owned(),
        content_id: None,
        is_inline: false,
        content,
    });
    Ok(())
}

/// The bytes whose SHA-256 the plan holds: the outcome's digest of the source is that of the copy.
fn bytes_of(source: &dyn Source, item: &SourceItem) -> Result<Vec<u8>, SourceError> {
    let mut content = Vec::new();
    let read = source.file(item)?.take(BYTES_MAX).read_to_end(&mut content);
    read.map_err(|source| SourceError::Io {
        path: item.locator.clone(),
        source,
    })?;
    let found = Digest(Sha256::digest(&content).into());
    if found == item.digest {
        return Ok(content);
    }
    Err(SourceError::Changed {
        locator: item.locator.clone(),
        planned: item.digest,
        found,
    })
}
