//! Identities as steps: made in the clean tenant under intents, exactly once; proofed, let in by a one-use pass.

pub(crate) mod guests;
pub(crate) mod seen;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use secrecy::SecretString;
use unbroken_ledger::random;
use zeroize::Zeroizing;

use super::patience::{patiently, until_there};
use super::{meaning, new_pseudonym, target_meaning};
use crate::clock::{Clock, SystemClock};
use crate::domain::baseline::{POLICIES, keeps_users_out};
use crate::domain::case::{Case, CaseCommand, Identity, IdentityCommand};
use crate::domain::event::{
    IdentityAttempted, IdentityConfirmed, IdentityEnded, IdentityFacts, IdentityMade,
    IdentityProofed, MADE, Pass, ProofedFacts,
};
use crate::domain::evidence::Answer;
use crate::domain::identity::{Licence, THERE_BEFORE, Wanted, WantedKind, parse_wanted, shortfall};
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::graph::{Graph, GroupList, NewGroup, NewUser};
use crate::targets::{Target, TargetError};

/// Larger than any directory that a person could have looked through.
const FILE_BYTES_MAX: usize = 64 << 20;
/// References that one request binds.
const BIND_MAX: usize = 20;

impl Open<'_> {
    /// Whether somebody would be there who was not.
    fn lets_in(&self) -> bool {
        self.wanted.kind == WantedKind::User && self.there.is_none()
    }

    /// Whether somebody has the name whom we did not make.
    fn was_there(&self) -> bool {
        // A shared mailbox that somebody can sign in to fails, and is said to.
        let is_open = self.wanted.kind == WantedKind::SharedMailbox && self.is_enabled;
        !is_open && self.there.as_ref().is_some_and(|(_, is_ours)| !is_ours)
    }
}

/// What came of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) made: u64,
    /// There before, and left as they are.
    pub(crate) found: u64,
    /// Made by an earlier run.
    pub(crate) already: u64,
    pub(crate) held: u64,
    pub(crate) failed: u64,
}

/// Reads the file of identities.
pub(crate) fn read(path: &Path) -> Result<Vec<Wanted>> {
    let bytes = super::super::exchange::read(path, FILE_BYTES_MAX)?;
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::failed(error).while_doing(path.display().to_string()))?;
    parse_wanted(&text)
        .map_err(|error| Error::failed(error).while_doing(path.display().to_string()))
}

async fn command(journal: &Journal, command: IdentityCommand) -> Result<()> {
    let command = CaseCommand::Identity(Box::new(command), SystemClock.now());
    journal.command(command).await.map_err(meaning)?;
    Ok(())
}

/// One to be made: what is wanted of it beside what is there already.
struct Open<'a> {
    wanted: &'a Wanted,
    identity: Pseudonym,
    is_attempted: bool,
    /// Whoever has the name, and whether we made it.
    there: Option<(String, bool)>,
    /// Whether anybody may sign in to what is there.
    is_enabled: bool,
    /// Ids of the licences that it has.
    has: Vec<String>,
}

/// Makes what is wanted and not there. Licences are counted before the first write; one that fails does not stop the others.
pub(crate) async fn make(journal: &Journal, target: &Graph, wanted: &[Wanted]) -> Result<Tally> {
    let case = journal.case().map_err(meaning)?;
    let licences = patiently(|| target.licences())
        .await
        .map_err(target_meaning)?;
    let mut tally = Tally::default();
    let mut open = Vec::new();
    let mut held = Vec::new();
    for one in wanted {
        let known = case.identities.find(&one.name);
        if known.is_some_and(|(_, known)| known.made.is_some()) {
            tally.already += 1;
        } else if let Some(reason) = one.held() {
            tally.held += 1;
            if known.is_none() {
                held.push((one, reason));
            }
        } else {
            open.push(look(target, one, known).await?);
        }
    }
    expect_licences(&open, &licences)?;
    if open.iter().any(Open::lets_in) {
        expect_kept_out(&case, target).await?;
    }
    for (one, reason) in held {
        hold(journal, one, new_pseudonym()?, reason).await?;
    }
    // Nobody approved an account that somebody else made: it is named, and nothing rests on it.
    let (there_before, open): (Vec<_>, Vec<_>) = open.into_iter().partition(Open::was_there);
    for one in there_before {
        tally.found += 1;
        let known = case.identities.known.get(&one.identity);
        if known.is_none_or(|known| known.held.as_deref() != Some(THERE_BEFORE)) {
            hold(journal, one.wanted, one.identity, THERE_BEFORE).await?;
        }
    }
    let mut objects = objects(&case.identities.known);
    for one in &open {
        if !one.is_attempted {
            let kind = one.wanted.kind.name();
            attempt(journal, &one.identity, kind, &one.wanted.name).await?;
        }
        match bring(target, one, &licences, &objects).await {
            Ok(brought) => {
                objects.insert(one.wanted.name.to_ascii_lowercase(), brought.object.clone());
                tally.made += 1;
                let facts = IdentityFacts {
                    name: Some(one.wanted.name.clone()),
                    object: Some(brought.object),
                };
                command(journal, IdentityCommand::Make(brought.data, facts)).await?;
            }
            Err(reason) => {
                tally.failed += 1;
                let ended = IdentityEnded {
                    identity: one.identity.clone(),
                    kind: one.wanted.kind.name().to_owned(),
                    reason,
                };
                command(journal, IdentityCommand::Fail(ended)).await?;
            }
        }
    }
    Ok(tally)
}

/// The object ids of what was made before, by name.
fn objects(known: &BTreeMap<Pseudonym, Identity>) -> BTreeMap<String, String> {
    let made = known.values().filter(|one| one.made.is_some());
    made.filter_map(|one| {
        let name = one.facts.name.as_deref()?.to_ascii_lowercase();
        Some((name, one.facts.object.clone()?))
    })
    .collect()
}

async fn look<'a>(
    target: &Graph,
    wanted: &'a Wanted,
    known: Option<(&Pseudonym, &Identity)>,
) -> Result<Open<'a>> {
    let identity = match known {
        Some((identity, _)) => identity.clone(),
        None => new_pseudonym()?,
    };
    let mut open = Open {
        wanted,
        is_attempted: known.is_some_and(|(_, known)| known.is_open),
        identity,
        there: None,
        is_enabled: false,
        has: Vec::new(),
    };
    if wanted.kind.is_account() {
        let found = patiently(|| target.identity_user(&wanted.name)).await;
        if let Some(found) = found.map_err(target_meaning)? {
            let is_ours = found.mark.as_deref() == Some(&*mark(&open.identity));
            open.there = Some((found.id, is_ours));
            open.is_enabled = found.is_enabled;
            open.has = found.licences;
        }
    }
    Ok(open)
}

/// What the tenant knows it by. It says nothing of anybody: the pseudonym is random.
fn mark(identity: &Pseudonym) -> String {
    format!("unbroken-{identity}")
}

/// A user who is enabled could come in. Before trust is certified a policy has to keep everybody out.
async fn expect_kept_out(case: &Case, target: &Graph) -> Result<()> {
    if case.gates.check_trust(SystemClock.now()).is_ok() {
        return Ok(());
    }
    let is_kept_out = match target.read(POLICIES).await {
        Answer::Said { body, .. } => keeps_users_out(&body),
        Answer::Nothing | Answer::NotHad(_) => false,
    };
    if is_kept_out {
        return Ok(());
    }
    let text = "no conditional access policy was seen that keeps every user out until trust";
    Err(Error::new(ErrorKind::GateRefused, text).hint(
        "one that blocks all users from all apps, administrators left out by name; \
         the application needs Policy.Read.All to see it; nothing was made",
    ))
}

fn expect_licences(open: &[Open<'_>], licences: &[Licence]) -> Result<()> {
    let needed: Vec<Wanted> = open
        .iter()
        // Whoever was there before is left as they are.
        .filter(|one| one.there.as_ref().is_none_or(|(_, is_ours)| *is_ours))
        .map(|one| {
            let mut wanted = one.wanted.clone();
            wanted.licences = missing(one, licences).map(|part| part.0).collect();
            wanted
        })
        .collect();
    let short = shortfall(&needed.iter().collect::<Vec<_>>(), licences);
    if short.is_empty() {
        return Ok(());
    }
    let short: Vec<String> = short
        .iter()
        .map(|(part, needed, free)| format!("{part}: {needed} needed, {free} free"))
        .collect();
    let text = format!(
        "the clean tenant has too few licences: {}",
        short.join("; ")
    );
    Err(Error::new(ErrorKind::GateRefused, text)
        .hint("buy them, or take them out of the file; nothing was made"))
}

/// The licences that it does not have, by part number and id; an unknown one has no id.
fn missing<'a>(
    one: &'a Open<'_>,
    licences: &'a [Licence],
) -> impl Iterator<Item = (String, Option<String>)> + 'a {
    one.wanted.licences.iter().filter_map(|part| {
        let known = licences.iter().find(|known| known.part == *part);
        let sku = known.map(|known| known.sku.clone());
        let has = sku.as_ref().is_some_and(|sku| one.has.contains(sku));
        (!has).then(|| (part.clone(), sku))
    })
}

async fn attempt(journal: &Journal, identity: &Pseudonym, kind: &str, name: &str) -> Result<()> {
    let data = IdentityAttempted {
        identity: identity.clone(),
        kind: kind.to_owned(),
    };
    let facts = IdentityFacts {
        name: Some(name.to_owned()),
        object: None,
    };
    command(journal, IdentityCommand::Attempt(data, facts)).await
}

async fn hold(journal: &Journal, wanted: &Wanted, identity: Pseudonym, reason: &str) -> Result<()> {
    hold_one(
        journal,
        identity,
        (wanted.kind.name(), &wanted.name),
        reason,
    )
    .await
}

async fn hold_one(
    journal: &Journal,
    identity: Pseudonym,
    (kind, name): (&str, &str),
    reason: &str,
) -> Result<()> {
    let data = IdentityEnded {
        identity,
        kind: kind.to_owned(),
        reason: reason.to_owned(),
    };
    let facts = IdentityFacts {
        name: Some(name.to_owned()),
        object: None,
    };
    command(journal, IdentityCommand::Hold(data, facts)).await
}

/// What was brought about.
struct Brought {
    object: String,
    data: IdentityMade,
}

/// Why it was not; the word that the record carries.
fn reason(error: TargetError) -> String {
    if error.code.is_empty() {
        return format!("status-{}", error.status);
    }
    error.code
}

async fn bring(
    target: &Graph,
    one: &Open<'_>,
    licences: &[Licence],
    objects: &BTreeMap<String, String>,
) -> std::result::Result<Brought, String> {
    if one.wanted.kind.is_account() {
        bring_account(target, one, licences).await
    } else {
        bring_group(target, one, objects).await
    }
}

async fn bring_account(
    target: &Graph,
    one: &Open<'_>,
    licences: &[Licence],
) -> std::result::Result<Brought, String> {
    let mut data = IdentityMade {
        how: MADE.to_owned(),
        identity: one.identity.clone(),
        licences: 0,
        members: 0,
        owners: 0,
    };
    // Whoever knew the password of an account that was there before could come in to what several people read.
    let is_shared = one.wanted.kind == WantedKind::SharedMailbox;
    if is_shared && one.there.is_some() && one.is_enabled {
        return Err("sign-in-not-blocked".to_owned());
    }
    let object = match &one.there {
        Some((id, true)) => id.clone(),
        Some((_, false)) => return Err(THERE_BEFORE.to_owned()),
        None => make_account(target, one).await?,
    };
    let skus: Vec<String> = missing(one, licences).filter_map(|(_, sku)| sku).collect();
    if !skus.is_empty() {
        let assigned = patiently(|| target.assign_licences(&object, &skus)).await;
        assigned.map_err(reason)?;
    }
    data.licences = one.wanted.licences.len() as u64;
    Ok(Brought { object, data })
}

/// One that the tenant made and did not answer for is found by its mark, and is not made twice.
async fn make_account(target: &Graph, one: &Open<'_>) -> std::result::Result<String, String> {
    let mark = mark(&one.identity);
    let password = password().map_err(|_| "no-randomness".to_owned())?;
    let user = NewUser {
        name: &one.wanted.name,
        display_name: &one.wanted.display_name,
        usage_location: &one.wanted.usage_location,
        is_enabled: one.wanted.kind == WantedKind::User,
        mark: &mark,
        password: &password,
    };
    let made = patiently(|| async {
        match target.make_user(&user).await {
            Ok(made) => Ok(made.0),
            Err(error) => match target.identity_user(user.name).await {
                Ok(Some(found)) if found.mark.as_deref() == Some(&*mark) => Ok(found.id),
                _ => Err(error),
            },
        }
    });
    let object = made.await.map_err(reason)?;
    if !user.is_enabled {
        expect_blocked(target, user.name).await?;
    }
    Ok(object)
}

/// What the tenant was asked is not what it did: only reading back says that nobody may sign in.
async fn expect_blocked(target: &Graph, name: &str) -> std::result::Result<(), String> {
    let found = until_there(|| target.identity_user(name)).await;
    let found = found.map_err(reason)?;
    let found = found.ok_or_else(|| "account-not-there".to_owned())?;
    if found.is_enabled {
        return Err("sign-in-not-blocked".to_owned());
    }
    Ok(())
}

/// A password that nobody is told and nothing keeps: whoever comes in does so by a pass.
fn password() -> Result<SecretString> {
    let bytes: Zeroizing<[u8; 33]> = Zeroizing::new(random::array().map_err(Error::failed)?);
    let random = Zeroizing::new(Base64UrlUnpadded::encode_string(&*bytes));
    // Each kind of letter that a tenant's rule may ask for.
    Ok(SecretString::from(format!("aA1-{}", &*random)))
}

async fn bring_group(
    target: &Graph,
    one: &Open<'_>,
    objects: &BTreeMap<String, String>,
) -> std::result::Result<Brought, String> {
    let owners = resolve(target, &one.wanted.owners, objects).await?;
    let members = resolve(target, &one.wanted.members, objects).await?;
    let mark = mark(&one.identity);
    let bound: Vec<String> = owners.iter().take(BIND_MAX).cloned().collect();
    let group = NewGroup {
        name: &one.wanted.name,
        display_name: &one.wanted.display_name,
        mark: &mark,
        is_unified: one.wanted.kind == WantedKind::UnifiedGroup,
        owners: &bound,
    };
    let made = patiently(|| async {
        match target.find_group(&mark).await? {
            Some(id) => Ok(id),
            None => target.make_group(&group).await.map(|id| id.0),
        }
    });
    let object = made.await.map_err(reason)?;
    for (list, wanted) in [(GroupList::Owners, &owners), (GroupList::Members, &members)] {
        fill(target, &object, list, wanted).await?;
    }
    Ok(Brought {
        object,
        data: IdentityMade {
            how: MADE.to_owned(),
            identity: one.identity.clone(),
            licences: 0,
            members: members.len() as u64,
            owners: owners.len() as u64,
        },
    })
}

async fn resolve(
    target: &Graph,
    names: &[String],
    objects: &BTreeMap<String, String>,
) -> std::result::Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    for name in names {
        if let Some(object) = objects.get(&name.to_ascii_lowercase()) {
            found.insert(object.clone());
            continue;
        }
        // A group that could not be made is nobody to be put in.
        let user = if name.contains('@') {
            patiently(|| target.user(name)).await.map_err(reason)?
        } else {
            None
        };
        let user = user.ok_or_else(|| "member-not-there".to_owned())?;
        found.insert(user.id);
    }
    Ok(found)
}

/// Puts in who is missing. Somebody too many is not taken out but said: whoever is in a group gets what the group gets.
async fn fill(
    target: &Graph,
    group: &str,
    list: GroupList,
    wanted: &BTreeSet<String>,
) -> std::result::Result<(), String> {
    // A group that was made a moment ago is not there yet for everybody.
    let there = until_there(|| target.group_list(group, list)).await;
    let there = there.map_err(reason)?;
    let there: BTreeSet<String> = there
        .ok_or_else(|| "group-not-there".to_owned())?
        .into_iter()
        .collect();
    if there.iter().any(|object| !wanted.contains(object)) {
        return Err("somebody-too-many".to_owned());
    }
    for object in wanted.difference(&there) {
        let added = patiently(|| target.add_to_group(group, list, object)).await;
        added.map_err(reason)?;
    }
    Ok(())
}

/// The identity of a name, as a user that was made.
pub(crate) fn user(journal: &Journal, name: &str) -> Result<(Pseudonym, Identity)> {
    let case = journal.case().map_err(meaning)?;
    let found = case.identities.find(name);
    let found = found.filter(|(_, one)| one.made.is_some() && one.kind == "user");
    let (identity, one) = found.ok_or_else(|| {
        Error::failed(format!("{name}: no user that this case made"))
            .hint("`unbroken identity list` names them")
    })?;
    Ok((identity.clone(), one.clone()))
}

/// Records that somebody made sure who a user is.
pub(crate) async fn proof(
    journal: &Journal,
    name: &str,
    method: &str,
    facts: ProofedFacts,
) -> Result<()> {
    let (identity, _) = user(journal, name)?;
    let data = IdentityProofed {
        identity,
        method: method.to_owned(),
    };
    command(journal, IdentityCommand::Proof(data, facts)).await
}

/// Asks for a one-use pass and records it before it is shown; the pass itself stands nowhere.
pub(crate) async fn pass(
    journal: &Journal,
    target: &Graph,
    name: &str,
    minutes: u64,
) -> Result<SecretString> {
    let (identity, one) = user(journal, name)?;
    let object = one.facts.object.clone();
    let object = object.ok_or_else(|| Error::failed("the record names no object any more"))?;
    let data = Pass {
        identity,
        minutes,
        number: one.passes_asked + 1,
    };
    command(journal, IdentityCommand::AskPass(data.clone())).await?;
    let pass = patiently(|| target.make_pass(&object, minutes)).await;
    let pass = pass.map_err(target_meaning)?;
    command(journal, IdentityCommand::IssuePass(data)).await?;
    Ok(pass)
}

/// Records what a user says is there.
pub(crate) async fn confirm(journal: &Journal, name: &str, what: &str, there: bool) -> Result<()> {
    let (identity, _) = user(journal, name)?;
    let data = IdentityConfirmed {
        identity,
        there,
        what: what.to_owned(),
    };
    command(journal, IdentityCommand::Confirm(data)).await
}
