//! Time-stamp answers, the tokens in them and the roots that a reader brings: the verifier's alone. What holds is over this note
//! and no other, and a byte behind it breaks it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_verify::{Authorities, check_timestamp, token_in_response};

/// What the tokens among the seeds are over.
const NOTE: &[u8] = include_bytes!("../../vectors/golden/v1/anchored/data/checkpoint");
const ROOTS: &str = include_str!("../../vectors/golden/v1/authorities.pem");

fn check(token: &[u8]) {
    let roots = Authorities::from_pem(ROOTS).expect("roots");
    let over = |stamped, roots| check_timestamp(token, stamped, None, roots);
    let believed = over(NOTE, Some(&roots));
    let read = over(NOTE, None);
    if let Ok(stamp) = &believed {
        let same = read.as_ref().expect("without roots less is asked");
        assert_eq!((&same.time, same.seconds), (&stamp.time, stamp.seconds));
    }
    if read.is_ok() {
        assert!(over(b"another note", None).is_err());
        let longer = [token, &[0]].concat();
        assert!(check_timestamp(&longer, NOTE, None, None).is_err());
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Some(token)) = token_in_response(bytes) {
        check(token);
    }
    check(bytes);
    if let Ok(pem) = std::str::from_utf8(bytes) {
        let _none_of_ours = Authorities::from_pem(pem);
    }
});
