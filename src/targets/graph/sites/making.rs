//! Sites and libraries that are made: a team site without a group through SharePoint's own interface, since Graph v1.0 makes
//! none; the site of a group by SharePoint itself, which is waited for; a library as a list of that form. Sharing is asked for
//! closed and read back.
//! <https://learn.microsoft.com/sharepoint/dev/apis/site-creation-rest>

use reqwest::Method;
use serde_json::{Value, json};

use super::super::call::{Call, Payload, Session};
use super::super::{Graph, failure, id_of, segment};
use super::{DRIVE, SITE, lists, path_of, rest};
use crate::targets::{TargetError, TargetId, TargetUser};

/// A team site without a Microsoft 365 group.
const TEMPLATE: &str = "STS#3";
const ENGLISH: u32 = 1033;

/// A site that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSite {
    /// Its address.
    pub address: String,
    /// Its title.
    pub title: String,
    /// Who owns it: a principal name.
    pub owner: String,
}

/// How far a site is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteState {
    /// It could not be made.
    Failed,
    /// It is being made.
    InTheMaking,
    /// It is there.
    Ready,
}

impl Graph {
    /// Asks for a site. Nobody but the owner gets in, and members cannot share it by e-mail.
    pub async fn make_site(&self, wanted: &NewSite) -> Result<SiteState, TargetError> {
        let operation = "POST {host}/_api/SPSiteManager/create";
        let body = json!({"request": {
            "Title": wanted.title,
            "Url": wanted.address,
            "Lcid": ENGLISH,
            "ShareByEmailEnabled": false,
            "WebTemplate": TEMPLATE,
            "Owner": wanted.owner,
        }});
        let body = Payload::Json(body.to_string().into_bytes());
        let host = root_of(&wanted.address);
        let path = "SPSiteManager/create";
        let call = rest::call(&self.session, &host, operation, Method::POST, path, body)?;
        state(operation, &self.session.json(call).await?.body)
    }

    /// How far a site is that was asked for.
    pub async fn site_state(&self, address: &str) -> Result<SiteState, TargetError> {
        let operation = "GET {host}/_api/SPSiteManager/status";
        let path = format!("SPSiteManager/status?url={}", rest::quoted(address));
        let host = root_of(address);
        let none = Payload::None;
        let call = rest::call(&self.session, &host, operation, Method::GET, &path, none)?;
        state(operation, &self.session.json(call).await?.body)
    }

    /// The site of a Microsoft 365 group; `None` while SharePoint has not made it yet.
    /// <https://learn.microsoft.com/graph/api/resources/site>
    pub async fn group_site(&self, group: &str) -> Result<Option<TargetUser>, TargetError> {
        let operation = "GET /groups/{id}/sites/root";
        let path = format!("groups/{}/sites/root?$select=id,webUrl", segment(group));
        match self.session.json(Call::get(operation, path)).await {
            Ok(answer) => {
                let TargetId(id) = id_of(operation, &answer.body)?;
                let address = answer.body["webUrl"].as_str();
                let address = address.ok_or_else(|| failure::contract(operation, "no address"))?;
                Ok(Some(TargetUser {
                    id: format!("{SITE}{id}"),
                    user_principal_name: address.to_owned(),
                }))
            }
            Err(error) if error.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a group is a Microsoft 365 group that nobody gets into unless an owner lets them in.
    pub async fn is_private_group(&self, group: &str) -> Result<bool, TargetError> {
        let operation = "GET /groups/{id}";
        let path = format!("groups/{}?$select=id,groupTypes,visibility", segment(group));
        let found = self.session.json(Call::get(operation, path)).await?.body;
        let kinds = found["groupTypes"].as_array().into_iter().flatten();
        let is_unified = kinds.into_iter().any(|kind| kind == "Unified");
        // Whatever is not said counts as open.
        let is_closed = ["Private", "HiddenMembership"]
            .contains(&found["visibility"].as_str().unwrap_or_default());
        Ok(is_unified && is_closed)
    }

    /// Whether the members of a site cannot share it with people outside by e-mail.
    pub async fn is_sharing_closed(&self, site: &TargetUser) -> Result<bool, TargetError> {
        let operation = "GET {site}/_api/site";
        let path = "site?$select=ShareByEmailEnabled";
        let none = Payload::None;
        let call = rest::call(&self.session, site, operation, Method::GET, path, none)?;
        let answer = self.session.json(call).await?.body;
        let shares = answer["ShareByEmailEnabled"].as_bool();
        let shares = shares.ok_or_else(|| failure::contract(operation, "it does not say"))?;
        Ok(!shares)
    }

    /// Finds or makes a library of a site, beside the one that it has by itself.
    pub async fn library(&self, site: &TargetUser, name: &str) -> Result<TargetUser, TargetError> {
        let session = &self.session;
        if let Some(found) = library_named(session, site, name).await? {
            return Ok(found);
        }
        let operation = "POST /sites/{id}/lists";
        let path = path_of(site);
        let path =
            path.ok_or_else(|| failure::unsendable(operation, "only a site has libraries"))?;
        let body = json!({"displayName": name, "list": {"template": "documentLibrary"}});
        let call = Call::post(operation, format!("{path}/lists"), &body);
        match session.json(call).await {
            // Made in the meantime by a try whose answer was lost; or a list has the name, and then no library is found below.
            Err(error) if error.status != 409 => return Err(error),
            _ => {}
        }
        let found = library_named(session, site, name).await?;
        found.ok_or_else(|| failure::contract(operation, "the library is not there"))
    }
}

/// A library of a site by its name or the last name of its address; as an owner of files.
pub(super) async fn library_named(
    session: &Session,
    site: &TargetUser,
    name: &str,
) -> Result<Option<TargetUser>, TargetError> {
    let operation = "GET /sites/{id}/drives";
    let path = path_of(site);
    let path = path.ok_or_else(|| failure::unsendable(operation, "only a site has libraries"))?;
    let path = format!("{path}/drives?$select=id,name,webUrl");
    let wanted = name.to_lowercase();
    for drive in lists::pages(session, operation, path).await? {
        if drive["name"].as_str().unwrap_or_default().to_lowercase() == wanted {
            let TargetId(id) = id_of(operation, &drive)?;
            let address = site.user_principal_name.trim_end_matches('/');
            return Ok(Some(TargetUser {
                id: format!("{DRIVE}{id}"),
                user_principal_name: format!("{address}/{name}"),
            }));
        }
    }
    Ok(None)
}

/// The site at the top of a host, through which sites are made.
fn root_of(address: &str) -> TargetUser {
    let rest = address.strip_prefix("https://").unwrap_or_default();
    let host = rest.split('/').next().unwrap_or_default();
    TargetUser {
        id: String::new(),
        user_principal_name: format!("https://{host}"),
    }
}

fn state(operation: &'static str, answer: &Value) -> Result<SiteState, TargetError> {
    // Not found and provisioning; ready; error; there already.
    match answer["SiteStatus"].as_u64() {
        Some(0 | 1) => Ok(SiteState::InTheMaking),
        Some(2 | 4) => Ok(SiteState::Ready),
        Some(3) => Ok(SiteState::Failed),
        _ => Err(failure::contract(operation, "no SiteStatus")),
    }
}
