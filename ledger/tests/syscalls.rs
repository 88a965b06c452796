//! Real system calls that fail, each occurrence of each: strace makes them fail, the ledger is opened again, and the
//! verifier judges. The loader's own calls and those on stdout fail too: a program that dies there is a crash like any
//! other. Left out, in one line, where strace is missing or may not trace. The disk in memory is `crash.rs`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use unbroken_verify::{Options, VerdictKind, verify};

const CALLS: [(&str, &str); 5] = [
    ("write", "ENOSPC"),
    ("fdatasync", "EIO"),
    ("fsync", "EIO"),
    ("rename", "EIO"),
    ("openat", "EMFILE"),
];
/// Bounds the run when a call never stops failing.
const OCCURRENCES_MAX: u32 = 400;

fn writer() -> PathBuf {
    // The example lies beside the folder of this test's own binary.
    let test = std::env::current_exe().expect("this test's path");
    let target = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>");
    target.join("examples/ledger_writer")
}

fn traced(dir: &Path, inject: Option<&str>) -> Output {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(dir.join("trace"));
    command.args(["-e", "trace=write,fdatasync,fsync,rename,openat"]);
    if let Some(inject) = inject {
        command.args(["-e", inject]);
    }
    command.arg(writer()).arg(dir).arg("4");
    command.output().expect("strace runs")
}

fn can_trace() -> bool {
    let tried = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .output();
    tried.is_ok_and(|output| output.status.success())
}

/// The receipts that were printed: acknowledged, whatever came later.
fn told(output: &Output) -> Vec<(u64, String)> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .filter_map(|line| {
            let (index, leaf) = line.split_once(' ')?;
            Some((index.parse().ok()?, leaf.to_owned()))
        })
        .collect()
}

fn judge(dir: &Path, told: &[(u64, String)], case: &str) {
    let again = Command::new(writer())
        .arg(dir)
        .arg("1")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.success(), "{case}: it does not go on: {said}");
    let ledger = dir.join("ledger");
    let verdict = verify(&ledger, &Options::default()).expect("readable");
    assert_eq!(
        verdict.kind,
        VerdictKind::NotAnchored,
        "{case}: {}",
        verdict.to_text()
    );
    let mut leaves = Vec::new();
    for tile in tiles(&ledger.join("tiles/tile/0")) {
        leaves.extend(tile.chunks(32).map(hex));
    }
    for (index, leaf) in told {
        let at = usize::try_from(*index).expect("small");
        assert_eq!(
            leaves.get(at),
            Some(leaf),
            "{case}: entry {index} was acknowledged"
        );
    }
}

/// The widest tile of each number: four events stay within tile 0.
fn tiles(folder: &Path) -> Vec<Vec<u8>> {
    let partial = folder.join("000.p");
    let widest = fs::read_dir(partial)
        .expect("tiles")
        .map(|item| item.expect("readable").path())
        .max_by_key(|path| fs::metadata(path).expect("readable").len());
    vec![fs::read(widest.expect("a tile")).expect("readable")]
}

fn hex(bytes: &[u8]) -> String {
    let whole = <[u8; 32]>::try_from(bytes).expect("a hash");
    unbroken_ledger::Hash(whole).to_string()
}

#[test]
fn each_failing_system_call_leaves_a_ledger_that_holds() {
    if !can_trace() {
        // To the standard error itself: what println! prints is shown only of a test that fails.
        let line = "left out: strace is not here or may not trace; no system call was made to fail";
        writeln!(std::io::stderr(), "{line}").expect("stderr can be written");
        return;
    }
    assert!(
        writer().exists(),
        "{} is built with the tests",
        writer().display()
    );
    let mut total = 0;
    for (call, error) in CALLS {
        let mut failed_somewhere = 0;
        for occurrence in 1..OCCURRENCES_MAX {
            let folder = tempfile::tempdir().expect("a folder");
            let inject = format!("inject={call}:error={error}:when={occurrence}");
            let output = traced(folder.path(), Some(&inject));
            let trace = fs::read_to_string(folder.path().join("trace")).expect("a trace");
            if !trace.contains("(INJECTED)") {
                break;
            }
            failed_somewhere += 1;
            judge(
                folder.path(),
                &told(&output),
                &format!("{call} {occurrence}"),
            );
        }
        println!("{call:<10} {error:<7} {failed_somewhere:>4} occurrences");
        assert!(failed_somewhere > 0, "{call} never failed");
        total += failed_somewhere;
    }
    println!("{total} runs; after each the ledger went on and the verifier agreed");
}
