//! What docs/operating.md shows auditors is what the commands print over the demo's case.

use std::process::Command;

/// Whether a printed line is the one that the page shows; `…` on the page stands for anything.
fn fits(shown: &str, printed: &str) -> bool {
    let mut pieces = shown.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = printed.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[test]
fn a_line_fits_only_where_its_words_do() {
    assert!(fits("a … b", "a 1 2 b") && fits("…", "") && fits("same", "same"));
    assert!(!fits("a … b", "a b c") && !fits("same", "same more") && !fits("x…", "y"));
    assert!(!fits("ab…ba", "aba"));
}

#[test]
fn the_commands_for_auditors_print_what_the_manual_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &[String]| {
        let output = Command::new(env!("CARGO_BIN_EXE_unbroken"))
            .args(words)
            .current_dir(folder.path())
            .env("NO_COLOR", "1")
            .output()
            .expect("started");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}: {stderr}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    run(&["demo", "--out", "demo-out"].map(str::to_owned));
    let manual = include_str!("../../../docs/operating.md");
    let part = manual.split("## For auditors").nth(1).expect("the section");
    let part = part.split("\n## ").next().expect("the section");
    let mut commands = 0;
    for block in part.split("```").skip(1).step_by(2) {
        let shown = block.trim().strip_prefix("$ unbroken ").expect("a command");
        let (command, shown) = shown.split_once('\n').expect("what it prints");
        let words = crate::cli::words(command);
        let printed = run(&words);
        let (shown, printed) = (shown.trim_end(), printed.trim_end());
        assert_eq!(
            shown.lines().count(),
            printed.lines().count(),
            "{command}:\n{printed}"
        );
        for (shown, printed) in shown.lines().zip(printed.lines()) {
            assert!(fits(shown, printed), "{command}:\n{shown}\n{printed}");
        }
        commands += 1;
    }
    assert_eq!(commands, 4);
}
