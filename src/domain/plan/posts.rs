//! What a plan says of teams and chats beyond their rows: the team as it will be, and each message's author and millisecond.

use std::collections::HashMap;
use std::hash::BuildHasher;

use super::{Decision, PlanRow};
use crate::domain::item::{ItemKey, Workload};
use crate::domain::plan::KnownItem;
use crate::domain::teams::{Outline, Schedule, Team};

/// What the source says of a row of the workload `teams`.
#[derive(Clone, Debug)]
pub enum TeamsOutline {
    /// The team or chat itself.
    Team(Box<Team>),
    /// A message.
    Post(Outline),
}

/// Whose target is a team or chat gets teams and files alone, and nobody else gets a team: a group's mailbox is a custodian of
/// its own.
const OTHER_KIND: &str = "target-of-another-kind";

/// Holds what the custodian's target has no place for; `target` is its id.
pub fn hold_other_kinds(rows: &mut [PlanRow], target: &str) {
    let (is_chat, is_team) = (target.starts_with("chat"), target.starts_with("team"));
    for row in rows
        .iter_mut()
        .filter(|row| row.decision == Decision::Restore)
    {
        let fits = match &*row.workload {
            "teams" => is_chat || is_team,
            "files" => !is_chat,
            _ => !is_chat && !is_team,
        };
        if !fits {
            row.decision = Decision::Hold;
            OTHER_KIND.clone_into(&mut row.reason);
        }
    }
}

/// Completes the rows of teams and messages, or holds them by name. `outline` asks the source; `known` is what earlier plans say.
pub fn plan_posts<E, S: BuildHasher>(
    rows: &mut [PlanRow],
    schedule: &mut Schedule,
    is_existing: bool,
    known: &HashMap<ItemKey, KnownItem, S>,
    mut outline: impl FnMut(&PlanRow) -> Result<Option<TeamsOutline>, E>,
) -> Result<(), E> {
    let concerns = |row: &&mut PlanRow| {
        row.workload == Workload::Teams.name()
            && matches!(row.decision, Decision::Restore | Decision::Skip)
    };
    for row in rows.iter_mut().filter(concerns) {
        let held = match outline(row)? {
            None => Some("team-not-in-backup"),
            Some(TeamsOutline::Team(team)) => {
                let (planned, held) = schedule.team(&team, &row.key, is_existing);
                row.target_name.clone_from(&planned.name);
                row.team = Some(Box::new(planned));
                held
            }
            Some(TeamsOutline::Post(outline)) => {
                let known = row.item_key().and_then(|key| known.get(&key));
                let known = known.and_then(|known| known.post.as_ref());
                match schedule.post(&outline, known) {
                    Ok(post) => {
                        row.post = Some(post);
                        None
                    }
                    Err(held) => Some(held),
                }
            }
        };
        if let Some(held) = held
            && row.decision == Decision::Restore
        {
            row.decision = Decision::Hold;
            held.clone_into(&mut row.reason);
        }
    }
    Ok(())
}
