//! The fields of an event (section 4) that have a form of their own: times, hex, integers, names, lists. Bounds of size are
//! in `sizes.rs`.

use super::forms::{event, last, swapped, upper};
use super::{Attack, Forged, at, holds};
use crate::forge::{hex, id};

/// The event's clock says so.
fn clock(time: &'static str) -> Forged {
    last(|event| {
        event.payload(move |text| {
            text.replace(
                "\"at\":\"2026-11-23T20:00:00.000000Z\"",
                &format!("\"at\":\"{time}\""),
            )
        });
    })
}

/// One digest in `sd`.
fn sd(digest: &'static str) -> Forged {
    last(|event| event.sd = format!("\"{digest}\""))
}

const WHOLE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub(crate) const ATTACKS: [Attack; 56] = [
    at("field: 30 February", "canonical/time", 9, || {
        clock("2026-02-30T20:00:00.000000Z")
    }),
    at(
        "field: 29 February of no leap year",
        "canonical/time",
        9,
        || clock("2026-02-29T20:00:00.000000Z"),
    ),
    at("field: 29 February 1900", "canonical/time", 9, || {
        clock("1900-02-29T20:00:00.000000Z")
    }),
    holds("field: 29 February 2000", || {
        clock("2000-02-29T20:00:00.000000Z")
    }),
    holds("field: the last microsecond", || {
        clock("9999-12-31T23:59:59.999999Z")
    }),
    at("field: 31 April", "canonical/time", 9, || {
        clock("2026-04-31T20:00:00.000000Z")
    }),
    at("field: a day 0", "canonical/time", 9, || {
        clock("2026-04-00T20:00:00.000000Z")
    }),
    at("field: a month 0", "canonical/time", 9, || {
        clock("2026-00-01T20:00:00.000000Z")
    }),
    at("field: a month 13", "canonical/time", 9, || {
        clock("2026-13-01T20:00:00.000000Z")
    }),
    at("field: a year 0", "canonical/time", 9, || {
        clock("0000-01-01T20:00:00.000000Z")
    }),
    at("field: a leap second", "canonical/time", 9, || {
        clock("2016-12-31T23:59:60.000000Z")
    }),
    at("field: an hour 24", "canonical/time", 9, || {
        clock("2026-11-23T24:00:00.000000Z")
    }),
    at("field: a minute 60", "canonical/time", 9, || {
        clock("2026-11-23T20:60:00.000000Z")
    }),
    at("field: no fraction", "canonical/time", 9, || {
        clock("2026-11-23T20:00:00Z")
    }),
    at("field: milliseconds", "canonical/time", 9, || {
        clock("2026-11-23T20:00:00.000Z")
    }),
    at("field: nanoseconds", "canonical/time", 9, || {
        clock("2026-11-23T20:00:00.000000000Z")
    }),
    at("field: a decimal comma", "canonical/time", 9, || {
        clock("2026-11-23T20:00:00,000000Z")
    }),
    at("field: an offset", "canonical/time", 9, || {
        clock("2026-11-23T20:00:00.000000+00:00")
    }),
    at("field: a small t", "canonical/time", 9, || {
        clock("2026-11-23t20:00:00.000000Z")
    }),
    at("field: a small z", "canonical/time", 9, || {
        clock("2026-11-23T20:00:00.000000z")
    }),
    at("field: a space for the T", "canonical/time", 9, || {
        clock("2026-11-23 20:00:00.000000Z")
    }),
    at(
        "field: digits of another script",
        "canonical/time",
        9,
        || clock("\u{662}026-11-23T20:00:00.00000Z"),
    ),
    at("field: a number for a time", "canonical/time", 9, || {
        event(|text| swapped(&text, "\"at\":\"2026-11-23T20:00:00.000000Z\"", "\"at\":1"))
    }),
    at("field: hex in capitals", "canonical/hex", 9, || {
        event(|text| upper(&text, "\"link\":\""))
    }),
    at("field: hex in capitals in seen", "canonical/hex", 9, || {
        event(|text| upper(&text, "\"leaf\":\""))
    }),
    at("field: a digit of hex missing", "canonical/hex", 9, || {
        last(|event| event.link = Some("a".repeat(63)))
    }),
    at("field: a digit of hex more", "canonical/hex", 9, || {
        last(|event| event.link = Some("a".repeat(65)))
    }),
    at("field: no hex", "canonical/hex", 9, || {
        last(|event| event.link = Some("g".repeat(64)))
    }),
    at("field: a number for hex", "canonical/hex", 9, || {
        event(|text| {
            let start = text.find("\"link\":").expect("there") + 7;
            format!("{}1{}", &text[..start], &text[start + 66..])
        })
    }),
    at(
        "field: a string for an integer",
        "canonical/number",
        9,
        || event(|text| swapped(&text, "\"seq\":1", "\"seq\":\"1\"")),
    ),
    at("field: a negative seq", "canonical/number", 9, || {
        event(|text| swapped(&text, "\"seq\":1", "\"seq\":-1"))
    }),
    at(
        "field: true for what was seen",
        "canonical/number",
        9,
        || event(|text| swapped(&text, "{\"size\":9,", "{\"size\":true,")),
    ),
    at(
        "field: a string for the version",
        "event/version",
        9,
        || event(|text| swapped(&text, "\"v\":1", "\"v\":\"1\"")),
    ),
    at("field: an id of version 4", "event/id", 9, || {
        event(|text| swapped(&text, "-7000-", "-4000-"))
    }),
    at("field: an id of another variant", "event/id", 9, || {
        event(|text| swapped(&text, "-8000-", "-c000-"))
    }),
    at("field: an id in capitals", "event/id", 9, || {
        event(|text| swapped(&text, "019aaaaa", "019AAAAA"))
    }),
    at("field: a number for an id", "event/id", 9, || {
        event(|text| swapped(&text, "\"019aaaaa-0000-7000-8000-000000000009\"", "1"))
    }),
    at(
        "field: an origin that is no string",
        "event/origin",
        9,
        || {
            event(|text| {
                let start = text.find("\"origin\":").expect("there") + 9;
                let end = text.find(",\"stream\"").expect("there");
                format!("{}1{}", &text[..start], &text[end..])
            })
        },
    ),
    at("field: a stream in capitals", "event/stream", 9, || {
        last(|event| "custodian/C1".clone_into(&mut event.stream))
    }),
    at("field: a stream without a name", "event/stream", 9, || {
        last(|event| event.stream.clear())
    }),
    at("field: a type without a number", "event/type", 9, || {
        last(|event| event.kind = "ItemRestored")
    }),
    at("field: a type with a zero", "event/type", 9, || {
        last(|event| event.kind = "ItemRestored/0")
    }),
    at("field: a type in small letters", "event/type", 9, || {
        last(|event| event.kind = "itemRestored/1")
    }),
    at("field: a ledger type with a number", "role/type", 9, || {
        last(|event| event.kind = "Sealed/1")
    }),
    at("field: a keyid in capitals", "event/by", 9, || {
        event(|text| upper(&text, "\"by\":[\""))
    }),
    at("field: nobody signs", "event/by", 9, || {
        event(|text| swapped(&text, &format!("[\"{}\"]", id(8)), "[]"))
    }),
    at("field: a string for the signers", "event/by", 9, || {
        event(|text| {
            swapped(
                &text,
                &format!("[\"{}\"]", id(8)),
                &format!("\"{}\"", id(8)),
            )
        })
    }),
    holds("field: a digest", || sd(WHOLE)),
    at("field: a digest with padding", "event/sd", 9, || {
        sd("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    }),
    at(
        "field: a digest in the other alphabet",
        "event/sd",
        9,
        || sd("+/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ),
    at("field: a digest with bits behind it", "event/sd", 9, || {
        sd("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB")
    }),
    at("field: a digest of 42 digits", "event/sd", 9, || {
        sd(&WHOLE[1..])
    }),
    at("field: a digest in hex", "event/sd", 9, || {
        last(|event| event.sd = format!("\"{}\"", hex(&[7; 32])))
    }),
    at("field: a digest twice", "event/sd", 9, || {
        last(|event| event.sd = format!("\"{WHOLE}\",\"{WHOLE}\""))
    }),
    at("field: digests out of order", "event/sd", 9, || {
        last(|event| {
            event.sd = format!(
                "\"{}\",\"{WHOLE}\"",
                WHOLE
                    .replace("AAAA", "BBBB")
                    .replace('B', "A")
                    .replacen('A', "B", 1)
            );
        })
    }),
    at("field: an object for the digests", "event/sd", 9, || {
        event(|text| swapped(&text, "\"sd\":[]", "\"sd\":{}"))
    }),
];
