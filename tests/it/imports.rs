//! Who may import whom, as docs/ARCHITECTURE.md draws it: read from the sources and the manifests.

use std::fs;

use crate::tidy::{SourceFile, expect_none, rust_files, top};

/// Each part of the program and what of ours it may name. Files directly in `src/` without a
/// folder are parts too. `cli` puts everything together; nobody imports it.
const PARTS: [(&str, &[&str]); 16] = [
    ("domain", &[]),
    ("projections", &["domain", "ledger"]),
    ("journal", &["domain", "ledger", "clock", "random"]),
    ("sources", &["domain", "clock", "durable", "random"]),
    ("targets", &["domain", "clock", "random"]),
    ("scanners", &["domain", "sources"]),
    (
        "engine",
        &[
            "domain",
            "journal",
            "projections",
            "scanners",
            "sources",
            "targets",
            "clock",
            "random",
        ],
    ),
    ("anchors", &["ledger", "verifier", "clock"]),
    ("notices", &[]),
    ("reports", &["domain", "projections", "ledger", "durable"]),
    (
        "cli",
        &[
            "domain",
            "journal",
            "projections",
            "sources",
            "targets",
            "engine",
            "scanners",
            "anchors",
            "notices",
            "reports",
            "ledger",
            "verifier",
            "simulator",
            "clock",
            "config",
            "durable",
            "error",
            "random",
        ],
    ),
    ("clock", &["domain"]),
    ("config", &[]),
    ("durable", &[]),
    ("error", &[]),
    ("random", &[]),
];

/// The crates of ours and the part that each one is.
const CRATES: [(&str, &str); 3] = [
    ("unbroken_ledger", "ledger"),
    ("unbroken_verify", "verifier"),
    ("m365_simulator", "simulator"),
];

/// What of ours a file names, with the line: `crate::part` and the crates.
fn named(file: &SourceFile) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for piece in line.split("crate::").skip(1) {
            for name in leading_names(piece) {
                found.push((number, name));
            }
        }
        for (name, part) in CRATES {
            if line.contains(&format!("{name}::")) || line.contains(&format!("use {name}")) {
                found.push((number, part.to_owned()));
            }
        }
    }
    found
}

/// `journal::Journal` names `journal`; `{domain::item, clock}` names both.
fn leading_names(piece: &str) -> Vec<String> {
    let word = |text: &str| {
        let text = text.trim_start();
        let end = text
            .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(text.len());
        text[..end].to_owned()
    };
    let Some(list) = piece.strip_prefix('{') else {
        return vec![word(piece)];
    };
    let mut depth = 0;
    let mut names = Vec::new();
    let mut start = 0;
    for (place, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(word(&list[start..place]));
                start = place + 1;
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The part that a file below `src/` belongs to.
fn part_of(path: &str) -> &str {
    let inside = path.trim_start_matches("src/");
    let first = inside.split('/').next().unwrap_or(inside);
    first.strip_suffix(".rs").unwrap_or(first)
}

fn violations(files: &[SourceFile]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        let part = part_of(&file.path);
        if part == "lib" || part == "main" {
            continue;
        }
        let Some((_, allowed)) = PARTS.iter().find(|(name, _)| *name == part) else {
            findings.push(format!(
                "{}: {part} is no part that this test knows",
                file.path
            ));
            continue;
        };
        for (number, name) in named(file) {
            if name != part && !allowed.contains(&name.as_str()) {
                findings.push(format!("{}:{number}: {part} names {name}", file.path));
            }
        }
        for (number, line) in (1..).zip(file.text.lines()) {
            // It would leave the part unseen by the rule above.
            if line.contains("super::super::super") {
                findings.push(format!("{}:{number}: write crate::… instead", file.path));
            }
        }
    }
    findings
}

/// What the domain may not touch: files, the network, the clock, the environment, other programs, threads, chance, the terminal;
/// and the crates that are made for any of these. It is given all of that as values, so that what it decides can be decided again.
const IMPURE: [&str; 30] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::path",
    "std::process",
    "std::thread",
    "std::time",
    "axum",
    "futures",
    "getrandom",
    "hyper",
    "notify",
    "rand",
    "rand_chacha",
    "rand_core",
    "reqwest",
    "rusqlite",
    "rustls",
    "tempfile",
    "tokio",
    "tokio_util",
    "tracing",
    "uuid",
    "Utc::now",
    "Local::now",
    "thread_rng",
    "print!",
    "println!",
];

/// Where the code of the domain names one of those; its tests, which may draw and read files, stand behind `#[cfg(test)]` or in
/// files of their own.
fn impure(file: &SourceFile, is_test: bool) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        if line.trim() == "#[cfg(test)]" && file.text.lines().nth(number).is_some_and(opens_tests) {
            break;
        }
        if is_test || line.trim_start().starts_with("//") {
            continue;
        }
        // `use std::{fs, net}` names both.
        let line = match line.split_once("std::{") {
            Some((before, list)) => {
                let names = list
                    .split([',', '}'])
                    .map(|name| format!(" std::{}", name.trim()));
                before.to_owned() + &names.collect::<String>()
            }
            None => line.to_owned(),
        };
        for name in IMPURE {
            if names(&line, name) {
                findings.push(format!("{}:{number}: the domain names {name}", file.path));
            }
        }
    }
    findings
}

/// Whether the line behind `#[cfg(test)]` opens the tests that end a file.
fn opens_tests(line: &str) -> bool {
    line.trim() == "mod tests {"
}

/// Whether a line names a module, a crate or a macro: a whole word, and a crate only where a path goes on or is brought in.
fn names(line: &str, name: &str) -> bool {
    let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let is_whole = !before.ends_with(in_word) && !after.starts_with(in_word);
        let is_crate = name
            .chars()
            .all(|letter| letter.is_lowercase() || letter == '_');
        let is_path = after.starts_with("::") || before.trim_end().ends_with("use");
        is_whole && (!is_crate || (is_path && !before.ends_with("::")))
    })
}

/// The files of the domain that are tests as a whole: those that their parent declares behind `#[cfg(test)]`, and what lies below.
fn is_declared_test(path: &str, files: &[SourceFile]) -> bool {
    let inside = path
        .trim_start_matches("src/domain/")
        .trim_end_matches(".rs");
    let names: Vec<&str> = inside.split('/').collect();
    (0..names.len()).any(|depth| {
        let parent = match depth {
            0 => "src/domain.rs".to_owned(),
            _ => format!("src/domain/{}.rs", names[..depth].join("/")),
        };
        let wanted = format!("mod {};", names[depth]);
        let parent = files.iter().find(|file| file.path == parent);
        parent.is_some_and(|file| {
            let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
            lines
                .windows(2)
                .any(|two| two[0].starts_with("#[cfg(test)]") && two[1].ends_with(&wanted))
        })
    })
}

#[test]
fn the_domain_has_no_clock_and_touches_nothing() {
    let files = rust_files("src");
    let domain: Vec<&SourceFile> = files
        .iter()
        .filter(|file| part_of(&file.path) == "domain")
        .collect();
    assert!(domain.len() > 80, "only {} files", domain.len());
    let tests = |file: &SourceFile| is_declared_test(&file.path, &files);
    let judged = domain.iter().filter(|file| !tests(file)).count();
    assert!(judged > 80, "only {judged} files are judged");
    let findings: Vec<String> = domain
        .iter()
        .flat_map(|file| impure(file, tests(file)))
        .collect();
    expect_none("a clock or input and output in the domain", &findings);
}

#[test]
fn a_clock_or_a_file_that_is_planted_in_the_domain_is_found() {
    let planted = |text: &str| SourceFile {
        path: "src/domain/gates.rs".to_owned(),
        text: format!("{text}\n#[cfg(test)]\nmod tests {{\n    use std::fs;\n}}\n"),
    };
    for line in [
        "use std::fs;",
        "    std::fs::read(path)",
        "use std::{collections::BTreeMap, net};",
        "let now = std::time::Instant::now();",
        "use tokio::sync::Mutex;",
        "let answer = reqwest::get(address);",
        "let one = rand::random::<u8>();",
        "use rand;",
        "let now = Utc::now();",
        "    println!(\"{now}\");",
        "std::process::exit(1);",
        "let home = std::env::var(\"HOME\");",
        "use uuid::Uuid;",
    ] {
        assert_eq!(impure(&planted(line), false).len(), 1, "{line}");
    }
    for line in [
        "// use std::fs;",
        "use std::collections::BTreeMap;",
        "let rand = brand::one();",
        "use crate::domain::notify::Notice;",
        "use std::fmt;",
    ] {
        assert_eq!(
            impure(&planted(line), false),
            Vec::<String>::new(),
            "{line}"
        );
    }
}

#[test]
fn each_part_names_only_what_lies_before_it() {
    expect_none("who may import whom", &violations(&rust_files("src")));
}

#[test]
fn a_planted_import_is_found() {
    let planted = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let bad = [
        planted("src/domain/item.rs", "use crate::journal::Journal;"),
        planted(
            "src/targets/graph.rs",
            "use crate::{domain::item, journal};",
        ),
        planted("src/sources/eml.rs", "    unbroken_ledger::append();"),
        planted("src/unheard_of.rs", "use std::fs;"),
    ];
    for file in bad {
        let path = file.path.clone();
        assert_eq!(violations(&[file]).len(), 1, "{path}");
    }
    let good = planted(
        "src/engine/worker.rs",
        "use crate::{domain::item::{A, B}, targets};",
    );
    assert_eq!(violations(&[good]), Vec::<String>::new());
}

/// The names under `[dependencies]` and its kin of a manifest.
fn dependencies(manifest: &str) -> Vec<String> {
    let text = fs::read_to_string(top().join(manifest)).expect("a manifest can be read");
    let mut names = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            // What only tests and benches use is judged by their own sources below.
            inside = line.contains("dependencies") && !line.contains("dev-");
        } else if inside && let Some(end) = line.find(['.', ' ', '=']) {
            names.push(line[..end].to_owned());
        }
    }
    assert!(!names.is_empty(), "{manifest}: no dependency was read");
    names
}

#[test]
fn the_crates_below_stand_alone() {
    let ours = [
        "unbroken",
        "unbroken-ledger",
        "unbroken-verify",
        "m365-simulator",
    ];
    let network = ["axum", "hyper", "reqwest", "rustls", "tokio"];
    let mut findings = Vec::new();
    for (manifest, banned) in [
        ("ledger/Cargo.toml", [&ours[..], &network[..]].concat()),
        ("verifier/Cargo.toml", [&ours[..], &network[..]].concat()),
        ("tests/simulator/Cargo.toml", ours.to_vec()),
    ] {
        for name in dependencies(manifest) {
            if banned.contains(&name.as_str()) {
                findings.push(format!("{manifest}: {name}"));
            }
        }
    }
    for folder in ["ledger", "verifier", "tests/simulator"] {
        for file in rust_files(folder) {
            let own = match folder {
                "ledger" => "ledger",
                "verifier" => "verifier",
                _ => "simulator",
            };
            // The ledger's tests and benches ask the verifier what it says; the ledger itself never does.
            let judges = file.path.contains("/tests/") || file.path.contains("/benches/");
            if own == "ledger" && judges {
                continue;
            }
            for (number, line) in (1..).zip(file.text.lines()) {
                for (name, part) in CRATES.iter().chain(&[("unbroken", "unbroken")]) {
                    if *part != own && line.contains(&format!("use {name}::")) {
                        findings.push(format!("{}:{number}: {name}", file.path));
                    }
                }
            }
        }
    }
    expect_none("ledger, verifier and simulator stand alone", &findings);
}
