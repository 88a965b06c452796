//! A message as Teams takes it: the author by the map, mentions as text, images beside the text, links that lead somewhere; and
//! what was changed or cannot be held, by name.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::html::{self, Tag, escaped};
use super::links::{FoundLinks, Links};
use super::{ChatAttachment, ChatMessage, Hosted, PlannedPost, Post};
use crate::domain::message::{Delta, Transform};
use crate::domain::safe_html::{is_inert, is_web_link, shapes_text};

/// Nobody is mapped who wrote it: another writes it, and the name stands in the text.
pub const STAND_IN: Transform = Transform("chat-author-stand-in/1");
/// It shares its millisecond with another and was moved behind it.
pub const TIME_MOVED: Transform = Transform("chat-time-moved/1");
/// A mention became text.
pub const MENTION: Transform = Transform("mention-as-text/1");
/// A file that hung on it became a link in the text.
pub const FILE_AS_LINK: Transform = Transform("chat-file-as-link/1");
/// A link to the old tenant leads to the same thing in the new one.
pub const LINK_MOVED: Transform = Transform("link-to-new-tenant/1");
/// A tag could run or fetch something: its shape alone is kept, or only the words in it.
pub const MARKUP_PLAIN: Transform = Transform("chat-markup-plain/1");
/// It answered a message that is not restored and stands by itself.
pub const ORPHAN: Transform = Transform("reply-as-message/1");

const OLD_LINK: Delta = Delta {
    property: "link",
    reason: "leads into the old tenant",
};
const REACTIONS: Delta = Delta {
    property: "reactions",
    reason: "an import takes none",
};
const CARD: Delta = Delta {
    property: "card",
    reason: "an import takes none",
};
const QUOTE: Delta = Delta {
    property: "quoted message",
    reason: "an import takes none",
};
const IMAGE: Delta = Delta {
    property: "inline image",
    reason: "not in the backup",
};
const IMAGE_TOO_LARGE: Delta = Delta {
    property: "inline image",
    reason: "more than Teams takes in one message; it stays in the backup",
};
const EDITED: Delta = Delta {
    property: "edit history",
    reason: "an import takes none",
};

/// Teams takes a message with its images in one request of 4 MB: what is left for images, in base64, beside 28 KB of text and its
/// escapes.
const IMAGES_BYTES_MAX: usize = 3_800_000;

/// A message that is ready, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fitted {
    /// What is written.
    pub post: Post,
    /// What was changed on purpose.
    pub transforms: Vec<Transform>,
    /// What cannot be held.
    pub deltas: Vec<Delta>,
    /// Its links to the old tenant.
    pub links: FoundLinks,
}

/// Makes it ready; `None` where the plan's time cannot be read.
pub fn fit(message: ChatMessage, planned: &PlannedPost, links: &Links) -> Option<Fitted> {
    let at = DateTime::parse_from_rfc3339(&planned.at).ok()?;
    let mut made = Making {
        fitted: Fitted::default(),
        named: Vec::new(),
        hosted: Vec::new(),
        left: too_large(&message),
        links,
    };
    let mut content = if message.is_html {
        made.html(&message)
    } else {
        made.text(&message.content);
        message.content.clone()
    };
    let is_html = message.is_html || planned.stand_in || !message.attachments.is_empty();
    if is_html && !message.is_html {
        content = format!("<p>{}</p>", escaped(&content).replace('\n', "<br>"));
    }
    made.beside(&message, &mut content);
    if planned.stand_in {
        let name = &message.outline.author.name;
        let name = if name.is_empty() { "?" } else { name };
        content = format!("<p><strong>{}</strong>:</p>{content}", escaped(name));
        made.changed(STAND_IN);
    }
    made.declare(&message, planned);
    let mut fitted = made.fitted;
    fitted.transforms.sort();
    fitted.transforms.dedup();
    fitted.deltas.sort();
    fitted.deltas.dedup();
    fitted.post = Post {
        at: at.with_timezone(&Utc),
        author: planned.author.clone(),
        author_name: if planned.stand_in {
            String::new()
        } else {
            message.outline.author.name
        },
        subject: message.subject,
        importance: message.importance,
        is_html,
        content,
        hosted: made.hosted,
    };
    Some(fitted)
}

/// The ids of the largest images that the text shows, as far as all of them together are too many bytes.
fn too_large(message: &ChatMessage) -> BTreeSet<String> {
    let in_base64 = |one: &Hosted| one.content.len().div_ceil(3) * 4;
    let shown = |one: &&Hosted| {
        message
            .content
            .contains(&format!("/hostedContents/{}", one.id))
    };
    let mut images: Vec<&Hosted> = message.hosted.iter().filter(shown).collect();
    images.sort_by_key(|one| in_base64(one));
    let mut bytes: usize = images.iter().map(|one| in_base64(one)).sum();
    let mut left = BTreeSet::new();
    while bytes > IMAGES_BYTES_MAX
        && let Some(largest) = images.pop()
    {
        bytes -= in_base64(largest);
        left.insert(largest.id.clone());
    }
    left
}

struct Making<'a> {
    fitted: Fitted,
    /// Attachments that the text itself names.
    named: Vec<String>,
    hosted: Vec<Hosted>,
    /// Images that Teams does not take.
    left: BTreeSet<String>,
    links: &'a Links,
}

impl Making<'_> {
    fn changed(&mut self, transform: Transform) {
        self.fitted.transforms.push(transform);
    }

    fn lost(&mut self, delta: Delta) {
        self.fitted.deltas.push(delta);
    }

    fn html(&mut self, message: &ChatMessage) -> String {
        html::rewrite(&message.content, |tag| match (&*tag.name, tag.is_end) {
            ("at", false) => {
                self.changed(MENTION);
                Some("@".to_owned())
            }
            ("at" | "attachment", true) => Some(String::new()),
            ("attachment", false) => Some(self.attachment(tag, message)),
            ("img", _) => self.image(tag, message),
            ("emoji", false) => {
                self.changed(MARKUP_PLAIN);
                Some(escaped(&tag.attribute("alt").unwrap_or_default()))
            }
            ("a", false) => self.link(tag),
            _ => self.plain(tag),
        })
    }

    /// Addresses in plain text are counted; they are nobody's mark-up, and stay as they are.
    fn text(&mut self, text: &str) {
        for word in text.split_whitespace() {
            let word = word.trim_matches(|c: char| "<>()[]\"',;".contains(c));
            if self.links.look(word) != super::links::Link::Elsewhere {
                self.fitted.links.left.insert(word.to_owned());
                self.lost(OLD_LINK);
            }
        }
    }

    fn follow(&mut self, url: &str) -> Option<String> {
        let before = self.fitted.links.left.len();
        let moved = self.links.follow(url, &mut self.fitted.links);
        if moved.is_some() {
            self.changed(LINK_MOVED);
        } else if self.fitted.links.left.len() > before || self.fitted.links.left.contains(url) {
            self.lost(OLD_LINK);
        }
        moved
    }

    fn link(&mut self, tag: &Tag<'_>) -> Option<String> {
        let url = tag.attribute("href");
        let moved = url.as_ref().and_then(|url| self.follow(url));
        let shown = moved.as_ref().map(|moved| tag.with("href", moved));
        if is_inert(shown.as_deref().unwrap_or(tag.raw())) {
            return shown;
        }
        self.changed(MARKUP_PLAIN);
        let url = moved.or(url).filter(|url| is_web_link(url));
        Some(url.map_or_else(
            || "<a>".to_owned(),
            |url| format!("<a href=\"{}\">", escaped(&url)),
        ))
    }

    /// What an intruder wrote into the mark-up does not come along.
    fn plain(&mut self, tag: &Tag<'_>) -> Option<String> {
        if is_inert(tag.raw()) {
            return None;
        }
        self.changed(MARKUP_PLAIN);
        if let Some(url) = tag.attribute("src").or_else(|| tag.attribute("href")) {
            self.follow(&url);
        }
        let end = if tag.is_end { "/" } else { "" };
        let is_known = shapes_text(&tag.name);
        Some(if is_known {
            format!("<{end}{}>", tag.name)
        } else {
            String::new()
        })
    }

    /// An image that the source holds goes beside the text; one that it does not is named in the text.
    fn image(&mut self, tag: &Tag<'_>, message: &ChatMessage) -> Option<String> {
        let Some(source) = tag.attribute("src") else {
            return self.plain(tag);
        };
        let Some((_, id)) = source.split_once("/hostedContents/") else {
            // Whoever reads the message would fetch it from where it lies.
            let moved = self.follow(&source);
            self.lost(IMAGE);
            let url = moved.unwrap_or(source);
            return Some(if is_web_link(&url) {
                format!("<a href=\"{}\">[image]</a>", escaped(&url))
            } else {
                "[image]".to_owned()
            });
        };
        let id = id.trim_end_matches("/$value");
        let Some(held) = message.hosted.iter().find(|one| one.id == id) else {
            self.lost(IMAGE);
            return Some("[image]".to_owned());
        };
        if self.left.contains(id) {
            self.lost(IMAGE_TOO_LARGE);
            return Some("[image]".to_owned());
        }
        let place = self
            .hosted
            .iter()
            .position(|one| one.content == held.content);
        let number = place.unwrap_or(self.hosted.len()) + 1;
        if place.is_none() {
            self.hosted.push(Hosted {
                id: number.to_string(),
                content_type: held.content_type.clone(),
                content: held.content.clone(),
            });
        }
        Some(format!("<img src=\"../hostedContents/{number}/$value\">"))
    }

    fn attachment(&mut self, tag: &Tag<'_>, message: &ChatMessage) -> String {
        let id = tag.attribute("id").unwrap_or_default();
        self.named.push(id.clone());
        let known = message.attachments.iter().find(|one| one.id == id);
        known.map_or_else(String::new, |known| self.shown(known))
    }

    /// What stands in the text for something that hung on the message.
    fn shown(&mut self, attachment: &ChatAttachment) -> String {
        match &*attachment.content_type {
            "reference" => {
                self.changed(FILE_AS_LINK);
                let moved = self.follow(&attachment.url);
                let url = moved.unwrap_or_else(|| attachment.url.clone());
                let name = if attachment.name.is_empty() {
                    &url
                } else {
                    &attachment.name
                };
                // Only what a browser may follow becomes a link; the rest is a name.
                if url.starts_with("https://") || url.starts_with("http://") {
                    format!("<a href=\"{}\">{}</a>", escaped(&url), escaped(name))
                } else {
                    escaped(name)
                }
            }
            "messageReference" | "forwardedMessageReference" | "meetingReference" => {
                self.lost(QUOTE);
                String::new()
            }
            _ => {
                self.lost(CARD);
                String::new()
            }
        }
    }

    /// What hangs on the message without a place in the text comes below it.
    fn beside(&mut self, message: &ChatMessage, content: &mut String) {
        for attachment in &message.attachments {
            if self.named.contains(&attachment.id) {
                continue;
            }
            let shown = self.shown(attachment);
            if !shown.is_empty() {
                content.push_str("<br>");
                content.push_str(&shown);
            }
        }
    }

    fn declare(&mut self, message: &ChatMessage, planned: &PlannedPost) {
        if message.reactions > 0 {
            self.lost(REACTIONS);
        }
        if message.was_edited {
            self.lost(EDITED);
        }
        if planned.shift_ms != 0 {
            self.changed(TIME_MOVED);
        }
        if planned.orphan {
            self.changed(ORPHAN);
        }
    }
}

#[cfg(test)]
mod tests;
