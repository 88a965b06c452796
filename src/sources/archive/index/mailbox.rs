//! The line of what a mailbox has beside items: a rule, a forwarding, a permission. Evidence of what was there, never restored.

use serde::{Deserialize, Serialize};

use super::{MailFolder, NAMES_MAX, Object};

/// A rule, a forwarding or a permission of a mailbox: the object is its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MailboxEntry {
    /// What it is.
    pub kind: MailboxKind,
    /// Graph's id, or one that whoever made the archive gave it.
    pub id: String,
    /// Its JSON: Graph's `messageRule`, Graph's `calendarPermission`, or what Exchange PowerShell shows.
    pub object: Object,
    /// The folders that a rule names by their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<RuleFolder>,
}

/// What of a mailbox it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailboxKind {
    /// Mail of the whole mailbox goes on: `Get-Mailbox`.
    Forwarding,
    /// A delegate or a permission: `Get-MailboxPermission`, `Get-RecipientPermission`, `calendarPermission`.
    Permission,
    /// An inbox rule.
    Rule,
}

/// A folder by its id in the old tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RuleFolder {
    /// The id.
    pub id: String,
    /// Which folder it is.
    pub folder: MailFolder,
}

impl MailboxEntry {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.kind != MailboxKind::Rule && !self.folders.is_empty() {
            return Err("only a rule has folders".to_owned());
        }
        if self.folders.len() > NAMES_MAX {
            return Err("at most 256 folders".to_owned());
        }
        let is_known = |one: &RuleFolder| one.folder.root().is_some();
        if !self.folders.iter().all(is_known) {
            return Err("folder.wellKnownName is one of Graph's".to_owned());
        }
        Ok(())
    }
}
