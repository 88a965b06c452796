//! A mail message as we restore it and as we read it back: one shape for both sides, so that they can be compared.

use chrono::{DateTime, Utc};

use super::calendar_event::Sensitivity;

/// A mailbox as a header names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The display name; empty when there is none.
    pub name: String,
    /// The address itself; may be anything the header held.
    pub address: String,
}

/// What a body is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyKind {
    /// HTML; Exchange rewrites it.
    Html,
    /// Plain text.
    #[default]
    Text,
}

/// The body that is restored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// How `content` is written.
    pub kind: BodyKind,
    /// The text or the HTML, decoded to Unicode.
    pub content: String,
}

impl Body {
    /// Adds lines below what it says: what has no place of its own, as data.
    pub fn add_lines(&mut self, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        match self.kind {
            BodyKind::Html => {
                let escaped: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
                let added = format!("<hr><p>{}</p>", escaped.join("<br>\n"));
                // Inside of the document where it is one; ASCII lower case keeps byte offsets.
                match self.content.to_ascii_lowercase().rfind("</body") {
                    Some(at) => self.content.insert_str(at, &added),
                    None => self.content.push_str(&added),
                }
            }
            BodyKind::Text => {
                if !self.content.is_empty() {
                    self.content.push_str("\n\n");
                }
                self.content.push_str(&lines.join("\n"));
            }
        }
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('\n', "<br>\n")
}

/// How urgent the sender called it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Importance {
    /// `high`
    High,
    /// `low`
    Low,
    /// `normal`
    #[default]
    Normal,
}

/// Whether somebody is to come back to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FollowUp {
    /// `complete`: somebody came back to it.
    Complete,
    /// `flagged`
    Flagged,
    /// `notFlagged`
    #[default]
    None,
}

/// How Exchange files S/MIME ([MS-OXOSMIME] 2.1.3): the message has this class, and one attachment that holds the signed or
/// encrypted piece as it came. Outlook shows a seal or a lock by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smime {
    /// Signed, and to be read without S/MIME.
    ClearSigned,
    /// Encrypted, or signed as one piece.
    Opaque,
}

impl Smime {
    /// The message class.
    pub fn class(self) -> &'static str {
        match self {
            Self::ClearSigned => "IPM.Note.SMIME.MultipartSigned",
            Self::Opaque => "IPM.Note.SMIME",
        }
    }

    /// Reads a message class.
    pub fn of_class(class: &str) -> Option<Self> {
        [Self::ClearSigned, Self::Opaque]
            .into_iter()
            .find(|one| one.class().eq_ignore_ascii_case(class))
    }

    /// What is said where the target keeps the piece and not the class.
    pub const LOST: [Delta; 2] = [
        Delta {
            property: "signature",
            reason: "signed or encrypted as one piece, which is kept as an attachment",
        },
        Delta {
            property: "message class",
            reason: "restored as a plain message",
        },
    ];
}

/// A file that comes with a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The file name; made up (`attachment-3.eml`) and declared as a transform where the original has none.
    pub name: String,
    /// The MIME type.
    pub content_type: String,
    /// The Content-ID without angle brackets, where there is one.
    pub content_id: Option<String>,
    /// Shown inside the body rather than beside it.
    pub is_inline: bool,
    /// The decoded bytes.
    pub content: Vec<u8>,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attachment({} bytes)", self.content.len())
    }
}

/// A change that was made on purpose on the way to the target: `name/version`, without personal facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Transform(pub &'static str);

/// A property that the target cannot hold as it was: its name and why, without personal facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Delta {
    /// The property, as `docs/fidelity.md` names it.
    pub property: &'static str,
    /// What became of it.
    pub reason: &'static str,
}

/// A message: everything that is restored and compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The subject, decoded, unfolded.
    pub subject: String,
    /// `From`; the first where there are several.
    pub from: Option<Address>,
    /// `Sender`, where it differs from `From`.
    pub sender: Option<Address>,
    /// `Reply-To`.
    pub reply_to: Vec<Address>,
    /// `To`, groups flattened.
    pub to: Vec<Address>,
    /// `Cc`, groups flattened.
    pub cc: Vec<Address>,
    /// `Bcc`, groups flattened.
    pub bcc: Vec<Address>,
    /// `Date`: when it says it was sent.
    pub sent: Option<DateTime<Utc>>,
    /// When it arrived: the topmost `Received`, or what the source's own metadata say; else the same as `sent`.
    pub received: Option<DateTime<Utc>>,
    /// `Message-ID` with its angle brackets.
    pub internet_message_id: Option<String>,
    /// `In-Reply-To`.
    pub in_reply_to: Option<String>,
    /// `References`.
    pub references: Option<String>,
    /// The whole header block as it came, decoded as UTF-8 or Latin-1.
    pub transport_headers: String,
    /// The body.
    pub body: Body,
    /// Whether it was read; unread where the source does not say.
    pub is_read: bool,
    /// The importance.
    pub importance: Importance,
    /// Category names.
    pub categories: Vec<String>,
    /// The follow-up flag.
    pub follow_up: FollowUp,
    /// Who may see what it is about, as the sender asked.
    pub sensitivity: Sensitivity,
    /// S/MIME, where it is that and nothing beside it.
    pub smime: Option<Smime>,
    /// The attachments, in order.
    pub attachments: Vec<Attachment>,
    /// What reading the original already changed (a charset that lied, a name made up).
    pub transforms: Vec<Transform>,
    /// What the target cannot hold of it.
    pub deltas: Vec<Delta>,
}
