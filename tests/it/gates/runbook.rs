//! docs/operating.md, the section on the gates: its commands are run line by line, against the simulated tenant.

use std::os::unix::fs::symlink;

use super::road::{case, second_approver};
use crate::operating::{commands, normal};
use crate::tampering::forge::put;

#[test]
fn the_runbook_of_the_gates_does_what_it_says() {
    let case = case();
    second_approver(&case);
    for (from, to) in [
        ("case", "acme"),
        ("source", "mail"),
        ("secret", "app.secret"),
    ] {
        symlink(case.path(from), case.path(to)).expect("linked");
    }
    put(&case.path("signins.json"), b"[]");
    put(&case.path("devices.csv"), b"device,state\n");
    let mut wrong = Vec::new();
    let found = commands("The gates");
    assert!(found.len() > 12, "only {} commands", found.len());
    for (command, printed) in found {
        let words = filled(&case, &command);
        let output = case
            .command("")
            .args(words.iter().skip(1))
            .current_dir(case.folder.path())
            .output()
            .expect("started");
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8(said).expect("UTF-8");
        // What the page shows as refused is refused, by a gate; all else is done.
        let code = if printed.starts_with("error: ") {
            12
        } else {
            0
        };
        assert_eq!(output.status.code(), Some(code), "{command}: {said}");
        if !printed.is_empty() && normal(&printed) != normal(&said) {
            wrong.push(format!("$ {command}\n{said}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "the page says otherwise:\n{}",
        wrong.join("\n")
    );
}

/// `TENANT`, `RESTORE-APP` and `VERIFY-APP` on the page stand for those of the reader; here they are the simulated ones.
pub(super) fn filled(case: &crate::case::Case, command: &str) -> Vec<String> {
    let mut words: Vec<String> = crate::cli::words(command)
        .into_iter()
        .map(|word| match &*word {
            "TENANT" => "11111111-2222-3333-4444-555555555555".to_owned(),
            "RESTORE-APP" => "00000000-0000-0000-0000-00000000a001".to_owned(),
            "IDENTITY-APP" => "00000000-0000-0000-0000-00000000a002".to_owned(),
            "PROVISION-APP" => "00000000-0000-0000-0000-00000000a009".to_owned(),
            "VERIFY-APP" => "00000000-0000-0000-0000-00000000a003".to_owned(),
            _ => word,
        })
        .collect();
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    if has("pin") && !has("--tenant-id") {
        let base = case.running.base_url.clone();
        words.extend(["--login-base".to_owned(), base]);
    }
    if words.iter().any(|word| word == "--tenant") {
        let base = &case.running.base_url;
        words.extend(["--login-base".to_owned(), base.clone()]);
        words.extend(["--graph-base".to_owned(), format!("{base}/v1.0")]);
    }
    words
}
