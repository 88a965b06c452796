//! What one ordinary slip does at three in the morning: it is refused while it can be corrected, or can be taken back.

use m365_simulator::Faults;
use unbroken_verify::VerdictKind;

use crate::case::{Case, mail};
use crate::mishaps::{entries, expect_refused};
use crate::tampering::forge::put;

fn map(case: &Case, row: &str, more: &str) -> std::process::Output {
    let rows = format!("source,target\n{row}\n");
    put(&case.path("map.csv"), rows.as_bytes());
    case.run(&format!("case map CASE --csv MAP {more} TARGET"))
}

#[test]
fn a_custodian_whom_no_backup_has_is_refused_with_the_one_that_was_meant() {
    let case = Case::new(Faults::none());
    case.plant("jane@acme.example/Inbox/1.eml", &mail(1, 0));
    case.connect("");
    let before = entries(&case.done("ledger info CASE --json"));
    for (row, meant) in [
        (
            "jnae@acme.example,ada@clean.example",
            "; did you mean jane@acme.example?",
        ),
        (
            "Jane@acme.example,ada@clean.example",
            "; did you mean jane@acme.example?",
        ),
        ("mailbox,ada@clean.example", "has a custodian mailbox\n"),
    ] {
        let said = [
            "map.csv: line 2: no registered backup",
            meant,
            "--not-in-a-backup",
        ];
        expect_refused(&map(&case, row, ""), 12, &said);
    }
    let after = entries(&case.done("ledger info CASE --json"));
    assert_eq!(before, after, "something was recorded");
    // A backup that is away says nothing of its names, and that is said.
    let away = case.path("away");
    std::fs::rename(case.source(), &away).expect("renamed");
    let row = "jane@acme.example,ada@clean.example";
    expect_refused(&map(&case, row, ""), 12, &["source is not at hand"]);
    std::fs::rename(&away, case.source()).expect("renamed");
    assert!(map(&case, row, "").status.success());
    // Whoever is mapped is passed over, and nobody opens the backup for that.
    std::fs::rename(case.source(), &away).expect("renamed");
    assert!(map(&case, row, "").status.success());
}

#[test]
fn a_mapping_that_was_a_slip_is_taken_back_and_its_user_is_free() {
    let case = Case::new(Faults::none());
    case.plant("jane@acme.example/Inbox/1.eml", &mail(1, 0));
    case.connect("");
    let slip = "jnae@acme.example,ada@clean.example";
    let mapped = map(&case, slip, "--not-in-a-backup");
    assert!(mapped.status.success());
    let warned = String::from_utf8_lossy(&mapped.stderr).into_owned();
    let warning = "warning: line 2: no registered backup has a custodian jnae@acme.example; did \
                   you mean jane@acme.example?";
    assert!(warned.contains(warning), "{warned}");
    let row = "jane@acme.example,ada@clean.example";
    let way_out = "`unbroken case unmap --custodian jnae@acme.example` takes it back";
    expect_refused(&map(&case, row, ""), 12, &["already", way_out]);
    let said = case.done("case unmap CASE --custodian jnae@acme.example");
    assert_eq!(
        said,
        "jnae@acme.example is mapped to nobody again; ada@clean.example is free\n"
    );
    let again = case.run("case unmap CASE --custodian jnae@acme.example");
    expect_refused(&again, 12, &["is not mapped"]);
    assert!(map(&case, row, "").status.success());
    case.plan();
    // What is planned for somebody is never turned to another user.
    let used = case.run("case unmap CASE --custodian jane@acme.example");
    expect_refused(&used, 12, &["stays: plan", "hint:"]);
    assert!(case.restore().status.success());
    let used = case.run("case unmap CASE --custodian jane@acme.example");
    expect_refused(&used, 12, &["stays: plan"]);
    case.done("ledger check CASE");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
    let events = case.events("bundle");
    let taken_back = |event: &&serde_json::Value| event["type"] == "MappingWithdrawn/1";
    assert_eq!(events.iter().filter(taken_back).count(), 1);
    case.done("report issue CASE --edition full --issuer t --out @report");
}

/// Mail, calendars and a data file in one folder of documents: they would come back as files, and that is said before.
#[test]
fn what_would_be_restored_as_files_is_said_before_and_counted_for_whoever_approves() {
    let case = Case::new(Faults::none());
    for number in 1..=3 {
        case.plant(&format!("drive/{number}.eml"), &mail(number, 0));
    }
    case.plant("drive/month.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n");
    for number in 1..=5 {
        case.plant(&format!("drive/{number}.txt"), b"text");
    }
    let seen = case.run("source inspect SOURCE");
    let said = String::from_utf8_lossy(&seen.stdout).into_owned();
    assert!(
        said.contains("files       3 .eml, 1 .ics, 5 of other kinds\n"),
        "{said}"
    );
    assert!(!said.lines().any(|line| line.ends_with(' ')), "{said}");
    let warned = String::from_utf8_lossy(&seen.stderr).into_owned();
    let warning = "warning: 3 .eml, 1 .ics would be restored as FILES";
    assert!(warned.starts_with(warning), "{warned}");
    case.prepare_people("drive");
    let made = case.done("plan make CASE --source SOURCE");
    assert!(made.contains("9 items to restore: files 9\n"), "{made}");
    case.done("plan propose CASE --request @plan.request");
    let asked = case.run("approve --request @plan.request --key @case/keys/approver.pem --yes");
    let shown = String::from_utf8_lossy(&asked.stderr).into_owned();
    assert!(shown.contains("of these     files 9\n"), "{shown}");
}

/// What stands behind `next:` in the state of the case.
fn next(case: &Case) -> String {
    let status: serde_json::Value =
        serde_json::from_str(&case.done("case status CASE --json")).expect("JSON");
    let next = status["next"].as_str().expect("a next step").to_owned();
    let text = case.done("case status CASE");
    assert!(text.ends_with(&format!("\nnext: {next}\n")), "{text}");
    next.split('`').nth(1).expect("a command").to_owned()
}

#[test]
fn the_state_of_the_case_names_the_next_step_to_its_end() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.connect("");
    let mut steps = vec![next(&case)];
    assert!(map(&case, "mailbox,ada@clean.example", "").status.success());
    for step in [
        "plan make CASE --source SOURCE",
        "plan propose CASE",
        "plan approve CASE --yes",
        "plan adopt CASE",
        "restore CASE --source SOURCE TARGET",
        "case finish CASE",
        "report issue CASE --edition full --issuer t --out @report",
    ] {
        steps.push(next(&case));
        case.done(step);
    }
    steps.push(next(&case));
    assert_eq!(
        steps,
        [
            "unbroken case map",
            "unbroken plan make",
            "unbroken plan propose",
            "unbroken plan approve --keys DIR",
            "unbroken plan adopt",
            "unbroken restore",
            "unbroken case finish",
            "unbroken report issue",
            "unbroken bundle export",
        ]
    );
}

/// The files are planned before the plan of the mails was put in force: that one can still be named.
#[test]
fn a_plan_that_a_newer_one_pushed_aside_is_named() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.connect("");
    std::fs::create_dir(case.path("files")).expect("a folder");
    put(&case.path("files/plan.txt"), b"text");
    case.done("source register CASE @files");
    put(
        &case.path("map.csv"),
        b"source,target\nmailbox,ada@clean.example\ndrive,ben@clean.example\n",
    );
    case.done("case map CASE --csv MAP TARGET");
    let plan = |made: &str| {
        let made: serde_json::Value = serde_json::from_str(made).expect("JSON");
        made["plan"].as_str().expect("a plan").to_owned()
    };
    let mails = plan(&case.done("plan make CASE --source SOURCE --json"));
    let files = plan(&case.done("plan make CASE --source @files --json"));
    let name = &mails[..12];
    let shown = case.done(&format!("plan show CASE --plan {name}"));
    assert!(
        shown.contains(&mails) && shown.contains("mail 1"),
        "{shown}"
    );
    assert!(case.done("plan show CASE").contains(&files));
    for step in ["propose", "approve --yes", "adopt"] {
        let done = case.done(&format!("plan {step} CASE --plan {name}"));
        assert!(done.contains(&mails), "{done}");
    }
    assert!(case.restore().status.success());
    let unknown = case.run("plan adopt CASE --plan 0123456789");
    expect_refused(&unknown, 12, &["0123456789: no plan of this case", &mails]);
    let short = case.run(&format!("plan adopt CASE --plan {}", &mails[..7]));
    expect_refused(&short, 12, &["no plan of this case", "eight digits"]);
}

#[test]
fn a_key_that_is_not_here_is_named_before_anything_is_begun() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.prepare("mailbox");
    let before = entries(&case.done("ledger info CASE --json"));
    for name in ["operator", "worker"] {
        let (place, away) = (format!("case/keys/{name}.pem"), case.path("away.pem"));
        std::fs::rename(case.path(&place), &away).expect("taken away");
        let said = [
            &*format!("error: {name}.pem is needed"),
            "hint: --keys names the folder",
        ];
        expect_refused(&case.restore(), 1, &said);
        std::fs::rename(&away, case.path(&place)).expect("brought back");
    }
    let after = entries(&case.done("ledger info CASE --json"));
    assert_eq!(before, after, "something was recorded");
    assert!(case.restore().status.success());
}

#[test]
fn a_file_that_a_look_left_in_the_backup_is_named_as_the_likely_cause() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.prepare("mailbox");
    case.plant(".DS_Store", b"a look");
    let said = [
        "added, removed or changed since it was registered as source 0",
        ".DS_Store",
    ];
    expect_refused(&case.restore(), 1, &said);
    std::fs::remove_file(case.source().join(".DS_Store")).expect("taken away");
    assert!(case.restore().status.success());
}

#[test]
fn an_address_at_which_nobody_answers_is_named() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.connect("");
    let base = case.running.base_url.clone();
    let words = "case connect CASE --tenant t --client-id c --secret-file @secret";
    let nobody = case.run(&format!(
        "{words} --login-base http://127.0.0.1:9 --graph-base {base}/v1.0"
    ));
    expect_refused(
        &nobody,
        1,
        &["hint: http://127.0.0.1:9 was asked", "--login-base"],
    );
}

/// Who approved is a person, in the edition that shows people.
#[test]
fn whoever_approved_is_named_where_the_edition_shows_people() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.declare("mailbox", "--operator Doe --approver Roe");
    case.plan();
    assert!(case.restore().status.success());
    let unknown = case.run("case name CASE --person approver-7 --name Poe");
    expect_refused(&unknown, 1, &["approver-7: no key of this ledger"]);
    let again = case.run("case name CASE --person approver-1 --name Roe");
    expect_refused(&again, 12, &["approver-1 is called so already"]);
    let named = case.done("case name CASE --person approver-1 --name K.Roe");
    assert_eq!(named, "approver-1 is K.Roe\n");
    case.done("case finish CASE");
    let report = |edition: &str| {
        case.done(&format!(
            "report issue CASE --edition {edition} --issuer t --out @report-{edition}"
        ));
        let path = case.path(&format!("report-{edition}/report.json"));
        std::fs::read_to_string(path).expect("a report")
    };
    let full = report("full");
    let said = "was asked for by Doe (operator-1), approved by K.Roe (approver-1)";
    assert!(full.contains(said), "the full report does not name them");
    let redacted = report("redacted");
    assert!(redacted.contains("approved by approver-1"));
    assert!(!redacted.contains("Roe") && !redacted.contains("Doe"));
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn a_redacted_edition_has_no_columns_without_content() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.plant("2.eml", b"");
    case.prepare("mailbox");
    assert_eq!(case.restore().status.code(), Some(3));
    let table = |edition: &str| {
        case.done(&format!(
            "report issue CASE --edition {edition} --issuer t --out @report-{edition}"
        ));
        let path = case.path(&format!("report-{edition}/tables/exceptions.csv"));
        std::fs::read_to_string(path).expect("a table")
    };
    let header = |table: &str| table.lines().next().unwrap_or_default().to_owned();
    assert!(header(&table("full")).contains("What a person should know"));
    let redacted = table("redacted");
    assert_eq!(
        header(&redacted),
        "Entry,Custodian,Item,Kind,Outcome,Reason,Owner"
    );
    assert!(!redacted.contains("not shown"), "{redacted}");
}
