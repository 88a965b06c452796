//! One item, one attempt: intent, effect, reading back, outcome. When to try again is decided in `retry`.

mod bytes;
mod copies;
pub(crate) mod file;
pub(crate) mod history;
pub(crate) mod mail;
pub(crate) mod outlook;
mod raw_copy;
mod screen;
pub(crate) mod site;
pub(crate) mod teams;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::compare::Bytes;
use super::record::{Failed, Outcome, Record, RecordError, Restored, Wait, Work};
use super::retry::{self, Decision, History};
use super::shop::{Shop, Time};
use crate::domain::choices::{ATTENDEES_LEFT_OUT, Attendees};
use crate::domain::file::BytesReadBack;
use crate::domain::item::Workload;
use crate::domain::mailbox_fit;
use crate::domain::message::Message;
use crate::domain::outlook::OutlookItem;
use crate::domain::outlook_fit;
use crate::domain::site_item::SiteItem;
use crate::domain::teams::TeamsItem;
use crate::sources::SourceError;
use crate::targets::{Retry, Target, TargetError, TargetId};

/// The team or chat that it belongs into is held, by the plan or by the content gate.
pub(crate) use crate::domain::plan::TEAM_HELD;

/// Why an attempt did not end with a restored item.
pub(crate) enum Trouble {
    /// What was read back is not what was written.
    Differs(Vec<&'static str>),
    /// Another file has the name.
    NameTaken,
    /// The record refused or broke.
    Record(RecordError),
    /// Another message stands in its millisecond.
    TimeTaken(String),
    /// What it answers was given up.
    ParentLost,
    /// The team or chat that it belongs into is held.
    TeamHeld,
    /// The source could not be read, or holds other bytes than planned.
    Source(SourceError),
    /// The target said no.
    Target(TargetError),
}

impl From<RecordError> for Trouble {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

/// What was read of an older version, and how it compares.
type KnownVersion = (BytesReadBack, Bytes);

/// What is known of an item between its attempts.
#[derive(Clone, Debug)]
pub(crate) struct Tries {
    /// The last attempt.
    pub(crate) attempt: u32,
    /// An earlier attempt may have left something in the target.
    pub(crate) look_first: bool,
    /// The content gate let it pass in this run.
    is_screened: bool,
    /// It is in the target as far as it can be; what it points to is not.
    pub(crate) stands: bool,
    /// Nobody waits for it any more.
    pub(crate) is_out_of_count: bool,
    same_step: u32,
    step: Option<&'static str>,
    /// When the step failed first that fails now.
    failing_since: Option<DateTime<Utc>>,
    /// Older versions of the file that were read back already.
    versions: Arc<Mutex<HashMap<(TargetId, String), KnownVersion>>>,
    refused_since: Option<DateTime<Utc>>,
}

impl Tries {
    pub(crate) fn of(work: &Work) -> Self {
        Self {
            attempt: work.attempts,
            look_first: work.attempts > 0,
            is_screened: false,
            stands: false,
            is_out_of_count: false,
            same_step: 0,
            step: None,
            failing_since: None,
            versions: Arc::default(),
            refused_since: None,
        }
    }

    fn known_version(&self, id: &TargetId, version: &str) -> Option<KnownVersion> {
        let key = (id.clone(), version.to_owned());
        let known = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&key).cloned()
    }

    fn keep_version(&self, id: &TargetId, version: &str, known: KnownVersion) {
        let key = (id.clone(), version.to_owned());
        let mut all = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(key, known);
    }

    /// Counts a failure and says what the retry rules have to know.
    fn count(&mut self, failure: &TargetError, now: DateTime<Utc>) -> History {
        if self.step == Some(failure.operation) {
            self.same_step += 1;
        } else {
            self.step = Some(failure.operation);
            self.same_step = 1;
            self.failing_since = Some(now);
        }
        self.refused_since = match retry::classify(failure) {
            retry::Class::NewUser => self.refused_since.or(Some(now)),
            _ => None,
        };
        History {
            attempt: self.attempt,
            same_step: self.same_step,
            refused_since: self.refused_since,
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// To be tried again.
    Again(DateTime<Utc>),
    /// The tenant is away: the item has no outcome, and the run ends.
    Away(String),
    /// The item has its outcome: not restored.
    Failed(Failed),
    /// The item has its outcome: the content gate holds it.
    Held,
    /// The item has its outcome: restored.
    Restored(Box<Restored>),
}

/// What was read from the source, before any intent.
pub(crate) enum Content {
    File,
    Message(Arc<Message>),
    Outlook(Arc<OutlookItem>),
    Site(Box<SiteItem>),
    Teams(Box<TeamsItem>),
}

/// Makes one attempt and records it. An error means that the record refused or broke: nothing more may be done.
pub(crate) async fn attempt<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &mut Tries,
) -> Result<End, RecordError> {
    if let Some(reason) = teams::held_for(shop, work) {
        return teams::held(shop, work, reason).await;
    }
    let content = match read(shop, work).await {
        Ok(content) => content,
        Err(error) => {
            return give_up(shop, work, tries, source_failed(&error)).await;
        }
    };
    let content = match screen::pass(shop, work, tries, content).await? {
        screen::Passage::Open(content) => content,
        screen::Passage::Closed(end) => return Ok(end),
    };
    tries.attempt += 1;
    shop.record.intend_item(work, tries.attempt).await?;
    let result = match &content {
        Content::File if work.teams.is_some() => match teams::owned(shop, work).await {
            Ok(owned) => file::write(shop, &owned, tries).await,
            Err(trouble) => Err(trouble),
        },
        Content::File => file::write(shop, work, tries).await,
        Content::Message(message) => match mail::write(shop, work, message, tries).await {
            Ok(restored) => shop.declare_folder(work, restored).await,
            failed => failed,
        },
        Content::Outlook(item) => match outlook::write(shop, work, item, tries).await {
            Ok(restored) => shop.declare_folder(work, restored).await,
            failed => failed,
        },
        Content::Site(item) => site::write(shop, work, item, tries).await,
        Content::Teams(item) => match &**item {
            TeamsItem::Team(_) => teams::write_team(shop, work).await,
            TeamsItem::Message(message) => teams::write_post(shop, work, message, tries).await,
        },
    };
    tries.look_first = true;
    let failed = match result {
        Ok(restored) => {
            let outcome = Outcome::ItemRestored {
                item: work.item.clone(),
                attempt: tries.attempt,
                restored: Box::new(restored.clone()),
            };
            shop.record.record(work, outcome).await?;
            return Ok(End::Restored(Box::new(restored)));
        }
        Err(Trouble::Record(error)) => return Err(error),
        Err(Trouble::Target(failure)) => return target_failed(shop, work, tries, failure).await,
        Err(Trouble::Source(error)) => source_failed(&error),
        Err(Trouble::Differs(fields)) => differs(&fields),
        Err(Trouble::NameTaken) => name_taken(),
        Err(Trouble::TimeTaken(at)) => time_taken(&at),
        Err(Trouble::ParentLost) => parent_lost(),
        Err(Trouble::TeamHeld) => return teams::held(shop, work, TEAM_HELD).await,
    };
    give_up(shop, work, tries, failed).await
}

/// Records a failed try and decides whether there will be another.
pub(crate) async fn target_failed<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &mut Tries,
    failure: TargetError,
) -> Result<End, RecordError> {
    let now = shop.time.now();
    let history = tries.count(&failure, now);
    let decision = retry::decide(&failure, history, now, work.item.0.as_bytes());
    let again = match decision {
        Decision::Never => None,
        Decision::Now => Some(now),
        Decision::Later(at) => Some(at),
    };
    let wait = Wait {
        seconds: again.map(|at| seconds_until(now, at)),
        was_asked: matches!(failure.retry, Retry::After(_)),
    };
    let outcome = Outcome::AttemptFailed {
        item: work.item.clone(),
        attempt: tries.attempt,
        failure: failure.clone(),
        wait,
    };
    shop.record.record(work, outcome).await?;
    match again {
        Some(at) => Ok(End::Again(at)),
        // No item's fault: each of the others would fail for it, one after the other, and for good.
        None if is_away(shop, tries, &failure) => Ok(End::Away(failure.to_string())),
        None => give_up(shop, work, tries, target_refused(&failure)).await,
    }
}

/// Whether it is the tenant that is away, and not this item that cannot be written: nobody signs in, or nothing at all was answered
/// since this step failed first.
fn is_away<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    tries: &Tries,
    failure: &TargetError,
) -> bool {
    let since = tries.failing_since;
    failure.is_of_sign_in()
        || failure.status == 0
            && failure.retry == Retry::Soon
            && since.is_some_and(|since| !shop.is_answered_since(since))
}

async fn give_up<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    failed: Failed,
) -> Result<End, RecordError> {
    // Held because no scanner saw it, and now not even to be read: it stays held, the record takes no second end of it.
    if work.standing_at_gate.is_unscanned && !tries.is_screened {
        return Ok(End::Held);
    }
    let outcome = Outcome::ItemFailed {
        item: work.item.clone(),
        attempts: tries.attempt,
        failed: failed.clone(),
    };
    shop.record.record(work, outcome).await?;
    shop.give_up(work);
    Ok(End::Failed(failed))
}

/// A source blocks: it is read on a thread of its own.
async fn read<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
) -> Result<Content, SourceError> {
    match work.source.workload {
        Workload::Files => Ok(Content::File),
        Workload::Mail => read_message(shop, work)
            .await
            .map(|message| Content::Message(Arc::new(message))),
        Workload::Calendar | Workload::Contacts | Workload::Tasks => read_outlook_item(shop, work)
            .await
            .map(|item| Content::Outlook(Arc::new(item))),
        Workload::Lists | Workload::Pages => site::read(shop, work)
            .await
            .map(|item| Content::Site(Box::new(item))),
        Workload::Teams => read_teams_item(shop, work)
            .await
            .map(|item| Content::Teams(Box::new(item))),
    }
}

pub(crate) async fn read_outlook_item<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
) -> Result<OutlookItem, SourceError> {
    let source = Arc::clone(&shop.source);
    let now = shop.time.now();
    let item = work.source.clone();
    let attendees = if work.choices.contains(&ATTENDEES_LEFT_OUT) {
        Attendees::LeftOut
    } else {
        Attendees::IntoBody
    };
    let read = tokio::task::spawn_blocking(move || {
        let read = source.outlook_item(&item)?;
        if read.workload() == item.workload {
            return Ok(outlook_fit::fit_as_chosen(read, now, attendees));
        }
        Err(SourceError::Invalid {
            path: item.locator,
            place: "whole item".to_owned(),
            rule: "an item is of the kind that was planned".to_owned(),
        })
    });
    let read = read.await;
    read.unwrap_or_else(|panic| Err(gave_up(work, &panic)))
}

pub(crate) async fn read_teams_item<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
) -> Result<TeamsItem, SourceError> {
    let source = Arc::clone(&shop.source);
    let item = work.source.clone();
    let read = tokio::task::spawn_blocking(move || source.teams_item(&item)).await;
    read.unwrap_or_else(|panic| Err(gave_up(work, &panic)))
}

pub(crate) async fn read_message<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
) -> Result<Message, SourceError> {
    let source = Arc::clone(&shop.source);
    let item = work.source.clone();
    let choices = work.choices.clone();
    // Made to fit before anything is compared: what is written is what is expected back.
    let read = tokio::task::spawn_blocking(move || {
        let mut message = source.message(&item)?;
        raw_copy::add(&*source, &item, &choices, &mut message)?;
        Ok(mailbox_fit::fit(message))
    });
    read.await
        .unwrap_or_else(|panic| Err(gave_up(work, &panic)))
}

fn gave_up(work: &Work, panic: &tokio::task::JoinError) -> SourceError {
    SourceError::Invalid {
        path: work.source.locator.clone(),
        place: "whole item".to_owned(),
        rule: format!("the reader gave up: {panic}"),
    }
}

fn seconds_until(now: DateTime<Utc>, at: DateTime<Utc>) -> u64 {
    let millis = (at - now).num_milliseconds().max(0);
    u64::try_from(millis).unwrap_or(0).div_ceil(1_000)
}

fn source_failed(error: &SourceError) -> Failed {
    let (reason, code) = match error {
        SourceError::Changed { .. } => ("source-changed", "changed"),
        SourceError::Invalid { .. } => ("source-unreadable", "invalid"),
        SourceError::Io { .. } => ("source-unreadable", "io"),
        SourceError::UnknownLayout { .. } => ("source-unreadable", "layout"),
    };
    Failed {
        reason,
        code: code.to_owned(),
        detail: error.to_string(),
    }
}

fn target_refused(failure: &TargetError) -> Failed {
    let permanent = retry::classify(failure) == retry::Class::Permanent;
    Failed {
        reason: match &*failure.code {
            _ if !permanent => "retries-exhausted",
            "ErrorQuotaExceeded" | "insufficientStorage" | "quotaLimitReached" => {
                "no-room-in-target"
            }
            "malwareDetected" => "target-found-malware",
            "pathIsTooLong" => "path-too-long",
            _ => "target-refused",
        },
        code: failure.code.clone(),
        detail: failure.to_string(),
    }
}

fn differs(fields: &[&'static str]) -> Failed {
    Failed {
        reason: "readback-differs",
        code: fields.join(","),
        detail: format!(
            "what the target returns differs in {}; it is not counted as restored",
            fields.join(", ")
        ),
    }
}

fn time_taken(at: &str) -> Failed {
    Failed {
        reason: "time-taken",
        code: "Conflict".to_owned(),
        detail: format!(
            "another message stands at {at} in that conversation, and is left as it is"
        ),
    }
}

fn parent_lost() -> Failed {
    Failed {
        reason: "answered-message-not-restored",
        code: "ParentNotThere".to_owned(),
        detail: "the message that it answers could not be restored; it is written nowhere else"
            .to_owned(),
    }
}

fn name_taken() -> Failed {
    Failed {
        reason: "name-taken",
        code: "nameAlreadyExists".to_owned(),
        detail: "another file has that name in the target, and it is never overwritten".to_owned(),
    }
}
