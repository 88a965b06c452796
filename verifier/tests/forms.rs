//! What fuzzing both implementations against each other found the verifier too lax in, one case each.

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use unbroken_verify::fuzzing::{Frames, event, note, note_is_signed, policy, segment, trust};

const PAGE: &str = include_str!("../../docs/ledger-format.md");

/// The n-th example of section 13.
fn example(n: usize) -> &'static str {
    let section = PAGE.split("## 13.").nth(1).expect("a worked example");
    section.split("```\n").nth(2 * n + 1).expect("an example")
}

/// The public key of the log in the example: its secret bytes are all 4.
fn log_key() -> [u8; 32] {
    ed25519_dalek::SigningKey::from_bytes(&[4; 32])
        .verifying_key()
        .to_bytes()
}

#[test]
fn notes_are_signed_notes_in_one_spelling() {
    let good = example(3);
    assert!(note(good.as_bytes()).is_ok() && note_is_signed(good.as_bytes(), log_key()));
    let line = good.lines().last().expect("a signature line");
    let other = "\u{2014} witness AQIDBAU=\n";
    assert!(note(format!("{good}{other}").as_bytes()).is_ok());
    for bad in [
        good.replacen("example.org", "example\tорг", 1),
        good.replacen("example.org", "example\u{a0}org", 1),
        good.replacen("example.org", "example+org", 1),
        format!("{good}\u{2014} wit+ness AQIDBAU=\n"),
        format!("{good}\u{2014} wit\u{2003}ness AQIDBAU=\n"),
        format!("{good}\u{2014} witness AQIDBA==\n"),
        format!("{good}{}", other.repeat(64)),
    ] {
        assert_eq!(note(bad.as_bytes()), Err("checkpoint/form"), "{bad}");
    }
    // The same line again holds; one that only looks like it breaks all of them.
    let twice = format!("{good}{line}\n");
    assert!(note_is_signed(twice.as_bytes(), log_key()));
    let forged = format!("{good}{}\n", line.replacen("Am2qo", "Am2qp", 1));
    assert!(note(forged.as_bytes()).is_ok() && forged != twice);
    assert!(!note_is_signed(forged.as_bytes(), log_key()));
}

#[test]
fn events_in_reserved_streams_name_a_key() {
    let good = example(0).trim_end();
    assert!(event(good.as_bytes()).is_ok());
    for stream in ["case/c1", "approval/c1", "approval/c1/c1", "case/"] {
        let bad = good.replacen("custodian/c1", stream, 1);
        assert_eq!(event(bad.as_bytes()), Err("event/stream"), "{stream}");
    }
}

#[test]
fn a_type_that_nobody_may_sign_is_no_policy() {
    let of = |roles: &str| {
        let text = format!("{{\"approvals\":{{}},\"gates\":{{}},\"types\":{{\"A/1\":[{roles}]}}}}");
        policy(text.as_bytes())
    };
    assert_eq!(of("\"worker\""), Ok(()));
    assert_eq!(of(""), Err("policy/form"));
}

#[test]
fn only_a_last_frame_is_torn() {
    let frame = |entry: &[u8]| {
        let length = u32::try_from(entry.len()).expect("short");
        let sum = crc32c::crc32c(entry);
        [&length.to_le_bytes()[..], &sum.to_le_bytes(), entry].concat()
    };
    let head = [&b"unbroken-seg-v1\n"[..], &[0; 16]].concat();
    let whole = frame(b"{\"index\":0}");
    let next = frame(b"{\"index\":1}");
    let mut cut = next.clone();
    cut.pop();
    let mut flipped = next.clone();
    flipped[12] ^= 1;
    let judge = |parts: &[&[u8]], covered| {
        let (entries, ended) = segment(&[&head, &parts.concat()[..]].concat(), covered);
        (entries.len(), ended)
    };
    let zeros = [0; 40];
    assert_eq!(judge(&[&whole, &zeros], 1), (1, Frames::Whole));
    assert_eq!(judge(&[&whole, &cut], 1), (1, Frames::Torn));
    assert_eq!(judge(&[&whole, &cut], 2), (1, Frames::Damaged));
    assert_eq!(judge(&[&whole, &flipped, &zeros], 1), (1, Frames::Torn));
    // Bytes behind the end of the frames are no part of the file's form, and a whole frame there was an entry.
    assert_eq!(judge(&[&whole, &zeros, b"x"], 1), (1, Frames::Torn));
    assert_eq!(judge(&[&whole, &zeros, &next], 1), (1, Frames::Damaged));
    assert_eq!(judge(&[&whole, &flipped, &next], 1), (1, Frames::Damaged));
}

/// A vkey of that type; the secret bytes of its key are all that number.
fn vkey(name: &str, kind: u8, number: u8) -> String {
    let key = ed25519_dalek::SigningKey::from_bytes(&[number; 32]);
    let body = [&[kind][..], key.verifying_key().as_bytes()].concat();
    let hash = Sha256::digest([name.as_bytes(), b"\n", &body].concat());
    let id = format!(
        "{:08x}",
        u32::from_be_bytes(*hash.first_chunk().expect("32 bytes"))
    );
    format!("{name}+{id}+{}", Base64::encode_string(&body))
}

#[test]
fn no_witness_counts_as_two() {
    let judge = |lines: &str| {
        let log = vkey("example.org/log", 1, 4);
        let witness = |name, key, number| format!("witness {name} {}\n", vkey(key, 4, number));
        let lines = lines
            .replace("(a)", &witness("a", "a.example", 5))
            .replace("(b)", &witness("b", "b.example", 6))
            .replace("(c)", &witness("c", "c.example", 7))
            .replace("(a again)", &witness("a", "b.example", 6))
            .replace("(b as a)", &witness("b", "a.example", 5))
            .replace("(b with a's key)", &witness("b", "b.example", 5))
            .replace("(none)", &witness("none", "a.example", 5));
        trust(format!("log {log}\n{lines}\n").as_bytes())
    };
    for good in [
        "(a)(b)group g 2 a b\nquorum g",
        "(a)(b)(c)group g any a b\ngroup h all g c\nquorum h",
        "(a)quorum a",
        "quorum none",
    ] {
        assert_eq!(judge(good), Ok(()), "{good}");
    }
    for bad in [
        "(a)group g 2 a a\nquorum g",
        "(a)(b)group g any a b\ngroup h 2 g a\nquorum h",
        "(a)(b)(c)group g any a b\ngroup h any a c\ngroup i all g h\nquorum i",
        "(a)(a again)group g any a\nquorum g",
        "(a)(b as a)group g 2 a b\nquorum g",
        "(a)(b with a's key)group g 2 a b\nquorum g",
        "(none)quorum none",
        "(a)group none any a\nquorum none",
        "(a)(b)group g +1 a b\nquorum g",
        "(a)group g 1\nquorum g",
        "(a)group g 0 a\nquorum g",
        "(a)group g 2 a\nquorum g",
        "(a)group g any g\nquorum g",
    ] {
        assert_eq!(judge(bad), Err("trust/form"), "{bad}");
    }
}
