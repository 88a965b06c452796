//! Base64 of what is public, by table (RFC 4648 sections 4 and 5); secrets take `base64ct`, whose time tells nothing.
//!
//! Every event passes here twice, and constant time costs more than hashing it.

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// No digit; every digit is below 64, so that one test after the loop finds it.
const NONE: u8 = 0x80;
const STANDARD_DIGITS: [u8; 256] = digits_of(STANDARD);
const URL_DIGITS: [u8; 256] = digits_of(URL);

/// What a digit at each of the four places adds to 24 bits; a bit above them for what is no digit.
const AT: [[u32; 256]; 4] = {
    let mut at = [[0; 256]; 4];
    let mut place = 0;
    while place < 4 {
        let mut byte = 0;
        while byte < 256 {
            let digit = STANDARD_DIGITS[byte];
            at[place][byte] = if digit == NONE {
                1 << 24
            } else {
                (digit as u32) << (18 - 6 * place)
            };
            byte += 1;
        }
        place += 1;
    }
    at
};

const fn digits_of(alphabet: &[u8; 64]) -> [u8; 256] {
    let mut digits = [NONE; 256];
    let mut value = 0_u8;
    while value < 64 {
        digits[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    digits
}

/// The two digits of each 12 bits.
const PAIRS: [[u8; 2]; 4096] = {
    let mut pairs = [[0; 2]; 4096];
    let mut bits = 0;
    while bits < 4096 {
        pairs[bits] = [STANDARD[bits >> 6], STANDARD[bits & 63]];
        bits += 1;
    }
    pairs
};

/// Appends padded base64.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, b'=');
    let (whole, rest) = bytes.as_chunks::<3>();
    let (quads, _) = out[start..].as_chunks_mut::<4>();
    let (quads, last) = quads.split_at_mut(whole.len());
    for ([a, b, c], quad) in whole.iter().zip(quads) {
        let high = PAIRS[usize::from(*a) << 4 | usize::from(*b) >> 4];
        let low = PAIRS[(usize::from(*b) & 15) << 8 | usize::from(*c)];
        *quad = [high[0], high[1], low[0], low[1]];
    }
    let digit = |value: u8| STANDARD[usize::from(value & 63)];
    match *rest {
        [a] => last[0][..2].copy_from_slice(&[digit(a >> 2), digit(a << 4)]),
        [a, b] => {
            let digits = [digit(a >> 2), digit(a << 4 | b >> 4), digit(b << 2)];
            last[0][..3].copy_from_slice(&digits);
        }
        _ => {}
    }
}

/// Reads padded base64 whose unused bits are zero (`canonical/base64`).
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let (quads, rest) = text.as_chunks::<4>();
    let Some((last, quads)) = quads.split_last().filter(|_| rest.is_empty()) else {
        return text.is_empty().then(Vec::new);
    };
    let mut out = Vec::with_capacity(quads.len() * 3 + 3);
    out.resize(quads.len() * 3, 0);
    let mut bits_seen = 0;
    for (slot, [a, b, c, d]) in out.as_chunks_mut::<3>().0.iter_mut().zip(quads) {
        let bits = AT[0][usize::from(*a)]
            | AT[1][usize::from(*b)]
            | AT[2][usize::from(*c)]
            | AT[3][usize::from(*d)];
        bits_seen |= bits;
        let [_, high, middle, low] = bits.to_be_bytes();
        *slot = [high, middle, low];
    }
    let mut seen = if bits_seen >> 24 == 0 { 0 } else { NONE };
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
        assert_eq!(
            decode(text.as_bytes()),
            Base64::decode_vec(text).ok(),
            "{text:?}"
        );
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
            prop_assert_eq!(decode(text.as_bytes()), Some(bytes.clone()));
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
