//! A partial bundle that shows less than it says (section 11.2): ends cut, heads of another stream, proofs and tiles that do
//! not fit. What no partial bundle can show is listed by the verdict, not here.

use super::{Attack, Forged, Shape, at, holds, suspect, within};
use crate::forge::chain::{Chain, event};
use crate::forge::place::{Files, head_lines, partial, partial_with};
use crate::forge::sound::{STREAM, enrolled, origin, revoked, sound};
use crate::forge::{hex, id, leaf, root};

const KEYS_AND_LEDGER: [usize; 5] = [0, 1, 2, 3, 4];
const ENTRIES: &str = "data/entries/000000000000";
const HEADS: &str = "data/heads/000000000000";
const INDEX: &str = "data/bundle.json";

/// The sound ledger, a revocation in entry 10, heads in entry 11.
fn chain() -> Chain {
    let mut chain = Chain::of(&origin(), &sound());
    chain.add(&revoked(7, 10, &[1, 2]));
    chain.add(&heads(&chain));
    chain
}

fn heads(chain: &Chain) -> crate::forge::chain::Event {
    heads_over(&head_lines(chain, chain.entries.len()))
}

fn heads_over(lines: &[(String, String)]) -> crate::forge::chain::Event {
    let leaves: Vec<_> = lines
        .iter()
        .map(|(_, line)| leaf(line.as_bytes()))
        .collect();
    let (count, root) = (leaves.len(), hex(&root(&leaves)));
    let data = format!("{{\"count\":{count},\"root\":\"{root}\"}}");
    event("ledger", "StreamHeads", &data, &[5])
}

/// The complete streams keys and ledger and these, with the entries that are theirs.
fn bundle(streams: &[&str], shown: &[usize], edit: impl Fn(&mut Files)) -> Forged {
    let chain = chain();
    let mut all: Vec<usize> = KEYS_AND_LEDGER.to_vec();
    all.extend(shown);
    let mut files = partial(&chain, chain.note().as_bytes(), 11, streams, &all);
    edit(&mut files);
    let mut forged = Forged::of(chain).only(Shape::Bundle);
    forged.payload = Some(files);
    forged
}

/// A key revoked back to an entry, in entry 10.
fn revoked_back(number: u8, from: usize, shown: &[usize], streams: &[&str]) -> Forged {
    let mut chain = Chain::of(&origin(), &sound());
    chain.add(&revoked(number, from, &[1, 2]));
    chain.add(&heads(&chain));
    let mut all: Vec<usize> = KEYS_AND_LEDGER.to_vec();
    all.extend(shown);
    let note = chain.note();
    let files = partial(&chain, note.as_bytes(), 11, streams, &all);
    let mut forged = Forged::of(chain).only(Shape::Bundle);
    forged.payload = Some(files);
    forged
}

fn edited(path: &'static str, piece: &'static str, by: &'static str) -> Forged {
    bundle(&[STREAM], &[8, 9, 10, 11], |files| {
        let text = String::from_utf8(files[path].clone()).expect("text");
        assert!(text.contains(piece), "{piece} is there");
        files.insert(path.to_owned(), text.replacen(piece, by, 1).into_bytes());
    })
}

/// Heads that the service key signed over the stream's line as the attacker would have it; all else in them is right.
fn lying(line: &str) -> Forged {
    let mut chain = Chain::of(&origin(), &sound());
    chain.add(&revoked(7, 10, &[1, 2]));
    let mut lines = head_lines(&chain, chain.entries.len());
    let own = lines.iter_mut().find(|(stream, _)| stream == STREAM);
    own.expect("a line").1 = format!("{STREAM}\n{line}\n");
    chain.add(&heads_over(&lines));
    let shown = [0, 1, 2, 3, 4, 8, 9, 10, 11];
    let note = chain.note();
    let files = partial_with(&chain, note.as_bytes(), (11, &lines), &[STREAM], &shown);
    let mut forged = Forged::of(chain).only(Shape::Bundle);
    forged.payload = Some(files);
    forged
}

/// The sound bundle with other lines of heads.
fn lined(edit: impl Fn(&mut Vec<String>)) -> Forged {
    bundle(&[STREAM], &[8, 9, 10, 11], |files| {
        let text = String::from_utf8(files[HEADS].clone()).expect("text");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        edit(&mut lines);
        let text = lines.join("\n") + "\n";
        files.insert(HEADS.to_owned(), text.into_bytes());
    })
}

pub(crate) const ATTACKS: [Attack; 36] = [
    holds("partial: a custodian's stream", || {
        bundle(&[STREAM], &[8, 9, 10, 11], |_| {})
    }),
    holds("partial: a case with its approval", || {
        bundle(&[&format!("case/{}", id(6))], &[5, 6, 7, 10, 11], |_| {})
    }),
    at(
        "partial: the end of the stream is not shown",
        "heads/stream",
        11,
        || bundle(&[STREAM], &[8, 10, 11], |_| {}),
    ),
    at(
        "partial: the beginning of the stream is not shown",
        "stream/seq",
        9,
        || bundle(&[STREAM], &[9, 10, 11], |_| {}),
    ),
    at(
        "partial: nothing of the stream is shown",
        "heads/stream",
        11,
        || bundle(&[STREAM], &[10, 11], |_| {}),
    ),
    at(
        "partial: the revocation is not shown",
        "heads/stream",
        11,
        || bundle(&[STREAM], &[8, 9, 11], |_| {}),
    ),
    at(
        "partial: the approval is not shown",
        "approval/count",
        7,
        || bundle(&[&format!("case/{}", id(6))], &[5, 7, 10, 11], |_| {}),
    ),
    at(
        "partial: the proposal is not shown",
        "approval/missing",
        6,
        || {
            bundle(
                &[&format!("approval/{}/{}", hex(&chain().leaves[5]), id(7))],
                &[6, 10, 11],
                |_| {},
            )
        },
    ),
    at(
        "partial: the heads are not shown",
        "heads/stream",
        11,
        || bundle(&[STREAM], &[8, 9, 10], |_| {}),
    ),
    at(
        "partial: the heads are another entry",
        "heads/stream",
        10,
        || edited(INDEX, "\"heads\":11", "\"heads\":10"),
    ),
    at(
        "partial: a stream without a line",
        "heads/stream",
        11,
        || {
            edited(
                INDEX,
                "[\"custodian/c1\"]",
                "[\"custodian/c1\",\"custodian/c2\"]",
            )
        },
    ),
    within(
        "partial: keys named again",
        "bundle/form",
        "bundle.json",
        || edited(INDEX, "[\"custodian/c1\"]", "[\"custodian/c1\",\"keys\"]"),
    ),
    at(
        "partial: a line that says fewer events",
        "heads/stream",
        11,
        || {
            edited(
                HEADS,
                "\"custodian/c1\",\"next\":2",
                "\"custodian/c1\",\"next\":1",
            )
        },
    ),
    at(
        "partial: heads of another last event",
        "heads/stream",
        11,
        || lying(&format!("2\n{}", "ab".repeat(32))),
    ),
    at(
        "partial: heads of fewer events than there were",
        "heads/stream",
        11,
        || lying(&format!("1\n{}", "ab".repeat(32))),
    ),
    at(
        "partial: heads of no event of what is shown",
        "heads/stream",
        11,
        || lying(&format!("0\n{}", "00".repeat(32))),
    ),
    at("partial: a line twice", "heads/stream", 11, || {
        lined(|lines| lines.push(lines[0].clone()))
    }),
    at(
        "partial: a line of a stream that is not shown",
        "heads/stream",
        11,
        || {
            let case = format!("case/{}", id(6));
            let other = bundle(&[&case], &[5, 6, 7, 10, 11], |_| {});
            let files = other.payload.expect("a payload");
            let text = String::from_utf8(files[HEADS].clone()).expect("text");
            let line = text.lines().find(|line| line.contains(&case));
            let line = line.expect("its line").to_owned();
            lined(move |lines| lines.push(line.clone()))
        },
    ),
    within(
        "partial: heads under another number",
        "bundle/form",
        "data/heads",
        || {
            bundle(&[STREAM], &[8, 9, 10, 11], |files| {
                let lines = files.remove(HEADS).expect("there");
                files.insert("data/heads/000000000001".to_owned(), lines);
            })
        },
    ),
    within(
        "partial: a line of heads that is none",
        "bundle/form",
        "data/heads",
        || lined(|lines| lines[0] = lines[0].replacen("\"next\":", "\"next\":-", 1)),
    ),
    at(
        "partial: the line of another stream",
        "heads/stream",
        11,
        || edited(HEADS, "\"custodian/c1\"", "\"custodian/c2\""),
    ),
    at(
        "partial: a proof for another place",
        "heads/stream",
        11,
        || edited(HEADS, "\"leaf\":2", "\"leaf\":1"),
    ),
    at("partial: no proof", "heads/stream", 11, || {
        bundle(&[STREAM], &[8, 9, 10, 11], |files| {
            let text = String::from_utf8(files[HEADS].clone()).expect("text");
            let cut = text.lines().map(|line| {
                let at = line.find("\"proof\":[").expect("a proof") + 9;
                format!("{}]}}\n", &line[..at])
            });
            files.insert(HEADS.to_owned(), cut.collect::<String>().into_bytes());
        })
    }),
    at(
        "partial: an entry that the tiles do not have",
        "checkpoint/root",
        9,
        || {
            let mut other = sound();
            "{\"attempt\":2}".clone_into(&mut other[9].data);
            let other = Chain::of(&origin(), &other);
            bundle(&[STREAM], &[8, 9, 10, 11], move |files| {
                let honest = &chain().entries[9];
                let file = &files[ENTRIES];
                let at = file
                    .windows(honest.len())
                    .position(|w| w == honest)
                    .expect("shown");
                let (before, after) = (&file[..at], &file[at + honest.len()..]);
                let file = [before, &other.entries[9], after].concat();
                files.insert(ENTRIES.to_owned(), file);
            })
        },
    ),
    within(
        "partial: tiles of another tree",
        "checkpoint/root",
        "checkpoint",
        || {
            bundle(&[STREAM], &[8, 9, 10, 11], |files| {
                let tile = files.get_mut("data/tile/0/000.p/12").expect("there");
                // Entry 5 is not shown, and nothing that is shown comes right behind it.
                tile[5 * 32] ^= 1;
            })
        },
    ),
    at("partial: an entry twice", "bundle/form", 9, || {
        bundle(&[STREAM], &[8, 9, 9, 10, 11], |_| {})
    }),
    at(
        "partial: entries in another order",
        "bundle/form",
        8,
        || bundle(&[STREAM], &[10, 8, 9, 11], |_| {}),
    ),
    within(
        "partial: a tile is missing",
        "bundle/form",
        "data/tile",
        || {
            bundle(&[STREAM], &[8, 9, 10, 11], |files| {
                files.remove("data/tile/0/000.p/12");
            })
        },
    ),
    holds("partial: an entry behind the heads", || {
        let mut chain = Chain::of(&origin(), &sound());
        chain.add(&revoked(7, 10, &[1, 2]));
        chain.add(&heads(&chain));
        chain.add(&enrolled(9, "", "worker"));
        let note = chain.note();
        let shown = [0, 1, 2, 3, 4, 8, 9, 10, 11, 12];
        let files = partial(&chain, note.as_bytes(), 11, &[STREAM], &shown);
        let mut forged = Forged::of(chain).only(Shape::Bundle);
        forged.payload = Some(files);
        forged
    }),
    at(
        "partial: one event chosen from a stream",
        "bundle/form",
        9,
        || bundle(&[], &[9, 10, 11], |_| {}),
    ),
    suspect("partial: a key revoked back", &[8, 9], || {
        revoked_back(8, 8, &[8, 9, 10, 11], &[STREAM])
    }),
    suspect("partial: an approver's key revoked back", &[6, 7], || {
        let case = format!("case/{}", id(6));
        revoked_back(7, 6, &[5, 6, 7, 10, 11], &[&case])
    }),
    holds(
        "partial: a key revoked back whose entries it does not hold",
        || revoked_back(7, 6, &[8, 9, 10, 11], &[STREAM]),
    ),
    within(
        "partial: forked",
        "at-least/root",
        "earlier checkpoint",
        || {
            let mut other = sound();
            other[9].received = "2026-11-23T20:00:00.000001Z";
            let earlier = Chain::of(&origin(), &other).note();
            bundle(&[STREAM], &[8, 9, 10, 11], |_| {}).at_least(earlier)
        },
    ),
    within(
        "partial: rolled back",
        "at-least/smaller",
        "earlier checkpoint",
        || {
            let mut later = chain();
            later.add(&enrolled(9, "", "worker"));
            bundle(&[STREAM], &[8, 9, 10, 11], |_| {}).at_least(later.note())
        },
    ),
    holds("partial: extends what was seen", || {
        bundle(&[STREAM], &[8, 9, 10, 11], |_| {}).at_least(chain().note_at(9))
    }),
];
