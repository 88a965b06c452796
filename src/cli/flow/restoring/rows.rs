//! The rows of open waves, part by part: no more of a plan is in memory than one part, whatever its size.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use unbroken_ledger::scratch::{Key, Table};

use super::super::meaning;
use super::{end_without_writing, work_of};
use crate::domain::case::Case;
use crate::domain::custodian::ItemProgress;
use crate::domain::plan::{Decision, PlanPart, PlanRow};
use crate::domain::pseudonym::Pseudonym;
use crate::engine::backlog::{Backlog, Portion};
use crate::engine::record::{Custodian, RecordError, Work};
use crate::error::Result;
use crate::journal::{Journal, JournalError};
use crate::targets::TargetUser;

/// The plans in force, as far as their waves are open.
pub(in crate::cli::flow) struct OpenRows {
    journal: Journal,
    case: Arc<Case>,
    parts: Vec<(String, PlanPart)>,
    /// A second plan names items of the first again; each is worked on once. With one plan nothing is remembered.
    seen: Option<Table<0>>,
}

/// A row that has no outcome yet, and how far its item is.
pub(super) struct OpenRow {
    pub(super) row: PlanRow,
    pub(super) progress: ItemProgress,
}

impl OpenRows {
    /// Reads which parts there are.
    pub(in crate::cli::flow) fn load(journal: &Journal) -> Result<Self> {
        let case = journal.case().map_err(meaning)?;
        let mut parts = Vec::new();
        let open = |plan: &String| case.open_waves.iter().any(|(open, _)| open == plan);
        let plans: Vec<&String> = case.adopted.iter().filter(|plan| open(plan)).collect();
        for plan in &plans {
            let of_plan = journal.plan_parts(plan).map_err(meaning)?;
            parts.extend(of_plan.into_iter().map(|part| ((*plan).clone(), part)));
        }
        let seen = (plans.len() > 1).then(|| Table::new(journal.ledger().dir()));
        Ok(Self {
            journal: journal.clone(),
            case: Arc::new(case),
            parts,
            seen,
        })
    }

    /// How many rows have no outcome yet.
    pub(in crate::cli::flow) fn count(mut self) -> Result<u64> {
        let mut open = 0;
        for (plan, part) in std::mem::take(&mut self.parts) {
            open += self.of_part(&plan, &part).map_err(meaning)?.len() as u64;
        }
        Ok(open)
    }

    /// Rows that are held, skipped or cannot be read get their outcome without a worker; the others are what is left.
    pub(in crate::cli::flow) async fn into_backlog(mut self) -> Result<PlanBacklog> {
        let mut backlog = PlanBacklog {
            total: 0,
            first: Vec::new(),
            handed_out: HashSet::new(),
            lines: VecDeque::new(),
            rows: self.anew(),
        };
        let mut line: Option<Line> = None;
        for (plan, part) in std::mem::take(&mut self.parts) {
            let user = self.user(&part.custodian);
            let mut has_work = false;
            for open in self.of_part(&plan, &part).map_err(meaning)? {
                if open.row.decision != Decision::Restore {
                    end_without_writing(&self.journal, &part.custodian, &open.row).await?;
                    continue;
                }
                let work = work_of(&part.custodian, &user, &plan, &open);
                backlog.total += u64::from(work.is_some());
                has_work |= work.is_some() && !open.progress.is_open;
                if open.progress.is_open {
                    backlog.handed_out.insert(open.row.item.clone());
                    backlog.first.extend(work);
                }
            }
            if !has_work {
                continue;
            }
            let is_same = |line: &Line| line.custodian.0 == part.custodian.as_str();
            if !line.as_ref().is_some_and(is_same) {
                backlog.lines.extend(line.take());
            }
            let line = line.get_or_insert_with(|| Line {
                custodian: Custodian(part.custodian.to_string()),
                parts: VecDeque::new(),
            });
            line.parts.push_back((plan, part));
        }
        backlog.lines.extend(line);
        Ok(backlog)
    }

    /// The same plans, of which nothing was seen and no part is left to list.
    fn anew(&self) -> Self {
        let dir = self.journal.ledger().dir();
        Self {
            journal: self.journal.clone(),
            case: Arc::clone(&self.case),
            parts: Vec::new(),
            seen: self.seen.as_ref().map(|_| Table::new(dir)),
        }
    }

    /// The rows of one part that have no outcome yet.
    fn of_part(
        &mut self,
        plan: &str,
        part: &PlanPart,
    ) -> std::result::Result<Vec<OpenRow>, JournalError> {
        let rows = self.journal.part_rows(plan, part)?;
        let items = rows.iter().map(|row| &row.item);
        let progress = self.journal.progress(&part.custodian, items)?;
        let mut open = Vec::new();
        for (row, progress) in rows.into_iter().zip(progress) {
            let is_open = self.case.open_waves.contains(&(plan.to_owned(), row.wave));
            if self.is_new(&row.item)? && is_open && progress.ended.is_none() {
                open.push(OpenRow { row, progress });
            }
        }
        Ok(open)
    }

    /// Whether no other plan named the item before.
    fn is_new(&mut self, item: &Pseudonym) -> std::result::Result<bool, JournalError> {
        let Some(seen) = &mut self.seen else {
            return Ok(true);
        };
        let digest: [u8; 32] = Sha256::digest(item.as_str()).into();
        let key: &Key = digest.first_chunk().expect("a digest is longer");
        let before = seen.len();
        seen.put(*key, []).map_err(JournalError::Scratch)?;
        Ok(seen.len() > before)
    }

    fn user(&self, custodian: &Pseudonym) -> TargetUser {
        let known = self.case.custodians.get(custodian);
        let fact = |fact: fn(&crate::domain::event::CustodianFacts) -> &Option<String>| {
            known.and_then(|known| fact(&known.facts).clone())
        };
        TargetUser {
            id: fact(|facts| &facts.target_user_id).unwrap_or_default(),
            user_principal_name: fact(|facts| &facts.target_upn).unwrap_or_default(),
        }
    }
}

/// One custodian's parts that were not handed out yet.
struct Line {
    custodian: Custodian,
    parts: VecDeque<(String, PlanPart)>,
}

/// What is left to do, read part by part; whoever got a part stands behind the others.
pub(in crate::cli::flow) struct PlanBacklog {
    total: u64,
    /// Interrupted items.
    first: Vec<Work>,
    handed_out: HashSet<Pseudonym>,
    lines: VecDeque<Line>,
    rows: OpenRows,
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
        let hungry = self
            .lines
            .iter()
            .position(|line| !has_enough(&line.custodian));
        let Some(place) = hungry else {
            return Ok(if self.lines.is_empty() {
                Portion::End
            } else {
                Portion::Later
            });
        };
        let Some(mut line) = self.lines.remove(place) else {
            return Ok(Portion::End);
        };
        let portion = match line.parts.pop_front() {
            Some((plan, part)) => self.read(&plan, &part)?,
            None => Vec::new(),
        };
        if !line.parts.is_empty() {
            self.lines.push_back(line);
        }
        Ok(Portion::Work(portion))
    }
}

impl PlanBacklog {
    fn read(&mut self, plan: &str, part: &PlanPart) -> std::result::Result<Vec<Work>, RecordError> {
        let user = self.rows.user(&part.custodian);
        let open = self.rows.of_part(plan, part);
        let open = open.map_err(|error| RecordError::Broken(error.into()))?;
        // An interrupted one was handed out before all others, and may have become one that failed or ended since.
        let fresh = open.iter().filter(|open| {
            open.row.decision == Decision::Restore && !self.handed_out.contains(&open.row.item)
        });
        Ok(fresh
            .filter_map(|open| work_of(&part.custodian, &user, plan, open))
            .collect())
    }
}
