//! What can be run, by its first bytes and by the end of its name: a name can lie in one direction, content in the other.

/// First bytes of programs, scripts, shortcuts and the like.
const MARKS: [&[u8]; 15] = [
    b"MZ",                                           // PE, DOS
    b"\x7fELF",                                      // ELF
    b"\xfe\xed\xfa\xce",                             // Mach-O
    b"\xfe\xed\xfa\xcf",                             // Mach-O, 64 bits
    b"\xce\xfa\xed\xfe",                             // Mach-O, the other order
    b"\xcf\xfa\xed\xfe",                             // Mach-O, 64 bits, the other order
    b"\xca\xfe\xba\xbe",                             // Mach-O for several machines; Java
    b"\x4c\0\0\0\x01\x14\x02\0",                     // shortcut, [MS-SHLLINK] 2.1
    b"\0asm",                                        // WebAssembly
    b"dex\n",                                        // Android
    b"ITSF",                                         // compiled help
    b"#!",                                           // a script says who runs it
    b"\xef\xbb\xbf#!",                               // the same behind a byte order mark
    b"Windows Registry Editor",                      // registry file
    b"\xff\xfeW\0i\0n\0d\0o\0w\0s\0 \0R\0e\0g\0i\0", // registry file, UTF-16
];

/// Ends of names by which Windows, macOS or a shell runs something; what Outlook blocks, and more.
/// <https://support.microsoft.com/office/blocked-attachments-in-outlook-434752e1-02d3-4e90-9124-8b81e49a8519>
const ENDS: &[&str] = &[
    "ade",
    "adp",
    "apk",
    "app",
    "appcontent-ms",
    "appinstaller",
    "application",
    "appref-ms",
    "appx",
    "appxbundle",
    "asp",
    "aspx",
    "asx",
    "bas",
    "bash",
    "bat",
    "cer",
    "chm",
    "cmd",
    "cnt",
    "com",
    "command",
    "cpl",
    "crt",
    "csh",
    "der",
    "desktop",
    "diagcab",
    "dll",
    "drv",
    "exe",
    "fxp",
    "gadget",
    "grp",
    "hlp",
    "hpj",
    "hta",
    "htc",
    "htr",
    "inf",
    "ins",
    "iqy",
    "isp",
    "its",
    "jar",
    "jnlp",
    "job",
    "js",
    "jse",
    "ksh",
    "library-ms",
    "lnk",
    "mad",
    "maf",
    "mag",
    "mam",
    "maq",
    "mar",
    "mas",
    "mat",
    "mau",
    "mav",
    "maw",
    "mcf",
    "mda",
    "mdb",
    "mde",
    "mdt",
    "mdw",
    "mdz",
    "msc",
    "msh",
    "msi",
    "msix",
    "msixbundle",
    "msp",
    "mst",
    "ocx",
    "ops",
    "oqy",
    "osd",
    "pif",
    "pkg",
    "plg",
    "prf",
    "prg",
    "printerexport",
    "ps1",
    "ps1xml",
    "ps2",
    "ps2xml",
    "psc1",
    "psc2",
    "psd1",
    "psdm1",
    "psm1",
    "py",
    "pyc",
    "pyo",
    "pyw",
    "pyz",
    "pyzw",
    "rdp",
    "reg",
    "rqy",
    "scf",
    "scr",
    "sct",
    "search-ms",
    "settingcontent-ms",
    "sh",
    "shb",
    "shs",
    "slk",
    "sys",
    "theme",
    "url",
    "vb",
    "vbe",
    "vbp",
    "vbs",
    "vhd",
    "vhdx",
    "vsmacros",
    "vsw",
    "webpnp",
    "website",
    "ws",
    "wsb",
    "wsc",
    "wsf",
    "wsh",
    "xbap",
    "xll",
    "xnk",
    "zsh",
];

/// Whether it can be run.
pub fn is_executable(name: &str, head: &[u8]) -> bool {
    MARKS.iter().any(|mark| head.starts_with(mark)) || has_such_an_end(name)
}

fn has_such_an_end(name: &str) -> bool {
    // Windows passes over dots and blanks at the end; marks that turn the direction of writing hide what comes last.
    let is_no_part = |letter: char| {
        letter == '.'
            || letter.is_whitespace()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(letter, '\u{2066}'..='\u{2069}')
    };
    // A name after a colon is another stream of the same file for NTFS.
    let name = name.split(':').next().unwrap_or(name);
    let name = name.trim_end_matches(is_no_part);
    let Some((_, end)) = name.rsplit_once('.') else {
        return false;
    };
    let end: String = end.chars().filter(|letter| !is_no_part(*letter)).collect();
    ENDS.contains(&&*end.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_and_name_each_tell() {
        for head in MARKS {
            assert!(is_executable("invoice.pdf", head), "{head:x?}");
        }
        for name in [
            "a.exe",
            "a.PDF.Exe",
            "a.scr. .",
            "a.lnk\u{202e}",
            "a.j\u{200b}s",
            "a.ps1:zone",
            "x/y/run.Sh",
        ] {
            assert!(is_executable(name, b"text"), "{name:?}");
        }
        for name in ["a.pdf", "exe", "a.exe.txt", "", ".", "letter.docx", "scr"] {
            assert!(!is_executable(name, b"%PDF-1.7"), "{name:?}");
        }
        let mut sorted = ENDS.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(
            sorted, ENDS,
            "sorted, so that nothing stands there twice unseen"
        );
    }
}
