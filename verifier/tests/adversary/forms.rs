//! How an event or an entry is spelled wrong while everything else about it is right: the emitter itself spells so, signs
//! that and has it hashed. The rules that this breaks are in `event_forms.rs`, `field_forms.rs` and `entry_forms.rs`.

use super::Forged;
use crate::forge::chain::Event;
use crate::forge::sound::{RESTORED, sound};

pub(super) fn last(change: impl Fn(&mut Event)) -> Forged {
    let mut events = sound();
    change(&mut events[RESTORED]);
    Forged::events(&events)
}

/// The event's own bytes are other ones.
pub(super) fn event<T: Into<Vec<u8>> + 'static>(edit: fn(String) -> T) -> Forged {
    last(|event| event.payload(edit))
}

/// The event's data are spelled so.
pub(super) fn data(data: &str) -> Forged {
    last(|event| data.clone_into(&mut event.data))
}

pub(super) fn swapped(text: &str, piece: &str, by: &str) -> String {
    assert!(text.contains(piece), "{piece} is there");
    text.replacen(piece, by, 1)
}

pub(super) fn spliced(text: &str, piece: &str, by: &[u8]) -> Vec<u8> {
    let at = text.find(piece).expect("it is there");
    [
        &text.as_bytes()[..at],
        by,
        &text.as_bytes()[at + piece.len()..],
    ]
    .concat()
}

/// Upper case for the 64 digits behind a piece of text, where at least one is a letter.
pub(super) fn upper(text: &str, piece: &str) -> String {
    let start = text.find(piece).expect("it is there") + piece.len();
    let digits = text[start..start + 64].to_uppercase();
    assert_ne!(digits, text[start..start + 64]);
    format!("{}{digits}{}", &text[..start], &text[start + 64..])
}
