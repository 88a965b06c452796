//! Guests as steps: whom the approved map names is invited without a message, exactly once, and read back. What a guest may open
//! is the access plan's to say; the invitation is redeemed by the guest or by nobody.

use std::path::Path;

use super::super::patience::{patiently, until_there};
use super::super::sharing::queue::released_people;
use super::super::sharing::read_map;
use super::super::{meaning, new_pseudonym, target_meaning};
use super::{Tally, attempt, command, expect_kept_out, hold_one, reason};
use crate::domain::access::IdentityMap;
use crate::domain::case::{Case, IdentityCommand};
use crate::domain::event::{IdentityEnded, IdentityFacts, IdentityMade, MADE};
use crate::domain::identity::{GUEST, NOT_A_GUEST, approved_guests};
use crate::domain::notice::kept_out;
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::graph::Graph;

/// The guests of a map who are approved, there or by a release; one from the compromised tenant refuses it.
pub(crate) fn allowed(journal: &Journal, case: &Case, map: &IdentityMap) -> Result<Vec<String>> {
    let released = released_people(journal, case)?;
    approved_guests(map, &released, &kept_out(case)).map_err(|refused| {
        Error::new(ErrorKind::GateRefused, refused).hint(
            "whoever holds the old tenant would hold this guest: take the row out of the map, or \
             name an address elsewhere; nobody was invited or let in",
        )
    })
}

/// One who is to be invited.
struct Open {
    address: String,
    identity: Pseudonym,
    is_attempted: bool,
}

/// Invites whoever is approved and not there.
pub(crate) async fn invite(journal: &Journal, target: &Graph, map: &Path) -> Result<Tally> {
    let map = read_map(map)?;
    let case = journal.case().map_err(meaning)?;
    let addresses = allowed(journal, &case, &map)?;
    expect_approved(&case, &map)?;
    let mut tally = Tally::default();
    let mut open = Vec::new();
    for address in addresses {
        let known = case.identities.find(&address);
        if known.is_some_and(|(_, known)| known.made.is_some()) {
            tally.already += 1;
            continue;
        }
        let found = patiently(|| target.guest(&address)).await;
        let found = found.map_err(target_meaning)?;
        let is_ours = known.is_some_and(|(_, known)| known.is_open || known.failed.is_some());
        let identity = match known {
            Some((identity, _)) => identity.clone(),
            None => new_pseudonym()?,
        };
        match found {
            Some(found) if !found.is_guest => {
                tally.held += 1;
                let held = known.and_then(|(_, known)| known.held.as_deref());
                if held != Some(NOT_A_GUEST) {
                    hold_one(journal, identity, (GUEST, &address), NOT_A_GUEST).await?;
                }
            }
            Some(_) if !is_ours => tally.found += 1,
            _ => open.push(Open {
                is_attempted: known.is_some_and(|(_, known)| known.is_open),
                address,
                identity,
            }),
        }
    }
    if !open.is_empty() {
        expect_kept_out(&case, target).await?;
    }
    for one in &open {
        bring(journal, target, one, &mut tally).await?;
    }
    Ok(tally)
}

/// Nobody is invited by a map that nobody approved.
fn expect_approved(case: &Case, map: &IdentityMap) -> Result<()> {
    let in_force = case.grants.in_force.as_ref();
    let (_, facts) = in_force.ok_or_else(|| {
        Error::new(ErrorKind::GateRefused, "no access plan is in force").hint(
            "guests are approved with it: `unbroken access propose`, `access approve` by somebody \
             else, `access adopt`",
        )
    })?;
    if facts.map.as_deref() == Some(&*map.digest().to_string()) {
        return Ok(());
    }
    let text = "the map is not the one that the access plan in force was made with";
    Err(Error::new(ErrorKind::GateRefused, text)
        .hint("`unbroken access propose --amends OLD-MAP` has the changed rows approved"))
}

async fn bring(journal: &Journal, target: &Graph, one: &Open, tally: &mut Tally) -> Result<()> {
    if !one.is_attempted {
        attempt(journal, &one.identity, GUEST, &one.address).await?;
    }
    match invited(target, &one.address).await {
        Ok(object) => {
            tally.made += 1;
            let data = IdentityMade {
                how: MADE.to_owned(),
                identity: one.identity.clone(),
                licences: 0,
                members: 0,
                owners: 0,
            };
            let facts = IdentityFacts {
                name: Some(one.address.clone()),
                object: Some(object),
            };
            command(journal, IdentityCommand::Make(data, facts)).await
        }
        Err(reason) => {
            tally.failed += 1;
            let ended = IdentityEnded {
                identity: one.identity.clone(),
                kind: GUEST.to_owned(),
                reason,
            };
            command(journal, IdentityCommand::Fail(ended)).await
        }
    }
}

/// Whoever is there by now was invited by a try whose answer was lost. What came of it is read back, never taken from the answer.
async fn invited(target: &Graph, address: &str) -> std::result::Result<String, String> {
    patiently(|| async {
        match target.guest(address).await? {
            Some(_) => Ok(()),
            None => target.invite_guest(address).await.map(drop),
        }
    })
    .await
    .map_err(reason)?;
    let found = until_there(|| target.guest(address))
        .await
        .map_err(reason)?;
    let found = found.ok_or_else(|| "account-not-there".to_owned())?;
    if !found.is_guest {
        return Err(NOT_A_GUEST.to_owned());
    }
    Ok(found.id)
}
