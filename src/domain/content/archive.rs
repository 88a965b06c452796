//! Archives and containers of kinds that the gate does not open, by their first bytes. Those that it opens are
//! zip, gzip, mail, mailboxes, Outlook messages, TNEF and what is signed as one piece.

/// What must lie at which place, and what that is.
const MARKS: [(usize, &[u8], &str); 21] = [
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "RAR"),
    (0, b"MSCF", "cabinet"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"BZh", "bzip2"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"\x04\x22\x4d\x18", "lz4"),
    (0, b"\x60\xea", "ARJ"),
    (0, b"!<arch>\n", "ar"),
    (0, b"MSWIM\0\0\0", "WIM"),
    (0, b"vhdxfile", "VHDX"),
    (0, b"conectix", "VHD"),
    (0, b"KDMV", "VMDK"),
    (0, b"koly", "disk image"),
    (0, b"xar!", "xar"),
    (0, b"!BDN", "Outlook data file"),
    (
        0,
        b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3",
        "OneNote section",
    ),
    (7, b"**ACE**", "ACE"),
    (2, b"-lh", "LZH"),
    (257, b"ustar", "tar"),
    (0x8001, b"CD001", "ISO 9660"),
];
/// So many first bytes tell them all.
pub const HEAD_BYTES: usize = 0x8006;
/// How Outlook names the streams of a message that it keeps as a file ([MS-OXMSG] 2.1).
const OUTLOOK_STREAM: &[u8] = b"_\0_\0s\0u\0b\0s\0t\0g\0";

/// What kind of archive it is that the gate does not open; `None` for everything else.
pub fn unopened(head: &[u8]) -> Option<&'static str> {
    let is_there = |at: usize, mark: &[u8]| head.get(at..at + mark.len()) == Some(mark);
    let found = MARKS.iter().find(|(at, mark, _)| is_there(*at, mark));
    found.map(|(_, _, name)| *name)
}

/// How TNEF begins ([MS-OXTNEF] 2.1.3.1).
const TNEF: &[u8] = b"\x78\x9f\x3e\x22";

/// Whether it is TNEF, the `winmail.dat` of Outlook.
pub fn is_tnef(bytes: &[u8]) -> bool {
    bytes.starts_with(TNEF)
}

/// Whether a compound file is a message of Outlook's, which may carry other files within.
pub fn is_outlook_message(bytes: &[u8]) -> bool {
    super::macros::is_compound(bytes) && super::macros::holds(bytes, OUTLOOK_STREAM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_is_found_where_it_belongs_and_nowhere_else() {
        for (at, mark, name) in MARKS {
            let mut head = vec![0; at];
            head.extend_from_slice(mark);
            assert_eq!(unopened(&head), Some(name));
            assert_eq!(unopened(&head[..head.len() - 1]), None, "{name}, cut");
            assert!(head.len() <= HEAD_BYTES, "{name}");
        }
        assert_eq!(unopened(b"PK\x03\x04"), None);
        assert_eq!(unopened(b""), None);
    }
}
