//! The program killed at any request of a restore and of what opens it, on both sides of the request: before the tenant carries
//! it out, and after, unheard. At no moment of the whole history has anybody more than the source gave, and the same commands
//! end it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use m365_simulator::{FaultKind, Faults, OneShot, Remembered};
use unbroken_verify::{Options, VerdictKind, verify};

use super::journey::{PRINCIPALS, approved};
use super::released::id_of;
use crate::case::Case;
use crate::gates::road::second_approver;
use crate::tampering::forge::put;

const ADA: &str = "ada@clean.example";
/// A drive with a folder for a group that another group is in, a file in it for somebody whom nobody mapped, one for nobody, a
/// folder by links: for the organisation, and for one person.
const SIDECAR: &str = "custodian,path,kind,inherits,principal,principal_kind,\
level,effect,via,expires\n\
,inner-old,member,,ben@old.example,user,,,,\n\
,team-old,member,,inner-old,group,,,,\n\
drive,Contracts,folder,yes,team-old,group,read,,,\n\
drive,Contracts/open.txt,file,yes,gone@old.example,user,write,,,\n\
drive,Contracts/secret.txt,file,no,,,,,,\n\
drive,Private,folder,yes,everybody,organisation,read,,link,\n\
drive,Private,folder,yes,dora@old.example,user,read,,link,\n";
const FILES: [&str; 3] = [
    "Contracts/open.txt",
    "Contracts/secret.txt",
    "Private/diary.txt",
];
const RESTORE: &str = "restore CASE --source SOURCE TARGET --workers 1 --without-quotas";
const APPLY: &str =
    "access apply CASE --sidecar @access.csv --map @principals.csv TARGET --without-quotas";

/// By path, who but the owner, and what.
type Allowed = BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>;

/// What the source gave to whom the map names; with what two people released, where they have.
fn allowed(is_released: bool) -> Allowed {
    let (ben, cleo) = (
        ("ben@clean.example", "read"),
        ("cleo@clean.example", "write"),
    );
    let released = is_released.then_some(cleo);
    Allowed::from([
        ("/Contracts", [ben].into()),
        (
            "/Contracts/open.txt",
            released.into_iter().chain([ben]).collect(),
        ),
        ("/Private", [("dora@clean.example", "read")].into()),
        (
            "/Private/diary.txt",
            [("dora@clean.example", "read")].into(),
        ),
    ])
}

/// An instant to go back to: the case's folder and the tenant.
pub(super) struct Instant {
    folder: &'static str,
    tenant: Remembered,
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("listed").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("copied");
        }
    }
}

impl Instant {
    pub(super) fn of(case: &Case, folder: &'static str) -> Self {
        copy(&case.path("case"), &case.path(folder));
        Self {
            folder,
            tenant: case.inspect().remember(),
        }
    }

    pub(super) fn go_back(&self, case: &Case) {
        fs::remove_dir_all(case.path("case")).expect("taken away");
        copy(&case.path(self.folder), &case.path("case"));
        case.inspect().go_back(&self.tenant);
    }
}

/// Everything is approved, and nothing restored yet.
fn planned() -> Case {
    let case = Case::without_quotas(Faults::none());
    for path in FILES {
        case.plant(path, path.as_bytes());
    }
    for name in ["cleo", "dora"] {
        let added = case
            .inspect()
            .add_user(&format!("{name}@clean.example"), name);
        assert!(added, "{name}");
    }
    let inner = case.inspect().add_group("Inner", &["ben@clean.example"]);
    let team = case.inspect().add_group("Team", &[&inner]);
    case.prepare("drive");
    second_approver(&case);
    put(&case.path("access.csv"), SIDECAR.as_bytes());
    let map = format!(
        "{PRINCIPALS}dora@old.example,dora@clean.example,user,mapped\n\
         team-old,{team},group,mapped\ninner-old,{inner},group,mapped\n"
    );
    put(&case.path("principals.csv"), map.as_bytes());
    approved(&case);
    put(
        &case.path("trust"),
        case.done("ledger trust CASE").as_bytes(),
    );
    case.inspect().record_access();
    case
}

/// Two others release what waits for whom nobody mapped.
fn released(case: &Case) {
    let id = id_of(case, "gone@old.example");
    case.done(&format!(
        "access release ask CASE --sidecar @access.csv --map @principals.csv --row {id} \
         --reason audit --to cleo@clean.example --request @release.request"
    ));
    case.done("access release approve CASE --number 1 --yes");
    case.done(
        "approve --request @release.request --key @approver-2.pem --passphrase-file @passphrase \
         --yes --out @release.approved",
    );
    case.done("case import CASE @release.approved");
    case.done("access release grant CASE --number 1");
}

/// The methods of the requests that a command makes, oldest first.
pub(super) fn methods(case: &Case, words: &str) -> Vec<String> {
    let before = case.inspect().requests().len();
    case.done(words);
    let requests = case.inspect().requests();
    let new = requests.into_iter().skip(before);
    new.map(|request| request.method).collect()
}

/// Starts a command, and kills it at a request: before the tenant carries it out, or after.
pub(super) fn kill_at(case: &Case, words: &str, kind: FaultKind, request: usize) {
    case.inspect().arm(OneShot {
        kind,
        method: String::new(),
        path: String::new(),
        skip: u32::try_from(request).expect("small"),
    });
    let mut child = case.start(words);
    while case.inspect().held() == 0 {
        let ended = child.try_wait().expect("asked");
        assert!(
            ended.is_none(),
            "{words} ended before request {request}: {ended:?}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    // The tenant notices by itself that nobody listens any more.
    while case.inspect().held() > 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Nobody had more at any moment, and in the end it is all there.
fn judge(case: &Case, allowed: &Allowed, at: &str) {
    let found = case.inspect();
    let of_ada = found.access_history().into_iter();
    for change in of_ada.filter(|change| change.owner == ADA) {
        for (name, role) in change.people.iter().filter(|(name, _)| *name != ADA) {
            let most = allowed.get(&*change.path);
            let most = most.and_then(|people| people.get(&**name));
            let fits = most.is_some_and(|most| most == role || *most == "write");
            assert!(fits, "{at}: {name} in {change:?}");
        }
    }
    let ends = found.effective_access();
    for path in FILES.iter().map(|path| format!("/{path}")) {
        let people = &ends[&(ADA.to_owned(), path.clone())];
        let others = people.iter().filter(|(name, _)| *name != ADA);
        let others: BTreeMap<&str, &str> = others.map(|(name, role)| (&**name, &**role)).collect();
        let expected = allowed.get(&*path).cloned().unwrap_or_default();
        assert_eq!(others, expected, "{at}: {path}");
    }
    assert_eq!(found.files(ADA).len(), FILES.len(), "{at}: each file once");
    let options = Options {
        trust: Some(case.path("trust")),
        ..Options::default()
    };
    let verdict = verify(&case.path("case/ledger"), &options).expect("it can be read");
    assert_eq!(
        verdict.kind,
        VerdictKind::Valid,
        "{at}: {}",
        verdict.to_text()
    );
}

/// How many requests there were to be killed at, and how often that was done.
#[derive(Clone, Copy, Debug)]
struct Killed {
    requests: usize,
    kills: usize,
}

/// Kills one command of several at each request that is chosen, on both sides of those that change something; how often.
fn kill_everywhere(
    case: &Case,
    from: &Instant,
    (words, then): (&str, &[&str]),
    allowed: &Allowed,
    every: usize,
) -> Killed {
    from.go_back(case);
    let methods = methods(case, words);
    let mut kills = 0;
    for (request, method) in methods.iter().enumerate() {
        let sides: &[FaultKind] = match &**method {
            "GET" if request % every == 0 => &[FaultKind::HoldBefore],
            "GET" => &[],
            _ => &[FaultKind::HoldBefore, FaultKind::Hold],
        };
        for side in sides {
            from.go_back(case);
            kill_at(case, words, *side, request);
            for words in [words].iter().chain(then) {
                case.done(words);
            }
            judge(case, allowed, &format!("{words}, {side:?} {request}"));
            kills += 1;
        }
    }
    Killed {
        requests: methods.len(),
        kills,
    }
}

/// The whole road: what is restored, what opens it, and what opens it further after a release.
fn killed(every: usize) -> [Killed; 3] {
    let case = planned();
    let start = Instant::of(&case, "start");
    let before = allowed(false);
    let first = kill_everywhere(&case, &start, (RESTORE, &[APPLY]), &before, every);
    start.go_back(&case);
    case.done(RESTORE);
    let restored = Instant::of(&case, "restored");
    let second = kill_everywhere(&case, &restored, (APPLY, &[]), &before, every);
    restored.go_back(&case);
    case.done(APPLY);
    judge(&case, &before, "uninterrupted");
    released(&case);
    let granted = Instant::of(&case, "granted");
    let third = kill_everywhere(&case, &granted, (APPLY, &[]), &allowed(true), every);
    [first, second, third]
}

#[test]
fn killed_at_each_request_that_changes_something_nobody_ever_had_more() {
    let killed = killed(7);
    println!("{killed:?}");
    assert!(killed.iter().all(|one| one.kills > 10), "{killed:?}");
}

#[test]
#[ignore = "takes long: tests/bench/access.sh"]
fn killed_at_every_request_nobody_ever_had_more() {
    let killed = killed(1);
    println!("{killed:?}");
    let every = killed.iter().all(|one| one.kills > one.requests);
    assert!(
        every,
        "each at least once, what changes something twice: {killed:?}"
    );
}
