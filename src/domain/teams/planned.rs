//! What a plan says of a team and of a message: frozen with the plan's hash, so that nothing is decided while it is carried out.

use serde::{Deserialize, Serialize};

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
    /// When it will say that it was made: RFC 3339.
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
