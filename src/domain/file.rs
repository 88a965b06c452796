//! What a file in a drive is known by beside its bytes; the bytes stream and never live here.

use chrono::{DateTime, Utc};

use super::item::Digest;

/// QuickXorHash of the bytes, as Graph reports it for drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuickXor(pub [u8; 20]);

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
    /// `fileSystemInfo.createdDateTime`.
    pub created: Option<DateTime<Utc>>,
    /// `fileSystemInfo.lastModifiedDateTime`.
    pub modified: Option<DateTime<Utc>>,
}
