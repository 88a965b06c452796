//! Whether what was read back is what was written: which fields are equal, which differ. Pure.

use crate::domain::file::FileReadBack;
use crate::domain::item::{Digest, SourceItem};
use crate::domain::message::Message;
use crate::domain::outlook::OutlookItem;
use crate::domain::semantic;

/// The result, field by field.
pub(crate) struct Compared {
    pub(crate) equal: Vec<&'static str>,
    pub(crate) differing: Vec<&'static str>,
    pub(crate) source_digest: Digest,
    pub(crate) found_digest: Digest,
}

/// Compares by semantic digest: the service re-encodes what it stores.
pub(crate) fn messages(written: &Message, found: &Message) -> Compared {
    by_field(semantic::compare(written, found))
}

/// The same for events, contacts and tasks.
pub(crate) fn outlook_items(written: &OutlookItem, found: &OutlookItem) -> Compared {
    by_field(semantic::compare_outlook(written, found))
}

fn by_field(compared: semantic::Compared) -> Compared {
    Compared {
        equal: compared.equal,
        differing: compared.differing,
        source_digest: compared.written,
        found_digest: compared.found,
    }
}

/// Compares bytes and, where the source evidences them, dates to the second that SharePoint keeps.
pub(crate) fn files(source: &SourceItem, found: &FileReadBack) -> Compared {
    let mut fields = vec![(
        "bytes",
        source.size_bytes == found.size_bytes && source.digest == found.digest,
    )];
    for (name, planned, there) in [
        ("created", source.created, found.created),
        ("modified", source.modified, found.modified),
    ] {
        if let Some(planned) = planned {
            let same =
                there.is_some_and(|there| (there - planned).abs().num_milliseconds() < 1_000);
            fields.push((name, same));
        }
    }
    sort(&fields, source.digest, found.digest)
}

fn sort(fields: &[(&'static str, bool)], source: Digest, found: Digest) -> Compared {
    let of = |wanted: bool| {
        fields
            .iter()
            .filter(|(_, same)| *same == wanted)
            .map(|(name, _)| *name)
            .collect()
    };
    Compared {
        equal: of(true),
        differing: of(false),
        source_digest: source,
        found_digest: found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::folder::FolderPath;
    use crate::domain::item::{CustodianName, RestorePointId, Workload};
    use chrono::{DateTime, Utc};

    fn at(millis: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(1_700_000_000_000 + millis)
    }

    fn source() -> SourceItem {
        SourceItem {
            custodian: CustodianName("ada".to_owned()),
            workload: Workload::Files,
            stable_id: "1".to_owned(),
            version: String::new(),
            locator: "ada/a.txt".to_owned(),
            point: RestorePointId("p".to_owned()),
            folder: FolderPath::Drive(Vec::new()),
            name: "a.txt".to_owned(),
            size_bytes: 3,
            digest: Digest([7; 32]),
            created: None,
            modified: at(999),
        }
    }

    fn found() -> FileReadBack {
        FileReadBack {
            name: "a.txt".to_owned(),
            size_bytes: 3,
            digest: Digest([7; 32]),
            quick_xor: crate::domain::file::QuickXor([0; 20]),
            created: at(5),
            modified: at(0),
        }
    }

    #[test]
    fn dates_are_compared_to_the_second_and_only_where_the_source_has_them() {
        assert_eq!(files(&source(), &found()).equal, ["bytes", "modified"]);
        let late = FileReadBack {
            modified: at(2_000),
            ..found()
        };
        assert_eq!(files(&source(), &late).differing, ["modified"]);
        let without = FileReadBack {
            modified: None,
            ..found()
        };
        assert_eq!(files(&source(), &without).differing, ["modified"]);
    }

    #[test]
    fn other_bytes_of_the_same_size_differ() {
        let other = FileReadBack {
            digest: Digest([8; 32]),
            ..found()
        };
        assert_eq!(files(&source(), &other).differing, ["bytes"]);
    }
}
