//! What the tests of the content gate plant: the test file of EICAR, documents and archives that carry something.

use std::io::{Cursor, Write};

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The test file of EICAR, put together here so that no scanner objects to this source.
pub(crate) fn eicar() -> Vec<u8> {
    let parts = [
        "X5O!P%@AP[4\\PZX54(P^)7CC)7}$",
        "EICAR-STANDARD-ANTIVIRUS-",
        "TEST-FILE!$H+H*",
    ];
    parts.concat().into_bytes()
}

/// A line of a list, as sha256sum writes it.
pub(super) fn digest_line(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hex = digest
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("{hex}  a file\n")
}

/// A zip with one member.
pub(super) fn zip_with(name: &str, content: &[u8]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .start_file(name, SimpleFileOptions::default())
        .expect("begun");
    writer.write_all(content).expect("written");
    writer.finish().expect("finished").into_inner()
}

/// As much of a document with macros as tells one.
pub(crate) fn macro_document() -> Vec<u8> {
    zip_with("word/vbaProject.bin", b"a project")
}

/// A mail with that attachment.
pub(crate) fn carrying(number: usize, name: &str, content: &[u8]) -> Vec<u8> {
    let encoded = Base64::encode_string(content);
    format!(
        "From: Ben <ben@old.example>\r\nTo: ada@old.example\r\nSubject: mail {number}\r\n\
         Date: Tue, 01 Apr 2025 10:00:{number:02} +0000\r\nMessage-ID: <{number}@old.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/plain\r\n\r\nbody {number}\r\n--b\r\n\
         Content-Type: application/octet-stream\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n--b--\r\n"
    )
    .into_bytes()
}
