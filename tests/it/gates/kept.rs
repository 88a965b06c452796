//! Evidence files are kept with the case: read back and written out whole, and one that was changed or is gone is seen.

use std::path::PathBuf;

use serde_json::Value;
use unbroken_verify::VerdictKind;

use super::road::{LOOK, OLD};
use super::waves::{adopted, planned, two_people};
use super::world::digest;
use crate::case::Case;
use crate::tampering::forge::put;

const SIGN_INS: &[u8] = b"[{\"user\": \"ada@old.example\", \"at\": \"2026-03-21T03:00:00Z\"}]";
const HOLDS: &[u8] = b"UserPrincipalName,LitigationHoldEnabled\nada@clean.example,True\n";
const DEVICES: &[u8] = b"device,user,state\nADA-PC,ada@clean.example,wiped\n";

fn listed(case: &Case, more: &str) -> Vec<Value> {
    let said = case.done(&format!("case kept CASE {more} --json"));
    let said: Value = serde_json::from_str(&said).expect("JSON");
    said["files"].as_array().expect("files").clone()
}

fn object(case: &Case, name: &str) -> PathBuf {
    case.path("case/ledger/objects").join(&name[..2]).join(name)
}

/// One file is changed and another taken away.
fn changed(case: &Case, names: &[String; 3]) {
    let mut bytes = std::fs::read(object(case, &names[0])).expect("an object");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(object(case, &names[0]), &bytes).expect("changed");
    std::fs::remove_file(object(case, &names[1])).expect("gone");
    let said = case.run("case kept CASE");
    assert_eq!(said.status.code(), Some(20));
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let changed: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("changed"))
        .collect();
    assert_eq!(changed.len(), 2, "{text}");
    assert!(
        changed[0].contains("signins.json") && changed[1].contains("holds.csv"),
        "{text}"
    );
    // Whoever verifies the ledger as it lies there is told of the one that was changed.
    let verdict = case.verdict();
    assert_eq!(verdict.kind, VerdictKind::Invalid);
    let told = verdict.broken.iter().any(|found| {
        let text = format!("{found:?}");
        text.contains("anchor/object") && text.contains(&names[0])
    });
    assert!(told, "{:?}", verdict.broken);
}

#[test]
fn evidence_is_kept_with_the_case_and_one_that_was_changed_is_seen() {
    let case = two_people();
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    put(&case.path("signins.json"), SIGN_INS);
    put(&case.path("holds.csv"), HOLDS);
    put(&case.path("devices.csv"), DEVICES);
    case.done("case evidence CASE --kind sign-ins --file @signins.json");
    case.done("wave hold CASE --custodian ada@old.example --file @holds.csv");
    planned(&case, "--waves @waves.csv");
    adopted(&case);
    case.done("wave devices CASE --wave 1 --file @devices.csv");
    // Two looks rest on the same file, which is kept once.
    case.done(&format!("baseline CASE {LOOK}"));
    case.done(&format!("baseline CASE {LOOK}"));
    let export = std::fs::read(case.path("exchange.json")).expect("the export");
    let kept = listed(&case, &format!("--to {}", case.path("out").display()));
    let expected: [(&str, &str, &[u8]); 5] = [
        ("sign-ins", "signins.json", SIGN_INS),
        ("hold of ", "holds.csv", HOLDS),
        ("devices of wave 1", "devices.csv", DEVICES),
        ("baseline, look 1", "exchange.json", &export),
        ("baseline, look 2", "exchange.json", &export),
    ];
    assert_eq!(kept.len(), expected.len(), "{kept:#?}");
    for (row, (what, name, bytes)) in kept.iter().zip(expected) {
        assert!(row["what"].as_str().expect("it").starts_with(what), "{row}");
        assert_eq!(
            (&row["name"], &row["standing"]),
            (&name.into(), &"whole".into())
        );
        assert_eq!(row["digest"], digest(bytes), "{name}");
        let out = case.path("out").join(digest(bytes));
        assert_eq!(std::fs::read(out).expect("written"), bytes, "{name}");
    }
    // The bundle has the digests, and nothing of the files.
    let events = case.events("bundle-of-evidence");
    let of = |kind: &str| -> String {
        let found = events.iter().find(|event| event["type"] == kind);
        let object = &found.expect(kind)["data"]["object"];
        object.as_str().expect("an object").to_owned()
    };
    let bundle = crate::case::listing(&case.path("bundle-of-evidence"));
    let names = [
        "EvidenceSaved/1",
        "TargetHoldEvidenced/1",
        "DevicesEvidenced/1",
    ]
    .map(of);
    for name in &names {
        assert!(object(&case, name).is_file(), "{name}");
        assert!(!bundle.iter().any(|path| path.contains(&**name)), "{name}");
    }
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
    changed(&case, &names);
}
