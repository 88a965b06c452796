//! What a partial bundle shows of each stream, held against the heads that it names (section 10): all of it, no more, and
//! these very events.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::BrokenIn;
use crate::broken::{Broken, Checked, broken, ensure};
use crate::bytes::{Hash, ZEROS};
use crate::event::{Entry, Event};
use crate::files::VerifyError;
use crate::files::bundle::{self, HeadLine};
use crate::json::Value;
use crate::rules;
use crate::tree::{leaf, proves_inclusion};
use crate::walk::BrokenAt;

/// What the `StreamHeads` that a bundle names says.
pub(super) struct Heads {
    count: u64,
    root: Option<Hash>,
    /// Its own `seen.size`.
    pub(super) seen: u64,
}

impl Heads {
    pub(super) fn named(event: &Event<'_>) -> Option<Self> {
        let text = event.data.field("root").and_then(Value::text);
        (event.kind == "StreamHeads").then(|| Self {
            count: event
                .data
                .field("count")
                .and_then(Value::count)
                .unwrap_or(0),
            root: text.and_then(|text| crate::bytes::parse_hex(text).ok()),
            seen: event.seen_size,
        })
    }
}

/// The events that are shown of each stream: the index of each, and its payload's hash.
#[derive(Default)]
pub(super) struct Shown(BTreeMap<String, Vec<(u64, Hash)>>);

impl Shown {
    pub(super) fn see(&mut self, entry: &Entry<'_>) {
        let seen = (entry.index, entry.payload_hash);
        if let Some(stream) = self.0.get_mut(&*entry.event.stream) {
            stream.push(seen);
        } else {
            let stream = entry.event.stream.clone().into_owned();
            self.0.insert(stream, vec![seen]);
        }
    }

    /// How many events of it lie below that size, and the last one's hash.
    fn head(&self, stream: &str, size: u64) -> (u64, Hash) {
        let events = self.0.get(stream).map_or(&[][..], |events| events);
        let next = events.partition_point(|(index, _)| *index < size);
        let last = next.checked_sub(1).map_or(ZEROS, |last| events[last].1);
        (next as u64, last)
    }
}

/// Every stream that the bundle calls whole has one line in the heads, and as of then these events.
pub(super) fn check(
    root: &Path,
    at: u64,
    heads: Option<&Heads>,
    shown: &Shown,
    whole: &BTreeSet<&str>,
) -> Result<Result<BTreeMap<String, u64>, BrokenIn>, VerifyError> {
    let mut lines = BTreeMap::new();
    let mut twice = None;
    let read = bundle::heads(root, |line: HeadLine| {
        if let Some(again) = lines.insert(line.stream.clone(), line) {
            twice.get_or_insert(again.stream);
        }
        Ok(())
    })?;
    if let Err(broken) = read {
        return Ok(Err(BrokenIn::file("data/heads", broken)));
    }
    let held = held(heads, lines, twice, shown, whole);
    Ok(held.map_err(|broken: Broken| BrokenAt { index: at, broken }.into()))
}

fn held(
    heads: Option<&Heads>,
    lines: BTreeMap<String, HeadLine>,
    twice: Option<String>,
    shown: &Shown,
    whole: &BTreeSet<&str>,
) -> Checked<BTreeMap<String, u64>> {
    let rule = "heads/stream";
    let Some(heads) = heads else {
        return broken(rule, "the StreamHeads that it names is not shown");
    };
    let Some(top) = heads.root else {
        return broken("heads/root", "no root");
    };
    if let Some(stream) = twice {
        return broken(rule, format!("{stream} has two lines in the heads"));
    }
    for stream in whole {
        let Some(line) = lines.get(*stream) else {
            return broken(rule, format!("{stream} has no line in the heads"));
        };
        let text = rules::heads::line(stream, line.next, &line.last);
        let leaf = leaf(text.as_bytes());
        let proven = proves_inclusion(leaf, line.leaf, heads.count, &line.proof, &top);
        ensure(proven, rule, format_args!("the proof of {stream}"))?;
        // The service key may have signed heads of events that are not those shown: of fewer of them, or of others.
        let (next, last) = shown.head(stream, heads.seen);
        let why = format_args!("{stream} has {} events, and {next} are shown", line.next);
        ensure(next == line.next, rule, why)?;
        let why = format_args!("the last event of {stream} is another one in the heads");
        ensure(next == 0 || last == line.last, rule, why)?;
    }
    let other = lines.keys().find(|stream| !whole.contains(&***stream));
    if let Some(stream) = other {
        return broken(rule, format!("{stream} has a line and is not shown"));
    }
    Ok(lines
        .into_iter()
        .map(|(name, line)| (name, line.next))
        .collect())
}
