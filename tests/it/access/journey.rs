//! Restored files opened to those whom the source let in, through the program and a tenant over HTTP; a leak planted there is
//! seen.

use std::time::Duration;

use m365_simulator::{FaultKind, Faults, OneShot, Planted};
use unbroken_verify::VerdictKind;

use crate::case::Case;
use crate::fidelity::Row;
use crate::tampering::forge::put;

pub(super) const SIDECAR: &str = "custodian,path,kind,inherits,principal,principal_kind,\
level,effect,via,expires\n\
drive,Contracts,folder,yes,ben@old.example,user,read,,,\n\
drive,Contracts/open.txt,file,yes,gone@old.example,user,write,,,\n\
drive,Contracts/secret.txt,file,no,,,,,,\n\
drive,Private,folder,yes,everybody,organisation,read,,link,\n";
const FILES: [&str; 3] = [
    "Contracts/open.txt",
    "Contracts/secret.txt",
    "Private/diary.txt",
];
pub(super) const PRINCIPALS: &str = "source,target,kind,fate\n\
drive,ada@clean.example,user,mapped\n\
ben@old.example,ben@clean.example,user,mapped\n";
pub(crate) const ACCESS: &str = "--sidecar @access.csv --map @principals.csv";

pub(crate) fn restored() -> Case {
    restored_into(|_| ())
}

/// As [`restored`], into a tenant that was changed before the restore.
fn restored_into(change: impl FnOnce(&Case)) -> Case {
    let case = Case::new(Faults::none());
    for path in FILES {
        case.plant(path, path.as_bytes());
    }
    case.prepare("drive");
    change(&case);
    let output = case.restore();
    // What failed is the matter of the test that let it.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    put(&case.path("access.csv"), SIDECAR.as_bytes());
    put(&case.path("principals.csv"), PRINCIPALS.as_bytes());
    case
}

/// Up to an access plan that somebody else approved.
pub(crate) fn approved(case: &Case) {
    approved_as(case, ACCESS);
}

/// The same for a sidecar and a map of other names.
pub(super) fn approved_as(case: &Case, said: &str) {
    case.done(&format!("access propose CASE {said}"));
    case.done("access approve CASE --yes");
    case.done("access adopt CASE");
}

fn count(case: &Case, kind: &str) -> usize {
    let events = case.events("bundle-to-count");
    events.iter().filter(|event| event["type"] == kind).count()
}

/// Who but the owner gets at a path.
pub(crate) fn others(case: &Case, path: &str) -> Vec<(String, String)> {
    let place = ("ada@clean.example".to_owned(), path.to_owned());
    let people = case.inspect().effective_access()[&place].clone();
    people
        .into_iter()
        .filter(|(name, _)| name != "ada@clean.example")
        .collect()
}

/// Somebody shares a closed file with whoever has the link: that alone is gained, and nothing is opened beside it.
fn expect_leak_seen(case: &Case) {
    let planted = case.inspect().let_in(
        "ada@clean.example",
        "/Contracts/secret.txt",
        &Planted::Anyone,
        false,
    );
    assert!(planted);
    let leak = case.run(&format!("access diff CASE {ACCESS} TARGET --json"));
    assert_eq!(leak.status.code(), Some(3));
    let lines = String::from_utf8(leak.stdout).expect("UTF-8");
    let gained: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|row: &serde_json::Value| row["class"] == "gained")
        .collect();
    assert!(!gained.is_empty());
    assert!(
        gained
            .iter()
            .all(|row| row["path"] == "Contracts/secret.txt"),
        "{gained:?}"
    );
    let refused = case.run(&format!("access apply CASE {ACCESS} TARGET"));
    assert_eq!(
        refused.status.code(),
        Some(12),
        "nothing is opened beside a leak"
    );
}

/// A slip in a path is refused before anybody approves it; of a name that nobody has it is said.
#[test]
fn a_misspelt_path_or_custodian_is_named_when_the_plan_is_proposed() {
    let case = restored();
    let propose = |sidecar: &str| {
        put(&case.path("access.csv"), sidecar.as_bytes());
        case.run(&format!("access propose CASE {ACCESS}"))
    };
    let before = count(&case, "AccessPlanMade/1");
    let refused = propose(&SIDECAR.replace("Contracts/secret.txt", "Contracts/sceret.txt"));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(12), "{said}");
    assert!(
        said.contains("Contracts/sceret.txt: must be closed"),
        "{said}"
    );
    assert!(
        said.contains("hint: did you mean Contracts/secret.txt?"),
        "{said}"
    );
    let events = case.events("bundle-after");
    let made = events
        .iter()
        .filter(|event| event["type"] == "AccessPlanMade/1");
    assert_eq!(made.count(), before, "nothing is kept of it");
    let stranger = "drvie,Contracts,folder,yes,ben@old.example,user,read,,,\n";
    let warned = propose(&format!("{SIDECAR}{stranger}"));
    let said = String::from_utf8_lossy(&warned.stderr).into_owned();
    assert!(warned.status.success(), "{said}");
    assert!(
        said.contains("warning: drvie: no custodian of this case"),
        "{said}"
    );
    assert!(said.contains("did you mean drive?"), "{said}");
}

fn recorded(case: &Case) {
    case.inspect().record_access();
    case.inspect().record_exchanges();
}

#[test]
fn files_are_opened_as_the_source_had_them_and_a_leak_shows_as_gained() {
    let case = restored();
    recorded(&case);
    let planned = case.done(&format!("access plan {ACCESS}"));
    assert!(
        planned.contains("1 grants kept, 1 held, 1 lost; 2 items"),
        "{planned}"
    );
    assert!(planned.contains("lost  everybody (read) on drive:Private: organisation-link"));
    // The source let Ben into one, and everybody by a link into the other; planning opens nothing.
    let nobody: [(String, String); 0] = [];
    Row::held("Files", "permissions").is(&others(&case, "/Contracts"), &nobody);
    Row::held("Files", "sharing links").is(&others(&case, "/Private"), &nobody);

    approved(&case);
    let applied = case.done(&format!("access apply CASE {ACCESS} TARGET"));
    assert!(
        applied.contains("2 items closed, 3 calls made, 0 failed"),
        "{applied}"
    );
    let ben = ("ben@clean.example".to_owned(), "read".to_owned());
    let only_ben = vec![ben.clone()];
    assert_eq!(others(&case, "/Contracts"), only_ben);
    assert_eq!(others(&case, "/Contracts/open.txt"), only_ben);
    assert!(others(&case, "/Contracts/secret.txt").is_empty());
    assert!(others(&case, "/Private/diary.txt").is_empty());
    crate::openapi::expect_as_documented(&case.inspect().exchanges());
    let history = case.inspect().access_history();
    let opened = |path: &str| {
        let of = history.iter().filter(|change| change.path == path);
        of.filter(|change| change.people.contains_key(&ben.0))
            .count()
    };
    assert_eq!(
        (opened("/Contracts"), opened("/Contracts/secret.txt")),
        (1, 0)
    );

    // Once more: nothing changes, and nobody is let in twice.
    case.done(&format!("access apply CASE {ACCESS} TARGET"));
    assert_eq!(others(&case, "/Contracts"), only_ben);
    let same = case.done(&format!("access diff CASE {ACCESS} TARGET"));
    assert!(same.contains("0 gained"), "{same}");

    expect_leak_seen(&case);
    let events = case.events("bundle");
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(count("AccessPlanned/1"), 2);
    assert_eq!(count("AccessApplied/1"), 2);
    assert_eq!(count("AccessCompared/1"), 4);
    let verdict = case.verdict();
    assert_eq!(verdict.kind, VerdictKind::Valid, "{verdict:?}");
}

#[test]
fn nothing_is_written_below_what_is_open_by_a_later_plan() {
    let case = restored();
    approved(&case);
    case.done(&format!("access apply CASE {ACCESS} TARGET"));
    case.plant("Contracts/late.txt", b"came with a later backup");
    case.done("source register CASE SOURCE");
    case.plan();
    let counts: serde_json::Value =
        serde_json::from_str(&case.done("plan show CASE --json")).expect("JSON");
    assert_eq!(
        (&counts["restore"], &counts["hold"]),
        (&0.into(), &1.into()),
        "{counts}"
    );
    let restored = case.restore();
    let said = String::from_utf8_lossy(&restored.stderr);
    let place = (
        "ada@clean.example".to_owned(),
        "/Contracts/late.txt".to_owned(),
    );
    assert!(
        !case.inspect().effective_access().contains_key(&place),
        "{said}"
    );
}

#[test]
fn what_must_be_closed_and_is_not_found_opens_nothing() {
    // Approved before any plan has files of the custodian: nobody could say then that the path is misspelt.
    let case = Case::new(Faults::none());
    for path in FILES {
        case.plant(path, path.as_bytes());
    }
    case.prepare_people("drive");
    let misspelled = SIDECAR.replace("secret.txt", "Secret.txt");
    put(&case.path("access.csv"), misspelled.as_bytes());
    put(&case.path("principals.csv"), PRINCIPALS.as_bytes());
    approved(&case);
    case.plan();
    assert!(case.restore().status.success());
    let refused = case.run(&format!("access apply CASE {ACCESS} TARGET"));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(12), "{said}");
    assert!(
        said.contains("Contracts/Secret.txt: must be closed"),
        "{said}"
    );
    assert!(others(&case, "/Contracts").is_empty());
}

/// Plans, applies and compares; what was said of the comparison.
fn applied(case: &Case) -> String {
    approved(case);
    case.inspect().record_access();
    case.done(&format!("access apply CASE {ACCESS} TARGET"));
    case.done(&format!("access apply CASE {ACCESS} TARGET"));
    case.done(&format!("access diff CASE {ACCESS} TARGET"))
}

#[test]
fn a_file_that_failed_and_is_there_is_closed_before_the_folder_above_it_is_opened() {
    let case = restored_into(|case| {
        case.inspect().set_damage(|name, bytes| {
            if name == "secret.txt" {
                b"damaged".to_vec()
            } else {
                bytes
            }
        });
    });
    assert_eq!(count(&case, "ItemFailed/1"), 1);
    applied(&case);
    assert_eq!(others(&case, "/Contracts/open.txt").len(), 1);
    assert_eq!(others(&case, "/Contracts/secret.txt"), vec![]);
    let history = case.inspect().access_history();
    let shown = history
        .iter()
        .filter(|change| change.path == "/Contracts/secret.txt");
    assert!(
        shown.clone().all(|change| change.people.len() == 1),
        "{history:?}"
    );
    // Its own copy is read back as well.
    let ada = "ada@clean.example";
    assert!(
        case.inspect()
            .let_in(ada, "/Contracts/secret.txt", &Planted::Anyone, false)
    );
    let leak = case.run(&format!("access diff CASE {ACCESS} TARGET"));
    assert_eq!(leak.status.code(), Some(3));
}

#[test]
fn a_file_that_lies_beside_another_is_closed_by_the_id_of_the_record() {
    let case = restored_into(|case| {
        let path = "Contracts/secret.txt";
        let id = case
            .inspect()
            .add_file("ada@clean.example", path, b"ada's own");
        assert!(id.is_some());
    });
    applied(&case);
    let files = case.inspect().files("ada@clean.example");
    let beside: Vec<&str> = files
        .iter()
        .map(|file| &*file.path)
        .filter(|path| path.starts_with("/Contracts/secret (restored "))
        .collect();
    assert_eq!(beside.len(), 1, "{files:?}");
    assert_eq!(others(&case, "/Contracts/open.txt").len(), 1);
    assert_eq!(others(&case, beside[0]), vec![]);
    assert_eq!(others(&case, "/Contracts/secret.txt"), vec![]);
}

#[test]
fn a_folder_that_must_be_closed_and_in_which_all_failed_is_closed() {
    let case = restored_into(|case| {
        case.plant("Contracts/Board/minutes.txt", b"minutes");
        case.done("source register CASE SOURCE");
        case.plan();
        case.inspect().set_damage(|name, bytes| {
            if name == "minutes.txt" {
                b"damaged".to_vec()
            } else {
                bytes
            }
        });
    });
    let sidecar = format!("{SIDECAR}drive,Contracts/Board,folder,no,,,,,,\n");
    put(&case.path("access.csv"), sidecar.as_bytes());
    applied(&case);
    assert_eq!(others(&case, "/Contracts/open.txt").len(), 1);
    assert_eq!(others(&case, "/Contracts/Board/minutes.txt"), vec![]);
}

#[test]
fn a_custodian_of_another_spelling_opens_nothing() {
    let case = restored();
    let row = |path: &str| format!("drive,{path}");
    let other = SIDECAR.replace(&row("Contracts/secret.txt"), "Drive,Contracts/secret.txt");
    put(&case.path("access.csv"), other.as_bytes());
    let refused = case.run(&format!("access propose CASE {ACCESS}"));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("one custodian with"), "{said}");
    // All of it in the other spelling is no second custodian, and no custodian of the case.
    let all = SIDECAR.replace("drive,", "Drive,");
    put(&case.path("access.csv"), all.as_bytes());
    let refused = case.run(&format!("access propose CASE {ACCESS}"));
    assert!(!refused.status.success());
    assert_eq!(others(&case, "/Contracts"), vec![]);
}

#[test]
fn without_readiness_nobody_is_let_in() {
    let case = restored();
    approved(&case);
    let old = "99999999-aaaa-4aaa-8aaa-999999999999";
    case.done(&format!(
        "case pin CASE --tenant-id {old} --domain old.example"
    ));
    let refused = case.run(&format!("access apply CASE {ACCESS} TARGET"));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(12), "{said}");
    assert!(said.contains("readiness"), "{said}");
    assert!(others(&case, "/Contracts").is_empty());
}

#[test]
fn a_map_that_the_case_does_not_share_opens_nothing() {
    let case = restored();
    let other = PRINCIPALS
        .replace("ada@", "ben@")
        .replace("ben@old.example,ben@clean.example,user,mapped\n", "");
    put(&case.path("principals.csv"), other.as_bytes());
    approved(&case);
    let refused = case.run(&format!("access apply CASE {ACCESS} TARGET"));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(12), "{said}");
    assert!(others(&case, "/Contracts").is_empty());
}

#[test]
fn two_who_become_one_by_name_and_by_object_id_open_nothing() {
    let case = restored();
    let ben = case
        .inspect()
        .object_id("ben@clean.example")
        .expect("there");
    let twice = format!("{PRINCIPALS}gone@old.example,{ben},user,mapped\n");
    put(&case.path("principals.csv"), twice.as_bytes());
    approved(&case);
    let refused = case.run(&format!("access apply CASE {ACCESS} TARGET"));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(12), "{said}");
    assert!(
        said.contains("one and the same in the clean tenant"),
        "{said}"
    );
    assert_eq!(others(&case, "/Contracts/open.txt"), vec![]);
}

#[test]
fn one_answer_is_explained_by_its_grants() {
    let case = Case::new(Faults::none());
    put(&case.path("access.csv"), SIDECAR.as_bytes());
    let said =
        case.done("access why ben@old.example drive:Contracts/open.txt --sidecar @access.csv");
    assert_eq!(
        said,
        "ben@old.example: read on drive:Contracts/open.txt\n  \
         allowed read on drive:Contracts through ben@old.example\n"
    );
    let said =
        case.done("access why ben@old.example drive:Contracts/secret.txt --sidecar @access.csv");
    assert_eq!(
        said,
        "ben@old.example: none on drive:Contracts/secret.txt\n"
    );
}

#[test]
fn killed_at_any_call_nobody_had_more_at_any_moment_and_the_same_command_ends_it() {
    let case = restored();
    approved(&case);
    case.inspect().record_access();
    for skip in 0..3 {
        case.inspect().arm(OneShot {
            kind: FaultKind::Hold,
            method: "POST".to_owned(),
            path: "/invite".to_owned(),
            skip,
        });
        let mut child = case.start(&format!("access apply CASE {ACCESS} TARGET"));
        while case.inspect().held() == 0 {
            let ended = child.try_wait().expect("asked");
            assert!(ended.is_none(), "it ended before call {skip}: {ended:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        // The tenant notices by itself that nobody listens any more.
        while case.inspect().held() > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        case.inspect().disarm();
    }
    case.done(&format!("access apply CASE {ACCESS} TARGET"));
    let allowed = ["/Contracts", "/Contracts/open.txt"];
    let history = case.inspect().access_history();
    for change in history
        .iter()
        .filter(|change| change.owner == "ada@clean.example")
    {
        for (name, role) in &change.people {
            let is_owner = name == "ada@clean.example";
            let is_ben = name == "ben@clean.example" && role == "read";
            let fits = is_owner || is_ben && allowed.contains(&&*change.path);
            assert!(fits, "{change:?}");
        }
    }
    assert_eq!(others(&case, "/Contracts").len(), 1);
    let count = |kind: &str, events: &[serde_json::Value]| {
        events.iter().filter(|event| event["type"] == kind).count()
    };
    let events = case.events("bundle");
    assert_eq!(
        count("AccessPlanned/1", &events),
        4,
        "each intent stands before its calls"
    );
    assert_eq!(
        count("AccessApplied/1", &events),
        1,
        "three have no outcome, and it shows"
    );
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}
