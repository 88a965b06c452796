//! A witness and a time-stamping authority that listen on this machine, in the moods that such parties have. What is expected
//! of them is in `anchors.rs`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest, Sha256};
use unbroken_ledger::Ledger;

use crate::tampering::forge::put;

/// How a party behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Works,
    Fails,
    Refuses,
    /// Signs, but something else.
    SignsOther,
    /// Answers what it answered before.
    Replays,
}

struct Request {
    line: String,
    body: Vec<u8>,
}

struct Reply(u16, &'static str, Vec<u8>);

/// Serves until the test's process ends.
fn serve(answer: impl Fn(Request) -> Reply + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Some(request) = read(&stream) {
                write(stream, &answer(request));
            }
        }
    });
    url
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { line, body })
}

fn write(mut stream: TcpStream, Reply(status, kind, body): &Reply) {
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    // A client that went away is none of the party's business.
    let _gone = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body));
}

#[derive(Default)]
struct Seen {
    mood: Mood,
    size: u64,
    note: String,
    conflicts: u32,
}

/// A witness that remembers the log's newest note and asks for nothing but its size.
pub(crate) struct Witness {
    key: SigningKey,
    url: String,
    seen: Arc<Mutex<Seen>>,
}

const NAME: &str = "w.example";

fn hint(key: &SigningKey) -> [u8; 4] {
    let public = key.verifying_key();
    let hash = Sha256::digest([NAME.as_bytes(), b"\n\x04", public.as_bytes()].concat());
    [hash[0], hash[1], hash[2], hash[3]]
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Witness {
    pub(crate) fn start(seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let (signer, state) = (key.clone(), Arc::clone(&seen));
        let url = serve(move |request| answer(&signer, &mut lock(&state), &request));
        Self { key, url, seen }
    }

    /// A policy whose quorum is this witness alone.
    pub(crate) fn policy(&self) -> String {
        self.policy_at(&self.url)
    }

    /// The same with another address.
    pub(crate) fn policy_at(&self, url: &str) -> String {
        let public = self.key.verifying_key();
        let body = Base64::encode_string(&[&[4][..], public.as_bytes()].concat());
        let hint: String = hint(&self.key)
            .iter()
            .fold(String::new(), |mut text, byte| {
                use std::fmt::Write as _;
                let _ = write!(text, "{byte:02x}");
                text
            });
        format!("witness w {NAME}+{hint}+{body} {url}\nquorum w\n")
    }

    pub(crate) fn set(&self, mood: Mood) {
        lock(&self.seen).mood = mood;
    }

    pub(crate) fn conflicts(&self) -> u32 {
        lock(&self.seen).conflicts
    }

    /// Lets it have seen `size` entries already; `most` is how many there are.
    pub(crate) fn remember(&self, size: u64, most: u64, ledger: &Ledger) {
        assert!(size < most, "{} has more", ledger.origin());
        lock(&self.seen).size = size;
    }
}

fn answer(key: &SigningKey, seen: &mut Seen, request: &Request) -> Reply {
    let plain = |status, text: &str| Reply(status, "text/plain", text.as_bytes().to_vec());
    if request.line.starts_with("GET ") {
        return plain(200, &seen.note);
    }
    assert!(
        request.line.starts_with("POST /add-checkpoint "),
        "{}",
        request.line
    );
    match seen.mood {
        Mood::Fails => return plain(500, "out of order\n"),
        Mood::Refuses => return plain(404, "who?\n"),
        _ => {}
    }
    let text = String::from_utf8(request.body.clone()).expect("UTF-8");
    let (head, note) = text
        .split_once("\n\n")
        .expect("a note behind an empty line");
    let mut lines = head.lines();
    let old = lines.next().and_then(|line| line.strip_prefix("old "));
    let old: u64 = old.expect("old").parse().expect("a size");
    let mut fields = note.lines();
    let size: u64 = fields.nth(1).expect("a size").parse().expect("a size");
    if old != seen.size {
        seen.conflicts += 1;
        let body = format!("{}\n", seen.size).into_bytes();
        return Reply(409, "text/x.tlog.size", body);
    }
    let same = note.split("\n\n").next() == seen.note.split("\n\n").next();
    if old == size && !same {
        return plain(422, "another root\n");
    }
    assert!(
        old == 0 || old == size || lines.count() > 0,
        "a proof from {old} to {size}"
    );
    let signed = note.split_once("\n\n").expect("signatures").0;
    let signed = if seen.mood == Mood::SignsOther {
        "other"
    } else {
        signed
    };
    let message = format!("cosignature/v1\ntime 1700000000\n{signed}\n");
    let signature = key.sign(message.as_bytes()).to_bytes();
    let body = [&hint(key)[..], &1_700_000_000_u64.to_be_bytes(), &signature].concat();
    if seen.mood == Mood::Works {
        seen.size = size;
        note.clone_into(&mut seen.note);
    }
    plain(
        200,
        &format!("\u{2014} {NAME} {}\n", Base64::encode_string(&body)),
    )
}

/// `openssl ts` behind HTTP.
pub(crate) struct Authority {
    folder: Arc<tempfile::TempDir>,
    url: String,
    seen: Arc<Mutex<Seen>>,
}

const CONFIG: &str = "\
[ req ]
distinguished_name = dn
prompt = no
[ dn ]
CN = Root of a test
[ ca ]
basicConstraints = critical, CA:true
[ tsa ]
basicConstraints = CA:false
extendedKeyUsage = critical, timeStamping
[ tsa_config ]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
";

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("openssl runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments}: {said}");
}

impl Authority {
    pub(crate) fn start(kind: &str) -> Self {
        Self::start_for_days(kind, 3000)
    }

    pub(crate) fn start_for_days(kind: &str, days: u32) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let at = folder.path();
        put(&at.join("conf"), CONFIG.as_bytes());
        put(&at.join("serial"), b"01\n");
        let key = match kind {
            "RSA" => "RSA -pkeyopt rsa_keygen_bits:2048",
            _ => "EC -pkeyopt ec_paramgen_curve:P-256",
        };
        openssl(at, &format!("genpkey -algorithm {key} -out ca.key"));
        openssl(at, &format!("genpkey -algorithm {key} -out tsa.key"));
        openssl(
            at,
            "req -new -x509 -config conf -key ca.key -days 4000 -extensions ca -out ca.pem",
        );
        openssl(
            at,
            "req -new -config conf -key tsa.key -subj /CN=Authority -out tsa.csr",
        );
        openssl(
            at,
            &format!(
                "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days {days} \
                 -extfile conf -extensions tsa -out tsa.pem"
            ),
        );
        // The first answer, for the mood in which it is given again.
        put(&at.join("note"), b"something else");
        openssl(at, "ts -query -data note -sha256 -cert -out query");
        stamp(at);
        std::fs::copy(at.join("reply"), at.join("first")).expect("copied");
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let (inside, state) = (Arc::clone(&folder), Arc::clone(&seen));
        let url = serve(move |request| reply(inside.path(), lock(&state).mood, &request));
        Self { folder, url, seen }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn roots_pem(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("ca.pem")).expect("readable")
    }

    pub(crate) fn set(&self, mood: Mood) {
        lock(&self.seen).mood = mood;
    }
}

fn stamp(folder: &Path) {
    openssl(
        folder,
        "ts -reply -config conf -section tsa_config -queryfile query -signer tsa.pem \
         -inkey tsa.key -out reply",
    );
}

fn reply(folder: &Path, mood: Mood, request: &Request) -> Reply {
    let kind = "application/timestamp-reply";
    match mood {
        Mood::Fails => Reply(500, "text/plain", b"out of order\n".to_vec()),
        // PKIStatusInfo: rejection.
        Mood::Refuses => Reply(200, kind, vec![0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02]),
        Mood::Replays => {
            // The imprint of the question, the nonce of another one: only the nonce tells.
            put(&folder.join("query"), &without_nonce(&request.body));
            stamp(folder);
            Reply(
                200,
                kind,
                std::fs::read(folder.join("reply")).expect("there"),
            )
        }
        _ => {
            put(&folder.join("query"), &request.body);
            stamp(folder);
            Reply(
                200,
                kind,
                std::fs::read(folder.join("reply")).expect("there"),
            )
        }
    }
}

/// The same question without its nonce: what a cache would have been asked before.
fn without_nonce(query: &[u8]) -> Vec<u8> {
    let at = query.len() - 13;
    assert_eq!(
        query[at..at + 2],
        [0x02, 0x08],
        "eight bytes of nonce before certReq"
    );
    let mut shorter = [&query[..at], &query[at + 10..]].concat();
    shorter[1] -= 10;
    shorter
}
