//! docs/operating.md, the sections on keys and approvals and on disclosure, holds and erasure: their commands are run as they
//! stand there, and print what stands there.

use std::fs;

use m365_simulator::Faults;

use crate::case::{Case, mail};
use crate::tampering::forge::put;
use crate::tidy::top;

/// Every run of eight hex digits or more, and every instant, becomes an ellipsis: those differ from case to case.
pub(crate) fn normal(text: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    for letter in text.chars().chain(['\n']) {
        if letter.is_ascii_digit() || matches!(letter, 'a'..='f') {
            run.push(letter);
            continue;
        }
        out += if run.len() >= 8 { "…" } else { &run };
        run.clear();
        out.push(letter);
    }
    let lines = out.trim_end().lines().map(|line| {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let timed = ["until ", "asked at "].into_iter().find_map(|label| {
            let rest = line.strip_prefix(label)?;
            let end = rest.find(", as entry").map_or("", |at| &rest[at..]);
            rest.contains([':', '…']).then(|| format!("{label}…{end}"))
        });
        timed.unwrap_or(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The commands of a section's blocks, each with what the page says that it prints.
pub(crate) fn commands(heading: &str) -> Vec<(String, String)> {
    let page = fs::read_to_string(top().join("docs/operating.md")).expect("read");
    let section = page.split(&format!("\n## {heading}\n")).nth(1);
    let section = section.expect("the section");
    let section = section.split("\n## ").next().expect("its text");
    let mut found: Vec<(String, String)> = Vec::new();
    for block in section.split("```console\n").skip(1) {
        let block = block.split("```").next().expect("its end");
        for line in block.replace("\\\n", " ").lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                found.push((command.to_owned(), String::new()));
            } else if let Some((_, printed)) = found.last_mut() {
                *printed += line;
                printed.push('\n');
            }
        }
    }
    found
}

#[test]
fn the_page_prints_what_the_program_prints() {
    let case = Case::new(Faults::none());
    for number in 1..=3 {
        case.plant(&format!("{number}.eml"), &mail(number, 0));
    }
    case.prepare_people("mailbox");
    case.done("plan make CASE --source SOURCE");
    put(&case.path("passphrase"), b"correct horse battery staple\n");
    std::os::unix::fs::symlink(case.path("case"), case.path("acme")).expect("linked");
    for (from, to) in [
        ("root-1.pem", "root-1.pem"),
        ("root-2.pem", "root-2.pem"),
        ("approver.pem", "approver-1.pem"),
    ] {
        fs::copy(case.path("case/keys").join(from), case.path(to)).expect("copied");
    }
    let mut wrong = Vec::new();
    let found = commands("Keys and approvals");
    assert!(found.len() > 12, "only {} commands", found.len());
    for (command, printed) in found {
        let words = filled(&case, &command);
        let output = case
            .command("")
            .args(words.split_whitespace().skip(1))
            .current_dir(case.folder.path())
            .output()
            .expect("started");
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8(said).expect("UTF-8");
        assert!(output.status.success(), "{words}: {said}");
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

#[test]
fn the_page_prints_what_disclosing_holding_and_erasing_print() {
    let folder = crate::disclose::demo();
    std::os::unix::fs::symlink("case", folder.path().join("demo-out")).expect("linked");
    let approver = folder.path().join("case/keys/approver.pem");
    fs::copy(approver, folder.path().join("approver.pem")).expect("carried over");
    let mut wrong = Vec::new();
    let found = commands("Disclosure, legal hold, erasure");
    assert_eq!(found.len(), 11);
    for (command, printed) in found {
        let words = crate::cli::words(&command);
        let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        let output = crate::disclose::run(folder.path(), &words);
        // What the page shows as refused is refused, by a gate; all else is done.
        let code = if printed.starts_with("error: ") {
            12
        } else {
            0
        };
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8(said).expect("UTF-8");
        assert_eq!(output.status.code(), Some(code), "{command}: {said}");
        if normal(&printed) != normal(&said) {
            wrong.push(format!("$ {command}\n{said}"));
        }
    }
    let wrong = wrong.join("\n");
    assert!(wrong.is_empty(), "the page says otherwise:\n{wrong}");
}

/// `NAME-KEYID` and `NAME-PUBLIC` on the page stand for what `keys show` prints of that key.
fn filled(case: &Case, command: &str) -> String {
    let words = command.split_whitespace().map(|word| {
        let (name, field) = match word.rsplit_once('-') {
            Some((name, "KEYID")) => (name, "keyid"),
            Some((name, "PUBLIC")) => (name, "public"),
            _ => return word.to_owned(),
        };
        let file = match name {
            "WORKER" => "case/keys/worker.pem".to_owned(),
            name => format!("{}.pem", name.to_lowercase()),
        };
        let shown = case.done(&format!(
            "keys show --key @{file} --passphrase-file @passphrase --json"
        ));
        let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        shown[field].as_str().expect("hex").to_owned()
    });
    words.collect::<Vec<_>>().join(" ")
}
