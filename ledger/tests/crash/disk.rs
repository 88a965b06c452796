//! A disk in memory that keeps only what was synced for certain: at a power cut, everything else is lost, kept, torn or
//! reordered, as the test says. What a ledger does on it is in `crash.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use unbroken_ledger::disk::{Disk, DiskFile, DiskLock};

const SECTOR: usize = 512;

/// What happens to writes that were not synced when the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsynced {
    /// None of them reached the disk.
    Lost,
    /// All of them did.
    Persisted,
    /// Some sectors of some of them did, in any order; the number seeds the choice.
    Torn(u64),
}

#[derive(Clone, Debug)]
enum Write {
    At(u64, Vec<u8>),
    Length(u64),
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// What every reader sees.
    now: Vec<u8>,
    /// What is on the disk for certain.
    durable: Vec<u8>,
    unsynced: Vec<Write>,
}

#[derive(Clone, Debug)]
enum Naming {
    Put(PathBuf, usize),
    Gone(PathBuf),
    /// Both names at once: a file system's rename is atomic.
    Renamed(PathBuf, PathBuf, usize),
}

#[derive(Debug, Default)]
struct Inside {
    nodes: Vec<Node>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
    unsynced_names: Vec<Naming>,
    locks: BTreeSet<PathBuf>,
    /// Every mutating call, for the table of steps.
    steps: Vec<String>,
    /// The call, counted from 0, at which the disk fails; all later ones fail too.
    fails_at: Option<usize>,
    /// Whether the failing call took effect all the same.
    effect_stays: bool,
    /// How many bytes fit in all.
    capacity: Option<usize>,
    dead: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<Inside>>);

/// What a step comes to.
enum Step {
    Runs,
    /// Fails; whether it took effect.
    Fails(bool),
}

impl MemoryDisk {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the call with this number fail, and the machine with it.
    pub(crate) fn fail_at(&self, call: usize, effect_stays: bool) {
        let mut inside = self.lock();
        inside.fails_at = Some(call);
        inside.effect_stays = effect_stays;
    }

    pub(crate) fn set_capacity(&self, bytes: Option<usize>) {
        self.lock().capacity = bytes;
    }

    pub(crate) fn used(&self) -> usize {
        self.lock().nodes.iter().map(|node| node.now.len()).sum()
    }

    /// Every mutating call so far.
    pub(crate) fn steps(&self) -> Vec<String> {
        self.lock().steps.clone()
    }

    /// What a machine finds that comes back after the power went.
    pub(crate) fn after_power_cut(&self, fate: Unsynced) -> Self {
        let inside = self.lock();
        let mut dice = Dice(match fate {
            Unsynced::Torn(seed) => seed,
            _ => 0,
        });
        let mut names = inside.durable_names.clone();
        for naming in &inside.unsynced_names {
            let reaches = match fate {
                Unsynced::Lost => false,
                Unsynced::Persisted => true,
                Unsynced::Torn(_) => dice.roll(2) == 0,
            };
            if reaches {
                apply_name(&mut names, naming);
            }
        }
        let nodes = inside.nodes.iter().map(|node| {
            let bytes = survive(node, fate, &mut dice);
            Node {
                now: bytes.clone(),
                durable: bytes,
                unsynced: Vec::new(),
            }
        });
        Self(Arc::new(Mutex::new(Inside {
            nodes: nodes.collect(),
            durable_names: names.clone(),
            names,
            // Folders are made once and synced; that a folder itself is lost is not what is tried here.
            folders: inside.folders.clone(),
            ..Inside::default()
        })))
    }

    /// What every reader sees of a file.
    pub(crate) fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let inside = self.lock();
        let node = inside.node(path).ok()?;
        Some(inside.nodes[node].now.clone())
    }

    /// Puts other bytes under a name, behind the back of whoever wrote it.
    pub(crate) fn overwrite(&self, path: &Path, bytes: &[u8]) {
        let mut inside = self.lock();
        let node = inside.node(path).expect("it is there");
        inside.nodes[node].now = bytes.to_vec();
        inside.nodes[node].durable = bytes.to_vec();
    }

    /// Copies everything into a folder of the real disk, for tools that read files.
    pub(crate) fn copy_to(&self, from: &Path, to: &Path) {
        let inside = self.lock();
        for (path, node) in &inside.names {
            let Ok(rest) = path.strip_prefix(from) else {
                continue;
            };
            let target = to.join(rest);
            std::fs::create_dir_all(target.parent().expect("a folder")).expect("made");
            let mut file = std::fs::File::create(target).expect("made");
            io::Write::write_all(&mut file, &inside.nodes[*node].now).expect("written");
        }
    }

    fn mutate<T>(
        &self,
        what: &str,
        path: &Path,
        effect: impl FnOnce(&mut Inside) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut inside = self.lock();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match inside.step(format!("{what} {name}")) {
            Step::Runs => effect(&mut inside),
            Step::Fails(took_effect) => {
                if took_effect {
                    effect(&mut inside)?;
                }
                Err(io::Error::other("the disk failed"))
            }
        }
    }
}

impl Inside {
    fn step(&mut self, what: String) -> Step {
        if self.dead {
            return Step::Fails(false);
        }
        let number = self.steps.len();
        self.steps.push(what);
        if self.fails_at == Some(number) {
            self.dead = true;
            return Step::Fails(self.effect_stays);
        }
        Step::Runs
    }

    fn node(&self, path: &Path) -> io::Result<usize> {
        let found = self.names.get(path).copied();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn name(&mut self, naming: Naming) {
        apply_name(&mut self.names, &naming);
        self.unsynced_names.push(naming);
    }

    fn write(&mut self, node: usize, write: Write) -> io::Result<()> {
        let before: usize = self.nodes.iter().map(|node| node.now.len()).sum();
        let mut after = self.nodes[node].now.clone();
        let grew = apply_write(&mut after, &write);
        if self.capacity.is_some_and(|most| before + grew > most) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.nodes[node].now = after;
        self.nodes[node].unsynced.push(write);
        Ok(())
    }

    fn sync(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        node.durable.clone_from(&node.now);
        node.unsynced.clear();
    }
}

fn apply_name(names: &mut BTreeMap<PathBuf, usize>, naming: &Naming) {
    match naming {
        Naming::Put(path, node) => {
            names.insert(path.clone(), *node);
        }
        Naming::Gone(path) => {
            names.remove(path);
        }
        Naming::Renamed(from, to, node) => {
            names.remove(from);
            names.insert(to.clone(), *node);
        }
    }
}

/// How many bytes the file grew by.
fn apply_write(bytes: &mut Vec<u8>, write: &Write) -> usize {
    let before = bytes.len();
    match write {
        Write::At(offset, part) => {
            let start = usize::try_from(*offset).expect("small");
            bytes.resize(bytes.len().max(start + part.len()), 0);
            bytes[start..start + part.len()].copy_from_slice(part);
        }
        Write::Length(length) => bytes.resize(usize::try_from(*length).expect("small"), 0),
    }
    bytes.len().saturating_sub(before)
}

fn survive(node: &Node, fate: Unsynced, dice: &mut Dice) -> Vec<u8> {
    match fate {
        Unsynced::Lost => node.durable.clone(),
        Unsynced::Persisted => node.now.clone(),
        Unsynced::Torn(_) => {
            let mut bytes = node.durable.clone();
            for write in &node.unsynced {
                match write {
                    Write::Length(_) if dice.roll(2) == 0 => {
                        apply_write(&mut bytes, write);
                    }
                    Write::Length(_) => {}
                    Write::At(offset, part) => {
                        for (number, sector) in sectors(*offset, part) {
                            if dice.roll(2) == 0 {
                                apply_write(&mut bytes, &Write::At(number, sector.to_vec()));
                            }
                        }
                    }
                }
            }
            bytes
        }
    }
}

/// A write in pieces that end at the borders of sectors: each reaches the disk or does not.
fn sectors(offset: u64, mut part: &[u8]) -> Vec<(u64, &[u8])> {
    let mut at = offset;
    let mut pieces = Vec::new();
    while !part.is_empty() {
        let room = SECTOR - usize::try_from(at % SECTOR as u64).expect("small");
        let (piece, rest) = part.split_at(room.min(part.len()));
        pieces.push((at, piece));
        at += piece.len() as u64;
        part = rest;
    }
    pieces
}

/// xorshift64*: the same seed tears the same sectors.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = (self.0 ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0x2545_f491_4f6c_dd1d);
        self.0 ^= self.0 >> 29;
        (self.0 >> 33) % sides
    }
}

struct MemoryFile {
    disk: MemoryDisk,
    node: usize,
    path: PathBuf,
}

impl DiskFile for MemoryFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.disk.lock().nodes[self.node].now.len() as u64)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let node = self.node;
        let write = Write::At(offset, bytes.to_vec());
        let effect = |inside: &mut Inside| inside.write(node, write);
        self.disk.mutate("write", &self.path, effect)
    }

    fn set_length(&mut self, length: u64) -> io::Result<()> {
        let node = self.node;
        let effect = |inside: &mut Inside| inside.write(node, Write::Length(length));
        self.disk.mutate("set length", &self.path, effect)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let node = self.node;
        let effect = |inside: &mut Inside| {
            inside.sync(node);
            Ok(())
        };
        self.disk.mutate("fdatasync", &self.path, effect)
    }

    fn sync_all(&mut self) -> io::Result<()> {
        let node = self.node;
        let effect = |inside: &mut Inside| {
            inside.sync(node);
            Ok(())
        };
        self.disk.mutate("fsync", &self.path, effect)
    }
}

struct MemoryLock(MemoryDisk, PathBuf);

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.0.lock().locks.remove(&self.1);
    }
}

impl Disk for MemoryDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.lock().folders.insert(path.to_owned());
        Ok(())
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.lock().folders.contains(path)
    }

    fn exists(&self, path: &Path) -> bool {
        let inside = self.lock();
        inside.names.contains_key(path) || inside.folders.contains(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let inside = self.lock();
        let all = inside.names.keys().chain(&inside.folders);
        let below = all.filter(|name| name.parent() == Some(path));
        let names = below.map(|name| name.file_name().expect("a name").to_string_lossy());
        let names: BTreeSet<String> = names.map(std::borrow::Cow::into_owned).collect();
        Ok(names.into_iter().collect())
    }

    fn read_from_start(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        let inside = self.lock();
        let node = inside.node(path)?;
        Ok(Box::new(Cursor::new(inside.nodes[node].now.clone())))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let node = self.mutate("create", path, |inside| {
            inside.nodes.push(Node::default());
            let node = inside.nodes.len() - 1;
            inside.name(Naming::Put(path.to_owned(), node));
            Ok(node)
        })?;
        Ok(Box::new(MemoryFile {
            disk: self.clone(),
            node,
            path: path.to_owned(),
        }))
    }

    fn open_in_place(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let found = self.lock().node(path);
        let Ok(node) = found else {
            return self.create(path);
        };
        Ok(Box::new(MemoryFile {
            disk: self.clone(),
            node,
            path: path.to_owned(),
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.mutate("rename to", to, |inside| {
            let node = inside.node(from)?;
            inside.name(Naming::Renamed(from.to_owned(), to.to_owned(), node));
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.mutate("remove", path, |inside| {
            inside.node(path)?;
            inside.name(Naming::Gone(path.to_owned()));
            Ok(())
        })
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.mutate("fsync folder", path, |inside| {
            let is_in = |name: &PathBuf| name.parent() == Some(path);
            let (synced, rest): (Vec<_>, Vec<_>) =
                inside
                    .unsynced_names
                    .drain(..)
                    .partition(|naming| match naming {
                        Naming::Put(name, _) | Naming::Gone(name) => is_in(name),
                        Naming::Renamed(_, to, _) => is_in(to),
                    });
            inside.unsynced_names = rest;
            for naming in synced {
                apply_name(&mut inside.durable_names, &naming);
            }
            Ok(())
        })
    }

    fn segment_bytes(&self) -> usize {
        8 << 10
    }

    fn lock(&self, path: &Path) -> io::Result<Option<DiskLock>> {
        let is_free = MemoryDisk::lock(self).locks.insert(path.to_owned());
        Ok(is_free.then(|| Box::new(MemoryLock(self.clone(), path.to_owned())) as DiskLock))
    }
}
