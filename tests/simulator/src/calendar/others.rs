//! Calendars that are listed in a mailbox and are not its own to write into, or not its own alone: what Exchange keeps by itself,
//! and what somebody else shared.
//! <https://learn.microsoft.com/graph/api/resources/calendar>

use serde_json::{Value, json};

use crate::answer::{Answer, refuse};
use crate::tenant::User;

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Other {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Whoever shared it; the mailbox itself where Exchange keeps it.
    owner: Option<(&'static str, &'static str)>,
    pub(super) can_edit: bool,
}

/// What every mailbox of this tenant has: the birthdays of its contacts, and a calendar that a colleague shared.
pub(super) fn of(own: &str) -> Vec<Other> {
    let other = |name: &str, owner, can_edit| Other {
        id: format!("{own}{name}"),
        name: name.to_owned(),
        owner,
        can_edit,
    };
    let colleague = Some(("A colleague", "colleague@elsewhere.example"));
    vec![
        other("Birthdays", None, false),
        other("Colleague", colleague, true),
    ]
}

impl Other {
    pub(super) fn shown(&self, user: &User) -> Value {
        let own = (user.display_name.as_str(), user.upn.as_str());
        let (name, address) = self.owner.unwrap_or(own);
        json!({
            "id": self.id,
            "name": self.name,
            "color": "auto",
            "isDefaultCalendar": false,
            "canEdit": self.can_edit,
            "canShare": false,
            "isRemovable": false,
            "owner": {"name": name, "address": address},
        })
    }
}

pub(super) fn refusal() -> Answer {
    refuse(
        403,
        "ErrorAccessDenied",
        "Access is denied. Check credentials and try again.",
    )
}
