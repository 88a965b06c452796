//! The house style, as far as a test can see it; what clippy and rustfmt see is not repeated here.

use std::fs;
use std::path::{Path, PathBuf};

const LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 100;
/// Prose that rustfmt does not wrap.
const COMMENT_COLUMNS_MAX: usize = 132;

/// A source file, by its path from the top of the repository.
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    /// The lines before the file's own tests.
    pub(crate) fn production(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
            .map(|(number, line)| (number + 1, line))
    }

    fn is_test(&self) -> bool {
        ["tests/it/", "tests/bench/", "tests/fuzz/"]
            .iter()
            .any(|start| self.path.starts_with(start))
            || self.path.contains("/tests/")
            || self.path.contains("/benches/")
            || self.path.ends_with("/tests.rs")
    }
}

pub(crate) fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file that is ours, below `folder`.
pub(crate) fn rust_files(folder: &str) -> Vec<SourceFile> {
    let mut found = Vec::new();
    let mut folders = vec![top().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository can be read") {
            let path: PathBuf = entry.expect("an entry can be read").path();
            if path.is_dir() {
                // Where cargo-fuzz builds when it is not told otherwise.
                if !path.ends_with("fuzz/target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file is UTF-8");
                let path = path.strip_prefix(top()).expect("it lies below the top");
                let path = path.to_string_lossy().into_owned();
                found.push(SourceFile { path, text });
            }
        }
    }
    assert!(!found.is_empty(), "{folder}: no Rust file");
    found.sort_by(|left, right| left.path.cmp(&right.path));
    found
}

fn all_files() -> Vec<SourceFile> {
    ["src", "ledger", "verifier", "tests"]
        .into_iter()
        .flat_map(rust_files)
        .collect()
}

/// Fails with every finding at once, so that one run shows all there is to do.
pub(crate) fn expect_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

#[test]
fn each_file_opens_with_what_lives_there() {
    let findings: Vec<String> = all_files()
        .iter()
        .filter(|file| {
            let first = file.text.lines().next().unwrap_or_default();
            !first.starts_with("//! ") || first.len() < 20
        })
        .map(|file| file.path.clone())
        .collect();
    expect_none("the first line is a //! sentence", &findings);
}

#[test]
fn files_and_lines_are_short() {
    let mut findings = Vec::new();
    for file in all_files() {
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            findings.push(format!("{}: {lines} lines, at most {LINES_MAX}", file.path));
        }
        for (number, line) in (1..).zip(file.text.lines()) {
            let columns = line.chars().count();
            let comment = line.trim_start().starts_with("//");
            let most = if comment {
                COMMENT_COLUMNS_MAX
            } else {
                COLUMNS_MAX
            };
            if columns > most && !line.contains("://") {
                findings.push(format!("{}:{number}: {columns} columns", file.path));
            }
        }
    }
    expect_none("files and lines are short", &findings);
}

#[test]
fn names_say_what_a_thing_is() {
    let mut findings = Vec::new();
    for file in all_files() {
        let name = Path::new(&file.path)
            .file_stem()
            .expect("a file has a name");
        let name = name.to_string_lossy();
        if name == "mod" {
            findings.push(format!("{}: foo.rs and foo/, never mod.rs", file.path));
        }
        for part in name.split('_') {
            if BANNED_WORDS.contains(&part.trim_end_matches('s')) || part == "data" {
                findings.push(format!("{}: a file called {part}", file.path));
            }
        }
        for (number, line) in (1..).zip(file.text.lines()) {
            if let Some(name) = declared_name(line)
                && banned_in(name)
            {
                findings.push(format!("{}:{number}: {name}", file.path));
            }
        }
    }
    expect_none("names say what a thing is", &findings);
}

const BANNED_WORDS: [&str; 5] = ["util", "helper", "manager", "common", "misc"];

/// The name that a line declares: of a function, a type, a trait or a module.
fn declared_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().peekable();
    while let Some(word) = words.next() {
        match word {
            "async" | "const" | "unsafe" | "pub" => {}
            _ if word.starts_with("pub(") => {}
            "fn" | "struct" | "enum" | "trait" | "mod" | "type" => {
                let name = words.next()?;
                let end = name
                    .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
                    .unwrap_or(name.len());
                return Some(&name[..end]);
            }
            _ => return None,
        }
    }
    None
}

fn banned_in(name: &str) -> bool {
    let lower = name.to_lowercase();
    name.starts_with("get_") || BANNED_WORDS.iter().any(|word| lower.contains(word))
}

/// What may be touched in one named file only, and the names that such a file may have.
const ONE_PLACE: [(&str, &[&str], &[&str]); 5] = [
    (
        "the clock",
        &["Utc::now(", "SystemTime::now(", "Instant::now("],
        &["clock.rs"],
    ),
    (
        "the environment",
        &["env::var(", "env::var_os(", "env::vars"],
        &["config.rs"],
    ),
    (
        "randomness",
        &[
            "getrandom::",
            "Uuid::new_v4(",
            "Uuid::now_v7(",
            "SystemRandom::new(",
        ],
        &["random.rs"],
    ),
    (
        "raw files",
        &[
            "fs::write(",
            "fs::rename(",
            "File::create",
            "OpenOptions::new(",
        ],
        &["durable.rs"],
    ),
    (
        "what is printed",
        &[
            "println!",
            "eprintln!",
            "print!(",
            "io::stdout(",
            "io::stderr(",
        ],
        &["output.rs"],
    ),
];

#[test]
fn the_outside_world_is_touched_in_one_named_file_each() {
    let mut findings = Vec::new();
    for file in all_files().iter().filter(|file| !file.is_test()) {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        for (number, line) in file.production() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for (what, calls, places) in ONE_PLACE {
                if !places.contains(&name) && calls.iter().any(|call| line.contains(call)) {
                    findings.push(format!("{}:{number}: {what}: {}", file.path, line.trim()));
                }
            }
        }
    }
    expect_none(
        "the outside world is touched in one named file each",
        &findings,
    );
}

#[test]
fn no_integration_test_is_forgotten() {
    let main = fs::read_to_string(top().join("tests/it/main.rs")).expect("main.rs can be read");
    let declared: Vec<&str> = main.lines().filter_map(declared_name).collect();
    let mut findings = Vec::new();
    for file in rust_files("tests/it") {
        let inside = file.path.trim_start_matches("tests/it/");
        let Some(name) = inside
            .strip_suffix(".rs")
            .filter(|name| !name.contains('/'))
        else {
            continue;
        };
        if name != "main" && !declared.contains(&name) {
            findings.push(format!("{}: not declared in tests/it/main.rs", file.path));
        }
    }
    expect_none("no test file is forgotten", &findings);
}

#[test]
fn nothing_else_stands_at_the_top() {
    let allowed = ["docs", "ledger", "src", "target", "tests", "verifier"];
    let mut findings = Vec::new();
    for entry in fs::read_dir(top()).expect("the top can be read") {
        let entry = entry.expect("an entry can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = !name.starts_with('.') && !name.starts_with("demo-out");
        if ours && entry.path().is_dir() && !allowed.contains(&name.as_str()) {
            findings.push(name);
        }
    }
    expect_none(
        "the folders at the top are those of docs/ARCHITECTURE.md",
        &findings,
    );
}

#[test]
fn a_planted_fault_is_found() {
    assert!(banned_in("get_user") && banned_in("KeyManager") && banned_in("path_utils"));
    assert!(!banned_in("target_user"));
    assert_eq!(
        declared_name("    pub(crate) async fn get_user("),
        Some("get_user")
    );
    assert_eq!(declared_name("pub struct Helper<T> {"), Some("Helper"));
    assert_eq!(declared_name("let helper = 1;"), None);
}
