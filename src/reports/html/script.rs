//! The page's script: the JavaScript modules of this folder, joined to one script that a hash can name. Modules know each other
//! by `import` and `export`, so that they run apart in tests; here each becomes a function of its own.

use std::fmt::Write as _;

macro_rules! modules {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!($path))),*]
    };
}

/// Every module behind those that it imports.
const MODULES: [(&str, &str); 31] = modules![
    "record/bytes.mjs",
    "record/broken.mjs",
    "record/sha256.mjs",
    "record/tree.mjs",
    "record/canonical.mjs",
    "record/ed25519.mjs",
    "record/note.mjs",
    "record/entry.mjs",
    "record/policy.mjs",
    "record/keys.mjs",
    "record/streams.mjs",
    "record/approvals.mjs",
    "record/key_types.mjs",
    "record/ledger_types.mjs",
    "record/state.mjs",
    "record/suspect.mjs",
    "record/bundle.mjs",
    "record/disclosures.mjs",
    "record/signatures.mjs",
    "record/not_checked.mjs",
    "record/verify.mjs",
    "page/dom.mjs",
    "page/words.mjs",
    "page/embedded.mjs",
    "page/story.mjs",
    "page/verdict_view.mjs",
    "page/anchor_view.mjs",
    "page/results_view.mjs",
    "page/list_view.mjs",
    "page/entry_view.mjs",
    "page/report_view.mjs",
];

const MAIN: &str = include_str!("page/main.mjs");

/// The whole script.
pub(super) fn script() -> String {
    let mut script = String::from("\"use strict\";\n");
    for (path, source) in MODULES {
        let (body, exports) = body(source);
        let _ = writeln!(
            script,
            "const {} = (() => {{\n{body}return {{ {} }};\n}})();",
            variable(path),
            exports.join(", ")
        );
    }
    let (main, _) = body(MAIN);
    let _ = write!(script, "(() => {{\n{main}}})();\n");
    script
}

/// The name of a module's variable: `canonicalModule` of `./canonical.mjs`.
fn variable(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    format!("{}Module", name.trim_end_matches(".mjs"))
}

/// The module with its imports taken from variables and its exports by name.
fn body(source: &str) -> (String, Vec<&str>) {
    let mut body = String::new();
    let mut exports = Vec::new();
    let mut import = String::new();
    for line in source.lines() {
        if !import.is_empty() || line.starts_with("import ") {
            import.push_str(line);
            if line.ends_with(';') {
                body.push_str(&taken(&import));
                import.clear();
            }
        } else if let Some(exported) = line.strip_prefix("export ") {
            exports.push(declared(exported));
            let _ = writeln!(body, "{exported}");
        } else {
            let _ = writeln!(body, "{line}");
        }
    }
    (body, exports)
}

/// `import { a, b } from "./x.mjs";` as `const { a, b } = xModule;`.
fn taken(import: &str) -> String {
    let (names, path) = import
        .trim_start_matches("import ")
        .split_once(" from ")
        .expect("our modules import by name");
    let path = path.trim_matches(|around| matches!(around, '"' | ';'));
    format!("const {names} = {};\n", variable(path))
}

/// The name behind `function`, `class` or `const`.
fn declared(line: &str) -> &str {
    let words = line.split([' ', '(', '=']);
    words
        .filter(|word| !word.is_empty())
        .find(|word| !["async", "function", "function*", "class", "const"].contains(word))
        .expect("an export of ours has a name")
}
