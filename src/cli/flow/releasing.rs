//! Releases as steps: held items are asked for by one, approved by two others, and written by the next restore.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use unbroken_ledger::Hash;

use super::{custodians, meaning, planning};
use crate::clock::{Clock, SystemClock};
use crate::domain::approval::Approval;
use crate::domain::case::{CaseCommand, ContentCommand};
use crate::domain::content::release::{ITEMS_MAX, ItemsReleased, RELEASABLE, ReleaseFacts, words};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::projections::approvals::Approvals;
use crate::projections::content::{ContentView, HeldItem};

/// The heading of releases.
pub(crate) const SCOPE: &str = "release";

/// Which held items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    /// Of whom.
    pub(crate) custodian: Option<String>,
    /// These; all that match the rest when none is named.
    pub(crate) items: Vec<String>,
    /// Held for this.
    pub(crate) reason: Option<String>,
}

/// What is asked for, as it goes from hand to hand: everything that is approved stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Whose items.
    pub(crate) custodian: Pseudonym,
    /// The items, sorted.
    pub(crate) items: Vec<Pseudonym>,
    /// The proposal.
    pub(crate) proposal: String,
    /// What is let pass, sorted.
    pub(crate) reasons: Vec<String>,
    /// What was looked at and found, or the content that the plan holds, item by item; empty where neither is known.
    pub(crate) sights: Vec<String>,
    /// Why.
    pub(crate) why: String,
}

impl Asked {
    fn digest(&self) -> Hash {
        let words = words(
            &self.custodian,
            &self.items,
            &self.sights,
            &self.reasons,
            &self.why,
        );
        Hash::of(words.as_bytes())
    }
}

/// What is held and matches, in the order of the record.
pub(crate) fn held(journal: &Journal, choice: &Choice) -> Result<Vec<HeldItem>> {
    let case = journal.case().map_err(meaning)?;
    let custodian = choice.custodian.as_deref();
    let custodian = custodian
        .map(|name| custodians::find(&case, name))
        .transpose()?;
    let view = ContentView::load(journal).map_err(meaning)?;
    for wanted in &choice.items {
        let is_held = view.held.keys().any(|item| item.as_str() == wanted);
        if !is_held {
            return Err(
                Error::new(ErrorKind::GateRefused, Refusal::NotHeld(wanted.clone()))
                    .hint("`unbroken release list` names what is held"),
            );
        }
    }
    let matches = |held: &HeldItem| {
        let is_theirs = custodian.as_ref().is_none_or(|own| *own == held.custodian);
        let is_named = choice.items.is_empty()
            || choice
                .items
                .iter()
                .any(|wanted| held.item.as_str() == wanted);
        let is_for_it = choice
            .reason
            .as_ref()
            .is_none_or(|reason| *reason == held.reason);
        is_theirs && is_named && is_for_it
    };
    let mut found: Vec<HeldItem> = view.held.into_values().filter(matches).collect();
    found.sort_by_key(|held| held.index);
    Ok(found)
}

/// Asks for a release of what matches.
pub(crate) fn propose(journal: &Journal, choice: &Choice, why: &str, hours: i64) -> Result<Asked> {
    let found = held(journal, choice)?;
    let refused = |text: String| Error::new(ErrorKind::GateRefused, text);
    let Some(first) = found.first() else {
        return Err(refused("nothing that is held matches".to_owned())
            .hint("`unbroken release list` names what is held"));
    };
    if found.iter().any(|held| held.custodian != first.custodian) {
        return Err(refused("a release is of one custodian's items".to_owned())
            .hint("--custodian says whose"));
    }
    if found.len() > ITEMS_MAX {
        return Err(refused(format!(
            "{} items match, and a release has {ITEMS_MAX} at most",
            found.len()
        ))
        .hint("name them with --item, or a reason with --reason"));
    }
    let reasons: BTreeSet<String> = found.iter().flat_map(|held| held.reasons.clone()).collect();
    let never = reasons
        .iter()
        .find(|reason| !RELEASABLE.contains(&&***reason));
    if let Some(never) = never {
        return Err(refused(Refusal::NeverReleased(never.clone()).to_string())
            .hint("`unbroken release list` says which of them may be released"));
    }
    let custodian = first.custodian.clone();
    let (items, sights) = seen(found);
    let mut asked = Asked {
        custodian,
        items,
        proposal: String::new(),
        reasons: reasons.into_iter().collect(),
        sights,
        why: why.to_owned(),
    };
    let now = SystemClock.now();
    let expires = planning::expiry(now, TimeDelta::hours(hours))?;
    let receipt = journal
        .propose(&asked.digest(), SCOPE, expires)
        .map_err(meaning)?;
    asked.proposal = receipt.leaf.to_string();
    Ok(asked)
}

/// The items, sorted, and what was looked at and found in each.
fn seen(mut held: Vec<HeldItem>) -> (Vec<Pseudonym>, Vec<String>) {
    held.sort_by(|one, other| one.item.cmp(&other.item));
    let held = held.into_iter();
    held.map(|one| (one.item, one.sight.unwrap_or_default()))
        .unzip()
}

/// Reads what was asked for; its proposal must be of exactly that.
pub(crate) fn read(journal: &Journal, bytes: &[u8]) -> Result<(Asked, Hash, Approval)> {
    let asked: Asked = serde_json::from_slice(bytes)
        .map_err(|error| Error::failed(error).while_doing("not a request for a release"))?;
    let refused = |text: &str| {
        Error::new(ErrorKind::VerificationFailed, text.to_owned())
            .hint("ask for it again; sign nothing of it")
    };
    let name = Hash::parse(&asked.proposal).ok_or_else(|| refused("it names no proposal"))?;
    let known = Approvals::load(journal).map_err(meaning)?;
    let proposal = known.proposals.get(&name);
    let proposal = proposal.filter(|known| known.scope == SCOPE);
    let proposal = proposal.ok_or_else(|| refused("the record has no such proposal"))?;
    if proposal.digest != asked.digest().to_string() {
        return Err(refused(
            "the file asks for something else than what was proposed",
        ));
    }
    // Whoever approves is shown what is held now: it has to be what is asked for.
    let choice = Choice {
        items: asked.items.iter().map(ToString::to_string).collect(),
        ..Choice::default()
    };
    if seen(held(journal, &choice)?) != (asked.items.clone(), asked.sights.clone()) {
        return Err(refused(
            "what was found in the items is no longer what was found when it was asked for",
        ));
    }
    let expires = proposal.expires.parse();
    let approval = Approval {
        proposal: asked.proposal.clone(),
        digest: proposal.digest.clone(),
        requester: proposal.requester.clone(),
        approved: proposal.approved.clone(),
        rejected: proposal.rejected.clone(),
        expires: expires.map_err(|_| refused("the proposal does not say when it ends"))?,
        is_used: proposal.used_by.is_some(),
    };
    Ok((asked, name, approval))
}

/// Puts it on the record: the next restore writes the items.
pub(crate) async fn apply(journal: &Journal, asked: Asked, approval: Approval) -> Result<()> {
    let data = ItemsReleased {
        custodian: asked.custodian.clone(),
        digest: asked.digest().to_string(),
        items: asked.items,
        proposal: asked.proposal,
        reasons: asked.reasons,
        sights: asked.sights,
    };
    let facts = ReleaseFacts {
        why: Some(asked.why),
    };
    let command = ContentCommand::Release(data, facts, approval);
    let command = CaseCommand::Content(Box::new(command), SystemClock.now());
    journal.command(command).await.map_err(meaning)?;
    Ok(())
}
