//! Makes the golden set as the program of today writes it: small ledgers, bundles, a proof, evidence. What each must come to is in
//! `golden.rs`; what was frozen is never made again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use unbroken::anchors::{self, Configuration};
use unbroken::clock::SystemClock;
use unbroken::reports::bundle::{Disclosed, export};
use unbroken::reports::trust;
use unbroken_ledger::{
    ApprovalRule, Clock, Disclosure, Draft, FilePlace, Ledger, Opening, Policy, PrivateKey,
    Receipt, Role, Root, SignedCheckpoint, Signer, Timestamp, Value, VaultKey,
};

use crate::anchors::parties::{Authority, Witness};
use crate::tampering::forge::put;

/// A second later each time, so that the order can be read.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let start = Timestamp::parse("2026-11-23T20:00:00.000000Z").expect("a time");
        let ticks = self.0.fetch_add(1, Ordering::Relaxed);
        Timestamp::from_micros(start.micros() + ticks * 1_000_000).expect("a time")
    }
}

pub(crate) fn key(number: u8) -> PrivateKey {
    PrivateKey::from_seed(&[number; 32])
}

fn policy() -> Policy {
    let mut policy = Policy::default();
    let types = [
        ("ItemAttempted/1", Role::Worker),
        ("ItemRestored/1", Role::Worker),
        ("PlanAdopted/1", Role::Operator),
    ];
    policy.types = types
        .map(|(kind, role)| (kind.to_owned(), vec![role]))
        .into();
    let (m, scope) = (1, "plan".to_owned());
    let rule = ApprovalRule { m, scope };
    policy.approvals.insert("PlanAdopted/1".to_owned(), rule);
    let gates = ["approval/", "case/", "keys"].map(str::to_owned).to_vec();
    policy.gates.insert("ItemAttempted/1".to_owned(), gates);
    policy
}

/// One life of a ledger, on its way into the set.
struct Life {
    scratch: PathBuf,
    ledger: Ledger,
}

pub(crate) fn open(dir: &Path, place: &Path) -> Result<Ledger, unbroken_ledger::LedgerError> {
    let (log, service) = (Arc::new(key(4)), Arc::new(key(5)));
    let clock = Arc::new(Ticking(AtomicI64::new(1000)));
    let place = Box::new(FilePlace::new(place));
    Ledger::open(
        dir,
        place,
        VaultKey::from_bytes([9; 32]),
        log,
        service,
        clock,
    )
}

impl Life {
    fn begin(scratch: PathBuf) -> Self {
        let roots = [key(1), key(2), key(3)];
        let with_persons = roots.iter().zip(1..).map(|(signer, number)| Root {
            signer,
            person: format!("root-{number}"),
        });
        let opening = Opening {
            name: "example.org/golden".to_owned(),
            simulated: true,
            roots: with_persons.collect(),
            threshold: 2,
            policy: policy(),
            log: Arc::new(key(4)),
            service: Arc::new(key(5)),
        };
        let ledger = Ledger::create(
            &scratch.join("ledger"),
            Box::new(FilePlace::new(scratch.join("place"))),
            VaultKey::from_bytes([9; 32]),
            &opening,
            Arc::new(Ticking(AtomicI64::new(0))),
        );
        let life = Self {
            scratch,
            ledger: ledger.expect("made"),
        };
        life.staff();
        life
    }

    fn again(scratch: PathBuf) -> Self {
        let ledger = open(&scratch.join("ledger"), &scratch.join("place")).expect("opened");
        Self { scratch, ledger }
    }

    fn staff(&self) {
        let roots = [key(1), key(3)];
        let roots: [&dyn Signer; 2] = [&roots[0], &roots[1]];
        let keys = [
            (6, "olga", Role::Operator),
            (7, "anna", Role::Approver),
            (8, "", Role::Worker),
        ];
        for (number, person, role) in keys {
            let enrolled = self.ledger.enrol(&key(number), person, &[role], &roots);
            enrolled.expect("enrolled");
        }
        let streams = ["custodian/c1", "custodian/c2"].map(str::to_owned);
        self.ledger.hand(&streams, key(8).key_id()).expect("handed");
    }

    fn say(&self, stream: &str, kind: &str, data: Value, by: u8) -> Receipt {
        let draft = Draft::new(stream, kind, data);
        self.ledger.emit(&draft, &[&key(by)]).expect("taken")
    }

    fn adopt_a_plan(&self) {
        let case = format!("case/{}", key(6).key_id());
        let digest = || Value::text("ab".repeat(32));
        let proposal = Value::object([
            ("digest", digest()),
            ("expires", Value::text("2026-12-01T00:00:00.000000Z")),
            ("scope", Value::text("plan")),
        ]);
        let leaf = self.say(&case, "Proposed", proposal, 6).leaf.to_string();
        let stream = format!("approval/{leaf}/{}", key(7).key_id());
        let named = || ("proposal", Value::text(&*leaf));
        self.say(&stream, "Approved", Value::object([named()]), 7);
        let adopted = Value::object([("digest", digest()), named()]);
        self.say(&case, "PlanAdopted/1", adopted, 6);
    }

    fn restore(&self, custodian: &str, number: i64) {
        let stream = format!("custodian/{custodian}");
        let data = || Value::object([("attempt", Value::Integer(number))]);
        self.say(&stream, "ItemAttempted/1", data(), 8);
        let fact = Disclosure::new("subject", Value::text(format!("Übung {number}, \u{1f512}")));
        let facts = [fact.expect("a fact")];
        self.ledger.vault().keep(custodian, &facts).expect("kept");
        let draft = Draft {
            digests: vec![facts[0].digest()],
            ..Draft::new(stream, "ItemRestored/1", data())
        };
        self.ledger.emit(&draft, &[&key(8)]).expect("taken");
    }

    fn note(&self) -> SignedCheckpoint {
        self.ledger.checkpoint_now().expect("signed")
    }

    fn bundle(&self, note: &SignedCheckpoint, tokens: &[Vec<u8>], streams: &[&str], to: &Path) {
        let streams: Vec<String> = streams.iter().map(|name| (*name).to_owned()).collect();
        let everybody = Disclosed::Everybody;
        export(&self.ledger, note, tokens, &streams, &everybody, to).expect("exported");
    }

    /// The ledger's folder without what is the host's own or can be made again.
    fn directory(&self, to: &Path) {
        self.note();
        let from = self.scratch.join("ledger");
        for part in ["format", "checkpoint", "segments", "objects"] {
            copy(&from.join(part), &to.join(part));
        }
        cut_preallocated(&to.join("segments"));
    }
}

/// What is preallocated is zeros (11.1): eight of them end the frames, the rest need not be kept.
fn cut_preallocated(segments: &Path) {
    for item in std::fs::read_dir(segments).expect("a folder") {
        let path = item.expect("readable").path();
        let bytes = std::fs::read(&path).expect("readable");
        let end = bytes.iter().rposition(|byte| *byte != 0).expect("entries") + 1;
        put(&path, &bytes[..end + 8]);
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::copy(from, to).expect("copied");
        return;
    }
    for item in std::fs::read_dir(from).into_iter().flatten() {
        let path = item.expect("readable").path();
        copy(&path, &to.join(path.file_name().expect("a name")));
    }
}

/// Who is asked, as the case's folder says it; the trust file and the roots that a reader is given go into the set.
fn configure(life: &Life, parties: &Parties, set: &Path) -> Configuration {
    let folder = life.scratch.join("anchors");
    std::fs::create_dir_all(&folder).expect("made");
    put(
        &folder.join("witnesses"),
        parties.witness.policy().as_bytes(),
    );
    let (mut lines, mut all) = (String::new(), Vec::new());
    for (name, authority) in [("rsa", &parties.rsa), ("curve", &parties.curve)] {
        let (url, pem) = (authority.url(), authority.roots_pem());
        put(&folder.join(format!("{name}.pem")), &pem);
        writeln!(lines, "authority {name} {url} {name}.pem").expect("a string");
        all.extend(pem);
    }
    put(&folder.join("authorities"), lines.as_bytes());
    put(&set.join("authorities.pem"), &all);
    let configuration = Configuration::load(&folder).expect("a configuration");
    let trust = trust::policy(&life.ledger, &configuration.policy);
    put(&set.join("trust-quorum"), trust.as_bytes());
    configuration
}

/// Has the newest checkpoint cosigned and stamped; a bundle as of it, with the tokens.
fn anchored(life: &Life, configuration: &Configuration, to: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let asked = anchors::round(&life.ledger, configuration, &SystemClock);
    let round = runtime.block_on(asked).expect("logged");
    assert!(round.is_complete() && round.asked.len() == 3, "{round:?}");
    let (note, tokens) = life.ledger.newest_anchored();
    life.bundle(&note, &tokens, &[], to);
}

/// By hand: two roots, keyids ascending.
fn revoke(life: &Life, number: u8, from: u64) {
    let mut roots = [key(1), key(2)];
    roots.sort_by_key(Signer::key_id);
    let data = Value::object([
        (
            "from_index",
            Value::Integer(i64::try_from(from).expect("small")),
        ),
        ("key", Value::text(key(number).key_id().to_string())),
        ("reason", Value::text("compromised")),
    ]);
    let draft = Draft::new("keys", "KeyRevoked", data);
    let revoked = life.ledger.emit(&draft, &[&roots[0], &roots[1]]);
    revoked.expect("revoked");
}

/// An older checkpoint, whole entries behind it, and a frame that a crash tore.
fn behind(older: &SignedCheckpoint, set: &Path) {
    let to = set.join("behind");
    copy(&set.join("sound"), &to);
    put(&to.join("checkpoint"), older.to_note().as_bytes());
    let segment = to.join("segments/00000000000000000000.seg");
    let bytes = std::fs::read(&segment).expect("readable");
    let torn = b"\x30\x02\0\0\xaa\xbb\xcc\xdd{\"index\":";
    put(
        &segment,
        &[&bytes[..bytes.len() - 8], torn, &[0; 8]].concat(),
    );
}

fn evidence(set: &Path, scratch: &Path) {
    for (name, lives) in [("rolled-back", 0), ("equivocation", 1)] {
        let (first, second) = (scratch.join(name), scratch.join(format!("{name}-2")));
        drop(Life::begin(first.clone()));
        copy(&first, &second);
        Life::again(first.clone())
            .ledger
            .heartbeat()
            .expect("taken");
        for _ in 0..lives {
            let other = Life::again(second.clone());
            other.say("custodian/c1", "ItemRestored/1", Value::object([]), 8);
        }
        let found = match open(&second.join("ledger"), &first.join("place")) {
            Err(unbroken_ledger::LedgerError::RolledBack { evidence, .. }) => evidence,
            other => panic!("{name}: {other:?}"),
        };
        let found = found.expect("a file was written");
        copy(Path::new(&found), &set.join(format!("{name}.json")));
    }
}

struct Parties {
    witness: Witness,
    rsa: Authority,
    curve: Authority,
}

/// Writes the whole set into an empty folder; the authorities are `openssl ts`.
pub(crate) fn make(set: &Path, scratch: &Path) {
    let life = Life::begin(scratch.join("life"));
    life.adopt_a_plan();
    life.restore("c1", 1);
    let older = life.note();
    life.restore("c2", 2);
    life.restore("c1", 3);
    life.ledger.heartbeat().expect("taken");
    life.ledger.record_heads().expect("recorded");
    life.directory(&set.join("sound"));
    plant(
        &set.join("trust"),
        trust::policy(&life.ledger, &[]).as_bytes(),
    );
    plant(&set.join("older"), older.to_note().as_bytes());
    behind(&older, set);
    damaged(set);
    let note = life.note();
    life.bundle(&note, &[], &[], &set.join("full"));
    life.bundle(&note, &[], &["custodian/c1"], &set.join("partial"));
    let (proof, _) = life.ledger.tlog_proof(9, &note).expect("a proof");
    put(&set.join("entry-9.tlog-proof"), proof.as_bytes());
    let mut entries = life.ledger.entries(9).expect("readable");
    let (entry, _) = entries.next().expect("there").expect("whole");
    put(&set.join("entry-9.json"), &entry);
    let parties = Parties {
        witness: Witness::start(20),
        rsa: Authority::start("RSA"),
        curve: Authority::start("P-256"),
    };
    let configuration = configure(&life, &parties, set);
    anchored(&life, &configuration, &set.join("anchored"));
    revoke(&life, 8, 10);
    life.bundle(&life.note(), &[], &[], &set.join("suspect"));
    life.ledger.seal().expect("sealed");
    anchored(&life, &configuration, &set.join("sealed-bundle"));
    life.directory(&set.join("sealed"));
    evidence(set, scratch);
}

fn plant(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    put(path, bytes);
}

/// One bit of one entry, below the checkpoint.
fn damaged(set: &Path) {
    let to = set.join("damaged");
    copy(&set.join("sound"), &to);
    let segment = to.join("segments/00000000000000000000.seg");
    let mut bytes = std::fs::read(&segment).expect("readable");
    let entry_6 = b"{\"index\":6,";
    let at = bytes
        .windows(entry_6.len())
        .position(|window| window == entry_6);
    bytes[at.expect("entry 6") + 300] ^= 1;
    put(&segment, &bytes);
}
