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
            let dates = [&row.created, &row.modified];
            let dates = dates
                .into_iter()
                .filter_map(|text| DateTime::parse_from_rfc3339(text).ok());
            let newest = dates.max().map(|time| time.with_timezone(&Utc));
            let is_recent = match since {
                Since::Time(since) => newest.is_some_and(|newest| newest >= *since),
                Since::Never => false,
            };
            row.wave = split(row.wave, is_recent);
        }
    }
}
