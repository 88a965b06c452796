//! A drive of which no list says who had access, read back: its owner alone, and whoever somebody let in beside.

use m365_simulator::Planted;
use unbroken_verify::VerdictKind;

use super::journey::restored;
use crate::case::Case;

const DIFF: &str = "access diff CASE --custodian drive TARGET --json";

fn rows(output: &std::process::Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn let_in(case: &Case, path: &str, who: &Planted) {
    let is_in = case.inspect().let_in("ada@clean.example", path, who, false);
    assert!(is_in, "{path}");
}

#[test]
fn without_a_list_the_drive_is_read_back_and_everybody_beside_its_owner_is_gained() {
    let case = restored();
    let usage = case.run("access diff CASE TARGET");
    assert_eq!(usage.status.code(), Some(2));
    let alone = case.run(DIFF);
    let said = String::from_utf8_lossy(&alone.stderr);
    assert_eq!(alone.status.code(), Some(0), "{said}");
    let sums = rows(&alone).pop().expect("an answer");
    // The drive itself and three files.
    assert_eq!((&sums["read"], &sums["gained"]), (&4.into(), &0.into()));

    // A folder that is shared shows on the file below it, and nowhere else.
    let_in(&case, "/Contracts", &Planted::Anyone);
    let leak = case.run(DIFF);
    assert_eq!(leak.status.code(), Some(3));
    let all = rows(&leak);
    let gained: Vec<&str> = all
        .iter()
        .filter(|row| row["class"] == "gained")
        .map(|row| row["path"].as_str().expect("a path"))
        .collect();
    let mut below = gained.clone();
    below.sort_unstable();
    below.dedup();
    assert_eq!(
        below,
        ["Contracts/open.txt", "Contracts/secret.txt"],
        "{all:?}"
    );
    let events = case.events("bundle-of-unlisted");
    let compared = events
        .iter()
        .filter(|one| one["type"] == "AccessCompared/1");
    let counts: Vec<u64> = compared
        .map(|one| one["data"]["gained"].as_u64().expect("a count"))
        .collect();
    assert_eq!(counts, [0, gained.len() as u64]);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}
