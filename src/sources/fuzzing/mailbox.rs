//! Rules, forwarding and permissions of a mailbox, as an archive has them: any bytes at all are read and judged, and whoever sends
//! mail out of the tenant is not taken for one who does not.

use serde_json::{Map, Value, json};

use crate::domain::sanitise::{Hazard, Inside, Setting, hazard};
use crate::sources::archive::index::{Entry, MailboxEntry, MailboxKind, RuleFolder};
use crate::sources::archive::mailbox::{read, told};
use crate::sources::mapi::{self, Key, Properties, rule};

/// Takes the first line for an entry of the index and the rest for the object that it names, and judges what they say.
pub fn mailbox(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (line, object) = bytes.split_at(end.unwrap_or(0));
    let folders = match serde_json::from_slice(line) {
        Ok(Entry::Mailbox(MailboxEntry { folders, .. })) => folders,
        _ => Vec::new(),
    };
    let inside = Inside::new(["ada@old.example"]);
    let kinds = [
        MailboxKind::Forwarding,
        MailboxKind::Permission,
        MailboxKind::Rule,
    ];
    for kind in kinds {
        let Ok(setting) = read(object, kind, &folders) else {
            continue;
        };
        let held = hazard(&setting, &inside);
        assert!(!held.reason().is_empty() && !told(&setting).is_empty());
        // What only people of the old tenant hear of stays so whatever else is inside of it.
        if let Setting::Forwarding { to } = &setting {
            let stays = !to.is_empty() && to.iter().all(|address| inside.holds(address));
            assert_eq!(held == Hazard::ForwardsOn, stays, "{setting:?}");
        }
    }
    expect_sent_outside(object, &folders, &inside);
    // The same of a data file: bytes of Outlook's own form.
    let mut of_outlook = Properties::default();
    of_outlook.set(Key::Tag(0x0E99), mapi::Value::Bytes(bytes.to_vec()));
    assert!(rule::told(&of_outlook).starts_with("a rule without a name"));
}

/// A rule that also redirects to a stranger sends mail outside, whatever else it says.
fn expect_sent_outside(object: &[u8], folders: &[RuleFolder], inside: &Inside) {
    let Ok(mut rule) = serde_json::from_slice::<Map<String, Value>>(object) else {
        return;
    };
    let actions = rule.entry("actions").or_insert_with(|| json!({}));
    if !actions.is_object() {
        *actions = json!({});
    }
    actions["redirectTo"] = json!([{"emailAddress": {"address": "x@evil.example"}}]);
    let text = Value::Object(rule).to_string();
    let setting = read(text.as_bytes(), MailboxKind::Rule, folders).expect("an object");
    assert_eq!(hazard(&setting, inside), Hazard::RuleSendsOutside, "{text}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces of rules as Graph shows them: what random bytes never come to.
    const PIECES: [&str; 12] = [
        "\"delete\":true",
        "\"moveToFolder\":\"AAMk1\"",
        "\"moveToFolder\":[1]",
        "\"forwardTo\":[]",
        "\"forwardTo\":[{\"emailAddress\":{\"address\":\"ben@old.example\"}}]",
        "\"redirectTo\":{\"emailAddress\":null}",
        "\"forwardAsAttachmentTo\":[{},7]",
        "\"markAsRead\":\"yes\"",
        "\"stopProcessingRules\":null",
        "\"@odata.type\":\"x\"",
        "\"reply\":true",
        "\"copyToFolder\":\"inbox\"",
    ];

    proptest! {
        #[test]
        fn no_bytes_and_no_rule_are_a_danger(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            pieces in proptest::collection::vec(0..PIECES.len(), 0..6),
        ) {
            mailbox(&bytes);
            let actions: Vec<&str> = pieces.into_iter().map(|piece| PIECES[piece]).collect();
            let rule = format!("\n{{\"actions\":{{{}}}}}", actions.join(","));
            mailbox(rule.as_bytes());
        }
    }
}
