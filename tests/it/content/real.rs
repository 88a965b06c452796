//! The same against clamd itself, with a signature of the tests' own: it leaves itself out where there is none.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use m365_simulator::{FaultKind, Faults, OneShot};

use super::planted::{carrying, eicar, zip_with};
use super::{expect_files_held, files, held, says};
use crate::case::{Case, mail};
use crate::left_out::left_out;
use crate::tampering::forge::put;

/// A running clamd; it ends with the test.
struct Clamd {
    child: Child,
    folder: tempfile::TempDir,
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Clamd {
    fn address(&self) -> String {
        format!("unix:{}", self.folder.path().join("ctl").display())
    }

    fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
    }
}

fn program() -> Option<PathBuf> {
    let places = ["/usr/sbin/clamd", "/usr/local/sbin/clamd", "/usr/bin/clamd"];
    places.iter().map(PathBuf::from).find(|path| path.exists())
}

/// One that knows the test file of EICAR and nothing else; no signature is fetched from anywhere.
fn clamd() -> Option<Clamd> {
    let Some(program) = program() else {
        left_out("the content gate against clamd itself: there is no clamd here");
        return None;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let inside = |name: &str| folder.path().join(name);
    std::fs::create_dir(inside("db")).expect("a folder");
    let hex = eicar()
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    put(
        &inside("db/local.ndb"),
        format!("Local.Eicar:0:*:{hex}\n").as_bytes(),
    );
    let configuration = format!(
        "LocalSocket {}\nDatabaseDirectory {}\nForeground yes\nStreamMaxLength 1M\n",
        inside("ctl").display(),
        inside("db").display()
    );
    put(&inside("clamd.conf"), configuration.as_bytes());
    let child = start(&program, &inside("clamd.conf"));
    let clamd = Clamd { child, folder };
    for _ in 0..600 {
        if inside_of(&clamd, "ctl").exists() {
            return Some(clamd);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("clamd did not come up in a minute");
}

fn inside_of(clamd: &Clamd, name: &str) -> PathBuf {
    clamd.folder.path().join(name)
}

fn start(program: &Path, configuration: &Path) -> Child {
    Command::new(program)
        .arg("-c")
        .arg(configuration)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started")
}

#[test]
fn clamd_itself_finds_it_in_a_mail_in_a_zip_in_a_mail_within_and_in_files() {
    let Some(mut clamd) = clamd() else { return };
    expect_files_held(&files(&clamd.address()));

    let case = Case::without_quotas(Faults::none());
    let within = carrying(4, "a.zip", &zip_with("a/b.txt", &eicar()));
    for (name, bytes) in [
        ("1.eml", mail(1, 0)),
        ("2.eml", carrying(2, "a.txt", &eicar())),
        (
            "3.eml",
            carrying(3, "a.zip", &zip_with("a/b.txt", &eicar())),
        ),
        ("4.eml", carrying(4, "forwarded.eml", &within)),
        ("5.eml", mail(5, 2_000_000)),
    ] {
        case.plant(name, &bytes);
    }
    case.prepare_people("mailbox");
    case.done("content set CASE --clamd");
    case.plan();
    let restore = format!(
        "restore CASE --source SOURCE TARGET --clamd {}",
        clamd.address()
    );
    says(&case.run(&restore), 3, &[]);
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 1);
    let of = |reason: &str| (reason.to_owned(), true);
    // The last one is longer than this clamd takes: not looked into, so not passed.
    let malware = || of("content-malware");
    assert_eq!(
        held(&case),
        [malware(), malware(), malware(), of("content-not-whole")]
    );

    // Gone, it answers nobody, and nothing more is written.
    clamd.kill();
    says(
        &case.run(&restore),
        12,
        &["clamd does not answer", "nothing was begun"],
    );
}

/// One item at a time. The third is held up in the middle of its request; clamd is killed while it waits. What was not looked
/// into by then is held, whatever was in it; with clamd back, the same command writes it.
#[test]
fn killed_while_a_restore_runs_it_passes_nothing_more() {
    const MAILS: usize = 8;
    let Some(mut clamd) = clamd() else { return };
    let case = Case::without_quotas(Faults::none());
    for number in 0..MAILS {
        case.plant(&format!("{number}.eml"), &mail(number, 0));
    }
    case.prepare_people("mailbox");
    case.done("content set CASE --clamd");
    case.plan();
    case.inspect().arm(OneShot {
        kind: FaultKind::Hold,
        method: "POST".to_owned(),
        path: "/messages".to_owned(),
        skip: 2,
    });
    let restore = |clamd: &Clamd| {
        format!(
            "restore CASE --source SOURCE TARGET --workers 1 --clamd {}",
            clamd.address()
        )
    };
    let mut running = case.command(&restore(&clamd)).spawn().expect("started");
    while case.inspect().held() == 0 {
        let ended = running.try_wait().expect("asked");
        assert!(ended.is_none(), "it ended before the third: {ended:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    clamd.kill();
    case.inspect().let_go();
    says(&running.wait_with_output().expect("ended"), 3, &[]);

    // Three were looked into while clamd lived; of the others not one is written, and each is held for that reason.
    let written = case.inspect().messages("ada@clean.example").len();
    assert_eq!(written, 3);
    let unseen = held(&case);
    assert_eq!(unseen.len(), MAILS - written);
    let not_scanned = |(reason, may): &(String, bool)| reason == "content-not-scanned" && !may;
    assert!(unseen.iter().all(not_scanned), "{unseen:?}");
    case.done("reconcile CASE");

    let Some(alive) = self::clamd() else { return };
    says(&case.run(&restore(&alive)), 0, &[]);
    assert_eq!(case.inspect().messages("ada@clean.example").len(), MAILS);
    assert_eq!(held(&case), []);
}
