//! `PidTagRtfCompressed` ([MS-OXRTFCP]): a dictionary of 4 KB that begins with the words that RTF begins with.

use crate::sources::mapi::bytes::u32_at;

/// What the dictionary holds before anything was read ([MS-OXRTFCP] 2.1.3.1.1).
const FIRST_WORDS: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \
\\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\
\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const DICTIONARY_BYTES: usize = 4096;
const HEAD_BYTES: usize = 16;
/// A body is restored in a request of 4 MB; what is larger than this by far is an attack on memory.
const RTF_BYTES_MAX: usize = 64 << 20;

const COMPRESSED: u32 = 0x7546_5A4C;
const UNCOMPRESSED: u32 = 0x414C_454D;

/// The RTF; `None` where the bytes are not of the format or want more memory than a body may have.
pub fn decompress(bytes: &[u8]) -> Option<Vec<u8>> {
    let wanted = usize::try_from(u32_at(bytes, 4)?).ok()?;
    let kind = u32_at(bytes, 8)?;
    let rest = bytes.get(HEAD_BYTES..)?;
    if wanted > RTF_BYTES_MAX {
        return None;
    }
    match kind {
        UNCOMPRESSED => Some(rest.get(..wanted).unwrap_or(rest).to_vec()),
        COMPRESSED => Some(expanded(rest, wanted)),
        _ => None,
    }
}

/// What a cut input still says is kept; `wanted` bounds it.
fn expanded(bytes: &[u8], wanted: usize) -> Vec<u8> {
    let mut dictionary = [0_u8; DICTIONARY_BYTES];
    dictionary[..FIRST_WORDS.len()].copy_from_slice(FIRST_WORDS);
    let mut write = FIRST_WORDS.len();
    let mut out = Vec::new();
    let mut input = bytes.iter().copied();
    let mut put = |byte: u8, out: &mut Vec<u8>, dictionary: &mut [u8; DICTIONARY_BYTES]| {
        out.push(byte);
        dictionary[write] = byte;
        write = (write + 1) % DICTIONARY_BYTES;
        write
    };
    let mut at = FIRST_WORDS.len();
    while let Some(control) = input.next() {
        for bit in 0..8 {
            let Some(first) = input.next() else {
                return out;
            };
            if control & (1 << bit) == 0 {
                at = put(first, &mut out, &mut dictionary);
            } else {
                let Some(second) = input.next() else {
                    return out;
                };
                let offset = usize::from(first) << 4 | usize::from(second) >> 4;
                if offset == at {
                    return out;
                }
                for step in 0..usize::from(second & 0xF) + 2 {
                    let byte = dictionary[(offset + step) % DICTIONARY_BYTES];
                    at = put(byte, &mut out, &mut dictionary);
                }
            }
            if out.len() >= wanted {
                out.truncate(wanted);
                return out;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [MS-OXRTFCP] 4.1.1.
    const SIMPLE: &[u8] = b"\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\
\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0a\xf3\x20\x68\x65\x6c\x09\x00\x20\x62\x77\
\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0";
    /// [MS-OXRTFCP] 4.1.2: a run that reads what it has just written.
    const CROSSING: &[u8] = b"\x1a\x00\x00\x00\x1c\x00\x00\x00\x4c\x5a\x46\x75\xe2\xd4\x4b\x51\
\x41\x00\x04\x20\x57\x58\x59\x5a\x0d\x6e\x7d\x01\x0e\xb0";

    #[test]
    fn the_examples_of_the_specification() {
        assert_eq!(FIRST_WORDS.len(), 207);
        let simple = decompress(SIMPLE).expect("an example");
        assert_eq!(simple, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
        let crossing = decompress(CROSSING).expect("an example");
        assert_eq!(crossing, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
    }

    #[test]
    fn a_size_that_is_made_up_costs_nothing() {
        let mut huge = SIMPLE.to_vec();
        huge[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(decompress(&huge), None);
        for end in 0..SIMPLE.len() {
            let cut = decompress(&SIMPLE[..end]).unwrap_or_default();
            assert!(b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n".starts_with(&cut[..]));
        }
    }
}
