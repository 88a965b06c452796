//! The teams and chats that the plans name: their own row comes first, alone, and decides whether anything is written into them.

use std::sync::Arc;

use super::super::work_of;
use super::{OpenRow, OpenRows};
use crate::domain::content::Class;
use crate::domain::custodian::{Ended, ItemProgress};
use crate::domain::plan::{Decision, PlanPart, PlanRow, TEAM_HELD};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::teams::PlannedTeam;
use crate::engine::record::{PlannedTeams, Work};
use crate::journal::JournalError;

/// A team's or chat's own row.
pub(super) struct TeamRow {
    pub(super) team: Arc<PlannedTeam>,
    pub(super) item: Pseudonym,
    part: PlanPart,
    /// The plan, or people who released it, let it be written.
    is_let: bool,
    /// It is to be written in a wave that is open.
    is_due: bool,
}

impl OpenRows {
    pub(super) fn note_teams(&mut self, plan: &str, part: &PlanPart, rows: &[PlanRow]) {
        for row in rows {
            let Some(team) = &row.team else {
                continue;
            };
            let release = self.case.release_of(&row.item);
            let sight = row.sight();
            let is_released =
                release.is_some_and(|one| one.lets_write(&row.reason, sight.as_deref()));
            let is_open = self.case.open_waves.contains(&(plan.to_owned(), row.wave));
            let is_to_be_written = match row.decision {
                Decision::Restore => true,
                Decision::Hold => is_released,
                Decision::Skip | Decision::Unreadable => false,
            };
            let known = TeamRow {
                team: Arc::new((**team).clone()),
                item: row.item.clone(),
                part: part.clone(),
                is_let: is_to_be_written || row.decision == Decision::Skip,
                is_due: is_to_be_written && is_open,
            };
            let place = (plan.to_owned(), part.custodian.clone());
            self.teams.insert(place, known);
        }
    }

    pub(super) fn team_row(&self, plan: &str, custodian: &Pseudonym) -> Option<&TeamRow> {
        self.teams.get(&(plan.to_owned(), custodian.clone()))
    }

    /// What an item of the custodian needs to know of its team or chat.
    pub(super) fn planned_teams(
        &self,
        plan: &str,
        custodian: &Pseudonym,
    ) -> Result<Option<PlannedTeams>, JournalError> {
        let Some(row) = self.team_row(plan, custodian) else {
            return Ok(None);
        };
        Ok(Some(PlannedTeams {
            team: Arc::clone(&row.team),
            post: None,
            links: Arc::clone(&self.links),
            on_record: self.on_record.get(custodian).cloned().unwrap_or_default(),
            held: self.held_for(plan, row, self.team_progress(custodian, row)?),
            given_up: self.given_up.get(custodian).cloned().unwrap_or_default(),
            withheld: self.withheld.get(custodian).cloned().unwrap_or_default(),
        }))
    }

    fn team_progress(
        &self,
        custodian: &Pseudonym,
        row: &TeamRow,
    ) -> Result<ItemProgress, JournalError> {
        let progress = self.journal.progress(custodian, [&row.item])?;
        Ok(progress.into_iter().next().unwrap_or_default())
    }

    /// Why everything in a team is held; nothing where it is not.
    fn held_for(&self, plan: &str, row: &TeamRow, progress: ItemProgress) -> Option<&'static str> {
        match progress.ended {
            // Looked at again by the next run, and so is what belongs into it.
            Some(Ended::Held) if progress.is_unscanned => Some(Class::NotScanned.reason()),
            Some(Ended::Held) => Some(TEAM_HELD),
            None if !row.is_let => Some(TEAM_HELD),
            // Its row stands in a wave to come: nobody has looked into it yet, where somebody has to.
            None if !row.is_due && self.has_gate(plan) => Some(TEAM_HELD),
            Some(_) | None => None,
        }
    }

    fn has_gate(&self, plan: &str) -> bool {
        let made = self.case.plans.get(plan);
        made.is_some_and(|made| made.gate.is_some())
    }

    /// The team's own work, where it has no outcome yet.
    pub(super) fn team_work(
        &self,
        plan: &str,
        custodian: &Pseudonym,
        row: &TeamRow,
    ) -> Result<Option<Work>, JournalError> {
        let progress = self.team_progress(custodian, row)?;
        if !row.is_due || !OpenRow::is_left(progress, true) {
            return Ok(None);
        }
        let rows = self.journal.part_rows(plan, &row.part)?;
        let Some(own) = rows.into_iter().find(|one| one.item == row.item) else {
            return Ok(None);
        };
        let open = OpenRow {
            release: self.case.release_of(&own.item).cloned(),
            row: own,
            progress,
        };
        let teams = self.planned_teams(plan, custodian)?;
        let user = self.user(custodian);
        Ok(work_of(custodian, &user, plan, &open, teams))
    }
}
