//! What a plan says of teams and chats: who writes what when, by the identity map as it stands; a custodian at a time.

use std::collections::HashMap;
use std::convert::Infallible;

use crate::domain::case::Case;
use crate::domain::item::ItemKey;
use crate::domain::plan::{KnownItem, PlanRow, TeamsOutline, hold_other_kinds, plan_posts};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::teams::{People, PlannedPost, Schedule, TeamsItem};
use crate::sources::Source;

/// The conversations of one custodian.
pub(super) struct TeamsPlan<'a> {
    source: &'a dyn Source,
    schedule: Schedule,
    /// Who the custodian is in the clean tenant; empty where nobody is mapped.
    target: String,
}

impl<'a> TeamsPlan<'a> {
    /// Begins with the times that earlier plans gave, as of a restore point of the source.
    pub(super) fn begin<'k>(
        source: &'a dyn Source,
        point: usize,
        case: &Case,
        custodian: &Pseudonym,
        earlier: impl Iterator<Item = &'k PlannedPost>,
    ) -> Self {
        let pairs = case.custodians.values().filter_map(|known| {
            let facts = &known.facts;
            facts.source_name.clone().zip(facts.target_user_id.clone())
        });
        let taken = source.description().points.get(point);
        let taken = taken.and_then(|point| point.taken);
        let mut schedule = Schedule::new(People::new(pairs), taken);
        earlier.for_each(|post| schedule.reserve(post));
        let facts = case.custodians.get(custodian).map(|known| &known.facts);
        let target = facts.and_then(|facts| facts.target_user_id.clone());
        Self {
            source,
            schedule,
            target: target.unwrap_or_default(),
        }
    }

    /// Completes the rows of a portion, or holds them by name.
    pub(super) fn complete(&mut self, rows: &mut [PlanRow], known: &HashMap<ItemKey, KnownItem>) {
        hold_other_kinds(rows, &self.target);
        // A team of the clean tenant that was there before has owners already.
        let is_existing = self.target.starts_with("team:");
        let source = self.source;
        let Ok(()) =
            plan_posts::<Infallible, _>(rows, &mut self.schedule, is_existing, known, |row| {
                Ok(outline(source, row))
            });
    }
}

/// What stood a moment ago may be cut now: that is one item that cannot be read, and no reason to plan none.
fn outline(source: &dyn Source, row: &PlanRow) -> Option<TeamsOutline> {
    let item = row.source_item()?;
    Some(match source.teams_without_images(&item) {
        Ok(TeamsItem::Team(team)) => TeamsOutline::Team(team),
        Ok(TeamsItem::Message(message)) => TeamsOutline::Post(message.outline),
        Err(_) => TeamsOutline::Unreadable,
    })
}

#[cfg(test)]
mod tests;
