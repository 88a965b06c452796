//! The queue of what access holds: listed from the plan in force, asked to be released, released by two others.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::{Value, json};
use unbroken_ledger::{ApprovalRequest, Hash, Value as Field};

use super::super::{custodians, gating, meaning, planning};
use super::{Prepared, approval, assemble, lines};
use crate::clock::{Clock, SystemClock};
use crate::domain::access::{Level, Reason, Released, is_releasable, release, way_out};
use crate::domain::case::{AccessCommand, Case, CaseCommand, release_words};
use crate::domain::event::{GrantReleased, ReleaseAsked, ReleaseFacts};
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;

/// The heading under which releases are approved.
pub(crate) const SCOPE: &str = "grant-release";

/// Where something that is held stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody asked.
    Waiting,
    /// Somebody asked, under this number.
    Asked(u64),
    /// Two others released it, under this number.
    Released(u64),
}

/// One line of the queue.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) custodian: Pseudonym,
    /// As the plan has it.
    pub(crate) row: Value,
    pub(crate) state: State,
}

impl Held {
    /// Its name in the queue: the custodian and the row in the plan.
    pub(crate) fn id(&self) -> String {
        match self.row["row"].as_u64() {
            Some(row) => format!("{}/{row}", self.custodian),
            None => format!("{}/-", self.custodian),
        }
    }

    pub(crate) fn reason(&self) -> Option<Reason> {
        Reason::parse(self.row["why"].as_str()?)
    }

    /// What is to be done about it.
    pub(crate) fn way_out(&self) -> &'static str {
        match self.state {
            State::Waiting => self.reason().map_or("", way_out),
            State::Asked(_) => "two others approve it: `unbroken access release approve`",
            State::Released(_) => "`unbroken access apply` grants it",
        }
    }
}

fn refuse(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::GateRefused, text.into())
}

fn plan_of(case: &Case) -> Result<String> {
    let in_force = case.grants.in_force.as_ref();
    let (data, _) = in_force.ok_or_else(|| {
        refuse("no access plan is approved and in force").hint("`unbroken access propose`")
    })?;
    Ok(data.plan.clone())
}

/// What names a grant whatever plan holds it.
fn key(row: &Value) -> String {
    let of = ["custodian", "path", "principal", "source_level"];
    json!(of.map(|name| row[name].clone())).to_string()
}

fn asked_rows(journal: &Journal, asked: &ReleaseAsked) -> Result<Vec<Value>> {
    let text = journal.kept_access(Some(&asked.custodian), &asked.object);
    approval::read_lines(&text.map_err(meaning)?.unwrap_or_default())
}

/// Everything that waits, was asked for or was released; by custodian and row.
pub(crate) fn held(journal: &Journal) -> Result<Vec<Held>> {
    let case = journal.case().map_err(meaning)?;
    let plan = plan_of(&case)?;
    let sealed = journal.access_plan(&plan).map_err(meaning)?;
    let mut states = std::collections::BTreeMap::new();
    // What was asked for under another plan is asked for anew: there the row led to whom that plan's map said.
    let of_plan = case.grants.asked.iter();
    for (number, (asked, _)) in of_plan.filter(|(_, (asked, _))| asked.plan == plan) {
        let state = if case.is_released(*number) {
            State::Released(*number)
        } else if case.grants.released.contains_key(number) {
            // Released by a key that somebody else had: it waits as it did before anybody asked.
            continue;
        } else {
            State::Asked(*number)
        };
        for row in asked_rows(journal, asked)? {
            states.insert(key(&row), state);
        }
    }
    let mut found = Vec::new();
    for part in &sealed.parts {
        let Some(custodian) = Pseudonym::parse(&part.subject) else {
            continue;
        };
        let text = journal.kept_access(Some(&custodian), &part.object);
        for row in approval::read_lines(&text.map_err(meaning)?.unwrap_or_default())? {
            if row["becomes"] != "held" {
                continue;
            }
            let state = states.get(&key(&row)).copied().unwrap_or(State::Waiting);
            found.push(Held {
                custodian: custodian.clone(),
                row,
                state,
            });
        }
    }
    Ok(found)
}

/// The keys in the source of those whom two people let in under the plan in force.
pub(crate) fn released_people(journal: &Journal, case: &Case) -> Result<BTreeSet<String>> {
    let mut people = BTreeSet::new();
    let in_force = case.grants.in_force.as_ref();
    for (number, (asked, _)) in &case.grants.asked {
        let is_of_plan = in_force.is_some_and(|(data, _)| data.plan == asked.plan);
        if !is_of_plan || !case.is_released(*number) {
            continue;
        }
        for row in asked_rows(journal, asked)? {
            people.extend(row["principal"].as_str().map(str::to_owned));
        }
    }
    Ok(people)
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Names in the queue, all of one custodian.
    pub(crate) rows: Vec<String>,
    /// Who that is in the clean tenant, where the map does not say it.
    pub(crate) to: Option<String>,
    /// Why.
    pub(crate) reason: String,
    /// How long the approval may take.
    pub(crate) hours: i64,
}

/// Puts on the record what is asked for, and asks for its approval; the number and the proposal. What could not be granted is
/// refused before anybody is asked.
pub(crate) async fn ask(
    journal: &Journal,
    prepared: &Prepared,
    wanted: &Wanted,
) -> Result<(u64, Hash)> {
    if wanted.reason.trim().is_empty() || wanted.reason.len() > 4096 {
        return Err(Error::failed("a reason has 1 to 4096 bytes"));
    }
    approval::in_force(journal, prepared)?;
    let case = journal.case().map_err(meaning)?;
    let queue = held(journal)?;
    let mut rows = Vec::new();
    let mut custodian = None;
    let ids: BTreeSet<&String> = wanted.rows.iter().collect();
    for id in ids {
        let one = queue.iter().find(|one| one.id() == *id).ok_or_else(|| {
            refuse(format!("{id}: nothing of that name is held")).hint("`unbroken access held`")
        })?;
        if custodian.get_or_insert(&one.custodian) != &&one.custodian {
            return Err(refuse("one release is about one custodian"));
        }
        rows.push(releasable(one, id, wanted.to.as_deref())?);
    }
    let custodian = custodian.ok_or_else(|| Error::failed("nothing is asked for"))?;
    let mut all = Vec::new();
    for (number, (asked, _)) in &case.grants.asked {
        if case.grants.released.contains_key(number) && !case.is_released(*number) {
            continue;
        }
        all.extend(asked_rows(journal, asked)?);
    }
    all.extend_from_slice(&rows);
    with(prepared, &all)?;
    let object = journal
        .keep_access(custodian, &lines(&rows))
        .map_err(meaning)?;
    let data = ReleaseAsked {
        custodian: custodian.clone(),
        grants: rows.len() as u64,
        number: case.grants.asked.len() as u64 + 1,
        object,
        plan: plan_of(&case)?,
    };
    let facts = ReleaseFacts {
        reason: Some(wanted.reason.clone()),
    };
    let (number, digest) = (data.number, release_words(&data).to_string());
    let command = CaseCommand::Access(AccessCommand::AskRelease(data, facts));
    journal.command(command).await.map_err(meaning)?;
    let digest = Hash::parse(&digest).ok_or_else(|| Error::failed("no digest"))?;
    let expires = planning::expiry(SystemClock.now(), TimeDelta::hours(wanted.hours))?;
    let receipt = journal.propose(&digest, SCOPE, expires).map_err(meaning)?;
    Ok((number, receipt.leaf))
}

/// What an approver elsewhere needs: whose grants and how many, beside the proposal.
pub(crate) fn request(journal: &Journal, proposal: &Hash, number: u64) -> Result<ApprovalRequest> {
    planning::request_about(journal, proposal, |entry| {
        let known = entry.event.data.field("number").and_then(Field::as_size);
        entry.event.kind == "ReleaseAsked/1" && known == Some(number)
    })
}

fn releasable(one: &Held, id: &str, to: Option<&str>) -> Result<Value> {
    match one.state {
        State::Waiting => {}
        State::Asked(number) => {
            return Err(refuse(format!(
                "{id}: is asked for already, as release {number}"
            )));
        }
        State::Released(number) => {
            return Err(refuse(format!(
                "{id}: was released already, by release {number}"
            )));
        }
    }
    let reason = one.reason();
    if one.row["item"] == true || !reason.is_some_and(is_releasable) {
        let why = one.row["why"].as_str().unwrap_or_default();
        let text = format!("{id}: is held as {why}, which no approval changes");
        return Err(refuse(text).hint(reason.map_or("", way_out)));
    }
    let mut row = one.row.clone();
    let is_unmapped = reason == Some(Reason::Unmapped);
    match to {
        Some(to) if is_unmapped => row["to"] = to.into(),
        None if is_unmapped => {
            let text = format!("{id}: nothing says who that is in the clean tenant");
            return Err(refuse(text).hint("--to names the user, by principal name"));
        }
        Some(_) => {
            let text = format!("{id}: the map says who that is; --to is for the unmapped");
            return Err(refuse(text));
        }
        None => {}
    }
    Ok(row)
}

/// A release that was asked for: its proposal, what was approved of it, and its rows.
pub(crate) struct Asked {
    pub(crate) data: ReleaseAsked,
    pub(crate) reason: String,
    pub(crate) rows: Vec<Value>,
    pub(crate) proposal: Hash,
    pub(crate) approval: crate::domain::approval::Approval,
}

/// The release of a number.
pub(crate) fn asked(journal: &Journal, number: u64) -> Result<Asked> {
    let mut case = journal.case().map_err(meaning)?;
    let (data, facts) = case.grants.asked.remove(&number).ok_or_else(|| {
        refuse(format!("nobody asked for release {number}")).hint("`unbroken access release ask`")
    })?;
    let digest = release_words(&data).to_string();
    let found = gating::newest_of(journal, SCOPE, |_| digest.clone())?;
    let (proposal, approval) =
        found.ok_or_else(|| refuse(format!("release {number} was not proposed")))?;
    Ok(Asked {
        rows: asked_rows(journal, &data)?,
        reason: facts.reason.unwrap_or_default(),
        data,
        proposal,
        approval,
    })
}

/// Puts on the record that two others released it.
pub(crate) async fn grant(journal: &Journal, asked: Asked) -> Result<()> {
    let data = GrantReleased {
        custodian: asked.data.custodian,
        digest: asked.approval.digest.clone(),
        grants: asked.data.grants,
        number: asked.data.number,
        proposal: asked.proposal.to_string(),
    };
    let released = Box::new((data, asked.approval));
    let command = CaseCommand::Access(AccessCommand::Release(released, SystemClock.now()));
    journal.command(command).await.map_err(meaning)?;
    Ok(())
}

/// What is to be granted with all that was released of it.
pub(crate) fn after_releases(journal: &Journal, prepared: Prepared) -> Result<Prepared> {
    let case = journal.case().map_err(meaning)?;
    let mut rows = Vec::new();
    let in_force = case.grants.in_force.as_ref();
    let in_force = in_force.map(|(made, _)| made.plan.as_str());
    // Two people looked at what that plan's map says. After an amendment the same row may lead to another user.
    let releases = case.releases();
    for asked in releases.filter(|asked| Some(&*asked.plan) == in_force) {
        rows.extend(asked_rows(journal, asked)?);
    }
    Ok(with(&prepared, &rows)?.unwrap_or(prepared))
}

/// The plan with some rows released, proven as any other; nothing where none of them is held any more: an amendment took them
/// away, or lets them in by itself.
fn with(prepared: &Prepared, rows: &[Value]) -> Result<Option<Prepared>> {
    let found = rows.iter().filter_map(|row| find(prepared, row));
    let released: Vec<Released> = found.collect();
    if released.is_empty() {
        return Ok(None);
    }
    let sidecar = &prepared.sidecar;
    let after = release(
        (&sidecar.directory, &sidecar.tree),
        &prepared.map,
        &released,
    );
    let after = after.map_err(|refused| refuse(refused.to_string()))?;
    let mut sidecar = sidecar.clone();
    (sidecar.directory, sidecar.tree) = (after.directory, after.tree);
    let mut made = assemble((sidecar, prepared.sidecar_digest), after.map)?;
    made.map_digest = prepared.map_digest;
    made.released = released.into_iter().map(|one| one.item).collect();
    Ok(Some(made))
}

fn find(prepared: &Prepared, row: &Value) -> Option<Released> {
    let text = |name: &str| row[name].as_str();
    let place = (text("custodian")?.to_owned(), text("path")?.to_owned());
    let item = *prepared.sidecar.places.get(&place)?;
    let principal = prepared.sidecar.directory.find(text("principal")?)?;
    let level = Level::parse(text("source_level")?)?;
    let is_held = |number: usize| {
        let grant = &prepared.sidecar.tree.grants()[number];
        let outcome = prepared.plan.outcomes[number];
        let waits =
            matches!(outcome, crate::domain::access::Outcome::Out(reason) if is_releasable(reason));
        waits && grant.principal == principal && grant.level == level
    };
    let mut own = prepared.sidecar.tree.own_grants(item);
    own.any(is_held).then(|| Released {
        item,
        principal,
        level,
        to: text("to").map(str::to_owned),
    })
}

/// The custodian that is meant, where one is.
pub(crate) fn only(case: &Case, custodian: Option<&str>) -> Result<Option<Pseudonym>> {
    custodian
        .map(|name| custodians::find(case, name))
        .transpose()
}
