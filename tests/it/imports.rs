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
    ("scanners", &["domain"]),
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
