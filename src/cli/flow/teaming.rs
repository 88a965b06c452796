//! The end of a team's or chat's migration: every conversation completed, General last, then the team; then whoever the plan names
//! comes in, and who is in it, and in each channel with members of its own, is read back. Every step may be made again, so an
//! intent without an outcome is carried out once more.

pub(super) mod standing;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::meaning;
use crate::domain::event::{Event, TeamAttempted, TeamCompleted, TeamFacts};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::teams::{PlannedChannel, PlannedMember, PlannedTeam, Road};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::teams::Completion;
use crate::targets::{Retry, Target, TargetError, TargetId};
use standing::Standing;

const TRIES_MAX: u32 = 10;
const WAIT_FIRST: Duration = Duration::from_millis(500);
const WAIT_MAX: Duration = Duration::from_mins(5);
/// So many names stand in one event.
const NAMES_MAX: usize = 200;

/// Completes what the plans in force opened. A team that cannot be completed keeps its wave open, and does not stop the others.
pub(super) async fn complete<T: Target>(
    journal: &Journal,
    target: &T,
    teams: &[(Pseudonym, String, Arc<PlannedTeam>)],
) -> Result<()> {
    if teams.is_empty() {
        return Ok(());
    }
    let mut standing = standing::load(journal)?;
    let mut first: Option<Error> = None;
    let mut failed = 0;
    for (custodian, plan, team) in teams {
        let Some(standing) = standing.remove(custodian).filter(|one| one.is_open) else {
            continue;
        };
        if let Err(error) = one(journal, target, (custodian, plan), team, &standing).await {
            failed += 1;
            first.get_or_insert(error);
        }
    }
    match first {
        None => Ok(()),
        Some(error) => Err(error
            .while_doing(format!("{failed} teams or chats are not completed"))
            .hint("`unbroken restore` goes on with them")),
    }
}

/// The steps, in their order.
fn steps(team: &PlannedTeam, standing: &Standing) -> (u64, Vec<Completion>) {
    let Some(own) = standing.on_record.id() else {
        return (0, Vec::new());
    };
    let mut steps = Vec::new();
    let mut channels: Vec<_> = team.channels.iter().collect();
    channels.sort_by_key(|channel| channel.general);
    let of = |name: &str| standing.on_record.ids.get(&Some(name.to_owned())).cloned();
    for channel in &channels {
        steps.extend(of(&channel.name).map(Completion::Migration));
    }
    // General of a team in migration mode is completed too, although nothing was imported into it.
    let conversations = steps.len() as u64 + u64::from(!team.is_team());
    if !team.is_team() || team.road == Road::Creation {
        steps.push(Completion::Migration(own.clone()));
    }
    if team.is_team() {
        let add = |place: &TargetId, member: &PlannedMember| {
            Completion::Member(place.clone(), member.clone())
        };
        steps.extend(team.members.iter().map(|member| add(own, member)));
        for channel in channels {
            if let Some(place) = of(&channel.name) {
                steps.extend(channel.members.iter().map(|member| add(&place, member)));
            }
        }
    }
    (conversations, steps)
}

async fn one<T: Target>(
    journal: &Journal,
    target: &T,
    (custodian, plan): (&Pseudonym, &str),
    team: &PlannedTeam,
    standing: &Standing,
) -> Result<()> {
    let Some(own) = standing.on_record.id() else {
        return Ok(());
    };
    let (conversations, steps) = steps(team, standing);
    let left_out = team.left_out.iter();
    let left_out = left_out.chain(team.channels.iter().flat_map(|one| &one.left_out));
    let left_out: Vec<String> = left_out
        .map(|one| format!("{}: {}", one.why, one.who))
        .collect();
    let attempted = TeamAttempted {
        conversations,
        left_out: left_out.len() as u64,
        members: team.members.len() as u64,
        plan: plan.to_owned(),
    };
    let facts = TeamFacts {
        left_out: some(left_out),
        name: Some(team.name.clone()),
        ..TeamFacts::default()
    };
    let intent = Event::TeamAttempted(Box::new(attempted), Box::new(facts));
    journal.intend(custodian, intent).await.map_err(meaning)?;
    let mut failed = 0;
    let mut first = None;
    for step in &steps {
        if let Err(error) = patiently(|| target.complete_team(step)).await {
            failed += 1;
            first.get_or_insert(error);
            // Nobody is let in, and no team is completed, while a channel of it is not.
            if matches!(step, Completion::Migration(_)) {
                break;
            }
        }
    }
    let read = read_back(target, own, team, standing).await;
    let (data, facts) = match read {
        Ok(found) => compared(team, &found, failed),
        Err(_) => unread(team, failed + 1),
    };
    let (failed, lost, gained) = (data.failed, data.lost, data.gained);
    let outcome = Event::TeamCompleted(Box::new(data), Box::new(facts));
    journal.record(custodian, outcome).await.map_err(meaning)?;
    let incomplete = |why: &str| Err(Error::new(ErrorKind::Incomplete, why));
    match first {
        Some(error) => Err(Error::new(ErrorKind::Incomplete, error)),
        None if failed > 0 => incomplete("who is in it could not be read back"),
        None if gained > 0 => incomplete(
            "somebody is in it whom the plan does not name: section Q of the report says who",
        ),
        None if lost > 0 => incomplete("somebody whom the plan names is not in it"),
        None => Ok(()),
    }
}

/// Who was found where: in the team or chat itself, and in a channel that has members of its own.
struct Found<'a> {
    own: Vec<PlannedMember>,
    channels: Vec<(&'a PlannedChannel, Vec<PlannedMember>)>,
}

/// Who is in it. Whoever got into a private channel need not be anybody of the team's plan: each is asked for itself.
async fn read_back<'a, T: Target>(
    target: &T,
    own: &TargetId,
    team: &'a PlannedTeam,
    standing: &Standing,
) -> std::result::Result<Found<'a>, TargetError> {
    let mut found = Found {
        own: patiently(|| target.team_members(own)).await?,
        channels: Vec::new(),
    };
    for channel in team.channels.iter().filter(|one| one.has_own_members()) {
        if let Some(place) = standing.on_record.ids.get(&Some(channel.name.clone())) {
            let members = patiently(|| target.team_members(place)).await?;
            found.channels.push((channel, members));
        }
    }
    Ok(found)
}

fn users(all: &[PlannedMember]) -> BTreeSet<String> {
    all.iter().map(|one| one.user.to_lowercase()).collect()
}

/// Who is in it beside the plan.
fn compared(team: &PlannedTeam, found: &Found<'_>, failed: u64) -> (TeamCompleted, TeamFacts) {
    let (planned, own) = (users(&team.members), users(&found.own));
    let mut lost: Vec<String> = planned.difference(&own).cloned().collect();
    let mut gained: Vec<String> = own.difference(&planned).cloned().collect();
    for (channel, members) in &found.channels {
        let (planned, own) = (users(&channel.members), users(members));
        let there = |user: &String| format!("{user} in {}", channel.name);
        lost.extend(planned.difference(&own).map(there));
        gained.extend(own.difference(&planned).map(there));
    }
    let owners = found.own.iter().filter(|one| one.owner);
    let is_kept = |one: &&PlannedMember| planned.contains(&one.user.to_lowercase());
    let data = TeamCompleted {
        channels: Some(found.channels.len() as u64),
        failed,
        gained: gained.len() as u64,
        kept: planned.intersection(&own).count() as u64,
        lost: lost.len() as u64,
        owners: owners.filter(is_kept).count() as u64,
    };
    let facts = TeamFacts {
        gained: some(gained),
        lost: some(lost),
        name: Some(team.name.clone()),
        ..TeamFacts::default()
    };
    (data, facts)
}

/// Nobody knows who is in it: no count of people is recorded that nobody made.
fn unread(team: &PlannedTeam, failed: u64) -> (TeamCompleted, TeamFacts) {
    let data = TeamCompleted {
        channels: None,
        failed,
        gained: 0,
        kept: 0,
        lost: 0,
        owners: 0,
    };
    let facts = TeamFacts {
        name: Some(team.name.clone()),
        ..TeamFacts::default()
    };
    (data, facts)
}

fn some(mut names: Vec<String>) -> Option<Vec<String>> {
    names.truncate(NAMES_MAX);
    Some(names).filter(|names| !names.is_empty())
}

/// Makes a call again that may pass.
async fn patiently<V, F: Future<Output = std::result::Result<V, TargetError>>>(
    call: impl Fn() -> F,
) -> std::result::Result<V, TargetError> {
    let mut wait = WAIT_FIRST;
    for _ in 1..TRIES_MAX {
        let error = match call().await {
            Err(error) if error.retry != Retry::Never => error,
            ended => return ended,
        };
        let asked = match error.retry {
            Retry::After(seconds) => Duration::from_secs(seconds).min(WAIT_MAX),
            Retry::Never | Retry::Soon => wait,
        };
        tokio::time::sleep(asked).await;
        wait = (wait * 2).min(WAIT_MAX);
    }
    call().await
}
