//! What the plan says of things in a source that are no items to restore: whether a person looks at them, nobody need, or they
//! could not be read. By the class that the source gave; docs/fidelity.md lists the classes.

use super::Decision;
use crate::domain::sanitise::Hazard;

/// What a mailbox makes anew by itself, or what only makes sense on the machine it came from.
const SKIPPED: [&str; 6] = [
    "deleted-chat-message",
    "empty-folder",
    "free-busy",
    "load-file",
    "settings",
    "team-event",
];
/// What can be read and is not restored unless a person decides so: it may hide mail or send it away, or no form of it is safe.
const HELD: [&str; 10] = [
    "address-book-person",
    "calendar-exception",
    "in-no-folder",
    "inbox-rule",
    "journal-entry",
    "list-item",
    "page",
    "team-app",
    "team-tab",
    "unknown-class",
];

/// What becomes of a thing of a class.
pub(super) fn decision(class: &str) -> Decision {
    if SKIPPED.contains(&class) {
        Decision::Skip
    } else if HELD.contains(&class) || Hazard::ALL.iter().any(|one| one.reason() == class) {
        Decision::Hold
    } else {
        Decision::Unreadable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_held_and_what_is_not_known_was_not_read() {
        assert_eq!(decision("inbox-rule"), Decision::Hold);
        for hazard in Hazard::ALL {
            assert_eq!(decision(hazard.reason()), Decision::Hold);
        }
        assert_eq!(decision("settings"), Decision::Skip);
        assert_eq!(decision("damaged"), Decision::Unreadable);
        assert!(HELD.iter().all(|class| !SKIPPED.contains(class)));
    }
}
