//! The report: what page 1 answers and how readable it is, that every rendering says the same, that it comes out the same again,
//! and that an edition shows nothing that its readers may not see.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;

/// A finished demo, and the folder that holds it.
struct Demo {
    folder: tempfile::TempDir,
}

impl Demo {
    fn run() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let demo = Self { folder };
        let ran = demo.unbroken(&["demo", "--out", "case"]);
        assert!(ran.status.success(), "{}", said(&ran));
        demo
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn unbroken(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_unbroken"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("started")
    }

    fn done(&self, arguments: &[&str]) -> String {
        let ran = self.unbroken(arguments);
        assert!(ran.status.success(), "{arguments:?}: {}", said(&ran));
        String::from_utf8(ran.stdout).expect("UTF-8")
    }

    fn issue(&self, out: &str, edition: &[&str]) -> Value {
        let fixed = ["report", "issue", "--case", "case", "--out", out];
        self.done(&[&fixed[..], edition].concat());
        let text = fs::read_to_string(self.path(out).join("report.json")).expect("written");
        serde_json::from_str(&text).expect("JSON")
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn section<'a>(report: &'a Value, letter: &str) -> &'a Vec<Value> {
    let sections = report["sections"].as_array().expect("sections");
    let found = sections.iter().find(|section| section["letter"] == letter);
    found.expect("the section")["blocks"]
        .as_array()
        .expect("blocks")
}

fn prose(blocks: &[Value]) -> String {
    let paragraphs = blocks.iter().filter(|block| block["kind"] == "paragraph");
    let texts: Vec<&str> = paragraphs
        .filter_map(|block| block["text"].as_str())
        .collect();
    texts.join(" ")
}

fn table<'a>(report: &'a Value, id: &str) -> &'a Vec<Value> {
    let sections = report["sections"].as_array().expect("sections");
    let mut blocks = sections
        .iter()
        .flat_map(|section| section["blocks"].as_array().expect("blocks"));
    let found = blocks.find(|block| block["id"] == id).expect("the table");
    found["rows"].as_array().expect("rows")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Flesch reading ease: 206.835 - 1.015 words a sentence - 84.6 syllables a word; 60 and more is plain English. A syllable is a
/// run of vowels, a last silent `e` not counted.
fn reading_ease(text: &str) -> f64 {
    let sentences = text.matches(['.', ':']).count().max(1);
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| {
            word.chars()
                .filter(char::is_ascii_alphabetic)
                .collect::<String>()
                .to_lowercase()
        })
        .filter(|word| !word.is_empty())
        .collect();
    let syllables: usize = words.iter().map(|word| syllables(word)).sum();
    let (words, sentences, syllables) = (words.len(), sentences, syllables);
    let ratio = |a: usize, b: usize| {
        f64::from(u32::try_from(a).expect("few")) / f64::from(u32::try_from(b).expect("few"))
    };
    206.835 - 1.015 * ratio(words, sentences) - 84.6 * ratio(syllables, words)
}

fn syllables(word: &str) -> usize {
    let is_vowel = |letter: char| "aeiouy".contains(letter);
    let stem = word
        .strip_suffix('e')
        .filter(|stem| stem.chars().any(is_vowel))
        .unwrap_or(word);
    let mut count = 0;
    let mut before = false;
    for letter in stem.chars() {
        count += usize::from(is_vowel(letter) && !before);
        before = is_vowel(letter);
    }
    count.max(1)
}

#[test]
#[allow(
    clippy::print_stdout,
    reason = "the figure is what the test is asked for"
)]
fn page_one_answers_what_happened_who_approved_what_is_missing_and_what_is_not_proven() {
    let demo = Demo::run();
    let report = demo.issue("report", &["--edition", "full", "--issuer", "J. Doe"]);
    let page = section(&report, "B");
    let text = prose(page);
    let summary = fs::read_to_string(demo.path("case/summary.json")).expect("left behind");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    for (what, count) in [
        ("The plans in force name {} items", "enumerated"),
        ("{} were written into the new tenant", "restored"),
        ("{} are identical", "identical"),
        ("{} differ only in ways that are listed", "as_declared"),
        ("{} items do not count as restored", "held"),
    ] {
        let sentence = what.replace("{}", &summary[count].to_string());
        assert!(text.contains(&sentence), "{sentence}: {text}");
    }
    for row in table(&report, "reasons") {
        let class = row[1].as_str().expect("a class");
        assert!(
            !class.contains('-') || !text.contains(class),
            "{class}: {text}"
        );
    }
    assert!(text.contains("held (added in breach window)"), "{text}");
    let approval =
        "was asked for by operator-1, approved by approver-1 and put in force by operator-1";
    assert!(text.contains(approval), "{text}");
    assert_eq!(page[0]["kind"], "verdict");
    assert_eq!(page[0]["text"], "The record holds");
    assert_eq!(page[2]["kind"], "verdict");
    let of_restore = page[2]["text"].as_str().expect("text");
    let begins = format!(
        "Of {} items {} are restored, ",
        summary["enumerated"], summary["restored"]
    );
    assert!(of_restore.starts_with(&begins), "{of_restore}");
    for (count, what) in [
        ("failed", "FAILED"),
        ("held", "held"),
        ("skipped", "skipped"),
    ] {
        let part = format!("{} {what}", summary[count]);
        let is_none = summary[count] == 0;
        assert!(
            is_none || of_restore.contains(&part),
            "{part}: {of_restore}"
        );
    }
    let not_proven = page
        .iter()
        .find(|block| block["kind"] == "list")
        .expect("a list");
    assert_eq!(not_proven["points"].as_array().expect("points").len(), 7);
    page_one_is_one_page(&demo, not_proven);
    let ease = reading_ease(&text);
    println!("page 1 of the report: Flesch reading ease {ease:.0} (60 and more is plain English)");
    assert!(ease > 60.0, "{ease}: {text}");
    let whole = report.to_string().to_lowercase();
    assert!(!whole.contains("proven authentic"));
}

/// The PDF's first page holds the statement to its last point.
#[allow(clippy::print_stdout, reason = "what was left out is said")]
fn page_one_is_one_page(demo: &Demo, not_proven: &Value) {
    let mut pdftotext = Command::new("pdftotext");
    let pdf = demo.path("report/report.pdf");
    let arguments = ["-f", "1", "-l", "1", "-raw"];
    let Ok(ran) = pdftotext.args(arguments).arg(pdf).arg("-").output() else {
        println!("left out: pdftotext is not on the PATH; nobody saw what page 1 of the PDF holds");
        return;
    };
    let page = String::from_utf8_lossy(&ran.stdout).replace('\n', " ");
    for point in not_proven["points"].as_array().expect("points") {
        let point = point.as_str().expect("text");
        assert!(page.contains(point), "page 1 lacks {point:?}: {page}");
    }
}

#[test]
fn every_table_says_the_same_in_csv() {
    let demo = Demo::run();
    let report = demo.issue("report", &["--edition", "full"]);
    let folder = demo.path("report/tables");
    for section in report["sections"].as_array().expect("sections") {
        for block in section["blocks"].as_array().expect("blocks") {
            let Some(id) = block["id"].as_str() else {
                continue;
            };
            let text = fs::read_to_string(folder.join(format!("{id}.csv"))).expect(id);
            for cell in block["rows"]
                .as_array()
                .expect("rows")
                .iter()
                .flat_map(|row| row.as_array().expect("cells"))
            {
                let cell = cell.as_str().expect("text").replace('"', "\"\"");
                assert!(text.contains(&cell), "{id}.csv lacks {cell}");
            }
        }
    }
    let items = fs::read_to_string(folder.join("items.csv")).expect("written");
    let summary = fs::read_to_string(demo.path("case/summary.json")).expect("left behind");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    let lines = u64::try_from(items.lines().count()).expect("few");
    assert_eq!(lines - 1, summary["enumerated"].as_u64().expect("a count"));
}

#[test]
fn the_commands_of_the_manual_print_what_it_shows() {
    let demo = Demo::run();
    std::os::unix::fs::symlink(demo.path("case"), demo.path("demo-out")).expect("a second name");
    let manual = include_str!("../../docs/operating.md");
    let part = manual.split("## Reports").nth(1).expect("the section");
    let part = part.split("\n## ").next().expect("the section");
    let mut shown = 0;
    for block in part.split("```").skip(1).step_by(2) {
        for (command, printed) in commands(block) {
            let words = crate::cli::words(command);
            let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
            assert_eq!(
                demo.done(&words).trim_end(),
                printed.trim_end(),
                "{command}"
            );
            shown += 1;
        }
    }
    assert_eq!(shown, 3);
}

/// The commands of a block and what each prints.
fn commands(block: &str) -> impl Iterator<Item = (&str, &str)> {
    let pieces = block.split("$ ").skip(1);
    pieces.map(|piece| piece.split_once('\n').unwrap_or((piece, "")))
}

#[test]
fn a_report_comes_out_the_same_again_after_the_ledger_has_grown() {
    let demo = Demo::run();
    demo.issue("first", &["--edition", "full", "--issuer", "J. Doe"]);
    demo.issue("second", &[]);
    demo.done(&["ledger", "heartbeat", "--case", "case"]);
    for (number, out) in [("1", "case/report"), ("2", "first"), ("3", "second")] {
        let again = format!("again-{number}");
        demo.done(&["report", "again", number, "--case", "case", "--out", &again]);
        for path in files_below(&demo.path(out)) {
            let name = path.strip_prefix(demo.path(out)).expect("below").to_owned();
            let other = fs::read(demo.path(&again).join(&name)).expect("made again");
            assert_eq!(fs::read(&path).expect("read"), other, "{}", name.display());
        }
    }
    let refused = demo.unbroken(&["report", "again", "4", "--case", "case", "--out", "third"]);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    let list = demo.done(&["report", "list", "--case", "case", "--json"]);
    let list: Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!(list["reports"].as_array().expect("a list").len(), 3);
    let verdict = demo.unbroken(&["verify", "case/ledger", "--trust", "case/trust"]);
    assert_eq!(verdict.status.code(), Some(0), "{}", said(&verdict));
}

/// Every name, address, subject and path of the case: what the full bundle discloses.
fn disclosed(bundle: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files_below(&bundle.join("data/disclosures")) {
        for line in fs::read_to_string(path).expect("read").lines() {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let encoded = line["disclosure"].as_str().expect("text");
            let decoded = Base64UrlUnpadded::decode_vec(encoded).expect("base64url");
            let fact: Value = serde_json::from_slice(&decoded).expect("JSON");
            texts(&fact[2], &mut found);
        }
    }
    found
}

fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        // Shorter ones, and classes, stand in any text by chance.
        Value::String(text) if text.len() >= 6 => {
            found.insert(text.clone());
        }
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(values) => values.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

#[test]
fn a_redacted_report_shows_no_fact_and_one_for_a_custodian_only_that_custodians() {
    let demo = Demo::run();
    let facts = disclosed(&demo.path("case/bundle"));
    assert!(facts.len() > 100, "only {} facts", facts.len());
    // What the program itself says in every report is no fact of the case.
    let own = [
        "drive",
        "inbox",
        "rehearsal",
        "none: a rehearsal",
        "sentitems",
        "deleteditems",
        "archive",
    ];
    let facts: Vec<&String> = facts
        .iter()
        .filter(|fact| !own.contains(&fact.as_str()))
        .collect();
    demo.issue("redacted", &[]);
    let full = demo.issue("full", &["--edition", "full"]);
    let people = table(&full, "custodians");
    let cell = |row: usize, column: usize| people[row][column].as_str().expect("text").to_owned();
    demo.issue("one", &["--custodian", &cell(0, 1)]);
    let shown = |folder: &str, fact: &str| {
        let files = files_below(&demo.path(folder));
        let holds =
            |path: &PathBuf| String::from_utf8_lossy(&fs::read(path).expect("read")).contains(fact);
        files.into_iter().find(holds)
    };
    for fact in &facts {
        assert_eq!(
            shown("redacted", fact),
            None,
            "the redacted edition shows {fact:?}"
        );
    }
    let in_full = facts
        .iter()
        .filter(|fact| shown("full", fact).is_some())
        .count();
    assert!(
        in_full > 50,
        "the search finds only {in_full} facts in the full edition"
    );
    assert!(shown("one", &cell(0, 0)).is_some());
    for other in 1..people.len() {
        for column in 0..2 {
            let name = cell(other, column);
            assert_eq!(
                shown("one", &name),
                None,
                "the edition for one shows {name}"
            );
        }
    }
}

/// What stands in the record answers no guess: a digest is that of the salt and the file, and the salt is not in the record.
#[test]
fn a_digest_in_the_record_confirms_no_guess() {
    let demo = Demo::run();
    demo.issue("one", &["--edition", "full"]);
    demo.issue("none", &[]);
    let list = demo.done(&["report", "list", "--case", "case", "--json"]);
    let list: Value = serde_json::from_str(&list).expect("JSON");
    let salt = fs::read(demo.path("one/salt")).expect("a salt");
    assert_eq!(salt.len(), 32);
    assert!(!demo.path("none/salt").exists());
    let named = |report: usize, name: &str| list["reports"][report]["files"][name].clone();
    let digest = |salt: &[u8], path: &str| {
        let file = fs::read(demo.path(path)).expect("written");
        unbroken_ledger::Hash::of(&[salt, &file].concat()).to_string()
    };
    let name = "tables/custodians.csv";
    assert_eq!(named(1, name), digest(&salt, "one/tables/custodians.csv"));
    assert_ne!(named(1, name), digest(&[], "one/tables/custodians.csv"));
    assert_eq!(named(2, name), digest(&[], "none/tables/custodians.csv"));
    for path in files_below(&demo.path("case/ledger")) {
        let bytes = fs::read(&path).expect("read");
        let found = bytes.windows(salt.len()).any(|window| window == salt);
        assert!(!found, "{} holds the salt", path.display());
    }
}
