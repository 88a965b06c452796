//! What a file in a drive is known by beside its bytes; the bytes stream and never live here.

use chrono::{DateTime, Utc};

use super::item::Digest;

/// The name that a file gets where its own is taken, by its key in hex: the same in every attempt, so that a later one finds
/// what an earlier one wrote.
pub fn name_beside(name: &str, key: &str) -> String {
    let key = key.get(..8).unwrap_or(key);
    match name.rfind('.').filter(|dot| *dot > 0) {
        Some(dot) => format!("{} (restored {key}){}", &name[..dot], &name[dot..]),
        None => format!("{name} (restored {key})"),
    }
}

/// QuickXorHash of the bytes, as Graph reports it for drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuickXor(pub [u8; 20]);

/// An older version of a file, as the source kept it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// The old tenant's name for it, such as `1.0`.
    pub id: String,
    /// Exact size of its bytes.
    pub size_bytes: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// When it was written there; no service takes this back.
    pub modified: Option<DateTime<Utc>>,
    /// Who wrote it there; no service takes this back.
    pub modified_by: Option<String>,
}

/// Bytes that were read back from the target, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BytesReadBack {
    /// How many.
    pub size_bytes: u64,
    /// SHA-256 of them.
    pub digest: Digest,
    /// QuickXorHash of them, computed by us.
    pub quick_xor: QuickXor,
}

/// What the target says of a file after reading all of it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReadBack {
    /// The name in the target.
    pub name: String,
    /// Size of what was read back.
    pub size_bytes: u64,
    /// SHA-256 of what was read back.
    pub digest: Digest,
    /// QuickXorHash of what was read back, computed by us.
    pub quick_xor: QuickXor,
    /// QuickXorHash as the service names it; `None` where it names none.
    pub service_quick_xor: Option<QuickXor>,
    /// `fileSystemInfo.createdDateTime`.
    pub created: Option<DateTime<Utc>>,
    /// `fileSystemInfo.lastModifiedDateTime`.
    pub modified: Option<DateTime<Utc>>,
}
