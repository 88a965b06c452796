//! Facts shown beside the entries that name their digests (section 9): exchanged, changed, malformed. The bag around them is
//! right every time.

use base64ct::{Base64UrlUnpadded, Encoding};

use super::approvals::{erased, with};
use super::{Attack, Forged, Shape, holds, within};
use crate::forge::place::full;
use crate::forge::sha256;
use crate::forge::sound::{ATTEMPTED, RESTORED, sound};

const SALT: &str = "AAAAAAAAAAAAAAAAAAAAAA";
const OTHER_SALT: &str = "BBBBBBBBBBBBBBBBBBBBBA";
const SUBJECT: &str = "[\"AAAAAAAAAAAAAAAAAAAAAA\",\"subject\",\"Quarterly figures\"]";
const FOLDER: &str = "[\"BBBBBBBBBBBBBBBBBBBBBA\",\"folder\",\"Inbox\"]";
const SIZE: &str = "[\"CCCCCCCCCCCCCCCCCCCCCA\",\"size\",{\"bytes\":7}]";

fn encoded(array: &str) -> String {
    Base64UrlUnpadded::encode_string(array.as_bytes())
}

fn digest(array: &str) -> String {
    Base64UrlUnpadded::encode_string(&sha256(encoded(array).as_bytes()))
}

fn digests(arrays: &[&str]) -> String {
    let mut digests: Vec<String> = arrays
        .iter()
        .map(|array| format!("\"{}\"", digest(array)))
        .collect();
    digests.sort();
    digests.join(",")
}

fn line(index: usize, array: &str) -> String {
    let encoded = encoded(array);
    format!("{{\"index\":{index},\"subject\":\"custodian-1\",\"disclosure\":\"{encoded}\"}}")
}

/// Entry 8 names the size, entry 9 the subject and the folder; the bundle shows these lines.
fn shown(lines: &[String]) -> Forged {
    naming(&[SUBJECT, FOLDER], lines)
}

/// The same where entry 9 names these.
fn naming(named: &[&str], lines: &[String]) -> Forged {
    let mut events = sound();
    events[ATTEMPTED].sd = digests(&[SIZE]);
    events[RESTORED].sd = digests(named);
    let mut forged = Forged::events(&events).only(Shape::Bundle);
    forged.disclosures = lines.to_vec();
    forged
}

/// An array that entry 9 names although its form is wrong.
fn malformed(array: &str) -> Forged {
    naming(&[array], &[line(RESTORED, array)])
}

const FILE: &str = "data/disclosures";

/// `custodian-1` is erased by entry 11; a fact behind entry 9 is shown all the same, as one of `subject`.
fn shown_of_the_erased(subject: &str) -> Forged {
    let [mut asked, yes, erased] = erased("erase");
    asked.sd = digests(&[SUBJECT]);
    let policy = "\"Erased\":{\"m\":1,\"scope\":\"erase\"}";
    let mut forged = with(policy, [asked, yes, erased]).only(Shape::Bundle);
    forged.disclosures = vec![line(9, SUBJECT).replace("custodian-1", subject)];
    forged
}

pub(crate) const ATTACKS: [Attack; 27] = [
    holds("disclosures: all of them", || {
        shown(&[line(8, SIZE), line(9, SUBJECT), line(9, FOLDER)])
    }),
    holds("disclosures: some of them", || shown(&[line(9, FOLDER)])),
    holds("disclosures: somebody else was erased", || {
        shown_of_the_erased("custodian-2")
    }),
    within(
        "disclosures: of somebody who was erased",
        "disclosure/erased",
        FILE,
        || shown_of_the_erased("custodian-1"),
    ),
    within(
        "disclosures: exchanged between two entries",
        "disclosure/digest",
        FILE,
        || shown(&[line(8, FOLDER), line(9, SIZE)]),
    ),
    within(
        "disclosures: of another entry",
        "disclosure/digest",
        FILE,
        || shown(&[line(8, SUBJECT)]),
    ),
    within(
        "disclosures: of an entry that is not there",
        "disclosure/digest",
        FILE,
        || shown(&[line(10, SUBJECT)]),
    ),
    within(
        "disclosures: salts exchanged",
        "disclosure/digest",
        FILE,
        || {
            let subject = SUBJECT.replace(SALT, OTHER_SALT);
            let folder = FOLDER.replace(OTHER_SALT, SALT);
            shown(&[line(9, &subject), line(9, &folder)])
        },
    ),
    within(
        "disclosures: a value changed",
        "disclosure/digest",
        FILE,
        || shown(&[line(9, &SUBJECT.replace("Quarterly", "Quarterlv"))]),
    ),
    within(
        "disclosures: a name changed",
        "disclosure/digest",
        FILE,
        || shown(&[line(9, &SUBJECT.replace("subject", "sender"))]),
    ),
    within(
        "disclosures: names exchanged",
        "disclosure/digest",
        FILE,
        || {
            let subject = SUBJECT.replace("subject", "folder");
            shown(&[
                line(9, &subject),
                line(9, &FOLDER.replace("folder", "subject")),
            ])
        },
    ),
    within(
        "disclosures: one of two made up",
        "disclosure/digest",
        FILE,
        || {
            shown(&[
                line(9, SUBJECT),
                line(9, &SUBJECT.replace("figures", "losses")),
            ])
        },
    ),
    within("disclosures: one twice", "bundle/form", FILE, || {
        shown(&[line(9, SUBJECT), line(9, SUBJECT)])
    }),
    within(
        "disclosures: under another number",
        "bundle/form",
        FILE,
        || {
            let mut forged = shown(&[line(9, SUBJECT)]);
            let note = forged.note.as_bytes();
            let mut files = full(&forged.chain, note, &forged.disclosures);
            let lines = files.remove("data/disclosures/000000000009");
            let lines = lines.expect("there");
            files.insert("data/disclosures/000000000008".to_owned(), lines);
            forged.payload = Some(files);
            forged
        },
    ),
    within("disclosures: in another order", "bundle/form", FILE, || {
        shown(&[line(9, SUBJECT), line(8, SIZE)])
    }),
    within(
        "disclosures: a salt of 15 bytes",
        "disclosure/form",
        FILE,
        || malformed("[\"AAAAAAAAAAAAAAAAAAAA\",\"subject\",1]"),
    ),
    within(
        "disclosures: a salt with padding",
        "disclosure/form",
        FILE,
        || malformed("[\"AAAAAAAAAAAAAAAAAAAAAA==\",\"subject\",1]"),
    ),
    within("disclosures: no salt", "disclosure/form", FILE, || {
        malformed("[\"subject\",1]")
    }),
    within(
        "disclosures: a fourth part",
        "disclosure/form",
        FILE,
        || malformed("[\"AAAAAAAAAAAAAAAAAAAAAA\",\"subject\",1,2]"),
    ),
    within(
        "disclosures: a name in capitals",
        "disclosure/form",
        FILE,
        || malformed("[\"AAAAAAAAAAAAAAAAAAAAAA\",\"Subject\",1]"),
    ),
    within(
        "disclosures: spaces in the array",
        "disclosure/form",
        FILE,
        || malformed("[\"AAAAAAAAAAAAAAAAAAAAAA\", \"subject\", 1]"),
    ),
    within("disclosures: a null", "disclosure/form", FILE, || {
        malformed("[\"AAAAAAAAAAAAAAAAAAAAAA\",\"subject\",null]")
    }),
    within(
        "disclosures: keys of a value out of order",
        "disclosure/form",
        FILE,
        || malformed("[\"AAAAAAAAAAAAAAAAAAAAAA\",\"subject\",{\"b\":1,\"a\":2}]"),
    ),
    within("disclosures: an object", "disclosure/form", FILE, || {
        malformed("{\"subject\":1}")
    }),
    within(
        "disclosures: base64 for base64url",
        "disclosure/form",
        FILE,
        || {
            // The encoding of this array holds a `-`.
            let array = SUBJECT.replace("Quarterly", "\u{fe}\u{fe}\u{fe}~~~");
            let standard = line(9, &array).replace('-', "+").replace('_', "/");
            assert_ne!(standard, line(9, &array));
            let standard = standard.replace("custodian+1", "custodian-1");
            naming(&[&array], &[standard])
        },
    ),
    within(
        "disclosures: a subject that is no pseudonym",
        "disclosure/form",
        FILE,
        || shown(&[line(9, SUBJECT).replace("custodian-1", "Olga Example")]),
    ),
    within(
        "disclosures: a field more in the line",
        "canonical/fields",
        FILE,
        || shown(&[line(9, SUBJECT).replace("{\"index\"", "{\"x\":1,\"index\"")]),
    ),
];
