//! What fuzzing both implementations against each other found the verifier too lax in, one case each.

use unbroken_verify::fuzzing::{Frames, event, note, note_is_signed, policy, segment};

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
