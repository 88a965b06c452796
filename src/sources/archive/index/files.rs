//! The index line of a file in a drive, with its older versions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Object;
use crate::domain::file::FileVersion;

/// A file of a drive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FileEntry {
    /// The drive item's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its folder.
    pub parent_reference: ParentReference,
    /// Its bytes.
    pub object: Object,
    /// Its dates.
    pub file_system_info: FileSystemInfo,
    /// Graph's `permission` resources as they came; kept for the access map, never granted by a restore of bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<serde_json::Value>,
    /// Older versions, oldest first, without the current one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<VersionEntry>,
}

/// Graph's `driveItemVersion`, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VersionEntry {
    /// Its id, such as `1.0`.
    pub id: String,
    /// Its bytes.
    pub object: Object,
    /// `lastModifiedDateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified_date_time: Option<DateTime<Utc>>,
    /// The user principal name of whoever wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified_by: Option<String>,
}

impl From<VersionEntry> for FileVersion {
    fn from(entry: VersionEntry) -> Self {
        Self {
            id: entry.id,
            size_bytes: entry.object.size,
            digest: entry.object.sha256,
            modified: entry.last_modified_date_time,
            modified_by: entry.last_modified_by,
        }
    }
}

/// The folders above a file, one name a level: unlike Graph's path it needs no escaping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ParentReference {
    /// From the drive's root down.
    pub path: Vec<String>,
}

/// Graph's `fileSystemInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FileSystemInfo {
    /// `createdDateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date_time: Option<DateTime<Utc>>,
    /// `lastModifiedDateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified_date_time: Option<DateTime<Utc>>,
}
