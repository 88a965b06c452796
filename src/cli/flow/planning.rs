//! Making a plan as of a restore point, asking for its approval, approving and adopting it.

mod known;
pub(crate) mod narrow;
mod reading;
mod recent;
mod teams;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use unbroken_ledger::entry::leaf;
use unbroken_ledger::{ApprovalRequest, Entry, Hash, KeyId, Signer, Timestamp};

use super::waving::Waving;
use super::{mapping, meaning, new_pseudonym, places, sources};
use crate::domain::case::{Case, CaseCommand};
use crate::domain::choices::Choices;
use crate::domain::event::{PeopleInside, PlanAdopted, PlanCounts, PlanMade};
use crate::domain::item::{CustodianName, Workload};
use crate::domain::plan::raw_copies::{self, Making};
use crate::domain::plan::{BreachWindow, Decision, PlanInput, PlanRow, count, decide_rows};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;
use crate::domain::target_tree::TargetTree;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::sources::{RestorePoint, Source};
use known::EarlierPlans;
use narrow::Narrow;
use reading::Reading;
use recent::Recent;
use teams::TeamsPlan;

/// The heading under which plans are approved.
pub(crate) const SCOPE: &str = "plan";
/// Rows of a part at most: small enough that the parts of a thousand custodians can be worked on at once.
const PART_ROWS: usize = 128;
/// Fewer digits name no plan.
const NAME_DIGITS_MIN: usize = 8;
/// As many plans as a hint names.
const PLANS_NAMED_MAX: usize = 8;
/// The one wave of a plan without waves.
pub(crate) const WAVE: u32 = 1;

/// A plan as a person sees it.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    /// Its hash, which is its name.
    pub(crate) plan: String,
    /// The restore point's name in the source.
    pub(crate) point: String,
    /// What stands in its event.
    pub(crate) made: PlanMade,
}

/// Reads the source as of an instant and freezes a plan for everybody in it.
pub(crate) async fn make(
    journal: &Journal,
    source: &dyn Source,
    as_of: Option<DateTime<Utc>>,
    choices: &Choices,
) -> Result<Planned> {
    let waving = Waving::read(None, None)?;
    make_in_waves(
        journal,
        source,
        as_of,
        (choices, &waving, Narrow::default()),
    )
    .await
}

/// The same, with critical people and what is recent in waves before the others.
pub(crate) async fn make_in_waves(
    journal: &Journal,
    source: &dyn Source,
    as_of: Option<DateTime<Utc>>,
    (choices, waving, mut narrow): (&Choices, &Waving, Narrow),
) -> Result<Planned> {
    let description = source.description();
    let place = choose(&description.points, as_of)?;
    // First of all: whoever is not mapped is named below, and a refusal after that would leave its names in the record.
    let mut sums = begin(journal, &description.custodians)?;
    waving.expect_known(description.custodians.iter().map(|one| &*one.0))?;
    let recent = Recent::of(waving, &description.points[place]);
    name_everybody(journal, &description.custodians).await?;
    let case = journal.case().map_err(meaning)?;
    let secret = journal.secret().map_err(meaning)?;
    let people = people(&case);
    let earlier = EarlierPlans::load(journal, &case)?;
    let mut parts = Vec::new();
    for custodian in &description.custodians {
        let (pseudonym, is_mapped) = person(&people, custodian)?;
        let known = earlier.of(journal, &pseudonym)?;
        let mut teams = TeamsPlan::begin(source, place, &case, &pseudonym, known.posts());
        let window = window(&case, &pseudonym);
        sums.has_window |= window.is_some();
        let mut last = Reading::begin(source, &description.points[..=place], custodian, window)?;
        let mut tree = TargetTree::default();
        while let Some((snapshots, unreadable)) = last.next()? {
            let known = known.among(custodian, snapshots, unreadable, &secret)?;
            let input = PlanInput {
                custodian,
                is_mapped,
                snapshots,
                unreadable,
                window,
                known: &known,
                secret: &secret,
                choices,
                wave: waving.wave_of(&custodian.0),
            };
            let making = Making {
                secret: &secret,
                known: &known,
                has_mime: &|item| source.has_mime(item),
            };
            let mut rows = rows(&input, &making, &mut tree, case.access.is_open(&pseudonym))?;
            teams.complete(&mut rows, &known);
            narrow.hold(&case, &pseudonym, &mut rows);
            recent.split(&mut rows);
            // Whoever has nothing has a part all the same: the plan knows of it.
            let empty = rows.is_empty().then_some(&rows[..]);
            for rows in rows.chunks(PART_ROWS).chain(empty) {
                sums.take(rows);
                parts.push(journal.keep_part(&pseudonym, rows).map_err(meaning)?);
            }
        }
    }
    sums.inside.narrower = narrow.held(&description.custodians)?;
    let sealed = journal.keep_plan(parts).map_err(meaning)?;
    let plan = sealed.plan.to_string();
    let made = PlanMade {
        as_of: place as u64,
        gate: case.content.gate.clone(),
        parts: sealed.parts.len() as u64,
        plan: plan.clone(),
        points: Some(description.points.len() as u64),
        source: sources::number_of(&case, source),
        ..sums.made(choices)
    };
    super::waving::plan(journal, waving, &plan, &sums.waves).await?;
    let done = journal.command(CaseCommand::MakePlan(made.clone())).await;
    done.map_err(meaning)?;
    Ok(Planned {
        plan,
        point: description.points[place].id.0.clone(),
        made,
    })
}

/// What a plan comes to, row by row.
#[derive(Default)]
struct Sums {
    counts: PlanCounts,
    unproven: u64,
    has_window: bool,
    inside: PeopleInside,
    waves: BTreeSet<u32>,
    workloads: BTreeMap<String, u64>,
}

impl Sums {
    /// What of it the event says.
    fn made(&self, choices: &Choices) -> PlanMade {
        PlanMade {
            as_of: 0,
            choices: Some(choices.words()),
            counts: self.counts,
            gate: None,
            inside: Some(self.inside),
            parts: 0,
            plan: String::new(),
            points: None,
            source: None,
            unproven: Some(self.unproven),
            window: Some(self.has_window),
            workloads: Some(self.workloads.clone()),
        }
    }

    fn take(&mut self, rows: &[PlanRow]) {
        add(&mut self.counts, count(rows.iter()));
        self.unproven += rows.iter().filter(|row| is_unproven(row)).count() as u64;
        self.waves.extend(rows.iter().map(|row| row.wave));
        for row in rows.iter().filter(|row| row.decision == Decision::Restore) {
            *self.workloads.entry(row.workload.clone()).or_default() += 1;
        }
    }
}

/// Whether a plan may be made, and who is in the sites that the source's custodians are mapped to.
fn begin(journal: &Journal, custodians: &[CustodianName]) -> Result<Sums> {
    let case = journal.case().map_err(meaning)?;
    case.check_may_plan().map_err(refused)?;
    let people = people(&case);
    let planned = custodians.iter().filter_map(|name| people.get(&*name.0));
    let planned: Vec<Pseudonym> = planned.map(|(custodian, _)| custodian.clone()).collect();
    Ok(Sums {
        inside: places::expect_seen(&case, planned.iter())?,
        ..Sums::default()
    })
}

/// Whoever is in the source and not mapped gets a name in the record too.
async fn name_everybody(journal: &Journal, custodians: &[CustodianName]) -> Result<()> {
    let names: Vec<String> = custodians.iter().map(|name| name.0.clone()).collect();
    mapping::name_the_others(journal, &names).await
}

fn add(sum: &mut PlanCounts, of_part: PlanCounts) {
    sum.hold += of_part.hold;
    sum.restore += of_part.restore;
    sum.skip += of_part.skip;
    sum.unreadable += of_part.unreadable;
}

/// Why no plan is made, and what to do first.
fn refused(refusal: Refusal) -> Error {
    let is_unmapped = refusal == Refusal::NobodyMapped;
    let error = Error::new(ErrorKind::GateRefused, refusal);
    if is_unmapped {
        error.hint("`unbroken case map` says who is which user of the clean tenant")
    } else {
        error
    }
}

/// Whatever came to lie below files or in lists that others see already would be seen before it could be closed.
fn hold_files(row: &mut PlanRow) {
    let is_seen = [Workload::Files.name(), Workload::Lists.name()].contains(&&*row.workload);
    if row.decision == Decision::Restore && is_seen {
        row.decision = Decision::Hold;
        "access-open".clone_into(&mut row.reason);
    }
}

fn rows(
    input: &PlanInput<'_>,
    making: &Making<'_>,
    tree: &mut TargetTree,
    is_open_to_others: bool,
) -> Result<Vec<PlanRow>> {
    // The names are drawn before, so that running out of randomness is an error and no panic.
    let most = input
        .snapshots
        .iter()
        .map(|snapshot| snapshot.items.len())
        .sum::<usize>()
        + input.unreadable.len();
    // A copy beside each message doubles them.
    let mut names = (0..=2 * most)
        .map(|_| new_pseudonym())
        .collect::<Result<Vec<_>>>()?;
    let mut name = || names.pop().expect("there is a name for every row");
    let mut rows = decide_rows(input, tree, &mut name);
    raw_copies::add(&mut rows, making, tree, &mut name);
    if is_open_to_others {
        rows.iter_mut().for_each(hold_files);
    }
    Ok(rows)
}

/// The newest restore point that is not after `as_of`.
fn choose(points: &[RestorePoint], as_of: Option<DateTime<Utc>>) -> Result<usize> {
    let newest = points
        .len()
        .checked_sub(1)
        .ok_or_else(|| Error::failed("the source has no restore point"))?;
    let Some(as_of) = as_of else {
        return Ok(newest);
    };
    if points.iter().all(|point| point.taken.is_none()) {
        let text = format!(
            "this backup does not say when it was taken: nothing in it can be told to be from \
             before {as_of}"
        );
        return Err(Error::new(ErrorKind::GateRefused, text).hint(
            "without --as-of all of it is planned; a breach window (`case declare`, \
             `case window`) tells what is unproven",
        ));
    }
    points
        .iter()
        .rposition(|point| point.taken.is_some_and(|taken| taken <= as_of))
        .ok_or_else(|| {
            Error::failed(format!(
                "the source has no restore point at or before {as_of}"
            ))
            .hint("`unbroken source inspect` lists its restore points")
        })
}

/// The earliest instant that anybody declared for a custodian: for the case, for the tenant, or for them alone.
fn window(case: &Case, custodian: &Pseudonym) -> Option<BreachWindow> {
    let declared = case.declared.as_ref().and_then(|(_, facts)| {
        let from = facts.window_from.as_deref()?;
        let from = DateTime::parse_from_rfc3339(from).ok()?;
        Some(from.with_timezone(&Utc))
    });
    let set = case.gates.windows.of(custodian).map(|(from, _)| from);
    let from = declared.into_iter().chain(set).min()?;
    Some(BreachWindow { from })
}

/// The pseudonyms by the names in the source, and whether somebody in the target gets what they have.
fn people(case: &Case) -> HashMap<&str, (Pseudonym, bool)> {
    let named = case.custodians.iter().filter_map(|(pseudonym, known)| {
        let name = known.facts.source_name.as_deref()?;
        Some((name, (pseudonym.clone(), known.is_mapped)))
    });
    named.collect()
}

fn person(
    people: &HashMap<&str, (Pseudonym, bool)>,
    custodian: &CustodianName,
) -> Result<(Pseudonym, bool)> {
    let nameless = || Error::failed(format!("{}: has no pseudonym in the record", custodian.0));
    people.get(&*custodian.0).cloned().ok_or_else(nameless)
}

/// The newest plan that was made.
pub(crate) fn newest(journal: &Journal) -> Result<PlanMade> {
    let mut newest = None;
    journal
        .replay(|recorded| {
            if let crate::domain::event::Event::PlanMade(data, _) = recorded.event {
                newest = Some(*data);
            }
            Ok(())
        })
        .map_err(meaning)?;
    newest.ok_or_else(|| {
        Error::new(ErrorKind::GateRefused, "there is no plan yet").hint("`unbroken plan make`")
    })
}

/// The plan that is meant: by its name or the first digits of it, among those on the record; the newest where none is named.
pub(crate) fn chosen(journal: &Journal, wanted: Option<&str>) -> Result<PlanMade> {
    let Some(wanted) = wanted else {
        return newest(journal);
    };
    let case = journal.case().map_err(meaning)?;
    let wanted = wanted.trim_end_matches('…').to_lowercase();
    let is_it =
        |plan: &&PlanMade| wanted.len() >= NAME_DIGITS_MIN && plan.plan.starts_with(&wanted);
    let mut found = case.plans.values().filter(is_it);
    match (found.next(), found.next()) {
        (Some(plan), None) => Ok(plan.clone()),
        (found, _) => {
            let text = match found {
                Some(_) => format!("{wanted}: several plans of this case begin so"),
                None => format!("{wanted}: no plan of this case"),
            };
            let error = Error::new(ErrorKind::GateRefused, text);
            Err(case.plans.keys().take(PLANS_NAMED_MAX).fold(
                error.hint("a plan is named by eight digits of its name or more"),
                |error, plan| error.hint(format!("plan {plan}")),
            ))
        }
    }
}

/// How many rows of a plan have which decision, and why.
pub(crate) fn reasons(
    journal: &Journal,
    plan: &str,
) -> Result<BTreeMap<(&'static str, String), u64>> {
    let mut reasons = BTreeMap::new();
    for part in journal.plan_parts(plan).map_err(meaning)? {
        for row in journal.part_rows(plan, &part).map_err(meaning)? {
            let decision = match row.decision {
                Decision::Hold => "hold",
                Decision::Restore => "restore",
                Decision::Skip => "skip",
                Decision::Unreadable => "unreadable",
            };
            *reasons.entry((decision, row.reason)).or_default() += 1;
        }
    }
    Ok(reasons)
}

/// To be restored without anything older to compare it with, although a window was declared.
fn is_unproven(row: &PlanRow) -> bool {
    row.decision == Decision::Restore && row.pre_breach == "not-provable"
}

/// What a person has to know before they approve a plan: a window was declared, and items are restored of which nothing
/// older could say whether they appeared or changed in it.
pub(crate) fn warning(journal: &Journal, plan: &str) -> Result<Option<String>> {
    let mut unproven = 0_u64;
    for part in journal.plan_parts(plan).map_err(meaning)? {
        let rows = journal.part_rows(plan, &part).map_err(meaning)?;
        unproven += rows.iter().filter(|row| is_unproven(row)).count() as u64;
    }
    if unproven == 0 {
        return Ok(None);
    }
    let case = journal.case().map_err(meaning)?;
    let why = if case.sources.iter().all(|(source, _)| source.points == 1) {
        "the backup has one restore point"
    } else {
        "no restore point from before the breach window was compared"
    };
    Ok(Some(format!(
        "{why}: nothing can be held for having appeared or changed in the breach window; \
         to restore without comparison: {unproven}"
    )))
}

/// Asks for the approval of a plan; the result is the proposal.
pub(crate) fn propose(
    journal: &Journal,
    plan: &str,
    now: DateTime<Utc>,
    expires_in: TimeDelta,
) -> Result<Hash> {
    let digest =
        Hash::parse(plan).ok_or_else(|| Error::failed("a plan's name is 64 hex digits"))?;
    let expires = expiry(now, expires_in)?;
    Ok(journal
        .propose(&digest, SCOPE, expires)
        .map_err(meaning)?
        .leaf)
}

/// When a proposal expires that is made now.
pub(crate) fn expiry(now: DateTime<Utc>, expires_in: TimeDelta) -> Result<Timestamp> {
    Timestamp::from_micros((now + expires_in).timestamp_micros())
        .ok_or_else(|| Error::failed("the expiry is too far away"))
}

/// The newest proposal of a plan.
pub(crate) fn proposal_of(journal: &Journal, plan: &str) -> Result<Hash> {
    newest_proposal(journal, plan)?.ok_or_else(|| {
        Error::new(
            ErrorKind::GateRefused,
            format!("plan {plan} was not proposed"),
        )
        .hint("`unbroken plan propose`")
    })
}

/// The newest proposal of a digest.
pub(crate) fn newest_proposal(journal: &Journal, wanted: &str) -> Result<Option<Hash>> {
    let mut newest = None;
    for read in journal.ledger().entries(0).map_err(super::open::meaning)? {
        let (bytes, entry) = read.map_err(super::open::meaning)?;
        let digest = entry
            .event
            .data
            .field("digest")
            .and_then(|digest| digest.as_str());
        if entry.event.kind == "Proposed" && digest == Some(wanted) {
            newest = Some(leaf(&bytes));
        }
    }
    Ok(newest)
}

/// An approver elsewhere believes the counts of a plan from nobody but whoever proposes it: refused before it is proposed.
pub(crate) fn expect_own(journal: &Journal, plan: &str) -> Result<()> {
    let operator = journal.operator_key().map_err(meaning)?;
    for read in journal.ledger().entries(0).map_err(super::open::meaning)? {
        let (_, entry) = read.map_err(super::open::meaning)?;
        if says_plan(&entry, plan) && entry.event.by == [operator] {
            return Ok(());
        }
    }
    let text = format!("plan {plan} was made with another key than {operator}, which proposes");
    Err(Error::new(ErrorKind::GateRefused, text)
        .hint("whoever proposes a plan makes it: `unbroken plan make` with this key, then propose"))
}

fn says_plan(entry: &Entry, plan: &str) -> bool {
    entry.event.kind == "PlanMade/1" && text(entry, "plan") == Some(plan)
}

/// What an approver elsewhere needs to decide on a plan: its counts, beside the proposal.
pub(crate) fn request(journal: &Journal, proposal: &Hash, plan: &str) -> Result<ApprovalRequest> {
    request_about(journal, proposal, |entry| says_plan(entry, plan))
}

/// The proposal's own entry, the newest before it that says what it is about, of the same key where there is one, and whose
/// keys signed them.
pub(crate) fn request_about(
    journal: &Journal,
    proposal: &Hash,
    says_what: impl Fn(&Entry) -> bool,
) -> Result<ApprovalRequest> {
    let ledger = journal.ledger();
    let mut asked: Option<(Vec<u8>, Entry)> = None;
    let mut said: BTreeMap<KeyId, (Vec<u8>, Entry)> = BTreeMap::new();
    for read in ledger.entries(0).map_err(super::open::meaning)? {
        let (bytes, entry) = read.map_err(super::open::meaning)?;
        if says_what(&entry) {
            said.insert(entry.event.by[0], (bytes, entry));
        } else if entry.event.kind == "Proposed" && leaf(&bytes) == *proposal {
            asked = Some((bytes, entry));
            break;
        }
    }
    let (bytes, entry) = asked.ok_or_else(|| Error::failed("there is no such proposal"))?;
    let own = said.remove(&entry.event.by[0]);
    let about = own.or_else(|| said.into_values().max_by_key(|(_, said)| said.index));
    let signers = [Some(&entry), about.as_ref().map(|(_, said)| said)];
    let mut keys: Vec<KeyId> = signers
        .into_iter()
        .flatten()
        .flat_map(|entry| entry.event.by.clone())
        .collect();
    keys.sort();
    keys.dedup();
    let keys = ledger.with_state(|state| {
        let known = keys.iter().filter_map(|id| state.key(id));
        known.map(|key| key.public).collect()
    });
    let about = about.into_iter().map(|(bytes, _)| bytes).collect();
    ApprovalRequest::new(bytes, about, keys).map_err(Error::failed)
}

/// A text in an entry's public data.
pub(crate) fn text<'a>(entry: &'a Entry, name: &str) -> Option<&'a str> {
    entry.event.data.field(name)?.as_str()
}

/// Approves a proposal.
pub(crate) fn approve(journal: &Journal, proposal: &Hash, approver: &dyn Signer) -> Result<()> {
    journal.approve(proposal, approver).map_err(meaning)?;
    Ok(())
}

/// Puts an approved plan into force.
pub(crate) async fn adopt(journal: &Journal, plan: &str, proposal: &Hash) -> Result<()> {
    let adopted = PlanAdopted {
        digest: plan.to_owned(),
        plan: plan.to_owned(),
        proposal: proposal.to_string(),
    };
    journal
        .command(CaseCommand::AdoptPlan(adopted))
        .await
        .map_err(meaning)?;
    Ok(())
}
