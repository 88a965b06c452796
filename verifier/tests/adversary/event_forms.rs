//! Each rule of the canonical form (section 2), broken in the bytes of an event; fields of a form of their own are in
//! `field_forms.rs`.

use super::forms::{data, event, last, spliced, swapped};
use super::{Attack, Forged, at, holds};
use crate::forge::sound::{HANDED, sound};

/// A string in the event's data has these bytes inside.
fn text(bytes: &'static [u8]) -> Forged {
    last(|event| {
        event.payload(move |text| {
            spliced(
                &text,
                "\"attempt\":1",
                &[b"\"a\":\"", bytes, b"\""].concat(),
            )
        });
    })
}

/// Data at whose innermost the depth is that.
fn nested(depth: usize) -> String {
    // The event has depth 1 and its data 2.
    format!(
        "{{\"a\":{}{}}}",
        "[".repeat(depth - 2),
        "]".repeat(depth - 2)
    )
}

pub(crate) const ATTACKS: [Attack; 81] = [
    at(
        "event: a byte that is no UTF-8",
        "canonical/utf8",
        9,
        || text(b"\xff"),
    ),
    at("event: an overlong NUL", "canonical/utf8", 9, || {
        text(b"\xc0\x80")
    }),
    at("event: an overlong slash", "canonical/utf8", 9, || {
        text(b"\xe0\x80\xaf")
    }),
    at("event: a surrogate in UTF-8", "canonical/utf8", 9, || {
        text(b"\xed\xa0\x80")
    }),
    at(
        "event: a pair of surrogates in UTF-8",
        "canonical/utf8",
        9,
        || text(b"\xed\xa0\xbd\xed\xb8\x80"),
    ),
    at(
        "event: a letter above U+10FFFF",
        "canonical/utf8",
        9,
        || text(b"\xf4\x90\x80\x80"),
    ),
    at("event: a letter that is cut", "canonical/utf8", 9, || {
        text(b"\xe2\x82")
    }),
    at("event: a byte order mark", "canonical/utf8", 9, || {
        event(|text| format!("\u{feff}{text}"))
    }),
    holds("event: the mark inside a string", || {
        text("\u{feff}".as_bytes())
    }),
    at(
        "event: a space before it",
        "canonical/whitespace",
        9,
        || event(|text| format!(" {text}")),
    ),
    at(
        "event: a newline behind it",
        "canonical/whitespace",
        9,
        || event(|text| text + "\n"),
    ),
    at("event: a NUL behind it", "canonical/whitespace", 9, || {
        event(|text| text + "\0")
    }),
    at(
        "event: a second value behind it",
        "canonical/whitespace",
        9,
        || event(|text| text + "{}"),
    ),
    at(
        "event: a space behind a colon",
        "canonical/whitespace",
        9,
        || data("{\"attempt\": 1}"),
    ),
    at(
        "event: a space before a colon",
        "canonical/whitespace",
        9,
        || data("{\"attempt\" :1}"),
    ),
    at(
        "event: a tab behind a comma",
        "canonical/whitespace",
        9,
        || data("{\"a\":1,\t\"b\":2}"),
    ),
    at(
        "event: a newline in an object",
        "canonical/whitespace",
        9,
        || data("{\n}"),
    ),
    at(
        "event: a return in an array",
        "canonical/whitespace",
        9,
        || data("{\"a\":[1\r]}"),
    ),
    at("event: an escaped slash", "canonical/string", 9, || {
        data("{\"a\":\"\\/\"}")
    }),
    at("event: an escaped letter", "canonical/string", 9, || {
        data("{\"a\":\"\\u0041\"}")
    }),
    at(
        "event: an escaped letter of another script",
        "canonical/string",
        9,
        || data("{\"a\":\"\\u00fc\"}"),
    ),
    at("event: an escaped DEL", "canonical/string", 9, || {
        data("{\"a\":\"\\u007f\"}")
    }),
    at(
        "event: an escape that has a shorter one",
        "canonical/string",
        9,
        || data("{\"a\":\"\\u000a\"}"),
    ),
    at(
        "event: an escape in capitals",
        "canonical/string",
        9,
        || data("{\"a\":\"\\u001F\"}"),
    ),
    at(
        "event: an escape with a capital U",
        "canonical/string",
        9,
        || data("{\"a\":\"\\U0001\"}"),
    ),
    at(
        "event: a lone surrogate, escaped",
        "canonical/string",
        9,
        || data("{\"a\":\"\\ud800\"}"),
    ),
    at(
        "event: a pair of surrogates, escaped",
        "canonical/string",
        9,
        || data("{\"a\":\"\\ud83d\\ude00\"}"),
    ),
    at(
        "event: an escape that JSON has not",
        "canonical/string",
        9,
        || data("{\"a\":\"\\x41\"}"),
    ),
    at(
        "event: an escape that is cut",
        "canonical/string",
        9,
        || data("{\"a\":\"\\u00\"}"),
    ),
    at(
        "event: a raw newline in a string",
        "canonical/string",
        9,
        || data("{\"a\":\"\n\"}"),
    ),
    at(
        "event: a raw NUL in a string",
        "canonical/string",
        9,
        || data("{\"a\":\"\0\"}"),
    ),
    at("event: an escape in a key", "canonical/string", 9, || {
        data("{\"\\u0061\":1}")
    }),
    holds("event: every escape that there is", || {
        data("{\"a\":\"\\\"\\\\\\b\\t\\n\\f\\r\\u0000\\u001f\"}")
    }),
    holds("event: what stands raw", || {
        data("{\"a\":\"/\u{7f}\u{80}\u{fc}\u{2028}\u{1f600}\"}")
    }),
    at("event: a minus zero", "canonical/number", 9, || {
        data("{\"a\":-0}")
    }),
    at("event: a fraction", "canonical/number", 9, || {
        data("{\"a\":1.0}")
    }),
    at("event: an exponent", "canonical/number", 9, || {
        data("{\"a\":1e3}")
    }),
    at(
        "event: an exponent in capitals",
        "canonical/number",
        9,
        || data("{\"a\":1E3}"),
    ),
    at("event: 2^53", "canonical/number", 9, || {
        data("{\"a\":9007199254740992}")
    }),
    at("event: the least of 64 bits", "canonical/number", 9, || {
        data("{\"a\":-9223372036854775808}")
    }),
    at("event: -2^53", "canonical/number", 9, || {
        data("{\"a\":-9007199254740992}")
    }),
    at("event: more than 64 bits", "canonical/number", 9, || {
        data("{\"a\":18446744073709551617}")
    }),
    at(
        "event: a zero before a number",
        "canonical/number",
        9,
        || data("{\"a\":01}"),
    ),
    at("event: a plus", "canonical/number", 9, || {
        data("{\"a\":+1}")
    }),
    at(
        "event: no digit before the point",
        "canonical/number",
        9,
        || data("{\"a\":.5}"),
    ),
    at("event: a minus alone", "canonical/number", 9, || {
        data("{\"a\":-}")
    }),
    holds("event: the largest numbers", || {
        data("{\"a\":[9007199254740991,-9007199254740991,0]}")
    }),
    at("event: a null", "canonical/null", 9, || {
        data("{\"a\":null}")
    }),
    at("event: a null in an array", "canonical/null", 9, || {
        data("{\"a\":[1,null]}")
    }),
    at("event: a null for its data", "canonical/null", 9, || {
        data("null")
    }),
    holds("event: true and false", || data("{\"a\":[true,false]}")),
    at("event: not a number", "canonical/json", 9, || {
        data("{\"a\":NaN}")
    }),
    at("event: True", "canonical/json", 9, || data("{\"a\":True}")),
    at(
        "event: a comma behind the last",
        "canonical/json",
        9,
        || data("{\"a\":[1,]}"),
    ),
    at("event: single quotes", "canonical/json", 9, || {
        data("{'a':1}")
    }),
    at("event: a comment", "canonical/json", 9, || {
        data("{\"a\":1/**/}")
    }),
    at(
        "event: a number in another base",
        "canonical/json",
        9,
        || data("{\"a\":0x10}"),
    ),
    at("event: cut", "canonical/json", 9, || {
        event(|mut text| {
            text.pop();
            text
        })
    }),
    at("event: empty", "canonical/json", 9, || {
        event(|_| String::new())
    }),
    at("event: a depth of 17", "canonical/depth", 9, || {
        data(&nested(17))
    }),
    holds("event: a depth of 16", || data(&nested(16))),
    at(
        "event: a depth of 17 in objects",
        "canonical/depth",
        9,
        || data(&format!("{}1{}", "{\"a\":".repeat(16), "}".repeat(16))),
    ),
    at("event: keys out of order", "canonical/keys", 9, || {
        data("{\"b\":1,\"a\":2}")
    }),
    at("event: a key twice", "canonical/keys", 9, || {
        data("{\"a\":1,\"a\":2}")
    }),
    at("event: a key twice, apart", "canonical/keys", 9, || {
        data("{\"a\":1,\"b\":2,\"a\":3}")
    }),
    at(
        "event: keys out of order below",
        "canonical/keys",
        9,
        || data("{\"a\":[{\"c\":1,\"b\":2}]}"),
    ),
    at("event: a key twice below", "canonical/keys", 9, || {
        data("{\"a\":{\"b\":1,\"b\":1}}")
    }),
    at(
        "event: keys in the order of UTF-16",
        "canonical/keys",
        9,
        || data("{\"\u{10000}\":1,\"\u{ffff}\":2}"),
    ),
    holds("event: keys in the order of UTF-8", || {
        data("{\"\u{ffff}\":1,\"\u{10000}\":2}")
    }),
    at(
        "event: keys in the order of their spelling",
        "canonical/keys",
        9,
        || {
            // Spelled, the quote is a backslash, which comes after A; unescaped it comes before.
            data("{\"A\":1,\"\\\"\":2}")
        },
    ),
    holds("event: keys in the order of what they spell", || {
        data("{\"\":0,\"\\\"\":1,\"A\":2}")
    }),
    at("event: an unknown field", "canonical/fields", 9, || {
        event(|text| swapped(&text, "{\"v\":1,", "{\"v\":1,\"w\":1,"))
    }),
    at("event: a field missing", "canonical/fields", 9, || {
        event(|text| swapped(&text, ",\"sd\":[]", ""))
    }),
    at("event: a field twice", "canonical/fields", 9, || {
        event(|text| swapped(&text, "{\"v\":1,", "{\"v\":1,\"v\":1,"))
    }),
    at(
        "event: fields in another order",
        "canonical/fields",
        9,
        || {
            event(|text| {
                swapped(
                    &text,
                    "\"data\":{\"attempt\":1},\"sd\":[]",
                    "\"sd\":[],\"data\":{\"attempt\":1}",
                )
            })
        },
    ),
    at("event: no object", "canonical/fields", 9, || {
        event(|text| format!("[{text}]"))
    }),
    at("event: a field more in seen", "canonical/fields", 9, || {
        event(|text| swapped(&text, "{\"size\":9,", "{\"size\":9,\"x\":1,"))
    }),
    at(
        "event: seen in another order",
        "canonical/fields",
        9,
        || {
            event(|text| {
                let leaf = text.find("\"leaf\":\"").expect("there");
                let leaf = text[leaf..leaf + 73].to_owned();
                swapped(
                    &text,
                    &format!("\"size\":9,{leaf}"),
                    &format!("{leaf},\"size\":9"),
                )
            })
        },
    ),
    at(
        "event: a field more in a ledger type",
        "canonical/fields",
        4,
        || {
            let mut events = sound();
            events[HANDED].data = events[HANDED].data.replace("\"to\"", "\"till\":1,\"to\"");
            Forged::events(&events)
        },
    ),
    at(
        "event: a field missing in a ledger type",
        "canonical/fields",
        4,
        || {
            let mut events = sound();
            "{\"streams\":[\"custodian/c1\"]}".clone_into(&mut events[HANDED].data);
            Forged::events(&events)
        },
    ),
    at(
        "event: data that are an array",
        "canonical/fields",
        9,
        || data("[]"),
    ),
];
