//! What a plan says of teams and chats beyond their rows: the team as it will be, and each message's author and millisecond.

use std::collections::HashMap;
use std::hash::BuildHasher;

use super::{Decision, PlanRow};
use crate::domain::content::release::RELEASABLE;
use crate::domain::item::{ItemKey, Workload};
use crate::domain::plan::KnownItem;
use crate::domain::teams::{Outline, PlannedPost, Schedule, Team};

/// What the source says of a row of the workload `teams`.
#[derive(Clone, Debug)]
pub enum TeamsOutline {
    /// The team or chat itself.
    Team(Box<Team>),
    /// A message.
    Post(Outline),
    /// It could be listed and cannot be read.
    Unreadable,
}

/// Whose target is a team or chat gets teams and files alone, and nobody else gets a team: a group's mailbox is a custodian of
/// its own.
const OTHER_KIND: &str = "target-of-another-kind";

/// The team or chat that it belongs into is held.
pub const TEAM_HELD: &str = "team-held";

/// The backup cannot be read there.
const UNREADABLE: &str = "unreadable";

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
    // A team that people may release is planned too: it and what belongs into it are written after that.
    let concerns = |row: &PlanRow| {
        row.workload == Workload::Teams.name()
            && match row.decision {
                Decision::Restore | Decision::Skip => true,
                Decision::Hold => RELEASABLE.contains(&&*row.reason),
                Decision::Unreadable => false,
            }
    };
    // What is written goes first: no message gives its millisecond to one that may never come.
    let mut later = Vec::new();
    for (place, row) in rows.iter_mut().enumerate() {
        if !concerns(row) {
            continue;
        }
        let held = match outline(row)? {
            None => Some("team-not-in-backup"),
            // One that cannot be read is named, and the others are planned.
            Some(TeamsOutline::Unreadable) => {
                if row.decision != Decision::Skip {
                    row.decision = Decision::Unreadable;
                    UNREADABLE.clone_into(&mut row.reason);
                }
                None
            }
            Some(TeamsOutline::Team(team)) => {
                let (planned, held) = schedule.team(&team, &row.key, is_existing);
                row.target_name.clone_from(&planned.name);
                row.team = Some(Box::new(planned));
                if row.decision == Decision::Hold {
                    schedule.hold_team();
                }
                held
            }
            Some(TeamsOutline::Post(_)) if row.decision == Decision::Hold => {
                later.push(place);
                None
            }
            Some(TeamsOutline::Post(outline)) => match schedule.post(&outline, of(known, row)) {
                Ok(post) => {
                    row.post = Some(post);
                    schedule.is_team_held().then_some(TEAM_HELD)
                }
                Err(held) => Some(held),
            },
        };
        if let Some(held) = held
            && row.decision == Decision::Restore
        {
            row.decision = Decision::Hold;
            held.clone_into(&mut row.reason);
        }
    }
    for place in later {
        let row = &mut rows[place];
        if let Some(TeamsOutline::Post(outline)) = outline(row)? {
            keep_time(row, schedule.post_by_itself(&outline, of(known, row)));
        }
    }
    Ok(())
}

fn of<'k, S: BuildHasher>(
    known: &'k HashMap<ItemKey, KnownItem, S>,
    row: &PlanRow,
) -> Option<&'k PlannedPost> {
    known.get(&row.item_key()?)?.post.as_ref()
}

/// People may release a message that is held, and then it has its millisecond. What nobody may release goes first: after a release
/// there would be no place for it.
fn keep_time(row: &mut PlanRow, planned: Result<PlannedPost, &'static str>) {
    match planned {
        Ok(post) => row.post = Some(post),
        Err(held) => held.clone_into(&mut row.reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::folder::FolderPath;
    use crate::domain::plan::PlannedFolder;
    use crate::domain::pseudonym::Pseudonym;
    use crate::domain::teams::{Channel, Kind, Member, People, Person};

    fn row(name: &str, reason: &str) -> PlanRow {
        PlanRow {
            item: Pseudonym::parse(name).expect("a pseudonym"),
            key: "ab".repeat(32),
            workload: "teams".to_owned(),
            stable_id: name.to_owned(),
            version: String::new(),
            locator: name.to_owned(),
            point: String::new(),
            custodian: "quay".to_owned(),
            folder: PlannedFolder::from(&FolderPath::Teams(None)),
            name: name.to_owned(),
            target_name: String::new(),
            target_folder: None,
            size: 1,
            digest: String::new(),
            created: String::new(),
            modified: String::new(),
            decision: if reason.is_empty() {
                Decision::Restore
            } else {
                Decision::Hold
            },
            reason: reason.to_owned(),
            pre_breach: String::new(),
            wave: 1,
            history: Vec::new(),
            history_left_out: 0,
            choices: Vec::new(),
            team: None,
            post: None,
        }
    }

    fn planned(reason_of_team: &str, reason_of_post: &str) -> [PlanRow; 2] {
        let person = Person {
            id: "ada".to_owned(),
            ..Person::default()
        };
        let team = Team {
            kind: Kind::Team,
            name: "Quay".to_owned(),
            members: vec![Member {
                person: person.clone(),
                is_owner: true,
                is_outside: false,
            }],
            channels: vec![Channel {
                id: "19:general".to_owned(),
                is_general: true,
                ..Channel::default()
            }],
            ..Team::default()
        };
        let post = Outline {
            channel: "19:general".to_owned(),
            author: person,
            created: "2024-02-01T00:00:00Z".parse().ok(),
            id: "1".to_owned(),
            ..Outline::default()
        };
        let people = People::new([("ada".to_owned(), "new-ada".to_owned())]);
        let mut schedule = Schedule::new(people, None);
        let mut rows = [row("team", reason_of_team), row("post", reason_of_post)];
        let known: HashMap<ItemKey, KnownItem> = HashMap::new();
        let done: Result<(), ()> = plan_posts(&mut rows, &mut schedule, false, &known, |row| {
            Ok(Some(match &*row.stable_id {
                "team" => TeamsOutline::Team(Box::new(team.clone())),
                _ => TeamsOutline::Post(post.clone()),
            }))
        });
        done.expect("nothing fails");
        rows
    }

    #[test]
    fn what_belongs_into_a_held_team_is_held_with_it_and_ready_for_its_release() {
        let [team, post] = planned("", "");
        assert_eq!(
            (team.decision, post.decision),
            (Decision::Restore, Decision::Restore)
        );
        let window = "changed-in-breach-window";
        let [team, post] = planned(window, "");
        assert_eq!((team.decision, &*team.reason), (Decision::Hold, window));
        assert_eq!((post.decision, &*post.reason), (Decision::Hold, TEAM_HELD));
        assert!(team.team.is_some() && post.post.is_some());
        // Nobody releases that: nothing is planned.
        let [team, post] = planned("custodian-not-mapped", "");
        assert!(team.team.is_none() && post.post.is_none());
        assert_eq!(
            (post.decision, &*post.reason),
            (Decision::Hold, "team-not-in-backup")
        );
        // A message that is held by itself stays so, and has its place for when it is released.
        let [_, post] = planned("", window);
        assert_eq!((post.decision, &*post.reason), (Decision::Hold, window));
        assert!(post.post.is_some());
    }
}
