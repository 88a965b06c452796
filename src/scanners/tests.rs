//! What lies inside of what: each door leads to the same look, and what cannot be looked into whole is never passed.

use std::io::{Cursor, Write};

use base64ct::{Base64, Encoding};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::domain::content::Unscanned;

const BAD: &[u8] = b"known to be bad";

fn gate(hold: &[Class]) -> ContentGate {
    ContentGate {
        bad: Some("b".to_owned()),
        clamd: false,
        hold: hold.to_vec(),
        number: 1,
        part_bytes_max: 1,
        unscanned: Unscanned::Hold,
        yara: Some("y".to_owned()),
    }
}

fn scanners() -> Scanners {
    let bad = HashSet::from([Digest(Sha256::digest(BAD).into())]);
    let yara = Yara::compile("rule needle { strings: $a = \"needle\" condition: $a }").expect("ok");
    Scanners::new(gate(&Class::BY_POLICY), Some(bad), None, Some(yara)).expect("complete")
}

fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .start_file(name, SimpleFileOptions::default())
        .expect("begun");
    writer.write_all(content).expect("written");
    writer.finish().expect("finished").into_inner()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    writer.write_all(content).expect("written");
    writer.finish().expect("finished")
}

fn mail(name: &str, content: &[u8]) -> Vec<u8> {
    let encoded = Base64::encode_string(content);
    format!(
        "X-First: none that tells\r\nSubject: s\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/plain\r\n\r\nhay\r\n--b\r\n\
         Content-Type: application/octet-stream; name=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n--b--\r\n"
    )
    .into_bytes()
}

fn nested_mail(inner: &[u8]) -> Vec<u8> {
    let head =
        b"From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n\
        --c\r\nContent-Type: message/rfc822\r\n\r\n";
    [head, inner, b"\r\n--c--\r\n"].concat()
}

fn classes(name: &str, bytes: &[u8]) -> Vec<Class> {
    let scanners = scanners();
    let mut screening = scanners.begin(BTreeSet::new());
    screening.whole(name, bytes);
    screening.end().classes
}

#[test]
fn what_is_bad_is_found_behind_every_door() {
    let doors: [(&str, Vec<u8>); 7] = [
        ("a", BAD.to_vec()),
        ("a.zip", zip("x/y", BAD)),
        ("a", zip("x", &zip("y", BAD))),
        ("a.gz", gzip(BAD)),
        ("a.eml", mail("x", BAD)),
        ("a", nested_mail(&mail("x", &zip("y", &gzip(BAD))))),
        (
            "picture.png",
            [b"\x89PNG and so on".as_slice(), &zip("x", BAD)].concat(),
        ),
    ];
    for (number, (name, bytes)) in doors.iter().enumerate() {
        assert_eq!(classes(name, bytes), [Class::KnownBad], "door {number}");
    }
    assert_eq!(classes("a", b"hay"), []);
    assert_eq!(
        classes("a.eml", &mail("x", b"the needle")),
        [Class::Malware]
    );
    assert_eq!(classes("a.zip", &zip("x.js", b"hay")), [Class::Executable]);
    assert_eq!(
        classes("a.docx", &zip("word/vbaProject.bin", b"v")),
        [Class::Macro]
    );
    assert_eq!(classes("a.rar", b"Rar!\x1a\x07\0"), [Class::Archive]);
}

#[test]
fn what_is_deeper_or_larger_than_is_looked_into_is_not_passed() {
    let mut deep = BAD.to_vec();
    for _ in 0..20 {
        deep = zip("x", &deep);
    }
    assert_eq!(classes("a", &deep), [Class::NotWhole]);
    // A bomb: a gigabyte of zeros in a megabyte; what comes out is counted and not kept.
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    for _ in 0..300 {
        bomb.write_all(&zeros).expect("written");
    }
    assert_eq!(
        classes("a.gz", &bomb.finish().expect("finished")),
        [Class::NotWhole]
    );
    let mut cut = zip("x", BAD);
    cut.truncate(cut.len() - 30);
    assert_eq!(classes("a.zip", &cut), [Class::NotWhole]);
}

#[test]
fn a_large_file_is_told_by_its_head_and_its_digest_and_by_nothing_that_would_need_it_whole() {
    let scanners = scanners();
    let look = |name: &str, digest: Digest, head: &[u8]| {
        let mut screening = scanners.begin(BTreeSet::new());
        let size = WHOLE_BYTES_MAX + 1;
        let mut content = head.chain(io::repeat(0).take(size - head.len() as u64));
        screening
            .stream(name, size, digest, &mut content)
            .expect("read");
        screening.end().classes
    };
    // Rules cannot judge what is not there as a whole.
    assert_eq!(look("a.mp4", Digest([0; 32]), b"x"), [Class::NotWhole]);
    let program = look("a", Digest([0; 32]), b"MZ");
    assert_eq!(program, [Class::Executable, Class::NotWhole]);
    let known = look("a", Digest(Sha256::digest(BAD).into()), b"x");
    assert_eq!(known, [Class::KnownBad, Class::NotWhole]);
}

#[test]
fn a_release_lets_pass_what_it_names_and_never_what_is_known_or_unseen() {
    let scanners = scanners();
    let look = |let_pass: &[Class], bytes: &[u8]| {
        let mut screening = scanners.begin(let_pass.iter().copied().collect());
        screening.whole("a.js", bytes);
        screening.end()
    };
    let screened = look(&[Class::Executable], b"hay");
    assert_eq!(
        (screened.verdict, screened.held_for()),
        (Verdict::Passed, None)
    );
    assert_eq!(screened.let_pass, [Class::Executable]);
    let other = look(&[Class::Executable], b"the needle");
    assert_eq!(
        (other.verdict, other.held_for()),
        (Verdict::Held, Some(Class::Malware))
    );
    let known = look(&Class::ALL, BAD);
    assert_eq!(
        (known.verdict, known.held_for()),
        (Verdict::Held, Some(Class::KnownBad))
    );
}

#[test]
fn other_content_and_another_finding_are_seen_to_be_others() {
    let look = |rules: &str, name: &str, bytes: &[u8]| {
        let yara = Yara::compile(rules).expect("rules");
        let hold = gate(&Class::BY_POLICY);
        let scanners = Scanners::new(hold, Some(HashSet::new()), None, Some(yara));
        let scanners = scanners.expect("complete");
        let mut screening = scanners.begin(BTreeSet::from(Class::ALL));
        screening.texts("texts", ["subject"]);
        screening.whole(name, bytes);
        screening.end()
    };
    let (one, other) = (
        "rule one { condition: true }",
        "rule other { condition: true }",
    );
    let first = look(one, "a.js", b"hay");
    assert_eq!(first.seen, look(one, "a.js", b"hay").seen);
    for changed in [
        look(one, "a.js", b"straw"),
        look(one, "b.js", b"hay"),
        look(other, "a.js", b"hay"),
        look(&format!("{one} {other}"), "a.js", b"hay"),
    ] {
        assert_eq!(changed.classes, first.classes, "the same classes");
        assert_ne!(changed.seen, first.seen);
    }
    let mut again = first;
    assert_eq!(again.verdict, Verdict::Passed);
    again.hold_again();
    assert_eq!(
        (again.verdict, again.held_for()),
        (Verdict::Held, Some(Class::Malware))
    );
    assert!(again.let_pass.is_empty());
}

#[test]
fn a_gate_without_whoever_it_asks_for_is_none() {
    let asks = ContentGate {
        clamd: true,
        ..gate(&[])
    };
    let missing = Scanners::new(asks, None, None, None).map(drop);
    assert_eq!(missing, Err(NotComplete::Clamd));
    let missing = Scanners::new(gate(&[]), None, None, None).map(drop);
    assert_eq!(missing, Err(NotComplete::Bad));
}

proptest! {
    /// Whatever a part is made of, the look ends, and passes nothing in which something was found.
    #[test]
    fn no_bytes_are_a_danger(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let mut broken = zip("a/vbaProject.bin", &mail("x.js", &gzip(&bytes)));
        let at = at.index(broken.len());
        broken[at] = value;
        for bytes in [&bytes, &broken] {
            let scanners = scanners();
            let mut screening = scanners.begin(BTreeSet::new());
            screening.whole("part", bytes);
            let screened = screening.end();
            prop_assert_eq!(screened.verdict == Verdict::Passed, screened.classes.is_empty());
            texts(bytes, &mut |_| ());
        }
    }
}

fn held(name: &str, bytes: &[u8]) -> Option<Class> {
    let scanners = scanners();
    let mut screening = scanners.begin(BTreeSet::new());
    screening.whole(name, bytes);
    screening.end().held_for()
}

#[test]
fn a_mail_that_ends_like_a_zip_is_opened_as_both() {
    let mut bytes = mail("a.bin", BAD);
    bytes.extend_from_slice(b"PK\x05\x06");
    assert!(held("a.eml", &bytes).is_some());
    let mut bytes = mail("a.bin", BAD);
    bytes.extend(zip("x", b"hay"));
    assert!(held("a.eml", &bytes).is_some());
}

#[test]
fn what_other_readers_decode_and_this_one_does_not_is_not_passed() {
    let plain = mail("a.bin", b"hay");
    assert_eq!(held("a.eml", &plain), None);
    let text = String::from_utf8(plain).expect("text");
    let other = text.replace("Encoding: base64", "Encoding: x-uuencode");
    assert_eq!(held("a.eml", other.as_bytes()), Some(Class::NotWhole));
    let encoded = Base64::encode_string(b"hay");
    let stray = text.replace(&encoded, &format!("!{encoded}"));
    assert_eq!(held("a.eml", stray.as_bytes()), Some(Class::NotWhole));
}

/// A message file and a TNEF stream with a message within, each with a file `a.txt` that holds `bytes`.
const OUTLOOK: [(&str, &[u8]); 2] = [
    (
        "a.msg",
        include_bytes!("../../tests/fuzz/seeds/message_file/mail.msg"),
    ),
    (
        "winmail.dat",
        include_bytes!("../../tests/fuzz/seeds/tnef/within"),
    ),
];

#[test]
fn what_outlook_wraps_is_opened_and_each_part_is_shown() {
    let bad = HashSet::from([Digest(Sha256::digest(b"bytes").into())]);
    let rules = "rule body { strings: $a = \"fromhtml1 {\" condition: $a at 11 }
        rule within { strings: $a = /(within|inside)/ condition: $a and filesize < 200 }";
    let yara = Yara::compile(rules).expect("rules");
    let scanners = Scanners::new(gate(&Class::BY_POLICY), Some(bad), None, Some(yara));
    let scanners = scanners.expect("complete");
    for (name, bytes) in OUTLOOK {
        let mut screening = scanners.begin(BTreeSet::new());
        // Nothing but what is opened tells: the file lies in a zip.
        screening.whole("a.zip", &zip(name, bytes));
        let screened = screening.end();
        let found = |what: &str| screened.found.iter().any(|found| found.name == what);
        assert_eq!(
            screened.classes,
            [Class::KnownBad, Class::Malware],
            "{name}"
        );
        assert!(found("on the list"), "{name}: its file");
        assert!(found("within"), "{name}: the text of the message within");
    }
    let (name, whole) = OUTLOOK[0];
    assert_eq!(held(name, whole), None, "hay");
    let mut broken = whole.to_vec();
    broken[30] = 0;
    assert_eq!(held(name, &broken), Some(Class::NotWhole), "its sectors");
}

fn mbox(mails: &[&[u8]]) -> Vec<u8> {
    let line = b"From ada@old.example Mon Jan  5 10:00:00 2026\n";
    let mails = mails.iter();
    mails
        .flat_map(|mail| [&line[..], mail, b"\n\n"].concat())
        .collect()
}

#[test]
fn a_mailbox_is_opened_mail_by_mail() {
    let (hay, bad) = (mail("a.bin", b"hay"), mail("a.bin", BAD));
    for name in ["a.mbox", "Inbox", "a.txt"] {
        assert_eq!(classes(name, &mbox(&[&hay, &hay])), []);
        assert_eq!(classes(name, &mbox(&[&hay, &bad])), [Class::KnownBad]);
        assert_eq!(classes(name, &mbox(&[&bad, &hay])), [Class::KnownBad]);
    }
    let first = b"X-Own: 1\n\nhay\n";
    assert_eq!(classes("a", &mbox(&[first, &bad])), [Class::KnownBad]);
    let zipped = zip("Takeout/Mail/all.mbox", &mbox(&[&hay, &bad]));
    assert_eq!(classes("a.zip", &zipped), [Class::KnownBad]);
    // A sentence that begins so divides nothing; what some readers divide at is not passed.
    let said = String::from_utf8(hay.clone()).expect("text");
    let sentence = said.replace("\r\nhay\r\n", "\r\nhay\r\nFrom here on: hay\r\n");
    assert_eq!(classes("a", &mbox(&[sentence.as_bytes(), &hay])), []);
    // One that is dated as those are that open a mail divides it for some, whatever stands behind it.
    let dated = "\r\n\r\nFrom x Mon Jan  5 10:00:00 2026\r\nX-Own: y\r\n";
    let dated = said.replace("\r\nhay\r\n", &format!("\r\nhay{dated}"));
    assert_eq!(
        classes("a", &mbox(&[dated.as_bytes(), &hay])),
        [Class::NotWhole]
    );
    // Nobody in it has a header that mails have: the line that opens it is enough.
    let bare = b"X-Own: y\n\nknown to be bad";
    let line = b"From x Mon Jan 5 10:00 +0100 2026\n";
    let only = [&line[..], bare].concat();
    let parts = |bytes: &[u8]| {
        let scanners = scanners();
        let mut screening = scanners.begin(BTreeSet::new());
        screening.whole("a", bytes);
        screening.end().parts
    };
    assert_eq!(parts(&only), 3, "the file, the mail, its text");
    assert_eq!(parts(b"From here on: hay\n"), 1);
    // Padding in front of the header by which a mail is known hides nothing.
    let padding = "X-Pad: 0123456789012345678901234567890123456789\r\n".repeat(1_000);
    for name in ["a.txt", "Inbox"] {
        let padded = [padding.as_bytes(), &bad].concat();
        assert_eq!(classes(name, &padded), [Class::KnownBad], "{name}");
        let boxed = mbox(&[&hay, &padded]);
        assert_eq!(classes(name, &boxed), [Class::KnownBad], "{name}");
    }
    let head = &padding.as_bytes()[..archive::HEAD_BYTES];
    assert!(inside::is_container(head), "for all that its head says");
    assert!(!inside::is_container(&b"a line of a log\n".repeat(3_000)));
    // What is a mailbox by name alone is named.
    assert_eq!(classes("a.mbox", b"no mailbox"), [Class::NotWhole]);
    assert_eq!(classes("a.mbox", b"\n"), []);
    let hidden = said.replace("\r\nhay\r\n", "\r\nhay\r\nFrom x\r\nSubject: y\r\n");
    assert_eq!(
        classes("a", &mbox(&[hidden.as_bytes(), &hay])),
        [Class::NotWhole]
    );
}

#[test]
fn what_is_only_signed_is_opened_and_what_is_encrypted_is_held_as_policy_says() {
    let octets = |tag: u8, content: &[u8]| -> Vec<u8> {
        let length = u16::try_from(content.len()).expect("short").to_be_bytes();
        [&[tag, 0x82][..], &length, content].concat()
    };
    let id = |last: u8| {
        [
            b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07".as_slice(),
            &[last],
        ]
        .concat()
    };
    let cms = |last, inner: &[u8]| octets(0x30, &[id(last), octets(0xa0, inner)].concat());
    let signed = |content: &[u8]| {
        let within = octets(0xa0, &octets(4, content));
        let within = octets(0x30, &[id(1), within].concat());
        cms(
            2,
            &octets(0x30, &[&[2, 1, 1, 0x31, 0][..], &within].concat()),
        )
    };
    let doors = [
        ("smime.p7m", signed(&mail("x", BAD))),
        ("letter.txt.p7m", signed(BAD)),
        ("a", signed(&zip("x", BAD))),
        ("a.eml", mail("smime.p7m", &signed(&mail("x", BAD)))),
    ];
    for (name, bytes) in doors {
        assert_eq!(classes(name, &bytes), [Class::KnownBad], "{name}");
    }
    assert_eq!(classes("run.js.p7m", &signed(b"hay")), [Class::Executable]);
    assert_eq!(classes("a.p7m", b"hay"), [Class::NotWhole]);
    assert_eq!(classes("a.p7m", &signed(b"hay")[..20]), [Class::NotWhole]);

    let pgp = b"-----BEGIN PGP MESSAGE-----\n\nwcDM\n-----END PGP MESSAGE-----\n";
    let multipart = b"Subject: s\r\nContent-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\
        Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b--\r\n";
    let sealed: [(&str, Vec<u8>); 8] = [
        ("smime.p7m", cms(3, b"")),
        ("a.eml", mail("smime.p7m", &cms(3, b""))),
        ("a.asc", pgp.to_vec()),
        ("a.eml", mail("encrypted.asc", pgp)),
        ("a.zip", zip("a.gpg", b"\x85\x01\x0c\x0312345678\x01")),
        ("a.eml", multipart.to_vec()),
        (
            "a.odt",
            zip("META-INF/manifest.xml", b"<x:encryption-data/>"),
        ),
        ("a.pdf", b"%PDF-1.7 trailer <</Encrypt 5 0 R>>".to_vec()),
    ];
    let lenient = gate(&[Class::Executable]);
    let lenient = Scanners::new(
        ContentGate {
            bad: None,
            yara: None,
            ..lenient
        },
        None,
        None,
        None,
    );
    let lenient = lenient.expect("complete");
    for (name, bytes) in &sealed {
        assert_eq!(classes(name, bytes), [Class::Encrypted], "{name}");
        // As with a zip under a password: who does not hold such things lets them pass.
        let mut screening = lenient.begin(BTreeSet::new());
        screening.whole(name, bytes);
        assert_eq!(screening.end().verdict, Verdict::Passed, "{name}");
    }
}

#[test]
fn texts_are_judged_and_never_taken_for_what_can_be_run() {
    let scanners = scanners();
    let look = |texts: &[&str]| {
        let mut screening = scanners.begin(BTreeSet::new());
        screening.texts("texts", texts.iter().copied());
        screening.end().classes
    };
    let bad = std::str::from_utf8(BAD).expect("text");
    assert_eq!(look(&["hay", bad]), [Class::KnownBad]);
    assert_eq!(look(&["hay", "a needle"]), [Class::Malware]);
    assert_eq!(look(&["-----BEGIN PGP MESSAGE-----"]), [Class::Encrypted]);
    assert_eq!(look(&["MZ", "#! run.exe", "From: x", ""]), []);
}
