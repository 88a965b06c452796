//! The clean tenant as the engine sees it: idempotent writes by item key, and reading back; Graph itself lives below.

pub mod graph;
pub mod teams;
pub mod turns;

use std::collections::BTreeSet;
use std::future::Future;
use std::io::Read;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::file::{BytesReadBack, FileReadBack, QuickXor};
use crate::domain::folder::FolderPath;
use crate::domain::item::{ItemKey, Workload};
use crate::domain::message::{Delta, Message, Transform};
use crate::domain::outlook::OutlookItem;
use crate::domain::site_item::SiteItem;
use crate::domain::site_list::SiteList;
use crate::domain::teams::{PlannedMember, PlannedTeam, Post};
use teams::{Begun, Completion, FoundPost, OnRecord, PostPlace, TeamReadBack};

/// How long one request may take before it is given up. Whoever takes over from a worker that is gone waits so long before
/// reading back: what is still under way may write until then.
pub const LONGEST_REQUEST: Duration = Duration::from_mins(2);

/// The tenant that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// The tenant's GUID.
    pub tenant_id: String,
    /// Its display name.
    pub display_name: String,
    /// Its verified domains.
    pub domains: Vec<String>,
}

/// A user of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetUser {
    /// The directory object id.
    pub id: String,
    /// The user principal name.
    pub user_principal_name: String,
}

/// An id that the target gave: opaque, case-sensitive, personal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TargetId(pub String);

/// In place of the id of a list: the pages of a site. No list has it, those are GUIDs.
pub const PAGES: &str = "pages";

/// A message that carries our key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMessage {
    /// Its id.
    pub id: TargetId,
    /// The names and sizes in bytes of the attachments that it has now.
    pub attachments: Vec<(String, u64)>,
}

/// A file found by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Its id.
    pub id: TargetId,
    /// Its size.
    pub size_bytes: u64,
    /// Graph's own hash of it, where it gives one.
    pub quick_xor: Option<QuickXor>,
}

/// A version of a file in the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundVersion {
    /// The service's name for it.
    pub id: String,
    /// Its size.
    pub size_bytes: u64,
}

/// Every version of a file, as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundHistory {
    /// Changes with every version: the next one is written only over this one.
    pub e_tag: String,
    /// Oldest first; the last is the current one.
    pub versions: Vec<FoundVersion>,
}

/// What one write did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The `request-id` of every answer, in order.
    pub request_ids: Vec<String>,
    /// What was changed on purpose.
    pub transforms: Vec<Transform>,
    /// What the target cannot hold.
    pub deltas: Vec<Delta>,
}

/// When a failed effect may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Not before this many seconds have passed.
    After(u64),
    /// The same again would fail the same way.
    Never,
    /// At the next occasion, by the retry schedule.
    Soon,
}

/// A failed call to the target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {status} {code}: {message}")]
pub struct TargetError {
    /// The call as method and path template, without ids.
    pub operation: &'static str,
    /// The HTTP status; 0 when no answer came.
    pub status: u16,
    /// Graph's error code, or `Connection`, `Timeout`, `Contract`.
    pub code: String,
    /// Graph's message with ids, addresses and URLs taken out.
    pub message: String,
    /// The `request-id`, where there was one.
    pub request_id: Option<String>,
    /// When to try again.
    pub retry: Retry,
    /// The effect may have happened in spite of the error: look by key before trying again.
    pub outcome_unknown: bool,
}

/// The call by which the application signs in.
pub const SIGN_IN: &str = "POST /{tenant}/oauth2/v2.0/token";

impl TargetError {
    /// Whether the application was not let in at all: no item's fault.
    pub fn is_of_sign_in(&self) -> bool {
        self.operation == SIGN_IN
    }
}

/// A file to be written: its name has been made acceptable already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileToWrite {
    /// The name in the target.
    pub name: String,
    /// Exact size of the bytes that will come.
    pub size_bytes: u64,
    /// For `fileSystemInfo`.
    pub created: Option<DateTime<Utc>>,
    /// For `fileSystemInfo`.
    pub modified: Option<DateTime<Utc>>,
}

/// What an answer said of a quota before it is used up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum QuotaHint {
    /// `RateLimit-Limit`, `-Remaining` and `-Reset` (seconds), of SharePoint.
    RateLimit {
        /// The quota.
        limit: u64,
        /// What is left.
        remaining: u64,
        /// Seconds until it begins anew.
        reset_s: u64,
    },
    /// `x-ms-throttle-limit-percentage`, of the directory: 1.0 is the limit.
    ThrottlePercentage(f64),
}

/// What the engine needs of the clean tenant. Each call is one effect, so that an event can stand before and after it.
pub trait Target: Send + Sync {
    /// The same tenant for whoever counts its calls against the quotas before it makes them, as the workers do.
    #[must_use]
    fn counted_elsewhere(&self) -> Self
    where
        Self: Clone,
    {
        self.clone()
    }

    /// What answers said of quotas since this was asked last; most services say nothing.
    fn hint(&self) -> Option<QuotaHint> {
        None
    }

    /// Who answers.
    fn organization(&self) -> impl Future<Output = Result<Organization, TargetError>> + Send;

    /// A user by principal name; `None` when the directory says that there is none.
    fn user(
        &self,
        user_principal_name: &str,
    ) -> impl Future<Output = Result<Option<TargetUser>, TargetError>> + Send;

    /// Who gets at all of a site, by principal name in small letters; `None` where nobody can see. `group` is the object id of the
    /// group whose site it is.
    fn inside(
        &self,
        _site: &TargetUser,
        _group: Option<&str>,
    ) -> impl Future<Output = Result<Option<BTreeSet<String>>, TargetError>> + Send {
        std::future::ready(Ok(None))
    }

    /// Finds or makes a mail folder, level by level; 409 means that it is there.
    fn mail_folder(
        &self,
        user: &TargetUser,
        path: &FolderPath,
    ) -> impl Future<Output = Result<TargetId, TargetError>> + Send;

    /// Every message of the mailbox that carries the key.
    fn find_messages(
        &self,
        user: &TargetUser,
        key: &ItemKey,
    ) -> impl Future<Output = Result<Vec<FoundMessage>, TargetError>> + Send;

    /// Creates the message with all that fits into the creating request (small attachments included).
    fn create_message(
        &self,
        user: &TargetUser,
        folder: &TargetId,
        message: &Message,
        key: &ItemKey,
    ) -> impl Future<Output = Result<(TargetId, Written), TargetError>> + Send;

    /// Adds those attachments that the message does not have yet; nothing to do is Ok.
    fn complete_message(
        &self,
        user: &TargetUser,
        id: &TargetId,
        message: &Message,
    ) -> impl Future<Output = Result<Written, TargetError>> + Send;

    /// Reads the message back, attachments and our key included.
    fn read_message(
        &self,
        user: &TargetUser,
        id: &TargetId,
    ) -> impl Future<Output = Result<Message, TargetError>> + Send;

    /// Deletes a message that we wrote and that cannot be completed.
    fn delete_message(
        &self,
        user: &TargetUser,
        id: &TargetId,
    ) -> impl Future<Output = Result<(), TargetError>> + Send;

    /// Whether a folder that was found or made stands beside another of its name, which is somebody else's or holds other things.
    fn is_beside(&self, _folder: &TargetId) -> bool {
        false
    }

    /// Finds or makes a calendar, a contact folder or a task list, level by level.
    fn outlook_folder(
        &self,
        user: &TargetUser,
        path: &FolderPath,
    ) -> impl Future<Output = Result<TargetId, TargetError>> + Send;

    /// Every event, contact or task of the folder that carries the key.
    fn find_outlook_items(
        &self,
        user: &TargetUser,
        workload: Workload,
        folder: &TargetId,
        key: &ItemKey,
    ) -> impl Future<Output = Result<Vec<TargetId>, TargetError>> + Send;

    /// Creates the item with all that fits into the creating request. Never sends an invitation.
    fn create_outlook_item(
        &self,
        user: &TargetUser,
        folder: &TargetId,
        item: &OutlookItem,
        key: &ItemKey,
    ) -> impl Future<Output = Result<(TargetId, Written), TargetError>> + Send;

    /// Adds what did not fit and is not there yet: cancelled and changed occurrences, attachments, the photo, the checklist.
    /// Nothing to do is Ok.
    fn complete_outlook_item(
        &self,
        user: &TargetUser,
        folder: &TargetId,
        id: &TargetId,
        item: &OutlookItem,
    ) -> impl Future<Output = Result<Written, TargetError>> + Send;

    /// Reads the item back, our key included.
    fn read_outlook_item(
        &self,
        user: &TargetUser,
        workload: Workload,
        folder: &TargetId,
        id: &TargetId,
    ) -> impl Future<Output = Result<OutlookItem, TargetError>> + Send;

    /// Deletes an item that we wrote and that cannot be completed.
    fn delete_outlook_item(
        &self,
        user: &TargetUser,
        workload: Workload,
        folder: &TargetId,
        id: &TargetId,
    ) -> impl Future<Output = Result<(), TargetError>> + Send;

    /// Finds or makes a list of a site with all of these columns and the two hidden ones of ours. A column that is there and
    /// holds something else is refused.
    fn site_list(
        &self,
        _site: &TargetUser,
        _list: &SiteList,
    ) -> impl Future<Output = Result<TargetId, TargetError>> + Send {
        async { Err(without_sites()) }
    }

    /// Every item of the list that carries the key.
    fn find_site_items(
        &self,
        _site: &TargetUser,
        _list: &TargetId,
        _key: &ItemKey,
    ) -> impl Future<Output = Result<Vec<TargetId>, TargetError>> + Send {
        async { Err(without_sites()) }
    }

    /// The list of that name, where there is one.
    fn list_named(
        &self,
        _site: &TargetUser,
        _name: &str,
    ) -> impl Future<Output = Result<Option<TargetId>, TargetError>> + Send {
        async { Err(without_sites()) }
    }

    /// The numbers in the target of what had that number in the source's list.
    fn items_numbered(
        &self,
        _site: &TargetUser,
        _list: &TargetId,
        _number: u32,
    ) -> impl Future<Output = Result<Vec<u32>, TargetError>> + Send {
        async { Err(without_sites()) }
    }

    /// Somebody's number in a site, who gains nothing by having one; `None` when the directory has nobody of that name.
    fn person_number(
        &self,
        _site: &TargetUser,
        _principal: &str,
    ) -> impl Future<Output = Result<Option<u32>, TargetError>> + Send {
        async { Err(without_sites()) }
    }

    /// Creates the item with every field that is resolved.
    fn create_site_item(
        &self,
        _site: &TargetUser,
        _list: &TargetId,
        _item: &SiteItem,
        _key: &ItemKey,
    ) -> impl Future<Output = Result<(TargetId, Written), TargetError>> + Send {
        async { Err(without_sites()) }
    }

    /// Writes the fields once more and adds the attachments that are missing.
    fn complete_site_item(
        &self,
        _site: &TargetUser,
        _list: &TargetId,
        _id: &TargetId,
        _item: &SiteItem,
    ) -> impl Future<Output = Result<Written, TargetError>> + Send {
        async { Err(without_sites()) }
    }

    /// Reads the item back by the columns of `like`, its attachments and our key included.
    fn read_site_item(
        &self,
        _site: &TargetUser,
        _list: &TargetId,
        _id: &TargetId,
        _like: &SiteItem,
    ) -> impl Future<Output = Result<SiteItem, TargetError>> + Send {
        async { Err(without_sites()) }
    }

    /// Deletes an item that we wrote and that cannot be completed.
    fn delete_site_item(
        &self,
        _site: &TargetUser,
        _list: &TargetId,
        _id: &TargetId,
    ) -> impl Future<Output = Result<(), TargetError>> + Send {
        async { Err(without_sites()) }
    }

    /// Finds or makes a folder in the user's drive, level by level; names are acceptable already.
    fn drive_folder(
        &self,
        user: &TargetUser,
        path: &FolderPath,
    ) -> impl Future<Output = Result<TargetId, TargetError>> + Send;

    /// The file of that name in a folder.
    fn find_file(
        &self,
        user: &TargetUser,
        folder: &TargetId,
        name: &str,
    ) -> impl Future<Output = Result<Option<FoundFile>, TargetError>> + Send;

    /// Writes a file with its dates: an upload session, or one PUT for an empty file. Never replaces another file.
    fn write_file(
        &self,
        user: &TargetUser,
        folder: &TargetId,
        file: &FileToWrite,
        content: Box<dyn Read + Send>,
    ) -> impl Future<Output = Result<(TargetId, Written), TargetError>> + Send;

    /// Downloads the file again, whole, and hashes it.
    fn read_file(
        &self,
        user: &TargetUser,
        id: &TargetId,
    ) -> impl Future<Output = Result<FileReadBack, TargetError>> + Send;

    /// Every version of a file that we wrote.
    fn file_history(
        &self,
        user: &TargetUser,
        id: &TargetId,
    ) -> impl Future<Output = Result<FoundHistory, TargetError>> + Send;

    /// Writes the next version of a file that we wrote, its dates with it where there are some. Refused where the file is no
    /// longer the one of `e_tag`.
    fn write_version(
        &self,
        user: &TargetUser,
        id: &TargetId,
        e_tag: &str,
        file: &FileToWrite,
        content: Box<dyn Read + Send>,
    ) -> impl Future<Output = Result<Written, TargetError>> + Send;

    /// Downloads an older version again, whole, and hashes it.
    fn read_version(
        &self,
        user: &TargetUser,
        id: &TargetId,
        version: &str,
    ) -> impl Future<Output = Result<BytesReadBack, TargetError>> + Send;

    /// The bytes of a file, or of an older version of it; `None` where there are more than `most`.
    fn content(
        &self,
        user: &TargetUser,
        id: &TargetId,
        version: Option<&str>,
        most: u64,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, TargetError>> + Send;

    /// Deletes a file that we wrote and that is not whole.
    fn delete_file(
        &self,
        user: &TargetUser,
        id: &TargetId,
    ) -> impl Future<Output = Result<(), TargetError>> + Send;

    /// What an earlier try left of a team or chat, as far as it has come to light: `teams/{id}` or `chats/{id}`.
    fn find_team(
        &self,
        _team: &PlannedTeam,
        _begun: Begun,
    ) -> impl Future<Output = Result<Option<TargetId>, TargetError>> + Send {
        std::future::ready(Err(no_teams()))
    }

    /// Makes a team, or a chat, by the road that the plan names, or goes on with the one on record: `teams/{id}` or `chats/{id}`.
    fn make_team(
        &self,
        _user: &TargetUser,
        _team: &PlannedTeam,
        _on_record: &OnRecord,
    ) -> impl Future<Output = Result<TargetId, TargetError>> + Send {
        std::future::ready(Err(no_teams()))
    }

    /// Finds or makes a channel, by its id where that is known, as private as planned, and opens it for an import.
    fn make_channel(
        &self,
        _team: &TargetId,
        _planned: &PlannedTeam,
        _name: &str,
        _known: Option<&TargetId>,
    ) -> impl Future<Output = Result<TargetId, TargetError>> + Send {
        std::future::ready(Err(no_teams()))
    }

    /// Where the files of a channel lie, where that is known.
    fn files_url(
        &self,
        _conversation: &TargetId,
    ) -> impl Future<Output = Result<Option<String>, TargetError>> + Send {
        std::future::ready(Err(no_teams()))
    }

    /// Reads a team or chat back.
    fn read_team(
        &self,
        _team: &TargetId,
    ) -> impl Future<Output = Result<TeamReadBack, TargetError>> + Send {
        std::future::ready(Err(no_teams()))
    }

    /// Imports a message. A second one of the same millisecond is refused with 409 by the service itself.
    fn import_post(
        &self,
        _place: &PostPlace,
        _post: &Post,
    ) -> impl Future<Output = Result<(TargetId, Written), TargetError>> + Send {
        std::future::ready(Err(no_teams()))
    }

    /// The message of that millisecond, whole.
    fn find_post(
        &self,
        _place: &PostPlace,
        _at: DateTime<Utc>,
    ) -> impl Future<Output = Result<Option<FoundPost>, TargetError>> + Send {
        std::future::ready(Err(no_teams()))
    }

    /// Reads a message back, images included.
    fn read_post(
        &self,
        _place: &PostPlace,
        _id: &TargetId,
    ) -> impl Future<Output = Result<Post, TargetError>> + Send {
        std::future::ready(Err(no_teams()))
    }

    /// One step that completes a team or chat; one that is done already is Ok.
    fn complete_team(
        &self,
        _step: &Completion,
    ) -> impl Future<Output = Result<(), TargetError>> + Send {
        std::future::ready(Err(no_teams()))
    }

    /// Everybody who is in a team, a channel or a chat.
    fn team_members(
        &self,
        _place: &TargetId,
    ) -> impl Future<Output = Result<Vec<PlannedMember>, TargetError>> + Send {
        std::future::ready(Err(no_teams()))
    }
}

/// A target without Teams.
fn no_teams() -> TargetError {
    TargetError {
        operation: "POST /teams",
        status: 0,
        code: "NoTeams".to_owned(),
        message: "this target has no teams and chats".to_owned(),
        request_id: None,
        retry: Retry::Never,
        outcome_unknown: false,
    }
}

/// A target that has mailboxes and drives alone.
fn without_sites() -> TargetError {
    TargetError {
        operation: "POST /sites/{id}/lists",
        status: 0,
        code: "Unsendable".to_owned(),
        message: "this target has no sites".to_owned(),
        request_id: None,
        retry: Retry::Never,
        outcome_unknown: false,
    }
}
