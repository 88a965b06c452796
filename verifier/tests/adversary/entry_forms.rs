//! Each rule of the canonical form (section 2) and of section 5 that an entry around an event can break.

use super::forms::{last, spliced, swapped, upper};
use super::{Attack, Forged, at};
use crate::forge::id;

/// The entry's bytes are other ones.
fn entry<T: Into<Vec<u8>> + 'static>(edit: fn(String) -> T) -> Forged {
    last(|event| event.entry(edit))
}

/// The sequencer's clock says so.
fn received(time: &'static str) -> Forged {
    last(|event| event.received = time)
}

/// The base64 behind a piece of text changed.
fn base64(text: &str, piece: &str, edit: impl Fn(&str) -> String) -> String {
    let start = text.find(piece).expect("it is there") + piece.len();
    let end = start + text[start..].find('"').expect("its end");
    let changed = edit(&text[start..end]);
    assert_ne!(changed, text[start..end]);
    format!("{}{changed}{}", &text[..start], &text[end..])
}

/// An entry whose payload needs padding, spelled in base64 so.
fn payload(edit: fn(&str) -> String) -> Forged {
    last(|event| {
        "{\"attempt\":10}".clone_into(&mut event.data);
        event.entry(move |text| base64(&text, "\"payload\":\"", edit));
    })
}

fn signature(edit: fn(&str) -> String) -> Forged {
    last(|event| event.entry(move |text| base64(&text, "\"sig\":\"", edit)))
}

/// Bits behind the last byte that are not zero.
fn trailing_bits(text: &str) -> String {
    let end = text.find('=').expect("it is padded");
    let last = text.as_bytes()[end - 1];
    // The four last bits of the last digit are zero: the next digit of the alphabet differs in one of them.
    format!(
        "{}{}{}",
        &text[..end - 1],
        char::from(last + 1),
        &text[end..]
    )
}

fn url_alphabet(text: &str) -> String {
    format!("-_{}", &text[2..])
}

pub(crate) const ATTACKS: [Attack; 48] = [
    at(
        "entry: a byte that is no UTF-8",
        "canonical/utf8",
        9,
        || entry(|text| spliced(&text, "vnd", b"\xff")),
    ),
    at("entry: an overlong letter", "canonical/utf8", 9, || {
        entry(|text| spliced(&text, "vnd", b"\xc1\xb6nd"))
    }),
    at("entry: a surrogate in UTF-8", "canonical/utf8", 9, || {
        entry(|text| spliced(&text, "vnd", b"\xed\xbf\xbf"))
    }),
    at("entry: a byte order mark", "canonical/utf8", 9, || {
        entry(|text| format!("\u{feff}{text}"))
    }),
    at(
        "entry: a space before it",
        "canonical/whitespace",
        9,
        || entry(|text| format!(" {text}")),
    ),
    at(
        "entry: a newline behind it",
        "canonical/whitespace",
        9,
        || entry(|text| text + "\n"),
    ),
    at("entry: a space inside", "canonical/whitespace", 9, || {
        entry(|text| swapped(&text, "\":9,", "\": 9,"))
    }),
    at("entry: an escaped slash", "canonical/string", 9, || {
        entry(|text| swapped(&text, "application/", "application\\/"))
    }),
    at("entry: an escaped letter", "canonical/string", 9, || {
        entry(|text| swapped(&text, "vnd", "\\u0076nd"))
    }),
    at("entry: an escape in a key", "canonical/string", 9, || {
        entry(|text| swapped(&text, "\"index\"", "\"\\u0069ndex\""))
    }),
    at("entry: a fraction", "canonical/number", 9, || {
        entry(|text| swapped(&text, ":9,", ":9.0,"))
    }),
    at(
        "entry: a zero before the index",
        "canonical/number",
        9,
        || entry(|text| swapped(&text, ":9,", ":09,")),
    ),
    at("entry: an exponent", "canonical/number", 9, || {
        entry(|text| swapped(&text, ":9,", ":9e0,"))
    }),
    at("entry: a negative index", "canonical/number", 9, || {
        entry(|text| swapped(&text, ":9,", ":-9,"))
    }),
    at(
        "entry: a string for the index",
        "canonical/number",
        9,
        || entry(|text| swapped(&text, ":9,", ":\"9\",")),
    ),
    at("entry: a null", "canonical/null", 9, || {
        entry(|text| swapped(&text, ":9,", ":null,"))
    }),
    at("entry: a depth of 17", "canonical/depth", 9, || {
        entry(|text| {
            swapped(
                &text,
                ":9,",
                &format!(":{}9{},", "[".repeat(16), "]".repeat(16)),
            )
        })
    }),
    at("entry: cut", "canonical/json", 9, || {
        entry(|text| text[..text.len() - 1].to_owned())
    }),
    at("entry: empty", "canonical/json", 9, || {
        entry(|_| String::new()).only(super::Shape::Bundle)
    }),
    at("entry: an unknown field", "canonical/fields", 9, || {
        entry(|text| swapped(&text, "{\"index\"", "{\"i\":9,\"index\""))
    }),
    at("entry: a field missing", "canonical/fields", 9, || {
        entry(|text| swapped(&text, "\"received\":\"2026-11-23T20:00:00.000000Z\",", ""))
    }),
    at("entry: a field twice", "canonical/fields", 9, || {
        entry(|text| swapped(&text, "{\"index\":9", "{\"index\":9,\"index\":9"))
    }),
    at(
        "entry: fields in another order",
        "canonical/fields",
        9,
        || {
            entry(|text| {
                let time = "\"received\":\"2026-11-23T20:00:00.000000Z\",";
                swapped(
                    &swapped(&text, time, ""),
                    "\"prev\"",
                    &format!("{time}\"prev\""),
                )
            })
        },
    ),
    at("entry: no object", "canonical/fields", 9, || {
        entry(|text| format!("[{text}]"))
    }),
    at(
        "entry: an unknown field in the envelope",
        "canonical/fields",
        9,
        || entry(|text| swapped(&text, "{\"payloadType\"", "{\"a\":1,\"payloadType\"")),
    ),
    at(
        "entry: the envelope in another order",
        "canonical/fields",
        9,
        || {
            entry(|text| {
                let kind = "\"payloadType\":\"application/vnd.unbroken.event.v1+json\",";
                swapped(
                    &swapped(&text, kind, ""),
                    "\"signatures\"",
                    &format!("{kind}\"signatures\""),
                )
            })
        },
    ),
    at(
        "entry: an unknown field in a signature",
        "canonical/fields",
        9,
        || entry(|text| swapped(&text, "\"sig\"", "\"alg\":\"EdDSA\",\"sig\"")),
    ),
    at(
        "entry: a signature in another order",
        "canonical/fields",
        9,
        || {
            entry(|text| {
                let keyid = format!("\"keyid\":\"{}\",", id(8));
                swapped(
                    &swapped(&text, &keyid, ""),
                    "\"}]}}",
                    &format!("\",{}}}]}}}}", keyid.trim_end_matches(',')),
                )
            })
        },
    ),
    at(
        "entry: signatures that are an object",
        "event/signatures",
        9,
        || {
            entry(|text| {
                let start = text.find("\"signatures\":").expect("there") + 13;
                format!("{}{{}}}}}}", &text[..start])
            })
        },
    ),
    at(
        "entry: another payload type",
        "entry/payload-type",
        9,
        || entry(|text| swapped(&text, ".v1", ".v2")),
    ),
    at(
        "entry: a payload type in capitals",
        "entry/payload-type",
        9,
        || entry(|text| swapped(&text, "application", "Application")),
    ),
    at(
        "entry: a time that there is not",
        "canonical/time",
        9,
        || received("2027-02-30T20:00:00.000000Z"),
    ),
    at("entry: a leap second", "canonical/time", 9, || {
        received("2026-12-31T23:59:60.000000Z")
    }),
    at(
        "entry: no fraction of a second",
        "canonical/time",
        9,
        || received("2026-11-23T20:00:00Z"),
    ),
    at("entry: an offset", "canonical/time", 9, || {
        received("2026-11-23T20:00:00.000000+00:00")
    }),
    at("entry: hex in capitals", "canonical/hex", 9, || {
        entry(|text| upper(&text, "\"prev\":\""))
    }),
    at("entry: a digit of hex missing", "canonical/hex", 9, || {
        entry(|text| {
            let start = text.find("\"prev\":\"").expect("there") + 8;
            format!("{}{}", &text[..start], &text[start + 1..])
        })
    }),
    at("entry: a keyid in capitals", "canonical/hex", 9, || {
        entry(|text| upper(&text, "\"keyid\":\""))
    }),
    at(
        "entry: a payload without padding",
        "canonical/base64",
        9,
        || payload(|text| text.trim_end_matches('=').to_owned()),
    ),
    at(
        "entry: a payload with bits behind it",
        "canonical/base64",
        9,
        || payload(trailing_bits),
    ),
    at(
        "entry: a payload in the other alphabet",
        "canonical/base64",
        9,
        || payload(url_alphabet),
    ),
    at(
        "entry: a payload with more padding",
        "canonical/base64",
        9,
        || payload(|text| format!("{text}=")),
    ),
    at(
        "entry: a payload with a space",
        "canonical/base64",
        9,
        || payload(|text| format!("{text} ")),
    ),
    at(
        "entry: a signature without padding",
        "canonical/base64",
        9,
        || signature(|text| text.trim_end_matches('=').to_owned()),
    ),
    at(
        "entry: a signature with bits behind it",
        "canonical/base64",
        9,
        || signature(trailing_bits),
    ),
    at(
        "entry: a signature in the other alphabet",
        "canonical/base64",
        9,
        || signature(url_alphabet),
    ),
    at(
        "entry: a signature of 63 bytes",
        "event/signatures",
        9,
        || signature(|text| format!("{}A==", &text[..83]).replacen("A==", "", 1) + "A"),
    ),
    at("entry: a signature in hex", "event/signatures", 9, || {
        signature(|_| "ab".repeat(64))
    }),
];
