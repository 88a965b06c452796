//! Other people's log tools on what we publish: Tessera's `fsck` and torchwood's `litewitness`, which `.ci/run` installs with
//! Go below the target folder. What is not there is left out, and a line says so.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use unbroken_ledger::Ledger;
use unbroken_ledger::note::vkey;

use crate::anchors::Anchored;
use crate::left_out::left_out;
use crate::tampering::forge::put;

/// Never by the PATH: another `fsck`, of file systems, is on every Linux.
fn go_tool(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test's path");
    let target = test.ancestors().nth(3).expect("target/<profile>/deps");
    target.join("ci-go/bin").join(name)
}

fn is_there(tool: &str, why: &str) -> bool {
    let path = go_tool(tool);
    let found = path.exists();
    if !found {
        let path = path.display();
        left_out(&format!(
            "{path} is not there (.ci/run makes it with Go); {why}"
        ));
    }
    found
}

/// The agent that holds the witness's key, from openssh.
fn has_agent() -> bool {
    let found = Command::new("ssh-agent").arg("-h").output().is_ok();
    if !found {
        left_out("ssh-agent is not on the PATH; litewitness has no key without it");
    }
    found
}

/// Runs fsck on a published folder; what it says, and whether it is content. It leaves with 0 whatever it found, so that what
/// it says counts; with one worker it would wait for ever after a damaged tile.
fn fsck(folder: &Path, public_key: &Path) -> (bool, String) {
    fsck_at(&format!("file://{}/", folder.display()), public_key)
}

fn fsck_at(url: &str, public_key: &Path) -> (bool, String) {
    let output = Command::new(go_tool("fsck"))
        .arg(format!("--storage_url={url}"))
        .arg(format!("--public_key={}", public_key.display()))
        .args(["--ui=false", "--logtostderr", "-v=1", "-N=4"])
        .stdin(Stdio::null())
        .output()
        .expect("fsck runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let completed = said.split("Completed ranges").nth(1);
    let all_right =
        completed.is_some_and(|ranges| ranges.contains("OK") && !ranges.contains("Unchecked"));
    let accepts = all_right && !said.contains("fsck failed") && !said.contains("Invalid");
    (accepts, said.chars().take(2000).collect())
}

fn grow(ledger: &Ledger, by: u64) {
    for _ in 0..by {
        ledger.heartbeat().expect("taken");
    }
    ledger.checkpoint_now().expect("signed");
}

#[test]
fn tesseras_fsck_accepts_what_is_published_and_refuses_what_is_damaged() {
    if !is_there("fsck", "nobody else derived the tree again") {
        return;
    }
    let case = Anchored::new();
    let ledger = case.make();
    let folder = case.path("published");
    let key = case.path("log.vkey");
    put(&key, vkey(ledger.origin(), &ledger.log_key()).as_bytes());
    // A partial tile, a full one and a partial one, then again: what was there is gone on with.
    for by in [9, 251, 300] {
        grow(&ledger, by);
        ledger
            .publish(&folder, &ledger.checkpoint())
            .expect("published");
        let (accepts, said) = fsck(&folder, &key);
        assert!(accepts, "{} entries: {said}", ledger.size());
    }
    for damaged in ["tile/0/000", "tile/entries/001", "tile/1/000.p/2"] {
        let path = folder.join(damaged);
        let bytes = std::fs::read(&path).expect("published");
        let mut other = bytes.clone();
        let middle = other.len() / 2;
        other[middle] ^= 1;
        put(&path, &other);
        let (accepts, _) = fsck(&folder, &key);
        assert!(!accepts, "a damaged {damaged} was accepted");
        put(&path, &bytes);
    }
    let (accepts, said) = fsck(&folder, &key);
    assert!(accepts, "{said}");
    if let Some(server) = StaticServer::start(&folder) {
        let (accepts, said) = fsck_at(&server.url, &key);
        assert!(accepts, "over HTTP: {said}");
    }
}

/// Python's file server over a folder: any static web server will do.
struct StaticServer {
    child: Child,
    url: String,
}

impl StaticServer {
    fn start(folder: &Path) -> Option<Self> {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let spawned = Command::new("python3")
            .args(["-m", "http.server", "--bind", "127.0.0.1", "--directory"])
            .arg(folder)
            .arg(port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = spawned else {
            left_out("python3 is not here; what is published was not served");
            return None;
        };
        wait_for(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        let url = format!("http://127.0.0.1:{port}/");
        Some(Self { child, url })
    }
}

impl Drop for StaticServer {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// litewitness with its key in an agent; both end with the test.
struct Litewitness {
    folder: PathBuf,
    agent: Child,
    running: Option<Child>,
    port: u16,
    fingerprint: String,
    vkey: String,
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("SSH_AUTH_SOCK", folder.join("agent"))
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Litewitness {
    fn start(folder: PathBuf) -> Self {
        std::fs::create_dir_all(&folder).expect("made");
        run(
            "ssh-keygen",
            &["-q", "-t", "ed25519", "-N", "", "-f", "key"],
            &folder,
        );
        let agent = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(folder.join("agent"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("an agent");
        wait_for(|| folder.join("agent").exists());
        run("ssh-add", &["-q", "key"], &folder);
        let listed = run("ssh-keygen", &["-l", "-f", "key.pub"], &folder);
        let fingerprint = listed.split(' ').nth(1).expect("a fingerprint").to_owned();
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let mut witness = Self {
            folder,
            agent,
            running: None,
            port,
            fingerprint,
            vkey: String::new(),
        };
        witness.run();
        witness
    }

    fn run(&mut self) {
        let mut child = Command::new(go_tool("litewitness"))
            .args([
                "-name",
                "litewitness.example",
                "-db",
                "witness.db",
                "-ssh-agent",
                "agent",
            ])
            .args([
                "-key",
                &self.fingerprint,
                "-listen",
                &format!("127.0.0.1:{}", self.port),
            ])
            .current_dir(&self.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("litewitness runs");
        let mut said = BufReader::new(child.stderr.take().expect("piped")).lines();
        for line in said.by_ref().map_while(Result::ok) {
            if let Some(key) = line.split("vkey=").nth(1) {
                key.trim().trim_matches('"').clone_into(&mut self.vkey);
            }
            if line.contains("listening") {
                break;
            }
        }
        // It is never read again, and must not stand still because nobody does.
        std::thread::spawn(move || said.for_each(drop));
        self.running = Some(child);
        let port = self.port;
        wait_for(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().expect("killed");
            child.wait().expect("ended");
        }
    }

    /// What `witnessctl add-log` and `add-key` write.
    fn knows(&self, ledger: &Ledger) {
        let script = "\
import sqlite3, sys, base64, hashlib
db = sqlite3.connect('witness.db')
empty = base64.b64encode(hashlib.sha256(b'').digest()).decode()
db.execute('INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)', (sys.argv[1], empty))
db.execute('INSERT INTO key (origin, key) VALUES (?, ?)', (sys.argv[1], sys.argv[2]))
db.commit()
";
        let key = vkey(ledger.origin(), &ledger.log_key());
        run(
            "python3",
            &["-c", script, ledger.origin(), &key],
            &self.folder,
        );
    }

    fn policy(&self) -> String {
        let (vkey, port) = (&self.vkey, self.port);
        format!("witness lw {vkey} http://127.0.0.1:{port}\nquorum lw\n")
    }
}

impl Drop for Litewitness {
    fn drop(&mut self) {
        self.stop();
        let _gone = self.agent.kill();
        let _gone = self.agent.wait();
    }
}

fn wait_for(mut there: impl FnMut() -> bool) {
    for _ in 0..100 {
        if there() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("it did not come up within ten seconds");
}

#[test]
#[allow(clippy::print_stdout, reason = "the sizes are what the test is for")]
fn litewitness_cosigns_through_restarts_of_either_side() {
    if !is_there("litewitness", "nobody else cosigned over HTTP") || !has_agent() {
        return;
    }
    let case = Anchored::new();
    let mut ledger = case.make();
    let mut witness = Litewitness::start(case.path("witness"));
    witness.knows(&ledger);
    let configuration = case.configure(&witness.policy(), &[]);
    let mut sizes = Vec::new();
    for turn in 0..4 {
        grow(&ledger, 3 * turn + 1);
        let round = case.round(&ledger, &configuration);
        assert!(round.is_complete(), "turn {turn}: {round:?}");
        sizes.push(round.size);
        let verdict = case.verdict(&ledger, &configuration);
        assert_eq!(verdict.exit_code(), 0, "turn {turn}: {}", verdict.to_text());
        assert_eq!(verdict.witnessed, round.size);
        match turn {
            0 => {
                witness.stop();
                grow(&ledger, 2);
                let away = case.round(&ledger, &configuration);
                assert!(!away.is_complete(), "nobody is there");
                witness.run();
            }
            1 => {
                drop(ledger);
                ledger = case.open();
            }
            2 => {
                // Both at once, and the ledger forgets what it knew of the witness by being behind it.
                witness.stop();
                drop(ledger);
                witness.run();
                ledger = case.open();
            }
            _ => {}
        }
    }
    println!("litewitness cosigned sizes {sizes:?}");
    std::io::stdout().flush().expect("flushed");
}
