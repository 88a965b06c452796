//! The content gate: any bytes at all, as a part of an item, end in a verdict that fits what was found.
#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use unbroken::domain::content::{Class, ContentGate, Unscanned, Verdict};
use unbroken::scanners::{Scanners, texts};

static SCANNERS: LazyLock<Scanners> = LazyLock::new(|| {
    let gate = ContentGate {
        bad: None,
        clamd: false,
        hold: Class::BY_POLICY.to_vec(),
        number: 1,
        part_bytes_max: 1,
        unscanned: Unscanned::Hold,
        yara: None,
    };
    Scanners::new(gate, None, None, None).expect("it asks for nobody")
});

fuzz_target!(|bytes: &[u8]| {
    let mut screening = SCANNERS.begin(BTreeSet::new());
    screening.whole("part", bytes);
    let screened = screening.end();
    assert_eq!(
        screened.verdict == Verdict::Passed,
        screened.classes.is_empty()
    );
    assert!(screened.parts > 0);
    texts(bytes, &mut |_| ());
});
