//! Teams and messages: the team with its channels, as private as planned; each message imported at its planned millisecond, read
//! back and compared. The millisecond is the key: the service refuses a second message in it, and then what stands there decides.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::mail::{class_of, just_created, sorted};
use super::{End, Tries, Trouble};
use crate::domain::folder::FolderPath;
use crate::domain::item::Workload;
use crate::domain::message::{Delta, Transform};
use crate::domain::semantic::Compared;
use crate::domain::teams::compare::{compare, compare_teams};
use crate::domain::teams::fit::{Fitted, fit};
use crate::domain::teams::{ChatMessage, PlannedPost, Post};
use crate::engine::cost;
use crate::engine::record::{
    Found, Held, Outcome, PlannedTeams, Record, RecordError, Restored, Work, Wrote,
};
use crate::engine::shop::{Shop, Time};
use crate::targets::teams::PostPlace;
use crate::targets::{Retry, Target, TargetError, TargetId, TargetUser, Written};

/// A team that everybody could find is found by its members alone.
const MADE_PRIVATE: Transform = Transform("team-made-private/1");
/// The time that it says it was made in is its own.
const DATED_EARLIER: Transform = Transform("team-dated-earlier/1");
/// Somebody of the source is not in it.
const MEMBERS: Delta = Delta {
    property: "members",
    reason: "not all of them are mapped",
};
/// It has another name than in the source.
const NAME: Delta = Delta {
    property: "name",
    reason: "the team was there before and keeps its own",
};
/// A channel of the source is not made.
const CHANNELS: Delta = Delta {
    property: "channels",
    reason: "nobody who owns one of them is mapped",
};

fn planned(work: &Work) -> Result<&PlannedTeams, Trouble> {
    let planned = work.teams.as_ref();
    planned.ok_or_else(|| {
        refused(
            "TeamNotPlanned",
            "the plan says nothing of its team",
            Retry::Never,
        )
    })
}

fn refused(code: &str, message: &str, retry: Retry) -> Trouble {
    Trouble::Target(TargetError {
        operation: "POST /teams/{id}/channels/{id}/messages",
        status: 0,
        code: code.to_owned(),
        message: message.to_owned(),
        request_id: None,
        retry,
        outcome_unknown: false,
    })
}

/// The work with the team that is there in place of the one that is planned: whose files these are.
pub(crate) async fn owned<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
) -> Result<Work, Trouble> {
    let mut of_team = work.clone();
    of_team.source.workload = Workload::Teams;
    of_team.target_folder = FolderPath::Teams(None);
    let team = shop.folder(&of_team).await?;
    let id = team.0.strip_prefix("teams/").unwrap_or_default();
    Ok(Work {
        user: TargetUser {
            id: format!("team:{id}"),
            user_principal_name: work.user.user_principal_name.clone(),
        },
        ..work.clone()
    })
}

/// Why the item is held before anybody looks into it: its team or chat is, or the message that it answers. That one was decided
/// on before, as it comes before it; to wait for it would be to wait for people.
pub(super) fn held_for<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
) -> Option<&'static str> {
    let teams = work.teams.as_ref()?;
    teams.held.or_else(|| shop.answers_held(work))
}

/// What belongs into a team or chat that is held is held with it, and an answer with what it answers.
pub(super) async fn held<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    reason: &'static str,
) -> Result<End, RecordError> {
    // Held already, until somebody can look.
    if work.standing_at_gate.is_unscanned {
        return Ok(End::Held);
    }
    let is_of_held = work.teams.as_ref().is_some_and(|one| one.held.is_some());
    let detail = if is_of_held {
        "the team or chat that it belongs into is held"
    } else {
        "the message that it answers is held"
    };
    let outcome = Outcome::ItemHeld {
        item: work.item.clone(),
        held: Held {
            reason,
            detail: detail.to_owned(),
        },
    };
    shop.record.record(work, outcome).await?;
    Ok(End::Held)
}

/// Makes the team or chat with all of its channels, and reads it back.
pub(super) async fn write_team<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
) -> Result<Restored, Trouble> {
    let team = Arc::clone(&planned(work)?.team);
    let id = shop.folder(work).await?;
    for channel in team
        .channels
        .iter()
        .filter(|channel| channel.held.is_empty())
    {
        let of_channel = Work {
            target_folder: FolderPath::Teams(Some(channel.name.clone())),
            ..work.clone()
        };
        shop.folder(&of_channel).await?;
    }
    let call = shop.target.read_team(&id);
    let found = shop.call(work, cost::small(), call).await?;
    // One that was there before keeps its name.
    let was_there = work.user.id.starts_with("team:");
    let name = if was_there { &team.name } else { &found.name };
    let is_renamed = *name != found.name;
    let compared = compare_teams(&team, name, found.is_private, &found.channels);
    if !compared.differing.is_empty() {
        return Err(Trouble::Differs(compared.differing));
    }
    let transforms = [
        team.made_private.then_some(MADE_PRIVATE),
        (!was_there && !team.is_there_once()).then_some(DATED_EARLIER),
    ];
    let transforms = transforms.into_iter().flatten().collect();
    let some_left_out = !team.left_out.is_empty()
        || team
            .channels
            .iter()
            .any(|channel| !channel.left_out.is_empty());
    let some_held = team.channels.iter().any(|channel| !channel.held.is_empty());
    let deltas = [
        some_left_out.then_some(MEMBERS),
        some_held.then_some(CHANNELS),
        is_renamed.then_some(NAME),
    ];
    let deltas = deltas.into_iter().flatten().collect();
    Ok(restored(
        work,
        id,
        Wrote::New,
        Written::default(),
        (transforms, deltas),
        compared,
    ))
}

/// Imports the message, or finds that it is there.
pub(super) async fn write_post<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    message: &ChatMessage,
    tries: &Tries,
) -> Result<Restored, Trouble> {
    let (place, post, fitted) = ready(shop, work, message).await?;
    if tries.look_first
        && let Some(found) = find(shop, work, &place, fitted.post.at).await?
    {
        return ours(work, &post, &fitted, found);
    }
    let call = shop.target.import_post(&place, &fitted.post);
    let (id, written) = match shop.call(work, cost::write_post(), call).await {
        Ok(made) => made,
        // The millisecond is taken: by an earlier try of ours, or by something else.
        Err(Trouble::Target(failure)) if failure.status == 409 => {
            let found = find(shop, work, &place, fitted.post.at).await?;
            let found = found.ok_or(Trouble::Target(failure))?;
            return ours(work, &post, &fitted, found);
        }
        Err(other) => return Err(other),
    };
    let call = shop.target.read_post(&place, &id);
    let cost = cost::read_post(fitted.post.hosted.len());
    let found = shop.call(work, cost, call).await.map_err(just_created)?;
    let compared = compare(&fitted.post, &found);
    if !compared.differing.is_empty() {
        return Err(Trouble::Differs(compared.differing));
    }
    if place.parent.is_none() {
        shop.keep_parent((place.conversation, post.at), id.clone());
    }
    Ok(done(work, id, Wrote::New, written, &fitted, compared))
}

/// What stands in the message's millisecond is ours where author and words are; else somebody else was there first.
fn ours(
    work: &Work,
    post: &PlannedPost,
    fitted: &Fitted,
    found: (TargetId, Post),
) -> Result<Restored, Trouble> {
    let (id, found) = found;
    let compared = compare(&fitted.post, &found);
    if compared.differing.contains(&"author") || compared.differing.contains(&"text") {
        return Err(Trouble::TimeTaken(post.at.clone()));
    }
    if !compared.differing.is_empty() {
        return Err(Trouble::Differs(compared.differing));
    }
    Ok(done(
        work,
        id,
        Wrote::Found,
        Written::default(),
        fitted,
        compared,
    ))
}

/// Where the message goes and what it says there.
async fn ready<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    message: &ChatMessage,
) -> Result<(PostPlace, PlannedPost, Fitted), Trouble> {
    let plan = planned(work)?;
    let post = plan.post.clone();
    let post =
        post.ok_or_else(|| refused("TeamNotPlanned", "no time is planned for it", Retry::Never))?;
    if let FolderPath::Teams(Some(name)) = &work.target_folder
        && plan.team.is_team()
        && !plan.team.is_channel(name, &post.channel)
    {
        return Err(refused(
            "ChannelNotItsOwn",
            "the channel of that name is not, or not alone, the one that it was written in",
            Retry::Never,
        ));
    }
    let conversation = shop.folder(work).await?;
    let mut links = (*plan.links).clone();
    for channel in &plan.team.channels {
        let is_own =
            matches!(&work.target_folder, FolderPath::Teams(Some(name)) if *name == channel.name);
        if is_own && !channel.files_url.is_empty() {
            let new = shop.files_url(work, &conversation).await?;
            links.add(&channel.files_url, &new.unwrap_or_default());
        }
    }
    let parent = match &*post.reply_to {
        "" => None,
        at => {
            let key = (work.user.id.clone(), post.channel.clone(), at.to_owned());
            let lost = (post.channel.clone(), at.to_owned());
            if shop.is_given_up(&key) || plan.given_up.contains(&lost) {
                return Err(Trouble::ParentLost);
            }
            Some(parent(shop, work, &conversation, at).await?)
        }
    };
    let fitted = fit(message.clone(), &post, &links);
    let fitted =
        fitted.ok_or_else(|| refused("TeamNotPlanned", "its time cannot be read", Retry::Never))?;
    let place = PostPlace {
        conversation,
        parent,
    };
    Ok((place, post, fitted))
}

/// The message that is answered; a reply without one is not written somewhere else.
async fn parent<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    conversation: &TargetId,
    at: &str,
) -> Result<TargetId, Trouble> {
    let key = (conversation.clone(), at.to_owned());
    if let Some(known) = shop.known_parent(&key) {
        return Ok(known);
    }
    let time = DateTime::parse_from_rfc3339(at).map(|time| time.with_timezone(&Utc));
    let time =
        time.map_err(|_| refused("TeamNotPlanned", "its time cannot be read", Retry::Never))?;
    let place = PostPlace {
        conversation: conversation.clone(),
        parent: None,
    };
    let found = find(shop, work, &place, time).await?;
    let (id, _) = found.ok_or_else(|| {
        refused(
            "ParentNotThere",
            "the message that it answers is not there",
            Retry::Soon,
        )
    })?;
    shop.keep_parent(key, id.clone());
    Ok(id)
}

async fn find<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    place: &PostPlace,
    at: DateTime<Utc>,
) -> Result<Option<(TargetId, Post)>, Trouble> {
    let call = shop.target.find_post(place, at);
    let found = shop.call(work, cost::small(), call).await?;
    Ok(found.map(|found| (found.id, found.post)))
}

/// After a crash: whether the message stands where it was to stand.
pub(crate) async fn look<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    message: &ChatMessage,
) -> Result<Found, Trouble> {
    let (place, _, fitted) = ready(shop, work, message).await?;
    let found = find(shop, work, &place, fitted.post.at).await?;
    Ok(match found {
        None => Found::Nothing,
        Some((_, post)) if compare(&fitted.post, &post).differing.is_empty() => Found::Whole,
        Some(_) => Found::Partial,
    })
}

fn done(
    work: &Work,
    id: TargetId,
    wrote: Wrote,
    written: Written,
    fitted: &Fitted,
    compared: Compared,
) -> Restored {
    let declared = (fitted.transforms.clone(), fitted.deltas.clone());
    Restored {
        links: fitted.links.clone(),
        ..restored(work, id, wrote, written, declared, compared)
    }
}

fn restored(
    work: &Work,
    id: TargetId,
    wrote: Wrote,
    written: Written,
    (transforms, deltas): (Vec<Transform>, Vec<Delta>),
    compared: Compared,
) -> Restored {
    let transforms = sorted([transforms, work.transforms.clone()].concat());
    let deltas = sorted(deltas);
    Restored {
        class: class_of(&transforms, &deltas),
        wrote,
        transforms,
        deltas,
        compared: compared.equal,
        source_digest: compared.written,
        readback_digest: compared.found,
        target_id: id,
        target_name: work.target_name.clone(),
        request_ids: written.request_ids,
        versions: Vec::new(),
        links: crate::domain::teams::links::FoundLinks::default(),
    }
}
