//! What a plan says of files beyond their rows: older versions, places in the target, and what is too large for it.

use serde::{Deserialize, Serialize};

use super::{Decision, PlanRow, PlannedFolder, text, time};
use crate::domain::choices::{self, INTO_NAMED_FOLDER};
use crate::domain::content::release::RELEASABLE;
use crate::domain::file::FileVersion;
use crate::domain::folder::FolderPath;
use crate::domain::item::{Digest, SourceItem, Workload};
use crate::domain::message::Transform;
use crate::domain::sharepoint_name::accepted_mail_folder;
use crate::domain::target_tree::{Placed, SourcePath, TargetTree, transforms};

/// The largest file that SharePoint and OneDrive take.
/// <https://learn.microsoft.com/office365/servicedescriptions/sharepoint-online-service-description/sharepoint-online-limits>
pub const FILE_BYTES_MAX: u64 = 250_000_000_000;
/// Why a file is held that no drive takes.
pub const TOO_LARGE: &str = "larger-than-250-gb";
/// Why a file is held whose very path another has.
pub const NO_NAME_LEFT: &str = "no-name-left";

/// An older version of a file, as plan rows write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedVersion {
    /// The old tenant's name for it.
    pub id: String,
    /// Exact size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// When it was written there: RFC 3339, or empty.
    pub modified: String,
    /// Who wrote it there, or empty.
    pub modified_by: String,
}

impl From<&FileVersion> for PlannedVersion {
    fn from(version: &FileVersion) -> Self {
        Self {
            id: version.id.clone(),
            size: version.size_bytes,
            digest: version.digest.to_string(),
            modified: text(version.modified),
            modified_by: version.modified_by.clone().unwrap_or_default(),
        }
    }
}

impl PlannedVersion {
    /// The version again.
    pub fn version(&self) -> Option<FileVersion> {
        Some(FileVersion {
            id: self.id.clone(),
            size_bytes: self.size,
            digest: Digest::parse(&self.digest)?,
            modified: time(&self.modified),
            modified_by: Some(self.modified_by.clone()).filter(|by| !by.is_empty()),
        })
    }
}

impl PlanRow {
    /// Its folder in the target, and what the plan changed on purpose to get there.
    pub fn target(&self) -> Option<(FolderPath, Vec<Transform>)> {
        let folder = self.folder.path()?;
        let Some(planned) = &self.target_folder else {
            let (folder, mut transforms) = accepted_mail_folder(&folder);
            transforms.extend(self.todo().filter(|todo| *todo == INTO_NAMED_FOLDER));
            return Some((folder, transforms));
        };
        let placed = Placed {
            folder: planned.below.clone(),
            name: self.target_name.clone(),
        };
        let source = SourcePath {
            folder: &self.folder.below,
            name: &self.name,
        };
        Some((planned.path()?, transforms(source, &placed)))
    }

    /// What its worker has to do, as the operator chose.
    pub fn todo(&self) -> impl Iterator<Item = Transform> + '_ {
        self.choices.iter().filter_map(|name| choices::todo(name))
    }

    /// The older versions that are written before it, oldest first; `None` where one cannot be read.
    pub fn versions(&self) -> Option<Vec<FileVersion>> {
        self.history.iter().map(PlannedVersion::version).collect()
    }
}

pub(super) fn is_too_large(item: &SourceItem, history: &[&FileVersion]) -> bool {
    let sizes = history.iter().map(|version| version.size_bytes);
    item.workload == Workload::Files
        && sizes
            .chain([item.size_bytes])
            .any(|size| size > FILE_BYTES_MAX)
}

/// Gives every file its name and folder in the target. What is there already keeps its place among the others; what people may
/// release takes none, and knows where it would stand.
pub(super) fn place(rows: &mut [PlanRow], tree: &mut TargetTree) {
    let takes_place = |row: &&mut PlanRow| {
        row.workload == Workload::Files.name()
            && matches!(row.decision, Decision::Restore | Decision::Skip)
    };
    for row in rows.iter_mut().filter(takes_place) {
        match tree.place(&row.folder.below, &row.name) {
            Some(placed) => {
                row.target_name = placed.name;
                row.target_folder = Some(PlannedFolder {
                    root: row.folder.root.clone(),
                    below: placed.folder,
                });
            }
            None if row.decision == Decision::Restore => {
                row.decision = Decision::Hold;
                NO_NAME_LEFT.clone_into(&mut row.reason);
            }
            None => {}
        }
    }
    let may_be_released = |row: &&mut PlanRow| {
        row.workload == Workload::Files.name()
            && row.decision == Decision::Hold
            && RELEASABLE.contains(&&*row.reason)
    };
    for row in rows.iter_mut().filter(may_be_released) {
        let placed = tree.place_beside(&row.folder.below, &row.name);
        row.target_name = placed.name;
        row.target_folder = Some(PlannedFolder {
            root: row.folder.root.clone(),
            below: placed.folder,
        });
    }
}
