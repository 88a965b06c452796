//! What Outlook and Exchange write: data files, message files, TNEF, RTF, and the load files of an export.

use chrono::DateTime;

use crate::domain::item::Workload;
use crate::domain::mailbox_fit;
use crate::domain::outlook_fit;
use crate::domain::semantic::{compare, compare_outlook};
use crate::sources::mapi::rtf::Content;
use crate::sources::mapi::{self, Object, message, msg};
use crate::sources::pst::{package, sealed, store::PstFile, through};

const OUTLOOK: [Workload; 3] = [Workload::Calendar, Workload::Contacts, Workload::Tasks];

/// Opens bytes as a data file and reads every item in it: once as they are, once with the checksums of its pages made right,
/// so that what is changed at random is read behind them.
pub fn pst_file(bytes: &[u8]) {
    for bytes in [bytes.to_vec(), sealed(bytes)] {
        let Ok(file) = PstFile::open(Box::new(bytes)) else {
            continue;
        };
        // What cannot be read is named by whoever lists it; here it only has to end.
        let _read = through(&file, &mut |object| everything(&object));
    }
}

/// Reads bytes as a message file.
pub fn message_file(bytes: &[u8]) {
    if let Ok(object) = msg::read(bytes) {
        everything(&object);
    }
}

/// Reads bytes as TNEF.
pub fn tnef(bytes: &[u8]) {
    if let Ok(object) = mapi::tnef::read(bytes) {
        everything(&object);
    }
}

/// Reads bytes as RTF, packed and plain. What RTF says is never much longer than the RTF itself.
pub fn rtf(bytes: &[u8]) {
    let unpacked = mapi::rtf::decompress(bytes);
    for rtf in unpacked.as_deref().into_iter().chain([bytes]) {
        let Some(content) = mapi::rtf::read(rtf) else {
            continue;
        };
        let (Content::Html(text) | Content::Text(text) | Content::TextOfRtf(text)) = content;
        // A word of three bytes says `&rsquo;` at most.
        assert!(
            text.len() <= 8 * rtf.len(),
            "{} of {}",
            text.len(),
            rtf.len()
        );
    }
}

/// Reads bytes as the load file of an export package.
pub fn load_file(bytes: &[u8]) {
    let rows = package::rows_of(bytes);
    let fields: usize = rows.iter().map(Vec::len).sum();
    assert!(fields <= bytes.len() + 1, "a field takes a mark");
}

/// Whatever its class says: as a message, and as each kind of item. What fits is made to fit again and is the same.
fn everything(object: &Object) {
    let fitted = mailbox_fit::fit(message::message(object.clone()));
    let again = mailbox_fit::fit(fitted.clone());
    let compared = compare(&fitted, &again);
    assert!(compared.differing.is_empty(), "{compared:?}");
    for workload in OUTLOOK {
        let Some(item) = mapi::outlook::item(object.clone(), workload) else {
            continue;
        };
        let fitted = outlook_fit::fit(item, DateTime::UNIX_EPOCH);
        let again = outlook_fit::fit(fitted.clone(), DateTime::UNIX_EPOCH);
        let compared = compare_outlook(&fitted, &again);
        assert!(compared.differing.is_empty(), "{compared:?}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::pst::built_file;

    /// Words of RTF in any order: what random bytes never come to.
    const WORDS: [&str; 20] = [
        "{\\rtf1\\fromhtml1 ",
        "{\\rtf1\\ansi\\ansicpg932 ",
        "{\\*\\htmltag64 <p>}",
        "{\\*\\mhtmltag <p>}",
        "\\htmlrtf ",
        "\\htmlrtf0 ",
        "{\\fonttbl{\\f0\\fcharset128 x;}}",
        "\\f0 ",
        "\\u-3913\\uc2 ",
        "\\u55357?",
        "\\u9999999?",
        "\\'81",
        "\\'zz",
        "\\bin3 }}}",
        "\\bin99999999999 ",
        "{",
        "}",
        "\\",
        "text",
        "\\rquote ",
    ];

    proptest! {
        #[test]
        fn no_bytes_no_words_and_no_changed_file_are_a_danger(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            words in proptest::collection::vec(0..WORDS.len(), 0..40),
            changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..12),
        ) {
            message_file(&bytes);
            tnef(&bytes);
            load_file(&bytes);
            rtf(&bytes);
            let text: String = words.into_iter().map(|word| WORDS[word]).collect();
            rtf(text.as_bytes());
            let mut file = built_file();
            for (at, byte) in changes {
                let at = usize::from(at) % file.len();
                file[at] = byte;
            }
            pst_file(&file);
        }
    }
}
