//! Base64 of what is public, by table (RFC 4648 sections 4 and 5); secrets take `base64ct`, whose time tells nothing.
//!
//! Every event passes here twice, and constant time costs more than hashing it.

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// No digit; every digit is below 64, so that one test after the loop finds it.
const NONE: u8 = 0x80;
const STANDARD_DIGITS: [u8; 256] = digits_of(STANDARD);
const URL_DIGITS: [u8; 256] = digits_of(URL);

const fn digits_of(alphabet: &[u8; 64]) -> [u8; 256] {
    let mut digits = [NONE; 256];
    let mut value = 0_u8;
    while value < 64 {
        digits[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    digits
}

/// Appends padded base64.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len().div_ceil(3) * 4);
    let digit = |value: u32| STANDARD[(value & 63) as usize];
    let (whole, rest) = bytes.as_chunks::<3>();
    for [a, b, c] in whole {
        let bits = u32::from(*a) << 16 | u32::from(*b) << 8 | u32::from(*c);
        out.extend_from_slice(&[
            digit(bits >> 18),
            digit(bits >> 12),
            digit(bits >> 6),
            digit(bits),
        ]);
    }
    match *rest {
        [a] => {
            let bits = u32::from(a) << 16;
            out.extend_from_slice(&[digit(bits >> 18), digit(bits >> 12), b'=', b'=']);
        }
        [a, b] => {
            let bits = u32::from(a) << 16 | u32::from(b) << 8;
            let last = digit(bits >> 6);
            out.extend_from_slice(&[digit(bits >> 18), digit(bits >> 12), last, b'=']);
        }
        _ => {}
    }
}

/// Reads padded base64 whose unused bits are zero (`canonical/base64`).
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let (quads, rest) = text.as_bytes().as_chunks::<4>();
    let Some((last, quads)) = quads.split_last().filter(|_| rest.is_empty()) else {
        return text.is_empty().then(Vec::new);
    };
    let mut out = vec![0; quads.len() * 3];
    let mut seen = 0;
    for (slot, quad) in out.as_chunks_mut::<3>().0.iter_mut().zip(quads) {
        let [a, b, c, d] = quad.map(|byte| STANDARD_DIGITS[usize::from(byte)]);
        seen |= a | b | c | d;
        *slot = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
    }
    let digit = |byte: u8| STANDARD_DIGITS[usize::from(byte)];
    let (a, b) = (digit(last[0]), digit(last[1]));
    seen |= a | b;
    out.push(a << 2 | b >> 4);
    let unused = match (last[2], last[3]) {
        (b'=', b'=') => b << 4,
        (third, b'=') => {
            let c = digit(third);
            seen |= c;
            out.push(b << 4 | c >> 2);
            c << 6
        }
        (third, fourth) => {
            let (c, d) = (digit(third), digit(fourth));
            seen |= c | d;
            out.extend([b << 4 | c >> 2, c << 6 | d]);
            0
        }
    };
    (seen < NONE && unused == 0).then_some(out)
}

/// Whether this is 32 bytes in base64url without padding: 43 digits, of which the last carries 4 bits.
pub(crate) fn is_url_of_32_bytes(text: &str) -> bool {
    let digits = text.bytes().map(|byte| URL_DIGITS[usize::from(byte)]);
    let last = digits.clone().next_back().unwrap_or(NONE);
    text.len() == 43
        && digits.fold(0, |seen, digit| seen | digit) < NONE
        && last.trailing_zeros() >= 2
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Base64UrlUnpadded, Encoding};
    use proptest::prelude::*;

    use super::*;

    fn agrees(text: &str) {
        assert_eq!(decode(text), Base64::decode_vec(text).ok(), "{text:?}");
        let mut bytes = [0; 32];
        let url = text.len() == 43 && Base64UrlUnpadded::decode(text, &mut bytes).is_ok();
        assert_eq!(is_url_of_32_bytes(text), url, "{text:?}");
    }

    #[test]
    fn spellings_that_are_not_the_one() {
        for text in [
            "",
            "A",
            "AA",
            "AAA",
            "AAAA",
            "AA==",
            "AB==",
            "AAA=",
            "AAB=",
            "A===",
            "====",
            "AA=A",
            "AA=A====",
            "AAAAAA==AAAA",
            "AAA-",
            "AAA_",
            "AAA\n",
            "ÿÿ",
            " AAA",
            "AA== ",
        ] {
            agrees(text);
        }
    }

    proptest! {
        #[test]
        fn as_the_constant_time_one(
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
            place in any::<prop::sample::Index>(),
            byte in 0_u8..128,
        ) {
            let mut out = Vec::new();
            encode(&bytes, &mut out);
            let text = String::from_utf8(out).expect("ASCII");
            prop_assert_eq!(&text, &Base64::encode_string(&bytes));
            prop_assert_eq!(decode(&text), Some(bytes.clone()));
            // One byte is another.
            let mut other = text.into_bytes();
            if !other.is_empty() {
                other[place.index(bytes.len())] = byte;
            }
            agrees(&String::from_utf8(other).expect("ASCII"));
        }

        #[test]
        fn digests_as_the_constant_time_one(
            bytes in any::<[u8; 32]>(), place in 0_usize..43, byte in 0_u8..128,
        ) {
            let mut text = Base64UrlUnpadded::encode_string(&bytes).into_bytes();
            agrees(std::str::from_utf8(&text).expect("ASCII"));
            text[place] = byte;
            agrees(std::str::from_utf8(&text).expect("ASCII"));
        }
    }
}
