//! The order of a check: what is there, the container, the entries, the checkpoint, trust, and the verdict.

mod single;

use std::path::Path;

use crate::Options;
use crate::anchors::{self, Believed, Objects};
use crate::batches;
use crate::broken::{Broken, Checked, ensure};
use crate::bytes::{Hash, hex};
use crate::disclosures;
use crate::event::Entry;
use crate::files::bundle::{self, Index};
use crate::files::segments::{self, Ended};
use crate::files::{VerifyError, bag, small};
use crate::note::{NOTE_BYTES_MAX, Note};
use crate::partial;
use crate::rest::Rest;
use crate::state::State;
use crate::suspect::Suspects;
use crate::timestamp::Authorities;
use crate::trust::{TRUST_BYTES_MAX, Trust};
use crate::verdict::{Finding, Verdict, VerdictKind};
use crate::walk::{BrokenAt, Walk};

/// The shortest entry that could hold: what bounds the number of entries by the bytes that are there.
const ENTRY_BYTES_MIN: u64 = 500;

/// The record as it was read, whatever it lay in.
#[derive(Default)]
struct Read {
    state: State,
    /// The root at the checkpoint's size; `None` when there are fewer entries.
    root: Option<Hash>,
    earlier: Option<Hash>,
    entries: u64,
    suspects: Suspects,
    disclosures: u64,
    leaves: Vec<Hash>,
}

struct Check {
    verdict: Verdict,
    note: Option<Note>,
    trust: Option<Trust>,
    authorities: Option<Authorities>,
    at_least: Option<Note>,
}

pub(crate) fn run(path: &Path, options: &Options) -> Result<Verdict, VerifyError> {
    let is_bundle = path.join("bagit.txt").exists();
    if path.is_file() {
        return single::run(path, options);
    }
    if !is_bundle && !path.join("format").exists() {
        return Err(VerifyError::NothingThere {
            path: path.display().to_string(),
        });
    }
    let mut check = Check::new(if is_bundle {
        "bundle"
    } else {
        "ledger directory"
    });
    check.bring(options)?;
    let note_path = if is_bundle {
        "data/checkpoint"
    } else {
        "checkpoint"
    };
    let note = small(&path.join(note_path), NOTE_BYTES_MAX)?.unwrap_or_default();
    check.note = check.found(None, Some(note_path), Note::parse(&note));
    let read = if is_bundle {
        check.bundle(path)?
    } else {
        check.directory(path)?
    };
    if let Some(read) = read {
        check.conclude(&read);
        let objects = if is_bundle {
            Objects::Bundle(path)
        } else {
            Objects::Directory(path)
        };
        check.anchors(&objects, &read, &note)?;
    }
    Ok(check.end())
}

impl Check {
    fn new(what: &str) -> Self {
        Self {
            verdict: Verdict {
                kind: VerdictKind::Invalid,
                what: what.to_owned(),
                origin: String::new(),
                size: 0,
                root: String::new(),
                entries: 0,
                behind: 0,
                disclosures: 0,
                suspect: (0, Vec::new()),
                erased: (0, Vec::new()),
                holds: Vec::new(),
                broken: Vec::new(),
                exceptions: Vec::new(),
                witnessed: 0,
                timestamped: 0,
                not_checked: Vec::new(),
            },
            note: None,
            trust: None,
            authorities: None,
            at_least: None,
        }
    }

    /// Notes a broken rule; gives back what holds.
    fn found<T>(
        &mut self,
        entry: Option<u64>,
        file: Option<&str>,
        checked: Checked<T>,
    ) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err(Broken { rule, why }) => {
                self.verdict.broken.push(Finding {
                    entry,
                    file: file.map(str::to_owned),
                    rule: rule.to_owned(),
                    why,
                });
                None
            }
        }
    }

    /// What the reader brought: read first, since a mistake in it makes all the rest moot.
    fn bring(&mut self, options: &Options) -> Result<(), VerifyError> {
        let missing = |path: &Path| VerifyError::Io {
            path: path.display().to_string(),
            source: std::io::ErrorKind::NotFound.into(),
        };
        if let Some(path) = &options.trust {
            let bytes = small(path, TRUST_BYTES_MAX)?.ok_or_else(|| missing(path))?;
            let not_trust = |broken| VerifyError::not_trust(path, broken);
            self.trust = Some(Trust::parse(&bytes).map_err(not_trust)?);
        }
        if let Some(path) = &options.authorities {
            let bytes = small(path, TRUST_BYTES_MAX)?.ok_or_else(|| missing(path))?;
            let read = Authorities::from_pem(&String::from_utf8_lossy(&bytes));
            match read {
                Ok(authorities) => self.authorities = Some(authorities),
                Err(error) => self.verdict.broken.push(Finding {
                    entry: None,
                    file: Some(path.display().to_string()),
                    rule: error.rule,
                    why: error.why,
                }),
            }
        }
        if let Some(path) = &options.at_least {
            let bytes = small(path, NOTE_BYTES_MAX)?.ok_or_else(|| missing(path))?;
            self.at_least =
                self.found(None, Some(&path.display().to_string()), Note::parse(&bytes));
        }
        Ok(())
    }

    fn size(&self) -> u64 {
        self.note.as_ref().map_or(0, |note| note.size)
    }

    fn earlier_size(&self) -> Option<u64> {
        self.at_least.as_ref().map(|note| note.size)
    }

    fn bundle(&mut self, root: &Path) -> Result<Option<Read>, VerifyError> {
        let findings = bag::check(root)?;
        if findings.is_empty() {
            self.verdict
                .holds
                .push("the bag: every file listed, every digest right".to_owned());
        }
        self.verdict.broken.extend(findings);
        let Some(index) = self.found(None, Some("data/bundle.json"), bundle::index(root)?) else {
            return Ok(None);
        };
        let objects = bundle::objects(root)?;
        self.found(None, Some("data/objects"), objects);
        let wanted = disclosures::read(root)?;
        let Some(mut wanted) = self.found(None, Some("data/disclosures"), wanted) else {
            return Ok(None);
        };
        if let Some(note) = &self.note {
            let fits = note.origin == index.origin && note.size == index.size;
            let held = ensure(
                fits,
                "bundle/form",
                "another origin or size than the checkpoint",
            );
            self.found(None, Some("data/bundle.json"), held);
        }
        let mut rest = Rest::read(root)?;
        let see = |entry: &Entry<'_>| {
            wanted.see(entry.index, &entry.event.sd);
            rest.see(entry);
        };
        let read = if index.is_full {
            "bundle (full: every entry)".clone_into(&mut self.verdict.what);
            self.full(root, &index, see)?
        } else {
            "bundle (partial)".clone_into(&mut self.verdict.what);
            self.partial(root, &index, see)?
        };
        if let Some(read) = &read {
            rest.say(root, &read.state, &mut self.verdict)?;
        }
        let ended = wanted.end();
        if let Some(read) = &read {
            let file = Some("data/disclosures");
            self.found(None, file, ended);
            self.found(None, file, wanted.none_erased(&read.state.erased));
        }
        let shown = wanted.shown;
        if index.is_full && read.is_some() {
            // Full speaks of the entries: a redacted edition has all of them, and shows no fact.
            self.verdict.what = format!("bundle (full: every entry; {shown} facts disclosed)");
        }
        Ok(read.map(|read| Read {
            disclosures: shown,
            ..read
        }))
    }

    fn full(
        &mut self,
        root: &Path,
        index: &Index,
        see: impl FnMut(&Entry<'_>) + Send,
    ) -> Result<Option<Read>, VerifyError> {
        let mut place = 0;
        let mut misplaced = None;
        let walk = self.walk(index.size);
        let (walk, failed, read) = batches::walk(walk, see, |push| {
            bundle::entries(root, &mut |first, bytes| {
                if !(first..first + 4096).contains(&place) {
                    misplaced = Some(place);
                    return false;
                }
                place += 1;
                push(bytes)
            })
        });
        if let Some(BrokenAt { index, broken }) = failed {
            self.found::<()>(Some(index), Some("data/entries"), Err(broken));
            return Ok(None);
        }
        let read = read?;
        if let Some(place) = misplaced {
            let held = ensure(false, "bundle/form", "entries in another file");
            self.found(Some(place), Some("data/entries"), held);
            return Ok(None);
        }
        self.found(Some(walk.size()), Some("data/entries"), read);
        let counts = ensure(
            walk.size() == index.size,
            "bundle/form",
            format_args!(
                "{} entries are there, {} were announced",
                walk.size(),
                index.size
            ),
        );
        self.found(Some(walk.size()), Some("data/entries"), counts);
        let tiles = bundle::leaves(root, index.size)?;
        if let Some(tiles) = self.found(None, Some("data/tile"), tiles) {
            let differs = tiles
                .iter()
                .zip(&walk.leaves)
                .position(|(tile, leaf)| tile != leaf);
            let same = ensure(
                differs.is_none(),
                "bundle/form",
                "a tile with another leaf hash",
            );
            self.found(differs.map(|at| at as u64), Some("data/tile"), same);
        }
        let mut suspects = Suspects::new(walk.state.revocations.clone());
        if suspects.reach_back() {
            let mut place = 0;
            let again = bundle::entries(root, &mut |_, bytes| {
                suspects.push(place, bytes);
                place += 1;
                true
            })?;
            self.found(None, Some("data/entries"), again);
        }
        Ok(Some(self.walked(walk, suspects)))
    }

    fn walk(&self, expected: u64) -> Walk {
        let sizes: Vec<u64> = [Some(self.size()), self.earlier_size()]
            .into_iter()
            .flatten()
            .collect();
        Walk::new(&sizes, expected.min(16 << 20))
    }

    fn walked(&self, walk: Walk, suspects: Suspects) -> Read {
        Read {
            root: walk.root_at(self.size()),
            earlier: self.earlier_size().and_then(|size| walk.root_at(size)),
            entries: walk.size(),
            leaves: walk.leaves,
            state: walk.state,
            suspects,
            disclosures: 0,
        }
    }

    fn partial(
        &mut self,
        root: &Path,
        index: &Index,
        mut see: impl FnMut(&Entry<'_>),
    ) -> Result<Option<Read>, VerifyError> {
        let mut places = Vec::new();
        let read = partial::read(root, index, self.earlier_size(), |entry| {
            see(entry);
            places.push(entry.index);
        })?;
        match read {
            Err(error) => {
                self.found::<()>(error.entry, Some(error.file), Err(error.broken));
                Ok(None)
            }
            Ok(partial) => {
                partial.say(index, &mut self.verdict);
                let mut suspects = Suspects::new(partial.state.revocations.clone());
                if suspects.reach_back() {
                    let mut places = places.into_iter();
                    let again = bundle::entries(root, &mut |_, bytes| {
                        let place = places.next();
                        if let Some(place) = place {
                            suspects.push(place, bytes);
                        }
                        place.is_some()
                    })?;
                    self.found(None, Some("data/entries"), again);
                    self.verdict.not_checked.push(
                        "which entries outside it are SUSPECT: ask for the full bundle".to_owned(),
                    );
                }
                Ok(Some(Read {
                    state: partial.state,
                    root: Some(partial.root),
                    earlier: partial.earlier,
                    entries: partial.shown,
                    leaves: partial.leaves,
                    suspects,
                    ..Read::default()
                }))
            }
        }
    }

    fn directory(&mut self, root: &Path) -> Result<Option<Read>, VerifyError> {
        let format = small(&root.join("format"), 1024)?;
        let known = format.as_deref() == Some(b"unbroken-ledger/1\n");
        self.found(
            None,
            Some("format"),
            ensure(known, "segment/damaged", "another format"),
        );
        let objects = crate::files::objects::all(root)?;
        self.found(None, Some("objects"), objects);
        let folder = root.join("segments");
        let most = segments::total_bytes(&folder)? / ENTRY_BYTES_MIN;
        let covered = self.size();
        let walk = self.walk(self.size().min(most));
        let (walk, failed, ended) = batches::walk(
            walk,
            |_| {},
            |push| segments::read(&folder, covered, &mut |_, bytes| push(bytes)),
        );
        if let Some(BrokenAt { index, broken }) = failed {
            self.found::<()>(Some(index), Some("segments"), Err(broken));
            return Ok(None);
        }
        match ended? {
            Ended::Read => {}
            Ended::Torn { index } => self.verdict.not_checked.push(format!(
                "a torn frame behind entry {index}: it was never acknowledged"
            )),
            Ended::Damaged {
                index,
                file,
                broken,
            } => {
                self.found::<()>(Some(index), Some(&format!("segments/{file}")), Err(broken));
            }
        }
        let mut suspects = Suspects::new(walk.state.revocations.clone());
        if suspects.reach_back() {
            segments::read(&folder, covered, &mut |index, bytes| {
                suspects.push(index, bytes);
                true
            })?;
        }
        Ok(Some(self.walked(walk, suspects)))
    }

    fn conclude(&mut self, read: &Read) {
        self.verdict.origin.clone_from(&read.state.origin);
        self.verdict.entries = read.entries;
        self.verdict.disclosures = read.disclosures;
        self.verdict.suspect = (read.suspects.count, read.suspects.first.clone());
        let mut erased: Vec<u64> = read.state.erased.values().copied().collect();
        erased.sort_unstable();
        self.verdict.erased.0 = erased.len() as u64;
        erased.truncate(crate::suspect::SHOWN);
        self.verdict.erased.1 = erased;
        self.verdict.behind = read.state.size.saturating_sub(self.size());
        if self.verdict.broken.is_empty() {
            self.verdict.holds.extend([
                "every entry: canonical form, place, chain, signatures".to_owned(),
                "keys, roles, streams, gates and approvals, as of each entry".to_owned(),
            ]);
            if read.disclosures > 0 {
                let shown = read.disclosures;
                self.verdict
                    .holds
                    .push(format!("{shown} disclosures match their entries"));
            }
        }
        if let Some(note) = self.note.clone() {
            self.checkpoint(&note, read);
        }
        if let Some(earlier) = self.at_least.clone() {
            self.earlier(&earlier, read);
        }
    }

    fn checkpoint(&mut self, note: &Note, read: &Read) {
        let state = &read.state;
        self.verdict.size = note.size;
        self.verdict.root = hex(&note.root);
        let before = self.verdict.broken.len();
        let file = Some("checkpoint");
        let enough = read.root.is_some();
        let short = format!(
            "it covers {} entries, {} are there",
            note.size, read.entries
        );
        self.found(
            Some(read.entries),
            file,
            ensure(enough, "checkpoint/root", short),
        );
        if let Some(root) = read.root {
            let same = ensure(
                root == note.root,
                "checkpoint/root",
                "the entries have another root",
            );
            self.found(None, file, same);
        }
        let named = ensure(
            note.origin == state.origin,
            "checkpoint/form",
            "another origin",
        );
        self.found(None, file, named);
        let signed = match state.log_key_at(note.size) {
            Some(key) => note.check_log(&state.origin, key),
            None => ensure(false, "checkpoint/signature", "no log key is known"),
        };
        self.found(None, file, signed);
        if self.verdict.broken.len() == before {
            let holds = format!(
                "the checkpoint: root and signature over {} entries",
                note.size
            );
            self.verdict.holds.push(holds);
        }
        if let Some(trust) = self.trust.clone() {
            self.trusted(&trust, note, state);
        }
    }

    fn trusted(&mut self, trust: &Trust, note: &Note, state: &State) {
        let before = self.verdict.broken.len();
        let file = Some("trust file");
        let same = trust.log.name == state.origin;
        let why = format!(
            "it names {}, the ledger is {}",
            trust.log.name, state.origin
        );
        self.found(None, file, ensure(same, "trust/origin", why));
        let known = state
            .log_keys
            .iter()
            .any(|(_, key)| key.bytes() == trust.log.key.bytes());
        let why = format!("{} never was its log key", trust.log.short());
        self.found(None, file, ensure(known, "trust/log-key", why));
        let quorum = trust.check_quorum(note);
        self.found(None, file, quorum);
        if self.verdict.broken.len() == before {
            let witnesses = if trust.asks_for_witnesses() {
                "cosigned as it asks"
            } else {
                "it asks for no witness"
            };
            self.verdict
                .holds
                .push(format!("the trust file: origin, log key; {witnesses}"));
        }
    }

    fn earlier(&mut self, earlier: &Note, read: &Read) {
        let state = &read.state;
        let file = Some("earlier checkpoint");
        let signed = match state.log_key_at(earlier.size) {
            Some(key) => earlier.check_log(&state.origin, key),
            None => ensure(false, "checkpoint/signature", "no log key is known"),
        };
        self.found(None, file, signed);
        let named = ensure(
            earlier.origin == state.origin,
            "checkpoint/form",
            "another origin",
        );
        self.found(None, file, named);
        let larger = self.size() >= earlier.size;
        let why = format!(
            "it had {} entries, now it has {}",
            earlier.size,
            self.size()
        );
        self.found(None, file, ensure(larger, "at-least/smaller", why));
        if larger {
            let same = read.earlier == Some(earlier.root);
            let why = format!("at size {} the root was another one", earlier.size);
            let held = ensure(same, "at-least/root", why);
            if self.found(None, file, held).is_some() {
                let size = earlier.size;
                self.verdict
                    .holds
                    .push(format!("it extends the earlier checkpoint of {size}"));
            }
        }
    }

    fn anchors(
        &mut self,
        objects: &Objects<'_>,
        read: &Read,
        note: &[u8],
    ) -> Result<(), VerifyError> {
        let believed = Believed {
            trust: self.trust.as_ref(),
            authorities: self.authorities.as_ref(),
        };
        let found = anchors::check(objects, &read.state, &read.leaves, Some(note), &believed)?;
        let verdict = &mut self.verdict;
        let (holds, exceptions) = (&mut verdict.holds, &mut verdict.exceptions);
        found.say(
            verdict.size,
            &believed,
            holds,
            &mut verdict.not_checked,
            exceptions,
        );
        (verdict.witnessed, verdict.timestamped) = (found.witnessed, found.timestamped);
        for (entry, file, broken) in found.broken {
            self.found::<()>(entry, file.as_deref(), Err(broken));
        }
        Ok(())
    }

    fn end(mut self) -> Verdict {
        self.verdict.kind = if !self.verdict.broken.is_empty() {
            VerdictKind::Invalid
        } else if self.trust.is_none() {
            self.verdict.not_checked.extend([
                "who signed the checkpoint: there is no trust file".to_owned(),
                "whether this is the whole ledger".to_owned(),
            ]);
            VerdictKind::NotAnchored
        } else if self.verdict.suspect.0 > 0 || !self.verdict.exceptions.is_empty() {
            VerdictKind::ValidWithExceptions
        } else {
            VerdictKind::Valid
        };
        self.verdict
    }
}
