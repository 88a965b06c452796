//! Levels of access and kinds of items: which levels a kind knows, and by which road the target takes a grant. No grants.

/// What somebody may do with an item; the order is that of what includes what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing.
    #[default]
    None,
    /// See when somebody is busy (calendars).
    FreeBusy,
    /// See subjects and places as well (calendars).
    Limited,
    /// Read.
    Read,
    /// Change.
    Write,
    /// Change who may do what: owner, full control.
    Full,
}

impl Level {
    /// Every level that gives something, ascending.
    pub const ALL: [Self; 5] = [
        Self::FreeBusy,
        Self::Limited,
        Self::Read,
        Self::Write,
        Self::Full,
    ];

    /// The level right below.
    #[must_use]
    pub fn below(self) -> Self {
        match self {
            Self::None | Self::FreeBusy => Self::None,
            Self::Limited => Self::FreeBusy,
            Self::Read => Self::Limited,
            Self::Write => Self::Read,
            Self::Full => Self::Write,
        }
    }

    /// The word for it; Graph's for calendars.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::FreeBusy => "freeBusyRead",
            Self::Limited => "limitedRead",
            Self::Read => "read",
            Self::Write => "write",
            Self::Full => "full",
        }
    }

    /// Reads what [`Level::name`] wrote; `owner` is `full`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "owner" => Some(Self::Full),
            _ => Self::ALL.into_iter().find(|level| level.name() == name),
        }
    }
}

/// What an item is, as far as access is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// A calendar of a mailbox.
    Calendar,
    /// A standard channel: whoever is in the team is in it.
    Channel,
    /// A file.
    File,
    /// A folder of a library or drive.
    Folder,
    /// A document library, or the drive of a person.
    Library,
    /// A list.
    List,
    /// A row of a list.
    ListItem,
    /// A mailbox.
    Mailbox,
    /// A folder of a mailbox.
    MailFolder,
    /// A private channel: its own members only, always.
    PrivateChannel,
    /// A shared channel: its own members only, always.
    SharedChannel,
    /// A site.
    Site,
    /// A team.
    Team,
}

/// How the target takes a grant on an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    /// `calendarPermissions` of Graph.
    Calendar,
    /// Graph has no call; Exchange PowerShell does it.
    Exchange,
    /// Members of a team or channel.
    Membership,
    /// `invite` of Graph and role assignments of SharePoint.
    SharePoint,
}

const NAMES: [(ItemKind, &str); 13] = [
    (ItemKind::Calendar, "calendar"),
    (ItemKind::Channel, "channel"),
    (ItemKind::File, "file"),
    (ItemKind::Folder, "folder"),
    (ItemKind::Library, "library"),
    (ItemKind::List, "list"),
    (ItemKind::ListItem, "list-item"),
    (ItemKind::Mailbox, "mailbox"),
    (ItemKind::MailFolder, "mail-folder"),
    (ItemKind::PrivateChannel, "private-channel"),
    (ItemKind::SharedChannel, "shared-channel"),
    (ItemKind::Site, "site"),
    (ItemKind::Team, "team"),
];

impl ItemKind {
    /// The levels that the kind knows, ascending.
    pub fn levels(self) -> &'static [Level] {
        match self {
            Self::Calendar => &[Level::FreeBusy, Level::Limited, Level::Read, Level::Write],
            _ => &[Level::Read, Level::Write, Level::Full],
        }
    }

    /// The highest level that the kind knows and that is not above `level`: what cannot be said exactly is said narrower.
    pub fn clamp(self, level: Level) -> Level {
        let known = self.levels().iter().rev();
        known
            .copied()
            .find(|known| *known <= level)
            .unwrap_or_default()
    }

    /// Other items may lie in it.
    pub fn is_container(self) -> bool {
        !matches!(self, Self::File | Self::ListItem | Self::Calendar)
    }

    /// Never takes over what the item above it allows, whatever an export says: a private channel that became public in a
    /// restore is the leak that other products ship.
    pub fn stands_alone(self) -> bool {
        matches!(
            self,
            Self::PrivateChannel | Self::SharedChannel | Self::Calendar
        )
    }

    /// How a grant is made.
    pub fn road(self) -> Road {
        match self {
            Self::Calendar => Road::Calendar,
            Self::Mailbox | Self::MailFolder => Road::Exchange,
            Self::Team | Self::Channel | Self::PrivateChannel | Self::SharedChannel => {
                Road::Membership
            }
            _ => Road::SharePoint,
        }
    }

    /// Scopes of permissions are counted by it (a library or list).
    pub fn counts_scopes(self) -> bool {
        matches!(self, Self::Library | Self::List)
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, name)| name)
    }

    /// Reads what [`ItemKind::name`] wrote.
    pub fn parse(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for (kind, name) in NAMES {
            assert_eq!((ItemKind::parse(name), kind.name()), (Some(kind), name));
        }
        for level in Level::ALL {
            assert_eq!(Level::parse(level.name()), Some(level));
        }
        assert_eq!(Level::parse("delegateWithPrivateEventAccess"), None);
    }

    #[test]
    fn what_a_kind_does_not_know_becomes_narrower_never_wider() {
        assert_eq!(ItemKind::File.clamp(Level::Limited), Level::None);
        assert_eq!(ItemKind::Calendar.clamp(Level::Full), Level::Write);
        for (kind, _) in NAMES {
            for level in Level::ALL {
                assert!(kind.clamp(level) <= level);
            }
        }
    }
}
