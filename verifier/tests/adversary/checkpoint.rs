//! The signed note over the tree: its text, its lines, and who signed it. The histories that it is to give away are in
//! `history.rs`.

use super::{Attack, Forged, Place, at, attack, holds, within};
use crate::forge::chain::{Chain, Event};
use crate::forge::sound::{origin, restored, rotated, sound};
use crate::forge::{note, note_line, note_text, root, trust_file};

fn chain() -> Chain {
    Chain::of(&origin(), &sound())
}

fn noted(note: String) -> Forged {
    Forged::of(chain()).note(note)
}

/// Text and lines, the signature made over the text as it is.
fn text(text: &str) -> Forged {
    noted(format!("{text}\n{}", note_line(&origin(), 4, text)))
}

fn sound_text() -> String {
    note_text(&origin(), 10, &root(&chain().leaves))
}

/// The sound ledger whose log key went from 4 to 14 in entry 10, and one entry behind.
fn rotated_log() -> Chain {
    let mut events: Vec<Event> = sound();
    events.extend([rotated(4, 14, false), restored(8)]);
    Chain::of(&origin(), &events)
}

/// The first entries of it under a checkpoint by that key.
fn after_rotation(size: usize, number: u8) -> Forged {
    let chain = rotated_log().cut(size);
    let note = note(&origin(), size, &root(&chain.leaves), number);
    Forged::of(chain).note(note)
}

pub(crate) const ATTACKS: [Attack; 31] = [
    within(
        "checkpoint: an extension line",
        "checkpoint/form",
        "checkpoint",
        || text(&(sound_text() + "extension\n")),
    ),
    within(
        "checkpoint: an empty extension line",
        "checkpoint/form",
        "checkpoint",
        || text(&(sound_text() + "\n")),
    ),
    within(
        "checkpoint: a second line of the log key that is wrong",
        "checkpoint/signature",
        "checkpoint",
        || {
            let wrong = note_line(&origin(), 4, "something else");
            noted(chain().note() + &wrong)
        },
    ),
    within(
        "checkpoint: a first line of the log key that is wrong",
        "checkpoint/signature",
        "checkpoint",
        || {
            let (text, line) = (sound_text(), note_line(&origin(), 4, &sound_text()));
            noted(format!(
                "{text}\n{}{line}",
                note_line(&origin(), 4, "something else")
            ))
        },
    ),
    holds("checkpoint: a line by somebody unknown", || {
        let stranger = note_line("example.org/stranger", 9, "something else");
        noted(chain().note() + &stranger)
    }),
    within(
        "checkpoint: no line of the log key",
        "checkpoint/signature",
        "checkpoint",
        || noted(note(&origin(), 10, &root(&chain().leaves), 9)),
    ),
    within(
        "checkpoint: the stranger's line under the log key's hint",
        "checkpoint/signature",
        "checkpoint",
        || {
            let right = note_line(&origin(), 4, &sound_text());
            let wrong = note_line(&origin(), 9, &sound_text());
            let at = right.rfind(' ').expect("a space") + 1;
            // The hint is the first 4 bytes: 16 bits short of 6 digits of base64, so the first 5 are all the hint's.
            noted(format!(
                "{}\n{}{}",
                sound_text(),
                &right[..at + 5],
                &wrong[at + 5..]
            ))
        },
    ),
    within(
        "checkpoint: signed under another name",
        "checkpoint/signature",
        "checkpoint",
        || {
            noted(format!(
                "{}\n{}",
                sound_text(),
                note_line("example.org/log", 4, &sound_text())
            ))
        },
    ),
    within(
        "checkpoint: the root of another size",
        "checkpoint/root",
        "checkpoint",
        || noted(note(&origin(), 10, &root(&chain().leaves[..9]), 4)),
    ),
    within(
        "checkpoint: another size for the root",
        "checkpoint/root",
        "checkpoint",
        || noted(note(&origin(), 9, &root(&chain().leaves), 4)).only(super::Shape::Directory),
    ),
    at(
        "checkpoint: a size that is not there",
        "checkpoint/root",
        10,
        || noted(note(&origin(), 11, &root(&chain().leaves), 4)).only(super::Shape::Directory),
    ),
    within(
        "checkpoint: another origin",
        "checkpoint/form",
        "checkpoint",
        || {
            let text = note_text("example.org/other", 10, &root(&chain().leaves));
            noted(format!("{text}\n{}", note_line(&origin(), 4, &text)))
                .only(super::Shape::Directory)
        },
    ),
    within(
        "checkpoint: a size with a zero before it",
        "checkpoint/form",
        "checkpoint",
        || text(&sound_text().replace("\n10\n", "\n010\n")),
    ),
    within(
        "checkpoint: a size with a sign",
        "checkpoint/form",
        "checkpoint",
        || text(&sound_text().replace("\n10\n", "\n+10\n")),
    ),
    within(
        "checkpoint: a root without padding",
        "checkpoint/form",
        "checkpoint",
        || text(&sound_text().replace("=\n", "\n")),
    ),
    within(
        "checkpoint: no empty line before the signatures",
        "checkpoint/form",
        "checkpoint",
        || {
            noted(format!(
                "{}{}",
                sound_text(),
                note_line(&origin(), 4, &sound_text())
            ))
        },
    ),
    within(
        "checkpoint: no newline at the end",
        "checkpoint/form",
        "checkpoint",
        || noted(chain().note().trim_end().to_owned()),
    ),
    within(
        "checkpoint: a hyphen for the dash",
        "checkpoint/form",
        "checkpoint",
        || noted(chain().note().replace('\u{2014}', "-")),
    ),
    within(
        "checkpoint: lines that end as on Windows",
        "checkpoint/form",
        "checkpoint",
        || noted(chain().note().replace('\n', "\r\n")),
    ),
    within(
        "checkpoint: no signature at all",
        "checkpoint/form",
        "checkpoint",
        || noted(sound_text() + "\n"),
    ),
    within(
        "checkpoint: nothing",
        "checkpoint/form",
        "checkpoint",
        || noted(String::new()).only(super::Shape::Directory),
    ),
    holds("checkpoint: by the new log key after a rotation", || {
        after_rotation(12, 14)
    }),
    holds(
        "checkpoint: by the new log key right at the rotation",
        || after_rotation(11, 14),
    ),
    within(
        "checkpoint: by the old log key after a rotation",
        "checkpoint/signature",
        "checkpoint",
        || after_rotation(12, 4),
    ),
    within(
        "checkpoint: by the old log key right at the rotation",
        "checkpoint/signature",
        "checkpoint",
        || after_rotation(11, 4),
    ),
    within(
        "checkpoint: by the new log key before its rotation",
        "checkpoint/signature",
        "checkpoint",
        || {
            let chain = rotated_log();
            let note = note(&origin(), 10, &root(&chain.leaves[..10]), 14);
            Forged::of(chain).note(note).only(super::Shape::Directory)
        },
    ),
    holds("checkpoint: an earlier one by the old log key", || {
        after_rotation(12, 14).at_least(rotated_log().note_at(10))
    }),
    within(
        "checkpoint: an earlier one by the new log key before its rotation",
        "checkpoint/signature",
        "earlier checkpoint",
        || {
            let early = note(&origin(), 10, &root(&rotated_log().leaves[..10]), 14);
            after_rotation(12, 14).at_least(early)
        },
    ),
    holds("checkpoint: the trust file names the new log key", || {
        let mut forged = after_rotation(12, 14);
        forged.trust = Some(trust_file(&origin(), 14));
        forged
    }),
    within(
        "checkpoint: the trust file names a key that never was the log's",
        "trust/log-key",
        "trust file",
        || {
            let mut forged = noted(chain().note());
            forged.trust = Some(trust_file(&origin(), 9));
            forged
        },
    ),
    attack(
        "checkpoint: nobody said whose ledger it is",
        21,
        "",
        Place::Nowhere,
        || {
            let mut forged = noted(chain().note());
            forged.trust = None;
            forged
        },
    ),
];
