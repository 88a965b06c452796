//! The end of a team's or chat's migration: every conversation completed, General last, then the team; then whoever the plan names
//! comes in, and who is in it is read back. Every step may be made again, so an intent without an outcome is carried out once more.

pub(super) mod standing;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::meaning;
use crate::domain::event::{Event, TeamAttempted, TeamCompleted, TeamFacts};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::teams::{PlannedMember, PlannedTeam, Road};
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
    let members = patiently(|| target.team_members(own)).await;
    let members = members.inspect_err(|_| failed += 1).unwrap_or_default();
    let (data, facts) = compared(team, &members, failed);
    let differs = data.lost > 0 && failed == 0;
    let outcome = Event::TeamCompleted(Box::new(data), Box::new(facts));
    journal.record(custodian, outcome).await.map_err(meaning)?;
    match first {
        Some(error) => Err(Error::new(ErrorKind::Incomplete, error)),
        None if failed > 0 => Err(Error::new(
            ErrorKind::Incomplete,
            "who is in it could not be read back",
        )),
        None if differs => Err(Error::new(
            ErrorKind::Incomplete,
            "somebody whom the plan names is not in it",
        )),
        None => Ok(()),
    }
}

/// Who is in it beside the plan.
fn compared(
    team: &PlannedTeam,
    members: &[PlannedMember],
    failed: u64,
) -> (TeamCompleted, TeamFacts) {
    let users = |all: &[PlannedMember]| -> BTreeSet<String> {
        all.iter().map(|one| one.user.to_lowercase()).collect()
    };
    let (planned, found) = (users(&team.members), users(members));
    let is_kept = |one: &&PlannedMember| planned.contains(&one.user.to_lowercase());
    let owners = members.iter().filter(|one| one.owner);
    let lost: Vec<String> = planned.difference(&found).cloned().collect();
    let gained: Vec<String> = found.difference(&planned).cloned().collect();
    let data = TeamCompleted {
        failed,
        gained: gained.len() as u64,
        kept: planned.intersection(&found).count() as u64,
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
