//! The demo as the README shows it, and the probe: what they print is what is promised.

use std::process::Command;

use m365_simulator::Faults;

use crate::case::Case;

#[test]
fn the_readme_shows_what_the_demo_prints() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("demo");
    let unbroken = || Command::new(env!("CARGO_BIN_EXE_unbroken"));
    let ran = unbroken()
        .args(["demo", "--out"])
        .arg(&out)
        .output()
        .expect("started");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let printed = String::from_utf8(ran.stdout).expect("UTF-8");
    let counts: Vec<&str> = printed.lines().take(5).collect();
    let readme = include_str!("../../README.md");
    assert!(
        readme.contains(&counts.join("\n")),
        "the README shows other counts than:\n{printed}"
    );
    let summary = std::fs::read_to_string(out.join("summary.json")).expect("left behind");
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    let count = |name: &str| summary[name].as_u64().expect("a count");
    assert_eq!(summary["verdict"], "valid");
    assert_eq!(count("restored"), count("identical") + count("as_declared"));
    let ended = ["restored", "held", "skipped", "failed"]
        .map(count)
        .iter()
        .sum::<u64>();
    assert_eq!(count("enumerated"), ended);
    for (trust, code) in [(true, 0), (false, 21)] {
        let mut verify = unbroken();
        verify.arg("verify").arg(out.join("bundle"));
        if trust {
            verify.arg("--trust").arg(out.join("trust"));
        }
        assert_eq!(verify.output().expect("started").status.code(), Some(code));
    }
}

#[test]
fn a_probe_sees_what_a_restore_relies_on_and_leaves_nothing() {
    let case = Case::new(Faults::none());
    let said = case.done("target probe --user ada@clean.example --json TARGET");
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let seen = said["seen"].as_array().expect("a list");
    assert_eq!(seen.len(), 19);
    assert!(seen.iter().all(|one| one["holds"] == true), "{said}");
    assert!(case.inspect().messages("ada@clean.example").is_empty());
    assert!(case.inspect().files("ada@clean.example").is_empty());
    assert!(case.inspect().items("ada@clean.example").is_empty());
    assert_eq!(case.inspect().invitations(), 0);
    let refused = case.run("target probe --user nobody@clean.example TARGET");
    assert_eq!(refused.status.code(), Some(1));
}
