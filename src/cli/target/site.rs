//! `unbroken target site`: a site of the clean tenant, found or made with its libraries, closed to the outside; both on the record.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::super::access::{CaseFolder, TargetAccess};
use super::super::flow::{meaning, new_pseudonym, opening, target_meaning, tenant};
use super::super::output::Output;
use crate::domain::case::{CaseCommand, SiteCommand};
use crate::domain::event::{SiteAttempted, SiteFacts, SiteReady, SiteReadyFacts};
use crate::error::{Error, ErrorKind, Result};
use crate::targets::graph::{Graph, NewSite, SiteState};
use crate::targets::{Target, TargetUser};

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

The map then names the site as the target of a site, and a library of it by an address below:
  source,target
  https://acme.sharepoint.com/sites/quay,https://acmeclean.sharepoint.com/sites/quay")]
pub(crate) struct Site {
    #[command(flatten)]
    folder: CaseFolder,
    /// The address that it has or gets.
    #[arg(long, value_name = "URL")]
    address: String,
    /// Its title, where it is made.
    #[arg(long)]
    title: String,
    /// Who owns it, where it is made: nobody else gets in.
    #[arg(long, value_name = "UPN")]
    owner: String,
    /// A library beside the one that it has by itself; may be given more than once.
    #[arg(long = "library", value_name = "NAME")]
    libraries: Vec<String>,
    #[command(flatten)]
    target: TargetAccess,
}

/// Does what was asked.
pub(super) async fn run(wanted: &Site, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let target = tenant::open(&wanted.target)?;
    let there = target.user(&wanted.address).await.map_err(target_meaning)?;
    let site = new_pseudonym()?;
    let data = SiteAttempted {
        libraries: wanted.libraries.len() as u64,
        site: site.clone(),
    };
    let facts = SiteFacts {
        address: Some(wanted.address.clone()),
        owner: Some(wanted.owner.clone()),
        title: Some(wanted.title.clone()),
    };
    let command = CaseCommand::Site(SiteCommand::Attempt(data, facts));
    journal.command(command).await.map_err(meaning)?;
    let made = there.is_none();
    let found = match there {
        Some(found) => found,
        None => make(&target, wanted).await?,
    };
    for library in &wanted.libraries {
        let made = target.library(&found, library).await;
        made.map_err(target_meaning)?;
    }
    let closed = target.is_sharing_closed(&found).await;
    let closed = closed.map_err(target_meaning)?;
    let data = SiteReady {
        libraries: wanted.libraries.len() as u64,
        made,
        sharing_closed: closed,
        site,
    };
    let facts = SiteReadyFacts {
        address: Some(found.user_principal_name.clone()),
        target_id: Some(found.id.clone()),
    };
    let command = CaseCommand::Site(SiteCommand::Ready(data, facts));
    journal.command(command).await.map_err(meaning)?;
    let address = &found.user_principal_name;
    let how = if made { "made" } else { "there already" };
    output.answer(
        &json!({"address": address, "made": made, "sharing_closed": closed}),
        &format!(
            "{address}  {how}, {} libraries beside its own",
            wanted.libraries.len()
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

/// Asks once; whether it came to be is read back and never guessed.
async fn make(target: &Graph, wanted: &Site) -> Result<TargetUser> {
    let new = NewSite {
        address: wanted.address.clone(),
        title: wanted.title.clone(),
        owner: wanted.owner.clone(),
    };
    let mut state = match target.make_site(&new).await {
        Ok(state) => state,
        Err(error) if error.outcome_unknown => SiteState::InTheMaking,
        Err(error) => return Err(target_meaning(error)),
    };
    for _ in 0..WAITS_MAX {
        if state == SiteState::Failed {
            return Err(Error::failed(format!(
                "{}: SharePoint could not make it",
                wanted.address
            )));
        }
        if state == SiteState::Ready
            && let Some(found) = target.user(&wanted.address).await.map_err(target_meaning)?
        {
            return Ok(found);
        }
        tokio::time::sleep(WAIT).await;
        state = target
            .site_state(&wanted.address)
            .await
            .map_err(target_meaning)?;
    }
    Err(Error::failed(format!("{}: not there yet", wanted.address))
        .hint("start again with the same command: it looks for the site before it makes one"))
}
