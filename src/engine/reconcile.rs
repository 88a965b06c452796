//! After a crash: every intent without an outcome is resolved by reading back by key, and that is recorded, before
//! anything else is done. Never by a guess.

use std::sync::Arc;

use super::record::{Found, Outcome, Record, RecordError, Standing, Work};
use super::shop::{NameTaken, Shop, Time};
use super::worker::{self, End, Tries, Trouble, file, history, mail, outlook, site, teams};
use crate::domain::item::Workload;
use crate::domain::teams::TeamsItem;
use crate::targets::Target;

/// What reading back came to.
pub(crate) enum Resolved {
    /// It is recorded; the item goes on with its next attempt.
    GoesOn,
    /// The target could not be read; that is recorded as the end of the interrupted attempt.
    Unread(End),
}

/// Resolves one interrupted attempt.
pub(crate) async fn resolve<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &mut Tries,
) -> Result<Resolved, RecordError> {
    let looked = match work.source.workload {
        Workload::Mail => look_for_message(shop, work).await,
        Workload::Files => look_for_file(shop, work, tries).await,
        Workload::Calendar | Workload::Contacts | Workload::Tasks => {
            look_for_outlook_item(shop, work).await
        }
        Workload::Lists | Workload::Pages => site::look(shop, work, tries).await,
        Workload::Teams => look_for_post(shop, work).await,
    };
    match looked {
        Ok(found) => interrupted(shop, work, found).await,
        Err(Trouble::Record(error)) => Err(error),
        Err(Trouble::Target(mut failure)) => {
            // Still nobody knows what the interrupted attempt left.
            failure.outcome_unknown = true;
            worker::target_failed(shop, work, tries, failure)
                .await
                .map(Resolved::Unread)
        }
        // The next attempt meets the same source or name and says so as the item's outcome. Nobody saw the target for it, so
        // the record says no word of what lies there.
        Err(
            Trouble::Source(_)
            | Trouble::NameTaken
            | Trouble::TimeTaken(_)
            | Trouble::ParentLost
            | Trouble::TeamHeld
            | Trouble::Differs(_),
        ) => interrupted(shop, work, Found::NotLooked).await,
    }
}

async fn interrupted<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    found: Found,
) -> Result<Resolved, RecordError> {
    let outcome = Outcome::AttemptInterrupted {
        item: work.item.clone(),
        attempt: work.attempts,
        found,
    };
    shop.record.record(work, outcome).await?;
    Ok(Resolved::GoesOn)
}

/// The items whose last intent has no outcome.
pub(crate) fn is_interrupted(work: &Work) -> bool {
    work.standing == Standing::Interrupted
}

async fn look_for_message<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
) -> Result<Found, Trouble> {
    let copies = mail::find(shop, work).await?;
    if copies.is_empty() {
        return Ok(Found::Nothing);
    }
    let Ok(message) = worker::read_message(shop, work).await else {
        return Ok(Found::NotCompared);
    };
    let whole = copies.iter().any(|copy| mail::is_whole(copy, &message));
    Ok(if whole { Found::Whole } else { Found::Partial })
}

async fn look_for_outlook_item<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
) -> Result<Found, Trouble> {
    let folder = shop.folder(work).await?;
    let copies = outlook::find(shop, work, &folder).await?;
    if copies.is_empty() {
        return Ok(Found::Nothing);
    }
    let Ok(item) = worker::read_outlook_item(shop, work).await else {
        return Ok(Found::NotCompared);
    };
    let item = Arc::new(item);
    for id in copies {
        let compared = outlook::compare(shop, work, &folder, &item, &id).await?;
        if compared.differing.is_empty() {
            return Ok(Found::Whole);
        }
    }
    Ok(Found::Partial)
}

async fn look_for_post<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
) -> Result<Found, Trouble> {
    match worker::read_teams_item(shop, work).await? {
        TeamsItem::Message(message) => teams::look(shop, work, &message).await,
        // What there is of a team is found again when it is made: by its name and time, or its nickname.
        TeamsItem::Team(_) => Ok(Found::NotLooked),
    }
}

async fn look_for_file<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
) -> Result<Found, Trouble> {
    let owned;
    let work = if work.teams.is_some() {
        owned = teams::owned(shop, work).await?;
        &owned
    } else {
        work
    };
    let folder = shop.folder(work).await?;
    let mut names = vec![work.target_name.clone()];
    if shop.name_taken == NameTaken::KeepBoth {
        names.push(file::name_beside(work));
    }
    for name in names {
        let Some(found) = file::find(shop, work, &folder, &name).await? else {
            continue;
        };
        let counted = match history::count(shop, work, tries, &found).await {
            Err(Trouble::Source(_)) => return Ok(Found::NotCompared),
            counted => counted?,
        };
        match counted {
            Some(have) if have > work.history.len() => return Ok(Found::Whole),
            Some(_) => return Ok(Found::Partial),
            None => {}
        }
    }
    Ok(Found::Nothing)
}
