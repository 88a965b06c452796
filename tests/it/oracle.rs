//! Our reading of real mail held against what Python's parser says of it (tests/oracle/mail.py), file by file;
//! the corpus is not part of the repository and lies beside it, or the test says that it was left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::left_out::left_out;
use crate::tidy::top;
use unbroken::domain::message::{Attachment, Message};
use unbroken::sources::mapi::winmail::UNPACKED;
use unbroken::sources::{Source, mime, open};

/// Messages on which we and Python differ for a reason. Any other difference fails the test, and so does one of
/// these that is gone.
pub(crate) const KNOWN: &[(&str, &str)] = &[
    // The name before the brackets looks like an address; the one in the brackets is where mail goes.
    ("MimeKit/issue358.txt.eml", "from"),
    ("mail-parser/mail_test_15.eml", "from"),
    ("mail-parser/mail_test_19.eml", "from"),
    ("mail-parser/mail_test_19.eml", "cc"),
    ("mail/raw_email_with_at_display_name.eml", "to"),
    // Words before a bare address: Python takes them for its local part.
    ("mail/mix_caps_content_type.eml", "from"),
    ("mailcore2/2765-korean.eml", "from"),
    ("mailcore2/2765-korean.eml", "to"),
    // File names: Python decodes some encoded words of a broken one, and cuts an unquoted one at its first blank.
    ("james-mime4j/multi-2evil.msg.eml", "attachments"),
    ("mail/attachment_with_unquoted_name.eml", "attachments"),
    // Charsets: GB 2312 in name and GBK in fact (two), one that Python does not know (windows-874), EUC-KR bytes without any
    // charset, ISO-2022-JP with 8-bit bytes in it, and JIS characters to which Unicode gives two code points each.
    ("mail-parser/mail_test_9.eml", "subject"),
    ("mail-parser/mail_test_9.eml", "body_text"),
    ("mailcore2/5229-cyrillic-asian.eml", "body_text"),
    ("mailcore2/5230-thai-chinese.eml", "subject"),
    ("mailcore2/1798-korean.eml", "subject"),
    ("php-mime-mail-parser/failure.eml", "body_text"),
    ("mailcore2/4925-japanese.eml", "body_text"),
    // An unquoted From_ line in a body: `mailbox.mbox` splits there.
    ("Email-Folder/mboxcl2.mbox#1", "body_text"),
    ("Email-Folder/mboxcl2.mbox#2", "subject"),
    ("Email-Folder/mboxcl2.mbox#2", "body_text"),
    ("Email-Folder/mboxcl2.mbox#2", "from"),
    ("Email-Folder/mboxcl2.mbox#2", "to"),
    ("Email-Folder/mboxcl2.mbox#2", "date"),
    ("Email-Folder/mboxcl2.mbox#3", "body_text"),
    ("Email-Folder/mboxcl2.mbox#3", "from"),
    ("Email-Folder/mboxcl2.mbox#3", "date"),
    ("Email-Folder/mboxcl2.mbox#4", "readable"),
    // A comma is missing between two addresses: Python drops the second.
    ("perl5-Mail-Box/mbox.cpy.mbox#13", "to"),
    ("perl5-Mail-Box/mbox.src.mbox#13", "to"),
];

pub(crate) fn corpus(name: &str) -> Option<PathBuf> {
    let path = top().join("../shared/corpus").join(name);
    let python = Command::new("python3").arg("--version").output();
    if path.is_dir() && python.is_ok_and(|done| done.status.success()) {
        return Some(path);
    }
    left_out(&format!("no python3 here, or no ../shared/corpus/{name}"));
    None
}

/// What Python says, by `path#ordinal`, the form of our locators.
pub(crate) fn verdicts(path: &Path) -> BTreeMap<String, Value> {
    let done = Command::new("python3")
        .arg(top().join("tests/oracle/mail.py"))
        .arg(path)
        .output()
        .expect("python3 runs");
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{errors}");
    let text = String::from_utf8(done.stdout).expect("the oracle writes ASCII");
    let rows = text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).expect("the oracle writes JSON");
        let path = row["path"].as_str().expect("a path");
        let key = match row["ordinal"].as_u64().expect("an ordinal") {
            0 => path.to_owned(),
            ordinal => format!("{path}#{ordinal}"),
        };
        (key, row)
    });
    rows.collect()
}

/// Our messages by locator; `None` for one that we cannot read.
fn ours(source: &dyn Source) -> BTreeMap<String, Option<Message>> {
    let description = source.description();
    let mut found = BTreeMap::new();
    for custodian in &description.custodians {
        let items = source.items(&description.points[0].id, custodian);
        for item in items.expect("listed") {
            match item {
                Ok(item) => {
                    let mut message = source.message(&item).expect("listed as readable");
                    if message.transforms.contains(&UNPACKED) {
                        // Of a winmail.dat Python knows nothing: the mail is compared as it is around it.
                        let mut bytes = Vec::new();
                        let mut file = source.file(&item).expect("listed as readable");
                        file.read_to_end(&mut bytes).expect("read");
                        message = mime::parse(&bytes).expect("a message");
                    }
                    if message.transforms.contains(&mime::ORIGINAL_ATTACHED) {
                        let last = message.attachments.pop().expect("attached");
                        assert_eq!(last.name, "signed-original.eml", "{}", item.locator);
                    }
                    found.insert(item.locator, Some(message));
                }
                Err(bad) => {
                    found.insert(bad.locator, None);
                }
            }
        }
    }
    found
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a String takes any text");
            text
        })
}

fn spaced(text: &str) -> String {
    let text = text.replace('\0', "");
    let words = text.split([' ', '\t', '\r', '\n', '\u{c}']);
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Where Python wrote U+FFFD it gave bytes up that we may have read, as whatever they were; all the rest is the same.
fn same_text(python: &str, ours: &str) -> bool {
    let mut pieces = python.split('\u{fffd}').filter(|piece| !piece.is_empty());
    if !python.contains('\u{fffd}') {
        return python == ours;
    }
    let mut rest = ours;
    if !python.starts_with('\u{fffd}') {
        let first = pieces.next().unwrap_or_default();
        match rest.strip_prefix(first) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    python.ends_with('\u{fffd}') || rest.is_empty()
}

/// Latin-1 as it is declared holds control characters at 0x80 to 0x9f; as it is written it is windows-1252, and so we
/// read it.
fn without_controls(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\u{80}'..='\u{9f}' => '\u{fffd}',
            _ => letter,
        })
        .collect()
}

fn differences(python: &Value, ours: &Message) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let text = |field: &str| without_controls(python[field].as_str().unwrap_or_default());
    for (field, mine) in [
        ("subject", spaced(&ours.subject)),
        ("body_text", spaced(&ours.body.content)),
    ] {
        let theirs = text(field);
        if !same_text(&theirs, &mine) {
            found.push((
                field,
                format!(
                    "{}\n      {}",
                    around(&theirs, &mine),
                    around(&mine, &theirs)
                ),
            ));
        }
    }
    address_differences(python, ours, &mut found);
    let date = ours
        .sent
        .map(|date| date.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    if python["date"].as_str() != date.as_deref() {
        found.push(("date", format!("{} {date:?}", python["date"])));
    }
    let theirs = python["attachments"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let same = theirs.len() == ours.attachments.len()
        && theirs
            .iter()
            .zip(&ours.attachments)
            .all(|(theirs, mine)| same_attachment(theirs, mine));
    if !same {
        let mine: Vec<String> = ours
            .attachments
            .iter()
            .map(|one| format!("{} {} {}", one.name, one.content.len(), hex(&one.content)))
            .collect();
        let theirs: Vec<_> = theirs.iter().map(ToString::to_string).collect();
        found.push((
            "attachments",
            format!("{}\n      {mine:?}", theirs.join(" ")),
        ));
    }
    found
}

fn address_differences(python: &Value, ours: &Message, found: &mut Vec<(&'static str, String)>) {
    let from: Vec<_> = ours.from.iter().cloned().collect();
    for (field, mine) in [("from", &from), ("to", &ours.to), ("cc", &ours.cc)] {
        let mine: Vec<String> = mine
            .iter()
            .map(|one| one.address.to_lowercase())
            .filter(|address| !address.is_empty())
            .collect();
        let mut theirs: Vec<&str> = python[field]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if field == "from" {
            theirs.truncate(1);
        }
        let same = mine.len() == theirs.len()
            && theirs
                .iter()
                .zip(&mine)
                .all(|(theirs, mine)| same_text(theirs, mine));
        if !same {
            found.push((field, format!("{theirs:?} {mine:?}")));
        }
    }
}

fn around(text: &str, other: &str) -> String {
    let at = text
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count();
    format!(
        "@{at} {:?}",
        text.chars()
            .skip(at.saturating_sub(10))
            .take(60)
            .collect::<String>()
    )
}

/// An enclosed message as the oracle hashes it: without white space and closing boundaries.
fn dense(content: &[u8]) -> Vec<u8> {
    // Python sets the envelope line aside.
    let envelope = content.starts_with(b"From ");
    content
        .split(|byte| *byte == b'\n')
        .skip(usize::from(envelope))
        .filter(|line| {
            let line = line.trim_ascii_end();
            !(line.len() > 4
                && line.starts_with(b"--")
                && line.ends_with(b"--")
                && !line[2].is_ascii_whitespace())
        })
        .flatten()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != 0x0b)
        .collect()
}

fn same_attachment(python: &Value, ours: &Attachment) -> bool {
    let digest = if python["size"].is_null() {
        hex(&dense(&ours.content))
    } else {
        hex(&ours.content)
    };
    // RFC 5322 drops a backslash; writers of C:\\a did not know, and we keep it.
    let plain = spaced(&ours.name).replace('\\', "");
    let named = python["name"]
        .as_str()
        .is_none_or(|name| same_text(&without_controls(&name.replace('\\', "")), &plain));
    named && python["sha256"].as_str() == Some(&digest)
}

#[allow(clippy::print_stdout, reason = "the count is what the test is for")]
/// Compares a whole folder of the corpus; `least` is how many per thousand are equal in every field.
fn compare(folder: &str, least: usize) {
    let Some(path) = corpus(folder) else {
        return;
    };
    let python = verdicts(&path);
    let source = open(&path).expect("a source");
    let ours = ours(&*source);
    let mut report = String::new();
    let mut known: Vec<_> = KNOWN
        .iter()
        .filter(|(key, _)| python.contains_key(*key))
        .collect();
    let mut equal = 0;
    for (key, row) in &python {
        let found = match (row["readable"].as_bool(), ours.get(key)) {
            (Some(true), Some(Some(message))) => differences(row, message),
            (Some(false), Some(None)) => Vec::new(),
            (verdict, mine) => vec![("readable", format!("{verdict:?} {}", mine.is_some()))],
        };
        equal += usize::from(found.is_empty());
        for (field, text) in found {
            match known.iter().position(|one| **one == (key.as_str(), field)) {
                Some(place) => {
                    known.swap_remove(place);
                }
                None => writeln!(report, "  {key}: {field}: {text}").expect("written"),
            }
        }
    }
    println!(
        "{folder}: {equal} of {} are read as Python reads them",
        python.len()
    );
    assert!(
        report.is_empty(),
        "differences that nobody explained:\n{report}"
    );
    assert!(known.is_empty(), "no longer different: {known:?}");
    assert!(
        equal * 1000 >= python.len() * least,
        "{equal} of {}",
        python.len()
    );
}

#[test]
fn eml_files_are_read_as_python_reads_them() {
    compare("eml", 980);
}

#[test]
fn mbox_files_are_read_as_python_reads_them() {
    compare("mbox", 970);
}
