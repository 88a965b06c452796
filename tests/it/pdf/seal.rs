//! The seal: what it covers, what it refuses, the time stamp in it, and the key's binding to the ledger. Other people's readers
//! judge the files that these tests leave, in `tests/clients/pdf.sh`.

use std::fs;
use std::process::Command;

use sha2::{Digest as _, Sha256};
use unbroken::anchors::AuthorityAt;
use unbroken::domain::seal_key::SealKeyBound;
use unbroken::reports::pdf::render;
use unbroken::reports::pdf::seal::binding::{Unbound, bind, check};
use unbroken::reports::pdf::seal::{Certificate, FileKey, RehearsalAuthority, SealError, sign};
use unbroken_verify::{Authorities, check_timestamp};

use super::parse::Pdf;
use super::{folder, sample, when};
use crate::anchors::parties::Authority;
use crate::left_out::left_out;

fn key() -> FileKey {
    FileKey::from_pkcs8(&FileKey::generate().expect("a key")).expect("it is read")
}

fn own_certificate(key: &FileKey) -> Certificate {
    let yesterday = chrono::Utc::now() - chrono::Duration::days(1);
    Certificate::for_rehearsal(key, "Example Recovery Ltd", [9; 16], yesterday).expect("signed")
}

/// What `/ByteRange` covers, and the signature as it stands in the hole.
fn covered(sealed: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let at = |wanted: &[u8]| {
        sealed
            .windows(wanted.len())
            .rposition(|window| window == wanted)
            .expect("it is there")
    };
    let range = &sealed[at(b"/ByteRange[") + 11..][..60];
    let range = String::from_utf8_lossy(range).into_owned();
    let numbers: Vec<usize> = range[..range.find(']').expect("its end")]
        .split_whitespace()
        .map(|number| number.parse().expect("a number"))
        .collect();
    let [first, before, second, after] = numbers[..] else {
        panic!("four numbers: {range}");
    };
    assert_eq!((first, second + after), (0, sealed.len()));
    assert_eq!((sealed[before], sealed[second - 1]), (b'<', b'>'));
    let digits = std::str::from_utf8(&sealed[before + 1..second - 1]).expect("hex");
    let signature = (0..digits.len() / 2)
        .map(|i| u8::from_str_radix(&digits[i * 2..i * 2 + 2], 16).expect("hex"))
        .collect();
    let covered = [&sealed[..before], &sealed[second..]].concat();
    (covered, signature)
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn a_seal_is_added_behind_and_covers_everything() {
    let plain = render(&sample::report(), when()).expect("rendered");
    let key = key();
    let certificate = own_certificate(&key);
    let chain = [certificate.clone()];
    let signed = sign(&plain, &key, &chain, "Issue of the report", when()).expect("signed");
    let sealed = signed.finish(None).expect("sealed");
    assert!(
        sealed.starts_with(&plain),
        "what was there stays, byte for byte"
    );
    let (covered, signature) = covered(&sealed);
    assert!(holds(&signature, &Sha256::digest(&covered)));
    assert!(holds(&signature, certificate.der()));
    let (before, now) = (Pdf::read(&plain), Pdf::read(&sealed));
    for part in [
        "/AcroForm<</Fields[",
        "/SigFlags 3",
        "/Perms<</DocMDP ",
        "/AF[",
        "/Lang(en-GB)",
    ] {
        assert!(now.catalog().contains(part), "{part}");
    }
    assert_eq!(now.elements("TR"), before.elements("TR"));
    assert_eq!(now.files(), before.files());
    let again = sign(&sealed, &key, &chain, "Issue", when());
    assert!(matches!(
        again.err(),
        Some(SealError::NotOurs | SealError::Sealed)
    ));
    fs::write(folder().join("sealed.pdf"), sealed).expect("written");
    fs::write(folder().join("seal.pem"), certificate.to_pem()).expect("written");
}

/// The demo's seal is of the same level as a real one, B-T, and its authority says what it is. `tests/clients/check_bundle.sh` has
/// other people's readers judge the demo's own.
#[test]
fn a_rehearsals_time_stamp_holds_and_its_authority_says_that_it_proves_nothing() {
    let now = chrono::Utc::now();
    let stamps = RehearsalAuthority::make("unbroken demo", [7; 16], now).expect("made");
    let token = stamps.stamp(b"signature", [8; 16], now).expect("stamped");
    let roots = Authorities::from_pem(&stamps.certificate().to_pem()).expect("a root");
    let said = check_timestamp(&token, b"signature", None, Some(&roots)).expect("it holds");
    assert_eq!(
        (said.is_trusted, said.seconds),
        (Some(true), now.timestamp())
    );
    assert_eq!(said.authority, "REHEARSAL time stamps, prove nothing");
    assert_eq!(said.policy, "1.3.6.1.4.1.32473.1");
    let other = check_timestamp(&token, b"another", None, Some(&roots));
    assert_eq!(other.expect_err("refused").rule, "timestamp/imprint");
    let mut changed = token.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert!(check_timestamp(&changed, b"signature", None, Some(&roots)).is_err());
    let sealed = key();
    let chain = [own_certificate(&sealed)];
    let signed = sign(
        &render(&sample::report(), when()).expect("laid out"),
        &sealed,
        &chain,
        "r",
        now,
    );
    let signed = signed.expect("signed");
    let token = stamps
        .stamp(signed.to_stamp(), [9; 16], now)
        .expect("stamped");
    let pdf = signed.finish(Some(&token)).expect("finished");
    let (_, cms) = covered(&pdf);
    assert!(holds(&cms, &token), "the token stands in the seal");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let plain = render(&sample::report(), when()).expect("rendered");
    let (one, other) = (key(), key());
    let foreign = [own_certificate(&other)];
    let refused = sign(&plain, &one, &foreign, "Issue", when());
    assert!(matches!(refused.err(), Some(SealError::OtherKey)));
    let none = sign(&plain, &one, &[], "Issue", when());
    assert!(matches!(none.err(), Some(SealError::Certificate(_))));
    for length in [0, 9, plain.len() / 2, plain.len() - 30] {
        let refused = sign(&plain[..length], &other, &foreign, "Issue", when());
        assert!(
            matches!(refused.err(), Some(SealError::NotOurs)),
            "{length}"
        );
    }
    let signed = sign(&plain, &other, &foreign, "Issue", when()).expect("signed");
    let long = signed.finish(Some(&b"x".repeat(60_000)));
    assert!(matches!(long, Err(SealError::TooLong { .. })));
    assert!(
        FileKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----").is_err()
    );
    for pem in [
        "",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----",
    ] {
        assert!(Certificate::chain_from_pem(pem).is_err(), "{pem}");
    }
}

#[test]
fn the_seal_key_and_the_ledger_key_are_bound_both_ways() {
    let key = key();
    let certificate = own_certificate(&key);
    let origin = "unbroken/example/simulated";
    let keyid = "ab".repeat(32);
    let bound = bind(&key, &certificate, origin, &keyid).expect("bound");
    assert_eq!(check(&bound, &certificate, origin, &keyid), Ok(()));
    let is =
        |bound: &SealKeyBound, origin: &str, keyid: &str| check(bound, &certificate, origin, keyid);
    assert_eq!(
        is(&bound, "another/ledger", &keyid),
        Err(Unbound::Signature)
    );
    assert_eq!(
        is(&bound, origin, &"ac".repeat(32)),
        Err(Unbound::Signature)
    );
    let unknown = SealKeyBound {
        algorithm: "ed25519".to_owned(),
        ..bound.clone()
    };
    assert_eq!(is(&unknown, origin, &keyid), Err(Unbound::Algorithm));
    let other = SealKeyBound {
        key: "00".repeat(32),
        ..bound.clone()
    };
    assert_eq!(is(&other, origin, &keyid), Err(Unbound::Key));
    let foreign = own_certificate(&self::key());
    assert_eq!(
        check(&bound, &foreign, origin, &keyid),
        Err(Unbound::Certificate)
    );
}

/// A key and a chain of two as openssl makes them; `None` where there is no openssl.
fn from_openssl(kind: &str) -> Option<(FileKey, Vec<Certificate>, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &str| {
        let mut command = Command::new("openssl");
        command
            .args(arguments.split_whitespace())
            .current_dir(&folder);
        command
            .output()
            .ok()
            .filter(|output| output.status.success())
    };
    run("version")?;
    fs::write(
        folder.path().join("ext"),
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n",
    )
    .expect("written");
    for arguments in [
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key",
        "req -new -x509 -key ca.key -days 900 -subj /CN=Root -out ca.pem",
        &format!("genpkey -algorithm {kind} -out seal.key"),
        "req -new -key seal.key -subj /O=Example/CN=Seal -out seal.csr",
        "x509 -req -in seal.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 90 -extfile ext \
         -out seal.pem",
    ] {
        run(arguments).unwrap_or_else(|| panic!("openssl {arguments}"));
    }
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).expect("readable");
    let key = FileKey::from_pem(&text("seal.key")).expect("a key");
    let chain =
        Certificate::chain_from_pem(&(text("seal.pem") + &text("ca.pem"))).expect("a chain");
    Some((key, chain, text("ca.pem")))
}

#[test]
fn keys_and_certificates_of_openssl_seal_with_a_time_stamp_that_was_verified() {
    for (kind, file) in [
        ("RSA -pkeyopt rsa_keygen_bits:3072", "stamped-rsa"),
        ("EC -pkeyopt ec_paramgen_curve:P-256", "stamped"),
    ] {
        let Some((key, chain, root)) = from_openssl(kind) else {
            return left_out("openssl is not on the PATH; no time stamp was put into a seal");
        };
        let plain = render(&sample::report(), when()).expect("rendered");
        let signed = sign(&plain, &key, &chain, "Issue of the report", when()).expect("signed");
        let authority = Authority::start("P-256");
        let roots = String::from_utf8(authority.roots_pem()).expect("PEM");
        let authority = AuthorityAt {
            name: "test".to_owned(),
            url: authority.url().to_owned(),
            roots: Authorities::from_pem(&roots).expect("roots"),
            policy: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let asked = authority.stamp(signed.to_stamp());
        let (token, stamp) = runtime.block_on(asked).expect("stamped");
        assert_eq!(stamp.is_trusted, Some(true));
        let sealed = signed.finish(Some(&token)).expect("sealed");
        let (covered, signature) = covered(&sealed);
        assert!(holds(&signature, &Sha256::digest(&covered)));
        assert!(holds(&signature, &token));
        fs::write(folder().join(format!("{file}.pdf")), sealed).expect("written");
        fs::write(folder().join(format!("{file}.pem")), root + &roots).expect("written");
    }
}
