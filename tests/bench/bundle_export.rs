//! Exports the bundle of a ledger that `large_ledger` wrote, and says how that compares with reading and hashing the
//! same bytes: `bundle_export LEDGER OUT`; one line of JSON. tests/bench/bundle.sh runs it.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};
use unbroken::reports::bundle::{Disclosed, export};
use unbroken::reports::trust;
use unbroken_ledger::disk::{DiskFile, DiskLock};
use unbroken_ledger::{
    Disclosure, Disk, FilePlace, Ledger, PrivateKey, SystemClock, SystemDisk, Vault, VaultKey,
};

/// Peak resident memory of this process so far, in KiB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Processor seconds of this process so far, in steps of a hundredth: on a shared machine the clock on the wall says
/// little of it.
fn processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<u32> = behind
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|text| text.parse().ok())
        .collect();
    f64::from(fields.iter().sum::<u32>()) / 100.0
}

/// Begins the peak anew, so that what opening needed does not hide what the export needs.
fn forget_peak() {
    if let Ok(mut file) = File::options().write(true).open("/proc/self/clear_refs") {
        // Where the system does not let us, the figure is the larger one.
        let _ = file.write_all(b"5");
    }
}

/// Reads and hashes every file below a folder, as one thread does that does nothing else.
fn read_and_hash(folder: &Path, hasher: &mut Sha256) -> u64 {
    let mut names: Vec<PathBuf> = fs::read_dir(folder)
        .expect("listed")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    names.sort();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    for path in names {
        if path.is_dir() {
            bytes += read_and_hash(&path, hasher);
            continue;
        }
        let mut file = File::open(&path).expect("opened");
        loop {
            match file.read(&mut buffer).expect("read") {
                0 => break,
                read => {
                    hasher.update(&buffer[..read]);
                    bytes += read as u64;
                }
            }
        }
    }
    bytes
}

/// The system's disk, which waits for nothing: what a bench puts into the vault need not outlive a crash.
#[derive(Debug)]
struct Hasty(SystemDisk);

struct HastyFile(Box<dyn DiskFile>);

impl DiskFile for HastyFile {
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, bytes)
    }
    fn set_length(&mut self, length: u64) -> io::Result<()> {
        self.0.set_length(length)
    }
    fn sync_data(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn sync_all(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Disk for Hasty {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.0.create_dir(path)
    }
    fn is_dir(&self, path: &Path) -> bool {
        self.0.is_dir(path)
    }
    fn exists(&self, path: &Path) -> bool {
        self.0.exists(path)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.0.list(path)
    }
    fn read_from_start(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        self.0.read_from_start(path)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(HastyFile(self.0.create(path)?)))
    }
    fn open_in_place(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(HastyFile(self.0.open_in_place(path)?)))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.remove(path)
    }
    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
    fn lock(&self, path: &Path) -> io::Result<Option<DiskLock>> {
        self.0.lock(path)
    }
}

/// Puts what `large_ledger` left in the file beside the ledger into its vault.
fn fill_vault(folder: &Path) {
    let Ok(file) = File::open(folder.with_extension("facts")) else {
        return;
    };
    if folder.join("vault").exists() {
        return;
    }
    let note = fs::read_to_string(folder.join("checkpoint")).expect("read");
    let origin = note.lines().next().expect("an origin");
    let disk = Arc::new(Hasty(SystemDisk));
    let vault = Vault::open(disk, folder, origin, VaultKey::from_bytes([9; 32])).expect("opened");
    for line in BufReader::new(file).lines() {
        let line = line.expect("read");
        let mut words = line.split(' ');
        let subject = words.next().expect("a subject");
        let facts: Vec<Disclosure> = words
            .map(|word| Disclosure::parse(word).expect("one"))
            .collect();
        vault.keep(subject, &facts).expect("kept");
    }
}

/// What an edition took: seconds on the wall and of the processor, and the peak over what the open ledger holds.
struct Took {
    edition: &'static str,
    entries: u64,
    disclosures: u64,
    seconds: f64,
    cpu: f64,
    before: u64,
    peak: u64,
}

fn measured(
    ledger: &Ledger,
    out: &Path,
    edition: &'static str,
    streams: &[String],
    disclosed: &Disclosed,
) -> Took {
    let checkpoint = ledger.checkpoint();
    forget_peak();
    let (before, used, started) = (peak(), processor(), Instant::now());
    let exported = export(ledger, &checkpoint, &[], streams, disclosed, out).expect("exported");
    Took {
        edition,
        entries: exported.entries,
        disclosures: exported.disclosures,
        seconds: started.elapsed().as_secs_f64(),
        cpu: processor() - used,
        before,
        peak: peak(),
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let folder = arguments.next().expect("LEDGER");
    let out = arguments.next().expect("OUT");
    let place = folder.with_extension("place");
    if !place.exists() {
        fs::copy(folder.join("checkpoint"), &place).expect("copied");
    }
    fill_vault(&folder);
    let (log, service) = (
        PrivateKey::from_seed(&[4; 32]),
        PrivateKey::from_seed(&[5; 32]),
    );
    let started = Instant::now();
    let ledger = Ledger::open(
        &folder,
        Box::new(FilePlace::new(place)),
        VaultKey::from_bytes([9; 32]),
        Arc::new(log),
        Arc::new(service),
        Arc::new(SystemClock),
    )
    .expect("opened");
    let opened = started.elapsed().as_secs_f64();
    let mut all = vec![measured(&ledger, &out, "redacted", &[], &Disclosed::Nobody)];
    let text = trust::policy(&ledger, &[]);
    let mut file = File::create(out.with_extension("trust")).expect("made");
    file.write_all(text.as_bytes()).expect("written");
    let (mut raw, mut raw_cpu) = (f64::INFINITY, f64::INFINITY);
    let mut bytes = 0;
    for _ in 0..2 {
        let (used, started) = (processor(), Instant::now());
        bytes = read_and_hash(&out, &mut Sha256::new());
        raw = raw.min(started.elapsed().as_secs_f64());
        raw_cpu = raw_cpu.min(processor() - used);
    }
    let copied = write_again(&out);
    if folder.with_extension("facts").exists() {
        let full = out.with_extension("full");
        all.push(measured(&ledger, &full, "full", &[], &Disclosed::Everybody));
    }
    let editions: Vec<String> = all.iter().map(Took::said).collect();
    let line = format!(
        "{{\"bundle_bytes\":{bytes},\"open_s\":{opened:.2},\"read_and_hash_cpu_s\":{raw_cpu:.2},\
         \"read_and_hash_s\":{raw:.2},\"write_s\":{copied:.2},\"editions\":[{}]}}\n",
        editions.join(",")
    );
    std::io::stdout().write_all(line.as_bytes()).expect("said");
}

impl Took {
    fn said(&self) -> String {
        let Self {
            edition,
            entries,
            disclosures,
            seconds,
            cpu,
            before,
            peak,
        } = self;
        format!(
            "{{\"edition\":\"{edition}\",\"entries\":{entries},\"disclosures\":{disclosures},\
             \"export_s\":{seconds:.2},\"export_cpu_s\":{cpu:.2},\"peak_before_kib\":{before},\
             \"peak_after_kib\":{peak}}}"
        )
    }
}

/// Seconds that this disk takes for the bundle's bytes alone, in one file, durable: nobody exports faster than that.
fn write_again(bundle: &Path) -> f64 {
    let mut all = Vec::new();
    files_below(bundle, &mut all);
    let path = bundle.with_extension("again");
    let started = Instant::now();
    let mut out = File::create(&path).expect("made");
    for file in all {
        io::copy(&mut File::open(file).expect("opened"), &mut out).expect("copied");
    }
    out.sync_all().expect("synced");
    let seconds = started.elapsed().as_secs_f64();
    fs::remove_file(path).expect("removed");
    seconds
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}
