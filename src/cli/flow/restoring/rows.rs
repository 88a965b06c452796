//! The rows of open waves, part by part: no more of a plan is in memory than one part, whatever its size.

mod backlog;
mod teams;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use unbroken_ledger::scratch::{Key, Table};

use super::super::teaming::standing;
use super::super::{meaning, sources};
use super::again::closed;
use super::{end_without_writing, work_of};
use crate::domain::case::Case;
use crate::domain::content::Class;
use crate::domain::content::release::{ANSWERS_HELD, Release};
use crate::domain::custodian::{Ended, ItemProgress};
use crate::domain::notice::kept_out;
use crate::domain::plan::{Decision, PlanPart, PlanRow};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::teams::PlannedTeam;
use crate::domain::teams::links::Links;
use crate::engine::record::Custodian;
use crate::error::Result;
use crate::journal::{Journal, JournalError};
use crate::sources::Source;
use crate::targets::TargetUser;
use crate::targets::teams::OnRecord;
use backlog::{Line, PlanBacklog, order_of};
use teams::TeamRow;

/// The plans in force that were made from one backup, as far as their waves are open.
pub(in crate::cli::flow) struct OpenRows {
    journal: Journal,
    case: Arc<Case>,
    /// The waves that count, by plan and number; all where there is none.
    waves: Option<Arc<BTreeSet<(String, u32)>>>,
    parts: Vec<(String, PlanPart)>,
    /// A second plan names items of the first again; each is worked on once. With one plan nothing is remembered.
    seen: Option<Table<0>>,
    /// The teams and chats of the plans, by plan and custodian: those of waves that are not open too, since a wave's messages go
    /// into a team whose own row may stand in another.
    teams: HashMap<(String, Pseudonym), TeamRow>,
    /// What the record says of those.
    on_record: HashMap<Pseudonym, Arc<OnRecord>>,
    links: Arc<Links>,
    /// Rows of items that were released with other content: another plan's row may be the one that was meant.
    stale: Vec<(Pseudonym, OpenRow)>,
    /// Messages that were given up.
    given_up: HashMap<Pseudonym, Arc<BTreeSet<(String, String)>>>,
    /// Messages that others answer and that are held, with why those are held too.
    withheld: HashMap<Pseudonym, Withheld>,
}

/// By channel and planned time.
type Withheld = Arc<BTreeMap<(String, String), &'static str>>;

/// What is left of the open waves.
pub(in crate::cli::flow) struct Left {
    /// Rows without an outcome.
    pub(in crate::cli::flow) rows: u64,
    /// Teams and chats, with the plan that names each.
    pub(in crate::cli::flow) teams: Vec<(Pseudonym, String, Arc<PlannedTeam>)>,
}

/// A row that has no outcome yet, and how far its item is.
pub(super) struct OpenRow {
    pub(super) row: PlanRow,
    pub(super) progress: ItemProgress,
    /// What people let pass, where it was held.
    pub(super) release: Option<Release>,
}

/// The plan says so, or people released what the plan holds.
pub(super) fn is_to_be_written(row: &PlanRow, release: Option<&Release>) -> bool {
    match row.decision {
        Decision::Restore => true,
        Decision::Hold => {
            let sight = row.sight();
            release.is_some_and(|one| one.lets_write(&row.reason, sight.as_deref()))
        }
        Decision::Skip | Decision::Unreadable => false,
    }
}

impl OpenRow {
    fn is_to_be_written(&self) -> bool {
        is_to_be_written(&self.row, self.release.as_ref())
    }

    /// The plan holds it, and what people released was other content.
    fn is_stale(&self) -> bool {
        let is_held = self.row.decision == Decision::Hold;
        is_held && self.release.is_some() && !self.is_to_be_written()
    }

    /// It has no outcome, or a hold that lasts only until a scanner answers.
    fn is_left(progress: ItemProgress, unscanned_too: bool) -> bool {
        progress.ended.is_none() || (unscanned_too && progress.is_unscanned)
    }
}

impl OpenRows {
    /// Reads which parts there are.
    pub(in crate::cli::flow) fn load(journal: &Journal, source: &dyn Source) -> Result<Self> {
        let case = journal.case().map_err(meaning)?;
        let is_of_it = |wave: &&(String, u32)| sources::serves(&case, source, &wave.0);
        let open = case.open_waves.iter().filter(is_of_it).cloned().collect();
        Self::of(journal, case, Some(open))
    }

    /// The same of every wave that was ever opened: what is released after its wave has ended is left as well.
    pub(in crate::cli::flow) fn of_begun(journal: &Journal) -> Result<Self> {
        let case = journal.case().map_err(meaning)?;
        let open = case.open_waves.iter().cloned();
        let begun = open.chain(closed(&case)).collect();
        Self::of(journal, case, Some(begun))
    }

    /// The same of all plans in force, whatever became of their waves.
    pub(in crate::cli::flow) fn of_all(journal: &Journal) -> Result<Self> {
        let case = journal.case().map_err(meaning)?;
        Self::of(journal, case, None)
    }

    fn of(journal: &Journal, case: Case, waves: Option<BTreeSet<(String, u32)>>) -> Result<Self> {
        let mut parts = Vec::new();
        let counts = |plan: &String| {
            let waves = waves.as_ref();
            waves.is_none_or(|waves| waves.iter().any(|(of, _)| of == plan))
        };
        let plans: Vec<&String> = case.adopted.iter().filter(|plan| counts(plan)).collect();
        for plan in &plans {
            let of_plan = journal.plan_parts(plan).map_err(meaning)?;
            parts.extend(of_plan.into_iter().map(|part| ((*plan).clone(), part)));
        }
        let seen = (plans.len() > 1).then(|| Table::new(journal.ledger().dir()));
        Ok(Self {
            journal: journal.clone(),
            links: Arc::new(links(&case)),
            stale: Vec::new(),
            case: Arc::new(case),
            waves: waves.map(Arc::new),
            parts,
            seen,
            teams: HashMap::new(),
            on_record: HashMap::new(),
            given_up: HashMap::new(),
            withheld: HashMap::new(),
        })
    }

    /// How many rows have no outcome yet.
    pub(in crate::cli::flow) fn count(self) -> Result<u64> {
        Ok(self.left()?.rows)
    }

    /// The same, with the teams and chats that are named.
    pub(in crate::cli::flow) fn left(mut self) -> Result<Left> {
        let mut rows = 0;
        for (plan, part) in std::mem::take(&mut self.parts) {
            rows += self.of_part(&plan, &part, false).map_err(meaning)?.len() as u64;
        }
        for (_, open) in std::mem::take(&mut self.stale) {
            rows += u64::from(self.is_new(&open.row.item).map_err(meaning)?);
        }
        // Where more than one plan names a team, the one that was adopted last says who belongs into it.
        let mut teams = BTreeMap::new();
        for plan in &self.case.adopted {
            let of_plan = self.teams.iter().filter(|((of, _), _)| of == plan);
            teams.extend(of_plan.map(|((_, custodian), row)| (custodian, (plan, &row.team))));
        }
        let teams = teams
            .into_iter()
            .map(|(custodian, (plan, team))| (custodian.clone(), plan.clone(), Arc::clone(team)));
        Ok(Left {
            rows,
            teams: teams.collect(),
        })
    }

    /// What the record says of the teams and chats that the plans name.
    fn look_up_teams(&mut self) -> Result<()> {
        if self.teams.is_empty() {
            return Ok(());
        }
        let standing = standing::load(&self.journal)?.into_iter();
        let on_record = standing.map(|(who, standing)| (who, Arc::new(standing.on_record)));
        self.on_record = on_record.collect();
        Ok(())
    }

    /// Rows that are held, skipped or cannot be read get their outcome without a worker; the others are what is left.
    pub(in crate::cli::flow) async fn into_backlog(mut self) -> Result<PlanBacklog> {
        let mut backlog = PlanBacklog {
            total: 0,
            first: Vec::new(),
            handed_out: HashSet::new(),
            teams_under_way: HashSet::new(),
            lines: VecDeque::new(),
            rows: self.anew(),
        };
        let mut line: Option<Line> = None;
        let mut interrupted = Vec::new();
        for (plan, part) in std::mem::take(&mut self.parts) {
            let user = self.user(&part.custodian);
            let mut has_work = false;
            let mut order = None;
            for open in self.of_part(&plan, &part, true).map_err(meaning)? {
                if !open.is_to_be_written() {
                    end_without_writing(&self.journal, &part.custodian, &open.row).await?;
                    continue;
                }
                let work = work_of(&part.custodian, &user, &plan, &open, None);
                backlog.total += u64::from(work.is_some());
                has_work |= work.is_some() && !open.progress.is_open;
                order = order.or_else(|| Some(order_of(&open.row)));
                if open.progress.is_open {
                    if open.row.team.is_some() && work.is_some() {
                        backlog.teams_under_way.insert(open.row.item.clone());
                    }
                    backlog.handed_out.insert(open.row.item.clone());
                    interrupted.push((part.custodian.clone(), user.clone(), plan.clone(), open));
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
            line.parts
                .push_back((order.unwrap_or_default(), plan, part));
        }
        backlog.lines.extend(line);
        self.end_stale().await?;
        for line in &mut backlog.lines {
            // The parts of a plan are sorted by their digests; what a team's rows say of their order holds here.
            let is_ordered = line.parts.iter().any(|(order, ..)| order.0 != 1);
            if is_ordered {
                line.parts
                    .make_contiguous()
                    .sort_by(|one, other| one.0.cmp(&other.0));
            }
        }
        self.look_up_teams()?;
        for (custodian, user, plan, open) in interrupted {
            let teams = self.planned_teams(&plan, &custodian).map_err(meaning)?;
            let work = work_of(&custodian, &user, &plan, &open, teams);
            backlog.first.extend(work);
        }
        backlog.rows.teams = self.teams;
        backlog.rows.on_record = self.on_record;
        backlog.rows.given_up = self.given_up;
        backlog.rows.withheld = self.withheld;
        Ok(backlog)
    }

    /// What was released with other content, and stands in no plan with that, is held again.
    async fn end_stale(&mut self) -> Result<()> {
        for (custodian, open) in std::mem::take(&mut self.stale) {
            if self.is_new(&open.row.item).map_err(meaning)? {
                end_without_writing(&self.journal, &custodian, &open.row).await?;
            }
        }
        Ok(())
    }

    /// The same plans, of which nothing was seen and no part is left to list.
    fn anew(&self) -> Self {
        let dir = self.journal.ledger().dir();
        Self {
            journal: self.journal.clone(),
            case: Arc::clone(&self.case),
            waves: self.waves.clone(),
            parts: Vec::new(),
            seen: self.seen.as_ref().map(|_| Table::new(dir)),
            teams: HashMap::new(),
            on_record: HashMap::new(),
            links: Arc::clone(&self.links),
            stale: Vec::new(),
            given_up: HashMap::new(),
            withheld: HashMap::new(),
        }
    }

    /// The rows of one part that have no outcome yet.
    fn of_part(
        &mut self,
        plan: &str,
        part: &PlanPart,
        unscanned_too: bool,
    ) -> std::result::Result<Vec<OpenRow>, JournalError> {
        let rows = self.journal.part_rows(plan, part)?;
        self.note_teams(plan, part, &rows);
        let items = rows.iter().map(|row| &row.item);
        let progress = self.journal.progress(&part.custodian, items)?;
        self.note_given_up(part, rows.iter().zip(&progress));
        let mut open = Vec::new();
        for (row, progress) in rows.into_iter().zip(progress) {
            let waves = self.waves.as_ref();
            let is_open = waves.is_none_or(|waves| waves.contains(&(plan.to_owned(), row.wave)));
            let is_left = OpenRow::is_left(progress, unscanned_too);
            // A row whose wave is not open must not take the place of another plan's row that may be worked on.
            if !is_open || !is_left {
                continue;
            }
            let release = self.case.release_of(&row.item).cloned();
            let one = OpenRow {
                row,
                progress,
                release,
            };
            if one.is_stale() {
                self.stale.push((part.custodian.clone(), one));
            } else if self.is_new(&one.row.item)? {
                open.push(one);
            }
        }
        Ok(open)
    }

    fn note_given_up<'r>(
        &mut self,
        part: &PlanPart,
        rows: impl Iterator<Item = (&'r PlanRow, &'r ItemProgress)>,
    ) {
        for (row, progress) in rows {
            let Some(post) = &row.post else {
                continue;
            };
            let (custodian, place) = (&part.custodian, (post.channel.clone(), post.at.clone()));
            match progress.ended {
                Some(Ended::Failed) => {
                    let known = self.given_up.entry(custodian.clone()).or_default();
                    Arc::make_mut(known).insert(place);
                }
                Some(Ended::Held) if post.reply_to.is_empty() => {
                    // Looked at again, and what answers it with it.
                    let again = progress.is_unscanned.then(|| Class::NotScanned.reason());
                    let why = again.unwrap_or(ANSWERS_HELD);
                    let known = self.withheld.entry(custodian.clone()).or_default();
                    // Workers hold it: it is copied for what is new alone.
                    if known.get(&place) != Some(&why) {
                        Arc::make_mut(known).insert(place, why);
                    }
                }
                _ => {}
            }
        }
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

/// Places of the old tenant that are known in the new one: the sites of the map; and the old tenant's own id.
pub(in crate::cli::flow) fn links(case: &Case) -> Links {
    let known = case.custodians.values().filter_map(|known| {
        let old = known.facts.source_name.clone()?;
        let new = known.facts.target_upn.clone().unwrap_or_default();
        let new = Some(new).filter(|new| new.starts_with("https://"));
        old.starts_with("https://")
            .then(|| (old, new.unwrap_or_default()))
    });
    let old = kept_out(case);
    let mut links = Links::new(known, &old.tenant_id);
    for domain in &old.domains {
        links.add(&format!("https://{domain}"), "");
    }
    links
}
