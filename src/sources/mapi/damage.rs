//! What of an object its file no longer holds, or holds in other bytes than were written: said of every kind of item alike.

use super::Object;
use crate::domain::message::Delta;

/// Adds what was lost before anybody read it. An item that lost a part in its own file is never called identical.
pub(super) fn declare(object: &Object, deltas: &mut Vec<Delta>) {
    for (is_so, property, reason) in [
        (
            object.attachments_lost > 0,
            "attachments",
            "one or more that the file lists cannot be read",
        ),
        (
            object.is_altered,
            "checksum",
            "a checksum of the data file does not match these bytes",
        ),
        (object.is_cut, "file", "it breaks off before the item ends"),
        (
            object.properties_lost > 0,
            "properties",
            "one or more that the file lists cannot be read",
        ),
    ] {
        if is_so {
            deltas.push(Delta { property, reason });
        }
    }
}
