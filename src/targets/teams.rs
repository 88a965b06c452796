//! Teams and chats of the clean tenant as the engine sees them: what each call gives back.

use crate::domain::teams::{PlannedMember, PlannedTeam, Post};
use crate::targets::TargetId;

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
