//! A team or chat is made once: what an earlier try may have left is waited for and looked for before it is tried again.

use chrono::TimeDelta;

use super::{Folder, Shop, Time, stopped};
use crate::domain::folder::FolderPath;
use crate::engine::cost;
use crate::engine::governor::Quotas;
use crate::engine::record::{PlannedTeams, Record, Work};
use crate::engine::worker::Trouble;
use crate::targets::teams::Begun;
use crate::targets::{Target, TargetError, TargetId};

/// A group that was just made is not known to every part of the service for up to that long.
/// <https://learn.microsoft.com/graph/known-issues>
const SETTLE: TimeDelta = TimeDelta::minutes(15);
/// Where no quota is kept there is nothing behind the tenant that would lag.
const SETTLE_UNPACED: TimeDelta = TimeDelta::seconds(15);
const PAUSE_FIRST: TimeDelta = TimeDelta::milliseconds(250);
const PAUSE_MAX: TimeDelta = TimeDelta::seconds(30);

/// So long before a request its intent may stand in the record.
const INTENT_HOLDS: TimeDelta = TimeDelta::minutes(1);

/// A team that was there before the case: nothing is made.
const EXISTING: &str = "team:";

/// How long a team or chat is waited for that nobody saw made.
pub(crate) fn settle(quotas: &Quotas) -> TimeDelta {
    if quotas.unpaced {
        SETTLE_UNPACED
    } else {
        SETTLE
    }
}

impl<R: Record, T: Target + 'static, C: Time> Shop<R, T, C> {
    /// The team or chat of an item, as the record knows it, as an earlier try left it, or made.
    pub(super) async fn team(&self, work: &Work, folder: &mut Folder) -> Result<TargetId, Trouble> {
        let planned = work.teams.as_ref();
        let planned = planned.ok_or_else(|| Trouble::Target(stopped()))?;
        if planned.held.is_some() {
            return Err(Trouble::TeamHeld);
        }
        let mut on_record = (*planned.on_record).clone();
        on_record.begun = folder.begun.or(on_record.begun);
        let is_made = !work.user.id.starts_with(EXISTING) && !planned.team.is_there_once();
        if let (Some(since), None, true) = (on_record.begun, on_record.id(), is_made)
            && let Some(found) = self.come_to_light(work, planned, since).await?
        {
            on_record.ids.insert(None, found);
        }
        let asked = self.time.now();
        let mut sent = asked;
        let is_new = is_made && on_record.id().is_none();
        let was_waited_for = folder.is_intent_used || on_record.begun.is_some();
        let mut refused = None;
        let call = async {
            sent = self.time.now();
            // Whoever comes after a crash waits for what the last request may have left, from its intent on: one that stands
            // long before its request would have them look too early, and make it twice.
            if is_new && (was_waited_for || sent - asked > INTENT_HOLDS) {
                let path = FolderPath::Teams(None);
                match self.record.intend_folder(&work.custodian, &path).await {
                    Ok(intended) => folder.intended = Some(intended),
                    Err(error) => {
                        refused = Some(error);
                        return Err(stopped());
                    }
                }
            }
            folder.is_intent_used = true;
            let making = self.target.make_team(&work.user, &planned.team, &on_record);
            making.await
        };
        let made = self.call(work, cost::team(&planned.team), call).await;
        if let Some(error) = refused {
            return Err(Trouble::Record(error));
        }
        if let Err(Trouble::Target(failure)) = &made
            && may_be_made(failure)
        {
            let first = on_record.begun.map_or(sent, |begun| begun.first);
            folder.begun = Some(Begun { first, last: sent });
        }
        made
    }

    /// Looks for what an earlier try left, until it would have come to light.
    async fn come_to_light(
        &self,
        work: &Work,
        planned: &PlannedTeams,
        begun: Begun,
    ) -> Result<Option<TargetId>, Trouble> {
        let until = begun.last + self.team_settle;
        let mut pause = PAUSE_FIRST;
        loop {
            let call = self.target.find_team(&planned.team, begun);
            let found = self.call(work, cost::team(&planned.team), call).await;
            let now = self.time.now();
            match found {
                Ok(None) if now < until => {}
                Err(Trouble::Target(failure)) if now < until && failure.code == NOT_READY => {}
                found => return found,
            }
            let mut stop = self.stop.clone();
            tokio::select! {
                () = self.time.wait_until((now + pause).min(until)) => {}
                _gone = stop.wait_for(|stop| *stop) => return Err(Trouble::Target(stopped())),
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }
}

/// The team is accepted and not there yet.
const NOT_READY: &str = "TeamNotReady";

/// Nobody knows whether the tenant makes it after all.
fn may_be_made(failure: &TargetError) -> bool {
    failure.outcome_unknown || failure.code == NOT_READY
}
