//! Keys change hands while a ledger lives, and keys go away: the host's own are rotated, modules fail, hang or lie. What the
//! record says of it is the verifier's to judge.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use unbroken_ledger::note::vkey;
use unbroken_ledger::{
    Draft, FilePlace, KeyChange, KeyId, Ledger, LedgerError, OfflineEvent, Opening, Policy,
    PrivateKey, PublicKey, RevocationReason, Role, Root, Rotation, Signature, Signer, SignerError,
    SubmitError, SystemClock, Value, VaultKey,
};
use unbroken_verify::{Options, VerdictKind, verify};

fn key(number: u8) -> PrivateKey {
    PrivateKey::from_seed(&[number; 32])
}

fn shared(number: u8) -> Arc<dyn Signer> {
    Arc::new(key(number))
}

/// A hardware module: it knows its public key, and signs as long as it can be reached.
struct Module {
    key: PrivateKey,
    does: AtomicU8,
    waits: Mutex<Option<(Sender<()>, Receiver<()>)>>,
}

const SIGNS: u8 = 0;
const IS_GONE: u8 = 1;
const LIES: u8 = 2;

impl Module {
    fn new(number: u8, does: u8) -> Arc<Self> {
        Arc::new(Self {
            key: key(number),
            does: AtomicU8::new(does),
            waits: Mutex::default(),
        })
    }

    fn now(&self, does: u8) {
        self.does.store(does, Ordering::SeqCst);
    }
}

impl Signer for Module {
    fn public(&self) -> PublicKey {
        self.key.public()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        if let Some((began, go_on)) = self.waits.lock().expect("free").take() {
            began.send(()).expect("somebody waits");
            go_on.recv().expect("somebody lets it go on");
        }
        match self.does.load(Ordering::SeqCst) {
            SIGNS => self.key.sign(message),
            LIES => self.key.sign(b"something else"),
            _ => Err(SignerError {
                key: self.key_id(),
                reason: "the module does not answer".to_owned(),
            }),
        }
    }
}

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn make_with(
        &self,
        log: Arc<dyn Signer>,
        service: Arc<dyn Signer>,
    ) -> Result<Ledger, LedgerError> {
        let roots = [key(1), key(2), key(3)];
        let named = (1..).zip(&roots).map(|(number, signer)| Root {
            signer,
            person: format!("root-{number}"),
        });
        let opening = Opening {
            name: "example.org/keys".to_owned(),
            simulated: true,
            roots: named.collect(),
            threshold: 2,
            policy: policy(),
            log,
            service,
        };
        let place = Box::new(FilePlace::new(self.path("place/checkpoint")));
        let (vault, clock) = (VaultKey::from_bytes([9; 32]), Arc::new(SystemClock));
        Ledger::create(&self.path("ledger"), place, vault, &opening, clock)
    }

    fn make(&self) -> Ledger {
        self.make_with(shared(4), shared(5)).expect("made")
    }

    fn open(&self, log: u8, service: u8) -> Result<Ledger, LedgerError> {
        let place = Box::new(FilePlace::new(self.path("place/checkpoint")));
        let (log, service) = (shared(log), shared(service));
        let (vault, clock) = (VaultKey::from_bytes([9; 32]), Arc::new(SystemClock));
        Ledger::open(&self.path("ledger"), place, vault, log, service, clock)
    }

    /// What the verifier says when the reader trusts this log key.
    fn verdict(&self, origin: &str, log: u8) -> (VerdictKind, Vec<u64>) {
        let trust = format!("log {}\nquorum none\n", vkey(origin, &key(log).public()));
        put(&self.path("trust"), trust.as_bytes());
        let options = Options {
            trust: Some(self.path("trust")),
            ..Options::default()
        };
        let verdict = verify(&self.path("ledger"), &options).expect("read");
        (verdict.kind, verdict.suspect.1)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what a reader was given, or a crash left, need not be durable"
)]
fn put(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("written");
}

fn policy() -> Policy {
    let mut policy = Policy::default();
    let done = ("Done/1".to_owned(), vec![Role::Worker]);
    policy.types.extend([done]);
    policy
}

fn done(ledger: &Ledger, worker: &dyn Signer) -> Result<u64, LedgerError> {
    let draft = Draft::new("custodian/c1", "Done/1", Value::object([]));
    Ok(ledger.emit(&draft, &[worker])?.index)
}

fn with_worker(ledger: &Ledger, number: u8) {
    ledger
        .enrol(&key(number), "", &[Role::Worker], &[&key(1), &key(3)])
        .expect("enrolled");
    ledger
        .hand(&["custodian/c1".to_owned()], key(number).key_id())
        .expect("handed");
}

#[test]
fn the_log_key_is_rotated_and_every_reader_goes_on() {
    let case = Case::new();
    let ledger = case.make();
    let origin = ledger.origin().to_owned();
    let before = ledger.checkpoint();
    ledger
        .rotate(key(4).key_id(), &shared(14), &[&key(1), &key(2)])
        .expect("rotated");
    let after = ledger.checkpoint();
    assert!(before.verify(&key(4).public()).is_ok());
    assert_eq!(after.checkpoint.size, ledger.size());
    assert!(after.verify(&key(14).public()).is_ok(), "the new key signs");
    assert!(after.verify(&key(4).public()).is_err());
    with_worker(&ledger, 8);
    drop(ledger);
    // Whoever was given the old trust file, and whoever is given the new one.
    assert_eq!(case.verdict(&origin, 4).0, VerdictKind::Valid);
    assert_eq!(case.verdict(&origin, 14).0, VerdictKind::Valid);
    assert_eq!(case.verdict(&origin, 24).0, VerdictKind::Invalid);
    match case.open(4, 5) {
        Err(LedgerError::WrongKey { role, wanted }) => {
            assert_eq!((role, wanted), ("log", key(14).key_id()));
        }
        other => panic!("the old key opened it: {other:?}"),
    }
    case.open(14, 5).expect("opened");
}

#[test]
fn a_crash_between_the_rotation_and_its_checkpoint_is_gone_through() {
    let case = Case::new();
    let ledger = case.make();
    let old_place = std::fs::read(case.path("place/checkpoint")).expect("read");
    ledger
        .rotate(key(4).key_id(), &shared(14), &[&key(1), &key(2)])
        .expect("rotated");
    let origin = ledger.origin().to_owned();
    drop(ledger);
    // The entry reached the disk; the first checkpoint of the new key did not.
    put(&case.path("place/checkpoint"), &old_place);
    drop(
        case.open(14, 5)
            .expect("the note is judged by the key of its size"),
    );
    assert_eq!(case.verdict(&origin, 4).0, VerdictKind::Valid);
}

#[test]
fn the_service_key_is_rotated_revoked_and_enrolled_again() {
    let case = Case::new();
    let ledger = case.make();
    let origin = ledger.origin().to_owned();
    ledger
        .rotate(key(5).key_id(), &shared(15), &[&key(1), &key(2)])
        .expect("rotated");
    ledger.heartbeat().expect("by the new key");
    assert!(matches!(
        case.open(4, 5),
        Err(LedgerError::Store(_) | LedgerError::WrongKey { .. })
    ));
    ledger
        .revoke(
            key(15).key_id(),
            ledger.size(),
            RevocationReason::Lost,
            &[&key(1), &key(2)],
        )
        .expect("revoked");
    assert!(ledger.heartbeat().is_err());
    let enrol = KeyChange::Enrol {
        key: key(25).public(),
        person: String::new(),
        roles: vec![Role::Service],
    };
    let roots = [key(1).key_id(), key(2).key_id()];
    let mut file = OfflineEvent::unsigned(ledger.unsigned(&enrol, &roots).expect("admitted"));
    for signer in [1, 2, 25] {
        file.sign(&key(signer)).expect("asked");
    }
    let envelope = file.into_envelope().expect("complete");
    let size = ledger.size();
    assert!(matches!(
        ledger.change_keys(envelope.clone(), None),
        Err(LedgerError::SuccessorNeeded {
            role: "service",
            ..
        })
    ));
    assert_eq!(ledger.size(), size, "nothing was written");
    ledger
        .change_keys(envelope, Some(shared(25)))
        .expect("enrolled");
    ledger.heartbeat().expect("by the third");
    drop(ledger);
    assert_eq!(case.verdict(&origin, 4).0, VerdictKind::Valid);
    case.open(4, 25).expect("opened");
}

#[test]
fn a_rotation_of_the_log_key_that_came_by_the_side_door_stops_the_ledger_and_loses_nothing() {
    let case = Case::new();
    let ledger = case.make();
    let rotate = KeyChange::Rotate {
        new: key(14).public(),
        old: key(4).key_id(),
    };
    let roots = [key(1).key_id(), key(2).key_id()];
    let mut file = OfflineEvent::unsigned(ledger.unsigned(&rotate, &roots).expect("admitted"));
    file.sign(&key(1)).expect("asked");
    file.sign(&key(2)).expect("asked");
    ledger
        .submit(file.into_envelope().expect("complete"))
        .expect("a rule-abiding event");
    assert!(matches!(
        ledger.checkpoint_now(),
        Err(LedgerError::WrongKey { role: "log", .. })
    ));
    let (origin, size) = (ledger.origin().to_owned(), ledger.size());
    drop(ledger);
    assert_eq!(case.open(14, 5).expect("opened").size(), size);
    assert_eq!(case.verdict(&origin, 14).0, VerdictKind::Valid);
}

#[test]
fn a_module_that_is_gone_or_lies_leaves_nothing_half_written() {
    let case = Case::new();
    let ledger = case.make();
    with_worker(&ledger, 8);
    let size = ledger.size();
    let gone = Module::new(8, IS_GONE);
    match done(&ledger, &*gone) {
        Err(LedgerError::Signer(error)) => assert!(error.to_string().contains("does not answer")),
        other => panic!("{other:?}"),
    }
    gone.now(LIES);
    match done(&ledger, &*gone) {
        Err(LedgerError::Submit(SubmitError::Refused(refusal))) => {
            assert_eq!(refusal.rule, "signature/strict");
        }
        other => panic!("{other:?}"),
    }
    // One of two roots, and the new log key.
    let (root, log) = (Module::new(2, IS_GONE), Module::new(14, IS_GONE));
    let enrolled = ledger.enrol(&key(9), "", &[Role::Worker], &[&key(1), &*root]);
    assert!(matches!(enrolled, Err(LedgerError::Signer(_))));
    for does in [IS_GONE, LIES] {
        log.now(does);
        let new: Arc<dyn Signer> = log.clone();
        let rotated = ledger.rotate(key(4).key_id(), &new, &[&key(1), &key(2)]);
        assert!(
            matches!(rotated, Err(LedgerError::Signer(_))),
            "{rotated:?}"
        );
    }
    assert_eq!(ledger.size(), size);
    gone.now(SIGNS);
    assert_eq!(done(&ledger, &*gone).expect("back again"), size);
}

#[test]
fn without_its_log_key_a_ledger_stops_and_what_it_acknowledged_stays() {
    let case = Case::new();
    let log = Module::new(4, IS_GONE);
    assert!(matches!(
        case.make_with(log.clone(), shared(5)),
        Err(LedgerError::Signer(_))
    ));
    log.now(SIGNS);
    let ledger = case
        .make_with(log.clone(), shared(5))
        .expect("made at the second try");
    with_worker(&ledger, 8);
    ledger.checkpoint_now().expect("signed");
    for does in [IS_GONE, LIES] {
        log.now(does);
        // The ledger may have noticed by itself already, and stopped.
        let _taken_or_stopped = done(&ledger, &key(8));
        assert!(ledger.checkpoint_now().is_err(), "{does}");
    }
    let size = ledger.size();
    drop(ledger);
    let again = case
        .open(4, 5)
        .expect("the last checkpoint is one that holds");
    assert_eq!(again.size(), size);
    done(&again, &key(8)).expect("it goes on");
}

#[test]
fn a_module_that_hangs_holds_up_nobody_else() {
    let case = Case::new();
    let ledger = case.make();
    with_worker(&ledger, 8);
    let slow = Module::new(8, SIGNS);
    let (began, has_begun) = channel();
    let (go_on, may_go_on) = channel();
    *slow.waits.lock().expect("free") = Some((began, may_go_on));
    std::thread::scope(|scope| {
        let hanging = scope.spawn(|| done(&ledger, &*slow));
        has_begun.recv().expect("it is asked to sign");
        let size = ledger.size();
        ledger.heartbeat().expect("others write");
        ledger.checkpoint_now().expect("and are covered");
        assert_eq!(ledger.size(), size + 1);
        go_on.send(()).expect("it still waits");
        hanging
            .join()
            .expect("no panic")
            .expect("written in the end");
    });
}

#[test]
fn the_history_of_a_key_says_since_when_and_how_it_ended() {
    let case = Case::new();
    let ledger = case.make();
    with_worker(&ledger, 8);
    let first = done(&ledger, &key(8)).expect("written");
    let second = done(&ledger, &key(8)).expect("written");
    let roots: [&dyn Signer; 2] = [&key(1), &key(2)];
    ledger
        .rotate(key(8).key_id(), &shared(18), &roots)
        .expect("rotated");
    done(&ledger, &key(18)).expect("its stream went along");
    // The first root signed the enrolment of worker 8: in doubt from then on, and so is what follows it.
    let doubt = first - 2;
    let roots: [&dyn Signer; 2] = [&key(2), &key(3)];
    ledger
        .revoke(
            key(1).key_id(),
            doubt,
            RevocationReason::Compromised,
            &roots,
        )
        .expect("revoked");
    let (old, new, root) = ledger.with_state(|state| {
        let look = |id: KeyId| {
            (
                state.key(&id).expect("known").clone(),
                state.suspect_from(&id),
            )
        };
        (
            look(key(8).key_id()),
            look(key(18).key_id()),
            look(key(1).key_id()),
        )
    });
    assert_eq!(old.0.since, doubt);
    let rotated = Rotation {
        at: second + 1,
        to: key(18).key_id(),
    };
    assert_eq!(old.0.rotated, Some(rotated));
    assert_eq!(
        (old.1, new.1, root.1),
        (Some(doubt), Some(second + 1), Some(doubt))
    );
    assert_eq!(new.0.follows, Some(key(8).key_id()));
    assert_eq!(
        ledger.with_state(|state| state.suspect_from(&key(2).key_id())),
        None
    );
    ledger.checkpoint_now().expect("signed");
    let (kind, suspect) = case.verdict(ledger.origin(), 4);
    assert_eq!(kind, VerdictKind::ValidWithExceptions);
    // What each key's own history says is what the verifier marks.
    assert_eq!(suspect, [doubt, first, second, second + 1, second + 2]);
}

/// What each key's own history says, and what the verifier marks.
fn doubts(case: &Case, ledger: &Ledger, keys: &[u8]) -> (Vec<Option<u64>>, Vec<u64>) {
    let said = ledger.with_state(|state| {
        let ids = keys.iter().map(|number| key(*number).key_id());
        ids.map(|id| state.suspect_from(&id)).collect()
    });
    ledger.checkpoint_now().expect("signed");
    let (kind, suspect) = case.verdict(ledger.origin(), 4);
    assert_eq!(kind, VerdictKind::ValidWithExceptions);
    (said, suspect)
}

#[test]
fn a_compromise_that_shows_after_the_rotation_is_marked_once() {
    let case = Case::new();
    let ledger = case.make();
    with_worker(&ledger, 8);
    let first = done(&ledger, &key(8)).expect("written");
    let second = done(&ledger, &key(8)).expect("written");
    let roots: [&dyn Signer; 2] = [&key(1), &key(2)];
    let old = key(8).key_id();
    ledger.rotate(old, &shared(18), &roots).expect("rotated");
    done(&ledger, &key(18)).expect("by its successor");
    let stolen = RevocationReason::Compromised;
    let at = ledger
        .revoke(old, second, stolen, &roots)
        .expect("revoked")
        .index;
    done(&ledger, &key(18)).expect("its successor goes on");
    let (rotated, revoked) = ledger.with_state(|state| {
        let known = state.key(&old).expect("known");
        assert!(!known.is_active);
        (known.rotated, known.revoked)
    });
    assert_eq!(rotated.map(|end| end.to), Some(key(18).key_id()));
    assert_eq!(revoked.map(|end| (end.at, end.from)), Some((at, second)));
    let size = ledger.size();
    for (again, why) in [(old, "is revoked once"), (key(4).key_id(), "a log key")] {
        let again = ledger.revoke(again, first, stolen, &roots);
        match again {
            Err(LedgerError::Submit(SubmitError::Refused(refusal))) => {
                assert_eq!(refusal.rule, "type/data");
                assert!(refusal.found.contains(why), "{}", refusal.found);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ledger.size(), size);
    let said = doubts(&case, &ledger, &[8, 18, 1]);
    assert_eq!(said, (vec![Some(second), None, None], vec![second]));
}

#[test]
fn a_successor_stands_on_the_roots_and_falls_with_who_enrolled_before_it() {
    let case = Case::new();
    let ledger = case.make();
    // By roots 1 and 3; its rotation by 2 and 3.
    with_worker(&ledger, 8);
    let first = done(&ledger, &key(8)).expect("written");
    let rotated = ledger
        .rotate(key(8).key_id(), &shared(18), &[&key(2), &key(3)])
        .expect("rotated")
        .index;
    let later = done(&ledger, &key(18)).expect("by its successor");
    let (roots, stolen): ([&dyn Signer; 2], _) =
        ([&key(2), &key(3)], RevocationReason::Compromised);
    ledger
        .revoke(key(8).key_id(), 0, stolen, &roots)
        .expect("revoked");
    let enrolled = first - 2;
    let said = doubts(&case, &ledger, &[8, 18]);
    assert_eq!(said, (vec![Some(0), None], vec![enrolled, first]));
    ledger
        .revoke(key(1).key_id(), enrolled, stolen, &roots)
        .expect("revoked");
    let said = doubts(&case, &ledger, &[8, 18, 1]);
    let each = vec![Some(0), Some(rotated + 1), Some(enrolled)];
    assert_eq!(said, (each, vec![enrolled, first, later]));
}
