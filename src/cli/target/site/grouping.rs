//! The Microsoft 365 group whose site is wanted: made once as an identity where the case has not made it, seen to be private, and
//! its site waited for; its members let in, when they may be.

use super::{Site, WAIT, WAITS_MAX};
use crate::cli::flow::patience::patiently;
use crate::cli::flow::{identities, meaning, target_meaning};
use crate::domain::identity::{Wanted, WantedKind, parse_group};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::graph::{Graph, GroupList};
use crate::targets::{Target, TargetUser};

/// A group that the case made.
pub(super) struct Group {
    pub(super) identity: Pseudonym,
    /// Its object id.
    pub(super) object: String,
    name: String,
}

/// Finds the group among what the case made, or makes it as `identity make` would: under an intent, with its owners
/// alone. A group of somebody else that has the name is not taken for it.
pub(super) async fn group(
    journal: &Journal,
    target: &Graph,
    wanted: &Site,
    name: &str,
) -> Result<Group> {
    if made(journal, name)?.is_none() {
        // Refused before the group is made, so that it is not left behind.
        if !wanted.members.is_empty() && wanted.members_now.is_none() {
            return Err(super::too_early(Refusal::MembersTooEarly.into()));
        }
        let one = asked(wanted, name)?;
        identities::make(journal, target, &[one]).await?;
    }
    let found = made(journal, name)?.ok_or_else(|| {
        Error::failed(format!("group {name}: could not be made"))
            .hint("`unbroken identity list` says why; then start again")
    })?;
    let is_private = target.is_private_group(&found.object).await;
    if is_private.map_err(target_meaning)? {
        return Ok(found);
    }
    let text = format!("group {name}: is no private Microsoft 365 group");
    Err(Error::new(ErrorKind::GateRefused, text)
        .hint("whoever may join it would get at its site: make it private, then start again"))
}

fn asked(wanted: &Site, name: &str) -> Result<Wanted> {
    let owners = wanted.owners.join(";");
    // An owner who is no member has no right to the site's content by being in the group.
    let mut members: Vec<&str> = Vec::new();
    for owner in &wanted.owners {
        if !members
            .iter()
            .any(|known| known.eq_ignore_ascii_case(owner))
        {
            members.push(owner);
        }
    }
    parse_group(name, &wanted.title, &owners, &members.join(";"))
        .map_err(|refused| Error::new(ErrorKind::Usage, refused.rule))
}

/// Lets people into the group; whoever is in already stays so. All are looked up first.
pub(super) async fn let_in(target: &Graph, group: &Group, members: &[String]) -> Result<()> {
    let mut objects = Vec::new();
    for member in members {
        let user = target.user(member).await.map_err(target_meaning)?;
        let user = user
            .filter(|_| !member.starts_with("https://"))
            .ok_or_else(|| {
                Error::failed(format!(
                    "{member}: there is no such user in the clean tenant"
                ))
                .hint("`unbroken identity make` makes users; nobody was let in")
            })?;
        objects.push(user.id);
    }
    for object in objects {
        let list = GroupList::Members;
        let again = || target.add_to_group(&group.object, list, &object);
        patiently(again).await.map_err(target_meaning)?;
    }
    Ok(())
}

fn made(journal: &Journal, name: &str) -> Result<Option<Group>> {
    let case = journal.case().map_err(meaning)?;
    let Some((identity, known)) = case.identities.find(name) else {
        return Ok(None);
    };
    if known.made.is_none() {
        return Ok(None);
    }
    if known.kind != WantedKind::UnifiedGroup.name() {
        let text = format!("{name}: is a {} of this case", known.kind);
        return Err(
            Error::new(ErrorKind::Usage, text).hint("only a Microsoft 365 group has a site")
        );
    }
    let object = known.facts.object.clone();
    let object = object.ok_or_else(|| Error::failed("the record names no object any more"))?;
    Ok(Some(Group {
        identity: identity.clone(),
        object,
        name: name.to_owned(),
    }))
}

/// SharePoint makes the site some time after the group; until then nothing is there.
pub(super) async fn wait(target: &Graph, group: &Group) -> Result<TargetUser> {
    for _ in 0..WAITS_MAX {
        let found = target.group_site(&group.object).await;
        if let Some(found) = found.map_err(target_meaning)? {
            return Ok(found);
        }
        tokio::time::sleep(WAIT).await;
    }
    let text = format!("group {}: its site is not there yet", group.name);
    Err(Error::failed(text).hint("start again with the same command: the group is made once"))
}
