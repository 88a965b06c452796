//! vCards (2.1, 3.0 as RFC 2426, 4.0 as RFC 6350) as contacts: which cards a file holds, and a card read whole.

mod fields;
mod further;

use std::collections::BTreeMap;
use std::ops::Range;

use super::content_lines::{self, Component, Line};
use super::ics::stamp;
use super::mime;
use super::pinned::Problem;
use crate::domain::contact::{Contact, Photo};
use crate::domain::message::{Delta, Transform};
use further::Further;

/// More cards than this are no address book.
const CARDS_MAX: usize = 1_000_000;
/// A telephone of no kind is taken for one at work.
const KIND_ASSUMED: Transform = Transform("telephone-kind-assumed/1");

/// A card of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Card {
    /// Its UID; empty where it has none.
    pub(super) uid: String,
    /// Where its bytes stand.
    pub(super) range: Range<usize>,
}

/// The cards of a file, in order; one that stands within another (`AGENT` of vCard 2.1) is a part of that.
pub(super) fn cards(bytes: &[u8]) -> Vec<Card> {
    let (top, _) = content_lines::parse(bytes);
    let cards = top.into_iter().filter(|one| one.name == "VCARD");
    cards
        .take(CARDS_MAX)
        .map(|card| Card {
            uid: card.text("UID").trim().to_owned(),
            range: card.range,
        })
        .collect()
}

/// Reads a card from its bytes.
pub(super) fn read(bytes: &[u8]) -> Result<Contact, Problem> {
    let (top, _) = content_lines::parse(bytes);
    let card = top.into_iter().find(|one| one.name == "VCARD");
    let card = card.ok_or_else(|| Problem::new("no-card", "no BEGIN:VCARD"))?;
    let mut contact = Contact::default();
    let mut further = Further::default();
    let labels = Labels::of(&card);
    for line in &card.lines {
        if line.raw().1 {
            contact.transforms.push(mime::CHARSET_GUESSED);
        }
        if !fields::take(&mut contact, &labels, line, &mut further) {
            further.take(&labels, line);
        }
    }
    if !card.children.is_empty() {
        further.say("agent", "a card within the card is left out");
    }
    if is_empty(&contact) && further.lines.is_empty() {
        return Err(Problem::new("empty-card", "a card that says nothing"));
    }
    if contact.display_name.is_empty() {
        let names = [
            &contact.title,
            &contact.given_name,
            &contact.middle_name,
            &contact.surname,
        ];
        let names: Vec<&str> = names
            .into_iter()
            .map(|name| name.trim())
            .filter(|name| !name.is_empty())
            .collect();
        contact.display_name = names.join(" ");
    }
    further.close(&mut contact);
    Ok(contact)
}

fn is_empty(contact: &Contact) -> bool {
    let named = Contact {
        transforms: contact.transforms.clone(),
        deltas: contact.deltas.clone(),
        uid: contact.uid.clone(),
        ..Contact::default()
    };
    *contact == named
}

/// What Apple's programs call lines by, each in a line of its own (`item1.X-ABLabel`), by their groups: looked for among all lines
/// once a card, not once a line.
struct Labels<'a>(BTreeMap<&'a str, &'a Line>);

impl<'a> Labels<'a> {
    fn of(card: &'a Component) -> Self {
        let mut labels = BTreeMap::new();
        for label in card
            .lines_of("X-ABLABEL")
            .filter(|one| !one.group.is_empty())
        {
            labels.entry(&*label.group).or_insert(label);
        }
        Self(labels)
    }

    fn label(&self, line: &Line) -> Option<&'a Line> {
        self.0.get(&*line.group).copied()
    }
}

/// A picture where the line holds one.
fn photo(line: &Line) -> Option<Photo> {
    let (kind, content) = if line.is_binary() {
        (String::new(), line.bytes())
    } else {
        super::url_bytes::parse(line.raw().0.trim())?
    };
    let content_type = match &content[..] {
        [0xff, 0xd8, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'G', b'I', b'F', ..] => "image/gif",
        [b'B', b'M', ..] => "image/bmp",
        _ if kind.starts_with("image/") => &kind,
        _ => return None,
    };
    Some(Photo {
        content_type: content_type.to_owned(),
        content,
    })
}

#[cfg(test)]
mod tests;
