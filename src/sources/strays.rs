//! What lies in a folder by kind of file, and what of it a backup of one kind does not take for what it is. Pure.

use std::collections::BTreeMap;

use super::pinned::PinnedFile;

/// Files by kind: by the extension of those that a source of some kind reads, all others as `other`.
pub type Kinds = BTreeMap<&'static str, u64>;

const OTHER: &str = "other";
/// Each kind with the extensions that it goes by.
const KINDS: [(&str, &[&str]); 6] = [
    ("eml", &["eml"]),
    ("ics", &["ics", "ical", "ifb", "icalendar"]),
    ("mbox", &["mbox", "mbx"]),
    ("msg", &["msg", "tnef"]),
    ("pst", &["pst"]),
    ("vcf", &["vcf", "vcard"]),
];

/// Counts the files of a folder.
pub(super) fn kinds(files: &[PinnedFile]) -> Kinds {
    let mut found = Kinds::new();
    for file in files {
        let is_of = |extensions: &[&str]| extensions.iter().any(|one| file.has_extension(one));
        let kind = KINDS.iter().find(|(_, extensions)| is_of(extensions));
        *found
            .entry(kind.map_or(OTHER, |(name, _)| name))
            .or_default() += 1;
    }
    found
}

/// The kinds of files that a source of a kind takes for what they are; `None` where its own layout says what each file is.
fn at_home(source: &str) -> Option<&'static [&'static str]> {
    Some(match source {
        "eml" => &["eml"],
        "files" => &[OTHER],
        "ics" | "ics+vcf" | "vcf" => &["ics", "vcf"],
        // A mailbox file may have any name, and so may an attachment of Outlook's.
        "mbox" => &["mbox", OTHER],
        "msg" => &["eml", "msg", OTHER],
        "pst" => &["pst"],
        _ => return None,
    })
}

/// Counts as a person reads them.
pub fn words(kinds: &Kinds) -> String {
    let word = |(kind, count): (&&str, &u64)| {
        let name = if *kind == OTHER {
            "of other kinds".to_owned()
        } else {
            format!(".{kind}")
        };
        format!("{count} {name}")
    };
    kinds.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// What becomes of the files that a source of this kind does not take for what they are; `None` where there are none.
pub fn warning(source: &str, kinds: &Kinds) -> Option<String> {
    let home = at_home(source)?;
    let strays = kinds.iter().filter(|(kind, _)| !home.contains(*kind));
    let strays: Kinds = strays.map(|(kind, count)| (*kind, *count)).collect();
    if strays.is_empty() {
        return None;
    }
    let fate = if source == "files" {
        "would be restored as FILES, not as mail, events or contacts"
    } else {
        "cannot be read from a backup of this kind"
    };
    Some(format!(
        "{} {fate}; put each kind into a folder of its own and register them apart",
        words(&strays)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_for_what_it_is_is_said() {
        let found = Kinds::from([("eml", 60), ("ics", 20), ("other", 58), ("pst", 1)]);
        assert_eq!(
            warning("files", &found).as_deref(),
            Some(
                "60 .eml, 20 .ics, 1 .pst would be restored as FILES, not as mail, events or \
                 contacts; put each kind into a folder of its own and register them apart"
            )
        );
        let of_mail = warning("eml", &found).expect("strays");
        assert!(
            of_mail.starts_with("20 .ics, 58 of other kinds, 1 .pst cannot be read"),
            "{of_mail}"
        );
        for (source, kinds) in [
            ("files", Kinds::from([("other", 2)])),
            ("eml", Kinds::from([("eml", 2)])),
            ("archive", found.clone()),
            ("purview", found),
            ("ics+vcf", Kinds::from([("ics", 1), ("vcf", 2)])),
        ] {
            assert_eq!(warning(source, &kinds), None, "{source}");
        }
    }
}
