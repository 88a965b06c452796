//! Making a ledger and opening it again: what is on the disk is folded by the same rules and held against the
//! checkpoint that lies in its own place.

use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};

use super::checkpointer::{Checkpointer, Inner};
use super::replay::{Signatures, replay};
use super::{Ledger, LedgerError, Parts, evidence, io, repair, sign_event, uuid_v7};
use crate::canonical::Value;
use crate::clock::Clock;
use crate::disk::{self, Disk, SharedDisk};
use crate::durable::SystemDisk;
use crate::event::{Event, Seen, integer};
use crate::hash::Hash;
use crate::key::{KeyId, PublicKey, Signer};
use crate::note::SignedCheckpoint;
use crate::objects::Objects;
use crate::policy::{Policy, Role};
use crate::sequencer::{Book, Sequencer};
use crate::store::segments::{SegmentStore, TornTail, readable};
use crate::store::{CheckpointPlace, EntryStore};
use crate::tree::CompactTree;
use crate::vault::{Destroyed, PutBack, Vault, VaultKey};

const FORMAT: &[u8] = b"unbroken-ledger/1\n";

/// A root key and whose it is.
pub struct Root<'a> {
    /// The key; every root signs `Opened`.
    pub signer: &'a dyn Signer,
    /// The pseudonym of its keeper.
    pub person: String,
}

/// What a ledger is made with.
pub struct Opening<'a> {
    /// The name before the roots' hash: `example.org/case-7`.
    pub name: String,
    /// A rehearsal: the origin says so.
    pub simulated: bool,
    /// The roots.
    pub roots: Vec<Root<'a>>,
    /// How many roots enrol a key.
    pub threshold: u64,
    /// Who may sign what.
    pub policy: Policy,
    /// Signs checkpoints.
    pub log: Arc<dyn Signer>,
    /// Keeps the ledger's own books.
    pub service: Arc<dyn Signer>,
}

/// What the host of a ledger opens it with.
struct Keys {
    vault: VaultKey,
    log: Arc<dyn Signer>,
    service: Arc<dyn Signer>,
}

/// The origin that pins these roots (section 6).
pub fn origin_of(name: &str, roots: &[PublicKey], simulated: bool) -> String {
    let mut keys: Vec<[u8; 32]> = roots.iter().map(|key| *key.as_bytes()).collect();
    keys.sort_unstable();
    let end = if simulated { "/simulated" } else { "" };
    format!("{name}/{}{end}", Hash::of(&keys.concat()))
}

impl Ledger {
    /// Makes a ledger in an empty or missing folder: `Opened` is on the disk and checkpointed when this returns.
    pub fn create(
        dir: &Path,
        place: Box<dyn CheckpointPlace>,
        vault_key: VaultKey,
        opening: &Opening<'_>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LedgerError> {
        let disk = SystemDisk::shared();
        Self::create_on(disk, dir, place, vault_key, opening, clock)
    }

    /// As [`Ledger::create`], on a disk of the caller's choice.
    pub fn create_on(
        disk: SharedDisk,
        dir: &Path,
        place: Box<dyn CheckpointPlace>,
        vault_key: VaultKey,
        opening: &Opening<'_>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LedgerError> {
        let format = dir.join("format");
        let already_there = || LedgerError::AlreadyThere {
            path: dir.display().to_string(),
        };
        if disk.exists(&format) {
            return Err(already_there());
        }
        let keys: Vec<PublicKey> = opening
            .roots
            .iter()
            .map(|root| root.signer.public())
            .collect();
        let origin = origin_of(&opening.name, &keys, opening.simulated);
        if let Some(note) = place.load()? {
            if note.checkpoint.origin != origin {
                return Err(already_there());
            }
            // Cut off behind its first checkpoint: it is finished, never made again, or its log would have signed two
            // trees of one size.
            disk::replace(&*disk, &format, FORMAT).map_err(|source| io(&format, source))?;
            let (log, service) = (Arc::clone(&opening.log), Arc::clone(&opening.service));
            return Self::open_on(disk, dir, place, vault_key, log, service, clock);
        }
        if !clear_half_made(&*disk, dir)? {
            return Err(already_there());
        }
        let vault = Vault::open(Arc::clone(&disk), dir, &origin, vault_key)?;
        let (store, _) = SegmentStore::open_on(Arc::clone(&disk), dir, 0)?;
        let parts = Parts {
            disk,
            dir: dir.to_owned(),
            origin,
            place,
            newest: None,
            log: Arc::clone(&opening.log),
            service: Arc::clone(&opening.service),
            clock,
            vault,
        };
        let book = Book::new(&parts.origin);
        let mut ledger = Self::start(parts, book, store, CompactTree::default());
        let opened = opened_event(&ledger, opening)?;
        let signers = by_key_id(opening.roots.iter().map(|root| root.signer));
        ledger.submit(sign_event(&opened, &signers)?)?;
        ledger.checkpoint_now()?;
        // Last: a folder without it holds no ledger yet, whatever a crash left in it.
        disk::replace(&*ledger.disk, &format, FORMAT).map_err(|source| io(&format, source))?;
        ledger.keep_checkpoints();
        Ok(ledger)
    }

    /// Opens a ledger. It is refused when it came back shorter than, or different from, its last checkpoint.
    /// A torn tail, never acknowledged, is set aside and logged (`TailRepaired`).
    pub fn open(
        dir: &Path,
        place: Box<dyn CheckpointPlace>,
        vault_key: VaultKey,
        log: Arc<dyn Signer>,
        service: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LedgerError> {
        let disk = SystemDisk::shared();
        Self::open_on(disk, dir, place, vault_key, log, service, clock)
    }

    /// As [`Ledger::open`], for whoever has heard that an old copy of the vault was put back: what it holds of erased
    /// subjects is destroyed.
    pub fn open_destroying(
        dir: &Path,
        place: Box<dyn CheckpointPlace>,
        vault_key: VaultKey,
        log: Arc<dyn Signer>,
        service: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Destroyed), LedgerError> {
        let disk = SystemDisk::shared();
        let keys = Keys {
            vault: vault_key,
            log,
            service,
        };
        Self::open_with(disk, dir, place, keys, clock, PutBack::Destroyed)
    }

    /// As [`Ledger::open`], on a disk of the caller's choice.
    pub fn open_on(
        disk: SharedDisk,
        dir: &Path,
        place: Box<dyn CheckpointPlace>,
        vault_key: VaultKey,
        log: Arc<dyn Signer>,
        service: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LedgerError> {
        let keys = Keys {
            vault: vault_key,
            log,
            service,
        };
        let opened = Self::open_with(disk, dir, place, keys, clock, PutBack::Refused)?;
        Ok(opened.0)
    }

    fn open_with(
        disk: SharedDisk,
        dir: &Path,
        place: Box<dyn CheckpointPlace>,
        keys: Keys,
        clock: Arc<dyn Clock>,
        put_back: PutBack,
    ) -> Result<(Self, Destroyed), LedgerError> {
        let Keys {
            vault: vault_key,
            log,
            service,
        } = keys;
        let format = dir.join("format");
        match disk::read_bounded(&*disk, &format, 64).map_err(|source| io(&format, source))? {
            Some(bytes) if bytes == FORMAT => {}
            _ => {
                return Err(LedgerError::NoLedger {
                    path: dir.display().to_string(),
                });
            }
        }
        let newest = place.load()?.ok_or_else(|| LedgerError::RolledBack {
            found: "there is no checkpoint in its place".to_owned(),
            evidence: None,
        })?;
        let origin = newest.checkpoint.origin.clone();
        let (mut store, torn, book, tree) = recover(&disk, dir, &newest, &*log, &*service)
            .map_err(|error| evidence::attach(&*disk, dir, &newest, clock.now(), error))?;
        if let Some(torn) = &torn {
            let objects = Objects::open(Arc::clone(&disk), dir);
            repair::set_aside(&*disk, dir, &objects, &mut store, torn)?;
        }
        let vault = Vault::open(Arc::clone(&disk), dir, &origin, vault_key)?;
        let objects = Objects::open(Arc::clone(&disk), dir);
        vault.expect_erased(&book.state.erased, &objects, put_back)?;
        let newest = Some(newest);
        let parts = Parts {
            disk,
            dir: dir.to_owned(),
            origin,
            place,
            newest,
            log,
            service,
            clock,
            vault,
        };
        let mut ledger = Self::start(parts, book, store, tree);
        ledger.log_repair()?;
        ledger.checkpoint_now()?;
        // Behind the checkpoint: what is destroyed rests on a decision that cannot get lost any more.
        let destroyed = ledger.finish_erasures()?;
        ledger.keep_checkpoints();
        Ok((ledger, destroyed))
    }

    fn start(parts: Parts, book: Book, store: SegmentStore, tree: CompactTree) -> Self {
        let objects = Objects::open(Arc::clone(&parts.disk), &parts.dir);
        let clock = Arc::clone(&parts.clock);
        let sequencer = Arc::new(Sequencer::new(book, Box::new(store), clock));
        let inner = Inner {
            log: parts.log,
            place: parts.place,
            newest: parts.newest,
            tree,
            published: None,
        };
        let checkpoints = Arc::new(Checkpointer {
            disk: Arc::clone(&parts.disk),
            dir: parts.dir.clone(),
            origin: parts.origin.clone(),
            inner: Mutex::new(inner),
        });
        Self {
            disk: parts.disk,
            dir: parts.dir,
            origin: parts.origin,
            sequencer,
            checkpoints,
            service: RwLock::new(parts.service),
            clock: parts.clock,
            vault: parts.vault,
            objects,
            threads: Mutex::default(),
        }
    }

    fn keep_checkpoints(&mut self) {
        let (checkpoints, sequencer) = (Arc::clone(&self.checkpoints), Arc::clone(&self.sequencer));
        let keeper = std::thread::spawn(move || checkpoints.keep(&sequencer));
        crate::sequencer::lock(&self.threads).push(keeper);
    }
}

/// Takes away what a crash left of a ledger that was never made: it has no `format`, and nothing but `Opened` in it.
fn clear_half_made(on: &dyn Disk, dir: &Path) -> Result<bool, LedgerError> {
    let folder = dir.join("segments");
    if !on.is_dir(&folder) {
        return Ok(true);
    }
    if readable(on, dir).0.len() > 1 {
        return Ok(false);
    }
    let cleared = on.list(&folder).and_then(|names| {
        names
            .iter()
            .try_for_each(|name| on.remove(&folder.join(name)))
    });
    cleared.map_err(|source| io(&folder, source))?;
    Ok(true)
}

/// Reads what is stored and holds it against the checkpoint that lay in its place.
fn recover(
    disk: &SharedDisk,
    dir: &Path,
    newest: &SignedCheckpoint,
    log: &dyn Signer,
    service: &dyn Signer,
) -> Result<(SegmentStore, Option<TornTail>, Book, CompactTree), LedgerError> {
    let size = newest.checkpoint.size;
    let (store, torn) = SegmentStore::open_on(Arc::clone(disk), dir, size)?;
    let (book, tree) = fold(&store, newest, &newest.checkpoint.origin)?;
    check_host_keys(&book, log, service)?;
    Ok((store, torn, book, tree))
}

/// Folds everything that is stored and notes the tree at the checkpoint's size.
fn fold(
    store: &SegmentStore,
    newest: &SignedCheckpoint,
    origin: &str,
) -> Result<(Book, CompactTree), LedgerError> {
    let wanted = &newest.checkpoint;
    let mut covered = None;
    let entries = store.reader().read(0, store.size())?;
    let book = replay(origin, entries, Signatures::Checked, |book| {
        if book.state.size() == wanted.size {
            let signer = *book.state.log_key().expect("Opened names one");
            covered = Some((book.state.tree.clone(), signer));
        }
    })?;
    let rolled_back = |found| LedgerError::RolledBack {
        found,
        evidence: None,
    };
    match covered {
        // The key in force at the note's size, which need not be today's.
        Some((tree, signer)) if tree.root() == wanted.root => match newest.verify(&signer) {
            Ok(()) => Ok((book, tree)),
            Err(_) => Err(rolled_back(
                "the checkpoint in its place is not signed by the log key of its size".to_owned(),
            )),
        },
        _ => Err(rolled_back(format!(
            "entries 0..{} do not have the checkpoint's root",
            wanted.size
        ))),
    }
}

/// The keys that were given are those that the record names; without an active service key any will do.
fn check_host_keys(book: &Book, log: &dyn Signer, service: &dyn Signer) -> Result<(), LedgerError> {
    let state = &book.state;
    let named = [
        (Role::Log, state.log_key().map(PublicKey::id), log),
        (Role::Service, state.service_key(), service),
    ];
    for (role, wanted, given) in named {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != given.key_id()) {
            let role = role.name();
            return Err(LedgerError::WrongKey { role, wanted });
        }
    }
    Ok(())
}

fn opened_event(ledger: &Ledger, opening: &Opening<'_>) -> Result<Event, LedgerError> {
    let mut roots: Vec<(&Root<'_>, PublicKey)> = opening
        .roots
        .iter()
        .map(|root| (root, root.signer.public()))
        .collect();
    roots.sort_by_key(|(_, key)| *key.as_bytes());
    let roots = roots.into_iter().map(|(root, key)| {
        Value::object([
            ("key", Value::text(key.to_string())),
            ("person", Value::text(&root.person)),
        ])
    });
    let keys = Value::object([
        ("log", Value::text(opening.log.public().to_string())),
        ("roots", Value::Array(roots.collect())),
        ("service", Value::text(opening.service.public().to_string())),
    ]);
    let mut by: Vec<KeyId> = opening
        .roots
        .iter()
        .map(|root| root.signer.key_id())
        .collect();
    by.sort();
    let at = ledger.clock.now();
    Ok(Event {
        id: uuid_v7(at.micros())?,
        origin: ledger.origin.clone(),
        stream: "keys".to_owned(),
        seq: 0,
        link: Hash::ZERO,
        seen: Seen {
            size: 0,
            leaf: Hash::ZERO,
        },
        kind: "Opened".to_owned(),
        at,
        by,
        data: Value::object([
            ("keys", keys),
            ("policy", opening.policy.to_value()),
            ("threshold", integer(opening.threshold)),
        ]),
        sd: Vec::new(),
    })
}

/// Signers in the order that `keys` events ask for: keyids ascending.
pub(super) fn by_key_id<'a>(signers: impl Iterator<Item = &'a dyn Signer>) -> Vec<&'a dyn Signer> {
    let mut signers: Vec<_> = signers.collect();
    signers.sort_by_key(|signer| signer.key_id());
    signers
}
