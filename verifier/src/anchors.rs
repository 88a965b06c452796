//! What others said of the ledger: witnesses' cosignatures and authorities' time stamps, held against its own tree. Who is
//! believed is the reader's word (trust file, authorities); what is not covered is said.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::broken::{Checked, broken, ensure};
use crate::bytes::{Hash, hex, sha256};
use crate::files::{VerifyError, names, small};
use crate::note::{NOTE_BYTES_MAX, Note};
use crate::state::{Anchor, AnchorKind, State};
use crate::timestamp::{self, Authorities, TOKEN_BYTES_MAX, Timestamp};
use crate::tree::Roots;
use crate::trust::Trust;

/// Where the objects that entries name are found.
pub(crate) enum Objects<'a> {
    Bundle(&'a Path),
    Directory(&'a Path),
}

impl Objects<'_> {
    fn path(&self, hash: &Hash) -> PathBuf {
        let name = hex(hash);
        match self {
            Self::Bundle(root) => root.join("data/objects").join(name),
            Self::Directory(root) => root.join("objects").join(&name[..2]).join(name),
        }
    }

    fn read(&self, hash: &Hash, most: u64) -> Result<Option<Checked<Vec<u8>>>, VerifyError> {
        let path = self.path(hash);
        Ok(small(&path, most)?.map(|bytes| {
            let named = sha256(&bytes) == *hash;
            ensure(
                named,
                "anchor/object",
                "an object's bytes are not those of its name",
            )?;
            Ok(bytes)
        }))
    }

    /// Tokens over the bundle's own checkpoint, which no entry of it can name.
    fn beside(&self) -> Result<Vec<(String, Vec<u8>)>, VerifyError> {
        let Self::Bundle(root) = self else {
            return Ok(Vec::new());
        };
        let folder = root.join("data/timestamps");
        let mut tokens = Vec::new();
        for name in names(&folder)? {
            let bytes = small(&folder.join(&name), TOKEN_BYTES_MAX)?.unwrap_or_default();
            tokens.push((name, bytes));
        }
        Ok(tokens)
    }
}

/// What the reader believes.
pub(crate) struct Believed<'a> {
    pub(crate) trust: Option<&'a Trust>,
    pub(crate) authorities: Option<&'a Authorities>,
}

/// What it all comes to.
#[derive(Default)]
pub(crate) struct Anchored {
    /// How many entries a quorum of witnesses has seen.
    pub(crate) witnessed: u64,
    /// Which witnesses' cosignatures hold, and up to which size.
    pub(crate) by: BTreeMap<String, u64>,
    /// How many entries a believed time stamp covers.
    pub(crate) timestamped: u64,
    /// Every stamp that holds: the size it covers, and what it says.
    pub(crate) stamps: Vec<(u64, Timestamp)>,
    /// Entry, file and rule of what does not hold.
    pub(crate) broken: Vec<(Option<u64>, Option<String>, crate::broken::Broken)>,
    /// Notes that witnesses are said to have cosigned.
    pub(crate) cosigned: u64,
    pub(crate) missing: u64,
    pub(crate) foreign: u64,
}

/// Looks at every anchor that the entries name, and at the tokens beside the checkpoint.
pub(crate) fn check(
    objects: &Objects<'_>,
    state: &State,
    leaves: &[Hash],
    checkpoint: Option<&[u8]>,
    believed: &Believed<'_>,
) -> Result<Anchored, VerifyError> {
    let mut anchored = Anchored::default();
    let roots = roots_at(&state.anchors, leaves);
    for anchor in &state.anchors {
        let Some(note) = objects.read(&anchor.note, NOTE_BYTES_MAX)? else {
            anchored.missing += 1;
            continue;
        };
        let token = match &anchor.kind {
            AnchorKind::Witness => {
                anchored.cosigned += 1;
                None
            }
            AnchorKind::Timestamp(token) => match objects.read(token, TOKEN_BYTES_MAX)? {
                None => {
                    anchored.missing += 1;
                    continue;
                }
                some => some,
            },
        };
        let root = roots.get(&anchor.size);
        let held = one(state, anchor, note, token, root, believed, &mut anchored);
        if let Err(broken) = held {
            anchored.broken.push((Some(anchor.index), None, broken));
        }
    }
    if let Some(bytes) = checkpoint {
        if let (Some(trust), Ok(note)) = (believed.trust, Note::parse(bytes)) {
            anchored.note_witnesses(trust, &note);
        }
        for (name, token) in objects.beside()? {
            let size = Note::parse(bytes).map_or(0, |note| note.size);
            let stamp = timestamp::check(&token, Some(bytes), None, believed.authorities);
            match stamp {
                Ok(stamp) => anchored.note_stamp(size, stamp),
                Err(broken) => {
                    let file = format!("data/timestamps/{name}");
                    anchored.broken.push((None, Some(file), broken));
                }
            }
        }
    }
    Ok(anchored)
}

/// The roots at the sizes that anchors speak of, in one pass over the leaf hashes.
fn roots_at(anchors: &[Anchor], leaves: &[Hash]) -> BTreeMap<u64, Hash> {
    let mut found: BTreeMap<u64, Hash> = anchors.iter().map(|a| (a.size, [0; 32])).collect();
    let mut roots = Roots::default();
    let mut reached = Vec::new();
    let mut sizes = found.keys().copied().peekable();
    for leaf in std::iter::once(None).chain(leaves.iter().map(Some)) {
        if let Some(leaf) = leaf {
            roots.push(*leaf);
        }
        if sizes.next_if_eq(&roots.size()).is_some() {
            reached.push((roots.size(), roots.root()));
        }
        if sizes.peek().is_none() {
            break;
        }
    }
    found.clear();
    found.extend(reached);
    found
}

fn one(
    state: &State,
    anchor: &Anchor,
    note: Checked<Vec<u8>>,
    token: Option<Checked<Vec<u8>>>,
    root: Option<&Hash>,
    believed: &Believed<'_>,
    anchored: &mut Anchored,
) -> Checked {
    let bytes = note?;
    let note = Note::parse(&bytes)?;
    let fits = note.origin == state.origin && note.size == anchor.size;
    ensure(fits, "anchor/note", "the note is of another ledger or size")?;
    // A note of a tree that this ledger never had: its log has signed two.
    ensure(
        root == Some(&note.root),
        "anchor/root",
        "the note has another root than the ledger at that size",
    )?;
    match state.log_key_at(note.size) {
        Some(key) => note.check_log(&state.origin, key)?,
        None => return broken("checkpoint/signature", "no log key is known"),
    }
    if let Some(trust) = believed.trust {
        anchored.note_witnesses(trust, &note);
    }
    if let Some(token) = token {
        let stamp = timestamp::check(&token?, Some(&bytes), None, believed.authorities)?;
        anchored.note_stamp(note.size, stamp);
    }
    Ok(())
}

impl Anchored {
    fn note_witnesses(&mut self, trust: &Trust, note: &Note) {
        for name in trust.cosigners(note) {
            let size = self.by.entry(name).or_default();
            *size = note.size.max(*size);
        }
        if trust.asks_for_witnesses() && trust.check_quorum(note).is_ok() {
            self.witnessed = self.witnessed.max(note.size);
        }
    }

    fn note_stamp(&mut self, size: u64, stamp: Timestamp) {
        match stamp.is_trusted {
            Some(false) => self.foreign += 1,
            Some(true) => self.timestamped = self.timestamped.max(size),
            None => {}
        }
        self.stamps.push((size, stamp));
    }

    /// What holds, what is not covered and what the reader cannot rely on, in words.
    pub(crate) fn say(
        &self,
        size: u64,
        believed: &Believed<'_>,
        holds: &mut Vec<String>,
        not_checked: &mut Vec<String>,
        exceptions: &mut Vec<String>,
    ) {
        for (name, seen) in &self.by {
            holds.push(format!("witness {name} has seen entries 0..{seen}"));
        }
        if believed.trust.is_some_and(Trust::asks_for_witnesses) && self.witnessed < size {
            let from = self.witnessed;
            exceptions.push(format!(
                "entries {from}..{size} are NOT witnessed by the quorum"
            ));
        } else if self.by.is_empty() && self.cosigned > 0 {
            let notes = self.cosigned;
            not_checked.push(format!(
                "{notes} cosigned notes: the reader names no witness"
            ));
        }
        for (covers, stamp) in ends(&self.stamps) {
            let (time, authority) = (&stamp.time, &stamp.authority);
            let believed = match stamp.is_trusted {
                Some(true) => "",
                Some(false) => " (NOT one of the authorities given)",
                None => " (its authority is not checked: no --authorities)",
            };
            holds.push(format!(
                "entries 0..{covers} existed at {time}, says {authority}{believed}"
            ));
        }
        if self.stamps.len() > 2 {
            let more = self.stamps.len() - 2;
            holds.push(format!("{more} more time stamps between these"));
        }
        if believed.authorities.is_some() {
            if self.timestamped < size {
                let from = self.timestamped;
                exceptions.push(format!(
                    "entries {from}..{size} have no time stamp of the authorities given"
                ));
            }
            if self.foreign > 0 {
                let foreign = self.foreign;
                exceptions.push(format!("{foreign} time stamps of other authorities"));
            }
        }
        if self.missing > 0 {
            let missing = self.missing;
            not_checked.push(format!(
                "{missing} witness notes or tokens that are not here"
            ));
        }
    }
}

/// The first and the last.
fn ends<T>(list: &[T]) -> Vec<&T> {
    match list {
        [] => Vec::new(),
        [only] => vec![only],
        [first, .., last] => vec![first, last],
    }
}
