//! Folders by what they are, never by a localised name: a well-known root and the names below it.

/// The folders that every mailbox has, by Graph's well-known name.
/// <https://learn.microsoft.com/graph/api/resources/mailfolder>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WellKnownFolder {
    /// `archive`
    Archive,
    /// `deleteditems`
    DeletedItems,
    /// `drafts`
    Drafts,
    /// `inbox`
    Inbox,
    /// `junkemail`
    JunkEmail,
    /// `msgfolderroot`: the top of the folders that a person sees.
    MessageFolderRoot,
    /// `outbox`
    Outbox,
    /// `sentitems`
    SentItems,
}

impl WellKnownFolder {
    /// Every well-known folder.
    pub const ALL: [Self; 8] = [
        Self::Archive,
        Self::DeletedItems,
        Self::Drafts,
        Self::Inbox,
        Self::JunkEmail,
        Self::MessageFolderRoot,
        Self::Outbox,
        Self::SentItems,
    ];

    /// Graph's name, usable as a folder id.
    pub fn graph_name(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::DeletedItems => "deleteditems",
            Self::Drafts => "drafts",
            Self::Inbox => "inbox",
            Self::JunkEmail => "junkemail",
            Self::MessageFolderRoot => "msgfolderroot",
            Self::Outbox => "outbox",
            Self::SentItems => "sentitems",
        }
    }

    /// Reads Graph's name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|folder| folder.graph_name() == name)
    }
}

/// Where an item belongs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FolderPath {
    /// A calendar by name, or the mailbox's own: calendars do not nest.
    Calendar(Option<String>),
    /// Below the mailbox's own contacts: one name a level.
    Contacts(Vec<String>),
    /// Below a drive's root: one name a level, as the source wrote them.
    Drive(Vec<String>),
    /// A list of a site, by name.
    List(String),
    /// Below a well-known mail folder: one name a level, as the source wrote them.
    Mail {
        /// The folder at the top.
        root: WellKnownFolder,
        /// The names below it; empty for the well-known folder itself.
        below: Vec<String>,
    },
    /// A task list by name, or the mailbox's own: lists do not nest.
    Tasks(Option<String>),
    /// A channel by name, or the team or chat itself.
    Teams(Option<String>),
}
