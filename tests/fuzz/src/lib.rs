//! What the targets share: the ledger's reading of an event and an entry, in the words of the verifier's fuzzing module.

pub mod one_file;

use unbroken_ledger::{Entry, Event, Hash};
use unbroken_verify::fuzzing::Fields;

/// An event, field by field.
pub fn event_fields(event: &Event) -> Fields {
    let by: Vec<String> = event.by.iter().map(ToString::to_string).collect();
    vec![
        ("origin", event.origin.clone()),
        ("stream", event.stream.clone()),
        ("seq", event.seq.to_string()),
        ("link", event.link.to_string()),
        ("seen size", event.seen.size.to_string()),
        ("seen leaf", event.seen.leaf.to_string()),
        ("type", event.kind.clone()),
        ("by", by.join(" ")),
        ("sd", event.sd.join(" ")),
    ]
}

/// An entry, field by field.
pub fn entry_fields(entry: &Entry) -> Fields {
    let mut fields = vec![
        ("index", entry.index.to_string()),
        ("prev", entry.prev.to_string()),
        ("received", entry.received.to_string()),
        ("payload", Hash::of(&entry.envelope.payload).to_string()),
    ];
    fields.extend(event_fields(&entry.event));
    fields
}

/// Both implementations take it, or neither does.
pub fn assert_same<A, B: std::fmt::Debug, E: std::fmt::Display>(
    ledger: &Result<A, E>,
    verifier: &Result<B, &'static str>,
) {
    let ledger = ledger.as_ref().map(|_| ()).map_err(ToString::to_string);
    let verifier = verifier.as_ref().map(|_| ());
    assert_eq!(
        ledger.is_ok(),
        verifier.is_ok(),
        "ledger {ledger:?}, verifier {verifier:?}"
    );
}
