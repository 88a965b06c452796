//! What becomes of whole messages, the broken ones above all.

use proptest::prelude::*;

use super::*;
use crate::domain::message::BodyKind;

fn read(text: &str) -> Message {
    parse(text.as_bytes()).expect("a message")
}

#[test]
fn a_message_with_everything() {
    let message = read(concat!(
        "Received: from a by b; Tue, 1 Sep 2026 10:05:00 +0200\r\n",
        "From: =?utf-8?q?J=C3=B6rg?= <j@old.example>\r\nTo: a@old.example, B <b@old.example>\r\n",
        "Subject: a\r\n folded subject\r\nDate: Tue, 1 Sep 2026 10:00:00 +0200\r\n",
        "Message-ID: <1@old.example>\r\nImportance: High\r\nKeywords: red, blue\r\n",
        "Content-Type: multipart/mixed; boundary=\"m\"\r\n\r\n",
        "preamble\r\n",
        "--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n",
        "--a\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\u{e9}\r\n",
        "--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n",
        "<p>caf\u{e9}<img src=\"cid:x@y\"></p>\r\n",
        "--a--\r\n--m\r\nContent-Type: image/png\r\nContent-ID: <x@y>\r\n",
        "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n",
        "--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner body\r\n",
        "--m--\r\nepilogue\r\n",
    ));
    assert_eq!(message.subject, "a folded subject");
    assert_eq!(message.from.expect("from").name, "Jörg");
    assert_eq!(message.to.len(), 2);
    let times = [message.sent, message.received].map(|time| time.expect("a date").to_rfc3339());
    assert_eq!(
        times,
        ["2026-09-01T08:00:00+00:00", "2026-09-01T08:05:00+00:00"]
    );
    assert_eq!(message.importance, Importance::High);
    assert_eq!(message.categories, ["red", "blue"]);
    assert_eq!(message.body.kind, BodyKind::Html);
    assert!(message.body.content.starts_with("<p>café"));
    assert_eq!(message.transforms, [ALTERNATIVE_LEFT_OUT, NAME_MADE_UP]);
    let [image, inner] = &*message.attachments else {
        panic!("two attachments: {:?}", message.attachments);
    };
    assert_eq!(
        (&*image.name, &*image.content),
        ("attachment-1.png", &b"hello"[..])
    );
    assert!(image.is_inline);
    assert_eq!(inner.name, "inner.eml");
    assert_eq!(inner.content, b"Subject: inner\r\n\r\ninner body");
    assert!(message.transport_headers.starts_with("Received: from a"));
    assert!(
        message
            .transport_headers
            .ends_with("boundary=\"m\"\r\n\r\n")
    );
}

#[test]
fn what_is_no_message() {
    for bytes in [&b""[..], b"\r\n\r\n", b" \t\n"] {
        assert_eq!(parse(bytes), Err(Unreadable), "{bytes:?}");
        assert_eq!(outline(bytes), Err(Unreadable), "{bytes:?}");
    }
}

#[test]
fn a_body_alone_is_a_message() {
    let message = read("no header at all\nsecond line\n");
    assert_eq!(message.body.content, "no header at all\nsecond line\n");
    assert_eq!(message.from, None);
}

#[test]
fn headers_alone_are_a_message() {
    let message = read("Subject: x\n");
    assert_eq!(
        (message.subject.as_str(), message.attachments.len()),
        ("x", 0)
    );
}

#[test]
fn an_envelope_line_at_the_top_is_set_aside() {
    let message = read("From a@b Tue Sep  1 10:00:00 2026\nSubject: x\n\nFrom here\n");
    assert_eq!(message.subject, "x");
    assert_eq!(message.body.content, "From here\n");
}

#[test]
fn raw_bytes_in_headers_and_bodies_are_read_and_declared() {
    let message = parse(b"Subject: caf\xe9\n\nna\xefve\n").expect("a message");
    assert_eq!(message.subject, "café");
    assert_eq!(message.body.content, "naïve\n");
    assert_eq!(message.transforms, [CHARSET_GUESSED]);
}

#[test]
fn what_had_to_be_guessed_in_a_header_or_a_name_is_declared() {
    let named = |name: &str| {
        format!(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n\
             Content-Disposition: attachment; {name}\n\nx\n--b--\n"
        )
        .into_bytes()
    };
    for (bytes, is_guessed) in [
        (b"Subject: \xf0\xd2\xc9\xd7\xc5\xd4\n\nx\n".to_vec(), true),
        (b"Subject: =?x-unknown?B?8NLJ18XU?=\n\nx\n".to_vec(), true),
        (
            b"From: =?x-unknown?B?8NLJ18XU?= <a@b>\n\nx\n".to_vec(),
            true,
        ),
        (b"Subject: =?koi8-r?B?8NLJ18XU?=\n\nx\n".to_vec(), false),
        (named("filename*=x-unknown''%f0"), true),
        (named("filename=\"=?x-unknown?B?8NLJ18XU?=\""), true),
        (named("filename=\"\u{e9}\""), false),
        (
            b"Content-Type: text/plain; charset=big5\n\n\xff\xff\n".to_vec(),
            true,
        ),
    ] {
        let message = parse(&bytes).expect("a message");
        let wanted: &[Transform] = if is_guessed { &[CHARSET_GUESSED] } else { &[] };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(message.transforms, wanted, "{text}");
    }
}

#[test]
fn parts_without_end_are_one_file_and_declared() {
    let text = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n{}--b--\n",
        "--b\nx\n".repeat(110_000)
    );
    let message = read(&text);
    assert_eq!(message.attachments.len(), 999, "and the body");
    let last = message.attachments.last().expect("the rest");
    assert!(last.content.len() > 600_000 && last.content.starts_with(b"--b\nx\n"));
    let declared: Vec<&str> = message.deltas.iter().map(|delta| delta.property).collect();
    assert_eq!(declared, ["attachments"]);
}

#[test]
fn what_stands_behind_a_base64_is_decoded_or_declared() {
    let read = |behind: &str| {
        read(&format!(
            "Content-Transfer-Encoding: base64\n\nSGVsbG8=\n{behind}"
        ))
    };
    let pieces = read("d29ybGQh\n");
    assert_eq!(pieces.body.content, "Helloworld!");
    assert_eq!(pieces.transforms, [BASE64_IN_PIECES]);
    let footer = read("--\nsent by a list\n");
    assert_eq!(footer.body.content, "Hello");
    assert_eq!((footer.transforms.len(), footer.deltas.len()), (0, 1));
}

#[test]
fn a_boundary_that_never_comes_leaves_the_text() {
    let message = read("Content-Type: multipart/mixed; boundary=b\n\njust text\n");
    assert_eq!(message.body.content, "just text\n");
    let message = read("Content-Type: multipart/mixed\n\njust text\n");
    assert_eq!(message.body.content, "just text\n");
}

#[test]
fn an_unclosed_multipart_keeps_its_last_part() {
    let message = read(concat!(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n",
        "Content-Disposition: attachment; filename=a.bin\n\nbytes\n",
    ));
    assert_eq!(message.body.content, "text");
    assert_eq!(message.attachments[0].name, "a.bin");
    assert_eq!(message.attachments[0].content, b"bytes");
}

#[test]
fn an_outer_boundary_ends_an_unclosed_inner_multipart() {
    let message = read(concat!(
        "Content-Type: multipart/mixed; boundary=o\n\n--o\n",
        "Content-Type: multipart/mixed; boundary=i\n\n--i\n\ninner\n--o\n",
        "Content-Type: text/plain; name=after.txt\n\nafter\n--o--\n",
    ));
    assert_eq!(message.body.content, "inner");
    assert_eq!(message.attachments[0].content, b"after");
}

#[test]
fn nesting_without_end_is_cut() {
    let mut text = String::new();
    for level in 0..500 {
        use std::fmt::Write as _;
        write!(
            text,
            "Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"
        )
        .expect("written");
    }
    let message = read(&text);
    assert!(message.attachments.len() <= 1);
}

#[test]
fn groups_and_no_addresses_are_fine() {
    let message = read("To: undisclosed-recipients:;\nFrom: nobody\n\nx\n");
    assert_eq!(message.to, []);
    let from = message.from.expect("kept as it stands");
    assert_eq!(format!("{}{}", from.name, from.address), "nobody");
}

proptest! {
    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert_eq!(parse(&bytes).is_ok(), outline(&bytes).is_ok());
    }

    #[test]
    fn garbage_made_of_mail_never_panics(pieces in proptest::collection::vec(
        prop_oneof![
            Just("Content-Type: multipart/mixed; boundary=b\n".to_owned()),
            Just("Content-Type: multipart/related; boundary=\"c\"; start=\"<x>\"\r\n".to_owned()),
            Just("Content-Type: message/rfc822\n".to_owned()),
            Just("Content-Transfer-Encoding: base64\n".to_owned()),
            Just("Content-Disposition: attachment; filename*0*=utf-8''%e2%82; filename*1=\"\n"
                .to_owned()),
            Just("To: \"a, (b <c@d>: e;\n".to_owned()),
            Just("Subject: =?utf-8?b?4oI=?= =?gb2312?q?=ff?=\n".to_owned()),
            Just("Date: Tue, 1 Sep 2026 10:00:00 +0200\n".to_owned()),
            Just("From \n".to_owned()),
            Just("--b\n".to_owned()), Just("--b--\n".to_owned()), Just("--c\r\n".to_owned()),
            Just("\n".to_owned()), Just(" \u{e9}\u{0}\r".to_owned()),
            ".{0,40}",
        ], 0..40)) {
        let text = pieces.concat();
        prop_assert_eq!(parse(text.as_bytes()).is_ok(), outline(text.as_bytes()).is_ok());
    }
}
