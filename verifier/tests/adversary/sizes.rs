//! The bounds of events and entries, each from both sides. What is inside is right as far as the bound lets it be.

use super::{Attack, Forged, Shape, at, holds};
use crate::forge::chain::{Event, event};
use crate::forge::sound::{RESTORED, enrolled, handed, restored, sound};

/// An event of that many bytes.
fn sized(mut event: Event, bytes: usize) -> Event {
    "{\"attempt\":1,\"pad\":\"PAD\"}".clone_into(&mut event.data);
    event.payload(move |text| text.replace("PAD", &"x".repeat(bytes + 3 - text.len())));
    event
}

/// The event of that many bytes, signed by that many workers.
fn signed_by(signers: u8, bytes: usize) -> Forged {
    let mut events = sound();
    let others: Vec<u8> = (0..signers - 1).map(|number| number + 30).collect();
    events.extend(others.iter().map(|number| enrolled(*number, "", "worker")));
    let mut last = restored(8);
    last.by.extend(others);
    events.push(if bytes == 0 { last } else { sized(last, bytes) });
    Forged::events(&events)
}

/// An entry of that many bytes, most of them behind its end: only its size is asked first.
fn padded(bytes: usize) -> Forged {
    let mut events = sound();
    events[RESTORED].entry(move |text| {
        let spaces = " ".repeat(bytes - text.len());
        text + &spaces
    });
    Forged::events(&events)
}

/// A stream whose name has that many bytes.
fn named(bytes: usize) -> Forged {
    let stream = format!("custodian/{}", "c".repeat(bytes - 10));
    let mut events = sound();
    events.push(handed(&stream, 8));
    events.push(event(&stream, "ItemRestored/1", "{}", &[8]));
    Forged::events(&events)
}

pub(crate) const ATTACKS: [Attack; 9] = [
    holds("sizes: an event of 45,000 bytes by 16 keys", || {
        signed_by(16, 45_000)
    }),
    at("sizes: an event of 45,001 bytes", "event/size", 10, || {
        signed_by(1, 45_001)
    }),
    holds("sizes: 16 signers", || signed_by(16, 0)),
    at("sizes: 17 signers", "event/by", 26, || signed_by(17, 0)),
    at(
        "sizes: an entry of 65,535 bytes that is wrong for another reason",
        "canonical/whitespace",
        9,
        || padded(65_535),
    ),
    at("sizes: an entry of 65,536 bytes", "entry/size", 9, || {
        padded(65_536).only(Shape::Directory)
    }),
    at("sizes: an entry of 100,000 bytes", "entry/size", 9, || {
        padded(100_000).only(Shape::Directory)
    }),
    holds("sizes: a stream of 200 bytes", || named(200)),
    at("sizes: a stream of 201 bytes", "type/data", 10, || {
        named(201)
    }),
];
