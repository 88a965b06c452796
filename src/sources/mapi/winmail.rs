//! A `winmail.dat` inside of a mail gives up what it holds: its files stand beside the others, its body where the mail has none or
//! a plainer one.

use super::{message, tnef};
use crate::domain::message::{Attachment, BodyKind, Delta, Importance, Message, Smime, Transform};

/// Files and body were taken out of a TNEF attachment, which is not kept as such unless it is damaged.
pub const UNPACKED: Transform = Transform("tnef-unpacked/1");

/// Something of it was passed over, or has another sum than it should.
const DAMAGED: Delta = Delta {
    property: "attachments",
    reason: "a winmail.dat is damaged: what can be read was taken out, the file stays beside it",
};

/// Unpacks every TNEF attachment; one that cannot be read stays as it is.
pub fn unpack(message: &mut Message) {
    if !message.attachments.iter().any(is_tnef) {
        return;
    }
    let mut kept = Vec::new();
    for file in std::mem::take(&mut message.attachments) {
        let read = if is_tnef(&file) {
            tnef::stream(&file.content).ok()
        } else {
            None
        };
        let Some(tnef::Stream { object, is_whole }) = read else {
            kept.push(file);
            continue;
        };
        let inner = message::message(object);
        message.transforms.push(UNPACKED);
        message.transforms.extend(inner.transforms);
        message.deltas.extend(inner.deltas);
        if inner.smime.is_some() {
            message.deltas.extend(Smime::LOST);
        }
        kept.extend(inner.attachments);
        if !is_whole {
            message.deltas.push(DAMAGED);
            kept.push(file);
        }
        let is_richer = message.body.kind == BodyKind::Text && inner.body.kind == BodyKind::Html;
        let says_nothing = message.body.content.trim().is_empty();
        if (is_richer || says_nothing) && !inner.body.content.trim().is_empty() {
            message.body = inner.body;
        }
        if message.categories.is_empty() {
            message.categories = inner.categories;
        }
        if message.importance == Importance::Normal {
            message.importance = inner.importance;
        }
    }
    message.attachments = kept;
    message.transforms.sort();
    message.transforms.dedup();
    message.deltas.sort();
    message.deltas.dedup();
}

fn is_tnef(file: &Attachment) -> bool {
    let kind = file.content_type.to_ascii_lowercase();
    matches!(
        kind.as_str(),
        "application/ms-tnef" | "application/vnd.ms-tnef"
    ) || file.name.eq_ignore_ascii_case("winmail.dat")
}
