//! Who is in the sites that a plan writes into: each of them was seen before the plan was approved, or is not there yet. Looked at
//! before the first byte of a run and after its last.

use std::collections::BTreeSet;

use super::patience::patiently;
use super::{meaning, target_meaning, waving};
use crate::domain::case::{Case, CaseCommand, SiteCommand, is_site};
use crate::domain::event::{PeopleInside, PlacesSeen, PlacesSeenFacts, Wave};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::{Target, TargetUser};

/// So many names stand in one event.
const NAMES_MAX: usize = 200;

/// What a refusal means here, and what to do first.
fn refused(refusal: Refusal) -> Error {
    let hint = match &refusal {
        Refusal::SiteNotSeen(_) => {
            "`unbroken target site` looks at it and records who is in; nothing was planned"
        }
        Refusal::SiteOpen(_) => {
            "close it (an administrator does), and look again with `unbroken target site`; what \
             the source allowed is not known, so nothing wider than closed is right"
        }
        _ => return meaning(refusal.into()),
    };
    Error::new(ErrorKind::GateRefused, refusal).hint(hint)
}

fn sites<'a>(
    case: &'a Case,
    people: impl Iterator<Item = &'a Pseudonym>,
) -> impl Iterator<Item = &'a Pseudonym> {
    people.filter(|custodian| {
        let known = case.custodians.get(*custodian);
        known.is_some_and(|known| known.is_mapped && is_site(&known.facts))
    })
}

/// Before anything is planned: each site was looked at, is closed to the outside, and how many are in it.
pub(super) fn expect_seen<'a>(
    case: &'a Case,
    people: impl Iterator<Item = &'a Pseudonym>,
) -> Result<PeopleInside> {
    let mut inside = PeopleInside::default();
    let mut seen = BTreeSet::new();
    for custodian in sites(case, people) {
        case.check_place(custodian).map_err(refused)?;
        let Some((address, site)) = case.sites.of(&case.custodians[custodian].facts) else {
            continue;
        };
        if seen.insert(address) {
            inside.places += 1;
            match &site.inside {
                Some(names) => inside.people += names.len() as u64,
                None => inside.unseen += 1,
            }
        }
    }
    Ok(inside)
}

/// What whoever approves a plan has to know of the sites that it writes into, one line each.
pub(crate) fn warnings(case: &Case, plan: &str) -> Vec<String> {
    let inside = case.plans.get(plan).and_then(|made| made.inside);
    let narrower = inside.and_then(|inside| inside.narrower);
    let mut seen = BTreeSet::new();
    let mut lines = Vec::new();
    for known in case.custodians.values().filter(|known| known.is_mapped) {
        let Some((address, site)) = case.sites.planned(plan, &known.facts) else {
            continue;
        };
        if !seen.insert(address.to_owned()) {
            continue;
        }
        let early = site.early.as_ref();
        let early = early.map_or_else(String::new, |why| format!("; members are in because {why}"));
        lines.push(match &site.inside {
            Some(names) => format!("{address}: {}{early}", in_it(names.len() as u64, narrower)),
            None => format!("{address}: who is in it could not be seen{early}"),
        });
    }
    lines
}

/// How many see what goes in.
fn in_it(people: u64, narrower: Option<u64>) -> String {
    let who = match people {
        1 => "1 person is in this site and sees all that goes in".to_owned(),
        _ => format!("{people} people are in this site and see all that goes in"),
    };
    let listed = match narrower {
        None => "no list says who could",
        Some(_) => "what a list of access calls narrower is held where they are several",
    };
    format!("{who}; {listed}")
}

/// Looks who is in the sites of a wave, and records it. Somebody whom the plan did not know of when it was approved stops it:
/// before the first byte nothing begins, after the last the wave stays open until it is explained.
pub(super) async fn look<T: Target>(
    journal: &Journal,
    target: &T,
    wave: &Wave,
    begins: bool,
) -> Result<()> {
    let case = journal.case().map_err(meaning)?;
    if sites(&case, case.custodians.keys()).next().is_none() {
        return Ok(());
    }
    let people = waving::sums(journal, &wave.plan)?;
    let people = people.get(&wave.wave).map(|(_, people)| people.clone());
    let people = people.unwrap_or_default();
    let mut found = PlacesSeen {
        begins,
        plan: wave.plan.clone(),
        wave: wave.wave,
        ..PlacesSeen::default()
    };
    let (mut looked, mut strangers) = (BTreeSet::new(), Vec::new());
    for custodian in sites(&case, people.iter()) {
        case.check_place(custodian).map_err(refused)?;
        let facts = &case.custodians[custodian].facts;
        let planned = case.sites.planned(&wave.plan, facts);
        let (address, planned) = planned.ok_or_else(|| not_planned(custodian))?;
        if !looked.insert(address) {
            continue;
        }
        let site = TargetUser {
            id: facts.target_user_id.clone().unwrap_or_default(),
            user_principal_name: facts.target_upn.clone().unwrap_or_default(),
        };
        let group = planned.group.as_deref();
        let inside = patiently(|| target.inside(&site, group)).await;
        found.places += 1;
        let Some(inside) = inside.map_err(target_meaning)? else {
            found.unseen += 1;
            continue;
        };
        found.people += inside.len() as u64;
        // Nobody could see who was in when it was planned: whoever is in now was approved by nobody.
        let known = planned.inside.clone().unwrap_or_default();
        let new = inside.difference(&known);
        strangers.extend(new.map(|who| format!("{who} in {address}")));
    }
    if looked.is_empty() {
        return Ok(());
    }
    found.strangers = strangers.len() as u64;
    let refusal = strange(&strangers, begins);
    strangers.truncate(NAMES_MAX);
    let facts = PlacesSeenFacts {
        strangers: Some(strangers).filter(|names| !names.is_empty()),
    };
    let command = CaseCommand::Site(SiteCommand::Look(found, facts));
    journal.command(command).await.map_err(meaning)?;
    refusal
}

fn strange(strangers: &[String], begins: bool) -> Result<()> {
    let Some(first) = strangers.first() else {
        return Ok(());
    };
    let text = format!(
        "{} people are in sites of this wave whom its plan did not know of when it was approved, \
         the first is {first}",
        strangers.len()
    );
    Err(if begins {
        Error::new(ErrorKind::GateRefused, text).hint(
            "nothing was written: take them out; or `unbroken target site` looks again, and \
             another plan is made and approved",
        )
    } else {
        Error::new(ErrorKind::Incomplete, text).hint(
            "they see what was restored: take them out, then `unbroken restore` ends the wave",
        )
    })
}

fn not_planned(custodian: &Pseudonym) -> Error {
    let text = format!("custodian {custodian}: nobody looked at its site before the plan was made");
    Error::new(ErrorKind::GateRefused, text).hint(
        "`unbroken plan make` makes another plan, which says who is in the site; nothing was \
         written",
    )
}
