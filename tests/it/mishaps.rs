//! What goes wrong before a restore: a clear error that names it, the right exit code, and nothing half-written.

use std::process::{Command, Output};

use m365_simulator::Faults;
use unbroken_verify::VerdictKind;

use crate::case::{Case, listing, mail};
use crate::left_out::left_out;
use crate::tampering::forge::put;

#[track_caller]
pub(crate) fn expect_refused(output: &Output, code: i32, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.starts_with("error: "), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "{word} is not named: {stderr}");
    }
}

fn demo(case: &Case) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unbroken"))
        .args(["demo", "--source"])
        .arg(case.source())
        .arg("--out")
        .arg(case.path("out"))
        .output()
        .expect("started")
}

#[test]
fn an_unknown_layout_is_refused_before_anything_is_made() {
    let case = Case::new(Faults::none());
    put(&case.path("backup.pst"), b"!BDN");
    std::fs::rename(case.path("backup.pst"), case.source()).expect("renamed");
    let refused = demo(&case);
    expect_refused(&refused, 1, &["source"]);
    assert!(!case.path("out").exists(), "something was made");
}

#[test]
fn a_truncated_bag_is_refused_and_its_file_named() {
    let case = Case::new(Faults::none());
    unbroken::sources::sample::write_sample(&case.source()).expect("written");
    let index = case.source().join("data/points/2026-10-15/c0001.jsonl");
    let bytes = std::fs::read(&index).expect("read");
    put(&index, &bytes[..bytes.len() / 2]);
    let refused = demo(&case);
    expect_refused(&refused, 1, &["c0001.jsonl"]);
    assert!(!case.path("out").exists(), "something was made");
}

#[test]
fn a_mapping_row_for_a_user_that_does_not_exist_is_named_by_file_and_line() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.prepare("mailbox");
    let before = case.done("ledger info CASE --json");
    put(
        &case.path("map.csv"),
        b"source,target\nother,nobody@clean.example\n",
    );
    let refused = case.run("case map CASE --csv MAP TARGET");
    expect_refused(
        &refused,
        1,
        &["map.csv", "line 2", "nobody@clean.example", "hint:"],
    );
    let after = case.done("ledger info CASE --json");
    assert_eq!(entries(&before), entries(&after), "something was recorded");
}

#[test]
fn a_declaration_that_cannot_be_is_refused_before_anything_is_made() {
    let case = Case::new(Faults::none());
    case.done(&format!(
        "keys set {} --no-passphrase",
        case.path("keys").display()
    ));
    let declare = |name: &str, window: (&str, &str), more: &str| {
        let (from, to) = window;
        case.run(&format!(
            "case declare CASE --keys @keys --name {name} --title t --source-tenant old.example \
             --declared-by test --window-from {from} --window-to {to} --simulated {more}"
        ))
    };
    let window = ("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z");
    let swapped = (window.1, window.0);
    let name = "example.org/test";
    for (refused, word) in [
        (declare("Acme", window, ""), "[a-z0-9]"),
        (declare("example_org", window, ""), "[a-z0-9]"),
        (declare(name, swapped, ""), "--window-from"),
        (
            declare(name, window, "--aware-at 9999-01-01T00:00:00Z"),
            "--aware-at",
        ),
    ] {
        expect_refused(&refused, 2, &[word, "hint:"]);
        assert!(!case.path("case").exists(), "something was made");
    }
    let good = declare(name, window, "--aware-at 2020-01-03T00:00:00Z");
    assert!(good.status.success());
}

#[test]
fn a_plan_that_had_nothing_to_compare_with_says_so() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.prepare_people("mailbox");
    for command in ["plan make CASE --source SOURCE", "plan show CASE"] {
        let text = case.done(command);
        let line = "warning: the backup has one restore point: nothing can be held for having \
                    appeared or changed in the breach window; to restore without comparison: 1";
        assert!(text.lines().any(|said| said == line), "{command}: {text}");
    }
    let shown = case.done("plan show CASE --json");
    assert!(shown.contains("\"warning\":\"the backup"), "{shown}");
}

#[test]
fn what_is_missing_is_hinted_at() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.done(&format!(
        "keys set {} --no-passphrase",
        case.path("case/keys").display()
    ));
    case.done(
        "case declare CASE --name example.org/test --title t --source-tenant old.example \
         --declared-by test --window-from 2020-01-01T00:00:00Z \
         --window-to 2020-01-02T00:00:00Z --simulated",
    );
    case.done("source register CASE SOURCE");
    case.done("case connect CASE TARGET");
    let plan = case.run("plan make CASE --source SOURCE");
    expect_refused(&plan, 12, &["hint:", "unbroken case map"]);
    let of_case = case.run("verify @case");
    expect_refused(&of_case, 10, &["hint:", "case/ledger"]);
    let report = case.run("report issue CASE --custodian nobody --out @report");
    expect_refused(&report, 2, &["hint:", "unbroken state"]);
}

#[test]
fn a_second_file_puts_nobody_into_somebodys_mailbox() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.prepare_people("mailbox");
    let before = case.done("ledger info CASE --json");
    put(
        &case.path("map.csv"),
        b"source,target\nother,ADA@clean.example\n",
    );
    let refused = case.run("case map CASE --csv MAP --not-in-a-backup TARGET");
    // Whom the row meets is named as people know them.
    let met = "hint: the custodian is mailbox in the backup and became ada@clean.example";
    expect_refused(&refused, 12, &["map.csv", "line 2", "already", met]);
    let after = case.done("ledger info CASE --json");
    assert_eq!(entries(&before), entries(&after), "something was recorded");
}

#[test]
fn a_plan_before_the_mapping_is_refused_and_the_case_goes_on() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.connect("");
    let before = case.done("ledger info CASE --json");
    let early = case.run("plan make CASE --source SOURCE");
    expect_refused(
        &early,
        12,
        &["no custodian is mapped", "hint: `unbroken case map`"],
    );
    let after = case.done("ledger info CASE --json");
    assert_eq!(entries(&before), entries(&after), "something was recorded");
    map(&case, "mailbox", "ada");
    case.plan();
    assert!(case.restore().status.success());
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn who_is_mapped_after_a_plan_was_carried_out_is_restored_by_the_next() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    // Somebody is mapped, but nobody whom the backup has: its mailbox is held.
    case.connect("");
    put(
        &case.path("map.csv"),
        b"source,target\nother,ada@clean.example\n",
    );
    case.done("case map CASE --csv MAP --not-in-a-backup TARGET");
    case.plan();
    assert_eq!(case.restore().status.code(), Some(3));
    let counts = |word: &str| {
        let status = case.done("case status CASE --json");
        let value: serde_json::Value = serde_json::from_str(&status).expect("JSON");
        value[word].as_u64().expect("a count")
    };
    assert_eq!((counts("held"), counts("identical")), (1, 0));
    map(&case, "mailbox", "ben");
    case.plan();
    // The later plan names anew what the first one held: it is one item, and counted once.
    assert!(case.restore().status.success());
    assert_eq!(counts("identical") + counts("as_declared"), 1);
    assert_eq!((counts("held"), counts("enumerated")), (0, 1));
    case.done("reconcile CASE");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

fn map(case: &Case, custodian: &str, user: &str) {
    let rows = format!("source,target\n{custodian},{user}@clean.example\n");
    put(&case.path("map.csv"), rows.as_bytes());
    case.done("case map CASE --csv MAP TARGET");
}

pub(crate) fn entries(info: &str) -> serde_json::Value {
    let value: serde_json::Value = serde_json::from_str(info).expect("JSON");
    value["types"].clone()
}

#[test]
fn a_wrong_secret_is_named_and_never_shown() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.prepare("mailbox");
    put(&case.path("secret"), b"another-secret");
    let refused = case.restore();
    // The items fail one by one with the reason; nothing of them is in the tenant.
    let stderr = String::from_utf8_lossy(&refused.stderr);
    let stdout = String::from_utf8_lossy(&refused.stdout);
    assert_ne!(refused.status.code(), Some(0), "{stderr}{stdout}");
    assert!(!format!("{stderr}{stdout}").contains("another-secret"));
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 0);
    let refused = case.run("case connect CASE TARGET");
    expect_refused(&refused, 1, &["AADSTS7000215", "hint:"]);
}

#[test]
fn a_certificate_that_is_none_is_named() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.prepare("mailbox");
    let certificate = case.path("app.pem");
    put(&certificate, b"not a certificate");
    let words = format!(
        "case connect CASE --tenant t --client-id c --certificate {0} --private-key {0}",
        certificate.display()
    );
    let before = listing(&case.path("case/ledger"));
    expect_refused(&case.run(&words), 1, &["certificate", "PEM"]);
    assert_eq!(listing(&case.path("case/ledger")), before);
}

/// A certificate authority, one certificate of it for 127.0.0.1, two for applications, all by openssl; whether it is there.
fn make_certificates(case: &Case) -> bool {
    let make = |name: &str, more: &[&str]| {
        let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
        let words = "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout";
        let mut command = Command::new("openssl");
        command
            .current_dir(case.folder.path())
            .args(words.split(' '));
        command
            .args([&key, "-out", &pem, "-subj", &format!("/CN={name}")])
            .args(more);
        command.output().is_ok_and(|output| output.status.success())
    };
    let leaf = "-CA ca.pem -CAkey ca.key -addext subjectAltName=IP:127.0.0.1 \
                -addext basicConstraints=critical,CA:FALSE";
    let leaf: Vec<&str> = leaf.split_whitespace().collect();
    make("ca", &[]) && make("leaf", &leaf) && make("app", &[]) && make("other", &[])
}

fn connect(
    case: &Case,
    running: &m365_simulator::Running,
    credential: &str,
    roots: &str,
) -> Output {
    let base = &running.base_url;
    let path = |name: &str| case.path(name).display().to_string();
    let roots = if roots.is_empty() {
        String::new()
    } else {
        format!("--root-certificates {}", path(roots))
    };
    case.run(&format!(
        "case connect CASE --tenant clean.example --client-id app-of-a-test --login-base {base} \
         --graph-base {base}/v1.0 --certificate {} --private-key {} {roots}",
        path(&format!("{credential}.pem")),
        path(&format!("{credential}.key")),
    ))
}

#[test]
fn certificates_open_the_tenant_and_wrong_ones_are_named() {
    let case = Case::new(Faults::none());
    if !make_certificates(&case) {
        left_out("openssl is not there");
        return;
    }
    case.plant("1.eml", &mail(1, 0));
    case.prepare("mailbox");
    let registered = std::fs::read_to_string(case.path("app.pem")).expect("made");
    let running = case.second_tenant(&case.path(""), registered);
    // The server's certificate is not known to this machine.
    let refused = connect(&case, &running, "app", "");
    expect_refused(
        &refused,
        1,
        &["certificate", "UnknownIssuer", "--root-certificates"],
    );
    // The application's is not the one that is registered.
    let refused = connect(&case, &running, "other", "ca.pem");
    expect_refused(&refused, 1, &["AADSTS700027", "hint:"]);
    // Both right: the assertion is checked, and it is this tenant that answers. It is another one than the case's.
    let answered = connect(&case, &running, "app", "ca.pem");
    let stderr = String::from_utf8_lossy(&answered.stderr).into_owned();
    assert!(
        !stderr.contains("AADSTS") && !stderr.contains("ertificate"),
        "{stderr}"
    );
}

/// A limit on the size of files stands for a full disk: the first file of the record cannot be laid out.
#[test]
fn a_disk_that_takes_no_more_is_named_and_nothing_half_written_stays() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    let limited = |blocks: &str| {
        Command::new("bash")
            .args([
                "-c",
                "trap '' XFSZ; ulimit -f $1; shift; exec \"$@\"",
                "limited",
                blocks,
            ])
            .arg(env!("CARGO_BIN_EXE_unbroken"))
            .args(["demo", "--source"])
            .arg(case.source())
            .arg("--out")
            .arg(case.path("out"))
            .output()
            .expect("started")
    };
    let refused = limited("64");
    expect_refused(&refused, 1, &["out/ledger", "caused by:"]);
    assert!(
        !case.path("out/ledger").exists(),
        "a half of a ledger stays"
    );
    assert!(listing(&case.path("out/checkpoint-place")).is_empty());
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 0);
}

#[test]
fn the_second_writer_leaves_with_11_and_changes_nothing() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.prepare("mailbox");
    let before = case.done("ledger info CASE --json");
    // What another process does that has the ledger open.
    let lock = std::fs::File::open(case.path("case/ledger/lock")).expect("there");
    lock.try_lock().expect("nobody has it");
    for second in [
        "ledger heartbeat CASE",
        "restore CASE --source SOURCE TARGET",
    ] {
        let refused = case.run(second);
        expect_refused(&refused, 11, &["locked"]);
    }
    lock.unlock().expect("given back");
    assert_eq!(case.done("ledger info CASE --json"), before);
}
