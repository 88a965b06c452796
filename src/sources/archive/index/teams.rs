//! The index line of a team, a chat, or a message in one; the order in which they are handed out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Entry, Object};

const HOSTED_MAX: usize = 256;

/// What a line of the workload `teams` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TeamsKind {
    /// An app in a team or chat; it is kept and not restored.
    App,
    /// A `chatMessage`.
    Message,
    /// A tab; it is kept and not restored.
    Tab,
    /// A `team` with `members` and `channels`, or a `chat` with `members`.
    Team,
}

/// A team, a chat, or something in one: Graph's JSON of it is the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TeamsEntry {
    /// What it is.
    pub kind: TeamsKind,
    /// Its id; of a message with its channel's id before it.
    pub id: String,
    /// Its JSON.
    pub object: Object,
    /// The channel of a message; none in a chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelReference>,
    /// `createdDateTime` of a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date_time: Option<DateTime<Utc>>,
    /// `replyToId` of a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to_id: Option<String>,
    /// Images in the text of a message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosted_contents: Vec<HostedEntry>,
}

/// A channel, by its id and its name then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChannelReference {
    /// `19:…@thread.tacv2`
    pub id: String,
    /// `displayName`
    pub display_name: String,
}

/// Graph's `chatMessageHostedContent`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HostedEntry {
    /// Its id, as the text names it.
    pub id: String,
    /// `image/png`, …
    pub content_type: String,
    /// Its bytes.
    pub object: Object,
}

impl TeamsEntry {
    pub(super) fn check(&self) -> Result<(), String> {
        let is_message = self.kind == TeamsKind::Message;
        let has_more = !self.hosted_contents.is_empty() || self.reply_to_id.is_some();
        if !is_message && has_more {
            return Err("only a message has hostedContents and replyToId".to_owned());
        }
        let named =
            |channel: &ChannelReference| !channel.id.is_empty() && !channel.display_name.is_empty();
        if self.hosted_contents.len() > HOSTED_MAX || !self.channel.as_ref().is_none_or(named) {
            return Err("at most 256 hostedContents; a channel has an id and a name".to_owned());
        }
        Ok(())
    }

    /// By channel, then by time; a message before its replies.
    fn order(&self) -> (u8, &str, Option<DateTime<Utc>>, bool, &str) {
        let rank = match self.kind {
            TeamsKind::Team => 0,
            TeamsKind::Message => 2,
            TeamsKind::App | TeamsKind::Tab => 3,
        };
        let channel = self.channel.as_ref().map_or("", |channel| &channel.id);
        let is_reply = self.reply_to_id.is_some();
        (rank, channel, self.created_date_time, is_reply, &self.id)
    }
}

/// The team first, then files, then messages in their order: files are there when a message speaks of them. Nothing else of an
/// index moves.
pub(in crate::sources::archive) fn in_order<V>(lines: &mut [V], entry: impl Fn(&V) -> &Entry) {
    let is_teams = |line: &V| matches!(entry(line), Entry::Teams(_));
    if lines.iter().any(is_teams) {
        lines.sort_by(|one, other| {
            let order = |line: &'_ V| match entry(line) {
                Entry::Teams(teams) => teams.order().0,
                _ => 1,
            };
            let of_both = match (entry(one), entry(other)) {
                (Entry::Teams(one), Entry::Teams(other)) => one.order().cmp(&other.order()),
                _ => std::cmp::Ordering::Equal,
            };
            order(one).cmp(&order(other)).then(of_both)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::item::Digest;

    fn entry(kind: TeamsKind, id: &str, at: &str, reply_to: Option<&str>) -> Entry {
        let is_message = kind == TeamsKind::Message;
        Entry::Teams(TeamsEntry {
            kind,
            id: id.to_owned(),
            object: Object {
                sha256: Digest([0; 32]),
                size: 0,
            },
            channel: is_message.then(|| ChannelReference {
                id: "19:a".to_owned(),
                display_name: "A".to_owned(),
            }),
            created_date_time: at.parse().ok(),
            reply_to_id: reply_to.map(str::to_owned),
            hosted_contents: Vec::new(),
        })
    }

    #[test]
    fn the_team_comes_first_and_a_message_before_its_replies() {
        let same = "2024-01-01T00:00:00Z";
        let mut lines = vec![
            entry(TeamsKind::Tab, "tab", "", None),
            entry(TeamsKind::Message, "reply", same, Some("z")),
            entry(TeamsKind::Message, "z", same, None),
            entry(TeamsKind::Message, "early", "2023-01-01T00:00:00Z", None),
            entry(TeamsKind::Team, "team", "", None),
        ];
        in_order(&mut lines, |line| line);
        let ids: Vec<&str> = lines.iter().map(Entry::id).collect();
        assert_eq!(ids, ["team", "early", "z", "reply", "tab"]);
    }

    #[test]
    fn only_a_message_has_what_a_message_has() {
        let bad = entry(TeamsKind::Team, "team", "", Some("1"));
        let Entry::Teams(bad) = bad else {
            panic!("a team")
        };
        assert!(bad.check().is_err());
    }
}
