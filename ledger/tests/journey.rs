//! One ledger from its making to its reopening, through the public API; crash and damage are in `recovery.rs`.

use std::path::Path;
use std::sync::Arc;

use unbroken_ledger::disclosure::Disclosure;
use unbroken_ledger::tree::{check_inclusion, root_of};
use unbroken_ledger::{
    ApprovalRule, Clock, Draft, Envelope, FilePlace, Hash, Ledger, LedgerError, Opening, Policy,
    PrivateKey, Role, Root, Signer, SubmitError, Timestamp, Value, VaultKey,
};

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-11-23T20:00:00.000000Z").expect("a time")
    }
}

struct Keys {
    roots: [PrivateKey; 3],
    log: Arc<PrivateKey>,
    service: Arc<PrivateKey>,
    operator: PrivateKey,
    approver: PrivateKey,
    worker: PrivateKey,
}

fn keys() -> Keys {
    let key = |n| PrivateKey::from_seed(&[n; 32]);
    Keys {
        roots: [key(1), key(2), key(3)],
        log: Arc::new(key(4)),
        service: Arc::new(key(5)),
        operator: key(6),
        approver: key(7),
        worker: key(8),
    }
}

fn policy() -> Policy {
    let mut policy = Policy::default();
    let types = [
        ("CaseDeclared/1", Role::Operator),
        ("PlanAdopted/1", Role::Operator),
        ("ItemAttempted/1", Role::Worker),
        ("ItemRestored/1", Role::Worker),
    ];
    policy.types = types
        .map(|(kind, role)| (kind.to_owned(), vec![role]))
        .into();
    let rule = ApprovalRule {
        m: 1,
        scope: "plan".to_owned(),
    };
    policy.approvals.insert("PlanAdopted/1".to_owned(), rule);
    let gates = ["approval/", "case/", "keys"].map(str::to_owned).to_vec();
    policy.gates.insert("ItemAttempted/1".to_owned(), gates);
    policy
}

fn create(dir: &Path, keys: &Keys) -> Ledger {
    let roots = keys.roots.iter().enumerate();
    let roots = roots
        .map(|(n, signer)| Root {
            signer,
            person: format!("root-{n}"),
        })
        .collect();
    let opening = Opening {
        name: "example.org/case-1".to_owned(),
        simulated: true,
        roots,
        threshold: 2,
        policy: policy(),
        log: keys.log.clone(),
        service: keys.service.clone(),
    };
    let ledger = Ledger::create(
        &dir.join("ledger"),
        Box::new(FilePlace::new(dir.join("place/checkpoint"))),
        VaultKey::from_bytes([9; 32]),
        &opening,
        Arc::new(Fixed),
    )
    .expect("made");
    let roots: [&dyn Signer; 2] = [&keys.roots[0], &keys.roots[2]];
    ledger
        .enrol(&keys.operator, "olga", &[Role::Operator], &roots)
        .expect("enrolled");
    ledger
        .enrol(&keys.approver, "anna", &[Role::Approver], &roots)
        .expect("enrolled");
    ledger
        .enrol(&keys.worker, "", &[Role::Worker], &roots)
        .expect("enrolled");
    ledger
        .hand(&["custodian/c1".to_owned()], keys.worker.key_id())
        .expect("handed");
    ledger
}

fn open(dir: &Path, keys: &Keys) -> Result<Ledger, LedgerError> {
    Ledger::open(
        &dir.join("ledger"),
        Box::new(FilePlace::new(dir.join("place/checkpoint"))),
        VaultKey::from_bytes([9; 32]),
        keys.log.clone(),
        keys.service.clone(),
        Arc::new(Fixed),
    )
}

fn attempt(ledger: &Ledger, n: i64) -> Draft {
    let data = Value::object([("attempt", Value::Integer(n))]);
    let seen = Some(ledger.seen());
    Draft {
        seen,
        ..Draft::new("custodian/c1", "ItemAttempted/1", data)
    }
}

fn rule(result: Result<impl std::fmt::Debug, SubmitError>) -> &'static str {
    match result {
        Err(SubmitError::Refused(refusal)) => refusal.rule,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn events_are_ordered_acknowledged_and_there_after_reopening() {
    let dir = tempfile::tempdir().expect("a folder");
    let keys = keys();
    let ledger = create(dir.path(), &keys);
    let before = ledger.size();
    let fact = Disclosure::new("subject", Value::text("Quarterly figures")).expect("made");
    ledger
        .vault()
        .keep("c1", std::slice::from_ref(&fact))
        .expect("kept");
    let mut draft = attempt(&ledger, 1);
    draft.digests = vec![fact.digest()];
    let envelope = ledger.sign(&draft, &[&keys.worker]).expect("signed");
    let receipt = ledger.submit(envelope.clone()).expect("taken");
    assert_eq!(receipt.index, before);
    // The identical event again gets the receipt that it has.
    assert_eq!(ledger.submit(envelope).expect("taken before"), receipt);
    assert_eq!(ledger.size(), before + 1);
    let checkpoint = ledger.checkpoint_now().expect("signed");
    drop(ledger);

    let ledger = open(dir.path(), &keys).expect("opened");
    assert_eq!(ledger.size(), before + 1);
    let leaves: Vec<Hash> = ledger
        .entries(0)
        .expect("read")
        .map(|entry| unbroken_ledger::tree::leaf_hash(&entry.expect("whole").0))
        .collect();
    assert_eq!(root_of(&leaves), checkpoint.checkpoint.root);
    let proof = ledger
        .inclusion_proof(receipt.index, ledger.size())
        .expect("there");
    let root = &checkpoint.checkpoint.root;
    assert!(check_inclusion(
        &receipt.leaf,
        receipt.index,
        ledger.size(),
        &proof,
        root
    ));
    let facts = ledger.vault().facts("c1").expect("opened");
    assert_eq!(facts[0].disclosure, fact);
}

#[test]
fn a_gate_refuses_an_intent_that_rests_on_what_is_no_longer_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let keys = keys();
    let ledger = create(dir.path(), &keys);
    let stale = attempt(&ledger, 1);
    let stream = format!("case/{}", keys.operator.key_id());
    let declared = Draft::new(stream, "CaseDeclared/1", Value::object([]));
    ledger.emit(&declared, &[&keys.operator]).expect("taken");
    let envelope = ledger.sign(&stale, &[&keys.worker]).expect("signed");
    assert_eq!(rule(ledger.submit(envelope)), "gate/stale");
    // An outcome has no gates.
    let outcome = Draft {
        kind: "ItemRestored/1".to_owned(),
        ..stale
    };
    ledger
        .submit(ledger.sign(&outcome, &[&keys.worker]).expect("signed"))
        .expect("taken");
}

#[test]
fn an_approval_is_needed_counted_and_used_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let keys = keys();
    let ledger = create(dir.path(), &keys);
    let case = format!("case/{}", keys.operator.key_id());
    let plan = Hash::of(b"plan");
    let data = Value::object([
        ("digest", Value::text(plan.to_string())),
        ("expires", Value::text("2026-11-24T00:00:00.000000Z")),
        ("scope", Value::text("plan")),
    ]);
    let proposed = ledger.emit(&Draft::new(&*case, "Proposed", data), &[&keys.operator]);
    let proposal = Value::text(proposed.expect("taken").leaf.to_string());
    let adopt = |digest: Hash| {
        let data = Value::object([
            ("digest", Value::text(digest.to_string())),
            ("proposal", proposal.clone()),
        ]);
        ledger
            .sign(
                &Draft::new(&*case, "PlanAdopted/1", data),
                &[&keys.operator],
            )
            .expect("signed")
    };
    assert_eq!(rule(ledger.submit(adopt(plan))), "approval/count");
    let stream = format!(
        "approval/{}/{}",
        proposal.as_str().expect("text"),
        keys.approver.key_id()
    );
    let yes = Draft::new(
        stream,
        "Approved",
        Value::object([("proposal", proposal.clone())]),
    );
    ledger.emit(&yes, &[&keys.approver]).expect("taken");
    assert_eq!(
        rule(ledger.submit(adopt(Hash::of(b"another plan")))),
        "approval/digest"
    );
    ledger.submit(adopt(plan)).expect("taken");
    assert_eq!(rule(ledger.submit(adopt(plan))), "approval/consumed");
}

#[test]
fn many_emitters_at_once_leave_one_chain() {
    let dir = tempfile::tempdir().expect("a folder");
    let keys = keys();
    let ledger = Arc::new(create(dir.path(), &keys));
    let streams: Vec<String> = (0..8).map(|n| format!("custodian/m{n}")).collect();
    ledger.hand(&streams, keys.worker.key_id()).expect("handed");
    let before = ledger.size();
    std::thread::scope(|scope| {
        for stream in &streams {
            let (ledger, worker) = (&ledger, &keys.worker);
            scope.spawn(move || {
                for n in 0..50 {
                    let data = Value::object([("n", Value::Integer(n))]);
                    let draft = Draft::new(&**stream, "ItemRestored/1", data);
                    ledger.emit(&draft, &[worker]).expect("taken");
                }
            });
        }
    });
    assert_eq!(ledger.size(), before + 400);
    drop(ledger);
    assert_eq!(
        open(dir.path(), &keys).expect("opened").size(),
        before + 400
    );
}

#[test]
fn wrong_signatures_roles_and_streams_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let keys = keys();
    let ledger = create(dir.path(), &keys);
    let mut envelope: Envelope = ledger
        .sign(&attempt(&ledger, 1), &[&keys.worker])
        .expect("signed");
    envelope.signatures[0].1.0[7] ^= 1;
    assert_eq!(rule(ledger.submit(envelope)), "signature/strict");
    let by_other = ledger
        .sign(&attempt(&ledger, 1), &[&keys.operator])
        .expect("signed");
    assert_eq!(rule(ledger.submit(by_other)), "stream/emitter");
    let unlisted = Draft::new("custodian/c1", "Surprise/1", Value::object([]));
    let unlisted = ledger.sign(&unlisted, &[&keys.worker]).expect("signed");
    assert_eq!(rule(ledger.submit(unlisted)), "role/type");
    let stranger = PrivateKey::from_seed(&[99; 32]);
    let unknown = ledger
        .sign(&attempt(&ledger, 1), &[&stranger])
        .expect("signed");
    assert_eq!(rule(ledger.submit(unknown)), "key/unknown");
    ledger.seal().expect("sealed");
    let late = ledger
        .sign(&attempt(&ledger, 1), &[&keys.worker])
        .expect("signed");
    assert_eq!(rule(ledger.submit(late)), "sealed/over");
}

#[test]
fn a_ledger_that_came_back_shorter_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let keys = keys();
    let ledger = create(dir.path(), &keys);
    ledger
        .emit(&attempt(&ledger, 1), &[&keys.worker])
        .expect("taken");
    drop(ledger);
    let old = dir.path().join("old");
    copy(&dir.path().join("ledger"), &old);
    let ledger = open(dir.path(), &keys).expect("opened");
    ledger
        .emit(&attempt(&ledger, 2), &[&keys.worker])
        .expect("taken");
    drop(ledger);
    std::fs::remove_dir_all(dir.path().join("ledger")).expect("removed");
    copy(&old, &dir.path().join("ledger"));
    let refused = open(dir.path(), &keys).expect_err("refused").to_string();
    assert!(refused.contains("checkpoint counts"), "{refused}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for item in std::fs::read_dir(from).expect("a folder") {
        let path = item.expect("readable").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}
