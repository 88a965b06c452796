//! Mail that is signed or encrypted (RFC 8551, RFC 3156): what is kept of it so that a signature can still be verified.
//!
//! A mailbox stores properties, not MIME. What is encrypted, or signed as one piece, is an attachment that stays byte for byte.
//! What is signed in the open is not: so the whole message comes along as it came, beside what is made of it.

use super::headers;
use super::parameters::Value;
use super::structure::Part;
use crate::domain::message::{Attachment, Delta, Message, Smime, Transform};

/// A message that is signed in the open has its own bytes beside it, by which its signature can be verified.
pub const ORIGINAL_ATTACHED: Transform = Transform("signed-original-attached/1");
const NAME: &str = "signed-original.eml";
/// A mailbox takes 35 MB a message unless an administrator allows more; this leaves room for the message itself.
const ORIGINAL_BYTES_MAX: usize = 12 << 20;

/// One piece and nothing beside it: as Exchange files it.
pub(super) fn opaque(message: &Message, root: &Part<'_>) -> Option<Smime> {
    let is_piece = matches!(
        root.kind.main.as_str(),
        "application/pkcs7-mime" | "application/x-pkcs7-mime"
    );
    (is_piece && message.attachments.len() == 1).then_some(Smime::Opaque)
}

/// Attaches the bytes of a message that is signed in the open.
pub(in crate::sources) fn keep_original(message: &mut Message, bytes: &[u8]) {
    let (headers, _) = headers::split(bytes);
    let kind = headers.first("content-type").unwrap_or_default();
    if Value::read(&kind).main != "multipart/signed" {
        return;
    }
    if bytes.len() > ORIGINAL_BYTES_MAX {
        message.deltas.push(Delta {
            property: "signature",
            reason: "signed in the open and too large to be kept a second time as it came",
        });
        return;
    }
    message.transforms.push(ORIGINAL_ATTACHED);
    message.attachments.push(Attachment {
        name: NAME.to_owned(),
        content_type: "message/rfc822".to_owned(),
        content_id: None,
        is_inline: false,
        content: bytes.to_vec(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::eml::read_message;

    #[test]
    fn what_is_signed_in_the_open_comes_along_as_it_came() {
        let signed = b"Subject: s\r\nContent-Type: multipart/signed; boundary=b;\r\n \
protocol=\"application/pgp-signature\"\r\n\r\n--b\r\n\r\ntext \r\n--b\r\n\
Content-Type: application/pgp-signature\r\n\r\nAAAA\r\n--b--\r\n";
        let message = read_message("a.eml", signed).expect("a message");
        let last = message.attachments.last().expect("attached");
        assert_eq!((&*last.name, &*last.content), (NAME, &signed[..]));
        assert!(message.transforms.contains(&ORIGINAL_ATTACHED));
        let mut large = signed.to_vec();
        large.resize(ORIGINAL_BYTES_MAX + 1, b' ');
        let message = read_message("a.eml", &large).expect("a message");
        assert!(message.attachments.iter().all(|file| file.name != NAME));
        assert_eq!(message.deltas.len(), 1);
    }

    #[test]
    fn one_piece_alone_is_filed_as_exchange_files_it() {
        let piece = "Content-Type: application/pkcs7-mime; name=smime.p7m\r\n\r\nMII";
        let read = |text: &str| read_message("a.eml", text.as_bytes()).expect("a message");
        assert_eq!(read(piece).smime, Some(Smime::Opaque));
        assert_eq!(read(piece).attachments.len(), 1);
        let within =
            format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{piece}\r\n--b--\r\n");
        assert_eq!(
            read(&within).smime,
            None,
            "beside other things it is one file of them"
        );
    }
}
