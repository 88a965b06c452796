//! Addresses and user principal names, swapped into the domain or given back, one user after the other; each is read back.

use serde_json::json;

use super::super::meaning;
use super::{Came, Wanted, command};
use crate::domain::case::Case;
use crate::domain::domain_move::{Move, MoveCommand};
use crate::domain::event::{AddressFacts, AddressSwapAttempted, AddressSwapped};
use crate::domain::pseudonym::Pseudonym;
use crate::error::Result;
use crate::journal::Journal;
use crate::targets::Target;
use crate::targets::graph::Graph;

/// One user, and the address that is wanted.
struct User {
    custodian: Pseudonym,
    id: String,
    wanted: String,
}

/// Whom a step is about: those mapped whose old address lies in the domain, or those who have their address in it.
fn users(case: &Case, of: &Move, wanted: &Wanted) -> Vec<User> {
    let ending = format!("@{}", wanted.domain.to_lowercase());
    let known = case.custodians.iter().filter(|(_, known)| known.is_mapped);
    let users = known.filter_map(|(custodian, known)| {
        let (id, old) = (
            known.facts.target_user_id.clone()?,
            known.facts.source_name.clone()?,
        );
        let address = if wanted.undo {
            of.swapped.get(custodian)?.clone()?
        } else {
            let is_new = !of.swapped.contains_key(custodian);
            Some(old).filter(|old| is_new && old.to_lowercase().ends_with(&ending))?
        };
        Some(User {
            custodian: custodian.clone(),
            id,
            wanted: address,
        })
    });
    users.collect()
}

/// Swaps everybody; one who fails does not stop the others.
pub(super) async fn all(
    journal: &Journal,
    graph: &Graph,
    (wanted, name): (&Wanted, &Pseudonym),
    of: &Move,
) -> Result<Came> {
    let case = journal.case().map_err(meaning)?;
    let mut failed = Vec::new();
    let mut count = 0;
    for user in users(&case, of, wanted) {
        count += 1;
        if let Err(error) = one(journal, graph, (wanted, name), &user).await {
            let why = error.lines().join(": ");
            failed.push(json!({ "custodian": user.custodian, "why": why }));
        }
    }
    ended(journal, (wanted, name), count, &failed).await
}

async fn ended(
    journal: &Journal,
    (wanted, name): (&Wanted, &Pseudonym),
    count: usize,
    failed: &[serde_json::Value],
) -> Result<Came> {
    let why = format!(
        "{} of {count} users do not have their address",
        failed.len()
    );
    let done = failed.is_empty();
    let seen = json!({ "users": count, "failed": failed });
    // Whoever has no outcome at all keeps the step under way.
    wanted.end(journal, name, (done, &seen)).await?;
    Ok(Came {
        done,
        records: Vec::new(),
        why: (!done).then_some(why),
    })
}

async fn one(
    journal: &Journal,
    graph: &Graph,
    (wanted, name): (&Wanted, &Pseudonym),
    user: &User,
) -> Result<()> {
    let now = address(graph, &user.id).await?;
    // Changed by an attempt whose end was not seen: what it was before is what the map says, or the way back would be lost.
    let is_changed = !wanted.undo && now.eq_ignore_ascii_case(&user.wanted);
    let before = if is_changed {
        mapped(&journal.case().map_err(meaning)?, user).unwrap_or(now)
    } else {
        now
    };
    let facts = AddressFacts {
        wanted: Some(user.wanted.clone()),
        before: Some(before.clone()),
    };
    let attempt = AddressSwapAttempted {
        custodian: user.custodian.clone(),
        domain: name.clone(),
        undo: wanted.undo,
    };
    command(journal, MoveCommand::AttemptSwap(attempt, facts.clone())).await?;
    let called = if is_changed || before.eq_ignore_ascii_case(&user.wanted) {
        Ok(())
    } else {
        graph.rename_user(&user.id, &user.wanted).await
    };
    let now = address(graph, &user.id).await?;
    let done = now.eq_ignore_ascii_case(&user.wanted);
    say(journal, (wanted, name), (user, done), facts).await?;
    match called {
        Err(error) if !done => Err(super::super::target_meaning(error)),
        _ if !done => Err(crate::error::Error::failed("the user has another address")),
        _ => Ok(()),
    }
}

async fn say(
    journal: &Journal,
    (wanted, name): (&Wanted, &Pseudonym),
    (user, done): (&User, bool),
    facts: AddressFacts,
) -> Result<()> {
    let ended = AddressSwapped {
        custodian: user.custodian.clone(),
        domain: name.clone(),
        done,
        undo: wanted.undo,
    };
    command(journal, MoveCommand::EndSwap(ended, facts)).await
}

/// The address that the user was mapped by.
fn mapped(case: &Case, user: &User) -> Option<String> {
    let known = case.custodians.get(&user.custodian)?;
    known.facts.target_upn.clone()
}

async fn address(graph: &Graph, id: &str) -> Result<String> {
    let found = graph.user(id).await.map_err(super::super::target_meaning)?;
    let found = found.map(|user| user.user_principal_name);
    found.ok_or_else(|| crate::error::Error::failed("the user is not in the clean tenant any more"))
}

/// After a crash: whoever was under way has the address or has not.
pub(super) async fn read_back(
    journal: &Journal,
    graph: &Graph,
    (wanted, name): (&Wanted, &Pseudonym),
    of: &Move,
) -> Result<Came> {
    let case = journal.case().map_err(meaning)?;
    let all = users(&case, of, wanted);
    let mut failed = Vec::new();
    for user in &all {
        if !of.swapping.contains_key(&user.custodian) {
            failed.push(json!({ "custodian": user.custodian, "why": "not begun" }));
            continue;
        }
        let done = address(graph, &user.id)
            .await?
            .eq_ignore_ascii_case(&user.wanted);
        let facts = AddressFacts {
            wanted: Some(user.wanted.clone()),
            before: mapped(&case, user),
        };
        say(journal, (wanted, name), (user, done), facts).await?;
        if !done {
            failed.push(json!({ "custodian": user.custodian, "why": "interrupted" }));
        }
    }
    ended(journal, (wanted, name), all.len(), &failed).await
}
