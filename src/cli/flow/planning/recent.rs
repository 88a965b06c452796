//! What of a custodian is recent: its rows go in a wave before the rest of the same people's.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::waving::Waving;
use crate::domain::plan::PlanRow;
use crate::domain::wave_rules::split;
use crate::sources::RestorePoint;

/// From when on an item is recent; none where no such difference is made.
pub(super) struct Recent(Option<Since>);

enum Since {
    Time(DateTime<Utc>),
    /// The restore point has no date to count back from: nothing is recent.
    Never,
}

impl Recent {
    pub(super) fn of(waving: &Waving, point: &RestorePoint) -> Self {
        let since = waving.recent_days.map(|days| match point.taken {
            Some(taken) => Since::Time(taken - TimeDelta::days(i64::from(days))),
            None => Since::Never,
        });
        Self(since)
    }

    /// Dates that an attacker wrote bring an item earlier, never past a gate.
    pub(super) fn split(&self, rows: &mut [PlanRow]) {
        let Some(since) = &self.0 else {
            return;
        };
        for row in rows {
            let is_recent = match since {
                Since::Time(since) => is_since(row, *since),
                Since::Never => false,
            };
            row.wave = split(row.wave, is_recent);
        }
    }
}

fn is_since(row: &PlanRow, since: DateTime<Utc>) -> bool {
    let is_since = |text: &str| {
        let time = DateTime::parse_from_rfc3339(text).ok();
        time.is_some_and(|time| time >= since)
    };
    match (&row.team, &row.post) {
        // What is recent of a team needs the team.
        (Some(_), _) => true,
        // An answer goes with what it answers: before that one there is nothing to write it below. Both say the same time.
        (None, Some(post)) if post.reply_to.is_empty() => is_since(&post.at),
        (None, Some(post)) => is_since(&post.reply_to),
        (None, None) => is_since(&row.created) || is_since(&row.modified),
    }
}
