//! Teams and chats of the clean tenant as the engine sees them: what each call gives back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::teams::{PlannedMember, PlannedTeam, Post};
use crate::targets::TargetId;

/// What the record says of a team or chat before it is asked for: what is on the record is never looked for by a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnRecord {
    /// Its id (`None`), and those of its channels by their planned names: whatever they are called today, they are ours.
    pub ids: BTreeMap<Option<String>, TargetId>,
    /// Its making was begun, and nobody knows what came of it.
    pub begun: Option<Begun>,
}

/// Since when somebody tries to make a team or chat without knowing what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The first try: what is ours is no older.
    pub first: DateTime<Utc>,
    /// The last one: what it left has come to light some time later.
    pub last: DateTime<Utc>,
}

impl OnRecord {
    /// The team's or chat's own id.
    pub fn id(&self) -> Option<&TargetId> {
        self.ids.get(&None)
    }
}

/// A message in the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPost {
    /// Its id there.
    pub id: TargetId,
    /// What it says.
    pub post: Post,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostPlace {
    /// The channel or chat: `teams/{id}/channels/{id}` or `chats/{id}`.
    pub conversation: TargetId,
    /// The message that it answers.
    pub parent: Option<TargetId>,
}

/// A team as it was read back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamReadBack {
    /// Its name; a chat's topic.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Only members find it.
    pub is_private: bool,
    /// Names and kinds of its channels.
    pub channels: Vec<(String, String)>,
}

/// What completes a team or chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// Nothing is imported any more into a conversation, or into a team: by its id.
    Migration(TargetId),
    /// Somebody comes in: into a team, or into a channel that has members of its own.
    Member(TargetId, PlannedMember),
}

/// How many calls at most make one container: looking for it, making it, waiting for it.
pub(crate) fn calls_of(team: &PlannedTeam) -> u32 {
    // A quota is no smaller: what is above it is not waited for.
    8 + u32::try_from(team.members.len()).map_or(52, |members| members.min(52))
}
