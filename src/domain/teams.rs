//! Teams, channels, chats and their messages as a source holds them. What the plan makes of them, and what is written, lies below;
//! pure.

pub mod compare;
pub mod fit;
mod html;
pub mod links;
mod people;
pub mod planned;
mod schedule;

pub use people::People;
pub use planned::{PlannedChannel, PlannedMember, PlannedPost, PlannedTeam, Road};
pub use schedule::Schedule;

use chrono::{DateTime, Utc};

/// Somebody of the old tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The object id there; empty for a bot or where nobody is named.
    pub id: String,
    /// The name that was shown.
    pub name: String,
    /// The principal name or address, where the source knows it.
    pub address: String,
}

/// Who is in a team, a channel or a chat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub person: Person,
    /// An owner.
    pub is_owner: bool,
    /// Of another tenant than the old one, or a guest there.
    pub is_outside: bool,
}

/// Who sees a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Membership {
    /// Everybody in the team.
    #[default]
    Standard,
    /// Some of the team.
    Private,
    /// Some of the team and others.
    Shared,
}

impl Membership {
    /// Graph's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Private => "private",
            Self::Shared => "shared",
        }
    }

    /// Reads Graph's word. Whatever is not known counts as private: nobody sees more by it.
    pub fn parse(name: &str) -> Self {
        match name {
            "standard" => Self::Standard,
            "shared" => Self::Shared,
            _ => Self::Private,
        }
    }
}

/// A channel of a team.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// Its id in the old tenant.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who sees it.
    pub membership: Membership,
    /// The one that every team has.
    pub is_general: bool,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// Its first message.
    pub earliest: Option<DateTime<Utc>>,
    /// Of a private or shared one.
    pub members: Vec<Member>,
    /// Where its files lay.
    pub files_url: String,
}

/// What holds conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A team with channels.
    #[default]
    Team,
    /// A chat of some.
    Group,
    /// A chat of two.
    OneOnOne,
}

impl Kind {
    /// Graph's word for a chat; `team` for a team.
    pub fn name(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Group => "group",
            Self::OneOnOne => "oneOnOne",
        }
    }
}

/// A team, or a chat, which has no channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    /// Which.
    pub kind: Kind,
    /// Its name; a chat's topic.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Only members find it.
    pub is_private: bool,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// The first message of a chat.
    pub earliest: Option<DateTime<Utc>>,
    /// Who is in it.
    pub members: Vec<Member>,
    /// Of a team.
    pub channels: Vec<Channel>,
}

/// What the plan needs of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The channel's id in the old tenant; empty in a chat.
    pub channel: String,
    /// Who wrote it.
    pub author: Person,
    /// When.
    pub created: Option<DateTime<Utc>>,
    /// Its id in its conversation.
    pub id: String,
    /// The message that it answers; empty where it answers none.
    pub reply_to: String,
    /// Bytes of its text.
    pub text_bytes: u64,
}

/// What an item of the workload `teams` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TeamsItem {
    /// The team or chat itself.
    Team(Box<Team>),
    /// A message.
    Message(Box<ChatMessage>),
}

/// An image inside a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Hosted {
    /// Its id; while it is written, a temporary one.
    pub id: String,
    /// `image/png`, …
    pub content_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl std::fmt::Debug for Hosted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hosted({} bytes)", self.content.len())
    }
}

/// What hangs on a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatAttachment {
    /// What the text names it by.
    pub id: String,
    /// `reference` for a file, else what kind of card or quote.
    pub content_type: String,
    /// Where the file lies.
    pub url: String,
    /// Its name.
    pub name: String,
}

/// A message in a channel or a chat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatMessage {
    /// What the plan needs.
    pub outline: Outline,
    /// Its subject.
    pub subject: String,
    /// `high` or `urgent`, where it is not `normal`.
    pub importance: String,
    /// Its text is HTML.
    pub is_html: bool,
    /// Its text.
    pub content: String,
    /// Images in the text.
    pub hosted: Vec<Hosted>,
    /// Images that the text names and the source does not hold.
    pub hosted_missing: u32,
    /// Files, cards, quotes.
    pub attachments: Vec<ChatAttachment>,
    /// How often somebody was named.
    pub mentions: u32,
    /// How many reactions it had.
    pub reactions: u32,
    /// It was changed after it was sent.
    pub was_edited: bool,
}

/// A message as it is written, and as it is read back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Post {
    /// To the millisecond.
    pub at: DateTime<Utc>,
    /// The author's object id in the clean tenant.
    pub author: String,
    /// The author's name; empty for a stand-in.
    pub author_name: String,
    /// Its subject.
    pub subject: String,
    /// `high` or `urgent`; empty for normal.
    pub importance: String,
    /// Its text is HTML.
    pub is_html: bool,
    /// Its text; images by `../hostedContents/{id}/$value`.
    pub content: String,
    /// Its images.
    pub hosted: Vec<Hosted>,
}
