//! The clean tenant through Microsoft Graph: one call, one effect; deciding what to do next is not done here.

mod assertion;
mod attachments;
mod call;
mod connect;
mod directory;
mod discovery;
mod domains;
mod download;
mod drive;
mod failure;
mod folders;
mod guests;
mod identities;
mod json;
mod licences;
mod mail;
mod outlook;
mod quick_xor;
mod random;
mod sharing;
mod sites;
mod teams;
mod token;
mod upload;
mod versions;

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;

use serde_json::Value;

use super::{
    FileToWrite, FoundFile, FoundHistory, FoundMessage, Organization, PAGES, QuotaHint, Target,
    TargetError, TargetId, TargetUser, Written,
};
use crate::domain::file::{BytesReadBack, FileReadBack};
use crate::domain::folder::FolderPath;
use crate::domain::item::{ItemKey, Workload};
use crate::domain::message::Message;
use crate::domain::outlook::OutlookItem;
use crate::domain::site_item::SiteItem;
use crate::domain::site_list::SiteList;
use crate::domain::teams::{PlannedMember, PlannedTeam, Post};
use crate::targets::teams::{Begun, Completion, FoundPost, OnRecord, PostPlace, TeamReadBack};
use crate::targets::turns::Turns;
use call::{Call, Session};
pub use connect::{Credential, Settings, SettingsError};
pub use discovery::{DiscoveryError, tenant_of};
pub use guests::FoundGuest;
pub use identities::{FoundUser, GroupList, NewGroup, NewUser};
pub use licences::Licences;
pub use sharing::{LetIn, Permission};
pub use sites::making::{NewSite, SiteState};
pub use sites::roles::{Held, Holder, RoleNumbers, Securable};

/// A tenant behind Microsoft Graph. Cheap to clone: all clones share connections and the token.
#[derive(Clone)]
pub struct Graph {
    session: Arc<Session>,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Graph")
    }
}

impl Graph {
    /// Reads keys and certificates; nothing is sent yet. No request goes out but in its turn.
    pub fn new(
        settings: Settings,
        clock: Arc<dyn crate::clock::Clock>,
        turns: Arc<dyn Turns>,
    ) -> Result<Self, SettingsError> {
        let session = Arc::new(connect::session(settings, clock, turns)?);
        Ok(Self { session })
    }

    /// Reads a path of directory, policies or settings with all of its pages.
    pub async fn read(&self, path: &str) -> crate::domain::evidence::Answer {
        directory::read(&self.session, path).await
    }

    /// The same, and its pages byte for byte as they came.
    pub async fn read_raw(&self, path: &str) -> (crate::domain::evidence::Answer, Vec<Vec<u8>>) {
        directory::read_raw(&self.session, path).await
    }

    /// Makes a domain known to the tenant.
    pub async fn add_domain(&self, name: &str) -> Result<(), TargetError> {
        domains::add(&self.session, name).await
    }

    /// Has the tenant verify a domain by its record in DNS.
    pub async fn verify_domain(&self, name: &str) -> Result<(), TargetError> {
        domains::verify(&self.session, name).await
    }

    /// Takes a domain out of the tenant.
    pub async fn remove_domain(&self, name: &str) -> Result<(), TargetError> {
        domains::remove(&self.session, name).await
    }

    /// Whether the tenant has verified a domain; `None` where it does not know it.
    pub async fn domain(&self, name: &str) -> Result<Option<bool>, TargetError> {
        domains::state(&self.session, name).await
    }

    /// Gives a user another principal name.
    pub async fn rename_user(&self, user: &str, to: &str) -> Result<(), TargetError> {
        domains::rename(&self.session, user, to).await
    }

    /// What licences with a mailbox there are, and who has one; else why that could not be had.
    pub async fn mailbox_licences(&self) -> Result<Licences, String> {
        licences::read(&self.session).await
    }
}

/// A segment of a URL: ids of Graph hold `=`, `/` and `+`.
fn segment(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                let letter = char::from_digit(u32::from(digit), 16).expect("below 16");
                out.push(letter.to_ascii_uppercase());
            }
        }
        out
    })
}

impl Target for Graph {
    fn counted_elsewhere(&self) -> Self {
        let session = Session {
            turns: None,
            ..Session::clone(&self.session)
        };
        Self {
            session: Arc::new(session),
        }
    }

    fn hint(&self) -> Option<QuotaHint> {
        let hint = self.session.hint.lock();
        hint.unwrap_or_else(std::sync::PoisonError::into_inner)
            .take()
    }

    async fn organization(&self) -> Result<Organization, TargetError> {
        let call = Call::get(
            "GET /organization",
            "organization?$select=id,displayName,verifiedDomains".into(),
        );
        let answer = self.session.json(call).await?;
        let one = &answer.body["value"][0];
        let domains = one["verifiedDomains"].as_array().into_iter().flatten();
        let domains = domains.filter_map(|domain| domain["name"].as_str());
        match (one["id"].as_str(), one["displayName"].as_str()) {
            (Some(id), name) => Ok(Organization {
                tenant_id: id.to_owned(),
                display_name: name.unwrap_or_default().to_owned(),
                domains: domains.map(str::to_owned).collect(),
            }),
            _ => Err(failure::contract("GET /organization", "it names no tenant")),
        }
    }

    async fn user(&self, principal: &str) -> Result<Option<TargetUser>, TargetError> {
        if principal.starts_with("https://") {
            return sites::find(&self.session, principal).await;
        }
        if let Some(owner) = teams::owner(&self.session, principal).await {
            return owner;
        }
        let operation = "GET /users/{principal}";
        let path = format!("users/{}?$select=id,userPrincipalName", segment(principal));
        match self.session.json(Call::get(operation, path)).await {
            Ok(answer) => {
                let text = |name: &str| answer.body[name].as_str().map(str::to_owned);
                let found = text("id").zip(text("userPrincipalName"));
                let (id, user_principal_name) =
                    found.ok_or_else(|| failure::contract(operation, "a user without an id"))?;
                Ok(Some(TargetUser {
                    id,
                    user_principal_name,
                }))
            }
            Err(error) if error.status == 404 && error.code == "Request_ResourceNotFound" => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn mail_folder(
        &self,
        user: &TargetUser,
        path: &FolderPath,
    ) -> Result<TargetId, TargetError> {
        folders::mail(&self.session, user, path).await
    }

    async fn find_messages(
        &self,
        user: &TargetUser,
        key: &ItemKey,
    ) -> Result<Vec<FoundMessage>, TargetError> {
        mail::find(&self.session, user, key).await
    }

    async fn create_message(
        &self,
        user: &TargetUser,
        folder: &TargetId,
        message: &Message,
        key: &ItemKey,
    ) -> Result<(TargetId, Written), TargetError> {
        mail::create(&self.session, user, folder, message, key).await
    }

    async fn complete_message(
        &self,
        user: &TargetUser,
        id: &TargetId,
        message: &Message,
    ) -> Result<Written, TargetError> {
        let (session, of) = (&self.session, attachments::Of::Message);
        attachments::complete(session, of, user, id, &message.attachments).await
    }

    async fn read_message(&self, user: &TargetUser, id: &TargetId) -> Result<Message, TargetError> {
        mail::read(&self.session, user, id).await
    }

    async fn delete_message(&self, user: &TargetUser, id: &TargetId) -> Result<(), TargetError> {
        mail::delete(&self.session, user, id).await
    }

    fn is_beside(&self, folder: &TargetId) -> bool {
        outlook::folder::is_beside(&self.session, folder)
    }

    async fn outlook_folder(
        &self,
        user: &TargetUser,
        path: &FolderPath,
    ) -> Result<TargetId, TargetError> {
        outlook::folder(&self.session, user, path).await
    }

    async fn find_outlook_items(
        &self,
        user: &TargetUser,
        workload: Workload,
        folder: &TargetId,
        key: &ItemKey,
    ) -> Result<Vec<TargetId>, TargetError> {
        outlook::find(&self.session, user, workload, folder, key).await
    }

    async fn create_outlook_item(
        &self,
        user: &TargetUser,
        folder: &TargetId,
        item: &OutlookItem,
        key: &ItemKey,
    ) -> Result<(TargetId, Written), TargetError> {
        outlook::create(&self.session, user, folder, item, key).await
    }

    async fn complete_outlook_item(
        &self,
        user: &TargetUser,
        folder: &TargetId,
        id: &TargetId,
        item: &OutlookItem,
    ) -> Result<Written, TargetError> {
        outlook::complete(&self.session, user, folder, id, item).await
    }

    async fn read_outlook_item(
        &self,
        user: &TargetUser,
        workload: Workload,
        folder: &TargetId,
        id: &TargetId,
    ) -> Result<OutlookItem, TargetError> {
        outlook::read(&self.session, user, workload, folder, id).await
    }

    async fn delete_outlook_item(
        &self,
        user: &TargetUser,
        workload: Workload,
        folder: &TargetId,
        id: &TargetId,
    ) -> Result<(), TargetError> {
        outlook::delete(&self.session, user, workload, folder, id).await
    }

    async fn site_list(&self, site: &TargetUser, list: &SiteList) -> Result<TargetId, TargetError> {
        sites::lists::ensure(&self.session, site, list).await
    }

    async fn list_named(
        &self,
        site: &TargetUser,
        name: &str,
    ) -> Result<Option<TargetId>, TargetError> {
        sites::lists::named(&self.session, site, name).await
    }

    async fn items_numbered(
        &self,
        site: &TargetUser,
        list: &TargetId,
        number: u32,
    ) -> Result<Vec<u32>, TargetError> {
        sites::items::numbered(&self.session, site, list, number).await
    }

    async fn person_number(
        &self,
        site: &TargetUser,
        principal: &str,
    ) -> Result<Option<u32>, TargetError> {
        sites::rest::person(&self.session, site, principal).await
    }

    async fn find_site_items(
        &self,
        site: &TargetUser,
        list: &TargetId,
        key: &ItemKey,
    ) -> Result<Vec<TargetId>, TargetError> {
        if list.0 == PAGES {
            return sites::pages::find(&self.session, site, key).await;
        }
        sites::items::find(&self.session, site, list, key).await
    }

    async fn create_site_item(
        &self,
        site: &TargetUser,
        list: &TargetId,
        item: &SiteItem,
        key: &ItemKey,
    ) -> Result<(TargetId, Written), TargetError> {
        match item {
            SiteItem::ListItem(item) => {
                sites::items::create(&self.session, site, list, item, key).await
            }
            SiteItem::Page(page) => sites::pages::create(&self.session, site, page, key).await,
        }
    }

    async fn complete_site_item(
        &self,
        site: &TargetUser,
        list: &TargetId,
        id: &TargetId,
        item: &SiteItem,
    ) -> Result<Written, TargetError> {
        match item {
            SiteItem::ListItem(item) => {
                sites::items::complete(&self.session, site, list, id, item).await
            }
            // A page is created whole.
            SiteItem::Page(_) => Ok(Written::default()),
        }
    }

    async fn read_site_item(
        &self,
        site: &TargetUser,
        list: &TargetId,
        id: &TargetId,
        like: &SiteItem,
    ) -> Result<SiteItem, TargetError> {
        match like {
            SiteItem::ListItem(like) => {
                let found = sites::items::read(&self.session, site, list, id, like).await?;
                Ok(SiteItem::ListItem(Box::new(found)))
            }
            SiteItem::Page(_) => {
                let found = sites::pages::read(&self.session, site, id).await?;
                Ok(SiteItem::Page(Box::new(found)))
            }
        }
    }

    async fn delete_site_item(
        &self,
        site: &TargetUser,
        list: &TargetId,
        id: &TargetId,
    ) -> Result<(), TargetError> {
        if list.0 == PAGES {
            return sites::pages::delete(&self.session, site, id).await;
        }
        sites::items::delete(&self.session, site, list, id).await
    }

    async fn drive_folder(
        &self,
        user: &TargetUser,
        path: &FolderPath,
    ) -> Result<TargetId, TargetError> {
        folders::drive(&self.session, user, path).await
    }

    async fn find_file(
        &self,
        user: &TargetUser,
        folder: &TargetId,
        name: &str,
    ) -> Result<Option<FoundFile>, TargetError> {
        drive::find(&self.session, user, folder, name).await
    }

    async fn write_file(
        &self,
        user: &TargetUser,
        folder: &TargetId,
        file: &FileToWrite,
        content: Box<dyn Read + Send>,
    ) -> Result<(TargetId, Written), TargetError> {
        drive::write(&self.session, user, folder, file, content).await
    }

    async fn read_file(
        &self,
        user: &TargetUser,
        id: &TargetId,
    ) -> Result<FileReadBack, TargetError> {
        drive::read(&self.session, user, id).await
    }

    async fn file_history(
        &self,
        user: &TargetUser,
        id: &TargetId,
    ) -> Result<FoundHistory, TargetError> {
        versions::list(&self.session, user, id).await
    }

    async fn write_version(
        &self,
        user: &TargetUser,
        id: &TargetId,
        e_tag: &str,
        file: &FileToWrite,
        content: Box<dyn Read + Send>,
    ) -> Result<Written, TargetError> {
        let over = versions::Over { user, id, e_tag };
        versions::write(&self.session, over, file, content).await
    }

    async fn read_version(
        &self,
        user: &TargetUser,
        id: &TargetId,
        version: &str,
    ) -> Result<BytesReadBack, TargetError> {
        versions::read(&self.session, user, id, version).await
    }

    async fn content(
        &self,
        user: &TargetUser,
        id: &TargetId,
        version: Option<&str>,
        most: u64,
    ) -> Result<Option<Vec<u8>>, TargetError> {
        versions::content(&self.session, user, id, version, most).await
    }

    async fn delete_file(&self, user: &TargetUser, id: &TargetId) -> Result<(), TargetError> {
        drive::delete(&self.session, user, id).await
    }

    async fn find_team(
        &self,
        team: &PlannedTeam,
        begun: Begun,
    ) -> Result<Option<TargetId>, TargetError> {
        teams::find(&self.session, team, begun).await
    }

    async fn make_team(
        &self,
        user: &TargetUser,
        team: &PlannedTeam,
        on_record: &OnRecord,
    ) -> Result<TargetId, TargetError> {
        teams::make(&self.session, user, team, on_record.id()).await
    }

    async fn make_channel(
        &self,
        team: &TargetId,
        planned: &PlannedTeam,
        name: &str,
        known: Option<&TargetId>,
    ) -> Result<TargetId, TargetError> {
        teams::conversation(&self.session, team, (planned, name), known).await
    }

    async fn files_url(&self, conversation: &TargetId) -> Result<Option<String>, TargetError> {
        teams::files_url(&self.session, conversation).await
    }

    async fn read_team(&self, team: &TargetId) -> Result<TeamReadBack, TargetError> {
        teams::read(&self.session, team).await
    }

    async fn import_post(
        &self,
        place: &PostPlace,
        post: &Post,
    ) -> Result<(TargetId, Written), TargetError> {
        teams::import(&self.session, place, post).await
    }

    async fn find_post(
        &self,
        place: &PostPlace,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Result<Option<FoundPost>, TargetError> {
        teams::find_post(&self.session, place, at).await
    }

    async fn read_post(&self, place: &PostPlace, id: &TargetId) -> Result<Post, TargetError> {
        teams::read_post(&self.session, place, id).await
    }

    async fn complete_team(&self, step: &Completion) -> Result<(), TargetError> {
        teams::complete(&self.session, step).await
    }

    async fn inside(
        &self,
        site: &TargetUser,
        group: Option<&str>,
    ) -> Result<Option<BTreeSet<String>>, TargetError> {
        self.who_is_inside(site, group).await
    }

    async fn team_members(&self, place: &TargetId) -> Result<Vec<PlannedMember>, TargetError> {
        teams::members(&self.session, place).await
    }
}

/// The `id` of an object that was just made or found.
fn id_of(operation: &'static str, body: &Value) -> Result<TargetId, TargetError> {
    match body["id"].as_str() {
        Some(id) if !id.is_empty() => Ok(TargetId(id.to_owned())),
        _ => Err(failure::contract(operation, "the answer has no id")),
    }
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn ids_survive_as_one_segment() {
        assert_eq!(segment("AAMk/a+b=="), "AAMk%2Fa%2Bb%3D%3D");
        assert_eq!(segment("ü %"), "%C3%BC%20%25");
    }
}
