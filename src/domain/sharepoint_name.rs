//! Names that SharePoint and OneDrive take: a rule by which no two names meet and the original can be read from the new one.
//!
//! Whatever is refused stands as `%HH`, the UTF-8 bytes of the character in hex; a `%` that two hex digits follow is
//! itself escaped. A name that is too long is cut and says so; then only the record knows the whole of it.
//! Limits: <https://support.microsoft.com/office/64883a5d-228e-48f5-b3d2-eb39e07630fa>, graph.md 6.9.

use sha2::{Digest as _, Sha256};

use super::folder::{FolderPath, WellKnownFolder};
use super::item::Digest;
use super::message::Transform;

/// A file's or folder's name was escaped so that it is taken; [`original_name`] reads it.
pub const NAME_ESCAPED: Transform = Transform("sharepoint-name-escaped/1");
/// A name was too long and was cut; the whole of it stands in the record.
pub const NAME_CUT: Transform = Transform("sharepoint-name-cut/1");

const REFUSED: &str = "\"*:<>?/\\|";
/// The limit is 255; the suffix of a name beside another needs room.
const NAME_UNITS_MAX: usize = 230;
/// Stands for the empty name: no UTF-8 text has this byte, so no other name becomes this.
const EMPTY: &str = "%FF";
/// Stands where a name was cut, for the same reason.
const CUT: &str = "%FE";
const EXTENSION_UNITS_MAX: usize = 16;

/// SharePoint counts UTF-16 code units.
pub(crate) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The name itself where it is taken; else an escaped one; cut where that is too long.
pub fn accepted_name(name: &str) -> String {
    escaped_at(name, &[])
}

/// The same, with the characters at these places escaped too.
pub(crate) fn escaped_at(name: &str, more: &[usize]) -> String {
    if name.is_empty() {
        return EMPTY.to_owned();
    }
    let chars: Vec<char> = name.chars().collect();
    let mut marks = refused_places(&chars);
    for place in more.iter().filter(|place| **place < chars.len()) {
        marks[*place] = true;
    }
    let escaped: Vec<String> = chars
        .iter()
        .zip(marks)
        .map(|(c, mark)| if mark { escape(*c) } else { c.to_string() })
        .collect();
    let whole = escaped.concat();
    if units(&whole) <= NAME_UNITS_MAX {
        return whole;
    }
    cut(name, &escaped)
}

fn escape(c: char) -> String {
    let mut room = [0; 4];
    let bytes = c.encode_utf8(&mut room).bytes();
    bytes.fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

/// Which characters cannot stand where they stand.
fn refused_places(chars: &[char]) -> Vec<bool> {
    let is_hex = |place: usize| chars.get(place).is_some_and(char::is_ascii_hexdigit);
    let mut marks: Vec<bool> = (0..chars.len())
        .map(|at| {
            let c = chars[at];
            let is_escape = c == '%' && is_hex(at + 1) && is_hex(at + 2);
            REFUSED.contains(c) || c.is_control() || is_escape || is_noncharacter(c)
        })
        .collect();
    let last = chars.len() - 1;
    marks[0] |= chars[0].is_whitespace() || chars[0] == '~';
    marks[last] |= chars[last].is_whitespace() || chars[last] == '.';
    for at in 0..chars.len().saturating_sub(4) {
        let word: String = chars[at..at + 5].iter().collect();
        marks[at] |= word.eq_ignore_ascii_case("_vti_");
    }
    marks[0] |= is_reserved(chars);
    marks
}

/// U+FFFE and U+FFFF cannot stand in XML, and so not in SharePoint.
fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{ffff}')
}

fn is_reserved(chars: &[char]) -> bool {
    let lower: String = chars.iter().collect::<String>().to_lowercase();
    let stem = lower.split('.').next().unwrap_or_default();
    let numbered = |word: &str| {
        stem.strip_prefix(word)
            .is_some_and(|rest| rest.len() == 1 && rest.chars().all(|c| c.is_ascii_digit()))
    };
    [".lock", "desktop.ini"].contains(&lower.as_str())
        || ["aux", "con", "nul", "prn"].contains(&stem)
        || numbered("com")
        || numbered("lpt")
}

/// As much of the beginning as fits, a mark, a part of the whole name's hash, the extension.
fn cut(name: &str, escaped: &[String]) -> String {
    let whole = escaped.concat();
    let extension = match whole.rsplit_once('.') {
        Some((_, extension)) if units(extension) <= EXTENSION_UNITS_MAX => format!(".{extension}"),
        _ => String::new(),
    };
    let hash = &Digest(Sha256::digest(name.as_bytes()).into()).to_string()[..32];
    let room = NAME_UNITS_MAX - units(CUT) - hash.len() - units(&extension);
    let mut start = String::new();
    for one in escaped {
        if units(&start) + units(one) > room {
            break;
        }
        start.push_str(one);
    }
    format!("{start}{CUT}{hash}{extension}")
}

/// The name that [`accepted_name`] made this one from; `None` where it was cut, or was not made by it.
pub fn original_name(accepted: &str) -> Option<String> {
    if accepted == EMPTY {
        return Some(String::new());
    }
    let bytes = accepted.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = accepted
            .get(at + 1..at + 3)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .filter(|_| bytes[at] == b'%')
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).ok()
}

/// Whether a name that was made acceptable was cut on the way.
pub(crate) fn is_cut(accepted: &str) -> bool {
    accepted.contains(CUT)
}

/// The folder in which a mailbox takes the item, and what was changed to get it; files have their [`super::target_tree`].
pub fn accepted_mail_folder(folder: &FolderPath) -> (FolderPath, Vec<Transform>) {
    let all = |names: &[String]| names.iter().map(|name| mail_folder_name(name)).collect();
    let one = |name: &Option<String>| name.as_deref().map(mail_folder_name);
    let mut transforms = Vec::new();
    let folder = &match folder {
        FolderPath::Mail {
            root: WellKnownFolder::Outbox,
            below,
        } => {
            transforms.push(OUTBOX_BESIDE);
            let top = std::iter::once(OUTBOX_NAME.to_owned());
            FolderPath::Mail {
                root: WellKnownFolder::MessageFolderRoot,
                below: top.chain(below.iter().cloned()).collect(),
            }
        }
        other => other.clone(),
    };
    let accepted = match folder {
        FolderPath::Calendar(name) => FolderPath::Calendar(one(name)),
        FolderPath::Contacts(names) => FolderPath::Contacts(all(names)),
        FolderPath::Drive(_) | FolderPath::List(_) | FolderPath::Teams(_) => folder.clone(),
        FolderPath::Mail { root, below } => FolderPath::Mail {
            root: *root,
            below: all(below),
        },
        FolderPath::Tasks(name) => FolderPath::Tasks(one(name)),
    };
    if accepted != *folder {
        transforms.push(FOLDER_CHANGED);
    }
    (accepted, transforms)
}

/// What waited to be sent lies in a folder of its own: in the outbox, mail that an intruder had made ready is one click from going
/// out.
const OUTBOX_BESIDE: Transform = Transform("outbox-into-own-folder/1");
const OUTBOX_NAME: &str = "Outbox (restored)";
/// A mail folder's name was changed so that Exchange takes it.
const FOLDER_CHANGED: Transform = Transform("mail-folder-name/1");

fn mail_folder_name(name: &str) -> String {
    let clean: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    let clean = clean.trim();
    if clean.is_empty() {
        "_".to_owned()
    } else {
        clean.to_owned()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What Microsoft's page refuses, written apart from the rule above.
    pub(crate) fn is_taken(name: &str) -> bool {
        let lower = name.to_lowercase();
        let stem = lower.split('.').next().unwrap_or_default();
        let devices = ["con", "prn", "aux", "nul"].map(str::to_owned);
        let numbered = (0..10).flat_map(|n| [format!("com{n}"), format!("lpt{n}")]);
        let is_device = devices.into_iter().chain(numbered).any(|word| word == stem);
        !name.is_empty()
            && units(name) <= 255
            && name.trim() == name
            && !name.ends_with('.')
            && !name.starts_with('~')
            && !name.contains(['"', '*', ':', '<', '>', '?', '/', '\\', '|'])
            && !name.chars().any(char::is_control)
            && !lower.contains("_vti_")
            && lower != ".lock"
            && lower != "desktop.ini"
            && !is_device
    }

    #[test]
    fn what_waited_to_be_sent_comes_into_no_outbox() {
        let mail = |root, below: &[&str]| FolderPath::Mail {
            root,
            below: below.iter().map(|name| (*name).to_owned()).collect(),
        };
        let (folder, transforms) = accepted_mail_folder(&mail(WellKnownFolder::Outbox, &["a"]));
        let root = WellKnownFolder::MessageFolderRoot;
        assert_eq!(folder, mail(root, &[OUTBOX_NAME, "a"]));
        assert_eq!(transforms, [OUTBOX_BESIDE]);
        let inbox = mail(WellKnownFolder::Inbox, &["Outbox"]);
        assert_eq!(accepted_mail_folder(&inbox), (inbox, vec![]));
    }

    #[test]
    fn names_that_are_taken_stay_as_they_are() {
        for name in [
            "a.txt",
            "てすと.txt",
            ".profile",
            "a% b&c=d.doc",
            "100% sure",
            "console.log",
            "x~y",
            "#1",
        ] {
            assert_eq!(accepted_name(name), name);
        }
    }

    #[test]
    fn names_that_are_refused_are_escaped_and_can_be_read_back() {
        for (name, expected) in [
            ("", "%FF"),
            ("a:b.txt", "a%3Ab.txt"),
            ("con", "%63on"),
            ("LPT1.doc", "%4CPT1.doc"),
            (" a", "%20a"),
            ("a.", "a%2E"),
            ("~$x.docx", "%7E$x.docx"),
            ("desktop.ini", "%64esktop.ini"),
            ("x_vti_vti_y", "x%5Fvti%5Fvti_y"),
            ("a\tb", "a%09b"),
            (".lock", "%2Elock"),
            ("...", "..%2E"),
            ("a%3Ab.txt", "a%253Ab.txt"),
            ("a%3ab.txt", "a%253ab.txt"),
        ] {
            assert_eq!(accepted_name(name), expected);
            assert!(is_taken(expected), "{expected}");
            assert_eq!(original_name(expected).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_name_that_is_too_long_is_cut_keeps_its_extension_and_says_so() {
        let long = |last: char| format!("{}{last}.docx", "ß:".repeat(200));
        let (one, other) = (accepted_name(&long('a')), accepted_name(&long('b')));
        assert!(
            one.rsplit_once('.').is_some_and(|(_, end)| end == "docx")
                && is_taken(&one)
                && is_cut(&one)
        );
        assert_ne!(one, other);
        assert_eq!(original_name(&one), None);
    }

    proptest! {
        #[test]
        fn every_name_becomes_one_that_is_taken_and_can_be_read_back(
            name in prop_oneof![".{0,300}", "[%a-f0-9A-F~ ._:vtiVTI]{0,40}"]
        ) {
            let accepted = accepted_name(&name);
            prop_assert!(is_taken(&accepted), "{name:?} became {accepted:?}");
            if !is_cut(&accepted) {
                prop_assert_eq!(original_name(&accepted), Some(name));
            }
        }

        #[test]
        fn two_names_never_meet(one in "[%:.~ a-c25E]{0,6}", other in "[%:.~ a-c25E]{0,6}") {
            prop_assert_eq!(one == other, accepted_name(&one) == accepted_name(&other));
        }
    }
}
