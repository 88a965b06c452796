//! Waves: critical people first, each opened by its own release, held up by licences, holds and pauses; two plans compared.

use serde_json::Value;
use unbroken_verify::VerdictKind;

use super::road::{LOOK, OLD, case_with, certified, refused, second_approver};
use crate::case::{Case, mail};
use crate::tampering::forge::put;

const WAVES: &str =
    "custodian,department,wave\nben@old.example,,1\nada@old.example,Sales,\n,Sales,2\n";

/// Two people with two mails each, mapped; nothing is planned.
pub(super) fn two_people() -> Case {
    case_with(|case| {
        for (number, who) in ["ada", "ada", "ben", "ben"].into_iter().enumerate() {
            let path = format!("{who}@old.example/Inbox/{number}.eml");
            case.plant(&path, &mail(number, 0));
        }
        case.connect("");
        let map = "source,target\nada@old.example,ada@clean.example\n\
                   ben@old.example,ben@clean.example\n";
        put(&case.path("map.csv"), map.as_bytes());
        put(&case.path("waves.csv"), WAVES.as_bytes());
        case.done("case map CASE --csv MAP TARGET");
    })
}

pub(super) fn planned(case: &Case, more: &str) -> String {
    let said = case.done(&format!("plan make CASE --source SOURCE {more} --json"));
    let said: Value = serde_json::from_str(&said).expect("JSON");
    said["plan"].as_str().expect("a plan").to_owned()
}

pub(super) fn adopted(case: &Case) {
    case.done("plan propose CASE");
    case.done("plan approve CASE --yes");
    case.done("plan adopt CASE");
}

fn others_agree(case: &Case, words: &str) {
    refused(&case.run(words), &["nobody proposed"]);
    case.done(&format!("{words} --propose"));
    refused(&case.run(words), &["0 other people"]);
    case.done(&format!("{words} --approve --yes"));
    case.done(words);
}

/// The kinds of the events that begin so, with the wave of each.
fn waves_of(case: &Case, bundle: &str) -> Vec<(String, u64)> {
    let events = case.events(bundle);
    let events = events.iter().filter_map(|event| {
        let kind = event["type"].as_str()?;
        let wave = event["data"]["wave"].as_u64()?;
        let is_of_wave = kind.starts_with("WaveOpened") || kind.starts_with("WaveClosed");
        is_of_wave.then(|| (kind.to_owned(), wave))
    });
    events.collect()
}

fn opened_and_closed(order: [u64; 2]) -> Vec<(String, u64)> {
    let of = |wave| {
        let kinds = ["WaveOpened/1", "WaveClosed/1"];
        kinds.map(|kind| (kind.to_owned(), wave))
    };
    order.into_iter().flat_map(of).collect()
}

#[test]
fn critical_people_go_first_and_two_plans_are_compared() {
    let case = two_people();
    let flat = planned(&case, "");
    put(
        &case.path("bad.csv"),
        b"custodian,department,wave\neve@old.example,,1\n",
    );
    let unknown = case.run("plan make CASE --source SOURCE --waves @bad.csv");
    assert_eq!(unknown.status.code(), Some(1));
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(said.contains("eve@old.example"), "{said}");
    let waved = planned(&case, "--waves @waves.csv");
    let diff = case.done(&format!("plan diff CASE {flat} {waved} --rows --json"));
    let lines: Vec<Value> = diff
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 3, "ada's two mails, and the counts: {diff}");
    for row in &lines[..2] {
        assert_eq!(row["change"], "changed");
        assert_eq!(row["aspects"], serde_json::json!(["wave"]));
        let locator = row["locator"].as_str().expect("a place");
        assert!(locator.starts_with("ada@"), "{locator}");
    }
    let total = &lines[2]["total"];
    assert_eq!((&total["changed"], &total["same"]), (&2.into(), &2.into()));
    assert_eq!((&total["added"], &total["removed"]), (&0.into(), &0.into()));
    // A mail more, and one fewer.
    case.plant("ben@old.example/Inbox/9.eml", &mail(9, 0));
    std::fs::remove_file(case.source().join("ada@old.example/Inbox/0.eml")).expect("removed");
    case.done("source register CASE SOURCE");
    let later = planned(&case, "--waves @waves.csv");
    let said = case.done(&format!("plan diff CASE {waved} {later} --json"));
    let said: Value = serde_json::from_str(&said).expect("JSON");
    let total = &said["total"];
    assert_eq!((&total["added"], &total["removed"]), (&1.into(), &1.into()));
    adopted(&case);
    let listed = case.done("wave list CASE");
    assert!(
        listed.contains("wave 1: 1 custodians, 3 items: waits, due"),
        "{listed}"
    );
    // A case without gates asks nobody: one command goes from wave to wave.
    assert!(case.restore().status.success());
    assert_eq!(case.inspect().messages("ben@clean.example").len(), 3);
    assert_eq!(waves_of(&case, "bundle"), opened_and_closed([1, 2]));
    case.done("case finish CASE");
}

/// Killed at any instant, it leaves no plan in waves that looks as if it had none: its own approval would release all of it.
#[test]
fn at_no_instant_is_there_a_plan_without_the_waves_that_it_has() {
    let case = two_people();
    let flat = planned(&case, "");
    let waved = planned(&case, "--waves @waves.csv");
    let events = case.events("bundle-of-plans");
    let of = |plan: &str| -> Vec<&str> {
        let of = events.iter().filter(|event| event["data"]["plan"] == plan);
        of.filter_map(|event| event["type"].as_str()).collect()
    };
    assert_eq!(of(&flat), ["PlanMade/1"]);
    assert_eq!(of(&waved), ["WavesPlanned/1", "PlanMade/1"]);
}

#[test]
fn what_is_recent_goes_before_the_rest_of_the_same_people() {
    let case = two_people();
    // The tree has no date to count back from: nothing is recent, and that is no reason to lose anything.
    planned(&case, "--waves @waves.csv --recent-days 30");
    adopted(&case);
    let listed = case.done("wave list CASE");
    assert!(listed.contains("wave 2: 1 custodians, 2 items"), "{listed}");
    assert!(listed.contains("wave 4: 1 custodians, 2 items"), "{listed}");
    assert!(case.restore().status.success());
    assert_eq!(waves_of(&case, "bundle"), opened_and_closed([2, 4]));
}

/// What wave 2 brought with it is looked for before the next one comes, and its devices are accounted for.
fn separated(case: &Case) {
    let since = "no separation audit was made since wave 2 ended";
    refused(&case.restore(), &[since, "unbroken separation"]);
    let listed = case.done("wave list CASE");
    for missing in [
        "no separation audit since wave 2 ended",
        "nothing shows what became of the devices of wave 2",
    ] {
        assert!(listed.contains(missing), "{listed}");
    }
    case.done(&format!("separation CASE {LOOK}"));
    refused(&case.restore(), &["devices of wave 2", "wave devices"]);
    put(&case.path("devices.csv"), b"device,state\nADA-PC,wiped\n");
    refused(
        &case.run("wave devices CASE --wave 7 --file @devices.csv"),
        &["no wave 7"],
    );
    case.done("wave devices CASE --wave 2 --file @devices.csv");
    let listed = case.done("wave list CASE");
    assert!(
        !listed.contains("devices") && !listed.contains("audit"),
        "{listed}"
    );
}

#[test]
fn a_wave_opens_by_its_release_with_its_licences_and_holds_and_stands_still_when_paused() {
    let case = two_people();
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    planned(&case, "--waves @waves.csv");
    adopted(&case);
    second_approver(&case);
    case.done(&format!("baseline CASE {LOOK}"));
    certified(&case, "readiness");
    refused(&case.restore(), &["wave 1 is not released", "wave release"]);
    // Ada is needed first after all: an order is approved like everything else.
    let bad = case.run("wave order CASE --order 2,2 --propose");
    assert!(bad.status.success(), "the words can be asked for");
    others_agree(&case, "wave order CASE --order 2,1");
    let listed = case.done("wave list CASE");
    assert!(
        listed.contains("wave 2: 1 custodians, 2 items: waits, due"),
        "{listed}"
    );
    others_agree(&case, "wave release CASE --wave 2");
    case.done("wave release CASE --wave 7 --propose");
    case.done("wave release CASE --wave 7 --approve --yes");
    refused(&case.run("wave release CASE --wave 7"), &["no wave 7"]);

    case.inspect().set_mailbox_licences(0, "ada@clean.example");
    let counted = case.run("wave licences CASE --wave 2 TARGET");
    refused(&counted, &["1 licences are missing", "1 of them without"]);
    refused(&case.restore(), &["takes 1 licences more"]);
    case.inspect().set_mailbox_licences(1, "ada@clean.example");
    case.done("hold place CASE --custodian ada@old.example --reason matter");
    refused(
        &case.restore(),
        &["on hold in the clean tenant", "wave hold"],
    );
    put(
        &case.path("holds.csv"),
        b"UserPrincipalName,LitigationHoldEnabled\n",
    );
    case.done("wave hold CASE --custodian ada@old.example --file @holds.csv");
    case.done("wave pause CASE --wave 2 --reason books");
    refused(&case.restore(), &["wave 2 is paused"]);
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 0);
    case.done("wave resume CASE --wave 2 --reason closed");

    // The first wave ends; the second was not released: what waits is said by the exit code.
    let ran = case.restore();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 2);
    assert_eq!(case.inspect().messages("ben@clean.example").len(), 0);
    refused(
        &case.run("case finish CASE"),
        &["wave 1 of a plan in force"],
    );
    separated(&case);
    refused(&case.restore(), &["wave 1 is not released"]);
    others_agree(&case, "wave release CASE --wave 1");
    assert!(case.restore().status.success());
    assert_eq!(waves_of(&case, "bundle"), opened_and_closed([2, 1]));
    case.done("case finish CASE");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}
