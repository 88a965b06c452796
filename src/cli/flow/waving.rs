//! Waves as steps: read from a file, released, paused, put into another order; licences counted, holds evidenced.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use unbroken_ledger::Hash;

use super::super::exchange;
use super::asking::{ORDER, Question, RELEASE};
use super::planning::WAVE;
use super::{custodians, meaning};
use crate::clock::{Clock, SystemClock};
use crate::domain::case::{Case, CaseCommand};
use crate::domain::event::{
    DevicesEvidenced, LicencesCounted, PauseFacts, TargetHoldEvidenced, Wave, WaveReleased,
    WavesFacts, WavesPlanned, WavesReordered,
};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;
use crate::domain::wave::{WaveCommand, order_words, release_words};
use crate::domain::wave_rules::WaveRules;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{Journal, JournalError};
use crate::targets::graph::Graph;

/// What of waves needs the approval of others, and under which heading that is asked for.
pub(super) const APPROVED: [(&str, &str); 2] =
    [("WaveReleased/1", RELEASE), ("WavesReordered/1", ORDER)];
/// Larger than any list of people that was looked through.
const FILE_BYTES_MAX: usize = 64 << 20;

/// Who is in which wave, and what of theirs goes first.
#[derive(Clone, Debug)]
pub(crate) struct Waving {
    rules: Option<WaveRules>,
    /// SHA-256 of the file.
    digest: Option<Hash>,
    /// Items of the last days before the restore point go in a wave of their own, before the rest of the same people.
    pub(super) recent_days: Option<u16>,
}

impl Waving {
    /// Reads the file, where one is named.
    pub(crate) fn read(file: Option<&Path>, recent_days: Option<u16>) -> Result<Self> {
        let Some(path) = file else {
            return Ok(Self {
                rules: None,
                digest: None,
                recent_days,
            });
        };
        let bytes = exchange::read(path, FILE_BYTES_MAX)?;
        let refused = |error: String| {
            Error::failed(error)
                .while_doing(format!("{}: not who is in which wave", path.display()))
        };
        let text = std::str::from_utf8(&bytes).map_err(|error| refused(error.to_string()))?;
        let rules = WaveRules::parse(text).map_err(|error| refused(error.to_string()))?;
        Ok(Self {
            rules: Some(rules),
            digest: Some(Hash::of(&bytes)),
            recent_days,
        })
    }

    /// Whether the plan has waves at all.
    pub(super) fn is_any(&self) -> bool {
        self.rules.is_some() || self.recent_days.is_some()
    }

    /// The wave of a custodian, before what is recent is told from the rest.
    pub(super) fn wave_of(&self, custodian: &str) -> u32 {
        self.rules
            .as_ref()
            .map_or(WAVE, |rules| rules.wave_of(custodian))
    }

    /// A name that stands in no backup is a mistake: the person behind it would be in the last wave.
    pub(super) fn expect_known<'a>(&self, known: impl Iterator<Item = &'a str>) -> Result<()> {
        let Some(rules) = &self.rules else {
            return Ok(());
        };
        let known: BTreeSet<String> = known.map(str::to_lowercase).collect();
        match rules
            .named()
            .into_iter()
            .find(|name| !known.contains(*name))
        {
            Some(name) => Err(Error::failed(format!(
                "{name}: stands in the file of waves and is no custodian of the backup"
            ))
            .hint("custodians are named as `source inspect` names them")),
            None => Ok(()),
        }
    }
}

async fn command(journal: &Journal, command: WaveCommand) -> Result<()> {
    let command = CaseCommand::Waves(Box::new(command), SystemClock.now());
    journal.command(command).await.map_err(refused)?;
    Ok(())
}

/// What a refusal means here, and what to do first.
pub(super) fn refused(error: JournalError) -> Error {
    let hint = match &error {
        JournalError::Refused(Refusal::WaveNotReleased(_) | Refusal::TooFewApprovals { .. }) => {
            "`unbroken wave release --propose`, somebody else approves it, `unbroken wave release`"
        }
        JournalError::Refused(Refusal::LicencesNotCounted(_)) => {
            "`unbroken wave licences` counts them"
        }
        JournalError::Refused(Refusal::WavePaused(_)) => "`unbroken wave resume`",
        JournalError::Refused(Refusal::WaveBefore { .. }) => {
            "`unbroken restore` goes on with the earlier one; `unbroken wave order` changes that"
        }
        JournalError::Refused(Refusal::WaveNotAudited(_)) => "`unbroken separation` looks",
        JournalError::Refused(Refusal::DevicesNotEvidenced(_)) => {
            "`unbroken wave devices --wave … --file …` names what shows it"
        }
        JournalError::Refused(Refusal::HoldNotEvidenced(_)) => {
            "`unbroken wave hold --custodian … --file …` names what shows it"
        }
        _ => return meaning(error),
    };
    meaning(error).hint(hint)
}

/// Says which waves a plan will have, where it has any; before the plan is made.
pub(super) async fn plan(
    journal: &Journal,
    waving: &Waving,
    plan: &str,
    waves: &BTreeSet<u32>,
) -> Result<()> {
    if !waving.is_any() || waves.is_empty() {
        return Ok(());
    }
    let data = WavesPlanned {
        order: waves.iter().copied().collect(),
        plan: plan.to_owned(),
    };
    let facts = WavesFacts {
        digest: waving.digest.map(|digest| digest.to_string()),
    };
    command(journal, WaveCommand::Plan(data, facts)).await
}

/// The plan in force whose waves are worked on: the newest.
pub(crate) fn plan_in_force(case: &Case) -> Result<String> {
    case.adopted.last().cloned().ok_or_else(|| {
        Error::new(ErrorKind::GateRefused, "no plan is in force").hint("`unbroken plan adopt`")
    })
}

/// The waves of a plan in the order in which they open.
pub(crate) fn order_of(case: &Case, plan: &str) -> Vec<u32> {
    let order = case.waves.of(plan).order;
    if order.is_empty() { vec![WAVE] } else { order }
}

/// The wave that is due: the first that was not worked to its end; the last one again where all were.
pub(crate) fn due(case: &Case, plan: &str) -> u32 {
    let (order, closed) = (order_of(case, plan), case.waves.of(plan).closed);
    let due = order.iter().find(|wave| !closed.contains(wave));
    due.or(order.last()).copied().unwrap_or(WAVE)
}

/// Waves that were worked to their end and have something to do again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Again {
    /// Two people let pass what was held in them.
    pub(crate) released: BTreeSet<(String, u32)>,
    /// They hold what no scanner looked at, and scanners are at hand now.
    pub(crate) unscanned: BTreeSet<(String, u32)>,
}

/// What a run works on next: what was released in a wave that had ended, so that it does not wait for the release of another; then
/// the first wave that was not worked to its end; then what waits for a scanner. `done` are those that this run worked on.
pub(crate) fn next(case: &Case, plan: &str, again: &Again, done: &[Wave]) -> Option<Wave> {
    let wave = |(plan, wave): &(String, u32)| Wave {
        plan: plan.clone(),
        wave: *wave,
    };
    let may = |wave: &Wave| {
        let is_done = done.contains(wave);
        !is_done && !case.waves.is_paused(&wave.plan, wave.wave)
    };
    let released = again.released.iter().map(wave).find(may);
    let first = || {
        let due = due(case, plan);
        let is_left = !case.waves.of(plan).closed.contains(&due);
        is_left.then(|| wave(&(plan.to_owned(), due)))
    };
    let unscanned = || again.unscanned.iter().map(wave).find(may);
    released.or_else(first).or_else(unscanned)
}

/// Whether a run that worked on a wave may go on with this one at once.
pub(crate) fn may_follow(case: &Case, next: &Wave, done: &[Wave]) -> bool {
    let (plan, wave) = (&next.plan, next.wave);
    let is_released = case.gates.pinned.is_none()
        || !case.waves.is_in_waves(plan)
        || case.waves.is_released(plan, wave);
    !done.contains(next) && is_released && !case.waves.is_paused(plan, wave)
}

/// Asks for a release, approves or uses it: `with` gets the question.
pub(crate) fn release_question<T>(
    plan: &str,
    wave: u32,
    with: impl FnOnce(&Question<'_>) -> T,
) -> T {
    with(&Question {
        scope: RELEASE,
        words: &|until| release_words(plan, wave, until),
        hint: "`unbroken wave release --propose`",
    })
}

/// The same for another order.
pub(crate) fn order_question<T>(
    plan: &str,
    order: &[u32],
    with: impl FnOnce(&Question<'_>) -> T,
) -> T {
    with(&Question {
        scope: ORDER,
        words: &|until| order_words(plan, order, until),
        hint: "`unbroken wave order --propose`, with the same order",
    })
}

/// Releases a wave that others approved.
pub(crate) async fn release(journal: &Journal, plan: &str, wave: u32) -> Result<()> {
    let asked = release_question(plan, wave, |question| question.asked(journal))?;
    let data = WaveReleased {
        digest: asked.approval.digest.clone(),
        plan: plan.to_owned(),
        proposal: asked.approval.proposal.clone(),
        wave,
    };
    command(journal, WaveCommand::Release(data, asked.approval)).await
}

/// Puts the waves into the order that others approved.
pub(crate) async fn reorder(journal: &Journal, plan: &str, order: &[u32]) -> Result<()> {
    let asked = order_question(plan, order, |question| question.asked(journal))?;
    let data = WavesReordered {
        digest: asked.approval.digest.clone(),
        order: order.to_vec(),
        plan: plan.to_owned(),
        proposal: asked.approval.proposal.clone(),
    };
    command(journal, WaveCommand::Reorder(data, asked.approval)).await
}

/// Stops the workers of a wave at the next item, or lets them go on.
pub(crate) async fn pause(
    journal: &Journal,
    (plan, wave): (&str, u32),
    stops: bool,
    reason: &str,
) -> Result<()> {
    let data = Wave {
        plan: plan.to_owned(),
        wave,
    };
    let facts = PauseFacts {
        reason: Some(reason.to_owned()),
    };
    let wanted = if stops {
        WaveCommand::Pause(data, facts)
    } else {
        WaveCommand::Resume(data, facts)
    };
    command(journal, wanted).await
}

/// Says that a held custodian is on hold in the clean tenant, and keeps what shows it.
pub(crate) async fn evidence_hold(journal: &Journal, who: &str, file: &Path) -> Result<String> {
    let case = journal.case().map_err(meaning)?;
    let custodian = custodians::find(&case, who)?;
    let taken = super::evidence::keep(journal, Some(&custodian), file)?;
    let object = Some(taken.object);
    let data = TargetHoldEvidenced { custodian, object };
    command(journal, WaveCommand::EvidenceHold(data, taken.facts)).await?;
    Ok(taken.digest)
}

/// Says what became of the devices of a wave's people, and keeps what shows it.
pub(crate) async fn evidence_devices(
    journal: &Journal,
    plan: &str,
    wave: u32,
    file: &Path,
) -> Result<String> {
    let taken = super::evidence::keep(journal, None, file)?;
    let data = DevicesEvidenced {
        object: taken.object,
        plan: plan.to_owned(),
        wave,
    };
    command(journal, WaveCommand::EvidenceDevices(data, taken.facts)).await?;
    Ok(taken.digest)
}

/// Items and people of each wave of a plan, part by part.
pub(crate) fn sums(journal: &Journal, plan: &str) -> Result<BTreeMap<u32, (u64, People)>> {
    let mut waves: BTreeMap<u32, (u64, People)> = BTreeMap::new();
    for part in journal.plan_parts(plan).map_err(meaning)? {
        for row in journal.part_rows(plan, &part).map_err(meaning)? {
            let (items, people) = waves.entry(row.wave).or_default();
            *items += 1;
            if !people.contains(&part.custodian) {
                people.insert(part.custodian.clone());
            }
        }
    }
    Ok(waves)
}

/// The custodians of a wave.
pub(crate) type People = BTreeSet<Pseudonym>;

/// Before a wave opens: nobody of it is under legal hold without being on hold in the clean tenant.
pub(super) fn expect_holds(case: &Case, journal: &Journal, plan: &str, wave: u32) -> Result<()> {
    if case.gates.pinned.is_none() || case.holds.custodians().next().is_none() {
        return Ok(());
    }
    let people = sums(journal, plan)?.remove(&wave).unwrap_or_default().1;
    for custodian in &people {
        let stands = case.check_hold_stands(custodian);
        stands.map_err(|refusal| refused(refusal.into()))?;
    }
    Ok(())
}

/// Counts what licences a wave takes and what the tenant has, and records it.
pub(crate) async fn count_licences(
    journal: &Journal,
    graph: &Graph,
    plan: &str,
    wave: u32,
) -> Result<LicencesCounted> {
    let case = journal.case().map_err(meaning)?;
    let people = sums(journal, plan)?.remove(&wave).unwrap_or_default().1;
    let licences = graph.mailbox_licences().await.map_err(|why| {
        Error::failed(format!("the tenant's licences cannot be read: {why}"))
            .hint("the application needs Organization.Read.All and User.Read.All")
    })?;
    let facts = people.iter().filter_map(|custodian| {
        let known = case.custodians.get(custodian)?;
        Some(&known.facts)
    });
    // A site has no licence; whoever is mapped to nobody takes none.
    let users: Vec<&String> = facts
        .filter(|facts| {
            let upn = facts.target_upn.as_deref().unwrap_or_default();
            !upn.starts_with("https://")
        })
        .filter_map(|facts| facts.target_user_id.as_ref())
        .collect();
    let without = users.iter().filter(|id| !licences.has_mailbox(id)).count();
    let counted = LicencesCounted {
        free: licences.free,
        users: users.len() as u64,
        plan: plan.to_owned(),
        without: without as u64,
        wave,
    };
    command(journal, WaveCommand::CountLicences(counted.clone())).await?;
    Ok(counted)
}
