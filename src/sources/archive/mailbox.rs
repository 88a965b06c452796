//! Rules, forwarding and permissions of an archive's mailboxes: read as what the sanitiser judges, and left under its reason.

use serde_json::{Map, Value};

use super::index::{MailboxEntry, MailboxKind, RuleFolder, Tag};
use super::{Archive, Object};
use crate::domain::folder::WellKnownFolder;
use crate::domain::item::{CustodianName, RestorePointId};
use crate::domain::sanitise::{Action, Folder, Inside, Rule, Setting, hazard};
use crate::sources::BadItem;

/// A rule has at most 64 KB in Exchange, and is written out in some more.
const OBJECT_BYTES_MAX: u64 = 1024 * 1024;

impl Archive {
    /// What it is held for; one that cannot be read is named as that.
    pub(super) fn setting(
        &self,
        point: &RestorePointId,
        custodian: &CustodianName,
        entry: &MailboxEntry,
    ) -> BadItem {
        let bad = |class, reason| BadItem {
            custodian: custodian.clone(),
            workload: None,
            locator: self.locator(point, custodian, &entry.id),
            digest: Some(entry.object.sha256),
            size_bytes: entry.object.size,
            class,
            reason,
        };
        let read = self.setting_of(&entry.object, entry);
        match read {
            Ok(setting) => {
                let class = hazard(&setting, &inside(&self.tag)).reason();
                bad(class, format!("{} is not restored", told(&setting)))
            }
            Err(reason) => bad("unreadable", reason),
        }
    }

    fn setting_of(&self, object: &Object, entry: &MailboxEntry) -> Result<Setting, String> {
        let bytes = self.bytes_of(object, OBJECT_BYTES_MAX);
        let bytes = bytes.map_err(|error| error.to_string())?;
        read(&bytes, entry.kind, &entry.folders)
    }
}

/// What an object says; `folders` are those that a rule may name.
pub(in crate::sources) fn read(
    bytes: &[u8],
    kind: MailboxKind,
    folders: &[RuleFolder],
) -> Result<Setting, String> {
    let json: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    Ok(match kind {
        MailboxKind::Forwarding => forwarding(&json),
        MailboxKind::Permission => Setting::Grant {
            who: grantee(&json),
        },
        MailboxKind::Rule => Setting::Rule(rule(&json, folders)),
    })
}

/// The domains of those whose mailboxes the archive holds; other custodians are named by addresses of sites and chats.
fn inside(tag: &Tag) -> Inside {
    let names = tag
        .custodians
        .iter()
        .map(|custodian| custodian.name.as_str());
    Inside::new(names.filter(|name| name.contains('@') && !name.contains([' ', '/', ':'])))
}

/// What is said of it where it is held.
pub(in crate::sources) fn told(setting: &Setting) -> String {
    match setting {
        Setting::Forwarding { to } => format!("a forwarding to {}", to.join(", ")),
        Setting::Grant { who } => format!("what {who:?} may do in the mailbox"),
        Setting::Rule(rule) => format!("the rule {:?}", rule.name),
    }
}

fn text(json: &Map<String, Value>, name: &str) -> String {
    json.get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn forwarding(json: &Map<String, Value>) -> Setting {
    let names = ["ForwardingSmtpAddress", "ForwardingAddress"];
    let to = names.map(|name| text(json, name)).into_iter();
    Setting::Forwarding {
        to: to.filter(|address| !address.is_empty()).collect(),
    }
}

/// Whoever may: Graph names an address, each of Exchange's commands has a name of its own for them.
fn grantee(json: &Map<String, Value>) -> String {
    let address = json.get("emailAddress").map(|who| &who["address"]);
    if let Some(address) = address.and_then(Value::as_str) {
        return address.to_owned();
    }
    let names = ["User", "Trustee", "Delegate", "GrantSendOnBehalfTo"];
    let who = names.map(|name| text(json, name));
    who.into_iter()
        .find(|who| !who.is_empty())
        .unwrap_or_default()
}

fn rule(json: &Map<String, Value>, folders: &[RuleFolder]) -> Rule {
    let actions = json.get("actions").and_then(Value::as_object);
    let said = actions.into_iter().flatten();
    Rule {
        name: text(json, "displayName"),
        actions: said
            .filter_map(|(name, value)| action(name, value, folders))
            .collect(),
    }
}

/// One of Graph's `messageRuleActions`; what is said and says nothing is none.
fn action(name: &str, value: &Value, folders: &[RuleFolder]) -> Option<Action> {
    let is_empty = match value {
        Value::Array(list) => list.is_empty(),
        Value::Bool(is_so) => !is_so,
        Value::Null => true,
        _ => false,
    };
    if is_empty || name.starts_with('@') {
        return None;
    }
    Some(match name {
        "assignCategories" | "markImportance" | "stopProcessingRules" => Action::Mark,
        "copyToFolder" | "moveToFolder" => Action::File {
            to: folder(value, folders),
            is_move: name == "moveToFolder",
        },
        "delete" | "permanentDelete" => Action::Delete,
        "forwardAsAttachmentTo" | "forwardTo" | "redirectTo" => Action::Send {
            to: recipients(value),
        },
        "markAsRead" => Action::MarkRead,
        _ => Action::Unknown,
    })
}

/// Each recipient, whoever is named by no address with an empty one.
fn recipients(value: &Value) -> Vec<String> {
    let Some(list) = value.as_array() else {
        return vec![String::new()];
    };
    let address = |one: &Value| one["emailAddress"]["address"].as_str().map(str::to_owned);
    list.iter()
        .map(|one| address(one).unwrap_or_default())
        .collect()
}

fn folder(value: &Value, folders: &[RuleFolder]) -> Folder {
    let id = value.as_str().unwrap_or_default();
    let named = folders.iter().find(|one| one.id == id);
    if let Some(named) = named
        && let Some(root) = named.folder.root()
    {
        return Folder::Known(root, named.folder.path.clone());
    }
    let root = WellKnownFolder::parse(id);
    root.map_or(Folder::Unknown, |root| Folder::Known(root, Vec::new()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::sanitise::Hazard;

    fn held(kind: MailboxKind, json: &Value) -> Hazard {
        let inside = Inside::new(["ada@old.example"]);
        let folders = [RuleFolder {
            id: "AAMk1".to_owned(),
            folder: super::super::index::MailFolder {
                well_known_name: "msgfolderroot".to_owned(),
                path: vec!["Projects".to_owned()],
            },
        }];
        let object = json.as_object().expect("an object");
        let setting = match kind {
            MailboxKind::Forwarding => forwarding(object),
            MailboxKind::Permission => Setting::Grant {
                who: grantee(object),
            },
            MailboxKind::Rule => Setting::Rule(rule(object, &folders)),
        };
        hazard(&setting, &inside)
    }

    #[test]
    fn rules_are_read_as_graph_shows_them() {
        let to = |address: &str| json!([{"emailAddress": {"name": "Ada", "address": address}}]);
        for (expected, actions) in [
            (
                Hazard::RuleSendsOutside,
                json!({"redirectTo": to("x@evil.example")}),
            ),
            (
                Hazard::RuleSendsOutside,
                json!({"forwardTo": [{}], "delete": false}),
            ),
            (
                Hazard::RuleSendsOutside,
                json!({"forwardTo": "x@evil.example"}),
            ),
            (
                Hazard::RuleSendsOn,
                json!({"forwardAsAttachmentTo": to("ben@old.example")}),
            ),
            (
                Hazard::RuleDeletes,
                json!({"permanentDelete": true, "markAsRead": true}),
            ),
            (Hazard::RuleHides, json!({"moveToFolder": "deleteditems"})),
            (Hazard::RuleHides, json!({"moveToFolder": "AAMk2"})),
            (Hazard::RuleUnknown, json!({"reply": true})),
            (
                Hazard::RuleUnknown,
                json!({"forwardTo": [], "markAsRead": false}),
            ),
            (
                Hazard::RuleSorts,
                json!({"moveToFolder": "AAMk1", "stopProcessingRules": true}),
            ),
            (
                Hazard::RuleSorts,
                json!({"@odata.type": "x", "assignCategories": ["Red"]}),
            ),
        ] {
            let rule = json!({"displayName": "Ads", "isEnabled": true, "actions": actions});
            assert_eq!(held(MailboxKind::Rule, &rule), expected, "{rule}");
        }
        assert_eq!(held(MailboxKind::Rule, &json!({})), Hazard::RuleUnknown);
    }

    #[test]
    fn forwarding_and_permissions_are_read_as_exchange_and_graph_show_them() {
        for (expected, kind, json) in [
            (
                Hazard::ForwardsOutside,
                MailboxKind::Forwarding,
                json!({"ForwardingSmtpAddress": "smtp:x@evil.example"}),
            ),
            (
                Hazard::ForwardsOn,
                MailboxKind::Forwarding,
                json!({"ForwardingAddress": "ben@old.example", "ForwardingSmtpAddress": null}),
            ),
            (Hazard::ForwardsOutside, MailboxKind::Forwarding, json!({})),
            (
                Hazard::OpenToOthers,
                MailboxKind::Permission,
                json!({"User": "ben@old.example", "AccessRights": ["FullAccess"]}),
            ),
            (
                Hazard::OpenToOutside,
                MailboxKind::Permission,
                json!({"Trustee": "x@evil.example", "AccessRights": ["SendAs"]}),
            ),
            (
                Hazard::OpenToOutside,
                MailboxKind::Permission,
                json!({"emailAddress": {"name": "My Organization"}, "role": "read"}),
            ),
            (
                Hazard::OpenToOthers,
                MailboxKind::Permission,
                json!({"emailAddress": {"address": "ben@old.example"}, "role": "write"}),
            ),
        ] {
            assert_eq!(held(kind, &json), expected, "{json}");
        }
    }
}
