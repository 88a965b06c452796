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
    if item.size_bytes > BYTES_MAX {
        message.deltas.push(Delta {
            property: "raw copy",
            reason: "over 150 MiB, which no mailbox takes as one message: it is not attached",
        });
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

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests plant files")]

    use std::fs;

    use super::*;

    #[test]
    fn what_is_too_large_to_be_attached_is_declared_and_no_change_of_the_backup() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a.eml"), b"Subject: a\r\n\r\nx\r\n").expect("written");
        let source = crate::sources::open(folder.path()).expect("opened");
        let description = source.description();
        let listed = source.items(&description.points[0].id, &description.custodians[0]);
        let mut item = listed.expect("listed").next().expect("one").expect("mail");
        let copied = |item: &SourceItem| {
            let mut message = Message::default();
            add(&*source, item, &[COPY_ATTACHED], &mut message).expect("no change");
            (
                message.transforms,
                message.deltas.len(),
                message.attachments.len(),
            )
        };
        assert_eq!(copied(&item), (vec![COPY_ATTACHED], 0, 1));
        item.size_bytes = BYTES_MAX + 1;
        assert_eq!(copied(&item), (vec![], 1, 0));
    }
}
