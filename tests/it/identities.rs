//! Identities made in the clean tenant through the program: each once, whatever is killed when; secrets that stand nowhere; users
//! who come in after trust and proof; and nothing of the old tenant in any request.

mod guests;

use std::time::Duration;

use m365_simulator::{FaultKind, Faults, OneShot};
use serde_json::Value;
use unbroken_verify::VerdictKind;

use crate::case::Case;
use crate::disclose;
use crate::gates::road;
use crate::tampering::forge::put;

const FILE: &str = "kind,name,display_name,usage_location,licences,owners,members\n\
    user,cleo@clean.example,Cleo,DE,SPE_E5,,\n\
    user,dan@clean.example,Dan,FR,SPE_E5,,\n\
    security-group,outer,Outer,,,,inner;cleo@clean.example\n\
    security-group,inner,Inner,,,ada@clean.example,dan@clean.example;ben@clean.example\n\
    m365-group,team,Team,,,cleo@clean.example,cleo@clean.example;ada@clean.example\n\
    shared-mailbox,desk@clean.example,Desk,DE,,,\n\
    dynamic-group,everyone,Everyone,,,,\n\
    mail-group,list,List,,,,cleo@clean.example\n";
const MAKE: &str = "identity make CASE --file @identities.csv IDENTITY";

/// A policy that keeps everybody out, as an administrator makes it before anybody is made.
fn keep_users_out(case: &Case) {
    let is_done = case.inspect().change_directory(|directory| {
        let policies = directory
            .answers
            .get_mut("/identity/conditionalAccess/policies");
        let policies = policies.expect("a list")["value"]
            .as_array_mut()
            .expect("rows");
        let mut policy = policies[0].clone();
        assert_eq!(policy["displayName"], "MFA for all");
        policy["displayName"] = "nobody before trust".into();
        policy["grantControls"]["builtInControls"] = serde_json::json!(["block"]);
        policies.push(policy);
    });
    assert!(is_done);
}

pub(crate) fn connected() -> Case {
    let case = Case::new(Faults::none());
    case.plant("a.txt", b"a");
    case.prepare_people("drive");
    case.inspect().set_directory(road::OLD, "old.example");
    case.inspect().set_licences("SPE_E5", 2);
    put(&case.path("identities.csv"), FILE.as_bytes());
    refused(&case, MAKE, "no conditional access policy");
    assert_eq!(case.inspect().users_named("cleo@clean.example"), 0);
    keep_users_out(&case);
    case
}

fn refused(case: &Case, words: &str, rule: &str) {
    let output = case.run(words);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(12), "{words}: {said}");
    assert!(said.contains(rule), "{words}: {said}");
}

fn check_made(case: &Case) {
    for (name, place) in [("cleo@clean.example", "DE"), ("dan@clean.example", "FR")] {
        assert_eq!(case.inspect().users_named(name), 1, "{name}");
        let account = case.inspect().account(name).expect("made");
        assert_eq!(account.licences, ["SPE_E5"]);
        assert_eq!(account.usage_location, place);
        assert_eq!(account.passes, 0, "nobody comes in by making");
    }
    for (name, is_blocked) in [("cleo@clean.example", false), ("desk@clean.example", true)] {
        let account = case.inspect().account(name).expect("made");
        assert_eq!(account.is_blocked, is_blocked, "{name}");
    }
    assert_eq!(case.inspect().users_named("desk@clean.example"), 1);
    let mut groups = case.inspect().groups();
    groups.sort_by(|a, b| a.nickname.cmp(&b.nickname));
    let names: Vec<&str> = groups.iter().map(|group| &*group.nickname).collect();
    assert_eq!(names, ["inner", "outer", "team"], "each once");
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list
    };
    assert_eq!(
        sorted(&groups[0].members),
        ["ben@clean.example", "dan@clean.example"]
    );
    assert_eq!(groups[0].owners, ["ada@clean.example"]);
    assert_eq!(sorted(&groups[1].members), ["cleo@clean.example", "inner"]);
    assert!(groups[2].is_unified && groups[2].visibility == "Private");
    assert_eq!(groups[2].owners, ["cleo@clean.example"]);
}

#[test]
fn licences_are_counted_before_the_first_write() {
    let case = connected();
    case.inspect().set_licences("SPE_E5", 1);
    refused(&case, MAKE, "SPE_E5: 2 needed, 1 free");
    assert_eq!(case.inspect().users_named("cleo@clean.example"), 0);
    assert!(case.inspect().groups().is_empty());
    let events = case.events("bundle");
    let is_identity = |event: &&Value| {
        let kind = event["type"].as_str().unwrap_or_default();
        kind.starts_with("Identity")
    };
    assert_eq!(events.iter().filter(is_identity).count(), 0);
}

#[test]
fn killed_behind_any_call_each_identity_is_made_once_and_what_graph_cannot_make_is_held() {
    let case = connected();
    case.inspect().hide_new_groups(2);
    case.inspect().record_exchanges();
    let calls = [
        ("POST", "/users", 0),
        ("POST", "/assignLicense", 0),
        ("POST", "/assignLicense", 0),
        ("PATCH", "/groups(", 0),
        ("POST", "/members/$ref", 1),
        ("PATCH", "/groups(", 0),
    ];
    for (method, path, skip) in calls {
        case.inspect().arm(OneShot {
            kind: FaultKind::Hold,
            method: method.to_owned(),
            path: path.to_owned(),
            skip,
        });
        let mut child = case.start(MAKE);
        while case.inspect().held() == 0 {
            let ended = child.try_wait().expect("asked");
            assert!(ended.is_none(), "it ended before {path}: {ended:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        while case.inspect().held() > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        case.inspect().disarm();
    }
    let said = case.done(MAKE);
    assert!(said.contains("2 left to people, 0 failed"), "{said}");
    check_made(&case);
    let again = case.done(MAKE);
    assert!(again.contains("0 made, 0 there before"), "{again}");
    assert!(again.contains("6 made earlier"), "{again}");
    check_made(&case);

    let listed = case.done("identity list CASE");
    assert!(
        listed.contains("everyone: held: members-not-reviewed"),
        "{listed}"
    );
    assert!(listed.contains("list: held: needs-exchange"), "{listed}");
    let events = case.events("bundle");
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(count("IdentityAttempted/1"), 6, "one intent each");
    assert_eq!(count("IdentityMade/1"), 6);
    assert_eq!(count("IdentityHeld/1"), 2);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);

    // Nobody keeps a password: it was sent, and stands nowhere else.
    let exchanges = case.inspect().exchanges();
    crate::openapi::expect_as_documented(&exchanges);
    let passwords: Vec<String> = exchanges
        .iter()
        .filter_map(|one| {
            let body = one.request.as_ref()?;
            body["passwordProfile"]["password"]
                .as_str()
                .map(str::to_owned)
        })
        .collect();
    // One answer was held for good, and such exchanges are not kept.
    assert_eq!(passwords.len(), 2, "the other two accounts");
    assert!(passwords[0].len() >= 40, "{}", passwords[0].len());
    for password in &passwords {
        expect_nowhere(&case, password);
    }
}

/// Not in any file of the case, in the clear.
fn expect_nowhere(case: &Case, secret: &str) {
    let mut open = vec![case.path("")];
    let mut files = 0;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).expect("read");
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
    assert!(files > 20, "it looked at something: {files}");
}

#[test]
fn whoever_was_there_before_is_left_as_they_are() {
    let case = connected();
    let file = "kind,name,display_name,usage_location,licences,owners,members\n\
        user,ben@clean.example,Somebody Else,DE,SPE_E5,,\n";
    put(&case.path("identities.csv"), file.as_bytes());
    let said = case.done(MAKE);
    assert!(said.contains("0 made, 1 there before"), "{said}");
    assert!(
        case.inspect().account("ben@clean.example").is_none(),
        "no licence was given"
    );
    // It is named and left to people: nobody approved it, and nothing rests on it.
    let listed = case.done("identity list CASE");
    assert!(
        listed.contains("ben@clean.example: held: was-there-before"),
        "{listed}"
    );
    case.done(MAKE);
    let events = case.events("bundle");
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(
        count("IdentityHeld/1"),
        1,
        "once, however often it is started"
    );
    assert_eq!(count("IdentityMade/1") + count("IdentityAttempted/1"), 0);
}

#[test]
fn an_account_that_somebody_can_sign_in_to_is_no_shared_mailbox() {
    let case = connected();
    let file = "kind,name,display_name,usage_location,licences,owners,members\n\
        shared-mailbox,ben@clean.example,Desk,DE,,,\n\
        shared-mailbox,desk@clean.example,Desk,DE,,,\n";
    put(&case.path("identities.csv"), file.as_bytes());
    let output = case.run(MAKE);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("1 made, 0 there before"), "{said}");
    assert!(said.contains("1 failed"), "{said}");
    let events = case.events("bundle");
    let failed = events
        .iter()
        .find(|event| event["type"] == "IdentityFailed/1");
    let reason = &failed.expect("on the record")["data"]["reason"];
    assert_eq!(reason, "sign-in-not-blocked");
    let listed = case.done("identity list CASE");
    let why = "ben@clean.example: failed: sign-in-not-blocked; block its sign-in";
    assert!(listed.contains(why), "{listed}");
    let desk = "--user desk@clean.example";
    let proof = format!("identity proof CASE {desk} --method in-person --by Lee");
    let output = case.run(&proof);
    assert!(!output.status.success(), "it is nobody who could come in");
    assert!(
        case.inspect()
            .account("desk@clean.example")
            .expect("made")
            .is_blocked
    );
}

#[test]
fn a_user_comes_in_by_a_pass_after_trust_and_a_proof_and_by_nothing_else() {
    let case = road::case();
    keep_users_out(&case);
    case.inspect().set_licences("SPE_E5", 2);
    put(&case.path("identities.csv"), FILE.as_bytes());
    case.done(&format!(
        "case pin CASE --tenant-id {} --domain old.example",
        road::OLD
    ));
    refused(&case, MAKE, "readiness");
    assert_eq!(case.inspect().users_named("cleo@clean.example"), 0);
    case.done(&format!("baseline CASE {}", road::LOOK));
    road::second_approver(&case);
    road::certified(&case, "readiness");
    case.done(MAKE);
    let pass = "identity pass CASE --user cleo@clean.example IDENTITY";
    let proof = "identity proof CASE --user cleo@clean.example --method in-person --by Lee \
                 --evidence passport";
    case.done(proof);
    refused(&case, pass, "no trust certificate");
    case.inspect().record_exchanges();
    case.done(&format!("separation CASE {}", road::LOOK));
    road::certified(&case, "trust");
    let other = pass.replace("cleo@", "dan@");
    refused(&case, &other, "nobody made sure");
    let shown = case.done(pass);
    crate::openapi::expect_as_documented(&case.inspect().exchanges());
    let account = case.inspect().account("cleo@clean.example").expect("made");
    assert_eq!(
        account.pass.as_deref(),
        Some(shown.trim()),
        "it is shown once, alone"
    );
    refused(&case, pass, "nobody made sure");
    assert_eq!(
        case.inspect()
            .account("cleo@clean.example")
            .expect("made")
            .passes,
        1
    );
    case.done("identity confirm CASE --user cleo@clean.example --what sign-in");
    case.done("identity confirm CASE --user cleo@clean.example --what mail --missing");
    let drives = case.done("identity check CASE IDENTITY");
    assert!(drives.contains("0 drives are there, 2 are not"), "{drives}");
    let listed = case.done("identity list CASE --json");
    let cleo = listed
        .lines()
        .find(|line| line.contains("cleo@"))
        .expect("listed");
    let cleo: Value = serde_json::from_str(cleo).expect("JSON");
    assert_eq!(cleo["confirmed"]["sign-in"], true);
    assert_eq!(cleo["confirmed"]["mail"], false);
    assert_eq!(cleo["confirmed"]["drive"], false);
    expect_nowhere(&case, shown.trim());
    let events = case.events("bundle");
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((count("PassAttempted/1"), count("PassIssued/1")), (1, 1));
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn a_suggestion_maps_nobody_and_letters_that_look_alike_are_not_accepted() {
    let case = connected();
    case.inspect()
        .add_user("b.smith@clean.example", "Bea Smith");
    case.inspect()
        .add_user("\u{430}da@clean.example", "Somebody");
    let people = "key,display_name\nbea@old.example,Bea Smith\nada@old.example,Nobody\n";
    put(&case.path("people.csv"), people.as_bytes());
    let shown = case.done("identity suggest --people @people.csv IDENTITY");
    assert!(
        shown.contains("same-name   bea@old.example might be b.smith@clean.example"),
        "{shown}"
    );
    assert!(shown.contains("looks-alike ada@old.example"), "{shown}");
    let accept = "identity accept CASE --people @people.csv --reason file-4711 IDENTITY";
    let of = |source: &str, user: &str| format!("{accept} --source {source} --user {user}");
    refused(
        &case,
        &of("ada@old.example", "\u{430}da@clean.example"),
        "other letters",
    );
    refused(
        &case,
        &of("bea@old.example", "ben@clean.example"),
        "nobody suggests",
    );
    let row = case.done(&of("bea@old.example", "b.smith@clean.example"));
    assert!(
        row.contains("bea@old.example,b.smith@clean.example,user,mapped"),
        "{row}"
    );
    let events = case.events("bundle");
    let accepted: Vec<&Value> = events
        .iter()
        .filter(|event| event["type"] == "MappingAccepted/1")
        .collect();
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0]["data"]["likeness"], "same-name");
}

/// What must never reach the new tenant: ids, hashes, applications and roles of the old one.
const OF_THE_OLD: [&str; 6] = [
    "aaaaaaaa-0001-4aaa-8aaa-aaaaaaaaaaaa",
    "aaaaaaaa-0002-4aaa-8aaa-aaaaaaaaaaaa",
    "aaaaaaaa-0003-4aaa-8aaa-aaaaaaaaaaaa",
    "old-app-6e0a",
    "$2b$12$oldpasswordhash",
    "62e90394-69f5-4237-9190-012177145e10",
];

#[test]
fn nothing_of_the_old_tenant_is_in_any_request_or_stands_in_the_new_one() {
    let case = Case::new(Faults::none());
    case.plant("Contracts/open.txt", b"open");
    case.plant("Contracts/secret.txt", b"secret");
    case.inspect().record_exchanges();
    case.prepare("drive");
    assert!(case.restore().status.success());
    case.inspect().set_directory(road::OLD, "old.example");
    keep_users_out(&case);
    case.inspect().set_licences("SPE_E5", 2);
    put(&case.path("identities.csv"), FILE.as_bytes());
    case.done(MAKE);
    let [user, group, guest, app, hash, role] = OF_THE_OLD;
    let sidecar = format!(
        "custodian,path,kind,inherits,principal,principal_kind,level,effect,via,expires\n\
         ,{group},member,,{user},user,,,,\n\
         drive,Contracts,folder,yes,{group},group,read,,,\n\
         drive,Contracts,folder,yes,{app},app,full,,,\n\
         drive,Contracts/open.txt,file,yes,{user},user,write,,,\n\
         drive,Contracts/open.txt,file,yes,{guest},guest,read,,,\n\
         drive,Contracts/open.txt,file,yes,{hash},user,read,,,\n\
         drive,Contracts/secret.txt,file,no,{role},group,full,,,\n"
    );
    put(&case.path("access.csv"), sidecar.as_bytes());
    let team = case.inspect().add_group("Readers", &["ben@clean.example"]);
    let map = format!(
        "source,target,kind,fate\ndrive,ada@clean.example,user,mapped\n\
         {user},ben@clean.example,user,mapped\n{group},{team},group,mapped\n"
    );
    put(&case.path("principals.csv"), map.as_bytes());
    let access = "--sidecar @access.csv --map @principals.csv";
    case.done(&format!("access propose CASE {access}"));
    case.done("access approve CASE --yes");
    case.done("access adopt CASE");
    case.done(&format!("access apply CASE {access} TARGET"));
    case.done(&format!("access diff CASE {access} TARGET"));

    let exchanges = case.inspect().exchanges();
    assert!(exchanges.len() > 40, "{}", exchanges.len());
    let writes = exchanges.iter().filter(|one| one.method != "GET").count();
    assert!(writes > 10, "{writes}");
    for one in &exchanges {
        let query: String = one.query.values().cloned().collect();
        let body = one.request.as_ref().map(Value::to_string);
        let body = body.unwrap_or_default();
        for old in OF_THE_OLD {
            let found = one.path.contains(old) || query.contains(old) || body.contains(old);
            assert!(!found, "{old} in {} {}: {body}", one.method, one.path);
        }
    }
    let state = format!(
        "{:?} {:?} {:?} {:?}",
        case.inspect().groups(),
        case.inspect().effective_access(),
        case.inspect().files("ada@clean.example"),
        case.inspect().account("cleo@clean.example"),
    );
    for old in OF_THE_OLD {
        assert!(!state.contains(old), "{old} in {state}");
    }
    let ben = case.inspect().effective_access();
    let place = (
        "ada@clean.example".to_owned(),
        "/Contracts/open.txt".to_owned(),
    );
    assert_eq!(
        ben[&place]["ben@clean.example"], "write",
        "something was granted"
    );
}

#[test]
fn an_erased_custodian_is_erased_as_a_user_of_the_clean_tenant_too() {
    let case = connected();
    let ada = "ada@clean.example";
    let file = format!(
        "kind,name,display_name,usage_location,licences,owners,members\nuser,{ada},Ada,DE,,,\n"
    );
    put(&case.path("identities.csv"), file.as_bytes());
    // She was there before, and stands in the record for it.
    let _ = case.run(MAKE);
    assert!(case.done("identity list CASE").contains(ada));
    let erase = "erase CASE --custodian drive";
    case.done(&format!("{erase} --propose --request @erase.request"));
    assert!(case.path("erase.request.2").exists(), "one for each key");
    refused(&case, erase, "approval/count");
    let key = "--key @case/keys/approver.pem --yes";
    case.done(&format!(
        "approve --request @erase.request {key} --out @erase.approved"
    ));
    case.done("case import CASE @erase.approved");
    refused(&case, erase, "whose erasure nobody approved");
    case.done(&format!(
        "approve --request @erase.request.2 {key} --out @other.approved"
    ));
    case.done("case import CASE @other.approved");
    case.done(erase);
    assert!(!case.done("identity list CASE").contains(ada));
    case.done("report issue CASE --edition full --out @report");
    let report = std::fs::read_to_string(case.path("report/report.json")).expect("a report");
    assert!(!report.contains(ada), "{report}");
    let folder = case.path("case");
    let vault = disclose::vault(&folder, &disclose::origin(&folder));
    for subject in vault.subjects().expect("listed") {
        let facts = disclose::facts(&vault, &subject);
        assert!(!facts.iter().any(|fact| fact.contains(ada)), "{subject}");
    }
    let state = case.done("state CASE --json");
    let state: Value = serde_json::from_str(&state).expect("JSON");
    assert_eq!(state["erased"].as_array().map(Vec::len), Some(1), "{state}");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}
