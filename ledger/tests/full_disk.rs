//! A disk that really runs full: a tmpfs of 18 MiB in a mount namespace of its own, which ends with it. Nothing that was
//! acknowledged is lost, and the ledger goes on when there is space. Left out, in one line, where nothing may be mounted.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use unbroken_ledger::store::EntryStore;
use unbroken_ledger::store::segments::SegmentStore;
use unbroken_ledger::tree::leaf_hash;
use unbroken_verify::{Options, VerdictKind, verify};

/// One segment of 16 MiB fits, a second does not.
const SCRIPT: &str = r#"
mount -t tmpfs -o size=18m tmpfs "$MOUNT" || exit 77
"$WRITER" "$MOUNT/case" 1000 30000 >"$OUT/told" 2>"$OUT/said"; echo $? >"$OUT/status"
mount -o remount,size=64m "$MOUNT" || exit 77
"$WRITER" "$MOUNT/case" 3 30000 >>"$OUT/told" 2>"$OUT/said-again" || exit 1
cp -r "$MOUNT/case" "$OUT/case"
"#;

fn writer() -> PathBuf {
    // The example lies beside the folder of this test's own binary.
    let test = std::env::current_exe().expect("this test's path");
    let target = test.ancestors().nth(2).expect("target/<profile>");
    target.join("examples/ledger_writer")
}

/// Whether it ran; `None` when nothing may be mounted here.
fn run(out: &Path) -> Option<bool> {
    let mount = out.join("mount");
    std::fs::create_dir(&mount).expect("made");
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", SCRIPT])
        .env("MOUNT", &mount)
        .env("OUT", out)
        .env("WRITER", writer())
        .output()
        .ok()?;
    // The script's own 77, or unshare's refusal before the script ran.
    let ran = out.join("status").exists();
    (ran && output.status.code() != Some(77)).then(|| output.status.success())
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("readable")
}

#[test]
fn a_disk_that_runs_full_is_said_loses_nothing_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path();
    let Some(went_on) = run(out) else {
        // To the standard error itself: what println! prints is shown only of a test that fails.
        let line = "left out: no tmpfs may be mounted in a namespace here; no disk ran full";
        writeln!(std::io::stderr(), "{line}").expect("stderr can be written");
        return;
    };
    let said = read(&out.join("said"));
    assert_eq!(read(&out.join("status")).trim(), "1", "{said}");
    assert!(said.contains("no space left for the ledger"), "{said}");
    assert!(said.contains("make space"), "{said}");
    assert!(went_on, "{}", read(&out.join("said-again")));
    let told = read(&out.join("told"));
    let ledger = out.join("case/ledger");
    let verdict = verify(&ledger, &Options::default()).expect("readable");
    let text = verdict.to_text();
    assert_eq!(verdict.kind, VerdictKind::NotAnchored, "{text}");
    assert_eq!(verdict.size, verdict.entries, "{text}");
    let (store, tail) = SegmentStore::open(&ledger, verdict.size).expect("opened");
    assert_eq!(tail, None, "a full disk tears nothing");
    let entries = store.reader().read(0, store.size()).expect("readable");
    let leaves: Vec<String> = entries
        .map(|entry| leaf_hash(&entry.expect("whole").bytes).to_string())
        .collect();
    let mut acknowledged = 0;
    for line in told.lines() {
        let (index, leaf) = line.split_once(' ').expect("index and leaf");
        let index: usize = index.parse().expect("an index");
        assert_eq!(leaves[index], leaf, "entry {index} was acknowledged");
        acknowledged += 1;
    }
    assert!((300..1000).contains(&acknowledged), "{acknowledged}");
    println!("{acknowledged} entries were acknowledged around the full disk, all are there");
}
