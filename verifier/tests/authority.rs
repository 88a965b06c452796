//! Time-stamp tokens of a real authority: `openssl ts` makes them, this verifier judges them, and `openssl ts -verify` judges
//! the same ones. Left out, in one line, where openssl is missing.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use unbroken_verify::{Authorities, Timestamp, TimestampError, check_timestamp, token_in_response};

const NOTE: &[u8] = b"example.org/log\n1\nroot\n\nsignature\n";

/// An authority's folder: a root, a signer, and openssl to use them.
struct Authority {
    folder: tempfile::TempDir,
    kind: &'static str,
}

const CONFIG: &str = "\
[ req ]
distinguished_name = dn
prompt = no
[ dn ]
CN = Somebody
[ ca ]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
[ tsa ]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[ lax ]
basicConstraints = CA:false
extendedKeyUsage = timeStamping
[ broad ]
basicConstraints = CA:false
extendedKeyUsage = critical, timeStamping, serverAuth
[ plain ]
basicConstraints = CA:false
[ new_oids ]
[ tsa_config ]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
";

/// To the standard error itself: what `println!` prints is shown only of a test that fails.
fn left_out(what: &str) {
    writeln!(std::io::stderr(), "left out: {what}").expect("stderr can be written");
}

fn has_openssl() -> bool {
    Command::new("openssl").arg("version").output().is_ok()
}

impl Authority {
    fn new(kind: &'static str) -> Self {
        Self::named(kind, "/CN=Test root")
    }

    fn named(kind: &'static str, root: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Self { folder, kind };
        authority.put("conf", CONFIG.as_bytes());
        authority.put("serial", b"01\n");
        authority.put("issued", b"1000\n");
        authority.key("ca");
        let request = ["-x509", "-days", "3650", "-subj", root, "-extensions", "ca"];
        authority.openssl(
            &[
                &[
                    "req", "-new", "-config", "conf", "-key", "ca.key", "-out", "ca.pem",
                ][..],
                &request,
            ]
            .concat(),
        );
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let mut file = fs::File::create(self.path(name)).expect("made");
        std::io::Write::write_all(&mut file, bytes).expect("written");
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("readable")
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("openssl runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments:?}: {said}");
    }

    fn key(&self, name: &str) {
        let out = format!("{name}.key");
        let (algorithm, option) = match self.kind {
            "RSA" => ("RSA", "rsa_keygen_bits:2048"),
            curve => (
                "EC",
                if curve == "P-256" {
                    "ec_paramgen_curve:P-256"
                } else {
                    curve
                },
            ),
        };
        self.openssl(&[
            "genpkey",
            "-algorithm",
            algorithm,
            "-pkeyopt",
            option,
            "-out",
            &out,
        ]);
    }

    /// A signer's certificate with these extensions, valid between these times.
    fn signer(&self, name: &str, extensions: &str, from: &str, to: &str) {
        self.key(name);
        let (key, csr, pem) = (
            format!("{name}.key"),
            format!("{name}.csr"),
            format!("{name}.pem"),
        );
        self.openssl(&[
            "req",
            "-new",
            "-config",
            "conf",
            "-key",
            &key,
            "-subj",
            "/CN=Test authority",
            "-out",
            &csr,
        ]);
        self.put("index.txt", b"");
        self.put("ca.conf", ca_config(extensions).as_bytes());
        self.openssl(&[
            "ca",
            "-batch",
            "-config",
            "ca.conf",
            "-in",
            &csr,
            "-out",
            &pem,
            "-startdate",
            from,
            "-enddate",
            to,
            "-notext",
        ]);
    }

    /// What an authority answers: the token alone.
    fn stamp(&self, signer: &str, stamped: &[u8]) -> Vec<u8> {
        self.put("note", stamped);
        let (key, pem) = (format!("{signer}.key"), format!("{signer}.pem"));
        self.openssl(&[
            "ts", "-query", "-data", "note", "-sha256", "-cert", "-out", "query",
        ]);
        self.openssl(&[
            "ts",
            "-reply",
            "-config",
            "conf",
            "-section",
            "tsa_config",
            "-queryfile",
            "query",
            "-signer",
            &pem,
            "-inkey",
            &key,
            "-token_out",
            "-out",
            "token",
        ]);
        self.read("token")
    }

    /// The same statement signed by whomever: what openssl's own authority refuses to sign with.
    fn sign_again(&self, signer: &str, cades: bool) -> Vec<u8> {
        let (key, pem) = (format!("{signer}.key"), format!("{signer}.pem"));
        self.openssl(&[
            "cms",
            "-verify",
            "-noverify",
            "-no_attr_verify",
            "-no_content_verify",
            "-inform",
            "DER",
            "-in",
            "token",
            "-out",
            "info",
        ]);
        let mut arguments = vec![
            "cms",
            "-sign",
            "-binary",
            "-nodetach",
            "-in",
            "info",
            "-outform",
            "DER",
            "-md",
            "sha256",
            "-econtent_type",
            "1.2.840.113549.1.9.16.1.4",
            "-signer",
            &pem,
            "-inkey",
            &key,
            "-out",
            "again",
        ];
        if cades {
            arguments.push("-cades");
        }
        self.openssl(&arguments);
        self.read("again")
    }

    fn roots(&self) -> Authorities {
        let pem = String::from_utf8(self.read("ca.pem")).expect("PEM");
        Authorities::from_pem(&pem).expect("a root")
    }
}

fn ca_config(extensions: &str) -> String {
    format!(
        "[ ca ]\ndefault_ca = own\n[ own ]\nserial = issued\n\
         database = index.txt\nnew_certs_dir = .\n\
         certificate = ca.pem\nprivate_key = ca.key\ndefault_md = sha256\npolicy = any\n\
         x509_extensions = {extensions}\nunique_subject = no\n[ any ]\ncommonName = supplied\n{}",
        CONFIG
            .split_once("[ ca ]\n")
            .map_or("", |(_, rest)| {
                rest.split_once("[ tsa ]").map_or("", |(_, rest)| rest)
            })
            .replacen('\n', "[ tsa ]\n", 1)
    )
}

const FROM: &str = "20200101000000Z";
const TO: &str = "20400101000000Z";

fn judge(token: &[u8], stamped: &[u8], roots: &Authorities) -> Result<Timestamp, TimestampError> {
    check_timestamp(token, stamped, None, Some(roots))
}

fn rule(result: Result<Timestamp, TimestampError>) -> String {
    match result {
        Ok(stamp) => format!("holds, trusted: {:?}", stamp.is_trusted),
        Err(error) => error.rule,
    }
}

#[test]
fn tokens_of_rsa_and_p_256_authorities_hold_and_openssl_agrees() {
    if !has_openssl() {
        left_out("openssl is not here; no token was made");
        return;
    }
    for kind in ["RSA", "P-256"] {
        let authority = Authority::new(kind);
        authority.signer("tsa", "tsa", FROM, TO);
        let token = authority.stamp("tsa", NOTE);
        let stamp = judge(&token, NOTE, &authority.roots()).expect("it holds");
        assert_eq!(stamp.is_trusted, Some(true), "{kind}");
        assert_eq!(stamp.policy, "1.2.3.4.1");
        assert_eq!(stamp.authority, "Test authority");
        assert!(stamp.seconds > 1_700_000_000 && stamp.expires > stamp.seconds);
        authority.openssl(&[
            "ts",
            "-verify",
            "-token_in",
            "-in",
            "token",
            "-data",
            "note",
            "-CAfile",
            "ca.pem",
        ]);
        let without = check_timestamp(&token, NOTE, None, None).expect("it holds");
        assert_eq!(without.is_trusted, None);
    }
}

#[test]
fn a_changed_byte_never_passes() {
    if !has_openssl() {
        left_out("openssl is not here; no token was made");
        return;
    }
    let authority = Authority::new("P-256");
    authority.signer("tsa", "tsa", FROM, TO);
    let token = authority.stamp("tsa", NOTE);
    let roots = authority.roots();
    let good = judge(&token, NOTE, &roots).expect("it holds");
    let mut same = 0;
    for place in 0..token.len() {
        let mut changed = token.clone();
        changed[place] ^= 1;
        if let Ok(stamp) = judge(&changed, NOTE, &roots) {
            // Certificates that are not the signer's, and unsigned envelope fields, may change; what is said may not.
            assert_eq!(stamp, good, "byte {place}");
            same += 1;
        }
    }
    println!(
        "{same} of {} bytes carry nothing that is checked",
        token.len()
    );
    assert!(
        same < 64,
        "{same} bytes of {} can change unseen",
        token.len()
    );
}

#[test]
fn each_wrong_token_gets_its_rule() {
    if !has_openssl() {
        left_out("openssl is not here; no token was made");
        return;
    }
    let authority = Authority::new("P-256");
    let roots = authority.roots();
    authority.signer("tsa", "tsa", FROM, TO);
    let token = authority.stamp("tsa", NOTE);
    assert_eq!(rule(judge(&token, b"other", &roots)), "timestamp/imprint");
    let nonce = check_timestamp(&token, NOTE, Some(&[1, 2, 3]), Some(&roots));
    assert_eq!(rule(nonce), "timestamp/nonce");
    // Another root of the same name did not issue it; one of another name says nothing.
    let namesake = Authority::new("RSA");
    assert_eq!(
        rule(judge(&token, NOTE, &namesake.roots())),
        "timestamp/chain"
    );
    let foreign = Authority::named("RSA", "/CN=Foreign root");
    assert_eq!(
        rule(judge(&token, NOTE, &foreign.roots())),
        "holds, trusted: Some(false)"
    );
    let long = [&token[..], &[0]].concat();
    assert_eq!(rule(judge(&long, NOTE, &roots)), "timestamp/form");
    // The same statement signed again, properly, by certificates that may not.
    assert_eq!(
        rule(judge(&authority.sign_again("tsa", true), NOTE, &roots)),
        "holds, trusted: Some(true)"
    );
    assert_eq!(
        rule(judge(&authority.sign_again("tsa", false), NOTE, &roots)),
        "timestamp/certificate"
    );
    for (name, extensions) in [("lax", "lax"), ("broad", "broad"), ("plain", "plain")] {
        authority.signer(name, extensions, FROM, TO);
        let again = authority.sign_again(name, true);
        assert_eq!(
            rule(judge(&again, NOTE, &roots)),
            "timestamp/usage",
            "{name}"
        );
    }
    for (name, from, to) in [
        ("expired", "20200101000000Z", "20210101000000Z"),
        ("early", "20390101000000Z", "20400101000000Z"),
    ] {
        authority.signer(name, "tsa", from, to);
        let again = authority.sign_again(name, true);
        assert_eq!(
            rule(judge(&again, NOTE, &roots)),
            "timestamp/expired",
            "{name}"
        );
    }
    assert!(Path::new(&authority.path("token")).exists());
}

#[test]
fn only_a_granted_answer_gives_a_token() {
    let granted = [
        0x30, 0x09, 0x30, 0x03, 0x02, 0x01, 0x00, 0x30, 0x02, 0x05, 0x00,
    ];
    let token = [0x30, 0x02, 0x05, 0x00];
    assert_eq!(token_in_response(&granted), Ok(Some(&token[..])));
    let rejected = [0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02];
    assert_eq!(token_in_response(&rejected), Ok(None));
    let behind_the_token = [&[0x30, 0x0b][..], &granted[2..], &[0x05, 0x00]].concat();
    let behind_the_end = [&granted[..], &[0x00]].concat();
    for bad in [
        &[][..],
        &[0x30],
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        &[0x30, 0x00],
        &[0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x00],
        &behind_the_token,
        &behind_the_end,
    ] {
        let rule = token_in_response(bad).map_err(|error| error.rule);
        assert_eq!(rule, Err("timestamp/form".to_owned()), "{bad:?}");
    }
}
