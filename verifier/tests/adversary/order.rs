//! A host without the emitters' keys moves, drops and doubles their signed events; an emitter of one stream speaks in
//! another. What each emitter had seen is what gives it away.

use super::{Attack, Forged, at, holds};
use crate::forge::chain::{Chain, Event, event};
use crate::forge::id;
use crate::forge::sound::{
    ONE_APPROVAL, STREAM, adopted, attempted, enrolled, handed, origin, policy, proposed, restored,
    revoked, rotated, staffed, voice,
};

fn with(more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    let mut events = staffed(&policy(ONE_APPROVAL));
    events.extend(more);
    events
}

/// The five entries of a staffed ledger, then what follows them in this order.
fn moved(more: impl IntoIterator<Item = Event>, order: &[usize]) -> Forged {
    let honest = Chain::of(&origin(), &with(more));
    let order = (0..5).chain(order.iter().copied());
    let envelopes = order.map(|at| &honest.envelopes[at]);
    Forged::of(Chain::sequenced(&origin(), envelopes))
}

/// Bookkeeping that has seen nothing new: it can stand anywhere.
fn filler() -> Event {
    handed("custodian/c9", 8).seen(5)
}

pub(crate) const ATTACKS: [Attack; 27] = [
    holds("order: nothing moved", || {
        moved(
            [proposed("PROPOSAL", 6), attempted(8), restored(8)],
            &[5, 6, 7],
        )
    }),
    at(
        "order: an intent before the case event that it had seen",
        "seen/size",
        5,
        || moved([proposed("PROPOSAL", 6), attempted(8)], &[6, 5]),
    ),
    at(
        "order: an intent before the case event that it had seen, the gap filled",
        "seen/leaf",
        6,
        || {
            moved(
                [proposed("PROPOSAL", 6), attempted(8), filler()],
                &[7, 6, 5],
            )
        },
    ),
    at(
        "order: an intent before the revocation that it had seen",
        "seen/size",
        5,
        || moved([revoked(7, 5, &[1, 2]), attempted(8)], &[6, 5]),
    ),
    at(
        "order: an intent before the revocation that it had seen, the gap filled",
        "seen/leaf",
        6,
        || moved([revoked(7, 5, &[1, 2]), attempted(8), filler()], &[7, 6, 5]),
    ),
    at(
        "order: an intent behind a revocation that it had not seen",
        "gate/stale",
        6,
        || moved([attempted(8), revoked(7, 5, &[1, 2]).seen(5)], &[6, 5]),
    ),
    at(
        "order: an intent behind a case event that it had not seen",
        "gate/stale",
        6,
        || moved([attempted(8), proposed("PROPOSAL", 6).seen(5)], &[6, 5]),
    ),
    at(
        "order: an intent behind a rejection that it had not seen",
        "gate/stale",
        7,
        || {
            let no = voice("Rejected", "PROPOSAL", 7).seen(6);
            moved([proposed("PROPOSAL", 6), attempted(8), no], &[5, 7, 6])
        },
    ),
    holds(
        "order: an outcome behind a revocation that it had not seen",
        || {
            let revoked = revoked(7, 5, &[1, 2]).seen(5);
            moved(
                [attempted(8).seen(5), restored(8).seen(6), revoked],
                &[5, 6, 7],
            )
        },
    ),
    at(
        "order: an approval behind the adoption that it was for",
        "approval/count",
        6,
        || {
            let events = [
                proposed("PROPOSAL", 6),
                voice("Approved", "PROPOSAL", 7).seen(6),
                adopted("PROPOSAL", 6).seen(6),
            ];
            moved(events, &[5, 7, 6])
        },
    ),
    at(
        "order: the end of a stream is gone that another emitter has seen",
        "seen/size",
        6,
        || {
            moved(
                [attempted(8), restored(8), proposed("PROPOSAL", 6)],
                &[5, 7],
            )
        },
    ),
    at(
        "order: the end of a stream is gone that another has seen, the gap filled",
        "seen/leaf",
        7,
        || {
            let events = [attempted(8), restored(8), proposed("PROPOSAL", 6), filler()];
            moved(events, &[5, 8, 7])
        },
    ),
    at(
        "order: the emitter changes its own past that another has seen",
        "seen/leaf",
        7,
        || {
            let honest = Chain::of(
                &origin(),
                &with([attempted(8), restored(8), proposed("PROPOSAL", 6)]),
            );
            let mut changed = restored(8);
            "{\"attempt\":2}".clone_into(&mut changed.data);
            let mut chain = Chain::of(&origin(), &with([attempted(8), changed]));
            chain.push(
                honest.envelopes[7].clone(),
                "2026-11-23T20:00:00.000000Z",
                None,
            );
            Forged::of(chain)
        },
    ),
    at(
        "order: two events of one stream exchanged",
        "stream/seq",
        5,
        || moved([attempted(8).seen(5), restored(8).seen(5)], &[6, 5]),
    ),
    at("order: a seq for two events", "stream/seq", 6, || {
        let mut again = attempted(8);
        again.seq = Some(0);
        again.link = Some(crate::forge::ZEROS.to_owned());
        "{\"attempt\":2}".clone_into(&mut again.data);
        Forged::events(&with([attempted(8), again]))
    }),
    at("order: an event twice", "stream/seq", 6, || {
        moved([attempted(8)], &[5, 5])
    }),
    at("order: a seq is left out", "stream/seq", 6, || {
        let mut later = restored(8);
        later.seq = Some(2);
        Forged::events(&with([attempted(8), later]))
    }),
    at(
        "order: a stream goes on from a past that is not its own",
        "stream/link",
        6,
        || {
            let mut changed = attempted(8);
            "{\"attempt\":2}".clone_into(&mut changed.data);
            let honest = Chain::of(&origin(), &with([attempted(8), restored(8)]));
            let mut chain = Chain::of(&origin(), &with([changed]));
            chain.push(
                honest.envelopes[6].clone(),
                "2026-11-23T20:00:00.000000Z",
                None,
            );
            Forged::of(chain)
        },
    ),
    at(
        "order: an emitter forgets what it had seen",
        "seen/size",
        6,
        || Forged::events(&with([attempted(8), restored(8).seen(4)])),
    ),
    at(
        "order: two emitters in one stream",
        "stream/emitter",
        7,
        || {
            Forged::events(&with([
                enrolled(9, "", "worker"),
                attempted(8),
                restored(9),
            ]))
        },
    ),
    at(
        "order: an emitter goes on in a stream that was handed over",
        "stream/emitter",
        8,
        || {
            let events = [
                enrolled(9, "", "worker"),
                attempted(8),
                handed(STREAM, 9),
                restored(8),
            ];
            Forged::events(&with(events))
        },
    ),
    holds("order: a stream handed over", || {
        let events = [
            enrolled(9, "", "worker"),
            attempted(8),
            handed(STREAM, 9),
            restored(9),
        ];
        Forged::events(&with(events))
    }),
    holds("order: a stream goes over with a rotated key", || {
        Forged::events(&with([attempted(8), rotated(8, 9, true), restored(9)]))
    }),
    at(
        "order: a stream that was handed to nobody",
        "stream/emitter",
        5,
        || Forged::events(&with([event("custodian/c2", "ItemRestored/1", "{}", &[8])])),
    ),
    at("order: somebody else's case", "stream/emitter", 5, || {
        let mut mine = proposed("PROPOSAL", 6);
        mine.stream = format!("case/{}", id(7));
        Forged::events(&with([mine]))
    }),
    at(
        "order: a voice in somebody else's approval stream",
        "stream/emitter",
        6,
        || {
            let mut yes = voice("Approved", "PROPOSAL", 7);
            yes.stream = format!("approval/PROPOSAL/{}", id(6));
            Forged::events(&with([proposed("PROPOSAL", 6), yes]))
        },
    ),
    at(
        "order: an approval stream of no proposal",
        "event/stream",
        6,
        || {
            let mut yes = voice("Approved", "PROPOSAL", 7);
            yes.stream = format!("approval/{}", id(7));
            Forged::events(&with([proposed("PROPOSAL", 6), yes]))
        },
    ),
];
