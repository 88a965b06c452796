//! What all workers share: the record, the target, the source, the clock, the quotas and the folders that are ready.

mod team;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

pub(crate) use team::settle;

use super::cost;
use super::governor::{Answer, Cost, Governor, Heard, Hint, Lane};
use super::record::{Class, FolderId, Outcome, Record, Restored, Work};
use super::room::{Room, STREAMED_BYTES};
use super::to_come::ToCome;
use super::turnstile::SharedGovernor;
use super::worker::Trouble;
use crate::domain::folder::FolderPath;
use crate::domain::item::{Digest, Workload};
use crate::domain::message::Transform;
use crate::domain::site_list::SiteList;
use crate::scanners::Scanners;
use crate::sources::Source;
use crate::targets::teams::Begun;
use crate::targets::{QuotaHint, Retry, Target, TargetError, TargetId, TargetUser};

/// The clock and the waiting; tests drive their own.
pub trait Time: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> DateTime<Utc>;

    /// Returns when it is `at` or later.
    fn wait_until(&self, at: DateTime<Utc>) -> impl Future<Output = ()> + Send;
}

/// What to do when another file already has the name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameTaken {
    /// The item fails and says so.
    Fail,
    /// The item gets a name beside it, declared as a transform.
    #[default]
    KeepBoth,
}

/// The identity map as far as restored content needs it: whom an address of the old tenant stands for in the target. Whoever is
/// not in it stands for nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People(BTreeMap<String, String>);

impl People {
    /// From pairs of an address in the old tenant and a principal name in the target.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let folded = pairs
            .into_iter()
            .map(|(from, to)| (from.to_lowercase(), to));
        Self(folded.collect())
    }

    /// Whom the address stands for.
    pub fn principal(&self, address: &str) -> Option<&str> {
        self.0.get(&address.to_lowercase()).map(String::as_str)
    }
}

/// What all workers share.
pub(crate) struct Shop<R, T, C> {
    pub(crate) record: R,
    pub(crate) target: T,
    pub(crate) people: People,
    /// Numbers of people in sites: by the owner's id and the principal name.
    pub(crate) numbers: Mutex<HashMap<(String, String), u32>>,
    /// Lists that are there: by the site's id and their name.
    pub(crate) lists: Mutex<HashMap<(String, String), TargetId>>,
    /// Items of lists that are not there yet; what points to one of them waits.
    pub(crate) to_come: ToCome,
    pub(crate) source: Arc<dyn Source>,
    /// The content gate's, where the plan has one.
    pub(crate) scanners: Option<Arc<Scanners>>,
    pub(crate) time: C,
    pub(crate) name_taken: NameTaken,
    pub(crate) governor: SharedGovernor,
    pub(crate) folders: Mutex<HashMap<FolderPlace, Arc<tokio::sync::Mutex<Folder>>>>,
    /// Files that are compared part by part, or looked into, at the same time: each is held in memory, some twice.
    pub(crate) parts: tokio::sync::Semaphore,
    /// The room that all items under way have in memory.
    pub(crate) room: Room,
    /// When the tenant answered last, whatever it said.
    pub(crate) answered: Mutex<Option<DateTime<Utc>>>,
    /// Messages that others answer, by conversation and planned time.
    pub(crate) parents: Mutex<HashMap<(TargetId, String), TargetId>>,
    /// Messages that were given up and that others answer, by owner, channel and planned time.
    pub(crate) given_up: Mutex<HashSet<PostKey>>,
    /// Messages that others answer and that the content gate held in this run, with why those are held; `None` where it let one
    /// pass that an earlier run held.
    pub(crate) at_gate: Mutex<HashMap<PostKey, Option<&'static str>>>,
    /// Where the files of a conversation lie.
    pub(crate) places: Mutex<HashMap<TargetId, String>>,
    /// So long after it was begun a team or chat may come to light that nobody saw made.
    pub(crate) team_settle: TimeDelta,
    pub(crate) stop: watch::Receiver<bool>,
}

/// The mailbox has a folder of that name which is somebody else's or holds other things: this one stands beside it.
const BESIDE_ANOTHER: Transform = Transform("folder-beside-another/1");

/// A message by owner, channel and planned time.
pub(crate) type PostKey = (String, String, String);

/// A folder of somebody's mailbox or drive.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FolderPlace {
    user: String,
    path: FolderPath,
    /// A list is ready for items of one form of it.
    form: Option<Digest>,
}

/// How far a folder is.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    intended: Option<FolderId>,
    ready: Option<TargetId>,
    /// Of a team or chat: this run began to make it, and does not know what came of it.
    begun: Option<Begun>,
    /// Of a team or chat: a request went out on the intent.
    is_intent_used: bool,
}

impl<R: Record, T: Target + 'static, C: Time> Shop<R, T, C> {
    /// What an item under way takes in memory.
    pub(crate) fn held_bytes(&self, work: &Work) -> u64 {
        match work.source.workload {
            Workload::Files => work.source.size_bytes.min(STREAMED_BYTES),
            _ => self.source.held_bytes(&work.source),
        }
    }

    /// Whether anything was answered since.
    pub(crate) fn is_answered_since(&self, since: DateTime<Utc>) -> bool {
        let answered = *self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.is_some_and(|answered| answered > since)
    }

    /// Waits until the quotas allow the call, then makes it and tells the governor what came of it.
    pub(crate) async fn call<V>(
        &self,
        work: &Work,
        cost: Cost,
        call: impl Future<Output = Result<V, TargetError>> + Send,
    ) -> Result<V, Trouble> {
        let lane = lane(work);
        let sent = loop {
            let now = self.time.now();
            let answer = self.governor().ask(now, &lane, cost);
            let Answer::WaitUntil(at) = answer else {
                break now;
            };
            let mut stop = self.stop.clone();
            tokio::select! {
                () = self.time.wait_until(at) => {}
                // The sender is gone only when the run is: then nobody needs an answer.
                _gone = stop.wait_for(|stop| *stop) => return Err(Trouble::Target(stopped())),
            }
        };
        let result = call.await;
        let now = self.time.now();
        if result
            .as_ref()
            .err()
            .is_none_or(|failure| failure.status != 0)
        {
            *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        }
        let mut governor = self.governor();
        if let Some(heard) = heard(result.as_ref().err()) {
            governor.heard(now, &lane, sent, heard);
        }
        if let Some(hint) = self.target.hint() {
            governor.hint(now, &lane_of_hint(hint), hint.into());
        }
        drop(governor);
        result.map_err(Trouble::Target)
    }

    /// The target's id of the item's folder: found or made once, with an intent before it.
    pub(crate) async fn folder(&self, work: &Work) -> Result<TargetId, Trouble> {
        self.ready(work, &work.target_folder, None).await
    }

    /// Says of what lies in a folder that stands beside another of its name that it does.
    pub(crate) async fn declare_folder(
        &self,
        work: &Work,
        mut restored: Restored,
    ) -> Result<Restored, Trouble> {
        if has_names(&work.target_folder) && self.target.is_beside(&self.folder(work).await?) {
            restored.transforms.push(BESIDE_ANOTHER);
            restored.transforms.sort();
            restored.class = Class::AsDeclared;
        }
        Ok(restored)
    }

    /// The same of an item's list, with every column that its items need.
    pub(crate) async fn folder_or_list(
        &self,
        work: &Work,
        list: Option<&SiteList>,
    ) -> Result<TargetId, Trouble> {
        self.ready(work, &work.target_folder, list).await
    }

    async fn ready(
        &self,
        work: &Work,
        path: &FolderPath,
        list: Option<&SiteList>,
    ) -> Result<TargetId, Trouble> {
        let place = FolderPlace {
            user: work.user.id.clone(),
            path: path.clone(),
            form: list.map(SiteList::digest),
        };
        let slot = Arc::clone(
            self.folders
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(place)
                .or_default(),
        );
        let mut folder = slot.lock().await;
        if let Some(ready) = &folder.ready {
            return Ok(ready.clone());
        }
        // What a channel needs first has its own intent before the channel's.
        let team = match path {
            FolderPath::Teams(Some(_)) => {
                let team = Box::pin(self.ready(work, &FolderPath::Teams(None), None)).await?;
                Some(team)
            }
            _ => None,
        };
        let is_made = has_names(path);
        if is_made && folder.intended.is_none() {
            folder.intended = Some(self.record.intend_folder(&work.custodian, path).await?);
        }
        let id = match list {
            Some(list) => {
                let columns = u32::try_from(list.columns.len()).unwrap_or(u32::MAX / 8);
                let cost = cost::list(columns);
                self.call(work, cost, self.target.site_list(&work.user, list))
                    .await?
            }
            None if matches!(path, FolderPath::Teams(None)) => self.team(work, &mut folder).await?,
            None => self.find_or_make(work, path, team.as_ref()).await?,
        };
        if let Some(intended) = folder.intended.take() {
            let outcome = Outcome::FolderReady {
                folder: intended,
                target_id: id.clone(),
            };
            self.record.record(work, outcome).await?;
        }
        folder.ready = Some(id.clone());
        Ok(id)
    }

    async fn find_or_make(
        &self,
        work: &Work,
        path: &FolderPath,
        team: Option<&TargetId>,
    ) -> Result<TargetId, Trouble> {
        let user: &TargetUser = &work.user;
        let cost = cost::folder(path);
        match work.source.workload {
            Workload::Mail => {
                self.call(work, cost, self.target.mail_folder(user, path))
                    .await
            }
            Workload::Files => {
                self.call(work, cost, self.target.drive_folder(user, path))
                    .await
            }
            Workload::Calendar | Workload::Contacts | Workload::Tasks => {
                self.call(work, cost, self.target.outlook_folder(user, path))
                    .await
            }
            // A list has columns, so it is made with them and never by its name alone.
            Workload::Lists | Workload::Pages => Err(Trouble::Differs(vec!["list"])),
            Workload::Teams => {
                let planned = work.teams.as_ref();
                let planned = planned.ok_or_else(|| Trouble::Target(stopped()))?;
                let (FolderPath::Teams(Some(name)), Some(team)) = (path, team) else {
                    return Err(Trouble::Target(stopped()));
                };
                let known = planned.on_record.ids.get(&Some(name.clone()));
                let call = self.target.make_channel(team, &planned.team, name, known);
                self.call(work, cost, call).await
            }
        }
    }

    /// Where the files of a conversation lie; asked once.
    pub(crate) async fn files_url(
        &self,
        work: &Work,
        conversation: &TargetId,
    ) -> Result<Option<String>, Trouble> {
        let known = {
            let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            places.get(conversation).cloned()
        };
        if known.is_some() {
            return Ok(known);
        }
        let call = self.target.files_url(conversation);
        let found = self.call(work, cost::small(), call).await?;
        if let Some(url) = &found {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            places.insert(conversation.clone(), url.clone());
        }
        Ok(found)
    }

    /// What answers a message that was given up is not written below whatever stands in its place.
    pub(crate) fn give_up(&self, work: &Work) {
        let post = work.teams.as_ref().and_then(|teams| teams.post.as_ref());
        if let Some(post) = post {
            let key = (work.user.id.clone(), post.channel.clone(), post.at.clone());
            let mut given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
            given_up.insert(key);
        }
    }

    pub(crate) fn is_given_up(&self, key: &PostKey) -> bool {
        let given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        given_up.contains(key)
    }

    /// Remembers what the content gate said of a message that others answer: why those are held, or that it is not.
    pub(crate) fn keep_from_gate(&self, work: &Work, why: Option<&'static str>) {
        let Some(teams) = &work.teams else {
            return;
        };
        let post = teams.post.as_ref();
        let Some(root) = post.filter(|post| post.reply_to.is_empty()) else {
            return;
        };
        let place = (root.channel.clone(), root.at.clone());
        if why.is_some() || teams.withheld.contains_key(&place) {
            let key = (work.user.id.clone(), place.0, place.1);
            let mut at_gate = self.at_gate.lock().unwrap_or_else(PoisonError::into_inner);
            at_gate.insert(key, why);
        }
    }

    /// Why an answer is held: the message that it answers is.
    pub(crate) fn answers_held(&self, work: &Work) -> Option<&'static str> {
        let teams = work.teams.as_ref()?;
        let post = teams.post.as_ref()?;
        let (channel, root) = (post.channel.clone(), post.reply_to.clone());
        let key = (work.user.id.clone(), channel.clone(), root.clone());
        let at_gate = self.at_gate.lock().unwrap_or_else(PoisonError::into_inner);
        match at_gate.get(&key) {
            Some(said) => *said,
            None => teams.withheld.get(&(channel, root)).copied(),
        }
    }

    pub(crate) fn known_parent(&self, key: &(TargetId, String)) -> Option<TargetId> {
        let parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
        parents.get(key).cloned()
    }

    pub(crate) fn keep_parent(&self, key: (TargetId, String), id: TargetId) {
        let mut parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
        parents.insert(key, id);
    }

    pub(crate) fn governor(&self) -> std::sync::MutexGuard<'_, Governor> {
        // Nothing that holds the lock can panic half-way through a count.
        self.governor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the item's calls count.
pub(crate) fn lane(work: &Work) -> Lane {
    match work.source.workload {
        Workload::Calendar | Workload::Contacts | Workload::Mail | Workload::Tasks => {
            Lane::Mailbox(work.user.id.clone())
        }
        Workload::Files | Workload::Lists | Workload::Pages => Lane::SharePoint,
        Workload::Teams => Lane::TeamsImport {
            team: work.user.id.clone(),
            channel: match &work.target_folder {
                FolderPath::Teams(Some(channel)) => format!("{}/{channel}", work.user.id),
                _ => work.user.id.clone(),
            },
        },
    }
}

/// What an answer says of the quotas; nothing where it is silent about them. A 503 that names no pause concerns its item.
pub(super) fn heard(failure: Option<&TargetError>) -> Option<Heard> {
    let Some(failure) = failure else {
        return Some(Heard::Served);
    };
    let pause = match failure.retry {
        Retry::After(seconds) => Some(super::retry::pause_of(seconds)),
        Retry::Never | Retry::Soon => None,
    };
    match (failure.status, pause) {
        (429, pause) => Some(Heard::Throttled(pause)),
        (_, Some(pause)) => Some(Heard::Unavailable(Some(pause))),
        (_, None) => None,
    }
}

pub(super) fn lane_of_hint(hint: QuotaHint) -> Lane {
    match hint {
        QuotaHint::RateLimit { .. } => Lane::SharePoint,
        QuotaHint::ThrottlePercentage(_) => Lane::Directory,
    }
}

impl From<QuotaHint> for Hint {
    fn from(hint: QuotaHint) -> Self {
        match hint {
            QuotaHint::RateLimit {
                limit,
                remaining,
                reset_s,
            } => Self::RateLimit {
                limit,
                remaining,
                reset: super::retry::pause_of(reset_s),
            },
            QuotaHint::ThrottlePercentage(part) => Self::ThrottlePercentage(part),
        }
    }
}

/// The root of a drive and the well-known folders are there already: finding them changes nothing.
fn has_names(path: &FolderPath) -> bool {
    match path {
        FolderPath::Calendar(name) | FolderPath::Tasks(name) => name.is_some(),
        FolderPath::Contacts(names) | FolderPath::Drive(names) => !names.is_empty(),
        FolderPath::List(_) | FolderPath::Teams(_) => true,
        FolderPath::Mail { below, .. } => !below.is_empty(),
    }
}

/// Somebody asked us to stop while a call waited for its turn.
fn stopped() -> TargetError {
    TargetError {
        operation: "waiting for the quota",
        status: 0,
        code: "Stopped".to_owned(),
        message: "asked to stop before it was sent".to_owned(),
        request_id: None,
        retry: Retry::Soon,
        outcome_unknown: false,
    }
}
