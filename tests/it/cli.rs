//! The command line from outside: help, examples, exit codes, what is printed where.

use std::process::{Command, Output};

use clap::{CommandFactory, Parser};
use unbroken::cli::Arguments;

fn unbroken(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unbroken"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program can be started")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every command without subcommands, with the words that lead to it.
fn leaves(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
    let mut below = command.get_subcommands().peekable();
    if below.peek().is_none() {
        found.push((path.to_owned(), command.clone()));
    }
    for subcommand in below {
        leaves(
            subcommand,
            &format!("{path} {}", subcommand.get_name()),
            found,
        );
    }
}

/// Splits a line as a shell would, as far as our examples need it.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, piece) in line.split('\'').enumerate() {
        if place % 2 == 1 {
            words.push(piece.to_owned());
        } else {
            words.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn each_command_has_an_example_that_parses() {
    let mut found = Vec::new();
    leaves(&Arguments::command(), "unbroken", &mut found);
    assert!(found.len() > 5, "only {} commands", found.len());
    for (path, command) in found {
        let help = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let help = help.replace("\\\n", " ");
        let examples: Vec<&str> = help
            .lines()
            .filter(|line| line.starts_with("  unbroken "))
            .collect();
        assert!(!examples.is_empty(), "{path}: no example in its help");
        for example in examples {
            assert!(example.trim().starts_with(&path), "{path}: {example}");
            let example = example.split(" > ").next().unwrap_or(example);
            if let Err(error) = Arguments::try_parse_from(words(example)) {
                panic!("{path}: {example}\n{error}");
            }
        }
        assert!(
            command.get_about().is_some(),
            "{path}: help does not say what it does"
        );
    }
}

#[test]
fn a_line_that_makes_no_sense_is_usage() {
    let output = unbroken(&["ledger", "info", "--nonsense"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(stderr(&output).contains("--nonsense"));
}

#[test]
fn help_is_data_and_success() {
    let output = unbroken(&["bundle", "export", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("--disclose"));
}

#[test]
fn a_folder_without_a_ledger_is_named_with_its_exit_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = folder.path().join("no-case").display().to_string();
    let output = unbroken(&["ledger", "info", "--case", &case]);
    assert_eq!(output.status.code(), Some(10));
    assert!(stderr(&output).starts_with(&format!("error: {case}/ledger: no ledger here\n")));
    assert!(stderr(&output).contains("\nhint: "));
    let json = unbroken(&["ledger", "info", "--case", &case, "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&json.stderr).expect("one object");
    assert_eq!(value["exit_code"], 10);
    assert!(json.stdout.is_empty());
}

#[test]
fn a_set_of_keys_is_made_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys").display().to_string();
    let made = || unbroken(&["keys", "set", &keys, "--no-passphrase"]);
    assert_eq!(made().status.code(), Some(0));
    let again = made();
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains(&keys));
}

/// A machine that shuts down asks with SIGTERM: what is under way ends as after Ctrl-C, and says so.
#[test]
#[cfg(unix)]
fn sigterm_ends_a_command_as_ctrl_c_does() {
    use std::io::{BufRead as _, BufReader, Read as _};
    for signal in ["TERM", "INT"] {
        let mut running = Command::new(env!("CARGO_BIN_EXE_unbroken"))
            .args(["simulate", "--listen", "127.0.0.1:0"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("started");
        // It listens once it has said where.
        let mut line = String::new();
        let mut out = BufReader::new(running.stdout.take().expect("piped"));
        out.read_line(&mut line).expect("a line");
        let id = running.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.expect("kill is there").success());
        let ended = running.wait().expect("it ends");
        let mut said = String::new();
        let mut complaints = running.stderr.take().expect("piped");
        complaints.read_to_string(&mut said).expect("UTF-8");
        assert_eq!(ended.code(), Some(0), "{signal}: {said}");
        assert!(
            said.contains("ending what is under way"),
            "{signal}: {said}"
        );
    }
}
