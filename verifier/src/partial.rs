//! A partial bundle (11.2): some streams whole, proven in the heads, against the tiles of the whole tree.

mod heads;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use self::heads::{Heads, Shown};
use crate::broken::{Broken, ensure};
use crate::bytes::Hash;
use crate::event::{Entry, Envelope};
use crate::files::VerifyError;
use crate::files::bundle::{self, Index};
use crate::rules::{self, Before};
use crate::state::State;
use crate::tree::Roots;
use crate::verdict::Verdict;
use crate::walk::BrokenAt;

/// What a partial bundle shows.
#[derive(Debug, Default)]
pub(crate) struct Partial {
    pub(crate) state: State,
    pub(crate) root: Hash,
    pub(crate) shown: u64,
    /// A root that an earlier checkpoint is held against.
    pub(crate) earlier: Option<Hash>,
    pub(crate) leaves: Vec<Hash>,
    /// How much the heads had seen: as of where its streams are complete.
    pub(crate) seen: u64,
    /// Each complete stream, and how many events it has as of then.
    pub(crate) whole: BTreeMap<String, u64>,
}

impl Partial {
    /// What holds of a part, on whose word, and what nobody can see in it.
    pub(crate) fn say(&self, index: &Index, verdict: &mut Verdict) {
        let (heads, seen) = (index.heads, self.seen);
        for (stream, next) in &self.whole {
            let events = format!("{stream}: all of its {next} events among entries 0..{seen}");
            verdict.holds.push(events);
        }
        verdict.holds.push(format!(
            "completeness rests on the StreamHeads in entry {heads}, which the service key signed"
        ));
        let missing = index.size - self.shown.min(index.size);
        verdict.not_checked.extend([
            format!("{missing} entries of other streams, which the bundle does not hold"),
            "gates on streams that are not in the bundle".to_owned(),
            "that no Rejected and no second use of an approval stands outside it".to_owned(),
            format!("that its streams have no later events than the heads in entry {heads}"),
            format!(
                "that the heads in entry {heads} are right: whoever has all {seen} entries before \
                 them can say"
            ),
        ]);
    }
}

/// What is broken in it, at an entry or in a file.
pub(crate) struct BrokenIn {
    pub(crate) entry: Option<u64>,
    pub(crate) file: &'static str,
    pub(crate) broken: Broken,
}

impl BrokenIn {
    fn file(file: &'static str, broken: Broken) -> Self {
        Self {
            entry: None,
            file,
            broken,
        }
    }
}

impl From<BrokenAt> for BrokenIn {
    fn from(BrokenAt { index, broken }: BrokenAt) -> Self {
        Self {
            entry: Some(index),
            file: "data/entries",
            broken,
        }
    }
}

/// Reads all of it; the outer error is the machine's, the inner one the record's.
pub(crate) fn read(
    root: &Path,
    index: &Index,
    earlier: Option<u64>,
    mut see: impl FnMut(&Entry<'_>),
) -> Result<Result<Partial, BrokenIn>, VerifyError> {
    let leaves = match bundle::leaves(root, index.size)? {
        Ok(leaves) => leaves,
        Err(broken) => return Ok(Err(BrokenIn::file("data/tile", broken))),
    };
    let mut partial = Partial::default();
    let mut roots = Roots::default();
    for leaf in &leaves {
        if earlier == Some(roots.size()) {
            partial.earlier = Some(roots.root());
        }
        roots.push(*leaf);
    }
    if earlier == Some(roots.size()) {
        partial.earlier = Some(roots.root());
    }
    partial.root = roots.root();
    let whole: BTreeSet<&str> = index
        .streams
        .iter()
        .map(String::as_str)
        .chain(["keys", "ledger"])
        .collect();
    let mut failed = None;
    let mut heads = None;
    let mut shown = Shown::default();
    let mut last = None;
    let read = bundle::entries(root, &mut |first, bytes| {
        let result = take(
            &mut partial.state,
            bytes,
            &leaves,
            &whole,
            last.max(first.checked_sub(1)),
            |entry| {
                if entry.index == index.heads {
                    heads = Heads::named(&entry.event);
                }
                shown.see(entry);
                see(entry);
            },
        );
        match result {
            Ok(place) => {
                partial.shown += 1;
                last = Some(place);
                true
            }
            Err(error) => {
                failed = Some(error);
                false
            }
        }
    })?;
    if let Some(failed) = failed {
        return Ok(Err(failed.into()));
    }
    if let Err(broken) = read {
        let index = partial.state.size;
        return Ok(Err(BrokenAt { index, broken }.into()));
    }
    let held = heads::check(root, index.heads, heads.as_ref(), &shown, &whole)?;
    partial.leaves = leaves;
    partial.seen = heads.map_or(0, |heads| heads.seen);
    Ok(held.map(|whole| Partial { whole, ..partial }))
}

/// One entry, at the index that it says; the tiles decide whether that is its place.
fn take(
    state: &mut State,
    bytes: &[u8],
    leaves: &[Hash],
    whole: &BTreeSet<&str>,
    last: Option<u64>,
    see: impl FnOnce(&Entry<'_>),
) -> Result<u64, BrokenAt> {
    let unread = |broken| BrokenAt {
        index: last.map_or(0, |last| last + 1),
        broken,
    };
    let envelope = Envelope::parse(bytes).map_err(unread)?;
    let entry = envelope.entry().map_err(unread)?;
    let place = entry.index;
    let at = |broken| BrokenAt {
        index: place,
        broken,
    };
    let leaf_of = |index: u64| leaves.get(usize::try_from(index).ok()?).copied();
    let ascends = last.is_none_or(|last| place > last);
    ensure(ascends, "bundle/form", "the entries do not ascend").map_err(at)?;
    let placed = leaf_of(place) == Some(entry.leaf);
    ensure(
        placed,
        "checkpoint/root",
        "its leaf hash is not that of the tiles",
    )
    .map_err(at)?;
    let is_whole = |stream: &str| whole.contains(stream);
    // One event of a stream without the others would be chosen to mislead.
    let decides = ["Proposed", "Approved", "Rejected"].contains(&&*entry.event.kind);
    ensure(
        decides || is_whole(&entry.event.stream),
        "bundle/form",
        "an entry of a stream that the bundle does not hold",
    )
    .map_err(at)?;
    let before = Before {
        leaf_of: &leaf_of,
        is_whole: &is_whole,
    };
    rules::check(state, place, &entry, &before).map_err(at)?;
    rules::apply::apply(state, place, &entry).map_err(at)?;
    see(&entry);
    Ok(place)
}
