//! `unbroken target site`: a site of the clean tenant, found or made with its libraries, closed to the outside, and who is in it;
//! all on the record.

mod grouping;

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::super::access::{CaseFolder, TargetAccess};
use super::super::flow::{meaning, new_pseudonym, opening, target_meaning, tenant};
use super::super::output::Output;
use crate::domain::case::{CaseCommand, INSIDE_MAX, SiteCommand};
use crate::domain::event::{SiteAttempted, SiteFacts, SiteReady, SiteReadyFacts};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{Journal, JournalError};
use crate::targets::graph::{Graph, NewSite, SiteState};
use crate::targets::{Target, TargetUser};
use grouping::Group;

/// A site is there within seconds as a rule.
const WAITS_MAX: u32 = 90;
const WAIT: Duration = Duration::from_secs(2);

/// Find or make a site with its libraries, closed to the outside, before its content is mapped into it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken target site --case acme --address https://acmeclean.sharepoint.com/sites/quay \\
    --title 'Quay 7' --owner ann@acme-clean.example --library Plans \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key
  unbroken target site --case acme --group quay --title 'Quay 7' \\
    --owner ann@acme-clean.example --member ben@acme-clean.example \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key

With --group it is the site of a private Microsoft 365 group, which is made with its owners alone
where this case has not made it; SharePoint makes the site some time after the group. Its members
see all that goes in, so they come in afterwards: run it again with --member when everything is
restored and `access apply` has closed what was narrower, or say with --members-now why not.

Who is in the site is recorded. A plan is about those; `restore` refuses to begin while somebody
else is in it.

The map then names the site as the target of a site, and a library of it by an address below:
  source,target
  https://acme.sharepoint.com/sites/quay,https://acmeclean.sharepoint.com/sites/quay")]
pub(crate) struct Site {
    #[command(flatten)]
    folder: CaseFolder,
    /// The address that it has or gets.
    #[arg(
        long,
        value_name = "URL",
        required_unless_present = "group",
        conflicts_with = "group"
    )]
    address: Option<String>,
    /// The mail nickname of the Microsoft 365 group whose site it is.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Its title, where it is made.
    #[arg(long)]
    title: String,
    /// Who owns it, where it is made: without a group nobody else gets in. Of a group there may be several.
    #[arg(long = "owner", value_name = "UPN", required = true)]
    owners: Vec<String>,
    /// Who comes into the group beside its owners; may be given more than once.
    #[arg(long = "member", value_name = "UPN")]
    members: Vec<String>,
    /// Why they come in before access was compared; it stands in the record and before whoever approves the plan.
    #[arg(long, value_name = "WHY", requires = "members")]
    members_now: Option<String>,
    /// A library beside the one that it has by itself; may be given more than once.
    #[arg(long = "library", value_name = "NAME")]
    libraries: Vec<String>,
    #[command(flatten)]
    target: TargetAccess,
}

/// Does what was asked.
pub(super) async fn run(wanted: &Site, output: &Output) -> Result<()> {
    let has_many = wanted.owners.len() > 1 || !wanted.members.is_empty();
    if wanted.address.is_some() && has_many {
        let text = "a site without a group has one owner and no members";
        return Err(Error::new(ErrorKind::Usage, text).hint("one --owner, or --group"));
    }
    let journal = opening::open_folder(&wanted.folder)?;
    let target = tenant::of_case(&journal, &wanted.target).await?;
    let group = match &wanted.group {
        None => None,
        Some(name) => Some(grouping::group(&journal, &target, wanted, name).await?),
    };
    let there = match (&group, &wanted.address) {
        (Some(group), _) => target.group_site(&group.object).await,
        (None, address) => target.user(address.as_deref().unwrap_or_default()).await,
    };
    let there = there.map_err(target_meaning)?;
    let site = attempt(&journal, wanted, group.as_ref(), there.as_ref()).await?;
    let made = there.is_none();
    let found = match (there, &group) {
        (Some(found), _) => found,
        (None, Some(group)) => grouping::wait(&target, group).await?,
        (None, None) => make(&target, wanted).await?,
    };
    let mut libraries = vec![found.clone()];
    for library in &wanted.libraries {
        let made = target.library(&found, library).await;
        libraries.push(made.map_err(target_meaning)?);
    }
    // In a group's site whoever is in the group gets in, as its map says; and what was there already has its users.
    if made && group.is_none() {
        for library in &libraries {
            close(&target, library).await?;
        }
    }
    if let Some(group) = &group {
        grouping::let_in(&target, group, &wanted.members).await?;
    }
    let looked = look(&target, &found, group.as_ref()).await?;
    let data = SiteReady {
        inside: looked.inside.as_ref().map(|names| names.len() as u64),
        libraries: wanted.libraries.len() as u64,
        made,
        sharing_closed: looked.is_closed,
        site,
    };
    let facts = SiteReadyFacts {
        address: Some(found.user_principal_name.clone()),
        group: group.map(|group| group.object),
        inside: looked.inside.clone().map(Vec::from_iter),
        target_id: Some(found.id.clone()),
    };
    let command = CaseCommand::Site(SiteCommand::Ready(data, facts));
    journal.command(command).await.map_err(meaning)?;
    answer(wanted, &found, (made, &looked), output)
}

/// What is seen of a site that is there.
struct Looked {
    is_closed: bool,
    inside: Option<BTreeSet<String>>,
}

async fn look(target: &Graph, site: &TargetUser, group: Option<&Group>) -> Result<Looked> {
    let closed = target.is_sharing_closed(site).await;
    let group = group.map(|group| &*group.object);
    let inside = target.inside(site, group).await.map_err(target_meaning)?;
    let many = inside.as_ref().map_or(0, BTreeSet::len);
    if many > INSIDE_MAX {
        let text = format!("{}: {many} people are in it", site.user_principal_name);
        return Err(Error::new(ErrorKind::GateRefused, text).hint(format!(
            "at most {INSIDE_MAX} are approved by their names before content goes in: the others \
             come in when it stands"
        )));
    }
    Ok(Looked {
        is_closed: closed.map_err(target_meaning)?,
        inside,
    })
}

/// The intent: on disk before anything of the site is made, and before anybody is let into it.
async fn attempt(
    journal: &Journal,
    wanted: &Site,
    group: Option<&Group>,
    there: Option<&TargetUser>,
) -> Result<Pseudonym> {
    let site = new_pseudonym()?;
    let data = SiteAttempted {
        early: wanted.members_now.as_ref().map(|_| true),
        group: group.map(|group| group.identity.clone()),
        libraries: wanted.libraries.len() as u64,
        members: Some(wanted.members.len() as u64),
        site: site.clone(),
    };
    let there = there.map(|there| there.user_principal_name.clone());
    let facts = SiteFacts {
        address: wanted.address.clone().or(there),
        members: Some(wanted.members.clone()).filter(|names| !names.is_empty()),
        members_now: wanted.members_now.clone(),
        owner: wanted.owners.first().cloned(),
        title: Some(wanted.title.clone()),
    };
    let command = CaseCommand::Site(SiteCommand::Attempt(data, facts));
    journal.command(command).await.map_err(too_early)?;
    Ok(site)
}

/// Nobody whom somebody lets into the site meanwhile sees what is restored, before `access apply` lets them in. An empty
/// library can be closed; one of more than 100,000 items cannot any more.
async fn close(target: &Graph, library: &TargetUser) -> Result<()> {
    let root = target.drive_item(library, &[]).await;
    let root = root.map_err(target_meaning)?.ok_or_else(|| {
        let address = &library.user_principal_name;
        Error::failed(format!("{address}: its library is not there yet"))
            .hint("start again with the same command")
    })?;
    let securable = target.securable(library, &root, true).await;
    let securable = securable.map_err(target_meaning)?;
    let closed = target.close_securable(library, &securable).await;
    closed.map_err(target_meaning)
}

/// What the refusal of members means, and what to do first.
fn too_early(error: JournalError) -> Error {
    let is_early = matches!(error, JournalError::Refused(Refusal::MembersTooEarly));
    let error = meaning(error);
    if !is_early {
        return error;
    }
    error.hint("without --member now, and again with it afterwards; --members-now says why not")
}

fn answer(
    wanted: &Site,
    found: &TargetUser,
    (made, looked): (bool, &Looked),
    output: &Output,
) -> Result<()> {
    let closed = looked.is_closed;
    let address = &found.user_principal_name;
    let how = if made { "made" } else { "there already" };
    output.answer(
        &json!({
            "address": address, "made": made, "sharing_closed": closed, "inside": looked.inside,
        }),
        &format!(
            "{address}  {how}, {} libraries beside its own\n{}",
            wanted.libraries.len(),
            in_words(looked.inside.as_ref())
        ),
    );
    if closed {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::GateRefused,
        format!("{address}: its members can share it with people outside by e-mail"),
    )
    .hint(
        "what the source allowed is not known, so nothing wider than closed is right: close it, \
         then start again",
    ))
}

fn in_words(inside: Option<&BTreeSet<String>>) -> String {
    let Some(inside) = inside else {
        return "who is in it could not be seen".to_owned();
    };
    let names: Vec<&str> = inside.iter().map(String::as_str).collect();
    format!(
        "in it, and able to see all that goes in: {}",
        names.join(", ")
    )
}

/// Asks once; whether it came to be is read back and never guessed.
async fn make(target: &Graph, wanted: &Site) -> Result<TargetUser> {
    let address = wanted.address.clone().unwrap_or_default();
    let new = NewSite {
        address: address.clone(),
        title: wanted.title.clone(),
        owner: wanted.owners.first().cloned().unwrap_or_default(),
    };
    let mut state = match target.make_site(&new).await {
        Ok(state) => state,
        Err(error) if error.outcome_unknown => SiteState::InTheMaking,
        Err(error) => return Err(target_meaning(error)),
    };
    for _ in 0..WAITS_MAX {
        if state == SiteState::Failed {
            let text = format!("{address}: SharePoint could not make it");
            return Err(Error::failed(text));
        }
        if state == SiteState::Ready
            && let Some(found) = target.user(&address).await.map_err(target_meaning)?
        {
            return Ok(found);
        }
        tokio::time::sleep(WAIT).await;
        state = target.site_state(&address).await.map_err(target_meaning)?;
    }
    Err(Error::failed(format!("{address}: not there yet"))
        .hint("start again with the same command: it looks for the site before it makes one"))
}
