//! Everything that ever happened to one item, in order, with the entries that show it.

use super::reading::{Placed, Reading};
use crate::domain::event::Event;
use crate::domain::pseudonym::Pseudonym;

/// The item that an event is about.
pub fn item_of(event: &Event) -> Option<&Pseudonym> {
    match event {
        Event::ItemAttempted(data, _) => Some(&data.item),
        Event::AttemptFailed(data, _) => Some(&data.item),
        Event::AttemptInterrupted(data, _) => Some(&data.item),
        Event::ContentScanned(data, _) => Some(&data.item),
        Event::PartialFound(data, _) => Some(&data.item),
        Event::ItemRestored(data, _) => Some(&data.item),
        Event::ItemHeld(data, _) | Event::ItemSkipped(data, _) => Some(&data.item),
        Event::ItemFailed(data, _) => Some(&data.item),
        _ => None,
    }
}

/// The events of an item, named by its pseudonym or by its locator in the source.
pub fn custody<R: Reading>(record: &R, wanted: &str) -> Result<Vec<Placed>, R::Error> {
    let mut all: Vec<Placed> = Vec::new();
    let mut items = std::collections::BTreeSet::new();
    record.events(&mut |recorded| {
        if let Some(item) = item_of(&recorded.event) {
            let named = item.as_str() == wanted || locator_of(&recorded.event) == Some(wanted);
            if named {
                items.insert(item.clone());
            }
            all.push(recorded);
        }
    })?;
    all.retain(|recorded| item_of(&recorded.event).is_some_and(|item| items.contains(item)));
    Ok(all)
}

fn locator_of(event: &Event) -> Option<&str> {
    match event {
        Event::ItemRestored(_, facts) => facts.locator.as_deref(),
        Event::ItemHeld(_, facts) | Event::ItemSkipped(_, facts) | Event::ItemFailed(_, facts) => {
            facts.locator.as_deref()
        }
        _ => None,
    }
}
