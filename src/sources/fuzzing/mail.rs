//! What the fuzz target of mail calls: any bytes as one message, made to fit, and compared with itself.

use crate::domain::mailbox_fit;
use crate::domain::semantic::compare;
use crate::sources::eml;

/// More than this no mail is taken apart into: parts that are read, and what follows them on each level.
const FILES_MAX: usize = 1_100;

/// Reads bytes as a message, whole.
pub fn mail(bytes: &[u8]) {
    let Ok(message) = eml::read_message("mail", bytes) else {
        return;
    };
    let is_unpacked = message
        .transforms
        .contains(&crate::sources::mapi::winmail::UNPACKED);
    assert!(is_unpacked || message.attachments.len() <= FILES_MAX);
    let fitted = mailbox_fit::fit(message);
    let again = mailbox_fit::fit(fitted.clone());
    let compared = compare(&fitted, &again);
    assert!(compared.differing.is_empty(), "{compared:?}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces of real mail in any order: what random bytes never come to.
    const PIECES: [&str; 16] = [
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
        "Content-Type: multipart/alternative; boundary=c\n\n--c\n",
        "Content-Transfer-Encoding: base64\n\nSGVsbG8=\nd29ybGQh\n",
        "Content-Transfer-Encoding: quoted-printable\n\na=\rb=3D=\n",
        "Content-Disposition: attachment; filename*=x-unknown\'\'%f0\n\n",
        "Subject: =?x-unknown?B?8NLJ18XU?=\n",
        "Content-Type: text/html; charset=big5\n\n<style>\u{fffd}</style><a \">\"\n",
        "Content-Type: message/rfc822\n\n",
        "To: a b a@b : : <c@d>\n",
        "Date: Tue, 1 Sep 2026 10:00:00 +0200\n",
        "\n",
        "--b\n",
        "--c\n",
        "--c--\n",
        "--b--\n",
        "x\n",
    ];

    proptest! {
        #[test]
        fn no_bytes_and_no_pieces_are_a_danger(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            pieces in proptest::collection::vec(0..PIECES.len(), 0..40),
        ) {
            mail(&bytes);
            let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
            mail(text.as_bytes());
        }
    }
}
