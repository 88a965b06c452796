//! Whether what was read back is what was written: which fields are equal, which differ. Pure but for the thread that it runs on.

use std::sync::Arc;

use crate::domain::file::FileReadBack;
use crate::domain::item::{Digest, SourceItem};
use crate::domain::message::{Delta, Message};
use crate::domain::outlook::OutlookItem;
use crate::domain::semantic;
use crate::domain::site_item::SiteItem;

pub(crate) mod rewritten;

/// Whether the bytes of a file came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bytes {
    /// Others.
    Other,
    /// As SharePoint rewrites them, every part that holds content as it was.
    Rewritten(Vec<Delta>),
    /// Every one as it was.
    Same,
}

impl Bytes {
    pub(crate) fn deltas(&self) -> &[Delta] {
        match self {
            Self::Rewritten(deltas) => deltas,
            Self::Other | Self::Same => &[],
        }
    }
}

/// The result, field by field.
pub(crate) struct Compared {
    pub(crate) equal: Vec<&'static str>,
    pub(crate) differing: Vec<&'static str>,
    pub(crate) source_digest: Digest,
    pub(crate) found_digest: Digest,
}

/// Compares by semantic digest: the service re-encodes what it stores. On a thread of its own, because a message may have many
/// megabytes: on the runtime's, every other worker and every timer would wait for it.
pub(crate) async fn messages(written: &Arc<Message>, found: Message) -> Compared {
    aside(written, found, semantic::compare).await
}

/// The same for events, contacts and tasks.
pub(crate) async fn outlook_items(written: &Arc<OutlookItem>, found: OutlookItem) -> Compared {
    aside(written, found, semantic::compare_outlook).await
}

async fn aside<I: Send + Sync + 'static>(
    written: &Arc<I>,
    found: I,
    compare: fn(&I, &I) -> semantic::Compared,
) -> Compared {
    let written = Arc::clone(written);
    let compared = tokio::task::spawn_blocking(move || compare(&written, &found)).await;
    // It is never aborted: all that can end it is a panic, which is one of the worker.
    by_field(compared.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic())))
}

/// The same for what a site keeps beside files.
pub(crate) fn site_items(written: &SiteItem, found: &SiteItem) -> Compared {
    by_field(semantic::compare_site(written, found))
}

fn by_field(compared: semantic::Compared) -> Compared {
    Compared {
        equal: compared.equal,
        differing: compared.differing,
        source_digest: compared.written,
        found_digest: compared.found,
    }
}

/// Compares bytes, the service's own hash of them, and, where the source evidences them, dates to the second that
/// SharePoint keeps.
pub(crate) fn files(source: &SourceItem, found: &FileReadBack, bytes: &Bytes) -> Compared {
    let mut fields = vec![match bytes {
        Bytes::Other => ("bytes", false),
        Bytes::Rewritten(_) => ("parts", true),
        Bytes::Same => (
            "bytes",
            source.size_bytes == found.size_bytes && source.digest == found.digest,
        ),
    }];
    // A service that gives no hash compares nothing; one that gives another keeps other bytes than it hands out.
    if let Some(service) = found.service_quick_xor {
        fields.push(("quick-xor-hash", service == found.quick_xor));
    }
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
    use crate::domain::file::QuickXor;
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
            quick_xor: QuickXor([0; 20]),
            service_quick_xor: Some(QuickXor([0; 20])),
            created: at(5),
            modified: at(0),
        }
    }

    #[test]
    fn dates_are_compared_to_the_second_and_only_where_the_source_has_them() {
        assert_eq!(
            files(&source(), &found(), &Bytes::Same).equal,
            ["bytes", "quick-xor-hash", "modified"]
        );
        let late = FileReadBack {
            modified: at(2_000),
            ..found()
        };
        assert_eq!(
            files(&source(), &late, &Bytes::Same).differing,
            ["modified"]
        );
        let without = FileReadBack {
            modified: None,
            ..found()
        };
        assert_eq!(
            files(&source(), &without, &Bytes::Same).differing,
            ["modified"]
        );
    }

    #[test]
    fn other_bytes_of_the_same_size_differ() {
        let other = FileReadBack {
            digest: Digest([8; 32]),
            ..found()
        };
        assert_eq!(files(&source(), &other, &Bytes::Same).differing, ["bytes"]);
        assert_eq!(
            files(&source(), &found(), &Bytes::Other).differing,
            ["bytes"]
        );
    }

    #[test]
    fn a_hash_of_the_service_that_is_not_ours_differs_and_none_compares_nothing() {
        let of = |service_quick_xor| FileReadBack {
            service_quick_xor,
            ..found()
        };
        let other = files(
            &source(),
            &of(Some(QuickXor([1; 20]))),
            &Bytes::Rewritten(vec![]),
        );
        assert_eq!(other.differing, ["quick-xor-hash"]);
        let none = files(&source(), &of(None), &Bytes::Same);
        assert_eq!(none.equal, ["bytes", "modified"]);
    }
}
