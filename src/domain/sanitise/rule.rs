//! What an inbox rule does, action by action. Its conditions make it no safer: a rule for "invoice" alone is the usual one.

use super::{Hazard, Inside};
use crate::domain::folder::WellKnownFolder;

/// An inbox rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// What its owner, or whoever made it, called it.
    pub name: String,
    /// What it does.
    pub actions: Vec<Action>,
}

/// One thing that a rule does (Graph's `messageRuleActions`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `assignCategories`, `markImportance`, `stopProcessingRules`: nobody sees less by it.
    Mark,
    /// `markAsRead`.
    MarkRead,
    /// `moveToFolder`, `copyToFolder`.
    File {
        /// Whereto.
        to: Folder,
        /// The mail is gone from where it was.
        is_move: bool,
    },
    /// `delete`, `permanentDelete`.
    Delete,
    /// `forwardTo`, `forwardAsAttachmentTo`, `redirectTo`.
    Send {
        /// To whom.
        to: Vec<String>,
    },
    /// Any other.
    Unknown,
}

/// Where a rule puts mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Folder {
    /// The root that Graph knows, and the names below it.
    Known(WellKnownFolder, Vec<String>),
    /// The source does not say which one.
    Unknown,
}

impl Folder {
    /// Where people look for mail: the inbox, what lies below it, and folders that they made at the top.
    fn is_in_sight(&self) -> bool {
        let Self::Known(root, below) = self else {
            return false;
        };
        match root {
            WellKnownFolder::Inbox => true,
            // Outlook's own folders at the top that nobody opens, in the languages of the field's reports, are not told apart by
            // name: one that is named by a person has a name that a person wrote, and the usual hiding places are listed.
            WellKnownFolder::MessageFolderRoot => {
                below.first().is_some_and(|name| !is_hiding_place(name))
            }
            _ => false,
        }
    }
}

/// Folders of every mailbox that their owner hardly ever opens, by the names that rules of intruders move mail to.
/// <https://attack.mitre.org/techniques/T1564/008/>
fn is_hiding_place(name: &str) -> bool {
    const PLACES: [&str; 8] = [
        "archive",
        "conversation history",
        "notes",
        "rss feeds",
        "rss subscriptions",
        "rss-feeds",
        "rss-abonnements",
        "sync issues",
    ];
    let name = name.trim().to_lowercase();
    PLACES.contains(&name.as_str()) || says_nothing(&name)
}

/// A name without a letter or a digit: `.`, `..`, a blank.
fn says_nothing(name: &str) -> bool {
    !name.chars().any(char::is_alphanumeric)
}

impl Rule {
    /// The worst of what it does.
    pub(super) fn hazard(&self, inside: &Inside) -> Hazard {
        let each = self.actions.iter().map(|action| match action {
            Action::Send { to } if to.iter().all(|address| inside.holds(address)) => {
                Hazard::RuleSendsOn
            }
            Action::Send { .. } => Hazard::RuleSendsOutside,
            Action::Delete => Hazard::RuleDeletes,
            Action::File { to, is_move } if *is_move && !to.is_in_sight() => Hazard::RuleHides,
            // Out of the inbox and no longer bold: nobody looks there either.
            Action::File { is_move: true, .. } if self.actions.contains(&Action::MarkRead) => {
                Hazard::RuleHides
            }
            Action::Unknown => Hazard::RuleUnknown,
            Action::File { .. } | Action::Mark | Action::MarkRead => Hazard::RuleSorts,
        });
        let worst = each.min().unwrap_or(Hazard::RuleUnknown);
        // Whoever names a rule `.` does not want it to be found.
        if worst == Hazard::RuleSorts && says_nothing(&self.name) {
            return Hazard::RuleHides;
        }
        worst
    }
}
