//! The rows that are left as the engine takes them: part by part, each custodian in turn, a team before all that is in it.

use std::collections::{HashSet, VecDeque};

use super::super::work_of;
use super::OpenRows;
use crate::domain::plan::{PlanPart, PlanRow};
use crate::domain::pseudonym::Pseudonym;
use crate::engine::backlog::{Backlog, Portion};
use crate::engine::record::{Custodian, ItemId, RecordError, Work};
use crate::journal::JournalError;

/// One custodian's parts that were not handed out yet.
pub(super) struct Line {
    pub(super) custodian: Custodian,
    pub(super) parts: VecDeque<(Order, String, PlanPart)>,
}

/// Where a part stands among those of its custodian: a team before its files, those before its messages, which follow one another.
pub(super) type Order = (u8, String, String);

pub(super) fn order_of(row: &PlanRow) -> Order {
    match (&row.team, &row.post) {
        (Some(_), _) => (0, String::new(), String::new()),
        (None, Some(post)) => (2, post.channel.clone(), post.at.clone()),
        (None, None) => (1, String::new(), String::new()),
    }
}

/// What is left to do, read part by part; whoever got a part stands behind the others.
pub(in crate::cli::flow) struct PlanBacklog {
    pub(super) total: u64,
    /// Interrupted items.
    pub(super) first: Vec<Work>,
    pub(super) handed_out: HashSet<Pseudonym>,
    /// Teams and chats that have no outcome yet: nothing is written into them before that.
    pub(super) teams_under_way: HashSet<Pseudonym>,
    pub(super) lines: VecDeque<Line>,
    pub(super) rows: OpenRows,
}

impl Backlog for PlanBacklog {
    fn total(&self) -> u64 {
        self.total
    }

    fn next(
        &mut self,
        has_enough: &dyn Fn(&Custodian) -> bool,
    ) -> std::result::Result<Portion, RecordError> {
        if !self.first.is_empty() {
            return Ok(Portion::Work(std::mem::take(&mut self.first)));
        }
        for place in 0..self.lines.len() {
            let Some(line) = self.lines.get(place) else {
                break;
            };
            if has_enough(&line.custodian) {
                continue;
            }
            match self.team_first(line).map_err(unread)? {
                Turn::Parts => return self.part_of(place).map(Portion::Work),
                Turn::Team(work) => {
                    let item = Pseudonym::parse(&work.item.0);
                    self.handed_out.extend(item.clone());
                    self.teams_under_way.extend(item);
                    return Ok(Portion::Work(vec![*work]));
                }
                Turn::Waits => {}
            }
        }
        Ok(if self.lines.is_empty() {
            Portion::End
        } else {
            Portion::Later
        })
    }

    fn ended(&mut self, item: &ItemId) {
        if !self.teams_under_way.is_empty()
            && let Some(item) = Pseudonym::parse(&item.0)
        {
            self.teams_under_way.remove(&item);
        }
    }
}

/// Whose turn it is in a line.
enum Turn {
    /// Its next part's.
    Parts,
    /// The team's or chat's that all the rest belongs into.
    Team(Box<Work>),
    /// Nobody's before that one has its outcome.
    Waits,
}

fn unread(error: JournalError) -> RecordError {
    RecordError::Broken(error.into())
}

impl PlanBacklog {
    /// What the content gate says of a team counts for all that is in it: it is handed out first, and alone.
    fn team_first(&self, line: &Line) -> std::result::Result<Turn, JournalError> {
        let Some((_, plan, part)) = line.parts.front() else {
            return Ok(Turn::Parts);
        };
        let Some(row) = self.rows.team_row(plan, &part.custodian) else {
            return Ok(Turn::Parts);
        };
        if self.teams_under_way.contains(&row.item) {
            return Ok(Turn::Waits);
        }
        if self.handed_out.contains(&row.item) {
            return Ok(Turn::Parts);
        }
        let work = self.rows.team_work(plan, &part.custodian, row)?;
        Ok(work.map_or(Turn::Parts, |work| Turn::Team(Box::new(work))))
    }

    fn part_of(&mut self, place: usize) -> std::result::Result<Vec<Work>, RecordError> {
        let Some(mut line) = self.lines.remove(place) else {
            return Ok(Vec::new());
        };
        let portion = match line.parts.pop_front() {
            Some((_, plan, part)) => self.read(&plan, &part)?,
            None => Vec::new(),
        };
        if !line.parts.is_empty() {
            self.lines.push_back(line);
        }
        Ok(portion)
    }

    fn read(&mut self, plan: &str, part: &PlanPart) -> std::result::Result<Vec<Work>, RecordError> {
        let user = self.rows.user(&part.custodian);
        let open = self.rows.of_part(plan, part, true);
        let open = open.map_err(unread)?;
        // An interrupted one was handed out before all others, and may have become one that failed or ended since.
        let fresh = open
            .iter()
            .filter(|open| open.is_to_be_written() && !self.handed_out.contains(&open.row.item));
        let teams = self.rows.planned_teams(plan, &part.custodian);
        let teams = teams.map_err(unread)?;
        Ok(fresh
            .filter_map(|open| work_of(&part.custodian, &user, plan, open, teams.clone()))
            .collect())
    }
}
