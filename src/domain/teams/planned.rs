//! What a plan says of a team and of a message: frozen with the plan's hash, so that nothing is decided while it is carried out.

use serde::{Deserialize, Serialize};

use super::Membership;

/// How a team comes to be in the clean tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Road {
    /// Made in migration mode, without anybody in it; members come when all is there.
    Creation,
    /// Made as teams are, with its members; each channel is migrated into afterwards.
    Start,
}

/// Somebody who will be in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedMember {
    /// The object id in the clean tenant.
    pub user: String,
    /// An owner.
    pub owner: bool,
}

/// Somebody who will not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The name or address in the source.
    pub who: String,
    /// `from-outside`, `not-in-team` or `not-mapped`.
    pub why: String,
}

/// A channel of a planned team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedChannel {
    /// Its id in the old tenant.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `standard`, `private` or `shared`.
    pub membership: String,
    /// The one that every team has.
    pub general: bool,
    /// When it will say that it was made, before its first message: RFC 3339.
    pub created: String,
    /// Of a private or shared one.
    pub members: Vec<PlannedMember>,
    /// Who of the source is not among them.
    pub left_out: Vec<LeftOut>,
    /// Where its files lay.
    pub files_url: String,
    /// Why nothing is written into it; empty where it is.
    pub held: String,
}

impl PlannedChannel {
    /// Whether its members are its own, and not simply those of its team.
    pub fn has_own_members(&self) -> bool {
        self.membership != Membership::Standard.name()
    }
}

/// A team or a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedTeam {
    /// `team`, `group` or `oneOnOne`.
    pub kind: String,
    /// How it comes to be.
    pub road: Road,
    /// Its name, or a chat's topic.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The mail nickname of its group, where it gets one: nobody else's.
    pub nickname: String,
    /// Everybody could find it; now only members do.
    pub made_private: bool,
    /// When it will say that it was made: RFC 3339, in a millisecond that is no other team's or chat's.
    pub created: String,
    /// Who will be in it.
    pub members: Vec<PlannedMember>,
    /// Who of the source will not.
    pub left_out: Vec<LeftOut>,
    /// Its channels.
    pub channels: Vec<PlannedChannel>,
}

impl PlannedTeam {
    /// A channel by its name.
    pub fn channel(&self, name: &str) -> Option<&PlannedChannel> {
        self.channels.iter().find(|channel| channel.name == name)
    }

    /// Whether a name means the channel of an id of the old tenant, and no other: a name passes from channel to channel,
    /// and what was written in a private one must not come into its namesake. Teams takes names that differ by case alone
    /// for one.
    pub fn is_channel(&self, name: &str, id: &str) -> bool {
        let name = name.to_lowercase();
        let mut named = self.channels.iter();
        let mut named = named.by_ref().filter(|one| one.name.to_lowercase() == name);
        named.next().is_some_and(|one| one.id == id) && named.next().is_none()
    }

    /// Whether the tenant itself refuses a second one: of a group's nickname, or of a chat of two. Any other is looked for before
    /// it is made again.
    pub fn is_there_once(&self) -> bool {
        match self.kind.as_str() {
            "team" => self.road == Road::Start,
            kind => kind == "oneOnOne",
        }
    }

    /// It is a team and no chat.
    pub fn is_team(&self) -> bool {
        self.kind == "team"
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedPost {
    /// The channel's id in the old tenant; empty in a chat.
    pub channel: String,
    /// When it will say that it was written: RFC 3339 with milliseconds, once in its conversation.
    pub at: String,
    /// The author's object id in the clean tenant.
    pub author: String,
    /// The author stands in for somebody whom nobody is mapped for.
    pub stand_in: bool,
    /// How many milliseconds later than in the source.
    pub shift_ms: i64,
    /// The planned time of the message that it answers; empty where it answers none.
    pub reply_to: String,
    /// It answered a message that is not restored.
    pub orphan: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(channels: &[(&str, &str)]) -> PlannedTeam {
        let channel = |(id, name): &(&str, &str)| PlannedChannel {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            description: String::new(),
            membership: "standard".to_owned(),
            general: false,
            created: String::new(),
            members: Vec::new(),
            left_out: Vec::new(),
            files_url: String::new(),
            held: String::new(),
        };
        let channels: Vec<PlannedChannel> = channels.iter().map(channel).collect();
        let text = serde_json::json!({
            "kind": "team", "name": "t", "description": "", "nickname": "", "made_private": false,
            "created": "", "road": Road::Creation, "members": [], "left_out": [],
            "channels": channels,
        });
        serde_json::from_value(text).expect("a team")
    }

    #[test]
    fn a_name_means_the_channel_that_the_message_was_written_in_or_none() {
        let plain = team(&[("1", "General"), ("2", "Leads")]);
        assert!(plain.is_channel("Leads", "2"));
        // The name was the private channel's when the message was backed up, and is another's now.
        assert!(!plain.is_channel("Leads", "9"));
        let twins = team(&[("1", "leads"), ("2", "Leads")]);
        assert!(!twins.is_channel("Leads", "2") && !twins.is_channel("Leads", "1"));
    }
}
