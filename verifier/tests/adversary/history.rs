//! The host tells another history: entries cut, two histories after one beginning, a ledger made again, events of another
//! ledger. He has the log key unless it says otherwise; the order of streams is in `order.rs`.

use super::{Attack, Forged, Shape, at, holds, within};
use crate::forge::chain::{Chain, Event};
use crate::forge::sound::{
    ADOPTED, ATTEMPTED, NAME, ONE_APPROVAL, RESTORED, ROOTS, attempted, opened_by, origin, policy,
    restored, sound,
};
use crate::forge::{note, origin_of, root, trust_file};

fn chain() -> Chain {
    Chain::of(&origin(), &sound())
}

/// The same up to the adoption, and then another attempt.
fn other_end() -> Vec<Event> {
    let mut events = sound();
    events.truncate(ATTEMPTED);
    for data in ["{\"attempt\":2}", "{\"attempt\":3}", "{\"attempt\":4}"] {
        let mut other = attempted(8);
        data.clone_into(&mut other.data);
        events.push(other);
    }
    events
}

fn remade(roots: [u8; 3], log: u8, origin: &str) -> Chain {
    let mut events = sound();
    events[0] = opened_by(&roots, log, 5, &policy(ONE_APPROVAL));
    if roots != ROOTS {
        // Nobody else's keys were enrolled by these roots.
        events.truncate(1);
    }
    Chain::of(origin, &events)
}

pub(crate) const ATTACKS: [Attack; 28] = [
    holds("history: as it is", || Forged::of(chain())),
    at(
        "history: entries cut, checkpoint kept",
        "checkpoint/root",
        8,
        || {
            Forged::of(chain().cut(8))
                .note(chain().note())
                .only(Shape::Directory)
        },
    ),
    within(
        "history: entries cut in a bundle",
        "bundle/form",
        "bundle.json",
        || {
            Forged::of(chain().cut(8))
                .note(chain().note())
                .only(Shape::Bundle)
        },
    ),
    at(
        "history: entries cut behind a bundle's index",
        "bundle/form",
        8,
        || {
            let mut forged = Forged::of(chain()).only(Shape::Bundle);
            let entries = super::place::full(&chain().cut(8), b"", &[]);
            let mut payload = super::place::full(&chain(), chain().note().as_bytes(), &[]);
            let path = "data/entries/000000000000";
            payload.insert(path.to_owned(), entries[path].clone());
            forged.payload = Some(payload);
            forged
        },
    ),
    holds(
        "history: entries cut and an older checkpoint, seen by nobody",
        || Forged::of(chain().cut(8)).note(chain().note_at(8)),
    ),
    within(
        "history: rolled back",
        "at-least/smaller",
        "earlier checkpoint",
        || {
            Forged::of(chain().cut(8))
                .note(chain().note_at(8))
                .at_least(chain().note())
        },
    ),
    holds("history: extends what was seen", || {
        Forged::of(chain()).at_least(chain().note_at(8))
    }),
    holds("history: is what was seen", || {
        Forged::of(chain()).at_least(chain().note())
    }),
    within(
        "history: forked, longer",
        "at-least/root",
        "earlier checkpoint",
        || Forged::events(&other_end()).at_least(chain().note()),
    ),
    within(
        "history: forked, of the same size",
        "at-least/root",
        "earlier checkpoint",
        || Forged::events(&other_end()[..10]).at_least(chain().note()),
    ),
    within(
        "history: forked, seen earlier",
        "at-least/root",
        "earlier checkpoint",
        || Forged::of(chain()).at_least(Chain::of(&origin(), &other_end()).note_at(9)),
    ),
    within(
        "history: an earlier checkpoint by a stranger",
        "checkpoint/signature",
        "earlier checkpoint",
        || {
            let earlier = note(&origin(), 8, &root(&chain().leaves[..8]), 9);
            Forged::of(chain()).at_least(earlier)
        },
    ),
    within(
        "history: an earlier checkpoint of another ledger",
        "checkpoint/form",
        "earlier checkpoint",
        || {
            let name = origin_of("example.org/other", &ROOTS);
            let text = crate::forge::note_text(&name, 8, &root(&chain().leaves[..8]));
            let line = crate::forge::note_line(&origin(), 4, &text);
            Forged::of(chain()).at_least(format!("{text}\n{line}"))
        },
    ),
    at(
        "history: an event of another ledger",
        "event/origin",
        RESTORED as u64,
        || {
            let other = Chain::of(&origin_of("example.org/other", &ROOTS), &sound());
            let mut replayed = chain().cut(RESTORED);
            replayed.push(
                other.envelopes[RESTORED].clone(),
                "2026-11-23T20:00:00.000000Z",
                None,
            );
            Forged::of(replayed)
        },
    ),
    within(
        "history: made again by fresh roots",
        "trust/origin",
        "trust file",
        || {
            let roots = [11, 12, 13];
            Forged::of(remade(roots, 4, &origin_of(NAME, &roots)))
        },
    ),
    at(
        "history: made again by fresh roots under the old name",
        "origin/roots",
        0,
        || Forged::of(remade([11, 12, 13], 4, &origin())),
    ),
    at(
        "history: opened again with an edited policy",
        "signature/strict",
        0,
        || {
            let edited = policy(ONE_APPROVAL).replace("\"m\":1", "\"m\":2");
            let opened = Chain::of(&origin(), &[opened_by(&ROOTS, 4, 5, &edited)]);
            let mut edited = opened.envelopes[0].clone();
            edited
                .signatures
                .clone_from(&chain().envelopes[0].signatures);
            Forged::of(Chain::sequenced(&origin(), [&edited]))
        },
    ),
    at(
        "history: opened by too few of its roots",
        "type/signers",
        0,
        || {
            let mut events = sound();
            events[0].by = crate::forge::by_id(vec![1, 2]);
            Forged::events(&events)
        },
    ),
    within(
        "history: made again by the same roots with another log key",
        "trust/log-key",
        "trust file",
        || {
            let chain = remade(ROOTS, 14, &origin());
            let note = note(&origin(), 10, &root(&chain.leaves), 14);
            Forged::of(chain).note(note)
        },
    ),
    within(
        "history: made again by the same roots and log key",
        "at-least/root",
        "earlier checkpoint",
        || {
            let mut events = sound();
            events[1].received = "2026-11-23T20:00:00.000001Z";
            events[2..]
                .iter_mut()
                .for_each(|e| e.received = "2026-11-23T20:00:00.000001Z");
            Forged::events(&events).at_least(chain().note())
        },
    ),
    within(
        "history: another ledger for this one's trust file",
        "trust/origin",
        "trust file",
        || {
            let name = origin_of("example.org/other", &ROOTS);
            Forged::of(Chain::of(&name, &sound()))
        },
    ),
    at("history: its beginning is gone", "opened/first", 0, || {
        Forged::of(Chain::sequenced(&origin(), &chain().envelopes[1..]))
    }),
    at(
        "history: an entry is gone from the middle of a stream",
        "stream/seq",
        ATTEMPTED as u64,
        || {
            let all = chain();
            let rest = all
                .envelopes
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != ATTEMPTED);
            Forged::of(Chain::sequenced(
                &origin(),
                rest.map(|(_, envelope)| envelope),
            ))
        },
    ),
    at(
        "history: an entry is gone and nothing was made again",
        "entry/index",
        ADOPTED as u64,
        || {
            let mut chain = chain();
            chain.entries.remove(ADOPTED);
            chain.leaves.remove(ADOPTED);
            Forged::of(chain)
        },
    ),
    at(
        "history: an entry behind the checkpoint breaks a rule",
        "stream/seq",
        10,
        || {
            let mut events = sound();
            let mut wrong = restored(8);
            wrong.seq = Some(7);
            events.push(wrong);
            let chain = Chain::of(&origin(), &events);
            let note = chain.note_at(10);
            let mut forged = Forged::of(chain).note(note).only(Shape::Directory);
            forged.trust = Some(trust_file(&origin(), 4));
            forged
        },
    ),
    at(
        "history: opened in another stream",
        "opened/first",
        0,
        || {
            let mut events = sound();
            "ledger".clone_into(&mut events[0].stream);
            Forged::events(&events)
        },
    ),
    at(
        "history: opened as the second of its stream",
        "opened/first",
        0,
        || {
            let mut events = sound();
            events[0].seq = Some(1);
            Forged::events(&events)
        },
    ),
    at("history: opened twice", "opened/first", 10, || {
        let mut events = sound();
        events.push(events[0].clone());
        Forged::events(&events)
    }),
];
