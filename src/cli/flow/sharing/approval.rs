//! The approval of an access plan: kept as an object, asked for, put in force; and whether what is to be done is what was approved.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::TimeDelta;
use serde_json::{Value, json};
use unbroken_ledger::{ApprovalRequest, Hash};

use super::super::identities::guests;
use super::super::{meaning, planning};
use super::{Prepared, lines, read_map, spelled};
use crate::clock::{Clock, SystemClock};
use crate::domain::access::{
    AccessPart, Amendment, Amends, ChangedRow, Fate, IdentityRow, ItemId, SealedAccess,
    check_amendment,
};
use crate::domain::approval::Approval;
use crate::domain::case::{AccessCommand, Case, CaseCommand};
use crate::domain::event::{AccessAdopted, AccessAdoptedFacts, AccessPlanMade};
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{CASE_SUBJECT, Journal};
use crate::projections::approvals::Approvals;

/// The heading under which access plans are approved.
pub(crate) const SCOPE: &str = "access";

/// An access plan that was kept.
pub(crate) struct Kept {
    /// Its name.
    pub(crate) plan: Hash,
    pub(crate) sealed: SealedAccess,
}

/// Keeps a plan; where another is in force, it amends that one, and `before` is the map which that was made with.
pub(crate) async fn keep(
    journal: &Journal,
    prepared: &Prepared,
    (before, declared): (Option<&Path>, &[String]),
) -> Result<Kept> {
    let case = journal.case().map_err(meaning)?;
    case.target
        .as_ref()
        .ok_or_else(|| Error::new(ErrorKind::GateRefused, "no target is connected"))?;
    guests::allowed(journal, &case, &prepared.map)?;
    spelled::expect_spelled(journal, &case, prepared)?;
    let amends = amendment(journal, &case, prepared, before)?;
    let declared: BTreeSet<String> = declared.iter().map(|one| one.to_lowercase()).collect();
    let said = json!({
        "declared": declared,
        "map": prepared.map_digest.to_string(),
        "sidecar": prepared.sidecar_digest.to_string(),
    });
    let mut parts = Vec::new();
    for (root, custodian) in roots(&case, prepared) {
        let rows = part(prepared, root);
        let object = journal
            .keep_access_of(Some(&custodian), &lines(&rows))
            .map_err(meaning)?;
        parts.push(AccessPart {
            subject: custodian.to_string(),
            object,
            rows: rows.len() as u64,
        });
    }
    if parts.is_empty() {
        return Err(
            Error::failed("the sidecar names no custodian whose items are in this case")
                .hint("its custodians are named as the source names them"),
        );
    }
    let tally = prepared.tally(None);
    let sealed = SealedAccess {
        said: journal
            .keep_text(said.to_string().as_bytes())
            .map_err(meaning)?,
        grants: [tally.kept, tally.held, tally.lost],
        parts,
        amends,
    };
    let plan = journal.keep_access_plan(&sealed).map_err(meaning)?;
    let [kept, held, lost] = sealed.grants;
    let data = AccessPlanMade {
        amends: sealed.amends.as_ref().map(|amends| amends.plan.clone()),
        changed: changes(&sealed),
        custodians: sealed.parts.len() as u64,
        declared: Some(declared.len() as u64).filter(|count| *count > 0),
        held,
        kept,
        lost,
        plan: plan.to_string(),
    };
    let command = CaseCommand::Access(AccessCommand::Make(data));
    journal.command(command).await.map_err(meaning)?;
    Ok(Kept { plan, sealed })
}

/// How many rows of the map a plan changes.
fn changes(sealed: &SealedAccess) -> u64 {
    let amends = sealed.amends.as_ref();
    amends.map_or(0, |amends| {
        amends.changed.iter().map(|part| part.rows).sum()
    })
}

/// What an approver elsewhere needs: the plan's counts, beside the proposal.
pub(crate) fn request(journal: &Journal, proposal: &Hash, plan: &Hash) -> Result<ApprovalRequest> {
    let plan = plan.to_string();
    planning::request_about(journal, proposal, |entry| {
        entry.event.kind == "AccessPlanMade/1" && planning::text(entry, "plan") == Some(&*plan)
    })
}

/// The roots of a sidecar that are custodians of the case.
fn roots(case: &Case, prepared: &Prepared) -> Vec<(ItemId, Pseudonym)> {
    let by_name: BTreeMap<&str, &Pseudonym> = case
        .custodians
        .iter()
        .filter_map(|(custodian, known)| Some((known.facts.source_name.as_deref()?, custodian)))
        .collect();
    let roots = prepared.sidecar.tree.roots().iter();
    roots
        .filter_map(|root| {
            let (name, _) = prepared.place(*root);
            Some((*root, (*by_name.get(name)?).clone()))
        })
        .collect()
}

/// What is approved for one custodian: each grant of the source, each item that is held, each call.
pub(super) fn part(prepared: &Prepared, root: ItemId) -> Vec<Value> {
    let mut rows = prepared.rows(Some(root));
    for (number, row) in (1_u64..).zip(&mut rows) {
        row["row"] = number.into();
    }
    let tree = &prepared.sidecar.tree;
    let place = |item| {
        let (custodian, path) = prepared.place(item);
        (custodian.to_owned(), path.to_owned())
    };
    for (item, reason) in &prepared.plan.held_items {
        if tree.root_of(*item) == root {
            let (custodian, path) = place(*item);
            rows.push(json!({
                "custodian": custodian, "path": path, "becomes": "held", "item": true,
                "why": reason.name(),
            }));
        }
    }
    let target = &prepared.plan.target;
    for item in tree.ids().filter(|item| tree.root_of(*item) == root) {
        let (custodian, path) = place(item);
        let has_own = item != root || prepared.plan.is_site(root);
        if !target.item(item).inherits && has_own {
            rows.push(json!({ "step": "close", "custodian": custodian, "path": path }));
        }
        for grant in target.own_grants(item) {
            let grant = &target.grants()[grant];
            let who = &prepared.mapping.target().principal(grant.principal).key;
            rows.push(json!({
                "step": "grant", "custodian": custodian, "path": path, "who": who,
                "level": grant.level.name(),
            }));
        }
    }
    rows
}

/// What changed since the plan in force; nothing, where there is none.
fn amendment(
    journal: &Journal,
    case: &Case,
    prepared: &Prepared,
    before: Option<&Path>,
) -> Result<Option<Amends>> {
    let Some((in_force, facts)) = &case.grants.in_force else {
        return match before {
            None => Ok(None),
            Some(_) => Err(Error::new(
                ErrorKind::GateRefused,
                "no access plan is in force that could be amended",
            )),
        };
    };
    let before = before.ok_or_else(|| {
        let text = format!("access plan {} is in force", in_force.plan);
        Error::new(ErrorKind::GateRefused, text)
            .hint("another is an amendment of it: --amends names the map that it was made with")
    })?;
    let planned = read_map(before)?;
    if facts.map.as_deref() != Some(&*planned.digest().to_string()) {
        let text = format!(
            "{}: is not the map that access plan {} was made with",
            before.display(),
            in_force.plan
        );
        return Err(Error::new(ErrorKind::GateRefused, text));
    }
    let amendment = Amendment::between(&planned, &prepared.map);
    let approved = [amendment.digest()];
    check_amendment(&planned, &prepared.map, Some(&amendment), &approved)
        .map_err(|refused| Error::new(ErrorKind::GateRefused, refused))?;
    let changed = keep_changed(journal, case, &amendment)?;
    Ok(Some(Amends {
        plan: in_force.plan.clone(),
        changed,
    }))
}

fn fate(row: Option<&IdentityRow>) -> Value {
    match row.map(|row| &row.fate) {
        None => Value::Null,
        Some(Fate::Departed) => json!({ "fate": "departed" }),
        Some(Fate::ServiceAccount) => json!({ "fate": "service-account" }),
        Some(Fate::Mapped {
            target,
            kind,
            is_approved_external,
        }) => {
            let fate = if *is_approved_external {
                "external-approved"
            } else {
                "mapped"
            };
            json!({ "fate": fate, "kind": kind.name(), "target": target })
        }
    }
}

fn changed_row(row: &ChangedRow) -> Value {
    json!({
        "source": row.source,
        "before": fate(row.before.as_ref()),
        "after": fate(row.after.as_ref()),
    })
}

/// Each changed row for its subject: whoever is erased later takes the row along.
fn keep_changed(journal: &Journal, case: &Case, amendment: &Amendment) -> Result<Vec<AccessPart>> {
    let subject = |row: &ChangedRow| {
        let custodians = case.custodians.iter();
        let mut named = custodians.filter(|(_, known)| {
            let name = known.facts.source_name.as_deref();
            name.is_some_and(|name| name.eq_ignore_ascii_case(&row.source))
        });
        named.next().map(|(custodian, _)| custodian.clone())
    };
    let head = json!({
        "before": amendment.before.to_string(),
        "after": amendment.after.to_string(),
        "digest": amendment.digest().to_string(),
    });
    let mut by_subject: BTreeMap<Option<Pseudonym>, Vec<Value>> =
        BTreeMap::from([(None, vec![head])]);
    for row in &amendment.rows {
        let rows = by_subject.entry(subject(row)).or_default();
        rows.push(changed_row(row));
    }
    let mut parts = Vec::new();
    for (custodian, rows) in by_subject {
        let object = journal.keep_access_of(custodian.as_ref(), &lines(&rows));
        let is_case = custodian.is_none();
        parts.push(AccessPart {
            subject: custodian.map_or_else(|| CASE_SUBJECT.to_owned(), |one| one.to_string()),
            object: object.map_err(meaning)?,
            rows: rows.len() as u64 - u64::from(is_case),
        });
    }
    Ok(parts)
}

/// The rows that an amendment changes, as far as they can be read.
pub(crate) fn changed(journal: &Journal, amends: &Amends) -> Result<Vec<Value>> {
    let mut rows = Vec::new();
    for part in &amends.changed {
        let custodian = Pseudonym::parse(&part.subject).filter(|_| part.subject != CASE_SUBJECT);
        let text = journal.kept_access(custodian.as_ref(), &part.object);
        let of_part = read_lines(&text.map_err(meaning)?.unwrap_or_default())?;
        rows.extend(of_part.into_iter().filter(|row| !row["source"].is_null()));
    }
    Ok(rows)
}

/// Reads what [`lines`] wrote.
pub(super) fn read_lines(text: &[u8]) -> Result<Vec<Value>> {
    serde_json::Deserializer::from_slice(text)
        .into_iter()
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::failed(error).while_doing("lines of an access plan"))
}

/// Asks for a plan's approval.
pub(crate) fn propose(journal: &Journal, plan: &Hash, hours: i64) -> Result<Hash> {
    let expires = planning::expiry(SystemClock.now(), TimeDelta::hours(hours))?;
    let receipt = journal.propose(plan, SCOPE, expires).map_err(meaning)?;
    Ok(receipt.leaf)
}

/// The newest proposal of an access plan: its name, and what was approved of it.
pub(crate) fn newest(journal: &Journal) -> Result<(Hash, Approval, SealedAccess)> {
    let asked = Approvals::load(journal).map_err(meaning)?;
    let of_access = asked
        .proposals
        .into_iter()
        .filter(|(_, one)| one.scope == SCOPE);
    let (name, proposal) = of_access
        .max_by_key(|(_, proposal)| proposal.index)
        .ok_or_else(|| {
            Error::new(ErrorKind::GateRefused, "no access plan was proposed")
                .hint("`unbroken access propose`")
        })?;
    let sealed = journal.access_plan(&proposal.digest).map_err(meaning)?;
    let expires = proposal.expires.parse().map_err(Error::failed)?;
    let approval = Approval {
        proposal: name.to_string(),
        digest: proposal.digest,
        requester: proposal.requester,
        approved: proposal.approved,
        rejected: proposal.rejected,
        expires,
        is_used: proposal.used_by.is_some(),
    };
    Ok((name, approval, sealed))
}

/// Puts the newest proposed plan into force.
pub(crate) async fn adopt(journal: &Journal) -> Result<AccessAdopted> {
    let (name, approval, sealed) = newest(journal)?;
    let said = said_of(journal, &sealed)?;
    let digest = |of: &str| said[of].as_str().map(str::to_owned);
    let facts = AccessAdoptedFacts {
        declared: Some(declared_in(&said)).filter(|names| !names.is_empty()),
        map: digest("map"),
        sidecar: digest("sidecar"),
    };
    let [kept, held, lost] = sealed.grants;
    let changed = changes(&sealed);
    let data = AccessAdopted {
        amends: sealed.amends.map(|amends| amends.plan),
        changed,
        digest: approval.digest.clone(),
        held,
        kept,
        lost,
        plan: approval.digest.clone(),
        proposal: name.to_string(),
    };
    let adopted = Box::new((data.clone(), facts, approval));
    let command = CaseCommand::Access(AccessCommand::Adopt(adopted, SystemClock.now()));
    journal.command(command).await.map_err(meaning)?;
    Ok(data)
}

fn said_of(journal: &Journal, sealed: &SealedAccess) -> Result<Value> {
    let said = journal.kept_access(None, &sealed.said).map_err(meaning)?;
    serde_json::from_slice(&said.unwrap_or_default()).map_err(Error::failed)
}

fn declared_in(said: &Value) -> Vec<String> {
    let names = said["declared"].as_array().into_iter().flatten();
    names
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

/// Who sees items by office, as a plan says.
pub(crate) fn declared(journal: &Journal, sealed: &SealedAccess) -> Result<Vec<String>> {
    Ok(declared_in(&said_of(journal, sealed)?))
}

/// Whoever is declared is not counted as gained: one person's word for it would make any leak an office.
pub(crate) fn expect_declared(journal: &Journal, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let case = journal.case().map_err(meaning)?;
    let (_, facts) = case
        .access_in_force()
        .map_err(|rule| Error::new(ErrorKind::GateRefused, rule))?;
    let approved = facts.declared.as_deref().unwrap_or_default();
    let is_approved = |name: &&String| approved.iter().any(|one| one.eq_ignore_ascii_case(name));
    let Some(other) = names.iter().find(|name| !is_approved(name)) else {
        return Ok(());
    };
    let text = format!("{other}: the access plan in force does not declare that user");
    Err(Error::new(ErrorKind::GateRefused, text)
        .hint("`unbroken access propose --declared USER` has the office approved by somebody else"))
}

/// Whether the files that are given are those that the plan in force was made from; its name.
pub(crate) fn in_force(journal: &Journal, prepared: &Prepared) -> Result<String> {
    let case = journal.case().map_err(meaning)?;
    // The tenant may have been pinned, and a domain of it become known, since the plan was approved.
    guests::allowed(journal, &case, &prepared.map)?;
    let (data, facts) = case.access_in_force().map_err(|rule| {
        Error::new(ErrorKind::GateRefused, rule)
            .hint("`unbroken access propose`, `access approve` by somebody else, `access adopt`")
    })?;
    let same = |planned: &Option<String>, now: String| planned.as_deref() == Some(&*now);
    if !same(&facts.map, prepared.map_digest.to_string()) {
        let text = "the identity map changed since the access plan was approved";
        return Err(Error::new(ErrorKind::GateRefused, text)
            .hint("`unbroken access propose --amends OLD-MAP` has the changed rows approved"));
    }
    if !same(&facts.sidecar, prepared.sidecar_digest.to_string()) {
        let text = "the access sidecar is another than that of the approved access plan";
        return Err(Error::new(ErrorKind::GateRefused, text)
            .hint("`unbroken access propose --amends MAP` has another one approved"));
    }
    Ok(data.plan.clone())
}

/// Whether what this program would do for a custodian is, to the letter, what was approved.
pub(crate) fn expect_approved(
    journal: &Journal,
    plan: &str,
    prepared: &Prepared,
    (root, custodian): (ItemId, &Pseudonym),
) -> Result<()> {
    let sealed = journal.access_plan(plan).map_err(meaning)?;
    let mut parts = sealed.parts.iter();
    let part = parts.find(|part| part.subject == custodian.as_str());
    let approved = match part {
        Some(part) => journal.kept_access(Some(custodian), &part.object),
        None => Ok(None),
    };
    if approved.map_err(meaning)? == Some(lines(&self::part(prepared, root))) {
        return Ok(());
    }
    let text = format!("custodian {custodian}: what would be granted is not what was approved");
    Err(Error::new(ErrorKind::GateRefused, text)
        .hint("`unbroken access propose --amends MAP` asks for what this version would grant"))
}
