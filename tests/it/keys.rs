//! Keys from outside: made under a passphrase, signed with on machines of their own, rotated, lost, compromised. What comes
//! of it is what the independent verifier says.

use std::process::{Command, Output};

use base64ct::{Base64, Encoding};
use m365_simulator::Faults;
use unbroken_verify::{Options, VerdictKind, verify};

use crate::case::{Case, mail};
use crate::left_out::left_out;
use crate::tampering::forge::put;

const PASSPHRASE: &str = "correct horse battery staple";

fn case(mails: usize) -> Case {
    let case = Case::new(Faults::none());
    for number in 1..=mails {
        case.plant(&format!("{number}.eml"), &mail(number, 0));
    }
    case
}

#[track_caller]
fn refused(output: &Output, code: i32, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "{word} is not named: {stderr}");
    }
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("one JSON value")
}

fn keyid(case: &Case, file: &str) -> String {
    let shown = json(&case.done(&format!("keys show --key @{file} --json")));
    shown["keyid"].as_str().expect("a keyid").to_owned()
}

fn size(case: &Case) -> u64 {
    json(&case.done("ledger info CASE --json"))["entries"]
        .as_u64()
        .expect("a number")
}

/// What `keys list` says of a key.
fn listed(case: &Case, id: &str) -> serde_json::Value {
    let all = json(&case.done("keys list CASE --json"));
    let mut keys = all["keys"].as_array().expect("keys").iter();
    keys.find(|key| key["keyid"] == id).expect("listed").clone()
}

#[test]
fn a_key_is_under_a_passphrase_unless_it_is_said_that_it_is_not() {
    let case = case(0);
    put(&case.path("good"), format!("{PASSPHRASE}\n").as_bytes());
    put(&case.path("weak"), b"password");
    put(&case.path("wrong"), b"incorrect horse battery");
    refused(
        &case.run("keys generate @key.pem"),
        2,
        &["needs a passphrase", "--no-passphrase"],
    );
    refused(&case.run("keys set @set"), 2, &["needs a passphrase"]);
    refused(
        &case.run("keys generate @key.pem --passphrase-file @weak"),
        2,
        &["15 characters", "8 of them different"],
    );
    assert!(!case.path("key.pem").exists() && !case.path("set").exists());
    let made = case.done("keys generate @key.pem --passphrase-file @good --json");
    let pem = std::fs::read_to_string(case.path("key.pem")).expect("read");
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    refused(
        &case.run("keys show --key @key.pem"),
        1,
        &["key.pem", "encrypted"],
    );
    refused(
        &case.run("keys show --key @key.pem --passphrase-file @wrong"),
        1,
        &["key.pem", "does not open"],
    );
    let by_file = case.done("keys show --key @key.pem --passphrase-file @good --json");
    assert_eq!(json(&by_file)["keyid"], json(&made)["keyid"]);
    let by_environment = case
        .command("keys show --key @key.pem --json")
        .env("UNBROKEN_KEY_PASSPHRASE", PASSPHRASE)
        .output()
        .expect("started");
    assert_eq!(by_environment.stdout, by_file.as_bytes());
    refused(
        &case.run("keys generate @key.pem --no-passphrase"),
        1,
        &["key.pem", "never replaces"],
    );
    case.done("keys generate @plain.pem --no-passphrase");
    let plain = std::fs::read_to_string(case.path("plain.pem")).expect("read");
    assert!(plain.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    opens_elsewhere(&case, &json(&made));
}

/// OpenSSL reads what we write.
fn opens_elsewhere(case: &Case, made: &serde_json::Value) {
    let passphrase = format!("file:{}", case.path("good").display());
    let Ok(output) = Command::new("openssl")
        .args(["pkey", "-noout", "-text_pub", "-passin", &passphrase, "-in"])
        .arg(case.path("key.pem"))
        .output()
    else {
        left_out("openssl is not here to open a key file");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).replace([' ', ':', '\n'], "");
    let public = made["public"].as_str().expect("hex");
    assert!(
        text.contains(public),
        "{text} {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn roots_sign_on_machines_of_their_own() {
    let case = case(1);
    case.prepare_people("mailbox");
    case.done("keys generate @new.pem --no-passphrase");
    // The roots move to their owners.
    let away = tempfile::tempdir().expect("a folder");
    for number in 1..=3 {
        let name = format!("root-{number}.pem");
        std::fs::copy(case.path("case/keys").join(&name), away.path().join(&name)).expect("moved");
        std::fs::remove_file(case.path("case/keys").join(&name)).expect("moved");
    }
    let public = json(&case.done("keys show --key @new.pem --json"))["public"].clone();
    let public = public.as_str().expect("hex");
    let enrol = format!("keys enrol CASE --public {public} --person approver-2 --role approver");
    refused(
        &case.run(&enrol),
        12,
        &["2 roots have to sign, and 0", "--request"],
    );
    let roots: Vec<String> = [1, 3]
        .map(|number| {
            let file = away.path().join(format!("root-{number}.pem"));
            let shown = case.done(&format!("keys show --key {} --json", file.display()));
            json(&shown)["keyid"].as_str().expect("a keyid")[..8].to_owned()
        })
        .to_vec();
    let before = size(&case);
    let asked = case.done(&format!(
        "{enrol} --request @enrol.request --root {} --root {}",
        roots[0], roots[1]
    ));
    assert!(asked.contains("keys sign"), "{asked}");
    // Two copies go to the roots at the same time; the new key's owner signs a third.
    for (copy, key) in [("a", "root-1.pem"), ("b", "root-3.pem")] {
        let key = away.path().join(key);
        let signed = case.run(&format!(
            "keys sign --request @enrol.request --out @{copy} --yes --key {}",
            key.display()
        ));
        let shown = String::from_utf8_lossy(&signed.stderr).into_owned();
        assert!(signed.status.success(), "{shown}");
        for word in [
            "KeyEnrolled",
            "approver-2",
            "roles        approver",
            "not yet",
        ] {
            assert!(shown.contains(word), "{word} is not shown: {shown}");
        }
    }
    let uncalled = away.path().join("root-2.pem");
    let uncalled = format!(
        "keys sign --request @enrol.request --yes --key {}",
        uncalled.display()
    );
    refused(&case.run(&uncalled), 1, &["not for key"]);
    come_back(&case, before);
}

/// What the roots signed in `a` and `b`, and the new key's owner signs now, is put together and taken; nothing less is.
fn come_back(case: &Case, before: u64) {
    refused(
        &case.run("keys sign --request @enrol.request --key @new.pem"),
        2,
        &["nothing was signed"],
    );
    refused(
        &case.run("case import CASE @a @b"),
        12,
        &["not signed yet by", "keys sign"],
    );
    case.done("keys sign --request @enrol.request --key @new.pem --yes");
    // Changed on the way.
    let text = std::fs::read_to_string(case.path("a")).expect("read");
    let place = text.rfind("\"sig\":\"").expect("a signature") + 10;
    let other = if &text[place..=place] == "A" {
        "B"
    } else {
        "A"
    };
    let forged = format!("{}{other}{}", &text[..place], &text[place + 1..]);
    put(&case.path("forged"), forged.as_bytes());
    let forged = case.run("case import CASE @b @enrol.request @forged");
    refused(&forged, 20, &["signature/strict"]);
    assert_eq!(size(case), before, "something was written");
    let taken = case.done("case import CASE @a @b @enrol.request");
    assert!(taken.contains("KeyEnrolled"), "{taken}");
    assert_eq!(
        listed(case, &keyid(case, "new.pem"))["person"],
        "approver-2"
    );
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn a_request_that_another_change_overtook_is_named_as_stale() {
    let case = case(1);
    case.prepare_people("mailbox");
    for name in ["one.pem", "two.pem"] {
        case.done(&format!("keys generate @{name} --no-passphrase"));
    }
    case.done("keys enrol CASE --new @one.pem --role worker --request @one.request");
    let asked = std::fs::read_to_string(case.path("one.request")).expect("read");
    assert!(asked.contains("\"signatures\":[]"));
    for key in [
        "case/keys/root-1.pem",
        "case/keys/root-2.pem",
        "case/keys/root-3.pem",
        "one.pem",
    ] {
        // One of the three roots is not among the first two, by keyid, and is not asked.
        case.run(&format!(
            "keys sign --request @one.request --key @{key} --yes"
        ));
    }
    case.done("keys enrol CASE --new @two.pem --role worker");
    refused(
        &case.run("case import CASE @one.request"),
        1,
        &["stream/seq", "make the request again"],
    );
}

#[test]
fn the_log_key_is_rotated_and_old_and_new_trust_files_hold() {
    let case = case(1);
    case.prepare_people("mailbox");
    put(
        &case.path("old-trust"),
        case.done("ledger trust CASE").as_bytes(),
    );
    case.done("keys generate @log-2.pem --no-passphrase");
    let old = keyid(&case, "case/keys/log.pem");
    let new = keyid(&case, "log-2.pem");
    let bare = json(&case.done("keys show --key @log-2.pem --json"))["public"].clone();
    let bare = bare.as_str().expect("hex");
    refused(
        &case.run(&format!(
            "keys rotate CASE --old {} --public {bare}",
            &old[..8]
        )),
        1,
        &["new log key", "--new"],
    );
    case.done(&format!(
        "keys rotate CASE --old {} --new @log-2.pem",
        &old[..8]
    ));
    assert_eq!(keyid(&case, "case/keys/log.pem"), new);
    let status = listed(&case, &old);
    assert!(
        status["status"]
            .as_str()
            .expect("text")
            .starts_with("rotated by entry"),
        "{status}"
    );
    case.done("ledger heartbeat CASE");
    put(
        &case.path("new-trust"),
        case.done("ledger trust CASE").as_bytes(),
    );
    case.done("bundle export CASE --out @bundle");
    for trust in ["old-trust", "new-trust"] {
        let said = case.done(&format!("verify @bundle --trust @{trust}"));
        assert!(said.starts_with("VALID\n"), "{said}");
    }
    // A crash behind the entry: the record names the new key, the folder still has the old one in its place.
    let keys = case.path("case/keys");
    std::fs::rename(keys.join("log.pem"), keys.join("log.next.pem")).expect("renamed");
    let aside = format!("log-{}.pem", &old[..8]);
    std::fs::rename(keys.join(&aside), keys.join("log.pem")).expect("renamed");
    case.done("ledger check CASE");
    assert_eq!(keyid(&case, "case/keys/log.pem"), new);
    // With the old key alone it is said what is missing.
    std::fs::rename(keys.join("log.pem"), case.path("elsewhere.pem")).expect("renamed");
    std::fs::rename(keys.join(&aside), keys.join("log.pem")).expect("renamed");
    refused(
        &case.run("ledger check CASE"),
        1,
        &["the log key of this ledger is", &new],
    );
}

#[test]
fn a_lost_worker_is_replaced_and_the_restore_goes_on() {
    let case = case(4);
    case.prepare("mailbox");
    let (old, at) = (keyid(&case, "case/keys/worker.pem"), size(&case));
    std::fs::remove_file(case.path("case/keys/worker.pem")).expect("lost");
    refused(&case.restore(), 1, &["worker.pem is needed"]);
    case.done("keys generate @worker-2.pem --no-passphrase");
    let new = keyid(&case, "worker-2.pem");
    case.done(&format!(
        "keys revoke CASE --key {} --reason lost",
        &old[..8]
    ));
    case.done("keys enrol CASE --new @worker-2.pem --role worker");
    std::fs::rename(case.path("worker-2.pem"), case.path("case/keys/worker.pem")).expect("moved");
    refused(&case.restore(), 1, &["stream/emitter"]);
    let handed = case.done(&format!("keys hand CASE --to {}", &new[..8]));
    assert!(handed.starts_with("1 stream handed to"), "{handed}");
    let output = case.restore();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        listed(&case, &old)["status"],
        // Without the key nothing was begun.
        format!("revoked by entry {at}: lost")
    );
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
    // Lost, not compromised: nothing that it signed is in doubt.
    assert!(listed(&case, &old)["suspect_from"].is_null());
}

#[test]
fn what_a_compromised_worker_signed_is_suspect_from_an_entry_on() {
    let case = case(3);
    case.prepare("mailbox");
    assert!(case.restore().status.success());
    let worker = keyid(&case, "case/keys/worker.pem");
    let events = case.events("before");
    let signed: Vec<u64> = (0_u64..)
        .zip(&events)
        .filter(|(_, event)| event["by"][0] == worker)
        .map(|(index, _)| index)
        .collect();
    assert!(signed.len() > 4, "{signed:?}");
    let (believed, doubted) = signed.split_at(2);
    case.done(&format!(
        "keys revoke CASE --key {} --reason compromised --from-index {}",
        &worker[..8],
        doubted[0]
    ));
    assert_eq!(listed(&case, &worker)["suspect_from"], doubted[0]);
    assert!(case.done("keys list CASE").contains("SUSPECT from entry"));
    put(
        &case.path("trust"),
        case.done("ledger trust CASE").as_bytes(),
    );
    case.done("bundle export CASE --out @bundle");
    let said = case.run("verify @bundle --trust @trust");
    refused(&said, 3, &["valid with exceptions"]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let line = format!("SUSPECT      {} entries, first {doubted:?}", doubted.len());
    assert!(said.contains(&line), "{line} is not said: {said}");
    let options = Options {
        trust: Some(case.path("trust")),
        ..Options::default()
    };
    let verdict = verify(&case.path("bundle"), &options).expect("read");
    assert_eq!(verdict.exit_code(), 3);
    assert!(
        believed
            .iter()
            .all(|index| !verdict.suspect.1.contains(index))
    );
}

#[test]
fn a_worker_found_compromised_after_its_rotation_is_suspect_and_its_successor_is_not() {
    let case = case(3);
    case.prepare("mailbox");
    assert!(case.restore().status.success());
    let old = keyid(&case, "case/keys/worker.pem");
    let signed = |events: &[serde_json::Value]| -> Vec<u64> {
        let all = (0_u64..).zip(events);
        let own = all.filter(|(_, event)| event["by"][0] == old);
        own.map(|(index, _)| index).collect()
    };
    let signed = signed(&case.events("before"));
    case.done("keys generate @worker-2.pem --no-passphrase");
    let at = size(&case);
    case.done(&format!(
        "keys rotate CASE --old {} --new @worker-2.pem",
        &old[..8]
    ));
    let new = keyid(&case, "case/keys/worker.pem");
    let revoke = format!("keys revoke CASE --key {} --reason compromised", &old[..8]);
    let hint = ["rotated away by entry", "--from-index"];
    refused(&case.run(&revoke), 2, &hint);
    refused(
        &case.run(&format!("{revoke} --from-index {}", at + 1)),
        2,
        &hint,
    );
    case.done(&format!("{revoke} --from-index {}", signed[1]));
    refused(
        &case.run(&format!("{revoke} --from-index {}", signed[0])),
        1,
        &["type/data", "was revoked by entry", "once"],
    );
    let log = keyid(&case, "case/keys/log.pem");
    case.done("keys generate @log-2.pem --no-passphrase");
    case.done(&format!(
        "keys rotate CASE --old {} --new @log-2.pem",
        &log[..8]
    ));
    refused(
        &case.run(&format!(
            "keys revoke CASE --key {} --reason compromised --from-index 0",
            &log[..8]
        )),
        1,
        &["type/data", "log key"],
    );
    let said = format!(
        "rotated by entry {at} to {}; revoked by entry {}: compromised",
        &new[..8],
        at + 1
    );
    assert_eq!(listed(&case, &old)["status"], said);
    assert_eq!(listed(&case, &old)["suspect_from"], signed[1]);
    assert!(listed(&case, &new)["suspect_from"].is_null());
    put(
        &case.path("trust"),
        case.done("ledger trust CASE").as_bytes(),
    );
    case.done("bundle export CASE --out @bundle");
    let options = Options {
        trust: Some(case.path("trust")),
        ..Options::default()
    };
    let verdict = verify(&case.path("bundle"), &options).expect("read");
    assert_eq!(verdict.exit_code(), 3);
    assert_eq!(verdict.suspect.0, signed.len() as u64 - 1);
    assert_eq!(verdict.suspect.1, signed[1..]);
}

#[test]
fn no_passphrase_and_no_key_ever_shows() {
    let case = case(1);
    put(&case.path("good"), format!("{PASSPHRASE}\n").as_bytes());
    let mut said = Vec::new();
    let mut run = |words: &str| {
        let output = case
            .command(words)
            .env("UNBROKEN_KEY_PASSPHRASE", PASSPHRASE)
            .output()
            .expect("started");
        said.extend(output.stdout);
        said.extend(output.stderr);
    };
    run("keys set @case/keys");
    run(
        "case declare CASE --name example.org/test --title t --source-tenant old.example \
         --declared-by test --window-from 2020-01-01T00:00:00Z --window-to 2020-01-02T00:00:00Z \
         --simulated",
    );
    run("keys generate @new.pem");
    run("keys enrol CASE --new @new.pem --role worker --json");
    run("keys enrol CASE --new @new.pem --role worker --request @again.request");
    run("keys list CASE");
    run("keys show --key @case/keys/log.pem --passphrase-file @missing");
    run("keys show --key @good");
    run("keys generate @new.pem");
    run("keys policy CASE --threshold 9");
    let mut secrets = vec![PASSPHRASE.as_bytes().to_vec()];
    for name in ["log", "service", "operator", "root-1", "worker"] {
        let path = case.path("case/keys").join(format!("{name}.pem"));
        let pem = std::fs::read_to_string(path).expect("made");
        assert!(pem.contains("ENCRYPTED"), "{name}");
        let key = unbroken_ledger::PrivateKey::from_pem(&pem, Some(PASSPHRASE)).expect("read");
        // The seed raw, as hex and as base64: the plain file holds it behind a constant head.
        let plain = key.to_pem(None).expect("written");
        let line = plain.lines().nth(1).expect("one line");
        let bytes = Base64::decode_vec(line).expect("base64");
        let seed = &bytes[16..48];
        secrets.push(seed.to_vec());
        secrets.push(crate::tampering::forge::hex(seed).into_bytes());
        secrets.push(Base64::encode_string(seed).into_bytes());
        secrets.push(pem.lines().nth(1).expect("one line").as_bytes().to_vec());
    }
    let mut places = vec![("output".to_owned(), said)];
    for folder in ["case/ledger", "case/checkpoint-place"] {
        files_below(&case.path(folder), &mut places);
    }
    assert!(places.len() > 4, "nothing was searched");
    for (place, bytes) in &places {
        for secret in &secrets {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == &secret[..]);
            assert!(!found, "a secret stands in {place}");
        }
    }
}

fn files_below(folder: &std::path::Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            let bytes = std::fs::read(&path).expect("read");
            found.push((path.display().to_string(), bytes));
        }
    }
}
