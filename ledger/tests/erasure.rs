//! A subject is erased: what is left afterwards, what is refused, and what a crash at any step comes to. The disk that crashes
//! is in `crash/disk.rs`.

#[path = "crash/disk.rs"]
#[allow(dead_code, reason = "the crash suite uses the rest of it")]
mod disk;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use disk::{MemoryDisk, Unsynced};
use unbroken_ledger::disclosure::Disclosure;
use unbroken_ledger::store::CheckpointPlace;
use unbroken_ledger::{
    ApprovalRule, Draft, FilePlace, Hash, Ledger, LedgerError, Opening, Policy, PrivateKey, Role,
    Root, SharedDisk, Signer, SubmitError, SystemClock, SystemDisk, Timestamp, Value, VaultError,
    VaultKey,
};
use unbroken_verify::{Options, VerdictKind, verify};

struct Keys {
    root: PrivateKey,
    log: Arc<PrivateKey>,
    service: Arc<PrivateKey>,
    operator: PrivateKey,
    approver: PrivateKey,
}

fn keys() -> Keys {
    let key = |n| PrivateKey::from_seed(&[n; 32]);
    Keys {
        root: key(1),
        log: Arc::new(key(4)),
        service: Arc::new(key(5)),
        operator: key(6),
        approver: key(7),
    }
}

/// Where a ledger lies.
struct Home {
    disk: SharedDisk,
    dir: PathBuf,
    place: PathBuf,
}

impl Home {
    fn in_memory(disk: &MemoryDisk) -> Self {
        Self {
            disk: Arc::new(disk.clone()),
            dir: "/ledger".into(),
            place: "/place/checkpoint".into(),
        }
    }

    fn in_folder(folder: &Path) -> Self {
        Self {
            disk: SystemDisk::shared(),
            dir: folder.join("ledger"),
            place: folder.join("checkpoint"),
        }
    }

    fn place(&self) -> Box<dyn CheckpointPlace> {
        Box::new(FilePlace::on(Arc::clone(&self.disk), &self.place))
    }

    fn create(&self, keys: &Keys, m: u64) -> Ledger {
        let mut policy = Policy::default();
        let rule = ApprovalRule {
            m,
            scope: "erase".to_owned(),
        };
        policy.approvals.insert("Erased".to_owned(), rule);
        let opening = Opening {
            name: "example.org/erasure".to_owned(),
            simulated: true,
            roots: vec![Root {
                signer: &keys.root,
                person: "root-1".to_owned(),
            }],
            threshold: 1,
            policy,
            log: keys.log.clone(),
            service: keys.service.clone(),
        };
        let disk = Arc::clone(&self.disk);
        let clock = Arc::new(SystemClock);
        let ledger = Ledger::create_on(disk, &self.dir, self.place(), vault_key(), &opening, clock);
        let ledger = ledger.expect("made");
        for (key, person, role) in [
            (&keys.operator, "operator-1", Role::Operator),
            (&keys.approver, "approver-1", Role::Approver),
        ] {
            ledger
                .enrol(key, person, &[role], &[&keys.root])
                .expect("enrolled");
        }
        ledger
    }

    fn open(&self, keys: &Keys) -> Result<Ledger, LedgerError> {
        Ledger::open_on(
            Arc::clone(&self.disk),
            &self.dir,
            self.place(),
            vault_key(),
            keys.log.clone(),
            keys.service.clone(),
            Arc::new(SystemClock),
        )
    }
}

fn vault_key() -> VaultKey {
    VaultKey::from_bytes([9; 32])
}

fn fact() -> Disclosure {
    Disclosure::new("subject", Value::text("a personal fact")).expect("made")
}

/// Facts and objects of two people, and one object that is nobody's. The result: the objects of `c1`.
fn fill(ledger: &Ledger) -> Vec<Hash> {
    let objects = ledger.objects();
    let mut of_c1 = Vec::new();
    for subject in ["c1", "c2"] {
        ledger
            .vault()
            .keep(subject, &[fact(), fact()])
            .expect("kept");
        for part in 0..2_u8 {
            let sealed = ledger.vault().seal_object(subject, &[part; 100]);
            let name = objects.put(&sealed.expect("sealed")).expect("put");
            if subject == "c1" {
                of_c1.push(name);
            }
        }
    }
    objects.put(b"nobody's").expect("put");
    of_c1
}

/// A proposal to erase `c1`, approved by one person.
fn approved(ledger: &Ledger, keys: &Keys) -> Hash {
    let expires = Timestamp::from_micros(4_000_000_000_000_000).expect("a time");
    let data = Value::object([
        (
            "digest",
            Value::text(ledger.erasure_digest("c1").to_string()),
        ),
        ("expires", Value::text(expires.to_string())),
        ("scope", Value::text("erase")),
    ]);
    let stream = format!("case/{}", keys.operator.key_id());
    let proposed = ledger.emit(&Draft::new(stream, "Proposed", data), &[&keys.operator]);
    let proposal = proposed.expect("taken").leaf;
    let data = Value::object([("proposal", Value::text(proposal.to_string()))]);
    let stream = format!("approval/{proposal}/{}", keys.approver.key_id());
    ledger
        .emit(&Draft::new(stream, "Approved", data), &[&keys.approver])
        .expect("taken");
    proposal
}

fn is_erased(answer: Result<(), VaultError>, entry: u64) -> bool {
    matches!(answer, Err(VaultError::Erased { subject, entry: Some(at) })
        if subject == "c1" && at == entry)
}

#[test]
fn after_an_erasure_nothing_of_the_subject_opens_and_every_proof_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let (home, keys) = (Home::in_folder(folder.path()), keys());
    let ledger = home.create(&keys, 1);
    let objects = fill(&ledger);
    let proposal = approved(&ledger, &keys);
    let (receipt, destroyed) = ledger.erase("c1", &proposal).expect("erased");
    assert_eq!((destroyed.subjects, destroyed.objects), (1, 2));
    let check = |ledger: &Ledger| {
        let vault = ledger.vault();
        assert!(is_erased(vault.facts("c1").map(drop), receipt.index));
        assert!(is_erased(vault.keep("c1", &[fact()]), receipt.index));
        assert!(is_erased(
            vault.seal_object("c1", b"x").map(drop),
            receipt.index
        ));
        assert_eq!(vault.facts("c2").expect("still there").len(), 2);
        assert_eq!(vault.subjects().expect("listed"), ["c2"]);
        assert!(
            objects
                .iter()
                .all(|name| ledger.objects().read(name).is_err())
        );
        let left = ledger.objects().names().expect("listed");
        assert_eq!(left.len(), 3, "two of c2 and nobody's");
    };
    check(&ledger);
    let again = ledger.erase("c1", &proposal).expect_err("once").to_string();
    assert!(
        again.contains(&format!("see entry {}", receipt.index)),
        "{again}"
    );
    drop(ledger);
    check(&home.open(&keys).expect("opened"));
    let verdict = verify(&home.dir, &Options::default()).expect("readable");
    assert_eq!(
        verdict.kind,
        VerdictKind::NotAnchored,
        "{}",
        verdict.to_text()
    );
}

#[test]
fn an_erasure_that_lacks_an_approval_destroys_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (home, keys) = (Home::in_folder(folder.path()), keys());
    let ledger = home.create(&keys, 2);
    let objects = fill(&ledger);
    let proposal = approved(&ledger, &keys);
    let size = ledger.size();
    let refused = ledger.erase("c1", &proposal).expect_err("one of two");
    assert!(
        matches!(&refused, LedgerError::Submit(SubmitError::Refused(refusal))
            if refusal.rule == "approval/count"),
        "{refused}"
    );
    assert_eq!(ledger.size(), size);
    ledger.vault().keep("c1", &[fact()]).expect("goes on");
    assert_eq!(ledger.vault().facts("c1").expect("there").len(), 3);
    assert!(
        objects
            .iter()
            .all(|name| ledger.objects().read(name).is_ok())
    );
    let marker = home.dir.join("vault/erasing/c1");
    assert!(!marker.exists(), "nothing is under way");
}

/// Copies files that are missing there, as somebody does who restores from a backup.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for item in std::fs::read_dir(from).expect("readable") {
        let path = item.expect("readable").path();
        let target = to.join(path.file_name().expect("named"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

#[test]
fn an_old_copy_of_the_vault_is_refused_until_it_is_destroyed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (home, keys) = (Home::in_folder(folder.path()), keys());
    let ledger = home.create(&keys, 1);
    fill(&ledger);
    let proposal = approved(&ledger, &keys);
    let old = folder.path().join("old");
    for part in ["vault", "objects"] {
        copy(&home.dir.join(part), &old.join(part));
    }
    let entry = ledger.erase("c1", &proposal).expect("erased").0.index;
    drop(ledger);
    // Facts alone, without their key, say as well that a copy exists.
    let facts = home.dir.join("vault/disclosures/c1");
    std::fs::copy(old.join("vault/disclosures/c1"), &facts).expect("put back");
    let refused = home.open(&keys).expect_err("refused").to_string();
    assert!(refused.contains("facts of subject c1"), "{refused}");
    std::fs::remove_file(&facts).expect("taken away");
    home.open(&keys).expect("as it was");
    for part in ["vault", "objects"] {
        copy(&old.join(part), &home.dir.join(part));
    }
    let refused = home.open(&keys).expect_err("refused");
    assert!(
        matches!(&refused, LedgerError::Vault(VaultError::PutBack { subject, entry: at, .. })
            if subject == "c1" && *at == entry),
        "{refused}"
    );
    assert!(
        home.dir.join("vault/keys/c1").exists(),
        "refused, not touched"
    );
    let (ledger, destroyed) = Ledger::open_destroying(
        &home.dir,
        home.place(),
        vault_key(),
        keys.log.clone(),
        keys.service.clone(),
        Arc::new(SystemClock),
    )
    .expect("opened");
    assert_eq!((destroyed.subjects, destroyed.objects), (1, 2));
    assert!(is_erased(ledger.vault().facts("c1").map(drop), entry));
    drop(ledger);
    home.open(&keys).expect("as it was");
    assert!(!home.dir.join("vault/keys/c1").exists());
}

/// Up to the erasure on a sound disk, then the erasure on one that fails at its `step`-th call from there.
/// What came of it: the disk, the steps from there, the subject's objects.
fn erased_until(step: Option<(usize, bool)>) -> (MemoryDisk, Vec<String>, Vec<Hash>) {
    let disk = MemoryDisk::default();
    let (home, keys) = (Home::in_memory(&disk), keys());
    let ledger = home.create(&keys, 1);
    let objects = fill(&ledger);
    let proposal = approved(&ledger, &keys);
    // The next checkpoint is the erasure's own: its keeper would shift the steps.
    ledger.checkpoint_now().expect("signed");
    let before = disk.steps().len();
    if let Some((step, stays)) = step {
        disk.fail_at(before + step, stays);
    }
    let _ended = ledger.erase("c1", &proposal);
    let steps = disk.steps()[before..].to_vec();
    drop(ledger);
    (disk, steps, objects)
}

#[test]
fn after_a_crash_at_any_step_a_subject_is_erased_whole_or_not_at_all() {
    let (_, steps, _) = erased_until(None);
    assert!(steps.len() > 20, "{steps:?}");
    let (mut whole, mut none) = (0, 0);
    for (step, name) in steps.iter().enumerate() {
        for stays in [false, true] {
            let (disk, _, objects) = erased_until(Some((step, stays)));
            for fate in [
                Unsynced::Lost,
                Unsynced::Persisted,
                Unsynced::Torn(step as u64),
                Unsynced::Torn(1000 + step as u64),
            ] {
                let case = format!("step {step} ({name}), stays {stays}, {fate:?}");
                let disk = disk.after_power_cut(fate);
                if judge(&disk, &objects, &case) {
                    whole += 1;
                } else {
                    none += 1;
                }
            }
        }
    }
    assert!(whole > 50 && none > 20, "{whole} erased, {none} not");
}

/// Whether the subject is erased in what came back; fails when it is so by half.
fn judge(disk: &MemoryDisk, objects: &[Hash], case: &str) -> bool {
    let (home, keys) = (Home::in_memory(disk), keys());
    let ledger = home
        .open(&keys)
        .unwrap_or_else(|error| panic!("{case}: {error}"));
    let entry = ledger.with_state(|state| state.erased_at("c1"));
    let is_left = |name: &&Hash| ledger.objects().read(name).is_ok();
    let left = objects.iter().filter(is_left).count();
    if let Some(entry) = entry {
        let facts = ledger.vault().facts("c1").map(drop);
        assert!(is_erased(facts, entry), "{case}");
        assert_eq!(left, 0, "{case}: an object is left");
    } else {
        let facts = ledger.vault().facts("c1");
        let facts = facts.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!((facts.len(), left), (2, 2), "{case}: destroyed undecided");
        ledger.vault().keep("c1", &[fact()]).expect("goes on");
    }
    assert_eq!(
        ledger.vault().facts("c2").expect("there").len(),
        2,
        "{case}"
    );
    drop(ledger);
    let folder = tempfile::tempdir().expect("a folder");
    disk.copy_to(Path::new("/ledger"), folder.path());
    let there = |name: &str| folder.path().join("vault").join(name).exists();
    assert!(!there("erasing/c1"), "{case}: still under way");
    for part in ["keys/c1", "disclosures/c1"] {
        assert_eq!(there(part), entry.is_none(), "{case}: {part}");
    }
    entry.is_some()
}
